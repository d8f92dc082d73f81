package public_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

func TestPortal(t *testing.T) {
	d, _ := desktest.SQLite(t)
	apply(t, d, county(), city())
	b := serve(t, d).browser(t)
	b.get("/").want(200, "Landkreis Musterleine", "Großstadt", "Musterstadt", "weitere Anliegen", "/musterkreis/legal/imprint", "https://musterleine.example/datenschutz", "!Nur mit Einladung")
	b.get("/?q=perso").want(200, "Personalausweis", "Landkreis Musterleine")
	b.get("/?q=offentlicher+fuhrerschein").want(200, "1 Treffer", "Landkreis Musterleine", `!href="/grossstadt/?q=`, `!href="/grossstadt/"`, "/musterkreis/?q=")
	b.get("/?q=musterleine").want(200, "1 Treffer", "Personalausweis")
	b.get("/?q=%3Cb%3Exyz").want(200, "0 Treffer für „&lt;b&gt;xyz“", "Alle Verwaltungen")
}

func TestSearch(t *testing.T) {
	d, _ := desktest.SQLite(t)
	apply(t, d, county(), city())
	b := serve(t, d).browser(t)
	for query, want := range map[string]string{
		"PERSONALA": "Personalausweis", "identitaetsnachweis": "Personalausweis", "99008002012000": "Personalausweis",
		"identity": "Personalausweis", "oeffentlich": "Öffentlicher Führerschein", "Führer öff": "Öffentlicher Führerschein", "fuhrer": "Öffentlicher Führerschein",
		"fuhrerschein offentlich": "Öffentlicher Führerschein", "reise pass": "Reisepass", "FUEHRERSCHEIN öffentlicher": "Öffentlicher Führerschein",
	} {
		b.get("/musterkreis/?q="+strings.ReplaceAll(query, " ", "+")).want(200, "1 Anliegen zu", want, "!>Beratung<")
	}
	b.get("/musterkreis/?q=reisepasz").want(200, "Meinten Sie „Reisepass“?", ">Reisepass<", "!Anliegen zu")
	b.get("/musterkreis/?q=reisepass+dampfschiff").want(200, "nichts gefunden, das ganz passt", ">Reisepass<")
	b.get("/musterkreis/?q=perso").want(200, "2 Anliegen zu")
	if a, z := strings.Index(b.body, ">Personalausweis<"), strings.Index(b.body, ">Verwaltungsgemeinschaft"); a < 0 || z < a {
		t.Error("what begins with the word does not come first")
	}
	b.get("/musterkreis/?q=xyzzy").want(200, "0 Anliegen", "mit einem anderen Wort", "05551 708-0")
	b.get("/musterkreis/?q=einladung").want(200, "0 Anliegen")
	b.get("/musterkreis/").want(200, "!Nur mit Einladung", "!id=\"letter-a\"")
	b.get("/grossstadt/").want(200, `href="#letter-a"`, `id="letter-z"`, "Äntrag")
	if a, z := strings.Index(b.body, ">Äntrag<"), strings.Index(b.body, ">Bntrag<"); a < 0 || z < a {
		t.Error("Ä is not sorted with A")
	}
}

// What the public cannot book does not exist for it.
func TestHiddenServicesAndSites(t *testing.T) {
	d, _ := desktest.SQLite(t)
	apply(t, d, county())
	b := serve(t, d).browser(t)
	for _, path := range []string{"/musterkreis/choose?service=geheim", "/musterkreis/times?service=geheim", "/musterkreis/times?service=ausweis&service=geheim"} {
		b.get(path).want(404, "Dieses Anliegen gibt es hier nicht")
	}
	b.get("/musterkreis/times?service=ausweis&site=intern").want(200, "!Interne Stelle")
	b.post("/musterkreis/reserve", b.formOf("service", "ausweis*1", "slot", "intern@"+wednesday)).want(404)
	b.post("/musterkreis/reserve", b.formOf("service", "geheim*1", "slot", "buergerbuero@"+wednesday)).want(404)
	b.post("/musterkreis/reserve", b.formOf("service", "ausweis*1", "slot", "x")).want(200, "Wann möchten Sie kommen?")
	b.post("/musterkreis/reserve", b.formOf("service", "ausweis*1", "slot", "buergerbuero@2026-07-08T08:03:00+02:00")).want(409, "08:00 Uhr")
	b.post("/musterkreis/reserve", b.formOf("service", "ausweis*1", "slot", "buergerbuero@2026-07-06T07:30:00+02:00")).want(409)
	b.post("/musterkreis/reserve", b.formOf("service", "ausweis*9", "slot", "buergerbuero@"+wednesday)).want(404)
}

