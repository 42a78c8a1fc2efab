package gateway_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/secret"
	"portico/snapshot"
)

const plane = "plane"

// withPlugins serves the world of newWorld with plugins in force.
func withPlugins(t *testing.T, plugins ...snapshot.Plugin) *world {
	t.Helper()
	return newWorld(t, func(_ *world, s *snapshot.Snapshot) {
		inPlane(s, plugins)
		s.Applications[1].Consumers = []snapshot.Consumer{
			{ID: "c-other", ControlPlaneID: "elsewhere", Username: "other"}, {ID: "c-kiosk", ControlPlaneID: plane, Username: "kiosk", CustomID: "42"},
		}
		s.Applications = append(s.Applications, snapshot.Application{ID: "app-second", Name: "Second", PortalID: "portal", StrategyID: "keys",
			Registrations: []string{"orders"}, Keys: []snapshot.Key{{ID: "key-2", Digest: secret.New("second").Digest()}}})
	})
}

func inPlane(s *snapshot.Snapshot, plugins []snapshot.Plugin) {
	for i := range s.Routing.Services {
		s.Routing.Services[i].ControlPlaneID = plane
	}
	for i := range plugins {
		plugins[i].ControlPlaneID = plane
		if plugins[i].ID == "" {
			plugins[i].ID = "plugin-" + string(rune('a'+i))
		}
	}
	s.Routing.Plugins = plugins
}

func (w *world) replacePlugins(plugins ...snapshot.Plugin) {
	w.t.Helper()
	inPlane(w.snapshot, plugins)
	w.apply(snapshot.Delta{Routing: &w.snapshot.Routing})
}

func (a answer) is(t *testing.T, status int, headers ...string) answer {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("status %d, want %d: %s", a.StatusCode, status, a.body)
	}
	for i := 0; i < len(headers); i += 2 {
		if got := strings.Join(a.Header.Values(headers[i]), "|"); got != headers[i+1] {
			t.Errorf("%s is %q, want %q", headers[i], got, headers[i+1])
		}
	}
	return a
}

func rate(r snapshot.RateLimiting) snapshot.PluginConfig {
	if r.LimitBy == "" {
		r.LimitBy = "consumer"
	}
	r.ErrorCode, r.ErrorMessage = 429, "API rate limit exceeded"
	return snapshot.PluginConfig{RateLimiting: &r}
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	w := withPlugins(t, snapshot.Plugin{PluginConfig: rate(snapshot.RateLimiting{Minute: 2, Hour: 3})})
	w.clock.Advance(time.Duration(60-w.clock.Now().Second()%60+15) * time.Second) // 15 s into a minute
	first := func(headers ...string) answer { return w.do("GET", "/api/x", append(headers, "apikey", apiKey)...) }
	first().is(t, 200, "X-RateLimit-Limit-Minute", "2", "X-RateLimit-Remaining-Minute", "1", "X-RateLimit-Remaining-Hour", "2",
		"RateLimit-Limit", "2", "RateLimit-Remaining", "1", "RateLimit-Reset", "45", "Retry-After", "")
	first().is(t, 200, "RateLimit-Remaining", "0")
	for range 3 { // what is refused does not count
		a := first().is(t, 429, "Retry-After", "45", "X-RateLimit-Remaining-Hour", "1")
		if !strings.Contains(a.body, `"message":"API rate limit exceeded"`) {
			t.Error(a.body)
		}
	}
	w.do("GET", "/api/x", "apikey", "second").is(t, 200, "RateLimit-Remaining", "1") // another caller
	w.do("GET", "/open/x").is(t, 200, "RateLimit-Remaining", "1")                    // by address
	w.clock.Advance(45 * time.Second)
	first().is(t, 200, "RateLimit-Limit", "3", "RateLimit-Remaining", "0")
	w.clock.Advance(time.Minute)
	first().is(t, 429)
	w.clock.Advance(time.Hour)
	first().is(t, 200)
}

