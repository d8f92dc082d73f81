package slots

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"time"
	"unsafe"

	"terminvergabe/internal/agenda"
)

// Day is a calendar's local day with everything in it that does not depend on
// bookings or on the time. It points into the set-up that it was compiled from.
type Day struct {
	Calendar *agenda.Calendar
	Date     agenda.Date

	zone      *time.Location
	from, to  agenda.Tick // the local day: its first tick, and the first after it
	base      agenda.Tick // of index 0, where the first stretch begins
	bands     []band      // the seats from base to the end of the last stretch
	stretches []stretch   // in order; no two share a tick
	starts    []uint64    // the raster: bit i is tick base+i
}

// Seats of one tick: all of them, and those the public may have.
type Seats struct{ Total, Public int }

// band is a row of ticks with the same seats, up to an index.
type band struct{ to, total, public uint16 }

// stretch is uninterrupted working time with one raster and one set of
// restrictions; a whole claim lies within it.
type stretch struct {
	from, to int                  // by index
	of       *agenda.SlotTemplate // its first: the restrictions of all
}

// Compile works out a calendar's day from its templates, closures and holidays.
func Compile(s *agenda.Setup, c *agenda.Calendar, date agenda.Date) *Day {
	return layOut(s, c, date, openOn(s, c, date), closuresOver(s, c))
}

// layOut makes a day of the templates that are open on it, and of what is closed.
func layOut(s *agenda.Setup, c *agenda.Calendar, date agenda.Date, open []*agenda.SlotTemplate, closures [4][]agenda.Closure) *Day {
	begin, whole := agenda.At(date, 0, s.Zone())
	end, _ := agenda.At(date+1, 0, s.Zone())
	d := &Day{Calendar: c, Date: date, zone: s.Zone()}
	d.from, d.to = d.tick(begin), d.tick(end.Add(-time.Second))+1
	if len(open) == 0 {
		return d
	}
	slices.SortFunc(open, func(a, b *agenda.SlotTemplate) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.ID, b.ID))
	})
	w := wall{day: d, begin: begin}
	_, change := begin.ZoneBounds()
	w.even = whole && (change.IsZero() || !change.Before(end))
	d.build(w, runs(open), closures)
	return d
}

// openOn gives the bookable templates of a date.
func openOn(s *agenda.Setup, c *agenda.Calendar, date agenda.Date) []*agenda.SlotTemplate {
	var open []*agenda.SlotTemplate
	for i := range c.SlotTemplates {
		if t := &c.SlotTemplates[i]; !t.WalkIn && t.On(date) {
			open = append(open, t)
		}
	}
	if len(open) == 0 {
		return nil // so that nobody need know whether it is a holiday
	}
	if _, holiday := holidayOn(s, date); holiday {
		open = slices.DeleteFunc(open, func(t *agenda.SlotTemplate) bool { return t.Objections(date, true) != 0 })
	}
	return open
}

func holidayOn(s *agenda.Setup, date agenda.Date) (agenda.Holiday, bool) {
	y, m, day := date.Civil()
	return agenda.HolidayOn(s.Tenant.State, s.Tenant.LocalHolidays, y, int(m), day)
}

// runs joins adjoining templates with the same raster and restrictions.
func runs(open []*agenda.SlotTemplate) [][]*agenda.SlotTemplate {
	var out [][]*agenda.SlotTemplate
	first := 0
	for i := range open {
		if i+1 == len(open) || !adjoins(open[i], open[i+1]) {
			out = append(out, open[first:i+1])
			first = i + 1
		}
	}
	return out
}

func adjoins(a, b *agenda.SlotTemplate) bool {
	return a.To == b.From && a.SlotMinutes == b.SlotMinutes && sameSet(a.Services, b.Services) && sameSet(a.Modes, b.Modes)
}

