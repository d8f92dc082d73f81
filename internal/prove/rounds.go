package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"terminvergabe/internal/prove/arena"
	"terminvergabe/internal/prove/ledger"
)

// ring is where rounds are fought: a part of a town that nobody else touches.
type ring struct {
	*field
	known *arena.Known
	day   int8 // the first of three
	n     int  // how many fight
}

// roundList are the races whose outcome is known: exactly so many win as there are
// seats, whoever they are.
func roundList() []func(context.Context, *ring) error {
	return []func(context.Context, *ring) error{
		func(ctx context.Context, r *ring) error { return r.raceFor(ctx, ledger.Hold, r.at(0, 1, 0), false) },
		func(ctx context.Context, r *ring) error { return r.raceFor(ctx, ledger.BookNow, r.at(0, 1, 1), false) },
		func(ctx context.Context, r *ring) error { return r.raceFor(ctx, ledger.BookNow, r.at(0, 1, 2), true) },
		func(ctx context.Context, r *ring) error { return r.raceFor(ctx, ledger.Hold, r.at(1, 0, 0), false) },
		func(ctx context.Context, r *ring) error { return r.raceFor(ctx, ledger.BookNow, r.at(1, 0, 1), false) },
		func(ctx context.Context, r *ring) error { return r.raceFor(ctx, ledger.Hold, r.at(2, 0, 0), false) },
		func(ctx context.Context, r *ring) error { return r.raceFor(ctx, ledger.BookNow, r.at(2, 0, 1), false) },
		func(ctx context.Context, r *ring) error { return r.raceFor(ctx, ledger.BookNow, r.at(3, 0, 0), false) },
		func(ctx context.Context, r *ring) error { return r.raceFor(ctx, ledger.BookNow, r.at(3, 0, 1), true) },
		mixedRace, moveRace, crossRace, expiryRace, confirmRace, decideRace, cancelRace,
	}
}

func (r *ring) at(calendar, day, cell int8) ledger.Place {
	return ledger.Place{Calendar: calendar, Day: r.day + day, Cell: cell}
}

// together does acts at once, each at a door of its own, and gives the answers.
func (r *ring) together(ctx context.Context, acts []ledger.Act) ([]ledger.Said, error) {
	said, errs := make([]ledger.Said, len(acts)), make([]error, len(acts))
	gate := make(chan struct{})
	var wg sync.WaitGroup
	for i, a := range acts {
		wg.Go(func() {
			<-gate
			said[i], errs[i] = r.attempt(ctx, i, r.known, a)
		})
	}
	close(gate)
	wg.Wait()
	return said, errors.Join(errs...)
}

// wins says how many acts were done; every other must have been refused with a word
// that is expected.
func wins(acts []ledger.Act, said []ledger.Said, refusal ...ledger.Word) (n int, err error) {
	for i, s := range said {
		ok := s.Word == ledger.Done
		for _, w := range refusal {
			ok = ok || s.Word == w
		}
		if !ok {
			return 0, fmt.Errorf("%v was answered: %v", acts[i], s.Word)
		}
		if s.Word == ledger.Done {
			n++
		}
	}
	return n, nil
}

// many is an act n times.
func many(n int, a ledger.Act) []ledger.Act {
	acts := make([]ledger.Act, n)
	for i := range acts {
		acts[i] = a
	}
	return acts
}

func fresh(k ledger.Kind, at ledger.Place, staff bool) ledger.Act {
	return ledger.Act{Kind: k, Visit: -1, At: at, Cells: 1, Staff: staff}
}

// raceFor lets all ask for the same start.
func (r *ring) raceFor(ctx context.Context, k ledger.Kind, at ledger.Place, staff bool) error {
	seats := arena.Seats()[at.Calendar]
	want := int(seats.Public)
	if staff {
		want = int(seats.Total)
	}
	return r.exactly(ctx, many(r.n, fresh(k, at, staff)), want)
}

func (r *ring) exactly(ctx context.Context, acts []ledger.Act, want int) error {
	said, err := r.together(ctx, acts)
	if err != nil {
		return err
	}
	got, err := wins(acts, said, ledger.Taken)
	if err == nil && got != want {
		err = fmt.Errorf("%d of %d won %v, want %d", got, len(acts), acts[0], want)
	}
	return err
}

