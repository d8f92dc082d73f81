package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"terminvergabe/internal/agenda"
)

// readers are the connections to an SQLite file that only read. There are no more
// than can be at work at once: who comes when all are taken waits.
type readers struct {
	open  func() (*connection, error)
	slots chan struct{}

	mu     sync.Mutex
	idle   []*connection // the last one used is used first: its pages are at hand
	closed bool
}

func newReaders(open func() (*connection, error)) *readers {
	return &readers{open: open, slots: make(chan struct{}, max(8, 2*runtime.GOMAXPROCS(0)))}
}

// view runs f on a snapshot.
func (r *readers) view(ctx context.Context, f func(session) error) (err error) {
	conn, err := r.take(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w: %w", agenda.ErrUnavailable, err)
	}
	l := &look{ctx: ctx, conn: conn}
	defer func() { r.giveBack(conn, l.broken) }()
	if _, err := conn.exec(context.Background(), "BEGIN", nil); err != nil {
		l.broken = true
		return fmt.Errorf("begin: %w: %w", agenda.ErrUnavailable, err)
	}
	defer func() {
		if _, end := conn.exec(context.Background(), "ROLLBACK", nil); end != nil {
			l.broken = true
		}
	}()
	return f(l)
}

func (r *readers) take(ctx context.Context) (*connection, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	conn, err := r.pick()
	if err != nil {
		<-r.slots
	}
	return conn, err
}

func (r *readers) pick() (*connection, error) {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil, errors.New("the store is closed")
	}
	if n := len(r.idle) - 1; n >= 0 {
		conn := r.idle[n]
		r.idle = r.idle[:n]
		r.mu.Unlock()
		return conn, nil
	}
	r.mu.Unlock()
	return r.open()
}

func (r *readers) giveBack(conn *connection, broken bool) {
	if broken {
		_ = conn.close() // another one takes its place
	} else {
		r.mu.Lock()
		r.idle = append(r.idle, conn)
		r.mu.Unlock()
	}
	<-r.slots
}

// close waits for the views under way.
func (r *readers) close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	for range cap(r.slots) {
		r.slots <- struct{}{}
	}
	var errs []error
	for _, conn := range r.idle {
		errs = append(errs, conn.close())
	}
	r.idle = nil
	for range cap(r.slots) {
		<-r.slots
	}
	return errors.Join(errs...)
}

// look is the session of a view. Its context is asked between statements and rows: one
// that the driver watches costs a goroutine for each statement.
type look struct {
	ctx    context.Context
	conn   *connection
	broken bool
}

func (l *look) exec(query string, args []any) (int64, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := l.conn.exec(context.Background(), query, args)
	return n, l.seen(err)
}

func (l *look) query(query string, args []any) (rows, error) {
	if err := l.ctx.Err(); err != nil {
		return nil, err
	}
	r, err := l.conn.query(context.Background(), query, args)
	if err != nil {
		return nil, l.seen(err)
	}
	r.ctx, r.seen = l.ctx, l.seen
	return r, nil
}

func (l *look) later(want int64, short error, query string, args []any) error {
	return atOnce(l, want, short, query, args)
}

// seen notes that the connection is not to be used again.
func (l *look) seen(err error) error {
	if err != nil && ends(err) {
		l.broken = true
	}
	return err
}
