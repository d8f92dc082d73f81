package public_test

import (
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/desktest"
)

// counted is a visitor whose pages and inputs are counted: an input is a field that is
// filled in, or a press on a link or button.
type counted struct {
	*browser
	pages, inputs int
}

func (c *counted) typing(pairs ...string) []string {
	c.inputs += len(pairs) / 2
	return pairs
}

func (c *counted) page(status int, texts ...string) {
	c.t.Helper()
	c.want(status, texts...)
	c.pages++
}

// From the start page to the page that says done a visit for a plain service takes at
// most five pages and eight inputs, whichever way one comes in.
func TestFivePagesAndEightInputs(t *testing.T) {
	for name, enter := range map[string]func(*counted){
		"by search": func(c *counted) {
			c.get("/musterstadt/").want(200, "Was möchten Sie erledigen?")
			c.inputs += 2 // the word, and the button
			c.get("/musterstadt/?q=perso")
			c.page(200, "Personalausweis")
			c.inputs++
			c.get(c.links("/times")[0])
		},
		"by list": func(c *counted) {
			c.get("/musterstadt/")
			c.page(200, "Personalausweis")
			c.inputs++
			c.get(c.links("/times?service=ausweis")[0])
		},
		"by link": func(c *counted) {
			c.get("/musterstadt/s/ausweis?site=rathaus")
			c.page(200, "Personalausweis", "Zeit wählen")
			c.inputs++
			c.get(c.links("/times?service=ausweis")[0])
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := desktest.SQLite(t)
			c := &counted{browser: serve(t, d).browser(t)}
			enter(c)
			c.page(200, "Wann möchten Sie kommen?")
			c.inputs++
			c.post("/musterstadt/reserve", c.form("slot", c.slots()[0]))
			c.page(200, "Wer kommt?")
			filled := c.form(c.typing("name", "Ada Beispiel", "email", "ada@beispiel.example")...)
			c.inputs++
			c.post("/musterstadt/review", filled)
			c.page(200, "Stimmt alles?")
			c.inputs++
			c.post("/musterstadt/book", c.form())
			c.page(200, "Ihr Termin ist gebucht")
			t.Logf("%d pages, %d inputs", c.pages, c.inputs)
			if c.pages > 5 || c.inputs > 8 {
				t.Errorf("got %d pages and %d inputs, want at most 5 and 8", c.pages, c.inputs)
			}
		})
	}
}

// letters is a tenant whose one service goes by family names, and leads elsewhere by an
// answer.
func letters(t testing.TB) *agenda.Setup {
	t.Helper()
	s := desktest.Musterstadt()
	s.Tenant.ID = "buchstaben"
	amt := s.Calendars[0]
	amt.ID, amt.Pool, amt.StaffMail = "amt-l-z", "", agenda.StaffMail{}
	s.Calendars = append(s.Calendars, amt)
	s.Services[0].Questions = []agenda.Question{
		{ID: "name", Label: agenda.Plain("Ihr Familienname"), Type: agenda.AskSurname, Required: true, Options: []agenda.Option{
			{ID: "a-k", Label: agenda.Plain("A–K"), Letters: "A-K", Calendars: []string{s.Calendars[0].ID}},
			{ID: "l-z", Label: agenda.Plain("L–Z"), Letters: "L-Z", Calendars: []string{"amt-l-z"}}}},
		{ID: "art", Label: agenda.Plain("Neu oder verlängern?"), Type: agenda.AskChoice, Options: []agenda.Option{
			{ID: "neu", Label: agenda.Plain("Neu")}, {ID: "pass", Label: agenda.Plain("Lieber ein Pass"), Service: "pass"}}},
	}
	if faults := s.Check(); len(faults) > 0 {
		t.Fatal(faults)
	}
	return s
}

// The family name is typed once: it leads to the right calendar, stands in no address, and
// is there when the details are asked.
func TestFamilyNameLeadsToTheCalendar(t *testing.T) {
	d, _ := desktest.SQLite(t)
	apply(t, d, letters(t))
	b := serve(t, d).browser(t)
	b.get("/buchstaben/s/ausweis").want(200, "Zeit wählen")
	b.get(b.links("/choose?service=ausweis")[0]).want(200, "Ihr Familienname", `autocomplete="family-name"`, `method="post"`)
	b.post("/buchstaben/choose", b.form("service", "ausweis*1", "next", "1")).want(422, "Ihr Familienname")
	b.post("/buchstaben/choose", b.form("service", "ausweis*1", "q.ausweis.name", "Шевченко", "next", "1")).want(422, "lateinischen Buchstaben", "Шевченко")
	b.post("/buchstaben/choose", b.form("service", "ausweis*1", "q.ausweis.name", "von Öhlmann", "next", "1")).want(200, "Wann möchten Sie kommen?")
	if strings.Contains(b.path, "hlmann") || !strings.Contains(b.path, "name%3Al-z") {
		t.Errorf("got %s, want the letters and not the name", b.path)
	}
	for _, slot := range b.slots() {
		if !strings.HasPrefix(slot, "amt-l-z@") {
			t.Errorf("got slot %s, want one of the calendar for L-Z", slot)
		}
	}
	times := b.path
	b.get(b.links("/choose")[0]).want(200, `value="von Öhlmann"`)
	b.get(times).post("/buchstaben/reserve", b.form("slot", b.slots()[0])).want(200, `value="von Öhlmann"`, "Ihr Familienname steht schon da")
	if strings.Contains(b.path, "hlmann") {
		t.Errorf("the name stands in %s", b.path)
	}
}