func sameSet(a, b []string) bool {
	return slices.Equal(a, b) || slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// wall converts what the clock on the wall shows on a day to ticks.
type wall struct {
	day   *Day
	begin time.Time
	even  bool // the clocks do not change on the day: reckoning will do
}

func (w wall) tick(m agenda.Minute) (at agenda.Tick, exists bool) {
	if w.even {
		return w.day.tick(w.begin.Add(time.Duration(m) * time.Minute)), true
	}
	t, exists := agenda.At(w.day.Date, m, w.day.zone)
	return w.day.tick(t), exists
}

// build lays out the stretches and their seats, and takes from them what is closed.
func (d *Day) build(w wall, open [][]*agenda.SlotTemplate, closures [4][]agenda.Closure) {
	d.base, _ = w.tick(open[0][0].From)
	end := d.base
	for _, run := range open {
		for _, t := range run {
			to, _ := w.tick(t.To)
			end = max(end, to)
		}
	}
	n := int(end - d.base)
	var few [512]Seats
	seats := few[:]
	if n > len(few) {
		seats = make([]Seats, n)
	}
	seats = seats[:n]
	d.starts = make([]uint64, words(n))
	d.stretches = make([]stretch, 0, len(open))
	for _, run := range open {
		d.addStretch(w, run, seats)
	}
	for _, level := range closures {
		for i := range level {
			d.close(&level[i], seats)
		}
	}
	d.bands = bandsOf(seats)
}

func (d *Day) addStretch(w wall, run []*agenda.SlotTemplate, seats []Seats) {
	st := stretch{of: run[0]}
	for i, t := range run {
		a, _ := w.tick(t.From)
		b, _ := w.tick(t.To)
		if i == 0 {
			st.from = int(a - d.base)
		}
		st.to = int(b - d.base)
		for k := int(a - d.base); k < st.to; k++ {
			seats[k] = Seats{Total: t.Seats.Total, Public: t.Seats.ForPublic()}
		}
		for m := t.From; m < t.To; m += agenda.Minute(t.SlotMinutes) {
			if at, exists := w.tick(m); exists {
				setBit(d.starts, int(at-d.base))
			}
		}
	}
	if st.to > st.from {
		d.stretches = append(d.stretches, st)
	}
}

// closureLevels names what closuresOver gives, in its order.
func closureLevels() [4]string { return [4]string{"tenant", "calendar", "department", "site"} }

// closuresOver gives the closures of all four levels that bear on a calendar.
func closuresOver(s *agenda.Setup, c *agenda.Calendar) (out [4][]agenda.Closure) {
	out[0], out[1] = s.Closures, c.Closures
	if dep, ok := s.Department(c.Department); ok {
		out[2] = dep.Closures
	}
	if site, ok := s.Site(c.Site); ok {
		out[3] = site.Closures
	}
	return out
}

// closedBy gives the ticks of the day that a closure touches: the first, and the
// first after the last.
func (d *Day) closedBy(c *agenda.Closure) (a, b agenda.Tick) {
	if c.From.Date > d.Date || c.To.Date < d.Date {
		return 0, 0
	}
	from, to := c.Interval(d.zone)
	if !from.Before(to) {
		return 0, 0 // empty, or all in the hour that a clock change skips
	}
	return max(d.from, d.tick(from)), min(d.to, d.tick(to.Add(-time.Nanosecond))+1)
}

// close takes a closure's seats, or all, from every tick that it touches.
func (d *Day) close(c *agenda.Closure, seats []Seats) {
	a, b := d.closedBy(c)
	for k := max(a, d.base); k < b && int(k-d.base) < len(seats); k++ {
		s := &seats[k-d.base]
		if c.Seats == 0 {
			*s = Seats{}
			continue
		}
		s.Total = max(0, s.Total-c.Seats)
		s.Public = min(s.Public, s.Total)
	}
}

func bandsOf(seats []Seats) []band {
	n := 0
	for i := range seats {
		if i == 0 || seats[i] != seats[i-1] {
			n++
		}
	}
	out := make([]band, 0, n)
	for i, s := range seats {
		if i == 0 || s != seats[i-1] {
			out = append(out, band{total: small(s.Total), public: small(s.Public)})
		}
		out[len(out)-1].to = uint16(i + 1)
	}
	return out
}

// small is a number of seats in two bytes; a set-up may have ten thousand.
func small(n int) uint16 { return uint16(min(max(n, 0), math.MaxUint16)) }

func (d *Day) tick(t time.Time) agenda.Tick { return agenda.TickAt(t, d.Calendar.TickMinutes) }

// ticks is how many ticks there are from the begin of the first stretch to the end
// of the last.
func (d *Day) ticks() int {
	if len(d.bands) == 0 {
		return 0
	}
	return int(d.bands[len(d.bands)-1].to)
}

// Span is the day's ticks: the first, and the first after the last.
func (d *Day) Span() (from, to agenda.Tick) { return d.from, d.to }

// Seats of a tick after closures; none outside of the working hours.
func (d *Day) Seats(k agenda.Tick) Seats {
	if i := int(k - d.base); i >= 0 {
		for _, b := range d.bands {
			if i < int(b.to) {
				return Seats{Total: int(b.total), Public: int(b.public)}
			}
		}
	}
	return Seats{}
}

// Raster goes through the starts that the templates name, booked, closed or not,
// each with the minutes from it to the next one of its stretch.
func (d *Day) Raster() iter.Seq2[time.Time, int] {
	return func(yield func(time.Time, int) bool) {
		for _, st := range d.stretches {
			for i := st.from; i < st.to; i++ {
				at := (d.base + agenda.Tick(i)).Time(d.Calendar.TickMinutes).In(d.zone)
				if hasBit(d.starts, i) && !yield(at, st.of.SlotMinutes) {
					return
				}
			}
		}
	}
}

// onRaster reports whether an instant is one of the starts.
func (d *Day) onRaster(start time.Time) bool {
	k := d.tick(start)
	i := int(k - d.base)
	return i >= 0 && i < d.ticks() && hasBit(d.starts, i) && k.Time(d.Calendar.TickMinutes).Equal(start)
}

// stretchAt is the stretch in which a tick lies; nil for none.
func (d *Day) stretchAt(k agenda.Tick) *stretch {
	i := int(k - d.base)
	for s := range d.stretches {
		if st := &d.stretches[s]; st.from <= i && i < st.to {
			return st
		}
	}
	return nil
}

// startsFor bounds the indices at which a claim could start and lie within the
// stretch; first > last where there is none.
func (st *stretch) startsFor(a *Ask) (first, last int) {
	return st.from + a.before, st.to - a.length + a.before
}

// Bytes is about how much memory the day takes.
func (d *Day) Bytes() int {
	return int(unsafe.Sizeof(*d)) + len(d.bands)*int(unsafe.Sizeof(band{})) + len(d.stretches)*int(unsafe.Sizeof(stretch{})) + 8*len(d.starts)
}

// SeatMinutes is how long all seats of the day are open, added up.
func (d *Day) SeatMinutes() int {
	sum, from := 0, 0
	for _, b := range d.bands {
		sum += int(b.total) * (int(b.to) - from)
		from = int(b.to)
	}
	return sum * d.Calendar.TickMinutes
}
