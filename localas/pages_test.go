package localas_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"portico/localas/localastest"
)

// person is somebody at a browser: cookies, redirects, and the page in front.
type person struct {
	caller
	browser *http.Client
	page    string
	at      *url.URL
}

func (c caller) person() *person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return &person{caller: c, browser: &http.Client{Jar: jar}}
}

func (c caller) signIn() *person {
	c.t.Helper()
	p := c.person()
	p.post("/sign-in", url.Values{"email": {localastest.AdminEmail}, "password": {localastest.AdminPassword}}, 200)
	p.sees("Sign out")
	return p
}

func (p *person) load(request *http.Request, status int) *http.Response {
	p.t.Helper()
	response, err := p.browser.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if response.StatusCode != status {
		p.t.Fatalf("%s %s: %s, want %d", request.Method, request.URL.Path, response.Status, status)
	}
	p.page, p.at = string(body), response.Request.URL
	return response
}

func (p *person) open(path string) *http.Response {
	p.t.Helper()
	return p.load(p.request("GET", path, nil), 200)
}

func (p *person) post(path string, form url.Values, status int) *http.Response {
	p.t.Helper()
	request := p.request("POST", path, strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.load(request, status)
}

func (p *person) sees(words ...string) {
	p.t.Helper()
	text := html.UnescapeString(p.page)
	for _, want := range words {
		if !strings.Contains(text, want) {
			p.t.Errorf("%s does not show %q:\n%s", p.at.Path, want, text)
		}
	}
}

func (p *person) seesNo(words string) {
	p.t.Helper()
	if strings.Contains(html.UnescapeString(p.page), words) {
		p.t.Errorf("%s shows %q", p.at.Path, words)
	}
}

// follow opens the link with these words.
func (p *person) follow(words string) {
	p.t.Helper()
	match := regexp.MustCompile(`<a [^>]*href="([^"]+)"[^>]*>` + regexp.QuoteMeta(html.EscapeString(words)) + `</a>`).FindStringSubmatch(p.page)
	if match == nil {
		p.t.Fatalf("%s has no link %q", p.at.Path, words)
	}
	p.open(html.UnescapeString(match[1]))
}

// submit sends the form that the button with these words belongs to.
func (p *person) submit(button string, fields url.Values, status int) {
	p.t.Helper()
	root, err := html.Parse(strings.NewReader(p.page))
	if err != nil {
		p.t.Fatal(err)
	}
	var found *html.Node
	for node := range root.Descendants() {
		if node.Data == "button" && node.FirstChild != nil && node.FirstChild.Data == button {
			for found = node; found != nil && found.Data != "form"; {
				found = found.Parent
			}
		}
	}
	if found == nil {
		p.t.Fatalf("%s has no form with the button %q", p.at.Path, button)
	}
	names := map[string]bool{}
	for node := range found.Descendants() {
		for _, attribute := range node.Attr {
			if attribute.Key == "name" {
				names[attribute.Val] = true
			}
		}
	}
	for name := range fields {
		if !names[name] {
			p.t.Fatalf("the form of %q has no field %q", button, name)
		}
	}
	for _, attribute := range found.Attr {
		if attribute.Key == "action" {
			p.post(attribute.Val, fields, status)
		}
	}
}

var tokenPattern = regexp.MustCompile(`data-token>([^<]+)<`)

// shownToken is the value of the token that the page shows, this once.
func (p *person) shownToken() string {
	p.t.Helper()
	match := tokenPattern.FindStringSubmatch(p.page)
	if match == nil {
		p.t.Fatalf("no token is shown:\n%s", p.page)
	}
	return match[1]
}

func (p *person) session() string {
	here, err := url.Parse(p.URL)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.browser.Jar.Cookies(here)[0].Value
}

// The click path of the Okta documentation.
func TestWalkThroughThePages(t *testing.T) {
	t.Parallel()
	c := start(t)
	p := c.person()
	p.open("/")
	p.sees("Sign in")
	p.submit("Sign in", url.Values{"email": {" ADMIN@example.test"}, "password": {localastest.AdminPassword}}, 200)

	p.follow("API")
	p.sees("Security", "Authorization Servers", "Add Authorization Server", "Issuer URI", c.Issuer)
	p.follow("Tokens")
	p.submit("Create token", url.Values{"name": {"Portico"}}, 200)
	token := p.shownToken()
	request := c.request("GET", "/api/v1/apps", nil)
	request.Header.Set("Authorization", "SSWS "+token)
	c.do(request).list(t)
	p.open(p.at.RequestURI())
	p.seesNo(token)
	p.sees("has been shown")

	p.follow("Authorization Servers")
	p.follow("default")
	p.sees("Settings", c.Issuer, "api://default")
	p.follow("Scopes")
	p.submit("Create", url.Values{"name": {"orders:read"}, "display_name": {"Read orders"}, "published": {"on"}}, 200)
	p.sees("orders:read", "Read orders")
	p.submit("Create", url.Values{"name": {"orders:read"}}, 422)
	p.sees("Nothing was saved", "already exists")

	p.follow("Claims")
	p.submit("Create", url.Values{"name": {"client_id"}, "value": {"app.nothing"}, "value_type": {"EXPRESSION"}}, 422)
	p.sees("Nothing was saved", "app.nothing")
	p.submit("Create", url.Values{"name": {"client_id"}, "value": {"app.clientId"}, "value_type": {"EXPRESSION"}}, 200)
	p.sees("client_id", "app.clientId", "Any")

	app := c.createApp("Orders <by> \"Hana\"")
	issued := c.token(app, "orders:read").object(t, 200)["access_token"].(string)
	if _, claims := c.verified(issued); claims["client_id"] != app.id {
		t.Errorf("claims %v", claims)
	}
	p.follow("Applications")
	p.sees(`Orders <by> "Hana"`, app.id)
	p.open("/applications?q=" + app.id)
	p.follow(`Orders <by> "Hana"`)
	p.sees(app.id, "client_credentials", "Active", "••••")
	p.seesNo(app.secret)
}

func TestPagesChangeApplications(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.addScope("orders:read")
	app := c.createApp("Orders")
	c.manage("POST", "/api/v1/apps/"+app.app+"/credentials/secrets", nil).object(t, 201)
	p := c.signIn()
	p.open("/applications/" + app.app)
	p.submit("Deactivate", nil, 200) // the last one: the second secret
	p.submit("Delete", nil, 200)
	if left := c.manage("GET", "/api/v1/apps/"+app.app+"/credentials/secrets", nil).list(t); len(left) != 1 {
		t.Errorf("%d secrets", len(left))
	}
	p.post("/applications/"+app.app+"/delete", nil, 400)
	p.sees("must be deactivated", "Nothing was changed")
	p.open("/applications/" + app.app)
	p.submit("Deactivate application", nil, 200)
	c.token(app, "orders:read").object(t, 401)
	p.submit("Activate", nil, 200)
	c.token(app, "orders:read").object(t, 200)
	p.submit("Deactivate application", nil, 200)
	p.submit("Delete application", nil, 200)
	p.sees("No applications yet")
	p.load(p.request("GET", "/applications/"+app.app, nil), 404)
	p.post("/applications/"+app.app+"/explode", nil, 404)
}

func TestPagesChangeAuthorizationServers(t *testing.T) {
	t.Parallel()
	c := start(t)
	p := c.signIn()
	p.submit("Save", url.Values{"name": {"Partners"}, "audience": {"api://partners"}}, 200)
	p.sees("Partners", "api://partners")
	p.follow("Access Policies")
	p.sees("issues no tokens")
	p.submit("Create policy", url.Values{"name": {"Everyone"}}, 200)
	p.sees("Everyone", "All clients", "60 minutes")
	p.follow("Settings")
	p.submit("Save", url.Values{"name": {"Partners"}, "audience": {""}}, 422)
	p.sees("Nothing was saved", "audiences")
	p.follow("Scopes")
	p.submit("Create", url.Values{"name": {"a"}}, 200)
	p.submit("Delete scope", nil, 200)
	p.follow("Claims")
	p.submit("Create", url.Values{"name": {"x"}, "value": {"app.id"}}, 200)
	p.submit("Delete claim", nil, 200)
	p.sees("Claims")
	p.open("/security/api")
	p.submit("Save", url.Values{"name": {"Partners"}, "audience": {"api://x"}}, 422)
	p.follow("Tokens")
	p.submit("Create token", url.Values{"name": {" "}}, 422)
	p.submit("Revoke token", nil, 200)
	p.sees("No tokens yet")
	p.submit("Sign out", nil, 200)
	p.open("/applications")
	p.sees("Sign in to localas")
}

func TestPagesAreGuarded(t *testing.T) {
	t.Parallel()
	c := start(t)
	p := c.signIn()
	response := p.open("/security/api")
	policy := response.Header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; style-src 'self'") || strings.Contains(policy, "unsafe") ||
		response.Header.Get("Cache-Control") != "no-store" || response.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("headers %v", response.Header)
	}
	forged := p.request("POST", "/security/api/tokens", strings.NewReader("name=evil"))
	forged.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	forged.Header.Set("Sec-Fetch-Site", "cross-site")
	p.load(forged, 403)
	p.sees("another site", "Nothing was changed")
	if tokens := c.manage("GET", "/api/v1/api-tokens", nil).list(t); len(tokens) != 1 {
		t.Errorf("%d tokens", len(tokens))
	}
	// Another person does not get to see a token that waits to be shown.
	p.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	created := p.post("/security/api/tokens", url.Values{"name": {"mine"}}, 303).Header.Get("Location")
	other := c.signIn()
	other.open(created)
	if tokenPattern.MatchString(other.page) {
		t.Error("a token is shown to another session")
	}
	p.open(created)
	p.shownToken()

	stranger := c.person()
	stranger.browser.CheckRedirect = p.browser.CheckRedirect
	if to := stranger.load(stranger.request("GET", "/applications?q=x", nil), 303).Header.Get("Location"); to != "/sign-in?next=%2Fapplications%3Fq%3Dx" {
		t.Errorf("a stranger is sent to %q", to)
	}
	for next, want := range map[string]string{"/applications": "/applications", "//evil.test": "/security/api", `/\evil.test`: "/security/api", "https://evil.test": "/security/api"} {
		response := stranger.post("/sign-in", url.Values{"email": {localastest.AdminEmail}, "password": {localastest.AdminPassword}, "next": {next}}, 303)
		if to := response.Header.Get("Location"); to != want {
			t.Errorf("next %q leads to %q", next, to)
		}
		cookie := response.Cookies()[0]
		if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode {
			t.Errorf("cookie %v", cookie)
		}
	}
}

