package booking_test

import (
	"slices"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

func to(day int, clock string) booking.Target {
	return booking.Target{Start: desktest.At(day, clock)}
}

func TestMoveToATakenSlotKeepsTheOldSeat(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(times(ask("ausweise", desktest.At(1, "08:00"), "ausweis"), 3))
		k.now(ask("ausweise", desktest.At(1, "09:20"), "ausweis"))
		k.unchanged("moves that cannot be", func() {
			for what, m := range map[string]struct {
				to   booking.Target
				want error
			}{
				"onto somebody's end":           {to(1, "09:00"), agenda.ErrTaken},
				"onto somebody's start":         {to(1, "09:20"), agenda.ErrTaken},
				"off the raster":                {to(1, "10:05"), agenda.ErrTaken},
				"on Saturday":                   {to(5, "08:00"), agenda.ErrTaken},
				"past the end":                  {to(1, "11:40"), agenda.ErrTaken},
				"beyond the horizon":            {to(63, "08:00"), agenda.ErrWindowClosed},
				"into the past":                 {to(-3, "08:00"), agenda.ErrWindowClosed},
				"to no time":                    {booking.Target{}, agenda.ErrWindowClosed},
				"into another kind of calendar": {booking.Target{Start: desktest.At(1, "10:00"), Calendar: "soziales"}, agenda.ErrTaken},
				"with an overbooking":           {booking.Target{Start: desktest.At(1, "09:20"), Overbook: true}, agenda.ErrTaken},
			} {
				_, err := k.Move(k.Context(), town, r.Manage, m.to)
				k.is(what, err, m.want)
			}
			_, err := k.Move(k.Context(), town, r.Manage, booking.Target{Start: desktest.At(1, "10:00"), Calendar: "keller"})
			k.invalid("to nowhere", err, "calendar")
			_, err = k.Move(k.Context(), town, "no secret", to(1, "10:00"))
			k.is("with no secret", err, agenda.ErrNotFound)
		})
		if b, err := k.Move(k.Context(), town, r.Manage, to(1, "08:00")); err != nil || b.Version != 1 {
			k.Errorf("a move to where it is: %+v, %v; want nothing", b, err)
		}
		k.is("the seat is still mine", k.try(ask("ausweise", desktest.At(1, "08:20"), "ausweis")), agenda.ErrTaken)
	})
}

// Sequence and version rise with each move; the letters name the version.
func TestMoveCounts(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "pass"))
		for i, m := range []booking.Target{to(1, "08:10"), to(1, "08:00"), to(3, "11:40"), {Start: desktest.At(3, "09:00")}} {
			k.clock.Advance(time.Second)
			b, err := k.Move(k.Context(), town, r.Manage, m)
			if err != nil {
				k.Fatal(err)
			}
			if b.Sequence != i+1 || b.Version != i+2 || !b.Since.Equal(k.clock.Now()) || b.UID != r.Booking.UID || b.Reference != r.Booking.Reference || b.Status != agenda.Confirmed {
				k.Errorf("move %d: got sequence %d, version %d, since %v, %s", i, b.Sequence, b.Version, b.Since, b.Status)
			}
			if want := m.Start.Add(-2 * time.Hour); !b.CancelBy.Equal(want) || b.Date != agenda.DateOf(m.Start) {
				k.Errorf("move %d: cancel by %v on %v, want %v", i, b.CancelBy, b.Date, want)
			}
		}
		k.left(r.Booking, "book by visitor, move by visitor, move by visitor, move by visitor, move by visitor; "+
			"confirmed/1 staff-booked/1 changed/2 staff-moved/2 changed/3 staff-moved/3 changed/4 staff-moved/4 changed/5 staff-moved/5")
		k.clock.Advance(time.Second)
		b, err := k.Cancel(k.Context(), town, r.Manage)
		if err != nil || b.Sequence != 5 || b.Status != agenda.Cancelled {
			k.Errorf("got %+v, %v", b, err)
		}
		_, err = k.Move(k.Context(), town, r.Manage, to(2, "08:00"))
		k.is("moving what is cancelled", err, agenda.ErrState)
	})
}

