package enforce

import (
	"crypto/sha256"
	"net/http"
	"strconv"
	"strings"
	"time"

	"portico/lru"
	"portico/snapshot"
)

// Counts remembers how many requests have passed. It is bounded: what was used
// longest ago is forgotten first.
type Counts struct {
	counts *lru.Cache[subject, tally]
}

// maxSubjects is how many callers are counted at once.
const maxSubjects = 1 << 17

// NewCounts makes counts that know of no request.
func NewCounts() *Counts { return &Counts{lru.New[subject, tally](maxSubjects)} }

// subject is whose requests a plugin counts.
type subject struct{ plugin, kind, value string }

// periods are those of the calendar, in UTC.
const periods = 6

// tally counts the requests of each period, which is told by its beginning.
type tally [periods]struct {
	begin int64 // Unix seconds
	count int
}

// rateLimit limits how many requests pass.
type rateLimit struct {
	snapshot.RateLimiting
	id     string
	limits [periods]int // 0: none
}

func newRateLimit(id string, c snapshot.RateLimiting) *rateLimit {
	return &rateLimit{c, id, [periods]int{c.Second, c.Minute, c.Hour, c.Day, c.Month, c.Year}}
}

// period is the one that a time lies in: the i-th, from second to year.
func period(now time.Time, i int) (begin, end time.Time) {
	now = now.UTC()
	year, month, day := now.Date()
	switch i {
	case 3:
		begin = time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
		return begin, begin.AddDate(0, 0, 1)
	case 4:
		begin = time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
		return begin, begin.AddDate(0, 1, 0)
	case 5:
		begin = time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		return begin, begin.AddDate(1, 0, 0)
	}
	length := [...]time.Duration{time.Second, time.Minute, time.Hour}[i]
	begin = now.Truncate(length)
	return begin, begin.Add(length)
}

// admit counts a request if all limits let it pass, and tells the caller what
// is left.
func (l *rateLimit) admit(q Request, counts *Counts, response http.Header) *Answer {
	var begin, end [periods]time.Time
	last := q.Now
	for i, limit := range l.limits {
		if limit > 0 {
			begin[i], end[i] = period(q.Now, i)
			last = end[i]
		}
	}
	passes := true
	var seen tally // with this request, if it passes
	counts.counts.Update(l.subject(q), q.Now, func(t tally) (tally, time.Time) {
		for i, limit := range l.limits {
			if limit > 0 && t[i].begin != begin[i].Unix() {
				t[i].begin, t[i].count = begin[i].Unix(), 0
			}
			passes = passes && (limit == 0 || t[i].count < limit)
		}
		for i, limit := range l.limits {
			if passes && limit > 0 {
				t[i].count++
			}
		}
		seen = t
		return t, last
	})
	wait := l.tell(seen, end, q.Now, response)
	if passes {
		return nil
	}
	response.Set("Retry-After", wait)
	return &Answer{Status: l.ErrorCode, Reason: ReasonLimited, Message: l.ErrorMessage}
}

// tell sets the headers about the limits; RateLimit-* are of the one that is
// nearest (draft-ietf-httpapi-ratelimit-headers-03). It returns the seconds
// until that one is reset.
func (l *rateLimit) tell(seen tally, end [periods]time.Time, now time.Time, response http.Header) (reset string) {
	nearest, left := -1, 0
	for i, limit := range l.limits {
		if limit == 0 {
			continue
		}
		remaining := max(0, limit-seen[i].count)
		if nearest < 0 || remaining <= left {
			nearest, left = i, remaining
		}
		if !l.HideClientHeaders {
			name := [...]string{"Second", "Minute", "Hour", "Day", "Month", "Year"}[i]
			response.Set("X-Ratelimit-Limit-"+name, strconv.Itoa(limit))
			response.Set("X-Ratelimit-Remaining-"+name, strconv.Itoa(remaining))
		}
	}
	if nearest < 0 {
		return "1"
	}
	reset = strconv.FormatInt(max(1, int64((end[nearest].Sub(now)+time.Second-1)/time.Second)), 10)
	if !l.HideClientHeaders {
		response.Set("Ratelimit-Limit", strconv.Itoa(l.limits[nearest]))
		response.Set("Ratelimit-Remaining", strconv.Itoa(left))
		response.Set("Ratelimit-Reset", reset)
	}
	return reset
}

// maxValue is how much of what a caller sent is kept as it is.
const maxValue = 64

// subject is whose requests are counted. Who is not known by what is asked for
// is known by the address.
func (l *rateLimit) subject(q Request) subject {
	s := subject{plugin: l.id, kind: l.LimitBy}
	switch l.LimitBy {
	case "consumer":
		s.value = q.Consumer
		if s.value == "" && q.Application != "" {
			s.kind, s.value = "application", q.Application
		}
	case "credential":
		s.value = q.Credential
	case "service":
		s.value = q.Service
	case "header":
		s.value = q.Header.Get(l.HeaderName)
	case "path":
		if q.Path == l.Path || strings.HasPrefix(q.Path, strings.TrimSuffix(l.Path, "/")+"/") {
			s.value = l.Path
		}
	}
	if s.value == "" {
		s.kind, s.value = "ip", q.Source.Unmap().String()
	}
	if len(s.value) > maxValue { // a caller chose it
		digest := sha256.Sum256([]byte(s.value))
		s.value = string(digest[:])
	}
	return s
}
