package mgmtapi_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"portico"
	"portico/control"
	"portico/spectest"
)

// world is a portal with an API, published with a DCR strategy, and a developer.
type world struct{ portal, api, provider, strategy, developer string }

func (s *testServer) newWorld(t *testing.T) world {
	t.Helper()
	s.keep(s.idps.good, "issued-client-secret")
	okta := provider("okta")
	okta["dcr_config"] = map[string]any{"dcr_token": s.idps.good}
	w := world{provider: s.call(t, 201, "POST", providers, okta).text("id")}
	w.strategy = s.call(t, 201, "POST", strategies, with(openID(), "dcr_provider_id", w.provider)).text("id")
	portal, api := s.publish(t, w.strategy)
	w.portal, w.api = string(portal.ID), string(api.ID)
	w.developer = s.newDeveloper(t, w.portal, "dev@example.com")
	return w
}

func (w world) applications() string { return "/v3/portals/" + w.portal + "/applications" }

func (w world) application(name string) map[string]any {
	return map[string]any{
		"name": name, "auth_strategy_id": w.strategy, "owner": map[string]any{"type": "developer", "id": w.developer},
	}
}

// anotherStrategy publishes a second API of the portal with a strategy.
func (s *testServer) anotherStrategy(t *testing.T, w world, body map[string]any) string {
	t.Helper()
	id := s.call(t, 201, "POST", strategies, body).text("id")
	api, err := s.APIs.Create(t.Context(), control.NewAPI{Name: "Another " + id})
	check(t, err)
	_, err = s.Publications.Put(t.Context(), api.ID, portico.PortalID(w.portal), control.PublicationFields{StrategyID: portico.Some(portico.StrategyID(id))})
	check(t, err)
	return id
}

func TestApplicationWithDCR(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.newWorld(t)
	created := s.call(t, 201, "POST", w.applications(), with(w.application("App"), "description", "What it does", "labels", map[string]any{"env": "test", "gone": nil}))
	want := map[string]any{
		"id": created.text("id"), "created_at": created.text("created_at"), "updated_at": created.text("updated_at"),
		"name": "App", "description": "What it does", "labels": map[string]any{"env": "test"}, "client_id": "client-1",
		"registration_count": 0, "dcr_provider": map[string]any{"id": w.provider}, "portal": map[string]any{"id": w.portal},
		"granted_scopes": nil, "owner": map[string]any{"type": "developer", "id": w.developer},
		"auth_strategy": map[string]any{
			"id": w.strategy, "name": "Okta auth strategy", "credential_type": "client_credentials", "auth_methods": []string{"client_credentials", "bearer"},
		},
	}
	if !reflect.DeepEqual(created.Body, normal(t, want)) {
		t.Errorf("created %s", created.Text)
	}
	path := w.applications() + "/" + created.text("id")
	for _, same := range []string{path, "/v3/applications/" + created.text("id")} {
		if again := s.call(t, 200, "GET", same, nil); !reflect.DeepEqual(again.Body, created.Body) {
			t.Errorf("%s answers %s", same, again.Text)
		}
	}
	s.call(t, 200, "GET", path+"/credentials", nil).has(t, map[string]any{
		"data": []any{map[string]any{"type": "client_secret", "id": "secret-1", "display_name": nil, "client_id": "client-1", "created_at": nil, "expires_at": nil}},
		"meta": map[string]any{"page": map[string]any{"number": 1, "size": 10, "total": 1}},
	})
	people := []any{map[string]any{"id": w.developer, "email": "dev@example.com", "full_name": "Dev dev@example.com"}}
	s.call(t, 200, "GET", path+"/developers?sort=id", nil).has(t, map[string]any{"data": people, "meta.page.total": 1})
	s.call(t, 200, "GET", path+"/developers?"+encode("filter[id][neq]="+w.developer), nil).has(t, map[string]any{"data": []any{}})
	s.call(t, 201, "POST", path+"/registrations", map[string]any{"api_id": w.api})
	s.call(t, 200, "GET", path, nil).has(t, map[string]any{"registration_count": 1})
	s.call(t, 204, "DELETE", path, nil)
	s.call(t, 404, "GET", path, nil)
	s.call(t, 404, "DELETE", path, nil)
	if n := s.idps.count(); n != 0 {
		t.Errorf("%d clients are left at the identity provider", n)
	}
}

