package mgmtapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"portico"
	"portico/admins"
	"portico/control"
	"portico/httpkit"
	"portico/mail"
	"portico/mgmtapi"
	"portico/secret"
	"portico/spectest"
	"portico/usecase/usecasetest"
)

// testServer is the management API on a real store and a real key, with one
// admin. Only the identity providers are played, by fakeIdPs.
type testServer struct {
	*control.Control
	url    string
	token  string // the admin's
	user   portico.User
	clock  *clock
	idps   *fakeIdPs
	store  portico.Store
	outbox string // the file with the mails

	mu      sync.Mutex
	secrets []string // what no answer and no log line may contain
	log     syncBuffer
}

// newServer starts a server of its own for a test. Every request and answer is
// judged by the public contracts when they are at hand.
func newServer(t testing.TB) *testServer {
	t.Helper()
	s := &testServer{clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 123_456_000, time.UTC)}, idps: newFakeIdPs()}
	logger := slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d := usecasetest.Deps(t, usecasetest.SQLite(t), s.clock.Now)
	s.store, s.outbox = d.Store, filepath.Join(t.TempDir(), "outbox")
	d.IdPs, d.Mailer, d.Logger = s.idps, mail.NewOutbox(s.outbox), logger
	s.Control = control.New(d)
	founded, err := s.Accounts.Bootstrap(t.Context(), admins.Founding{
		Organization: "Acme", Email: "Ada@acme.example", FullName: "Ada Admin", Password: secret.New("correct horse battery"),
		TokenName: "bootstrap", TokenLifetime: 365 * 24 * time.Hour,
	})
	check(t, err)
	s.token, s.user = founded.Token.Reveal(), founded.User
	api := mgmtapi.New(mgmtapi.Options{Control: s.Control, Logger: logger, Now: s.clock.Now, Limits: mgmtapi.Limits{FailedSignIns: 5}})
	listener := httptest.NewServer(httpkit.Chain(spectest.Management(t).Wrap(t, api), httpkit.RequestID, httpkit.AccessLog(logger), httpkit.Recover(logger)))
	t.Cleanup(func() {
		listener.Close()
		s.guard(t, "the log", s.log.String())
		s.guard(t, "the audit log", s.exportAudit(t))
	})
	s.url = listener.URL
	s.keep(s.token, "correct horse battery")
	return s
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

// answer is what came back.
type answer struct {
	Status int
	Header http.Header
	Text   string
	Body   map[string]any // nil when there is none
}

// call sends a request as the admin and checks the status. body is JSON text,
// nil for none, or a value to marshal.
func (s *testServer) call(t *testing.T, status int, method, path string, body any) answer {
	t.Helper()
	return s.send(t, status, method, path, body, http.Header{"Authorization": {"Bearer " + s.token}})
}

// send is call with headers of the test's choice.
func (s *testServer) send(t *testing.T, status int, method, path string, body any, header http.Header) answer {
	t.Helper()
	a := s.request(t, method, path, body, header)
	if a.Status != status {
		t.Fatalf("%s %s: status %d, want %d: %s", method, path, a.Status, status, a.Text)
	}
	return a
}

// try is call with whatever status.
func (s *testServer) try(t *testing.T, method, path string, body any) answer {
	t.Helper()
	return s.request(t, method, path, body, http.Header{"Authorization": {"Bearer " + s.token}})
}

func (s *testServer) request(t *testing.T, method, path string, body any, header http.Header) answer {
	t.Helper()
	var content io.Reader
	if body != nil {
		content = strings.NewReader(text(t, body))
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, content)
	check(t, err)
	if content != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := http.DefaultClient.Do(req)
	check(t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	check(t, err)
	a := answer{Status: res.StatusCode, Header: res.Header, Text: string(raw)}
	if len(raw) > 0 && raw[0] != '[' { // a test reads a bare array itself
		if err := json.Unmarshal(raw, &a.Body); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, raw)
		}
	}
	s.guard(t, method+" "+path, a.Text)
	if a.Status >= 400 && a.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s %s: an error is %q", method, path, a.Header.Get("Content-Type"))
	}
	return a
}

// text is a body: JSON text as it is, any other value as JSON.
func text(t testing.TB, body any) string {
	t.Helper()
	if s, ok := body.(string); ok {
		return s
	}
	raw, err := json.Marshal(body)
	check(t, err)
	return string(raw)
}

