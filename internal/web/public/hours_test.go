package public_test

import (
	"net/http"
	"regexp"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/desktest"
)

// walkIn is a template of hours without appointment.
func walkIn(id string, from, to agenda.Minute, days ...string) agenda.SlotTemplate {
	return agenda.SlotTemplate{ID: id, Weekdays: days, From: from, To: to, SlotMinutes: 60, EveryWeeks: 1, WalkIn: true}
}

// TestHours: a site says when it is open and when one may come without an
// appointment, for whom, and how it can be entered.
func TestHours(t *testing.T) {
	d, _ := desktest.SQLite(t)
	s := county()
	s.Sites[0].OpeningHours, s.Sites[0].Phone = agenda.Text{"de": "Mo bis Fr 8 bis 12 Uhr", "en": "Mon to Fri 8 to 12"}, "05550 4700"
	everyOther := walkIn("vierzehn", 14*60, 16*60, "fr")
	everyOther.EveryWeeks, everyOther.ValidFrom = 2, agenda.MakeDate(2026, 7, 3)
	over := walkIn("vorbei", 9*60, 10*60, "th")
	over.ValidTo = agenda.MakeDate(2026, 6, 30)
	only := walkIn("nur", 16*60, 17*60, "th")
	only.Services = []string{"pass"}
	c := &s.Calendars[0]
	c.SlotTemplates = append(c.SlotTemplates, walkIn("frueh", 7*60, 8*60, "we", "mo", "tu"), walkIn("zwei", 13*60, 14*60, "mo", "we"), everyOther, over, only)
	for i := range s.Calendars {
		if other := &s.Calendars[i]; other.ID == "zu" {
			other.Private, other.SlotTemplates = true, []agenda.SlotTemplate{walkIn("geheim", 5*60, 6*60, "we")}
		}
	}
	apply(t, d, s)
	b := serve(t, d).browser(t)
	b.get("/musterkreis/").want(200, "Öffnungszeiten und Zugang", "Mo bis Fr 8 bis 12 Uhr", "Ohne Termin", "Montag bis Mittwoch 07:00–08:00 Uhr",
		"Montag, Mittwoch 13:00–14:00 Uhr", "Freitag, 17. Juli 2026, 14:00–16:00 Uhr", "Donnerstag 16:00–17:00 Uhr (Reisepass)",
		"Eingang ohne Stufen", `<a href="tel:055504700">`, "!09:00–10:00", "!05:00–06:00")
	b.get("/musterkreis/?q=pass").want(200, "!Ohne Termin")
	b.get("/musterkreis/times?service=ausweis").want(200, "Ohne Termin: Montag bis Mittwoch 07:00–08:00 Uhr", "Eingang ohne Stufen", "!16:00–17:00")
	b.get("/musterkreis/times?service=ausweis&day=2026-07-11&site=rathaus").want(200, "Sie können auch ohne Termin kommen", "Montag, Mittwoch 13:00–14:00 Uhr", "!16:00–17:00")
	b.get("/musterkreis/times?service=zu").want(200, "Leider ist zurzeit kein Termin frei", "!Ohne Termin")
	b.get("/musterkreis/times?service=ausweis&day=2026-07-08&site=rathaus").want(200)
	b.post("/musterkreis/reserve", b.form("slot", "buergerbuero@"+wednesday)).want(200)
	b.post("/musterkreis/review", b.form("name", "Ada Beispiel", "email", ada, "consent", "1")).want(200)
	b.post("/musterkreis/book", b.form()).want(200, "Vor Ort", "Mo bis Fr 8 bis 12 Uhr", "Montag bis Mittwoch 07:00–08:00 Uhr", "Eingang ohne Stufen", "Unsere Telefonnummer")
	b.get("/musterstadt/").want(200, "!Öffnungszeiten")
}

// Whoever looks at other times can go back to their own, with all that was typed.
func TestKeepOwnTime(t *testing.T) {
	d, _ := desktest.SQLite(t)
	b := serve(t, d).reviewed(t, "service=pass", "buergerbuero@"+wednesday, "name", "Ada Beispiel", "email", ada, "note", "mit Hund")
	b.post("/musterstadt/others", b.form()).want(200, "Ihre Zeit bisher", "Mittwoch, 8. Juli 2026", "Meine Zeit behalten")
	b.post("/musterstadt/review", b.lastForm()).want(200, "Stimmt alles?", "Ada Beispiel", "mit Hund", "Mittwoch, 8. Juli 2026")
	b.post("/musterstadt/book", b.form()).want(200, "Ihr Termin ist gebucht")
}

// TestStartPageIsLight: what a phone loads before a large town's services can be
// read, fonts left out, is less than 100 KB.
func TestStartPageIsLight(t *testing.T) {
	d, _ := desktest.SQLite(t)
	apply(t, d, city())
	b := serve(t, d).browser(t)
	b.get("/grossstadt/").want(200, "Äntrag")
	total := len(b.body)
	for _, m := range regexp.MustCompile(`rel="stylesheet" href="([^"]*)"`).FindAllStringSubmatch(b.body, -1) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.town.url+m[1], nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", "gzip") // said here, the client does not unpack it
		b.do(r).want(200)
		total += len(b.body)
	}
	if total > 100<<10 || total < 40<<10 {
		t.Errorf("got %d bytes, want less than 100 KB and not nothing", total)
	}
}
