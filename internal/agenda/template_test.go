package agenda_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"terminvergabe/internal/agenda"
)

var everyDay = []string{"mo", "tu", "we", "th", "fr", "sa", "su"}

// days lists the dates in a period on which a template is open.
func days(t *testing.T, tpl agenda.SlotTemplate, from, to string) (out []string) {
	t.Helper()
	for d := mustDate(t, from); d <= mustDate(t, to); d++ {
		if tpl.On(d) {
			out = append(out, d.String())
		}
	}
	return out
}

func TestTemplateDates(t *testing.T) {
	date := func(s string) agenda.Date { return mustDate(t, s) }
	for _, c := range []struct {
		name     string
		tpl      agenda.SlotTemplate
		from, to string
		want     []string
	}{
		{"weekdays", agenda.SlotTemplate{Weekdays: []string{"mo", "su"}}, "2026-06-29", "2026-07-06",
			[]string{"2026-06-29", "2026-07-05", "2026-07-06"}},
		{"validity includes both ends", agenda.SlotTemplate{Weekdays: everyDay, ValidFrom: date("2026-12-31"), ValidTo: date("2027-01-02")},
			"2026-12-28", "2027-01-05", []string{"2026-12-31", "2027-01-01", "2027-01-02"}},
		{"29 February", agenda.SlotTemplate{Weekdays: everyDay, ValidFrom: date("2028-02-29"), ValidTo: date("2028-02-29")},
			"2028-02-27", "2028-03-02", []string{"2028-02-29"}},
		{"except", agenda.SlotTemplate{Weekdays: []string{"mo"}, Except: []agenda.Date{date("2026-11-30")}},
			"2026-11-23", "2026-12-07", []string{"2026-11-23", "2026-12-07"}},
		// 2026 has an ISO week 53: counting week numbers would open weeks 51, 53 and 1.
		{"every second week over week 53", agenda.SlotTemplate{Weekdays: []string{"mo"}, EveryWeeks: 2, ValidFrom: date("2026-12-14")},
			"2026-12-01", "2027-02-01", []string{"2026-12-14", "2026-12-28", "2027-01-11", "2027-01-25"}},
		{"weeks begin on Monday, not on validFrom", agenda.SlotTemplate{Weekdays: []string{"mo", "fr"}, EveryWeeks: 2, ValidFrom: date("2026-12-17")},
			"2026-12-01", "2027-01-15", []string{"2026-12-18", "2026-12-28", "2027-01-01", "2027-01-11", "2027-01-15"}},
		{"every third week over the year's end", agenda.SlotTemplate{Weekdays: []string{"th"}, EveryWeeks: 3, ValidFrom: date("2026-12-10")},
			"2026-12-01", "2027-01-31", []string{"2026-12-10", "2026-12-31", "2027-01-21"}},
		{"first of the month", agenda.SlotTemplate{Weekdays: []string{"we"}, WeekOfMonth: 1}, "2026-06-25", "2026-08-31",
			[]string{"2026-07-01", "2026-08-05"}},
		{"fourth, which is not always the last", agenda.SlotTemplate{Weekdays: []string{"we"}, WeekOfMonth: 4}, "2026-07-01", "2026-08-31",
			[]string{"2026-07-22", "2026-08-26"}},
		{"five is the last, fifth or fourth", agenda.SlotTemplate{Weekdays: []string{"we"}, WeekOfMonth: 5}, "2026-07-01", "2026-08-31",
			[]string{"2026-07-29", "2026-08-26"}},
		{"last in February", agenda.SlotTemplate{Weekdays: []string{"su", "tu"}, WeekOfMonth: 5}, "2028-02-01", "2028-02-29",
			[]string{"2028-02-27", "2028-02-29"}},
		{"last in December", agenda.SlotTemplate{Weekdays: []string{"th"}, WeekOfMonth: 5}, "2026-12-20", "2027-01-08", []string{"2026-12-31"}},
		{"both rhythms must hold", agenda.SlotTemplate{Weekdays: []string{"mo"}, EveryWeeks: 2, WeekOfMonth: 1, ValidFrom: date("2026-07-06")},
			"2026-07-01", "2026-12-31", []string{"2026-07-06", "2026-08-03", "2026-12-07"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := days(t, c.tpl, c.from, c.to); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestAlsoOnOpensNothingByItself(t *testing.T) {
	tpl := agenda.SlotTemplate{Weekdays: []string{"mo"}, AlsoOn: []agenda.Date{mustDate(t, "2026-07-01")}}
	if got := days(t, tpl, "2026-06-30", "2026-07-05"); got != nil {
		t.Errorf("got %v, want none: alsoOn lifts a holiday and nothing else", got)
	}
}

func TestWeekOfMonthCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		year, month := rapid.IntRange(1999, 2101).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month"))
		weekday := rapid.SampledFrom(everyDay).Draw(t, "weekday")
		var all []agenda.Date
		for d := agenda.MakeDate(year, month, 1); d < agenda.MakeDate(year, month+1, 1); d++ {
			if agenda.WeekdayID(d.Weekday()) == weekday {
				all = append(all, d)
			}
		}
		for n := 1; n <= 5; n++ {
			tpl := agenda.SlotTemplate{Weekdays: []string{weekday}, WeekOfMonth: n}
			want := all[min(n, len(all))-1]
			if n == 5 {
				want = all[len(all)-1]
			}
			for _, d := range all {
				if got := tpl.On(d); got != (d == want) {
					t.Fatalf("weekOfMonth %d, %v: got %v, want only %v", n, d, got, want)
				}
			}
		}
	})
}

func TestServes(t *testing.T) {
	for _, c := range []struct {
		name     string
		tpl      agenda.SlotTemplate
		services []string
		modes    []string
		want     []string
	}{
		{"no restriction", agenda.SlotTemplate{}, []string{"a", "b"}, []string{"onsite", "phone"}, []string{"onsite", "phone"}},
		{"its service", agenda.SlotTemplate{Services: []string{"a", "b"}}, []string{"b"}, []string{"onsite"}, []string{"onsite"}},
		{"one of two is not admitted", agenda.SlotTemplate{Services: []string{"a"}}, []string{"a", "b"}, []string{"onsite"}, nil},
		{"modes in the wish's order", agenda.SlotTemplate{Modes: []string{"phone", "onsite"}}, []string{"a"}, []string{"onsite", "video", "phone"}, []string{"onsite", "phone"}},
		{"no mode left", agenda.SlotTemplate{Modes: []string{"video"}}, []string{"a"}, []string{"onsite"}, nil},
		{"no mode asked", agenda.SlotTemplate{}, []string{"a"}, nil, nil},
	} {
		got, ok := c.tpl.Serves(c.services, c.modes)
		if ok != (c.want != nil) || ok && !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v %v, want %v", c.name, got, ok, c.want)
		}
	}
}
