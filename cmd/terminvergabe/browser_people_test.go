package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"terminvergabe/internal/agenda"
)

// meetPeople plays an invitation with a second factor, and what each role may, with and
// without scripts.
func (s *stage) meetPeople(t *testing.T) {
	t.Run("invitation", func(t *testing.T) {
		s.person(t, "inviting").invite("Ines Einladung", "ines@northeim.example")
		s.person(t, "invited").comeIn("ines@northeim.example")
	})
	t.Run("invitation without scripts", func(t *testing.T) {
		a, b := s.person(t, "inviting-scriptless"), s.person(t, "invited-scriptless")
		a.switchOffScripts()
		b.switchOffScripts()
		a.invite("Ida Einladung", "ida@northeim.example")
		b.comeIn("ida@northeim.example")
	})
	t.Run("rights", func(t *testing.T) { s.everyRole(t, func(*person) {}) })
	t.Run("rights without scripts", func(t *testing.T) { s.everyRole(t, (*person).switchOffScripts) })
}

// invite is an administrator who takes somebody in.
func (p *person) invite(name, email string) {
	p.signIn("verwaltung@northeim.example")
	p.follow("Personen")
	p.headed("Personen und Rechte")
	p.follow("Person einladen")
	p.headed("Person einladen")
	p.fill("Name", name)
	p.answer = 422
	p.press("Einladen")
	p.answer = 0
	p.sees("Bitte füllen Sie das Feld „E-Mail“ aus")
	p.fill("E-Mail", email)
	p.click("radio", "Sachbearbeitung")
	p.choose("Gilt für", "Soziales")
	p.press("Einladen")
	p.sees("Die Einladung ist unterwegs", name, "eingeladen")
	p.follow(name)
	p.headed(name)
	p.sees("Sachbearbeitung, Sozial", "noch nie")
}

// comeIn is who was invited: sets a password, a second factor, and signs in with both.
func (p *person) comeIn(email string) {
	(&citizen{person: p, email: email}).openLetter("Ihr Zugang zur Terminverwaltung")
	p.follow(p.base + "/staff/invitation/")
	p.fill("Neues Passwort", "probieren-geht")
	p.fill("Neues Passwort wiederholen", "probieren-geht")
	p.press("Passwort speichern")
	p.sees("Passwort ist gespeichert")
	p.signIn(email)
	p.visit("/staff/account")
	p.headed("Mein Konto")
	p.sees("nicht eingerichtet", "Chrome, Linux", "dieses Gerät")
	p.follow("Zweiten Faktor verwalten")
	p.press("Einrichten")
	p.sees("scannen Sie dieses Bild")
	secret := p.shown("code.secret")
	p.fill("Code, den die App jetzt zeigt", p.code(secret, 0))
	p.press("Zweiten Faktor einschalten")
	p.headed("Ihre Wiederherstellungscodes")
	p.follow("Ich habe die Codes aufbewahrt")
	p.sees("Der zweite Faktor ist eingerichtet")
	p.press("Abmelden")
	p.signIn(email)
	p.headed("Code eingeben")
	p.answer = 422
	p.fill("Code", "000000")
	p.press("Anmelden")
	p.answer = 0
	p.sees("Dieser Code stimmt nicht")
	p.fill("Code", p.code(secret, 30*time.Second)) // the one before was good once
	p.press("Anmelden")
	p.headed("Dienstag, 14. September 2027")
	p.press("Abmelden")
}

// shown is what stands in an element.
func (p *person) shown(selector string) string {
	p.Helper()
	key, _ := json.Marshal(selector) // a string always can be
	got, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.querySelector(`+string(key)+`)?.innerText ?? ''`))
	p.must(err, "read "+selector)
	return got
}

// code is what an app with the secret shows some time from now, by the demo's clock. It
// is not taken in the last seconds of its time: clocks differ a little.
func (p *person) code(secret string, later time.Duration) string {
	p.Helper()
	now := func() time.Time { return time.Now().Add(p.ahead) }
	for s := now().Unix() % 30; s < 2 || s > 24; s = now().Unix() % 30 {
		time.Sleep(200 * time.Millisecond)
	}
	code, err := totp.GenerateCode(strings.ReplaceAll(secret, " ", ""), now().Add(later))
	p.must(err, "make a code")
	return code
}

// doors are the parts of the back office, and who may open them. Where a part is not
// built yet, nobody sees it.
func doors() map[string][]agenda.Role {
	return map[string][]agenda.Role{
		"/staff/day":       {agenda.Clerk, agenda.Reception, agenda.Planner, agenda.Lead, agenda.Admin, agenda.Auditor},
		"/staff/calendar":  {agenda.Clerk, agenda.Reception, agenda.Planner, agenda.Lead, agenda.Admin, agenda.Auditor},
		"/staff/new":       {agenda.Clerk, agenda.Reception, agenda.Lead, agenda.Admin},
		"/staff/find":      {agenda.Clerk, agenda.Reception, agenda.Planner, agenda.Lead, agenda.Admin, agenda.Auditor},
		"/staff/letters":   {agenda.Clerk, agenda.Reception, agenda.Planner, agenda.Lead, agenda.Admin, agenda.Auditor},
		"/staff/incidents": {agenda.Lead, agenda.Admin},
		"/staff/plan":      {agenda.Planner, agenda.Lead, agenda.Admin, agenda.County},
		"/staff/figures":   {agenda.Planner, agenda.Lead, agenda.Admin, agenda.County, agenda.Auditor},
		"/staff/setup":     {agenda.Planner, agenda.Lead, agenda.Admin, agenda.County},
		"/staff/people":    {agenda.Lead, agenda.Admin, agenda.County},
		"/staff/tenant":    {agenda.County},
		"/staff/journal":   {agenda.Lead, agenda.Admin, agenda.Auditor},
	}
}

// everyRole signs in as each role: its navigation shows what it may open, and what it
// may not is refused. That the rest opens is TestEveryRouteWithEveryRole's.
func (s *stage) everyRole(t *testing.T, prepare func(*person)) {
	emails := map[agenda.Role]string{agenda.Clerk: "soziales", agenda.Reception: "zulassung", agenda.Planner: "planung", agenda.Lead: "leitung",
		agenda.Admin: "verwaltung", agenda.County: "kreis", agenda.Auditor: "revision"}
	there := []string{"/staff/tenant"}
	for _, role := range append([]agenda.Role{agenda.Admin}, agenda.Roles()...) {
		p := s.person(t, "rights-"+string(role))
		prepare(p)
		p.signIn(emails[role] + "@northeim.example")
		seen := p.navigation()
		if role == agenda.Admin {
			there = append(there[:1:1], seen...) // sees all the rest
		}
		for path, may := range doors() {
			if !slices.Contains(there, path) {
				continue
			}
			if slices.Contains(may, role) != slices.Contains(seen, path) {
				t.Errorf("%s sees %v; %s is for %v", role, seen, path, may)
			}
			if !slices.Contains(may, role) {
				p.answer = 403
				p.visit(path)
			}
		}
		for _, path := range seen {
			if doors()[path] == nil {
				t.Errorf("%s sees %s: say in doors who may open it", role, path)
			}
		}
	}
}

// navigation is where the page's navigation leads.
func (p *person) navigation() []string {
	p.Helper()
	got, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll('nav.nav a')].map(a => a.getAttribute('href'))`))
	p.must(err, "read the navigation")
	return got
}
