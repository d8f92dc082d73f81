package plan

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/pagetest"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const town = "musterstadt"

// house is the planning of times, put together as the service does it. Who asks is
// told by the cookie.
type house struct {
	*testing.T
	desk    *booking.Desk
	clock   *desktest.Clock
	people  map[string]*agenda.Person
	handler http.Handler
}

// newHouse is long because it introduces everybody.
func newHouse(t *testing.T) *house {
	t.Helper()
	d, c := desktest.SQLite(t)
	cat, pages := builttest.Pages(t)
	h := &house{T: t, desk: d, clock: c, people: map[string]*agenda.Person{
		"planner": {Tenant: town, ID: "p", Name: "Petra Plan", Role: agenda.Planner},
		"lead":    {Tenant: town, ID: "l", Name: "Lea Leitung", Role: agenda.Lead},
		"limited": {Tenant: town, ID: "d", Name: "Dora Dienst", Role: agenda.Planner, Department: "buergerdienste"},
		"social":  {Tenant: town, ID: "s", Name: "Sam Sozial", Role: agenda.Lead, Department: "soziales"},
		"single":  {Tenant: town, ID: "e", Name: "Eva Einzel", Role: agenda.Clerk, Department: "buergerdienste", Grants: []agenda.Grant{{Role: agenda.Planner, Calendar: "ausweise"}}},
		"county":  {Tenant: town, ID: "k", Name: "Karl Kreis", Role: agenda.County},
		"clerk":   {Tenant: town, ID: "c", Name: "Cem Clerk", Role: agenda.Clerk},
		"foreign": {Tenant: "nachbarstadt", ID: "f", Name: "Fria Fremd", Role: agenda.Admin},
	}}
	neighbour := desktest.Musterstadt()
	neighbour.Tenant.ID, neighbour.Tenant.Name = "nachbarstadt", agenda.Plain("Nachbarstadt")
	neighbour.Calendars, neighbour.Closures = neighbour.Calendars[2:3], nil
	neighbour.Calendars[0].ID = "drueben"
	if _, err := d.Apply(t.Context(), neighbour, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	o := &office.Office{Pages: pages, Recognise: func(ctx context.Context, secret string) (k office.Known, err error) {
		p := h.people[secret]
		if p == nil {
			return k, agenda.ErrNotFound
		}
		s, err := d.Setup(ctx, p.Tenant)
		if err != nil {
			return k, err
		}
		return office.Known{Person: p, Setup: s, Now: c.Now().In(s.Zone())}, nil
	}}
	part := &Part{Office: o, Desk: d}
	r := route.NewTable()
	part.Mount(r)
	r.GetBelow("/static/", route.Files(), pages.Static(http.NotFoundHandler()))
	h.handler = pages.Guard(r, o.Handlers().Always(&page.Error{Status: http.StatusForbidden}))
	t.Cleanup(func() {
		if missing := cat.Missing(); len(missing) > 0 {
			t.Errorf("texts missing: %v", missing)
		}
	})
	return h
}

// reply is what came back, with its page checked.
type reply struct {
	*house
	*httptest.ResponseRecorder
}

func (h *house) send(r *http.Request, who string) reply {
	h.Helper()
	r.AddCookie(&http.Cookie{Name: "staff", Value: who})
	if r.Method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	if w.Code >= 500 {
		h.Errorf("%s %s: got %d", r.Method, r.URL, w.Code)
	}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && w.Code != http.StatusSeeOther {
		for _, fault := range pagetest.CheckHTML(w.Body.String()) {
			h.Errorf("%s %s: %s", r.Method, r.URL, fault)
		}
	}
	return reply{h, w}
}

func (h *house) get(path, who string) reply {
	h.Helper()
	return h.send(httptest.NewRequest(http.MethodGet, path, nil), who)
}

func (h *house) post(path, who string, pairs ...string) reply {
	h.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return h.send(httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode())), who)
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
		if not, ok := strings.CutPrefix(text, "!"); strings.Contains(body, not) == ok {
			_, main, _ := strings.Cut(body, "<main")
			a.Errorf("%q: not as wanted in %.3000s", text, main)
		}
	}
	return a
}

// hidden are the hidden fields of the page.
func (a reply) hidden() (pairs []string) {
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(a.Body.String(), -1) {
		pairs = append(pairs, m[1], strings.NewReplacer("&#34;", `"`, "&#43;", "+", "&amp;", "&", "&#39;", "'").Replace(m[2]))
	}
	return pairs
}

// save presses the button of a preview.
func (a reply) save(who string, more ...string) reply {
	a.Helper()
	return a.post("/staff/plan/save", who, append(a.hidden(), more...)...)
}

// to follows a redirect.
func (a reply) to(want, who string) reply {
	a.Helper()
	got := a.Header().Get("Location")
	if a.Code != http.StatusSeeOther || !strings.HasPrefix(got, want) {
		a.Fatalf("got %d to %q, want 303 to %q: %.2000s", a.Code, got, want, a.Body.String())
	}
	return a.get(got, who)
}

// ask books as a visitor does.
func (h *house) ask(calendar string, days int, clock, name, service string) *agenda.Booking {
	h.Helper()
	v := desktest.Ada
	v.Name = name
	r := booking.Request{Tenant: town, Wish: desktest.Wish(service), Calendar: calendar, Start: desktest.At(days, clock), By: agenda.Public, Actor: booking.ActorVisitor}
	got, err := h.desk.BookNow(h.Context(), r, booking.Form{Visitor: v, Language: "de"}, booking.Once{})
	if err != nil {
		h.Fatal(err)
	}
	return got.Booking
}

// series are the series of a calendar in force.
func (h *house) calendar(id string) *agenda.Calendar {
	h.Helper()
	s, err := h.desk.Setup(h.Context(), town)
	if err != nil {
		h.Fatal(err)
	}
	c, ok := s.Calendar(id)
	if !ok {
		h.Fatalf("no calendar %s", id)
	}
	return c
}
