package okta_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const fakeToken = "00TestTokenThatMustNotLeak"

// fakeOkta behaves like an organisation with the Apps API, one authorization
// server, small pages, ids that differ from client ids, and errors as Okta
// words them.
type fakeOkta struct {
	*httptest.Server

	mu         sync.Mutex
	serial     int
	apps       []*fakeApp
	rights     string // "", "read" or "none"
	policies   string // JSON of the server's policies; empty: may not be read
	rules      string
	scopes     string
	moreScopes string // on a second page
	claims     string
	log        []string // method and path of every request
}

type fakeApp struct {
	object  map[string]any
	secrets []*fakeSecret
}

type fakeSecret struct{ ID, Status, Created, value string }

func newFakeOkta(t *testing.T) *fakeOkta {
	f := &fakeOkta{
		policies: `[{"id":"00p1","status":"ACTIVE","conditions":{"clients":{"include":["ALL_CLIENTS"]}}}]`,
		rules:    `[{"status":"ACTIVE","conditions":{"grantTypes":{"include":["client_credentials"]}}}]`,
		scopes:   `[{"name":"openid","consent":"IMPLICIT"},{"name":"read","consent":"IMPLICIT"},{"name":"ask","consent":"REQUIRED"}]`,
		claims:   `[{"name":"client_id","status":"ACTIVE","claimType":"RESOURCE","value":"app.clientId","conditions":{"scopes":[]}},{"name":"team","status":"ACTIVE","claimType":"RESOURCE","value":"\"x\""},{"name":"narrow","status":"ACTIVE","claimType":"RESOURCE","value":"app.clientId","conditions":{"scopes":["read"]}},{"name":"off","status":"INACTIVE","claimType":"RESOURCE","value":"app.clientId"},{"name":"identity","status":"ACTIVE","claimType":"IDENTITY","value":"app.clientId"}]`,
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /oauth2/default/.well-known/oauth-authorization-server", f.discovery)
	mux.HandleFunc("GET /oauth2/default/.well-known/openid-configuration", f.discovery)
	mux.HandleFunc("POST /oauth2/default/v1/token", f.token)
	mux.HandleFunc("GET /oauth2/default/v1/keys", f.keys)
	for pattern, h := range map[string]http.HandlerFunc{
		"GET /api/v1/apps": f.list, "POST /api/v1/apps": f.create,
		"GET /api/v1/apps/{id}":                                              f.withApp(f.read),
		"PUT /api/v1/apps/{id}":                                              f.withApp(f.replace),
		"DELETE /api/v1/apps/{id}":                                           f.withApp(f.remove),
		"POST /api/v1/apps/{id}/lifecycle/deactivate":                        f.withApp(f.deactivate),
		"POST /api/v1/apps/{id}/lifecycle/activate":                          f.withApp(f.activate),
		"GET /api/v1/apps/{id}/credentials/secrets":                          f.withApp(f.listSecrets),
		"POST /api/v1/apps/{id}/credentials/secrets":                         f.withApp(f.addSecret),
		"POST /api/v1/apps/{id}/credentials/secrets/{sid}/lifecycle/{state}": f.withApp(f.switchSecret),
		"DELETE /api/v1/apps/{id}/credentials/secrets/{sid}":                 f.withApp(f.removeSecret),
		"GET /api/v1/authorizationServers/default/{list}":                    f.serverList,
		"GET /api/v1/authorizationServers/default/policies/{policy}/rules": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, f.rules)
		},
	} {
		mux.HandleFunc(pattern, f.managed(h))
	}
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

func oktaError(w http.ResponseWriter, status int, code, summary string, causes ...string) {
	e := map[string]any{"errorCode": code, "errorSummary": summary, "errorId": "oae1", "errorLink": code, "errorCauses": []any{}}
	for _, c := range causes {
		e["errorCauses"] = append(e["errorCauses"].([]any), map[string]any{"errorSummary": c})
	}
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(e)
}

func invalid(w http.ResponseWriter, field, cause string) {
	oktaError(w, 400, "E0000001", "Api validation failed: "+field, field+": "+cause)
}

func (f *fakeOkta) managed(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.log = append(f.log, r.Method+" "+r.URL.Path)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Rate-Limit-Limit", "6000")
		w.Header().Set("X-Rate-Limit-Remaining", "5999")
		w.Header().Set("X-Rate-Limit-Reset", strconv.FormatInt(time.Now().Unix()+60, 10))
		switch {
		case r.Header.Get("Authorization") != "SSWS "+fakeToken:
			oktaError(w, 401, "E0000011", "Invalid token provided")
		case f.rights == "none", f.rights == "read" && r.Method != http.MethodGet:
			oktaError(w, 403, "E0000006", "You do not have permission to perform the requested action")
		default:
			h(w, r)
		}
	}
}

