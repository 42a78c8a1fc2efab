package azuread_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"portico"
	"portico/idptest/fakeas"
	"portico/secret"
)

const (
	tenant        = "0f8fad5b-d9cb-469f-a165-70867728950e"
	managerID     = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
	managerSecret = "ManagementSecret~ThatMust.NotLeak"
)

// fakeEntra behaves like a tenant and its part of Microsoft Graph: applications
// with alternate keys, service principals, passwords that are shown once, a bin
// for what is deleted, pages, and a directory that knows of a new application
// only after a while.
type fakeEntra struct {
	*httptest.Server
	keys *fakeas.Keys

	mu       sync.Mutex
	rights   string // "", "read" or "none"
	lag      int    // so many steps about a new application fail
	lagReads bool   // and so do reads
	upserts  bool
	tokens   int // of Graph, issued
	made     int // applications, ever
	apps     []*fakeApp
	bin      []*fakeApp
	log      []string
}

type fakeApp struct {
	ID, AppID, unique string
	number            int // in the order of creation
	object            map[string]any
	passwords         []map[string]any
	texts             map[string]string // by keyId
	principal         bool
	lag               int
	created           time.Time
}

func newFakeEntra(t *testing.T) *fakeEntra {
	f := &fakeEntra{keys: fakeas.NewKeys(t), lag: 2, upserts: true}
	mux := http.NewServeMux()
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v1.0/") {
			f.graph(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	base := f.URL + "/" + tenant
	mux.HandleFunc("GET /"+tenant+"/.well-known/openid-configuration", fakeas.Metadata(base+"/", base+"/oauth2/token", base+"/discovery/keys"))
	mux.HandleFunc("GET /"+tenant+"/v2.0/.well-known/openid-configuration", fakeas.Metadata(base+"/v2.0", base+"/oauth2/v2.0/token", base+"/discovery/keys"))
	mux.Handle("GET /"+tenant+"/discovery/keys", f.keys)
	mux.HandleFunc("POST /"+tenant+"/oauth2/token", f.token)
	mux.HandleFunc("POST /"+tenant+"/oauth2/v2.0/token", f.token)
	return f
}

func (f *fakeEntra) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// token serves the management application, for Graph, and every other.
func (f *fakeEntra) token(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	q, fault := fakeas.ReadTokenRequest(r)
	resource, isDefault := strings.CutSuffix(strings.Join(q.Scopes, " "), "/.default")
	trail := " Trace ID: 1 Correlation ID: 2 Timestamp: 2026-11-21 12:00:00Z"
	switch {
	case fault != "" || q.GrantType != "client_credentials":
		fakeas.Fail(w, 400, "invalid_request", "AADSTS900144: The request body must contain a parameter."+trail)
		return
	case !isDefault:
		fakeas.Fail(w, 400, "invalid_scope", "AADSTS1002012: The provided value for scope is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier."+trail)
		return
	case q.ClientID == managerID && q.Secret != managerSecret:
		fakeas.Fail(w, 401, "invalid_client", "AADSTS7000215: Invalid client secret provided."+trail)
		return
	case q.ClientID == managerID && resource == f.URL:
		f.tokens++
		fakeas.JSON(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3599, "access_token": fmt.Sprintf("graph-token-%d", f.tokens)})
		return
	}
	i := slices.IndexFunc(f.apps, func(a *fakeApp) bool { return a.AppID == q.ClientID })
	switch {
	case i < 0:
		fakeas.Fail(w, 400, "unauthorized_client", "AADSTS700016: Application with identifier '"+q.ClientID+"' was not found in the directory."+trail)
	case !f.apps[i].principal:
		fakeas.Fail(w, 400, "unauthorized_client", "AADSTS7000229: The client application is missing service principal in the tenant."+trail)
	case !f.apps[i].knows(q.Secret):
		fakeas.Fail(w, 401, "invalid_client", "AADSTS7000215: Invalid client secret provided."+trail)
	default:
		f.issue(w, f.apps[i], resource)
	}
}

