package developers_test

import (
	"bufio"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"portico"
	"portico/developers"
	"portico/secret"
	"portico/signon"
)

// startOIDCProvider runs the npm package oidc-provider, an OpenID provider that
// is certified and not ours, and returns its issuer.
func startOIDCProvider(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), filepath.Join("..", "scripts", "npm-cache"), "oidc-provider@9.13.3").Output()
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("oidc-provider cannot be installed: %v", err)
		}
		t.Skipf("oidc-provider cannot be installed: %v", err)
	}
	program := exec.CommandContext(t.Context(), "node", filepath.Join("testdata", "provider.mjs"), strings.TrimSpace(string(out)),
		"https://acme.portal.example"+developers.CallbackPath, clientSecret)
	program.Stderr = os.Stderr
	stdout, err := program.StdoutPipe()
	must(t, err)
	must(t, program.Start())
	t.Cleanup(func() { _ = program.Wait() }) // the test's context ends it
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("oidc-provider did not start: %v", err)
	}
	return strings.TrimSpace(line)
}

// TestOIDCProvider signs in with a provider that was written by others.
func TestOIDCProvider(t *testing.T) {
	t.Parallel()
	o := newOffice(t, startOIDCProvider(t))
	ctx := t.Context()
	settings, err := o.IdentityProviders.ChangeSettings(ctx, o.portal.ID, developers.SettingsChange{
		GroupMapping: portico.Some(true), Provider: developers.IdentityProviderFields{Scopes: portico.Some([]string{"openid", "email", "profile", "groups"})},
	})
	must(t, err)
	o.portal = settings.Portal
	crew, err := o.Teams.Create(ctx, o.portal.ID, developers.TeamFields{Name: portico.Some("Crew")})
	must(t, err)
	_, err = o.IdentityProviders.AddMapping(ctx, o.portal.ID, o.provider.ID, crew.ID, "pilots")
	must(t, err)

	address, cookie, err := o.SingleSignOn.Start(ctx, o.portal, "/apps")
	must(t, err)
	back := browse(t, address)
	back.Cookie = cookie
	session, path, err := o.SingleSignOn.Finish(ctx, o.portal, back, developers.Browser{})
	must(t, err)
	dora := o.who(t, session)
	teams, err := o.Teams.Of(ctx, o.portal.ID, dora.ID, portico.ListQuery{Size: 10, Number: 1})
	must(t, err)
	if path != "/apps" || dora.Email != "dora@dev.example" || dora.FullName != "Dora Dev" || !dora.EmailVerified || teams.Total != 1 {
		t.Errorf("went to %s as %+v, in %d teams", path, dora, teams.Total)
	}
	// A code works once, and with the right secret.
	_, _, err = o.SingleSignOn.Finish(ctx, o.portal, back, developers.Browser{})
	wantCode(t, err, portico.KindUnavailable, "sso_unavailable")
	_, err = o.IdentityProviders.Update(ctx, o.portal.ID, o.provider.ID, developers.IdentityProviderFields{Secret: portico.Some(secret.New("wrong"))})
	must(t, err)
	address, cookie, err = o.SingleSignOn.Start(ctx, o.portal, "/apps")
	must(t, err)
	back = browse(t, address)
	back.Cookie = cookie
	_, _, err = o.SingleSignOn.Finish(ctx, o.portal, back, developers.Browser{})
	wantCode(t, err, portico.KindUnavailable, "sso_unavailable")
}

// browse follows the provider's redirects, with cookies, until it sends the
// browser back to the portal.
func browse(t *testing.T, address string) signon.Return {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	client := http.Client{Jar: jar, CheckRedirect: func(next *http.Request, _ []*http.Request) error {
		if next.URL.Hostname() == "acme.portal.example" {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	answer, err := client.Get(address)
	must(t, err)
	answer.Body.Close()
	to, err := answer.Location()
	if err != nil {
		t.Fatalf("the provider ends at %s with %s", answer.Request.URL.Path, answer.Status)
	}
	q := to.Query()
	return signon.Return{State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error")}
}
