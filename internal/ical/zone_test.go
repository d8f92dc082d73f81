package ical

import (
	"slices"
	"strings"
	"testing"
	"time"

	goical "github.com/emersion/go-ical"
	"github.com/teambition/rrule-go"
)

// hardZones covers both hemispheres, half hours, two-hour and half-hour summer
// time, negative summer time, Ramadan, odd weekdays, and rules that changed.
var hardZones = []string{
	"Europe/Berlin", "UTC", "Asia/Kolkata", "America/New_York", "Australia/Sydney",
	"Europe/Dublin", "Europe/London", "Africa/Casablanca", "Africa/Cairo", "Asia/Gaza", "Asia/Jerusalem", "Asia/Beirut",
	"America/Santiago", "America/Nuuk", "America/Havana", "America/Mexico_City", "America/Sao_Paulo", "America/Asuncion",
	"Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia", "Antarctica/Troll", "Asia/Tehran", "Asia/Kathmandu", "Europe/Volgograd",
}

var plainZones = hardZones[:5]

// onset is a moment from which a VTIMEZONE says that an offset is in force.
type onset struct {
	at     time.Time
	offset int
}

// onsets evaluates a VTIMEZONE as a calendar program does: each part begins at
// DTSTART and comes again by its RRULE, told in the offset it ends.
func onsets(t testing.TB, vtimezone *goical.Component, until time.Time) []onset {
	t.Helper()
	var out []onset
	for _, part := range vtimezone.Children {
		from, to := readOffset(t, text(part, "TZOFFSETFROM")), readOffset(t, text(part, "TZOFFSETTO"))
		start, err := time.Parse(wallTime, text(part, "DTSTART"))
		if err != nil {
			t.Fatal(err)
		}
		walls := []time.Time{start}
		option, err := part.Props.RecurrenceRule()
		if err != nil {
			t.Fatal(err)
		}
		if option != nil {
			option.Dtstart = start
			rule, err := rrule.NewRRule(*option)
			if err != nil {
				t.Fatal(err)
			}
			walls = rule.Between(start, until, true)
			if len(walls) == 0 || !walls[0].Equal(start) {
				t.Fatalf("DTSTART %v is not the first of its rule %v", start, option)
			}
		}
		for _, wall := range walls {
			out = append(out, onset{wall.Add(-from), int(to / time.Second)})
		}
	}
	slices.SortFunc(out, func(a, b onset) int { return a.at.Compare(b.at) })
	return out
}

func readOffset(t testing.TB, s string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(s[1:3] + "h" + s[3:5] + "m")
	if err != nil || len(s) != 5 {
		t.Fatalf("offset %q", s)
	}
	if s[0] == '-' {
		return -d
	}
	return d
}

func inForce(all []onset, at time.Time) int {
	i, found := slices.BinarySearchFunc(all, at, func(o onset, t time.Time) int { return o.at.Compare(t) })
	if !found {
		i--
	}
	return all[max(i, 0)].offset
}

