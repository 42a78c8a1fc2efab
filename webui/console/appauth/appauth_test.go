package appauth_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"portico"
	"portico/access"
	"portico/control"
	"portico/idp/dcr/dcrtest"
	"portico/secret"
	"portico/webtest"
	"portico/webui/console/appauth"
	"portico/webui/consoletest"
)

const (
	providers  = "/application-auth/providers"
	strategies = "/application-auth/strategies"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newHouse(t testing.TB) *consoletest.House {
	t.Helper()
	return consoletest.New(t, appauth.Routes)
}

func okta(t testing.TB, h *consoletest.House, name string) control.ProviderView {
	t.Helper()
	made, err := h.Providers.Create(t.Context(), control.NewProvider{Name: name, Type: portico.ProviderOkta, Issuer: h.Okta.Issuer, Secret: h.Okta.Token})
	must(t, err)
	return made
}

func dcr(t testing.TB, h *consoletest.House, name string, provider portico.ProviderID) control.StrategyView {
	t.Helper()
	made, err := h.Strategies.Create(t.Context(), control.NewStrategy{Name: name, DisplayName: "Okta", ProviderID: &provider, Labels: map[string]string{"team": "a"},
		OIDC: json.RawMessage(`{"issuer":"` + h.Okta.Issuer + `","scopes":["orders:read"],"credential_claim":["cid"],"auth_methods":["bearer","client_credentials"],"cache_tokens":false,"leeway":5}`)})
	must(t, err)
	return made
}

// publish publishes an API with the strategy.
func publish(t testing.TB, h *consoletest.House, s portico.StrategyID) control.APIView {
	t.Helper()
	portal, err := h.Portals.Create(t.Context(), control.PortalFields{Name: portico.Some("Developers")})
	must(t, err)
	api, err := h.APIs.Create(t.Context(), control.NewAPI{Name: "Orders"})
	must(t, err)
	_, err = h.Publications.Put(t.Context(), api.ID, portal.ID, control.PublicationFields{StrategyID: portico.Some(s)})
	must(t, err)
	return api
}

func TestAProviderIsMadeTestedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.As(t, "en")
	admin.Get("/application-auth").Is(200, strategies)
	admin.Get(providers).Is(200, providers).Says("Application Auth", "Auth Strategy", "DCR Providers", "No DCR provider yet")
	form := admin.Get(providers+"/new").Is(200, providers).Says("New DCR Provider", "Developers never see it", "Issuer URL", "DCR Token", "Provider Type", "Cannot be used yet")

	token := h.Okta.Token.Reveal()
	filled := url.Values{"name": {"DCR Okta"}, "type": {"okta"}, "issuer": {h.Okta.Issuer}, "token": {token}, "display_name": {"Company sign-in"}, "labels": {"team=payments, env=prod"}}
	with := func(name, value string) url.Values {
		out := url.Values{name: {value}}
		for key, values := range filled {
			if key != name {
				out[key] = values
			}
		}
		return out
	}
	form.Submit("/new", with("view", "test")).Is(200, providers).Says("The issuer answers", "It publishes signing keys", "The token may register clients", "All good").Hides(token)
	form.Submit("/new", url.Values{"issuer": {h.Okta.Issuer}, "token": {"wrong"}, "view": {"test"}}).Is(200, providers).Says("Okta refused the DCR token", "Failed")
	form.Submit("/new", url.Values{"issuer": {strings.Replace(h.Okta.Issuer, "/oauth2", "", 1)}, "token": {token}, "view": {"test"}}).Is(200, providers).Says("/oauth2/ is missing")
	form.Submit("/new", url.Values{"issuer": {h.Okta.Issuer}, "view": {"test"}}).Is(422, providers).Says("Fill in this field")
	if found, err := h.Providers.List(t.Context(), portico.Everything()); err != nil || found.Total != 0 {
		t.Fatalf("testing has saved %d providers, %v", found.Total, err)
	}

	call := h.Run(t, form.Submit("/new", with("view", "call")).Is(200, providers).Hides(token), "DCR_TOKEN="+token)
	if call.Status != 201 {
		t.Fatalf("the call answers %d %v", call.Status, call.Body)
	}
	form.Submit("/new", filled).Is(200, providers).Says("DCR Okta is saved", h.Okta.Issuer, "Not in use", "0 strategies", "Company sign-in").Hides(token)
	found, err := h.Providers.List(t.Context(), portico.Everything())
	must(t, err)
	if len(found.Items) != 2 {
		t.Fatalf("there are %d providers", len(found.Items))
	}
	byCall, byForm := found.Items[0], found.Items[1]
	if byCall.Name != byForm.Name || byCall.Issuer != byForm.Issuer || byCall.Type != byForm.Type || len(byForm.Labels) != 2 || byForm.Labels["env"] != byCall.Labels["env"] || *byForm.DisplayName != "Company sign-in" || *byCall.DisplayName != *byForm.DisplayName {
		t.Errorf("the form makes %+v, its call %+v", byForm.Provider, byCall.Provider)
	}
	for _, p := range found.Items {
		if v, err := h.Doctor.Verify(t.Context(), p.ID); err != nil || len(v.Errors) > 0 {
			t.Errorf("the token is not what was typed: %v %v", v.Errors, err)
		}
	}
	editProvider(t, h, admin, byForm.ID)
}

