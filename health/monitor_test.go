package health_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"portico"
	"portico/health"
)

const id = portico.ProviderID("11111111-1111-4111-8111-111111111111")

// world is a provider that answers as a test says, and who watches it.
type world struct {
	*health.Monitor
	*http.Client
	server *httptest.Server
	now    time.Time
	answer http.HandlerFunc
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.answer(rw, r) }))
	t.Cleanup(w.server.Close)
	w.Monitor = health.New(func() time.Time { return w.now })
	w.Client = w.Watch(id, w.server.Client())
	return w
}

// do sends a request, a minute after the last one.
func (w *world) do(t *testing.T, method string, status int, headers ...string) {
	t.Helper()
	w.now = w.now.Add(time.Minute)
	w.answer = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Date", w.now.Format(http.TimeFormat))
		for i := 0; i < len(headers); i += 2 {
			rw.Header().Set(headers[i], headers[i+1])
		}
		rw.WriteHeader(status)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, w.server.URL+"/secret-address?token=hush", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := w.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if h := w.Of(id); h != (portico.ProviderHealth{}) || h.Failing() {
		t.Errorf("seen nothing, and says %+v", h)
	}
	for _, c := range []struct {
		method  string
		status  int
		failure string
	}{
		{"GET", 200, ""}, {"GET", 404, ""}, {"POST", 400, ""}, {"GET", 403, ""},
		{"POST", 403, "403 Forbidden"}, {"GET", 401, "401 Unauthorized"}, {"GET", 429, "429 Too Many Requests"}, {"GET", 503, "503 Service Unavailable"}, {"GET", 200, ""},
	} {
		w.do(t, c.method, c.status)
		h := w.Of(id)
		switch {
		case c.failure == "" && (h.Failing() || !h.LastSuccess.Equal(w.now)):
			t.Errorf("%s %d: %+v", c.method, c.status, h)
		case c.failure != "" && (!h.Failing() || h.Failure != c.failure || !h.LastFailure.Equal(w.now)):
			t.Errorf("%s %d: %+v", c.method, c.status, h)
		}
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ask := func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, "GET", w.server.URL+"/?token=hush", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := w.Do(r)
		if err == nil {
			res.Body.Close()
		}
		return err
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if err := ask(gone); !errors.Is(err, context.Canceled) || w.Of(id).Failing() {
		t.Errorf("whoever asked has gone: %v, %+v", err, w.Of(id))
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if err := ask(late); err == nil || w.Of(id).Failure != "no answer in time" {
		t.Errorf("%v: %+v", err, w.Of(id))
	}
	w.server.Close()
	if err := ask(t.Context()); err == nil || w.Of(id).Failure != "no connection" {
		t.Errorf("%v: %+v", err, w.Of(id))
	}
}

func TestRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	end := func(after time.Duration) string { return strconv.FormatInt(w.now.Add(after).Unix(), 10) }
	room := func(limit, remaining int64, what string) {
		t.Helper()
		if got := w.Of(id).Room; got == nil || got.Limit != limit || got.Remaining != remaining {
			t.Errorf("%s: %+v", what, got)
		}
	}
	w.do(t, "GET", 200, "X-Rate-Limit-Limit", "many", "X-Rate-Limit-Remaining", "1", "X-Rate-Limit-Reset", "1")
	w.do(t, "GET", 200, "X-Rate-Limit-Limit", "100", "X-Rate-Limit-Remaining", "1", "X-Rate-Limit-Reset", "9223372036854775807")
	if w.Of(id).Room != nil {
		t.Errorf("no numbers, and no time that could be written down: %+v", w.Of(id).Room)
	}
	w.do(t, "GET", 200, "X-Rate-Limit-Limit", "100", "X-Rate-Limit-Remaining", "10", "X-Rate-Limit-Reset", end(5*time.Minute))
	room(100, 10, "Okta's")
	w.do(t, "GET", 200, "X-Rate-Limit-Limit", "600", "X-Rate-Limit-Remaining", "599", "X-Rate-Limit-Reset", end(2*time.Minute))
	room(100, 10, "another limit with more room")
	w.do(t, "GET", 200, "X-Rate-Limit-Limit", "100", "X-Rate-Limit-Remaining", "99", "X-Rate-Limit-Reset", end(9*time.Minute))
	room(100, 99, "the next window of the same")
	w.do(t, "GET", 429, "X-RateLimit-Limit", "50", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", end(time.Minute))
	room(50, 0, "Auth0's, with less")
	w.now = w.now.Add(time.Hour)
	w.do(t, "GET", 200, "X-Rate-Limit-Limit", "600", "X-Rate-Limit-Remaining", "600", "X-Rate-Limit-Reset", end(time.Hour))
	room(600, 600, "once that window has ended")
}

// TestWhatIsOnlyTried is not watched: nobody asks how it is doing.
func TestWhatIsOnlyTried(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if tried := w.server.Client(); w.Watch("", tried) != tried {
		t.Error("a provider that is not saved yet is watched")
	}
}
