package setup_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/admins"
	"portico/idp"
	"portico/idp/bridge"
	"portico/idp/okta"
	"portico/keyring"
	"portico/ledger"
	"portico/localas/localastest"
	"portico/oauth"
	"portico/secret"
	"portico/setup"
	"portico/sqlstore"
	"portico/usecase"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// house is a store with a DCR provider, at an authorization server that has
// nothing of its own yet.
type house struct {
	setup.SetUp
	as       *localastest.Instance
	server   string // path of the authorization server in Okta's API
	provider portico.Provider
}

func open(t *testing.T) *house {
	t.Helper()
	as := localastest.Start(t)
	issuer := as.AddAuthorizationServer("orders", "api://orders")
	now := func() time.Time { return time.Date(2026, 11, 2, 14, 32, 0, 0, time.UTC) }
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: "sqlite:" + filepath.Join(t.TempDir(), "portico.db"), Now: now})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	ring, _, err := keyring.Open(filepath.Join(t.TempDir(), "key.json"))
	must(t, err)
	signer, err := ledger.Open(t.Context(), store, ring)
	must(t, err)
	store.Sign(signer)
	client := oauth.NewHTTPClient(oauth.ClientPolicy{Timeout: 30 * time.Second})
	d := usecase.Deps{Store: store, Sealer: ring, Now: now, Logger: slog.New(slog.DiscardHandler), Checkpoint: func(string) {}, IdPTimeout: 30 * time.Second,
		IdPs: idp.NewAdapters(map[portico.ProviderType]idp.Constructor{
			portico.ProviderOkta: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
				return okta.New(idp.Settings{Provider: p, Credential: credential, HTTP: client, Now: now, Wait: func(context.Context, time.Duration) error { return nil }})
			},
			portico.ProviderHTTP: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
				return bridge.New(idp.Settings{Provider: p, Credential: credential, HTTP: client, Now: now})
			},
		})}
	_, err = admins.Accounts{Deps: d}.Bootstrap(t.Context(), admins.Founding{Organization: "Acme", Email: "ada@acme.example", NoToken: true})
	must(t, err)
	h := &house{SetUp: setup.SetUp{Deps: d}, as: as, server: "/api/v1/authorizationServers" + issuer[strings.LastIndexByte(issuer, '/'):]}
	h.provider = h.add(t, portico.Provider{Name: "Okta", Type: portico.ProviderOkta, Issuer: issuer}, as.Token)
	return h
}

func (h *house) add(t *testing.T, p portico.Provider, credential secret.Text) portico.Provider {
	t.Helper()
	p.ID = portico.ProviderID(h.NewID())
	var err error
	p.SealedSecret, err = h.Sealer.Seal(credential, p.SecretPlace())
	must(t, err)
	must(t, h.Store.Update(t.Context(), func(tx portico.Tx) error { return tx.Providers().Insert(t.Context(), p) }))
	return p
}

func (h *house) strategy(t *testing.T, name, issuer string, claim []string, scopes ...string) {
	t.Helper()
	s := portico.Strategy{ID: portico.StrategyID(h.NewID()), Name: name, DisplayName: name, Type: portico.StrategyOpenIDConnect, ProviderID: &h.provider.ID,
		OIDC: &portico.OIDCConfig{Issuer: issuer, CredentialClaim: claim, Scopes: scopes, AuthMethods: []string{"bearer"}}}
	raw, err := json.Marshal(map[string]any{"issuer": issuer, "credential_claim": claim, "scopes": scopes, "auth_methods": s.OIDC.AuthMethods})
	must(t, err)
	s.OIDC.Raw = raw
	must(t, h.Store.Update(t.Context(), func(tx portico.Tx) error { return tx.Strategies().Insert(t.Context(), s) }))
}

func names(steps []portico.SetUpStep) string {
	var out []string
	for _, s := range steps {
		out = append(out, s.Kind+" "+s.Name)
	}
	return strings.Join(out, ", ")
}

// refused checks that an error is of a kind and that its detail says so.
func refused(t *testing.T, err error, kind portico.Kind, says ...string) {
	t.Helper()
	if portico.KindOf(err) != kind {
		t.Errorf("%v is of kind %v", err, portico.KindOf(err))
		return
	}
	for _, words := range says {
		if !strings.Contains(err.(*portico.Error).Detail, words) {
			t.Errorf("%q does not say %q", err.(*portico.Error).Detail, words)
		}
	}
}

