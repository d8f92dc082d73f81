package main

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// takePictures goes the ways that the handbook describes and takes its pictures. "make
// pictures" keeps them in ui/docs/pictures; else only the ways are tried.
func (s *stage) takePictures(t *testing.T) {
	clerk := s.person(t, "handbook")
	clerk.visit("/staff/")
	clerk.headed("Anmelden")
	clerk.shoot("anmelden", 480)
	clerk.signIn("soziales@northeim.example")
	clerk.shoot("tagesliste", 760)
	clerk.takeACall()
	clerk.moveAndEnd()
	clerk.visit("/staff/account")
	clerk.headed("Mein Konto")
	clerk.shoot("konto", 700)
	clerk.visit("/staff/account/feeds")
	clerk.shoot("abo", 640)

	lead := s.person(t, "handbook-lead")
	lead.signIn("leitung@northeim.example")
	lead.visit("/staff/calendar?calendar=zulassung")
	lead.shoot("kalender", 860)
	lead.visit("/staff/plan?calendar=soziales-a-k&week=2027-09-27")
	lead.shoot("zeiten", 820)
	lead.visit("/staff/figures")
	lead.shoot("zahlen", 820)
	lead.seeAnIllness()
	lead.visit("/staff/letters?state=all")
	lead.shoot("schreiben", 640)

	admin := s.person(t, "handbook-admin")
	admin.signIn("verwaltung@northeim.example")
	admin.visit("/staff/setup")
	admin.shoot("einrichten", 760)
	admin.visit("/staff/people")
	admin.shoot("personen", 640)
	admin.visit("/staff/journal")
	admin.shoot("protokoll", 560)
}

// takeACall is a booking for somebody on the telephone.
func (p *person) takeACall() {
	p.visit("/staff/new?q=wohn")
	p.sees("Wohngeld beantragen", "Freie Zeiten")
	p.fill("Vorname und Nachname", "Ruth Ruferin")
	p.fill("Telefon", "05551 000-71")
	p.shoot("neuer-termin", 980)
	p.press("Termin buchen")
	p.headed("Termin gebucht")
	p.shoot("gebucht", 620)
	p.follow("Termin öffnen")
	p.headed("Ruth Ruferin")
	p.shoot("termin", 820)
}

// moveAndEnd looks at what becomes of the visit, and leaves it as it is.
func (p *person) moveAndEnd() {
	visit := p.here()
	p.follow("Verschieben")
	p.headed("Ruth Ruferin verschieben")
	p.shoot("verschieben", 700)
	p.visit(visit)
	p.follow("Absagen")
	p.headed("Termin absagen?")
	p.follow("Nichts ändern")
}

// seeAnIllness goes through an incident up to the letters, and drops it.
func (p *person) seeAnIllness() {
	p.visit("/staff/incidents/new?calendar=zulassung&from=2027-09-28T07:00&to=2027-09-28T20:00")
	p.click("radio", "Ja, alle")
	p.press("Weiter")
	p.headed("Welche Termine sind betroffen?")
	p.sees("Die Zeit ist jetzt gesperrt.")
	p.shoot("vorfall", 760)
	p.press("Weiter")
	p.headed("Was soll geschehen?")
	p.press("Schreiben ansehen")
	p.headed("Schreiben prüfen")
	p.shoot("vorfall-schreiben", 820)
}

// shoot takes a picture of the page from its top, so many pixels high.
func (p *person) shoot(name string, height float64) {
	p.Helper()
	dir := os.Getenv("TERMINVERGABE_PICTURES")
	if dir == "" {
		return
	}
	_, err := chromedp.Call(p.ctx, emulation.SetScrollbarsHidden, emulation.SetScrollbarsHiddenParams{Hidden: true})
	p.must(err, "hide the scroll bar")
	p.must(chromedp.Do(p.ctx, chromedp.EmulateViewport(1280, 1000)), "change the width")
	p.script(`document.activeElement?.blur(), scrollTo(0, 0), ""`)
	width, err := strconv.ParseFloat(p.script("String(document.documentElement.clientWidth)"), 64)
	p.must(err, "measure the page")
	quality, beyond := int64(70), true
	got, err := chromedp.Call(p.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatWebp, Quality: &quality, CaptureBeyondViewport: &beyond,
		Clip: &page.Viewport{Width: width, Height: height, Scale: 1},
	})
	p.must(err, "take a picture")
	p.must(os.WriteFile(filepath.Join(dir, name+".webp"), got.Data, 0o644), "keep a picture")
}
