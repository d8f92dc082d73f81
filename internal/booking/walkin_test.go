package booking_test

import (
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// walksIn is somebody who stands at the counter.
func (k kit) walksIn(r booking.Request, f booking.Form) (booking.Receipt, error) {
	return k.WalkIn(k.Context(), r, f, booking.Once{})
}

func TestWalkIn(t *testing.T) {
	onEach(t, func(k kit) {
		k.clock.Set(desktest.At(1, "08:03").Add(20 * time.Second))
		r := clerk("soziales", time.Time{}, "beratung")
		got, err := k.walksIn(r, booking.Form{StaffNote: "Rollstuhl"})
		if err != nil {
			k.Fatal(err)
		}
		b := k.stored(got.Booking)
		p, err := k.Private(b)
		if err != nil || p.Name != "" || !p.WalkIn || p.StaffNote != "Rollstuhl" {
			k.Errorf("got %+v, %v", p, err)
		}
		if !b.Start.Equal(desktest.At(1, "08:00")) || b.Status != agenda.CheckedIn || b.Channel != agenda.Staff || b.Overbooked || b.Notify {
			k.Errorf("got %+v", b)
		}
		k.left(b, "walk-in by clerk; ")
		// The only seat is taken for half an hour, off the raster, too.
		k.clock.Set(desktest.At(1, "08:25"))
		_, err = k.walksIn(r, booking.Form{})
		k.is("the seat of the first", err, agenda.ErrTaken)
		e, err := k.Explain(k.Context(), booking.Request{Tenant: town, Wish: r.Wish, Calendar: "soziales", By: agenda.Staff, Person: r.Person, WalkIn: true}, nil)
		if err != nil || e.Bookable || !e.Start.Equal(desktest.At(1, "08:25")) {
			k.Errorf("got %+v, %v", e, err)
		}
		k.clock.Set(desktest.At(1, "08:35"))
		second, err := k.walksIn(r, booking.Form{Visitor: desktest.Ada})
		if err != nil || !second.Booking.Start.Equal(desktest.At(1, "08:35")) {
			k.Fatal(second, err)
		}
		k.left(second.Booking, "walk-in by clerk; confirmed/1")
		knowingly, err := k.walksIn(overbooked(r), booking.Form{})
		if err != nil || !knowingly.Booking.Overbooked {
			k.Errorf("got %+v, %v, want that it is overbooked", knowingly.Booking, err)
		}
		if _, err := k.Undo(k.Context(), desktest.Clerk(), second.Booking.ID); err != nil {
			k.Error(err)
		}
	})
}

// The office closes at twelve: who comes before stays knowingly, who comes after has to go.
func TestWalkInAtTheEndOfTheDay(t *testing.T) {
	onEach(t, func(k kit) {
		r := clerk("soziales", time.Time{}, "beratung")
		k.clock.Set(desktest.At(1, "11:45"))
		_, err := k.walksIn(r, booking.Form{})
		k.is("longer than the office is open", err, agenda.ErrTaken)
		got, err := k.walksIn(overbooked(r), booking.Form{})
		if err != nil || !got.Booking.Overbooked {
			k.Errorf("got %+v, %v", got.Booking, err)
		}
		k.clock.Set(desktest.At(1, "12:00"))
		_, err = k.walksIn(overbooked(r), booking.Form{})
		k.is("after hours", err, agenda.ErrTaken)
		k.mustApply(func(s *agenda.Setup) {
			c := &s.Calendars[2]
			hours := c.SlotTemplates[0]
			hours.ID, hours.From, hours.To, hours.WalkIn, hours.Seats = "offen", 11*60, 13*60, true, agenda.Seats{}
			c.SlotTemplates = append(c.SlotTemplates, hours)
		})
		k.clock.Set(desktest.At(2, "12:10"))
		if _, err := k.walksIn(r, booking.Form{}); err != nil {
			k.Errorf("in hours without appointment: %v", err)
		}
		_, err = k.walksIn(r, booking.Form{})
		k.is("a second one at the same time", err, agenda.ErrTaken)
		k.is("with an appointment", k.try(clerk("soziales", desktest.At(3, "12:00"), "beratung")), agenda.ErrTaken)
	})
}

func TestWalkInWithinRights(t *testing.T) {
	onEach(t, func(k kit) {
		k.clock.Set(desktest.At(1, "09:00"))
		r := clerk("soziales", time.Time{}, "beratung")
		k.unchanged("refused", func() {
			other := r
			other.Person = &agenda.Person{Tenant: town, ID: "x", Role: agenda.Clerk, Department: "buergerdienste"}
			_, err := k.walksIn(other, booking.Form{})
			k.is("another department", err, agenda.ErrNotFound)
			other.Person = &agenda.Person{Tenant: town, ID: "x", Role: agenda.Auditor}
			_, err = k.walksIn(other, booking.Form{})
			k.is("an auditor", err, agenda.ErrForbidden)
			other.Person = nil
			_, err = k.walksIn(other, booking.Form{})
			k.is("the public", err, agenda.ErrForbidden)
			v := desktest.Ada
			v.Phone = "ruf an"
			_, err = k.walksIn(r, booking.Form{Visitor: v})
			k.invalid("a phone", err, "phone")
			_, err = k.walksIn(clerk("soziales", time.Time{}, "nichts"), booking.Form{})
			k.invalid("a service", err, "services")
		})
		// Sent twice it books once.
		once := booking.Once{Path: "staff/walk-in", Key: "k", Request: "h"}
		first, err := k.WalkIn(k.Context(), r, booking.Form{}, once)
		if err != nil {
			k.Fatal(err)
		}
		again, err := k.WalkIn(k.Context(), r, booking.Form{}, once)
		if err != nil || again.Booking.ID != first.Booking.ID {
			k.Errorf("got %v, %v, want the same booking", again.Booking, err)
		}
	})
}

// 64 clerks check somebody in on the last seat, while others book it by telephone.
func TestWalkInsRaced(t *testing.T) {
	onEach(t, func(k kit) {
		k.clock.Set(desktest.At(1, "08:00"))
		for round := range 3 {
			k.clock.Set(desktest.At(1+round, "08:05"))
			errs := together(64, func(i int) error {
				if i%4 == 3 {
					return k.try(clerk("soziales", desktest.At(1+round, "08:30"), "beratung"))
				}
				_, err := k.walksIn(clerk("soziales", time.Time{}, "beratung"), booking.Form{})
				return err
			})
			if n := k.won(errs, agenda.ErrTaken); n != 1 {
				k.Errorf("round %d: %d visits on one seat, want 1", round, n)
			}
		}
	})
}
