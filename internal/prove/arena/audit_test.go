package arena

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"terminvergabe/internal/prove/ledger"
)

// book is a small book with one visit of each kind, and its ledger.
func book(t *testing.T) (file string, d *Desk, k *Known, b *ledger.Book) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "book.db")
	c := &Clock{}
	c.Set(Begin())
	desks, err := Open(t.Context(), file, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := Close(desks); err != nil {
			t.Error(err)
		}
	})
	d, k, b = desks[0], NewKnown("stadt", "test"), Book()
	if err := d.Found(t.Context(), "stadt", Seats()); err != nil {
		t.Fatal(err)
	}
	at := ledger.Place{Day: 1}
	for _, a := range []ledger.Act{
		{Kind: ledger.BookNow, Visit: -1, At: at, Cells: 2},
		{Kind: ledger.BookNow, Visit: -1, At: at, Cells: 1},
		{Kind: ledger.BookNow, Visit: -1, At: at, Cells: 1, Staff: true},
		{Kind: ledger.BookNow, Visit: -1, At: at, Cells: 1, Staff: true, Over: true},
		{Kind: ledger.Move, Visit: 1, At: ledger.Place{Day: 1, Cell: 3}},
		{Kind: ledger.Cancel, Visit: 0},
		{Kind: ledger.Hold, Visit: -1, At: ledger.Place{Calendar: 1, Day: 2}, Cells: 1},
		{Kind: ledger.BookNow, Visit: -1, At: ledger.Place{Calendar: 2, Day: 2}, Cells: 1},
		{Kind: ledger.BookNow, Visit: -1, At: ledger.Place{Calendar: 3, Day: 1}, Cells: 1},
	} {
		said, err := d.Do(t.Context(), k, a)
		next, ok := b.After(a, said)
		if err != nil || !ok || said.Word != ledger.Done {
			t.Fatalf("%v: %v, %v", a, said, err)
		}
		b = next
	}
	return file, d, k, b
}

// Those who look at the book find every fault that they are there for, and none where
// there is none.
func TestAuditorsCanSayNo(t *testing.T) {
	part := Part{Calendars: []int8{0, 1, 2, 3}, Days: []int8{1, 2}}
	look := func(d *Desk, k *Known, b *ledger.Book) map[string]error {
		var all []int16
		for n := range b.Visits {
			all = append(all, int16(n))
		}
		_, told := d.Told(t.Context(), "stadt")
		return map[string]error{"limits": d.Limits(t.Context(), "stadt", true), "told": told,
			"book": d.SameBook(t.Context(), k, b, part, all), "free": d.SameFree(t.Context(), k, b, part)}
	}
	for _, c := range []struct {
		name, sabotage string
		found          []string // by whom
	}{
		{"nothing", "", nil},
		{"a seat too many", "INSERT INTO claim SELECT pool, tick, seat + 7 + n, booking + 1000 + n, 1, 0, 0 FROM claim, (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3) WHERE overbooked = 1", []string{"limits", "book"}},
		{"two seats for one", "INSERT INTO claim SELECT pool, tick, seat + 7, booking, public, overbooked, expires FROM claim WHERE overbooked = 1", []string{"limits", "book"}},
		{"a lost claim", "DELETE FROM claim WHERE overbooked = 1", []string{"book"}},
		{"a lost visit", "UPDATE booking SET status = 'cancelled' WHERE status = 'confirmed' AND sequence = 1", []string{"book"}},
		{"a lost letter", "DELETE FROM outbox WHERE kind = 'changed'", []string{"told", "book"}},
		{"a letter twice", "INSERT INTO outbox (tenant, subject, kind, version, message_id, state, due, lease, attempts, reason, created, done, bulk, deferred) SELECT tenant, subject, kind, version + 9, 'x' || message_id, state, due, lease, attempts, reason, created, done, bulk, deferred FROM outbox WHERE kind = 'changed'", []string{"told", "book"}},
		{"a letter of another kind", "UPDATE outbox SET kind = 'rejected' WHERE kind = 'received'", []string{"told", "book"}},
		{"a hold for ever", "UPDATE booking SET expires = '2027-01-01T00:00:00Z' WHERE status = 'held'", []string{"book"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			file, d, k, b := book(t)
			if c.sabotage != "" {
				spoil(t, file, c.sabotage)
			}
			want := map[string]bool{}
			for _, who := range c.found {
				want[who] = true
			}
			for who, err := range look(d, k, b) {
				if who == "free" && c.sabotage != "" {
					continue // what a memory offers need not notice what nobody did
				}
				if (err != nil) != want[who] {
					t.Errorf("%s: got %v, want a fault: %v", who, err, want[who])
				}
			}
		})
	}
}

// spoil changes the file behind the product's back.
func spoil(t *testing.T, file, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r, err := db.ExecContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		t.Fatal(fmt.Errorf("%s: %d rows, %w", query, n, err))
	}
}
