package compile_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"portico"
	"portico/compile"
	"portico/control"
	"portico/developers"
	"portico/keyring"
	"portico/routing"
	"portico/secret"
	"portico/snapshot"
	"portico/sqlstore"
	"portico/usecase"
)

// world is a store that the use cases fill, with a portal, a developer, a
// control plane, and a strategy of each kind.
type world struct {
	*control.Control
	compile.Source
	ctx       context.Context
	clock     *clock
	portal    portico.Portal
	developer portico.Developer
	plane     portico.ControlPlane
	keys      control.StrategyView
	oidc      control.StrategyView
}

// clock goes on a little whenever it is read, so that no two entities are of
// the same age.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Millisecond)
	return c.now
}

// noOutside is the outside of use cases that need none.
type noOutside struct{}

func (noOutside) Flush(context.Context) error                 { return nil }
func (noOutside) Send(context.Context, portico.Message) error { return nil }
func (noOutside) Offers(portico.ProviderType) bool            { return true }

func (noOutside) IdP(portico.Provider, secret.Text) (portico.IdP, error) {
	return nil, &portico.IdPError{Kind: portico.IdPUnavailable, Detail: "there is none"}
}

// failer is what *testing.T and *rapid.T have in common.
type failer interface {
	Helper()
	Fatal(args ...any)
}

func must(t failer, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// openWorld makes a world at a path; end closes it.
func openWorld(ctx context.Context, t failer, dir string, ring *keyring.Ring) (w *world, end func()) {
	t.Helper()
	w = &world{ctx: ctx, clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}}
	store, err := sqlstore.Open(ctx, sqlstore.Config{DSN: "sqlite:" + filepath.Join(dir, "portico.db"), Now: w.clock.Now})
	must(t, err)
	w.Source = compile.Source{Store: store}
	w.Control = control.New(usecase.Deps{
		Store: store, Sealer: ring, IdPs: noOutside{}, Mailer: noOutside{}, Flusher: noOutside{}, Logger: slog.New(slog.DiscardHandler),
		Now: w.clock.Now, Checkpoint: func(string) {}, IdPTimeout: time.Second,
		PortalDomain: "localhost", PortalURL: func(domain string) string { return "https://" + domain },
	})
	w.plane, err = w.Gateways.EnsureDefault(ctx)
	must(t, err)
	w.keys, err = w.Strategies.Create(ctx, control.NewStrategy{Name: "keys", DisplayName: "Keys", KeyAuth: &portico.KeyAuthConfig{}})
	must(t, err)
	w.oidc = w.strategy(t, nil, nil)
	w.portal, err = w.Portals.Create(ctx, control.PortalFields{Name: portico.Some("Airline"), DefaultStrategyID: portico.Some(w.keys.ID)})
	must(t, err)
	w.developer = w.newDeveloper(t, w.portal.ID, "dora@dev.example")
	return w, func() { must(t, store.Close()) }
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w, end := openWorld(t.Context(), t, t.TempDir(), newRing(t))
	t.Cleanup(end)
	return w
}

func newRing(t *testing.T) *keyring.Ring {
	t.Helper()
	ring, _, err := keyring.Open(filepath.Join(t.TempDir(), "key.json"))
	must(t, err)
	return ring
}

func (w *world) newDeveloper(t failer, portal portico.PortalID, email string) portico.Developer {
	t.Helper()
	d, err := w.Developers.Create(w.ctx, portal, developers.NewAccount{Email: email, FullName: "Dora", Status: new(portico.Approved)})
	must(t, err)
	return d
}

// strategy makes an OpenID Connect strategy with further plugin settings.
func (w *world) strategy(t failer, provider *portico.ProviderID, settings map[string]any) control.StrategyView {
	t.Helper()
	config := map[string]any{"issuer": "https://idp.example", "credential_claim": []string{"client_id"}, "scopes": []string{"a"}, "auth_methods": []string{"bearer"}}
	for name, value := range settings {
		config[name] = value
	}
	raw, err := json.Marshal(config)
	must(t, err)
	s, err := w.Strategies.Create(w.ctx, control.NewStrategy{Name: "oidc", DisplayName: "OIDC", OIDC: raw, ProviderID: provider})
	must(t, err)
	return s
}

func (w *world) api(t failer, name string) portico.APIID {
	t.Helper()
	api, err := w.APIs.Create(w.ctx, control.NewAPI{Name: name})
	must(t, err)
	return api.ID
}

func (w *world) publish(t failer, api portico.APIID, portal portico.PortalID, strategy *portico.StrategyID) {
	t.Helper()
	fields := control.PublicationFields{StrategyID: portico.Opt[portico.StrategyID]{Set: true, Null: strategy == nil}}
	if strategy != nil {
		fields.StrategyID.Value = *strategy
	}
	_, err := w.Publications.Put(w.ctx, api, portal, fields)
	must(t, err)
}

func (w *world) service(t failer, plane portico.ControlPlaneID, name string) portico.Service {
	t.Helper()
	s, err := w.Gateways.CreateService(w.ctx, plane, routing.ServiceFields{Name: portico.Some(name), URL: portico.Some("http://127.0.0.1:8080/base")})
	must(t, err)
	return s
}

func (w *world) implement(t failer, api portico.APIID, plane portico.ControlPlaneID, service *portico.ServiceID) {
	t.Helper()
	_, err := w.Implementations.Create(w.ctx, api, plane, service)
	must(t, err)
}

// full compiles everything, which a gateway must accept.
func (w *world) full(t failer) *snapshot.Snapshot {
	t.Helper()
	full, err := w.Full(w.ctx)
	must(t, err)
	must(t, full.Validate())
	return full
}

// since compiles what has changed, which a gateway must accept.
func (w *world) since(t failer, version uint64) (snapshot.Delta, bool) {
	t.Helper()
	d, ok, err := w.Since(w.ctx, version)
	must(t, err)
	if ok {
		must(t, d.Validate())
	}
	return d, ok
}
