package page_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"portico"
	"portico/control"
	"portico/httpkit"
	"portico/keyring"
	"portico/sqlstore"
	"portico/usecase"
	"portico/webui/i18n"
	"portico/webui/page"
	"portico/webui/visit"
)

// open serves routes as a portal without accounts would, and returns what was
// logged.
func open(t testing.TB, routes ...page.Route) (*httptest.Server, *strings.Builder) {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: "sqlite:" + filepath.Join(t.TempDir(), "portico.db"), Now: time.Now})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	ring, _, err := keyring.Open(filepath.Join(t.TempDir(), "key.json"))
	must(t, err)
	log := &strings.Builder{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	c := control.New(usecase.Deps{
		Store: store, Sealer: ring, Flusher: nobody{}, Logger: logger, Now: time.Now, Checkpoint: func(string) {}, PortalDomain: "localhost",
		PortalURL: func(domain string) string { return "http://" + domain },
	})
	_, err = c.Portals.Create(t.Context(), control.PortalFields{Name: portico.Some("Shop"), AuthenticationEnabled: portico.Some(false)})
	must(t, err)
	texts, err := i18n.New()
	must(t, err)
	site := &page.Site{Control: c, Texts: texts, Logger: logger, Now: time.Now}
	server := httptest.NewServer(httpkit.Chain(site.Handler(routes), httpkit.RequestID))
	t.Cleanup(server.Close)
	return server, log
}

// nobody is a gateway's side without gateways.
type nobody struct{}

func (nobody) Flush(context.Context) error { return nil }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, client *http.Client, address string) (status int, body string) {
	t.Helper()
	res, err := client.Get(address)
	must(t, err)
	defer res.Body.Close()
	all, err := io.ReadAll(res.Body)
	must(t, err)
	return res.StatusCode, string(all)
}

func TestPanicIsAPageWithAReference(t *testing.T) {
	t.Parallel()
	server, log := open(t, page.On(page.Anyone, "GET /boom", func(http.ResponseWriter, *page.Visit) error { panic("a secret reason") }))
	status, body := get(t, server.Client(), server.URL+"/boom")
	if status != http.StatusInternalServerError || !strings.Contains(body, "Something went wrong on our side") || strings.Contains(body, "secret reason") {
		t.Errorf("%d %s", status, body)
	}
	if !strings.Contains(log.String(), "a secret reason") {
		t.Error("the log does not tell the cause")
	}
}

// TestHalfRenderedPageIsNotSent: a component that fails becomes an error page.
func TestHalfRenderedPageIsNotSent(t *testing.T) {
	t.Parallel()
	server, _ := open(t, page.On(page.Anyone, "GET /half", func(w http.ResponseWriter, v *page.Visit) error {
		return v.Render(w, http.StatusOK, "Half", templ.Join(templ.Raw("<p>one half</p>"), templ.Raw("", io.ErrUnexpectedEOF)))
	}))
	if status, body := get(t, server.Client(), server.URL+"/half"); status != http.StatusInternalServerError || strings.Contains(body, "one half") {
		t.Errorf("%d %s", status, body)
	}
}

// TestSecretsAreNotCompressed: also when a handler leaves the status to the
// first byte that it writes.
func TestSecretsAreNotCompressed(t *testing.T) {
	t.Parallel()
	answer := func(secret bool) page.Handler {
		return func(w http.ResponseWriter, v *page.Visit) error {
			if secret {
				v.NoStore()
			}
			w.Header().Set("Content-Type", "text/plain")
			_, err := w.Write(bytes.Repeat([]byte("word "), 1000))
			return err
		}
	}
	server, _ := open(t, page.On(page.Anyone, "GET /secret", answer(true)), page.On(page.Anyone, "GET /public", answer(false)))
	for path, want := range map[string]string{"/secret": "", "/public": "gzip"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		must(t, err)
		r.Header.Set("Accept-Encoding", "gzip") // by hand, so that it is not undone by itself
		res, err := http.DefaultTransport.RoundTrip(r)
		must(t, err)
		must(t, res.Body.Close())
		if got := res.Header.Get("Content-Encoding"); got != want || res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d, compressed by %q", path, res.StatusCode, got)
		}
	}
}

// TestSecurePortalsStaySecure: who was here by https is not led back to http.
func TestSecurePortalsStaySecure(t *testing.T) {
	t.Parallel()
	server, _ := open(t)
	for _, tls := range []*tls.ConnectionState{nil, {}} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/", nil)
		r.TLS = tls
		answer := httptest.NewRecorder()
		server.Config.Handler.ServeHTTP(answer, r)
		if got := answer.Header().Get("Strict-Transport-Security"); (got != "") != (tls != nil) {
			t.Errorf("by TLS %t: %q", tls != nil, got)
		}
	}
}

