package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"terminvergabe/internal/prove/service"
)

const (
	killsWanted = 200 // per engine, at least
	killsFresh  = 20  // after which a fresh database begins
	killClients = 24
)

// killed kills the real program at random moments under load, again and again, on
// both engines; on PostgreSQL one of two processes or both.
func killed(ctx context.Context, e *env) error {
	if err := killedOn(ctx, e, "SQLite", 1, func() (string, error) { return e.sqlite() }); err != nil {
		return err
	}
	return killedOn(ctx, e, "PostgreSQL", 2, func() (string, error) { return e.postgres(ctx) })
}

// killing is one engine's count.
type killing struct {
	kills, early, acks, retried, visits, lost int
}

func killedOn(ctx context.Context, e *env, engine string, processes int, database func() (string, error)) error {
	wanted := killsWanted
	if e.short {
		wanted = 2
	}
	var k killing
	for round := 0; k.kills < wanted; round++ {
		url, err := database()
		if err != nil {
			return err
		}
		if err := e.killRound(ctx, &k, url, processes, min(killsFresh, wanted-k.kills), e.chance(round)); err != nil {
			return fmt.Errorf("%s, after %d kills: %w", engine, k.kills, err)
		}
		if !e.short {
			e.say("%s: %d kills, %d acknowledged acts", engine, k.kills, k.acks)
		}
	}
	e.tried("%s: %d kill -9 under %d clients and %d while starting; %d acknowledged acts on %d bookings, %d acts unanswered, %d of these asked again under their key: 0 lost, 0 half, letters once",
		engine, k.kills, killClients, k.early, k.acks, k.visits, k.lost, k.retried)
	return nil
}

func (e *env) killRound(ctx context.Context, k *killing, database string, processes, kills int, chance *rand.Rand) error {
	s, err := e.openSite(ctx, database, 3)
	if err != nil {
		return err
	}
	defer s.killAll()
	for range kills {
		early, err := s.dieStarting(ctx, processes, chance)
		if err != nil {
			return err
		}
		k.early += early
		if err := s.start(ctx, processes, service.Launch{}); err != nil {
			return err
		}
		s.dieWorking(ctx, chance)
		k.kills++
		if err := s.start(ctx, processes, service.Launch{}); err != nil {
			return err
		}
		n, err := s.check(ctx)
		if err != nil {
			return err
		}
		k.retried += n
	}
	s.killAll()
	k.acks, k.visits, k.lost = k.acks+s.book.acks, k.visits+len(s.book.visits), k.lost+s.book.lost+s.book.refused
	return s.Verify(ctx)
}

// dieStarting kills a process now and then before it is ready.
func (s *site) dieStarting(ctx context.Context, processes int, chance *rand.Rand) (kills int, err error) {
	if chance.IntN(5) > 0 || len(s.processes) < processes || ctx.Err() != nil {
		return 0, nil
	}
	n := chance.IntN(processes)
	s.kill(n)
	p, err := s.Start(service.Launch{Number: n})
	if err != nil {
		return 0, err
	}
	time.Sleep(time.Duration(1+chance.IntN(60)) * time.Millisecond)
	p.Kill()
	return 1, nil
}

// work lets clients work on all processes until rest is called, which returns when the
// last of them has put down what it was at.
func (s *site) work(ctx context.Context, chance *rand.Rand) (rest func()) {
	var clients []*service.Client
	for _, p := range s.processes {
		clients = append(clients, s.client(p))
	}
	working, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	l := load{book: s.book, clients: killClients, days: 14, seed: chance.Uint64()}
	go func() {
		defer close(done)
		l.run(working, clients)
		for _, c := range clients {
			c.Close()
		}
	}()
	return func() {
		stop()
		<-done
	}
}

// dieWorking lets clients work and kills at a random moment: one process or all.
func (s *site) dieWorking(ctx context.Context, chance *rand.Rand) {
	rest := s.work(ctx, chance)
	time.Sleep(time.Duration(10+chance.IntN(290)) * time.Millisecond)
	if victim := chance.IntN(2 * len(s.processes)); victim < len(s.processes) {
		s.kill(victim)
	} else {
		s.killAll()
	}
	rest()
}
