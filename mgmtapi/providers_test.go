package mgmtapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"portico"
	"portico/control"
)

const providers = "/v2/dcr-providers"

// provider is a good body for each type; its secret is never to be seen again.
func provider(kind string) map[string]any {
	body := map[string]any{"provider_type": kind, "name": "DCR " + kind, "issuer": "https://idp.example/" + kind}
	switch kind {
	case "auth0":
		body["dcr_config"] = map[string]any{
			"initial_client_id": "client", "initial_client_secret": "hidden-auth0-secret",
			"initial_client_audience": "https://api.example", "use_developer_managed_scopes": true,
		}
	case "azureAd", "curity":
		body["dcr_config"] = map[string]any{"initial_client_id": "client", "initial_client_secret": "hidden-" + kind + "-secret"}
	case "okta":
		body["dcr_config"] = map[string]any{"dcr_token": "hidden-okta-token"}
	case "http":
		body["dcr_config"] = map[string]any{
			"dcr_base_url": "https://bridge.example/dcr", "api_key": "hidden_bridge_key",
			"disable_event_hooks": true, "disable_refresh_secret": true, "allow_multiple_credentials": true,
		}
	}
	return body
}

// hidden are the secrets of the bodies above.
func hidden() []string {
	return []string{"hidden-auth0-secret", "hidden-azureAd-secret", "hidden-curity-secret", "hidden-okta-token", "hidden_bridge_key"}
}

func (s *testServer) newProvider(t *testing.T, kind string) string {
	t.Helper()
	s.keep(hidden()...)
	return s.call(t, 201, "POST", providers, provider(kind)).text("id")
}

func TestProviderOfEveryType(t *testing.T) {
	t.Parallel()
	for kind, config := range map[string]map[string]any{
		"auth0":        {"initial_client_id": "client", "initial_client_audience": "https://api.example", "use_developer_managed_scopes": true},
		"azureAd":      {"initial_client_id": "client"},
		"curity":       {"initial_client_id": "client"},
		"okta":         {},
		"kongIdentity": {},
		"http": {
			"dcr_base_url":        "https://bridge.example/dcr",
			"disable_event_hooks": true, "disable_refresh_secret": true, "allow_multiple_credentials": true,
		},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			s.keep(hidden()...)
			body := with(provider(kind), "display_name", "Credentials", "labels", map[string]any{"env": "test"})
			created := s.call(t, 201, "POST", providers, body)
			want := map[string]any{
				"id": created.text("id"), "name": "DCR " + kind, "display_name": "Credentials", "provider_type": kind,
				"issuer": "https://idp.example/" + kind, "active": false, "dcr_config": config, "labels": map[string]any{"env": "test"},
				"created_at": created.text("created_at"), "updated_at": created.text("updated_at"),
			}
			if !reflect.DeepEqual(created.Body, normal(t, want)) {
				t.Errorf("created %s, want %v", created.Text, want)
			}
			if at := created.text("created_at"); !strings.HasPrefix(at, "2026-03-01T12:00:00.") || len(at) != len("2026-03-01T12:00:00.123Z") {
				t.Errorf("created_at is %q", at)
			}
			again := s.call(t, 200, "GET", providers+"/"+created.text("id"), nil)
			if !reflect.DeepEqual(again.Body, created.Body) {
				t.Errorf("read again: %s, created %s", again.Text, created.Text)
			}
			list := s.call(t, 200, "GET", providers, nil)
			if !reflect.DeepEqual(list.at("data.0"), any(created.Body)) {
				t.Errorf("listed: %s, created %s", list.Text, created.Text)
			}
			if kind == "kongIdentity" { // the configuration may be left out
				s.call(t, 201, "POST", providers, with(body, "dcr_config", map[string]any{}))
			}
		})
	}
}

