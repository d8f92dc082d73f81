package booking

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// giveUp frees the seats of a visit that ends (to is nil) or goes to where to is. What a
// visitor gives up in a calendar with releaseMinutes is not offered to the public before
// a moment that nobody can know: else whoever sells appointments cancels one at the second
// at which the buyer books it. Until then the seats belong to a held booking of its own
// with a number below zero, which expires as every hold does, by comparison; for staff
// they are free at once. Where the visit stays in part of its seats, the rest waits.
func giveUp(tx *store.Tx, s *agenda.Setup, was, to *agenda.Booking, visitor bool, now time.Time) error {
	c, ok := s.CalendarOf(was.Calendar)
	if !ok || !visitor || c.ReleaseMinutes.To == 0 || was.Overbooked || was.Stranded {
		return tx.Free(was) // seats beyond the count are never offered
	}
	until := now.Add(someMinutes(c.ReleaseMinutes))
	for _, left := range leaves(was, to) {
		waits := waitingFor(was, left, until, now)
		if err := errors.Join(tx.AddBooking(waits), tx.PassOn(was, waits)); err != nil {
			return err
		}
	}
	if to == nil {
		return nil
	}
	return tx.Free(was)
}

// someMinutes is any of these minutes, to the second: each as likely as the others.
func someMinutes(r agenda.ReleaseMinutes) time.Duration {
	seconds := r.From*60 + rand.IntN((r.To-r.From)*60+1)
	return time.Duration(max(1, seconds)) * time.Second
}

// ticks are some of a pool, from one to before another.
type ticks struct{ from, to agenda.Tick }

// leaves are the ticks of a visit that it will not have where it goes; nil: it goes
// nowhere.
func leaves(was, to *agenda.Booking) (list []ticks) {
	if to == nil || to.Pool != was.Pool || to.Tick != was.Tick || to.To <= was.From || was.To <= to.From {
		return []ticks{{was.From, was.To}}
	}
	if was.From < to.From {
		list = append(list, ticks{was.From, to.From})
	}
	if to.To < was.To {
		list = append(list, ticks{to.To, was.To})
	}
	return list
}

// waitingFor is the booking that keeps seats of another until a moment. It knows nothing
// of the visitor.
func waitingFor(was *agenda.Booking, at ticks, until, now time.Time) *agenda.Booking {
	b := newBooking(Request{Tenant: was.Tenant, By: was.Channel, Wish: agenda.Wish{Mode: was.Mode}})
	b.Number = -b.Number
	b.Status, b.Created, b.Changed, b.Expires = agenda.Held, now, now, until
	b.Calendar, b.Pool, b.Date, b.Tick, b.From, b.To = was.Calendar, was.Pool, was.Date, was.Tick, at.from, at.to
	b.Start, b.End = at.from.Time(was.Tick), at.to.Time(was.Tick)
	b.CancelBy = b.Start
	for _, it := range was.Items {
		b.Items = append(b.Items, agenda.Item{Service: it.Service, Quantity: cmp.Or(it.Quantity, 1)}) // without answers: people write about themselves
	}
	return b
}
