package public_test

import (
	"time"

	"terminvergabe/internal/agenda"
)

// hold is what happens while a time is reserved, and where none is to be had.
func (g *gallery) hold() {
	town := short()
	town.Tenant.Languages = g.tongues()
	apply(g.T, g.desk, town)
	b := g.visitor()
	b.get("/musterstadt/times?service=beratung&day=2026-07-08").want(200)
	b.post("/musterstadt/reserve", b.form("slot", "soziales@"+wednesday)).want(200)
	g.time.Advance(10 * time.Minute)
	g.keep("details-more", b.post("/musterstadt/more", b.form("more", "details", "name", "Ada", "contactName", "Grace Beispiel")), 200)
	b.post("/musterstadt/review", b.form("name", "Ada Beispiel", "phone", "05550 4711")).want(200)
	g.time.Advance(10 * time.Minute)
	g.keep("review-more", b.post("/musterstadt/more", b.form("more", "review")), 200)
	for range 11 {
		g.time.Advance(18 * time.Minute)
		b.post("/musterstadt/more", b.form("more", "review")).want(200)
	}
	g.keep("review-longest", b, 200)
	sent := b.form()
	g.time.Advance(20 * time.Minute)
	g.keep("taken-again", b.post("/musterstadt/book", sent), 410)
	b = g.visitor()
	g.keep("times-nothing-elsewhere", b.get("/kurz/times?service=impfen"), 200)
	g.keep("times-nothing-phone", b.get("/kurz/times?service=beratung&mode=onsite"), 200)
	g.keep("times-nothing-fewer", b.get("/kurz/times?service=ausweis*3"), 200)
	g.keep("times-nothing-apart", b.get("/kurz/times?service=ausweis&service=pass"), 200)
	g.keep("times-late", b.get("/kurz/times?service=beratung&mode=phone&part=late"), 200)
	g.keep("times-from", b.get("/musterstadt/times?service=pass&from=2026-08-01"), 200)
	g.keep("times-too-late", b.get("/musterstadt/times?service=pass&from=2027-08-01"), 200)
}

func (g *gallery) tongues() (list []string) {
	s, err := g.desk.Setup(g.Context(), "musterstadt")
	if err != nil {
		g.Fatal(err)
	}
	return s.Tenant.Languages
}

// evenings is a town that is open until 18:00 on Thursdays.
func evenings() *agenda.Setup {
	s := short()
	s.Tenant.ID = "spaet"
	late := s.Calendars[0].SlotTemplates[0]
	late.ID, late.Weekdays, late.From, late.To = "abend", []string{"th"}, 14*60, 18*60
	s.Calendars[0].SlotTemplates = append(s.Calendars[0].SlotTemplates, late)
	return s
}
