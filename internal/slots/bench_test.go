package slots_test

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
)

// county is fifty calendars of four seats over ninety days, part of them taken.
type county struct {
	*agenda.Setup
	ask    *slots.Ask
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

// floor is what bits alone would have to do for as many calendars of one seat:
// leave those at which a visit fits, keep the raster, count.
func (c *county) floor(maps [][2]uint64, raster [2]uint64) (starts int) {
	for i := range maps {
		lo, hi := maps[i][0], maps[i][1]
		for have := 1; have < benchLength; {
			step := min(have, benchLength-have)
			lo, hi = lo&(lo>>step|hi<<(64-step)), hi&(hi>>step)
			have += step
		}
		starts += bits.OnesCount64(lo&raster[0]) + bits.OnesCount64(hi&raster[1])
	}
	return starts
}

// BenchmarkAvailability50x90 compares the engine with the floor; days and levels
// are warm, as a cache has them. ns/day is the time for one calendar's day.
func BenchmarkAvailability50x90(b *testing.B) {
	c := newCounty(b, 4)
	perDay := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(c.levels)), "ns/day")
	}
	b.Run("floor", func(b *testing.B) {
		var raster [2]uint64
		for i := 0; i < benchTicks; i += benchRaster {
			raster[i/64] |= 1 << (i % 64)
		}
		dice := rand.New(rand.NewPCG(1, 2))
		maps := make([][2]uint64, len(c.levels))
		for i := range maps {
			maps[i] = [2]uint64{dice.Uint64() | dice.Uint64(), (dice.Uint64() | dice.Uint64()) & (1<<(benchTicks-64) - 1)}
		}
		for b.Loop() {
			if c.floor(maps, raster) == 0 {
				b.Fatal("nothing is free")
			}
		}
		perDay(b)
	})
	b.Run("starts", func(b *testing.B) {
		var out []slots.Start
		for b.Loop() {
			for _, l := range c.levels {
				out = l.Starts(c.ask, out[:0])
			}
		}
		perDay(b)
	})
	b.Run("count", func(b *testing.B) {
		for b.Loop() {
			for _, l := range c.levels {
				l.Count(c.ask)
			}
		}
		perDay(b)
	})
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			for _, l := range c.levels {
				l.First(c.ask)
			}
		}
		perDay(b)
	})
	b.Run("levels", func(b *testing.B) {
		for b.Loop() {
			for i, d := range c.days {
				d.Levels(c.uses[i], agenda.Public)
			}
		}
		perDay(b)
	})
	b.Run("use", func(b *testing.B) {
		for b.Loop() {
			for i, d := range c.days {
				d.Use(c.claims[i], time.Time{}, 0)
			}
		}
		perDay(b)
	})
	b.Run("compile", func(b *testing.B) {
		for b.Loop() {
			for i := range c.Calendars {
				for date := range agenda.Date(benchDays) {
					slots.Compile(c.Setup, &c.Calendars[i], day("2026-04-01")+date)
				}
			}
		}
		perDay(b)
	})
}
