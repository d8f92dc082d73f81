package booking

import (
	"context"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
)

// First is the earliest slots of a site.
type First struct {
	Site     *agenda.Site
	Calendar *agenda.Calendar
	Slot     agenda.Slot
}

// FirstBytes is about how much memory a First takes.
const FirstBytes = 150

// SameFirsts reports that two answers of NextFree are one and the same list: then
// nothing has changed between them. Lists that only look alike do not count.
func SameFirsts(a, b []First) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// NextFree finds the earliest start at each site that offers the wish, soonest
// first; sites without one are left out. The list is shared: nobody changes it.
func (d *Desk) NextFree(ctx context.Context, q Search) ([]First, error) {
	present, err := d.present(ctx, &q)
	if err != nil {
		return nil, err
	}
	l := d.lookAt(ctx, present, q)
	list, err := d.nextFree(l)
	if err == nil && len(list) == 0 {
		d.inVain.note(l)
	}
	return list, err
}

func (d *Desk) nextFree(l *look) ([]First, error) {
	if name, ok := l.q.name(); ok && l.present.Known {
		return d.standing(l, name)
	}
	if err := l.plan(nil); err != nil {
		return nil, err
	}
	list, err := l.firsts()
	return l.bySite(list), err
}

// firstOf is the earliest start of one calendar, and for how long that answer is right.
type firstOf struct {
	calendar *agenda.Calendar
	slot     agenda.Slot // without a calendar: there is none
	through  agenda.Date // the last day that was looked at: changes of later ones do not matter
	until    int64       // in seconds: when time itself may change the answer
}

// How many days are looked at for a first start: few, for most have one soon, then
// more and more.
func nextWindow(days agenda.Date) agenda.Date { return min(3*days+1, 31) }

// firsts finds the earliest start of each plan, of the days from today on.
func (l *look) firsts() ([]firstOf, error) {
	midnight, _ := agenda.At(l.today+1, 0, l.setup.Zone())
	list, pending := make([]firstOf, len(l.plans)), make([]int, len(l.plans))
	for i, p := range l.plans {
		list[i] = firstOf{calendar: p.Calendar, through: l.last(p), until: midnight.Unix()}
		pending[i] = i
	}
	days := agenda.Date(2)
	for from := l.today; len(pending) > 0; from, days = from+days, nextWindow(days) {
		plans := make([]*agenda.Plan, len(pending))
		for i, n := range pending {
			plans[i] = l.plans[n]
		}
		rows, err := l.rows(plans, from, from+days-1)
		if err != nil {
			return nil, err
		}
		left := pending[:0]
		for i, n := range pending {
			if !list[n].look(&rows[i], l.q.Own) && l.last(l.plans[n]) >= from+days {
				left = append(left, n)
			}
		}
		pending = left
	}
	return list, nil
}

// look goes through the days of a row for the first start, which may not be where a
// visit is already.
func (f *firstOf) look(r *planned, own *agenda.Booking) bool {
	for i, at := range r.Levels {
		if r.From+agenda.Date(i) > f.through {
			return false
		}
		if !at.Until.IsZero() {
			f.until = min(f.until, at.Until.Unix())
		}
		start, ok := at.First(r.ask)
		if !ok {
			continue
		}
		slot := r.slot(at, start)
		if stays(own, slot) {
			all := at.Starts(r.ask, nil)
			if len(all) < 2 {
				continue
			}
			slot = r.slot(at, all[1])
		}
		f.slot, f.through = slot, at.Day.Date
		lead := time.Duration(0)
		if r.public {
			lead = time.Duration(r.plan.LeadMinutes) * time.Minute
		}
		f.until = min(f.until, slot.Start.Add(-lead).Unix()+1)
		return true
	}
	return false
}

// stays reports whether a slot is where a visit is already: going there is no move.
// What is only held can be chosen again.
func stays(b *agenda.Booking, s agenda.Slot) bool {
	return b != nil && b.Status != agenda.Held && s.Calendar == b.Calendar && s.Start.Equal(b.Start)
}

// bySite is the best of each site's calendars, in the order of time and of the sites.
func (l *look) bySite(firsts []firstOf) (list []First) {
	best := map[string]*firstOf{}
	for i := range firsts {
		f := &firsts[i]
		if old := best[f.calendar.Site]; f.slot.Calendar != "" && (old == nil || f.slot.Start.Before(old.slot.Start)) {
			best[f.calendar.Site] = f
		}
	}
	for i := range l.setup.Sites {
		if f := best[l.setup.Sites[i].ID]; f != nil {
			list = append(list, First{&l.setup.Sites[i], f.calendar, f.slot})
		}
	}
	slices.SortStableFunc(list, func(a, b First) int { return a.Slot.Start.Compare(b.Slot.Start) })
	return list
}

// nextFree is the first start of any plan on or after a date; zero for none.
func (l *look) nextFree(from agenda.Date) (best time.Time, err error) {
	from = max(from, l.today)
	pending, days := slices.Clone(l.plans), agenda.Date(2)
	for ; best.IsZero(); from, days = from+days, nextWindow(days) {
		pending = slices.DeleteFunc(pending, func(p *agenda.Plan) bool { return l.last(p) < from })
		if len(pending) == 0 {
			return best, nil
		}
		rows, err := l.rows(pending, from, from+days-1)
		if err != nil {
			return best, err
		}
		for i := range rows {
			if start, ok := rows[i].first(l.last(pending[i])); ok && (best.IsZero() || start.Before(best)) {
				best = start
			}
		}
	}
	return best, nil
}

// first is the first start of a row, up to a last date.
func (r *planned) first(last agenda.Date) (time.Time, bool) {
	for _, at := range r.Levels {
		if at.Day.Date > last {
			break
		}
		if s, ok := at.First(r.ask); ok {
			return r.slot(at, s).Start, true
		}
	}
	return time.Time{}, false
}

// nextRelease is the midnight at which the next date with templates comes within
// the horizon; zero where no template reaches that far.
func (l *look) nextRelease() (best time.Time) {
	if l.q.By == agenda.Staff {
		return best
	}
	for _, p := range l.plans {
		date := l.memory.NextServing(l.setup, *p, l.last(p)+1, 400)
		if date == 0 {
			continue
		}
		opens, _ := agenda.At(date-agenda.Date(p.HorizonDays), 0, l.setup.Zone())
		if best.IsZero() || opens.Before(best) {
			best = opens
		}
	}
	return best
}
