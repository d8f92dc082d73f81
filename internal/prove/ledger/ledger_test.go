package ledger

import (
	"testing"
	"time"
)

// one is a town of one calendar with one seat, confirmed at once.
func one() *Book {
	return &Book{Cells: 2, Rules: []Rules{{Hold: 2}}, Seats: []Seats{{1, 1}}}
}

func place(cell int8) Place { return Place{Day: 1, Cell: cell} }

func booked(n int16, call, back int64) Op {
	return Op{Act: Act{Kind: BookNow, Visit: -1, At: place(0), Cells: 1}, Said: Said{Visit: n}, Call: call, Return: back}
}

func lost(call, back int64) Op {
	return Op{Act: Act{Kind: BookNow, Visit: -1, At: place(0), Cells: 1}, Said: Said{Word: Taken, Visit: -1}, Call: call, Return: back}
}

func looked(free string, call, back int64) Op {
	return Op{Act: Act{Kind: Look, Visit: -1, At: place(0), Cells: 1}, Said: Said{Visit: -1, Free: free}, Call: call, Return: back}
}

func done(k Kind, n int16, call, back int64) Op {
	return Op{Act: Act{Kind: k, Visit: n, At: place(1), Cells: 1}, Said: Said{Visit: n}, Call: call, Return: back}
}

func seen(n int16, s Status, call, back int64) Op {
	return Op{Act: Act{Kind: See, Visit: n}, Said: Said{Visit: n, Status: s}, Call: call, Return: back}
}

// The checker takes what can have happened and refuses each fault that it is there for.
func TestCheck(t *testing.T) {
	repeat := func(n int16, call int64) Op {
		o := booked(n, call, call+1)
		o.Act.Key = 7
		return o
	}
	held := Op{Act: Act{Kind: Hold, Visit: -1, At: place(0), Cells: 1}, Call: 0, Return: 1}
	passed := Op{Act: Act{Kind: Pass, Visit: -1, Minutes: 2}, Call: 4, Return: 5}
	for _, c := range []struct {
		name string
		ops  []Op
		want Verdict
	}{
		{"one wins, one loses", []Op{booked(0, 0, 9), lost(1, 8)}, Legal},
		{"who loses may have asked first", []Op{lost(0, 9), booked(0, 5, 6)}, Legal},
		{"a seat given twice", []Op{booked(0, 0, 9), booked(1, 1, 8)}, Illegal},
		{"a slot that everyone loses", []Op{lost(0, 9), lost(1, 8)}, Illegal},
		{"who lost before anybody asked", []Op{lost(0, 1), booked(0, 2, 3)}, Illegal},
		{"cancelled and taken again", []Op{booked(0, 0, 1), done(Cancel, 0, 2, 3), booked(1, 4, 5)}, Legal},
		{"a lost cancel: the seat stays taken", []Op{booked(0, 0, 1), done(Cancel, 0, 2, 3), lost(4, 5)}, Illegal},
		{"a lost cancel: the visit stays", []Op{booked(0, 0, 1), done(Cancel, 0, 2, 3), seen(0, Confirmed, 4, 5)}, Illegal},
		{"a lost booking", []Op{booked(0, 0, 1), looked("11", 2, 3)}, Illegal},
		{"a look while it happens, before", []Op{booked(0, 0, 9), looked("11", 2, 3)}, Legal},
		{"a look while it happens, after", []Op{booked(0, 0, 9), looked("01", 2, 3)}, Legal},
		{"a look back", []Op{booked(0, 0, 9), looked("01", 2, 3), looked("11", 4, 5)}, Illegal},
		{"a stale look", []Op{booked(0, 0, 1), done(Cancel, 0, 2, 3), looked("01", 4, 5)}, Illegal},
		{"a move gives and takes", []Op{booked(0, 0, 1), done(Move, 0, 2, 3), looked("10", 4, 5), booked(1, 6, 7)}, Legal},
		{"a move that keeps both", []Op{booked(0, 0, 1), done(Move, 0, 2, 3), looked("00", 4, 5)}, Illegal},
		{"a move that gives before it takes", []Op{booked(0, 0, 1), done(Move, 0, 4, 5), looked("11", 2, 6)}, Illegal},
		{"a hold becomes a booking", []Op{held, done(BookHeld, 0, 2, 3), passed, seen(0, Confirmed, 6, 7)}, Legal},
		{"an immortal hold", []Op{held, passed, looked("01", 6, 7)}, Illegal},
		{"a stolen hold", []Op{held, booked(1, 2, 3)}, Illegal},
		{"booked after it ran out", []Op{held, passed, done(BookHeld, 0, 6, 7)}, Illegal},
		{"a repeated request", []Op{repeat(0, 0), repeat(0, 2), seen(0, Confirmed, 4, 5)}, Legal},
		{"a repeated request that books twice", []Op{repeat(0, 0), done(Move, 0, 2, 3), repeat(1, 4)}, Illegal},
		{"an answer of another contract", []Op{{Act: held.Act, Said: Said{Word: Other}, Return: 1}}, Illegal},
		{"an overloaded book does nothing", []Op{{Act: held.Act, Said: Said{Word: Busy}, Return: 1}, looked("11", 2, 3)}, Legal},
	} {
		if got := Check(one(), c.ops, time.Minute); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// Who has no time decides nothing, and says so.
func TestUndecided(t *testing.T) {
	var ops []Op
	for n := range int16(24) { // more orders than anybody tries, and none of them right
		ops = append(ops, Op{Act: Act{Kind: BookNow, Visit: -1, At: Place{Day: int8(1 + n%8)}, Cells: 1}, Said: Said{Visit: n}, Return: 99})
	}
	if got := Check(one(), ops, 50*time.Millisecond); got != Undecided {
		t.Errorf("got %s, want %s", got, Undecided)
	}
}
