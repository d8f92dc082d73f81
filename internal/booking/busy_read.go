package booking

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// Elsewhere is what is taken of a calendar's day by calendars elsewhere.
func (s *Span) Elsewhere(c *agenda.Calendar, date agenda.Date) []agenda.BusyTime {
	return s.days[store.PoolDay{Pool: c.PoolNumber, Date: date}].busy[c.ID]
}

// Crowded are the visits of a calendar's day that stand where calendars elsewhere leave
// too few seats for all: they stay booked, and somebody has to look at them.
func (s *Span) Crowded(c *agenda.Calendar, date agenda.Date) (list []Block) {
	busy := s.Elsewhere(c, date)
	if len(busy) == 0 {
		return nil
	}
	bare := slots.Compile(s.Setup, c, date)
	day := bare.Without(busy)
	blocks := s.Day(c, date, nil)
	used := map[agenda.Tick]int{}
	ticks := func(b *Block) (from, to agenda.Tick) {
		return agenda.TickAt(b.From, c.TickMinutes), agenda.TickAt(b.To.Add(-1), c.TickMinutes) + 1
	}
	for i := range blocks {
		for k, to := ticks(&blocks[i]); k < to; k++ {
			used[k]++
		}
	}
	for i := range blocks {
		b := &blocks[i]
		for k, to := ticks(b); k < to && b.Status != agenda.Held && b.Calendar == c; k++ {
			if left := day.Seats(k).Total; used[k] > left && left < bare.Seats(k).Total {
				list = append(list, *b)
				break
			}
		}
	}
	return list
}

// Known is what is known of a calendar elsewhere, for those who may see the set-up.
type Known struct {
	store.BusyState
	Seats int    // that its times take
	Host  string // of its address, which is a secret; "": it cannot be opened
	Next  []agenda.BusyTime
}

// nextBusy is how many of the times to come are told of a calendar elsewhere.
const nextBusy = 5

// KnownElsewhere says of each source of a calendar what became of asking it and which
// times it takes next; agenda.ErrNotFound where the person may not see that.
func (d *Desk) KnownElsewhere(ctx context.Context, p *agenda.Person, calendar string) (list []Known, err error) {
	present, err := d.Store.Present(ctx, p.Tenant)
	if err != nil {
		return nil, err
	}
	c, ok := present.Setup.Calendar(calendar)
	if !ok || !p.MayIn(agenda.SeeSetup, c) {
		return nil, agenda.ErrNotFound
	}
	today := agenda.DateOf(present.Now.In(present.Setup.Zone()))
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		list = nil
		states, err := tx.BusyStates(p.Tenant, c.ID)
		if err != nil {
			return err
		}
		times, err := tx.BusyTimes(p.Tenant, c, today, today+BusyWindow)
		for _, state := range states {
			source, ok := c.BusySource(state.Source)
			if !ok {
				continue // the set-up has just changed
			}
			x := Known{BusyState: state, Seats: source.Seats, Host: d.BusyHost(p.Tenant, source)}
			var own []agenda.BusyTime
			for _, t := range times {
				if t.Source == state.Source && t.To.After(present.Now) {
					own = append(own, t)
				}
			}
			own = MergeBusy(own) // a time over midnight is kept in parts
			x.Next = own[:min(len(own), nextBusy)]
			list = append(list, x)
		}
		return err
	})
	return list, err
}

// BusyHost is where a source's address leads to; "" where it cannot be opened.
func (d *Desk) BusyHost(tenant string, b *agenda.BusySource) string {
	address, err := d.BusyAddress(tenant, b)
	if err != nil {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// FailingElsewhere lists the sources of a tenant that do not answer, in no order. A set-up
// without sources costs no query.
func (d *Desk) FailingElsewhere(ctx context.Context, s *agenda.Setup) (list []store.BusyState, err error) {
	if !slices.ContainsFunc(s.Calendars, func(c agenda.Calendar) bool { return len(c.Busy) > 0 }) {
		return nil, nil
	}
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.BusyFailing(s.Tenant.ID)
		return err
	})
	return list, err
}

// busyByDate reads what is taken of a calendar elsewhere from one day to before another.
func busyByDate(tx *store.Tx, s *agenda.Setup, c *agenda.Calendar, from, to agenda.Date) (map[agenda.Date][]agenda.BusyTime, error) {
	list, err := tx.BusyTimes(s.Tenant.ID, c, from, to)
	days := map[agenda.Date][]agenda.BusyTime{}
	for _, t := range list { // each lies within one local day
		date := agenda.DateOf(t.From.In(s.Zone()))
		days[date] = append(days[date], t)
	}
	return days, err
}

// offered is how many minutes of seats a calendar has on each of some days, without what is
// taken elsewhere, in the order of days; days without any are left out.
func offered(tx *store.Tx, s *agenda.Setup, c *agenda.Calendar, from, to agenda.Date) (list []store.Figure, err error) {
	busy, err := busyByDate(tx, s, c, from, to)
	if err != nil {
		return nil, err
	}
	for date := from; date < to; date++ {
		if n := slots.Compile(s, c, date).Without(busy[date]).SeatMinutes(); n > 0 {
			list = append(list, store.Figure{Date: date, Calendar: c.ID, Name: figureOffered, Amount: int64(n)})
		}
	}
	return list, nil
}
