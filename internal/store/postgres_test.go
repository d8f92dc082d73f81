package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/pgtest"
)

func putDown(tx *Tx, name string) error {
	return tx.later(1, agenda.ErrConflict, "INSERT INTO meta (name, value) VALUES ($1, 'note')", name)
}

// notes lists what putDown wrote.
func notes(t *testing.T, s *Store) (names []string) {
	t.Helper()
	view(t, s, func(tx *Tx) (err error) {
		names, err = tx.column("SELECT name FROM meta WHERE value = 'note' ORDER BY name")
		return err
	})
	return names
}

// What is put off counts as one with the rest: whatever fails, and wherever that is
// found, nothing of the act stays.
func TestLaterIsAllOrNothing(t *testing.T) {
	short := errors.New("short")
	none := func(tx *Tx) error { return tx.later(1, short, "UPDATE meta SET value = '' WHERE name = $1", "nobody") }
	each(t, func(t *testing.T, s *Store) {
		save(t, s, hamlet("a"))
		claim := func(tx *Tx) error {
			return tx.later(1, short, "INSERT INTO claim (pool, tick, seat, booking, public, overbooked, expires) VALUES ($1, $2, 0, 1, 0, 0, 0)", 1, 7)
		}
		update(t, s, func(tx *Tx) error { return errors.Join(tx.AddBooking(visit("a", 1)), claim(tx)) })
		taken := func(tx *Tx) error {
			return tx.later(2, short, "INSERT INTO meta (name, value) VALUES ('fresh', 'note'), ('version', 'note') ON CONFLICT DO NOTHING")
		}
		ask := func(tx *Tx) error { _, err := tx.Tenants(); return err }
		for name, c := range map[string]struct {
			want  error // nil: any
			steps []func(*Tx) error
		}{
			"too few at the end":           {short, []func(*Tx) error{none}},
			"too few before a question":    {short, []func(*Tx) error{none, ask}},
			"too few, and more after it":   {short, []func(*Tx) error{none, func(tx *Tx) error { return putDown(tx, "y") }}},
			"too few, and nobody listened": {short, []func(*Tx) error{none, func(tx *Tx) error { _ = ask(tx); return nil }}},
			"a seat that is gone":          {agenda.ErrTaken, []func(*Tx) error{claim}},
			"a seat that was found gone":   {agenda.ErrTaken, []func(*Tx) error{claim, ask}},
			"a key that is taken":          {short, []func(*Tx) error{taken}},
			"a key that was found taken":   {short, []func(*Tx) error{taken, ask}},
			"no such table":                {nil, []func(*Tx) error{func(tx *Tx) error { return tx.later(-1, nil, "DELETE FROM nowhere") }}},
		} {
			err := s.Update(t.Context(), func(tx *Tx) error {
				if err := putDown(tx, "x"); err != nil {
					return err
				}
				for _, step := range c.steps {
					if err := step(tx); err != nil {
						return err
					}
				}
				return nil
			})
			if c.want == agenda.ErrTaken && s.words.forShare == "" {
				c.want = nil // SQLite has one writer: what is free when it is asked is free
			}
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", name, err, c.want)
			}
			if got := notes(t, s); len(got) != 0 {
				t.Errorf("%s: left behind: %v", name, got)
			}
		}
		update(t, s, func(tx *Tx) error { return putDown(tx, "x") })
		if got := notes(t, s); len(got) != 1 {
			t.Errorf("the store is not whole: got %v", got)
		}
	})
}

// What was put off within a savepoint goes with it.
func TestLaterWithinASavepoint(t *testing.T) {
	inner := errors.New("inner")
	each(t, func(t *testing.T, s *Store) {
		update(t, s, func(tx *Tx) error {
			if err := putDown(tx, "a"); err != nil {
				return err
			}
			if err := tx.Within(func() error { return errors.Join(putDown(tx, "b"), inner) }); !errors.Is(err, inner) {
				t.Errorf("got %v, want inner", err)
			}
			return tx.Within(func() error { return putDown(tx, "c") })
		})
		if got := notes(t, s); !slices.Equal(got, []string{"a", "c"}) {
			t.Errorf("got %v, want a and c", got)
		}
	})
}

