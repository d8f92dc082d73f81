package mail

import (
	"strings"
	"testing"
	"time"
)

// A letter that asks says before anything else until when to answer, and what happens
// without an answer; whoever has answered is not asked.
func TestReminderThatAsks(t *testing.T) {
	cat, templates := catalogue(t), templates(t)
	const coming = "https://termine.example.org/musterberg/m/SECRETB/coming"
	for _, x := range []struct {
		name           string
		change         func(*Letter)
		first, subject string
		links          int
	}{
		{"asks", func(l *Letter) { l.AnswerBy = l.Start.AddDate(0, 0, -2) }, "bitte sagen Sie uns bis Sa, 04.07.2026, 08:30 Uhr, ob Sie kommen. Wenn Sie bis dahin nicht antworten, sagen wir Ihren Termin ab", "Bitte antworten", 1},
		{"only reminds", func(*Letter) {}, "wir erinnern Sie an Ihren Termin.", "Erinnerung an Ihren Termin", 1},
		{"has been answered", func(l *Letter) { l.Comes = true }, "wir erinnern Sie an Ihren Termin.", "Erinnerung an Ihren Termin", 0},
	} {
		l := testLetter(cat.Printer("de"), Reminder)
		x.change(&l)
		words, err := templates.Print(l)
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ := strings.Cut(words.Text, "Mustermann,\n\n")
		if !strings.HasPrefix(body, x.first) || !strings.HasPrefix(words.Subject, x.subject) {
			t.Errorf("%s: got %q beginning\n%s", x.name, words.Subject, body)
		}
		if n := strings.Count(words.Text, coming); n != x.links {
			t.Errorf("%s: got %d links to answer, want %d", x.name, n, x.links)
		}
		if strings.Count(words.HTML, coming) != x.links {
			t.Errorf("%s: the HTML does not say the same", x.name)
		}
	}
	l := testLetter(cat.Printer("de"), Lapsed)
	l.AnswerBy = time.Time{}
	if words, err := templates.Print(l); err != nil || !strings.Contains(words.Text, "weil wir keine Antwort von Ihnen bekommen haben") {
		t.Errorf("got %q, %v: nothing says why", words.Text, err)
	}
}
