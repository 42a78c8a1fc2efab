package apps

import (
	"testing"

	"portico"
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
		address, host, ok := addressOf(gateway, test.route)
		if got := at(address, host); ok != (test.want != "") || ok && got != test.want {
			t.Errorf("%s: %q, %v", name, got, ok)
		}
	}
}

func TestTheSimplestOperation(t *testing.T) {
	t.Parallel()
	for specification, want := range map[string]string{
		`{"paths":{"/b":{"get":{}},"/a":{"get":{}},"/long":{"get":{}},"/{id}":{"get":{}},"/x":{"post":{}}}}`: "/a",
		`{"paths":{"/{id}":{"get":{}}}}`: "",
		`{"paths":[1]}`:                  "",
		`no specification`:               "",
		``:                               "",
	} {
		if got := simplest(specification); got != want {
			t.Errorf("%s: %q, want %q", specification, got, want)
		}
	}
}

func TestShellsReadValuesAsTheyAre(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"abc-_.~": "'abc-_.~'", "abc-_.": "abc-_.", "a b": "'a b'", "it's": `'it'\''s'`, "$(rm)": "'$(rm)'", "": ""} {
		if got := quoted(value); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}

func FuzzSimplest(f *testing.F) {
	f.Add(`{"paths":{"/a":{"get":{}}}}`)
	f.Add("paths:\n  /a:\n    get: {}\n")
	f.Fuzz(func(t *testing.T, specification string) {
		if path := simplest(specification); path != "" && path[0] != '/' {
			t.Errorf("%q is no path", path)
		}
	})
}
