package staff

import (
	"crypto/rand"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/bounce"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/pagetest"
)

// lettersOf gives the letters about a visit.
func (h *house) lettersOf(b *agenda.Booking) (list []store.Posting) {
	h.Helper()
	err := h.desk.Store.View(h.Context(), func(tx *store.Tx) (err error) {
		list, err = tx.Postings(b.Tenant, b.ID)
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
	return list
}

// deliver settles a letter as a mail server answered.
func (h *house) deliver(p store.Posting, state, what string, said booking.Heard) {
	h.Helper()
	p.State = state
	p.Said = h.desk.Hear(p, what, said)
	if err := h.desk.Settle(h.Context(), p); err != nil {
		h.Fatal(err)
	}
}

// What became of a letter stands on the visit and in the list: accepted, then back; whom to
// call; and once more.
func TestLettersOnTheVisitAndInTheList(t *testing.T) {
	h := sqlite(t)
	clerk := h.as(agenda.Clerk, "")
	h.get("/staff/letters", clerk).want(200, "Keine Probleme", "!anrufen", "!angekommen")
	b := h.ask("buergerbuero", 1, "08:30", "Ada Beispiel", "ausweis")
	at := "/staff/bookings/" + b.ID
	first := h.lettersOf(b)[0]
	h.get(at, clerk).want(200, "Wartet auf Versand", `<table class="letter-rows" role="table">`) // cards on a phone
	h.deliver(first, "sent", store.Accepted, booking.Heard{To: desktest.Ada.Email, Code: 250, Status: "2.0.0", Text: "Ok: queued as 4XyZ"})
	h.get(at, clerk).want(200, "Vom Mailserver angenommen</span>", "Vom Mailserver angenommen (250, 2.0.0)", "queued as 4XyZ", "!Noch einmal schicken")
	h.get("/staff/letters?state=sent", clerk).want(200, "Ada Beispiel", "Vom Mailserver angenommen")
	pagetest.Keep(t, "letters-sent-de", h.get("/staff/letters?state=all", clerk).Body.String())

	known, err := h.desk.Return(t.Context(), booking.Returned{IDs: []string{first.MessageID}, What: store.Bounced, Code: 550, Status: "5.1.1", Text: "no <script>such</script> user"})
	if !known || err != nil {
		t.Fatal(known, err)
	}
	h.get(at, clerk).want(200, "Zurückgekommen", "Unzustellbar zurückgekommen (550, 5.1.1)", "no &lt;script&gt;such", "Bitte anrufen", "Die Adresse stimmt wohl nicht", "Noch einmal schicken", "Adresse wieder anschreiben")
	h.get("/staff/day?calendar=buergerbuero", clerk).want(200, "1 Person anrufen, die kein Schreiben erreicht hat", `href="/staff/letters"`)
	list := h.get("/staff/letters", clerk).want(200, "1 Person anrufen", "Ada Beispiel", "Zurückgekommen", "!Wartet auf Versand</span>")
	pagetest.Keep(t, "letters-problem-de", list.Body.String())
	pagetest.Keep(t, "booking-bounced-de", h.get(at, clerk).Body.String())
	h.get("/staff/letters", h.as(agenda.Clerk, "soziales")).want(200, "Keine Probleme", "!Ada")
	h.post(at+"/reached", h.as(agenda.Clerk, "soziales")).want(404)
	h.post(at+"/reached", h.as(agenda.Auditor, "")).want(403)

	h.post(at+"/reached", clerk, "from", "letters").to("/staff/letters?done=reached", clerk).want(200, "Als angerufen vermerkt", "!1 Person anrufen")
	h.post(at+"/reached", clerk).to(at+"?done=changed", clerk).want(200, "!Bitte anrufen")
	h.post(at+"/write-again", clerk).to(at+"?done=written", clerk).want(200, "wird wieder angeschrieben", "!Adresse wieder anschreiben")
	h.post(at+"/letters/"+first.MessageID+"/again", clerk).to(at+"?done=again", clerk).want(200, "geht noch einmal hinaus", "Noch einmal in den Versand gegeben", "Wartet auf Versand")
	h.post(at+"/letters/"+first.MessageID+"/again", clerk).to(at+"?done=changed", clerk)
	if again := h.lettersOf(b)[0]; again.MessageID != first.MessageID || again.State != "queued" || again.Attempts != 0 {
		t.Errorf("sent again: got %+v, want it queued under the same Message-ID", again)
	}
	h.post(at+"/letters/nobody/again", clerk).want(404)

	h.get("/staff/letters?from=2026-07-08&to=2026-07-01", clerk).want(422, "Das Ende liegt vor dem Anfang")
	h.get("/staff/letters?state=dropped", clerk).want(200, "Keine Schreiben gefunden")
	pagetest.Keep(t, "letters-empty-de", h.get("/staff/letters?state=dropped", clerk).Body.String())
}

// A slip in an address that a caller spells is asked about once.
func TestASlipInTheAddressOfACaller(t *testing.T) {
	h := sqlite(t)
	clerk := h.as(agenda.Clerk, "")
	form := func(key, start string, more ...string) []string {
		return append([]string{"service", "ausweis", "start", start + " buergerbuero", "name", "Ada Beispiel", "email", "ada@web.d", "key", key}, more...)
	}
	asked := h.post("/staff/new", clerk, form("k1", "2026-07-07T06:00:00Z")...).want(422, "Ist ada@web.de gemeint?", `name="hinted" value="ada@web.d"`, `value="Ada Beispiel"`)
	pagetest.Keep(t, "new-meant-de", asked.Body.String())
	taken := h.post("/staff/new", clerk, form("k1", "2026-07-07T06:00:00Z", "hinted", "ada@web.d", "meant", "ada@web.de")...)
	kept := h.post("/staff/new", clerk, form("k2", "2026-07-07T07:00:00Z", "hinted", "ada@web.d")...)
	for want, a := range map[string]reply{"ada@web.de": taken, "ada@web.d": kept} {
		if c, err := h.desk.Seen(t.Context(), desktest.Clerk(), a.made()); err != nil || c.Private.Email != want {
			t.Errorf("booked for %q, %v, want %s", c.Private.Email, err, want)
		}
	}
}

// The same when an address is corrected: asked once where it is another one than before,
// with what else was typed kept, and never about one that was there before.
func TestASlipInACorrectedAddress(t *testing.T) {
	h := sqlite(t)
	clerk := h.as(agenda.Clerk, "")
	b := h.ask("buergerbuero", 1, "08:30", "Ada Beispiel", "ausweis")
	at := "/staff/bookings/" + b.ID
	form := func(email string, more ...string) []string {
		return append([]string{"seen", h.get(at+"/edit", clerk).seen(), "name", "Ada Beispiel", "email", email, "staffNote", "bleibt stehen", "language", "de"}, more...)
	}
	email := func() string {
		h.Helper()
		c, err := h.desk.Seen(t.Context(), desktest.Clerk(), b.ID)
		if err != nil {
			t.Fatal(err)
		}
		return c.Private.Email
	}
	asked := h.post(at+"/edit", clerk, form("ada@gmial.com")...).want(422, "Ist ada@gmail.com gemeint?", `name="hinted" value="ada@gmial.com"`, "bleibt stehen")
	pagetest.Keep(t, "edit-meant-de", asked.Body.String())
	h.post(at+"/edit", clerk, form("ada@gmial.com", "hinted", "ada@gmial.com", "meant", "boese@gmail.com")...).to(at+"?done=edit", clerk)
	if got := email(); got != "ada@gmial.com" {
		t.Errorf("a guess that was made up: got %s", got)
	}
	h.post(at+"/edit", clerk, form("ada@gmial.com", "caseReference", "1")...).to(at+"?done=edit", clerk) // as it was before: nothing to ask
	h.post(at+"/edit", clerk, form("ada@web.d")...).want(422, "Ist ada@web.de gemeint?")
	h.post(at+"/edit", clerk, form("ada@web.d", "hinted", "ada@web.d", "meant", "ada@web.de")...).to(at+"?done=edit", clerk)
	if got := email(); got != "ada@web.de" {
		t.Errorf("the guess was taken: got %s", got)
	}
}

// And of somebody who stands there while the form for a caller is filled in: nothing that
// was typed is lost by the question.
func TestASlipInTheAddressOfSomebodyWhoStandsThere(t *testing.T) {
	h := sqlite(t)
	h.clock.Set(desktest.At(1, "09:00"))
	clerk := h.as(agenda.Clerk, "")
	form := func(email string, more ...string) []string {
		return append([]string{"service", "ausweis", "start", startValue(desktest.At(1, "10:00"), "buergerbuero"), "name", "Ada Beispiel", "email", email, "caseReference", "32/4711"}, more...)
	}
	asked := h.post("/staff/walk-in", clerk, form("ada@gmial.com", "key", "1")...).want(422, "Ist ada@gmail.com gemeint?", `value="ada@gmial.com"`, `value="32/4711"`, `value="Ada Beispiel"`)
	pagetest.Keep(t, "walk-in-meant-de", asked.Body.String())
	for want, pairs := range map[string][]string{
		"ada@gmail.com": form("ada@gmial.com", "hinted", "ada@gmial.com", "meant", "ada@gmail.com", "key", "2"),
		"eva@gmial.com": form("eva@gmial.com", "hinted", "eva@gmial.com", "key", "3"),
	} {
		a := h.post("/staff/walk-in", clerk, pairs...).want(303)
		to, err := url.Parse(a.Header().Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		if c, err := h.desk.Seen(t.Context(), desktest.Clerk(), to.Query().Get("about")); err != nil || c.Private.Email != want || c.Private.CaseReference != "32/4711" {
			t.Errorf("taken in: got %+v, %v, want %s", c, err, want)
		}
	}
}

// Letters are held back and let go by those who lead the office; what would go out stands
// there, and nobody else is offered the button.
func TestLettersAreHeldBack(t *testing.T) {
	h := sqlite(t)
	clerk, admin := h.as(agenda.Clerk, ""), h.as(agenda.Admin, "")
	h.ask("buergerbuero", 1, "08:30", "Ada Beispiel", "ausweis")
	h.get("/staff/letters", clerk).want(200, "!anhalten", "!Es gehen keine Schreiben hinaus")
	h.get("/staff/letters", admin).want(200, "Alle Schreiben anhalten")
	h.post("/staff/letters/pause", clerk, "why", "weil").want(403)
	h.post("/staff/letters/pause", h.as(agenda.Admin, "soziales"), "why", "weil").want(403)
	h.post("/staff/letters/pause", admin, "why", " ").want(422, "Bitte füllen Sie das Feld")
	h.post("/staff/letters/pause", admin, "why", "Umzug <des> Mailservers").to("/staff/letters?done=paused", admin).
		want(200, "Schreiben werden zurückgehalten", "Es gehen keine Schreiben hinaus", "Umzug &lt;des&gt; Mailservers", "Beim Fortsetzen gingen hinaus", "Terminbestätigung: 1", "Schreiben fortsetzen")
	pagetest.Keep(t, "letters-paused-de", h.get("/staff/letters", admin).Body.String())
	h.get("/staff/letters", clerk).want(200, "Es gehen keine Schreiben hinaus", "!Schreiben fortsetzen")
	h.post("/staff/letters/resume", clerk).want(403)
	h.post("/staff/letters/resume", admin).to("/staff/letters?done=resumed", admin).want(200, "Schreiben gehen wieder hinaus", "!Es gehen keine")
	h.post("/staff/letters/resume", admin).to("/staff/letters?done=changed", admin)
}

// After a restore a tenant's pause can end without what most likely went out before.
func TestLettersSentBeforeARestore(t *testing.T) {
	h := sqlite(t)
	admin := h.as(agenda.Admin, "")
	b := h.ask("buergerbuero", 1, "08:30", "Ada Beispiel", "ausweis")
	h.post("/staff/letters/pause", admin, "why", "Umzug")
	h.get("/staff/letters", admin).want(200, "!wahrscheinlich")
	copied := h.clock.Now()
	h.clock.Advance(time.Hour)
	err := h.desk.Store.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.PauseMail(store.Pause{Since: h.clock.Now(), Actor: booking.ActorJob, Reason: booking.RestoredReason, Copied: copied})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	h.get("/staff/letters", admin).want(200, "Terminbestätigung: 1. 1 ging", "Schreiben fortsetzen", "Fortsetzen ohne das, was wahrscheinlich schon hinausging", "zweimal ist besser als gar nicht")
	pagetest.Keep(t, "letters-restored-de", h.get("/staff/letters", admin).Body.String())
	h.post("/staff/letters/resume", h.as(agenda.Clerk, ""), "without", "sent").want(403)
	h.post("/staff/letters/resume", admin, "without", "sent").to("/staff/letters?done=resumed", admin).want(200, "Fortsetzen kann das nur", "!gehen wieder hinaus")
	h.get("/staff/bookings/"+b.ID, admin).want(200, "Nicht noch einmal verschickt", "Noch einmal schicken")
	h.post("/staff/letters/resume", admin, "without", "sent").to("/staff/letters?done=changed", admin)
}

// However many letters there are, turning pages shows each of them once: those that wait
// first, then the newest; letters of the same second as well.
func TestTurningThePagesOfLetters(t *testing.T) {
	each(t, func(h *house) {
		clerk := h.as(agenda.Clerk, "")
		b := h.ask("buergerbuero", 1, "08:30", "Ada Beispiel", "ausweis")
		var all []store.Posting
		if err := h.desk.Store.Update(h.Context(), func(tx *store.Tx) error {
			all = nil
			for i := range 210 {
				p := store.Posting{Tenant: b.Tenant, Subject: b.ID, Kind: booking.KindChanged, Version: 100 + i, MessageID: rand.Text(), Due: h.clock.Now().Add(time.Duration(i/50) * time.Second)}
				if err := tx.Post(p); err != nil {
					return err
				}
				all = append(all, p)
			}
			return nil
		}); err != nil {
			h.Fatal(err)
		}
		for i, p := range all[:105] {
			if i == 40 {
				h.clock.Advance(time.Second)
			}
			h.deliver(p, "sent", store.Accepted, booking.Heard{To: desktest.Ada.Email, Code: 250, Text: "taken " + p.MessageID})
		}
		for query, want := range map[string]int{"state=all": 212, "state=sent": 105, "state=waiting": 107, "state=problem": 0, "state=all&kind=changed": 210} {
			lines, pages, at := 0, 0, "/staff/letters?"+query
			words := map[string]bool{}
			for ; at != "" && pages < 9; pages++ {
				body := h.get(at, clerk).want(200).Body.String()
				lines += strings.Count(body, `<td role="cell"><span class="badge`)
				for _, found := range regexp.MustCompile(`taken [A-Z0-9]+`).FindAllString(body, -1) {
					words[found] = true
				}
				at = ""
				if next := regexp.MustCompile(`href="(/staff/letters\?[^"]*after=[^"]*)"`).FindStringSubmatch(body); next != nil {
					at = html.UnescapeString(next[1])
				}
			}
			if lines != want || pages != max(1, (want+mostLetters-1)/mostLetters) {
				h.Errorf("%s: got %d letters on %d pages, want %d", query, lines, pages, want)
			}
			if sent := len(words); (query == "state=all" || query == "state=sent") && sent != 105 {
				h.Errorf("%s: got %d different letters that were sent, want 105", query, sent)
			}
		}
		h.get("/staff/letters?state=sent&after=d1-x", clerk).want(200, "Zum Anfang", "Keine Schreiben gefunden")
		for _, made := range []string{"x", "d-1-x", "dx-x", "w1", "d99999999999999999999-x"} {
			h.get("/staff/letters?after="+made, clerk).want(404)
		}
	})
}

// What is in the mailbox that letters come back to, and whether it can be read, is for
// those who see the settings of the whole tenant; of another tenant's mailbox nobody sees.
func TestTheMailboxOfReturnedLetters(t *testing.T) {
	each(t, func(h *house) {
		h.office.Mailboxes = map[string][]string{"": {"imap mail.example:993 INBOX"}, "nachbarstadt": {"folder /tmp/theirs"}}
		admin := h.as(agenda.Admin, "")
		h.get("/staff/letters", admin).want(200, "Postfach für Rückläufer", "noch nie", "!Letzter Fehler")
		note := func(m store.Mailbox) {
			h.Helper()
			m.Name = "imap mail.example:993 INBOX"
			if err := h.desk.NoteMailbox(h.Context(), m); err != nil {
				h.Fatal(err)
			}
		}
		now := h.clock.Now()
		note(store.Mailbox{UID: 7, Bounces: 3, Absences: 4, Replies: 1, Unknown: 2, People: 11, Looked: now})
		h.get("/staff/letters", admin).want(200, `<bdi class="line">3</bdi>`, `<bdi class="line">5</bdi>`, `<bdi class="line">2</bdi>`, `<bdi class="line">11</bdi>`, "!noch nie", "!mail.example")
		note(store.Mailbox{UID: 7, Failed: now.Add(time.Minute), Fault: bounce.FaultCertificate})
		broken := h.get("/staff/letters", admin).want(200, "lässt sich nicht lesen: das Zertifikat gilt nicht", "Letzter Fehler", `<bdi class="line">3</bdi>`)
		if strings.HasSuffix(h.Name(), "/SQLite") { // a state is kept once
			pagetest.Keep(h, "letters-mailbox-de", broken.Body.String())
		}
		note(store.Mailbox{UID: 9, Bounces: 1, Looked: now.Add(2 * time.Minute)})
		h.get("/staff/letters", admin).want(200, "!lässt sich nicht lesen", "Letzter Fehler", `<bdi class="line">4</bdi>`)
		for _, other := range []string{h.as(agenda.Clerk, ""), h.as(agenda.Auditor, ""), h.as(agenda.Lead, "soziales")} {
			h.get("/staff/letters", other).want(200, "!Postfach für Rückläufer")
		}
		h.office.Mailboxes["musterstadt"] = nil
		h.get("/staff/letters", admin).want(200, "!Postfach für Rückläufer")
	})
}