func TestWhoseRequestsAreCounted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		limit  snapshot.RateLimiting
		a, b   []string // headers of two requests
		shared bool
	}{
		"consumers":          {snapshot.RateLimiting{}, []string{"apikey", apiKey}, []string{"apikey", "second"}, false},
		"credentials":        {snapshot.RateLimiting{LimitBy: "credential"}, []string{"apikey", apiKey}, []string{"apikey", "second"}, false},
		"addresses":          {snapshot.RateLimiting{LimitBy: "ip"}, []string{"apikey", apiKey}, []string{"apikey", "second"}, true},
		"the service's":      {snapshot.RateLimiting{LimitBy: "service"}, []string{"apikey", apiKey}, []string{"apikey", "second"}, true},
		"headers":            {snapshot.RateLimiting{LimitBy: "header", HeaderName: "x-tenant"}, []string{"apikey", apiKey, "X-Tenant", strings.Repeat("a", 4000)}, []string{"apikey", apiKey, "X-Tenant", strings.Repeat("a", 4001)}, false},
		"the same header":    {snapshot.RateLimiting{LimitBy: "header", HeaderName: "x-tenant"}, []string{"apikey", apiKey, "X-Tenant", "a"}, []string{"apikey", "second", "X-Tenant", "a"}, true},
		"a path":             {snapshot.RateLimiting{LimitBy: "path", Path: "/api"}, []string{"apikey", apiKey}, []string{"apikey", "second"}, true},
		"another path's":     {snapshot.RateLimiting{LimitBy: "path", Path: "/elsewhere"}, []string{"apikey", apiKey}, []string{"apikey", "second"}, true}, // by address
		"without a consumer": {snapshot.RateLimiting{LimitBy: "consumer"}, []string{"apikey", "second"}, []string{"apikey", apiKey}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.limit.Minute = 1
			w := withPlugins(t, snapshot.Plugin{PluginConfig: rate(test.limit)})
			w.do("GET", "/api/x", test.a...).is(t, 200)
			w.do("GET", "/api/x", test.a...).is(t, 429)
			want := 200
			if test.shared {
				want = 429
			}
			w.do("GET", "/api/x", test.b...).is(t, want)
		})
	}
}

// TestTheMostSpecificPluginCounts: in Kong's order of precedence.
func TestTheMostSpecificPluginCounts(t *testing.T) {
	t.Parallel()
	say := func(id, route, service, consumer string) snapshot.Plugin {
		return snapshot.Plugin{ID: id, RouteID: route, ServiceID: service, ConsumerID: consumer,
			PluginConfig: snapshot.PluginConfig{RequestTermination: &snapshot.RequestTermination{StatusCode: 418, Message: id}}}
	}
	ranked := []snapshot.Plugin{
		say("all three", "r-api", "api", "c-kiosk"), say("consumer and route", "r-api", "", "c-kiosk"), say("consumer and service", "", "api", "c-kiosk"),
		say("route and service", "r-api", "api", ""), say("consumer", "", "", "c-kiosk"), say("route", "r-api", "", ""), say("service", "", "api", ""), say("global", "", "", ""),
	}
	others := []snapshot.Plugin{
		say("another route", "r-open", "", "c-kiosk"), say("another service", "", "open", "c-kiosk"), say("another consumer", "r-api", "api", "c-other"),
	}
	foreign := say("another plane's", "", "", "")
	w := withPlugins(t)
	for i := range ranked {
		for _, order := range [][]snapshot.Plugin{append(append([]snapshot.Plugin{}, others...), ranked[i:]...), append(append([]snapshot.Plugin{}, ranked[i:]...), others...)} {
			w.replacePlugins(order...) // and it acts at once
			if a := w.do("GET", "/api/x", "apikey", apiKey); a.StatusCode != 418 || !strings.Contains(a.body, `"`+ranked[i].ID+`"`) {
				t.Errorf("with %s and what is less specific: %d %s", ranked[i].ID, a.StatusCode, a.body)
			}
		}
	}
	if a := w.do("GET", "/api/x", "apikey", "second"); !strings.Contains(a.body, `"global"`) {
		t.Errorf("a consumer's plugin acts on others: %s", a.body)
	}
	w.replacePlugins(others...)
	w.do("GET", "/api/x", "apikey", "second").is(t, 200)
	inPlane(w.snapshot, []snapshot.Plugin{foreign})
	w.snapshot.Routing.Plugins[0].ControlPlaneID = "elsewhere"
	w.apply(snapshot.Delta{Routing: &w.snapshot.Routing})
	w.do("GET", "/open").is(t, 200)
	w.replacePlugins(snapshot.Plugin{Protocols: []string{"https"}, PluginConfig: say("", "", "", "").PluginConfig})
	w.do("GET", "/open").is(t, 200)
}