func TestProviderRules(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.keep(hidden()...)
	okta, auth0, azure, curity, bridge, kong := provider("okta"), provider("auth0"), provider("azureAd"), provider("curity"), provider("http"), provider("kongIdentity")
	types := "[auth0 azureAd curity okta kongIdentity http rfc7591]"
	for name, tt := range map[string]struct {
		body   any
		faults []string
	}{
		"empty":                    {`{}`, []string{"provider_type required", "name required", "issuer required"}},
		"of no type":               {with(okta, "provider_type", nil), []string{"provider_type required"}},
		"of an unknown type":       {with(okta, "provider_type", "ping"), []string{"provider_type enum " + types}},
		"type is not a string":     {with(okta, "provider_type", 1), []string{"provider_type is_string"}},
		"type in other case":       {with(okta, "provider_type", "Okta"), []string{"provider_type enum " + types}},
		"name empty":               {with(okta, "name", ""), []string{"name min_length 1"}},
		"name too long":            {with(okta, "name", long(257)), []string{"name max_length 256"}},
		"name null":                {with(okta, "name", null), []string{"name is_string"}},
		"display name empty":       {with(okta, "display_name", ""), []string{"display_name min_length 1"}},
		"display name too long":    {with(okta, "display_name", long(257)), []string{"display_name max_length 256"}},
		"issuer is no URL":         {with(okta, "issuer", "my-issuer"), []string{"issuer invalid"}},
		"issuer is relative":       {with(okta, "issuer", "/default"), []string{"issuer invalid"}},
		"issuer of another scheme": {with(okta, "issuer", "ftp://idp.example"), []string{"issuer invalid"}},
		"issuer with a password":   {with(okta, "issuer", "https://user:pass@idp.example"), []string{"issuer invalid"}},
		"issuer with a query":      {with(okta, "issuer", "https://idp.example/?a=b"), []string{"issuer invalid"}},
		"issuer with a fragment":   {with(okta, "issuer", "https://idp.example/#a"), []string{"issuer invalid"}},
		"issuer too long":          {with(okta, "issuer", "https://idp.example/"+long(256)), []string{"issuer max_length 256"}},
		"labels are no object":     {with(okta, "labels", []string{"a"}), []string{"labels is_object"}},
		"label value":              {with(okta, "labels", map[string]any{"env": "-"}), []string{"labels.env is_label"}},
		"label key reserved":       {with(okta, "labels", map[string]any{"konnect-x": "y"}), []string{"labels.konnect-x is_label"}},
		"labels null":              {with(okta, "labels", null), []string{"labels is_object"}},
		"label null":               {with(okta, "labels", map[string]any{"b": nil, "a": nil, "c": "d"}), []string{"labels.a is_string", "labels.b is_string"}},
		"unknown member":           {with(okta, "dcr_token", "x"), []string{"dcr_token unknown_property"}},
		"read only member":         {with(okta, "active", true), []string{"active unknown_property"}},

		"okta without configuration":      {with(okta, "dcr_config", nil), []string{"dcr_config required"}},
		"okta without token":              {with(okta, "dcr_config", map[string]any{}), []string{"dcr_config.dcr_token required"}},
		"okta with an empty token":        {with(okta, "dcr_config.dcr_token", ""), []string{"dcr_config.dcr_token min_length 1"}},
		"okta with a long token":          {with(okta, "dcr_config.dcr_token", long(257)), []string{"dcr_config.dcr_token max_length 256"}},
		"okta with a number":              {with(okta, "dcr_config.dcr_token", 12), []string{"dcr_config.dcr_token is_string"}},
		"okta with another type's member": {with(okta, "dcr_config.initial_client_id", "x"), []string{"dcr_config.initial_client_id unknown_property"}},
		"configuration is no object":      {with(okta, "dcr_config", "token"), []string{"dcr_config is_object"}},
		"configuration null":              {with(okta, "dcr_config", null), []string{"dcr_config is_object"}},

		"auth0 without anything": {with(auth0, "dcr_config", map[string]any{}), []string{"dcr_config.initial_client_id required", "dcr_config.initial_client_secret required"}},
		"auth0 with long values": {with(auth0, "dcr_config.initial_client_id", long(257), "dcr_config.initial_client_secret", long(257), "dcr_config.initial_client_audience", long(257)),
			[]string{"dcr_config.initial_client_id max_length 256", "dcr_config.initial_client_audience max_length 256", "dcr_config.initial_client_secret max_length 256"}},
		"auth0 scopes":                {with(auth0, "dcr_config.use_developer_managed_scopes", "yes"), []string{"dcr_config.use_developer_managed_scopes is_boolean"}},
		"azure without secret":        {with(azure, "dcr_config.initial_client_secret", nil), []string{"dcr_config.initial_client_secret required"}},
		"azure with auth0's member":   {with(azure, "dcr_config.initial_client_audience", "x"), []string{"dcr_config.initial_client_audience unknown_property"}},
		"curity without client":       {with(curity, "dcr_config.initial_client_id", nil), []string{"dcr_config.initial_client_id required"}},
		"kong identity with a member": {with(kong, "dcr_config", map[string]any{"dcr_token": "x"}), []string{"dcr_config.dcr_token unknown_property"}},

		"http without anything":          {with(bridge, "dcr_config", map[string]any{}), []string{"dcr_config.dcr_base_url required", "dcr_config.api_key required"}},
		"http base is no URL":            {with(bridge, "dcr_config.dcr_base_url", "bridge"), []string{"dcr_config.dcr_base_url invalid"}},
		"http base too long":             {with(bridge, "dcr_config.dcr_base_url", "https://bridge.example/"+long(256)), []string{"dcr_config.dcr_base_url max_length 256"}},
		"http key short":                 {with(bridge, "dcr_config.api_key", "short"), []string{"dcr_config.api_key min_length 12"}},
		"http key long":                  {with(bridge, "dcr_config.api_key", long(257)), []string{"dcr_config.api_key max_length 256"}},
		"http key with other characters": {with(bridge, "dcr_config.api_key", "twelve-chars!"), []string{"dcr_config.api_key matches_regex"}},
		"http switches": {with(bridge, "dcr_config.disable_event_hooks", 1, "dcr_config.disable_refresh_secret", "no", "dcr_config.allow_multiple_credentials", null),
			[]string{"dcr_config.disable_event_hooks is_boolean", "dcr_config.disable_refresh_secret is_boolean", "dcr_config.allow_multiple_credentials is_boolean"}},

		"rfc7591 endpoint is no URL": {with(kong, "provider_type", "rfc7591", "dcr_config", map[string]any{"registration_endpoint": "register"}), []string{"dcr_config.registration_endpoint invalid"}},
		"rfc7591 token empty":        {with(kong, "provider_type", "rfc7591", "dcr_config", map[string]any{"initial_access_token": ""}), []string{"dcr_config.initial_access_token min_length 1"}},
		"rfc7591 token too long":     {with(kong, "provider_type", "rfc7591", "dcr_config", map[string]any{"initial_access_token": long(4097)}), []string{"dcr_config.initial_access_token max_length 4096"}},
		"rfc7591 with okta's token":  {with(kong, "provider_type", "rfc7591", "dcr_config", map[string]any{"dcr_token": "x"}), []string{"dcr_config.dcr_token unknown_property"}},

		"everything at once": {with(okta, "name", "", "issuer", "x", "extra", 1, "dcr_config.dcr_token", nil),
			[]string{"name min_length 1", "issuer invalid", "dcr_config.dcr_token required", "extra unknown_property"}},
	} {
		t.Run(name, func(t *testing.T) { s.refuses(t, "POST", providers, tt.body, tt.faults...) })
	}
	if list := s.call(t, 200, "GET", providers, nil); list.at("meta.page.total") != 0.0 {
		t.Errorf("a refused provider was stored: %s", list.Text)
	}
}

