package gateway_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portico/gateway"
	"portico/secret"
	"portico/snapshot"
)

// explain asks about a request to a world's gateway.
func (w *world) explain(s *snapshot.Snapshot, q gateway.Question) gateway.Explanation {
	w.t.Helper()
	q.Now = w.clock.Now()
	if q.Host == "" {
		q.Host = "gw.example"
	}
	if !q.Source.IsValid() {
		q.Source = netip.MustParseAddr("198.51.100.7")
	}
	out, err := gateway.Explain(w.t.Context(), s, q)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func TestExplanationsNameTheCause(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world, s *snapshot.Snapshot) {
		off := service(t, "off", w.upstream)
		off.Enabled = false
		s.Routing.Services = append(s.Routing.Services, off)
		s.Routing.Services[1].Path = "/v2"
		s.Routing.Routes = append(s.Routing.Routes,
			snapshot.Route{ID: "r-off", ServiceID: "off", Paths: []string{"/off"}},
			snapshot.Route{ID: "r-all", ServiceID: "open", Paths: []string{"/"}, Hosts: []string{"*.example"}},
			snapshot.Route{ID: "r-tls", ServiceID: "open", Paths: []string{"/tls"}, Protocols: []string{"https"}, Methods: []string{"GET"}},
		)
		s.Routing.Plugins = []snapshot.Plugin{{ID: "ip", ControlPlaneID: "cp", RouteID: "r-open",
			PluginConfig: snapshot.PluginConfig{IPRestriction: &snapshot.IPRestriction{Deny: []string{"203.0.113.0/24"}}}}}
		s.Routing.Services[0].ControlPlaneID = "cp"
		s.Applications = append(s.Applications, snapshot.Application{ID: "app-none", PortalID: "portal", StrategyID: "keys"})
	})
	for name, test := range map[string]struct {
		ask    gateway.Question
		status int
		reason gateway.Reason
	}{
		"open":              {gateway.Question{Target: "/open/x?y=1"}, 200, gateway.Open},
		"wildcard host":     {gateway.Question{Target: "/nothing"}, 200, gateway.Open},
		"no route":          {gateway.Question{Target: "/nothing", Host: "other"}, 404, "no_route"},
		"disabled service":  {gateway.Question{Target: "/off", Host: "other"}, 404, "no_route"},
		"method":            {gateway.Question{Target: "/tls", Method: "POST", Host: "other"}, 404, "no_route"},
		"https only":        {gateway.Question{Target: "/tls", Host: "other"}, 426, "not_secure"},
		"https":             {gateway.Question{Target: "/tls", Host: "other", Secure: true}, 200, gateway.Open},
		"address":           {gateway.Question{Target: "/open", Host: "other", Source: netip.MustParseAddr("203.0.113.9")}, 403, "ip_restricted"},
		"no credential":     {gateway.Question{Target: "/api/orders", Host: "other"}, 401, gateway.NoCredentials},
		"unknown key":       {gateway.Question{Target: "/api/orders", Host: "other", Header: http.Header{"Apikey": {"guess"}}}, 401, gateway.BadCredentials},
		"key":               {gateway.Question{Target: "/api/orders", Host: "other", Header: http.Header{"Apikey": {apiKey}}}, 200, gateway.Allowed},
		"application":       {gateway.Question{Target: "/api/orders", Host: "other", Application: "app-oidc"}, 200, gateway.Allowed},
		"not registered":    {gateway.Question{Target: "/api/orders", Host: "other", Application: "app-none"}, 403, gateway.NotRegistered},
		"known to nobody":   {gateway.Question{Target: "/api/orders", Host: "other", Application: "app-gone"}, 401, gateway.NoCredentials},
		"other application": {gateway.Question{Target: "/api//./orders", Host: "other", Application: "app-key"}, 200, gateway.Allowed},
	} {
		if test.ask.Method == "" {
			test.ask.Method = http.MethodGet
		}
		got := w.explain(w.snapshot, test.ask)
		if got.Status != test.status || got.Reason != test.reason || (got.Upstream != nil) != (test.status == 200) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	got := w.explain(w.snapshot, gateway.Question{Method: "GET", Target: "/api/orders?apikey=x&a=1", Host: "other", Application: "app-oidc"})
	if m := got.Match; m == nil || m.Route.ID != "r-api" || m.Path != "/api" || got.Application.ID != "app-oidc" || got.APIID != "orders" || len(got.Access) != 2 ||
		got.Upstream.URL != w.upstream.URL+"/v2/orders?a=1" {
		t.Errorf("%+v, %+v", got, got.Upstream)
	}
	got = w.explain(w.snapshot, gateway.Question{Method: "GET", Target: "/open"})
	if m := got.Match; m == nil || m.Route.ID != "r-all" || m.Host != "*.example" || len(m.Over) != 1 || m.Over[0].Route.ID != "r-open" || m.Over[0].By != gateway.MoreAttributes {
		t.Errorf("%+v", got.Match)
	}
	unserved := map[string][]snapshot.Route{"cp": {{ID: "r-bare", Paths: []string{"/bare"}, Methods: []string{"PUT"}}, {ID: "r-open-bare", Paths: []string{"/open"}}}}
	for target, want := range map[string]gateway.Near{
		"/bare/x": {Route: snapshot.Route{ID: "r-bare"}, Misses: []gateway.Miss{gateway.NoService}},
		"/off":    {Route: snapshot.Route{ID: "r-off"}, Misses: []gateway.Miss{gateway.Disabled}},
		"/tls":    {Route: snapshot.Route{ID: "r-tls"}, Misses: []gateway.Miss{gateway.WrongMethod}},
	} {
		got := w.explain(w.snapshot, gateway.Question{Method: "PUT", Target: target, Host: "other", Unserved: unserved})
		if len(got.Near) == 0 || got.Near[0].Route.ID != want.Route.ID || !slices.Equal(got.Near[0].Misses, want.Misses) {
			t.Errorf("%s: %+v", target, got.Near)
		}
	}
	if got := w.explain(w.snapshot, gateway.Question{Method: "GET", Target: "/open", Host: "other", Unserved: unserved}); got.Match == nil || got.Match.Route.ID != "r-open" || len(got.Near)+len(got.Match.Over) > 0 {
		t.Errorf("a route without a service counts: %+v", got)
	}
}

