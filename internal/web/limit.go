package web

import (
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"terminvergabe/internal/web/page"
)

// maxHops bounds how much of an X-Forwarded-For header is looked at.
const maxHops = 20

// client is the address that a request comes from: the peer, or what the proxies
// we trust say about it, read from our end. Of an IPv6 address the network counts:
// one subscriber has all of it.
func (s *Server) client(r *http.Request) netip.Prefix {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	addr := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := 1; i <= min(len(hops), maxHops) && s.trusts(addr); i++ {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-i]))
		if err != nil {
			break
		}
		addr = next.Unmap().WithZone("")
	}
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	network, _ := addr.Prefix(bits) // bits fit the address
	return network
}

func (s *Server) trusts(addr netip.Addr) bool {
	for _, p := range s.Proxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// manyClients is how many clients are counted before those at rest are forgotten.
const manyClients = 20_000

// limiter counts per client, in buckets that refill within a minute.
type limiter struct {
	perMinute int
	mu        sync.Mutex
	buckets   map[netip.Prefix]*rate.Limiter
}

func newLimiter(perMinute int) *limiter {
	return &limiter{perMinute: perMinute, buckets: map[netip.Prefix]*rate.Limiter{}}
}

func (l *limiter) bucket(client netip.Prefix) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.buckets[client]
	if ok {
		return b
	}
	if len(l.buckets) >= manyClients {
		for c, b := range l.buckets {
			if b.Tokens() >= float64(l.perMinute) {
				delete(l.buckets, c)
			}
		}
	}
	b = rate.NewLimiter(rate.Limit(float64(l.perMinute)/60), l.perMinute)
	l.buckets[client] = b
	return b
}

// wait is how many seconds a client has to wait for its next turn, at least 1.
func wait(b *rate.Limiter) string {
	missing := 1 - b.Tokens()
	return strconv.Itoa(max(1, int(math.Ceil(missing/float64(b.Limit())))))
}

// limit holds each client to its requests per minute. Static files and what
// watchdogs ask are not counted.
func (s *Server) limit(next http.Handler, pages page.Handlers) http.Handler {
	if s.RequestsPerMinute <= 0 {
		return next
	}
	clients, refused := newLimiter(s.RequestsPerMinute), s.refuse(http.StatusTooManyRequests, pages)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if free(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		b := clients.bucket(s.client(r))
		if !b.AllowN(time.Now(), 1) {
			w.Header().Set("Retry-After", wait(b))
			refused.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func free(path string) bool {
	return strings.HasPrefix(path, "/static/") || strings.HasSuffix(path, "/brand.css") || path == "/healthz" || path == "/readyz"
}

// guesses holds each client to so many unknown secrets per minute: links and
// tokens that lead nowhere.
func (s *Server) guesses(pages page.Handlers) func(http.Handler) http.Handler {
	clients, refused := newLimiter(s.GuessesPerMinute), s.refuse(http.StatusTooManyRequests, pages)
	return func(next http.Handler) http.Handler {
		if s.GuessesPerMinute <= 0 {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen, ok := w.(*recorder)
			if !ok || !strings.Contains(seen.route, "{secret}") && r.Header.Get("Authorization") == "" {
				next.ServeHTTP(w, r)
				return
			}
			b := clients.bucket(s.client(r))
			if b.Tokens() < 1 {
				w.Header().Set("Retry-After", wait(b))
				refused.ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(w, r)
			if seen.status == http.StatusNotFound || seen.status == http.StatusUnauthorized {
				b.AllowN(time.Now(), 1)
			}
		})
	}
}
