package gateway_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"portico/gateway"
	"portico/oauth"
	"portico/snapshot"
)

// newFront serves one open service on "/" in front of an upstream; change may
// alter service, route and options.
func newFront(t *testing.T, upstream *httptest.Server, change func(*snapshot.Service, *snapshot.Route, *gateway.Options)) *httptest.Server {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	opts := gateway.Options{Providers: oauth.NewProviders(oauth.NewHTTPClient(oauth.ClientPolicy{}), time.Now, logger), Logger: logger}
	s, r := service(t, "s", upstream), snapshot.Route{ID: "r", ServiceID: "s", Paths: []string{"/"}}
	if change != nil {
		change(&s, &r, &opts)
	}
	g := gateway.New(opts)
	config := &snapshot.Snapshot{Epoch: "e", Version: 1, Routing: snapshot.Routing{Services: []snapshot.Service{s}, Routes: []snapshot.Route{r}}}
	if err := g.Replace(config); err != nil {
		t.Fatal(err)
	}
	front := httptest.NewUnstartedServer(nil)
	front.Config = gateway.NewServer(g, logger)
	front.Start()
	t.Cleanup(front.Close)
	return front
}

func newUpstream(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

func get(t *testing.T, url string, headers ...string) answer {
	t.Helper()
	return (&world{t: t, front: &httptest.Server{URL: url}}).do("GET", "", headers...)
}

// raw sends bytes as they are and reads one response.
func raw(t *testing.T, front *httptest.Server, request string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", front.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func TestPathsAndHostsGoUpstream(t *testing.T) {
	t.Parallel()
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, 200, seen{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Host, r.Header})
	})
	front := newFront(t, up, func(s *snapshot.Service, r *snapshot.Route, _ *gateway.Options) {
		s.Path, r.Paths, r.StripPath = "/base", []string{"/svc"}, true
	})
	got := get(t, front.URL+"/svc/a%2Fb/%7Ec/x%20y/./z?q=%20;a&&b").upstream(t)
	if got.Path != "/base/a%2Fb/~c/x%20y/z" || got.Query != "q=%20;a&&b" {
		t.Errorf("upstream saw %s?%s", got.Path, got.Query)
	}
	if got.Host != strings.TrimPrefix(up.URL, "http://") {
		t.Errorf("upstream saw host %s", got.Host)
	}
	if a := get(t, front.URL+"/svc/../svcx"); a.upstream(t).Path != "/base/x" {
		t.Errorf("upstream saw %s", a.body)
	}
	if a := get(t, front.URL+"/svc/%2e%2e/other"); a.StatusCode != 404 {
		t.Errorf("left the route by dot segments: %d", a.StatusCode)
	}
	preserving := newFront(t, up, func(_ *snapshot.Service, r *snapshot.Route, _ *gateway.Options) { r.PreserveHost = true })
	if got := get(t, preserving.URL, "Host", "shop.example").upstream(t); got.Host != "shop.example" || got.Header.Get("X-Forwarded-Host") != "shop.example" {
		t.Errorf("preserve_host: %+v", got)
	}
}

