package localas_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico/localas"
	"portico/localas/localastest"
)

const (
	doraLogin    = "dora@dev.example"
	doraPassword = "blue parrots fly"
	callback     = "https://portal.example/callback"
	verifier     = "a-verifier-that-is-long-enough-for-RFC-7636-x"
)

// city is an authorization server with an application and a person in it.
type city struct {
	caller
	web  registered
	dora string // id
}

func newCity(t *testing.T, options ...func(*localas.Config)) city {
	t.Helper()
	c := city{caller: caller{localastest.Start(t, options...), t}}
	c.web = c.createWebApp("Portal <one>", callback)
	c.dora = c.createUser("Dora", "Dev", doraLogin, doraPassword)
	return c
}

func (c caller) createWebApp(label, redirect string) registered {
	c.t.Helper()
	app := c.manage("POST", "/api/v1/apps", object{
		"name": "oidc_client", "label": label, "signOnMode": "OPENID_CONNECT",
		"credentials": object{"oauthClient": object{"token_endpoint_auth_method": "client_secret_basic"}},
		"settings": object{"oauthClient": object{"application_type": "web", "grant_types": []string{"authorization_code"},
			"response_types": []string{"code"}, "redirect_uris": []string{redirect}}},
	}).object(c.t, 200)
	credentials := app["credentials"].(object)["oauthClient"].(object)
	return registered{app["id"].(string), credentials["client_id"].(string), credentials["client_secret"].(string)}
}

func user(first, last, login, password string) object {
	return object{"profile": object{"firstName": first, "lastName": last, "email": login, "login": login},
		"credentials": object{"password": object{"value": password}}}
}

func (c caller) createUser(first, last, login, password string) string {
	c.t.Helper()
	return c.manage("POST", "/api/v1/users?activate=true", user(first, last, login, password)).object(c.t, 200)["id"].(string)
}

func (c caller) createGroup(name string) string {
	c.t.Helper()
	return c.manage("POST", "/api/v1/groups", object{"profile": object{"name": name}}).object(c.t, 200)["id"].(string)
}

// ask is the query of an authorization request, with pairs that change it; an
// empty value takes the parameter away.
func (c city) ask(pairs ...string) string {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"response_type": {"code"}, "client_id": {c.web.id}, "redirect_uri": {callback}, "state": {"st&te"}, "nonce": {"n-1"},
		"scope": {"openid profile email groups"}, "code_challenge_method": {"S256"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])},
	}
	for i := 0; i < len(pairs); i += 2 {
		if q.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			q.Del(pairs[i])
		}
	}
	return q.Encode()
}

