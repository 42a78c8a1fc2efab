package storetest

import (
	"context"
	"errors"
	"testing"

	"portico"
)

// testTransactions: all of it or nothing, whichever way it ends.
func testTransactions(t *testing.T, open func(*testing.T) portico.Store) {
	for name, run := range endings() {
		t.Run(name, func(t *testing.T) { t.Parallel(); testRollback(t, open(t), run) })
	}
	t.Run("view is read-only", func(t *testing.T) { t.Parallel(); testReadOnly(t, open(t)) })
	t.Run("view is one state", func(t *testing.T) { t.Parallel(); testOneState(t, open(t)) })
}

// ending runs fn in a transaction that must not be committed. Its error is what
// went otherwise.
type ending func(ctx context.Context, store portico.Store, w World, fn func(portico.Tx) error) error

func endings() map[string]ending {
	errOwn := errors.New("called off")
	return map[string]ending{
		"error": func(ctx context.Context, store portico.Store, _ World, fn func(portico.Tx) error) error {
			err := store.Update(ctx, func(tx portico.Tx) error {
				if err := fn(tx); err != nil {
					return err
				}
				return errOwn
			})
			if err != errOwn {
				return errors.Join(errors.New("the transaction's own error did not come through"), err)
			}
			return nil
		},
		"panic": func(ctx context.Context, store portico.Store, _ World, fn func(portico.Tx) error) (err error) {
			defer func() {
				if recover() != errOwn {
					err = errors.New("the panic did not come through")
				}
			}()
			return store.Update(ctx, func(tx portico.Tx) error {
				if err := fn(tx); err != nil {
					return err
				}
				panic(errOwn)
			})
		},
		"swallowed conflict": func(ctx context.Context, store portico.Store, w World, fn func(portico.Tx) error) error {
			err := store.Update(ctx, func(tx portico.Tx) error {
				if err := fn(tx); err != nil {
					return err
				}
				if tx.Users().Insert(ctx, w.User) == nil {
					return errors.New("a user was inserted twice")
				}
				if _, err := tx.Users().ByID(ctx, w.User.ID); portico.KindOf(err) != portico.KindConflict {
					return errors.New("a failed transaction goes on")
				}
				return nil
			})
			if portico.KindOf(err) != portico.KindConflict {
				return errors.Join(errors.New("a failed transaction was committed"), err)
			}
			return nil
		},
		"cancelled": func(ctx context.Context, store portico.Store, _ World, fn func(portico.Tx) error) error {
			ctx, cancel := context.WithCancel(ctx)
			err := store.Update(ctx, func(tx portico.Tx) error {
				err := fn(tx)
				cancel()
				return err
			})
			if err == nil {
				return errors.New("a cancelled transaction was committed")
			}
			return nil
		},
	}
}

func testRollback(t *testing.T, store portico.Store, run ending) {
	w, ctx := Seed(t, store), t.Context()
	other := newWorld()
	before := versionOf(t, store)
	err := run(ctx, store, w, func(tx portico.Tx) error {
		if err := tx.Users().Insert(ctx, other.User); err != nil {
			return err
		}
		if _, err := tx.Users().ByID(ctx, other.User.ID); err != nil {
			return err // a transaction sees its own writes
		}
		_, err := tx.Strategies().Change(ctx, w.Strategy.ID, func(s *portico.Strategy) error { s.Name = "changed"; return nil })
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	view(t, store, func(tx portico.Tx) error {
		_, err := tx.Users().ByID(ctx, other.User.ID)
		wantKind(t, "an entity that was rolled back", err, portico.KindNotFound)
		strategy, err := tx.Strategies().ByID(ctx, w.Strategy.ID)
		if strategy.Name != w.Strategy.Name {
			t.Errorf("a change that was rolled back is there: %q", strategy.Name)
		}
		return err
	})
	if after := versionOf(t, store); after != before {
		t.Errorf("the log went from %d to %d without a change", before, after)
	}
	update(t, store, func(tx portico.Tx) error { return tx.Users().Insert(ctx, other.User) }) // and the store goes on
}

func testReadOnly(t *testing.T, store portico.Store) {
	w, ctx := Seed(t, store), t.Context()
	for name, write := range map[string]func(portico.Tx) error{
		"insert": func(tx portico.Tx) error { return tx.Users().Insert(ctx, newWorld().User) },
		"delete": func(tx portico.Tx) error { return tx.Tasks().Delete(ctx, w.Task.ID) },
		"change": func(tx portico.Tx) error {
			_, err := tx.Users().Change(ctx, w.User.ID, func(u *portico.User) error { u.FullName = "other"; return nil })
			return err
		},
		"set meta": func(tx portico.Tx) error { return tx.SetMeta(ctx, "key", "value") },
		"trim":     func(tx portico.Tx) error { return tx.TrimChanges(ctx, 0) },
	} {
		if err := store.View(ctx, write); err == nil {
			t.Errorf("a view could %s", name)
		}
	}
}

func testOneState(t *testing.T, store portico.Store) {
	w, ctx := Seed(t, store), t.Context()
	view(t, store, func(tx portico.Tx) error {
		before, err := tx.Users().ByID(ctx, w.User.ID)
		if err != nil {
			return err
		}
		update(t, store, func(tx portico.Tx) error {
			_, err := tx.Users().Change(ctx, w.User.ID, func(u *portico.User) error { u.FullName = "other"; return nil })
			return err
		})
		after, err := tx.Users().ByID(ctx, w.User.ID)
		if after.FullName != before.FullName {
			t.Error("a view sees a change that was made during it")
		}
		return err
	})
}

func versionOf(t *testing.T, store portico.Store) (newest uint64) {
	t.Helper()
	view(t, store, func(tx portico.Tx) (err error) {
		_, newest, _, err = tx.ChangesAfter(t.Context(), 0)
		return err
	})
	return newest
}
