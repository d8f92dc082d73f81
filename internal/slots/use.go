package slots

import (
	"math"
	"time"
	"unsafe"

	"terminvergabe/internal/agenda"
)

// Use is what is taken of a day, as far as the claims go that it was made of. It
// never changes. The zero Use: nothing is taken.
type Use struct {
	Until time.Time // when a claim in it stops counting, the first that does; zero: none

	from    agenda.Tick // of index 0
	taken   []taken
	waiting []uint16 // seats that were given back and that the public is not offered yet; mostly there are none: nil
}

// taken seats of a tick. Two bytes: whatever is beyond exceeds any set-up. Those that
// wait are not in all, and in public where they were of it.
type taken struct{ all, public uint16 }

// Use counts the claims that hold at now, leaving out those of one booking (the
// own seats of a move; 0 for none). Claims may be those of the whole day in any
// order, or of some ticks of it: then Check may be asked for those ticks.
func (d *Day) Use(claims []agenda.Claim, now time.Time, except int64) Use {
	var u Use
	holds := func(c *agenda.Claim) bool {
		return c.Tick >= d.from && c.Tick < d.to && (c.Booking != except || except == 0) && (c.Expires.IsZero() || now.Before(c.Expires))
	}
	first, last := d.to, d.from
	for i := range claims {
		if c := &claims[i]; holds(c) {
			first, last = min(first, c.Tick), max(last, c.Tick)
			if !c.Expires.IsZero() && (u.Until.IsZero() || c.Expires.Before(u.Until)) {
				u.Until = c.Expires
			}
		}
	}
	if first > last {
		return u
	}
	u.from, u.taken = first, make([]taken, last-first+1)
	for i := range claims {
		c := &claims[i]
		if !holds(c) {
			continue
		}
		t := &u.taken[c.Tick-first]
		if c.GivenBack() {
			if u.waiting == nil {
				u.waiting = make([]uint16, len(u.taken))
			}
			u.waiting[c.Tick-first] = more(u.waiting[c.Tick-first])
		} else {
			t.all = more(t.all)
		}
		if c.Public {
			t.public = more(t.public)
		}
	}
	return u
}

func more(n uint16) uint16 {
	if n == math.MaxUint16 {
		return n
	}
	return n + 1
}

// Taken is how many seats of a tick are taken for a channel, and how many of them by
// the public. Seats that were given back are taken for the public until their time has
// come, and free for staff.
func (u Use) Taken(k agenda.Tick, by agenda.Channel) (all, public int) {
	i := int(k - u.from)
	if i < 0 || i >= len(u.taken) {
		return 0, 0
	}
	all, public = int(u.taken[i].all), int(u.taken[i].public)
	if u.waiting != nil && by != agenda.Staff {
		all += int(u.waiting[i])
	}
	return all, public
}

// Bytes is about how much memory the use takes.
func (u Use) Bytes() int {
	return int(unsafe.Sizeof(u)) + len(u.taken)*int(unsafe.Sizeof(taken{})) + 2*len(u.waiting)
}
