package main

import "errors"

// bitmap is the least that availability of several seats can be: for each day and
// seat a bit per tick that is free, all in memory, and of every start the number of
// seats that are free for the whole visit.
type bitmap struct {
	days []dayBits // calendar by calendar
	out  []freeStart
}

const words = (24*60/tick + 63) / 64

type dayBits [seats][words]uint64

// freeStart is a start that could be booked: its tick of the day, and how many seats.
type freeStart struct {
	day  int32
	tick int16
	free int16
}

// newBitmap makes calendars and days where one visit in eight is taken.
func newBitmap(calendars, days int) *bitmap {
	b := &bitmap{days: make([]dayBits, calendars*days), out: make([]freeStart, 0, calendars*days*slotsADay)}
	taken := uint32(1)
	for i := range b.days {
		for seat := range seats {
			for slot := range slotsADay {
				if taken = taken*1664525 + 1013904223; taken>>29 == 0 {
					continue
				}
				for t := (opens + slot*minutes) / tick; t < (opens+(slot+1)*minutes)/tick; t++ {
					b.days[i][seat][t/64] |= 1 << (t % 64)
				}
			}
		}
	}
	return b
}

// starts lists all that is free.
func (b *bitmap) starts() error {
	b.out = b.out[:0]
	for i := range b.days {
		var fit dayBits // a visit can begin here
		for seat := range seats {
			d := &b.days[i][seat]
			for w := range words {
				next := d[w] >> 1
				if w+1 < words {
					next |= d[w+1] << 63
				}
				fit[seat][w] = d[w] & next
			}
		}
		for t := opens / tick; t < (opens+slotsADay*minutes)/tick; t += minutes / tick {
			w, bit := t/64, t%64
			free := fit[0][w]>>bit&1 + fit[1][w]>>bit&1 + fit[2][w]>>bit&1 + fit[3][w]>>bit&1
			if free > 0 {
				b.out = append(b.out, freeStart{int32(i), int16(t), int16(free)})
			}
		}
	}
	if len(b.out) == 0 {
		return errors.New("nothing is free")
	}
	return nil
}
