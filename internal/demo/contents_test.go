package demo

import (
	"slices"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/ui"
)

// What the county is there to show: a district and three towns, offices where one
// clerk is alone and others with several seats, vehicle registration, and a day on
// which staff are vaccinated one by one, every three minutes.
func TestTheCountyShowsEveryKindOfOffice(t *testing.T) {
	c := &County{Files: ui.Files}
	today := agenda.MakeDate(2026, 11, 18)
	county := map[string]*agenda.Setup{}
	for _, id := range tenants() {
		s, err := c.setup(id, today)
		if err != nil {
			t.Fatal(err)
		}
		county[id] = s
	}
	if len(county) != 4 {
		t.Fatalf("got %d tenants, want the district and three of its towns", len(county))
	}
	district := county["northeim"]
	alone := 0
	for _, k := range district.Calendars {
		if k.Department != "soziales" {
			continue
		}
		if most(&k) != 1 {
			t.Errorf("%s: got %d seats, want a clerk alone", k.ID, most(&k))
		}
		alone++
	}
	if alone < 2 {
		t.Errorf("got %d calendars of social services, want some", alone)
	}
	if k, ok := district.Calendar("zulassung"); !ok || most(k) < 2 || !offers(k, "kfz-anmelden") {
		t.Errorf("vehicle registration: got %+v", k)
	}
	for _, id := range []string{"einbeck", "uslar", "bad-gandersheim"} {
		if !slices.ContainsFunc(county[id].Calendars, func(k agenda.Calendar) bool {
			return strings.HasPrefix(k.ID, "buerger") && most(&k) > 1
		}) {
			t.Errorf("%s has no citizens' office with several seats", id)
		}
	}
	k, ok := district.Calendar("impftag")
	if !ok || len(k.SlotTemplates) != 1 {
		t.Fatal("there is no vaccination day")
	}
	day := k.SlotTemplates[0]
	service, ok := district.Service("impfung-personal")
	if !ok || day.SlotMinutes != 3 || day.Seats.Total != 1 || day.ValidFrom != day.ValidTo || service.Minutes != 3 || k.TickMinutes > 3 {
		t.Errorf("vaccination: got %+v for %+v", day, service)
	}
	for id := range county {
		if !slices.ContainsFunc(Logins(), func(l Login) bool { return l.Tenant == id }) {
			t.Errorf("nobody works in %s", id)
		}
	}
}

// most is the largest number of seats side by side.
func most(k *agenda.Calendar) (n int) {
	for _, t := range k.SlotTemplates {
		n = max(n, t.Seats.Total)
	}
	return n
}

func offers(k *agenda.Calendar, service string) bool {
	return slices.ContainsFunc(k.Services, func(o agenda.Offer) bool { return o.ID == service })
}
