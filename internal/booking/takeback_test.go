package booking_test

import (
	"errors"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// shift moves a visit as the back office's pages do.
func (k kit) shift(b *agenda.Booking, t booking.Target) *agenda.Booking {
	k.Helper()
	moved, err := k.MoveUndoable(k.Context(), desktest.Clerk(), b.ID, t, booking.UndoFor)
	if err != nil {
		k.Fatal(err)
	}
	return moved
}

func (k kit) callOff(b *agenda.Booking) *agenda.Booking {
	k.Helper()
	off, err := k.CancelUndoable(k.Context(), desktest.Clerk(), b.ID, booking.UndoFor)
	if err != nil {
		k.Fatal(err)
	}
	return off
}

func (k kit) takeBack(b *agenda.Booking) (*agenda.Booking, error) {
	return k.TakeBack(k.Context(), desktest.Clerk(), b.ID, b.Version)
}

// sameVisit demands that a booking stands as it stood, whatever was counted since.
func (k kit) sameVisit(what string, got, want *agenda.Booking) {
	k.Helper()
	g, w := *got, *want
	g.Version, g.Sequence, g.Changed = w.Version, w.Sequence, w.Changed
	for _, b := range []*agenda.Booking{&g, &w} {
		b.Items, b.Sealed = nil, nil
	}
	if got, want := describe(&g), describe(&w); got != want {
		k.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

func TestTakeBackAMove(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(times(ask("buergerbuero", desktest.At(1, "08:00"), "pass"), 2))
		before := k.stored(r.Booking)
		k.clock.Advance(time.Second)
		moved := k.shift(r.Booking, booking.Target{Start: desktest.At(2, "10:00"), Calendar: "buergerbuero"})
		k.clock.Advance(booking.UndoFor - time.Second)
		back, err := k.takeBack(moved)
		if err != nil {
			k.Fatal(err)
		}
		k.sameVisit("the visit", k.stored(back), before)
		if back.Sequence != before.Sequence+2 || back.Version != before.Version+2 {
			k.Errorf("got sequence %d, version %d: a calendar that had seen the move would not see it undone", back.Sequence, back.Version)
		}
		k.left(back, "book by visitor, move by clerk, take-back by clerk; confirmed/1 staff-booked/1 changed/2 staff-moved/2")
		if got := k.letters(back); got != "confirmed/1 queued, staff-booked/1 queued, changed/2 dropped, staff-moved/2 dropped" {
			k.Errorf("got %s", got)
		}
		_, err = k.takeBack(moved)
		k.is("twice", err, agenda.ErrState)
		_, err = k.takeBack(back)
		k.is("what was taken back", err, agenda.ErrState)
		if _, err := k.Move(k.Context(), town, r.Manage, to(3, "08:00")); err != nil {
			k.Errorf("the visitor's link: %v", err)
		}
	})
}

// A cancelled visit stands again, whatever it waited for, and its links work.
func TestTakeBackACancellation(t *testing.T) {
	onEach(t, func(k kit) {
		for what, r := range map[string]booking.Receipt{
			"certain":            k.now(ask("buergerbuero", desktest.At(1, "08:00"), "pass")),
			"waiting for mail":   k.now(ask("ausweise", desktest.At(1, "08:00"), "ausweis")),
			"waiting for office": k.now(ask("soziales", desktest.At(1, "08:00"), "beratung")),
		} {
			before := k.stored(r.Booking)
			off := k.callOff(r.Booking)
			if c, err := k.Manage(k.Context(), town, r.Manage); err != nil || !c.Gone {
				k.Errorf("%s: got %+v, %v: want it shown as cancelled", what, c, err)
			}
			back, err := k.takeBack(off)
			if err != nil {
				k.Fatalf("%s: %v", what, err)
			}
			k.sameVisit(what, k.stored(back), before)
			if c, err := k.Manage(k.Context(), town, r.Manage); err != nil || c.Gone || c.Private.Name == "" {
				k.Errorf("%s: got %+v, %v: want the visitor's link to show it", what, c, err)
			}
			if before.Awaits == agenda.ConfirmEmail {
				if _, err := k.Confirm(k.Context(), town, k.confirmSecret(back)); err != nil {
					k.Errorf("%s: its link: %v", what, err)
				}
			}
		}
		r := k.now(ask("soziales", desktest.At(2, "08:00"), "beratung"))
		off, err := k.RejectUndoable(k.Context(), desktest.Clerk(), r.Booking.ID, booking.UndoFor)
		if err != nil {
			k.Fatal(err)
		}
		if back, err := k.takeBack(off); err != nil || back.Awaits != agenda.ConfirmStaff {
			k.Errorf("a rejection: got %+v, %v", back, err)
		}
	})
}

func TestTakeBackIsRefused(t *testing.T) {
	onEach(t, func(k kit) {
		fresh := func(day int) *agenda.Booking {
			return k.now(ask("soziales", desktest.At(day, "08:00"), "beratung")).Booking
		}
		late, done, plain, gone := k.callOff(fresh(1)), k.shift(fresh(2), to(2, "09:00")), fresh(3), k.shift(fresh(4), to(4, "09:00"))
		if _, err := k.CancelFor(k.Context(), desktest.Clerk(), plain.ID); err != nil {
			k.Fatal(err)
		}
		if _, err := k.Approve(k.Context(), desktest.Clerk(), done.ID); err != nil {
			k.Fatal(err)
		}
		if err := k.try(clerk("soziales", desktest.At(4, "08:00"), "beratung")); err != nil {
			k.Fatal(err)
		}
		stranger := desktest.Clerk()
		stranger.Department = "buergerdienste"
		k.unchanged("what cannot be taken back", func() {
			_, err := k.takeBack(k.stored(plain))
			k.is("through the interface of programs", err, agenda.ErrState)
			_, err = k.takeBack(done)
			k.is("approved since", err, agenda.ErrState)
			_, err = k.takeBack(k.stored(done))
			k.is("an approval", err, agenda.ErrState)
			_, err = k.TakeBack(k.Context(), stranger, late.ID, late.Version)
			k.is("a stranger", err, agenda.ErrNotFound)
		})
		_, err := k.takeBack(gone)
		k.is("its seat is given away", err, agenda.ErrTaken)
		if now := k.stored(gone); now.Version != gone.Version || !now.Start.Equal(gone.Start) {
			k.Errorf("got %+v, want it where it was moved to", now)
		}
		k.clock.Advance(booking.UndoFor)
		_, err = k.takeBack(late)
		k.is("a minute later", err, agenda.ErrTooLate)
	})
}

// The seat of a full hour is freed and given back beside one that was overbooked: the
// count is what it was, but no visit more.
func TestTakeBackBesideOverbooked(t *testing.T) {
	onEach(t, func(k kit) {
		at := desktest.At(1, "08:00")
		mine := k.now(clerk("soziales", at, "beratung"))
		k.now(overbooked(clerk("soziales", at, "beratung")))
		if _, err := k.takeBack(k.callOff(mine.Booking)); err != nil {
			k.Errorf("got %v: nobody has taken its seat", err)
		}
	})
}

// 64 visitors want the seat that was freed, while the clerk takes it back: one of them
// has it in the end, and whoever lost has nothing.
func TestTakeBackRaced(t *testing.T) {
	onEach(t, func(k kit) {
		for day := 1; day <= 3; day++ {
			at := desktest.At(day, "08:00")
			mine := k.now(clerk("soziales", at, "beratung")).Booking
			off := mine
			if day == 2 {
				off = k.shift(mine, to(day, "10:00"))
			} else {
				off = k.callOff(mine)
			}
			errs := together(65, func(i int) error {
				if i == 32 {
					_, err := k.takeBack(off)
					return err
				}
				return k.try(ask("soziales", at, "beratung"))
			})
			if n := k.won(errs, agenda.ErrTaken); n != 1 {
				k.Errorf("day %d: %d have the one seat", day, n)
			}
			now := k.stored(off)
			if back := errs[32] == nil; back != (now.Status == agenda.Confirmed && now.Start.Equal(at)) {
				k.Errorf("day %d: taken back %v, but it is %s at %v", day, back, now.Status, now.Start)
			}
		}
	})
}

// The same button pressed by eight colleagues works once.
func TestTakeBackPressedTogether(t *testing.T) {
	onEach(t, func(k kit) {
		off := k.callOff(k.now(clerk("buergerbuero", desktest.At(1, "08:00"), "pass")).Booking)
		errs := together(8, func(int) error {
			_, err := k.takeBack(off)
			return err
		})
		if n := k.won(errs, agenda.ErrState); n != 1 {
			k.Errorf("it worked %d times", n)
		}
		k.left(off, "book by clerk, cancel by clerk, take-back by clerk; confirmed/1 staff-booked/1 cancelled/2 staff-cancelled/2")
	})
}

// A reminder that fell into the minute is not lost, and one that had gone out does not
// go out again.
func TestTakeBackKeepsReminders(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(func(s *agenda.Setup) { s.Calendars[0].Reminders = []agenda.Span{{Minutes: 120}} })
		r := k.now(ask("buergerbuero", desktest.At(1, "10:00"), "pass"))
		k.clock.Set(desktest.At(1, "07:59"))
		moved := k.shift(r.Booking, to(1, "11:00"))
		began := k.clock.Now()
		k.clock.Set(desktest.At(1, "07:59").Add(booking.UndoFor - time.Second))
		if err := k.Remind(k.Context(), began); err != nil {
			k.Fatal(err)
		}
		back, err := k.takeBack(moved)
		if err != nil {
			k.Fatal(err)
		}
		last := k.clock.Now()
		k.clock.Set(desktest.At(1, "08:00"))
		if err := k.Remind(k.Context(), last); err != nil {
			k.Fatal(err)
		}
		if got := k.letters(back); got != "confirmed/1 queued, staff-booked/1 queued, changed/2 dropped, staff-moved/2 dropped, reminder-2h/2 queued" {
			k.Errorf("got %s", got)
		}
		k.sendAll(back)
		moved = k.shift(back, to(1, "11:00"))
		if back, err = k.takeBack(moved); err != nil {
			k.Fatal(err)
		}
		if err := k.Remind(k.Context(), time.Time{}); err != nil { // as after a restart
			k.Fatal(err)
		}
		if got := k.letters(back); got != "confirmed/1 sent, staff-booked/1 sent, changed/2 dropped, staff-moved/2 dropped, reminder-2h/2 sent, changed/4 dropped, staff-moved/4 dropped" {
			k.Errorf("got %s", got)
		}
	})
}

