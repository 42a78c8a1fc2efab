package okta_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/idp"
	"portico/idp/okta"
	"portico/idptest"
	"portico/localas/localastest"
	"portico/oauth"
	"portico/secret"
)

// findings joins what Verify found; want must be in it, "" means that there
// must be none.
func wantFinding(t *testing.T, what string, findings []string, want ...string) {
	t.Helper()
	text := strings.Join(findings, "\n")
	if len(want) == 0 && text != "" {
		t.Errorf("unexpected %s: %s", what, text)
	}
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%s %q say nothing of %q", what, text, w)
		}
	}
	if strings.Contains(text, fakeToken) {
		t.Errorf("the token is shown: %s", text)
	}
}

func verified(t *testing.T, c *okta.Client) portico.Verification {
	t.Helper()
	v, err := c.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVerifyIssuer(t *testing.T) {
	t.Parallel()
	f := newFakeOkta(t)
	for _, c := range []struct {
		issuer string
		errors []string
		asked  bool // the management API was called
	}{
		{f.URL + "/oauth2/default", nil, true},
		{f.URL + "/oauth2/default/", nil, true},
		{f.URL + "/oauth2/default/.well-known/openid-configuration", nil, true},
		{f.URL + "/.well-known/oauth-authorization-server/oauth2/default", nil, true},
		{f.URL + "/default", []string{"/oauth2/ is missing", f.URL + "/oauth2/default answers"}, true},
		{f.URL + "/other", []string{"/oauth2/ is missing", "Most likely " + f.URL + "/oauth2/other is meant", "404"}, false},
		{f.URL, []string{"organisation's own", f.URL + "/oauth2/default"}, false},
		{f.URL + "/oauth2", []string{"organisation's own"}, false},
		{f.URL + "/oauth2/aus404", []string{"No authorization server answers", "Security > API", "404"}, false},
		{"https://tenant.eu.auth0.com/", []string{"Auth0", "provider type"}, false},
		{"https://login.microsoftonline.com/common/v2.0", []string{"Microsoft Entra ID"}, false},
		{"https://id.example/realms/main", []string{"Keycloak"}, false},
		{"https://x.eu.identity.konghq.com/auth", []string{"Kong Identity"}, false},
		{"https://id.example/oauth/v2/oauth-anonymous", []string{"Curity"}, false},
		{"https://accounts.google.com", []string{"Google"}, false},
		{"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_x", []string{"Amazon Cognito"}, false},
	} {
		before := f.requests("")
		v := verified(t, newClient(t, c.issuer, fakeToken, f.Client(), idptest.NewClock(time.Now())))
		wantFinding(t, "errors of "+c.issuer, v.Errors, c.errors...)
		if asked := f.requests("") > before; asked != c.asked {
			t.Errorf("%s: the management API was asked: %t", c.issuer, asked)
		}
	}
}

// TestVerifyTellsItsSteps holds which steps an admin is shown, and how each ended.
func TestVerifyTellsItsSteps(t *testing.T) {
	t.Parallel()
	f := newFakeOkta(t)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"issuer":"https://elsewhere.example"}`)
	}))
	t.Cleanup(other.Close)
	keyless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/v1/keys") {
			_, _ = io.WriteString(w, `{"keys":[]}`)
			return
		}
		issuer := "http://" + r.Host + "/oauth2/default"
		_, _ = io.WriteString(w, `{"issuer":"`+issuer+`","jwks_uri":"`+issuer+`/v1/keys"}`)
	}))
	t.Cleanup(keyless.Close)
	for _, c := range []struct{ name, issuer, token, want string }{
		{"sound", f.URL + "/oauth2/default", fakeToken, "reachable ok, issuer ok, keys ok, token ok"},
		{"wrong token", f.URL + "/oauth2/default", "wrong", "reachable ok, issuer ok, keys ok, token failed"},
		{"no such server", f.URL + "/oauth2/aus404", fakeToken, "reachable failed, issuer skipped, keys skipped, token skipped"},
		{"short", f.URL + "/default", fakeToken, "reachable failed, issuer skipped, keys skipped, token ok"},
		{"organisation", f.URL, fakeToken, "reachable failed, issuer skipped, keys skipped, token skipped"},
		{"another issuer", other.URL + "/oauth2/default", fakeToken, "reachable ok, issuer failed, keys skipped, token skipped"},
		{"no keys", keyless.URL + "/oauth2/default", fakeToken, "reachable ok, issuer ok, keys failed, token failed"},
	} {
		v := verified(t, newClient(t, c.issuer, c.token, f.Client(), idptest.NewClock(time.Now())))
		var got, faults []string
		for _, check := range v.Checks {
			got = append(got, string(check.Step)+" "+string(check.State))
			if check.Fault != "" {
				faults = append(faults, check.Fault)
			}
		}
		if strings.Join(got, ", ") != c.want || !slices.Equal(faults, v.Errors) {
			t.Errorf("%s: %v, faults %q of %q", c.name, got, faults, v.Errors)
		}
	}
}

func TestVerifyToken(t *testing.T) {
	t.Parallel()
	f := newFakeOkta(t)
	issuer, clock := f.URL+"/oauth2/default", idptest.NewClock(time.Now())
	wantFinding(t, "errors", verified(t, newClient(t, issuer, "wrong", f.Client(), clock)).Errors, "E0000011", "Security > API > Tokens")
	for _, rights := range []string{"read", "none"} {
		f.set(func() { f.rights = rights })
		wantFinding(t, "errors", verified(t, newClient(t, issuer, fakeToken, f.Client(), clock)).Errors, "E0000006", "Application Administrator")
	}
	f.set(func() { f.rights = "" })
	wantFinding(t, "errors", verified(t, newClient(t, issuer, fakeToken, f.Client(), clock)).Errors)
	f.set(func() {
		if len(f.apps) != 0 {
			t.Errorf("verification left %d apps behind", len(f.apps))
		}
	})

	wire := idptest.NewWire(f.Client().Transport)
	c := newClient(t, issuer, fakeToken, &http.Client{Transport: wire}, clock)
	wire.Break(http.MethodGet, "/api/v1/apps", 1000, idptest.Answer(http.StatusNotFound, nil, "<html>not here</html>"))
	wantFinding(t, "errors", verified(t, c).Errors, "no Okta API to register clients")
	wire.Break(http.MethodGet, "/api/v1/apps", 1000, idptest.Answer(http.StatusServiceUnavailable, nil, ""))
	wantFinding(t, "errors", verified(t, c).Errors, "could not be checked", "Try again")
	wire.Break(http.MethodPost, "/api/v1/apps", 1000, idptest.Answer(http.StatusOK, nil, "{}"))
	wantFinding(t, "warnings", verified(t, c).Warnings, "accepted an empty registration")
}

func TestVerifyPolicies(t *testing.T) {
	t.Parallel()
	f, c := fakeClient(t)
	all := f.policies
	for _, p := range []struct {
		policies, rules string
		warnings        []string
	}{
		{all, f.rules, nil},
		{`[]`, f.rules, []string{"No access policy", "All clients", "default"}},
		{strings.ReplaceAll(all, "ALL_CLIENTS", "0oa1"), f.rules, []string{"No access policy"}},
		{strings.ReplaceAll(all, "ACTIVE", "INACTIVE"), f.rules, []string{"No access policy"}},
		{all, `[]`, []string{"No rule", "Client Credentials"}},
		{all, strings.ReplaceAll(f.rules, "client_credentials", "password"), []string{"No rule"}},
		{all, strings.ReplaceAll(f.rules, "ACTIVE", "INACTIVE"), []string{"No rule"}},
		{all, `garbage`, nil},
		{"", f.rules, nil}, // may not be read
	} {
		f.set(func() { f.policies, f.rules = p.policies, p.rules })
		v := verified(t, c)
		wantFinding(t, "errors", v.Errors)
		wantFinding(t, "warnings", v.Warnings, p.warnings...)
	}

	wire := idptest.NewWire(f.Client().Transport)
	c = newClient(t, f.URL+"/oauth2/default", fakeToken, &http.Client{Transport: wire}, idptest.NewClock(time.Now()))
	wire.Break(http.MethodGet, "/api/v1/authorizationServers", 1, idptest.Answer(http.StatusUnauthorized, nil, `{"errorCode":"E0000015","errorSummary":"You do not have permission to access the feature you are requesting"}`))
	wantFinding(t, "warnings", verified(t, c).Warnings, "API Access Management")
}

func TestVerifyUnreachable(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	c := newClient(t, "http://"+listener.Addr().String()+"/oauth2/default", fakeToken, nil, idptest.NewClock(time.Now()))
	wantFinding(t, "errors", verified(t, c).Errors, "No authorization server answers", "refused")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Verify(ctx); err == nil {
		t.Error("a verification that was given up passes for one that was made")
	}
}

func TestCheckScopes(t *testing.T) {
	t.Parallel()
	f, c := fakeClient(t)
	for _, s := range []struct {
		scopes   []string
		claim    []string
		warnings []string
	}{
		{[]string{"read"}, []string{"client_id"}, nil},
		{[]string{"read"}, []string{"cid"}, nil},
		{[]string{"read"}, []string{"sub"}, nil},
		{[]string{"read"}, nil, nil},
		{[]string{"openid", "read"}, nil, []string{"refuses the scope openid"}},
		{[]string{"offline_access", "read"}, nil, []string{"refuses the scope offline_access"}},
		{[]string{"reed"}, nil, []string{"does not know the scope reed", "Scopes"}},
		{[]string{"ask"}, nil, []string{"consent", "ask"}},
		{nil, nil, []string{"no default scope"}},
		{[]string{"read"}, []string{"missing"}, []string{"does not set the claim missing", "app.clientId"}},
		{[]string{"read"}, []string{"team"}, []string{"not app.clientId"}},
		{[]string{"read"}, []string{"narrow"}, []string{"only with the scopes read"}},
		{[]string{"read"}, []string{"off"}, []string{"not active"}},
		{[]string{"read"}, []string{"identity"}, []string{"does not set the claim identity"}},
	} {
		wantFinding(t, "warnings", c.CheckScopes(t.Context(), portico.OIDCConfig{Scopes: s.scopes, CredentialClaim: s.claim}), s.warnings...)
	}
	f.set(func() { f.scopes, f.claims = "", "" })
	wantFinding(t, "warnings of what may not be read", c.CheckScopes(t.Context(), portico.OIDCConfig{Scopes: []string{"reed"}, CredentialClaim: []string{"missing"}}))
	f.set(func() { f.scopes = `[{"name":"all","default":true}]` })
	wantFinding(t, "warnings with a default scope", c.CheckScopes(t.Context(), portico.OIDCConfig{}))
	f.set(func() { f.moreScopes = `[{"name":"late","consent":"IMPLICIT"}]` })
	wantFinding(t, "warnings of a scope on the second page", c.CheckScopes(t.Context(), portico.OIDCConfig{Scopes: []string{"late"}}))
	if plan, err := c.Plan(t.Context(), portico.SetUpWishes{Scopes: []string{"late"}}); err != nil || slices.ContainsFunc(plan, func(s portico.SetUpStep) bool { return s.Kind == "scope" }) {
		t.Errorf("a scope on the second page is planned to be made: %+v, %v", plan, err)
	}
	org := newClient(t, f.URL, fakeToken, f.Client(), idptest.NewClock(time.Now()))
	wantFinding(t, "warnings of the organisation's own server", org.CheckScopes(t.Context(), portico.OIDCConfig{Scopes: []string{"openid"}}), "openid")
}

// TestLocalAuthorizationServer goes the way of an admin: verify, be warned,
// set right; over the client that the product uses, and with a connection that
// breaks on the server's side.
func TestLocalAuthorizationServer(t *testing.T) {
	t.Parallel()
	as := localastest.Start(t)
	local := func(issuer string, token secret.Text) *okta.Client {
		c, err := okta.New(idp.Settings{Provider: portico.Provider{Issuer: issuer}, Credential: token, HTTP: oauth.NewHTTPClient(oauth.ClientPolicy{})})
		if err != nil {
			t.Fatal(err)
		}
		return c.(*okta.Client)
	}
	c := local(as.Issuer, as.Token)
	v := verified(t, c)
	wantFinding(t, "errors", v.Errors)
	wantFinding(t, "warnings", v.Warnings)
	wantFinding(t, "errors", verified(t, local(as.URL+"/default", as.Token)).Errors, as.Issuer+" answers")
	wantFinding(t, "errors", verified(t, local(as.URL, as.Token)).Errors, "organisation's own")
	wantFinding(t, "errors", verified(t, local(as.Issuer, secret.New("nonsense"))).Errors, "E0000011")

	wantFinding(t, "warnings", c.CheckScopes(t.Context(), portico.OIDCConfig{Scopes: []string{"openid", "weather"}, CredentialClaim: []string{"client_id"}}), "openid", "does not know the scope weather", "does not set the claim client_id")
	addScope(t, as, "weather")
	manage(t, as, "/api/v1/authorizationServers/default/claims", `{"name":"client_id","claimType":"RESOURCE","valueType":"EXPRESSION","value":"app.clientId","conditions":{"scopes":[]}}`)
	wantFinding(t, "warnings", c.CheckScopes(t.Context(), portico.OIDCConfig{Scopes: []string{"weather"}, CredentialClaim: []string{"client_id"}}))

	as.DropResponsesTo(http.MethodPost, "/api/v1/apps", 1)
	if _, err := c.Create(t.Context(), spec("Dropped"), "create-key-1"); !portico.IsIdP(err, portico.IdPAmbiguous) {
		t.Fatalf("create: %v", err)
	}
	ref, err := c.Find(t.Context(), "create-key-1")
	if err != nil {
		t.Fatal(err)
	}
	batch, _, err := c.Clients(t.Context(), "")
	if err != nil || len(batch) != 1 || batch[0].Ref != ref {
		t.Errorf("clients %+v, %v", batch, err)
	}
	if err := c.Delete(t.Context(), ref); err != nil {
		t.Error(err)
	}
}
