package public_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// reviewed brings a new browser to the review of a time.
func (w town) reviewed(t *testing.T, query, slot string, typed ...string) *browser {
	t.Helper()
	b := w.browser(t)
	b.get("/musterstadt/times?" + query).want(200)
	b.post("/musterstadt/reserve", b.form("slot", slot)).want(200, "Wer kommt?")
	if typed == nil {
		typed = []string{"name", "Ada Beispiel", "email", "ada@beispiel.example"}
	}
	return b.post("/musterstadt/review", b.form(typed...)).want(200, "Stimmt alles?")
}

const (
	wednesday = "2026-07-08T08:00:00+02:00"
	ada       = "ada@beispiel.example"
)

func TestConfirmByMail(t *testing.T) {
	d, c := desktest.SQLite(t)
	w := serve(t, d)
	b := w.reviewed(t, "service=ausweis", "ausweise@"+wednesday)
	b.post("/musterstadt/book", b.form()).want(200, "Fast geschafft", ada, "08:00 Uhr", "!termin.ics")
	manage := strings.TrimSuffix(b.path, "?done=1")
	b.get(manage + "/termin.ics").want(404)
	card := cards(t, d)[0]
	link := "/musterstadt/c/" + card.Private.Confirm
	for range 2 {
		w.browser(t).get(link).want(200, "Bitte bestätigen Sie Ihren Termin", "Mittwoch, 8. Juli 2026", "!Ada")
	}
	if got := cards(t, d)[0].Status; got != agenda.Pending {
		t.Fatalf("got %s after only looking, want pending", got)
	}
	b.post(link, nil).want(200, "Ihr Termin ist gebucht", "termin.ics")
	if b.path != manage+"?done=1" {
		t.Errorf("got %s, want the visit", b.path)
	}
	b.post(link, nil).want(200, "Ihr Termin ist gebucht")
	b.get(link).want(200, "schon bestätigt", manage)
	b.get(manage+"/termin.ics").want(200, "BEGIN:VEVENT")

	b = w.reviewed(t, "service=ausweis", "ausweise@2026-07-08T09:00:00+02:00")
	b.post("/musterstadt/book", b.form()).want(200)
	late := b.path
	var waiting *booking.Card
	for _, card := range cards(t, d) {
		if card.Status == agenda.Pending {
			waiting = card
		}
	}
	c.Advance(61 * time.Minute)
	link = "/musterstadt/c/" + waiting.Private.Confirm
	b.get(link).want(410, "abgelaufen", "09:00 Uhr", "!Ada")
	b.post(link, nil).want(410, "abgelaufen", "09:00 Uhr")
	b.get(late).want(200, "nicht zustande gekommen", "!Ada")
}

func TestApprovalWithoutEmail(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		w := serve(t, d)
		b := w.browser(t)
		b.get("/musterstadt/times?service=beratung").want(200)
		b.post("/musterstadt/reserve", b.form("slot", "soziales@"+wednesday)).want(200, "Ohne E-Mail rufen wir Sie an")
		b.post("/musterstadt/review", b.form("name", "Ada Beispiel")).want(422, "damit wir Sie erreichen", `href="#phone"`)
		b.post("/musterstadt/review", b.form("name", "Ada Beispiel", "phone", "05550 4711", "contactName", "Grace Beispiel")).
			want(200, "Wir prüfen Ihre Anfrage", "Grace Beispiel", "Termin jetzt anfragen")
		b.post("/musterstadt/book", b.form()).want(200, "Ihre Anfrage ist bei uns", "05550 4711", "Sie bekommen keine E-Mail")
		manage, _ := strings.CutSuffix(b.path, "?done=1")
		b.want(200, "http://termine.example"+manage, cards(t, d)[0].Reference)
		if _, err := d.Approve(t.Context(), desktest.Clerk(), cards(t, d)[0].ID); err != nil {
			t.Fatal(err)
		}
		b.get(manage).want(200, "Ihr Termin", "!Anfrage", "termin.ics", "Termin absagen")
	})
}

// Somebody else takes the last seat while the form is filled in: the calendar
// keeps no slots.
func TestTakenMeanwhileKeepsWhatWasTyped(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		w := serve(t, d)
		slot := "impfung@" + wednesday
		first := w.reviewed(t, "service=impfen", slot)
		second := w.reviewed(t, "service=impfen", slot, "name", "Grace Beispiel", "email", "grace@beispiel.example", "note", "mit Hund")
		first.post("/musterstadt/book", first.form()).want(200, "Ihr Termin ist gebucht")
		second.post("/musterstadt/book", second.form()).want(409, "gerade vergeben", "Ihre Angaben bleiben erhalten", `value="grace@beispiel.example"`, `value="mit Hund"`)
		if got := second.slots(); len(got) != 5 || got[0] != "impfung@2026-07-08T08:05:00+02:00" {
			t.Errorf("got other times %v, want five from 08:05", got)
		}
		second.post("/musterstadt/reserve", second.form("slot", second.slots()[0])).want(200, "Stimmt alles?", "Grace Beispiel", "mit Hund", "08:05–08:10 Uhr")
		second.post("/musterstadt/book", second.form()).want(200, "Ihr Termin ist gebucht", "08:05–08:10 Uhr")
	})
}

