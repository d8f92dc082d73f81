package staff

import (
	"net/url"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/web/pagetest"
)

// callerStates keeps the pages for callers, for who just comes and for who is invited,
// in their states: empty, found, asked, refused, longest, done.
func callerStates(t *testing.T) {
	h := sqlite(t)
	s := desktest.Musterstadt()
	s.Revision = 1
	long := strings.Repeat("Donaudampfschifffahrtsgesellschaftskapitän ", 2)
	s.Services[0].Checklist, s.Services[0].Fee = []agenda.Text{agenda.Plain("Biometrisches Foto"), agenda.Plain(long)}, agenda.Plain("37,00 Euro")
	s.Services[0].Questions = []agenda.Question{{ID: "art", Label: agenda.Plain("Anlass"), Type: "choice", Required: true, Options: []agenda.Option{{ID: "neu", Label: agenda.Plain(long)}, {ID: "alt", Label: agenda.Plain("Alt")}}},
		{ID: "mehr", Label: agenda.Plain(long), Type: "text"}}
	s.Services[1].Name = agenda.Plain(long)
	s.Services[2].Public = agenda.VisibleLink
	if _, err := h.desk.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	h.office.Links = booking.Links{Base: "https://termine.example"}
	h.ask("buergerbuero", 1, "08:00", "Ada Beispiel", "pass")
	r := booking.Request{Tenant: town, Wish: desktest.Wish("beratung"), Calendar: "soziales", Start: desktest.At(1, "08:00"), By: agenda.Staff, Actor: "x"}
	full, err := h.desk.BookNow(t.Context(), r, booking.Form{Visitor: desktest.Ada}, booking.Once{})
	if err != nil {
		t.Fatal(err)
	}
	clerk := h.as(agenda.Clerk, "")
	for _, lang := range []string{"de", "en"} {
		keep := func(name, path string) {
			t.Helper()
			pagetest.Keep(t, name+"-"+lang, h.get(path+"lang="+lang, clerk).want(200).Body.String())
		}
		keep("new-empty", "/staff/new?")
		keep("new-nothing", "/staff/new?q=xyz&")
		keep("new-found", "/staff/new?q=ber&")
		keep("new-asked", "/staff/new?service=ausweis&")
		keep("new-longest", "/staff/new?service=ausweis&service=pass&answer.ausweis.art=neu&n.pass=3&date=2026-07-07&")
		keep("new-copied", "/staff/new?copy="+full.Booking.ID+"&")
		keep("new-done", "/staff/new/done/"+full.Booking.ID+"?")
		keep("links-empty", "/staff/links?")
		keep("walk-in-empty", "/staff/walk-in?calendar=buergerbuero&")
		post := func(name, path string, pairs ...string) {
			t.Helper()
			pagetest.Keep(t, name+"-"+lang, h.post(path+"?lang="+lang, clerk, pairs...).Body.String())
		}
		start := startValue(desktest.At(1, "08:00"), "soziales")
		post("new-refused", "/staff/new", "service", "beratung", "start", start, "name", "Ada Beispiel")
		post("new-wrong", "/staff/new", "service", "beratung", "start", start, "name", "", "phone", "x", "email", "x", "contactName", strings.Repeat("x", 201))
		post("walk-in-refused", "/staff/walk-in", "calendar", "soziales", "service", "beratung")
		post("walk-in-asked", "/staff/walk-in", "calendar", "buergerbuero", "service", "ausweis", "phone", "x")
		post("links-wrong", "/staff/links", "until", "x", "uses", "0")
		post("links-made", "/staff/links", "services", "beratung", "until", "2026-07-10", "uses", "3", "note", url.QueryEscape(long))
	}
}
