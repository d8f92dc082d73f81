package booking_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/pgtest"
)

// twoDesks runs a test on two desks of one database, as two processes have them.
func twoDesks(t *testing.T, f func(p *pair)) {
	t.Helper()
	for engine, url := range map[string]func(*testing.T) string{
		"SQLite":     func(t *testing.T) string { return filepath.Join(t.TempDir(), "book.db") },
		"PostgreSQL": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			p := &pair{T: t, url: url(t), shared: engine == "PostgreSQL"}
			p.desks[0], p.clock = desktest.Open(t, p.url)
			p.desks[1], p.third = desktest.Beside(t, p.url, p.clock), desktest.Beside(t, p.url, p.clock)
			f(p)
		})
	}
}

type pair struct {
	*testing.T
	url    string
	desks  [2]*booking.Desk
	third  *booking.Desk // where nothing is remembered
	clock  *desktest.Clock
	shared bool // what the other one did may be known a moment later

	mu       sync.Mutex
	visits   []booking.Receipt
	searches int
}

// agree wants both desks, which remember, to say what one says that never looked before.
func (p *pair) agree(what string) {
	p.Helper()
	for i, d := range p.desks {
		for n, q := range searches() {
			last := time.Now().Add(5 * time.Second)
			for {
				fresh := &booking.Desk{Store: p.third.Store}
				want, wantErr := answer(p.T, fresh, q)
				got, err := answer(p.T, d, q)
				if reflect.DeepEqual(got, want) && errors.Is(err, wantErr) {
					break
				}
				if !p.shared || time.Now().After(last) {
					p.Fatalf("%s, desk %d, search %d: got\n%v %v, want\n%v %v", what, i, n, got, err, want, wantErr)
				}
			}
		}
	}
}

func searches() (list []booking.Search) {
	today := agenda.DateOf(desktest.Start)
	for _, by := range []agenda.Channel{agenda.Public, agenda.Staff} {
		for _, service := range []string{"ausweis", "beratung"} {
			list = append(list, booking.Search{Tenant: town, Wish: desktest.Wish(service), From: today, To: today + 8, By: by})
		}
	}
	return list
}

// answer is what a desk says to a search, without what is another value in every store.
func answer(t *testing.T, d *booking.Desk, q booking.Search) (list []string, err error) {
	f, err := d.Availability(t.Context(), q)
	if err != nil {
		return nil, err
	}
	list = append(list, fmt.Sprint(f.Setup.Revision, f.Minutes, f.NextFree, f.NextRelease, f.Why, f.Horizon))
	for _, day := range f.Days {
		list = append(list, fmt.Sprint(day.Date))
		for _, s := range day.Slots {
			list = append(list, fmt.Sprint(s))
		}
	}
	firsts, err := d.NextFree(t.Context(), q)
	for _, f := range firsts {
		list = append(list, fmt.Sprint(f.Site.ID, f.Calendar.ID, f.Slot))
	}
	return list, err
}

// TestMemorySaysWhatTheDatabaseSays: whatever several people do at two desks at once,
// and whatever the clock does meanwhile, searches from memory say what the database
// says. While they run, both desks compare every answer.
func TestMemorySaysWhatTheDatabaseSays(t *testing.T) {
	twoDesks(t, func(p *pair) {
		p.agree("empty")
		for round := range 8 {
			var wg sync.WaitGroup
			for n := range 4 {
				wg.Go(func() {
					dice := rand.New(rand.NewPCG(uint64(round), uint64(n)))
					for range 8 {
						p.act(dice, p.desks[n%2])
					}
				})
			}
			wg.Wait()
			p.agree(fmt.Sprint("round ", round))
			p.clock.Advance([]time.Duration{0, time.Minute, 21 * time.Minute, -time.Hour, 24 * time.Hour, 0, 61 * time.Minute, 0}[round])
			if round%3 == 2 {
				p.change(round)
			}
			p.agree(fmt.Sprint("after round ", round))
		}
		if len(p.visits) < 10 || p.searches < 20 {
			p.Errorf("only %d visits and %d searches", len(p.visits), p.searches)
		}
	})
}

