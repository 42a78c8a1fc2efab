package health

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"portico"
	"portico/idp"
)

// maxProviders are watched at once; more only means that what was seen is
// forgotten.
const maxProviders = 1000

// Monitor keeps what was seen of each DCR provider. It is a
// prometheus.Collector.
type Monitor struct {
	now func() time.Time

	mu   sync.Mutex
	seen map[portico.ProviderID]portico.ProviderHealth
}

// New makes a monitor that has seen nothing.
func New(now func() time.Time) *Monitor {
	return &Monitor{now: now, seen: map[portico.ProviderID]portico.ProviderHealth{}}
}

// Of is what was seen of a provider since the program was started.
func (m *Monitor) Of(id portico.ProviderID) portico.ProviderHealth {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen[id]
}

// Watch makes a client out of another, whose requests are watched as the
// provider's. What is only tried has no id, and nobody asks how it is doing.
func (m *Monitor) Watch(id portico.ProviderID, client *http.Client) *http.Client {
	if id == "" {
		return client
	}
	watched, through := *client, client.Transport
	if through == nil {
		through = http.DefaultTransport
	}
	watched.Transport = transport(func(r *http.Request) (*http.Response, error) {
		res, err := through.RoundTrip(r)
		m.note(id, r, res, err)
		return res, err
	})
	return &watched
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

func (m *Monitor) note(id portico.ProviderID, r *http.Request, res *http.Response, err error) {
	failure := failureOf(r, res, err)
	if err != nil && failure == "" {
		return // whoever asked has gone
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.seen[id]; !known && len(m.seen) >= maxProviders {
		clear(m.seen)
	}
	h, now := m.seen[id], m.now()
	if failure == "" {
		h.LastSuccess = now
	} else {
		h.LastFailure, h.Failure = now, failure
	}
	if res != nil {
		if room, told := idp.RateRoom(res.Header, now); told && tighter(room, h.Room, now) {
			h.Room = &room
		}
	}
	m.seen[id] = h
}

// failureOf says what is wrong, in words without addresses or credentials; empty
// if the provider did its part. That something is not there, or may not be
// read, is an answer.
func failureOf(r *http.Request, res *http.Response, err error) string {
	timeout, isTimeout := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.Canceled):
		return ""
	case isTimeout && timeout.Timeout():
		return "no answer in time"
	case err != nil:
		return "no connection"
	case res.StatusCode >= 500, res.StatusCode == http.StatusTooManyRequests, res.StatusCode == http.StatusUnauthorized,
		res.StatusCode == http.StatusForbidden && r.Method != http.MethodGet:
		return fmt.Sprintf("%d %s", res.StatusCode, http.StatusText(res.StatusCode))
	}
	return ""
}

// tighter says whether the room takes the place of another, which holds until
// its window ends: limits of several kinds are told, and the tightest counts.
func tighter(room portico.RateRoom, than *portico.RateRoom, now time.Time) bool {
	return than == nil || !now.Before(than.ResetAt) || room.ResetAt.After(than.ResetAt) && room.Limit == than.Limit ||
		float64(room.Remaining)/float64(room.Limit) <= float64(than.Remaining)/float64(than.Limit)
}

// What is told as metrics, of each provider by its id.
var (
	up        = prometheus.NewDesc("portico_dcr_provider_up", "Whether the provider's last answer was none of a failure.", []string{"provider"}, nil)
	success   = prometheus.NewDesc("portico_dcr_provider_last_success_seconds", "When the provider last did its part, in seconds since 1970.", []string{"provider"}, nil)
	failure   = prometheus.NewDesc("portico_dcr_provider_last_failure_seconds", "When the provider last failed, in seconds since 1970.", []string{"provider"}, nil)
	remaining = prometheus.NewDesc("portico_dcr_provider_rate_limit_remaining", "Requests that the provider's rate limit still has room for.", []string{"provider"}, nil)
)

// Describe implements prometheus.Collector.
func (m *Monitor) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{up, success, failure, remaining} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (m *Monitor) Collect(to chan<- prometheus.Metric) {
	m.mu.Lock()
	seen := maps.Clone(m.seen)
	m.mu.Unlock()
	gauge := func(d *prometheus.Desc, value float64, id portico.ProviderID) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, string(id))
	}
	for id, h := range seen {
		working := 0.0
		if !h.Failing() {
			working = 1
		}
		gauge(up, working, id)
		if !h.LastSuccess.IsZero() {
			gauge(success, float64(h.LastSuccess.Unix()), id)
		}
		if !h.LastFailure.IsZero() {
			gauge(failure, float64(h.LastFailure.Unix()), id)
		}
		if h.Room != nil {
			gauge(remaining, float64(h.Room.Remaining), id)
		}
	}
}
