package api_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
	"terminvergabe/ui"
)

func TestUnreadableBodies(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		for name, body := range map[string]string{
			"nothing":       "",
			"no JSON":       "Guten Tag",
			"cut off":       holdBody[:40],
			"two documents": holdBody + holdBody,
			"not UTF-8":     strings.Replace(holdBody, "pass", "p\xffss", 1),
			"a NUL":         strings.Replace(holdBody, "pass", "p\x00ss", 1),
			"too long":      strings.Replace(holdBody, "pass", strings.Repeat("x", 1<<20), 1),
			"a deep abyss":  strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001),
		} {
			begun := time.Now()
			if p := c.refused(c.do("POST", "/holds", body), 400, "unreadable"); len(p.Errors) > 0 {
				t.Errorf("%s: got %v", name, p.Errors)
			}
			if took := time.Since(begun); took > 2*time.Second {
				t.Errorf("%s: refused after %s", name, took)
			}
		}
		for body, fields := range map[string][]string{
			"[]":    {" format"},
			"null":  {" format"},
			"\"x\"": {" format"},
			"{}":    {"calendar required", "services required", "start required"},
			`{"services":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`: {"services[0] format"},
			`{"` + strings.Repeat("x", 5000) + `":1}`:                                    {strings.Repeat("x", 100) + "… unknown"},
		} {
			p := c.refused(c.do("POST", "/holds", body), 422, "invalid")
			if got := p.fields(); !slices.Equal(got, fields) {
				t.Errorf("%.80s: got %v, want %v", body, got, fields)
			}
		}
		many := c.refused(c.do("POST", "/holds", `{"services":[`+strings.Repeat(`1,`, 20_000)+`1]}`), 422, "invalid")
		if len(many.Errors) != 20 {
			t.Errorf("got %d errors listed, want the first 20", len(many.Errors))
		}
	})
}

func TestOtherContentTypes(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=latin1", "application/json;;"} {
			c.refused(c.do("POST", "/holds", holdBody, "Content-Type", kind), 415, "unsupported_media_type")
		}
		read[bookingAnswer](c, c.do("POST", "/holds", holdBody, "Content-Type", "application/json; charset=UTF-8"), 201)
	})
}

func TestWhatIsNotHere(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		root := strings.TrimSuffix(c.base, "/musterstadt")
		var first string
		for _, path := range []string{"/musterstadt", "/musterstadt/", "/musterstadt/nichts", "/musterstadt/services/", "/musterstadt/services.json", "/musterstadt/Services",
			"/nirgends/services", "/nirgends/bookings", "/%00/services", "/%ff/services", "/", "/openapi.yaml", "/musterstadt/bookings/x/y/z",
			"/musterstadt/bookings/AAAAAAAAAAAAAAAAAAAAAAAAAA", "/musterstadt/bookings/%00", "/musterstadt/bookings/ada@beispiel.example"} {
			a := c.do("GET", root+path, nil)
			c.refused(a, 404, "not_found")
			if first == "" {
				first = string(a.body)
			}
			if string(a.body) != first {
				t.Errorf("%s: got %s, want the same as everywhere: %s", path, a.body, first)
			}
		}
		c.refused(c.do("POST", "/services", "{}"), 405, "method_not_allowed")
		c.refused(c.do("OPTIONS", "/bookings", nil, "Origin", "https://evil.example", "Access-Control-Request-Method", "POST"), 405, "method_not_allowed")
	})
}

// Pages of other sites may read what everybody may keep, and nothing else: not with a
// token, no free time of a day, no booking.
func TestOpenToOtherPages(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		const other = "https://elsewhere.example"
		for _, path := range []string{"/services", "/sites", "/calendars", "/next-free?service=ausweis"} {
			a := c.do("GET", path, nil, "Origin", other)
			if got := a.header.Get("Access-Control-Allow-Origin"); a.status != 200 || got != "*" || a.header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s: got %d, open to %q, want *", path, a.status, got)
			}
			a = c.do("GET", path, nil, append([]string{"Origin", other}, bearer(c.token(agenda.Admin, ""))...)...)
			if got := a.header.Get("Access-Control-Allow-Origin"); a.status != 200 || got != "" {
				t.Errorf("%s with a token: got %d, open to %q, want nobody", path, a.status, got)
			}
		}
		for _, path := range []string{"/availability?service=ausweis", "/bookings", "/bookings/AAAAAAAAAAAAAAAAAAAAAAAAAA", "/nichts"} {
			if got := c.do("GET", path, nil, "Origin", other).header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("%s: open to %q, want nobody", path, got)
			}
		}
	})
}

