package setup_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/staff/office"
)

func (h *house) recognise(ctx context.Context, _ string) (k office.Known, err error) {
	p, err := h.desk.Present(ctx, h.who.Tenant)
	if err != nil {
		return k, err
	}
	k.Person, k.Setup, k.Now = h.who, p.Setup, p.Now.In(p.Setup.Zone())
	return k, nil
}

// change puts a changed set-up of the town in force.
func (h *house) change(f func(*agenda.Setup)) {
	h.Helper()
	s := *h.setup()
	s.Departments, s.Services, s.Calendars, s.Sites = slices.Clone(s.Departments), slices.Clone(s.Services), slices.Clone(s.Calendars), slices.Clone(s.Sites)
	f(&s)
	if _, err := h.desk.Apply(h.Context(), &s, booking.ApplyOptions{Actor: "test"}); err != nil {
		h.Fatal(err)
	}
}

// book books a visit for a service in a calendar tomorrow at eight.
func (h *house) book(calendar, service string) *agenda.Booking {
	h.Helper()
	r := booking.Request{Tenant: town, Wish: desktest.Wish(service), Calendar: calendar, Start: desktest.At(1, "08:00"), By: agenda.Public, Actor: booking.ActorVisitor}
	got, err := h.desk.BookNow(h.Context(), r, booking.Form{Visitor: desktest.Ada, Language: "de"}, booking.Once{})
	if err != nil {
		h.Fatal(err)
	}
	return got.Booking
}

func TestOverviewSaysWhatIsMissing(t *testing.T) {
	h := newHouse(t)
	h.get("/staff/setup").want(200, "Das Impressum fehlt", "Die Datenschutzerklärung fehlt", "4 Terminkalender")
	h.change(func(s *agenda.Setup) {
		s.Legal = agenda.Legal{Imprint: agenda.Plain("x"), Privacy: agenda.Plain("x"), Accessibility: agenda.Plain("x")}
	})
	h.get("/staff/setup").want(200, "Es ist alles eingerichtet")
	h.change(func(s *agenda.Setup) {
		s.Services = append(s.Services, config.Fresh[agenda.Service](), config.Fresh[agenda.Service]())
		for i, id := range []string{"neu", "neuer"} {
			x := &s.Services[len(s.Services)-2+i]
			x.ID, x.Name, x.Minutes = id, agenda.Plain("Dienst "+id), 5
		}
		s.Calendars[3].SlotTemplates = nil
	})
	h.get("/staff/setup").want(200, "Nächster Schritt", "1 Terminkalender hat keine Öffnungszeiten", "/staff/plan?calendar=impfung", "2 Anliegen werden nirgends angeboten")
	h.get("/staff/setup/services?without=calendars").want(200, "Dienst neu", "Dienst neuer", "!Reisepass")
	h.who = as(agenda.Lead, "soziales")
	h.get("/staff/setup").want(200, "!Impressum", "!nirgends", "!Kommunen", "1 Terminkalender")
}

// A service is set up with its questions, offered in a calendar, and changed.
func TestAddAService(t *testing.T) {
	h := newHouse(t)
	form := h.get("/staff/setup/new/services").form("name.de", "Führungszeugnis", "name.en", "Certificate", "minutes", "15", "synonyms", "Zeugnis\r\n\r\nFührung ",
		"calendars", "buergerbuero", "checklist.0.de", "Ausweis", "fee.de", "13 Euro", "combinable", "pass", "minutesMore", "0",
		"questions.0.label.de", "Welches?", "questions.0.options.0.label.de", "Einfach", "questions.0.options.1.label.de", "Erweitert", "questions.0.options.1.minutes", "30")
	h.post("/staff/setup/new/services", form).to("/staff/setup/services/fuehrungszeugnis?done=added").want(200, "Angelegt", "/musterstadt/choose?service=fuehrungszeugnis")
	s := h.setup()
	x, ok := s.Service("fuehrungszeugnis")
	if !ok {
		t.Fatal("there is no such service")
	}
	want := config.Fresh[agenda.Service]()
	want.ID, want.Name, want.Minutes, want.MinutesMore = "fuehrungszeugnis", agenda.Text{"de": "Führungszeugnis", "en": "Certificate"}, 15, 0
	want.Synonyms, want.Combinable, want.Fee = []string{"Zeugnis", "Führung"}, []string{"pass"}, agenda.Text{"de": "13 Euro"}
	want.Checklist = []agenda.Text{{"de": "Ausweis"}}
	want.Questions = []agenda.Question{{ID: "welches", Label: agenda.Text{"de": "Welches?"}, Type: "choice", Options: []agenda.Option{
		{ID: "einfach", Label: agenda.Text{"de": "Einfach"}}, {ID: "erweitert", Label: agenda.Text{"de": "Erweitert"}, Minutes: 30}}}}
	if !agenda.Same(*x, want) {
		t.Errorf("got\n%+v, want\n%+v", *x, want)
	}
	if on := s.Offering("fuehrungszeugnis"); len(on) != 1 || on[0].ID != "buergerbuero" {
		t.Errorf("offered in %v", on)
	}
	// What the other side of a combination says is shown here, and goes from there.
	at := "/staff/setup/services/pass"
	form = h.get(at).form("combinable", "ausweis")
	h.post(at, form).to(at + "?done=saved")
	if x, _ := h.setup().Service("fuehrungszeugnis"); len(x.Combinable) > 0 {
		t.Errorf("got %v, want no combination", x.Combinable)
	}
	// A question goes, a line of the checklist too.
	at = "/staff/setup/services/fuehrungszeugnis"
	h.post(at, h.get(at).form("questions.0.label.de", "", "questions.0.options.0.label.de", "", "questions.0.options.1.label.de", "", "checklist.0.de", "")).to(at)
	if x, _ := h.setup().Service("fuehrungszeugnis"); len(x.Questions)+len(x.Checklist) > 0 {
		t.Errorf("got %+v", x)
	}
}

