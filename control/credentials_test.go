package control_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"portico"
	"portico/control"
	"portico/secret"
)

// works checks which secrets the identity provider takes from a client.
func (h *house) works(t testing.TB, clientID string, want ...secret.Text) {
	t.Helper()
	got := h.idp.secretsOf(clientID)
	var values []string
	for _, s := range want {
		values = append(values, s.Reveal())
	}
	slices.Sort(got)
	slices.Sort(values)
	if !slices.Equal(got, values) {
		t.Errorf("%d secrets work, want exactly the %d that were shown and kept", len(got), len(values))
	}
}

// generation of an application's credentials.
func (h *house) generation(t testing.TB, id portico.ApplicationID) int64 {
	t.Helper()
	app, err := h.Applications.ByID(t.Context(), "", id)
	must(t, err)
	return app.Generation
}

func (h *house) credentials(t testing.TB, id portico.ApplicationID) []control.Credential {
	t.Helper()
	page, err := h.Credentials.List(t.Context(), id, portico.Everything())
	must(t, err)
	if page.Total != len(page.Items) {
		t.Errorf("total %d of %d", page.Total, len(page.Items))
	}
	return page.Items
}

func TestClientSecretsOverlapAndGo(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		app := h.register(t, "Trips")
		first := h.credentials(t, app.ID)
		if len(first) != 1 || first[0].Type != control.ClientSecret || first[0].Status != "active" || first[0].ClientID != app.ClientID || first[0].CreatedAt == nil {
			t.Fatalf("the credentials are %+v", first)
		}
		_, err := h.Credentials.Create(ctx, app.ID, "with a name")
		wantFault(t, err, "display_name", "invalid")
		second, err := h.Credentials.Create(ctx, app.ID, "")
		must(t, err)
		if second.Value.Empty() || second.ClientID != app.ClientID || second.Type != control.ClientSecret {
			t.Errorf("issued %+v", second)
		}
		h.works(t, app.ClientID, app.Secret, second.Value)
		_, err = h.Credentials.Create(ctx, app.ID, "")
		wantKind(t, err, portico.KindForbidden)
		_, _, err = h.Credentials.Regenerate(ctx, app.ID)
		wantKind(t, err, portico.KindConflict)
		wantKind(t, h.Credentials.Delete(ctx, app.ID, "unheard-of"), portico.KindNotFound)
		page, err := h.Credentials.List(ctx, app.ID, portico.ListQuery{Size: 1, Number: 2})
		must(t, err)
		if page.Total != 2 || len(page.Items) != 1 || page.Items[0].ID != second.ID {
			t.Errorf("the second page is %+v", page)
		}

		before := h.generation(t, app.ID)
		calls := h.journal.since(func() { must(t, h.Credentials.Delete(ctx, app.ID, first[0].ID)) })
		if calls[len(calls)-1] != "flush" {
			t.Errorf("revoking did %v", calls)
		}
		h.works(t, app.ClientID, second.Value)
		if h.generation(t, app.ID) <= before {
			t.Error("the gateways are not told to forget the revoked secret")
		}
		wantKind(t, h.Credentials.Delete(ctx, app.ID, second.ID), portico.KindConflict)
		h.works(t, app.ClientID, second.Value)
		h.balanced(t)
	})
}

func TestRegenerateLeavesExactlyOne(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		app := h.register(t, "Trips")
		before := h.generation(t, app.ID)
		clientID, value, err := h.Credentials.Regenerate(t.Context(), app.ID)
		must(t, err)
		if clientID != app.ClientID || value.Equal(app.Secret) {
			t.Errorf("regenerated for %s", clientID)
		}
		h.works(t, app.ClientID, value)
		if h.generation(t, app.ID) <= before {
			t.Error("the gateways are not told to forget the old secret")
		}
		h.balanced(t)
	})
}

func TestTheLastSecretThatWorksStays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	app := h.register(t, "Trips")
	second, err := h.Credentials.Create(t.Context(), app.ID, "")
	must(t, err)
	h.idp.deactivate(app.ClientID, 0) // by an admin of the identity provider
	listed := h.credentials(t, app.ID)
	if listed[0].Status != "revoked" {
		t.Errorf("the switched off secret is %s", listed[0].Status)
	}
	wantKind(t, h.Credentials.Delete(t.Context(), app.ID, second.ID), portico.KindConflict)
	h.works(t, app.ClientID, second.Value)
	must(t, h.Credentials.Delete(t.Context(), app.ID, listed[0].ID))
	h.works(t, app.ClientID, second.Value)
	h.balanced(t)
}

