package public_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/pagetest"
)

// gallery shows every page of the citizens' site in each of its example states, in one
// language, and hands it to the accessibility run. A part of the site has a method of
// its own, in states_PART_test.go.
type gallery struct {
	*testing.T
	lang string
	town town
	desk *booking.Desk
	time *desktest.Clock
	seen []string

	german map[string]bool // see germanOnly
}

// languages are those that the site speaks.
func languages(t *testing.T) []string {
	t.Helper()
	cat, _ := realPages()
	return cat.Languages()
}

// TestStates keeps all pages in all states and languages.
func TestStates(t *testing.T) {
	for _, lang := range languages(t) {
		t.Run(lang, func(t *testing.T) {
			for _, part := range []struct {
				name string
				show func(*gallery)
			}{
				{"finding", (*gallery).finding}, {"entry", (*gallery).entry}, {"booking", (*gallery).booking}, {"changing", (*gallery).changing},
				{"answering", (*gallery).answering}, {"reminded", (*gallery).reminded}, {"meant", (*gallery).meant}, {"after", (*gallery).after}, {"data", (*gallery).data}, {"feeds", (*gallery).feeds}, {"abuse", (*gallery).abuse}, {"hold", (*gallery).hold}, {"embedded", (*gallery).embedded}, {"faults", (*gallery).faults},
			} {
				t.Run(part.name, func(t *testing.T) { part.show(newGallery(t, lang)) })
			}
		})
	}
}

// newGallery has a county, a big city and a town, which speak all languages.
func newGallery(t *testing.T, lang string) *gallery {
	d, c := desktest.SQLite(t)
	small := desktest.Musterstadt()
	small.Revision = 1
	setups := []*agenda.Setup{county(), city(), small}
	for _, s := range setups {
		s.Tenant.Languages = languages(t)
	}
	apply(t, d, setups...)
	return &gallery{T: t, lang: lang, town: serve(t, d), desk: d, time: c}
}

// visitor is somebody who reads the gallery's language.
func (g *gallery) visitor() *browser {
	g.Helper()
	b := g.town.browser(g.T)
	b.get("/?lang=" + g.lang).want(200)
	return b
}

// mayLead are the sites that links lead to: those that the tenants here have set, this one
// itself, and the calendars that a visitor may choose.
var mayLead = []string{"musterleine.example", "schlichtung.example", "termine.example", "calendar.google.com", "outlook.live.com"}

// keep is one state of a page: what the browser shows, named PAGE-STATE.
func (g *gallery) keep(name string, b *browser, status int) *browser {
	g.Helper()
	b.want(status, `<html lang="`+g.lang+`"`)
	if slices.Contains(g.seen, name) {
		g.Errorf("%s is shown twice", name)
	}
	g.seen = append(g.seen, name)
	for _, f := range g.foreign(b.body) {
		g.Errorf("%s: not in the language of the page: %q", name, f)
	}
	for _, host := range pagetest.LinkedSites(b.body) {
		if !slices.Contains(mayLead, host) {
			g.Errorf("%s: leads to %s, which no tenant has set", name, host)
		}
	}
	if missing := g.town.cat.Missing(); len(missing) > 0 {
		g.Errorf("%s: texts are missing: %v", name, missing)
	}
	pagetest.Keep(g.T, "public-"+name+"-"+g.lang, b.body)
	return b
}

