package e2e_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/localas/localastest"
)

// upstream remembers what reached it.
type upstream struct {
	*httptest.Server
	mu   sync.Mutex
	seen []*http.Request
}

func newRemembering(t *testing.T) *upstream {
	u := &upstream{}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		u.mu.Lock()
		defer u.mu.Unlock()
		u.seen = append(u.seen, r)
	}))
	t.Cleanup(u.Close)
	return u
}

// took returns what has come since the last call.
func (u *upstream) took() []*http.Request {
	u.mu.Lock()
	defer u.mu.Unlock()
	seen := u.seen
	u.seen = nil
	return seen
}

// besieged is an installation whose gateway is attacked: /echo and /other are
// guarded by two strategies of one provider, /echo also lets bearer tokens in.
type besieged struct {
	*crashed
	echo         *upstream
	api          string
	both, single string // strategies
}

func newBesieged(t *testing.T) *besieged {
	b := &besieged{crashed: newCrashed(t, ""), echo: newRemembering(t)}
	b.settings["idp.timeout"] = "20s" // nothing here is about a provider that is slow
	b.restart("")
	provider := id(b.admin.do("GET", "/v2/dcr-providers", nil, 200)["data"].([]any)[0].(object))
	strategy := func(name string) string {
		return id(b.admin.do("POST", "/v2/application-auth-strategies", object{"name": name, "display_name": name, "strategy_type": "openid_connect", "dcr_provider_id": provider,
			"configs": object{"openid-connect": object{"issuer": b.Issuer, "credential_claim": []string{"cid"}, "scopes": []string{"orders.read"}, "auth_methods": []string{"client_credentials", "bearer", "session"}}}}, 201))
	}
	b.both, b.single = strategy("both"), strategy("single")
	b.api = publishAPI(b.admin, b.portal, b.both, "Echo", "/echo", b.echo.URL)
	publishAPI(b.admin, b.portal, b.single, "Other", "/other", b.echo.URL)
	return b
}

// application makes one that may call /echo, and returns its id and its pair.
func (b *besieged) application(name string) (app, pair string) {
	made := b.developer.do("POST", "/api/v3/applications", object{"name": name, "auth_strategy_id": b.both}, 201)
	b.shown = append(b.shown, made["client_secret"].(string))
	registered := b.developer.do("POST", "/api/v3/applications/"+id(made)+"/registrations", object{"api_id": b.api}, 201)
	b.admin.do("PATCH", "/v3/portals/"+b.portal+"/applications/"+id(made)+"/registrations/"+id(registered), object{"status": "approved"}, 200)
	return id(made), made["client_id"].(string) + ":" + made["client_secret"].(string)
}

func basic(pair string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair)) }

// raw sends bytes as they are and returns the status codes of all answers; 0 is
// a connection that was closed without one.
func (b *besieged) raw(t *testing.T, request string) []int {
	t.Helper()
	conn, err := net.Dial("tcp", b.settings["listen.gateway"])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(15 * time.Second))
	if _, err := io.WriteString(conn, request); err != nil {
		return []int{0}
	}
	var codes []int
	for in := bufio.NewReader(conn); ; {
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			if len(codes) == 0 {
				codes = []int{0}
			}
			return codes
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if codes = append(codes, res.StatusCode); res.StatusCode == 500 || res.StatusCode == 503 {
			t.Errorf("%.300q answers %d", request, res.StatusCode)
		}
		if res.Close {
			return codes
		}
		conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond)) // is there an answer to what was smuggled?
	}
}

// TestHostileCallers attacks the gateway.
func TestHostileCallers(t *testing.T) {
	t.Parallel()
	b := newBesieged(t)
	app, pair := b.application("honest")
	if got := get(t, b.GatewayURL+"/echo/x", "Authorization", basic(pair)); got != 200 {
		t.Fatalf("an honest call: %d\n%s", got, tail(b.stderr.String()))
	}
	b.echo.took()
	t.Run("attacks", func(t *testing.T) {
		t.Run("credentials", func(t *testing.T) { b.attackCredentials(t, pair) })
		t.Run("requests", func(t *testing.T) { b.attackRequests(t, pair) })
		t.Run("identity", func(t *testing.T) { b.attackIdentity(t, app, pair) })
		t.Run("tokens", func(t *testing.T) { b.attackTokens(t, app, pair) })
	})
	t.Run("slow", b.attackSlowly)
	if err := b.stop(); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, tail(b.stderr.String()))
	}
	if log := b.stderr.String(); strings.Contains(log, "panic") || strings.Contains(log, "level=ERROR") {
		t.Errorf("the log speaks of defects:\n%s", tail(log))
	}
}

