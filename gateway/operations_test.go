package gateway_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"portico/gateway"
	"portico/secret"
	"portico/snapshot"
)

// operation gives an operation for who is registered for one of the APIs or
// packages.
func operation(id, key string, registeredFor ...string) snapshot.Operation {
	method, template, _ := strings.Cut(key, " ")
	o := snapshot.Operation{ID: id, ControlPlaneID: "plane", Method: method, Template: template}
	for _, api := range registeredFor {
		o.Access = append(o.Access, snapshot.Access{APIID: api, PortalID: "portal", StrategyID: "keys"})
	}
	return o
}

// byOperation makes the world's open service one of a control plane that is
// guarded operation by operation: /open/orders belongs to an API and, but for
// writing, to a package.
func byOperation(w *world, s *snapshot.Snapshot) {
	open := &s.Routing.Services[0]
	open.ControlPlaneID, open.ByOperation = "plane", true
	s.Routing.Operations = []snapshot.Operation{
		operation("list", "GET /open/orders", "orders", "pack"),
		operation("read", "GET /open/orders/{id}", "orders", "pack"),
		operation("write", "PUT /open/orders/{id}", "orders"),
		operation("search", "GET /open/orders/search", "search"),
	}
	key := func(text string) []snapshot.Key {
		return []snapshot.Key{{ID: text, Digest: secret.New(text).Digest()}}
	}
	s.Applications = append(s.Applications,
		snapshot.Application{ID: "packed", PortalID: "portal", StrategyID: "keys", Registrations: []string{"pack"}, Keys: key("packed-key")},
		snapshot.Application{ID: "foreign", PortalID: "elsewhere", StrategyID: "keys", Registrations: []string{"pack"}, Keys: key("foreign-key")})
}

func TestAccessByOperation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byOperation)
	for _, test := range []struct {
		method, path, key string
		want              int
	}{
		{"GET", "/open/orders", "", 401},
		{"GET", "/open/orders", apiKey, 200},
		{"GET", "/open/orders", "packed-key", 200},
		{"GET", "/open/orders", "foreign-key", 403},
		{"GET", "/open/orders/7", "packed-key", 200},
		{"PUT", "/open/orders/7", "packed-key", 403},
		{"PUT", "/open/orders/7", apiKey, 200},
		{"GET", "/open/orders/search", apiKey, 403},
		{"GET", "/open/orders/search", "packed-key", 403},

		// Spellings that a service may take for the same.
		{"GET", "/open/orders/", "", 401},
		{"GET", "/open//orders", "", 401},
		{"GET", "/open/x/../orders/7", "", 401},
		{"GET", "/open/%6frders/7", "", 401},
		{"GET", "/open/orders%2F7", "", 401},
		{"GET", "/open/orders%2f7", "packed-key", 200},
		{"GET", "/open/x%2F..%2Forders%2F7", "", 401},
		{"PUT", "/open/orders%2F7", "packed-key", 403},
		{"HEAD", "/open/orders", "", 401},

		// What is no operation passes untouched.
		{"POST", "/open/orders", "", 200},
		{"OPTIONS", "/open/orders/7", "", 200},
		{"GET", "/open/orders/7/lines", "", 200},
		{"GET", "/open", "", 200},
		{"GET", "/open/Orders", "", 200},
	} {
		var headers []string
		if test.key != "" {
			headers = []string{"apikey", test.key}
		}
		if got := w.do(test.method, test.path, headers...); got.StatusCode != test.want {
			t.Errorf("%s %s with %q: %d, want %d", test.method, test.path, test.key, got.StatusCode, test.want)
		}
	}
	if saw := w.do("GET", "/open/orders/7", "apikey", apiKey).upstream(t); saw.Header.Get("apikey") != "" {
		t.Error("the upstream of a guarded operation saw the key")
	}
	if saw := w.do("GET", "/open/other", "apikey", apiKey).upstream(t); saw.Header.Get("apikey") != apiKey {
		t.Error("what is no operation did not pass untouched")
	}
}

// TestRevokedRegistrationForAPackage: it counts at the very next request.
func TestRevokedRegistrationForAPackage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byOperation)
	if got := w.do("GET", "/open/orders", "apikey", "packed-key"); got.StatusCode != 200 {
		t.Fatalf("registered: %d", got.StatusCode)
	}
	revoked := w.snapshot.Applications[2]
	revoked.Registrations = nil
	if err := w.gateway.Apply(snapshot.Delta{Epoch: "e1", From: 1, To: 2, Upserted: []snapshot.Application{revoked}}); err != nil {
		t.Fatal(err)
	}
	if got := w.do("GET", "/open/orders", "apikey", "packed-key"); got.StatusCode != 403 {
		t.Errorf("revoked: %d", got.StatusCode)
	}
}

