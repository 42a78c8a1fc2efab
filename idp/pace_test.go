package idp_test

import (
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"portico"
	"portico/idp"
	"portico/idptest"
)

// limited answers with rate headers, like a vendor whose clock is ahead.
func limited(t *testing.T, status func() int, limit, remaining int, window time.Duration) (*idp.API, *idptest.Clock, *atomic.Int32) {
	t.Helper()
	var requests atomic.Int32
	clock := idptest.NewClock(time.Now())
	const ahead = 3 * time.Hour
	api := newAPI(t, "https://idp.example", roundTrip(func(r *http.Request) (*http.Response, error) {
		requests.Add(1)
		theirs := clock.Now().Add(ahead).UTC()
		return idptest.Answer(status(), http.Header{
			"X-Rate-Limit-Limit": {strconv.Itoa(limit)}, "X-Rate-Limit-Remaining": {strconv.Itoa(remaining)},
			"X-Rate-Limit-Reset": {strconv.FormatInt(theirs.Add(window).Unix(), 10)}, "Date": {theirs.Format(http.TimeFormat)},
		}, "{}")(r, nil)
	}), clock)
	return api, clock, &requests
}

func ok() int { return http.StatusOK }

// TestHalfTheLimit: over ten minutes of steady work the vendor sees half the
// calls it allows, the first burst aside.
func TestHalfTheLimit(t *testing.T) {
	t.Parallel()
	const limit = 60
	api, clock, requests := limited(t, ok, limit, 50, time.Minute)
	start := clock.Now()
	for clock.Now().Sub(start) < 10*time.Minute {
		if _, err := api.Do(t.Context(), get); err != nil {
			t.Fatal(err)
		}
	}
	if n := requests.Load(); n < 10*limit/2 || n > 10*limit/2+limit/2+2 {
		t.Errorf("%d calls in ten minutes with a limit of %d a minute", n, limit)
	}
}

// TestFewRemaining: the last calls of a window are left to others, and the
// vendor's clock decides when it ends.
func TestFewRemaining(t *testing.T) {
	t.Parallel()
	api, clock, requests := limited(t, ok, 100, 4, 40*time.Second)
	if _, err := api.Do(t.Context(), get); err != nil {
		t.Fatal(err)
	}
	_, err := api.Do(t.Context(), get)
	wantKind(t, err, portico.IdPUnavailable)
	e, _ := err.(*portico.IdPError)
	if e.RetryAfter < 39*time.Second || e.RetryAfter > 42*time.Second {
		t.Errorf("retry after %v, the window ends in 40 s by the vendor's clock", e.RetryAfter)
	}
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests were sent", n)
	}
	other := get
	other.Class = "others"
	if _, err := api.Do(t.Context(), other); err != nil {
		t.Errorf("another class is held back as well: %v", err)
	}
	clock.Wait(t.Context(), e.RetryAfter)
	if _, err := api.Do(t.Context(), get); err != nil {
		t.Errorf("after the window: %v", err)
	}
}

// TestShortPauseIsWaitedFor instead of failing.
func TestShortPauseIsWaitedFor(t *testing.T) {
	t.Parallel()
	status := http.StatusTooManyRequests
	api, clock, requests := limited(t, func() int { s := status; status = http.StatusOK; return s }, 100, 0, 4*time.Second)
	if _, err := api.Do(t.Context(), get); err != nil {
		t.Fatal(err)
	}
	var waited time.Duration
	for _, d := range clock.Waits() {
		waited += d
	}
	if requests.Load() != 2 || waited < 4*time.Second || waited > 6*time.Second {
		t.Errorf("%d requests, waited %v", requests.Load(), clock.Waits())
	}
}

