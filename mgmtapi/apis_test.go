package mgmtapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// apiNamed creates an API by that name and returns its id.
func (s *testServer) apiNamed(t *testing.T, name string, more ...any) string {
	t.Helper()
	return s.call(t, http.StatusCreated, "POST", "/v3/apis", with(map[string]any{"name": name}, more...)).text("id")
}

// flights is a specification without a fault.
func flights(version string) string {
	return fmt.Sprintf(`{"openapi":"3.0.3","info":{"title":"Flights","version":%q},"paths":{}}`, version)
}

func TestAPIDefaults(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	made := s.call(t, http.StatusCreated, "POST", "/v3/apis", `{"name":"Flight Search"}`)
	want := map[string]any{
		"name": "Flight Search", "version": nil, "description": nil, "slug": "flight-search", "labels": map[string]any{}, "attributes": map[string]any{},
		"current_version_summary": nil, "api_spec_ids": []any{}, "portals": []any{}, "implementation_mode": nil,
	}
	made.has(t, want)
	s.call(t, http.StatusOK, "GET", "/v3/apis/"+made.text("id"), nil).has(t, want)
}

func TestAPIRoundTripsEveryField(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	want := map[string]any{
		"name": "Flights", "version": "2.1.0", "description": "Where to", "slug": "flights_2", "labels": map[string]any{"team": "air"},
		"attributes": map[string]any{"domain": []any{"air", "travel"}},
	}
	made := s.call(t, http.StatusCreated, "POST", "/v3/apis", with(want, "portals", []any{}, "current_version_summary", null))
	made.has(t, want)
	for range 2 {
		s.call(t, http.StatusOK, "PATCH", "/v3/apis/"+made.text("id"), want).has(t, want)
	}
	s.call(t, http.StatusOK, "GET", "/v3/apis/"+made.text("id"), nil).has(t, want)
}

func TestAPIPatchTellsNullFromAbsent(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := "/v3/apis/" + s.apiNamed(t, "Flights", "version", "v1", "description", "d", "slug", "own", "labels", map[string]any{"a": "1"},
		"attributes", map[string]any{"a": []any{"1"}, "b": []any{"2"}})
	all := map[string]any{"version": "v1", "description": "d", "slug": "own", "labels": map[string]any{"a": "1"}}
	s.call(t, http.StatusOK, "PATCH", path, `{}`).has(t, all)
	s.call(t, http.StatusOK, "PATCH", path+"?force=true", `{"description":null,"labels":{"a":null},"attributes":{"a":null,"c":["3"]}}`).has(t, map[string]any{
		"description": nil, "labels": map[string]any{}, "attributes": map[string]any{"b": []any{"2"}, "c": []any{"3"}}, "slug": "own",
	})
	s.call(t, http.StatusOK, "PATCH", path, `{"slug":null}`).has(t, map[string]any{"slug": "flights-v1"})
	s.call(t, http.StatusOK, "PATCH", path, `{"slug":null}`).has(t, map[string]any{"slug": "flights-v1"})
	s.call(t, http.StatusOK, "PATCH", path, `{"version":null}`).has(t, map[string]any{"version": nil, "slug": "flights-v1"})
}

