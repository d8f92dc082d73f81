package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// handleIllness is a morning of the head of an office: the counters of a whole day stay
// empty, and thirty visitors and more have to hear of it, once.
func (p *person) handleIllness(calendar, day string) {
	p.signIn("leitung@northeim.example")
	n := p.reportIllness(calendar, day)
	p.press("Weiter")
	p.headed("Was soll geschehen?")
	p.fill("Text auf Deutsch", "Am Schalter ist jemand erkrankt.")
	p.press("Schreiben ansehen")
	p.headed("Schreiben prüfen")
	p.sees(fmt.Sprint(n, " Termine werden verlegt"), "Wir haben Ihren Termin verlegt", "Am Schalter ist jemand erkrankt.", "10 Minuten lang können Sie alles zurücknehmen.")
	p.press("So ausführen")
	p.awaits(fmt.Sprint(n, " von ", n, " erledigt"), "ausgeführt")

	p.press("Alles zurücknehmen") // it was another clerk
	p.awaits("zurückgenommen", fmt.Sprint(n, " von ", n, " erledigt"))
	if text := p.text(); strings.Contains(text, "ließ sich nicht zurücknehmen") {
		p.Errorf("not all is undone: %s", text)
	}

	if again := p.reportIllness(calendar, day); again != n {
		p.Errorf("%d visits are affected after all was undone, want %d", again, n)
	}
	p.press("Weiter")
	p.press("Schreiben ansehen")
	letters := p.number(`(\d+) Schreiben gehen hinaus`)
	p.press("So ausführen")
	p.awaits(fmt.Sprint(n, " von ", n, " erledigt"), "Schreiben jetzt senden")
	before := p.moveLetters()
	n = letters
	p.press("Schreiben jetzt senden")
	told := 0
	for end := time.Now().Add(longest); told < n && time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		told = p.moveLetters() - before
	}
	time.Sleep(time.Second) // for one letter too many
	if told = p.moveLetters() - before; told != n {
		p.Errorf("%d letters went out, want one for each of %d", told, n)
	}
}

// reportIllness closes a day of a calendar, as one is led to from a closure, and says how
// many visits are affected.
func (p *person) reportIllness(calendar, day string) (n int) {
	p.Helper()
	p.visit("/staff/incidents")
	p.headed("Vorfälle")
	p.follow("Vorfall melden")
	p.headed("Was ist passiert?")
	p.visit("/staff/incidents/new?calendar=" + calendar + "&from=" + day + "T07:00&to=" + day + "T20:00")
	p.click("radio", "Ja, alle")
	p.press("Weiter")
	p.headed("Welche Termine sind betroffen?")
	p.sees("Die Zeit ist jetzt gesperrt.")
	if n = p.number(`(\d+) Termine liegen in dieser Zeit`); n < 30 {
		p.Fatalf("%d visits are affected, want thirty or more", n)
	}
	return n
}

// number reads a number from the page.
func (p *person) number(expression string) (n int) {
	p.Helper()
	m := regexp.MustCompile(expression).FindStringSubmatch(p.text())
	if m == nil {
		p.Fatalf("there is no %s: %s", expression, p.text())
	}
	_, err := fmt.Sscan(m[1], &n)
	p.must(err, expression)
	return n
}

// awaits waits until the page that comes again by itself says all these things.
func (p *person) awaits(texts ...string) {
	p.Helper()
	for end := time.Now().Add(longest); ; time.Sleep(200 * time.Millisecond) {
		missing := ""
		text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.body ? document.body.innerText : ''")) // just coming again, it says nothing
		for _, want := range texts {
			if !strings.Contains(text, want) {
				missing = want
			}
		}
		if missing == "" {
			return
		}
		if time.Now().After(end) {
			p.Fatalf("waiting for %q: %s", missing, text)
		}
	}
}

// moveLetters counts the letters about a move that the mail catcher has, in a window of
// its own.
func (p *person) moveLetters() (n int) {
	p.Helper()
	other := p.stage.person(p.T, p.story+"-mail")
	other.shots = ""
	other.visit("/mailbox/")
	for _, l := range other.all("link") {
		if strings.HasPrefix(l.name, "Wir haben Ihren Termin verlegt") || strings.HasPrefix(l.name, "We had to move your appointment") {
			n++
		}
	}
	return n
}

// proposeAnother offers one visitor another time by letter, who takes it.
func (p *person) proposeAnother(calendar, day string) {
	p.visit("/staff/incidents/new?calendar=" + calendar + "&from=" + day + "T07:00&to=" + day + "T20:00")
	p.press("Weiter")
	p.follow("Auswahl aufheben")
	p.click("checkbox", " auswählen")
	p.press("Weiter")
	p.click("radio", "Neue Zeit vorschlagen")
	p.press("Schreiben ansehen")
	p.sees("1 Person bekommt einen Vorschlag", "Vorschlag ansehen und antworten")
	p.press("So ausführen")
	p.awaits("1 von 1 erledigt", "wartet auf Antwort")
	p.press("Schreiben jetzt senden")
	here := p.here()

	v := p.stage.person(p.T, p.story+"-visitor")
	for end := time.Now().Add(longest); ; time.Sleep(200 * time.Millisecond) {
		v.visit("/mailbox/")
		if strings.Contains(v.text(), "neuer Termin für Sie") {
			break
		}
		if time.Now().After(end) {
			v.Fatalf("no letter: %s", v.text())
		}
	}
	v.follow("Bitte antworten: neuer Termin für Sie")
	v.follow("/p/")
	v.headed("Passt Ihnen eine andere Zeit?")
	v.sees("Unser Vorschlag", "Bisheriger Termin")
	v.press("Ja, diese Zeit passt mir")
	v.sees("Ihr Termin")
	p.visit(here)
	p.awaits("angenommen")
}

// here is the path of the page.
func (p *person) here() string {
	p.Helper()
	path, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("location.pathname"))
	p.must(err, "read the address")
	return path
}
