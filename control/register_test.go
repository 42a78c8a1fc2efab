package control_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"portico"
	"portico/control"
	"portico/developers"
	"portico/secret"
	"portico/usecase"
)

func TestCreateWithEachCredentialType(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		app, err := h.Applications.Create(t.Context(), control.NewApplication{
			PortalID: h.portal.ID, DeveloperID: h.developer.ID, Name: "Trips", Description: new("plans trips"), RedirectURI: new("https://trips.example/cb"),
		})
		must(t, err)
		if app.Strategy.ID != h.dcr.ID || app.Provider == nil || app.Provider.ID != h.provider.ID || app.Generation != 1 || app.Developer.ID != h.developer.ID {
			t.Errorf("the default strategy gave %+v", app.ApplicationView)
		}
		if got := h.idp.secretsOf(app.ClientID); !slices.Equal(got, []string{app.Secret.Reveal()}) {
			t.Errorf("%d secrets work, want the one that was shown", len(got))
		}
		spec := h.idp.specOf(app.ClientID)
		if spec.Name != "Trips" || spec.Description != "plans trips" || !slices.Equal(spec.RedirectURIs, []string{"https://trips.example/cb"}) ||
			spec.ApplicationID != app.ID || !slices.Equal(spec.GrantTypes, []string{"client_credentials"}) || !slices.Equal(spec.Scopes, []string{"flights:read"}) {
			t.Errorf("the client is %+v", spec)
		}

		withKeys, err := h.Applications.Create(t.Context(), h.wish("Keys", h.keys.ID))
		must(t, err)
		in := h.wish("Own", h.self.ID)
		in.ClientID = "my-own-client"
		own, err := h.Applications.Create(t.Context(), in)
		must(t, err)
		if withKeys.Provider != nil || withKeys.ClientID != "" || !withKeys.Secret.Empty() || own.Provider != nil || own.ClientID != "my-own-client" || !own.Secret.Empty() {
			t.Errorf("made %+v and %+v", withKeys, own)
		}
		h.balanced(t)
	})
}

