package mgmtapi_test

import (
	"net/http"
	"strings"
	"testing"

	"portico/compile"
	"portico/spectest"
)

// plane creates a control plane and returns the path of its core entities.
func (s *testServer) plane(t *testing.T, name string) string {
	t.Helper()
	return "/v2/control-planes/" + s.call(t, http.StatusCreated, "POST", "/v2/control-planes", map[string]any{"name": name}).text("id") + "/core-entities"
}

// beyond is call for what Kong's Admin API takes beyond the contract, where null
// stands for a default and a URL for a host.
func (s *testServer) beyond(t *testing.T, status int, method, path string, body any) answer {
	t.Helper()
	return s.send(t, status, method, path, body, http.Header{"Authorization": {"Bearer " + s.token}, spectest.Lenient: {"true"}})
}

// compiles checks that the gateways can use all that the store holds.
func (s *testServer) compiles(t *testing.T) {
	t.Helper()
	compiled, err := compile.Source{Store: s.store}.Full(t.Context())
	check(t, err)
	check(t, compiled.Routing.Validate())
}

func TestServiceDefaults(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	services := s.plane(t, "edge") + "/services"
	made := s.call(t, http.StatusCreated, "POST", services, `{"host":"upstream.test"}`)
	want := map[string]any{
		"name": nil, "protocol": "http", "host": "upstream.test", "port": 80, "path": nil, "retries": 5, "connect_timeout": 60000,
		"read_timeout": 60000, "write_timeout": 60000, "enabled": true, "tags": nil, "created_at": 1772366400, "updated_at": 1772366400,
	}
	made.has(t, want)
	s.call(t, http.StatusOK, "GET", services+"/"+strings.ToUpper(made.text("id")), nil).has(t, want)
	s.compiles(t)
}

func TestServiceRoundTripsEveryField(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	services := s.plane(t, "edge") + "/services"
	want := map[string]any{
		"id": unknownID, "name": "über.upstream-1_~", "protocol": "https", "host": "Upstream.test", "port": 8443, "path": "/base", "retries": 0,
		"connect_timeout": 1, "read_timeout": 2, "write_timeout": 86400000, "enabled": false, "tags": []any{"a", "b"},
	}
	s.beyond(t, http.StatusCreated, "POST", services, with(want, "created_at", 7, "tls_verify", null)).has(t, want)
	for range 2 {
		s.call(t, http.StatusOK, "PUT", services+"/"+unknownID, want).has(t, want)
		s.call(t, http.StatusOK, "PATCH", services+"/"+unknownID, want).has(t, want)
	}
	s.call(t, http.StatusOK, "GET", services+"/%C3%BCber.upstream-1_~", nil).has(t, want)
	s.call(t, http.StatusConflict, "POST", services, with(want, "name", "other"))
	s.compiles(t)
}

func TestServiceURLIsShortForFourFields(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	services := s.plane(t, "edge") + "/services"
	for address, want := range map[string]map[string]any{
		"http://a.test":            {"protocol": "http", "host": "a.test", "port": 80, "path": nil},
		"https://a.test":           {"protocol": "https", "host": "a.test", "port": 443, "path": nil},
		"https://a.test:8443/v1/x": {"protocol": "https", "host": "a.test", "port": 8443, "path": "/v1/x"},
		"http://[::1]:9000/":       {"protocol": "http", "host": "[::1]", "port": 9000, "path": "/"},
	} {
		s.beyond(t, http.StatusCreated, "POST", services, map[string]any{"url": address}).has(t, want)
	}
	s.compiles(t)
	one := services + "/" + s.call(t, http.StatusCreated, "POST", services, `{"url":"https://a.test:1/x","host":"b.test","name":"b"}`).text("id")
	s.call(t, http.StatusOK, "GET", one, nil).has(t, map[string]any{"host": "b.test", "port": 1})
	s.call(t, http.StatusOK, "PATCH", one, `{"url":"http://c.test"}`).has(t, map[string]any{"protocol": "http", "host": "c.test", "port": 80, "path": nil, "name": "b"})
	for _, address := range []string{"", "a.test", "ftp://a.test", "http://", "http://u:p@a.test", "http://a.test?x=1", "http://a.test#x", "http://a.test:99999", "http://a b"} {
		if got := s.call(t, http.StatusBadRequest, "POST", services, map[string]any{"url": address}).faults(); len(got) != 1 {
			t.Errorf("%q: %q", address, got)
		}
	}
}

