package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"terminvergabe/internal/agenda"
)

// What can be wrong with a database that answers.
var (
	ErrUnfit        = errors.New("the database cannot be written")
	ErrOtherVersion = errors.New("the database is of another version")
)

// pulse knows whether the last act could be written, and what was done.
type pulse struct {
	mu     sync.Mutex
	fault  error            // why the last act could not be; nil: it could, or none was tried
	tried  time.Time        // when it was last looked whether that is over
	acts   map[string]int64 // entries of the journal that this process has written
	newest int              // version of the schema
}

// retry is how often it is looked whether a database that could not be written can be.
const retry = 5 * time.Second

// trialSize is what is written for a trial, in bytes: no less than an act writes.
const trialSize = 64 << 10

// felt notes how an act ended.
func (p *pulse) felt(err error, acts []string) {
	asker := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) // has gone
	unfit := errors.Is(err, agenda.ErrUnavailable) && !errors.Is(err, agenda.ErrOverloaded) && !asker
	if !unfit && (err != nil || len(acts) == 0) {
		return // it says nothing about the disk
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if unfit {
		p.fault = err
		return
	}
	if p.acts == nil {
		p.acts = map[string]int64{}
	}
	p.fault = nil
	for _, act := range acts {
		p.acts[act]++
	}
}

// Acts is how often each act was done by this process, by the journal's words.
func (s *Store) Acts() map[string]int64 {
	s.pulse.mu.Lock()
	defer s.pulse.mu.Unlock()
	acts := make(map[string]int64, len(s.pulse.acts))
	for act, n := range s.pulse.acts {
		acts[act] = n
	}
	return acts
}

// Answers finds what keeps the database from being read by this program: it does not
// answer (agenda.ErrUnavailable), or has become another version's (ErrOtherVersion).
func (s *Store) Answers(ctx context.Context) error {
	return s.View(ctx, func(tx *Tx) error {
		have, err := tx.Version()
		if err == nil && s.pulse.newest > 0 && have != s.pulse.newest {
			err = fmt.Errorf("%w: it is of version %d now, and this program serves version %d", ErrOtherVersion, have, s.pulse.newest)
		}
		return err
	})
}

// Writable finds what keeps the database from being written: it is read-only, its disk
// has no room, or the last act could not be written. Only in that last case, and not more
// often than every few seconds, it tries to write something itself.
func (s *Store) Writable(ctx context.Context) error {
	if err := s.engine.writable(ctx); err != nil {
		return err
	}
	s.pulse.mu.Lock()
	fault, look := s.pulse.fault, time.Since(s.pulse.tried) > retry
	if fault != nil && look {
		s.pulse.tried = time.Now()
	}
	s.pulse.mu.Unlock()
	if fault == nil || !look {
		return unfit(fault)
	}
	err := s.Update(ctx, func(tx *Tx) error {
		now, err := tx.Now()
		for _, value := range []string{strings.Repeat(" ", trialSize), stamp(now)} { // the first takes room, the second gives it back
			if err == nil {
				_, err = tx.exec("INSERT INTO meta (name, value) VALUES ('written', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value", value)
			}
		}
		return err
	})
	if err == nil {
		s.pulse.mu.Lock()
		s.pulse.fault = nil
		s.pulse.mu.Unlock()
	}
	return unfit(err)
}

// unfit makes any fault of writing ErrUnfit, but that too many want to.
func unfit(err error) error {
	if err == nil || errors.Is(err, agenda.ErrOverloaded) || errors.Is(err, ErrUnfit) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnfit, err)
}

// Abreast reports whether this process hears of what others change.
func (s *Store) Abreast(ctx context.Context) bool {
	known, _ := s.engine.abreast(ctx)
	return known
}

// Space is how many bytes the database takes, and how many are free where it is; free is
// -1 where only its server knows.
func (s *Store) Space(ctx context.Context) (size, free int64, err error) { return s.engine.space(ctx) }

// Failing is what does not answer: calendars elsewhere and webhooks.
type Failing struct {
	Calendars      int           // that could not be read
	CalendarsSince time.Duration // for how long the one that fails longest
	Hooks          int           // whose receivers said that they are gone
	HookWaits      time.Duration // for how long a document has been due that waits longest
}

// Failing counts what does not answer.
func (tx *Tx) Failing() (f Failing, err error) {
	now, err := tx.Now()
	if err != nil {
		return f, err
	}
	var silent, due time.Time
	err = errors.Join(
		tx.one("SELECT count(*), coalesce(min(failing), '') FROM busy_source WHERE failing <> ''", nil, &f.Calendars, at{&silent}),
		tx.one("SELECT count(*) FROM hook WHERE disabled <> ''", nil, &f.Hooks),
		tx.one("SELECT coalesce(min(due), '') FROM hook_post WHERE state = 'queued'", nil, at{&due}))
	if !silent.IsZero() {
		f.CalendarsSince = now.Sub(silent)
	}
	if !due.IsZero() {
		f.HookWaits = max(0, now.Sub(due))
	}
	return f, err
}
