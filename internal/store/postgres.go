package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"terminvergabe/internal/agenda"
)

// postgres is PostgreSQL: many writers, day rows as locks, and a pool of connections.
type postgres struct {
	pool     *pgxpool.Pool
	places   chan struct{} // one for each connection; taken by whoever uses one
	waiting  atomic.Int64  // who wait for a place
	queue    int64         // how many may wait
	patience time.Duration // and how long
	changes  *Changes
	herald   *herald
	ears     *ears
}

// What the address may say otherwise, by pool_max_conns and by any setting of the
// server's, such as lock_timeout.
const (
	poolSize    = 32
	lockTimeout = "10s" // as long as SQLite waits
	idleTimeout = "60s" // a process that stands still within an act must not keep its locks
)

func connectPostgres(target string, c *Changes) (engine, error) {
	config, err := poolConfig(target)
	if err != nil {
		return nil, err
	}
	return newPostgres(config, c)
}

func poolConfig(target string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(target)
	if err != nil {
		return nil, errors.New("database: not a PostgreSQL address: expected postgres://user@host/name") // the cause may show the password
	}
	if !strings.Contains(target, "pool_max_conns=") {
		config.MaxConns = poolSize
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	config.PingTimeout = 5 * time.Second
	said := config.ConnConfig.RuntimeParams
	for name, value := range map[string]string{"lock_timeout": lockTimeout, "idle_in_transaction_session_timeout": idleTimeout, "application_name": "terminvergabe",
		"synchronous_commit": "on"} { // a server where it is off would lose what was acknowledged
		if _, ok := said[name]; !ok {
			said[name] = value
		}
	}
	return config, nil
}

func newPostgres(config *pgxpool.Config, c *Changes) (*postgres, error) {
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return nil, errors.New("database: no pool of connections can be made for this address")
	}
	return &postgres{pool: pool, places: make(chan struct{}, config.MaxConns), queue: 1024, patience: 5 * time.Second, changes: c, herald: newHerald(config.ConnConfig), ears: newEars()}, nil
}

func (p *postgres) words() words {
	return words{name: "PostgreSQL", skip: " FOR UPDATE SKIP LOCKED",
		// The cluster, the database in it, and the table: restoring makes at least the
		// last anew.
		place: "SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || (SELECT oid FROM pg_database WHERE datname = current_database()) || '/' || 'meta'::regclass::oid",
		// Not rows of calendars: a row that many share has to be written by each of them,
		// and those who want it alone wait until by chance nobody has it.
		forShare:  "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))",
		forUpdate: "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"}
}

// How transactions begin, whatever the server's defaults are. Read committed: each
// statement sees what was committed before it, so what follows a lock sees what was
// committed before the lock was granted.
const (
	beginView   = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	beginUpdate = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
)

func (p *postgres) writable(ctx context.Context) error {
	conn, err := p.acquire(ctx)
	if err != nil {
		return err
	}
	defer p.release(conn)
	var copies, may bool
	err = conn.QueryRow(ctx, "SELECT pg_is_in_recovery(), has_table_privilege('booking', 'INSERT')").Scan(&copies, &may)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", agenda.ErrUnavailable, err)
	case copies:
		return fmt.Errorf("%w: its server only copies another one", ErrUnfit)
	case !may:
		return fmt.Errorf("%w: its user may not", ErrUnfit)
	}
	return nil
}