func TestSignInIsThrottled(t *testing.T) {
	t.Parallel()
	c := start(t)
	p := c.person()
	wrong := url.Values{"email": {localastest.AdminEmail}, "password": {"guess"}}
	for range 10 {
		p.post("/sign-in", wrong, 401)
	}
	p.sees("do not match")
	p.post("/sign-in", wrong, 429)
	p.post("/sign-in", url.Values{"email": {localastest.AdminEmail}, "password": {localastest.AdminPassword}}, 429)
	p.sees("Too many attempts")
}

func TestEveryPageIsSoundHTML(t *testing.T) {
	t.Parallel()
	c := start(t)
	app := c.createApp("Orders")
	p := c.signIn()
	for _, path := range []string{
		"/security/api", "/security/api/tokens", "/security/api/servers/default", "/security/api/servers/default/scopes",
		"/security/api/servers/default/claims", "/security/api/servers/default/policies", "/applications", "/applications/" + app.app,
	} {
		p.open(path)
		root, err := html.Parse(strings.NewReader(p.page))
		if err != nil {
			t.Fatal(err)
		}
		headings, ids := 0, map[string]bool{}
		for node := range root.Descendants() {
			if node.Data == "h1" {
				headings++
			}
			if node.Data == "script" || node.Data == "style" {
				t.Errorf("%s has a <%s>", path, node.Data)
			}
			for _, attribute := range node.Attr {
				if attribute.Key == "style" || strings.HasPrefix(attribute.Key, "on") {
					t.Errorf("%s has the attribute %s", path, attribute.Key)
				}
				if attribute.Key == "id" && ids[attribute.Val] {
					t.Errorf("%s has the id %s twice", path, attribute.Val)
				}
				if attribute.Key == "id" {
					ids[attribute.Val] = true
				}
			}
		}
		if headings != 1 {
			t.Errorf("%s has %d h1", path, headings)
		}
	}
	if css := p.open("/assets/style.css"); !strings.HasPrefix(css.Header.Get("Content-Type"), "text/css") {
		t.Errorf("style sheet: %v", css.Header)
	}
}
