package grid

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/desktest"
)

// ear hears one stream of events.
type ear struct {
	t     *testing.T
	lines chan string // closed when the stream has ended
}

// hear opens the stream of a page, on a real connection. lastHeard is what a browser
// says that comes back; "": it is there for the first time.
func (h *house) hear(t *testing.T, server *httptest.Server, address, cookie, lastHeard string) *ear {
	t.Helper()
	ctx, hangUp := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: h.part.CookieName(), Value: cookie})
	if lastHeard != "" {
		r.Header.Set("Last-Event-ID", lastHeard)
	}
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" || res.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("got %d, %s, %s", res.StatusCode, got, res.Header.Get("Cache-Control"))
	}
	e := &ear{t: t, lines: make(chan string, 100)}
	go func() {
		defer close(e.lines)
		defer res.Body.Close()
		for s := bufio.NewScanner(res.Body); s.Scan(); {
			e.lines <- s.Text()
		}
	}()
	t.Cleanup(hangUp)
	return e
}

// patience is how long a test waits for what must come; what comes later than promised
// is seen by the count of how often was looked, not by a clock.
const patience = 10 * time.Second

// change waits for the next news of a change and gives its number.
func (e *ear) change() (id string) {
	e.t.Helper()
	for end := time.After(patience); ; {
		select {
		case line, ok := <-e.lines:
			if !ok {
				e.t.Fatal("the stream has ended")
			}
			if strings.HasPrefix(line, "id: ") {
				id = line[4:]
			}
			if line == "event: change" {
				return id
			}
		case <-end:
			e.t.Fatal("no news of a change")
		}
	}
}

// ends waits for the end of the stream.
func (e *ear) ends() {
	e.t.Helper()
	for end := time.After(patience); ; {
		select {
		case line, ok := <-e.lines:
			if !ok {
				return
			}
			if line == "event: change" {
				e.t.Error("there was news of a change")
			}
		case <-end:
			e.t.Fatal("the stream does not end")
		}
	}
}

var eventsAt = regexp.MustCompile(`data-events="([^"]*)"`)

// page opens the calendar and gives the address of its stream.
func (h *house) page(path, cookie string) string {
	h.Helper()
	m := eventsAt.FindStringSubmatch(h.get(path, cookie).want(200).Body.String())
	if m == nil {
		h.Fatal("the page has no stream")
	}
	return strings.ReplaceAll(m[1], "&amp;", "&")
}

// What this process or another one does is told to every page that shows it.
func TestChangesAreTold(t *testing.T) {
	file := filepath.Join(t.TempDir(), "book.db")
	d, c := desktest.Open(t, file)
	h := newHouse(t, d, c)
	server := httptest.NewServer(h.handler)
	t.Cleanup(server.Close)
	clerk := h.as(agenda.Clerk, "")
	stream := h.page("/staff/calendar?calendar=soziales&date=2026-07-07", clerk)
	one, two := h.hear(t, server, stream, clerk, ""), h.hear(t, server, stream, clerk, "")
	b := h.ask("soziales", 1, "08:00", "Ada Beispiel", "beratung")
	one.change()
	id := two.change()
	other := desktest.Beside(t, file, c)
	if _, err := other.Approve(t.Context(), desktest.Clerk(), b.ID); err != nil {
		t.Fatal(err)
	}
	one.change()
	two.change()
	// Whoever comes back hears what was missed.
	h.hear(t, server, stream, clerk, id).change()
	h.hear(t, server, stream, clerk, "ANOTHER1.7").change() // the service was started again
	h.get("/staff/calendar?calendar=soziales&date=2026-07-07", clerk).want(200, "Erwartet")
}

// Two readers of a page see the change in one look at the database by all of them, which
// is taken at least four times a second: so within a second.
func TestOneLookForAll(t *testing.T) {
	if heedEvery > time.Second/4 {
		t.Errorf("other processes' changes are looked for every %v", heedEvery)
	}
	h := sqlite(t)
	var leave []func()
	for range 50 {
		leave = append(leave, h.part.news.listen(h.desk.Store))
	}
	if h.part.news.open != 50 || h.part.news.stop == nil {
		t.Errorf("got %d streams", h.part.news.open)
	}
	for _, l := range leave {
		l()
	}
	if h.part.news.open != 0 {
		t.Errorf("got %d streams when all have left", h.part.news.open)
	}
	h.part.news.listen(h.desk.Store)() // it can begin again
}

// What is on other days, or in other calendars, is no news.
func TestOtherDaysAreNoNews(t *testing.T) {
	h := sqlite(t)
	v := &view{date: agenda.DateOf(desktest.At(1, "08:00"))}
	p, err := h.desk.Present(t.Context(), "musterstadt")
	if err != nil {
		t.Fatal(err)
	}
	v.calendars = []*agenda.Calendar{&p.Setup.Calendars[2]}
	ctx, cancel := context.WithCancel(t.Context())
	h.ask("soziales", 3, "08:00", "Ada Beispiel", "beratung") // with the first act everything is new
	since := h.desk.Store.Changes().Now()
	h.ask("soziales", 2, "08:00", "Ada Beispiel", "beratung")
	h.ask("buergerbuero", 1, "08:00", "Ada Beispiel", "ausweis")
	cancel()
	if changed, now := h.part.await(ctx, v, since); changed {
		t.Errorf("changed between %v and %v", since, now)
	}
	h.ask("soziales", 1, "08:00", "Ada Beispiel", "beratung")
	if changed, _ := h.part.await(t.Context(), v, since); !changed {
		t.Error("not changed")
	}
	v.week = true
	if changed, _ := h.part.await(t.Context(), v, since); !changed {
		t.Error("the week has not changed")
	}
	now := h.desk.Store.Changes().Now()
	h.apply(func(s *agenda.Setup) { s.Calendars[2].Name = agenda.Plain("Neu") })
	if changed, _ := h.part.await(t.Context(), v, now); !changed {
		t.Error("a new set-up is no news")
	}
}

// A stream ends with the session, and with the service.
func TestStreamsEnd(t *testing.T) {
	h := sqlite(t)
	server := httptest.NewServer(h.handler)
	t.Cleanup(server.Close)
	for _, name := range []string{"session", "service"} {
		clerk := h.as(agenda.Clerk, "")
		stream := h.page("/staff/calendar?calendar=soziales&date=2026-07-07", clerk)
		e := h.hear(t, server, stream, clerk, "")
		if <-e.lines != "retry: 100" {
			t.Error("the stream does not begin")
		}
		if name == "service" {
			h.end()
			e.ends()
			continue
		}
		h.mu.Lock()
		delete(h.people, clerk)
		h.mu.Unlock()
		h.ask("soziales", 1, "08:00", "Ada Beispiel", "beratung")
		e.ends()
	}
}
