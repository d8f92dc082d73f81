package foreign

import (
	"strconv"
	"strings"
	"time"
)

// moment is a date, or a wall time with its zone.
type moment struct {
	wall time.Time
	zone *zone
	date bool
	utc  bool
}

// event is one VEVENT, as far as it says when somebody is busy.
type event struct {
	uid      string
	sequence int
	busy     bool
	odd      bool // something about it was not understood; what was is used
	start    moment
	end      *moment       // nil: the length says it
	days     int           // the length: whole days by the clock on the wall,
	exact    time.Duration // and time beyond them
	replaces string        // the occurrence of a series that it stands for; "" none
	rules    []rule
	without  []rule
	except   map[string]bool // occurrences that are left out
	more     []event         // occurrences beside the rules
}

// span is the time of the occurrence that begins at a wall time.
func (e *event) span(r *reader, wall time.Time) Time {
	if e.start.date {
		if e.end != nil {
			days := int(e.end.wall.Sub(e.start.wall).Hours() / 24)
			return Time{r.office.at(wall), r.office.at(wall.AddDate(0, 0, max(1, days)))}
		}
		return Time{r.office.at(wall), r.office.at(wall.AddDate(0, 0, e.days)).Add(e.exact)}
	}
	t := Time{From: e.start.zone.at(wall)}
	switch {
	case e.end == nil:
		t.To = e.start.zone.at(wall.AddDate(0, 0, e.days)).Add(e.exact)
	case e.end.zone == e.start.zone:
		length := e.end.wall.Sub(e.start.wall)
		if t.To = e.start.zone.at(wall.Add(length)); !t.From.Before(t.To) { // in the hour that the clock skips
			t.To = t.From.Add(length)
		}
	default:
		t.To = t.From.Add(e.end.zone.at(e.end.wall).Sub(e.start.zone.at(e.start.wall)))
	}
	return t
}

// event reads a VEVENT; false where nobody can tell when it is.
func (r *reader) event(c *component) (e *event, ok bool) {
	e = &event{busy: r.isBusy(c), except: map[string]bool{}}
	if p := c.get("UID"); p != nil {
		e.uid = strings.TrimSpace(p.value)
	}
	e.sequence, _ = strconv.Atoi(c.value("SEQUENCE")) // none: 0
	start := c.get("DTSTART")
	if start == nil {
		return nil, false
	}
	if e.start, ok = r.moment(*start); !ok {
		return nil, false
	}
	if !e.readLength(r, c) {
		return nil, false
	}
	if e.start.zone == r.floating && !e.start.date && !e.start.utc && start.params.get("TZID") == "" {
		r.out.Floating++
	}
	if e.start.zone.name != "" && !e.start.date && !e.start.utc {
		r.named[e.start.zone.name]++
	}
	if p := c.get("RECURRENCE-ID"); p != nil {
		m, ok := r.moment(*p)
		if !ok {
			return nil, false
		}
		if e.replaces = m.key(); strings.EqualFold(p.params.get("RANGE"), "THISANDFUTURE") {
			r.out.Strange++ // of all that follow the first alone is moved
		}
		return e, true
	}
	for _, p := range c.props {
		if !e.readRecurrence(r, p) {
			e.odd = true
		}
	}
	return e, true
}

// key names an occurrence by when it begins.
func (m *moment) key() string {
	if m.date {
		return m.wall.Format(dateLayout)
	}
	return instantKey(m.zone.at(m.wall))
}

// readLength finds out how long an entry is; false where it ends before it begins.
func (e *event) readLength(r *reader, c *component) bool {
	if p := c.get("DTEND"); p != nil {
		end, ok := r.moment(*p)
		if !ok || end.date != e.start.date {
			return false
		}
		e.end = &end
		t := e.span(r, e.start.wall)
		return !t.To.Before(t.From) && !(end.date && end.wall.Before(e.start.wall))
	}
	if p := c.get("DURATION"); p != nil {
		var ok bool
		e.days, e.exact, ok = duration(strings.TrimSpace(p.value))
		return ok
	}
	if e.start.date {
		e.days = 1
	}
	return true
}

// readRecurrence reads a line that says when an entry comes again, or does not.
func (e *event) readRecurrence(r *reader, p property) bool {
	switch p.name {
	case "RRULE", "EXRULE":
		local := func(t time.Time) time.Time { return t }
		if !e.start.date {
			local = e.start.zone.wall
		}
		if len(e.rules)+len(e.without) >= maxRules {
			return false
		}
		one, ok := newRule(strings.ToUpper(strings.TrimSpace(p.value)), e.start.wall, local)
		if ok && p.name == "RRULE" {
			e.rules = append(e.rules, one)
		} else if ok {
			e.without = append(e.without, one)
		}
		return ok
	case "EXDATE", "RDATE":
		for text := range strings.SplitSeq(p.value, ",") {
			if r.dates++; r.dates > maxDates {
				return false
			}
			one := property{params: p.params, value: text}
			if p.name == "RDATE" && strings.Contains(text, "/") {
				more, ok := r.period(one)
				if !ok {
					return false
				}
				e.more = append(e.more, more)
				continue
			}
			m, ok := r.moment(one)
			if !ok {
				return false
			}
			if p.name == "EXDATE" {
				e.except[m.key()] = true
				continue
			}
			e.more = append(e.more, e.movedTo(m))
		}
	}
	return true
}

