package public_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// feeds is a visit in the visitor's own calendar.
func (g *gallery) feeds() {
	b := g.at("service=pass", "buergerbuero@"+wednesday, "email", ada)
	b.post("/musterstadt/book", b.form()).want(200)
	at := strings.TrimSuffix(b.path, "?done=1") + "/calendar"
	g.keep("subscribe", b.get(at), 200)
	g.keep("subscribe-unchosen", b.post(at, url.Values{}), 422)
	g.keep("subscribe-made", b.post(at, url.Values{"alarm": {"60"}}), 200)
	g.keep("subscribe-one", b.get(at), 200)
	g.keep("subscribe-wrong", b.post(at+"/add", url.Values{"feed": {"https://beispiel.example/kalender.ics"}}), 422)
	g.keep("subscribe-ended", b.get(at+"?done=ended"), 200)
}

// A visitor subscribes to one visit, takes another one into the same feed, and ends it: no
// feed opens anything but what its owner had the links of, and no feed's secret a page.
func TestVisitorsOwnFeed(t *testing.T) {
	d, clock := desktest.SQLite(t)
	b := serve(t, d).browser(t)
	book := func(slot string) string {
		t.Helper()
		b.get("/musterstadt/times?service=pass*1").want(200)
		b.post("/musterstadt/reserve", url.Values{"service": {"pass*1"}, "slot": {slot}}).want(200)
		b.post("/musterstadt/review", b.form("name", "Ada Beispiel", "email", ada)).want(200)
		b.post("/musterstadt/book", b.form()).want(200)
		return strings.TrimSuffix(b.path, "?done=1")
	}
	first, second := book("buergerbuero@2026-07-08T06:00:00Z"), book("buergerbuero@2026-07-08T07:00:00Z")
	b.get(first).want(200, "Kalender-Abo")
	b.post(first+"/calendar", url.Values{"alarm": {"60"}}).want(200, "webcal://", "Die Adresse steht nur jetzt hier")
	address := regexp.MustCompile(`https?://[^"]+/feeds/([A-Z0-9]+)\.ics`).FindStringSubmatch(b.body)
	if address == nil {
		t.Fatal("no address")
	}
	entries := func() int {
		t.Helper()
		a, err := d.FeedBy(t.Context(), address[1])
		if err != nil {
			t.Fatal(err)
		}
		_, cards, _, err := d.ReadVisitFeed(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cards {
			if c.Sealed != nil || c.Private.Name != "" || a.Alarm != 60 {
				t.Errorf("got %+v", c)
			}
		}
		return len(cards)
	}
	if got := entries(); got != 1 {
		t.Errorf("got %d visits, want the one whose link was shown, not all of the address", got)
	}
	b.post(second+"/calendar/add", url.Values{"feed": {"kein Abo"}}).want(422, "kein Abo")
	b.post(second+"/calendar/add", url.Values{"feed": {" webcal" + strings.TrimPrefix(address[0], "http") + " "}}).want(200, "auch in Ihrem Abo")
	b.post(second+"/calendar/add", url.Values{"feed": {address[0]}}).want(200)
	if got := entries(); got != 2 {
		t.Errorf("got %d visits, want both", got)
	}
	for _, path := range []string{"/musterstadt/m/" + address[1], "/musterstadt/c/" + address[1], "/musterstadt/m/" + address[1] + "/calendar"} {
		b.get(path).want(404) // A11
	}
	b.post(first+"/cancel", nil).want(200)
	b.get(first+"/calendar").want(200, "!Adresse anlegen")
	b.post(first+"/calendar", url.Values{"alarm": {"60"}}).want(409)
	if got := entries(); got != 2 {
		t.Errorf("got %d visits, want the cancelled one too", got)
	}
	clock.Set(desktest.At(5, "00:00")) // retention is two days after the visits
	if a, err := d.FeedBy(t.Context(), address[1]); err == nil {
		if _, _, _, err := d.ReadVisitFeed(t.Context(), a); err == nil {
			t.Error("past retention there is still a feed")
		}
	}
	if _, err := d.Forget(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	var left []store.Feed
	if err := d.Store.View(t.Context(), func(tx *store.Tx) (err error) { left, err = tx.Feeds("musterstadt"); return err }); err != nil || len(left) > 0 {
		t.Errorf("got %v, %v, want nothing left", left, err)
	}
	clock.Advance(time.Minute)
	third := book("buergerbuero@2026-07-13T07:00:00Z")
	b.post(third+"/calendar", url.Values{"alarm": {"0"}}).want(200)
	b.get(third+"/calendar").want(200, "Abo beenden")
	end := regexp.MustCompile(`action="([^"]+/end)"`).FindStringSubmatch(b.body)
	b.post(end[1], nil).want(200, "Das Abo ist beendet", "!Abo beenden<")
	b.post(end[1], nil).want(404)
}