// TestSecondsToTheEnd: some vendors tell how long the window lasts, and not when
// it ends.
func TestSecondsToTheEnd(t *testing.T) {
	t.Parallel()
	api := newAPI(t, "https://idp.example", roundTrip(func(r *http.Request) (*http.Response, error) {
		return idptest.Answer(http.StatusTooManyRequests, http.Header{"X-Ratelimit-Reset": {"30"}, "Date": {"Sat, 21 Nov 2026 12:00:00 GMT"}}, "")(r, nil)
	}), idptest.NewClock(time.Now()))
	_, err := api.Do(t.Context(), create)
	wantKind(t, err, portico.IdPUnavailable)
	if e, _ := err.(*portico.IdPError); e.RetryAfter < 30*time.Second || e.RetryAfter > 31*time.Second {
		t.Errorf("retry after %v", e.RetryAfter)
	}
}

// TestAbsurdHeaders: whatever the headers say, the API neither stops for good
// nor goes wild.
func TestAbsurdHeaders(t *testing.T) {
	t.Parallel()
	for _, h := range []http.Header{
		{"X-Rate-Limit-Reset": {"99999999999999999"}}, {"X-Rate-Limit-Reset": {"-5"}}, {"X-Rate-Limit-Reset": {"0"}}, {"X-Rate-Limit-Reset": {"soon"}},
		{"Retry-After": {"9223372036854775807"}}, {"Retry-After": {"Fri, 31 Dec 9999 23:59:59 GMT"}}, {"Retry-After": {""}},
		{"X-Rate-Limit-Limit": {"0"}, "X-Rate-Limit-Remaining": {"0"}}, {"X-Rate-Limit-Limit": {"9223372036854775807"}, "X-Rate-Limit-Remaining": {"9223372036854775807"}}, {"Date": {"yesterday"}},
	} {
		clock := idptest.NewClock(time.Now())
		api := newAPI(t, "https://idp.example", roundTrip(func(r *http.Request) (*http.Response, error) {
			return idptest.Answer(http.StatusTooManyRequests, h, "")(r, nil)
		}), clock)
		_, err := api.Do(t.Context(), create)
		wantKind(t, err, portico.IdPUnavailable)
		if e, _ := err.(*portico.IdPError); e.RetryAfter < time.Second || e.RetryAfter > 5*time.Minute {
			t.Errorf("%v: retry after %v", h, e.RetryAfter)
		}
	}
}

// FuzzRateHeaders: whatever a vendor's headers say, a pause is no longer than
// five minutes, and over after that.
func FuzzRateHeaders(f *testing.F) {
	f.Add(429, "100", "0", "1700000000", "Sat, 21 Nov 2026 12:00:00 GMT", "7")
	f.Add(429, "", "", "", "", "Sat, 21 Nov 2026 12:00:07 GMT")
	f.Add(200, "9223372036854775807", "4", "-1", "yesterday", "")
	f.Add(200, "0", "0", "9223372036854775807", "", "99999999999999999999")
	f.Fuzz(func(t *testing.T, status int, limit, remaining, reset, date, retryAfter string) {
		clock, answer := idptest.NewClock(time.Now()), idptest.Answer(status, http.Header{
			"X-Rate-Limit-Limit": {limit}, "X-Rate-Limit-Remaining": {remaining}, "X-Rate-Limit-Reset": {reset}, "Date": {date}, "Retry-After": {retryAfter},
		}, "{}")
		var requests atomic.Int32
		api := newAPI(t, "https://idp.example", roundTrip(func(r *http.Request) (*http.Response, error) {
			requests.Add(1)
			return answer(r, nil)
		}), clock)
		const longest = 5 * time.Minute
		call := idp.Call{Method: http.MethodPost, Path: "/", Creates: true}
		for n := range int32(2) {
			_, err := api.Do(t.Context(), call)
			if refused, ok := errors.AsType[*portico.IdPError](err); ok && (refused.RetryAfter < 0 || refused.RetryAfter > longest) {
				t.Errorf("to be repeated after %s", refused.RetryAfter)
			}
			if requests.Load() != n+1 {
				t.Fatalf("%d requests after %d calls: %v", requests.Load(), n+1, err)
			}
			if err := clock.Wait(t.Context(), longest); err != nil {
				t.Fatal(err)
			}
		}
	})
}
