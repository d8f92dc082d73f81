package api_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/desktest"
)

type explanation struct {
	Bookable bool
	Rules    []struct {
		Rule, Detail string
		Allows       bool
	}
}

// detail is the sentence of a rule, and whether it allows.
func (e explanation) detail(rule string) (string, bool) {
	for _, r := range e.Rules {
		if r.Rule == rule {
			return r.Detail, r.Allows
		}
	}
	return "", false
}

// objections are the rules that object.
func (e explanation) objections() string {
	var list []string
	for _, r := range e.Rules {
		if !r.Allows {
			list = append(list, r.Rule)
		}
	}
	return strings.Join(list, " ")
}

func explainAt(calendar, start, service string, more ...string) string {
	q := url.Values{"calendar": {calendar}, "start": {start}, "service": {service}}
	for i := 0; i < len(more); i += 2 {
		q.Add(more[i], more[i+1])
	}
	return "/explain?" + q.Encode()
}

// situations is Musterstadt with something in the way of almost every hour.
func (c *client) situations() {
	c.t.Helper()
	c.change(func(s *agenda.Setup) {
		date := func(days int) agenda.Date { return agenda.DateOf(desktest.At(days, "12:00")) }
		buero := &s.Calendars[0]
		buero.SlotTemplates[0].Except = []agenda.Date{date(2)}
		buero.SlotTemplates = append(buero.SlotTemplates, agenda.SlotTemplate{ID: "offen", Weekdays: []string{"mo", "tu", "we", "th", "fr"}, From: 14 * 60, To: 16 * 60, SlotMinutes: 10, EveryWeeks: 1, WalkIn: true})
		buero.Closures = []agenda.Closure{{From: agenda.Moment{Date: date(3)}, To: agenda.Moment{Date: date(3)}, Reason: agenda.Text{"de": "Betriebsausflug", "en": "Works outing"}}}
		for i := range s.Services {
			s.Services[i].HorizonDays = 200
		}
	})
	c.clock.Set(desktest.At(0, "08:31"))
	for range 2 {
		read[bookingAnswer](c, c.do("POST", "/bookings", direct("buergerbuero", at(1, "09:00"), "ausweis")), 201)
	}
	read[bookingAnswer](c, c.do("POST", "/bookings", direct("buergerbuero", at(1, "10:00"), "ausweis")), 201)
	read[object](c, c.do("POST", "/holds", object{"services": want("ausweis"), "calendar": "buergerbuero", "start": at(1, "10:00")}), 201)
}

// Every rule has its say, in words of both languages, and booking agrees.
func TestExplainSaysWhatBookingDoes(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.situations()
		token := c.token(agenda.Auditor, "buergerdienste")
		christmas := int(desktest.At(0, "00:00").AddDate(0, 5, 19).Sub(desktest.At(0, "00:00")) / (24 * time.Hour))
		for _, test := range []struct {
			start, objections, rule, german, english string
		}{
			{at(1, "08:00"), "", "template", "08:00–12:00 Uhr (vormittag)", "08:00–12:00 (vormittag)"},
			{at(1, "08:10"), "", "lead", "bis Dienstag, 7. Juli 2026, 07:10 Uhr, das ist 1 Stunde vorher", "until Tuesday, 7 July 2026, 07:10, which is 1 hour before"},
			{at(1, "08:20"), "", "capacity", "2 von 2 Plätzen sind frei", "2 of 2 places are free"},
			{at(1, "13:00"), "template", "template", "Um 13:00 Uhr hat", "At 13:00 this calendar"},
			{at(1, "14:00"), "template", "template", "Von 14:00–16:00 Uhr ist nur ohne Termin geöffnet", "without appointment only (offen)"},
			{at(1, "08:05"), "template", "template", "ab 08:00 Uhr alle 10 Minuten", "every 10 minutes"},
			{at(5, "08:00"), "rhythm", "rhythm", "nur für Montag, Dienstag, Mittwoch, Donnerstag und Freitag, nicht für Samstag", "Thursday and Friday only, not on Saturday"},
			{at(2, "08:00"), "exception", "exception", "fällt am Mi, 08.07.2026 aus", "cancelled on Wed, 8 Jul 2026"},
			{at(3, "08:00"), "closure", "closure", "Geschlossen: der Terminkalender am Do, 09.07.2026 (Betriebsausflug).", "the calendar on Thu, 9 Jul 2026 (Works outing)"},
			{at(christmas, "08:00"), "holiday", "holiday", "Gesetzlicher Feiertag: Erster Weihnachtstag", "Public holiday: Christmas Day"},
			{at(0, "08:00"), "lead", "lead", "Die Zeit ist vorbei, sie begann am Montag, 6. Juli 2026, 08:00 Uhr", "The time is over"},
			{at(0, "09:00"), "lead", "lead", "Zu kurzfristig: Buchbar war die Zeit bis Montag, 6. Juli 2026, 08:00 Uhr, das ist 1 Stunde", "Too soon"},
			{at(210, "08:00"), "horizon", "horizon", "bis zu 200 Tage im Voraus, diese Zeit ab Donnerstag, 16. Juli 2026", "up to 200 days ahead"},
			{at(1, "09:00"), "capacity", "capacity", "Alle öffentlichen Plätze sind belegt: 2 von 2", "2 of 2"},
			{at(1, "10:00"), "capacity hold", "hold", "1 Platz ist nur reserviert und noch nicht fest gebucht. Bleibt es dabei, wird er um Mo, 06.07.2026, 08:51 Uhr wieder frei", "becomes free again at Mon, 6 Jul 2026, 08:51"},
		} {
			path := explainAt("buergerbuero", test.start, "ausweis")
			for lang, text := range map[string]string{"de": test.german, "en": test.english} {
				a := c.do("GET", path, nil, "Authorization", "Bearer "+token, "Accept-Language", lang)
				e := read[explanation](c, a, 200)
				detail, allows := e.detail(test.rule)
				if e.objections() != test.objections || e.Bookable != (test.objections == "") || allows != (test.objections == "") || !strings.Contains(detail, text) {
					t.Errorf("%s: got %s, want %q to object and %q", test.start, a.body, test.objections, text)
				}
				if got := a.header.Get("Content-Language"); got != lang || !slices.Contains(a.header.Values("Vary"), "Accept-Language") {
					t.Errorf("%s: got language %q, Vary %q", test.start, got, a.header.Values("Vary"))
				}
			}
			a := c.do("POST", "/bookings", direct("buergerbuero", test.start, "ausweis"))
			if refused := a.status == 409; refused != (test.objections != "") {
				t.Errorf("%s: booking says %d %s", test.start, a.status, a.body)
			}
		}
	})
}

