package localas_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

func (c caller) keySet() jose.JSONWebKeySet {
	c.t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(c.do(c.request("GET", "/oauth2/default/v1/keys", nil)).body, &set); err != nil {
		c.t.Fatal(err)
	}
	return set
}

func (c caller) verified(token string) (*jwt.JSONWebToken, object) {
	c.t.Helper()
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		c.t.Fatal(err)
	}
	claims := object{}
	if err := parsed.Claims(c.keySet(), &claims); err != nil {
		c.t.Fatal(err)
	}
	return parsed, claims
}

func TestAccessTokenIsOktas(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.addScope("orders:read")
	c.manage("POST", "/api/v1/authorizationServers/default/claims", object{
		"name": "client_id", "value": "app.clientId", "valueType": "EXPRESSION", "claimType": "RESOURCE",
	}).object(t, 201)
	app := c.createApp("Orders")
	issued := c.token(app, "orders:read").object(t, 200)
	if issued["token_type"] != "Bearer" || issued["expires_in"] != 3600.0 || issued["scope"] != "orders:read" {
		t.Errorf("token response: %v", issued)
	}
	token, claims := c.verified(issued["access_token"].(string))
	header := token.Headers[0]
	if header.Algorithm != "RS256" || header.KeyID == "" || len(header.ExtraHeaders) != 0 {
		t.Errorf("header must hold alg and kid only: %+v", header)
	}
	for name, want := range map[string]any{
		"ver": 1.0, "iss": c.Issuer, "aud": "api://default", "cid": app.id, "sub": app.id, "client_id": app.id,
	} {
		if claims[name] != want {
			t.Errorf("claim %s is %v, want %v", name, claims[name], want)
		}
	}
	if scopes, _ := claims["scp"].([]any); len(scopes) != 1 || scopes[0] != "orders:read" {
		t.Errorf("scp is %v", claims["scp"])
	}
	if life := claims["exp"].(float64) - claims["iat"].(float64); life != time.Hour.Seconds() {
		t.Errorf("lives %v seconds", life)
	}
	for _, absent := range []string{"uid", "nbf", "scope"} {
		if _, present := claims[absent]; present {
			t.Errorf("claim %s must be absent", absent)
		}
	}
}

func TestTokenRefusals(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.addScope("orders:read")
	app := c.createApp("Orders")
	web := c.manage("POST", "/oauth2/v1/clients", object{
		"client_name": "Web", "redirect_uris": []string{"https://example.com/cb"},
	}).object(t, 201)
	granted := clientCredentials("orders:read")
	with := func(form url.Values, pairs ...string) url.Values {
		form = maps.Clone(form)
		for i := 0; i < len(pairs); i += 2 {
			form[pairs[i]] = []string{pairs[i+1]}
		}
		return form
	}
	for name, test := range map[string]struct {
		id, secret  string
		form        url.Values
		status      int
		code, words string
	}{
		"no credentials":    {"", "", granted, 401, "invalid_client", "No client credentials found."},
		"unknown client":    {"0oaNobody", "x", granted, 401, "invalid_client", "Invalid value for 'client_id' parameter."},
		"wrong secret":      {app.id, "wrong-wrong-wrong", granted, 401, "invalid_client", "client secret supplied"},
		"two methods":       {app.id, app.secret, with(granted, "client_id", app.id, "client_secret", app.secret), 400, "invalid_request", "multiple client credentials"},
		"two client ids":    {app.id, app.secret, with(granted, "client_id", "another"), 400, "invalid_request", "client_id"},
		"no grant type":     {app.id, app.secret, url.Values{"scope": {"orders:read"}}, 400, "invalid_request", "grant_type"},
		"another grant":     {app.id, app.secret, url.Values{"grant_type": {"password"}}, 400, "unsupported_grant_type", "client_credentials"},
		"grant not allowed": {web["client_id"].(string), web["client_secret"].(string), granted, 400, "unauthorized_client", "authorization_code"},
		"no scope":          {app.id, app.secret, clientCredentials(""), 400, "invalid_scope", "No scopes were requested"},
		"unknown scope":     {app.id, app.secret, clientCredentials("orders:read nothing"), 400, "invalid_scope", "not configured for the authorization server resource"},
		"openid":            {app.id, app.secret, clientCredentials("openid"), 400, "invalid_scope", "Cannot request 'openid' scopes using client credentials."},
		"a parameter twice": {app.id, app.secret, url.Values{"grant_type": {"client_credentials", "client_credentials"}}, 400, "invalid_request", "more than once"},
		"NUL":               {app.id, app.secret, clientCredentials("orders:read\x00"), 400, "invalid_request", "not allowed"},
	} {
		got := c.form("/oauth2/default/v1/token", test.id, test.secret, test.form)
		refusal := got.object(t, test.status)
		if refusal["error"] != test.code || !strings.Contains(refusal["error_description"].(string), test.words) {
			t.Errorf("%s: %s", name, got.body)
		}
		if challenge := got.Header.Get("WWW-Authenticate"); (test.status == 401) != (challenge != "") {
			t.Errorf("%s: WWW-Authenticate %q", name, challenge)
		}
	}
}