// The founding documents print this body: without its last brace, and sent with
// a bare token.
func TestTheDocumentedBodyLacksABrace(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.keep("my_dcr_token")
	const printed = `{ "name": "DCR Okta", "provider_type": "okta", "issuer": "https://my-issuer.okta.com/default",
  "dcr_config": { "dcr_token": "my_dcr_token" }`
	bare := http.Header{"Authorization": {s.token}}
	a := s.send(t, 400, "POST", providers, printed, bare)
	if got := a.faults(); !reflect.DeepEqual(got, []string{"body invalid"}) {
		t.Errorf("faults %q", got)
	}
	if !strings.Contains(a.text("detail"), "closing brace }") || !strings.Contains(a.text("detail"), "line 1, column 1") {
		t.Errorf("the detail does not help: %s", a.text("detail"))
	}
	s.send(t, 201, "POST", providers, printed+"}", bare).has(t, map[string]any{
		"name": "DCR Okta", "provider_type": "okta", "issuer": "https://my-issuer.okta.com/default", "dcr_config": map[string]any{},
	})
}

func TestProviderBodies(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.refuses(t, "POST", providers, ``, "body required")
	s.refuses(t, "POST", providers, `[]`, "body is_object")
	s.refuses(t, "POST", providers, `null`, "body is_object")
	form := http.Header{"Authorization": {"Bearer " + s.token}, "Content-Type": {"application/x-www-form-urlencoded"}}
	s.send(t, 415, "POST", providers, "name=x", form)
	s.call(t, 413, "POST", providers, with(provider("okta"), "name", long(2<<20)))
}