// agrees compares a VTIMEZONE with Go's zone: six times a day, and a second
// before and at every shift.
func agrees(t *testing.T, vtimezone *goical.Component, loc *time.Location, fromYear, toYear int) {
	t.Helper()
	begin, end := time.Date(fromYear, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(toYear, 1, 1, 0, 0, 0, 0, time.UTC)
	all := onsets(t, vtimezone, end.AddDate(0, 0, 2))
	var moments []time.Time
	for at := begin; at.Before(end); at = at.Add(4 * time.Hour) {
		moments = append(moments, at)
	}
	for _, c := range changes(loc, fromYear, toYear) {
		moments = append(moments, c.at.Add(-time.Second), c.at)
	}
	for _, at := range moments {
		_, want := at.In(loc).Zone()
		if got := inForce(all, at); got != want {
			t.Errorf("%v at %v: got offset %d, want %d", loc, at, got, want)
			return
		}
	}
}

func TestPlainZonesHaveStandingRulesG8(t *testing.T) {
	for _, name := range plainZones {
		loc := zone(t, name)
		vtimezone := timezone(loc, time.Date(2021, 1, 1, 0, 0, 0, 0, loc), time.Date(2039, 12, 31, 0, 0, 0, 0, loc))
		agrees(t, vtimezone, loc, 2020, 2041)
		var kinds []string
		for _, part := range vtimezone.Children {
			kinds = append(kinds, part.Name)
			if !strings.HasPrefix(text(part, "DTSTART"), "1970") {
				t.Errorf("%s: got a rule from %s, want 1970", name, text(part, "DTSTART"))
			}
			if part.Props.Get("RRULE") == nil && len(vtimezone.Children) > 1 {
				t.Errorf("%s: no RRULE", name)
			}
			if part.Props.Get("RDATE") != nil {
				t.Errorf("%s: RDATE", name)
			}
		}
		want := []string{"STANDARD", "DAYLIGHT"}
		if name == "UTC" || name == "Asia/Kolkata" {
			want = want[:1]
		}
		if !slices.Equal(kinds, want) {
			t.Errorf("%s: got %v, want %v", name, kinds, want)
		}
		if again := timezone(loc, time.Time{}, time.Time{}); !slices.EqualFunc(again.Children, vtimezone.Children, sameProps) {
			t.Errorf("%s: rules depend on the entries", name)
		}
	}
}

func sameProps(a, b *goical.Component) bool {
	return text(a, "RRULE") == text(b, "RRULE") && text(a, "DTSTART") == text(b, "DTSTART") && a.Name == b.Name
}

func TestEveryZoneIsRightAroundItsEntries(t *testing.T) {
	for _, name := range hardZones {
		loc := zone(t, name)
		for year := 2020; year <= 2040; year++ {
			at := time.Date(year, 6, 15, 12, 0, 0, 0, loc)
			vtimezone := timezone(loc, at, at)
			agrees(t, vtimezone, loc, year-1, year+2)
			if !slices.ContainsFunc(vtimezone.Children, func(c *goical.Component) bool { return c.Name == "STANDARD" }) {
				t.Errorf("%s %d: no STANDARD", name, year)
			}
		}
	}
}

func TestBerlinRules(t *testing.T) {
	loc := zone(t, "Europe/Berlin")
	parts := timezone(loc, time.Time{}, time.Time{}).Children
	for i, want := range []map[string]string{
		{"DTSTART": "19701025T030000", "RRULE": "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "TZOFFSETFROM": "+0200", "TZOFFSETTO": "+0100", "TZNAME": "CET"},
		{"DTSTART": "19700329T020000", "RRULE": "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "TZOFFSETFROM": "+0100", "TZOFFSETTO": "+0200", "TZNAME": "CEST"},
	} {
		for prop, value := range want {
			if got := text(parts[i], prop); got != value {
				t.Errorf("%s: %s: got %q, want %q", parts[i].Name, prop, got, value)
			}
		}
	}
}

// Both days on which the clock is put: entries of every quarter of an hour keep
// their instant and their length.
func TestClockChangeDays(t *testing.T) {
	loc := zone(t, "Europe/Berlin")
	for _, day := range []time.Time{time.Date(2027, 3, 28, 0, 0, 0, 0, loc), time.Date(2027, 10, 31, 0, 0, 0, 0, loc)} {
		var events []Event
		for at := day; at.Before(day.AddDate(0, 0, 1)); at = at.Add(15 * time.Minute) {
			events = append(events, Event{UID: at.UTC().Format(utcTime), Start: at, End: at.Add(90 * time.Minute)})
		}
		cal, err := Parse(Feed(FeedInfo{Zone: loc}, events))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range events {
			if got := cal.Events[i]; !got.Start.Equal(want.Start) || !got.End.Equal(want.End) || got.UID != want.UID {
				t.Errorf("got %v to %v, want %v to %v", got.Start, got.End, want.Start, want.End)
			}
		}
	}
}

func TestNamelessZonesBecomeUTC(t *testing.T) {
	e := visit(t)
	for _, loc := range []*time.Location{nil, time.Local, time.FixedZone("", 3600), time.FixedZone("X\r\nY:Z", 3600)} {
		e.Zone = loc
		data := must(t)(Letter(Request, e, sent))
		cal, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		if !cal.Events[0].Start.Equal(e.Start) || cal.Zones[0] != "UTC" {
			t.Errorf("got\n%s", data)
		}
	}
}
