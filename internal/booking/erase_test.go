package booking_test

import (
	"path/filepath"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/rawtest"
	"terminvergabe/internal/store"
)

// sent settles every letter about a booking.
func (k kit) sent(b *agenda.Booking) {
	k.Helper()
	err := k.Store.Update(k.Context(), func(tx *store.Tx) error {
		list, err := tx.Postings(b.Tenant, b.ID)
		for _, p := range list {
			if p.State = "sent"; err == nil {
				err = tx.Settle(p)
			}
		}
		return err
	})
	if err != nil {
		k.Fatal(err)
	}
}

// wished erases for the bearer of the link and says whether it is done.
func (k kit) wished(secret string) booking.Erased {
	k.Helper()
	done, err := k.Erase(k.Context(), town, secret)
	if err != nil {
		k.Fatal(err)
	}
	return done
}

// Somebody calls a visit off and wishes to be forgotten: at once where nobody has to be
// told any more, else when the letters are done, a day later at most.
func TestEraseOnWish(t *testing.T) {
	onEach(t, func(k kit) {
		book := func(at string) booking.Receipt { return k.now(ask("buergerbuero", desktest.At(2, at), "pass")) }
		gone := func(what string, r booking.Receipt, want bool) {
			k.Helper()
			b := k.stored(r.Booking)
			if got := b.Sealed == nil && b.EmailHash == "" && b.ManageHash == ""; got != want || b.Status != agenda.Cancelled {
				k.Errorf("%s: gone is %t, want %t; %s", what, got, want, b.Status)
			}
		}
		job := func() {
			k.Helper()
			if err := k.EraseWished(k.Context(), 100); err != nil {
				k.Fatal(err)
			}
		}

		called := book("08:00")
		if _, err := k.Cancel(k.Context(), town, called.Manage); err != nil {
			k.Fatal(err)
		}
		k.sent(called.Booking)
		if done := k.wished(called.Manage); !done.Done {
			k.Errorf("nothing waits: got %+v", done)
		}
		gone("told", called, true)
		_, err := k.Erase(k.Context(), town, called.Manage)
		k.is("once more", err, agenda.ErrNotFound)

		live := book("08:20")
		want := k.clock.Now().Add(24 * time.Hour)
		if done := k.wished(live.Manage); done.Done || !done.Until.Equal(want) {
			k.Errorf("letters wait: got %+v, want until %s", done, want)
		}
		gone("letters wait", live, false)
		k.clock.Advance(time.Hour)
		if done := k.wished(live.Manage); !done.Until.Equal(want) {
			k.Errorf("wished again: got %+v, want until %s", done, want)
		}
		job()
		gone("letters still wait", live, false)
		k.sent(live.Booking)
		job()
		gone("letters are sent", live, true)

		stuck := book("08:40")
		k.wished(stuck.Manage)
		k.clock.Advance(24 * time.Hour)
		job()
		gone("letters are stuck", stuck, true)
	})
}

// Who came, or whose time is over, is forgotten by the retention; and what the office takes
// back within its minute is not forgotten behind its back.
func TestEraseRefuses(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "pass"))
		if err := only(k.Visit(k.Context(), desktest.Clerk(), r.Booking.ID, agenda.CheckedIn)); err != nil {
			k.Fatal(err)
		}
		_, err := k.Erase(k.Context(), town, r.Manage)
		k.is("came", err, agenda.ErrState)
		late := k.now(ask("buergerbuero", desktest.At(1, "08:20"), "pass"))
		k.clock.Set(desktest.At(1, "09:00"))
		_, err = k.Erase(k.Context(), town, late.Manage)
		k.is("over", err, agenda.ErrTooLate)
		_, err = k.Erase(k.Context(), town, late.Booking.ID)
		k.is("no secret", err, agenda.ErrNotFound)

		back := k.now(ask("buergerbuero", desktest.At(2, "08:00"), "pass"))
		called, err := k.CancelUndoable(k.Context(), desktest.Clerk(), back.Booking.ID, booking.UndoFor)
		if err != nil {
			k.Fatal(err)
		}
		if done := k.wished(back.Manage); done.Done {
			k.Error("forgotten while the office can take it back")
		}
		if err := only(k.TakeBack(k.Context(), desktest.Clerk(), back.Booking.ID, called.Version)); err != nil {
			k.Fatal(err)
		}
		k.clock.Advance(25 * time.Hour)
		if err := k.EraseWished(k.Context(), 100); err != nil {
			k.Fatal(err)
		}
		if b := k.stored(back.Booking); b.Sealed == nil || b.Status != agenda.Confirmed {
			k.Errorf("taken back and forgotten: %s", b.Status)
		}
	})
}

// What was wished to be forgotten is in no file after the job's next round.
func TestErasedIsNotInRawFiles(t *testing.T) {
	dir := t.TempDir()
	d, c := desktest.Open(t, filepath.Join(dir, "book.db"))
	k := kit{T: t, Desk: d, clock: c}
	x := k.plant()
	p, err := k.Private(x.booking)
	if err != nil {
		t.Fatal(err)
	}
	k.wished(p.Manage)
	k.sent(x.booking)
	if err := k.EraseWished(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	// The answer under its key, and that links to all visits of an address were asked for, are of no visit and go within a day.
	rawtest.For(append(x.typed, x.made[0], x.made[2], x.made[4], x.made[5])...).None(t, dir)
}

func only(_ *agenda.Booking, err error) error { return err }
