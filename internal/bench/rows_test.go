package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
)

// The rows are there, and what they measure works: a booking, a search that finds
// times, and the bare limit of each. How fast they are is not for a test to judge.
func TestRows(t *testing.T) {
	dir := t.TempDir()
	list, err := rows(t.Context(), "SQLite", filepath.Join(dir, "book.db"), filepath.Join(dir, "bare.db"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range list {
		names = append(names, r.name)
	}
	if want := []string{"SQLite: durable bookings, 1 clients", "SQLite: durable bookings, 64 clients", "SQLite: availability, 60 days: bare query", "SQLite: availability, 60 days: in memory"}; !slices.Equal(names, want) {
		t.Fatalf("got %q, want %q", names, want)
	}
	for _, r := range list[1:] { // the first is the second with one client
		for what, measure := range map[string]func() (float64, error){"limit": r.limit, "product": r.product} {
			if got, err := measure(); err != nil || got <= 0 {
				t.Errorf("%s, %s: got %f, %v", r.name, what, got, err)
			}
		}
	}
	today := agenda.DateOf(time.Now())
	if first, last := startOf(today, 0), startOf(today, 60*16*6-1); !first.Before(last) || !strings.HasSuffix(last.Format(time.RFC3339), "21:50:00+01:00") && !strings.HasSuffix(last.Format(time.RFC3339), "21:50:00+02:00") {
		t.Errorf("got starts from %v to %v, want those of 60 days", first, last)
	}
}
