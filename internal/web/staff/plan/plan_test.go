package plan

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// form is the large form of a series, with what is given put over it.
func form(over ...string) []string {
	values := []string{"weekdays", "mo", "from", "08:00", "to", "12:00", "slotMinutes", "10", "total", "3", "public", "2", "everyWeeks", "1", "weekOfMonth", "0"}
	return append(over, without(values, over)...)
}

func without(values, over []string) (left []string) {
	for i := 0; i < len(values); i += 2 {
		given := false
		for j := 0; j < len(over); j += 2 {
			given = given || over[j] == values[i]
		}
		if !given {
			left = append(left, values[i], values[i+1])
		}
	}
	return left
}

// A series is changed from a day on: nothing happens before it is saved, and then what
// was shown.
func TestChangeFromADayOn(t *testing.T) {
	h := newHouse(t)
	b := h.ask("buergerbuero", 15, "11:30", "Ada Beispiel", "ausweis") // Tuesday in two weeks
	h.get("/staff/plan?calendar=buergerbuero", "lead").want(200, "Zeiten: Bürgerdienste, Rathaus", "Montag, 6. Juli 2026", "08:00–12:00", "3 Plätze, 2 öffentlich", "Erklären")
	h.get("/staff/plan/series?calendar=buergerbuero&id=vormittag&day=2026-07-20", "lead").want(200, "Öffnungszeit ändern", `value="2026-07-20"`, `value="08:00"`)
	p := h.post("/staff/plan/series", "lead", form("calendar", "buergerbuero", "id", "vormittag", "scope", "from", "day", "2026-07-20", "to", "11:00",
		"weekdays", "mo", "weekdays", "tu", "weekdays", "we", "weekdays", "th", "weekdays", "fr")...)
	p.want(200, "Vorschau", "1 gebuchter Termin hat dann keinen Platz mehr", "Ada Beispiel", "/staff/bookings/"+b.ID, "Mo, 20.07.2026", "−18", "−3", "dann geschlossen")
	if got := len(h.calendar("buergerbuero").SlotTemplates); got != 1 {
		t.Fatalf("the preview has made %d series", got)
	}
	p.save("lead").want(http.StatusConflict, "Inzwischen sind Termine betroffen") // without saying that they may be stranded
	done := p.save("lead", "strand", "1").to("/staff/plan?", "lead")
	done.want(200, "Gespeichert", "1 Termin hat keinen Platz mehr", "/staff/incidents/new?calendar=buergerbuero&amp;from=2026-07-21T11%3A30&amp;to=2026-07-21T11%3A40")
	list := h.calendar("buergerbuero").SlotTemplates
	if len(list) != 2 || list[0].ValidTo.String() != "2026-07-19" || list[1].ID != "mo-fr-0800" || list[1].ValidFrom.String() != "2026-07-20" || list[1].To != 11*60 {
		t.Errorf("got %+v", list)
	}
	p.save("lead", "strand", "1").want(http.StatusConflict) // what it speaks of has changed
}

// Somebody else's change meanwhile shows the preview again, with what it does now.
func TestSomebodyElseWasFaster(t *testing.T) {
	h := newHouse(t)
	p := h.post("/staff/plan/act", "planner", "calendar", "buergerbuero", "id", "vormittag", "act", "skip", "skipDay", "2026-07-20").want(200, "Entfällt am", "−72")
	h.post("/staff/plan/act", "lead", "calendar", "ausweise", "id", "vormittag", "act", "end", "endDay", "2026-07-20").want(200).save("lead").to("/staff/plan?", "lead")
	again := p.save("planner").want(http.StatusConflict, "Inzwischen hat jemand anderes die Zeiten geändert", "−72")
	again.save("planner").to("/staff/plan?", "planner").want(200, "Gespeichert", "1 Tag ausgenommen")
}

