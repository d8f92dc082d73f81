package page

import (
	"net/url"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
)

type gallery struct {
	Frame
	Title   string
	Name    agenda.Text
	When    time.Time
	Form    *Form
	Notices []Notice
	Summary []Row
	Cards   []Card
	Badges  []Badge
	Slots   Slots
	Months  []Month
	Fields  []Field
	Buttons []Button
}

const longName = "Verwaltungsgemeinschaftsangelegenheitenbearbeitungsstelle für Personenbeförderungsrecht und Fahrerlaubniswesen der Samtgemeinde Oberharz-Nörten-Hardenberg"

func exampleTenant() *Tenant {
	return &Tenant{Name: agenda.Plain("Landkreis Musterleine"), Home: "/musterleine/", Phone: "05551 708-0",
		Languages: []string{"de", "en", "de-x-leicht", "tr", "uk", "ru", "ar", "pl", "fr"}, Brand: "brand.css",
		Imprint: "/musterleine/imprint", Privacy: "/musterleine/privacy", Accessibility: "https://example.org/a11y"}
}

// galleries are the states every component is shown in: empty, one, full,
// wrong, longest names, staff. Long because each is written out.
func galleries(p *Pages, lang string) map[string]gallery {
	at := func(hour, minute int) time.Time {
		return time.Date(2026, 7, 6, hour, minute, 0, 0, time.FixedZone("", 7200))
	}
	frame := func() Frame { return p.Frame(get("/musterleine/?lang="+lang), exampleTenant()) }
	base := gallery{Frame: frame(), Title: "Wann möchten Sie kommen?", When: at(8, 30), Name: agenda.Text{"de": "Personalausweis", "en": "Identity card"}}

	one := base
	one.Name = agenda.Text{"de": "Nur auf Deutsch <&>"}
	one.Summary = []Row{{Key: "Datum", Values: []string{"Montag, 6. Juli 2026"}}}
	one.Cards = []Card{{Title: agenda.Plain("Rathaus")}}
	one.Slots = Slots{Name: "start", Days: []SlotDay{{Date: agenda.DateOf(at(0, 0)), Times: []Slot{{Start: at(8, 30), Value: "x"}}}}}

	full := base
	full.Step = &Step{Current: 2, Total: 4, Name: "Zeit wählen"}
	full.Crumbs = []Link{{Label: "Start", Href: "/musterleine/"}, {Label: "Anliegen", Href: "/musterleine/services"}}
	full.Back = "/musterleine/services"
	full.Frame.Notice = &Notice{Kind: "success", Title: "Ihre E-Mail-Adresse ist bestätigt.", Live: true}
	fill(&full, p, lang, at)

	wrong := base
	form := NewForm(url.Values{"email": {"keine Adresse"}, "note": {"<script>\r\n"}, "mode": {"phone"}}, p.catalogue.Printer(lang))
	form.Text("name", Rule{Label: "Vorname und Nachname", Required: true})
	form.Email("email", Rule{Label: "E-Mail-Adresse"})
	form.Choice("mode", []string{"onsite"}, Rule{Label: "Art", Required: true})
	form.Checked("consent", Rule{Label: "Einverständnis", Required: true})
	form.Fail("", "layout.error.409.detail")
	wrong.Form, wrong.Frame.Errors = form, form.Errors()
	for _, f := range fields() {
		wrong.Fields = append(wrong.Fields, form.Fill(f))
	}

	longest := full
	tenant := exampleTenant()
	tenant.Name = agenda.Plain(longName)
	longest.Tenant, longest.Title = tenant, longName
	longest.Cards = []Card{{Title: agenda.Plain(longName), Href: "/x", Facts: []string{longName}, Badge: &Badge{Kind: "info", Label: longName}}}
	longest.Summary = []Row{{Key: longName, Values: []string{strings.Repeat("x", 200)}, Change: "/x"}}
	longest.Buttons = []Button{{Kind: "primary", Label: longName}}
	longest.Badges = []Badge{{Kind: "danger", Label: longName}}
	longest.Months = nil

	staff := full
	staff.Staff = &Staff{Name: "Erika Beispiel", Home: "/staff/", SignOut: "/staff/sign-out", Choose: "/staff/day",
		Nav:       []Link{{Label: "Tagesliste", Href: "/staff/day", Current: true}, {Label: "Suche", Href: "/staff/search"}},
		Calendars: []Choice{{Value: "a", Label: "Bürgerbüro", Selected: true}, {Value: "b", Label: longName}}}

	portal := base
	portal.Frame = p.Frame(get("/?lang="+lang), nil)
	return map[string]gallery{"empty": base, "one": one, "full": full, "wrong": wrong, "longest": longest, "staff": staff, "portal": portal}
}

