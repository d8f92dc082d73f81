package staff

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/pagetest"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const (
	town     = "musterstadt"
	password = "korrekt pferd batterie"
)

// house is the back office of Musterstadt and Nachbarstadt as the service puts it
// together.
type house struct {
	*testing.T
	desk     *booking.Desk
	clock    *desktest.Clock
	accounts *auth.Accounts
	office   *Office
	handler  http.Handler
	texts    *i18n.Catalogue
	secrets  map[string]string // session of each person, by address
}

func newHouse(t *testing.T, d *booking.Desk, c *desktest.Clock) *house {
	t.Helper()
	cat, pages := builttest.Pages(t)
	h := &house{T: t, desk: d, clock: c, texts: cat, secrets: map[string]string{}}
	h.accounts = &auth.Accounts{Store: d.Store, Keys: d.Keys, Passwords: auth.NewPasswords(0)}
	h.office = &Office{Office: &office.Office{Pages: pages, Recognise: Recognise(d, h.accounts)}, Desk: d, Accounts: h.accounts}
	r := route.NewTable()
	h.office.Mount(r)
	r.GetBelow("/static/", route.Files(), pages.Static(http.NotFoundHandler()))
	h.handler = pages.Guard(r, h.office.Handlers().Always(&page.Error{Status: http.StatusForbidden}))
	t.Cleanup(func() {
		if missing := cat.Missing(); len(missing) > 0 {
			t.Errorf("texts missing: %v", missing)
		}
	})
	return h
}

// each runs a test in a house on each engine.
func each(t *testing.T, f func(*house)) {
	t.Helper()
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) { f(newHouse(t, d, c)) })
}

// sqlite is a house on SQLite alone.
func sqlite(t *testing.T) *house {
	t.Helper()
	d, c := desktest.SQLite(t)
	return newHouse(t, d, c)
}

// reply is what came back, with its page checked.
type reply struct {
	*house
	*httptest.ResponseRecorder
}

func (h *house) send(r *http.Request, cookie string) reply {
	h.Helper()
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: h.office.CookieName(), Value: cookie})
	}
	if r.Method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	if w.Code >= 500 {
		h.Errorf("%s %s: got %d", r.Method, r.URL, w.Code)
	}
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		h.Errorf("%s %s: Cache-Control: got %q", r.Method, r.URL, got)
	}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && w.Code != http.StatusSeeOther && r.Method != http.MethodHead {
		for _, fault := range pagetest.CheckHTML(w.Body.String()) {
			h.Errorf("%s %s: %s", r.Method, r.URL, fault)
		}
	}
	return reply{h, w}
}

// as opens a session of somebody with a role, once.
func (h *house) as(role agenda.Role, department string) string {
	h.Helper()
	email := string(role) + department + "@musterstadt.example"
	if h.secrets[email] == "" {
		h.person(town, email, role, department)
		h.secrets[email] = h.session(town, email)
	}
	return h.secrets[email]
}

func (h *house) person(tenant, email string, role agenda.Role, department string) {
	h.Helper()
	_, err := h.accounts.AddPerson(h.Context(), auth.NewPerson{Tenant: tenant, Email: email, Name: "Uwe Muster (" + string(role) + ")", Role: role, Department: department, Password: password})
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) session(tenant, email string) string {
	h.Helper()
	secret, _, err := h.accounts.SignIn(h.Context(), tenant, email, password, "")
	if err != nil {
		h.Fatal(err)
	}
	return secret
}

func (h *house) get(path, cookie string) reply {
	h.Helper()
	return h.send(httptest.NewRequest(http.MethodGet, path, nil), cookie)
}

func (h *house) post(path, cookie string, pairs ...string) reply {
	h.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return h.send(httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode())), cookie)
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
		if not, ok := strings.CutPrefix(text, "!"); ok == strings.Contains(body, either(ok, not, text)) {
			a.Errorf("%q: got it %v in %s", text, ok, content(body))
		}
	}
	return a
}

func either(a bool, x, y string) string {
	if a {
		return x
	}
	return y
}

