package staff

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// fill presses the button with what a clerk typed.
func (a reply) fill(cookie string, pairs ...string) reply {
	a.Helper()
	return a.post("/staff/new", cookie, append(a.hidden(), pairs...)...)
}

func at(calendar, service string, days int, clock string) string {
	v := url.Values{"calendar": {calendar}, "service": {service}, "start": {startValue(desktest.At(days, clock), calendar)}}
	return "/staff/new?" + v.Encode()
}

func regexpFirst(s, form string) string {
	if m := regexp.MustCompile(form).FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}

func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}

// made is the id of the booking that a form led to.
func (a reply) made() string {
	a.Helper()
	return strings.TrimPrefix(a.Header().Get("Location"), "/staff/new/done/")
}

// Three letters find a service in whatever calendar; the earliest time is chosen, and
// what was typed twice books once.
func TestBookForACaller(t *testing.T) {
	each(t, func(h *house) {
		h.clock.Set(desktest.At(0, "07:00"))
		clerk := h.as(agenda.Clerk, "")
		h.get("/staff/new", clerk).want(200, "Um welches Anliegen", "Personalausweis", "Reisepass", "Beratung")
		h.get("/staff/new?calendar=soziales", clerk).want(200, "Beratung", "!Reisepass")
		h.get("/staff/new?q=xyz", clerk).want(200, "0 Anliegen passen", "Beratung")
		page := h.get("/staff/new?q=ber", clerk).want(200, "Beratung", "früheste", "Montag, 6. Juli 2026", `value="2026-07-06T06:00:00Z soziales" checked`, "Vorname und Nachname")
		page.fill(clerk, "email", "falsch").want(422, "Bitte füllen Sie das Feld", "vollständige E-Mail-Adresse", `value="falsch"`, `value="2026-07-06T06:00:00Z soziales" checked`)
		form := append(page.hidden(), "name", "Ömer Beispiel", "phone", "05550 815", "note", "ruft an", "staffNote", "Rollstuhl", "caseReference", "32.1/7", "contactName", "Li Beispiel", "language", "en")
		first := h.post("/staff/new", clerk, form...)
		done := first.to("/staff/new/done/", clerk)
		b := h.find(first.made())
		done.want(200, "Termin gebucht", b.Reference, "Montag, 6. Juli 2026", "/staff/bookings/"+b.ID+"/slip", "Nächster Anruf", "copy="+b.ID, "Bitte rufen Sie an")
		h.post("/staff/new", clerk, form...).to(first.Header().Get("Location"), clerk)
		form[len(form)-13] = "Andere Beispiel"
		h.post("/staff/new", clerk, form...).want(409, "schon abgeschickt")
		today := agenda.DateOf(desktest.At(0, "00:00"))
		cards, err := h.desk.List(h.Context(), desktest.Clerk(), "soziales", today, today)
		if err != nil || len(cards) != 1 {
			h.Fatalf("got %d bookings, %v, want 1", len(cards), err)
		}
		c := cards[0]
		if c.Status != agenda.Confirmed || c.Channel != agenda.Staff || c.Language != "en" || c.Notify || c.Private.StaffNote != "Rollstuhl" ||
			c.Private.CaseReference != "32.1/7" || c.Private.ContactName != "Li Beispiel" {
			h.Errorf("got %+v, %+v", c.Booking, c.Private)
		}
	})
}

func TestOverbookKnowingly(t *testing.T) {
	each(t, func(h *house) {
		h.ask("soziales", 1, "08:00", "Ada Beispiel", "beratung")
		clerk := h.as(agenda.Clerk, "")
		page := h.get(at("soziales", "beratung", 1, "08:00"), clerk).want(200, "Dienstag, 7. Juli 2026", "08:00 Uhr")
		again := page.fill(clerk, "name", "Bruno Beispiel").want(422, "Diese Zeit geht nicht. Alle Plätze sind belegt: 1 von 1.", "/staff/explain?calendar=soziales",
			"2 Besuche bei 1 Plätzen", "Sie überbuchen bewusst", `value="Bruno Beispiel"`, "08:30 Uhr", "geht nicht")
		a := again.fill(clerk, "name", "Bruno Beispiel", "overbook", "1")
		a.to("/staff/new/done/", clerk).want(200, "überbucht")
		h.get("/staff/bookings/"+a.made(), clerk).want(200, "Gebucht (überbucht)")
		// The same by typing the time; off the raster nothing helps.
		other := "/staff/new?calendar=soziales&service=beratung&on=2026-07-07&time="
		h.get(other+"8:00&overbook=1", clerk).want(200, "überbuchen bewusst", "3 Besuche bei 1 Plätzen").fill(clerk, "name", "Cem Beispiel", "overbook", "1").to("/staff/new/done/", clerk)
		h.get(other+"08:05&overbook=1", clerk).want(200).fill(clerk, "name", "Cem Beispiel", "overbook", "1").want(422, "alle 30 Minuten", "!Alle Plätze sind belegt")
		h.get(other+"achtuhr", clerk).want(200, "zum Beispiel 08:30", `value="achtuhr"`)
	})
}

