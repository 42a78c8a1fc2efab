package compile_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"portico"
	"portico/control"
	"portico/routing"
	"portico/secret"
	"portico/snapshot"
)

func TestStrategies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	provider, err := w.Providers.Create(w.ctx, control.NewProvider{Name: "okta", Type: portico.ProviderOkta, Issuer: "https://idp.example", Secret: secret.New("a management token")})
	must(t, err)
	basic := func(change func(*snapshot.OIDC)) *snapshot.OIDC {
		o := &snapshot.OIDC{Issuer: "https://idp.example", CredentialClaim: []string{"client_id"}, Scopes: []string{"a"}, AuthMethods: []string{"bearer"},
			CacheTokens: true, HideCredentials: true, UnencodedBasic: true, Leeway: 30 * time.Second}
		change(o)
		return o
	}
	for name, test := range map[string]struct {
		provider *portico.ProviderID
		settings map[string]any
		want     *snapshot.OIDC
	}{
		"defaults":            {nil, nil, basic(func(*snapshot.OIDC) {})},
		"dialect":             {&provider.ID, nil, basic(func(o *snapshot.OIDC) { o.Dialect = "okta" })},
		"no leeway":           {nil, map[string]any{"leeway": 0}, basic(func(o *snapshot.OIDC) { o.Leeway = 0 })},
		"leeway":              {nil, map[string]any{"leeway": 120}, basic(func(o *snapshot.OIDC) { o.Leeway = 2 * time.Minute })},
		"credentials pass":    {nil, map[string]any{"hide_credentials": false}, basic(func(o *snapshot.OIDC) { o.HideCredentials = false })},
		"credentials hidden":  {nil, map[string]any{"hide_credentials": true}, basic(func(*snapshot.OIDC) {})},
		"no cache":            {nil, map[string]any{"cache_tokens": false}, basic(func(o *snapshot.OIDC) { o.CacheTokens = false })},
		"usual header":        {nil, map[string]any{"upstream_access_token_header": "Authorization:Bearer"}, basic(func(*snapshot.OIDC) {})},
		"header":              {nil, map[string]any{"upstream_access_token_header": "x-token"}, basic(func(o *snapshot.OIDC) { o.UpstreamTokenHeader = "x-token" })},
		"audience and scopes": {nil, map[string]any{"audience_required": []string{"api"}, "scopes_required": []string{"a b"}}, basic(func(o *snapshot.OIDC) { o.Audiences, o.ScopesRequired = []string{"api"}, []string{"a b"} })},
		"token args":          {nil, map[string]any{"token_post_args_names": []string{"audience", "x"}, "token_post_args_values": []string{"https://api", "y"}}, basic(func(o *snapshot.OIDC) { o.TokenArgs = map[string]string{"audience": "https://api", "x": "y"} })},
		"what we do not know": {nil, map[string]any{"anonymous": "x", "cache_ttl": 5}, basic(func(*snapshot.OIDC) {})},
	} {
		made := w.strategy(t, test.provider, test.settings)
		if got := strategyIn(w.full(t), made.ID); got.Kind != snapshot.OpenIDConnect || !reflect.DeepEqual(got.OIDC, test.want) {
			t.Errorf("%s: compiled %+v, want %+v", name, got.OIDC, test.want)
		}
	}
	if got := strategyIn(w.full(t), w.keys.ID); got.Kind != snapshot.KeyAuth || !reflect.DeepEqual(got.KeyNames, []string{"apikey"}) || got.OIDC != nil {
		t.Errorf("compiled %+v", got)
	}
	_, err = w.Strategies.Update(w.ctx, w.keys.ID, control.StrategyChange{KeyNames: portico.Some([]string{"x-key", "key"})})
	must(t, err)
	if got := strategyIn(w.full(t), w.keys.ID); !reflect.DeepEqual(got.KeyNames, []string{"x-key", "key"}) {
		t.Errorf("compiled %+v", got)
	}
}

func strategyIn(s *snapshot.Snapshot, id portico.StrategyID) snapshot.Strategy {
	for _, one := range s.Routing.Strategies {
		if one.ID == string(id) {
			return one
		}
	}
	return snapshot.Strategy{}
}

// access is who may call a service; ok is false when it was not compiled.
func access(s *snapshot.Snapshot, id portico.ServiceID) (who []snapshot.Access, ok bool) {
	for _, one := range s.Routing.Services {
		if one.ID == string(id) {
			return one.Access, true
		}
	}
	return nil, false
}