func TestErrorsByKind(t *testing.T) {
	t.Parallel()
	kinds := map[string]struct {
		err    error
		status int
		text   string
	}{
		"forbidden":   {portico.Errorf(portico.KindForbidden, "Only API Consumers register."), 403, "Only API Consumers register."},
		"unavailable": {&portico.Error{Kind: portico.KindUnavailable, RetryAfter: 1500 * time.Millisecond}, 503, "did not answer in time"},
		"conflict":    {portico.Errorf(portico.KindConflict, "x").Named("app_name_taken"), 409, "An app with this name exists already."},
		"gone":        {portico.Errorf(portico.KindGone, "It is over."), 410, "It is over."},
	}
	var routes []page.Route
	for name, kind := range kinds {
		routes = append(routes, page.On(page.Anyone, "GET /"+name, func(http.ResponseWriter, *page.Visit) error { return kind.err }))
	}
	server, _ := open(t, routes...)
	for name, kind := range kinds {
		res, err := server.Client().Get(server.URL + "/" + name)
		must(t, err)
		body, err := io.ReadAll(res.Body)
		must(t, err)
		must(t, res.Body.Close())
		if res.StatusCode != kind.status || !strings.Contains(string(body), kind.text) {
			t.Errorf("%s: %d %s", name, res.StatusCode, body)
		}
		if name == "unavailable" && (res.Header.Get("Retry-After") != "2" || !strings.Contains(string(body), "Reference")) {
			t.Errorf("unavailable: Retry-After %q", res.Header.Get("Retry-After"))
		}
	}
}

func TestFlashIsShownOnce(t *testing.T) {
	t.Parallel()
	server, _ := open(t,
		page.On(page.Anyone, "GET /do", func(_ http.ResponseWriter, v *page.Visit) error {
			v.Flash("portal.sent_to", "Email", "<b>dana")
			return v.Redirect("/next")
		}),
		page.On(page.Anyone, "GET /next", func(w http.ResponseWriter, v *page.Visit) error {
			return v.Render(w, http.StatusOK, "Next", templ.Raw("<h1>Next</h1>"))
		}))
	client := server.Client()
	jar := cookies{}
	client.Jar = jar
	if _, body := get(t, client, server.URL+"/do"); !strings.Contains(body, "An email is on its way to &lt;b&gt;dana.") {
		t.Errorf("%s", body)
	}
	if _, body := get(t, client, server.URL+"/next"); strings.Contains(body, "on its way") {
		t.Error("the message is shown twice")
	}
	for _, forged := range []string{"!", "bm90IGpzb24", "eyJrIjoibm8uc3VjaC5rZXkifQ"} {
		jar["portico_flash"] = forged
		if status, body := get(t, client, server.URL+"/next"); status != http.StatusOK || strings.Contains(body, "data-flash") {
			t.Errorf("%s: %d %s", forged, status, body)
		}
	}
}

// cookies is a jar by name.
type cookies map[string]string

func (c cookies) SetCookies(_ *url.URL, set []*http.Cookie) {
	for _, crumb := range set {
		if c[crumb.Name] = crumb.Value; crumb.MaxAge < 0 {
			delete(c, crumb.Name)
		}
	}
}

func (c cookies) Cookies(*url.URL) []*http.Cookie {
	var out []*http.Cookie
	for name, value := range c {
		out = append(out, &http.Cookie{Name: name, Value: value})
	}
	return out
}

// FuzzLocalPath holds that a browser stays in the portal wherever it is sent.
func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/", "/apps?x=1", "//evil", `/\evil`, "https://evil", "javascript:x", "/a\nb", "/%2f/evil", "/\tx", "\x00"} {
		f.Add(seed)
	}
	base, err := url.Parse("http://portal.test/login")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got := visit.LocalPath(path, "/")
		to, err := base.Parse(got)
		if err != nil || to.Host != "portal.test" || !strings.HasPrefix(got, "/") {
			t.Errorf("%q leads to %v (%v)", path, to, err)
		}
		// Browsers take a backslash for a slash and drop tabs and line breaks.
		if strings.ContainsAny(got, "\\\t\r\n") || strings.HasPrefix(got, "//") {
			t.Errorf("%q becomes %q", path, got)
		}
	})
}

// FuzzForm holds that no form makes a page fail.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{"name=a&email=b@example.com&list=a,b&secret=x&choice=one", "name=%00", "name=%ff", "%", "list=%2c+%2c", strings.Repeat("a=b&", 100)} {
		f.Add(seed)
	}
	server, _ := open(f, page.On(page.Anyone, "POST /form", func(w http.ResponseWriter, v *page.Visit) error {
		form, err := v.Form()
		if err != nil {
			return err
		}
		form.Text("name", true, 10)
		form.Optional("other", 5)
		form.Email("email")
		form.Choice("choice", "one", "two")
		form.List("list")
		if secret := form.Secret("secret").Reveal(); secret != "" && form.Value("secret") != "" {
			panic("the form keeps a secret")
		}
		if form.OK() {
			return v.Redirect("/")
		}
		return v.Render(w, http.StatusUnprocessableEntity, "Form", templ.Raw("<h1>Form</h1>"))
	}))
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	f.Fuzz(func(t *testing.T, form string) {
		res, err := client.Post(server.URL+"/form", "application/x-www-form-urlencoded", strings.NewReader(form))
		must(t, err)
		must(t, res.Body.Close())
		if res.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%q: %d", form, res.StatusCode)
		}
	})
}
