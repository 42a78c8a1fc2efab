package control_test

import (
	"strings"
	"testing"

	"portico"
	"portico/control"
	"portico/secret"
)

// bridged makes an application whose client a bridge holds, and an API that it
// can register for.
func bridged(t *testing.T, h *house, change func(*portico.ProviderConfig)) (control.CreatedApplication, control.APIView) {
	t.Helper()
	config := portico.ProviderConfig{BaseURL: "https://bridge.example/dcr"}
	if change != nil {
		change(&config)
	}
	provider, err := h.Providers.Create(t.Context(), control.NewProvider{Name: "bridge", Type: portico.ProviderHTTP, Issuer: "https://idp.example", Config: config, Secret: secret.New(managementToken)})
	must(t, err)
	oidc := []byte(`{"issuer":"https://idp.example","credential_claim":["sub"],"scopes":["read"],"auth_methods":["client_credentials","bearer"]}`)
	strategy, err := h.Strategies.Create(t.Context(), control.NewStrategy{Name: "bridged", DisplayName: "Bridged", OIDC: oidc, ProviderID: &provider.ID})
	must(t, err)
	api := h.published(t, "Bridges", strategy.ID)
	app, err := h.Applications.Create(t.Context(), h.wish("Bridged", strategy.ID))
	must(t, err)
	return app, api
}

// TestEventsAreTold: whatever ends or begins an approved registration, and every
// change of the application, each as it stands.
func TestEventsAreTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	app, api := bridged(t, h, nil)
	expect := func(what string, kinds ...portico.ClientEventKind) {
		t.Helper()
		events := h.idp.told()
		if len(events) != len(kinds) {
			t.Fatalf("%s: told %+v", what, events)
		}
		for i, e := range events {
			if e.Kind != kinds[i] || e.Ref != app.ClientRef() || e.Spec.ApplicationID != app.ID || e.Spec.Owner.DeveloperID != h.developer.ID ||
				(e.APIID == api.ID) != (e.Kind != portico.ApplicationUpdated) {
				t.Errorf("%s: told %+v", what, e)
			}
		}
	}
	pending, err := h.Registrations.Create(ctx, app.ID, api.ID, nil)
	must(t, err)
	expect("a request")
	for _, step := range []struct {
		status portico.Status
		kinds  []portico.ClientEventKind
	}{
		{portico.Approved, []portico.ClientEventKind{portico.RegistrationAdded}}, {portico.Approved, nil},
		{portico.Revoked, []portico.ClientEventKind{portico.RegistrationRemoved}}, {portico.Rejected, nil},
		{portico.Approved, []portico.ClientEventKind{portico.RegistrationAdded}},
	} {
		_, err := h.Registrations.SetStatus(ctx, app.ID, pending.ID, step.status, "")
		must(t, err)
		expect(string(step.status), step.kinds...)
	}
	must(t, h.Registrations.Withdraw(ctx, app.ID, pending.ID))
	expect("withdrawn", portico.RegistrationRemoved)
	_, err = h.Registrations.Create(ctx, app.ID, api.ID, new(portico.Approved))
	must(t, err)
	expect("created approved", portico.RegistrationAdded)
	_, err = h.Applications.Update(ctx, app.ID, control.ApplicationChange{Name: portico.Some("Renamed")})
	must(t, err)
	if events := h.idp.told(); len(events) != 1 || events[0].Kind != portico.ApplicationUpdated || events[0].Spec.Name != "Renamed" {
		t.Errorf("renamed: told %+v", events)
	}
	_, err = h.Applications.Update(ctx, app.ID, control.ApplicationChange{Labels: portico.Some(map[string]string{"a": "b"})})
	must(t, err)
	expect("labelled")
	must(t, h.APIs.Delete(ctx, api.ID))
	expect("the API is gone", portico.RegistrationRemoved)
}

// TestEventsAreNotLost: a bridge that is away hears later how things stand then,
// and whatever else the application needs goes on meanwhile.
func TestEventsAreNotLost(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	app, api := bridged(t, h, nil)
	h.idp.fail(callNotify, unavailable, unavailable)
	registration, err := h.Registrations.Create(ctx, app.ID, api.ID, new(portico.Approved))
	must(t, err)
	_, err = h.Registrations.SetStatus(ctx, app.ID, registration.ID, portico.Revoked, "")
	must(t, err)
	if events := h.idp.told(); len(events) != 0 {
		t.Fatalf("told %+v", events)
	}
	if _, _, err := h.Credentials.Regenerate(ctx, app.ID); err != nil {
		t.Errorf("regenerating while an event waits: %v", err)
	}
	h.clock.Advance(2 * lease)
	if _, err := h.Reconciler.Once(ctx); err != nil {
		t.Fatal(err)
	}
	for _, e := range h.idp.told() {
		if e.Kind != portico.RegistrationRemoved {
			t.Errorf("told %s of what is revoked", e.Kind)
		}
	}
	// What the bridge refuses for good is not told again, nor what concerns nobody.
	h.idp.fail(callNotify, rejected, unavailable)
	_, err = h.Registrations.SetStatus(ctx, app.ID, registration.ID, portico.Approved, "")
	must(t, err)
	_, err = h.Registrations.SetStatus(ctx, app.ID, registration.ID, portico.Revoked, "")
	must(t, err)
	must(t, h.Applications.Delete(ctx, app.ID))
	h.clock.Advance(2 * lease)
	settled, err := h.Reconciler.Once(ctx)
	if err != nil || settled != 1 || len(h.idp.told()) != 0 {
		t.Errorf("settled %d, %v", settled, err)
	}
}

func TestNobodyIsToldWhoDoesNotWantToHear(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	app, api := bridged(t, h, func(c *portico.ProviderConfig) { c.DisableEventHooks = true })
	_, err := h.Registrations.Create(t.Context(), app.ID, api.ID, new(portico.Approved))
	must(t, err)
	other := h.register(t, "Elsewhere")
	_, err = h.Registrations.Create(t.Context(), other.ID, h.flights.ID, new(portico.Approved))
	must(t, err)
	if events := h.idp.told(); len(events) != 0 {
		t.Errorf("told %+v", events)
	}
}

// TestOrphanIsReported: where nobody can tell whether a client was made, an
// admin is told to look, and nothing is asked for ever.
func TestOrphanIsReported(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.idp.blind, h.idp.single = true, true
	h.idp.fail(callCreate, lostAnswer)
	if _, err := h.Applications.Create(t.Context(), h.wish("Lost", h.dcr.ID)); portico.KindOf(err) != portico.KindUnavailable {
		t.Fatal(err)
	}
	h.clock.Advance(2 * lease)
	settled, err := h.Reconciler.Once(t.Context())
	if err != nil || settled != 1 || !strings.Contains(h.logs.String(), "may hold a client that belongs to no application") {
		t.Errorf("settled %d, %v; %s", settled, err, h.logs.String())
	}
}

// TestAClientThatCannotBeFoundIsUndone: what is known of it is kept until it can
// be removed.
func TestAClientThatCannotBeFoundIsUndone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.idp.blind, h.idp.single = true, true
	h.idp.meanwhile(callCreate, func() { must(t, h.Developers.Delete(t.Context(), h.portal.ID, h.developer.ID)) })
	h.idp.fail(callDelete, unavailable)
	if _, err := h.Applications.Create(t.Context(), h.wish("Nobody's", h.dcr.ID)); err == nil {
		t.Fatal("an application of nobody was created")
	}
	if settled := h.reconcile(t); settled != 1 {
		t.Errorf("settled %d", settled)
	}
	h.untouched(t)
}
