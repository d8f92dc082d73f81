package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
)

// ErrNoDump is a PostgreSQL database on a machine without its tool for backups.
var ErrNoDump = errors.New("a PostgreSQL database is backed up with pg_dump, which is not here: install it (Debian: postgresql-client)")

// Backup writes a whole copy of a database, as of one moment, to a new file that
// only its owner can read; others go on reading and writing meanwhile. When it
// returns nil the copy is on the disk, otherwise there is none. A file that is
// there already is never touched. The copy of an SQLite file is such a file, also
// where a migration is still to come; that of a PostgreSQL database is an archive
// for pg_restore. What is restored from either knows that it is a copy: see Copied.
func Backup(ctx context.Context, target, dest string) (err error) {
	s, err := newStore(target, Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if _, err := os.Lstat(dest); err == nil {
		return fmt.Errorf("%s: %w", dest, fs.ErrExist)
	}
	folder := filepath.Dir(dest)
	draft, err := os.CreateTemp(folder, ".backup-*") // mode 0600; VACUUM INTO takes an empty file
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no folder %s: make it first", folder)
	}
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	if err := draft.Close(); err != nil {
		return err
	}
	if err := s.copyTo(ctx, target, draft.Name()); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	if err := syncPath(draft.Name()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), dest); err != nil { // unlike a rename it refuses to overwrite
		return err
	}
	return syncPath(folder)
}

func (s *Store) copyTo(ctx context.Context, target, file string) error {
	if s.words.forShare == "" {
		// Outside of any transaction it only reads, so writers are not held up; a
		// connection that may only query refuses it all the same.
		err := s.engine.outside(ctx, func(on session) error {
			_, err := on.exec("VACUUM INTO $1", []any{file})
			return err
		})
		if err != nil {
			return err
		}
		return markFile(ctx, file)
	}
	if err := s.Update(ctx, (*Tx).markCopied); err != nil {
		return err
	}
	name, env, err := forTools(target)
	if err != nil {
		return err
	}
	dump := exec.CommandContext(ctx, "pg_dump", "--format=custom", "--no-owner", "--no-password", "--file="+file, "--dbname="+name)
	dump.Env = env
	said, err := dump.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return ErrNoDump
	}
	if err != nil {
		return fmt.Errorf("pg_dump: %w: %s", err, strings.TrimSpace(string(said)))
	}
	return nil
}

// markFile marks a copy of an SQLite file, in the one file that it is.
func markFile(ctx context.Context, file string) (err error) {
	path, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	on, err := connectFile((&url.URL{Scheme: "file", Path: path}).String() + "?_pragma=journal_mode(DELETE)&_pragma=synchronous(FULL)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, on.close()) }()
	_, err = on.exec(ctx, markCopied, []any{stamp(time.Now())})
	return err
}

// forDump is what pg_dump understands of an address: not how many connections we keep,
// nor the settings of our own acts.
func forDump(said url.Values) url.Values {
	for name := range said {
		if strings.HasPrefix(name, "pool_") || strings.HasSuffix(name, "_timeout") && name != "connect_timeout" {
			said.Del(name)
		}
	}
	return said
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// RememberBackup notes in a database of whatever version that a backup was made now.
func RememberBackup(ctx context.Context, target string) error {
	return onBare(target, func(s *Store) error {
		return s.Update(ctx, func(tx *Tx) error {
			now, err := tx.Now()
			if err != nil {
				return err
			}
			_, err = tx.exec("INSERT INTO meta (name, value) VALUES ('backup', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value", stamp(now))
			return err
		})
	})
}

// BackedUp is when the last backup was made; zero: never.
func (tx *Tx) BackedUp() (when time.Time, err error) {
	err = tx.one("SELECT value FROM meta WHERE name = 'backup'", nil, at{&when})
	if errors.Is(err, agenda.ErrNotFound) {
		err = nil
	}
	return when, err
}
