package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/secret"
	"portico/snapshot"
)

func (w *world) wantStatus(what string, want int, headers ...string) answer {
	w.t.Helper()
	got := w.do("GET", "/api", headers...)
	if got.StatusCode != want {
		w.t.Errorf("%s: %d %s, want %d", what, got.StatusCode, got.body, want)
	}
	return got
}

func (w *world) wantExchanges(what string, want int64) {
	w.t.Helper()
	if got := w.auth.exchanges.Load(); got != want {
		w.t.Errorf("%s: %d exchanges, want %d", what, got, want)
	}
}

func TestRevocationActsAtTheNextRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	apps := w.snapshot.Applications
	token := bearer(w.auth.issue(clientID))
	callers := map[string][]string{
		"basic": {"Authorization", basic(clientID, clientSecret)}, "bearer": {"Authorization", token}, "key": {"apikey", apiKey},
	}
	all := func(what string, want int) {
		t.Helper()
		for name, headers := range callers {
			w.wantStatus(what+": "+name, want, headers...)
		}
	}
	all("registered", 200)
	unregistered := []snapshot.Application{apps[0], apps[1]}
	for i := range unregistered {
		unregistered[i].Registrations = nil
	}
	w.apply(snapshot.Delta{Upserted: unregistered})
	all("unregistered", 403)
	w.apply(snapshot.Delta{Upserted: apps})
	all("registered again", 200)
	w.apply(snapshot.Delta{Removed: []string{apps[0].ID, apps[1].ID}})
	all("deleted", 401)
	w.wantExchanges("at the end", 1)
}

// While many callers are served, every change acts at the next request, and no
// caller ever sees a state in between.
func TestChangesUnderLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.wantStatus("token obtained", 200, "Authorization", basic(clientID, clientSecret))
	stop := make(chan struct{})
	var callers sync.WaitGroup
	for _, headers := range [][]string{{"apikey", apiKey}, {"Authorization", basic(clientID, clientSecret)}, {"Authorization", bearer(w.auth.issue(clientID))}} {
		callers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if got := w.do("GET", "/api", headers...); got.StatusCode != 200 && got.StatusCode != 403 {
					t.Errorf("%s: %d %s", headers[0], got.StatusCode, got.body)
					return
				}
			}
		})
	}
	for i := range 50 {
		apps := w.config().Applications
		want := 200
		if i%2 == 0 {
			apps[0].Registrations, apps[1].Registrations, want = nil, nil, 403
		}
		d := snapshot.Delta{Upserted: apps}
		if i%5 == 0 {
			routing := w.config().Routing
			d.Routing = &routing
		}
		if i%7 == 0 {
			full := w.config()
			full.Version, full.Applications = uint64(1000+i), apps
			if err := w.gateway.Replace(full); err != nil {
				t.Error(err)
			}
		} else {
			w.apply(d)
		}
		w.wantStatus("key right after the change", want, "apikey", apiKey)
		w.wantStatus("basic right after the change", want, "Authorization", basic(clientID, clientSecret))
	}
	close(stop)
	callers.Wait()
	w.wantExchanges("throughout", 1)
}

func TestKeyRevocationAndExpiry(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	app := w.snapshot.Applications[1]
	app.Keys = []snapshot.Key{{ID: "key-2", Digest: secret.New("second").Digest(), ExpiresAt: w.clock.Now().Add(time.Minute)}}
	w.apply(snapshot.Delta{Upserted: []snapshot.Application{app}})
	w.wantStatus("revoked key", 401, "apikey", apiKey)
	w.wantStatus("new key", 200, "apikey", "second")
	w.clock.Advance(time.Minute)
	w.wantStatus("expired key", 401, "apikey", "second")
}

func TestGenerationDropsCachedTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	credentials := []string{"Authorization", basic(clientID, clientSecret)}
	first := w.wantStatus("first", 200, credentials...).upstream(t)
	second := w.wantStatus("second", 200, credentials...).upstream(t)
	if first.Header.Get("Authorization") != second.Header.Get("Authorization") {
		t.Error("the token is not kept")
	}
	w.wantExchanges("kept", 1)
	w.auth.addClient(clientID, "rotated")
	app := w.snapshot.Applications[0]
	app.Generation++
	w.apply(snapshot.Delta{Upserted: []snapshot.Application{app}})
	w.wantStatus("old secret after rotation", 401, credentials...)
	w.wantStatus("new secret", 200, "Authorization", basic(clientID, "rotated"))
	w.wantExchanges("after rotation", 3)
}

func TestWithoutTokenCacheEveryRequestExchanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ *world, s *snapshot.Snapshot) { oidc(s).CacheTokens = false })
	for range 3 {
		w.wantStatus("basic", 200, "Authorization", basic(clientID, clientSecret))
	}
	w.wantExchanges("uncached", 3)
}

func TestCallersShareOneExchange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	gate := make(chan struct{})
	w.auth.gate.Store(&gate)
	var callers sync.WaitGroup
	for range 100 {
		callers.Go(func() { w.wantStatus("caller", 200, "Authorization", basic(clientID, clientSecret)) })
	}
	for w.auth.exchanges.Load() == 0 {
		runtime.Gosched() // until the first caller's exchange waits at the gate
	}
	close(gate)
	callers.Wait()
	w.wantExchanges("100 callers", 1)
}

func TestACallerWhoLeavesDoesNotTakeTheExchangeAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	gate := make(chan struct{})
	w.auth.gate.Store(&gate)
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.front.URL+"/api", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", basic(clientID, clientSecret))
	left := make(chan error)
	go func() {
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err == nil {
			resp.Body.Close()
		}
		left <- err
	}()
	for w.auth.exchanges.Load() == 0 {
		runtime.Gosched() // until the exchange waits at the gate
	}
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want context.Canceled", err)
	}
	close(gate)
	w.wantStatus("who comes after", 200, "Authorization", basic(clientID, clientSecret))
	w.wantExchanges("both callers", 1)
}

func TestProviderAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.auth.addClient("other", "x")
	other := snapshot.Application{ID: "other", PortalID: "portal", StrategyID: "oidc", ClientID: "other", Registrations: []string{"orders"}}
	w.apply(snapshot.Delta{Upserted: []snapshot.Application{other}})
	w.wantStatus("before", 200, "Authorization", basic(clientID, clientSecret))
	w.auth.down.Store(true)
	w.wantStatus("cached", 200, "Authorization", basic(clientID, clientSecret))
	got := w.wantStatus("new", 503, "Authorization", basic("other", "x"))
	if got.Header.Get("Retry-After") == "" || strings.Contains(got.body, "Unauthorized") {
		t.Errorf("new caller: Retry-After %q, %s", got.Header.Get("Retry-After"), got.body)
	}
	w.wantStatus("bearer with keys at hand", 200, "Authorization", bearer(w.auth.issue(clientID)))
	w.wantStatus("key", 200, "apikey", apiKey)
	w.auth.down.Store(false)
	w.clock.Advance(time.Hour) // past every pause of the circuit
	w.wantStatus("back", 200, "Authorization", basic("other", "x"))
}

func TestProviderNeverReached(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.auth.issue(clientID)
	w.auth.down.Store(true)
	w.wantStatus("bearer", 503, "Authorization", bearer(token))
	w.wantStatus("basic", 503, "Authorization", basic(clientID, clientSecret))
	w.wantStatus("unknown client needs no provider", 401, "Authorization", basic("nobody", "x"))
}

func TestWrongSecretIsRememberedShortly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	wrong := []string{"Authorization", basic(clientID, "early")}
	for range 5 {
		w.wantStatus("wrong", 401, wrong...)
	}
	w.wantExchanges("remembered", 1)
	w.auth.addClient(clientID, "early")
	w.clock.Advance(10 * time.Second)
	w.wantStatus("it has become the secret", 200, wrong...)
}

func TestDenialIsRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	denied := "access_denied"
	w.auth.answer.Store(&denied)
	for range 5 {
		w.wantStatus("denied", 403, "Authorization", basic(clientID, clientSecret))
	}
	w.wantExchanges("remembered", 1)
	if !strings.Contains(w.log.String(), "access_denied") {
		t.Error("the administrator is not told")
	}
	w.auth.answer.Store(nil)
	w.clock.Advance(30 * time.Second)
	w.wantStatus("allowed now", 200, "Authorization", basic(clientID, clientSecret))
}

