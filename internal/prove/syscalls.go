package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"terminvergabe/internal/prove/service"
)

// fault is what strace does to some system calls on the database's files.
type fault struct {
	what   string
	calls  string
	action string
	on     bool // from the Nth call on, not only the Nth
}

func faults() []fault {
	const writes, syncs, removes = "write,pwrite64,ftruncate", "fsync,fdatasync", "unlink,unlinkat"
	return []fault{
		{"a sync fails", syncs, "error=EIO", false},
		{"killed before a sync", syncs, "signal=KILL", false},
		{"a write fails", writes, "error=EIO", false},
		{"no space for a write", writes, "error=ENOSPC", false},
		{"killed before a write", writes + "," + removes, "signal=KILL", false},
		{"all syncs fail", syncs, "error=EIO", true},
		{"all writes fail", writes, "error=EIO", true},
		{"no space for any write", writes, "error=ENOSPC", true},
		{"all syncs slow", syncs, "delay_enter=50000", true}, // microseconds
	}
}

// sweep is what the faults came to.
type sweep struct {
	env  *env
	site *site

	runs, hit, unready, died, back int
	byFault                        map[string]int
}

const (
	sweepClients = 4
	sweepActs    = 3 // of each client
)

// syscallsFail sweeps a fault over the system calls with which the program writes its
// SQLite file, at its start, under a small load and at its end.
func syscallsFail(ctx context.Context, e *env) error {
	if err := needTool("strace"); err != nil {
		return err
	}
	if out, err := exec.CommandContext(ctx, "strace", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		return &missing{what: fmt.Sprintf("strace may not trace here: %s", out), privilege: true}
	}
	database, err := e.sqlite()
	if err != nil {
		return err
	}
	s, err := e.openSite(ctx, database, 3)
	if err != nil {
		return err
	}
	defer s.killAll()
	w := sweep{env: e, site: s, byFault: map[string]int{}}
	chance := e.chance(0)
	most, err := w.calls(ctx, chance)
	if err != nil {
		return err
	}
	begin := time.Now()
	for w.runs < len(faults()) || !e.short && time.Since(begin) < e.budget*9/10 {
		f := faults()[w.runs%len(faults())]
		n := 1 + chance.IntN(1+chance.IntN(most[f.calls])) // each thread counts for itself: few come far
		if err := w.run(ctx, f, n, chance); err != nil {
			return fmt.Errorf("%s, call %d: %w", f.what, n, err)
		}
		if !e.short && w.runs%50 == 0 {
			e.say("%d runs, %d faults hit", w.runs, w.hit)
		}
	}
	var each []string
	for _, f := range faults() {
		each = append(each, fmt.Sprintf("%s %d", f.what, w.byFault[f.what]))
	}
	e.tried("SQLite under strace: %d runs of %d acts, the fault hit in %d (%s)", w.runs, sweepClients*sweepActs, w.hit, strings.Join(each, ", "))
	e.tried("%d acknowledged acts, %d refused with 503, %d unanswered; %d starts refused, %d times dead, %d times taking bookings again after a passing fault: 0 lost, 0 half, verify clean", s.book.acks, s.book.refused, s.book.lost, w.unready, w.died, w.back)
	return s.book.odd
}

// calls counts, for each group of system calls, how many one thread makes at most.
func (w *sweep) calls(ctx context.Context, chance *rand.Rand) (map[string]int, error) {
	most := map[string]int{}
	for _, f := range faults() {
		if most[f.calls] > 0 {
			continue
		}
		log, before := w.strace(f, "")
		if _, err := w.work(ctx, before, chance, true); err != nil {
			return nil, err
		}
		threads := map[string]int{}
		if err := eachLine(log, func(line string) {
			if thread, call, _ := strings.Cut(line, " "); strings.Contains(call, "(") {
				threads[thread]++
				most[f.calls] = max(most[f.calls], threads[thread])
			}
		}); err != nil {
			return nil, err
		}
		if most[f.calls] == 0 {
			return nil, fmt.Errorf("strace saw none of %s on the database's files: this proof is blind", f.calls)
		}
	}
	return most, nil
}

