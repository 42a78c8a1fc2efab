package localas

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// class is a set of endpoints that share one rate limit, as Okta groups them.
type class string

const (
	classOAuth       class = "oauth"
	classClients     class = "clients"
	classApps        class = "apps"
	classAppsByID    class = "apps by id"
	classAuthServers class = "authorization servers"
	classAPITokens   class = "api tokens"
)

const (
	defaultManagementLimit = 10_000
	// oauthLimit is for the endpoints that a data plane calls.
	oauthLimit = 60_000
)

// rateLimits counts the calls of each class in windows of a minute.
type rateLimits struct {
	management int
	mu         sync.Mutex
	windows    map[class]rateWindow
}

type rateWindow struct {
	ends time.Time
	used int
}

func newRateLimits(management int) *rateLimits {
	if management <= 0 {
		management = defaultManagementLimit
	}
	return &rateLimits{management: management, windows: map[class]rateWindow{}}
}

// take counts one call, sets the rate limit headers, and reports whether the
// call is within the limit. The reset time is in Unix seconds.
func (l *rateLimits) take(w http.ResponseWriter, c class, now time.Time) bool {
	limit := l.management
	if c == classOAuth {
		limit = oauthLimit
	}
	l.mu.Lock()
	window := l.windows[c]
	if !now.Before(window.ends) || window.ends.Sub(now) > time.Minute {
		window = rateWindow{ends: now.Truncate(time.Second).Add(time.Minute)}
	}
	window.used++
	l.windows[c] = window
	l.mu.Unlock()
	setRateHeaders(w, limit, max(limit-window.used, 0), window.ends)
	return window.used <= limit
}

func setRateHeaders(w http.ResponseWriter, limit, remaining int, reset time.Time) {
	w.Header().Set("X-Rate-Limit-Limit", strconv.Itoa(limit))
	w.Header().Set("X-Rate-Limit-Remaining", strconv.Itoa(remaining))
	w.Header().Set("X-Rate-Limit-Reset", strconv.FormatInt(reset.Unix(), 10))
}
