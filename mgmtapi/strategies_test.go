package mgmtapi_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"portico"
	"portico/spectest"
)

const strategies = "/v2/application-auth-strategies"

// openID and keyAuth are good bodies of the two types.
func openID() map[string]any {
	return map[string]any{
		"name": "Okta auth strategy", "display_name": "Okta", "strategy_type": "openid_connect",
		"configs": map[string]any{"openid-connect": map[string]any{
			"issuer": "https://my-issuer.auth0.com/api/v2/", "credential_claim": []string{"client_id"},
			"scopes": []string{"openid", "email"}, "auth_methods": []string{"client_credentials", "bearer"},
		}},
	}
}

func keyAuth() map[string]any {
	return map[string]any{
		"name": "Keys", "display_name": "API key", "strategy_type": "key_auth",
		"configs": map[string]any{"key-auth": map[string]any{"key_names": []string{"apikey", "x-api-key"}, "ttl": map[string]any{"value": 30, "unit": "days"}}},
	}
}

func TestStrategyRoundTrip(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	provider := s.newProvider(t, "okta")
	dcr := map[string]any{"id": provider, "name": "DCR okta", "provider_type": "okta"}
	extras := map[string]any{
		"issuer": "https://idp.example/oauth2/default", "credential_claim": []string{}, "scopes": []string{}, "auth_methods": []string{},
		"cache_tokens": false, "audience_required": []string{"api"}, "scopes_required": []string{"read write"},
		"token_post_args_names": []string{"audience"}, "token_post_args_values": []string{"https://api.example"},
		"hide_credentials": true, "upstream_access_token_header": "authorization:bearer", "leeway": 30,
		"session_cookie_name": "sid", "cache_ttl": 3600.5, "nothing": nil, "nested": map[string]any{"a": []any{1, "b", nil, map[string]any{}}},
	}
	for name, tt := range map[string]struct {
		body map[string]any
		want map[string]any
	}{
		"openid connect with a provider": {with(openID(), "dcr_provider_id", provider, "labels", map[string]any{"env": "test"}, "principals", map[string]any{"enabled": true}),
			map[string]any{"dcr_provider": dcr, "labels": map[string]any{"env": "test"}, "principals": map[string]any{"enabled": true}, "supports_multiple_credentials": true}},
		"openid connect without": {openID(), map[string]any{"dcr_provider": nil, "labels": map[string]any{}, "principals": nil, "supports_multiple_credentials": false}},
		"provider null":          {with(openID(), "dcr_provider_id", null), map[string]any{"dcr_provider": nil}},
		"open configuration":     {with(openID(), "configs.openid-connect", extras), map[string]any{}},
		"key auth":               {keyAuth(), map[string]any{"dcr_provider": nil, "labels": map[string]any{}, "supports_multiple_credentials": true}},
		"key auth, bare":         {with(keyAuth(), "configs.key-auth", map[string]any{}), map[string]any{}},
	} {
		created := s.call(t, 201, "POST", strategies, tt.body)
		tt.want["active"] = false
		for _, member := range []string{"name", "display_name", "strategy_type", "configs"} {
			tt.want[member] = tt.body[member]
		}
		created.has(t, tt.want)
		if _, echoed := created.Body["dcr_provider_id"]; echoed {
			t.Errorf("%s: dcr_provider_id is echoed", name)
		}
		again := s.call(t, 200, "GET", strategies+"/"+created.text("id"), nil)
		if !reflect.DeepEqual(again.Body, created.Body) {
			t.Errorf("%s: read again %s, created %s", name, again.Text, created.Text)
		}
	}
}

