package portalapi_test

import (
	"net/http"
	"strings"
	"testing"

	"portico"
	"portico/control"
)

func TestApplicationBodies(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	keys, own := s.keyAuth(t, portico.KeyAuthConfig{}), s.selfManaged(t)
	s.publish(t, p, "A", portico.Public, &keys)
	s.publish(t, p, "B", portico.Public, &own)
	b := s.signUp(t, p, "d@dev.example")
	use := `"auth_strategy_id":"` + string(keys.ID) + `"`
	for body, faults := range map[string][]string{
		`{}`:                           {"name required"},
		`{"name":""}`:                  {"name min_length 1"},
		`{"name":null}`:                {"name is_string"},
		`{"name":"` + long(256) + `"}`: {"name max_length 255"},
		`{"name":"x"}`:                 {"auth_strategy_id required"},
		`{"name":"x","team_id":"x"}`:   {"team_id is_uuid"},
		`{"name":"x","description":" "` + `,"auth_strategy_id":"x"}`:                                      {"auth_strategy_id is_uuid"},
		`{"name":"x","auth_strategy_id":"` + unknownID + `"}`:                                             {"auth_strategy_id missing_reference"},
		`{"name":"x",` + use + `,"team_id":"` + unknownID + `"}`:                                          {"team_id missing_reference"},
		`{"name":"x",` + use + `,"client_id":"mine"}`:                                                     {"client_id invalid"},
		`{"name":"x",` + use + `,"scopes":["openid"]}`:                                                    {"scopes invalid"},
		`{"name":"x",` + use + `,"scopes":"openid"}`:                                                      {"scopes is_array"},
		`{"name":"x",` + use + `,"dcr_client_id":"a","labels":{},"id":"x","developer_id":"x"}`:            {"dcr_client_id unknown_property", "labels unknown_property", "id unknown_property", "developer_id unknown_property"},
		`{"name":"x","auth_strategy_id":"` + string(own.ID) + `"}`:                                        {"client_id required"},
		`{"name":"x","auth_strategy_id":"` + string(own.ID) + `","client_id":""}`:                         {"client_id min_length 1"},
		`{"name":"x","description":"` + long(256) + `","client_id":"` + long(256) + `","redirect_uri":7}`: {"description max_length 255", "client_id max_length 255", "redirect_uri is_string"},
		`{"name":"x","redirect_uri":"javascript:alert(1)"}`:                                               {"redirect_uri invalid"},
		`{"name":"x","redirect_uri":"/callback"}`:                                                         {"redirect_uri invalid"},
		`{"name":"x","redirect_uri":"https://app.example/` + long(2048) + `"}`:                            {"redirect_uri max_length 2048"},
		`{"name":"x","redirect_uri":"https://user:secret@app.example/"}`:                                  {"redirect_uri invalid"},
		`{"name":"x","name":"y"}`:                                                                         {"body invalid"},
	} {
		b.refuses(t, "POST", "/applications", body, faults...)
	}
	b.lists(t, "/applications", "name")

	path := "/applications/" + b.call(t, 201, "POST", "/applications", map[string]any{"name": "App", "auth_strategy_id": keys.ID, "team_id": nil}).text("id")
	for body, faults := range map[string][]string{
		`{"name":""}`: {"name min_length 1"},
		`{"name":null,"description":null,"client_id":null,"scopes":null}`:  {"name is_string", "description is_string", "client_id is_string", "scopes is_array"},
		`{"auth_strategy_id":"` + string(own.ID) + `","developer_id":"x"}`: {"auth_strategy_id unknown_property", "developer_id unknown_property"},
		`{"client_id":"mine"}`:            {"client_id invalid"},
		`{"scopes":["openid"]}`:           {"scopes invalid"},
		`{"redirect_uri":"ftp://x.test"}`: {"redirect_uri invalid"},
		`{"team_id":"` + unknownID + `"}`: {"team_id missing_reference"},
		`[]`:                              {"body is_object"},
	} {
		b.refuses(t, "PATCH", path, body, faults...)
	}
	b.call(t, 200, "GET", path, nil).has(t, map[string]any{"name": "App", "description": nil, "redirect_uri": nil, "client_id": nil})
	full := b.call(t, 200, "PATCH", path, map[string]any{"name": "New", "description": "Why", "redirect_uri": "http://localhost:3000/cb", "team_id": nil})
	full.has(t, map[string]any{"name": "New", "description": "Why", "redirect_uri": "http://localhost:3000/cb", "auth_strategy.key_names": []string{"apikey"}})
	b.call(t, 200, "PATCH", path, `{"redirect_uri":null}`).has(t, map[string]any{"name": "New", "description": "Why", "redirect_uri": nil})
	b.call(t, 200, "PATCH", path, `{}`).has(t, map[string]any{"name": "New", "description": "Why", "redirect_uri": nil})
}

