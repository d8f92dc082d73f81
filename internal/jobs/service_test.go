package jobs_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// The letter says what the visit was about and what it is about now, once for several
// changes; a sensitive service is not named, neither before nor after.
func TestLetterAboutAnotherService(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		change(t, d, func(s *agenda.Setup) {
			s.Services[1].Checklist, s.Services[0].Sensitive = []agenda.Text{agenda.Plain("Altes Dokument")}, false
			s.Calendars[0].Services = append(s.Calendars[0].Services, agenda.Offer{ID: "beratung"})
			s.Services[2].Sensitive = true
		}, desktest.Musterstadt())
		s := start(t)
		r := settled(t, d, s)
		b := book(t, d, "buergerbuero", desktest.At(4, "08:00"), "de", "ausweis")
		once(t, r)
		arrived(t, s, "")
		to := func(services ...string) {
			t.Helper()
			c.Advance(time.Second)
			if _, err := d.ChangeService(t.Context(), desktest.Clerk(), b.Booking.ID, desktest.Wish(services...), booking.Target{}); err != nil {
				t.Fatal(err)
			}
		}
		to("ausweis", "pass")
		to("pass")
		once(t, r)
		c.Advance(2 * time.Second) // a letter may have waited for the one before it
		once(t, r)
		l := only(t, s)
		if l.method != "REQUEST" || l.calendar.Events[0].Sequence != 2 {
			t.Errorf("got %s %+v", l.method, l.calendar)
		}
		for _, want := range []string{"Anliegen: Reisepass", "Anliegen bisher: Personalausweis", "Altes Dokument", "08:00–08:20"} {
			if !strings.Contains(l.text, want) {
				t.Errorf("%q is not in\n%s", want, l.text)
			}
		}
		if strings.Contains(l.text, "Bisheriger Termin") {
			t.Errorf("the time has not changed:\n%s", l.text)
		}
		to("beratung")
		once(t, r)
		if l := only(t, s); strings.Contains(l.text+string(l.inline), "Beratung") || strings.Contains(l.text, "Reisepass") {
			t.Errorf("a sensitive service is named, or what it was before:\n%s", l.text)
		}
		to("ausweis")
		once(t, r)
		if l := only(t, s); strings.Contains(l.text, "Beratung") || !strings.Contains(l.text, "Anliegen: Personalausweis") {
			t.Errorf("the sensitive service before is named:\n%s", l.text)
		}
	})
}

// A reminder that went out before is not repeated at the same time; at another time the
// ladder begins anew.
func TestRemindersFollowAChangeOfService(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r := settled(t, d, s)
		b := book(t, d, "buergerbuero", desktest.At(10, "08:00"), "de", "ausweis")
		at := func(when time.Time, want int) {
			t.Helper()
			c.Set(when)
			once(t, r)
			if got := reminders(t, s); len(got) != want {
				t.Errorf("at %s: got %v, want %d reminders", when, subjects(got), want)
			}
		}
		at(desktest.At(3, "08:00"), 1)
		change := func(w agenda.Wish, x booking.Target) {
			t.Helper()
			if _, err := d.ChangeService(t.Context(), desktest.Clerk(), b.Booking.ID, w, x); err != nil {
				t.Fatal(err)
			}
		}
		c.Set(desktest.At(3, "09:00"))
		change(desktest.Wish("pass"), booking.Target{})
		at(desktest.At(4, "08:00"), 0)
		at(desktest.At(9, "08:00"), 1)
		change(desktest.Wish("ausweis"), booking.Target{Start: desktest.At(18, "08:00")})
		at(desktest.At(10, "08:00"), 0)
		at(desktest.At(11, "08:00"), 1)
		at(desktest.At(17, "08:00"), 1)
		at(desktest.At(18, "07:00"), 0)
	})
}

// Other systems hear that a visit has changed, and who waits for moves alone that it is at
// another time.
func TestHooksHearOfAnotherService(t *testing.T) {
	d, _ := desktest.SQLite(t)
	cases := receive(t)
	withHooks(t, d, hook("faelle", cases.URL+"/h", agenda.DetailReference, events()...))
	r, _ := caller(t, d)
	b := book(t, d, "buergerbuero", desktest.At(3, "08:00"), "de", "ausweis")
	once(t, r)
	cases.take()
	for _, x := range []struct {
		wish agenda.Wish
		to   booking.Target
		want []string
	}{
		{desktest.Wish("pass"), booking.Target{}, []string{"booking.changed"}},
		{desktest.Wish("pass"), booking.Target{}, nil},
		{desktest.Wish("ausweis"), booking.Target{Start: desktest.At(4, "08:00")}, []string{"booking.changed", "booking.moved"}},
	} {
		if _, err := d.ChangeService(t.Context(), desktest.Clerk(), b.Booking.ID, x.wish, x.to); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		got := cases.take()
		told := types(got)
		slices.Sort(told)
		if !slices.Equal(told, x.want) {
			t.Errorf("got %v, want %v", told, x.want)
		}
		for _, h := range got {
			if h.Data.Booking.Services[0].ID != x.wish.Items[0].Service {
				t.Errorf("%s: got %s", h.Type, h.body)
			}
		}
	}
}