// issue gives a token whose version is the resource's to say, here the client's own.
func (f *fakeEntra) issue(w http.ResponseWriter, a *fakeApp, resource string) {
	claims := map[string]any{"aud": resource, "tid": tenant, "ver": "2.0", "iss": f.URL + "/" + tenant + "/v2.0", "azp": a.AppID}
	if api, _ := a.object["api"].(map[string]any); api["requestedAccessTokenVersion"] != float64(2) {
		claims = map[string]any{"aud": resource, "tid": tenant, "ver": "1.0", "iss": f.URL + "/" + tenant + "/", "appid": a.AppID}
	}
	fakeas.JSON(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3599, "access_token": f.keys.Sign(time.Now(), time.Hour, claims)})
}

func (a *fakeApp) knows(text string) bool {
	for _, known := range a.texts {
		if known == text {
			return true
		}
	}
	return false
}

// fail answers as Graph does.
func fail(w http.ResponseWriter, status int, code, message string) {
	fakeas.JSON(w, status, map[string]any{"error": map[string]any{"code": code, "message": message, "innerError": map[string]string{"request-id": "req-1"}}})
}

func absent(w http.ResponseWriter) {
	fail(w, 404, "Request_ResourceNotFound", "Resource does not exist or one of its queried reference-property objects are not present.")
}

func (f *fakeEntra) graph(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, r.Method+" "+r.URL.Path)
	path := strings.TrimPrefix(r.URL.Path, "/v1.0")
	switch {
	case !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer graph-token-"):
		fail(w, 401, "InvalidAuthenticationToken", "Access token validation failure.")
	case f.rights == "none", f.rights == "read" && r.Method != http.MethodGet:
		fail(w, 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
	case path == "/applications" && r.Method == http.MethodGet:
		f.list(w, r)
	case path == "/applications" && r.Method == http.MethodPost:
		f.create(w, r, "")
	case path == "/servicePrincipals" && r.Method == http.MethodPost:
		f.addPrincipal(w, r)
	case strings.HasPrefix(path, "/directory/deletedItems/") && r.Method == http.MethodDelete:
		f.purge(w, strings.TrimPrefix(path, "/directory/deletedItems/"))
	case strings.HasPrefix(path, "/applications(uniqueName=") && r.Method == http.MethodPatch:
		f.upsert(w, r, between(path))
	default:
		f.object(w, r, path)
	}
}

// between is the value of an alternate key in a path.
func between(path string) string {
	_, rest, _ := strings.Cut(path, "='")
	value, _, _ := strings.Cut(rest, "')")
	return strings.ReplaceAll(value, "''", "'")
}

// object serves what is about one application.
func (f *fakeEntra) object(w http.ResponseWriter, r *http.Request, path string) {
	is := func(a *fakeApp) bool {
		return path == "/applications/"+a.ID || strings.HasPrefix(path, "/applications/"+a.ID+"/")
	}
	switch {
	case strings.HasPrefix(path, "/applications(uniqueName="):
		is = func(a *fakeApp) bool { return a.unique == between(path) }
	case strings.HasPrefix(path, "/applications(appId="):
		is = func(a *fakeApp) bool { return a.AppID == between(path) }
	}
	i := slices.IndexFunc(f.apps, is)
	if i < 0 || f.lags(f.apps[i], r) {
		absent(w)
		return
	}
	a := f.apps[i]
	switch {
	case strings.HasSuffix(path, "/addPassword") && r.Method == http.MethodPost:
		a.addPassword(w, r)
	case strings.HasSuffix(path, "/removePassword") && r.Method == http.MethodPost:
		a.removePassword(w, r)
	case r.Method == http.MethodGet:
		fakeas.JSON(w, 200, a.view(r))
	case r.Method == http.MethodPatch:
		o, ok := readObject(w, r)
		if !ok {
			return
		}
		for name, value := range o {
			a.object[name] = value
		}
		w.WriteHeader(204)
	case r.Method == http.MethodDelete:
		f.apps = slices.Delete(f.apps, i, i+1)
		f.bin = append(f.bin, a)
		w.WriteHeader(204)
	default:
		fail(w, 405, "Request_BadRequest", "Method not allowed.")
	}
}

