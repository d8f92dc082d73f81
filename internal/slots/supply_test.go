package slots_test

import (
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
)

// What a day has to give, counted by hand: closures, seats that are taken away and the
// clock change count.
func TestSupply(t *testing.T) {
	moment := func(date, clock string) agenda.Moment {
		d, err := agenda.ParseDate(date)
		if err != nil {
			t.Fatal(err)
		}
		m, err := agenda.ParseMinute(clock)
		if err != nil {
			t.Fatal(err)
		}
		return agenda.Moment{Date: d, Minute: m, Timed: true}
	}
	for _, x := range []struct {
		what, date string
		change     func(*agenda.Calendar)
		want       slots.Supply
	}{
		{"four hours of three seats, two of them public", "2026-07-06", func(*agenda.Calendar) {}, slots.Supply{Visits: 72, Public: 48, Minutes: 720}},
		{"one seat is ill from 10:05 to 10:25", "2026-07-06", func(c *agenda.Calendar) {
			c.Closures = []agenda.Closure{{From: moment("2026-07-06", "10:05"), To: moment("2026-07-06", "10:25"), Seats: 2}}
		}, slots.Supply{Visits: 66, Public: 45, Minutes: 680}},
		{"closed from 11", "2026-07-06", func(c *agenda.Calendar) {
			c.Closures = []agenda.Closure{{From: moment("2026-07-06", "11:00"), To: moment("2026-07-06", "24:00")}}
		}, slots.Supply{Visits: 54, Public: 36, Minutes: 540}},
		{"a Sunday", "2026-07-05", func(*agenda.Calendar) {}, slots.Supply{}},
		{"an hour that does not exist", "2027-03-28", func(c *agenda.Calendar) {
			c.SlotTemplates[0].Weekdays, c.SlotTemplates[0].From, c.SlotTemplates[0].To = []string{"su"}, 60, 240
		}, slots.Supply{Visits: 36, Public: 24, Minutes: 360}},
	} {
		s := &agenda.Setup{Tenant: agenda.Tenant{ID: "ort", Timezone: "Europe/Berlin"}, Calendars: []agenda.Calendar{{ID: "a", TickMinutes: 5,
			SlotTemplates: []agenda.SlotTemplate{{ID: "t", Weekdays: []string{"mo"}, From: 480, To: 720, SlotMinutes: 10, EveryWeeks: 1, Seats: agenda.Seats{Total: 3, Public: 2}}}}}}
		x.change(&s.Calendars[0])
		if err := s.Prepare(); err != nil {
			t.Fatal(err)
		}
		d, err := agenda.ParseDate(x.date)
		if err != nil {
			t.Fatal(err)
		}
		if got := slots.Compile(s, &s.Calendars[0], d).Supply(); got != x.want {
			t.Errorf("%s: got %+v, want %+v", x.what, got, x.want)
		}
	}
}