// letters are kind, version and state of what was posted for a booking.
func (k kit) letters(b *agenda.Booking) (list string) {
	k.Helper()
	k.view(func(tx *store.Tx) error {
		postings, err := tx.Postings(b.Tenant, b.ID)
		list = describeLetters(postings)
		return err
	})
	return list
}

// sendAll settles what is queued for a booking as sent.
func (k kit) sendAll(b *agenda.Booking) {
	k.Helper()
	err := k.Store.Update(k.Context(), func(tx *store.Tx) error {
		postings, err := tx.Postings(b.Tenant, b.ID)
		for _, p := range postings {
			if p.State == "queued" {
				p.State = "sent"
				if err := tx.Settle(p); err != nil {
					return err
				}
			}
		}
		return err
	})
	if err != nil {
		k.Fatal(err)
	}
}

// The letter that asks to confirm was dropped while the request was called off: taken
// back, the visitor is asked again, or nobody ever would be.
func TestTakeBackAsksAgain(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("ausweise", desktest.At(1, "08:00"), "ausweis"))
		off := k.callOff(r.Booking)
		err := k.Store.Update(k.Context(), func(tx *store.Tx) error { // the worker comes by
			list, err := tx.Lease(store.Lane{Tenant: town}, 9, k.clock.Now().Add(time.Minute))
			for _, p := range list {
				p.State, p.Reason = "dropped", "too late"
				err = errors.Join(err, tx.Settle(p))
			}
			return err
		})
		if err != nil {
			k.Fatal(err)
		}
		back, err := k.takeBack(off)
		if err != nil {
			k.Fatal(err)
		}
		if got := k.letters(back); got != "confirm-request/1 dropped, confirm-request/3 queued" {
			k.Errorf("got %s", got)
		}
	})
}

