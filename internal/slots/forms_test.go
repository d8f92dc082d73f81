package slots_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
)

// crowdedWorld has up to a thousand seats and many visits, so that more different
// numbers are free than there are bitmaps for.
func crowdedWorld(t *rapid.T) *world {
	w := anyWorld(t)
	d := dice{t}
	for i := range w.setup.Calendars {
		for j := range w.setup.Calendars[i].SlotTemplates {
			tpl := &w.setup.Calendars[i].SlotTemplates[j]
			tpl.Seats = agenda.Seats{Total: d.n(20, 1000), Public: -1}
			if d.often(30) {
				tpl.Seats.Public = d.n(0, tpl.Seats.Total)
			}
		}
	}
	for range d.n(0, 60) {
		w.visits = append(w.visits, w.newVisit(d, int64(len(w.visits)+1)))
	}
	return w
}

// TestLawManySeats: where a counter per tick takes the place of bitmaps, the
// answers are the same.
func TestLawManySeats(t *testing.T) {
	offered := 0
	rapid.Check(t, func(t *rapid.T) {
		w := crowdedWorld(t)
		complete(t, w)
		offered += len(w.offers())
		forms(t, w)
	})
	if offered < 20 {
		t.Errorf("the random offices offered only %d starts", offered)
	}
}

// TestLawForms: the first, the number and the list of starts are of one answer.
func TestLawForms(t *testing.T) { rapid.Check(t, func(t *rapid.T) { forms(t, anyWorld(t)) }) }

func forms(t *rapid.T, w *world) {
	p, ok := w.setup.Plan(w.calendar, w.wish, w.by)
	if !ok {
		return
	}
	d, u := w.compile()
	a, l := slots.NewAsk(w.setup, p, slots.Query{Now: w.now, By: w.by}), d.Levels(u, w.by)
	list, seats := l.Starts(a, []slots.Start{{Tick: -7}})[1:], 0
	var offers []agenda.Slot
	for _, s := range list {
		seats += s.Free
		offers = append(offers, agenda.Slot{Start: s.Tick.Time(w.calendar.TickMinutes).In(w.setup.Zone()), Calendar: w.calendar.ID, Site: w.calendar.Site,
			Minutes: p.Minutes, Modes: d.Modes(p, s.Stretch), Free: s.Free})
	}
	if want := w.offers(); !reflect.DeepEqual(offers, want) {
		t.Fatalf("got %v, want %v\n%v", offers, want, w)
	}
	if n, sum := l.Count(a); n != len(list) || sum != seats {
		t.Fatalf("counted %d starts with %d seats, listed %d with %d\n%v", n, sum, len(list), seats, w)
	}
	first, found := l.First(a)
	if found != (len(list) > 0) || found && first != list[0] {
		t.Fatalf("first: got %+v %v, listed %v\n%v", first, found, list, w)
	}
	if l.Full() && found {
		t.Fatalf("%v on a day that is full\n%v", first, w)
	}
}

// TestLawUntil: until a claim in it expires, a Use answers at any time as one made
// then; at that moment it has one claim too many.
func TestLawUntil(t *testing.T) {
	expired := 0
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		p, ok := w.setup.Plan(w.calendar, w.wish, w.by)
		if !ok {
			return
		}
		d, u := w.compile()
		l := d.Levels(u, w.by)
		if !l.Until.Equal(u.Until) {
			t.Fatalf("got %v, want %v", l.Until, u.Until)
		}
		made := w.now
		w.now = made.Add(time.Duration(dice{t}.n(0, 3*24*3600)) * time.Second)
		if !u.Until.IsZero() && !w.now.Before(u.Until) {
			w.now = u.Until.Add(-time.Nanosecond)
		}
		q := slots.Query{Now: w.now, By: w.by}
		got, _ := l.Count(slots.NewAsk(w.setup, p, q))
		if want := w.offers(); got != len(want) || !reflect.DeepEqual(slots.Free(d, u, p, q), want) {
			t.Fatalf("made at %v, asked at %v: got %d, want %v\n%v", made, w.now, got, want, w)
		}
		if u.Until.IsZero() {
			return
		}
		expired++
		from, to := d.Span()
		before, after := 0, 0
		later := d.Use(w.claims(), u.Until, w.except)
		for k := from; k < to; k++ {
			a, _ := u.Taken(k, agenda.Public)
			b, _ := later.Taken(k, agenda.Public)
			before, after = before+a, after+b
		}
		if after >= before || !later.Until.IsZero() && !later.Until.After(u.Until) {
			t.Fatalf("at %v: %d ticks of seats after %d, until %v\n%v", u.Until, after, before, later.Until, w)
		}
	})
	if expired < 20 {
		t.Errorf("the random offices had only %d expiring claims", expired)
	}
}

