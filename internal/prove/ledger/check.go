package ledger

import (
	"time"

	"github.com/anishathalye/porcupine"
)

// Op is an act with its answer, and when they were: by one clock, of any unit.
type Op struct {
	Act          Act
	Said         Said
	Client       int
	Call, Return int64
}

// Verdict is what came of a check.
type Verdict string

// The three verdicts. Who ran out of time has decided nothing.
const (
	Legal     = Verdict(porcupine.Ok)
	Illegal   = Verdict(porcupine.Illegal)
	Undecided = Verdict(porcupine.Unknown)
)

// Check says whether there is an order of the operations, in which each lies between
// its call and its return, that the book allows from a beginning.
func Check(begin *Book, ops []Op, patience time.Duration) Verdict {
	history := make([]porcupine.Operation, len(ops))
	for i, o := range ops {
		history[i] = porcupine.Operation{ClientId: o.Client, Input: o.Act, Output: o.Said, Call: o.Call, Return: o.Return}
	}
	model := porcupine.Model{
		Init: func() any { return begin },
		Step: func(state, input, output any) (bool, any) {
			next, ok := state.(*Book).After(input.(Act), output.(Said))
			return ok, next
		},
		Equal: func(a, b any) bool { return a.(*Book).Equal(b.(*Book)) },
		Hash:  func(state any) uint64 { return state.(*Book).hash() },
	}
	return Verdict(porcupine.CheckOperationsTimeout(model, history, patience))
}

// hash is FNV-1a over what mostly tells books apart.
func (b *Book) hash() uint64 {
	h := uint64(14695981039346656037)
	add := func(x uint64) { h = (h ^ x) * 1099511628211 }
	add(uint64(b.Now))
	for i := range b.Visits {
		v := &b.Visits[i]
		add(uint64(v.Status) | uint64(v.At.Day)<<8 | uint64(v.At.Cell)<<16 | uint64(v.At.Calendar)<<24 | uint64(i)<<32)
	}
	return h
}
