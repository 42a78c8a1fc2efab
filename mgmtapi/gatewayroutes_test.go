package mgmtapi_test

import (
	"net/http"
	"testing"
)

func TestRouteDefaults(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plane := s.plane(t, "edge")
	service := s.call(t, http.StatusCreated, "POST", plane+"/services", `{"host":"a.test","name":"a"}`).text("id")
	made := s.call(t, http.StatusCreated, "POST", plane+"/routes", `{"paths":["/a"],"service":{"name":"a"}}`)
	want := map[string]any{
		"name": nil, "service": map[string]any{"id": service}, "protocols": []any{"http", "https"}, "paths": []any{"/a"}, "methods": nil, "hosts": nil,
		"headers": nil, "regex_priority": 0, "strip_path": true, "preserve_host": false, "path_handling": "v0", "https_redirect_status_code": 426,
		"request_buffering": true, "response_buffering": true, "tags": nil, "created_at": 1772366400, "updated_at": 1772366400,
	}
	made.has(t, want)
	s.call(t, http.StatusOK, "GET", plane+"/routes/"+made.text("id"), nil).has(t, want)
	s.compiles(t)
}

// allOfARoute has every field of a route other than its default.
func allOfARoute(service string) map[string]any {
	return map[string]any{
		"id": unknownID, "name": "r", "service": map[string]any{"id": service}, "protocols": []any{"https"}, "paths": []any{"/a", "~/b/\\d+$"},
		"methods": []any{"GET", "PURGE"}, "hosts": []any{"*.a.test", "b.*", "c.test"}, "headers": map[string]any{"X-Version": []any{"1", "2"}},
		"regex_priority": 7, "strip_path": false, "preserve_host": true, "path_handling": "v0", "https_redirect_status_code": 301,
		"request_buffering": false, "response_buffering": false, "tags": []any{"x"},
	}
}

func TestRouteRoundTripsEveryField(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plane := s.plane(t, "edge")
	want := allOfARoute(s.call(t, http.StatusCreated, "POST", plane+"/services", `{"host":"a.test"}`).text("id"))
	s.beyond(t, http.StatusCreated, "POST", plane+"/routes", with(want, "created_at", 7, "snis", null)).has(t, want)
	for range 2 {
		s.call(t, http.StatusOK, "PUT", plane+"/routes/r", want).has(t, want)
		s.call(t, http.StatusOK, "PATCH", plane+"/routes/"+unknownID, want).has(t, want)
	}
	s.call(t, http.StatusOK, "GET", plane+"/routes/r", nil).has(t, want)
	s.compiles(t)
	// null puts every default back, and leaves what has none out
	s.call(t, http.StatusOK, "PATCH", plane+"/routes/r", `{"protocols":null,"methods":null,"hosts":null,"headers":null,"regex_priority":null,"strip_path":null,
		"preserve_host":null,"path_handling":null,"https_redirect_status_code":null,"request_buffering":null,"response_buffering":null,"tags":null,"service":null,"id":null}`).
		has(t, map[string]any{
			"id": unknownID, "name": "r", "service": nil, "protocols": []any{"http", "https"}, "paths": want["paths"], "methods": nil, "hosts": nil, "headers": nil,
			"regex_priority": 0, "strip_path": true, "preserve_host": false, "path_handling": "v0", "https_redirect_status_code": 426, "tags": nil,
		})
	s.compiles(t)
}