func TestProviderUpdate(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := providers + "/" + s.newProvider(t, "auth0")
	before := s.call(t, 200, "GET", path, nil)
	s.clock.advance(1e9)
	s.keep("another-hidden-secret")
	steps := []struct {
		body any
		want map[string]any
	}{
		{`{}`, map[string]any{"name": "DCR auth0", "issuer": "https://idp.example/auth0", "display_name": nil}},
		{`{"name":"Renamed"}`, map[string]any{"name": "Renamed"}},
		{`{"display_name":"Shown"}`, map[string]any{"name": "Renamed", "display_name": "Shown"}},
		{`{"issuer":"https://idp.example/"}`, map[string]any{"issuer": "https://idp.example/", "display_name": "Shown"}},
		{`{"issuer":"https://idp.example//"}`, map[string]any{"issuer": "https://idp.example/"}},
		{`{"labels":{"a":"1","b":"2"}}`, map[string]any{"labels": map[string]any{"a": "1", "b": "2"}}},
		{`{"labels":{"a":null,"c":"3"}}`, map[string]any{"labels": map[string]any{"b": "2", "c": "3"}}},
		{`{"labels":null}`, map[string]any{"labels": map[string]any{}}},
		{`{"dcr_config":{"initial_client_id":"other"}}`, map[string]any{"dcr_config": map[string]any{
			"initial_client_id": "other", "initial_client_audience": "https://api.example", "use_developer_managed_scopes": true}}},
		{`{"dcr_config":{"initial_client_audience":null,"use_developer_managed_scopes":false}}`, map[string]any{"dcr_config": map[string]any{
			"initial_client_id": "other", "initial_client_audience": nil, "use_developer_managed_scopes": false}}},
		{`{"dcr_config":{"initial_client_secret":"another-hidden-secret"}}`, map[string]any{"dcr_config.initial_client_id": "other"}},
		{`{"dcr_config":{}}`, map[string]any{"dcr_config.initial_client_id": "other", "created_at": before.text("created_at")}},
	}
	for _, step := range steps {
		s.call(t, 200, "PATCH", path, step.body).has(t, step.want)
		s.call(t, 200, "GET", path, nil).has(t, step.want)
	}
	if after := s.call(t, 200, "GET", path, nil); after.text("updated_at") <= before.text("updated_at") {
		t.Errorf("updated_at went from %s to %s", before.text("updated_at"), after.text("updated_at"))
	}

	many := map[string]any{}
	for i := range 50 {
		many[fmt.Sprintf("l%d", i)] = "v"
	}
	s.call(t, 200, "PATCH", path, map[string]any{"labels": many}).has(t, map[string]any{"labels": many})
	s.refuses(t, "PATCH", path, `{"labels":{"l50":"v"}}`, "labels max_items 50")
	s.call(t, 200, "PATCH", path, `{"labels":{"l50":"v","l0":null}}`).has(t, map[string]any{"labels.l50": "v", "labels.l0": nil})

	s.refuses(t, "PATCH", path, `{"provider_type":"okta"}`, "provider_type unknown_property")
	s.refuses(t, "PATCH", path, `{"dcr_config":{"dcr_token":"x"}}`, "dcr_config.dcr_token unknown_property")
	s.refuses(t, "PATCH", path, `{"name":"","display_name":null,"issuer":"x"}`, "name min_length 1", "display_name is_string", "issuer invalid")
	s.refuses(t, "PATCH", path, `{"dcr_config":{"initial_client_secret":""}}`, "dcr_config.initial_client_secret min_length 1")
	s.refuses(t, "PATCH", path, `{"dcr_config":null}`, "dcr_config is_object")
	s.call(t, 404, "PATCH", providers+"/"+unknownID, `{}`)
}

