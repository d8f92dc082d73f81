package slots_test

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
)

// county is fifty calendars of four seats over ninety days, part of them taken.
type county struct {
	*agenda.Setup
	ask    *slots.Ask
	length int
	days   []*slots.Day
	claims [][]agenda.Claim
	uses   []slots.Use
	levels []*slots.Levels
}

const (
	benchSites, benchDays = 50, 90
	benchTicks            = 108 // from 8 to 17 o'clock, in the bitmaps of the floor
	benchLength           = 4   // ticks of a visit
	benchRaster           = 3   // ticks between two starts
)

func newCounty(b *testing.B, seats int) *county {
	c := &county{Setup: &agenda.Setup{Tenant: agenda.Tenant{ID: "northeim", Timezone: "Europe/Berlin", State: "NI"},
		Services: []agenda.Service{{ID: "ausweis", Minutes: 5 * benchLength, MinutesMore: -1, HorizonDays: 3650, Modes: []string{agenda.ModeOnsite}, Public: agenda.VisiblePublic}}}}
	for i := range benchSites {
		t := hours("08:00", "17:00", 5*benchRaster, seats)
		c.Calendars = append(c.Calendars, agenda.Calendar{ID: fmt.Sprint("k", i), TickMinutes: 5, Services: []agenda.Offer{{ID: "ausweis"}}, SlotTemplates: []agenda.SlotTemplate{t}})
	}
	if err := c.Prepare(); err != nil {
		b.Fatal(err)
	}
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	p, ok := c.Plan(&c.Calendars[0], agenda.Wish{Items: []agenda.Item{{Service: "ausweis", Quantity: 1}}}, agenda.Public)
	if !ok {
		b.Fatal("the calendar does not offer it")
	}
	c.length = p.Minutes / 5
	c.ask = slots.NewAsk(c.Setup, p, slots.Query{Now: now, By: agenda.Public})
	dice := rand.New(rand.NewPCG(3, 7))
	for i := range c.Calendars {
		for date := range agenda.Date(benchDays) {
			d := slots.Compile(c.Setup, &c.Calendars[i], day("2026-04-01")+date)
			claims := visits(dice, d, seats)
			u := d.Use(claims, now, 0)
			c.days, c.claims, c.uses, c.levels = append(c.days, d), append(c.claims, claims), append(c.uses, u), append(c.levels, d.Levels(u, agenda.Public))
		}
	}
	return c
}

// visits fill a day to about two thirds, each in a seat of its own.
func visits(dice *rand.Rand, d *slots.Day, seats int) (claims []agenda.Claim) {
	first := agenda.TickAt(firstInstant(d.Date, 8*60, time.UTC), 5)
	for start := range d.Raster() {
		first = agenda.TickAt(start, 5)
		break
	}
	number := int64(0)
	for seat := range seats {
		for at := dice.IntN(2 * benchLength); at+benchLength <= benchTicks; at += benchLength + dice.IntN(2*benchLength) {
			number++
			for k := range benchLength {
				claims = append(claims, agenda.Claim{Tick: first + agenda.Tick(at+k), Seat: seat, Booking: number, Public: true})
			}
		}
	}
	return claims
}

// bitFloor is what bits alone would have to do for as many calendars of one seat:
// leave those at which a visit fits, keep the raster, count.
type bitFloor struct {
	maps   [][]uint64 // a bitmap for each calendar and day
	raster []uint64
}

func newFloor(c *county, ticks int) *bitFloor {
	f := &bitFloor{maps: make([][]uint64, len(c.levels)), raster: make([]uint64, (ticks+63)/64)}
	first := (ticks - benchTicks) / 2
	dice := rand.New(rand.NewPCG(1, 2))
	for i := range f.maps {
		f.maps[i] = make([]uint64, len(f.raster))
		for k := first; k < first+benchTicks; k++ {
			if dice.IntN(4) > 0 {
				f.maps[i][k/64] |= 1 << (k % 64)
			}
		}
	}
	for k := first; k < first+benchTicks; k += benchRaster {
		f.raster[k/64] |= 1 << (k % 64)
	}
	return f
}

func (f *bitFloor) run(b *testing.B, length int) {
	starts := 0
	for _, m := range f.maps {
		var space [5]uint64
		free := space[:copy(space[:], m)]
		for have := 1; have < length; {
			step := min(have, length-have)
			for w := range len(free) - 1 {
				free[w] &= free[w]>>(step&63) | free[w+1]<<((64-step)&63)
			}
			free[len(free)-1] &= free[len(free)-1] >> (step & 63)
			have += step
		}
		for w := range free {
			starts += bits.OnesCount64(free[w] & f.raster[w])
		}
	}
	if starts == 0 {
		b.Fatal("nothing is free")
	}
}

// BenchmarkAvailability50x90 is the time for all days of all calendars, days and
// levels being warm, as a cache has them. x-floor is the median of its ratios to
// the floor, which runs by turns with it: what disturbs one disturbs the other.
// x-tight is the same with bitmaps of the working hours alone, which somebody who
// is content with bits would have to know first.
func BenchmarkAvailability50x90(b *testing.B) {
	c := newCounty(b, 4)
	day, hours := newFloor(c, 288), newFloor(c, benchTicks)
	var out []slots.Start
	for _, kind := range []struct {
		name string
		do   func(i int)
	}{
		{"starts", func(i int) { out = c.levels[i].Starts(c.ask, out[:0]) }},
		{"count", func(i int) { c.levels[i].Count(c.ask) }},
		{"first", func(i int) { c.levels[i].First(c.ask) }},
		{"cold-levels", func(i int) { c.days[i].Levels(c.uses[i], agenda.Public) }},
		{"cold-use", func(i int) { c.days[i].Use(c.claims[i], time.Time{}, 0) }},
		{"cold-compile", func(i int) { slots.Compile(c.Setup, c.days[i].Calendar, c.days[i].Date) }},
	} {
		b.Run(kind.name, func(b *testing.B) {
			var wide, tight []float64
			for b.Loop() {
				begin := time.Now()
				day.run(b, c.length)
				one := time.Now()
				hours.run(b, c.length)
				two := time.Now()
				for i := range c.days {
					kind.do(i)
				}
				took := float64(time.Since(two))
				wide, tight = append(wide, took/float64(one.Sub(begin))), append(tight, took/float64(two.Sub(one)))
			}
			slices.Sort(wide)
			slices.Sort(tight)
			b.ReportMetric(wide[len(wide)/2], "x-floor")
			b.ReportMetric(tight[len(tight)/2], "x-tight")
			b.ReportMetric(0, "ns/op") // the floors are in it
		})
	}
}
