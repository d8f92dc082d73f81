package store

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"terminvergabe/internal/agenda"
)

func TestChangesOutliveWhatWasReadBefore(t *testing.T) {
	c := &Changes{}
	one, other := PoolDay{1, 20000}, PoolDay{2, 20000}
	before := c.Now()
	if !c.Kept(one, before) || !c.SetupsKept(before) {
		t.Error("what never changed is not as it was")
	}
	c.told(touch{days: []PoolDay{one}})
	if c.Kept(one, before) || !c.Kept(one, c.Now()) || !c.Kept(other, before) || !c.SetupsKept(before) {
		t.Error("a changed day, and nothing else, must not be as it was")
	}
	after := c.Now()
	c.told(touch{setup: true}, touch{days: []PoolDay{other}})
	if c.SetupsKept(after) || c.Kept(other, after) || !c.Kept(one, after) {
		t.Error("a changed set-up and day must not be as they were")
	}
	if days, now, ok := c.Since(before); !ok || now != c.Now() || !slices.Equal(days, []PoolDay{other, one}) {
		t.Errorf("got %v %v %v, want both days", days, now, ok)
	}
	if days, _, ok := c.Since(after); !ok || !slices.Equal(days, []PoolDay{other}) {
		t.Errorf("got %v %v, want the later day", days, ok)
	}
	latest := c.Now()
	c.forget()
	if _, _, ok := c.Since(latest); ok || c.Kept(one, latest) || c.SetupsKept(latest) {
		t.Error("after forgetting nothing is known to be as it was")
	}
	if days, _, ok := c.Since(c.Now()); !ok || len(days) > 0 {
		t.Errorf("got %v %v, want nothing since now", days, ok)
	}
}

func TestChangesSayWhenTheyNoLongerKnow(t *testing.T) {
	c := &Changes{}
	c.told(touch{days: []PoolDay{{1, 1}}})
	start := c.Now()
	for i := range remembered {
		c.told(touch{days: []PoolDay{{int64(i), 1}}})
	}
	if days, _, ok := c.Since(start); !ok || len(days) != remembered {
		t.Errorf("got %d days, %v, want all %d that are remembered", len(days), ok, remembered)
	}
	c.told(touch{days: []PoolDay{{7, 1}}})
	if _, _, ok := c.Since(start); ok {
		t.Error("a change that fell out of the ring was not missed")
	}
}

// TestOtherProcessesAreNoticed: two stores on one file are as two processes are. What
// the other one commits is known at the next look, what is our own costs nothing else.
func TestOtherProcessesAreNoticed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "book.db")
	open := func() *Store {
		s, err := Open(t.Context(), file, Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	ours, theirs := open(), open()
	day, quiet := PoolDay{1, 20000}, PoolDay{2, 20000}
	lock := func(s *Store, with error) {
		t.Helper()
		if err := s.Update(t.Context(), func(tx *Tx) error { return errors.Join(tx.LockDays(day), with) }); !errors.Is(err, with) {
			t.Fatal(err)
		}
	}
	look := func() Edition {
		t.Helper()
		if known, _ := ours.engine.abreast(t.Context()); !known {
			t.Fatal("the watch does not know")
		}
		return ours.Changes().Now()
	}
	look()
	lock(ours, nil) // from now on the writer's number is known
	for range 3 {
		at := look()
		lock(ours, nil)
		look()
		if ours.Changes().Kept(day, at) || !ours.Changes().Kept(quiet, at) {
			t.Error("our own act changes its day and nothing else")
		}
		at = look()
		lock(ours, agenda.ErrTaken)
		lock(theirs, agenda.ErrTaken)
		if look() != at {
			t.Error("an act that was refused changed something")
		}
		lock(theirs, nil)
		look()
		if ours.Changes().Kept(quiet, at) {
			t.Error("another process's act went unnoticed")
		}
		at = look()
		lock(theirs, nil)
		lock(ours, nil)
		if ours.Changes().Kept(quiet, at) {
			t.Error("another process's act went unnoticed behind our own")
		}
	}
}
