package figures

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// measure is one of the counts of visits, in the order of the columns; those from online
// on have none, but whoever subtracts finds them.
type measure int

const (
	booked measure = iota
	staff
	walkIn
	cancelled
	byVisitor
	missed
	served
	open
	online
	arranged
	byOffice
	measures
)

func values(n *booking.Numbers) [measures]int64 {
	return [measures]int64{n.Booked, n.Staff, n.WalkIn, n.Cancelled, n.CancelledByVisitor, n.Missed, n.Served, n.Open(), n.Booked - n.Staff, n.Staff - n.WalkIn, n.Cancelled - n.CancelledByVisitor}
}

// line is what is known of a service, a site, a week.
type line struct {
	id    string
	label string
	*booking.Numbers
	cells [measures]int // of the tally
	vain  int           // the cell of searches in vain; -1: nobody counts them here
	wait  booking.Wait
	waits bool // the third free time is known here
}

// report is the figures of a period as they may be shown.
type report struct {
	page.Frame
	figures *booking.Figures
	tally   tally
	total   *line
	lines   map[string][]*line // by week, month, service, site, department, calendar
}

// newReport puts the figures in order and hides what is small.
func newReport(f page.Frame, figures *booking.Figures) *report {
	r := &report{Frame: f, figures: figures, lines: map[string][]*line{}}
	r.total = r.line("", f.T("staff.figures.total"), &figures.Total, true)
	r.total.waits = true
	for d := figures.From.Monday(); d <= figures.To; d += 7 {
		r.add("week", r.line(d.String(), weekName(f, d), orNone(figures.Week[d]), true))
	}
	for d := firstOfMonth(figures.From); d <= figures.To; d = nextMonth(d) {
		y, m, _ := d.Civil()
		r.add("month", r.line(d.String()[:7], f.Printer().Month(m)+" "+strconv.Itoa(y), orNone(figures.Month[d]), true))
	}
	r.places()
	r.services()
	r.waiting()
	r.sums()
	r.tally.hide()
	return r
}

func (r *report) add(by string, l *line) { r.lines[by] = append(r.lines[by], l) }

func (r *report) line(id, label string, n *booking.Numbers, searches bool) *line {
	l := &line{id: id, label: label, Numbers: n, vain: -1}
	for m, v := range values(n) {
		switch measure(m) {
		case online, arranged, byOffice:
			l.cells[m] = r.tally.add(v, silent, 0)
		case booked:
			l.cells[m] = r.tally.add(v, shown, 4)
		default:
			l.cells[m] = r.tally.add(v, shown, 1)
		}
	}
	if searches {
		l.vain = r.tally.add(n.InVain, shown, 2)
	}
	return l
}

func orNone(n *booking.Numbers) *booking.Numbers {
	if n == nil {
		return &booking.Numbers{}
	}
	return n
}

// places are the calendars, and the sites and departments they belong to, in the order of
// the set-up.
func (r *report) places() {
	s := r.figures.Setup
	sites, departments := map[string]*booking.Numbers{}, map[string]*booking.Numbers{}
	var siteIDs, departmentIDs []string
	note := func(in map[string]*booking.Numbers, ids *[]string, id string, n *booking.Numbers) {
		if in[id] == nil {
			in[id] = &booking.Numbers{}
			*ids = append(*ids, id)
		}
		in[id].Add(n)
	}
	names := office.Choices(r.Frame, s, r.figures.Calendars, "")
	for i, c := range r.figures.Calendars {
		n := orNone(r.figures.Calendar[c.ID])
		r.add("calendar", r.line(c.ID, names[i].Label, n, false))
		note(sites, &siteIDs, c.Site, n)
		note(departments, &departmentIDs, c.Department, n)
	}
	for _, id := range siteIDs {
		name := id
		if site, ok := s.SiteOf(id); ok {
			name = office.Plain(r.Frame, site.Name)
		}
		l := r.line(id, name, sites[id], false)
		l.waits = true
		r.add("site", l)
	}
	for _, id := range departmentIDs {
		name := id
		if d, ok := s.DepartmentOf(id); ok {
			name = office.Plain(r.Frame, d.Name)
		}
		r.add("department", r.line(id, name, departments[id], false))
	}
}