// What is wrong stands beside its field, and what was typed is kept.
func TestFaultsStandBesideTheirFields(t *testing.T) {
	h := newHouse(t)
	for _, x := range []struct {
		field string
		over  []string
		says  string
	}{
		{"from", []string{"from", "acht"}, "Bitte geben Sie eine Uhrzeit wie 08:30 ein"},
		{"from", []string{"from", "08:03"}, "teilbar"},
		{"to", []string{"to", "07:00"}, "nach 08:00"},
		{"to", []string{"to", ""}, "„Bis“"},
		{"slotMinutes", []string{"slotMinutes", "7"}, "Vielfaches von 5"},
		{"slotMinutes", []string{"slotMinutes", "35"}, "240 Minuten"},
		{"slotMinutes", []string{"slotMinutes", "viele"}, "„Beginn alle … Minuten“"},
		{"total", []string{"total", "-1"}, "„Plätze“"},
		{"public", []string{"public", "4"}, "höchstens 3"},
		{"weekdays", []string{"weekdays", "xx"}, "„Wochentage“"},
		{"validTo", []string{"validFrom", "2026-09-01", "validTo", "2026-08-01"}, "auf den Beginn folgen"},
		{"validFrom", []string{"validFrom", "irgendwann"}, "„Gilt ab“"},
		{"everyWeeks", []string{"everyWeeks", "2"}, "Rhythmus"},
		{"except", []string{"except", "2026-07-20\nmorgen"}, "„morgen“ ist kein Tag"},
		{"from", nil, "Zur selben Zeit gibt es schon: Mo–Fr, 08:00–12:00"},
	} {
		body := h.post("/staff/plan/series", "planner", form(append([]string{"calendar", "buergerbuero"}, x.over...)...)...).want(422).Body.String()
		at := strings.Index(body, `id="`+x.field+`-error"`)
		if at < 0 || !strings.Contains(body[at:min(at+700, len(body))], x.says) {
			t.Errorf("%s %v: %q is not beside it: %.4000s", x.field, x.over, x.says, body[max(at, 0):])
		}
		for i := 1; i < len(x.over); i += 2 {
			if v := x.over[i]; v != "" && v != "xx" && !strings.Contains(body, strings.Split(v, "\n")[0]) {
				t.Errorf("%v is no longer there", v)
			}
		}
		answer := h.post("/staff/plan/check", "planner", form(append([]string{"calendar", "buergerbuero"}, x.over...)...)...).want(200).Body.String()
		if !strings.Contains(answer, `{"field":"`+x.field+`","message":`) {
			t.Errorf("%s %v: while typing: %s", x.field, x.over, answer)
		}
	}
	h.post("/staff/plan/check", "planner", form("calendar", "buergerbuero", "from", "13", "to", "1700")...).want(200, `{"errors":[]}`)
	h.post("/staff/plan/act", "planner", "calendar", "buergerbuero", "id", "vormittag", "act", "skip", "skipDay", "2026-07-19").want(422, "findet die Öffnungszeit nicht statt", `value="2026-07-19"`)
	h.post("/staff/plan/act", "planner", "calendar", "buergerbuero", "id", "vormittag", "act", "copy").want(422, `id="copyTo-error"`)
	h.post("/staff/plan/act", "planner", "calendar", "buergerbuero", "id", "vormittag", "act", "copy", "copyTo", "buergerbuero", "copyDays", "mo").want(422, "Zur selben Zeit")
	h.post("/staff/plan/closure", "planner", "closureFrom", "2026-12-24", "closureTo", "2026-12-20", "calendars", "ausweise").want(422, `id="closureTo-error"`, "nach dem Anfang")
	h.post("/staff/plan/closure", "planner", "closureFrom", "2026-12-24", "closureTo", "2026-12-31", "closureReason", "Weihnachten").want(422, "wo geschlossen ist", "Weihnachten")
	h.post("/staff/plan/closure", "planner", "closureFrom", "2026-12-24", "closureTo", "2026-12-31", "closureSeats", "1", "departments", "soziales").want(422, `id="closureSeats-error"`)
	h.post("/staff/plan/closure", "planner", "closureFrom", "", "closureFromTime", "25:00", "closureTo", "", "calendars", "ausweise").want(422, `id="closureFromTime-error"`, `id="closureFrom-error"`)
	h.post("/staff/plan/check", "planner", "closureFrom", "2026-12-24", "closureTo", "2026-12-20", "calendars", "ausweise").want(200, `"field":"closureTo"`)
	h.post("/staff/plan/holidays", "planner", "open", "openOn", "day", "2026-07-07", "calendars", "ausweise").want(422, `id="day-error"`)
	h.post("/staff/plan/holidays", "planner", "open", "openOn", "day", "2026-10-03").want(422, `id="calendars-error"`)
	h.post("/staff/plan/preview", "planner", "change", "{").want(400)
	h.post("/staff/plan/preview", "planner", "change", `{"act":"restore","spec":1}`).want(400)
}

