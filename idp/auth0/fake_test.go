package auth0_test

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

	"portico/idptest/fakeas"
	"portico/secret"
)

const (
	managerID     = "the-management-application"
	managerSecret = "ManagementSecretThatMustNotLeak"
	ordersAPI     = "https://orders.example/api"
)

// allPermissions are what an admin grants Portico's application.
const allPermissions = "read:clients create:clients update:clients delete:clients update:client_keys read:client_keys " +
	"read:client_grants create:client_grants update:client_grants delete:client_grants read:resource_servers"

// fakeAuth0 behaves like a tenant: an issuer that ends in a slash, a Management
// API that wants a token with the permission of each operation, clients whose
// ids and secrets it chooses, grants per audience, and pages.
type fakeAuth0 struct {
	*httptest.Server
	keys *fakeas.Keys

	mu          sync.Mutex
	serial      int
	permissions string
	pageSize    int // at most, whatever is asked for
	tokens      int // of the Management API, issued
	clients     []*fakeClient
	grants      []*fakeGrant
	apis        map[string][]string // scopes by identifier
}

type fakeClient struct {
	id, secret string
	object     map[string]any
}

type fakeGrant struct {
	ID       string   `json:"id"`
	ClientID string   `json:"client_id"`
	Audience string   `json:"audience"`
	Scope    []string `json:"scope"`
}

func newFakeAuth0(t *testing.T) *fakeAuth0 {
	f := &fakeAuth0{keys: fakeas.NewKeys(t), permissions: allPermissions, pageSize: 3, apis: map[string][]string{ordersAPI: {"orders:read", "orders:write"}}}
	f.clients = []*fakeClient{{id: "global", secret: "g", object: map[string]any{"name": "All Applications", "global": true}}}
	mux := http.NewServeMux()
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	mux.HandleFunc("GET /.well-known/openid-configuration", fakeas.Metadata(f.URL+"/", f.URL+"/oauth/token", f.URL+"/.well-known/jwks.json"))
	mux.Handle("GET /.well-known/jwks.json", f.keys)
	mux.HandleFunc("POST /oauth/token", f.token)
	for pattern, op := range map[string]struct {
		permission string
		serve      func(http.ResponseWriter, *http.Request)
	}{
		"GET /api/v2/clients":                     {"read:clients", f.list},
		"POST /api/v2/clients":                    {"create:clients", f.create},
		"GET /api/v2/clients/{id}":                {"read:clients", f.withClient(f.read)},
		"PATCH /api/v2/clients/{id}":              {"update:clients", f.withClient(f.change)},
		"DELETE /api/v2/clients/{id}":             {"delete:clients", f.remove},
		"POST /api/v2/clients/{id}/rotate-secret": {"update:client_keys", f.withClient(f.rotate)},
		"GET /api/v2/client-grants":               {"read:client_grants", f.listGrants},
		"POST /api/v2/client-grants":              {"create:client_grants", f.addGrant},
		"PATCH /api/v2/client-grants/{id}":        {"update:client_grants", f.changeGrant},
		"GET /api/v2/resource-servers/{id}":       {"read:resource_servers", f.resourceServer},
	} {
		mux.HandleFunc(pattern, f.managed(op.permission, op.serve))
	}
	return f
}

func (f *fakeAuth0) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// fail answers as the Management API does.
func fail(w http.ResponseWriter, status int, code, message string) {
	fakeas.JSON(w, status, map[string]any{"statusCode": status, "error": http.StatusText(status), "message": message, "errorCode": code})
}

func (f *fakeAuth0) audience() string { return f.URL + "/api/v2/" }

// managed demands a token of the Management API with a permission.
func (f *fakeAuth0) managed(permission string, serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		w.Header().Set("X-RateLimit-Limit", "50")
		w.Header().Set("X-RateLimit-Remaining", "49")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Unix()+1, 10))
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !strings.HasPrefix(token, "management-token-") {
			fail(w, 401, "", "Invalid token")
			return
		}
		if !slices.Contains(strings.Fields(f.permissions), permission) {
			fail(w, 403, "insufficient_scope", "Insufficient scope, expected any of: "+permission)
			return
		}
		serve(w, r)
	}
}

// token serves the management application, with JSON, and every other client.
func (f *fakeAuth0) token(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	q, fault := fakeas.ReadTokenRequest(r)
	audience := q.Extra["audience"]
	switch {
	case fault != "":
		fakeas.Fail(w, 400, fault, "")
	case q.GrantType != "client_credentials":
		fakeas.Fail(w, 403, "unauthorized_client", "Grant type not allowed for the client.")
	case q.ClientID == managerID && q.Secret == managerSecret:
		if audience != f.audience() {
			fakeas.Fail(w, 403, "access_denied", "Service not enabled within domain: "+audience)
			return
		}
		f.tokens++
		fakeas.JSON(w, 200, map[string]any{"access_token": fmt.Sprintf("management-token-%d", f.tokens), "token_type": "Bearer", "expires_in": 86400, "scope": f.permissions})
	default:
		f.clientToken(w, q, audience)
	}
}