// movedTo is the entry's time beginning at another moment.
func (e *event) movedTo(m moment) event {
	if m.date != e.start.date {
		m.date, m.zone = e.start.date, e.start.zone
	}
	more := event{start: m, days: e.days, exact: e.exact}
	if e.end != nil {
		length := e.end.wall.Sub(e.start.wall)
		if !e.start.date && e.end.zone != e.start.zone {
			length = e.end.zone.at(e.end.wall).Sub(e.start.zone.at(e.start.wall))
		}
		end := m
		end.wall = m.wall.Add(length)
		more.end = &end
	}
	return more
}

// period reads start/end or start/duration.
func (r *reader) period(p property) (e event, ok bool) {
	from, to, _ := strings.Cut(strings.TrimSpace(p.value), "/")
	if e.start, ok = r.moment(property{params: p.params, value: from}); !ok || e.start.date {
		return e, false
	}
	if strings.HasPrefix(to, "P") || strings.HasPrefix(to, "+P") {
		e.days, e.exact, ok = duration(to)
		return e, ok
	}
	end, ok := r.moment(property{params: p.params, value: to})
	e.end = &end
	if !ok || end.date {
		return e, false
	}
	t := e.span(r, e.start.wall)
	return e, !t.To.Before(t.From)
}

// moment reads a time. One that names no zone is the calendar's own, else the office's;
// one in a zone that nobody knows is none.
func (r *reader) moment(p property) (m moment, ok bool) {
	v := strings.TrimSpace(p.value)
	if t, err := time.Parse(dateLayout, v); err == nil {
		return moment{wall: t, date: true, zone: r.office}, sensible(t)
	}
	if t, err := time.Parse(wallLayout+"Z", v); err == nil {
		return moment{wall: t, zone: r.zones.find("UTC"), utc: true}, sensible(t)
	}
	t, err := time.Parse(wallLayout, v)
	if err != nil || !sensible(t) {
		return m, false
	}
	z := r.floating
	if id := p.params.get("TZID"); id != "" {
		if z = r.zones.find(id); z == nil {
			return m, false
		}
	}
	return moment{wall: t, zone: z}, true
}

// sensible are years that anybody's calendar means.
func sensible(t time.Time) bool { return t.Year() >= 1600 && t.Year() < 3000 }

// longest is how many days an entry may last.
const longest = 36600

// duration reads P1W, P1DT2H or -PT5M: whole days, and time beyond them. One that is
// negative, or longer than any entry, is none.
func duration(s string) (days int, exact time.Duration, ok bool) {
	rest, ok := strings.CutPrefix(strings.ToUpper(strings.TrimPrefix(s, "+")), "P")
	if !ok || rest == "" {
		return 0, 0, false
	}
	timed := false
	for rest != "" {
		if rest[0] == 'T' && !timed {
			timed, rest = true, rest[1:]
			continue
		}
		i := strings.IndexFunc(rest, func(c rune) bool { return c < '0' || c > '9' })
		if i < 1 || i > 8 || days > longest || exact > longest*24*time.Hour {
			return 0, 0, false
		}
		n, _ := strconv.Atoi(rest[:i]) // digits alone
		if unit := rest[i]; unit == 'H' && n > longest*24 || unit == 'M' && n > longest*24*60 {
			return 0, 0, false // more than can be reckoned with
		}
		switch unit := rest[i]; {
		case unit == 'W' && !timed:
			days += 7 * n
		case unit == 'D' && !timed:
			days += n
		case unit == 'H' && timed:
			exact += time.Duration(n) * time.Hour
		case unit == 'M' && timed:
			exact += time.Duration(n) * time.Minute
		case unit == 'S' && timed:
			exact += time.Duration(n) * time.Second
		default:
			return 0, 0, false
		}
		rest = rest[i+1:]
	}
	return days, exact, days <= longest && exact <= longest*24*time.Hour
}

// isBusy decides whether an entry takes time at all.
func (r *reader) isBusy(c *component) bool {
	status, shown := c.value("STATUS"), c.value("X-MICROSOFT-CDO-BUSYSTATUS")
	switch {
	case status == "CANCELLED", shown == "FREE", r.declined(c):
		return false
	case shown == "WORKINGELSEWHERE": // whatever TRANSP says
		return !r.w.ignores(Elsewhere)
	case c.value("TRANSP") == "TRANSPARENT":
		return false
	case status == "TENTATIVE", shown == "TENTATIVE":
		return !r.w.ignores(Tentative)
	}
	return true
}

// declined reports that whose calendar it is does not come, as far as that can be told:
// their address is the calendar's name, or nobody else is asked.
func (r *reader) declined(c *component) bool {
	var asked, not int
	for _, p := range c.props {
		if p.name != "ATTENDEE" {
			continue
		}
		asked++
		if !strings.EqualFold(p.params.get("PARTSTAT"), "DECLINED") {
			continue
		}
		not++
		address := strings.ToLower(strings.TrimSpace(p.value))
		if r.owner != "" && strings.TrimPrefix(address, "mailto:") == r.owner {
			return true
		}
	}
	return asked == 1 && not == 1
}
