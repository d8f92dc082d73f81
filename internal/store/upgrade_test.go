package store

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"terminvergabe/internal/pgtest"
)

// older makes a database of the version before the newest.
func older(t *testing.T, url string) (newest int) {
	t.Helper()
	newest = len(firstSteps(t))
	s, err := Open(t.Context(), url, Options{Until: newest - 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return newest
}

// Before the first step somebody is asked, who can keep the database as it is; a database
// that is empty or up to date asks nobody.
func TestUpgradesAskBefore(t *testing.T) {
	eachURL(t, func(t *testing.T, url string) {
		newest := older(t, url)
		full := errors.New("no room")
		var asked []Upgrade
		refuse := func(_ context.Context, up Upgrade) error {
			asked = append(asked, up)
			return full
		}
		if _, err := Open(t.Context(), url, Options{Before: refuse}); !errors.Is(err, full) {
			t.Fatalf("got %v, want %v", err, full)
		}
		if len(asked) != 1 || asked[0].From != newest-1 || asked[0].To != newest || len(asked[0].Steps) != 1 || !strings.HasPrefix(asked[0].Steps[0], "000") {
			t.Fatalf("asked about %+v", asked)
		}
		if up, err := Missing(t.Context(), url); up.From != newest-1 || err != nil {
			t.Fatalf("got version %d, %v, want %d still", up.From, err, newest-1)
		}
		open(t, url)
		for _, address := range []string{url, other(t, url)} {
			s, err := Open(t.Context(), address, Options{Before: refuse})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A rehearsal leaves the database as it was.
func TestRehearsalsChangeNothing(t *testing.T) {
	eachURL(t, func(t *testing.T, url string) {
		newest := older(t, url)
		before := shape(t, bare(t, url))
		took, err := Rehearse(t.Context(), url)
		if err != nil || len(took) != 1 {
			t.Fatalf("got %v, %v, want one step", took, err)
		}
		if after := shape(t, bare(t, url)); !slices.Equal(before, after) {
			t.Error("the rehearsal left something")
		}
		if up, err := Missing(t.Context(), url); up.From != newest-1 || err != nil {
			t.Errorf("got version %d, %v, want %d still", up.From, err, newest-1)
		}
	})
}

// A process was killed before the statement with some number on the way from an empty
// database over all versions: the database is at one of them as a whole, and the next start
// brings it to the end.
func TestUpgradesKilledAnywhere(t *testing.T) {
	steps, all := firstSteps(t), 0
	for _, m := range steps {
		all += len(statements(m.text)) + 1
	}
	eachURL(t, func(t *testing.T, url string) {
		fresh := func() string { return filepath.Join(t.TempDir(), "book.db") }
		every := 7
		if IsPostgres(url) {
			fresh, every = func() string { return pgtest.URL(t) }, 41
		}
		shapes := make([][]string, len(steps)+1)
		for v := range steps {
			s, err := Open(t.Context(), fresh(), Options{Until: v + 1})
			if err != nil {
				t.Fatal(err)
			}
			shapes[v+1] = shape(t, s)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		for n := 0; n < all; n += every {
			address := fresh()
			dies(t, address, n)
			up, err := Missing(t.Context(), address)
			if err != nil {
				t.Fatalf("killed before statement %d: %v", n, err)
			}
			s := bare(t, address)
			if got := shape(t, s); !slices.Equal(got, shapes[up.From]) {
				t.Fatalf("killed before statement %d: version %d is not whole", n, up.From)
			}
			if err := s.migrate(t.Context(), Options{}); err != nil {
				t.Fatalf("killed before statement %d: %v", n, err)
			}
			if got := shape(t, s); !slices.Equal(got, shapes[len(steps)]) {
				t.Fatalf("killed before statement %d: the next start led to another schema", n)
			}
		}
	})
}

// Each engine's copy is tried for each engine, and beside them what somebody could take for
// one; whatever is no copy is named for what it is.
func TestWhatIsNoCopyIsNotRestored(t *testing.T) {
	dir := t.TempDir()
	book, dump := filepath.Join(dir, "book.db"), filepath.Join(dir, "copy.dump")
	save(t, open(t, book), hamlet("a"))
	address := pgtest.URL(t)
	save(t, open(t, address), hamlet("a"))
	if err := Backup(t.Context(), address, dump); err != nil {
		t.Fatal(err)
	}
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("tenant: {id: a}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		target, file string
		want         error
	}{{book, book, nil}, {address, dump, nil}, {book, dump, ErrOtherSort}, {address, book, ErrOtherSort}, {book, text, ErrNotOurs}, {address, text, ErrNotOurs}} {
		if err := LooksLike(test.target, test.file); !errors.Is(err, test.want) {
			t.Errorf("%s for %.8s: got %v, want %v", filepath.Base(test.file), test.target, err, test.want)
		}
	}
	empty := filepath.Join(dir, "empty.db")
	if err := Detach(empty); err != nil {
		t.Fatal(err)
	}
	if _, err := CheckSound(t.Context(), empty); !errors.Is(err, ErrNotOurs) {
		t.Errorf("an empty file: got %v, want %v", err, ErrNotOurs)
	}
	foreign := filepath.Join(dir, "foreign.db")
	on, err := connectAlone(foreign)
	if err != nil {
		t.Fatal(err)
	}
	_, err = on.exec(t.Context(), "CREATE TABLE meta (name, value)", nil)
	if err := errors.Join(err, on.close()); err != nil {
		t.Fatal(err)
	}
	if _, err := CheckSound(t.Context(), foreign); !errors.Is(err, ErrNotOurs) {
		t.Errorf("another program's file with a table of that name: got %v, want %v", err, ErrNotOurs)
	}
	if err := Detach(book); !errors.Is(err, ErrInUse) {
		t.Errorf("a database that is open: got %v, want %v", err, ErrInUse)
	}
	data, err := os.ReadFile(dump)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(text, data[:len(data)*2/3], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Unpack(t.Context(), text, filepath.Join(dir, "script")); !errors.Is(err, ErrDamaged) {
		t.Errorf("half an archive: got %v, want %v", err, ErrDamaged)
	}
}

// A page that is not what it was is noticed before anything else.
func TestDamagedCopyIsNoticed(t *testing.T) {
	dir := t.TempDir()
	book, dest := filepath.Join(dir, "book.db"), filepath.Join(dir, "copy.db")
	save(t, open(t, book), hamlet("a"))
	if err := Backup(t.Context(), book, dest); err != nil {
		t.Fatal(err)
	}
	if _, err := CheckSound(t.Context(), dest); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(dest, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(make([]byte, 4096), 4096); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := CheckSound(t.Context(), dest); !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v, want %v", err, ErrDamaged)
	}
}

// dies runs a migration in a process of its own that is killed before statement n.
func dies(t *testing.T, url string, n int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], url)
	cmd.Env = append(os.Environ(), child+"=a killed migration", killedAt+"="+strconv.Itoa(n))
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != -1 /* by a signal */ {
		t.Fatalf("the process was not killed: %v: %s", err, out)
	}
}

// killedAt is before which statement a child is killed.
const killedAt = "TERMINVERGABE_TEST_KILLED_AT"

// killedMigration runs all migrations until one statement is to be run too many.
func killedMigration(url string) {
	left, err := strconv.Atoi(os.Getenv(killedAt))
	if err != nil {
		panic(err)
	}
	s, err := newStore(url, Options{})
	if err != nil {
		panic(err)
	}
	all, err := readMigrations(migrations)
	if err != nil {
		panic(err)
	}
	s.engine = &dying{engine: s.engine, left: left}
	panic(s.migrate(context.Background(), Options{Until: len(all)}))
}

// dying is an engine whose process is killed at a statement.
type dying struct {
	engine
	left int
}

func (d *dying) update(ctx context.Context, f func(session) (touch, error)) error {
	return d.engine.update(ctx, func(on session) (touch, error) { return f(&dyingSession{on, d}) })
}

type dyingSession struct {
	session
	of *dying
}

func (s *dyingSession) exec(query string, args []any) (int64, error) {
	if s.of.left--; s.of.left < 0 {
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			panic(err)
		}
		select {}
	}
	return s.session.exec(query, args)
}
