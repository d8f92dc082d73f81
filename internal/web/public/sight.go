package public

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/page"
)

// sight is a page of times with the answers that stand on it. As long as the answers
// stay, so does the page.
type sight struct {
	search   booking.Search // without a period
	suggests bool           // first is on it
	first    []booking.First
	times    []*booking.Times
	body     *page.Rendered
}

// sightBytes is about how much of them is kept, at most twice.
const sightBytes = 8 << 20

func (s *sight) bytes() int {
	n := s.body.Len() + booking.FirstBytes*len(s.first)
	for _, t := range s.times {
		n += t.Bytes()
	}
	return n
}

// recall shows a page of times as it was put together last where nothing on it has
// changed, which is most of the time and costs next to nothing. Whoever has a slot
// reserved sees a page of their own.
func (s *Site) recall(anew page.HandlerFunc) page.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := r.Cookie(s.cookieName(holdCookie)); err == nil || strings.Contains(r.URL.RawQuery, draftParam+"=") {
			return anew(w, r)
		}
		at, err := s.Desk.Present(r.Context(), mux.Vars(r)["tenant"])
		if err != nil {
			return err
		}
		lang := s.Pages.Language(r, at.Setup.Tenant.Languages)
		old, ok := s.seen.Get(request(r, at, lang))
		if !ok || !s.unchanged(r, at, old) {
			return anew(w, r)
		}
		s.prepare(w, r, home(at.Setup))
		s.Pages.Send(w, r, lang, old.body)
		return nil
	}
}

// request names what was asked for, and when: pages speak of today.
func request(r *http.Request, at store.Present, lang string) []byte {
	return fmt.Appendf(nil, "%s?%s\x00%s\x00%d", r.URL.Path, r.URL.RawQuery, lang, agenda.DateOf(at.Now.In(at.Setup.Zone())))
}

// unchanged reports that a page shows what there is to be seen now. An error is left
// to whoever puts the page together anew.
func (s *Site) unchanged(r *http.Request, at store.Present, old sight) bool {
	q := old.search
	q.At, q.Asker = at, "" // whoever finds nothing gets a new page, and counts there
	for _, was := range old.times {
		q.From, q.To, q.Brief = was.From, was.To, true
		if now, err := s.Desk.Times(r.Context(), q); err != nil || !now.Same(was) {
			return false
		}
	}
	if !old.suggests {
		return true
	}
	first, err := s.Desk.NextFree(r.Context(), q)
	return err == nil && booking.SameFirsts(first, old.first)
}
