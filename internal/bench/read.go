package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/bench/bare"
	"terminvergabe/internal/bench/load"
	"terminvergabe/internal/bench/wire"
	"terminvergabe/internal/booking"
)

const (
	bitmapIs = "bitmaps in memory, a bit per tick, day and seat: every start with its number of free seats"
	staticIs = "bare net/http in a process of its own that answers every request with the same bytes, asked by 16 of net/http's clients"
	busyIs   = "the same, while the same bookings run beside it"
	leanIs   = "the same at rest, but asked by a client that costs next to nothing: the servers alone"
)

const (
	bookers = 16 // clients that book meanwhile
	answer  = 20_000
)

func contains(body []byte, s string) bool { return bytes.Contains(body, []byte(s)) }

// availability is the path of a search of so many days in one calendar.
func (w *walk) availability(days int) string {
	return fmt.Sprintf("/api/v1/%s/availability?service=%s&calendar=%s&from=%s&to=%s", tenant, wanted, calendarID(0), w.today+1, w.today+agenda.Date(days))
}

// page is the path of the citizen's page of times.
func (w *walk) page(int) string {
	return fmt.Sprintf("/%s/times?service=%s&site=%s", tenant, wanted, siteID(0))
}

func (w *walk) nextFree(int) string {
	return fmt.Sprintf("/api/v1/%s/next-free?service=%s", tenant, wanted)
}

func (b *bench) readContests() []contest {
	quick := func(what string) []figure {
		return []figure{{"rate", what, perSecond, rate, goal{least: true, value: 0.5}}, {"p99", what + ", p99", seconds, p99, goal{value: 3}}}
	}
	lean := func(what string) []figure {
		return []figure{{"rate", what + ", servers alone", perSecond, rate, goal{}},
			{"cpu", "processor per answer: " + what, seconds, cpu, goal{}}}
	}
	first := func(what string) []figure {
		return []figure{{"rate", what, perSecond, rate, goal{}}, {"p99", what + ", p99", seconds, p99, goal{value: 2}}}
	}
	json, html, next := (*walk).availability, (*walk).page, (*walk).nextFree
	return []contest{
		{name: "engine.times", limit: bitmapIs, open: b.engine((*office).times),
			figures: []figure{{"p50", "availability in process, 50 calendars x 90 days, 4 seats", seconds, p50, goal{value: 5}}}},
		{name: "engine.slots", limit: bitmapIs, open: b.engine((*office).slots),
			figures: []figure{{"p50", "the same, a value made of each start", seconds, p50, goal{}}}},
		{name: "json.rest", limit: staticIs, open: b.reading(json, ordinary, false), figures: quick("availability JSON")},
		{name: "json.busy", limit: busyIs, open: b.reading(json, ordinary, true), figures: quick("availability JSON, while 16 clients book")},
		{name: "json.lean", limit: leanIs, open: b.reading(json, frugal, false), figures: lean("availability JSON")},
		{name: "page.rest", limit: staticIs, open: b.reading(html, ordinary, false), figures: quick("slots page")},
		{name: "page.busy", limit: busyIs, open: b.reading(html, ordinary, true), figures: quick("slots page, while 16 clients book")},
		{name: "page.lean", limit: leanIs, open: b.reading(html, frugal, false), figures: lean("slots page")},
		{name: "next.lean", limit: leanIs, open: b.reading(next, frugal, false), figures: lean("next-free over 109 sites")},
		{name: "next.rest", limit: staticIs, open: b.reading(next, ordinary, false), figures: first("next-free over 109 sites")},
		{name: "next.busy", limit: busyIs, open: b.reading(next, ordinary, true), figures: first("next-free over 109 sites, while 16 clients book")},
	}
}

