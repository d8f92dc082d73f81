package public_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// tab is another window of the same browser: it has the same cookies.
func (b *browser) tab() *browser {
	other := *b
	return &other
}

// at reserves a time in this window.
func (b *browser) reserve(query, slot string) *browser {
	b.t.Helper()
	b.get("/musterstadt/times?" + query + "&day=2026-07-08").want(200)
	return b.post("/musterstadt/reserve", b.form("slot", slot))
}

const nine = "2026-07-08T09:00:00+02:00"

// Somebody reaches the review, goes back in the browser to the times and takes another
// one. Nothing is asked twice, and the first time is free again.
func TestBackToAnotherTime(t *testing.T) {
	d, _ := desktest.SQLite(t)
	w := serve(t, d)
	b := w.browser(t)
	b.reserve("service=beratung", "soziales@"+wednesday).want(200, "Wer kommt?")
	details := b.path
	b.post("/musterstadt/review", b.form("name", "Ada Beispiel", "phone", "05550 4711", "note", "mit Hund")).want(200, "Stimmt alles?")
	b.get(details).want(200, `value="Ada Beispiel"`, `value="05550 4711"`, "mit Hund")
	b.reserve("service=beratung", "soziales@"+nine).want(200, "Stimmt alles?", "Ada Beispiel", "05550 4711", "mit Hund", "09:00–09:30 Uhr")
	w.browser(t).get("/musterstadt/times?service=beratung&day=2026-07-08").want(200, ">08:00 Uhr", "!>09:00 Uhr")
	b.post("/musterstadt/book", b.form()).want(200, "Ihre Anfrage ist bei uns", "09:00–09:30 Uhr")
	if n := len(cards(t, d)); n != 1 {
		t.Errorf("got %d bookings, want 1", n)
	}
	b.reserve("service=beratung", "soziales@"+wednesday).want(200, "Wer kommt?", "!Ada Beispiel", "!4711")
}

// Whoever typed something that is not right yet and then takes another time corrects it in
// the form, which still has it.
func TestBackWithFaults(t *testing.T) {
	d, _ := desktest.SQLite(t)
	b := serve(t, d).browser(t)
	b.reserve("service=pass", "buergerbuero@"+wednesday).want(200)
	b.post("/musterstadt/review", b.form("name", "Ada Beispiel", "email", "keine-adresse")).want(422)
	b.get(b.links("times")[0]).want(200, "Wann möchten Sie kommen?")
	b.post("/musterstadt/reserve", b.form("slot", b.slots()[0])).want(200, "Wer kommt?", `value="Ada Beispiel"`, `value="keine-adresse"`)
}

// What one person typed is not shown to the next, who begins anew at the same computer.
func TestNextPersonAtTheSameComputer(t *testing.T) {
	d, c := desktest.SQLite(t)
	b := serve(t, d).browser(t)
	b.reserve("service=beratung", "soziales@"+wednesday).want(200)
	b.post("/musterstadt/review", b.form("name", "Ada Beispiel", "phone", "05550 4711")).want(200)
	b.reserve("service=pass", "buergerbuero@"+wednesday).want(200, "Wer kommt?", "!Ada Beispiel")
	c.Advance(21 * time.Minute)
	b.reserve("service=beratung", "soziales@"+nine).want(200, "Wer kommt?", "!Ada Beispiel")
	for _, k := range b.client.Jar.Cookies(mustURL(t, b.town.url+"/musterstadt/")) {
		if strings.Contains(k.Value, "Ada") || strings.Contains(k.Value, "4711") {
			t.Errorf("the cookie %s says who it is: %s", k.Name, k.Value)
		}
	}
	stranger := b.town.browser(t)
	draft, err := url.Parse(b.path)
	if err != nil {
		t.Fatal(err)
	}
	stranger.get("/musterstadt/times?service=pass&draft="+draft.Query().Get("draft")).want(200, "!Ada")
}

