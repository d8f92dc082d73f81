package web

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"terminvergabe/internal/web/page"
)

// turns is how many requests of a kind are worked on at a time. Some more wait for a
// moment; who comes then is told at once that it is too much, which is better than an
// answer that comes too late.
type turns struct {
	name    string
	places  chan struct{}
	queue   int64
	waiting atomic.Int64
	refused atomic.Int64
}

// turnWait is for how long a request waits for its turn: as long as people look at a
// page that does not come without trying again.
const turnWait = 2 * time.Second

// queuePerPlace is how many requests wait for each that is worked on.
const queuePerPlace = 4

func newTurns(name string, places int) *turns {
	return &turns{name: name, places: make(chan struct{}, places), queue: int64(queuePerPlace * places)}
}

// take waits for a turn; false says that there is none. Who has one gives it back.
func (t *turns) take(ctx context.Context) bool {
	select {
	case t.places <- struct{}{}:
		return true
	default:
	}
	defer t.waiting.Add(-1)
	if t.waiting.Add(1) > t.queue {
		t.refused.Add(1)
		return false
	}
	late := time.NewTimer(turnWait)
	defer late.Stop()
	select {
	case t.places <- struct{}{}: // whoever waits longest is next
		return true
	case <-late.C:
	case <-ctx.Done():
	}
	t.refused.Add(1)
	return false
}

func (t *turns) giveBack() { <-t.places }

// The kinds of requests, by what they take from others. None of them can use up what is
// there for another.
type kinds struct {
	visitors *turns // pages, forms, calls of programs
	searches *turns // what looks through a calendar: it costs most, and robots ask for it most
	staff    *turns // whoever shows a session of the back office or a token
	streams  *turns // calendars of the back office that wait for news: they cost nearly nothing
}

// streamsPerPlace: a stream is a clerk's open page, asleep nearly always.
const streamsPerPlace = 16

// newKinds shares places among the kinds: searches and staff have a quarter of so many,
// each beside those of the visitors. A machine has few processors: what they do is not
// done sooner by more requests, but those that wait for the disk can wait together.
func newKinds(places int) *kinds {
	quarter := max(1, places/4)
	return &kinds{newTurns("visitors", places), newTurns("searches", quarter), newTurns("staff", quarter), newTurns("streams", streamsPerPlace*quarter)}
}

func (k *kinds) all() []*turns { return []*turns{k.visitors, k.searches, k.staff, k.streams} }

// of is the kind of a request; nil: it is let through always.
func (k *kinds) of(r *http.Request) *turns {
	path := r.URL.Path
	_, last := cutLast(path)
	switch {
	case free(path):
		return nil
	case path == "/staff/calendar/events":
		return k.streams
	case isStaff(r):
		return k.staff
	case r.Method == http.MethodGet && (last == "times" || last == "choose" || last == "availability" || last == "next-free"), strings.HasPrefix(path, "/feeds/"):
		return k.searches
	}
	return k.visitors
}

func cutLast(path string) (before, last string) {
	i := strings.LastIndexByte(path, '/')
	return path[:i+1], path[i+1:]
}

// isStaff says whether somebody claims to be of the staff. Who only claims it learns so
// soon enough that a place is never held for long. A sign-in is not theirs yet: it takes
// long on purpose.
func isStaff(r *http.Request) bool {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		return r.Header.Get("Authorization") != ""
	}
	return strings.HasPrefix(r.URL.Path, "/staff") && !strings.HasPrefix(r.URL.Path, "/staff/sign-") && r.Header.Get("Cookie") != ""
}

// takeTurns lets no more requests through at a time than the machine can serve well.
func (s *Server) takeTurns(next http.Handler, pages page.Handlers) http.Handler {
	if s.RequestsAtOnce <= 0 {
		return next
	}
	k := newKinds(s.RequestsAtOnce)
	if s.Metrics != nil {
		s.Metrics.watch(k)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := k.of(r)
		if t == nil {
			next.ServeHTTP(w, r)
			return
		}
		if !t.take(r.Context()) {
			s.overloaded(w, r, pages)
			return
		}
		defer t.giveBack()
		next.ServeHTTP(w, r)
	})
}

// calm is the frame around a refusal that must not ask the database: that of the tenant,
// with its telephone number, where it is remembered.
func (s *Server) calm(pages page.Handlers) page.Handlers {
	if s.CalmFrame != nil {
		pages.Frame = s.CalmFrame
	}
	return pages
}

// overloaded tells programs and people to come back in a moment.
func (s *Server) overloaded(w http.ResponseWriter, r *http.Request, pages page.Handlers) {
	w.Header().Set("Retry-After", "5")
	if strings.HasPrefix(r.URL.Path, "/api/") {
		s.RefuseAPI(http.StatusServiceUnavailable).ServeHTTP(w, r)
		return
	}
	s.calm(pages).Fail(w, r, &page.Error{Status: http.StatusServiceUnavailable})
}