func TestNoRoute(t *testing.T) {
	t.Parallel()
	front := newFront(t, newUpstream(t, nil), func(_ *snapshot.Service, r *snapshot.Route, _ *gateway.Options) { r.Paths = []string{"/a"} })
	got := get(t, front.URL+"/b")
	want := `{"message":"no Route matched with those values","request_id":"` + got.Header.Get("X-Request-Id") + `"}`
	if got.StatusCode != 404 || got.body != want || got.Header.Get("X-Request-Id") == "" {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}

func TestUpstreamDown(t *testing.T) {
	t.Parallel()
	up := newUpstream(t, nil)
	front := newFront(t, up, nil)
	up.Close()
	if got := get(t, front.URL); got.StatusCode != 502 || !strings.Contains(got.body, `"request_id":"`) {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}

func TestUpstreamTooSlow(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	up := newUpstream(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	front := newFront(t, up, func(s *snapshot.Service, _ *snapshot.Route, _ *gateway.Options) {
		s.ReadTimeout = 50 * time.Millisecond
	})
	if got := get(t, front.URL); got.StatusCode != 504 || !strings.Contains(got.body, `"request_id":"`) {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}

// A read timeout is between two reads: a response may take longer in all.
func TestSlowButSteadyResponse(t *testing.T) {
	t.Parallel()
	up := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		tick := time.NewTicker(30 * time.Millisecond)
		defer tick.Stop()
		for range 10 {
			<-tick.C
			fmt.Fprint(w, ".")
			w.(http.Flusher).Flush()
		}
	})
	front := newFront(t, up, func(s *snapshot.Service, _ *snapshot.Route, _ *gateway.Options) {
		s.ReadTimeout = 250 * time.Millisecond
	})
	if got := get(t, front.URL); got.body != ".........." {
		t.Errorf("%d %q", got.StatusCode, got.body)
	}
}

func TestStreamsAreNotHeldBack(t *testing.T) {
	t.Parallel()
	read := make(chan struct{})
	up := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: 1\n\n")
		w.(http.Flusher).Flush()
		<-read // the second event waits until the first has arrived
		fmt.Fprint(w, "data: 2\n\n")
	})
	front := newFront(t, up, nil)
	resp, err := http.Get(front.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewReader(resp.Body)
	if line, err := lines.ReadString('\n'); line != "data: 1\n" {
		t.Fatalf("%q, %v", line, err)
	}
	close(read)
	if rest, err := io.ReadAll(lines); string(rest) != "\ndata: 2\n\n" {
		t.Errorf("%q, %v", rest, err)
	}
}

func TestRetriesReachALateUpstream(t *testing.T) {
	t.Parallel()
	var requests, dials atomic.Int64
	late := newUpstream(t, func(http.ResponseWriter, *http.Request) { requests.Add(1) })
	transport := gateway.Retrying(func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) <= 2 {
			return nil, errors.New("connection refused")
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}, 3)
	for _, c := range []struct {
		method, body string
		reached      bool
	}{{"GET", "", true}, {"DELETE", "", true}, {"POST", "", false}, {"PUT", "body", false}} {
		dials.Store(0)
		var body io.Reader
		if c.body != "" {
			body = strings.NewReader(c.body)
		}
		r, err := http.NewRequestWithContext(t.Context(), c.method, late.URL, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Close = true
		resp, err := transport.RoundTrip(r)
		if (err == nil) != c.reached {
			t.Errorf("%s with body %q: %v, want reached: %v", c.method, c.body, err, c.reached)
		}
		if err == nil {
			resp.Body.Close()
		}
	}
	if requests.Load() != 2 {
		t.Errorf("%d requests arrived, want 2", requests.Load())
	}
}

func TestWebSocketUpgrade(t *testing.T) {
	t.Parallel()
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "websocket" || r.Header.Get("X-Consumer-Username") != "" {
			http.Error(w, "not an upgrade", http.StatusBadRequest)
			return
		}
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprint(buffered, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		_ = buffered.Flush()
		_, _ = io.Copy(buffered, io.LimitReader(buffered, 5))
		_ = buffered.Flush()
	})
	front := newFront(t, up, nil)
	conn, err := net.Dial("tcp", front.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Consumer-Username: forged\r\n\r\n")
	read := bufio.NewReader(conn)
	resp, err := http.ReadResponse(read, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("X-Request-Id") == "" {
		t.Fatalf("%v, %v", resp, err)
	}
	if _, err := io.WriteString(conn, "hello"); err != nil {
		t.Fatal(err)
	}
	echo := make([]byte, 5)
	if _, err := io.ReadFull(read, echo); err != nil || string(echo) != "hello" {
		t.Errorf("%q, %v", echo, err)
	}
}

func TestHopByHopHeadersStayHere(t *testing.T) {
	t.Parallel()
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "X-Internal")
		w.Header().Set("X-Internal", "1")
		w.Header().Set("X-Request-Id", "the upstream's own")
		writeJSON(w, 200, seen{Header: r.Header})
	})
	got := get(t, newFront(t, up, nil).URL, "Connection", "X-Drop", "X-Drop", "1", "Keep-Alive", "5", "Te", "gzip", "Proxy-Authorization", "x")
	in := got.upstream(t)
	for _, name := range []string{"X-Drop", "Keep-Alive", "Te", "Proxy-Authorization"} {
		if in.Header.Get(name) != "" {
			t.Errorf("%s went upstream", name)
		}
	}
	if got.Header.Get("X-Internal") != "" || len(got.Header.Values("X-Request-Id")) != 1 {
		t.Errorf("response headers %v", got.Header)
	}
}

func TestHTTPSUpstream(t *testing.T) {
	t.Parallel()
	up := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "secure") }))
	up.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	defer up.Close()
	if got := get(t, newFront(t, up, nil).URL); got.StatusCode != 502 {
		t.Errorf("unknown authority: %d %s", got.StatusCode, got.body)
	}
	trusting := newFront(t, up, func(_ *snapshot.Service, _ *snapshot.Route, o *gateway.Options) {
		o.UpstreamRoots = x509.NewCertPool()
		o.UpstreamRoots.AddCert(up.Certificate())
	})
	if got := get(t, trusting.URL); got.body != "secure" {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}

