// Package load calls something from many clients at once, in a closed loop, and
// says how often it was done and how long it took. Limit and product are measured
// by the same loop.
//
// It refuses to know what is called. Start reading at Run.
package load

import (
	"errors"
	"slices"
	"sync"
	"time"
)

// ErrLost is a call that was answered, but not with what was asked for, since others
// were faster or too many asked: it counts neither as done nor as a fault.
var ErrLost = errors.New("answered, but lost")

// Sample is what one measurement gave. Rate is done calls per second, the
// percentiles are seconds per done call, CPU is the seconds of processor that the
// server spent per done call. What is no rate stands in Value.
type Sample struct {
	Rate, P50, P99, CPU float64
	Done, Lost          int
	Value               float64
}

// An Act is one call of client number n.
type Act func(n int) error

// Run calls act from so many clients for a time. The first error other than ErrLost
// ends the client that got it, and is returned. Where nothing was done, one call takes
// at least as long as the measurement.
func Run(clients int, during time.Duration, act Act) (Sample, error) {
	times := make([][]time.Duration, clients)
	lost, faults := make([]int, clients), make([]error, clients)
	var wg sync.WaitGroup
	begin := time.Now()
	for n := range clients {
		wg.Go(func() {
			took := make([]time.Duration, 0, 1024)
			for first := true; first || time.Since(begin) < during; first = false {
				at := time.Now()
				switch err := act(n); {
				case errors.Is(err, ErrLost):
					lost[n]++
				case err != nil:
					faults[n] = err
					return
				default:
					took = append(took, time.Since(at))
				}
			}
			times[n] = took
		})
	}
	wg.Wait()
	elapsed := time.Since(begin).Seconds()
	if err := errors.Join(faults...); err != nil {
		return Sample{}, err
	}
	all := slices.Concat(times...)
	s := Sample{Done: len(all), Rate: float64(len(all)) / elapsed}
	for _, n := range lost {
		s.Lost += n
	}
	if len(all) == 0 {
		s.P50, s.P99 = elapsed, elapsed
		return s, nil
	}
	slices.Sort(all)
	s.P50, s.P99 = all[len(all)/2].Seconds(), all[len(all)*99/100].Seconds()
	return s, nil
}

// Background calls act from so many clients until stop is called, which gives the
// first error.
func Background(clients int, act Act) (stop func() error) {
	ended := make(chan struct{})
	faults := make([]error, clients)
	var wg sync.WaitGroup
	for n := range clients {
		wg.Go(func() {
			for {
				select {
				case <-ended:
					return
				default:
				}
				if err := act(n); err != nil && !errors.Is(err, ErrLost) {
					faults[n] = err
					return
				}
			}
		})
	}
	return func() error {
		close(ended)
		wg.Wait()
		return errors.Join(faults...)
	}
}
