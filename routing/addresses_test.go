package routing_test

import (
	"testing"

	"portico"
	"portico/routing"
)

func TestAddressesOfRoutes(t *testing.T) {
	t.Parallel()
	const gateway = "https://gw.example:8443/in"
	for name, test := range map[string]struct {
		route portico.Route
		want  string // empty: none
	}{
		"a path":             {portico.Route{Paths: []string{"/shop/"}}, gateway + "/shop"},
		"the root":           {portico.Route{Paths: []string{"/"}}, gateway},
		"a host":             {portico.Route{Paths: []string{"/shop"}, Hosts: []string{"api.example"}}, "https://api.example:8443/in/shop"},
		"a host and port":    {portico.Route{Paths: []string{"/shop"}, Hosts: []string{"api.example:9"}}, "https://api.example:9/in/shop"},
		"no path":            {portico.Route{Hosts: []string{"api.example"}}, ""},
		"a pattern":          {portico.Route{Paths: []string{"~/shop/[0-9]+"}}, ""},
		"a header":           {portico.Route{Paths: []string{"/shop"}, Headers: map[string][]string{"x": {"y"}}}, ""},
		"many hosts":         {portico.Route{Paths: []string{"/shop"}, Hosts: []string{"*.example"}}, ""},
		"another method":     {portico.Route{Paths: []string{"/shop"}, Methods: []string{"POST"}}, ""},
		"one of its methods": {portico.Route{Paths: []string{"/shop"}, Methods: []string{"POST", "GET"}}, gateway + "/shop"},
	} {
		prefix, host, ok := routing.Reach(test.route, "GET")
		if got := routing.At(gateway+prefix, host); ok != (test.want != "") || ok && got != test.want {
			t.Errorf("%s: %q, %v", name, got, ok)
		}
	}
}
