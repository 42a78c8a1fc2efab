package mgmtapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestPublicationTakesThePortalsDefaultsWhenItIsMade(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	first, second := s.strategyNamed(t, "first"), s.strategyNamed(t, "second")
	portal := s.portalNamed(t, "p", "default_application_auth_strategy_id", first, "default_api_visibility", "public")
	path := "/v3/apis/" + s.apiNamed(t, "a") + "/publications/" + portal
	s.call(t, http.StatusNotFound, "GET", path, nil)
	want := map[string]any{"auth_strategy_ids": []any{first}, "visibility": "public", "auto_approve_registrations": false}
	made := s.call(t, http.StatusOK, "PUT", path, `{}`)
	made.has(t, want)
	s.call(t, http.StatusOK, "PATCH", "/v3/portals/"+portal, map[string]any{"default_application_auth_strategy_id": second, "default_api_visibility": "private"})
	s.call(t, http.StatusOK, "GET", path, nil).has(t, want)
	s.call(t, http.StatusOK, "PUT", path, `{}`).has(t, map[string]any{"auth_strategy_ids": []any{second}, "visibility": "private", "created_at": made.text("created_at")})
	s.call(t, http.StatusOK, "PUT", path, `{"auth_strategy_ids":null}`).has(t, map[string]any{"auth_strategy_ids": nil, "warnings": []any{}})
	all := map[string]any{"auth_strategy_ids": []any{first}, "visibility": "public", "auto_approve_registrations": true}
	for range 2 {
		s.call(t, http.StatusOK, "PUT", path, with(all, "warnings", []any{})).has(t, all)
	}
	s.call(t, http.StatusOK, "GET", path, nil).has(t, all)
	s.lists(t, "/v3/api-publications", "portal_id", portal)
	s.call(t, http.StatusNoContent, "DELETE", path, nil)
	s.call(t, http.StatusNotFound, "DELETE", path, nil)
	s.call(t, http.StatusNotFound, "GET", path, nil)
}

func TestPublicationShowsInItsAPI(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	portal, api := s.portalNamed(t, "p", "display_name", "P"), s.apiNamed(t, "a")
	s.call(t, http.StatusOK, "PUT", "/v3/apis/"+api+"/publications/"+portal, `{}`)
	s.call(t, http.StatusOK, "GET", "/v3/apis/"+api, nil).has(t, map[string]any{"portals": []any{map[string]any{"id": portal, "name": "p", "display_name": "P"}}})
}

func TestPublicationValidation(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	portal, api, strategy := s.portalNamed(t, "p"), s.apiNamed(t, "a"), s.strategyNamed(t, "keys")
	path := "/v3/apis/" + api + "/publications/" + portal
	for body, fault := range map[string]string{
		`{"auth_strategy_ids":[]}`:                                       "auth_strategy_ids min_items 1",
		`{"auth_strategy_ids":["` + strategy + `","` + unknownID + `"]}`: "auth_strategy_ids max_items 1",
		`{"auth_strategy_ids":"` + strategy + `"}`:                       "auth_strategy_ids is_array",
		`{"auth_strategy_ids":["x"]}`:                                    "auth_strategy_ids.0 is_uuid",
		`{"auth_strategy_ids":[null]}`:                                   "auth_strategy_ids.0 is_string",
		`{"auth_strategy_ids":["` + unknownID + `"]}`:                    "auth_strategy_ids.0 missing_reference",
		`{"visibility":"hidden"}`:                                        "visibility enum [public private]",
		`{"visibility":null}`:                                            "visibility is_string",
		`{"auto_approve_registrations":"yes"}`:                           "auto_approve_registrations is_boolean",
		`{"portal":"p"}`:                                                 "portal unknown_property",
	} {
		s.refuses(t, "PUT", path, body, fault)
	}
	s.call(t, http.StatusNotFound, "PUT", "/v3/apis/"+unknownID+"/publications/"+portal, `{}`)
	s.call(t, http.StatusNotFound, "PUT", "/v3/apis/"+api+"/publications/"+unknownID, `{}`)
	s.call(t, http.StatusNotFound, "PUT", "/v3/apis/"+api+"/publications/x", `{}`)
	s.lists(t, "/v3/api-publications", "api_id")
}

