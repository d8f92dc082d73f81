package main

import (
	"flag"
	"fmt"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"terminvergabe/internal/prove/arena"
)

// A script that fails here is shrunk to the shortest that does.
func TestScriptsShrunk(t *testing.T) {
	desks, err := arena.Open(t.Context(), filepath.Join(t.TempDir(), "book.db"), &arena.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := arena.Close(desks); err != nil {
			t.Error(err)
		}
	})
	if err := flag.Set("rapid.checks", "12"); err != nil {
		t.Fatal(err)
	}
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(r, "pick") }
		if err := script(t.Context(), desks, fmt.Sprintf("stadt%d", n), 40, pick); err != nil {
			r.Fatal(err)
		}
	})
}
