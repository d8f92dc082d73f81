package store

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"
)

// act is a function that waits to write and, while it has the turn, its session.
type act struct {
	of      *writer
	ctx     context.Context
	do      func(session) (touch, error)
	outside bool // of any transaction
	state   atomic.Int32
	call    chan bool // true: run; false: err is the answer

	err   error
	alone bool // it is slow: shares its transaction with nobody
	met   int  // how often it met another process's lock
	turn
}

// The states of an act.
const (
	waiting int32 = iota
	begun
	gone
)

// turn is what is known of one run of an act.
type turn struct {
	began  time.Time
	left   bool  // by a panic or runtime.Goexit: nobody waits for an answer
	stop   error // set: no statement runs any more, and what the act answers does not count
	torn   bool  // Within failed and is not undone: as stop, if the act goes on
	writes int
	saved  bool      // it has a savepoint
	days   []PoolDay // whose versions are to be raised

	touched touch
}

// errStopped ends an act whose outcome does not count: it is run again.
var errStopped = errors.New("this run of the act does not count")

// begin makes sure that the act is run to its end; false: nobody waits for it.
func (a *act) begin() bool {
	return a.state.Load() == begun || a.state.CompareAndSwap(waiting, begun)
}

// run runs the act once. A panic passes through, to whoever called.
func (a *act) run() {
	defer func() { a.of.back <- struct{}{} }()
	a.touched, a.err = a.do(a)
	a.left = false
}

func (a *act) answer(err error) {
	a.err = err
	a.call <- false
}

// ready prepares for a statement.
func (a *act) ready(query string) error {
	g := &a.of.group
	switch {
	case a.outside:
		return nil
	case a.stop != nil:
		return a.stop
	case a.torn:
		a.stop = errStopped
		return a.stop
	case len(g.ran) > 0 && time.Since(a.began) > max(slowAct, manyTimes*a.of.usual):
		a.alone, a.stop = true, errStopped
		return a.stop
	case reads(query):
		return nil
	}
	if a.writes++; g.careful && !a.saved {
		a.saved = true
		return a.seen(a.of.plain("SAVEPOINT act"))
	}
	return nil
}

// seen keeps an error that ends the transaction, whatever the act makes of it.
func (a *act) seen(err error) error {
	if err != nil && !a.outside && ends(err) && a.of.group.fatal == nil {
		a.of.group.fatal, a.stop = err, err
	}
	return err
}

// limit is what ends a statement: nothing ends those of a transaction that others
// share.
func (a *act) limit() context.Context {
	if a.outside {
		return a.ctx
	}
	return context.Background()
}

func (a *act) exec(query string, args []any) (int64, error) {
	if err := a.ready(query); err != nil {
		return 0, err
	}
	n, err := a.of.conn.exec(a.limit(), query, args)
	if n == 0 && err == nil && counts(query) {
		a.writes-- // it has changed nothing
	}
	return n, a.seen(err)
}

func (a *act) query(query string, args []any) (rows, error) {
	if err := a.ready(query); err != nil {
		return nil, err
	}
	r, err := a.of.conn.query(a.limit(), query, args)
	if err != nil {
		return nil, a.seen(err)
	}
	r.seen = a.seen
	return r, nil
}

func (a *act) later(want int64, short error, query string, args []any) error {
	return atOnce(a, want, short, query, args)
}

// within runs f so that nothing is left of it when it fails. In a bold group that
// takes running the act again, carefully, if it does anything more.
func (a *act) within(depth int, f func() error) error {
	if a.of.group.careful {
		return savepoint(a, depth, f)
	}
	before := a.writes
	err := f()
	if err != nil && a.writes > before {
		a.torn = true
	}
	return err
}

// raise has the versions of days raised, once for all acts of the group.
func (a *act) raise(days []PoolDay) error {
	a.days = append(a.days, days...)
	return nil
}

// raised reports whether the transaction raises the version of a day.
func (a *act) raised(d PoolDay) bool {
	return a.of.group.days[d] || slices.Contains(a.days, d)
}
