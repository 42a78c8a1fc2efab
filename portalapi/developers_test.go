package portalapi_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/control"
	"portico/throttle"
)

func TestAccountBodies(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b := s.visit(t, s.portal(t, "P"))
	const someToken = `"token":"` + unknownID + `"`
	for path, cases := range map[string]map[string][]string{
		"/developer": {
			`{}`:                           {"email required", "full_name required"},
			`{"email":"x","full_name":""}`: {"email invalid", "full_name min_length 1"},
			`{"email":"Dora <d@dev.example>","full_name":"D"}`:                          {"email invalid"},
			`{"email":"d@dev.example","full_name":"` + long(251) + `"}`:                 {"full_name max_length 250"},
			`{"email":"` + long(250) + `@dev.example","full_name":7}`:                   {"email max_length 250", "full_name is_string"},
			`{"email":"d@dev.example","full_name":"D","password":"x","status":"admin"}`: {"password unknown_property", "status unknown_property"},
			`{"email":null,"full_name":null}`:                                           {"email is_string", "full_name is_string"},
			`[]`:                                                                        {"body is_object"},
			`{`:                                                                         {"body invalid"},
			``:                                                                          {"body required"},
		},
		"/developer/verify-email": {
			`{}`: {"token required"}, `{"token":"x"}`: {"token is_uuid"}, `{` + someToken + `,"email":""}`: {"email unknown_property"},
		},
		"/developer/forgot-password": {
			`{}`: {"email required"}, `{"email":7}`: {"email is_string"}, `{"email":"d@dev.example","username":""}`: {"username unknown_property"},
		},
		"/developer/reset-password": {
			`{}`: {"token required", "password required"}, `{"token":"x","password":7}`: {"token is_uuid", "password is_string"},
			`{` + someToken + `,"password":"x","email":""}`: {"email unknown_property"},
		},
		"/developer/authenticate": {
			`{}`: {"username required", "password required"}, `{"username":"dora","password":false}`: {"username invalid", "password is_string"},
			`{"username":"d@dev.example","password":"x","remember":true}`: {"remember unknown_property"},
		},
	} {
		for body, faults := range cases {
			b.refuses(t, "POST", path, body, faults...)
		}
	}
	if len(s.mails.mails) != 0 {
		t.Errorf("mails were sent: %v", s.mails.mails)
	}
}

// TestOneTimeTokens holds mailed tokens to their life: once, in time, in their
// own portal, for their own purpose.
func TestOneTimeTokens(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	b, elsewhere := s.visit(t, p), s.visit(t, s.portal(t, "Q"))
	signUp := func() map[string]any {
		b.call(t, 201, "POST", "/developer", map[string]any{"email": "d@dev.example", "full_name": "D"})
		return map[string]any{"token": s.mails.token(t, "d@dev.example")}
	}
	b.call(t, 404, "POST", "/developer/verify-email", map[string]any{"token": unknownID})
	first, second := signUp(), signUp()
	b.call(t, 404, "POST", "/developer/verify-email", first)
	elsewhere.call(t, 404, "POST", "/developer/verify-email", second)
	b.call(t, 404, "POST", "/developer/reset-password", map[string]any{"token": second["token"], "password": password})
	s.clock.advance(48 * time.Hour)
	b.call(t, 410, "POST", "/developer/verify-email", second)

	verified := b.call(t, 202, "POST", "/developer/verify-email", signUp())
	verified.has(t, map[string]any{"email": "d@dev.example"})
	reset := map[string]any{"token": verified.text("token"), "password": password}
	elsewhere.call(t, 404, "POST", "/developer/reset-password", reset)
	b.refuses(t, "POST", "/developer/reset-password", map[string]any{"token": reset["token"], "password": "short"}, "password min_length 12")
	b.refuses(t, "POST", "/developer/reset-password", map[string]any{"token": reset["token"], "password": long(2000)}, "password max_length 1024")
	b.call(t, 204, "POST", "/developer/reset-password", reset)
	b.call(t, 404, "POST", "/developer/reset-password", reset)
	b.signIn(t, "D@DEV.example")

	b.call(t, 200, "POST", "/developer/forgot-password", map[string]any{"email": "d@dev.example"})
	late := map[string]any{"token": s.mails.token(t, "d@dev.example"), "password": password}
	s.clock.advance(time.Hour)
	b.call(t, 410, "POST", "/developer/reset-password", late)
}

