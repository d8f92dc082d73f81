package booking

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
)

// around are the days that are looked at for alternatives, as distances from the wished
// one, the nearest first. A county has hundreds of calendars, and most wishes that come
// too late find what they need on their own day.
var around = [...][2]agenda.Date{{0, 0}, {-1, -1}, {1, 1}, {-3, -2}, {2, 3}, {-7, -4}, {4, 7}, {8, 21}}

// near is a time and how far it is from the wished one.
type near struct {
	away  int64 // seconds
	other int   // 1: in another calendar than the wished one
	unix  int64
	row   *planned
	at    *slots.Levels
	start slots.Start
}

func compareNear(a, b near) int {
	return cmp.Or(cmp.Compare(a.away, b.away), cmp.Compare(a.other, b.other), cmp.Compare(a.unix, b.unix), strings.Compare(a.row.Calendar.ID, b.row.Calendar.ID))
}

// Alternatives are up to n free slots for a wish that came too late, the nearest
// in time to the start first; of the wished calendar before others at one time.
func (d *Desk) Alternatives(ctx context.Context, r Request, own *agenda.Booking, n int) ([]agenda.Slot, error) {
	l, err := d.newLook(ctx, Search{Tenant: r.Tenant, Wish: r.Wish, By: r.By, Person: r.Person, Link: r.Link, Own: own})
	if err != nil {
		return nil, err
	}
	middle := max(l.today, agenda.DateOf(r.Start.In(l.setup.Zone())))
	var best []near
	for _, w := range around {
		// A day further away begins at least so many midnights off, of 23 hours each.
		if reach := (int64(max(-w[1], w[0])) - 1) * 23 * 3600; len(best) == n && best[n-1].away < reach {
			continue
		}
		rows, err := l.rows(l.plans, max(l.today, middle+w[0]), middle+w[1])
		if err != nil {
			return nil, err
		}
		for i := range rows {
			best = rows[i].nearest(best, n, r, l.last(rows[i].plan))
		}
	}
	var list []agenda.Slot
	for _, b := range best {
		list = append(list, b.row.slot(b.at, b.start))
	}
	return list, nil
}

// nearest adds the row's times up to a last date to the n best so far.
func (p *planned) nearest(best []near, n int, r Request, last agenda.Date) []near {
	var few [96]slots.Start
	for _, at := range p.Levels {
		if at.Day.Date > last {
			break
		}
		for _, s := range at.Starts(p.ask, few[:0]) {
			one := near{unix: int64(s.Tick) * p.seconds, other: flag(p.Calendar.ID != r.Calendar), row: p, at: at, start: s}
			if one.away = one.unix - r.Start.Unix(); one.away < 0 {
				one.away = -one.away
			}
			if len(best) == n && compareNear(one, best[n-1]) >= 0 {
				continue
			}
			i, _ := slices.BinarySearchFunc(best, one, compareNear)
			best = slices.Insert(best[:min(len(best), n-1)], i, one)
		}
	}
	return best
}
