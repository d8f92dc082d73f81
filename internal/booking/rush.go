package booking

import (
	"sync"
	"time"

	"terminvergabe/internal/agenda"
)

// rushes knows at which tenants far more times are taken than usual: at least perMinute
// of its protection within a minute, and four times as many as on average. What is usual
// a process learns over about half a day; each has its own view. Once begun a rush lasts
// ten minutes after its last sign, and what is taken in it does not become usual.
type rushes struct {
	mu    sync.Mutex
	paces map[string]*pace
}

const (
	rushTimes  = 4
	rushLasts  = 10 * time.Minute
	paceMemory = 720 // minutes
)

// pace is how many times are taken at a tenant.
type pace struct {
	minute    int64 // since the epoch
	now, last int   // in this minute, in the one before
	usual     float64
	until     time.Time // of the rush
}

// roll goes on to the minute of a time.
func (p *pace) roll(now time.Time) {
	minute := now.Unix() / 60
	if minute <= p.minute {
		return
	}
	passed := minute - p.minute
	if !now.Before(p.until) {
		p.usual += (float64(p.now) - p.usual) / paceMemory
		p.usual -= p.usual * min(1, float64(passed-1)/paceMemory)
	}
	p.last = 0
	if passed == 1 {
		p.last = p.now
	}
	p.minute, p.now = minute, 0
}

func (r *rushes) note(tenant string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.paces[tenant]
	if p == nil {
		p = &pace{minute: now.Unix() / 60}
		if r.paces == nil {
			r.paces = map[string]*pace{}
		}
		r.paces[tenant] = p
	}
	p.roll(now)
	p.now++
}

// on reports whether there is a rush.
func (r *rushes) on(s *agenda.Setup, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.paces[s.Tenant.ID]
	if p == nil {
		return false
	}
	p.roll(now)
	taken := float64(p.now) + float64(p.last)*float64(60-now.Unix()%60)/60
	if most := s.Protection.PerMinute; most > 0 && taken >= float64(most) && taken >= rushTimes*p.usual {
		p.until = now.Add(rushLasts)
	}
	return now.Before(p.until)
}
