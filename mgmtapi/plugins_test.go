package mgmtapi_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/mgmtapi"
	"portico/plugin"
	"portico/spectest"
	"portico/usecase"
)

// allOfAPlugin has every field of a plugin other than its default.
func allOfAPlugin(service, route, consumer string) map[string]any {
	return map[string]any{
		"id": unknownID, "name": "rate-limiting", "instance_name": "quota-1", "service": map[string]any{"id": service}, "route": map[string]any{"id": route},
		"consumer": map[string]any{"id": consumer}, "protocols": []any{"https"}, "enabled": false, "tags": []any{"a", "b"},
		"config": map[string]any{
			"second": 1, "minute": 2, "hour": 3, "day": 4, "month": 5, "year": 6, "limit_by": "header", "header_name": "x-tenant", "path": "/x", "policy": "local",
			"fault_tolerant": false, "hide_client_headers": true, "error_code": 420, "error_message": "Slow down", "sync_rate": -1,
		},
	}
}

// scopes makes a service, a route and a consumer.
func (s *testServer) scopes(t *testing.T, plane string) (service, route, consumer string) {
	t.Helper()
	service = s.call(t, 201, "POST", plane+"/services", `{"host":"a.test","name":"a"}`).text("id")
	route = s.call(t, 201, "POST", plane+"/services/a/routes", `{"paths":["/a"],"name":"r"}`).text("id")
	consumer = s.call(t, 201, "POST", plane+"/consumers", `{"username":"carl"}`).text("id")
	return service, route, consumer
}

func TestPluginRoundTripsEveryField(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plane := s.plane(t, "edge")
	want := allOfAPlugin(s.scopes(t, plane))
	plugins := plane + "/plugins"
	s.beyond(t, 201, "POST", plugins, with(want, "created_at", 7, "ordering", null, "partials", null, "consumer_group", null, "condition", null)).has(t, want)
	for range 2 {
		s.call(t, 200, "PUT", plugins+"/quota-1", want).has(t, want)
		s.call(t, 200, "PATCH", plugins+"/"+unknownID, want).has(t, want)
	}
	s.call(t, 200, "GET", plugins+"/quota-1", nil).has(t, want)
	s.compiles(t)
	s.call(t, 200, "PATCH", plugins+"/quota-1", `{"config":{"minute":2,"year":null}}`).has(t, map[string]any{"config.minute": 2, "config.year": nil, "config.hour": 3, "enabled": false})
	s.call(t, 200, "PATCH", plugins+"/quota-1", `{"enabled":null,"protocols":null,"tags":null,"service":null,"route":null,"consumer":null}`).has(t, map[string]any{
		"enabled": true, "protocols": []any{"grpc", "grpcs", "http", "https"}, "tags": nil, "service": nil, "route": nil, "consumer": nil, "config.hour": 3})
	s.compiles(t)
	s.call(t, 200, "PATCH", plugins+"/quota-1", `{"name":"cors"}`).has(t, map[string]any{"name": "cors", "config.credentials": false, "config.hour": nil})
	s.compiles(t)
	for range 2 {
		s.call(t, 204, "DELETE", plugins+"/quota-1", nil)
	}
	s.call(t, 404, "GET", plugins+"/"+unknownID, nil)
	s.call(t, 200, "PUT", plugins+"/"+unknownID, `{"name":"correlation-id"}`).has(t, map[string]any{"id": unknownID, "config": map[string]any{
		"header_name": "Kong-Request-ID", "generator": "uuid#counter", "echo_downstream": false}, "instance_name": nil, "created_at": 1772366400})
}

