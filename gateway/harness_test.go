package gateway_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/prometheus/client_golang/prometheus"

	"portico/gateway"
	"portico/oauth"
	"portico/secret"
	"portico/snapshot"
	"portico/usage"
)

// clock is the time of a test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// authServer is an authorization server with real keys and tokens. Its clients
// are a map from id to secret.
type authServer struct {
	*httptest.Server
	t         *testing.T
	clock     *clock
	signer    jose.Signer
	key       *ecdsa.PrivateKey
	exchanges atomic.Int64
	mu        sync.Mutex
	clients   map[string]string
	life      time.Duration
	lastForm  url.Values
	down      atomic.Bool
	busy      atomic.Bool                   // answers 429
	gate      atomic.Pointer[chan struct{}] // token requests wait for it
	answer    atomic.Pointer[string]        // error code to answer token requests with
	subject   atomic.Pointer[string]        // sub of issued tokens instead of the client id
}

func newAuthServer(t *testing.T, c *clock) *authServer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &authServer{t: t, clock: c, key: key, clients: map[string]string{}, life: time.Hour}
	s.signer = signer(t, key)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, 200, map[string]any{"issuer": s.URL, "token_endpoint": s.URL + "/token", "jwks_uri": s.URL + "/keys"})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, 200, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k1", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("POST /token", s.token)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.down.Load() {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		if s.busy.Load() {
			w.Header().Set("Retry-After", "17")
			http.Error(w, "busy", http.StatusTooManyRequests)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func signer(t testing.TB, key *ecdsa.PrivateKey) jose.Signer {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k1"}}, (&jose.SignerOptions{}).WithType("at+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *authServer) addClient(id, clientSecret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients[id] = clientSecret
}

func (s *authServer) form() url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastForm
}

func (s *authServer) token(w http.ResponseWriter, r *http.Request) {
	s.exchanges.Add(1)
	if gate := s.gate.Load(); gate != nil {
		<-*gate
	}
	if code := s.answer.Load(); code != nil {
		writeJSON(w, 400, map[string]any{"error": *code})
		return
	}
	_ = r.ParseForm()
	user, pass, _ := r.BasicAuth()
	id, _ := url.QueryUnescape(user)
	given, _ := url.QueryUnescape(pass)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastForm = r.PostForm
	if want, known := s.clients[id]; !known || want != given {
		writeJSON(w, 401, map[string]any{"error": "invalid_client"})
		return
	}
	subject := id
	if other := s.subject.Load(); other != nil {
		subject = *other
	}
	writeJSON(w, 200, map[string]any{"access_token": s.sign(s.signer, subject, s.life, map[string]any{"scope": r.PostForm.Get("scope")}),
		"token_type": "Bearer", "expires_in": int(s.life.Seconds())})
}

// sign makes a token for a client.
func (s *authServer) sign(with jose.Signer, subject string, life time.Duration, extra map[string]any) string {
	now := s.clock.Now()
	claims := map[string]any{"iss": s.URL, "sub": subject, "client_id": subject, "aud": "api://default",
		"iat": now.Unix(), "exp": now.Add(life).Unix(), "jti": rand.Text()}
	for name, value := range extra {
		claims[name] = value
	}
	text, err := jwt.Signed(with).Claims(claims).Serialize()
	if err != nil {
		panic(err) // the claims are the test's own
	}
	return text
}

func (s *authServer) issue(subject string) string { return s.sign(s.signer, subject, s.life, nil) }

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// seen is what the upstream saw of a request.
type seen struct {
	Method, Path, Query, Host string
	Header                    http.Header
}

// world is a gateway between a caller and an upstream that echoes.
type world struct {
	t        *testing.T
	clock    *clock
	auth     *authServer
	upstream *httptest.Server
	gateway  *gateway.Gateway
	front    *httptest.Server
	registry *prometheus.Registry
	snapshot *snapshot.Snapshot
	log      *logBuffer
	usage    *usage.Counter
	echoing  *httptest.Server // see echo
}

const (
	clientID     = "0oa1client"
	clientSecret = "s3cret:with ~colon"
	apiKey       = "key-0123456789"
)

