package e2e_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestPrintedLinesWorkAsPrinted pastes what the demo prints into a shell.
func TestPrintedLinesWorkAsPrinted(t *testing.T) {
	t.Parallel()
	p := demo(t, t.TempDir(), "--port-base", strconv.Itoa(portBase(t)))
	// The announcement follows demo.json.
	deadline := time.Now().Add(10 * time.Second)
	for !strings.Contains(p.stdout.String(), "# 7.") && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	_, lines, found := strings.Cut(p.stdout.String(), "one after the other.\n")
	if !found {
		t.Fatalf("no lines to try in:\n%s", p.stdout)
	}
	shell := exec.Command("bash", "-eu", "-o", "pipefail", "-c", lines)
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("the printed lines fail: %v\n%s", err, out)
	}
	var got []string
	for _, m := range regexp.MustCompile(` -> (\d{3})`).FindAllStringSubmatch(string(out), -1) {
		got = append(got, m[1])
	}
	if want := "403 200 200 200 401 403 401"; strings.Join(got, " ") != want {
		t.Errorf("the gateway answered %v, want %s\n%s", got, want, out)
	}
	if err := p.stop(); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, p.stderr)
	}
}

// TestFoundingDocumentsWalk does what the founding documents describe, in their
// order and with their bodies, by HTTP alone: the authorization server's pages,
// the management API as printed, the portal API, and the gateway.
func TestFoundingDocumentsWalk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := demo(t, dir, "--bare", "--port-base", strconv.Itoa(portBase(t)))
	if p.OktaToken != "" || p.Developer != nil || p.Route != "" {
		t.Fatalf("--bare has provisioned more than the admin: %+v", p.manifest)
	}

	// A. In the authorization server, by its pages.
	pages := newBrowser(t, p.OktaURL)
	pages.signIn(p.Admin.Email, p.Admin.Password)
	dcrToken := pages.createToken("dcr")
	pages.addScope("default", "orders.read")
	pages.addClaim("default", "client_id", "app.clientId")

	// C. By API, as printed: the token without "Bearer".
	admin := newAPI(t, p.ManagementURL, "Authorization", p.Token)
	status, answer, err := admin.send("POST", "/v2/dcr-providers", `{ "name": "DCR Okta", "provider_type": "okta", "issuer": "`+p.Issuer+`",
  "dcr_config": { "dcr_token": "`+dcrToken+`" }`) // the printed body lacks the last brace
	if err != nil || status != 400 || !strings.Contains(string(answer), "brace") {
		t.Errorf("the body without its last brace: %d %s %v", status, answer, err)
	}
	provider := admin.do("POST", "/v2/dcr-providers", `{ "name": "DCR Okta", "provider_type": "okta", "issuer": "`+p.Issuer+`",
  "dcr_config": { "dcr_token": "`+dcrToken+`" } }`, 201)
	if config, ok := provider["dcr_config"].(object); !ok || len(config) != 0 {
		t.Errorf("dcr_config is answered as %v, want {}", provider["dcr_config"])
	}
	verdict := admin.do("POST", "/v2/dcr-providers/"+id(provider)+"/verify", nil, 200)
	if verdict["status"] != "success" {
		t.Errorf("verify: %v", verdict)
	}
	strategy := admin.do("POST", "/v2/application-auth-strategies", object{
		"name": "Okta auth strategy", "display_name": "Okta", "strategy_type": "okta",
		"configs": object{"openid-connect": object{
			"issuer": p.Issuer, "credential_claim": []string{"client_id"}, "scopes": []string{"openid", "email", "orders.read"},
			"auth_methods": []string{"client_credentials", "bearer", "session"},
		}},
		"dcr_provider_id": id(provider),
	}, 201)
	verdict = admin.do("POST", "/v2/dcr-providers/"+id(provider)+"/verify", nil, 200)
	if said := fmt.Sprint(verdict["errors"]); verdict["status"] != "success" || !strings.Contains(said, "openid") {
		t.Errorf("verify does not warn of openid with client credentials: %v", verdict)
	}
	if strategy["strategy_type"] != "openid_connect" {
		t.Errorf("strategy_type is answered as %v", strategy["strategy_type"])
	}
	upstream := newUpstream(t)
	portal := admin.do("POST", "/v3/portals", object{"name": "Shop"}, 201)
	api := publishAPI(admin, id(portal), id(strategy), "Orders", "/registered_route", upstream.URL)

	// D. In the portal, as a developer.
	developer := signUp(p, admin, id(portal), "dev@example.com", "correct horse battery")
	app := developer.do("POST", "/api/v3/applications", object{"name": "My App", "auth_strategy_id": id(strategy), "description": "the first one", "redirect_uri": "https://example.com/callback"}, 201)
	clientID, clientSecret := app["client_id"].(string), app["client_secret"].(string)
	if clientID == "" || clientSecret == "" {
		t.Fatalf("no credentials in %v", app)
	}
	again := developer.do("GET", "/api/v3/applications/"+id(app), nil, 200)
	if _, shown := again["client_secret"]; shown {
		t.Error("the secret is shown a second time")
	}
	if list := pages.page("/applications"); !strings.Contains(list, clientID) {
		t.Errorf("the Applications page does not list %s", clientID)
	}

	// E. Requests.
	call := p.GatewayURL + "/registered_route"
	pair := clientID + ":" + clientSecret
	encoded := "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
	want := func(what string, status int, headers ...string) {
		t.Helper()
		if got := get(t, call, headers...); got != status {
			t.Errorf("%s: %d, want %d", what, got, status)
		}
	}
	want("not registered", 403, "Authorization", encoded)
	registration := developer.do("POST", "/api/v3/applications/"+id(app)+"/registrations", object{"api_id": api}, 201)
	want("registered but not approved", 403, "Authorization", encoded)
	at := "/v3/portals/" + id(portal) + "/applications/" + id(app) + "/registrations/" + id(registration)
	admin.do("PATCH", at, object{"status": "approved"}, 200)
	want("base64", 200, "Authorization", encoded)
	want("as printed, un-encoded", 200, "Authorization", "Basic "+pair)
	want("no credentials", 401)
	want("wrong secret", 401, "Authorization", "Basic "+clientID+":wrong")
	token := tokenFor(t, p.Issuer, clientID, clientSecret, "orders.read")
	want("bearer", 200, "Authorization", "Bearer "+token)
	cookie := sessionCookie(t, call, encoded)
	want("the session cookie alone", 200, "Cookie", cookie)

	// F. Revoked means revoked, at the next request, for every credential.
	admin.do("PATCH", at, object{"status": "revoked"}, 200)
	for what, headers := range map[string][]string{"Basic": {"Authorization", encoded}, "bearer": {"Authorization", "Bearer " + token}} {
		want("revoked, "+what, 403, headers...)
	}
	admin.do("PATCH", at, object{"status": "approved"}, 200)
	want("approved again", 200, "Authorization", encoded)
	rotated := developer.do("POST", "/api/v3/applications/"+id(app)+"/regenerate-secret", nil, 201)
	want("the old secret", 401, "Authorization", encoded)
	want("the new secret", 200, "Authorization", "Basic "+clientID+":"+rotated["client_secret"].(string))
	developer.do("DELETE", "/api/v3/applications/"+id(app), nil, 204)
	want("deleted", 401, "Authorization", "Basic "+clientID+":"+rotated["client_secret"].(string))
	want("deleted, bearer", 401, "Authorization", "Bearer "+token)
	if list := pages.page("/applications"); strings.Contains(list, clientID) {
		t.Errorf("the Applications page still lists %s", clientID)
	}

	// Key auth: the same, with a key that is shown once.
	keys := admin.do("POST", "/v2/application-auth-strategies", object{"name": "keys", "display_name": "API key", "strategy_type": "key_auth", "configs": object{"key-auth": object{}}}, 201)
	keyed := publishAPI(admin, id(portal), id(keys), "Keyed", "/keyed", upstream.URL)
	keyApp := developer.do("POST", "/api/v3/applications", object{"name": "keyed", "auth_strategy_id": id(keys)}, 201)
	key := developer.do("POST", "/api/v3/applications/"+id(keyApp)+"/credentials", object{"display_name": "first"}, 201)["credential"].(string)
	keyReg := developer.do("POST", "/api/v3/applications/"+id(keyApp)+"/registrations", object{"api_id": keyed}, 201)
	admin.do("PATCH", "/v3/portals/"+id(portal)+"/applications/"+id(keyApp)+"/registrations/"+id(keyReg), object{"status": "approved"}, 200)
	if got := get(t, p.GatewayURL+"/keyed", "apikey", key); got != 200 {
		t.Errorf("the API key: %d, want 200", got)
	}

	if err := p.stop(); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, p.stderr)
	}
	searchForSecrets(t, dir, map[string]string{"API key": key, "management token": dcrToken, "client secret": clientSecret, "rotated secret": rotated["client_secret"].(string), "password": "correct horse battery"},
		map[string]string{"log": p.stderr.String(), "output": p.stdout.String(), "management API": admin.heard.String()})
	// The portal API shows each secret once, in the answer that creates it.
	for what, secret := range map[string]string{"API key": key, "client secret": clientSecret, "rotated secret": rotated["client_secret"].(string)} {
		if n := strings.Count(developer.heard.String(), secret); n != 1 {
			t.Errorf("the portal API has shown the %s %d times", what, n)
		}
	}
}

