package idp

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// RateHeaders names the headers in which a vendor tells its rate limit: calls
// per window, calls left, and the end of the window in seconds since 1970.
type RateHeaders struct {
	Limit, Remaining, Reset string
	// Window is what Limit counts. Without it calls are not spread evenly, only
	// held back when few remain.
	Window time.Duration
}

const maxPause = 5 * time.Minute // no vendor's window is longer; a header that says so is wrong

// pacer keeps each class of calls at half the vendor's limit, if its window is known, so that whatever
// else uses the same organisation has the other half.
type pacer struct {
	headers RateHeaders
	now     func() time.Time

	mu      sync.Mutex
	classes map[string]*pace
}

type pace struct {
	bucket *rate.Limiter
	until  time.Time // no call before
}

func newPacer(headers RateHeaders, now func() time.Time) *pacer {
	return &pacer{headers: headers, now: now, classes: map[string]*pace{}}
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
	limit, limited := number(res.Header.Get(p.headers.Limit))
	if window := p.headers.Window; limited && limit > 0 && window > 0 {
		half := max(1, int(min(limit, 1<<20))/2)
		c.bucket.SetBurstAt(now, half)
		c.bucket.SetLimitAt(now, rate.Limit(float64(half)/window.Seconds()))
	}
	remaining, told := number(res.Header.Get(p.headers.Remaining))
	few := told && limited && remaining < min(5, max(1, limit/4))
	if res.StatusCode == http.StatusTooManyRequests || few {
		pause = p.pause(res.Header, now)
		c.until = now.Add(pause)
	}
	return pause
}

// pause until the window ends. The vendor's Date header stands for the time,
// because its clock and ours differ.
func (p *pacer) pause(h http.Header, now time.Time) time.Duration {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	var d time.Duration
	if reset, ok := number(h.Get(p.headers.Reset)); ok {
		d = time.Unix(reset, 0).Sub(now) + time.Second
	} else if seconds, ok := number(h.Get("Retry-After")); ok {
		d = time.Duration(min(seconds, int64(maxPause/time.Second))) * time.Second
	} else if at, err := http.ParseTime(h.Get("Retry-After")); err == nil {
		d = at.Sub(now) + time.Second
	}
	return min(max(d, time.Second), maxPause)
}

func number(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 0
}
