package jobs_test

import (
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/ical"
)

// A visit on the day of 25 hours, moved to the day of 23: each letter's entry says
// the instant, and the reminder comes 24 real hours before.
func TestLettersWhenTheClocksChange(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		zone, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		change(t, d, func(s *agenda.Setup) {
			tpl := &s.Calendars[0].SlotTemplates[0]
			tpl.Weekdays, tpl.From, tpl.To = append(tpl.Weekdays, "su"), 0, 12*60
			s.Calendars[0].StaffMail, s.Calendars[0].Reminders = agenda.StaffMail{}, []agenda.Span{{Minutes: 24 * 60}}
			s.Services[1].Minutes, s.Services[1].HorizonDays = 40, 365
		}, desktest.Musterstadt())
		s := start(t)
		c.Set(time.Date(2026, 10, 20, 8, 0, 0, 0, zone))
		r := settled(t, d, s)
		autumn := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC) // 02:30, for the first time
		b := book(t, d, "buergerbuero", autumn, "de", "pass")
		once(t, r)
		l := one(t, s, ada)
		checkEntry(t, l, ical.Request, b.Booking.UID, 0, autumn, c.Now())
		if got, want := l.calendar.Events[0].End, autumn.Add(40*time.Minute); !got.Equal(want) {
			t.Errorf("got an end at %v, want %v", got, want)
		}
		c.Set(autumn.Add(-24*time.Hour - time.Minute))
		once(t, r)
		if got := reminders(t, s); len(got) > 0 {
			t.Errorf("got %v more than a day before", subjects(got))
		}
		c.Set(autumn.Add(-24 * time.Hour))
		once(t, r)
		if got := reminders(t, s); len(got) != 1 {
			t.Fatalf("got %v a day before, want the reminder", subjects(got))
		} else {
			checkEntry(t, got[0], ical.Request, b.Booking.UID, 0, autumn, c.Now())
		}
		spring := time.Date(2027, 3, 28, 1, 0, 0, 0, time.UTC) // 03:00, right after the hour that is not
		if _, err := d.Move(t.Context(), "musterstadt", b.Manage, booking.Target{Start: spring}); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		checkEntry(t, one(t, s, ada), ical.Request, b.Booking.UID, 1, spring, c.Now())
		c.Set(spring.Add(-24 * time.Hour))
		once(t, r)
		if got := reminders(t, s); len(got) != 1 {
			t.Errorf("got %v a day before, want the reminder", subjects(got))
		}
	})
}
