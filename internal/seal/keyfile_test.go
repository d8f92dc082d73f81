package seal

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
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
