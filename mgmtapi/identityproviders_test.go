package mgmtapi_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"portico/spectest"
)

// filtered gets a collection by a filter in either of its two forms, which the
// contract's reader does not tell apart reliably.
func (s *testServer) filtered(t *testing.T, path string) answer {
	t.Helper()
	return s.send(t, 200, "GET", path, nil, http.Header{"Authorization": {"Bearer " + s.token}, spectest.Lenient: {"1"}})
}

func TestIdentityProviders(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const secret = "the-client-secret-of-the-portal"
	s.keep(secret)
	providers := "/v3/portals/" + s.newPortal(t, "Portal", true) + "/identity-providers"
	in := map[string]any{"type": "oidc", "enabled": true, "config": map[string]any{"issuer_url": "https://idp.example/", "client_id": "portal", "client_secret": secret}}
	list := func(query string) []map[string]any {
		t.Helper()
		var out []map[string]any
		if err := json.Unmarshal([]byte(s.filtered(t, providers+query).Text), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	if got := list(""); got == nil || len(got) != 0 {
		t.Errorf("at first %v", got)
	}
	created := s.call(t, 201, "POST", providers, in)
	created.has(t, map[string]any{
		"type": "oidc", "enabled": true, "config": map[string]any{
			"issuer_url": "https://idp.example/", "client_id": "portal", "scopes": []any{"email", "openid", "profile"},
			"claim_mappings": map[string]any{"name": "name", "email": "email", "groups": "groups"},
		},
	})
	s.call(t, 409, "POST", providers, in)
	one := providers + "/" + created.text("id")
	changed := map[string]any{"issuer_url": "https://idp.example/", "client_id": "other", "scopes": []any{"openid"}, "claim_mappings": map[string]any{"groups": "roles"}}
	s.call(t, 200, "PATCH", one, map[string]any{"enabled": false, "config": changed}).has(t, map[string]any{
		"enabled": false, "config.client_id": "other", "config.scopes": []any{"openid"}, "config.claim_mappings.groups": "roles", "config.claim_mappings.email": "email",
	})
	s.call(t, 200, "PATCH", one, `{}`).has(t, map[string]any{"config.client_id": "other"})
	s.call(t, 200, "GET", one, nil).has(t, map[string]any{"config.client_id": "other"})
	for query, want := range map[string]int{"": 1, "?filter[type][eq]=oidc": 1, "?filter[type]=saml": 0} {
		if got := list(query); len(got) != want {
			t.Errorf("%s: %v", query, got)
		}
	}
	for name, tt := range map[string]struct {
		body   any
		faults []string
	}{
		"saml":          {map[string]any{"type": "saml", "config": map[string]any{"idp_metadata_url": "https://idp.example/metadata"}}, []string{"type invalid"}},
		"type":          {with(in, "type", "ldap"), []string{"type enum [oidc saml]"}},
		"no config":     {`{"type":"oidc"}`, []string{"config required"}},
		"empty config":  {`{"type":"oidc","config":{}}`, []string{"config.issuer_url required", "config.client_id required"}},
		"issuer no URL": {with(in, "config.issuer_url", "idp"), []string{"config.issuer_url invalid"}},
		"secret empty":  {with(in, "config.client_secret", ""), []string{"config.client_secret min_length 1"}},
		"unknown":       {with(in, "config.tenant", "x"), []string{"config.tenant unknown_property"}},
	} {
		t.Run(name, func(t *testing.T) { s.refuses(t, "POST", providers, tt.body, tt.faults...) })
	}
	elsewhere := strings.Replace(one, "/v3/portals/", "/v3/portals/"+s.newPortal(t, "Other", true)+"#", 1)
	elsewhere = elsewhere[:strings.Index(elsewhere, "#")] + "/identity-providers/" + created.text("id")
	s.call(t, 404, "GET", elsewhere, nil)
	s.call(t, 404, "PATCH", elsewhere, `{}`)
	s.call(t, 404, "DELETE", elsewhere, nil)
	s.call(t, 204, "DELETE", one, nil)
	s.call(t, 404, "GET", one, nil)
}

func TestGroupMappings(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	portal := "/v3/portals/" + s.newPortal(t, "Portal", true)
	grouped := portal + "/identity-provider/team-group-mappings"
	team := s.call(t, 201, "POST", portal+"/teams", `{"name":"Crew"}`).text("id")
	s.refuses(t, "PATCH", grouped, map[string]any{"data": []any{map[string]any{"team_id": team, "groups": []string{"a"}}}}, "data missing_reference")
	provider := s.call(t, 201, "POST", portal+"/identity-providers", `{"type":"oidc","config":{"issuer_url":"https://idp.example","client_id":"portal"}}`).text("id")
	mappings := portal + "/identity-providers/" + provider + "/team-group-mappings"
	first := s.call(t, 201, "POST", mappings, map[string]any{"team_id": team, "group": "pilots"})
	first.has(t, map[string]any{"team_id": team, "group": "pilots"})
	s.call(t, 409, "POST", mappings, map[string]any{"team_id": team, "group": "pilots"})
	s.call(t, 201, "POST", mappings, map[string]any{"team_id": team, "group": "stewards"})
	s.refuses(t, "POST", mappings, map[string]any{"team_id": unknownID, "group": "x"}, "team_id missing_reference")
	s.refuses(t, "POST", mappings, map[string]any{"team_id": team, "group": ""}, "group min_length 1")
	s.call(t, 200, "GET", mappings+"/"+first.text("id"), nil).has(t, map[string]any{"group": "pilots"})
	if got := s.filtered(t, mappings+"?filter[group]=stewards").column("group"); !slices.Equal(got, []string{"stewards"}) {
		t.Errorf("filtered %v", got)
	}
	page := s.call(t, 200, "GET", mappings+"?page[size]=1", nil)
	page.has(t, map[string]any{"meta.page.size": 1, "meta.page.previous": nil})
	next := s.call(t, 200, "GET", page.text("meta.page.next"), nil)
	if next.at("meta.page.next") != nil || slices.Equal(next.column("group"), page.column("group")) {
		t.Errorf("after %s comes %s", page.Text, next.Text)
	}
	if back := s.call(t, 200, "GET", next.text("meta.page.previous"), nil); !slices.Equal(back.column("group"), page.column("group")) {
		t.Errorf("back to %s", back.Text)
	}
	s.call(t, 400, "GET", mappings+"?page[after]=x", nil)

	s.call(t, 200, "PATCH", grouped, map[string]any{"data": []any{map[string]any{"team_id": team, "groups": []string{"cabin", "cabin"}}}}).
		has(t, map[string]any{"data": []any{map[string]any{"team_id": team, "groups": []any{"cabin"}}}})
	s.refuses(t, "PATCH", grouped, map[string]any{"data": []any{map[string]any{"team_id": unknownID, "groups": []string{"a"}}}}, "data.team_id missing_reference")
	s.call(t, 200, "GET", grouped, nil).has(t, map[string]any{"meta.page.total": 1})
	s.call(t, 404, "GET", mappings+"/"+first.text("id"), nil)
	left := s.call(t, 200, "GET", mappings, nil).column("id")
	s.call(t, 204, "DELETE", mappings+"/"+left[0], nil)
	s.call(t, 404, "DELETE", mappings+"/"+left[0], nil)
	s.call(t, 200, "GET", grouped, nil).has(t, map[string]any{"meta.page.total": 0})
}

func TestAuthenticationSettings(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const secret = "another-client-secret-of-the-portal"
	s.keep(secret)
	settings := "/v3/portals/" + s.newPortal(t, "Portal", true) + "/authentication-settings"
	s.call(t, 200, "GET", settings, nil).has(t, map[string]any{
		"basic_auth_enabled": true, "oidc_auth_enabled": false, "saml_auth_enabled": false, "oidc_team_mapping_enabled": false,
		"idp_mapping_enabled": false, "konnect_mapping_enabled": true,
	})
	s.refuses(t, "PATCH", settings, `{"oidc_auth_enabled":true}`, "oidc_issuer dependent_fields")
	s.refuses(t, "PATCH", settings, `{"saml_auth_enabled":true}`, "saml_auth_enabled invalid")
	s.refuses(t, "PATCH", settings, `{"idp_mapping_enabled":true,"konnect_mapping_enabled":true}`, "konnect_mapping_enabled invalid")
	s.refuses(t, "PATCH", settings, `{"basic_auth_enabled":false,"idp_mapping_enabled":true}`, "idp_mapping_enabled dependent_fields")
	s.refuses(t, "PATCH", settings, `{"basic_auth_enabled":false,"idp_mapping_enabled":true,"oidc_auth_enabled":false,"oidc_issuer":"https://idp.example","oidc_client_id":"portal"}`,
		"idp_mapping_enabled dependent_fields")
	s.call(t, 200, "GET", settings, nil).has(t, map[string]any{"basic_auth_enabled": true, "oidc_config": nil})
	s.call(t, 200, "PATCH", settings, map[string]any{
		"basic_auth_enabled": false, "oidc_auth_enabled": true, "oidc_issuer": "https://idp.example", "oidc_client_id": "portal",
		"oidc_client_secret": secret, "oidc_claim_mappings": map[string]any{"groups": "roles"}, "idp_mapping_enabled": true,
	}).has(t, map[string]any{
		"basic_auth_enabled": false, "oidc_auth_enabled": true, "oidc_team_mapping_enabled": true, "konnect_mapping_enabled": false,
		"oidc_config.issuer": "https://idp.example", "oidc_config.client_id": "portal", "oidc_config.claim_mappings.groups": "roles",
	})
	s.call(t, 200, "PATCH", settings, `{"oidc_auth_enabled":false,"konnect_mapping_enabled":true}`).has(t, map[string]any{
		"oidc_auth_enabled": false, "idp_mapping_enabled": false, "oidc_config.client_id": "portal", "basic_auth_enabled": false,
	})
	s.call(t, 404, "GET", "/v3/portals/"+unknownID+"/authentication-settings", nil)
	s.call(t, 404, "PATCH", "/v3/portals/"+unknownID+"/authentication-settings", `{}`)
}
