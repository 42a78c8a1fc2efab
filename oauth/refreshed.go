package oauth

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	fetchTimeout   = 10 * time.Second // one background fetch, detached from whoever waits for it
	firstRetry     = time.Second      // wait after a failed fetch; doubles up to lastRetry
	lastRetry      = 30 * time.Second
	recentFailure  = 5 * time.Minute // how long after a failed fetch nobody waits for the next one
	refreshPortion = 0.8             // of the life after which a value is renewed in the background
)

// refreshed holds one fetched value: discovery metadata or a key set. One fetch
// runs at a time and belongs to no caller. After 80 % of the value's life the
// next use renews it in the background; while the source fails the value still
// serves for maxStale, and the source is left alone for a growing time.
type refreshed[T any] struct {
	fetch    func(context.Context) (T, time.Duration, error) // the value and how long it is fresh
	maxStale time.Duration                                   // how long past its life a value may serve while the source fails
	now      func() time.Time
	logger   *slog.Logger // says what is fetched

	mu        sync.Mutex
	value     T
	loaded    bool
	refreshAt time.Time
	expires   time.Time
	failures  int // since the last success
	err       error
	failedAt  time.Time
	retryAt   time.Time
	running   *flight // nil when no fetch is under way
}

// flight is one fetch; done is closed once its result is stored.
type flight struct {
	done chan struct{}
	err  error // of this fetch; read it only after done
}

// fetchError is the last fetch's error, and how long the source is left alone.
type fetchError struct {
	wait time.Duration
	err  error
}

func (e *fetchError) Error() string { return e.err.Error() }
func (e *fetchError) Unwrap() error { return e.err }

// current returns the value, waiting for a fetch only when there is none that
// may serve. The error is the last fetch's, or the context's.
func (r *refreshed[T]) current(ctx context.Context) (T, error) {
	r.mu.Lock()
	now := r.now()
	if r.loaded && now.Before(r.refreshAt) {
		defer r.mu.Unlock()
		return r.value, nil
	}
	var f *flight
	if r.running != nil || !now.Before(r.retryAt) {
		f = r.startLocked()
	}
	if r.servesLocked(now) {
		defer r.mu.Unlock()
		return r.value, nil
	}
	if f == nil {
		defer r.mu.Unlock()
		var none T
		return none, &fetchError{wait: r.retryAt.Sub(now), err: r.err}
	}
	r.mu.Unlock()
	return r.wait(ctx, f)
}

// servesLocked reports whether the value may be used now without waiting:
// before it expires, and until maxStale is over while fetches fail.
func (r *refreshed[T]) servesLocked(now time.Time) bool {
	failing := r.failures > 0 && now.Before(r.failedAt.Add(recentFailure))
	return r.loaded && (now.Before(r.expires) || failing && now.Before(r.expires.Add(r.maxStale)))
}

// renew returns the value of a fetch that begins now or is under way already.
// A new one begins only if allowed says so; ok is false when it does not, and
// began tells whether this call is the one that started it.
func (r *refreshed[T]) renew(ctx context.Context, allowed func(now time.Time) bool) (value T, began, ok bool, err error) {
	r.mu.Lock()
	f := r.running
	if f == nil {
		if !allowed(r.now()) {
			defer r.mu.Unlock()
			return value, false, false, nil
		}
		f, began = r.startLocked(), true
	}
	r.mu.Unlock()
	select {
	case <-f.done:
	case <-ctx.Done():
		return value, began, true, ctx.Err()
	}
	if f.err != nil {
		return value, began, true, f.err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.value, began, true, nil
}

func (r *refreshed[T]) wait(ctx context.Context, f *flight) (T, error) {
	var none T
	select {
	case <-f.done:
	case <-ctx.Done():
		return none, ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if f.err == nil || r.servesLocked(now) {
		return r.value, nil
	}
	return none, &fetchError{wait: max(r.retryAt.Sub(now), 0), err: f.err}
}

// startLocked begins a fetch unless one is running.
func (r *refreshed[T]) startLocked() *flight {
	if r.running == nil {
		r.running = &flight{done: make(chan struct{})}
		go r.run(r.running)
	}
	return r.running
}

func (r *refreshed[T]) run(f *flight) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	value, life, err := r.fetch(ctx)

	r.mu.Lock()
	defer r.mu.Unlock()
	defer close(f.done)
	r.running, f.err, r.err = nil, err, err
	now := r.now()
	if err != nil {
		wait := min(firstRetry<<min(r.failures, 5), lastRetry)
		if r.loaded {
			wait = lastRetry
		}
		r.failures++
		r.failedAt, r.retryAt = now, now.Add(wait)
		r.logger.Warn("fetch failed", "error", err, "failures", r.failures, "retry_in", wait, "stale_value_serves", r.servesLocked(now))
		return
	}
	if r.failures > 0 {
		r.logger.Info("fetch works again", "failures", r.failures)
	}
	r.value, r.loaded, r.failures, r.retryAt = value, true, 0, time.Time{}
	r.refreshAt = now.Add(time.Duration(float64(life) * refreshPortion))
	r.expires = now.Add(life)
}
