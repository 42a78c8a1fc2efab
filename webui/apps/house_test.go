package apps_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"portico"
	"portico/compile"
	"portico/configsync"
	"portico/control"
	"portico/developers"
	"portico/gateway"
	"portico/httpkit"
	"portico/idp"
	"portico/idp/okta"
	"portico/keyring"
	"portico/localas/localastest"
	"portico/oauth"
	"portico/routing"
	"portico/secret"
	"portico/sqlstore"
	"portico/throttle"
	"portico/trial"
	"portico/usage"
	"portico/usecase"
	"portico/webtest"
	"portico/webui/i18n"
	"portico/webui/page"
	"portico/webui/portal"
)

// house is a portal with everything behind it: use cases on a real store, the
// built-in authorization server as its Okta, and a gateway before an API.
type house struct {
	*control.Control
	as      *localastest.Instance
	deps    usecase.Deps
	clock   *clock
	logs    *logs
	mails   *outbox
	site    *httptest.Server
	gateway *httptest.Server
	portal  portico.Portal

	dcr, keys, self control.StrategyView
	orders          control.APIView // with dcr, approved by itself
	loyalty         control.APIView // with dcr, an admin decides
	seats           control.APIView // with keys
	meals           control.APIView // with self
}

const specification = `{"openapi":"3.0.3","info":{"title":"Orders","version":"1.0"},"paths":{"/orders":{"get":{"responses":{"200":{"description":"OK"}}}},"/orders/{id}":{"get":{"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],"responses":{"200":{"description":"OK"}}}}}}`

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{as: localastest.Start(t), clock: &clock{}, logs: &logs{}, mails: &outbox{}}
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: "sqlite:" + filepath.Join(t.TempDir(), "portico.db"), Now: h.clock.Now})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	ring, _, err := keyring.Open(filepath.Join(t.TempDir(), "key.json"))
	must(t, err)
	logger := slog.New(slog.NewTextHandler(h.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client := oauth.NewHTTPClient(oauth.ClientPolicy{Timeout: 30 * time.Second})
	publisher := configsync.New(compile.Source{Store: store}, configsync.Options{Logger: logger, Path: filepath.Join(t.TempDir(), "snapshot")})
	h.deps = usecase.Deps{
		Fingerprint: usage.NewCounter(portico.LatencyClasses(), ring.Derive("test fingerprints")).Fingerprint,
		Store:       store, Sealer: ring, Mailer: h.mails, Flusher: publisher, Logger: logger, Now: h.clock.Now, Checkpoint: func(string) {},
		IdPTimeout: 30 * time.Second, PortalDomain: "localhost", PortalURL: func(domain string) string { return "http://" + domain },
		IdPs: idp.NewAdapters(map[portico.ProviderType]idp.Constructor{portico.ProviderOkta: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
			return okta.New(idp.Settings{Provider: p, Credential: credential, HTTP: client, Now: h.clock.Now, Logger: logger})
		}}),
	}
	h.Control = control.New(h.deps)
	proxy := gateway.New(gateway.Options{Providers: oauth.NewProviders(client, h.clock.Now, logger), Logger: logger, Now: h.clock.Now, SessionKeys: [][]byte{ring.Derive("test")}})
	must(t, publisher.Follow(t.Context(), "test", proxy))
	h.gateway = httptest.NewServer(proxy)
	t.Cleanup(h.gateway.Close)
	h.furnish(t)
	texts, err := i18n.New()
	must(t, err)
	h.site = httptest.NewServer(httpkit.Chain(portal.New(&page.Site{
		Control: h.Control, Throttles: throttle.New(h.clock.Now, throttle.Limits{}), Texts: texts, Logger: logger, Now: h.clock.Now,
		GatewayURL: h.gateway.URL, Trials: trial.New(trial.Options{Issuers: client, Gateway: trial.NewGatewayClient(30 * time.Second), Now: h.clock.Now, Logger: logger}),
	}), httpkit.RequestID))
	t.Cleanup(h.site.Close)
	return h
}

