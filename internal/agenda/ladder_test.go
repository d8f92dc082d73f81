package agenda_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
)

// town has one calendar and two services, in Berlin.
func town(t *testing.T) *agenda.Setup {
	t.Helper()
	s := &agenda.Setup{
		Tenant:    agenda.Tenant{ID: "town", Timezone: "Europe/Berlin"},
		Services:  []agenda.Service{{ID: "a"}, {ID: "b"}},
		Calendars: []agenda.Calendar{{ID: "c", Reminders: spans("7d", "24h")}},
	}
	if err := s.Prepare(); err != nil {
		t.Fatal(err)
	}
	return s
}

func spans(list ...string) (spans []agenda.Span) {
	for _, text := range list {
		s, err := agenda.ParseSpan(text)
		if err != nil {
			panic(err)
		}
		spans = append(spans, s)
	}
	return spans
}

func minute(text string) agenda.Minute {
	m, err := agenda.ParseMinute(text)
	if err != nil {
		panic(err)
	}
	return m
}

// TestLadder is long because its cases are one table.
func TestLadder(t *testing.T) {
	night := agenda.QuietHours{From: minute("21:00"), To: minute("07:00")}
	for _, x := range []struct {
		name   string
		change func(*agenda.Setup)
		items  []string
		start  string
		want   []string
	}{
		{"the calendar's", func(*agenda.Setup) {}, []string{"a"}, "2026-07-15T10:00", []string{"7d 07-08 10:00", "24h 07-14 10:00"}},
		{"a service's own replace them", func(s *agenda.Setup) { s.Services[0].Reminders = spans("2h") }, []string{"a"}, "2026-07-15T10:00", []string{"2h 07-15 08:00"}},
		{"of several services all", func(s *agenda.Setup) { s.Services[0].Reminders = spans("2h", "24h") }, []string{"a", "b"}, "2026-07-15T10:00",
			[]string{"7d 07-08 10:00", "24h 07-14 10:00", "2h 07-15 08:00"}},
		{"quiet hours: at their end", func(s *agenda.Setup) { s.Mail.QuietHours, s.Calendars[0].Reminders = night, spans("4h") }, []string{"a"}, "2026-07-15T10:00", []string{"4h 07-15 07:00"}},
		{"quiet hours: before, where their end is too close", func(s *agenda.Setup) { s.Mail.QuietHours, s.Calendars[0].Reminders = night, spans("3h") }, []string{"a"}, "2026-07-15T08:59", []string{"3h 07-14 20:45"}},
		{"two hours before the start is far enough", func(s *agenda.Setup) { s.Mail.QuietHours, s.Calendars[0].Reminders = night, spans("3h") }, []string{"a"}, "2026-07-15T09:00", []string{"3h 07-15 07:00"}},
		{"the calendar's own quiet hours", func(s *agenda.Setup) {
			s.Mail.QuietHours, s.Calendars[0].Reminders = night, spans("4h")
			s.Calendars[0].QuietHours = agenda.QuietHours{From: minute("05:00"), To: minute("06:30")}
		}, []string{"a"}, "2026-07-15T10:00", []string{"4h 07-15 06:30"}},
		{"two at one moment are one", func(s *agenda.Setup) { s.Mail.QuietHours, s.Calendars[0].Reminders = night, spans("5h", "4h") }, []string{"a"}, "2026-07-15T10:00", []string{"4h 07-15 07:00"}},
		{"the night that loses an hour", func(s *agenda.Setup) {
			s.Mail.QuietHours, s.Calendars[0].Reminders = agenda.QuietHours{From: minute("01:00"), To: minute("02:30")}, spans("8h")
		},
			[]string{"a"}, "2026-03-29T10:00", []string{"8h 03-29 03:00"}},
		{"quiet hours of the night that has an hour twice end once", func(s *agenda.Setup) {
			s.Mail.QuietHours, s.Calendars[0].Reminders = agenda.QuietHours{From: minute("01:00"), To: minute("02:30")}, spans("8h")
		},
			[]string{"a"}, "2026-10-25T09:45", []string{"8h 10-25 02:30"}},
		{"the hour that comes again is quiet as well", func(s *agenda.Setup) {
			s.Mail.QuietHours, s.Calendars[0].Reminders = agenda.QuietHours{From: minute("01:00"), To: minute("02:30")}, spans("8h")
		},
			[]string{"a"}, "2026-10-25T10:15", []string{"8h 10-25 02:30"}},
		{"asked, and once more, and what lies between asks too", func(s *agenda.Setup) {
			s.Services[0].Reconfirm, s.Calendars[0].Reminders = agenda.Reconfirm{Ask: spans("7d")[0], By: spans("2d")[0]}, spans("14d", "4d", "24h")
		}, []string{"a"}, "2026-07-15T10:00", []string{"14d 07-01 10:00", "ask-7d 07-08 10:00", "ask-4d 07-11 10:00", "ask-last 07-12 10:00", "24h 07-14 10:00"}},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := town(t)
			x.change(s)
			var items []agenda.Item
			for _, id := range x.items {
				items = append(items, agenda.Item{Service: id, Quantity: 1})
			}
			start, err := time.ParseInLocation("2006-01-02T15:04", x.start, s.Zone())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range s.Ladder(&s.Calendars[0], items, start) {
				got = append(got, r.Name+" "+r.At.In(s.Zone()).Format("01-02 15:04"))
			}
			if !slices.Equal(got, x.want) {
				t.Errorf("got %q, want %q", got, x.want)
			}
		})
	}
}

