package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"terminvergabe/internal/prove/arena"
	"terminvergabe/internal/prove/ledger"
)

// door is a way into the book: a desk in this process, the JSON API, or the pages.
type door interface {
	Do(ctx context.Context, k *arena.Known, a ledger.Act) (ledger.Said, error)
}

// tally counts attempts by act and answer. It is safe for use by many goroutines.
type tally struct {
	mu    sync.Mutex
	count map[ledger.Kind]map[ledger.Word]int
	all   int
}

func (t *tally) add(k ledger.Kind, w ledger.Word) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.count == nil {
		t.count = map[ledger.Kind]map[ledger.Word]int{}
	}
	if t.count[k] == nil {
		t.count[k] = map[ledger.Word]int{}
	}
	t.count[k][w]++
	t.all++
}

func (t *tally) attempts() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all
}

// acts is how many attempts there were of each act, and how many of them were done.
func (t *tally) acts() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(t.count)) {
		n := 0
		for _, c := range t.count[k] {
			n += c
		}
		parts = append(parts, fmt.Sprintf("%v %d of %d", k, t.count[k][ledger.Done], n))
	}
	return "done: " + strings.Join(parts, ", ")
}

// String is how many attempts there were, and how many won.
func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	won, busy := 0, 0
	for _, words := range t.count {
		won += words[ledger.Done]
		busy += words[ledger.Busy]
	}
	return fmt.Sprintf("%d attempts, %d done, %d refused as overloaded", t.all, won, busy)
}

// field is where a fight takes place: doors for those who fight, and one desk to look
// at what came of it.
type field struct {
	doors  []door
	judge  *arena.Desk
	pass   func(minutes int32) error
	tally  *tally
	tenant string
}

// attempt does one act at one of the doors. What the contract does not know is an
// error; who is told that the book is overloaded asks again, as programs do.
func (f *field) attempt(ctx context.Context, at int, k *arena.Known, a ledger.Act) (ledger.Said, error) {
	for try := 1; ; try++ {
		said, err := f.doors[at%len(f.doors)].Do(ctx, k, a)
		f.tally.add(a.Kind, said.Word)
		if err != nil || said.Word != ledger.Busy || try == 20 {
			return said, err
		}
		time.Sleep(time.Duration(try) * 5 * time.Millisecond)
	}
}

// meleeScope is everything at once on six starts of a day, so that nearly everybody
// loses. Nobody moves between calendars, and staff move no visitors.
func meleeScope() ledger.Scope {
	s := ledger.Scope{Calendars: []int8{0, 1, 2, 3}, Days: []int8{1, 2}, Starts: 3, Overbook: true, Keys: 0,
		Seats: []ledger.Seats{{Total: 3, Public: 2}, {Total: 3, Public: 2}, {Total: 2, Public: 2}, {Total: 1, Public: 1}}, Minutes: []int32{1}}
	s.Weights = [...]int{ledger.Hold: 300, ledger.Release: 20, ledger.BookHeld: 100, ledger.BookNow: 300, ledger.Confirming: 40, ledger.Approve: 40, ledger.Reject: 20,
		ledger.Cancel: 30, ledger.Move: 150, ledger.Look: 50, ledger.Sweep: 2, ledger.Pass: 2, ledger.Apply: 2}
	return s
}

// fighters is how many act at once.
const fighters = 32

// melee lets everybody do everything, while somebody keeps looking whether a seat is
// given that is not there.
func (f *field) melee(ctx context.Context, attempts int, scope ledger.Scope, seed uint64) error {
	known := arena.NewKnown(f.tenant, "melee")
	over := make(chan struct{})
	watched := make(chan error, 1)
	go func() { watched <- f.watch(ctx, over) }()
	errs := make([]error, fighters)
	var wg sync.WaitGroup
	for w := range fighters {
		wg.Go(func() {
			chance := rand.New(rand.NewPCG(seed, uint64(w)))
			for n := w; n < attempts && errs[w] == nil && ctx.Err() == nil; n += fighters {
				errs[w] = f.one(ctx, w, known, scope, chance)
			}
		})
	}
	wg.Wait()
	close(over)
	return errors.Join(append(errs, <-watched)...)
}

// one is one attempt of a melee. Time passes for all, and not through a door. Who looks
// is not counted.
func (f *field) one(ctx context.Context, at int, known *arena.Known, scope ledger.Scope, chance *rand.Rand) error {
	first, has := known.Newest(64)
	a := scope.Choose(chance.IntN, has)
	if a.Visit >= 0 {
		a.Visit += first
	}
	if a.Kind == ledger.Move { // within its calendar, to where it fits
		a.At.Calendar = known.Of(a.Visit).Calendar
	}
	switch a.Kind {
	case ledger.Pass:
		return f.pass(a.Minutes)
	case ledger.Look: // so that there is something to remember; it fights for nothing
		_, err := f.doors[at%len(f.doors)].Do(ctx, known, a)
		return err
	}
	said, err := f.attempt(ctx, at, known, a)
	if err == nil && !slices.Contains(mayBeTold(a.Kind), said.Word) {
		err = fmt.Errorf("%v was answered: %v", a, said.Word)
	}
	return err
}

