package foreign

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// A wall time is what a clock on the wall shows, kept as if it were UTC. zone says which
// instant that is.
type zone struct {
	name   string              // in the zone database; "": the calendar's own rules
	offset func(time.Time) int // seconds east of UTC at an instant
}

func zoneOf(l *time.Location) *zone {
	return &zone{l.String(), func(t time.Time) int {
		_, off := t.In(l).Zone()
		return off
	}}
}

// at is the instant of a wall time, as RFC 5545 (3.3.5) has it: of two the first; one that
// the clock skips counts as before the change.
func (z *zone) at(wall time.Time) time.Time {
	before, after := z.offset(wall.Add(-26*time.Hour)), z.offset(wall.Add(26*time.Hour))
	first := wall.Add(-time.Duration(before) * time.Second)
	if before == after || z.offset(first) == before {
		return first
	}
	if second := wall.Add(-time.Duration(after) * time.Second); z.offset(second) == after {
		return second
	}
	return first
}

// wall is what the clock shows at an instant.
func (z *zone) wall(t time.Time) time.Time {
	return t.UTC().Add(time.Duration(z.offset(t)) * time.Second)
}

// zones are those that a calendar names, found when they are first needed.
type zones struct {
	known   map[string]*zone // nil: nobody knows it
	defined map[string]*component
	until   time.Time // how far their rules are followed
	tired   func() bool
}

// What a calendar may say of a zone of its own.
const (
	maxParts  = 500 // times of the year, of all the years
	maxOnsets = 5000
)

func newZones(root *component, until time.Time, tired func() bool) *zones {
	z := &zones{known: map[string]*zone{}, defined: map[string]*component{}, until: until.AddDate(1, 0, 0), tired: tired}
	for _, c := range root.children {
		if c.name != "VTIMEZONE" || len(z.defined) >= maxZones {
			continue
		}
		if id := c.get("TZID"); id != nil {
			z.defined[strings.TrimSpace(id.value)] = c
		}
	}
	return z
}

// find gives the zone of a name: of the zone database, of Windows, or as the calendar
// itself describes it; nil where nobody knows it.
func (z *zones) find(name string) *zone {
	name = strings.TrimSpace(name)
	found, ok := z.known[name]
	if !ok {
		if len(z.known) >= maxZones {
			return nil
		}
		found = z.search(name)
		z.known[name] = found
	}
	return found
}

func (z *zones) search(name string) *zone {
	if strings.Contains(name, "/") || name == "UTC" || name == "GMT" {
		if l := location(name); l != nil {
			return zoneOf(l)
		}
	}
	if iana, ok := windowsZone(name); ok {
		if l := location(iana); l != nil {
			return zoneOf(l)
		}
	}
	if c := z.defined[name]; c != nil {
		if described := z.described(c); described != nil {
			return described
		}
	}
	if l := location(name); l != nil {
		return zoneOf(l)
	}
	parts := strings.Split(name, "/") // such as /freeassociation.sourceforge.net/Europe/Berlin
	for n := min(3, len(parts)-1); n >= 2; n-- {
		if l := location(strings.Join(parts[len(parts)-n:], "/")); l != nil {
			return zoneOf(l)
		}
	}
	return nil
}

// location is a zone of the zone database; nil where there is none of the name, or it is
// one of this computer.
func location(name string) *time.Location {
	if name == "" || name == "Local" || len(name) > 60 {
		return nil
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return l
}

// onset is when a clock begins to show another time.
type onset struct {
	at       time.Time
	from, to int
}

// described makes a zone of the rules that a calendar gives for it; nil where they make
// no sense.
func (z *zones) described(c *component) *zone {
	if len(c.children) > maxParts {
		return nil
	}
	var all []onset
	for _, part := range c.children {
		if part.name != "STANDARD" && part.name != "DAYLIGHT" {
			continue
		}
		some, ok := z.onsets(part)
		if !ok || len(all)+len(some) > maxOnsets || z.tired() {
			return nil
		}
		all = append(all, some...)
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b onset) int { return a.at.Compare(b.at) })
	return &zone{"", func(t time.Time) int {
		i, _ := slices.BinarySearchFunc(all, t, func(o onset, t time.Time) int {
			if o.at.After(t) {
				return 1
			}
			return -1
		})
		if i == 0 {
			return all[0].from
		}
		return all[i-1].to
	}}
}

// onsets are those of one part of a VTIMEZONE.
func (z *zones) onsets(part *component) (list []onset, ok bool) {
	from, ok1 := utcOffset(part.value("TZOFFSETFROM"))
	to, ok2 := utcOffset(part.value("TZOFFSETTO"))
	begin, err := time.Parse(wallLayout, part.value("DTSTART"))
	if !ok1 || !ok2 || err != nil {
		return nil, false
	}
	walls := []time.Time{begin}
	if value := part.value("RRULE"); value != "" {
		r, ok := newRule(value, begin, func(until time.Time) time.Time { return until.AddDate(0, 0, 1) }) // in UTC, which is not far from it
		if !ok || r.OrigOptions.Freq != rrule.YEARLY {
			return nil, false
		}
		if !r.walk(func(t time.Time) bool {
			walls = append(walls, t)
			return t.Before(z.until) && len(walls) < 1000
		}) {
			return nil, false
		}
	}
	for _, p := range part.props {
		if p.name == "RDATE" && len(walls) < 1000 {
			for text := range strings.SplitSeq(p.value, ",") {
				if t, err := time.Parse(wallLayout, text); err == nil {
					walls = append(walls, t)
				}
			}
		}
	}
	for _, w := range walls {
		list = append(list, onset{w.Add(-time.Duration(from) * time.Second), from, to})
	}
	return list, true
}

// utcOffset reads +0100 or -023045, in seconds.
func utcOffset(s string) (int, bool) {
	if len(s) != 5 && len(s) != 7 || s[0] != '+' && s[0] != '-' || strings.Trim(s[1:], "0123456789") != "" {
		return 0, false
	}
	number := func(a, b int) int {
		if b > len(s) {
			return 0
		}
		n, _ := strconv.Atoi(s[a:b]) // digits alone
		return n
	}
	n := number(1, 3)*3600 + number(3, 5)*60 + number(5, 7)
	if s[0] == '-' {
		n = -n
	}
	return n, n > -24*3600 && n < 24*3600
}
