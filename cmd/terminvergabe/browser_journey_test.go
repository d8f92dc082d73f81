package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"terminvergabe/internal/i18n"
	"terminvergabe/ui"
)

// traveller is a citizen who reads any of the languages, and uses a pointer or nothing
// but keys. What they look for they know by the catalogue of their language.
type traveller struct {
	*person
	words *i18n.Printer
	email string
	day   time.Time // for which they book; they then move by a day
	keys  bool

	inputs int // what was pressed and filled in
	when   string
}

// travel plays whole ways: with nothing but keys, without scripts, and on the smallest
// phone in Arabic and in plain German; and what all the pages fetch.
func (s *stage) travel(t *testing.T) {
	t.Run("keys from beginning to end", func(t *testing.T) {
		c := s.person(t, "keys-de").traveller("de", "klara@example.org", 2)
		c.keys = true
		c.travel()
	})
	t.Run("Polish without scripts", func(t *testing.T) {
		c := s.person(t, "scriptless-pl").traveller("pl", "paula@example.org", 6)
		c.switchOffScripts()
		c.travel()
	})
	for i, lang := range []string{"ar", "de-x-leicht"} {
		t.Run(lang+" on a phone", func(t *testing.T) {
			c := s.person(t, "phone-"+lang).traveller(lang, lang+"@example.org", 2+4*i)
			c.takePhone()
			c.travel()
		})
	}
	t.Run("no other house", func(t *testing.T) {
		c := s.person(t, "crawler").traveller("de", "carla@example.org", 2)
		c.shots = ""
		c.arrive()
		c.book()
		c.confirm()
		here, err := chromedp.Run(c.ctx, chromedp.Evaluate[string]("location.pathname"))
		c.must(err, "see where this is")
		c.crawl(here)
	})
}

// traveller is somebody who books for the day that many days after the demo's first.
func (p *person) traveller(lang, email string, day int) *traveller {
	p.Helper()
	catalogue, err := i18n.Load(ui.Files)
	p.must(err, "read the catalogue")
	return &traveller{person: p, words: catalogue.Printer(lang), email: email, day: opening().AddDate(0, 0, day)}
}

// travel books a visit, has its links sent again, moves it and cancels it.
func (t *traveller) travel() {
	t.arrive()
	t.book()
	t.confirm()
	t.askAgain()
	t.move()
	t.cancel()
}

// arrive opens the first page in the language, which somebody at the keys skips to the
// middle of.
func (t *traveller) arrive() {
	t.visit("/northeim/")
	if lang := t.words.Lang(); lang != "de" {
		t.click("DisclosureTriangle", "Deutsch")
		t.person.follow(t.words.T("layout.language.name"))
	}
	t.reads("public.start.title")
	if t.keys {
		t.skip()
	}
}

// book goes from the first page to the one that says done: at most 5 pages and 8 inputs.
func (t *traveller) book() {
	pages := t.pages - 1 // the first page counts
	t.inputs = 0
	t.follow(t.service("fuehrerschein-umtauschen"))
	t.reads("public.times.title")
	t.goRound()
	t.press(t.words.Date(t.day))
	t.reads("public.details.title")
	if t.keys {
		t.forget()
	}
	t.fill(t.words.T("public.field.name"), "Ada Beispiel")
	t.fill(t.words.T("public.field.email"), t.email)
	t.press(t.words.T("public.details.next"))
	t.reads("public.review.title")
	t.goRound()
	t.press(t.words.T("public.review.book"))
	t.reads("public.done.email")
	pages = t.pages - pages
	t.Logf("from the first page to the one that says done: %d pages, %d inputs", pages, t.inputs)
	if !t.keys && (pages > 5 || t.inputs > 8) { // at the keys something was forgotten on purpose
		t.Errorf("%d pages and %d inputs to the one that says done, want at most 5 and 8", pages, t.inputs)
	}
}

// service is what the tenant calls one in the language.
func (t *traveller) service(id string) string {
	t.Helper()
	answer, err := http.Get(t.base + "/api/v1/northeim/services")
	t.must(err, "ask for the services")
	defer answer.Body.Close()
	var list struct {
		Services []struct {
			ID   string
			Name map[string]string
		}
	}
	t.must(json.NewDecoder(answer.Body).Decode(&list), "read the services")
	for _, s := range list.Services {
		if s.ID == id {
			return s.Name[t.words.Lang()]
		}
	}
	t.Fatalf("there is no service %q", id)
	return ""
}

// confirm answers the letter.
func (t *traveller) confirm() {
	t.openLetter("mail.confirm-request.subject")
	t.follow(t.base + "/northeim/c/")
	t.reads("public.confirm.title")
	t.press(t.words.T("public.confirm.yes"))
	t.reads("public.done.title")
	t.goRound()
}

// askAgain has the links sent to the address, once it is given rightly, and follows one.
func (t *traveller) askAgain() {
	t.visit("/northeim/")
	t.follow(t.words.T("public.links.footer"))
	t.reads("public.links.title")
	t.goRound()
	t.fill(t.words.T("public.field.email"), t.email)
	t.press(t.words.T("public.links.send"))
	t.reads("public.links.sent")
	t.openLetter("mail.links.subject")
	t.follow(t.base + "/northeim/m/")
	t.reads("public.manage.title")
	t.when = t.fact(t.words.T("public.when"))
}

func (t *traveller) move() {
	t.follow(t.words.T("public.manage.move"))
	t.reads("public.move.title")
	t.goRound()
	t.follow(t.words.Date(t.day.AddDate(0, 0, 1)))
	t.reads("public.move.check")
	t.press(t.words.T("public.move.yes"))
	t.reads("public.manage.title")
	if now := t.fact(t.words.T("public.when")); now == t.when {
		t.Errorf("the visit is still at %s", now)
	}
}