func TestProviderUpdateOfEveryType(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.keep("Changed_Secret_1234")
	for kind, tt := range map[string]struct {
		change string
		want   map[string]any
		bad    string
		faults []string
	}{
		"okta":         {`{"dcr_config":{"dcr_token":"Changed_Secret_1234"}}`, map[string]any{}, `{"dcr_config":{"api_key":"x"}}`, []string{"dcr_config.api_key unknown_property"}},
		"azureAd":      {`{"dcr_config":{"initial_client_secret":"Changed_Secret_1234","initial_client_id":"n"}}`, map[string]any{"initial_client_id": "n"}, `{"dcr_config":{"initial_client_audience":"x"}}`, []string{"dcr_config.initial_client_audience unknown_property"}},
		"curity":       {`{"dcr_config":{"initial_client_id":"n"}}`, map[string]any{"initial_client_id": "n"}, `{"dcr_config":{"initial_client_id":""}}`, []string{"dcr_config.initial_client_id min_length 1"}},
		"kongIdentity": {`{"name":"k"}`, map[string]any{}, `{"dcr_config":{"dcr_token":"x"}}`, []string{"dcr_config.dcr_token unknown_property"}},
		"http": {`{"dcr_config":{"api_key":"Changed_Secret_1234","disable_event_hooks":false}}`,
			map[string]any{"dcr_base_url": "https://bridge.example/dcr", "disable_event_hooks": false, "disable_refresh_secret": true, "allow_multiple_credentials": true},
			`{"dcr_config":{"api_key":"short","dcr_base_url":"x"}}`, []string{"dcr_config.dcr_base_url invalid", "dcr_config.api_key min_length 12"}},
	} {
		path := providers + "/" + s.newProvider(t, kind)
		s.call(t, 200, "PATCH", path, tt.change).has(t, map[string]any{"dcr_config": tt.want})
		s.refuses(t, "PATCH", path, tt.bad, tt.faults...)
	}
}

func TestVerifyProvider(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := providers + "/" + s.newProvider(t, "okta")
	s.call(t, 200, "POST", path+"/verify", nil).has(t, map[string]any{
		"status": "failed", "errors": []string{"Unable to create the DCR application: the token was refused."},
	})
	// A new secret takes the old one's place: the provider accepts this one.
	s.keep("good-credential")
	s.call(t, 200, "PATCH", path, `{"dcr_config":{"dcr_token":"good-credential"}}`)
	ok := s.call(t, 200, "POST", path+"/verify", nil)
	if !reflect.DeepEqual(ok.Body, map[string]any{"status": "success", "errors": []any{"Warning: The issuer was not asked."}}) {
		t.Errorf("verified: %s", ok.Text)
	}
	s.idps.setDown(true)
	s.call(t, 200, "POST", path+"/verify", nil).has(t, map[string]any{"status": "failed", "errors": []string{"The identity provider did not answer."}})
	s.call(t, 404, "POST", providers+"/"+unknownID+"/verify", nil)
}

// A secret is sealed for its row: in another row it does not open.
func TestProviderSecretIsSealedForItsRow(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.keep("good-credential")
	okta := provider("okta")
	okta["dcr_config"] = map[string]any{"dcr_token": "good-credential"}
	one, other := s.call(t, 201, "POST", providers, okta).text("id"), s.newProvider(t, "okta")
	check(t, s.store.Update(t.Context(), func(tx portico.Tx) error {
		from, err := tx.Providers().ByID(t.Context(), portico.ProviderID(one))
		if err != nil {
			return err
		}
		if strings.Contains(string(from.SealedSecret), "good-credential") || len(from.SealedSecret) == 0 {
			t.Errorf("the secret is not sealed: %q", from.SealedSecret)
		}
		_, err = tx.Providers().Change(t.Context(), portico.ProviderID(other), func(p *portico.Provider) error {
			p.SealedSecret = from.SealedSecret
			return nil
		})
		return err
	}))
	s.call(t, 200, "POST", providers+"/"+one+"/verify", nil).has(t, map[string]any{"status": "success"})
	moved := s.call(t, 200, "POST", providers+"/"+other+"/verify", nil)
	if moved.text("status") != "failed" || !strings.Contains(moved.text("errors.0"), "enter it again") {
		t.Errorf("with another row's secret: %s", moved.Text)
	}
}

