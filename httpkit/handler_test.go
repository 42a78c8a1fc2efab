package httpkit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"portico"
	"portico/httpkit"
	"portico/problem"
)

// logBook keeps log lines; a server writes them from several goroutines.
type logBook struct {
	mu    sync.Mutex
	lines bytes.Buffer
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines.Write(p)
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines.String()
}

func (b *logBook) logger() *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }

// serve runs h, wrapped as an API is, behind a real server on the loopback.
func serve(t *testing.T, h http.Handler, extra ...httpkit.Middleware) (url string, log *logBook) {
	t.Helper()
	log = &logBook{}
	chain := append([]httpkit.Middleware{
		httpkit.RequestID, httpkit.ClientIP(nil), httpkit.AccessLog(log.logger()), httpkit.Recover(log.logger()),
		httpkit.SecurityHeaders, httpkit.BodyLimit(64),
	}, extra...)
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = httpkit.NewServer(httpkit.Chain(h, chain...), log.logger())
	srv.Start()
	t.Cleanup(srv.Close)
	return srv.URL, log
}

func do(t *testing.T, method, url, body string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

func TestHandlersAnswerOrReturnErrors(t *testing.T) {
	t.Parallel()
	discard := slog.New(slog.DiscardHandler)
	for _, tt := range []struct {
		name        string
		handler     httpkit.HandlerFunc
		status      int
		contentType string
		body        string
	}{
		{"object", func(w http.ResponseWriter, _ *http.Request) error {
			return httpkit.JSON(w, 201, map[string]string{"url": "https://a.example/?b=c&d=<e>"})
		}, 201, "application/json", `{"url":"https://a.example/?b=c&d=<e>"}`},
		{"nothing", func(w http.ResponseWriter, _ *http.Request) error { return httpkit.NoContent(w) }, 204, "", ""},
		{"error", func(http.ResponseWriter, *http.Request) error { return portico.NotFound("portal", "x") },
			404, "application/problem+json", "No portal with id [x] exists."},
		{"what JSON cannot say", func(w http.ResponseWriter, _ *http.Request) error { return httpkit.JSON(w, 200, math.NaN()) },
			500, "application/problem+json", `"status":500`},
	} {
		w := httptest.NewRecorder()
		httpkit.Handle(discard, tt.handler).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Code != tt.status || w.Header().Get("Content-Type") != tt.contentType || !strings.Contains(w.Body.String(), tt.body) {
			t.Errorf("%s: %d %q %s", tt.name, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
	}
}

func TestAnAnswerThatFailsHalfWayIsBrokenOff(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]httpkit.HandlerFunc{
		"error": func(w http.ResponseWriter, _ *http.Request) error {
			fmt.Fprint(w, `{"data":[`)
			http.NewResponseController(w).Flush()
			return errors.New("the rows ended early")
		},
		"panic": func(w http.ResponseWriter, _ *http.Request) error {
			fmt.Fprint(w, `{"data":[`)
			http.NewResponseController(w).Flush()
			panic("the rows ended early")
		},
	} {
		url, log := serve(t, httpkit.Handle(slog.New(slog.DiscardHandler), h))
		res, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err == nil {
			t.Errorf("%s: the client takes %q for the whole answer", name, text)
		}
		if name == "panic" && !strings.Contains(log.String(), "the rows ended early") {
			t.Errorf("%s: log %s", name, log)
		}
	}
}

func TestPanicsAre500(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /boom", func(http.ResponseWriter, *http.Request) { panic("index of nothing") })
	url, log := serve(t, mux)
	res, body := do(t, "GET", url+"/boom", "")
	if res.StatusCode != 500 || strings.Contains(body, "index of nothing") || !strings.Contains(body, res.Header.Get("X-Request-Id")) {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if !strings.Contains(log.String(), "index of nothing") || !strings.Contains(log.String(), "handler_test.go") {
		t.Errorf("log: %s", log)
	}
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	url, _ := serve(t, httpkit.Handle(slog.New(slog.DiscardHandler), func(w http.ResponseWriter, r *http.Request) error {
		return httpkit.JSON(w, 200, problem.RequestID(r.Context()))
	}))
	for given, kept := range map[string]bool{
		"": false, "short": false, "0123456789abcdef": true, "trace-1.2_3": true,
		"a b c d e f g h": false, `"quoted-quoted"`: false, strings.Repeat("x", 65): false,
	} {
		res, body := do(t, "GET", url, "", "X-Request-Id", given)
		id := res.Header.Get("X-Request-Id")
		if (id == given) != kept || len(id) < 8 || body != `"`+id+"\"\n" {
			t.Errorf("given %q: header %q, context %q", given, id, body)
		}
	}
}

func TestTheAccessLogTellsNoSecrets(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	discard := slog.New(slog.DiscardHandler)
	mux.Handle("POST /v3/portals/{id}", httpkit.Handle(discard, func(w http.ResponseWriter, r *http.Request) error {
		if _, err := io.ReadAll(r.Body); err != nil {
			return err
		}
		return httpkit.JSON(w, 201, "done")
	}))
	mux.Handle("/plain/", http.NotFoundHandler())
	url, log := serve(t, problem.Mux(mux, discard), httpkit.Timeout(time.Minute))
	do(t, "POST", url+"/v3/portals/hidden-id?token=hidden-query", "hidden-body", "Authorization", "Bearer hidden-header")
	do(t, "GET", url+"/nowhere/hidden-path", "")
	do(t, "GET", url+"/plain/hidden-path", "")
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines:\n%s", len(lines), log)
	}
	for _, want := range []string{"method=POST", `route="POST /v3/portals/{id}"`, "status=201", "bytes=7", "duration=", "client=127.0.0.1", "request_id="} {
		if !strings.Contains(lines[0], want) {
			t.Errorf("%s is not in %s", want, lines[0])
		}
	}
	if !strings.Contains(lines[1], "status=404") {
		t.Errorf("unknown path: %s", lines[1])
	}
	if strings.Contains(log.String(), "hidden") {
		t.Errorf("the log tells a secret:\n%s", log)
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	url, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
	}))
	res, _ := do(t, "GET", url, "")
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
		"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'self'", "Strict-Transport-Security": "",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestTheInnermostBodyLimitCounts(t *testing.T) {
	t.Parallel()
	reading := httpkit.Handle(slog.New(slog.DiscardHandler), func(w http.ResponseWriter, r *http.Request) error {
		obj, err := httpkit.ReadObject(r)
		if err != nil {
			return err
		}
		return httpkit.JSON(w, 200, len(obj.String("a")))
	})
	mux := http.NewServeMux()
	mux.Handle("POST /small", reading)
	mux.Handle("POST /large", httpkit.BodyLimit(2<<20)(reading))
	url, _ := serve(t, mux)
	for path, sizes := range map[string]map[int]int{
		"/small": {50: 200, 100: 413},
		"/large": {50: 200, 100: 200, httpkit.DefaultBodyLimit + 1: 200, 3 << 20: 413},
	} {
		for size, want := range sizes {
			res, body := do(t, "POST", url+path, `{"a":"`+strings.Repeat("x", size)+`"}`)
			if res.StatusCode != want {
				t.Errorf("%s with %d bytes: %d, want %d: %s", path, size, res.StatusCode, want, body)
			}
		}
	}
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := httpkit.Timeout(30 * time.Second)(httpkit.Handle(slog.New(slog.DiscardHandler), func(_ http.ResponseWriter, r *http.Request) error {
			<-r.Context().Done()
			return fmt.Errorf("query: %w", r.Context().Err())
		}))
		start := time.Now()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Code != 503 || time.Since(start) != 30*time.Second {
			t.Errorf("%d after %s", w.Code, time.Since(start))
		}
	})
}

