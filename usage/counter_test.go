package usage_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"portico/secret"
	"portico/usage"
)

func bounds() []int64 { return []int64{1_000, 10_000} }

// ledger is a sink that adds up what it takes; it may be out of order.
type ledger struct {
	mu       sync.Mutex
	refuse   error
	batches  int
	requests map[usage.Outcome]int64
	total    usage.Count
	uses     map[string]time.Time
}

func (l *ledger) take(_ context.Context, b usage.Batch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refuse != nil {
		return l.refuse
	}
	if l.requests == nil {
		l.requests, l.uses, l.total.Latencies = map[usage.Outcome]int64{}, map[string]time.Time{}, make([]int64, len(bounds())+1)
	}
	l.batches++
	for _, c := range b.Counts {
		l.requests[c.Outcome] += c.Requests
		l.total.Requests += c.Requests
		l.total.LatencySum += c.LatencySum
		l.total.RequestBytes += c.RequestBytes
		l.total.ResponseBytes += c.ResponseBytes
		for i, n := range c.Latencies {
			l.total.Latencies[i] += n
		}
	}
	for _, u := range b.Uses {
		l.uses[u.Application+"/"+u.Credential] = u.At
	}
	return nil
}

func TestRequestsAreCountedByMinuteAndKind(t *testing.T) {
	t.Parallel()
	c := usage.NewCounter(bounds(), nil)
	at := time.Date(2026, 11, 2, 9, 30, 59, 999, time.UTC)
	for _, r := range []usage.Request{
		{At: at, Application: "a", API: "x", Status: 200, Outcome: usage.OK, Took: time.Millisecond, RequestBytes: 1, ResponseBytes: 10, Credential: "k"},
		{At: at, Application: "a", API: "x", Status: 200, Outcome: usage.OK, Took: 2 * time.Millisecond, RequestBytes: 2, ResponseBytes: 20, Credential: "k"},
		{At: at.Add(time.Second), Application: "a", API: "x", Status: 200, Outcome: usage.OK, Took: time.Second, Credential: "k"},
		{At: at, Application: "a", API: "y", Status: 200, Outcome: usage.OK},
		{At: at, Application: "a", API: "x", Status: 401, Outcome: usage.BadCredential},
		{At: at, Status: 401, Outcome: usage.NoCredential, Took: -time.Second},
	} {
		c.Add(r)
	}
	var got usage.Batch
	if err := c.Flush(t.Context(), func(_ context.Context, b usage.Batch) error { got = b; return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got.Counts) != 5 {
		t.Fatalf("%d counts: %+v", len(got.Counts), got.Counts)
	}
	for _, n := range got.Counts {
		if n.Requests != 2 {
			continue
		}
		if !n.Minute.Equal(at.Truncate(time.Minute)) || n.Application != "a" || n.API != "x" || n.LatencySum != 3_000 ||
			n.RequestBytes != 3 || n.ResponseBytes != 30 || n.Latencies[0] != 1 || n.Latencies[1] != 1 || n.Latencies[2] != 0 {
			t.Errorf("counted %+v", n)
		}
	}
	if want := (usage.Use{Application: "a", Credential: "k", At: at.Add(time.Second)}); len(got.Uses) != 1 || got.Uses[0] != want {
		t.Errorf("uses: %+v", got.Uses)
	}
	called := false
	if err := c.Flush(t.Context(), func(context.Context, usage.Batch) error { called = true; return nil }); err != nil || called {
		t.Errorf("an empty batch was handed on: %v", err)
	}
}

func TestWhatIsNotTakenIsOfferedAgain(t *testing.T) {
	t.Parallel()
	c, l := usage.NewCounter(bounds(), nil), &ledger{refuse: errors.New("no disk")}
	at := time.Now()
	add := func() {
		c.Add(usage.Request{At: at, Application: "a", API: "x", Status: 200, Outcome: usage.OK, Took: 5 * time.Millisecond, RequestBytes: 7, ResponseBytes: 9, Credential: "k"})
	}
	add()
	for range 3 {
		if err := c.Flush(t.Context(), l.take); err == nil {
			t.Fatal("the refusal did not come through")
		}
	}
	add()
	l.refuse = nil
	if err := c.Flush(t.Context(), l.take); err != nil {
		t.Fatal(err)
	}
	if n := l.total; n.Requests != 2 || n.LatencySum != 10_000 || n.RequestBytes != 14 || n.ResponseBytes != 18 || n.Latencies[1] != 2 || len(l.uses) != 1 {
		t.Errorf("counted %+v, uses %v", l.total, l.uses)
	}
}

func TestNothingIsLostUnderLoad(t *testing.T) {
	t.Parallel()
	c, l := usage.NewCounter(bounds(), nil), &ledger{}
	var callers sync.WaitGroup
	const workers, each = 8, 5_000
	for worker := range workers {
		callers.Go(func() {
			for i := range each {
				c.Add(usage.Request{At: time.Unix(int64(i), 0), Application: string(rune('a' + worker%3)), Status: 200 + i%5, Outcome: usage.OK})
			}
		})
	}
	stop := make(chan struct{})
	var flushing sync.WaitGroup
	flushing.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				if err := c.Flush(t.Context(), l.take); err != nil {
					t.Error(err)
				}
			}
		}
	})
	callers.Wait()
	close(stop)
	flushing.Wait()
	if err := c.Flush(t.Context(), l.take); err != nil {
		t.Fatal(err)
	}
	if l.total.Requests != workers*each {
		t.Errorf("%d of %d requests were counted", l.total.Requests, workers*each)
	}
}

