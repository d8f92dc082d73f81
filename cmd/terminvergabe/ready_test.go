package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A service that is to end says so before it closes: balancers send nobody any more
// while those are still served whom they have sent already.
func TestReadyTurnsRedBeforeTheDoorCloses(t *testing.T) {
	i := install(t, build(t), "data.db")
	file := filepath.Join(i.folder, "conf.yaml")
	conf, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(conf, "stop_delay_seconds: 1\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := i.serve()
	if said := i.run("ready", "--config", "conf.yaml"); !strings.Contains(said, "can serve") {
		t.Errorf("got %s", said)
	}
	began := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	red, served := 0, 0
	for time.Since(began) < 10*time.Second {
		status, body := i.get("/readyz")
		if status == 0 {
			break
		}
		if status != http.StatusServiceUnavailable {
			continue
		}
		if red++; !strings.Contains(string(body), `{"name":"stopping","ok":false,"why":"ends"}`) {
			t.Fatalf("got %s", body)
		}
		if status, _ := i.get("/stadt/"); status == http.StatusOK {
			served++
		}
		if status, _ := i.get("/healthz"); status != http.StatusOK && red == 1 {
			t.Errorf("healthz: got %d", status)
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("got %v, want an orderly end", err)
	}
	if red < 5 || served < 5 {
		t.Errorf("got %d times red and %d pages served after the signal, want some of both", red, served)
	}
}
