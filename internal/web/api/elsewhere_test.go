package api_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/busy"
	"terminvergabe/internal/outbound"
	"terminvergabe/internal/store"
)

// season is a clock change, and when a published calendar is busy around it, in UTC and
// written by hand.
type season struct {
	from, to string
	busy     map[string][]string
}

func seasons() []season {
	return []season{
		{"2027-03-26", "2027-03-30", map[string][]string{
			"exchange": {"26 08:00-09:00", "27 08:00-09:00", "28 07:00-08:00", "30 12:00-13:30", // each morning, one left out, one moved
				"26 23:00-24:00", "27 00:00-23:00", // a whole day
				"27 21:00-24:00", "28 00:00-04:00", // the short night
				"29 11:00-12:00", "30 14:00-15:00"}, // tentative; New York
			"nextcloud": {"28 01:30-02:30", "30 15:00-16:00", // in the hour that there is not; one more
				"28 20:00-24:00", "29 20:00-24:00"}, // until two at night
			"google": {"27 23:00-24:00", "28 00:00-22:00", "29 06:00-07:30", "30 07:00-08:00"}, // the day of 23 hours; UTC; no zone
		}},
		{"2027-10-29", "2027-11-02", map[string][]string{
			"exchange": {"29 07:00-08:00", "30 07:00-08:00", "31 15:00-16:00", "02 08:00-09:00",
				"30 20:00-24:00", "31 00:00-05:00", // the long night
				"01 14:00-15:00", "31 11:00-12:00"}, // New York, London
			"nextcloud": {"31 00:30-02:30", "02 16:00-17:00", "30 21:00-23:00"}, // through the hour that comes twice
			"google":    {"30 22:00-24:00", "31 00:00-23:00", "29 06:00-06:30", "01 07:00-07:30", "02 10:00-10:30"},
		}},
	}
}

// blocks reports whether a visit of ten minutes from a start on touches a time when a
// calendar is busy.
func (s season) blocks(t *testing.T, file string, start time.Time) bool {
	t.Helper()
	for _, text := range s.busy[file] {
		day, clocks, _ := strings.Cut(text, " ")
		from, to, _ := strings.Cut(clocks, "-")
		month := s.from[:len("2027-10-")]
		if day < "10" {
			month = s.to[:len("2027-11-")]
		}
		at := func(clock string) time.Time {
			hour, minute, _ := strings.Cut(clock, ":")
			midnight, err := time.Parse(time.DateOnly, month+day)
			length, err2 := time.ParseDuration(hour + "h" + minute + "m")
			if err != nil || err2 != nil {
				t.Fatal(text, err, err2)
			}
			return midnight.Add(length)
		}
		if start.Before(at(to)) && at(from).Before(start.Add(10*time.Minute)) {
			return true
		}
	}
	return false
}

// round opens the citizens' office with one seat day and night, and names a calendar
// elsewhere; "": none.
func (c *client) round(address string) {
	c.t.Helper()
	c.change(func(s *agenda.Setup) {
		s.Tenant.State = "" // both clock changes are holidays somewhere: open all the same
		x := &s.Calendars[0]
		x.SlotTemplates[0].Weekdays, x.SlotTemplates[0].From, x.SlotTemplates[0].To = []string{"mo", "tu", "we", "th", "fr", "sa", "su"}, 0, 24*60
		x.SlotTemplates[0].Seats = agenda.Seats{Total: 1, Public: 1}
		if address != "" {
			x.Busy = []agenda.BusySource{{ID: "k", URL: address, Seats: 1, EveryMinutes: 15, StaleDays: 3, WhenStale: agenda.StaleRelease}}
		}
	})
}

// starts are those that the public is offered.
func (c *client) starts(s season) (list []string) {
	c.t.Helper()
	got := read[availability](c, c.do("GET", "/availability?service=ausweis&calendar=buergerbuero&from="+s.from+"&to="+s.to, nil), 200)
	for _, day := range got.Days {
		for _, slot := range day.Slots {
			list = append(list, slot.Start)
		}
	}
	return list
}

// Abuse E10, and the clock changes of 2027 (E1): calendars as Exchange, Nextcloud and Google
// publish them, fetched over HTTP, take just those times from the public that somebody who
// reads them would call busy: series with exceptions, what was moved, cancelled, declined or
// marked as free, whole days, nights, zones by their Windows names, and none.
func TestPublishedCalendarsBlockTheRightSeatsE10(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		files := http.FileServer(http.FS(os.DirFS("../../foreign/testdata/clocks")))
		elsewhere := httptest.NewServer(files)
		t.Cleanup(elsewhere.Close)
		m := &busy.Importer{Desk: c.desk, Client: outbound.New(nil, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})}
		for _, s := range seasons() {
			first, err := time.Parse(time.DateOnly, s.from)
			if err != nil {
				t.Fatal(err)
			}
			c.clock.Set(first.AddDate(0, 0, -6))
			c.round("")
			all := c.starts(s)
			if len(all) < 5*23*6 {
				t.Fatalf("only %d starts before anything is busy", len(all))
			}
			for file := range s.busy {
				c.round(elsewhere.URL + "/" + file + ".ics")
				if err := m.Due(t.Context()); err != nil {
					t.Fatal(err)
				}
				var left []string
				for _, start := range all {
					at, err := time.Parse(time.RFC3339, start)
					if err != nil {
						t.Fatal(err)
					}
					if !s.blocks(t, file, at) {
						left = append(left, start)
					}
				}
				got := c.starts(s)
				if more, less := without(got, left), without(left, got); len(more)+len(less) > 0 || len(left) == len(all) {
					t.Errorf("%s from %s: offered although busy %v; not offered although free %v", file, s.from, more, less)
				}
				state, err := c.desk.BusyState(t.Context(), store.BusyKey{Tenant: "musterstadt", Calendar: "buergerbuero", Source: "k"})
				if err != nil || state.Fault != "" || state.Strange != 0 || state.Clock != "Europe/Berlin" || state.Floating > 1 {
					t.Errorf("%s: %+v, %v", file, state, err)
				}
				taken := without(all, left)[0]
				c.refused(c.do("POST", "/holds", object{"services": want("ausweis"), "calendar": "buergerbuero", "start": taken}), 409, "slot_taken")
			}
		}
	})
}

// without is what one list has and another lacks.
func without(list, other []string) (rest []string) {
	for _, x := range list {
		if !slices.Contains(other, x) {
			rest = append(rest, x)
		}
	}
	return rest
}
