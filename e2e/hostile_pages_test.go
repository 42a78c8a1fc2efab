package e2e_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"portico/webtest"
	"portico/webui/page"
	"portico/webui/portal"
)

// TestHostilePages feeds rubbish to every page of the portal and to every form.
func TestHostilePages(t *testing.T) {
	t.Parallel()
	a := newAttacked(t, func(p *program) string { return p.PortalURL })
	a.signIn(t)
	developer := newAPI(t, a.PortalURL, "Cookie", a.header.Get("Cookie"))
	other := id(developer.do("POST", "/api/v3/applications", object{"name": "bystander", "auth_strategy_id": a.ids["strategy"]}, 201))
	maps.Copy(a.ids, map[string]string{
		"api": a.ids["apiId"], "id": a.ids["applicationId"], "registration": a.ids["registrationId"], "credential": a.ids["credentialId"],
		"handoff": "none", "operation": "getOrder", "path": "victim", "file": "swagger-ui.css",
	})
	clients, apps := a.clients(t), a.registered(t)
	forms := a.forms()
	t.Run("pages", func(t *testing.T) {
		for _, route := range portal.Routes(&page.Site{}) {
			method, pattern, _ := strings.Cut(route.Pattern, " ")
			form := forms[route.Pattern]
			delete(forms, route.Pattern)
			if method == http.MethodPost && form == nil && !slices.Contains(buttons, pattern) {
				t.Errorf("no form for %s", route.Pattern)
				continue
			}
			t.Run(strings.ReplaceAll(route.Pattern, " ", ""), func(t *testing.T) {
				t.Parallel()
				ids := maps.Clone(a.ids)
				if pattern == "/apps/{id}/settings/delete" { // its confirmation is the name, which others try to change meanwhile
					ids["id"] = other
				}
				b := &besiegedPage{
					attacked: &attacked{a.program, a.base, a.header, ids, attacker(route.Access != page.Guessing)},
					target:   target{method: method, pattern: pattern}, form: form, rest: route.Pattern == page.Rest, asked: asked,
					signedIn: route.Access == page.Developer, limit: 1 << 20, looked: map[int]bool{},
				}
				b.attack(t)
			})
		}
	})
	for pattern := range forms {
		t.Errorf("the form for %s belongs to no page", pattern)
	}
	for _, path := range []string{"/account", "/apps/" + a.ids["applicationId"], "/apps/" + other, "/apis/" + a.ids["apiId"]} {
		if status := get(t, a.base+path, "Cookie", a.header.Get("Cookie")); status != http.StatusOK {
			t.Errorf("%s answers %d afterwards", path, status)
		}
	}
	a.unharmed(t, clients, apps)
}

// buttons are forms without fields.
var buttons = []string{
	"/logout", "/account/password/link", "/account/sessions/end-others", "/apps/new/{handoff}/extend", "/apps/{id}/apis/{registration}/again", "/apps/{id}/apis/{registration}/remove",
}

// forms are what visitors fill in, by pattern. Where the right word would delete
// something, it is not in them.
func (a *attacked) forms() map[string]url.Values {
	form := func(pairs ...string) url.Values {
		out := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			out.Set(pairs[i], pairs[i+1])
		}
		return out
	}
	const token, password = "01a1fbf7-b2b4-7520-946b-b97c07ba3a73", "correct horse battery"
	strategy, app, api := a.ids["strategy"], a.ids["applicationId"], a.ids["apiId"]
	return map[string]url.Values{
		"POST /login":                                     form("email", "new@example.com", "password", password, "return", "/apps"),
		"POST /signup":                                    form("full_name", "N", "email", "new@example.com"),
		"POST /verify-email":                              form("token", token, "password", password),
		"POST /forgot-password":                           form("email", "new@example.com"),
		"POST /reset-password":                            form("token", token, "password", password),
		"POST /delete-account":                            form("token", token),
		"POST /preferences/theme":                         form("theme", "dark", "return", "/apps"),
		"POST /preferences/language":                      form("language", "en", "return", "/apps"),
		"POST /account":                                   form("full_name", "N", "language", "en", "theme", "dark"),
		"POST /account/password":                          form("current_password", password, "new_password", password),
		"POST /account/sessions/end":                      form("session", token),
		"POST /account/delete":                            form("confirm", "on", "password", password),
		"POST /apps/new/{handoff}/application":            form("name", "n", "description", "d", "strategy", strategy, "redirect_uri-"+strategy, "https://example.com/cb", "owner", "me", "api", api, "comment", "c"),
		"POST /apps/new/{handoff}/credential":             form("app", app, "kind", "new", "name", "n", "confirm", "c"),
		"POST /apps/new/{handoff}/proceed":                form("stored", "on"),
		"POST /apps/{id}/apis/add":                        form("api", api, "comment", "c"),
		"POST /apps/{id}/settings/edit":                   form("name", "victim", "description", "d", "redirect_uri", "https://example.com/cb", "client_id", "c"),
		"POST /apps/{id}/settings/delete":                 form("confirm", "c"),
		"POST /apps/{id}/settings/transfer":               form("owner", "me"),
		"POST /apps/{id}/test":                            form("credential", "c", "registration", a.ids["registrationId"]),
		"POST /apis/{api}/use":                            form("app", app, "comment", "c"),
		"POST /apis/{api}/try/{operation}":                form("way", "basic", "client", "c", "secret", "s", "path.id", "1", "body", "{}"),
		"POST /apps/{id}/credentials/{credential}/rename": form("name", "n"),
		"POST /apps/{id}/credentials/{credential}/revoke": form("confirm", "c"),
	}
}

