package public_test

import "terminvergabe/internal/agenda"

// entry shows the pages before the choice of a time: searches that guess, lists by
// department and for several, a service's own page, and questions that lead on.
func (g *gallery) entry() {
	s := county()
	s.Tenant.ID, s.Tenant.Languages = "eingang", languages(g.T)
	s.Departments = append(s.Departments, agenda.Department{ID: "verkehr", Name: agenda.Plain("Straßenverkehrsamt"), Phone: "05551 708-200", Invite: "request"})
	s.Calendars[len(s.Calendars)-1].Department = "verkehr"
	s.Services[0].Description, s.Services[0].QuantityOf = agenda.Plain("Damit weisen Sie sich aus.\n\nAb 16 Jahren ist er Pflicht."), "person"
	s.Services[1].Questions = []agenda.Question{
		{ID: "name", Label: agenda.Plain("Ihr Familienname"), Type: agenda.AskSurname, Required: true, Options: []agenda.Option{{ID: "a-z", Label: agenda.Plain("A–Z"), Letters: "A-Z"}}},
		{ID: "art", Label: agenda.Plain("Neu oder verloren?"), Type: agenda.AskChoice, Options: []agenda.Option{
			{ID: "neu", Label: agenda.Plain("Neu")}, {ID: "ausweis", Label: agenda.Plain("Lieber ein Ausweis"), Service: "ausweis"}}}}
	apply(g, g.desk, s, letters(g))
	b := g.visitor()
	g.keep("portal-guess", b.get("/?q=reisepasz"), 200)
	g.keep("portal-part", b.get("/?q=reisepass+dampfschiff"), 200)
	g.keep("start-guess", b.get("/eingang/?q=reisepasz"), 200)
	g.keep("start-part", b.get("/eingang/?q=reisepass+dampfschiff"), 200)
	g.keep("start-several", b.get("/eingang/?several=1"), 200)
	g.keep("start-departments", b.get("/eingang/?by=department"), 200)
	g.keep("service", b.get("/eingang/s/ausweis"), 200)
	g.keep("service-site", b.get("/eingang/s/ausweis?site=rathaus"), 200)
	g.keep("service-missing", b.get("/eingang/s/gibtesnicht"), 404)
	g.keep("service-meant", b.get("/eingang/s/reise-pass"), 404)
	g.keep("choose-persons", b.get("/eingang/choose?service=ausweis*3"), 200)
	g.keep("times-several", b.get("/eingang/times?service=ausweis*3"), 200)
	g.keep("choose-name", b.get("/eingang/choose?service=pass"), 200)
	g.keep("choose-name-wrong", b.post("/eingang/choose", b.form("service", "pass*1", "q.pass.name", "王", "next", "1")), 422)
	b.post("/eingang/choose", b.form("service", "pass*1", "q.pass.name", "Öhlmann", "next", "1")).want(200)
	g.keep("details-name", b.post("/eingang/reserve", b.form("slot", b.slots()[0])), 200)
}
