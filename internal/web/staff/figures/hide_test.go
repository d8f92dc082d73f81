package figures

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// shownWorld draws a small town: calendars at sites, weeks, and how visits ended, with
// everything that adds up.
func shownWorld(r *rand.Rand) *tally {
	t := &tally{}
	calendars, weeks := 2+r.IntN(2), 1+r.IntN(3)
	site := make([]int, calendars)
	for i := range site {
		site[i] = r.IntN(2)
	}
	most := []int{2, 4, 9, 30}[r.IntN(4)]
	// visits[calendar][week][end]
	ends := 2
	n := func() int64 {
		if r.IntN(4) == 0 {
			return 0
		}
		return int64(r.IntN(most))
	}
	visits := map[[3]int]int64{}
	for c := range calendars {
		for w := range weeks {
			for e := range ends {
				visits[[3]int{c, w, e}] = n()
			}
		}
	}
	total := func(keep func(c, w int) bool, e int) (n int64) {
		for k, v := range visits {
			if keep(k[0], k[1]) && (e < 0 || k[2] == e) {
				n += v
			}
		}
		return n
	}
	row := func(keep func(c, w int) bool) []int {
		cells := make([]int, ends+1)
		cells[0] = t.add(total(keep, -1), shown, 2)
		for e := range ends {
			cells[e+1] = t.add(total(keep, e), shown, 1)
		}
		t.sum(cells[0], cells[1:]...)
		return cells
	}
	all := row(func(int, int) bool { return true })
	var perSite, perCalendar, perWeek [][]int
	for s := range 2 {
		perSite = append(perSite, row(func(c, _ int) bool { return site[c] == s }))
	}
	for i := range calendars {
		perCalendar = append(perCalendar, row(func(c, _ int) bool { return c == i }))
	}
	for i := range weeks {
		perWeek = append(perWeek, row(func(_, w int) bool { return w == i }))
	}
	column := func(rows [][]int, m int, keep func(i int) bool) (parts []int) {
		for i, r := range rows {
			if keep(i) {
				parts = append(parts, r[m])
			}
		}
		return parts
	}
	every := func(int) bool { return true }
	for m := range ends + 1 {
		t.sum(all[m], column(perSite, m, every)...)
		t.sum(all[m], column(perCalendar, m, every)...)
		t.sum(all[m], column(perWeek, m, every)...)
		for s := range 2 {
			t.sum(perSite[s][m], column(perCalendar, m, func(i int) bool { return site[i] == s })...)
		}
	}
	return t
}

// spy knows what is shown and tries whether a count can have another value: all that is
// hidden is tried out, within what the marks say.
type spy struct {
	*tally
	low, high []int64
	steps     int
}

func newSpy(t *tally) *spy {
	s := &spy{tally: t, steps: 300_000}
	for _, c := range t.cells {
		low, high := c.value, c.value
		switch c.sight {
		case small:
			low, high = 1, few-1
		case hidden:
			low, high = 1, 100_000
		case silent:
			low, high = 0, 100_000
		}
		s.low, s.high = append(s.low, low), append(s.high, high)
	}
	return s
}

// narrow draws what follows from the sums; false: it is impossible.
func (s *spy) narrow() bool {
	for again := true; again; {
		again = false
		set := func(i int, low, high int64) bool {
			if low > s.low[i] {
				s.low[i], again = low, true
			}
			if high < s.high[i] {
				s.high[i], again = high, true
			}
			return s.low[i] <= s.high[i]
		}
		for _, x := range s.sums {
			var low, high int64
			for _, p := range x.parts {
				low, high = low+s.low[p], high+s.high[p]
			}
			if !set(x.whole, low, high) {
				return false
			}
			for _, p := range x.parts {
				if !set(p, s.low[x.whole]-(high-s.high[p]), s.high[x.whole]-(low-s.low[p])) {
					return false
				}
			}
		}
	}
	return true
}

