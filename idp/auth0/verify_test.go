package auth0_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/idp"
	"portico/idptest"
	"portico/secret"
)

func slogDiscard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// onlyTo lets requests through to one host.
type onlyTo struct {
	t    *testing.T
	host string
	next http.RoundTripper
}

func (o onlyTo) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != o.host {
		o.t.Errorf("a request went to %s", r.URL.Host)
	}
	return o.next.RoundTrip(r)
}

// wantFinding: all of want is in the findings; without any there must be none.
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
	if strings.Contains(text, managerSecret) {
		t.Errorf("the secret is shown: %s", text)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	f := newFakeAuth0(t)
	for _, c := range []struct {
		name, issuer string
		change       func(*idp.Settings)
		permissions  string
		steps        string
		errors       []string
	}{
		{"sound", f.URL, nil, allPermissions, "ok ok ok ok", nil},
		{"with a slash", f.URL + "/", nil, allPermissions, "ok ok ok ok", nil},
		{"with developer-managed scopes", f.URL, managed, allPermissions, "ok ok ok ok", nil},
		{"wrong secret", f.URL, func(c *idp.Settings) { c.Credential = secret.New("wrong") }, allPermissions, "ok ok ok failed", []string{"refused the client id and secret", "Unauthorized"}},
		{"other audience", f.URL, func(c *idp.Settings) { c.Provider.Config.InitialClientAudience = new("https://elsewhere/api/v2/") }, allPermissions, "ok ok ok failed", []string{"https://elsewhere/api/v2/", "Authorize it"}},
		{"no right to rotate", f.URL, nil, strings.Replace(allPermissions, "update:client_keys", "", 1), "ok ok ok failed", []string{"permissions update:client_keys are missing"}},
		{"no right to read scopes", f.URL, managed, strings.Replace(allPermissions, "read:resource_servers", "", 1), "ok ok ok failed", []string{"read:resource_servers"}},
		{"another path", f.URL + "/tenant", nil, allPermissions, "failed skipped skipped skipped", []string{"No authorization server answers", "Domain shown at Auth0"}},
		{"another vendor's", "https://example.okta.com/oauth2/default", nil, allPermissions, "failed skipped skipped skipped", []string{"belongs to Okta", "type for Auth0"}},
	} {
		f.set(func() { f.permissions = c.permissions })
		var changes []func(*idp.Settings)
		if c.change != nil {
			changes = append(changes, c.change)
		}
		v, err := newClient(t, c.issuer, f.Client(), idptest.NewClock(time.Now()), changes...).Verify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var steps []string
		for _, check := range v.Checks {
			steps = append(steps, string(check.State))
		}
		if got := strings.Join(steps, " "); got != c.steps {
			t.Errorf("%s: steps %s", c.name, got)
		}
		wantFinding(t, "errors of "+c.name, v.Errors, c.errors...)
	}
	f.set(func() {
		if len(f.clients) != 1 {
			t.Errorf("verification left %d clients behind", len(f.clients)-1)
		}
	})
}

func TestCheckScopes(t *testing.T) {
	t.Parallel()
	f, c := fakeTenant(t)
	with := func(audience string) []byte {
		return []byte(`{"token_post_args_names":["audience"],"token_post_args_values":["` + audience + `"]}`)
	}
	azp := []string{"azp"}
	for _, s := range []struct {
		config   portico.OIDCConfig
		warnings []string
	}{
		{portico.OIDCConfig{Scopes: []string{"openid", "orders:read"}, CredentialClaim: azp, Raw: with(ordersAPI)}, nil},
		{portico.OIDCConfig{Scopes: []string{"orders:raed"}, CredentialClaim: azp, Raw: with(ordersAPI)}, []string{"does not define the scope orders:raed"}},
		{portico.OIDCConfig{Scopes: []string{"orders:read"}, CredentialClaim: azp, Raw: with("https://nobody.example")}, []string{"no API with the identifier https://nobody.example"}},
		{portico.OIDCConfig{Scopes: []string{"orders:read"}, CredentialClaim: azp}, []string{"names no audience"}},
		{portico.OIDCConfig{CredentialClaim: []string{"sub"}, Raw: with(ordersAPI)}, []string{"claim azp", "claim sub"}},
	} {
		wantFinding(t, "warnings", c.CheckScopes(t.Context(), s.config), s.warnings...)
	}
	f.set(func() { f.permissions = "read:clients" })
	wantFinding(t, "warnings of what may not be read", c.CheckScopes(t.Context(), portico.OIDCConfig{Scopes: []string{"x"}, CredentialClaim: azp, Raw: with(ordersAPI)}))
}