// Bad input is refused beside its field, with what was typed and what is expected.
func TestBadInput(t *testing.T) {
	h := newHouse(t)
	for _, x := range []struct {
		at    string
		pairs []string
		field string
		texts []string
	}{
		{"services/ausweis", []string{"name.de", ""}, "name.de", []string{"Bitte füllen Sie das Feld „Name (Deutsch)“ aus"}},
		{"services/ausweis", []string{"minutes", "zwölf"}, "minutes", []string{`value="zwölf"`, "eine Zahl von 1 bis 1440"}},
		{"services/ausweis", []string{"minutes", "0"}, "minutes", []string{"eine Zahl von 1 bis 1440"}},
		{"services/ausweis", []string{"questions.0.label.de", "Was?"}, "questions.0.label.de", []string{`value="Was?"`}},
		{"services/ausweis", []string{"questions.0.options.0.label.de", "Nur das"}, "questions.0.label.de", []string{`value="Nur das"`, "Bitte füllen Sie das Feld „Frage (Deutsch)“ aus"}},
		{"services/ausweis", []string{"modes", ""}, "modes", []string{"Bitte wählen Sie bei „Wie findet es statt?“"}},
		{"sites/rathaus", []string{"street", ""}, "street", []string{"Bitte füllen Sie das Feld „Straße und Hausnummer“ aus"}},
		{"sites/rathaus", []string{"lat", "91,5"}, "lat", []string{`value="91,5"`, "Eine Zahl von -90 bis 90"}},
		{"departments/soziales", []string{"mail", "kein Postfach"}, "mail", []string{`value="kein Postfach"`, "Ein Postfach, das jemand liest"}},
		{"departments/soziales", []string{"phone", "ja"}, "phone", []string{"eine Telefonnummer mit Vorwahl"}},
		{"calendars/buergerbuero", []string{"contact.email", "off", "contact.phone", "off"}, "contact.phone", []string{"E-Mail oder Telefon muss möglich sein"}},
		{"calendars/buergerbuero", []string{"pool", "Ein Topf"}, "pool", []string{`value="Ein Topf"`, "nur Kleinbuchstaben"}},
		{"calendars/buergerbuero", []string{"staffMail.dailyList", "7 Uhr"}, "staffMail.dailyList", []string{`value="7 Uhr"`, "Uhrzeit wie 07:00"}},
		{"calendars/buergerbuero", []string{"services.pass.minutes", "viel"}, "services.pass.minutes", []string{`value="viel"`}},
		{"calendars/buergerbuero", []string{"tickMinutes", "60"}, "tickMinutes", nil},
		{"tenant", []string{"brand.colour", "blau"}, "brand.colour", []string{`value="blau"`, "Raute und sechs Zeichen"}},
		{"tenant", []string{"mail.replyTo", "nirgends"}, "mail.replyTo", []string{"Eine E-Mail-Adresse"}},
		{"tenant", []string{"legal.imprint.de", "https://a b"}, "", nil},
		{"tenant", []string{"legal.imprint.de", "https://@"}, "legal.imprint.de", []string{"https://@"}},
		{"letters/soziales", []string{"letters.confirmed.de", "Hallo {vorname}"}, "letters.confirmed.de", []string{"Hallo {vorname}", "„{vorname}“", "kein Platzhalter"}},
	} {
		before, at := h.setup(), "/staff/setup/"+x.at
		a := h.post(at, h.get(at).form(x.pairs...))
		if x.field == "" {
			a.to(at) // a text that only looks like an address is one
			continue
		}
		a.want(http.StatusUnprocessableEntity, x.texts...)
		if !strings.Contains(a.Body.String(), `id="`+x.field+`-error"`) && x.field != "tickMinutes" {
			t.Errorf("%s %q: nothing stands beside %s: %s", x.at, x.pairs, x.field, a.main())
		}
		if changes := agenda.Changes(before, h.setup()); len(changes) > 0 {
			t.Errorf("%s %q changed %v", x.at, x.pairs, changes)
		}
	}
}

