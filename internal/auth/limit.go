package auth

import (
	"sync"
	"time"
)

// window is the time over which wrong attempts are counted.
const window = 15 * time.Minute

// most of the counters kept; beyond it those that have drained are dropped.
const manyCounters = 10_000

// attempt is one try to sign in.
type attempt struct {
	account string
	source  string
	most    int // wrong ones in a window; 0: no limit
}

// limiter counts wrong attempts per account and per source, in leaking buckets.
//
// Somebody who has signed in to an account from a source before is counted apart,
// for that pair alone: whoever tries out passwords from elsewhere, or a careless
// colleague behind the same address, cannot lock them out.
type limiter struct {
	mu     sync.Mutex
	counts map[string]counter
	known  map[[2]string]bool // account and source that belong together
}

type counter struct {
	level float64 // wrong attempts, leaking at most per window
	at    time.Time
}

// take counts an attempt before its outcome is known, so that attempts made at the
// same moment count too; false: there were too many.
func (l *limiter) take(t attempt, now time.Time) bool {
	if t.most <= 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts, l.known = map[string]counter{}, map[[2]string]bool{}
	}
	l.sweep(t.most, now)
	keys := l.keys(t)
	for _, k := range keys {
		if l.counts[k].leaked(t.most, now).level > float64(t.most)-1 {
			return false
		}
	}
	for _, k := range keys {
		c := l.counts[k].leaked(t.most, now)
		c.level++
		l.counts[k] = c
	}
	return true
}

// succeeded takes back what take counted.
func (l *limiter) succeeded(t attempt) {
	if t.most <= 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range l.keys(t) {
		c := l.counts[k]
		c.level = max(0, c.level-1)
		l.counts[k] = c
	}
	if t.source != "" && len(l.known) < manyCounters {
		l.known[[2]string{t.account, t.source}] = true
	}
}

func (l *limiter) keys(t attempt) []string {
	switch {
	case t.source == "":
		return []string{"account " + t.account}
	case l.known[[2]string{t.account, t.source}]:
		return []string{"pair " + t.account + " " + t.source}
	}
	return []string{"account " + t.account, "source " + t.source}
}

func (c counter) leaked(most int, now time.Time) counter {
	gone := now.Sub(c.at).Seconds() / window.Seconds() * float64(most)
	return counter{level: max(0, c.level-max(0, gone)), at: now}
}

func (l *limiter) sweep(most int, now time.Time) {
	if len(l.counts) < manyCounters {
		return
	}
	for k, c := range l.counts {
		if c.leaked(most, now).level == 0 {
			delete(l.counts, k)
		}
	}
}