func TestAPIValidation(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	valid := map[string]any{"name": "a"}
	patch := "/v3/apis/" + s.apiNamed(t, "there")
	many := make([]string, 21)
	for i := range many {
		many[i] = "v"
	}
	for name, test := range map[string]struct {
		body   any
		faults []string
	}{
		"empty name":           {with(valid, "name", ""), []string{"name min_length 1"}},
		"long name":            {with(valid, "name", long(256)), []string{"name max_length 255"}},
		"empty version":        {with(valid, "version", ""), []string{"version min_length 1"}},
		"long version":         {with(valid, "version", long(256)), []string{"version max_length 255"}},
		"description":          {with(valid, "description", 1), []string{"description is_string"}},
		"slug":                 {with(valid, "slug", "a b"), []string{"slug matches_regex"}},
		"attributes no object": {with(valid, "attributes", "x"), []string{"attributes is_object"}},
		"null attributes":      {with(valid, "attributes", null), []string{"attributes is_object"}},
		"attribute key":        {with(valid, "attributes", map[string]any{"Upper": []string{"x"}}), []string{"attributes.Upper matches_regex"}},
		"attribute no list":    {with(valid, "attributes", map[string]any{"a": "x"}), []string{"attributes.a is_array"}},
		"attribute empty":      {with(valid, "attributes", map[string]any{"a": []string{}}), []string{"attributes.a min_items 1"}},
		"attribute many":       {with(valid, "attributes", map[string]any{"a": many}), []string{"attributes.a max_items 20"}},
		"attribute value":      {with(valid, "attributes", map[string]any{"a": []string{"ok", "a,b"}}), []string{"attributes.a.1 matches_regex"}},
		"attribute value long": {with(valid, "attributes", map[string]any{"a": []string{long(513)}}), []string{"attributes.a.0 max_length 512"}},
		"label value":          {with(valid, "labels", map[string]any{"a": "-"}), []string{"labels.a is_label"}},
		"unknown property":     {with(valid, "owner", "me"), []string{"owner unknown_property"}},
	} {
		t.Run(name, func(t *testing.T) {
			s.refuses(t, "POST", "/v3/apis", test.body, test.faults...)
			s.refuses(t, "PATCH", patch, test.body, test.faults...)
		})
	}
	s.refuses(t, "POST", "/v3/apis", `{}`, "name required")
	s.refuses(t, "POST", "/v3/apis", `{"name":"a","spec_content":null}`, "spec_content is_string")
	s.refuses(t, "PATCH", patch, `{"spec_content":"x"}`, "spec_content unknown_property")
	s.lists(t, "/v3/apis", "name", "there")
}

func TestAPINameAndVersionAreUniqueAndSoIsTheSlug(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.apiNamed(t, "Flights")
	s.apiNamed(t, "Flights", "version", "v1")
	s.call(t, http.StatusConflict, "POST", "/v3/apis", `{"name":"Flights"}`)
	s.call(t, http.StatusConflict, "POST", "/v3/apis", `{"name":"Flights","version":"v1"}`)
	s.call(t, http.StatusConflict, "POST", "/v3/apis", `{"name":"Other","slug":"flights"}`)
	s.call(t, http.StatusCreated, "POST", "/v3/apis", `{"name":"flights"}`).has(t, map[string]any{"slug": "flights-2"})
	s.call(t, http.StatusCreated, "POST", "/v3/apis", `{"name":"飛行"}`).has(t, map[string]any{"slug": "api"})
	other := s.apiNamed(t, "Other")
	s.call(t, http.StatusConflict, "PATCH", "/v3/apis/"+other, `{"name":"Flights"}`)
	s.call(t, http.StatusConflict, "PATCH", "/v3/apis/"+other, `{"slug":"flights"}`)
}

func TestAPIWithSpecification(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	made := s.call(t, http.StatusCreated, "POST", "/v3/apis", map[string]any{"name": "Flights", "spec_content": flights("1.4.2")})
	made.has(t, map[string]any{
		"version": "1.4.2", "slug": "flights-1", "current_version_summary.version": "1.4.2", "current_version_summary.spec.type": "oas3",
		"api_spec_ids.0": made.text("current_version_summary.id"),
	})
	s.call(t, http.StatusCreated, "POST", "/v3/apis", map[string]any{"name": "Flights", "version": "mine", "spec_content": flights("1.4.2")}).
		has(t, map[string]any{"version": "mine", "current_version_summary.version": "mine"})
	refused := s.call(t, http.StatusBadRequest, "POST", "/v3/apis", map[string]any{"name": "Broken", "spec_content": "openapi: 3.0.0\ninfo: {\n"})
	if got := fmt.Sprint(refused.faults()); got != "[spec_content invalid]" || !strings.Contains(refused.Text, "line ") {
		t.Errorf("%s in %s", got, refused.Text)
	}
	s.lists(t, "/v3/apis", "name", "Flights", "Flights")
}

