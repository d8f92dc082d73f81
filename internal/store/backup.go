package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrBackupElsewhere is a database that has its own tool for backups.
var ErrBackupElsewhere = errors.New("a PostgreSQL database is backed up by its own tools: use pg_dump --format=custom")

// Backup writes a whole copy of an SQLite database, as of one moment, to a new file
// that only its owner can read; others go on reading and writing meanwhile. When it
// returns nil the copy is on the disk, otherwise there is none. A file that is
// there already is never touched. The database is copied as it is, also where a
// migration is still to come.
func Backup(ctx context.Context, url, dest string) (err error) {
	s, err := connect(url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if s.engine.forShare != "" {
		return ErrBackupElsewhere
	}
	if _, err := os.Lstat(dest); err == nil {
		return fmt.Errorf("%s: %w", dest, fs.ErrExist)
	}
	folder := filepath.Dir(dest)
	draft, err := os.CreateTemp(folder, ".backup-*") // mode 0600; VACUUM INTO takes an empty file
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	if err := draft.Close(); err != nil {
		return err
	}
	// Outside of any transaction it only reads, so writers are not held up; a
	// connection that may only query refuses it all the same.
	if _, err := s.write.ExecContext(ctx, "VACUUM INTO $1", draft.Name()); err != nil {
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

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