func TestServicePutReplacesAndPatchKeeps(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	services := s.plane(t, "edge") + "/services"
	made := s.call(t, http.StatusOK, "PUT", services+"/mine", `{"host":"a.test","port":81,"tags":["x"],"retries":1}`)
	made.has(t, map[string]any{"name": "mine", "port": 81})
	s.clock.advance(2_000_000_000)
	s.call(t, http.StatusOK, "PATCH", services+"/mine", `{"retries":2}`).has(t, map[string]any{"host": "a.test", "port": 81, "tags": []any{"x"}, "retries": 2})
	s.call(t, http.StatusOK, "PATCH", services+"/mine", `{"port":null,"tags":null,"retries":null}`).has(t, map[string]any{"port": 80, "tags": nil, "retries": 5})
	s.call(t, http.StatusOK, "PUT", services+"/mine", `{"host":"b.test"}`).
		has(t, map[string]any{"id": made.text("id"), "name": "mine", "host": "b.test", "port": 80, "created_at": made.at("created_at")})
	s.call(t, http.StatusOK, "PUT", services+"/"+made.text("id"), `{"host":"b.test"}`).has(t, map[string]any{"name": nil})
	s.call(t, http.StatusOK, "PUT", services+"/"+unknownID, `{"host":"c.test","name":"third"}`).has(t, map[string]any{"id": unknownID, "name": "third"})
	s.refuses(t, "PUT", services+"/third", map[string]any{"host": "c.test", "id": made.text("id")}, "id invalid")
	s.refuses(t, "PATCH", services+"/third", map[string]any{"id": made.text("id")}, "id invalid")
	s.refuses(t, "PUT", services+"/fresh", `{}`, "host required")
	s.refuses(t, "PUT", services+"/a%20b", `{"host":"c.test"}`, "name matches_regex")
	s.call(t, http.StatusNotFound, "PATCH", services+"/nobody", `{}`)
	s.call(t, http.StatusNotFound, "PUT", "/v2/control-planes/"+unknownID+"/core-entities/services/x", `{"host":"c.test"}`)
	s.call(t, http.StatusNotFound, "POST", "/v2/control-planes/"+unknownID+"/core-entities/services", `{"host":"c.test"}`)
}

func TestServiceValidation(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	services := s.plane(t, "edge") + "/services"
	valid := map[string]any{"host": "a.test"}
	patch := services + "/" + s.call(t, http.StatusCreated, "POST", services, valid).text("id")
	for name, test := range map[string]struct {
		body  any
		fault string
	}{
		"host with a scheme": {with(valid, "host", "http://a.test"), "host invalid"},
		"host no string":     {with(valid, "host", 1), "host is_string"},
		"long host":          {with(valid, "host", long(254)), "host max_length 253"},
		"protocol":           {with(valid, "protocol", "grpc"), "protocol enum [http https]"},
		"port 0":             {with(valid, "port", 0), "port min 1"},
		"port 65536":         {with(valid, "port", 65536), "port max 65535"},
		"port as text":       {with(valid, "port", "80"), "port is_integer"},
		"path":               {with(valid, "path", "x"), "path invalid"},
		"path with a query":  {with(valid, "path", "/x?y"), "path invalid"},
		"retries":            {with(valid, "retries", 32768), "retries max 32767"},
		"timeout 0":          {with(valid, "connect_timeout", 0), "connect_timeout min 1"},
		"timeout over a day": {with(valid, "read_timeout", 86400001), "read_timeout invalid"},
		"name with a slash":  {with(valid, "name", "a/b"), "name matches_regex"},
		"name like an id":    {with(valid, "name", strings.ToUpper(unknownID)), "name invalid"},
		"tag with a comma":   {with(valid, "tags", []string{"ok", "a,b"}), "tags.1 invalid"},
		"empty tag":          {with(valid, "tags", []string{""}), "tags.0 invalid"},
		"id":                 {with(valid, "id", "x"), "id is_uuid"},
		"tls_verify":         {with(valid, "tls_verify", false), "tls_verify invalid"},
		"client certificate": {with(valid, "client_certificate", map[string]any{"id": "x"}), "client_certificate invalid"},
		"unknown property":   {with(valid, "hosts", "x"), "hosts unknown_property"},
	} {
		t.Run(name, func(t *testing.T) {
			s.refuses(t, "POST", services, test.body, test.fault)
			s.refuses(t, "PATCH", patch, test.body, test.fault)
			s.refuses(t, "PUT", patch, test.body, test.fault)
		})
	}
	s.refuses(t, "POST", services, `{}`, "host required")
}

