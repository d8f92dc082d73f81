package ical

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	goical "github.com/emersion/go-ical"
)

// A zone's standing rule is read off these years. They lie behind the last
// single change that zone files list, they are 28, after which weekdays and
// dates repeat, and so each rule shows all seven dates it can fall on.
const (
	ruleFrom = 2037
	ruleTo   = ruleFrom + 28
)

// zoneOr gives the zone, or the other one where the zone has no name that means
// anything on another computer.
func zoneOr(zone, other *time.Location) *time.Location {
	if zone == nil || zone == time.Local || !portable(zone.String()) {
		return other
	}
	return zone
}

// portable accepts the names of the zone database, nothing that would need
// escaping or quoting, and not the name of time.Local.
func portable(name string) bool {
	strange := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("/_+-", r)
	}
	return name != "" && name != "Local" && !strings.ContainsFunc(name, strange)
}

// change is one shift of the clock.
type change struct {
	at       time.Time
	from, to int    // seconds east of UTC
	name     string // abbreviation from then on
}

// wall is what the clock shows when it is shifted, as if it were UTC.
func (c change) wall() time.Time { return c.at.UTC().Add(time.Duration(c.from) * time.Second) }

// changes lists the shifts from one new year to another (UTC).
func changes(zone *time.Location, fromYear, toYear int) []change {
	var out []change
	limit := time.Date(toYear, 1, 1, 0, 0, 0, 0, time.UTC)
	for t := time.Date(fromYear, 1, 1, 0, 0, 0, 0, time.UTC); ; {
		_, next := t.In(zone).ZoneBounds()
		if !next.IsZero() && !next.After(t) {
			next = t.AddDate(0, 0, 1).In(zone) // Go ends leap years a day early (1.26)
		}
		if next.IsZero() || !next.Before(limit) {
			return out
		}
		_, from := next.Add(-time.Second).Zone()
		name, to := next.Zone()
		if from != to {
			out = append(out, change{next, from, to, name})
		}
		t = next
	}
}

// rule is a shift that comes every year: on the given weekday among the seven
// dates that begin with day.
type rule struct {
	month    time.Month
	weekday  time.Weekday
	day      int
	clock    time.Duration // since midnight, before the shift
	from, to int
	name     string
}

// wall is the clock's time of the shift in one year, as if it were UTC.
func (r rule) wall(year int) time.Time {
	t := time.Date(year, r.month, r.day, 0, 0, 0, 0, time.UTC)
	return t.AddDate(0, 0, (int(r.weekday-t.Weekday())+7)%7).Add(r.clock)
}

// rrule prefers the forms that every program knows: -1SU, 2SU.
func (r rule) rrule() string {
	weekday := strings.ToUpper(r.weekday.String()[:2])
	lastDay := time.Date(2037, r.month+1, 0, 0, 0, 0, 0, time.UTC).Day()
	head := fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d", r.month)
	switch {
	case r.day+6 == lastDay && r.month != time.February:
		return head + ";BYDAY=-1" + weekday
	case r.day%7 == 1:
		return fmt.Sprintf("%s;BYDAY=%d%s", head, r.day/7+1, weekday)
	}
	days := make([]string, 7)
	for i := range days {
		days[i] = strconv.Itoa(r.day + i)
	}
	return head + ";BYMONTHDAY=" + strings.Join(days, ",") + ";BYDAY=" + weekday
}

// standing finds the zone's rules: two, or none where the clock stands still.
// It reports false for zones whose shifts follow no weekday (Ramadan) or more
// than two rules.
func standing(zone *time.Location) ([]rule, bool) {
	all := changes(zone, ruleFrom, ruleTo)
	if len(all) == 0 {
		return nil, true
	}
	if len(all) != 2*(ruleTo-ruleFrom) {
		return nil, false
	}
	var rules []rule
	for first := range 2 {
		r := newRule(all[first])
		lastDay := r.day
		for i := first; i < len(all); i += 2 {
			day := newRule(all[i])
			r.day, lastDay = min(r.day, day.day), max(lastDay, day.day)
			if day.day = r.day; day != r {
				return nil, false
			}
		}
		if lastDay != r.day+6 {
			return nil, false
		}
		rules = append(rules, r)
	}
	return rules, true
}

func newRule(c change) rule {
	w := c.wall()
	clock := time.Duration(w.Hour())*time.Hour + time.Duration(w.Minute())*time.Minute + time.Duration(w.Second())*time.Second
	return rule{w.Month(), w.Weekday(), w.Day(), clock, c.from, c.to, c.name}
}

