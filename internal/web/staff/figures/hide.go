package figures

import (
	"cmp"
	"maps"
	"slices"
)

// few is below what a count could point at somebody: 1 to 4 are not shown.
const few = 5

// sight is how a count is shown.
type sight int

const (
	shown  sight = iota
	small        // "<5"
	hidden       // "…": at least 1, and not shown so that small ones cannot be computed
	silent       // has no place on the page, but whoever subtracts finds it
)

// tally is all the counts of some tables, and which of them add up to which. hide makes
// sure that nobody can compute a small one from the others.
//
// Its guarantee is constructive. For every small count it finds another book of
// appointments, in which that count is one more or one less, and which would have been
// shown in exactly the same way. What it has to hide for that beyond the small counts is
// as little as a bounded search finds.
type tally struct {
	cells []count
	sums  []sum
}

// count is one number.
type count struct {
	value int64
	sight sight
	price int   // of hiding it
	in    []int // the sums in which it takes part
}

// sum says that parts add up to a whole; all are indices of cells.
type sum struct {
	whole int
	parts []int
}

// add adds a count and gives its index.
func (t *tally) add(value int64, s sight, price int) int {
	t.cells = append(t.cells, count{value: value, sight: s, price: price})
	return len(t.cells) - 1
}

func (t *tally) sum(whole int, parts ...int) {
	n := len(t.sums)
	t.sums = append(t.sums, sum{whole, parts})
	for _, c := range append([]int{whole}, parts...) {
		t.cells[c].in = append(t.cells[c].in, n)
	}
}

// isFew reports a count that must not be known.
func isFew(n int64) bool { return n > 0 && n < few }

// hide decides what is shown.
func (t *tally) hide() {
	var careful []int
	for i := range t.cells {
		c := &t.cells[i]
		if !isFew(c.value) {
			continue
		}
		if careful = append(careful, i); c.sight == shown {
			c.sight = small
		}
	}
	for _, i := range careful {
		if !t.protect(i) && !t.protectMore(i) {
			t.hideAll()
			return
		}
	}
}

// protect makes sure that a count could be another one: cheaply, if that can be done, and
// with few changes.
func (t *tally) protect(i int) bool {
	for _, budget := range []int{0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 30} {
		for _, most := range []int{4, 8, 12, 24} {
			for _, d := range []int64{1, -1} {
				if t.varies(i, d, budget, most) {
					return true
				}
			}
		}
	}
	return false
}

// varies looks for another book in which a count differs by d, and hides what that costs.
func (t *tally) varies(i int, d int64, budget, most int) bool {
	s := search{tally: t, budget: budget, most: most, change: map[int]int64{}, off: map[int]int64{}, left: 1500}
	if _, ok := s.may(i, d); !ok || !s.set(i, d) {
		return false
	}
	for c := range s.change {
		if t.cells[c].sight == shown {
			t.cells[c].sight = hidden
		}
	}
	return true
}

// protectMore hides how small a count is, too, and then everything that it is added up
// with.
func (t *tally) protectMore(i int) bool {
	if t.cells[i].sight == small {
		t.cells[i].sight = hidden
	}
	if t.protect(i) {
		return true
	}
	for _, n := range t.cells[i].in {
		for _, c := range append([]int{t.sums[n].whole}, t.sums[n].parts...) {
			if x := &t.cells[c]; x.value > 0 && x.sight == shown {
				x.sight = hidden
			}
		}
	}
	return t.protect(i)
}

// hideAll shows nothing but zeros: for numbers so few that nothing else helps. Where one
// more had come, all of it would look the same.
func (t *tally) hideAll() {
	for i := range t.cells {
		if c := &t.cells[i]; c.value > 0 && c.sight != silent {
			c.sight = hidden
		}
	}
}

// search looks for another book that is shown in the same way.
type search struct {
	*tally
	budget int           // what may still be hidden for it
	most   int           // counts that may differ
	change map[int]int64 // by how much counts differ there
	off    map[int]int64 // sums that do not add up there: by how much the whole is more
	left   int           // steps before it gives up
}

// may says what it costs to change a count by d, if that can be done at all.
func (s *search) may(i int, d int64) (price int, ok bool) {
	c := &s.cells[i]
	n := c.value + d
	switch {
	case s.change[i] != 0:
		return 0, false
	case c.sight == small:
		return 0, isFew(n)
	case c.sight == silent:
		return 0, n >= 0
	case c.sight == hidden:
		return 0, n >= few || isFew(c.value) && n > 0
	}
	return c.price, c.value >= few && n >= few
}

// set changes a count and whatever must change with it.
func (s *search) set(i int, d int64) bool {
	if s.left--; s.left < 0 {
		return false
	}
	price, _ := s.may(i, d)
	s.change[i], s.budget = d, s.budget-price
	s.shift(i, d)
	if s.balance() {
		return true
	}
	s.shift(i, -d)
	delete(s.change, i)
	s.budget += price
	return false
}

// shift notes what a change does to the sums.
func (s *search) shift(i int, d int64) {
	for _, n := range s.cells[i].in {
		by := -d
		if s.sums[n].whole == i {
			by = d
		}
		if s.off[n] += by; s.off[n] == 0 {
			delete(s.off, n)
		}
	}
}

// step is one change that would help.
type step struct {
	cell  int
	by    int64
	price int
}

// balance puts the sum right that leaves the least choice, and then the next one.
func (s *search) balance() bool {
	if len(s.off) == 0 {
		return true
	}
	if len(s.change) >= s.most {
		return false
	}
	var best []step
	for i, n := range slices.Sorted(maps.Keys(s.off)) { // in order: who looks twice sees the same
		steps := s.steps(n)
		if i == 0 || len(steps) < len(best) {
			best = steps
		}
	}
	slices.SortStableFunc(best, func(a, b step) int {
		return cmp.Or(cmp.Compare(a.price, b.price), cmp.Compare(s.cells[a.cell].value, s.cells[b.cell].value))
	})
	for _, x := range best {
		if s.set(x.cell, x.by) {
			return true
		}
	}
	return false
}

// steps are the changes that bring a sum nearer to right.
func (s *search) steps(n int) (list []step) {
	unit := int64(cmp.Compare(s.off[n], 0))
	propose := func(cell int, by int64) {
		if price, ok := s.may(cell, by); ok && price <= s.budget {
			list = append(list, step{cell, by, price})
		}
	}
	propose(s.sums[n].whole, -unit)
	for _, p := range s.sums[n].parts {
		propose(p, unit)
	}
	return list
}
