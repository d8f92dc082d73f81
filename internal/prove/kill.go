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
		wanted = 3
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
	e.tried("%s: %d kill -9 under %d clients, %d of them while starting; %d acknowledged acts on %d bookings, %d acts unanswered, %d of these asked again under their key: 0 lost, 0 half, letters once",
		engine, k.kills, killClients, k.early, k.acks, k.visits, k.lost, k.retried)
	return nil
}

// site is an installation with its running processes and what its clients know.
type site struct {
	*service.Installation
	env       *env
	book      *book
	token     string
	processes []*service.Process
}

func (e *env) openSite(ctx context.Context, database string, seats int) (*site, error) {
	i, err := e.install(ctx, database, town(seats))
	if err != nil {
		return nil, err
	}
	token, err := i.Token(ctx, "stadt", "admin")
	return &site{Installation: i, env: e, book: newBook(), token: token}, err
}

// client gives a client of a running process.
func (s *site) client(p *service.Process) *service.Client {
	return service.NewClient(p.Address, "stadt", s.token, 64)
}

// start starts what does not run, up to a number of processes.
func (s *site) start(ctx context.Context, n int, l service.Launch) error {
	for len(s.processes) < n {
		s.processes = append(s.processes, nil)
	}
	for i := range n {
		if s.processes[i] != nil {
			continue
		}
		l.Number = i
		p, err := s.Serve(ctx, l)
		if err != nil {
			return err
		}
		s.processes[i] = p
	}
	return nil
}

func (s *site) kill(n int) {
	if p := s.processes[n]; p != nil {
		p.Kill()
		s.processes[n] = nil
	}
}

func (s *site) killAll() {
	for n := range s.processes {
		s.kill(n)
	}
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
		k.kills += early
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

// dieWorking lets clients work and kills at a random moment: one process or all.
func (s *site) dieWorking(ctx context.Context, chance *rand.Rand) {
	var clients []*service.Client
	for _, p := range s.processes {
		c := s.client(p)
		defer c.Close()
		clients = append(clients, c)
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan struct{})
	l := load{book: s.book, clients: killClients, days: 14, seed: chance.Uint64()}
	go func() {
		l.run(working, clients)
		close(done)
	}()
	time.Sleep(time.Duration(10+chance.IntN(290)) * time.Millisecond)
	if victim := chance.IntN(2 * len(s.processes)); victim < len(s.processes) {
		s.kill(victim)
	} else {
		s.killAll()
	}
	stop()
	<-done
}

// check compares everything acknowledged with the database and with what a running
// process shows, and asks again for what had no answer: it is done once.
func (s *site) check(ctx context.Context) (retried int, err error) {
	rows, err := look(ctx, s.Database)
	if err != nil {
		return 0, err
	}
	open := s.book.takeOpen()
	f := s.book.compare(rows, never-1)
	if err := f.err(); err != nil {
		return 0, err
	}
	if f.extra > len(open) {
		return 0, fmt.Errorf("%d bookings are there that nobody was told of, and only %d had no answer", f.extra, len(open))
	}
	touched := s.book.settle(rows)
	c := s.client(s.processes[0])
	defer c.Close()
	for _, v := range touched[:min(len(touched), 40)] {
		if err := shown(ctx, c, v); err != nil {
			return 0, err
		}
	}
	return len(open), s.askAgain(ctx, c, open)
}

// shown lets the service show a visit to the bearer of its secret.
func shown(ctx context.Context, c *service.Client, v *visit) error {
	b, err := c.Show(ctx, v.secret)
	if err != nil {
		return fmt.Errorf("acknowledged %s, %s: %w", v.id, v.last(), err)
	}
	if got := b.Status == "cancelled"; got != v.last().cancelled || !b.Start.Equal(v.last().start) {
		return fmt.Errorf("acknowledged %s, %s: the service shows %s at %s", v.id, v.last(), b.Status, b.Start)
	}
	return nil
}

// askAgain sends unanswered bookings again, each under its key: afterwards there are
// as many bookings as were acknowledged.
func (s *site) askAgain(ctx context.Context, c *service.Client, open []order) error {
	for _, o := range open {
		v, err := o.send(ctx, c)
		if unclear(err) {
			return fmt.Errorf("asked again for a booking: %w", err)
		}
		if err == nil {
			s.book.booked(v)
		}
	}
	rows, err := look(ctx, s.Database)
	if err != nil {
		return err
	}
	f := s.book.compare(rows, never-1)
	if f.extra > 0 {
		return fmt.Errorf("%d bookings were made twice: asked again under the same key they came to others", f.extra)
	}
	s.book.settle(rows)
	return f.err()
}
