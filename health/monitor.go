package health

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"portico"
	"portico/idp"
)

// maxProviders are watched at once; more only means that what was seen is
// forgotten.
const maxProviders = 1000

// Monitor keeps what was seen of each DCR provider.
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
