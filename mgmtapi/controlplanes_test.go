package mgmtapi_test

import (
	"net/http"
	"testing"

	"portico/routing"
)

func TestControlPlaneDefaultsAndRoundTrip(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.call(t, http.StatusCreated, "POST", "/v2/control-planes", `{"name":"edge"}`).has(t, map[string]any{
		"name": "edge", "description": "", "labels": map[string]any{}, "config": map[string]any{
			"control_plane_endpoint": s.url + "/sync", "telemetry_endpoint": s.url + "/sync", "cluster_type": "CLUSTER_TYPE_CONTROL_PLANE",
			"auth_type": "pinned_client_certs", "cloud_gateway": false, "proxy_urls": []any{},
		},
	})
	made := s.call(t, http.StatusCreated, "POST", "/v2/control-planes", map[string]any{
		"name": "core", "description": "d", "labels": map[string]any{"env": "dev", "zone": "a"}, "auth_type": "pki_client_certs",
		"cluster_type": "CLUSTER_TYPE_CONTROL_PLANE", "cloud_gateway": false, "proxy_urls": []any{map[string]any{"host": "gw.test", "port": 443, "protocol": "https"}},
	})
	want := map[string]any{"name": "core", "description": "d", "labels": map[string]any{"env": "dev", "zone": "a"}, "config.auth_type": "pki_client_certs",
		"config.proxy_urls": []any{map[string]any{"host": "gw.test", "port": 443, "protocol": "https"}}}
	made.has(t, want)
	path := "/v2/control-planes/" + made.text("id")
	s.call(t, http.StatusOK, "GET", path, nil).has(t, want)
	s.call(t, http.StatusOK, "PATCH", path, `{}`).has(t, want)
	changed := map[string]any{"name": "core 2", "description": "", "proxy_urls": []any{}, "auth_type": "pinned_client_certs", "labels": map[string]any{"env": "prod"}}
	for range 2 {
		s.call(t, http.StatusOK, "PATCH", path, changed).
			has(t, map[string]any{"name": "core 2", "description": "", "labels": map[string]any{"env": "prod"}, "config.auth_type": "pinned_client_certs", "config.proxy_urls": []any{}})
	}
}

func TestControlPlaneValidation(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	valid := map[string]any{"name": "edge"}
	path := "/v2/control-planes/" + s.call(t, http.StatusCreated, "POST", "/v2/control-planes", `{"name":"there"}`).text("id")
	for name, test := range map[string]struct {
		body  any
		fault string
	}{
		"short name":       {with(valid, "name", "a"), "name min_length 2"},
		"long name":        {with(valid, "name", long(257)), "name max_length 256"},
		"null description": {with(valid, "description", null), "description is_string"},
		"long description": {with(valid, "description", long(2049)), "description max_length 2048"},
		"auth type":        {with(valid, "auth_type", "none"), "auth_type enum [pinned_client_certs pki_client_certs]"},
		"proxy":            {with(valid, "proxy_urls", "x"), "proxy_urls is_array"},
		"proxy's port":     {with(valid, "proxy_urls", []any{map[string]any{"host": "a", "port": 0, "protocol": "http"}}), "proxy_urls.0.port min 1"},
		"six proxies":      {with(valid, "proxy_urls", []any{1, 2, 3, 4, 5, 6}), "proxy_urls max_items 5"},
		"label":            {with(valid, "labels", map[string]any{"_a": "b"}), "labels._a is_label"},
		"unknown property": {with(valid, "region", "eu"), "region unknown_property"},
	} {
		t.Run(name, func(t *testing.T) {
			s.refuses(t, "POST", "/v2/control-planes", test.body, test.fault)
			s.refuses(t, "PATCH", path, test.body, test.fault)
		})
	}
	s.refuses(t, "POST", "/v2/control-planes", `{}`, "name required")
	s.refuses(t, "POST", "/v2/control-planes", with(valid, "cloud_gateway", true), "cloud_gateway invalid")
	s.refuses(t, "POST", "/v2/control-planes", with(valid, "cluster_type", "CLUSTER_TYPE_SERVERLESS"), "cluster_type enum [CLUSTER_TYPE_CONTROL_PLANE]")
	s.refuses(t, "PATCH", path, `{"cluster_type":"CLUSTER_TYPE_CONTROL_PLANE"}`, "cluster_type unknown_property")
	s.call(t, http.StatusConflict, "POST", "/v2/control-planes", `{"name":"there"}`)
	other := s.call(t, http.StatusCreated, "POST", "/v2/control-planes", `{"name":"other"}`).text("id")
	s.call(t, http.StatusConflict, "PATCH", "/v2/control-planes/"+other, `{"name":"there"}`)
}

func TestControlPlaneLists(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a := s.call(t, http.StatusCreated, "POST", "/v2/control-planes", `{"name":"alpha","labels":{"env":"dev"}}`).text("id")
	s.call(t, http.StatusCreated, "POST", "/v2/control-planes", `{"name":"beta","labels":{"env":"prod","zone":"b"}}`)
	for query, want := range map[string][]string{
		"": {"alpha", "beta"}, "filter[id][eq]=" + a: {"alpha"}, "filter[name][contains]=ET": {"beta"}, "filter[name][neq]=alpha": {"beta"},
		"filter[cluster_type][eq]=CLUSTER_TYPE_CONTROL_PLANE": {"alpha", "beta"}, "filter[cluster_type][neq]=CLUSTER_TYPE_CONTROL_PLANE": {},
		"filter[cloud_gateway]=true": {}, "filter[cloud_gateway]=false": {"alpha", "beta"},
		"labels=env:dev": {"alpha"}, "labels=env": {"alpha", "beta"}, "labels=env:prod,zone": {"beta"}, "labels=zone,env:dev": {},
		"sort=created_at desc": {"beta", "alpha"},
	} {
		s.lists(t, "/v2/control-planes?"+encode(query), "name", want...)
	}
}

func TestControlPlaneDelete(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plane, service := s.newService(t, "upstream")
	path := "/v2/control-planes/" + plane
	s.call(t, http.StatusConflict, "DELETE", path, nil)
	s.call(t, http.StatusNoContent, "DELETE", path+"/core-entities/services/"+service, nil)
	s.call(t, http.StatusNoContent, "DELETE", path, nil)
	s.call(t, http.StatusNotFound, "DELETE", path, nil)
	s.call(t, http.StatusNotFound, "GET", path, nil)
	s.call(t, http.StatusNotFound, "PATCH", path, `{}`)
	s.call(t, http.StatusNotFound, "GET", path+"/core-entities/services", nil)
	s.call(t, http.StatusNotFound, "GET", path+"/core-entities/routes", nil)
}

func TestTheFirstControlPlaneIsMadeOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	first, err := s.Gateways.EnsureDefault(t.Context())
	check(t, err)
	again, err := s.Gateways.EnsureDefault(t.Context())
	check(t, err)
	if first.ID != again.ID || first.Name != routing.DefaultControlPlane {
		t.Errorf("made %+v, then %+v", first, again)
	}
	s.call(t, http.StatusOK, "PATCH", "/v2/control-planes/"+string(first.ID), `{"name":"renamed"}`)
	_, err = s.Gateways.EnsureDefault(t.Context())
	check(t, err)
	s.lists(t, "/v2/control-planes", "name", "renamed")
}