func TestApplicationWithoutDCR(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.newWorld(t)
	own, keys := s.anotherStrategy(t, w, openID()), s.anotherStrategy(t, w, keyAuth())
	bare := s.anotherStrategy(t, w, with(keyAuth(), "configs.key-auth", map[string]any{}))

	self := s.call(t, 201, "POST", w.applications(), with(w.application("Own client"), "auth_strategy_id", own, "client_id", "my-client"))
	self.has(t, map[string]any{"client_id": "my-client", "dcr_provider": nil, "auth_strategy.credential_type": "self_managed_client_credentials"})

	key := s.call(t, 201, "POST", w.applications(), with(w.application("Keys"), "auth_strategy_id", keys))
	key.has(t, map[string]any{"description": nil, "auth_strategy": map[string]any{
		"id": keys, "name": "Keys", "credential_type": "key_auth", "key_names": []string{"apikey", "x-api-key"}, "ttl": map[string]any{"value": 30, "unit": "days"},
	}})
	if _, there := key.Body["client_id"]; there {
		t.Errorf("a key-auth application has a client_id: %s", key.Text)
	}
	s.call(t, 201, "POST", w.applications(), with(w.application("Bare keys"), "auth_strategy_id", bare)).
		has(t, map[string]any{"auth_strategy": map[string]any{"id": bare, "name": "Keys", "credential_type": "key_auth", "key_names": []string{"apikey"}}})

	issued, err := s.Credentials.Create(t.Context(), portico.ApplicationID(key.text("id")), "first")
	check(t, err)
	s.keep(issued.Value.Reveal())
	list := s.call(t, 200, "GET", w.applications()+"/"+key.text("id")+"/credentials", nil)
	list.has(t, map[string]any{"data.0.type": "api_key", "data.0.id": issued.ID, "data.0.display_name": "first", "data.0.status": "active"})
	if list.text("data.0.expires_at") == "" || list.text("data.0.created_at") == "" {
		t.Errorf("times are missing: %s", list.Text)
	}
}

func TestDeveloperManagedScopes(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.newWorld(t)
	auth0 := s.call(t, 201, "POST", providers, with(provider("auth0"), "dcr_config.initial_client_secret", s.idps.good)).text("id")
	strategy := s.anotherStrategy(t, w, with(openID(), "dcr_provider_id", auth0))
	s.call(t, 201, "POST", w.applications(), with(w.application("App"), "auth_strategy_id", strategy)).
		has(t, map[string]any{"auth_strategy.available_scopes": []string{"openid", "email"}})
}

func TestApplicationRules(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.newWorld(t)
	own := s.anotherStrategy(t, w, openID())
	unused := s.call(t, 201, "POST", strategies, openID()).text("id")
	app := w.application("App")
	for name, tt := range map[string]struct {
		body   any
		faults []string
	}{
		"empty":                 {`{}`, []string{"owner required", "name required"}},
		"no owner":              {with(app, "owner", nil), []string{"owner required"}},
		"owner empty":           {with(app, "owner", map[string]any{}), []string{"owner.type required", "owner.id required"}},
		"owner a team":          {with(app, "owner.type", "team"), []string{"owner.id missing_reference"}},
		"owner of another type": {with(app, "owner.type", "user"), []string{"owner.type enum [developer team]"}},
		"owner is no id":        {with(app, "owner.id", "dev"), []string{"owner.id is_uuid"}},
		"owner open":            {with(app, "owner.email", "x"), []string{"owner.email unknown_property"}},
		"owner unknown":         {with(app, "owner.id", unknownID), []string{"owner.id missing_reference"}},
		"name empty":            {with(app, "name", ""), []string{"name min_length 1"}},
		"name too long":         {with(app, "name", long(256)), []string{"name max_length 255"}},
		"description too long":  {with(app, "description", long(256)), []string{"description max_length 255"}},
		"client too long":       {with(app, "client_id", long(256)), []string{"client_id max_length 255"}},
		"adopted too long":      {with(app, "dcr_client_id", long(256)), []string{"dcr_client_id max_length 255"}},
		"strategy no id":        {with(app, "auth_strategy_id", "okta"), []string{"auth_strategy_id is_uuid"}},
		"strategy unknown":      {with(app, "auth_strategy_id", unknownID), []string{"auth_strategy_id missing_reference"}},
		"strategy not offered":  {with(app, "auth_strategy_id", unused), []string{"auth_strategy_id missing_reference"}},
		"no strategy":           {with(app, "auth_strategy_id", nil), []string{"auth_strategy_id required"}},
		"label":                 {with(app, "labels", map[string]any{"a": ""}), []string{"labels.a min_length 1"}},
		"unknown member":        {with(app, "scopes", []string{"a"}), []string{"scopes unknown_property"}},
		"client with DCR":       {with(app, "client_id", "mine"), []string{"client_id invalid"}},
		"own without client":    {with(app, "auth_strategy_id", own), []string{"client_id required"}},
		"adopted without DCR":   {with(app, "auth_strategy_id", own, "client_id", "c", "dcr_client_id", "d"), []string{"dcr_client_id invalid"}},
	} {
		t.Run(name, func(t *testing.T) { s.refuses(t, "POST", w.applications(), tt.body, tt.faults...) })
	}
	s.call(t, 404, "POST", "/v3/portals/"+unknownID+"/applications", app)
	s.call(t, 201, "POST", w.applications(), app)
	s.call(t, 409, "POST", w.applications(), app)
	s.call(t, 201, "POST", w.applications(), with(app, "name", "Own", "auth_strategy_id", own, "client_id", "mine"))
	s.call(t, 409, "POST", w.applications(), with(app, "name", "Own too", "auth_strategy_id", own, "client_id", "mine"))
	s.call(t, 200, "GET", w.applications(), nil).has(t, map[string]any{"meta.page.total": 2})
}

