package ratelimit

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Class is a set of endpoints that share one rate limit, as Okta groups them.
type Class string

// The classes.
const (
	OAuth       Class = "oauth"
	Clients     Class = "clients"
	Apps        Class = "apps"
	AppsByID    Class = "apps by id"
	AuthServers Class = "authorization servers"
	APITokens   Class = "api tokens"
	People      Class = "users and groups"
)

const (
	defaultManagementLimit = 10_000
	// oauthLimit is for the endpoints that a data plane calls.
	oauthLimit = 60_000
)

// Limits counts the calls of each class in windows of a minute.
type Limits struct {
	Management int // calls a minute of each class but OAuth
	mu         sync.Mutex
	windows    map[Class]window
}

type window struct {
	ends time.Time
	used int
}

// New has counted nothing yet. management is how many calls a minute each class
// but OAuth has; 0 means 10000.
func New(management int) *Limits {
	if management <= 0 {
		management = defaultManagementLimit
	}
	return &Limits{Management: management, windows: map[Class]window{}}
}

// Take counts one call, sets the rate limit headers, and reports whether the
// call is within the limit. The reset time is in Unix seconds.
func (l *Limits) Take(w http.ResponseWriter, c Class, now time.Time) bool {
	limit := l.Management
	if c == OAuth {
		limit = oauthLimit
	}
	l.mu.Lock()
	current := l.windows[c]
	if !now.Before(current.ends) || current.ends.Sub(now) > time.Minute {
		current = window{ends: now.Truncate(time.Second).Add(time.Minute)}
	}
	current.used++
	l.windows[c] = current
	l.mu.Unlock()
	SetHeaders(w, limit, max(limit-current.used, 0), current.ends)
	return current.used <= limit
}

// SetHeaders says how many calls a class has, and has left, until the reset.
func SetHeaders(w http.ResponseWriter, limit, remaining int, reset time.Time) {
	w.Header().Set("X-Rate-Limit-Limit", strconv.Itoa(limit))
	w.Header().Set("X-Rate-Limit-Remaining", strconv.Itoa(remaining))
	w.Header().Set("X-Rate-Limit-Reset", strconv.FormatInt(reset.Unix(), 10))
}
