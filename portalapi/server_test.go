package portalapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico"
	"portico/admins"
	"portico/control"
	"portico/httpkit"
	"portico/idp"
	"portico/idp/okta"
	"portico/keyring"
	"portico/localas/localastest"
	"portico/portalapi"
	"portico/secret"
	"portico/spectest"
	"portico/sqlstore"
	"portico/throttle"
	"portico/usecase"
)

// testServer is the portal API on a real store, a real key and a real
// authorization server.
type testServer struct {
	*control.Control
	url     string // of the listener
	handler http.Handler
	clock   *clock
	mails   *mailbox
	as      *localastest.Instance // nil until a test asks for OpenID Connect
	idps    *adapters

	mu      sync.Mutex
	secrets []string // what no later answer, and no log line, may contain
	log     syncBuffer
}

// newServer starts a server of its own for a test. Every request and answer is
// judged by the public contract when that is at hand. Tests share an address, so
// throttling is out of their way.
func newServer(t testing.TB) *testServer {
	t.Helper()
	return newThrottledServer(t, throttle.Limits{SourceTries: 10_000, AccountTries: 10_000})
}

func newThrottledServer(t testing.TB, limits throttle.Limits) *testServer {
	t.Helper()
	s := &testServer{clock: &clock{now: time.Now().Truncate(time.Millisecond)}, mails: &mailbox{}, idps: &adapters{}}
	dir := t.TempDir()
	logger := slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: "sqlite:" + filepath.Join(dir, "portico.db"), Now: s.clock.Now})
	check(t, err)
	t.Cleanup(func() { check(t, store.Close()) })
	ring, _, err := keyring.Open(filepath.Join(dir, "key.json"))
	check(t, err)
	s.Control = control.New(usecase.Deps{
		Store: store, Sealer: ring, IdPs: s.idps, Mailer: s.mails, Flusher: noGateways{},
		Logger: logger, Now: s.clock.Now, Checkpoint: func(string) {}, IdPTimeout: 10 * time.Second,
		PortalDomain: "portal.example", PortalURL: func(domain string) string { return "http://" + domain },
	})
	_, err = s.Accounts.Bootstrap(t.Context(), admins.Founding{
		Organization: "Acme", Email: "ada@acme.example", FullName: "Ada Admin", Password: secret.New("correct horse battery"),
		TokenName: "bootstrap", TokenLifetime: time.Hour,
	})
	check(t, err)
	s.handler = portalapi.New(portalapi.Options{Control: s.Control, Logger: logger, Throttles: throttle.New(s.clock.Now, limits)})
	judged := spectest.Classic(t).Wrap(t, spectest.Portal(t).Wrap(t, s.handler))
	listener := httptest.NewServer(httpkit.Chain(judged, httpkit.RequestID, httpkit.AccessLog(logger), httpkit.Recover(logger)))
	t.Cleanup(func() {
		listener.Close()
		s.guard(t, "the log", s.log.String())
		s.guard(t, "the audit log", s.exportAudit(t))
	})
	s.url = listener.URL
	return s
}

// portal adds a portal that approves developers and registrations by itself,
// unless the test's options say otherwise.
func (s *testServer) portal(t testing.TB, name string, options ...func(*control.PortalFields)) portico.Portal {
	t.Helper()
	in := control.PortalFields{Name: portico.Some(name), AutoApproveDevelopers: portico.Some(true), AutoApproveApplications: portico.Some(true)}
	for _, option := range options {
		option(&in)
	}
	p, err := s.Portals.Create(t.Context(), in)
	check(t, err)
	return p
}

// oidc adds a strategy whose provider is a real authorization server.
func (s *testServer) oidc(t testing.TB) portico.Strategy {
	t.Helper()
	if s.as == nil {
		s.as = localastest.Start(t)
		s.addScope(t)
		client := &http.Client{Timeout: 10 * time.Second}
		s.idps.set(idp.NewAdapters(map[portico.ProviderType]idp.Constructor{
			portico.ProviderOkta: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
				return okta.New(idp.Settings{Provider: p, Credential: credential, HTTP: client, Now: time.Now})
			},
		}))
	}
	provider, err := s.Providers.Create(t.Context(), control.NewProvider{
		Name: "Okta", Type: portico.ProviderOkta, Issuer: s.as.Issuer, Secret: s.as.Token,
	})
	check(t, err)
	s.keep(s.as.Token.Reveal())
	strategy, err := s.Strategies.Create(t.Context(), control.NewStrategy{
		Name: "internal-okta", DisplayName: "Okta", ProviderID: &provider.ID,
		OIDC: json.RawMessage(fmt.Sprintf(`{"issuer":%q,"credential_claim":["cid"],"scopes":["openid"],"auth_methods":["client_credentials","bearer"]}`, s.as.Issuer)),
	})
	check(t, err)
	return strategy.Strategy
}

// addScope makes the authorization server know the scope that tests ask for.
func (s *testServer) addScope(t testing.TB) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.as.URL+"/api/v1/authorizationServers/default/scopes", strings.NewReader(`{"name":"`+scope+`"}`))
	check(t, err)
	req.Header.Set("Authorization", "SSWS "+s.as.Token.Reveal())
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	check(t, err)
	defer res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("adding a scope: %s", res.Status)
	}
}

