package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// sqliteFile is SQLite: many readers, one writer.
type sqliteFile struct {
	read  *readers
	write *writer
	watch *watch
	log   *checkpointer
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
	// Pages that one transaction changes should fit into the cache: else they are written
	// before its end, and again. SQLite's own two megabytes are less than what a full group
	// of bookings changes.
	writing := dsn + "&_pragma=cache_size(-16384)&_pragma=wal_autocheckpoint(" + strconv.Itoa(logPages) + ")"
	log := newCheckpointer(func() (*connection, error) { return connectFile(dsn) })
	noted := newWatch(dsn+"&_pragma=query_only(1)", c)
	write, err := newWriter(func() (*connection, error) { return connectFile(writing) }, noted, log)
	if err != nil {
		log.close()
		return nil, fmt.Errorf("database: %w", err)
	}
	read := newReaders(func() (*connection, error) { return connectFile(dsn + "&_pragma=query_only(1)") })
	return &sqliteFile{read: read, write: write, watch: noted, log: log}, nil
}

func (s *sqliteFile) words() words { return words{name: "SQLite", gather: "string_agg"} }

func (s *sqliteFile) view(ctx context.Context, f func(session) error) error {
	return s.read.view(ctx, f)
}

func (s *sqliteFile) update(ctx context.Context, f func(session) (touch, error)) error {
	return s.write.update(ctx, f)
}

func (s *sqliteFile) outside(ctx context.Context, f func(session) error) error {
	return s.write.outside(ctx, f)
}

func (s *sqliteFile) abreast(context.Context) (known, shared bool) { return s.watch.abreast(), false }

func (s *sqliteFile) glance() (time.Time, bool) { return time.Now(), true }

func (s *sqliteFile) now(session) (time.Time, error) { return time.Now(), nil }

func (s *sqliteFile) close() error {
	s.log.close()
	return errors.Join(s.write.close(), s.read.close(), s.watch.close())
}