// besiegedPage is a page or a form under attack.
type besiegedPage struct {
	*attacked
	target
	form     url.Values
	asked    []string     // the names of its query
	limit    int          // how many bytes a form may have
	signedIn bool         // strangers are asked to sign in
	rest     bool         // it is served where nothing else is
	looked   map[int]bool // the statuses whose HTML was looked at
	answer   bytes.Buffer // the last one
	secrets  []string     // what no page shows
}

func (b *besiegedPage) attack(t *testing.T) {
	b.attackAddress(t)
	b.attackHeaders(t)
	if b.method == http.MethodGet {
		b.attackQuery(t)
	} else {
		b.attackForm(t)
	}
}

// address is the page's with good ids; forms that hand a secret over get an
// address, and the cookie for it, of their own.
func (b *besiegedPage) address(t *testing.T) (path, cookie string) {
	if b.method != http.MethodPost || !strings.Contains(b.pattern, "{handoff}") {
		return b.path(b.target), ""
	}
	r := b.request(t, http.MethodGet, "/apps/new", "", nil)
	res, err := b.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	for _, c := range res.Cookies() {
		if handoff, ok := strings.CutPrefix(c.Path, "/apps/new/"); ok {
			return b.pathWith(b.target, "handoff", handoff), c.Name + "=" + c.Value
		}
	}
	t.Fatal("no address to hand a secret over")
	return "", ""
}

