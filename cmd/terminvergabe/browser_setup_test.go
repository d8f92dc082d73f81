package main

import "testing"

// setUp plays an administrator who sets up a service and looks at it as the public does,
// with scripts and without.
func (s *stage) setUp(t *testing.T) {
	t.Run("set-up", func(t *testing.T) { s.person(t, "set-up").addService("Fischereischein") })
	t.Run("set-up without scripts", func(t *testing.T) {
		p := s.person(t, "set-up-scriptless")
		p.switchOffScripts()
		p.addService("Jagdschein")
	})
}

func (p *person) addService(name string) {
	p.signIn("leitung@northeim.example")
	p.follow("Einrichten")
	p.headed("Einrichten")
	p.follow("Anliegen")
	p.follow("Neu anlegen")
	p.headed("Neues Anliegen")
	p.fill("Name (Deutsch)", name)
	p.answer = 422
	p.press("Speichern")
	p.answer = 0
	p.sees("Bitte prüfen Sie „Dauer in Minuten“", "Eine Zahl von 1 bis 1440")
	p.fill("Dauer in Minuten", "15")
	p.click("checkbox", "Führerscheinstelle")
	p.fill("Mitbringen 1 (Deutsch)", "Prüfungszeugnis")
	p.press("Speichern")
	p.sees("Angelegt")
	p.follow("Im Internet ansehen")
	p.sees(name)
	p.visit("/northeim/")
	p.fill("Anliegen suchen", name)
	p.press("Suchen")
	p.follow(name)
	p.headed("Wann möchten Sie kommen?")
	p.sees(name)
}
