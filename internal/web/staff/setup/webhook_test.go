package setup_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/store"
)

const hooks = "/staff/setup/webhooks"

// hooked gives the town a webhook for everything, and one visit of which it is told.
func (h *house) hooked() *agenda.Booking {
	h.Helper()
	h.change(func(s *agenda.Setup) {
		s.Webhooks = []agenda.Webhook{{ID: "faelle", URL: "https://faelle.example/h?x=geheim", Events: agenda.WebhookEvents(), Detail: agenda.DetailFull, Messages: agenda.MessagesNoEmail}}
	})
	return h.book("buergerbuero", "ausweis")
}

// posts are what the webhook is told about a visit.
func (h *house) posts(subject string) (list []store.HookPost) {
	h.Helper()
	err := h.desk.Store.View(h.Context(), func(tx *store.Tx) (err error) {
		list, err = tx.HookPosts(town, subject)
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
	return list
}

// settle lets something become of what a webhook was told.
func (h *house) settle(p store.HookPost, state, reason string, status int) {
	h.Helper()
	p.State, p.Reason, p.Status, p.Took = state, reason, status, 35
	p.Attempts++
	p.Due = h.clock.Now().Add(time.Minute)
	if err := h.desk.SettleHook(h.Context(), p, reason == "gone"); err != nil {
		h.Fatal(err)
	}
}

// hookStates are the pages of webhooks in all their states.
func (h *house) hookStates(keep func(string, reply)) {
	h.Helper()
	keep("webhooks-empty", h.get(hooks))
	keep("webhook-new", h.get("/staff/setup/new/webhooks"))
	keep("webhook-wrong", h.post("/staff/setup/new/webhooks", h.get("/staff/setup/new/webhooks").form("url", "faelle", "events", "message.send")))
	b := h.hooked()
	keep("webhook", h.get(hooks+"/faelle"))
	keep("webhook-log", h.get(hooks+"/faelle/log"))
	keep("webhook-key", h.post(hooks+"/faelle/key", nil))
	h.post(hooks+"/faelle/test", nil).to(hooks + "/faelle/log?done=tested")
	h.settle(h.posts(b.ID)[0], "queued", "timed_out", 0)
	keep("webhook-waiting", h.get(hooks+"/faelle/log?done=often"))
	keep("webhooks-failing", h.get(hooks))
	h.settle(h.posts(b.ID)[0], "failed", "gone", 410)
	keep("webhook-off", h.get(hooks+"/faelle/log"))
	keep("overview-webhook-off", h.get("/staff/setup"))
	keep("webhook-retire", h.get(hooks+"/faelle/retire"))
	h.change(func(s *agenda.Setup) { s.Webhooks = nil })
	if _, err := h.desk.CancelFor(h.Context(), h.who, b.ID); err != nil {
		h.Fatal(err)
	}
}

// A webhook is added, changed and removed by the form, by the same rules as the file.
func TestWebhookForm(t *testing.T) {
	h := newHouse(t)
	at := "/staff/setup/new/webhooks"
	h.post(at, h.get(at).form("url", "https://faelle.example/h")).want(422, "Bitte wählen Sie bei „Was wird gemeldet?“", "!/log")
	form := h.get(at).form("url", "https://faelle.example/h", "detail", "full", "messages", "always")
	form["events"] = []string{agenda.EventConfirmed, agenda.EventMessageSend}
	form["services"] = []string{"pass", "ausweis"}
	h.post(at, form).to(hooks+"/faelle-example?done=added").want(200, "Schlüssel zum Prüfen", hooks+"/faelle-example/log")
	got := h.setup().Webhooks
	want := agenda.Webhook{ID: "faelle-example", URL: "https://faelle.example/h", Events: []string{agenda.EventConfirmed, agenda.EventMessageSend}, Services: []string{"pass", "ausweis"},
		Detail: agenda.DetailFull, Messages: agenda.MessagesAlways}
	if len(got) != 1 || !agenda.Same(got[0].Events, want.Events) || got[0].URL != want.URL || got[0].Detail != want.Detail || got[0].Messages != want.Messages || len(got[0].Services) != 2 || len(got[0].Departments) > 0 {
		t.Errorf("got %+v, want %+v", got, want)
	}
	h.get(hooks).want(200, "faelle-example", "faelle.example", "2 Ereignisse", "eingeschaltet", "!/h<")
	at = hooks + "/faelle-example"
	for _, x := range []struct{ field, value, text string }{
		{"url", "", "Bitte füllen Sie das Feld „Adresse“ aus"},
		{"url", "ftp://faelle.example", "Zum Beispiel https://verfahren.example.org/termine"},
		{"url", "https://ich:geheim@faelle.example", "Zum Beispiel https://verfahren.example.org/termine"},
		{"url", "https://faelle.example/#x", "Zum Beispiel https://verfahren.example.org/termine"},
		{"detail", "reference", "Für SMS müssen Personendaten dabei sein"},
		{"detail", "alles", "Bitte wählen Sie bei „Wie viel wird gemeldet?“"},
		{"events", "", "Bitte wählen Sie bei „Was wird gemeldet?“"},
	} {
		a := h.post(at, h.get(at).form(x.field, x.value)).want(422, x.text)
		if !strings.Contains(a.Body.String(), `id="`+x.field+`-error"`) {
			t.Errorf("%s %q: nothing stands beside it", x.field, x.value)
		}
	}
	h.post(at, h.get(at).form("messages", "noEmail")).to(at + "?done=saved")
	if x, _ := h.setup().Webhook("faelle-example"); x.Messages != agenda.MessagesNoEmail || len(x.Events) != 2 || len(x.Services) != 2 {
		t.Errorf("got %+v", x)
	}
	h.get("/staff/setup/services/pass/retire").want(200, "Das wird noch gebraucht", "Webhook faelle-example", hooks+"/faelle-example")
	h.get(at+"/retire").want(200, "faelle-example entfernen?")
	h.post(at+"/retire", nil).to(hooks+"?done=retired").want(200, "Entfernt", "!faelle-example")
}

// Who does not lead the whole office finds no webhooks at all.
func TestWebhooksAreForAdmins(t *testing.T) {
	h := newHouse(t)
	b := h.hooked()
	id := h.posts(b.ID)[0].ID
	for _, who := range []*agenda.Person{as(agenda.Lead, "soziales"), as(agenda.County, "")} {
		h.who = who
		h.get("/staff/setup").want(200, "!Webhook")
		for _, path := range []string{hooks, hooks + "/faelle", hooks + "/faelle/log", "/staff/setup/new/webhooks", hooks + "/faelle/retire"} {
			h.get(path).want(404, "!geheim")
		}
		for _, path := range []string{"/test", "/key", "/enable", "/again", "/retire", "/order", ""} {
			h.post(hooks+"/faelle"+path, url.Values{"post": {id}}).want(404)
		}
	}
	h.who = as(agenda.Admin, "")
	h.post(hooks+"/drei/test", nil).want(404)
	h.post(hooks+"/faelle/again", url.Values{"post": {"msg_x"}}).want(404)
	h.get(hooks+"/faelle/log").want(200, "!Probe<br>", b.Reference, "wartet")
}

var shownSecret = regexp.MustCompile(`whsec_[A-Za-z0-9+/=]+`)

// The key is shown once; a new one is another, and the page never holds it again.
func TestWebhookKeyIsShownOnce(t *testing.T) {
	h := newHouse(t)
	h.hooked()
	at := hooks + "/faelle"
	secret := func(form url.Values) string {
		a := h.post(at+"/key", form).want(200, "Kopieren Sie ihn jetzt")
		return html.UnescapeString(shownSecret.FindString(html.UnescapeString(a.Body.String())))
	}
	h.get(at+"/log").want(200, "noch niemand gesehen", "Schlüssel anzeigen", "!whsec_")
	first := secret(nil)
	h.get(at+"/log").want(200, "schon einmal gezeigt", "Der bisherige Schlüssel gilt noch sieben Tage", "!whsec_", "!Schlüssel anzeigen<")
	h.post(at+"/key", nil).want(http.StatusConflict, "!whsec_")
	second := secret(url.Values{"renew": {"1"}})
	if first == "" || second == "" || first == second {
		t.Errorf("got %.9q and %.9q, want two keys", first, second)
	}
	// One that gets the name of a removed one starts with a key that nobody has seen.
	h.post(at+"/retire", nil).to(hooks)
	h.hooked()
	h.get(at+"/log").want(200, "noch niemand gesehen")
	if third := secret(nil); third == first || third == second || third == "" {
		t.Error("a removed webhook's key signs again")
	}
	entries, err := h.desk.Verify(t.Context(), nil)
	if err != nil || len(entries) > 0 {
		t.Errorf("got %v, %v", entries, err)
	}
}

// H8: the test button is no way to send requests at will.
func TestWebhookTestsAreFew(t *testing.T) {
	h := newHouse(t)
	h.hooked()
	at := hooks + "/faelle"
	for range booking.HookTests {
		h.post(at+"/test", nil).to(at+"/log?done=tested").want(200, "Die Probe ist unterwegs", "Probe")
	}
	h.post(at+"/test", nil).to(at+"/log?done=often").want(200, "In 10 Minuten sind nur 5 Proben möglich")
	h.clock.Advance(booking.HookTestWindow)
	h.post(at+"/test", nil).to(at + "/log?done=tested")
}

// H7: what went wrong is said in words of ours, for every category that there is.
func TestWebhookLog(t *testing.T) {
	h := newHouse(t)
	b := h.hooked()
	post := func() store.HookPost { return h.posts(b.ID)[0] }
	at := hooks + "/faelle/log"
	for _, x := range []struct {
		reason string
		status int
		text   string
	}{
		{"bad_status", 500, "nimmt es nicht an (Antwort 500)"}, {"bad_status", 307, "verweist auf eine andere Adresse (Antwort 307)"}, {"timed_out", 0, "nicht innerhalb von zehn Sekunden"},
		{"unreachable", 0, "nicht erreichbar"}, {"insecure", 0, "Zertifikat"}, {"unencrypted", 0, "beginnt mit http://"}, {"forbidden", 0, "führt in ein internes Netz"},
		{"bad_address", 0, "keine gültige Internetadresse"}, {"too_large", 0, "zu lang"}, {"could not be prepared", 0, "nicht mehr möglich"},
	} {
		h.settle(post(), "queued", x.reason, x.status)
		h.get(at).want(200, x.text, "wird wiederholt", "Nächster Versuch", "35 Millisekunden", "1 Meldung wird noch einmal versucht", "!geheim", "!"+x.reason+"<")
	}
	h.settle(post(), "sent", "", 204)
	h.get(at).want(200, "zugestellt", "Antwort 204", "Noch einmal senden", "11 Versuche", `href="/staff/bookings/`+b.ID+`">`+b.Reference, "!noch einmal versucht")
	h.get("/staff/setup").want(200, "!Webhook kam", "!abgeschaltet")
	h.post(hooks+"/faelle/again", url.Values{"post": {post().ID}}).to(at+"?done=again").want(200, "wartet")
	if p := post(); p.State != "queued" || p.Attempts != 0 {
		t.Errorf("got %+v", p)
	}
	h.settle(post(), "failed", "bad_status", 500)
	h.get(at).want(200, "1 Meldung ist endgültig nicht angekommen")
	h.get(hooks).want(200, "nicht alles kommt an")
	h.get("/staff/setup").want(200, "Bei 1 Webhook kam in den letzten sieben Tagen nicht alles an")
	h.settle(post(), "failed", "gone", 410)
	h.get(at).want(200, "Abgeschaltet seit", "(410)", "Wieder einschalten")
	h.get("/staff/setup").want(200, "1 Webhook ist abgeschaltet")
	h.post(hooks+"/faelle/enable", nil).to(at+"?done=enabled").want(200, "Eingeschaltet", "!Abgeschaltet seit")
	for _, reason := range []string{booking.HookDisabled, booking.TakenBack, "too late", "a newer letter tells it", "there is no phone number", "too many messages to this phone"} {
		h.settle(post(), "dropped", reason, 0)
		h.get(at).want(200, "nicht gesendet", "!Das war nicht mehr möglich", "!"+reason)
	}
	h.clock.Advance(8 * 24 * time.Hour)
	h.get("/staff/setup").want(200, "!Webhook kam", "!abgeschaltet")
	for range 101 {
		h.clock.Advance(booking.HookTestWindow)
		h.post(hooks+"/faelle/test", nil).to(at)
	}
	a := h.get(at).want(200, "Nur die letzten 100 Meldungen")
	if n := strings.Count(a.Body.String(), "<code"); n != 100 {
		t.Errorf("got %d lines", n)
	}
}
