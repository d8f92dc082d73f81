package store_test

import (
	"testing"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// What an act costs is counted, so that nobody adds a statement without noticing: the
// revision of the set-up and the claims are read, the rest is written once. Raising the
// day's version is the group's, not the act's.
func TestStatementsOfActs(t *testing.T) {
	d, _ := desktest.SQLite(t)
	n := store.Counted(d.Store)
	form := booking.Form{Visitor: desktest.Ada}
	ask := func(clock string) booking.Request {
		return booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: "buergerbuero", Start: desktest.At(1, clock), By: "public", Actor: booking.ActorVisitor}
	}
	var held booking.Held
	var now booking.Receipt
	acts := []struct {
		what string
		most int64
		do   func() error
	}{
		{"book now: revision, claims; visit, seats, two letters, entry", 7, func() (err error) {
			now, err = d.BookNow(t.Context(), ask("08:00"), form, booking.Once{})
			return err
		}},
		{"book now under a key: and the answer", 8, func() error {
			_, err := d.BookNow(t.Context(), ask("08:00"), form, booking.Once{Path: "p", Key: "k", Request: "r"})
			return err
		}},
		{"hold: revision, claims; visit, seats, entry", 5, func() (err error) {
			held, err = d.Hold(t.Context(), ask("09:00"))
			return err
		}},
		{"book: revision, visit; seats, visit, two letters, entry", 7, func() error {
			_, err := d.Book(t.Context(), "musterstadt", held.Secret, form, booking.Once{})
			return err
		}},
		{"move: revision, visit, claims; old seats, visit, new seats, two letters, entry", 9, func() error {
			_, err := d.Move(t.Context(), "musterstadt", now.Manage, booking.Target{Start: desktest.At(2, "08:00")})
			return err
		}},
		{"cancel: revision, visit; seats, visit, two letters, entry", 7, func() error {
			_, err := d.Cancel(t.Context(), "musterstadt", now.Manage)
			return err
		}},
		{"book now under limits: and the visitor's standing", 8, func() error {
			d.Limits = booking.Limits{BookingsPerPerson: 9, MailsPerDay: 9}
			form.Email = "somebody.new@example.org"
			_, err := d.BookNow(t.Context(), ask("10:00"), form, booking.Once{})
			return err
		}},
	}
	for _, a := range acts {
		before := n.Load()
		if err := a.do(); err != nil {
			t.Fatalf("%s: %v", a.what, err)
		}
		if got := n.Load() - before; got == 0 || got > a.most {
			t.Errorf("%s: %d statements, want at most %d", a.what, got, a.most)
		}
	}
}
