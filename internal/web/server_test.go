package web

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
	"terminvergabe/ui"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// crowd is an audience for tests: an answer, a secret that nobody knows, a slot to
// reserve, and a handler that breaks.
type crowd struct{ seen *string }

func (c crowd) Mount(t *route.Table) {
	anybody := route.Policy{Who: route.Who{Shows: route.Nothing}, Data: route.Personal, Keep: route.Nobody, Rate: route.Requests}
	by := anybody
	by.Who.Shows = route.Manage
	none := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	t.Get("/hello", anybody, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { *c.seen = r.RemoteAddr }))
	t.Post("/hello", anybody, none)
	t.Get("/t/m/{secret}", by, http.NotFoundHandler())
	t.Get("/t/reserve", anybody, none)
	t.Post("/t/reserve", anybody.Limited(route.Holds), none)
	t.Get("/{tenant}/links", anybody, none)
	t.Post("/{tenant}/links", anybody.Limited(route.Letters), none)
	t.Get("/api/v1/hello", anybody, none)
	t.Post("/api/v1/hello", anybody, none)
	t.Get("/broken", anybody, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a secret of Ada") }))
}

type site struct {
	*testing.T
	*Server
	handler http.Handler
	seen    string
	log     strings.Builder
}

// open gives a site over Musterstadt; change sets limits before it opens.
func open(t *testing.T, change func(s *Server)) *site {
	t.Helper()
	desk, _ := desktest.SQLite(t)
	s := &site{T: t}
	log := slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	catalogue := builttest.Texts(t)
	pages, err := page.New(ui.Files, catalogue, page.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	s.Server = &Server{Desk: desk, Pages: pages, Links: booking.Links{Base: "http://127.0.0.1:1"}, Log: log, Metrics: NewMetrics(desk, tally{3, 2, 1, 5}, "test"),
		RefuseAPI: func(status int) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/problem+json")
				w.WriteHeader(status)
			})
		}}
	s.Audiences = []Audience{crowd{&s.seen}}
	if change != nil {
		change(s.Server)
	}
	s.handler = s.Handler()
	return s
}

