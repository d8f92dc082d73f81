package store

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"terminvergabe/internal/agenda"
)

// Edition numbers the states of the book that this process has known: the later, the
// greater.
type Edition uint64

// Changes says what has changed in the book since a memory of it was filled. Engines
// tell it of an act's changes after the act is durable and before it is answered, so
// that whoever was answered finds no memory from before. It is safe for use by many
// goroutines, and asking it costs no lock.
//
// A reader notes Now before its snapshot begins, keeps it beside what it read, and asks
// Kept when it wants to use that again. Changes of other processes count only as far as
// Present has looked for them.
type Changes struct {
	now    atomic.Uint64
	all    atomic.Uint64           // when everything was forgotten last
	setups atomic.Uint64           // when a set-up changed last
	access atomic.Uint64           // when a feed, an account or a role changed last
	days   [stripes]atomic.Uint64  // when a day of the stripe changed last
	mu     sync.Mutex              // held by whoever tells
	recent [remembered]numberedDay // a ring: what the newest editions changed
	count  uint64                  // of days that were ever told
	lost   uint64                  // the newest edition of which a day has left the ring
	next   chan struct{}           // closed when something is told; nil: nobody waits
}

const (
	stripes    = 1 << 15 // two days of one stripe are forgotten together; that costs a read
	remembered = 1 << 12
)

type numberedDay struct {
	edition uint64
	day     PoolDay
}

// touch is what one act has changed of what memories keep.
type touch struct {
	days   []PoolDay
	setup  bool
	access bool
}

func stripe(d PoolDay) uint64 {
	return (uint64(d.Pool)*0x9E3779B97F4A7C15 + uint64(d.Date)*0xC2B2AE3D27D4EB4F) >> 49
}

// Now is the newest edition.
func (c *Changes) Now() Edition { return Edition(c.now.Load()) }

// Kept reports whether a day is as it was in an edition.
func (c *Changes) Kept(d PoolDay, since Edition) bool {
	return c.days[stripe(d)].Load() <= uint64(since) && c.all.Load() <= uint64(since)
}

// SetupsKept reports whether all set-ups are as they were in an edition.
func (c *Changes) SetupsKept(since Edition) bool { return c.setups.Load() <= uint64(since) }

// AccessKept reports whether all feeds, accounts and roles are as they were in an edition.
// Of what other processes do on PostgreSQL it knows nothing.
func (c *Changes) AccessKept(since Edition) bool {
	return c.access.Load() <= uint64(since) && c.all.Load() <= uint64(since)
}

// decides reports a statement that changes who may read what.
func decides(query string) bool {
	for _, verb := range [...]string{"INSERT INTO ", "UPDATE ", "DELETE FROM "} {
		if rest, ok := strings.CutPrefix(query, verb); ok {
			table, _, _ := strings.Cut(rest, " ")
			return table == "feed" || table == "person" || table == "person_role"
		}
	}
	return false
}

// Since lists the days that changed after an edition, some of them perhaps twice, and
// the edition that the list leads to. ok is false where that is no longer known.
func (c *Changes) Since(since Edition) (days []PoolDay, now Edition, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now = c.Now()
	if c.all.Load() > uint64(since) || c.lost > uint64(since) {
		return nil, now, false
	}
	for n := c.count; n > 0 && c.count-n < remembered; n-- {
		r := c.recent[(n-1)%remembered]
		if r.edition <= uint64(since) {
			break
		}
		days = append(days, r.day)
	}
	return days, now, true
}

// told takes note of what acts have changed.
func (c *Changes) told(touched ...touch) {
	if !slices.ContainsFunc(touched, func(t touch) bool { return t.setup || t.access || len(t.days) > 0 }) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	next := c.now.Load() + 1
	for _, t := range touched {
		for _, d := range t.days {
			c.days[stripe(d)].Store(next)
			r := &c.recent[c.count%remembered]
			c.lost = r.edition
			*r = numberedDay{next, d}
			c.count++
		}
		if t.setup {
			c.setups.Store(next)
		}
		if t.access {
			c.access.Store(next)
		}
	}
	c.now.Store(next)
	c.wake()
}

// forget makes everything unknown: somebody else has changed something.
func (c *Changes) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := c.now.Load() + 1
	c.all.Store(next)
	c.setups.Store(next)
	c.now.Store(next)
	c.wake()
}

// Changes is what tells memories of this book whether they still hold.
func (s *Store) Changes() *Changes { return &s.changes }

// Present is what a search begins with.
type Present struct {
	Setup   *agenda.Setup
	Now     time.Time // as a transaction would tell it
	Edition Edition   // noted before anything was read
	Known   bool      // Changes has been told of all that other processes did; else memories must not be used
	Shared  bool      // ... or nearly all: they may be a moment ahead, and what was read is asked for its version after Recheck
}

// knownSetup is a set-up, and when it was the newest.
type knownSetup struct {
	setup *agenda.Setup
	as    Edition
	read  time.Time // when the database said so last
}

// seenAgain takes note that an act has found a tenant's set-up. Where it is another one
// than Present tells of, and nobody has told of the change, Present reads it again.
func (s *Store) seenAgain(tenant string, setup *agenda.Setup) {
	v, ok := s.present.Load(tenant)
	if !ok {
		return
	}
	k := v.(knownSetup)
	if k.setup != setup {
		s.present.CompareAndDelete(tenant, k)
	} else if time.Since(k.read) > Recheck/4 {
		s.present.CompareAndSwap(tenant, k, knownSetup{setup, k.as, time.Now()})
	}
}

// Now is the time, as a transaction would tell it.
func (s *Store) Now(ctx context.Context) (now time.Time, err error) {
	if now, ok := s.engine.glance(); ok {
		return s.shown(now), nil
	}
	err = s.View(ctx, func(tx *Tx) (err error) {
		now, err = tx.Now()
		return err
	})
	return now, err
}

// Present tells a tenant's set-up and the time, from memory where nothing has changed.
// It fails with agenda.ErrNotFound where there is no such tenant.
func (s *Store) Present(ctx context.Context, tenant string) (p Present, err error) {
	p.Known, p.Shared = s.engine.abreast(ctx)
	p.Edition = s.changes.Now()
	if v, ok := s.present.Load(tenant); ok && p.Known {
		k := v.(knownSetup)
		now, ok := s.engine.glance()
		if ok && s.changes.SetupsKept(k.as) && (!p.Shared || time.Since(k.read) < Recheck) {
			p.Setup, p.Now = k.setup, s.shown(now)
			return p, nil
		}
	}
	err = s.View(ctx, func(tx *Tx) (err error) {
		if p.Setup, err = tx.Setup(tenant); err != nil {
			return err
		}
		p.Now, err = tx.Now()
		return err
	})
	if err == nil {
		s.present.Store(tenant, knownSetup{p.Setup, p.Edition, time.Now()})
	}
	return p, err
}

// Doubt lets the next Present read a tenant's set-up, for an act that has found another
// one under its locks than the one that is known: of what other processes do on
// PostgreSQL, the news come a moment later.
func (s *Store) Doubt(tenant string) { s.present.Delete(tenant) }

// Settle waits until no other process believes any more what it read before now, where it
// would not hear at once that it has changed: on PostgreSQL. It ends early with the context.
func (s *Store) Settle(ctx context.Context) {
	if _, shared := s.engine.abreast(ctx); !shared {
		return
	}
	select {
	case <-time.After(Recheck):
	case <-ctx.Done():
	}
}
