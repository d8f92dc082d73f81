package main

import (
	"context"
	"errors"
	"net"

	"terminvergabe/internal/bench/load"
	"terminvergabe/internal/bench/wire"
)

const mailUpIs = "the same service, whose mail server takes every letter"

// mailContest measures that a mail server that is down slows no booking: the limit is
// the product itself, with one that is up.
func (b *bench) mailContest() contest {
	return contest{name: "mail.down", limit: mailUpIs, open: b.mailDown,
		figures: []figure{{"p99", "SQLite: booking by HTTP, 64 clients, mail down, p99", seconds, p99, goal{value: 1.2}}}}
}

func (b *bench) mailDown(ctx context.Context) (p pair, err error) {
	up, err := wire.NewTaker()
	if err != nil {
		return pair{}, err
	}
	down, err := deafPort()
	if err != nil {
		return pair{}, errors.Join(err, up.Close())
	}
	closers := []func() error{up.Close}
	p.close = func() error {
		var all error
		for i := len(closers) - 1; i >= 0; i-- {
			all = errors.Join(all, closers[i]())
		}
		return all
	}
	side := func(port int) (func() (load.Sample, error), error) {
		url, dir, err := b.database(ctx, onSQLite)
		if err != nil {
			return nil, err
		}
		s, err := b.serveWith(ctx, url, dir, mailTo(port))
		if err != nil {
			return nil, err
		}
		closers = append(closers, s.Stop)
		act, hangUp, err := s.booker(many)
		if err != nil {
			return nil, err
		}
		closers = append(closers, hangUp)
		if _, err := load.Run(many, b.each/5, act); err != nil {
			return nil, err
		}
		return loop(many, b.each, s.Process, act), nil
	}
	if p.limit, err = side(up.Port()); err == nil {
		p.product, err = side(down)
	}
	if err != nil {
		return pair{}, errors.Join(err, p.close())
	}
	return p, nil
}

// deafPort is one where nobody listens.
func deafPort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
