package jobs

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// turn is how a job gets on in this process.
type turn struct {
	name     string
	good     time.Time // when it last came to its end without a fault; zero: never yet
	failures int64
	since    time.Time // when it was begun, if it is at work; else zero
}

// turns watches all jobs of a runner. Its times are the machine's: a clock that tests
// shift makes no job stuck.
type turns struct {
	mu   sync.Mutex
	last time.Time // when any job was looked at
	of   map[string]turn
}

// stillness is how long nobody may look at any job, and longest how long one may take: a
// delivery waits for mail servers for some minutes each.
const (
	stillness = 5 * time.Minute
	longest   = time.Hour
)

func (t *turns) beat() {
	t.mu.Lock()
	t.last = time.Now()
	t.mu.Unlock()
}

func (t *turns) change(name string, f func(*turn)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = map[string]turn{}
	}
	now := t.of[name]
	now.name = name
	f(&now)
	t.of[name] = now
}

// take runs a job and notes how it went.
func (t *turns) take(name string, job func() error) (err error) {
	t.change(name, func(n *turn) { n.since = time.Now() })
	broke := true
	defer func() {
		t.change(name, func(n *turn) {
			n.since = time.Time{}
			if broke || err != nil {
				n.failures++
			} else {
				n.good = time.Now()
			}
		})
	}()
	err = job()
	broke = false
	return err
}

// Turns says how each job gets on that has been begun, by name: when it last came to its
// end without a fault (zero: not yet), and how often it did not.
func (r *Runner) Turns(each func(name string, good time.Time, failures int64)) {
	for _, t := range r.turns.list() {
		each(t.name, t.good, t.failures)
	}
}

func (t *turns) list() (list []turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(t.of)) {
		list = append(list, t.of[name])
	}
	return list
}

// Stuck says why the jobs can be believed to stand still; nil: they do not, or were not
// begun yet.
func (r *Runner) Stuck() error {
	for _, t := range r.turns.list() {
		if !t.since.IsZero() && time.Since(t.since) > longest {
			return fmt.Errorf("the job %q has been at work for %v", t.name, time.Since(t.since).Round(time.Minute))
		}
	}
	r.turns.mu.Lock()
	defer r.turns.mu.Unlock()
	if !r.turns.last.IsZero() && time.Since(r.turns.last) > stillness {
		return fmt.Errorf("nobody has looked at the jobs for %v", time.Since(r.turns.last).Round(time.Second))
	}
	return nil
}
