package public

import (
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"terminvergabe/internal/web/page"
)

// mountFrames registers the way to a booking once more, for a frame on a page of the
// tenant's own website. There cookies are not to be had, so the language stands in the
// path; there is no way by an invitation link, no page about a booking that is made, and
// the last step leaves the frame (see newReview): what can be cancelled stands in none.
func (s *Site) mountFrames(r *mux.Router, h page.Handlers) {
	const at = "/{tenant}/embed/{lang}/"
	show := func(path string, f page.HandlerFunc) {
		r.Handle(path, h.Do(s.framed(f))).Methods(http.MethodGet, http.MethodHead)
	}
	act := func(path string, f func(*call) error) {
		r.Handle(path, h.Do(s.framed(s.open(f)))).Methods(http.MethodPost)
	}
	show("/{tenant}/embed/", s.open(toFrame))
	show(at, s.open(start))
	show(at+"s/{service}", s.open(service))
	show(at+"next", s.open(nextDates))
	show(at+"choose", s.open(choose))
	act(at+"choose", chosenByName)
	show(at+"times", s.recall(s.open(times)))
	act(at+"reserve", reserve)
	show(at+"details", s.open(details))
	act(at+"details", detailsAgain)
	act(at+"more", more)
	act(at+"review", review)
	act(at+"others", others)
}

// framed lets the origins that the tenant trusts show an answer in a frame, also when it
// is that something went wrong.
func (s *Site) framed(f page.HandlerFunc) page.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		setup, err := s.Desk.Setup(r.Context(), mux.Vars(r)["tenant"])
		if err != nil {
			return err
		}
		page.AllowFrames(w, setup.Embed.Origins)
		return f(w, r)
	}
}

// frameWay is what the addresses in a frame begin with; "" outside of one. It looks at
// the address itself: who sends too much is refused before any route is known.
func frameWay(r *http.Request, home string) string {
	rest, framed := strings.CutPrefix(r.URL.Path, home+"embed/")
	if lang, _, ok := strings.Cut(rest, "/"); framed && ok && lang != "" {
		return home + "embed/" + lang + "/"
	}
	return ""
}

// toFrame chooses the language, and leads past the list to a service that is named.
func toFrame(c *call) error {
	c.way = c.home + "embed/" + c.frame.Lang + "/"
	v := c.r.URL.Query()
	if v.Has("service") {
		return c.to(c.serviceAddress(v.Get("service"), v.Get("site")), nil)
	}
	return c.to(c.way, nil)
}
