package staff

import (
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
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
	h.get("/staff/letters", clerk).want(200, "Keine Probleme", "!anrufen")
	b := h.ask("buergerbuero", 1, "08:30", "Ada Beispiel", "ausweis")
	at := "/staff/bookings/" + b.ID
	first := h.lettersOf(b)[0]
	h.get(at, clerk).want(200, "Wartet auf Versand", `<table class="letter-rows" role="table">`) // cards on a phone
	h.deliver(first, "sent", store.Accepted, booking.Heard{To: desktest.Ada.Email, Code: 250, Status: "2.0.0", Text: "Ok: queued as 4XyZ"})
	h.get(at, clerk).want(200, "Verschickt", "Vom Mailserver angenommen (250, 2.0.0)", "queued as 4XyZ", "!Noch einmal schicken")
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