// Closures of many places at once, changed and taken away, and holidays.
func TestClosuresAndHolidays(t *testing.T) {
	h := newHouse(t)
	h.post("/staff/plan/closure", "planner", "closureFrom", "24.12.2026", "closureTo", "31.12.2026", "closureReason", "Zwischen den Jahren", "calendars", "ausweise", "calendars", "buergerbuero", "sites", "nebenstelle").
		want(200, "Do, 24.12.2026 bis Do, 31.12.2026", "ganzer Standort: Nebenstelle", "Zwischen den Jahren", "Summe").save("planner").
		to("/staff/plan?", "planner").want(200, "Gespeichert", "Zwischen den Jahren")
	if got := len(h.calendar("buergerbuero").Closures); got != 1 {
		t.Errorf("got %d closures", got)
	}
	edit := "/staff/plan/closure?at=calendar%3Abuergerbuero&n=0"
	h.get("/staff/plan?calendar=buergerbuero&week=2026-12-28", "planner").want(200, "entfällt: Zwischen den Jahren", strings.ReplaceAll(edit, "&", "&amp;"))
	p := h.get(edit, "planner").want(200, `value="2026-12-31"`)
	var kept []string
	for i, pairs := 0, p.hidden(); i < len(pairs); i += 2 {
		if pairs[i] != "change" {
			kept = append(kept, pairs[i], pairs[i+1])
		}
	}
	h.post("/staff/plan/closure", "planner", append(kept, "closureFrom", "2026-12-24", "closureFromTime", "12", "closureTo", "2026-12-31", "closureReason", "Zwischen den Jahren", "closureSeats", "1")...).
		want(200, "1 Platz weniger").save("planner").to("/staff/plan?", "planner")
	if got := h.calendar("buergerbuero").Closures[0]; got.Seats != 1 || !got.From.Timed || got.From.Minute != 720 {
		t.Errorf("got %+v", got)
	}
	var remove []string
	for i, pairs := 0, h.get(edit, "planner").hidden(); i < len(pairs); i += 2 {
		if pairs[i] == "change" {
			remove = []string{pairs[i], pairs[i+1]}
		}
	}
	h.post("/staff/plan/preview", "planner", remove...).want(200, "Doch nicht schließen").save("planner").to("/staff/plan?", "planner")
	if got := len(h.calendar("buergerbuero").Closures); got != 0 {
		t.Errorf("got %d closures", got)
	}
	h.post("/staff/plan/preview", "planner", remove...).want(404)

	s, err := h.desk.Setup(t.Context(), town)
	if err != nil {
		t.Fatal(err)
	}
	h.get("/staff/plan/holidays?calendar=buergerbuero", "planner").want(200, "Tag der Deutschen Einheit", "Erster Weihnachtstag")
	h.post("/staff/plan/holidays", "planner", "open", "openOn", "day", "2027-01-01", "calendars", "ausweise").want(200, "Am Feiertag trotzdem öffnen", "&#43;24").save("planner").to("/staff/plan?", "planner")
	if got := fmt.Sprint(h.calendar("ausweise").SlotTemplates[0].AlsoOn); got != "[2027-01-01]" || s.Revision != 4 {
		t.Errorf("got %s after revision %d", got, s.Revision)
	}
}

