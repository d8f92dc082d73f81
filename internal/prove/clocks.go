package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/prove/arena"
	"terminvergabe/internal/prove/ledger"
	"terminvergabe/internal/store"
)

// apart is how far the clocks of replicas differ.
const apart = 90 * time.Second

// replicas are so many processes as an engine has: the first has the right time, the
// others are behind and ahead of it.
type replicas struct {
	desks []*arena.Desk
	skews []time.Duration
	base  time.Duration
}

func (n engine) replicas(ctx context.Context, e *env) (*replicas, error) {
	r := &replicas{skews: []time.Duration{0, apart, -apart}[:n.processes], base: time.Until(arena.Begin())}
	url, err := n.database(ctx, e)
	if err != nil {
		return nil, err
	}
	clocks := make([]*arena.Clock, n.processes)
	for i := range clocks {
		clocks[i] = &arena.Clock{}
	}
	r.desks, err = arena.Open(ctx, url, clocks...)
	r.jump(0)
	return r, err
}

// jump sets all clocks wrong by the same, beside what they differ.
func (r *replicas) jump(by time.Duration) {
	for i, d := range r.desks {
		d.Clock.Shift(r.base + r.skews[i] + by)
	}
}

// stop stops all clocks at the beginning, so that a test can say to the second what
// time it is.
func (r *replicas) stop() {
	r.base = 0
	for _, d := range r.desks {
		d.Clock.Set(arena.Begin())
	}
	r.jump(0)
}

// clocksWrong lets clocks jump under load, and asks what becomes of single holds.
func clocksWrong(ctx context.Context, e *env) error {
	attempts := 20_000
	if e.short {
		attempts = 600
	}
	for _, n := range engines() {
		began := time.Now()
		t, jumps, letters, err := jumpUnderLoad(ctx, e, n, attempts)
		if err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
		cases, err := holdsByTheClock(ctx, e, n)
		if err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
		e.tried("%s: %v under %d jumps of an hour or a day, forward and back (replicas %v apart), 0 seats given twice, %d letters, none twice or missing, nothing held for ever, offers as from a fresh start after every jump; %d cases of single holds, %v",
			n.name, t, jumps, apart, letters, cases, time.Since(began).Round(time.Second/10))
	}
	return nil
}

// clockScope is a melee without set-up changes, on days that no jump reaches.
func clockScope() ledger.Scope {
	s := meleeScope()
	s.Days = []int8{4, 5}
	s.Weights[ledger.Pass], s.Weights[ledger.Apply] = 0, 0
	s.Weights[ledger.BookHeld] = 200
	return s
}

func jumpUnderLoad(ctx context.Context, e *env, n engine, attempts int) (t *tally, jumps int64, letters int, err error) {
	r, err := n.replicas(ctx, e)
	if err != nil {
		return nil, 0, 0, err
	}
	defer func() { err = errors.Join(err, arena.Close(r.desks)) }()
	f := &field{judge: r.desks[0], tally: &tally{}, tenant: "stadt0"}
	for _, d := range r.desks {
		f.doors = append(f.doors, d)
	}
	if err := f.judge.Found(ctx, f.tenant, arena.Seats()); err != nil {
		return nil, 0, 0, err
	}
	over, counted := make(chan struct{}), make(chan int64)
	go func() { counted <- r.jumping(over, e.chance(n.processes)) }()
	err = f.melee(ctx, attempts, clockScope(), e.seed)
	close(over)
	jumps = <-counted
	if err != nil {
		return nil, jumps, 0, err
	}
	for _, leap := range leaps() {
		if err := remember(ctx, r.desks, f.tenant, clockScope().Days, func() { r.jump(leap) }); err != nil {
			return nil, jumps, 0, err
		}
	}
	r.jump(0)
	if letters, err = f.settle(ctx); err != nil {
		return nil, jumps, 0, err
	}
	r.jump(6 * 24 * time.Hour) // after all of it
	return f.tally, jumps, letters, nothingForEver(ctx, r.desks[0], f.tenant)
}