func TestBasicHeaderMustBeBase64(t *testing.T) {
	t.Parallel()
	c := start(t)
	app := c.createApp("Orders")
	for _, header := range []string{"Basic " + app.id + ":" + app.secret, "Basic", "Basic " + base64.StdEncoding.EncodeToString([]byte("no colon"))} {
		request := c.request("POST", "/oauth2/default/v1/token", strings.NewReader(clientCredentials("x").Encode()))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Authorization", header)
		if refusal := c.do(request).object(t, 400); refusal["error"] != "invalid_request" {
			t.Errorf("%q: %v", header, refusal)
		}
	}
}

func TestSecretsAreFormDecodedInBasicAndPlainInTheBody(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.addScope("orders:read")
	const value = "p+ss w%rd:with/odd~chars"
	app := serviceApp("Odd", "dp$-_.+!*'(),x", strings.ReplaceAll(value, " ", "_"))
	created := c.manage("POST", "/api/v1/apps", app).object(t, 200)
	credentials := created["credentials"].(object)["oauthClient"].(object)
	r := registered{id: credentials["client_id"].(string), secret: credentials["client_secret"].(string)}
	c.token(r, "orders:read").object(t, 200)
	form := clientCredentials("orders:read")
	form.Set("client_id", r.id)
	form.Set("client_secret", r.secret)
	c.form("/oauth2/default/v1/token", "", "", form).object(t, 200)
}

func TestDefaultScope(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.addScope("orders:read")
	c.manage("POST", "/api/v1/authorizationServers/default/scopes", object{"name": "basic", "default": true}).object(t, 201)
	issued := c.token(c.createApp("Orders"), "").object(t, 200)
	if issued["scope"] != "basic" {
		t.Errorf("granted %v", issued["scope"])
	}
}

func TestConsentRefusesWhatNobodyCanGive(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.manage("POST", "/api/v1/authorizationServers/default/scopes", object{"name": "personal", "consent": "REQUIRED"}).object(t, 201)
	dynamic := c.manage("POST", "/oauth2/v1/clients", object{
		"client_name": "Dynamic", "application_type": "service", "grant_types": []string{"client_credentials"},
	}).object(t, 201)
	self := registered{id: dynamic["client_id"].(string), secret: dynamic["client_secret"].(string)}
	if refusal := c.token(self, "personal").object(t, 400); refusal["error"] != "invalid_scope" {
		t.Errorf("a self-registered client: %v", refusal)
	}
	c.token(c.createApp("Trusted"), "personal").object(t, 200)
}

