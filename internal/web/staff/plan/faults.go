package plan

import (
	"errors"
	"regexp"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

// fields say beside which field of the forms a fault of the tenant file's rules stands,
// by the key that it is about.
func fields() map[string]string {
	return map[string]string{
		"weekdays": "weekdays", "from": "from", "to": "to", "slotMinutes": "slotMinutes", "seats.total": "total", "seats.public": "public",
		"validFrom": "validFrom", "validTo": "validTo", "everyWeeks": "everyWeeks", "weekOfMonth": "weekOfMonth",
		"except": "except", "alsoOn": "alsoOn", "services": "services", "modes": "modes",
	}
}

var (
	inSeries  = regexp.MustCompile(`^calendars\[(\d+)\]\.slotTemplates\[(\d+)\](?:\.([a-zA-Z.]+))?`)
	inClosure = regexp.MustCompile(`closures\[\d+\]\.([a-z]+)$`)
)

// explain puts the faults of a draft beside the fields, in words: what the office's
// calendar expects there. A fault that no field can be blamed for stands above them.
func explain(f page.Frame, form *page.Form, d *booking.Draft) {
	said := map[string]bool{}
	fail := func(field, key string, args ...any) {
		if !said[field+key] && form.Errors().For(field) == "" {
			form.Fail(field, "staff.plan.fault."+key, args...)
		}
		said[field+key] = true
	}
	field := func(name string) string {
		if d.Change.As == nil {
			return place(&d.Change)
		}
		return name
	}
	for _, x := range d.Faults {
		if m := inSeries.FindStringSubmatch(x.Path); m != nil {
			c, i := at(d.After, m[1], m[2])
			t := &c.SlotTemplates[i]
			key := m[3]
			if name := fields()[key]; name != "" {
				fail(field(name), key, "tick", c.TickMinutes, "length", int(t.To-t.From), "from", t.From.String(), "to", t.To.String(), "n", t.Seats.Total)
				continue
			}
			if other, on, ok := d.After.Clash(c, i); ok && key == "" {
				fail(field("from"), "overlap", "other", seriesWords(f, other), "day", short(f, on))
				continue
			}
		}
		if m := inClosure.FindStringSubmatch(x.Path); m != nil {
			fail("closure"+strings.ToUpper(m[1][:1])+m[1][1:], "closure."+m[1])
			continue
		}
		fail("", "other", "what", x.String())
	}
}

// at is the calendar and the position that a fault's path names.
func at(s *agenda.Setup, calendar, series string) (*agenda.Calendar, int) {
	return &s.Calendars[number(calendar)], number(series)
}

func number(s string) (n int) {
	for _, r := range s {
		n = n*10 + int(r-'0')
	}
	return n
}

// place is the field of a small form that a change's fault stands beside.
func place(c *agenda.Change) string {
	switch c.Act {
	case agenda.ActSkip:
		return "skipDay"
	case agenda.ActEnd:
		return "endDay"
	case agenda.ActCopy:
		return "copyTo"
	}
	return ""
}

// senseless puts beside the fields why a change makes no sense. It reports whether err
// was about that.
func senseless(form *page.Form, c *agenda.Change, err error) bool {
	bad, ok := errors.AsType[agenda.Invalid](err)
	if !ok {
		return false
	}
	for _, x := range bad {
		field := x.Field
		if p := place(c); p != "" {
			field = p
		}
		form.Fail(field, "staff.plan.senseless."+x.Code)
	}
	return true
}
