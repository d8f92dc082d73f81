package web

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

// Case D10: who reserves without finishing gets no more than the limit, others go on. A
// school behind one address is many, and IPv6 counts by network.
func TestD10SharedNetworksAreManyClients(t *testing.T) {
	s := open(t, func(s *Server) {
		s.HoldsPerClient, s.Shared, s.SharedTimes = 2, []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8:10::/48"), netip.MustParsePrefix("2001:db8:30::5/128")}, 3
	})
	for from, most := range map[string]int{"198.51.100.7:1": 2, "192.0.2.9:1": 6, "[2001:db8:10::1]:1": 6, "[2001:db8:20::1]:1": 2, "[2001:db8:30::5]:1": 6} {
		for i := range most + 1 {
			want := http.StatusOK
			if i == most {
				want = http.StatusTooManyRequests
			}
			if got := s.do("POST", "/t/reserve", from).Code; got != want {
				t.Errorf("%s, time %d: got %d, want %d", from, i+1, got, want)
			}
		}
	}
	if got := s.do("POST", "/t/reserve", "[2001:db8:20::99]:1").Code; got != http.StatusTooManyRequests {
		t.Errorf("a neighbour in the /64: got %d", got)
	}
}

// Who is refused reads when to try again, and whom to call.
func TestWhoIsRefusedLearnsWhen(t *testing.T) {
	s := open(t, func(s *Server) { s.HoldsPerClient = 1 })
	s.do("POST", "/t/reserve", ada)
	w := s.do("POST", "/t/reserve", ada)
	seconds, err := strconv.Atoi(w.Header().Get("Retry-After"))
	if w.Code != http.StatusTooManyRequests || err != nil || seconds < 1 || seconds > 20*60 {
		t.Errorf("got %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	if body := w.Body.String(); !strings.Contains(body, "In 20 Minuten geht es wieder") {
		t.Errorf("got %s", body)
	}
}
