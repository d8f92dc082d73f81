package plan

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// address is a path with parameters; those without a value are left out.
func address(path string, pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// weekdays are the days of the week as the tenant file names them, Monday first.
func weekdays() []string { return []string{"mo", "tu", "we", "th", "fr", "sa", "su"} }

// daysWords says weekdays in short: "Mo–Fr", "Mo, Mi".
func daysWords(f page.Frame, days []string) string {
	name := func(id string) string {
		d, _ := agenda.ParseWeekday(id)
		return f.Printer().ShortWeekday(d)
	}
	var at []int
	for i, d := range weekdays() {
		if slices.Contains(days, d) {
			at = append(at, i)
		}
	}
	if n := len(at); n >= 3 && at[n-1]-at[0] == n-1 {
		return name(weekdays()[at[0]]) + "–" + name(weekdays()[at[n-1]])
	}
	var names []string
	for _, i := range at {
		names = append(names, name(weekdays()[i]))
	}
	return strings.Join(names, ", ")
}

// span says a stretch of the wall clock.
func span(f page.Frame, from, to agenda.Minute) string {
	return f.T("staff.plan.span", "from", from.String(), "to", to.String())
}

// short says a date in short.
func short(f page.Frame, d agenda.Date) string { return f.Printer().ShortDate(d.Noon()) }

// seriesWords names a series in one line: "Mo–Fr, 08:00–12:00 Uhr".
func seriesWords(f page.Frame, t *agenda.SlotTemplate) string {
	return daysWords(f, t.Weekdays) + ", " + span(f, t.From, t.To)
}

// seatsWords says what a series has to give.
func seatsWords(f page.Frame, t *agenda.SlotTemplate) string {
	if t.WalkIn {
		return f.T("staff.plan.walkIn")
	}
	if p := t.Seats.ForPublic(); p != t.Seats.Total {
		return f.T("staff.plan.seatsPublic", "n", t.Seats.Total, "public", p)
	}
	return f.T("staff.plan.seats", "n", t.Seats.Total)
}

// rhythmWords says in which weeks and how long a series holds; nothing where always.
func rhythmWords(f page.Frame, t *agenda.SlotTemplate) (list []string) {
	if t.EveryWeeks > 1 {
		list = append(list, f.T("staff.plan.every", "n", t.EveryWeeks))
	}
	if t.WeekOfMonth > 0 {
		list = append(list, f.T("staff.plan.nth."+strconv.Itoa(t.WeekOfMonth)))
	}
	switch {
	case t.ValidFrom != 0 && t.ValidFrom == t.ValidTo:
		list = append(list, f.T("staff.plan.only", "day", short(f, t.ValidFrom)))
	case t.ValidFrom != 0 && t.ValidTo != 0:
		list = append(list, f.T("staff.plan.fromTo", "from", short(f, t.ValidFrom), "to", short(f, t.ValidTo)))
	case t.ValidFrom != 0:
		list = append(list, f.T("staff.plan.from", "day", short(f, t.ValidFrom)))
	case t.ValidTo != 0:
		list = append(list, f.T("staff.plan.to", "day", short(f, t.ValidTo)))
	}
	if n := len(t.Except); n > 0 {
		list = append(list, f.T("staff.plan.excepts", "n", n))
	}
	return list
}

// limitWords says what a series is restricted to.
func limitWords(f page.Frame, s *agenda.Setup, t *agenda.SlotTemplate) (list []string) {
	for _, id := range t.Services {
		if svc, ok := s.ServiceOf(id); ok {
			list = append(list, office.Plain(f, svc.Name))
		}
	}
	for _, m := range t.Modes {
		list = append(list, f.T("staff.mode."+m))
	}
	return list
}

// closureWords says from when to when is closed, and how much of it.
func closureWords(f page.Frame, c *agenda.Closure) string {
	moment := func(m agenda.Moment, timed bool) string {
		if timed {
			return short(f, m.Date) + ", " + f.Printer().Time(clock(m.Minute))
		}
		return short(f, m.Date)
	}
	s := moment(c.From, c.From.Timed)
	if c.From != c.To {
		s = f.T("staff.plan.fromTo", "from", s, "to", moment(c.To, c.To.Timed))
	}
	if c.Seats > 0 {
		s += ": " + f.T("staff.plan.seatsGone", "n", c.Seats)
	}
	return s
}

// clock is a time of day, to be shown.
func clock(m agenda.Minute) time.Time {
	return time.Date(2000, 1, 1, 0, int(m), 0, 0, time.UTC)
}

// signed is a number with its sign, as tables of differences show it.
func signed(n int) string {
	switch {
	case n > 0:
		return "+" + strconv.Itoa(n)
	case n < 0:
		return "−" + strconv.Itoa(-n)
	}
	return "0"
}

// hours are minutes as hours, with one digit where they are not whole.
func hours(f page.Frame, minutes int) string {
	s := strconv.FormatFloat(float64(minutes)/60, 'f', -1, 64)
	if minutes%60 != 0 {
		s = strconv.FormatFloat(float64(minutes)/60, 'f', 1, 64)
	}
	if f.Lang != "en" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// name is what a calendar is called on pages.
func name(f page.Frame, s *agenda.Setup, id string) string {
	if c, ok := s.CalendarOf(id); ok {
		return office.CalendarName(f, s, c)
	}
	return id
}