// TestSelfManagedClients holds the client id that a developer brings to be
// theirs alone.
func TestSelfManagedClients(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	own := s.selfManaged(t)
	p := s.portal(t, "P", func(f *control.PortalFields) { f.DefaultStrategyID = portico.Some(own.ID) })
	b, other := s.signUp(t, p, "d@dev.example"), s.signUp(t, p, "e@dev.example")
	created := b.call(t, 201, "POST", "/applications", map[string]any{"name": "App", "client_id": "mine", "auth_strategy_id": nil})
	created.has(t, map[string]any{"client_id": "mine", "client_secret": nil, "auth_strategy.id": own.ID, "auth_strategy.supports_multiple_credentials": false})
	b.call(t, 409, "POST", "/applications", map[string]any{"name": "App", "client_id": "another"})
	other.call(t, 409, "POST", "/applications", map[string]any{"name": "App", "client_id": "mine"})
	theirs := "/applications/" + other.call(t, 201, "POST", "/applications", map[string]any{"name": "App", "client_id": "theirs"}).text("id")
	other.call(t, 409, "PATCH", theirs, map[string]any{"client_id": "mine"})
	other.call(t, 200, "PATCH", theirs, map[string]any{"client_id": "better"}).has(t, map[string]any{"client_id": "better"})
	other.call(t, 201, "POST", "/applications", map[string]any{"name": "Second", "client_id": "second"})
	other.call(t, 409, "PATCH", theirs, map[string]any{"name": "Second"})
	path := "/applications/" + created.text("id")
	b.lists(t, path+"/credentials", "id")
	b.call(t, 409, "POST", path+"/credentials", nil)
	b.call(t, 409, "POST", path+"/regenerate-secret", nil)
	b.call(t, 422, "GET", path+"/granted-scopes", nil)
}

func TestListOfApplications(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	keys, own := s.keyAuth(t, portico.KeyAuthConfig{}), s.selfManaged(t)
	s.publish(t, p, "A", portico.Public, &keys)
	s.publish(t, p, "B", portico.Public, &own)
	b := s.signUp(t, p, "d@dev.example")
	for _, name := range []string{"Shop", "Shipping", "Tools"} {
		b.call(t, 201, "POST", "/applications", map[string]any{"name": name, "auth_strategy_id": keys.ID})
	}
	b.call(t, 201, "POST", "/applications", map[string]any{"name": "Own", "auth_strategy_id": own.ID, "client_id": "c"})
	for query, want := range map[string][]string{
		"":                           {"Own", "Shipping", "Shop", "Tools"},
		"?filter[name]=Shop":         {"Shop"},
		"?filter[name][contains]=sh": {"Shipping", "Shop"},
		"?filter[auth_strategy_id]=" + string(own.ID): {"Own"},
		"?filter[team_id]=" + unknownID:               {},
		"?filter[team_id][neq]=" + unknownID:          {"Own", "Shipping", "Shop", "Tools"},
		"?page[size]=2&page[number]=2":                {"Own", "Tools"},
	} {
		b.lists(t, "/applications"+query, "name", want...)
	}
	b.refuses(t, "GET", "/applications?filter[developer_id]=x", nil, "filter[developer_id] unknown_property")
	b.refuses(t, "GET", "/applications?filter[team_id]=x", nil, "filter[team_id] is_uuid")

	const at = "/apis/a-v1/applications"
	b.lists(t, at+"?unregistered=true&applicationfilter[name][contains]=sh", "name", "Shipping", "Shop")
	b.lists(t, at+"?unregistered=false", "name")
	b.refuses(t, "GET", at+"?unregistered=perhaps", nil, "unregistered is_boolean")
	b.refuses(t, "GET", at+"?applicationfilter[owner]=x", nil, "applicationfilter[owner] unknown_property")
	s.visit(t, p).call(t, 401, "GET", at, nil)
	b.call(t, 404, "GET", "/apis/nothing/applications", nil)
}

