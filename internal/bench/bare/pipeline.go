package bare

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Pipeline is PostgreSQL with one connection per client. A booking is one round
// trip: BEGIN, the rows and COMMIT are sent together.
type Pipeline struct {
	conns []*pgx.Conn
	data  string
}

// OpenPipeline connects so many clients to an empty database and makes the bare book
// in it.
func OpenPipeline(ctx context.Context, url string, clients int) (*Pipeline, error) {
	p := &Pipeline{conns: make([]*pgx.Conn, clients), data: strings.Repeat("x", rowBytes)}
	faults := make([]error, clients)
	var wg sync.WaitGroup
	for i := range p.conns {
		wg.Go(func() { p.conns[i], faults[i] = pgx.Connect(ctx, url) })
	}
	wg.Wait()
	if err := errors.Join(faults...); err != nil {
		return nil, errors.Join(err, p.Close(ctx))
	}
	if _, err := p.conns[0].Exec(ctx, schema); err != nil {
		return nil, errors.Join(err, p.Close(ctx))
	}
	return p, nil
}

// Book makes booking n durable, on the connection of a client.
func (p *Pipeline) Book(ctx context.Context, client int, n int64) error {
	id, pool, tick, seat := place(n)
	b := &pgx.Batch{}
	b.Queue("BEGIN")
	b.Queue(insertBooking, id, p.data)
	b.Queue(insertClaims, pool, tick, seat, id, tick+1)
	b.Queue(insertOutbox, id, p.data[:letterBytes])
	b.Queue("COMMIT")
	return p.conns[client].SendBatch(ctx, b).Close()
}

// Close ends all connections.
func (p *Pipeline) Close(ctx context.Context) error {
	var all error
	for _, c := range p.conns {
		if c != nil {
			all = errors.Join(all, c.Close(ctx))
		}
	}
	return all
}
