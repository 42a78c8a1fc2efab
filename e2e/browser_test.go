package e2e_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

func readFile(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// newUpstream is a service behind the gateway.
func newUpstream(t testing.TB) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") }))
	t.Cleanup(s.Close)
	return s
}

// browser walks the authorization server's pages by their forms.
type browser struct {
	t    testing.TB
	base string
	http *http.Client
}

func newBrowser(t testing.TB, base string) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, base, &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

func (b *browser) page(path string) string {
	b.t.Helper()
	res, err := b.http.Get(b.base + path)
	return b.read(res, err, path)
}

// submit sends a form and returns the page that follows.
func (b *browser) submit(path string, form url.Values) string {
	b.t.Helper()
	res, err := b.http.PostForm(b.base+path, form)
	return b.read(res, err, path)
}

func (b *browser) read(res *http.Response, err error, path string) string {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if res.StatusCode != 200 {
		b.t.Fatalf("%s: %d\n%s", path, res.StatusCode, body)
	}
	return string(body)
}

var tokenShown = regexp.MustCompile(`00[A-Za-z0-9_-]{38,}`)

func (b *browser) signIn(email, password string) {
	b.t.Helper()
	if page := b.submit("/sign-in", url.Values{"email": {email}, "password": {password}}); !strings.Contains(page, "Authorization Servers") {
		b.t.Fatalf("signed in, but not where Security > API is:\n%s", page)
	}
}

func (b *browser) createToken(name string) string {
	b.t.Helper()
	token := tokenShown.FindString(b.submit("/security/api/tokens", url.Values{"name": {name}}))
	if token == "" {
		b.t.Fatal("no token on the page")
	}
	if strings.Contains(b.page("/security/api/tokens"), token) {
		b.t.Error("the token is shown a second time")
	}
	return token
}

func (b *browser) addScope(server, name string) {
	b.t.Helper()
	if page := b.submit("/security/api/servers/"+server+"/scopes", url.Values{"name": {name}}); !strings.Contains(page, name) {
		b.t.Fatalf("scope %s is not on the page", name)
	}
}

func (b *browser) addClaim(server, name, value string) {
	b.t.Helper()
	page := b.submit("/security/api/servers/"+server+"/claims", url.Values{"name": {name}, "claim_type": {"RESOURCE"}, "value_type": {"EXPRESSION"}, "value": {value}, "any_scope": {"on"}})
	if !strings.Contains(page, value) {
		b.t.Fatalf("claim %s is not on the page", name)
	}
}