func TestCountsOutliveAChangeOfTheConfiguration(t *testing.T) {
	t.Parallel()
	limit := snapshot.Plugin{ID: "limit", ServiceID: "open", PluginConfig: rate(snapshot.RateLimiting{Day: 1})}
	w := withPlugins(t, limit)
	w.do("GET", "/open").is(t, 200)
	w.replacePlugins()
	w.do("GET", "/open").is(t, 200, "RateLimit-Limit", "")
	w.replacePlugins(limit)
	w.do("GET", "/open").is(t, 429)
}

func TestConsumersAreToldToTheUpstream(t *testing.T) {
	t.Parallel()
	w := withPlugins(t)
	for _, test := range []struct{ key, id, username, custom string }{{apiKey, "c-kiosk", "kiosk", "42"}, {"second", "", "Second", "app-second"}} {
		got := w.do("GET", "/api/x", "apikey", test.key, "X-Consumer-ID", "forged", "X_Consumer_Username", "forged").upstream(t).Header
		if got.Get("X-Consumer-Id") != test.id || got.Get("X-Consumer-Username") != test.username || got.Get("X-Consumer-Custom-Id") != test.custom || got.Get("X-Application-Id") == "" {
			t.Errorf("%s: %v", test.key, got)
		}
	}
}

func TestCrossOriginCalls(t *testing.T) {
	t.Parallel()
	cors := func(c snapshot.CORS) snapshot.Plugin {
		c.Methods = []string{"GET", "PUT"}
		return snapshot.Plugin{PluginConfig: snapshot.PluginConfig{CORS: &c}}
	}
	w := withPlugins(t, cors(snapshot.CORS{Origins: []string{"https://shop.example", `https://[a-z]+\.example`, `.*\.local`}, Headers: []string{"X-A"}, ExposedHeaders: []string{"X-B"}, MaxAge: new(60), Credentials: true}))
	// Browsers ask without credentials, and must not be told to authenticate.
	w.do("OPTIONS", "/api/x", "Origin", "https://shop.example", "Access-Control-Request-Method", "PUT").is(t, 200,
		"Access-Control-Allow-Origin", "https://shop.example", "Access-Control-Allow-Methods", "GET,PUT", "Access-Control-Allow-Headers", "X-A",
		"Access-Control-Max-Age", "60", "Access-Control-Allow-Credentials", "true", "Vary", "Origin", "Content-Length", "0")
	w.do("GET", "/api/x", "Origin", "https://abc.example").is(t, 401, "Access-Control-Allow-Origin", "https://abc.example", "Access-Control-Expose-Headers", "X-B")
	w.do("GET", "/api/x", "Origin", "http://x.local:99", "apikey", apiKey).is(t, 200, "Access-Control-Allow-Origin", "http://x.local:99")
	for _, evil := range []string{"https://evil.test", "https://abc.example.evil.test", "https://evil.test/.example", "null", "http://x.local.evil.test"} {
		w.do("GET", "/api/x", "Origin", evil, "apikey", apiKey).is(t, 200, "Access-Control-Allow-Origin", "", "Access-Control-Allow-Credentials", "", "Vary", "Origin")
		w.do("OPTIONS", "/api/x", "Origin", evil, "Access-Control-Request-Method", "PUT").is(t, 200, "Access-Control-Allow-Origin", "", "Access-Control-Allow-Methods", "")
	}
	w.do("OPTIONS", "/api/x").is(t, 401) // no preflight request
	w.replacePlugins(cors(snapshot.CORS{PreflightContinue: true}))
	w.do("OPTIONS", "/open", "Origin", "https://a.test", "Access-Control-Request-Method", "GET").is(t, 200, "Access-Control-Allow-Origin", "*", "Access-Control-Allow-Methods", "")
	w.replacePlugins(cors(snapshot.CORS{PrivateNetwork: true}))
	w.do("OPTIONS", "/open", "Origin", "https://a.test", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "x-q", "Access-Control-Request-Private-Network", "true").
		is(t, 200, "Access-Control-Allow-Origin", "*", "Access-Control-Allow-Headers", "x-q", "Access-Control-Allow-Private-Network", "true")
}

