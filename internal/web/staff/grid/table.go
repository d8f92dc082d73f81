package grid

import (
	"slices"
	"strconv"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/slots"
)

// table is time from top to bottom, and seats side by side: of several calendars on
// one day, or of one calendar on several days. All rows are equally long.
type table struct {
	base, step agenda.Minute // the wall clock of the first row, and how long rows are
	rows       int
	few        bool // lanes are fewer than seats may be
	columns    []*column
}

// column is one calendar's day.
type column struct {
	calendar *agenda.Calendar
	date     agenda.Date
	lanes    [][]cell // one for each seat, or where those are many for as many as are needed; each has a cell for every row
	seats    int      // that the calendar has at its best moment of the day
	visits   int
	shut     string // why nothing at all is open, in words; "": something is

	day    *slots.Day
	blocks []booking.Block
	closed []closing
	raster []agenda.Minute // wall clock of the starts, and of the end of the last in each stretch
	starts map[agenda.Minute]bool
	begin  time.Time // midnight
	even   bool      // the clocks do not change on the day
	tick   int
}

// closing is a time in which the office is closed though it would be open.
type closing struct {
	from, to agenda.Minute
	reason   string
}

// cell is a stretch of one lane.
type cell struct {
	kind   kind
	rows   int // 0: another cell reaches down to here, or sideways
	lanes  int
	block  *booking.Block
	minute agenda.Minute // of its begin
	free   int           // seats that are free in all of it, where lanes are fewer than seats
	reason string
}

// kind is what a cell shows.
type kind uint8

const (
	closed kind = iota // no opening hours, a closure, or one seat less than elsewhere
	taken
	free // a start that could be booked
	rest // a free seat, but nothing begins here
	past // was free
)

// manySeats is from how many columns on a calendar gets only as many lanes as it needs.
const manySeats = 12

// layOut puts columns into one table.
func layOut(columns []*column, now time.Time) *table {
	t := &table{columns: columns}
	t.measure()
	if t.rows == 0 {
		return t
	}
	seats := 0
	for _, c := range columns {
		for r := range t.rows {
			c.seats = max(c.seats, c.total(t.at(r), t.step))
		}
		seats += max(1, c.seats)
	}
	t.few = seats > manySeats
	for _, c := range columns {
		c.fill(t, now)
	}
	return t
}

// measure finds the raster that all starts and all visits lie on, and its first and
// last row.
func (t *table) measure() {
	from, to, step := agenda.Minute(1<<20), agenda.Minute(0), agenda.Minute(0)
	mark := func(m agenda.Minute) {
		from, to = min(from, m), max(to, m)
		step = gcd(m, step)
	}
	for _, c := range t.columns {
		for _, m := range c.raster {
			mark(m)
		}
		for i := range c.blocks {
			mark(c.wall(c.blocks[i].From))
			mark(c.wall(c.blocks[i].To))
		}
	}
	if to == 0 {
		return
	}
	const finest = 5
	t.step = min(60, max(finest, step))
	t.base = from / t.step * t.step
	t.rows = int((to - t.base + t.step - 1) / t.step)
}

// density is the table's classes: how low its rows may be so that the shortest visit and
// the shortest free time can be read and pressed, and whether its columns are narrow.
func (t *table) density() string {
	shortest, lanes := 4, 0
	for _, c := range t.columns {
		lanes += len(c.lanes)
		for _, lane := range c.lanes {
			for i := range lane {
				if x := &lane[i]; x.rows > 0 && (x.kind == taken || x.kind == free) {
					shortest = min(shortest, x.rows)
				}
			}
		}
	}
	class := ""
	if shortest > 1 {
		class = " cal-" + strconv.Itoa(shortest)
	}
	if lanes > 6 {
		class += " cal-many"
	}
	return class
}

