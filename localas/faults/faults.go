package faults

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"portico/localas/dialect"
	"portico/localas/ratelimit"
)

// fault is a switch: what to do to the next requests of a path.
type fault struct {
	PathPrefix string `json:"path_prefix"`
	Method     string `json:"method"`
	// Count is how many requests are affected; 0 means one.
	Count int `json:"count"`
	// DropResponseAfterCommit closes that many connections after the request
	// has done all its work, in place of an answer.
	DropResponseAfterCommit int `json:"drop_response_after_commit"`
	// Status is answered in place of doing anything.
	Status int `json:"status"`
	// DelayMillis holds the request back before it is handled.
	DelayMillis int `json:"delay_ms"`
}

// body is the body of POST /_faults.
type body struct {
	fault
	// Clear forgets every switch that was set before.
	Clear bool `json:"clear"`
	// RotateKeys rotates the keys of the default authorization server, now.
	RotateKeys bool `json:"rotate_keys"`
	// ClockOffsetSeconds is added to the time in tokens and in Date.
	ClockOffsetSeconds *int64 `json:"clock_offset_seconds"`
}

// Switches are those that are set and not used up.
type Switches struct {
	RotateKeys func(ctx context.Context) error
	Limit      int // calls a minute, as a refusal with 429 tells them
	Logger     *slog.Logger
	Now        func() time.Time

	offset atomic.Int64
	mu     sync.Mutex
	set    []fault
}

// ClockOffset is how much the clock is wrong.
func (s *Switches) ClockOffset() time.Duration { return time.Duration(s.offset.Load()) }

// next uses up the first switch that the request meets.
func (s *Switches) next(r *http.Request) (fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.set {
		one := &s.set[i]
		if one.Count == 0 || !strings.HasPrefix(r.URL.Path, one.PathPrefix) || one.Method != "" && one.Method != r.Method {
			continue
		}
		one.Count--
		return *one, true
	}
	return fault{}, false
}

// Post sets switches.
func (s *Switches) Post(w http.ResponseWriter, r *http.Request) error {
	in, err := dialect.ReadJSON[body](w, r)
	if err != nil {
		return err
	}
	if in.Count < 0 || in.DropResponseAfterCommit < 0 || in.DelayMillis < 0 || in.Status != 0 && (in.Status < 400 || in.Status > 599) {
		return dialect.Invalid("fault", "count, drop_response_after_commit and delay_ms must not be negative, and status must be 400 to 599.")
	}
	s.mu.Lock()
	if in.Clear {
		s.set = nil
		s.offset.Store(0)
	}
	if in.Status != 0 || in.DelayMillis != 0 || in.DropResponseAfterCommit != 0 {
		in.Count = max(in.Count, in.DropResponseAfterCommit, 1)
		s.set = append(s.set, in.fault)
	}
	s.mu.Unlock()
	if in.ClockOffsetSeconds != nil {
		s.offset.Store(int64(time.Duration(*in.ClockOffsetSeconds) * time.Second))
	}
	if in.RotateKeys {
		if err := s.RotateKeys(r.Context()); err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// Wrap applies the switches around every endpoint but POST /_faults.
func (s *Switches) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one, met := fault{}, false
		if r.URL.Path != "/_faults" {
			one, met = s.next(r)
		}
		if !met {
			next.ServeHTTP(w, r)
			return
		}
		if one.DelayMillis > 0 {
			select {
			case <-time.After(time.Duration(one.DelayMillis) * time.Millisecond):
			case <-r.Context().Done():
				return
			}
		}
		switch {
		case one.DropResponseAfterCommit > 0:
			next.ServeHTTP(lost{}, r)
			// ErrAbortHandler closes the connection without an answer.
			panic(http.ErrAbortHandler)
		case one.Status == http.StatusTooManyRequests:
			ratelimit.SetHeaders(w, s.Limit, 0, s.Now().Add(time.Second))
			dialect.WriteError(w, r, s.Logger, dialect.TooManyRequests())
		case one.Status != 0:
			dialect.WriteError(w, r, s.Logger, dialect.Refusal(one.Status, "E0000010", "Service is in read only mode"))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// lost is an answer that nobody gets.
type lost struct{}

func (lost) Header() http.Header         { return http.Header{} }
func (lost) WriteHeader(int)             {}
func (lost) Write(b []byte) (int, error) { return len(b), nil }
