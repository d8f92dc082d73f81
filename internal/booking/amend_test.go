package booking_test

import (
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// read is what a clerk reads of a booking before correcting it, with its print.
func (k kit) read(b *agenda.Booking) (booking.Amendment, string) {
	k.Helper()
	c, err := k.Seen(k.Context(), desktest.Clerk(), b.ID)
	if err != nil {
		k.Fatal(err)
	}
	return c.Amendable(), k.Print(c.Booking, c.Amendable())
}

func (k kit) amend(b *agenda.Booking, print string, a booking.Amendment) error {
	_, err := k.Amend(k.Context(), desktest.Clerk(), b.ID, print, a)
	return err
}

func TestAmend(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		a, print := k.read(r.Booking)
		a.Name, a.Phone, a.Email, a.StaffNote, a.CaseReference, a.Notify = "Ada Beispiel-Muster", "0170 1234567", "neu@beispiel.example", "Akte liegt bei mir", "32-4711", false
		k.is("the correction", k.amend(r.Booking, print, a), nil)
		if got, _ := k.read(r.Booking); got != a {
			k.Errorf("got %+v, want %+v", got, a)
		}
		k.view(func(tx *store.Tx) error {
			entries, err := tx.Journal(town, r.Booking.ID)
			last := entries[len(entries)-1]
			if want := `{"fields":["name","phone","email","notify","staffNote","caseReference"],"version":2}`; last.Act != "amend" || last.Detail != want {
				k.Errorf("got %s %s, want the fields and nothing of what is in them", last.Act, last.Detail)
			}
			return err
		})
		a.StaffNote = "eine ganz andere Notiz"
		k.is("by somebody who has read what was", k.amend(r.Booking, print, a), agenda.ErrConflict)
		a, print = k.read(r.Booking)
		if _, err := k.Visit(k.Context(), desktest.Clerk(), r.Booking.ID, agenda.CheckedIn); err != nil {
			k.Fatal(err)
		}
		a.StaffNote = ""
		k.is("while a colleague checks the visitor in", k.amend(r.Booking, print, a), nil)
		_, print = k.read(r.Booking)
		k.is("nothing new", k.amend(r.Booking, print, a), nil)
		k.left(r.Booking, "book by visitor, amend by clerk, visit by clerk, amend by clerk; confirmed/1 staff-booked/1")
	})
}

func TestAmendIsRefused(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("ausweise", desktest.At(1, "08:00"), "ausweis"))
		off := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		_, offPrint := k.read(off.Booking)
		if _, err := k.CancelFor(k.Context(), desktest.Clerk(), off.Booking.ID); err != nil {
			k.Fatal(err)
		}
		right, print := k.read(r.Booking)
		stranger := desktest.Clerk()
		stranger.Department = "soziales"
		k.unchanged("what is refused", func() {
			for field, wrong := range map[string]func(*booking.Amendment){
				"name":      func(a *booking.Amendment) { a.Name = " " },
				"phone":     func(a *booking.Amendment) { a.Phone = "keine" },
				"email":     func(a *booking.Amendment) { a.Email = "" }, // nobody left to confirm
				"staffNote": func(a *booking.Amendment) { a.StaffNote = strings.Repeat("x", agenda.MaxNote+1) },
			} {
				a := right
				wrong(&a)
				k.invalid(field, k.amend(r.Booking, print, a), field)
			}
			a := right
			a.Name = "X"
			_, err := k.Amend(k.Context(), stranger, r.Booking.ID, print, a)
			k.is("a stranger", err, agenda.ErrNotFound)
			gone, err := k.Amend(k.Context(), desktest.Clerk(), off.Booking.ID, offPrint, booking.Amendment{Name: "X"})
			if err == nil {
				k.Errorf("what is called off became %+v", gone)
			}
		})
	})
}

// Whoever reads the mailbox of a mistyped address must not confirm for the right one.
func TestAmendedAddressIsAskedAnew(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("ausweise", desktest.At(1, "08:00"), "ausweis"))
		old := k.confirmSecret(r.Booking)
		a, print := k.read(r.Booking)
		a.Email = "richtig@beispiel.example"
		k.is("the correction", k.amend(r.Booking, print, a), nil)
		_, err := k.Confirm(k.Context(), town, old)
		k.is("the old link", err, agenda.ErrNotFound)
		if _, kind, err := k.Resend(k.Context(), desktest.Clerk(), r.Booking.ID); err != nil || kind != booking.KindConfirmRequest {
			k.Errorf("got %s, %v", kind, err)
		}
		if _, err := k.Confirm(k.Context(), town, k.confirmSecret(r.Booking)); err != nil {
			k.Errorf("the new link: %v", err)
		}
	})
}

func TestAmendRaced(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		a, print := k.read(r.Booking)
		errs := together(8, func(i int) error {
			mine := a
			mine.StaffNote = strings.Repeat("n", i+1)
			return k.amend(r.Booking, print, mine)
		})
		if n := k.won(errs, agenda.ErrConflict); n != 1 {
			k.Errorf("%d notes over one another", n)
		}
	})
}

func TestResend(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		for range booking.Resends {
			if _, kind, err := k.Resend(k.Context(), desktest.Clerk(), r.Booking.ID); err != nil || kind != booking.KindConfirmed {
				k.Fatalf("got %s, %v", kind, err)
			}
		}
		k.unchanged("one too many", func() {
			_, _, err := k.Resend(k.Context(), desktest.Clerk(), r.Booking.ID)
			k.is("the fourth within an hour", err, agenda.ErrLimited)
		})
		k.left(r.Booking, "book by visitor, resend by clerk, resend by clerk, resend by clerk; confirmed/1 staff-booked/1 confirmed/2 confirmed/3 confirmed/4")
		k.clock.Advance(booking.ResendWindow)
		if _, _, err := k.Resend(k.Context(), desktest.Clerk(), r.Booking.ID); err != nil {
			k.Errorf("an hour later: %v", err)
		}
		if _, err := k.CancelFor(k.Context(), desktest.Clerk(), r.Booking.ID); err != nil {
			k.Fatal(err)
		}
		_, _, err := k.Resend(k.Context(), desktest.Clerk(), r.Booking.ID)
		k.is("what is called off", err, agenda.ErrState)
		k.clock.Advance(48 * time.Hour)
		late := k.now(ask("buergerbuero", desktest.At(3, "08:30"), "ausweis"))
		k.clock.Set(late.Booking.End)
		_, _, err = k.Resend(k.Context(), desktest.Clerk(), late.Booking.ID)
		k.is("what is over", err, agenda.ErrState)
	})
}