func (s *site) do(method, path, from string, header ...string) *httptest.ResponseRecorder {
	s.Helper()
	r := httptest.NewRequestWithContext(s.Context(), method, path, nil)
	r.RemoteAddr = from
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

const ada, bert = "192.0.2.1:1000", "192.0.2.2:1000"

func TestClientsAreLimitedApart(t *testing.T) {
	s := open(t, func(s *Server) { s.RequestsPerMinute = 3 })
	for range 3 {
		if got := s.do("GET", "/hello", ada).Code; got != http.StatusOK {
			t.Fatalf("got %d, want 200", got)
		}
	}
	for path, kind := range map[string]string{"/hello": "text/html; charset=utf-8", "/api/v1/hello": "application/problem+json"} {
		w := s.do("GET", path, ada)
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || w.Header().Get("Content-Type") != kind {
			t.Errorf("%s: got %d, Retry-After %q, %s, want 429 as %s", path, w.Code, w.Header().Get("Retry-After"), w.Header().Get("Content-Type"), kind)
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/static/x/app.css", "/t/brand.css"} {
		if got := s.do("GET", path, ada).Code; got == http.StatusTooManyRequests {
			t.Errorf("%s is counted", path)
		}
	}
	if got := s.do("GET", "/hello", bert).Code; got != http.StatusOK {
		t.Errorf("another client: got %d, want 200", got)
	}
	for _, from := range []string{"[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8::3]:1"} {
		s.do("GET", "/hello", from)
	}
	if got := s.do("GET", "/hello", "[2001:db8::4]:1").Code; got != http.StatusTooManyRequests {
		t.Errorf("the same IPv6 network: got %d, want 429", got)
	}
}

func TestGuessesAreLimited(t *testing.T) {
	s := open(t, func(s *Server) { s.GuessesPerMinute = 5 })
	for range 5 {
		if got := s.do("GET", "/t/m/AAAA", ada).Code; got != http.StatusNotFound {
			t.Fatalf("got %d, want 404", got)
		}
	}
	if got := s.do("GET", "/t/m/AAAA", ada).Code; got != http.StatusTooManyRequests {
		t.Errorf("the sixth guess: got %d, want 429", got)
	}
	if got := s.do("GET", "/hello", ada).Code; got != http.StatusOK {
		t.Errorf("other pages: got %d, want 200", got)
	}
	if got := s.do("GET", "/t/m/AAAA", bert).Code; got != http.StatusNotFound {
		t.Errorf("another client: got %d, want 404", got)
	}
}

func TestHoldsAreLimited(t *testing.T) {
	s := open(t, func(s *Server) { s.HoldsPerClient = 2 })
	for _, want := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests} {
		if got := s.do("POST", "/t/reserve", ada).Code; got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	}
	if got := s.do("GET", "/t/reserve", ada).Code; got != http.StatusOK {
		t.Errorf("a look: got %d, want 200", got)
	}
}

// Case A2 and F5 for links that are sent again: whatever the address, one client asks for
// few; looking at the page is free.
func TestLinksAgainAreLimited(t *testing.T) {
	s := open(t, nil)
	for i := range 31 {
		want := http.StatusOK
		if i == 30 {
			want = http.StatusTooManyRequests
		}
		if got := s.do("POST", "/t/links", ada).Code; got != want {
			t.Fatalf("time %d: got %d, want %d", i+1, got, want)
		}
	}
	if look, other := s.do("GET", "/t/links", ada).Code, s.do("POST", "/t/links", bert).Code; look != http.StatusOK || other != http.StatusOK {
		t.Errorf("a look %d, another client %d", look, other)
	}
}

func TestOnlyTrustedProxiesAreBelieved(t *testing.T) {
	s := open(t, func(s *Server) {
		s.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.1/32")}
	})
	tests := []struct{ from, forwarded, want string }{
		{"192.0.2.1:1", "198.51.100.1", "192.0.2.1:1"},                           // from anybody
		{"10.0.0.1:1", "198.51.100.1", "198.51.100.1:1"},                         // from ours
		{"10.0.0.1:1", "203.0.113.9, 198.51.100.1", "198.51.100.1:1"},            // what the visitor claimed stands left
		{"127.0.0.1:1", "203.0.113.9, 198.51.100.1, 10.1.1.1", "198.51.100.1:1"}, // two of ours
		{"10.0.0.1:1", "nonsense", "10.0.0.1:1"},
		{"10.0.0.1:1", "", "10.0.0.1:1"},
		{"10.0.0.1:1", "2001:db8::1", "[2001:db8::1]:1"},
		{"10.0.0.1:1", strings.Repeat("10.0.0.1, ", 200) + "10.0.0.1", "10.0.0.1:1"},
	}
	for _, test := range tests {
		s.do("GET", "/hello", test.from, "X-Forwarded-For", test.forwarded)
		if s.seen != test.want {
			t.Errorf("%s says %.60q: got %s, want %s", test.from, test.forwarded, s.seen, test.want)
		}
	}
}

func TestHealth(t *testing.T) {
	s := open(t, nil)
	for _, path := range []string{"/healthz", "/readyz"} {
		if got := s.do("GET", path, ada); got.Code != http.StatusOK || strings.Contains(got.Body.String(), "test") {
			t.Errorf("%s: got %d %q, want 200 and no version", path, got.Code, got.Body)
		}
	}
	s.Drain()
	if got := s.do("GET", "/readyz", ada).Code; got != http.StatusServiceUnavailable {
		t.Errorf("readyz while draining: got %d, want 503", got)
	}
	if got := s.do("GET", "/healthz", ada).Code; got != http.StatusOK {
		t.Errorf("healthz while draining: got %d, want 200", got)
	}
	w := s.do("GET", "/.well-known/security.txt", ada)
	if want := "Contact: http://127.0.0.1:1/\nExpires: 2027-01-06T00:00:00Z\n"; !strings.HasPrefix(w.Body.String(), want) {
		t.Errorf("security.txt: got %q, want %q ...", w.Body, want)
	}
}

// Whatever happens, headers protect the answer, and neither the log nor the numbers
// know an address of a page or of a visitor.
func TestNothingPersonalIsNoted(t *testing.T) {
	s := open(t, nil)
	for path, want := range map[string]int{"/t/m/SECRET": 404, "/nowhere/SECRET": 404, "/broken": 500, "/hello?name=SECRET": 200} {
		w := s.do("GET", path, ada)
		if w.Code != want || w.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%s: got %d, want %d with its headers", path, w.Code, want)
		}
		if strings.Contains(w.Body.String(), "Ada") || strings.Contains(w.Body.String(), "goroutine") {
			t.Errorf("%s shows the inside: %s", path, w.Body)
		}
	}
	s.do("INVENTED", "/hello", ada)
	w := httptest.NewRecorder()
	s.Metrics.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	numbers, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`terminvergabe_requests_total{method="GET",route="/t/m/{secret}",status="404"} 1`, "terminvergabe_letters_waiting 0", "terminvergabe_letter_texts_broken 0", "terminvergabe_letters_paused 0", "terminvergabe_letters_oldest_seconds 0", `terminvergabe_letters_total{result="deferred"} 5`, `method="other"`} {
		if !strings.Contains(string(numbers), want) {
			t.Errorf("the numbers lack %s", want)
		}
	}
	for what, text := range map[string]string{"log": s.log.String(), "numbers": string(numbers)} {
		for _, bad := range []string{"SECRET", "192.0.2.1", "INVENTED"} {
			if strings.Contains(text, bad) {
				t.Errorf("the %s hold %s", what, bad)
			}
		}
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	s := open(t, nil)
	for path, kind := range map[string]string{"/hello": "text/html; charset=utf-8", "/api/v1/hello": "application/problem+json"} {
		w := s.do("POST", path, ada, "Sec-Fetch-Site", "cross-site")
		if w.Code != http.StatusForbidden || w.Header().Get("Content-Type") != kind {
			t.Errorf("%s: got %d as %s, want 403 as %s", path, w.Code, w.Header().Get("Content-Type"), kind)
		}
	}
}