func TestGuessingIsSlowedDown(t *testing.T) {
	t.Parallel()
	for name, client := range map[string]string{"known client": clientID, "unknown client": "nobody"} {
		w := newWorld(t, nil)
		w.wantStatus("right secret", 200, "Authorization", basic(clientID, clientSecret))
		w.wantExchanges(name, 1)
		for i := range 10 {
			w.wantStatus(name, 401, "Authorization", basic(client, strings.Repeat("g", i+1)))
		}
		got := w.wantStatus(name+" after ten", 429, "Authorization", basic(client, "another"))
		if got.Header.Get("Retry-After") != "60" {
			t.Errorf("%s: Retry-After %q, want 60", name, got.Header.Get("Retry-After"))
		}
		w.wantStatus(name+": the cached caller goes on", 200, "Authorization", basic(clientID, clientSecret))
		w.wantStatus(name+": keys go on", 200, "apikey", apiKey)
		w.clock.Advance(time.Minute)
		w.wantStatus(name+" after a minute", 401, "Authorization", basic(client, "another"))
	}
}

func TestGuessingDoesNotLockTheOwnerOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.wantStatus("owner", 200, "Authorization", basic(clientID, clientSecret))
	w.clock.Advance(time.Hour) // the token is gone
	for i := range 10 {
		w.wantStatus("guess", 401, "Authorization", basic(clientID, strings.Repeat("g", i+1)))
	}
	w.wantStatus("eleventh guess", 429, "Authorization", basic(clientID, "another"))
	w.wantStatus("owner", 200, "Authorization", basic(clientID, clientSecret))
	// A secret that was good once is held up like any other when it no longer is.
	w.clock.Advance(time.Hour)
	w.auth.addClient(clientID, "rotated at the provider")
	for i := range 9 {
		w.wantStatus("guess", 401, "Authorization", basic(clientID, strings.Repeat("g", i+1)))
	}
	w.wantStatus("former secret", 401, "Authorization", basic(clientID, clientSecret))
	w.clock.Advance(10 * time.Second)
	w.wantStatus("former secret again", 429, "Authorization", basic(clientID, clientSecret))
}

func TestForgedTokensAreSlowedDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	good := bearer(w.auth.issue(clientID))
	w.wantStatus("good", 200, "Authorization", good)
	signature := w.auth.issue(clientID)
	signature = signature[strings.LastIndexByte(signature, '.'):]
	forge := func() string {
		token := w.auth.issue(clientID)
		return bearer(token[:strings.LastIndexByte(token, '.')] + signature)
	}
	forged := forge()
	for range 100 { // remembered as bad: it costs nothing and counts once
		w.wantStatus("one forgery", 401, "Authorization", forged)
	}
	for range 29 {
		w.wantStatus("forgery", 401, "Authorization", forge())
	}
	w.wantStatus("31st forgery", 429, "Authorization", forge())
	w.wantStatus("verified before", 200, "Authorization", good)
}

func TestTokenCacheEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.wantStatus("first", 200, "Authorization", basic(clientID, clientSecret))
	w.clock.Advance(4 * time.Minute)
	w.wantStatus("within five minutes", 200, "Authorization", basic(clientID, clientSecret))
	w.wantExchanges("within five minutes", 1)
	w.clock.Advance(time.Minute)
	w.wantStatus("after five minutes", 200, "Authorization", basic(clientID, clientSecret))
	w.wantExchanges("after five minutes", 2)
	token := bearer(w.auth.sign(w.auth.signer, clientID, time.Minute, nil))
	w.wantStatus("bearer", 200, "Authorization", token)
	w.clock.Advance(90 * time.Second) // its minute, and the leeway
	w.wantStatus("bearer expired in the cache", 401, "Authorization", token)
}

func TestEarlyRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	credentials := []string{"Authorization", basic(clientID, clientSecret)}
	first := w.wantStatus("first", 200, credentials...).upstream(t).Header.Get("Authorization")
	w.clock.Advance(260 * time.Second) // 87 % of five minutes
	gate := make(chan struct{})
	w.auth.gate.Store(&gate)
	for range 3 { // nobody waits for the refresh
		if got := w.wantStatus("during refresh", 200, credentials...).upstream(t).Header.Get("Authorization"); got != first {
			t.Error("the token changed before the refresh ended")
		}
	}
	close(gate)
	deadline := time.Now().Add(10 * time.Second)
	for w.do("GET", "/api", credentials...).upstream(t).Header.Get("Authorization") == first {
		if time.Now().After(deadline) {
			t.Fatal("the token was not refreshed")
		}
	}
	w.wantExchanges("refreshed once", 2)
	// A refresh that learns that the secret is gone ends the old token too.
	w.clock.Advance(260 * time.Second)
	w.auth.addClient(clientID, "rotated at the provider")
	for w.do("GET", "/api", credentials...).StatusCode == 200 {
		if time.Now().After(deadline) {
			t.Fatal("the rejected token stays")
		}
	}
	w.wantStatus("rotated", 401, credentials...)
}

func TestCredentialClaimMustBeTheClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	other := "somebody-else"
	w.auth.subject.Store(&other)
	w.wantStatus("token of somebody else", 401, "Authorization", basic(clientID, clientSecret))
	if !strings.Contains(w.log.String(), "credential claim is not the client id") {
		t.Error("the administrator is not told")
	}
}

func TestIssuerAsPeoplePasteIt(t *testing.T) {
	t.Parallel()
	for _, suffix := range []string{"/", "/.well-known/openid-configuration"} {
		w := newWorld(t, func(_ *world, s *snapshot.Snapshot) { oidc(s).Issuer += suffix })
		w.wantStatus(suffix, 200, "Authorization", basic(clientID, clientSecret))
	}
}

func TestNestedCredentialClaim(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ *world, s *snapshot.Snapshot) { oidc(s).CredentialClaim = []string{"ext", "app"} })
	token := w.auth.sign(w.auth.signer, "person", time.Hour, map[string]any{"ext": map[string]any{"app": clientID}})
	w.wantStatus("nested claim", 200, "Authorization", bearer(token))
	w.wantStatus("claim missing", 401, "Authorization", bearer(w.auth.issue(clientID)))
}

func TestRequiredScopesAndAudience(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ *world, s *snapshot.Snapshot) {
		oidc(s).ScopesRequired = []string{"admin", "read write"}
		oidc(s).Audiences = []string{"api://default"}
		oidc(s).Scopes = []string{"read", "write"}
	})
	with := func(extra map[string]any) string {
		return bearer(w.auth.sign(w.auth.signer, clientID, time.Hour, extra))
	}
	w.wantStatus("basic", 200, "Authorization", basic(clientID, clientSecret))
	w.wantStatus("all of one entry", 200, "Authorization", with(map[string]any{"scope": "write read more"}))
	w.wantStatus("the other entry, in scp", 200, "Authorization", with(map[string]any{"scp": []string{"admin"}}))
	got := w.wantStatus("half of an entry", 403, "Authorization", with(map[string]any{"scope": "read"}))
	if challenge := got.Header.Values("WWW-Authenticate"); len(challenge) != 3 || !strings.Contains(challenge[2], `error="insufficient_scope"`) {
		t.Errorf("challenge %q", challenge)
	}
	w.wantStatus("other audience", 401, "Authorization", with(map[string]any{"aud": "api://other", "scope": "admin"}))
}

func TestTokenRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dialect string
		scopes  []string
		chosen  []string // by the application
		args    map[string]string
		want    map[string]string
	}{
		"no scopes":       {"", nil, nil, nil, map[string]string{"scope": "openid", "grant_type": "client_credentials"}},
		"okta, none left": {"okta", []string{"openid", "email", "offline_access"}, nil, nil, map[string]string{"scope": ""}},
		"okta":            {"okta", []string{"openid", "orders"}, nil, nil, map[string]string{"scope": "orders"}},
		"auth0":           {"auth0", []string{"openid", "a"}, nil, map[string]string{"audience": "https://api"}, map[string]string{"scope": "a", "audience": "https://api"}},
		"some of them":    {"auth0", []string{"openid", "a", "b"}, []string{"openid", "b"}, nil, map[string]string{"scope": "b"}},
	} {
		w := newWorld(t, func(_ *world, s *snapshot.Snapshot) {
			oidc(s).Dialect, oidc(s).Scopes, oidc(s).TokenArgs = c.dialect, c.scopes, c.args
			for i := range s.Applications {
				s.Applications[i].Scopes = c.chosen
			}
		})
		w.wantStatus(name, 200, "Authorization", basic(clientID, clientSecret))
		form := w.auth.form()
		for field, want := range c.want {
			if got := form.Get(field); got != want {
				t.Errorf("%s: %s %q, want %q", name, field, got, want)
			}
		}
	}
}

func TestUnencodedBasicCanBeForbidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ *world, s *snapshot.Snapshot) { oidc(s).UnencodedBasic = false })
	w.wantStatus("raw", 401, "Authorization", basicRaw(clientID, clientSecret))
	w.wantStatus("encoded", 200, "Authorization", basic(clientID, clientSecret))
	w.wantExchanges("raw", 1)
}

