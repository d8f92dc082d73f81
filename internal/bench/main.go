// Command bench prints how fast the product is beside the bare limit of the same
// machine in the same run: the database driven by the fewest statements, net/http
// that answers the same bytes, bitmaps in memory, another calendar server. Figures of one machine drift; the
// ratio is what counts: limit and product alternate, and the median of the pairs'
// ratios is shown, with the goal beside it.
//
// It measures and never fails because something is slow. The limits are in bare (SQL)
// and wire (HTTP), the loop that drives both sides in load. Start reading at contest,
// then book.go, read.go and growth.go, which say what is measured.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"

	"terminvergabe/internal/bench/wire"
	"terminvergabe/internal/pgtest"
)

func main() {
	if role := os.Getenv(staticRole); role != "" {
		fail(playStatic(role))
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fail(run(ctx, os.Args[1:], os.Stdout))
}

func fail(err error) {
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// playStatic is the bare HTTP server.
func playStatic(role string) error {
	f := strings.SplitN(role, " ", 3)
	if len(f) != 3 {
		return fmt.Errorf("%s: expected address, media type and file", staticRole)
	}
	body, err := os.ReadFile(f[2])
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return wire.Static(ctx, f[0], f[1], body)
}

// options are what the command line says.
type options struct {
	only                        *regexp.Regexp
	quick                       bool
	growth                      int
	json, compare, profile, dir string
	build                       []string
}

func parse(args []string) (o options, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.Func("only", "measure the rows whose `name` matches this expression", func(s string) (err error) {
		o.only, err = regexp.Compile(s)
		return err
	})
	flags.BoolVar(&o.quick, "quick", false, "one short pair of each: to see whether it works, not how fast it is")
	flags.IntVar(&o.growth, "growth", 100_000, "how many `bookings` the largest book has")
	flags.StringVar(&o.json, "json", "bench.json", "also write the table to this `file`; empty: do not")
	flags.StringVar(&o.compare, "compare", "", "show what has changed since the run in this JSON `file`")
	flags.StringVar(&o.profile, "profile", "", "write a CPU profile of this process to a `file`")
	flags.StringVar(&o.dir, "dir", os.TempDir(), "where databases are made: a `folder` on the disk that is to be measured")
	o.build = []string{"-trimpath", "-ldflags", "-s -w -X main.version=bench"} // as make build does
	err = flags.Parse(args)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("%q is too much", flags.Arg(0))
	}
	return o, err
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	var old *report
	if o.compare != "" {
		if old, err = readReport(o.compare); err != nil {
			return err
		}
	}
	if o.profile != "" {
		f, err := os.Create(o.profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	found, err := measureAll(ctx, o, out)
	if err != nil {
		return err
	}
	if old != nil {
		compare(out, old, found)
	}
	if o.json != "" {
		return found.save(o.json)
	}
	return nil
}

// measureAll runs what is wanted, in a folder that goes afterwards.
func measureAll(ctx context.Context, o options, out io.Writer) (found *report, err error) {
	dir, err := os.MkdirTemp(o.dir, "terminvergabe-bench-")
	if err != nil {
		return nil, err
	}
	b := newBench(dir, o)
	defer func() { err = errors.Join(err, b.close(), os.RemoveAll(dir)) }()
	r := &runner{out: out, only: o.only, pairs: 5, report: &report{At: time.Now().UTC(), Version: sourceVersion(ctx), Machine: machine(ctx, o.dir)}}
	if o.quick {
		r.pairs = 1
	}
	r.report.Pairs = r.pairs
	for _, f := range r.report.Machine {
		fmt.Fprintf(out, "%-26s %s\n", f.Name, f.Value)
	}
	fmt.Fprintf(out, "%-26s %s\n\n%s\n", "version", r.report.Version, head())
	for _, c := range b.contests() {
		if !r.wants(c) {
			continue
		}
		err := r.run(ctx, c)
		if program := missing(""); errors.Is(err, pgtest.ErrMissing) || errors.As(err, &program) {
			fmt.Fprintf(out, "%s: NOT MEASURED: %v\n", c.name, err)
			continue
		}
		if err != nil {
			return nil, err
		}
	}
	r.report.legend(out)
	return r.report, nil
}

func newBench(dir string, o options) *bench {
	b := &bench{dir: dir, each: time.Second, readers: 16, growth: o.growth, build: o.build, offices: map[string]*office{}}
	if o.quick {
		b.each, b.readers = 50*time.Millisecond, 2
	}
	b.later(b.dropGrown)
	return b
}

// contests is everything that is measured, in the order of the table.
func (b *bench) contests() []contest {
	list := b.bookContests(onSQLite, "SQLite", queueIs, 0.35)
	list = append(list, b.bookContests(onPostgres, "PostgreSQL", pipelineIs, 0.5)...)
	list = append(list, b.readContests()...)
	list = append(list, b.feedContests()...)
	list = append(list, b.radicaleContests()...)
	list = append(list, b.mailContest())
	list = append(list, b.growthContests()...)
	return append(list, b.binaryContest())
}
