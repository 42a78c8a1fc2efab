package localas_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"portico/localas"
	"portico/localas/localastest"
)

// code is the errorCode of a refusal together with its causes.
func code(t *testing.T, a answer, status int) string {
	t.Helper()
	refusal := a.object(t, status)
	text, _ := refusal["errorCode"].(string)
	causes, isList := refusal["errorCauses"].([]any)
	if !isList || refusal["errorId"] == "" || refusal["errorLink"] != text || refusal["errorSummary"] == "" {
		t.Errorf("not Okta's shape: %s", a.body)
	}
	for _, cause := range causes {
		text += " " + cause.(object)["errorSummary"].(string)
	}
	return text
}

func TestManagementNeedsAToken(t *testing.T) {
	t.Parallel()
	c := start(t)
	for _, header := range []string{"", "SSWS", "SSWS wrong", "Bearer wrong", "Basic YTpi", c.Token.Reveal()} {
		request := c.request("GET", "/api/v1/apps", nil)
		request.Header.Set("Authorization", header)
		if got := code(t, c.do(request), 401); got != "E0000011" {
			t.Errorf("Authorization %q: %s", header, got)
		}
	}
}

func TestAnswersCarryOktasHeaders(t *testing.T) {
	t.Parallel()
	c := start(t)
	got := c.manage("GET", "/api/v1/apps", nil)
	for _, name := range []string{"X-Okta-Request-Id", "X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Reset", "Date"} {
		if got.Header.Get(name) == "" {
			t.Errorf("%s is missing", name)
		}
	}
	if got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("Content-Type %q", got.Header.Get("Content-Type"))
	}
	if _, err := http.ParseTime(got.Header.Get("Date")); err != nil {
		t.Error(err)
	}
	if got := code(t, c.manage("GET", "/api/v1/nothing", nil), 404); got != "E0000007" {
		t.Errorf("unknown path: %s", got)
	}
	wrong := c.manage("PATCH", "/api/v1/apps", nil)
	if got := code(t, wrong, 405); got != "E0000022" || !strings.Contains(wrong.Header.Get("Allow"), "POST") {
		t.Errorf("wrong method: %s, Allow %q", got, wrong.Header.Get("Allow"))
	}
}

func TestApplicationLife(t *testing.T) {
	t.Parallel()
	c := start(t)
	const id, value = "dpq4k2mzx7w3nbv5tyc6ralhj0", "a-secret-of-our-own-choosing"
	created := c.manage("POST", "/api/v1/apps", serviceApp("Orders (a1)", id, value)).object(t, 200)
	app := created["id"].(string)
	credentials := created["credentials"].(object)["oauthClient"].(object)
	if !regexp.MustCompile(`^0oa[0-9A-Za-z]{17}$`).MatchString(app) || created["name"] != "oidc_client" || created["status"] != "ACTIVE" ||
		created["signOnMode"] != "OPENID_CONNECT" || credentials["client_id"] != id || credentials["client_secret"] != value ||
		created["profile"].(object)["portal_application_id"] != "7" || created["_links"].(object)["deactivate"] == nil {
		t.Errorf("created: %v", created)
	}
	if _, err := time.Parse("2006-01-02T15:04:05.000Z", created["created"].(string)); err != nil {
		t.Error(err)
	}
	if got := code(t, c.manage("POST", "/api/v1/apps", serviceApp("Again", id, value)), 400); !strings.Contains(got, "E0000001 client_id: An application with this client_id already exists.") {
		t.Errorf("the same client_id: %s", got)
	}
	read := c.manage("GET", "/api/v1/apps/"+app, nil)
	if read.object(t, 200)["label"] != "Orders (a1)" || strings.Contains(string(read.body), value) {
		t.Errorf("read: %s", read.body)
	}
	change := serviceApp("Orders renamed", id, "")
	if changed := c.manage("PUT", "/api/v1/apps/"+app, change).object(t, 200); changed["label"] != "Orders renamed" {
		t.Errorf("changed: %v", changed)
	}
	if got := code(t, c.manage("PUT", "/api/v1/apps/"+app, serviceApp("X", "another-id", "")), 400); !strings.Contains(got, "client_id") {
		t.Errorf("changing the client_id: %s", got)
	}
	if got := code(t, c.manage("DELETE", "/api/v1/apps/"+app, nil), 403); !strings.HasPrefix(got, "E0000056") {
		t.Errorf("delete while active: %s", got)
	}
	c.manage("POST", "/api/v1/apps/"+app+"/lifecycle/deactivate", nil).object(t, 200)
	if gone := c.manage("DELETE", "/api/v1/apps/"+app, nil); gone.StatusCode != 204 {
		t.Errorf("delete: %s", gone.Status)
	}
	for _, method := range []string{"GET", "DELETE"} {
		if got := code(t, c.manage(method, "/api/v1/apps/"+app, nil), 404); got != "E0000007" {
			t.Errorf("%s after delete: %s", method, got)
		}
	}
	inactive := c.manage("POST", "/api/v1/apps?activate=false", serviceApp("Sleeping", "", "")).object(t, 200)
	if inactive["status"] != "INACTIVE" {
		t.Errorf("activate=false: %v", inactive["status"])
	}
}