func (h *house) furnish(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	h.okta(t, "/scopes", `{"name":"orders.read","consent":"IMPLICIT"}`)
	h.okta(t, "/claims", `{"name":"client_id","claimType":"RESOURCE","valueType":"EXPRESSION","value":"app.clientId","status":"ACTIVE","conditions":{"scopes":[]}}`)
	provider, err := h.Providers.Create(ctx, control.NewProvider{Name: "okta", Type: portico.ProviderOkta, Issuer: h.as.Issuer, Secret: h.as.Token})
	must(t, err)
	oidc := []byte(`{"issuer":"` + h.as.Issuer + `","credential_claim":["client_id"],"scopes":["orders.read"],"auth_methods":["client_credentials","bearer","session"]}`)
	h.dcr, err = h.Strategies.Create(ctx, control.NewStrategy{Name: "dcr", DisplayName: "Okta", OIDC: oidc, ProviderID: &provider.ID})
	must(t, err)
	h.keys, err = h.Strategies.Create(ctx, control.NewStrategy{Name: "keys", DisplayName: "Keys of ours", KeyAuth: &portico.KeyAuthConfig{KeyNames: []string{"x-shop-key"}}})
	must(t, err)
	h.self, err = h.Strategies.Create(ctx, control.NewStrategy{Name: "self", DisplayName: "Own client", OIDC: oidc})
	must(t, err)
	h.portal, err = h.Portals.Create(ctx, control.PortalFields{Name: portico.Some("Shop"), DefaultStrategyID: portico.Some(h.dcr.ID)})
	must(t, err)
	h.orders = h.publish(t, "Orders", h.dcr, true)
	h.loyalty = h.publish(t, "Loyalty", h.dcr, false)
	h.seats = h.publish(t, "Seats", h.keys, true)
	h.meals = h.publish(t, "Meals", h.self, true)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/broken") {
			w.WriteHeader(http.StatusInternalServerError)
		}
		io.WriteString(w, `{"orders":[]}`)
	}))
	t.Cleanup(upstream.Close)
	for _, api := range []control.APIView{h.orders, h.loyalty, h.seats} {
		h.serve(t, api, upstream.URL, "/"+strings.ToLower(api.Name))
	}
}

// serve puts an API behind a route of the gateway.
func (h *house) serve(t *testing.T, api control.APIView, upstream, path string) {
	t.Helper()
	ctx := t.Context()
	plane, err := h.Gateways.EnsureDefault(ctx)
	must(t, err)
	service, err := h.Gateways.CreateService(ctx, plane.ID, routing.ServiceFields{Name: portico.Some(api.Slug), URL: portico.Some(upstream)})
	must(t, err)
	_, err = h.Gateways.CreateRoute(ctx, plane.ID, routing.RouteFields{Name: portico.Some(api.Slug), Paths: portico.Some([]string{path}), Service: portico.Some(string(service.ID))})
	must(t, err)
	_, err = h.Implementations.Create(ctx, api.ID, plane.ID, &service.ID)
	must(t, err)
}

func (h *house) publish(t *testing.T, name string, with control.StrategyView, approve bool) control.APIView {
	t.Helper()
	api, err := h.APIs.Create(t.Context(), control.NewAPI{Name: name, Version: new("1.0"), Specification: new(specification)})
	must(t, err)
	_, err = h.Publications.Put(t.Context(), api.ID, h.portal.ID, control.PublicationFields{StrategyID: portico.Some(with.ID), AutoApproveRegistrations: portico.Some(approve), Visibility: portico.Some(portico.Public)})
	must(t, err)
	return api
}

// okta sets the authorization server up as an admin would.
func (h *house) okta(t *testing.T, path, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.as.URL+"/api/v1/authorizationServers/default"+path, strings.NewReader(body))
	must(t, err)
	r.Header.Set("Authorization", "SSWS "+h.as.Token.Reveal())
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	must(t, err)
	res.Body.Close()
	if res.StatusCode >= 300 {
		t.Fatalf("%s: %d", path, res.StatusCode)
	}
}

const password = "correct horse battery staple"

// developer is an account that can sign in.
func (h *house) developer(t *testing.T, email string) portico.Developer {
	t.Helper()
	d, err := h.Developers.Create(t.Context(), h.portal.ID, developers.NewAccount{Email: email, FullName: "Dana Developer", Status: new(portico.Approved), SendInvitation: true})
	must(t, err)
	_, token, _ := strings.Cut(h.mails.last(t, email).Link, "token=")
	must(t, h.Developers.ResetPassword(t.Context(), h.portal.ID, token, secret.New(password)))
	return d
}

// browser visits the site in one language and keeps cookies.
type browser struct {
	t      *testing.T
	base   string
	lang   string
	client *http.Client
}

// signedIn is a browser in which a developer has signed in.
func (h *house) signedIn(t *testing.T, lang, email string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	b := &browser{t, h.site.URL, lang, &http.Client{Jar: jar}}
	b.post("/login", url.Values{"email": {email}, "password": {password}})
	return b
}

// newcomer is a browser of a new developer.
func (h *house) newcomer(t *testing.T, lang string) (*browser, portico.Developer) {
	t.Helper()
	d := h.developer(t, lang+"@dev.example")
	return h.signedIn(t, lang, d.Email), d
}

// shown is an answer that a browser shows.
type shown struct {
	*browser
	status int
	path   string // after redirects
	header http.Header
	body   string
	doc    *html.Node
}

func (b *browser) get(path string) *shown { return b.send(b.t, http.MethodGet, path, nil) }

func (b *browser) post(path string, form url.Values) *shown {
	return b.send(b.t, http.MethodPost, path, form)
}

