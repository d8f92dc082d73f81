package mail

import (
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
)

// A department's own words stand in its letters with their placeholders filled in, but
// never in a sensitive one.
func TestOwnWords(t *testing.T) {
	cat, templates := catalogue(t), templates(t)
	l := testLetter(cat.Printer("de"), Confirmed)
	l.VisitorName = "Eve www.evil.example"
	d := &agenda.Department{ID: "b", Letters: agenda.Letters{
		Confirmed: agenda.Text{"de": "Guten Tag {name},\nbis {date} um {time} zu {service}."}, Signature: agenda.Plain("Ihr Bürgerbüro\nTelefon {phone}, {site}, {reference}")}}
	s := &agenda.Setup{Tenant: agenda.Tenant{Languages: []string{"de"}, Timezone: "Europe/Berlin"}, Departments: []agenda.Department{*d}}
	if err := s.Prepare(); err != nil {
		t.Fatal(err)
	}
	l.Speak(s, d.ID, nil)
	words, err := templates.Print(l)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Guten Tag Eve,\nbis Montag, 6. Juli 2026 um 08:30 Uhr zu 2 × Personalausweis, Reisepass.", "Ihr Bürgerbüro\nTelefon 05550 700-100, Kreishaus, KQ7-2FM"} {
		if !strings.Contains(words.Text, want) || !strings.Contains(words.HTML, strings.Split(want, "\n")[1]) {
			t.Errorf("%q is missing in\n%s\n%s", want, words.Text, words.HTML)
		}
	}
	checkHTML(t, "de", words.Text, words.HTML)
	l.Sensitive = true
	words, err = templates.Print(l)
	if err != nil || strings.Contains(words.Text, "Guten Tag Eve,\nbis") || strings.Contains(words.Text, "Ihr Bürgerbüro") {
		t.Errorf("a sensitive letter says, %v\n%s", err, words.Text)
	}
}
