package slots_test

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
)

// The laws of the engine. Each is checked on random offices; laws one, three and
// six against the oracle, the others against the engine itself.

// TestLawSound: every start that is offered satisfies every rule.
func TestLawSound(t *testing.T) {
	offered := 0
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		o := newOracle(w)
		minutes, _ := o.minutes()
		last := time.Time{}
		for _, s := range w.offers() {
			offered++
			v := o.ask(s.Start)
			if !v.offered() || v.free != s.Free || !slices.Equal(v.modes, s.Modes) {
				t.Fatalf("%v is offered with %d free in %v, want %+v\n%v", s.Start, s.Free, s.Modes, v, w)
			}
			if s.Minutes != o.ticks(minutes) || s.Calendar != w.calendar.ID || s.Site != w.calendar.Site || s.Start.Location() != w.setup.Zone() {
				t.Fatalf("got %+v, want %d minutes in %s, in the office's zone", s, o.ticks(minutes), w.calendar.ID)
			}
			if !s.Start.After(last) {
				t.Fatalf("%v is offered after %v", s.Start, last)
			}
			last = s.Start
		}
	})
	if offered < 20 {
		t.Errorf("the random offices offered only %d starts", offered)
	}
}

// TestLawComplete: every start that the rules allow is offered.
func TestLawComplete(t *testing.T) { rapid.Check(t, func(t *rapid.T) { complete(t, anyWorld(t)) }) }

// TestLawClockChanges: days of 23, 23.5, 24.5 and 25 hours are no exception.
func TestLawClockChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { complete(t, clockChangeWorld(t)) })
}

// complete holds every minute of the day against the oracle.
func complete(t *rapid.T, w *world) {
	offers := starts(w)
	o := newOracle(w)
	for _, at := range w.minutes() {
		v := o.ask(at)
		s, offered := offers[at.Unix()]
		if offered != v.offered() || offered && (s.Free != v.free || !slices.Equal(s.Modes, v.modes)) {
			t.Fatalf("%v: offered %v %+v, want %+v\n%v", at, offered, s, v, w)
		}
		delete(offers, at.Unix())
	}
	if len(offers) > 0 {
		t.Fatalf("offered outside of the day: %v\n%v", offers, w)
	}
}

func starts(w *world) map[int64]agenda.Slot {
	out := map[int64]agenda.Slot{}
	for _, s := range w.offers() {
		out[s.Start.Unix()] = s
	}
	return out
}

// TestLawNeverOverCapacity: whoever books what is offered, in whatever order and
// through whichever calendar of the pool, never exceeds total or public.
func TestLawNeverOverCapacity(t *testing.T) {
	booked := 0
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		d := dice{t}
		w.except = 0
		for id := int64(1000); id < 1015; id++ {
			w.calendar = &w.setup.Calendars[d.n(0, len(w.setup.Calendars)-1)]
			w.by = pick(d, agenda.Public, agenda.Staff)
			offers := w.offers()
			if len(offers) == 0 {
				continue
			}
			s := pick(d, offers...)
			w.visits = append(w.visits, w.taken(s, id))
			booked++
			w.mustHold(t, w.visits[len(w.visits)-1])
		}
	})
	if booked < 20 {
		t.Errorf("the random offices had only %d starts to book", booked)
	}
}

// taken is the time that a booking of an offered start claims.
func (w *world) taken(s agenda.Slot, id int64) visit {
	o := newOracle(w)
	before, after := o.ticks(w.calendar.BeforeMinutes), o.ticks(w.calendar.AfterMinutes)
	from := s.Start.Add(-time.Duration(before) * time.Minute)
	return visit{id: id, from: from, to: s.Start.Add(time.Duration(s.Minutes+after) * time.Minute), public: w.by == agenda.Public}
}

// mustHold counts heads in every minute of a visit just booked.
func (w *world) mustHold(t *rapid.T, v visit) {
	o := newOracle(w)
	for at := v.from; at.Before(v.to); at = at.Add(time.Minute) {
		tpl := o.templateAt(at)
		if tpl == nil {
			t.Fatalf("%v: booked while no template is open\n%v", at, w)
		}
		total, public := o.seatsAt(tpl, at)
		if all, byPublic := o.takenAt(at); all > total || v.public && byPublic > public {
			t.Fatalf("%v: %d of %d seats, %d of %d by the public\n%v", at, all, total, byPublic, public, w)
		}
	}
}

// TestLawFreeIsExact: a start with n free seats can be booked n times, not once
// more.
func TestLawFreeIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		w.except = 0
		offers := w.offers()
		if len(offers) == 0 {
			return
		}
		s := pick(dice{t}, offers...)
		for n := s.Free; n > 0; n-- {
			if got := starts(w)[s.Start.Unix()].Free; got != n {
				t.Fatalf("%v: got %d free, want %d\n%v", s.Start, got, n, w)
			}
			w.visits = append(w.visits, w.taken(s, int64(1000+n)))
		}
		if got, offered := starts(w)[s.Start.Unix()]; offered {
			t.Fatalf("%v is full and offered as %+v\n%v", s.Start, got, w)
		}
	})
}