// keys are what the issuer's tokens are verified with: the key of RFC 7517 A.1.
func (f *fakeOkta) keys(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, `{"keys":[{"kty":"EC","crv":"P-256","use":"sig","kid":"1","alg":"ES256",
		"x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}`)
}

func (f *fakeOkta) discovery(w http.ResponseWriter, _ *http.Request) {
	issuer := f.URL + "/oauth2/default"
	json.NewEncoder(w).Encode(map[string]any{
		"issuer": issuer, "token_endpoint": issuer + "/v1/token", "jwks_uri": issuer + "/v1/keys",
		"authorization_endpoint": issuer + "/v1/authorize", "registration_endpoint": f.URL + "/oauth2/v1/clients",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"grant_types_supported": []string{"client_credentials"},
	})
}

func (f *fakeOkta) token(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	id, value, _ := r.BasicAuth()
	for _, a := range f.apps {
		if a.clientID() == id && a.object["status"] == "ACTIVE" && slices.ContainsFunc(a.secrets, func(s *fakeSecret) bool {
			return s.Status == "ACTIVE" && s.value == value
		}) {
			fmt.Fprint(w, `{"access_token":"x","token_type":"Bearer","expires_in":3600}`)
			return
		}
	}
	w.WriteHeader(http.StatusUnauthorized)
}

func (a *fakeApp) oauth(part string) map[string]any {
	p, _ := a.object[part].(map[string]any)
	o, _ := p["oauthClient"].(map[string]any)
	return o
}

func (a *fakeApp) clientID() string { s, _ := a.oauth("credentials")["client_id"].(string); return s }

func (f *fakeOkta) newID(prefix string) string {
	f.serial++
	return fmt.Sprintf("%s%017d", prefix, f.serial)
}

// checkApp applies the rules that Okta has for an app object.
func checkApp(w http.ResponseWriter, a *fakeApp) bool {
	name, _ := a.object["label"].(string)
	settings, id := a.oauth("settings"), a.clientID()
	uris, _ := settings["redirect_uris"].([]any)
	grants, _ := settings["grant_types"].([]any)
	switch {
	case name == "" || len([]rune(name)) > 100:
		invalid(w, "label", "The field must be between 1 and 100 characters")
	case a.object["signOnMode"] != "OPENID_CONNECT":
		invalid(w, "signOnMode", "The field cannot be left blank")
	case len(id) < 6 || len(id) > 100:
		invalid(w, "client_id", "Invalid length")
	case settings["application_type"] == "service" && !(len(grants) == 1 && grants[0] == "client_credentials"):
		invalid(w, "grant_types", "Invalid for a service")
	case settings["application_type"] == "web" && (!slices.Contains(grants, any("authorization_code")) || len(uris) == 0):
		invalid(w, "redirect_uris", "The field cannot be left blank")
	default:
		return true
	}
	return false
}

func (f *fakeOkta) create(w http.ResponseWriter, r *http.Request) {
	a := &fakeApp{}
	if json.NewDecoder(r.Body).Decode(&a.object) != nil || !checkApp(w, a) {
		return
	}
	if slices.ContainsFunc(f.apps, func(o *fakeApp) bool { return o.clientID() == a.clientID() }) {
		invalid(w, "client_id", "The client_id is already in use")
		return
	}
	credentials := a.oauth("credentials")
	value, _ := credentials["client_secret"].(string)
	if len(value) < 14 || len(value) > 100 {
		invalid(w, "client_secret", "Invalid length: "+value)
		return
	}
	a.object["id"], a.object["status"], a.object["created"] = f.newID("0oa"), "ACTIVE", "2026-01-02T03:04:05.000Z"
	a.object["visibility"] = map[string]any{"hide": map[string]any{"iOS": true}}
	a.secrets = []*fakeSecret{{ID: f.newID("ocs"), Status: "ACTIVE", Created: "2026-01-02T03:04:05.000Z", value: value}}
	f.apps = append(f.apps, a)
	json.NewEncoder(w).Encode(a.object)
}

func (f *fakeOkta) list(w http.ResponseWriter, r *http.Request) {
	page := slices.DeleteFunc(slices.Clone(f.apps), func(a *fakeApp) bool { return a.object["id"].(string) <= r.FormValue("after") })
	w.Header().Add("Link", fmt.Sprintf(`<%s%s>; rel="self"`, f.URL, r.URL.RequestURI()))
	if len(page) > 2 {
		page = page[:2]
		w.Header().Add("Link", fmt.Sprintf(`<%s/api/v1/apps?after=%s&limit=2>; rel="next"`, f.URL, page[1].object["id"]))
	}
	objects := []map[string]any{}
	for _, a := range page {
		objects = append(objects, a.object)
	}
	json.NewEncoder(w).Encode(objects)
}

