package jobs

import (
	"cmp"
	"math"
	"sync"
	"time"

	"terminvergabe/internal/mail"
	"terminvergabe/internal/store"
)

// Pace bounds how fast letters leave by one way out, in this process. 0 is no limit.
type Pace struct {
	PerMinute       int // letters
	AtOnce          int // letters on their way at the same time; 0: four
	DomainPerMinute int // letters to one recipient domain
	DomainAtOnce    int // letters on their way to one recipient domain
}

// The rests, by the book's clock: so long is somebody left alone who could not take a
// letter, twice as long each time up to a bound. A single letter then finds out whether
// it is better.
const (
	serverRest, longestServerRest = 30 * time.Second, 5 * time.Minute
	domainRest, longestDomainRest = time.Minute, 15 * time.Minute
)

// farthest is how far ahead a turn is promised: limits can change meanwhile.
const farthest = 15 * time.Minute

// manyGates is when those are forgotten that nothing is known about any more.
const manyGates = 1000

// bucket gives out turns: so many a minute, and at most two seconds' worth at once. Some
// are kept for letters that somebody waits for.
type bucket struct {
	turns float64
	at    time.Time
}

func (b *bucket) size(perMinute int) float64 {
	if perMinute < 4 {
		return 1
	}
	return max(2, float64(perMinute)/30)
}

// fill makes the turns of the time that has passed: never more than perMinute come
// together within a minute, what was there at its begin included.
func (b *bucket) fill(perMinute int, now time.Time) {
	full := b.size(perMinute)
	if b.at.IsZero() || now.Before(b.at) {
		b.turns = full
	}
	b.turns = min(full, b.turns+now.Sub(b.at).Minutes()*(float64(perMinute)-full+1))
	b.at = now
}

// left is how many turns may be taken now.
func (b *bucket) left(perMinute int, bulk bool, now time.Time) int {
	if perMinute == 0 {
		return math.MaxInt32
	}
	b.fill(perMinute, now)
	kept := 0.0
	if full := b.size(perMinute); bulk && full >= 2 {
		kept = full / 2
	}
	return int(max(0, b.turns-kept) + 1e-9)
}

// rest is a time of being left alone.
type rest struct {
	fails int
	until time.Time
}

// failed prolongs the rest; those who fail together, before it is over, count once.
func (r *rest) failed(now time.Time, first, longest time.Duration) {
	if now.Before(r.until) {
		return
	}
	r.until = now.Add(min(longest, first<<min(r.fails, 10)))
	r.fails++
}

// gate is what a letter passes on its way: that of its recipient's domain, or that of
// its sender.
type gate struct {
	bucket
	rest
	under int       // letters on their way
	next  time.Time // up to when turns are promised to bulk letters
}

// way is a way out.
type way struct {
	name      string // the tenant's with one of its own; "": the installation's
	transport mail.Transport
	pace      Pace
	bucket
	rest
	under, bulk int // letters on their way, and bulk ones among them
	gates       map[string]*gate
}

func (w *way) gate(name string) *gate {
	if w.gates[name] == nil {
		w.gates[name] = &gate{}
	}
	return w.gates[name]
}

func (w *way) atOnce() int { return cmp.Or(w.pace.AtOnce, senders) }

// room is how many letters may set out now. While the server is down one tries; some
// room, if there is any, is kept for letters that somebody waits for.
func (w *way) room(bulk bool, now time.Time) int {
	n := w.atOnce()
	if now.Before(w.until) {
		return 0
	}
	if w.fails > 0 {
		n = 1
	}
	n -= w.under
	if bulk && w.fails == 0 {
		n = min(n, max(1, w.atOnce()-1)-w.bulk)
	}
	return max(0, min(n, w.left(w.pace.PerMinute, bulk, now)))
}

// take and give count letters that set out, and those that found none, or came back.
func (w *way) take(l store.Lane, n int) {
	w.under += n
	w.turns -= float64(n)
	if l.Bulk {
		w.bulk += n
	}
}

func (w *way) give(l store.Lane, n int, unused bool) {
	w.under -= n
	if unused {
		w.turns += float64(n)
	}
	if l.Bulk {
		w.bulk -= n
	}
}

// share is how many letters of a lane set out.
type share struct {
	lane store.Lane
	way  *way
	n    int
}

// traffic is what one process knows about its ways out. It is shared by all letters.
type traffic struct {
	mu   sync.Mutex
	ways map[string]*way
	// What the lanes have had: the one with least goes next, one that is new is among
	// them. A bulk letter counts as four.
	had    map[store.Lane]float64
	behind float64
	seen   time.Time // the book's clock, last
}

// putBack forgets rests and promises where the clock was put back: they would last for as
// long as it had been ahead.
func (t *traffic) putBack(now time.Time) {
	if now.Before(t.seen.Add(-aShift)) {
		for _, w := range t.ways {
			w.rest = rest{}
			for _, g := range w.gates {
				g.rest, g.next = rest{}, time.Time{}
			}
		}
	}
	t.seen = now
}

// bulkWeight is how many urgent letters go out for one bulk letter while both wait.
const bulkWeight = 4

// way gives a tenant's way out; a tenant with a server of its own has its own.
func (r *Runner) way(tenant string) *way {
	t, name := r.Transport, ""
	if own, ok := r.Tenants[tenant]; ok {
		t, name = own, tenant
	}
	if r.traffic.ways == nil {
		r.traffic.ways, r.traffic.had = map[string]*way{}, map[store.Lane]float64{}
	}
	w := r.traffic.ways[name]
	if w == nil {
		w = &way{name: name, gates: map[string]*gate{}}
		r.traffic.ways[name] = w
	}
	w.transport, w.pace = t, r.Paces[name]
	return w
}

