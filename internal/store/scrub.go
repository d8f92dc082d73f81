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
func (s *Store) Scrub(ctx context.Context) (err error) {
	if s.engine.forShare != "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "PRAGMA busy_timeout = 1000"); err != nil {
		return err
	}
	// The connection goes back to the acts, whatever happened here.
	defer func() {
		_, back := conn.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("PRAGMA busy_timeout = %d", busyTimeout.Milliseconds()))
		err = errors.Join(err, back)
	}()
	var busy, pages, moved int
	if err := conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if busy != 0 {
		return ErrBusy
	}
	return nil
}
