package rekey

import (
	"context"
	"fmt"
	"strings"
	"time"

	"portico"
	"portico/secret"
	"portico/usecase"
)

// Ring is a key file that can be changed; keyring.Ring is one.
type Ring interface {
	portico.Sealer
	Rotate() error
	Prune() error
}

// Job brings a new key into use and retires the older ones.
type Job struct {
	usecase.Deps // Store, Now, Logger and Checkpoint
	Ring         Ring
	// Settle is how long is waited, once everything is sealed anew, for changes
	// that were under way in other processes before.
	Settle time.Duration
}

const (
	batch = 100
	lease = time.Minute // longer than a batch and Settle take
)

// Done is what a run has done.
type Done struct {
	Resumed  bool // it ended one that was interrupted
	Resealed int
	Key      string // what seals now
}

// Run does it all. KindConflict: somebody else is at it. After any other error,
// and after the end of the process, everything opens as before, the older keys
// are still there, and the next run goes on.
func (j Job) Run(ctx context.Context) (Done, error) {
	run := runner{j, secret.Token("").Reveal()}
	if err := run.hold(ctx); err != nil {
		return Done{}, err
	}
	done, err := run.all(ctx)
	run.release(context.WithoutCancel(ctx))
	return done, err
}

// runner is a run; its name is in the lease.
type runner struct {
	Job
	name string
}

// all does it, holding the lease.
func (r runner) all(ctx context.Context) (Done, error) {
	done := Done{Resumed: len(r.Ring.Keys()) > 1}
	if !done.Resumed {
		if err := r.Ring.Rotate(); err != nil {
			return done, err
		}
	}
	done.Key = r.Ring.Keys()[0]
	r.Checkpoint("rekey:rotated")
	for pass := 0; ; pass++ {
		anew, err := r.pass(ctx, done.Key)
		done.Resealed += anew
		if err != nil {
			return done, err
		}
		if pass > 0 && anew == 0 {
			break
		}
		if err := r.settle(ctx); err != nil {
			return done, err
		}
	}
	r.Checkpoint("rekey:resealed")
	if err := r.finish(ctx, done.Key); err != nil {
		return done, err
	}
	r.Checkpoint("rekey:finished")
	return done, r.Ring.Prune()
}

// settle waits for what other processes have under way.
func (r runner) settle(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(r.Settle):
		return nil
	}
}

var errHeld = portico.Errorf(portico.KindConflict, "Another portico rekey is at work, or was killed less than a minute ago; nothing was changed. Try again in a minute.")

// hold takes the lease: two runs at once would each make a key, and only one of
// them would last.
func (r runner) hold(ctx context.Context) error {
	return r.Store.Update(ctx, func(tx portico.Tx) error {
		kept, err := tx.Meta(ctx, portico.MetaRekeying)
		if err != nil {
			return err
		}
		if name, until, ok := strings.Cut(kept, " "); ok && name != r.name {
			end, err := time.Parse(time.RFC3339, until)
			if err != nil || r.Now().Before(end) {
				return errHeld
			}
		}
		return r.renew(ctx, tx)
	})
}

func (r runner) renew(ctx context.Context, tx portico.Tx) error {
	return tx.SetMeta(ctx, portico.MetaRekeying, r.name+" "+r.Now().Add(lease).UTC().Format(time.RFC3339))
}

// keep renews the lease, if it still is this run's.
func (r runner) keep(ctx context.Context, tx portico.Tx) error {
	kept, err := tx.Meta(ctx, portico.MetaRekeying)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(kept, r.name+" ") {
		return errHeld
	}
	return r.renew(ctx, tx)
}

// release lets the next run begin at once.
func (r runner) release(ctx context.Context) {
	err := r.Store.Update(ctx, func(tx portico.Tx) error {
		if err := r.keep(ctx, tx); err != nil {
			return err
		}
		return tx.SetMeta(ctx, portico.MetaRekeying, "")
	})
	if err != nil {
		r.Logger.WarnContext(ctx, "the next rekey has to wait a minute", "err", err)
	}
}

// pass seals anew whatever another key than the given one has sealed, batch by
// batch, and says how much that was.
func (r runner) pass(ctx context.Context, key string) (anew int, err error) {
	after := portico.Place{}
	for {
		count, next := 0, after
		err := r.Store.Update(ctx, func(tx portico.Tx) error {
			if err := r.keep(ctx, tx); err != nil {
				return err
			}
			found, err := tx.Sealed(ctx, after, batch)
			if err != nil {
				return err
			}
			count = 0
			for _, v := range found {
				next = v.At
				if r.Ring.KeyOf(v.Value) == key {
					continue
				}
				if v.Value, err = r.reseal(v); err != nil {
					return err
				}
				if err := tx.Reseal(ctx, v); err != nil {
					return err
				}
				count++
			}
			return nil
		})
		if err != nil {
			return anew, err
		}
		anew += count
		if next == after {
			return anew, nil
		}
		after = next
		r.Checkpoint("rekey:batch")
	}
}

func (r runner) reseal(v portico.SealedValue) ([]byte, error) {
	value, err := r.Ring.Open(v.Value, v.At)
	if err != nil {
		return nil, fmt.Errorf("the older keys are kept, and everything opens as before: %w", err)
	}
	return r.Ring.Seal(value, v.At)
}

// finish records that the key is the one in use, if it has sealed everything.
func (r runner) finish(ctx context.Context, key string) error {
	return r.Store.Update(ctx, func(tx portico.Tx) error {
		if err := r.keep(ctx, tx); err != nil {
			return err
		}
		heads, err := tx.SealedHeads(ctx)
		if err != nil {
			return err
		}
		for head := range heads {
			if r.Ring.KeyOf([]byte(head)) != key {
				return portico.Errorf(portico.KindConflict, "Something was sealed with an older key meanwhile, which is kept; run portico rekey again.")
			}
		}
		if err := tx.SetMeta(ctx, portico.MetaKeySince, r.Now().UTC().Format(time.RFC3339)); err != nil {
			return err
		}
		return tx.RecordAudit(ctx, portico.AuditEntry{Type: portico.AuditAuthorization, Event: portico.EventFrom(ctx), Granted: true, ResourceName: key})
	})
}