// finding is the way to a time.
func (g *gallery) finding() {
	b := g.visitor()
	g.keep("portal", b.get("/"), 200)
	g.keep("portal-found", b.get("/?q=Perso"), 200)
	g.keep("portal-nothing", b.get("/?q=xyzzy"), 200)
	g.keep("start", b.get("/musterkreis/"), 200)
	g.keep("start-letters", b.get("/grossstadt/"), 200)
	g.keep("start-found", b.get("/musterkreis/?q=Perso"), 200)
	g.keep("start-nothing", b.get("/musterkreis/?q=xyzzy"), 200)
	g.keep("choose", b.get("/musterkreis/choose?service=ausweis"), 200)
	g.keep("choose-questions", b.get("/musterkreis/choose?service=pass"), 200)
	g.keep("choose-wrong", b.get("/musterkreis/choose?service=pass*1&next=1"), 422)
	g.keep("choose-mode", b.get("/musterkreis/choose?service=beratung"), 200)
	g.keep("choose-apart", b.get("/musterkreis/choose?service=ausweis*1&service=beratung*1"), 422)
	g.keep("times", b.get("/musterkreis/times?service=ausweis"), 200)
	g.keep("times-site", b.get("/musterkreis/times?service=ausweis&site=rathaus"), 200)
	g.keep("times-day", b.get("/musterkreis/times?service=ausweis&day=2026-07-08"), 200)
	g.keep("times-month", b.get("/musterkreis/times?service=ausweis&view=month"), 200)
	g.keep("times-phone", b.get("/musterkreis/times?service=beratung&mode=phone"), 200)
	g.keep("times-nothing", b.get("/musterkreis/times?service=zu"), 200)
	g.keep("times-nothing-day", b.get("/musterstadt/times?service=pass&day=2026-07-11"), 200)
	g.keep("times-nothing-filtered", b.get("/musterstadt/times?service=pass&part=pm"), 200)
	g.keep("legal", b.get("/musterkreis/legal/imprint"), 200)
	empty, _ := desktest.SQLite(g.T)
	bare := &gallery{T: g.T, lang: g.lang, town: serve(g.T, empty), desk: empty}
	none := desktest.Musterstadt()
	none.Revision, none.Services, none.Calendars, none.Tenant.Languages = 1, nil, nil, languages(g.T)
	apply(g.T, empty, none)
	bare.keep("start-empty", bare.visitor().get("/musterstadt/"), 200)
}

// booking is the form, the review and what comes of it.
func (g *gallery) booking() {
	b := g.visitor()
	b.get("/musterkreis/times?service=ausweis&site=rathaus&day=2026-07-08").want(200)
	g.keep("details", b.post("/musterkreis/reserve", b.form("slot", "buergerbuero@"+wednesday)), 200)
	g.keep("details-wrong", b.post("/musterkreis/review", b.form("email", "x", "phone", "y", "note", strings.Repeat("Z", 5000))), 422)
	g.keep("review", b.post("/musterkreis/review", b.form("name", "Ada Beispiel", "email", ada, "consent", "1", "contactName", "Grace Beispiel", "note", "mit Hund")), 200)
	sent := b.form()
	g.keep("others", b.post("/musterkreis/others", sent), 200)
	g.keep("done", b.post("/musterkreis/book", sent), 200)
	g.keep("used", b.post("/musterkreis/review", sent), 410)

	b = g.at("service=ausweis", "ausweise@"+wednesday, "email", ada)
	g.keep("review-email", b, 200)
	g.keep("done-email", b.post("/musterstadt/book", b.form()), 200)
	b = g.at("service=beratung", "soziales@"+wednesday, "phone", "05550 4711")
	g.keep("review-staff", b, 200)
	sent = b.form()
	g.keep("done-staff", b.post("/musterstadt/book", sent), 200)
	b = g.at("service=beratung", "soziales@2026-07-08T09:00:00+02:00", "phone", "05550 4711")
	sent = b.form()
	g.time.Advance(21 * time.Minute)
	g.keep("taken-expired", b.post("/musterstadt/book", sent), 410)

	first, second := g.at("service=impfen", "impfung@"+wednesday, "email", ada), g.at("service=impfen", "impfung@"+wednesday, "email", "grace@beispiel.example")
	first.post("/musterstadt/book", first.form()).want(200)
	g.keep("taken", second.post("/musterstadt/book", second.form()), 409)
	b = g.visitor()
	g.keep("taken-window", b.post("/musterstadt/reserve", b.formOf("service", "pass*1", "slot", "buergerbuero@2026-07-06T08:00:00+02:00")), 409)
}

// at brings a visitor to the review of a time in Musterstadt.
func (g *gallery) at(query, slot string, typed ...string) *browser {
	g.Helper()
	b := g.visitor()
	b.get("/musterstadt/times?" + query).want(200)
	b.post("/musterstadt/reserve", b.form("slot", slot)).want(200)
	return b.post("/musterstadt/review", b.form(append([]string{"name", "Ada Beispiel"}, typed...)...)).want(200)
}

