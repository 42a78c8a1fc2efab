package auth0_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/idp"
	"portico/idp/auth0"
	"portico/idptest"
	"portico/oauth"
	"portico/secret"
)

var (
	_ portico.IdP            = (*auth0.Client)(nil)
	_ portico.SecretReplacer = (*auth0.Client)(nil)
	_ portico.ClientLister   = (*auth0.Client)(nil)
	_ portico.ScopeChecker   = (*auth0.Client)(nil)
)

// newClient makes an adapter; the configuration may be changed first.
func newClient(t *testing.T, issuer string, hc *http.Client, clock *idptest.Clock, change ...func(*idp.Settings)) *auth0.Client {
	t.Helper()
	cfg := idp.Settings{
		Provider:   portico.Provider{Type: portico.ProviderAuth0, Issuer: issuer, Config: portico.ProviderConfig{InitialClientID: managerID}},
		Credential: secret.New(managerSecret), HTTP: hc, Now: clock.Now, Wait: clock.Wait,
	}
	for _, c := range change {
		c(&cfg)
	}
	c, err := auth0.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func fakeTenant(t *testing.T, change ...func(*idp.Settings)) (*fakeAuth0, *auth0.Client) {
	f := newFakeAuth0(t)
	return f, newClient(t, f.URL, f.Client(), idptest.NewClock(time.Now()), change...)
}

func managed(c *idp.Settings) { c.Provider.Config.UseDeveloperManagedScopes = true }

// tokenOf asks for a client's token and verifies it as a gateway does. A client
// without a grant is told from a wrong secret by Auth0's answer.
func tokenOf(f *fakeAuth0, audience string) func(context.Context, string, secret.Text) error {
	providers := oauth.NewProviders(f.Client(), time.Now, slogDiscard())
	return func(ctx context.Context, clientID string, value secret.Text) error {
		p := providers.Provider(f.URL)
		token, err := p.ClientCredentials(ctx, oauth.Grant{ClientID: clientID, Secret: value, Extra: map[string]string{"audience": audience}})
		if e, ok := errors.AsType[*oauth.Error](err); ok && strings.Contains(e.Description, "not authorized to access") {
			return nil // it was the client: what it may have is another matter
		}
		if err != nil {
			return err
		}
		claims, err := p.Verify(ctx, token.Access, oauth.Expectation{Audiences: []string{audience}})
		if azp, _ := claims.Path([]string{"azp"}); err == nil && azp != clientID {
			return fmt.Errorf("azp is %q", azp)
		}
		return err
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	f := newFakeAuth0(t)
	idptest.Run(t, func(t *testing.T, hc *http.Client, clock *idptest.Clock) portico.IdP {
		return newClient(t, f.URL+"/", hc, clock)
	}, idptest.Options{
		CreatePath: "/api/v2/clients", ObjectPath: "/api/v2/clients/", UpdateMethod: http.MethodPatch, KeysRepeat: true, Audience: ordersAPI,
		Steps:      []idptest.Request{{Method: http.MethodPost, Path: "/oauth/token"}, {Method: http.MethodPost, Path: "/api/v2/clients"}, {Method: http.MethodPost, Path: "/api/v2/client-grants"}},
		Credential: secret.New(managerSecret), Token: tokenOf(f, ordersAPI),
		Busy: func(now, end time.Time) http.Header {
			return http.Header{
				"Date": {now.UTC().Format(http.TimeFormat)}, "X-Ratelimit-Limit": {"50"}, "X-Ratelimit-Remaining": {"0"},
				"X-Ratelimit-Reset": {strconv.FormatInt(end.Unix(), 10)},
			}
		},
	})
}

func spec(scopes ...string) portico.ClientSpec {
	return portico.ClientSpec{
		ApplicationID: portico.ApplicationID(portico.NewRandomID()), Name: "Orders", Description: strings.Repeat("ä", 200), GrantTypes: []string{"client_credentials"},
		Scopes: scopes, Audience: ordersAPI,
		Owner: portico.ClientOwner{OrganizationID: "org-1", PortalID: "portal-1", DeveloperID: "dev-1", StrategyID: "strategy-1"},
	}
}

// TestGrant: a client is let have tokens for the strategy's audience, with its
// scopes; what an admin granted beside them stays.
func TestGrant(t *testing.T) {
	t.Parallel()
	f, c := fakeTenant(t)
	s := spec("openid", "orders:read")
	made, err := c.Create(t.Context(), s, "key-1")
	if err != nil {
		t.Fatal(err)
	}
	if got := f.grantOf(made.Ref.ClientID); !slices.Equal(got, []string{"orders:read"}) {
		t.Errorf("granted %q", got)
	}
	if err := tokenOf(f, ordersAPI)(t.Context(), made.Ref.ClientID, made.Secret.Value); err != nil {
		t.Error(err)
	}
	f.set(func() { f.grants[0].Scope = []string{"orders:admin"} })
	if err := c.Update(t.Context(), made.Ref, s); err != nil {
		t.Fatal(err)
	}
	if got := f.grantOf(made.Ref.ClientID); !slices.Equal(got, []string{"orders:admin", "orders:read"}) {
		t.Errorf("after the update %q is granted", got)
	}
	f.set(func() { f.grants = nil })
	if err := c.Update(t.Context(), made.Ref, s); err != nil || f.grantOf(made.Ref.ClientID) == nil {
		t.Errorf("a grant that was removed is not made again: %v", err)
	}
	for what, change := range map[string]func(*portico.ClientSpec){
		"unknown scope":    func(s *portico.ClientSpec) { s.Scopes = []string{"orders:cancel"} },
		"unknown audience": func(s *portico.ClientSpec) { s.Audience = "https://nobody.example" },
	} {
		s := spec("orders:read")
		change(&s)
		if _, err := c.Create(t.Context(), s, "key-"+what); !portico.IsIdP(err, portico.IdPRejected) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := c.Find(t.Context(), "key-"+what); !portico.IsIdP(err, portico.IdPNotFound) {
			t.Errorf("%s: half a client is left: %v", what, err)
		}
	}
}

// TestDeveloperManagedScopes: the grant is what the developer chose, and a
// scope that the API does not define is refused by its name.
func TestDeveloperManagedScopes(t *testing.T) {
	t.Parallel()
	f, c := fakeTenant(t, managed)
	s := spec("orders:read", "orders:write")
	made, err := c.Create(t.Context(), s, "key-1")
	if err != nil {
		t.Fatal(err)
	}
	s.Scopes = []string{"orders:write"}
	if err := c.Update(t.Context(), made.Ref, s); err != nil {
		t.Fatal(err)
	}
	if got := f.grantOf(made.Ref.ClientID); !slices.Equal(got, []string{"orders:write"}) {
		t.Errorf("granted %q", got)
	}
	s.Scopes = []string{"orders:cancel", "orders:read"}
	err = c.Update(t.Context(), made.Ref, s)
	if !portico.IsIdP(err, portico.IdPRejected) || !strings.Contains(err.Error(), "scopes orders:cancel") {
		t.Errorf("a scope that is not defined: %v", err)
	}
	s.Audience = "https://nobody.example"
	if _, err := c.Create(t.Context(), s, "key-2"); !portico.IsIdP(err, portico.IdPRejected) || !strings.Contains(err.Error(), "nobody.example") {
		t.Errorf("an API that is not there: %v", err)
	}
}

// TestMetadata: who owns a client is written where Konnect writes it, and
// settings that an admin made stay.
func TestMetadata(t *testing.T) {
	t.Parallel()
	f, c := fakeTenant(t)
	s := spec()
	s.Name = "<b>Orders</b>"
	made, err := c.Create(t.Context(), s, "key-1")
	if err != nil {
		t.Fatal(err)
	}
	object := f.clients[1].object
	want := map[string]any{
		"konnect_application_id": string(s.ApplicationID), "konnect_org_id": "org-1", "konnect_portal_id": "portal-1", "konnect_developer_id": "dev-1",
		"portico_create_key": "key-1", "portico_name": "<b>Orders</b>",
	}
	if got, _ := json.Marshal(object["client_metadata"]); string(got) != marshal(t, want) {
		t.Errorf("metadata %s", got)
	}
	f.set(func() {
		object["client_metadata"].(map[string]any)["team"] = "blue"
		object["logo_uri"] = "https://logo.example"
	})
	s.Name = "Orders"
	if err := c.Update(t.Context(), made.Ref, s); err != nil {
		t.Fatal(err)
	}
	metadata := object["client_metadata"].(map[string]any)
	if metadata["team"] != "blue" || metadata["portico_create_key"] != "key-1" || metadata["portico_name"] != nil || object["logo_uri"] == nil {
		t.Errorf("after the update: %v", object)
	}
	f.set(func() { object["name"] = "Renamed by an admin" })
	state, err := c.Read(t.Context(), made.Ref)
	if err != nil || state.Name != "Renamed by an admin" || state.OrganizationID != "org-1" {
		t.Errorf("read %+v, %v", state, err)
	}
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTokenIsBilled: however much is done, one management token is asked for.
func TestTokenIsBilled(t *testing.T) {
	t.Parallel()
	f, c := fakeTenant(t)
	for i := range 5 {
		if _, err := c.Create(t.Context(), spec(), fmt.Sprint("key-", i)); err != nil {
			t.Fatal(err)
		}
	}
	if f.tokens != 1 {
		t.Errorf("%d tokens", f.tokens)
	}
}

// TestSecretNotShown: without the permission to read secrets nothing is left
// half done without a word.
func TestSecretNotShown(t *testing.T) {
	t.Parallel()
	f, c := fakeTenant(t)
	made, err := c.Create(t.Context(), spec(), "key-1")
	if err != nil {
		t.Fatal(err)
	}
	f.set(func() { f.permissions = strings.ReplaceAll(f.permissions, "read:client_keys", "") })
	_, err = c.ReplaceSecret(t.Context(), made.Ref)
	if !portico.IsIdP(err, portico.IdPAmbiguous) || !strings.Contains(err.Error(), "read:client_keys") {
		t.Errorf("got %v", err)
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	f := newFakeAuth0(t)
	clock, wire := idptest.NewClock(time.Now()), idptest.NewWire(f.Client().Transport)
	c := newClient(t, f.URL, &http.Client{Transport: wire}, clock)
	reset := fmt.Sprint(clock.Now().Add(40 * time.Second).Unix())
	wire.Break(http.MethodGet, "/api/v2/clients", 1, idptest.Answer(429, http.Header{"X-Ratelimit-Limit": {"50"}, "X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {reset}},
		`{"statusCode":429,"error":"Too Many Requests","message":"Global limit has been reached","errorCode":"too_many_requests"}`))
	_, err := c.Read(t.Context(), portico.ClientRef{ClientID: "global"})
	e, _ := errors.AsType[*portico.IdPError](err)
	if e == nil || e.Kind != portico.IdPUnavailable || e.RetryAfter < 39*time.Second || e.RetryAfter > 42*time.Second {
		t.Fatalf("got %#v", e)
	}
	_ = clock.Wait(t.Context(), e.RetryAfter)
	if _, err := c.Read(t.Context(), portico.ClientRef{ClientID: "global"}); err != nil {
		t.Error(err)
	}
}

func TestIssuerThatCannotBe(t *testing.T) {
	t.Parallel()
	for _, issuer := range []string{"", "ftp://x", "https://tenant.auth0.com/?x=1", "http://tenant.auth0.com"} {
		_, err := auth0.New(idp.Settings{Provider: portico.Provider{Issuer: issuer}})
		if !portico.IsIdP(err, portico.IdPRejected) {
			t.Errorf("%q: %v", issuer, err)
		}
	}
	if _, _, err := newClient(t, "https://tenant.auth0.com", nil, idptest.NewClock(time.Now())).Clients(t.Context(), "x"); !portico.IsIdP(err, portico.IdPRejected) {
		t.Errorf("a cursor of no list: %v", err)
	}
}

// TestCredentialStays: the secret goes to the issuer's host and nowhere else.
func TestCredentialStays(t *testing.T) {
	t.Parallel()
	f := newFakeAuth0(t)
	home, err := url.Parse(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, f.URL, &http.Client{Transport: onlyTo{t, home.Host, f.Client().Transport}}, idptest.NewClock(time.Now()))
	if _, err := c.Create(t.Context(), spec("orders:read"), "key-1"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestFindAmongOthersThatGo: a client moves to a page that was read already when
// another is removed meanwhile, and is found all the same.
func TestFindAmongOthersThatGo(t *testing.T) {
	t.Parallel()
	f := newFakeAuth0(t)
	wire := idptest.NewWire(f.Client().Transport)
	c := newClient(t, f.URL, &http.Client{Transport: wire}, idptest.NewClock(time.Now()))
	var made []portico.Client
	for i := range f.pageSize + 1 {
		client, err := c.Create(t.Context(), portico.ClientSpec{ApplicationID: "a", Name: "Shop"}, fmt.Sprintf("key-%d", i))
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, client)
	}
	wire.Break(http.MethodGet, "/api/v2/clients", 1, func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		res, err := next.RoundTrip(r)
		if err := c.Delete(t.Context(), made[0].Ref); err != nil {
			t.Error(err)
		}
		return res, err
	})
	if ref, err := c.Find(t.Context(), fmt.Sprintf("key-%d", f.pageSize)); err != nil || ref != made[f.pageSize].Ref {
		t.Errorf("found %+v, %v", ref, err)
	}
}