// filled books so many visits at a start, one after the other.
func (r *ring) filled(ctx context.Context, at ledger.Place, n int) (visits []int16, err error) {
	for range n {
		said, err := r.attempt(ctx, 0, r.known, fresh(ledger.BookNow, at, false))
		if err != nil || said.Word != ledger.Done {
			return nil, errors.Join(err, fmt.Errorf("a free seat at %v was refused: %v", at, said.Word))
		}
		visits = append(visits, said.Visit)
	}
	return visits, nil
}

// mixedRace is between visitors and staff: all seats go, and not too many to visitors.
func mixedRace(ctx context.Context, r *ring) error {
	at := r.at(0, 1, 3)
	acts := append(many(r.n/2, fresh(ledger.BookNow, at, false)), many(r.n/2, fresh(ledger.BookNow, at, true))...)
	said, err := r.together(ctx, acts)
	if err != nil {
		return err
	}
	visitors, err := wins(acts, said[:r.n/2], ledger.Taken)
	staff, err2 := wins(acts, said[r.n/2:], ledger.Taken)
	if seats := arena.Seats()[0]; err == nil && err2 == nil && (visitors+staff != int(seats.Total) || visitors > int(seats.Public)) {
		err = fmt.Errorf("%d visitors and %d of staff won, there are %v", visitors, staff, seats)
	}
	return errors.Join(err, err2)
}

// moveRace is between visits that all want to one start, each asked for twice.
func moveRace(ctx context.Context, r *ring) error {
	var acts []ledger.Act
	for cell := int8(1); cell < arena.Cells; cell++ {
		visits, err := r.filled(ctx, r.at(0, 0, cell), 2)
		if err != nil {
			return err
		}
		for _, v := range visits {
			acts = append(acts, many(2, ledger.Act{Kind: ledger.Move, Visit: v, At: r.at(0, 0, 0), Cells: 1})...)
		}
	}
	said, err := r.together(ctx, acts)
	if err != nil {
		return err
	}
	if _, err := wins(acts, said, ledger.Taken); err != nil {
		return err
	}
	arrived := map[int16]bool{}
	for i, a := range acts {
		if said[i].Word == ledger.Done {
			arrived[a.Visit] = true
		}
	}
	return r.standAt(ctx, acts, r.at(0, 0, 0), arrived, 2)
}

// standAt demands that exactly those visits are at a place that were told so, and how
// many these are.
func (r *ring) standAt(ctx context.Context, acts []ledger.Act, at ledger.Place, told map[int16]bool, want int) error {
	there := map[int16]bool{}
	for _, a := range acts {
		p, _, err := r.judge.Where(ctx, r.known, a.Visit)
		if err != nil {
			return err
		}
		if p == at {
			there[a.Visit] = true
		}
		if (p == at) != told[a.Visit] {
			return fmt.Errorf("visit #%d is at %v, and was told %v of %v", a.Visit, p, told[a.Visit], at)
		}
	}
	if len(there) != want {
		return fmt.Errorf("%d visits moved to %v, want %d", len(there), at, want)
	}
	return nil
}

// crossRace is between visits at A that want to B and visits at B that want to A: with
// both full nobody can, with one seat free somebody does.
func crossRace(ctx context.Context, r *ring) error {
	a, b := r.at(0, 2, 0), r.at(0, 2, 1)
	atA, err := r.filled(ctx, a, 2)
	if err != nil {
		return err
	}
	atB, err := r.filled(ctx, b, 2)
	if err != nil {
		return err
	}
	var acts []ledger.Act
	for i := range atA {
		acts = append(acts, many(r.n/4, ledger.Act{Kind: ledger.Move, Visit: atA[i], At: b, Cells: 1})...)
		acts = append(acts, many(r.n/4, ledger.Act{Kind: ledger.Move, Visit: atB[i], At: a, Cells: 1})...)
	}
	if err := r.exactly(ctx, acts, 0); err != nil {
		return err
	}
	gone := ledger.Act{Kind: ledger.Cancel, Visit: atA[0]}
	if said, err := r.attempt(ctx, 0, r.known, gone); err != nil || said.Word != ledger.Done {
		return errors.Join(err, fmt.Errorf("%v: %v", gone, said.Word))
	}
	said, err := r.together(ctx, acts)
	if err != nil {
		return err
	}
	if n, err := wins(acts, said, ledger.Taken, ledger.Wrong); err != nil || n == 0 {
		return errors.Join(err, fmt.Errorf("%d moves into a free seat", n))
	}
	left := map[ledger.Place]int{}
	for _, v := range []int16{atA[1], atB[0], atB[1]} {
		p, _, err := r.judge.Where(ctx, r.known, v)
		if err != nil {
			return err
		}
		left[p]++
	}
	if left[a]+left[b] != 3 || left[a] > 2 || left[b] > 2 {
		return fmt.Errorf("three visits between two starts are at %v", left)
	}
	return nil
}

