package store

import (
	"os/exec"
	"path/filepath"
	"testing"

	"terminvergabe/internal/pgtest"
)

// A copy knows that it is one, until somebody has seen to it, and so does the copy of a
// copy. The database that was copied stays what it is.
func TestCopiesKnowThatTheyAre(t *testing.T) {
	dir := t.TempDir()
	book := filepath.Join(dir, "book.db")
	save(t, open(t, book), hamlet("a"))
	first := filepath.Join(dir, "first.db")
	t.Chdir(dir)
	if err := Backup(t.Context(), book, "first.db"); err != nil {
		t.Fatal(err)
	}
	isCopy(t, open(t, book), false)
	s := open(t, first)
	isCopy(t, s, true)
	update(t, s, (*Tx).ForgetCopied)
	isCopy(t, s, false)
	second := filepath.Join(dir, "second.db")
	if err := Backup(t.Context(), first, second); err != nil {
		t.Fatal(err)
	}
	isCopy(t, s, false)
	isCopy(t, open(t, second), true)
}

// On PostgreSQL the mark is in the database too, and names the place where it is none.
func TestCopiesOfPostgreSQLKnowThatTheyAre(t *testing.T) {
	address, other := pgtest.URL(t), pgtest.URL(t)
	s := open(t, address)
	save(t, s, hamlet("a"))
	dest := filepath.Join(t.TempDir(), "copy.dump")
	if err := Backup(t.Context(), address, dest); err != nil {
		t.Fatal(err)
	}
	isCopy(t, s, false)
	if out, err := exec.CommandContext(t.Context(), "pg_restore", "--no-owner", "--dbname="+other, dest).CombinedOutput(); err != nil {
		t.Fatalf("restore: %v: %s", err, out)
	}
	restored := open(t, other)
	isCopy(t, restored, true)
	update(t, restored, (*Tx).ForgetCopied)
	isCopy(t, restored, false)
	if out, err := exec.CommandContext(t.Context(), "pg_restore", "--clean", "--no-owner", "--dbname="+address, dest).CombinedOutput(); err != nil {
		t.Fatalf("restore into the same database: %v: %s", err, out)
	}
	isCopy(t, s, true)
}

func isCopy(t *testing.T, s *Store, want bool) {
	t.Helper()
	view(t, s, func(tx *Tx) error {
		when, err := tx.Copied()
		if got := !when.IsZero(); got != want || err != nil {
			t.Errorf("a copy: got %v, %v, want %v", got, err, want)
		}
		return nil
	})
}