func TestPluginsBelowWhatTheyAreFor(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plane := s.plane(t, "edge")
	service, route, consumer := s.scopes(t, plane)
	for below, scope := range map[string]map[string]any{
		"/services/a": {"service": map[string]any{"id": service}}, "/routes/r": {"route": map[string]any{"id": route}}, "/consumers/carl": {"consumer": map[string]any{"id": consumer}},
	} {
		plugins := plane + below + "/plugins"
		id := s.call(t, 201, "POST", plugins, `{"name":"request-size-limiting"}`).text("id")
		s.call(t, 409, "POST", plugins, `{"name":"request-size-limiting"}`)
		one := plugins + "/" + id
		s.call(t, 200, "GET", one, nil).has(t, scope)
		s.call(t, 200, "PUT", one, `{"name":"request-size-limiting","config":{"allowed_payload_size":7}}`).has(t, scope)
		s.call(t, 200, "PATCH", one, `{"tags":["x"]}`).has(t, map[string]any{"config.allowed_payload_size": 7})
		s.lists(t, plugins, "id", id)
		s.lists(t, plugins+"?tags=y", "id")
		for _, other := range []string{"/services/a", "/routes/r", "/consumers/carl"} {
			if other != below {
				s.call(t, 404, "GET", plane+other+"/plugins/"+id, nil)
				s.call(t, 404, "PATCH", plane+other+"/plugins/"+id, `{}`)
				s.call(t, 204, "DELETE", plane+other+"/plugins/"+id, nil)
			}
		}
		s.call(t, 200, "GET", one, nil)
	}
	s.lists(t, plane+"/plugins?"+encode("filter[name][eq]=request-size-limiting"), "name", "request-size-limiting", "request-size-limiting", "request-size-limiting")
	s.call(t, 204, "DELETE", plane+"/routes/r", nil)
	s.call(t, 204, "DELETE", plane+"/services/a", nil)
	s.call(t, 204, "DELETE", plane+"/consumers/carl", nil)
	s.lists(t, plane+"/plugins", "name")
	s.call(t, 404, "GET", plane+"/services/a/plugins", nil)
	s.compiles(t)
}

func TestPluginValidation(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plane := s.plane(t, "edge")
	s.scopes(t, plane)
	_, elsewhere := s.newService(t, "elsewhere")
	valid := map[string]any{"name": "rate-limiting", "config": map[string]any{"minute": 1}}
	patch := plane + "/plugins/" + s.call(t, 201, "POST", plane+"/plugins", valid).text("id")
	for name, test := range map[string]struct {
		body  any
		fault string
	}{
		"unknown plugin":      {with(valid, "name", "prometheus"), "name enum [" + strings.Join(plugin.Names(), " ") + "]"},
		"authentication":      {with(valid, "name", "key-auth"), "name invalid"},
		"unknown field":       {with(valid, "config.minutes", 1), "config.minutes unknown_property"},
		"field":               {with(valid, "config.minute", "1"), "config.minute is_integer"},
		"config":              {with(valid, "config", []int{}), "config is_object"},
		"service elsewhere":   {with(valid, "service", map[string]any{"id": elsewhere}), "service missing_reference"},
		"unknown route":       {with(valid, "route", map[string]any{"id": unknownID}), "route missing_reference"},
		"unknown consumer":    {with(valid, "consumer", map[string]any{"username": "nobody"}), "consumer missing_reference"},
		"consumer group":      {with(valid, "consumer_group", map[string]any{"id": unknownID}), "consumer_group invalid"},
		"ordering":            {with(valid, "ordering", map[string]any{}), "ordering invalid"},
		"condition":           {with(valid, "condition", "true"), "condition invalid"},
		"protocol":            {with(valid, "protocols", []string{"http", "tcp"}), "protocols.1 enum [grpc grpcs http https]"},
		"no protocols":        {with(valid, "protocols", []string{}), "protocols min_items 1"},
		"instance name":       {with(valid, "instance_name", "a b"), "instance_name matches_regex"},
		"tag":                 {with(valid, "tags", []string{"a,b"}), "tags.0 invalid"},
		"unknown property":    {with(valid, "configs", 1), "configs unknown_property"},
		"cors for a consumer": {map[string]any{"name": "cors", "config": map[string]any{}, "consumer": map[string]any{"username": "carl"}}, "consumer invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			s.refuses(t, "POST", plane+"/plugins", test.body, test.fault)
			s.refuses(t, "PATCH", patch, test.body, test.fault)
			s.refuses(t, "PUT", patch, test.body, test.fault)
			s.refuses(t, "POST", plane+"/schemas/plugins/validate", test.body, test.fault)
		})
	}
	s.refuses(t, "POST", plane+"/plugins", `{}`, "name required")
	for entity, body := range map[string]string{"plugin": `{"name":"cors"}`, "services": `{"host":"b.test"}`, "routes": `{"paths":["/"]}`, "consumer": `{"custom_id":"x"}`} {
		s.call(t, 200, "POST", plane+"/schemas/"+entity+"/validate", body)
	}
	s.call(t, 404, "POST", plane+"/schemas/upstreams/validate", `{}`)
	s.lists(t, plane+"/plugins", "name", "rate-limiting")
	for _, name := range plugin.Names() {
		if fields, _ := s.call(t, 200, "GET", plane+"/schemas/plugins/"+name, nil).Body["fields"].([]any); len(fields) < 2 {
			t.Errorf("the schema of %s: %v", name, fields)
		}
	}
	s.call(t, 404, "GET", plane+"/schemas/plugins/key-auth", nil)
}