// holds tells whether the rules describe the zone from one new year to another.
func holds(rules []rule, zone *time.Location, fromYear, toYear int) bool {
	if len(rules) == 0 {
		return offset(zone, fromYear) == offset(zone, ruleFrom) && len(changes(zone, fromYear, toYear)) == 0
	}
	var want []change
	for year := fromYear; year < toYear; year++ {
		for _, r := range rules {
			at := r.wall(year).Add(-time.Duration(r.from) * time.Second)
			want = append(want, change{at, r.from, r.to, r.name})
		}
	}
	return slices.EqualFunc(changes(zone, fromYear, toYear), want, func(a, b change) bool {
		return a.at.Equal(b.at) && a.from == b.from && a.to == b.to
	})
}

func offset(zone *time.Location, year int) int {
	_, off := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).In(zone).Zone()
	return off
}

// timezone describes a zone so that it is right at least for the years around
// first and last. Zones that keep their rules, as all of Europe's do, get one
// STANDARD and one DAYLIGHT with an RRULE from 1970 on, always the same bytes;
// zones without summer time get one STANDARD. Where that would be wrong, each
// shift of those years gets a part of its own: no program follows lists of
// RDATE reliably.
func timezone(zone *time.Location, first, last time.Time) *goical.Component {
	fromYear, toYear := first.UTC().Year()-1, last.UTC().Year()+2
	if first.IsZero() {
		fromYear, toYear = ruleFrom, ruleFrom+1
	}
	c := goical.NewComponent(goical.CompTimezone)
	set(c, goical.PropTimezoneID, zone.String())
	if rules, ok := standing(zone); ok && holds(rules, zone, fromYear, toYear) && len(rules) > 0 {
		low := min(rules[0].to, rules[1].to)
		for _, r := range rules {
			part := observance(change{r.wall(1970), r.from, r.to, r.name}, low)
			set(part, goical.PropDateTimeStart, r.wall(1970).Format(wallTime))
			set(part, goical.PropRecurrenceRule, r.rrule())
			c.Children = append(c.Children, part)
		}
		slices.SortStableFunc(c.Children, func(a, b *goical.Component) int { return strings.Compare(b.Name, a.Name) })
		return c
	}
	c.Children = singleParts(zone, fromYear, toYear)
	return c
}

// singleParts lists what is in force at the beginning, and each shift. Without
// shifts that is the one STANDARD of a zone without summer time.
func singleParts(zone *time.Location, fromYear, toYear int) []*goical.Component {
	begin := time.Date(fromYear, 1, 1, 0, 0, 0, 0, time.UTC).In(zone)
	name, off := begin.Zone()
	since1970 := time.Unix(-int64(off), 0) // so that the wall clock shows midnight
	all := append([]change{{since1970, off, off, name}}, changes(zone, fromYear, toYear)...)
	low := off
	for _, c := range all {
		low = min(low, c.to)
	}
	var parts []*goical.Component
	for _, c := range all {
		part := observance(c, low)
		set(part, goical.PropDateTimeStart, c.wall().Format(wallTime))
		parts = append(parts, part)
	}
	return parts
}

// observance is a part of a zone without its begin. Summer time is what is
// ahead of the lowest offset: the zone database calls Ireland's winter the
// exception, which no calendar program understands.
func observance(c change, low int) *goical.Component {
	kind := goical.CompTimezoneStandard
	if c.to > low {
		kind = goical.CompTimezoneDaylight
	}
	part := goical.NewComponent(kind)
	set(part, goical.PropTimezoneOffsetFrom, utcOffset(c.from))
	set(part, goical.PropTimezoneOffsetTo, utcOffset(c.to))
	setText(part, goical.PropTimezoneName, c.name)
	return part
}

func utcOffset(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	s := fmt.Sprintf("%c%02d%02d", sign, seconds/3600, seconds/60%60)
	if rest := seconds % 60; rest != 0 {
		s += fmt.Sprintf("%02d", rest)
	}
	return s
}

// repeated tells how long ago the wall clock has shown this time already,
// before it was put back; zero where it shows it for the first time.
func repeated(t time.Time) time.Duration {
	begin, _ := t.ZoneBounds()
	if begin.IsZero() {
		return 0
	}
	_, before := begin.Add(-time.Second).Zone()
	_, now := t.Zone()
	if back := time.Duration(before-now) * time.Second; t.Sub(begin) < back {
		return back
	}
	return 0
}

// twice tells whether the wall clock shows this time twice: before it is put back,
// and once more after.
func twice(t time.Time) bool {
	if repeated(t) > 0 {
		return true
	}
	_, end := t.ZoneBounds()
	if end.IsZero() {
		return false
	}
	_, now := t.Zone()
	_, after := end.Zone()
	return end.Sub(t) <= time.Duration(now-after)*time.Second
}