func TestAClientThatLeavesIsLoggedAs499(t *testing.T) {
	t.Parallel()
	log := &logBook{}
	h := httpkit.AccessLog(log.logger())(httpkit.Handle(log.logger(), func(_ http.ResponseWriter, r *http.Request) error {
		return r.Context().Err()
	}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil).WithContext(ctx))
	if got := log.String(); !strings.Contains(got, "status=499") || strings.Count(got, "\n") != 1 {
		t.Errorf("log: %s", got)
	}
}

func TestAClientThatLeavesHalfWayIsNoDefect(t *testing.T) {
	t.Parallel()
	log := &logBook{}
	ctx, cancel := context.WithCancel(t.Context())
	h := httpkit.Recover(log.logger())(httpkit.Handle(log.logger(), func(w http.ResponseWriter, _ *http.Request) error {
		fmt.Fprint(w, "half")
		cancel()
		return io.ErrClosedPipe
	}))
	defer func() {
		if recover() != http.ErrAbortHandler || strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "broken off") {
			t.Errorf("log: %s", log)
		}
	}()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil).WithContext(ctx))
}

func TestASilentClientIsHungUpOn(t *testing.T) {
	t.Parallel()
	srv := httpkit.NewServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	if srv.ReadHeaderTimeout == 0 || srv.ReadTimeout == 0 || srv.IdleTimeout == 0 || srv.MaxHeaderBytes == 0 {
		t.Fatalf("a server without limits: %+v", srv)
	}
	srv.ReadHeaderTimeout = 20 * time.Millisecond
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(listener)
	t.Cleanup(func() { srv.Close() })
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: a\r\n") // and no more
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.ReadAll(conn); err != nil {
		t.Errorf("the server waits on: %v", err)
	}
}