func TestCreateBringsTheGatewaysUpToDateFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	steps := h.journal.since(func() { h.register(t, "Trips") })
	if !slices.Equal(steps, []string{"idp create", "flush"}) {
		t.Errorf("creating did %v", steps)
	}
	h.journal.breakDown(errors.New("a gateway lags"))
	h.register(t, "Other") // it is committed; a gateway that lags is no reason to deny it
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	h.register(t, "Taken")
	elsewhere, err := h.Portals.Create(ctx, control.PortalFields{Name: portico.Some("Elsewhere")})
	must(t, err)
	stranger, err := h.Developers.Create(ctx, elsewhere.ID, developers.NewAccount{Email: "s@dev.example", Status: new(portico.Approved)})
	must(t, err)
	unoffered, err := h.Strategies.Create(ctx, control.NewStrategy{Name: "unoffered", DisplayName: "U", KeyAuth: &portico.KeyAuthConfig{}})
	must(t, err)
	before := len(h.applications(t))
	for _, test := range []struct {
		name   string
		change func(*control.NewApplication)
		kind   portico.Kind
		field  string
		rule   string
	}{
		{"no portal", func(n *control.NewApplication) { n.PortalID = "nowhere" }, portico.KindNotFound, "", ""},
		{"no developer", func(n *control.NewApplication) { n.DeveloperID = "nobody" }, portico.KindNotFound, "", ""},
		{"another portal's developer", func(n *control.NewApplication) { n.DeveloperID = stranger.ID }, portico.KindNotFound, "", ""},
		{"name taken", func(n *control.NewApplication) { n.Name = "Taken" }, portico.KindConflict, "", ""},
		{"strategy not offered", func(n *control.NewApplication) { n.StrategyID = &unoffered.ID }, portico.KindInvalid, "auth_strategy_id", "missing_reference"},
		{"strategy unknown", func(n *control.NewApplication) { n.StrategyID = new(portico.StrategyID("none")) }, portico.KindInvalid, "auth_strategy_id", "missing_reference"},
		{"no default strategy", func(n *control.NewApplication) {
			n.PortalID, n.DeveloperID, n.StrategyID = elsewhere.ID, stranger.ID, nil
		}, portico.KindInvalid, "auth_strategy_id", "required"},
		{"DCR with a client id", func(n *control.NewApplication) { n.ClientID = "mine" }, portico.KindInvalid, "client_id", "invalid"},
		{"keys with a client id", func(n *control.NewApplication) { n.StrategyID, n.ClientID = &h.keys.ID, "mine" }, portico.KindInvalid, "client_id", "invalid"},
		{"self-managed without", func(n *control.NewApplication) { n.StrategyID = &h.self.ID }, portico.KindInvalid, "client_id", "required"},
		{"keys adopting", func(n *control.NewApplication) { n.StrategyID, n.DCRClientID = &h.keys.ID, "c" }, portico.KindInvalid, "dcr_client_id", "invalid"},
		{"scopes of one's own", func(n *control.NewApplication) { n.Scopes = []string{"flights:read"} }, portico.KindInvalid, "scopes", "invalid"},
	} {
		in := h.wish("New", h.dcr.ID)
		test.change(&in)
		calls := h.journal.since(func() {
			_, err := h.Applications.Create(ctx, in)
			if portico.KindOf(err) != test.kind || err == nil {
				t.Errorf("%s: %v", test.name, err)
			} else if test.field != "" {
				wantFault(t, err, test.field, test.rule)
			}
		})
		if len(calls) > 0 {
			t.Errorf("%s: did %v", test.name, calls)
		}
	}
	for _, status := range []portico.Status{portico.Pending, portico.Rejected, portico.Revoked} {
		_, err := h.Developers.SetStatus(ctx, h.portal.ID, h.developer.ID, status, "")
		must(t, err)
		_, err = h.Applications.Create(ctx, h.wish("New", h.dcr.ID))
		wantKind(t, err, portico.KindForbidden)
	}
	if after := len(h.applications(t)); after != before {
		t.Errorf("%d applications before, %d after", before, after)
	}
	h.balanced(t)
}

func TestCreateChecksClientIDsAgainstEachOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := h.wish("One", h.self.ID)
	in.ClientID = "same"
	_, err := h.Applications.Create(t.Context(), in)
	must(t, err)
	in.Name = "Two"
	_, err = h.Applications.Create(t.Context(), in)
	wantKind(t, err, portico.KindConflict)
}

func TestCreateStopsAtTheLimit(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	must(t, h.store.Update(t.Context(), func(tx portico.Tx) error {
		for i := range portico.MaxApplicationsPerDeveloper {
			app := portico.Application{ID: portico.ApplicationID(portico.NewID(h.clock.Now())), PortalID: h.portal.ID, DeveloperID: h.developer.ID,
				StrategyID: h.keys.ID, Name: strconv.Itoa(i), CreatedAt: h.clock.Now(), UpdatedAt: h.clock.Now()}
			if err := tx.Applications().Insert(t.Context(), app); err != nil {
				return err
			}
		}
		return nil
	}))
	_, err := h.Applications.Create(t.Context(), h.wish("One too many", h.dcr.ID))
	if e := wantKind(t, err, portico.KindConflict); !strings.Contains(e.Detail, "500") {
		t.Errorf("the limit is not named: %s", e.Detail)
	}
	h.idpUnasked(t)
}

// idpUnasked checks that the identity provider has no client.
func (h *house) idpUnasked(t testing.TB) {
	t.Helper()
	if ids := h.idp.clientIDs(); len(ids) > 0 {
		t.Errorf("there are clients: %v", ids)
	}
}