func TestQuestions(t *testing.T) {
	d, _ := desktest.SQLite(t)
	apply(t, d, county())
	b := serve(t, d).browser(t)
	b.get("/musterkreis/choose?service=pass").want(200, "Was für ein Pass", "Express-Pass", "Ja", "(freiwillig)", "70,00 EUR")
	b.get("/musterkreis/choose?service=pass*1&next=1").want(422, "Bitte wählen Sie bei „Was für ein Pass", "!Wohin reisen Sie?“")
	b.get("/musterkreis/choose?service=pass*1&q.pass.art=express&q.pass.kind=yes&q.pass.land=%C3%96sterreich:+Tirol&next=1").want(200, "Wann möchten Sie kommen?")
	b.get(b.links("site=rathaus")[0]).want(200)
	b.post("/musterkreis/reserve", b.form("slot", "buergerbuero@"+wednesday)).want(200, "08:00–08:30 Uhr")
	b.post("/musterkreis/review", b.form("name", "Ada Beispiel", "email", ada)).want(422, "Häkchen")
	b.post("/musterkreis/review", b.form("name", "Ada Beispiel", "email", ada, "consent", "1")).want(200)
	b.post("/musterkreis/book", b.form()).want(200, "Eingang ohne Stufen", "Klingel am Tor", "Zimmer 12")
	kreis := desktest.Clerk()
	kreis.Tenant = "musterkreis"
	list, err := d.List(t.Context(), kreis, "", agenda.DateOf(desktest.Start), agenda.DateOf(desktest.Start)+9)
	if err != nil {
		t.Fatal(err)
	}
	if got := list[0].Items[0].Answers; got["art"] != "express" || got["kind"] != "yes" || got["land"] != "Österreich: Tirol" {
		t.Errorf("got answers %v", got)
	}
	b.get("/musterkreis/times?service=pass").want(200, "Was für ein Pass", "!Bitte wählen Sie bei") // nothing was asked yet: no fault
	b.get("/musterkreis/choose?service=ausweis*1&service=beratung*1").want(422, "nicht in einem Termin")
	b.get("/musterkreis/choose?service=ausweis*7").want(422, "So viele")
	b.get("/musterkreis/choose?service=beratung").want(200, "Wie möchten Sie mit uns sprechen?", "wir rufen Sie an")
	b.get("/musterkreis/choose?service=beratung*1&mode=phone&next=1").want(200, "Wann sollen wir Sie anrufen?")
}

