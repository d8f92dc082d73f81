package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"terminvergabe/internal/prove/arena"
)

// engine is a database with so many processes on it as there may be.
type engine struct {
	name      string
	processes int
	database  func(context.Context, *env) (string, error)
}

func engines() []engine {
	return []engine{
		{"SQLite", 1, func(_ context.Context, e *env) (string, error) { return e.sqlite() }},
		{"PostgreSQL, three processes", 3, func(ctx context.Context, e *env) (string, error) { return e.postgres(ctx) }},
	}
}

// desks opens a fresh database of the engine, with one clock for all processes.
func (n engine) desks(ctx context.Context, e *env) ([]*arena.Desk, error) {
	url, err := n.database(ctx, e)
	if err != nil {
		return nil, err
	}
	clock := &arena.Clock{}
	clocks := make([]*arena.Clock, n.processes)
	for i := range clocks {
		clocks[i] = clock
	}
	return arena.Open(ctx, url, clocks...)
}

// ends says until when each engine may be tried: the later one has what an earlier one
// leaves.
func (e *env) ends() []time.Time {
	now := time.Now()
	return []time.Time{now.Add(e.budget / 2), now.Add(e.budget)}
}

// lanes runs f for each number below a count, on three databases at a time, until the
// time is up or one of them fails.
func (n engine) lanes(ctx context.Context, e *env, count int, end time.Time, f func(desks []*arena.Desk, i int) error) error {
	var next atomic.Int64
	var failed atomic.Bool
	var wg sync.WaitGroup
	errs := make([]error, min(3, count))
	for lane := range errs {
		wg.Go(func() {
			desks, err := n.desks(ctx, e)
			for err == nil {
				i := int(next.Add(1)) - 1
				late := !e.short && time.Now().After(end)
				if i >= count || late || failed.Load() || ctx.Err() != nil {
					break
				}
				if err = f(desks, i); err != nil {
					failed.Store(true)
				}
			}
			errs[lane] = errors.Join(err, arena.Close(desks))
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
