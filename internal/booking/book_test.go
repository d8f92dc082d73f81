package booking_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

func TestBookingWaitsForWhomTheCalendarSays(t *testing.T) {
	caller := booking.Form{Visitor: agenda.Visitor{Name: "Bert Beispiel", Phone: "05550 4712"}}
	tests := []struct {
		what   string
		r      booking.Request
		form   booking.Form
		status agenda.Status
		awaits string
		left   string
	}{
		{"at once", ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"), form(), agenda.Confirmed, "", "book by visitor; confirmed/1 staff-booked/1"},
		{"by mail", ask("ausweise", desktest.At(1, "08:00"), "ausweis"), form(), agenda.Pending, agenda.ConfirmEmail, "book by visitor; confirm-request/1"},
		{"by approval", ask("soziales", desktest.At(1, "08:00"), "beratung"), form(), agenda.Pending, agenda.ConfirmStaff, "book by visitor; received/1"},
		{"without e-mail", ask("soziales", desktest.At(1, "08:30"), "beratung"), caller, agenda.Pending, agenda.ConfirmStaff, "book by visitor; "},
		{"by staff", clerk("ausweise", desktest.At(2, "08:00"), "ausweis"), form(), agenda.Confirmed, "", "book by clerk; confirmed/1"},
		{"by staff without anything", clerk("buergerbuero", desktest.At(2, "08:00"), "ausweis"), booking.Form{Visitor: agenda.Visitor{Name: "X"}}, agenda.Confirmed, "", "book by clerk; staff-booked/1"},
		{"by staff in silence", clerk("ausweise", desktest.At(2, "08:30"), "ausweis"), booking.Form{Visitor: desktest.Ada, Silent: true}, agenda.Confirmed, "", "book by clerk; "},
	}
	onEach(t, func(k kit) {
		for _, test := range tests {
			k.sub(test.what, func(k kit) {
				got, err := k.BookNow(k.Context(), test.r, test.form, booking.Once{})
				if err != nil {
					k.Fatal(err)
				}
				b := k.stored(got.Booking)
				if b.Status != test.status || b.Awaits != test.awaits || b.Sequence != 0 || b.Version != 1 {
					k.Errorf("got %s waiting for %q, sequence %d, version %d; want %s waiting for %q, 0, 1", b.Status, b.Awaits, b.Sequence, b.Version, test.status, test.awaits)
				}
				if certain := !b.Since.IsZero(); certain != (test.awaits == "") {
					k.Errorf("certain since %v", b.Since)
				}
				k.left(b, test.left)
				card, err := k.Manage(k.Context(), town, got.Manage)
				if err != nil || card.Private.Name != test.form.Name {
					k.Errorf("the manage link shows %+v, %v", card, err)
				}
			})
		}
	})
}

func TestRefusedForms(t *testing.T) {
	tests := []struct {
		what     string
		calendar string
		v        agenda.Visitor
		field    string
	}{
		{"nobody", "buergerbuero", agenda.Visitor{Email: "a@beispiel.example"}, "name"},
		{"no e-mail where it is required", "buergerbuero", agenda.Visitor{Name: "A", Phone: "05550 1234"}, "email"},
		{"no e-mail and no phone", "soziales", agenda.Visitor{Name: "A"}, "phone"},
		{"two addresses", "buergerbuero", agenda.Visitor{Name: "A", Email: "a@beispiel.example, b@beispiel.example"}, "email"},
		{"a line break", "buergerbuero", agenda.Visitor{Name: "A\r\nBcc: v@beispiel.example", Email: "a@beispiel.example"}, "name"},
		{"NUL", "buergerbuero", agenda.Visitor{Name: "A\x00", Email: "a@beispiel.example"}, "name"},
		{"no UTF-8", "buergerbuero", agenda.Visitor{Name: "A\xff", Email: "a@beispiel.example"}, "name"},
	}
	service := map[string]string{"buergerbuero": "ausweis", "soziales": "beratung"}
	onEach(t, func(k kit) {
		for _, test := range tests {
			h := k.held(ask(test.calendar, desktest.At(1, "09:00"), service[test.calendar]))
			k.unchanged(test.what, func() {
				_, err := k.Book(k.Context(), town, h.Secret, booking.Form{Visitor: test.v}, booking.Once{Path: "p", Key: "k", Request: "r"})
				k.invalid(test.what, err, test.field)
				_, err = k.BookNow(k.Context(), ask(test.calendar, desktest.At(1, "10:00"), service[test.calendar]), booking.Form{Visitor: test.v}, booking.Once{Path: "p", Key: "k", Request: "r"})
				k.invalid(test.what, err, test.field)
			})
			if _, err := k.Book(k.Context(), town, h.Secret, form(), booking.Once{}); err != nil {
				k.Errorf("%s: the hold is lost with a wrong form: %v", test.what, err)
			}
			if _, err := k.CancelFor(k.Context(), desktest.Clerk(), h.Booking.ID); err != nil {
				k.Error(err)
			}
		}
	})
}

// What only staff may say is ignored from others.
func TestFormOfThePublicHasNoStaffFields(t *testing.T) {
	onEach(t, func(k kit) {
		f := form()
		f.Silent, f.StaffNote, f.CaseReference = true, "canary", "canary"
		r, err := k.BookNow(k.Context(), overbooked(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis")), f, booking.Once{})
		if err != nil {
			k.Fatal(err)
		}
		p, err := k.Private(k.stored(r.Booking))
		if err != nil || p.StaffNote != "" || p.CaseReference != "" || !r.Booking.Notify || r.Booking.Overbooked {
			k.Errorf("got %+v, notify %v, overbooked %v, %v", p, r.Booking.Notify, r.Booking.Overbooked, err)
		}
		k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		k.is("the public does not overbook", k.try(overbooked(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))), agenda.ErrTaken)
	})
}

func TestStaffOverbook(t *testing.T) {
	onEach(t, func(k kit) {
		eight := desktest.At(1, "08:00")
		for range 2 {
			k.now(ask("buergerbuero", eight, "ausweis"))
		}
		if r := k.now(overbooked(clerk("buergerbuero", eight, "ausweis"))); r.Booking.Overbooked {
			k.Error("the third of three seats counts as overbooked")
		}
		k.is("a fourth", k.try(clerk("buergerbuero", eight, "ausweis")), agenda.ErrTaken)
		if r := k.now(overbooked(clerk("buergerbuero", eight, "ausweis"))); !r.Booking.Overbooked || !k.stored(r.Booking).Overbooked {
			k.Error("a fourth visit in three seats is not marked")
		}
		k.is("off the raster", k.try(overbooked(clerk("buergerbuero", desktest.At(1, "08:05"), "ausweis"))), agenda.ErrTaken)
		k.is("on Saturday", k.try(overbooked(clerk("buergerbuero", desktest.At(5, "08:00"), "ausweis"))), agenda.ErrTaken)
		k.is("over the end", k.try(overbooked(clerk("buergerbuero", desktest.At(1, "11:50"), "pass"))), agenda.ErrTaken)
		k.mustApply(func(*agenda.Setup) {}) // overbooked visits are no reason to refuse a set-up
	})
}

// A request that is sent again gets the first answer, whatever has happened since.
func TestIdempotency(t *testing.T) {
	onEach(t, func(k kit) {
		once := booking.Once{Path: "/bookings", Key: "k1", Request: "body"}
		r := ask("buergerbuero", desktest.At(1, "08:00"), "ausweis")
		first, err := k.BookNow(k.Context(), r, form(), once)
		if err != nil {
			k.Fatal(err)
		}
		same := func(what string) {
			k.Helper()
			got, err := k.BookNow(k.Context(), r, form(), once)
			if err != nil || got.Manage != first.Manage || got.Booking.ID != first.Booking.ID || got.Booking.Reference != first.Booking.Reference ||
				got.Booking.Status != agenda.Confirmed || !got.Booking.Start.Equal(desktest.At(1, "08:00")) || !got.Booking.End.Equal(desktest.At(1, "08:10")) {
				k.Errorf("%s: got %+v, %v; want the first answer", what, got, err)
			}
		}
		k.unchanged("sent again", func() { same("again") })
		k.unchanged("with another body", func() {
			_, err := k.BookNow(k.Context(), r, form(), booking.Once{Path: "/bookings", Key: "k1", Request: "other"})
			k.is("another body", err, agenda.ErrKeyReused)
			_, err = k.Book(k.Context(), town, "no hold at all", form(), booking.Once{Path: "/bookings", Key: "k1", Request: "other"})
			k.is("another body for a hold", err, agenda.ErrKeyReused)
		})
		if _, err := k.Move(k.Context(), town, first.Manage, booking.Target{Start: desktest.At(2, "09:00")}); err != nil {
			k.Fatal(err)
		}
		same("after a move")
		if _, err := k.Cancel(k.Context(), town, first.Manage); err != nil {
			k.Fatal(err)
		}
		same("after a cancel")
		second, err := k.BookNow(k.Context(), r, form(), booking.Once{Path: "/other", Key: "k1", Request: "body"})
		if err != nil || second.Booking.ID == first.Booking.ID {
			k.Errorf("another path: got %+v, %v; want a booking of its own", second, err)
		}
		k.clock.Advance(25 * time.Hour)
		if _, err := k.Forget(k.Context(), 100); err != nil {
			k.Fatal(err)
		}
		third, err := k.BookNow(k.Context(), ask("buergerbuero", desktest.At(3, "08:00"), "ausweis"), form(), once)
		if err != nil || third.Booking.ID == first.Booking.ID {
			k.Errorf("a day later: got %+v, %v; want a booking of its own", third, err)
		}
	})
}

// A failed request leaves its key free.
func TestFailedRequestKeepsNoKey(t *testing.T) {
	onEach(t, func(k kit) {
		once := booking.Once{Path: "p", Key: "k", Request: "r"}
		k.now(ask("ausweise", desktest.At(1, "08:00"), "ausweis"))
		_, err := k.BookNow(k.Context(), ask("ausweise", desktest.At(1, "08:00"), "ausweis"), form(), once)
		k.is("taken", err, agenda.ErrTaken)
		_, err = k.BookNow(k.Context(), ask("ausweise", desktest.At(1, "08:10"), "ausweis"), form(), once)
		k.is("another time", err, nil)
	})
}

// 20 times the same request at once, with a hold and without: one booking, one
// answer.
func TestIdempotencyRaced(t *testing.T) {
	onEach(t, func(k kit) {
		for round := range 4 {
			at := desktest.At(1, "08:00").Add(time.Duration(round) * time.Hour)
			once := booking.Once{Path: "p", Key: fmt.Sprint("k", round), Request: "r"}
			act := func() (booking.Receipt, error) {
				return k.BookNow(k.Context(), ask("ausweise", at, "ausweis"), form(), once)
			}
			if round%2 == 1 {
				h := k.held(ask("ausweise", at, "ausweis"))
				act = func() (booking.Receipt, error) { return k.Book(k.Context(), town, h.Secret, form(), once) }
			}
			var mu sync.Mutex
			answers := map[string]int{}
			for _, err := range together(20, func(int) error {
				r, err := act()
				if err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				answers[fmt.Sprint(r.Booking.ID, r.Manage, r.Booking.Status, r.Booking.Start.UTC(), r.Booking.End.UTC())]++
				return nil
			}) {
				k.is("the same request", err, nil)
			}
			if len(answers) != 1 {
				k.Errorf("round %d: got %d different answers: %v", round, len(answers), answers)
			}
		}
	})
}

func TestUsedHold(t *testing.T) {
	onEach(t, func(k kit) {
		h := k.held(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		k.clock.Advance(time.Second) // entries of one second have no order
		errs := together(12, func(int) error {
			_, err := k.Book(k.Context(), town, h.Secret, form(), booking.Once{})
			return err
		})
		if n := k.won(errs, agenda.ErrNotFound); n != 1 {
			k.Errorf("one hold became %d bookings", n)
		}
		k.left(h.Booking, "hold by visitor, book by visitor; confirmed/2 staff-booked/2")
		_, err := k.HeldBy(k.Context(), town, h.Secret)
		k.is("looking at it", err, agenda.ErrNotFound)
	})
}
