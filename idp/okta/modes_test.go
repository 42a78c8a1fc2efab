package okta_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portico"
	"portico/idp"
	"portico/idp/okta"
	"portico/idptest"
	"portico/localas/localastest"
	"portico/secret"
)

// serviceApp registers a service app with the scopes and returns its client id
// and private key.
func serviceApp(t *testing.T, as *localastest.Instance, scopes ...string) (string, secret.Text) {
	t.Helper()
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	key := jose.JSONWebKey{Key: pair, KeyID: "portico", Algorithm: "RS256", Use: "sig"}
	private, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	const clientID = "0oaportico0service001"
	manage(t, as, "/api/v1/apps", marshal(t, map[string]any{
		"name": "oidc_client", "label": "Portico", "signOnMode": "OPENID_CONNECT",
		"credentials": map[string]any{"oauthClient": map[string]any{"client_id": clientID, "token_endpoint_auth_method": "private_key_jwt"}},
		"settings": map[string]any{"oauthClient": map[string]any{
			"application_type": "service", "grant_types": []string{"client_credentials"}, "response_types": []string{"token"},
			"jwks": jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key.Public()}},
		}},
	}))
	var apps []struct{ ID, Label string }
	read(t, as, "/api/v1/apps?limit=200", &apps)
	app := apps[slices.IndexFunc(apps, func(a struct{ ID, Label string }) bool { return a.Label == "Portico" })].ID
	for _, scope := range scopes {
		manage(t, as, "/api/v1/apps/"+app+"/grants", marshal(t, map[string]any{"scopeId": scope, "issuer": as.URL}))
	}
	return clientID, secret.New(string(private))
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func read(t *testing.T, as *localastest.Instance, path string, out any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, as.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "SSWS "+as.Token.Reveal())
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(out); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v", path, res.Status, err)
	}
}

// adapter makes the adapter for a configuration.
func adapter(t *testing.T, issuer string, config portico.ProviderConfig, credential secret.Text, hc *http.Client, clock *idptest.Clock) portico.IdP {
	t.Helper()
	c, err := okta.New(idp.Settings{Provider: portico.Provider{Type: portico.ProviderOkta, Issuer: issuer, Config: config}, Credential: credential, HTTP: hc, Now: clock.Now, Wait: clock.Wait})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestModesConform: registration through either API, with an API token or as a
// service app. (The Apps API with a token is TestConformanceWithLocalAuthorizationServer.)
func TestModesConform(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode   portico.RegistrationMode
		scopes []string // of the service app; none: an API token
	}{
		"Registration":           {portico.RegistrationDCR, nil},
		"RegistrationServiceApp": {portico.RegistrationDCR, []string{"okta.clients.read", "okta.clients.register", "okta.clients.manage"}},
		"AppsServiceApp":         {portico.RegistrationApps, []string{"okta.apps.read", "okta.apps.manage"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			as := localastest.Start(t)
			addScope(t, as, "read")
			config, credential := portico.ProviderConfig{RegistrationMode: c.mode}, as.Token
			if c.scopes != nil {
				config.ServiceClientID, credential = serviceApp(t, as, c.scopes...)
			}
			o := idptest.Options{CreatePath: "/api/v1/apps", ObjectPath: "/api/v1/apps/", Steps: appSteps(), Credential: credential, Token: tokenAt(as.Issuer + "/v1/token"), Busy: busy}
			if c.mode == portico.RegistrationDCR {
				o.Steps = []idptest.Request{{Method: "POST", Path: "/oauth2/v1/clients"}}
				o.CreatePath, o.ObjectPath, o.KeysRepeat = "/oauth2/v1/clients", "/oauth2/v1/clients/", true
			}
			if c.scopes != nil {
				o.Steps = append(o.Steps, idptest.Request{Method: "POST", Path: "/oauth2/v1/token"})
			}
			idptest.Run(t, func(t *testing.T, hc *http.Client, clock *idptest.Clock) portico.IdP {
				return adapter(t, as.Issuer, config, credential, hc, clock)
			}, o)
		})
	}
}

