package public_test

import (
	"strings"
	"testing"

	"terminvergabe/internal/desktest"
)

// The answer is the same page for an address with visits, for one without, and for the
// second press; the address is in no answer.
func TestLinksAgain(t *testing.T) {
	d, _ := desktest.SQLite(t)
	w := serve(t, d)
	b := w.reviewed(t, "service=pass", "buergerbuero@"+wednesday)
	b.post("/musterstadt/book", b.form()).want(200)
	b.get("/musterstadt/").want(200, `href="/musterstadt/links"`)
	b.get("/musterstadt/m/x").want(404, `href="/musterstadt/links"`, "Sie suchen Ihren Termin?")
	b.get("/musterstadt/links").want(200, "Wir schicken Ihnen eine E-Mail", `autocomplete="email"`)
	b.post("/musterstadt/links", b.formOf("email", "")).want(422, `href="#email"`)
	b.post("/musterstadt/links", b.formOf("email", "keine-adresse")).want(422, `value="keine-adresse"`, `href="#email"`)
	var pages []string
	for _, email := range []string{ada, "fremd@beispiel.example", ada, strings.ToUpper(ada)} {
		b.post("/musterstadt/links", b.formOf("email", email)).want(200, "bekommen Sie gleich eine E-Mail", "!"+email)
		if b.path != "/musterstadt/links?sent=1" {
			t.Errorf("got %s", b.path)
		}
		pages = append(pages, b.body)
	}
	for _, p := range pages {
		if p != pages[0] {
			t.Errorf("the answers differ:\n%s\n%s", main(p), main(pages[0]))
		}
	}
	b.get("/musterstadt/links?sent=1").want(200, "bekommen Sie gleich eine E-Mail")
}