// visitor is somebody at a browser that stays on this server.
func (c city) visitor() *person {
	p := c.person()
	p.browser.CheckRedirect = func(next *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(next.URL.String(), c.URL) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return p
}

const authorizePath = "/oauth2/default/v1/authorize"

// returns opens an authorization request that ends at the application.
func (p *person) returns(query string) url.Values {
	p.t.Helper()
	return wayBack(p, p.load(p.request("GET", authorizePath+"?"+query, nil), http.StatusSeeOther))
}

// enters signs in at the page in answer to an authorization request.
func (p *person) enters(query, login, password string) url.Values {
	p.t.Helper()
	p.open(authorizePath + "?" + query)
	p.sees("Sign in", "to continue to")
	return wayBack(p, p.post(authorizePath+"/sign-in?"+query, url.Values{"login": {login}, "password": {password}}, http.StatusSeeOther))
}

func wayBack(p *person, response *http.Response) url.Values {
	p.t.Helper()
	to, err := response.Location()
	if err != nil || !strings.HasPrefix(to.String(), callback+"?") {
		p.t.Fatalf("the browser goes to %v (%v)", to, err)
	}
	if cached := response.Header.Get("Cache-Control"); cached != "no-store" {
		p.t.Errorf("Cache-Control: %q on the way back", cached)
	}
	return to.Query()
}

func (c city) redeem(code string, pairs ...string) answer {
	c.t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return c.form("/oauth2/default/v1/token", c.web.id, c.web.secret, form)
}

func (c city) userInfo(token string) answer {
	c.t.Helper()
	r := c.request("GET", "/oauth2/default/v1/userinfo", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return c.do(r)
}

func TestPersonSignsIn(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	group := c.createGroup("Pilots")
	if got := c.manage("PUT", "/api/v1/groups/"+group+"/users/"+c.dora, nil); got.StatusCode != 204 {
		t.Fatalf("joining the group: %s", got.body)
	}
	p := c.visitor()
	query := c.ask("login_hint", doraLogin)
	page := p.open(authorizePath + "?" + query)
	p.sees("Portal <one>", `value="`+doraLogin+`"`)
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' https://portal.example;") {
		t.Errorf("the form may not lead to the application: %s", policy)
	}
	back := p.enters(query, strings.ToUpper(doraLogin), doraPassword)
	if back.Get("state") != "st&te" {
		t.Errorf("comes back with %v", back)
	}
	tokens := c.redeem(back.Get("code")).object(t, 200)
	_, claims := c.verified(tokens["id_token"].(string))
	for name, want := range map[string]any{
		"iss": c.Issuer, "aud": c.web.id, "sub": c.dora, "nonce": "n-1", "email": doraLogin, "email_verified": true, "name": "Dora Dev",
		"preferred_username": doraLogin, "ver": 1.0,
	} {
		if claims[name] != want {
			t.Errorf("claim %s is %v, want %v", name, claims[name], want)
		}
	}
	if groups, _ := claims["groups"].([]any); len(groups) != 1 || groups[0] != "Pilots" {
		t.Errorf("groups are %v", claims["groups"])
	}
	access := tokens["access_token"].(string)
	half := sha256.Sum256([]byte(access))
	if claims["at_hash"] != base64.RawURLEncoding.EncodeToString(half[:16]) {
		t.Errorf("at_hash is %v", claims["at_hash"])
	}
	_, accessClaims := c.verified(access)
	if accessClaims["sub"] != doraLogin || accessClaims["uid"] != c.dora || accessClaims["cid"] != c.web.id {
		t.Errorf("access token: %v", accessClaims)
	}
	if info := c.userInfo(access).object(t, 200); info["sub"] != c.dora || info["email"] != doraLogin {
		t.Errorf("userinfo: %v", info)
	}
	// Whoever has signed in is not asked again, unless the application wants it.
	if again := p.returns(c.ask("scope", "openid", "prompt", "none")); again.Get("code") == "" {
		t.Errorf("the second time: %v", again)
	}
	p.open(authorizePath + "?" + c.ask("prompt", "login"))
	p.sees("to continue to")
}

func TestScopesDecideWhatIsTold(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	p := c.visitor()
	tokens := c.redeem(p.enters(c.ask("scope", "openid offline_access openid"), doraLogin, doraPassword).Get("code")).object(t, 200)
	_, claims := c.verified(tokens["id_token"].(string))
	for _, name := range []string{"email", "name", "groups"} {
		if _, told := claims[name]; told {
			t.Errorf("%s is told without its scope", name)
		}
	}
	if tokens["scope"] != "openid" {
		t.Errorf("granted %v", tokens["scope"])
	}
	c.addScope("orders:read")
	tokens = c.redeem(p.returns(c.ask("scope", "orders:read")).Get("code")).object(t, 200)
	if _, told := tokens["id_token"]; told {
		t.Error("an ID token without openid")
	}
	if got := c.userInfo(tokens["access_token"].(string)); got.StatusCode != 403 || !strings.Contains(got.Header.Get("WWW-Authenticate"), "insufficient_scope") {
		t.Errorf("userinfo without openid: %s", got.Status)
	}
}

func TestAuthorizationRefusals(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	service := c.createApp("Service")
	for name, test := range map[string]struct{ query, code string }{
		"implicit":           {c.ask("response_type", "token"), "unsupported_response_type"},
		"no response type":   {c.ask("response_type", ""), "invalid_request"},
		"no state":           {c.ask("state", ""), "invalid_request"},
		"no scope":           {c.ask("scope", ""), "invalid_scope"},
		"unknown scope":      {c.ask("scope", "openid moon"), "invalid_scope"},
		"plain PKCE":         {c.ask("code_challenge_method", "plain"), "invalid_request"},
		"PKCE by default":    {c.ask("code_challenge_method", ""), "invalid_request"},
		"short challenge":    {c.ask("code_challenge", "abc"), "invalid_request"},
		"fragment":           {c.ask("response_mode", "fragment"), "invalid_request"},
		"request object":     {c.ask("request", "a.b.c"), "request_not_supported"},
		"silent":             {c.ask("prompt", "none"), "login_required"},
		"silent and login":   {c.ask("prompt", "none login"), "invalid_request"},
		"unknown prompt":     {c.ask("prompt", "dance"), "invalid_request"},
		"consent":            {c.ask("prompt", "consent"), "consent_required"},
		"age that is no age": {c.ask("max_age", "-1"), "invalid_request"},
	} {
		back := c.visitor().returns(test.query)
		if back.Get("error") != test.code || back.Get("error_description") == "" || back.Has("code") {
			t.Errorf("%s: %v, want %s", name, back, test.code)
		}
		if !strings.Contains(name, "state") && back.Get("state") != "st&te" {
			t.Errorf("%s: without the state", name)
		}
	}
	// Where the application cannot be trusted, nobody is sent anywhere.
	for name, query := range map[string]string{
		"unknown client":      c.ask("client_id", "0oaNobody"),
		"other redirect":      c.ask("redirect_uri", callback+"/"),
		"no redirect":         c.ask("redirect_uri", ""),
		"a client without":    c.ask("client_id", service.id),
		"a parameter twice":   c.ask() + "&state=again",
		"not a query":         "%zz",
		"a NUL in the scopes": c.ask("scope", "openid\x00"),
	} {
		t.Run(name, func(t *testing.T) {
			p := c.visitor()
			p.t = t
			p.load(p.request("GET", authorizePath+"?"+query, nil), 400)
			p.sees("not in order")
			p.post(authorizePath+"/sign-in?"+query, url.Values{"login": {doraLogin}, "password": {doraPassword}}, 400)
		})
	}
	p := c.visitor()
	p.load(p.request("GET", "/oauth2/elsewhere/v1/authorize?"+c.ask(), nil), 404)
}

func TestCodesAreRedeemedOnceAndInTime(t *testing.T) {
	t.Parallel()
	now := &clock{now: time.Now()}
	c := newCity(t, func(cfg *localas.Config) { cfg.Now = now.read })
	other := c.createWebApp("Other", callback)
	p := c.visitor()
	p.enters(c.ask(), doraLogin, doraPassword)
	code := func() string { return p.returns(c.ask()).Get("code") }
	refused := func(name string, got answer, words string) {
		t.Helper()
		if refusal := got.object(t, 400); refusal["error"] != "invalid_grant" || !strings.Contains(refusal["error_description"].(string), words) {
			t.Errorf("%s: %s", name, got.body)
		}
	}
	once := code()
	c.redeem(once).object(t, 200)
	refused("twice", c.redeem(once), "invalid or has expired")
	refused("no code", c.redeem(""), "invalid or has expired")
	refused("other redirect", c.redeem(code(), "redirect_uri", "https://evil.example/"), "invalid or has expired")
	refused("other verifier", c.redeem(code(), "code_verifier", strings.ToUpper(verifier)), "PKCE")
	refused("no verifier", c.redeem(code(), "code_verifier", ""), "PKCE")
	refused("challenge taken away", c.redeem(p.returns(c.ask("code_challenge", "", "code_challenge_method", "")).Get("code")), "PKCE")
	mine := c
	mine.web = other
	refused("other client", mine.redeem(code()), "invalid or has expired")
	late := code()
	now.advance(time.Minute)
	refused("too late", c.redeem(late), "invalid or has expired")
	if got := c.form("/oauth2/default/v1/token", c.web.id, "wrong-wrong-wrong", url.Values{"grant_type": {"authorization_code"}, "code": {code()}}); got.StatusCode != 401 {
		t.Errorf("with a wrong secret: %s", got.Status)
	}
	// Sign-ins grow old.
	now.advance(time.Minute)
	if back := p.returns(c.ask("prompt", "none", "max_age", "60")); back.Get("error") != "login_required" {
		t.Errorf("an old sign-in: %v", back)
	}
	now.advance(2 * time.Hour)
	p.open(authorizePath + "?" + c.ask())
	p.sees("to continue to")
}

func TestWrongPasswordsAreRefusedAndSlowed(t *testing.T) {
	t.Parallel()
	now := &clock{now: time.Now()} // it stands still, however long hashing takes
	c := newCity(t, func(cfg *localas.Config) { cfg.Now = now.read })
	c.manage("POST", "/api/v1/users?activate=false", user("Stan", "Staged", "stan@dev.example", doraPassword)).object(t, 200)
	p := c.visitor()
	attempts := [][2]string{{doraLogin, "wrong parrots"}, {"nobody@dev.example", doraPassword}, {c.dora, doraPassword}, {"stan@dev.example", doraPassword},
		{localastest.AdminEmail, localastest.AdminPassword}, {doraLogin, ""}}
	for len(attempts) < 10 {
		attempts = append(attempts, attempts[0])
	}
	for _, entered := range attempts {
		p.post(authorizePath+"/sign-in?"+c.ask(), url.Values{"login": {entered[0]}, "password": {entered[1]}}, 401)
		p.sees("do not match", entered[0])
		if strings.Contains(p.page, "wrong parrots") {
			t.Fatal("the page repeats the password")
		}
	}
	p.post(authorizePath+"/sign-in?"+c.ask(), url.Values{"login": {doraLogin}, "password": {doraPassword}}, 429)
	p.sees("Too many attempts")
}

func TestOtherSitesSignNobodyIn(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	r := c.request("POST", authorizePath+"/sign-in?"+c.ask(), strings.NewReader(url.Values{"login": {doraLogin}, "password": {doraPassword}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	c.visitor().load(r, 403)
}

// Nobody who is gone, or has another password, keeps what they had.
func TestDeactivationEndsSignIns(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(c city){
		"deactivated": func(c city) { c.manage("POST", "/api/v1/users/"+c.dora+"/lifecycle/deactivate", nil).object(c.t, 200) },
		"deactivated and back": func(c city) {
			c.manage("POST", "/api/v1/users/"+c.dora+"/lifecycle/deactivate", nil).object(c.t, 200)
			c.manage("POST", "/api/v1/users/"+c.dora+"/lifecycle/activate", nil).object(c.t, 200)
		},
		"password": func(c city) {
			c.manage("POST", "/api/v1/users/"+c.dora, object{"credentials": object{"password": object{"value": "green parrots swim"}}}).object(c.t, 200)
		},
		"deleted": func(c city) {
			for range 2 { // deactivates, then deletes
				c.manage("DELETE", "/api/v1/users/"+c.dora, nil)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCity(t)
			p := c.visitor()
			access := c.redeem(p.enters(c.ask(), doraLogin, doraPassword).Get("code")).object(t, 200)["access_token"].(string)
			code := p.returns(c.ask()).Get("code")
			c.userInfo(access).object(t, 200)
			change(c)
			if got := c.userInfo(access); got.StatusCode != 401 || !strings.Contains(got.Header.Get("WWW-Authenticate"), "invalid_token") {
				t.Errorf("userinfo: %s", got.Status)
			}
			if got := c.redeem(code); got.StatusCode != 400 {
				t.Errorf("the code: %s", got.body)
			}
			if back := p.returns(c.ask("prompt", "none")); back.Get("error") != "login_required" {
				t.Errorf("the session: %v", back)
			}
		})
	}
}

// Policies decide about people by their groups.
func TestPoliciesAreForPeople(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	crew := c.createGroup("Crew")
	const policies = "/api/v1/authorizationServers/default/policies"
	policy := c.manage("GET", policies, nil).list(t)[0]["id"].(string)
	rules := policies + "/" + policy + "/rules"
	rule := c.manage("GET", rules, nil).list(t)[0]
	rule["conditions"].(object)["people"] = object{"groups": object{"include": []string{crew}}}
	c.manage("PUT", rules+"/"+rule["id"].(string), rule).object(t, 200)
	p := c.visitor()
	if back := p.enters(c.ask(), doraLogin, doraPassword); back.Get("error") != "access_denied" {
		t.Errorf("outside of the group: %v", back)
	}
	c.manage("PUT", "/api/v1/groups/"+crew+"/users/"+c.dora, nil)
	code := p.returns(c.ask()).Get("code")
	if code == "" {
		t.Error("in the group: no code")
	}
	rule["conditions"].(object)["people"] = object{"groups": object{"include": []string{"EVERYONE"}}, "users": object{"exclude": []string{c.dora}}}
	c.manage("PUT", rules+"/"+rule["id"].(string), rule).object(t, 200)
	if got := c.redeem(code).object(t, 400); got["error"] != "access_denied" {
		t.Errorf("excluded since: %v", got)
	}
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	for name, body := range map[string]object{
		"first name": user(" ", "Dev", "a@dev.example", doraPassword),
		"login":      user("A", "Dev", "a", doraPassword),
		"password":   user("A", "Dev", "a@dev.example", "short"),
		"taken":      user("A", "Dev", strings.ToUpper(doraLogin), doraPassword),
		"nothing":    {},
	} {
		if got := c.manage("POST", "/api/v1/users", body).object(t, 400); got["errorCode"] != "E0000001" {
			t.Errorf("%s: %v", name, got)
		}
	}
	lost := user("A", "Dev", "a@dev.example", doraPassword)
	lost["groupIds"] = []string{"00gNothing"}
	c.manage("POST", "/api/v1/users", lost).object(t, 404)
	c.manage("GET", "/api/v1/users/a@dev.example", nil).object(t, 404)

	crew := c.createGroup("Crew")
	c.manage("POST", "/api/v1/groups", object{"profile": object{"name": "CREW"}}).object(t, 400)
	c.manage("POST", "/api/v1/groups", object{"profile": object{"name": ""}}).object(t, 400)
	lost["groupIds"] = []string{crew}
	c.manage("POST", "/api/v1/users", lost).object(t, 200)
	members := c.manage("GET", "/api/v1/groups/"+crew+"/users", nil).list(t)
	if len(members) != 1 || members[0]["profile"].(object)["login"] != "a@dev.example" || members[0]["status"] != "ACTIVE" {
		t.Errorf("members: %v", members)
	}
	if first := c.manage("GET", "/api/v1/users?limit=1", nil); len(first.list(t)) != 1 || len(first.Header.Values("Link")) != 2 {
		t.Errorf("a page of users: %s", first.body)
	}
	if found := c.manage("GET", "/api/v1/users?q=dor", nil).list(t); len(found) != 1 || found[0]["id"] != c.dora {
		t.Errorf("search: %v", found)
	}
	changed := c.manage("POST", "/api/v1/users/"+doraLogin, object{"profile": object{"lastName": "Diver"}}).object(t, 200)
	if profile := changed["profile"].(object); profile["lastName"] != "Diver" || profile["firstName"] != "Dora" {
		t.Errorf("changed: %v", profile)
	}
	c.manage("POST", "/api/v1/users/"+doraLogin, object{"profile": object{"login": "a@dev.example"}}).object(t, 400)
	for _, step := range []struct {
		method, path string
		groups       int
	}{{"PUT", crew, 1}, {"PUT", crew, 1}, {"DELETE", crew, 0}} {
		if got := c.manage(step.method, "/api/v1/groups/"+step.path+"/users/"+c.dora, nil); got.StatusCode != 204 {
			t.Errorf("%s: %s", step.method, got.body)
		}
		if groups := c.manage("GET", "/api/v1/users/"+c.dora+"/groups", nil).list(t); len(groups) != step.groups {
			t.Errorf("after %s: %v", step.method, groups)
		}
	}
	c.manage("PUT", "/api/v1/groups/"+crew+"/users/00uNobody", nil).object(t, 404)
	c.manage("PUT", "/api/v1/groups/00gNothing/users/"+c.dora, nil).object(t, 404)
	if got := c.manage("DELETE", "/api/v1/groups/"+crew, nil); got.StatusCode != 204 {
		t.Errorf("delete: %s", got.body)
	}
	c.manage("GET", "/api/v1/groups/"+crew, nil).object(t, 404)
	if left := c.manage("GET", "/api/v1/groups?q=cr", nil).list(t); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}
