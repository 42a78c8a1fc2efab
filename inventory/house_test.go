package inventory_test

import (
	"os"
	"testing"
	"time"

	"portico"
	"portico/control"
	"portico/developers"
	"portico/idptest"
	"portico/inventory"
	"portico/secret"
	"portico/storetest"
	"portico/usecase"
	"portico/usecase/usecasetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// house is every use case on a real store, with a portal, a developer, and an
// identity provider in memory.
type house struct {
	*control.Control
	t     testing.TB
	deps  usecase.Deps
	store portico.Store
	clock *idptest.Clock
	idp   *fakeIdP

	organization portico.OrganizationID
	portal       portico.Portal
	developer    portico.Developer
	provider     control.ProviderView
	strategy     control.StrategyView
}

func newHouse(t testing.TB) *house {
	t.Helper()
	return newHouseOn(t, usecasetest.SQLite(t))
}

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	usecasetest.OnBoth(t, func(t *testing.T, dsn string) { test(t, newHouseOn(t, dsn)) })
}

func newHouseOn(t testing.TB, dsn string) *house {
	t.Helper()
	h := &house{t: t, clock: idptest.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))}
	h.idp = newFakeIdP(h.clock.Now)
	h.deps = usecasetest.Deps(t, dsn, h.clock.Now)
	h.deps.IdPs, h.store = h.idp, h.deps.Store
	h.Control = control.New(h.deps)
	h.furnish()
	return h
}

func (h *house) furnish() {
	h.t.Helper()
	ctx := h.t.Context()
	now := h.clock.Now()
	h.organization = portico.OrganizationID(portico.NewID(now))
	must(h.t, h.store.Update(ctx, func(tx portico.Tx) error {
		return tx.Organizations().Insert(ctx, portico.Organization{ID: h.organization, Name: "Airline", CreatedAt: now, UpdatedAt: now})
	}))
	var err error
	h.provider, err = h.Providers.Create(ctx, control.NewProvider{Name: "okta", Type: portico.ProviderOkta, Issuer: "https://idp.example/oauth2/default", Secret: secret.New("management-token")})
	must(h.t, err)
	oidc := []byte(`{"issuer":"https://idp.example/oauth2/default","credential_claim":["client_id"],"scopes":["flights:read"],"auth_methods":["client_credentials","bearer"]}`)
	h.strategy, err = h.Strategies.Create(ctx, control.NewStrategy{Name: "dcr", DisplayName: "DCR", OIDC: oidc, ProviderID: &h.provider.ID})
	must(h.t, err)
	h.portal, err = h.Portals.Create(ctx, control.PortalFields{Name: portico.Some("Airline"), DefaultStrategyID: portico.Some(h.strategy.ID)})
	must(h.t, err)
	h.developer, err = h.Developers.Create(ctx, h.portal.ID, developers.NewAccount{Email: "dora@dev.example", FullName: "Dora Dev", Status: new(portico.Approved)})
	must(h.t, err)
}

func (h *house) wish(name string) control.NewApplication {
	return control.NewApplication{PortalID: h.portal.ID, DeveloperID: h.developer.ID, Name: name}
}

func (h *house) register(name string) portico.Application {
	h.t.Helper()
	app, err := h.Applications.Create(h.t.Context(), h.wish(name))
	must(h.t, err)
	return app.Application
}

func (h *house) application(id portico.ApplicationID) portico.Application {
	h.t.Helper()
	app, err := h.Applications.ByID(h.t.Context(), "", id)
	must(h.t, err)
	return app.Application
}

// take makes the inventory.
func (h *house) take() inventory.View {
	h.t.Helper()
	v, err := h.Inventories.Take(h.t.Context(), h.provider.ID)
	must(h.t, err)
	return v
}

// act does one thing about a finding, which must go well.
func (h *house) act(f portico.Finding, action portico.FindingAction) inventory.View {
	h.t.Helper()
	ctx := portico.WithEvent(h.t.Context(), portico.Event{Action: "reconcile-dcr-provider", Principal: portico.Principal{Kind: portico.PrincipalUser, ID: "u", Name: "Ada"}})
	outcomes, v, err := h.Inventories.Act(ctx, h.provider.ID, []inventory.Wish{{FindingID: f.ID, Action: action}})
	must(h.t, err)
	if outcomes[0].Status != inventory.Done {
		h.t.Fatalf("%s: %+v", action, outcomes)
	}
	return v
}

// orphan is a client that this organization registered for nobody.
func (h *house) orphan(id string) portico.ClientState {
	return portico.ClientState{
		Ref: portico.ClientRef{ClientID: id, ExternalID: "object-" + id}, Name: "Left behind", GrantTypes: []string{"client_credentials"}, Enabled: true,
		ApplicationID: portico.ApplicationID(portico.NewRandomID()), OrganizationID: h.organization,
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
