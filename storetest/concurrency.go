package storetest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"portico"
)

// testConcurrency: many at once are as good as one after the other.
func testConcurrency(t *testing.T, open func(*testing.T) portico.Store) {
	t.Run("counter", func(t *testing.T) { t.Parallel(); testCounter(t, open(t)) })
	t.Run("one winner", func(t *testing.T) { t.Parallel(); testOneWinner(t, open(t)) })
	t.Run("write skew", func(t *testing.T) { t.Parallel(); testWriteSkew(t, open(t)) })
	t.Run("log in commit order", func(t *testing.T) { t.Parallel(); testLogOrder(t, open(t)) })
}

const workers = 16

// together runs fn in many goroutines and returns their errors.
func together(fn func(worker int) error) []error {
	errs := make([]error, workers)
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() { errs[i] = fn(i) })
	}
	group.Wait()
	return errs
}

func testCounter(t *testing.T, store portico.Store) {
	w, ctx := Seed(t, store), t.Context()
	const rounds = 5
	for _, err := range together(func(int) error {
		for done := 0; done < rounds; {
			err := store.Update(ctx, func(tx portico.Tx) error {
				_, err := tx.Applications().Change(ctx, w.Application.ID, func(a *portico.Application) error { a.Generation++; return nil })
				return err
			})
			if err == nil {
				done++
			} else if portico.KindOf(err) != portico.KindUnavailable { // which says: nothing was changed, try again
				return err
			}
		}
		return nil
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	view(t, store, func(tx portico.Tx) error {
		a, err := tx.Applications().ByID(ctx, w.Application.ID)
		if got := a.Generation - w.Application.Generation; got != workers*rounds {
			t.Errorf("%d of %d increments are there", got, workers*rounds)
		}
		return err
	})
}

func testOneWinner(t *testing.T, store portico.Store) {
	w, ctx := Seed(t, store), t.Context()
	won := 0
	for _, err := range together(func(int) error {
		developer := another(w.Developer, func(d *portico.Developer) { d.Email, d.ExternalID = "same@example.com", "" })
		return store.Update(ctx, func(tx portico.Tx) error { return tx.Developers().Insert(ctx, developer) })
	}) {
		if err == nil {
			won++
		} else if portico.KindOf(err) != portico.KindConflict {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d inserts of the same e-mail address succeeded", won)
	}
}

// testWriteSkew: each transaction counts and then adds one, as the limit of
// applications per developer is kept.
func testWriteSkew(t *testing.T, store portico.Store) {
	w, ctx := Seed(t, store), t.Context()
	const limit = 5
	full := portico.Errorf(portico.KindTooMany, "full")
	for _, err := range together(func(int) error {
		token := another(w.AccessToken, func(a *portico.AccessToken) { a.Digest = newWorld().AccessToken.Digest })
		return store.Update(ctx, func(tx portico.Tx) error {
			page, err := tx.AccessTokens().List(ctx, portico.Everything(portico.Where("user_id", w.User.ID)))
			if err != nil {
				return err
			}
			if page.Total >= limit {
				return full
			}
			return tx.AccessTokens().Insert(ctx, token)
		})
	}) {
		if err != nil && err != full {
			t.Error(err)
		}
	}
	view(t, store, func(tx portico.Tx) error {
		page, err := tx.AccessTokens().List(ctx, portico.Everything())
		if page.Total != limit {
			t.Errorf("%d tokens, where %d are allowed", page.Total, limit)
		}
		return err
	})
}

// testLogOrder follows the log while it is written: a follower that asks for
// what comes after the newest version it knows must end up with everything.
func testLogOrder(t *testing.T, store portico.Store) {
	w, ctx := Seed(t, store), t.Context()
	const rounds = 4
	followed := make(chan []portico.Change)
	done, stop := context.WithCancel(ctx)
	defer stop()
	go func() { followed <- follow(t, ctx, done, store) }()
	for _, err := range together(func(int) error {
		for range rounds {
			key := another(w.APIKey, func(k *portico.APIKey) { k.Digest = newWorld().APIKey.Digest })
			if err := store.Update(ctx, func(tx portico.Tx) error { return tx.APIKeys().Insert(ctx, key) }); err != nil {
				return err
			}
		}
		return nil
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	stop()
	got := <-followed
	var whole []portico.Change
	view(t, store, func(tx portico.Tx) (err error) {
		whole, _, _, err = tx.ChangesAfter(ctx, 0)
		return err
	})
	if len(whole) != workers*rounds+2 || !slices.Equal(got, whole) {
		t.Errorf("the follower has %d of %d changes; %d were made", len(got), len(whole), workers*rounds+2)
	}
}

// follow reads the log until done, and then once more.
func follow(t *testing.T, ctx, done context.Context, store portico.Store) (all []portico.Change) {
	version := uint64(0)
	for last := false; !last; {
		last = done.Err() != nil
		err := store.View(ctx, func(tx portico.Tx) error {
			changes, _, ok, err := tx.ChangesAfter(ctx, version)
			if err != nil {
				return err
			}
			if !ok {
				t.Errorf("the log does not reach back to %d", version)
			}
			for _, c := range changes {
				version = c.Version
			}
			all = append(all, changes...)
			return nil
		})
		if err != nil {
			t.Error(err)
			return all
		}
	}
	return all
}
