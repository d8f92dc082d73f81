package public_test

import (
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/desktest"
)

// inOrder wants texts one after the other in what stands below the heading of the page.
func (b *browser) inOrder(texts ...string) {
	b.t.Helper()
	_, rest, found := strings.Cut(b.body, "<h1>")
	if !found {
		b.t.Fatalf("%s has no heading", b.path)
	}
	for i, text := range texts {
		_, after, found := strings.Cut(rest, text)
		if !found {
			b.t.Errorf("%s: no %q after %q", b.path, text, texts[:i])
			return
		}
		rest = after
	}
}

// What most people came for comes first, for whoever hears a page or sees three lines of
// it at a time: what was found and the times before other ways to them; once a time is
// booked, when and where before what to bring; what is still to be done before all.
func TestTheNextStepComesFirst(t *testing.T) {
	d, _ := desktest.SQLite(t)
	s := desktest.Musterstadt()
	s.Revision = 1
	for i := range s.Services {
		s.Services[i].Checklist = []agenda.Text{agenda.Plain("Biometrisches Foto")}
		s.Services[i].MaxQuantity = 2
	}
	apply(t, d, s)
	w := serve(t, d)
	b := w.browser(t)
	b.get("/musterstadt/?q=perso").inOrder(`role="status"`, `<ul class="services">`, "Für mehrere Personen", "Alle Anliegen anzeigen")
	b.get("/musterstadt/times?service=pass").inOrder("Der früheste Termin", `<button`, "Lieber im Monatskalender", "Für mehrere Personen", "Was ist mitzubringen")
	b, _ = w.booked(t, "service=pass", "buergerbuero@"+wednesday)
	b.inOrder("notice-success", ">Wann<", ">Wo<", "Bitte bringen Sie mit", "Biometrisches Foto", "In meinen Kalender")
	b, _ = w.booked(t, "service=ausweis", "ausweise@"+wednesday)
	b.inOrder("notice-warning", ">Wann<", ">Wo<", "Bitte bringen Sie mit")
}
