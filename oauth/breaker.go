package oauth

import (
	"sync"
	"time"
)

const (
	breakerFailures = 5                // in a row, until the circuit opens
	breakerFirst    = 5 * time.Second  // how long it stays open at first; doubles while probes fail
	breakerLast     = 60 * time.Second // at the longest, also when the server asks for more
)

// outcome is what a call through a breaker says about the server.
type outcome int

const (
	answered  outcome = iota // it works, whatever it decided
	failed                   // it does not
	abandoned                // the caller went away before it could tell
)

// breaker spares a server that fails: after five failures in a row calls are
// refused for a while, then one probe at a time goes through.
type breaker struct {
	mu       sync.Mutex
	failures int
	openings int       // in a row
	openTill time.Time // zero while closed
	probing  bool
}

// enter asks to make a call. If ok it must be followed by leave; otherwise wait
// says when to ask again.
func (b *breaker) enter(now time.Time) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.openTill.IsZero():
		return 0, true
	case now.Before(b.openTill):
		return b.openTill.Sub(now), false
	case b.probing:
		return time.Second, false
	}
	b.probing = true
	return 0, true
}

// leave reports how a call ended, and how long the server asked to be left
// alone. Calls that began before the circuit opened may end after it.
func (b *breaker) leave(now time.Time, result outcome, retryAfter time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	open := !b.openTill.IsZero()
	switch result {
	case answered:
		b.failures, b.openings, b.openTill, b.probing = 0, 0, time.Time{}, false
	case abandoned:
		b.probing = false
	case failed:
		b.failures++
		if open && !b.probing || b.failures < breakerFailures {
			return // a straggler, or not yet enough
		}
		hold := min(max(breakerFirst<<min(b.openings, 4), retryAfter), breakerLast)
		b.openings++
		b.openTill, b.probing = now.Add(hold), false
	}
}
