package portal_test

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

	"golang.org/x/net/html"

	"portico"
	"portico/control"
	"portico/developers"
	"portico/httpkit"
	"portico/keyring"
	"portico/oauth"
	"portico/secret"
	"portico/sqlstore"
	"portico/throttle"
	"portico/usecase"
	"portico/webtest"
	"portico/webui/i18n"
	"portico/webui/page"
	"portico/webui/portal"
)

// site is a portal's web site on a real store, with what happens around it.
type site struct {
	*control.Control
	portal portico.Portal
	mails  *postbox
	clock  *clock
	store  *sqlstore.Store
	logs   *logs
	server *httptest.Server
}

func newSite(t *testing.T, fields control.PortalFields) *site {
	t.Helper()
	// Real time: cookies run out by the test's own clock.
	s := &site{mails: &postbox{}, clock: &clock{now: time.Now().UTC().Truncate(time.Millisecond)}, logs: &logs{}}
	var err error
	s.store, err = sqlstore.Open(t.Context(), sqlstore.Config{DSN: "sqlite:" + filepath.Join(t.TempDir(), "portico.db"), Now: s.clock.Now})
	must(t, err)
	t.Cleanup(func() { _ = s.store.Close() }) // a test may have closed it
	ring, _, err := keyring.Open(filepath.Join(t.TempDir(), "key.json"))
	must(t, err)
	logger := slog.New(slog.NewTextHandler(s.logs, nil))
	s.Control = control.New(usecase.Deps{
		Store: s.store, Sealer: ring, Mailer: s.mails, Flusher: s.mails, Client: oauth.NewHTTPClient(oauth.ClientPolicy{AllowPrivate: true, Timeout: 5 * time.Second}), Logger: logger, Now: s.clock.Now,
		Checkpoint: func(string) {}, IdPTimeout: time.Second, PortalDomain: "localhost",
		PortalURL: func(domain string) string { return "http://" + domain },
	})
	if !fields.Name.Set {
		fields.Name = portico.Some("Coffee Shop")
	}
	s.portal, err = s.Portals.Create(t.Context(), fields)
	must(t, err)
	texts, err := i18n.New()
	must(t, err)
	s.server = httptest.NewServer(httpkit.Chain(portal.New(&page.Site{
		Control: s.Control, Throttles: throttle.New(s.clock.Now, throttle.Limits{}), Texts: texts,
		GatewayURL: "http://gateway.test", Logger: logger, Now: s.clock.Now,
	}), httpkit.RequestID))
	t.Cleanup(s.server.Close)
	return s
}

// developer is an account that can sign in, with that password.
func (s *site) developer(t *testing.T, email, password string) portico.Developer {
	t.Helper()
	status := portico.Approved
	d, err := s.Developers.Create(t.Context(), s.portal.ID, developers.NewAccount{Email: email, FullName: "Dana Developer", Status: &status, SendInvitation: true})
	must(t, err)
	_, token, _ := strings.Cut(s.mails.last(t, email).Link, "token=")
	must(t, s.Developers.ResetPassword(t.Context(), s.portal.ID, token, secret.New(password)))
	return d
}

// browser visits the site in one language and keeps cookies.
type browser struct {
	t      *testing.T
	site   *site
	client *http.Client
	lang   string
}

func (s *site) browser(t *testing.T, lang string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	return &browser{t: t, site: s, client: &http.Client{Jar: jar}, lang: lang}
}

// signedIn is a browser in which somebody has signed in.
func (s *site) signedIn(t *testing.T, lang, email, password string) *browser {
	t.Helper()
	b := s.browser(t, lang)
	b.get("/login").submit("/login", url.Values{"email": {email}, "password": {password}}).is(http.StatusOK, "/")
	return b
}

// shown is an answer that the browser shows.
type shown struct {
	*browser
	status int
	path   string // with the query, after redirects
	header http.Header
	body   string
	doc    *html.Node
}

func (b *browser) get(path string) *shown {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.site.server.URL+path, nil)
	must(b.t, err)
	return b.do(r)
}

func (b *browser) post(path string, form url.Values) *shown {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.site.server.URL+path, strings.NewReader(form.Encode()))
	must(b.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

func (b *browser) do(r *http.Request) *shown {
	b.t.Helper()
	r.Header.Set("Accept-Language", b.lang)
	res, err := b.client.Do(r)
	must(b.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(b.t, err)
	s := &shown{browser: b, status: res.StatusCode, path: res.Request.URL.RequestURI(), header: res.Header, body: string(body)}
	s.doc, err = html.Parse(strings.NewReader(s.body))
	must(b.t, err)
	if strings.HasPrefix(s.body, "<!doctype") {
		webtest.Lint(b.t, s.body)
		if want := "<html lang=\"" + b.lang + "\""; !strings.Contains(s.body, want) {
			b.t.Errorf("%s is not in %s", s.path, b.lang)
		}
	}
	return s
}

// open follows the link in a mail.
func (b *browser) open(m portico.Message) *shown {
	b.t.Helper()
	u, err := url.Parse(m.Link)
	must(b.t, err)
	return b.get(u.RequestURI())
}

// submit fills in the page's form with that action and sends it, with the
// hidden fields that it has.
func (s *shown) submit(action string, values url.Values) *shown {
	s.t.Helper()
	sent := url.Values{}
	found := false
	for form := range s.doc.Descendants() {
		if form.Data != "form" || attr(form, "action") != action || attr(form, "method") != "post" {
			continue
		}
		found = true
		for input := range form.Descendants() {
			if input.Data == "input" && attr(input, "type") == "hidden" {
				sent.Add(attr(input, "name"), attr(input, "value"))
			}
		}
		break
	}
	if !found {
		s.t.Fatalf("%s has no form that leads to %s:\n%s", s.path, action, s.text())
	}
	for name, value := range values {
		sent[name] = value
	}
	return s.post(action, sent)
}

// is checks status and path.
func (s *shown) is(status int, path string) *shown {
	s.t.Helper()
	if s.status != status || s.path != path {
		s.t.Fatalf("got %d %s, want %d %s:\n%s", s.status, s.path, status, path, s.text())
	}
	return s
}

// says checks texts that the page shows.
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

// fault checks that a field is marked, and that the summary leads to it.
func (s *shown) fault(field string) *shown {
	s.t.Helper()
	if !strings.Contains(s.body, `href="#`+field+`"`) || !strings.Contains(s.body, `aria-describedby="`) || !strings.Contains(s.body, `aria-invalid="true"`) {
		s.t.Errorf("%s does not mark the field %s", s.path, field)
	}
	return s
}

// text is what a page's main part says, its words one space apart.
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

// postbox keeps mails. It also stands in for the gateways, of which there are
// none here.
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

func (p *postbox) last(t *testing.T, to string) portico.Message {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.mails) - 1; i >= 0; i-- {
		if p.mails[i].To == to {
			return p.mails[i]
		}
	}
	t.Fatalf("no mail to %s", to)
	return portico.Message{}
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// logs keeps what was logged.
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

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
