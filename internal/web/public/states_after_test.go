package public_test

import (
	"strings"
	"time"

	"terminvergabe/internal/desktest"
)

// after is what is left to do once a visit is booked: the links again, and how its visitor
// is reached.
func (g *gallery) after() {
	b := g.visitor()
	g.keep("links", b.get("/musterstadt/links"), 200)
	g.keep("links-wrong", b.post("/musterstadt/links", b.formOf("email", "x")), 422)
	g.keep("links-sent", b.post("/musterstadt/links", b.formOf("email", ada)), 200)

	b = g.at("service=ausweis", "ausweise@"+wednesday, "email", ada)
	b.post("/musterstadt/book", b.form()).want(200)
	g.keep("contact-first", b.get(strings.TrimSuffix(b.path, "?done=1")+"/contact"), 200)
	b = g.at("service=pass", "buergerbuero@"+wednesday, "email", ada)
	b.post("/musterstadt/book", b.form()).want(200)
	manage := strings.TrimSuffix(b.path, "?done=1")
	g.keep("contact", b.get(manage+"/contact"), 200)
	g.keep("contact-wrong", b.post(manage+"/contact", b.formOf("email", "x", "phone", "y")), 422)
	g.keep("contact-changed", b.post(manage+"/contact", b.formOf("email", ada, "phone", "05550 4711")), 200)
	b.post(manage+"/contact", b.formOf("email", "grace@beispiel.example", "phone", "05550 4711")).want(200)
	g.keep("contact-asked", b, 200)
	link := addressLink(g.T, g.desk, manage)
	g.keep("address", b.get(link), 200)
	b.post(link, nil).want(200)
	g.keep("address-used", b.get(link), 200)
	b.post(manage+"/contact", b.formOf("email", ada, "phone", "05550 4711")).want(200)
	link = addressLink(g.T, g.desk, manage)
	g.time.Advance(25 * time.Hour)
	g.keep("address-over", b.get(link), 200)
	g.time.Set(desktest.Start)
	for range 4 {
		b.post(manage+"/contact", b.formOf("email", "x@beispiel.example", "phone", "05550 4711"))
	}
	g.keep("contact-limited", b, 429)
}