func content(body string) string {
	if _, after, ok := strings.Cut(body, "<main"); ok {
		return after[:min(1500, len(after))]
	}
	return body
}

// to follows a redirect.
func (a reply) to(want, cookie string) reply {
	a.Helper()
	got := a.Header().Get("Location")
	if a.Code != http.StatusSeeOther || !strings.HasPrefix(got, want) {
		a.Fatalf("got %d to %q, want 303 to %q: %s", a.Code, got, want, content(a.Body.String()))
	}
	path, _, _ := strings.Cut(got, "#")
	return a.get(path, cookie)
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

func (h *house) status(id string) agenda.Status {
	h.Helper()
	return h.find(id).Status
}

func (h *house) find(id string) (b *agenda.Booking) {
	h.Helper()
	err := h.desk.Store.View(h.Context(), func(tx *store.Tx) (err error) {
		b, err = tx.Booking(town, id)
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
	return b
}

// hidden are the hidden fields of the form on a page that posts, and the time that
// stands chosen.
func (a reply) hidden() (pairs []string) {
	a.Helper()
	_, form, ok := strings.Cut(a.Body.String(), `method="post" action="/staff/new"`)
	if !ok {
		a.Fatal("there is no form")
	}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(form, -1) {
		pairs = append(pairs, m[1], m[2])
	}
	if m := regexp.MustCompile(`name="start" value="([^"]*)" checked`).FindStringSubmatch(form); m != nil {
		pairs = append(pairs, "start", m[1])
	}
	return pairs
}

// Every route, asked by everybody: who is not signed in is sent to sign in, who
// lacks the right gets 403, and what belongs to another department or tenant does
// not exist.
func TestEveryRouteDemandsItsPermission(t *testing.T) {
	h := sqlite(t)
	h.clock.Set(desktest.At(0, "08:00"))
	mine := h.ask("soziales", 1, "08:00", "Ada Beispiel", "beratung")
	neighbour := desktest.Musterstadt()
	neighbour.Tenant.ID, neighbour.Tenant.Name = "nachbarstadt", agenda.Plain("Nachbarstadt")
	if _, err := h.desk.Apply(t.Context(), neighbour, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	h.person("nachbarstadt", "chef@nachbarstadt.example", agenda.Admin, "")
	foreign := h.session("nachbarstadt", "chef@nachbarstadt.example")
	rights := map[office.Permission]agenda.Right{see: agenda.SeeBookings, act: agenda.ActOnBookings}
	declared := map[office.Permission]bool{signedIn: true, see: true, act: true, change: true} // change is of the whole tenant: see TestLettersAreHeldBack
	for _, x := range h.office.Routes() {
		// What another secret than a session opens is tried by the matrix in cmd/terminvergabe.
		if x.Needs == anybody || x.Needs == office.Invited || x.Needs == office.HalfIn || strings.HasSuffix(x.Path, "/sign-out") {
			continue
		}
		if !declared[x.Needs] {
			t.Errorf("%s %s demands %q, which nobody has", x.Method, x.Path, x.Needs)
		}
		path := strings.Replace(x.Path, "{id}", mine.ID, 1) + "?calendar=soziales"
		request := func() *http.Request {
			return httptest.NewRequest(x.Method, path, strings.NewReader("calendar=soziales&service=beratung"))
		}
		if a := h.send(request(), ""); a.Code != http.StatusSeeOther || a.Header().Get("Location") != "/staff/sign-in" {
			t.Errorf("nobody: %s %s: got %d to %q", x.Method, x.Path, a.Code, a.Header().Get("Location"))
		}
		if a := h.send(request(), "not-a-session"); a.Code != http.StatusSeeOther {
			t.Errorf("a false session: %s %s: got %d", x.Method, x.Path, a.Code)
		}
		right, bound := rights[x.Needs]
		if !bound {
			continue
		}
		for _, role := range agenda.Roles() {
			if !role.May(right) {
				if a := h.send(request(), h.as(role, "")); a.Code != http.StatusForbidden {
					t.Errorf("%s: %s %s: got %d, want 403", role, x.Method, x.Path, a.Code)
				}
				continue
			}
			if a := h.send(request(), h.as(role, "buergerdienste")); a.Code != http.StatusNotFound {
				t.Errorf("%s of another department: %s %s: got %d, want 404", role, x.Method, x.Path, a.Code)
			}
		}
		if strings.Contains(x.Path, "{id}") {
			if a := h.send(request(), foreign); a.Code != http.StatusNotFound {
				t.Errorf("another tenant: %s %s: got %d, want 404", x.Method, x.Path, a.Code)
			}
		}
	}
	if got := h.status(mine.ID); got != agenda.Pending {
		t.Errorf("the booking is %s after all that, want pending", got)
	}
}

func TestForeignFormsAreRefused(t *testing.T) {
	h := sqlite(t)
	b := h.ask("buergerbuero", 1, "08:00", "Ada Beispiel", "ausweis")
	for _, x := range h.office.Routes() {
		if x.Method != http.MethodPost {
			continue
		}
		for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			r := httptest.NewRequest(x.Method, strings.Replace(x.Path, "{id}", b.ID, 1), strings.NewReader(""))
			r.Header.Set(header, value)
			if a := h.send(r, h.as(agenda.Clerk, "")); a.Code != http.StatusForbidden {
				t.Errorf("%s %s: got %d, want 403", x.Method, x.Path, a.Code)
			}
		}
	}
	if got := h.status(b.ID); got != agenda.Confirmed {
		t.Errorf("got %s, want confirmed", got)
	}
}

// A GET changes nothing, whoever follows the link and how often.
func TestGetsChangeNothing(t *testing.T) {
	h := sqlite(t)
	h.clock.Set(desktest.At(0, "08:00"))
	b := h.ask("soziales", 1, "08:00", "Ada Beispiel", "beratung")
	h.person(town, "neu@musterstadt.example", agenda.Clerk, "")
	secret, _, err := h.accounts.Invite(t.Context(), town, "neu@musterstadt.example")
	if err != nil {
		t.Fatal(err)
	}
	lead := h.as(agenda.Lead, "")
	before := h.contents()
	for range 2 {
		for _, x := range h.office.Routes() {
			if x.Method != http.MethodGet {
				continue
			}
			path := strings.NewReplacer("{id}", b.ID, "{secret}", secret).Replace(x.Path)
			for _, query := range []string{"", "?calendar=soziales&service=beratung&done=book&start=" + url.QueryEscape(startValue(desktest.At(2, "09:00"), "soziales"))} {
				h.get(path+query, lead)
				h.send(httptest.NewRequest(http.MethodHead, path+query, nil), lead)
			}
		}
	}
	if after := h.contents(); !slices.Equal(before, after) {
		t.Errorf("before:\n%s\nafter:\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
}

// contents are what acts leave behind: bookings, letters, journal and days.
func (h *house) contents() (lines []string) {
	h.Helper()
	err := h.desk.Store.View(h.Context(), func(tx *store.Tx) error {
		list, err := tx.BookingsBetween(town, "", time.Time{}.AddDate(1, 0, 0), desktest.At(900, "00:00"))
		if err != nil {
			return err
		}
		for _, b := range list {
			letters, err := tx.Postings(town, b.ID)
			if err != nil {
				return err
			}
			entries, err := tx.Journal(town, b.ID)
			if err != nil {
				return err
			}
			day, err := tx.DayVersion(store.PoolDay{Pool: b.Pool, Date: b.Date})
			if err != nil {
				return err
			}
			lines = append(lines, b.ID, string(b.Status), strings.Repeat("v", b.Version), strings.Repeat("l", len(letters)), strings.Repeat("j", len(entries)), strings.Repeat("d", int(day)))
		}
		accounts, err := tx.Accounts(town)
		for _, a := range accounts {
			entries, err := tx.Journal(town, a.ID)
			if err != nil {
				return err
			}
			lines = append(lines, a.Email, a.Password, strings.Repeat("j", len(entries)))
		}
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
	return lines
}
