package control_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"portico"
	"portico/control"
	"portico/secret"
)

func TestDeleteCutsOffTheGatewaysFirst(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		app := h.register(t, "Trips")
		calls := h.journal.since(func() { must(t, h.Applications.Delete(t.Context(), app.ID)) })
		if !slices.Equal(calls, []string{"flush", "idp delete"}) {
			t.Errorf("deleting did %v", calls)
		}
		wantKind(t, h.Applications.Delete(t.Context(), app.ID), portico.KindNotFound)
		h.untouched(t)
	})
}

func TestDeleteAtOnceByTwo(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		app := h.register(t, "Trips")
		errs := make([]error, 4)
		var group sync.WaitGroup
		for i := range errs {
			group.Go(func() { errs[i] = h.Applications.Delete(t.Context(), app.ID) })
		}
		group.Wait()
		deleted := 0
		for _, err := range errs {
			if err == nil {
				deleted++
			} else {
				wantKind(t, err, portico.KindNotFound)
			}
		}
		if deleted != 1 {
			t.Errorf("%d of %d deleted it", deleted, len(errs))
		}
		h.untouched(t)
	})
}

func TestDeleteIsFinishedLaterWithGrowingPauses(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		app := h.register(t, "Trips")
		const failures = 8
		h.idp.fail(callDelete, slices.Repeat([]fault{unavailable}, failures+1)...)
		must(t, h.Applications.Delete(t.Context(), app.ID)) // the developer is done with it
		if len(h.applications(t)) > 0 || len(h.idp.clientIDs()) != 1 {
			t.Fatal("the application is there, or the client gone")
		}
		reconciler := control.New(h.deps).Reconciler
		var pauses []time.Duration
		for n := range failures {
			open := h.tasks(t)
			if len(open) != 1 || open[0].Attempts != n || open[0].Kind != portico.TaskDeregister {
				t.Fatalf("attempt %d: %+v", n, open)
			}
			h.clock.Advance(open[0].DueAt.Sub(h.clock.Now()) - time.Microsecond)
			settled, err := reconciler.Once(t.Context())
			must(t, err)
			h.clock.Advance(time.Microsecond)
			if again, err := reconciler.Once(t.Context()); settled+again != 0 || err != nil {
				t.Fatalf("attempt %d settled it: %v", n, err)
			}
			open = h.tasks(t)
			if open[0].Attempts != n+1 || open[0].LastError != unavailable.detail {
				t.Errorf("attempt %d was noted as %+v", n, open[0])
			}
			pauses = append(pauses, open[0].DueAt.Sub(h.clock.Now()))
		}
		want := []time.Duration{lease, 2 * lease, 4 * lease, 8 * lease, 16 * lease, 10 * time.Minute, 10 * time.Minute, 10 * time.Minute}
		if !slices.Equal(pauses, want) {
			t.Errorf("paused %v, want %v", pauses, want)
		}
		h.clock.Advance(10 * time.Minute)
		settled, err := reconciler.Once(t.Context())
		must(t, err)
		if settled != 1 {
			t.Errorf("settled %d", settled)
		}
		h.untouched(t)
	})
}

func TestDeleteOfAClientThatIsGoneAlready(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	app := h.register(t, "Trips")
	h.idp.vanish(app.ClientID)
	must(t, h.Applications.Delete(t.Context(), app.ID))
	h.untouched(t)
}

func TestDeleteWithoutAClient(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	app, err := h.Applications.Create(t.Context(), h.wish("Keys", h.keys.ID))
	must(t, err)
	calls := h.journal.since(func() { must(t, h.Applications.Delete(t.Context(), app.ID)) })
	if !slices.Equal(calls, []string{"flush"}) {
		t.Errorf("deleting did %v", calls)
	}
	h.untouched(t)
}

func TestDeleteInterruptedAtEachStep(t *testing.T) {
	t.Parallel()
	for _, step := range []string{control.StepDeregisterIntent, control.StepDeregisterCalled, control.StepDeregisterDone} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, h *house) {
				app := h.register(t, "Trips")
				h.interrupted(t, step, func() { _ = h.Applications.Delete(t.Context(), app.ID) })
				h.reconcile(t)
				h.untouched(t)
			})
		})
	}
}

func TestDeleteDuringARotation(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		app := h.register(t, "Trips")
		h.idp.meanwhile(callAdd, func() { must(t, h.Applications.Delete(t.Context(), app.ID)) })
		_, _, _ = h.Credentials.Regenerate(t.Context(), app.ID) // either answer is right
		h.reconcile(t)
		h.untouched(t)
	})
}

func TestTheEndOfADeveloperIsTheEndOfTheClients(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		h.register(t, "One")
		h.register(t, "Two")
		h.idp.fail(callDelete, unavailable)
		calls := h.journal.since(func() { must(t, h.Developers.Delete(t.Context(), h.portal.ID, h.developer.ID)) })
		if calls[0] != "flush" || len(h.idp.clientIDs()) != 1 || len(h.tasks(t)) != 1 {
			t.Errorf("deleting did %v and left %v", calls, h.idp.clientIDs())
		}
		h.reconcile(t)
		h.untouched(t)
		wantKind(t, h.Developers.Delete(t.Context(), h.portal.ID, h.developer.ID), portico.KindNotFound)
	})
}

