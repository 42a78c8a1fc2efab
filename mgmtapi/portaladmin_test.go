package mgmtapi_test

import (
	"fmt"
	"testing"
)

func TestIPAllowLists(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	portal := s.portalPath(t, "P")
	lists := portal + "/ip-allow-list"
	s.call(t, 200, "GET", lists, nil).has(t, map[string]any{"data": []any{}, "meta": map[string]any{"next": nil, "previous": nil, "size": 10}})

	written := []string{"192.168.1.1", "192.168.1.0/22", "2001:DB8:0::1", "2001:db8:1::/48", "::ffff:10.0.0.1", "::ffff:10.1.0.0/112"}
	kept := []string{"192.168.1.1", "192.168.1.0/22", "2001:db8::1", "2001:db8:1::/48", "10.0.0.1", "10.1.0.0/16"}
	made := s.call(t, 201, "POST", lists, map[string]any{"allowed_ips": written})
	made.has(t, map[string]any{"allowed_ips": kept})
	at := lists + "/" + made.text("id")
	for range 2 { // writing what was read changes nothing
		s.call(t, 200, "GET", at, nil).has(t, map[string]any{"id": made.text("id"), "allowed_ips": kept})
		s.call(t, 200, "PUT", at, map[string]any{"allowed_ips": kept}).has(t, map[string]any{"allowed_ips": kept})
	}
	s.call(t, 200, "PATCH", at, map[string]any{"allowed_ips": []string{"0.0.0.0/0"}}).has(t, map[string]any{"allowed_ips": []string{"0.0.0.0/0"}})

	var many []string
	for i := range 26 {
		many = append(many, fmt.Sprintf("10.0.0.%d", i))
	}
	s.call(t, 201, "POST", lists, map[string]any{"allowed_ips": many[:25]})
	for _, method := range []string{"POST", "PUT", "PATCH"} {
		to := at
		if method == "POST" {
			to = lists
		}
		s.refuses(t, method, to, map[string]any{}, "allowed_ips required")
		s.refuses(t, method, to, map[string]any{"allowed_ips": []string{}}, "allowed_ips min_items 1")
		s.refuses(t, method, to, map[string]any{"allowed_ips": many}, "allowed_ips max_items 25")
		s.refuses(t, method, to, map[string]any{"allowed_ips": []any{1}, "x": 1}, "allowed_ips.0 is_string", "x unknown_property")
		s.refuses(t, method, to, map[string]any{"allowed_ips": []string{"10.0.0.1", "::ffff:10.0.0.1", "10.0.0.1/33", "fe80::1%eth0", "localhost", "10.0.0.1/8", "10.2.0.0/8"}},
			"allowed_ips.1 invalid", "allowed_ips.2 invalid", "allowed_ips.3 invalid", "allowed_ips.4 invalid", "allowed_ips.6 invalid")
	}

	first := s.call(t, 200, "GET", lists+"?page[size]=1", nil)
	first.has(t, map[string]any{"meta.size": 1, "meta.previous": nil, "data.0.id": made.text("id")})
	second := s.call(t, 200, "GET", first.text("meta.next"), nil)
	second.has(t, map[string]any{"meta.size": 1, "meta.next": nil})
	s.call(t, 200, "GET", second.text("meta.previous"), nil).has(t, map[string]any{"data.0.id": first.text("data.0.id")})
	s.refuses(t, "GET", lists+"?page[size]=x&page[after]=y", nil, "page[size] is_integer", "page[after] invalid")

	other := s.portalPath(t, "Q") + "/ip-allow-list/" + made.text("id")
	for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
		s.call(t, 404, method, other, map[string]any{"allowed_ips": many[:1]})
	}
	s.call(t, 404, "POST", "/v3/portals/"+unknownID+"/ip-allow-list", map[string]any{"allowed_ips": many[:1]})
	s.call(t, 404, "GET", "/v3/portals/"+unknownID+"/ip-allow-list", nil)
	s.call(t, 204, "DELETE", at, nil)
	s.call(t, 404, "DELETE", at, nil)
}
