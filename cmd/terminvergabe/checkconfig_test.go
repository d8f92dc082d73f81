package main

import (
	"path/filepath"
	"strings"
	"testing"

	"terminvergabe/internal/config"
	"terminvergabe/internal/store"
)

// Before an upgrade the new program checks the configuration beside the old one: that the
// database is of an older version is told and is no fault, nor is an empty one.
func TestCheckConfigBeforeAnUpgrade(t *testing.T) {
	for until, want := range map[int]string{0: "", 1: "is of version 1; this program brings it to"} {
		file := filepath.Join(t.TempDir(), "a.db")
		s, err := store.Open(t.Context(), file, store.Options{Until: until})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		k := &checkup{}
		k.database(t.Context(), &config.Service{Database: file})
		if len(k.faults) > 0 || !strings.Contains(strings.Join(k.notes, "\n"), want) {
			t.Errorf("up to %d: got the faults %q and the notes %q, want %q", until, k.faults, k.notes, want)
		}
	}
}