// newWorld serves /open openly and /api to registered applications of one OIDC
// and one key strategy; change may alter the configuration first.
func newWorld(t *testing.T, change func(w *world, s *snapshot.Snapshot)) *world {
	t.Helper()
	w := &world{t: t, usage: usage.NewCounter([]int64{1_000_000}, []byte("key")), clock: &clock{now: time.Unix(1_800_000_000, 0)}, registry: prometheus.NewRegistry(), log: new(logBuffer)}
	w.auth = newAuthServer(t, w.clock)
	w.auth.addClient(clientID, clientSecret)
	w.upstream = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		writeJSON(rw, 200, seen{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Host, r.Header})
	}))
	t.Cleanup(w.upstream.Close)
	w.snapshot = w.config()
	if change != nil {
		change(w, w.snapshot)
	}
	logger := slog.New(slog.NewTextHandler(w.log, nil))
	w.gateway = gateway.New(gateway.Options{
		Providers: oauth.NewProviders(oauth.NewHTTPClient(oauth.ClientPolicy{}), w.clock.Now, logger),
		Logger:    logger, Now: w.clock.Now, SessionKeys: [][]byte{[]byte("0123456789abcdef0123456789abcdef")}, Registerer: w.registry, Usage: w.usage,
	})
	if err := w.gateway.Replace(w.snapshot); err != nil {
		t.Fatal(err)
	}
	w.front = httptest.NewServer(w.gateway)
	t.Cleanup(w.front.Close)
	return w
}

// logBuffer keeps what is logged.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// service gives a service in front of a test server.
func service(t testing.TB, id string, server *httptest.Server, access ...snapshot.Access) snapshot.Service {
	t.Helper()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return snapshot.Service{ID: id, Name: id, Protocol: u.Scheme, Host: u.Hostname(), Port: port, Enabled: true, Access: access}
}

func (w *world) config() *snapshot.Snapshot {
	return &snapshot.Snapshot{
		Epoch: "e1", Version: 1,
		Routing: snapshot.Routing{
			Services: []snapshot.Service{
				service(w.t, "open", w.upstream),
				service(w.t, "api", w.upstream,
					snapshot.Access{APIID: "orders", PortalID: "portal", StrategyID: "oidc"},
					snapshot.Access{APIID: "orders", PortalID: "portal", StrategyID: "keys"}),
			},
			Routes: []snapshot.Route{
				{ID: "r-open", ServiceID: "open", Paths: []string{"/open"}},
				{ID: "r-api", ServiceID: "api", Paths: []string{"/api"}, StripPath: true},
			},
			Strategies: []snapshot.Strategy{
				{ID: "oidc", Kind: snapshot.OpenIDConnect, OIDC: &snapshot.OIDC{
					Issuer: w.auth.URL, AuthMethods: []string{"client_credentials", "bearer", "session"},
					Scopes: []string{"read"}, CacheTokens: true, HideCredentials: true, UnencodedBasic: true,
				}},
				{ID: "keys", Kind: snapshot.KeyAuth},
			},
		},
		Applications: []snapshot.Application{
			{ID: "app-oidc", Name: "Shop", PortalID: "portal", StrategyID: "oidc", ClientID: clientID, Registrations: []string{"orders"}},
			{ID: "app-key", Name: "Kiosk", PortalID: "portal", StrategyID: "keys", Registrations: []string{"orders"},
				Keys: []snapshot.Key{{ID: "key-1", Digest: secret.New(apiKey).Digest()}}},
		},
	}
}

// oidc is the configuration of the OIDC strategy.
func oidc(s *snapshot.Snapshot) *snapshot.OIDC { return s.Routing.Strategies[0].OIDC }

// answer is a response with its body.
type answer struct {
	*http.Response
	body string
}

func (a answer) upstream(t *testing.T) seen {
	t.Helper()
	var s seen
	if a.StatusCode != 200 {
		t.Fatalf("status %d: %s", a.StatusCode, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), &s); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	return s
}

// do sends a request; headers are pairs of name and value.
func (w *world) do(method, path string, headers ...string) answer {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.front.URL+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Add(headers[i], headers[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{resp, string(body)}
}

func (w *world) apply(d snapshot.Delta) {
	w.t.Helper()
	epoch, version := w.gateway.Version()
	d.Epoch, d.From, d.To = epoch, version, version+1
	if err := w.gateway.Apply(d); err != nil {
		w.t.Fatal(err)
	}
}

func basicRaw(id, s string) string { return "Basic " + id + ":" + s }

func basic(id, s string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+s))
}

func bearer(token string) string { return "Bearer " + token }