func TestHTTPSOnlyRoute(t *testing.T) {
	t.Parallel()
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) { writeJSON(w, 200, seen{Header: r.Header}) })
	only := func(_ *snapshot.Service, r *snapshot.Route, _ *gateway.Options) { r.Protocols = []string{"https"} }
	if got := get(t, newFront(t, up, only).URL, "X-Forwarded-Proto", "https"); got.StatusCode != 426 || !strings.Contains(got.body, "Please use HTTPS protocol") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	behind := newFront(t, up, func(s *snapshot.Service, r *snapshot.Route, o *gateway.Options) {
		only(s, r, o)
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	if got := get(t, behind.URL, "X-Forwarded-Proto", "https").upstream(t); got.Header.Get("X-Forwarded-Proto") != "https" {
		t.Errorf("upstream saw %v", got.Header)
	}
}

func TestForwardedHeaders(t *testing.T) {
	t.Parallel()
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) { writeJSON(w, 200, seen{Header: r.Header}) })
	sent := []string{"X-Forwarded-For", "6.6.6.6, 203.0.113.9", "X-Forwarded-Host", "portal.example", "X-Request-Id", "given", "X-Forwarded-Port", "8443", "Host", "h:81"}
	direct := get(t, newFront(t, up, nil).URL, sent...).upstream(t)
	if direct.Header.Get("X-Forwarded-For") != "127.0.0.1" || direct.Header.Get("X-Real-Ip") != "127.0.0.1" ||
		direct.Header.Get("X-Forwarded-Host") == "portal.example" || direct.Header.Get("X-Request-Id") == "given" || direct.Header.Get("X-Forwarded-Port") != "81" {
		t.Errorf("a stranger is believed: %v", direct.Header)
	}
	behind := newFront(t, up, func(_ *snapshot.Service, _ *snapshot.Route, o *gateway.Options) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	trusted := get(t, behind.URL, sent...).upstream(t)
	if trusted.Header.Get("X-Forwarded-For") != "6.6.6.6, 203.0.113.9, 127.0.0.1" || trusted.Header.Get("X-Real-Ip") != "203.0.113.9" ||
		trusted.Header.Get("X-Forwarded-Host") != "portal.example" || trusted.Header.Get("X-Request-Id") != "given" || trusted.Header.Get("X-Forwarded-Port") != "8443" {
		t.Errorf("the proxy is not believed: %v", trusted.Header)
	}
}

func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	front := newFront(t, newUpstream(t, func(http.ResponseWriter, *http.Request) { t.Error("a malformed request went upstream") }), nil)
	for name, c := range map[string]struct {
		request string
		status  int
	}{
		"two hosts":          {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
		"no host":            {"GET / HTTP/1.1\r\n\r\n", 400},
		"NUL in header":      {"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n", 400},
		"space before colon": {"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", 400},
		"two lengths":        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
		"header too large":   {"GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 80<<10) + "\r\n\r\n", 431},
	} {
		if resp := raw(t, front, c.request); resp.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", name, resp.StatusCode, c.status)
		}
	}
}

func TestConfigurationComesAndGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	logger := slog.New(slog.DiscardHandler)
	empty := gateway.New(gateway.Options{Providers: oauth.NewProviders(http.DefaultClient, time.Now, logger), Logger: logger})
	if err := empty.Ready(); !errors.Is(err, gateway.ErrNoConfiguration) {
		t.Errorf("Ready: %v", err)
	}
	if epoch, version := empty.Version(); epoch != "" || version != 0 {
		t.Errorf("Version: %q, %d", epoch, version)
	}
	if err := empty.Apply(snapshot.Delta{Epoch: "e1", From: 0, To: 1}); !errors.Is(err, gateway.ErrNoConfiguration) {
		t.Errorf("Apply: %v", err)
	}
	recorded := httptest.NewRecorder()
	empty.ServeHTTP(recorded, httptest.NewRequest("GET", "/", nil))
	if recorded.Code != 503 || recorded.Header().Get("Retry-After") == "" {
		t.Errorf("without configuration: %d", recorded.Code)
	}
	if err := w.gateway.Ready(); err != nil {
		t.Errorf("Ready: %v", err)
	}
	bad := w.config()
	bad.Version, bad.Routing.Routes[0].Paths = 9, []string{"~("}
	if err := w.gateway.Replace(bad); err == nil {
		t.Error("a broken configuration was accepted")
	}
	for name, d := range map[string]snapshot.Delta{
		"gap":         {Epoch: "e1", From: 2, To: 3},
		"other epoch": {Epoch: "e2", From: 1, To: 2},
		"bad routing": {Epoch: "e1", From: 1, To: 2, Routing: &bad.Routing},
		"bad app":     {Epoch: "e1", From: 1, To: 2, Upserted: []snapshot.Application{{}}},
	} {
		if err := w.gateway.Apply(d); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if epoch, version := w.gateway.Version(); epoch != "e1" || version != 1 {
		t.Errorf("in force: %s/%d", epoch, version)
	}
	w.wantStatus("the configuration in force stays", 200, "apikey", apiKey)
	off := w.config().Routing
	off.Services[1].Enabled = false
	w.apply(snapshot.Delta{Routing: &off})
	w.wantStatus("disabled service", 404, "apikey", apiKey)
}

// A body that breaks off is the caller's fault, not the upstream's; one that
// has ended leaves no deadline behind for a slow upstream.
func TestBrokenBodyIsTheCallersFault(t *testing.T) {
	t.Parallel()
	upstream := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			w.Write(body)
		}
	})
	front := newFront(t, upstream, nil)
	head := "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	if res := raw(t, front, head+"-1\r\n"); res.StatusCode != http.StatusBadRequest {
		t.Errorf("a malformed chunk: %d, want 400", res.StatusCode)
	}
	res := raw(t, front, head+"3\r\nabc\r\n0\r\n\r\n")
	if body, err := io.ReadAll(res.Body); res.StatusCode != 200 || string(body) != "abc" {
		t.Errorf("a good body: %d %q %v", res.StatusCode, body, err)
	}
}
