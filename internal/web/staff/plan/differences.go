package plan

import (
	"encoding/json"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// differences say in words what b has otherwise than a, by calendar, department, site
// and service. What is not within the person's limits is counted, no more.
func differences(f page.Frame, p *agenda.Person, a, b *agenda.Setup) []string {
	d := &differ{f: f, p: p}
	compare(a.Calendars, b.Calendars, func(c *agenda.Calendar) string { return c.ID }, func(was, is *agenda.Calendar) { d.calendar(a, b, was, is) })
	compare(a.Departments, b.Departments, func(x *agenda.Department) string { return x.ID }, func(was, is *agenda.Department) {
		d.entity("department", p.MayInDepartment(agenda.SeeSetup, either(was, is).ID), office.Plain(f, either(was, is).Name), was != nil, is != nil, bare(was), bare(is))
		d.closures(p.MayInDepartment(agenda.SeeSetup, either(was, is).ID), office.Plain(f, either(was, is).Name), closuresOf(was), closuresOf(is))
	})
	whole := p.MayEverywhere(agenda.SeeSetup)
	compare(a.Sites, b.Sites, func(x *agenda.Site) string { return x.ID }, func(was, is *agenda.Site) {
		d.entity("site", whole, office.Plain(f, either(was, is).Name), was != nil, is != nil, bareSite(was), bareSite(is))
		d.closures(whole, office.Plain(f, either(was, is).Name), closuresOfSite(was), closuresOfSite(is))
	})
	compare(a.Services, b.Services, func(x *agenda.Service) string { return x.ID }, func(was, is *agenda.Service) {
		d.entity("service", true, office.Plain(f, either(was, is).Name), was != nil, is != nil, was, is)
	})
	d.closures(whole, f.T("staff.plan.at.everything"), a.Closures, b.Closures)
	rest := func(s *agenda.Setup) any { return []any{s.Tenant, s.Legal, s.Brand, s.Mail, s.Retention} }
	if !same(rest(a), rest(b)) {
		d.say(whole, "tenant", "")
	}
	if d.elsewhere > 0 {
		d.lines = append(d.lines, f.T("staff.plan.diff.elsewhere", "n", d.elsewhere))
	}
	return d.lines
}

type differ struct {
	f         page.Frame
	p         *agenda.Person
	lines     []string
	elsewhere int
}

// say adds a line for who may know of it.
func (d *differ) say(mine bool, key, what string, args ...any) {
	if !mine {
		d.elsewhere++
		return
	}
	d.lines = append(d.lines, d.f.T("staff.plan.diff."+key, append([]any{"name", what}, args...)...))
}

// entity says that something is new, gone or otherwise.
func (d *differ) entity(kind string, mine bool, name string, was, is bool, a, b any) {
	switch {
	case !was:
		d.say(mine, kind+".new", name)
	case !is:
		d.say(mine, kind+".gone", name)
	case !same(a, b):
		d.say(mine, kind+".changed", name)
	}
}

func (d *differ) calendar(a, b *agenda.Setup, was, is *agenda.Calendar) {
	mine := d.p.MayIn(agenda.SeeSetup, either(was, is))
	s := b
	if is == nil {
		s = a
	}
	name := office.CalendarName(d.f, s, either(was, is))
	d.entity("calendar", mine, name, was != nil, is != nil, bareCalendar(was), bareCalendar(is))
	if was == nil || is == nil {
		return
	}
	compare(was.SlotTemplates, is.SlotTemplates, func(t *agenda.SlotTemplate) string { return t.ID }, func(x, y *agenda.SlotTemplate) {
		switch {
		case x == nil:
			d.say(mine, "series.new", name, "what", d.series(y))
		case y == nil:
			d.say(mine, "series.gone", name, "what", d.series(x))
		case !same(x, y) && d.series(x) == d.series(y):
			d.say(mine, "series.changed", name, "what", d.series(y))
		case !same(x, y):
			d.say(mine, "series.other", name, "what", d.series(x), "now", d.series(y))
		}
	})
	d.closures(mine, name, was.Closures, is.Closures)
}

func (d *differ) series(t *agenda.SlotTemplate) string {
	s := seriesWords(d.f, t) + ", " + seatsWords(d.f, t)
	for _, more := range rhythmWords(d.f, t) {
		s += ", " + more
	}
	return s
}

// closures says which have come and which are gone.
func (d *differ) closures(mine bool, name string, a, b []agenda.Closure) {
	without := func(list []agenda.Closure, in []agenda.Closure) (left []agenda.Closure) {
		for i := range list {
			if !slices.ContainsFunc(in, func(x agenda.Closure) bool { return same(x, list[i]) }) {
				left = append(left, list[i])
			}
		}
		return left
	}
	words := func(c *agenda.Closure) string {
		s := closureWords(d.f, c)
		if why := office.Plain(d.f, c.Reason); why != "" {
			s += " (" + why + ")"
		}
		return s
	}
	for _, c := range without(a, b) {
		d.say(mine, "closure.gone", name, "what", words(&c))
	}
	for _, c := range without(b, a) {
		d.say(mine, "closure.new", name, "what", words(&c))
	}
}

// compare goes through what two lists have, by id: each with what it was (nil: it is
// new) and what it is (nil: it is gone).
func compare[T any](a, b []T, id func(*T) string, each func(was, is *T)) {
	seen := map[string]bool{}
	find := func(list []T, wanted string) *T {
		for i := range list {
			if id(&list[i]) == wanted {
				return &list[i]
			}
		}
		return nil
	}
	for i := range a {
		seen[id(&a[i])] = true
		each(&a[i], find(b, id(&a[i])))
	}
	for i := range b {
		if !seen[id(&b[i])] {
			each(nil, &b[i])
		}
	}
}

func either[T any](a, b *T) *T {
	if b != nil {
		return b
	}
	return a
}

// same compares values as the tenant file has them.
func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// bareCalendar is a calendar without its times, which are told apart.
func bareCalendar(c *agenda.Calendar) any {
	if c == nil {
		return nil
	}
	x := *c
	x.SlotTemplates, x.Closures = nil, nil
	return x
}

func bare(d *agenda.Department) any {
	if d == nil {
		return nil
	}
	x := *d
	x.Closures = nil
	return x
}

func bareSite(s *agenda.Site) any {
	if s == nil {
		return nil
	}
	x := *s
	x.Closures = nil
	return x
}

func closuresOf(d *agenda.Department) []agenda.Closure {
	if d == nil {
		return nil
	}
	return d.Closures
}

func closuresOfSite(s *agenda.Site) []agenda.Closure {
	if s == nil {
		return nil
	}
	return s.Closures
}