func TestStrategiesOfSeveralPortals(t *testing.T) {
	t.Parallel()
	var second *authServer
	w := newWorld(t, func(w *world, s *snapshot.Snapshot) {
		second = newAuthServer(t, w.clock)
		second.addClient("second-client", "pw")
		s.Routing.Strategies = append(s.Routing.Strategies, snapshot.Strategy{ID: "second", Kind: snapshot.OpenIDConnect,
			OIDC: &snapshot.OIDC{Issuer: second.URL, AuthMethods: []string{"client_credentials", "bearer"}, CacheTokens: true}})
		s.Routing.Services[1].Access = append(s.Routing.Services[1].Access, snapshot.Access{APIID: "orders", PortalID: "partners", StrategyID: "second"})
		s.Applications = append(s.Applications,
			snapshot.Application{ID: "partner", PortalID: "partners", StrategyID: "second", ClientID: "second-client", Registrations: []string{"orders"}},
			// The same client id at the other provider, not registered there.
			snapshot.Application{ID: "namesake", PortalID: "partners", StrategyID: "second", ClientID: clientID})
	})
	if up := w.wantStatus("basic", 200, "Authorization", basic("second-client", "pw")).upstream(t); up.Header.Get("X-Application-Id") != "partner" {
		t.Errorf("basic: %v", up.Header)
	}
	w.wantStatus("bearer", 200, "Authorization", bearer(second.issue("second-client")))
	w.wantStatus("first strategy still", 200, "Authorization", bearer(w.auth.issue(clientID)))
	w.wantStatus("second issuer may not speak for the first's client", 403, "Authorization", bearer(second.issue(clientID)))
	w.wantStatus("first issuer may not speak for the second's client", 401, "Authorization", bearer(w.auth.issue("second-client")))
	w.auth.down.Store(true)
	w.wantStatus("the other provider does not matter", 200, "Authorization", basic("second-client", "pw"))
}

func TestTokenHeaderOfTheStrategy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ *world, s *snapshot.Snapshot) { oidc(s).UpstreamTokenHeader = "x-access-token" })
	up := w.wantStatus("basic", 200, "Authorization", basic(clientID, clientSecret), "X-Access-Token", "forged").upstream(t)
	if strings.Count(up.Header.Get("X-Access-Token"), ".") != 2 || up.Header.Get("Authorization") != "" {
		t.Errorf("upstream saw %v", up.Header)
	}
	if up := w.wantStatus("key", 200, "apikey", apiKey, "X-Access-Token", "forged", "Authorization", "Bearer forged").upstream(t); up.Header.Get("X-Access-Token")+up.Header.Get("Authorization") != "" {
		t.Errorf("a caller with a key sent a token on: %v", up.Header)
	}
}

func TestMetricsNameNoCaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.wantStatus("basic", 200, "Authorization", basicRaw(clientID, clientSecret))
	w.wantStatus("basic", 200, "Authorization", basicRaw(clientID, clientSecret))
	w.wantStatus("wrong", 401, "apikey", "guess")
	w.do("GET", "/nowhere")
	metrics, err := w.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, family := range metrics {
		text.WriteString(family.String() + "\n")
	}
	for _, want := range []string{
		`name:"portico_gateway_requests_total"`, `{name:"status" value:"4xx"}`, `{name:"verdict" value:"no_route"}`,
		`{name:"method" value:"basic"}`, `name:"portico_gateway_config_version"`, `{name:"result" value:"hit"}`,
	} {
		if !strings.Contains(strings.ReplaceAll(text.String(), "  ", " "), want) {
			t.Errorf("metrics lack %s:\n%s", want, text.String())
		}
	}
	for _, never := range []string{clientID, clientSecret, apiKey, "app-oidc", "guess", "nowhere"} {
		if strings.Contains(text.String(), never) {
			t.Errorf("metrics show %s", never)
		}
	}
	if !strings.Contains(text.String(), "unencoded_basic_total") {
		t.Error("raw Basic is not counted")
	}
}

func TestRetryAfterOfTheProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.wantStatus("discovery", 200, "Authorization", bearer(w.auth.issue(clientID)))
	w.auth.busy.Store(true)
	if got := w.wantStatus("429 at the provider", 503, "Authorization", basic(clientID, clientSecret)); got.Header.Get("Retry-After") != "17" {
		t.Errorf("Retry-After %q, want the provider's 17", got.Header.Get("Retry-After"))
	}
}