func TestCreateWhenTheIdentityProviderRefuses(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		for _, test := range []struct {
			fault fault
			kind  portico.Kind
			after time.Duration
		}{
			{rejected, portico.KindInvalid, 0},
			{unavailable, portico.KindUnavailable, 7 * time.Second},
			{fault{kind: portico.IdPUnavailable, detail: "reset"}, portico.KindUnavailable, 10 * time.Second},
			{denied, portico.KindUnavailable, 5 * time.Minute},
		} {
			h.idp.fail(callCreate, test.fault)
			created, err := h.Applications.Create(t.Context(), h.wish("Trips", h.dcr.ID))
			e := wantKind(t, err, test.kind)
			if e.RetryAfter != test.after || !strings.Contains(e.Detail, "no application was created") || !created.Secret.Empty() {
				t.Errorf("%v: retry after %s: %s", test.fault.kind, e.RetryAfter, e.Detail)
			}
			if test.kind == portico.KindInvalid && e.Invalid[0].Reason != rejected.detail {
				t.Errorf("the reason is lost: %+v", e.Invalid)
			}
			h.untouched(t)
		}
		h.register(t, "Trips") // and the name is still free
		h.balanced(t)
	})
}

func TestCreateRecoversAClientWhoseAnswerWasLost(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		h.idp.fail(callCreate, lostAnswer)
		app := h.register(t, "Trips")
		if got := h.idp.secretsOf(app.ClientID); !slices.Equal(got, []string{app.Secret.Reveal()}) || app.Secret.Empty() {
			t.Errorf("%d secrets work, want only the one that was shown", len(got))
		}
		h.balanced(t)
	})
}

func TestCreateGivesUpWhatCannotBeRecovered(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]func(*fakeIdP){
		"listing":        func(f *fakeIdP) { f.fail(callSecrets, unavailable) },
		"adding":         func(f *fakeIdP) { f.fail(callAdd, lostAnswer) },
		"revoking":       func(f *fakeIdP) { f.fail(callRevoke, unavailable) },
		"nothing at all": func(f *fakeIdP) { f.single = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.idp.fail(callCreate, lostAnswer)
			broken(h.idp)
			_, err := h.Applications.Create(t.Context(), h.wish("Trips", h.dcr.ID))
			wantKind(t, err, portico.KindUnavailable)
			h.idpUnasked(t)
			h.reconcile(t) // the intent stays until nothing can be under way any more
			h.untouched(t)
		})
	}
}

func TestCreateThatNeverHappenedIsLookedForAgain(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		h.idp.fail(callCreate, lostRequest)
		_, err := h.Applications.Create(t.Context(), h.wish("Trips", h.dcr.ID))
		wantKind(t, err, portico.KindUnavailable)
		if open := h.tasks(t); len(open) != 1 || open[0].Kind != portico.TaskRegister {
			t.Fatalf("the intents are %+v", open)
		}
		// The request arrives after all, when nobody waits for it.
		_, err = fakeAdapter{h.idp, secret.New(managementToken)}.Create(t.Context(), portico.ClientSpec{Name: "Trips"}, h.tasks(t)[0].CreateKey)
		must(t, err)
		if n := h.reconcile(t); n != 1 {
			t.Errorf("%d intents were settled", n)
		}
		h.untouched(t)
	})
}

func TestCreateLeavesItToTheReconcilerWhenLookingFails(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		h.idp.fail(callCreate, lostAnswer)
		h.idp.fail(callFind, unavailable, unavailable)
		_, err := h.Applications.Create(t.Context(), h.wish("Trips", h.dcr.ID))
		wantKind(t, err, portico.KindUnavailable)
		if len(h.tasks(t)) != 1 || len(h.idp.clientIDs()) != 1 {
			t.Fatalf("%d intents, clients %v", len(h.tasks(t)), h.idp.clientIDs())
		}
		n, err := control.New(h.deps).Reconciler.Once(t.Context())
		must(t, err)
		if n != 0 || len(h.tasks(t)) != 1 {
			t.Error("an intent was touched within its lease")
		}
		if n := h.reconcile(t); n != 1 {
			t.Errorf("%d intents were settled", n)
		}
		h.untouched(t)
	})
}

