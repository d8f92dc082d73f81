package occupancy

import (
	"strings"
	"sync"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
)

// releases remembers on which date a plan has opening hours next. That depends on the
// set-up alone.
type releases struct {
	mu    sync.Mutex
	known map[release]agenda.Date
}

// release is what the answer depends on.
type release struct {
	calendar               *agenda.Calendar
	from                   agenda.Date
	before, minutes, after int
	services, modes        string
}

const mostReleases = 1 << 13 // about a megabyte

// NextServing is the first date from one on, within a number of days, on which a plan's
// calendar has opening hours for it, whoever has booked them; 0 for none.
func (m *Memory) NextServing(s *agenda.Setup, p agenda.Plan, from agenda.Date, within int) agenda.Date {
	k := release{p.Calendar, from, p.Before, p.Minutes, p.After, strings.Join(p.Services, "\x00"), strings.Join(p.Modes, "\x00")}
	r := &m.releases
	r.mu.Lock()
	date, known := r.known[k]
	r.mu.Unlock()
	if known {
		return date
	}
	for d := from; d < from+agenda.Date(within); d++ {
		if slots.Compile(s, p.Calendar, d).Serves(p) {
			date = d
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || len(r.known) >= mostReleases {
		r.known = map[release]agenda.Date{}
	}
	r.known[k] = date
	return date
}

func (r *releases) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.known)
}
