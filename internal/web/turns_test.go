package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
)

// slow is an audience whose every answer waits until it is let go.
type slow struct{ let chan struct{} }

func (s slow) Mount(t *route.Table) {
	t.Refuse("/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-s.let:
		case <-r.Context().Done():
		}
	}))
}

// rush asks for the same so many times at once, and tells how often each status came.
func (s *site) rush(n int, method, path string, header ...string) func() map[int]int {
	var wg sync.WaitGroup
	var mu sync.Mutex
	got := map[int]int{}
	for range n {
		wg.Go(func() {
			code := s.do(method, path, ada, header...).Code
			mu.Lock()
			defer mu.Unlock()
			got[code]++
		})
	}
	return func() map[int]int { wg.Wait(); return got }
}

// Too many requests at once are told so, at once or after a moment; each kind has its
// own share, and whoever watches sees a service that is well.
func TestOverloadIsRefusedCalmly(t *testing.T) {
	let := make(chan struct{})
	s := open(t, func(s *Server) {
		s.RequestsAtOnce, s.Audiences = 4, []Audience{slow{let}}
	})
	numbers := func(want string) {
		t.Helper()
		w := httptest.NewRecorder()
		s.Metrics.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the numbers lack %s", want)
		}
	}
	visitors := s.rush(4, "POST", "/t/book")
	searches := s.rush(1, "GET", "/api/v1/t/availability")
	for started := time.Now(); ; time.Sleep(time.Millisecond) {
		if w := httptest.NewRecorder(); time.Since(started) < 5*time.Second {
			s.Metrics.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
			if strings.Contains(w.Body.String(), `under_way{kind="visitors"} 4`) && strings.Contains(w.Body.String(), `under_way{kind="searches"} 1`) {
				break
			}
			continue
		}
		t.Fatal("the requests are not under way")
	}
	// The queue is full with 16 more visitors; the others wait in vain.
	waiting := s.rush(20, "POST", "/t/book")
	staff := s.rush(1, "GET", "/staff/day", "Cookie", "staff=x")
	stream := s.rush(2, "GET", "/staff/calendar/events", "Cookie", "staff=x")
	for _, path := range []string{"/healthz", "/readyz", "/static/x.css"} {
		if got := s.do("GET", path, bert).Code; got == http.StatusServiceUnavailable {
			t.Errorf("%s: got 503", path)
		}
	}
	if got := waiting(); got[http.StatusServiceUnavailable] != 20 {
		t.Errorf("those who waited too long: got %v, want 20 times 503", got)
	}
	numbers(`terminvergabe_requests_overloaded_total{kind="visitors"} 20`)
	numbers(`terminvergabe_requests_overloaded_total{kind="staff"} 0`)
	close(let)
	for what, got := range map[string]map[int]int{"visitors": visitors(), "searches": searches(), "staff": staff(), "streams": stream()} {
		if got[http.StatusServiceUnavailable] > 0 || got[http.StatusOK] == 0 {
			t.Errorf("%s: got %v, want 200 only", what, got)
		}
	}
}

// Who waits gets the next place that becomes free, and who is answered too late or too
// many gets none.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTurns("x", 1)
		if !k.take(t.Context()) {
			t.Fatal("the first got no place")
		}
		began := time.Now()
		done := make(chan time.Duration, 10)
		for range queuePerPlace {
			go func() {
				if k.take(t.Context()) {
					done <- time.Since(began)
					time.Sleep(900 * time.Millisecond)
					k.giveBack()
					return
				}
				done <- -time.Since(began)
			}()
		}
		synctest.Wait()
		if k.take(t.Context()) || time.Since(began) > 0 {
			t.Error("one more than may wait was not refused at once")
		}
		time.Sleep(300 * time.Millisecond)
		k.giveBack()
		var got []time.Duration
		for range queuePerPlace {
			got = append(got, <-done)
		}
		time.Sleep(time.Second) // the last one gives its place back
		if want := []time.Duration{300 * time.Millisecond, 1200 * time.Millisecond, -turnWait, -turnWait}; got[0] != want[0] || got[1] != want[1] || got[2] != want[2] || got[3] != want[3] {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// The page for people is in their language, with the office's telephone number where it
// is known, and comes without the database.
func TestOverloadPageAsksNobody(t *testing.T) {
	s := open(t, func(s *Server) {
		s.RequestsAtOnce = 1
		s.CalmFrame = func(r *http.Request) page.Frame {
			return s.Pages.Frame(r, &page.Tenant{Home: "/musterstadt/", Phone: "05550 100"})
		}
		s.Frame = func(*http.Request) page.Frame { t.Error("the database was asked"); return page.Frame{} }
	})
	if err := s.Desk.Store.Close(); err != nil {
		t.Fatal(err)
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.overloaded(w, r, page.Handlers{Pages: s.Pages, Frame: func(r *http.Request) page.Frame { return s.Pages.Frame(r, nil) }})
	})
	catalogue := builttest.Texts(t)
	for _, lang := range catalogue.Languages() {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/musterstadt/?lang="+lang, nil)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		title := catalogue.Printer(lang).T("layout.error.503.title")
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), title) || !strings.Contains(w.Body.String(), "05550 100") {
			t.Errorf("%s: got %d, Retry-After %q:\n%s", lang, w.Code, w.Header().Get("Retry-After"), w.Body)
		}
	}
}