func (t *traveller) cancel() {
	t.follow(t.words.T("public.manage.cancel"))
	t.reads("public.cancel.title")
	t.goRound()
	t.press(t.words.T("public.cancel.yes"))
	t.reads("public.manage.cancelled")
}

// reads demands the heading, and that the page says its language and direction.
func (t *traveller) reads(key string) {
	t.Helper()
	t.headed(t.words.T(key))
	got, err := chromedp.Run(t.ctx, chromedp.Evaluate[string]("document.documentElement.lang + ' ' + document.documentElement.dir"))
	t.must(err, "read the language")
	want := t.words.Lang() + " ltr"
	if t.words.RightToLeft() {
		want = t.words.Lang() + " rtl"
	}
	if got != want {
		t.Errorf("the page is %s, want %s", got, want)
	}
}

// follow and press lead to another page, fill does not.
func (t *traveller) follow(name string) { t.Helper(); t.use("link", name) }
func (t *traveller) press(name string)  { t.Helper(); t.use("button", name) }

func (t *traveller) use(role, name string) {
	t.Helper()
	t.inputs++
	if t.keys {
		t.tabTo(role, name)
		t.enter()
		return
	}
	t.clickThrough(role, name)
}

func (t *traveller) fill(label, text string) {
	t.Helper()
	t.inputs++
	if t.keys {
		if now := t.focus(); now.role != "textbox" || !strings.Contains(now.name, label) {
			t.tabTo("textbox", label)
		}
		t.person.keys(text)
		return
	}
	t.person.fill(label, text)
}

// openLetter looks into the mail catcher until the newest letter is this one.
func (t *traveller) openLetter(key string) {
	t.Helper()
	subject := t.words.T(key)
	for end := time.Now().Add(longest); ; time.Sleep(200 * time.Millisecond) {
		t.visit("/mailbox/?to=" + t.email)
		if strings.Contains(t.text(), subject) {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("no letter %q:\n%s", subject, t.text())
		}
	}
	t.follow(subject)
}

// skip uses the first thing on the page: the next thing is then in its middle.
func (t *traveller) skip() {
	t.Helper()
	t.tab()
	t.focused("link", t.words.T("common.skipToContent"))
	t.strike()
	t.tab()
	if in, err := chromedp.Run(t.ctx, chromedp.Evaluate[bool]("document.querySelector('main').contains(document.activeElement)")); err != nil || !in {
		t.Errorf("the way past the head leads to %v (%v)", t.focus(), err)
	}
}

// forget sends the form empty: the focus is on the summary of what is wrong, and what it
// names is one key away.
func (t *traveller) forget() {
	t.Helper()
	t.tabTo("textbox", t.words.T("public.field.name"))
	t.answer = http.StatusUnprocessableEntity
	t.press(t.words.T("public.details.next"))
	t.answer = 0
	t.sees(t.words.T("layout.errors.title"))
	t.focused("alert", t.words.T("layout.errors.title"))
	t.tab()
	t.focused("link", t.words.T("public.field.name"))
	t.strike()
	t.focused("textbox", t.words.T("public.field.name"))
	t.must(chromedp.Do(t.ctx, chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift))), "press Shift and Tab")
	t.tab()
	t.focused("textbox", t.words.T("public.field.name"))
}

// strike presses Enter on what leads to a place of the same page, in the three steps of a
// real keyboard: whoever leaves out the first would type Enter there too.
func (t *traveller) strike() {
	t.Helper()
	for _, step := range []input.DispatchKeyEventParams{{Type: input.DispatchKeyEventTypeRawKeyDown}, {Type: input.DispatchKeyEventTypeChar, Text: "\r"}, {Type: input.DispatchKeyEventTypeKeyUp}} {
		step.Key, step.Code, step.WindowsVirtualKeyCode = "Enter", "Enter", 13
		_, err := chromedp.Call(t.ctx, input.DispatchKeyEvent, step)
		t.must(err, "press Enter")
	}
}

// goRound presses Tab until everything on the page had its turn, in the order in which
// it stands: nothing holds the focus, and nothing jumps.
func (t *traveller) goRound() {
	t.Helper()
	if !t.keys {
		return
	}
	const ahead = `(() => { const now = document.activeElement, was = window.before;
		window.before = now;
		return now === document.body || now.matches(".skip") && was && was !== document.body ? "end" : was === now ? "stuck" : was && was !== document.body && !(was.compareDocumentPosition(now) & 4) ? "back" : "on" })()`
	_, err := chromedp.Run(t.ctx, chromedp.Evaluate[any]("document.activeElement.blur(); window.getSelection().removeAllRanges(); window.before = null"))
	t.must(err, "begin at the top")
	for n := range 400 {
		t.must(chromedp.Do(t.ctx, chromedp.KeyEvent(kb.Tab)), "press Tab")
		got, err := chromedp.Run(t.ctx, chromedp.Evaluate[string](ahead))
		t.must(err, "see the focus")
		switch got {
		case "back":
			t.Errorf("the focus jumps back to %v", t.focus())
			return
		case "end": // after the last comes the browser's own bar, or the first
			if n < 5 {
				t.Errorf("the way round the page ends at %v after %d", t.focus(), n)
			}
			return
		case "stuck":
			t.Errorf("the focus is held by %v", t.focus())
			return
		}
	}
	t.Errorf("the way round the page never ends")
}