func TestWhoMayCallAService(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second, err := w.Portals.Create(w.ctx, control.PortalFields{Name: portico.Some("Second")})
	must(t, err)
	service := w.service(t, w.plane.ID, "flights")
	api := w.api(t, "Flights")
	entry := func(portal portico.PortalID, strategy portico.StrategyID) snapshot.Access {
		return snapshot.Access{APIID: string(api), PortalID: string(portal), StrategyID: string(strategy)}
	}
	expect := func(when string, want ...snapshot.Access) {
		t.Helper()
		if got, ok := access(w.full(t), service.ID); !ok || len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", when, got, want)
		}
	}
	expect("of no API")
	w.publish(t, api, w.portal.ID, &w.keys.ID)
	expect("published, but not linked")
	w.implement(t, api, w.plane.ID, &service.ID)
	expect("linked", entry(w.portal.ID, w.keys.ID))
	w.publish(t, api, second.ID, &w.oidc.ID)
	expect("published twice", entry(w.portal.ID, w.keys.ID), entry(second.ID, w.oidc.ID))
	w.publish(t, api, w.portal.ID, nil)
	expect("once without a strategy", entry(second.ID, w.oidc.ID))
	must(t, w.Publications.Delete(w.ctx, api, second.ID))
	expect("only without a strategy")
	w.publish(t, api, w.portal.ID, &w.oidc.ID)
	must(t, w.APIs.Delete(w.ctx, api))
	expect("without its API")
}

// TestAControlPlaneGuardsWhatNoAPIGuards: an API that is linked to a whole
// control plane guards all its services, but for those that others guard.
func TestAControlPlaneGuardsWhatNoAPIGuards(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	elsewhere, err := w.Gateways.CreateControlPlane(w.ctx, routing.ControlPlaneFields{Name: portico.Some("elsewhere")})
	must(t, err)
	claimed, unclaimed, foreign := w.service(t, w.plane.ID, "claimed"), w.service(t, w.plane.ID, "unclaimed"), w.service(t, elsewhere.ID, "foreign")
	whole, own := w.api(t, "Whole"), w.api(t, "Own")
	w.publish(t, whole, w.portal.ID, &w.keys.ID)
	w.publish(t, own, w.portal.ID, &w.oidc.ID)
	w.implement(t, whole, w.plane.ID, nil)
	w.implement(t, own, w.plane.ID, &claimed.ID)
	expect := func(when string, service portico.Service, want ...snapshot.Access) {
		t.Helper()
		if got, ok := access(w.full(t), service.ID); !ok || !slices.Equal(got, want) {
			t.Errorf("%s: %s lets in %+v, want %+v", when, *service.Name, got, want)
		}
	}
	byWhole := snapshot.Access{APIID: string(whole), PortalID: string(w.portal.ID), StrategyID: string(w.keys.ID)}
	byOwn := snapshot.Access{APIID: string(own), PortalID: string(w.portal.ID), StrategyID: string(w.oidc.ID)}
	expect("at first", claimed, byOwn)
	expect("at first", unclaimed, byWhole)
	expect("at first", foreign)
	w.publish(t, own, w.portal.ID, nil)
	expect("without a strategy", claimed, byWhole)
	must(t, w.Publications.Delete(w.ctx, own, w.portal.ID))
	expect("taken back", claimed, byWhole)
	must(t, w.Publications.Delete(w.ctx, whole, w.portal.ID))
	expect("both taken back", claimed)
	expect("both taken back", unclaimed)
}

func TestServicesAndRoutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.service(t, w.plane.ID, "flights")
	_, err := w.Gateways.UpdateService(w.ctx, w.plane.ID, "flights", routing.ServiceFields{
		Enabled: portico.Some(false), ConnectTimeout: portico.Some(1500), ReadTimeout: portico.Some(2500), WriteTimeout: portico.Some(3500), Retries: portico.Some(2),
	})
	must(t, err)
	route, err := w.Gateways.CreateRoute(w.ctx, w.plane.ID, routing.RouteFields{
		Name: portico.Some("all"), Service: portico.Some("flights"), Paths: portico.Some([]string{"/flights", "~/v[0-9]+$"}), Methods: portico.Some([]string{"GET"}),
		Hosts: portico.Some([]string{"api.example"}), Headers: portico.Some(map[string][]string{"x-a": {"b"}}), StripPath: portico.Some(false), PreserveHost: portico.Some(true), RegexPriority: portico.Some(7),
	})
	must(t, err)
	_, err = w.Gateways.CreateRoute(w.ctx, w.plane.ID, routing.RouteFields{Name: portico.Some("nowhere"), Paths: portico.Some([]string{"/x"})})
	must(t, err)
	full := w.full(t)
	wantService := snapshot.Service{ID: string(made.ID), Name: "flights", ControlPlaneID: string(w.plane.ID), Protocol: "http", Host: "127.0.0.1", Port: 8080, Path: "/base",
		ConnectTimeout: 1500 * time.Millisecond, ReadTimeout: 2500 * time.Millisecond, WriteTimeout: 3500 * time.Millisecond, Retries: 2}
	wantRoute := snapshot.Route{ID: string(route.ID), Name: "all", ServiceID: string(made.ID), Protocols: []string{"http", "https"}, Methods: []string{"GET"}, Hosts: []string{"api.example"},
		Paths: []string{"/flights", "~/v[0-9]+$"}, Headers: map[string][]string{"x-a": {"b"}}, PreserveHost: true, RegexPriority: 7, CreatedAt: full.Routing.Routes[0].CreatedAt}
	if !reflect.DeepEqual(full.Routing.Services, []snapshot.Service{wantService}) {
		t.Errorf("compiled %+v, want %+v", full.Routing.Services, wantService)
	}
	if !reflect.DeepEqual(full.Routing.Routes, []snapshot.Route{wantRoute}) || !wantRoute.CreatedAt.Equal(route.CreatedAt) {
		t.Errorf("compiled %+v, want %+v", full.Routing.Routes, wantRoute)
	}
}

