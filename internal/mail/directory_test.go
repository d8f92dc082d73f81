package mail

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "letters")
	directory, err := NewDirectory(path)
	if err != nil {
		t.Fatal(err)
	}
	message := testMessage(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := directory.Send(t.Context(), message); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	strange := *message
	strange.ID = "../../x/y@example.org"
	if _, err := directory.Send(t.Context(), &strange); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 {
		t.Fatalf("files: %v", entries)
	}
	for _, entry := range entries {
		got, err := os.ReadFile(filepath.Join(path, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(entry.Name()) != ".eml" || !bytes.Equal(got, message.Raw) {
			t.Errorf("%s holds\n%s", entry.Name(), got)
		}
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", entry.Name(), info.Mode(), err)
		}
	}
}

func TestDirectoryFaults(t *testing.T) {
	if _, err := NewDirectory(""); err == nil {
		t.Error("a folder without a name was taken")
	}
	path := t.TempDir()
	directory, err := NewDirectory(filepath.Join(path, "letters"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = directory.Send(ctx, testMessage(t))
	checkFailure(t, err, ErrTemporary)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(filepath.Join(path, "letters")); err != nil {
		t.Fatal(err)
	}
	checkFailure(t, errorOf(directory.Send(t.Context(), testMessage(t))), ErrTemporary)
}