// strace is the command around the program; action "" only watches.
func (w *sweep) strace(f fault, action string) (log string, before []string) {
	log = filepath.Join(w.env.dir, "strace.log")
	before = []string{"strace", "-f", "-qq", "-o", log, "-P", w.site.Database, "-P", w.site.Database + "-wal", "-e", "trace=" + f.calls}
	if !strings.HasPrefix(f.action, "signal") {
		before = append(before, "--seccomp-bpf") // faster; a signal given at a filter's stop is lost
	}
	if action != "" {
		before = append(before, "-e", "inject="+f.calls+":"+action)
	}
	return log, before
}

// run is one start, load and end with a fault, and a look at what is there afterwards.
func (w *sweep) run(ctx context.Context, f fault, n int, chance *rand.Rand) error {
	when := fmt.Sprintf("%s:when=%d", f.action, n)
	if f.on {
		when += "+"
	}
	log, before := w.strace(f, when)
	w.runs++
	hit, err := w.work(ctx, before, chance, !f.on)
	if err != nil {
		return err
	}
	if err := eachLine(log, func(line string) {
		hit = hit || strings.Contains(line, "(INJECTED)") || strings.Contains(line, "(DELAYED)")
	}); err != nil {
		return err
	}
	if hit {
		w.hit++
		w.byFault[f.what]++
	}
	if err := w.site.start(ctx, 1, service.Launch{}); err != nil {
		return fmt.Errorf("the start afterwards: %w", err)
	}
	if _, err := w.site.check(ctx); err != nil {
		return err
	}
	if chance.IntN(2) == 0 {
		if err := w.site.stop(0); err != nil {
			return err
		}
	}
	w.site.killAll()
	return w.site.Verify(ctx)
}

// work runs the program with something around it under a small load, and ends it in
// one of two ways, unless it has died by itself. Where a fault passes, who is alive
// takes bookings again.
func (w *sweep) work(ctx context.Context, before []string, chance *rand.Rand, passes bool) (died bool, err error) {
	s := w.site
	p, err := s.Start(service.Launch{Before: before})
	if err != nil {
		return false, err
	}
	defer p.Kill()
	if p.Ready(ctx) != nil {
		w.unready++
		p.Kill()
		if said := p.Said(); p.Status() == 1 && strings.Count(said, "\n") != 1 {
			return false, fmt.Errorf("the start was refused in other than one line: %s", said)
		}
		return p.Status() != 1, ctx.Err()
	}
	c := s.client(p)
	defer c.Close()
	l := load{book: s.book, clients: sweepClients, acts: sweepActs, days: 14, seed: chance.Uint64()}
	l.run(ctx, []*service.Client{c})
	if passes {
		err = w.again(ctx, p, c, l)
	}
	if chance.IntN(2) == 0 && err == nil && !p.HasEnded() {
		_ = p.Stop() // the fault may hit it now; how it ends does not matter
		died = p.Status() < 0
	} else {
		died = p.HasEnded()
	}
	if died {
		w.died++
	}
	return died, err
}

// again waits until the service takes a booking, or has died.
func (w *sweep) again(ctx context.Context, p *service.Process, c *service.Client, l load) error {
	one := &client{load: &l, service: c, chance: w.env.chance(w.runs)}
	for begin := time.Now(); !p.HasEnded(); time.Sleep(20 * time.Millisecond) {
		for range 20 { // some slots are taken
			if alive := one.make(ctx); len(one.mine) > 0 || !alive {
				break
			}
		}
		if len(one.mine) > 0 {
			w.back++
			return nil
		}
		if time.Since(begin) > 10*time.Second {
			return errors.New("the fault has passed, and the service still takes no booking: " + p.Said())
		}
	}
	return nil
}

func eachLine(file string, f func(string)) error {
	r, err := os.Open(file)
	if err != nil {
		return err
	}
	defer r.Close()
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		f(lines.Text())
	}
	return lines.Err()
}