func TestClaimsFollowTheirScopes(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.addScope("a")
	c.addScope("b")
	for _, claim := range []object{
		{"name": "always", "value": `"yes"`},
		{"name": "only_a", "value": "app.id", "conditions": object{"scopes": []string{"a"}}},
		{"name": "off", "value": "app.id", "status": "INACTIVE"},
		{"name": "in_id_token", "value": "app.id", "claimType": "IDENTITY"},
		{"name": "nobody", "value": "appuser.userName"},
	} {
		c.manage("POST", "/api/v1/authorizationServers/default/claims", claim).object(t, 201)
	}
	app := c.createApp("Orders")
	_, claims := c.verified(c.token(app, "b").object(t, 200)["access_token"].(string))
	if claims["always"] != "yes" || claims["only_a"] != nil {
		t.Errorf("with scope b: %v", claims)
	}
	_, claims = c.verified(c.token(app, "b a").object(t, 200)["access_token"].(string))
	if claims["only_a"] != app.app {
		t.Errorf("with scope a: %v", claims)
	}
	for _, absent := range []string{"off", "in_id_token", "nobody"} {
		if _, present := claims[absent]; present {
			t.Errorf("claim %s must be absent", absent)
		}
	}
}

// keyedClient registers a client that signs its requests, and returns what
// signs them.
func (c caller) keyedClient(label string) (registered, func(aud, jti string, life time.Duration) string) {
	c.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	app := serviceApp(label, "", "")
	app["credentials"].(object)["oauthClient"] = object{"token_endpoint_auth_method": "private_key_jwt"}
	app["settings"].(object)["oauthClient"].(object)["jwks"] = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private.Public(), KeyID: "k1", Use: "sig"}}}
	created := c.manage("POST", "/api/v1/apps", app).object(c.t, 200)
	r := registered{app: created["id"].(string), id: created["id"].(string)}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: private, KeyID: "k1"}}, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return r, func(aud, jti string, life time.Duration) string {
		text, err := jwt.Signed(signer).Claims(jwt.Claims{
			Issuer: r.id, Subject: r.id, Audience: jwt.Audience{aud}, ID: jti, Expiry: jwt.NewNumericDate(time.Now().Add(life)),
		}).Serialize()
		if err != nil {
			c.t.Fatal(err)
		}
		return text
	}
}

func assertionForm(assertion, scope string) url.Values {
	form := clientCredentials(scope)
	form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	form.Set("client_assertion", assertion)
	return form
}

func TestPrivateKeyJWT(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.addScope("orders:read")
	_, sign := c.keyedClient("Keyed")
	_, stranger := c.keyedClient("Stranger")
	endpoint := c.Issuer + "/v1/token"
	ask := func(assertion string) answer {
		return c.form("/oauth2/default/v1/token", "", "", assertionForm(assertion, "orders:read"))
	}
	once := sign(endpoint, "once", time.Minute)
	ask(once).object(t, 200)
	parts := strings.Split(stranger(endpoint, "s", time.Minute), ".")
	forged := strings.Join(append(strings.Split(sign(endpoint, "f", time.Minute), ".")[:2], parts[2]), ".")
	for name, assertion := range map[string]string{
		"used again": once, "another audience": sign("https://elsewhere.test", "2", time.Minute),
		"expired": sign(endpoint, "3", -time.Minute), "too far ahead": sign(endpoint, "4", 2*time.Hour),
		"foreign signature": forged, "not a token": "abc",
	} {
		if refusal := ask(assertion).object(t, 401); refusal["error"] != "invalid_client" {
			t.Errorf("%s: %v", name, refusal)
		}
	}
}