// The founding documents print the provider's type as the strategy's.
func TestTheDocumentedStrategyType(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	provider := s.newProvider(t, "okta")
	printed := strings.Replace(`{ "name": "Okta auth strategy", "display_name": "Okta", "strategy_type": "okta",
  "configs": { "openid-connect": { "issuer": "https://my-issuer.auth0.com/api/v2/", "credential_claim": ["client_id"],
    "scopes": ["openid","email"], "auth_methods": ["client_credentials","bearer"] } },
  "dcr_provider_id": "93f8380e-7798-4566-99e3-2edf2b57d289" }`, "93f8380e-7798-4566-99e3-2edf2b57d289", provider, 1)
	bare := http.Header{"Authorization": {s.token}, spectest.Lenient: {"1"}}
	a := s.send(t, 201, "POST", strategies, printed, bare)
	a.has(t, openID())
	a.has(t, map[string]any{"strategy_type": "openid_connect", "dcr_provider.id": provider})

	choices := "strategy_type enum [key_auth openid_connect]"
	s.refuses(t, "POST", strategies, with(openID(), "strategy_type", "okta"), choices)
	s.refuses(t, "POST", strategies, with(openID(), "strategy_type", "okta", "dcr_provider_id", null), choices)
	s.refuses(t, "POST", strategies, with(openID(), "strategy_type", "saml", "dcr_provider_id", provider), choices)
	s.refuses(t, "POST", strategies, strings.Replace(printed, provider, unknownID, 1), "dcr_provider_id missing_reference")
}

