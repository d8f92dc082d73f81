package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chromedp/chromedp/kb"
)

// takeCalls plays a clerk on the telephone, with scripts and without, who books without
// ever touching the mouse.
func (s *stage) takeCalls(t *testing.T) {
	t.Run("a caller", func(t *testing.T) {
		c := &caller{person: s.person(t, "caller"), scripts: true}
		c.play()
		c.changeTheirMind()
	})
	t.Run("a caller, without scripts", func(t *testing.T) {
		c := &caller{person: s.person(t, "caller-scriptless")}
		c.switchOffScripts()
		c.play()
	})
}

// caller is somebody on the telephone, and the clerk's hands.
type caller struct {
	*person
	scripts bool
	strokes int // keys pressed, besides what the caller spells
}

// play books for two callers, one after the other: three letters, Enter, the name, Tab,
// the number, Enter. The first is one click away from any page, the second none.
func (c *caller) play() {
	c.signIn("soziales@northeim.example")
	c.follow("Neuer Termin")
	for _, who := range [][2]string{{"Ruth Ruferin", "05551 000-71"}, {"Rolf Rufer", "05551 000-72"}} {
		c.strokes = 0
		c.reaches("searchbox", "")
		c.stroke("woh")
		c.search()
		c.sees("Wohngeld beantragen", "früheste")
		c.reaches("textbox", "Vorname und Nachname")
		c.keys(who[0])
		c.stroke(kb.Tab)
		c.keys(who[1])
		c.strokes++
		c.enter()
		c.headed("Termin gebucht")
		c.sees("Nennen Sie diese Vorgangsnummer", "Wohngeld beantragen", "Bitte rufen Sie an")
		if c.strokes != 6 {
			c.Errorf("got %d keys besides name and number, want 6", c.strokes)
		}
		c.Logf("%s: no click, %d keys besides name and number", who[0], c.strokes)
	}
}

// reaches waits until the focus is where the page puts it.
func (c *caller) reaches(role, name string) {
	c.Helper()
	for end := time.Now().Add(longest); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if at := c.focus(); at.role == role && strings.Contains(at.name, name) {
			return
		}
	}
	c.focused(role, name)
}

// stroke presses keys that count.
func (c *caller) stroke(keys string) {
	c.Helper()
	c.strokes += utf8.RuneCountInString(keys)
	c.keys(keys)
}

// search presses Enter in the search: another page, or the same with more on it.
func (c *caller) search() {
	c.Helper()
	c.strokes++
	if c.scripts && c.here() == "/staff/new" {
		c.keys(kb.Enter)
		c.awaits("Freie Zeiten")
		return
	}
	c.enter()
}

// changeTheirMind asks for more after the name was typed: the script looks for other times,
// and the name stays.
func (c *caller) changeTheirMind() {
	c.visit("/staff/new?q=woh")
	c.fill("Vorname und Nachname", "Rita Ruferin")
	c.fill("E-Mail", "rita@example.org")
	c.awaits("Sprache der Nachrichten")
	c.click("DisclosureTriangle", "Ort, Kalender oder Tag wählen")
	c.choose("Terminkalender", "Grundsicherung L")
	c.awaits("Überall und ab sofort")
	c.press("Termin buchen")
	c.headed("Termin gebucht")
	c.sees("Die Besucherin oder der Besucher erhält eine E-Mail")
	c.follow("Dasselbe noch einmal")
	c.headed("Neuer Termin")
	c.sees("früheste")
}