// lags says whether the directory does not know the application here yet.
func (f *fakeEntra) lags(a *fakeApp, r *http.Request) bool {
	if a.lag == 0 || r.Method != http.MethodPost && !f.lagReads {
		return false
	}
	a.lag--
	return true
}

// readObject reads an application as Graph checks it.
func readObject(w http.ResponseWriter, r *http.Request) (map[string]any, bool) {
	var o map[string]any
	if json.NewDecoder(r.Body).Decode(&o) != nil {
		fail(w, 400, "Request_BadRequest", "Unable to read JSON request payload.")
		return nil, false
	}
	name, named := o["displayName"].(string)
	_, secrets := o["passwordCredentials"]
	_, unique := o["uniqueName"]
	web, _ := o["web"].(map[string]any)
	uris, _ := web["redirectUris"].([]any)
	switch {
	case named && (name == "" || len([]rune(name)) > 256), secrets, unique:
		fail(w, 400, "Request_BadRequest", "Invalid value specified for a property of resource 'Application'.")
		return nil, false
	case o["notes"] == "":
		fail(w, 400, "Request_BadRequest", "Invalid value specified for property 'notes'.")
		return nil, false
	}
	for _, uri := range uris {
		if u, err := url.Parse(fmt.Sprint(uri)); err != nil || !u.IsAbs() || u.Fragment != "" {
			fail(w, 400, "Request_BadRequest", "Invalid redirect URI.")
			return nil, false
		}
	}
	return o, true
}

func (f *fakeEntra) create(w http.ResponseWriter, r *http.Request, unique string) {
	o, ok := readObject(w, r)
	if !ok {
		return
	}
	if o["displayName"] == nil {
		fail(w, 400, "Request_BadRequest", "A value is required for property 'displayName' of resource 'Application'.")
		return
	}
	f.made++
	a := &fakeApp{number: f.made, ID: portico.NewRandomID(), AppID: portico.NewRandomID(), unique: unique, object: o, texts: map[string]string{}, lag: f.lag, created: time.Now()}
	f.apps = append(f.apps, a)
	fakeas.JSON(w, 201, a.view(r))
}

func (f *fakeEntra) upsert(w http.ResponseWriter, r *http.Request, unique string) {
	i := slices.IndexFunc(f.apps, func(a *fakeApp) bool { return a.unique == unique })
	switch {
	case !f.upserts:
		fail(w, 404, "ResourceNotFound", "Resource not found for the segment 'uniqueName'.")
	case slices.ContainsFunc(f.bin, func(a *fakeApp) bool { return a.unique == unique }):
		fail(w, 400, "ObjectConflict", "Another object with the same value for property uniqueName already exists.")
	case i >= 0:
		f.object(w, r, "/applications/"+f.apps[i].ID)
	case r.Header.Get("Prefer") != "create-if-missing":
		absent(w)
	default:
		f.create(w, r, unique)
	}
}

func (a *fakeApp) view(r *http.Request) map[string]any {
	all := map[string]any{"id": a.ID, "appId": a.AppID, "createdDateTime": a.created, "passwordCredentials": slices.Clone(a.passwords)}
	for name, value := range a.object {
		all[name] = value
	}
	if fields := r.URL.Query().Get("$select"); fields != "" {
		for name := range all {
			if !slices.Contains(strings.Split(fields, ","), name) {
				delete(all, name)
			}
		}
	}
	return all
}

