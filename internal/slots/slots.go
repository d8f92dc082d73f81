// Package slots is the availability engine: which starts could be booked, given
// the set-up, the claims and the time. It only computes: no I/O, no clock, no
// context, and it keeps nothing between calls.
//
// It works on the wall-clock minutes of one local day and converts to instants
// at its border, in Compile; from there on a day is an array of ticks. Start
// reading at Day, then Free.
package slots

import (
	"cmp"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
)

// Day is a calendar's local day with everything in it that does not depend on
// bookings or on the time.
type Day struct {
	Calendar  *agenda.Calendar
	Date      agenda.Date
	First     agenda.Tick // the tick of index 0
	Seats     []Seats     // per tick
	Stretches []Stretch
	zone      *time.Location
}

// Seats of one tick: all of them, and those the public may have.
type Seats struct{ Total, Public int }

// Stretch is uninterrupted working time with one raster and one set of
// restrictions; a whole claim lies within it.
type Stretch struct {
	From, To agenda.Tick
	Starts   []time.Time // the raster, in the office's zone
	Services []string    // restrictions; empty: none
	Modes    []string
}

// Use is what is taken of a day's ticks, by index.
type Use struct{ All, Public []int }

// Query is who asks when.
type Query struct {
	Now time.Time
	By  agenda.Channel
}

// Compile works out a calendar's day from its templates, closures and holidays.
func Compile(s *agenda.Setup, c *agenda.Calendar, date agenda.Date) *Day {
	zone := s.Zone()
	begin, _ := agenda.At(date, 0, zone)
	end, _ := agenda.At(date+1, 0, zone)
	d := &Day{Calendar: c, Date: date, First: agenda.TickAt(begin, c.TickMinutes), zone: zone}
	d.Seats = make([]Seats, agenda.TickAt(end.Add(-time.Second), c.TickMinutes)-d.First+1)
	for _, run := range runs(openOn(s, c, date)) {
		d.addStretch(run)
	}
	for _, closures := range closuresOver(s, c) {
		for i := range closures {
			d.close(&closures[i])
		}
	}
	return d
}

// openOn gives the bookable templates of a date in the order of the clock.
func openOn(s *agenda.Setup, c *agenda.Calendar, date agenda.Date) []*agenda.SlotTemplate {
	y, m, day := date.Civil()
	_, holiday := agenda.HolidayOn(s.Tenant.State, s.Tenant.LocalHolidays, y, int(m), day)
	var open []*agenda.SlotTemplate
	for i := range c.SlotTemplates {
		t := &c.SlotTemplates[i]
		if !t.WalkIn && t.On(date) && (!holiday || slices.Contains(t.AlsoOn, date)) {
			open = append(open, t)
		}
	}
	slices.SortFunc(open, func(a, b *agenda.SlotTemplate) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.ID, b.ID))
	})
	return open
}

// runs joins adjoining templates with the same raster and restrictions.
func runs(open []*agenda.SlotTemplate) [][]*agenda.SlotTemplate {
	var out [][]*agenda.SlotTemplate
	for _, t := range open {
		if n := len(out); n > 0 && adjoins(out[n-1][len(out[n-1])-1], t) {
			out[n-1] = append(out[n-1], t)
			continue
		}
		out = append(out, []*agenda.SlotTemplate{t})
	}
	return out
}