// More empty lines keep what was typed, and save nothing.
func TestMoreLines(t *testing.T) {
	h := newHouse(t)
	at := "/staff/setup/services/pass"
	form := h.get(at).form("checklist.0.de", "Foto", "minutes", "quatsch", "more", "checklist")
	a := h.post(at, form).want(200, `value="Foto"`, `value="quatsch"`, `name="checklist.3.de"`, "!Bitte prüfen Sie Ihre Angaben")
	form = a.form("checklist.3.de", "Alter Pass", "minutes", "20")
	h.post(at, form).to(at)
	if x, _ := h.setup().Service("pass"); len(x.Checklist) != 2 || x.Checklist[1]["de"] != "Alter Pass" {
		t.Errorf("got %v", x.Checklist)
	}
}

// Who saves over a change that they have not seen is told so, and sees what they typed.
func TestTwoAtOnce(t *testing.T) {
	h := newHouse(t)
	at := "/staff/setup/departments/soziales"
	mine := h.get(at).form("phone", "05550 999")
	elsewhere := h.get("/staff/setup/departments/buergerdienste").form("phone", "05550 888")
	h.post(at, h.get(at).form("phone", "05550 777")).to(at)
	h.post(at, mine).want(http.StatusUnprocessableEntity, "Jemand anderes hat hier inzwischen etwas geändert", `value="05550 999"`)
	h.post("/staff/setup/departments/buergerdienste", elsewhere).to("/staff/setup/departments/buergerdienste")
	if d, _ := h.setup().Department("soziales"); d.Phone != "05550 777" {
		t.Errorf("got %q", d.Phone)
	}
}

// A change that takes booked visits their place asks first and leads to them; what still
// has visits is not removed.
func TestStrandedVisits(t *testing.T) {
	h := newHouse(t)
	b := h.book("buergerbuero", "ausweis")
	at := "/staff/setup/calendars/buergerbuero"
	form := h.get(at).form("services.ausweis", "")
	h.post(at, form).want(http.StatusConflict, "1 gebuchter Termin ist betroffen", b.Reference, "/staff/bookings/"+b.ID, "Anliegen dort nicht mehr angeboten", "- calendars[buergerbuero].services[ausweis]")
	if c, _ := h.setup().Calendar("buergerbuero"); len(c.Services) != 2 {
		t.Error("the change was made")
	}
	form.Set("again", "1")
	h.post(at, form).want(200, `name="services.ausweis"`)
	form.Del("again")
	h.get("/staff/setup/services/ausweis/retire").want(200, b.Reference, "Verschieben oder sagen Sie diese Termine zuerst ab")
	h.post("/staff/setup/services/ausweis/retire", nil).want(http.StatusConflict, b.Reference)
	h.get("/staff/setup/sites/rathaus/retire").want(200, "Das wird noch gebraucht", "/staff/setup/calendars/buergerbuero")
	h.post("/staff/setup/sites/rathaus/retire", nil).want(http.StatusConflict, "Das wird noch gebraucht")
	h.who = as(agenda.County, "")
	h.post(at, form).want(http.StatusConflict, "!"+b.Reference, "1 davon gehört zu einem anderen Bereich")
	h.change(func(s *agenda.Setup) { s.Calendars[0].Private = true }) // then its visits are busy times to a planner
	h.who = as(agenda.Planner, "")
	h.get("/staff/setup/services/ausweis/retire").want(200, "!"+b.Reference, "1 davon gehört zu einem anderen Bereich")
	h.change(func(s *agenda.Setup) { s.Calendars[0].Private = false })
	h.who = as(agenda.Admin, "")
	form.Set("strand", "1")
	form.Set("seen", h.get(at).form().Get("seen"))
	h.post(at, form).to(at + "?done=saved")
	if c, _ := h.setup().Calendar("buergerbuero"); len(c.Services) != 1 {
		t.Error("the change was not made")
	}
}

// Who gives booked visits another place learns before it is saved how many letters that
// causes.
func TestAskBeforeVisitsGetAnotherPlace(t *testing.T) {
	h := newHouse(t)
	h.book("buergerbuero", "ausweis")
	at := "/staff/setup/calendars/buergerbuero"
	form := h.get(at).form("room.de", "Zimmer 99")
	h.post(at, form).want(http.StatusConflict, "Gebuchte Termine bekommen einen neuen Ort", "1 Besuch bekommt ein Schreiben mit dem neuen Ort", "Zimmer 99", "!Trotzdem speichern")
	if c, _ := h.setup().Calendar("buergerbuero"); c.Room["de"] == "Zimmer 99" {
		t.Error("the change was made")
	}
	form.Set("places", "1")
	h.post(at, form).to(at + "?done=saved")
	if c, _ := h.setup().Calendar("buergerbuero"); c.Room["de"] != "Zimmer 99" {
		t.Errorf("got room %v", c.Room)
	}
}

