// Package store keeps the appointment book in SQL, on SQLite or PostgreSQL, with
// one set of queries. It knows rows, keys, locks and transactions; it refuses to
// know the rules of booking, who asks, and what anything looks like. Visitor data
// reaches it sealed.
//
// Start reading at Open, View and Update; every query is a method of Tx, one file
// per subject.
package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"terminvergabe/internal/agenda"
)

// Store is an open database. It is safe for use by many goroutines.
type Store struct {
	engine engine
	words  words
	clock  func(time.Time) time.Time
	setups sync.Map // tenant id -> *agenda.Setup, as committed

	changes Changes
	pulse   pulse
	present sync.Map // tenant id -> knownSetup
	carry   atomic.Pointer[carrying]
}

// Options change how a store behaves; the zero value is right for production.
type Options struct {
	// Clock shifts the engine's time, for tests. nil leaves it alone.
	Clock func(now time.Time) time.Time
	// Before is asked when a database of an older version is to be brought up to date,
	// before the first step; its error keeps the database as it is. Where several
	// processes begin at once each of them may ask.
	Before func(context.Context, Upgrade) error
	// Until makes databases of an older version, for tests of upgrades. 0: the newest.
	Until int
}

// Open opens the database at url, a file name (SQLite, created where it is
// missing) or postgres://..., and brings its schema up to date. A database of a
// newer version is refused.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	s, err := newStore(url, o)
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func newStore(url string, o Options) (*Store, error) {
	s := &Store{clock: o.Clock}
	e, err := connect(url, &s.changes)
	if err != nil {
		return nil, err
	}
	s.engine, s.words = e, e.words()
	if s.clock == nil {
		s.clock = func(now time.Time) time.Time { return now }
	}
	return s, nil
}

// Close waits for running transactions and closes the database.
func (s *Store) Close() error { return s.engine.close() }

// Engine is the name of the engine, for people: SQLite or PostgreSQL.
func (s *Store) Engine() string { return s.words.name }

// Tx is one transaction. Its methods are the queries. It is valid only inside the
// function that View or Update calls with it, in one goroutine.
type Tx struct {
	store  *Store
	on     session
	now    time.Time
	touch  touch // a changed set-up is not shared with others when it is read
	nested int
	met    *standing     // of whose address Lock has asked already
	setup  *agenda.Setup // that was read last
	acts   []string      // that the journal was told of

	writes  bool     // it is no View
	carried *bool    // what timeToCarry has found out
	moved   []string // hashes whose rows have been carried over
}

// View runs a function that only reads, on one snapshot.
func (s *Store) View(ctx context.Context, f func(*Tx) error) error {
	return s.engine.view(ctx, func(on session) error { return f(&Tx{store: s, on: on}) })
}

// Update runs a function in one durable transaction: when it returns nil and
// Update returns nil, everything it did has reached the disk; otherwise nothing
// has happened. The function can be run again after a conflict, so it changes
// nothing but the database, and does no I/O, rendering or hashing.
func (s *Store) Update(ctx context.Context, f func(*Tx) error) error {
	var acts []string
	err := s.engine.update(ctx, func(on session) (touch, error) {
		tx := &Tx{store: s, on: on, writes: true}
		err := f(tx)
		acts = tx.acts
		return tx.touch, err
	})
	s.pulse.felt(err, acts)
	return err
}

// Now is the time of the transaction, in UTC and whole seconds. It is fixed at
// its first use or when days are locked, whichever is later: on PostgreSQL it is
// the database's clock.
func (tx *Tx) Now() (time.Time, error) {
	if !tx.now.IsZero() {
		return tx.now, nil
	}
	now, err := tx.store.engine.now(tx.on)
	if err != nil {
		return time.Time{}, fmt.Errorf("clock: %w", err)
	}
	tx.now = tx.store.shown(now)
	return tx.now, nil
}

// shown is an engine's time as the store tells it.
func (s *Store) shown(now time.Time) time.Time { return s.clock(now).UTC().Truncate(time.Second) }

// Within runs f inside a savepoint: when f fails, what it did is undone and the
// transaction goes on.
func (tx *Tx) Within(f func() error) (err error) {
	tx.nested++
	moved := tx.moved
	defer func() {
		tx.nested--
		if err != nil {
			tx.moved = moved
		}
	}()
	if on, ok := tx.on.(shared); ok {
		return on.within(tx.nested, f)
	}
	return savepoint(tx.on, tx.nested, f)
}

// textless reports an argument that no text column can hold: PostgreSQL refuses
// NUL and broken UTF-8 where SQLite finds nothing. To both it is what is not there.
func textless(args []any) bool {
	return slices.ContainsFunc(args, func(a any) bool {
		s, ok := a.(string)
		return ok && (strings.ContainsRune(s, 0) || !utf8.ValidString(s))
	})
}

func (tx *Tx) exec(query string, args ...any) (int64, error) {
	if textless(args) {
		return 0, fmt.Errorf("%.40s: a text that cannot be stored: %w", query, agenda.ErrNotFound)
	}
	tx.touch.access = tx.touch.access || decides(query)
	n, err := tx.on.exec(query, args)
	if err != nil {
		return 0, fmt.Errorf("%.40s: %w", query, err)
	}
	return n, nil
}

// one scans a single row; no row is agenda.ErrNotFound.
func (tx *Tx) one(query string, args []any, into ...any) error {
	found := false
	err := tx.rows(query, args, func(r row) error {
		if found {
			return nil
		}
		found = true
		return r.Scan(into...)
	})
	if err == nil && !found {
		err = agenda.ErrNotFound
	}
	return err
}

// rows calls scan for every row.
func (tx *Tx) rows(query string, args []any, scan func(row) error) error {
	if textless(args) {
		return nil
	}
	rows, err := tx.on.query(query, args)
	if err != nil {
		return fmt.Errorf("%.40s: %w", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("%.40s: %w", query, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%.40s: %w", query, err)
	}
	return nil
}

// changed turns "no row was touched" into agenda.ErrNotFound.
func changed(n int64, err error) error {
	if err == nil && n == 0 {
		return agenda.ErrNotFound
	}
	return err
}

// stamp writes an instant as the database keeps it; the zero time is ”.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func parseStamp(s string) time.Time {
	t, _ := time.Parse(time.RFC3339, s) // '' is the zero time; the store wrote all others
	return t
}

// at scans an instant into a time.Time.
type at struct{ t *time.Time }

func (a at) Scan(v any) error {
	switch v := v.(type) {
	case string:
		*a.t = parseStamp(v)
	case []byte:
		*a.t = parseStamp(string(v))
	default:
		return fmt.Errorf("instant: unexpected %T", v)
	}
	return nil
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