// TestAccountsAreNotDisclosed compares the answers for addresses that have an
// account and for those that have none.
func TestAccountsAreNotDisclosed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	s.signUp(t, p, "there@dev.example")
	b := s.visit(t, p)
	for path, body := range map[string]map[string]any{
		"/developer":                 {"full_name": "Somebody"},
		"/developer/forgot-password": {},
	} {
		var answers []string
		for _, email := range []string{"there@dev.example", "nobody@dev.example"} {
			body["email"] = email
			status := map[string]int{"/developer": 201, "/developer/forgot-password": 200}[path]
			answers = append(answers, b.call(t, status, "POST", path, body).Text)
		}
		if answers[0] != answers[1] {
			t.Errorf("%s tells accounts apart: %q", path, answers)
		}
	}
	var answers []string
	for _, email := range []string{"there@dev.example", "stranger@dev.example"} {
		a := b.call(t, 401, "POST", "/developer/authenticate", map[string]any{"username": email, "password": "not the password"})
		answers = append(answers, a.text("detail"))
	}
	if answers[0] != answers[1] {
		t.Errorf("signing in tells accounts apart: %q", answers)
	}
	if mails := s.mails.to("stranger@dev.example"); len(mails) != 0 {
		t.Errorf("a stranger got mail: %v", mails)
	}
	// Whoever owns the address learns of it, and the account stays as it is.
	mails := s.mails.to("there@dev.example")
	if !slices.ContainsFunc(mails, func(m portico.Message) bool { return strings.Contains(m.Text, "you have one already") }) {
		t.Errorf("the owner was not told: %v", mails)
	}
	b.signIn(t, "there@dev.example")
	b.call(t, 200, "GET", "/developer/me", nil).has(t, map[string]any{"full_name": "Dora Developer"})
}

func TestApproval(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P", func(f *control.PortalFields) { f.AutoApproveDevelopers = portico.Some(false) })
	b := s.visit(t, p)
	b.call(t, 201, "POST", "/developer", map[string]any{"email": "d@dev.example", "full_name": "D"})
	verified := b.call(t, 202, "POST", "/developer/verify-email", map[string]any{"token": s.mails.token(t, "d@dev.example")})
	b.call(t, 204, "POST", "/developer/reset-password", map[string]any{"token": verified.text("token"), "password": password})
	wrong := b.call(t, 401, "POST", "/developer/authenticate", map[string]any{"username": "d@dev.example", "password": "wrong"})
	right := map[string]any{"username": "d@dev.example", "password": password}
	pending := b.call(t, 401, "POST", "/developer/authenticate", right)
	if !strings.Contains(pending.text("detail"), "waiting for approval") || strings.Contains(wrong.text("detail"), "approval") {
		t.Errorf("pending: %s; wrong password: %s", pending.Text, wrong.Text)
	}
	all, err := s.Developers.List(t.Context(), p.ID, portico.Everything())
	check(t, err)
	set := func(status portico.Status) {
		_, err := s.Developers.SetStatus(t.Context(), p.ID, all.Items[0].ID, status, "")
		check(t, err)
	}
	set(portico.Approved)
	b.call(t, 204, "POST", "/developer/authenticate", right)
	b.call(t, 200, "GET", "/developer/me", nil)
	set(portico.Revoked)
	b.call(t, 401, "GET", "/developer/me", nil)
	b.call(t, 401, "POST", "/developer/refresh", nil)
	b.call(t, 401, "POST", "/developer/authenticate", right)
}