// possible reports whether there is a book that fits.
func (s *spy) possible() bool {
	if s.steps--; s.steps < 0 || !s.narrow() {
		return false
	}
	open := -1
	for i := range s.cells {
		if s.low[i] < s.high[i] && (open < 0 || s.high[i]-s.low[i] < s.high[open]-s.low[open]) {
			open = i
		}
	}
	if open < 0 {
		return true
	}
	low, high := append([]int64(nil), s.low...), append([]int64(nil), s.high...)
	// What is true is tried first, and what is near it.
	mid := min(max(s.cells[open].value, low[open]), high[open])
	for d := int64(0); d <= high[open]-low[open]; d++ {
		for _, v := range []int64{mid + d, mid - d} {
			if v < low[open] || v > high[open] || d == 0 && v != mid {
				continue
			}
			copy(s.low, low)
			copy(s.high, high)
			s.low[open], s.high[open] = v, v
			if s.possible() {
				return true
			}
			if s.steps < 0 {
				return false
			}
		}
	}
	return false
}

// knows reports whether a spy can tell a count for sure.
func knows(t *tally, i int) bool {
	for v := int64(0); v < 2*few; v++ {
		s := newSpy(t)
		if v == t.cells[i].value || v < s.low[i] || v > s.high[i] {
			continue
		}
		s.low[i], s.high[i] = v, v
		if s.possible() {
			return false
		}
	}
	return true
}

// No small count can be computed from what is shown, and everything that is neither small
// nor needed for that is shown.
func TestNothingSmallCanBeComputed(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	hiddenLarge, large, worlds := 0, 0, 400
	for n := range worlds {
		world := shownWorld(r)
		world.hide()
		for i, c := range world.cells {
			if isFew(c.value) {
				if c.sight == shown {
					t.Fatalf("world %d: a count of %d is shown", n, c.value)
				}
				if knows(world, i) {
					t.Fatalf("world %d: the %dth count, %d, can be computed:\n%s", n, i, c.value, world)
				}
			} else if c.value == 0 && c.sight != shown {
				t.Fatalf("world %d: a zero is hidden", n)
			} else if c.value > 0 {
				large++
				if c.sight != shown {
					hiddenLarge++
				}
			}
		}
	}
	t.Logf("%d of %d larger counts are hidden", hiddenLarge, large)
	if hiddenLarge == 0 || 2*hiddenLarge > large {
		t.Errorf("%d of %d larger counts are hidden, want some, and less than half", hiddenLarge, large)
	}
}

// Without hiding more than small counts, they can be computed: the spy is no fool.
func TestTheSpyFindsWhatIsLeftOpen(t *testing.T) {
	w := &tally{}
	whole, a, b := w.add(12, shown, 1), w.add(3, small, 1), w.add(9, shown, 1)
	w.sum(whole, a, b)
	if !knows(w, a) {
		t.Error("12 = ? + 9 was not computed")
	}
	w.cells[b].sight = hidden
	if knows(w, a) {
		t.Error("12 = ? + … was computed")
	}
}

// A town so small that everything could be guessed shows nothing but zeros.
func TestTooFewToShow(t *testing.T) {
	w := &tally{}
	whole := w.add(4, shown, 1)
	week := w.add(4, shown, 1)
	w.sum(whole, week)
	var parts []int
	for range 4 {
		parts = append(parts, w.add(1, shown, 1))
	}
	w.sum(whole, parts...)
	w.hide()
	for i, c := range w.cells {
		if c.sight == shown || knows(w, i) {
			t.Errorf("count %d is known: %s", i, w)
		}
	}
}

func (t *tally) String() (s string) {
	marks := [...]string{"", "<", "…", "s"}
	for i, c := range t.cells {
		s += fmt.Sprintf("%d:%s%d ", i, marks[c.sight], c.value)
	}
	return s + fmt.Sprint(t.sums)
}
