package idp

import (
	"net/http"
	"strconv"
	"time"

	"portico"
)

// longestWindow is longer than any of a rate limit; a header that says otherwise
// is wrong.
const longestWindow = 24 * time.Hour

// RateRoom reads what an answer says is left of a rate limit, as most vendors do;
// false where it does not say all of it. The window's end is by the clock that
// now is of.
func RateRoom(h http.Header, now time.Time) (room portico.RateRoom, told bool) {
	limit, limited := rateHeader(h, "Limit")
	remaining, counted := rateHeader(h, "Remaining")
	left, ends := untilReset(h, now)
	if !limited || !counted || !ends || limit == 0 || left > longestWindow {
		return room, false
	}
	return portico.RateRoom{Limit: limit, Remaining: remaining, ResetAt: now.Add(left).UTC().Truncate(time.Second)}, true
}

// rateHeader reads X-RateLimit-… (Auth0 and many others) or X-Rate-Limit-…
// (Okta).
func rateHeader(h http.Header, name string) (int64, bool) {
	if n, ok := number(h.Get("X-Ratelimit-" + name)); ok {
		return n, true
	}
	return number(h.Get("X-Rate-Limit-" + name))
}

// Seconds since 1970. A number before the first must mean seconds to wait,
// because as a point in time it is in 2001; after the last, which ends the year
// 9999, RFC 3339 has no times.
const (
	earliest   = 1_000_000_000
	lastSecond = 253_402_300_799
)

// untilReset is how long a rate limit's window still lasts. The vendor's Date
// stands for the time, because its clock and ours differ.
func untilReset(h http.Header, now time.Time) (time.Duration, bool) {
	reset, told := rateHeader(h, "Reset")
	if told && reset < earliest {
		return time.Duration(reset) * time.Second, true
	}
	return time.Unix(min(reset, lastSecond), 0).Sub(dateOf(h, now)), told
}

// dateOf is the time by the vendor's clock, or now where the answer does not say.
func dateOf(h http.Header, now time.Time) time.Time {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		return date
	}
	return now
}

func number(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 0
}