// TestEveryStrategyGetsWhatItNeeds: of all strategies with the provider's
// issuer, each thing once; interrupted, it goes on where it stopped.
func TestEveryStrategyGetsWhatItNeeds(t *testing.T) {
	t.Parallel()
	h := open(t)
	_, err := h.Plan(t.Context(), h.provider.ID)
	refused(t, err, portico.KindConflict, "No auth strategy uses this provider", h.provider.Issuer)
	h.strategy(t, "elsewhere", h.as.Issuer, []string{"elsewhere"}, "elsewhere")
	_, err = h.Apply(t.Context(), h.provider.ID)
	refused(t, err, portico.KindConflict, "No auth strategy uses this provider")
	h.strategy(t, "orders", h.provider.Issuer, []string{"client_id"}, "openid", "orders.read")
	h.strategy(t, "partners", h.provider.Issuer+"/", []string{"partner_id"}, "orders.read", "orders.write")
	const all = "scope orders.read, scope orders.write, claim client_id, claim partner_id, policy Developer portal, rule Client credentials"
	for range 2 {
		if steps, err := h.Plan(t.Context(), h.provider.ID); err != nil || names(steps) != all {
			t.Fatalf("plan %s, %v", names(steps), err)
		}
	}

	h.as.Fail(h.server+"/claims", http.StatusForbidden, 1)
	_, err = h.Plan(t.Context(), h.provider.ID)
	refused(t, err, portico.KindConflict, "API Access Management", "Nothing was changed.")
	h.as.DropResponsesTo(http.MethodPost, h.server+"/claims", 1)
	done, err := h.Apply(t.Context(), h.provider.ID)
	refused(t, err, portico.KindUnavailable, "not known", "scope orders.read, scope orders.write", "set it up again")
	if names(done) != "scope orders.read, scope orders.write" {
		t.Errorf("done before: %s", names(done))
	}
	if done, err = h.Apply(t.Context(), h.provider.ID); err != nil || names(done) != "claim partner_id, policy Developer portal, rule Client credentials" {
		t.Errorf("done after: %s, %v", names(done), err)
	}
	if done, err = h.Apply(t.Context(), h.provider.ID); err != nil || len(done) != 0 {
		t.Errorf("done once more: %s, %v", names(done), err)
	}
	h.audited(t)
}

// audited holds that the log tells what was made, and of the two times that
// something was.
func (h *house) audited(t *testing.T) {
	t.Helper()
	must(t, h.Store.View(t.Context(), func(tx portico.Tx) error {
		entries, err := tx.AuditEntries(t.Context(), portico.AuditQuery{Size: 10, OldestFirst: true, Filters: []portico.Filter{portico.Where("resource_name", "Okta")}})
		var told []string
		for _, e := range entries {
			if !strings.HasSuffix(e.Resource, "/"+string(h.provider.ID)) {
				t.Errorf("an entry is about %s", e.Resource)
			}
			for _, c := range e.Changes {
				if c.Entity != "DCR provider" {
					told = append(told, string(c.Action)+" "+c.Entity+" "+c.Name)
				}
			}
		}
		want := "created scope orders.read, created scope orders.write, created claim partner_id, created policy Developer portal, created rule Client credentials"
		if got := strings.Join(told, ", "); got != want {
			t.Errorf("the log tells %s", got)
		}
		return err
	}))
}

func TestWhatCannotBeSetUp(t *testing.T) {
	t.Parallel()
	h := open(t)
	_, err := h.Plan(t.Context(), portico.ProviderID(h.NewID()))
	refused(t, err, portico.KindNotFound)
	for name, p := range map[string]portico.Provider{
		"another type":       {Name: "Bridge", Type: portico.ProviderHTTP, Issuer: h.provider.Issuer, Config: portico.ProviderConfig{BaseURL: "https://bridge.example"}},
		"a type not offered": {Name: "Auth0", Type: portico.ProviderAuth0, Issuer: h.provider.Issuer},
	} {
		p = h.add(t, p, secret.New("of no matter"))
		if h.Offers(p) {
			t.Errorf("%s is offered", name)
		}
		_, err := h.Apply(t.Context(), p.ID)
		refused(t, err, portico.KindConflict, "cannot set up authorization servers")
	}
	if !h.Offers(h.provider) {
		t.Error("Okta is not offered")
	}
	h.strategy(t, "reserved", h.provider.Issuer, []string{"ver"}, "orders.read")
	done, err := h.Apply(t.Context(), h.provider.ID)
	refused(t, err, portico.KindConflict, "Okta keeps the claim ver for itself", "Nothing was changed.")
	if len(done) != 0 {
		t.Errorf("done: %s", names(done))
	}
	h.as.Fail("/api/v1/", http.StatusServiceUnavailable, 100)
	_, err = h.Plan(t.Context(), h.provider.ID)
	refused(t, err, portico.KindUnavailable, "does not answer as it should")
}