func TestApplicationFaultsAreNamed(t *testing.T) {
	t.Parallel()
	c := start(t)
	change := func(fn func(app, credentials, settings object)) object {
		app := serviceApp("Orders", "", "")
		fn(app, app["credentials"].(object)["oauthClient"].(object), app["settings"].(object)["oauthClient"].(object))
		return app
	}
	for want, body := range map[string]object{
		"label":         change(func(app, _, _ object) { app["label"] = " " }),
		"label: The":    change(func(app, _, _ object) { app["label"] = strings.Repeat("x", 101) }),
		"signOnMode":    change(func(app, _, _ object) { app["signOnMode"] = "SAML_2_0" }),
		"name":          change(func(app, _, _ object) { app["name"] = "bookmark" }),
		"profile":       change(func(app, _, _ object) { app["profile"] = []int{1} }),
		"client_id":     change(func(_, credentials, _ object) { credentials["client_id"] = "short" }),
		"ALL_CLIENTS":   change(func(_, credentials, _ object) { credentials["client_id"] = "ALL_CLIENTS" }),
		"client_secret": change(func(_, credentials, _ object) { credentials["client_secret"] = "too short" }),
		"printable":     change(func(_, credentials, _ object) { credentials["client_secret"] = "fourteen chars é" }),
		"token_endpoint_auth_method": change(func(_, credentials, _ object) {
			credentials["token_endpoint_auth_method"] = "client_secret_jwt"
		}),
		"jwks":             change(func(_, credentials, _ object) { credentials["token_endpoint_auth_method"] = "private_key_jwt" }),
		"'none'":           change(func(_, credentials, _ object) { credentials["token_endpoint_auth_method"] = "none" }),
		"jwks_uri":         change(func(_, _, settings object) { settings["jwks_uri"] = "http://169.254.169.254/" }),
		"grant_types":      change(func(_, _, settings object) { settings["grant_types"] = nil }),
		"is not valid for": change(func(_, _, settings object) { settings["grant_types"] = []string{"implicit"} }),
		"at least":         change(func(_, _, settings object) { settings["application_type"] = "web" }),
		"application_type": change(func(_, _, settings object) { settings["application_type"] = "robot" }),
		"response_types":   change(func(_, _, settings object) { settings["response_types"] = []string{"code"} }),
		"redirect_uris[1]": change(func(_, _, settings object) {
			settings["redirect_uris"] = []string{"https://a.test/", "https://a.test/#f"}
		}),
		"redirect_uris[0]": change(func(_, _, settings object) { settings["redirect_uris"] = []string{"javascript:alert(1)"} }),
		"logo_uri":         change(func(_, _, settings object) { settings["logo_uri"] = "javascript:alert(1)" }),
		"consent_method":   change(func(_, _, settings object) { settings["consent_method"] = "MAYBE" }),
	} {
		if got := code(t, c.manage("POST", "/api/v1/apps", body), 400); !strings.Contains(got, want) || !strings.HasPrefix(got, "E0000001") {
			t.Errorf("want a cause about %q: %s", want, got)
		}
	}
	if apps := c.manage("GET", "/api/v1/apps", nil).list(t); len(apps) != 0 {
		t.Errorf("%d applications were created", len(apps))
	}
}