func TestStrategyRules(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	provider := s.newProvider(t, "okta")
	const oidc = "configs.openid-connect."
	many := func(n int) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = strings.Repeat("a", i+1)
		}
		return out
	}
	methods := " enum [client_credentials bearer session]"
	for name, tt := range map[string]struct {
		body   any
		faults []string
	}{
		"empty":                  {`{}`, []string{"name required", "display_name required", "strategy_type required"}},
		"type null":              {with(openID(), "strategy_type", null), []string{"strategy_type is_string"}},
		"name empty":             {with(openID(), "name", ""), []string{"name min_length 1"}},
		"name too long":          {with(openID(), "name", long(257)), []string{"name max_length 256"}},
		"display name too long":  {with(openID(), "display_name", long(257)), []string{"display_name max_length 256"}},
		"unknown member":         {with(openID(), "enabled", true), []string{"enabled unknown_property"}},
		"principals empty":       {with(openID(), "principals", map[string]any{}), []string{"principals.enabled required"}},
		"principals open":        {with(keyAuth(), "principals", map[string]any{"enabled": true, "x": 1}), []string{"principals.x unknown_property"}},
		"principals not boolean": {with(keyAuth(), "principals", map[string]any{"enabled": "on"}), []string{"principals.enabled is_boolean"}},
		"no configs":             {with(openID(), "configs", nil), []string{"configs required"}},
		"configs empty":          {with(openID(), "configs", map[string]any{}), []string{"configs.openid-connect required"}},
		"configs of the other":   {with(openID(), "configs", keyAuth()["configs"]), []string{"configs.openid-connect required", "configs.key-auth unknown_property"}},
		"configs of both":        {with(keyAuth(), "configs.openid-connect", map[string]any{}), []string{"configs.openid-connect unknown_property"}},
		"underscore spelling":    {with(openID(), "configs", map[string]any{"openid_connect": map[string]any{}}), []string{"configs.openid-connect required", "configs.openid_connect unknown_property"}},
		"provider is no id":      {with(openID(), "dcr_provider_id", "okta"), []string{"dcr_provider_id is_uuid"}},
		"provider unknown":       {with(openID(), "dcr_provider_id", unknownID), []string{"dcr_provider_id missing_reference"}},

		"oidc empty":           {with(openID(), "configs.openid-connect", map[string]any{}), []string{oidc + "issuer required", oidc + "credential_claim required", oidc + "scopes required", oidc + "auth_methods required"}},
		"issuer is no URL":     {with(openID(), oidc+"issuer", "okta"), []string{oidc + "issuer invalid"}},
		"issuer too long":      {with(openID(), oidc+"issuer", "https://idp.example/"+long(256)), []string{oidc + "issuer max_length 256"}},
		"claims not an array":  {with(openID(), oidc+"credential_claim", "sub"), []string{oidc + "credential_claim is_array"}},
		"claims too many":      {with(openID(), oidc+"credential_claim", many(11)), []string{oidc + "credential_claim max_items 10"}},
		"claim too long":       {with(openID(), oidc+"credential_claim", []string{"sub", long(129)}), []string{oidc + "credential_claim.1 max_length 128"}},
		"claim is no text":     {with(openID(), oidc+"credential_claim", []any{1}), []string{oidc + "credential_claim.0 is_string"}},
		"scopes too many":      {with(openID(), oidc+"scopes", many(51)), []string{oidc + "scopes max_items 50"}},
		"scope too long":       {with(openID(), oidc+"scopes", []string{long(129)}), []string{oidc + "scopes.0 max_length 128"}},
		"scopes null":          {with(openID(), oidc+"scopes", null), []string{oidc + "scopes is_array"}},
		"methods too many":     {with(openID(), oidc+"auth_methods", many(11)), []string{oidc + "auth_methods max_items 10"}},
		"method too long":      {with(openID(), oidc+"auth_methods", []string{long(65)}), []string{oidc + "auth_methods.0 max_length 64"}},
		"method unknown":       {with(openID(), oidc+"auth_methods", []string{"bearer", "password", "introspection"}), []string{oidc + "auth_methods.1" + methods, oidc + "auth_methods.2" + methods}},
		"session alone":        {with(openID(), oidc+"auth_methods", []string{"session"}), []string{oidc + "auth_methods invalid"}},
		"session alone, twice": {with(openID(), oidc+"auth_methods", []string{"session", "session"}), []string{oidc + "auth_methods invalid"}},
		"audience":             {with(openID(), oidc+"audience_required", "api"), []string{oidc + "audience_required is_array"}},
		"scopes required":      {with(openID(), oidc+"scopes_required", []any{true}), []string{oidc + "scopes_required.0 is_string"}},
		"argument names":       {with(openID(), oidc+"token_post_args_names", map[string]any{}), []string{oidc + "token_post_args_names is_array"}},
		"arguments unequal":    {with(openID(), oidc+"token_post_args_names", []string{"audience"}), []string{oidc + "token_post_args_values invalid"}},
		"cache tokens":         {with(openID(), oidc+"cache_tokens", "false"), []string{oidc + "cache_tokens is_boolean"}},
		"hide credentials":     {with(openID(), oidc+"hide_credentials", 0), []string{oidc + "hide_credentials is_boolean"}},
		"token header":         {with(openID(), oidc+"upstream_access_token_header", "x token"), []string{oidc + "upstream_access_token_header matches_regex"}},
		"leeway no integer":    {with(openID(), oidc+"leeway", 1.5), []string{oidc + "leeway is_integer"}},
		"leeway negative":      {with(openID(), oidc+"leeway", -1), []string{oidc + "leeway min 0"}},
		"leeway too long":      {with(openID(), oidc+"leeway", 121), []string{oidc + "leeway max 120"}},
		"two at once":          {with(openID(), oidc+"issuer", "x", oidc+"cache_tokens", 1, "name", ""), []string{"name min_length 1", oidc + "issuer invalid", oidc + "cache_tokens is_boolean"}},

		"keys with a provider": {with(keyAuth(), "dcr_provider_id", provider), []string{"dcr_provider_id unknown_property"}},
		"keys open":            {with(keyAuth(), "configs.key-auth.hide", true), []string{"configs.key-auth.hide unknown_property"}},
		"no key names":         {with(keyAuth(), "configs.key-auth.key_names", []string{}), []string{"configs.key-auth.key_names min_items 1"}},
		"too many key names":   {with(keyAuth(), "configs.key-auth.key_names", many(11)), []string{"configs.key-auth.key_names max_items 10"}},
		"key name too long":    {with(keyAuth(), "configs.key-auth.key_names", []string{long(257)}), []string{"configs.key-auth.key_names.0 max_length 256"}},
		"key name no header":   {with(keyAuth(), "configs.key-auth.key_names", []string{"api key"}), []string{"configs.key-auth.key_names.0 matches_regex"}},
		"ttl empty":            {with(keyAuth(), "configs.key-auth.ttl", map[string]any{}), []string{"configs.key-auth.ttl.unit required", "configs.key-auth.ttl.value required"}},
		"ttl null":             {with(keyAuth(), "configs.key-auth.ttl", null), []string{"configs.key-auth.ttl is_object"}},
		"ttl zero":             {with(keyAuth(), "configs.key-auth.ttl.value", 0), []string{"configs.key-auth.ttl.value min 1"}},
		"ttl a fraction":       {with(keyAuth(), "configs.key-auth.ttl.value", 1.5), []string{"configs.key-auth.ttl.value is_integer"}},
		"ttl beyond a century": {with(keyAuth(), "configs.key-auth.ttl", map[string]any{"value": 101, "unit": "years"}), []string{"configs.key-auth.ttl.value max 100"}},
		"ttl unit":             {with(keyAuth(), "configs.key-auth.ttl.unit", "months"), []string{"configs.key-auth.ttl.unit enum [days weeks years]"}},
	} {
		t.Run(name, func(t *testing.T) { s.refuses(t, "POST", strategies, tt.body, tt.faults...) })
	}
	if list := s.call(t, 200, "GET", strategies, nil); list.at("meta.page.total") != 0.0 {
		t.Errorf("a refused strategy was stored: %s", list.Text)
	}
}

