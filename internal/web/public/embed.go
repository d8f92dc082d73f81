package public

import (
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
)

// mountFrames registers the way to a booking once more, for a frame on a page of the
// tenant's own website. There cookies are not to be had, so the language stands in the
// path; there is no way by an invitation link, no page about a booking that is made, and
// the last step leaves the frame (see newReview): what can be cancelled stands in none.
func (s *Site) mountFrames(t *route.Table, h page.Handlers) {
	const at = "/{tenant}/embed/{lang}/"
	show := func(path string, p route.Policy, f page.HandlerFunc) { t.Get(path, p.InFrames(), h.Do(s.framed(f))) }
	act := func(path string, p route.Policy, f func(*call) error) {
		t.Post(path, p.InFrames(), h.Do(s.framed(s.open(f))))
	}
	ask := func(path string, f func(*call) error) { t.Ask(path, typing.InFrames(), h.Do(s.framed(s.open(f)))) }
	show("/{tenant}/embed/", open, s.open(toFrame))
	show(at, open, s.open(start))
	show(at+"s/{service}", open, s.open(service))
	show(at+"next", cached, s.open(nextDates))
	show(at+"choose", typing, s.open(choose))
	ask(at+"choose", chosenByName)
	show(at+"times", typing, s.recall(s.open(times)))
	act(at+"reserve", typing.Limited(route.Holds), reserve)
	show(at+"details", typing, s.open(details))
	ask(at+"details", detailsAgain)
	act(at+"more", typing, more)
	ask(at+"review", review)
	ask(at+"others", others)
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