func TestPublicationWarnsOfWhatItDoesNotDo(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	keys, others := s.strategyNamed(t, "keys"), s.strategyNamed(t, "others")
	portal, api := s.portalNamed(t, "p"), s.apiNamed(t, "a")
	path := "/v3/apis/" + api + "/publications/" + portal
	warnings := func(a answer) string {
		list, _ := a.at("warnings").([]any)
		var out []string
		for _, w := range list {
			out = append(out, w.(string))
		}
		return strings.Join(out, " ")
	}
	if got := warnings(s.call(t, http.StatusOK, "PUT", path, map[string]any{"auth_strategy_ids": []string{keys}})); !strings.Contains(got, "not linked") {
		t.Errorf("no warning about enforcement: %q", got)
	}
	plane, service := s.newService(t, "upstream")
	s.implement(t, api, plane, service)
	if got := warnings(s.call(t, http.StatusOK, "GET", path, nil)); got != "" {
		t.Errorf("warned: %q", got)
	}
	developer := s.call(t, http.StatusCreated, "POST", "/v3/portals/"+portal+"/developers", `{"email":"d@example.com","full_name":"D","status":"approved"}`).text("id")
	app := s.call(t, http.StatusCreated, "POST", "/v3/portals/"+portal+"/applications",
		map[string]any{"name": "app", "auth_strategy_id": keys, "owner": map[string]any{"type": "developer", "id": developer}}).text("id")
	s.call(t, http.StatusCreated, "POST", "/v3/portals/"+portal+"/applications/"+app+"/registrations", map[string]any{"api_id": api, "status": "approved"})
	if got := warnings(s.call(t, http.StatusOK, "PUT", path, map[string]any{"auth_strategy_ids": []string{keys}})); got != "" {
		t.Errorf("warned: %q", got)
	}
	if got := warnings(s.call(t, http.StatusOK, "PUT", path, map[string]any{"auth_strategy_ids": []string{others}})); !strings.HasPrefix(got, "1 registered applications use another") {
		t.Errorf("no warning about the registered application: %q", got)
	}
}

func TestPublicationLists(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	strategy := s.strategyNamed(t, "keys")
	p, q := s.portalNamed(t, "p"), s.portalNamed(t, "q")
	a, b := s.apiNamed(t, "alpha"), s.apiNamed(t, "beta")
	s.call(t, http.StatusOK, "PUT", "/v3/apis/"+a+"/publications/"+p, map[string]any{"auth_strategy_ids": []string{strategy}})
	s.call(t, http.StatusOK, "PUT", "/v3/apis/"+b+"/publications/"+p, `{}`)
	s.call(t, http.StatusOK, "PUT", "/v3/apis/"+a+"/publications/"+q, `{}`)
	for query, want := range map[string][]string{
		"": {a, a, b}, "filter[portal_id][eq]=" + q: {a}, "filter[portal_name]=p": {a, b}, "filter[portal_name][contains]=Q": {a},
		"filter[api_id][neq]=" + a: {b}, "filter[api_name][contains]=ET": {b}, "filter[auth_strategy_id][eq]=" + strategy: {a},
		"filter[entity_type]=api": {a, a, b}, "filter[entity_type][eq]=api_package": {}, "filter[entity_type][neq]=api_package": {a, a, b},
		"sort=api_name,portal_name desc": {a, a, b}, "sort=api_id desc,portal_id": {b, a, a}, "sort=created_at desc": {a, b, a}, "sort=updated_at": {a, b, a},
		"sort=portal_name desc,api_name": {a, a, b},
	} {
		s.lists(t, "/v3/api-publications?"+encode(query), "api_id", want...)
	}
	for query, want := range map[string][]string{
		"": {a, b}, "filter[api_id][eq]=" + b: {b}, "filter[api_name]=alpha": {a}, "filter[auth_strategy_id][eq]=" + strategy: {a},
		"filter[entity_type]=api_package": {}, "sort=api_name desc": {b, a}, "sort=api_id": {a, b}, "sort=created_at desc": {b, a}, "sort=updated_at": {a, b},
	} {
		s.lists(t, "/v3/portals/"+p+"/api-publications?"+encode(query), "api_id", want...)
	}
	s.call(t, http.StatusOK, "GET", "/v3/portals/"+q+"/api-publications", nil).has(t, map[string]any{
		"data.0.portal_ids": []any{q}, "data.0.entity_type": "api", "data.0.auth_strategy_ids": nil, "data.0.auto_approve_registrations": false, "meta.page.total": 1,
	})
	s.call(t, http.StatusNotFound, "GET", "/v3/portals/"+unknownID+"/api-publications", nil)
}

// newService creates a service in a control plane of its own.
func (s *testServer) newService(t *testing.T, name string) (plane, service string) {
	t.Helper()
	plane = s.call(t, http.StatusCreated, "POST", "/v2/control-planes", map[string]any{"name": name + " plane"}).text("id")
	service = s.call(t, http.StatusCreated, "POST", "/v2/control-planes/"+plane+"/core-entities/services", map[string]any{"name": name, "host": "upstream.test"}).text("id")
	return plane, service
}