// attackCredentials: what is not exactly one good credential is refused.
func (b *besieged) attackCredentials(t *testing.T, pair string) {
	clientID, clientSecret, _ := strings.Cut(pair, ":")
	good := basic(pair)
	encoded := strings.TrimPrefix(good, "Basic ")
	call := func(headers string) string {
		return "GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n"
	}
	for what, headers := range map[string]string{
		"none": "", "scheme alone": "Authorization: Basic\r\n", "nothing after it": "Authorization: Basic \r\n", "two": "Authorization: " + good + "\r\nAuthorization: " + good + "\r\n",
		"two, one wrong": "Authorization: Basic eDp5\r\nAuthorization: " + good + "\r\n", "no colon": "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(clientID)) + "\r\n",
		"no id": "Authorization: " + basic(":"+clientSecret) + "\r\n", "no secret": "Authorization: " + basic(clientID+":") + "\r\n", "only a colon": "Authorization: " + basic(":") + "\r\n",
		"NUL": "Authorization: " + basic(clientID+"\x00:"+clientSecret) + "\r\n", "secret and more": "Authorization: " + basic(pair+"\n") + "\r\n", "secret and a colon": "Authorization: Basic " + pair + ":\r\n",
		"another scheme": "Authorization: Digest " + encoded + "\r\n", "joined": "Authorization: " + good + ", " + good + "\r\n", "as bearer": "Authorization: Bearer " + pair + "\r\n",
		"in the query only": "Cookie: authorization=" + encoded + "\r\n", "proxy": "Proxy-Authorization: " + good + "\r\n", "look-alike": "Author\u0131zation: " + good + "\r\n",
		"large": "Authorization: Bearer " + strings.Repeat("a", 50000) + "\r\n", "too large": "Authorization: Bearer " + strings.Repeat("a", 1<<20) + "\r\n", "many": strings.Repeat("X-A: b\r\n", 3000),
		"deep token": "Authorization: Bearer " + strings.Repeat(".", 2000) + "\r\n", "large pair": "Authorization: " + basic(strings.Repeat("a", 20000)+":"+strings.Repeat("b", 20000)) + "\r\n",
		"many cookies": "Cookie: " + strings.Repeat("session=AAAA; ", 2000) + "\r\n", "bad cookie": "Cookie: session=%zz; session=\"; session=" + strings.Repeat("A", 4000) + "\r\n",
	} {
		for _, code := range b.raw(t, call(headers)) {
			if code != 0 && code != 400 && code != 401 && code != 431 && code != 429 {
				t.Errorf("%s: %d", what, code)
			}
		}
	}
	if seen := b.echo.took(); len(seen) > 0 {
		t.Errorf("%d requests without credentials came through, such as %v", len(seen), seen[0].Header)
	}
	for what, header := range map[string]string{"lower case": "basic " + encoded, "upper case": "BASIC " + encoded, "un-encoded": "Basic " + pair} {
		if codes := b.raw(t, call("Authorization: "+header+"\r\n")); codes[0] != 200 {
			t.Errorf("a good credential, %s: %v", what, codes)
		}
	}
}

