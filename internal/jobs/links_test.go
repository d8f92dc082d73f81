package jobs_test

import (
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// One letter lists all visits of an address with their links; a stranger's address gets
// none, and nothing waits for it.
func TestLinksAgain(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r := settled(t, d, s)
		first := book(t, d, "buergerbuero", desktest.At(2, "08:00"), "de", "pass")
		c.Advance(time.Minute)
		second := book(t, d, "buergerbuero", desktest.At(1, "09:00"), "en", "ausweis")
		waiting := book(t, d, "ausweise", desktest.At(3, "09:00"), "de", "ausweis")
		once(t, r)
		s.take()
		c.Advance(time.Hour)
		for _, email := range []string{"ADA@beispiel.example", "fremd@beispiel.example"} {
			if err := d.AskForLinks(t.Context(), "musterstadt", email); err != nil {
				t.Fatal(err)
			}
		}
		once(t, r)
		l := one(t, s, ada)
		if !strings.Contains(l.from, "termine@musterstadt.example") || l.calendar != nil || l.lang != "en" {
			t.Errorf("got a letter from %s in %s", l.from, l.lang)
		}
		for _, want := range []string{"/m/" + first.Manage, "/m/" + second.Manage, "Reisepass", "Personalausweis", "Marktplatz 1"} {
			if !strings.Contains(l.text, want) {
				t.Errorf("%s is not in\n%s", want, l.text)
			}
		}
		if strings.Contains(l.text, waiting.Manage) || strings.Contains(l.text, "Ada") {
			t.Errorf("got\n%s", l.text)
		}
		if rest := arrived(t, s, ""); len(rest) > 0 {
			t.Errorf("got %v too", subjects(rest))
		}
		for kind, p := range postings(t, d, "links/"+d.Keys.Hash("email", "fremd@beispiel.example")) {
			if p.State != "dropped" {
				t.Errorf("%s to a stranger is %s", kind, p.State)
			}
		}
	})
}

// One sensitive visit among them, and the letter names no service at all.
func TestLinksAgainSensitive(t *testing.T) {
	d, c := desktest.SQLite(t)
	change(t, d, func(s *agenda.Setup) { s.Services[1].Sensitive = true }, desktest.Musterstadt())
	s := start(t)
	r := settled(t, d, s)
	book(t, d, "buergerbuero", desktest.At(2, "08:00"), "de", "pass")
	book(t, d, "buergerbuero", desktest.At(1, "09:00"), "de", "ausweis")
	once(t, r)
	s.take()
	c.Advance(time.Hour)
	if err := d.AskForLinks(t.Context(), "musterstadt", ada); err != nil {
		t.Fatal(err)
	}
	once(t, r)
	if l := one(t, s, ada); strings.Contains(l.text, "Reisepass") || strings.Contains(l.text, "ausweis") || !strings.Contains(l.from, "Musterstadt") {
		t.Errorf("from %s: got\n%s", l.from, l.text)
	}
}
