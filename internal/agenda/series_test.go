package agenda_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"terminvergabe/internal/agenda"
)

// plan is some series of one calendar, with one of them and a day on which it changes.
type plan struct {
	*rapid.T
	list []agenda.SlotTemplate
	i    int
	day  agenda.Date
	from agenda.Date // of the two years looked at
}

func drawPlan(t *rapid.T, from agenda.Date) *plan {
	p := &plan{T: t, from: from}
	n := rapid.IntRange(1, 3).Draw(t, "series")
	for i := range n {
		p.list = append(p.list, p.series(fmt.Sprint("t", i), 8*60+i*120))
	}
	p.i = rapid.IntRange(0, n-1).Draw(t, "which")
	p.day = from + agenda.Date(rapid.IntRange(0, 500).Draw(t, "day"))
	return p
}

// series is one of any rhythm and validity, with some single days.
func (p *plan) series(id string, at int) agenda.SlotTemplate {
	t := agenda.SlotTemplate{ID: id, From: agenda.Minute(at), To: agenda.Minute(at + 60), SlotMinutes: rapid.SampledFrom([]int{10, 20, 30}).Draw(p.T, "raster"),
		Seats: agenda.Seats{Total: rapid.IntRange(1, 4).Draw(p.T, "seats"), Public: -1}, EveryWeeks: rapid.IntRange(1, 3).Draw(p.T, "every"),
		WeekOfMonth: rapid.SampledFrom([]int{0, 0, 0, 1, 5}).Draw(p.T, "nth")}
	t.Weekdays = rapid.SliceOfNDistinct(rapid.SampledFrom(everyDay), 1, 5, rapid.ID[string]).Draw(p.T, "weekdays")
	if t.EveryWeeks > 1 || rapid.Bool().Draw(p.T, "from") {
		t.ValidFrom = p.from + agenda.Date(rapid.IntRange(-30, 300).Draw(p.T, "validFrom"))
	}
	if rapid.Bool().Draw(p.T, "to") {
		t.ValidTo = max(t.ValidFrom, p.from) + agenda.Date(rapid.IntRange(0, 400).Draw(p.T, "validTo"))
	}
	for range rapid.IntRange(0, 3).Draw(p.T, "excepts") {
		if d := p.from + agenda.Date(rapid.IntRange(0, 500).Draw(p.T, "except")); !slices.Contains(t.Except, d) {
			t.Except = append(t.Except, d)
		}
	}
	return t
}

// open is what is open on a date: beginning, raster and seats of each series.
func open(list []agenda.SlotTemplate, d agenda.Date) (hours []string) {
	for i := range list {
		if t := &list[i]; t.On(d) {
			hours = append(hours, fmt.Sprint(t.From, t.To, t.SlotMinutes, t.Seats))
		}
	}
	slices.Sort(hours)
	return hours
}

// holds wants the changed list to be open as the oracle says on every date of two
// years, under ids that differ, and the list that was changed to be as it was.
func (p *plan) holds(change func([]agenda.SlotTemplate) []agenda.SlotTemplate, oracle func(d agenda.Date) []string) {
	p.Helper()
	was := fmt.Sprint(p.list)
	got := change(slices.Clone(p.list))
	if fmt.Sprint(p.list) != was {
		p.Fatalf("the list itself has changed: %v, want %v", p.list, was)
	}
	ids := map[string]bool{}
	for i := range got {
		if ids[got[i].ID] || !agenda.ValidID(got[i].ID) {
			p.Fatalf("id %q is there again, or is none", got[i].ID)
		}
		ids[got[i].ID] = true
	}
	for d := p.from - 40; d < p.from+800; d++ {
		if got, want := open(got, d), oracle(d); !slices.Equal(got, want) {
			p.Fatalf("%v: got %v, want %v\nbefore %+v\nafter %+v", d, got, want, p.list, change(p.list))
		}
	}
}

// others is the list without the series that changes, with others in its place.
func (p *plan) others(with ...agenda.SlotTemplate) []agenda.SlotTemplate {
	return slices.Concat(p.list[:p.i], with, p.list[p.i+1:])
}