func TestServiceNamesAreUniqueInTheirControlPlane(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	one, two := s.plane(t, "one")+"/services", s.plane(t, "two")+"/services"
	id := s.call(t, http.StatusCreated, "POST", one, `{"host":"a.test","name":"a"}`).text("id")
	s.call(t, http.StatusConflict, "POST", one, `{"host":"a.test","name":"a"}`)
	s.call(t, http.StatusCreated, "POST", two, `{"host":"a.test","name":"a"}`)
	s.call(t, http.StatusCreated, "POST", one, `{"host":"a.test"}`)
	s.call(t, http.StatusCreated, "POST", one, `{"host":"a.test"}`)
	s.call(t, http.StatusNotFound, "GET", two+"/"+id, nil)
	s.call(t, http.StatusNoContent, "DELETE", two+"/"+id, nil) // it is not there
	s.call(t, http.StatusOK, "GET", one+"/"+id, nil)
}

func TestCoreEntityLists(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	services := s.plane(t, "edge") + "/services"
	s.call(t, http.StatusCreated, "POST", services, `{"host":"a.test","name":"alpha","tags":["x","y"]}`)
	s.call(t, http.StatusCreated, "POST", services, `{"host":"b.test","name":"beta","tags":["y"]}`)
	s.call(t, http.StatusCreated, "POST", services, `{"host":"c.test","name":"gamma"}`)
	s.newService(t, "elsewhere")
	for query, want := range map[string][]string{
		"": {"alpha", "beta", "gamma"}, "filter[name][eq]=beta": {"beta"}, "filter[name][contains]=ET": {"beta"},
		"tags=y": {"alpha", "beta"}, "tags=x,y": {"alpha"}, "tags=x/y": {"alpha", "beta"}, "tags=z": {}, "tags=": {"alpha", "beta", "gamma"},
	} {
		s.lists(t, services+"?"+encode(query), "name", want...)
	}
	s.refuses(t, "GET", services+"?tags=a,b/c", nil, "tags invalid")
	s.refuses(t, "GET", services+"?size=1001", nil, "size max 1000")
	s.refuses(t, "GET", services+"?offset=x", nil, "offset invalid")
	var seen []string
	for path := services + "?size=2"; path != ""; {
		page := s.call(t, http.StatusOK, "GET", path, nil)
		seen = append(seen, page.column("name")...)
		if path = page.text("next"); path != "" && page.text("offset") == "" {
			t.Errorf("a next page without an offset: %s", page.Text)
		}
	}
	if got := strings.Join(seen, " "); got != "alpha beta gamma" {
		t.Errorf("paging gives %q", got)
	}
}

// What belongs to another control plane is neither shown nor changed, whatever
// the way to ask for it.
func TestOtherControlPlanesAreOutOfReach(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plane, service := s.newService(t, "mine")
	other, _ := s.newService(t, "theirs")
	at := "/v2/control-planes/" + other + "/core-entities/services/" + service
	s.call(t, 404, "GET", at, nil)
	s.call(t, 404, "PATCH", at, `{"host":"stolen.example.com"}`)
	s.call(t, 204, "DELETE", at, nil)
	if put := s.try(t, "PUT", at, `{"name":"stolen","host":"stolen.example.com"}`); put.Status/100 == 2 {
		t.Errorf("PUT answered %d: %s", put.Status, put.Text)
	}
	mine := s.call(t, 200, "GET", "/v2/control-planes/"+plane+"/core-entities/services/"+service, nil)
	if mine.Body["name"] == "stolen" || mine.Body["host"] == "stolen.example.com" {
		t.Errorf("the service was changed from another control plane: %s", mine.Text)
	}
}
