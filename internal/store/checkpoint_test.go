package store

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// What is written reaches the file itself while the store is open, long before the log
// is full.
func TestCheckpointer(t *testing.T) {
	file := filepath.Join(t.TempDir(), "book.db")
	s := open(t, file)
	for _, name := range []string{"n-first-note", "n-second-note"} {
		update(t, s, func(tx *Tx) error { return note(tx, name) })
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(raw, []byte(name)) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s is not in the file", name)
			}
		}
	}
}

// A group waits for those it shared the last one with, and nobody for ever; an act that
// was alone is committed at once.
func TestLinger(t *testing.T) {
	w := &writer{queue: make(chan *act, 1), timer: time.NewTimer(time.Hour), ending: time.Hour, company: 1}
	w.group = group{ran: []*act{{}}, began: time.Now().Add(time.Hour)}
	if a := w.joins(more); a != nil || !w.group.waited.IsZero() {
		t.Errorf("alone: got %v, waiting until %v; want nobody, at once", a, w.group.waited)
	}
	w.company = 3
	if a := w.joins(more); a != nil || time.Now().Before(w.group.waited) || w.group.waited.IsZero() {
		t.Errorf("nobody comes: got %v, waiting until %v", a, w.group.waited)
	}
	w.group.waited = time.Now().Add(time.Hour)
	late := &act{}
	go func() { w.queue <- late }()
	if a := w.joins(more); a != late {
		t.Errorf("somebody comes: got %v, want the act", a)
	}
}

// Nothing of what was deleted may be left in the log, also while the checkpointer is at
// work.
func TestScrubBesideCheckpointer(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "book.db"))
	log := s.engine.(*sqliteFile).log
	moves := &checkpointer{open: log.open}
	var done atomic.Bool
	var wg sync.WaitGroup
	defer wg.Wait()
	defer done.Store(true)
	wg.Go(func() {
		defer moves.drop()
		for !done.Load() {
			_ = moves.move() // refused while the log is emptied
			runtime.Gosched()
		}
	})
	for i := range 20 {
		update(t, s, func(tx *Tx) error { return note(tx, fmt.Sprintf("n%d", i)) })
		if err := s.Scrub(t.Context()); err != nil {
			t.Fatalf("after %d: %v", i, err)
		}
	}
}
