package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
)

// crowd is a store whose writer is kept busy until everybody waits, so that all of
// them are one group.
type crowd struct {
	*testing.T
	*Store
	rival *Store // another process, as it were
	acts  sync.WaitGroup
	begin chan bool
	n     int
}

func newCrowd(t *testing.T) *crowd {
	file := filepath.Join(t.TempDir(), "book.db")
	c := &crowd{T: t, Store: open(t, file), rival: open(t, file), begin: make(chan bool)}
	busy := make(chan bool, 2) // it can be run again
	c.acts.Go(func() {
		_ = c.Update(t.Context(), func(*Tx) error { busy <- true; <-c.begin; return nil })
	})
	<-busy
	return c
}

func (c *crowd) writer() *writer { return c.engine.(*sqliteFile).write }

// joins adds an act, after those that wait already.
func (c *crowd) joins(ctx context.Context, f func(*Tx) error, answered func(error)) {
	c.acts.Go(func() { answered(c.Update(ctx, f)) })
	c.n++
	for len(c.writer().queue) < c.n {
		runtime.Gosched()
	}
}

func (c *crowd) run() {
	close(c.begin)
	c.acts.Wait()
}

// notes are the names that another process sees.
func (c *crowd) notes() string {
	var got []string
	view(c.T, c.rival, func(tx *Tx) (err error) {
		got, err = tx.column("SELECT name FROM meta WHERE name LIKE 'n%' ORDER BY name")
		return err
	})
	return strings.Join(got, " ")
}

func note(tx *Tx, name string) error {
	_, err := tx.exec("INSERT INTO meta (name, value) VALUES ($1, '')", name)
	return err
}

// want expects the error of an act, and if it has none, that what it wrote can be seen
// by others by now.
func (c *crowd) want(name string, want error) func(error) {
	return func(err error) {
		if !errors.Is(err, want) {
			c.Errorf("%s: got %v, want %v", name, err, want)
		}
		if want == nil && !strings.Contains(c.notes(), name) {
			c.Errorf("%s was answered before others could see it", name)
		}
	}
}

