package seal

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

// twoKeys knows two data keys, the second one newer.
func twoKeys(t *testing.T) *Keys {
	t.Helper()
	keys, err := NewKeys(bytes.Repeat([]byte{1}, KeySize), bytes.Repeat([]byte{2}, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// lineOf is a database's line at a step of its first change of keys.
func lineOf(t *testing.T, keys *Keys, step string) []Heir {
	t.Helper()
	prints := keys.Fingerprints()
	line := []Heir{{Number: 1, Fingerprint: prints[0], State: Current}}
	if step == "before" {
		return line
	}
	line = append(line, Heir{Number: 2, Fingerprint: prints[1], State: Next})
	if step == "next" {
		return line
	}
	line, err := keys.Succeed(line)
	if err != nil {
		t.Fatal(err)
	}
	line[1].Done = step == "done" || step == "retired"
	if step == "retired" {
		line[0].State, line[0].Key = Retired, nil
	}
	return line
}

// TestEveryStepReadsItsNeighbours: processes follow a change of keys one after the other,
// so that what one seals and hashes has to be understood a step before and behind.
func TestEveryStepReadsItsNeighbours(t *testing.T) {
	steps := []string{"before", "next", "current", "done"}
	at := func(step string) *Keys {
		keys := twoKeys(t)
		if err := keys.Adopt(lineOf(t, keys, step), step == "done"); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
		return keys
	}
	for i, step := range steps {
		for _, other := range steps[max(i-1, 0):min(i+2, len(steps))] {
			writes, reads := at(step), at(other)
			plain, err := reads.Open(writes.Seal([]byte("Erika"), "t", "b"), "t", "b")
			if err != nil || string(plain) != "Erika" {
				t.Errorf("sealed at %s, opened at %s: got %q, %v", step, other, plain, err)
			}
			if hash := writes.Hash("email", "a@b.example"); !reads.Fits(hash, "email", "a@b.example") {
				t.Errorf("hashed at %s: does not fit at %s", step, other)
			}
			if a, b := writes.Lasting("x", "y"), reads.Lasting("x", "y"); a != b {
				t.Errorf("lasting at %s and %s: %q, %q", step, other, a, b)
			}
			if a, b := writes.Derived(1, "x", "y"), reads.Derived(1, "x", "y"); a != b {
				t.Errorf("derived at %s and %s: %q, %q", step, other, a, b)
			}
		}
	}
	if old := at("before"); at("done").Stale(old.Seal(nil)) != true || at("next").Stale(old.Seal(nil)) != false {
		t.Error("only from the change on values of the former key are stale")
	}
}

func TestHashesAreCarriedOverWithoutWhatTheyAreOf(t *testing.T) {
	before, during, after := twoKeys(t), twoKeys(t), twoKeys(t)
	for keys, step := range map[*Keys]string{before: "before", during: "current", after: "done"} {
		if err := keys.Adopt(lineOf(t, keys, step), false); err != nil {
			t.Fatal(err)
		}
	}
	old := before.Hash("email", "a@b.example")
	got, want := during.Newest(old), after.Hash("email", "a@b.example")
	if got != want || got == old || !strings.HasPrefix(got, "2.") {
		t.Errorf("carried over: got %q, want %q", got, want)
	}
	if again := during.Newest(got); again != got {
		t.Errorf("carried over twice: got %q, want %q", again, got)
	}
	if other := after.Hash("email", "c@d.example"); other == want {
		t.Error("two addresses have one hash")
	}
	if forms, want := during.Forms("email", "a@b.example"), []string{old, got}; !slices.Equal(forms, want) {
		t.Errorf("forms: got %q, want %q", forms, want)
	}
	for _, none := range []string{"", "x", "9." + old, "x." + old, old[:42]} {
		if got := after.Newest(none); got != none {
			t.Errorf("%q is no hash of before: got %q", none, got)
		}
	}
}

func TestOldKeysAreInherited(t *testing.T) {
	keys := twoKeys(t)
	old := testKeys(t, 1).Seal([]byte("Erika"), "t")
	line := lineOf(t, keys, "done")
	alone := testKeys(t, 2)
	if err := alone.Adopt(line, false); err != nil {
		t.Fatal(err)
	}
	if plain, err := alone.Open(old, "t"); err != nil || string(plain) != "Erika" {
		t.Errorf("with the current key alone: got %q, %v", plain, err)
	}
	if got, want := alone.Hash("a", "b"), testKeys(t, 1).Hash("a", "b"); got == want {
		t.Error("the hash is the former key's")
	}
	retired := testKeys(t, 2)
	if err := retired.Adopt(lineOf(t, keys, "retired"), false); err != nil {
		t.Fatal(err)
	}
	if _, err := retired.Open(old, "t"); !errors.Is(err, ErrOtherKey) {
		t.Errorf("after the former key is retired: got %v, want ErrOtherKey", err)
	}
	if got, want := retired.Hash("a", "b"), alone.Hash("a", "b"); got != want {
		t.Errorf("the hash after the former key is retired: got %q, want %q", got, want)
	}
	if err := testKeys(t, 1).Adopt(line, false); !errors.Is(err, ErrOtherKey) {
		t.Errorf("with the former key alone: got %v, want ErrOtherKey", err)
	}
}

func TestMissingKeyIsLookedForOnce(t *testing.T) {
	keys, asked := testKeys(t, 1), 0
	sealed := testKeys(t, 2).Seal([]byte("Erika"))
	keys.OnMissing(func() error {
		asked++
		return keys.Know(bytes.Repeat([]byte{1}, KeySize), bytes.Repeat([]byte{2}, KeySize))
	})
	if plain, err := keys.Open(sealed); err != nil || string(plain) != "Erika" {
		t.Errorf("after the key file was read again: got %q, %v", plain, err)
	}
	third := testKeys(t, 3).Seal(nil)
	for range 5 {
		if _, err := keys.Open(third); !errors.Is(err, ErrOtherKey) {
			t.Errorf("got %v, want ErrOtherKey", err)
		}
	}
	if asked != 1 {
		t.Errorf("the key file was read %d times within a second, want 1", asked)
	}
}

func TestKeysThatCannotBeToldApartAreRefused(t *testing.T) {
	one := bytes.Repeat([]byte{1}, KeySize)
	if _, err := NewKeys(one, one); err == nil {
		t.Error("the same key twice: accepted")
	}
	keys := testKeys(t, 1)
	free, err := keys.Free(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewKeys(one, free); err != nil {
		t.Errorf("a free key beside the other: %v", err)
	}
	like := keys.Fingerprint()[:2] + strings.Repeat("A", 10)
	if !Mistakable(like, []Heir{{Fingerprint: keys.Fingerprint()}}) {
		t.Error("a key whose values begin with the same byte: not noticed")
	}
}
