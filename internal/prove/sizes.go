package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"terminvergabe/internal/prove/service"
	"terminvergabe/internal/prove/siege"
)

// tooLarge sends what is too long, too deep or too many, again and again.
func tooLarge(ctx context.Context, e *env) error {
	for _, n := range engines() {
		if e.short && n.processes > 1 {
			continue // nearly all of it is refused before any database is asked
		}
		if err := e.tooLargeOn(ctx, n); err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
	}
	return nil
}

func (e *env) tooLargeOn(ctx context.Context, n engine) error {
	s, p, err := e.besiege(ctx, n, service.Options{Extra: trust, Limits: "{requests_per_minute: 0}"})
	if err != nil {
		return err
	}
	defer s.killAll()
	again := 50
	if e.short {
		again = 3
	}
	list := siege.Oversizes()
	begin, _ := memory(p)
	var mu sync.Mutex
	var slowest time.Duration
	var errs []error
	for _, o := range list {
		var wg sync.WaitGroup
		for range again {
			wg.Go(func() {
				status, took, err := o.Send(ctx, p.Address)
				mu.Lock()
				defer mu.Unlock()
				slowest = max(slowest, took)
				if err != nil || !slices.Contains(o.Want, status) {
					errs = append(errs, fmt.Errorf("%s: answered %d, %v, want %v", o.Name, status, err, o.Want))
				}
			})
		}
		wg.Wait()
	}
	now, most := memory(p)
	e.tried("%s: %d requests of %d kinds, %d each at once: refused within %v at most; memory %d MB before, %d MB after, %d MB at most", n.name, again*len(list), len(list), again, slowest.Round(time.Millisecond), begin, now, most)
	if most > mostMemory {
		errs = append(errs, fmt.Errorf("the service took %d MB", most))
	}
	if p.HasEnded() {
		errs = append(errs, errors.New("the service has ended: "+p.Said()))
	}
	return errors.Join(errs...)
}