// A secret with one letter changed looks like one that never was.
func TestGuessedSecrets(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		booked := read[bookingAnswer](c, c.do("POST", "/bookings", direct("buergerbuero", at(1, "08:00"), "ausweis")), 201)
		secret := booked.secret()
		random := c.do("GET", "/bookings/ABCDEFGHIJKLMNOPQRSTUVWXYZ", nil)
		for _, guess := range []string{secret[:25] + "a", secret + "A", secret[1:], booked.ID, booked.Reference, "ada@beispiel.example"} {
			if a := c.do("GET", "/bookings/"+guess, nil); a.status != 404 || string(a.body) != string(random.body) {
				t.Errorf("%s: got %d %s", guess, a.status, a.body)
			}
		}
	})
}

func TestProblemsSpeakTheAskedLanguage(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		for accept, want := range map[string]string{"": "de", "en": "en", "en-US,de;q=0.5": "en", "it": "de", "../../etc/passwd": "de", strings.Repeat("x", 1000): "de"} {
			a := c.do("GET", "/availability?service=nichts", nil, "Accept-Language", accept)
			p := c.refused(a, 422, "invalid")
			title := map[string]string{"de": "Angaben unvollständig oder falsch", "en": "Something is missing or wrong"}[want]
			if a.header.Get("Content-Language") != want || p.Title != title {
				t.Errorf("%.20s: got %s %q", accept, a.header.Get("Content-Language"), p.Title)
			}
		}
	})
}

// Around the API stands the guard of all pages: programs pass it, pages of other
// sites do not.
func TestGuardLetsProgramsPass(t *testing.T) {
	d, clock := desktest.SQLite(t)
	c := serve(t, d, clock)
	pages, err := page.New(ui.Files, c.api.Catalogue, page.Options{})
	if err != nil {
		t.Fatal(err)
	}
	router := route.NewTable()
	c.api.Mount(router)
	server := httptest.NewServer(pages.Guard(router, c.api.Refuse(http.StatusForbidden)))
	t.Cleanup(server.Close)
	c.base = server.URL + "/api/v1/musterstadt"
	read[bookingAnswer](c, c.do("POST", "/holds", holdBody), 201)
	c.refused(c.do("POST", "/holds", holdBody, "Sec-Fetch-Site", "cross-site"), 403, "forbidden")
	c.refused(c.do("POST", "/holds", holdBody, "Origin", "https://evil.example"), 403, "forbidden")
	if a := c.do("GET", "/services", nil); a.header.Get("Cache-Control") != "public, max-age=60" {
		t.Errorf("got Cache-Control %q", a.header.Get("Cache-Control"))
	}
	if a := c.do("GET", "/bookings/x", nil); a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("got Cache-Control %q", a.header.Get("Cache-Control"))
	}
}

// While the database was away every call said "internal", which portals do not try
// again.
func TestDatabaseAway(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		if err := c.desk.Store.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := http.Get(c.base + "/services")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != 503 || !strings.Contains(string(body), `"code":"overloaded"`) {
			t.Errorf("got %d %s, %v; want 503 overloaded", r.StatusCode, body, err)
		}
	})
}

// More acts than the queue takes: who comes then is told so at once, and when to come
// again. PostgreSQL has no queue of ours.
func TestQueueIsFull(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		if c.desk.Store.Engine() != "SQLite" {
			return
		}
		begun, end, full := make(chan bool), make(chan bool), make(chan bool, 1)
		var acts sync.WaitGroup
		act := func(f func(*store.Tx) error) {
			acts.Go(func() {
				if err := c.desk.Store.Update(t.Context(), f); errors.Is(err, agenda.ErrOverloaded) {
					select {
					case full <- true:
					default:
					}
				}
			})
		}
		act(func(*store.Tx) error { close(begun); <-end; return nil })
		<-begun
		for range 1100 {
			act(func(*store.Tx) error { return nil })
		}
		<-full
		r, err := http.Post(c.base+"/holds", "application/json", strings.NewReader(holdBody))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != 503 || r.Header.Get("Retry-After") != "1" || !strings.Contains(string(body), `"code":"overloaded"`) {
			t.Errorf("got %d %s, Retry-After %q, %v; want 503 overloaded, again in 1", r.StatusCode, body, r.Header.Get("Retry-After"), err)
		}
		close(end)
		acts.Wait()
		read[bookingAnswer](c, c.do("POST", "/holds", holdBody), 201)
	})
}