// TestMemoryIsBounded: however many kinds of request there are, all are
// counted, and no more is kept than the bound.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	c := usage.NewCounter(bounds(), nil)
	at, n := time.Now(), 400_000
	for i := range n {
		c.Add(usage.Request{At: at, Application: "a", API: fmt.Sprint(i), Status: 200 + i%2, Outcome: usage.OK})
	}
	err := c.Flush(t.Context(), func(_ context.Context, b usage.Batch) error {
		var sum int64
		for _, count := range b.Counts {
			sum += count.Requests
		}
		if most := 32 * (8192 + 2); len(b.Counts) > most {
			t.Errorf("%d counts are kept, more than %d", len(b.Counts), most)
		}
		if sum != int64(n) {
			t.Errorf("%d of %d requests were counted", sum, n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRunHandsOnWhatIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, l := usage.NewCounter(bounds(), nil), &ledger{}
		ctx, stop := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() { c.Run(ctx, 5*time.Second, l.take, slog.New(slog.DiscardHandler)) })
		c.Add(usage.Request{At: time.Now(), Status: 200, Outcome: usage.OK})
		time.Sleep(6 * time.Second) // of the bubble's clock
		synctest.Wait()
		if l.batches != 1 {
			t.Errorf("%d batches after one interval", l.batches)
		}
		c.Add(usage.Request{At: time.Now(), Status: 200, Outcome: usage.OK})
		stop()
		run.Wait()
		if l.total.Requests != 2 {
			t.Errorf("%d of 2 requests were recorded at the end", l.total.Requests)
		}
	})
}

func TestFingerprints(t *testing.T) {
	t.Parallel()
	c := usage.NewCounter(nil, []byte("key"))
	a := c.Fingerprint("client", secret.New("one secret of many characters"))
	if a != c.Fingerprint("client", secret.New("one secret of many characters")) {
		t.Error("one secret has two fingerprints")
	}
	for name, other := range map[string]string{
		"another secret": c.Fingerprint("client", secret.New("another")),
		"another client": c.Fingerprint("other", secret.New("one secret of many characters")),
		"another key":    usage.NewCounter(nil, []byte("yek")).Fingerprint("client", secret.New("one secret of many characters")),
	} {
		if a == other {
			t.Errorf("%s has the same fingerprint", name)
		}
	}
	if !strings.HasPrefix(a, "client#") || len(a) != len("client#")+12 {
		t.Errorf("fingerprint %q", a)
	}
}

// TestCountingAllocatesNothing: what was counted before costs no memory.
func TestCountingAllocatesNothing(t *testing.T) {
	c := usage.NewCounter(bounds(), nil)
	r := usage.Request{At: time.Now(), Application: "a", API: "x", Status: 200, Outcome: usage.OK, Took: time.Millisecond, Credential: "k"}
	if n := testing.AllocsPerRun(1000, func() { c.Add(r) }); n != 0 {
		t.Errorf("%v allocations for each request", n)
	}
}

func BenchmarkAdd(b *testing.B) {
	c := usage.NewCounter([]int64{1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000}, nil)
	r := usage.Request{At: time.Now(), Application: "application", API: "api", Status: 200, Outcome: usage.OK, Took: time.Millisecond, Credential: "client"}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c.Add(r)
		}
	})
}