// What is done to a series changes the dates that are meant and no others.
func TestSeriesChangeWhereTheyShould(t *testing.T) {
	from := mustDate(t, "2026-07-06")
	for name, property := range map[string]func(*plan){
		"from a day on": func(p *plan) {
			as := p.list[p.i]
			as.SlotMinutes, as.Seats.Total = 15, 9
			if rapid.Bool().Draw(p.T, "later hours") {
				as.From, as.To = as.From+300, as.To+300
			}
			p.holds(func(l []agenda.SlotTemplate) []agenda.SlotTemplate { return agenda.ChangeFrom(l, p.i, p.day, as) }, func(d agenda.Date) []string {
				if d < p.day {
					return open(p.list, d)
				}
				return open(p.others(as), d)
			})
		},
		"from a day on in another rhythm": func(p *plan) {
			as := p.list[p.i]
			as.EveryWeeks, as.ValidTo = 4, 0
			counted := as
			counted.ValidFrom = max(as.ValidFrom, p.day)
			p.holds(func(l []agenda.SlotTemplate) []agenda.SlotTemplate { return agenda.ChangeFrom(l, p.i, p.day, as) }, func(d agenda.Date) []string {
				if d < p.day {
					return open(p.list, d)
				}
				return open(p.others(counted), d)
			})
		},
		"only a day": func(p *plan) {
			t := p.list[p.i]
			if !t.On(p.day) {
				return
			}
			as := t
			as.SlotMinutes, as.Seats.Total = 15, 9
			p.holds(func(l []agenda.SlotTemplate) []agenda.SlotTemplate {
				return agenda.ChangeOnly(l, p.i, p.day, as, false)
			}, func(d agenda.Date) []string {
				if d != p.day {
					return open(p.list, d)
				}
				return open(p.others(as), d)
			})
		},
		"leave out a day": func(p *plan) {
			p.holds(func(l []agenda.SlotTemplate) []agenda.SlotTemplate { return agenda.SkipDay(l, p.i, p.day) }, func(d agenda.Date) []string {
				if d != p.day {
					return open(p.list, d)
				}
				return open(p.others(), d)
			})
		},
		"end": func(p *plan) {
			p.holds(func(l []agenda.SlotTemplate) []agenda.SlotTemplate { return agenda.EndSeries(l, p.i, p.day) }, func(d agenda.Date) []string {
				if d <= p.day {
					return open(p.list, d)
				}
				return open(p.others(), d)
			})
		},
		"delete": func(p *plan) {
			p.holds(func(l []agenda.SlotTemplate) []agenda.SlotTemplate { return agenda.DeleteSeries(l, p.i) }, func(d agenda.Date) []string { return open(p.others(), d) })
		},
		"always": func(p *plan) {
			as := p.list[p.i]
			as.Seats.Total = 9
			p.holds(func(l []agenda.SlotTemplate) []agenda.SlotTemplate { return agenda.ChangeAlways(l, p.i, as) }, func(d agenda.Date) []string { return open(p.others(as), d) })
		},
		"copy": func(p *plan) {
			copied := p.list[p.i]
			copied.Weekdays, copied.Except = []string{"sa"}, nil
			p.holds(func(l []agenda.SlotTemplate) []agenda.SlotTemplate {
				return agenda.CopySeries(l, p.list[p.i], []string{"sa"})
			}, func(d agenda.Date) []string { return open(append(slices.Clone(p.list), copied), d) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { property(drawPlan(t, from)) })
		})
	}
}

// musterplan is a calendar with one series on weekdays, at a place with holidays.
func musterplan(t *testing.T) *agenda.Setup {
	t.Helper()
	s := &agenda.Setup{Tenant: agenda.Tenant{ID: "ort", Timezone: "Europe/Berlin", State: "NI"}, Revision: 3,
		Departments: []agenda.Department{{ID: "amt"}}, Sites: []agenda.Site{{ID: "haus"}},
		Calendars: []agenda.Calendar{{ID: "a", Department: "amt", Site: "haus", TickMinutes: 5,
			SlotTemplates: []agenda.SlotTemplate{{ID: "vormittag", Weekdays: []string{"mo", "tu", "we", "th", "fr"}, From: 480, To: 720, SlotMinutes: 10, EveryWeeks: 1, Seats: agenda.Seats{Total: 2, Public: -1}}}},
			{ID: "b", Department: "amt", Site: "haus", TickMinutes: 5}}}
	if err := s.Prepare(); err != nil {
		t.Fatal(err)
	}
	return s
}