func (p *postgres) space(ctx context.Context) (size, free int64, err error) {
	conn, err := p.acquire(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer p.release(conn)
	err = conn.QueryRow(ctx, "SELECT pg_database_size(current_database())").Scan(&size)
	return size, -1, err
}

func (p *postgres) view(ctx context.Context, f func(session) error) error {
	s, cancel := p.session(ctx, beginView)
	defer cancel()
	defer s.end()
	if err := f(s); err != nil {
		return err
	}
	return s.failed
}

func (p *postgres) update(ctx context.Context, f func(session) (touch, error)) error {
	for n := 1; ; n++ {
		err := p.attempt(ctx, f)
		if !conflict(err) || n == attempts {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(rand.N(time.Duration(n) * 10 * time.Millisecond)): // at random: who met once must not meet again
		}
	}
}

func (p *postgres) attempt(ctx context.Context, f func(session) (touch, error)) error {
	s, cancel := p.session(ctx, beginUpdate)
	defer cancel()
	defer s.end()
	touched, err := f(s)
	// Even where it fails: a commit without an answer may have happened, and who met a
	// conflict has seen what is not remembered yet.
	defer p.changes.told(touched)
	if err == nil {
		err = s.commit()
		p.announce(touched)
	}
	return err
}

func (p *postgres) outside(ctx context.Context, f func(session) error) error {
	s, cancel := p.session(ctx, "")
	defer cancel()
	defer s.end()
	if err := f(s); err != nil {
		return err
	}
	return s.flush()
}

// session is a transaction that has not begun: it does with its first statement. What
// the asker's context says is heeded between statements; a statement under way is
// broken off only when the deadline has come, for that costs the connection.
func (p *postgres) session(ctx context.Context, begin string) (*pgSession, context.CancelFunc) {
	s := &pgSession{asker: ctx, home: p, begin: begin}
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		s.ctx, cancel = context.WithDeadline(context.WithoutCancel(ctx), deadline)
		return s, cancel
	}
	s.ctx = context.WithoutCancel(ctx)
	return s, func() {}
}

// acquire takes a connection out of the pool, waiting for one a while. Where too many
// wait already, or it takes too long: agenda.ErrOverloaded.
func (p *postgres) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	select {
	case p.places <- struct{}{}:
	default:
		if err := p.wait(ctx); err != nil {
			return nil, err
		}
	}
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		<-p.places
		return nil, fmt.Errorf("%w: %w", agenda.ErrUnavailable, err)
	}
	return conn, nil
}

func (p *postgres) wait(ctx context.Context) error {
	defer p.waiting.Add(-1)
	if p.waiting.Add(1) > p.queue {
		return agenda.ErrOverloaded
	}
	late := time.NewTimer(p.patience)
	defer late.Stop()
	select {
	case p.places <- struct{}{}: // whoever waits longest is next
		return nil
	case <-late.C:
		return agenda.ErrOverloaded
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *postgres) release(conn *pgxpool.Conn) {
	conn.Release()
	<-p.places
}

// conflict reports an error after which the same act may well succeed.
func conflict(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// meaning puts our words before PostgreSQL's where they say more.
func meaning(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	switch class := pg.Code[:min(2, len(pg.Code))]; {
	case pg.Code == "23505" && pg.ConstraintName == "claim_pkey":
		return fmt.Errorf("%w: %w", agenda.ErrTaken, err)
	case pg.Severity == "FATAL", pg.Severity == "PANIC", pg.Code == "55P03": // a lock that was not granted in time
		return fmt.Errorf("%w: %w", agenda.ErrUnavailable, err)
	case pg.Code == "25006", pg.Code == "0A000": // read-only; to write to a server that copies another one is not supported
		return fmt.Errorf("%w: %w", agenda.ErrUnavailable, err)
	case class == "08", class == "53", class == "57", class == "58": // connection, resources, intervention, its machine
		return fmt.Errorf("%w: %w", agenda.ErrUnavailable, err)
	}
	return err
}

// now is the database's clock, the same for all processes.
func (p *postgres) now(on session) (t time.Time, err error) {
	s := on.(*pgSession)
	if !s.opened.IsZero() {
		return s.opened, nil
	}
	if s.begin == beginView && !s.begun {
		err = s.all()
		return s.opened, err
	}
	return t, s.all(clock(&t))
}

func (p *postgres) close() error {
	p.ears.close()
	p.herald.close()
	p.pool.Close()
	return nil
}
