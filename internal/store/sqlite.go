package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"terminvergabe/internal/agenda"
)

// sqliteFile is SQLite: many readers, one writer.
type sqliteFile struct {
	read, write *sql.DB
	watch       *watch
}

// busyTimeout is how long SQLite waits for another process's lock.
const busyTimeout = 10 * time.Second

// makePrivate makes an empty file that only its owner can read, where there is none;
// what SQLite puts beside it gets the same rights.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func connectSQLite(file string, c *Changes) (engine, error) {
	if file == "" || strings.Contains(file, ":memory:") {
		return nil, fmt.Errorf("database: %q: expected the name of a file or postgres://user@host/name", file)
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	if err := makePrivate(path); err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	// The timeout comes first: the other pragmas already wait for locks.
	dsn := (&url.URL{Scheme: "file", Path: path}).String() + "?_pragma=busy_timeout(" + strconv.FormatInt(busyTimeout.Milliseconds(), 10) + ")&_pragma=journal_mode(WAL)" +
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=secure_delete(1)"
	write, err := sql.Open("sqlite", dsn+"&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", dsn+"&_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(16)
	read.SetMaxIdleConns(16)
	return &sqliteFile{read: read, write: write, watch: newWatch(dsn+"&_pragma=query_only(1)", c)}, nil
}

func (s *sqliteFile) words() words { return words{name: "SQLite"} }

func (s *sqliteFile) view(ctx context.Context, f func(session) error) error {
	tx, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w: %w", agenda.ErrUnavailable, err)
	}
	defer tx.Rollback() // does nothing after a commit
	if err := f(plain{ctx, tx}); err != nil {
		return err
	}
	return tx.Commit()
}

func (s *sqliteFile) update(ctx context.Context, f func(session) (touch, error)) error {
	return retried(ctx, busy, func() error { return s.act(ctx, f) })
}

func (s *sqliteFile) act(ctx context.Context, f func(session) (touch, error)) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w: %w", agenda.ErrUnavailable, err)
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w: %w", agenda.ErrUnavailable, err)
	}
	defer tx.Rollback() // does nothing after a commit
	touched, err := f(plain{ctx, tx})
	if err != nil {
		return err
	}
	s.watch.begin()
	err = tx.Commit()
	s.watch.end(func() (n int64, err error) {
		return n, conn.QueryRowContext(context.WithoutCancel(ctx), dataVersion).Scan(&n)
	}, touched)
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (s *sqliteFile) abreast(context.Context) bool { return s.watch.abreast() }

func busy(err error) bool {
	var sq *sqlite.Error
	return errors.As(err, &sq) && sq.Code()&0xff == sqlite3.SQLITE_BUSY
}

func (s *sqliteFile) outside(ctx context.Context, f func(session) error) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return f(plain{ctx, conn})
}

func (s *sqliteFile) glance() (time.Time, bool) { return time.Now(), true }

func (s *sqliteFile) now(session) (time.Time, error) { return time.Now(), nil }

func (s *sqliteFile) close() error {
	return errors.Join(s.watch.close(), s.read.Close(), s.write.Close())
}
