package foreign

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	dateLayout = "20060102"
	wallLayout = "20060102T150405"
)

// patience is how long reading one calendar may take.
const patience = 5 * time.Second

// reader reads one calendar.
type reader struct {
	w        Window
	office   *zone
	floating *zone // of times that name none
	zones    *zones
	owner    string // address of whose calendar it is; "" unknown
	began    time.Time
	times    int            // in the window
	dates    int            // that lines name one by one
	named    map[string]int // entries by the name of their zone
	out      Calendar
}

func newReader(root *component, w Window) *reader {
	r := &reader{w: w, office: zoneOf(w.Zone), began: time.Now(), named: map[string]int{}}
	r.zones = newZones(root, w.To, r.tired)
	r.floating = r.office
	if p := root.get("X-WR-TIMEZONE"); p != nil {
		if z := r.zones.find(unescape(p.value)); z != nil {
			r.floating = z
		}
	}
	if p := root.get("X-WR-CALNAME"); p != nil && strings.Contains(p.value, "@") { // as Google calls the first calendar of an account
		r.owner = strings.ToLower(strings.TrimSpace(p.value))
	}
	return r
}

// tired reports that this calendar has had its time.
func (r *reader) tired() bool { return time.Since(r.began) > patience }

// over reports that this calendar is beyond what is read.
func (r *reader) over() bool { return r.times > maxTimes || r.dates > maxDates || r.tired() }

// mostly is the zone that most entries were read in.
func (r *reader) mostly() (name string) {
	for _, n := range slices.Sorted(maps.Keys(r.named)) {
		if name == "" || r.named[n] > r.named[name] {
			name = n
		}
	}
	return name
}

func unescape(s string) string { return strings.ReplaceAll(s, `\`, "") }

// series is what belongs to one UID: entries, and those that replace a single time.
type series struct {
	uid       string
	masters   []*event
	overrides map[string]*event // by what they replace
}

// entries reads all that can take time.
func (r *reader) entries(root *component) error {
	var order []*series
	byUID := map[string]*series{}
	n := 0
	for _, c := range root.children {
		if c.name != "VEVENT" && c.name != "VFREEBUSY" {
			continue
		}
		if n++; n > maxEntries {
			return ErrTooMuch
		}
		if c.name == "VFREEBUSY" {
			r.freeBusy(c)
			continue
		}
		e, ok := r.event(c)
		if r.over() {
			return ErrTooMuch
		}
		if !ok {
			r.out.Strange++
			continue
		}
		s := byUID[e.uid]
		if s == nil || e.uid == "" {
			s = &series{uid: e.uid, overrides: map[string]*event{}}
			byUID[e.uid] = s
			order = append(order, s)
		}
		s.add(e)
	}
	for _, s := range order {
		if r.expand(s); r.over() {
			return ErrTooMuch
		}
	}
	if r.over() {
		return ErrTooMuch
	}
	return nil
}

// add files an entry. Of several versions the newest counts.
func (s *series) add(e *event) {
	if e.replaces != "" {
		if old := s.overrides[e.replaces]; old == nil || old.sequence <= e.sequence {
			s.overrides[e.replaces] = e
		}
		return
	}
	if len(s.masters) > 0 && s.masters[0].sequence > e.sequence {
		return
	}
	if len(s.masters) > 0 && s.masters[0].sequence < e.sequence {
		s.masters = nil
	}
	s.masters = append(s.masters, e)
}

func (r *reader) expand(s *series) {
	var times []Time
	for _, e := range s.masters {
		found, ok := r.occurrences(e, s.overrides)
		if !ok {
			r.out.Strange++
		}
		if times = append(times, found...); r.over() {
			return
		}
	}
	for _, e := range s.overrides {
		if t := e.span(r, e.start.wall); e.busy {
			times = r.within(times, t)
		}
	}
	if len(times) > 0 {
		slices.SortFunc(times, func(a, b Time) int { return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To)) })
		r.out.Entries = append(r.out.Entries, Entry{s.uid, times})
	}
}

// within appends a time that touches the window, and is one.
func (r *reader) within(times []Time, t Time) []Time {
	if t.From.Before(t.To) && t.From.Before(r.w.To) && r.w.From.Before(t.To) {
		r.times++
		return append(times, t)
	}
	return times
}

// occurrences are the times that an entry takes; false where there are too many, or its
// rule cannot be read: then it takes those that are certain.
func (r *reader) occurrences(e *event, overrides map[string]*event) (times []Time, ok bool) {
	if !e.busy {
		return nil, true
	}
	from, to := e.reach(r)
	walls := []time.Time{e.start.wall}
	for _, one := range e.rules {
		if walls, ok = one.between(from, to, walls); !ok || r.tired() {
			return nil, false
		}
	}
	var gone []time.Time
	for _, one := range e.without {
		if gone, ok = one.between(from, to, gone); !ok || r.tired() {
			return nil, false
		}
	}
	slices.SortFunc(gone, time.Time.Compare)
	slices.SortFunc(walls, time.Time.Compare)
	for _, w := range slices.CompactFunc(walls, time.Time.Equal) {
		if _, left := slices.BinarySearchFunc(gone, w, time.Time.Compare); !left && !e.drops(r, w, overrides) {
			times = r.within(times, e.span(r, w))
		}
	}
	for _, p := range e.more {
		if !e.drops(r, p.start.wall, overrides) {
			times = r.within(times, p.span(r, p.start.wall))
		}
	}
	return times, !e.odd
}

// reach is between which walls an occurrence can touch the window.
func (e *event) reach(r *reader) (from, to time.Time) {
	length := min(e.span(r, e.start.wall).length(), 10*366*24*time.Hour)
	const day = 24 * time.Hour
	return r.w.From.UTC().Add(-length - 3*day), r.w.To.UTC().Add(2 * day)
}

func (t Time) length() time.Duration { return max(0, t.To.Sub(t.From)) }

// drops reports that an occurrence is left out, or something else takes its place.
func (e *event) drops(r *reader, wall time.Time, overrides map[string]*event) bool {
	day, whole := wall.Format(dateLayout), e.start.date
	key := day
	if !whole {
		key = instantKey(e.start.zone.at(wall))
	}
	return overrides[key] != nil || overrides[day] != nil || e.except[key] || e.except[day]
}

func instantKey(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) + "s" }

// freeBusy reads a VFREEBUSY: its times are all that it is.
func (r *reader) freeBusy(c *component) {
	var times []Time
	for _, p := range c.props {
		if p.name != "FREEBUSY" {
			continue
		}
		switch strings.ToUpper(p.params.get("FBTYPE")) {
		case "FREE":
			continue
		case "BUSY-TENTATIVE":
			if r.w.ignores(Tentative) {
				continue
			}
		}
		for text := range strings.SplitSeq(p.value, ",") {
			r.dates++
			e, ok := r.period(property{value: text})
			if !ok {
				r.out.Strange++
				continue
			}
			times = r.within(times, e.span(r, e.start.wall))
		}
	}
	if len(times) > 0 {
		uid := ""
		if p := c.get("UID"); p != nil {
			uid = strings.TrimSpace(p.value)
		}
		r.out.Entries = append(r.out.Entries, Entry{uid, times})
	}
}
