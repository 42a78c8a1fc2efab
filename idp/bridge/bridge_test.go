package bridge_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/idp"
	"portico/idp/bridge"
	"portico/idptest"
	"portico/secret"
)

var (
	_ portico.IdP            = (*bridge.Client)(nil)
	_ portico.EventReceiver  = (*bridge.Client)(nil)
	_ portico.SecretReplacer = (*bridge.Replacer)(nil)
	_ portico.EventReceiver  = (*bridge.Replacer)(nil)
)

const providerID = portico.ProviderID("019234ab-2222-7000-8000-0123456789ab")

func provider(f *fakeBridge) portico.Provider {
	return portico.Provider{ID: providerID, Type: portico.ProviderHTTP, Issuer: f.URL + "/issuer", Config: portico.ProviderConfig{BaseURL: f.URL + "/dcr/"}}
}

func newClient(t *testing.T, p portico.Provider, key string, hc *http.Client, clock *idptest.Clock) portico.IdP {
	t.Helper()
	c, err := bridge.New(idp.Settings{Provider: p, Credential: secret.New(key), HTTP: hc, Now: clock.Now, Wait: clock.Wait})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func connect(t *testing.T, change func(*portico.Provider)) (*fakeBridge, portico.IdP) {
	t.Helper()
	f := newFakeBridge(t)
	p := provider(f)
	if change != nil {
		change(&p)
	}
	return f, newClient(t, p, apiKey, f.Client(), idptest.NewClock(time.Now()))
}

func TestConformance(t *testing.T) {
	t.Parallel()
	f := newFakeBridge(t)
	idptest.Run(t, func(t *testing.T, hc *http.Client, clock *idptest.Clock) portico.IdP {
		return newClient(t, provider(f), apiKey, hc, clock)
	}, idptest.Options{
		Steps:      []idptest.Request{{Method: "POST", Path: "/dcr/"}},
		CreatePath: "/dcr/", ObjectPath: "/dcr/", Credential: secret.New(apiKey), Token: f.token, Held: f.held, Unmarked: true,
	})
}

func spec() portico.ClientSpec {
	return portico.ClientSpec{
		ApplicationID: "019234ab-0000-7000-8000-0123456789ab", Name: "Weather", Description: "Tells of rain", Scopes: []string{"rain:read"},
		RedirectURIs: []string{"https://app.example/cb"}, GrantTypes: []string{"client_credentials"},
		Owner: portico.ClientOwner{
			OrganizationID: "019234ab-1111-7000-8000-000000000001", PortalID: "019234ab-1111-7000-8000-000000000002", DeveloperID: "019234ab-1111-7000-8000-000000000003",
			StrategyID: "019234ab-1111-7000-8000-000000000004", AuthMethods: []string{"client_credentials", "bearer"},
		},
	}
}

// TestApplicationOnTheWire: every member of the document, and none beside them.
func TestApplicationOnTheWire(t *testing.T) {
	t.Parallel()
	f, c := connect(t, nil)
	made, err := c.Create(t.Context(), spec(), "key-0001")
	if err != nil {
		t.Fatal(err)
	}
	if made.Secret.CreatedAt == nil || made.Secret.ExpiresAt == nil || made.Secret.ExpiresAt.Year() != 2027 || !made.Secret.Active {
		t.Errorf("made %+v", made.Secret.SecretInfo)
	}
	got := f.only(t)
	want := "map[application_description:Tells of rain auth_strategy_id:019234ab-1111-7000-8000-000000000004 client_name:Weather dcr_provider_id:019234ab-2222-7000-8000-0123456789ab " +
		"developer_id:019234ab-1111-7000-8000-000000000003 grant_types:[client_credentials bearer] organization_id:019234ab-1111-7000-8000-000000000001 portal_id:019234ab-1111-7000-8000-000000000002 " +
		"redirect_uris:[https://app.example/cb] scopes:[rain:read] token_endpoint_auth_method:client_secret_basic]"
	if fmt.Sprint(got.body) != want || got.createKey != "key-0001" {
		t.Errorf("the bridge got %v under %q", got.body, got.createKey)
	}
	bare := spec()
	bare.Description, bare.Scopes, bare.RedirectURIs = "", nil, nil
	if err := c.Delete(t.Context(), made.Ref); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(t.Context(), bare, "key-0002"); err != nil {
		t.Fatal(err)
	}
	const all = "application_description auth_strategy_id client_name dcr_provider_id developer_id grant_types organization_id portal_id redirect_uris scopes token_endpoint_auth_method"
	if got := members(f.only(t).body); got != all {
		t.Errorf("without scopes, redirect URIs and description the bridge got only %s", got)
	}
}

func TestEventsOnTheWire(t *testing.T) {
	t.Parallel()
	f, c := connect(t, nil)
	made, err := c.Create(t.Context(), spec(), "key-0001")
	if err != nil {
		t.Fatal(err)
	}
	receiver := c.(portico.EventReceiver)
	const api = portico.APIID("019234ab-3333-7000-8000-0123456789ab")
	common := "application_description application_id application_name auth_strategy_id client_id dcr_provider_id developer_id event_type organization_id portal_id"
	for _, e := range []struct {
		kind portico.ClientEventKind
		api  portico.APIID
		want string
	}{
		{portico.ApplicationUpdated, "", common + " redirect_uris"},
		{portico.RegistrationAdded, api, "api_product_version_id " + common},
		{portico.RegistrationRemoved, api, "api_product_version_id " + common},
	} {
		if err := receiver.Notify(t.Context(), portico.ClientEvent{Kind: e.kind, Ref: made.Ref, Spec: spec(), APIID: e.api}); err != nil {
			t.Fatal(err)
		}
		f.set(func() {
			last := f.events[len(f.events)-1]
			want := strings.Fields(e.want)
			slices.Sort(want)
			if last["event_type"] != string(e.kind) || last["client_id"] != made.Ref.ClientID || members(last) != strings.Join(want, " ") {
				t.Errorf("%s: the bridge got %v", e.kind, last)
			}
		})
	}
	_, silent := connect(t, func(p *portico.Provider) { p.Config.DisableEventHooks = true; p.Config.BaseURL = f.URL + "/dcr" })
	if err := silent.(portico.EventReceiver).Notify(t.Context(), portico.ClientEvent{Kind: portico.ApplicationUpdated, Ref: made.Ref, Spec: spec()}); err != nil {
		t.Error(err)
	}
	f.set(func() {
		if len(f.events) != 3 {
			t.Errorf("%d events, although hooks are switched off", len(f.events)-3)
		}
	})
	ghost := portico.ClientEvent{Kind: portico.ApplicationUpdated, Ref: portico.ClientRef{ClientID: "ghost"}, Spec: spec()}
	if err := receiver.Notify(t.Context(), ghost); !portico.IsIdP(err, portico.IdPRejected) {
		t.Errorf("an event that the bridge refuses: %v", err)
	}
}

// TestWhatABridgeCannotDo is said, and not pretended.
func TestWhatABridgeCannotDo(t *testing.T) {
	t.Parallel()
	_, c := connect(t, func(p *portico.Provider) { p.Config.DisableRefreshSecret = true })
	if _, ok := c.(portico.SecretReplacer); ok {
		t.Error("secrets are replaced although the provider switches that off")
	}
	if _, ok := c.(portico.SecretManager); ok {
		t.Error("a bridge does not list secrets")
	}
	if _, err := c.Read(t.Context(), portico.ClientRef{ClientID: "x"}); !portico.IsIdP(err, portico.IdPRejected) {
		t.Errorf("read: %v", err)
	}
	if _, err := c.Find(t.Context(), "key"); !portico.IsIdP(err, portico.IdPAmbiguous) {
		t.Errorf("find: %v", err)
	}
	for _, id := range []string{"", ".", ".."} {
		if err := c.Delete(t.Context(), portico.ClientRef{ClientID: id}); err != nil {
			t.Errorf("deleting %q: %v", id, err)
		}
	}
	caps := c.Capabilities()
	if !caps.Unfindable || caps.MaxSecrets != 1 || len(caps.Unread) != 5 {
		t.Errorf("capabilities %+v", caps)
	}
}

// TestDeletedByHand: a client that is gone is no obstacle; one that the bridge
// does not delete is.
func TestDeletedByHand(t *testing.T) {
	t.Parallel()
	f := newFakeBridge(t)
	wire := idptest.NewWire(f.Client().Transport)
	c := newClient(t, provider(f), apiKey, &http.Client{Transport: wire}, idptest.NewClock(time.Now()))
	for status, ok := range map[int]bool{200: true, 404: true, 410: true, 400: false, 500: false} {
		wire.Break(http.MethodDelete, "/dcr/x", 1000, idptest.Answer(status, nil, "{}"))
		if err := c.Delete(t.Context(), portico.ClientRef{ClientID: "x"}); (err == nil) != ok {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestAnswersThatAreNoClient(t *testing.T) {
	t.Parallel()
	f := newFakeBridge(t)
	wire := idptest.NewWire(f.Client().Transport)
	c := newClient(t, provider(f), apiKey, &http.Client{Transport: wire}, idptest.NewClock(time.Now()))
	for _, body := range []string{"null", "{}", `{"client_id":"x"}`, `{"client_secret":"y"}`, `{"client_id":"..","client_secret":"y"}`, `{"client_id":7,"client_secret":"y"}`} {
		wire.Break(http.MethodPost, "/dcr/", 1000, idptest.Answer(201, nil, body))
		if _, err := c.Create(t.Context(), spec(), "key-0001"); !portico.IsIdP(err, portico.IdPAmbiguous) {
			t.Errorf("create %s: %v", body, err)
		}
		if _, err := c.(portico.SecretReplacer).ReplaceSecret(t.Context(), portico.ClientRef{ClientID: "x"}); !portico.IsIdP(err, portico.IdPAmbiguous) {
			t.Errorf("replace %s: %v", body, err)
		}
	}
	for _, status := range []int{200, 202} {
		wire.Break(http.MethodPost, "/dcr/", 1, idptest.Answer(status, nil, `{"client_id":"x","client_secret":"y","client_id_issued_at":1772362800,"client_secret_expires_at":0}`))
		made, err := c.Create(t.Context(), spec(), "key-0001")
		if err != nil || made.Secret.CreatedAt.Year() != 2026 || made.Secret.ExpiresAt != nil {
			t.Errorf("%d: %+v, %v", status, made, err)
		}
	}
	wire.Break(http.MethodPost, "/dcr/", 1, idptest.Answer(404, nil, "not here"))
	if _, err := c.Create(t.Context(), spec(), "key-0001"); !portico.IsIdP(err, portico.IdPDenied) || !strings.Contains(err.Error(), "dcr_base_url") {
		t.Errorf("a wrong address: %v", err)
	}
}

// TestRefusalsAreExplained, whatever shape they have, and without the key.
func TestRefusalsAreExplained(t *testing.T) {
	t.Parallel()
	f, c := connect(t, nil)
	f.set(func() { f.verbose = true })
	_, err := c.Create(t.Context(), spec(), "key-0001")
	if !portico.IsIdP(err, portico.IdPRejected) || !strings.Contains(err.Error(), "client_name is too short; key [redacted]") || strings.Contains(err.Error(), apiKey) {
		t.Error(err)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	f := newFakeBridge(t)
	for name, c := range map[string]struct {
		change  func(*portico.Provider)
		key     string
		errors  []string
		warning string
	}{
		"sound":        {key: apiKey},
		"wrong key":    {key: "wrong_api_key_0123", errors: []string{"refused the API key"}},
		"wrong path":   {change: func(p *portico.Provider) { p.Config.BaseURL = f.URL + "/elsewhere" }, key: apiKey, warning: "answers 404"},
		"wrong issuer": {change: func(p *portico.Provider) { p.Issuer = f.URL + "/nobody" }, key: apiKey, errors: []string{"No authorization server answers"}},
		"no bridge":    {change: func(p *portico.Provider) { p.Config.BaseURL = "http://127.0.0.1:1/" }, key: apiKey, errors: []string{"could not be tried"}},
	} {
		p := provider(f)
		if c.change != nil {
			c.change(&p)
		}
		v, err := newClient(t, p, c.key, f.Client(), idptest.NewClock(time.Now())).Verify(t.Context())
		if err != nil || len(v.Errors) != len(c.errors) || len(v.Checks) != 4 {
			t.Errorf("%s: %+v, %v", name, v, err)
			continue
		}
		for i, want := range c.errors {
			if !strings.Contains(v.Errors[i], want) || strings.Contains(v.Errors[i], c.key) {
				t.Errorf("%s: %s", name, v.Errors[i])
			}
		}
		if (c.warning != "") != (len(v.Warnings) == 1) || c.warning != "" && !strings.Contains(v.Warnings[0], c.warning) {
			t.Errorf("%s: warnings %q", name, v.Warnings)
		}
	}
	if len(f.held()) != 0 {
		t.Error("verifying left clients behind")
	}
}

func TestNewRefusesWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "bridge", "ftp://bridge.example", "https://", "https://me:pw@bridge.example", "https://bridge.example/?code=1", "https://bridge.example/#x", "https://bridge.example/../x", "://"} {
		p := portico.Provider{Config: portico.ProviderConfig{BaseURL: base}}
		if _, err := bridge.New(idp.Settings{Provider: p, Credential: secret.New("x")}); !portico.IsIdP(err, portico.IdPRejected) {
			t.Errorf("address %q: %v", base, err)
		}
	}
}
