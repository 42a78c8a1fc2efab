package usage

import (
	"context"
	"hash/maphash"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Outcome says what became of a request.
type Outcome string

// The outcomes. All but OK are errors with their cause.
const (
	OK                Outcome = "ok"
	NoCredential      Outcome = "no_credential"
	BadCredential     Outcome = "bad_credential"
	NotRegistered     Outcome = "not_registered"
	InsufficientScope Outcome = "insufficient_scope"
	Denied            Outcome = "denied"
	ClientError       Outcome = "client_error"
	ServerError       Outcome = "server_error"
	UpstreamFailed    Outcome = "upstream_failed"
	IdPFailed         Outcome = "idp_failed"
	RateLimited       Outcome = "rate_limited"
)

// Outcomes lists them.
func Outcomes() []Outcome {
	return []Outcome{OK, NoCredential, BadCredential, NotRegistered, InsufficientScope, Denied,
		ClientError, ServerError, UpstreamFailed, IdPFailed, RateLimited}
}

// Request is one request that has ended. Sizes are of the bodies, in bytes.
type Request struct {
	At            time.Time
	Application   string // empty: none was recognised
	API           string // empty: the service is no API's
	Status        int
	Outcome       Outcome
	Took          time.Duration
	RequestBytes  int64
	ResponseBytes int64
	// Credential let the request through: an API key's id, or a client id with
	// what Fingerprint makes of its secret; empty: none did.
	Credential string
}

// Count is what was counted of one minute. Latencies are in microseconds, and
// counted in classes by the bounds that the Counter was made with.
type Count struct {
	Minute        time.Time
	Application   string
	API           string
	Status        int
	Outcome       Outcome
	Requests      int64
	LatencySum    int64
	RequestBytes  int64
	ResponseBytes int64
	Latencies     []int64 // one more than bounds
}

// Use is the last time that a credential let a request through.
type Use struct {
	Application, Credential string
	At                      time.Time
}

// Batch is what was counted since the one before.
type Batch struct {
	Counts []Count
	Uses   []Use
}

// Sink takes a batch for good. What it returns an error for is offered again,
// together with what comes in the meantime; so it must take all or nothing.
type Sink func(ctx context.Context, b Batch) error

// Counter counts requests; its methods may be called at the same time.
type Counter struct {
	bounds []int64
	key    []byte
	seed   maphash.Seed
	shards [shardCount]shard
}

const (
	shardCount = 32
	// maxKeys bounds what one shard keeps between two batches. Beyond it a
	// request counts without its application and API.
	maxKeys = 8192
)

type shard struct {
	sync.Mutex
	counts map[countKey]*Count
	uses   map[useKey]int64 // Unix nanoseconds
}

type countKey struct {
	minute           int64 // Unix
	application, api string
	status           int
	outcome          Outcome
}

type useKey struct{ application, credential string }

// NewCounter makes a counter. Bounds are the upper ends of the latency classes
// in microseconds, ascending; key is secret material for Fingerprint.
func NewCounter(bounds []int64, key []byte) *Counter {
	c := &Counter{bounds: bounds, key: key, seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i].counts, c.shards[i].uses = map[countKey]*Count{}, map[useKey]int64{}
	}
	return c
}

// Add counts a request. It allocates nothing for what was counted before in
// the same minute and batch.
func (c *Counter) Add(r Request) {
	key := countKey{r.At.Unix() / 60 * 60, r.Application, r.API, r.Status, r.Outcome}
	took := max(r.Took.Microseconds(), 0)
	class, _ := slices.BinarySearch(c.bounds, took)
	s := &c.shards[maphash.Comparable(c.seed, key)%shardCount]
	s.Lock()
	defer s.Unlock()
	n := c.counts(s, key)
	n.Requests++
	n.LatencySum += took
	n.RequestBytes += r.RequestBytes
	n.ResponseBytes += r.ResponseBytes
	n.Latencies[class]++
	if r.Credential != "" {
		s.used(useKey{r.Application, r.Credential}, r.At.UnixNano())
	}
}

// counts finds or begins a count.
func (c *Counter) counts(s *shard, key countKey) *Count {
	n := s.counts[key]
	if n == nil && len(s.counts) >= maxKeys {
		key.application, key.api = "", ""
		n = s.counts[key]
	}
	if n == nil {
		n = &Count{Minute: time.Unix(key.minute, 0).UTC(), Application: key.application, API: key.api,
			Status: key.status, Outcome: key.outcome, Latencies: make([]int64, len(c.bounds)+1)}
		s.counts[key] = n
	}
	return n
}

// used notes when a credential was used; beyond the bound it is forgotten.
func (s *shard) used(key useKey, at int64) {
	if last, known := s.uses[key]; known && last < at || !known && len(s.uses) < maxKeys {
		s.uses[key] = at
	}
}

// Flush hands on what was counted since the last time; nothing if nothing was.
func (c *Counter) Flush(ctx context.Context, sink Sink) error {
	var b Batch
	latest := map[useKey]int64{}
	for i := range c.shards {
		s := &c.shards[i]
		s.Lock()
		counts, uses := s.counts, s.uses
		s.counts, s.uses = map[countKey]*Count{}, map[useKey]int64{}
		s.Unlock()
		for _, n := range counts {
			b.Counts = append(b.Counts, *n)
		}
		for key, at := range uses {
			latest[key] = max(latest[key], at)
		}
	}
	for key, at := range latest {
		b.Uses = append(b.Uses, Use{key.application, key.credential, time.Unix(0, at).UTC()})
	}
	if len(b.Counts) == 0 {
		return nil
	}
	err := sink(ctx, b)
	if err != nil {
		c.restore(b)
	}
	return err
}

// restore counts a batch again that nobody took.
func (c *Counter) restore(b Batch) {
	for _, n := range b.Counts {
		key := countKey{n.Minute.Unix(), n.Application, n.API, n.Status, n.Outcome}
		s := &c.shards[maphash.Comparable(c.seed, key)%shardCount]
		s.Lock()
		sum := c.counts(s, key)
		sum.Requests += n.Requests
		sum.LatencySum += n.LatencySum
		sum.RequestBytes += n.RequestBytes
		sum.ResponseBytes += n.ResponseBytes
		for i, m := range n.Latencies {
			sum.Latencies[i] += m
		}
		s.Unlock()
	}
	for _, u := range b.Uses {
		key := useKey{u.Application, u.Credential}
		s := &c.shards[maphash.Comparable(c.seed, key)%shardCount]
		s.Lock()
		s.used(key, u.At.UnixNano())
		s.Unlock()
	}
}

// lastFlush is how long the last batch may take once the gateway stops.
const lastFlush = 5 * time.Second

// Run hands batches on until ctx ends, and then what is left.
func (c *Counter) Run(ctx context.Context, every time.Duration, sink Sink, logger *slog.Logger) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := c.Flush(ctx, sink); err != nil && ctx.Err() == nil {
				logger.WarnContext(ctx, "what the gateway counted was not recorded; it is kept and offered again", "err", err)
			}
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
			defer cancel()
			if err := c.Flush(last, sink); err != nil {
				logger.WarnContext(last, "what the gateway counted in its last seconds is lost", "err", err)
			}
			return
		}
	}
}
