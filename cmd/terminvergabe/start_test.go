package main

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A demo answers its first page and ends well. How long that took is told, not
// judged: it depends on the machine.
func TestDemoAnswers(t *testing.T) {
	t.Logf("the first page came after %v", firstPage(t, filepath.Join(build(t), "terminvergabe")))
}

// firstPage starts a fresh demo, ends it again, and says how long its first page took.
func firstPage(t *testing.T, program string) time.Duration {
	t.Helper()
	address := freeAddress(t)
	demo := exec.CommandContext(t.Context(), program, "demo", "--listen", address)
	began := time.Now()
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := demo.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := demo.Wait(); err != nil {
			t.Errorf("the demo did not end well: %v", err)
		}
	}()
	for time.Since(began) < longest {
		resp, err := http.Get("http://" + address + "/")
		if err != nil { // nobody listens yet
			time.Sleep(5 * time.Millisecond)
			continue
		}
		took := time.Since(began)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
			t.Fatalf("got %s, want the first page", resp.Status)
		}
		return took
	}
	t.Fatal("the demo answers nobody")
	return 0
}
