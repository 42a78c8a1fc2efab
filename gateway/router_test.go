package gateway

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portico/snapshot"
)

func compileRoutes(t testing.TB, routes ...snapshot.Route) *router {
	t.Helper()
	services := map[string]*service{"s": {Service: snapshot.Service{ID: "s", Enabled: true}}, "off": {Service: snapshot.Service{ID: "off"}}}
	for i := range routes {
		routes[i].ServiceID = cmp.Or(routes[i].ServiceID, "s")
	}
	r, err := newRouter(routes, services, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRoutePriority(t *testing.T) {
	t.Parallel()
	old, young := time.Unix(1, 0), time.Unix(2, 0)
	// Each pair matches the request GET http://api.example.com/orders/1 with
	// X-Tier: gold; the first must win, in whatever order they are given.
	pairs := map[string][2]snapshot.Route{
		"more kinds of attributes": {{Methods: []string{"GET"}, Paths: []string{"/"}}, {Paths: []string{"/orders"}}},
		"even over a host":         {{Methods: []string{"GET"}, Paths: []string{"/"}}, {Hosts: []string{"api.example.com"}}},
		"exact host over wildcard": {{Hosts: []string{"api.example.com"}}, {Hosts: []string{"*.example.com"}}},
		"exact host over regex":    {{Hosts: []string{"api.example.com"}, Paths: []string{"/"}}, {Hosts: []string{"*.example.com"}, Paths: []string{"~/orders/1"}}},
		"more headers":             {{Headers: map[string][]string{"X-Tier": {"gold"}, "Accept": {"*/*"}}}, {Headers: map[string][]string{"X-Tier": {"gold"}}}},
		"regex over prefix":        {{Paths: []string{`~/o`}}, {Paths: []string{"/orders/1"}}},
		"regex_priority":           {{Paths: []string{`~/o`}, RegexPriority: 2}, {Paths: []string{`~/orders/\d+$`}, RegexPriority: 1}},
		"longer prefix":            {{Paths: []string{"/orders"}, CreatedAt: young}, {Paths: []string{"/"}, CreatedAt: old}},
		"older":                    {{Paths: []string{"/orders"}, CreatedAt: old}, {Paths: []string{"/orders"}, CreatedAt: young}},
	}
	request := target{"GET", "api.example.com", "/orders/1", http.Header{"X-Tier": {"gold"}, "Accept": {"*/*"}}}
	for name, pair := range pairs {
		first, second := pair[0], pair[1]
		first.ID, second.ID = "z-first", "a-second"
		for _, order := range [][]snapshot.Route{{first, second}, {second, first}} {
			if m, ok := compileRoutes(t, order...).find(request); !ok || m.route.ID != "z-first" {
				t.Errorf("%s: the other route won", name)
			}
		}
	}
}

func TestRouteMatching(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		route   snapshot.Route
		request target
		want    bool
	}{
		{snapshot.Route{Hosts: []string{"*.example.com"}}, target{"GET", "a.example.com", "/", nil}, true},
		{snapshot.Route{Hosts: []string{"*.example.com"}}, target{"GET", "A.b.EXAMPLE.com:8443", "/", nil}, true},
		{snapshot.Route{Hosts: []string{"*.example.com"}}, target{"GET", "example.com", "/", nil}, false},
		{snapshot.Route{Hosts: []string{"*.example.com"}}, target{"GET", ".example.com", "/", nil}, false},
		{snapshot.Route{Hosts: []string{"example.*"}}, target{"GET", "example.org", "/", nil}, true},
		{snapshot.Route{Hosts: []string{"Example.com"}}, target{"GET", "example.COM", "/", nil}, true},
		{snapshot.Route{Hosts: []string{"example.com:8000"}}, target{"GET", "example.com:8000", "/", nil}, true},
		{snapshot.Route{Hosts: []string{"example.com:8000"}}, target{"GET", "example.com:8001", "/", nil}, false},
		{snapshot.Route{Hosts: []string{"[::1]"}}, target{"GET", "[::1]:8000", "/", nil}, true},
		{snapshot.Route{Methods: []string{"POST"}}, target{"GET", "h", "/", nil}, false},
		{snapshot.Route{Paths: []string{"/a"}}, target{"GET", "h", "/abc", nil}, true}, // Kong's prefixes end anywhere
		{snapshot.Route{Paths: []string{"/a/"}}, target{"GET", "h", "/a", nil}, false},
		{snapshot.Route{Paths: []string{"~/a$"}}, target{"GET", "h", "/a/b", nil}, false},
		{snapshot.Route{Paths: []string{"~/b"}}, target{"GET", "h", "/a/b", nil}, false}, // anchored at the start
		{snapshot.Route{Paths: []string{"/caf%c3%a9"}}, target{"GET", "h", "/caf%C3%A9", nil}, true},
		{snapshot.Route{Headers: map[string][]string{"x-v": {"1", "2"}}}, target{"GET", "h", "/", http.Header{"X-V": {"2"}}}, true},
		{snapshot.Route{Headers: map[string][]string{"x-v": {"Gold"}}}, target{"GET", "h", "/", http.Header{"X-V": {"gOLD"}}}, true},
		{snapshot.Route{Headers: map[string][]string{"x-v": {"1"}}}, target{"GET", "h", "/", http.Header{"X-V": {"3"}}}, false},
		{snapshot.Route{Headers: map[string][]string{"x-v": {"~*^b.a"}}}, target{"GET", "h", "/", http.Header{"X-V": {"BETA"}}}, false},
		{snapshot.Route{Headers: map[string][]string{"x-v": {"~*^b.t"}}}, target{"GET", "h", "/", http.Header{"X-V": {"BETA"}}}, true},
		{snapshot.Route{Paths: []string{"/"}, ServiceID: "off"}, target{"GET", "h", "/", nil}, false},
		{snapshot.Route{Paths: []string{"/"}}, target{"OPTIONS", "h", "", nil}, false},
	} {
		if c.request.header == nil {
			c.request.header = http.Header{}
		}
		c.route.ID = "r"
		if _, ok := compileRoutes(t, c.route).find(c.request); ok != c.want {
			t.Errorf("%+v with %+v: %v, want %v", c.route, c.request, ok, c.want)
		}
	}
}

func TestUpstreamPath(t *testing.T) {
	t.Parallel()
	// Kong's table of path handling v0.
	for _, c := range []struct {
		service, route, request string
		strip                   bool
		want                    string
	}{
		{"", "/", "/", true, "/"},
		{"", "/fv0", "/fv0/req", false, "/fv0/req"},
		{"", "/fv0", "/fv0/req", true, "/req"},
		{"", "/fv0", "/fv0", true, "/"},
		{"/", "/fv0", "/fv0/req", true, "/req"},
		{"/s", "/fv0", "/fv0/req", false, "/s/fv0/req"},
		{"/s", "/fv0", "/fv0/req", true, "/s/req"},
		{"/s", "/fv0/", "/fv0/req", true, "/s/req"},
		{"/s", "/fv0", "/fv0req", true, "/s/req"},
		{"/s/", "/fv0", "/fv0/req", true, "/s/req"},
		{"/s", "/fv0", "/fv0", true, "/s"},
		{"/s/", "/fv0", "/fv0", true, "/s"},
		{"/s", "/fv0", "/fv0/", true, "/s/"},
		{"/s", "/fv0/", "/fv0/", true, "/s/"},
	} {
		if got := upstreamPath(c.service, c.request, c.route, c.strip); got != c.want {
			t.Errorf("service %q, route %q, request %q, strip %v: %q, want %q", c.service, c.route, c.request, c.strip, got, c.want)
		}
	}
}

func TestNormalize(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"/": "/", "/a/b": "/a/b", "/a//b": "/a/b", "/a/./b": "/a/b", "/a/../b": "/b", "/../../a": "/a", "/a/..": "/",
		"/a/b/..": "/a/", "/a/b/.": "/a/b/", "/a/": "/a/", "/%61": "/a", "/%2e%2e/a": "/a", "/x/%2E%2e/a": "/a",
		"/a%2fb": "/a%2Fb", "/a%2Fb": "/a%2Fb", "/%25%32%65": "/%252e", "/a%": "/a%", "/a%zz": "/a%zz", "*": "", "": "",
		"/.hidden": "/.hidden", "/...": "/...", "/~x": "/~x",
	} {
		if got := normalize(given); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}

// bestOf is the router without its indexes: try every rule in order of rank.
func bestOf(t testing.TB, routes []snapshot.Route, request target) string {
	services := map[string]*service{"s": {Service: snapshot.Service{ID: "s", Enabled: true}}}
	rules, err := rank(routes, services, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range rules {
		host := strings.ToLower(request.host)
		hostOK := u.host == ""
		for _, h := range []string{host, withoutPort(host)} {
			prefix, suffix, star := strings.Cut(u.host, "*")
			hostOK = hostOK || u.host == h || star && wildcard{prefix: prefix, suffix: suffix}.matches(h)
		}
		if hostOK && strings.HasPrefix(request.path, u.prefix) && u.matches(request) {
			return u.route.ID
		}
	}
	return ""
}

func drawRoutes(t *rapid.T) []snapshot.Route {
	pick := func(name string, from ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, 2, rapid.ID).Draw(t, name)
	}
	var routes []snapshot.Route
	for i := range rapid.IntRange(1, 8).Draw(t, "routes") {
		r := snapshot.Route{
			ID: fmt.Sprintf("r%d", i), ServiceID: "s",
			Hosts:         pick("hosts", "a.com", "b.com:80", "*.com", "a.*", "*.a.com"),
			Paths:         pick("paths", "/", "/a", "/a/b", "/ab", "/a/b/c", "~/a/.$", "~/.*b"),
			Methods:       pick("methods", "GET", "POST"),
			RegexPriority: rapid.IntRange(0, 2).Draw(t, "regex_priority"),
			CreatedAt:     time.Unix(rapid.Int64Range(0, 3).Draw(t, "created_at"), 0),
		}
		if rapid.Bool().Draw(t, "header") {
			r.Headers = map[string][]string{"X-A": {"1"}}
		}
		routes = append(routes, r)
	}
	return routes
}

func TestRouterEqualsTryingAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		routes := drawRoutes(rt)
		request := target{
			rapid.SampledFrom([]string{"GET", "POST", "PUT"}).Draw(rt, "method"),
			rapid.SampledFrom([]string{"a.com", "b.com", "b.com:80", "x.a.com:1", "a.org", "c"}).Draw(rt, "host"),
			rapid.SampledFrom([]string{"/", "/a", "/a/b", "/a/b/c/d", "/abc", "/x/b"}).Draw(rt, "path"),
			http.Header{"X-A": {rapid.SampledFrom([]string{"1", "2"}).Draw(rt, "x-a")}},
		}
		want := bestOf(t, routes, request)
		m, ok := compileRoutes(t, slices.Clone(routes)...).find(request)
		if ok != (want != "") || ok && m.route.ID != want {
			rt.Fatalf("found %v, want %q", m.route, want)
		}
	})
}

