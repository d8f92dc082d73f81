package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"terminvergabe/internal/config"
	"terminvergabe/internal/pgtest"
)

// try runs a command and gives all that it says.
func (i *installation) try(args ...string) (said string, ok bool) {
	i.Helper()
	cmd := exec.CommandContext(i.Context(), i.program, args...)
	cmd.Dir = i.folder
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// replica is a second service on the same database, with a key file of its own.
func (i *installation) replica(listen string) *installation {
	i.Helper()
	conf, err := os.ReadFile(filepath.Join(i.folder, "conf.yaml"))
	if err != nil {
		i.Fatal(err)
	}
	r := *i
	r.folder, r.address = i.T.TempDir(), listen
	write(i.T, filepath.Join(r.folder, "conf.yaml"), strings.ReplaceAll(string(conf), "listen: "+i.address, "listen: "+listen))
	r.takeKeys(i)
	return &r
}

// takeKeys copies the key file of another machine.
func (i *installation) takeKeys(from *installation) {
	i.Helper()
	copyWith(i.T, filepath.Join(from.folder, "data.key"), filepath.Join(i.folder, "data.key"), 0o600)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := pgtest.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// rotateUntil starts a change of keys and kills it, with a service, as soon as it says
// something that begins so.
func (i *installation) rotateUntil(said string, service *exec.Cmd) {
	i.Helper()
	cmd := exec.Command(i.program, "key", "rotate", "--config", "conf.yaml")
	cmd.Dir = i.folder
	errs, err := cmd.StderrPipe()
	if err != nil {
		i.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		i.Fatal(err)
	}
	var all []string
	for lines := bufio.NewScanner(errs); lines.Scan(); {
		all = append(all, lines.Text())
		if strings.Contains(lines.Text(), said) {
			break
		}
	}
	_ = cmd.Process.Kill() // an error says that it has ended
	_ = cmd.Wait()         // it was killed, and says so
	if err := service.Process.Kill(); err != nil {
		i.Error(err)
	}
	_ = service.Wait()
	if len(all) == 0 || !strings.Contains(all[len(all)-1], said) {
		i.Fatalf("key rotate never said %q: %q", said, all)
	}
}

// shown demands that all visits are there, by their links, at a service.
func (i *installation) shown(when string, secrets []string) {
	i.Helper()
	for _, s := range secrets {
		if status, body := i.get("/api/v1/stadt/bookings/" + s); status != http.StatusOK || !strings.Contains(string(body), "ada@beispiel.example") {
			i.Fatalf("%s, a booking of %d: got %d %s", when, len(secrets), status, body)
		}
	}
}

// A data key is changed while visitors book, with a second service that has it later,
// and with everything killed in the middle: nothing is lost, and in the end the former
// key is of no use. It is long because it is one story from the first key to the second.
func TestDataKeyIsRotatedWhileServing(t *testing.T) {
	clock := filepath.Join(t.TempDir(), "clock")
	write(t, clock, "+0h")
	t.Setenv("TERMINVERGABE_TEST_CLOCK", clock)
	engines(t, func(i *installation) {
		write(i.T, clock, "+0h")
		service, other := i.serve(), (*installation)(nil)
		if _, err := os.Stat(filepath.Join(i.folder, "book.db")); err != nil { // SQLite serves one
			other = i.replica(freeAddress(i.T))
			other.serve()
		}
		ctx, stop := context.WithCancel(i.Context())
		var secrets []string
		var mu sync.Mutex
		var wg sync.WaitGroup
		wg.Go(func() {
			for ctx.Err() == nil { // services that are killed come back
				more := i.storm(ctx, 2)
				mu.Lock()
				secrets = append(secrets, more...)
				mu.Unlock()
			}
		})
		defer wg.Wait()
		defer stop()
		first, err := os.ReadFile(filepath.Join(i.folder, "data.key"))
		if err != nil {
			i.Fatal(err)
		}
		time.Sleep(time.Second)
		i.run("backup", "--config", "conf.yaml", "before")
		i.run("key", "new", "--config", "conf.yaml")
		if said, ok := i.try("key", "new", "--config", "conf.yaml"); ok || !strings.Contains(said, "has not been used yet") {
			i.Errorf("a second new key: got %s", said)
		}
		if other != nil {
			if said, ok := i.try("key", "rotate", "--wait", "100ms", "--config", "conf.yaml"); ok || !strings.Contains(said, "do not have the new key") {
				i.Errorf("with a service that does not have the key: got %s", said)
			}
			other.takeKeys(i)
		}
		i.rotateUntil("is the current key", service)
		if said, ok := i.try("key", "retire", "--config", "conf.yaml"); ok || !strings.Contains(said, "still under") {
			i.Errorf("retired in the middle: got %s", said)
		}
		i.serve()
		write(i.T, clock, "+2m") // nobody waits for the one that was killed
		i.run("key", "rotate", "--config", "conf.yaml")
		stop()
		wg.Wait()
		if len(secrets) < 5 {
			i.Fatalf("got %d bookings, want more to lose", len(secrets))
		}
		i.shown("rotated", secrets)
		if said := i.run("verify", "--config", "conf.yaml"); strings.Contains(said, "under the old data key") {
			i.Errorf("verify: %s", said)
		}
		if said, ok := i.try("key", "retire", "--config", "conf.yaml"); ok || !strings.Contains(said, "wait until") {
			i.Errorf("retired too early: got %s", said)
		}
		i.stillLetters() // one in flight while the clock leaps would be noted under the former key
		write(i.T, clock, "+2h")
		i.run("key", "retire", "--config", "conf.yaml")
		if said := i.run("key", "status", "--config", "conf.yaml"); !strings.Contains(said, "retired") || strings.Contains(said, "still under") {
			i.Errorf("status: got %s", said)
		}
		if other != nil {
			other.takeKeys(i)
			other.shown("retired, at the other service", secrets)
		}
		i.shown("retired", secrets)
		i.withFormerKey(first)
		i.restoresWith("before", first)
		i.Logf("%d bookings made while keys changed", len(secrets))
	})
}

// stillLetters pauses the letters and waits until none is on its way.
func (i *installation) stillLetters() {
	i.Helper()
	i.run("mail", "pause", "--config", "conf.yaml", "--why", "Probe")
	for before := -1; ; time.Sleep(time.Second) {
		list, err := filepath.Glob(filepath.Join(i.folder, "letters", "*.eml"))
		if err != nil {
			i.Fatal(err)
		}
		if len(list) == before {
			return
		}
		before = len(list)
	}
}

// withFormerKey demands that the first key alone opens nothing any more, and that a
// command says so.
func (i *installation) withFormerKey(key []byte) {
	i.Helper()
	former := *i
	former.folder = i.T.TempDir()
	conf, err := os.ReadFile(filepath.Join(i.folder, "conf.yaml"))
	if err != nil {
		i.Fatal(err)
	}
	write(i.T, filepath.Join(former.folder, "conf.yaml"), strings.ReplaceAll(string(conf), `database: "book.db"`, "database: "+filepath.Join(i.folder, "book.db")))
	write(i.T, filepath.Join(former.folder, "data.key"), string(key))
	if said, ok := former.try("verify", "--config", "conf.yaml"); ok || !strings.Contains(said, "is not the one that") || !strings.Contains(said, "fingerprint") {
		i.Errorf("with the former key alone: got %s", said)
	}
}

// restoresWith demands that a backup of before says which key it wants, and opens with it.
func (i *installation) restoresWith(backup string, key []byte) {
	i.Helper()
	conf := read(i.T, filepath.Join(i.folder, "conf.yaml"))
	if strings.Contains(conf, "postgres://") { // such a backup is only looked at
		return
	}
	said, ok := i.try("restore", "--check", "--config", "conf.yaml", backup)
	retired := i.run("key", "status", "--config", "conf.yaml")
	print := strings.Fields(strings.Split(retired, "\n")[1])[1]
	if ok || !strings.Contains(said, "the file that has the key "+print) {
		i.Errorf("a backup of before, with the new key alone: got %s, want the key %s", said, print)
	}
	write(i.T, filepath.Join(i.folder, "former.yaml"), strings.ReplaceAll(conf, "data.key", "former.key"))
	write(i.T, filepath.Join(i.folder, "former.key"), string(key))
	i.run("restore", "--check", "--config", "former.yaml", backup)
}

// A key that was about to be used and no longer stood in the key file was used all the
// same, by the one process that remembered it: with its end all was lost.
func TestAKeyThatIsInNoFileIsNotUsed(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "conf.yaml"), "base_url: https://termine.example.org\ndatabase: book.db\ndata_key_file: data.key\nmail: {transport: directory, directory: letters}\n")
	conf, err := config.Load(filepath.Join(dir, "conf.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := openHouse(t.Context(), conf, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	before := read(t, conf.DataKeyFile)
	c := &call{errs: io.Discard, out: io.Discard}
	if err := h.beginRotation(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	added := read(t, conf.DataKeyFile)
	write(t, conf.DataKeyFile, before)
	if err := h.useKey(t.Context(), c, time.Second); err == nil || !strings.Contains(err.Error(), "no longer in") {
		t.Errorf("got %v, want a refusal", err)
	}
	write(t, conf.DataKeyFile, added)
	if err := h.useKey(t.Context(), c, time.Second); err != nil {
		t.Error(err)
	}
}

// A backup was read from a pipe into which nobody wrote, until somebody killed the command.
func TestRestoreReadsFilesAlone(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	said := make(chan error, 1)
	go func() {
		_, err := (&restoring{call: &call{errs: io.Discard}, conf: &config.Service{DataKeys: [][]byte{{1}}}, backup: pipe}).look()
		said <- err
	}()
	select {
	case err := <-said:
		if err == nil || !strings.Contains(err.Error(), "is no file") {
			t.Errorf("got %v, want a refusal", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it waits for the pipe")
	}
}