// A preview leads back to its form, filled in.
func TestBackToTheForm(t *testing.T) {
	h := newHouse(t)
	p := h.post("/staff/plan/series", "planner", form("calendar", "buergerbuero", "from", "13:00", "to", "16:00", "total", "7")...).want(200, "Neue Öffnungszeit", "7 Plätze, 2 öffentlich")
	h.post("/staff/plan/preview", "planner", append(p.hidden(), "edit", "1")...).want(200, `value="13:00"`, `value="7"`)
	p = h.post("/staff/plan/closure", "planner", "closureFrom", "2026-12-24", "closureTo", "2026-12-31", "closureReason", "Ferien", "calendars", "ausweise").want(200)
	h.post("/staff/plan/preview", "planner", append(p.hidden(), "edit", "1")...).want(200, `value="Ferien"`, `value="ausweise" checked`)
}

// People plan what is theirs; what is not does not exist.
func TestRights(t *testing.T) {
	h := newHouse(t)
	h.get("/staff/plan", "clerk").want(403)
	h.get("/staff/plan", "nobody").to("/staff/sign-in", "nobody")
	h.get("/staff/plan", "limited").want(200, "buergerbuero", "!soziales")
	h.get("/staff/plan?calendar=soziales", "limited").want(404)
	h.get("/staff/plan?calendar=buergerbuero", "foreign").want(404)
	h.get("/staff/plan?calendar=buergerbuero", "single").want(404)
	h.get("/staff/plan", "single").want(200, "!buergerbuero")
	h.get("/staff/plan/series?calendar=soziales&id=vormittag", "limited").want(404)
	h.get("/staff/plan/series?calendar=buergerbuero&id=nichts", "limited").want(404)
	h.post("/staff/plan/series", "limited", form("calendar", "soziales")...).want(404)
	h.post("/staff/plan/check", "limited", form("calendar", "soziales")...).want(404)
	h.post("/staff/plan/act", "limited", "calendar", "soziales", "id", "vormittag", "act", "delete").want(404)
	h.post("/staff/plan/act", "limited", "calendar", "buergerbuero", "id", "vormittag", "act", "copy", "copyTo", "soziales").want(422)
	h.post("/staff/plan/closure", "limited", "closureFrom", "2026-12-24", "closureTo", "2026-12-24", "calendars", "soziales").want(422)
	h.get("/staff/plan/closure?at=everything:&n=0", "limited").want(404)
	h.get("/staff/plan/closure", "limited").want(200, "!everything", `!name="sites"`)
	for _, change := range []string{
		`{"act":"delete","calendar":"soziales","template":"vormittag"}`,
		`{"act":"close","departments":["soziales"],"closure":{"from":"2026-12-24","to":"2026-12-24"}}`,
	} {
		h.post("/staff/plan/preview", "limited", "change", change).want(404)
		h.post("/staff/plan/save", "limited", "change", change, "revision", "1").want(404)
	}
	h.post("/staff/plan/save", "foreign", "change", `{"act":"delete","calendar":"soziales","template":"vormittag"}`, "revision", "1").want(404)
	for _, change := range []string{`{"act":"close","everything":true,"closure":{"from":"2026-12-24","to":"2026-12-24"}}`, `{"act":"restore","revision":1}`} {
		h.post("/staff/plan/save", "limited", "change", change, "revision", "1").want(403)
	}
	h.post("/staff/plan/history/1", "limited").want(403)
	h.get("/staff/plan/history/1", "limited").want(200, "!wiederherstellen.")
	h.get("/staff/plan/history", "county").want(200)
	h.get("/staff/plan/history/99", "lead").want(404)
	h.get("/staff/plan/history/x", "lead").want(404)
	h.ask("soziales", 1, "08:00", "Nah Beispiel", "beratung")
	h.post("/staff/plan/act", "county", "calendar", "soziales", "id", "vormittag", "act", "skip", "skipDay", "2026-07-07").
		want(200, "1 gebuchter Termin", "Belegt", "!Nah Beispiel", "!/staff/bookings/")
}