// changing is what one can do with a visit.
func (g *gallery) changing() {
	b := g.at("service=pass", "buergerbuero@"+wednesday, "email", ada)
	b.post("/musterstadt/book", b.form()).want(200)
	manage := strings.TrimSuffix(b.path, "?done=1")
	g.keep("manage", b.get(manage), 200)
	g.keep("move", b.get(manage+"/move"), 200)
	g.keep("move-check", b.get(b.links("slot=")[1]), 200)
	b.post(manage+"/move", b.formOf("slot", "buergerbuero@2026-07-09T08:00:00+02:00"))
	g.keep("manage-moved", b, 200)
	g.keep("cancel", b.get(manage+"/cancel"), 200)
	other := g.at("service=impfen", "impfung@"+wednesday, "email", ada)
	other.post("/musterstadt/book", other.form()).want(200)
	taken := strings.TrimSuffix(other.path, "?done=1")
	third := g.at("service=impfen", "impfung@2026-07-08T08:05:00+02:00", "email", ada)
	third.post("/musterstadt/book", third.form()).want(200)
	g.keep("move-taken", other.post(taken+"/move", other.formOf("slot", "impfung@2026-07-08T08:05:00+02:00")), 409)
	other.post(taken+"/cancel", other.form())
	g.keep("manage-cancelled", other.get(taken), 200)
	g.time.Set(desktest.At(3, "07:00"))
	g.keep("manage-late", b.get(manage), 200)
}

// answering is what links in letters lead to.
func (g *gallery) answering() {
	ask := g.at("service=ausweis", "ausweise@"+wednesday, "email", ada)
	ask.post("/musterstadt/book", ask.form()).want(200)
	visit := strings.TrimSuffix(ask.path, "?done=1")
	secret := g.confirmation()
	g.keep("confirm", ask.get("/musterstadt/c/"+secret), 200)
	ask.post("/musterstadt/c/"+secret, nil).want(200)
	g.keep("confirm-already", ask.get("/musterstadt/c/"+secret), 200)
	ask.post(visit+"/cancel", ask.get(visit+"/cancel").form()).want(200)
	ask = g.at("service=ausweis", "ausweise@2026-07-08T09:00:00+02:00", "email", ada)
	ask.post("/musterstadt/book", ask.form()).want(200)
	visit, secret = strings.TrimSuffix(ask.path, "?done=1"), g.confirmation()
	g.time.Advance(61 * time.Minute)
	g.keep("confirm-expired", ask.get("/musterstadt/c/"+secret), 410)
	g.keep("manage-expired", ask.get(visit), 200)

	g.time.Set(desktest.Start)
	at, _ := proposed(g.T, g.desk, agenda.FallbackCall)
	g.keep("proposal", g.visitor().get(at), 200)
	g.keep("proposal-cancel", g.visitor().get(at+"/cancel"), 200)
	g.time.Set(desktest.At(1, "09:40"))
	g.keep("proposal-expired", g.visitor().get(at), 200)
	g.time.Set(desktest.Start)
	s, err := g.desk.Setup(g.Context(), "musterstadt")
	if err != nil {
		g.Fatal(err)
	}
	secretly := *s
	secretly.Services = slices.Clone(s.Services)
	for i := range secretly.Services[:2] {
		secretly.Services[i].Public = agenda.VisibleLink
	}
	apply(g.T, g.desk, &secretly)
	l, way := invite(g.T, g.desk, 1, "", "ausweis", "pass")
	g.keep("invited", g.visitor().get(way), 200)
	if err := g.desk.RevokeServiceLink(g.Context(), desktest.Clerk(), l.ID); err != nil {
		g.Fatal(err)
	}
	g.keep("invited-over", g.visitor().get(way), 410)
}

// confirmation is the secret of the one letter that waits for a yes.
func (g *gallery) confirmation() (secret string) {
	g.Helper()
	err := g.desk.Store.View(g.Context(), func(tx *store.Tx) error {
		list, err := g.desk.List(g.Context(), desktest.Clerk(), "ausweise", agenda.DateOf(desktest.Start), agenda.DateOf(desktest.Start)+9)
		for _, card := range list {
			if card.Awaits == agenda.ConfirmEmail {
				secret = card.Private.Confirm
			}
		}
		return err
	})
	if err != nil || secret == "" {
		g.Fatalf("nobody waits for a confirmation (%v)", err)
	}
	return secret
}

// faults are the pages that say what went wrong.
func (g *gallery) faults() {
	b := g.visitor()
	g.keep("error-missing", b.get("/musterstadt/nichts"), 404)
	g.keep("error-service", b.get("/musterstadt/times?service=nichts"), 404)
	g.keep("error-portal", b.get("/nirgendwo/"), 404)
	g.keep("error-unreadable", b.post("/musterstadt/m/x/cancel", nil), 404)
	g.keep("error-long", b.post("/musterstadt/reserve", b.formOf("slot", strings.Repeat("x", 2<<20))), 413)
}