func TestServiceAppManagesByItsGrantedScopes(t *testing.T) {
	t.Parallel()
	c := start(t)
	app, sign := c.keyedClient("Robot")
	ask := func(jti, scope string) answer {
		return c.form("/oauth2/v1/token", "", "", assertionForm(sign(c.URL+"/oauth2/v1/token", jti, time.Minute), scope))
	}
	if refusal := ask("1", "okta.apps.read").object(t, 400); refusal["error"] != "invalid_scope" {
		t.Errorf("not granted: %v", refusal)
	}
	if refusal := ask("2", "orders:read").object(t, 400); refusal["error_description"] != "Custom scopes are not allowed for this request." {
		t.Errorf("custom scope: %v", refusal)
	}
	grant := c.manage("POST", "/api/v1/apps/"+app.app+"/grants", object{"scopeId": "okta.apps.read", "issuer": c.URL}).object(t, 200)
	token := ask("3", "okta.apps.read").object(t, 200)["access_token"].(string)
	call := func(method, path string) answer {
		request := c.request(method, path, strings.NewReader("{}"))
		request.Header.Set("Authorization", "Bearer "+token)
		return c.do(request)
	}
	call("GET", "/api/v1/apps").list(t)
	if refusal := call("POST", "/api/v1/apps").object(t, 403); refusal["errorCode"] != "E0000006" {
		t.Errorf("without the scope: %v", refusal)
	}
	if refusal := call("DELETE", "/api/v1/api-tokens/current").object(t, 403); refusal["errorCode"] != "E0000006" {
		t.Errorf("an endpoint for API tokens only: %v", refusal)
	}
	if removed := c.manage("DELETE", "/api/v1/apps/"+app.app+"/grants/"+grant["id"].(string), nil); removed.StatusCode != 204 {
		t.Errorf("remove grant: %s", removed.Status)
	}
	ask("4", "okta.apps.read").object(t, 400)

	secretful := c.createApp("With a secret")
	c.form("/oauth2/v1/token", secretful.id, secretful.secret, clientCredentials("okta.apps.read")).object(t, 401)
}

func (c caller) introspect(r registered, token string) object {
	c.t.Helper()
	return c.form("/oauth2/default/v1/introspect", r.id, r.secret, url.Values{"token": {token}}).object(c.t, 200)
}

func TestIntrospectAndRevoke(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.addScope("orders:read")
	app, other := c.createApp("Orders"), c.createApp("Other")
	token := c.token(app, "orders:read").object(t, 200)["access_token"].(string)
	state := c.introspect(other, token)
	if state["active"] != true || state["client_id"] != app.id || state["scope"] != "orders:read" || state["aud"] != "api://default" ||
		state["iss"] != c.Issuer || state["token_type"] != "Bearer" || state["exp"] == nil || state["jti"] == nil {
		t.Errorf("introspection: %v", state)
	}
	for _, dead := range []string{"abc", token[:len(token)-4], token + "A"} {
		if state := c.introspect(app, dead); len(state) != 1 || state["active"] != false {
			t.Errorf("introspection of %q: %v", dead, state)
		}
	}
	c.form("/oauth2/default/v1/introspect", app.id, app.secret, url.Values{}).object(t, 400)
	c.form("/oauth2/default/v1/introspect", "", "", url.Values{"token": {token}}).object(t, 401)

	revoke := func(r registered, token string) answer {
		return c.form("/oauth2/default/v1/revoke", r.id, r.secret, url.Values{"token": {token}})
	}
	revoke(other, token).object(t, 400)
	if c.introspect(app, token)["active"] != true {
		t.Error("another client revoked the token")
	}
	for _, text := range []string{token, token, "unknown"} {
		if got := revoke(app, text); got.StatusCode != 200 {
			t.Errorf("revoke: %s", got.Status)
		}
	}
	if c.introspect(app, token)["active"] != false {
		t.Error("a revoked token is active")
	}
}

