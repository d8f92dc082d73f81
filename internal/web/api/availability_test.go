package api_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

func TestAvailabilityListsFreeStarts(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		a := c.do("GET", "/availability?service=ausweis*2&service=pass&from=2026-07-07&to=2026-07-09&calendar=buergerbuero", nil)
		got := read[availability](c, a, 200)
		if got.Timezone != "Europe/Berlin" || got.DurationMinutes != 40 || len(got.Days) != 3 || got.NextFree == nil || *got.NextFree != at(4, "08:00") {
			t.Fatalf("got %s", a.body)
		}
		// 24 starts every 10 minutes, of which the last three would end after noon.
		day := got.Days[1]
		if day.Date != "2026-07-08" || len(day.Slots) != 21 {
			t.Errorf("got %s with %d slots", day.Date, len(day.Slots))
		}
		if s := day.Slots[0]; s.Start != at(2, "08:00") || s.Calendar != "buergerbuero" || s.Site != "rathaus" || s.Free != 2 || s.DurationMinutes != 40 || !slices.Equal(s.Modes, []string{"onsite"}) {
			t.Errorf("got %+v", s)
		}
		// The horizon ends on a Friday: the Monday after it can be booked from Thursday on.
		if got.NextRelease == nil || *got.NextRelease != at(3, "00:00") {
			t.Errorf("got %s", a.body)
		}
		onlyKeys(t, a.body, "timezone durationMinutes days date slots start calendar site modes free nextFree nextRelease")
		if got := a.header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("got Cache-Control %q", got)
		}
	})
}

func TestAvailabilityWithoutPeriodIsAWeek(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		got := read[availability](c, c.do("GET", "/availability?service=ausweis", nil), 200)
		if len(got.Days) != 7 || got.Days[0].Date != "2026-07-06" {
			t.Fatalf("got %d days from %s", len(got.Days), got.Days[0].Date)
		}
		// Two calendars, in order of start, then of calendar; today only after the lead.
		first := got.Days[0].Slots[:2]
		if first[0].Start != at(0, "08:00") || first[0].Calendar != "ausweise" || first[1].Calendar != "buergerbuero" {
			t.Errorf("got %+v", first)
		}
		if n := len(got.Days[5].Slots); n != 0 {
			t.Errorf("got %d slots on a Saturday", n)
		}
	})
}

func TestAvailabilityForStaff(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		token := bearer(c.token(agenda.Clerk, "buergerdienste"))
		c.clock.Set(desktest.At(0, "07:45"))
		got := read[availability](c, c.do("GET", "/availability?service=pass&from=2026-07-06&to=2026-07-06", nil, token...), 200)
		if len(got.Days[0].Slots) == 0 || got.Days[0].Slots[0].Start != at(0, "08:00") || got.Days[0].Slots[0].Free != 3 {
			t.Errorf("got %+v, want 08:00 with all three seats", got.Days[0].Slots)
		}
		far := read[availability](c, c.do("GET", "/availability?service=pass&from=2026-10-01&to=2026-10-01", nil, token...), 200)
		if len(far.Days[0].Slots) == 0 || far.NextRelease != nil {
			t.Errorf("got %+v beyond the horizon", far.Days[0].Slots)
		}
		other := read[availability](c, c.do("GET", "/availability?service=beratung", nil, token...), 200)
		if slices.ContainsFunc(other.Days, func(d struct {
			Date  string
			Slots []slot
		}) bool {
			return len(d.Slots) > 0
		}) {
			t.Error("a token of one department sees slots of another")
		}
		public := read[availability](c, c.do("GET", "/availability?service=pass&from=2026-07-06&to=2026-07-06", nil, bearer(c.token(agenda.County, ""))...), 200)
		if public.Days[0].Slots[0].Start != at(0, "08:50") || public.Days[0].Slots[0].Free != 2 {
			t.Errorf("the county, which sees no bookings, got %+v", public.Days[0].Slots[0])
		}
	})
}

func TestAvailabilityTakesAnswersAndModes(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.change(func(s *agenda.Setup) {
			secretive(s)
			s.Services[0].Modes = []string{"onsite", "phone"}
		})
		got := read[availability](c, c.do("GET", "/availability?service=ausweis&answer=ausweis.art:express&mode=phone", nil), 200)
		if s := got.Days[1].Slots[0]; s.Calendar != "ausweise" || s.DurationMinutes != 25 || got.DurationMinutes != 25 || !slices.Equal(s.Modes, []string{"phone"}) {
			t.Errorf("got %+v", s)
		}
		bad := c.refused(c.do("GET", "/availability?service=ausweis&mode=home", nil), 422, "invalid")
		if !slices.Equal(bad.fields(), []string{"mode unknown"}) {
			t.Errorf("got %v", bad.fields())
		}
	})
}

