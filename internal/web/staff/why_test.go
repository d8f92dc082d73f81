package staff

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

func whyOf(calendar, service string, days int, clock string, more ...string) string {
	v := url.Values{"calendar": {calendar}, "service": {service}, "start": {startValue(desktest.At(days, clock), calendar)}}
	return whyAt(v, more...)
}

// The page in all its states, in both languages.
func TestWhyInBothLanguages(t *testing.T) {
	h := sqlite(t)
	b := h.ask("soziales", 1, "08:00", "Ada Beispiel", "beratung")
	clerk := h.as(agenda.Clerk, "")
	for _, test := range []struct {
		path, german, english string
	}{
		{"/staff/explain", "Wählen Sie eine Zeit.", "Choose a time."},
		{"/staff/explain?asked=1", "Bitte wählen Sie bei „", "Please choose one of the options for"},
		{"/staff/explain?calendar=soziales&service=beratung&asked=1", "zum Beispiel 08:30", "08:30"},
		{"/staff/explain?calendar=soziales&service=beratung&asked=1&on=2026-07-08&time=8:00", ">Buchbar</p>", ">Can be booked</p>"},
		{whyOf("soziales", "beratung", 1, "08:00"), "Nicht buchbar, weil:", "Cannot be booked, because:"},
		{whyOf("soziales", "beratung", 1, "08:00", "channel", "staff"), "Für das Büro nicht buchbar, weil:", "The office cannot book it, because:"},
		{whyOf("soziales", "beratung", 5, "08:00"), "nicht für Samstag", "not on Saturday"},
		{whyOf("soziales", "ausweis", 1, "08:00"), "bietet das Anliegen so nie an", "never offers that service"},
		{whyAt(url.Values{"booking": {b.ID}, "calendar": {"soziales"}, "on": {"2026-07-07"}, "time": {"08:00"}}), "Für das Büro buchbar", "The office can book it"},
	} {
		for lang, text := range map[string]string{"de": test.german, "en": test.english} {
			r := httptest.NewRequest(http.MethodGet, test.path, nil)
			r.Header.Set("Accept-Language", lang)
			h.send(r, clerk).want(200, text)
		}
	}
}

// Nine rules, each with its own word and icon; then the one step that helps.
func TestWhySaysEveryRuleAndWhatNext(t *testing.T) {
	h := sqlite(t)
	h.ask("buergerbuero", 1, "08:00", "Ada Beispiel", "ausweis")
	h.ask("buergerbuero", 1, "08:00", "Bruno Beispiel", "ausweis")
	clerk := h.as(agenda.Clerk, "")
	a := h.get(whyOf("buergerbuero", "ausweis", 1, "08:00"), clerk).want(200, "Dienstag, 7. Juli 2026, 08:00 Uhr", "Personalausweis", "Alle öffentlichen Plätze sind belegt: 2 von 2.",
		"Öffnungszeit", "Wochentag und Gültigkeit", "Einzelne Ausnahmen", "Schließungen", "Feiertage", "Frist vor dem Termin", "Wie weit im Voraus", "Freie Plätze", "Reservierungen",
		"Als Büro trotzdem buchen", `value="2026-07-07"`, `value="08:00"`)
	if fits, not := strings.Count(a.Body.String(), "</span>passt</span>"), strings.Count(a.Body.String(), "</span>passt nicht</span>"); fits != 8 || not != 1 {
		t.Errorf("got %d rules that fit and %d that do not", fits, not)
	}
	link := html.UnescapeString(between(a.Body.String(), `kern-btn--secondary" href="`, `"`))
	h.get(link, clerk).want(200, "Vorname und Nachname").fill(clerk, "name", "Cem Beispiel").to("/staff/new/done/", clerk).want(200, "Termin gebucht")
	// Now it is full for everybody: other times are what helps.
	h.get(whyOf("buergerbuero", "ausweis", 1, "08:00"), clerk).want(200, "Freie Zeiten zeigen", "!trotzdem buchen")
	h.get(whyOf("buergerbuero", "ausweis", 1, "09:00"), clerk).want(200, "Diese Zeit buchen", "!weil")
	h.get(whyOf("buergerbuero", "ausweis", 1, "09:00", "quantity", "3", "channel", "staff"), clerk).want(200, "3 × Personalausweis", "Für das Büro buchbar")
	// Who only looks on is shown no way to book.
	h.get(whyOf("buergerbuero", "ausweis", 1, "09:00"), h.as(agenda.Auditor, "")).want(200, "Buchbar", "!Diese Zeit buchen")
}