// TestExplanationsAreWhatHappens holds explanations against the answers of a
// gateway that serves the same configuration.
func TestExplanationsAreWhatHappens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.auth.issue(clientID)
	rapid.Check(t, func(t *rapid.T) {
		s := randomConfiguration(t, w)
		if err := w.gateway.Replace(s); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			q := gateway.Question{
				Method: rapid.SampledFrom([]string{"GET", "POST", "HEAD", "OPTIONS"}).Draw(t, "method"),
				Host:   rapid.SampledFrom([]string{"a.example", "b.example:8443", "other"}).Draw(t, "host"),
				Target: rapid.SampledFrom([]string{"/", "/a", "/a/b", "/a/b/7", "/a/%62/../b", "/c?x=1", "/v1/c"}).Draw(t, "target"),
				Header: http.Header{},
				Source: netip.MustParseAddr(rapid.SampledFrom([]string{"198.51.100.7", "203.0.113.9"}).Draw(t, "source")),
				Secure: rapid.Bool().Draw(t, "secure"), Now: w.clock.Now(),
			}
			for _, name := range []string{"X-Tenant", "Origin"} {
				if rapid.Bool().Draw(t, name) {
					q.Header.Set(name, "https://one.example")
				}
			}
			r := httptest.NewRequestWithContext(t.Context(), q.Method, q.Target, nil)
			r.Host, r.Header, r.RemoteAddr = q.Host, q.Header.Clone(), netip.AddrPortFrom(q.Source, 1234).String()
			if q.Secure {
				r.TLS = &tls.ConnectionState{}
			}
			switch rapid.IntRange(0, 3).Draw(t, "credential") {
			case 1:
				q.Application = "app-key"
				r.Header.Set("apikey", apiKey)
			case 2:
				q.Application = "app-oidc"
				r.Header.Set("Authorization", bearer(token))
			case 3:
				r.Header.Set("apikey", "guess")
				q.Header.Set("apikey", "guess")
			}
			want, err := gateway.Explain(t.Context(), s, q)
			if err != nil {
				t.Fatal(err)
			}
			recorded := httptest.NewRecorder()
			w.gateway.ServeHTTP(recorded, r)
			got := answer{recorded.Result(), recorded.Body.String()}
			passed := recorded.Header().Get("X-Upstream-Path") != ""
			if got.StatusCode != want.Status || passed != (want.Upstream != nil) {
				t.Fatalf("%+v is answered %d %s, explained as %d %s", q, got.StatusCode, got.body, want.Status, want.Reason)
			}
			if passed && "http://"+recorded.Header().Get("X-Upstream-Host")+recorded.Header().Get("X-Upstream-Path") != want.Upstream.URL {
				t.Fatalf("%+v goes to %s, explained as %s", q, recorded.Header().Get("X-Upstream-Path"), want.Upstream.URL)
			}
			if (want.Match == nil) != (want.Reason == "no_route") || (len(want.Near) > 0) != (want.Match == nil && len(s.Routing.Routes) > 0) {
				t.Fatalf("%+v: %+v", q, want)
			}
			for _, n := range want.Near {
				if len(n.Misses) == 0 {
					t.Fatalf("route %s takes %+v, but is said only to come near", n.Route.ID, q)
				}
			}
		}
	})
}