func TestAvailabilityRefuses(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.change(secretive)
		for _, x := range searches() {
			got := c.refused(c.do("GET", "/availability?"+x.query, nil), x.status, x.code)
			if !slices.Equal(got.fields(), x.fields) {
				t.Errorf("%s: got %v, want %v", x.query, got.fields(), x.fields)
			}
		}
		read[availability](c, c.do("GET", "/availability?service=ausweis&from=2026-07-08&to=2026-10-07", nil), 200) // 92 days
	})
}

type badSearch struct {
	query, code string
	status      int
	fields      []string
}

// searches that are refused.
func searches() []badSearch {
	return []badSearch{
		{"", "invalid", 422, []string{"service required"}},
		{"service=nichts", "invalid", 422, []string{"service unknown"}},
		{"service=geheim", "invalid", 422, []string{"service unknown"}},
		{"service=verweis", "invalid", 422, []string{"service unknown"}},
		{"service=ausweis*", "invalid", 422, []string{"service format"}},
		{"service=ausweis*x", "invalid", 422, []string{"service format"}},
		{"service=ausweis*99999999999999999999", "invalid", 422, []string{"service format"}},
		{"service=ausweis*0", "invalid", 422, []string{"service range"}},
		{"service=ausweis*-1", "invalid", 422, []string{"service range"}},
		{"service=ausweis*4", "too_many", 422, []string{"service too_many"}},
		{"service=ausweis*9007199254740993", "too_many", 422, []string{"service too_many"}},
		{"service=ausweis&service=ausweis", "invalid", 422, []string{"service duplicate"}},
		{"service=ausweis&service=beratung", "not_combinable", 422, []string{"service not_combinable"}},
		{"service=ausweis&calendar=nichts", "invalid", 422, []string{"calendar unknown"}},
		{"service=ausweis&calendar=unten", "invalid", 422, []string{"calendar unknown"}},
		{"service=ausweis&site=keller", "invalid", 422, []string{"site unknown"}},
		{"service=ausweis&answer=x", "invalid", 422, []string{"answer format"}},
		{"service=ausweis&answer=pass.art:neu", "invalid", 422, []string{"answer unknown"}},
		{"service=ausweis&answer=ausweis.art:neu&answer=ausweis.art:neu", "invalid", 422, []string{"answer duplicate"}},
		{"service=ausweis&answer=ausweis.art:falsch", "invalid", 422, []string{"ausweis.art unknown"}},
		{"service=ausweis&answer=ausweis.x:falsch", "invalid", 422, []string{"ausweis.x unknown"}},
		{"service=ausweis&mode=rakete", "invalid", 422, []string{"mode unknown"}},
		{"service=ausweis&from=7.7.2026", "invalid", 422, []string{"from format"}},
		{"service=ausweis&from=2026-02-30&to=x", "invalid", 422, []string{"from format", "to format"}},
		{"service=ausweis&from=2026-07-08&to=2026-07-07", "invalid", 422, []string{"to range"}},
		{"service=ausweis&from=2026-07-08&to=2026-10-08", "invalid", 422, []string{"to range"}},
		{"service=ausweis&from=9999-12-31", "invalid", 422, []string{"from range"}},
		{"service=ausweis&from=0001-01-01", "invalid", 422, []string{"from range"}},
		{"service=ausweis&calendar=%00", "unreadable", 400, nil},
		{"service=%ff", "unreadable", 400, nil},
		{"service=%zz", "unreadable", 400, nil},
		{"service=ausweis;calendar=ausweise", "unreadable", 400, nil},
	}
}

func TestNextFree(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		a := c.do("GET", "/next-free?service=ausweis", nil)
		type first struct{ Site, Calendar, Start string }
		got := read[struct{ Sites []first }](c, a, 200)
		if want := (first{"rathaus", "buergerbuero", at(0, "08:00")}); len(got.Sites) != 1 || got.Sites[0] != want {
			t.Errorf("got %s, want %+v", a.body, want)
		}
		if got := a.header.Get("Cache-Control"); got != "public, max-age=60" {
			t.Errorf("got Cache-Control %q", got)
		}
		onlyKeys(t, a.body, "sites site calendar start")
		c.refused(c.do("GET", "/next-free", nil), 422, "invalid")
		c.refused(c.do("GET", "/next-free?service=ausweis&service=impfen", nil), 422, "not_combinable")
		if a := c.do("GET", "/next-free?service=beratung", nil, bearer(c.token(agenda.Clerk, "buergerdienste"))...); !strings.Contains(string(a.body), `"sites":[]`) || !strings.HasPrefix(a.header.Get("Cache-Control"), "private") {
			t.Errorf("got %s, %v", a.body, a.header)
		}
	})
}

