package configsync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Options of a Publisher. Logger is required.
type Options struct {
	Logger *slog.Logger
	Now    func() time.Time // nil: time.Now
	// Interval is how often Run looks for other control planes' commits;
	// 0 means one second.
	Interval time.Duration
	// Path of the copy on disk; "" keeps none. It is written at most once in
	// StoreEvery (0 means 30 s), and read when the source is away at the start.
	Path       string
	StoreEvery time.Duration
}

// Times that are nobody's to choose.
const (
	roundTimeout = 30 * time.Second // of one round over all targets
	lastTimeout  = 10 * time.Second // of writing the copy at the end
	maxBackoff   = 30 * time.Second // between attempts while the source fails
)

// Publisher brings the gateways of this process to the newest version of a
// source and keeps them there.
type Publisher struct {
	source Source
	opts   Options

	turn chan struct{} // holds a token while no round runs

	mu      sync.Mutex
	targets []*follower
	next    *round // not begun; nil when nobody waits for one

	stored   Version // of the copy on disk; belongs to Run
	storedAt time.Time
}

type follower struct {
	name   string
	target Target
	since  time.Time
	seen   time.Time // up to date then; belongs to Publisher.mu
}

// round is one pass over all targets.
type round struct {
	done chan struct{}
	err  error
}

// New makes a publisher without targets.
func New(source Source, opts Options) *Publisher {
	opts.Interval = cmp.Or(opts.Interval, time.Second)
	opts.StoreEvery = cmp.Or(opts.StoreEvery, 30*time.Second)
	if opts.Now == nil {
		opts.Now = time.Now
	}
	p := &Publisher{source: source, opts: opts, turn: make(chan struct{}, 1)}
	p.turn <- struct{}{}
	return p
}

// Follow registers a gateway under a name and brings it up to date. When the
// source is away it starts from the copy on disk. An error means that the
// gateway has no configuration yet; it stays registered, and Run or Flush
// brings it one.
func (p *Publisher) Follow(ctx context.Context, name string, t Target) error {
	p.mu.Lock()
	p.targets = append(p.targets, &follower{name: name, target: t, since: p.opts.Now()})
	p.mu.Unlock()
	err := p.Flush(ctx)
	if epoch, _ := t.Version(); err == nil || epoch != "" {
		return nil
	}
	if p.opts.Path == "" {
		return err
	}
	copied, loadErr := Load(p.opts.Path)
	if loadErr == nil {
		loadErr = t.Replace(copied)
	}
	if loadErr != nil {
		return errors.Join(err, loadErr)
	}
	p.opts.Logger.WarnContext(ctx, "source of the configuration is away; the gateway starts from its copy on disk and follows later",
		"target", name, "epoch", copied.Epoch, "version", copied.Version, "err", err)
	return nil
}

// Versions is what each target has in force, by name.
func (p *Publisher) Versions() map[string]Version {
	out := map[string]Version{}
	for _, f := range p.Followers() {
		out[f.Name] = f.Version
	}
	return out
}

// Follower is a target as the publisher knows it.
type Follower struct {
	Name    string
	Version Version   // in force
	Since   time.Time // it follows
	Seen    time.Time // when it was last known to be up to date; zero: never
}

// Followers are the targets, in the order in which they came.
func (p *Publisher) Followers() []Follower {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]Follower, len(p.targets))
	for i, f := range p.targets {
		epoch, number := f.target.Version()
		out[i] = Follower{f.name, Version{epoch, number}, f.since, f.seen}
	}
	return out
}

// Flush returns once every target has in force what was committed before the
// call. Calls that come while a round runs share the next one. An error says
// which targets lag; Run brings them on later.
func (p *Publisher) Flush(ctx context.Context) error {
	p.mu.Lock()
	r := p.next
	if r == nil {
		r = &round{done: make(chan struct{})}
		p.next = r
		go p.run(context.WithoutCancel(ctx), r)
	}
	p.mu.Unlock()
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run waits for its turn, closes the round to newcomers, and makes the pass. A
// commit before Flush is a commit before the pass.
func (p *Publisher) run(ctx context.Context, r *round) {
	<-p.turn
	p.mu.Lock()
	p.next = nil
	targets := p.targets
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	var errs []error
	for _, f := range targets {
		if err := p.bring(ctx, f); err != nil {
			errs = append(errs, fmt.Errorf("bring %s up to date: %w", f.name, err))
			continue
		}
		p.mu.Lock()
		f.seen = p.opts.Now()
		p.mu.Unlock()
	}
	r.err = errors.Join(errs...)
	p.turn <- struct{}{}
	close(r.done)
}

// bring brings one target to the newest version, by a delta if one leads there.
func (p *Publisher) bring(ctx context.Context, f *follower) error {
	epoch, version := f.target.Version()
	if epoch != "" {
		done, err := p.follow(ctx, f, epoch, version)
		if done || err != nil {
			return err
		}
	}
	full, err := p.source.Full(ctx)
	if err != nil {
		return err
	}
	return f.target.Replace(full)
}

// follow applies a delta; done is false when only a full copy helps.
func (p *Publisher) follow(ctx context.Context, f *follower, epoch string, version uint64) (done bool, err error) {
	d, ok, err := p.source.Since(ctx, version)
	if err != nil {
		return false, err
	}
	if !ok || d.Epoch != epoch || d.From != version || d.To < version {
		p.opts.Logger.InfoContext(ctx, "no way from the version in force to the newest; starting over", "target", f.name, "epoch", epoch, "version", version)
		return false, nil
	}
	if d.To == version {
		return true, nil
	}
	if err := f.target.Apply(d); err != nil {
		p.opts.Logger.WarnContext(ctx, "change refused; starting over", "target", f.name, "from", d.From, "to", d.To, "err", err)
		return false, nil
	}
	return true, nil
}

// Run follows the commits of other control planes and keeps the copy on disk,
// until ctx ends. While the source fails it asks less often.
func (p *Publisher) Run(ctx context.Context) error {
	pause := p.opts.Interval
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			p.keepLast(ctx)
			return nil
		case <-timer.C:
		}
		if err := p.Flush(ctx); err == nil {
			pause = p.opts.Interval
			p.keep(ctx)
		} else if ctx.Err() == nil {
			pause = min(2*pause, max(maxBackoff, p.opts.Interval))
			p.opts.Logger.WarnContext(ctx, "gateways keep their configuration; the newest cannot be had", "retry_in", pause, "err", err)
		}
		// A fifth of chance keeps many processes from asking at once.
		timer.Reset(pause + rand.N(pause/5+1))
	}
}

// keep writes the copy on disk when a target is past it.
func (p *Publisher) keep(ctx context.Context) {
	if p.opts.Path == "" || time.Since(p.storedAt) < p.opts.StoreEvery || !p.newer() {
		return
	}
	p.storedAt = time.Now()
	full, err := p.source.Full(ctx)
	if err == nil {
		err = Store(p.opts.Path, full)
	}
	if err != nil {
		p.opts.Logger.WarnContext(ctx, "copy of the configuration not written; the previous one stays", "err", err)
		return
	}
	p.stored = Version{full.Epoch, full.Version}
}

// keepLast writes the copy once more at the end, however young it is: the next
// start must not bring back what was revoked since.
func (p *Publisher) keepLast(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTimeout)
	defer cancel()
	p.storedAt = time.Time{}
	p.keep(ctx)
}

func (p *Publisher) newer() bool {
	for _, v := range p.Versions() {
		if v.Epoch != "" && v != p.stored {
			return true
		}
	}
	return false
}
