package web

import (
	"context"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"terminvergabe/internal/store"
)

// Worker is who does what nobody asks for.
type Worker interface {
	Stuck() error
	Turns(each func(name string, good time.Time, failures int64)) // good: when it last came to its end; zero: not yet
}

// running gives the numbers by which somebody knows that all is well, or what is not; the
// alerts and the dashboard of the handbook use them. What cannot be found out is left
// out: an alert on a number that is absent is an alert of its own.
type running struct {
	server  *Server
	keyFile string // "": the key comes from elsewhere
}

// Running adds the numbers that tell how the service itself gets on. keyFile is where the
// data key is kept, "" where it is not in a file.
func (m *Metrics) Running(s *Server, keyFile string) {
	m.registry.MustRegister(&running{s, keyFile})
}

// Describe promises nothing beforehand: jobs and acts appear as they are begun.
func (*running) Describe(chan<- *prometheus.Desc) {}

// What the numbers are called and mean.
var (
	readyNow      = prometheus.NewDesc("terminvergabe_ready", "Whether requests can be served, as /readyz says: 1 or 0.", nil, nil)
	checkNow      = prometheus.NewDesc("terminvergabe_check_ok", "Each check of /readyz: 1 or 0.", []string{"check"}, nil)
	jobFailed     = prometheus.NewDesc("terminvergabe_job_failures_total", "How often a job did not come to its end in this process.", []string{"job"}, nil)
	jobDone       = prometheus.NewDesc("terminvergabe_job_last_success_timestamp_seconds", "When a job last came to its end in this process; 0: not yet.", []string{"job"}, nil)
	actsDone      = prometheus.NewDesc("terminvergabe_acts_total", "What this process wrote into the journals, by act: held, booked, confirmed, cancelled ...", []string{"act"}, nil)
	databaseSize  = prometheus.NewDesc("terminvergabe_database_bytes", "What the database takes, its log included.", nil, nil)
	diskFree      = prometheus.NewDesc("terminvergabe_disk_free_bytes", "What is free where the SQLite file is; absent with PostgreSQL.", nil, nil)
	lastBackup    = prometheus.NewDesc("terminvergabe_backup_timestamp_seconds", "When terminvergabe backup last came to its end; 0: never.", nil, nil)
	calendarsFail = prometheus.NewDesc("terminvergabe_busy_calendars_failing", "Calendars elsewhere that could not be read.", nil, nil)
	calendarsAge  = prometheus.NewDesc("terminvergabe_busy_calendars_oldest_seconds", "For how long the one of them could not be read that fails longest.", nil, nil)
	hooksOff      = prometheus.NewDesc("terminvergabe_webhooks_disabled", "Webhooks that are called no more, since their receivers said that they are gone.", nil, nil)
	hooksAge      = prometheus.NewDesc("terminvergabe_webhooks_oldest_seconds", "For how long the document for a webhook has been due that waits longest.", nil, nil)
	securityEnds  = prometheus.NewDesc("terminvergabe_security_txt_expires_timestamp_seconds", "The day of security.expires; absent without it.", nil, nil)
	keyThere      = prometheus.NewDesc("terminvergabe_data_key_file", "Whether the file with the data key is there and can be read: 1 or 0; absent where the key is no file. The service goes on without it, but does not start again.", nil, nil)
)

// Collect asks for all of them; the database once.
func (n *running) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	h := n.server.Ready(ctx)
	gauge(readyNow, one(h.Ready))
	for _, c := range h.Checks {
		gauge(checkNow, one(c.OK), c.Name)
	}
	for act, times := range n.server.Desk.Store.Acts() {
		to <- prometheus.MustNewConstMetric(actsDone, prometheus.CounterValue, float64(times), act)
	}
	if n.server.Jobs != nil {
		n.server.Jobs.Turns(func(name string, good time.Time, failures int64) {
			to <- prometheus.MustNewConstMetric(jobFailed, prometheus.CounterValue, float64(failures), name)
			gauge(jobDone, unix(good), name)
		})
	}
	if size, free, err := n.server.Desk.Store.Space(ctx); err == nil {
		gauge(databaseSize, float64(size))
		if free >= 0 {
			gauge(diskFree, float64(free))
		}
	}
	if until := n.server.Security.Expires; !until.IsZero() {
		gauge(securityEnds, unix(until))
	}
	if n.keyFile != "" {
		f, err := os.Open(n.keyFile)
		if err == nil {
			_ = f.Close() // it was only looked at
		}
		gauge(keyThere, one(err == nil))
	}
	n.asked(ctx, gauge)
}

// asked gives the numbers that stand in the database.
func (n *running) asked(ctx context.Context, gauge func(d *prometheus.Desc, v float64, labels ...string)) {
	var f store.Failing
	var backup time.Time
	err := n.server.Desk.Store.View(ctx, func(tx *store.Tx) (err error) {
		if f, err = tx.Failing(); err != nil {
			return err
		}
		backup, err = tx.BackedUp()
		return err
	})
	if err != nil {
		return
	}
	gauge(lastBackup, unix(backup))
	gauge(calendarsFail, float64(f.Calendars))
	gauge(calendarsAge, f.CalendarsSince.Seconds())
	gauge(hooksOff, float64(f.Hooks))
	gauge(hooksAge, f.HookWaits.Seconds())
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.Unix())
}
