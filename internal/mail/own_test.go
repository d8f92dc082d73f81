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

// F.7, F.8: what a visitor or an office typed is put in once, and is text in every part.
func TestWordsAreFilledInOnce(t *testing.T) {
	cat, templates := catalogue(t), templates(t)
	for _, name := range []string{"{reference} {{reference}}", "{event.__init__} ${x} %s %d", "<b>{name}</b> &amp;", "=?utf-8?q?X?= {phone}", "a\r\nBcc: x@example.org"} {
		l := testLetter(cat.Printer("de"), Confirmed)
		l.VisitorName = name
		l.Wording = agenda.Wording{Subject: agenda.Said{Text: "Für {name}"}, Opening: agenda.Said{Text: "Hallo {name} <i>"}, Own: []agenda.Said{{Text: "{name}, {site}"}}}
		out, err := templates.Compose(l)
		if err != nil {
			t.Fatal(err)
		}
		header, parts := parse(t, out.Raw)
		text, shown := bodyOf(t, parts, "text/plain"), SafeName(name)
		if got, want := decoded(t, header, "Subject"), headerText("Für "+shown); got != want {
			t.Errorf("%q: subject %q, want %q", name, got, want)
		}
		if !strings.Contains(text, "Hallo "+shown+" <i>") || !strings.Contains(text, shown+", Kreishaus") {
			t.Errorf("%q is not printed as it is:\n%s", name, text)
		}
		if header.Get("Bcc") != "" {
			t.Errorf("%q: a header of its own", name)
		}
		html := bodyOf(t, parts, "text/html")
		if strings.Contains(html, "<b>") || strings.Contains(html, "<i>") {
			t.Errorf("%q: markup in the HTML", name)
		}
		checkHTML(t, "de", text, html)
	}
}

// No words of an office take the place of what a letter has to say.
func TestFactsStand(t *testing.T) {
	cat, templates := catalogue(t), templates(t)
	for _, kind := range []Kind{ConfirmRequest, Confirmed, Changed, Cancelled, Reminder, Proposal, IncidentMoved} {
		l := testLetter(cat.Printer("de"), kind)
		ours, err := templates.Print(l)
		if err != nil {
			t.Fatal(err)
		}
		l.Wording = agenda.Wording{Subject: agenda.Said{Text: "x"}, Opening: agenda.Said{Text: "y"}, Own: []agenda.Said{{Text: "z"}}}
		own, err := templates.Print(l)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(ours.Text, "\n") {
			if !strings.Contains(own.Text, line) && line != cat.Printer("de").T("mail."+string(kind)+".lead") {
				t.Errorf("%s: %q is gone", kind, line)
			}
		}
		if own.Subject != "x" || !strings.Contains(own.Text, "\ny\n") || !strings.Contains(own.Text, "\nz\n") {
			t.Errorf("%s: got %s\n%s", kind, own.Subject, own.Text)
		}
		l.Sensitive = true
		if own, err = templates.Print(l); err != nil || own.Subject == "x" || strings.Contains(own.Text, "\nz\n") {
			t.Errorf("%s: a sensitive letter has own words, %v", kind, err)
		}
	}
}
