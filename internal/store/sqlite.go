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
	"syscall"
	"time"
)

// sqliteFile is SQLite: many readers, one writer.
type sqliteFile struct {
	read  *readers
	write *writer
	watch *watch
	log   *checkpointer
	path  string
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
	return &sqliteFile{read: read, write: write, watch: noted, log: log, path: path}, nil
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

// leastRoom is what must be free for the log of writes to grow in, which it does before
// the file does.
const leastRoom = 8 << 20

func (s *sqliteFile) writable(ctx context.Context) error {
	const write = 2
	for _, path := range []string{s.path, filepath.Dir(s.path)} {
		if err := syscall.Access(path, write); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrUnfit, path, err)
		}
	}
	if _, free, err := s.space(ctx); err != nil || free < leastRoom {
		return errors.Join(fmt.Errorf("%w: %d bytes are free on its disk", ErrUnfit, free), err)
	}
	return nil
}

func (s *sqliteFile) space(context.Context) (size, free int64, err error) {
	for _, end := range []string{"", "-wal"} {
		info, err := os.Stat(s.path + end)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, 0, err
		}
		if err == nil {
			size += info.Size()
		}
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(s.path, &disk); err != nil {
		return 0, 0, err
	}
	return size, int64(disk.Bavail) * int64(disk.Bsize), nil
}

func (s *sqliteFile) close() error {
	s.log.close()
	return errors.Join(s.write.close(), s.read.close(), s.watch.close())
}
