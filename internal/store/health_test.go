package store

import (
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/pgtest"
)

// try does an act, as visitors do all the time.
func try(t *testing.T, s *Store) error {
	t.Helper()
	return s.Update(t.Context(), func(tx *Tx) error {
		return tx.Log(Entry{Tenant: "a", Act: "tried", Subject: "x", Actor: "test"}, nil)
	})
}

// again lets the next look try at once.
func (p *pulse) again() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tried = time.Time{}
}

// A disk without room is seen by the first act that fails for it, a look that finds room
// again sees that too, and acts that only find no place say nothing of the disk.
func TestWhatCannotBeWrittenIsKnown(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		save(t, s, hamlet("a"))
		if err := errors.Join(try(t, s), s.Answers(t.Context()), s.Writable(t.Context())); err != nil {
			t.Fatal(err)
		}
		full, room := "PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1000000"
		if s.words.forShare != "" {
			outside(t, s, "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$")
			outside(t, s, "CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON meta EXECUTE FUNCTION no_room()")
			full, room = "CREATE TRIGGER no_room BEFORE INSERT ON journal EXECUTE FUNCTION no_room()", "DROP FUNCTION no_room CASCADE"
		}
		outside(t, s, full)
		var err error
		for n := 0; n < 10_000 && err == nil; n++ { // the file has a page or two yet
			err = try(t, s)
		}
		if !errors.Is(err, agenda.ErrUnavailable) {
			t.Fatalf("an act on a full disk: got %v", err)
		}
		if err := s.Writable(t.Context()); !errors.Is(err, ErrUnfit) {
			t.Errorf("a full disk: got %v", err)
		}
		if err := s.Answers(t.Context()); err != nil {
			t.Errorf("what only cannot be written answers: got %v", err)
		}
		outside(t, s, room)
		s.pulse.again()
		if err := s.Writable(t.Context()); err != nil {
			t.Errorf("room again: got %v", err)
		}
		if got := s.Acts()["tried"]; got == 0 {
			t.Errorf("acts: got %v", s.Acts())
		}
		if err := s.Update(t.Context(), func(*Tx) error { return agenda.ErrTaken }); !errors.Is(err, agenda.ErrTaken) || s.Writable(t.Context()) != nil {
			t.Errorf("a slot that is taken: got %v, %v", err, s.Writable(t.Context()))
		}
	})
}

// A database that another version has taken over is told from one that is gone.
func TestOtherVersionIsKnown(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		outside(t, s, "UPDATE meta SET value = '9999' WHERE name = 'version'")
		if err := s.Answers(t.Context()); !errors.Is(err, ErrOtherVersion) || errors.Is(err, agenda.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
	})
}

// A file that somebody moved away is written to no more, although its readers go on.
func TestAFileThatIsGoneCannotBeWritten(t *testing.T) {
	file := t.TempDir() + "/book.db"
	s := open(t, file)
	if err := os.Rename(file, file+".moved"); err != nil {
		t.Fatal(err)
	}
	if err := s.Writable(t.Context()); !errors.Is(err, ErrUnfit) {
		t.Errorf("gone: got %v", err)
	}
	if err := os.Rename(file+".moved", file); err != nil {
		t.Fatal(err)
	}
	if err := s.Writable(t.Context()); err != nil {
		t.Errorf("back: got %v", err)
	}
	size, free, err := s.Space(t.Context())
	if err != nil || size < 4096 || free < leastRoom {
		t.Errorf("got %d bytes, %d free, %v", size, free, err)
	}
}

// A PostgreSQL that is lost is not ready, and is again without a restart.
func TestALostServerIsKnown(t *testing.T) {
	target := pgtest.URL(t)
	s := open(t, target)
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/")
	u.Path = "/postgres"
	admin, err := pgx.Connect(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(t.Context())
	let := func(may string) {
		t.Helper()
		if _, err := admin.Exec(t.Context(), "ALTER DATABASE "+name+" WITH ALLOW_CONNECTIONS "+may); err != nil {
			t.Fatal(err)
		}
	}
	let("false")
	if _, err := admin.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the first may meet a connection that has just ended
		err = s.Answers(t.Context())
	}
	if !errors.Is(err, agenda.ErrUnavailable) {
		t.Errorf("lost: got %v", err)
	}
	if err := s.Writable(t.Context()); !errors.Is(err, agenda.ErrUnavailable) {
		t.Errorf("lost: got %v", err)
	}
	let("true")
	if err := errors.Join(s.Answers(t.Context()), s.Writable(t.Context())); err != nil {
		t.Errorf("back: got %v", err)
	}
	if size, free, err := s.Space(t.Context()); err != nil || size == 0 || free != -1 {
		t.Errorf("got %d bytes, %d free, %v", size, free, err)
	}
}