// choose shares the room there is among the lanes in which letters wait.
func (r *Runner) choose(lanes []store.Lane, now time.Time) (list []*share) {
	t := &r.traffic
	t.mu.Lock()
	defer t.mu.Unlock()
	t.putBack(now)
	shares := map[store.Lane]*share{}
	for range batch {
		var best *share
		for _, l := range lanes { // urgent ones come first
			s := shares[l]
			if s == nil {
				s = &share{lane: l, way: r.way(l.Tenant)}
				shares[l] = s
				t.had[l] = max(t.had[l], t.behind)
			}
			if s.way.room(l.Bulk, now) > 0 && (best == nil || t.had[l] < t.had[best.lane]) {
				best = s
			}
		}
		if best == nil {
			break
		}
		t.behind = t.had[best.lane]
		t.had[best.lane]++
		if best.lane.Bulk {
			t.had[best.lane] += bulkWeight - 1
		}
		best.way.take(best.lane, 1)
		if best.n++; best.n == 1 {
			list = append(list, best)
		}
	}
	return list
}

// missed gives back what a lane had no letters for.
func (r *Runner) missed(s *share, n int) {
	r.traffic.mu.Lock()
	defer r.traffic.mu.Unlock()
	s.way.give(s.lane, n, true)
}

// passage is a letter on its way through its gates.
type passage struct {
	of             *Runner
	way            *way
	by             mail.Transport
	domain, sender *gate
}

// enter lets a letter pass, or says until when it is to wait, and whether that is because
// the recipient's side could not take letters lately. One that is overdue does not wait for
// the domain to be well: it goes alone.
func (r *Runner) enter(s *share, m *mail.Outgoing, now time.Time, overdue bool) (p *passage, until time.Time, theirs bool) {
	r.traffic.mu.Lock()
	defer r.traffic.mu.Unlock()
	w := s.way
	w.sweep(now)
	p = &passage{of: r, way: w, by: w.transport, domain: w.gate("to " + mail.DomainOf(m.To)), sender: w.gate("from " + m.Sender)}
	for _, g := range []*gate{p.sender, p.domain} {
		switch alone := overdue && g == p.domain && g.fails > 0; {
		case alone && g.under == 0:
		case !alone && now.Before(g.until):
			return nil, g.promise(w.pace, s.lane.Bulk, g.until, now), g == p.domain
		case alone, g.fails > 0 && g.under > 0: // one tries
			return nil, g.promise(w.pace, s.lane.Bulk, now.Add(serverRest), now), g == p.domain
		}
	}
	d := p.domain
	busy := w.pace.DomainAtOnce > 0 && d.under >= w.pace.DomainAtOnce
	if busy || d.left(w.pace.DomainPerMinute, s.lane.Bulk, now) < 1 {
		return nil, d.promise(w.pace, s.lane.Bulk, now.Add(time.Second), now), false
	}
	d.turns--
	d.under++
	p.sender.under++
	return p, time.Time{}, false
}

// promise is when a letter that finds no turn is to come again: not before earliest, and
// bulk letters one after the other, so that ten thousand of them are not looked at every
// second.
func (g *gate) promise(p Pace, bulk bool, earliest, now time.Time) time.Time {
	if !bulk {
		return earliest
	}
	step := time.Second / time.Duration(max(1, p.DomainAtOnce))
	if p.DomainPerMinute > 0 {
		step = max(step, time.Minute*11/10/time.Duration(p.DomainPerMinute)) // some turns go to others
	}
	if g.next.Before(earliest) {
		g.next = earliest
	}
	at := g.next.Add(time.Second - 1).Truncate(time.Second) // the store keeps whole seconds
	if at.Sub(now) > farthest {
		return now.Add(farthest)
	}
	g.next = g.next.Add(step)
	return at
}

// sweep forgets gates about which there is nothing to remember.
func (w *way) sweep(now time.Time) {
	if len(w.gates) < manyGates {
		return
	}
	for name, g := range w.gates {
		if g.under == 0 && !now.Before(g.next) && now.Sub(g.at) > time.Minute && now.Sub(g.until) > longestDomainRest {
			delete(w.gates, name)
		}
	}
}

// leave notes how it went: who is to be left alone now, and who is well again. It gives
// the end of the rest, if one holds.
func (p *passage) leave(about blame, now time.Time) (until time.Time) {
	p.of.traffic.mu.Lock()
	defer p.of.traffic.mu.Unlock()
	p.domain.under--
	p.sender.under--
	switch about {
	case theServer:
		p.way.failed(now, serverRest, longestServerRest)
		return p.way.until
	case theLetter:
		p.way.rest, p.sender.rest = rest{}, rest{}
	case theSetUp:
		p.way.rest = rest{}
		p.sender.failed(now, domainRest, longestDomainRest)
		return p.sender.until
	case greylisted:
		p.way.rest, p.sender.rest = rest{}, rest{}
		if d := p.domain; d.fails > 0 && !now.Before(d.until) { // it may be ill as well
			d.until = now.Add(domainRest)
		}
	case theDomain:
		p.way.rest, p.sender.rest = rest{}, rest{}
		p.domain.failed(now, domainRest, longestDomainRest)
		return p.domain.until
	case nobody:
		p.way.rest, p.sender.rest, p.domain.rest = rest{}, rest{}, rest{}
	}
	return time.Time{}
}
