package session

import (
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Throttle slows guessing: ten failures at once from an address, then
// one every six seconds.
type Throttle struct {
	now       func() time.Time
	mu        sync.Mutex
	addresses map[string]*rate.Limiter
}

// maxThrottled bounds the memory; beyond it the throttle starts over.
const maxThrottled = 10_000

// NewThrottle has slowed nobody yet.
func NewThrottle(now func() time.Time) *Throttle {
	return &Throttle{now: now, addresses: map[string]*rate.Limiter{}}
}

// limiter is the one of the request's address.
func (t *Throttle) limiter(r *http.Request) *rate.Limiter {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.addresses) >= maxThrottled {
		clear(t.addresses)
	}
	limiter, known := t.addresses[address]
	if !known {
		limiter = rate.NewLimiter(rate.Every(6*time.Second), 10)
		t.addresses[address] = limiter
	}
	return limiter
}

// Allowed reports whether the address may try.
func (t *Throttle) Allowed(r *http.Request) bool { return t.limiter(r).TokensAt(t.now()) >= 1 }

// Failed counts a failure of the address.
func (t *Throttle) Failed(r *http.Request) { t.limiter(r).AllowN(t.now(), 1) }
