package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// Upgrade is what a database lacks.
type Upgrade struct {
	From, To int      // versions of the schema; From 0: the database is empty
	Steps    []string // names of the migrations, such as 0007_safety
}

// Missing tells what a database lacks, without changing it. One that a newer version of
// the program has written is ErrNewer.
func Missing(ctx context.Context, url string) (up Upgrade, err error) {
	err = onBare(url, func(s *Store) error {
		steps, err := readMigrations(migrations)
		if err != nil {
			return err
		}
		up, err = s.lacks(ctx, steps)
		return err
	})
	return up, err
}

// onBare opens a database as it is, for the length of f.
func onBare(url string, f func(*Store) error) (err error) {
	s, err := newStore(url, Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return f(s)
}

func (s *Store) lacks(ctx context.Context, steps []migration) (up Upgrade, err error) {
	up.To = len(steps)
	err = s.Update(ctx, func(tx *Tx) (err error) {
		up.From, err = tx.lockVersion()
		return err
	})
	switch {
	case err != nil:
		return up, err
	case up.From > up.To:
		return up, ErrNewer
	}
	for _, m := range steps[up.From:] {
		up.Steps = append(up.Steps, strings.TrimSuffix(filepath.Base(m.name), ".sql"))
	}
	return up, nil
}

// errRehearsed takes a rehearsal back.
var errRehearsed = errors.New("this was a rehearsal")

// Rehearse does what a PostgreSQL database lacks in one transaction, takes it back, and
// says how long each step took. Others wait meanwhile for the tables that change, so it
// gives up where it would have to wait for them for more than five seconds.
func Rehearse(ctx context.Context, url string) (took []time.Duration, err error) {
	err = onBare(url, func(s *Store) error {
		steps, err := readMigrations(migrations)
		if err != nil {
			return err
		}
		return s.Update(ctx, func(tx *Tx) error {
			took = nil
			have, err := tx.lockVersion()
			if err == nil && have == 0 {
				return errRehearsed // an empty one lacks everything, and nothing can fail
			}
			if err == nil && tx.store.words.forShare != "" {
				_, err = tx.exec("SET LOCAL lock_timeout = '5s'")
			}
			if err != nil {
				return err
			}
			for _, m := range steps[min(have, len(steps)):] {
				began := time.Now()
				if err := tx.runScript(m.text, m.version); err != nil {
					return fmt.Errorf("%s: %w", m.name, err)
				}
				took = append(took, time.Since(began))
			}
			return errRehearsed
		})
	})
	if errors.Is(err, errRehearsed) {
		err = nil
	}
	return took, err
}
