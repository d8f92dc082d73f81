package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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

	"terminvergabe/internal/pgtest"
)

// installation is a folder with a configuration and a town, and the built program.
type installation struct {
	*testing.T
	program, folder, address string
}

const busyTown = `tenant: {id: stadt, name: Stadt}
mail: {from: "Stadt <termine@stadt.example>"}
departments: [{id: buerger, name: Bürgerdienste}]
sites: [{id: rathaus, name: Rathaus, street: Markt 1, postalCode: "37000", city: Stadt}]
services: [{id: ausweis, name: Ausweis, minutes: 10}]
calendars:
  - {id: buero, department: buerger, site: rathaus, confirm: none, services: [{id: ausweis}],
     slotTemplates: [{id: tag, weekdays: [mo, tu, we, th, fr, sa, su], from: "00:00", to: "24:00", slotMinutes: 10, seats: {total: 20}}]}
`

func install(t *testing.T, program, database string) *installation {
	t.Helper()
	i := &installation{t, filepath.Join(program, "terminvergabe"), t.TempDir(), freeAddress(t)}
	conf := fmt.Sprintf("base_url: http://%s\nlisten: %s\ndatabase: %q\ndata_key_file: data.key\nmail: {transport: directory, directory: letters}\n"+
		"limits: {requests_per_minute: 0, bookings_per_email: 0, holds_per_client: 0, mails_per_address_per_day: 0}\n", i.address, i.address, database)
	for name, text := range map[string]string{"conf.yaml": conf, "town.yaml": busyTown} {
		if err := os.WriteFile(filepath.Join(i.folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	i.run("apply", "--config", "conf.yaml", "town.yaml")
	return i
}

func (i *installation) run(args ...string) string {
	i.Helper()
	cmd := exec.CommandContext(i.Context(), i.program, args...)
	cmd.Dir = i.folder
	out, err := cmd.CombinedOutput()
	if err != nil {
		i.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

// serve starts the service and waits until it takes requests.
func (i *installation) serve() *exec.Cmd {
	i.Helper()
	cmd := exec.Command(i.program, "serve", "--config", "conf.yaml")
	cmd.Dir = i.folder
	if err := cmd.Start(); err != nil {
		i.Fatal(err)
	}
	i.Cleanup(func() {
		_ = cmd.Process.Kill() // an error says that it has ended
	})
	for range 200 {
		if status, _ := i.get("/readyz"); status == http.StatusOK {
			return cmd
		}
		time.Sleep(25 * time.Millisecond)
	}
	i.Fatal("not ready after 5 seconds")
	return nil
}

func (i *installation) get(path string) (status int, body []byte) {
	resp, err := http.Get("http://" + i.address + path)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil
	}
	return resp.StatusCode, body
}

// book books one visit and gives its manage secret; "" where there was no answer.
func (i *installation) book(start string) string {
	body, err := json.Marshal(map[string]any{"services": []map[string]any{{"id": "ausweis", "quantity": 1}}, "calendar": "buero", "start": start, "name": "Ada Beispiel", "email": "ada@beispiel.example"})
	if err != nil {
		i.Error(err)
	}
	resp, err := http.Post("http://"+i.address+"/api/v1/stadt/bookings", "application/json", bytes.NewReader(body))
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	var answer struct{ ManageURL string }
	if resp.StatusCode != http.StatusCreated || json.NewDecoder(resp.Body).Decode(&answer) != nil {
		return ""
	}
	return answer.ManageURL[strings.LastIndex(answer.ManageURL, "/")+1:]
}

// storm books from many clients until the context ends, and gives the secrets of
// what was acknowledged.
func (i *installation) storm(ctx context.Context, clients int) (secrets []string) {
	start := time.Now().Add(72 * time.Hour).UTC().Truncate(24 * time.Hour)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				at := start.Add(time.Duration((c+n*clients)%(7*144)) * 10 * time.Minute)
				if secret := i.book(at.Format(time.RFC3339)); secret != "" {
					mu.Lock()
					secrets = append(secrets, secret)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return secrets
}

// engines runs a test on a fresh installation on each engine.
func engines(t *testing.T, f func(i *installation)) {
	t.Helper()
	program := build(t)
	t.Run("SQLite", func(t *testing.T) { f(install(t, program, "book.db")) })
	t.Run("PostgreSQL", func(t *testing.T) { f(install(t, program, pgtest.URL(t))) })
}

// What was acknowledged is there after a kill -9 in the middle of bookings, and
// everything is sound.
func TestKilledWhileBooking(t *testing.T) {
	engines(t, func(i *installation) {
		var secrets []string
		for range 3 {
			service := i.serve()
			ctx, cancel := context.WithCancel(i.Context())
			time.AfterFunc(700*time.Millisecond, func() {
				if err := service.Process.Kill(); err != nil {
					i.Error(err)
				}
				_ = service.Wait() // it was killed, and says so
				cancel()
			})
			secrets = append(secrets, i.storm(ctx, 8)...)
		}
		if len(secrets) < 10 {
			i.Fatalf("got %d bookings, want more to lose", len(secrets))
		}
		i.run("verify", "--config", "conf.yaml")
		i.serve()
		for _, s := range secrets {
			if status, body := i.get("/api/v1/stadt/bookings/" + s); status != http.StatusOK {
				i.Errorf("an acknowledged booking: got %d %s", status, body)
			}
		}
		i.Logf("%d acknowledged bookings survived three kills", len(secrets))
	})
}

// SIGTERM in the middle of bookings: who was let in is answered, the exit status is
// 0, and nothing that was acknowledged is lost.
func TestTerminatedWhileBooking(t *testing.T) {
	engines(t, func(i *installation) {
		service := i.serve()
		ctx, cancel := context.WithCancel(i.Context())
		ended := make(chan error, 1)
		time.AfterFunc(500*time.Millisecond, func() {
			if err := service.Process.Signal(syscall.SIGTERM); err != nil {
				i.Error(err)
			}
			ended <- service.Wait()
			cancel()
		})
		secrets := i.storm(ctx, 8)
		if err := <-ended; err != nil {
			i.Errorf("the service ended with %v", err)
		}
		i.run("verify", "--config", "conf.yaml")
		i.serve()
		for _, s := range secrets {
			if status, body := i.get("/api/v1/stadt/bookings/" + s); status != http.StatusOK {
				i.Errorf("an acknowledged booking: got %d %s", status, body)
			}
		}
	})
}
