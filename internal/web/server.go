// Package web puts the audiences together to one HTTP handler: their routes in
// the order that matters, the security headers around them, limits per client, the
// addresses that machines ask (health, readiness, metrics, security.txt), and the
// log of requests.
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

	"github.com/gorilla/mux"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

// Audience registers the routes of its own.
type Audience interface{ Mount(r *mux.Router) }

// Server is everything that answers requests. Its fields are set once.
type Server struct {
	Desk      *booking.Desk
	Pages     *page.Pages
	Links     booking.Links
	Audiences []Audience                    // the public site last: its routes match much
	RefuseAPI func(status int) http.Handler // how programs are told of a refusal
	Log       *slog.Logger
	Metrics   *Metrics // nil: not counted

	RequestsPerMinute int            // of one client; 0: no limit
	GuessesPerMinute  int            // unknown secrets of one client; 0: no limit
	HoldsPerClient    int            // slots reserved at about the same time; 0: no limit
	Proxies           []netip.Prefix // whose X-Forwarded-For is believed
	Shared            []netip.Prefix // networks that many people share,
	SharedTimes       int            // and for how many clients each address of them counts

	Frame func(r *http.Request) page.Frame // around the pages for who sends too much or from another site; nil: nobody's

	draining atomic.Bool
}

// Bounds of one request.
const (
	maxBody  = 3 << 20 // a logo of 2 MB in its form; other forms and calls have tighter limits of their own
	patience = 30 * time.Second
)

// Handler builds the whole site.
func (s *Server) Handler() http.Handler {
	r := mux.NewRouter()
	pages := page.Handlers{Pages: s.Pages, Frame: func(r *http.Request) page.Frame { return s.Pages.Frame(r, nil) }}
	lost := pages
	if s.Frame != nil { // who mistypes an address still sees whose site it is, and whom to call
		lost.Frame = s.Frame
	}
	r.NotFoundHandler = lost.Always(page.Missing(nil))
	r.MethodNotAllowedHandler = pages.Always(&page.Error{Status: http.StatusMethodNotAllowed})
	r.Use(noteRoute, s.guesses(pages), s.holds(pages), s.bookings(pages), s.reports(pages), s.again(pages))

	get := func(path string, h http.Handler) { r.Handle(path, h).Methods(http.MethodGet, http.MethodHead) }
	get("/healthz", http.HandlerFunc(s.alive))
	get("/readyz", http.HandlerFunc(s.ready))
	get("/.well-known/security.txt", pages.Do(s.securityText))
	get("/robots.txt", pages.Do(s.robots))
	get("/sitemap.xml", pages.Do(s.sitemap))
	r.PathPrefix("/static/").Handler(s.Pages.Static(r.NotFoundHandler)).Methods(http.MethodGet, http.MethodHead)
	r.Handle("/", s.toOwnHost(pages)).Methods(http.MethodGet, http.MethodHead).MatcherFunc(s.isOwnHost)
	for _, a := range s.Audiences {
		a.Mount(r)
	}
	limited := s.limit(r, pages)
	guarded := s.Pages.Guard(limited, s.refuse(http.StatusForbidden, s.around(pages)))
	return s.realClient(s.observe(http.MaxBytesHandler(bounded(guarded), maxBody)))
}

// Drain makes /readyz say that this process is about to end, so that a load
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
