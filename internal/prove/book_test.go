package main

import (
	"strings"
	"testing"
	"time"
)

// What is lost, half done, doubled or made up is found; what is as acknowledged, or as
// an unanswered act would leave it, is not.
func TestCompare(t *testing.T) {
	a := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	z := a.Add(time.Hour)
	booked := state{start: a, known: 10}
	moved := state{start: z, moves: 1, known: 20}
	unanswered := state{start: a, cancelled: true, known: never}
	letters := func(confirmed, changed, cancelled int) map[string]int {
		m := map[string]int{"confirmed": confirmed}
		if changed > 0 {
			m["changed"] = changed
		}
		if cancelled > 0 {
			m["cancelled"] = cancelled
		}
		return m
	}
	for _, c := range []struct {
		what         string
		states       []state
		row          *row
		position     int64
		lost, halves int
		extra        int
	}{
		{"as acknowledged", []state{booked}, &row{"x", "confirmed", a, letters(1, 0, 0)}, 10, 0, 0, 0},
		{"lost", []state{booked}, nil, 10, 1, 0, 0},
		{"not acknowledged yet", []state{booked}, nil, 9, 0, 0, 0},
		{"held, not acknowledged yet", []state{booked}, &row{"x", "held", a, nil}, 9, 0, 0, 0},
		{"acknowledged and held", []state{booked}, &row{"x", "held", a, nil}, 10, 0, 1, 0},
		{"letter missing", []state{booked}, &row{"x", "confirmed", a, letters(0, 0, 0)}, 10, 0, 1, 0},
		{"letter twice", []state{booked}, &row{"x", "confirmed", a, letters(2, 0, 0)}, 10, 0, 1, 0},
		{"letter of another kind", []state{booked}, &row{"x", "confirmed", a, letters(1, 0, 1)}, 10, 0, 1, 0},
		{"moved", []state{booked, moved}, &row{"x", "confirmed", z, letters(1, 1, 0)}, 20, 0, 0, 0},
		{"moved back by a crash", []state{booked, moved}, &row{"x", "confirmed", a, letters(1, 0, 0)}, 20, 0, 1, 0},
		{"moved later", []state{booked, moved}, &row{"x", "confirmed", z, letters(1, 1, 0)}, 10, 0, 0, 0},
		{"moved without its letter", []state{booked, moved}, &row{"x", "confirmed", z, letters(1, 0, 0)}, 20, 0, 1, 0},
		{"unanswered, and happened", []state{booked, unanswered}, &row{"x", "cancelled", a, letters(1, 0, 1)}, 10, 0, 0, 0},
		{"unanswered, and did not", []state{booked, unanswered}, &row{"x", "confirmed", a, letters(1, 0, 0)}, 10, 0, 0, 0},
		{"unanswered, and half", []state{booked, unanswered}, &row{"x", "cancelled", a, letters(1, 0, 0)}, 10, 0, 1, 0},
		{"nobody was told", nil, &row{"x", "confirmed", a, letters(1, 0, 0)}, 10, 0, 0, 1},
		{"nobody was told, and half", nil, &row{"x", "confirmed", a, nil}, 10, 0, 1, 1},
		{"a hold that nobody used", nil, &row{"x", "expired", a, nil}, 10, 0, 0, 0},
	} {
		b := newBook()
		if c.states != nil {
			b.booked(&visit{id: "x", states: c.states})
		}
		rows := map[string]*row{}
		if c.row != nil {
			rows["x"] = c.row
		}
		f := b.compare(rows, c.position)
		if len(f.lost) != c.lost || len(f.halves) != c.halves || f.extra != c.extra {
			t.Errorf("%s: got %+v", c.what, f)
		}
		if bad := c.lost+c.halves > 0; (f.err() != nil) != bad || bad && !strings.Contains(f.err().Error(), "x") {
			t.Errorf("%s: got %v", c.what, f.err())
		}
	}
}

// After a look, a visit is as the database has it, and only what was touched is given
// again.
func TestSettle(t *testing.T) {
	b := newBook()
	v := &visit{id: "x", states: []state{{known: 1}}}
	b.booked(v)
	b.told(v, state{cancelled: true, known: never})
	rows := map[string]*row{"x": {id: "x", status: "cancelled", letters: map[string]int{"confirmed": 1, "cancelled": 1}}}
	if got := b.settle(rows); len(got) != 1 || !v.last().cancelled || len(v.states) != 1 {
		t.Errorf("got %v, %v", got, v.states)
	}
	if got := b.settle(rows); len(got) != 0 {
		t.Errorf("got %v touched, want none", got)
	}
	b.unanswered(order{key: "k"})
	if got := b.takeOpen(); len(got) != 1 || len(b.takeOpen()) != 0 {
		t.Errorf("got %v", got)
	}
}