func TestStrategyUpdate(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	provider := s.newProvider(t, "auth0")
	path := strategies + "/" + s.call(t, 201, "POST", strategies, with(openID(), "configs.openid-connect.cache_tokens", false, "configs.openid-connect.big", 12345678901234567)).text("id")
	config := func(changes ...any) map[string]any { return with(openID(), changes...)["configs"].(map[string]any) }
	const oidc = "configs.openid-connect."
	extra := []any{oidc + "cache_tokens", false, oidc + "big", 12345678901234567}
	for _, step := range []struct {
		body string
		want map[string]any
	}{
		{`{}`, map[string]any{"name": "Okta auth strategy", "configs": config(extra...)}},
		{`{"name":"n","display_name":"d"}`, map[string]any{"name": "n", "display_name": "d"}},
		{`{"display_name":""}`, map[string]any{"name": "n", "display_name": ""}},
		{`{"labels":{"a":"1"}}`, map[string]any{"labels": map[string]any{"a": "1"}}},
		{`{"labels":{"a":null,"b":"2"}}`, map[string]any{"labels": map[string]any{"b": "2"}}},
		{`{"principals":{"enabled":true}}`, map[string]any{"principals": map[string]any{"enabled": true}, "configs": config(extra...)}},
		{`{"dcr_provider_id":"` + provider + `"}`, map[string]any{"dcr_provider": map[string]any{"id": provider, "name": "DCR auth0", "provider_type": "auth0"}, "supports_multiple_credentials": false}},
		{`{"name":"m"}`, map[string]any{"dcr_provider.id": provider}},
		{`{"dcr_provider_id":null}`, map[string]any{"dcr_provider": nil}},
		{`{"configs":{"openid-connect":{"scopes":["a"]}}}`, map[string]any{"configs": config(append([]any{oidc + "scopes", []string{"a"}}, extra...)...)}},
		{`{"configs":{"openid-connect":{"cache_tokens":null,"big":null,"leeway":5}}}`, map[string]any{"configs": config(oidc+"scopes", []string{"a"}, oidc+"leeway", 5)}},
		{`{"configs":{"openid-connect":{}}}`, map[string]any{"configs": config(oidc+"scopes", []string{"a"}, oidc+"leeway", 5)}},
	} {
		s.call(t, 200, "PATCH", path, step.body).has(t, step.want)
		s.call(t, 200, "GET", path, nil).has(t, step.want)
	}
	for body, fault := range map[string]string{
		`{"strategy_type":"key_auth"}`:                                    "strategy_type unknown_property",
		`{"configs":{}}`:                                                  "configs invalid",
		`{"configs":{"key-auth":{"key_names":["a"]}}}`:                    "configs.key-auth invalid",
		`{"configs":{"openid-connect":{"auth_methods":["session"]}}}`:     "configs.openid-connect.auth_methods invalid",
		`{"configs":{"openid-connect":{"issuer":null}}}`:                  "configs.openid-connect.issuer is_string",
		`{"configs":{"openid-connect":{"token_post_args_values":["x"]}}}`: "configs.openid-connect.token_post_args_values invalid",
		`{"dcr_provider_id":"` + unknownID + `"}`:                         "dcr_provider_id missing_reference",
		`{"name":""}`:       "name min_length 1",
		`{"principals":{}}`: "principals.enabled required",
		`{"configs":{"openid-connect":{"cache_tokens":1}}}`:                           "configs.openid-connect.cache_tokens is_boolean",
		`{"configs":{"openid-connect":{"credential_claim":["` + long(129) + `"]}}}`:   "configs.openid-connect.credential_claim.0 max_length 128",
		`{"configs":{"openid-connect":{"upstream_access_token_header":"a\r\nb: c"}}}`: "configs.openid-connect.upstream_access_token_header matches_regex",
		`{"configs":{"openid-connect":{"auth_methods":["bearer","kong_oauth2"]}}}`:    "configs.openid-connect.auth_methods.1 enum [client_credentials bearer session]",
	} {
		s.refuses(t, "PATCH", path, body, fault)
	}
	s.refuses(t, "PATCH", path, `{"configs":{"openid-connect":{},"key-auth":{}}}`, "configs invalid")
	s.call(t, 200, "GET", path, nil).has(t, map[string]any{"name": "m", "configs": config(oidc+"scopes", []string{"a"}, oidc+"leeway", 5)})
	s.call(t, 404, "PATCH", strategies+"/"+unknownID, `{}`)
}

