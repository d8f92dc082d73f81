package main

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"terminvergabe/internal/prove/arena"
	"terminvergabe/internal/prove/ledger"
)

// liar is a door that changes what it was told.
type liar struct {
	door
	lie func(ledger.Act, ledger.Said) ledger.Said
}

func (l liar) Do(ctx context.Context, k *arena.Known, a ledger.Act) (ledger.Said, error) {
	said, err := l.door.Do(ctx, k, a)
	return l.lie(a, said), err
}

// Every race notices when somebody wins too often, nobody wins, or an answer is not
// one of the contract.
func TestRacesCanSayNo(t *testing.T) {
	clock := &arena.Clock{}
	desks, err := arena.Open(t.Context(), filepath.Join(t.TempDir(), "book.db"), clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := arena.Close(desks); err != nil {
			t.Error(err)
		}
	})
	lies := map[string]func(ledger.Act, ledger.Said) ledger.Said{
		"a seat twice":         swap(ledger.Taken, ledger.Done),
		"everyone loses":       swap(ledger.Done, ledger.Taken),
		"out of the contract":  swap(ledger.Done, ledger.Other),
		"said too late":        swap(ledger.Taken, ledger.TooLate),
		"refused as expired":   swap(ledger.Done, ledger.Ran),
		"refused by its state": swap(ledger.Wrong, ledger.Absent),
	}
	tenants := 0
	caught := map[int]int{}
	for name, lie := range lies {
		for i, round := range roundList() {
			tenants++
			clock.Set(arena.Begin())
			tenant := "stadt" + string(rune('a'+tenants/26)) + string(rune('a'+tenants%26))
			f := &field{doors: []door{liar{desks[0], lie}}, judge: desks[0], tally: &tally{}, tenant: tenant, pass: func(m int32) error {
				clock.Advance(time.Duration(m) * time.Minute)
				return nil
			}}
			if err := f.judge.Found(t.Context(), tenant, arena.Seats()); err != nil {
				t.Fatal(err)
			}
			err := round(t.Context(), &ring{f, arena.NewKnown(tenant, "x"), 1, 8})
			if err != nil {
				caught[i]++
			}
			if lie := name == "everyone loses" || name == "out of the contract"; lie && err == nil {
				t.Errorf("race %d believes that %s", i, name)
			}
		}
	}
	for i := range roundList() {
		if caught[i] < 3 {
			t.Errorf("race %d noticed %d of %d lies", i, caught[i], len(lies))
		}
	}
}

func swap(from, to ledger.Word) func(ledger.Act, ledger.Said) ledger.Said {
	return func(_ ledger.Act, s ledger.Said) ledger.Said {
		if s.Word == from {
			s.Word = to
		}
		return s
	}
}

// A melee ends with the first answer that the contract does not know for an act.
func TestMeleeCanSayNo(t *testing.T) {
	clock := &arena.Clock{}
	clock.Set(arena.Begin())
	desks, err := arena.Open(t.Context(), filepath.Join(t.TempDir(), "book.db"), clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := arena.Close(desks); err != nil {
			t.Error(err)
		}
	})
	if err := desks[0].Found(t.Context(), "stadt", arena.Seats()); err != nil {
		t.Fatal(err)
	}
	var n atomic.Int64
	once := func(a ledger.Act, s ledger.Said) ledger.Said {
		if a.Kind != ledger.Look && n.Add(1) == 100 { // who looks is not judged
			s.Word = ledger.TooLate // nobody is, in a melee
		}
		return s
	}
	f := &field{doors: []door{liar{desks[0], once}}, judge: desks[0], tally: &tally{}, tenant: "stadt", pass: func(int32) error { return nil }}
	if err := f.melee(t.Context(), 400, meleeScope(), 1); err == nil {
		t.Error("an answer that nobody may be given was believed")
	}
}
