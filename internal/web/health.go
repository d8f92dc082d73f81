package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// Health is whether requests can be served, as /readyz shows it.
type Health struct {
	Ready  bool    `json:"ready"`
	Checks []Check `json:"checks"`
}

// Check is one thing that has to be right. Why is one of a few words: whoever asks may be
// anybody, and what exactly is wrong stands in the log.
type Check struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Why  string `json:"why,omitempty"`
}

// The times of looking: one look serves whoever asks within lookRest, so that nobody can
// ask so often that it costs something. Who waits longer than lookWait is told what the
// look before found, as long as that is younger than lookTerm: a database that is busy
// answers late, one that is gone never.
const (
	lookRest = time.Second
	lookWait = time.Second
	lookTerm = 15 * time.Second
	lookMost = 10 * time.Second
)

// health is the last look.
type health struct {
	mu    sync.Mutex
	found []Check
	at    time.Time     // when the look began that found it
	done  chan struct{} // closed when the look under way ends; nil: none is
}

// alive says that the process answers; it asks nobody else, and no overload keeps it from
// answering.
func (s *Server) alive(w http.ResponseWriter, r *http.Request) {
	plain(w, r, http.StatusOK, "ok\n")
}

// ready says whether requests can be served, and what keeps them from it.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	h := s.Ready(r.Context())
	status := http.StatusOK
	if !h.Ready {
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "5")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(h.text()) // who has gone needs none
	}
}

// text writes one check in a line.
func (h Health) text() []byte {
	b := []byte("{\"ready\": false, \"checks\": [\n")
	if h.Ready {
		b = []byte("{\"ready\": true, \"checks\": [\n")
	}
	for i, c := range h.Checks {
		line, _ := json.Marshal(c) // a name, a flag, a word
		b = append(append(b, "  "...), line...)
		if i < len(h.Checks)-1 {
			b = append(b, ',')
		}
		b = append(b, '\n')
	}
	return append(b, "]}\n"...)
}

// Ready looks, or remembers, whether requests can be served.
func (s *Server) Ready(ctx context.Context) Health {
	stops := Check{Name: "stopping", OK: !s.draining.Load()}
	if !stops.OK {
		stops.Why = "ends"
	}
	checks := append(slices.Clone(s.looked(ctx)), stops)
	return Health{Ready: !slices.ContainsFunc(checks, func(c Check) bool { return !c.OK }), Checks: checks}
}

// looked is what the last look found.
func (s *Server) looked(ctx context.Context) []Check {
	h := &s.health
	h.mu.Lock()
	if time.Since(h.at) < lookRest {
		defer h.mu.Unlock()
		return h.found
	}
	if h.done == nil {
		h.done = make(chan struct{})
		go s.look(h.done)
	}
	done := h.done
	h.mu.Unlock()
	late := time.NewTimer(lookWait)
	defer late.Stop()
	select {
	case <-done:
	case <-late.C:
	case <-ctx.Done():
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.at) < lookTerm {
		return h.found
	}
	return []Check{{Name: "database", Why: "does not answer"}}
}

// look looks anew. A change stands in the log, once.
func (s *Server) look(done chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), lookMost)
	defer cancel()
	began := time.Now()
	found, faults := s.check(ctx)
	h := &s.health
	h.mu.Lock()
	before := h.found
	h.found, h.at, h.done = found, began, nil
	h.mu.Unlock()
	close(done)
	if slices.Equal(before, found) {
		return
	}
	switch {
	case faults != nil:
		s.Log.Error("not ready", slog.Any("error", faults))
	case before != nil:
		s.Log.Info("ready again")
	}
}

// check asks for all that has to be right. Overload is no fault: a balancer that sends
// nobody to a busy process makes the others busier.
func (s *Server) check(ctx context.Context) (found []Check, faults error) {
	note := func(name string, err error) {
		if errors.Is(err, agenda.ErrOverloaded) {
			err = nil
		}
		faults = errors.Join(faults, err)
		found = append(found, Check{Name: name, OK: err == nil, Why: why(err)})
	}
	err := s.Desk.Store.Answers(ctx)
	other := errors.Is(err, store.ErrOtherVersion)
	if other {
		note("database", nil)
		note("schema", err)
	} else {
		note("database", err)
	}
	if err == nil {
		note("schema", nil)
		note("writing", s.Desk.Store.Writable(ctx))
		note("key", s.Desk.CheckKey(ctx))
	}
	if s.Jobs != nil {
		note("jobs", s.Jobs.Stuck())
	}
	return found, faults
}

// why is the word for a fault.
func why(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, store.ErrOtherVersion):
		return "other version"
	case errors.Is(err, store.ErrUnfit):
		return "cannot be written"
	case errors.Is(err, seal.ErrOtherKey):
		return "other key"
	case errors.Is(err, agenda.ErrUnavailable):
		return "does not answer"
	}
	return "fails"
}