// fill puts every component into a gallery, full; long because it is a list.
func fill(g *gallery, p *Pages, lang string, at func(int, int) time.Time) {
	for _, kind := range []string{"info", "success", "warning", "danger"} {
		g.Notices = append(g.Notices, Notice{Kind: kind, Title: "Bitte bringen Sie mit", Text: "Damit alles schnell geht.", Items: []string{"Biometrisches Foto", "Alter Ausweis"}})
		g.Badges = append(g.Badges, Badge{Kind: kind, Label: "Bestätigt"})
	}
	g.Badges = append(g.Badges, Badge{Kind: "neutral", Label: "Entwurf"}, Badge{Kind: "info", Label: "Wartet", Icon: "autorenew"})
	g.Notices[0].Links = []Button{{Kind: "secondary", Label: "Andere Zeit wählen", Href: "/x"}}
	g.Summary = []Row{
		{Key: "Anliegen", Text: agenda.Text{"de": "Personalausweis"}, Change: "/a"},
		{Key: "Wann", Values: []string{"Montag, 6. Juli 2026", "08:30 Uhr"}, Change: "/b"},
		{Key: "Wo", Values: []string{"Kreishaus", "Beispielweg 6", "37000 Musterstadt"}},
	}
	g.Cards = []Card{
		{Title: agenda.Text{"de": "Kreishaus"}, Href: "/a", Facts: []string{"Beispielweg 6, Musterstadt", "Nächster Termin: Mo, 06.07.2026, 08:30 Uhr"}, Action: "Zeit wählen"},
		{Title: agenda.Plain("Rathaus Beispielhausen"), Href: "/b", Text: agenda.Plain("Mit Aufzug und stufenlosem Eingang."), Badge: &Badge{Kind: "success", Label: "Heute frei"}},
	}
	g.Slots.Name = "start"
	for d := range 2 {
		day := SlotDay{Date: agenda.DateOf(at(0, 0)) + agenda.Date(d)}
		for i := range 8 {
			s := Slot{Start: at(8, 0).Add(time.Duration(d*24*60+i*20) * time.Minute), Value: "v"}
			if d == 1 {
				s.Href, s.Note = "/slot", "2 Plätze"
			}
			day.Times = append(day.Times, s)
		}
		g.Slots.Days = append(g.Slots.Days, day)
	}
	month := NewMonth(p.catalogue.Printer(lang), 2026, time.July, func(d *MonthDay) {
		switch wd := d.Date.Weekday(); {
		case wd == time.Saturday || wd == time.Sunday:
			d.Note = "geschlossen"
		case d.Day%3 != 0:
			d.Href, d.Free, d.Current = "/day", d.Day, d.Day == 8
		default:
			d.Note = "ausgebucht"
		}
		d.Today = d.Day == 7
	})
	month.Prev, month.Next = "/june", "/august"
	g.Months = []Month{month}
	g.Fields = fields()
	g.Buttons = []Button{
		{Kind: "primary", Label: "Termin buchen", Name: "act", Value: "book"},
		{Kind: "secondary", Label: "Kalenderdatei", Href: "/x.ics", Icon: "download"},
		{Kind: "danger", Label: "Termin absagen", Context: "am Montag"},
		{Kind: "quiet", Label: "Zurück", Href: "/"},
	}
}

func fields() []Field {
	choices := []Choice{{Value: "onsite", Label: "Vor Ort", Hint: "Im Kreishaus"}, {Value: "phone", Label: "Telefon", Selected: true}}
	return []Field{
		{Name: "name", Label: "Vorname und Nachname", Required: true, Autocomplete: "name", Max: 100},
		{Name: "email", Type: "email", Label: "E-Mail-Adresse", Hint: "Dorthin schicken wir die Bestätigung.", Required: true, Autocomplete: "email"},
		{Name: "phone", Type: "tel", Label: "Telefonnummer", Autocomplete: "tel", Width: "short"},
		{Name: "quantity", Type: "number", Label: "Wie viele?", Required: true, Min: 1, Max: 4, Value: "1", Width: "short"},
		{Name: "note", Type: "textarea", Label: "Bemerkung", Max: 500},
		{Name: "title", Type: "select", Label: "Auswahl", Choices: choices},
		{Name: "mode", Type: "radio", Label: "Wie möchten Sie mit uns sprechen?", Required: true, Choices: choices},
		{Name: "days", Type: "checkboxes", Label: "An welchen Tagen?", Hint: "Mehrere sind möglich.", Choices: choices},
		{Name: "consent", Type: "checkbox", Label: "Ich bin einverstanden.", Required: true},
		{Name: "secret", Type: "hidden", Value: "x"},
	}
}
