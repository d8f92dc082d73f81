package booking

import (
	"context"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// Explained is the answer to why somebody could book a start, or could not.
type Explained struct {
	slots.Explanation
	Setup    *agenda.Setup
	Calendar *agenda.Calendar
}

// Explain says of a request whether it could be booked now, and what every rule says
// about it, from one snapshot of the book. By chooses whose rules are meant, those of
// the public or of staff; who wants to know is Person. The seats of own, a visit that
// would be moved, count as free (nil: nothing is moved).
//
// It fails with what CheckWish refuses; with Invalid for a calendar that is not there
// (unknown) or does not offer the wish (not_offered) and for a start in years that
// nobody means (range); with ErrNotFound in the calendar of others, and ErrForbidden
// for who may not see visits.
func (d *Desk) Explain(ctx context.Context, r Request, own *agenda.Booking) (e Explained, err error) {
	if r.Person.Tenant != r.Tenant {
		return e, agenda.ErrNotFound
	}
	q := slots.Query{By: r.By, WalkIn: r.WalkIn}
	r.own = own
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		s, err := tx.Setup(r.Tenant)
		if err != nil {
			return err
		}
		plan, err := explicable(s, r)
		if err != nil {
			return err
		}
		if q.Now, err = tx.Now(); err != nil {
			return err
		}
		if r.WalkIn {
			r.Start, plan.Before = thisTick(plan.Calendar, q.Now), 0
		}
		date := agenda.DateOf(r.Start.In(s.Zone()))
		if q.Busy, err = tx.BusyTimes(r.Tenant, plan.Calendar, date, date+1); err != nil {
			return err
		}
		from, to := slots.ClaimFor(r.Start, plan)
		claims, err := tx.Claims(plan.Calendar.PoolNumber, from, to)
		if err != nil {
			return err
		}
		var except int64
		if own != nil {
			except = own.Number
		}
		e = Explained{slots.Explain(s, plan, q, claims, except, r.Start), s, plan.Calendar}
		return nil
	})
	return e, err
}

// explicable is the plan of a request that there is something to say about.
func explicable(s *agenda.Setup, r Request) (p agenda.Plan, err error) {
	if r.own != nil {
		r.By = wideEnough(s, r.Wish, r.By, r.own)
	}
	c, err := wished(s, r)
	switch {
	case err != nil:
		return p, err
	case !r.Person.Knows(c):
		return p, agenda.ErrNotFound
	case !r.Person.MayIn(agenda.SeeBookings, c):
		return p, agenda.ErrForbidden
	case !r.WalkIn && !within(r.Start):
		return p, agenda.Invalid{{Field: "start", Code: "range"}}
	}
	p, ok := s.Plan(c, r.Wish, r.By)
	if !ok {
		return p, agenda.Invalid{{Field: "calendar", Code: "not_offered"}}
	}
	return p, nil
}