// TestLawMonotone: one claim or closure more never adds a start and never raises
// a number; one less never takes any away.
func TestLawMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		d := dice{t}
		more := starts(w)
		switch lists := w.closureLists(); d.n(0, 2) {
		case 0:
			w.visits = append(w.visits, w.newVisit(d, 1000))
		case 1:
			list := pick(d, lists...)
			*list = append(*list, w.closures(d, 90, 0)...)
		default:
			w.calendar.Closures = append(w.calendar.Closures, w.closures(d, 90, w.calendar.TickMinutes)...)
		}
		for at, s := range starts(w) {
			if before, ok := more[at]; !ok || before.Free < s.Free {
				t.Fatalf("%v: %d free, before only %d\n%v", s.Start, s.Free, before.Free, w)
			}
		}
	})
}

// closureLists are the closures of all levels that bear on the calendar.
func (w *world) closureLists() []*[]agenda.Closure {
	dep, _ := w.setup.Department(w.calendar.Department)
	site, _ := w.setup.Site(w.calendar.Site)
	return []*[]agenda.Closure{&w.setup.Closures, &dep.Closures, &site.Closures, &w.calendar.Closures}
}

// TestLawOrderIndependent: the order in which things stand in the file or in the
// table, or services in the wish, changes nothing.
func TestLawOrderIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		want := w.offers()
		for i := range w.setup.Calendars {
			c := &w.setup.Calendars[i]
			c.SlotTemplates, c.Services = shuffled(t, c.SlotTemplates), shuffled(t, c.Services)
			for j := range c.SlotTemplates {
				tpl := &c.SlotTemplates[j]
				tpl.Services, tpl.Modes, tpl.Weekdays = shuffled(t, tpl.Services), shuffled(t, tpl.Modes), shuffled(t, tpl.Weekdays)
			}
		}
		for _, list := range w.closureLists() {
			*list = shuffled(t, *list)
		}
		w.setup.Services, w.setup.Sites, w.setup.Departments = shuffled(t, w.setup.Services), shuffled(t, w.setup.Sites), shuffled(t, w.setup.Departments)
		w.visits, w.wish.Items = shuffled(t, w.visits), shuffled(t, w.wish.Items)
		got := w.offers()
		same := func(a, b agenda.Slot) bool {
			// Modes stand in the order of the wish's first service.
			return a.Start.Equal(b.Start) && a.Free == b.Free && a.Minutes == b.Minutes &&
				slices.Equal(slices.Sorted(slices.Values(a.Modes)), slices.Sorted(slices.Values(b.Modes)))
		}
		if !slices.EqualFunc(got, want, same) {
			t.Fatalf("got %v, want %v\n%v", got, want, w)
		}
	})
}

func shuffled[T any](t *rapid.T, s []T) []T {
	if len(s) < 2 {
		return s
	}
	return rapid.Permutation(s).Draw(t, "order")
}

// TestLawAgreement: Check accepts what Free offers and nothing else, and tells a
// closed window from everything else; overbooking lifts the count alone.
func TestLawAgreement(t *testing.T) {
	met := map[error]int{}
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		p, ok := w.setup.Plan(w.calendar, w.wish, w.by)
		if !ok {
			return
		}
		offers, o := starts(w), newOracle(w)
		d, u := w.compile()
		for _, at := range w.minutes() {
			v := o.ask(at)
			want := agenda.ErrTaken
			switch s, offered := offers[at.Unix()]; {
			case offered:
				want, v.modes = nil, s.Modes
			case v.allowed && !v.inTime:
				want = agenda.ErrWindowClosed
			}
			met[want]++
			modes, over, err := slots.Check(d, u, p, slots.Query{Now: w.now, By: w.by}, at.UTC(), false)
			if !errors.Is(err, want) || over || err == nil && !slices.Equal(modes, v.modes) {
				t.Fatalf("%v: got %v %v %v, want %v %v\n%v", at, modes, over, err, v.modes, want, w)
			}
			_, over, err = slots.Check(d, u, p, slots.Query{Now: w.now, By: w.by}, at, true)
			if full := v.allowed && v.inTime && v.free == 0; (err == nil) != (v.allowed && v.inTime) || over != full {
				t.Fatalf("%v overbooked: got %v %v, want %+v\n%v", at, over, err, v, w)
			}
		}
	})
	if met[nil] < 20 || met[agenda.ErrTaken] < 20 || met[agenda.ErrWindowClosed] < 20 {
		t.Errorf("the random offices met too little: %v", slices.Collect(maps.Values(met)))
	}
}
