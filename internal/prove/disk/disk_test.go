package disk

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// What was synced before the cut is there, what was not is not: a drive that drops
// what no flush has followed is what the proofs rest on.
func TestCut(t *testing.T) {
	if err := Usable(t.Context()); err != nil {
		t.Skipf("NOT RUN: %v", err)
	}
	dir := t.TempDir()
	r, err := Record(t.Context(), dir, 32)
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	t.Cleanup(func() {
		if !closed {
			r.Close()
		}
	})
	if err := r.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string, sync bool) int64 {
		f, err := os.OpenFile(filepath.Join(r.Dir, name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
		if sync {
			if err := f.Sync(); err != nil {
				t.Fatal(err)
			}
		}
		return r.Position()
	}
	before := r.Position()
	first := write("kept", "one", true)
	second := write("kept", "two", false)
	r.End()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	closed = true
	for _, c := range []struct {
		position int64
		want     string
	}{{before, ""}, {first, "one"}, {second, "one"}} {
		for _, luck := range []Luck{Dropped, Kept, Torn} {
			image := filepath.Join(dir, "cut")
			if _, err := r.Cut(c.position, luck, rand.New(rand.NewPCG(1, 2)), image); err != nil {
				t.Fatal(err)
			}
			if err := Mount(t.Context(), image, r.Dir); err != nil {
				t.Fatal(err)
			}
			got, _ := os.ReadFile(filepath.Join(r.Dir, "kept"))
			if err := Unmount(r.Dir); err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("cut at %d with %d: got %q, want %q", c.position, luck, got, c.want)
			}
		}
	}
}