func TestSessions(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	b := s.signUp(t, p, "d@dev.example")
	const refreshAt = "/api/v3/developer/refresh"
	access, refresh := b.cookie(t, "/", "portalaccesstoken"), b.cookie(t, refreshAt, "portalrefreshtoken")
	if access == "" || refresh == "" {
		t.Fatalf("cookies %q and %q", access, refresh)
	}
	s.keep(access, refresh)
	with := func(access, refresh string) *browser {
		other := s.visit(t, p)
		other.header.Set("Cookie", "portalaccesstoken="+access+"; portalrefreshtoken="+refresh)
		return other
	}
	b.call(t, 204, "POST", "/developer/refresh", nil)
	with(access, refresh).call(t, 401, "GET", "/developer/me", nil)
	with(access, refresh).call(t, 401, "POST", "/developer/refresh", nil)
	b.call(t, 200, "GET", "/developer/me", nil)

	access, refresh = b.cookie(t, "/", "portalaccesstoken"), b.cookie(t, refreshAt, "portalrefreshtoken")
	s.clock.advance(time.Hour)
	with(access, refresh).call(t, 401, "GET", "/developer/me", nil)
	with(access, refresh).call(t, 204, "POST", "/developer/refresh", nil)
	b.signIn(t, "d@dev.example")
	s.clock.advance(15 * 24 * time.Hour)
	with("", b.cookie(t, refreshAt, "portalrefreshtoken")).call(t, 401, "POST", "/developer/refresh", nil)

	b.signIn(t, "d@dev.example")
	access = b.cookie(t, "/", "portalaccesstoken")
	elsewhere := s.visit(t, s.portal(t, "Q"))
	elsewhere.header.Set("Cookie", "portalaccesstoken="+access)
	elsewhere.call(t, 401, "GET", "/developer/me", nil)
	b.call(t, 204, "POST", "/developer/logout", nil)
	if b.cookie(t, "/", "portalaccesstoken") != "" || b.cookie(t, refreshAt, "portalrefreshtoken") != "" {
		t.Error("the cookies outlive signing out")
	}
	with(access, "").call(t, 401, "GET", "/developer/me", nil)
	b.call(t, 204, "POST", "/developer/logout", nil)

	// A new password ends every session.
	b.signIn(t, "d@dev.example")
	s.visit(t, p).call(t, 200, "POST", "/developer/forgot-password", map[string]any{"email": "d@dev.example"})
	s.visit(t, p).call(t, 204, "POST", "/developer/reset-password", map[string]any{"token": s.mails.token(t, "d@dev.example"), "password": "another long password"})
	b.call(t, 401, "GET", "/developer/me", nil)
}

func TestCookieAttributes(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b := s.signUp(t, s.portal(t, "P"), "d@dev.example")
	cookies := b.signIn(t, "d@dev.example").Header.Values("Set-Cookie")
	if len(cookies) != 2 {
		t.Fatalf("cookies %q", cookies)
	}
	for _, cookie := range cookies {
		got := strings.Split(cookie, "; ")
		for _, want := range []string{"Path=/", "HttpOnly", "SameSite=Lax"} {
			if !slices.Contains(got, want) {
				t.Errorf("%q lacks %s", cookie, want)
			}
		}
		if slices.Contains(got, "Secure") || strings.Contains(cookie, "Domain") {
			t.Errorf("%q would not work here, or works elsewhere too", cookie)
		}
	}
}

// TestCookiesOverHTTPS signs in over a connection that nobody reads along with:
// the cookies must not leave on any other.
func TestCookiesOverHTTPS(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b := s.signUp(t, s.portal(t, "P"), "d@dev.example")
	for _, path := range []string{"authenticate", "logout"} {
		r := httptest.NewRequest("POST", "https://"+b.host+"/api/v3/developer/"+path, bytes.NewReader(mustJSON(t, map[string]any{"username": "d@dev.example", "password": password})))
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		cookies := w.Header().Values("Set-Cookie")
		if w.Code != http.StatusNoContent || len(cookies) != 2 {
			t.Fatalf("%s: %d, cookies %q", path, w.Code, cookies)
		}
		for _, c := range cookies {
			if !strings.HasSuffix(strings.Replace(c, "; SameSite=Lax", "", 1), "; Secure") {
				t.Errorf("%s: %q", path, c)
			}
		}
	}
}