func TestRetireCopyAndOrder(t *testing.T) {
	h := newHouse(t)
	h.get("/staff/setup/services/impfen/retire").want(200, "Impfung entfernen?", "Frühere Termine bleiben lesbar")
	h.post("/staff/setup/services/impfen/retire", nil).to("/staff/setup/services?done=retired").want(200, "Entfernt", "!Impfung")
	h.post("/staff/setup/services/beratung/order", url.Values{"to": {"first"}}).to("/staff/setup/services?done=ordered")
	h.post("/staff/setup/services/beratung/order", url.Values{"to": {"down"}}).to("/staff/setup/services")
	h.post("/staff/setup/services/ausweis/order", url.Values{"to": {"up"}}).to("/staff/setup/services")
	h.post("/staff/setup/services/ausweis/order", url.Values{"to": {"last"}}).to("/staff/setup/services")
	if s := h.setup().Services; len(s) != 3 || s[0].ID != "beratung" || s[2].ID != "ausweis" {
		t.Errorf("got %v", s)
	}
	form := h.get("/staff/setup/new/calendars?copy=soziales").form("name.de", "Soziales, zweiter Schalter")
	h.post("/staff/setup/new/calendars", form).to("/staff/setup/calendars/soziales-zweiter-schalter?done=added").want(200, "Öffnungszeiten planen")
	c, ok := h.setup().Calendar("soziales-zweiter-schalter")
	if !ok || len(c.SlotTemplates) != 1 || c.Confirm != agenda.ConfirmStaff || len(c.Services) != 1 {
		t.Errorf("got %+v", c)
	}
	form = h.get("/staff/setup/new/services?copy=pass").form("name.de", "Kinderreisepass")
	h.post("/staff/setup/new/services", form).to("/staff/setup/services/kinderreisepass?done=added")
	if on := h.setup().Offering("kinderreisepass"); len(on) != 1 || on[0].ID != "buergerbuero" {
		t.Errorf("the copy is offered in %v", on)
	}
	form = h.get("/staff/setup/new/departments").form("name.de", "Bauen", "id", "soziales")
	refused := h.post("/staff/setup/new/departments", form).want(422, "Den Kurznamen „soziales“ gibt es schon", `value="Bauen"`)
	if strings.Contains(refused.main(), `href="/staff/setup/letters/`) {
		t.Error("the form leads to pages of a department that is not kept")
	}
	form.Set("id", "Bau Amt")
	h.post("/staff/setup/new/departments", form).want(422, "nur Kleinbuchstaben", `value="Bau Amt"`)
	form.Set("id", "")
	h.post("/staff/setup/new/departments", form).to("/staff/setup/departments/bauen?done=added")
}

// What belongs to a department is changed by whoever leads it; what belongs to all, or to
// another one, is not.
func TestRights(t *testing.T) {
	h := newHouse(t)
	lead := as(agenda.Lead, "buergerdienste")
	for _, x := range []struct {
		path     string
		get, set int
	}{
		{"tenant", 200, 403}, {"departments/buergerdienste", 200, 303}, {"departments/soziales", 404, 404}, {"sites/rathaus", 200, 403},
		{"services/ausweis", 200, 303}, {"services/beratung", 200, 403}, {"calendars/buergerbuero", 200, 303}, {"calendars/soziales", 404, 404},
		{"letters/buergerdienste", 200, 303}, {"letters/soziales", 404, 404}, {"file", 200, 403},
		{"new/departments", 403, 403}, {"new/sites", 403, 403}, {"services/ausweis/retire", 200, 303}, {"services/beratung/retire", 403, 403},
		{"calendars/soziales/retire", 404, 404}, {"calendars/buergerbuero/order", 0, 403}, {"calendars/soziales/order", 0, 404}, {"towns", 403, 403},
	} {
		at := "/staff/setup/" + x.path
		form := url.Values{}
		if x.set == 303 && !strings.HasSuffix(x.path, "retire") {
			h.who = as(agenda.Admin, "")
			form = h.get(at).form()
		}
		h.who = lead
		if x.get != 0 {
			h.get(at).want(x.get)
		}
		if a := h.post(at, form); a.Code != x.set && x.path != "file" {
			t.Errorf("POST %s: got %d, want %d: %s", x.path, a.Code, x.set, a.main())
		}
	}
	h.get("/staff/setup/file.yaml").want(403)
	for _, role := range []agenda.Role{agenda.Clerk, agenda.Reception, agenda.Auditor} {
		h.who = as(role, "")
		for _, r := range h.part.Routes() {
			if strings.HasPrefix(r.Path, "/staff/account/") {
				continue // everybody's own
			}
			a := h.send(httptest.NewRequest(r.Method, strings.Replace(r.Path, "{id}", "buergerbuero", 1), nil))
			if a.Code != http.StatusForbidden {
				t.Errorf("%s: %s %s: got %d, want 403", role, r.Method, r.Path, a.Code)
			}
		}
	}
	// The act checks by itself: a department's lead cannot smuggle a foreign thing in.
	s := *h.setup()
	s.Brand.Colour = "#123456"
	if _, err := h.desk.Apply(t.Context(), &s, booking.ApplyOptions{Person: lead, Actor: lead.ID}); err == nil {
		t.Error("a department's lead changed the tenant")
	}
}

