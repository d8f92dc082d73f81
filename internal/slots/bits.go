package slots

// Bitmaps of ticks, the lowest bit of the first word first.

func words(bits int) int { return (bits + 63) / 64 }

func setBit(b []uint64, i int) { b[i>>6] |= 1 << (i & 63) }

func hasBit(b []uint64, i int) bool { return b[i>>6]>>(i&63)&1 != 0 }

// appendAtLeast appends the bitmap of the numbers that are at least v.
func appendAtLeast(maps []uint64, of []uint16, v uint16) []uint64 {
	for ; len(of) > 0; of = of[min(64, len(of)):] {
		var word uint64
		for i, n := range of[:min(64, len(of))] {
			// The difference below zero has its top bit set: no branch to guess.
			word |= (uint64(n) - uint64(v)) >> 63 << i
		}
		maps = append(maps, ^word&within(0, 0, len(of)-1))
	}
	return maps
}

// allSet reports whether n bits from i on are set.
func allSet(b []uint64, i, n int) bool {
	for k := i >> 6; k<<6 < i+n; k++ {
		if m := within(k, i, i+n-1); b[k]&m != m {
			return false
		}
	}
	return true
}

// within masks the bits of word w that lie between the indices first and last,
// both included.
func within(w, first, last int) uint64 {
	m := ^uint64(0)
	if d := first - w<<6; d > 0 {
		m <<= d
	}
	if d := last - w<<6; d < 63 {
		m &= 1<<(d+1) - 1
	}
	return m
}

// keepRuns leaves those bits above which, themselves included, n are set.
func keepRuns(b []uint64, n int) {
	for have := 1; have < n; {
		step := min(have, n-have)
		andDown(b, step)
		have += step
	}
}

// keepRuns2 is keepRuns for two words and n below 64.
func keepRuns2(lo, hi uint64, n int) (uint64, uint64) {
	for have := 1; have < n; {
		step := min(have, n-have)
		lo &= lo>>(step&63) | hi<<((64-step)&63)
		hi &= hi >> (step & 63)
		have += step
	}
	return lo, hi
}

// andDown keeps the bits that are also set n higher.
func andDown(b []uint64, n int) {
	skip, by := n>>6, n&63
	for w := range b {
		var up uint64
		if from := w + skip; from < len(b) {
			up = b[from] >> by
			if from+1 < len(b) {
				up |= b[from+1] << (64 - by) // by 64 where by is 0: no bits
			}
		}
		b[w] &= up
	}
}

// shiftUp moves every bit n higher; what leaves the map is lost.
func shiftUp(b []uint64, n int) {
	skip, by := n>>6, n&63
	for w := len(b) - 1; w >= 0; w-- {
		var down uint64
		if from := w - skip; from >= 0 {
			down = b[from] << by
			if from > 0 {
				down |= b[from-1] >> (64 - by)
			}
		}
		b[w] = down
	}
}