func TestDeactivationKillsTokensForGood(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.addScope("orders:read")
	app, watcher := c.createApp("Orders"), c.createApp("Watcher")
	token := c.token(app, "orders:read").object(t, 200)["access_token"].(string)
	c.manage("POST", "/api/v1/apps/"+app.app+"/lifecycle/deactivate", nil).object(t, 200)
	c.token(app, "orders:read").object(t, 401)
	if c.introspect(watcher, token)["active"] != false {
		t.Error("a token of an inactive application is active")
	}
	c.manage("POST", "/api/v1/apps/"+app.app+"/lifecycle/activate", nil).object(t, 200)
	if c.introspect(watcher, token)["active"] != false {
		t.Error("activating brought an old token back")
	}
	fresh := c.token(app, "orders:read").object(t, 200)["access_token"].(string)
	if c.introspect(watcher, fresh)["active"] != true {
		t.Error("a token issued after activating is not active")
	}
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.addScope("orders:read")
	app := c.createApp("Orders")
	old := c.token(app, "orders:read").object(t, 200)["access_token"].(string)
	before := c.keySet()
	rotated := c.manage("POST", "/api/v1/authorizationServers/default/credentials/lifecycle/keyRotate", object{"use": "sig"})
	statuses := ""
	for _, key := range decode[[]object](t, rotated, 200) {
		statuses += key["status"].(string) + " "
	}
	if statuses != "NEXT ACTIVE EXPIRED " || len(before.Keys) != 2 || len(c.keySet().Keys) != 3 {
		t.Errorf("statuses %q, %d keys before, %d after", statuses, len(before.Keys), len(c.keySet().Keys))
	}
	c.verified(old)
	token, _ := c.verified(c.token(app, "orders:read").object(t, 200)["access_token"].(string))
	if kid := token.Headers[0].KeyID; len(before.Key(kid)) != 1 {
		t.Error("the key that signs now was not published ahead")
	}
	if c.introspect(app, old)["active"] != true {
		t.Error("a token of the retired key is not active")
	}
	keys := c.do(c.request("GET", "/oauth2/default/v1/keys", nil))
	if cache := keys.Header.Get("Cache-Control"); !strings.HasPrefix(cache, "max-age=") {
		t.Errorf("Cache-Control %q", cache)
	}
	if bytes.Contains(keys.body, []byte(`"d"`)) {
		t.Error("the key set holds a private key")
	}
	c.manage("POST", "/api/v1/authorizationServers/default/credentials/lifecycle/keyRotate", object{"use": "enc"}).object(t, 400)
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	c := start(t)
	for path, issuer := range map[string]string{
		"/.well-known/openid-configuration":                      c.URL,
		"/oauth2/default/.well-known/openid-configuration":       c.Issuer,
		"/oauth2/default/.well-known/oauth-authorization-server": c.Issuer,
	} {
		document := c.do(c.request("GET", path, nil)).object(t, 200)
		base := issuer
		if issuer == c.URL {
			base += "/oauth2"
		}
		if document["issuer"] != issuer || document["token_endpoint"] != base+"/v1/token" || document["jwks_uri"] != base+"/v1/keys" ||
			document["registration_endpoint"] != c.URL+"/oauth2/v1/clients" || document["introspection_endpoint"] != base+"/v1/introspect" {
			t.Errorf("%s: %v", path, document)
		}
		want := "<nil>" // of the organisation, which signs nobody in
		if strings.HasSuffix(path, "oauth-authorization-server") {
			want = "[authorization_code client_credentials]"
		} else if issuer == c.Issuer {
			want = "[authorization_code]"
		}
		if grants := fmt.Sprint(document["grant_types_supported"]); grants != want {
			t.Errorf("%s: grants %s, want %s", path, grants, want)
		}
		if userInfo := document["userinfo_endpoint"]; want == "[authorization_code]" && userInfo != base+"/v1/userinfo" {
			t.Errorf("%s: userinfo at %v", path, userInfo)
		}
		if refusal := c.do(c.request("GET", path+"?client_id=nobody", nil)).object(t, 400); refusal["errorCode"] != "invalid_client" {
			t.Errorf("%s for nobody: %v", path, refusal)
		}
	}
	if missing := c.do(c.request("GET", "/oauth2/nowhere/.well-known/openid-configuration", nil)).object(t, 404); missing["errorCode"] != "E0000007" {
		t.Errorf("unknown authorization server: %v", missing)
	}
	c.do(c.request("GET", "/oauth2/v1/authorize", nil)).object(t, 400)
}