// counter counts what is sent to PostgreSQL.
type counter struct{ batches, alone atomic.Int64 }

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.alone.Add(1)
	return ctx
}
func (c *counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (c *counter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.batches.Add(1)
	return ctx
}
func (c *counter) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (c *counter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

// An act that asks by Lock and writes by later is sent in two pieces, whatever it
// locks and writes.
func TestActTakesTwoRoundTrips(t *testing.T) {
	url := pgtest.URL(t)
	s := open(t, url)
	save(t, s, hamlet("a"))
	booked, ada := visit("a", 1), visit("a", 2)
	booked.EmailHash, ada.EmailHash = "ada", "ada"
	update(t, s, func(tx *Tx) error { return tx.AddBooking(booked) })
	config, err := poolConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	sent := &counter{}
	config.ConnConfig.Tracer = sent
	e, err := newPostgres(config, &s.changes)
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	counted := &Store{engine: e, words: s.words, clock: s.clock}
	update(t, counted, func(tx *Tx) error { _, err := tx.Setup("a"); return err }) // fills the memory of set-ups
	e.ears.clock.Store(nil)
	sent.batches.Store(0)
	sent.alone.Store(0)
	update(t, counted, func(tx *Tx) error {
		l, err := tx.Lock(Want{Tenant: "a", Calendars: []string{"stube"}, Days: []PoolDay{{1, 20002}, {1, 20001}}, Booking: "b1", Pool: 1, From: 0, To: 9, Visitor: ada, As: ada.Start.Add(-time.Hour)})
		if err != nil {
			return err
		}
		if l.Booking.Number != 1 || l.Setup.Revision != 1 || l.Now.IsZero() {
			t.Errorf("got %+v", l)
		}
		if live, _, err := tx.Standing(ada, l.Now); live != 1 || err != nil {
			t.Errorf("got %d visits to come, %v; want 1", live, err)
		}
		return errors.Join(putDown(tx, "x"), putDown(tx, "y"))
	})
	if _, ok := e.glance(); !ok {
		t.Error("an act does not remember what the clock showed")
	}
	if b, a := sent.batches.Load(), sent.alone.Load(); b != 2 || a != 0 {
		t.Errorf("sent %d batches and %d single statements, want 2 and none", b, a)
	}
	if got := notes(t, s); len(got) != 2 {
		t.Errorf("got %v, want x and y", got)
	}
}

// Two processes, more visitors than seats: what Lock finds and what is claimed under
// it never exceeds the limit, and no seat is left over.
func TestLockIsExact(t *testing.T) {
	const seats = 3
	eachURL(t, func(t *testing.T, url string) {
		stores := []*Store{open(t, url), open(t, url)}
		save(t, stores[0], hamlet("a"))
		for day := range 5 {
			var won atomic.Int64
			var wg sync.WaitGroup
			tick := agenda.Tick(day * 288)
			for i := range 16 {
				wg.Go(func() {
					err := stores[i%2].Update(t.Context(), func(tx *Tx) error {
						l, err := tx.Lock(Want{Tenant: "a", Calendars: []string{"stube"}, Days: []PoolDay{{1, agenda.Date(day)}}, Pool: 1, From: tick, To: tick + 288})
						if err != nil {
							return err
						}
						if len(l.Claims) >= seats {
							return agenda.ErrTaken
						}
						b := visit("a", int64(100*day+i+1))
						if err := tx.AddBooking(b); err != nil {
							return err
						}
						return tx.later(1, agenda.ErrTaken, "INSERT INTO claim (pool, tick, seat, booking, public, overbooked, expires) VALUES ($1, $2, $3, $4, 0, 0, 0)", 1, int64(tick)+int64(i), len(l.Claims), b.Number)
					})
					if err == nil {
						won.Add(1)
					} else if !errors.Is(err, agenda.ErrTaken) {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			var claims []agenda.Claim
			view(t, stores[0], func(tx *Tx) (err error) {
				claims, err = tx.Claims(1, tick, tick+288)
				return err
			})
			if won.Load() != seats || len(claims) != seats {
				t.Errorf("day %d: %d were told yes and %d seats are given, want %d", day, won.Load(), len(claims), seats)
			}
		}
	})
}

// More want to act than there are connections: as many as may wait do, the others are
// refused at once, and nobody waits for ever.
func TestTooManyAreRefused(t *testing.T) {
	s := open(t, pgtest.URL(t)+"&pool_max_conns=1")
	p := s.engine.(*postgres)
	p.queue, p.patience = 1, 20*time.Millisecond
	holding, leave := make(chan bool), make(chan bool)
	done := make(chan error)
	go func() {
		done <- s.Update(t.Context(), func(tx *Tx) error {
			err := errors.Join(putDown(tx, "first"), tx.one("SELECT 1", nil, new(int)))
			close(holding)
			<-leave
			return err
		})
	}()
	<-holding
	act := func() error { return s.Update(t.Context(), func(tx *Tx) error { return putDown(tx, "other") }) }
	if err := act(); !errors.Is(err, agenda.ErrOverloaded) {
		t.Errorf("after waiting: got %v, want overloaded", err)
	}
	p.patience = time.Minute
	waiting := make(chan error)
	go func() { waiting <- act() }()
	for p.waiting.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := act(); !errors.Is(err, agenda.ErrOverloaded) {
		t.Errorf("with a full queue: got %v, want overloaded", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.View(ctx, func(tx *Tx) error { _, err := tx.Tenants(); return err }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
	close(leave)
	if err := errors.Join(<-done, <-waiting); err != nil {
		t.Error(err)
	}
	if got := notes(t, s); !slices.Equal(got, []string{"first", "other"}) {
		t.Errorf("got %v", got)
	}
}

// A lock that is not granted in time, by the server's clock or by the asker's: the act
// fails, and the next one succeeds.
func TestWaitingForALockEnds(t *testing.T) {
	s := open(t, pgtest.URL(t)+"&lock_timeout=50")
	day := PoolDay{1, 20000}
	holding, leave := make(chan bool), make(chan bool)
	done := make(chan error)
	go func() {
		done <- s.Update(t.Context(), func(tx *Tx) error {
			err := tx.LockDays(day)
			close(holding)
			<-leave
			return err
		})
	}()
	<-holding
	lock := func(ctx context.Context) error { return s.Update(ctx, func(tx *Tx) error { return tx.LockDays(day) }) }
	if err := lock(t.Context()); !errors.Is(err, agenda.ErrUnavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := lock(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the deadline", err)
	}
	close(leave)
	if err := errors.Join(<-done, lock(t.Context())); err != nil {
		t.Error(err)
	}
}

// Whoever asked is gone: the act is not done, and the connection is whole.
func TestAskerWhoLeavesCostsNoConnection(t *testing.T) {
	s := open(t, pgtest.URL(t)+"&pool_max_conns=1")
	pool := s.engine.(*postgres).pool
	before := pool.Stat().NewConnsCount()
	for i := range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		err := s.Update(ctx, func(tx *Tx) error {
			defer cancel()
			return errors.Join(putDown(tx, fmt.Sprint(i)), tx.one("SELECT 1", nil, new(int)))
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want canceled", err)
		}
	}
	if got := notes(t, s); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
	if after := pool.Stat().NewConnsCount(); after != before {
		t.Errorf("%d connections were made anew", after-before)
	}
}

// killOthers ends all connections of other sessions to the database.
func killOthers(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"); err != nil {
		t.Fatal(err)
	}
}

// Connections that ended while nobody used them are nobody's trouble; one that ends
// within an act ends the act, and nothing of it stays.
func TestEndedConnections(t *testing.T) {
	url := pgtest.URL(t)
	s := open(t, url)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			view(t, s, func(tx *Tx) error { return tx.one("SELECT 1 FROM pg_sleep(0.05)", nil, new(int)) })
		})
	}
	wg.Wait()
	killOthers(t, url)
	if got := notes(t, s); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	killOthers(t, url)
	update(t, s, func(tx *Tx) error { return putDown(tx, "whole") })
	runs := 0
	err := s.Update(t.Context(), func(tx *Tx) error {
		runs++
		if err := errors.Join(putDown(tx, "half"), tx.one("SELECT 1", nil, new(int))); err != nil {
			return err
		}
		killOthers(t, url)
		return putDown(tx, "other half")
	})
	if !errors.Is(err, agenda.ErrUnavailable) || runs != 1 {
		t.Errorf("got %v after %d runs, want unavailable after one: nobody knows what became of it", err, runs)
	}
	if got := notes(t, s); !slices.Equal(got, []string{"whole"}) {
		t.Errorf("got %v", got)
	}
}

// The server dies under load and comes back: whoever was told yes finds what was
// done, once; all others are told that it cannot be reached; and then it works again.
func TestServerDiesAndComesBack(t *testing.T) {
	pgtest.URL(t) // says so where there is no server
	cluster, err := pgtest.Start(pgtest.Durable)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	url, err := cluster.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, url)
	const clients = 8
	var told [clients][]string
	var refused atomic.Int64
	back := make(chan bool)
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for n, after := 0, 0; after < 3; n++ {
				name := fmt.Sprintf("%d-%d", c, n)
				err := s.Update(t.Context(), func(tx *Tx) error {
					if _, err := tx.Now(); err != nil {
						return err
					}
					return putDown(tx, name)
				})
				switch {
				case err == nil:
					told[c] = append(told[c], name)
				case errors.Is(err, agenda.ErrUnavailable):
					refused.Add(1)
					time.Sleep(5 * time.Millisecond)
				default:
					t.Errorf("got %v, want unavailable", err)
				}
				select {
				case <-back:
					if after++; err != nil && after == 3 {
						t.Errorf("the server is back, and still: %v", err)
					}
				default:
				}
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	if err := cluster.Crash(); err != nil {
		t.Error(err)
	}
	for refused.Load() < clients {
		time.Sleep(time.Millisecond)
	}
	if err := cluster.Resume(); err != nil {
		t.Error(err)
	}
	close(back)
	wg.Wait()
	found := notes(t, s)
	for _, name := range slices.Concat(told[:]...) {
		if !slices.Contains(found, name) {
			t.Errorf("%s was acknowledged and is lost", name)
		}
	}
}

// What one process notifies another hears, also after either's connection has ended,
// and then it is told that something may have been missed.
func TestListen(t *testing.T) {
	url := pgtest.URL(t)
	said, heard := open(t, url).engine.(*postgres), open(t, url).engine.(*postgres)
	ctx, cancel := context.WithCancel(t.Context())
	payloads, gaps, ended := make(chan string, 9), make(chan bool, 9), make(chan bool)
	go func() {
		heard.listen(ctx, "Changes of the book", func(p string) { payloads <- p }, func() { gaps <- true })
		close(ended)
	}()
	<-gaps
	for _, p := range []string{"one", "two"} {
		said.notify("Changes of the book", p)
		said.notify("something else", p)
		if got := <-payloads; got != p {
			t.Errorf("got %q, want %q", got, p)
		}
	}
	killOthers(t, url)
	<-gaps
	said.notify("Changes of the book", "three")
	if got := <-payloads; got != "three" {
		t.Errorf("got %q, want three", got)
	}
	cancel()
	<-ended
}

// While the server is away, news are kept up to a bound; beyond it, all that is kept
// is that there was more.
func TestHeraldKeepsABoundedNumber(t *testing.T) {
	p, err := connectPostgres("postgres://nobody@127.0.0.1:1/nowhere", &Changes{})
	if err != nil {
		t.Fatal(err)
	}
	h := p.(*postgres).herald
	h.once.Do(func() { close(h.done) }) // it is not to send
	for i := range mostNews {
		h.add("c", fmt.Sprint(i))
		h.add("c", fmt.Sprint(i))
	}
	if got := len(h.news["c"]); got != mostNews {
		t.Errorf("keeps %d payloads, want %d", got, mostNews)
	}
	h.add("c", "one more")
	h.again(map[string]map[string]bool{"c": {"old": true}})
	if got := h.news["c"]; len(got) != 1 || !got[""] {
		t.Errorf("keeps %v, want one that says there was more", got)
	}
	if err := p.close(); err != nil {
		t.Error(err)
	}
}
