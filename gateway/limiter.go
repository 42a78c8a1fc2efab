package gateway

import (
	"time"

	"portico/lru"
)

// limiter counts failures per key in fixed windows; who has used up a window's
// allowance waits for its end.
type limiter[K comparable] struct {
	allowed int
	window  time.Duration
	counts  *lru.Cache[K, failures]
}

type failures struct {
	count int
	until time.Time // end of the window
}

func newLimiter[K comparable](allowed int, window time.Duration, size int) *limiter[K] {
	return &limiter[K]{allowed, window, lru.New[K, failures](size)}
}

// wait is how long the key must wait; 0 when it may try.
func (l *limiter[K]) wait(key K, now time.Time) time.Duration {
	if f, ok := l.counts.Find(key, now); ok && f.count >= l.allowed {
		return f.until.Sub(now)
	}
	return 0
}

// fail counts a failure.
func (l *limiter[K]) fail(key K, now time.Time) {
	l.counts.Update(key, now, func(f failures) (failures, time.Time) {
		if f.count == 0 {
			f.until = now.Add(l.window)
		}
		f.count++
		return f, f.until
	})
}