func TestConsumers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plane := s.plane(t, "edge")
	consumers := plane + "/consumers"
	want := map[string]any{"id": unknownID, "username": "Zoë & Co", "custom_id": "4/2", "tags": []any{"x"}}
	s.call(t, 201, "POST", consumers, with(want, "created_at", 7)).has(t, want)
	for range 2 {
		s.call(t, 200, "PUT", consumers+"/"+unknownID, want).has(t, want)
		s.call(t, 200, "PATCH", consumers+"/Zo%C3%AB%20&%20Co", want).has(t, want)
	}
	s.call(t, 200, "GET", consumers+"/"+unknownID, nil).has(t, with(want, "updated_at", 1772366400))
	s.call(t, 200, "PUT", consumers+"/second", `{}`).has(t, map[string]any{"username": "second", "custom_id": nil})
	s.call(t, 409, "POST", consumers, `{"username":"second"}`)
	s.call(t, 409, "POST", consumers, `{"custom_id":"4/2"}`)
	s.call(t, 201, "POST", s.plane(t, "other")+"/consumers", `{"username":"second","custom_id":"4/2"}`)
	for query, names := range map[string][]string{
		"": {"Zoë & Co", "second"}, "custom_id=4/2": {"Zoë & Co"}, "custom_id=none": {}, "filter[name][eq]=second": {"second"}, "filter[name][contains]=ZO": {"Zoë & Co"}, "tags=x": {"Zoë & Co"},
	} {
		s.lists(t, consumers+"?"+encode(query), "username", names...)
	}
	s.refuses(t, "POST", consumers, `{}`, "username required")
	s.refuses(t, "PATCH", consumers+"/second", `{"username":null}`, "username required")
	s.refuses(t, "POST", consumers, map[string]any{"username": unknownID}, "username invalid")
	s.refuses(t, "POST", consumers, map[string]any{"custom_id": long(257)}, "custom_id invalid")
	s.refuses(t, "POST", consumers, `{"username":"a","tags":["/"]}`, "tags.0 invalid")
	s.call(t, 200, "PATCH", consumers+"/"+unknownID, `{"custom_id":null,"tags":null}`).has(t, map[string]any{"custom_id": nil, "tags": nil, "username": "Zoë & Co"})
	for range 2 {
		s.call(t, 204, "DELETE", consumers+"/"+unknownID, nil)
	}
	s.call(t, 404, "GET", consumers+"/"+unknownID, nil)
}

