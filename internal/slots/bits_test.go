package slots

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestBitmapsAgreeWithBooleans holds every operation on bitmaps against the same on
// a list of booleans, over several words and over shifts of more than one.
func TestBitmapsAgreeWithBooleans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "bits")
		list := make([]bool, n)
		for _, hole := range rapid.SliceOfN(rapid.IntRange(0, n-1), 0, 6).Draw(t, "holes") {
			list[hole] = true
		}
		for i := range list {
			list[i] = !list[i]
		}
		by := rapid.IntRange(1, n+70).Draw(t, "by")
		all := func(i, n int) bool {
			return i+n <= len(list) && !slices.Contains(list[i:i+n], false)
		}
		runs, up := mapOf(list), mapOf(list)
		keepRuns(runs, by)
		shiftUp(up, by)
		for i := range list {
			if got, want := hasBit(runs, i), all(i, by); got != want {
				t.Fatalf("a run of %d from %d: got %v, want %v", by, i, got, want)
			}
			if got, want := hasBit(up, i), i >= by && list[i-by]; got != want {
				t.Fatalf("%d, shifted up by %d: got %v, want %v", i, by, got, want)
			}
			if length := min(by, n-i); allSet(mapOf(list), i, length) != all(i, length) {
				t.Fatalf("%d from %d: got %v", length, i, !all(i, length))
			}
		}
		if two := mapOf(list); len(two) == 2 && by < 64 {
			lo, hi := keepRuns2(two[0], two[1], by)
			if got := []uint64{lo, hi}; !slices.Equal(got, runs) {
				t.Fatalf("two words: got %x, want %x", got, runs)
			}
		}
	})
}

func mapOf(list []bool) []uint64 {
	b := make([]uint64, words(len(list)))
	for i, set := range list {
		if set {
			setBit(b, i)
		}
	}
	return b
}

func TestNumbersBecomeBitmaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of := rapid.SliceOfN(rapid.Uint16(), 1, 200).Draw(t, "numbers")
		v := rapid.OneOf(rapid.Just(uint16(0)), rapid.Uint16(), rapid.SampledFrom(of)).Draw(t, "least")
		b := appendAtLeast(nil, of, v)
		for i, n := range of {
			if got, want := hasBit(b, i), n >= v; got != want {
				t.Fatalf("%d at %d: got %v, want %v", n, i, got, want)
			}
		}
		for i := len(of); i < 64*len(b); i++ {
			if hasBit(b, i) {
				t.Fatalf("a bit beyond the %d numbers: %d", len(of), i)
			}
		}
	})
}