// Requests that wait keep waiting: no sequence yet, and the letter asks again.
func TestMoveWhatWaits(t *testing.T) {
	onEach(t, func(k kit) {
		mail := k.now(ask("ausweise", desktest.At(1, "08:00"), "ausweis"))
		office := k.now(ask("soziales", desktest.At(1, "08:00"), "beratung"))
		k.clock.Advance(time.Minute)
		b, err := k.Move(k.Context(), town, mail.Manage, to(1, "10:00"))
		if err != nil || b.Status != agenda.Pending || b.Sequence != 0 || !b.Since.IsZero() || !b.Expires.Equal(desktest.Start.Add(time.Hour)) {
			k.Errorf("got %+v, %v; want it pending until an hour after the request", b, err)
		}
		k.left(mail.Booking, "book by visitor, move by visitor; confirm-request/1 confirm-request/2")
		b, err = k.Move(k.Context(), town, office.Manage, to(2, "10:00"))
		if err != nil || b.Status != agenda.Pending || !b.Expires.Equal(desktest.At(2, "10:00")) {
			k.Errorf("got %+v, %v; want it pending until its new start", b, err)
		}
		k.left(office.Booking, "book by visitor, move by visitor; received/1 received/2")
		if _, err := k.Confirm(k.Context(), town, k.confirmSecret(mail.Booking)); err != nil {
			k.Error(err)
		}
		k.clock.Set(desktest.Start.Add(time.Hour))
		k.is("the seat of the moved request", k.try(ask("ausweise", desktest.At(1, "10:00"), "ausweis")), agenda.ErrTaken)
	})
}

func TestMoveAndCancelAfterCancelBy(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("buergerbuero", desktest.At(1, "10:00"), "ausweis"))
		s := k.now(ask("buergerbuero", desktest.At(1, "10:00"), "ausweis"))
		k.clock.Set(desktest.At(1, "08:00"))
		if _, err := k.Move(k.Context(), town, r.Manage, to(1, "10:10")); err != nil {
			k.Errorf("at the last moment: %v", err)
		}
		k.clock.Advance(time.Second)
		_, err := k.Move(k.Context(), town, s.Manage, to(2, "08:00"))
		k.is("moving after cancel-by", err, agenda.ErrTooLate)
		_, err = k.Cancel(k.Context(), town, s.Manage)
		k.is("cancelling after cancel-by", err, agenda.ErrTooLate)
		if _, err = k.MoveFor(k.Context(), desktest.Clerk(), s.Booking.ID, to(1, "11:00")); err != nil {
			k.Errorf("staff after cancel-by: %v", err)
		}
		if _, err = k.CancelFor(k.Context(), desktest.Clerk(), s.Booking.ID); err != nil {
			k.Errorf("staff after cancel-by: %v", err)
		}
	})
}

// A visit can move onto a part of its own seats.
func TestMoveOverlapsItself(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(times(ask("ausweise", desktest.At(1, "08:20"), "ausweis"), 3))
		for _, clock := range []string{"08:30", "08:10", "08:20"} {
			if _, err := k.Move(k.Context(), town, r.Manage, to(1, clock)); err != nil {
				k.Fatalf("to %s: %v", clock, err)
			}
		}
		f, err := k.Availability(k.Context(), booking.Search{Tenant: town, Wish: agenda.Wish{Items: r.Booking.Items}, Calendars: []string{"ausweise"},
			From: agenda.DateOf(desktest.At(1, "08:00")), To: agenda.DateOf(desktest.At(1, "08:00")), By: agenda.Public, Own: k.stored(r.Booking)})
		if err != nil || len(f.Days[0].Slots) != 22 {
			k.Errorf("its own seats do not count as free: %d starts, %v; want all 22", len(f.Days[0].Slots), err)
		}
	})
}

