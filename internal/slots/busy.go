package slots

import (
	"slices"
	"time"

	"terminvergabe/internal/agenda"
)

// Without is the day with what is taken elsewhere away from it, as closures with seats
// take it: each source of the calendar takes its seats from every tick that one of its
// busy times touches, once. A busy time of a source that the calendar does not name
// takes nothing.
func (d *Day) Without(busy []agenda.BusyTime) *Day {
	if len(busy) == 0 || len(d.bands) == 0 || len(d.Calendar.Busy) == 0 {
		return d
	}
	seats := d.spread()
	touched := false
	for i := range d.Calendar.Busy {
		touched = d.take(&d.Calendar.Busy[i], busy, seats) || touched
	}
	if !touched {
		return d
	}
	less := *d
	less.bands = bandsOf(seats)
	return &less
}

// spread writes the seats of each tick down.
func (d *Day) spread() []Seats {
	seats := make([]Seats, 0, d.ticks())
	for _, b := range d.bands {
		for len(seats) < int(b.to) {
			seats = append(seats, Seats{Total: int(b.total), Public: int(b.public)})
		}
	}
	return seats
}

// take takes a source's seats, and says whether it bears on the day.
func (d *Day) take(source *agenda.BusySource, busy []agenda.BusyTime, seats []Seats) (touched bool) {
	var gone []uint64
	for i := range busy {
		if busy[i].Source != source.ID {
			continue
		}
		a, b := d.takenBy(&busy[i])
		for k := max(a, d.base); k < b && int(k-d.base) < len(seats); k++ {
			at := int(k - d.base)
			if gone == nil {
				gone = make([]uint64, words(len(seats)))
			}
			if hasBit(gone, at) {
				continue
			}
			setBit(gone, at)
			touched = true
			s := &seats[at]
			s.Total = max(0, s.Total-source.Seats)
			s.Public = min(s.Public, s.Total)
		}
	}
	return touched
}

// takenBy gives the ticks of the day that a busy time touches: the first, and the first
// after the last.
func (d *Day) takenBy(b *agenda.BusyTime) (from, to agenda.Tick) {
	if !b.From.Before(b.To) {
		return 0, 0
	}
	return max(d.from, d.tick(b.From)), min(d.to, d.tick(b.To.Add(-time.Nanosecond))+1)
}

// busy rules on what is taken elsewhere: it objects where that leaves no seat at all.
func (x *inquiry) busy(r *reading) Ruling {
	out := Ruling{Rule: RuleBusy, Allows: true}
	for i := range x.q.Busy {
		b := &x.q.Busy[i]
		source, ok := x.ask.Plan.Calendar.BusySource(b.Source)
		from, to := r.day.takenBy(b)
		if !ok || max(from, r.from) >= min(to, r.to) {
			continue
		}
		zone := x.setup.Zone()
		out.Closings = append(out.Closings, Closing{Level: "busy", From: b.From.In(zone), To: b.To.In(zone), Seats: source.Seats})
	}
	shut := false
	for k := r.from; k < r.to; k++ {
		was, left := r.open.Seats(k).Total, r.day.Seats(k).Total
		shut = shut || was > 0 && left == 0
		if was-left > out.N {
			out.Reason, out.N, out.Of = TakenElsewhere, was-left, was
		}
	}
	if shut {
		return out.objects(BusyElsewhere)
	}
	slices.SortFunc(out.Closings, func(a, b Closing) int { return a.From.Compare(b.From) })
	return out
}