// The same errand, while the time of whoever sat there before is still kept for the browser:
// neither the form nor the review shows them. Whoever goes on with their own way still has
// what they typed.
func TestSameErrandAtTheSameComputer(t *testing.T) {
	for begins, from := range map[string]string{
		"/musterstadt/": "same-origin", "/musterstadt/s/beratung": "same-origin", "/musterstadt/embed/de/": "same-site",
		"/musterstadt/times?service=beratung": "cross-site", "/musterstadt/choose?service=beratung": "none",
	} {
		d, _ := desktest.SQLite(t)
		b := serve(t, d).browser(t)
		b.reserve("service=beratung", "soziales@"+wednesday).want(200, "Wer kommt?")
		details := b.path
		name := details[strings.Index(details, "draft=")+len("draft="):][:12]
		b.want(200, `data-name="/musterstadt/`+name+`"`)
		b.post("/musterstadt/review", b.form("name", "Ada Beispiel", "phone", "05550 4711", "note", "mit Hund")).want(200, "Stimmt alles?")
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.town.url+begins, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Sec-Fetch-Site", from)
		b.do(r).want(200, "!Ada")
		b.reserve("service=beratung", "soziales@"+nine).want(200, "Wer kommt?", "!Ada Beispiel", "!4711", "!mit Hund", "!"+name)
		b.get("/musterstadt/times?service=beratung&draft=" + name).want(200)
		b.post("/musterstadt/reserve", b.form("slot", b.slots()[2])).want(200, "Stimmt alles?", "Ada Beispiel")
	}
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// An answer to a form that is loaded again shows the same page once more.
func TestReloadOfAnswers(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		b := serve(t, d).browser(t)
		b.get("/musterstadt/times?service=beratung&day=2026-07-08").want(200)
		sent := b.form("slot", "soziales@"+wednesday)
		for _, step := range []struct {
			path  string
			more  []string
			shows string
		}{
			{"/musterstadt/reserve", nil, "Wer kommt?"},
			{"/musterstadt/more", []string{"name", "Ada", "more", "details"}, `value="Ada"`},
			{"/musterstadt/review", []string{"name", "Ada Beispiel", "phone", "05550 4711"}, "Stimmt alles?"},
			{"/musterstadt/more", []string{"more", "review"}, "Stimmt alles?"},
			{"/musterstadt/details", nil, `value="Ada Beispiel"`},
			{"/musterstadt/review", []string{"name", "Ada Beispiel", "phone", "05550 4711"}, "Stimmt alles?"},
			{"/musterstadt/others", nil, "Eine andere Zeit wählen"},
		} {
			for i := 0; i < len(step.more); i += 2 {
				sent.Set(step.more[i], step.more[i+1])
			}
			for range 3 {
				b.post(step.path, sent).want(200, step.shows)
			}
			if step.path != "/musterstadt/others" {
				sent = b.form()
			}
		}
		b.post("/musterstadt/review", b.lastForm()).want(200, "Stimmt alles?")
		sent = b.form()
		for range 3 {
			b.post("/musterstadt/book", sent).want(200, "Ihre Anfrage ist bei uns")
		}
		if n := len(cards(t, d)); n != 1 {
			t.Errorf("got %d bookings, want 1", n)
		}
	})
}

// Two windows see to two errands side by side.
func TestTwoTabs(t *testing.T) {
	d, _ := desktest.SQLite(t)
	one := serve(t, d).browser(t)
	two := one.tab()
	one.reserve("service=beratung", "soziales@"+wednesday).want(200, "Wer kommt?")
	two.reserve("service=pass", "buergerbuero@"+wednesday).want(200, "Wer kommt?")
	one.post("/musterstadt/review", one.form("name", "Ada Beispiel", "phone", "05550 4711")).want(200, "Stimmt alles?", "Beratung")
	two.post("/musterstadt/review", two.form("name", "Grace Beispiel", "email", "grace@beispiel.example")).want(200, "Stimmt alles?", "Reisepass")
	sentOne, sentTwo := one.form(), two.form()
	one.post("/musterstadt/details", sentOne).want(200, `value="Ada Beispiel"`, "!Grace")
	two.post("/musterstadt/details", sentTwo).want(200, `value="Grace Beispiel"`, "!Ada")
	two.post("/musterstadt/book", sentTwo).want(200, "Ihr Termin ist gebucht")
	one.post("/musterstadt/book", sentOne).want(200, "Ihre Anfrage ist bei uns")
	got := map[string]string{}
	for _, card := range cards(t, d) {
		got[card.Items[0].Service] = card.Private.Name
	}
	if len(got) != 2 || got["beratung"] != "Ada Beispiel" || got["pass"] != "Grace Beispiel" {
		t.Errorf("got %v", got)
	}
}

