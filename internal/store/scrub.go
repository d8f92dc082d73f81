package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrBusy: long readers stood in the way; ask again later.
var ErrBusy = errors.New("the database is being read")

// Scrub sees to it that nothing of what was deleted is left in an SQLite file or
// beside it: deleted rows are overwritten as they go, and this empties the log of
// writes. It waits a second for readers at most, then gives ErrBusy. PostgreSQL
// reuses the space by its own vacuum; there it does nothing.
func (s *Store) Scrub(ctx context.Context) error {
	if s.words.forShare != "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return s.engine.outside(ctx, emptyLog)
}

func emptyLog(on session) (err error) {
	if _, err := on.exec("PRAGMA busy_timeout = 1000", nil); err != nil {
		return err
	}
	// The connection goes back to the acts, whatever happened here.
	defer func() {
		_, back := on.exec(fmt.Sprintf("PRAGMA busy_timeout = %d", busyTimeout.Milliseconds()), nil)
		err = errors.Join(err, back)
	}()
	// SQLite waits for readers by itself, but not for the checkpointer.
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		busy, err := truncateLog(on)
		if err != nil || !busy {
			return err
		}
		if time.Since(began) > time.Second {
			return ErrBusy
		}
	}
}

func truncateLog(on session) (busy bool, err error) {
	r, err := on.query("PRAGMA wal_checkpoint(TRUNCATE)", nil)
	if err != nil {
		return false, fmt.Errorf("checkpoint: %w", err)
	}
	defer r.Close()
	var refused, pages, moved int
	if !r.Next() {
		return false, fmt.Errorf("checkpoint: no answer: %w", r.Err())
	}
	if err := r.Scan(&refused, &pages, &moved); err != nil {
		return false, fmt.Errorf("checkpoint: %w", err)
	}
	return refused != 0, nil
}
