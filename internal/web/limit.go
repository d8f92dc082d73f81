package web

import (
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"golang.org/x/time/rate"

	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
)

// maxHops bounds how much of an X-Forwarded-For header is looked at.
const maxHops = 20

// realClient lets everything behind it see the visitor's own address in RemoteAddr
// where a proxy that we trust names it, reading from our end.
func (s *Server) realClient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !s.trusts(peer.Addr().Unmap()) {
			next.ServeHTTP(w, r)
			return
		}
		addr := peer.Addr().Unmap()
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := 1; i <= min(len(hops), maxHops) && s.trusts(addr); i++ {
			hop, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-i]))
			if err != nil {
				break
			}
			addr = hop.Unmap().WithZone("")
		}
		same := *r
		same.RemoteAddr = netip.AddrPortFrom(addr, peer.Port()).String()
		next.ServeHTTP(w, &same)
	})
}

func (s *Server) trusts(addr netip.Addr) bool { return within(s.Proxies, addr) }

func within(networks []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// client is whose requests count together.
func client(r *http.Request) netip.Prefix {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	return clientAt(peer.Addr())
}

// clientAt is an address, or of IPv6 the network, since one subscriber has all of it.
func clientAt(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	network, _ := addr.Prefix(bits) // bits fit the address
	return network
}

// manyClients is how many clients are counted before a new count begins. Of the count
// before it those are taken over who come again: so nobody's bucket is forgotten before
// as many others have come, and a flood of addresses fills no memory.
const manyClients = 20_000

// limiter counts per client, in buckets that refill in a given time. A network that many
// share has a larger one.
type limiter struct {
	most    int
	times   func(netip.Prefix) int
	per     time.Duration
	mu      sync.Mutex
	buckets map[netip.Prefix]*rate.Limiter
	before  map[netip.Prefix]*rate.Limiter
}

func (s *Server) newLimiter(most int, per time.Duration) *limiter {
	return &limiter{most: most, times: s.Times, per: per, buckets: map[netip.Prefix]*rate.Limiter{}}
}

func (l *limiter) bucket(client netip.Prefix) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.buckets[client]
	if ok {
		return b
	}
	if b, ok = l.before[client]; !ok {
		most := l.most * l.times(client)
		b = rate.NewLimiter(rate.Limit(float64(most)/l.per.Seconds()), most)
	}
	if len(l.buckets) >= manyClients {
		l.before, l.buckets = l.buckets, map[netip.Prefix]*rate.Limiter{}
	}
	l.buckets[client] = b
	return b
}

// Times is how many clients an address counts for: one, or as many as the configuration
// says of a network that many people share, such as a school's or the office's own.
func (s *Server) Times(client netip.Prefix) int {
	if slices.ContainsFunc(s.Shared, func(p netip.Prefix) bool { return p.Overlaps(client) }) {
		return max(1, s.SharedTimes)
	}
	return 1
}

// wait is how many seconds a client has to wait for its next turn, at least 1.
func wait(b *rate.Limiter) int {
	missing := 1 - b.Tokens()
	return max(1, int(math.Ceil(missing/float64(b.Limit()))))
}

// around has refusals shown in the frame of whom the address belongs to.
func (s *Server) around(pages page.Handlers) page.Handlers {
	if s.Frame != nil {
		pages.Frame = s.Frame
	}
	return pages
}

// tooMany tells a client when to try again: programs in a header, people also on a page
// of the tenant, whose telephone number stands on it.
func (s *Server) tooMany(w http.ResponseWriter, r *http.Request, b *rate.Limiter, pages page.Handlers) {
	seconds := wait(b)
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	if strings.HasPrefix(r.URL.Path, "/api/") {
		s.RefuseAPI(http.StatusTooManyRequests).ServeHTTP(w, r)
		return
	}
	s.around(pages).Fail(w, r, &page.Error{Status: http.StatusTooManyRequests, Title: "public.tooMany.title", Detail: "public.tooMany.detail", Args: []any{"n", (seconds + 59) / 60}})
}

