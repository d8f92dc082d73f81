package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"terminvergabe/internal/bench/bare"
	"terminvergabe/internal/bench/load"
)

const (
	smallIs  = "the same search in a book of 1000 bookings"
	agedIs   = "the bare one-writer queue on as many bookings; wanted is 90 % of the share that 1000 bookings give"
	startIs  = "start of the bare net/http process"
	memoryIs = "resident memory of the bare net/http process"
)

// smallestBook is where growth begins.
const smallestBook = 1000

// mostAhead is how many bookings to come the books of all sizes have at most: what is
// free does not change with age.
const mostAhead = 20_000

// grown is a book of some size, and a bare one of the same size.
type grown struct {
	size   int
	dir    string
	office *office
	queue  *bare.Queue
	next   atomic.Int64
}

// growthContests begin with what wants a book at rest: bookings in process leave
// letters that a service sends.
func (b *bench) growthContests() (list []contest) {
	for size := smallestBook; size <= max(b.growth, smallestBook); size *= 10 {
		name := shortSize(size)
		if size > smallestBook {
			list = append(list, contest{name: "growth.search." + name, limit: smallIs, open: b.agedSearch(size),
				figures: []figure{{"p50", "availability with " + name + " bookings, p50", seconds, p50, goal{value: 1.2}}}})
		}
		if size >= 100_000 || size*10 > b.growth {
			most := 0.1
			if size > 100_000 {
				most = 1
			}
			list = append(list, contest{name: "start." + name, limit: startIs, open: b.start(size),
				figures: []figure{{"", "start to the first right answer, " + name + " bookings", seconds, value, goal{value: most, absolute: true}}}})
		}
		if size*10 > b.growth {
			list = append(list, b.memoryContest(size, name))
		}
		wanted := goal{}
		if size > smallestBook {
			wanted = goal{least: true, value: 0.9, times: "growth.book." + shortSize(smallestBook) + ".rate"}
		}
		list = append(list, contest{name: "growth.book." + name, limit: agedIs, open: b.agedBooking(size),
			figures: []figure{{"rate", "bookings in process, 64 clients, with " + name + " bookings", perSecond, rate, wanted}}})
	}
	return list
}

func shortSize(n int) string {
	e := 0
	for ; n >= 10; n /= 10 {
		e++
	}
	return fmt.Sprintf("10^%d", e)
}

// aged gives the books of a size. Of all but the smallest there is one at a time.
func (b *bench) aged(ctx context.Context, size int) (*grown, error) {
	if size == smallestBook && b.smallest != nil {
		return b.smallest, nil
	}
	if b.grown != nil && b.grown.size == size {
		return b.grown, nil
	}
	if err := b.dropGrown(); err != nil {
		return nil, err
	}
	g, err := b.grow(ctx, size)
	if err != nil {
		return nil, err
	}
	if size == smallestBook {
		b.smallest = g
		b.later(g.close)
		return g, nil
	}
	b.grown = g
	return g, nil
}

// dropGrown closes the grown book and gives its disk space back.
func (b *bench) dropGrown() error {
	if b.grown == nil {
		return nil
	}
	err := errors.Join(b.grown.close(), os.RemoveAll(b.grown.dir))
	b.grown = nil
	return err
}

func (b *bench) grow(ctx context.Context, size int) (g *grown, err error) {
	file, dir, err := b.database(ctx, onSQLite)
	if err != nil {
		return nil, err
	}
	w, err := newWalk()
	if err != nil {
		return nil, err
	}
	ahead := min(size/2, mostAhead)
	if err := bare.Fill(ctx, file, tenant, wanted, bare.Crowd{Past: size - ahead, Future: ahead, Today: int(w.today)}); err != nil {
		return nil, err
	}
	aside := filepath.Join(dir, "bare.db")
	if err := bare.FillQueue(ctx, aside, size); err != nil {
		return nil, err
	}
	g = &grown{size: size, dir: dir}
	if g.queue, err = bare.OpenQueue(ctx, aside); err != nil {
		return nil, err
	}
	if g.office, err = openOffice(ctx, file, dir); err != nil {
		return nil, errors.Join(err, g.queue.Close())
	}
	return g, nil
}

func (g *grown) close() error { return errors.Join(g.queue.Close(), g.office.close()) }

// search looks for two weeks at one site after the other.
func (g *grown) search(ctx context.Context) load.Act {
	return func(int) error {
		return g.office.slots(ctx, g.office.query(14, []string{siteID(int(g.next.Add(1)) % sites)}, nil))
	}
}

