package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"terminvergabe/internal/prove/service"
)

// refusals tries what the program must refuse in one clear line: a database that a
// newer version has written, and a second service on one SQLite file. Commands beside
// a running service work.
func refusals(ctx context.Context, e *env) error {
	sqlite, err := e.sqlite()
	if err != nil {
		return err
	}
	if err := e.newer(ctx, "SQLite", sqlite); err != nil {
		return err
	}
	url, err := e.postgres(ctx)
	if err != nil {
		return err
	}
	if err := e.newer(ctx, "PostgreSQL", url); err != nil {
		return err
	}
	return e.beside(ctx)
}

// newer raises the version that stands in the database, as a newer program would.
func (e *env) newer(ctx context.Context, engine, database string) error {
	s, err := e.openSite(ctx, database, 3)
	if err != nil {
		return err
	}
	defer s.killAll()
	if err := s.busy(ctx, 200*time.Millisecond); err != nil {
		return err
	}
	if err := s.stop(0); err != nil {
		return err
	}
	if err := execute(ctx, database, "UPDATE meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE name = 'version'"); err != nil {
		return err
	}
	conf := s.Config(0)
	commands := [][]string{{"serve", "--config", conf}, {"verify", "--config", conf}, {"migrate", "--config", conf}, {"check-config", "--config", conf},
		{"export", "--config", conf, "stadt"}, {"token", "list", "--config", conf, "--tenant", "stadt"}}
	for _, args := range commands {
		limited, cancel := context.WithTimeout(ctx, 10*time.Second)
		r := s.Run(limited, args...)
		cancel()
		if said := r.Out + r.Err; r.Status != 1 || !strings.Contains(said, "newer version") {
			return fmt.Errorf("%s, a newer schema: want exit status 1 and what to do, got %s", engine, r)
		}
	}
	if err := execute(ctx, database, "UPDATE meta SET value = CAST(CAST(value AS INTEGER) - 1 AS TEXT) WHERE name = 'version'"); err != nil {
		return err
	}
	if err := s.start(ctx, 1, service.Launch{}); err != nil {
		return err
	}
	if _, err := s.check(ctx); err != nil {
		return err
	}
	e.tried("%s with a newer schema: %d commands refused with exit status 1 and what to do; the %d bookings untouched", engine, len(commands), len(s.book.visits))
	return nil
}

func execute(ctx context.Context, database, statement string) (err error) {
	db, err := openDatabase(database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, statement)
	return err
}

// beside starts a second service on one file, and runs the commands of an
// administrator while clients book.
func (e *env) beside(ctx context.Context) error {
	database, err := e.sqlite()
	if err != nil {
		return err
	}
	s, err := e.openSite(ctx, database, 3)
	if err != nil {
		return err
	}
	defer s.killAll()
	rounds := 10
	if e.short {
		rounds = 1
	}
	if err := s.start(ctx, 1, service.Launch{}); err != nil {
		return err
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- s.busyUntil(working) }()
	n, commands, seen := 0, 0, 0
	for begin := time.Now(); n < rounds && (n < 3 || time.Since(begin) < e.budget/2); n++ {
		if err := s.second(ctx); err != nil {
			return err
		}
		looked, err := s.administer(ctx, n)
		if err != nil {
			return err
		}
		commands, seen = commands+5, seen+looked
	}
	stop()
	if err := <-done; err != nil {
		return err
	}
	if _, err := s.check(ctx); err != nil {
		return err
	}
	if s.book.refused+s.book.lost > 0 {
		return fmt.Errorf("beside commands %d acts were refused and %d not answered", s.book.refused, s.book.lost)
	}
	s.killAll()
	if err := s.start(ctx, 1, service.Launch{}); err != nil {
		return fmt.Errorf("a start after kill -9 of the first service: %w", err)
	}
	e.tried("SQLite: %d second services refused; beside a service under load %d commands done, 0 of %d acts refused; in the backups %d bookings that were acknowledged before: 0 lost; a killed service leaves no lock behind", n, commands, s.book.acks, seen)
	return nil
}

// busyUntil lets clients work until the context ends.
func (s *site) busyUntil(ctx context.Context) error {
	c := s.client(s.processes[0])
	defer c.Close()
	l := load{book: s.book, clients: 8, days: 60, seed: s.env.seed, position: func() int64 { return time.Now().UnixNano() }}
	l.run(ctx, []*service.Client{c})
	if s.processes[0].HasEnded() {
		return errors.New("the service has ended: " + s.processes[0].Said())
	}
	return nil
}

// second starts another service on the same file.
func (s *site) second(ctx context.Context) error {
	if _, err := s.Address(1); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r := s.Run(limited, "serve", "--config", s.Config(1))
	if r.Status != 1 || !strings.Contains(r.Err, "another service") || strings.Count(r.Err, "\n") != 1 {
		return fmt.Errorf("a second service on one file: want exit status 1 and one line, got %s", r)
	}
	return nil
}

// administer runs commands beside the service; the backup holds everything that was
// acknowledged before it began.
func (s *site) administer(ctx context.Context, n int) (looked int, err error) {
	conf := s.Config(0)
	r := s.Run(ctx, "export", "--config", conf, "stadt")
	if r.Status != 0 {
		return 0, errors.New(r.String())
	}
	changed := strings.Replace(r.Out, "name: Stadt", fmt.Sprintf("name: Stadt %d", n), 1)
	if changed == r.Out {
		return 0, fmt.Errorf("the export does not name the tenant: %s", r.Out)
	}
	if err := os.WriteFile(filepath.Join(s.Dir, "changed.yaml"), []byte(changed), 0o600); err != nil {
		return 0, err
	}
	copied := fmt.Sprintf("copy%d.db", n)
	var began int64
	for _, args := range [][]string{
		{"apply", "--config", conf, "changed.yaml"},
		{"verify", "--config", conf},
		{"token", "create", "--config", conf, "--tenant", "stadt", "--name", "beside", "--role", "admin"},
		{"backup", "--config", conf, copied},
	} {
		began = time.Now().UnixNano()
		if r := s.Run(ctx, args...); r.Status != 0 {
			return 0, fmt.Errorf("beside a running service: %s", r)
		}
	}
	rows, err := look(ctx, filepath.Join(s.Dir, copied))
	if err != nil {
		return 0, err
	}
	f := s.book.compare(rows, began)
	return f.visits, f.err()
}
