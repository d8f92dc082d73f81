package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"terminvergabe/internal/config"
	"terminvergabe/internal/prove/arena"
	"terminvergabe/internal/prove/ledger"
	"terminvergabe/internal/prove/service"
)

// stage is the real program, so many processes of it as an engine has, at an invented
// time that can be moved on, and a desk beside it.
type stage struct {
	engine
	*service.Installation
	running []*service.Process
	beside  *arena.Desk
	mu      sync.Mutex
	shift   time.Duration // guarded by mu
}

// setStage founds a town and starts the program.
func (e *env) setStage(ctx context.Context, n engine) (s *stage, err error) {
	s = &stage{engine: n, shift: time.Until(arena.Begin()).Truncate(time.Second)}
	url, err := n.database(ctx, e)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(e.dir, "stage")
	if err != nil {
		return nil, err
	}
	program, err := e.program(ctx)
	if err != nil {
		return nil, err
	}
	clock := filepath.Join(dir, "clock")
	if err := writeClock(clock, s.shift); err != nil {
		return nil, err
	}
	town, err := config.WriteTenant(arena.Town("stadt0", arena.Seats()))
	if err != nil {
		return nil, err
	}
	s.Installation, err = service.Install(ctx, service.Options{Program: program, Dir: dir, Database: url, Tenant: string(town), Env: []string{"TERMINVERGABE_TEST_CLOCK=" + clock}})
	if err != nil {
		return nil, err
	}
	c := &arena.Clock{}
	c.Shift(s.shift)
	if s.beside, err = arena.Beside(ctx, url, filepath.Join(dir, "data.key"), c); err != nil {
		return nil, err
	}
	for i := range n.processes {
		p, err := s.Serve(ctx, service.Launch{Number: i})
		if err != nil {
			return nil, errors.Join(err, s.end())
		}
		s.running = append(s.running, p)
	}
	return s, nil
}

// writeClock replaces the file that tells by how much the program's clock is wrong.
func writeClock(name string, shift time.Duration) error {
	if err := os.WriteFile(name+".new", []byte(shift.String()), 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// end stops the processes as an administrator would.
func (s *stage) end() (err error) {
	for _, p := range s.running {
		err = errors.Join(err, p.Stop())
	}
	s.running = nil
	return errors.Join(err, s.beside.Store.Close())
}

// pass moves the time on for all.
func (s *stage) pass(minutes int32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shift += time.Duration(minutes) * time.Minute
	s.beside.Clock.Shift(s.shift)
	return writeClock(filepath.Join(s.Dir, "clock"), s.shift)
}

// doors are one for each who fights: pages and API in turn, spread over the
// processes. With cookies a browser is one person's.
func (s *stage) doors(ctx context.Context, tenant string, clients []*service.Client, cookies bool) (doors []door, err error) {
	token, err := s.Token(ctx, tenant, "clerk")
	if err != nil {
		return nil, err
	}
	for i := range fighters {
		c := clients[i/2%len(clients)]
		api := byAPI{public: c.For(tenant, ""), staff: c.For(tenant, token), beside: s.beside}
		if i%2 == 0 {
			doors = append(doors, &api)
		} else {
			doors = append(doors, &byPages{api, c.NewBrowser(cookies)})
		}
	}
	return doors, nil
}

// fightThroughDoors fights through pages, API and staff's API: first the races, then
// everybody against everybody.
func fightThroughDoors(ctx context.Context, e *env, n engine, plan fights) (int, error) {
	s, err := e.setStage(ctx, n)
	if err != nil {
		return 0, err
	}
	var clients []*service.Client
	for _, p := range s.running {
		c := service.NewClient(p.Address, "", "", fighters)
		defer c.Close()
		clients = append(clients, c)
	}
	began := time.Now()
	f := &field{judge: s.beside, tally: &tally{}, pass: s.pass}
	scope := meleeScope()
	scope.Weights[ledger.Release], scope.Weights[ledger.Sweep] = 0, 0 // no call releases; the service sweeps by itself
	letters, told := 0, 0
	for i, fight := range []func() error{
		func() error { return f.rounds(ctx, fighters, plan.rounds) },
		func() error { return f.melee(ctx, plan.throughDoors, scope, e.seed) },
	} {
		f.tenant = fmt.Sprint("stadt", i)
		if i > 0 {
			if err := s.beside.Found(ctx, f.tenant, arena.Seats()); err != nil {
				return 0, errors.Join(err, s.end())
			}
		}
		if f.doors, err = s.doors(ctx, f.tenant, clients, i > 0); err != nil {
			return 0, errors.Join(err, s.end())
		}
		if err := fight(); err != nil {
			return 0, errors.Join(err, s.end(), fmt.Errorf("the services said: %s", s.said()))
		}
		if told, err = f.settle(ctx); err != nil {
			return 0, errors.Join(err, s.end())
		}
		letters += told
	}
	said := s.said()
	if err := s.end(); err != nil {
		return 0, err
	}
	if said != "" {
		return 0, fmt.Errorf("the services complained: %s", said)
	}
	if err := s.Verify(ctx); err != nil {
		return 0, err
	}
	e.say("%s", f.tally.acts())
	e.tried("%s, by pages, API and staff's API: %v, 0 seats given twice, no slot lost by all, no 500, no silence, %d letters, none twice or missing, %v",
		n.name, f.tally, letters, time.Since(began).Round(time.Second/10))
	return f.tally.attempts(), nil
}

// said is what the processes have written to their logs: warnings and errors, without
// the refusals of an act that others were faster than too often. Those are answered 503
// and counted where they are.
func (s *stage) said() (all string) {
	for _, p := range s.running {
		for line := range strings.Lines(p.Said()) {
			if !strings.Contains(line, `error="changed meanwhile"`) {
				all += line
			}
		}
	}
	return all
}
