package ledger

// Has is what is known of a visit by those who act on it: which links there are.
type Has struct{ Hold, Manage, Confirm bool }

// Scope is where chance may choose from: its acts, by weight, and its places.
type Scope struct {
	Weights   [Apply + 1]int
	Calendars []int8
	Days      []int8
	Starts    int8
	Overbook  bool // staff may
	StaffMove bool // staff may move a visitor's visit where the public part is full
	Keys      int16
	Seats     []Seats // of Apply
	Minutes   []int32 // of Pass
}

// recent is how far back visits are chosen from: many act on the same ones.
const recent = 12

// Choose makes an act. pick gives a number from 0 to below n; known are the visits so
// far, of which those without links are passed over.
func (s *Scope) Choose(pick func(n int) int, known []Has) Act {
	a := Act{Kind: s.kind(pick), Visit: -1, Cells: int8(1 + pick(4)/3)}
	a.At = Place{s.Calendars[pick(len(s.Calendars))], s.Days[pick(len(s.Days))], int8(pick(int(s.Starts)))}
	switch a.Kind {
	case Hold, BookNow:
		s.fresh(&a, pick)
	case Release, BookHeld:
		s.visit(&a, pick, known, func(h Has) bool { return h.Hold })
		if a.Kind == BookHeld && s.Keys > 0 && pick(3) == 0 {
			a.Key = 1000 + a.Visit // whoever repeats it has the same form
		}
	case Confirming:
		s.visit(&a, pick, known, func(h Has) bool { return h.Confirm })
	case Approve, Reject, Cancel, Move, See:
		s.visit(&a, pick, known, func(h Has) bool { return h.Manage })
		a.Staff = a.Kind == Approve || a.Kind == Reject || (a.Kind == Cancel || a.Kind == Move && s.StaffMove) && pick(4) == 0
		a.Over = a.Kind == Move && a.Staff && s.Overbook && pick(2) == 0
	case Look:
		a.At.Cell, a.Staff = 0, pick(3) == 0
	case Pass:
		a.Minutes = s.Minutes[pick(len(s.Minutes))]
	case Apply:
		a.Seats, a.Strand = s.Seats[pick(len(s.Seats))], pick(2) == 0
	}
	return a
}

func (s *Scope) kind(pick func(n int) int) Kind {
	sum := 0
	for _, w := range s.Weights {
		sum += w
	}
	n := pick(sum)
	for k, w := range s.Weights {
		if n -= w; n < 0 {
			return Kind(k)
		}
	}
	return Look
}

// fresh completes an act that makes a visit.
func (s *Scope) fresh(a *Act, pick func(n int) int) {
	if a.Kind == BookNow {
		a.Staff = pick(4) == 0
		a.Over = a.Staff && s.Overbook && pick(4) == 0
		if s.Keys > 0 && pick(4) == 0 && !a.Staff {
			a.Key = 1 + int16(pick(int(s.Keys)))
		}
	}
}

// visit chooses whom the act is about; where there is nobody yet, it becomes another.
func (s *Scope) visit(a *Act, pick func(n int) int, known []Has, fit func(Has) bool) {
	var some []int16
	for n := len(known) - 1; n >= 0 && len(some) < recent; n-- {
		if fit(known[n]) {
			some = append(some, int16(n))
		}
	}
	if len(some) == 0 {
		a.Kind = Hold
		return
	}
	a.Visit = some[pick(len(some))]
}