func adjoins(a, b *agenda.SlotTemplate) bool {
	return a.To == b.From && a.SlotMinutes == b.SlotMinutes && sameSet(a.Services, b.Services) && sameSet(a.Modes, b.Modes)
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func (d *Day) addStretch(run []*agenda.SlotTemplate) {
	st := Stretch{Services: run[0].Services, Modes: run[0].Modes}
	for i, t := range run {
		from, _ := agenda.At(d.Date, t.From, d.zone)
		to, _ := agenda.At(d.Date, t.To, d.zone)
		a, b := d.tick(from), d.tick(to)
		if i == 0 {
			st.From = a
		}
		st.To = b
		for k := a; k < b; k++ {
			d.Seats[k-d.First] = Seats{Total: t.Seats.Total, Public: t.Seats.ForPublic()}
		}
		for m := t.From; m < t.To; m += agenda.Minute(t.SlotMinutes) {
			if at, exists := agenda.At(d.Date, m, d.zone); exists {
				st.Starts = append(st.Starts, at)
			}
		}
	}
	if st.To > st.From {
		d.Stretches = append(d.Stretches, st)
	}
}

func (d *Day) tick(t time.Time) agenda.Tick { return agenda.TickAt(t, d.Calendar.TickMinutes) }

// closuresOver gives the closures of all four levels that bear on a calendar.
func closuresOver(s *agenda.Setup, c *agenda.Calendar) [][]agenda.Closure {
	out := [][]agenda.Closure{s.Closures, c.Closures}
	if dep, ok := s.Department(c.Department); ok {
		out = append(out, dep.Closures)
	}
	if site, ok := s.Site(c.Site); ok {
		out = append(out, site.Closures)
	}
	return out
}

// close takes a closure's seats, or all, from every tick that it touches.
func (d *Day) close(c *agenda.Closure) {
	if c.From.Date > d.Date || c.To.Date < d.Date {
		return
	}
	from, to := c.Interval(d.zone)
	if !from.Before(to) {
		return // empty, or all in the hour that a clock change skips
	}
	a, b := d.tick(from), d.tick(to.Add(-time.Nanosecond))
	for k := max(a, d.First); k <= b && int(k-d.First) < len(d.Seats); k++ {
		s := &d.Seats[k-d.First]
		if c.Seats == 0 {
			*s = Seats{}
			continue
		}
		s.Total = max(0, s.Total-c.Seats)
		s.Public = min(s.Public, s.Total)
	}
}

// Open reports whether anything could be booked on the day at all.
func (d *Day) Open() bool {
	return slices.ContainsFunc(d.Seats, func(s Seats) bool { return s.Total > 0 })
}

// Span is the day's ticks: the first, and the first after the last.
func (d *Day) Span() (from, to agenda.Tick) { return d.First, d.First + agenda.Tick(len(d.Seats)) }

// Use counts the claims that hold at now, leaving out those of one booking (the
// own seats of a move; 0 for none).
func (d *Day) Use(claims []agenda.Claim, now time.Time, except int64) Use {
	u := Use{All: make([]int, len(d.Seats)), Public: make([]int, len(d.Seats))}
	for i := range claims {
		c := &claims[i]
		k := int(c.Tick - d.First)
		if k < 0 || k >= len(d.Seats) || c.Booking == except && except != 0 || !c.Expires.IsZero() && !now.Before(c.Expires) {
			continue
		}
		u.All[k]++
		if c.Public {
			u.Public[k]++
		}
	}
	return u
}

// free seats of a tick for a channel.
func (d *Day) free(u Use, k int, by agenda.Channel) int {
	left := d.Seats[k].Total - u.All[k]
	if by == agenda.Public {
		left = min(left, d.Seats[k].Public-u.Public[k])
	}
	return max(0, left)
}

// Free lists the starts that could be booked, in order.
func Free(d *Day, u Use, p agenda.Plan, q Query) []agenda.Slot {
	var out []agenda.Slot
	if !withinHorizon(d, p, q) {
		return nil
	}
	for i := range d.Stretches {
		st := &d.Stretches[i]
		modes, ok := st.serves(p)
		if !ok {
			continue
		}
		for _, start := range st.Starts {
			if tooSoon(start, p, q) {
				continue
			}
			if free := d.freeFor(u, st, start, p, q.By); free > 0 {
				out = append(out, agenda.Slot{Start: start, Calendar: d.Calendar.ID, Site: d.Calendar.Site, Minutes: p.Minutes, Modes: modes, Free: free})
			}
		}
	}
	return out
}

func (st *Stretch) serves(p agenda.Plan) ([]string, bool) {
	t := agenda.SlotTemplate{Services: st.Services, Modes: st.Modes}
	return t.Serves(p.Services, p.Modes)
}

// freeFor is the number of seats free for the whole claim, 0 where it does not
// fit into the stretch.
func (d *Day) freeFor(u Use, st *Stretch, start time.Time, p agenda.Plan, by agenda.Channel) int {
	from, to := ClaimFor(start, p)
	if from < st.From || to > st.To || from >= to {
		return 0
	}
	free := d.free(u, int(from-d.First), by)
	for k := from + 1; k < to && free > 0; k++ {
		free = min(free, d.free(u, int(k-d.First), by))
	}
	return free
}

// ClaimFor is the ticks that a visit at start takes: the first, and the first
// after the last.
func ClaimFor(start time.Time, p agenda.Plan) (from, to agenda.Tick) {
	minutes := p.Before + p.Minutes + p.After
	from = agenda.TickAt(start.Add(-time.Duration(p.Before)*time.Minute), p.Calendar.TickMinutes)
	return from, from + agenda.Tick(minutes/p.Calendar.TickMinutes)
}

func withinHorizon(d *Day, p agenda.Plan, q Query) bool {
	return q.By == agenda.Staff || d.Date <= agenda.DateOf(q.Now.In(d.zone))+agenda.Date(p.HorizonDays)
}

func tooSoon(start time.Time, p agenda.Plan, q Query) bool {
	if q.By == agenda.Public {
		return start.Before(q.Now.Add(time.Duration(p.LeadMinutes) * time.Minute))
	}
	return start.Before(q.Now)
}

// Check says whether one start could be booked: nil, agenda.ErrWindowClosed (lead
// or horizon, where templates and closures allow the start, taken or not) or
// agenda.ErrTaken. With overbook capacity does not count, the rest does; over
// tells whether it was exceeded.
func Check(d *Day, u Use, p agenda.Plan, q Query, start time.Time, overbook bool) (modes []string, over bool, err error) {
	for i := range d.Stretches {
		st := &d.Stretches[i]
		left, ok := st.serves(p)
		if !ok || !slices.ContainsFunc(st.Starts, start.Equal) {
			continue
		}
		from, to := ClaimFor(start, p)
		if from < st.From || to > st.To || from >= to || d.closed(from, to) {
			continue
		}
		if !withinHorizon(d, p, q) || tooSoon(start, p, q) {
			return nil, false, agenda.ErrWindowClosed
		}
		if d.freeFor(u, st, start, p, q.By) > 0 {
			return left, false, nil
		}
		if overbook {
			return left, true, nil
		}
	}
	return nil, false, agenda.ErrTaken
}

// closed reports a tick without any seat: overbooking lifts the count, it does
// not open a closed office.
func (d *Day) closed(from, to agenda.Tick) bool {
	for k := from; k < to; k++ {
		if d.Seats[k-d.First].Total == 0 {
			return true
		}
	}
	return false
}

// Serves reports whether the day has opening hours for the plan, whoever has
// booked them.
func (d *Day) Serves(p agenda.Plan) bool {
	for i := range d.Stretches {
		st := &d.Stretches[i]
		if _, ok := st.serves(p); !ok {
			continue
		}
		for _, start := range st.Starts {
			if from, to := ClaimFor(start, p); from >= st.From && to <= st.To && !d.closed(from, to) {
				return true
			}
		}
	}
	return false
}
