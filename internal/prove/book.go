package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"terminvergabe/internal/prove/service"
)

// state is what a visit may look like: as the service has acknowledged it, or as it
// will if an act happened whose answer never came.
type state struct {
	start     time.Time
	cancelled bool
	moves     int
	known     int64 // the position at which the acknowledgement came; unanswered: never
}

const never = math.MaxInt64

func (s state) String() string {
	word := "confirmed"
	if s.cancelled {
		word = "cancelled"
	}
	return fmt.Sprintf("%s at %s after %d moves", word, s.start.UTC().Format(time.RFC3339), s.moves)
}

// visit is one acknowledged booking and all that its client was told of it, in order.
// One client alone acts on it, so at most the last state is unanswered.
type visit struct {
	id, secret string
	states     []state
}

func (v *visit) last() state { return v.states[len(v.states)-1] }

// order is a booking that was asked for without an answer.
type order struct {
	key   string
	staff bool
	body  service.Order
}

// book is the memory of all clients together. It is safe for use by many goroutines.
type book struct {
	mu      sync.Mutex
	visits  []*visit
	open    []order
	touched map[*visit]bool // since the last look
	acks    int             // acknowledged acts
	refused int             // answered with 5xx
	lost    int             // not answered
	odd     error           // a refusal that does not say when to try again
}

func newBook() *book { return &book{touched: map[*visit]bool{}} }

func (b *book) booked(v *visit) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.visits, b.touched[v] = append(b.visits, v), true
	b.acks++
}

// told notes a further state of a visit.
func (b *book) told(v *visit, s state) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v.states, b.touched[v] = append(v.states, s), true
	if s.known != never {
		b.acks++
	}
}

// unanswered notes a booking that may have happened.
func (b *book) unanswered(o order) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = append(b.open, o)
}

// silence counts an act without a clear answer.
func (b *book) silence(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var p *service.Problem
	if errors.As(err, &p) {
		b.refused++
		if p.Media != "application/problem+json" || p.Status != 503 || p.Retry == "" {
			b.odd = fmt.Errorf("refused with %w as %q, Retry-After %q; want 503, problem+json, and when to try again", p, p.Media, p.Retry)
		}
	} else {
		b.lost++
	}
}

// row is a booking as the database has it.
type row struct {
	id, status string
	start      time.Time
	letters    map[string]int // by kind
}

// is says that a row shows a state, with all its letters and no other.
func (r *row) is(s state) bool {
	want := map[string]int{"confirmed": 1, "changed": s.moves}
	status := "confirmed"
	if s.cancelled {
		status = "cancelled"
		want["cancelled"] = 1
	}
	if r.status != status || !r.start.Equal(s.start) {
		return false
	}
	for kind, n := range r.letters {
		if want[kind] != n {
			return false
		}
	}
	for kind, n := range want {
		if r.letters[kind] != n {
			return false
		}
	}
	return true
}

func (r *row) String() string {
	return fmt.Sprintf("%s at %s with letters %v", r.status, r.start.Format(time.RFC3339), r.letters)
}

// finding is how a database compares with what clients were told.
type finding struct {
	visits int // acknowledged, looked for
	lost   []string
	halves []string // neither the acknowledged state nor a later one, or letters that do not fit
	extra  int      // bookings that nobody was told of
}

func (f finding) err() error {
	if len(f.lost)+len(f.halves) == 0 {
		return nil
	}
	list := append(slices.Clone(f.lost), f.halves...)
	return fmt.Errorf("of %d acknowledged bookings %d are lost and %d are not as acknowledged: %s", f.visits, len(f.lost), len(f.halves), strings.Join(list[:min(len(list), 5)], "; "))
}

// compare looks for everything that had been acknowledged at a position. What was
// acknowledged later, or never, may be there: as a whole.
func (b *book) compare(rows map[string]*row, position int64) (f finding) {
	b.mu.Lock()
	defer b.mu.Unlock()
	known := map[string]bool{}
	for _, v := range b.visits {
		known[v.id] = true
		least := -1
		for i, s := range v.states {
			if s.known <= position {
				least = i
			}
		}
		r := rows[v.id]
		switch {
		case least < 0 && (r == nil || r.status == "held"):
			continue
		case r == nil:
			f.visits++
			f.lost = append(f.lost, v.id+": "+v.states[least].String())
			continue
		case least >= 0:
			f.visits++
		}
		if !slices.ContainsFunc(v.states[max(least, 0):], r.is) {
			f.halves = append(f.halves, fmt.Sprintf("%s: acknowledged %s, is %s", v.id, v.states[max(least, 0)], r))
		}
	}
	for id, r := range rows {
		if known[id] || r.status == "held" || r.status == "expired" {
			continue
		}
		f.extra++
		if !r.is(state{start: r.start}) {
			f.halves = append(f.halves, fmt.Sprintf("%s: nobody was answered, is %s", id, r))
		}
	}
	return f
}

// settle takes over what the database says of acts that had no answer, and gives the
// visits touched since the last time.
func (b *book) settle(rows map[string]*row) (touched []*visit) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for v := range b.touched {
		touched = append(touched, v)
		if r := rows[v.id]; r != nil {
			i := slices.IndexFunc(v.states, r.is)
			if i >= 0 {
				s := v.states[i]
				s.known = 0
				v.states = []state{s}
			}
		}
	}
	clear(b.touched)
	slices.SortFunc(touched, func(a, b *visit) int { return cmp.Compare(a.id, b.id) })
	return touched
}

// takeOpen gives the unanswered bookings and forgets them.
func (b *book) takeOpen() []order {
	b.mu.Lock()
	defer b.mu.Unlock()
	open := b.open
	b.open = nil
	return open
}