// list gives small pages, and filters by a tag.
func (f *fakeEntra) list(w http.ResponseWriter, r *http.Request) {
	const size = 3
	q := r.URL.Query()
	found := f.apps
	if filter := q.Get("$filter"); filter != "" {
		tag := strings.TrimSuffix(strings.TrimPrefix(filter, "tags/any(t:t eq '"), "')")
		found = slices.DeleteFunc(slices.Clone(f.apps), func(a *fakeApp) bool {
			tags, _ := a.object["tags"].([]any)
			return !slices.Contains(tags, any(tag))
		})
	}
	// A token stands for an application and not for a place: others may go meanwhile.
	last, _ := strconv.Atoi(q.Get("$skiptoken"))
	start := 0
	for start < len(found) && found[start].number <= last {
		start++
	}
	end := min(start+size, len(found))
	views := []any{}
	for _, a := range found[start:end] {
		views = append(views, a.view(r))
	}
	page := map[string]any{"@odata.context": f.URL + "/v1.0/$metadata#applications", "value": views}
	if end < len(found) {
		q.Set("$skiptoken", strconv.Itoa(found[end-1].number))
		page["@odata.nextLink"] = f.URL + "/v1.0/applications?" + q.Encode()
	}
	fakeas.JSON(w, 200, page)
}

func (f *fakeEntra) addPrincipal(w http.ResponseWriter, r *http.Request) {
	var body struct{ AppID string }
	if json.NewDecoder(r.Body).Decode(&body) != nil {
		fail(w, 400, "Request_BadRequest", "Unable to read JSON request payload.")
		return
	}
	i := slices.IndexFunc(f.apps, func(a *fakeApp) bool { return a.AppID == body.AppID })
	switch {
	case i < 0 || f.lags(f.apps[i], r):
		fail(w, 400, "Request_BadRequest", "The appId '"+body.AppID+"' of the service principal does not reference a valid application object.")
	case f.apps[i].principal:
		fail(w, 409, "Request_MultipleObjectsWithSameKeyValue", "The service principal cannot be created because the name is already in use.")
	default:
		f.apps[i].principal = true
		fakeas.JSON(w, 201, map[string]any{"id": portico.NewRandomID(), "appId": body.AppID})
	}
}

func (a *fakeApp) addPassword(w http.ResponseWriter, r *http.Request) {
	var body struct{ PasswordCredential map[string]any }
	if json.NewDecoder(r.Body).Decode(&body) != nil || body.PasswordCredential == nil {
		fail(w, 400, "Request_BadRequest", "A value is required for parameter 'passwordCredential'.")
		return
	}
	id, text, now := portico.NewRandomID(), secret.Token("").Reveal()[:40], time.Now()
	p := map[string]any{"keyId": id, "displayName": body.PasswordCredential["displayName"], "startDateTime": now, "endDateTime": now.AddDate(2, 0, 0), "hint": text[:3], "secretText": nil}
	a.passwords = append(a.passwords, p)
	a.texts[id] = text
	answer := map[string]any{}
	for name, value := range p {
		answer[name] = value
	}
	answer["secretText"] = text
	fakeas.JSON(w, 200, answer)
}

func (a *fakeApp) removePassword(w http.ResponseWriter, r *http.Request) {
	var body struct{ KeyID string }
	_ = json.NewDecoder(r.Body).Decode(&body)
	if a.texts[body.KeyID] == "" {
		fail(w, 400, "Request_BadRequest", "No password credential found with keyId.")
		return
	}
	delete(a.texts, body.KeyID)
	a.passwords = slices.DeleteFunc(a.passwords, func(p map[string]any) bool { return p["keyId"] == body.KeyID })
	w.WriteHeader(204)
}

func (f *fakeEntra) purge(w http.ResponseWriter, id string) {
	i := slices.IndexFunc(f.bin, func(a *fakeApp) bool { return a.ID == id })
	if i < 0 {
		absent(w)
		return
	}
	f.bin = slices.Delete(f.bin, i, i+1)
	w.WriteHeader(204)
}
