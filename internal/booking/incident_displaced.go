package booking

import (
	"cmp"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// displaced says which visits have to go so that the others fit: those booked last, and
// no more than needed. Only those that a set-up has stranded are looked at; with the
// rest the office has made its peace.
func (d *Desk) displaced(tx *store.Tx, n *agenda.Incident, list []*agenda.Booking, now time.Time) (map[string]bool, error) {
	s, err := tx.Setup(n.Tenant)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(slices.Clone(list), func(b *agenda.Booking) bool { return !b.Stranded })
	slices.SortStableFunc(list, func(a, b *agenda.Booking) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(b.Number, a.Number))
	})
	c := crowd{tx: tx, setup: s, now: now, days: map[measured]*crowdedDay{}}
	gone := map[string]bool{}
	for _, b := range list {
		day, err := c.day(b)
		if err != nil {
			return nil, err
		}
		if day == nil || day.over(b, 0) {
			gone[b.ID] = true
			day.add(b, -1)
		}
	}
	for _, b := range slices.Backward(list) { // one may have gone for nothing, when a longer one went later
		if day, _ := c.day(b); gone[b.ID] && day != nil && !day.over(b, 1) {
			delete(gone, b.ID)
			day.add(b, 1)
		}
	}
	return gone, nil
}

// crowd counts how full days are.
type crowd struct {
	tx    *store.Tx
	setup *agenda.Setup
	now   time.Time
	days  map[measured]*crowdedDay
}

type crowdedDay struct {
	*slots.Day
	load map[agenda.Tick]int
}

// day is a booking's day; nil where its calendar is not what it was.
func (c *crowd) day(b *agenda.Booking) (*crowdedDay, error) {
	cal, ok := c.setup.Calendar(b.Calendar)
	if !ok || cal.PoolNumber != b.Pool || cal.TickMinutes != b.Tick {
		return nil, nil
	}
	key := measured{b.Calendar, b.Date}
	if c.days[key] != nil {
		return c.days[key], nil
	}
	day := &crowdedDay{slots.Compile(c.setup, cal, b.Date), map[agenda.Tick]int{}}
	from, to := day.Span()
	claims, err := c.tx.Claims(b.Pool, min(from, b.From), max(to, b.To))
	if err != nil {
		return nil, err
	}
	use := day.Use(claims, c.now, 0)
	for k := from; k < to; k++ {
		day.load[k], _ = use.Taken(k, agenda.Staff)
	}
	c.days[key] = day
	return day, nil
}

// over reports whether a visit stands in a tick with too many, were there so many more.
func (d *crowdedDay) over(b *agenda.Booking, more int) bool {
	from, to := d.Span()
	for k := b.From; k < b.To; k++ {
		if k < from || k >= to || d.load[k]+more > d.Seats(k).Total {
			return true
		}
	}
	return false
}

func (d *crowdedDay) add(b *agenda.Booking, n int) {
	if d == nil {
		return
	}
	for k := b.From; k < b.To; k++ {
		d.load[k] += n
	}
}
