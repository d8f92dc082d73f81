package api_test

import (
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
)

type munichService struct {
	ID         string
	Minutes    int
	Combinable []string
}

func (s munichService) with(o munichService) bool {
	return slices.Contains(s.Combinable, o.ID) || slices.Contains(o.Combinable, s.ID)
}

type munichCalendar struct {
	ID       string
	Services []struct {
		ID      string
		Minutes int
	}
}

// Munich's whole catalogue, read back through the API, and a visit for three of its
// services, found as a program would find them.
func TestMunich(t *testing.T) {
	data, err := os.ReadFile("../../config/testdata/munich-catalog.json")
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := config.ReadCatalogue(data, "munich-catalog.json")
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, c *client) {
		c.openMunich(catalogue)
		services := read[struct{ Services []munichService }](c, c.do("GET", "/services", nil), 200).Services
		calendars := read[struct{ Calendars []munichCalendar }](c, c.do("GET", "/calendars", nil), 200).Calendars
		_, token, err := c.api.Accounts.CreateToken(t.Context(), "muenchen", "Test", agenda.Auditor, "", 0)
		if err != nil {
			t.Fatal(err)
		}
		for what, want := range map[string]int{"services": len(catalogue.Services), "sites": len(catalogue.Locations), "calendars": len(catalogue.Locations)} {
			if got := len(read[map[string][]object](c, c.do("GET", "/"+what, nil, bearer(token)...), 200)[what]); got != want {
				t.Errorf("staff got %d %s, want %d", got, what, want)
			}
		}
		if len(services) == 0 || len(services) >= len(catalogue.Services) || len(calendars) >= len(catalogue.Locations) {
			t.Errorf("the public got %d services and %d calendars, of which some are not public", len(services), len(calendars))
		}
		calendar, three, minutes := findThree(services, calendars)
		if len(three) != 3 {
			t.Fatal("no three services can be combined anywhere")
		}
		q := url.Values{"service": three, "calendar": {calendar}, "from": {"2026-07-07"}, "to": {"2026-07-07"}}
		free := read[availability](c, c.do("GET", "/availability?"+q.Encode(), nil), 200)
		if free.DurationMinutes < minutes || len(free.Days[0].Slots) == 0 {
			t.Fatalf("got %d minutes, want at least %d; %+v", free.DurationMinutes, minutes, free.Days)
		}
		body := direct(calendar, free.Days[0].Slots[0].Start, three...)
		delete(body, "name")
		delete(body, "email")
		held := read[bookingAnswer](c, c.do("POST", "/holds", body), 201)
		booked := read[bookingAnswer](c, c.do("POST", "/bookings", object{"hold": held.Hold, "name": "Ada Beispiel", "email": "ada@beispiel.example"}), 201)
		seen := read[bookingAnswer](c, c.do("GET", "/bookings/"+booked.secret(), nil), 200)
		if seen.Status != "pending" || len(seen.Services) != 3 || seen.DurationMinutes != free.DurationMinutes {
			t.Errorf("got %+v", seen)
		}
	})
}

// openMunich makes a tenant of the catalogue, with every calendar open all day.
func (c *client) openMunich(catalogue *config.Catalogue) {
	c.t.Helper()
	empty := &agenda.Setup{Tenant: agenda.Tenant{ID: "muenchen", Name: agenda.Plain("München"), Timezone: "Europe/Berlin", State: "BY", Languages: []string{"de", "en"}},
		Mail: agenda.TenantMail{From: "München <termine@muenchen.example>"}, Retention: agenda.Retention{BookingDays: 2, StatisticsDays: 400, JournalDays: 90}}
	setup, _ := config.Import(empty, catalogue, nil)
	for i := range setup.Calendars {
		setup.Calendars[i].SlotTemplates = []agenda.SlotTemplate{{ID: "tag", Weekdays: []string{"mo", "tu", "we", "th", "fr"}, From: 8 * 60, To: 18 * 60, SlotMinutes: 30,
			Seats: agenda.Seats{Total: 2, Public: -1}, EveryWeeks: 1}}
	}
	begun := time.Now()
	if _, err := c.desk.Apply(c.t.Context(), setup, booking.ApplyOptions{Actor: "test"}); err != nil {
		c.t.Fatal(err)
	}
	c.t.Logf("applied in %s", time.Since(begun))
	c.base = strings.TrimSuffix(c.base, "musterstadt") + "muenchen"
}

// findThree finds a calendar with three services of which each goes with each, and
// the sum of their minutes there.
func findThree(services []munichService, calendars []munichCalendar) (calendar string, ids []string, minutes int) {
	byID := map[string]munichService{}
	for _, s := range services {
		byID[s.ID] = s
	}
	for _, k := range calendars {
		for i, x := range k.Services {
			for j, y := range k.Services[:i] {
				for _, z := range k.Services[:j] {
					a, b, c := byID[x.ID], byID[y.ID], byID[z.ID]
					if a.with(b) && b.with(c) && a.with(c) {
						for _, o := range []struct{ here, usual int }{{x.Minutes, a.Minutes}, {y.Minutes, b.Minutes}, {z.Minutes, c.Minutes}} {
							if minutes += o.usual; o.here > 0 {
								minutes += o.here - o.usual
							}
						}
						return k.ID, []string{a.ID, b.ID, c.ID}, minutes
					}
				}
			}
		}
	}
	return "", nil, 0
}
