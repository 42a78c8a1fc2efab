package gateway

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"portico/enforce"
	"portico/oauth"
	"portico/secret"
	"portico/snapshot"
	"portico/usage"
)

// benchmark measures decide with one set of headers, as often as the caches
// let it repeat.
func benchmark(b *testing.B, status int, headers func(token string) http.Header) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	if err != nil {
		b.Fatal(err)
	}
	var issuer *httptest.Server
	sign := func() string {
		text, err := jwt.Signed(signer).Claims(map[string]any{"iss": issuer.URL, "sub": "client", "exp": time.Now().Add(time.Hour).Unix()}).Serialize()
		if err != nil {
			b.Fatal(err)
		}
		return text
	}
	issuer = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/keys":
			_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Algorithm: "EdDSA"}}})
		case "/token":
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(map[string]any{"access_token": sign(), "token_type": "Bearer", "expires_in": 3600})
		default:
			_ = json.NewEncoder(w).Encode(map[string]any{"issuer": issuer.URL, "token_endpoint": issuer.URL + "/token", "jwks_uri": issuer.URL + "/keys"})
		}
	}))
	defer issuer.Close()
	logger := slog.New(slog.DiscardHandler)
	g := New(Options{Providers: oauth.NewProviders(oauth.NewHTTPClient(oauth.ClientPolicy{}), time.Now, logger), Logger: logger})
	access := []snapshot.Access{{APIID: "api", PortalID: "p", StrategyID: "o"}, {APIID: "api", PortalID: "p", StrategyID: "k"}}
	err = g.Replace(&snapshot.Snapshot{Epoch: "e", Version: 1,
		Routing: snapshot.Routing{
			Services: []snapshot.Service{{ID: "s", Protocol: "http", Host: "127.0.0.1", Port: 9, Enabled: true, Access: access}},
			Routes:   []snapshot.Route{{ID: "r", ServiceID: "s", Paths: []string{"/"}}},
			Strategies: []snapshot.Strategy{{ID: "k", Kind: snapshot.KeyAuth}, {ID: "o", Kind: snapshot.OpenIDConnect, OIDC: &snapshot.OIDC{
				Issuer: issuer.URL, AuthMethods: []string{"client_credentials", "bearer"}, CacheTokens: true, UnencodedBasic: true}}},
		},
		Applications: []snapshot.Application{
			{ID: "a", PortalID: "p", StrategyID: "o", ClientID: "client", Registrations: []string{"api"}},
			{ID: "b", PortalID: "p", StrategyID: "k", Registrations: []string{"api"}, Keys: []snapshot.Key{{ID: "1", Digest: secret.New("key").Digest()}}},
		}})
	if err != nil {
		b.Fatal(err)
	}
	state := g.state.Load()
	head := Head{Method: "GET", Host: "h", Header: headers(sign()), Source: netip.MustParseAddr("192.0.2.1")}
	m, ok := state.table.router.find(target{"GET", "h", "/", head.Header})
	if !ok {
		b.Fatal("no route")
	}
	b.ReportAllocs()
	for b.Loop() {
		if v := g.policy.decide(context.Background(), head, m.route.service.guard, state.apps); v.Status != status {
			b.Fatalf("%d %s", v.Status, v.Reason)
		}
	}
}

func BenchmarkDecideBearerCached(b *testing.B) {
	benchmark(b, 200, func(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} })
}

func BenchmarkDecideBasicCached(b *testing.B) {
	benchmark(b, 200, func(string) http.Header { return http.Header{"Authorization": {"Basic Y2xpZW50OnNlY3JldA=="}} })
}

func BenchmarkDecideKey(b *testing.B) {
	benchmark(b, 200, func(string) http.Header { return http.Header{"Apikey": {"key"}} })
}

func BenchmarkDecideRejectReplayed(b *testing.B) {
	benchmark(b, 401, func(token string) http.Header {
		return http.Header{"Authorization": {"Bearer " + token[:len(token)-4] + "AAAA"}}
	})
}

func BenchmarkDecideRejectKey(b *testing.B) {
	benchmark(b, 401, func(string) http.Header { return http.Header{"Apikey": {"guess"}} })
}

// BenchmarkCount measures what counting adds to a request.
func BenchmarkCount(b *testing.B) {
	g := New(Options{Logger: slog.New(slog.DiscardHandler), Usage: usage.NewCounter([]int64{1_000, 10_000, 100_000}, nil)})
	e := &exchange{gateway: g, match: match{route: &route{service: &service{}}}, verdict: Verdict{
		Status: 200, Reason: Allowed, Application: &snapshot.Application{ID: "application"}, APIID: "api", CredentialUse: "client#fingerprint"}}
	r := httptest.NewRequestWithContext(b.Context(), "GET", "/", nil)
	recorded := &recorder{status: 200, bytes: 1024}
	at := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		g.count(e, r, recorded, at, time.Millisecond)
	}
}

// BenchmarkPlugins measures what rules add to a request: nothing where there
// are none.
func BenchmarkPlugins(b *testing.B) {
	for name, plugins := range map[string][]snapshot.Plugin{
		"none": nil,
		"rate-limiting": {{ID: "p", ControlPlaneID: "c", PluginConfig: snapshot.PluginConfig{
			RateLimiting: &snapshot.RateLimiting{Minute: 1 << 40, LimitBy: "consumer", ErrorCode: 429}}}},
	} {
		b.Run(name, func(b *testing.B) {
			set, err := enforce.Compile(plugins)
			if err != nil {
				b.Fatal(err)
			}
			g := New(Options{Logger: slog.New(slog.DiscardHandler)})
			to := &route{service: &service{}, plugins: set.Route(enforce.Target{RouteID: "r", ServiceID: "s", ControlPlaneID: "c"})}
			e := &exchange{gateway: g, match: match{route: to}, verdict: Verdict{Application: &snapshot.Application{ID: "application"}}}
			r, w := httptest.NewRequestWithContext(b.Context(), "GET", "/", nil), httptest.NewRecorder()
			b.ReportAllocs()
			for b.Loop() {
				if e.arrive(w, r) != nil || e.admit(w, r) != nil {
					b.Fatal("refused")
				}
			}
		})
	}
}