// implement links an API to a service and returns the implementation's id.
func (s *testServer) implement(t *testing.T, api, plane, service string) string {
	t.Helper()
	return s.call(t, http.StatusCreated, "POST", "/v3/apis/"+api+"/implementations",
		map[string]any{"service": map[string]any{"control_plane_id": plane, "id": service}}).text("id")
}

func TestImplementations(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plane, service := s.newService(t, "one")
	_, other := s.newService(t, "two")
	api := s.apiNamed(t, "a")
	path := "/v3/apis/" + api + "/implementations"
	byService := map[string]any{"service": map[string]any{"control_plane_id": plane, "id": service}}
	byPlane := map[string]any{"control_plane": map[string]any{"control_plane_id": plane}}
	for _, test := range []struct {
		body  any
		fault []string
	}{
		{`{}`, []string{"service required"}},
		{with(byService, "control_plane", byPlane["control_plane"]), []string{"control_plane invalid"}},
		{with(byService, "service.id", nil), []string{"service.id required"}},
		{with(byService, "service.control_plane_id", nil), []string{"service.control_plane_id required"}},
		{with(byService, "service.id", "x"), []string{"service.id is_uuid"}},
		{with(byService, "service.id", other), []string{"service.id missing_reference"}},
		{with(byService, "service.id", unknownID), []string{"service.id missing_reference"}},
		{with(byService, "service.control_plane_id", unknownID), []string{"service.control_plane_id missing_reference"}},
		{with(byPlane, "control_plane.control_plane_id", unknownID), []string{"control_plane.control_plane_id missing_reference"}},
		{`{"control_plane":{}}`, []string{"control_plane.control_plane_id required"}},
		{`{"service":null}`, []string{"service is_object"}},
		{with(byService, "service.name", "x"), []string{"service.name unknown_property"}},
	} {
		a := s.call(t, http.StatusBadRequest, "POST", path, test.body)
		if got := a.faults(); len(got) == 0 || !slices.Equal(got[:1], test.fault) {
			t.Errorf("%v: %q, want %q", test.body, got, test.fault)
		}
	}
	s.call(t, http.StatusNotFound, "POST", "/v3/apis/"+unknownID+"/implementations", byService)
	made := s.call(t, http.StatusCreated, "POST", path, byService)
	want := map[string]any{"service": map[string]any{"control_plane_id": plane, "id": service, "auth_strategy_sync_error": nil}, "control_plane": nil}
	made.has(t, want)
	s.call(t, http.StatusConflict, "POST", path, byService)
	s.call(t, http.StatusConflict, "POST", path, byPlane)
	one := path + "/" + made.text("id")
	s.call(t, http.StatusOK, "GET", one, nil).has(t, want)
	s.call(t, http.StatusNotFound, "GET", "/v3/apis/"+s.apiNamed(t, "b")+"/implementations/"+made.text("id"), nil)
	s.call(t, http.StatusNotFound, "DELETE", "/v3/apis/"+unknownID+"/implementations/"+made.text("id"), nil)
	s.call(t, http.StatusNoContent, "DELETE", one, nil)
	s.call(t, http.StatusNotFound, "DELETE", one, nil)
	s.call(t, http.StatusCreated, "POST", path, byPlane).has(t, map[string]any{
		"control_plane": map[string]any{"control_plane_id": plane, "access_control_enforcement_enabled": true}, "service": nil,
	})
	s.call(t, http.StatusConflict, "POST", path, byPlane)
	s.call(t, http.StatusConflict, "POST", path, byService)
	s.call(t, http.StatusOK, "GET", "/v3/apis/"+api, nil).has(t, map[string]any{"implementation_mode": "access_control_enforcement"})
}

func TestImplementationLists(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plane, service := s.newService(t, "one")
	otherPlane, otherService := s.newService(t, "two")
	a, b := s.apiNamed(t, "a"), s.apiNamed(t, "b")
	i := s.implement(t, a, plane, service)
	s.implement(t, b, otherPlane, otherService)
	s.implement(t, b, plane, service)
	for query, want := range map[string][]string{
		"": {a, b, b}, "filter[id][eq]=" + i: {a}, "filter[api_id][eq]=" + b: {b, b}, "filter[service_id][neq]=" + service: {b},
		"filter[control_plane_id][oeq]=" + plane: {a, b}, "filter[created_at][gt]=2020-01-01T00:00:00Z": {a, b, b}, "filter[updated_at][lt]=2020-01-01T00:00:00Z": {},
		"sort=api_id desc": {b, b, a}, "sort=id": {a, b, b}, "sort=created_at desc": {b, b, a}, "sort=service_id,api_id": {a, b, b}, "sort=control_plane_id desc,api_id": {b, a, b}, "sort=updated_at": {a, b, b},
	} {
		s.lists(t, "/v3/api-implementations?"+encode(query), "api_id", want...)
	}
}
