package public_test

import (
	"terminvergabe/internal/agenda"
	"terminvergabe/internal/desktest"
)

// abuse is what shows that no program is at work.
func (g *gallery) abuse() {
	s := desktest.Musterstadt()
	s.Tenant.Languages, s.Protection.Proof, s.Revision = languages(g.T), agenda.ProofAlways, 2
	s.Calendars[3].Contact = agenda.Contact{Email: agenda.ContactOff, Phone: agenda.ContactRequired}
	apply(g.T, g.desk, s)
	b := g.visitor()
	const slot = "ausweise@2026-07-08T08:00:00+02:00"
	b.get("/musterstadt/times?service=ausweis&site=rathaus").want(200)
	g.keep("proof", b.post("/musterstadt/reserve", b.form("slot", slot)), 428)
	g.keep("proof-wrong-address", b.post("/musterstadt/reserve", b.form("code_ask", "1", "code_email", "x")), 422)
	g.keep("proof-code", b.post("/musterstadt/reserve", b.form("code_ask", "1", "code_email", ada)), 200)
	g.keep("proof-wrong-code", b.post("/musterstadt/reserve", b.form("code", "12")), 422)
	b = g.visitor()
	b.get("/musterstadt/times?service=impfen").want(200)
	b.post("/musterstadt/reserve", b.form("slot", "impfung@2026-07-08T08:00:00+02:00")).want(200)
	b.post("/musterstadt/review", b.form("name", "Ada Beispiel", "phone", "05551 123")).want(200)
	g.keep("proof-phone", b.post("/musterstadt/book", b.form()), 428)
}
