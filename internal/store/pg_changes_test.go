package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/pgtest"
)

// What one process announces another one takes note of, however much it is; what it
// cannot read, or has missed, makes it forget everything.
func TestChangesCrossProcesses(t *testing.T) {
	url := pgtest.URL(t)
	ours, theirs := open(t, url).engine.(*postgres), open(t, url).engine.(*postgres)
	wait := func(what string, until func() bool) {
		t.Helper()
		for range 10000 {
			if until() {
				return
			}
			time.Sleep(time.Millisecond)
		}
		t.Fatal(what)
	}
	wait("nobody listens", func() bool {
		known, _ := ours.abreast(t.Context())
		return known
	})
	at := ours.changes.Now()
	var many touch
	for n := range 450 {
		many.days = append(many.days, PoolDay{int64(n), 20000})
	}
	theirs.announce(many)
	theirs.announce(touch{setup: true})
	ours.announce(touch{days: []PoolDay{{1000, 20000}}})
	wait("what was announced was not heard", func() bool {
		return !ours.changes.SetupsKept(at) && !ours.changes.Kept(PoolDay{449, 20000}, at)
	})
	if !ours.changes.Kept(PoolDay{1000, 20000}, at) {
		t.Error("a process heeds what it says itself")
	}
	for _, payload := range []string{"", "x", "x maybe", "x false 1:y", "x false 7"} {
		if _, err := readTouch(strings.Fields(payload)); err == nil {
			t.Errorf("%q was understood", payload)
		}
	}
	got, err := readTouch(strings.Fields("x true 7:20000 8:20001"))
	if err != nil || !got.setup || !slices.Equal(got.days, []PoolDay{{7, 20000}, {8, 20001}}) {
		t.Errorf("got %+v, %v", got, err)
	}
	at = ours.changes.Now()
	theirs.notify(channel, "of another version")
	wait("what could not be read did not make it forget", func() bool {
		_, _, known := ours.changes.Since(at)
		return !known
	})
}

func TestVersionsOfManyPools(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		var days []PoolDay
		var pools []int64
		for n := range 300 {
			days = append(days, PoolDay{int64(n + 1), 20000}, PoolDay{int64(n + 1), 20005})
			pools = append(pools, int64(n+1))
		}
		if err := s.Update(t.Context(), func(tx *Tx) error { return tx.LockDays(days...) }); err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{1, 2, 3, 255, 256, 257, 300} {
			err := s.View(t.Context(), func(tx *Tx) error {
				got, err := tx.DayVersions(20000, 20005, pools[:n]...)
				if len(got) != n || got[PoolDay{int64(n), 20000}] != 1 {
					t.Errorf("%d pools: got %d days", n, len(got))
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}