// mayBeTold are the answers that the contract knows for an act.
func mayBeTold(k ledger.Kind) []ledger.Word {
	switch k {
	case ledger.Hold:
		return []ledger.Word{ledger.Done, ledger.Taken, ledger.NoHolds, ledger.Busy}
	case ledger.BookNow:
		return []ledger.Word{ledger.Done, ledger.Taken, ledger.Busy}
	case ledger.BookHeld:
		return []ledger.Word{ledger.Done, ledger.Ran, ledger.Absent, ledger.Busy}
	case ledger.Move:
		return []ledger.Word{ledger.Done, ledger.Taken, ledger.Ran, ledger.Wrong, ledger.Busy}
	case ledger.Apply:
		return []ledger.Word{ledger.Done, ledger.WouldStrand, ledger.Busy}
	}
	return []ledger.Word{ledger.Done, ledger.Ran, ledger.Wrong, ledger.Absent, ledger.Busy}
}

// watch looks at the seats again and again until the fight is over.
func (f *field) watch(ctx context.Context, over <-chan struct{}) error {
	for {
		if err := f.judge.Limits(ctx, f.tenant, true); err != nil {
			return err
		}
		select {
		case <-over:
			return nil
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// settle looks at everything once all is quiet, and counts the letters.
func (f *field) settle(ctx context.Context) (letters int, err error) {
	if err := f.judge.Limits(ctx, f.tenant, true); err != nil {
		return 0, err
	}
	if letters, err = f.judge.Told(ctx, f.tenant); err != nil {
		return 0, err
	}
	return letters, clean(ctx, f.judge, f.tenant)
}

// million is how many contended attempts there are in all.
const million = 1_000_000

// fights is how an engine's share of the attempts is fought.
type fights struct {
	atDesks      int // attempts at desks, cheap ones
	throughDoors int // attempts through pages and API, dear ones
	bout         int // attempts of a melee on one book
	rounds       int // how often the races are fought in a town
}

func fightsOf(e *env, n engine) fights {
	switch {
	case e.short:
		return fights{1, 100, 500, 1}
	case n.processes == 1:
		return fights{820_000, 15_000, 20_000, 3}
	}
	return fights{150_000, 15_000, 20_000, 3}
}

// contention fights at desks in this process and through the real program.
func contention(ctx context.Context, e *env) error {
	all, ends := 0, e.ends()
	for i, n := range engines() {
		plan := fightsOf(e, n)
		through, err := fightThroughDoors(ctx, e, n, plan)
		if err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
		desks, err := fightAtDesks(ctx, e, n, plan, ends[i])
		if err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
		all += desks + through
	}
	if !e.short {
		e.tried("%d of %d attempts in all", all, million)
	}
	return nil
}

// fightAtDesks fights in bouts, some at a time and each on a fresh book: the races,
// then everybody against everybody. Where the time ends first it says so.
func fightAtDesks(ctx context.Context, e *env, n engine, plan fights, end time.Time) (int, error) {
	var letters, bouts atomic.Int64
	t, began := &tally{}, time.Now()
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for lane := range errs {
		wg.Go(func() {
			for errs[lane] == nil && t.attempts() < plan.atDesks && (e.short || time.Now().Before(end)) && ctx.Err() == nil {
				bout := bouts.Add(1) - 1
				told, err := fightOnce(ctx, e, n, t, plan, e.seed+uint64(bout))
				letters.Add(int64(told))
				if err != nil {
					errs[lane] = fmt.Errorf("bout %d of seed %d: %w", bout, e.seed, err)
				}
			}
		})
	}
	wg.Wait()
	e.say("%s", t.acts())
	e.tried("%s, at desks: %v on %d books, 0 seats given twice, no slot lost by all, no answer beyond the contract, %d letters, none twice or missing, %v",
		n.name, t, bouts.Load(), letters.Load(), time.Since(began).Round(time.Second/10))
	return t.attempts(), errors.Join(errs...)
}

func fightOnce(ctx context.Context, e *env, n engine, t *tally, plan fights, seed uint64) (letters int, err error) {
	desks, err := n.desks(ctx, e)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, arena.Close(desks)) }()
	desks[0].Clock.Set(arena.Begin())
	f := &field{judge: desks[0], tally: t, pass: func(minutes int32) error {
		desks[0].Clock.Advance(time.Duration(minutes) * time.Minute)
		return nil
	}}
	for _, d := range desks {
		f.doors = append(f.doors, d)
	}
	for i, fight := range []func() error{
		func() error { return f.rounds(ctx, fighters, plan.rounds) },
		func() error { return f.melee(ctx, plan.bout, meleeScope(), seed) },
	} {
		f.tenant = fmt.Sprint("stadt", i)
		if err := f.judge.Found(ctx, f.tenant, arena.Seats()); err != nil {
			return 0, err
		}
		if err := fight(); err != nil {
			return 0, err
		}
		told, err := f.settle(ctx)
		if err != nil {
			return 0, err
		}
		letters += told
		if err := remember(ctx, desks, f.tenant, []int8{1, 2, 3}, func() {}); err != nil {
			return 0, err
		}
	}
	return letters, nil
}

// remember demands that desks which have seen the whole fight offer what one offers
// that has just been opened. Again is done before each look.
func remember(ctx context.Context, desks []*arena.Desk, tenant string, days []int8, again func()) (err error) {
	known, part := arena.NewKnown(tenant, ""), arena.Part{Calendars: []int8{0, 1, 2, 3}, Days: days}
	for _, d := range desks {
		again()
		fresh, err := d.Again(ctx)
		if err != nil {
			return err
		}
		err = soon(func() error { return d.SameOffers(ctx, fresh, known, part) })
		if err := errors.Join(err, fresh.Store.Close()); err != nil {
			return err
		}
	}
	return nil
}
