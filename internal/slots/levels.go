package slots

import (
	"math/bits"
	"slices"
	"time"
	"unsafe"

	"terminvergabe/internal/agenda"
)

// Levels says how many seats of a day are free for one channel, tick by tick, in
// the form in which an Ask is answered fastest. It depends on the set-up and the
// claims, on the time only through Until; lead, past and horizon come with the
// Ask. It never changes.
//
// The form is one bitmap per number of free seats that occurs on the day (not per
// seat), each of the ticks with at least as many: a claim of n ticks fits where a
// bitmap has n bits in a row. A thousand seats of which nobody has taken any are
// one bitmap. Above most numbers the bitmaps would take more memory than a counter
// per tick, and that is kept instead.
type Levels struct {
	Day   *Day
	Until time.Time // when the answer may change though nobody books; zero: never

	values []uint16 // the numbers of free seats that occur, rising, without 0
	maps   []uint64 // a bitmap for each of values, one after the other
	counts []uint16 // instead of both, where there are many: free seats per tick
}

// most bitmaps of n/64 words of 8 bytes are as large as n counters of 2 bytes.
const most = 16

// Start is a start that could be booked.
type Start struct {
	Tick    agenda.Tick
	Free    int // seats free for the whole claim
	Stretch int // for Day.Modes
}

// Levels works out what a use leaves free of the day.
func (d *Day) Levels(u Use, by agenda.Channel) *Levels {
	n := d.ticks()
	l := &Levels{Day: d, Until: u.Until}
	var few [512]uint16
	free := few[:]
	if n > len(few) {
		free = make([]uint16, n)
	}
	free = free[:n]
	i := 0
	for _, b := range d.bands {
		s := Seats{Total: int(b.total), Public: int(b.public)}
		for ; i < int(b.to); i++ {
			all, public := u.Taken(d.base+agenda.Tick(i), by)
			free[i] = uint16(s.free(all, public, by))
		}
	}
	var known [most]uint16
	values := known[:0]
	for i, v := range free {
		if v == 0 || i > 0 && v == free[i-1] || slices.Contains(values, v) {
			continue
		}
		if len(values) == most {
			l.counts = slices.Clone(free)
			return l
		}
		values = append(values, v)
	}
	if len(values) == 0 {
		return l
	}
	slices.Sort(values)
	l.values = slices.Clone(values)
	l.maps = make([]uint64, 0, len(values)*words(n))
	for _, v := range values {
		l.maps = appendAtLeast(l.maps, free, v)
	}
	return l
}

// Bytes is about how much memory it takes, without the Day.
func (l *Levels) Bytes() int {
	return int(unsafe.Sizeof(*l)) + 2*len(l.values) + 8*len(l.maps) + 2*len(l.counts)
}

// Full reports that nothing is free on the day, whatever is asked for.
func (l *Levels) Full() bool { return len(l.values) == 0 && l.counts == nil }

// Starts appends the starts that could be booked, in order.
func (l *Levels) Starts(a *Ask, out []Start) []Start {
	if l.hopeless(a) {
		return out
	}
	if l.counts != nil {
		return l.counted(a, out)
	}
	d := l.Day
	var few [16]uint64
	space := few[:0]
	if len(l.maps) > len(few) {
		var many [256]uint64 // not made ready where few will do
		space = many[:0]
	}
	maps := l.fits(a, space)
	for s := range d.stretches {
		first, last, ok := l.reach(a, s)
		if !ok {
			continue
		}
		for k := first >> 6; k <= last>>6; k++ {
			open := d.starts[k] & within(k, first, last) & maps[k]
			n := len(out)
			out = slices.Grow(out, 64)[:n+bits.OnesCount64(open)]
			l.list(out[n:], open, maps[k:], Start{Tick: d.base + agenda.Tick(k<<6), Stretch: s})
		}
	}
	return out
}

// list writes down the starts of one word of the maps: where open has a bit, counted
// from the first. A start is in as many maps as its number is high among values.
// Adding up has no branch that could be guessed wrong.
func (l *Levels) list(out []Start, open uint64, maps []uint64, first Start) {
	var more [3]uint64 // where there are fewer maps: no bits
	w := len(l.Day.starts)
	for v := range min(len(l.values)-1, len(more)) {
		more[v] = maps[(v+1)*w]
	}
	a, b, c := more[0], more[1], more[2]
	values, deep := l.values, len(l.values) > 1+len(more)
	for i := range out {
		bit := bits.TrailingZeros64(open) & 63
		open &= open - 1
		v := a>>bit&1 + b>>bit&1 + c>>bit&1
		for at := (1 + len(more)) * w; deep && at < len(maps); at += w {
			v += maps[at] >> bit & 1
		}
		s := &out[i]
		s.Tick, s.Free, s.Stretch = first.Tick+agenda.Tick(bit), int(values[v]), first.Stretch
	}
}

