// Command prove tries what may never happen: seats given twice, acknowledged
// bookings lost, letters doubled. It starts the real program, races it, kills it,
// cuts its power, fills its disk, besieges it, and prints what it tried beside what it
// found.
//
// It refuses to know how the product works inside: it speaks HTTP with it or acts at a
// desk, and looks at the database with SQL of its own. Start reading at proofs; the
// started program is in package service, who besieges it in siege, the desks in arena,
// and what they are held against in ledger.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"terminvergabe/internal/prove/siege"
)

// proof is one thing that may never happen, and how it is tried.
type proof struct {
	name  string
	what  string // what may never happen
	share int    // of the whole time, relative to those of the others
	run   func(context.Context, *env) error
}

// proofs is the table of contents.
func proofs() []proof {
	return []proof{
		{"histories", "what clients at once are answered could have been said one after the other", 7, proveHistories},
		{"contention", "a seat has one owner, a slot somebody, and everybody an answer, whoever fights for it", 4, contention},
		{"scripts", "the book is what its acts made of it, after every step", 1, proveScripts},
		{"clocks", "clocks that jump or differ give no seat twice, steal no hold and keep none for ever", 1, clocksWrong},
		{"crashes", "kill -9 of the real program under load loses or halves nothing acknowledged", 4, killed},
		{"outages", "connections to the database that end lose and double nothing", 1, outages},
		{"power", "a power cut loses nothing acknowledged", 4, powerLost},
		{"syscalls", "a write or sync of the database that fails, or the last thing the program did, loses nothing acknowledged", 4, syscallsFail},
		{"damage", "a damaged file is named, and never served as something else", 1, damaged},
		{"refusals", "a newer schema or a second service is refused clearly, and commands go beside a running service", 1, refusals},
		{"connections", "idle, half-open and slow connections by the ten thousand keep nobody else waiting", 6, crowded},
		{"guesses", "no secret is guessed, who tries is slowed, and others are not", 6, guessed},
		{"sizes", "what is too long, too deep or too many is refused and fills no memory", 1, tooLarge},
		{"disks", "a full or read-only disk loses nothing acknowledged and is refused clearly", 1, disksFail},
	}
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == siege.Word {
		if err := siege.Attend(os.Args[2], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "prove:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "prove:", err)
		os.Exit(1)
	}
}

// options are what the command line asks for.
type options struct {
	minutes float64
	only    string
	short   bool
	seed    uint64
	keep    bool
}

func command(ctx context.Context, args []string, out io.Writer) error {
	var o options
	flags := flag.NewFlagSet("prove", flag.ContinueOnError)
	flags.Float64Var(&o.minutes, "minutes", 20, "how long all proofs together may take")
	flags.StringVar(&o.only, "only", "", "the names of some proofs, separated by commas")
	flags.BoolVar(&o.short, "short", false, "a few seconds of each")
	flags.Uint64Var(&o.seed, "seed", rand.Uint64(), "what chance begins with")
	flags.BoolVar(&o.keep, "keep", false, "leave the files of the proofs for a look")
	if err := flags.Parse(args); err != nil {
		return err
	}
	list, err := choose(proofs(), o.only)
	if err != nil {
		return err
	}
	return prove(ctx, list, o, out)
}

// choose picks proofs by name; "" picks all.
func choose(all []proof, only string) (chosen []proof, err error) {
	if only == "" {
		return all, nil
	}
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(all, func(p proof) bool { return p.name == name })
		if i < 0 {
			var names []string
			for _, p := range all {
				names = append(names, p.name)
			}
			return nil, fmt.Errorf("there is no proof %q; there are: %s", name, strings.Join(names, ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// result is how a proof ended.
type result struct {
	proof
	tried []string
	took  time.Duration
	err   error
}

// prove runs the proofs and prints the table. The error says that something failed.
func prove(ctx context.Context, list []proof, o options, out io.Writer) error {
	dir, err := os.MkdirTemp("", "prove")
	if err != nil {
		return err
	}
	if o.keep {
		fmt.Fprintln(out, "files:", dir)
	} else {
		defer os.RemoveAll(dir)
	}
	h := &house{dir: dir, out: out}
	defer h.close()
	fmt.Fprintf(out, "%s\nseed %d\n", facts(ctx), o.seed)
	shares := 0
	for _, p := range list {
		shares += p.share
	}
	var results []result
	for i, p := range list {
		e := &env{house: h, name: p.name, dir: filepath.Join(dir, p.name), short: o.short, seed: o.seed + uint64(i),
			budget: time.Duration(o.minutes * float64(time.Minute) * float64(p.share) / float64(shares))}
		results = append(results, attempt(ctx, p, e))
	}
	return report(results, out)
}

func attempt(ctx context.Context, p proof, e *env) result {
	fmt.Fprintf(e.house.out, "\n%s: %s\n", p.name, p.what)
	begin := time.Now()
	err := os.Mkdir(e.dir, 0o700)
	if err == nil {
		err = p.run(ctx, e)
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("broken off: %w", ctx.Err())
	}
	r := result{proof: p, tried: e.counted, took: time.Since(begin), err: err}
	fmt.Fprintf(e.house.out, "  %s: %s\n", p.name, r.verdict())
	return r
}

// verdict is the end of a proof in a word or, where it failed, in many.
func (r result) verdict() string {
	var m *missing
	switch {
	case r.err == nil:
		return "held"
	case errors.As(r.err, &m) && !m.fatal():
		return "*** NOT RUN: " + r.err.Error() + " ***"
	}
	return "*** FAILED: " + r.err.Error() + " ***"
}

func (r result) failed() bool {
	var m *missing
	return r.err != nil && !(errors.As(r.err, &m) && !m.fatal())
}

func report(results []result, out io.Writer) error {
	fmt.Fprintf(out, "\n%-12s %8s  %s\n", "proof", "took", "tried, and found")
	failed := 0
	for _, r := range results {
		lines := append(slices.Clone(r.tried), r.verdict())
		fmt.Fprintf(out, "%-12s %8s  %s\n", r.name, r.took.Round(time.Second/10), lines[0])
		for _, line := range lines[1:] {
			fmt.Fprintf(out, "%-12s %8s  %s\n", "", "", line)
		}
		if r.failed() {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d proofs failed, named above", failed, len(results))
	}
	return nil
}
