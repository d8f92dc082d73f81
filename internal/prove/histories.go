package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"terminvergabe/internal/prove/arena"
	"terminvergabe/internal/prove/ledger"
)

const (
	clients = 8
	phases  = 4 // between them time passes, so that holds and requests run out
)

// group is a part of the town that no move leaves: it is checked by itself.
type group struct {
	scope ledger.Scope
	known *arena.Known
	mu    sync.Mutex
	ops   []entry
}

// entry is an operation and the process that did it.
type entry struct {
	ledger.Op
	process int
}

func (g *group) add(e entry) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ops = append(g.ops, e)
}

// proveHistories lets clients act at once and asks the checker whether what they were
// answered can have happened one after the other.
func proveHistories(ctx context.Context, e *env) error {
	length, wants := 1000, []int{650, 350} // a thousand in all, more of them where one takes less time
	if e.short {
		length, wants = 400, []int{3, 3}
	}
	ends := e.ends()
	for i, n := range engines() {
		var mu sync.Mutex
		var done, undecided, stale, ops int
		want := wants[i]
		began := time.Now()
		err := n.lanes(ctx, e, want, ends[i], func(desks []*arena.Desk, i int) error {
			all, err := history(ctx, desks, fmt.Sprint("stadt", i), length, e.seed+uint64(i))
			if err != nil {
				return err
			}
			verdict, lagged := judge(all, len(desks))
			mu.Lock()
			defer mu.Unlock()
			done++
			for _, g := range all {
				ops += len(g.ops)
			}
			if lagged {
				stale++
			}
			if verdict == ledger.Undecided {
				undecided++
			}
			if verdict == ledger.Illegal {
				return fmt.Errorf("history %d of seed %d on %s is illegal: %s", i, e.seed, n.name, blame(all))
			}
			if i%50 != 0 { // it looks at everything there is
				return nil
			}
			return clean(ctx, desks[0], fmt.Sprint("stadt", i))
		})
		e.tried("%s: %d of %d histories of %d operations by %d clients (%d operations, %d histories only legal with offers that lag between processes), %d undecided, %v",
			n.name, done, want, length, clients, ops, stale, undecided, time.Since(began).Round(time.Second/10))
		if err != nil {
			return err
		}
		if undecided > 0 {
			return fmt.Errorf("%d histories on %s could not be decided", undecided, n.name)
		}
	}
	return nil
}

// groups are single days of each calendar, two days between which visits move to and
// fro, and two calendars.
func groups(tenant string) (all []*group) {
	for _, part := range []arena.Part{{Calendars: []int8{0}, Days: []int8{1}}, {Calendars: []int8{1}, Days: []int8{1}}, {Calendars: []int8{2}, Days: []int8{1}},
		{Calendars: []int8{3}, Days: []int8{1}}, {Calendars: []int8{0}, Days: []int8{2, 3}}, {Calendars: []int8{0, 1}, Days: []int8{4}}} {
		s := ledger.Scope{Calendars: part.Calendars, Days: part.Days, Starts: 2, Overbook: true, StaffMove: true, Keys: 8}
		s.Weights = [...]int{ledger.Hold: 14, ledger.Release: 6, ledger.BookHeld: 12, ledger.BookNow: 14, ledger.Confirming: 7, ledger.Approve: 4, ledger.Reject: 3,
			ledger.Cancel: 12, ledger.Move: 12, ledger.Look: 20, ledger.See: 4, ledger.Apply: 0}
		all = append(all, &group{scope: s, known: arena.NewKnown(tenant, fmt.Sprint("part", len(all)))})
	}
	return all
}

// history lets clients act at once, spread over the desks, and writes down what they
// asked and were answered. The error is an answer that the contract does not know.
func history(ctx context.Context, desks []*arena.Desk, tenant string, length int, seed uint64) ([]*group, error) {
	for _, d := range desks {
		d.Clock.Set(arena.Begin())
	}
	if err := desks[0].Found(ctx, tenant, arena.Seats()); err != nil {
		return nil, err
	}
	all, begin := groups(tenant), time.Now()
	perform := func(g *group, process, client int, a ledger.Act) error {
		call := time.Since(begin).Nanoseconds()
		said, err := desks[process].Do(ctx, g.known, a)
		g.add(entry{ledger.Op{Act: a, Said: said, Client: client, Call: call, Return: time.Since(begin).Nanoseconds()}, process})
		return err
	}
	for phase := range phases {
		errs := make([]error, clients)
		var wg sync.WaitGroup
		for c := range clients {
			wg.Go(func() {
				chance := rand.New(rand.NewPCG(seed, uint64(phase*clients+c)))
				for n := c + clients*phase; n < length && errs[c] == nil; n += clients * phases {
					g := all[chance.IntN(len(all))]
					errs[c] = perform(g, c%len(desks), c, g.scope.Choose(chance.IntN, g.known.Has()))
				}
			})
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			return nil, err
		}
		if phase%2 == 1 {
			if _, err := desks[0].ExpireOverdue(ctx, 1000); err != nil {
				return nil, err
			}
		}
		if err := caughtUp(ctx, desks, all); err != nil {
			return nil, err
		}
		pass(all, desks[0].Clock, begin)
	}
	return all, last(all, perform)
}

// caughtUp waits until all processes offer the same, as they must soon after nobody acts
// any more: what lags may lag behind acts, not behind the time.
func caughtUp(ctx context.Context, desks []*arena.Desk, all []*group) error {
	for _, d := range desks[1:] {
		for _, g := range all {
			part := arena.Part{Calendars: g.scope.Calendars, Days: g.scope.Days}
			if err := soon(func() error { return d.SameOffers(ctx, desks[0], g.known, part) }); err != nil {
				return fmt.Errorf("%v after the last act: %w", behind, err)
			}
		}
	}
	return nil
}