func gcd(a, b agenda.Minute) agenda.Minute {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func (t *table) at(row int) agenda.Minute { return t.base + agenda.Minute(row)*t.step }

// newColumn reads a calendar's day.
func newColumn(s *booking.Span, c *agenda.Calendar, date agenda.Date) *column {
	zone := s.Setup.Zone()
	col := &column{calendar: c, date: date, day: slots.Compile(s.Setup, c, date).Without(s.Elsewhere(c, date)), starts: map[agenda.Minute]bool{}, tick: c.TickMinutes}
	col.begin, _ = agenda.At(date, 0, zone)
	end, _ := agenda.At(date+1, 0, zone)
	_, change := col.begin.ZoneBounds()
	col.even = change.IsZero() || !change.Before(end)
	for at, minutes := range col.day.Raster() {
		m := col.wall(at)
		col.raster = append(col.raster, m, m+agenda.Minute(minutes))
		col.starts[m] = true
	}
	col.blocks = s.Day(c, date, nil)
	for i := range col.blocks {
		if b := &col.blocks[i]; !b.Busy && b.Status != agenda.Held && b.Calendar == c {
			col.visits++
		}
	}
	return col
}

// wall is what the clock shows at an instant, in minutes of the column's day.
func (c *column) wall(at time.Time) agenda.Minute {
	if c.even {
		return agenda.Minute(min(1440, max(0, at.Unix()-c.begin.Unix())/60))
	}
	at = at.In(c.begin.Location())
	switch d := agenda.DateOf(at); {
	case d < c.date:
		return 0
	case d > c.date:
		return 1440
	}
	return agenda.Minute(at.Hour()*60 + at.Minute())
}

// instant is when the clock first shows a minute of the day, or would.
func (c *column) instant(m agenda.Minute) time.Time {
	if c.even {
		return c.begin.Add(time.Duration(m) * time.Minute)
	}
	t, _ := agenda.At(c.date, m, c.begin.Location())
	return t
}

// total is how many seats there are in every tick of a row.
func (c *column) total(m, step agenda.Minute) int {
	from, to := agenda.TickAt(c.instant(m), c.tick), agenda.TickAt(c.instant(m+step).Add(-time.Second), c.tick)
	if to < from {
		return 0 // the clock skips this row
	}
	seats := c.day.Seats(from).Total
	for k := from + 1; k <= to; k++ {
		seats = min(seats, c.day.Seats(k).Total)
	}
	return seats
}

// fill lays the column's visits into lanes, and says what is between them.
func (c *column) fill(t *table, now time.Time) {
	used := c.place(t)
	lanes := max(1, c.seats, used)
	if t.few {
		lanes = max(1, used, min(c.seats, used+1))
	}
	for len(c.lanes) < lanes {
		c.lanes = append(c.lanes, make([]cell, t.rows))
	}
	between := make([]cell, t.rows*lanes) // what stands where no visit does
	for r := range t.rows {
		c.between(t, r, now, between[r*lanes:(r+1)*lanes])
	}
	for lane := range c.lanes {
		c.join(t, lane, between)
	}
	c.widen()
}

// place puts each visit into the first lane that is free, by the order of their starts,
// and gives the number of lanes.
func (c *column) place(t *table) int {
	var ends []int
	slices.SortStableFunc(c.blocks, func(a, b booking.Block) int { return a.From.Compare(b.From) })
	for i := range c.blocks {
		b := &c.blocks[i]
		from := int(c.wall(b.From)-t.base) / int(t.step)
		to := int(c.wall(b.To)-t.base+t.step-1) / int(t.step)
		from = min(from, t.rows-1)
		to = min(max(to, from+1), t.rows)
		lane := slices.IndexFunc(ends, func(end int) bool { return end <= from })
		if lane < 0 {
			lane = len(ends)
			ends = append(ends, 0)
			c.lanes = append(c.lanes, make([]cell, t.rows))
		}
		ends[lane] = to
		c.lanes[lane][from] = cell{kind: taken, rows: to - from, lanes: 1, block: b, minute: c.wall(b.Start)}
		for r := from + 1; r < to; r++ {
			c.lanes[lane][r].block = b
		}
	}
	return len(ends)
}

// between says what a row shows in the lanes where no visit is.
func (c *column) between(t *table, r int, now time.Time, row []cell) {
	m := t.at(r)
	left := c.total(m, t.step)
	empty := 0
	for lane := range c.lanes {
		if c.lanes[lane][r].block != nil {
			left--
		} else {
			empty++
		}
	}
	as := cell{kind: rest, rows: 1, lanes: 1, minute: m}
	switch {
	case c.instant(m).Before(now):
		as.kind = past
	case c.starts[m]:
		as.kind = free
	}
	reason := ""
	for _, x := range c.closed {
		if x.from <= m && m < x.to {
			reason = x.reason
		}
	}
	for lane := range row {
		row[lane] = as
		if t.few {
			row[lane].free = max(1, left-empty+1)
		}
		if c.lanes[lane][r].block == nil {
			left, empty = left-1, empty-1
		}
		if left < 0 {
			row[lane] = cell{rows: 1, lanes: 1, minute: m, reason: reason}
		}
	}
}

// join makes one cell of what goes on below: the rest of a free time until something
// can begin, a closed time as long as it is for the same reason.
func (c *column) join(t *table, lane int, between []cell) {
	cells := c.lanes[lane]
	var last *cell
	for r := range cells {
		if cells[r].block != nil {
			last = nil
			continue
		}
		here := between[r*len(c.lanes)+lane]
		goesOn := last != nil && (here.kind == last.kind && here.kind != free && here.reason == last.reason || here.kind == rest && last.kind == free)
		if goesOn {
			last.rows++
			last.free = min(last.free, here.free)
			continue
		}
		cells[r] = here
		last = &cells[r]
	}
}

// widen makes one cell of what is closed in several lanes side by side.
func (c *column) widen() {
	for r := range c.lanes[0] {
		for lane := 0; lane < len(c.lanes); lane++ {
			first := &c.lanes[lane][r]
			if first.kind != closed || first.rows == 0 || first.block != nil {
				continue
			}
			for lane+1 < len(c.lanes) {
				next := &c.lanes[lane+1][r]
				if next.kind != closed || next.block != nil || next.rows != first.rows || next.reason != first.reason {
					break
				}
				first.lanes++
				next.rows = 0
				lane++
			}
		}
	}
}