func TestTheEndOfAPortalIsTheEndOfTheClients(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		h.register(t, "One")
		h.register(t, "Two")
		wantKind(t, h.Portals.Delete(t.Context(), h.portal.ID, false), portico.KindConflict)
		h.reconcile(t)
		h.balanced(t)
		must(t, h.Portals.Delete(t.Context(), h.portal.ID, true))
		h.reconcile(t)
		h.untouched(t)
	})
}

// TestTwoReconcilersShareTheWork: each of many tasks is done once.
func TestTwoReconcilersShareTheWork(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		const apps = 12
		for i := range apps {
			app := h.register(t, strings.Repeat("x", i+1))
			h.idp.fail(callDelete, unavailable)
			must(t, h.Applications.Delete(t.Context(), app.ID))
		}
		h.clock.Advance(lease)
		settled, errs := make([]int, 3), make([]error, 3)
		var group sync.WaitGroup
		calls := h.journal.since(func() {
			for i := range settled {
				group.Go(func() { settled[i], errs[i] = control.New(h.deps).Reconciler.Once(t.Context()) })
			}
			group.Wait()
		})
		must(t, errors.Join(errs...))
		if total := settled[0] + settled[1] + settled[2]; total != apps || len(calls) != apps {
			t.Errorf("settled %v in %d calls, want %d", settled, len(calls), apps)
		}
		h.untouched(t)
	})
}

// TestAReconcilerThatWasTooSlowDoesNothing: between reading a task and taking
// it, another took it.
func TestAReconcilerThatWasTooSlowDoesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	app := h.register(t, "Trips")
	h.idp.fail(callDelete, unavailable, unavailable)
	must(t, h.Applications.Delete(t.Context(), app.ID))
	h.clock.Advance(lease)
	var faster int
	store := &troubledStore{Store: h.store, before: func(n int) {
		if n == 1 {
			faster, _ = control.New(h.deps).Reconciler.Once(t.Context()) // fails, and pauses
		}
	}}
	deps := h.deps
	deps.Store = store
	slower, err := control.New(deps).Reconciler.Once(t.Context())
	must(t, err)
	if faster != 0 || slower != 0 || h.tasks(t)[0].Attempts != 1 {
		t.Errorf("settled %d and %d in %d attempts", faster, slower, h.tasks(t)[0].Attempts)
	}
	h.reconcile(t)
	h.untouched(t)
}

func TestOneFailingTaskDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	// A provider whose credential no longer opens, as with another key.
	_, err := h.Providers.Update(ctx, h.provider.ID, control.ProviderChange{Name: portico.Some("sound")})
	must(t, err)
	for _, name := range []string{"One", "Two", "Three"} {
		app := h.register(t, name)
		h.idp.fail(callDelete, unavailable)
		must(t, h.Applications.Delete(ctx, app.ID))
	}
	broken, err := h.Providers.Create(ctx, control.NewProvider{Name: "broken", Type: portico.ProviderOkta, Issuer: "https://b.example", Secret: secret.New("another token")})
	must(t, err)
	must(t, h.store.Update(ctx, func(tx portico.Tx) error {
		if _, err := tx.Providers().Change(ctx, broken.ID, func(p *portico.Provider) error { p.SealedSecret = []byte("garbled"); return nil }); err != nil {
			return err
		}
		at := h.clock.Now().Add(-time.Hour) // the oldest comes first
		return tx.Tasks().Insert(ctx, portico.Task{ID: "00000000-0000-7000-8000-000000000000", Kind: portico.TaskDeregister, ProviderID: broken.ID, DueAt: at, CreatedAt: at, UpdatedAt: at})
	}))
	if n := h.reconcile(t); n != 3 {
		t.Errorf("settled %d", n)
	}
	open := h.tasks(t)
	if len(open) != 1 || open[0].LastError == "" || open[0].Attempts != 1 {
		t.Errorf("left open: %+v", open)
	}
	if strings.Contains(open[0].LastError, "another token") {
		t.Error("the credential was written down")
	}
}

func TestAProviderStaysWhileAClientOfItMustGo(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		app := h.register(t, "Trips")
		wantKind(t, h.Providers.Delete(ctx, h.provider.ID), portico.KindConflict)
		h.idp.fail(callDelete, unavailable)
		must(t, h.Applications.Delete(ctx, app.ID))
		must(t, h.Publications.Delete(ctx, h.flights.ID, h.portal.ID))
		_, err := h.Portals.Update(ctx, h.portal.ID, control.PortalFields{DefaultStrategyID: portico.Opt[portico.StrategyID]{Set: true, Null: true}})
		must(t, err)
		must(t, h.Strategies.Delete(ctx, h.dcr.ID))
		wantKind(t, h.Providers.Delete(ctx, h.provider.ID), portico.KindConflict)
		h.reconcile(t)
		must(t, h.Providers.Delete(ctx, h.provider.ID))
		wantKind(t, h.Providers.Delete(ctx, h.provider.ID), portico.KindNotFound)
		h.untouched(t)
	})
}

func TestRunReconcilesAtOnceAndThenAtIntervals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		app := h.register(t, "Trips")
		h.idp.fail(callDelete, unavailable, unavailable)
		must(t, h.Applications.Delete(t.Context(), app.ID))
		h.clock.Advance(lease)
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { control.New(h.deps).Reconciler.Run(ctx) })
		synctest.Wait()
		if open := h.tasks(t); len(open) != 1 || open[0].Attempts != 1 {
			t.Errorf("at once: %+v", open)
		}
		h.clock.Advance(lease)
		time.Sleep(lease) // in the bubble: no more than the next interval passes
		synctest.Wait()
		h.untouched(t)
		cancel()
		group.Wait()
	})
}
