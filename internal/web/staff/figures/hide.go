package figures

import (
	"cmp"
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
		if !t.protect(i) {
			t.hideAll()
			return
		}
	}
}

// protect makes sure that a count could be another one.
func (t *tally) protect(i int) bool {
	for _, budget := range []int{0, 1, 2, 3, 4, 6, 9, 14, 22, 40} {
		for _, d := range []int64{1, -1} {
			s := search{tally: t, budget: budget, change: map[int]int64{}, left: 3000}
			if _, ok := s.may(i, d); !ok || !s.set(i, d) {
				continue
			}
			for c := range s.change {
				if t.cells[c].sight == shown {
					t.cells[c].sight = hidden
				}
			}
			return true
		}
	}
	return false
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
	change map[int]int64 // by how much counts differ there
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
		return 0, n >= few
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
	if s.balance() {
		return true
	}
	delete(s.change, i)
	s.budget += price
	return false
}

// balance puts the first sum right that is not, and then the next one.
func (s *search) balance() bool {
	at, off := s.wrong()
	if off == 0 {
		return true
	}
	type step struct {
		cell  int
		by    int64
		price int
	}
	var steps []step
	propose := func(cell int, by int64) {
		if price, ok := s.may(cell, by); ok && price <= s.budget {
			steps = append(steps, step{cell, by, price})
		}
	}
	unit := int64(cmp.Compare(off, 0))
	propose(at.whole, -unit)
	for _, p := range at.parts {
		propose(p, unit)
	}
	slices.SortStableFunc(steps, func(a, b step) int {
		return cmp.Or(cmp.Compare(a.price, b.price), cmp.Compare(s.cells[a.cell].value, s.cells[b.cell].value))
	})
	for _, x := range steps {
		if s.set(x.cell, x.by) {
			return true
		}
	}
	return false
}

// wrong finds a sum that does not add up: by how much the whole is more than the parts.
func (s *search) wrong() (at sum, off int64) {
	lowest := -1
	for c := range s.change {
		for _, n := range s.cells[c].in {
			if lowest >= 0 && n >= lowest {
				continue
			}
			x := s.sums[n]
			d := s.change[x.whole]
			for _, p := range x.parts {
				d -= s.change[p]
			}
			if d != 0 {
				lowest, at, off = n, x, d
			}
		}
	}
	return at, off
}
