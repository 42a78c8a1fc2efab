package azuread_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/idp"
	"portico/idp/azuread"
	"portico/idptest"
	"portico/oauth"
	"portico/secret"
)

var (
	_ portico.IdP           = (*azuread.Client)(nil)
	_ portico.SecretManager = (*azuread.Client)(nil)
	_ portico.ClientLister  = (*azuread.Client)(nil)
	_ portico.ScopeChecker  = (*azuread.Client)(nil)
)

func newClient(t *testing.T, f *fakeEntra, path string, hc *http.Client, clock *idptest.Clock, change ...func(*azuread.Config)) *azuread.Client {
	t.Helper()
	base, err := url.Parse(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg := azuread.Config{Login: base, Graph: base, Settings: idp.Settings{
		Provider:   portico.Provider{Type: portico.ProviderAzureAD, Issuer: f.URL + path, Config: portico.ProviderConfig{InitialClientID: managerID}},
		Credential: secret.New(managerSecret), HTTP: hc, Now: clock.Now, Wait: clock.Wait,
	}}
	for _, c := range change {
		c(&cfg)
	}
	c, err := azuread.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const (
	v1 = "/" + tenant + "/"
	v2 = "/" + tenant + "/v2.0"
)

func fakeTenant(t *testing.T) (*fakeEntra, *azuread.Client, *idptest.Clock) {
	f, clock := newFakeEntra(t), idptest.NewClock(time.Now())
	return f, newClient(t, f, v2, f.Client(), clock), clock
}

// tokenOf asks for a client's token under its own id and verifies it as a
// gateway does, with the claim that tells clients apart.
func tokenOf(f *fakeEntra, path, claim string) func(context.Context, string, secret.Text) error {
	providers := oauth.NewProviders(f.Client(), time.Now, slog.New(slog.DiscardHandler))
	return func(ctx context.Context, clientID string, value secret.Text) error {
		p := providers.Provider(strings.TrimSuffix(f.URL+path, "/"))
		token, err := p.ClientCredentials(ctx, oauth.Grant{ClientID: clientID, Secret: value, Scopes: []string{clientID + "/.default"}})
		if err != nil {
			return err
		}
		claims, err := p.Verify(ctx, token.Access, oauth.Expectation{Audiences: []string{clientID}})
		if got, _ := claims.Path([]string{claim}); err == nil && got != clientID {
			return fmt.Errorf("%s is %q", claim, got)
		}
		return err
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	f := newFakeEntra(t)
	idptest.Run(t, func(t *testing.T, hc *http.Client, clock *idptest.Clock) portico.IdP {
		return newClient(t, f, v2, hc, clock)
	}, idptest.Options{
		CreateMethod: http.MethodPatch, CreatePath: "/v1.0/applications(uniqueName=", ObjectPath: "/v1.0/applications/", UpdateMethod: http.MethodPatch, SecretsUnlimited: true,
		Steps: []idptest.Request{
			{Method: http.MethodPost, Path: "/" + tenant + "/oauth2"}, {Method: http.MethodPatch, Path: "/v1.0/applications("},
			{Method: http.MethodPost, Path: "/v1.0/servicePrincipals"}, {Method: http.MethodPost, Path: "/v1.0/applications/"},
		},
		Credential: secret.New(managerSecret), Token: tokenOf(f, v2, "azp"),
	})
}

func spec() portico.ClientSpec {
	return portico.ClientSpec{
		ApplicationID: portico.ApplicationID(portico.NewRandomID()), Name: "Orders", Description: "Orders things", GrantTypes: []string{"client_credentials"},
		Owner: portico.ClientOwner{OrganizationID: "org-1"},
	}
}

// TestVersions: the client's own tokens are of the version that the issuer
// stands for, and each issuer is spelled as discovery has it.
func TestVersions(t *testing.T) {
	t.Parallel()
	f := newFakeEntra(t)
	for path, claim := range map[string]string{v1: "appid", strings.TrimSuffix(v1, "/"): "appid", v2: "azp"} {
		c := newClient(t, f, path, f.Client(), idptest.NewClock(time.Now()))
		made, err := c.Create(t.Context(), spec(), portico.NewRandomID())
		if err != nil {
			t.Fatal(err)
		}
		var form map[string]any
		f.set(func() { form = f.apps[len(f.apps)-1].object })
		want := map[bool]float64{true: 2, false: 1}[claim == "azp"]
		if got := form["api"].(map[string]any)["requestedAccessTokenVersion"]; got != want {
			t.Errorf("%s: version %v", path, got)
		}
		if claim == "azp" { // a token endpoint of version 1 takes no scope
			if err := tokenOf(f, path, claim)(t.Context(), made.Ref.ClientID, made.Secret.Value); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}

// TestLag: a directory that knows of nothing at first is waited for, though not
// for ever, and not where nothing was made.
func TestLag(t *testing.T) {
	t.Parallel()
	f, c, clock := fakeTenant(t)
	f.set(func() { f.lag, f.lagReads = 3, true })
	made, err := c.Create(t.Context(), spec(), "key-1")
	if err != nil {
		t.Fatal(err)
	}
	f.set(func() { f.apps[0].lag = 3 })
	if _, err := c.Find(t.Context(), "key-1"); err != nil {
		t.Errorf("find: %v", err)
	}
	f.set(func() { f.apps[0].lag = 2 })
	if err := c.Delete(t.Context(), made.Ref); err != nil || len(f.apps) != 0 {
		t.Errorf("delete: %v, %d applications left", err, len(f.apps))
	}
	waits := len(clock.Waits())
	if _, err := c.Read(t.Context(), made.Ref); !portico.IsIdP(err, portico.IdPNotFound) || len(clock.Waits()) != waits {
		t.Errorf("what was deleted is waited for: %v", err)
	}
	f.set(func() { f.lag, f.lagReads = 1000, false })
	if _, err := c.Create(t.Context(), spec(), "key-2"); !portico.IsIdP(err, portico.IdPUnavailable) {
		t.Errorf("a directory that never knows: %v", err)
	}
	f.set(func() {
		if len(f.apps) != 0 || len(f.bin) != 1 {
			t.Errorf("%d applications and %d in the bin: the half made one is there, or the deleted one is not", len(f.apps), len(f.bin))
		}
	})
}

// TestSoftDelete: a deleted application is in the bin, where its secret does not
// work, and its create key is not to be had again.
func TestSoftDelete(t *testing.T) {
	t.Parallel()
	f, c, _ := fakeTenant(t)
	s := spec()
	made, err := c.Create(t.Context(), s, "key-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(t.Context(), portico.ClientRef{ClientID: made.Ref.ClientID}); err != nil || len(f.bin) != 1 {
		t.Fatalf("%v, %d in the bin", err, len(f.bin))
	}
	if tokenOf(f, v2, "azp")(t.Context(), made.Ref.ClientID, made.Secret.Value) == nil {
		t.Error("a deleted client gets a token")
	}
	if _, err := c.Create(t.Context(), s, "key-1"); !portico.IsIdP(err, portico.IdPRejected) {
		t.Errorf("the same key again: %v", err)
	}
	if _, err := c.Create(t.Context(), s, "key'1"); !portico.IsIdP(err, portico.IdPRejected) {
		t.Errorf("a key that is none: %v", err)
	}
}

// TestWithoutUpsert: a Graph that knows no unique names is used all the same,
// and what was made is found by its tags.
func TestWithoutUpsert(t *testing.T) {
	t.Parallel()
	f, c, _ := fakeTenant(t)
	f.set(func() { f.upserts = false })
	made, err := c.Create(t.Context(), spec(), "key-1")
	if err != nil {
		t.Fatal(err)
	}
	if found, err := c.Find(t.Context(), "key-1"); err != nil || found != made.Ref {
		t.Errorf("found %+v, %v", found, err)
	}
	if _, err := c.Find(t.Context(), "key-2"); !portico.IsIdP(err, portico.IdPNotFound) {
		t.Errorf("found what is not there: %v", err)
	}
}

// TestMarks: whose a client is, is in its tags; an admin's tags and settings
// stay, and the end of a secret is told.
func TestMarks(t *testing.T) {
	t.Parallel()
	f, c, _ := fakeTenant(t)
	s := spec()
	made, err := c.Create(t.Context(), s, "key-1")
	if err != nil {
		t.Fatal(err)
	}
	if end := made.Secret.ExpiresAt; end == nil || end.Before(time.Now().AddDate(1, 11, 0)) {
		t.Errorf("the secret ends %v", end)
	}
	object := f.apps[0].object
	f.set(func() {
		object["tags"] = append(object["tags"].([]any), "HideApp")
		object["info"] = "an admin's"
	})
	s.Name, s.Description = "Renamed", ""
	if err := c.Update(t.Context(), made.Ref, s); err != nil {
		t.Fatal(err)
	}
	tags := fmt.Sprint(object["tags"])
	for _, want := range []string{"HideApp", "portico-key:key-1", "portico-application:" + string(s.ApplicationID), "portico-organization:org-1"} {
		if strings.Count(tags, want) != 1 {
			t.Errorf("tags %s lack %s", tags, want)
		}
	}
	state, err := c.Read(t.Context(), made.Ref)
	if err != nil || state.Name != "Renamed" || state.OrganizationID != "org-1" || state.CreatedAt == nil || object["info"] == nil || object["notes"] != nil {
		t.Errorf("read %+v, %v; %v", state, err, object)
	}
}

// TestExpiredSecret is no secret that another one could be revoked for.
func TestExpiredSecret(t *testing.T) {
	t.Parallel()
	f, c, _ := fakeTenant(t)
	made, err := c.Create(t.Context(), spec(), "key-1")
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.AddSecret(t.Context(), made.Ref)
	if err != nil {
		t.Fatal(err)
	}
	f.set(func() { f.apps[0].passwords[0]["endDateTime"] = time.Now().Add(-time.Hour) })
	infos, err := c.Secrets(t.Context(), made.Ref)
	if err != nil || len(infos) != 2 || infos[0].Active || !infos[1].Active {
		t.Errorf("%+v, %v", infos, err)
	}
	if err := c.RevokeSecret(t.Context(), made.Ref, second.ID); !portico.IsIdP(err, portico.IdPRejected) {
		t.Errorf("the last that works: %v", err)
	}
	if err := c.RevokeSecret(t.Context(), made.Ref, made.Secret.ID); err != nil {
		t.Error(err)
	}
}

// TestClouds: the credential goes to the cloud of the issuer, and an issuer of
// none is refused.
func TestClouds(t *testing.T) {
	t.Parallel()
	for issuer, hosts := range map[string]string{
		"https://login.microsoftonline.com" + v2:           "login.microsoftonline.com graph.microsoft.com",
		"https://sts.windows.net" + v1:                     "login.microsoftonline.com graph.microsoft.com",
		"https://login.microsoftonline.us" + v2:            "login.microsoftonline.us graph.microsoft.us",
		"https://login.partner.microsoftonline.cn" + v2:    "login.partner.microsoftonline.cn microsoftgraph.chinacloudapi.cn",
		"https://sts.chinacloudapi.cn" + v1:                "login.partner.microsoftonline.cn microsoftgraph.chinacloudapi.cn",
		"https://login.microsoftonline.com/common/v2.0":    "",
		"https://login.microsoftonline.com.evil.test" + v2: "",
		"https://evil.test" + v2:                           "",
		"https://login.microsoftonline.com":                "",
	} {
		var asked []string
		c, err := azuread.New(azuread.Config{Settings: idp.Settings{
			Provider: portico.Provider{Issuer: issuer}, Credential: secret.New(managerSecret),
			HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				asked = append(asked, r.URL.Host)
				body := `{"access_token":"t","token_type":"Bearer"}`
				if r.Method == http.MethodGet {
					body = `{"value":[],"@odata.nextLink":"https://evil.test/v1.0/applications?x"}`
				}
				return idptest.Answer(200, nil, body)(r, nil)
			})},
		}})

		if hosts == "" {
			if !portico.IsIdP(err, portico.IdPRejected) {
				t.Errorf("%s: %v", issuer, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.Clients(t.Context(), ""); !portico.IsIdP(err, portico.IdPUnavailable) {
			t.Errorf("%s: a list that continues elsewhere: %v", issuer, err)
		}
		if _, _, err := c.Clients(t.Context(), "/v1.0/users?x"); !portico.IsIdP(err, portico.IdPRejected) {
			t.Errorf("%s: another list's cursor: %v", issuer, err)
		}
		if got := strings.Join(asked, " "); got != hosts {
			t.Errorf("%s: %s were asked", issuer, got)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

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
	f := newFakeEntra(t)
	other := strings.ReplaceAll(tenant, "0", "1")
	for _, c := range []struct {
		name, path, rights string
		change             func(*azuread.Config)
		steps              string
		errors             []string
	}{
		{"version 2", v2, "", nil, "ok ok ok ok", nil},
		{"version 1", v1, "", nil, "ok ok ok ok", nil},
		{"version 1 without its slash", strings.TrimSuffix(v1, "/"), "", nil, "ok ok ok ok", nil},
		{"wrong secret", v2, "", func(c *azuread.Config) { c.Credential = secret.New("x") }, "ok ok ok failed", []string{"AADSTS7000215", "not its ID"}},
		{"unknown client", v2, "", func(c *azuread.Config) { c.Provider.Config.InitialClientID = "x" }, "ok ok ok failed", []string{"AADSTS700016", "Application (client) ID"}},
		{"no rights", v2, "none", nil, "ok ok ok failed", []string{"Application.ReadWrite.OwnedBy", "admin consent"}},
		{"reading only", v2, "read", nil, "ok ok ok failed", []string{"Application.ReadWrite.OwnedBy"}},
		{"no such tenant", "/" + other + "/v2.0", "", nil, "failed skipped skipped skipped", []string{"No authorization server answers", "Directory (tenant) ID"}},
	} {
		f.set(func() { f.rights = c.rights })
		var changes []func(*azuread.Config)
		if c.change != nil {
			changes = append(changes, c.change)
		}
		v, err := newClient(t, f, c.path, f.Client(), idptest.NewClock(time.Now()), changes...).Verify(t.Context())
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
		if strings.Contains(strings.Join(v.Errors, ""), "Trace ID") {
			t.Errorf("%s: %q", c.name, v.Errors)
		}
	}
	f.set(func() {
		if len(f.apps)+len(f.bin) != 0 {
			t.Error("verification left something behind")
		}
	})
}

func TestCheckScopes(t *testing.T) {
	t.Parallel()
	f := newFakeEntra(t)
	for _, s := range []struct {
		path, claim string
		scopes      []string
		warnings    []string
	}{
		{v2, "azp", []string{"api://orders/.default"}, nil},
		{v1, "appid", nil, nil},
		{v2, "appid", []string{"api://orders/.default"}, []string{"claim azp"}},
		{v1, "sub", []string{"api://orders/.default"}, []string{"claim appid"}},
		{v2, "azp", []string{"openid", "api://orders/.default"}, []string{"refuses the scope openid"}},
		{v2, "azp", []string{f.URL + "/.default"}, []string{"Microsoft Graph alone"}},
		{v2, "azp", []string{"orders.read"}, []string{"refuses orders.read", "names no API"}},
		{v2, "azp", []string{"api://a/.default", "api://b/.default"}, []string{"several APIs"}},
		{v2, "azp", nil, []string{"names no API"}},
	} {
		c := newClient(t, f, s.path, f.Client(), idptest.NewClock(time.Now()))
		wantFinding(t, "warnings", c.CheckScopes(t.Context(), portico.OIDCConfig{Scopes: s.scopes, CredentialClaim: []string{s.claim}}), s.warnings...)
	}
}

// TestTokenOnce: however much is done, one token of Graph is asked for.
func TestTokenOnce(t *testing.T) {
	t.Parallel()
	f, c, _ := fakeTenant(t)
	for i := range 5 {
		if _, err := c.Create(t.Context(), spec(), fmt.Sprint("key-", i)); err != nil {
			t.Fatal(err)
		}
	}
	if f.tokens != 1 {
		t.Errorf("%d tokens", f.tokens)
	}
	if !slices.Contains(f.log, "POST /v1.0/servicePrincipals") {
		t.Errorf("requests %q", f.log)
	}
}