func TestFeeds(t *testing.T) {
	h := newHouse(t)
	form := h.get("/staff/setup/feeds").form("what", "calendar:buergerbuero", "detail", "full")
	h.post("/staff/setup/feeds", form).want(200, "https://termine.example/feeds/", "webcal://termine.example/feeds/", "Die Adresse steht nur jetzt hier", "erst nach einem Tag", "<svg", "Terminkalender: Bürgerdienste, Rathaus")
	list, err := h.desk.Feeds(t.Context(), town)
	if err != nil || len(list) != 1 || list[0].Scope != "calendar" || list[0].Detail != "full" {
		t.Fatalf("got %v, %v", list, err)
	}
	h.get("/staff/setup/feeds").want(200, "!https://termine.example/feeds/", "zuletzt benutzt: nie")
	h.post("/staff/setup/feeds", url.Values{"what": {"calendar:nirgends"}}).want(422, "Bitte wählen Sie bei „Welche Termine?“", "Bitte wählen Sie bei „Was ist zu sehen?“")
	end := desktest.At(31, "00:00") // the last moment is the one before
	if _, _, err := h.desk.CreateFeed(t.Context(), store.Feed{Tenant: town, Scope: "all", Detail: "busy", Name: "Tafel", Expires: end}, booking.ActorCLI); err != nil {
		t.Fatal(err)
	}
	h.get("/staff/setup/feeds").want(200, "Tafel, Nur belegt, gilt bis ", end.AddDate(0, 0, -1).Format("02.01.2006"), "!"+end.Format("02.01.2006"))
	h.who = as(agenda.Lead, "soziales")
	h.get("/staff/setup/feeds").want(200, "!Rathaus", "Amt: Soziales", "!Alle Terminkalender")
	h.post("/staff/setup/feeds/"+list[0].ID+"/revoke", nil).want(404)
	h.post("/staff/setup/feeds", url.Values{"what": {"all:"}, "detail": {"busy"}}).want(422)
	h.who = as(agenda.County, "") // sees no bookings, so it makes no feeds, but may end them
	h.get("/staff/setup/feeds").want(200, "!Neues Abo", "Sperren")
	if _, _, err := h.desk.CreateFeedBy(t.Context(), h.who, store.Feed{Scope: "all", Detail: "busy"}); err == nil {
		t.Error("the county made a feed of bookings")
	}
	h.post("/staff/setup/feeds/"+list[0].ID+"/revoke", nil).to("/staff/setup/feeds?done=revoked").want(200, "Gesperrt", "1 gesperrter Zugang")
}

