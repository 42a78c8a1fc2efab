package catalog_test

import (
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

	"portico"
	"portico/content"
	"portico/control"
	"portico/developers"
	"portico/httpkit"
	"portico/keyring"
	"portico/oauth"
	"portico/routing"
	"portico/secret"
	"portico/sqlstore"
	"portico/throttle"
	"portico/trial"
	"portico/usecase"
	"portico/webtest"
	"portico/webui/i18n"
	"portico/webui/page"
	"portico/webui/portal"
)

const specification = `openapi: 3.0.3
info: {title: Flights, version: '1.0'}
paths:
  /flights/{id}:
    get:
      operationId: getFlight
      tags: [Search]
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
        - {name: lang, in: query, schema: {type: string, enum: [en, ja]}}
        - {name: X-Trace, in: header, schema: {type: string}}
        - {name: Host, in: header, schema: {type: string}}
      responses: {'200': {description: Found., content: {application/json: {schema: {type: object, properties: {id: {type: string}}}}}}}
  /flights:
    post:
      operationId: addFlight
      requestBody: {content: {application/json: {schema: {type: object, properties: {id: {type: string}}}}}}
      responses: {'201': {description: Made.}}
`

// house is a portal with a gateway that tells what it is asked.
type house struct {
	*control.Control
	t       *testing.T
	mails   *postbox
	logs    *journal
	site    *httptest.Server
	asked   chan *http.Request
	portal  portico.Portal
	keys    control.StrategyView
	flights control.APIView // with keys, an admin decides
	free    control.APIView // public, without strategy, no route
	hidden  control.APIView // private
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, mails: &postbox{}, logs: &journal{}, asked: make(chan *http.Request, 10)}
	now := func() time.Time { return time.Now().UTC() }
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: "sqlite:" + filepath.Join(t.TempDir(), "portico.db"), Now: now})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	ring, _, err := keyring.Open(filepath.Join(t.TempDir(), "key.json"))
	must(t, err)
	logger := slog.New(slog.NewTextHandler(h.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client := oauth.NewHTTPClient(oauth.ClientPolicy{Timeout: 5 * time.Second})
	h.Control = control.New(usecase.Deps{
		Store: store, Sealer: ring, Mailer: h.mails, Flusher: h.mails, Client: client, Logger: logger, Now: now, Checkpoint: func(string) {},
		IdPTimeout: time.Second, PortalDomain: "localhost", PortalURL: func(domain string) string { return "http://" + domain },
	})
	gateway := httptest.NewServer(http.HandlerFunc(h.answer))
	t.Cleanup(gateway.Close)
	h.furnish(gateway.URL)
	texts, err := i18n.New()
	must(t, err)
	h.site = httptest.NewServer(httpkit.Chain(portal.New(&page.Site{
		Control: h.Control, Throttles: throttle.New(now, throttle.Limits{}), Texts: texts, Logger: logger, Now: now,
		GatewayURL: gateway.URL, Trials: trial.New(trial.Options{Issuers: client, Gateway: trial.NewGatewayClient(5 * time.Second), Now: now, Logger: logger}),
	}), httpkit.RequestID))
	t.Cleanup(h.site.Close)
	return h
}

// answer is a gateway that knows one key.
func (h *house) answer(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	h.asked <- r
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Set-Cookie", "session=confidential")
	if r.Header.Get("x-key") != "good-key" {
		w.WriteHeader(http.StatusUnauthorized)
	}
	_, _ = io.WriteString(w, `{"flight":"NH 1"}`)
}

func (h *house) furnish(gateway string) {
	t, ctx := h.t, h.t.Context()
	var err error
	h.keys, err = h.Strategies.Create(ctx, control.NewStrategy{Name: "keys", DisplayName: "Keys of ours", KeyAuth: &portico.KeyAuthConfig{KeyNames: []string{"x-key"}}})
	must(t, err)
	h.portal, err = h.Portals.Create(ctx, control.PortalFields{Name: portico.Some("Airline"), AutoApproveApplications: portico.Some(false)})
	must(t, err)
	h.flights = h.publish("Flights", specification, portico.Public, &h.keys.ID, map[string][]string{"domain": {"travel"}})
	h.free = h.publish("Weather events", `{"asyncapi":"2.6.0","info":{"title":"Events","version":"1"},"channels":{}}`, portico.Public, nil, map[string][]string{"domain": {"weather"}})
	h.hidden = h.publish("Payroll", specification, portico.Private, nil, nil)
	_, err = h.Content.Documents.Create(ctx, h.flights.ID, content.DocumentFields{Title: portico.Some("Getting started"), Content: portico.Some("# Getting started\n\nCall *it*.<script>x</script>"), Published: portico.Some(true)})
	must(t, err)
	plane, err := h.Gateways.EnsureDefault(ctx)
	must(t, err)
	service, err := h.Gateways.CreateService(ctx, plane.ID, routing.ServiceFields{Name: portico.Some("flights"), URL: portico.Some(gateway)})
	must(t, err)
	_, err = h.Gateways.CreateRoute(ctx, plane.ID, routing.RouteFields{Name: portico.Some("flights"), Paths: portico.Some([]string{"/air"}), Service: portico.Some(string(service.ID))})
	must(t, err)
	_, err = h.Implementations.Create(ctx, h.flights.ID, plane.ID, &service.ID)
	must(t, err)
}

func (h *house) publish(name, specification string, visibility portico.Visibility, strategy *portico.StrategyID, attributes map[string][]string) control.APIView {
	api, err := h.APIs.Create(h.t.Context(), control.NewAPI{Name: name, Version: new("1.0"), Description: new("All about " + name + "."), Specification: new(specification), Attributes: attributes})
	must(h.t, err)
	fields := control.PublicationFields{Visibility: portico.Some(visibility), AutoApproveRegistrations: portico.Some(false)}
	if strategy != nil {
		fields.StrategyID = portico.Some(*strategy)
	}
	_, err = h.Publications.Put(h.t.Context(), api.ID, h.portal.ID, fields)
	must(h.t, err)
	return api
}

// application is one of the developer's.
func (h *house) application(developer portico.Developer, name string, strategy portico.StrategyID) portico.Application {
	made, err := h.Applications.Create(h.t.Context(), control.NewApplication{PortalID: h.portal.ID, DeveloperID: developer.ID, Name: name, StrategyID: &strategy})
	must(h.t, err)
	return made.Application
}

const password = "correct horse battery staple"

func (h *house) developer(email string) portico.Developer {
	d, err := h.Developers.Create(h.t.Context(), h.portal.ID, developers.NewAccount{Email: email, FullName: "Dana", Status: new(portico.Approved), SendInvitation: true})
	must(h.t, err)
	_, token, _ := strings.Cut(h.mails.last().Link, "token=")
	must(h.t, h.Developers.ResetPassword(h.t.Context(), h.portal.ID, token, secret.New(password)))
	return d
}

// browser visits the site and keeps cookies.
type browser struct {
	*house
	client *http.Client
	lang   string
}

func (h *house) browser(lang string) *browser {
	jar, err := cookiejar.New(nil)
	must(h.t, err)
	return &browser{h, &http.Client{Jar: jar}, lang}
}

func (h *house) signedIn(lang, email string) *browser {
	b := h.browser(lang)
	b.post("/login", url.Values{"email": {email}, "password": {password}})
	return b
}

// shown is what the browser shows after redirects.
type shown struct {
	t      *testing.T
	status int
	path   string
	header http.Header
	body   string
}

func (b *browser) get(path string) shown { return b.do(http.MethodGet, path, nil) }

func (b *browser) post(path string, form url.Values) shown { return b.do(http.MethodPost, path, form) }

func (b *browser) do(method, path string, form url.Values) shown {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.site.URL+path, strings.NewReader(form.Encode()))
	must(b.t, err)
	r.Header.Set("Accept-Language", b.lang)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.client.Do(r)
	must(b.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(b.t, err)
	s := shown{b.t, res.StatusCode, res.Request.URL.RequestURI(), res.Header, string(body)}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") && !strings.Contains(path, "/swagger") {
		webtest.Lint(b.t, s.body)
	}
	return s
}

func (s shown) is(status int) shown {
	s.t.Helper()
	if s.status != status {
		s.t.Fatalf("%s: status %d, want %d\n%s", s.path, s.status, status, s.body)
	}
	return s
}

func (s shown) says(texts ...string) shown {
	s.t.Helper()
	for _, text := range texts {
		if !strings.Contains(s.body, text) {
			s.t.Errorf("%s does not say %q", s.path, text)
		}
	}
	return s
}

func (s shown) saysNot(texts ...string) shown {
	s.t.Helper()
	for _, text := range texts {
		if strings.Contains(s.body, text) {
			s.t.Errorf("%s says %q", s.path, text)
		}
	}
	return s
}

// postbox keeps mails; there is no gateway to flush.
type postbox struct {
	mu    sync.Mutex
	mails []portico.Message
}

func (p *postbox) Send(_ context.Context, m portico.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails = append(p.mails, m)
	return nil
}

func (p *postbox) Flush(context.Context) error { return nil }

func (p *postbox) last() portico.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mails[len(p.mails)-1]
}

// journal keeps what is logged.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