// TestPackagesLimitEachOperation: an application has its allowance for every
// operation, and other applications and other ways in have theirs.
func TestPackagesLimitEachOperation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world, s *snapshot.Snapshot) {
		byOperation(w, s)
		for i := range s.Routing.Operations[:2] {
			s.Routing.Operations[i].Access[1].Limit, s.Routing.Operations[i].Access[1].Window = 2, time.Minute
		}
	})
	send := func(path, key string) answer { return w.do("GET", path, "apikey", key) }
	for i, want := range []int{200, 200, 429, 429} {
		if got := send("/open/orders", "packed-key"); got.StatusCode != want {
			t.Errorf("request %d: %d, want %d", i, got.StatusCode, want)
		}
	}
	over := send("/open/orders", "packed-key")
	if over.Header.Get("Retry-After") == "" || !strings.Contains(over.body, "API rate limit exceeded") {
		t.Errorf("over the limit: %v %s", over.Header, over.body)
	}
	for range 3 {
		if got := send("/open/orders", apiKey); got.StatusCode != 200 {
			t.Errorf("registered for the API: %d", got.StatusCode)
		}
	}
	if got := send("/open/orders/7", "packed-key"); got.StatusCode != 200 {
		t.Errorf("another operation: %d", got.StatusCode)
	}
	w.clock.Advance(time.Minute)
	if got := send("/open/orders", "packed-key"); got.StatusCode != 200 {
		t.Errorf("in the next minute: %d", got.StatusCode)
	}
}

func TestOperationsOfSeveralAPIsShareAPath(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world, s *snapshot.Snapshot) {
		byOperation(w, s)
		s.Routing.Operations = append(s.Routing.Operations, operation("other", "PUT /open/orders/{number}", "pack"))
	})
	for _, key := range []string{apiKey, "packed-key"} {
		if got := w.do("PUT", "/open/orders/7", "apikey", key); got.StatusCode != 200 {
			t.Errorf("%s: %d", key, got.StatusCode)
		}
	}
}

// FuzzOperations compares what we find with kin-openapi's router.
func FuzzOperations(f *testing.F) {
	f.Add("/orders/{id}|/orders/search|/{a}/b", "/orders/search")
	f.Add("/files/{name}.json|/files/{name}|/{x}", "/files/a.b.json")
	f.Add("/v1/{a}-{b}/c|/v1/{a}/c|/v1/x/{d}", "/v1/x-y-z/c")
	f.Add("/a|/a/{b}|/a/{b}/{c}", "/a/ä/%20")
	f.Fuzz(func(t *testing.T, templates, path string) {
		doc := &openapi3.T{OpenAPI: "3.0.3", Info: &openapi3.Info{Title: "t", Version: "1"}, Paths: openapi3.NewPaths()}
		var all []snapshot.Operation
		shapes := map[string]bool{}
		for template := range strings.SplitSeq(templates, "|") {
			shape := parameter.ReplaceAllString(template, "{}")
			if !plainTemplate.MatchString(template) || shapes[shape] {
				continue
			}
			shapes[shape] = true
			item := &openapi3.PathItem{Get: openapi3.NewOperation()}
			item.Get.Responses = openapi3.NewResponses()
			for i, name := range parameter.FindAllString(template, -1) {
				unique := fmt.Sprintf("p%d", i)
				template = strings.Replace(template, name, "{"+unique+"}", 1)
				item.Get.AddParameter(openapi3.NewPathParameter(unique).WithSchema(openapi3.NewStringSchema()))
			}
			doc.Paths.Set(template, item)
			all = append(all, operation(template, "GET "+template, "orders"))
		}
		if !plainPath.MatchString(path) || strings.Contains(path+"/", "/./") || strings.Contains(path+"/", "/../") || len(all) == 0 {
			return
		}
		router, err := gorillamux.NewRouter(doc)
		if err != nil {
			return
		}
		found := gateway.FindOperation(all, http.MethodGet, (&url.URL{Path: path}).EscapedPath())
		route, _, err := router.FindRoute(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}})
		matching := slices.DeleteFunc(slices.Clone(all), func(o snapshot.Operation) bool { return !matches(o.Template, path) })
		switch {
		case err != nil && found != "":
			t.Errorf("%q: found %q, the oracle nothing (%v) among %q", path, found, err, templates)
		case err == nil && found == "":
			t.Errorf("%q: found nothing, the oracle %q", path, route.Path)
		case len(matching) == 1 && found != matching[0].ID:
			t.Errorf("%q: found %q, but only %q matches", path, found, matching[0].ID)
		case found != "" && !matches(found, path):
			t.Errorf("%q: found %q, which does not match", path, found)
		}
	})
}

var (
	parameter     = regexp.MustCompile(`\{[^{}]*\}`)
	plainTemplate = regexp.MustCompile(`^(/([a-z0-9._-]|\{[a-z]+\})+)+$`)
	plainPath     = regexp.MustCompile(`^(/[a-zA-Z0-9 ä._-]+)+$`)
)

// matches is a template as a regular expression.
func matches(template, path string) bool {
	var b strings.Builder
	for i, literal := range parameter.Split(template, -1) {
		if i > 0 {
			b.WriteString("[^/]+")
		}
		b.WriteString(regexp.QuoteMeta(literal))
	}
	return regexp.MustCompile("^" + b.String() + "$").MatchString(path)
}