// A change leaves the set-up that it is made to alone, and says what makes no sense.
func TestChangeOn(t *testing.T) {
	d := func(s string) agenda.Date { return mustDate(t, s) }
	day := func(s string) agenda.Moment { return agenda.Moment{Date: d(s)} }
	bridge := &agenda.Closure{From: day("2026-05-15"), To: day("2026-05-15"), Reason: agenda.Plain("Brückentag")}
	for _, x := range []struct {
		name   string
		change agenda.Change
		want   string // ids of a's series, their exceptions and open holidays, b's, closures of a, department, site and tenant; or the error
	}{
		{"add", agenda.Change{Act: agenda.ActAdd, Calendars: []string{"a", "b"}, As: &agenda.SlotTemplate{Weekdays: []string{"mo"}, From: 780, To: 840}}, "vormittag mo-1300|mo-1300|0 0 0 0"},
		{"again", agenda.Change{Act: agenda.ActCopy, Calendar: "a", Template: "vormittag", Calendars: []string{"a", "b"}}, "vormittag mo-fr-0800|mo-fr-0800|0 0 0 0"},
		{"copy to other days", agenda.Change{Act: agenda.ActCopy, Calendar: "a", Template: "vormittag", Calendars: []string{"b"}, Weekdays: []string{"sa", "mo"}}, "vormittag|mosa-0800|0 0 0 0"},
		{"split", agenda.Change{Act: agenda.ActFrom, Calendar: "a", Template: "vormittag", Day: d("2026-09-01"), As: &agenda.SlotTemplate{Weekdays: []string{"mo", "tu"}, From: 540, To: 600, EveryWeeks: 1}}, "vormittag motu-0900||0 0 0 0"},
		{"only a holiday", agenda.Change{Act: agenda.ActOnly, Calendar: "a", Template: "vormittag", Day: d("2026-05-14"), As: &agenda.SlotTemplate{From: 540, To: 600}}, "vormittag-[2026-05-14] th-0900+[2026-05-14]||0 0 0 0"},
		{"skip", agenda.Change{Act: agenda.ActSkip, Calendar: "a", Template: "vormittag", Day: d("2026-05-18")}, "vormittag-[2026-05-18]||0 0 0 0"},
		{"skip a Sunday", agenda.Change{Act: agenda.ActSkip, Calendar: "a", Template: "vormittag", Day: d("2026-05-17")}, "invalid: day (not_on)"},
		{"skip nothing", agenda.Change{Act: agenda.ActSkip, Calendar: "a", Template: "vormittag"}, "invalid: day (required)"},
		{"delete", agenda.Change{Act: agenda.ActDelete, Calendar: "a", Template: "vormittag"}, "||0 0 0 0"},
		{"delete what is gone", agenda.Change{Act: agenda.ActDelete, Calendar: "a", Template: "x"}, "not found"},
		{"of nobody's calendar", agenda.Change{Act: agenda.ActDelete, Calendar: "x", Template: "x"}, "not found"},
		{"close everywhere", agenda.Change{Act: agenda.ActClose, Calendars: []string{"a"}, Departments: []string{"amt"}, Sites: []string{"haus"}, Everything: true, Closure: bridge}, "vormittag||1 1 1 1"},
		{"close nowhere", agenda.Change{Act: agenda.ActClose, Closure: bridge}, "invalid: calendars (required)"},
		{"open on a holiday", agenda.Change{Act: agenda.ActOpenOn, Calendars: []string{"a", "b"}, Day: d("2026-05-14")}, "vormittag+[2026-05-14]||0 0 0 0"},
		{"open where nothing is", agenda.Change{Act: agenda.ActOpenOn, Calendars: []string{"b"}, Day: d("2026-05-14")}, "invalid: calendars (no_change)"},
		{"open on any day", agenda.Change{Act: agenda.ActOpenOn, Calendars: []string{"a"}, Day: d("2026-05-18")}, "invalid: day (no_holiday)"},
		{"reopen what is open", agenda.Change{Act: agenda.ActReopen, Calendars: []string{"a"}, Was: bridge}, "not found"},
		{"nonsense", agenda.Change{Act: "shuffle", Calendar: "a", Template: "vormittag", Day: d("2026-05-18")}, "invalid: act (unknown)"},
	} {
		s := musterplan(t)
		if x.change.As != nil {
			x.change.As.Seats = agenda.Seats{Total: 1, Public: -1}
		}
		n, err := x.change.On(s)
		if got := told(n, err); got != x.want {
			t.Errorf("%s: got %s, want %s", x.name, got, x.want)
		}
		if fresh := musterplan(t); !reflect.DeepEqual(s.Calendars, fresh.Calendars) || !reflect.DeepEqual(s.Departments, fresh.Departments) {
			t.Errorf("%s: the set-up itself has changed: %+v", x.name, s.Calendars)
		}
	}
}

func told(s *agenda.Setup, err error) string {
	if err != nil {
		return err.Error()
	}
	var out [2]string
	for i := range out {
		for _, t := range s.Calendars[i].SlotTemplates {
			if out[i] != "" {
				out[i] += " "
			}
			out[i] += t.ID
			if len(t.Except) > 0 {
				out[i] += fmt.Sprint("-", t.Except)
			}
			if len(t.AlsoOn) > 0 {
				out[i] += fmt.Sprint("+", t.AlsoOn)
			}
		}
	}
	return fmt.Sprintf("%s|%s|%d %d %d %d", out[0], out[1], len(s.Calendars[0].Closures), len(s.Departments[0].Closures), len(s.Sites[0].Closures), len(s.Closures))
}

// A closure that is put instead of another, and one that goes.
func TestClosuresComeAndGo(t *testing.T) {
	s := musterplan(t)
	one := agenda.Closure{From: agenda.Moment{Date: 20000}, To: agenda.Moment{Date: 20000}, Seats: 1}
	two := one
	two.Seats = 2
	first := agenda.Change{Act: agenda.ActClose, Calendars: []string{"a"}, Closure: &one}
	s, err := first.On(s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.On(s); err == nil {
		t.Error("the same closure was put there again")
	}
	s, err = (&agenda.Change{Act: agenda.ActClose, Calendars: []string{"a"}, Was: &one, Closure: &two}).On(s)
	if err != nil || len(s.Calendars[0].Closures) != 1 || s.Calendars[0].Closures[0].Seats != 2 {
		t.Errorf("got %+v, %v", s.Calendars[0].Closures, err)
	}
	s, err = (&agenda.Change{Act: agenda.ActReopen, Calendars: []string{"a"}, Was: &two}).On(s)
	if err != nil || len(s.Calendars[0].Closures) != 0 {
		t.Errorf("got %+v, %v", s.Calendars[0].Closures, err)
	}
}