func (r *report) services() {
	for _, id := range slices.Sorted(maps.Keys(r.figures.Service)) {
		name := id
		if svc, ok := r.figures.Setup.ServiceOf(id); ok {
			name = office.Plain(r.Frame, svc.Name)
		}
		l := r.line(id, name, r.figures.Service[id], true)
		l.waits = true
		r.add("service", l)
	}
	slices.SortStableFunc(r.lines["service"], func(a, b *line) int { return cmp.Compare(b.Booked, a.Booked) })
}

// waiting adds up the samples of the third free time.
func (r *report) waiting() {
	note := func(l *line, w *booking.Wait) {
		l.wait.Samples, l.wait.Days, l.wait.Beyond = l.wait.Samples+w.Samples, l.wait.Days+w.Days, l.wait.Beyond+w.Beyond
	}
	for at, w := range r.figures.Waiting {
		note(r.total, w)
		for _, l := range r.lines["site"] {
			if l.id == at.Site {
				note(l, w)
			}
		}
		for _, l := range r.lines["service"] {
			if l.id == at.Service {
				note(l, w)
			}
		}
	}
}

// sums tells the tally what adds up to what.
func (r *report) sums() {
	t := &r.tally
	every := []*line{r.total}
	for _, by := range slices.Sorted(maps.Keys(r.lines)) {
		every = append(every, r.lines[by]...)
		if by == "service" && !r.servicesAddUp() {
			continue
		}
		for m := range measures {
			r.whole(r.total, r.lines[by], m)
		}
	}
	for _, l := range every {
		t.sum(l.cells[booked], l.cells[staff], l.cells[online])
		t.sum(l.cells[staff], l.cells[walkIn], l.cells[arranged])
		t.sum(l.cells[booked], l.cells[cancelled], l.cells[missed], l.cells[served], l.cells[open])
		t.sum(l.cells[cancelled], l.cells[byVisitor], l.cells[byOffice])
	}
	for m := range measures {
		for _, x := range append(slices.Clone(r.lines["site"]), r.lines["department"]...) {
			var parts []*line
			for i, c := range r.figures.Calendars {
				if slices.Contains(r.lines["site"], x) && c.Site == x.id || slices.Contains(r.lines["department"], x) && c.Department == x.id {
					parts = append(parts, r.lines["calendar"][i])
				}
			}
			r.whole(x, parts, m)
		}
	}
	r.weeksInMonths()
	for _, by := range []string{"week", "month", "service"} {
		var parts []int
		var n int64
		for _, l := range r.lines[by] {
			parts = append(parts, l.vain)
			n += l.InVain
		}
		if n == r.total.InVain {
			t.sum(r.total.vain, parts...)
		}
	}
}

func (r *report) whole(x *line, parts []*line, m measure) {
	var cells []int
	for _, p := range parts {
		cells = append(cells, p.cells[m])
	}
	r.tally.sum(x.cells[m], cells...)
}

// servicesAddUp reports that every visit was for one service, as far as anybody can see:
// then who knows all services but one knows that one.
func (r *report) servicesAddUp() bool {
	var n booking.Numbers
	for _, l := range r.lines["service"] {
		n.Add(l.Numbers)
	}
	return values(&n) == values(r.total.Numbers)
}

// weeksInMonths tells where some weeks are some months: now and then a month begins on
// a Monday.
func (r *report) weeksInMonths() {
	weeks, months := r.lines["week"], r.lines["month"]
	w, m := 0, 0
	for k := 1; k < len(months); k++ {
		start, _ := agenda.ParseDate(months[k].id + "-01")
		i := slices.IndexFunc(weeks, func(l *line) bool { return l.id == start.String() })
		if i < 0 {
			continue
		}
		for x := range measures {
			both := r.tally.add(sumOf(weeks[w:i], x), silent, 0)
			for _, list := range [][]*line{weeks[w:i], months[m:k]} {
				var cells []int
				for _, l := range list {
					cells = append(cells, l.cells[x])
				}
				r.tally.sum(both, cells...)
			}
		}
		w, m = i, k
	}
}

