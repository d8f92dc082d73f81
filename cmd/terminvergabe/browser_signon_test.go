package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"terminvergabe/internal/auth/signontest"
)

// TestBrowserSignOn signs staff in at a provider through the real service in a real
// browser: with rights, with others the next day, and without any; with scripts and
// without.
func TestBrowserSignOn(t *testing.T) {
	chromium := findChromium(t)
	idp := signontest.New(t)
	i := install(t, build(t), "book.db")
	i.add("conf.yaml", fmt.Sprintf("oidc: [{tenants: [stadt], issuer: %q, client_id: %s, client_secret_file: secret, local_login: false,\n  groups: {termine: {role: clerk}, leitung: {role: lead}}}]\n", idp.Issuer, signontest.ClientID))
	i.add("secret", signontest.ClientSecret)
	i.serve()
	s := &stage{base: "http://" + i.address, friend: idp.Issuer, browser: openBrowser(t, chromium), shots: os.Getenv("TERMINVERGABE_SHOTS")}
	t.Run("with scripts", func(t *testing.T) { s.person(t, "signon").signOn(idp) })
	t.Run("without scripts", func(t *testing.T) {
		p := s.person(t, "signon-scriptless")
		p.switchOffScripts()
		p.signOn(idp)
	})
}

// add writes at the end of a file of the installation.
func (i *installation) add(name, text string) {
	i.Helper()
	f, err := os.OpenFile(filepath.Join(i.folder, name), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		i.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		i.Fatal(err)
	}
	if err := f.Close(); err != nil {
		i.Fatal(err)
	}
}

func (p *person) signOn(idp *signontest.Provider) {
	uwe := signontest.Somebody{Subject: p.story, Email: p.story + "@stadt.example", Name: "Uwe Probemann", Groups: []string{"/termine"}}
	idp.SignIn(&uwe)
	p.visit("/staff/")
	p.headed("Anmelden")
	p.follow("Mit Dienstkonto anmelden")
	p.sees("Uwe Probemann", "Neuer Termin")
	p.press("Abmelden")

	uwe.Groups = nil // he has left the office
	idp.SignIn(&uwe)
	p.answer = http.StatusForbidden
	p.follow("Mit Dienstkonto anmelden")
	p.headed("Ihr Dienstkonto hat hier keine Rechte")

	idp.SignIn(nil) // somebody who thinks better of it
	p.answer = 0
	p.follow("Zur Anmeldung")
	p.answer = http.StatusForbidden
	p.follow("Mit Dienstkonto anmelden")
	p.headed("Die Anmeldung wurde nicht abgeschlossen")
}
