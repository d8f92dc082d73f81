package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"terminvergabe/internal/prove/service"
)

const (
	outagesWanted = 100
	outagesLeast  = 50 // where the machine is slow
	outagesRound  = 25 // on one database
)

// outages ends all connections of PostgreSQL at random moments under load: also
// between a commit and its answer. What had no answer is asked again under its key;
// the service finds its way back by itself.
func outages(ctx context.Context, e *env) error {
	wanted, least := outagesWanted, outagesLeast
	if e.short {
		wanted, least = 2, 2
	}
	n, ended, acks, unclear, retried, visits := 0, 0, 0, 0, 0, 0
	for round, begin := 0, time.Now(); n < least || n < wanted && time.Since(begin) < e.budget; round++ {
		url, err := e.postgres(ctx)
		if err != nil {
			return err
		}
		s, err := e.openSite(ctx, url, 3)
		if err != nil {
			return err
		}
		chance := e.chance(round)
		for range min(outagesRound, wanted-n) {
			n++
			cut, again, err := s.outage(ctx, chance)
			if err != nil {
				s.killAll()
				return fmt.Errorf("outage %d: %w", n, err)
			}
			ended, retried = ended+cut, retried+again
		}
		s.killAll()
		if err := s.Verify(ctx); err != nil {
			return err
		}
		acks, unclear, visits = acks+s.book.acks, unclear+s.book.refused+s.book.lost, visits+len(s.book.visits)
		if s.book.odd != nil {
			return s.book.odd
		}
	}
	if ended == 0 {
		return fmt.Errorf("no connection was there to end: this proof is blind")
	}
	e.tried("PostgreSQL, two processes: %d times all connections ended under %d clients (%d connections); %d acknowledged acts on %d bookings, %d acts without a clear answer, %d of these asked again under their key: 0 lost, 0 twice, letters once; bookings again without a restart",
		n, killClients, ended, acks, visits, unclear, retried)
	return nil
}

// outage lets clients work on two processes, ends their connections to the database,
// and lets them work on.
func (s *site) outage(ctx context.Context, chance *rand.Rand) (ended, retried int, err error) {
	if err := s.start(ctx, 2, service.Launch{}); err != nil {
		return 0, 0, err
	}
	rest := s.work(ctx, chance)
	time.Sleep(time.Duration(20+chance.IntN(150)) * time.Millisecond)
	ended, err = s.endConnections(ctx)
	s.book.mu.Lock()
	acks := s.book.acks
	s.book.mu.Unlock()
	time.Sleep(100 * time.Millisecond)
	rest()
	if err != nil {
		return 0, 0, err
	}
	if s.book.acks == acks {
		if err := s.untilBooked(ctx); err != nil {
			return 0, 0, err
		}
	}
	retried, err = s.check(ctx)
	return ended, retried, err
}

func (s *site) endConnections(ctx context.Context) (ended int, err error) {
	db, err := openDatabase(s.Database)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = each(ctx, db, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()", func(scan func(...any) error) error {
		ended++
		var gone bool
		return scan(&gone)
	})
	return ended, err
}
