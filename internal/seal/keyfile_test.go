package seal

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestLoadKeysMakesTheFileOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.key")
	first, err := LoadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 || info.Size() != KeySize {
		t.Errorf("got mode %v, %d bytes", info.Mode(), info.Size())
	}
	second, err := LoadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := second.Open(first.Seal([]byte("x"))); err != nil || string(got) != "x" {
		t.Errorf("after a restart: got %q, %v", got, err)
	}
	assertAlone(t, path)
}

// assertAlone: no drafts are left beside the key.
func assertAlone(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("got %d files, want 1: %v", len(entries), entries)
	}
}

func TestLoadKeysFromManyProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.key")
	prints := make([]string, 16)
	var wg sync.WaitGroup
	for i := range prints {
		wg.Go(func() {
			keys, err := LoadKeys(path)
			if err != nil {
				t.Error(err)
				return
			}
			prints[i] = keys.Fingerprint()
		})
	}
	wg.Wait()
	for _, got := range prints {
		if got != prints[0] {
			t.Errorf("got %q and %q", got, prints[0])
		}
	}
	assertAlone(t, path)
}

func TestLoadKeysRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, size int, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct{ path, want string }{
		{write("group", KeySize, 0o640), "run: chmod 600"},
		{write("world", KeySize, 0o604), "run: chmod 600"},
		{write("writable", KeySize, 0o602), "run: chmod 600"},
		{write("short", KeySize-1, 0o600), "restore it from the backup"},
		{write("long", 3*KeySize, 0o600), "has 96 bytes instead of 32"},
		{write("empty", 0, 0o600), "has 0 bytes"},
		{dir, "is not a file"},
		{filepath.Join(dir, "no", "such", "folder"), "make the data key file"},
	}
	for _, test := range tests {
		if _, err := LoadKeys(test.path); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", filepath.Base(test.path), err, test.want)
		}
	}
}

// It is long because it follows one file from its first key to its last.
func TestKeyFileHoldsSeveralKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.key")
	first, err := LoadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	today := time.Date(2026, 7, 6, 0, 0, 0, 0, time.UTC)
	second, err := first.Free(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := AddKey(path, second, today); err != nil {
		t.Fatal(err)
	}
	assertAlone(t, path)
	both, err := LoadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	prints := both.Fingerprints()
	if len(prints) != 2 || prints[0] != first.Fingerprint() {
		t.Fatalf("got %q, want %q and another one", prints, first.Fingerprint())
	}
	aside, err := RetireKeys(path, prints[:1])
	if err != nil || aside != path+".retired" {
		t.Fatalf("retire: got %q, %v", aside, err)
	}
	if again, err := RetireKeys(path, prints[:1]); again != "" || err != nil {
		t.Errorf("retire what is gone: got %q, %v", again, err)
	}
	for name, want := range map[string]string{path: prints[1], aside: prints[0]} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got mode %v, %v, want 0600", name, info.Mode(), err)
		}
		keys, err := LoadKeys(name)
		if err != nil || len(keys.Fingerprints()) != 1 || keys.Fingerprint() != want {
			t.Errorf("%s: got %v, %v, want %s", name, keys, err, want)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), "2026-07-06 ") {
		t.Errorf("got %q, %v, want the day on which the key was made", text, err)
	}
	if err := os.WriteFile(path, append(text, "2026-07-07 c2hvcnQ=\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKeys(path); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("a key that was cut off: got %v", err)
	}
}

// Two commands that each added a key wrote over each other: one of the keys was in no file
// any more, and could be the one that everything was sealed with.
func TestKeysAddedAtOnceAllStay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.key")
	if _, err := LoadKeys(path); err != nil {
		t.Fatal(err)
	}
	const many = 24
	var wg sync.WaitGroup
	for range many {
		wg.Go(func() {
			if err := AddKey(path, newKey(), time.Now()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if list, err := ReadKeys(path); err != nil || len(list) != many+1 {
		t.Errorf("got %d keys (%v), want %d", len(list), err, many+1)
	}
	assertAlone(t, path)
}
