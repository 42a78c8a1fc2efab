package declare_test

import (
	"strings"
	"testing"
)

// oktaKey is a private key of RFC 7515, appendix A.3.
const oktaKey = `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`

// providersOfEveryType has one with every field that its type has, and one of
// each with no more than it needs.
const providersOfEveryType = `dcr_providers:
  - {name: auth0, provider_type: auth0, issuer: "https://a.example/", dcr_config: {initial_client_id: abc, initial_client_secret: "${env:A}", initial_client_audience: "https://a.example/api/v2/", use_developer_managed_scopes: true}}
  - {name: auth0-least, provider_type: auth0, issuer: "https://a.example/", dcr_config: {initial_client_id: abc, initial_client_secret: "${env:A}"}}
  - {name: bridge, provider_type: http, issuer: "https://b.example", dcr_config: {dcr_base_url: "https://b.example/dcr", api_key: "${env:B_KEY}", disable_event_hooks: true, disable_refresh_secret: true, allow_multiple_credentials: true}}
  - {name: bridge-least, provider_type: http, issuer: "https://b.example", dcr_config: {dcr_base_url: "https://b.example/dcr", api_key: "${env:B_KEY}"}}
  - {name: curity, provider_type: curity, issuer: "https://c.example/oauth", dcr_config: {initial_client_id: abc, initial_client_secret: "${env:C}"}}
  - {name: entra, provider_type: azureAd, issuer: "https://login.e.example/tenant/v2.0", dcr_config: {initial_client_id: abc, initial_client_secret: "${env:E}"}}
  - {name: kong, provider_type: kongIdentity, issuer: "https://k.example"}
  - {name: okta, provider_type: okta, issuer: "https://o.example", dcr_config: {client_id: 0oa1, private_key: "${env:O_PRIVATE_KEY}", registration_mode: dcr}}
  - {name: okta-least, provider_type: okta, issuer: "https://o.example", dcr_config: {dcr_token: "${env:O}"}}
  - {name: any, provider_type: rfc7591, issuer: "https://r.example/realm", dcr_config: {initial_access_token: "${env:R}", registration_endpoint: "https://r.example/register"}}
  - {name: any-least, provider_type: rfc7591, issuer: "https://r.example/realm"}
`

// TestProvidersOfEveryTypeConverge, and what is exported of them can be applied
// to another Portico: it asks for the secrets that they have, and for no others.
func TestProvidersOfEveryTypeConverge(t *testing.T) {
	t.Parallel()
	h, other := newHouseHeldTo(t, nil), newHouseHeldTo(t, nil) // the contract knows less
	dir := write(t, map[string]string{"a.yaml": header + providersOfEveryType})
	h.apply(t, dir, options())
	h.settled(t, dir, options())
	exported, files := h.export(t, "")
	h.settled(t, exported, options())
	want := "ANY_INITIAL_ACCESS_TOKEN AUTH0_INITIAL_CLIENT_SECRET AUTH0_LEAST_INITIAL_CLIENT_SECRET BRIDGE_API_KEY BRIDGE_LEAST_API_KEY " +
		"CURITY_INITIAL_CLIENT_SECRET ENTRA_INITIAL_CLIENT_SECRET OKTA_PRIVATE_KEY OKTA_LEAST_DCR_TOKEN"
	if got := strings.Join(files.Secrets, " "); got != want {
		t.Errorf("the export asks for the secrets\n%s, want\n%s", got, want)
	}
	other.apply(t, exported, options())
	other.settled(t, exported, options())
	other.settled(t, dir, options())
	_, again := other.export(t, "")
	sameFiles(t, files.Files, again.Files)
}

// TestAProviderChangesItsKindOfCredential: a secret that is declared and not
// there is a change, though no secret can be compared.
func TestAProviderChangesItsKindOfCredential(t *testing.T) {
	t.Parallel()
	h := newHouseHeldTo(t, nil)
	okta := func(config string) string {
		return write(t, map[string]string{"a.yaml": header + "dcr_providers: [{name: o, provider_type: okta, issuer: 'https://o.example', dcr_config: " + config + "}]\n"})
	}
	token, app := okta("{dcr_token: '${env:O}'}"), okta("{client_id: 0oa1, private_key: '${env:O_PRIVATE_KEY}'}")
	h.apply(t, token, options())
	for _, step := range []struct{ dir, plan string }{
		{app, `dcr_config.client_id: nothing → "0oa1"`},
		{token, `dcr_config.dcr_token: nothing → (secret)`},
		{app, `dcr_config.private_key: nothing → (secret)`},
		{okta("{client_id: 0oa1, private_key: '${env:O_PRIVATE_KEY}', registration_mode: dcr}"), `dcr_config.registration_mode: nothing → "dcr"`},
		{okta("{client_id: 0oa2, private_key: '${env:O_PRIVATE_KEY}'}"), `dcr_config.client_id: "0oa1" → "0oa2"`},
	} {
		if report := h.apply(t, step.dir, options()); !strings.Contains(report, step.plan) {
			t.Errorf("the plan does not say %s:\n%s", step.plan, report)
		}
		h.settled(t, step.dir, options())
	}
	anybody := func(config string) string {
		return write(t, map[string]string{"a.yaml": header + "dcr_providers: [{name: any, provider_type: rfc7591, issuer: 'https://r.example', dcr_config: " + config + "}]\n"})
	}
	h.apply(t, anybody("{}"), options())
	for _, step := range []struct{ dir, plan string }{
		{anybody("{initial_access_token: '${env:R}'}"), `dcr_config.initial_access_token: nothing → (secret)`},
		{anybody("{initial_access_token: null}"), `dcr_config.initial_access_token: (secret) → nothing`},
	} {
		if report := h.apply(t, step.dir, options()); !strings.Contains(report, step.plan) {
			t.Errorf("the plan does not say %s:\n%s", step.plan, report)
		}
		h.settled(t, step.dir, options())
	}
	for config, fault := range map[string]string{
		"{client_id: 0oa1}":                     "dcr_config.private_key is missing: it always stands beside client_id",
		"{private_key: '${env:O_PRIVATE_KEY}'}": "dcr_config.client_id is missing: it always stands beside private_key",
		"{registration_mode: scim}":             "dcr_config.registration_mode must be one of apps, dcr",
		"{client_id: 0oa1, private_key: key}":   "dcr_config.private_key must not be written here",
	} {
		if _, err := h.plan(t, okta(config), options()); !strings.Contains(faults(t, err), fault) {
			t.Errorf("%s: %v", config, err)
		}
	}
}