// selfManaged adds a strategy whose clients the developers bring along.
func (s *testServer) selfManaged(t testing.TB) portico.Strategy {
	t.Helper()
	v, err := s.Strategies.Create(t.Context(), control.NewStrategy{
		Name: "internal-own", DisplayName: "Bring your own",
		OIDC: json.RawMessage(`{"issuer":"https://id.example","credential_claim":["sub"],"scopes":["openid"],"auth_methods":["bearer"]}`),
	})
	check(t, err)
	return v.Strategy
}

// keyAuth adds a strategy with API keys.
func (s *testServer) keyAuth(t testing.TB, config portico.KeyAuthConfig) portico.Strategy {
	t.Helper()
	v, err := s.Strategies.Create(t.Context(), control.NewStrategy{Name: "internal-keys", DisplayName: "Keys", KeyAuth: &config})
	check(t, err)
	return v.Strategy
}

// publish adds an API and publishes it.
func (s *testServer) publish(t testing.TB, p portico.Portal, name string, visibility portico.Visibility, strategy *portico.Strategy) portico.API {
	t.Helper()
	api, err := s.APIs.Create(t.Context(), control.NewAPI{Name: name, Version: new("v1"), Description: new("About " + name)})
	check(t, err)
	fields := control.PublicationFields{Visibility: portico.Some(visibility), StrategyID: portico.Opt[portico.StrategyID]{Set: true, Null: true}}
	if strategy != nil {
		fields.StrategyID = portico.Some(strategy.ID)
	}
	_, err = s.Publications.Put(t.Context(), api.ID, p.ID, fields)
	check(t, err)
	return api.API
}

// keep names secrets that nothing may reveal from now on.
func (s *testServer) keep(secrets ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets = append(s.secrets, secrets...)
}

func (s *testServer) guard(t testing.TB, where, text string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, value := range s.secrets {
		if strings.Contains(text, value) {
			t.Errorf("%s reveals the secret %q:\n%s", where, value, text)
		}
	}
}

// browser is a visitor of one portal, with cookies of its own.
type browser struct {
	*testServer
	host   string
	base   string // of the paths it calls
	client *http.Client
	header http.Header
}

// visit opens a portal as nobody in particular.
func (s *testServer) visit(t testing.TB, p portico.Portal) *browser {
	t.Helper()
	return s.visitHost(t, s.Portals.Domain(p))
}

func (s *testServer) visitHost(t testing.TB, host string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	check(t, err)
	target, err := url.Parse(s.url)
	check(t, err)
	transport := &http.Transport{Proxy: http.ProxyURL(target)} // every host name leads here
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{testServer: s, host: host, base: "/api/v3", client: &http.Client{Jar: jar, Transport: transport}, header: http.Header{}}
}

const password = "a long enough password"

// signUp makes an account the way a developer does, and signs in.
func (s *testServer) signUp(t testing.TB, p portico.Portal, email string) *browser {
	t.Helper()
	b := s.visit(t, p)
	b.call(t, 201, "POST", "/developer", map[string]any{"email": email, "full_name": "Dora Developer"})
	verified := b.call(t, 202, "POST", "/developer/verify-email", map[string]any{"token": s.mails.token(t, email)})
	b.call(t, 204, "POST", "/developer/reset-password", map[string]any{"token": verified.text("token"), "password": password})
	b.signIn(t, email)
	return b
}

func (b *browser) signIn(t testing.TB, email string) answer {
	t.Helper()
	return b.call(t, 204, "POST", "/developer/authenticate", map[string]any{"username": email, "password": password})
}

// cookie is the value of one of the browser's cookies.
func (b *browser) cookie(t testing.TB, path, name string) string {
	t.Helper()
	for _, c := range b.client.Jar.Cookies(&url.URL{Scheme: "http", Host: b.host, Path: path}) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// answer is what came back.
type answer struct {
	Status int
	Header http.Header
	Text   string
	Body   map[string]any // nil when there is none
}

// call sends a request below the base path and checks the status. body is JSON text,
// nil for none, or a value to marshal.
func (b *browser) call(t testing.TB, status int, method, path string, body any) answer {
	t.Helper()
	var text io.Reader
	switch v := body.(type) {
	case nil:
	case string:
		text = strings.NewReader(v)
	default:
		raw, err := json.Marshal(v)
		check(t, err)
		text = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+b.host+b.base+path, text)
	check(t, err)
	if text != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, values := range b.header {
		req.Header[name] = values
	}
	res, err := b.client.Do(req)
	check(t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	check(t, err)
	a := answer{Status: res.StatusCode, Header: res.Header, Text: string(raw)}
	if len(raw) > 0 && raw[0] == '{' {
		if err := json.Unmarshal(raw, &a.Body); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, raw)
		}
	}
	b.guard(t, method+" "+path, a.Text)
	if a.Status != status {
		t.Fatalf("%s %s: status %d, want %d: %s", method, path, a.Status, status, raw)
	}
	if a.Status >= 400 && a.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s %s: an error is %q", method, path, a.Header.Get("Content-Type"))
	}
	if a.Status < 400 && a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s %s: may be kept: %q", method, path, a.Header.Get("Cache-Control"))
	}
	return a
}

