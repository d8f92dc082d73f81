// Package slots is the availability engine: which starts could be booked, given
// the set-up, the claims and the time. It only computes: no I/O, no clock, no
// context, and it keeps nothing between calls.
//
// It works on the wall-clock minutes of one local day and converts to instants
// at its border, in Compile; from there on a day is ticks, counted from its first
// working minute. What it makes never changes, so that a cache may keep and share
// it: a Day (set-up), a Use (claims of a day), Levels (both, as bitmaps). An Ask
// is put to Levels; Free, Check and Explain answer without any cache. Start
// reading at Day, then Levels.
package slots

import (
	"slices"
	"time"

	"terminvergabe/internal/agenda"
)

// Query is who asks when.
type Query struct {
	Now time.Time
	By  agenda.Channel

	// Busy is what is taken elsewhere around the start; only Explain reads it, all others
	// are given a Day without.
	Busy []agenda.BusyTime

	// WalkIn: of staff, for a visitor without appointment who stands there. The start may
	// lie off the raster and in the tick that has begun, on a day of CompileWalkIn; nothing
	// is needed before it, so that the plan has no Before. Knowingly overbooked it may also
	// last longer than the office is open. All else counts as ever.
	WalkIn bool
}

// Ask is a plan and a query made ready for many days of one time zone: what is
// looked for, in ticks. Plan and query count as they were when it was made.
type Ask struct {
	Plan     agenda.Plan
	before   int         // ticks from the claim's begin to the start
	length   int         // ticks of the whole claim
	earliest time.Time   // that a start may be
	soonest  agenda.Tick // the first that does not begin before
	last     agenda.Date
	walkIn   bool
}

// NewAsk prepares to ask for a plan in a set-up's days.
func NewAsk(s *agenda.Setup, p agenda.Plan, q Query) *Ask { return newAsk(s.Zone(), p, q) }

func newAsk(zone *time.Location, p agenda.Plan, q Query) *Ask {
	tick := p.Calendar.TickMinutes
	a := &Ask{Plan: p, before: p.Before / tick, length: (p.Before + p.Minutes + p.After) / tick, earliest: q.Now}
	a.last = agenda.DateOf(q.Now.In(zone)) + agenda.Date(p.HorizonDays)
	if q.By == agenda.Public {
		a.earliest = q.Now.Add(time.Duration(p.LeadMinutes) * time.Minute)
	} else {
		a.last = 1 << 40 // staff see as far as they like
	}
	if a.walkIn = q.WalkIn; q.WalkIn {
		a.earliest = agenda.TickAt(q.Now, tick).Time(tick)
	}
	a.soonest = agenda.TickAt(a.earliest.Add(time.Duration(tick)*time.Minute-time.Nanosecond), tick)
	return a
}

// Same reports that two asks of one set-up get the same answers.
func (a *Ask) Same(b *Ask) bool {
	return a.walkIn == b.walkIn && a.Plan.Calendar == b.Plan.Calendar && a.Plan.Minutes == b.Plan.Minutes && a.before == b.before && a.length == b.length &&
		a.soonest == b.soonest && a.last == b.last && slices.Equal(a.Plan.Services, b.Plan.Services) && slices.Equal(a.Plan.Modes, b.Plan.Modes)
}

func (a *Ask) beyond(date agenda.Date) bool { return date > a.last }

// ClaimFor is the ticks that a visit at start takes: the first, and the first
// after the last.
func ClaimFor(start time.Time, p agenda.Plan) (from, to agenda.Tick) {
	minutes := p.Before + p.Minutes + p.After
	from = agenda.TickAt(start.Add(-time.Duration(p.Before)*time.Minute), p.Calendar.TickMinutes)
	return from, from + agenda.Tick(minutes/p.Calendar.TickMinutes)
}

// Free lists the starts that could be booked, in order.
func Free(d *Day, u Use, p agenda.Plan, q Query) []agenda.Slot {
	a := newAsk(d.zone, p, q)
	if a.beyond(d.Date) {
		return nil
	}
	var out []agenda.Slot
	var modes []string
	stretch := -1
	for _, s := range d.Levels(u, q.By).Starts(a, nil) {
		if s.Stretch != stretch {
			stretch, modes = s.Stretch, d.Modes(p, s.Stretch)
		}
		start := s.Tick.Time(d.Calendar.TickMinutes).In(d.zone)
		out = append(out, agenda.Slot{Start: start, Calendar: d.Calendar.ID, Site: d.Calendar.Site, Minutes: p.Minutes, Modes: modes, Free: s.Free})
	}
	return out
}

