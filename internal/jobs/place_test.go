package jobs_test

import (
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/ical"
)

// reapply changes the set-up in force.
func reapply(t *testing.T, d *booking.Desk, o booking.ApplyOptions, change func(*agenda.Setup)) booking.Applied {
	t.Helper()
	present, err := d.Present(t.Context(), "musterstadt")
	if err != nil {
		t.Fatal(err)
	}
	s := desktest.Musterstadt()
	s.Revision = present.Setup.Revision
	change(s)
	if err := s.Prepare(); err != nil {
		t.Fatal(err)
	}
	a, err := d.Apply(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A site gets another address, a calendar another room or site, while visits stand: each
// one's entry counts on, and its visitor reads of it once.
func TestPlaceChangedInTheSetup(t *testing.T) {
	for name, x := range map[string]struct {
		change   func(*agenda.Setup)
		location string // in the entry
		text     string // in the letter and in the entry's description or location
	}{
		"the site's address": {func(s *agenda.Setup) { s.Sites[0].Street = "Neumarkt 7" }, "Neumarkt 7, 37000 Musterstadt", "Neumarkt 7"},
		"the room":           {func(s *agenda.Setup) { s.Calendars[0].Room = agenda.Plain("Zimmer 9") }, "Marktplatz 1, 37000 Musterstadt", "Zimmer 9"},
		"the site":           {func(s *agenda.Setup) { s.Calendars[0].Site = "nebenstelle" }, "Lindenweg 5, 37000 Musterstadt", "Lindenweg 5"},
	} {
		t.Run(name, func(t *testing.T) {
			desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
				s := start(t)
				r := settled(t, d, s)
				b := book(t, d, "buergerbuero", desktest.At(4, "08:00"), "de", "pass")
				once(t, r)
				arrived(t, s, "")

				trial := reapply(t, d, booking.ApplyOptions{Actor: "test", DryRun: true}, x.change)
				if len(trial.Relocated) != 1 || !trial.Relocated[0].Letter || !strings.Contains(trial.Relocated[0].To, x.text) {
					t.Fatalf("a dry run names %+v", trial.Relocated)
				}
				reapply(t, d, booking.ApplyOptions{Actor: "test"}, x.change)
				once(t, r)
				if early := arrived(t, s, ""); len(early) > 0 {
					t.Errorf("got %v before the change has settled", subjects(early))
				}
				c.Advance(10 * time.Minute)
				once(t, r)
				l := one(t, s, ada)
				checkEntry(t, l, ical.Request, b.Booking.UID, 1, desktest.At(4, "08:00"), c.Now())
				if e := l.calendar.Events[0]; e.Location != x.location || !strings.Contains(l.text, x.text) || !strings.Contains(l.text, "Ort bisher: Marktplatz 1, 37000 Musterstadt") {
					t.Errorf("got location %q and\n%s", e.Location, l.text)
				}
				c.Advance(time.Hour)
				once(t, r)
				if again := arrived(t, s, ""); len(again) > 0 {
					t.Errorf("got %v once more", subjects(again))
				}
			})
		})
	}
}

// Who mends a slip in an address within ten minutes bothers nobody; the next letter counts on.
func TestPlaceChangedAndBack(t *testing.T) {
	d, c := desktest.SQLite(t)
	s := start(t)
	r := settled(t, d, s)
	b := book(t, d, "buergerbuero", desktest.At(4, "08:00"), "de", "pass")
	once(t, r)
	arrived(t, s, "")
	reapply(t, d, booking.ApplyOptions{Actor: "test"}, func(s *agenda.Setup) { s.Sites[0].Street = "Martkplatz 1" })
	c.Advance(time.Minute)
	reapply(t, d, booking.ApplyOptions{Actor: "test"}, func(*agenda.Setup) {})
	c.Advance(time.Hour)
	once(t, r)
	if got := arrived(t, s, ada); len(got) > 0 {
		t.Errorf("got %v though nothing has changed\n%s", subjects(got), got[0].text)
	}
	if _, err := d.Cancel(t.Context(), "musterstadt", b.Manage); err != nil {
		t.Fatal(err)
	}
	once(t, r)
	got := arrived(t, s, ada)
	if len(got) != 1 {
		t.Fatalf("got %v", subjects(got))
	}
	checkEntry(t, got[0], ical.Cancel, b.Booking.UID, 3, desktest.At(4, "08:00"), c.Now())
}

// A dozen visits at one site: the letters leave one after the other, the next visit's first,
// and at once where the visit is near.
func TestPlaceLettersAreNoStorm(t *testing.T) {
	d, c := desktest.SQLite(t)
	s := start(t)
	r := settled(t, d, s)
	for day := 2; day < 5; day++ {
		for _, at := range []string{"08:00", "08:30", "09:00", "09:30"} {
			book(t, d, "buergerbuero", desktest.At(day, at), "de", "pass")
		}
	}
	once(t, r)
	arrived(t, s, "")
	c.Set(desktest.At(2, "07:00"))
	once(t, r)
	arrived(t, s, "")
	a := reapply(t, d, booking.ApplyOptions{Actor: "test"}, func(s *agenda.Setup) { s.Sites[0].Street = "Neumarkt 7" })
	if len(a.Relocated) != 12 {
		t.Fatalf("got %d visits, want 12", len(a.Relocated))
	}
	once(t, r)
	if soon := arrived(t, s, ada); len(soon) != 2 {
		t.Errorf("got %d letters at once, want those for 08:00 and 08:30", len(soon))
	}
	c.Advance(10*time.Minute + 4*time.Second)
	once(t, r)
	some := arrived(t, s, ada)
	if len(some) == 0 || len(some) > 5 {
		t.Errorf("got %d letters in a burst", len(some))
	}
	c.Advance(time.Minute)
	once(t, r)
	if rest := arrived(t, s, ada); len(some)+len(rest) != 10 {
		t.Errorf("got %d letters in the end", len(rest))
	}
}