// counted is Starts with a counter per tick.
func (l *Levels) counted(a *Ask, out []Start) []Start {
	d, least := l.Day, slices.Clone(l.counts)
	for have := 1; have < a.length; {
		step := min(have, a.length-have)
		for i := range len(least) - step {
			least[i] = min(least[i], least[i+step])
		}
		have += step
	}
	for s := range d.stretches {
		first, last, ok := l.reach(a, s)
		for i := first; ok && i <= last; i++ {
			if n := least[i-a.before]; n > 0 && hasBit(d.starts, i) {
				out = append(out, Start{Tick: d.base + agenda.Tick(i), Free: int(n), Stretch: s})
			}
		}
	}
	return out
}

// Count is how many starts could be booked, and how many seats at all of them
// together.
func (l *Levels) Count(a *Ask) (starts, seats int) {
	if l.hopeless(a) {
		return 0, 0
	}
	if l.counts != nil {
		for _, s := range l.counted(a, nil) {
			starts, seats = starts+1, seats+s.Free
		}
		return starts, seats
	}
	d := l.Day
	var few [16]uint64
	space := few[:0]
	if len(l.maps) > len(few) {
		var many [256]uint64 // not made ready where few will do
		space = many[:0]
	}
	w, maps := len(d.starts), l.fits(a, space)
	for s := range d.stretches {
		first, last, ok := l.reach(a, s)
		if !ok {
			continue
		}
		for k := first >> 6; k <= last>>6; k++ {
			open := d.starts[k] & within(k, first, last)
			starts += bits.OnesCount64(open & maps[k])
			before := 0
			for v, value := range l.values {
				seats += (int(value) - before) * bits.OnesCount64(open&maps[k+v*w])
				before = int(value)
			}
		}
	}
	return starts, seats
}

// First is the first start that could be booked.
func (l *Levels) First(a *Ask) (first Start, ok bool) {
	if l.hopeless(a) {
		return first, false
	}
	if l.counts != nil {
		if all := l.counted(a, nil); len(all) > 0 {
			return all[0], true
		}
		return first, false
	}
	d := l.Day
	var few [16]uint64
	w := len(d.starts)
	any := l.fit(a, append(few[:0], l.maps[:w]...))
	for s := range d.stretches {
		from, to, ok := l.reach(a, s)
		if !ok {
			continue
		}
		for k := from >> 6; k <= to>>6; k++ {
			if open := d.starts[k] & within(k, from, to) & any[k]; open != 0 {
				i := k<<6 + bits.TrailingZeros64(open)
				v := 1
				for v < len(l.values) && allSet(l.maps[v*w:(v+1)*w], i-a.before, a.length) {
					v++
				}
				return Start{Tick: d.base + agenda.Tick(i), Free: int(l.values[v-1]), Stretch: s}, true
			}
		}
	}
	return first, false
}

// hopeless reports that an Ask finds nothing on the day, without looking at ticks.
func (l *Levels) hopeless(a *Ask) bool {
	return l.Full() || a.length == 0 || a.length > l.Day.ticks() || a.beyond(l.Day.Date)
}

// reach bounds the indices of the starts that an Ask may have in a stretch.
func (l *Levels) reach(a *Ask, stretch int) (first, last int, ok bool) {
	d, st := l.Day, &l.Day.stretches[stretch]
	first, last = st.startsFor(a)
	first = max(first, int(a.soonest-d.base))
	if first > last {
		return first, last, false
	}
	if len(st.of.Services) > 0 || len(st.of.Modes) > 0 {
		_, ok = st.of.Serves(a.Plan.Services, a.Plan.Modes)
		return first, last, ok
	}
	return first, last, len(a.Plan.Modes) > 0
}

// fits makes of each map that of the starts around which a claim fits: one after
// the other, in space if that is enough.
func (l *Levels) fits(a *Ask, space []uint64) []uint64 {
	out, w := append(space, l.maps...), len(l.Day.starts)
	if w == 2 && a.length < 64 && a.before == 0 { // most days, in registers
		for at := 0; at+1 < len(out); at += 2 {
			out[at], out[at+1] = keepRuns2(out[at], out[at+1], a.length)
		}
		return out
	}
	for at := 0; at < len(out); at += w {
		l.fit(a, out[at:at+w])
	}
	return out
}

// fit is fits for one map, in place.
func (l *Levels) fit(a *Ask, m []uint64) []uint64 {
	keepRuns(m, a.length)
	if a.before > 0 {
		shiftUp(m, a.before)
	}
	return m
}