// Whatever the spans, the quiet hours and the start: no two reminders at one moment, none
// when the clock on the wall is quiet, none after the start, and none far from where it
// was to be.
func TestLadderKeepsItsPromises(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		s := town(t)
		q := agenda.QuietHours{From: agenda.Minute(random.IntN(96) * 15)}
		q.To = agenda.Minute((int(q.From) + random.IntN(89)*15) % 1440)
		s.Mail.QuietHours = q
		s.Calendars[0].Reminders = nil
		for range random.IntN(6) {
			span := agenda.Span{Minutes: 60 + random.IntN(200)*15}
			if random.IntN(2) == 0 {
				span = agenda.Span{Days: 1 + random.IntN(20)}
			}
			s.Calendars[0].Reminders = append(s.Calendars[0].Reminders, span)
		}
		if random.IntN(2) == 0 {
			s.Services[0].Reconfirm = agenda.Reconfirm{Ask: agenda.Span{Days: 4 + random.IntN(5)}, By: agenda.Span{Days: 1 + random.IntN(2)}}
		}
		day := []time.Time{time.Date(2026, 3, 28, 0, 0, 0, 0, s.Zone()), time.Date(2026, 10, 24, 0, 0, 0, 0, s.Zone()), time.Date(2026, 7, 1, 0, 0, 0, 0, s.Zone())}[random.IntN(3)]
		start := day.Add(time.Duration(random.IntN(72*4)) * 15 * time.Minute)
		rungs := s.Ladder(&s.Calendars[0], []agenda.Item{{Service: "a"}}, start)
		about := fmt.Sprintf("start %v, quiet %v-%v, %+v", start, q.From, q.To, rungs)
		names := map[string]bool{}
		for i, r := range rungs {
			wall := agenda.Minute(r.At.In(s.Zone()).Hour()*60 + r.At.In(s.Zone()).Minute())
			quiet := q.From < q.To && wall >= q.From && wall < q.To || q.From > q.To && (wall >= q.From || wall < q.To)
			switch {
			case quiet:
				t.Fatalf("%s: %s at %v is in quiet hours", about, r.Name, wall)
			case !r.At.Before(start):
				t.Fatalf("%s: %s is not before the start", about, r.Name)
			case i > 0 && !rungs[i-1].At.Before(r.At):
				t.Fatalf("%s: two at one moment", about)
			case names[r.Name]:
				t.Fatalf("%s: %s twice", about, r.Name)
			}
			names[r.Name] = true
		}
	}
}
