package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// engine is one of the two databases: how transactions run there, and the little
// of the language that differs.
type engine interface {
	words() words
	// view runs f in a transaction that only reads, on one snapshot.
	view(ctx context.Context, f func(session) error) error
	// update runs f in a durable transaction, again where a conflict makes that
	// worth while. What f has touched, Changes is told before update answers.
	update(ctx context.Context, f func(session) (touch, error)) error
	// abreast tells Changes of what other processes have done up to now; not known
	// where that cannot be found out, and shared where they may be a moment ahead.
	abreast(ctx context.Context) (known, shared bool)
	// outside runs statements on the connection that writes, outside of any
	// transaction, while no act runs.
	outside(ctx context.Context, f func(session) error) error
	// now is the engine's clock within a transaction.
	now(session) (time.Time, error)
	// glance is that clock without asking the database; false where it has to be asked.
	glance() (time.Time, bool)
	// writable says what keeps everything from being written, as far as that can be seen
	// without writing; nil: nothing.
	writable(ctx context.Context) error
	// space is how many bytes the database takes, and how many are free there; -1: unknown.
	space(ctx context.Context) (size, free int64, err error)
	close() error
}

// words are what the engines' languages do not share.
type words struct {
	name      string
	forShare  string // keeps changes of a tenant's set-up out, until the transaction ends; empty: one writer needs no locks
	forUpdate string // ... and acts too
	skip      string // ... and passes over rows that others have locked
	gather    string // makes many rows' texts one text, which is faster to hand out; empty: it is not
	place     string // asks where the database is: another one restored from its copy says another; empty: copies are marked themselves
}

// session is where a transaction's statements go.
type session interface {
	exec(query string, args []any) (int64, error)
	query(query string, args []any) (rows, error)
	// later may put a statement off until the next exec or query, or the end.
	later(want int64, short error, query string, args []any) error
}

// row is what one row is read from.
type row interface{ Scan(into ...any) error }

type rows interface {
	row
	Next() bool
	Err() error
	Close() error
}

func connect(target string, c *Changes) (engine, error) {
	if strings.HasPrefix(target, "postgres://") || strings.HasPrefix(target, "postgresql://") {
		return connectPostgres(target, c)
	}
	return connectSQLite(target, c)
}

// atOnce is later for a session that gains nothing by waiting.
func atOnce(on session, want int64, short error, query string, args []any) error {
	n, err := on.exec(query, args)
	if err != nil {
		return fmt.Errorf("%.40s: %w", query, err)
	}
	if want >= 0 && n != want {
		return short
	}
	return nil
}

// shared is a session whose transaction other acts share. It sees to savepoints and
// to days' versions itself.
type shared interface {
	within(depth int, f func() error) error
	raise(days []PoolDay) error
	raised(PoolDay) bool
}

// savepoint runs f inside a savepoint of its own, on any engine.
func savepoint(on session, depth int, f func() error) error {
	name := fmt.Sprintf("s%d", depth)
	if _, err := on.exec("SAVEPOINT "+name, nil); err != nil {
		return err
	}
	err := f()
	if err != nil {
		if _, undo := on.exec("ROLLBACK TO SAVEPOINT "+name, nil); undo != nil {
			return errors.Join(err, undo)
		}
	}
	_, end := on.exec("RELEASE SAVEPOINT "+name, nil)
	return errors.Join(err, end)
}

// attempts is how often a transaction that met a conflict is tried.
const attempts = 10