func (f *fakeAuth0) clientToken(w http.ResponseWriter, q fakeas.TokenRequest, audience string) {
	i := slices.IndexFunc(f.clients, func(c *fakeClient) bool { return c.id == q.ClientID && c.secret == q.Secret })
	if i < 0 {
		fakeas.Fail(w, 401, "access_denied", "Unauthorized")
		return
	}
	g := slices.IndexFunc(f.grants, func(g *fakeGrant) bool { return g.ClientID == q.ClientID && g.Audience == audience })
	if g < 0 {
		fakeas.Fail(w, 403, "access_denied", fmt.Sprintf("Client is not authorized to access %q.", audience))
		return
	}
	fakeas.JSON(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 86400, "scope": strings.Join(f.grants[g].Scope, " "),
		"access_token": f.keys.Sign(time.Now(), time.Hour, map[string]any{
			"iss": f.URL + "/", "sub": q.ClientID + "@clients", "aud": audience, "azp": q.ClientID, "gty": "client-credentials", "scope": strings.Join(f.grants[g].Scope, " "),
		})})
}

func (f *fakeAuth0) id(prefix string) string {
	f.serial++
	return fmt.Sprintf("%s%08d", prefix, f.serial)
}

// view is a client as reads answer it: never with its secret.
func (c *fakeClient) view(r *http.Request) map[string]any {
	all := map[string]any{"client_id": c.id}
	for name, value := range c.object {
		all[name] = value
	}
	if fields := r.URL.Query().Get("fields"); fields != "" {
		for name := range all {
			if !slices.Contains(strings.Split(fields, ","), name) {
				delete(all, name)
			}
		}
	}
	return all
}

func (f *fakeAuth0) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	size, _ := strconv.Atoi(q.Get("per_page"))
	page, _ := strconv.Atoi(q.Get("page"))
	if size < 1 || size > 100 || page < 0 {
		fail(w, 400, "invalid_query_string", "Query validation error")
		return
	}
	size = min(size, f.pageSize)
	start := min(page*size, len(f.clients))
	views := []any{}
	for _, c := range f.clients[start:min(start+size, len(f.clients))] {
		views = append(views, c.view(r))
	}
	if q.Get("include_totals") != "true" {
		fakeas.JSON(w, 200, views)
		return
	}
	fakeas.JSON(w, 200, map[string]any{"start": start, "limit": size, "length": len(views), "total": len(f.clients), "clients": views})
}

// faulty says what Auth0 has against the members of a client.
func faulty(o map[string]any) string {
	name, named := o["name"].(string)
	metadata, _ := o["client_metadata"].(map[string]any)
	callbacks, _ := o["callbacks"].([]any)
	grants, _ := o["grant_types"].([]any)
	description, _ := o["description"].(string)
	switch {
	case named && (name == "" || strings.ContainsAny(name, "<>")):
		return "name: does not match the pattern"
	case len([]rune(description)) > 140:
		return "description: too long"
	case len(metadata) > 10:
		return "client_metadata: too many properties"
	case len(callbacks) == 0 && slices.Contains(grants, any("authorization_code")) && o["app_type"] == "non_interactive":
		return "grant_types: not allowed for the app_type"
	}
	for key, value := range metadata {
		if text, ok := value.(string); value != nil && (!ok || len(text) > 255) || len(key) > 255 {
			return "client_metadata." + key + ": must be a string of at most 255 characters"
		}
	}
	return ""
}

func readObject(w http.ResponseWriter, r *http.Request) (map[string]any, bool) {
	var o map[string]any
	if json.NewDecoder(r.Body).Decode(&o) != nil {
		fail(w, 400, "invalid_body", "Payload validation error")
		return nil, false
	}
	if fault := faulty(o); fault != "" {
		fail(w, 400, "invalid_body", "Payload validation error: "+fault)
		return nil, false
	}
	return o, true
}

func (f *fakeAuth0) create(w http.ResponseWriter, r *http.Request) {
	o, ok := readObject(w, r)
	if !ok {
		return
	}
	if o["name"] == nil || o["client_id"] != nil || o["client_secret"] != nil {
		fail(w, 400, "invalid_body", "Payload validation error: name is missing, or a property is not allowed")
		return
	}
	c := &fakeClient{id: f.id("cl"), secret: secret.Token("").Reveal(), object: o}
	f.clients = append(f.clients, c)
	answer := c.view(&http.Request{URL: &url.URL{}})
	answer["client_secret"] = c.secret
	fakeas.JSON(w, 201, answer)
}