func editProvider(t *testing.T, h *consoletest.House, admin *webtest.Client, id portico.ProviderID) {
	t.Helper()
	path := providers + "/" + string(id)
	page := admin.Get(path).Is(200, path).Says("Stored on 2 Nov 2026 by " + h.Admin.Email + ". Enter a new value to replace it").Hides(h.Okta.Token.Reveal())
	page.Submit(path, url.Values{"view": {"test"}}).Is(200, path).Says("All good")
	// The stored token goes to no other issuer.
	page.Submit(path, url.Values{"issuer": {"https://evil.example/oauth2/default"}, "view": {"test"}}).Is(422, path).Says("the stored one is sent to the stored issuer only")
	page.Submit(path, url.Values{"display_name": {""}}).Is(422, path).Fault("display_name")
	change := url.Values{"name": {"Renamed"}, "display_name": {"Sign-in"}, "labels": {"team=orders"}}
	seen := page.Submit(path, url.Values{"name": {"Renamed"}, "display_name": {"Sign-in"}, "labels": {"team=orders"}, "view": {"call"}}).Is(200, path)
	page.Submit(path, change).Is(200, path).Says("Renamed is saved")
	byForm, err := h.Providers.ByID(t.Context(), id)
	must(t, err)
	if byForm.Name != "Renamed" || *byForm.DisplayName != "Sign-in" || len(byForm.Labels) != 1 || byForm.Labels["team"] != "orders" {
		t.Errorf("saved as %+v", byForm.Provider)
	}
	if v, err := h.Doctor.Verify(t.Context(), id); err != nil || len(v.Errors) > 0 {
		t.Errorf("an empty token field has changed the token: %v %v", v.Errors, err)
	}
	if answer := h.Run(t, seen); answer.Status != 200 || answer.Body["name"] != "Renamed" || answer.Body["display_name"] != "Sign-in" || len(answer.Body["labels"].(map[string]any)) != 1 {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	s := dcr(t, h, "Okta strategy", id)
	admin.Get(path+"/delete").Is(200, path).Says("Renamed is in use", "Okta strategy")
	admin.Post(path+"/delete", url.Values{}).Is(409, path).Says("used by 1 auth strategies", "nothing was deleted")
	must(t, h.Strategies.Delete(t.Context(), s.ID))
	confirm := admin.Get(path+"/delete").Is(200, path).Says("are removed from Portico", "its stored token")
	removal := confirm.Submit("/delete", url.Values{"view": {"call"}}).Is(200, path)
	confirm.Submit("/delete", url.Values{}).Is(200, providers).Says("Renamed is deleted")
	if answer := h.Run(t, removal); answer.Status != 404 {
		t.Errorf("the call to delete it once more answers %d", answer.Status)
	}
}

func TestFaultsOfAProvider(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	form := h.As(t, "en").Get(providers + "/new")
	for field, values := range map[string]url.Values{
		"name":   {"name": {" "}},
		"type":   {"type": {"curity"}},
		"issuer": {"issuer": {"ftp://x"}},
		"token":  {"token": {""}},
		"labels": {"labels": {"kong-x=y"}},
	} {
		sent := url.Values{"name": {"A"}, "type": {"okta"}, "issuer": {h.Okta.Issuer}, "token": {"t"}}
		for name, value := range values {
			sent[name] = value
		}
		form.Submit("/new", sent).Is(422, providers).Fault(field)
	}
	for _, labels := range []string{"a", "a=", "a=b a=c", "_a=b", "a=-b", strings.Repeat("k", 64) + "=v"} {
		form.Submit("/new", url.Values{"name": {"A"}, "issuer": {h.Okta.Issuer}, "token": {"t"}, "labels": {labels}}).Is(422, providers).Fault("labels")
	}
	if found, err := h.Providers.List(t.Context(), portico.Everything()); err != nil || found.Total != 0 {
		t.Errorf("%d were saved, %v", found.Total, err)
	}
}

func TestAStrategyIsMadeChangedAndDeleted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	provider := okta(t, h, "DCR Okta")
	admin := h.As(t, "en")
	admin.Get(strategies).Is(200, strategies).Says("No auth strategy yet")
	form := admin.Get(strategies+"/new").Is(200, strategies).Says("New Auth Strategy", "Display name", "Visible in the portal", "Auth Type", "DCR Provider", "DCR Okta", "Issuer URL", "Scopes", "Claims", "Auth Methods",
		"client_credentials", "bearer", "session", "Avoid openid with client credentials; with no scopes, openid is the default")
	if !strings.Contains(form.Body, `value="`+h.Okta.Issuer+`"`) {
		t.Error("the issuer is not prefilled")
	}
	filled := url.Values{"name": {"Okta auth strategy"}, "display_name": {"Okta"}, "auth_type": {"dcr"}, "provider": {string(provider.ID)}, "scopes": {"openid, orders:read"}, "credential_claim": {"cid"},
		"auth_methods": {"client_credentials", "bearer"}, "advanced": {`{"cache_tokens": false, "audience_required": ["api"], "x": {"y": [1.0]}}`}, "labels": {"team=a"}}
	form.Submit("/new", withView(filled, "preview")).Is(200, strategies).Says("How developers see it", "Okta", "A client ID and a client secret are issued", "Avoid openid with client credentials: Okta")
	answer := h.Run(t, form.Submit("/new", withView(filled, "call")).Is(200, strategies))
	if answer.Status != 201 {
		t.Fatalf("the call answers %d %v", answer.Status, answer.Body)
	}
	form.Submit("/new", filled).Is(200, strategies).Says("Okta auth strategy is saved", "orders:read", "client_credentials", "0 APIs", "DCR")
	found, err := h.Strategies.List(t.Context(), portico.Everything())
	must(t, err)
	byCall, byForm := found.Items[0], found.Items[1]
	if compact(t, byCall.OIDC.Raw) != compact(t, byForm.OIDC.Raw) || *byCall.ProviderID != *byForm.ProviderID || byCall.DisplayName != byForm.DisplayName || byCall.Labels["team"] != "a" || byForm.Labels["team"] != "a" {
		t.Errorf("the form makes %+v, its call %+v", byForm, byCall)
	}
	if want := `{"audience_required":["api"],"auth_methods":["client_credentials","bearer"],"cache_tokens":false,"credential_claim":["cid"],"issuer":"` + h.Okta.Issuer + `","scopes":["openid","orders:read"],"x":{"y":[1.0]}}`; compact(t, byForm.OIDC.Raw) != want {
		t.Errorf("saved as %s", byForm.OIDC.Raw)
	}

	path := strategies + "/" + string(byForm.ID)
	page := admin.Get(path).Is(200, path).Says("Nothing uses it yet")
	change := url.Values{"scopes": {"orders:write"}, "advanced": {""}, "labels": {""}}
	seen := page.Submit(path, withView(change, "call")).Is(200, path)
	page.Submit(path, change).Is(200, strategies).Says("is saved", "orders:write")
	changed, err := h.Strategies.ByID(t.Context(), byForm.ID)
	must(t, err)
	if want := `{"auth_methods":["client_credentials","bearer"],"credential_claim":["cid"],"issuer":"` + h.Okta.Issuer + `","scopes":["orders:write"]}`; string(changed.OIDC.Raw) != want || len(changed.Labels) != 0 {
		t.Errorf("saved as %s %v", changed.OIDC.Raw, changed.Labels)
	}
	if answer := h.Run(t, seen); answer.Status != 201 || answer.Body["name"] != "Okta auth strategy" {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	publish(t, h, byForm.ID)
	admin.Get(strategies).Says("1 API")
	admin.Get(path+"/delete").Is(200, path).Says("is in use", "Orders, published to Developers")
	admin.Post(path+"/delete", url.Values{}).Is(409, path).Says("used by 1 published APIs", "nothing was deleted")
	other := strategies + "/" + string(byCall.ID) + "/delete"
	admin.Get(other).Submit("/delete", url.Values{}).Is(200, strategies).Says("is deleted")
}

func compact(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var out bytes.Buffer
	must(t, json.Compact(&out, raw))
	return out.String()
}

func withView(values url.Values, view string) url.Values {
	out := url.Values{"view": {view}}
	for name, value := range values {
		out[name] = value
	}
	return out
}

func TestKeyAuthAndOpenIDConnect(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	form := h.As(t, "en").Get(strategies + "/new")
	keys := url.Values{"name": {"Keys"}, "display_name": {"API key"}, "auth_type": {"key_auth"}, "key_names": {"x-api-key, apikey"}, "ttl_value": {"12"}, "ttl_unit": {"weeks"}}
	oidc := url.Values{"name": {"Own clients"}, "display_name": {"Company login"}, "auth_type": {"openid_connect"}, "issuer": {"https://id.example/o"}, "scopes": {""}, "credential_claim": {""}, "auth_methods": {"bearer"}}
	for _, filled := range []url.Values{keys, oidc} {
		if answer := h.Run(t, form.Submit("/new", withView(filled, "call")).Is(200, strategies)); answer.Status != 201 {
			t.Fatalf("the call answers %d %v", answer.Status, answer.Body)
		}
		form.Submit("/new", filled).Is(200, strategies).Says("is saved")
	}
	form.Submit("/new", withView(oidc, "preview")).Says("With no scopes, openid is the default")
	found, err := h.Strategies.List(t.Context(), portico.ListQuery{Size: 9, Number: 1, Sort: []portico.Sort{{Field: "created_at"}, {Field: "name"}}})
	must(t, err)
	for _, s := range found.Items {
		switch {
		case s.Name == "Keys" && (s.KeyAuth == nil || strings.Join(s.KeyAuth.KeyNames, " ") != "x-api-key apikey" || *s.KeyAuth.TTL != portico.TTL{Value: 12, Unit: "weeks"}):
			t.Errorf("keys: %+v", s.KeyAuth)
		case s.Name == "Own clients" && (s.OIDC == nil || s.ProviderID != nil || s.OIDC.Issuer != "https://id.example/o" || s.OIDC.Scopes == nil):
			t.Errorf("OpenID Connect: %+v", s.OIDC)
		}
		path := strategies + "/" + string(s.ID)
		page := h.As(t, "ja").Get(path).Is(200, path)
		page.Submit(path, url.Values{"display_name": {"Other"}}).Is(200, strategies)
		after, err := h.Strategies.ByID(t.Context(), s.ID)
		must(t, err)
		before, _ := json.Marshal([]any{s.KeyAuth, s.OIDC, s.ProviderID})
		now, _ := json.Marshal([]any{after.KeyAuth, after.OIDC, after.ProviderID})
		if after.DisplayName != "Other" || string(before) != string(now) {
			t.Errorf("a change of the name made %s of %s", now, before)
		}
	}
}

func TestFaultsOfAStrategy(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	provider := okta(t, h, "DCR Okta")
	form := h.As(t, "en").Get(strategies + "/new")
	for _, test := range []struct {
		field  string
		values url.Values
	}{
		{"name", url.Values{"name": {""}}},
		{"display_name", url.Values{"display_name": {strings.Repeat("x", 257)}}},
		{"auth_type", url.Values{"auth_type": {"okta"}}},
		{"provider", url.Values{"provider": {"00000000-0000-4000-8000-000000000000"}}},
		{"auth_methods", url.Values{"auth_methods": nil}},
		{"auth_methods", url.Values{"auth_methods": {"session"}}},
		{"auth_methods", url.Values{"auth_methods": {"password"}}},
		{"scopes", url.Values{"scopes": {strings.Repeat("s", 129)}}},
		{"credential_claim", url.Values{"credential_claim": {"1 2 3 4 5 6 7 8 9 10 11"}}},
		{"advanced", url.Values{"advanced": {"{\n\n\"a\": }"}}},
		{"advanced", url.Values{"advanced": {"null"}}},
		{"advanced", url.Values{"advanced": {`{"scopes":["a"]}`}}},
		{"advanced", url.Values{"advanced": {`{"leeway":1000}`}}},
		{"advanced", url.Values{"advanced": {`{"cache_tokens":"no"}`}}},
		{"advanced", url.Values{"advanced": {`{"upstream_access_token_header":"a b"}`}}},
		{"issuer", url.Values{"auth_type": {"openid_connect"}, "issuer": {"id.example"}}},
		{"key_names", url.Values{"auth_type": {"key_auth"}, "key_names": {"a:b"}}},
		{"ttl_value", url.Values{"auth_type": {"key_auth"}, "ttl_value": {"101"}, "ttl_unit": {"years"}}},
		{"ttl_value", url.Values{"auth_type": {"key_auth"}, "ttl_value": {"x"}}},
	} {
		sent := url.Values{"name": {"A"}, "display_name": {"B"}, "auth_type": {"dcr"}, "provider": {string(provider.ID)}, "scopes": {"a"}, "credential_claim": {"cid"}, "auth_methods": {"bearer"}}
		for name, value := range test.values {
			sent[name] = value
		}
		if answer := form.Submit("/new", sent).Fault(test.field); answer.Status != 422 && answer.Status != 400 {
			t.Errorf("%v: answered %d", test.values, answer.Status)
		}
	}
	form.Submit("/new", url.Values{"name": {"A"}, "display_name": {"B"}, "advanced": {"{\n\n\"a\": }"}}).Says("look at line 3")
	if found, err := h.Strategies.List(t.Context(), portico.Everything()); err != nil || found.Total != 0 {
		t.Errorf("%d were saved, %v", found.Total, err)
	}
}

func TestWhoMayWhat(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	seen, hidden := okta(t, h, "Seen provider"), okta(t, h, "Hidden provider")
	s := dcr(t, h, "Strategy of it", seen.ID)
	must(t, func() error {
		_, err := h.Providers.Create(t.Context(), control.NewProvider{Name: "Entra", Type: portico.ProviderAzureAD, Issuer: "https://login.example/x", Secret: secret.New("s"), Config: portico.ProviderConfig{InitialClientID: "c"}})
		return err
	}())
	viewer := h.As(t, "en", access.Grant{Role: "Viewer", Type: access.Providers, Entity: string(seen.ID)})
	viewer.Get("/application-auth").Is(200, providers)
	viewer.Get(providers).Is(200, providers).Says("Seen provider").Hides("Hidden provider", "New DCR Provider", "/application-auth/strategies\" aria")
	viewer.Get(providers+"/"+string(seen.ID)).Is(200, providers).Says("Stored, and never shown", "1 more that you may not see").Hides("Strategy of it", "Test connection", "<form method=\"post\" action=\"/application-auth")
	viewer.Get(providers+"/"+string(hidden.ID)).Is(403, providers)
	viewer.Get(strategies).Is(403, strategies)
	for _, path := range []string{providers + "/new", providers + "/" + string(seen.ID), providers + "/" + string(seen.ID) + "/delete", strategies + "/new", strategies + "/" + string(s.ID)} {
		viewer.Post(path, url.Values{"name": {"x"}}).Is(403, path)
	}
	reader := h.As(t, "en", access.Grant{Role: "Viewer", Type: access.Strategies, Entity: access.Everything})
	reader.Get(strategies+"/"+string(s.ID)).Is(200, strategies).Says("orders:read", "cid").Hides("View as API call")

	admin := h.As(t, "en")
	admin.Get(providers + "?provider_type=azureAd").Says("Entra").Hides("Seen provider")
	admin.Get(providers + "?q=seen&sort=-name").Says("Seen provider").Hides("Hidden provider")
	admin.Get(providers + "?q=nothing").Says("Nothing matches")
	admin.Get(strategies + "?q=strategy&strategy_type=openid_connect&sort=-dcr_provider_name").Says("Strategy of it")
	admin.Get(strategies+"?strategy_type=nonsense").Is(200, strategies).Says("Nothing matches")
}

// TestFieldsOfAType: a type's own fields are kept, changed and taken away, by the
// form and by its call alike; those of other types do not count.
func TestFieldsOfAType(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	form := h.As(t, "en").Get(providers+"/new").Is(200, providers).Says("Client ID", "Client Audience", "Use developer-managed scopes")
	filled := url.Values{"name": {"Auth0"}, "type": {"auth0"}, "issuer": {"https://tenant.auth0.example/"}, "token": {"the-secret"}, "client_id": {"the-client"}, "developer_scopes": {"on"}}
	without := url.Values{}
	for name, values := range filled {
		if name != "client_id" {
			without[name] = values
		}
	}
	form.Submit("/new", without).Is(422, providers).Fault("client_id")
	filled.Set("view", "call")
	call := h.Run(t, form.Submit("/new", filled).Is(200, providers).Hides("the-secret"), "DCR_TOKEN=the-secret")
	if call.Status != 201 {
		t.Fatalf("the call answers %d %v", call.Status, call.Body)
	}
	filled.Del("view")
	form.Submit("/new", filled).Is(200, providers).Says("Auth0 is saved")
	found, err := h.Providers.List(t.Context(), portico.Everything())
	must(t, err)
	for _, p := range found.Items {
		if c := p.Config; c.InitialClientID != "the-client" || c.InitialClientAudience != nil || !c.UseDeveloperManagedScopes || p.Issuer != "https://tenant.auth0.example/" {
			t.Errorf("saved as %+v", p.Provider)
		}
	}
	path := providers + "/" + string(found.Items[0].ID)
	page := h.As(t, "en").Get(path).Is(200, path).Says("Initial Client Secret", "Client Audience")
	page.Submit(path, url.Values{"name": {"Auth0"}, "client_id": {"another"}, "audience": {"https://tenant.example/api/v2/"}, "developer_scopes": {}}).Is(200, path).Says("Auth0 is saved")
	changed, err := h.Providers.ByID(t.Context(), found.Items[0].ID)
	must(t, err)
	if c := changed.Config; c.InitialClientID != "another" || c.InitialClientAudience == nil || c.UseDeveloperManagedScopes {
		t.Errorf("changed to %+v", c)
	}
	page = h.As(t, "en").Get(path)
	seen := page.Submit(path, url.Values{"audience": {""}, "view": {"call"}}).Is(200, path)
	if answer := h.Run(t, seen); answer.Status != 200 {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	changed, err = h.Providers.ByID(t.Context(), found.Items[0].ID)
	must(t, err)
	if changed.Config.InitialClientAudience != nil || changed.Config.InitialClientID != "another" {
		t.Errorf("changed by the call to %+v", changed.Config)
	}
}

// TestAProviderOfAnyServer: Portico's own type has a token that need not be, and
// an endpoint that can be taken away.
func TestAProviderOfAnyServer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := dcrtest.Start(t, dcrtest.Behaviour{Initial: "the-initial-token", RotateOnWrite: true})
	open := url.Values{"name": {"Open"}, "type": {"rfc7591"}, "issuer": {"https://as.example"}, "token": {""}, "view": {"call"}}
	form := h.As(t, "en").Get(providers+"/new").Is(200, providers).Says("Registration Endpoint", "RFC 7591")
	form.Submit("/new", open).Is(200, providers).Says("rfc7591", "dcr_config").Hides("DCR_TOKEN", "initial_access_token")
	open.Set("token", "the-initial-token")
	form.Submit("/new", open).Is(200, providers).Says("initial_access_token", "DCR_TOKEN").Hides("the-initial-token")
	open.Del("view")
	open.Set("token", "")
	form.Submit("/new", open).Is(200, providers).Says("Open is saved")
	filled := url.Values{"name": {"Any"}, "type": {"rfc7591"}, "issuer": {server.URL}, "token": {"the-initial-token"}, "registration_endpoint": {"register"}}
	form.Submit("/new", filled).Is(422, providers).Fault("registration_endpoint")
	filled.Set("registration_endpoint", server.URL+"/register")
	filled.Set("view", "test")
	form.Submit("/new", filled).Is(200, providers).Says("The token may register clients").Hides("the-initial-token")
	filled.Del("view")
	form.Submit("/new", filled).Is(200, providers).Says("Any is saved")
	found, err := h.Providers.List(t.Context(), portico.Everything(portico.Where("name", "Any")))
	must(t, err)
	path := providers + "/" + string(found.Items[0].ID)
	page := h.As(t, "en").Get(path).Is(200, path).Says("Initial Access Token")
	page.Submit(path, url.Values{"registration_endpoint": {"https://elsewhere.example/register"}}).Is(422, path).Fault("token")
	page.Submit(path, url.Values{"registration_endpoint": {""}}).Is(200, path).Says("Any is saved")
	after, err := h.Providers.ByID(t.Context(), found.Items[0].ID)
	must(t, err)
	if after.Config.RegistrationEndpoint != nil || len(after.SealedSecret) == 0 {
		t.Errorf("changed to %+v", after.Provider)
	}
}

func TestStoredProvidersOfOtherTypes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.As(t, "en")
	made, err := h.Providers.Create(t.Context(), control.NewProvider{Name: "Entra", Type: portico.ProviderAzureAD, Issuer: "https://login.example/x", Secret: secret.New("s"), Config: portico.ProviderConfig{InitialClientID: "c"}})
	must(t, err)
	path := providers + "/" + string(made.ID)
	admin.Get(path).Is(200, path).Says("Microsoft Entra ID", "cannot register clients yet").Hides("DCR Token").Submit(path, url.Values{"name": {"Entra 2"}}).Is(200, path).Says("Entra 2 is saved")
	if v, err := h.Doctor.Verify(t.Context(), made.ID); err != nil || len(v.Errors) != 1 {
		t.Errorf("%v, %v", v, err)
	}
}