func TestATenantsOwnHostLeadsToIt(t *testing.T) {
	s := open(t, nil)
	town := desktest.Musterstadt()
	town.Tenant.Host = "termine.musterstadt.example"
	town.Revision = 1
	if _, err := s.Desk.Apply(t.Context(), town, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), "GET", "http://Termine.Musterstadt.example:443/", nil)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if got := w.Header().Get("Location"); w.Code != http.StatusFound || got != "/musterstadt/" {
		t.Errorf("got %d to %q, want 302 to /musterstadt/", w.Code, got)
	}
	if got := s.do("GET", "http://elsewhere.example/", ada).Code; got == http.StatusFound {
		t.Error("another host is led there too")
	}
}

// Who mistypes an address within an office's site sees whose site it is.
func TestALostPageIsTheOffices(t *testing.T) {
	s := open(t, func(s *Server) {
		s.Frame = func(r *http.Request) page.Frame {
			return s.Pages.Frame(r, &page.Tenant{Name: agenda.Plain("Stadt Musterstadt"), Home: "/musterstadt/", Phone: "05550 100"})
		}
	})
	w := s.do("GET", "/musterstadt/nirgendwo", "192.0.2.1:1000")
	if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "Stadt Musterstadt") || !strings.Contains(w.Body.String(), "05550 100") {
		t.Errorf("got %d without the office:\n%s", w.Code, w.Body)
	}
}

// tally is what became of letters: sent, failed, dropped, deferred.
type tally [4]int64

func (t tally) Counts() (sent, failed, dropped, deferred int64) { return t[0], t[1], t[2], t[3] }