func TestKeyAuthUpdate(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	provider := s.newProvider(t, "okta")
	path := strategies + "/" + s.call(t, 201, "POST", strategies, keyAuth()).text("id")
	for _, step := range []struct {
		body string
		want map[string]any
	}{
		{`{"configs":{"key-auth":{"ttl":{"value":2,"unit":"years"}}}}`, map[string]any{"key_names": []string{"apikey", "x-api-key"}, "ttl": map[string]any{"value": 2, "unit": "years"}}},
		{`{"configs":{"key-auth":{"key_names":["k"]}}}`, map[string]any{"key_names": []string{"k"}, "ttl": map[string]any{"value": 2, "unit": "years"}}},
		{`{"configs":{"key-auth":{"ttl":null}}}`, map[string]any{"key_names": []string{"k"}}},
		{`{"configs":{"key-auth":{}},"dcr_provider_id":null}`, map[string]any{"key_names": []string{"k"}}},
	} {
		s.call(t, 200, "PATCH", path, step.body).has(t, map[string]any{"configs": map[string]any{"key-auth": step.want}})
	}
	s.refuses(t, "PATCH", path, `{"dcr_provider_id":"`+provider+`"}`, "dcr_provider_id invalid")
	s.refuses(t, "PATCH", path, `{"configs":{"openid-connect":{"scopes":[]}}}`, "configs.openid-connect invalid")
	s.refuses(t, "PATCH", path, `{"configs":{"key-auth":{"ttl":{"value":1}}}}`, "configs.key-auth.ttl.unit required")
}

func TestReplaceStrategy(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	provider := s.newProvider(t, "okta")
	before := s.call(t, 201, "POST", strategies, with(openID(), "dcr_provider_id", provider, "labels", map[string]any{"a": "1"}, "principals", map[string]any{"enabled": true}))
	path := strategies + "/" + before.text("id")
	after := s.call(t, 201, "PUT", path, with(openID(), "name", "Replaced"))
	after.has(t, map[string]any{
		"id": before.text("id"), "created_at": before.text("created_at"), "name": "Replaced",
		"labels": map[string]any{}, "dcr_provider": nil, "principals": nil,
	})
	// Twice is once.
	again := s.call(t, 201, "PUT", path, with(openID(), "name", "Replaced"))
	again.has(t, with(after.Body, "updated_at", again.text("updated_at")))
	s.call(t, 201, "PUT", path, keyAuth()).has(t, map[string]any{"strategy_type": "key_auth", "configs": keyAuth()["configs"]})
	s.refuses(t, "PUT", path, `{}`, "name required", "display_name required", "strategy_type required")
	s.refuses(t, "PUT", path, with(openID(), "dcr_provider_id", unknownID), "dcr_provider_id missing_reference")
	s.call(t, 404, "PUT", strategies+"/"+unknownID, keyAuth())
}

