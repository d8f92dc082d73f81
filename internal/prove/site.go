package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"terminvergabe/internal/prove/service"
)

// site is an installation with its running processes and what its clients know.
type site struct {
	*service.Installation
	env       *env
	book      *book
	token     string
	processes []*service.Process
}

// openSite makes a site of the program on a database, with so many seats per calendar.
func (e *env) openSite(ctx context.Context, database string, seats int) (*site, error) {
	program, err := e.program(ctx)
	if err != nil {
		return nil, err
	}
	return e.openSiteAs(ctx, program, database, seats)
}

// openSiteWith makes a site of the program with options of its own.
func (e *env) openSiteWith(ctx context.Context, o service.Options) (s *site, err error) {
	if o.Program, err = e.program(ctx); err != nil {
		return nil, err
	}
	if o.Dir, err = os.MkdirTemp(e.dir, "inst"); err != nil {
		return nil, err
	}
	i, err := service.Install(ctx, o)
	if err != nil {
		return nil, err
	}
	token, err := i.Token(ctx, "stadt", "admin")
	return &site{Installation: i, env: e, book: newBook(), token: token}, err
}

func (e *env) openSiteAs(ctx context.Context, program, database string, seats int) (*site, error) {
	i, err := e.install(ctx, program, database, town(seats))
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
		for begin := time.Now(); unclear(err) && goes(err) && time.Since(begin) < 10*time.Second; {
			time.Sleep(50 * time.Millisecond) // it was refused for now
			v, err = o.send(ctx, c)
		}
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

// stop ends a process as an administrator would.
func (s *site) stop(n int) error {
	p := s.processes[n]
	s.processes[n] = nil
	return p.Stop()
}