// Meanwhile the old calendar has got another tick: an overbooked visit does not go back to
// seats that are counted otherwise now.
func TestTakeBackIntoAnotherTick(t *testing.T) {
	onEach(t, func(k kit) {
		r := clerk("ausweise", desktest.At(1, "08:00"), "ausweis")
		r.Overbook = true
		over := k.now(r).Booking
		for !over.Overbooked {
			over = k.now(r).Booking
		}
		moved, err := k.MoveUndoable(k.Context(), desktest.Clerk(), over.ID, booking.Target{Calendar: "buergerbuero", Start: desktest.At(1, "10:00")}, booking.UndoFor)
		if err != nil {
			k.Fatal(err)
		}
		k.mustApply(func(s *agenda.Setup) { s.Calendars[1].TickMinutes = 1 })
		_, err = k.takeBack(moved)
		k.is("back to where ticks are others", err, agenda.ErrTaken)
	})
}

// A worker who took the letter between our looking and our withdrawing was faster.
func TestTakeBackLosesToTheWorker(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("impfung", desktest.At(1, "08:00"), "impfen"))
		withdraw := func() error {
			return k.Store.Update(k.Context(), func(tx *store.Tx) error { return tx.Withdraw(town, r.Booking.ID, 1, 1, booking.TakenBack) })
		}
		err := k.Store.Update(k.Context(), func(tx *store.Tx) error {
			_, err := tx.Lease(store.Lane{Tenant: town}, 9, k.clock.Now().Add(time.Minute))
			return err
		})
		if err != nil {
			k.Fatal(err)
		}
		k.is("while a worker is at it", withdraw(), agenda.ErrConflict)
		k.clock.Advance(2 * time.Minute)
		k.is("when the worker has died", withdraw(), nil)
	})
}
