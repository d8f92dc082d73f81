package plan

import (
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/pagetest"
)

// TestStates renders every page in its states and keeps them for the accessibility run.
func TestStates(t *testing.T) {
	for _, lang := range []string{"de", "en"} {
		one, full, none := newHouse(t), newHouse(t), newHouse(t)
		full.busy()
		full.longNames()
		none.people["nowhere"] = &agenda.Person{Tenant: town, ID: "n", Name: "Nie", Role: agenda.Planner, Department: "gibtesnicht"}
		none.empty()
		keep := func(state string, a reply) {
			t.Helper()
			if a.Code >= 300 && a.Code != 422 && a.Code != 409 {
				t.Errorf("%s: got %d", state, a.Code)
			}
			pagetest.Keep(t, "plan-"+state+"-"+lang, a.Body.String())
		}
		get := func(h *house, path, who string) reply { return h.get(path+"lang="+lang, who) }
		post := func(h *house, path string, pairs ...string) reply {
			return h.post(path+"?lang="+lang, "lead", pairs...)
		}
		keep("week-nobody", get(none, "/staff/plan?", "nowhere"))
		keep("week-empty", get(none, "/staff/plan?calendar=buergerbuero&", "lead"))
		keep("week-one", get(one, "/staff/plan?", "lead"))
		keep("week-full", get(full, "/staff/plan?", "lead"))
		keep("week-saved", get(full, "/staff/plan?done=saved&stranded=3&at=buergerbuero&from=2026-07-06T08:00&to=2026-07-06T09:00&", "lead"))
		keep("week-holiday", get(full, "/staff/plan?week=2026-12-28&", "lead"))
		keep("series-new", get(full, "/staff/plan/series?calendar=buergerbuero&from=16:00&day=2026-07-07&", "lead"))
		keep("series-one", get(one, "/staff/plan/series?calendar=buergerbuero&id=vormittag&", "lead"))
		keep("series-wrong", post(one, "/staff/plan/series", form("calendar", "buergerbuero", "id", "vormittag", "from", "x", "slotMinutes", "7", "except", "morgen", "scope", "only")...))
		keep("act-wrong", post(one, "/staff/plan/act", "calendar", "buergerbuero", "id", "vormittag", "act", "copy", "copyTo", "buergerbuero", "copyDays", "mo"))
		keep("closure-new", get(full, "/staff/plan/closure?calendar=buergerbuero&", "lead"))
		keep("closure-one", get(full, "/staff/plan/closure?at=calendar:buergerbuero&n=0&", "lead"))
		keep("closure-wrong", post(full, "/staff/plan/closure", "closureFrom", "2026-12-24", "closureTo", "2026-12-20"))
		keep("holidays", get(full, "/staff/plan/holidays?", "lead"))
		keep("holidays-none", get(none, "/staff/plan/holidays?", "lead"))
		keep("preview-fine", post(one, "/staff/plan/series", form("calendar", "buergerbuero", "from", "13:00", "to", "15:00")...))
		keep("preview-stranded", post(full, "/staff/plan/closure", "closureFrom", "2026-07-06", "closureTo", "2026-07-20", "sites", "rathaus"))
		p := post(full, "/staff/plan/act", "calendar", "buergerbuero", "id", "mo-0800", "act", "delete")
		keep("preview-deleted", p)
		keep("preview-again", p.save("lead"))
		keep("history-one", get(one, "/staff/plan/history?", "lead"))
		keep("history-full", get(full, "/staff/plan/history?", "lead"))
		keep("revision-old", get(full, "/staff/plan/history/1?", "lead"))
		keep("revision-now", get(full, "/staff/plan/history/3?", "lead"))
	}
}

const longName = "Verwaltungsgemeinschaftsangelegenheitenbearbeitungsstelle für Personenbeförderungsrecht und Fahrerlaubniswesen"

// change puts a set-up in force.
func (h *house) change(f func(*agenda.Setup)) {
	h.Helper()
	s, err := h.desk.Setup(h.Context(), town)
	if err != nil {
		h.Fatal(err)
	}
	c := agenda.Change{Act: agenda.ActAdd, Calendars: []string{"impfung"}, As: &agenda.SlotTemplate{Weekdays: []string{"sa"}, From: 480, To: 540, SlotMinutes: 5, EveryWeeks: 1, Seats: agenda.Seats{Total: 1, Public: -1}}}
	if s, err = c.On(s); err != nil { // a set-up is shared: change a copy
		h.Fatal(err)
	}
	f(s)
	if _, err := h.desk.Apply(h.Context(), s, booking.ApplyOptions{Actor: "l"}); err != nil {
		h.Fatal(err)
	}
}

func (h *house) longNames() {
	h.change(func(s *agenda.Setup) {
		s.Calendars[0].Name, s.Calendars[1].Name = agenda.Plain(longName), agenda.Plain(longName+" (Nebenstelle)")
		s.Calendars[1].Pool = "buergerbuero"
		s.Departments[0].Name, s.Sites[0].Name = agenda.Plain(longName), agenda.Plain(longName)
	})
}

// empty is a calendar without any series, in a town without holidays.
func (h *house) empty() {
	h.change(func(s *agenda.Setup) {
		s.Tenant.State = ""
		s.Calendars[0].SlotTemplates = nil
	})
}
