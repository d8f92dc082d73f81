package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
)

// recorder notes what is answered. Its route is the template of the address, never
// the address: that holds secrets.
type recorder struct {
	http.ResponseWriter
	route   string
	policy  route.Route // zero where the table refuses
	account string      // whose session or token it is; "": nobody's
	status  int
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
	w.allow(len(b))
	return w.ResponseWriter.Write(b)
}

// FlushError sends what was written so far.
func (w *recorder) FlushError() error {
	w.allow(0)
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// How long whoever asked may take to read the answer: a moment, and longer for a long one.
const (
	readTime     = 10 * time.Second
	bytesPerRead = 50 << 10 // for each so many bytes a second more
)

// allow begins the time to read so many bytes.
func (w *recorder) allow(n int) {
	if c, ok := w.ResponseWriter.(interface{ SetWriteDeadline(time.Time) error }); ok {
		_ = c.SetWriteDeadline(time.Now().Add(readTime + time.Duration(n/bytesPerRead)*time.Second)) // who has gone needs none
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// noteRoute runs for every request that has a route.
func noteRoute(t *route.Table) mux.MiddlewareFunc {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if seen, ok := w.(*recorder); ok {
				seen.route, _ = mux.CurrentRoute(r).GetPathTemplate() // ours all have one
				seen.policy, _ = t.Of(r)
			}
			next.ServeHTTP(w, r)
		})
	}
}

// observe logs and counts requests, without anything personal.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := &recorder{ResponseWriter: w}
		id := requestID(r)
		w.Header().Set("X-Request-Id", id)
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, id))
		s.survive(seen, r, next)
		if seen.status == 0 {
			seen.status = http.StatusOK
		}
		seen.allow(0) // the last bytes leave after this
		took := time.Since(began)
		method := page.KnownMethod(r.Method)
		if s.Metrics != nil {
			s.Metrics.count(seen.route, method, seen.status, took)
		}
		s.refusals.note(r.Context(), s.Log, seen, r.Method, began)
		s.Log.LogAttrs(r.Context(), slog.LevelDebug, "request", slog.String("method", method), slog.String("route", seen.route),
			slog.Int("status", seen.status), slog.Duration("took", took.Round(time.Microsecond)))
	})
}

// requestKey is under which a context knows the id of its request.
type requestKey struct{}

// requestID is by what the lines of the log that belong to one request are found: the
// trace that a proxy names in traceparent (W3C Trace Context), else a number of our own.
// Nothing else of what a client sends becomes one: it would stand in the log as it is.
func requestID(r *http.Request) string {
	parts := strings.Split(r.Header.Get("Traceparent"), "-")
	if len(parts) >= 4 && len(parts[0]) == 2 && len(parts[1]) == 32 && strings.Trim(parts[1], "0123456789abcdef") == "" && strings.Trim(parts[1], "0") != "" {
		return parts[1]
	}
	return rand.Text()
}

// RequestLog adds the id of the request to each line that is written on its behalf.
func RequestLog(h slog.Handler) slog.Handler { return requestLog{h} }

type requestLog struct{ slog.Handler }

// Handle writes a line.
func (h requestLog) Handle(ctx context.Context, line slog.Record) error {
	if id, ok := ctx.Value(requestKey{}).(string); ok {
		line.AddAttrs(slog.String("request", id))
	}
	return h.Handler.Handle(ctx, line)
}

// WithAttrs gives a handler for lines that share something.
func (h requestLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestLog{h.Handler.WithAttrs(attrs)}
}

// WithGroup gives a handler for lines whose attributes stand in a group.
func (h requestLog) WithGroup(name string) slog.Handler { return requestLog{h.Handler.WithGroup(name)} }

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
	t := m.Table()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page.Harden(w.Header())
		t.ServeHTTP(w, r)
	})
}

// Table is the one address there: for whoever reaches it, which the configuration decides.
func (m *Metrics) Table() *route.Table {
	t := route.NewTable()
	p := route.Policy{Who: route.Who{Shows: route.Nothing}, Data: route.Offices, Keep: route.Nobody, Rate: route.Unlimited}
	t.Get("/metrics", p, promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return t
}