func TestSecretsWhenTheIdentityProviderFails(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		app := h.register(t, "Trips")
		add := func() error { _, err := h.Credentials.Create(ctx, app.ID, ""); return err }
		regenerate := func() error { _, _, err := h.Credentials.Regenerate(ctx, app.ID); return err }
		list := func() error { _, err := h.Credentials.List(ctx, app.ID, portico.Everything()); return err }
		for _, test := range []struct {
			name  string
			call  string
			fault fault
			run   func() error
			kind  portico.Kind
		}{
			{"add, not listed", callSecrets, unavailable, add, portico.KindUnavailable},
			{"add, denied", callAdd, denied, add, portico.KindUnavailable},
			{"add, rejected", callAdd, rejected, add, portico.KindInvalid},
			{"add, unavailable", callAdd, unavailable, add, portico.KindUnavailable},
			{"regenerate, not listed", callSecrets, unavailable, regenerate, portico.KindUnavailable},
			{"regenerate, unavailable", callAdd, unavailable, regenerate, portico.KindUnavailable},
			{"list", callSecrets, unavailable, list, portico.KindUnavailable},
		} {
			h.idp.fail(test.call, test.fault)
			if err := test.run(); err == nil || portico.KindOf(err) != test.kind {
				t.Errorf("%s: %v", test.name, err)
			}
			h.works(t, app.ClientID, app.Secret)
			h.balanced(t)
		}
		h.idp.vanish(app.ClientID)
		for _, run := range []func() error{add, regenerate, list} {
			wantKind(t, run(), portico.KindConflict)
		}
		if open := h.tasks(t); len(open) > 0 {
			t.Errorf("intents are open: %+v", open)
		}
	})
}

func TestASecretThatNobodySawGoes(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		for name, run := range map[string]func(portico.ApplicationID) error{
			"add": func(id portico.ApplicationID) error { _, err := h.Credentials.Create(t.Context(), id, ""); return err },
			"regenerate": func(id portico.ApplicationID) error {
				_, _, err := h.Credentials.Regenerate(t.Context(), id)
				return err
			},
		} {
			app := h.register(t, name)
			h.idp.fail(callAdd, lostAnswer)
			wantKind(t, run(app.ID), portico.KindUnavailable)
			wantKind(t, run(app.ID), portico.KindConflict) // not before the first is settled
			if n := len(h.idp.secretsOf(app.ClientID)); n != 2 {
				t.Errorf("%s: %d secrets, want the one that nobody saw beside the first", name, n)
			}
			h.reconcile(t)
			h.works(t, app.ClientID, app.Secret)
			must(t, run(app.ID))
		}
		h.balanced(t)
	})
}

func TestRevocationIsFinishedLater(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		app := h.register(t, "Trips")
		second, err := h.Credentials.Create(t.Context(), app.ID, "")
		must(t, err)
		h.idp.fail(callRevoke, unavailable)
		wantKind(t, h.Credentials.Delete(t.Context(), app.ID, h.credentials(t, app.ID)[0].ID), portico.KindUnavailable)
		before := h.generation(t, app.ID)
		h.reconcile(t)
		h.works(t, app.ClientID, second.Value)
		if h.generation(t, app.ID) <= before {
			t.Error("the gateways are not told to forget the revoked secret")
		}

		h.idp.fail(callRevoke, unavailable)
		_, value, err := h.Credentials.Regenerate(t.Context(), app.ID)
		must(t, err) // the new one works, and has to be shown
		h.works(t, app.ClientID, second.Value, value)
		h.reconcile(t)
		h.works(t, app.ClientID, value)
		h.balanced(t)
	})
}