func TestSecretsLife(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.addScope("orders:read")
	app := c.createApp("Orders")
	path := "/api/v1/apps/" + app.app + "/credentials/secrets"
	first := c.manage("GET", path, nil).list(t)[0]
	if first["client_secret"] != nil || first["secret_hash"] == "" || first["status"] != "ACTIVE" {
		t.Errorf("listed: %v", first)
	}
	if got := code(t, c.manage("POST", path+"/"+first["id"].(string)+"/lifecycle/deactivate", nil), 400); !strings.Contains(got, "only active") {
		t.Errorf("deactivate the last: %s", got)
	}
	second := c.manage("POST", path, nil).object(t, 201)
	rotated := registered{app.app, app.id, second["client_secret"].(string)}
	c.token(app, "orders:read").object(t, 200)
	c.token(rotated, "orders:read").object(t, 200)
	if got := code(t, c.manage("POST", path, object{}), 400); !strings.HasPrefix(got, "E0000001") || !strings.Contains(got, "maximum number") {
		t.Errorf("a third secret: %s", got)
	}
	old := path + "/" + first["id"].(string)
	if got := code(t, c.manage("DELETE", old, nil), 400); !strings.Contains(got, "active client secret") {
		t.Errorf("delete an active secret: %s", got)
	}
	if off := c.manage("POST", old+"/lifecycle/deactivate", nil).object(t, 200); off["status"] != "INACTIVE" {
		t.Errorf("deactivated: %v", off)
	}
	c.token(app, "orders:read").object(t, 401)
	c.manage("POST", old+"/lifecycle/activate", nil).object(t, 200)
	c.token(app, "orders:read").object(t, 200)
	c.manage("POST", old+"/lifecycle/deactivate", nil).object(t, 200)
	if gone := c.manage("DELETE", old, nil); gone.StatusCode != 204 {
		t.Errorf("delete: %s", gone.Status)
	}
	code(t, c.manage("GET", old, nil), 404)
	own := c.manage("POST", path, object{"client_secret": "fourteen-chars", "status": "INACTIVE"}).object(t, 201)
	if own["client_secret"] != "fourteen-chars" || own["status"] != "INACTIVE" {
		t.Errorf("brought along: %v", own)
	}
	code(t, c.manage("POST", path, object{"status": "PERHAPS"}), 400)
	code(t, c.manage("GET", "/api/v1/apps/0oaNobody/credentials/secrets", nil), 404)
}