// TestTheGatewayAnswersForOrigins: what the service says about them is replaced.
func TestTheGatewayAnswersForOrigins(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://all.evil")
		w.Header().Set("X-Remove", "1")
		w.Header().Set("X-Old", "1")
	}))
	t.Cleanup(upstream.Close)
	w := newWorld(t, func(w *world, s *snapshot.Snapshot) {
		s.Routing.Services[0] = service(t, "open", upstream)
		inPlane(s, []snapshot.Plugin{
			{PluginConfig: snapshot.PluginConfig{CORS: &snapshot.CORS{Origins: []string{"https://shop.example"}}}},
			{PluginConfig: snapshot.PluginConfig{ResponseTransformer: &snapshot.HeaderTransformer{
				Remove: snapshot.HeaderStep{Headers: []string{"x-remove"}}, Rename: snapshot.HeaderStep{Headers: []string{"x-old:x-new"}},
				Add: snapshot.HeaderStep{Headers: []string{"x-new:2", "x-added: 3"}}, Append: snapshot.HeaderStep{Headers: []string{"x-added:4"}},
				Replace: snapshot.HeaderStep{Headers: []string{"x-absent:5"}},
			}}},
		})
	})
	w.do("GET", "/open", "Origin", "https://all.evil").is(t, 200, "Access-Control-Allow-Origin", "", "X-Remove", "", "X-Old", "", "X-New", "1", "X-Added", "3|4", "X-Absent", "")
	w.do("GET", "/open", "Origin", "https://shop.example").is(t, 200, "Access-Control-Allow-Origin", "https://shop.example")
}

func TestAddressesAreLetIn(t *testing.T) {
	t.Parallel()
	restrict := func(r snapshot.IPRestriction) snapshot.Plugin {
		return snapshot.Plugin{PluginConfig: snapshot.PluginConfig{IPRestriction: &r}}
	}
	w := withPlugins(t)
	for _, test := range []struct {
		rule   snapshot.IPRestriction
		status int
		says   string
	}{
		{snapshot.IPRestriction{Allow: []string{"127.0.0.0/8"}}, 200, ""},
		{snapshot.IPRestriction{Allow: []string{"::ffff:127.0.0.1"}}, 200, ""},
		{snapshot.IPRestriction{Allow: []string{"192.0.2.1"}}, 403, "IP address not allowed: 127.0.0.1"},
		{snapshot.IPRestriction{Deny: []string{"127.0.0.1"}, Allow: []string{"127.0.0.1"}}, 403, "not allowed"},
		{snapshot.IPRestriction{Deny: []string{"10.0.0.0/8"}}, 200, ""},
		{snapshot.IPRestriction{Deny: []string{"0.0.0.0/0"}, Status: 404, Message: "nothing here"}, 404, "nothing here"},
	} {
		w.replacePlugins(restrict(test.rule))
		if a := w.do("GET", "/open", "X-Forwarded-For", "192.0.2.1").is(t, test.status); !strings.Contains(a.body, test.says) {
			t.Errorf("%+v: %s", test.rule, a.body)
		}
	}
}