func TestCreateUndoesTheClientWhenItsPlaceIsGone(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(*house, context.Context) error{
		"portal": func(h *house, ctx context.Context) error { return h.Portals.Delete(ctx, h.portal.ID, true) },
		"developer": func(h *house, ctx context.Context) error {
			return h.Developers.Delete(ctx, h.portal.ID, h.developer.ID)
		},
		"name": func(h *house, ctx context.Context) error {
			_, err := h.Applications.Create(ctx, h.wish("Trips", h.keys.ID))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, h *house) {
				h.idp.meanwhile(callCreate, func() { must(t, take(h, t.Context())) })
				created, err := h.Applications.Create(t.Context(), h.wish("Trips", h.dcr.ID))
				if kind := portico.KindOf(err); err == nil || kind == portico.KindInternal || !created.Secret.Empty() {
					t.Errorf("created %v: %v", created.ID, err)
				}
				h.idpUnasked(t)
				h.balanced(t)
			})
		})
	}
}

func TestCreateUndoneLaterWhenTheIdentityProviderFailsToo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.idp.meanwhile(callCreate, func() { must(t, h.Developers.Delete(t.Context(), h.portal.ID, h.developer.ID)) })
	h.idp.fail(callDelete, unavailable)
	_, err := h.Applications.Create(t.Context(), h.wish("Trips", h.dcr.ID))
	if err == nil {
		t.Fatal("an application without a developer was created")
	}
	if len(h.tasks(t)) != 1 {
		t.Fatalf("the intents are %+v", h.tasks(t))
	}
	h.reconcile(t)
	h.untouched(t)
}

// TestCreateKeepsTheClientOfACommitOfUnknownOutcome: a lost connection at the
// commit says nothing about whether the application is there.
func TestCreateKeepsTheClientOfACommitOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		const intent, binding = 1, 2
		store := &troubledStore{Store: h.store, after: func(n int, err error) error {
			if n == binding {
				return errors.Join(err, portico.Errorf(portico.KindUnavailable, "The database was lost at the very end of a change."))
			}
			return err
		}}
		_, err := h.with(func(d *usecase.Deps) { d.Store = store }).Applications.Create(t.Context(), h.wish("Trips", h.dcr.ID))
		wantKind(t, err, portico.KindUnavailable)
		if len(h.applications(t)) != 1 {
			t.Fatal("the application was committed, but is not there")
		}
		h.reconcile(t)
		h.balanced(t)
	})
}

func TestCreateGoesOnWhenTheCallerGivesUp(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		h.idp.meanwhile(callCreate, cancel)
		_, _ = h.Applications.Create(ctx, h.wish("Trips", h.dcr.ID)) // nobody hears the answer
		if apps := h.applications(t); len(apps) != 1 || apps[0].ClientID == "" {
			t.Errorf("the applications are %+v", apps)
		}
		h.balanced(t)
	})
}

func TestCreateEndsAtTheDeadlineOfTheConversation(t *testing.T) {
	t.Parallel()
	for name, effect := range map[string]bool{"with effect": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t)
				h.idp.fail(callCreate, fault{kind: portico.IdPAmbiguous, done: effect, slow: true, detail: "timed out"})
				began := time.Now()
				_, err := h.Applications.Create(t.Context(), h.wish("Trips", h.dcr.ID))
				wantKind(t, err, portico.KindUnavailable)
				if took := time.Since(began); took != idpTimeout {
					t.Errorf("it took %s", took)
				}
				h.reconcile(t)
				h.untouched(t)
			})
		})
	}
}

func TestCreateInterruptedAtEachStep(t *testing.T) {
	t.Parallel()
	for _, step := range []string{control.StepRegisterIntent, control.StepRegisterCalled, control.StepRegisterBound} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, h *house) {
				h.interrupted(t, step, func() { _, _ = h.Applications.Create(t.Context(), h.wish("Trips", h.dcr.ID)) })
				h.reconcile(t)
				h.balanced(t)
				if got, want := len(h.applications(t)) == 1, step == control.StepRegisterBound; got != want {
					t.Errorf("the application is there: %t, want %t", got, want)
				}
			})
		})
	}
}