// leaps are by how much clocks jump.
func leaps() []time.Duration {
	return []time.Duration{0, time.Hour, -time.Hour, 24 * time.Hour, -24 * time.Hour, 0, time.Minute, 3 * time.Minute}
}

// jumping sets the clocks wrong again and again, and counts how often.
func (r *replicas) jumping(over <-chan struct{}, chance *rand.Rand) (n int64) {
	to := leaps()
	for {
		select {
		case <-over:
			return n
		case <-time.After(20 * time.Millisecond):
			r.jump(to[chance.IntN(len(to))])
			n++
		}
	}
}

// nothingForEver demands that nothing waits once all time has run out.
func nothingForEver(ctx context.Context, d *arena.Desk, tenant string) error {
	for {
		n, err := d.ExpireOverdue(ctx, 1000)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	return d.Store.View(ctx, func(tx *store.Tx) error {
		list, err := tx.BookingsBetween(tenant, "", arena.Begin(), arena.Begin().AddDate(0, 0, 20))
		if err != nil {
			return err
		}
		for _, b := range list {
			if b.Status == agenda.Held || b.Status == agenda.Pending {
				return fmt.Errorf("booking %s is %s until %v, and it is long after that", b.ID, b.Status, b.Expires)
			}
		}
		return nil
	})
}

// scene is one story of a hold, told at stopped clocks.
type scene struct {
	*replicas
	known *arena.Known
	at    ledger.Place
	cases *atomic.Int64
	err   error
}

// does lets the process with a number do something, and demands an answer.
func (s *scene) does(ctx context.Context, process int, a ledger.Act, want ledger.Word) int16 {
	if s.err != nil {
		return -1
	}
	said, err := s.desks[process%len(s.desks)].Do(ctx, s.known, a)
	s.cases.Add(1)
	if err == nil && said.Word != want {
		err = fmt.Errorf("%v, clock %v: %v, want %v", a, s.desks[process%len(s.desks)].Clock, said.Word, want)
	}
	s.err = err
	return said.Visit
}

func (s *scene) holds(ctx context.Context, process int, want ledger.Word) int16 {
	return s.does(ctx, process, fresh(ledger.Hold, s.at, false), want)
}

func (s *scene) books(ctx context.Context, process int, want ledger.Word) int16 {
	return s.does(ctx, process, fresh(ledger.BookNow, s.at, false), want)
}

func (s *scene) booksHeld(ctx context.Context, process int, hold int16, want ledger.Word) {
	s.does(ctx, process, ledger.Act{Kind: ledger.BookHeld, Visit: hold, Cells: 1}, want)
}

// holdsByTheClock tells scenes of one seat, which is held for two minutes: as long as
// a hold runs by the clock of who asks, nobody else gets the seat, and afterwards
// somebody does.
func holdsByTheClock(ctx context.Context, e *env, n engine) (cases int64, err error) {
	r, err := n.replicas(ctx, e)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, arena.Close(r.desks)) }()
	r.stop()
	if err := r.desks[0].Found(ctx, "stadt0", arena.Seats()); err != nil {
		return 0, err
	}
	known := arena.NewKnown("stadt0", "clocks")
	var count atomic.Int64
	scenes := []func(context.Context, *scene){sceneRuns, sceneJumpsAhead, sceneJumpsBack, sceneDay}
	if n.processes > 1 {
		scenes = append(scenes, sceneAhead, sceneUntouched, sceneBehind)
	}
	for i, tell := range scenes {
		s := &scene{replicas: r, known: known, at: ledger.Place{Calendar: 2, Day: 4, Cell: int8(i % arena.Cells)}, cases: &count}
		s.at.Day += int8(i / arena.Cells)
		r.jump(0)
		tell(ctx, s)
		if s.err != nil {
			return count.Load(), fmt.Errorf("scene %d: %w", i, s.err)
		}
	}
	r.jump(0)
	if err := r.desks[0].Limits(ctx, "stadt0", true); err != nil {
		return count.Load(), err
	}
	return count.Load(), clean(ctx, r.desks[0], "stadt0")
}