func TestBodiesHaveALimit(t *testing.T) {
	t.Parallel()
	w := withPlugins(t, snapshot.Plugin{PluginConfig: snapshot.PluginConfig{RequestSize: &snapshot.RequestSize{AllowedPayloadSize: 1, SizeUnit: "kilobytes"}}})
	send := func(size int, known bool) int {
		t.Helper()
		var body io.Reader = strings.NewReader(strings.Repeat("x", size))
		if !known {
			body = struct{ io.Reader }{body} // sent in chunks
		}
		r, err := http.NewRequestWithContext(t.Context(), "POST", w.front.URL+"/open", body)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	for _, known := range []bool{true, false} {
		for size, want := range map[int]int{0: 200, 1024: 200, 1025: 413, 100_000: 413} {
			if got := send(size, known); got != want {
				t.Errorf("%d bytes, length known %v: %d, want %d", size, known, got, want)
			}
		}
	}
	w.snapshot.Routing.Plugins[0].RequestSize.RequireContentLength = true
	w.replacePlugins(w.snapshot.Routing.Plugins...)
	if got := send(10, false); got != 411 {
		t.Errorf("without a length: %d", got)
	}
	w.do("GET", "/open").is(t, 200)
}

func TestRequestsAreTerminated(t *testing.T) {
	t.Parallel()
	terminate := func(r snapshot.RequestTermination) snapshot.Plugin {
		return snapshot.Plugin{PluginConfig: snapshot.PluginConfig{RequestTermination: &r}}
	}
	w := withPlugins(t, terminate(snapshot.RequestTermination{StatusCode: 503}))
	if a := w.do("GET", "/open").is(t, 503); !strings.Contains(a.body, "Service Unavailable") {
		t.Error(a.body)
	}
	w.do("GET", "/api/x").is(t, 401) // who calls is asked first
	w.replacePlugins(terminate(snapshot.RequestTermination{StatusCode: 200, Body: "<p>", ContentType: "text/html"}))
	if a := w.do("GET", "/open").is(t, 200, "Content-Type", "text/html"); a.body != "<p>" {
		t.Error(a.body)
	}
	w.replacePlugins(terminate(snapshot.RequestTermination{StatusCode: 204, Message: "gone"}))
	w.do("GET", "/open").is(t, 204)
	w.replacePlugins(terminate(snapshot.RequestTermination{StatusCode: 418, Trigger: "x-stop"}))
	w.do("GET", "/open").is(t, 200)
	w.do("GET", "/open", "X-Stop", "").is(t, 418)
	w.do("GET", "/open?x%2Dstop").is(t, 418)
}

func TestRequestsGetAnID(t *testing.T) {
	t.Parallel()
	id := func(generator string, echo bool) snapshot.Plugin {
		return snapshot.Plugin{PluginConfig: snapshot.PluginConfig{CorrelationID: &snapshot.CorrelationID{HeaderName: "Kong-Request-ID", Generator: generator, EchoDownstream: echo}}}
	}
	w := withPlugins(t, id("uuid#counter", true))
	first, second := w.do("GET", "/open"), w.do("GET", "/open")
	one, two := first.Header.Get("Kong-Request-Id"), second.Header.Get("Kong-Request-Id")
	if !strings.HasSuffix(one, "#1") || !strings.HasSuffix(two, "#2") || one[:36] != two[:36] || first.upstream(t).Header.Get("Kong-Request-Id") != one {
		t.Errorf("%q, %q", one, two)
	}
	if got := w.do("GET", "/open", "Kong-Request-ID", "mine").is(t, 200, "Kong-Request-Id", "mine").upstream(t).Header.Get("Kong-Request-Id"); got != "mine" {
		t.Errorf("the caller's became %q", got)
	}
	w.replacePlugins(id("uuid", false))
	if got := w.do("GET", "/open").is(t, 200, "Kong-Request-Id", "").upstream(t).Header.Get("Kong-Request-Id"); len(got) != 36 {
		t.Errorf("%q", got)
	}
}

func TestRequestHeadersAreTransformed(t *testing.T) {
	t.Parallel()
	w := withPlugins(t, snapshot.Plugin{PluginConfig: snapshot.PluginConfig{RequestTransformer: &snapshot.HeaderTransformer{
		Remove: snapshot.HeaderStep{Headers: []string{"x-secret"}}, Rename: snapshot.HeaderStep{Headers: []string{"x-old:x-new"}},
		Replace: snapshot.HeaderStep{Headers: []string{"x-there:new"}}, Add: snapshot.HeaderStep{Headers: []string{"x-there:no", "x-added:yes:no"}},
		Append: snapshot.HeaderStep{Headers: []string{"x-added:more"}},
	}}})
	got := w.do("GET", "/open", "X-Secret", "1", "X-Old", "2", "X-There", "3").upstream(t).Header
	for name, want := range map[string]string{"X-Secret": "", "X-Old": "", "X-New": "2", "X-There": "new", "X-Added": "yes:no|more"} {
		if value := strings.Join(got.Values(name), "|"); value != want {
			t.Errorf("%s is %q, want %q", name, value, want)
		}
	}
}
