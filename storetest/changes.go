package storetest

import (
	"context"
	"reflect"
	"testing"

	"portico"
)

// testChanges: what the gateways' side is told.
func testChanges(t *testing.T, open func(*testing.T) portico.Store) {
	t.Run("announced", func(t *testing.T) { t.Parallel(); testAnnounced(t, open) })
	t.Run("trimmed", func(t *testing.T) { t.Parallel(); testTrimmed(t, open) })
	t.Run("meta", func(t *testing.T) { t.Parallel(); testMeta(t, open) })
}

// since lists the changes after a version without their own versions.
func since(t *testing.T, store portico.Store, version uint64) (changes []portico.Change) {
	t.Helper()
	view(t, store, func(tx portico.Tx) error {
		found, newest, ok, err := tx.ChangesAfter(t.Context(), version)
		if err == nil && !ok {
			t.Errorf("the log does not reach back to %d", version)
		}
		for _, c := range found {
			if c.Version <= version || c.Version > newest {
				t.Errorf("version %d is not in order, newest is %d", c.Version, newest)
			}
			version = c.Version
			changes = append(changes, portico.Change{Scope: c.Scope, ID: c.ID})
		}
		return err
	})
	return changes
}

func testAnnounced(t *testing.T, open func(*testing.T) portico.Store) {
	store := open(t)
	w, ctx := Seed(t, store), t.Context()
	routing := []portico.Change{{Scope: portico.ChangeRouting}}
	application := []portico.Change{{Scope: portico.ChangeApplication, ID: string(w.Application.ID)}}
	if got := since(t, store, 0); !reflect.DeepEqual(got, append(routing, application...)) {
		t.Errorf("the world was announced as %v", got)
	}
	other := newWorld()
	second := another(w.Application, func(a *portico.Application) { a.Name, a.ClientID = "second", "second" })
	for _, step := range []struct {
		name string
		run  func(portico.Tx) error
		want []portico.Change
	}{
		{"provider", touch(ctx, portico.Tx.Providers, w.Provider.ID), routing},
		{"strategy", touch(ctx, portico.Tx.Strategies, w.Strategy.ID), routing},
		{"publication", touch(ctx, portico.Tx.Publications, w.Publication.ID), routing},
		{"implementation", touch(ctx, portico.Tx.Implementations, w.Implementation.ID), routing},
		{"service", touch(ctx, portico.Tx.Services, w.Service.ID), routing},
		{"route", touch(ctx, portico.Tx.Routes, w.Route.ID), routing},
		{"plugin", touch(ctx, portico.Tx.Plugins, w.Plugin.ID), routing},
		{"consumer", touch(ctx, portico.Tx.Consumers, w.Consumer.ID), application},
		{"consumer mapping", touch(ctx, portico.Tx.ConsumerMappings, w.ConsumerMapping.ID), application},
		{"application", touch(ctx, portico.Tx.Applications, w.Application.ID), application},
		{"API key", touch(ctx, portico.Tx.APIKeys, w.APIKey.ID), application},
		{"registration", touch(ctx, portico.Tx.Registrations, w.Registration.ID), application},
		{"portal", touch(ctx, portico.Tx.Portals, w.Portal.ID), nil},
		{"API", touch(ctx, portico.Tx.APIs, w.API.ID), nil},
		{"API that becomes a package", func(tx portico.Tx) error {
			_, err := tx.APIs().Change(ctx, w.API.ID, func(a *portico.API) error { a.IsPackage = true; return nil })
			return err
		}, routing},
		{"operation", touch(ctx, portico.Tx.Operations, w.Operation.ID), routing},
		{"operation of a package", touch(ctx, portico.Tx.PackageOperations, w.PackageOperation.ID), routing},
		{"developer", touch(ctx, portico.Tx.Developers, w.Developer.ID), nil},
		{"user", touch(ctx, portico.Tx.Users, w.User.ID), nil},
		{"new user", func(tx portico.Tx) error { return tx.Users().Insert(ctx, other.User) }, nil},
		{"both", func(tx portico.Tx) error {
			for range 2 {
				if err := touch(ctx, portico.Tx.APIKeys, w.APIKey.ID)(tx); err != nil {
					return err
				}
				if err := touch(ctx, portico.Tx.Routes, w.Route.ID)(tx); err != nil {
					return err
				}
			}
			return nil
		}, append(application[:1:1], routing...)},
		{"second application", func(tx portico.Tx) error { return tx.Applications().Insert(ctx, second) },
			[]portico.Change{{Scope: portico.ChangeApplication, ID: string(second.ID)}}},
		{"moved key", func(tx portico.Tx) error {
			_, err := tx.APIKeys().Change(ctx, w.APIKey.ID, func(k *portico.APIKey) error { k.ApplicationID = second.ID; return nil })
			return err
		}, append(application[:1:1], portico.Change{Scope: portico.ChangeApplication, ID: string(second.ID)})},
		{"key moved back", func(tx portico.Tx) error {
			_, err := tx.APIKeys().Change(ctx, w.APIKey.ID, func(k *portico.APIKey) error { k.ApplicationID = w.Application.ID; return nil })
			return err
		}, append([]portico.Change{{Scope: portico.ChangeApplication, ID: string(second.ID)}}, application...)},
		{"deleted second application", func(tx portico.Tx) error { return tx.Applications().Delete(ctx, second.ID) },
			[]portico.Change{{Scope: portico.ChangeApplication, ID: string(second.ID)}}},
		{"deleted consumer", func(tx portico.Tx) error { return tx.Consumers().Delete(ctx, w.Consumer.ID) }, append(routing[:1:1], application...)},
		{"deleted session", func(tx portico.Tx) error { return tx.Sessions().Delete(ctx, w.Session.ID) }, nil},
		{"deleted route", func(tx portico.Tx) error { return tx.Routes().Delete(ctx, w.Route.ID) }, routing},
		{"deleted key", func(tx portico.Tx) error { return tx.APIKeys().Delete(ctx, w.APIKey.ID) }, application},
		{"deleted API", func(tx portico.Tx) error { return tx.APIs().Delete(ctx, w.API.ID) }, append(routing[:1:1], application...)},
		{"deleted developer", func(tx portico.Tx) error { return tx.Developers().Delete(ctx, w.Developer.ID) }, application},
		{"deleted portal", func(tx portico.Tx) error { return tx.Portals().Delete(ctx, w.Portal.ID) }, routing},
	} {
		before := versionOf(t, store)
		update(t, store, step.run)
		if got := since(t, store, before); !reflect.DeepEqual(got, step.want) {
			t.Errorf("%s was announced as %v, not %v", step.name, got, step.want)
		}
	}
}

