package public_test

import (
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/ical"
)

// roundTheClock is a town with one desk that never closes, for visits of 45 minutes;
// from week 51 of 2026 on there is a second one, every other Friday.
func roundTheClock() *agenda.Setup {
	s := desktest.Musterstadt()
	s.Tenant.ID, s.Tenant.State = "immer", ""
	s.Services[1].Minutes = 45
	week := []string{"mo", "tu", "we", "th", "fr", "sa", "su"}
	s.Calendars[0].SlotTemplates = []agenda.SlotTemplate{{ID: "immer", Weekdays: week, From: 0, To: 24 * 60, SlotMinutes: 30, EveryWeeks: 1, Seats: agenda.Seats{Total: 1, Public: 1}}}
	second := s.Calendars[0]
	second.ID, second.Site, second.StaffMail, second.Reminders = "wechsel", "nebenstelle", agenda.StaffMail{}, nil
	second.SlotTemplates = []agenda.SlotTemplate{{ID: "wechsel", Weekdays: []string{"fr"}, From: 8 * 60, To: 12 * 60, SlotMinutes: 30, EveryWeeks: 2,
		ValidFrom: agenda.MakeDate(2026, time.December, 18), Seats: agenda.Seats{Total: 1, Public: 1}}}
	s.Calendars = append(s.Calendars, second)
	return s
}

// On days that programs get wrong a visit is booked as on any other, and its entry
// says the instants that were booked.
func TestRareDays(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		apply(t, d, roundTheClock())
		w := serve(t, d)
		for _, x := range []struct{ what, calendar, start, end, page string }{
			{"25 hours, the first 02:30", "buergerbuero", "2026-10-25T02:30:00+02:00", "2026-10-25T02:15:00+01:00", "Sonntag, 25. Oktober 2026"},
			{"25 hours, after the change", "buergerbuero", "2026-10-25T03:00:00+01:00", "2026-10-25T03:45:00+01:00", "03:00–03:45 Uhr"},
			{"the year's end", "buergerbuero", "2026-12-31T23:00:00+01:00", "2026-12-31T23:45:00+01:00", "Donnerstag, 31. Dezember 2026"},
			{"week 53, every second week", "wechsel", "2027-01-01T08:00:00+01:00", "2027-01-01T08:45:00+01:00", "Freitag, 1. Januar 2027"},
			{"23 hours, over the change", "buergerbuero", "2027-03-28T01:30:00+01:00", "2027-03-28T03:15:00+02:00", "01:30–03:15 Uhr"},
			{"29 February", "buergerbuero", "2028-02-29T08:00:00+01:00", "2028-02-29T08:45:00+01:00", "Dienstag, 29. Februar 2028"},
		} {
			t.Run(x.what, func(t *testing.T) {
				start, end := moment(t, x.start), moment(t, x.end)
				c.Set(start.AddDate(0, 0, -3))
				b := w.browser(t)
				b.get("/immer/times?service=pass&day=" + x.start[:10]).want(200)
				b.post("/immer/reserve", b.form("slot", x.calendar+"@"+x.start)).want(200, "Wer kommt?", x.page)
				b.post("/immer/review", b.form("name", "Ada Beispiel", "email", ada)).want(200)
				b.post("/immer/book", b.form()).want(200, "Ihr Termin ist gebucht", x.page)
				b.get(strings.TrimSuffix(b.path, "?done=1") + "/termin.ics").want(200)
				cal, err := ical.Parse([]byte(b.body))
				if err != nil {
					t.Fatal(err)
				}
				if e := cal.Events[0]; !e.Start.Equal(start) || !e.End.Equal(end) {
					t.Errorf("the entry says %v to %v, want %v to %v\n%s", e.Start, e.End, start, end, b.body)
				}
			})
		}
		c.Set(moment(t, "2026-10-22T08:00:00+02:00"))
		b := w.browser(t)
		b.post("/immer/reserve", b.formOf("service", "pass*1", "slot", "buergerbuero@2026-10-25T02:30:00+01:00")).want(409) // the hour is offered once
		c.Set(moment(t, "2027-03-25T08:00:00+01:00"))
		b.get("/immer/times?service=pass&day=2027-03-28").want(200, "00:30 Uhr", "03:30 Uhr", "!02:00 Uhr", "!02:30 Uhr")
		c.Set(moment(t, "2027-01-06T08:00:00+01:00"))
		b.get("/immer/times?service=pass&site=nebenstelle&day=2027-01-08").want(200, "Freitag, 8. Januar 2027: Leider ist keine Zeit frei", "Freitag, 15. Januar 2027")
	})
}

func moment(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// An answer that makes a visit longer, or that only one calendar takes, changes the
// times that are shown and where they are.
func TestAnswersChangeTheTimes(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		s := desktest.Musterstadt()
		s.Tenant.ID = "fragen"
		s.Services[0].Questions = []agenda.Question{{ID: "art", Label: agenda.Plain("Was soll es sein?"), Type: "choice", Required: true, Options: []agenda.Option{
			{ID: "neu", Label: agenda.Plain("Neu")}, {ID: "ausland", Label: agenda.Plain("Aus dem Ausland"), Minutes: 35, Calendars: []string{"ausweise"}}}}}
		apply(t, d, s)
		b := serve(t, d).browser(t)
		b.get("/fragen/choose?service=ausweis*1&q.ausweis.art=neu&next=1").want(200, "Wann möchten Sie kommen?")
		if got, want := b.slots()[0], "buergerbuero@2026-07-06T08:00:00+02:00"; got != want {
			t.Errorf("got %s first, want %s", got, want)
		}
		b.get("/fragen/choose?service=ausweis*1&q.ausweis.art=ausland&next=1").want(200, "Wann möchten Sie kommen?")
		for _, slot := range b.slots() {
			if !strings.HasPrefix(slot, "ausweise@") {
				t.Errorf("got %s, want the one calendar that takes the answer", slot)
			}
		}
		elsewhere := b.form("slot", "buergerbuero@"+wednesday)
		b.post("/fragen/reserve", b.form("slot", "ausweise@"+wednesday)).want(200, "08:00–08:35 Uhr")
		b.post("/fragen/reserve", elsewhere).want(404) // no page offers that
	})
}