func (f *fakeAuth0) withClient(serve func(http.ResponseWriter, *http.Request, *fakeClient)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		i := slices.IndexFunc(f.clients, func(c *fakeClient) bool { return c.id == r.PathValue("id") })
		if i < 0 {
			fail(w, 404, "inexistent_client", "The client does not exist")
			return
		}
		serve(w, r, f.clients[i])
	}
}

func (f *fakeAuth0) read(w http.ResponseWriter, r *http.Request, c *fakeClient) {
	fakeas.JSON(w, 200, c.view(r))
}

// change merges the metadata, in which a null removes a member, and sets the rest.
func (f *fakeAuth0) change(w http.ResponseWriter, r *http.Request, c *fakeClient) {
	o, ok := readObject(w, r)
	if !ok {
		return
	}
	for name, value := range o {
		given, isMap := value.(map[string]any)
		held, had := c.object[name].(map[string]any)
		if name != "client_metadata" || !isMap || !had {
			c.object[name] = value
			continue
		}
		for key, text := range given {
			if held[key] = text; text == nil {
				delete(held, key)
			}
		}
	}
	fakeas.JSON(w, 200, c.view(r))
}

func (f *fakeAuth0) remove(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	f.clients = slices.DeleteFunc(f.clients, func(c *fakeClient) bool { return c.id == id })
	f.grants = slices.DeleteFunc(f.grants, func(g *fakeGrant) bool { return g.ClientID == id })
	w.WriteHeader(204) // whether it was there or not
}

func (f *fakeAuth0) rotate(w http.ResponseWriter, r *http.Request, c *fakeClient) {
	c.secret = secret.Token("").Reveal()
	answer := c.view(r)
	if strings.Contains(f.permissions, "read:client_keys") {
		answer["client_secret"] = c.secret
	}
	fakeas.JSON(w, 200, answer)
}

func (f *fakeAuth0) listGrants(w http.ResponseWriter, r *http.Request) {
	found := []*fakeGrant{}
	for _, g := range f.grants {
		if g.ClientID == r.URL.Query().Get("client_id") && g.Audience == r.URL.Query().Get("audience") {
			found = append(found, g)
		}
	}
	fakeas.JSON(w, 200, found)
}

func (f *fakeAuth0) addGrant(w http.ResponseWriter, r *http.Request) {
	var g fakeGrant
	if json.NewDecoder(r.Body).Decode(&g) != nil || g.Scope == nil {
		fail(w, 400, "invalid_body", "Payload validation error: scope")
		return
	}
	scopes, known := f.apis[g.Audience]
	switch {
	case !slices.ContainsFunc(f.clients, func(c *fakeClient) bool { return c.id == g.ClientID }):
		fail(w, 404, "inexistent_client", "The client does not exist")
	case !known:
		fail(w, 404, "inexistent_resource_server", "Resource server does not exist")
	case slices.ContainsFunc(g.Scope, func(s string) bool { return !slices.Contains(scopes, s) }):
		fail(w, 400, "invalid_body", "One or more scopes are not defined by the resource server")
	case slices.ContainsFunc(f.grants, func(o *fakeGrant) bool { return o.ClientID == g.ClientID && o.Audience == g.Audience }):
		fail(w, 409, "duplicate", "A resource with the same data already exists")
	default:
		g.ID = f.id("cgr")
		f.grants = append(f.grants, &g)
		fakeas.JSON(w, 201, g)
	}
}

func (f *fakeAuth0) changeGrant(w http.ResponseWriter, r *http.Request) {
	i := slices.IndexFunc(f.grants, func(g *fakeGrant) bool { return g.ID == r.PathValue("id") })
	if i < 0 {
		fail(w, 404, "inexistent_grant", "The grant does not exist")
		return
	}
	var change struct{ Scope []string }
	if json.NewDecoder(r.Body).Decode(&change) != nil || change.Scope == nil {
		fail(w, 400, "invalid_body", "Payload validation error")
		return
	}
	f.grants[i].Scope = change.Scope
	fakeas.JSON(w, 200, f.grants[i])
}

func (f *fakeAuth0) resourceServer(w http.ResponseWriter, r *http.Request) {
	scopes, known := f.apis[r.PathValue("id")]
	if !known {
		fail(w, 404, "inexistent_resource_server", "The resource server does not exist")
		return
	}
	all := []map[string]string{}
	for _, s := range scopes {
		all = append(all, map[string]string{"value": s})
	}
	fakeas.JSON(w, 200, map[string]any{"identifier": r.PathValue("id"), "scopes": all})
}

// grantOf is the grant of a client for the API of orders.
func (f *fakeAuth0) grantOf(id string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, g := range f.grants {
		if g.ClientID == id && g.Audience == ordersAPI {
			return slices.Clone(g.Scope)
		}
	}
	return nil
}
