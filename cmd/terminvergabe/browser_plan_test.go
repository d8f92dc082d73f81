package main

// shorten closes a calendar's day earlier from a day on though visits are booked there:
// a slip is said beside the field, the preview names the visits, and after saving the
// way leads to sorting them out.
func (p *person) shorten(calendar, day, slip, end string) {
	p.signIn("leitung@northeim.example")
	p.follow("Zeiten")
	p.visit("/staff/plan?calendar=" + calendar + "&week=" + day)
	p.visit("/staff/plan/series?calendar=" + calendar + "&id=vormittag&day=" + day)
	p.fill("Bis", slip)
	p.answer = 422
	p.press("Weiter zur Vorschau")
	p.answer = 0
	p.sees("Bitte prüfen Sie Ihre Angaben", "Bitte wählen Sie ein Vielfaches von")
	p.fill("Bis", end)
	p.press("Weiter zur Vorschau")
	p.headed("Vorschau")
	p.sees("Noch ist nichts geändert.", "dann geschlossen", "Summe")
	n := p.number(`(\d+) gebuchte Termine haben dann keinen Platz mehr`)
	p.press("Speichern, Termine danach klären")
	p.sees("Gespeichert")
	if got := p.number(`(\d+) Termine haben keinen Platz mehr`); got != n {
		p.Errorf("%d visits are without a place, and the preview said %d", got, n)
	}
	p.follow("Termine jetzt klären")
	p.headed("Was ist passiert?")
	p.visit("/staff/plan/history")
	p.sees("gilt jetzt", "–"+end+" Uhr")
}
