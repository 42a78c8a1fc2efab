package control_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"portico"
	"portico/control"
	"portico/secret"
)

// silent checks that a value, however it is shown, has no credential.
func silent(t testing.TB, what string, v any) {
	t.Helper()
	asJSON, err := json.Marshal(v)
	must(t, err)
	for _, shown := range []string{fmt.Sprintf("%v", v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v), fmt.Sprintf("%s", v), string(asJSON)} {
		if strings.Contains(shown, managementToken) {
			t.Errorf("%s shows the credential", what)
		}
	}
}

func TestProviderCredentialsAreInNoAnswer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	silent(t, "creating", h.provider)
	one, err := h.Providers.ByID(ctx, h.provider.ID)
	must(t, err)
	silent(t, "reading", one)
	all, err := h.Providers.List(ctx, portico.Everything())
	must(t, err)
	silent(t, "listing", all)
	changed, err := h.Providers.Update(ctx, h.provider.ID, control.ProviderChange{Secret: portico.Some(secret.New(managementToken))})
	must(t, err)
	silent(t, "changing", changed)
	app := h.register(t, "Trips")
	silent(t, "an application", app)
	strategy, err := h.Strategies.ByID(ctx, h.dcr.ID)
	must(t, err)
	silent(t, "a strategy", strategy)
	if strings.Contains(string(one.SealedSecret), managementToken) || string(one.SealedSecret) == string(changed.SealedSecret) {
		t.Error("the credential is not sealed, or sealed the same way twice")
	}
}

func TestProviderCredentialsOpenOnlyAtTheirPlace(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		other, err := h.Providers.Create(ctx, control.NewProvider{Name: "other", Type: portico.ProviderOkta, Issuer: "https://other.example", Secret: secret.New("another token")})
		must(t, err)
		must(t, h.store.Update(ctx, func(tx portico.Tx) error { // somebody who can write the database swaps two rows
			_, err1 := tx.Providers().Change(ctx, h.provider.ID, func(p *portico.Provider) error { p.SealedSecret = other.SealedSecret; return nil })
			_, err2 := tx.Providers().Change(ctx, other.ID, func(p *portico.Provider) error { p.SealedSecret = h.provider.SealedSecret; return nil })
			return errors.Join(err1, err2)
		}))
		for _, id := range []portico.ProviderID{h.provider.ID, other.ID} {
			result, err := h.Doctor.Verify(ctx, id)
			must(t, err)
			if len(result.Errors) != 1 {
				t.Errorf("verified as %+v", result)
			}
		}
		calls := h.journal.since(func() {
			if _, err := h.Applications.Create(ctx, h.wish("Trips", h.dcr.ID)); err == nil {
				t.Error("a credential from another row was used")
			}
		})
		if len(calls) > 0 {
			t.Errorf("did %v", calls)
		}
		h.untouched(t)
		_, err = h.Providers.Update(ctx, h.provider.ID, control.ProviderChange{Secret: portico.Some(secret.New(managementToken))})
		must(t, err)
		h.register(t, "Trips")
		h.balanced(t)
	})
}

func TestProviders(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	_, err := h.Providers.Create(ctx, control.NewProvider{Name: "none", Type: portico.ProviderOkta, Issuer: "https://x.example"})
	wantFault(t, err, "dcr_config", "required")
	kong, err := h.Providers.Create(ctx, control.NewProvider{Name: "kong", Type: portico.ProviderKongIdentity, Issuer: "https://x.example//"})
	must(t, err)
	if kong.SealedSecret != nil || kong.Issuer != "https://x.example/" || kong.Active {
		t.Errorf("created %+v", kong)
	}
	result, err := h.Doctor.Verify(ctx, h.provider.ID)
	must(t, err)
	if len(result.Errors) > 0 {
		t.Errorf("verified as %+v", result)
	}
	_, err = h.Providers.Update(ctx, h.provider.ID, control.ProviderChange{Secret: portico.Some(secret.New("of yesterday"))})
	must(t, err)
	result, err = h.Doctor.Verify(ctx, h.provider.ID)
	must(t, err)
	if len(result.Errors) != 1 || strings.Contains(result.Errors[0], "yesterday") {
		t.Errorf("verified as %+v", result)
	}
	_, err = h.Applications.Create(ctx, h.wish("Trips", h.dcr.ID))
	if e := wantKind(t, err, portico.KindUnavailable); !strings.Contains(e.Detail, "administrator") {
		t.Errorf("a developer is told %q", e.Detail)
	}
	_, err = h.Providers.Update(ctx, h.provider.ID, control.ProviderChange{Secret: portico.Some(secret.Text{})})
	wantFault(t, err, "dcr_config", "required")
	active, err := h.Providers.ByID(ctx, h.provider.ID)
	must(t, err)
	if !active.Active {
		t.Error("a provider with a published strategy is not active")
	}
	_, err = h.Doctor.Verify(ctx, "nothing")
	wantKind(t, err, portico.KindNotFound)
	_, err = h.Providers.ByID(ctx, "nothing")
	wantKind(t, err, portico.KindNotFound)
	h.untouched(t)
}

func TestProviderSecretsGoNowhereElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	bridge, err := h.Providers.Create(ctx, control.NewProvider{
		Name: "bridge", Type: portico.ProviderHTTP, Issuer: "https://idp.example", Config: portico.ProviderConfig{BaseURL: "https://bridge.example/dcr"}, Secret: secret.New("an API key"),
	})
	must(t, err)
	for _, c := range []struct {
		change control.ProviderChange
		moves  bool
	}{
		{control.ProviderChange{Issuer: portico.Some("https://thief.example")}, true},
		{control.ProviderChange{Issuer: portico.Some("http://idp.example")}, true}, // readable on its way
		{control.ProviderChange{Issuer: portico.Some("https://idp.example:8443")}, true},
		{control.ProviderChange{Issuer: portico.Some("https://IDP.example/other")}, false},
		{control.ProviderChange{Config: control.ProviderConfigChange{BaseURL: portico.Some("https://thief.example/dcr")}}, true},
		{control.ProviderChange{Config: control.ProviderConfigChange{BaseURL: portico.Some("https://bridge.example/v2")}}, false},
		{control.ProviderChange{Config: control.ProviderConfigChange{BaseURL: portico.Some("https://new.example")}, Secret: portico.Some(secret.New("a new key"))}, false},
	} {
		before, err := h.Providers.ByID(ctx, bridge.ID)
		must(t, err)
		_, err = h.Providers.Update(ctx, bridge.ID, c.change)
		if !c.moves {
			must(t, err)
			continue
		}
		wantFault(t, err, "dcr_config", "required")
		after, err := h.Providers.ByID(ctx, bridge.ID)
		must(t, err)
		if after.Issuer != before.Issuer || after.Config.BaseURL != before.Config.BaseURL {
			t.Errorf("changed to %+v", after)
		}
	}
}

// TestClientsStayInTheirWayOfRegistration: Okta's other API would not know them
// again, so the way changes only while there are none, and none on their way.
func TestClientsStayInTheirWayOfRegistration(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	mode := func(m portico.RegistrationMode) error {
		_, err := h.Providers.Update(ctx, h.provider.ID, control.ProviderChange{Name: portico.Some("to " + string(m)), Config: control.ProviderConfigChange{RegistrationMode: portico.Some(string(m))}})
		return err
	}
	must(t, mode(portico.RegistrationDCR))
	must(t, mode(portico.RegistrationApps))
	app := h.register(t, "Trips")
	refused := func() {
		t.Helper()
		wantFault(t, mode(portico.RegistrationDCR), "dcr_config.registration_mode", "invalid")
		now, err := h.Providers.ByID(ctx, h.provider.ID)
		must(t, err)
		if now.Name != "to apps" || now.Config.RegistrationMode != portico.RegistrationApps {
			t.Errorf("a refused change makes it %+v", now)
		}
	}
	refused()
	must(t, mode(portico.RegistrationApps)) // which it is
	h.idp.fail(callDelete, unavailable)
	must(t, h.Applications.Delete(ctx, app.ID))
	refused() // its client is still to be removed
	h.clock.Advance(lease)
	h.reconcile(t)
	must(t, mode(portico.RegistrationDCR))
}