// pass lets two minutes go by in all groups while nobody acts.
func pass(all []*group, clock *arena.Clock, begin time.Time) {
	a := ledger.Act{Kind: ledger.Pass, Visit: -1, Minutes: 2}
	call := time.Since(begin).Nanoseconds()
	clock.Advance(time.Duration(a.Minutes) * time.Minute)
	for _, g := range all {
		g.add(entry{ledger.Op{Act: a, Client: clients, Call: call, Return: time.Since(begin).Nanoseconds()}, everyone})
	}
}

// everyone is who notices when time passes.
const everyone = -1

// last looks at every visit and every day once all is quiet.
func last(all []*group, perform func(*group, int, int, ledger.Act) error) error {
	for _, g := range all {
		for n, has := range g.known.Has() {
			if !has.Manage {
				continue
			}
			if err := perform(g, 0, 0, ledger.Act{Kind: ledger.See, Visit: int16(n)}); err != nil {
				return err
			}
		}
		for _, c := range g.scope.Calendars {
			for _, day := range g.scope.Days {
				if err := perform(g, 0, 0, ledger.Act{Kind: ledger.Look, Visit: -1, At: ledger.Place{Calendar: c, Day: day}, Cells: 1}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// undecidedAfter is how long the checker may think about one group.
const undecidedAfter = 20 * time.Second

// judge checks every group strictly. Where there are several processes, what one of
// them offers may lag behind what others did, though never behind what it did
// itself: a history that only that makes legal is told as stale.
func judge(all []*group, processes int) (v ledger.Verdict, stale bool) {
	for _, g := range all {
		v = ledger.Check(arena.Book(), strict(g.ops), undecidedAfter)
		if v == ledger.Illegal && processes > 1 {
			stale = true
			v = ledger.Check(arena.Book(), lagging(g.ops), undecidedAfter)
		}
		if v != ledger.Legal {
			return v, stale
		}
	}
	return v, stale
}

// changed says that an act surely was what changed the day of a place: not refused, and
// not done by another process before, so that there was nothing left to do. Where visits
// move between days, only where they arrived is sure.
func changed(list []entry, o entry, at ledger.Place) bool {
	same := func(p ledger.Place) bool { return p.Calendar == at.Calendar && p.Day == at.Day }
	alone := !slices.ContainsFunc(list, func(x entry) bool { return x.Act.Kind == ledger.Look && !same(x.Act.At) })
	if o.Said.Word != ledger.Done || o.Act.Key != 0 {
		return false
	}
	switch o.Act.Kind {
	case ledger.Hold, ledger.BookNow:
		return same(o.Act.At)
	case ledger.Release, ledger.BookHeld, ledger.Approve:
		return alone
	case ledger.Cancel, ledger.Reject, ledger.Confirming, ledger.Move:
		if !alone && !(o.Act.Kind == ledger.Move && same(o.Act.At)) {
			return false
		}
		return !slices.ContainsFunc(list, func(x entry) bool {
			return x.process != o.process && x.Act.Visit == o.Act.Visit && x.Said.Word == ledger.Done && x.Act.Kind != ledger.See && x.Act.Kind != ledger.BookHeld && x.Call < o.Return
		})
	}
	return false
}

// blame says what makes a history illegal: one answer about what is free, or the acts
// themselves.
func blame(all []*group) string {
	for part, g := range all {
		lag := lagging(g.ops)
		if ledger.Check(arena.Book(), lag, undecidedAfter) == ledger.Legal {
			continue
		}
		isLook := func(o ledger.Op) bool { return o.Act.Kind == ledger.Look }
		acts := slices.DeleteFunc(slices.Clone(lag), isLook)
		if ledger.Check(arena.Book(), acts, undecidedAfter) == ledger.Illegal {
			return fmt.Sprintf("part %d, whatever was offered:%s", part, tell(g.ops, 0, math.MaxInt64))
		}
		for i, o := range lag {
			if isLook(o) && ledger.Check(arena.Book(), append(slices.Clone(acts), o), undecidedAfter) == ledger.Illegal {
				return fmt.Sprintf("part %d, process %d offered %v at %d to %d after:%s", part, g.ops[i].process, o, g.ops[i].Call, g.ops[i].Return, tell(g.ops, g.ops[i].Call-200e6, g.ops[i].Return))
			}
		}
		return fmt.Sprintf("part %d, by several offers:%s", part, tell(g.ops, 0, math.MaxInt64))
	}
	return "strictly, as one process has to answer"
}

// tell writes down what was done between two moments, in the order of the answers.
func tell(list []entry, from, to int64) (text string) {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b entry) int { return cmp.Compare(a.Return, b.Return) })
	for _, o := range list {
		if o.Return >= from && o.Call <= to {
			text += fmt.Sprintf("\n%9d-%9d us, process %2d: %v -> %v", o.Call/1000, o.Return/1000, o.process, o.Act, o.Said)
		}
	}
	return text
}

func strict(list []entry) (ops []ledger.Op) {
	for _, e := range list {
		ops = append(ops, e.Op)
	}
	return ops
}

// lagging lets each look at what is free be as old as the last change by its own process
// that had ended, and no older than what may lag at all.
func lagging(list []entry) []ledger.Op {
	ops := strict(list)
	for i, e := range list {
		if e.Act.Kind != ledger.Look {
			continue
		}
		from := max(0, e.Call-behind.Nanoseconds())
		for _, o := range list {
			if o.Return < e.Call && o.Return >= from && (o.process == everyone || o.process == e.process && changed(list, o, e.Act.At)) {
				from = o.Return + 1
			}
		}
		ops[i].Call = min(e.Call, from)
	}
	return ops
}