// id is the id of an answer.
func id(o object) string { return o["id"].(string) }

// publishAPI makes service, route and API, links and publishes them, and
// returns the API's id.
func publishAPI(admin *api, portal, strategy, name, path, upstream string) string {
	planes := admin.do("GET", "/v2/control-planes", nil, 200)["data"].([]any)
	plane := planes[0].(object)["id"].(string)
	entities := "/v2/control-planes/" + plane + "/core-entities"
	service := admin.do("POST", entities+"/services", object{"name": strings.ToLower(name), "url": upstream}, 201)
	admin.do("POST", entities+"/routes", object{"name": strings.ToLower(name), "paths": []string{path}, "service": object{"id": id(service)}}, 201)
	created := admin.do("POST", "/v3/apis", object{"name": name, "version": "1.0"}, 201)
	admin.do("POST", "/v3/apis/"+id(created)+"/implementations", object{"service": object{"id": id(service), "control_plane_id": plane}}, 201)
	admin.do("PUT", "/v3/apis/"+id(created)+"/publications/"+portal, object{"auth_strategy_ids": []string{strategy}, "visibility": "public"}, 200)
	return id(created)
}

// signUp makes a developer's account the way people do, approves it, and
// returns the portal API with the developer signed in.
func signUp(p *program, admin *api, portal, email, password string) *api {
	p.t.Helper()
	c := newAPI(p.t, p.PortalURL)
	c.do("POST", "/api/v3/developer", object{"email": email, "full_name": "Dev Eloper"}, 201)
	verified := c.do("POST", "/api/v3/developer/verify-email", object{"token": mailedToken(p.t, p.dir, email)}, 202)
	c.do("POST", "/api/v3/developer/reset-password", object{"token": verified["token"], "password": password}, 204)
	found := admin.do("GET", "/v3/portals/"+portal+"/developers?filter%5Bemail%5D="+url.QueryEscape(email), nil, 200)["data"].([]any)
	admin.do("PATCH", "/v3/portals/"+portal+"/developers/"+id(found[0].(object)), object{"status": "approved"}, 200)
	c.do("POST", "/api/v3/developer/authenticate", object{"username": email, "password": password}, 204)
	return c
}