func TestAnswerLeadsToAnotherService(t *testing.T) {
	d, _ := desktest.SQLite(t)
	apply(t, d, letters(t))
	b := serve(t, d).browser(t)
	b.get("/buchstaben/choose?service=ausweis").want(200, "Lieber ein Pass")
	b.post("/buchstaben/choose", b.form("service", "ausweis*1", "q.ausweis.art", "pass", "next", "1")).want(200, "Wann möchten Sie kommen?", "Reisepass")
	b.get("/buchstaben/times?service=ausweis*1&answer=ausweis.art:pass&answer=ausweis.name:a-k").want(200, "Wann möchten Sie kommen?", "Reisepass")
}

func TestServicePage(t *testing.T) {
	d, _ := desktest.SQLite(t)
	s := county()
	s.Tenant.ID = "beschreibung" // pages are kept by address from test to test
	s.Services[0].Description = agenda.Plain("Damit weisen Sie sich aus.\n\nAb 16 Jahren ist er Pflicht.")
	apply(t, d, s)
	b := serve(t, d).browser(t)
	b.get("/beschreibung/s/ausweis").want(200, "Personalausweis", "weisen Sie sich aus", "Ab 16 Jahren", "37,00 EUR", "Biometrisches Foto", "Zimmer 12", "Eingang ohne Stufen", "Bürgerbüro Süd", "!Interne Stelle")
	b.get("/beschreibung/s/ausweis?site=rathaus").want(200, "Zimmer 12", "!Bürgerbüro Süd", "Auch an anderen Standorten")
	b.get(b.links("/times?service=ausweis")[0]).want(200, "Wann möchten Sie kommen?")
	if !strings.Contains(b.path, "site=rathaus") {
		t.Errorf("got %s, want the site kept", b.path)
	}
	b.get("/beschreibung/s/ausweis?site=intern").want(200, "Bürgerbüro Süd", "!Interne Stelle")
	b.get("/beschreibung/s/beratung").want(200, "Vor Ort, persönlich", "wir rufen Sie an")
	for _, path := range []string{"/beschreibung/s/geheim", "/beschreibung/s/gibtesnicht"} {
		b.get(path).want(404, "Dieses Anliegen gibt es hier nicht", "Personalausweis", "!Nur mit Einladung")
	}
	b.get("/beschreibung/s/reise-pass").want(404, "Meinten Sie vielleicht", ">Reisepass<", "!>Personalausweis<")
}

func TestFamilyVisitIsSaidInWords(t *testing.T) {
	d, _ := desktest.SQLite(t)
	s := county()
	s.Tenant.ID = "familie"                                                                         // pages are kept by address from test to test
	s.Services[0].QuantityOf, s.Services[0].MinutesMore, s.Services[0].MaxQuantity = "person", 8, 5 // rounded up to ticks of 5
	apply(t, d, s)
	b := serve(t, d).browser(t)
	b.get("/familie/").want(200, "Für mehrere Personen oder mehrere Anliegen")
	b.get("/familie/?several=1").want(200, "Wählen Sie zuerst ein Anliegen", "Doch nur für eine Person")
	b.get(b.links("/choose?service=ausweis")[0]).want(200, "Für wie viele Personen?", "1 Person, 10 Minuten", "2 Personen, 20 Minuten", "3 Personen, 30 Minuten")
	b.get("/familie/choose?service=ausweis*3&next=1").want(200, "3 × Personalausweis", "30 Minuten")
}

func TestModesAreSaid(t *testing.T) {
	d, _ := desktest.SQLite(t)
	s := county()
	s.Tenant.ID = "wege" // pages are kept by address from test to test
	s.Services = append(s.Services, agenda.Service{ID: "anruf", Name: agenda.Plain("Rückruf"), Minutes: 20, MinutesMore: -1, MaxQuantity: 1, HorizonDays: 10, Modes: []string{agenda.ModePhone}, Public: agenda.VisiblePublic})
	s.Calendars[0].Services = append(s.Calendars[0].Services, agenda.Offer{ID: "anruf"})
	s.Services[2].Modes = append(s.Services[2].Modes, agenda.ModeVideo)
	apply(t, d, s)
	b := serve(t, d).browser(t)
	b.get("/wege/")
	b.get(b.links("/times?mode=onsite&service=beratung")[0]).want(200, "Wann möchten Sie kommen?", "Am Telefon", `aria-current="true"`)
	b.get(b.links("mode=phone")[0]).want(200, "Wann sollen wir Sie anrufen?", "!Marktplatz 1")
	b.get("/wege/times?service=beratung&mode=video").want(200, "!Wann möchten Sie kommen?")
	b.get("/wege/times?service=anruf").want(200, "Wann sollen wir Sie anrufen?", "Am Telefon", "!Marktplatz 1")
	b.get("/wege/times?service=ausweis").want(200, "Vor Ort, persönlich", "Marktplatz 1")
}

func TestByDepartment(t *testing.T) {
	d, _ := desktest.SQLite(t)
	s := county()
	s.Tenant.ID = "aemter" // pages are kept by address from test to test
	s.Departments = append(s.Departments, agenda.Department{ID: "verkehr", Name: agenda.Plain("Straßenverkehrsamt"), Phone: "05551 708-200", Invite: "request"})
	s.Calendars[len(s.Calendars)-1].Department = "verkehr"
	apply(t, d, s)
	b := serve(t, d).browser(t)
	b.get("/aemter/").want(200, "nach Ämtern und Fachbereichen")
	b.get(b.links("by=department")[0]).want(200, "Straßenverkehrsamt", "05551 708-200", "Rathaus, Marktplatz 1", "Alle Anliegen nach dem Alphabet")
	b.get("/aemter/?department=verkehr").want(200, "Straßenverkehrsamt", "Öffentlicher Führerschein", "!>Reisepass<")
	b.get("/aemter/?department=gibtesnicht").want(200, ">Reisepass<")
}
