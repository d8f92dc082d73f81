package booking_test

import (
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// late lets a calendar offer what visitors give up only after so many minutes.
func (k kit) late(calendar int, from, to int) {
	k.Helper()
	s := desktest.Musterstadt()
	s.Calendars[calendar].ReleaseMinutes = agenda.ReleaseMinutes{From: from, To: to}
	if _, err := k.Apply(k.Context(), s, booking.ApplyOptions{Actor: "test", Merge: true}); err != nil {
		k.Fatal(err)
	}
}

// finds reports whether a search finds a start; by whom.
func (k kit) finds(by agenda.Channel, calendar, service string, start time.Time) bool {
	k.Helper()
	date := agenda.DateOf(start)
	q := booking.Search{Tenant: town, Wish: desktest.Wish(service), Calendars: []string{calendar}, From: date, To: date, By: by}
	if by == agenda.Staff {
		q.Person = desktest.Clerk()
	}
	found, err := k.Availability(k.Context(), q)
	if err != nil {
		k.Fatal(err)
	}
	for _, s := range found.Days[0].Slots {
		if s.Start.Equal(start) {
			return true
		}
	}
	return false
}

// waits is when the one seat that was given back at a start is offered again.
func (k kit) waits(pool int64, start time.Time) (until time.Time) {
	k.Helper()
	k.view(func(tx *store.Tx) error {
		from := agenda.TickAt(start, 5)
		claims, err := tx.Claims(pool, from, from+1)
		for _, c := range claims {
			if c.GivenBack() {
				until = c.Expires
			}
		}
		return err
	})
	return until
}

// Case D13, resale: who cancels at the second at which the buyer books hands the seat
// over, unless it comes back when nobody expects it.
func TestD13CancelledSeatComesBackLater(t *testing.T) {
	onEach(t, func(k kit) {
		k.late(1, 30, 90)
		start := desktest.At(1, "08:00")
		r := k.now(ask("ausweise", start, "ausweis"))
		off, err := k.Cancel(k.Context(), town, r.Manage)
		if err != nil {
			k.Fatal(err)
		}
		until := k.waits(off.Pool, start)
		if wait := until.Sub(desktest.Start); wait < 30*time.Minute || wait > 90*time.Minute {
			k.Fatalf("got %v, want 30 to 90 minutes", wait)
		}
		k.left(off, "book by visitor, cancel by visitor; confirm-request/1")
		k.is("the buyer", k.try(ask("ausweise", start, "ausweis")), agenda.ErrTaken)
		if k.finds(agenda.Public, "ausweise", "ausweis", start) || !k.finds(agenda.Staff, "ausweise", "ausweis", start) {
			k.Error("the start is offered to the public, or not to staff")
		}
		k.verify()
		k.clock.Set(until.Add(-time.Second))
		k.is("a second before", k.try(ask("ausweise", start, "ausweis")), agenda.ErrTaken)
		k.clock.Set(until) // nobody has run any job
		if !k.finds(agenda.Public, "ausweise", "ausweis", start) {
			k.Error("its time has come, and it is not offered")
		}
		k.is("when its time has come", k.try(ask("ausweise", start, "ausweis")), nil)
	})
}

// Staff give the seat away at once, and then nothing comes back.
func TestD13StaffBookAtOnce(t *testing.T) {
	onEach(t, func(k kit) {
		k.late(1, 30, 30)
		start := desktest.At(1, "08:00")
		r := k.now(ask("ausweise", start, "ausweis"))
		if _, err := k.Cancel(k.Context(), town, r.Manage); err != nil {
			k.Fatal(err)
		}
		public := ask("ausweise", start, "ausweis")
		e := k.explained(public, nil)
		last := e.Rulings[len(e.Rulings)-1]
		if e.Bookable || last.Reason != slots.OnlyGivenBack || last.N != 1 || !last.At.Equal(desktest.Start.Add(30*time.Minute)) {
			k.Errorf("got %t, %+v", e.Bookable, last)
		}
		staff := clerk("ausweise", start, "ausweis")
		if e := k.explained(staff, nil); !e.Bookable {
			k.Errorf("for staff: %+v", e.Rulings)
		}
		k.is("staff", k.try(staff), nil)
		k.is("staff once more", k.try(staff), agenda.ErrTaken)
		k.verify()
		k.clock.Advance(30 * time.Minute)
		k.is("the public, later", k.try(public), agenda.ErrTaken)
	})
}

// A move gives up a seat too, but not the part of it in which the visit stays.
func TestD13MovedSeatComesBackLater(t *testing.T) {
	onEach(t, func(k kit) {
		k.late(0, 45, 45)
		start := desktest.At(1, "08:00")
		r := k.now(ask("buergerbuero", start, "pass"))
		k.now(ask("buergerbuero", start, "pass")) // all that the public may have
		moved, err := k.Move(k.Context(), town, r.Manage, booking.Target{Start: desktest.At(1, "10:00")})
		if err != nil {
			k.Fatal(err)
		}
		k.verify()
		for _, clock := range []string{"08:00", "08:10"} {
			if k.finds(agenda.Public, "buergerbuero", "ausweis", desktest.At(1, clock)) {
				k.Errorf("%s is offered at once", clock)
			}
		}
		back := booking.Target{Start: start}
		_, err = k.Move(k.Context(), town, r.Manage, back)
		k.is("back again, as soon as that", err, agenda.ErrTaken)
		if _, err := k.MoveFor(k.Context(), desktest.Clerk(), moved.ID, back); err != nil {
			k.Errorf("staff move it back: %v", err)
		}
		k.clock.Advance(45 * time.Minute)
		k.is("its seat is taken again", k.try(ask("buergerbuero", start, "ausweis")), agenda.ErrTaken)
	})
}

// A visit that moves by less than its length keeps some of its seats.
func TestD13MoveWithinItself(t *testing.T) {
	onEach(t, func(k kit) {
		k.late(0, 45, 45)
		k.now(ask("buergerbuero", desktest.At(1, "08:00"), "pass"))
		r := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "pass"))
		if _, err := k.Move(k.Context(), town, r.Manage, booking.Target{Start: desktest.At(1, "08:10")}); err != nil {
			k.Fatal(err)
		}
		k.verify()
		k.is("what it left", k.try(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis")), agenda.ErrTaken)
		k.clock.Advance(45 * time.Minute)
		k.is("what it left, later", k.try(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis")), nil)
		k.is("what it has", k.try(ask("buergerbuero", desktest.At(1, "08:10"), "ausweis")), agenda.ErrTaken)
	})
}

// What staff move or call off is free at once, and can be taken back though a visitor has
// booked and cancelled there meanwhile.
func TestD13TakeBackFindsItsSeat(t *testing.T) {
	onEach(t, func(k kit) {
		k.late(1, 30, 30)
		start := desktest.At(1, "08:00")
		r := k.now(ask("ausweise", start, "ausweis"))
		before := k.stored(r.Booking)
		off := k.callOff(r.Booking)
		other := k.now(ask("ausweise", start, "ausweis"))
		if _, err := k.Cancel(k.Context(), town, other.Manage); err != nil {
			k.Fatal(err)
		}
		back, err := k.takeBack(off)
		if err != nil {
			k.Fatal(err)
		}
		k.sameVisit("taken back", k.stored(back), before)
		k.verify()
		k.clock.Advance(30 * time.Minute)
		k.is("its seat", k.try(ask("ausweise", start, "ausweis")), agenda.ErrTaken)
	})
}

// Nobody sees that a seat waits: not in what the public is told, and staff have no hold
// in their way. Jobs only tidy up.
func TestD13WaitingSeatIsNobodys(t *testing.T) {
	onEach(t, func(k kit) {
		k.late(1, 30, 30)
		start := desktest.At(1, "08:00")
		r := k.now(ask("ausweise", start, "ausweis"))
		if _, err := k.Cancel(k.Context(), town, r.Manage); err != nil {
			k.Fatal(err)
		}
		present, err := k.Present(k.Context(), town)
		if err != nil {
			k.Fatal(err)
		}
		c, _ := present.Setup.Calendar("ausweise")
		date := agenda.DateOf(start)
		span, err := k.Span(k.Context(), desktest.Clerk(), []*agenda.Calendar{c}, date, date)
		if err != nil {
			k.Fatal(err)
		}
		if blocks := span.Day(c, date, nil); len(blocks) != 0 {
			k.Errorf("got %+v on the wall, want nothing", blocks)
		}
		k.clock.Advance(31 * time.Minute)
		n, err := k.ExpireOverdue(k.Context(), 10)
		if n != 1 || err != nil {
			k.Errorf("got %d, %v", n, err)
		}
		k.clock.Advance(72 * time.Hour)
		if _, err := k.Forget(k.Context(), 100); err != nil {
			k.Fatal(err)
		}
	})
}