// at returns the member at a dotted path, or nil.
func (a answer) at(path string) any {
	var v any = a.Body
	for _, name := range strings.Split(path, ".") {
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
func (a answer) has(t *testing.T, want map[string]any) {
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

// normal is v as encoding/json decodes it.
func normal(t *testing.T, v any) any {
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
			switch v := r[more].(type) {
			case nil:
			case float64:
				line += " " + strconv.FormatFloat(v, 'f', -1, 64)
			default:
				line += fmt.Sprint(" ", v)
			}
		}
		if reason, _ := r["reason"].(string); reason == "" {
			line += " (without a reason)"
		}
		out = append(out, line)
	}
	return out
}

// refuses sends a body that must be refused with exactly these faults, and
// nothing else.
func (s *testServer) refuses(t *testing.T, method, path string, body any, faults ...string) {
	t.Helper()
	a := s.call(t, http.StatusBadRequest, method, path, body)
	if got := a.faults(); !reflect.DeepEqual(got, faults) {
		t.Errorf("%s %s with %v:\n got %q\nwant %q", method, path, body, got, faults)
	}
}

// with is base with other members; nil removes one. Dotted names reach down.
func with(base map[string]any, changes ...any) map[string]any {
	raw, _ := json.Marshal(base)
	var out map[string]any
	_ = json.Unmarshal(raw, &out)
	for i := 0; i < len(changes); i += 2 {
		path := strings.Split(changes[i].(string), ".")
		at := out
		for _, name := range path[:len(path)-1] {
			at = at[name].(map[string]any)
		}
		if last := path[len(path)-1]; changes[i+1] == nil {
			delete(at, last)
		} else {
			at[last] = changes[i+1]
		}
	}
	return out
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// null is JSON's null in the changes of with.
var null = json.RawMessage("null")

// long is a text of n characters.
func long(n int) string { return strings.Repeat("x", n) }

// unknownID is the id of nothing.
const unknownID = "0190a0a0-0000-7000-8000-000000000000"

// clock stands still until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now moves on by a millisecond with every look, so that times of creation
// tell an order.
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

// fakeIdPs plays every identity provider: one memory of clients, and one
// credential that is accepted.
type fakeIdPs struct {
	mu      sync.Mutex
	good    string // the credential that Verify accepts
	down    bool
	clients map[string]portico.ClientSpec // by client id
	keys    map[string]string             // client id by create key
}

func newFakeIdPs() *fakeIdPs {
	return &fakeIdPs{good: "good-credential", clients: map[string]portico.ClientSpec{}, keys: map[string]string{}}
}

// Offers implements portico.IdPs.
func (*fakeIdPs) Offers(portico.ProviderType) bool { return true }

// IdP implements portico.IdPs.
func (f *fakeIdPs) IdP(_ portico.Provider, credential secret.Text) (portico.IdP, error) {
	return fakeIdP{f, credential}, nil
}

type fakeIdP struct {
	*fakeIdPs
	credential secret.Text
}

func (f fakeIdP) ready() error {
	switch {
	case f.down:
		return &portico.IdPError{Kind: portico.IdPUnavailable, Detail: "The identity provider did not answer."}
	case f.credential.Reveal() != f.good:
		return &portico.IdPError{Kind: portico.IdPDenied, Detail: "Unable to create the DCR application: the token was refused."}
	}
	return nil
}

func (f fakeIdP) Create(_ context.Context, spec portico.ClientSpec, key string) (portico.Client, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.ready(); err != nil {
		return portico.Client{}, err
	}
	id := fmt.Sprintf("client-%d", len(f.keys)+1)
	f.clients[id], f.keys[key] = spec, id
	return portico.Client{Ref: portico.ClientRef{ClientID: id}, Secret: portico.ClientSecret{
		SecretInfo: portico.SecretInfo{ID: "secret-1", Active: true}, Value: secret.New("issued-client-secret"),
	}}, nil
}

func (f fakeIdP) Find(_ context.Context, key string) (portico.ClientRef, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if id, ok := f.keys[key]; ok {
		return portico.ClientRef{ClientID: id}, nil
	}
	return portico.ClientRef{}, &portico.IdPError{Kind: portico.IdPNotFound, Detail: "No such client."}
}

func (f fakeIdP) Read(_ context.Context, ref portico.ClientRef) (portico.ClientState, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	spec, ok := f.clients[ref.ClientID]
	if !ok {
		return portico.ClientState{}, &portico.IdPError{Kind: portico.IdPNotFound, Detail: "No such client."}
	}
	grants := spec.GrantTypes
	if len(spec.RedirectURIs) > 0 {
		grants = append([]string{"authorization_code"}, grants...)
	}
	return portico.ClientState{Ref: ref, Name: spec.Name, RedirectURIs: spec.RedirectURIs, GrantTypes: grants, Enabled: true, ApplicationID: spec.ApplicationID}, nil
}

func (f fakeIdP) Update(_ context.Context, ref portico.ClientRef, spec portico.ClientSpec) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clients[ref.ClientID] = spec
	return nil
}

func (f fakeIdP) Delete(_ context.Context, ref portico.ClientRef) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.clients, ref.ClientID)
	return nil
}

func (f fakeIdP) Verify(context.Context) (portico.Verification, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.ready(); err != nil {
		return portico.Verification{}, err
	}
	return portico.Verification{Warnings: []string{"The issuer was not asked."}}, nil
}

func (f fakeIdP) Capabilities() portico.Capabilities { return portico.Capabilities{MaxSecrets: 2} }

func (f fakeIdP) AddSecret(context.Context, portico.ClientRef) (portico.ClientSecret, error) {
	return portico.ClientSecret{SecretInfo: portico.SecretInfo{ID: "secret-2", Active: true}, Value: secret.New("second-client-secret")}, nil
}

func (f fakeIdP) Secrets(context.Context, portico.ClientRef) ([]portico.SecretInfo, error) {
	return []portico.SecretInfo{{ID: "secret-1", Active: true}}, nil
}

func (f fakeIdP) RevokeSecret(context.Context, portico.ClientRef, string) error { return nil }

func (f *fakeIdPs) setDown(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
}

// tamper changes a client behind our back; nil removes it.
func (f *fakeIdPs) tamper(id string, change func(*portico.ClientSpec)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	spec := f.clients[id]
	if change == nil {
		delete(f.clients, id)
		return
	}
	change(&spec)
	f.clients[id] = spec
}

// count is how many clients there are.
func (f *fakeIdPs) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.clients)
}