// TestServiceAppFaults: an admin is told what to change in Okta.
func TestServiceAppFaults(t *testing.T) {
	t.Parallel()
	as := localastest.Start(t)
	id, key := serviceApp(t, as, "okta.apps.read")
	clock := idptest.NewClock(time.Now())
	c := adapter(t, as.Issuer, portico.ProviderConfig{ServiceClientID: id}, key, http.DefaultClient, clock)
	wantFinding(t, "errors", verified(t, c.(*okta.Client)).Errors, "has not been granted the scopes okta.apps.read okta.apps.manage")
	stranger := adapter(t, as.Issuer, portico.ProviderConfig{ServiceClientID: "0oanobody"}, key, http.DefaultClient, clock)
	wantFinding(t, "errors", verified(t, stranger.(*okta.Client)).Errors, "does not know the service app")
	for name, key := range map[string]string{
		"empty": "", "text": "secret", "public": `{"kty":"RSA","n":"AQAB","e":"AQAB"}`, "symmetric": `{"kty":"oct","k":"AAAA"}`,
		"other": `{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`,
	} {
		_, err := okta.New(idp.Settings{Provider: portico.Provider{Issuer: as.Issuer, Config: portico.ProviderConfig{ServiceClientID: id}}, Credential: secret.New(key)})
		if !portico.IsIdP(err, portico.IdPRejected) || key != "" && strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRegistrationsKeepWhatIsTheirs: the mark survives a change of name, and what
// an admin set stays.
func TestRegistrationsKeepWhatIsTheirs(t *testing.T) {
	t.Parallel()
	as := localastest.Start(t)
	c := adapter(t, as.Issuer, portico.ProviderConfig{RegistrationMode: portico.RegistrationDCR}, as.Token, http.DefaultClient, idptest.NewClock(time.Now()))
	s := spec("[Weather] today")
	s.Owner.OrganizationID = "019234ab-4444-7000-8000-0123456789ab"
	made, err := c.Create(t.Context(), s, "019234ab-1111-7000-8000-0123456789ab")
	if err != nil {
		t.Fatal(err)
	}
	s.Name = "Rain"
	if err := c.Update(t.Context(), made.Ref, s); err != nil {
		t.Fatal(err)
	}
	var client map[string]any
	read(t, as, "/oauth2/v1/clients/"+made.Ref.ClientID, &client)
	if client["client_name"] != "[0123456789ab] Rain" {
		t.Errorf("client_name is %q", client["client_name"])
	}
	state, err := c.Read(t.Context(), made.Ref)
	if err != nil || state.OrganizationID != s.Owner.OrganizationID || state.ApplicationID != s.ApplicationID || state.CreatedAt == nil {
		t.Errorf("read %+v, %v", state, err)
	}
	if ref, err := c.Find(t.Context(), "019234ab-1111-7000-8000-0123456789ab"); err != nil || ref != made.Ref {
		t.Errorf("found %+v, %v", ref, err)
	}
}

// TestSetUp prepares an authorization server that nobody has touched, up to the
// first token.
func TestSetUp(t *testing.T) {
	t.Parallel()
	as := localastest.Start(t)
	manage(t, as, "/api/v1/authorizationServers", `{"name":"orders","audiences":["api://orders"]}`)
	var servers []struct{ ID, Name, Issuer string }
	read(t, as, "/api/v1/authorizationServers", &servers)
	issuer := servers[slices.IndexFunc(servers, func(s struct{ ID, Name, Issuer string }) bool { return s.Name == "orders" })].Issuer
	id, key := serviceApp(t, as, "okta.apps.read", "okta.apps.manage", "okta.authorizationServers.read", "okta.authorizationServers.manage")
	c := adapter(t, issuer, portico.ProviderConfig{ServiceClientID: id}, key, http.DefaultClient, idptest.NewClock(time.Now())).(*okta.Client)
	wishes := portico.SetUpWishes{Scopes: []string{"openid", "read", "read", "write"}, Claims: [][]string{{"client_id"}, {}, {"sub"}, {"client_id"}}}
	plan, err := c.Plan(t.Context(), wishes)
	if err != nil || names(plan) != "scope read, scope write, claim client_id, policy Developer portal, rule Client credentials" {
		t.Fatalf("plan %s, %v", names(plan), err)
	}
	made, err := c.Create(t.Context(), spec("Weather"), "key-0001")
	if err != nil {
		t.Fatal(err)
	}
	token := func() error { return tokenAt(issuer+"/v1/token")(t.Context(), made.Ref.ClientID, made.Secret.Value) }
	if token() == nil {
		t.Error("the server gives tokens before it is set up")
	}
	// The answer to the third thing made is lost: the second attempt does the rest.
	as.DropResponsesTo(http.MethodPost, "/api/v1/authorizationServers/"+servers[len(servers)-1].ID+"/claims", 1)
	done, err := c.Apply(t.Context(), wishes)
	if !portico.IsIdP(err, portico.IdPAmbiguous) || names(done) != "scope read, scope write" {
		t.Fatalf("interrupted: %s, %v", names(done), err)
	}
	done, err = c.Apply(t.Context(), wishes)
	if err != nil || names(done) != "policy Developer portal, rule Client credentials" {
		t.Fatalf("applied %s, %v", names(done), err)
	}
	if again, err := c.Plan(t.Context(), wishes); err != nil || len(again) != 0 {
		t.Errorf("the second plan is %s, %v", names(again), err)
	}
	if err := token(); err != nil {
		t.Error(err)
	}
	wantFinding(t, "warnings", c.CheckScopes(t.Context(), portico.OIDCConfig{Scopes: []string{"read"}, CredentialClaim: []string{"client_id"}}))
	more, err := c.Apply(t.Context(), portico.SetUpWishes{Scopes: []string{"admin"}, Claims: [][]string{{"cid"}}})
	if err != nil || names(more) != "scope admin, rule Client credentials 2" {
		t.Errorf("another scope: %s, %v", names(more), err)
	}
	for _, claim := range [][]string{{"cid", "sub"}, {"ver"}} {
		if _, err := c.Plan(t.Context(), portico.SetUpWishes{Claims: [][]string{claim}}); !portico.IsIdP(err, portico.IdPRejected) {
			t.Errorf("claim %q: %v", claim, err)
		}
	}
	org := adapter(t, as.URL, portico.ProviderConfig{}, as.Token, http.DefaultClient, idptest.NewClock(time.Now())).(*okta.Client)
	if _, err := org.Plan(t.Context(), wishes); !portico.IsIdP(err, portico.IdPRejected) {
		t.Errorf("the organisation's own server: %v", err)
	}
	poor := adapter(t, issuer, portico.ProviderConfig{}, secret.New("nonsense"), http.DefaultClient, idptest.NewClock(time.Now())).(*okta.Client)
	if _, err := poor.Plan(t.Context(), wishes); !portico.IsIdP(err, portico.IdPDenied) || !strings.Contains(err.Error(), "API Access Management") {
		t.Errorf("a token without rights: %v", err)
	}
}

func names(steps []portico.SetUpStep) string {
	var out []string
	for _, s := range steps {
		out = append(out, s.Kind+" "+s.Name)
	}
	return strings.Join(out, ", ")
}