// randomConfiguration has few routes and services that get into each other's way.
func randomConfiguration(t *rapid.T, w *world) *snapshot.Snapshot {
	some := func(label string, from ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, 2, rapid.ID).Draw(t, label)
	}
	s := &snapshot.Snapshot{Epoch: "e1", Version: 1, Routing: snapshot.Routing{Strategies: w.snapshot.Routing.Strategies}}
	s.Applications = []snapshot.Application{
		{ID: "app-oidc", PortalID: "portal", StrategyID: "oidc", ClientID: clientID, Registrations: some("registered", "orders", "bundle", "plain")},
		{ID: "app-key", PortalID: rapid.SampledFrom([]string{"portal", "elsewhere"}).Draw(t, "portal"), StrategyID: "keys", Registrations: some("registered", "orders", "bundle"),
			Keys: []snapshot.Key{{ID: "key-1", Digest: secret.New(apiKey).Digest()}}},
	}
	access := func() []snapshot.Access {
		var out []snapshot.Access
		for _, api := range some("apis", "orders", "bundle") {
			for _, strategy := range some("strategies", "oidc", "keys") {
				out = append(out, snapshot.Access{APIID: api, PortalID: "portal", StrategyID: strategy})
			}
		}
		return out
	}
	for _, id := range []string{"s1", "s2"} {
		made := service(w.t, id, w.echo())
		made.ControlPlaneID, made.Enabled, made.Access, made.ByOperation = "cp", rapid.IntRange(0, 4).Draw(t, "enabled") > 0, access(), rapid.Bool().Draw(t, "by operation")
		made.Path = rapid.SampledFrom([]string{"", "/base"}).Draw(t, "base")
		s.Routing.Services = append(s.Routing.Services, made)
	}
	for i, id := range []string{"r1", "r2", "r3", "r4"}[:rapid.IntRange(0, 4).Draw(t, "routes")] {
		r := snapshot.Route{
			ID: id, ServiceID: rapid.SampledFrom([]string{"s1", "s2"}).Draw(t, "service"), Methods: some("methods", "GET", "POST"), Hosts: some("hosts", "a.example", "*.example"),
			Paths: some("paths", "/", "/a", "/a/b", "~/v[0-9]/c$", "/c"), Protocols: some("protocols", "http", "https"), StripPath: rapid.Bool().Draw(t, "strip"),
			CreatedAt: time.Unix(int64(i), 0),
		}
		if rapid.Bool().Draw(t, "headers") {
			r.Headers = map[string][]string{"x-tenant": {"https://one.example"}}
		}
		if len(r.Methods)+len(r.Hosts)+len(r.Paths)+len(r.Headers) == 0 {
			r.Paths = []string{"/"}
		}
		s.Routing.Routes = append(s.Routing.Routes, r)
	}
	for i, template := range some("operations", "/a/b", "/a/{x}", "/c") {
		if by := access(); len(by) > 0 {
			s.Routing.Operations = append(s.Routing.Operations, snapshot.Operation{ID: "o" + string(rune('1'+i)), ControlPlaneID: "cp", Method: "GET", Template: template, Access: by})
		}
	}
	for _, kind := range some("plugins", "ip", "end", "cors") {
		p := snapshot.Plugin{ID: kind, ControlPlaneID: "cp"}
		switch kind {
		case "ip":
			p.IPRestriction = &snapshot.IPRestriction{Deny: []string{"203.0.113.0/24"}}
		case "end":
			p.ServiceID, p.RequestTermination = "s1", &snapshot.RequestTermination{StatusCode: 503, Message: "closed"}
		case "cors":
			p.CORS = &snapshot.CORS{Origins: []string{"*"}}
		}
		s.Routing.Plugins = append(s.Routing.Plugins, p)
	}
	return s
}

// echo is an upstream that says in headers, which a response to HEAD has too,
// what it was asked.
func (w *world) echo() *httptest.Server {
	if w.echoing == nil {
		w.echoing = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("X-Upstream-Path", r.URL.RequestURI())
			rw.Header().Set("X-Upstream-Host", r.Host)
		}))
		w.t.Cleanup(w.echoing.Close)
	}
	return w.echoing
}
