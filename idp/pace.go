package idp

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const maxPause = 5 * time.Minute // no vendor's window is longer; a header that says so is wrong

// pacer keeps each class of calls at half the vendor's limit, if its window is
// known, so that whatever else uses the same organisation has the other half.
type pacer struct {
	window time.Duration // 0: not known
	now    func() time.Time

	mu      sync.Mutex
	classes map[string]*pace
}

type pace struct {
	bucket *rate.Limiter
	until  time.Time // no call before
}

func newPacer(window time.Duration, now func() time.Time) *pacer {
	return &pacer{window: window, now: now, classes: map[string]*pace{}}
}

func (p *pacer) class(name string) *pace {
	c := p.classes[name]
	if c == nil {
		c = &pace{bucket: rate.NewLimiter(rate.Inf, 1)} // until the first answer tells the limit
		p.classes[name] = c
	}
	return c
}

// reserve takes a place in the class and says how long to wait for it; cancel
// gives it back.
func (p *pacer) reserve(name string) (d time.Duration, cancel func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, now := p.class(name), p.now()
	place := c.bucket.ReserveN(now, 1)
	return max(place.DelayFrom(now), c.until.Sub(now), 0), func() { place.CancelAt(now) }
}

// learn takes the limit from an answer. The pause is how long the vendor wants
// no further call, 0 if it did not say.
func (p *pacer) learn(name string, res *http.Response) (pause time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, now := p.class(name), p.now()
	limit, limited := rateHeader(res.Header, "Limit")
	if limited && limit > 0 && p.window > 0 {
		half := max(1, int(min(limit, 1<<20))/2)
		c.bucket.SetBurstAt(now, half)
		c.bucket.SetLimitAt(now, rate.Limit(float64(half)/p.window.Seconds()))
	}
	remaining, told := rateHeader(res.Header, "Remaining")
	few := told && limited && remaining < min(5, max(1, limit/4))
	if res.StatusCode == http.StatusTooManyRequests || few {
		pause = p.pause(res.Header, now)
		c.until = now.Add(pause)
	}
	return pause
}

// pause until the window ends, or as long as the vendor asks for.
func (p *pacer) pause(h http.Header, now time.Time) time.Duration {
	var d time.Duration
	if left, ok := untilReset(h, now); ok {
		d = min(left, maxPause) + time.Second
	} else if seconds, ok := number(h.Get("Retry-After")); ok {
		d = time.Duration(min(seconds, int64(maxPause/time.Second))) * time.Second
	} else if at, err := http.ParseTime(h.Get("Retry-After")); err == nil {
		d = min(at.Sub(dateOf(h, now)), maxPause) + time.Second
	}
	return min(max(d, time.Second), maxPause)
}