func (b *besiegedPage) request(t *testing.T, method, path, contentType string, body []byte, extra ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, b.base+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if b.pattern != "/logout" { // which would end the session of all
		r.Header.Set("Cookie", b.header.Get("Cookie"))
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(extra); i += 2 {
		r.Header.Set(extra[i], extra[i+1])
	}
	return r
}

// leaks are what a page never shows: the inside of the program, or what a
// visitor typed as a script.
var leaks = regexp.MustCompile(`goroutine \d|runtime error|panic:|\.go:\d|sqlite[:_.]|constraint failed|SQL logic error|SQLSTATE|<script>alert`)

// leakOf finds one. Pages are long and many, so the expression is tried only
// where one of its words is.
func leakOf(page []byte) []byte {
	for _, word := range []string{"goroutine ", "runtime error", "panic:", ".go:", "sqlite", "constraint failed", "SQL logic error", "SQLSTATE", "<script>alert"} {
		if bytes.Contains(page, []byte(word)) {
			return leaks.Find(page)
		}
	}
	return nil
}

// asksProvider are pages that ask the identity provider, which may be away.
var asksProvider = regexp.MustCompile(`^/application-auth/providers/\{dcrProviderId\}/(clients|set-up)`)

// visit sends a request. What comes is a page, a redirect within the portal or,
// where all is well, a file; never a defect.
func (b *besiegedPage) visit(t *testing.T, r *http.Request, sent string) int {
	t.Helper()
	what := fmt.Sprintf("%s %.200s %.300q", r.Method, r.URL, sent)
	res, err := b.http.Do(r)
	if err != nil {
		t.Fatalf("%s: no answer: %v", what, err)
	}
	defer res.Body.Close()
	answer, err := b.read(res)
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
	kind := res.Header.Get("Content-Type")
	switch {
	case res.StatusCode == http.StatusServiceUnavailable && asksProvider.MatchString(b.pattern): // another attack has made its address rubbish
	case res.StatusCode >= 500:
		t.Errorf("%s answers %d: %.300s", what, res.StatusCode, answer)
	case res.StatusCode >= 300 && res.StatusCode < 400:
		if to := res.Header.Get("Location"); !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.Contains(to, `\`) {
			t.Errorf("%s leads to %q", what, to)
		}
		return res.StatusCode
	case res.StatusCode >= 400 && kind != "text/html; charset=utf-8":
		t.Errorf("%s answers %d as %q: %.300s", what, res.StatusCode, kind, answer)
	}
	if res.Header.Get("Content-Security-Policy") == "" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s answers without the security headers: %v", what, res.Header)
	}
	for _, secret := range b.secrets {
		if bytes.Contains(answer, []byte(secret)) {
			t.Errorf("%s shows a secret: %.300s", what, answer)
		}
	}
	if kind == "text/html; charset=utf-8" {
		if leak := leakOf(answer); leak != nil {
			t.Errorf("%s shows %q: %.300s", what, leak, answer)
		}
		if !b.looked[res.StatusCode] || strings.Contains(what, "%3C") { // one page of each kind, and those that may hold markup that was typed
			b.looked[res.StatusCode] = true
			if faults := webtest.LintFaults(string(answer)); len(faults) > 0 {
				t.Errorf("%s answers %d with faulty HTML: %q", what, res.StatusCode, faults)
			}
		}
	}
	return res.StatusCode
}

// read reads an answer, packed or not; it is good until the next one is read.
func (b *besiegedPage) read(res *http.Response) ([]byte, error) {
	b.answer.Reset()
	body := io.Reader(res.Body)
	if res.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = unpacked
	}
	_, err := b.answer.ReadFrom(body)
	return b.answer.Bytes(), err
}

func (b *besiegedPage) attackAddress(t *testing.T) {
	const encoded = "application/x-www-form-urlencoded"
	if status := b.visit(t, b.request(t, http.MethodGet, b.path(b.target), "", nil), ""); b.method == http.MethodGet && status >= 400 && !slices.Contains(needToken, b.pattern) && !strings.Contains(b.pattern, "{handoff}") {
		t.Errorf("GET %s answers %d", b.pattern, status)
	}
	for _, w := range wildcards.FindAllStringSubmatch(b.pattern, -1) {
		for _, text := range noIDs {
			if w[1] == "entityId" && text == "x" || slices.Contains(goneAlready, b.pattern) { // entities of gateways go by their names, too, and another attack may have given this one
				continue
			}
			status := b.visit(t, b.request(t, b.method, b.pathWith(b.target, w[1], text), encoded, []byte(b.form.Encode())), "")
			if status != http.StatusNotFound && status != http.StatusTooManyRequests && w[1] != "handoff" || status < 300 {
				t.Errorf("%s %s with %s=%.80s answers %d", b.method, b.pattern, w[1], text, status)
			}
		}
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, "PROPFIND"} {
		want := http.StatusMethodNotAllowed
		if b.rest {
			want = http.StatusNotFound
		}
		if status := b.visit(t, b.request(t, method, b.path(b.target), "", nil), ""); status != want {
			t.Errorf("%s %s answers %d, want %d", method, b.pattern, status, want)
		}
	}
	stranger := b.request(t, b.method, b.path(b.target), encoded, []byte(b.form.Encode()))
	stranger.Header.Del("Cookie")
	if status := b.visit(t, stranger, ""); b.signedIn && status != http.StatusSeeOther {
		t.Errorf("%s %s answers %d to a stranger", b.method, b.pattern, status)
	}
}

// goneAlready are forms that are content when what they delete is not there.
var goneAlready = []string{"/account/tokens/{tokenId}/delete"}

// needToken are pages that are nothing without what is in their query: most are
// at the end of a link in a mail. The last says that no auth strategy is there to
// set the provider up for.
var needToken = []string{"/verify-email", "/reset-password", "/delete-account", "/invitation", "/login/sso", "/login/sso/callback", "/portals/{portalId}/appearance/preview.css", "/application-auth/providers/{dcrProviderId}/set-up"}

func (b *besiegedPage) attackHeaders(t *testing.T) {
	if b.method == http.MethodPost {
		r := b.request(t, b.method, b.path(b.target), "application/x-www-form-urlencoded", []byte(b.form.Encode()), "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
		if status := b.visit(t, r, "from another site"); status != http.StatusForbidden {
			t.Errorf("%s %s from another site answers %d", b.method, b.pattern, status)
		}
		return
	}
	for _, cookies := range []string{
		"portico_lang=../../x; portico_theme=<script>alert(7)</script>; portico_flash=%FF; portalaccesstoken=x; portalrefreshtoken=x; portico_handoff=x",
		"portico_lang=ja; portico_flash=" + strings.Repeat("e30", 1000) + "; portico_sso=e30", "portico_flash=eyJrZXkiOiJ4In0; portico_lang=zz", ";;;=;\"", "a=" + strings.Repeat("b", 9000),
	} {
		b.visit(t, b.request(t, b.method, b.path(b.target), "", nil, "Cookie", cookies), cookies)
	}
	for _, languages := range []string{";q=x,,,", "*", "ja;q=9e9", strings.Repeat("en-US,", 500), "\u00ff", "x-" + strings.Repeat("a", 3000)} {
		b.visit(t, b.request(t, b.method, b.path(b.target), "", nil, "Accept-Language", languages), languages)
	}
	for _, encodings := range []string{"gzip", "gzip;q=0, identity;q=0", "*;q=x,,gzip;", strings.Repeat("br,", 2000), "\u00ff"} {
		b.visit(t, b.request(t, b.method, b.path(b.target), "", nil, "Accept-Encoding", encodings), encodings)
	}
	for _, host := range []string{"evil.example", "[::1]:99999", "..", "localhost:"} {
		r := b.request(t, b.method, b.path(b.target), "", nil)
		r.Host = host
		b.visit(t, r, host)
	}
}

// typed are texts that belong into few fields.
var typed = []string{
	"", " ", "x", "-1", "1e999", "99999999999999999999", strings.Repeat("é", 3000), "\u202e\u0007", "\x00", "\xff\xfe", `"><script>alert(7)</script>`, "javascript:alert(1)", "http://[::1",
	"//evil.example/", `/\evil.example`, "https://evil.example/#x", "00000000-0000-0000-0000-000000000000", "../../etc/passwd", "a\r\nSet-Cookie: b=c", "' OR 1=1 --", "%s%n${7*7}<%= 7 %>", "\xed\xa0\x80",
}

// asked are names that the query of some page has.
var asked = []string{
	"page", "q", "return", "lang", "theme", "token", "version", "operation", "schema", "tag", "part", "format", "api", "strategy", "range", "registration", "wait", "code", "state", "v", "auth", "nobody",
}

func (b *besiegedPage) attackQuery(t *testing.T) {
	path := b.path(b.target)
	for i, name := range b.asked {
		for j, text := range typed {
			if (i+j+len(path))%3 == 0 { // another third for every name and page: there are many of each
				b.visit(t, b.request(t, b.method, path+"?"+name+"="+url.QueryEscape(text), "", nil), "")
			}
		}
	}
	for _, query := range []string{"%zz", "a=%", "=;&&;=", "page[size]=1", "page=1&page=2", "%00=%00", "attribute[x]=y", strings.Repeat("q=a&", 5000)} {
		b.visit(t, b.request(t, b.method, path+"?"+query, "", nil), "")
	}
}

// tooLarge is a form beyond the limit.
func (b *besiegedPage) tooLarge(t *testing.T, good string) *http.Request {
	t.Helper()
	path, cookie := b.address(t)
	r := b.request(t, b.method, path, "application/x-www-form-urlencoded", nil)
	if cookie != "" {
		r.Header.Set("Cookie", b.header.Get("Cookie")+"; "+cookie)
	}
	r.ContentLength = int64(len(good) + len("&a=") + b.limit)
	r.Body = io.NopCloser(io.LimitReader(io.MultiReader(strings.NewReader(good+"&a="), letters{}), r.ContentLength))
	return r
}

// letters never end.
type letters struct{}

func (letters) Read(p []byte) (int, error) { return copy(p, strings.Repeat("a", len(p))), nil }

func (b *besiegedPage) attackForm(t *testing.T) {
	const encoded = "application/x-www-form-urlencoded"
	send := func(contentType, body string) int {
		t.Helper()
		path, cookie := b.address(t)
		r := b.request(t, b.method, path, contentType, []byte(body))
		if cookie != "" {
			r.Header.Set("Cookie", b.header.Get("Cookie")+"; "+cookie)
		}
		return b.visit(t, r, body)
	}
	good := b.form.Encode()
	for _, contentType := range []string{"", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x", "application/json", ";;;", "application/xml"} {
		send(contentType, good)
	}
	for _, body := range []string{"", "%zz=1", "a=%", ";;", "=&=", "\x00", "\xff\xfe", strings.Repeat("a=b&", 20000), good + "&" + good} {
		send(encoded, body)
	}
	unread := []int{http.StatusTooManyRequests, http.StatusNotFound, http.StatusConflict} // refused before the form is read
	if status := b.visit(t, b.tooLarge(t, good), "too large"); len(b.form) > len(b.form["view"]) && status != http.StatusRequestEntityTooLarge && !slices.Contains(unread, status) {
		t.Errorf("%s %s with %d MiB answers %d", b.method, b.pattern, b.limit>>20, status)
	}
	for name := range b.form {
		for _, text := range typed {
			changed := maps.Clone(b.form)
			changed[name] = []string{text}
			send(encoded, changed.Encode())
		}
		missing := maps.Clone(b.form)
		delete(missing, name)
		send(encoded, missing.Encode())
		twice := maps.Clone(b.form)
		twice[name] = []string{"x", "y"}
		send(encoded, twice.Encode())
	}
}