// together presses one button twice, faster than the first answer comes.
func (b *browser) together(path string, v url.Values) (first, second *browser) {
	first, second = b.tab(), b.tab()
	var both sync.WaitGroup
	for _, tab := range []*browser{first, second} {
		both.Go(func() { tab.post(path, v) })
	}
	both.Wait()
	return first, second
}

// A double click keeps one time and books one visit, also where there is only one seat
// and the first click has taken it.
func TestDoubleClick(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		w := serve(t, d)
		for _, place := range []struct{ query, slot string }{
			{"service=beratung", "soziales@" + wednesday}, {"service=pass", "buergerbuero@" + wednesday},
		} {
			b := w.browser(t)
			b.get("/musterstadt/times?" + place.query + "&day=2026-07-08").want(200)
			first, second := b.together("/musterstadt/reserve", b.form("slot", place.slot))
			first.want(200, "Wer kommt?")
			second.want(200, "Wer kommt?")
			if a, z := first.form().Get("hold"), second.form().Get("hold"); a == "" || a != z {
				t.Errorf("%s: got holds %q and %q, want one", place.query, a, z)
			}
			second.post("/musterstadt/review", second.form("name", "Ada Beispiel", "email", ada, "phone", "05550 4711")).want(200, "Stimmt alles?")
			first, second = second.together("/musterstadt/book", second.form())
			if first.want(200).path != second.want(200).path {
				t.Errorf("%s: got %s and %s, want one visit", place.query, first.path, second.path)
			}
		}
		if n := len(cards(t, d)); n != 2 {
			t.Errorf("got %d bookings, want 2", n)
		}
	})
}

// The booking is made, but its answer never arrives: pressed again, the same visit is
// shown. Also where the calendar keeps no times.
func TestAnswerLost(t *testing.T) {
	for _, place := range []struct{ query, slot string }{
		{"service=pass", "buergerbuero@" + wednesday}, {"service=impfen", "impfung@" + wednesday},
	} {
		d, c := desktest.SQLite(t)
		b := serve(t, d).reviewed(t, place.query, place.slot)
		sent := b.form()
		lost := *b.client
		lost.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		lost.Jar = nil // what the answer carried is lost with it
		away := b.tab()
		away.client = &lost
		away.post("/musterstadt/book", sent)
		if n := len(cards(t, d)); n != 1 {
			t.Fatalf("got %d bookings after the first time, want 1", n)
		}
		c.Advance(30 * time.Minute)
		b.post("/musterstadt/book", sent).want(200, "Ihr Termin ist gebucht", "Ada Beispiel")
		if n := len(cards(t, d)); n != 1 {
			t.Errorf("got %d bookings, want 1", n)
		}
	}
}

// The time runs out while somebody types: it is offered again first, and nothing that was
// typed is lost, not even on the way over all times.
func TestExpiredWhileTyping(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		w := serve(t, d)
		b := w.browser(t)
		b.reserve("service=beratung", "soziales@"+wednesday).want(200)
		sent := b.form("name", "Ada Beispiel", "phone", "05550 4711", "note", "mit Hund")
		c.Advance(21 * time.Minute)
		b.post("/musterstadt/review", sent).want(410, "Ihre Zeit ist noch frei", "Mittwoch, 8. Juli 2026, 08:00 Uhr noch einmal nehmen", `value="mit Hund"`)
		if got := b.slots()[0]; got != "soziales@"+wednesday {
			t.Errorf("got %s first, want the same time", got)
		}
		again := b.form("slot", b.slots()[0])
		b.post("/musterstadt/reserve", again).want(200, "Stimmt alles?", "mit Hund", "08:00–08:30 Uhr")

		sent = b.form()
		c.Advance(21 * time.Minute)
		other := w.reviewed(t, "service=beratung", "soziales@"+wednesday)
		other.post("/musterstadt/book", other.form()).want(200)
		b.post("/musterstadt/book", sent).want(410, "Ihre Reservierung ist abgelaufen", "!noch einmal nehmen", "!>08:00 Uhr", `value="mit Hund"`)
		b.get(b.links("draft=")[0]).want(200, "Wann möchten Sie kommen?")
		b.get(b.links("view=month")[0]).want(200)
		b.get(b.links("day=2026-07-09")[0]).want(200)
		b.post("/musterstadt/reserve", b.form("slot", b.slots()[1])).want(200, "Stimmt alles?", "Ada Beispiel", "05550 4711", "mit Hund", "9. Juli")
	})
}