// expiryRace is for the seats of holds that have just run out.
func expiryRace(ctx context.Context, r *ring) error {
	at := r.at(0, 1, 4)
	acts := many(r.n, fresh(ledger.BookNow, at, false))
	for i := range 2 {
		said, err := r.attempt(ctx, i, r.known, fresh(ledger.Hold, at, false))
		if err != nil || said.Word != ledger.Done {
			return errors.Join(err, fmt.Errorf("hold of a free seat: %v", said.Word))
		}
		acts = append(acts, ledger.Act{Kind: ledger.BookHeld, Visit: said.Visit, Cells: 1})
	}
	if err := r.exactly(ctx, acts[:r.n], 0); err != nil { // as long as they run
		return err
	}
	if err := r.pass(2); err != nil {
		return err
	}
	said, err := r.together(ctx, acts)
	if err != nil {
		return err
	}
	got, err := wins(acts, said, ledger.Taken, ledger.Ran)
	if err == nil && (got != 2 || said[r.n].Word != ledger.Ran || said[r.n+1].Word != ledger.Ran) {
		err = fmt.Errorf("%d won the seats of two holds that had run out, their owners were told %v and %v", got, said[r.n].Word, said[r.n+1].Word)
	}
	return err
}

// confirmRace answers one letter many times: it is confirmed, and all are told so.
func confirmRace(ctx context.Context, r *ring) error {
	visits, err := r.filled(ctx, r.at(1, 0, 2), 1)
	if err != nil {
		return err
	}
	return r.exactly(ctx, many(r.n, ledger.Act{Kind: ledger.Confirming, Visit: visits[0]}), r.n)
}

// decideRace is between a yes and a no of the office.
func decideRace(ctx context.Context, r *ring) error {
	visits, err := r.filled(ctx, r.at(2, 0, 2), 1)
	if err != nil {
		return err
	}
	acts := append(many(r.n/2, ledger.Act{Kind: ledger.Approve, Visit: visits[0], Staff: true}), many(r.n/2, ledger.Act{Kind: ledger.Reject, Visit: visits[0], Staff: true})...)
	said, err := r.together(ctx, acts)
	if err != nil {
		return err
	}
	yes, err := wins(acts, said[:r.n/2], ledger.Wrong)
	no, err2 := wins(acts, said[r.n/2:], ledger.Wrong)
	_, stands, err3 := r.judge.Where(ctx, r.known, visits[0])
	if err := errors.Join(err, err2, err3); err != nil {
		return err
	}
	if !(yes == 1 && no == 0 && stands == ledger.Confirmed || yes == 0 && no == r.n/2 && stands == ledger.Cancelled) {
		return fmt.Errorf("%d were told that it is approved, %d that it is rejected, and it stands at %d", yes, no, stands)
	}
	return nil
}

// cancelRace is for the seats of visits that are being cancelled: who came too early
// may lose, but the seats are not lost.
func cancelRace(ctx context.Context, r *ring) error {
	at := r.at(0, 1, 5)
	visits, err := r.filled(ctx, at, 2)
	if err != nil {
		return err
	}
	acts := many(r.n, fresh(ledger.BookNow, at, false))
	for _, v := range visits {
		acts = append(acts, many(2, ledger.Act{Kind: ledger.Cancel, Visit: v})...)
	}
	said, err := r.together(ctx, acts)
	if err != nil {
		return err
	}
	early, err := wins(acts, said[:r.n], ledger.Taken)
	cancelled, err2 := wins(acts[r.n:], said[r.n:])
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	if early > 2 || cancelled != 4 {
		return fmt.Errorf("%d booked two seats, %d of 4 were told that they are cancelled", early, cancelled)
	}
	return r.exactly(ctx, acts[:r.n], 2-early)
}

// rounds fights all races, up to three times in one town.
func (f *field) rounds(ctx context.Context, n, times int) error {
	known := arena.NewKnown(f.tenant, "rounds")
	for day := int8(1); day < int8(1+3*times); day += 3 {
		for i, round := range roundList() {
			if err := round(ctx, &ring{f, known, day, n}); err != nil {
				return fmt.Errorf("round %d: %w", i, err)
			}
		}
	}
	return nil
}
