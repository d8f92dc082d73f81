package staff

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
)

// seen is the print that the form of corrections carries.
func (a reply) seen() string {
	a.Helper()
	m := regexp.MustCompile(`name="seen" value="([^"]+)"`).FindStringSubmatch(a.Body.String())
	if m == nil {
		a.Fatalf("no print in %s", content(a.Body.String()))
	}
	return html.UnescapeString(m[1])
}

func TestCorrectDetails(t *testing.T) {
	each(t, func(h *house) {
		b := h.ask("buergerbuero", 1, "08:30", "Ada Beispil", "ausweis")
		clerk, at := h.as(agenda.Clerk, ""), "/staff/bookings/"+b.ID
		h.get(at, clerk).want(200, "Angaben ändern", at+"/edit", "Zettel drucken", "/staff/new?copy="+b.ID, "„Terminbestätigung“ noch einmal an")
		seen := h.get(at+"/edit?field=staffNote", clerk).want(200, `value="Ada Beispil"`, "autofocus", "Akte").seen()
		right := []string{"seen", seen, "name", "Ada Beispiel", "phone", "05550 4711", "email", "ada@beispiel.example", "notify", "1", "language", "en", "staffNote", "kommt mit Dolmetscher", "caseReference", "32/4711"}
		h.post(at+"/edit", clerk, append([]string{"name", "  ", "email", "ada@", "phone", "12", "staffNote", "bleibt stehen"}, right[:2]...)...).
			want(422, "bleibt stehen", "Vorname und Nachname", `id="name-error"`, `id="email-error"`, `id="phone-error"`)
		h.post(at+"/edit", clerk, right...).to(at+"?done=edit", clerk).
			want(200, "Gespeichert", "Ada Beispiel", "!Beispil<", "kommt mit Dolmetscher", "32/4711", "Englisch", "Geändert: Vorname und Nachname")
		right[3] = "Ada Zuspät"
		h.post(at+"/edit", clerk, right...).want(409, "jemand anderes", "Vorname und Nachname: Ada Beispiel", `value="Ada Zuspät"`)
		right[1] = h.post(at+"/edit", clerk, right...).seen() // read, and meant
		h.post(at+"/edit", clerk, right...).to(at+"?done=edit", clerk).want(200, "Ada Zuspät")

		h.post(at+"/edit", h.as(agenda.Auditor, ""), right...).want(403)
		h.get(at+"/edit", h.as(agenda.Clerk, "soziales")).want(404)
		h.get(at, h.as(agenda.Auditor, "")).want(200, "Zettel drucken", "!/edit", "!noch einmal an")
	})
}

func TestSendALetterAgain(t *testing.T) {
	h := sqlite(t)
	b := h.ask("buergerbuero", 1, "08:30", "Ada Beispiel", "ausweis")
	clerk, at := h.as(agenda.Clerk, ""), "/staff/bookings/"+b.ID
	for range booking.Resends {
		h.post(at+"/resend", clerk).to(at+"?done=resend", clerk).want(200, "geht noch einmal hinaus", "Noch einmal verschickt: Terminbestätigung")
	}
	h.post(at+"/resend", clerk).to(at+"?done=often", clerk).want(200, "schon mehrmals")
	h.post(at+"/resend", h.as(agenda.Auditor, "")).want(403)
	h.post(at+"/resend", h.as(agenda.Clerk, "soziales")).want(404)
	h.post(at+"/cancel", clerk).to("/staff/day", clerk)
	h.post(at+"/resend", clerk).to(at+"?done=changed", clerk).want(200, "inzwischen geändert", "!noch einmal an")
}

func TestSlip(t *testing.T) {
	h := sqlite(t)
	b := h.ask("buergerbuero", 1, "08:30", "Ada Beispiel", "ausweis")
	clerk, at := h.as(agenda.Clerk, ""), "/staff/bookings/"+b.ID
	h.office.Links = booking.Links{Base: "https://termine.example"}
	page := h.get(at+"/slip", clerk).want(200, "Ada Beispiel", b.Reference, "Marktplatz 1", "Personalausweis", "05550 110", "https://termine.example/musterstadt/m/", "<svg", "!ada@", "!05550 4711")
	if n := strings.Count(page.Body.String(), "M4 4h7v1h-7z"); n != 1 {
		h.Errorf("the code does not begin with its corner: %d", n)
	}
	// Whoever only sees visits would have had the visitor's own link to move and cancel
	// this one, for longer than their rights.
	for _, role := range []agenda.Role{agenda.Planner, agenda.Auditor} {
		h.get(at+"/slip", h.as(role, "")).want(200, "Ada Beispiel", "!musterstadt/m/", "!<svg viewBox=\"0 0 ")
	}
	h.post(at+"/cancel", clerk).to("/staff/day", clerk)
	h.get(at+"/slip", clerk).want(409)
}