func TestAPILists(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plane, service := s.newService(t, "upstream")
	a := s.apiNamed(t, "alpha", "version", "v2", "labels", map[string]any{"env": "dev"}, "attributes", map[string]any{"domain": []string{"air", "sea"}})
	b := s.apiNamed(t, "beta", "version", "v1", "labels", map[string]any{"env": "prod"})
	second := s.call(t, http.StatusOK, "GET", "/v3/apis/"+b, nil).text("created_at")
	s.apiNamed(t, "gamma")
	s.implement(t, a, plane, service)
	s.call(t, http.StatusCreated, "POST", "/v3/apis/"+b+"/implementations", map[string]any{"control_plane": map[string]any{"control_plane_id": plane}})
	for query, want := range map[string][]string{
		"":                                                   {"alpha", "beta", "gamma"},
		"filter[id][eq]=" + a:                                {"alpha"},
		"filter[name]=beta":                                  {"beta"},
		"filter[name][ocontains]=ALPH,amm":                   {"alpha", "gamma"},
		"filter[version]=v1":                                 {"beta"},
		"filter[version][neq]=v1":                            {"alpha", "gamma"},
		"filter[labels.env]=dev":                             {"alpha"},
		"filter[labels.env][neq]=dev":                        {"beta", "gamma"},
		"filter[labels.env][oeq]=dev,prod":                   {"alpha", "beta"},
		"filter[attributes.domain]=sea":                      {"alpha"},
		"filter[attributes.domain][contains]=AI":             {"alpha"},
		"filter[implementation_mode]=gateway_entity_binding": {"alpha"},
		"filter[implementation_mode][contains]=access":       {"beta"},
		"filter[created_at][gte]=" + second:                  {"beta", "gamma"},
		"filter[updated_at][lt]=2020-01-01T00:00:00Z":        {},
		"sort=version desc":                                  {"alpha", "beta", "gamma"},
		"sort=name desc":                                     {"gamma", "beta", "alpha"},
		"sort=created_at desc":                               {"gamma", "beta", "alpha"},
		"sort=updated_at,name":                               {"alpha", "beta", "gamma"},
	} {
		s.lists(t, "/v3/apis?"+encode(query), "name", want...)
	}
	s.call(t, http.StatusOK, "GET", "/v3/apis?"+encode("sort=name&page[size]=2"), nil).has(t, map[string]any{
		"data.0.implementation_mode": "gateway_entity_binding", "data.1.implementation_mode": "access_control_enforcement", "data.2": nil, "meta.page.total": 3,
	})
}

func TestAPIDelete(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plane, service := s.newService(t, "upstream")
	portal := s.portalNamed(t, "p")
	api := s.apiNamed(t, "a", "spec_content", flights("1"))
	s.implement(t, api, plane, service)
	s.call(t, http.StatusOK, "PUT", "/v3/apis/"+api+"/publications/"+portal, `{}`)
	s.call(t, http.StatusNoContent, "DELETE", "/v3/apis/"+api, nil)
	s.call(t, http.StatusNotFound, "DELETE", "/v3/apis/"+api, nil)
	s.call(t, http.StatusNotFound, "GET", "/v3/apis/"+api, nil)
	s.call(t, http.StatusNotFound, "PATCH", "/v3/apis/"+api, `{}`)
	s.call(t, http.StatusNotFound, "GET", "/v3/apis/"+api+"/versions", nil)
	s.lists(t, "/v3/api-publications", "api_id")
	s.lists(t, "/v3/api-implementations", "api_id")
	s.apiNamed(t, "a", "version", "1") // name, version and slug are free again
}