func (f *fakeOkta) withApp(h func(http.ResponseWriter, *http.Request, *fakeApp)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, a := range f.apps {
			if a.object["id"] == r.PathValue("id") {
				h(w, r, a)
				return
			}
		}
		oktaError(w, 404, "E0000007", "Not found: Resource not found: "+r.PathValue("id"))
	}
}

func (f *fakeOkta) read(w http.ResponseWriter, _ *http.Request, a *fakeApp) {
	json.NewEncoder(w).Encode(a.object)
}

func (f *fakeOkta) replace(w http.ResponseWriter, r *http.Request, a *fakeApp) {
	next := &fakeApp{}
	body := json.NewDecoder(r.Body)
	body.UseNumber()
	if body.Decode(&next.object) != nil || !checkApp(w, next) {
		return
	}
	if _, sent := next.oauth("credentials")["client_secret"]; sent || next.clientID() != a.clientID() || next.object["id"] != nil {
		invalid(w, "credentials", "Not to be changed")
		return
	}
	next.object["id"], next.object["status"], next.object["created"] = a.object["id"], a.object["status"], a.object["created"]
	a.object = next.object
	json.NewEncoder(w).Encode(a.object)
}

func (f *fakeOkta) deactivate(w http.ResponseWriter, _ *http.Request, a *fakeApp) {
	a.object["status"] = "INACTIVE"
	fmt.Fprint(w, "{}")
}

func (f *fakeOkta) activate(w http.ResponseWriter, _ *http.Request, a *fakeApp) {
	a.object["status"] = "ACTIVE"
	fmt.Fprint(w, "{}")
}

func (f *fakeOkta) remove(w http.ResponseWriter, _ *http.Request, a *fakeApp) {
	if a.object["status"] == "ACTIVE" {
		oktaError(w, 403, "E0000056", "Delete application forbidden.", "The application must be deactivated before deletion.")
		return
	}
	f.apps = slices.DeleteFunc(f.apps, func(o *fakeApp) bool { return o == a })
	w.WriteHeader(http.StatusNoContent)
}

func (s *fakeSecret) json() map[string]any {
	return map[string]any{"id": s.ID, "status": s.Status, "created": s.Created, "client_secret": s.value}
}

func (f *fakeOkta) listSecrets(w http.ResponseWriter, _ *http.Request, a *fakeApp) {
	all := []any{}
	for _, s := range a.secrets {
		all = append(all, s.json())
	}
	json.NewEncoder(w).Encode(all)
}

func (f *fakeOkta) addSecret(w http.ResponseWriter, r *http.Request, a *fakeApp) {
	if len(a.secrets) == 2 {
		invalid(w, "secrets", "You've reached the maximum number of client secrets per client.")
		return
	}
	var body struct {
		Value string `json:"client_secret"`
	}
	json.NewDecoder(r.Body).Decode(&body)
	s := &fakeSecret{ID: f.newID("ocs"), Status: "ACTIVE", Created: "2026-01-02T03:04:05.000Z", value: body.Value}
	a.secrets = append(a.secrets, s)
	w.WriteHeader(http.StatusCreated)
	json.NewEncoder(w).Encode(s.json())
}

func (f *fakeOkta) switchSecret(w http.ResponseWriter, r *http.Request, a *fakeApp) {
	for _, s := range a.secrets {
		if s.ID == r.PathValue("sid") {
			s.Status = map[string]string{"activate": "ACTIVE", "deactivate": "INACTIVE"}[r.PathValue("state")]
			json.NewEncoder(w).Encode(s.json())
			return
		}
	}
	oktaError(w, 404, "E0000007", "Not found")
}

func (f *fakeOkta) removeSecret(w http.ResponseWriter, r *http.Request, a *fakeApp) {
	for i, s := range a.secrets {
		if s.ID == r.PathValue("sid") {
			if s.Status == "ACTIVE" {
				invalid(w, "secrets", "You can't delete an active client secret.")
				return
			}
			a.secrets = slices.Delete(a.secrets, i, i+1)
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	oktaError(w, 404, "E0000007", "Not found")
}

func (f *fakeOkta) serverList(w http.ResponseWriter, r *http.Request) {
	body := map[string]string{"policies": f.policies, "scopes": f.scopes, "claims": f.claims}[r.PathValue("list")]
	if body == "" {
		oktaError(w, 403, "E0000006", "You do not have permission to perform the requested action")
		return
	}
	if r.PathValue("list") == "scopes" && f.moreScopes != "" {
		if r.URL.Query().Get("after") != "" {
			body = f.moreScopes
		} else {
			w.Header().Set("Link", fmt.Sprintf("<%s%s?after=1&limit=200>; rel=\"next\"", f.URL, r.URL.Path))
		}
	}
	fmt.Fprint(w, body)
}

func (f *fakeOkta) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fakeOkta) requests(prefix string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, line := range f.log {
		if strings.HasPrefix(line, prefix) {
			n++
		}
	}
	return n
}