// Modes are what a visit at a start of the day could be, in the order of the plan.
func (d *Day) Modes(p agenda.Plan, stretch int) []string {
	modes, _ := d.stretches[stretch].of.Serves(p.Services, p.Modes)
	return modes
}

// Check says whether one start could be booked: nil, agenda.ErrWindowClosed (lead
// or horizon, where templates and closures allow the start, taken or not) or
// agenda.ErrTaken. With overbook capacity does not count, the rest does; over
// tells whether it was exceeded. The use need only know the claim's own ticks.
func Check(d *Day, u Use, p agenda.Plan, q Query, start time.Time, overbook bool) (modes []string, over bool, err error) {
	v := d.judge(u, newAsk(d.zone, p, q), q.By, start)
	if q.WalkIn && overbook && !v.ends { // who has come stays until all is done
		v.ends, v.closed = true, d.closed(v.from, v.from+1)
	}
	switch {
	case !v.placed() || v.closed:
		return nil, false, agenda.ErrTaken
	case v.tooSoon || v.beyond:
		return nil, false, agenda.ErrWindowClosed
	case v.free == 0 && !overbook:
		return nil, false, agenda.ErrTaken
	}
	return v.modes, v.free == 0, nil
}

// verdict is what each rule says of a start, whatever the others say. Check asks
// whether all agree, Explain which do not.
type verdict struct {
	stretch         *stretch    // in which the start lies; nil: in none, and what follows up to modes says nothing
	from, to        agenda.Tick // of the claim
	onRaster        bool
	begins, ends    bool // the claim not before, not after the stretch
	serves          bool // the restrictions admit the services and one of the modes at least
	modes           []string
	closed          bool // a tick of the claim has no seats at all
	tooSoon, beyond bool
	free            int // seats, in the tick with fewest
}

// placed reports that templates allow the start.
func (v *verdict) placed() bool {
	return v.stretch != nil && v.onRaster && v.begins && v.ends && v.from < v.to && v.serves
}

func (d *Day) judge(u Use, a *Ask, by agenda.Channel, start time.Time) verdict {
	tick := d.tick(start)
	v := verdict{stretch: d.stretchAt(tick), from: tick - agenda.Tick(a.before), onRaster: d.onRaster(start),
		tooSoon: start.Before(a.earliest), beyond: a.beyond(d.Date)}
	v.to = v.from + agenda.Tick(a.length)
	v.onRaster = v.onRaster || a.walkIn && tick.Time(d.Calendar.TickMinutes).Equal(start)
	v.closed = d.closed(v.from, v.to)
	v.free = d.freeFor(u, by, v.from, v.to)
	if st := v.stretch; st != nil {
		first, last := st.startsFor(a)
		v.begins, v.ends = int(tick-d.base) >= first, int(tick-d.base) <= last
		v.modes, v.serves = st.of.Serves(a.Plan.Services, a.Plan.Modes)
	}
	return v
}

// free seats of a tick for a channel.
func (s Seats) free(all, public int, by agenda.Channel) int {
	left := s.Total - all
	if by == agenda.Public {
		left = min(left, s.Public-public)
	}
	return max(0, left)
}

// freeFor is the number of seats free in every tick of a claim.
func (d *Day) freeFor(u Use, by agenda.Channel, from, to agenda.Tick) int {
	free := -1
	for k := from; k < to && free != 0; k++ {
		all, public := u.Taken(k, by)
		here := d.Seats(k).free(all, public, by)
		if free < 0 || here < free {
			free = here
		}
	}
	return max(0, free)
}

// closed reports a tick without any seat: overbooking lifts the count, it does
// not open a closed office.
func (d *Day) closed(from, to agenda.Tick) bool {
	for k := from; k < to; k++ {
		if d.Seats(k).Total == 0 {
			return true
		}
	}
	return false
}

// Serves reports whether the day has opening hours for the plan, whoever has
// booked them.
func (d *Day) Serves(p agenda.Plan) bool {
	everSince := newAsk(d.zone, p, Query{Now: d.from.Time(d.Calendar.TickMinutes), By: agenda.Staff})
	_, ok := d.Levels(Use{}, agenda.Staff).First(everSince)
	return ok
}

// Open reports whether anything could be booked on the day at all.
func (d *Day) Open() bool {
	return slices.ContainsFunc(d.bands, func(b band) bool { return b.total > 0 })
}
