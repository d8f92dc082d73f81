package agenda_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
)

// wishSetup has services that differ in everything a wish can meet.
func wishSetup() *agenda.Setup {
	onsite := []string{agenda.ModeOnsite}
	return &agenda.Setup{
		Services: []agenda.Service{
			{ID: "ausweis", Minutes: 10, MinutesMore: 8, MaxQuantity: 4, Combinable: []string{"reisepass"}, LeadMinutes: 60, HorizonDays: 60,
				CancelByMinutes: 120, Modes: []string{agenda.ModeOnsite, agenda.ModePhone, agenda.ModeVideo, agenda.ModeHome}, Public: agenda.VisiblePublic},
			{ID: "reisepass", Minutes: 15, MinutesMore: -1, MaxQuantity: 2, LeadMinutes: 1440, HorizonDays: 30, CancelByMinutes: 60,
				Modes: []string{agenda.ModeVideo, agenda.ModeOnsite}, Public: agenda.VisiblePublic, Questions: []agenda.Question{
					{ID: "art", Type: "choice", Required: true, Options: []agenda.Option{{ID: "neu"}, {ID: "express", Minutes: 25}, {ID: "lang", Minutes: 55}, {ID: "rathaus", Calendars: []string{"rathaus"}}}},
					{ID: "eile", Type: "yesno"}, {ID: "grund", Type: "text"},
					{ID: "sprache", Type: "choice", Options: []agenda.Option{{ID: "de"}, {ID: "gebaerde", Minutes: 40}}}}},
			{ID: "kfz", Minutes: 12, MinutesMore: 0, MaxQuantity: 3, HorizonDays: 90, Modes: onsite, Public: agenda.VisiblePublic, Combinable: []string{"ausweis"}},
			{ID: "besuch", Minutes: 60, MinutesMore: -1, MaxQuantity: 1, HorizonDays: 0, Modes: []string{agenda.ModeHome}, Public: agenda.VisiblePublic},
			{ID: "einladung", Minutes: 60, MaxQuantity: 1, Modes: onsite, Public: agenda.VisibleLink},
			{ID: "intern", Minutes: 60, MaxQuantity: 1, Modes: onsite, Public: agenda.VisibleStaff},
		},
		Calendars: []agenda.Calendar{
			{ID: "buergerbuero", TickMinutes: 5, BeforeMinutes: 3, AfterMinutes: 5,
				Services: []agenda.Offer{{ID: "ausweis"}, {ID: "reisepass", Minutes: 20}, {ID: "kfz"}, {ID: "besuch"}}},
			{ID: "rathaus", TickMinutes: 1, Services: []agenda.Offer{{ID: "ausweis", Minutes: 7}, {ID: "reisepass"}, {ID: "kfz"}}},
		},
	}
}

