package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"terminvergabe/internal/agenda"
)

// pgSession is one transaction on one connection. Whatever can travel together does:
// BEGIN goes with the first statement, what was put off goes with the next statement
// or with COMMIT.
type pgSession struct {
	asker context.Context // heeded between statements
	ctx   context.Context // of statements under way: its deadline alone
	home  *postgres
	begin string // how the transaction begins; "" outside of any

	conn   *pgxpool.Conn // nil: not yet
	begun  bool
	queue  []ask
	opened time.Time // the clock when a view began
	failed error     // nothing of this transaction may be committed any more
}

// ask is one statement in a pipeline.
type ask struct {
	query string
	args  []any
	each  func(row) error // is called for each row; nil where none are asked for

	counts bool // other than want rows changed is short
	want   int64
	short  error
}

func clock(t *time.Time) ask {
	return ask{query: "SELECT clock_timestamp()", each: func(r row) error { return r.Scan(t) }}
}

func (s *pgSession) exec(query string, args []any) (int64, error) {
	if strings.HasPrefix(query, "ROLLBACK TO ") {
		// SAVEPOINT and its kin send what was put off before them, so all that still
		// waits was put off inside of what is being undone.
		s.queue = nil
	}
	sent, err := s.send(ask{query: query, args: args})
	if err != nil {
		return 0, err
	}
	tag, err := sent.Exec()
	if err = s.close(sent, err); err != nil {
		return 0, err
	}
	return tag.RowsAffected(), nil
}

func (s *pgSession) query(query string, args []any) (rows, error) {
	sent, err := s.send(ask{query: query, args: args})
	if err != nil {
		return nil, err
	}
	found, err := sent.Query()
	if err != nil {
		return nil, s.close(sent, err)
	}
	return &pgRows{Rows: found, on: s, sent: sent}, nil
}

func (s *pgSession) later(want int64, short error, query string, args []any) error {
	s.queue = append(s.queue, ask{query: query, args: args, counts: want >= 0, want: want, short: short})
	return s.failed
}

// all asks several things in one round trip. In a pipeline each statement begins when
// the one before it is through, and has a snapshot of its own.
func (s *pgSession) all(asks ...ask) error {
	sent, err := s.send(asks...)
	if err != nil {
		return err
	}
	for _, a := range asks {
		if err := s.take(sent, a); err != nil {
			return s.close(sent, err)
		}
	}
	return s.close(sent, nil)
}

func (s *pgSession) flush() error {
	if len(s.queue) == 0 {
		return s.failed
	}
	return s.all()
}

// take reads the answer to one statement.
func (s *pgSession) take(sent pgx.BatchResults, a ask) error {
	if a.each == nil {
		tag, err := sent.Exec()
		if err == nil && a.counts && tag.RowsAffected() != a.want {
			err = a.short
		}
		return err
	}
	found, err := sent.Query()
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		if err := a.each(found); err != nil {
			return err
		}
	}
	return found.Err()
}

// send puts BEGIN, what was put off, and the asks on their way together, and reads the
// answers up to those of the asks.
func (s *pgSession) send(asks ...ask) (pgx.BatchResults, error) {
	if s.failed != nil {
		return nil, s.failed
	}
	if err := s.asker.Err(); err != nil {
		return nil, err
	}
	for stale := 0; ; stale++ {
		sent, err := s.start(asks)
		if err != nil {
			return nil, s.fail(err)
		}
		if sent == nil && stale == 3 {
			return nil, s.fail(fmt.Errorf("%w: connections end as soon as they are made", agenda.ErrUnavailable))
		}
		if sent == nil {
			continue
		}
		for len(s.queue) > 0 {
			a := s.queue[0]
			s.queue = s.queue[1:]
			if err := s.take(sent, a); err != nil {
				return nil, s.fail(s.close(sent, fmt.Errorf("%.40s: %w", a.query, err)))
			}
		}
		return sent, nil
	}
}

// start sends, and sees that the transaction has begun. nil: the pool's connection had
// ended meanwhile; nothing has happened, and another one may be whole.
func (s *pgSession) start(asks []ask) (pgx.BatchResults, error) {
	if s.conn == nil {
		conn, err := s.home.acquire(s.asker)
		if err != nil {
			return nil, err
		}
		s.conn = conn
	}
	var batch pgx.Batch
	var opening []ask
	if !s.begun && s.begin != "" {
		opening = append(opening, ask{query: s.begin})
		if s.begin == beginView {
			opening = append(opening, clock(&s.opened)) // most views ask for it
		}
	}
	for _, list := range [][]ask{opening, s.queue, asks} {
		for _, a := range list {
			batch.Queue(a.query, a.args...)
		}
	}
	sent := s.conn.Conn().SendBatch(s.ctx, &batch)
	for _, a := range opening {
		if err := s.take(sent, a); err != nil {
			_ = sent.Close() // what went wrong before counts
			err = s.words(err)
			if s.conn.Conn().IsClosed() && s.ctx.Err() == nil {
				s.home.pool.Reset() // the others will have ended too
				s.drop()
				return nil, nil
			}
			return nil, err
		}
	}
	if s.begun = true; len(opening) > 1 {
		s.home.ears.clock.Store(&reading{s.opened, time.Now()})
	}
	return sent, nil
}