func (b *bench) agedSearch(size int) func(context.Context) (pair, error) {
	return func(ctx context.Context) (p pair, err error) {
		small, err := b.aged(ctx, smallestBook)
		if err != nil {
			return p, err
		}
		large, err := b.aged(ctx, size)
		if err != nil {
			return p, err
		}
		for range sites { // warm
			if err := errors.Join(small.search(ctx)(0), large.search(ctx)(0)); err != nil {
				return p, err
			}
		}
		return pair{limit: loop(1, b.each/2, nil, small.search(ctx)), product: loop(1, b.each/2, nil, large.search(ctx))}, nil
	}
}

func (b *bench) agedBooking(size int) func(context.Context) (pair, error) {
	return func(ctx context.Context) (p pair, err error) {
		g, err := b.aged(ctx, size)
		if err != nil {
			return p, err
		}
		limit := func(int) error { return g.queue.Book(b.bareNext.Add(1)) }
		product := func(int) error { return g.office.book(ctx) }
		for _, side := range []load.Act{limit, product} {
			if _, err := load.Run(many, b.each/5, side); err != nil {
				return p, err
			}
		}
		return pair{limit: loop(many, b.each, nil, limit), product: loop(many, b.each, nil, product)}, nil
	}
}

// start measures from exec to the first right answer.
func (b *bench) start(size int) func(context.Context) (pair, error) {
	return func(ctx context.Context) (p pair, err error) {
		g, err := b.aged(ctx, size)
		if err != nil {
			return p, err
		}
		if err := b.compile(ctx); err != nil {
			return p, err
		}
		p.limit = func() (load.Sample, error) {
			static, err := b.static("text/plain", []byte("ready"))
			return began(&service{Process: static}, err)
		}
		p.product = func() (load.Sample, error) {
			s, err := b.serve(ctx, g.office.url, g.dir, false)
			if err != nil {
				return load.Sample{}, err
			}
			return began(s, nil)
		}
		_, err = p.product() // the binary and the book are in the page cache from here on
		return p, err
	}
}

func began(s *service, err error) (load.Sample, error) {
	if err != nil {
		return load.Sample{}, err
	}
	return load.Sample{Value: s.Took.Seconds()}, s.Stop()
}

// memoryContest looks at the largest book: a service at rest, and after bookings and
// searches at full rate.
func (b *bench) memoryContest(size int, name string) contest {
	const mib = 1 << 20
	return contest{name: "memory", limit: memoryIs, once: true, figures: []figure{
		{"idle", "resident memory, idle", memoryBytes, func(s load.Sample) float64 { return s.P50 }, goal{value: 50 * mib, absolute: true}},
		{"load", "resident memory at its highest, " + name + " bookings, under load", memoryBytes, func(s load.Sample) float64 { return s.P99 }, goal{value: 250 * mib, absolute: true}},
	}, open: func(ctx context.Context) (p pair, err error) {
		g, err := b.aged(ctx, size)
		if err != nil {
			return p, err
		}
		p.limit = func() (load.Sample, error) {
			s, err := b.static("text/plain", make([]byte, answer))
			if err != nil {
				return load.Sample{}, err
			}
			return b.memory(&service{walk: g.office.walk, Process: s}, nil)
		}
		p.product = func() (load.Sample, error) {
			s, err := b.serve(ctx, g.office.url, g.dir, false)
			if err != nil {
				return load.Sample{}, err
			}
			s.walk = g.office.walk // goes on where the bookings in process ended
			act, hangUp, err := s.booker(many)
			if err != nil {
				return load.Sample{}, errors.Join(err, s.Stop())
			}
			sample, err := b.memory(s, act)
			return sample, errors.Join(err, hangUp())
		}
		return p, nil
	}}
}

// memory measures a process at rest, then while it answers searches, and bookings
// where book is given. It gives idle as P50 and the peak as P99, and ends the process.
func (b *bench) memory(s *service, book load.Act) (out load.Sample, err error) {
	defer func() { err = errors.Join(err, s.Stop()) }()
	time.Sleep(b.each)
	if out.P50, _, err = s.Memory(); err != nil {
		return out, err
	}
	look, hangUp, err := frugal(s.Address, s.walk.availability(7), b.readers)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, hangUp()) }()
	if book != nil {
		stop := load.Background(many, book)
		defer func() { err = errors.Join(err, stop()) }()
	}
	if _, err := load.Run(b.readers, 3*b.each, look); err != nil {
		return out, err
	}
	_, out.P99, err = s.Memory()
	return out, err
}

// binaryContest is the size of what is installed.
func (b *bench) binaryContest() contest {
	return contest{name: "binary", once: true, figures: []figure{{"", "size of the binary", memoryBytes, value, goal{value: 30e6, absolute: true}}},
		open: func(ctx context.Context) (pair, error) {
			return pair{product: func() (load.Sample, error) {
				info, err := os.Stat(b.binary)
				if err != nil {
					return load.Sample{}, err
				}
				return load.Sample{Value: float64(info.Size())}, nil
			}}, b.compile(ctx)
		}}
}