// The page is one link away from where the question comes up, and the link brings
// along what is known.
func TestWhyIsWhereItIsAsked(t *testing.T) {
	h := sqlite(t)
	clerk := h.as(agenda.Clerk, "")
	b := h.ask("soziales", 1, "08:00", "Ada Beispiel", "beratung")
	for _, path := range []string{"/staff/day?calendar=soziales&date=2026-07-08", "/staff/new?calendar=soziales&service=beratung&date=2026-07-08", "/staff/bookings/" + b.ID + "/move?date=2026-07-08"} {
		body := h.get(path, clerk).want(200, "Fehlt eine Zeit?").Body.String()
		link := html.UnescapeString("/staff/explain?" + between(body, `href="/staff/explain?`, `"`))
		h.get(link, clerk).want(200, `value="2026-07-08"`, `<option value="soziales" selected>`)
	}
	full := h.get(at("soziales", "beratung", 1, "08:00"), clerk).want(200).fill(clerk, "name", "Bruno Beispiel").want(422, "Alle Regeln zu dieser Zeit ansehen")
	link := html.UnescapeString("/staff/explain?" + between(full.Body.String(), `href="/staff/explain?`, `"`))
	h.get(link, clerk).want(200, "Für das Büro nicht buchbar, weil:", "Alle Plätze sind belegt: 1 von 1.")
}

// What the public can never book is said so, instead of a rule; what is private or
// somebody else's is not there.
func TestWhyKnowsItsLimits(t *testing.T) {
	h := sqlite(t)
	s := desktest.Musterstadt()
	s.Revision = 1
	s.Services[2].Public = agenda.VisibleStaff
	s.Services[0].Questions = []agenda.Question{{ID: "art", Label: agenda.Plain("Anlass"), Type: "choice", Required: true, Options: []agenda.Option{{ID: "neu", Label: agenda.Plain("Neu")}}}}
	if _, err := h.desk.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	clerk := h.as(agenda.Clerk, "")
	h.get(whyOf("soziales", "beratung", 1, "08:00"), clerk).want(200, "grundsätzlich nicht selbst buchen", "!Alle Regeln")
	h.get(whyOf("soziales", "beratung", 1, "08:00", "channel", "staff"), clerk).want(200, "Für das Büro buchbar")
	h.get(whyOf("buergerbuero", "ausweis", 1, "08:00"), clerk).want(200, "Anlass", "!Alle Regeln", `value="08:00"`)
	h.get(whyOf("buergerbuero", "ausweis", 1, "08:00", "asked", "1"), clerk).want(200, "Bitte wählen Sie bei „Anlass“", "!Alle Regeln")
	h.get(whyOf("buergerbuero", "ausweis", 1, "08:00", "asked", "1", "answer.art", "neu"), clerk).want(200, "Alle Regeln")
	h.get(whyOf("buergerbuero", "ausweis", 1, "08:00", "asked", "1", "answer.art", "neu", "quantity", "9"), clerk).want(200, "Zahl von 1 bis 3", "!Alle Regeln")
	h.get("/staff/explain?calendar=nirgends", clerk).want(404)
	h.get("/staff/explain?booking=nichts", clerk).want(404)
	h.get("/staff/explain?calendar=soziales&service=beratung&on=2999-01-01&time=25:00", clerk).want(200, "zum Beispiel 08:30")
}