func TestRouteValidation(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plane := s.plane(t, "edge")
	routes := plane + "/routes"
	_, elsewhere := s.newService(t, "elsewhere")
	valid := map[string]any{"paths": []string{"/a"}}
	patch := routes + "/" + s.call(t, http.StatusCreated, "POST", routes, valid).text("id")
	for name, test := range map[string]struct {
		body  any
		fault string
	}{
		"nothing to match by":   {with(valid, "paths", []string{}), "paths required"},
		"path":                  {with(valid, "paths", []string{"/a", "b"}), "paths.1 invalid"},
		"regular expression":    {with(valid, "paths", []string{"~/a("}), "paths.0 invalid"},
		"path no list":          {with(valid, "paths", "/a"), "paths is_array"},
		"method":                {with(valid, "methods", []string{"get"}), "methods.0 invalid"},
		"host":                  {with(valid, "hosts", []string{"*.a.*"}), "hosts.0 invalid"},
		"host header":           {with(valid, "headers", map[string]any{"Host": []string{"a"}}), "headers.Host invalid"},
		"header without values": {with(valid, "headers", map[string]any{"X": []string{}}), "headers.X min_items 1"},
		"header name":           {with(valid, "headers", map[string]any{"a b": []string{"x"}}), "headers invalid"},
		"protocol":              {with(valid, "protocols", []string{"http", "tcp"}), "protocols.1 enum [http https]"},
		"no protocols":          {with(valid, "protocols", []string{}), "protocols min_items 1"},
		"path handling":         {with(valid, "path_handling", "v1"), "path_handling enum [v0]"},
		"redirect":              {with(valid, "https_redirect_status_code", 200), "https_redirect_status_code enum [301 302 307 308 426]"},
		"unknown service":       {with(valid, "service", map[string]any{"id": unknownID}), "service missing_reference"},
		"service of another":    {with(valid, "service", map[string]any{"id": elsewhere}), "service missing_reference"},
		"service by nothing":    {with(valid, "service", map[string]any{}), "service.id required"},
		"service no object":     {with(valid, "service", "x"), "service is_object"},
		"name":                  {with(valid, "name", "a b"), "name matches_regex"},
		"tag":                   {with(valid, "tags", []string{"a/b"}), "tags.0 invalid"},
		"stream routing":        {with(valid, "snis", []string{"a"}), "snis invalid"},
		"expression":            {with(valid, "expression", "http.path == \"/\""), "expression invalid"},
		"unknown property":      {with(valid, "path", "/a"), "path unknown_property"},
	} {
		t.Run(name, func(t *testing.T) {
			s.refuses(t, "POST", routes, test.body, test.fault)
			s.refuses(t, "PATCH", patch, test.body, test.fault)
			s.refuses(t, "PUT", patch, test.body, test.fault)
		})
	}
	s.refuses(t, "POST", routes, `{}`, "paths required")
	s.call(t, http.StatusCreated, "POST", routes, `{"name":"a","paths":["/a"]}`)
	s.call(t, http.StatusConflict, "POST", routes, `{"name":"a","paths":["/b"]}`)
	s.compiles(t)
}

func TestRoutesBelowTheirService(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plane := s.plane(t, "edge")
	a := s.call(t, http.StatusCreated, "POST", plane+"/services", `{"host":"a.test","name":"a"}`).text("id")
	b := s.call(t, http.StatusCreated, "POST", plane+"/services", `{"host":"b.test","name":"b"}`).text("id")
	below := plane + "/services/a/routes"
	one := s.call(t, http.StatusCreated, "POST", below, `{"name":"one","paths":["/1"]}`)
	one.has(t, map[string]any{"service": map[string]any{"id": a}})
	s.call(t, http.StatusOK, "PUT", below+"/two", `{"paths":["/2"]}`).has(t, map[string]any{"name": "two", "service": map[string]any{"id": a}})
	s.call(t, http.StatusCreated, "POST", plane+"/routes", map[string]any{"name": "three", "paths": []string{"/3"}, "service": map[string]any{"id": b}})
	s.call(t, http.StatusCreated, "POST", plane+"/routes", `{"name":"four","hosts":["4.test"]}`)
	s.lists(t, below, "name", "one", "two")
	s.lists(t, plane+"/services/"+b+"/routes", "name", "three")
	s.lists(t, plane+"/routes", "name", "one", "two", "three", "four")
	s.lists(t, below+"?tags=x", "name")
	s.call(t, http.StatusOK, "GET", below+"/one", nil)
	s.call(t, http.StatusNotFound, "GET", below+"/three", nil)
	s.call(t, http.StatusNotFound, "PATCH", below+"/three", `{}`)
	s.call(t, http.StatusNoContent, "DELETE", below+"/three", nil)
	s.call(t, http.StatusOK, "GET", plane+"/routes/three", nil) // it is not below that service, and so still there
	s.call(t, http.StatusNotFound, "POST", plane+"/services/nobody/routes", `{"paths":["/1"]}`)
	s.call(t, http.StatusNotFound, "GET", plane+"/services/nobody/routes", nil)
	s.call(t, http.StatusNotFound, "PUT", plane+"/services/nobody/routes/x", `{"paths":["/1"]}`)

	s.call(t, http.StatusConflict, "DELETE", plane+"/services/a", nil)
	s.call(t, http.StatusNoContent, "DELETE", below+"/one", nil)
	s.call(t, http.StatusNoContent, "DELETE", below+"/one", nil)
	s.call(t, http.StatusNoContent, "DELETE", plane+"/routes/two", nil)
	s.call(t, http.StatusNoContent, "DELETE", plane+"/services/a", nil)
	s.call(t, http.StatusNotFound, "GET", plane+"/services/a", nil)
	s.call(t, http.StatusNoContent, "DELETE", plane+"/services/a", nil)
	s.compiles(t)
}
