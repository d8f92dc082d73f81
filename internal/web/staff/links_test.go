package staff

import (
	"html"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// byLink makes counselling bookable by link only.
func (h *house) byLink() {
	h.Helper()
	s := desktest.Musterstadt()
	s.Revision = 1
	s.Services[2].Public = agenda.VisibleLink
	if _, err := h.desk.Apply(h.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		h.Fatal(err)
	}
	h.office.Links = booking.Links{Base: "https://termine.example"}
}

func TestGiveOutALink(t *testing.T) {
	each(t, func(h *house) {
		h.byLink()
		clerk := h.as(agenda.Clerk, "")
		h.get("/staff/new?q=ber", clerk).want(200, "Einladungslink erstellen", "/staff/links?service=beratung")
		h.get("/staff/links?service=beratung", clerk).want(200, "Beratung", `value="2026-07-20"`, "checked", "!Ihre offenen Links")
		made := h.post("/staff/links", clerk, "services", "beratung", "until", "2026-07-10", "uses", "2", "note", "Aktion Herbst").
			want(200, "Der Link ist fertig", "gilt bis Freitag, 10. Juli 2026", "nur dieses eine Mal", "Ihre offenen Links", "0 von 2", "Aktion Herbst", "mailto:?body=")
		address := html.UnescapeString(between(made.Body.String(), `id="link" type="text" value="`, `"`))
		secret, ok := strings.CutPrefix(address, "https://termine.example/musterstadt/i/")
		if !ok {
			h.Fatalf("got the address %q", address)
		}
		r := booking.Request{Tenant: town, Wish: desktest.Wish("beratung"), Calendar: "soziales", Start: desktest.At(1, "08:00"), By: agenda.Public, Actor: booking.ActorVisitor, Link: secret}
		if _, err := h.desk.BookNow(h.Context(), r, booking.Form{Visitor: desktest.Ada}, booking.Once{}); err != nil {
			h.Fatal(err)
		}
		list := h.get("/staff/links", clerk).want(200, "1 von 2", "!"+secret)
		revoke := between(list.Body.String(), `formaction="`, `"`)
		h.get("/staff/links", h.as(agenda.Lead, "")).want(200, "!Ihre offenen Links")
		h.post(revoke, h.as(agenda.Lead, "")).want(404)
		h.post(revoke, clerk).to("/staff/links", clerk).want(200, "Der Link gilt nicht mehr", "!Ihre offenen Links")
		h.post(revoke, clerk).want(404)
	})
}

func TestLinkRefused(t *testing.T) {
	h := sqlite(t)
	clerk := h.as(agenda.Clerk, "")
	h.get("/staff/links", clerk).want(200, "Zurzeit gibt es kein Anliegen")
	h.get("/staff/new", clerk).want(200, "!/staff/links")
	h.byLink()
	h.post("/staff/links", clerk, "until", "gestern", "uses", "0", "note", strings.Repeat("x", 201)).
		want(422, `id="services-error"`, `id="until-error"`, `id="uses-error"`, `id="note-error"`, "gestern")
	h.post("/staff/links", clerk, "services", "ausweis", "until", "2026-07-05", "uses", "501").want(422, `id="services-error"`, "von Mo, 06.07.2026 bis", `id="uses-error"`)
	h.post("/staff/links", clerk, "services", "beratung", "until", "2026-07-10", "uses", "1", "calendar", "buergerbuero").want(422, "Diese Angabe passt nicht")
	other := h.as(agenda.Clerk, "buergerdienste")
	h.get("/staff/links?calendar=soziales", other).want(404)
	h.get("/staff/links", other).want(200, "Zurzeit gibt es kein Anliegen")
	h.post("/staff/links", other, "services", "beratung", "until", "2026-07-10", "uses", "1").want(422)
	h.get("/staff/links", h.as(agenda.Auditor, "")).want(403)
}