// TestRotationsInterruptedAtEachStep: whatever a use case was doing when the
// program ended, after reconciling the client has exactly the secrets to keep.
func TestRotationsInterruptedAtEachStep(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		steps []string
		run   func(h *house, t *testing.T, app control.CreatedApplication)
		new   []string // the steps from which on the new secret is the one to keep
	}{
		{"add", []string{control.StepRotateIntent, control.StepRotateAdded},
			func(h *house, t *testing.T, app control.CreatedApplication) {
				_, _ = h.Credentials.Create(t.Context(), app.ID, "")
			}, nil},
		{"regenerate", []string{control.StepRotateIntent, control.StepRotateAdded, control.StepRotateSwitched, control.StepRotateRevoked, control.StepRotateDone},
			func(h *house, t *testing.T, app control.CreatedApplication) {
				_, _, _ = h.Credentials.Regenerate(t.Context(), app.ID)
			}, []string{control.StepRotateSwitched, control.StepRotateRevoked, control.StepRotateDone}},
	} {
		for _, step := range test.steps {
			t.Run(test.name+" at "+step, func(t *testing.T) {
				t.Parallel()
				onBoth(t, func(t *testing.T, h *house) {
					app := h.register(t, "Trips")
					before := h.generation(t, app.ID)
					h.interrupted(t, step, func() { test.run(h, t, app) })
					h.reconcile(t)
					if slices.Contains(test.new, step) {
						got := h.idp.secretsOf(app.ClientID)
						if len(got) != 1 || got[0] == app.Secret.Reveal() {
							t.Errorf("%d secrets work, want only the new one", len(got))
						}
					} else {
						h.works(t, app.ClientID, app.Secret)
					}
					if h.generation(t, app.ID) <= before {
						t.Error("the generation has not grown")
					}
					h.balanced(t)
					if _, _, err := h.Credentials.Regenerate(t.Context(), app.ID); err != nil {
						t.Errorf("afterwards: %v", err)
					}
				})
			})
		}
	}
	t.Run("revoke", func(t *testing.T) {
		t.Parallel()
		onBoth(t, func(t *testing.T, h *house) {
			app := h.register(t, "Trips")
			second, err := h.Credentials.Create(t.Context(), app.ID, "")
			must(t, err)
			first, before := h.credentials(t, app.ID)[0].ID, h.generation(t, app.ID)
			h.interrupted(t, control.StepRotateRevoked, func() { _ = h.Credentials.Delete(t.Context(), app.ID, first) })
			h.reconcile(t)
			h.works(t, app.ClientID, second.Value)
			if h.generation(t, app.ID) <= before {
				t.Error("the generation has not grown")
			}
			h.balanced(t)
		})
	})
	t.Run("listing", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		app := h.register(t, "Trips")
		h.idp.meanwhile(callSecrets, func() { panic(stop{callSecrets}) })
		h.interrupted(t, callSecrets, func() { _, _, _ = h.Credentials.Regenerate(t.Context(), app.ID) })
		h.reconcile(t)
		h.works(t, app.ClientID, app.Secret)
		h.balanced(t)
	})
}

// TestOneRotationAtATime: while one change is under way, at any of its calls,
// another is refused, and nobody's secret gets lost.
func TestOneRotationAtATime(t *testing.T) {
	t.Parallel()
	for _, call := range []string{callSecrets, callAdd, callRevoke} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, h *house) {
				app := h.register(t, "Trips")
				h.idp.meanwhile(call, func() {
					_, err := h.Credentials.Create(t.Context(), app.ID, "")
					wantKind(t, err, portico.KindConflict)
					_, _, err = h.Credentials.Regenerate(t.Context(), app.ID)
					wantKind(t, err, portico.KindConflict)
				})
				_, value, err := h.Credentials.Regenerate(t.Context(), app.ID)
				must(t, err)
				h.works(t, app.ClientID, value)
				h.balanced(t)
			})
		})
	}
	t.Run("both secrets revoked at once", func(t *testing.T) {
		t.Parallel()
		onBoth(t, func(t *testing.T, h *house) {
			app := h.register(t, "Trips")
			second, err := h.Credentials.Create(t.Context(), app.ID, "")
			must(t, err)
			first := h.credentials(t, app.ID)[0].ID
			h.idp.meanwhile(callSecrets, func() {
				wantKind(t, h.Credentials.Delete(t.Context(), app.ID, second.ID), portico.KindConflict)
			})
			must(t, h.Credentials.Delete(t.Context(), app.ID, first))
			h.works(t, app.ClientID, second.Value)
			h.balanced(t)
		})
	})
	t.Run("many at once", func(t *testing.T) {
		t.Parallel()
		onBoth(t, func(t *testing.T, h *house) {
			app := h.register(t, "Trips")
			errs, shown := make([]error, 6), make([]secret.Text, 6)
			var group sync.WaitGroup
			for i := range errs {
				group.Go(func() { _, shown[i], errs[i] = h.Credentials.Regenerate(t.Context(), app.ID) })
			}
			group.Wait()
			working := h.idp.secretsOf(app.ClientID)
			kept := 0
			for i, err := range errs {
				if err != nil {
					wantKind(t, err, portico.KindConflict)
				} else if slices.Contains(working, shown[i].Reveal()) {
					kept++
				}
			}
			if len(working) != 1 || kept != 1 {
				t.Errorf("%d secrets work, %d of them were shown", len(working), kept)
			}
			h.balanced(t)
		})
	})
}

func TestSelfManagedCredentialsAreElsewhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	in := h.wish("Own", h.self.ID)
	in.ClientID = "my-own-client"
	app, err := h.Applications.Create(ctx, in)
	must(t, err)
	if held := h.credentials(t, app.ID); len(held) > 0 {
		t.Errorf("there are credentials: %+v", held)
	}
	_, err = h.Credentials.Create(ctx, app.ID, "")
	wantKind(t, err, portico.KindConflict)
	wantKind(t, h.Credentials.Delete(ctx, app.ID, "any"), portico.KindConflict)
	_, _, err = h.Credentials.Regenerate(ctx, app.ID)
	wantKind(t, err, portico.KindConflict)
	_, err = h.Credentials.Rename(ctx, app.ID, "any", "name")
	wantFault(t, err, "display_name", "invalid")
	_, err = h.Credentials.GrantedScopes(ctx, app.ID)
	wantKind(t, err, portico.KindUnprocessable)
	before := h.generation(t, app.ID)
	_, err = h.Applications.Update(ctx, app.ID, control.ApplicationChange{ClientID: portico.Some("another")})
	must(t, err)
	if h.generation(t, app.ID) <= before {
		t.Error("the gateways are not told to forget the old client")
	}
	h.idpUnasked(t)
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		app, err := h.Applications.Create(ctx, h.wish("Keys", h.keys.ID))
		must(t, err)
		var first control.IssuedCredential
		for n := range portico.MaxAPIKeysPerApplication {
			calls := h.journal.since(func() {
				issued, err := h.Credentials.Create(ctx, app.ID, "key")
				must(t, err)
				if n == 0 {
					first = issued
				}
			})
			if !slices.Equal(calls, []string{"flush"}) {
				t.Fatalf("creating a key did %v", calls)
			}
		}
		if first.Type != control.APIKey || first.Status != "active" || first.ExpiresAt != nil || first.DisplayName != "key" || len(first.Value.Reveal()) < 40 {
			t.Errorf("issued %+v", first)
		}
		more, err := h.Credentials.Create(ctx, app.ID, "one too many")
		wantKind(t, err, portico.KindForbidden)
		if !more.Value.Empty() || more.ID != "" {
			t.Error("a refused key was shown")
		}
		renamed, err := h.Credentials.Rename(ctx, app.ID, first.ID, "production")
		must(t, err)
		other, err := h.Applications.Create(ctx, h.wish("Other", h.keys.ID))
		must(t, err)
		_, err = h.Credentials.Rename(ctx, other.ID, first.ID, "stolen")
		wantKind(t, err, portico.KindNotFound)
		wantKind(t, h.Credentials.Delete(ctx, other.ID, first.ID), portico.KindNotFound)
		wantKind(t, h.Credentials.Delete(ctx, app.ID, "unheard-of"), portico.KindNotFound)
		held := h.credentials(t, app.ID)
		isRenamed := func(c control.Credential) bool { return c.ID == first.ID && c.DisplayName == "production" }
		if renamed.DisplayName != "production" || len(held) != portico.MaxAPIKeysPerApplication || !slices.ContainsFunc(held, isRenamed) {
			t.Errorf("renamed to %+v", renamed)
		}
		must(t, h.Credentials.Delete(ctx, app.ID, first.ID))
		wantKind(t, h.Credentials.Delete(ctx, app.ID, first.ID), portico.KindNotFound)
		if n := len(h.credentials(t, app.ID)); n != portico.MaxAPIKeysPerApplication-1 {
			t.Errorf("%d keys are left", n)
		}
		_, _, err = h.Credentials.Regenerate(ctx, app.ID)
		wantKind(t, err, portico.KindConflict)
	})
}

func TestAPIKeysExpire(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	_, err := h.Strategies.Update(ctx, h.keys.ID, control.StrategyChange{TTL: portico.Some(portico.TTL{Value: 2, Unit: "weeks"})})
	must(t, err)
	app, err := h.Applications.Create(ctx, h.wish("Keys", h.keys.ID))
	must(t, err)
	key, err := h.Credentials.Create(ctx, app.ID, "")
	must(t, err)
	end := h.clock.Now().AddDate(0, 0, 14)
	if key.ExpiresAt == nil || !key.ExpiresAt.Equal(end) {
		t.Fatalf("it expires at %v, want %v", key.ExpiresAt, end)
	}
	h.clock.Advance(end.Sub(h.clock.Now()) - time.Microsecond)
	if status := h.credentials(t, app.ID)[0].Status; status != "active" {
		t.Errorf("just before the end it is %s", status)
	}
	h.clock.Advance(time.Microsecond)
	if status := h.credentials(t, app.ID)[0].Status; status != "expired" {
		t.Errorf("at the end it is %s", status)
	}
}