func TestVersions(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := "/v3/apis/" + s.apiNamed(t, "Flights", "version", "2.0.0") + "/versions"
	one := s.call(t, http.StatusCreated, "POST", path, map[string]any{"spec": map[string]any{"content": flights("1.0.0")}})
	one.has(t, map[string]any{"version": "1.0.0", "spec": map[string]any{"content": flights("1.0.0"), "type": "oas3", "validation_messages": []any{}}})
	two := s.call(t, http.StatusCreated, "POST", path, map[string]any{"version": "2.0.0", "spec": map[string]any{"content": "asyncapi: 2.6.0\ninfo: {title: E}\nchannels: {}\n"}})
	two.has(t, map[string]any{"version": "2.0.0", "spec.type": "asyncapi", "spec.validation_messages": []any{map[string]any{"message": "info.version is missing."}}})
	s.call(t, http.StatusCreated, "POST", path, map[string]any{"version": "0.9", "spec": map[string]any{"content": flights("x")}})
	s.call(t, http.StatusOK, "GET", strings.TrimSuffix(path, "/versions"), nil).has(t, map[string]any{"current_version_summary.id": two.text("id"), "api_spec_ids.0": one.text("id")})
	s.call(t, http.StatusConflict, "POST", path, map[string]any{"version": "2.0.0", "spec": map[string]any{"content": flights("x")}})

	s.call(t, http.StatusOK, "GET", path+"/"+one.text("id"), nil).has(t, one.Body)
	s.call(t, http.StatusOK, "PATCH", path+"/"+one.text("id"), `{}`).has(t, map[string]any{"version": "1.0.0", "spec.content": flights("1.0.0")})
	s.call(t, http.StatusOK, "PATCH", path+"/"+one.text("id"), map[string]any{"version": "1.1", "spec": map[string]any{"content": "swagger: '2.0'\ninfo: {title: a, version: '1'}\npaths: {}\n"}}).
		has(t, map[string]any{"version": "1.1", "spec.type": "oas2"})
	s.call(t, http.StatusConflict, "PATCH", path+"/"+one.text("id"), `{"version":"2.0.0"}`)
	for query, want := range map[string][]string{
		"": {"1.1", "2.0.0", "0.9"}, "filter[type]=oas2": {"1.1"}, "filter[type][oeq]=oas2,oas3": {"1.1", "0.9"}, "filter[version][contains]=.0": {"2.0.0"},
		"sort=created_at desc": {"0.9", "2.0.0", "1.1"},
	} {
		s.lists(t, path+"?"+encode(query), "version", want...)
	}
	s.call(t, http.StatusNoContent, "DELETE", path+"/"+two.text("id"), nil)
	s.call(t, http.StatusNotFound, "DELETE", path+"/"+two.text("id"), nil)
	s.call(t, http.StatusNotFound, "GET", path+"/"+two.text("id"), nil)
	s.call(t, http.StatusOK, "GET", strings.TrimSuffix(path, "/versions"), nil).has(t, map[string]any{"current_version_summary": nil})

	other := "/v3/apis/" + s.apiNamed(t, "Other") + "/versions/" + one.text("id")
	s.call(t, http.StatusNotFound, "GET", other, nil)
	s.call(t, http.StatusNotFound, "PATCH", other, `{}`)
	s.call(t, http.StatusNotFound, "DELETE", other, nil)
	s.call(t, http.StatusNotFound, "POST", "/v3/apis/"+unknownID+"/versions", map[string]any{"spec": map[string]any{"content": flights("1")}})
}

func TestVersionValidation(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := "/v3/apis/" + s.apiNamed(t, "Flights") + "/versions"
	for body, fault := range map[string]string{
		`{}`:                                     "spec required",
		`{"spec":{}}`:                            "spec.content required",
		`{"spec":{"content":1}}`:                 "spec.content is_string",
		`{"spec":null}`:                          "spec is_object",
		`{"spec":{"content":""}}`:                "spec.content invalid",
		`{"spec":{"content":"{"}}`:               "spec.content invalid",
		`{"spec":{"content":"kind: Pod"}}`:       "spec.content invalid",
		`{"version":1,"spec":{"content":"{}"}}`:  "version is_string",
		`{"version":"","spec":{"content":"{}"}}`: "version min_length 1",
		`{"spec":{"content":"{}","x":1}}`:        "spec.x unknown_property",
		`{"spec":{"content":"{}"},"name":"v"}`:   "name unknown_property",
	} {
		s.refuses(t, "POST", path, body, fault)
	}
	s.refuses(t, "POST", path, map[string]any{"spec": map[string]any{"content": flights(long(256))}}, "spec.content invalid")
	s.lists(t, path, "version")
	nameless := s.call(t, http.StatusCreated, "POST", path, `{"spec":{"content":"openapi: 3.0.0\npaths: {}\n"}}`)
	nameless.has(t, map[string]any{"version": "1.0.0"})
	s.refuses(t, "PATCH", path+"/"+nameless.text("id"), `{"spec":{"content":"["}}`, "spec.content invalid")
}

