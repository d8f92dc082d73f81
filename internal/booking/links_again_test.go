package booking_test

import (
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// links are the letters with links that wait or went out, and what each is about.
func (k kit) links(email string) (letters []store.Posting, visits []*agenda.Booking, reason string) {
	k.Helper()
	k.view(func(tx *store.Tx) (err error) {
		if letters, err = tx.Postings(town, "links/"+k.Keys.Hash("email", email)); err != nil || len(letters) == 0 {
			return err
		}
		visits, reason, err = k.LinksTo(tx, letters[0])
		return err
	})
	return letters, visits, reason
}

func (k kit) askForLinks(email string) {
	k.Helper()
	if err := k.AskForLinks(k.Context(), town, email); err != nil {
		k.Fatal(err)
	}
}

// Asking leaves the same in the book for an address with visits and one without, and the
// second press nothing more.
func TestAskForLinks(t *testing.T) {
	onEach(t, func(k kit) {
		now := k.clock.Now()
		mine := k.now(ask("buergerbuero", desktest.At(2, "08:00"), "pass"))
		for range 2 {
			for _, email := range []string{"ADA@beispiel.example", "fremd@beispiel.example"} {
				k.askForLinks(email)
			}
		}
		known, visits, reason := k.links("ada@beispiel.example")
		if len(visits) != 1 || visits[0].ID != mine.Booking.ID || reason != "" {
			k.Errorf("got %d visits and %q, want the one", len(visits), reason)
		}
		unknown, none, reason := k.links("fremd@beispiel.example")
		if len(none) != 0 || reason == "" {
			k.Errorf("got %d visits of a stranger", len(none))
		}
		if len(known) != 1 || len(unknown) != 1 || known[0].Version != unknown[0].Version || len(known[0].Kind) != len(unknown[0].Kind) || !known[0].Due.Equal(unknown[0].Due) || !known[0].Due.Equal(now) {
			k.Errorf("got %v for a known address and %v for a stranger's", known, unknown)
		}
		if err := k.AskForLinks(k.Context(), town, "keine Adresse"); err == nil {
			k.Error("what is no address was taken")
		}
		if err := k.AskForLinks(k.Context(), "nirgendwo", "ada@beispiel.example"); err == nil {
			k.Error("a tenant that is not there was taken")
		}
		var asked []store.Entry
		k.view(func(tx *store.Tx) (err error) {
			asked, err = tx.Journal(town, "links")
			return err
		})
		if len(asked) != 2 || asked[0].Detail != "{}" || asked[0].Actor != booking.ActorVisitor {
			k.Errorf("got journal %v", asked)
		}
	})
}

// Links go where letters went before: not to an address that nobody has confirmed, not
// where no letters are wanted, not about what is over.
func TestLinksLeaveOut(t *testing.T) {
	onEach(t, func(k kit) {
		k.now(ask("ausweise", desktest.At(2, "08:00"), "ausweis")) // waits for its visitor
		if _, err := k.BookNow(k.Context(), clerk("buergerbuero", desktest.At(2, "09:00"), "pass"), booking.Form{Visitor: desktest.Ada, Silent: true}, booking.Once{}); err != nil {
			k.Fatal(err)
		}
		off := k.now(ask("buergerbuero", desktest.At(2, "10:00"), "pass"))
		if _, err := k.Cancel(k.Context(), town, off.Manage); err != nil {
			k.Fatal(err)
		}
		early := k.now(ask("buergerbuero", desktest.At(0, "09:00"), "pass"))
		k.askForLinks(desktest.Ada.Email)
		if _, visits, _ := k.links(desktest.Ada.Email); len(visits) != 1 || visits[0].ID != early.Booking.ID {
			k.Errorf("got %d visits, want the one of today", len(visits))
		}
		k.clock.Set(desktest.At(0, "09:20"))
		if _, visits, reason := k.links(desktest.Ada.Email); len(visits) != 0 || reason == "" {
			k.Errorf("got %d visits once it is over", len(visits))
		}
	})
}

// An address gets so many letters a day and no more, whoever asks however often.
func TestLinksAreLimited(t *testing.T) {
	onEach(t, func(k kit) {
		k.Limits.MailsPerDay = 3
		k.now(ask("buergerbuero", desktest.At(2, "08:00"), "pass"))
		for range 20 {
			k.askForLinks(desktest.Ada.Email)
			k.clock.Advance(6 * time.Minute)
		}
		letters, visits, _ := k.links(desktest.Ada.Email)
		if len(letters) != 3 || len(visits) != 1 {
			k.Fatalf("got %d letters about %d visits, want 3 about one", len(letters), len(visits))
		}
		err := k.Store.Update(k.Context(), func(tx *store.Tx) error {
			for _, p := range letters[:2] {
				p.State = "sent"
				if err := tx.Settle(p); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			k.Fatal(err)
		}
		if _, _, reason := k.links(desktest.Ada.Email); reason == "" {
			k.Error("a fourth letter goes to an address that nobody has confirmed")
		}
		k.clock.Advance(24 * time.Hour)
		if _, _, reason := k.links(desktest.Ada.Email); reason != "" {
			k.Errorf("the day after: %s", reason)
		}
	})
}
