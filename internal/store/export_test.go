package store

import (
	"context"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Sent has a store on PostgreSQL count its round trips.
func Sent(ctx context.Context, s *Store) (*atomic.Int64, error) {
	p, c := s.engine.(*postgres), &counter{}
	config := p.pool.Config()
	config.ConnConfig.Tracer = c
	p.pool.Close()
	var err error
	p.pool, err = pgxpool.NewWithConfig(ctx, config)
	return &c.batches, err
}

// Counted has a store on SQLite count the statements of its acts.
func Counted(s *Store) *atomic.Int64 {
	n := new(atomic.Int64)
	s.engine = counted{s.engine, n}
	return n
}

type counted struct {
	engine
	n *atomic.Int64
}

func (c counted) update(ctx context.Context, f func(session) (touch, error)) error {
	return c.engine.update(ctx, func(on session) (touch, error) { return f(&tally{on, on.(shared), c.n}) })
}

type tally struct {
	session
	shared
	n *atomic.Int64
}

func (c *tally) exec(query string, args []any) (int64, error) {
	c.n.Add(1)
	return c.session.exec(query, args)
}

func (c *tally) query(query string, args []any) (rows, error) {
	c.n.Add(1)
	return c.session.query(query, args)
}

func (c *tally) later(want int64, short error, query string, args []any) error {
	c.n.Add(1)
	return c.session.later(want, short, query, args)
}
