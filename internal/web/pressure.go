package web

import "github.com/prometheus/client_golang/prometheus"

// watch adds the numbers that tell whether more is asked than can be answered.
func (m *Metrics) watch(k *kinds) {
	for _, t := range k.all() {
		kind := prometheus.Labels{"kind": t.name}
		m.registry.MustRegister(
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "terminvergabe_requests_under_way", ConstLabels: kind,
				Help: "Requests that are worked on at this moment."}, func() float64 { return float64(len(t.places)) }),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "terminvergabe_requests_under_way_most", ConstLabels: kind,
				Help: "How many of them there may be."}, func() float64 { return float64(cap(t.places)) }),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "terminvergabe_requests_waiting", ConstLabels: kind,
				Help: "Requests that wait for their turn."}, func() float64 { return float64(t.waiting.Load()) }),
			prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "terminvergabe_requests_overloaded_total", ConstLabels: kind,
				Help: "Requests answered with 503 since too many were there."}, func() float64 { return float64(t.refused.Load()) }),
		)
	}
}

// Watch adds the numbers of the connections.
func (m *Metrics) Watch(c *Connections) {
	for i, state := range []string{"open", "waiting"} {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "terminvergabe_connections", ConstLabels: prometheus.Labels{"state": state},
			Help: "Connections of visitors and proxies: all that are open, and those of them without a request."}, func() float64 {
			open, waiting, _ := c.Counts()
			return float64([]int{open, waiting}[i])
		}))
	}
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "terminvergabe_connections_most",
		Help: "How many connections there may be."}, func() float64 { return float64(c.Most) }))
	for _, reason := range []string{"client", "oldest", "full"} {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "terminvergabe_connections_dropped_total", ConstLabels: prometheus.Labels{"reason": reason},
			Help: "Connections closed since their client had too many, since they waited longest when there was no room, or since all others were at work."}, func() float64 {
			_, _, dropped := c.Counts()
			return float64(dropped[reason])
		}))
	}
}
