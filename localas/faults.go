package localas

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"portico/localas/dialect"
)

// fault is a switch for tests: what to do to the next requests of a path.
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

// faultBody is the body of POST /_faults.
type faultBody struct {
	fault
	// Clear forgets every switch that was set before.
	Clear bool `json:"clear"`
	// RotateKeys rotates the keys of the default authorization server, now.
	RotateKeys bool `json:"rotate_keys"`
	// ClockOffsetSeconds is added to the time in tokens and in Date.
	ClockOffsetSeconds *int64 `json:"clock_offset_seconds"`
}

// faults are the switches that are set and not used up.
type faults struct {
	mu  sync.Mutex
	set []fault
}

// next uses up the first switch that the request meets.
func (f *faults) next(r *http.Request) (fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.set {
		one := &f.set[i]
		if one.Count == 0 || !strings.HasPrefix(r.URL.Path, one.PathPrefix) || one.Method != "" && one.Method != r.Method {
			continue
		}
		one.Count--
		return *one, true
	}
	return fault{}, false
}

func (s *Server) postFaults(w http.ResponseWriter, r *http.Request) error {
	in, err := dialect.ReadJSON[faultBody](w, r)
	if err != nil {
		return err
	}
	if in.Count < 0 || in.DropResponseAfterCommit < 0 || in.DelayMillis < 0 || in.Status != 0 && (in.Status < 400 || in.Status > 599) {
		return dialect.Invalid("fault", "count, drop_response_after_commit and delay_ms must not be negative, and status must be 400 to 599.")
	}
	s.faults.mu.Lock()
	if in.Clear {
		s.faults.set = nil
		s.clockOffset.Store(0)
	}
	if in.Status != 0 || in.DelayMillis != 0 || in.DropResponseAfterCommit != 0 {
		in.Count = max(in.Count, in.DropResponseAfterCommit, 1)
		s.faults.set = append(s.faults.set, in.fault)
	}
	s.faults.mu.Unlock()
	if in.ClockOffsetSeconds != nil {
		s.clockOffset.Store(int64(time.Duration(*in.ClockOffsetSeconds) * time.Second))
	}
	if in.RotateKeys {
		if _, err := s.keys.Rotate(r.Context(), defaultServer); err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// withFaults applies the switches around every other endpoint.
func (s *Server) withFaults(next http.Handler) http.Handler {
	if s.faults == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one, met := fault{}, false
		if r.URL.Path != "/_faults" {
			one, met = s.faults.next(r)
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
			next.ServeHTTP(&statusProbe{header: http.Header{}}, r)
			// ErrAbortHandler closes the connection without an answer.
			panic(http.ErrAbortHandler)
		case one.Status == http.StatusTooManyRequests:
			setRateHeaders(w, s.limits.management, 0, s.clock().Add(time.Second))
			dialect.WriteError(w, r, s.log, dialect.TooManyRequests())
		case one.Status != 0:
			dialect.WriteError(w, r, s.log, dialect.Refusal(one.Status, "E0000010", "Service is in read only mode"))
		default:
			next.ServeHTTP(w, r)
		}
	})
}
