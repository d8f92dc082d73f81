package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/pgtest"
)

// Every connection has the pragmas, not only the first.
func TestPragmasAreInForce(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "a book?#%.db")).engine.(*sqliteFile)
	check := func(name string, on session, want map[string]string) error {
		for pragma, value := range want {
			got := ""
			tx := &Tx{store: &Store{engine: s}, on: on}
			if list, err := tx.column("PRAGMA " + pragma); err != nil || len(list) != 1 || list[0] != value {
				t.Errorf("%s: %s is %q, %v; want %s", name, pragma, got, err, value)
			}
		}
		return nil
	}
	want := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1", "busy_timeout": "10000", "query_only": "0"}
	if err := s.outside(t.Context(), func(on session) error { return check("write", on, want) }); err != nil {
		t.Error(err)
	}
	want["query_only"] = "1"
	var look func(n int)
	look = func(n int) {
		err := s.view(t.Context(), func(on session) error {
			if n > 1 {
				look(n - 1)
			}
			return check(fmt.Sprint("read ", n), on, want)
		})
		if err != nil {
			t.Error(err)
		}
	}
	look(cap(s.read.slots))
}

func TestOpenRefusesWhatIsNoDatabase(t *testing.T) {
	for _, url := range []string{"", ":memory:", "file::memory:?cache=shared", filepath.Join(t.TempDir(), "no", "such", "folder", "book.db"), "postgres://user:geheim@[bad"} {
		s, err := Open(t.Context(), url, Options{})
		if err == nil {
			t.Errorf("%q was opened", url)
			_ = s.Close()
		}
		if err != nil && strings.Contains(err.Error(), "geheim") {
			t.Errorf("the error shows a password: %v", err)
		}
	}
}

func TestViewOnlyReads(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		save(t, s, hamlet("a"))
		err := s.View(t.Context(), func(tx *Tx) error {
			_, err := tx.exec("UPDATE tenant SET revision = 7")
			return err
		})
		if err == nil {
			t.Error("a view has written")
		}
		view(t, s, func(tx *Tx) error {
			if setup, err := tx.Setup("a"); err != nil || setup.Revision != 1 {
				t.Errorf("got %+v, %v", setup, err)
			}
			return nil
		})
	})
}

func TestViewIsASnapshot(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		save(t, s, hamlet("a"))
		view(t, s, func(tx *Tx) error {
			before, err := tx.Tenants()
			if err != nil {
				return err
			}
			save(t, s, hamlet("b"))
			save(t, s, hamlet("a"))
			after, err := tx.Tenants()
			if err != nil || len(before) != 1 || len(after) != 1 {
				t.Errorf("got %v, then %v, %v; want one tenant both times", before, after, err)
			}
			setup, err := tx.Setup("a")
			if err != nil || setup.Revision != 1 {
				t.Errorf("got revision %d, %v; want 1, that of the snapshot", setup.Revision, err)
			}
			return nil
		})
	})
}