// More time, on both pages, with everything as it was typed; and in the end no more.
func TestMoreTime(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		w := serve(t, d)
		b := w.browser(t)
		b.reserve("service=beratung", "soziales@"+wednesday).want(200, "bis 07:20 Uhr", `formaction="/musterstadt/more"`, `data-left="1200"`)
		c.Advance(15 * time.Minute)
		b.post("/musterstadt/more", b.form("more", "details", "name", "Ada", "phone", "x")).
			want(200, "jetzt bis 07:35 Uhr für Sie reserviert", `value="Ada"`, `value="x"`, "!Bitte prüfen", `data-left="1200"`)
		c.Advance(15 * time.Minute)
		b.post("/musterstadt/review", b.form("name", "Ada Beispiel", "phone", "05550 4711")).want(200, "bis 07:35 Uhr", `data-left="300"`)
		b.post("/musterstadt/more", b.form("more", "review")).want(200, "Stimmt alles?", "jetzt bis 07:50 Uhr", "Ada Beispiel")
		for range 9 {
			c.Advance(19 * time.Minute)
			b.post("/musterstadt/more", b.form("more", "review")).want(200, "Ada Beispiel")
		}
		b.want(200, "jetzt bis 10:40 Uhr", "!formaction=\"/musterstadt/more\"", "!Mehr Zeit")
		b.post("/musterstadt/more", b.form("more", "review")).want(200, "Länger als bis 10:40 Uhr", "Ada Beispiel")
		w.browser(t).reserve("service=beratung", "soziales@"+wednesday).want(409)
		sent := b.form("more", "review")
		c.Advance(20 * time.Minute)
		b.post("/musterstadt/more", sent).want(410, "Ihre Zeit ist noch frei", `value="Ada Beispiel"`)
		b.post("/musterstadt/reserve", b.form("slot", b.slots()[0])).want(200, "Stimmt alles?")
		sent = b.form()
		b.post("/musterstadt/book", sent).want(200)
		b.post("/musterstadt/more", sent).want(410, "schon erledigt")
		if got := cards(t, d)[0]; got.Status != agenda.Pending || len(cards(t, d)) != 1 {
			t.Errorf("got %s", got.Status)
		}
	})
}

// Over https every cookie has the prefix that keeps out what others put there, and does
// what it is for.
func TestCookiesAreTheSites(t *testing.T) {
	d, _ := desktest.SQLite(t)
	b := serveAs(t, d, "https://termine.example", httptest.NewTLSServer).browser(t)
	b.get("/musterstadt/").want(200)
	b.reserve("service=beratung", "soziales@"+wednesday).want(200, "Wer kommt?")
	b.post("/musterstadt/review", b.form("name", "Ada Beispiel", "phone", "05550 4711")).want(200, "Stimmt alles?")
	b.post("/musterstadt/details", b.form()).want(200, "Ada Beispiel")
	kept := b.client.Jar.Cookies(mustURL(t, b.town.url+"/musterstadt/"))
	if len(kept) < 2 {
		t.Errorf("got %v, want what is reserved and what was typed", kept)
	}
	for _, k := range kept {
		if !strings.HasPrefix(k.Name, "__Secure-") {
			t.Errorf("got a cookie named %s", k.Name)
		}
	}
}

// However many ways somebody begins with long notes: their browser sends no more than
// proxies take in one line.
func TestDraftsStaySmall(t *testing.T) {
	d, _ := desktest.SQLite(t)
	b := serve(t, d).browser(t)
	slots := []string{wednesday, nine, "2026-07-08T10:00:00+02:00", "2026-07-08T11:00:00+02:00"}
	for i, slot := range slots {
		b.get("/musterstadt/").want(200)
		b.reserve("service=beratung", "soziales@"+slot).want(200, "Wer kommt?")
		note := strings.Repeat("ü", 430+i)
		b.post("/musterstadt/review", b.form("name", "Ada Beispiel", "phone", "05550 4711", "note", note)).want(200, "Stimmt alles?")
		b.post("/musterstadt/details", b.form()).want(200, note)
	}
	line := 0
	for _, k := range b.client.Jar.Cookies(mustURL(t, b.town.url+"/musterstadt/")) {
		line += len(k.Name) + len(k.Value) + len("=; ")
	}
	if line > 8000 {
		t.Errorf("got %d bytes of cookies", line)
	}
}