// mailedToken reads the token of the newest mail, as an operator would.
func mailedToken(t testing.TB, dir, to string) string {
	t.Helper()
	out, err := exec.Command(binary, "outbox", "--data-dir", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	token := ""
	for lines := bufio.NewScanner(strings.NewReader(string(out))); lines.Scan(); {
		var m struct{ To, Link string }
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			t.Fatalf("the outbox is no JSON lines: %v: %s", err, lines.Bytes())
		}
		if _, rest, ok := strings.Cut(m.Link, "token="); ok && m.To == to {
			token = rest
		}
	}
	if token == "" {
		t.Fatalf("no mail to %s in:\n%s", to, out)
	}
	return token
}

func tokenFor(t testing.TB, issuer, clientID, clientSecret, scope string) string {
	t.Helper()
	r, err := http.NewRequest("POST", issuer+"/v1/token", strings.NewReader("grant_type=client_credentials&scope="+scope))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(clientID, clientSecret)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var out struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || out.AccessToken == "" {
		t.Fatalf("no token: %d %v", res.StatusCode, err)
	}
	return out.AccessToken
}

// sessionCookie calls with credentials and returns the cookie that comes back.
func sessionCookie(t testing.TB, address, authorization string) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest("GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", authorization)
	res, err := (&http.Client{Jar: jar}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, res.Body)
	res.Body.Close()
	for _, c := range res.Cookies() {
		if c.Name == "session" {
			return c.Name + "=" + c.Value
		}
	}
	t.Fatalf("no session cookie with the answer %d", res.StatusCode)
	return ""
}

// searchForSecrets looks for secrets in every file of a directory and in texts,
// apart from the demo's own files, which hold its sign-ins on purpose.
func searchForSecrets(t testing.TB, dir string, secrets, texts map[string]string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := filepath.Base(file); name == "demo.json" || name == "demo-credentials.json" {
			continue
		}
		texts["file "+filepath.Base(file)] = readFile(t, file)
	}
	for where, text := range texts {
		for what, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("the %s is in the %s", what, where)
			}
		}
	}
}
