package bench_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// hammering is how many callers use an application while it is revoked.
const hammering = 4

// heard is one answer of the gateway.
type heard struct {
	sent, answered time.Time
	status         int
}

// BenchmarkRevocation revokes an application's registration while callers use
// it, again and again. Reported is when the first refusal arrives after the
// answer to the revocation, and how long after that answer a request could
// still be sent that was let through, which is never.
func BenchmarkRevocation(b *testing.B) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, body()) }))
	b.Cleanup(upstream.Close)
	f := newFront(b, strings.TrimPrefix(upstream.URL, "http://"))
	client := f.client("client")
	at := "/v3/portals/" + f.portal + "/applications/" + client.application + "/registrations/" + client.registration
	r := get(f.address(), client.path, "Authorization", "Bearer "+f.token(client))
	var first timings
	var late time.Duration
	for b.Loop() {
		answers, revoked := f.hammered(b, r, at)
		refused := time.Duration(-1)
		for _, a := range answers {
			after := a.sent.Sub(revoked)
			switch {
			case after > 0 && a.status == http.StatusOK:
				late = max(late, after)
			case a.status == http.StatusForbidden && a.answered.After(revoked) && (refused < 0 || a.answered.Sub(revoked) < refused):
				refused = a.answered.Sub(revoked)
			}
		}
		if refused < 0 {
			b.Fatal("nobody was refused")
		}
		first = append(first, refused)
		f.admin.send("PATCH", at, object{"status": "approved"}, 200)
	}
	first.report(b, "refused-")
	b.ReportMetric(milliseconds(slices.Max(first)), "refused-max-ms")
	b.ReportMetric(milliseconds(late), "let-through-max-ms")
	if late > 0 {
		b.Errorf("a request that was sent %s after the revocation was let through", late)
	}
}

// hammered revokes while callers send requests, until each of them was refused,
// and returns what they heard and when the revocation was answered.
func (f *front) hammered(b *testing.B, r request, at string) (answers []heard, revoked time.Time) {
	b.Helper()
	var mu sync.Mutex
	var callers, through sync.WaitGroup
	done := make(chan struct{})
	through.Add(hammering)
	for range hammering {
		callers.Go(func() {
			own, err := untilRefused(r, through.Done, done)
			mu.Lock()
			defer mu.Unlock()
			answers = append(answers, own...)
			if err != nil {
				b.Error(err)
			}
		})
	}
	through.Wait()
	f.admin.send("PATCH", at, object{"status": "revoked"}, 200)
	revoked = time.Now()
	close(done)
	callers.Wait()
	return answers, revoked
}

// untilRefused repeats a request until one that was sent after done is refused,
// or long after it. It calls through at the first answer.
func untilRefused(r request, through func(), done <-chan struct{}) ([]heard, error) {
	through = sync.OnceFunc(through)
	defer through()
	c, err := dial(r)
	if err != nil {
		return nil, err
	}
	defer c.conn.Close()
	var answers []heard
	var end time.Time
	for {
		select {
		case <-done:
			if end.IsZero() {
				end = time.Now().Add(time.Second)
			}
		default:
		}
		a := heard{sent: time.Now()}
		if a.status, err = c.call(); err != nil {
			return answers, err
		}
		a.answered = time.Now()
		answers = append(answers, a)
		through()
		if !end.IsZero() && (a.status == http.StatusForbidden || a.sent.After(end)) {
			return answers, nil
		}
	}
}
