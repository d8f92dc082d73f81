package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"slices"
	"time"

	"terminvergabe/internal/bench/load"
	"terminvergabe/internal/bench/wire"
)

// A contest measures the product beside its limit, in turn. It gives a row of the
// table for each of its figures.
type contest struct {
	name    string // what -only is matched with
	limit   string // what the limit is, for the legend
	once    bool   // one measurement says it all
	figures []figure
	open    func(ctx context.Context) (pair, error)
}

// A pair gives one measurement with each call. limit may be nil where there is
// nothing to measure beside the product; close too.
type pair struct {
	limit, product func() (load.Sample, error)
	close          func() error
}

// A figure is what one row takes from a measurement, and what is wanted of it.
type figure struct {
	name string // after the contest's
	what string // for people
	unit unit
	of   func(load.Sample) float64
	goal goal
}

// goal says what is wanted: of the ratio, or absolute of the product's figure.
type goal struct {
	least    bool // at least value; else at most
	value    float64
	absolute bool
	faster   bool   // the ratio says how many times the product is faster: it is that of the limit's figure to the product's
	times    string // the row whose ratio value is a multiple of; "": none
}

type unit string

// The units of figures.
const (
	perSecond   unit = "/s"
	seconds     unit = "s"
	memoryBytes unit = "B"
)

func rate(s load.Sample) float64  { return s.Rate }
func p50(s load.Sample) float64   { return s.P50 }
func p99(s load.Sample) float64   { return s.P99 }
func value(s load.Sample) float64 { return s.Value }
func cpu(s load.Sample) float64   { return s.CPU }

// runner measures contests and keeps their rows.
type runner struct {
	out    io.Writer
	only   *regexp.Regexp // nil: all
	pairs  int
	report *report
}

func (r *runner) wants(c contest) bool { return r.only == nil || r.only.MatchString(c.name) }

// run measures one contest and prints its rows.
func (r *runner) run(ctx context.Context, c contest) (err error) {
	p, err := c.open(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	if p.close != nil {
		defer func() { err = errors.Join(err, p.close()) }()
	}
	pairs := r.pairs
	if c.once {
		pairs = 1
	}
	limits, products := make([]load.Sample, pairs), make([]load.Sample, pairs)
	for i := range pairs {
		if limits[i], err = measured(ctx, p.limit); err != nil {
			return fmt.Errorf("%s: limit: %w", c.name, err)
		}
		if products[i], err = measured(ctx, p.product); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	for _, f := range c.figures {
		row := r.row(c, f, limits, products)
		r.report.Rows = append(r.report.Rows, row)
		fmt.Fprintln(r.out, row)
	}
	return nil
}

func measured(ctx context.Context, f func() (load.Sample, error)) (load.Sample, error) {
	if f == nil {
		return load.Sample{}, ctx.Err()
	}
	runtime.GC() // what one side leaves behind is not the other's burden
	s, err := f()
	return s, errors.Join(err, ctx.Err())
}

func (r *runner) row(c contest, f figure, limits, products []load.Sample) row {
	name := c.name
	if f.name != "" {
		name += "." + f.name
	}
	out := row{Name: name, What: f.what, Unit: f.unit, LimitIs: c.limit}
	var l, p []float64
	for i := range limits {
		l, p = append(l, f.of(limits[i])), append(p, f.of(products[i]))
		switch {
		case f.goal.faster && p[i] > 0:
			out.Ratios = append(out.Ratios, l[i]/p[i])
		case l[i] > 0:
			out.Ratios = append(out.Ratios, p[i]/l[i])
		}
	}
	out.Limit, out.Product = median(l), median(p)
	if len(out.Ratios) > 0 {
		out.Ratio = median(out.Ratios)
	}
	out.judge(f.goal, r.report)
	return out
}

func median(list []float64) float64 {
	s := slices.Sorted(slices.Values(list))
	n := len(s)
	if n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[n/2]
}

// loop measures act from so many clients, and what it costs the server; nil is this
// process.
func loop(clients int, during time.Duration, server *wire.Process, act load.Act) func() (load.Sample, error) {
	return func() (load.Sample, error) {
		before, err := server.CPU()
		if err != nil {
			return load.Sample{}, err
		}
		s, err := load.Run(clients, during, act)
		if err != nil || s.Done == 0 {
			return s, err
		}
		after, err := server.CPU()
		s.CPU = (after - before) / float64(s.Done)
		return s, err
	}
}