// What lies behind is refused with words, and so is what a visitor could not be.
func TestBookingRefused(t *testing.T) {
	h := sqlite(t)
	h.clock.Set(desktest.At(0, "10:00"))
	clerk := h.as(agenda.Clerk, "")
	h.get(at("soziales", "beratung", 0, "08:00"), clerk).want(200).fill(clerk, "name", "Ada Beispiel").want(422, "vorbei")
	long := strings.Repeat("x", 1001)
	h.get(at("soziales", "beratung", 1, "08:00"), clerk).want(200).fill(clerk, "name", strings.Repeat("x", 201), "phone", "ruf an", "email", "a@", "note", long, "staffNote", long,
		"contactName", strings.Repeat("y", 201), "caseReference", strings.Repeat("z", 201), "language", "kl").
		want(422, `id="name-error"`, `id="phone-error"`, `id="email-error"`, `id="note-error"`, `id="staffNote-error"`, `id="contactName-error"`, `id="caseReference-error"`, `id="language-error"`, long)
	h.get(at("soziales", "beratung", 1, "08:00"), clerk).want(200).fill(clerk, "name", "Ada\x00Beispiel").want(422, "Zeichen, die wir nicht verarbeiten")
	h.post("/staff/new", clerk, "calendar", "soziales", "service", "nichts").want(404)
	h.post("/staff/new", clerk, "service", "beratung", "name", "Ada").want(422, "Bitte wählen Sie eine Zeit")
	h.post("/staff/new", clerk, "service", "beratung", "name", "Ada", "start", "gestern").want(422, "Bitte wählen Sie eine Zeit")
	h.get("/staff/new?calendar=soziales", h.as(agenda.Clerk, "buergerdienste")).want(404)
}

// Everything offered is within one's rights, whatever the address says.
func TestCallersOfOneDepartment(t *testing.T) {
	h := sqlite(t)
	clerk := h.as(agenda.Clerk, "buergerdienste")
	h.get("/staff/new", clerk).want(200, "Personalausweis", "!Beratung")
	h.get("/staff/new?q=ber", clerk).want(200, "0 Anliegen")
	h.get("/staff/new?service=beratung", clerk).want(200, "!<legend>Freie Zeiten")
	start := startValue(desktest.At(1, "08:00"), "soziales")
	h.post("/staff/new", clerk, "service", "ausweis", "name", "Ada", "start", start).want(404)
	b := h.ask("soziales", 1, "08:00", "Ada Beispiel", "beratung")
	h.get("/staff/new?copy="+b.ID, clerk).want(404)
	h.get("/staff/new/done/"+b.ID, clerk).want(404)
}