func (b *browser) send(t *testing.T, method, path string, form url.Values) *shown {
	t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(t.Context(), method, b.base+path, body)
	must(t, err)
	r.Header.Set("Accept-Language", b.lang)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.client.Do(r)
	must(t, err)
	defer res.Body.Close()
	all, err := io.ReadAll(res.Body)
	must(t, err)
	s := &shown{browser: b, status: res.StatusCode, path: res.Request.URL.RequestURI(), header: res.Header, body: string(all)}
	s.doc, err = html.Parse(bytes.NewReader(all))
	must(t, err)
	if strings.HasPrefix(s.body, "<!doctype") {
		webtest.Lint(t, s.body)
		if strings.Contains(s.text(), "apps.") || strings.Contains(s.text(), "<no value>") {
			t.Errorf("%s lacks a text:\n%s", s.path, s.text())
		}
	}
	return s
}

// submit fills in the page's form whose action ends so, and sends it with the
// fields that are filled in already.
func (s *shown) submit(action string, values url.Values) *shown {
	s.t.Helper()
	sent := url.Values{}
	target := ""
	for form := range s.doc.Descendants() {
		if form.Data != "form" || !strings.HasSuffix(attr(form, "action"), action) || attr(form, "method") != "post" {
			continue
		}
		target = attr(form, "action")
		for n := range form.Descendants() {
			kind := attr(n, "type")
			if n.Data == "input" && (kind == "hidden" || kind == "text" || (kind == "radio" || kind == "checkbox") && has(n, "checked")) {
				sent.Add(attr(n, "name"), attr(n, "value"))
			}
		}
	}
	if target == "" {
		s.t.Fatalf("%s has no form that leads to %s:\n%s", s.path, action, s.text())
	}
	for name, value := range values {
		sent[name] = value
	}
	return s.post(target, sent)
}

func (s *shown) is(status int, path string) *shown {
	s.t.Helper()
	if s.status != status || !strings.HasPrefix(s.path, path) {
		s.t.Fatalf("got %d %s, want %d %s:\n%s", s.status, s.path, status, path, s.text())
	}
	return s
}

func (s *shown) says(texts ...string) *shown {
	s.t.Helper()
	all := s.text()
	for _, text := range texts {
		if !strings.Contains(all, text) {
			s.t.Errorf("%s does not say %q:\n%s", s.path, text, all)
		}
	}
	return s
}

func (s *shown) hides(texts ...string) *shown {
	s.t.Helper()
	for _, text := range texts {
		if strings.Contains(s.body, text) {
			s.t.Errorf("%s holds %q", s.path, text)
		}
	}
	return s
}

// fault checks that a field is marked, and that the summary leads to it.
func (s *shown) fault(field string) *shown {
	s.t.Helper()
	if !strings.Contains(s.body, `href="#`+field+`"`) || !strings.Contains(s.body, `id="`+field+`"`) {
		s.t.Errorf("%s does not mark the field %s:\n%s", s.path, field, s.text())
	}
	return s
}

// value is what the element with an id holds.
func (s *shown) value(id string) string {
	s.t.Helper()
	for n := range s.doc.Descendants() {
		if attr(n, "id") == id && n.FirstChild != nil {
			return n.FirstChild.Data
		}
	}
	s.t.Fatalf("%s has no element %s:\n%s", s.path, id, s.text())
	return ""
}

func (s *shown) text() string {
	var out strings.Builder
	for n := range s.doc.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "script" {
			out.WriteString(n.Data + " ")
		}
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// outbox keeps mails.
type outbox struct {
	mu    sync.Mutex
	mails []portico.Message
}

func (o *outbox) Send(_ context.Context, m portico.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.mails = append(o.mails, m)
	return nil
}

func (o *outbox) last(t *testing.T, to string) portico.Message {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := len(o.mails) - 1; i >= 0; i-- {
		if o.mails[i].To == to {
			return o.mails[i]
		}
	}
	t.Fatalf("no mail to %s", to)
	return portico.Message{}
}

// clock runs as the machine's does, ahead by as much as a test lets pass.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead).UTC().Truncate(time.Millisecond)
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// use tells that an application has called an API.
func (h *house) use(t *testing.T, app portico.ApplicationID, api portico.APIID, credential string, outcome string, times int64) {
	t.Helper()
	at := h.clock.Now().Truncate(time.Minute)
	latencies := make([]int64, len(portico.LatencyClasses())+1)
	latencies[4] = times
	must(t, h.Analytics.Record(t.Context(), usage.Batch{
		Counts: []usage.Count{{Minute: at, Application: string(app), API: string(api), Status: 200, Outcome: usage.Outcome(outcome), Requests: times, LatencySum: times * 15_000, Latencies: latencies}},
		Uses:   []usage.Use{{Application: string(app), Credential: credential, At: h.clock.Now()}},
	}))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// named are the names by which the gateway would count uses of an application's
// secrets, by the secrets' ids.
func (h *house) named(t *testing.T, app portico.ApplicationID) map[string]string {
	t.Helper()
	names := map[string]string{}
	must(t, h.deps.Store.View(t.Context(), func(tx portico.Tx) error {
		uses, err := tx.CredentialUses(t.Context(), []portico.ApplicationID{app})
		for _, u := range uses {
			names[u.SecretID] = u.CredentialID
		}
		return err
	}))
	return names
}