// What is written is what the desk finds, slot by slot, whatever was written before.
func TestAvailabilityIsWhatTheDeskFinds(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		token := bearer(c.token(agenda.Clerk, "buergerdienste"))
		both := func() {
			t.Helper()
			c.holdsAgainstDesk(agenda.Public, nil)
			c.holdsAgainstDesk(agenda.Staff, desktest.Clerk(), token...)
		}
		both()
		both() // from what was kept
		for range 3 {
			_, err := c.desk.BookNow(t.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: "buergerbuero", Start: desktest.At(1, "08:00"), By: agenda.Staff, Actor: "clerk", Overbook: true},
				booking.Form{Visitor: desktest.Ada, Language: "de"}, booking.Once{})
			if err != nil {
				t.Fatal(err)
			}
			both()
		}
		c.clock.Advance(95 * time.Minute)
		both()
		c.clock.Advance(24 * time.Hour)
		both()
	})
}

// holdsAgainstDesk asks for free times and for the first of them, and compares.
func (c *client) holdsAgainstDesk(by agenda.Channel, p *agenda.Person, header ...string) {
	c.t.Helper()
	search := booking.Search{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), From: agenda.DateOf(desktest.Start), To: agenda.DateOf(desktest.Start) + 60, By: by, Person: p}
	want, err := c.desk.Availability(c.t.Context(), search)
	if err != nil {
		c.t.Fatal(err)
	}
	got := read[availability](c, c.do("GET", "/availability?service=ausweis&from=2026-07-06&to=2026-09-04", nil, header...), 200)
	n := 0
	for i, day := range want.Days {
		for k, s := range day.Slots {
			w := slot{Start: s.Start.Format(time.RFC3339), Calendar: s.Calendar, Site: s.Site, DurationMinutes: s.Minutes, Modes: s.Modes, Free: s.Free}
			if g := got.Days[i].Slots[k]; !reflect.DeepEqual(g, w) {
				c.t.Fatalf("%s, %v: got %+v, want %+v", by, day.Date, g, w)
			}
			n++
		}
		if len(got.Days[i].Slots) != len(day.Slots) || got.Days[i].Date != day.Date.String() {
			c.t.Fatalf("%s, %v: got %d slots, want %d", by, day.Date, len(got.Days[i].Slots), len(day.Slots))
		}
	}
	if n == 0 {
		c.t.Errorf("%s: nothing was compared", by)
	}
	first, err := c.desk.NextFree(c.t.Context(), search)
	if err != nil {
		c.t.Fatal(err)
	}
	free := read[struct {
		Sites []struct{ Site, Calendar, Start string }
	}](c, c.do("GET", "/next-free?service=ausweis", nil, header...), 200).Sites
	if len(free) != len(first) || len(free) == 0 || free[0].Calendar != first[0].Calendar.ID || free[0].Start != first[0].Slot.Start.Format(time.RFC3339) {
		c.t.Errorf("%s: got %+v, want %+v", by, free, first)
	}
}

// What is kept of one call is never looked for by another, whatever the query says.
func TestKeptAnswersOfCallsDoNotMeet(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.do("GET", "/next-free?x=1&service=ausweis", nil)
		got := read[availability](c, c.do("GET", "/availability?next-free?x=1&service=ausweis", nil), 200)
		if len(got.Days) != 7 {
			t.Errorf("got %d days, want a week", len(got.Days))
		}
	})
}

// Whoever finds nothing is counted once a day, whichever way and however often they ask;
// a robot never.
func TestAvailabilityInVainIsCountedOnce(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.change(func(s *agenda.Setup) { s.Calendars[3].SlotTemplates = nil })
		for range 3 {
			c.do("GET", "/next-free?service=impfen", nil)
			c.do("GET", "/availability?service=impfen", nil)
			c.do("GET", "/availability?service=impfen&from=2026-07-20&to=2026-07-21", nil)
			c.do("GET", "/availability?service=impfen", nil, "User-Agent", "Examplebot/1.0")
		}
		if err := c.desk.FlushSearches(t.Context()); err != nil {
			t.Fatal(err)
		}
		today := agenda.DateOf(desktest.Start)
		f, err := c.desk.Figures(t.Context(), &agenda.Person{Tenant: "musterstadt", Role: agenda.Lead}, today, today)
		if err != nil || f.Total.InVain != 1 {
			t.Errorf("got %+v, %v; want one search in vain", f.Total, err)
		}
	})
}