// Credentials belong to the strategy as it was when they were issued.
func TestStrategyOfApplicationsKeepsItsKind(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	world := s.newWorld(t)
	path := strategies + "/" + world.strategy
	s.call(t, 201, "POST", world.applications(), world.application("App"))
	other := s.newProvider(t, "curity")
	s.refuses(t, "PATCH", path, `{"dcr_provider_id":null}`, "dcr_provider_id invalid")
	s.refuses(t, "PATCH", path, `{"dcr_provider_id":"`+other+`"}`, "dcr_provider_id invalid")
	s.refuses(t, "PUT", path, keyAuth(), "strategy_type invalid")
	s.call(t, 200, "PATCH", path, `{"dcr_provider_id":"`+world.provider+`","name":"Renamed"}`).has(t, map[string]any{"name": "Renamed", "dcr_provider.id": world.provider})
	s.call(t, 204, "DELETE", "/v3/portals/"+world.portal+"/developers/"+world.developer, nil)
	s.call(t, 200, "PATCH", path, `{"dcr_provider_id":null}`)
}

func TestListStrategies(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	okta, auth0 := s.newProvider(t, "okta"), s.newProvider(t, "auth0")
	for _, body := range []map[string]any{
		with(openID(), "name", "b", "display_name", "One", "dcr_provider_id", okta),
		with(keyAuth(), "name", "c", "display_name", "Two"),
		with(openID(), "name", "a", "display_name", "Three", "dcr_provider_id", auth0),
		with(openID(), "name", "d", "display_name", "Four"),
	} {
		s.call(t, 201, "POST", strategies, body)
	}
	for query, want := range map[string]string{
		"":                                      "b c a d",
		"sort=name":                             "a b c d",
		"sort=name desc":                        "d c b a",
		"sort=display_name":                     "d b a c",
		"sort=strategy_type,name":               "c a b d",
		"sort=created_at desc":                  "d a c b",
		"sort=updated_at":                       "b c a d",
		"filter[name]=a":                        "a",
		"filter[name][neq]=a":                   "b c d",
		"filter[name][oeq]=a,d":                 "a d",
		"filter[display_name][contains]=o":      "b c d",
		"filter[display_name][ocontains]=hre,w": "c a",
		"filter[strategy_type]=key_auth":        "c",
		"filter[strategy_type][neq]=key_auth":   "b a d",
		"filter[dcr_provider_id][eq]=" + okta:   "b",
		"filter[dcr_provider_name]=DCR auth0":   "a",
		"filter[dcr_provider_name][contains]=d": "b a",
		"filter[dcr_provider_type]=okta":        "b",
		"filter[dcr_provider_type][oeq]=okta,auth0&sort=dcr_provider_type":  "a b",
		"filter[dcr_provider_type][oeq]=okta,auth0&sort=dcr_provider_name":  "a b",
		"filter[dcr_provider_id][oeq]=" + okta + "," + auth0 + "&sort=name": "a b",
		"page[size]=1&page[number]=2":                                       "c",
	} {
		list := s.call(t, 200, "GET", strategies+"?"+encode(query), nil)
		if got := strings.Join(list.column("name"), " "); got != want {
			t.Errorf("?%s lists %q, want %q", query, got, want)
		}
	}
	s.call(t, 200, "GET", strategies+"?"+encode("sort=dcr_provider_id"), nil).has(t, map[string]any{"meta.page.total": 4})
	s.refuses(t, "GET", strategies+"?"+encode("filter[dcr_provider_id][eq]=okta"), nil, "filter[dcr_provider_id][eq] is_uuid")
	s.refuses(t, "GET", strategies+"?"+encode("filter[labels.a]=b"), nil, "filter[labels.a] unknown_property")
}

func TestDeleteStrategy(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	world := s.newWorld(t)
	path := strategies + "/" + world.strategy
	app := s.call(t, 201, "POST", world.applications(), world.application("App")).text("id")
	s.call(t, 409, "DELETE", path, nil)
	check(t, s.Publications.Delete(t.Context(), portico.APIID(world.api), portico.PortalID(world.portal)))
	if a := s.call(t, 409, "DELETE", path, nil); !strings.Contains(a.text("detail"), "1 applications") {
		t.Errorf("detail: %s", a.text("detail"))
	}
	s.call(t, 204, "DELETE", world.applications()+"/"+app, nil)
	s.call(t, 204, "DELETE", path, nil)
	s.call(t, 404, "GET", path, nil)
	s.call(t, 404, "DELETE", path, nil)
}
