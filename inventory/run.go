package inventory

import (
	"context"
	"errors"
	"time"

	"portico"
	"portico/usecase"
)

const (
	// wake is how often it is looked whether an inventory is due.
	wake = time.Minute
	// retry is how soon an inventory that came to no end is tried again.
	retry = 5 * time.Minute
	// longestPause is the longest that a periodic inventory waits at once in its
	// middle for a rate limit: no vendor's window is longer.
	longestPause = 2 * time.Minute
	// longestWait is all that it waits: whoever wants more keeps the others
	// waiting, and gets another turn.
	longestWait = 30 * time.Minute
)

// impatient never waits: somebody is waiting for the answer.
func impatient(context.Context, time.Duration) bool { return false }

// patient waits as long as rate limits want, within limits of its own.
func patient() patience {
	left := longestWait
	return func(ctx context.Context, pause time.Duration) bool {
		if left -= pause; pause > longestPause || left < 0 {
			return false
		}
		return usecase.Pause(ctx, pause)
	}
}

// Run makes the inventory of every provider once per interval until ctx ends. Of
// several control planes one does, whichever comes first.
func (i Inventories) Run(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(min(wake, interval))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := i.Due(ctx, interval); err != nil && ctx.Err() == nil {
			i.Logger.ErrorContext(ctx, "clients in identity providers not compared; trying again later", "err", err)
		}
	}
}

// Due makes the inventories that are due, one after the other. A provider that
// does not answer, or only with pauses, keeps the others waiting for no longer
// than its deadlines and longestWait.
func (i Inventories) Due(ctx context.Context, interval time.Duration) error {
	providers, err := usecase.View(ctx, i.Store, func(tx portico.Tx) (portico.Page[portico.Provider], error) {
		return tx.Providers().List(ctx, portico.Everything())
	})
	if err != nil {
		return err
	}
	var failures []error
	for _, p := range providers.Items {
		if !i.IdPs.Offers(p.Type) {
			continue
		}
		claimed, err := i.claim(ctx, p.ID, interval)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		if !claimed {
			continue
		}
		v, err := i.take(ctx, p.ID, patient())
		switch {
		case err == nil && v.Open() > 0:
			i.Logger.WarnContext(ctx, "clients in an identity provider differ from the applications", "provider", p.Name,
				"missing", v.Count(portico.FindingMissing), "orphaned", v.Count(portico.FindingOrphaned), "drifted", v.Count(portico.FindingDrifted))
		case portico.KindOf(err) == portico.KindUnavailable:
			i.Logger.WarnContext(ctx, "clients in an identity provider not compared", "provider", p.Name, "err", err)
			err = i.postpone(ctx, p.ID, err)
		case portico.KindOf(err) == portico.KindNotFound:
			err = nil // deleted meanwhile
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// claim takes the provider's turn, unless it is not due or another control plane
// was faster.
func (i Inventories) claim(ctx context.Context, id portico.ProviderID, interval time.Duration) (claimed bool, err error) {
	err = i.Store.Update(ctx, func(tx portico.Tx) error {
		claimed = false
		if _, err := tx.Providers().ByID(ctx, id); err != nil {
			return err
		}
		_, err := i.row(ctx, tx, id, func(to *portico.Inventory) {
			if claimed = !to.DueAt.After(i.Now()); claimed {
				to.DueAt = i.Now().Add(interval)
			}
		})
		return err
	})
	if portico.KindOf(err) == portico.KindNotFound || portico.KindOf(err) == portico.KindConflict {
		return false, nil
	}
	return claimed, err
}

// postpone lets an inventory be tried again before its next turn, but not before
// the identity provider wants.
func (i Inventories) postpone(ctx context.Context, id portico.ProviderID, cause error) error {
	after := retry
	if e, ok := errors.AsType[*portico.Error](cause); ok {
		after = max(after, e.RetryAfter)
	}
	return i.Store.Update(ctx, func(tx portico.Tx) error {
		_, err := i.row(ctx, tx, id, func(to *portico.Inventory) {
			if next := i.Now().Add(after); next.Before(to.DueAt) {
				to.DueAt = next
			}
		})
		return err
	})
}