func TestHoldRunsOut(t *testing.T) {
	d, c := desktest.SQLite(t)
	w := serve(t, d)
	b := w.reviewed(t, "service=beratung", "soziales@"+wednesday, "name", "Ada Beispiel", "phone", "05550 4711")
	sent := b.form()
	c.Advance(21 * time.Minute)
	b.post("/musterstadt/details", sent).want(410, "Ihre Reservierung ist abgelaufen", `value="Ada Beispiel"`)
	b.post("/musterstadt/book", sent).want(410, "Ihre Reservierung ist abgelaufen", `value="Ada Beispiel"`)
	if got := b.slots()[0]; got != "soziales@"+wednesday {
		t.Errorf("got %s, want the same time, which is free again", got)
	}
	b.post("/musterstadt/reserve", b.form("slot", b.slots()[0])).want(200, "Stimmt alles?", "05550 4711")
	b.post("/musterstadt/book", b.form()).want(200, "Ihre Anfrage ist bei uns")
	b.get("/musterstadt/details?hold="+sent.Get("hold")).want(410, "!Ada")
}

// Whoever goes back in the browser and chooses again does not stand in their own
// way, and keeps one slot at most.
func TestChooseAgain(t *testing.T) {
	d, _ := desktest.SQLite(t)
	w := serve(t, d)
	b := w.browser(t)
	b.get("/musterstadt/times?service=beratung&day=2026-07-08").want(200)
	form := b.form("slot", "soziales@"+wednesday)
	b.post("/musterstadt/reserve", form).want(200, "Wer kommt?")
	kept := b.path
	b.post("/musterstadt/reserve", form).want(200, "Wer kommt?")
	if b.path != kept {
		t.Errorf("got another slot kept: %s, want %s", b.path, kept)
	}
	b.get("/musterstadt/times?service=beratung&day=2026-07-08").want(200, "08:00 Uhr")
	w.browser(t).get("/musterstadt/times?service=beratung&day=2026-07-08").want(200, "!08:00 Uhr")
	b.post("/musterstadt/reserve", b.form("slot", "soziales@2026-07-08T09:00:00+02:00")).want(200, "09:00–09:30 Uhr")
	w.browser(t).get("/musterstadt/times?service=beratung&day=2026-07-08").want(200, ">08:00 Uhr", "!>09:00 Uhr")
	w.browser(t).post("/musterstadt/reserve", b.formOf("service", "beratung*1", "slot", "soziales@2026-07-08T09:00:00+02:00")).want(409, "gerade vergeben")
}

func (b *browser) formOf(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

func TestUsedHold(t *testing.T) {
	d, _ := desktest.SQLite(t)
	b := serve(t, d).reviewed(t, "service=pass", "buergerbuero@"+wednesday)
	sent := b.form()
	b.post("/musterstadt/book", sent).want(200)
	sent.Set("key", "ANOTHER")
	b.post("/musterstadt/book", sent).want(410, "schon erledigt", "!Ada")
	b.post("/musterstadt/review", sent).want(410, "schon erledigt")
	if n := len(cards(t, d)); n != 1 {
		t.Errorf("got %d bookings, want 1", n)
	}
}

func TestMoveToATakenTime(t *testing.T) {
	d, _ := desktest.SQLite(t)
	w := serve(t, d)
	b := w.reviewed(t, "service=impfen", "impfung@"+wednesday)
	b.post("/musterstadt/book", b.form()).want(200)
	manage := strings.TrimSuffix(b.path, "?done=1")
	other := w.reviewed(t, "service=impfen", "impfung@2026-07-08T08:05:00+02:00")
	other.post("/musterstadt/book", other.form()).want(200)
	b.post(manage+"/move", b.formOf("slot", "impfung@2026-07-08T08:05:00+02:00")).want(409, "gilt weiter", "08:10 Uhr", "!>08:00 Uhr")
	b.get(b.links("slot=")[0]).want(200, "Termin verschieben?", "08:10–08:15 Uhr")
	b.post(manage+"/move", b.formOf("slot", "nonsense")).want(400)
}

func TestTooLateToChange(t *testing.T) {
	d, c := desktest.SQLite(t)
	b := serve(t, d).reviewed(t, "service=pass", "buergerbuero@"+wednesday)
	b.post("/musterstadt/book", b.form()).want(200)
	manage := strings.TrimSuffix(b.path, "?done=1")
	c.Set(desktest.At(2, "06:01"))
	b.get(manage).want(200, "Bitte rufen Sie uns jetzt an", "05550 110", "!Termin absagen")
	b.get(manage+"/cancel").want(200, "Bitte rufen Sie uns jetzt an")
	b.post(manage+"/cancel", nil).want(200, "Bitte rufen Sie uns jetzt an")
	b.post(manage+"/move", b.formOf("slot", "buergerbuero@2026-07-09T08:00:00+02:00")).want(200, "Bitte rufen Sie uns jetzt an")
	if got := cards(t, d)[0]; got.Status != agenda.Confirmed || !got.Start.Equal(desktest.At(2, "08:00")) {
		t.Errorf("got %s at %s", got.Status, got.Start)
	}
}

func TestUnknownSecrets(t *testing.T) {
	d, _ := desktest.SQLite(t)
	b := serve(t, d).reviewed(t, "service=ausweis", "ausweise@"+wednesday)
	hold := b.form().Get("hold")
	b.post("/musterstadt/book", b.form()).want(200)
	card := cards(t, d)[0]
	for _, path := range []string{
		"/musterstadt/m/" + card.Private.Confirm, "/musterstadt/c/" + card.Private.Manage, "/musterstadt/m/" + hold, "/musterstadt/m/x/cancel",
		"/musterstadt/m/x/termin.ics", "/musterstadt/m/x/move", "/nirgendwo/", "/musterstadt/legal/imprint", "/musterstadt/legal/x", "/musterstadt/times?service=nichts",
		"/musterstadt/choose", "/musterstadt/m/",
	} {
		b.get(path).want(404, "!Ada")
	}
	b.post("/musterstadt/c/"+card.Private.Manage, nil).want(404)
	b.post("/musterstadt/m/"+card.Private.Confirm+"/cancel", nil).want(404)
}
