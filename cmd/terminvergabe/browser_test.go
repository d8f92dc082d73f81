package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestBrowser plays the demo as people would, in a real browser: those who book,
// with and without scripts, on a phone, by keyboard alone, and a clerk. Nobody may
// meet an error in the console, a request to another house, a page without its
// security headers, or one that scrolls sideways; person sees to that.
func TestBrowser(t *testing.T) {
	s := openStage(t)
	t.Run("citizen", func(t *testing.T) {
		c := &citizen{person: s.person(t, "citizen"), email: "edda@example.org"}
		c.play()
	})
	t.Run("without scripts", func(t *testing.T) {
		c := &citizen{person: s.person(t, "scriptless"), email: "emil@example.org"}
		c.switchOffScripts()
		c.play()
	})
	t.Run("English on a phone", func(t *testing.T) {
		c := &citizen{person: s.person(t, "phone"), email: "enid@example.org", english: true}
		c.takePhone()
		c.play()
	})
	s.travel(t)
	t.Run("keyboard alone", func(t *testing.T) { s.person(t, "keyboard").typeAlong() })
	t.Run("clerk", func(t *testing.T) { s.person(t, "clerk").work() })
	t.Run("calendar", func(t *testing.T) { s.person(t, "calendar").moveInCalendar(s.person(t, "colleague")) })
	t.Run("a clerk is ill", func(t *testing.T) {
		p := s.person(t, "ill")
		p.handleIllness("zulassung", "2027-09-22")
		p.proposeAnother("fuehrerscheine", "2027-09-23")
	})
	t.Run("a clerk is ill, without scripts", func(t *testing.T) {
		p := s.person(t, "ill-scriptless")
		p.switchOffScripts()
		p.handleIllness("zulassung", "2027-09-24")
	})
	s.takeCalls(t)
	s.setUp(t)
	s.meetPeople(t)
	t.Run("figures", func(t *testing.T) { s.person(t, "figures").readFigures() })
	t.Run("figures without scripts", func(t *testing.T) {
		p := s.person(t, "figures-scriptless")
		p.switchOffScripts()
		p.readFigures()
	})
	t.Run("times are cut short", func(t *testing.T) { s.person(t, "planner").shorten("soziales-a-k", "2027-09-20", "08:25", "08:30") })
	t.Run("times are cut short, without scripts", func(t *testing.T) {
		p := s.person(t, "planner-scriptless")
		p.switchOffScripts()
		p.shorten("soziales-l-z", "2027-09-20", "08:55", "09:00")
	})
	t.Run("visit by keys", func(t *testing.T) { s.person(t, "keys").visitByKeys() })
	t.Run("colleagues", func(t *testing.T) { s.person(t, "colleague-1").seeEachOther(s.person(t, "colleague-2")) })
	t.Run("change of mind", func(t *testing.T) { s.person(t, "mind").changeMind() })
	t.Run("change of mind without scripts", func(t *testing.T) {
		p := s.person(t, "mind-scriptless")
		p.switchOffScripts()
		p.changeMind()
	})
	t.Run("handbook", func(t *testing.T) { s.takePictures(t) })
}

// citizen is somebody who books, moves and cancels a visit of two people.
type citizen struct {
	*person
	email   string
	english bool

	reference string
	when      string // as the pages say it
	where     string
	uid       string // of the entry for the calendar
}

// say is the text that a citizen of this language reads.
func (c *citizen) say(german, english string) string {
	if c.english {
		return english
	}
	return german
}

func (c *citizen) play() {
	c.search()
	c.chooseTime()
	c.giveDetails()
	c.book()
	c.confirm()
	c.keepEntry()
	c.move()
	c.cancel()
}

func (c *citizen) search() {
	c.visit("/")
	c.headed("Termin bei Ihrer Verwaltung")
	c.follow("Stadt Einbeck")
	if c.english {
		c.follow("English")
	}
	c.headed(c.say("Was möchten Sie erledigen?", "What would you like to do?"))
	c.fill(c.say("Anliegen suchen", "Search for a service"), "Perso")
	c.press(c.say("Suchen", "Search"))
	c.sees(c.say("1 Anliegen zu „Perso“ gefunden", "1 service found for “Perso”"))
	c.follow(c.say("Personalausweis beantragen", "Apply for an identity card"))
}