// touch changes an entity without changing it.
func touch[ID ~string, T any](ctx context.Context, of func(portico.Tx) portico.Collection[ID, T], id ID) func(portico.Tx) error {
	return func(tx portico.Tx) error {
		_, err := of(tx).Change(ctx, id, func(*T) error { return nil })
		return err
	}
}

func testTrimmed(t *testing.T, open func(*testing.T) portico.Store) {
	store := open(t)
	w, ctx := Seed(t, store), t.Context()
	var versions []uint64
	for range 5 {
		update(t, store, touch(ctx, portico.Tx.Routes, w.Route.ID))
		versions = append(versions, versionOf(t, store))
	}
	reach := func(when string, want map[uint64]bool) {
		t.Helper()
		for version, reaches := range want {
			view(t, store, func(tx portico.Tx) error {
				changes, newest, ok, err := tx.ChangesAfter(ctx, version)
				if newest != versions[4] || ok != reaches || !ok && changes != nil {
					t.Errorf("%s, after %d: newest %d, ok %t, %d changes", when, version, newest, ok, len(changes))
				}
				return err
			})
		}
	}
	ahead := versions[4] + 1
	reach("at first", map[uint64]bool{0: true, versions[0]: true, versions[4]: true, ahead: false, 1 << 63: false})
	update(t, store, func(tx portico.Tx) error { return tx.TrimChanges(ctx, 100) })
	reach("after too large a trim", map[uint64]bool{0: true})
	update(t, store, func(tx portico.Tx) error { return tx.TrimChanges(ctx, 2) })
	reach("with two left", map[uint64]bool{0: false, versions[1]: false, versions[2]: true, versions[3]: true, versions[4]: true})
	if got := len(since(t, store, versions[2])); got != 2 {
		t.Errorf("%d changes are left, not 2", got)
	}
	update(t, store, func(tx portico.Tx) error { return tx.TrimChanges(ctx, 0) })
	reach("with none left", map[uint64]bool{versions[3]: false, versions[4]: true, ahead: false})
	update(t, store, func(tx portico.Tx) error {
		if err := touch(ctx, portico.Tx.Routes, w.Route.ID)(tx); err != nil {
			return err
		}
		changes, newest, ok, err := tx.ChangesAfter(ctx, versions[4])
		if len(changes) != 1 || !ok || newest <= versions[4] {
			t.Errorf("a transaction does not see its own change: %v, newest %d, ok %t", changes, newest, ok)
		}
		return err
	})
}

func testMeta(t *testing.T, open func(*testing.T) portico.Store) {
	store, ctx := open(t), t.Context()
	second := open(t)
	epochs := map[string]bool{}
	for _, s := range []portico.Store{store, second} {
		view(t, s, func(tx portico.Tx) error {
			epoch, err := tx.Meta(ctx, portico.MetaEpoch)
			epochs[epoch] = true
			return err
		})
	}
	if len(epochs) != 2 || epochs[""] {
		t.Errorf("two stores have the epochs %v", epochs)
	}
	for _, value := range []string{"first", "second", ""} {
		update(t, store, func(tx portico.Tx) error { return tx.SetMeta(ctx, portico.MetaKeyFingerprint, value) })
		view(t, store, func(tx portico.Tx) error {
			got, err := tx.Meta(ctx, portico.MetaKeyFingerprint)
			if got != value {
				t.Errorf("meta is %q, not %q", got, value)
			}
			return err
		})
	}
	if err := store.Update(ctx, func(tx portico.Tx) error { return tx.SetMeta(ctx, "key", "\x00") }); err == nil {
		t.Error("a NUL was kept")
	}
}