// Each act of a group has its own answer, whatever the others do.
func TestGroup(t *testing.T) {
	c := newCrowd(t)
	for i := range 20 {
		name := fmt.Sprintf("n%02d", i)
		switch {
		case i%5 == 1: // fails when it has written
			c.joins(t.Context(), func(tx *Tx) error { return errors.Join(note(tx, name), agenda.ErrTaken) }, c.want(name, agenda.ErrTaken))
		case i%5 == 2: // fails and has not
			c.joins(t.Context(), func(tx *Tx) error { return agenda.ErrTooLate }, c.want(name, agenda.ErrTooLate))
		case i%5 == 3: // goes on after a part of it has failed
			c.joins(t.Context(), func(tx *Tx) error {
				if err := tx.Within(func() error { return errors.Join(note(tx, name+"part"), agenda.ErrTaken) }); !errors.Is(err, agenda.ErrTaken) {
					t.Errorf("%s: got %v, want taken", name, err)
				}
				return note(tx, name)
			}, c.want(name, nil))
		default:
			c.joins(t.Context(), func(tx *Tx) error { return note(tx, name) }, c.want(name, nil))
		}
	}
	c.run()
	if got, want := c.notes(), "n00 n03 n04 n05 n08 n09 n10 n13 n14 n15 n18 n19"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Acts run in the order in which they came, and see what those before them did.
func TestFirstComeFirstServed(t *testing.T) {
	c := newCrowd(t)
	var order []int
	for i := range 100 {
		c.joins(t.Context(), func(tx *Tx) error {
			order = append(order, i)
			return errors.Join(tx.LockDays(PoolDay{1, 20000}), note(tx, fmt.Sprintf("n%02d", i)))
		}, c.want("", nil))
	}
	c.run()
	if !slices.IsSorted(order) || len(order) != 100 {
		t.Errorf("got the order %v", order)
	}
	view(t, c.rival, func(tx *Tx) error {
		v, err := tx.DayVersion(PoolDay{1, 20000})
		if v < 1 || v > 100 {
			t.Errorf("got version %d, want at least one raise and at most one for each act", v)
		}
		return err
	})
}

func TestDayVersionWithinAGroup(t *testing.T) {
	c := newCrowd(t)
	day, other := PoolDay{1, 20000}, PoolDay{2, 20000}
	version := func(tx *Tx, d PoolDay, want int64) {
		if v, err := tx.DayVersion(d); v != want || err != nil {
			t.Errorf("got version %d, %v; want %d", v, err, want)
		}
	}
	c.joins(t.Context(), func(tx *Tx) error {
		version(tx, day, 0)
		err := tx.LockDays(day)
		version(tx, day, 1)
		return err
	}, c.want("", nil))
	c.joins(t.Context(), func(tx *Tx) error { return errors.Join(tx.LockDays(other), note(tx, "n"), agenda.ErrTaken) }, c.want("", agenda.ErrTaken))
	c.joins(t.Context(), func(tx *Tx) error {
		version(tx, day, 1)
		version(tx, other, 0)
		return nil
	}, c.want("", nil))
	c.run()
}

// A set-up was read and remembered by an act of the group whose commit might yet fail;
// the next set-up to be written then had the same revision, and went unread.
func TestSetupIsReadOnceCommitted(t *testing.T) {
	c := newCrowd(t)
	setup := hamlet("weiler")
	c.joins(t.Context(), func(tx *Tx) error {
		_, err := tx.SaveSetup(setup)
		return err
	}, c.want("", nil))
	c.joins(t.Context(), func(tx *Tx) error {
		s, err := tx.Setup("weiler")
		view(t, c.rival, func(tx *Tx) error {
			if _, err := tx.Setup("weiler"); err != nil {
				t.Errorf("an act reads revision %d, others: %v", s.Revision, err)
			}
			return nil
		})
		return err
	}, c.want("", nil))
	c.run()
}

func TestQueueIsBounded(t *testing.T) {
	c := newCrowd(t)
	for range queueLength {
		c.joins(t.Context(), func(*Tx) error { return nil }, c.want("", nil))
	}
	if err := c.Update(t.Context(), func(*Tx) error { return nil }); !errors.Is(err, agenda.ErrOverloaded) {
		t.Errorf("got %v, want overloaded", err)
	}
	c.run()
	update(t, c.Store, func(*Tx) error { return nil })
}

// Whoever no longer waits is not served; whoever has begun is served to the end.
func TestGivingUp(t *testing.T) {
	c := newCrowd(t)
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan bool)
	c.joins(ctx, func(*Tx) error { t.Error("an act was run that nobody waits for"); return nil }, func(err error) {
		c.want("", context.Canceled)(err)
		close(left)
	})
	cancel()
	<-left
	late, cancelLate := context.WithCancel(t.Context())
	c.joins(late, func(tx *Tx) error { cancelLate(); return note(tx, "n1") }, c.want("n1", nil))
	c.run()
	if err := c.Update(ctx, func(*Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}

// An act that panics or ends its goroutine harms nobody else.
func TestActsThatLeave(t *testing.T) {
	c := newCrowd(t)
	c.joins(t.Context(), func(tx *Tx) error { return note(tx, "n1") }, c.want("n1", nil))
	for i, leave := range []func(){func() { panic("bang") }, runtime.Goexit} {
		c.acts.Go(func() {
			defer func() {
				if got := recover(); got != []any{"bang", nil}[i] {
					t.Errorf("got panic %v", got)
				}
			}()
			_ = c.Update(t.Context(), func(tx *Tx) error {
				if err := note(tx, fmt.Sprint("nothing", i)); err != nil {
					return err
				}
				leave()
				return nil
			})
			t.Error("an act that left was answered")
		})
	}
	c.n += 2
	c.joins(t.Context(), func(tx *Tx) error { return note(tx, "n2") }, c.want("n2", nil))
	c.run()
	if got := c.notes(); got != "n1 n2" {
		t.Errorf("got %s, want n1 n2", got)
	}
	update(t, c.Store, func(tx *Tx) error { return note(tx, "n3") })
}

// A full disk ends the transaction of all; when there is space again, it goes on.
func TestFullDisk(t *testing.T) {
	c := newCrowd(t)
	sum := func(name string, n int) func(tx *Tx) error {
		return func(tx *Tx) error {
			_, err := tx.exec("INSERT INTO meta (name, value) VALUES ($1, $2)", name, strings.Repeat("x", n))
			return err
		}
	}
	c.joins(t.Context(), func(tx *Tx) error {
		// What an act may not do: here it stands for the disk.
		return tx.rows("PRAGMA max_page_count = 1", nil, func(row) error { return nil })
	}, func(error) {})
	c.joins(t.Context(), sum("n1", 1), c.want("n1", agenda.ErrUnavailable))
	c.joins(t.Context(), func(tx *Tx) error {
		if err := sum("n2", 1<<20)(tx); err == nil {
			t.Error("there was space")
		}
		return nil // the error counts all the same
	}, c.want("n2", agenda.ErrUnavailable))
	c.run()
	if got := c.notes(); got != "" {
		t.Errorf("got %s, want nothing", got)
	}
	if err := c.Update(t.Context(), sum("n3", 1<<20)); !errors.Is(err, agenda.ErrUnavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
	view(t, c.Store, func(tx *Tx) error { _, err := tx.Version(); return err })
	outside(t, c.Store, "PRAGMA max_page_count = 1000000")
	update(t, c.Store, sum("n4", 1<<20))
}

// The writer gets itself a new connection when the old one is of no use any more.
func TestBrokenConnection(t *testing.T) {
	c := newCrowd(t)
	c.run()
	outside(t, c.Store, "BEGIN") // and nobody ends it
	update(t, c.Store, func(tx *Tx) error { return note(tx, "n1") })
	if got := c.notes(); got != "n1" {
		t.Errorf("got %s, want n1", got)
	}
}

// Those before a slow act are answered while it is still at work.
func TestSlowActGoesAlone(t *testing.T) {
	c := newCrowd(t)
	quick := make(chan bool)
	c.joins(t.Context(), func(tx *Tx) error { return note(tx, "n1") }, func(err error) {
		c.want("n1", nil)(err)
		close(quick)
	})
	runs := 0
	c.joins(t.Context(), func(tx *Tx) error {
		if err := note(tx, "n2"); err != nil {
			return err
		}
		if runs++; runs > 1 {
			<-quick
			return nil
		}
		for {
			time.Sleep(time.Millisecond)
			if _, err := tx.Version(); err != nil {
				return err
			}
		}
	}, c.want("n2", nil))
	c.joins(t.Context(), func(tx *Tx) error { return note(tx, "n3") }, c.want("n3", nil))
	c.run()
	if runs != 2 {
		t.Errorf("the slow act ran %d times, want twice", runs)
	}
}

func TestCloseLetsActsEnd(t *testing.T) {
	c := newCrowd(t)
	c.joins(t.Context(), func(tx *Tx) error { return note(tx, "n1") }, c.want("n1", nil))
	closed := make(chan error)
	go func() { closed <- c.Close() }()
	for w := c.writer(); ; runtime.Gosched() {
		w.gate.RLock()
		refuses := w.closed
		w.gate.RUnlock()
		if refuses {
			break
		}
	}
	if err := c.Update(t.Context(), func(*Tx) error { return nil }); !errors.Is(err, agenda.ErrUnavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
	c.run()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := c.View(t.Context(), func(*Tx) error { return nil }); !errors.Is(err, agenda.ErrUnavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
}

// More views than connections: the last one waits for a free one, as long as it likes.
func TestViewsWait(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "book.db"))
	slots := cap(s.engine.(*sqliteFile).read.slots)
	var in, views sync.WaitGroup
	end := make(chan bool)
	in.Add(slots)
	for range slots {
		views.Go(func() { view(t, s, func(*Tx) error { in.Done(); <-end; return nil }) })
	}
	in.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := s.View(ctx, func(*Tx) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the end of the time", err)
	}
	views.Go(func() { view(t, s, func(tx *Tx) error { _, err := tx.Version(); return err }) })
	close(end)
	views.Wait()
}

// Statements whose text depends on the question are not kept for ever.
func TestStatementsAreBounded(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "book.db"))
	view(t, s, func(tx *Tx) error {
		for i := range 3 * readyStatements {
			if _, err := tx.column(fmt.Sprintf("SELECT %d", i)); err != nil {
				return err
			}
		}
		if n := len(tx.on.(*look).conn.ready); n > readyStatements {
			t.Errorf("%d statements are kept", n)
		}
		// Rows of one text, within each other.
		return tx.rows("SELECT name FROM meta", nil, func(row) error {
			list, err := tx.column("SELECT name FROM meta")
			if len(list) == 0 {
				t.Error("nothing is there")
			}
			return err
		})
	})
}