func TestFindingATime(t *testing.T) {
	d, _ := desktest.SQLite(t)
	apply(t, d, county(), city())
	b := serve(t, d).browser(t)
	b.get("/musterkreis/times?service=ausweis").want(200, "Der früheste Termin an jedem Standort", "3 weitere Standorte", "Lieber an einem anderen Tag?")
	b.get("/musterkreis/times?service=ausweis&site=nordb").want(200, "Bürgerbüro Süd", "Alle Zeiten an diesem Tag", "!Lieber an einem")
	for _, slot := range b.slots() {
		if !strings.HasPrefix(slot, "nordb@") {
			t.Errorf("got %s, want only the chosen site", slot)
		}
	}
	b.get(b.links("from=")[0]).want(200, "Montag, 13. Juli 2026", "!Freitag, 10. Juli 2026")
	b.get("/musterstadt/times?service=pass&weekday=th").want(200, "Donnerstag, 9. Juli 2026", "Donnerstag, 16. Juli 2026", "!Freitag, 10. Juli")
	b.get("/musterstadt/times?service=pass&part=pm").want(200, "Mit dieser Auswahl ist keine Zeit frei", "Wir haben bis Freitag, 4. September 2026 gesucht", "Alle Wochentage und Tageszeiten")
	b.get("/musterstadt/times?service=pass&view=month&month=2026-08").want(200, "August 2026", "frei", "keine freie Zeit", "month=2026-09", "month=2026-07")
	b.get(b.links("day=2026-08-04")[0]).want(200, "Dienstag, 4. August 2026", "08:10 Uhr")
	b.get("/musterstadt/times?service=pass&day=2026-07-11").want(200, "Samstag, 11. Juli 2026: Leider ist keine Zeit frei", "Die nächste freie Zeit: Montag, 6. Juli 2026, 08:00 Uhr")
	b.get("/musterstadt/times?service=pass&view=month&month=nonsense&day=x&from=y&site=z&weekday=xx&part=zz").want(200, "Juli 2026")
	b.get("/grossstadt/times?service=pass").want(200, "Ortszeit (Atlantic/Canary)", "08:00 Uhr")
}

// Nothing free: the page says why, until when it looked, and whom to call.
func TestNothingFree(t *testing.T) {
	d, c := desktest.SQLite(t)
	closed := county()
	short := desktest.Musterstadt()
	short.Tenant.ID = "kurz"
	short.Services[3].HorizonDays = 1
	apply(t, d, closed, short)
	w := serve(t, d)
	b := w.browser(t)
	b.get("/musterkreis/times?service=zu").want(200, "Leider ist zurzeit kein Termin frei", "nicht geöffnet", "Donnerstag, 16. Juli 2026", "05550 110", "!Monatskalender")
	c.Set(desktest.At(4, "11:50")) // Friday; the next days are a weekend
	b.get("/kurz/times?service=impfen").want(200, "zu kurz bevor", "Samstag, 11. Juli 2026", "Neue Termine gibt es hier ab Sonntag, 12. Juli 2026, 00:00 Uhr")
	c.Set(desktest.Start)
	for i := range 48 * 2 {
		r := booking.Request{Tenant: "kurz", Wish: desktest.Wish("impfen"), Calendar: "impfung", By: agenda.Public, Actor: booking.ActorVisitor,
			Start: desktest.At(i/48, "08:00").Add(time.Duration(i%48*5) * time.Minute)}
		if _, err := d.BookNow(t.Context(), r, booking.Form{Visitor: desktest.Ada}, booking.Once{}); err != nil {
			t.Fatal(err)
		}
	}
	b.get("/kurz/times?service=impfen").want(200, "Bis Dienstag, 7. Juli 2026 sind alle Termine vergeben", "Neue Termine gibt es hier ab Dienstag, 7. Juli 2026, 00:00 Uhr", "05550 110")
}

