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
// writes. It waits a second for readers at most, then gives ErrBusy. On PostgreSQL
// deleted rows stay in the files until something else is written there: Rewrite.
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

// forgetful are the tables that rows with something about people go from.
func forgetful() []string {
	return []string{"booking", "claim", "outbox", "delivery", "task", "undeliverable", "stray_letter", "idempotency", "new_address", "erasure", "proof", "proof_code", "barrier",
		"hook_post", "feed", "feed_visit", "journal", "viewing", "incident", "incident_item", "proposal", "service_link", "invitation", "session"}
}

// rewriting is how long the tables of one database may take.
const rewriting = 10 * time.Minute

// Rewrite writes the tables that rows were deleted from anew on PostgreSQL, whose files
// else keep them: its vacuum marks space as free and overwrites nothing. Each table is
// locked for as long as that takes, a second for some hundred thousand visits, so it is
// done at night. The server's log of writes keeps what was written there until it reuses
// those files. On SQLite there is nothing to do.
func (s *Store) Rewrite(ctx context.Context) error {
	if s.words.forShare == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, rewriting)
	defer cancel()
	var failed error
	for _, table := range forgetful() {
		err := s.engine.outside(ctx, func(on session) error {
			_, err := on.exec("VACUUM (FULL) "+table, nil)
			return err
		})
		if err != nil { // somebody is at it; the others can be done
			failed = errors.Join(failed, fmt.Errorf("%s: %w", table, err))
		}
	}
	return failed
}
