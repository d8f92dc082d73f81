package jobs_test

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"terminvergabe/internal/store"
)

// run lets the runner keep its own schedule until the end of a span, while people book,
// move and cancel.
func (y *year) run(span time.Duration) {
	ctx, stop := context.WithCancel(y.Context())
	done := make(chan struct{})
	y.begin()
	y.runner.Beat = y.late / 2
	go func() {
		defer close(done)
		y.runner.Run(ctx)
	}()
	y.live(span)
	stop()
	<-done
}

// live lets people book, move and cancel for a while. They never do so at a full minute,
// when reminders are due.
func (y *year) live(span time.Duration) {
	for until := time.Now().Add(span); time.Now().Before(until); {
		y.act()
		time.Sleep(min(time.Until(until), time.Duration(30+y.random.IntN(90))*time.Minute+7*time.Second))
	}
}

// The schedule itself, over both clock changes: what is due leaves once, also when the
// program was down for thirty hours, and when another process takes over at once. What was
// not of use any more never leaves.
func TestTheScheduleOverClockChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYear(t)
		y.ahead, y.late = 6, 10*time.Minute
		for _, change := range []time.Time{time.Date(2000, 3, 26, 1, 0, 0, 0, time.UTC), time.Date(2000, 10, 29, 1, 0, 0, 0, time.UTC)} {
			time.Sleep(time.Until(change.Add(-36 * time.Hour)))
			y.run(20 * time.Hour)
			y.run(30 * time.Hour) // the change is in here
			y.downs = append(y.downs, stretch{time.Now(), time.Now().Add(30 * time.Hour)})
			y.live(30 * time.Hour)
			y.run(40 * time.Hour)
			y.downs = append(y.downs, stretch{time.Now(), time.Now().AddDate(0, 6, 0)})
		}
		sent := 0
		for _, v := range y.visits {
			left := map[string]time.Time{}
			for name, p := range y.letters(v) {
				if p.State == "sent" {
					left[name] = p.Done
					sent++
				}
			}
			y.once(v, left)
		}
		if sent < 50 {
			t.Errorf("%d reminders: too few to prove anything", sent)
		}
		if left, noted := y.left(); left != noted {
			t.Errorf("%d letters left, %d are noted as sent", left, noted)
		}
		t.Logf("%d reminders of %d visits", sent, len(y.visits))
	})
}

// left counts the letters in the folders, and those that the outbox has as sent.
func (y *year) left() (left, noted int) {
	for _, folder := range y.folders {
		list, err := filepath.Glob(filepath.Join(folder, "*.eml"))
		if err != nil {
			y.Fatal(err)
		}
		left += len(list)
	}
	seen := map[string]bool{}
	for _, v := range y.visits {
		if seen[v.id] {
			continue
		}
		seen[v.id] = true
		err := y.desk.Store.View(y.Context(), func(tx *store.Tx) error {
			all, err := tx.Postings("musterstadt", v.id)
			for _, p := range all {
				if p.State == "sent" {
					noted++
				}
			}
			return err
		})
		if err != nil {
			y.Fatal(err)
		}
	}
	return left, noted
}