func sumOf(list []*line, m measure) (n int64) {
	for _, l := range list {
		n += values(l.Numbers)[m]
	}
	return n
}

func (r *report) hides() bool {
	return slices.ContainsFunc(r.tally.cells, func(c count) bool { return c.sight == small || c.sight == hidden })
}

func (r *report) empty() bool {
	return r.total.Booked == 0 && r.total.Offered == 0 && r.total.InVain == 0
}

// show is a count as it may be shown.
func (r *report) show(cell int) string {
	c := r.tally.cells[cell]
	switch c.sight {
	case small:
		return fewMark
	case hidden, silent:
		return hiddenMark
	}
	return number(c.value)
}

// Marks for what is not shown.
const (
	fewMark    = "<5"
	hiddenMark = "…"
	noMark     = "–" // there is none
)

func (r *report) shows(l *line, of ...measure) bool {
	return !slices.ContainsFunc(of, func(m measure) bool { return r.tally.cells[l.cells[m]].sight != shown })
}

// percent is the share of seats that were taken. It says how many visits there were
// about as well as their number does.
func (r *report) percent(l *line) (n int, text string) {
	switch {
	case l.Offered == 0:
		return 0, noMark
	case !r.shows(l, booked, cancelled):
		return 0, hiddenMark
	}
	n = int((100*l.Claimed + l.Offered/2) / l.Offered)
	return n, r.T("staff.figures.percent", "n", strconv.Itoa(n))
}

// share is what part of the visits booked a measure is.
func (r *report) share(l *line, m measure) string {
	if l.Booked == 0 || !r.shows(l, booked, m) {
		return ""
	}
	return r.T("staff.figures.percent", "n", strconv.FormatInt((100*values(l.Numbers)[m]+l.Booked/2)/l.Booked, 10))
}

// lead is the mean of days between booking and visit.
func (r *report) lead(l *line) string {
	switch {
	case l.Booked == l.WalkIn:
		return noMark
	case !r.shows(l, booked, walkIn):
		return hiddenMark
	}
	return decimal(r.Lang, float64(l.LeadDays)/float64(l.Booked-l.WalkIn))
}

// third is the mean of days until the third free time.
func (r *report) third(l *line) string {
	found := l.wait.Samples - l.wait.Beyond
	switch {
	case !l.waits || l.wait.Samples == 0:
		return noMark
	case found == 0:
		return r.T("staff.figures.beyond")
	}
	return decimal(r.Lang, float64(l.wait.Days)/float64(found))
}

func (r *report) vain(l *line) string {
	if l.vain < 0 {
		return noMark
	}
	return r.show(l.vain)
}

// number is written with spaces, as every language reads it.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	if n < 10000 {
		return s
	}
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteRune('\u202f')
		}
		b.WriteRune(c)
	}
	return b.String()
}