// FuzzRoute: any request finds the route that trying all of them finds, and
// its path is spelled one way only.
func FuzzRoute(f *testing.F) {
	f.Add("GET", "a.example.com:80", "/api/%2e%2e/x//y?")
	f.Add("POST", "[::1]:8000", "/admin/../api")
	f.Add("", "", "*")
	routes := []snapshot.Route{
		{ID: "1", ServiceID: "s", Paths: []string{"/api", "/api/v1"}},
		{ID: "2", ServiceID: "s", Paths: []string{"~/admin(/.*)?$"}},
		{ID: "3", ServiceID: "s", Hosts: []string{"*.example.com"}, Paths: []string{"/"}},
		{ID: "4", ServiceID: "s", Hosts: []string{"[::1]"}, Methods: []string{"POST"}},
	}
	r := compileRoutes(f, slices.Clone(routes)...)
	f.Fuzz(func(t *testing.T, method, host, path string) {
		normal := normalize(path)
		if normal != "" && normalize(normal) != normal {
			t.Fatalf("%q becomes %q, which is not its own normal form %q", path, normal, normalize(normal))
		}
		if slices.Contains(strings.Split(normal, "/"), "..") {
			t.Fatalf("%q keeps a dot segment: %q", path, normal)
		}
		request := target{method, host, normal, http.Header{}}
		m, ok := r.find(request)
		if want := bestOf(t, routes, request); ok != (want != "") || ok && m.route.ID != want {
			t.Fatalf("%+v: found %v, want %q", request, ok, want)
		}
		if ok && !strings.HasPrefix(normal, m.matched) {
			t.Fatalf("matched %q is not the beginning of %q", m.matched, normal)
		}
	})
}

func BenchmarkFindAmongThousand(b *testing.B) {
	var routes []snapshot.Route
	for i := range 1000 {
		routes = append(routes, snapshot.Route{ID: fmt.Sprint(i), Paths: []string{fmt.Sprintf("/service-%03d/v1", i)}})
	}
	r := compileRoutes(b, routes...)
	request := target{"GET", "gateway.example.com", "/service-777/v1/orders/42", http.Header{}}
	for b.Loop() {
		if _, ok := r.find(request); !ok {
			b.Fatal("no match")
		}
	}
}
