package figures

import (
	"net/url"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// period is what is asked for: whole weeks or whole months, so that nobody takes single
// days apart by moving its ends.
type period struct {
	from, to agenda.Date // both included
	step     string      // week | month
	by       string      // service | site | department | calendar
	errors   page.Errors
}

// The longest period: two years, and what is missing to whole weeks.
const longest = 2*366 + 7

func steps() []string { return []string{"week", "month"} }
func bys() []string   { return []string{"service", "site", "department", "calendar"} }

// usual is the last twelve weeks and this one.
func usual(today agenda.Date) period {
	return period{from: today.Monday() - 12*7, to: today.Monday() + 6, step: "week", by: "service"}
}

// readPeriod reads which period is wanted; the usual one where that says nothing, or
// nothing that can be.
func readPeriod(q *office.Request, f page.Frame) (period, []page.Field) {
	form := page.NewForm(q.URL.Query(), f.Printer())
	p := usual(agenda.DateOf(q.Now))
	from := form.Date("from", page.Rule{Label: f.T("staff.figures.from")})
	to := form.Date("to", page.Rule{Label: f.T("staff.figures.to")})
	step := form.Choice("step", steps(), page.Rule{Label: f.T("staff.figures.step")})
	by := form.Choice("by", bys(), page.Rule{Label: f.T("staff.figures.by")})
	if step != "" {
		p.step = step
	}
	if by != "" {
		p.by = by
	}
	if from == 0 {
		from = min(p.from, to-12*7)
		if to == 0 {
			from = p.from
		}
	}
	if to == 0 {
		to = max(p.to, from)
	}
	today := agenda.DateOf(q.Now)
	switch {
	case len(form.Errors()) > 0:
	case to < from:
		form.Fail("to", "staff.figures.backwards")
	case from < today-agenda.Date(4000) || to > today+agenda.Date(400):
		form.Fail("from", "staff.figures.tooFar")
	case to-from > longest-7:
		form.Fail("to", "staff.figures.tooLong")
	default:
		p.from, p.to = from, to
	}
	p.widen()
	p.errors = form.Errors()
	fields := []page.Field{
		{Name: "from", Label: f.T("staff.figures.from"), Type: "date", Width: "short", Required: true, Value: p.from.String()},
		{Name: "to", Label: f.T("staff.figures.to"), Type: "date", Width: "short", Required: true, Value: p.to.String()},
		{Name: "step", Label: f.T("staff.figures.step"), Type: "select", Required: true, Choices: choices(f, "step", steps(), p.step)},
		{Name: "by", Label: f.T("staff.figures.by"), Type: "select", Required: true, Choices: choices(f, "by", bys(), p.by)},
	}
	if len(p.errors) > 0 {
		for i := range fields {
			fields[i] = form.Fill(fields[i])
		}
	}
	return p, fields
}

func choices(f page.Frame, of string, values []string, selected string) (list []page.Choice) {
	for _, v := range values {
		list = append(list, page.Choice{Value: v, Label: f.T("staff.figures." + of + "." + v), Selected: v == selected})
	}
	return list
}

// widen moves the ends to those of whole weeks or months.
func (p *period) widen() {
	if p.step == "week" {
		p.from, p.to = p.from.Monday(), p.to.Monday()+6
		return
	}
	p.from, p.to = firstOfMonth(p.from), nextMonth(p.to)-1
}

func firstOfMonth(d agenda.Date) agenda.Date {
	y, m, _ := d.Civil()
	return agenda.MakeDate(y, m, 1)
}

func nextMonth(d agenda.Date) agenda.Date {
	y, m, _ := d.Civil()
	return agenda.MakeDate(y, m+1, 1)
}

// before is the period before, as long as this one.
func (p period) before() period {
	b := p
	if b.to = p.from - 1; p.step == "week" {
		b.from = p.from - (p.to - p.from + 1)
		return b
	}
	y, m, _ := p.from.Civil()
	endYear, endMonth, _ := nextMonth(p.to).Civil()
	months := time.Month(12*(endYear-y)) + endMonth - m
	b.from = agenda.MakeDate(y, m-months, 1)
	return b
}

func (p period) query() string {
	return url.Values{"from": {p.from.String()}, "to": {p.to.String()}, "step": {p.step}, "by": {p.by}}.Encode()
}

func (p period) words(f page.Frame) string {
	return f.T("staff.figures.span", "from", shortDate(f, p.from), "to", shortDate(f, p.to))
}

// presets are periods that are asked for often.
func (p period) presets(q *office.Request, f page.Frame) (list []page.Link) {
	today := agenda.DateOf(q.Now)
	y, m, _ := today.Civil()
	quarter := agenda.MakeDate(y, (m-1)/3*3+1, 1)
	for _, x := range []struct {
		name     string
		from, to agenda.Date
		step     string
	}{
		{"weeks", usual(today).from, usual(today).to, "week"},
		{"lastQuarter", firstOfMonth(quarter - 80), quarter - 1, "month"},
		{"year", agenda.MakeDate(y-1, m, 1), firstOfMonth(today) - 1, "month"},
		{"ahead", today.Monday(), today.Monday() + 6*7 - 1, "week"},
	} {
		other := period{from: x.from, to: x.to, step: x.step, by: p.by}
		list = append(list, page.Link{Label: f.T("staff.figures.preset." + x.name), Href: "/staff/figures?" + other.query(), Current: other.from == p.from && other.to == p.to && other.step == p.step})
	}
	return slices.Clip(list)
}

func shortDate(f page.Frame, d agenda.Date) string { return f.Printer().ShortDate(d.Noon()) }
