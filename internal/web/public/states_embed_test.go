package public_test

import (
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/desktest"
)

// embedded are the pages in a frame, the accessibility statement and the report of a
// barrier.
func (g *gallery) embedded() {
	b := g.visitor()
	g.keep("statement-untested", b.get("/musterstadt/legal/accessibility"), 200)
	today := agenda.DateOf(desktest.Start)
	s := county()
	s.Revision, s.Tenant.Languages = 1, languages(g.T)
	s.Legal.Accessibility = nil
	s.Accessibility = agenda.Accessibility{State: agenda.AccessiblePartly, Prepared: today - 30, Tested: today - 40, Method: agenda.TestedExternal,
		Gaps: []agenda.Text{agenda.Plain("Ältere PDF-Dateien")}, Mail: "Barrierefrei <barrierefrei@musterkreis.example>", Phone: "05550 105",
		Enforcement: agenda.Enforcement{Name: agenda.Plain("Schlichtungsstelle"), Address: agenda.Plain("Musterallee 1, 30000 Musterhausen"), URL: "https://schlichtung.example/"}}
	apply(g.T, g.desk, s)
	g.keep("statement", b.get("/musterkreis/legal/accessibility"), 200)
	g.keep("barrier", b.get("/musterkreis/barrier?page=/musterkreis/times"), 200)
	g.keep("barrier-wrong", b.post("/musterkreis/barrier", b.form("text", "", "email", "x", "page", "?")), 422)
	g.keep("barrier-sent", b.post("/musterkreis/barrier", b.form("text", strings.Repeat("Zu blass. ", 9))), 200)
	s.Revision, s.Accessibility.Mail, s.Mail = 2, "", agenda.TenantMail{}
	for i := range s.Departments {
		s.Departments[i].Mail = ""
	}
	apply(g.T, g.desk, s)
	g.keep("barrier-phone", b.get("/musterkreis/barrier"), 200)
	g.keep("embed-start", b.get("/musterstadt/embed/"+g.lang+"/"), 200)
	g.keep("embed-next", b.get("/musterstadt/embed/"+g.lang+"/next?service=ausweis"), 200)
	g.keep("embed-times", b.get("/musterstadt/embed/"+g.lang+"/times?service=ausweis"), 200)
}
