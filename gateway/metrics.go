package gateway

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the gateway's counters. No label holds anything a caller chose:
// no client id, key, host or path.
type metrics struct {
	requests  *prometheus.CounterVec
	duration  *prometheus.HistogramVec
	auth      *prometheus.CounterVec
	cache     *prometheus.CounterVec
	exchanges *prometheus.CounterVec
	unencoded prometheus.Counter
	version   prometheus.Gauge
	apps      prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) *metrics {
	name := func(n string) string { return "portico_gateway_" + n }
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: name("requests_total"),
			Help: "Requests by service, route, class of status and verdict."}, []string{"service", "route", "status", "verdict"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name("request_seconds"),
			Help: "Time from request head to end of response.", Buckets: prometheus.ExponentialBuckets(0.0005, 2.5, 12)}, []string{"service"}),
		auth: prometheus.NewCounterVec(prometheus.CounterOpts{Name: name("auth_total"),
			Help: "Decisions on guarded services by credential method and verdict."}, []string{"method", "verdict"}),
		cache: prometheus.NewCounterVec(prometheus.CounterOpts{Name: name("credential_cache_total"),
			Help: "Look-ups of presented credentials by cache and result."}, []string{"cache", "result"}),
		exchanges: prometheus.NewCounterVec(prometheus.CounterOpts{Name: name("token_exchanges_total"),
			Help: "Client credentials exchanges with identity providers by result."}, []string{"result"}),
		unencoded: prometheus.NewCounter(prometheus.CounterOpts{Name: name("unencoded_basic_total"),
			Help: "Requests whose Basic credentials were not base64-encoded."}),
		version: prometheus.NewGauge(prometheus.GaugeOpts{Name: name("config_version"),
			Help: "Version of the configuration in force."}),
		apps: prometheus.NewGauge(prometheus.GaugeOpts{Name: name("applications"),
			Help: "Applications in the configuration in force."}),
	}
	if r != nil {
		r.MustRegister(m.requests, m.duration, m.auth, m.cache, m.exchanges, m.unencoded, m.version, m.apps)
	}
	return m
}

func (m *metrics) request(service, route string, status int, verdict Reason, took time.Duration) {
	m.requests.WithLabelValues(service, route, strconv.Itoa(status/100)+"xx", string(verdict)).Inc()
	m.duration.WithLabelValues(service).Observe(took.Seconds())
}

// lookups counts the hits and misses of one cache.
type lookups struct{ hit, miss prometheus.Counter }

func (m *metrics) lookups(cache string) lookups {
	return lookups{m.cache.WithLabelValues(cache, "hit"), m.cache.WithLabelValues(cache, "miss")}
}

func (l lookups) count(hit bool) {
	if hit {
		l.hit.Inc()
	} else {
		l.miss.Inc()
	}
}
