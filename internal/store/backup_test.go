package store

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"terminvergabe/internal/pgtest"
)

// "attempt to write a readonly database": every backup failed, since the copy was
// made over a connection that may only query, and nothing had tried it. Here a
// writer is under way as well.
func TestBackupWhileOthersWrite(t *testing.T) {
	dir := t.TempDir()
	book, dest := filepath.Join(dir, "book.db"), filepath.Join(dir, "copy.db")
	s := open(t, book)
	save(t, s, hamlet("a"))
	update(t, s, func(tx *Tx) error {
		if _, err := tx.SaveSetup(hamlet("b")); err != nil {
			return err
		}
		return Backup(t.Context(), book, dest)
	})
	save(t, s, hamlet("c"))
	info, err := os.Stat(dest)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("got %v, %v, want a file for its owner alone", info, err)
	}
	before, err := os.ReadFile(dest)
	if err != nil {
		t.Fatal(err)
	}
	if err := Backup(t.Context(), book, dest); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v for a file that is there, want fs.ErrExist", err)
	}
	if err := Backup(t.Context(), book, filepath.Join(dir, "away", "copy")); err == nil || !strings.Contains(err.Error(), "there is no folder") {
		t.Errorf("got %v where there is no such folder", err)
	}
	if after, err := os.ReadFile(dest); err != nil || string(after) != string(before) {
		t.Errorf("a file that was there changed, %v", err)
	}
	view(t, open(t, dest), func(tx *Tx) error {
		var tenants string
		if err := tx.one("SELECT MIN(id) || MAX(id) FROM tenant", nil, &tenants); err != nil || tenants != "aa" {
			t.Errorf("got tenants %q in the copy, %v, want the one that was committed", tenants, err)
		}
		return nil
	})
	if rest, err := filepath.Glob(filepath.Join(dir, ".backup-*")); err != nil || len(rest) != 0 {
		t.Errorf("left over: %v, %v", rest, err)
	}
}

// On PostgreSQL the backup was refused, though the manual promised one.
func TestBackupOfPostgreSQL(t *testing.T) {
	address := pgtest.URL(t)
	save(t, open(t, address), hamlet("a"))
	dest := filepath.Join(t.TempDir(), "copy.dump")
	if err := Backup(t.Context(), address, dest); err != nil {
		t.Fatal(err)
	}
	archive, err := os.ReadFile(dest)
	if err != nil || !bytes.HasPrefix(archive, []byte("PGDMP")) {
		t.Errorf("got %.20q, %v, want an archive of pg_dump", archive, err)
	}
	t.Setenv("PATH", t.TempDir())
	other := filepath.Join(t.TempDir(), "copy.dump")
	if err := Backup(t.Context(), address, other); !errors.Is(err, ErrNoDump) {
		t.Errorf("got %v where there is no pg_dump, want %v", err, ErrNoDump)
	}
	if _, err := os.Stat(other); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want no file", err)
	}
}
