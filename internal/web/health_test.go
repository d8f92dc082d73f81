package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"terminvergabe/internal/desktest"
	"terminvergabe/internal/seal"
)

// runner stands for the jobs.
type runner struct{ stuck atomic.Pointer[error] }

func (r *runner) Stuck() error {
	if err := r.stuck.Load(); err != nil {
		return *err
	}
	return nil
}

func (*runner) Turns(each func(string, time.Time, int64)) { each("forget", time.Time{}, 2) }

// asked is what /readyz says.
func (s *site) asked() (status int, h Health) {
	s.Helper()
	s.health.mu.Lock()
	s.health.at = time.Time{} // a second later
	s.health.mu.Unlock()
	w := s.do("GET", "/readyz", ada)
	if err := json.Unmarshal(w.Body.Bytes(), &h); err != nil {
		s.Fatalf("%v: %s", err, w.Body)
	}
	if lines := strings.Count(w.Body.String(), "\n"); lines != len(h.Checks)+2 || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
		s.Errorf("got %d lines for %d checks, %v", lines, len(h.Checks), w.Header())
	}
	return w.Code, h
}

// red expects one check to fail for a reason, and nothing of the cause to be shown.
func (s *site) red(name, why string) {
	s.Helper()
	status, h := s.asked()
	var got []string
	for _, c := range h.Checks {
		if !c.OK {
			got = append(got, c.Name+": "+c.Why)
		}
	}
	if want := name + ": " + why; status != http.StatusServiceUnavailable || h.Ready || strings.Join(got, ", ") != want {
		s.Errorf("got %d %v, want 503 %s", status, got, want)
	}
	if got := s.do("GET", "/healthz", ada).Code; got != http.StatusOK {
		s.Errorf("healthz: got %d, want 200", got)
	}
}

// A watchdog that was told no reads when to ask again.
func TestNotReadySaysWhenToAskAgain(t *testing.T) {
	s := open(t, nil)
	s.Drain()
	if got := s.do("GET", "/readyz", ada); got.Code != http.StatusServiceUnavailable || got.Header().Get("Retry-After") == "" {
		t.Errorf("got %d with Retry-After %q", got.Code, got.Header().Get("Retry-After"))
	}
}

func (s *site) green() {
	s.Helper()
	if status, h := s.asked(); status != http.StatusOK || !h.Ready || len(h.Checks) != 6 {
		s.Errorf("got %d %+v", status, h)
	}
}

// Each cause turns /readyz red by a line of its own, and its end turns it green; what the
// process itself needs to answer is another matter.
func TestReadyMeansIt(t *testing.T) {
	file := t.TempDir() + "/book.db"
	desk, _ := desktest.Open(t, file)
	work := &runner{}
	s := open(t, func(s *Server) { s.Desk, s.Jobs = desk, work })
	s.green()

	stuck := errors.New("nobody looked, says SECRET")
	work.stuck.Store(&stuck)
	s.red("jobs", "fails")
	work.stuck.Store(nil)
	s.green()

	if err := os.Rename(file, file+".moved"); err != nil {
		t.Fatal(err)
	}
	s.red("writing", "cannot be written")
	if err := os.Rename(file+".moved", file); err != nil {
		t.Fatal(err)
	}
	s.green()

	right := desk.Keys
	other, err := seal.NewKeys([]byte(strings.Repeat("x", seal.KeySize)))
	if err != nil {
		t.Fatal(err)
	}
	desk.Keys = other
	s.red("key", "other key")
	desk.Keys = right

	s.Drain()
	s.red("stopping", "ends")
	if log := s.log.String(); strings.Count(log, "not ready") != 3 || strings.Count(log, "ready again") != 3 {
		t.Errorf("each change stands in the log once: %s", log)
	}
}

// A database that is gone is no reason to wait for it: whoever asks is told in time.
func TestReadyWithoutADatabase(t *testing.T) {
	desk, _ := desktest.Open(t, t.TempDir()+"/book.db")
	s := open(t, func(s *Server) { s.Desk = desk })
	if err := desk.Store.Close(); err != nil {
		t.Fatal(err)
	}
	s.red("database", "does not answer")
}

// However many ask at a moment, one look serves them, and nobody waits for one that
// takes long: the look before counts for a while.
func TestReadyIsCheap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Server{}
		s.health.found, s.health.at, s.health.done = []Check{{Name: "database", OK: true}}, time.Now(), make(chan struct{})
		for _, step := range []struct {
			after time.Duration
			waits time.Duration
			ready bool
		}{{0, 0, true}, {2 * lookRest, lookWait, true}, {lookTerm, lookWait, false}} {
			time.Sleep(step.after)
			began := time.Now()
			if got := s.Ready(t.Context()); got.Ready != step.ready || time.Since(began) != step.waits {
				t.Errorf("after %v: got %+v after %v, want %v after %v", step.after, got, time.Since(began), step.ready, step.waits)
			}
		}
	})
}