func TestAdopt(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		ref := h.idp.foreign("legacy")
		in := h.wish("Legacy", h.dcr.ID)
		in.DCRClientID = "legacy"
		h.idp.fail(callRead, unavailable)
		_, err := h.Applications.Create(ctx, in)
		wantKind(t, err, portico.KindUnavailable)
		app, err := h.Applications.Create(ctx, in)
		must(t, err)
		if app.ClientRef() != ref || !app.Secret.Empty() || app.Provider == nil {
			t.Errorf("adopted %+v", app)
		}
		h.balanced(t)
		in.Name = "Again"
		_, err = h.Applications.Create(ctx, in)
		wantKind(t, err, portico.KindConflict)
		in.DCRClientID = "unheard-of"
		_, err = h.Applications.Create(ctx, in)
		wantFault(t, err, "dcr_client_id", "missing_reference")
		h.balanced(t)
	})
}

// TestAdoptRefusesAClientThatIsAboutToGo: what the reconciler will remove
// cannot be given to a new application.
func TestAdoptRefusesAClientThatIsAboutToGo(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		app := h.register(t, "Trips")
		h.idp.fail(callDelete, unavailable)
		must(t, h.Applications.Delete(ctx, app.ID))
		in := h.wish("Adopter", h.dcr.ID)
		in.DCRClientID = app.ClientID
		_, err := h.Applications.Create(ctx, in)
		wantKind(t, err, portico.KindConflict)

		h.idp.fail(callCreate, lostAnswer)
		h.idp.fail(callFind, unavailable, unavailable)
		_, err = h.Applications.Create(ctx, h.wish("Lost", h.dcr.ID))
		wantKind(t, err, portico.KindUnavailable)
		for _, id := range h.idp.clientIDs() {
			in.DCRClientID = id
			_, err = h.Applications.Create(ctx, in)
			wantKind(t, err, portico.KindConflict)
		}
		h.reconcile(t)
		h.untouched(t)
	})
}

func TestUpdateChangesTheClientFirst(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		app := h.register(t, "Trips")
		h.register(t, "Taken")
		rename := func(name string) control.ApplicationChange {
			return control.ApplicationChange{Name: portico.Some(name)}
		}
		h.idp.fail(callUpdate, unavailable)
		_, err := h.Applications.Update(ctx, app.ID, rename("Journeys"))
		wantKind(t, err, portico.KindUnavailable)
		now, err := h.Applications.ByID(ctx, h.portal.ID, app.ID)
		must(t, err)
		if now.Name != "Trips" || h.idp.specOf(app.ClientID).Name != "Trips" {
			t.Errorf("the application is called %s", now.Name)
		}
		calls := h.journal.since(func() {
			_, err = h.Applications.Update(ctx, app.ID, rename("Taken"))
			wantKind(t, err, portico.KindConflict)
			_, err = h.Applications.Update(ctx, app.ID, control.ApplicationChange{ClientID: portico.Some("mine")})
			wantFault(t, err, "client_id", "invalid")
			_, err = h.Applications.Update(ctx, app.ID, control.ApplicationChange{Owner: portico.Some(control.Owner{Developer: portico.DeveloperID("nobody")})})
			wantFault(t, err, "owner.id", "missing_reference")
		})
		if len(calls) > 0 {
			t.Errorf("refused changes did %v", calls)
		}
		calls = h.journal.since(func() { now, err = h.Applications.Update(ctx, app.ID, rename("Journeys")); must(t, err) })
		if now.Name != "Journeys" || h.idp.specOf(app.ClientID).Name != "Journeys" || !slices.Equal(calls, []string{"idp update", "flush"}) {
			t.Errorf("renamed to %s by %v", now.Name, calls)
		}
		heir := h.newDeveloper(t, "heir@dev.example")
		_, err = h.Applications.Update(ctx, app.ID, control.ApplicationChange{Owner: portico.Some(control.Owner{Developer: heir.ID})})
		must(t, err)
		_, err = h.Applications.Usable(ctx, h.developer, app.ID)
		wantKind(t, err, portico.KindNotFound)
		_, err = h.Applications.Usable(ctx, heir, app.ID)
		must(t, err)
		h.idp.vanish(app.ClientID)
		_, err = h.Applications.Update(ctx, app.ID, rename("Gone"))
		wantKind(t, err, portico.KindConflict)
	})
}
