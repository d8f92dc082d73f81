package jobs

import (
	"context"
	"errors"
	"sync"
	"time"
)

// wave is a run of a job that has much under way at once, each piece in a lane.
type wave[Lane comparable] struct {
	*Runner
	group sync.WaitGroup
	ended chan struct{} // a piece has

	mu     sync.Mutex
	under  map[Lane]int // under way
	faults error
}

func newWave[Lane comparable](r *Runner) wave[Lane] {
	return wave[Lane]{Runner: r, ended: make(chan struct{}, 1), under: map[Lane]int{}}
}

// work takes what is due until there is nothing more and all have ended, and returns their
// faults. take begins what may begin now, and says how much that was.
func (w *wave[Lane]) work(ctx context.Context, take func(context.Context) (int, error)) error {
	for ctx.Err() == nil {
		before := w.all()
		n, err := take(ctx)
		if err != nil {
			w.note(err)
			break
		}
		if n == 0 && before == 0 {
			break
		}
		if n > 0 {
			continue
		}
		select { // somebody's end makes room, and more becomes due
		case <-w.ended:
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	w.group.Wait()
	return w.faults
}

// begin does a piece beside the others.
func (w *wave[Lane]) begin(l Lane, do func()) {
	w.mu.Lock()
	w.under[l]++
	w.mu.Unlock()
	w.group.Go(func() {
		do()
		w.mu.Lock()
		w.under[l]--
		w.mu.Unlock()
		select {
		case w.ended <- struct{}{}:
		default:
		}
	})
}

// in counts what is under way in a lane.
func (w *wave[Lane]) in(l Lane) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.under[l]
}

func (w *wave[Lane]) all() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, some := range w.under {
		n += some
	}
	return n
}

func (w *wave[Lane]) note(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = errors.Join(w.faults, err)
}
