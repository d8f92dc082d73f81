package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/pgtest"
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

// A move to a time that is taken gave the old seats back first, and with that had its
// whole group on SQLite run again.
func TestRefusedMoveWritesNothing(t *testing.T) {
	d, _ := desktest.SQLite(t)
	n := store.Counted(d.Store)
	var last booking.Receipt
	for _, clock := range []string{"08:00", "08:30"} {
		var err error
		last, err = d.BookNow(t.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("beratung"), Calendar: "soziales", Start: desktest.At(1, clock), By: "staff", Actor: "x", Person: desktest.Clerk()},
			booking.Form{Visitor: desktest.Ada}, booking.Once{})
		if err != nil {
			t.Fatal(err)
		}
	}
	before := n.Load()
	_, err := d.MoveFor(t.Context(), desktest.Clerk(), last.Booking.ID, booking.Target{Start: desktest.At(1, "08:00")})
	if got := n.Load() - before; !errors.Is(err, agenda.ErrTaken) || got != 3 {
		t.Errorf("got %v after %d statements, want taken after revision, visit and claims", err, got)
	}
}

// A visitor's act under limits asks PostgreSQL once and writes once; what opens it by a
// secret looks for that before. The fewest of several count: where the machine stands
// still for a second, the clock is read again.
func TestRoundTripsOfActs(t *testing.T) {
	d, _ := desktest.Open(t, pgtest.URL(t))
	d.Limits = booking.Limits{BookingsPerPerson: 99, MailsPerDay: 99}
	n, err := store.Sent(t.Context(), d.Store)
	if err != nil {
		t.Fatal(err)
	}
	for known := false; !known; time.Sleep(time.Millisecond) {
		p, err := d.Store.Present(t.Context(), "musterstadt")
		if err != nil {
			t.Fatal(err)
		}
		known = p.Known
	}
	fewest := map[string]int64{"book now": 9, "hold": 9, "book": 9}
	count := func(act string, do func() error) {
		t.Helper()
		before := n.Load()
		if err := do(); err != nil {
			t.Fatalf("%s: %v", act, err)
		}
		fewest[act] = min(fewest[act], n.Load()-before)
	}
	for i := range 6 {
		r := booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: "buergerbuero", Start: desktest.At(1, "08:00").Add(time.Duration(i/2) * time.Hour), By: "public", Actor: booking.ActorVisitor}
		form := booking.Form{Visitor: desktest.Ada}
		form.Email = fmt.Sprintf("visitor%d@example.org", i)
		if i%2 == 0 {
			count("book now", func() error { _, err := d.BookNow(t.Context(), r, form, booking.Once{}); return err })
			continue
		}
		var held booking.Held
		r.Start = r.Start.AddDate(0, 0, 1)
		count("hold", func() (err error) { held, err = d.Hold(t.Context(), r); return err })
		count("book", func() error {
			_, err := d.Book(t.Context(), "musterstadt", held.Secret, form, booking.Once{})
			return err
		})
	}
	for act, want := range map[string]int64{"book now": 2, "hold": 2, "book": 3} {
		if got := fewest[act]; got != want {
			t.Errorf("%s: %d round trips, want %d", act, got, want)
		}
	}
}