func TestDynamicRegistrationLife(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.addScope("orders:read")
	// The body that Kong's reference handler sends.
	body := object{
		"client_name": "Orders", "redirect_uris": []string{}, "response_types": []string{"token"},
		"grant_types": []string{"client_credentials"}, "token_endpoint_auth_method": "client_secret_basic", "application_type": "service",
	}
	created := c.manage("POST", "/oauth2/v1/clients", body).object(t, 201)
	r := registered{id: created["client_id"].(string), secret: created["client_secret"].(string)}
	if created["client_secret_expires_at"] != 0.0 || created["client_id_issued_at"] == nil || created["client_name"] != "Orders" {
		t.Errorf("created: %v", created)
	}
	c.token(r, "orders:read").object(t, 200)
	path := "/oauth2/v1/clients/" + r.id
	read := c.manage("GET", path, nil)
	if got := read.object(t, 200); got["client_secret"] != nil || strings.Contains(string(read.body), r.secret) {
		t.Errorf("read: %s", read.body)
	}
	if app := c.manage("GET", "/api/v1/apps/"+r.id, nil).object(t, 200); app["label"] != "Orders" {
		t.Errorf("as an application: %v", app)
	}
	partial := object{"client_id": r.id, "client_name": "Renamed"}
	if refusal := c.manage("PUT", path, partial).object(t, 400); refusal["error"] != "invalid_client_metadata" {
		t.Errorf("partial update: %v", refusal)
	}
	body["client_id"], body["client_name"] = r.id, "Renamed"
	if changed := c.manage("PUT", path, body).object(t, 200); changed["client_name"] != "Renamed" {
		t.Errorf("changed: %v", changed)
	}
	body["client_id_issued_at"] = 1
	c.manage("PUT", path, body).object(t, 400)
	renewed := c.manage("POST", path+"/lifecycle/newSecret", nil).object(t, 200)
	c.token(r, "orders:read").object(t, 401)
	r.secret = renewed["client_secret"].(string)
	c.token(r, "orders:read").object(t, 200)
	if gone := c.manage("DELETE", path, nil); gone.StatusCode != 204 {
		t.Errorf("delete: %s", gone.Status)
	}
	code(t, c.manage("GET", path, nil), 404)
	c.token(r, "orders:read").object(t, 401)
}

func TestDynamicRegistrationRefusesInItsOwnShape(t *testing.T) {
	t.Parallel()
	c := start(t)
	for want, body := range map[string]object{
		"client_name":   {"grant_types": []string{"client_credentials"}, "application_type": "service"},
		"redirect_uris": {"client_name": "Web"},
		"client_id":     {"client_name": "X", "client_id": "chosen-by-me"},
	} {
		refusal := c.manage("POST", "/oauth2/v1/clients", body).object(t, 400)
		if description, _ := refusal["error_description"].(string); !strings.HasPrefix(refusal["error"].(string), "invalid_") || !strings.Contains(description, want) {
			t.Errorf("want words about %s: %v", want, refusal)
		}
	}
}

var nextLink = regexp.MustCompile(`<([^>]+)>; rel="next"`)

