package grid

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/pagetest"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
)

// house is the calendar on a real book. A session's secret is the name of who is
// signed in.
type house struct {
	testing.TB
	desk    *booking.Desk
	clock   *desktest.Clock
	part    *Part
	handler http.Handler
	mu      sync.Mutex
	people  map[string]*agenda.Person
	end     context.CancelFunc
}

func newHouse(t testing.TB, d *booking.Desk, c *desktest.Clock) *house {
	t.Helper()
	cat, pages := builttest.Pages(t)
	h := &house{TB: t, desk: d, clock: c, people: map[string]*agenda.Person{}}
	o := &office.Office{Pages: pages, Recognise: h.recognise}
	ending, end := context.WithCancel(t.Context())
	h.end = end
	h.part = &Part{Office: o, Desk: d, Ending: ending}
	r := route.NewTable()
	h.part.Mount(r)
	r.GetBelow("/static/", route.Files(), pages.Static(http.NotFoundHandler()))
	h.handler = pages.Guard(r, o.Handlers().Always(&page.Error{Status: http.StatusForbidden}))
	t.Cleanup(func() {
		if missing := cat.Missing(); len(missing) > 0 {
			t.Errorf("texts missing: %v", missing)
		}
	})
	return h
}

func sqlite(t testing.TB) *house {
	t.Helper()
	d, c := desktest.SQLite(t)
	return newHouse(t, d, c)
}

func (h *house) recognise(ctx context.Context, secret string) (k office.Known, err error) {
	h.mu.Lock()
	k.Person = h.people[secret]
	h.mu.Unlock()
	if k.Person == nil {
		return k, agenda.ErrNotFound
	}
	p, err := h.desk.Present(ctx, k.Person.Tenant)
	if err != nil {
		return k, err
	}
	k.Setup, k.Now = p.Setup, p.Now.In(p.Setup.Zone())
	return k, nil
}

// as signs somebody in.
func (h *house) as(role agenda.Role, department string) string {
	name := string(role) + "." + department
	h.mu.Lock()
	defer h.mu.Unlock()
	h.people[name] = &agenda.Person{Tenant: "musterstadt", ID: name, Name: "Uwe Muster", Role: role, Department: department}
	return name
}

// reply is what came back, with its page checked.
type reply struct {
	*house
	*httptest.ResponseRecorder
}

func (h *house) send(method, path, cookie string, form url.Values) reply {
	h.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: h.part.CookieName(), Value: cookie})
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	if w.Code >= 500 {
		h.Errorf("%s %s: got %d: %s", method, path, w.Code, w.Body)
	}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && w.Code != http.StatusSeeOther && method != http.MethodHead {
		for _, fault := range pagetest.CheckHTML(w.Body.String()) {
			h.Errorf("%s %s: %s", method, path, fault)
		}
	}
	return reply{h, w}
}

func (h *house) get(path, cookie string) reply {
	h.Helper()
	return h.send(http.MethodGet, path, cookie, nil)
}

func (h *house) post(path, cookie string, pairs ...string) reply {
	h.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return h.send(http.MethodPost, path, cookie, form)
}

// want checks status and what the page says; a text beginning with "!" must not be
// there.
func (a reply) want(status int, texts ...string) reply {
	a.Helper()
	if a.Code != status {
		a.Errorf("got status %d, want %d", a.Code, status)
	}
	body := a.Body.String()
	for _, text := range texts {
		not, absent := strings.CutPrefix(text, "!")
		if strings.Contains(body, not) == absent {
			_, main, _ := strings.Cut(body, "<main")
			a.Errorf("%q: found %v in %s", not, absent, main[:min(3000, len(main))])
		}
	}
	return a
}

// to follows a redirect.
func (a reply) to(want, cookie string) reply {
	a.Helper()
	got := a.Header().Get("Location")
	if a.Code != http.StatusSeeOther || !strings.HasPrefix(got, want) {
		a.Fatalf("got %d to %q, want 303 to %q: %s", a.Code, got, want, a.Body)
	}
	path, _, _ := strings.Cut(got, "#")
	return a.get(path, cookie)
}

// ask books as a visitor does.
func (h *house) ask(calendar string, days int, clock, name, service string) *agenda.Booking {
	h.Helper()
	v := desktest.Ada
	v.Name = name
	r := booking.Request{Tenant: "musterstadt", Wish: desktest.Wish(service), Calendar: calendar, Start: desktest.At(days, clock), By: agenda.Public, Actor: booking.ActorVisitor}
	got, err := h.desk.BookNow(h.Context(), r, booking.Form{Visitor: v, Language: "de"}, booking.Once{})
	if err != nil {
		h.Fatal(err)
	}
	return got.Booking
}

// apply changes the town.
func (h *house) apply(change func(*agenda.Setup)) {
	h.Helper()
	p, err := h.desk.Present(h.Context(), "musterstadt")
	if err != nil {
		h.Fatal(err)
	}
	s := desktest.Musterstadt()
	s.Revision = p.Setup.Revision
	change(s)
	if _, err := h.desk.Apply(h.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		h.Fatal(err)
	}
}