// TestCrossSite sends what another site's page would make a browser send.
func TestCrossSite(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	b := s.signUp(t, p, "d@dev.example")
	for name, header := range map[string]http.Header{
		"fetch metadata": {"Sec-Fetch-Site": {"cross-site"}},
		"a sibling":      {"Sec-Fetch-Site": {"same-site"}},
		"origin":         {"Origin": {"https://evil.example"}},
	} {
		b.header = header
		if a := b.call(t, 403, "POST", "/applications", map[string]any{"name": "x"}); !strings.Contains(a.text("detail"), "another site") {
			t.Errorf("%s: %s", name, a.Text)
		}
		b.call(t, 200, "GET", "/developer/me", nil)
	}
	b.header = http.Header{"Origin": {"http://" + b.host}, "Sec-Fetch-Site": {"same-origin"}}
	b.call(t, 204, "POST", "/developer/logout", nil)
}

// TestPortalWithoutAccounts has nothing but what is public.
func TestPortalWithoutAccounts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	strategy := s.keyAuth(t, portico.KeyAuthConfig{})
	s.publish(t, p, "Open", portico.Public, &strategy)
	s.publish(t, p, "Closed", portico.Private, &strategy)
	b := s.signUp(t, p, "d@dev.example")
	b.lists(t, "/apis", "name", "Closed", "Open")
	_, err := s.Portals.Update(t.Context(), p.ID, control.PortalFields{AuthenticationEnabled: portico.Some(false)})
	check(t, err)
	b.call(t, 200, "GET", "/portal", nil).has(t, map[string]any{"authentication_enabled": false, "basic_auth_enabled": false})
	b.lists(t, "/apis", "name", "Open")
	b.call(t, 404, "GET", "/applications", nil)
	b.call(t, 401, "POST", "/developer/refresh", nil)
	b.call(t, 404, "POST", "/developer/authenticate", map[string]any{"username": "d@dev.example", "password": password})
	b.refuses(t, "POST", "/developer", map[string]any{"email": "e@dev.example", "full_name": "E"}, "email invalid")
	sent := len(s.mails.mails)
	b.call(t, 200, "POST", "/developer/forgot-password", map[string]any{"email": "d@dev.example"})
	if len(s.mails.mails) != sent {
		t.Error("a portal without accounts sent mail about one")
	}
}

func TestThrottling(t *testing.T) {
	t.Parallel()
	s := newThrottledServer(t, throttle.Limits{})
	b := s.visit(t, s.portal(t, "P"))
	try := func(status int, email string) answer {
		return b.call(t, status, "POST", "/developer/authenticate", map[string]any{"username": email, "password": "guess"})
	}
	for range 10 {
		try(401, "victim@dev.example")
	}
	refused := try(429, "VICTIM@dev.example")
	if wait := refused.Header.Get("Retry-After"); wait != "6" {
		t.Errorf("Retry-After %q", wait)
	}
	b.call(t, 429, "POST", "/developer/forgot-password", map[string]any{"email": "victim@dev.example"})
	try(401, "other@dev.example")
	for range 5 { // what is refused for its form counts for nobody's account
		b.refuses(t, "POST", "/developer", map[string]any{"email": "no address", "full_name": "D"}, "email invalid")
	}
	s.clock.advance(6 * time.Second)
	try(401, "victim@dev.example")
	try(429, "victim@dev.example")

	// The address has a limit of its own, whatever it asks for.
	for range 100 {
		a := s.raw(t, b, "POST", "/developer/verify-email", `{"token":"`+unknownID+`"}`)
		if a.StatusCode == http.StatusTooManyRequests {
			b.call(t, 200, "GET", "/portal", nil)
			return
		}
	}
	t.Error("tokens can be guessed without end")
}
