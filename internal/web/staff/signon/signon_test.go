package signon_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	provider "terminvergabe/internal/auth/signon"
	"terminvergabe/internal/auth/signontest"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/pagetest"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff"
	"terminvergabe/internal/web/staff/office"
	"terminvergabe/internal/web/staff/signon"
	"terminvergabe/ui"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// house is a back office whose staff signs in at a provider, and a browser there.
type house struct {
	*testing.T
	idp    *signontest.Provider
	base   string
	client *http.Client
}

func newHouse(t *testing.T) *house {
	d, _ := desktest.SQLite(t)
	neighbour := desktest.Musterstadt()
	neighbour.Tenant.ID, neighbour.Tenant.Name = "nachbarstadt", agenda.Plain("Nachbarstadt")
	if _, err := d.Apply(t.Context(), neighbour, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	texts := builttest.Texts(t)
	log := slog.New(slog.DiscardHandler)
	pages, err := page.New(ui.Files, texts, page.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	accounts := &auth.Accounts{Store: d.Store, Keys: d.Keys, Passwords: auth.NewPasswords(0)}
	o := &office.Office{Pages: pages, Recognise: staff.Recognise(d, accounts)}
	r := route.NewTable()
	server := httptest.NewServer(pages.Guard(r, http.NotFoundHandler()))
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{T: t, idp: signontest.New(t), base: server.URL, client: &http.Client{Jar: jar}}
	door := provider.New(provider.Settings{Issuer: h.idp.Issuer, ClientID: signontest.ClientID, ClientSecret: signontest.ClientSecret, Redirect: server.URL + signon.Back})
	groups := map[string]signon.Granted{
		"termine":  {Tenant: "musterstadt", Grant: agenda.Grant{Role: agenda.Clerk, Department: "buergerdienste"}},
		"leitung":  {Tenant: "musterstadt", Grant: agenda.Grant{Role: agenda.Lead}},
		"nachbarn": {Tenant: "nachbarstadt", Grant: agenda.Grant{Role: agenda.Clerk}},
	}
	part := &signon.Part{Office: o, Accounts: accounts, Keys: d.Keys, Tenants: d.Tenants, Log: log,
		Providers: []signon.Provider{{Provider: door, Tenants: []string{"musterstadt", "nachbarstadt"}, Groups: groups},
			{Provider: provider.New(provider.Settings{Issuer: "http://127.0.0.1:1"}), Tenants: []string{"musterstadt"}}}}
	part.Mount(r)
	(&staff.Office{Office: o, Desk: d, Accounts: accounts, Doors: []staff.Door{{Href: "/staff/sign-on/0", Tenants: part.Providers[0].Tenants}, {Href: "/staff/sign-on/1", Tenants: []string{"nachbarstadt"}, Only: true}}}).Mount(r)
	return h
}

// open follows an address to its end and gives status, path and page.
func (h *house) open(address string) (status int, path, body string) {
	h.Helper()
	r, err := h.client.Get(address)
	if err != nil {
		h.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		h.Fatal(err)
	}
	for _, fault := range pagetest.CheckHTML(string(text)) {
		h.Errorf("%s: %s", address, fault)
	}
	return r.StatusCode, r.Request.URL.Path, string(text)
}

func uwe(groups ...string) *signontest.Somebody {
	return &signontest.Somebody{Subject: "4711", Email: "uwe@musterstadt.example", Name: "Uwe Muster", Groups: groups}
}

func TestSomebodySignsOn(t *testing.T) {
	h := newHouse(t)
	h.idp.SignIn(uwe("/termine", "/andere"))
	status, path, body := h.open(h.base + "/staff/sign-on/0")
	if status != http.StatusOK || path != "/staff/day" || !strings.Contains(body, "Uwe Muster") {
		t.Errorf("got %d at %s: %s", status, path, body)
	}
}

func TestWhoWorksInTwoPlacesIsAsked(t *testing.T) {
	h := newHouse(t)
	h.idp.SignIn(uwe("/leitung", "/nachbarn"))
	status, path, body := h.open(h.base + "/staff/sign-on/0")
	if status != http.StatusOK || path != signon.Back || !strings.Contains(body, "Nachbarstadt") {
		t.Fatalf("got %d at %s: %s", status, path, body)
	}
	if status, path, body = h.open(h.base + "/staff/sign-on/0?tenant=nachbarstadt"); status != http.StatusOK || path != "/staff/day" || !strings.Contains(body, "Nachbarstadt") {
		t.Errorf("got %d at %s: %s", status, path, body)
	}
}

// TestStates keeps the pages of what can go wrong.
func TestStates(t *testing.T) {
	h := newHouse(t)
	for _, x := range []struct {
		name, text string
		who        *signontest.Somebody
		status     int
	}{
		{"cancelled", "nicht abgeschlossen", nil, http.StatusForbidden},
		{"rights", "keine Rechte", uwe("/andere"), http.StatusForbidden},
		{"address", "bestätigte E-Mail-Adresse", &signontest.Somebody{Subject: "1", Email: "x@y.example", Unverified: true, Groups: []string{"termine"}}, http.StatusForbidden},
	} {
		h.idp.SignIn(x.who)
		status, _, body := h.open(h.base + "/staff/sign-on/0")
		if status != x.status || !strings.Contains(body, x.text) {
			t.Errorf("%s: got %d: %s", x.name, status, body)
		}
		pagetest.Keep(t, "signon-"+x.name+"-de", body)
	}
	status, _, body := h.open(h.base + "/staff/sign-on/1")
	if status != http.StatusServiceUnavailable || !strings.Contains(body, "antwortet nicht") {
		t.Errorf("a provider that is down: got %d: %s", status, body)
	}
	pagetest.Keep(t, "signon-down-de", body)
	h.idp.SignIn(uwe("/leitung", "/nachbarn"))
	for _, lang := range []string{"de", "en"} {
		_, _, ways := h.open(h.base + "/staff/sign-in?lang=" + lang)
		pagetest.Keep(t, "signon-ways-"+lang, ways)
		_, _, body := h.open(h.base + "/staff/sign-on/0")
		pagetest.Keep(t, "signon-places-"+lang, body)
	}
}

// The sign-in page leads to the providers, and asks for no password that would not do.
func TestSignInPageLeadsThere(t *testing.T) {
	h := newHouse(t)
	_, _, body := h.open(h.base + "/staff/sign-in")
	for _, want := range []string{`href="/staff/sign-on/0"`, `href="/staff/sign-on/1"`, `name="password"`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s on the page", want)
		}
	}
	_, _, body = h.open(h.base + "/staff/sign-in?tenant=nachbarstadt")
	if !strings.Contains(body, `href="/staff/sign-on/1?tenant=nachbarstadt"`) || strings.Contains(body, `name="password"`) {
		t.Errorf("where passwords do not work: %s", body)
	}
	r, err := h.client.PostForm(h.base+"/staff/sign-in", url.Values{"tenant": {"nachbarstadt"}, "email": {"a@b.example"}, "password": {"korrekt pferd batterie"}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a password where none works: got %d", r.StatusCode)
	}
}

// What did not begin in this browser does not end in it: a link that somebody sends
// signs nobody in.
func TestBackWithoutATicket(t *testing.T) {
	h := newHouse(t)
	h.idp.SignIn(uwe("/termine"))
	if status, _, _ := h.open(h.base + signon.Back + "?state=x&code=y"); status != http.StatusForbidden {
		t.Errorf("nobody asked: got %d", status)
	}
	u, err := url.Parse(h.base)
	if err != nil {
		t.Fatal(err)
	}
	h.client.Jar.SetCookies(u, []*http.Cookie{{Name: "sign-on", Value: "bm90aGluZw", Path: "/"}})
	if status, _, _ := h.open(h.base + signon.Back + "?state=x&code=y"); status != http.StatusForbidden {
		t.Errorf("a ticket that nobody gave: got %d", status)
	}
	for _, path := range []string{"/staff/sign-on/7", "/staff/sign-on/0?tenant=anderswo"} {
		if status, _, _ := h.open(h.base + path); status != http.StatusNotFound {
			t.Errorf("%s: got %d", path, status)
		}
	}
}