func TestApplicationsCallAsConsumers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.newWorld(t)
	app := s.call(t, 201, "POST", w.applications(), w.application("App")).text("id")
	registrations := w.applications() + "/" + app + "/registrations"
	registration := registrations + "/" + s.call(t, 201, "POST", registrations, map[string]any{"api_id": w.api, "status": "approved"}).text("id")
	plane, service := s.newService(t, "one")
	consumers := "/v2/control-planes/" + plane + "/core-entities/consumers"
	first := s.call(t, 201, "POST", consumers, `{"username":"first","custom_id":"1"}`).text("id")
	second := s.call(t, 201, "POST", consumers, `{"username":"second"}`).text("id")
	foreign := s.call(t, 201, "POST", s.plane(t, "other")+"/consumers", `{"username":"first"}`).text("id")

	s.refuses(t, "PUT", registration+"/consumer", map[string]any{"id": first}, "id missing_reference") // nothing implements the API
	s.implement(t, w.api, plane, service)
	s.call(t, 404, "DELETE", registration+"/consumer", nil)
	s.refuses(t, "PUT", registration+"/consumer", map[string]any{"id": foreign}, "id missing_reference")
	s.refuses(t, "PUT", registration+"/consumer", map[string]any{"id": unknownID}, "id missing_reference")
	s.refuses(t, "PUT", registration+"/consumer", `{}`, "id required")
	for _, c := range []struct {
		id   string
		want map[string]any
	}{
		{first, map[string]any{"id": first, "username": "first", "custom_id": "1", "control_plane_id": plane}},
		{first, map[string]any{"id": first, "username": "first", "custom_id": "1", "control_plane_id": plane}},
		{second, map[string]any{"id": second, "username": "second", "control_plane_id": plane}},
	} {
		s.call(t, 204, "PUT", registration+"/consumer", map[string]any{"id": c.id})
		s.call(t, 200, "GET", registration, nil).has(t, map[string]any{"consumer": c.want})
		s.call(t, 200, "GET", registrations, nil).has(t, map[string]any{"data.0.consumer": c.want})
	}
	s.compiles(t)
	s.call(t, 204, "DELETE", registration+"/consumer", nil)
	s.call(t, 404, "DELETE", registration+"/consumer", nil)
	s.call(t, 200, "GET", registration, nil).has(t, map[string]any{"consumer": nil})
	s.call(t, 204, "PUT", registration+"/consumer", map[string]any{"id": first})
	s.call(t, 204, "DELETE", consumers+"/first", nil)
	s.call(t, 200, "GET", registration, nil).has(t, map[string]any{"consumer": nil, "status": "approved"})
	s.compiles(t)
}

func TestCollectionsThatAreEmpty(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plane := s.plane(t, "edge")
	service, _, consumer := s.scopes(t, plane)
	there := strings.NewReplacer("{controlPlaneId}", strings.Split(plane, "/")[3], "{ServiceId}", service, "{ConsumerIdForNestedEntities}", consumer, "{ConsumerId}", consumer)
	gone := strings.NewReplacer("{controlPlaneId}", unknownID)
	tried := 0
	for _, op := range mgmtapi.Operations() {
		var gap *mgmtapi.Gap
		for _, g := range mgmtapi.EmptyCollections() {
			if covers(g, op.Method+" "+op.Pattern) {
				gap = &g
			}
		}
		if gap == nil {
			continue
		}
		tried++
		path := braces.ReplaceAllString(there.Replace(op.Pattern), unknownID)
		below := strings.Contains(strings.TrimSuffix(gap.Path, "/*"), "/*/") && path != there.Replace(op.Pattern) && strings.Count(gap.Path, "*") > 1 && !strings.Contains(gap.Path, "consumers/*/") && !strings.Contains(gap.Path, "services/*/")
		body, status := any(nil), http.StatusOK
		switch {
		case below, op.Method == "DELETE", op.Method == "GET" && !strings.HasSuffix(braces.ReplaceAllString(op.Pattern, "*"), gap.Path):
			status = http.StatusNotFound
		case op.Method != "GET":
			status = http.StatusBadRequest
		}
		if op.Method == "POST" || op.Method == "PUT" {
			body = `{}`
		}
		a := s.call(t, status, op.Method, path, body)
		if status == http.StatusOK && a.at("data.0") == nil && a.at("items.0") == nil && a.Body["data"] == nil && a.Body["items"] == nil {
			t.Errorf("%s answers %s", path, a.Text)
		}
		if status == http.StatusBadRequest && !strings.Contains(a.text("detail"), gap.Reason) {
			t.Errorf("%s does not say why: %s", path, a.Text)
		}
		s.call(t, http.StatusNotFound, op.Method, braces.ReplaceAllString(gone.Replace(op.Pattern), unknownID), body)
	}
	if tried < 90 {
		t.Errorf("only %d operations were tried", tried)
	}
	s.refuses(t, "GET", plane+"/upstreams?size=1001", nil, "size max 1000")
	s.call(t, 200, "GET", plane+"/upstreams?size=1000&tags=a", nil)
	at := strings.TrimSuffix(plane, "/core-entities")
	s.call(t, 200, "GET", at+"/group-member-status", nil).has(t, map[string]any{"is_member": false})
	s.call(t, 200, "GET", at+"/group-memberships", nil).has(t, map[string]any{"data": []any{}, "meta.page.next": nil})
}