// limit holds each client to its requests per minute. Static files and what
// watchdogs ask are not counted.
func (s *Server) limit(next http.Handler, pages page.Handlers) http.Handler {
	if s.RequestsPerMinute <= 0 {
		return next
	}
	clients := s.newLimiter(s.RequestsPerMinute, time.Minute)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if free(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		b := clients.bucket(client(r))
		if !b.AllowN(time.Now(), 1) {
			s.tooMany(w, r, b, pages)
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
func (s *Server) guesses(pages page.Handlers) mux.MiddlewareFunc {
	guesses := s.newLimiter(s.GuessesPerMinute, time.Minute)
	guesses.times = func(netip.Prefix) int { return 1 } // nobody has to guess more for sharing a network
	return s.ration(pages, guesses,
		func(r *http.Request, x route.Route) bool {
			shows, _ := route.KindOf(x.Who.Shows)
			return shows.Link || r.Header.Get("Authorization") != ""
		},
		func(status int) bool { return status == http.StatusNotFound || status == http.StatusUnauthorized })
}

// holdTime is for how long a slot that somebody reserves counts against its client:
// as long as a calendar usually keeps it. Nobody tells when a form is given up.
const holdTime = 20 * time.Minute

// holds keeps one client from reserving slots by the dozen.
func (s *Server) holds(pages page.Handlers) mux.MiddlewareFunc {
	return s.ration(pages, s.newLimiter(s.HoldsPerClient, holdTime),
		func(_ *http.Request, x route.Route) bool { return x.Rate == route.Holds },
		func(status int) bool { return status < http.StatusBadRequest })
}

// reportsPerHour is how many barriers one client reports, and linksPerHour for how many
// addresses it has links sent. Counters of libraries and advice centres do so for many.
const (
	reportsPerHour = 10
	linksPerHour   = 30
)

// reports keeps one client from filling the office's mailbox.
func (s *Server) reports(pages page.Handlers) mux.MiddlewareFunc {
	return s.sent(pages, route.Reports, reportsPerHour)
}

// again keeps one client from having letters looked for by the thousand.
func (s *Server) again(pages page.Handlers) mux.MiddlewareFunc {
	return s.sent(pages, route.Letters, linksPerHour)
}

// sent counts the forms of a kind that were taken.
func (s *Server) sent(pages page.Handlers, kind route.Rate, perHour int) mux.MiddlewareFunc {
	return s.ration(pages, s.newLimiter(perHour, time.Hour),
		func(_ *http.Request, x route.Route) bool { return x.Rate == kind },
		func(status int) bool { return status < http.StatusBadRequest })
}

// bookingsPerHold is how many bookings a client can make in an hour for each slot that it
// can reserve at a time: so far beyond what people do that only programs meet it.
const bookingsPerHold = 10

// bookings keeps one client from booking what it did not have to reserve, where pages are
// counted at all.
func (s *Server) bookings(pages page.Handlers) mux.MiddlewareFunc {
	most := bookingsPerHold * s.HoldsPerClient
	if s.RequestsPerMinute <= 0 {
		most = 0
	}
	return s.ration(pages, s.newLimiter(most, time.Hour),
		func(_ *http.Request, x route.Route) bool { return x.Rate == route.Bookings },
		func(status int) bool { return status < http.StatusBadRequest })
}

// ration refuses the requests concerned to a client that has nothing left. Only an
// outcome that counts uses something up; who asks many things at the same moment can have
// more of them, and waits the longer for the next.
func (s *Server) ration(pages page.Handlers, clients *limiter, concerns func(r *http.Request, x route.Route) bool, counts func(status int) bool) mux.MiddlewareFunc {
	return func(next http.Handler) http.Handler {
		if clients.most <= 0 {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen, ok := w.(*recorder)
			if !ok || !concerns(r, seen.policy) {
				next.ServeHTTP(w, r)
				return
			}
			b := clients.bucket(client(r))
			if b.Tokens() < 1 {
				s.tooMany(w, r, b, pages)
				return
			}
			next.ServeHTTP(w, r)
			if counts(seen.status) {
				b.Reserve()
			}
		})
	}
}
