package main

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"

	"terminvergabe/internal/bench/bare"
	"terminvergabe/internal/bench/load"
	"terminvergabe/internal/bench/wire"
)

// What the limits of booking are.
const (
	queueIs    = "bare one-writer queue through modernc: WAL, synchronous=FULL, prepared statements, whatever waits (at most 256) in one commit; a booking = a row of 500 B, two claims, an outbox row"
	pipelineIs = "the same rows through pgx, BEGIN ... COMMIT pipelined in one round trip, a connection per client"
)

const many = 64 // clients

// bookContests measure bookings on one engine, in process and through HTTP.
func (b *bench) bookContests(engine, title, limitIs string, throughHTTP float64) []contest {
	one := func(name string, most float64) []figure {
		return []figure{{"p50", title + ": booking " + name + ", 1 client, p50", seconds, p50, goal{value: most}},
			{"rate", title + ": bookings " + name + ", 1 client", perSecond, rate, goal{}}}
	}
	all := func(name string, least, most float64) []figure {
		return []figure{{"rate", fmt.Sprintf("%s: bookings %s, %d clients", title, name, many), perSecond, rate, goal{least: true, value: least}},
			{"p99", fmt.Sprintf("%s: booking %s, %d clients, p99", title, name, many), seconds, p99, goal{value: most}},
			{"cpu", fmt.Sprintf("%s: processor per booking %s, %d clients", title, name, many), seconds, cpu, goal{}}}
	}
	inProcess, latency := 0.6, 4.0
	if engine != onSQLite {
		inProcess, latency = throughHTTP, 4.0
	}
	return []contest{
		{name: engine + ".book.1", limit: limitIs, figures: one("in process", 2), open: b.booking(engine, 1, b.inProcess)},
		{name: engine + ".book.64", limit: limitIs, figures: all("in process", inProcess, latency), open: b.booking(engine, many, b.inProcess)},
		{name: engine + ".http.1", limit: limitIs, figures: one("by HTTP", 2), open: b.booking(engine, 1, b.byHTTP)},
		{name: engine + ".http.64", limit: limitIs, figures: all("by HTTP", throughHTTP, latency), open: b.booking(engine, many, b.byHTTP)},
		{name: engine + ".http.sent", limit: limitIs, figures: []figure{
			{"rate", fmt.Sprintf("%s: the same while the letters are sent", title), perSecond, rate, goal{}}}, open: b.booking(engine, many, b.bySending)},
	}
}

// booker gives the act of booking for so many clients, and whom it costs processor time.
type booker func(ctx context.Context, engine string, clients int) (*wire.Process, load.Act, func() error, error)

func (b *bench) booking(engine string, clients int, product booker) func(context.Context) (pair, error) {
	return func(ctx context.Context) (pair, error) {
		limit, closeLimit, err := b.bareBooking(ctx, engine, clients)
		if err != nil {
			return pair{}, err
		}
		server, act, closeProduct, err := product(ctx, engine, clients)
		if err != nil {
			return pair{}, errors.Join(err, closeLimit())
		}
		p := pair{limit: loop(clients, b.each, nil, limit), product: loop(clients, b.each, server, act),
			close: func() error { return errors.Join(closeProduct(), closeLimit()) }}
		for _, side := range []load.Act{limit, act} {
			if _, err := load.Run(clients, b.each/5, side); err != nil { // so that nobody prepares statements while it counts
				return pair{}, errors.Join(err, p.close())
			}
		}
		return p, nil
	}
}

func nothing() error { return nil }

func (b *bench) bareBooking(ctx context.Context, engine string, clients int) (load.Act, func() error, error) {
	if engine == onSQLite {
		q, err := b.bareQueue(ctx)
		if err != nil {
			return nil, nil, err
		}
		return func(int) error { return q.Book(b.bareNext.Add(1)) }, nothing, nil
	}
	url, _, err := b.database(ctx, engine)
	if err != nil {
		return nil, nil, err
	}
	p, err := bare.OpenPipeline(ctx, url, clients)
	if err != nil {
		return nil, nil, err
	}
	return func(n int) error { return p.Book(ctx, n, b.bareNext.Add(1)) }, func() error { return p.Close(ctx) }, nil
}

func (b *bench) inProcess(ctx context.Context, engine string, _ int) (*wire.Process, load.Act, func() error, error) {
	o, err := b.office(ctx, engine)
	return nil, func(int) error { return o.book(ctx) }, nothing, err
}

func (b *bench) byHTTP(ctx context.Context, engine string, clients int) (*wire.Process, load.Act, func() error, error) {
	return b.through(ctx, engine, clients, false)
}

func (b *bench) bySending(ctx context.Context, engine string, clients int) (*wire.Process, load.Act, func() error, error) {
	return b.through(ctx, engine, clients, true)
}

func (b *bench) through(ctx context.Context, engine string, clients int, sends bool) (*wire.Process, load.Act, func() error, error) {
	s, err := b.service(ctx, engine, sends)
	if err != nil {
		return nil, nil, nil, err
	}
	act, hangUp, err := s.booker(clients)
	if err != nil {
		return nil, nil, nil, errors.Join(err, s.Stop())
	}
	return s.Process, act, func() error { return errors.Join(hangUp(), s.Stop()) }, nil
}

// booker gives the act of booking through the API on so many kept connections.
func (s *service) booker(clients int) (load.Act, func() error, error) {
	conns, closeAll, err := dial(s.Address, clients)
	if err != nil {
		return nil, nil, err
	}
	return func(n int) error {
		status, body, err := conns[n].Post("/api/v1/"+tenant+"/bookings", s.wish().json())
		switch {
		case err != nil:
			return err
		case status == 409, status == 503:
			return load.ErrLost
		case status != 201:
			return &textproto.Error{Code: status, Msg: string(body)}
		}
		return nil
	}, closeAll, nil
}

func dial(address string, clients int) (conns []*wire.Client, closeAll func() error, err error) {
	closeAll = func() error {
		var all error
		for _, c := range conns {
			all = errors.Join(all, c.Close())
		}
		return all
	}
	for range clients {
		c, err := wire.Dial(address)
		if err != nil {
			return nil, nil, errors.Join(err, closeAll())
		}
		conns = append(conns, c)
	}
	return conns, closeAll, nil
}
