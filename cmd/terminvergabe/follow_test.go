package main

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// A machine is lost in the middle of bookings, and the copy that followed the database is
// put into an empty folder: all is sound, letters wait, and what was acknowledged before
// the last copy began is there.
func TestTheCopyThatFollows(t *testing.T) {
	i := install(t, build(t), "book.db")
	service := i.serve()
	second := t.TempDir()
	dest := filepath.Join(second, "copy.db")
	follow := exec.Command(i.program, "backup", "--config", "conf.yaml", dest, "--every", "1s")
	follow.Dir = i.folder
	if err := follow.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var early, late []string
	var wg sync.WaitGroup
	wg.Go(func() { early = i.storm(ctx, 4) })
	time.Sleep(time.Second)
	cancel()
	wg.Wait()
	if len(early) < 5 {
		t.Fatalf("got %d bookings, want more", len(early))
	}
	marked := time.Now()
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	wg.Go(func() { late = i.storm(ctx, 4) })
	copies := 0 // the first one that is newer than the mark may have begun before it
	for last := marked; copies < 2 && time.Since(marked) < 20*time.Second; time.Sleep(20 * time.Millisecond) {
		if info, err := os.Stat(dest); err == nil && info.ModTime().After(last) {
			last, copies = info.ModTime(), copies+1
		}
	}
	for _, p := range []*exec.Cmd{follow, service} {
		if err := p.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = p.Wait() // it was killed, and says so
	}
	cancel()
	wg.Wait()
	if copies < 2 {
		t.Fatalf("got %d copies in 20 seconds", copies)
	}
	for _, name := range []string{"book.db", "book.db-wal", "book.db-shm"} { // the machine is gone
		if err := os.Remove(filepath.Join(i.folder, name)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	i.run("restore", "--config", "conf.yaml", dest)
	i.run("verify", "--config", "conf.yaml")
	if said := i.run("mail", "status", "--config", "conf.yaml"); len(said) < 20 || said[:20] != "all letters are held" {
		t.Errorf("letters do not wait: %s", said)
	}
	i.serve()
	for _, s := range early {
		if status, body := i.get("/api/v1/stadt/bookings/" + s); status != http.StatusOK {
			t.Errorf("an acknowledged booking: got %d %s", status, body)
		}
	}
	t.Logf("%d bookings before the copy are there; of %d after it the last second's are lost", len(early), len(late))
}