// Two visits change places at once: each of them moves or stays, and no seat is
// lost or given twice. Across days and calendars they never wait for each other
// forever.
func TestMovesRaced(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(func(s *agenda.Setup) {
			s.Calendars[1].Confirm, s.Calendars[1].SlotTemplates[0].Seats = agenda.ConfirmNone, agenda.Seats{Total: 2, Public: 2}
		})
		places := []booking.Target{
			{Start: desktest.At(1, "08:00"), Calendar: "buergerbuero"}, {Start: desktest.At(2, "08:00"), Calendar: "buergerbuero"},
			{Start: desktest.At(1, "08:00"), Calendar: "ausweise"}, {Start: desktest.At(2, "08:00"), Calendar: "ausweise"},
		}
		var visits []booking.Receipt
		for range 2 {
			for _, p := range places {
				visits = append(visits, k.now(ask(p.Calendar, p.Start, "ausweis")))
			}
		}
		free := booking.Target{Start: desktest.At(3, "08:00"), Calendar: "ausweise"}
		began := time.Now()
		for round := range 6 {
			errs := together(len(visits), func(i int) error {
				target := places[(i+1+round)%len(places)]
				if i == round%len(visits) {
					target = free // makes room, so that something moves
				}
				_, err := k.Move(k.Context(), town, visits[i].Manage, target)
				return err
			})
			if n := k.won(errs, agenda.ErrTaken, agenda.ErrConflict); n < 1 {
				k.Errorf("round %d: nothing moved", round)
			}
			k.verify()
		}
		if took := time.Since(began); took > 15*time.Second {
			k.Errorf("the moves took %v: they wait for each other", took)
		}
	})
}

// One visit is moved by many at once: it is in one place in the end.
func TestOneVisitMovedByMany(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		clocks := []string{"08:10", "09:00", "10:00", "11:00"}
		errs := together(8, func(i int) error {
			_, err := k.Move(k.Context(), town, r.Manage, to(1+i%3, clocks[i%4]))
			return err
		})
		n := k.won(errs, agenda.ErrConflict)
		if b := k.stored(r.Booking); n == 0 || b.Sequence > n || b.Version != b.Sequence+1 {
			k.Errorf("%d moves, sequence %d, version %d", n, b.Sequence, b.Version)
		}
	})
}

// Visitors race for the seat that a move frees: no moment in between when it is
// nobody's.
func TestMoveIsOneStep(t *testing.T) {
	onEach(t, func(k kit) {
		for round := range 3 {
			from, target := desktest.At(1+round, "08:00"), desktest.At(1+round, "09:00")
			r := k.now(ask("ausweise", from, "ausweis"))
			errs := together(9, func(i int) error {
				switch i % 3 {
				case 0:
					_, err := k.Move(k.Context(), town, r.Manage, booking.Target{Start: target})
					return err
				case 1:
					return k.try(ask("ausweise", from, "ausweis"))
				default:
					return k.try(ask("ausweise", target, "ausweis"))
				}
			})
			k.won(errs, agenda.ErrTaken)
			for _, at := range []time.Time{from, target} {
				offered := slices.Contains(k.offered("ausweise", 1+round, agenda.Public, "ausweis"), at.In(zone()).Format("15:04"))
				k.is("both seats are somebody's, or still free", k.try(ask("ausweise", at, "ausweis")), map[bool]error{true: nil, false: agenda.ErrTaken}[offered])
			}
		}
	})
}

func zone() *time.Location { return desktest.At(0, "08:00").Location() }

// Where the office approves, nobody gets in by booking elsewhere and moving.
func TestMoveDoesNotPassApproval(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(func(s *agenda.Setup) {
			s.Calendars[2].Services = append(s.Calendars[2].Services, agenda.Offer{ID: "ausweis"})
		})
		r := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		target := booking.Target{Start: desktest.At(1, "08:30"), Calendar: "soziales"}
		k.unchanged("a move past the approval", func() {
			_, err := k.Move(k.Context(), town, r.Manage, target)
			k.is("move", err, agenda.ErrTaken)
		})
		f, err := k.Availability(k.Context(), booking.Search{Tenant: town, Wish: agenda.Wish{Items: r.Booking.Items}, Calendars: []string{"soziales"},
			From: agenda.DateOf(target.Start), To: agenda.DateOf(target.Start), By: agenda.Public, Own: r.Booking})
		if err != nil || !f.Empty() {
			k.Errorf("offered all the same: %+v, %v", f.Days, err)
		}
		if _, err := k.MoveFor(k.Context(), desktest.Clerk(), r.Booking.ID, target); err != nil {
			k.Errorf("staff may: %v", err)
		}
	})
}