func TestNodesAndWhatTheyShouldHaveInForce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plane := strings.TrimSuffix(s.plane(t, "edge"), "/core-entities")
	s.call(t, 200, "GET", plane+"/nodes", nil).has(t, map[string]any{"items": []any{}, "page": map[string]any{"total_count": 0}})
	started := s.clock.Now()
	node := usecase.Node{ID: unknownID, Version: "v1.2.3", Hostname: "edge-1", Since: started, LastPing: started.Add(time.Minute)}
	s.Gateways.Nodes = func() []usecase.Node { return []usecase.Node{node} }
	// The handlers know the use cases by value, as they were when the API was made.
	api := httptest.NewServer(spectest.Management(t).Wrap(t, mgmtapi.New(mgmtapi.Options{Control: s.Control, Logger: slog.New(slog.DiscardHandler), Now: s.clock.Now})))
	t.Cleanup(api.Close)
	s.url = api.URL
	s.call(t, 200, "GET", plane+"/nodes?"+encode("page[size]=1"), nil).has(t, map[string]any{
		"items.0.id": unknownID, "items.0.version": "v1.2.3", "items.0.hostname": "edge-1", "items.0.type": "kong-proxy", "items.0.created_at": started.Unix(),
		"items.0.last_ping": started.Unix() + 60, "items.0.compatibility_status.state": "COMPATIBILITY_STATE_FULLY_COMPATIBLE", "items.1": nil, "page.total_count": 1, "page.next": nil,
	})
	one := plane + "/nodes/" + unknownID
	expected := s.call(t, 200, "GET", plane+"/expected-config-hash", nil)
	if got := s.call(t, 200, "GET", one, nil); got.text("item.config_hash") == expected.text("expected_hash") || len(expected.text("expected_hash")) != 32 {
		t.Errorf("a node that has nothing in force has the hash %s, expected is %s", got.text("item.config_hash"), expected.text("expected_hash"))
	}
	check(t, s.store.View(t.Context(), func(tx portico.Tx) (err error) {
		if node.Epoch, err = tx.Meta(t.Context(), portico.MetaEpoch); err != nil {
			return err
		}
		_, node.Config, _, err = tx.ChangesAfter(t.Context(), 1<<62)
		return err
	}))
	s.call(t, 200, "GET", one, nil).has(t, map[string]any{"item.config_hash": expected.text("expected_hash")})
	version := s.call(t, 200, "GET", plane+"/expected-config-version", nil).text("expected_config_version")
	s.call(t, 201, "POST", plane+"/core-entities/services", `{"host":"a.test"}`)
	if got := s.call(t, 200, "GET", plane+"/expected-config-hash", nil); got.text("expected_hash") == expected.text("expected_hash") {
		t.Error("a change leaves the expected hash as it was")
	}
	if got := s.call(t, 200, "GET", plane+"/expected-config-version", nil).text("expected_config_version"); got == version {
		t.Error("a change leaves the expected version as it was")
	}
	s.call(t, 200, "GET", plane+"/nodes/eol", nil).has(t, map[string]any{"items": []any{}, "page.total_count": 0})
	s.call(t, 409, "DELETE", one, nil)
	s.call(t, 404, "DELETE", plane+"/nodes/nobody", nil)
	s.call(t, 404, "GET", "/v2/control-planes/"+unknownID+"/nodes", nil)
	s.call(t, 404, "GET", "/v2/control-planes/"+unknownID+"/expected-config-hash", nil)
}