func decimal(lang string, x float64) string {
	s := strconv.FormatFloat(x, 'f', 1, 64)
	if strings.HasPrefix(lang, "de") {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

func weekName(f page.Frame, d agenda.Date) string {
	y, w := d.Noon().ISOWeek()
	return f.T("staff.figures.week", "week", w, "year", y)
}

// table is figures to read.
type table struct {
	ID, Caption, Note string
	First             string // heads the names
	Heads             []string
	Rows              []row
	Foot              *row
}

// row is a line of a table.
type row struct {
	Label string
	More  string
	Cells []string
}

// table is a breakdown: one line each, and the total.
func (r *report) table(by string) table {
	t := table{ID: "by-" + by, Caption: r.T("staff.figures.table." + by), First: r.T("staff.figures.name." + by)}
	for _, c := range r.columns(by) {
		t.Heads = append(t.Heads, r.T("staff.figures.column."+c.key))
	}
	for _, l := range r.lines[by] {
		t.Rows = append(t.Rows, r.row(by, l))
	}
	foot := r.row(by, r.total)
	t.Foot = &foot
	if by == "service" {
		t.Note = r.T("staff.figures.severalServices")
	}
	return t
}

func (r *report) row(by string, l *line) row {
	x := row{Label: l.label}
	if by == "week" && l != r.total {
		d, _ := agenda.ParseDate(l.id)
		x.More = r.dayMonth(d) + "–" + r.dayMonth(d+6)
	}
	for _, c := range r.columns(by) {
		x.Cells = append(x.Cells, c.show(l))
	}
	return x
}

// dayMonth is a day without its year.
func (r *report) dayMonth(d agenda.Date) string {
	if strings.HasPrefix(r.Lang, "de") {
		return d.Noon().Format("2.1.")
	}
	return d.Noon().Format("2 Jan")
}

// column is one of a table.
type column struct {
	key  string
	show func(*line) string
}

func (r *report) columns(by string) []column {
	of := func(m measure) func(*line) string { return func(l *line) string { return r.show(l.cells[m]) } }
	list := []column{{"booked", of(booked)}, {"staff", of(staff)}, {"walkIn", of(walkIn)}, {"cancelled", of(cancelled)}, {"byVisitor", of(byVisitor)}, {"missed", of(missed)}, {"served", of(served)}, {"open", of(open)}}
	if by != "service" {
		list = append(list, column{"utilisation", func(l *line) string { _, s := r.percent(l); return s }})
	}
	list = append(list, column{"lead", r.lead})
	if by == "service" || by == "site" {
		list = append(list, column{"third", r.third})
	}
	if by == "week" || by == "month" || by == "service" {
		list = append(list, column{"inVain", r.vain})
	}
	return list
}

// keys are the numbers at the top.
func keys(r, before *report) []key {
	inDays := func(x *report, n string) string {
		if strings.ContainsAny(n, "0123456789") {
			n = x.T("staff.figures.days", "days", n)
		}
		return n
	}
	days := func(x *report) string { return inDays(x, x.lead(x.total)) }
	third := func(x *report) string { return inDays(x, x.third(x.total)) }
	one := func(name, more string, value func(*report) string) key {
		return key{Label: r.T("staff.figures.key." + name), Value: value(r), More: more, Before: value(before)}
	}
	count := func(m measure) func(*report) string {
		return func(x *report) string {
			s := x.show(x.total.cells[m])
			if share := x.share(x.total, m); m != booked && share != "" {
				s += " (" + share + ")"
			}
			return s
		}
	}
	median := ""
	if n, ok := r.total.MedianLead(); ok && r.shows(r.total, booked, walkIn) {
		median = r.T("staff.figures.median", "n", n)
	}
	hours := ""
	if r.total.Offered > 0 && r.shows(r.total, booked, cancelled) {
		hours = r.T("staff.figures.hours", "claimed", number((r.total.Claimed+30)/60), "offered", number((r.total.Offered+30)/60))
	}
	return []key{
		one("booked", r.T("staff.figures.ofStaff", "n", r.show(r.total.cells[staff])), count(booked)),
		one("served", "", count(served)),
		one("cancelled", r.T("staff.figures.ofVisitors", "n", r.show(r.total.cells[byVisitor])), count(cancelled)),
		one("missed", "", count(missed)),
		one("utilisation", hours, func(x *report) string { _, s := x.percent(x.total); return s }),
		one("lead", median, days),
		one("third", r.T("staff.figures.key.thirdMore"), third),
		one("inVain", "", func(x *report) string { return x.vain(x.total) }),
	}
}

// fileName names an export.
func (p period) fileName(kind string) string {
	return fmt.Sprintf("figures-%s-%s.%s", p.from, p.to, kind)
}
