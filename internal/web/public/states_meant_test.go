package public_test

import (
	"strings"
	"testing"

	"terminvergabe/internal/desktest"
)

// meant is the question whether another address was meant.
func (g *gallery) meant() {
	b := g.visitor()
	b.get("/musterstadt/times?service=ausweis").want(200)
	b.post("/musterstadt/reserve", b.form("slot", "ausweise@"+wednesday)).want(200)
	g.keep("details-meant", b.post("/musterstadt/review", b.form("name", "Ada Beispiel", "email", "ada.beispiel@gmial.com")), 200)
	b = g.at("service=pass", "buergerbuero@"+wednesday, "email", ada)
	b.post("/musterstadt/book", b.form()).want(200)
	manage := strings.TrimSuffix(b.path, "?done=1")
	g.keep("contact-meant", b.post(manage+"/contact", b.formOf("email", "ada.beispiel@gmial.com")), 200)
}

// A slip in an address is asked about once, and never holds anybody up: one button takes
// the guess, the other goes on with what was typed.
func TestASlipInTheAddressIsAskedAbout(t *testing.T) {
	d, _ := desktest.SQLite(t)
	town := serve(t, d)
	for name, c := range map[string]struct{ press, want []string }{
		"taken":        {[]string{"meant", "ada@gmail.com"}, []string{"Stimmt alles?", "ada@gmail.com", "!gmial"}},
		"kept":         {nil, []string{"Stimmt alles?", "ada@gmial.com"}},
		"made up":      {[]string{"meant", "boese@gmail.com"}, []string{"Stimmt alles?", "ada@gmial.com", "!boese"}},
		"another slip": {[]string{"email", "ada@hotmial.com"}, []string{"Meinten Sie ada@hotmail.com?"}},
		"mended":       {[]string{"email", "ada@web.de", "meant", "ada@gmail.com"}, []string{"Stimmt alles?", "ada@web.de", "!ada@gmail.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := town.browser(t)
			b.get("/musterstadt/times?service=ausweis").want(200)
			b.post("/musterstadt/reserve", b.form("slot", b.slots()[0])).want(200)
			b.post("/musterstadt/review", b.form("name", "Ada Beispiel", "email", "ada@gmial.com")).want(200, "Meinten Sie ada@gmail.com?", "ada@gmial.com ist richtig", "Ada Beispiel", "!Stimmt alles?")
			b.post("/musterstadt/review", b.form(append([]string{"name", "Ada Beispiel", "email", "ada@gmial.com"}, c.press...)...)).want(200, c.want...)
		})
	}
}

// The same when a visitor changes the address: asked once, about a new one only.
func TestASlipInAChangedAddressIsAskedAbout(t *testing.T) {
	d, _ := desktest.SQLite(t)
	b, manage := serve(t, d).booked(t, "service=ausweis", "ausweise@"+wednesday)
	change := func(pairs ...string) *browser {
		t.Helper()
		b.get(manage + "/contact").want(200)
		return b.post(manage+"/contact", b.formOf(pairs...))
	}
	change("email", "ada@gmial.com", "phone", "05550 4711").want(200, "Meinten Sie ada@gmail.com?", `value="05550 4711"`, "ada@gmial.com ist richtig")
	change("email", "ada@gmial.com", "hinted", "ada@gmial.com").want(200, "ada@gmial.com", "!Meinten Sie")
	change("email", "ada@gmial.com").want(200, "!Meinten Sie")
	change("email", "eva@web.d", "hinted", "eva@web.d", "meant", "boese@web.de").want(200, "eva@web.d", "!boese")
	change("email", "uwe@hotmial.com", "meant", "uwe@hotmail.com").want(200, "uwe@hotmail.com", "!uwe@hotmial.com")
}