func (c *citizen) chooseTime() {
	c.follow(c.say("Für mehrere Personen oder mehrere Anliegen", "For several people or several services"))
	c.headed(c.say("Ihr Anliegen", "Your service"))
	c.choose(c.say("Für wie viele Personen?", "For how many people?"), "2")
	c.press(c.say("Weiter zur Zeit", "Go on to the time"))
	c.headed(c.say("Wann möchten Sie kommen?", "When would you like to come?"))
	c.sees(c.say("2 × Personalausweis beantragen", "2 × Apply for an identity card"))
	c.press(c.say("Diese Zeit nehmen", "Take this time"))
}

func (c *citizen) giveDetails() {
	c.headed(c.say("Wer kommt?", "Who is coming?"))
	c.sees(c.say("für Sie reserviert", "reserved for you"))
	c.when, c.where = c.fact(c.say("Wann", "When")), c.fact(c.say("Wo", "Where"))
	c.answer = http.StatusUnprocessableEntity
	c.press(c.say("Weiter zur Übersicht", "Go on to the overview")) // nothing is filled in
	c.answer = 0
	c.sees(c.say("Bitte prüfen Sie Ihre Angaben", "Please check"))
	c.fill(c.say("Vorname und Nachname", "First and last name"), "Edda Beispiel")
	c.fill(c.say("E-Mail-Adresse", "E-mail address"), c.email)
	c.press(c.say("Weiter zur Übersicht", "Go on to the overview"))
	c.headed(c.say("Stimmt alles?", "Is everything right?"))
	c.sees("Edda Beispiel", c.email, c.say("2 × Personalausweis beantragen", "2 × Apply for an identity card"))
	c.standsAt(c.when)
}

func (c *citizen) book() {
	c.press(c.say("Termin jetzt buchen", "Book the appointment now"))
	c.headed(c.say("Fast geschafft: Bitte bestätigen Sie", "Almost done: please confirm"))
	c.sees(c.email)
	c.standsAt(c.when)
	c.reference = c.fact(c.say("Vorgangsnummer", "Reference number"))
}

func (c *citizen) confirm() {
	c.openLetter(c.say("Bitte bestätigen Sie Ihren Termin", "Please confirm your appointment"))
	c.sees(c.reference)
	c.follow(c.base + "/einbeck/c/")
	c.headed(c.say("Bitte bestätigen Sie Ihren Termin", "Please confirm your appointment"))
	c.standsAt(c.when)
	c.press(c.say("Termin bestätigen", "Confirm the appointment"))
	c.headed(c.say("Ihr Termin ist gebucht", "Your appointment is booked"))
	c.sees(c.reference, c.say("Bitte bringen Sie mit", "Please bring"), c.say("Biometrisches Foto", "Biometric photo"))
	if got := c.fact(c.say("Wo", "Where")); got != c.where {
		c.Errorf("the visit is at %q, want %q", got, c.where)
	}
}

// keepEntry reads the confirmation and takes its entry into a calendar.
func (c *citizen) keepEntry() {
	c.openLetter(c.say("Ihr Termin ist gebucht", "Your appointment is booked"))
	c.sees("Edda Beispiel", c.reference)
	c.uid = c.fact(c.say("Kennung (UID)", "Identifier (UID)"))
	c.entry("REQUEST", "0")
	c.follow(c.base + "/einbeck/m/")
	c.headed(c.say("Ihr Termin", "Your appointment"))
	entry := c.download(c.address(c.say("In meinen Kalender (Datei)", "Into my calendar (file)")))
	if !strings.HasPrefix(entry, "BEGIN:VCALENDAR\r\n") || !strings.Contains(entry, "\r\nUID:"+c.uid+"\r\n") {
		c.Errorf("this is no entry with the UID %s:\n%s", c.uid, entry)
	}
}

