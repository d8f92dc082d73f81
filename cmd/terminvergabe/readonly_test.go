package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"terminvergabe/internal/pgtest"
)

// says waits until /readyz says whether requests can be served, and why not.
func (i *installation) says(status int, why string) {
	i.Helper()
	var got int
	var body []byte
	for began := time.Now(); time.Since(began) < longest; time.Sleep(100 * time.Millisecond) {
		if got, body = i.get("/readyz"); got == status && strings.Contains(string(body), why) {
			break
		}
	}
	if got != status || !strings.Contains(string(body), why) {
		i.Errorf("/readyz: got %d %s, want %d and %s", got, body, status, why)
	}
	if got, _ := i.get("/healthz"); got != http.StatusOK {
		i.Errorf("/healthz: got %d: the process itself is well", got)
	}
}

const cannotWrite = `{"name":"writing","ok":false,"why":"cannot be written"}`

// tryToBook asks for a visit and gives the answer's status, and Retry-After.
func (i *installation) tryToBook(minutes int) (status int, again string) {
	i.Helper()
	start := time.Now().Add(72 * time.Hour).UTC().Truncate(24 * time.Hour).Add(time.Duration(9*60+minutes) * time.Minute)
	body, err := json.Marshal(map[string]any{"services": []map[string]any{{"id": "ausweis"}}, "calendar": "buero", "start": start.Format(time.RFC3339), "name": "Ada Beispiel", "email": "ada@beispiel.example"})
	if err != nil {
		i.Fatal(err)
	}
	resp, err := http.Post("http://"+i.address+"/api/v1/stadt/bookings", "application/json", bytes.NewReader(body))
	if err != nil {
		i.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode, resp.Header.Get("Retry-After")
}

// A PostgreSQL that has become the copy of another one still shows what is there. The
// service says that it is not ready, tells visitors when to come again, and goes on
// without a restart when the server leads again.
func TestNotReadyOnACopyingServer(t *testing.T) {
	cluster, err := pgtest.Start(pgtest.Fast)
	if errors.Is(err, pgtest.ErrMissing) && os.Getenv("CI") != "true" {
		t.Skipf("*** SKIPPED: %v (.ci/tools lists what to install) ***", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	database, err := cluster.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := install(t, build(t), database)
	i.serve()
	if status, _ := i.tryToBook(0); status != http.StatusCreated {
		t.Fatalf("books: got %d", status)
	}
	if err := cluster.Demote(); err != nil {
		t.Fatal(err)
	}
	i.says(http.StatusServiceUnavailable, cannotWrite)
	if status, again := i.tryToBook(10); status != http.StatusServiceUnavailable || again == "" {
		t.Errorf("books on a copy: got %d, Retry-After %q", status, again)
	}
	if status, body := i.get("/stadt/"); status != http.StatusOK {
		t.Errorf("reads on a copy: got %d %.300s", status, body)
	}
	if err := cluster.Promote(); err != nil {
		t.Fatal(err)
	}
	i.says(http.StatusOK, `"ready": true`)
	if status, _ := i.tryToBook(10); status != http.StatusCreated {
		t.Errorf("books again: got %d", status)
	}
}

// nobody owns nothing here, so that what is forbidden to it is not done for root.
const nobody = 65534

// A file that the service may not write any more makes it not ready, until it may.
func TestNotReadyOnAFileThatMayNotBeWritten(t *testing.T) {
	i := install(t, build(t), "book.db")
	own := &syscall.SysProcAttr{}
	if os.Getuid() == 0 {
		own.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
		give := func(path string) {
			t.Helper()
			if err := os.Chown(path, nobody, nobody); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(filepath.Dir(i.folder), 0o711); err != nil { // the program's folder is in it too
			t.Fatal(err)
		}
		if err := filepath.WalkDir(i.folder, func(path string, _ os.DirEntry, err error) error { give(path); return err }); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(i.program, "serve", "--config", "conf.yaml")
	cmd.Dir, cmd.SysProcAttr = i.folder, own
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // an error says that it has ended
		_ = cmd.Wait()         // it was killed, and says so
	})
	i.says(http.StatusOK, `"ready": true`)
	for _, path := range []string{filepath.Join(i.folder, "book.db"), i.folder} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, info.Mode().Perm()&^0o222); err != nil {
			t.Fatal(err)
		}
		i.says(http.StatusServiceUnavailable, cannotWrite)
		if status, _ := i.get("/stadt/"); status != http.StatusOK {
			t.Errorf("reads: got %d", status)
		}
		if err := os.Chmod(path, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
		i.says(http.StatusOK, `"ready": true`)
	}
}