func TestListsArePaged(t *testing.T) {
	t.Parallel()
	c := start(t)
	for i := range 5 {
		c.createApp(fmt.Sprintf("Orders %d", i))
	}
	c.createApp("100% other")
	for _, path := range []string{"/api/v1/apps", "/oauth2/v1/clients"} {
		seen, next := 0, path+"?limit=2&q=Orders"
		for pages := 0; next != ""; pages++ {
			got := c.manage("GET", next, nil)
			seen += len(got.list(t))
			links := got.Header.Values("Link")
			if !strings.Contains(links[0], `rel="self"`) || pages > 3 {
				t.Fatalf("%s: links %q on page %d", path, links, pages)
			}
			next = ""
			if match := nextLink.FindStringSubmatch(strings.Join(links, ",")); match != nil {
				next = strings.TrimPrefix(match[1], c.URL)
			}
		}
		if seen != 5 {
			t.Errorf("%s: %d of 5 seen", path, seen)
		}
	}
	count := func(query string) int { return len(c.manage("GET", "/api/v1/apps?"+query, nil).list(t)) }
	id := c.manage("GET", "/api/v1/apps", nil).list(t)[0]["id"].(string)
	for query, want := range map[string]int{
		"q=100%25": 1, "q=_": 0, "filter=status+eq+%22ACTIVE%22": 6, "filter=status+eq+%22INACTIVE%22": 0,
		"filter=id+eq+%22" + id + "%22": 1, "filter=name+eq+%22oidc_client%22": 6, "filter=name+eq+%22other%22": 0,
	} {
		if got := count(query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	for _, query := range []string{"limit=0", "limit=201", "limit=x", "after=!", "after=AAAA", "filter=label+sw+%22a%22"} {
		code(t, c.manage("GET", "/api/v1/apps?"+query, nil), 400)
	}
}

func TestAuthorizationServerLife(t *testing.T) {
	t.Parallel()
	c := start(t)
	const servers = "/api/v1/authorizationServers"
	created := c.manage("POST", servers, object{"name": "Partners", "audiences": []string{"api://partners"}}).object(t, 201)
	id := created["id"].(string)
	if !strings.HasPrefix(id, "aus") || created["issuer"] != c.URL+"/oauth2/"+id || created["credentials"].(object)["signing"].(object)["kid"] == "" {
		t.Errorf("created: %v", created)
	}
	path := servers + "/" + id
	c.manage("POST", path+"/scopes", object{"name": "orders:read"}).object(t, 201)
	app := c.createApp("Orders")
	ask := func() answer {
		return c.form("/oauth2/"+id+"/v1/token", app.id, app.secret, clientCredentials("orders:read"))
	}
	if refusal := ask().object(t, 400); refusal["error"] != "access_denied" || !strings.HasPrefix(refusal["error_description"].(string), "Policy evaluation failed") {
		t.Errorf("without a policy: %v", refusal)
	}
	policy := c.manage("POST", path+"/policies", object{"name": "Mine", "conditions": object{"clients": object{"include": []string{app.id}}}}).object(t, 201)
	rules := path + "/policies/" + policy["id"].(string) + "/rules"
	rule := c.manage("POST", rules, object{
		"type": "RESOURCE_ACCESS", "name": "Short", "actions": object{"token": object{"accessTokenLifetimeMinutes": 5}},
		"conditions": object{"grantTypes": object{"include": []string{"client_credentials"}}, "scopes": object{"include": []string{"orders:read"}}},
	}).object(t, 201)
	if issued := ask().object(t, 200); issued["expires_in"] != 300.0 {
		t.Errorf("issued: %v", issued)
	}
	for _, operation := range []string{"deactivate", "activate"} {
		if got := c.manage("POST", rules+"/"+rule["id"].(string)+"/lifecycle/"+operation, nil); got.StatusCode != 204 {
			t.Errorf("%s the rule: %s", operation, got.Status)
		}
		if got := ask(); (got.StatusCode == 200) != (operation == "activate") {
			t.Errorf("after %s: %s", operation, got.Status)
		}
	}
	c.manage("POST", path+"/lifecycle/deactivate", nil)
	code(t, ask(), 404)
	c.manage("POST", path+"/lifecycle/activate", nil)
	changed := c.manage("PUT", path, object{"name": "Partners", "audiences": []string{"api://new"}}).object(t, 200)
	if aud := changed["audiences"].([]any)[0]; aud != "api://new" {
		t.Errorf("audience %v", aud)
	}
	for _, body := range []object{{"name": "x"}, {"name": "default", "audiences": []string{"a"}}, {"name": "y", "audiences": []string{"a", "b"}}} {
		code(t, c.manage("POST", servers, body), 400)
	}
	code(t, c.manage("DELETE", servers+"/default", nil), 403)
	if gone := c.manage("DELETE", path, nil); gone.StatusCode != 204 {
		t.Errorf("delete: %s", gone.Status)
	}
	if left := c.manage("GET", servers, nil).list(t); len(left) != 1 || left[0]["id"] != "default" {
		t.Errorf("left: %v", left)
	}
}

func TestPoliciesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	c := start(t)
	const policies = "/api/v1/authorizationServers/default/policies"
	order := func() (names []string) {
		for _, p := range c.manage("GET", policies, nil).list(t) {
			names = append(names, p["name"].(string))
		}
		return names
	}
	c.manage("POST", policies, object{"name": "Last"}).object(t, 201)
	first := c.manage("POST", policies, object{"name": "First", "priority": 1}).object(t, 201)
	if got := order(); !slices.Equal(got, []string{"First", "Default Policy", "Last"}) {
		t.Errorf("order %v", got)
	}
	c.manage("PUT", policies+"/"+first["id"].(string), object{"name": "First", "priority": 3}).object(t, 200)
	if got := order(); !slices.Equal(got, []string{"Default Policy", "First", "Last"}) {
		t.Errorf("order after the move %v", got)
	}
	code(t, c.manage("POST", policies, object{"name": "Last"}), 400)
	if gone := c.manage("DELETE", policies+"/"+first["id"].(string), nil); gone.StatusCode != 204 {
		t.Errorf("delete: %s", gone.Status)
	}
	code(t, c.manage("GET", policies+"/"+first["id"].(string)+"/rules", nil), 404)
}

func TestScopesAndClaimsLife(t *testing.T) {
	t.Parallel()
	c := start(t)
	const as = "/api/v1/authorizationServers/default"
	sc := c.manage("POST", as+"/scopes", object{"name": "orders:read", "description": "Read", "metadataPublish": "ALL_CLIENTS"}).object(t, 201)
	if sc["consent"] != "IMPLICIT" || sc["system"] != false {
		t.Errorf("scope: %v", sc)
	}
	published := c.do(c.request("GET", "/oauth2/default/.well-known/oauth-authorization-server", nil)).object(t, 200)["scopes_supported"].([]any)
	if !slices.Contains(published, any("orders:read")) {
		t.Errorf("published scopes %v", published)
	}
	scopePath := as + "/scopes/" + sc["id"].(string)
	c.manage("PUT", scopePath, object{"name": "orders:all"}).object(t, 200)
	if read := c.manage("GET", scopePath, nil).object(t, 200); read["name"] != "orders:all" {
		t.Errorf("read: %v", read)
	}
	for _, body := range []object{{"name": ""}, {"name": "a b"}, {"name": "okta.apps.read"}, {"name": "orders:all"}, {"name": "x", "consent": "NEVER"}} {
		code(t, c.manage("POST", as+"/scopes", body), 400)
	}
	openid := c.manage("GET", as+"/scopes?q=openid", nil).list(t)[0]
	code(t, c.manage("DELETE", as+"/scopes/"+openid["id"].(string), nil), 403)

	cl := c.manage("POST", as+"/claims", object{"name": "client_id", "value": "app.clientId", "conditions": object{"scopes": []string{"orders:all"}}}).object(t, 201)
	claimPath := as + "/claims/" + cl["id"].(string)
	c.manage("PUT", claimPath, object{"name": "client_id", "value": "app.id"}).object(t, 200)
	if read := c.manage("GET", claimPath, nil).object(t, 200); read["value"] != "app.id" {
		t.Errorf("read: %v", read)
	}
	for _, body := range []object{
		{"name": "cid", "value": "app.id"}, {"name": "x", "value": "user.email"}, {"name": "", "value": "app.id"},
		{"name": "client_id", "value": "app.id"}, {"name": "x", "value": "app.id", "valueType": "GROUPS"},
		{"name": "x", "value": "app.id", "conditions": object{"scopes": []string{"nowhere"}}},
	} {
		if got := code(t, c.manage("POST", as+"/claims", body), 400); !strings.HasPrefix(got, "E0000001") {
			t.Errorf("%v: %s", body, got)
		}
	}
	for _, path := range []string{scopePath, claimPath} {
		if gone := c.manage("DELETE", path, nil); gone.StatusCode != 204 {
			t.Errorf("DELETE %s: %s", path, gone.Status)
		}
		code(t, c.manage("GET", path, nil), 404)
	}
}

func TestBadBodiesAreRefusedNotFailed(t *testing.T) {
	t.Parallel()
	c := start(t)
	send := func(path, body string) answer {
		request := c.request("POST", path, strings.NewReader(body))
		request.Header.Set("Authorization", "SSWS "+c.Token.Reveal())
		return c.do(request)
	}
	bodies := []string{
		"", "{", "[]", "null", "7", `"x"`, `{"label":7}`, `{"settings":[]}`, `{"label":"a\u0000b"}`, "{}{}", "\xff\xfe",
		`{"settings":{"oauthClient":{"grant_types":"client_credentials"}}}`, `{"settings":{"oauthClient":{"jwks":{"keys":[{"kty":"no"}]}}}}`,
		`{"name":{}}`, `{"client_name":[]}`, `{"conditions":7}`, strings.Repeat("[", 20_000), `{"a":` + strings.Repeat("[", 9_000),
	}
	for _, path := range []string{
		"/api/v1/apps", "/oauth2/v1/clients", "/api/v1/authorizationServers", "/api/v1/authorizationServers/default/scopes",
		"/api/v1/authorizationServers/default/claims", "/api/v1/authorizationServers/default/policies",
		"/api/v1/authorizationServers/default/credentials/lifecycle/keyRotate",
	} {
		for _, body := range bodies {
			if got := send(path, body); got.StatusCode != 400 {
				t.Errorf("POST %s %.40q: %s %s", path, body, got.Status, got.body)
			}
		}
		if got := send(path, `{"label":"`+strings.Repeat("x", 1<<20)+`"}`); got.StatusCode != 413 {
			t.Errorf("POST %s, too large: %s", path, got.Status)
		}
	}
	for _, path := range []string{
		"/api/v1/apps/%00", "/api/v1/apps/" + strings.Repeat("x", 5000), "/oauth2/v1/clients/%ff", "/api/v1/apps/x%2Fy",
		"/api/v1/authorizationServers/'%20OR%201=1", "/api/v1/api-tokens/none",
	} {
		code(t, c.manage("GET", path, nil), 404)
	}
	if got := c.form("/oauth2/default/v1/token", "a", "b", map[string][]string{"x": {strings.Repeat("y", 1<<20)}}); got.StatusCode != 413 {
		t.Errorf("a token request that is too large: %s", got.Status)
	}
}

func TestAPITokens(t *testing.T) {
	t.Parallel()
	c := start(t)
	second, err := c.BootstrapToken(t.Context(), "second")
	if err != nil {
		t.Fatal(err)
	}
	listed := c.manage("GET", "/api/v1/api-tokens", nil)
	tokens := listed.list(t)
	if len(tokens) != 2 || tokens[1]["name"] != "second" || tokens[1]["tokenWindow"] != "P30D" || tokens[1]["expiresAt"] == nil {
		t.Errorf("listed: %v", tokens)
	}
	if strings.Contains(string(listed.body), second.Reveal()) || strings.Contains(string(listed.body), c.Token.Reveal()) {
		t.Error("a list shows a token's value")
	}
	if gone := c.manage("DELETE", "/api/v1/api-tokens/"+tokens[1]["id"].(string), nil); gone.StatusCode != 204 {
		t.Errorf("revoke: %s", gone.Status)
	}
	code(t, c.manage("GET", "/api/v1/api-tokens/"+tokens[1]["id"].(string), nil), 404)
	if gone := c.manage("DELETE", "/api/v1/api-tokens/current", nil); gone.StatusCode != 204 {
		t.Errorf("revoke current: %s", gone.Status)
	}
	code(t, c.manage("GET", "/api/v1/apps", nil), 401)
	if _, err := c.BootstrapToken(t.Context(), " "); err == nil {
		t.Error("a token without a name was created")
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	c := caller{localastest.Start(t, func(cfg *localas.Config) { cfg.RateLimit = 2 }), t}
	for want := 1; want >= 0; want-- {
		got := c.manage("GET", "/api/v1/apps", nil)
		if remaining := got.Header.Get("X-Rate-Limit-Remaining"); got.StatusCode != 200 || remaining != strconv.Itoa(want) {
			t.Errorf("%s, %s remaining", got.Status, remaining)
		}
	}
	limited := c.manage("GET", "/api/v1/apps", nil)
	if got := code(t, limited, 429); got != "E0000047" {
		t.Errorf("beyond the limit: %s", got)
	}
	reset, err := strconv.ParseInt(limited.Header.Get("X-Rate-Limit-Reset"), 10, 64)
	if ahead := time.Until(time.Unix(reset, 0)); err != nil || ahead <= 0 || ahead > time.Minute {
		t.Errorf("reset %d is %v ahead", reset, ahead)
	}
	if other := c.manage("GET", "/oauth2/v1/clients", nil); other.StatusCode != 200 {
		t.Errorf("another class: %s", other.Status)
	}
}
