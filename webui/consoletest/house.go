package consoletest

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/compile"
	"portico/configsync"
	"portico/control"
	"portico/gateway"
	"portico/handles"
	"portico/httpkit"
	"portico/idp"
	"portico/idp/auth0"
	"portico/idp/bridge"
	"portico/idp/okta"
	"portico/idp/rfc7591"
	"portico/idptest"
	"portico/keyring"
	"portico/ledger"
	"portico/localas/localastest"
	"portico/oauth"
	"portico/secret"
	"portico/sqlstore"
	"portico/trial"
	"portico/usage"
	"portico/usecase"
	"portico/webtest"
	"portico/webui/desk"
	"portico/webui/i18n"
)

// House is the console with everything behind it.
type House struct {
	*control.Control
	Deps    usecase.Deps
	Okta    *localastest.Instance
	Console *httptest.Server
	Gateway *httptest.Server
	Clock   *idptest.Clock
	Logs    *Logs
	Mails   *Mails
	Admin   portico.User // who founded the organization
	Token   secret.Text  // the admin's, for the management API

	mu     sync.Mutex
	grants map[string]access.Grants // by the token that stands for a session
}

// New opens a house whose console has the given pages.
func New(t testing.TB, routes func(*desk.Site) []desk.Route) *House {
	t.Helper()
	h := &House{Okta: localastest.Start(t), Clock: idptest.NewClock(time.Date(2026, 11, 2, 14, 32, 0, 0, time.UTC)), Logs: &Logs{}, Mails: &Mails{}, grants: map[string]access.Grants{}}
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: "sqlite:" + filepath.Join(t.TempDir(), "portico.db"), Now: h.Clock.Now})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	keyFile := filepath.Join(t.TempDir(), "key.json")
	ring, _, err := keyring.Open(keyFile)
	must(t, err)
	signer, err := ledger.Open(t.Context(), store, ring)
	must(t, err)
	store.Sign(signer)
	logger := slog.New(slog.NewTextHandler(h.Logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client := oauth.NewHTTPClient(oauth.ClientPolicy{Timeout: 30 * time.Second})
	publisher := configsync.New(compile.Source{Store: store}, configsync.Options{Logger: logger, Path: filepath.Join(t.TempDir(), "snapshot")})
	counter := usage.NewCounter(portico.LatencyClasses(), ring.Derive("test fingerprints"))
	h.Console = httptest.NewUnstartedServer(nil)
	h.Deps = usecase.Deps{
		KeyFile:    keyFile,
		ConsoleURL: "http://" + h.Console.Listener.Addr().String(),
		Store:      store, Sealer: ring, Mailer: h.Mails, Flusher: publisher, Logger: logger, Now: h.Clock.Now, Checkpoint: func(string) {}, Client: client,
		Trials:      trial.New(trial.Options{Issuers: client, Gateway: trial.NewGatewayClient(30 * time.Second), Now: time.Now, Logger: logger}),
		Fingerprint: counter.Fingerprint, IdPTimeout: 30 * time.Second, PortalDomain: "localhost", PortalURL: func(domain string) string { return "http://" + domain },
		IdPs: idp.NewAdapters(map[portico.ProviderType]idp.Constructor{
			portico.ProviderOkta: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
				return okta.New(idp.Settings{Provider: p, Credential: credential, HTTP: client, Now: h.Clock.Now, Logger: logger})
			},
			portico.ProviderAuth0: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
				return auth0.New(idp.Settings{Provider: p, Credential: credential, HTTP: client, Now: h.Clock.Now, Logger: logger})
			},
			portico.ProviderHTTP: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
				return bridge.New(idp.Settings{Provider: p, Credential: credential, HTTP: client, Now: h.Clock.Now, Logger: logger})
			},
			portico.ProviderRFC7591: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
				return rfc7591.New(idp.Settings{Provider: p, Credential: credential, HTTP: client, Handles: handles.Of(store, ring, h.Clock.Now, p.ID), Now: h.Clock.Now, Logger: logger})
			},
		}),
	}
	h.Control = control.New(h.Deps)
	proxy := gateway.New(gateway.Options{Providers: oauth.NewProviders(client, h.Clock.Now, logger), Logger: logger, Now: h.Clock.Now, SessionKeys: [][]byte{ring.Derive("test")}, Usage: counter})
	must(t, publisher.Follow(t.Context(), "test", proxy))
	h.Gateway = httptest.NewServer(proxy)
	t.Cleanup(h.Gateway.Close)
	_, err = h.Gateways.EnsureDefault(t.Context())
	must(t, err)
	founded, err := h.Accounts.Bootstrap(t.Context(), admins.Founding{
		Organization: "Acme", Email: "ada@acme.example", FullName: "Ada Admin", Password: secret.New("correct horse battery staple"),
		TokenName: "bootstrap", TokenLifetime: 24 * time.Hour,
	})
	must(t, err)
	h.Admin, h.Token = founded.User, founded.Token
	h.open(t, logger, routes)
	return h
}

