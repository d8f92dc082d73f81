package main

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"terminvergabe/internal/prove/arena"
	"terminvergabe/internal/prove/ledger"
	"terminvergabe/internal/store"
)

// proveScripts holds the book against the ledger through random scripts.
func proveScripts(ctx context.Context, e *env) error {
	steps, want := 150, 100
	if e.short {
		steps, want = 40, 4
	}
	ends := e.ends()
	for i, n := range engines() {
		var done atomic.Int64
		began := time.Now()
		err := n.lanes(ctx, e, want, ends[i], func(desks []*arena.Desk, i int) error {
			defer done.Add(1)
			if err := script(ctx, desks, fmt.Sprint("stadt", i), steps, e.chance(i).IntN); err != nil {
				return fmt.Errorf("script %d of seed %d on %s: %w", i, e.seed, n.name, err)
			}
			return nil
		})
		e.tried("%s: %d of %d scripts of %d steps agree with the model after every step, %v", n.name, done.Load(), want, steps, time.Since(began).Round(time.Second/10))
		if err != nil {
			return err
		}
	}
	return nil
}

// scriptScope is what a script does: everything, on a few starts.
func scriptScope() ledger.Scope {
	s := ledger.Scope{Calendars: []int8{0, 1, 2, 3}, Days: []int8{1, 2}, Starts: arena.Cells, Overbook: true, StaffMove: true, Keys: 6,
		Seats: []ledger.Seats{{Total: 3, Public: 2}, {Total: 2, Public: 2}, {Total: 1, Public: 1}, {Total: 2, Public: 0}, {Total: 0, Public: 0}},
		// Past deadlines, and once in a while up to the visits themselves.
		Minutes: []int32{1, 1, 2, 3, 60, 600, 1320}}
	s.Weights = [...]int{ledger.Hold: 14, ledger.Release: 4, ledger.BookHeld: 14, ledger.BookNow: 16, ledger.Confirming: 8, ledger.Approve: 5, ledger.Reject: 3,
		ledger.Cancel: 7, ledger.Move: 12, ledger.Look: 0, ledger.See: 2, ledger.Pass: 4, ledger.Sweep: 3, ledger.Apply: 4}
	return s
}

// script does random acts one after the other, each at one of the desks, and holds
// the book against the ledger after every one. The error tells all steps up to the
// one after which they disagree.
func script(ctx context.Context, desks []*arena.Desk, tenant string, steps int, pick func(n int) int) error {
	for _, d := range desks {
		d.Clock.Set(arena.Begin())
	}
	if err := desks[0].Found(ctx, tenant, arena.Seats()); err != nil {
		return err
	}
	scope, book, known := scriptScope(), arena.Book(), arena.NewKnown(tenant, tenant)
	part := arena.Part{Calendars: scope.Calendars, Days: scope.Days}
	told := ""
	for n := range steps {
		d := desks[pick(len(desks))]
		act := scope.Choose(pick, known.Has())
		said, err := d.Do(ctx, known, act)
		told += fmt.Sprintf("\n%4d  %v -> %v", n, act, said)
		if err != nil {
			return fmt.Errorf("%w, after:%s", err, told)
		}
		next, ok := book.After(act, said)
		if !ok {
			return fmt.Errorf("the answer is not one that the ledger knows, after:%s", told)
		}
		book = next
		if err := agree(ctx, desks, d, known, book, act, said, pick); err != nil {
			return fmt.Errorf("%w, after:%s", err, told)
		}
	}
	var all []int16
	for n := range book.Visits {
		all = append(all, int16(n))
	}
	if err := desks[0].SameBook(ctx, known, book, part, all); err != nil {
		return fmt.Errorf("%w, after:%s", err, told)
	}
	if err := clean(ctx, desks[0], tenant); err != nil {
		return fmt.Errorf("%w, after:%s", err, told)
	}
	return nil
}

// agree holds the book against the ledger: all of its rows, and what is offered in the
// calendar that the act was about and in another one.
func agree(ctx context.Context, desks []*arena.Desk, acted *arena.Desk, k *arena.Known, b *ledger.Book, a ledger.Act, said ledger.Said, pick func(n int) int) error {
	scope := scriptScope()
	all := arena.Part{Calendars: scope.Calendars, Days: scope.Days}
	var touched []int16
	if said.Visit >= 0 {
		touched = append(touched, said.Visit)
	}
	if err := acted.SameBook(ctx, k, b, all, touched); err != nil {
		return err
	}
	offered := all
	if a.Kind != ledger.Pass && a.Kind != ledger.Apply {
		offered.Calendars = []int8{a.At.Calendar, scope.Calendars[pick(len(scope.Calendars))]}
	}
	if len(desks) == 1 {
		return acted.SameFree(ctx, k, b, offered)
	}
	// A process sees at once what it has done itself, and what others have done a
	// moment later.
	if took := a.Kind == ledger.Hold || a.Kind == ledger.BookNow || a.Kind == ledger.Move; took && a.Key == 0 && said.Word == ledger.Done {
		if err := acted.SameFree(ctx, k, b, arena.Part{Calendars: []int8{a.At.Calendar}, Days: []int8{a.At.Day}}); err != nil {
			return fmt.Errorf("of its own act: %w", err)
		}
	}
	for _, d := range []*arena.Desk{acted, desks[pick(len(desks))]} {
		if err := soon(func() error { return d.SameFree(ctx, k, b, offered) }); err != nil {
			return err
		}
	}
	return nil
}

// soon tries again as long as a process may be behind.
func soon(try func() error) (err error) {
	for began := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		if err = try(); err == nil || time.Since(began) > behind {
			return err
		}
	}
}

// behind is how long a process may offer what another has just given away.
const behind = 5 * time.Second

// clean demands that every invariant of a tenant's data holds. Those that came before
// it on the same database lived at another time.
func clean(ctx context.Context, d *arena.Desk, tenant string) error {
	broken, err := d.Verify(ctx, nil)
	if err != nil {
		return err
	}
	broken = slices.DeleteFunc(broken, func(b store.Broken) bool { return b.Tenant != "" && b.Tenant != tenant })
	if len(broken) > 0 {
		return fmt.Errorf("verify found %d faults: %v", len(broken), broken[0])
	}
	return nil
}