// TestOtherDevelopers holds that nobody reaches another developer's application
// by its id, in any way.
func TestOtherDevelopers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	keys := s.keyAuth(t, portico.KeyAuthConfig{})
	api := s.publish(t, p, "A", portico.Public, &keys)
	owner, other := s.signUp(t, p, "d@dev.example"), s.signUp(t, p, "e@dev.example")
	path := "/applications/" + owner.call(t, 201, "POST", "/applications", map[string]any{"name": "App", "auth_strategy_id": keys.ID}).text("id")
	key := owner.call(t, 201, "POST", path+"/credentials", nil)
	registration := path + "/registrations/" + owner.call(t, 201, "POST", path+"/registrations", map[string]any{"api_id": api.ID}).text("id")
	mine := "/applications/" + other.call(t, 201, "POST", "/applications", map[string]any{"name": "App", "auth_strategy_id": keys.ID}).text("id")
	for _, c := range []struct {
		method, path string
		body         any
	}{
		{"GET", path, nil}, {"PATCH", path, map[string]any{"name": "Taken"}}, {"DELETE", path, nil},
		{"GET", path + "/granted-scopes", nil}, {"POST", path + "/regenerate-secret", nil},
		{"GET", path + "/credentials", nil}, {"POST", path + "/credentials", nil},
		{"PUT", path + "/credentials/" + key.text("id"), map[string]any{"display_name": "Taken"}},
		{"DELETE", path + "/credentials/" + key.text("id"), nil},
		{"GET", path + "/registrations", nil}, {"POST", path + "/registrations", map[string]any{"api_id": api.ID}},
		{"GET", registration, nil}, {"DELETE", registration, nil},
		// Through an application of one's own it is no different.
		{"PUT", mine + "/credentials/" + key.text("id"), map[string]any{"display_name": "Taken"}},
		{"DELETE", mine + "/credentials/" + key.text("id"), nil},
		{"GET", mine + strings.TrimPrefix(registration, path), nil}, {"DELETE", mine + strings.TrimPrefix(registration, path), nil},
	} {
		theirs := other.call(t, 404, c.method, c.path, c.body)
		if strings.Contains(theirs.Text, "developer") {
			t.Errorf("%s %s says whose it is: %s", c.method, c.path, theirs.Text)
		}
	}
	for _, id := range []string{unknownID, "x", "%00"} {
		owner.call(t, 404, "GET", "/applications/"+id, nil)
	}
	owner.call(t, 200, "GET", path, nil).has(t, map[string]any{"name": "App"})
	owner.lists(t, path+"/credentials", "display_name", "")
	owner.lists(t, path+"/registrations", "status", "approved")
}

// TestNoHalfApplications lets the identity provider fail, and finds nothing
// created, nothing changed.
func TestNoHalfApplications(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	strategy := s.oidc(t)
	s.publish(t, p, "A", portico.Public, &strategy)
	b := s.signUp(t, p, "d@dev.example")
	wish := map[string]any{"name": "App", "auth_strategy_id": strategy.ID}
	s.as.Fail("/api/v1/apps", http.StatusInternalServerError, 100)
	s.as.Fail("/oauth2/v1/clients", http.StatusInternalServerError, 100)
	refused := b.call(t, 503, "POST", "/applications", wish)
	if !strings.Contains(refused.text("detail"), "no application was created") || refused.Header.Get("Retry-After") == "" {
		t.Errorf("%s", refused.Text)
	}
	b.lists(t, "/applications", "name")
	s.as.ClearFaults()
	path := "/applications/" + b.call(t, 201, "POST", "/applications", wish).text("id")
	s.as.Fail("/api/v1/apps", http.StatusInternalServerError, 100)
	s.as.Fail("/oauth2/v1/clients", http.StatusInternalServerError, 100)
	b.call(t, 503, "PATCH", path, map[string]any{"name": "New"})
	b.call(t, 503, "POST", path+"/regenerate-secret", nil)
	b.call(t, 503, "GET", path+"/credentials", nil)
	b.call(t, 200, "GET", path, nil).has(t, map[string]any{"name": "App"})
	b.call(t, 204, "DELETE", path, nil) // the client's removal is finished later
	b.call(t, 404, "GET", path, nil)
}

// TestDeveloperManagedScopes lets a developer choose scopes where the strategy
// leaves them to choose, and no others.
func TestDeveloperManagedScopes(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	strategy := s.oidc(t)
	s.publish(t, p, "A", portico.Public, &strategy)
	_, err := s.Providers.Update(t.Context(), *strategy.ProviderID, control.ProviderChange{Config: control.ProviderConfigChange{UseDeveloperManagedScopes: portico.Some(true)}})
	check(t, err)
	b := s.signUp(t, p, "d@dev.example")
	b.call(t, 200, "GET", "/application-auth-strategies", nil).has(t, map[string]any{"data.0.available_scopes": []string{"openid"}})
	b.refuses(t, "POST", "/applications", map[string]any{"name": "App", "auth_strategy_id": strategy.ID, "scopes": []string{"openid", "admin"}}, "scopes.1 missing_reference")
	created := b.call(t, 201, "POST", "/applications", map[string]any{"name": "App", "auth_strategy_id": strategy.ID, "scopes": []string{"openid"}})
	created.has(t, map[string]any{"scopes": []string{"openid"}})
	b.call(t, 200, "GET", "/applications/"+created.text("id")+"/granted-scopes", nil).has(t, map[string]any{"scopes": []string{"openid"}})
	b.refuses(t, "PATCH", "/applications/"+created.text("id"), map[string]any{"scopes": []string{"admin"}}, "scopes.0 missing_reference")
	b.call(t, 200, "PATCH", "/applications/"+created.text("id"), map[string]any{"scopes": []string{}}).has(t, map[string]any{"scopes": nil})
}
