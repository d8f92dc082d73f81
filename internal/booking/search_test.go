package booking_test

import (
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// What a search says beside its slots: where it goes on, and why it is empty.
func TestAvailabilityExplains(t *testing.T) {
	onEach(t, func(k kit) {
		monday := agenda.DateOf(desktest.Start)
		search := func(calendar, service string, from, to int) booking.Found {
			k.Helper()
			f, err := k.Availability(k.Context(), booking.Search{Tenant: town, Wish: desktest.Wish(service), Calendars: []string{calendar},
				From: monday + agenda.Date(from), To: monday + agenda.Date(to), By: agenda.Public})
			if err != nil {
				k.Fatal(err)
			}
			return f
		}
		f := search("soziales", "beratung", 0, 1)
		if len(f.Days) != 2 || len(f.Days[0].Slots) != 8 || f.Minutes != 30 || f.Why != "" || !f.NextFree.Equal(desktest.At(2, "08:00")) {
			k.Errorf("got %d days, %d slots of %d minutes, why %q, next %v", len(f.Days), len(f.Days[0].Slots), f.Minutes, f.Why, f.NextFree)
		}
		if want := desktest.At(3, "00:00"); !f.NextRelease.Equal(want) || f.Horizon != monday+60 {
			k.Errorf("next release %v up to %v, want %v: the day after the horizon is a Saturday", f.NextRelease, f.Horizon, want)
		}
		for clock := desktest.At(1, "08:00"); clock.Before(desktest.At(1, "12:00")); clock = clock.Add(30 * time.Minute) {
			k.now(clerk("soziales", clock, "beratung"))
		}
		for what, test := range map[string]struct {
			found booking.Found
			why   string
		}{
			"full":               {search("soziales", "beratung", 1, 1), booking.WhyFull},
			"the weekend":        {search("soziales", "beratung", 5, 6), booking.WhyClosed},
			"beyond the horizon": {search("soziales", "beratung", 63, 64), booking.WhyWindow},
			"the past":           {search("soziales", "beratung", -7, -1), booking.WhyClosed},
			"not offered there":  {search("soziales", "ausweis", 1, 1), booking.WhyClosed},
		} {
			if !test.found.Empty() || test.found.Why != test.why {
				k.Errorf("%s: empty %v because %q, want %q", what, test.found.Empty(), test.found.Why, test.why)
			}
		}
		alternatives, err := k.Alternatives(k.Context(), ask("soziales", desktest.At(1, "11:30"), "beratung"), nil, 5)
		if err != nil || len(alternatives) != 5 || !alternatives[0].Start.Equal(desktest.At(2, "08:00")) || !alternatives[1].Start.Equal(desktest.At(2, "08:30")) {
			k.Errorf("got %+v, %v; want the five nearest", alternatives, err)
		}
	})
}

func TestSearchesThatAreRefused(t *testing.T) {
	onEach(t, func(k kit) {
		monday := agenda.DateOf(desktest.Start)
		good := booking.Search{Tenant: town, Wish: desktest.Wish("ausweis"), From: monday, To: monday + 91, By: agenda.Public}
		if _, err := k.Availability(k.Context(), good); err != nil {
			k.Errorf("92 days: %v", err)
		}
		for field, change := range map[string]func(*booking.Search){
			"to":       func(q *booking.Search) { q.To++ },
			"services": func(q *booking.Search) { q.Wish = desktest.Wish("hund") },
			"calendar": func(q *booking.Search) { q.Calendars = []string{"keller"} },
			"site":     func(q *booking.Search) { q.Sites = []string{"\x00"} },
		} {
			q := good
			change(&q)
			_, err := k.Availability(k.Context(), q)
			k.invalid(field, err, field)
		}
		for _, year := range []int{1, 1970, 1999, 3000, 9999} {
			q := good
			q.From = agenda.MakeDate(year, time.July, 1)
			q.To = q.From + 1
			_, err := k.Availability(k.Context(), q)
			k.invalid("a year that no office means", err, "to")
		}
		backwards := good
		backwards.To = backwards.From - 1
		_, err := k.Availability(k.Context(), backwards)
		k.invalid("backwards", err, "to")
		elsewhere := good
		elsewhere.Tenant = "nirgendwo"
		_, err = k.Availability(k.Context(), elsewhere)
		k.is("another tenant", err, agenda.ErrNotFound)
	})
}

// The earliest start of each site, soonest first; what runs out counts as free at
// its instant.
func TestNextFree(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(func(s *agenda.Setup) {
			s.Calendars[2].Services = append(s.Calendars[2].Services, agenda.Offer{ID: "ausweis"})
			s.Calendars = s.Calendars[1:3]
		})
		at := func(site int) (string, time.Time) {
			k.Helper()
			list, err := k.NextFree(k.Context(), booking.Search{Tenant: town, Wish: desktest.Wish("ausweis"), By: agenda.Public})
			if err != nil || len(list) != 2 {
				k.Fatalf("got %+v, %v; want both sites", list, err)
			}
			return list[site].Site.ID, list[site].Slot.Start
		}
		k.held(ask("ausweise", desktest.At(0, "08:00"), "ausweis"))
		if site, start := at(0); site != "nebenstelle" || !start.Equal(desktest.At(0, "08:00")) {
			k.Errorf("got %s at %v first, want the site where nothing is held", site, start)
		}
		if site, start := at(1); site != "rathaus" || !start.Equal(desktest.At(0, "08:10")) {
			k.Errorf("got %s at %v, want the first start after the hold", site, start)
		}
		k.clock.Advance(20 * time.Minute) // the hold is over, and so is the lead
		if site, start := at(0); site != "rathaus" || !start.Equal(desktest.At(0, "08:20")) {
			k.Errorf("got %s at %v, want the first start an hour ahead", site, start)
		}
	})
}
