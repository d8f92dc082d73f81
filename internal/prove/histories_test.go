package main

import (
	"testing"

	"terminvergabe/internal/prove/arena"
	"terminvergabe/internal/prove/ledger"
)

// What a process offers may lag behind what others did, not behind what it did itself,
// and not behind the time; and what it does may not lag at all.
func TestLag(t *testing.T) {
	at := ledger.Place{Calendar: 3, Day: 1}
	op := func(process int, a ledger.Act, s ledger.Said, call int64) entry {
		return entry{ledger.Op{Act: a, Said: s, Client: process, Call: call, Return: call + 1}, process}
	}
	booked := op(0, ledger.Act{Kind: ledger.BookNow, Visit: -1, At: at, Cells: 1}, ledger.Said{}, 0)
	offers := func(process int, free string, call int64) entry {
		return op(process, ledger.Act{Kind: ledger.Look, Visit: -1, At: at, Cells: 1}, ledger.Said{Free: free}, call)
	}
	books := func(process int, call int64) entry {
		return op(process, ledger.Act{Kind: ledger.BookNow, Visit: -1, At: at, Cells: 1}, ledger.Said{Visit: 1}, call)
	}
	long := behind.Nanoseconds()
	for _, c := range []struct {
		name  string
		ops   []entry
		want  ledger.Verdict
		stale bool
	}{
		{"as it is", []entry{booked, offers(0, "011111", 2), offers(1, "011111", 2)}, ledger.Legal, false},
		{"another process lags", []entry{booked, offers(1, "111111", 2)}, ledger.Legal, true},
		{"it lags behind itself", []entry{booked, offers(0, "111111", 2)}, ledger.Illegal, true},
		{"it lags for ever", []entry{booked, offers(1, "111111", 2+long)}, ledger.Illegal, true},
		{"it lags behind the time", []entry{booked, op(everyone, ledger.Act{Kind: ledger.Pass, Visit: -1, Minutes: 1}, ledger.Said{}, 3), offers(1, "111111", 5)}, ledger.Illegal, true},
		{"its own act was refused", []entry{booked, op(1, ledger.Act{Kind: ledger.BookNow, Visit: -1, At: at, Cells: 1}, ledger.Said{Word: ledger.Taken, Visit: -1}, 2), offers(1, "111111", 4)}, ledger.Legal, true},
		{"its own act changed something else", []entry{booked, op(1, ledger.Act{Kind: ledger.BookNow, Visit: -1, At: ledger.Place{Calendar: 3, Day: 2}, Cells: 1}, ledger.Said{Visit: 1}, 2), offers(1, "111111", 4)}, ledger.Legal, true},
		{"it cancelled what another had cancelled", []entry{booked, op(1, ledger.Act{Kind: ledger.Cancel, Visit: 0}, ledger.Said{}, 2), op(0, ledger.Act{Kind: ledger.Cancel, Visit: 0}, ledger.Said{}, 4), offers(0, "011111", 6)}, ledger.Legal, true},
		{"it cancelled by itself", []entry{booked, op(0, ledger.Act{Kind: ledger.Cancel, Visit: 0}, ledger.Said{}, 2), offers(0, "011111", 6)}, ledger.Illegal, true},
		{"an act that lags", []entry{booked, books(1, 2)}, ledger.Illegal, true},
	} {
		verdict, stale := judge([]*group{{known: arena.NewKnown("", ""), ops: c.ops}}, 3)
		if verdict != c.want || stale != c.stale {
			t.Errorf("%s: got %s, stale %v; want %s, %v", c.name, verdict, stale, c.want, c.stale)
		}
		if alone, _ := judge([]*group{{ops: c.ops}}, 1); c.stale && alone != ledger.Illegal {
			t.Errorf("%s, by one process: got %s, want %s", c.name, alone, ledger.Illegal)
		}
	}
}