func (c *citizen) move() {
	c.follow(c.say("Termin verschieben", "Move the appointment"))
	c.headed(c.say("Auf wann möchten Sie verschieben?", "When would you like to come instead?"))
	c.follow(c.say("Diese Zeit nehmen", "Take this time"))
	c.headed(c.say("Termin verschieben?", "Move the appointment?"))
	was := c.when
	if c.when = c.fact(c.say("Wann", "When")); c.when == was {
		c.Fatalf("the new time is the old one: %s", was)
	}
	c.press(c.say("Ja, verschieben", "Yes, move it"))
	c.sees(c.say("Ihr Termin ist verschoben", "Your appointment has been moved"), c.reference)
	c.standsAt(c.when)
	c.openLetter(c.say("Ihr Termin wurde geändert", "Your appointment has changed"))
	c.entry("REQUEST", "1")
}

func (c *citizen) cancel() {
	c.follow(c.base + "/einbeck/m/")
	c.standsAt(c.when)
	c.follow(c.say("Termin absagen", "Cancel the appointment"))
	c.headed(c.say("Termin wirklich absagen?", "Really cancel the appointment?"))
	c.standsAt(c.when)
	c.press(c.say("Ja, Termin absagen", "Yes, cancel it"))
	c.headed(c.say("Termin abgesagt", "Appointment cancelled"))
	c.sees(c.reference)
	c.openLetter(c.say("Ihr Termin ist abgesagt", "Your appointment is cancelled"))
	c.entry("CANCEL", "2")
	c.follow(c.base + "/einbeck/")
}

// standsAt demands that the page names this time.
func (c *citizen) standsAt(when string) {
	c.Helper()
	if got := c.fact(c.say("Wann", "When")); got != when {
		c.Errorf("the visit is at %q, want %q", got, when)
	}
}

// openLetter looks into the mail catcher until the letter has come, and reads it.
func (c *citizen) openLetter(subject string) {
	c.Helper()
	for end := time.Now().Add(longest); ; time.Sleep(200 * time.Millisecond) {
		c.visit("/mailbox/?to=" + c.email)
		if strings.Contains(c.text(), subject) {
			break
		}
		if time.Now().After(end) {
			c.Fatalf("no letter %q:\n%s", subject, c.text())
		}
	}
	c.follow(subject)
}

// entry demands what the letter's calendar part is.
func (c *citizen) entry(method, sequence string) {
	c.Helper()
	if got, want := c.fact(c.say("Methode", "Method")), method+" (MIME: "+method+")"; got != want {
		c.Errorf("the method is %q, want %q", got, want)
	}
	if got := c.fact(c.say("Fassung (SEQUENCE)", "Version (SEQUENCE)")); got != sequence {
		c.Errorf("the sequence is %s, want %s", got, sequence)
	}
	if got := c.fact(c.say("Kennung (UID)", "Identifier (UID)")); got != c.uid {
		c.Errorf("the UID is %s, want %s", got, c.uid)
	}
}

// download fetches a file as a calendar program would.
func (p *person) download(address string) string {
	p.Helper()
	res, err := http.Get(address)
	p.must(err, "download")
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	p.must(err, "download")
	if got, want := res.Header.Get("Content-Type"), "text/calendar; charset=utf-8"; got != want {
		p.Errorf("the file is %s, want %s", got, want)
	}
	return string(body)
}

// typeAlong goes from the start page to the review without a mouse.
func (p *person) typeAlong() {
	p.visit("/northeim/")
	p.tab()
	p.focused("link", "Zum Inhalt springen")
	p.tabTo("searchbox", "Anliegen suchen")
	p.keys("Lappen")
	p.enter()
	p.tabTo("link", "Führerschein umtauschen")
	p.enter()
	p.headed("Wann möchten Sie kommen?")
	p.tabTo("link", "Für mehrere Personen oder mehrere Anliegen")
	p.enter()
	p.headed("Ihr Anliegen")
	p.tabTo("combobox", "Wie oft?")
	p.keys("2")
	p.tabTo("button", "Weiter zur Zeit")
	p.enter()
	p.headed("Wann möchten Sie kommen?")
	p.tabTo("button", "Diese Zeit nehmen")
	p.enter()
	p.headed("Wer kommt?")
	p.tabTo("textbox", "Vorname und Nachname")
	p.keys("Uta Beispiel")
	p.tabTo("textbox", "E-Mail-Adresse")
	p.keys("uta@example.org")
	p.tabTo("button", "Weiter zur Übersicht")
	p.enter()
	p.headed("Stimmt alles?")
	p.sees("2 × Führerschein umtauschen", "Uta Beispiel", "uta@example.org")
	p.tabTo("button", "Termin jetzt buchen")
}