func (h *House) open(t testing.TB, logger *slog.Logger, routes func(*desk.Site) []desk.Route) {
	texts, err := i18n.New()
	must(t, err)
	site := &desk.Site{
		Control: h.Control, Texts: texts, Logger: logger, Now: h.Clock.Now, GatewayURL: h.Gateway.URL, URL: "http://portico.example",
		Identify: h.identify, Throttle: func(*http.Request) error { return nil },
	}
	h.Console.Config.Handler = httpkit.Chain(site.Handler(routes(site)), httpkit.RequestID)
	h.Console.Start()
	t.Cleanup(h.Console.Close)
}

// identify takes the token for the name of a set of grants, see As, or for that
// of a session.
func (h *House) identify(ctx context.Context, token secret.Text) (admins.Principal, error) {
	h.mu.Lock()
	granted, ok := h.grants[token.Reveal()]
	h.mu.Unlock()
	if !ok {
		return h.Admins.Sessions.Current(ctx, token)
	}
	return admins.Principal{User: h.Admin, Grants: granted}, nil
}

// As returns a client that is signed in with the grants; without any, as an
// admin of the organization.
func (h *House) As(t testing.TB, lang string, grants ...access.Grant) *webtest.Client {
	t.Helper()
	name := h.role(grants)
	c := webtest.NewClient(t, h.Console.URL, lang)
	c.SetCookie(desk.SessionCookie, name)
	return c
}

// Visitor signs a browser in as As does, for webtest.Site.
func (h *House) Visitor(grants ...access.Grant) func(*webtest.Page) {
	name := h.role(grants)
	return func(p *webtest.Page) { p.SetCookie(desk.SessionCookie, name) }
}

func (h *House) role(grants access.Grants) string {
	if len(grants) == 0 {
		grants = access.Grants{access.OrganizationAdmin()}
	}
	var name strings.Builder
	for _, g := range grants {
		name.WriteString(strings.ReplaceAll(g.Role+"-"+string(g.Type)+"-"+g.Entity, " ", "-"))
	}
	key := strings.NewReplacer("*", "all", "(", "", ")", "").Replace(name.String())
	h.mu.Lock()
	defer h.mu.Unlock()
	h.grants[key] = grants
	return key
}

// Matrix shows the views in every size, theme and language of a real browser,
// with scripts and without; a view without a visitor is seen by an admin.
func (h *House) Matrix(t *testing.T, views []webtest.View) {
	t.Helper()
	for i := range views {
		if views[i].Visitor == "" {
			views[i].Visitor = "admin"
		}
	}
	h.MatrixOf(t, h.Site(), views)
}

// MatrixOf is Matrix for a site with further visitors. When PORTICO_SCREENSHOTS
// names a directory, it writes pictures there instead: make screenshots.
func (h *House) MatrixOf(t *testing.T, site webtest.Site, views []webtest.View) {
	t.Helper()
	if dir := os.Getenv("PORTICO_SCREENSHOTS"); dir != "" {
		here, err := os.Getwd() // a test runs in its package's directory
		must(t, err)
		webtest.Screenshots(t, webtest.Start(t), site, views, filepath.Join(dir, "console", filepath.Base(here)))
		return
	}
	webtest.Matrix(t, webtest.Start(t), site, views)
}

// Site is the console for a browser; the visitor "admin" may do everything.
func (h *House) Site() webtest.Site {
	return webtest.Site{Base: h.Console.URL, Langs: []string{"en", "ja"}, Cookie: i18n.Cookie, Visitors: map[string]func(*webtest.Page){"admin": h.Visitor()}}
}

// Logs is what was logged.
type Logs struct {
	mu  sync.Mutex
	all bytes.Buffer
}

// Write implements io.Writer.
func (l *Logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

// String is all of it.
func (l *Logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// Mails keeps what was sent.
type Mails struct {
	mu  sync.Mutex
	all []portico.Message
}

// Send implements portico.Mailer.
func (m *Mails) Send(_ context.Context, sent portico.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = append(m.all, sent)
	return nil
}

// Last is the newest mail to an address.
func (m *Mails) Last(t testing.TB, to string) portico.Message {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := len(m.all) - 1; i >= 0; i-- {
		if m.all[i].To == to {
			return m.all[i]
		}
	}
	t.Fatalf("no mail to %s", to)
	return portico.Message{}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