// An error, a panic and the end of the context each leave nothing behind and the
// connection whole.
func TestUpdateIsAllOrNothing(t *testing.T) {
	boom := errors.New("boom")
	each(t, func(t *testing.T, s *Store) {
		err := s.Update(t.Context(), func(tx *Tx) error {
			if _, err := tx.SaveSetup(hamlet("a")); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Errorf("got %v, want the function's own error", err)
		}
		func() {
			defer func() {
				if got := recover(); got != "bang" {
					t.Errorf("got panic %v, want bang", got)
				}
			}()
			_ = s.Update(t.Context(), func(tx *Tx) error {
				if _, err := tx.SaveSetup(hamlet("b")); err != nil {
					return err
				}
				panic("bang")
			})
		}()
		ctx, cancel := context.WithCancel(t.Context())
		err = s.Update(ctx, func(tx *Tx) error {
			if _, err := tx.SaveSetup(hamlet("c")); err != nil {
				return err
			}
			cancel()
			return nil
		})
		view(t, s, func(tx *Tx) error {
			ids, wrong := tx.Tenants()
			if done := slices.Equal(ids, []string{"c"}); !done && len(ids) != 0 || done != (err == nil) {
				t.Errorf("left behind: %v; the update whose context ended gave %v", ids, err)
			}
			return wrong
		})
		save(t, s, hamlet("d")) // the connection is whole
	})
}

func TestWithin(t *testing.T) {
	inner := errors.New("inner")
	each(t, func(t *testing.T, s *Store) {
		note := func(tx *Tx, name string) error {
			_, err := tx.exec("INSERT INTO meta (name, value) VALUES ($1, '')", name)
			return err
		}
		update(t, s, func(tx *Tx) error {
			if err := note(tx, "a"); err != nil {
				return err
			}
			err := tx.Within(func() error {
				if err := note(tx, "b"); err != nil {
					return err
				}
				if err := tx.Within(func() error { return errors.Join(note(tx, "c"), inner) }); !errors.Is(err, inner) {
					t.Errorf("got %v, want inner", err)
				}
				if err := tx.Within(func() error { return note(tx, "d") }); err != nil {
					return err
				}
				return tx.Within(func() error { return note(tx, "a") }) // the key is taken: an SQL error
			})
			if err == nil {
				t.Error("a taken key was no error")
			}
			return tx.Within(func() error { return note(tx, "e") })
		})
		view(t, s, func(tx *Tx) error {
			got, err := tx.column("SELECT name FROM meta WHERE name <> 'version' ORDER BY name")
			if fmt.Sprint(got) != "[a e]" {
				t.Errorf("got %v, want a and e", got)
			}
			return err
		})
	})
}

func TestConflictsAreTriedAgain(t *testing.T) {
	s := open(t, pgtest.URL(t))
	for _, code := range []string{"40001", "40P01"} {
		runs := 0
		err := s.Update(t.Context(), func(tx *Tx) error {
			if runs++; runs < 4 {
				return fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: code})
			}
			return nil
		})
		if err != nil || runs != 4 {
			t.Errorf("%s: got %v after %d runs, want success in the fourth", code, err, runs)
		}
	}
	runs := 0
	if err := s.Update(t.Context(), func(*Tx) error { runs++; return &pgconn.PgError{Code: "40001"} }); err == nil || runs != 10 {
		t.Errorf("got %v after %d runs, want the error after 10", err, runs)
	}
	runs = 0
	if err := s.Update(t.Context(), func(*Tx) error { runs++; return agenda.ErrTaken }); !errors.Is(err, agenda.ErrTaken) || runs != 1 {
		t.Errorf("got %v after %d runs, want taken after one", err, runs)
	}
	ctx, cancel := context.WithCancel(t.Context())
	runs = 0
	err := s.Update(ctx, func(*Tx) error { runs++; cancel(); return &pgconn.PgError{Code: "40001"} })
	if !errors.Is(err, context.Canceled) || runs != 1 {
		t.Errorf("got %v after %d runs, want canceled after one", err, runs)
	}
}

