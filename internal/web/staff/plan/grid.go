package plan

import (
	"cmp"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// grid is a week of a calendar as a table: days are columns, times are rows. Where
// things lie at the same time, a day has several lanes.
type grid struct {
	Days []gridDay
	Rows []gridRow
}

type gridDay struct {
	Date   agenda.Date
	Lanes  int
	Today  bool
	Off    []string // why all of it is closed: holiday, closure
	blocks []block
}

type gridRow struct {
	Time  agenda.Minute
	Class string // its height
	Cells []cell
}

// cell is a block, or the time between blocks.
type cell struct {
	Rows  int
	Block *block
	Free  string // address of the form for a new series here; "" in lanes beside the first
	Why   string // address that explains the time
	From  agenda.Minute
	Date  agenda.Date
}

// block is something that lies on a day.
type block struct {
	Kind     string // series, walkin, closure
	From, To agenda.Minute
	Href     string
	Title    string
	Lines    []string
	Off      string // why it does not take place; "": it does
	lane     int
}

// newGrid lays out the week that begins on a Monday.
func newGrid(f page.Frame, q *office.Request, c *agenda.Calendar, monday agenda.Date) grid {
	var g grid
	for d := monday; d < monday+7; d++ {
		g.Days = append(g.Days, newDay(f, q, c, d))
	}
	bounds := g.bounds()
	for i := range len(bounds) - 1 {
		row := gridRow{Time: bounds[i], Class: height(int(bounds[i+1] - bounds[i]))}
		for j := range g.Days {
			row.Cells = append(row.Cells, g.Days[j].cells(q, c, bounds, i)...)
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

// newDay collects what lies on a day and gives each its lane, series first.
func newDay(f page.Frame, q *office.Request, c *agenda.Calendar, d agenda.Date) gridDay {
	day := gridDay{Date: d, Lanes: 1, Today: d == agenda.DateOf(q.Now)}
	holiday, isHoliday := q.Setup.Holiday(d)
	if isHoliday {
		day.Off = append(day.Off, holidayName(f, holiday))
	}
	shut := ""
	for _, x := range closures(q.Setup, c) {
		from, to, ok := wallSpan(x.Closure, d)
		switch {
		case !ok:
		case from == 0 && to == 24*60 && x.Seats == 0:
			shut = closedWords(f, x)
			day.Off = append(day.Off, shut)
		default:
			b := block{Kind: "closure", From: from, To: to, Title: closedWords(f, x), Href: x.edit(q)}
			if x.Seats > 0 {
				b.Lines = append(b.Lines, f.T("staff.plan.seatsGone", "n", x.Seats))
			}
			day.blocks = append(day.blocks, b)
		}
	}
	for i := range c.SlotTemplates {
		t := &c.SlotTemplates[i]
		if !t.On(d) {
			continue
		}
		b := block{Kind: "series", From: t.From, To: t.To, Title: seatsWords(f, t), Lines: append(limitWords(f, q.Setup, t), rhythmWords(f, t)...),
			Href: address("/staff/plan/series", "calendar", c.ID, "id", t.ID, "day", d.String())}
		if t.WalkIn {
			b.Kind = "walkin"
		}
		if isHoliday && t.Objections(d, true) != 0 {
			b.Off = holidayName(f, holiday)
		} else if shut != "" {
			b.Off = shut
		}
		day.blocks = append(day.blocks, b)
	}
	day.lay()
	return day
}

// lay gives each block the first lane that is free.
func (d *gridDay) lay() {
	order := []string{"series", "walkin", "closure"}
	slices.SortStableFunc(d.blocks, func(a, b block) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)), cmp.Compare(a.From, b.From))
	})
	for i := range d.blocks {
		b := &d.blocks[i]
		for slices.ContainsFunc(d.blocks[:i], func(o block) bool { return o.lane == b.lane && o.From < b.To && b.From < o.To }) {
			b.lane++
		}
		d.Lanes = max(d.Lanes, b.lane+1)
	}
}

// bounds are the times at which rows begin, and the end of the last: full hours, and
// where something begins or ends. A closure from or until midnight does not bring the
// night onto the page: of it only what is beside the day's work is shown.
func (g *grid) bounds() []agenda.Minute {
	const midnight = 24 * 60
	first, last := agenda.Minute(8*60), agenda.Minute(17*60)
	for _, d := range g.Days {
		for _, b := range d.blocks {
			from, to := b.From, b.To
			if b.Kind == "closure" && b.From == 0 {
				from = b.To - 1
			}
			if b.Kind == "closure" && b.To == midnight {
				to = b.From + 1
			}
			first, last = min(first, from/60*60), max(last, (to+59)/60*60)
		}
	}
	var list []agenda.Minute
	for _, d := range g.Days {
		for _, b := range d.blocks {
			list = append(list, max(b.From, first), min(b.To, last))
		}
	}
	for m := first; m <= last; m += 60 {
		list = append(list, m)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// height names one of the heights in the stylesheet.
func height(minutes int) string {
	switch {
	case minutes <= 10:
		return "plan-10"
	case minutes <= 20:
		return "plan-20"
	case minutes <= 30:
		return "plan-30"
	case minutes <= 45:
		return "plan-45"
	}
	return "plan-60"
}

// cells are those that begin on a day in the row at i.
func (d *gridDay) cells(q *office.Request, c *agenda.Calendar, bounds []agenda.Minute, i int) (list []cell) {
	for lane := range d.Lanes {
		at := bounds[i]
		end := bounds[len(bounds)-1]
		before := bounds[0]
		covered := false
		var own *block
		for j := range d.blocks {
			b := &d.blocks[j]
			switch {
			case b.lane != lane:
			case max(b.From, bounds[0]) == at:
				own = b
			case b.From < at && at < b.To:
				covered = true
			case b.From > at:
				end = min(end, b.From)
			case b.To <= at:
				before = max(before, b.To)
			}
		}
		x := cell{From: at, Date: d.Date, Why: address("/staff/explain", "calendar", c.ID, "on", d.Date.String(), "time", at.String())}
		switch {
		case covered:
			continue
		case own != nil:
			x.Block, x.Rows = own, rows(bounds, at, own.To)
		case at != before:
			continue // the cell above reaches down to here
		default:
			x.Rows = rows(bounds, at, end)
			if lane == 0 {
				x.Free = address("/staff/plan/series", "calendar", c.ID, "day", d.Date.String(), "from", at.String(), "to", end.String())
			}
		}
		list = append(list, x)
	}
	return list
}

func rows(bounds []agenda.Minute, from, to agenda.Minute) (n int) {
	for _, b := range bounds[:len(bounds)-1] {
		if from <= b && b < to {
			n++
		}
	}
	return n
}

// wallSpan is the part of a day that a closure takes, by the clock on the wall.
func wallSpan(c *agenda.Closure, d agenda.Date) (from, to agenda.Minute, ok bool) {
	if d < c.From.Date || d > c.To.Date {
		return 0, 0, false
	}
	to = 24 * 60
	if d == c.From.Date && c.From.Timed {
		from = c.From.Minute
	}
	if d == c.To.Date && c.To.Timed {
		to = c.To.Minute
	}
	return from, to, from < to
}

func holidayName(f page.Frame, h agenda.Holiday) string {
	if f.Lang == "en" {
		return h.En
	}
	return h.De
}