// work is a clerk's morning: a request, somebody who comes, and a caller.
func (p *person) work() {
	p.signIn("soziales@northeim.example")
	p.headed("Dienstag, 14. September 2027")
	p.click("DisclosureTriangle", "Anfragen warten auf Ihre Antwort")
	p.inPlace("Bestätigen … Max Beispielmann", "Termin bestätigt")
	p.receive(p.expected())
	p.askWhy()
	p.answerCall()
	p.leave()
}

// receive marks what happens to a visit, and what was pressed by mistake.
func (p *person) receive(name string) {
	p.inPlace("Da … "+name, "Als da vermerkt")
	p.stands(name, "Da")
	p.inPlace("Erledigt … "+name, "Als erledigt vermerkt")
	p.stands(name, "Erledigt")
	p.inPlace("Zurücknehmen … "+name, "Zurückgenommen")
	p.stands(name, "Da") // one step, not all
	p.visit("/staff/day")
	p.inPlace("Zurücknehmen … "+name, "Zurückgenommen")
	p.stands(name, "Erwartet")
}

// askWhy looks up why a caller cannot have a time: what is known comes along, what is
// missing is asked for, and the way leads to the free times.
func (p *person) askWhy() {
	p.follow("Fehlt eine Zeit?")
	p.headed("Warum ist eine Zeit buchbar oder nicht?")
	p.choose("Anliegen", "Wohngeld")
	p.press("Nachsehen")
	p.sees("Bitte füllen Sie das Feld „Uhrzeit“ aus.")
	p.visit("/staff/explain?calendar=soziales-a-k&service=wohngeld&on=2027-09-18&time=10:07")
	p.sees("Samstag, 18. September 2027, 10:07 Uhr", "Nicht buchbar, weil:", "Alle Regeln", "passt nicht")
	p.follow("Freie Zeiten zeigen")
	p.headed("Neuer Termin")
	p.follow("Tagesliste")
}

// answerCall books for somebody at the phone, who then wants another time, and then
// none at all.
func (p *person) answerCall() {
	p.follow("Neuer Termin")
	p.headed("Neuer Termin")
	p.follow("Wohngeld beantragen")
	p.fill("Vorname und Nachname", "Rudi Rufer")
	p.fill("Telefon", "05551 000-77")
	p.press("Termin buchen")
	p.headed("Termin gebucht")
	p.follow("Termin öffnen")
	p.headed("Rudi Rufer")
	p.follow("Verschieben")
	p.headed("Rudi Rufer verschieben")
	p.follow("Spätere Woche")
	p.press(" Uhr")
	p.sees("Termin verschoben")
	p.follow("Rudi Rufer")
	p.sees("Verschoben von")
	p.follow("Absagen")
	p.headed("Termin absagen?")
	p.sees("Bitte rufen Sie an")
	p.press("Termin absagen")
	p.sees("Termin abgesagt")
}

// leave signs out; nobody who comes to the desk then sees what was on the screen.
func (p *person) leave() {
	p.press("Abmelden")
	p.headed("Anmelden")
	p.sees("Sie sind abgemeldet.")
	p.goBack()
	p.headed("Anmelden")
	if text := p.text(); strings.Contains(text, "Sozial") || strings.Contains(text, "Rufer") {
		p.Errorf("after signing out the way back shows %s", text)
	}
}

func (p *person) signIn(email string) {
	p.visit("/staff/")
	p.headed("Anmelden")
	p.choose("Verwaltung", "Landkreis Northeim")
	p.fill("E-Mail", email)
	p.fill("Passwort", "probieren-geht")
	p.press("Anmelden")
}