// attackRequests: no way of writing a request gets past the guard or out of the
// route.
func (b *besieged) attackRequests(t *testing.T, pair string) {
	auth := "Authorization: " + basic(pair) + "\r\n"
	b.echo.took()
	for _, path := range []string{
		"/echo", "/%65cho", "//echo", "/./echo", "/x/../echo", "/x/%2e%2e/echo", "/echo/", "/echo;a=b", "/echo%00", "/echo%2f..%2fopen", "/echo\\..\\open", "/ECHO", "/echo?%zz", "/echo#x",
		"http://localhost/echo", "http://other.test/echo", "https://localhost/echo", "/echo/%2e%2e%2fopen", "/%2565cho", "/e%63ho/%c0%ae%c0%ae/open", "*", "", "echo", "/" + strings.Repeat("a/", 20000),
	} {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "TRACE", "CONNECT", "PRI", "get", "G\x00T", strings.Repeat("M", 5000)} {
			for _, code := range b.raw(t, method+" "+path+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n") {
				if code != 0 && (code < 400 || code == 403) && path != "*" { // OPTIONS * asks about the server (RFC 9110 §9.3.7)
					t.Errorf("%.20q %.60s without credentials: %d", method, path, code)
				}
			}
		}
		b.raw(t, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n"+auth+"Connection: close\r\n\r\n")
	}
	for _, r := range b.echo.took() {
		if user, _, _ := r.BasicAuth(); slices.Contains(strings.Split(r.URL.EscapedPath(), "/"), "..") || r.Header.Get("X-Application-Id") == "" {
			t.Errorf("%s %s came through, user %q, header %v", r.Method, r.RequestURI, user, r.Header)
		}
	}
	const smuggled = "GET /echo/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
	head := "POST /echo/outer HTTP/1.1\r\nHost: localhost\r\n" + auth
	for what, request := range map[string]string{
		"CL.TE":            head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"TE.CL":            head + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + smuggled,
		"two lengths":      head + "Content-Length: 0\r\nContent-Length: 60\r\n\r\n" + smuggled,
		"list of lengths":  head + "Content-Length: 0, 60\r\n\r\n" + smuggled,
		"signed length":    head + "Content-Length: +0\r\n\r\n" + smuggled,
		"obfuscated":       head + "Transfer-Encoding: xchunked\r\n\r\n" + smuggled,
		"two encodings":    head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + smuggled,
		"space in name":    head + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"folded":           head + "X: a\r\n Transfer-Encoding: chunked\r\n\r\n" + smuggled,
		"HTTP/1.0 chunked": strings.Replace(head, "1.1", "1.0", 1) + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"chunk extension":  head + "Transfer-Encoding: chunked\r\n\r\n0;\n\r\n\r\n" + smuggled,
		"bad chunk":        head + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" + smuggled,
		"trailers":         head + "Transfer-Encoding: chunked\r\nTrailer: X-Application-Id\r\n\r\n0\r\nX-Application-Id: me\r\n\r\n" + smuggled,
		"two hosts":        strings.Replace(head, "Host", "Host: a\r\nHost", 1) + "\r\n", "no host": strings.Replace(head, "Host: localhost\r\n", "", 1) + "\r\n",
		"h2c":             head + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n" + smuggled,
		"prior knowledge": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + smuggled,
	} {
		codes := b.raw(t, request)
		for i, code := range codes {
			if code == 101 || code == 200 && i > 0 {
				t.Errorf("%s: %v", what, codes)
			}
		}
	}
	for _, r := range b.echo.took() {
		if strings.Contains(r.RequestURI, "smuggled") || r.Header.Get("X-Application-Id") == "me" || r.Trailer.Get("X-Application-Id") != "" || r.Host == "" {
			t.Errorf("smuggled: %s %s %v", r.Method, r.RequestURI, r.Header)
		}
	}
}

// attackIdentity: what upstreams are told of the caller, the caller cannot say.
func (b *besieged) attackIdentity(t *testing.T, app, pair string) {
	b.echo.took()
	var lies strings.Builder
	for _, name := range []string{"X-Application-Id", "x-application-id", "X_Application_Id", "X-Consumer-Custom-Id", "X-Consumer-Id", "X-Consumer-Groups", "x-consumer-username", "X-Credential-Identifier", "X-Anonymous-Consumer", "X-Authenticated-Groups", "X-Forwarded-For", "X-Forwarded-Host"} {
		lies.WriteString(name + ": liar\r\n")
	}
	for _, connection := range []string{"close", "close, X-Application-Id, X-Consumer-Custom-Id, X-Consumer-Username", "close, Authorization"} {
		b.raw(t, "GET /echo HTTP/1.1\r\nHost: localhost\r\nAuthorization: "+basic(pair)+"\r\nConnection: "+connection+"\r\n"+lies.String()+"\r\n")
		for _, r := range b.echo.took() {
			if got := r.Header.Values("X-Application-Id"); len(got) != 1 || got[0] != app {
				t.Errorf("X-Application-Id is %v, want %s", got, app)
			}
			for name, values := range r.Header {
				if strings.Contains(strings.Join(values, ","), "liar") {
					t.Errorf("the caller has said %s: %v", name, values)
				}
			}
		}
	}
}