// Questions and numbers of people are asked, checked, and kept for the same again. Long,
// since it is one story of one form.
func TestQuestionsAndQuantity(t *testing.T) {
	h := sqlite(t)
	s := desktest.Musterstadt()
	s.Revision = 1
	s.Services[0].Modes = []string{agenda.ModeOnsite, agenda.ModePhone}
	s.Services[1].Modes = s.Services[0].Modes
	s.Services[0].Checklist, s.Services[0].Fee = []agenda.Text{agenda.Plain("Biometrisches Foto")}, agenda.Plain("37,00 Euro")
	s.Services[0].Questions = []agenda.Question{
		{ID: "art", Label: agenda.Plain("Anlass"), Type: "choice", Required: true, Options: []agenda.Option{{ID: "neu", Label: agenda.Plain("Neu")}, {ID: "express", Label: agenda.Plain("Express"), Minutes: 30}}},
		{ID: "kind", Label: agenda.Plain("Für ein Kind?"), Type: "yesno"},
		{ID: "text", Label: agenda.Plain("Noch etwas?"), Type: "text", Required: true},
	}
	if _, err := h.desk.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	clerk, path := h.as(agenda.Clerk, ""), "/staff/new?service=ausweis&date=2026-07-07"
	h.get("/staff/new?q=perso", clerk).want(200, "Anlass", "Personen", "am Telefon", "Biometrisches Foto", "37,00 Euro", "!<legend>Freie Zeiten")
	h.get(path+"&answer.ausweis.art=", clerk).want(200, "Bitte wählen Sie bei", "!<legend>Freie Zeiten")
	h.get(path+"&answer.ausweis.art=falsch", clerk).want(200, "Bitte wählen Sie bei", "!<legend>Freie Zeiten")
	h.get(path+"&answer.ausweis.art=neu&n.ausweis=9", clerk).want(200, "Zahl von 1 bis 3", "!<legend>Freie Zeiten")
	page := h.get(path+"&n.ausweis=2&mode=phone&answer.ausweis.art=express&answer.ausweis.kind=yes", clerk).want(200, "Freie Zeiten", "Noch etwas?", "Weiteres Anliegen", "!beratung")
	page.fill(clerk, "name", "Ada Beispiel", "answer.ausweis.text", "").want(422, `id="answer.ausweis.text-error"`)
	a := page.fill(clerk, "name", "Ada Beispiel", "silent", "1", "answer.ausweis.text", "hallo")
	a.to("/staff/new/done/", clerk).want(200, "Biometrisches Foto", "37,00 Euro")
	h.get("/staff/bookings/"+a.made(), clerk).want(200, "2 × Personalausweis", "Anlass: Express", "Für ein Kind?: Ja", "Noch etwas?: hallo", "am Telefon", "08:00–09:00 Uhr")

	// The same again: what is personal stands on the page and in no address.
	copied := h.get("/staff/new?copy="+a.made(), clerk).want(200, `value="Ada Beispiel"`, `value="hallo"`, `<option value="express" selected`, "Freie Zeiten", "!name=Ada", "!text=hallo")
	b := copied.fill(clerk, "name", "Ada Beispiel", "answer.ausweis.text", "hallo")
	b.to("/staff/new/done/", clerk)
	if was, is := h.find(a.made()), h.find(b.made()); was.ID == is.ID || len(is.Items) != 1 || is.Items[0].Quantity != 2 || is.Mode != agenda.ModePhone || is.Items[0].Answers["art"] != "express" {
		t.Errorf("got %+v after %+v", is, was)
	}
	// The same again for fewer people, and without an answer that need not be given.
	less := h.get("/staff/new?copy="+a.made()+"&service=ausweis&n.ausweis=1&answer.ausweis.art=express&answer.ausweis.kind=", clerk).want(200, "Freie Zeiten")
	c := less.fill(clerk, "name", "Ada Beispiel", "answer.ausweis.text", "hallo")
	c.to("/staff/new/done/", clerk)
	if is := h.find(c.made()).Items[0]; is.Quantity != 1 || is.Answers["kind"] != "" || is.Answers["art"] != "express" {
		t.Errorf("got %+v, want one person and no answer about a child", is)
	}
	// Two services in one visit, and what does not fit together.
	two := path + "&answer.ausweis.art=neu&service=pass"
	page = h.get(two, clerk).want(200, "Freie Zeiten", "Personalausweis", "Reisepass", "Entfernen")
	page.fill(clerk, "name", "Li Beispiel", "answer.ausweis.text", "x").to("/staff/new/done/", clerk).want(200, "Personalausweis", "Reisepass")
	h.get(path+"&answer.ausweis.art=neu&service=beratung", clerk).want(200, "passen nicht in einen Termin", "!<legend>Freie Zeiten")
	link := html.UnescapeString(between(page.Body.String(), `<p class="caller-name"><strong>Personalausweis</strong> <a href="`, `"`))
	h.get(link, clerk).want(200, "Reisepass", "!Anlass", "Freie Zeiten")
}

// A refused time is answered with the nearest others, all within one's rights.
func TestAlternativesInPlace(t *testing.T) {
	h := sqlite(t)
	for range 3 {
		r := booking.Request{Tenant: town, Wish: desktest.Wish("pass"), Calendar: "buergerbuero", Start: desktest.At(1, "08:00"), By: agenda.Staff, Actor: "x", Person: desktest.Clerk()}
		if _, err := h.desk.BookNow(t.Context(), r, booking.Form{Visitor: desktest.Ada}, booking.Once{}); err != nil {
			t.Fatal(err)
		}
	}
	clerk := h.as(agenda.Clerk, "")
	page := h.get(at("buergerbuero", "pass", 1, "08:00"), clerk).want(200)
	again := page.fill(clerk, "name", "Bruno Beispiel").want(422, "3 von 3", "4 Besuche bei 3 Plätzen", "08:20 Uhr")
	value := html.UnescapeString(regexpFirst(again.Body.String(), `name="start" value="([^"]*)">`))
	form := without(url.Values{}, "x")
	pairs := again.hidden()
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	form.Set("start", value)
	pairs = nil
	for name, values := range form {
		for _, v := range values {
			pairs = append(pairs, name, v)
		}
	}
	h.post("/staff/new", clerk, append(pairs, "name", "Bruno Beispiel")...).to("/staff/new/done/", clerk)
}