func TestSpecificationsAreVersionsByAnOlderName(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	api := "/v3/apis/" + s.apiNamed(t, "Flights")
	path := api + "/specifications"
	s.refuses(t, "POST", path, `{}`, "content required")
	s.refuses(t, "POST", path, `{"content":"{}","type":"raml"}`, "type enum [oas2 oas3 asyncapi]")
	s.refuses(t, "POST", path, map[string]any{"content": flights("1"), "type": "oas2"}, "type invalid")
	made := s.call(t, http.StatusCreated, "POST", path, map[string]any{"content": flights("1.0.0"), "type": "oas3"})
	made.has(t, map[string]any{"content": flights("1.0.0"), "type": "oas3", "validation_messages": []any{}})
	s.call(t, http.StatusConflict, "POST", path, map[string]any{"content": flights("2.0.0")})
	s.lists(t, path, "id", made.text("id"))
	s.lists(t, path+"?"+encode("filter[type]=oas2"), "id")
	s.lists(t, api+"/versions", "version", "1.0.0")
	one := path + "/" + made.text("id")
	s.call(t, http.StatusOK, "GET", one, nil).has(t, made.Body)
	s.call(t, http.StatusOK, "PATCH", one, map[string]any{"content": flights("3")}).has(t, map[string]any{"content": flights("3")})
	s.refuses(t, "PATCH", one, `{"type":"asyncapi"}`, "type invalid")
	s.call(t, http.StatusNoContent, "DELETE", one, nil)
	s.call(t, http.StatusNotFound, "GET", one, nil)
}

func TestValidateSpecification(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const path = "/v3/apis/validate-specification"
	s.call(t, http.StatusCreated, "POST", path, map[string]any{"content": flights("1")}).has(t, map[string]any{"validation_messages": []any{}})
	s.call(t, http.StatusCreated, "POST", path, `{"content":"asyncapi: 2.0.0\nchannels: {}\n"}`).
		has(t, map[string]any{"validation_messages": []any{map[string]any{"message": "info is missing, or not an object."}}})
	s.refuses(t, "POST", path, `{"content":"{"}`, "content invalid")
	s.refuses(t, "POST", path, `{}`, "content required")
}

func TestSpecificationsMayBeLargerThanOtherBodies(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.call(t, http.StatusCreated, "POST", "/v3/apis", map[string]any{"name": "big", "spec_content": "# " + strings.Repeat("x", 2<<20) + "\n" + flights("1")})
	s.call(t, http.StatusRequestEntityTooLarge, "POST", "/v3/portals", map[string]any{"name": strings.Repeat("x", 2<<20)})
}

func TestAPIShowsAllOfItsVersions(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := "/v3/apis/" + s.apiNamed(t, "Flights")
	var ids []any
	for i := range 45 {
		ids = append(ids, s.call(t, http.StatusCreated, "POST", path+"/versions",
			map[string]any{"version": fmt.Sprint("v", i), "spec": map[string]any{"content": flights("1")}}).text("id"))
	}
	want := map[string]any{"api_spec_ids": ids, "current_version_summary.version": "v44"}
	s.call(t, http.StatusOK, "GET", path, nil).has(t, want)
	s.call(t, http.StatusOK, "GET", "/v3/apis", nil).has(t, map[string]any{"data.0.api_spec_ids": ids})
	s.call(t, http.StatusOK, "GET", path+"/versions?page%5Bsize%5D=20&page%5Bnumber%5D=3", nil).has(t, map[string]any{"data.4.version": "v44", "data.5": nil, "meta.page.total": 45})
}