// attackTokens: tokens and sessions count where they belong, and no longer.
func (b *besieged) attackTokens(t *testing.T, app, pair string) {
	echo := b.GatewayURL + "/echo"
	want := func(what string, status int, url string, headers ...string) {
		t.Helper()
		if got := get(t, url, headers...); got != status {
			t.Errorf("%s: %d, want %d", what, got, status)
		}
	}
	clientID, clientSecret, _ := strings.Cut(pair, ":")
	token := tokenFor(t, b.Issuer, clientID, clientSecret, "orders.read")
	cookie := sessionCookie(t, echo, basic(pair))
	want("bearer", 200, echo, "Authorization", "Bearer "+token)
	want("session", 200, echo, "Cookie", cookie)
	want("session at another strategy", 401, b.GatewayURL+"/other", "Cookie", cookie)
	want("application at another strategy", 401, b.GatewayURL+"/other", "Authorization", basic(pair))
	want("session with a changed end", 401, echo, "Cookie", cookie[:len(cookie)-2]+"xx")
	want("session by another name", 401, echo, "Cookie", "sid"+strings.TrimPrefix(cookie, "session"))
	want("portal's cookie", 401, echo, "Cookie", "portal_access_token="+strings.TrimPrefix(cookie, "session="))
	want("management token", 401, echo, "Authorization", b.admin.header.Get("Authorization"))

	parts := strings.Split(token, ".")
	part := func(v object) string {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(data)
	}
	for what, forged := range map[string]string{
		"alg none": part(object{"alg": "none"}) + "." + parts[1] + ".", "alg None": part(object{"alg": "None", "typ": "JWT"}) + "." + parts[1] + ".AA", "no signature": parts[0] + "." + parts[1] + ".", "two parts": parts[0] + "." + parts[1],
		"HS256": part(object{"alg": "HS256", "kid": "x"}) + "." + parts[1] + "." + parts[2], "own key": part(object{"alg": "RS256", "jwk": object{"kty": "oct", "k": "AA"}}) + "." + parts[1] + "." + parts[2],
		"key by address": part(object{"alg": "RS256", "jku": b.echo.URL, "x5u": b.echo.URL}) + "." + parts[1] + "." + parts[2], "other claims": parts[0] + "." + part(object{"iss": b.Issuer, "cid": clientID, "exp": 4e9}) + "." + parts[2],
		"critical": part(object{"alg": "RS256", "crit": []string{"b64"}, "b64": false}) + "." + parts[1] + "." + parts[2], "five parts": token + ".a.b",
	} {
		want("bearer, "+what, 401, echo, "Authorization", "Bearer "+forged)
	}
	elsewhere := localastest.Start(t)
	okta := newAPI(t, elsewhere.URL, "Authorization", "SSWS "+elsewhere.Token.Reveal())
	okta.do("POST", "/api/v1/authorizationServers/default/scopes", object{"name": "orders.read"}, 201)
	foreign := okta.do("POST", "/api/v1/apps", object{"name": "oidc_client", "label": "f", "signOnMode": "OPENID_CONNECT",
		"credentials": object{"oauthClient": object{"token_endpoint_auth_method": "client_secret_basic"}},
		"settings":    object{"oauthClient": object{"application_type": "service", "grant_types": []string{"client_credentials"}, "response_types": []string{"token"}}}}, 200)
	keys := foreign["credentials"].(object)["oauthClient"].(object)
	want("bearer of another issuer", 401, echo, "Authorization", "Bearer "+tokenFor(t, elsewhere.Issuer, keys["client_id"].(string), keys["client_secret"].(string), "orders.read"))
	for _, r := range b.echo.took() {
		if r.URL.Path == "/" && r.Header.Get("X-Application-Id") == "" {
			t.Errorf("the gateway fetched what a token pointed to: %v", r)
		}
	}
	b.developer.do("DELETE", "/api/v3/applications/"+app, nil, 204)
	want("deleted, Basic", 401, echo, "Authorization", basic(pair))
	want("deleted, bearer", 401, echo, "Authorization", "Bearer "+token)
	want("deleted, session", 401, echo, "Cookie", cookie)
}

// attackSlowly: whoever holds connections open is thrown out, and others are
// served meanwhile.
func (b *besieged) attackSlowly(t *testing.T) {
	_, pair := b.application("patient")
	var held []net.Conn
	for _, listener := range []string{"listen.gateway", "listen.management", "listen.portal", "listen.health"} {
		for range 50 {
			conn, err := net.Dial("tcp", b.settings[listener])
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprint(conn, "GET /echo HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
			held = append(held, conn)
		}
	}
	if got := get(t, b.GatewayURL+"/echo", "Authorization", basic(pair)); got != 200 {
		t.Errorf("with %d slow callers around, an honest one gets %d", len(held), got)
	}
	end := time.Now().Add(25 * time.Second)
	for _, conn := range held {
		conn.SetReadDeadline(end)
		if _, err := io.Copy(io.Discard, conn); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Fatalf("a slow caller is still there: %v", err)
		}
	}
}