func TestPathUUID(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		id: id, strings.ToUpper(id): id,
		"nobody": "No dcr provider with id [nobody] exists.", id + "x": "No dcr provider with id [" + id + "x] exists.",
		"a%00b":                   "No dcr provider with id [a\uFFFDb] exists.",
		strings.Repeat("z", 2000): "No dcr provider with id [" + strings.Repeat("z", 80) + "…] exists.",
	} {
		mux := http.NewServeMux()
		mux.Handle("GET /{dcrProviderId}", httpkit.Handle(slog.New(slog.DiscardHandler), func(w http.ResponseWriter, r *http.Request) error {
			id, err := httpkit.PathUUID(r, "dcrProviderId")
			if err != nil {
				return err
			}
			return httpkit.JSON(w, 200, map[string]string{"detail": id})
		}))
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", "/"+value, nil))
		var doc struct{ Detail string }
		if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || doc.Detail != want || (w.Code == 200) != (want == id) {
			t.Errorf("%.50q: %d %s", value, w.Code, w.Body)
		}
	}
}

func TestClientIP(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for _, tt := range []struct {
		trusted   []netip.Prefix
		peer      string
		forwarded []string
		want      string
	}{
		{nil, "192.0.2.1:5000", nil, "192.0.2.1"},
		{nil, "10.0.0.1:5000", []string{"203.0.113.9"}, "10.0.0.1"},
		{proxies, "192.0.2.1:5000", []string{"203.0.113.9"}, "192.0.2.1"},
		{proxies, "10.0.0.1:5000", nil, "10.0.0.1"},
		{proxies, "10.0.0.1:5000", []string{"203.0.113.9"}, "203.0.113.9"},
		{proxies, "10.0.0.1:5000", []string{"1.2.3.4, 203.0.113.9"}, "203.0.113.9"},
		{proxies, "10.0.0.1:5000", []string{"1.2.3.4", "203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		{proxies, "10.0.0.1:5000", []string{"1.2.3.4, nonsense"}, "10.0.0.1"},
		{proxies, "10.0.0.1:5000", []string{"10.0.0.3,10.0.0.2"}, "10.0.0.3"},
		{proxies, "[::1]:5000", []string{"2001:db8::7"}, "2001:db8::7"},
		{proxies, "[::ffff:10.0.0.1]:5000", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		{proxies, "pipe", []string{"203.0.113.9"}, "invalid IP"},
	} {
		var got netip.Addr
		h := httpkit.ClientIP(tt.trusted)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = httpkit.ClientAddr(r) }))
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.peer
		r.Header["X-Forwarded-For"] = tt.forwarded
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got.String() != tt.want {
			t.Errorf("peer %s, forwarded %q: %s, want %s", tt.peer, tt.forwarded, got, tt.want)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "192.0.2.1:5000"
	if got := httpkit.ClientAddr(r).String(); got != "192.0.2.1" {
		t.Errorf("without the middleware: %s", got)
	}
}