// What the identity provider refuses is not half done.
func TestApplicationWithoutIdentityProvider(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.newWorld(t)
	s.idps.setDown(true)
	s.call(t, 503, "POST", w.applications(), w.application("App"))
	s.call(t, 200, "GET", w.applications(), nil).has(t, map[string]any{"meta.page.total": 0})
	s.idps.setDown(false)
	s.call(t, 201, "POST", w.applications(), w.application("App"))
}

func TestApplicationChangesHands(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.newWorld(t)
	heir := s.newDeveloper(t, w.portal, "heir@example.com")
	path := w.applications() + "/" + s.call(t, 201, "POST", w.applications(), w.application("App")).text("id")
	owner := func(id string) map[string]any {
		return map[string]any{"owner": map[string]any{"type": "developer", "id": id}}
	}
	s.call(t, 200, "PATCH", path, `{}`).has(t, owner(w.developer))
	s.call(t, 200, "PATCH", path, owner(heir)).has(t, owner(heir))
	s.call(t, 200, "PATCH", path, owner(heir)).has(t, owner(heir))
	s.refuses(t, "PATCH", path, owner(unknownID), "owner.id missing_reference")
	s.refuses(t, "PATCH", path, `{"name":"x"}`, "name unknown_property")
	s.refuses(t, "PATCH", path, `{"owner":{"type":"team","id":"`+heir+`"}}`, "owner.id missing_reference")
	s.refuses(t, "PATCH", path, `{"owner":null}`, "owner is_object")
	s.call(t, 404, "PATCH", w.applications()+"/"+unknownID, `{}`)
}

func TestListApplications(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.newWorld(t)
	other := s.newDeveloper(t, w.portal, "other@example.com")
	for _, name := range []string{"b", "c"} {
		s.call(t, 201, "POST", w.applications(), w.application(name))
	}
	s.call(t, 201, "POST", w.applications(), with(w.application("a"), "owner.id", other))
	for query, want := range map[string]string{
		"":                                        "b c a",
		"sort=name":                               "a b c",
		"sort=created_at desc":                    "a c b",
		"sort=developer_id,name desc":             "c b a",
		"filter[name]=a":                          "a",
		"filter[name][oeq]=a,b":                   "b a",
		"filter[developer_id][eq]=" + other:       "a",
		"filter[developer_id][neq]=" + other:      "b c",
		"page[size]=1&page[number]=3":             "a",
		"filter[developer_id][eq]=" + w.developer: "b c",
	} {
		list := s.call(t, 200, "GET", w.applications()+"?"+encode(query), nil)
		if got := strings.Join(list.column("name"), " "); got != want {
			t.Errorf("?%s lists %q, want %q", query, got, want)
		}
	}
	// The short form of an id's filter is what clients send, though the contract
	// declares it for texts only.
	short := http.Header{"Authorization": {"Bearer " + s.token}, spectest.Lenient: {"1"}}
	s.send(t, 200, "GET", w.applications()+"?"+encode("filter[developer_id]="+other), nil, short).has(t, map[string]any{"meta.page.total": 1})
	s.refuses(t, "GET", w.applications()+"?"+encode("sort=client_id"), nil, "sort enum [created_at developer_id name]")
	s.call(t, 404, "GET", "/v3/portals/"+unknownID+"/applications", nil)
}

// An application is seen in its own portal only.
func TestApplicationsStayInTheirPortal(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.newWorld(t)
	id := s.call(t, 201, "POST", w.applications(), w.application("App")).text("id")
	portal, err := s.Portals.Create(t.Context(), control.PortalFields{Name: portico.Some("Elsewhere")})
	check(t, err)
	elsewhere := "/v3/portals/" + string(portal.ID) + "/applications/" + id
	for _, path := range []string{elsewhere, elsewhere + "/credentials", elsewhere + "/registrations", elsewhere + "/registrations/" + unknownID} {
		s.call(t, 404, "GET", path, nil)
	}
	s.call(t, 404, "DELETE", elsewhere, nil)
	s.call(t, 404, "PATCH", elsewhere, `{}`)
	s.call(t, 404, "POST", elsewhere+"/registrations", map[string]any{"api_id": w.api})
	s.refuses(t, "POST", "/v3/portals/"+string(portal.ID)+"/applications", w.application("App"), "owner.id missing_reference")
	s.call(t, 200, "GET", "/v3/portals/"+string(portal.ID)+"/applications", nil).has(t, map[string]any{"meta.page.total": 0, "data": []any{}})
	s.call(t, 404, "GET", "/v3/applications/"+unknownID, nil)
}