// act does one of the things that people do at a desk.
func (p *pair) act(dice *rand.Rand, d *booking.Desk) {
	ctx := p.Context()
	by := []agenda.Channel{agenda.Public, agenda.Staff}[dice.IntN(2)]
	r := ask("ausweise", desktest.At(dice.IntN(4), fmt.Sprintf("%02d:%d0", 8+dice.IntN(4), dice.IntN(6))), "ausweis")
	r.By, r.Calendar = by, []string{"ausweise", "buergerbuero"}[dice.IntN(2)]
	visit := p.some(dice)
	var err error
	switch act := dice.IntN(9); {
	case act < 2:
		var got booking.Receipt
		if got, err = d.BookNow(ctx, r, form(), booking.Once{}); err == nil {
			p.mu.Lock()
			p.visits = append(p.visits, got)
			p.mu.Unlock()
		}
	case act == 2:
		var held booking.Held
		if held, err = d.Hold(ctx, r); err == nil && dice.IntN(2) == 0 {
			err = d.Release(ctx, town, held.Secret)
		}
	case act == 3 && visit != nil:
		_, err = d.Cancel(ctx, town, visit.Manage)
	case act == 4 && visit != nil:
		_, err = d.Move(ctx, town, visit.Manage, booking.Target{Start: r.Start, Calendar: r.Calendar})
	case act == 5:
		_, err = d.ExpireOverdue(ctx, 10)
	case act == 6 && visit != nil:
		own := kit{T: p.T, Desk: d}.stored(visit.Booking)
		today := agenda.DateOf(desktest.Start)
		_, err = d.Availability(ctx, booking.Search{Tenant: town, From: today, To: today + 4, By: by, Own: own})
	case act == 7:
		_, err = d.Alternatives(ctx, r, nil, 3)
	default:
		p.mu.Lock()
		p.searches++
		p.mu.Unlock()
		_, err = answer(p.T, d, searches()[dice.IntN(4)])
	}
	for _, fine := range []error{nil, agenda.ErrTaken, agenda.ErrWindowClosed, agenda.ErrState, agenda.ErrTooLate, agenda.ErrConflict, agenda.ErrExpired, agenda.ErrNotFound, agenda.ErrLimited} {
		if errors.Is(err, fine) {
			return
		}
	}
	p.Error(err)
}

func (p *pair) some(dice *rand.Rand) *booking.Receipt {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.visits) == 0 {
		return nil
	}
	return &p.visits[dice.IntN(len(p.visits))]
}

// change applies another set-up at the other desk.
func (p *pair) change(round int) {
	d := p.desks[round%2]
	s := desktest.Musterstadt()
	s.Calendars[0].SlotTemplates[0].Seats = agenda.Seats{Total: 3 + round, Public: 1 + round}
	date := agenda.DateOf(desktest.Start) + agenda.Date(round)
	s.Closures = []agenda.Closure{{From: agenda.Moment{Date: date}, To: agenda.Moment{Date: date}}}
	if _, err := d.Apply(p.Context(), s, booking.ApplyOptions{Actor: "test", Strand: true, Merge: true}); err != nil {
		p.Fatal(err)
	}
}

// TestSearchSeesWhatWasAnswered: in one process, and on SQLite in all, whoever has the
// answer to an act finds it in the next search.
func TestSearchSeesWhatWasAnswered(t *testing.T) {
	twoDesks(t, func(p *pair) {
		q := booking.Search{Tenant: town, Wish: desktest.Wish("ausweis"), Calendars: []string{"ausweise"}, From: agenda.DateOf(desktest.Start) + 1, To: agenda.DateOf(desktest.Start) + 1, By: agenda.Public}
		start := desktest.At(1, "08:00")
		offered := func(d *booking.Desk) bool {
			f, err := d.Availability(p.Context(), q)
			first, err2 := d.NextFree(p.Context(), q)
			if err = errors.Join(err, err2); err != nil {
				p.Fatal(err)
			}
			at := slices.ContainsFunc(f.Days[0].Slots, func(s agenda.Slot) bool { return s.Start.Equal(start) })
			if today := desktest.At(0, "12:00"); first[0].Slot.Start.After(today) && at != first[0].Slot.Start.Equal(start) {
				p.Fatalf("offered %v, but the first free is %v", at, first[0].Slot.Start)
			}
			return at
		}
		p.clock.Set(desktest.At(0, "13:00")) // so that the start is the first of all
		for range 10 {
			for i, d := range p.desks {
				watch := p.desks
				if p.shared {
					watch = [2]*booking.Desk{d, d}
				}
				if !offered(watch[0]) || !offered(watch[1]) {
					p.Fatal("a free start is not offered")
				}
				got := kit{T: p.T, Desk: d}.now(ask("ausweise", start, "ausweis"))
				if offered(watch[0]) || offered(watch[1]) {
					p.Fatalf("desk %d booked the start, and it is still offered", i)
				}
				if _, err := d.Cancel(p.Context(), town, got.Manage); err != nil {
					p.Fatal(err)
				}
				if !offered(watch[0]) || !offered(watch[1]) {
					p.Fatalf("desk %d gave the start back, and it is not offered", i)
				}
			}
			if p.shared {
				break
			}
		}
	})
}