// Two transactions lock two days, each in the other's order.
func TestDeadlockIsSolved(t *testing.T) {
	s := open(t, pgtest.URL(t))
	var met sync.WaitGroup
	met.Add(2)
	var wg sync.WaitGroup
	for _, order := range [][2]int64{{1, 2}, {2, 1}} {
		wg.Go(func() {
			first := true
			err := s.Update(t.Context(), func(tx *Tx) error {
				if err := tx.LockDays(PoolDay{order[0], 20000}); err != nil {
					return err
				}
				if first {
					first = false
					met.Done()
					met.Wait()
				}
				return tx.LockDays(PoolDay{order[1], 20000})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	view(t, s, func(tx *Tx) error {
		v, err := tx.DayVersion(PoolDay{1, 20000})
		if v != 2 {
			t.Errorf("got version %d, want 2", v)
		}
		return err
	})
}

// Another process writes for longer than we wait for it.
func TestBusyDatabaseIsTriedAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "book.db")
	s, rival := open(t, file), open(t, file)
	outside(t, s, "PRAGMA busy_timeout = 0")
	locked, done := make(chan bool), make(chan error)
	go func() {
		done <- rival.Update(t.Context(), func(tx *Tx) error {
			close(locked)
			time.Sleep(30 * time.Millisecond)
			return nil
		})
	}()
	<-locked
	if err := s.Update(t.Context(), func(*Tx) error { return nil }); err != nil {
		t.Errorf("got %v, want success once the other is done", err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A text with NUL or broken UTF-8 is an error to PostgreSQL and nothing to SQLite.
func TestTextsThatNoRowHasAreNotFound(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		save(t, s, hamlet("a"))
		for _, odd := range []string{"a\x00", "\x00", "a\xff", "\xed\xa0\x80"} {
			update(t, s, func(tx *Tx) error {
				if _, err := tx.Setup(odd); !errors.Is(err, agenda.ErrNotFound) {
					t.Errorf("set-up %q: got %v, want not found", odd, err)
				}
				if _, err := tx.Booking("a", odd); !errors.Is(err, agenda.ErrNotFound) {
					t.Errorf("booking %q: got %v, want not found", odd, err)
				}
				if _, found, err := tx.Answered("a", "path", odd); found || err != nil {
					t.Errorf("answer %q: got %v, %v; want none", odd, found, err)
				}
				return tx.ShareCalendars("a", odd, "stube")
			})
		}
	})
}

// The database's clock counts, in whole seconds of UTC, fixed once the days are locked.
func TestNow(t *testing.T) {
	eachURL(t, func(t *testing.T, url string) {
		calls := 0
		base := time.Date(2026, 7, 6, 7, 0, 0, 123456789, time.FixedZone("far", 7200))
		s, err := Open(t.Context(), url, Options{Clock: func(now time.Time) time.Time {
			if d := time.Since(now).Abs(); d > time.Minute {
				t.Errorf("the engine's clock is off by %v", d)
			}
			calls++
			return base.Add(time.Duration(calls) * time.Second)
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		update(t, s, func(tx *Tx) error {
			first, err := tx.Now()
			again, err2 := tx.Now()
			if !first.Equal(again) || first.Nanosecond() != 0 || first.Location() != time.UTC {
				t.Errorf("got %v, then %v", first, again)
			}
			lock := tx.LockDays(PoolDay{1, 20000}, PoolDay{1, 20000})
			later, err3 := tx.Now()
			if !later.After(first) {
				t.Errorf("got %v after the lock, want later than %v", later, first)
			}
			if v, err := tx.DayVersion(PoolDay{1, 20000}); v != 1 || err != nil {
				t.Errorf("a day named twice has version %d, %v; want 1", v, err)
			}
			return errors.Join(err, err2, lock, err3)
		})
	})
}

// An act that holds its calendar refers to the tenant with its first row, while a
// set-up change waits for the calendar: neither may wait for the other.
func TestSetupChangeAndActDoNotBlockEachOther(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		save(t, s, hamlet("a"))
		acts, changes := 0, 0
		holding := make(chan bool)
		var wg sync.WaitGroup
		wg.Go(func() {
			update(t, s, func(tx *Tx) error {
				acts++
				if err := tx.ShareCalendars("a", "stube"); err != nil {
					return err
				}
				if acts == 1 {
					close(holding)
					time.Sleep(50 * time.Millisecond) // the change is waiting by now
				}
				return tx.AddBooking(visit("a", 1))
			})
		})
		<-holding
		update(t, s, func(tx *Tx) error {
			changes++
			if err := tx.LockSetup("a"); err != nil {
				return err
			}
			if b, err := tx.Booking("a", "b1"); err != nil || b.Number != 1 {
				t.Errorf("the change does not see what was booked before it: %v", err)
			}
			_, err := tx.SaveSetup(hamlet("a"))
			return err
		})
		wg.Wait()
		if acts != 1 || changes != 1 {
			t.Errorf("the act ran %d times and the change %d times, want once each", acts, changes)
		}
	})
}
