package public_test

import (
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

const longName = "Verwaltungsgemeinschaftsangelegenheitenbearbeitungsstelle für Personenbeförderungsrecht und Fahrerlaubniswesen"

// county is an invented county with everything that changes a page: questions,
// modes, fees, checklists, several sites, legal texts, consent, long names.
func county() *agenda.Setup {
	s := desktest.Musterstadt()
	s.Tenant.ID, s.Tenant.Name, s.Tenant.Phone = "musterkreis", agenda.Text{"de": "Landkreis Musterleine", "en": "County of Musterleine"}, "05551 708-0"
	s.Brand.Colour = "#7a1f5c"
	s.Legal = agenda.Legal{
		Imprint: agenda.Plain("Landkreis Musterleine\nMusterweg 1\n37000 Musterstadt\n\nVertreten durch die Landrätin."),
		Privacy: agenda.Plain("https://musterleine.example/datenschutz"), Accessibility: agenda.Text{"de": "Unsere Seiten sind barrierefrei."},
		Consent: agenda.Plain("Ich bin einverstanden, dass der Landkreis meine Angaben für diesen Termin verarbeitet."),
	}
	s.Sites[0].Access = []string{"step-free", "lift", "Klingel am Tor"}
	ausweis, pass, beratung := &s.Services[0], &s.Services[1], &s.Services[2]
	ausweis.Name = agenda.Text{"de": "Personalausweis", "en": "Identity card"}
	ausweis.Synonyms, ausweis.Leika = []string{"Perso", "Identitätsnachweis"}, "99008002012000"
	ausweis.Checklist = []agenda.Text{agenda.Plain("Biometrisches Foto, nicht älter als 6 Monate"), {"de": "Bisheriger Ausweis", "en": "Present identity card"}}
	ausweis.Fee = agenda.Plain("37,00 EUR")
	pass.Fee = agenda.Plain("70,00 EUR")
	pass.Questions = []agenda.Question{
		{ID: "art", Label: agenda.Plain("Was für ein Pass soll es sein?"), Type: "choice", Required: true, Options: []agenda.Option{
			{ID: "neu", Label: agenda.Plain("Gewöhnlicher Pass")}, {ID: "express", Label: agenda.Plain("Express-Pass"), Minutes: 30}}},
		{ID: "kind", Label: agenda.Plain("Ist der Pass für ein Kind?"), Type: "yesno", Required: true},
		{ID: "land", Label: agenda.Plain("Wohin reisen Sie?"), Type: "text"},
	}
	beratung.Modes = []string{agenda.ModeOnsite, agenda.ModePhone}
	s.Services = append(s.Services,
		agenda.Service{ID: "lang", Name: agenda.Plain(longName), Minutes: 20, MinutesMore: -1, MaxQuantity: 1, HorizonDays: 10, Modes: []string{"onsite"}, Public: agenda.VisiblePublic},
		agenda.Service{ID: "zu", Name: agenda.Plain("Öffentlicher Führerschein"), Minutes: 20, MinutesMore: -1, MaxQuantity: 1, HorizonDays: 10, Modes: []string{"onsite"}, Public: agenda.VisiblePublic},
		agenda.Service{ID: "geheim", Name: agenda.Plain("Nur mit Einladung"), Minutes: 20, MinutesMore: -1, MaxQuantity: 1, HorizonDays: 10, Modes: []string{"onsite"}, Public: agenda.VisibleLink},
	)
	offices := []string{"Rathaus", "Bürgerbüro Nord", "Bürgerbüro Süd", "Bürgerbüro Am Alten Bahnhof", "Außenstelle Uslar-Muster", "Amt Musterdorf", "Verwaltung Bad Beispiel"}
	for i, name := range offices[1:] {
		id := "nord" + string(rune('a'+i))
		s.Sites = append(s.Sites, agenda.Site{ID: id, Name: agenda.Plain(name), Street: "Beispielstraße " + string(rune('1'+i)), PostalCode: "37001", City: "Musterdorf", Public: true})
		c := s.Calendars[0]
		c.ID, c.Site, c.StaffMail, c.Reminders = id, id, agenda.StaffMail{}, nil
		s.Calendars = append(s.Calendars, c)
	}
	s.Sites = append(s.Sites, agenda.Site{ID: "intern", Name: agenda.Plain("Interne Stelle"), Street: "Innenhof 1", PostalCode: "37001", City: "Musterdorf"})
	hidden := s.Calendars[0]
	hidden.ID, hidden.Site = "intern", "intern"
	s.Calendars = append(s.Calendars, hidden)
	s.Calendars[0].Room = agenda.Plain("Erdgeschoss, Zimmer 12")
	s.Calendars[0].Services = append(s.Calendars[0].Services, agenda.Offer{ID: "lang"}, agenda.Offer{ID: "geheim"})
	s.Calendars = append(s.Calendars, agenda.Calendar{ID: "zu", Department: "buergerdienste", Site: "rathaus", TickMinutes: 5, Confirm: agenda.ConfirmEmail, ConfirmMinutes: 60,
		Contact: agenda.Contact{Email: agenda.ContactRequired, Phone: agenda.ContactOff}, Services: []agenda.Offer{{ID: "zu"}}})
	return s
}

// city is a town with very many services.
func city() *agenda.Setup {
	s := desktest.Musterstadt()
	s.Tenant.ID, s.Tenant.Name, s.Tenant.Timezone, s.Tenant.State = "grossstadt", agenda.Plain("Großstadt"), "Atlantic/Canary", ""
	for _, letter := range strings.Split("A B C D E F G H K L M N P R S T U V W Z Ä Ö Ü", " ") {
		for _, word := range []string{"nmeldung", "bmeldung eines Fahrzeugs", "usstellung einer Bescheinigung", "eglaubigung von Unterschriften und Abschriften", "rlaubnis", "ntrag", "uskunft"} {
			id := strings.ToLower(strings.Fields(word)[0]) + "-" + map[string]string{"Ä": "ae", "Ö": "oe", "Ü": "ue"}[letter]
			if letter < "a" {
				id = strings.ToLower(letter) + "-" + strings.ToLower(strings.Fields(word)[0])
			}
			s.Services = append(s.Services, agenda.Service{ID: id, Name: agenda.Plain(letter + word), Minutes: 10, MinutesMore: -1, MaxQuantity: 1,
				HorizonDays: 30, Modes: []string{"onsite"}, Public: agenda.VisiblePublic})
			s.Calendars[0].Services = append(s.Calendars[0].Services, agenda.Offer{ID: id})
		}
	}
	return s
}

func apply(t testing.TB, d *booking.Desk, setups ...*agenda.Setup) {
	t.Helper()
	for _, s := range setups {
		if _, err := d.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
			t.Fatal(err)
		}
	}
}