// Whose share a request takes from: a sign-in is nobody of the staff yet.
func TestKinds(t *testing.T) {
	k := newKinds(8)
	for _, test := range []struct {
		request string
		header  string
		want    *turns
	}{
		{"GET /healthz", "", nil}, {"GET /readyz", "", nil}, {"GET /static/a.css", "", nil}, {"GET /t/brand.css", "", nil},
		{"GET /t/", "", k.visitors}, {"POST /t/book", "", k.visitors}, {"POST /api/v1/t/bookings", "", k.visitors},
		{"GET /t/times", "", k.searches}, {"GET /api/v1/t/next-free", "", k.searches}, {"GET /feeds/x.ics", "", k.searches},
		{"GET /staff/day", "Cookie", k.staff}, {"GET /api/v1/t/availability", "Authorization", k.staff},
		{"GET /staff/day", "", k.visitors}, {"POST /staff/sign-in", "Cookie", k.visitors}, {"GET /t/", "Cookie", k.visitors}, {"GET /t/", "Authorization", k.visitors},
		{"GET /staff/calendar/events", "Cookie", k.streams},
	} {
		method, path, _ := strings.Cut(test.request, " ")
		r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		if test.header != "" {
			r.Header.Set(test.header, "x")
		}
		if got := k.of(r); got != test.want {
			t.Errorf("%s with %q: got %v, want %v", test.request, test.header, got, test.want)
		}
	}
}

// Case A2: guesses from 2^20 addresses fill no memory, and who guessed before them from
// one address alone is remembered as long as 20,000 others have not come.
func TestA2ManyGuessersFillNoMemory(t *testing.T) {
	l := (&Server{}).newLimiter(20, time.Minute)
	address := func(i int) netip.Prefix {
		return clientAt(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	one := clientAt(netip.MustParseAddr("192.0.2.1"))
	for range 20 {
		l.bucket(one).Reserve()
	}
	for i := range 1 << 20 {
		l.bucket(address(i)).Reserve()
		if n := len(l.buckets) + len(l.before); n > 2*manyClients {
			t.Fatalf("after %d addresses %d are remembered", i+1, n)
		}
		if i == manyClients-2 && l.bucket(one).Tokens() > 19 {
			t.Error("a guesser was forgotten after fewer than 20,000 others")
		}
	}
}

// Case A2: guesses made at the same moment count all, not as many as are left.
func TestA2GuessesAtOnceAreOwed(t *testing.T) {
	s := open(t, func(s *Server) { s.GuessesPerMinute = 5 })
	got := s.rush(200, "GET", "/t/m/AAAA")()
	if got[http.StatusNotFound] < 5 || got[http.StatusNotFound]+got[http.StatusTooManyRequests] != 200 {
		t.Fatalf("got %v", got)
	}
	w := s.do("GET", "/t/m/AAAA", ada)
	if w.Code != http.StatusTooManyRequests {
		t.Errorf("the next: got %d, want 429", w.Code)
	}
}

// What no program that means well sends is refused before anything looks at it.
func TestK2AddressesAndHeadersAreMeasured(t *testing.T) {
	s := open(t, nil)
	many := []string{}
	for i := range 2 * maxFields {
		many = append(many, "X-"+strings.Repeat("a", i+1), "b")
	}
	for _, path := range []string{"/hello", "/api/v1/hello"} {
		if got := s.do("GET", path+"?q="+strings.Repeat("a", 8<<10), ada).Code; got != http.StatusRequestURITooLong {
			t.Errorf("%s with 8 kB: got %d, want 414", path, got)
		}
		if got := s.do("GET", path, ada, many...).Code; got != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%s with 200 headers: got %d, want 431", path, got)
		}
		if got := s.do("GET", path+"?q="+strings.Repeat("a", 4<<10), ada, many[:80]...).Code; got != http.StatusOK {
			t.Errorf("%s with much, but not too much: got %d, want 200", path, got)
		}
	}
}
