package main

import (
	"errors"
	"strings"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// calendarAt is a day of the demo's social office with a working morning.
const calendarAt = "/staff/calendar?calendar=soziales-a-k&date=2027-09-21"

// moveInCalendar drags a visit to a free place while a colleague looks at the same day,
// takes that back, and moves it once more without dragging.
func (p *person) moveInCalendar(colleague *person) {
	p.signIn("soziales@northeim.example")
	colleague.signIn("soziales@northeim.example")
	p.visit(calendarAt)
	colleague.visit(calendarAt)
	was := p.script(`document.querySelector("td[data-visit]").dataset.visit`)
	clock := `document.querySelector('td[data-visit="` + was + `"] b').innerText`
	before := p.script(clock)
	p.drag()
	p.until(`document.querySelector(".notice-title")?.innerText.includes("Termin verschoben") ? "yes" : ""`, "yes")
	after := p.script(clock)
	if after == before {
		p.Errorf("the visit still stands at %s", after)
	}
	colleague.until(clock, after)
	p.click("button", "Zurücknehmen")
	p.until(clock, before)
	colleague.until(clock, before)
	p.visit(calendarAt + "&carry=" + was)
	p.sees("Sie verschieben")
	p.press("hierhin")
	p.sees("Termin verschoben")
	colleague.until(clock, p.script(clock))
}

// drag takes the first visit that can be moved to the first free place of the page.
func (p *person) drag() {
	p.Helper()
	type spot struct{ X, Y float64 }
	at := func(what string) spot {
		got, err := chromedp.Run(p.ctx, chromedp.Evaluate[spot](`(() => { const e = document.querySelector('`+what+`'); e.scrollIntoView({block: "center"});
			const r = e.getBoundingClientRect(); return {X: r.left + r.width / 2, Y: r.top + 8} })()`))
		p.must(err, "find "+what)
		return got
	}
	at("td.cal-free")
	from := at("td[data-visit]")
	free := func() spot {
		got, err := chromedp.Run(p.ctx, chromedp.Evaluate[spot](`(() => { const r = document.querySelector("td.cal-free").getBoundingClientRect(); return {X: r.left + r.width / 2, Y: r.top + 8} })()`))
		p.must(err, "find a free place")
		return got
	}
	move := func(kind input.DispatchMouseEventType, s spot) {
		p.must(chromedp.Do(p.ctx, chromedp.MouseEvent(kind, s.X, s.Y, chromedp.ButtonLeft, pressed)), "drag")
	}
	move(input.DispatchMouseEventTypeMousePressed, from)
	move(input.DispatchMouseEventTypeMouseMoved, spot{from.X + 20, from.Y + 10})
	to := free()
	for next := to; ; to = next { // near an edge the page scrolls below the hand
		move(input.DispatchMouseEventTypeMouseMoved, to)
		if next = free(); next == to {
			break
		}
	}
	move(input.DispatchMouseEventTypeMouseReleased, to)
}

// pressed says that the left button is down all the while.
func pressed(e *input.DispatchMouseEventParams) { e.Buttons, e.ClickCount = 1, 1 }

// script asks the page.
func (p *person) script(expression string) string {
	p.Helper()
	got, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](expression))
	p.must(err, expression)
	return strings.TrimSpace(got)
}

// until waits for what others did to be seen, without the page being asked for again.
func (p *person) until(expression, want string) {
	p.Helper()
	for end := time.Now().Add(longest); ; time.Sleep(50 * time.Millisecond) {
		got := p.script(expression)
		if got == want {
			return
		}
		if time.Now().After(end) {
			p.must(errors.New("it says "+got), "wait for "+want)
		}
	}
}
