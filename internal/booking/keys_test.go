package booking_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// The data keys of tests: the first is that of every desk.
var (
	firstKey  = make([]byte, seal.KeySize)
	secondKey = bytes.Repeat([]byte{2}, seal.KeySize)
)

// onTwo runs a test on two desks of one database, as two replicas have it, on each engine.
func onTwo(t *testing.T, f func(k, other kit, url string)) {
	t.Helper()
	run := func(name string, url func(*testing.T) string) {
		t.Run(name, func(t *testing.T) {
			at := url(t)
			d, c := desktest.Open(t, at)
			k, other := kit{t, d, c}, kit{t, desktest.Beside(t, at, c), c}
			for _, each := range []kit{k, other} {
				if err := each.CheckKey(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			f(k, other, at)
			k.verify()
		})
	}
	run("SQLite", func(t *testing.T) string { return filepath.Join(t.TempDir(), "book.db") })
	run("PostgreSQL", func(t *testing.T) string { return pgtest.URL(t) })
}

// follows lets a replica see the line and say so, as a service does every few seconds.
func (k kit) follows(name string) {
	k.Helper()
	if err := k.AdoptKeys(k.Context()); err != nil {
		k.Fatal(err)
	}
	if err := k.HoldKeys(k.Context(), store.KeyHolder{ID: name, Name: name}); err != nil {
		k.Fatal(err)
	}
}

func (k kit) knows(keys ...[]byte) {
	k.Helper()
	if err := k.Keys.Know(keys...); err != nil {
		k.Fatal(err)
	}
}

// reseals carries values over until it is done.
func (k kit) reseals() (values int) {
	k.Helper()
	for range 20 {
		n, done, err := k.Reseal(k.Context())
		if err != nil {
			k.Fatal(err)
		}
		values += n
		if done {
			return values
		}
	}
	k.Fatal("resealing comes to no end")
	return 0
}

// stillThere demands that what was written before, during or after a change of keys is
// found in every way: by link, by phone, by address, and counted against limits.
func (k kit) stillThere(when string, r booking.Receipt) {
	k.Helper()
	card, err := k.Manage(k.Context(), town, r.Manage)
	if err != nil || card.Private.Name != desktest.Ada.Name {
		k.Errorf("%s, by link: got %v, %v", when, card, err)
	}
	today := agenda.DateOf(desktest.Start)
	hits, err := k.Find(k.Context(), desktest.Clerk(), booking.Finding{From: today, To: today + 30, Phone: desktest.Ada.Phone})
	if err != nil || len(hits.Cards) < 2 {
		k.Errorf("%s, by phone: got %d, %v, want both", when, len(hits.Cards), err)
	}
	if err := k.try(ask("buergerbuero", desktest.At(4, "11:00"), "pass")); !errors.Is(err, agenda.ErrLimited) {
		k.Errorf("%s, one visit too many: got %v, want limited", when, err)
	}
	k.view(func(tx *store.Tx) error {
		bad, err := tx.Undeliverable(town, k.Keys.Hash("email", "weg@beispiel.example"))
		if !bad || err != nil {
			k.Errorf("%s: an address from which letters came back is forgotten: %v", when, err)
		}
		s, err := tx.Setup(town)
		if err != nil {
			return err
		}
		address, err := k.BusyAddress(town, &s.Calendars[0].Busy[0])
		if address != secretAddress || err != nil {
			k.Errorf("%s: the address of a calendar elsewhere: got %q, %v", when, address, err)
		}
		links, err := tx.LinkLetters(town, k.Keys.Hash("email", desktest.Ada.Email))
		if err != nil || len(links) != 1 {
			k.Errorf("%s: got %d letters with links, %v, want 1", when, len(links), err)
			return err
		}
		visits, reason, err := k.LinksTo(tx, links[0])
		if len(visits) < 2 || reason != "" || !k.Spelled(links[0], desktest.Ada.Email) {
			k.Errorf("%s: the letter with links is about %d visits (%q)", when, len(visits), reason)
		}
		return err
	})
}

// furnished has something of many kinds under the first key; Ada has all visits she may.
func (k kit) furnished() (first, second booking.Receipt) {
	k.Helper()
	k.mustApply(elsewhere(nil))
	first = k.now(ask("ausweise", desktest.At(2, "08:00"), "ausweis"))
	if _, err := k.Confirm(k.Context(), town, k.confirmSecret(first.Booking)); err != nil {
		k.Fatal(err)
	}
	second = k.now(ask("buergerbuero", desktest.At(2, "10:00"), "pass"))
	k.askForLinks(desktest.Ada.Email)
	err := k.Store.Update(k.Context(), func(tx *store.Tx) error {
		return tx.MarkUndeliverable(town, k.Keys.Hash("email", "weg@beispiel.example"), "5.1.1")
	})
	if err != nil {
		k.Fatal(err)
	}
	return first, second
}

// It is long because it is one change of keys from its beginning to its end.
func TestDataKeyIsChangedStepByStep(t *testing.T) {
	onTwo(t, func(k, other kit, url string) {
		ctx := k.Context()
		k.Limits, other.Limits = booking.Limits{BookingsPerPerson: 2}, booking.Limits{BookingsPerPerson: 2}
		first, second := k.furnished()
		all := func(when string) {
			k.Helper()
			for _, each := range []kit{k, other} {
				each.stillThere(when, first)
				each.stillThere(when, second)
			}
			k.verify()
		}
		k.follows("k")
		other.follows("other")
		all("before")

		k.is("a key that this process does not have", k.NextKey(ctx, "AAAAAAAAAAAA"), seal.ErrOtherKey)
		k.knows(firstKey, secondKey)
		print := k.Keys.Fingerprints()[1]
		if err := errors.Join(k.NextKey(ctx, print), k.NextKey(ctx, print)); err != nil {
			t.Fatal(err)
		}
		k.follows("k")
		other.follows("other")
		behind, err := k.UseKey(ctx)
		if err != nil || len(behind) != 1 || behind[0].Name != "other" {
			t.Fatalf("a replica without the key: got %v, %v, want it to be waited for", behind, err)
		}
		if k.Keys.Fingerprint() == print {
			t.Error("the key is in use although a replica does not have it")
		}
		all("distributed to one")

		other.knows(firstKey, secondKey)
		other.follows("other")
		if behind, err := k.UseKey(ctx); err != nil || len(behind) > 0 {
			t.Fatalf("use: got %v, %v", behind, err)
		}
		all("in use at one") // the other has not followed yet
		k.follows("k")
		other.follows("other")
		all("in use")

		if _, err := k.RetireKeys(ctx); !errors.Is(err, agenda.ErrState) {
			t.Errorf("retired while it is needed: got %v", err)
		}
		s, err := k.KeyStatus(ctx)
		if err != nil || len(s.Left) == 0 || s.Left[0].What != "bookings" || s.Left[0].Values != 2 || s.Left[0].Under != k.Keys.Fingerprints()[0] {
			t.Errorf("what is left: got %+v, %v", s.Left, err)
		}
		if n := k.reseals(); n == 0 {
			t.Error("nothing was resealed")
		}
		all("resealed")
		if s, err = k.KeyStatus(ctx); err != nil || len(s.Left) > 0 {
			t.Errorf("left over: got %+v, %v", s.Left, err)
		}
		_, err = k.RetireKeys(ctx)
		k.is("retired at once", err, booking.ErrKeyEarly)
		k.clock.Advance(2 * time.Hour)
		other.follows("other")
		gone, err := k.RetireKeys(ctx)
		if err != nil || len(gone) != 1 {
			t.Fatalf("retire: got %v, %v", gone, err)
		}
		all("retired")
		k.opensWith(url, secondKey, nil)
		k.opensWith(url, firstKey, seal.ErrOtherKey)
	})
}

// opensWith opens the database as another process with one data key, and verifies it.
func (k kit) opensWith(url string, key []byte, want error) {
	k.Helper()
	d := desktest.Beside(k.T, url, k.clock)
	keys, err := seal.NewKeys(key)
	if err != nil {
		k.Fatal(err)
	}
	d.Keys = keys
	k.is("with another key file", d.CheckKey(k.Context()), want)
	if want == nil {
		kit{k.T, d, k.clock}.verify()
	}
}

// Whoever books while keys change notices nothing, and no limit is passed because an
// address is under two hashes.
func TestBookingGoesOnWhileKeysChange(t *testing.T) {
	onTwo(t, func(k, other kit, url string) {
		for _, each := range []kit{k, other} {
			each.Limits = booking.Limits{BookingsPerPerson: 3}
			each.knows(firstKey, secondKey)
		}
		k.follows("k")
		other.follows("other")
		before := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "pass"))
		ctx, stop := context.WithCancel(k.Context())
		defer stop()
		var wg sync.WaitGroup
		var made [2][]booking.Receipt
		for i, each := range []kit{k, other} {
			wg.Go(func() { made[i] = each.booksOn(ctx, 1+2*i) })
		}
		k.changesKeys(other)
		stop()
		wg.Wait()
		live := 0
		for _, r := range slices.Concat(made[0], made[1], []booking.Receipt{before}) {
			card, err := other.Manage(k.Context(), town, r.Manage)
			if err != nil || !card.Gone && card.Private.Email != desktest.Ada.Email {
				k.Fatalf("a visit cannot be opened after the change: %+v, %v", card, err)
			}
			if !card.Gone {
				live++
			}
		}
		t.Logf("%d and %d visits while keys changed", len(made[0]), len(made[1]))
		if live > 3 {
			k.Errorf("got %d visits of one address, want at most 3", live)
		}
	})
}