// close reads what is left of an answer; err is what went wrong before, which counts
// for more.
func (s *pgSession) close(sent pgx.BatchResults, err error) error {
	if end := sent.Close(); err == nil {
		err = end
	}
	return s.explain(err)
}

// explain puts our words to an error, and ends the session with its connection.
func (s *pgSession) explain(err error) error {
	err = s.words(err)
	if err != nil && s.conn != nil && s.conn.Conn().IsClosed() {
		return s.fail(err)
	}
	return err
}

func (s *pgSession) words(err error) error {
	if err == nil || s.conn == nil {
		return err
	}
	err = meaning(err)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Severity == "FATAL" {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = s.conn.Conn().Close(ctx) // the server has already
	}
	if s.conn.Conn().IsClosed() && !errors.Is(err, agenda.ErrUnavailable) {
		err = fmt.Errorf("%w: %w", agenda.ErrUnavailable, err)
	}
	return err
}

// fail forbids the transaction to be committed; the first reason stays.
func (s *pgSession) fail(err error) error {
	if s.failed == nil {
		s.failed = err
	}
	return err
}

// commit sends COMMIT together with what was put off: a statement that fails keeps it
// from being executed, and the server itself counts rows. So an error that the server
// tells means that nothing has happened; where the connection is lost, nobody knows.
func (s *pgSession) commit() error {
	if s.failed != nil || s.conn == nil && len(s.queue) == 0 {
		return s.failed
	}
	last := s.queue
	s.queue = nil
	if !s.begun {
		// What goes with BEGIN goes again where its connection turns out to be dead.
		// COMMIT must never go twice.
		sent, err := s.send()
		if err != nil {
			return err
		}
		if err := s.close(sent, nil); err != nil {
			return s.fail(err)
		}
	}
	asks := make([]ask, 0, len(last)+1)
	for _, a := range last {
		asks = append(asks, a.strict())
	}
	sent, err := s.send(append(asks, ask{query: "COMMIT"})...)
	if err != nil {
		return err
	}
	for i, a := range asks {
		if err := s.take(sent, a); err != nil {
			if last[i].fellShort(err) {
				err = last[i].short
			}
			return s.fail(s.close(sent, fmt.Errorf("%.40s: %w", last[i].query, err)))
		}
	}
	tag, err := sent.Exec()
	if err == nil && tag.String() != "COMMIT" {
		err = errors.New("an earlier statement had failed")
	}
	if err = s.close(sent, err); err != nil {
		return s.fail(fmt.Errorf("commit: %w", err))
	}
	return nil
}

// passing is how an INSERT passes over rows whose keys are taken.
const passing = " ON CONFLICT DO NOTHING"

// strict makes the server see to the number of rows: after an error it executes nothing
// more of the pipeline. An INSERT that passes over taken keys no longer does; anything
// else divides by zero where it changes other than want rows.
func (a ask) strict() ask {
	if !a.counts {
		return a
	}
	if query, ok := strings.CutSuffix(a.query, passing); ok {
		return ask{query: query, args: a.args}
	}
	return ask{query: fmt.Sprintf("WITH put AS (%s RETURNING 1) SELECT 1 / (count(*) = $%d)::int FROM put", a.query, len(a.args)+1), args: append(a.args[:len(a.args):len(a.args)], a.want)}
}

// fellShort reports whether an error of the strict ask says that rows were missing.
func (a ask) fellShort(err error) bool {
	var pg *pgconn.PgError
	if !a.counts || !errors.As(err, &pg) {
		return false
	}
	if strings.HasSuffix(a.query, passing) {
		return pg.Code == "23505"
	}
	return pg.Code == "22012"
}

// end gives the connection back, undoing what was not committed. Nobody has to wait
// for that.
func (s *pgSession) end() {
	if s.conn == nil {
		return
	}
	conn := s.conn
	s.conn = nil
	if conn.Conn().IsClosed() || conn.Conn().PgConn().TxStatus() == 'I' {
		s.home.release(conn)
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_, _ = conn.Exec(ctx, "ROLLBACK") // where it fails, the pool closes the connection, and the server rolls back
		s.home.release(conn)
	}()
}

func (s *pgSession) drop() {
	s.home.release(s.conn)
	s.conn = nil
}

// pgRows are rows as they come in.
type pgRows struct {
	pgx.Rows
	on   *pgSession
	sent pgx.BatchResults
	gone error // whoever asked is
}

func (r *pgRows) Next() bool {
	if r.gone = r.on.asker.Err(); r.gone != nil {
		return false
	}
	return r.Rows.Next()
}

func (r *pgRows) Err() error {
	if r.gone != nil {
		return r.gone
	}
	return r.on.explain(r.Rows.Err())
}

func (r *pgRows) Close() error {
	r.Rows.Close()
	return r.on.close(r.sent, nil)
}
