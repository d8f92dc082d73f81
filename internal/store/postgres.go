package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"

	"terminvergabe/internal/agenda"
)

// postgres is PostgreSQL: many writers, day rows as locks.
type postgres struct {
	db      *sql.DB
	changes *Changes
}

func connectPostgres(target string, c *Changes) (engine, error) {
	db, err := sql.Open("pgx", target)
	if err != nil {
		return nil, errors.New("database: not a PostgreSQL address: expected postgres://user@host/name") // the cause may show the password
	}
	db.SetMaxOpenConns(32)
	db.SetMaxIdleConns(32)
	return &postgres{db, c}, nil
}

func (p *postgres) words() words {
	return words{name: "PostgreSQL", forShare: " FOR SHARE", forUpdate: " FOR NO KEY UPDATE", skip: " FOR UPDATE SKIP LOCKED"}
}

func (p *postgres) view(ctx context.Context, f func(session) error) error {
	return p.run(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, f)
}

func (p *postgres) update(ctx context.Context, f func(session) (touch, error)) error {
	return retried(ctx, conflict, func() error {
		var touched touch
		err := p.run(ctx, nil, func(on session) (err error) {
			touched, err = f(on)
			return err
		})
		// Even where it failed: a commit without an answer may have happened, and who
		// met a conflict has seen what is not remembered yet.
		p.changes.told(touched)
		return err
	})
}

// abreast is not known here yet: other processes are not heard.
func (p *postgres) abreast(context.Context) bool { return false }

func conflict(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

func (p *postgres) run(ctx context.Context, o *sql.TxOptions, f func(session) error) error {
	tx, err := p.db.BeginTx(ctx, o)
	if err != nil {
		return fmt.Errorf("begin: %w: %w", agenda.ErrUnavailable, err)
	}
	defer tx.Rollback() // does nothing after a commit
	if err := f(plain{ctx, tx}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (p *postgres) outside(ctx context.Context, f func(session) error) error {
	return f(plain{ctx, p.db})
}

func (p *postgres) glance() (time.Time, bool) { return time.Time{}, false }

// now is the database's clock, the same for all processes.
func (p *postgres) now(s session) (t time.Time, err error) {
	r, err := s.query("SELECT clock_timestamp()", nil)
	if err != nil {
		return t, err
	}
	defer r.Close()
	if !r.Next() {
		return t, errors.Join(r.Err(), sql.ErrNoRows)
	}
	return t, r.Scan(&t)
}

func (p *postgres) close() error { return p.db.Close() }