// Whose rules are meant can be chosen, and what is wished as in a search.
func TestExplainForStaffAndOtherWishes(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.situations()
		token := bearer(c.token(agenda.Clerk, ""))
		ask := func(path string) explanation { return read[explanation](c, c.do("GET", path, nil, token...), 200) }
		for start, objections := range map[string]string{at(0, "08:40"): "", at(1, "09:00"): "", at(210, "08:00"): "", at(0, "08:00"): "lead", at(3, "08:00"): "closure"} {
			e := ask(explainAt("buergerbuero", start, "ausweis", "channel", "staff"))
			if e.objections() != objections {
				t.Errorf("%s: got %q, want %q", start, e.objections(), objections)
			}
			a := c.do("POST", "/staff-bookings", direct("buergerbuero", start, "ausweis"), token...)
			if e.Bookable != (a.status == 201) {
				t.Errorf("%s: got bookable %t, booking says %d", start, e.Bookable, a.status)
			}
		}
		// Three passports take an hour, which does not fit in before noon.
		if e := ask(explainAt("buergerbuero", at(1, "11:10"), "pass*3")); e.objections() != "template" {
			t.Errorf("got %+v", e)
		}
		if e := ask(explainAt("buergerbuero", at(1, "11:00"), "pass*3", "mode", "onsite")); !e.Bookable {
			t.Errorf("got %+v", e)
		}
		if e := ask(explainAt("buergerbuero", at(1, "11:40"), "pass", "service", "ausweis")); e.objections() != "template" {
			t.Errorf("got %+v", e)
		}
		// UTC is as good, and so is a + that nobody encoded.
		if e := ask(explainAt("buergerbuero", "2026-07-07T06:00:00Z", "ausweis")); !e.Bookable {
			t.Errorf("got %+v", e)
		}
		if e := ask("/explain?calendar=buergerbuero&service=ausweis&start=" + at(1, "08:00")); !e.Bookable {
			t.Errorf("got %+v", e)
		}
		if a := c.do("HEAD", explainAt("buergerbuero", at(1, "08:00"), "ausweis"), nil, token...); a.status != 200 || len(a.body) > 0 {
			t.Errorf("got %d %s", a.status, a.body)
		}
	})
}

func TestExplainRefuses(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		good := explainAt("soziales", at(1, "08:00"), "beratung")
		clerk := bearer(c.token(agenda.Clerk, ""))
		c.refused(c.do("GET", good, nil), 401, "unauthorized")
		c.refused(c.do("GET", good, nil, bearer("falsch")...), 401, "unauthorized")
		c.refused(c.do("GET", good, nil, bearer(c.token(agenda.County, ""))...), 403, "forbidden")
		c.refused(c.do("GET", good, nil, bearer(c.token(agenda.Clerk, "buergerdienste"))...), 404, "not_found")
		read[explanation](c, c.do("GET", good, nil, bearer(c.token(agenda.Planner, "soziales"))...), 200)
		neighbour := strings.Replace(c.base, "musterstadt", "nachbarstadt", 1) + good
		c.refused(c.do("GET", neighbour, nil, clerk...), 404, "not_found")
		c.refused(c.do("POST", good, nil, clerk...), 405, "method_not_allowed")
		for path, fields := range map[string]string{
			"/explain": "calendar required, service required, start required",
			explainAt("soziales", "morgen", "beratung"):                               "start format",
			explainAt("soziales", at(1, "08:00"), "beratung*viele"):                   "service format",
			explainAt("soziales", at(1, "08:00"), "beratung", "calendar", "x"):        "calendar duplicate",
			explainAt("soziales", at(1, "08:00"), "beratung", "channel", "amt"):       "channel unknown",
			explainAt("soziales", at(1, "08:00"), "beratung", "answer", "beratung.x"): "answer format",
			explainAt("nirgends", at(1, "08:00"), "beratung"):                         "calendar unknown",
			explainAt("soziales", at(1, "08:00"), "pass"):                             "calendar not_offered",
			explainAt("soziales", at(1, "08:00"), "zauberei"):                         "service unknown",
			explainAt("soziales", "9999-07-07T08:00:00Z", "beratung"):                 "start range",
		} {
			p := c.refused(c.do("GET", path, nil, clerk...), 422, "invalid")
			if got := strings.Join(p.fields(), ", "); got != fields {
				t.Errorf("%s: got %s, want %s", path, got, fields)
			}
		}
		c.refused(c.do("GET", explainAt("buergerbuero", at(1, "08:00"), "ausweis*9"), nil, clerk...), 422, "too_many")
	})
}
