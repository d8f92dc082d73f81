// Package bare is the database without us: the fewest statements that a durable
// booking can be, and the fastest way to run them that the drivers offer. What the
// product does is measured beside it. It also fills a book with bookings, for
// measuring how speed changes with age.
//
// It refuses to know any rule of the product; the one thing it shares with it is
// the schema, in fill.go. Start reading at Queue and Pipeline.
package bare

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"strings"

	_ "modernc.org/sqlite" // driver "sqlite"
)

// schema of a bare booking: a row, two claims, an outbox row.
const schema = `
CREATE TABLE b (id TEXT NOT NULL PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE c (pool INTEGER NOT NULL, tick INTEGER NOT NULL, seat BIGINT NOT NULL, booking TEXT NOT NULL, PRIMARY KEY (pool, tick, seat));
CREATE TABLE o (id TEXT NOT NULL PRIMARY KEY, data TEXT NOT NULL);`

const (
	insertBooking = "INSERT INTO b (id, data) VALUES ($1, $2)"
	insertClaims  = "INSERT INTO c (pool, tick, seat, booking) VALUES ($1, $2, $3, $4), ($1, $5, $3, $4)"
	insertOutbox  = "INSERT INTO o (id, data) VALUES ($1, $2)"
)

// rowBytes and letterBytes are about what a booking and its letter take in the
// product's tables.
const (
	rowBytes    = 500
	letterBytes = 150
)

// group is how many waiting bookings share a transaction at most.
const group = 256

// pools is over how many calendars the bare claims are spread.
const pools = 400

// Queue is one writer on SQLite (WAL, synchronous=FULL) with prepared statements on
// one connection. Whatever waits is committed together.
type Queue struct {
	db      *sql.DB
	conn    *sql.Conn
	begin   *sql.Stmt
	commit  *sql.Stmt
	booking *sql.Stmt
	claims  *sql.Stmt
	outbox  *sql.Stmt
	waiting chan order
	ended   chan struct{}
	data    string
}

type order struct {
	n    int64
	done chan error
}

// dsn opens a file as a durable installation does.
func dsn(file string) string {
	return "file:" + file + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
}

// OpenQueue makes or opens a bare book in a file and starts its writer.
func OpenQueue(ctx context.Context, file string) (*Queue, error) {
	db, err := sql.Open("sqlite", dsn(file))
	if err != nil {
		return nil, err
	}
	q := &Queue{db: db, waiting: make(chan order, group), ended: make(chan struct{}), data: strings.Repeat("x", rowBytes)}
	if err := q.prepare(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	go q.write(ctx)
	return q, nil
}

func (q *Queue) prepare(ctx context.Context) (err error) {
	if q.conn, err = q.db.Conn(ctx); err != nil {
		return err
	}
	if _, err := q.conn.ExecContext(ctx, strings.ReplaceAll(schema, "CREATE TABLE", "CREATE TABLE IF NOT EXISTS")); err != nil {
		return err
	}
	for text, s := range map[string]**sql.Stmt{"BEGIN IMMEDIATE": &q.begin, "COMMIT": &q.commit, insertBooking: &q.booking, insertClaims: &q.claims, insertOutbox: &q.outbox} {
		if *s, err = q.conn.PrepareContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// Book makes booking n durable. Each n is used once.
func (q *Queue) Book(n int64) error {
	o := order{n, make(chan error, 1)}
	q.waiting <- o
	return <-o.done
}

// Close ends the writer; nobody may be waiting.
func (q *Queue) Close() error {
	close(q.waiting)
	<-q.ended
	return errors.Join(q.conn.Close(), q.db.Close())
}

func (q *Queue) write(ctx context.Context) {
	defer close(q.ended)
	together := make([]order, 0, group)
	for first := range q.waiting {
		together = append(together[:0], first)
		for more := true; more && len(together) < group; {
			select {
			case o, ok := <-q.waiting:
				if more = ok; ok {
					together = append(together, o)
				}
			default:
				more = false
			}
		}
		err := q.writeAll(ctx, together)
		for _, o := range together {
			o.done <- err
		}
	}
}

func (q *Queue) writeAll(ctx context.Context, list []order) error {
	if _, err := q.begin.ExecContext(ctx); err != nil {
		return err
	}
	for _, o := range list {
		id, pool, tick, seat := place(o.n)
		if _, err := q.booking.ExecContext(ctx, id, q.data); err != nil {
			return err
		}
		if _, err := q.claims.ExecContext(ctx, pool, tick, seat, id, tick+1); err != nil {
			return err
		}
		if _, err := q.outbox.ExecContext(ctx, id, q.data[:letterBytes]); err != nil {
			return err
		}
	}
	_, err := q.commit.ExecContext(ctx)
	return err
}

// place is where bare booking n goes: somewhere among the bookings that are there.
func place(n int64) (id string, pool, tick, seat int64) {
	return rand.Text(), n % pools, n / pools % 5000 * 2, liveSeat + n/pools/5000
}

// liveSeat is the first seat number that Fill leaves free.
const liveSeat = 1 << 20
