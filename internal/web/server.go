// Package web puts the audiences together to one HTTP handler: their routes in
// the order that matters, the security headers around them, limits per client and of all
// together, the addresses that machines ask (health, readiness, metrics, security.txt),
// and the log of requests.
//
// It refuses to know what any page shows. Start reading at Server.Handler.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
)

// Audience mounts the routes of its own.
type Audience interface{ Mount(t *route.Table) }

// Server is everything that answers requests. Its fields are set once.
type Server struct {
	Desk      *booking.Desk
	Pages     *page.Pages
	Links     booking.Links
	Audiences []Audience                    // the public site last: its routes match much
	RefuseAPI func(status int) http.Handler // how programs are told of a refusal
	Log       *slog.Logger
	Metrics   *Metrics // nil: not counted
	Security  Security

	RequestsPerMinute int            // of one client; 0: no limit
	GuessesPerMinute  int            // unknown secrets of one client; 0: no limit
	HoldsPerClient    int            // slots reserved at about the same time; 0: no limit
	Proxies           []netip.Prefix // whose X-Forwarded-For is believed
	Shared            []netip.Prefix // networks that many people share,
	SharedTimes       int            // and for how many clients each address of them counts
	RequestsAtOnce    int            // of visitors that are worked on at a time; 0: no limit

	Frame     func(r *http.Request) page.Frame // around the pages for who sends too much or from another site; nil: nobody's
	CalmFrame func(r *http.Request) page.Frame // the same without a look at the database; nil: nobody's

	Jobs Worker // what works beside the requests; nil: nothing

	draining atomic.Bool
	health   health
	refusals refusals
}

// patience is how long one request is worked on.
const patience = 30 * time.Second

// Handler builds the whole site.
func (s *Server) Handler() http.Handler {
	pages := s.pages()
	limited := s.limit(s.bodies(s.takeTurns(bounded(s.Table()), pages), pages), pages)
	guarded := s.Pages.Guard(s.measured(limited, pages), s.refuse(http.StatusForbidden, s.around(pages)))
	return s.realClient(s.observe(guarded))
}

func (s *Server) pages() page.Handlers {
	return page.Handlers{Pages: s.Pages, Frame: func(r *http.Request) page.Frame { return s.Pages.Frame(r, nil) }}
}

// What the routes of everybody promise.
var (
	watched = route.Policy{Who: route.Who{Shows: route.Nothing}, Data: route.Open, Keep: route.Nobody, Rate: route.Unlimited}
	told    = route.Policy{Who: route.Who{Shows: route.Nothing}, Data: route.Open, Keep: route.Everyone, Rate: route.Requests}
)

// Table is every address of the site, with its policy.
func (s *Server) Table() *route.Table {
	pages := s.pages()
	lost := pages
	if s.Frame != nil { // who mistypes an address still sees whose site it is, and whom to call
		lost.Frame = s.Frame
	}
	missing := lost.Always(page.Missing(nil))
	t := route.NewTable()
	t.Missing(missing)
	t.Wrong(pages.Always(&page.Error{Status: http.StatusMethodNotAllowed}))
	t.Around(noteRoute(t), s.guesses(pages), s.holds(pages), s.bookings(pages), s.reports(pages), s.again(pages))

	t.Get("/healthz", watched, http.HandlerFunc(s.alive))
	t.Get("/readyz", watched, http.HandlerFunc(s.ready))
	t.Get("/.well-known/security.txt", told, pages.Do(s.securityText))
	t.Get("/robots.txt", told, pages.Do(s.robots))
	t.Get("/sitemap.xml", told, pages.Do(s.sitemap))
	t.GetBelow("/static/", route.Files(), s.Pages.Static(missing))
	t.GetWhere("/", told, s.toOwnHost(pages), s.isOwnHost)
	for _, a := range s.Audiences {
		a.Mount(t)
	}
	return t
}

// Drain makes /readyz say from now on that this process is about to end, so that a load
// balancer sends nobody any more.
func (s *Server) Drain() { s.draining.Store(true) }

// bounded ends requests that take too long: what they wait for is not coming.
func bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// refuse answers programs as programs and people with a page.
func (s *Server) refuse(status int, pages page.Handlers) http.Handler {
	program, people := s.RefuseAPI(status), pages.Always(&page.Error{Status: status})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			program.ServeHTTP(w, r)
			return
		}
		people.ServeHTTP(w, r)
	})
}