// at returns the member at a dotted path, or nil.
func (a answer) at(path string) any {
	var v any = a.Body
	for name := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

// text is the text at a dotted path.
func (a answer) text(path string) string {
	s, _ := a.at(path).(string)
	return s
}

// has checks the JSON values at dotted paths.
func (a answer) has(t testing.TB, want map[string]any) {
	t.Helper()
	for path, value := range want {
		if got := a.at(path); !reflect.DeepEqual(got, normal(t, value)) {
			t.Errorf("%s is %#v, want %#v, in %s", path, got, value, a.Text)
		}
	}
}

// column is the text that every item of a list has under name.
func (a answer) column(name string) []string {
	out := []string{}
	items, _ := a.Body["data"].([]any)
	for _, item := range items {
		s, _ := item.(map[string]any)[name].(string)
		out = append(out, s)
	}
	return out
}

// lists checks the names in a list, in any order.
func (b *browser) lists(t testing.TB, path, column string, want ...string) {
	t.Helper()
	got := b.call(t, 200, "GET", path, nil).column(column)
	slices.Sort(got)
	if want == nil {
		want = []string{}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("GET %s lists %q, want %q", path, got, want)
	}
}

// normal is v as encoding/json decodes it.
func normal(t testing.TB, v any) any {
	t.Helper()
	raw, err := json.Marshal(v)
	check(t, err)
	var out any
	check(t, json.Unmarshal(raw, &out))
	return out
}

// faults are the invalid parameters without their reasons, each in one line:
// field, rule, and what the rule is about.
func (a answer) faults() []string {
	out := []string{}
	rows, _ := a.Body["invalid_parameters"].([]any)
	for _, row := range rows {
		r := row.(map[string]any)
		line := fmt.Sprint(r["field"], " ", r["rule"])
		for _, more := range []string{"minimum", "maximum", "choices"} {
			if r[more] != nil {
				line += fmt.Sprint(" ", r[more])
			}
		}
		if reason, _ := r["reason"].(string); reason == "" {
			line += " (without a reason)"
		}
		out = append(out, line)
	}
	return out
}

// refuses sends a request that must be refused with exactly these faults.
func (b *browser) refuses(t testing.TB, method, path string, body any, faults ...string) {
	t.Helper()
	a := b.call(t, http.StatusBadRequest, method, path, body)
	if got := a.faults(); !reflect.DeepEqual(got, faults) {
		t.Errorf("%s %s with %v:\n got %q\nwant %q", method, path, body, got, faults)
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// long is a text of n characters.
func long(n int) string { return strings.Repeat("x", n) }

// unknownID is the id of nothing.
const unknownID = "0190a0a0-0000-7000-8000-000000000000"

// clock moves on by a millisecond with every look, so that times of creation
// tell an order, and otherwise when a test says so.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Millisecond)
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// syncBuffer is a buffer that the server's goroutines may write to at once.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// mailbox receives every mail.
type mailbox struct {
	mu    sync.Mutex
	mails []portico.Message
}

// Send implements portico.Mailer.
func (m *mailbox) Send(_ context.Context, mail portico.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mails = append(m.mails, mail)
	return nil
}

// to are the mails that an address has got.
func (m *mailbox) to(email string) []portico.Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []portico.Message
	for _, mail := range m.mails {
		if mail.To == email {
			out = append(out, mail)
		}
	}
	return out
}

// token is the one in the link of the last mail to an address.
func (m *mailbox) token(t testing.TB, email string) string {
	t.Helper()
	mails := m.to(strings.ToLower(email))
	if len(mails) == 0 {
		t.Fatalf("no mail to %s", email)
	}
	link, err := url.Parse(mails[len(mails)-1].Link)
	check(t, err)
	return link.Query().Get("token")
}

// noGateways is what a process without gateways has to bring up to date.
type noGateways struct{}

func (noGateways) Flush(context.Context) error { return nil }

// adapters are the identity providers' adapters, once there are any.
type adapters struct {
	mu sync.Mutex
	portico.IdPs
}

func (a *adapters) set(to portico.IdPs) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.IdPs = to
}

// Offers implements portico.IdPs.
func (*adapters) Offers(portico.ProviderType) bool { return true }

// IdP implements portico.IdPs.
func (a *adapters) IdP(p portico.Provider, credential secret.Text) (portico.IdP, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.IdPs.IdP(p, credential)
}

// raw sends a request whose status is not known beforehand.
func (s *testServer) raw(t testing.TB, b *browser, method, path, body string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+b.host+b.base+path, strings.NewReader(body))
	check(t, err)
	res, err := b.client.Do(req)
	check(t, err)
	check(t, res.Body.Close())
	return res
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	check(t, encoder.Encode(v))
	return bytes.TrimSpace(out.Bytes())
}