// booksOn books from a day on until the context ends, and cancels what is in the way: 30
// visits at least.
func (k kit) booksOn(ctx context.Context, day int) (made []booking.Receipt) {
	live := 0 // the first of made that is not cancelled
	for n := 0; len(made) < 30 || ctx.Err() == nil; n++ {
		r := ask("impfung", desktest.At(day+n/48%2, "08:00").Add(time.Duration(n%48)*5*time.Minute), "impfen")
		got, err := k.BookNow(k.Context(), r, form(), booking.Once{})
		switch {
		case err == nil:
			made = append(made, got)
		case errors.Is(err, agenda.ErrLimited) && live < len(made):
			if _, err := k.Cancel(k.Context(), town, made[live].Manage); err != nil {
				k.Errorf("cancel while keys change: %v", err)
			}
			live++
		case !errors.Is(err, agenda.ErrTaken) && !errors.Is(err, agenda.ErrLimited):
			k.Errorf("book while keys change: %v", err)
			return made
		}
	}
	return made
}

// changesKeys does a whole change of keys, seen by two replicas one after the other.
func (k kit) changesKeys(other kit) {
	k.Helper()
	ctx := k.Context()
	if err := k.NextKey(ctx, k.Keys.Fingerprints()[1]); err != nil {
		k.Fatal(err)
	}
	if behind, err := k.UseKey(ctx); err != nil || len(behind) != 2 {
		k.Fatalf("use before anybody has followed: got %v, %v, want both behind", behind, err)
	}
	k.follows("k")
	other.follows("other")
	if behind, err := k.UseKey(ctx); err != nil || len(behind) > 0 {
		k.Fatalf("use: got %v, %v", behind, err)
	}
	for range 3 {
		if _, done, err := other.Reseal(ctx); err != nil || done {
			k.Fatalf("reseal before all have followed: got %v, %v", done, err)
		}
	}
	k.follows("k")
	other.follows("other")
	k.reseals()
	other.follows("other")
	s, err := k.KeyStatus(ctx)
	if err != nil || len(s.Left) > 0 {
		k.Errorf("left over: got %+v, %v", s.Left, err)
	}
}
