package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// inPlace presses a button that changes the page in place, and waits to read what it did.
// Without scripts it leads to another page.
func (p *person) inPlace(button, said string) {
	p.Helper()
	if p.scriptless {
		p.press(button)
		p.sees(said)
		return
	}
	p.click("button", button)
	p.awaits(said)
}

// becomes waits until a table says that of somebody.
func (p *person) becomes(name, state string) {
	p.Helper()
	who, _ := json.Marshal(name) // strings always can be
	what, _ := json.Marshal(state)
	look := fmt.Sprintf(`[...document.querySelectorAll('tr')].some(e => e.innerText.includes(%s) && [...e.cells].some(c => c.innerText.trim() === %s))`, who, what)
	for end := time.Now().Add(longest); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if there, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](look)); err == nil && there {
			return
		}
	}
	p.stands(name, state)
}

// key presses one key in the marked line and waits to read what it did.
func (p *person) key(key, said string) {
	p.Helper()
	p.must(chromedp.Do(p.ctx, chromedp.KeyEvent(key)), "press "+key)
	p.awaits(said)
}

// markLine puts the focus into somebody's line.
func (p *person) markLine(name string) {
	p.Helper()
	_, err := chromedp.Call(p.ctx, dom.Focus, dom.FocusParams{BackendNodeID: p.find(name, "link")})
	p.must(err, "mark "+name)
}

// visitByKeys marks what happens to a visitor with one key each, without leaving the
// line, and does without the keys.
func (p *person) visitByKeys() {
	p.signIn("soziales@northeim.example")
	name := p.expected()
	p.headed("Dienstag, 14. September 2027")
	p.sees("Tasten in der markierten Zeile:")
	p.markLine(name)
	p.key("d", "Als da vermerkt")
	p.stands(name, "Da")
	p.focused("link", name)
	p.key("e", "Als erledigt vermerkt")
	p.stands(name, "Erledigt")
	p.key("z", "Zurückgenommen")
	p.stands(name, "Da")
	p.key("f", "Als nicht gekommen vermerkt")
	p.stands(name, "Nicht gekommen")
	p.click("button", "Schließen")
	p.click("checkbox", "Tasten benutzen")
	p.markLine(name)
	p.must(chromedp.Do(p.ctx, chromedp.KeyEvent("z")), "press z")
	p.must(chromedp.Do(p.ctx, chromedp.KeyEvent(kb.ArrowUp)), "press the arrow")
	if now := p.focus(); strings.Contains(now.name, name) {
		p.Errorf("the focus has stayed on %q", now.name)
	}
	p.must(chromedp.Do(p.ctx, chromedp.KeyEvent(kb.ArrowDown)), "press the arrow")
	p.stands(name, "Nicht gekommen") // the key did nothing
	p.click("checkbox", "Tasten benutzen")
	p.markLine(name)
	p.key("z", "Zurückgenommen")
	p.stands(name, "Da") // it had arrived before it was missed
	p.must(chromedp.Do(p.ctx, chromedp.KeyEvent("z")), "press z")
	p.becomes(name, "Erwartet")
}

// changeMind cancels and moves a visit and takes both back. Where there are no scripts
// the same buttons lead to other pages.
func (p *person) changeMind() {
	p.signIn("soziales@northeim.example")
	name := p.expected()
	p.follow(name)
	p.follow("Absagen")
	p.headed("Termin absagen?")
	p.sees("Eine Minute lang können Sie das zurücknehmen")
	p.press("Termin absagen")
	p.sees("Termin abgesagt", "können Sie das zurücknehmen, so lange geht keine Nachricht hinaus")
	p.inPlace("Zurücknehmen", "Der Termin steht wieder wie vorher")
	p.stands(name, "Erwartet")

	p.follow(name)
	when := p.fact("Wann")
	p.follow("Verschieben")
	p.headed(name + " verschieben")
	p.follow("Spätere Woche")
	p.press(" Uhr")
	p.sees("Termin verschoben")
	p.inPlace("Zurücknehmen", "Der Termin steht wieder wie vorher")
	p.visit("/staff/find")
	p.fill("Was suchen Sie?", name)
	p.press("Suchen")
	p.follow(name)
	if now := p.fact("Wann"); now != when {
		p.Errorf("got it at %s, want %s as before", now, when)
	}
	p.sees("Verschoben von", "Zurückgenommen", "Abgesagt")
}

// seeEachOther is two colleagues with the same list: what one does the other sees
// without doing anything.
func (p *person) seeEachOther(colleague *person) {
	for _, x := range []*person{p, colleague} {
		x.signIn("soziales@northeim.example")
		x.headed("Dienstag, 14. September 2027")
	}
	name := p.expected()
	colleague.inPlace("Fehlt … "+name, "Als nicht gekommen vermerkt")
	p.becomes(name, "Nicht gekommen")
	colleague.inPlace("Zurücknehmen … "+name, "Zurückgenommen")
	p.becomes(name, "Erwartet")
}

// expected is who comes at ten or later, as the list says it: the first whose name stands
// there once. Whom the demo invents for a time changes with its tenant files.
func (p *person) expected() string {
	p.Helper()
	name := p.script(`(() => {
		const names = [...document.querySelectorAll("button")].flatMap(b => b.textContent.match(/^\s*Da\s+1\d:\d\d, (.+?)\s*$/)?.[1] ?? []);
		const links = [...document.querySelectorAll("a")].map(a => a.textContent);
		return names.find(n => links.filter(l => l.includes(n)).length == 1) ?? ""
	})()`)
	if name == "" {
		p.must(errors.New("the list has none"), "find somebody who is expected")
	}
	return name
}
