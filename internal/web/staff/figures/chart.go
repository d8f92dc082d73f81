package figures

import (
	"strings"
	"unicode/utf8"
)

// chart is a picture of a table's numbers. All coordinates are whole units of its own
// size; a stylesheet gives it colour. Whoever cannot see it reads its description, and
// the table below.
type chart struct {
	ID, Title, Desc string
	Width, Height   int
	Base, Left      int
	Grid            []mark
	Bars            []bar
	Flat            bool // bars lie, one below the other
}

// mark is a line of the grid, with its number.
type mark struct {
	At    int
	Text  string
	TextY int
}

// bar is one number.
type bar struct {
	X, Y, W, H int
	Label      string // "": there is no room for it
	LabelX     int
	LabelY     int
	Value      string
	ValueX     int
	ValueY     int
}

// point is a number to draw; what is not shown is not drawn.
type point struct {
	label, value string
	n            int64
}

func (r *report) charts(per period) (list []chart) {
	visits, taken, by := []point{}, []point{}, []point{}
	count := func(l *line) (n int64) {
		if r.shows(l, booked) {
			n = l.Booked
		}
		return n
	}
	for _, l := range r.lines[per.step] {
		label := strings.TrimSpace(shortLabel(l.label, 10))
		visits = append(visits, point{label, r.show(l.cells[booked]), count(l)})
		n, text := r.percent(l)
		taken = append(taken, point{label, text, int64(n)})
	}
	for _, l := range r.lines[per.by] {
		if l.Booked > 0 && len(by) < mostFlat {
			by = append(by, point{shortLabel(l.label, 60), r.show(l.cells[booked]), count(l)})
		}
	}
	list = append(list, upright("visits", r.T("staff.figures.chart.visits."+per.step), visits), upright("taken", r.T("staff.figures.chart.taken."+per.step), taken))
	if len(by) > 0 {
		list = append(list, lying("split", r.T("staff.figures.chart.by."+per.by), by))
	}
	for i := range list {
		list[i].Desc = r.T("staff.figures.chart.desc", "what", describe([][]point{visits, taken, by}[i]))
	}
	return list
}

// describe says the numbers of a chart in words.
func describe(points []point) string {
	var parts []string
	for _, p := range points {
		parts = append(parts, p.label+": "+p.value)
	}
	return strings.Join(parts, "; ")
}

func shortLabel(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// The size of charts, in units of about a pixel.
const (
	chartWidth  = 720
	chartHeight = 240
	axisWidth   = 48 // for the numbers at the left
	labelHeight = 28
	labelWidth  = 84
	headroom    = 22 // for the value above the highest bar
	mostValues  = 16 // more bars than that are too narrow for numbers above them
	mostFlat    = 12 // lying bars
	flatHeight  = 44 // name and bar
)

// upright are bars beside one another, over time.
func upright(id, title string, points []point) chart {
	c := chart{ID: id, Title: title, Width: chartWidth, Height: chartHeight, Base: chartHeight - labelHeight, Left: axisWidth}
	top := scale(points)
	height := c.Base - headroom
	for i := range int64(3) {
		n := top * i / 2
		at := c.Base - int(int64(height)*n/top)
		c.Grid = append(c.Grid, mark{At: at, Text: number(n), TextY: at + 4})
	}
	step := (chartWidth - axisWidth) / max(len(points), 1)
	every := (len(points)*labelWidth + chartWidth - axisWidth - 1) / (chartWidth - axisWidth)
	for i, p := range points {
		b := bar{X: axisWidth + i*step + step/8, W: max(step*3/4, 2), H: int(int64(height) * p.n / top)}
		b.Y = c.Base - b.H
		b.ValueX, b.ValueY = b.X+b.W/2, b.Y-6
		if len(points) <= mostValues {
			b.Value = p.value
		}
		if i%max(every, 1) == 0 {
			b.Label, b.LabelX, b.LabelY = p.label, min(b.X+b.W/2, chartWidth-labelWidth/2), chartHeight-8
		}
		c.Bars = append(c.Bars, b)
	}
	return c
}

// lying are bars below one another, each with its name above it.
func lying(id, title string, points []point) chart {
	c := chart{ID: id, Title: title, Width: chartWidth, Height: flatHeight * len(points), Flat: true}
	top := scale(points)
	const room = 90 // for the value behind the longest bar
	for i, p := range points {
		y := i * flatHeight
		w := int(int64(chartWidth-room) * p.n / top)
		c.Bars = append(c.Bars, bar{X: 0, Y: y + 20, W: w, H: 16, Label: p.label, LabelX: 0, LabelY: y + 14, Value: p.value, ValueX: w + 8, ValueY: y + 33})
	}
	return c
}

// scale is a round even number that no point exceeds.
func scale(points []point) int64 {
	most := int64(2)
	for _, p := range points {
		most = max(most, p.n)
	}
	unit := int64(1)
	for unit*20 < most {
		unit *= 10
	}
	for _, n := range []int64{2, 4, 6, 8, 10, 12, 16, 20} {
		if n*unit >= most {
			return n * unit
		}
	}
	return 20 * unit
}