// sceneRuns: a hold ends to the second.
func sceneRuns(ctx context.Context, s *scene) {
	hold := s.holds(ctx, 0, ledger.Done)
	s.jump(119 * time.Second)
	s.books(ctx, 0, ledger.Taken)
	s.jump(120 * time.Second)
	s.booksHeld(ctx, 0, hold, ledger.Ran)
	s.books(ctx, 0, ledger.Done)
}

// sceneJumpsAhead: the clock jumps ahead, somebody else takes the seat, and it jumps
// back: the owner of the hold does not get it too.
func sceneJumpsAhead(ctx context.Context, s *scene) {
	hold := s.holds(ctx, 0, ledger.Done)
	s.jump(time.Hour)
	s.books(ctx, 0, ledger.Done)
	s.jump(0)
	s.booksHeld(ctx, 0, hold, ledger.Ran)
	s.holds(ctx, 0, ledger.Taken)
}

// sceneJumpsBack: an hour back a hold runs an hour longer, and no longer than that.
func sceneJumpsBack(ctx context.Context, s *scene) {
	hold := s.holds(ctx, 0, ledger.Done)
	s.jump(-time.Hour)
	s.books(ctx, 0, ledger.Taken)
	s.jump(time.Minute)
	s.books(ctx, 0, ledger.Taken)
	s.booksHeld(ctx, 0, hold, ledger.Done)
	s.jump(time.Hour)
	s.books(ctx, 0, ledger.Taken)
}

// sceneDay: a day ahead and back. What nobody has touched meanwhile is as it was.
func sceneDay(ctx context.Context, s *scene) {
	hold := s.holds(ctx, 0, ledger.Done)
	s.jump(24 * time.Hour)
	s.booksHeld(ctx, 0, hold, ledger.Ran)
	s.jump(-24 * time.Hour)
	s.books(ctx, 0, ledger.Taken)
	s.jump(0)
	s.booksHeld(ctx, 0, hold, ledger.Done)
}

// sceneAhead: a process 90 s ahead leaves a hold alone until it has run out by its own
// clock; then it may give the seat away, and who held it is told.
func sceneAhead(ctx context.Context, s *scene) {
	hold := s.holds(ctx, 0, ledger.Done)
	s.jump(29 * time.Second)
	s.books(ctx, 1, ledger.Taken)
	s.jump(30 * time.Second)
	s.books(ctx, 0, ledger.Taken)
	s.books(ctx, 1, ledger.Done)
	s.booksHeld(ctx, 0, hold, ledger.Ran)
	s.booksHeld(ctx, 2, hold, ledger.Ran)
}

// sceneUntouched: as long as nobody has taken the seat, the process that gave the hold
// still makes a booking of it.
func sceneUntouched(ctx context.Context, s *scene) {
	hold := s.holds(ctx, 0, ledger.Done)
	s.jump(119 * time.Second)
	s.booksHeld(ctx, 1, hold, ledger.Ran)
	s.booksHeld(ctx, 0, hold, ledger.Done)
	s.books(ctx, 1, ledger.Taken)
}

// sceneBehind: a hold that a process 90 s behind gave ends for the others before it
// ends there.
func sceneBehind(ctx context.Context, s *scene) {
	s.holds(ctx, 2, ledger.Done)
	s.books(ctx, 2, ledger.Taken)
	s.jump(29 * time.Second)
	s.books(ctx, 0, ledger.Taken)
	s.jump(30 * time.Second)
	s.books(ctx, 0, ledger.Done)
	s.holds(ctx, 2, ledger.Taken)
}