// Every clerk gets a feed of their own without an admin, and ends it; nobody ends another's.
func TestOwnFeeds(t *testing.T) {
	h := newHouse(t)
	at := "/staff/account/feeds"
	account := func(id string) *agenda.Person {
		p := as(agenda.Clerk, "buergerdienste")
		p.ID = id
		if err := h.desk.Store.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.AddAccount(store.Account{Person: *p, Email: id + "@musterstadt.example"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return p
	}
	grace, ada := account("grace"), account("ada")
	h.who = grace
	h.post(at, url.Values{}).want(422, "Bitte wählen Sie bei „Was ist zu sehen?“")
	h.post(at, h.get(at).form("detail", "full", "name", "Grace unterwegs", "alarm", "15", "until", "30")).want(200, "https://termine.example/feeds/", "Grace unterwegs", "gilt bis Mi, 05.08.2026", "!Terminkalender:")
	list, err := h.desk.OwnFeeds(t.Context(), grace)
	if err != nil || len(list) != 1 || list[0].Alarm != 15 || list[0].Target != "grace" {
		t.Fatalf("got %+v, %v", list, err)
	}
	h.get(at).want(200, "!termine.example/feeds/", "zuletzt benutzt: nie", "/staff-setup.css")
	h.who = ada
	h.get(at).want(200, "!Grace unterwegs")
	h.post(at+"/"+list[0].ID+"/revoke", nil).want(404)
	h.post("/staff/setup/feeds/"+list[0].ID+"/revoke", nil).want(403)
	h.who = as(agenda.Admin, "")
	h.get("/staff/setup/feeds").want(200, "!Grace unterwegs")
	h.post(at, h.get(at).form("detail", "busy")).want(403) // the county looking in has no account here
	h.who = grace
	h.post(at+"/"+list[0].ID+"/revoke", nil).to(at+"?done=revoked").want(200, "Gesperrt", "!Grace unterwegs")
	for range 10 {
		h.post(at, url.Values{"detail": {"busy"}, "alarm": {"0"}, "until": {"0"}}).want(200)
	}
	h.post(at, url.Values{"detail": {"busy"}, "alarm": {"0"}, "until": {"0"}}).want(422, "schon zehn Abos")
}

func TestTokens(t *testing.T) {
	h := newHouse(t)
	h.who = as(agenda.Lead, "soziales")
	h.post("/staff/setup/tokens", h.get("/staff/setup/tokens").form("role", "clerk")).want(422, "Bitte füllen Sie das Feld „Wofür?“ aus")
	h.post("/staff/setup/tokens", h.get("/staff/setup/tokens").form("name", "Anzeigetafel", "role", "clerk", "department", "soziales")).want(200, "Der Schlüssel ist angelegt", "Anzeigetafel", "Sachbearbeitung, Amt: Soziales")
	for _, pairs := range [][]string{{"role", "admin"}, {"department", "buergerdienste"}, {"department", "*"}} {
		form := url.Values{"name": {"x"}, "role": {"clerk"}, "department": {"soziales"}}
		form.Set(pairs[0], pairs[1])
		h.post("/staff/setup/tokens", form).want(422, "Bitte wählen Sie")
	}
	list, err := h.part.Accounts.Tokens(t.Context(), town)
	if err != nil || len(list) != 1 {
		t.Fatalf("got %v, %v", list, err)
	}
	h.who = as(agenda.Lead, "buergerdienste")
	h.get("/staff/setup/tokens").want(200, "!Anzeigetafel")
	h.post("/staff/setup/tokens/"+list[0].ID+"/revoke", nil).want(404)
	h.who = as(agenda.Admin, "")
	h.post("/staff/setup/tokens/"+list[0].ID+"/revoke", nil).to("/staff/setup/tokens?done=revoked").want(200, "!Anzeigetafel")
}

// A token's end is chosen, shown, and pointed out before it comes.
func TestTokensEnd(t *testing.T) {
	h := newHouse(t)
	at := "/staff/setup/tokens"
	form := func(name, days string) url.Values {
		return url.Values{"name": {name}, "role": {"clerk"}, "department": {"*"}, "until": {days}}
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	day := func(days int) string {
		d := h.clock.Now().In(zone).AddDate(0, 0, days)
		return [7]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"}[d.Weekday()] + d.Format(", 02.01.2006")
	}
	h.get(at).want(200, "Wie lange soll der Schlüssel gelten?", `value="365" selected`)
	h.post(at, form("Portal", "365")).want(200, "gilt bis "+day(365))
	h.get("/staff/setup").want(200, "!läuft bald ab")
	h.post(at, form("Wand", "30")).want(200, "gilt bis "+day(30), "!läuft bald ab")
	for _, days := range []string{"0", "9999", "-1", "x"} {
		h.post(at, form("Ewig", days)).want(422, "Bitte wählen Sie")
	}
	last := day(30)
	h.clock.Set(h.clock.Now().AddDate(0, 0, 1))
	h.get("/staff/setup").want(200, "1 Schlüssel für ein Programm läuft bald ab")
	h.get(at).want(200, "läuft bald ab, gilt bis "+last)
	h.clock.Set(h.clock.Now().AddDate(0, 0, 30))
	h.get("/staff/setup").want(200, "1 Schlüssel für ein Programm läuft bald ab oder ist abgelaufen")
	h.get(at).want(200, "abgelaufen, galt bis "+last)
	h.who = as(agenda.Lead, "soziales")
	h.get("/staff/setup").want(200, "!läuft bald ab") // no token that they could make anew
}

func TestFile(t *testing.T) {
	h := newHouse(t)
	text := h.get("/staff/setup/file.yaml").want(200).Body.String()
	h.post("/staff/setup/file", url.Values{"text": {text}}).want(200, "Die Datei ändert nichts")
	h.post("/staff/setup/file", url.Values{"text": {" "}}).want(422)
	h.post("/staff/setup/file", url.Values{}).want(422, "Bitte fügen Sie den Inhalt ein")
	h.post("/staff/setup/file", url.Values{"text": {strings.Replace(text, "holdMinutes: 0", "holdMinutes: -1", 1)}}).want(422, "musterstadt.yaml:", "holdMinutes: found -1; expected 0 to 1440")
	h.post("/staff/setup/file", url.Values{"text": {strings.Replace(text, "revision: 1", "revision: 7", 1)}}).want(422, "seitdem geändert")
	h.post("/staff/setup/file", url.Values{"text": {strings.Replace(text, "id: musterstadt", "id: anderswo", 1)}}).want(422, "andere")
	next := strings.Replace(text, "05550 120", "05550 121", 1)
	form := h.post("/staff/setup/file", url.Values{"text": {next}}).want(200, "~ departments[soziales].phone", "So einspielen").form()
	other := url.Values{"text": {strings.Replace(next, "05550 121", "05550 122", 1)}, "checked": form["checked"]}
	h.post("/staff/setup/file", other).want(200, "05550 122", "So einspielen") // another text than was shown
	h.post("/staff/setup/file", form).to("/staff/setup/file?done=saved")
	if d, _ := h.setup().Department("soziales"); d.Phone != "05550 121" {
		t.Errorf("got %q", d.Phone)
	}
	// As a file that was chosen, with a visit that would lose its place.
	b := h.book("impfung", "impfen")
	text = h.get("/staff/setup/file.yaml").Body.String()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	f, err := w.CreateFormFile("file", "stadt.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cut := strings.Index(text, "  - id: impfung\n")
	if _, err := f.Write([]byte(text[:cut])); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/staff/setup/file", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	h.send(r).want(200, "- calendars[impfung]", b.Reference, "Terminkalender entfällt", "Trotzdem einspielen")
}

func TestLetters(t *testing.T) {
	h := newHouse(t)
	at := "/staff/setup/letters/buergerdienste"
	h.get("/staff/setup/letters").want(200, "Musterstadt", at, "/staff/setup/tenant/letters", "/staff/setup/services/ausweis/letters", "!in 0 Arten")
	form := h.get(at).want(200, "{name} Name, {date} Datum", "Leer: „Ihr Termin ist gebucht.“", `sandbox=""`).form("letters.confirmed.de", "Bis bald, {name}!\r\nIhr Amt",
		"letters.subjects.confirmed.de", "Termin am {date}", "letters.signature.en", "Your office", "language", "de")
	shown := h.post(at+"/preview", form).want(200, "Bis bald, Erika Beispiel!", "Termin am ", "srcdoc=")
	if got := shown.Header().Get("Content-Security-Policy"); got != mail.PreviewPolicy {
		t.Errorf("the preview has the policy %q", got)
	}
	if d, _ := h.setup().Department("buergerdienste"); !agenda.Same(d.Letters, agenda.Letters{}) {
		t.Error("the preview saved something")
	}
	h.post(at, form).to(at+"?done=saved&kind=confirmed").want(200, "Gespeichert", "eigener Text")
	d, _ := h.setup().Department("buergerdienste")
	want := agenda.Letters{Confirmed: agenda.Text{"de": "Bis bald, {name}!\nIhr Amt"}, Signature: agenda.Text{"en": "Your office"}}
	want.Subjects.Confirmed = agenda.Text{"de": "Termin am {date}"}
	if got := d.Letters; !agenda.Same(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	h.get(at+"/preview?kind=confirmed&language=de&screen=phone-dark").want(200, "Bis bald, Erika Beispiel!", `class="phone"`, "@media all")
	send := h.get(at+"?kind=reminder").form("act", "send", "language", "en")
	for range 10 {
		h.post(at, send).to(at+"?done=sent&kind=reminder").want(200, "Die Probe ist unterwegs")
	}
	h.post(at, send).want(http.StatusTooManyRequests, "Mehr als zehn Proben")
}

// What stands nearer to the visit wins, and the preview shows it; what is confidential, or
// broken, has ours.
func TestLettersOfEveryLevel(t *testing.T) {
	h := newHouse(t)
	tenant, service := "/staff/setup/tenant/letters", "/staff/setup/services/ausweis/letters"
	h.post(tenant, h.get(tenant).form("letters.openings.confirmed.de", "Worte der Stadt", "letters.subjects.confirmed.de", "Betreff der Stadt {service}")).to(tenant + "?done=saved")
	h.post(service, h.get(service).form("letters.openings.confirmed.de", "Worte zum Ausweis")).to(service + "?done=saved")
	preview := tenant + "/preview?kind=confirmed&language=de&service="
	h.get(preview+"ausweis").want(200, "Worte zum Ausweis", "Betreff der Stadt Personalausweis")
	h.get(preview+"pass").want(200, "Worte der Stadt")
	if a := h.get(preview+"ausweis&state=sensitive").want(200, "Ihr Termin ist gebucht – "); strings.Contains(a.Body.String(), "Ausweis") || strings.Contains(a.Body.String(), "Worte") {
		t.Error("a confidential letter has words of the office")
	}
	h.post(service+"/preview", h.get(service).form("letters.openings.confirmed.de", "Hallo {vorname}")).want(422, "„{vorname}“", "kein Platzhalter")
	h.get(tenant+"?kind=links").want(200, "{phone} Telefon, {tenant} Verwaltung.")
	h.get(service+"?kind=links").want(200, "letters.confirmed.de") // is about no service
	h.who = as(agenda.Lead, "buergerdienste")
	h.get(tenant).want(200, "<fieldset class=\"setup-closed\" disabled>")
	h.post(tenant, h.get(service).form()).want(403)
	h.post(tenant+"/preview", h.get(service).form()).want(403)
}

// A text that an older program, or a restored book, has in force although it cannot be used.
func TestBrokenWordsAreTold(t *testing.T) {
	h := newHouse(t)
	s := *h.setup()
	s.Letters.Openings.Confirmed = agenda.Text{"de": "Hallo {vorname}"}
	err := h.desk.Store.Update(t.Context(), func(tx *store.Tx) error {
		if err := tx.LockSetup(s.Tenant.ID); err != nil {
			return err
		}
		_, err := tx.SaveSetup(&s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	const fault = "Musterstadt: Terminbestätigung: „{vorname}“ passt nicht. Platzhalter sind {name}"
	h.get("/staff/setup").want(200, "eigener Text in E-Mails ist fehlerhaft")
	h.get("/staff/setup/letters").want(200, fault)
	h.get("/staff/setup/tenant/letters").want(200, fault, "Hallo {vorname}")
	h.get("/staff/setup/tenant/letters/preview?kind=confirmed&language=de").want(200, "Ihr Termin ist gebucht.")
}

func TestTowns(t *testing.T) {
	h := newHouse(t)
	h.get("/staff/setup/towns").want(403)
	h.who = as(agenda.County, "")
	h.get("/staff/setup").want(200, "Kommunen")
	form := h.get("/staff/setup/towns").want(200, "Musterstadt").form("name", "Bad Musterstein", "email", "chef")
	h.post("/staff/setup/towns", form).want(422, `value="chef"`, `value="Bad Musterstein"`)
	form.Set("email", "chefin@musterstein.example")
	form.Set("id", "staff")
	h.post("/staff/setup/towns", form).want(422, "Bitte geben Sie als Kurznamen")
	form.Set("id", "")
	h.post("/staff/setup/towns", form).want(200, "Bad Musterstein ist angelegt", "https://termine.example/staff/invitation/")
	s, err := h.desk.Setup(t.Context(), "bad-musterstein")
	if err != nil || s.Tenant.State != "NI" {
		t.Fatalf("got %+v, %v", s, err)
	}
	h.post("/staff/setup/towns", form).want(200, "bad-musterstein-2")
}

// Legal texts are long, in all languages together longer than other forms.
func TestLongTexts(t *testing.T) {
	h := newHouse(t)
	text := strings.Repeat("Wir schützen Ihre Daten. ", 2000)
	at := "/staff/setup/tenant"
	h.post(at, h.get(at).form("legal.privacy.de", text, "legal.privacy.en", text, "legal.imprint.de", text)).to(at)
	if got := h.setup().Legal.Privacy["en"]; got != strings.TrimSpace(text) {
		t.Errorf("got %d characters", len(got))
	}
	h.post(at, h.get(at).form("legal.privacy.de", strings.Repeat("x", 100001))).want(422, "höchstens 100.000 Zeichen")
}

func TestHolidays(t *testing.T) {
	h := newHouse(t)
	h.change(func(s *agenda.Setup) {
		c := &s.Calendars[3]
		c.SlotTemplates = slices.Clone(c.SlotTemplates)
		c.SlotTemplates[0].AlsoOn = []agenda.Date{agenda.MakeDate(2026, time.May, 14)}
	})
	h.get("/staff/setup/holidays").want(200, "Niedersachsen", "Donnerstag, 14. Mai 2026", "Christi Himmelfahrt", "Bürgerdienste, Nebenstelle", "year=2027")
	h.get("/staff/setup/holidays?year=2027").want(200, "2027", "!Nebenstelle")
}

// All of Munich's services on one page.
func TestMunich(t *testing.T) {
	data, err := os.ReadFile("../../../config/testdata/munich-catalog.json")
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := config.ReadCatalogue(data, "munich-catalog.json")
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t)
	s, _ := config.Import(desktest.Musterstadt(), catalogue, nil)
	s.Revision = h.setup().Revision
	if _, err := h.desk.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	id := s.Calendars[len(s.Calendars)-1].ID
	for _, path := range []string{"", "/services", "/services/1063425", "/calendars", "/calendars/" + id, "/file"} {
		begun := time.Now()
		a := h.get("/staff/setup" + path).want(200)
		t.Logf("/staff/setup%s: %d KB in %v", path, a.Body.Len()>>10, time.Since(begun).Round(time.Millisecond))
	}
	at := "/staff/setup/calendars/" + id
	form := h.get(at).form()
	t.Logf("a form of %d KB", len(form.Encode())>>10)
	h.post(at, form).to(at)
	text := h.get("/staff/setup/file.yaml").want(200).Body.String()
	t.Logf("a file of %d KB", len(text)>>10)
	h.post("/staff/setup/file", url.Values{"text": {text}}).want(200, "Die Datei ändert nichts")
}