// engine searches three months in 50 calendars in which one seat in eight is taken.
func (b *bench) engine(search func(*office, context.Context, booking.Search) error) func(context.Context) (pair, error) {
	const places, days = 50, 90
	return func(ctx context.Context) (pair, error) {
		url, dir, err := b.database(ctx, onSQLite)
		if err != nil {
			return pair{}, err
		}
		w, err := newWalk()
		if err != nil {
			return pair{}, err
		}
		taken := b.crowd(places * days * 42 * seats / 8)
		if err := bare.Fill(ctx, url, tenant, wanted, bare.Crowd{Future: taken, Calendars: places, Today: int(w.today)}); err != nil {
			return pair{}, err
		}
		o, err := openOffice(ctx, url, dir)
		if err != nil {
			return pair{}, err
		}
		var list []string
		for i := range places {
			list = append(list, calendarID(i))
		}
		act := func(int) error { return search(o, ctx, o.query(days, nil, list)) }
		if err := act(0); err != nil { // warm
			return pair{}, errors.Join(err, o.close())
		}
		bits := newBitmap(places, days)
		return pair{limit: loop(1, b.each, nil, func(int) error { return bits.starts() }), product: loop(1, b.each, nil, act), close: o.close}, nil
	}
}

// reading asks the service and the bare server for the same bytes.
func (b *bench) reading(path func(w *walk, days int) string, asking asker, busy bool) func(context.Context) (pair, error) {
	return func(ctx context.Context) (p pair, err error) {
		var ends []func() error
		p.close = func() error {
			var all error
			for i := len(ends) - 1; i >= 0; i-- {
				all = errors.Join(all, ends[i]())
			}
			return all
		}
		s, err := b.service(ctx, onSQLite, false)
		if err != nil {
			return p, err
		}
		ends = append(ends, s.Stop)
		address, body, err := s.example(path)
		if err != nil {
			return p, errors.Join(err, p.close())
		}
		static, err := b.static("application/octet-stream", body)
		if err != nil {
			return p, errors.Join(err, p.close())
		}
		ends = append(ends, static.Stop)
		if busy {
			act, hangUp, err := s.booker(bookers)
			if err != nil {
				return p, errors.Join(err, p.close())
			}
			ends = append(ends, hangUp, load.Background(bookers, act))
		}
		limit, hangUpLimit, err := asking(static.Address, "/", b.readers)
		if err != nil {
			return p, errors.Join(err, p.close())
		}
		product, hangUp, err := asking(s.Address, address, b.readers)
		if err != nil {
			return p, errors.Join(err, hangUpLimit(), p.close())
		}
		ends = append(ends, hangUpLimit, hangUp)
		p.limit, p.product = loop(b.readers, b.each, static, limit), loop(b.readers, b.each, s.Process, product)
		if _, err := load.Run(b.readers, b.each/5, product); err != nil { // warm
			return p, errors.Join(err, p.close())
		}
		return p, nil
	}
}

// example finds the path whose answer is as long as wanted, or the longest there is,
// and that answer.
func (s *service) example(path func(w *walk, days int) string) (found string, body []byte, err error) {
	conns, hangUp, err := dial(s.Address, 1)
	if err != nil {
		return "", nil, err
	}
	defer func() { err = errors.Join(err, hangUp()) }()
	for days := 1; days <= 31; days++ {
		next := path(s.walk, days)
		if next == found {
			break // its length does not depend on days
		}
		status, got, err := conns[0].Get(next)
		if err != nil || status != 200 {
			return "", nil, errors.Join(err, fmt.Errorf("GET %s: %d: %.200s", next, status, got))
		}
		found, body = next, bytes.Clone(got)
		if len(body) >= answer {
			break
		}
	}
	return found, body, nil
}

// asker gives the act of asking for a path on kept connections.
type asker func(address, path string, clients int) (load.Act, func() error, error)

func ordinary(address, path string, clients int) (load.Act, func() error, error) {
	o := wire.NewOrdinary(address, path, clients)
	return func(int) error { return o.Get() }, o.Close, nil
}

func frugal(address, path string, clients int) (load.Act, func() error, error) {
	conns, hangUp, err := dial(address, clients)
	if err != nil {
		return nil, nil, err
	}
	request := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, address)
	return func(n int) error {
		status, body, err := conns[n].Do(request)
		if err == nil && status != 200 {
			err = &textproto.Error{Code: status, Msg: string(body)}
		}
		return err
	}, hangUp, nil
}

// crowd is how many bookings to invent; less where measurements are short.
func (b *bench) crowd(n int) int {
	if b.each < time.Second {
		return n / 20
	}
	return n
}