func TestCancel(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		waiting := k.now(ask("ausweise", desktest.At(1, "08:00"), "ausweis"))
		secret := k.confirmSecret(waiting.Booking)
		k.clock.Advance(time.Second)
		errs := together(12, func(int) error {
			b, err := k.Cancel(k.Context(), town, r.Manage)
			if err == nil && (b.Status != agenda.Cancelled || b.Sequence != 1) {
				k.Errorf("got %s, sequence %d", b.Status, b.Sequence)
			}
			return err
		})
		if n := k.won(errs); n != 12 {
			k.Errorf("%d of 12 were told that it is cancelled", n)
		}
		k.left(r.Booking, "book by visitor, cancel by visitor; confirmed/1 staff-booked/1 cancelled/2 staff-cancelled/2")
		card, err := k.Manage(k.Context(), town, r.Manage)
		if err != nil || !card.Gone || card.Private.Visitor != (agenda.Visitor{}) || card.Status != agenda.Cancelled {
			k.Errorf("the manage link shows %+v, %v; want the state alone", card, err)
		}
		if b, err := k.Cancel(k.Context(), town, waiting.Manage); err != nil || b.Sequence != 0 {
			k.Errorf("got %+v, %v; want no sequence for what had no entry", b, err)
		}
		// Nobody has confirmed that the address is the visitor's: it gets no second letter.
		k.left(waiting.Booking, "book by visitor, cancel by visitor; confirm-request/1")
		_, err = k.Confirm(k.Context(), town, secret)
		k.is("confirming what is cancelled", err, agenda.ErrNotFound)
		k.is("its seat", k.try(ask("ausweise", desktest.At(1, "08:00"), "ausweis")), nil)
	})
}

func TestVisit(t *testing.T) {
	onEach(t, func(k kit) {
		p := desktest.Clerk()
		r := k.now(ask("buergerbuero", desktest.At(1, "10:00"), "ausweis"))
		waiting := k.now(ask("ausweise", desktest.At(1, "10:00"), "ausweis"))
		gone := k.now(ask("buergerbuero", desktest.At(1, "11:00"), "ausweis"))
		if _, err := k.Cancel(k.Context(), town, gone.Manage); err != nil {
			k.Fatal(err)
		}
		for _, id := range []string{waiting.Booking.ID, gone.Booking.ID} {
			_, err := k.Desk.Visit(k.Context(), p, id, agenda.CheckedIn)
			k.is("who did not book for certain does not arrive", err, agenda.ErrState)
		}
		want := "book by visitor"
		for _, step := range []agenda.Status{agenda.CheckedIn, agenda.CheckedIn, agenda.Served, agenda.Confirmed, agenda.NoShow} {
			k.clock.Advance(time.Second)
			was := k.stored(r.Booking).Status
			b, err := k.Desk.Visit(k.Context(), p, r.Booking.ID, step)
			if err != nil || b.Status != step {
				k.Errorf("got %+v, %v; want %s", b, err, step)
			}
			if was != step {
				want += ", visit by clerk"
			}
		}
		k.left(r.Booking, want+"; confirmed/1 staff-booked/1")
		for _, step := range []agenda.Status{agenda.Pending, agenda.Cancelled, agenda.Held, agenda.Expired, "", "lost"} {
			_, err := k.Desk.Visit(k.Context(), p, r.Booking.ID, step)
			k.is("no step to "+string(step), err, agenda.ErrState)
		}
		_, err := k.Cancel(k.Context(), town, r.Manage)
		k.is("who was missed does not cancel", err, agenda.ErrState)
		b, err := k.MoveFor(k.Context(), p, r.Booking.ID, to(2, "10:00"))
		if err != nil || b.Status != agenda.Confirmed {
			k.Errorf("another try for who was missed: %+v, %v", b, err)
		}
	})
}
