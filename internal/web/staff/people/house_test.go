package people_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/pagetest"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff"
	"terminvergabe/internal/web/staff/office"
	"terminvergabe/internal/web/staff/people"
)

const (
	town = "musterstadt"
	word = "korrekt pferd batterie"
)

// house is the back office of Musterstadt with its people and the way in.
type house struct {
	*testing.T
	desk     *booking.Desk
	clock    *desktest.Clock
	accounts *auth.Accounts
	handler  http.Handler
	secret   string // of the session that asks
}

func open(t *testing.T) *house {
	t.Helper()
	d, c := desktest.SQLite(t)
	c.Set(desktest.At(0, "08:00"))
	cat, pages := builttest.Pages(t)
	h := &house{T: t, desk: d, clock: c, accounts: &auth.Accounts{Store: d.Store, Keys: d.Keys, Passwords: auth.NewPasswords(0)}}
	o := &office.Office{Pages: pages, Recognise: staff.Recognise(d, h.accounts)}
	r := route.NewTable()
	(&people.Part{Office: o, Desk: d, Accounts: h.accounts}).Mount(r)
	(&staff.Office{Office: o, Desk: d, Accounts: h.accounts}).Mount(r)
	h.handler = pages.Guard(r, o.Handlers().Always(&page.Error{Status: http.StatusForbidden}))
	t.Cleanup(func() {
		if missing := cat.Missing(); len(missing) > 0 {
			t.Errorf("texts missing: %v", missing)
		}
	})
	return h
}

// person adds somebody with a password.
func (h *house) person(name string, role agenda.Role, department string) (id string) {
	h.Helper()
	id, err := h.accounts.AddPerson(h.Context(), auth.NewPerson{Tenant: town, Email: name + "@musterstadt.example", Name: name, Role: role, Department: department, Password: word})
	h.must(err)
	return id
}

// as signs somebody in.
func (h *house) as(name string) {
	h.Helper()
	secret, _, err := h.accounts.SignIn(h.Context(), town, name+"@musterstadt.example", word, "")
	h.must(err)
	h.secret = secret
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil && !errors.Is(err, auth.ErrCodeNeeded) {
		h.Fatal(err)
	}
}

// reply is what came back, with its page checked.
type reply struct {
	*house
	*httptest.ResponseRecorder
}

func (h *house) send(r *http.Request) reply {
	h.Helper()
	if h.secret != "" {
		r.AddCookie(&http.Cookie{Name: "staff", Value: h.secret})
	}
	if r.Method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0")
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
	for _, c := range w.Result().Cookies() {
		if c.Name == "staff" {
			h.secret = c.Value
		}
	}
	return reply{h, w}
}

func (h *house) get(path string) reply {
	h.Helper()
	return h.send(httptest.NewRequest(http.MethodGet, path, nil))
}

func (h *house) post(path string, pairs ...string) reply {
	h.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return h.send(httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode())))
}

// want checks status and what the page says; a text beginning with "!" must not be
// there.
func (a reply) want(status int, texts ...string) reply {
	a.Helper()
	if a.Code != status {
		a.Errorf("got status %d, want %d: %s", a.Code, status, a.main())
	}
	for _, text := range texts {
		not, without := strings.CutPrefix(text, "!")
		if strings.Contains(a.Body.String(), not) == without {
			a.Errorf("%q: got it %v in %s", text, without, a.main())
		}
	}
	return a
}

func (a reply) main() string {
	_, after, _ := strings.Cut(a.Body.String(), "<main")
	return after[:min(2500, len(after))]
}

// to follows a redirect.
func (a reply) to(want string) reply {
	a.Helper()
	got := a.Header().Get("Location")
	if a.Code != http.StatusSeeOther || !strings.HasPrefix(got, want) {
		a.Fatalf("got %d to %q, want 303 to %q: %s", a.Code, got, want, a.main())
	}
	return a.get(got)
}

// faulty demands a fault beside a field, and nowhere else.
func (a reply) faulty(fields ...string) reply {
	a.Helper()
	a.want(http.StatusUnprocessableEntity)
	got := regexp.MustCompile(`id="([a-z-]+)-error"`).FindAllStringSubmatch(a.Body.String(), -1)
	if len(got) != len(fields) {
		a.Errorf("got faults beside %v, want %v", got, fields)
		return a
	}
	for i, f := range fields {
		if got[i][1] != f {
			a.Errorf("got a fault beside %s, want %s", got[i][1], f)
		}
	}
	return a
}