func TestApplications(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.Strategies.Update(w.ctx, w.keys.ID, control.StrategyChange{TTL: portico.Some(portico.TTL{Value: 1, Unit: "years"})})
	must(t, err)
	api, pending := w.api(t, "Flights"), w.api(t, "Seats")
	w.publish(t, api, w.portal.ID, &w.keys.ID)
	w.publish(t, pending, w.portal.ID, &w.keys.ID)
	app, err := w.Applications.Create(w.ctx, control.NewApplication{PortalID: w.portal.ID, DeveloperID: w.developer.ID, Name: "Trips"})
	must(t, err)
	key, err := w.Credentials.Create(w.ctx, app.ID, "")
	must(t, err)
	for id, status := range map[portico.APIID]portico.Status{api: portico.Approved, pending: portico.Pending} {
		_, err = w.Registrations.Create(w.ctx, app.ID, id, &status)
		must(t, err)
	}
	want := []snapshot.Application{{
		ID: string(app.ID), Name: "Trips", PortalID: string(w.portal.ID), StrategyID: string(w.keys.ID), Registrations: []string{string(api)}, Generation: 1,
		Keys: []snapshot.Key{{ID: key.ID, Digest: key.Value.Digest(), ExpiresAt: *key.ExpiresAt}},
	}}
	got := w.full(t).Applications
	if len(got) != 1 || len(got[0].Keys) != 1 || !got[0].Keys[0].ExpiresAt.Equal(*key.ExpiresAt) {
		t.Fatalf("compiled %+v", got)
	}
	want[0].Keys[0].ExpiresAt = got[0].Keys[0].ExpiresAt
	if !reflect.DeepEqual(got, want) {
		t.Errorf("compiled %+v, want %+v", got, want)
	}
}

// TestManyTouchedApplications: more than a database takes in one query.
func TestManyTouchedApplications(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const many = 2300
	version := w.full(t).Version
	var ids []portico.ApplicationID
	must(t, w.Store.Update(w.ctx, func(tx portico.Tx) error {
		for i := range many {
			now := w.clock.Now()
			app := portico.Application{ID: portico.ApplicationID(portico.NewID(now)), PortalID: w.portal.ID, DeveloperID: w.developer.ID, StrategyID: w.keys.ID,
				Name: fmt.Sprint(i), Generation: 1, CreatedAt: now, UpdatedAt: now}
			if err := tx.Applications().Insert(w.ctx, app); err != nil {
				return err
			}
			ids = append(ids, app.ID)
		}
		return nil
	}))
	m := model{}
	m.replace(&snapshot.Snapshot{Version: version})
	d, ok := w.since(t, version)
	if !ok || len(d.Upserted) != many || len(d.Removed) > 0 || d.Routing != nil {
		t.Fatalf("%t: %d changed, %d removed", ok, len(d.Upserted), len(d.Removed))
	}
	m.apply(d)
	must(t, w.Store.Update(w.ctx, func(tx portico.Tx) error {
		for _, id := range ids[:1200] {
			if err := tx.Applications().Delete(w.ctx, id); err != nil {
				return err
			}
		}
		for _, id := range ids[1200:] {
			if _, err := tx.Applications().Change(w.ctx, id, func(a *portico.Application) error {
				a.Generation++
				a.Scopes, a.FormerClients = []string{"a"}, []portico.ClientRef{{ClientID: "before"}}
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	}))
	d, ok = w.since(t, m.version)
	if !ok || len(d.Upserted) != many-1200 || len(d.Removed) != 1200 {
		t.Fatalf("%t: %d changed, %d removed", ok, len(d.Upserted), len(d.Removed))
	}
	for _, a := range d.Upserted {
		if !slices.Equal(a.Scopes, []string{"a"}) || !slices.Equal(a.FormerClients, []string{"before"}) {
			t.Fatalf("upserted %+v", a)
		}
	}
	m.apply(d)
	if full := w.full(t); !reflect.DeepEqual(m.applications, byID(full.Applications)) || m.version != full.Version {
		t.Error("following led elsewhere than a full copy")
	}
}

func TestSinceSaysWhenTheLogDoesNotReachBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.full(t)
	if d, ok := w.since(t, before.Version); !ok || d.From != before.Version || d.To != before.Version || d.Routing != nil || d.Upserted != nil || d.Removed != nil || d.Epoch != before.Epoch {
		t.Errorf("nothing has changed: %t %+v", ok, d)
	}
	w.service(t, w.plane.ID, "one")
	must(t, w.Store.Update(w.ctx, func(tx portico.Tx) error { return tx.TrimChanges(w.ctx, 0) }))
	for _, version := range []uint64{before.Version, w.full(t).Version + 1} {
		if _, ok := w.since(t, version); ok {
			t.Errorf("the log reaches back to %d", version)
		}
	}
}
