package occupancy_test

import (
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/occupancy"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// What searches find is tested where they are, in booking, with Compare. Here: what
// only the memory itself shows.

func present(t *testing.T, s *store.Store) store.Present {
	t.Helper()
	p, err := s.Present(t.Context(), "musterstadt")
	if err != nil || !p.Known {
		t.Fatalf("known %v, %v", p.Known, err)
	}
	return p
}

// fill asks for days of all calendars from today on.
func fill(t *testing.T, m *occupancy.Memory, p store.Present, from, days int) []occupancy.Row {
	t.Helper()
	var rows []occupancy.Row
	for i := range p.Setup.Calendars {
		rows = append(rows, occupancy.Row{Calendar: &p.Setup.Calendars[i], From: agenda.DateOf(p.Now) + agenda.Date(from), Levels: make([]*slots.Levels, days)})
	}
	if err := m.Fill(t.Context(), p, agenda.Public, rows); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		for i, l := range r.Levels {
			if l == nil || l.Day.Calendar != r.Calendar || l.Day.Date != r.From+agenda.Date(i) {
				t.Fatalf("day %d of %s: got %+v", i, r.Calendar.ID, l)
			}
		}
	}
	return rows
}

func TestMemoryIsBounded(t *testing.T) {
	d, _ := desktest.SQLite(t)
	p := present(t, d.Store)
	const bound = 2 << 20
	m := occupancy.New(d.Store, bound)
	m.Compare = func(err error) { t.Error(err) }
	full := int64(0)
	for block := range 60 {
		fill(t, m, p, block*32, 32)
		full = max(full, m.Size())
	}
	if full > bound || full < bound/2 {
		t.Errorf("got %d bytes at the most, want nearly but not over %d", full, bound)
	}
}

// TestDaysAreRememberedUntilTheyChange looks at whether the same levels come back.
func TestDaysAreRememberedUntilTheyChange(t *testing.T) {
	d, clock := desktest.SQLite(t)
	m := occupancy.New(d.Store, occupancy.Bytes)
	m.Compare = func(err error) { t.Error(err) }
	same := func(a, b []occupancy.Row) (n int) {
		for i := range a {
			for k := range a[i].Levels {
				if a[i].Levels[k] == b[i].Levels[k] {
					n++
				}
			}
		}
		return n
	}
	all := len(present(t, d.Store).Setup.Calendars) * 40
	// What was read before the first commit after the first search is forgotten once: only
	// from then on a process's own commits are told from those of others.
	if _, err := d.Apply(t.Context(), desktest.Musterstadt(), booking.ApplyOptions{Actor: "test", Merge: true}); err != nil {
		t.Fatal(err)
	}
	before := fill(t, m, present(t, d.Store), 0, 40)
	if got := same(before, fill(t, m, present(t, d.Store), 0, 40)); got != all {
		t.Errorf("nothing changed, and %d of %d days are as they were", got, all)
	}
	hold, err := d.Hold(t.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: "ausweise", Start: desktest.At(1, "08:00"), By: agenda.Public})
	if err != nil {
		t.Fatal(err)
	}
	held := fill(t, m, present(t, d.Store), 0, 40)
	if got := same(before, held); got != all-1 {
		t.Errorf("one day changed, and %d of %d are as they were", got, all)
	}
	clock.Set(hold.Booking.Expires.Add(-time.Second))
	if got := same(held, fill(t, m, present(t, d.Store), 0, 40)); got != all {
		t.Errorf("the hold has a second left, and %d of %d days are as they were", got, all)
	}
	clock.Set(hold.Booking.Expires)
	if got := same(held, fill(t, m, present(t, d.Store), 0, 40)); got != all-1 {
		t.Errorf("a hold ran out, and %d of %d days are as they were", got, all)
	}
	clock.Set(hold.Booking.Expires.Add(-time.Second))
	again := fill(t, m, present(t, d.Store), 0, 40)
	if got, want := again[1].Levels[1].Until, hold.Booking.Expires; !got.Equal(want) {
		t.Errorf("the clock went back: the day holds until %v, want %v", got, want)
	}
}

func TestOldSetupsAreLetGo(t *testing.T) {
	d, _ := desktest.SQLite(t)
	m := occupancy.New(d.Store, occupancy.Bytes)
	fill(t, m, present(t, d.Store), 0, 40)
	size := m.Size()
	for range 3 {
		if _, err := d.Apply(t.Context(), desktest.Musterstadt(), booking.ApplyOptions{Actor: "test", Merge: true}); err != nil {
			t.Fatal(err)
		}
		fill(t, m, present(t, d.Store), 0, 40)
	}
	if got := m.Size(); got > size {
		t.Errorf("got %d bytes after three set-ups of one size, want %d", got, size)
	}
}
