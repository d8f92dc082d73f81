package staff

import (
	"html"
	"net/url"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// fill presses the button of the last step with what a clerk typed.
func (a reply) fill(cookie string, pairs ...string) reply {
	a.Helper()
	return a.post("/staff/new", cookie, append(a.hidden(), pairs...)...)
}

func at(calendar, service string, days int, clock string) string {
	v := url.Values{"calendar": {calendar}, "service": {service}, "start": {startValue(desktest.At(days, clock), calendar)}}
	return "/staff/new?" + v.Encode()
}

func TestBookForACaller(t *testing.T) {
	each(t, func(h *house) {
		clerk := h.as(agenda.Clerk, "")
		h.get("/staff/new", clerk).want(200, "Um welches Anliegen", "Personalausweis", "Reisepass", "!Beratung")
		page := h.get("/staff/new?calendar=soziales&service=beratung&date=2026-07-07", clerk).want(200, "Beratung", "Di, 07.07.2026")
		link := html.UnescapeString(between(page.Body.String(), `class="slot" href="`, `"`))
		h.get(link, clerk).want(200, "Dienstag, 7. Juli 2026, 08:00 Uhr", "Vorname und Nachname").fill(clerk, "email", "falsch").
			want(422, "Bitte füllen Sie das Feld", "vollständige E-Mail-Adresse", `value="falsch"`)
		// Spoken German fits; the second press of a slow button books nothing more.
		form := h.get(link, clerk).hidden()
		form = append(form, "name", "Ömer Beispiel", "phone", "05550 815", "note", "ruft an", "staffNote", "Rollstuhl", "language", "en")
		first := h.post("/staff/new", clerk, form...)
		first.to("/staff/day", clerk).want(200, "Termin gebucht", "Ömer Beispiel", "05550 815", "ruft an", "Rollstuhl")
		h.post("/staff/new", clerk, form...).to(first.Header().Get("Location"), clerk)
		form[len(form)-9] = "Andere Beispiel"
		h.post("/staff/new", clerk, form...).want(409, "schon abgeschickt")
		cards, err := h.desk.List(h.Context(), desktest.Clerk(), "soziales", agenda.DateOf(desktest.At(1, "00:00")), agenda.DateOf(desktest.At(1, "00:00")))
		if err != nil || len(cards) != 1 {
			h.Fatalf("got %d bookings, %v, want 1", len(cards), err)
		}
		c := cards[0]
		if c.Status != agenda.Confirmed || c.Channel != agenda.Staff || c.Language != "en" || c.Notify || c.Private.StaffNote != "Rollstuhl" {
			h.Errorf("got %+v, %+v", c.Booking, c.Private)
		}
	})
}

func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}

func TestOverbookKnowingly(t *testing.T) {
	each(t, func(h *house) {
		h.ask("soziales", 1, "08:00", "Ada Beispiel", "beratung")
		clerk := h.as(agenda.Clerk, "")
		page := h.get(at("soziales", "beratung", 1, "08:00"), clerk).want(200, "!überbuchen bewusst")
		again := page.fill(clerk, "name", "Bruno Beispiel").want(422, "Diese Zeit geht nicht. Alle Plätze sind belegt: 1 von 1.", "/staff/explain?calendar=soziales", "Sie überbuchen bewusst", `value="Bruno Beispiel"`)
		again.fill(clerk, "name", "Bruno Beispiel", "overbook", "1").to("/staff/day", clerk).want(200, "Termin gebucht", "Bruno Beispiel", "überbucht", "Ada Beispiel")
		// The same by typing the time; off the raster nothing helps.
		other := "/staff/new?calendar=soziales&service=beratung&on=2026-07-07&time="
		h.get(other+"8:00&overbook=1", clerk).want(200, "überbuchen bewusst", "checked").fill(clerk, "name", "Cem Beispiel", "overbook", "1").to("/staff/day", clerk).want(200, "3 Termine")
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
	h.get(at("soziales", "beratung", 1, "08:00"), clerk).want(200).fill(clerk, "name", strings.Repeat("x", 201), "phone", "ruf an").want(422, "höchstens 200", "Telefonnummer mit Vorwahl")
	h.get(at("soziales", "beratung", 1, "08:00"), clerk).want(200).fill(clerk, "name", "Ada\x00Beispiel").want(422, "Zeichen, die wir nicht verarbeiten")
	h.get("/staff/new?calendar=soziales&service=pass", clerk).want(200, "Um welches Anliegen", "!Reisepass")
	h.post("/staff/new", clerk, "calendar", "soziales", "service", "pass").want(404)
	h.post("/staff/new", clerk, "calendar", "soziales", "service", "beratung").to("/staff/new?calendar=soziales", clerk).want(200)
	h.get("/staff/new?calendar=soziales", h.as(agenda.Clerk, "buergerdienste")).want(404)
}

func TestQuestionsAndQuantity(t *testing.T) {
	h := sqlite(t)
	s := desktest.Musterstadt()
	s.Revision = 1
	s.Services[0].Modes = []string{agenda.ModeOnsite, agenda.ModePhone}
	s.Services[0].Questions = []agenda.Question{
		{ID: "art", Label: agenda.Plain("Anlass"), Type: "choice", Required: true, Options: []agenda.Option{{ID: "neu", Label: agenda.Plain("Neu")}, {ID: "express", Label: agenda.Plain("Express"), Minutes: 30}}},
		{ID: "kind", Label: agenda.Plain("Für ein Kind?"), Type: "yesno"},
		{ID: "text", Label: agenda.Plain("Noch etwas?"), Type: "text"},
	}
	if _, err := h.desk.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	clerk, path := h.as(agenda.Clerk, ""), "/staff/new?calendar=buergerbuero&service=ausweis&date=2026-07-07"
	h.get(path, clerk).want(200, "Anlass", "Wie oft?", "am Telefon", "!class=\"slot\"")
	h.get(path+"&asked=1", clerk).want(200, "Bitte wählen Sie bei", "!class=\"slot\"")
	h.get(path+"&asked=1&answer.art=falsch", clerk).want(200, "Bitte wählen Sie bei", "!class=\"slot\"")
	page := h.get(path+"&asked=1&quantity=2&mode=phone&answer.art=express&answer.kind=yes&answer.text=hallo", clerk).want(200, "class=\"slot\"")
	link := html.UnescapeString(between(page.Body.String(), `class="slot" href="`, `"`))
	a := h.get(link, clerk).want(200).fill(clerk, "name", "Ada Beispiel", "silent", "1")
	id := between(a.Header().Get("Location"), "about=", "&")
	h.get("/staff/bookings/"+id, clerk).want(200, "2 × Personalausweis", "Anlass: Express", "Für ein Kind?: Ja", "Noch etwas?: hallo", "am Telefon", "08:00–09:00 Uhr")
}
