package jobs

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// Jobs that take turns are told from those that nobody looks at, or that never end; what
// fails, or breaks off, is counted and not stuck.
func TestStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &Runner{}
		fine := func(when string) {
			t.Helper()
			if err := r.Stuck(); err != nil {
				t.Errorf("%s: got %v", when, err)
			}
		}
		fine("before anything began")
		r.turns.beat()
		time.Sleep(stillness)
		fine("after a long wait")
		time.Sleep(time.Second)
		if r.Stuck() == nil {
			t.Error("nobody looks at the jobs, and nobody says so")
		}
		r.turns.beat()
		fine("after a beat")

		end := make(chan error)
		go func() {
			_ = r.turns.take("slow", func() error { return <-end }) // it is told
		}()
		for range longest/stillness + 1 {
			time.Sleep(stillness)
			r.turns.beat()
		}
		if r.Stuck() == nil {
			t.Error("a job never ends, and nobody says so")
		}
		end <- errors.New("at last")
		synctest.Wait()
		fine("after its end")
		func() {
			defer func() { _ = recover() }()
			_ = r.turns.take("breaks", func() error { panic("x") })
		}()
		if err := r.turns.take("slow", func() error { return nil }); err != nil {
			t.Error(err)
		}
		var got []string
		r.Turns(func(name string, good time.Time, failures int64) {
			got = append(got, fmt.Sprint(name, good.IsZero(), good.Equal(time.Now()), failures))
		})
		if want := []string{"breakstrue false 1", "slowfalse true 1"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