// TestCheckWish is one long table: every way in which a wish can be refused.
func TestCheckWish(t *testing.T) {
	art := func(a string) map[string]string { return map[string]string{"art": a} }
	one := func(id string, n int, answers map[string]string) []agenda.Item {
		return []agenda.Item{{Service: id, Quantity: n, Answers: answers}}
	}
	for _, c := range []struct {
		name string
		wish agenda.Wish
		by   agenda.Channel
		want string // the error's text, empty: none
	}{
		{"one", agenda.Wish{Items: one("ausweis", 1, nil)}, agenda.Public, ""},
		{"with itself up to the maximum", agenda.Wish{Items: one("ausweis", 4, nil)}, agenda.Public, ""},
		{"too many", agenda.Wish{Items: one("ausweis", 5, nil)}, agenda.Public, agenda.ErrTooMany.Error()},
		{"too many for staff as well", agenda.Wish{Items: one("ausweis", 5, nil)}, agenda.Staff, agenda.ErrTooMany.Error()},
		{"none of it", agenda.Wish{Items: one("ausweis", 0, nil)}, agenda.Public, "invalid: services (range)"},
		{"less than none", agenda.Wish{Items: one("ausweis", -1, nil)}, agenda.Public, "invalid: services (range)"},
		{"nothing", agenda.Wish{}, agenda.Public, "invalid: services (required)"},
		{"unknown", agenda.Wish{Items: one("hund", 1, nil)}, agenda.Staff, "invalid: services (unknown)"},
		{"only by invitation", agenda.Wish{Items: one("einladung", 1, nil)}, agenda.Public, "invalid: services (unknown)"},
		{"staff only", agenda.Wish{Items: one("intern", 1, nil)}, agenda.Public, "invalid: services (unknown)"},
		{"staff book it", agenda.Wish{Items: one("intern", 1, nil)}, agenda.Staff, ""},
		{"named on the first side", agenda.Wish{Items: append(one("ausweis", 1, nil), one("reisepass", 1, art("neu"))...)}, agenda.Public, ""},
		{"named on the other side", agenda.Wish{Items: append(one("reisepass", 1, art("neu")), one("ausweis", 1, nil)...)}, agenda.Public, ""},
		{"each pair must combine", agenda.Wish{Items: append(one("ausweis", 1, nil), append(one("kfz", 1, nil), one("reisepass", 1, art("neu"))...)...)},
			agenda.Public, agenda.ErrNotCombinable.Error()},
		{"twice", agenda.Wish{Items: append(one("ausweis", 1, nil), one("ausweis", 1, nil)...)}, agenda.Public, "invalid: services (duplicate)"},
		{"mode", agenda.Wish{Items: one("ausweis", 1, nil), Mode: "video"}, agenda.Public, ""},
		{"mode nobody knows", agenda.Wish{Items: one("ausweis", 1, nil), Mode: "fax"}, agenda.Staff, "invalid: mode (unknown)"},
		{"home visits are made by staff", agenda.Wish{Items: one("ausweis", 1, nil), Mode: "home"}, agenda.Public, "invalid: mode (unknown)"},
		{"staff visit", agenda.Wish{Items: one("ausweis", 1, nil), Mode: "home"}, agenda.Staff, ""},
		{"answer missing", agenda.Wish{Items: one("reisepass", 1, nil)}, agenda.Public, "invalid: reisepass.art (required)"},
		{"answer empty", agenda.Wish{Items: one("reisepass", 1, art(""))}, agenda.Public, "invalid: reisepass.art (required)"},
		{"answer unknown", agenda.Wish{Items: one("reisepass", 1, art("alt"))}, agenda.Public, "invalid: reisepass.art (unknown)"},
		{"neither yes nor no", agenda.Wish{Items: one("reisepass", 1, map[string]string{"art": "neu", "eile": "maybe"})}, agenda.Public, "invalid: reisepass.eile (unknown)"},
		{"yes", agenda.Wish{Items: one("reisepass", 1, map[string]string{"art": "neu", "eile": "yes", "grund": "Reise\r\nnach Übersee"})}, agenda.Public, ""},
		{"too long", agenda.Wish{Items: one("reisepass", 1, map[string]string{"art": "neu", "grund": strings.Repeat("ü", 501)})}, agenda.Public, "invalid: reisepass.grund (too_long)"},
		{"just not too long", agenda.Wish{Items: one("reisepass", 1, map[string]string{"art": "neu", "grund": strings.Repeat("ü", 500)})}, agenda.Public, ""},
		{"control characters", agenda.Wish{Items: one("reisepass", 1, map[string]string{"art": "neu", "grund": "a\x00b"})}, agenda.Public, "invalid: reisepass.grund (format)"},
		{"broken UTF-8", agenda.Wish{Items: one("reisepass", 1, map[string]string{"art": "neu", "grund": "a\xffb"})}, agenda.Public, "invalid: reisepass.grund (format)"},
		{"questions nobody asked, in order", agenda.Wish{Items: one("ausweis", 1, map[string]string{"z": "1", "a": "1"})}, agenda.Public,
			"invalid: ausweis.a (unknown) ausweis.z (unknown)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := wishSetup().CheckWish(c.wish, c.by)
			if got := errorText(err); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			var invalid agenda.Invalid
			if strings.HasPrefix(c.want, "invalid:") != errors.As(err, &invalid) {
				t.Errorf("got %T", err)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestPlanMinutes(t *testing.T) {
	answers := func(a ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(a); i += 2 {
			m[a[i]] = a[i+1]
		}
		return m
	}
	for _, c := range []struct {
		name     string
		calendar string
		items    []agenda.Item
		want     int // 0: not here
	}{
		{"one", "buergerbuero", []agenda.Item{{Service: "ausweis", Quantity: 1}}, 10},
		{"each further one takes minutesMore", "buergerbuero", []agenda.Item{{Service: "ausweis", Quantity: 3}}, 30}, // 26 rounded up to ticks
		{"the calendar's minutes, not its minutesMore", "rathaus", []agenda.Item{{Service: "ausweis", Quantity: 3}}, 23},
		{"minutesMore is by default what holds in the calendar", "buergerbuero", []agenda.Item{{Service: "reisepass", Quantity: 2}}, 40},
		{"further ones may take no time", "rathaus", []agenda.Item{{Service: "kfz", Quantity: 3}}, 12},
		{"only the sum is rounded", "buergerbuero", []agenda.Item{{Service: "kfz", Quantity: 1}, {Service: "ausweis", Quantity: 2}}, 30},
		{"an answer's minutes replace the calendar's", "buergerbuero", []agenda.Item{{Service: "reisepass", Quantity: 1, Answers: answers("art", "express")}}, 25},
		{"also for further ones", "buergerbuero", []agenda.Item{{Service: "reisepass", Quantity: 2, Answers: answers("art", "express")}}, 50},
		{"the longest of several answers", "buergerbuero", []agenda.Item{{Service: "reisepass", Quantity: 1, Answers: answers("art", "express", "sprache", "gebaerde")}}, 40},
		{"in whatever order they are asked", "buergerbuero", []agenda.Item{{Service: "reisepass", Quantity: 1, Answers: answers("art", "lang", "sprache", "gebaerde")}}, 55},
		{"an answer without minutes", "rathaus", []agenda.Item{{Service: "reisepass", Quantity: 1, Answers: answers("art", "neu", "sprache", "de")}}, 15},
		{"an answer's calendar", "rathaus", []agenda.Item{{Service: "reisepass", Quantity: 1, Answers: answers("art", "rathaus")}}, 15},
		{"not an answer's calendar", "buergerbuero", []agenda.Item{{Service: "reisepass", Quantity: 1, Answers: answers("art", "rathaus")}}, 0},
		{"not offered here", "rathaus", []agenda.Item{{Service: "ausweis", Quantity: 1}, {Service: "intern", Quantity: 1}}, 0},
		{"unknown", "rathaus", []agenda.Item{{Service: "hund", Quantity: 1}}, 0},
		{"nothing", "rathaus", nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := wishSetup()
			calendar, _ := s.Calendar(c.calendar)
			p, ok := s.Plan(calendar, agenda.Wish{Items: c.items}, agenda.Public)
			if ok != (c.want > 0) || ok && p.Minutes != c.want {
				t.Errorf("got %d %v, want %d", p.Minutes, ok, c.want)
			}
		})
	}
}

func TestPlanTakesTheStrictestRules(t *testing.T) {
	s := wishSetup()
	calendar, _ := s.Calendar("buergerbuero")
	wish := agenda.Wish{Items: []agenda.Item{{Service: "ausweis", Quantity: 1}, {Service: "reisepass", Quantity: 1}}}
	p, ok := s.Plan(calendar, wish, agenda.Public)
	if !ok || p.LeadMinutes != 1440 || p.HorizonDays != 30 || p.CancelByMinutes != 120 || p.Before != 5 || p.After != 5 || p.Calendar != calendar {
		t.Errorf("got %+v %v: want the longest lead and cancel-by, the shortest horizon, before and after in ticks", p, ok)
	}
	if want := []string{"ausweis", "reisepass"}; !slices.Equal(p.Services, want) {
		t.Errorf("services: got %v, want %v", p.Services, want)
	}
	for _, ids := range [][2]string{{"ausweis", "besuch"}, {"besuch", "ausweis"}} {
		p, _ = s.Plan(calendar, agenda.Wish{Items: []agenda.Item{{Service: ids[0], Quantity: 1}, {Service: ids[1], Quantity: 1}}}, agenda.Staff)
		if p.HorizonDays != 0 {
			t.Errorf("%v, a horizon of today: got %d days", ids, p.HorizonDays)
		}
	}
}

func TestPlanModes(t *testing.T) {
	for _, c := range []struct {
		services []string
		mode     string
		by       agenda.Channel
		want     []string
	}{
		{[]string{"ausweis"}, "", agenda.Public, []string{"onsite", "phone", "video"}},
		{[]string{"ausweis"}, "", agenda.Staff, []string{"onsite", "phone", "video", "home"}},
		{[]string{"ausweis", "reisepass"}, "", agenda.Public, []string{"onsite", "video"}},
		{[]string{"reisepass", "ausweis"}, "", agenda.Public, []string{"video", "onsite"}},
		{[]string{"ausweis", "reisepass"}, "video", agenda.Public, []string{"video"}},
		{[]string{"ausweis", "reisepass"}, "phone", agenda.Public, nil},
		{[]string{"besuch"}, "", agenda.Public, nil},
		{[]string{"besuch"}, "", agenda.Staff, []string{"home"}},
	} {
		s := wishSetup()
		calendar, _ := s.Calendar("buergerbuero")
		wish := agenda.Wish{Mode: c.mode}
		for _, id := range c.services {
			wish.Items = append(wish.Items, agenda.Item{Service: id, Quantity: 1})
		}
		p, ok := s.Plan(calendar, wish, c.by)
		if ok != (c.want != nil) || !slices.Equal(p.Modes, c.want) {
			t.Errorf("%v as %q by %s: got %v %v, want %v", c.services, c.mode, c.by, p.Modes, ok, c.want)
		}
		for _, id := range c.services {
			got, _ := s.Service(id)
			if before, _ := wishSetup().Service(id); !slices.Equal(got.Modes, before.Modes) {
				t.Fatalf("a plan has changed the set-up: %v", got.Modes)
			}
		}
	}
}