// TestEnglish walks through all pages in English. It is long because it sees
// each of them once.
func TestEnglish(t *testing.T) {
	d, _ := desktest.SQLite(t)
	apply(t, d, county())
	w := serve(t, d)
	b := w.browser(t)
	b.lang = "en-GB,en;q=0.9"
	german := regexp.MustCompile(`>[^<]*\b(Bitte|Ihre|Termin|Uhr|Zeiten|Sie)\b[^<]*<`)
	see := func(status int, texts ...string) {
		t.Helper()
		b.want(status, append(texts, `<html lang="en"`)...)
		if b.path != "/" {
			b.want(status, "/musterkreis/legal/imprint", "https://musterleine.example/datenschutz", "/musterkreis/legal/accessibility")
		}
		for _, found := range german.FindAllString(main(b.body), -1) {
			if !strings.Contains(found, "Ich bin einverstanden") {
				t.Errorf("%s: German on an English page: %s", b.path, found)
			}
		}
	}
	b.get("/")
	see(200, "Appointments at your local offices", "Identity card")
	b.get("/musterkreis/")
	see(200, "What would you like to do?", "Identity card", `<span lang="de" dir="ltr">Reisepass</span>`)
	b.get("/musterkreis/choose?service=ausweis")
	see(200, "How many?")
	b.get("/musterkreis/times?service=ausweis")
	see(200, "The earliest appointment at each location")
	b.get("/musterkreis/times?service=ausweis&view=month")
	see(200, "July 2026")
	b.get("/musterkreis/times?service=zu")
	see(200, "Sorry, no appointment is free")
	b.get("/musterkreis/times?service=ausweis&day=2026-07-08")
	see(200, "Wednesday, 8 July 2026", "08:00")
	b.post("/musterkreis/reserve", b.form("slot", "buergerbuero@"+wednesday))
	see(200, "Who is coming?", "until 07:20")
	b.post("/musterkreis/review", b.form("email", "x"))
	see(422, "First and last name")
	b.post("/musterkreis/review", b.form("name", "Ada", "email", ada, "consent", "1"))
	see(200, "Is everything right?")
	sent := b.form()
	b.post("/musterkreis/others", sent)
	see(200, "Choose another time")
	b.post("/musterkreis/book", sent)
	see(200, "Your appointment is booked", "Present identity card")
	manage := strings.TrimSuffix(b.path, "?done=1")
	b.get(manage+"/termin.ics").want(200, "SUMMARY:Identity card")
	b.get(manage + "/move")
	see(200, "When would you like to come instead?")
	b.get(b.links("slot=")[1])
	see(200, "Move the appointment?")
	b.get(manage + "/cancel")
	see(200, "Really cancel the appointment?")
	b.post(manage+"/cancel", nil)
	see(200, "Appointment cancelled")
	if missing := w.cat.Missing(); len(missing) > 0 {
		t.Errorf("texts missing: %v", missing)
	}
}

func TestLanguageOfTheBooking(t *testing.T) {
	d, _ := desktest.SQLite(t)
	w := serve(t, d)
	b := w.browser(t)
	b.lang = "fr"
	b.get("/musterstadt/").want(200, `<html lang="de"`)
	b.get("/musterstadt/?lang=en").want(200, `<html lang="en"`)
	b.get("/musterstadt/times?service=pass&day=2026-07-08").want(200, `<html lang="en"`)
	b.post("/musterstadt/reserve", b.form("slot", b.slots()[0])).want(200)
	b.post("/musterstadt/review", b.form("name", "Ada", "email", ada)).want(200)
	b.post("/musterstadt/book", b.form()).want(200, "Your appointment is booked")
	if got := cards(t, d)[0].Language; got != "en" {
		t.Errorf("got letters in %q, want en", got)
	}
}

func TestLegal(t *testing.T) {
	d, _ := desktest.SQLite(t)
	apply(t, d, county())
	b := serve(t, d).browser(t)
	b.get("/musterkreis/").want(200, "/musterkreis/legal/imprint", "https://musterleine.example/datenschutz", "/musterkreis/legal/accessibility", "/musterkreis/brand.css?v=")
	b.get("/musterkreis/legal/imprint").want(200, "Impressum", "Vertreten durch die Landrätin")
	b.get("/musterkreis/times?service=ausweis&day=2026-07-08&site=rathaus").want(200)
	b.post("/musterkreis/reserve", b.form("slot", "buergerbuero@"+wednesday)).want(200, `name="consent"`, "Ich bin einverstanden")
	b.get("/musterstadt/times?service=pass&day=2026-07-08").want(200)
	b.post("/musterstadt/reserve", b.form("slot", b.slots()[0])).want(200, "Wer kommt?", `!name="consent"`, `!type="checkbox"`)
	b.get("/musterkreis/brand.css").want(200, "--brand:#7a1f5c")
}

// A link from another website names no mode: the page says which of several it shows.
func TestTheFirstModeIsSaid(t *testing.T) {
	d, _ := desktest.SQLite(t)
	apply(t, d, county())
	b := serve(t, d).browser(t)
	b.get("/musterkreis/times?service=beratung").want(200, `mode=onsite&amp;service=beratung%2A1" aria-current="true">`)
}