// TestLawClaimsOfTheTicksSuffice: an act reads no more claims than stand in its way.
func TestLawClaimsOfTheTicksSuffice(t *testing.T) {
	booked := 0
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		p, ok := w.setup.Plan(w.calendar, w.wish, w.by)
		if !ok {
			return
		}
		d, u := w.compile()
		q := slots.Query{Now: w.now, By: w.by}
		for start := range d.Raster() {
			from, to := slots.ClaimFor(start, p)
			few := slices.DeleteFunc(w.claims(), func(c agenda.Claim) bool { return c.Tick < from || c.Tick >= to })
			_, over, err := slots.Check(d, d.Use(few, w.now, w.except), p, q, start, true)
			_, wantOver, want := slots.Check(d, u, p, q, start, true)
			if over != wantOver || !errors.Is(err, want) {
				t.Fatalf("%v: got %v %v, want %v %v\n%v", start, over, err, wantOver, want, w)
			}
			if err == nil && len(few) > 0 {
				booked++
			}
		}
	})
	if booked < 20 {
		t.Errorf("the random offices had only %d starts with claims", booked)
	}
}

func TestADayIsSmall(t *testing.T) {
	o := newOffice(t, hours("08:00", "12:00", 10, 4), hours("13:00", "17:00", 10, 4))
	o.claim("2026-07-01T08:00:00+02:00", 60, true)
	d := slots.Compile(o.Setup, o.calendar, day("2026-07-01"))
	u := d.Use(o.claims, instant(t, o.now), 0)
	for what, got := range map[string]int{"day": d.Bytes(), "use": u.Bytes(), "levels": d.Levels(u, agenda.Public).Bytes()} {
		if got > 400 {
			t.Errorf("%s: got %d bytes, want a few hundred", what, got)
		}
	}
}

// TestADayOfMinutes: 25 hours of single minutes, a claim longer than a word of bits,
// and more claims than a counter holds.
func TestADayOfMinutes(t *testing.T) {
	o := newOffice(t, hours("00:00", "24:00", 60, 3))
	o.calendar.TickMinutes, o.calendar.BeforeMinutes, o.service.Minutes = 1, 70, 150
	d := slots.Compile(o.Setup, o.calendar, day("2026-10-25"))
	if from, to := d.Span(); to-from != 25*60 {
		t.Errorf("got %d ticks, want %d", to-from, 25*60)
	}
	o.claim("2026-10-25T12:00:00+01:00", 1, true)
	noon := o.claims[0]
	o.claims = slices.Repeat([]agenda.Claim{noon}, 70000)
	if all, public := d.Use(o.claims, instant(t, o.now), 0).Taken(noon.Tick, agenda.Public); all != 65535 || public != 65535 {
		t.Errorf("got %d and %d, want as many as are counted", all, public)
	}
	want(t, "around the crowd", o.seats("2026-10-25"), "02:00=3 03:00=3 04:00=3 05:00=3 06:00=3 07:00=3 08:00=3 09:00=3 14:00=3 15:00=3 16:00=3 17:00=3 18:00=3 19:00=3 20:00=3 21:00=3")
}

func TestServes(t *testing.T) {
	o := newOffice(t, hours("08:00", "09:00", 10, 1))
	for _, c := range []struct {
		what  string
		spoil func()
		want  bool
	}{
		{"open", func() {}, true},
		{"all booked", func() { o.claim("2026-07-01T08:00:00+02:00", 12, true) }, true},
		{"too short", func() { o.service.Minutes = 65 }, false},
		{"for others", func() { o.service.Minutes, o.calendar.SlotTemplates[0].Services = 10, []string{"pass"} }, false},
		{"closed", func() {
			o.calendar.SlotTemplates[0].Services, o.Closures = nil, []agenda.Closure{closure("2026-07-01", "2026-07-01", 0)}
		}, false},
	} {
		c.spoil()
		if got := slots.Compile(o.Setup, o.calendar, day("2026-07-01")).Serves(o.plan(1)); got != c.want {
			t.Errorf("%s: got %v", c.what, got)
		}
	}
}