// The history says who changed what in words, and gives back what was.
func TestHistory(t *testing.T) {
	h := newHouse(t)
	h.post("/staff/plan/act", "planner", "calendar", "buergerbuero", "id", "vormittag", "act", "skip", "skipDay", "2026-07-20").save("planner").to("/staff/plan?", "planner")
	h.post("/staff/plan/closure", "planner", "closureFrom", "2026-12-24", "closureTo", "2026-12-24", "closureReason", "Heiligabend", "departments", "soziales").save("planner").to("/staff/plan?", "planner")
	h.get("/staff/plan/history", "lead").want(200, "Stand 3", "Stand 1", "gilt jetzt", "1 Tag ausgenommen", "Soziales: geschlossen Do, 24.12.2026 (Heiligabend)")
	h.get("/staff/plan/history", "limited").want(200, "1 Änderung außerhalb Ihrer Kalender", "!Heiligabend")
	h.get("/staff/plan/history/1", "lead").want(200, "älteste Stand", "Soziales: nicht mehr geschlossen", "slotTemplates[vormittag].except")
	p := h.post("/staff/plan/history/1", "lead").want(200, "Früheren Stand wiederherstellen", "&#43;72")
	p.save("lead").to("/staff/plan/history", "lead").want(200, "Gespeichert", "Stand 4")
	if got := h.calendar("buergerbuero").SlotTemplates[0].Except; len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

// TestLook serves the planning of a town on LOOK (an address such as 127.0.0.1:8099),
// for people who want to see it. Every request is signed in as somebody who leads.
func TestLook(t *testing.T) {
	listen := os.Getenv("LOOK")
	if listen == "" {
		return
	}
	h := newHouse(t)
	h.busy()
	err := http.ListenAndServe(listen, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "staff", Value: "lead"})
		h.handler.ServeHTTP(w, r)
	}))
	t.Fatal(err)
}

// busy is a full week of fourteen series with walk-in hours, closures and visits.
func (h *house) busy() {
	h.Helper()
	s, err := h.desk.Setup(h.Context(), town)
	if err != nil {
		h.Fatal(err)
	}
	c := agenda.Change{Act: agenda.ActDelete, Calendar: "buergerbuero", Template: "vormittag"}
	if s, err = c.On(s); err != nil {
		h.Fatal(err)
	}
	add := func(days []string, from, to agenda.Minute, more func(*agenda.SlotTemplate)) {
		as := agenda.SlotTemplate{Weekdays: days, From: from, To: to, SlotMinutes: 10, Seats: agenda.Seats{Total: 3, Public: 2}, EveryWeeks: 1}
		if more != nil {
			more(&as)
		}
		if s, err = (&agenda.Change{Act: agenda.ActAdd, Calendars: []string{"buergerbuero"}, As: &as}).On(s); err != nil {
			h.Fatal(err)
		}
	}
	for _, d := range weekdays()[:6] {
		add([]string{d}, 8*60, 12*60, nil)
	}
	for _, d := range weekdays()[:5] {
		add([]string{d}, 13*60, 15*60+30, func(t *agenda.SlotTemplate) { t.Services = []string{"ausweis"} })
	}
	add([]string{"tu", "th"}, 10*60, 11*60, func(t *agenda.SlotTemplate) { t.WalkIn = true })
	add([]string{"th"}, 15*60+30, 18*60, func(t *agenda.SlotTemplate) { t.WeekOfMonth = 2 })
	add([]string{"we"}, 16*60, 18*60, func(t *agenda.SlotTemplate) {
		t.EveryWeeks, t.ValidFrom, t.Modes = 2, agenda.DateOf(desktest.Start), []string{agenda.ModePhone}
	})
	today := agenda.DateOf(desktest.Start)
	s.Calendars[0].Closures = []agenda.Closure{{From: agenda.Moment{Date: today + 2, Minute: 600, Timed: true}, To: agenda.Moment{Date: today + 2, Minute: 720, Timed: true}, Seats: 1, Reason: agenda.Plain("Fortbildung")}}
	s.Sites[0].Closures = []agenda.Closure{{From: agenda.Moment{Date: today + 4}, To: agenda.Moment{Date: today + 4}, Reason: agenda.Plain("Betriebsausflug")}}
	if _, err := h.desk.Apply(h.Context(), s, booking.ApplyOptions{Actor: "l"}); err != nil {
		h.Fatal(err)
	}
	for i := range 20 {
		h.ask("buergerbuero", i%3, fmt.Sprintf("%02d:%02d", 8+i/6, i%6*10), "Friederike von Beispielhausen-Musterberg", "ausweis")
	}
}
