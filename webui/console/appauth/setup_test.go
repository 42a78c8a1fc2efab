package appauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portico"
	"portico/access"
	"portico/control"
	"portico/webui/consoletest"
)

// untouched is a provider at an authorization server that has nothing of its own.
func untouched(t *testing.T, h *consoletest.House) (control.ProviderView, string) {
	t.Helper()
	issuer := h.Okta.AddAuthorizationServer("orders", "api://orders")
	made, err := h.Providers.Create(t.Context(), control.NewProvider{Name: "Okta orders", Type: portico.ProviderOkta, Issuer: issuer, Secret: h.Okta.Token})
	must(t, err)
	return made, "/api/v1/authorizationServers" + issuer[strings.LastIndexByte(issuer, '/'):]
}

// TestSettingUpOkta shows the plan, does it by the form and by its call, and has
// nothing left to do; what stands against it is said.
func TestSettingUpOkta(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	provider, server := untouched(t, h)
	path := providers + "/" + string(provider.ID)
	admin := h.As(t, "en")
	admin.Get(path).Is(200, path).Says("Set up the authorization server", "Show what is missing")
	admin.Get(path+"/set-up").Is(409, path).Says("No auth strategy uses this provider", "Back to the provider").Hides("Make it")
	ja := h.As(t, "ja")
	ja.Get(path+"/set-up").Is(409, path).Says("認証ストラテジーがないため").Hides("No auth strategy")
	_, err := h.Strategies.Create(t.Context(), control.NewStrategy{Name: "Orders", DisplayName: "Okta", ProviderID: &provider.ID,
		OIDC: []byte(`{"issuer":"` + provider.Issuer + `","scopes":["orders.read"],"credential_claim":["client_id"],"auth_methods":["bearer"]}`)})
	must(t, err)

	plan := admin.Get(path+"/set-up").Is(200, path).Says("made at the identity provider, in this order", "Scope orders.read", "Claim client_id", "app.clientId", "Access policy Developer portal", "Rule of the policy Client credentials", "Make it")
	h.Okta.Fail(server+"/policies", http.StatusForbidden, 1)
	admin.Get(path+"/set-up").Is(409, path).Says("API Access Management Administrator", "Nothing was changed")
	h.Okta.Fail(server+"/policies", http.StatusForbidden, 1)
	ja.Get(path+"/set-up").Is(409, path).Says("認可サーバーを準備できませんでした", "API Access Management Administrator")
	h.Okta.DropResponsesTo(http.MethodPost, server+"/scopes", 1)
	rest := admin.Post(path+"/set-up", url.Values{}).Is(503, path).Says("Whether the last step was done is not known", "Claim client_id").Hides("Scope orders.read")
	call := h.Run(t, rest.Submit("/set-up", url.Values{"view": {"call"}}).Is(200, path))
	if steps, _ := call.Body["steps"].([]any); call.Status != 200 || call.Body["dry_run"] != false || len(steps) != 3 {
		t.Errorf("the call answers %d %v", call.Status, call.Body)
	}
	plan.Submit("/set-up", url.Values{}).Is(200, path).Says("The authorization server of Okta orders is set up")
	admin.Get(path+"/set-up").Is(200, path).Says("Nothing is missing").Hides("Make it")
	if v, err := h.Doctor.Verify(t.Context(), provider.ID); err != nil || len(v.Errors)+len(v.Warnings) > 0 {
		t.Errorf("the connection check finds %v %v, %v", v.Errors, v.Warnings, err)
	}

	other := okta(t, h, "Another")
	h.As(t, "en", access.Grant{Role: "Viewer", Type: access.Providers, Entity: access.Everything}).Get(path).Is(200, path).Hides("Show what is missing")
	h.As(t, "en", access.Grant{Role: "Maintainer", Type: access.Providers, Entity: string(other.ID)}).Get(path+"/set-up").Is(403, path)
}