func TestListProviders(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, kind := range []string{"okta", "auth0", "azureAd", "curity", "http", "kongIdentity"} {
		s.newProvider(t, kind)
	}
	for query, want := range map[string][]string{
		"":                                           {"okta", "auth0", "azureAd", "curity", "http", "kongIdentity"},
		"sort=provider_type":                         {"auth0", "azureAd", "curity", "http", "kongIdentity", "okta"},
		"sort=name desc":                             {"okta", "kongIdentity", "http", "curity", "azureAd", "auth0"},
		"sort=issuer":                                {"auth0", "azureAd", "curity", "http", "kongIdentity", "okta"},
		"sort=created_at desc":                       {"kongIdentity", "http", "curity", "azureAd", "auth0", "okta"},
		"sort=updated_at":                            {"okta", "auth0", "azureAd", "curity", "http", "kongIdentity"},
		"page[size]=2":                               {"okta", "auth0"},
		"page[size]=2&page[number]=3":                {"http", "kongIdentity"},
		"page[size]=2&page[number]=9":                {},
		"filter[name]=DCR okta":                      {"okta"},
		"filter[name][eq]=DCR okta":                  {"okta"},
		"filter[name][contains]=K":                   {"okta", "kongIdentity"},
		"filter[issuer][contains]=/au":               {"auth0"},
		"filter[issuer]=https://idp.example/okta":    {"okta"},
		"filter[provider_type]=http":                 {"http"},
		"filter[provider_type][eq]=azureAd":          {"azureAd"},
		"filter[initial_client_id]=client&sort=name": {"auth0", "azureAd", "curity"},
		"filter[initial_client_id][contains]=lie&filter[name]=DCR curity": {"curity"},
		"filter[initial_client_audience]=https://api.example":             {"auth0"},
		"filter[initial_client_audience][contains]=example":               {"auth0"},
		"filter[id]=" + unknownID:                                         {},
		"filter[id][contains]=zzz":                                        {},
	} {
		list := s.call(t, 200, "GET", providers+"?"+encode(query), nil)
		if got := list.column("provider_type"); !reflect.DeepEqual(got, want) {
			t.Errorf("?%s lists %q, want %q", query, got, want)
		}
	}
	page := s.call(t, 200, "GET", providers+"?"+encode("page[size]=4&page[number]=2"), nil)
	page.has(t, map[string]any{"meta": map[string]any{"page": map[string]any{"number": 2, "size": 4, "total": 6}}})

	for query, fault := range map[string]string{
		"page[size]=0":               "page[size] min 1",
		"page[size]=x":               "page[size] is_integer",
		"page[size]=1001":            "page[size] max 1000",
		"page[after]=x":              "page[after] unknown_property",
		"filter[colour]=x":           "filter[colour] unknown_property",
		"filter[provider_type]=ping": "filter[provider_type] enum [auth0 azureAd curity okta kongIdentity http rfc7591]",
		"sort=colour":                "sort enum [created_at updated_at provider_type issuer name]",
	} {
		s.refuses(t, "GET", providers+"?"+encode(query), nil, fault)
	}
}

// encode writes a query the way clients do: brackets and spaces escaped.
func encode(query string) string {
	values := url.Values{}
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			values.Add(name, value)
		}
	}
	return values.Encode()
}

func TestDeleteProvider(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	id := s.newProvider(t, "okta")
	strategy := s.call(t, 201, "POST", strategies, with(openID(), "dcr_provider_id", id)).text("id")
	a := s.call(t, 409, "DELETE", providers+"/"+id, nil)
	if !strings.Contains(a.text("detail"), "[Okta auth strategy]") {
		t.Errorf("the detail does not name the strategy: %s", a.text("detail"))
	}
	s.call(t, 204, "DELETE", strategies+"/"+strategy, nil)
	s.call(t, 204, "DELETE", providers+"/"+id, nil)
	s.call(t, 404, "DELETE", providers+"/"+id, nil)
	s.call(t, 404, "GET", providers+"/"+id, nil)
}

// A provider is active while a published API uses one of its strategies.
func TestActive(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	idle, id := s.newProvider(t, "curity"), s.newProvider(t, "okta")
	strategy := s.call(t, 201, "POST", strategies, with(openID(), "dcr_provider_id", id)).text("id")
	s.call(t, 200, "GET", providers+"/"+id, nil).has(t, map[string]any{"active": false})
	s.call(t, 200, "GET", strategies+"/"+strategy, nil).has(t, map[string]any{"active": false})
	s.publish(t, strategy)
	s.call(t, 200, "GET", providers+"/"+id, nil).has(t, map[string]any{"active": true})
	s.call(t, 200, "GET", strategies+"/"+strategy, nil).has(t, map[string]any{"active": true})
	s.call(t, 200, "GET", providers+"/"+idle, nil).has(t, map[string]any{"active": false})
	s.call(t, 409, "DELETE", strategies+"/"+strategy, nil)
}

// publish makes a portal and an API that is published there with a strategy.
func (s *testServer) publish(t *testing.T, strategy string) (portico.Portal, portico.API) {
	t.Helper()
	portal, err := s.Portals.Create(t.Context(), control.PortalFields{Name: portico.Some("Portal")})
	check(t, err)
	api, err := s.APIs.Create(t.Context(), control.NewAPI{Name: "Orders", Version: new("v1")})
	check(t, err)
	_, err = s.Publications.Put(t.Context(), api.ID, portal.ID, control.PublicationFields{StrategyID: portico.Some(portico.StrategyID(strategy))})
	check(t, err)
	return portal, api.API
}
