package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/store"
)

// recorder notes what is answered. Its route is the template of the address, never
// the address: that holds secrets.
type recorder struct {
	http.ResponseWriter
	route  string
	status int
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// noteRoute runs for every request that has a route.
func noteRoute(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if seen, ok := w.(*recorder); ok {
			seen.route, _ = mux.CurrentRoute(r).GetPathTemplate() // ours all have one
		}
		next.ServeHTTP(w, r)
	})
}

// observe logs and counts requests, without anything personal.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := &recorder{ResponseWriter: w}
		s.survive(seen, r, next)
		if seen.status == 0 {
			seen.status = http.StatusOK
		}
		took := time.Since(began)
		method := knownMethod(r.Method)
		if s.Metrics != nil {
			s.Metrics.count(seen.route, method, seen.status, took)
		}
		s.Log.LogAttrs(r.Context(), slog.LevelDebug, "request", slog.String("method", method), slog.String("route", seen.route),
			slog.Int("status", seen.status), slog.Duration("took", took.Round(time.Microsecond)))
	})
}

// survive answers a panic that no audience has caught with a bare 500.
func (s *Server) survive(seen *recorder, r *http.Request, next http.Handler) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if v == http.ErrAbortHandler {
			panic(v)
		}
		s.Log.ErrorContext(r.Context(), "panic", "route", seen.route, "what", fmt.Sprint(v), "stack", string(debug.Stack()))
		if seen.status == 0 {
			http.Error(seen, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		}
	}()
	next.ServeHTTP(seen, r)
}

// knownMethod keeps invented methods out of logs and metrics.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// Metrics are numbers for Prometheus.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// Tally counts what became of letters in this process, as jobs.Tally does.
type Tally interface {
	Counts() (sent, failed, dropped, deferred int64)
}

// NewMetrics makes the numbers there are: requests by route, the letters that wait and
// what became of others, and what the process itself uses.
func NewMetrics(d *booking.Desk, letters Tally, version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "terminvergabe_requests_total",
			Help: "Requests answered, by route, method and status."}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "terminvergabe_request_seconds",
			Help: "How long requests took, by route.", Buckets: prometheus.ExponentialBuckets(0.001, 2.5, 10)}, []string{"route"}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "terminvergabe_info", Help: "Always 1; the version that runs.",
		ConstLabels: prometheus.Labels{"version": version, "engine": d.Store.Engine()}})
	info.Set(1)
	m.registry.MustRegister(m.requests, m.seconds, info, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, g := range []struct {
		name, help string
		read       func(*store.Tx) (float64, error)
	}{
		{"terminvergabe_letters_waiting", "Letters in the outbox that are not delivered yet", lettersWaiting},
		{"terminvergabe_letters_oldest_seconds", "For how long the letter has been due that waits longest", oldestLetter},
		{"terminvergabe_letters_paused", "Pauses that hold letters back, of tenants and of the installation", lettersPaused},
		{"terminvergabe_letter_texts_broken", "Tenants' own texts for letters that cannot be used, so that letters go out without them", brokenTexts},
	} {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: g.name, Help: g.help + "; -1: the database does not answer."}, func() float64 { return ask(d, g.read) }))
	}
	for i, result := range []string{"sent", "failed", "dropped", "deferred"} {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "terminvergabe_letters_total", ConstLabels: prometheus.Labels{"result": result},
			Help: "What became of letters in this process: taken by the mail server, given up, overtaken by the visit; deferred are attempts."}, func() float64 {
			sent, failed, dropped, deferred := letters.Counts()
			return float64([]int64{sent, failed, dropped, deferred}[i])
		}))
	}
	return m
}

// ask reads a number from the database; -1: it does not answer.
func ask(d *booking.Desk, read func(*store.Tx) (float64, error)) (n float64) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
		n, err = read(tx)
		return err
	})
	if err != nil {
		return -1
	}
	return n
}

func lettersWaiting(tx *store.Tx) (float64, error) {
	n, err := tx.Queued()
	return float64(n), err
}

func oldestLetter(tx *store.Tx) (float64, error) {
	due, err := tx.OldestQueued()
	if err != nil || due.IsZero() {
		return 0, err
	}
	now, err := tx.Now()
	return now.Sub(due).Seconds(), err
}

func lettersPaused(tx *store.Tx) (float64, error) {
	list, err := tx.Pauses()
	return float64(len(list)), err
}

func brokenTexts(tx *store.Tx) (n float64, err error) {
	ids, err := tx.Tenants()
	for _, id := range ids {
		s, wrong := tx.Setup(id)
		if wrong != nil {
			return 0, wrong
		}
		n += float64(len(s.BrokenTexts()))
	}
	return n, err
}

func (m *Metrics) count(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

// Handler serves /metrics, for an address of its own that visitors cannot reach.
func (m *Metrics) Handler() http.Handler {
	r := http.NewServeMux()
	r.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return r
}
