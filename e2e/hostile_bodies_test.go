package e2e_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"portico/spectest"
)

// newAttacked starts a demo and makes one of everything that it lacks.
func newAttacked(t *testing.T, base func(*program) string) *attacked {
	p := demo(t, t.TempDir(), "--port-base", strconv.Itoa(portBase(t)))
	a := &attacked{program: p, base: base(p), header: http.Header{}, ids: map[string]string{}, http: http.DefaultClient}
	admin := newAPI(t, p.ManagementURL, "Authorization", "Bearer "+p.Token)
	first := func(path string) string { return id(admin.do("GET", path, nil, 200)["data"].([]any)[0].(object)) }
	set := func(value string, names ...string) {
		for _, name := range names {
			a.ids[name] = value
		}
	}
	portal, api, plane, strategy := first("/v3/portals"), first("/v3/apis"), first("/v2/control-planes"), first("/v2/application-auth-strategies")
	set(portal, "portalId")
	set(api, "apiId", "apiIdOrSlug")
	set(plane, "controlPlaneId")
	set(strategy, "strategy") // what others rest on; its like is attacked
	openID := object{"issuer": p.Issuer, "credential_claim": []string{"client_id"}, "scopes": []string{}, "auth_methods": []string{"bearer"}}
	for _, wildcard := range []string{"authStrategyId", "PUT /v2/application-auth-strategies/{authStrategyId}"} { // which may give it another type
		set(id(admin.do("POST", "/v2/application-auth-strategies", object{"name": wildcard, "display_name": "V", "strategy_type": "openid_connect", "configs": object{"openid-connect": openID}}, 201)), wildcard)
	}
	for _, wildcard := range []string{"dcrProviderId", "POST /v2/dcr-providers/{dcrProviderId}"} { // PATCH makes the one's address rubbish; POST asks the other
		set(id(admin.do("POST", "/v2/dcr-providers", object{"name": wildcard, "provider_type": "okta", "issuer": p.Issuer, "dcr_config": object{"dcr_token": p.OktaToken}}, 201)), wildcard)
	}
	set(first("/v3/apis/"+api+"/versions"), "versionId", "specId")
	set(first("/v3/api-implementations"), "implementationId")
	set(first("/v2/control-planes/"+plane+"/core-entities/services"), "serviceId", "ServiceId", "ServiceIdOrName")
	set(first("/v2/control-planes/"+plane+"/core-entities/routes"), "routeId", "RouteId", "RouteIdOrName")
	a.makeCore(admin, plane)
	user := id(admin.do("GET", "/v3/users/me", nil, 200))
	set(user, "userId")
	set(id(admin.do("POST", "/v3/users/"+user+"/access-tokens", object{"name": "victim", "ttl_seconds": 86400}, 201)), "tokenId")
	set(first("/v3/portals/"+portal+"/developers"), "owner")
	app := admin.do("POST", "/v3/portals/"+portal+"/applications", object{"name": "victim", "owner": object{"id": a.ids["owner"], "type": "developer"}, "auth_strategy_id": strategy}, 201)
	set(id(app), "applicationId")
	set(id(admin.do("POST", "/v3/portals/"+portal+"/applications/"+id(app)+"/registrations", object{"api_id": api, "status": "approved"}, 201)), "registrationId")
	set(first("/v3/portals/"+portal+"/applications/"+id(app)+"/credentials"), "credentialId")
	set(id(admin.do("POST", "/v3/portals/"+portal+"/developers", object{"email": "victim@example.com", "full_name": "V"}, 201)), "developerId")
	a.makeTeam(admin, portal, api)
	a.makeContent(admin, portal, api)
	set("reset-password", "templateName")
	admin.do("PATCH", "/v3/portals/"+portal+"/email-templates/reset-password", object{"enabled": false}, 200)
	return a
}

// makeTeam makes a team with a member and a role, and an identity provider whose
// groups are mapped to it.
func (a *attacked) makeTeam(admin *api, portal, api string) {
	at := "/v3/portals/" + portal
	team := id(admin.do("POST", at+"/teams", object{"name": "victim", "can_own_applications": true}, 201))
	a.ids["teamId"] = team
	admin.do("POST", at+"/teams/"+team+"/developers", object{"id": a.ids["owner"]}, 201)
	a.ids["roleId"] = id(admin.do("POST", at+"/teams/"+team+"/assigned-roles", object{"role_name": "API Viewer", "entity_id": api, "entity_type_name": "Services", "entity_region": "*"}, 201))
	provider := id(admin.do("POST", at+"/identity-providers", object{"type": "oidc", "config": object{"issuer_url": "http://127.0.0.1:9", "client_id": "c"}}, 201))
	a.ids["id"] = provider
	a.ids["mappingId"] = id(admin.do("POST", at+"/identity-providers/"+provider+"/team-group-mappings", object{"team_id": team, "group": "g"}, 201))
}

// makeContent makes a page, a snippet, a document and images, for all to see.
func (a *attacked) makeContent(admin *api, portal, api string) {
	at := "/v3/portals/" + portal
	shown := object{"slug": "victim", "content": "# V", "visibility": "public", "status": "published"}
	a.ids["pageId"], a.ids["pagePath"] = id(admin.do("POST", at+"/pages", shown, 201)), "victim"
	snippet := object{"name": "victim", "content": "# V", "visibility": "public", "status": "published"}
	a.ids["snippetId"], a.ids["snippetName"] = id(admin.do("POST", at+"/snippets", snippet, 201)), "victim"
	document := id(admin.do("POST", "/v3/apis/"+api+"/documents", object{"slug": "victim", "content": "# V", "status": "published"}, 201))
	a.ids["documentId"], a.ids["documentIdOrSlug"] = document, document
	a.ids["imageType"] = "icon"
	admin.do("PUT", "/v3/apis/"+api+"/images/icon", object{"data": picture}, 201)
	admin.do("PUT", at+"/assets/logo", object{"data": picture}, 200)
	admin.do("PUT", at+"/assets/favicon", object{"data": picture}, 200)
}

// picture is an empty drawing as a data address.
const picture = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCAxIDEiLz4="

// clients counts the authorization server's clients, page by page.
func (a *attacked) clients(t *testing.T) int {
	t.Helper()
	count := 0
	for page := []string{"", a.OktaURL + "/api/v1/apps?limit=200"}; page != nil; {
		r, err := http.NewRequest(http.MethodGet, page[1], nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "SSWS "+a.OktaToken)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var list []object
		err = json.NewDecoder(res.Body).Decode(&list)
		if err = errors.Join(err, res.Body.Close()); err != nil {
			t.Fatal(err)
		}
		count += len(list)
		page = following.FindStringSubmatch(strings.Join(res.Header.Values("Link"), ", "))
	}
	return count
}

// following finds the address of the next page.
var following = regexp.MustCompile(`<([^>]*)>; rel="next"`)

// registered counts the applications that have a client there.
func (a *attacked) registered(t *testing.T) int {
	admin := newAPI(t, a.ManagementURL, "Authorization", "Bearer "+a.Token)
	count := 0
	for _, app := range admin.do("GET", "/v3/portals/"+a.ids["portalId"]+"/applications?page%5Bsize%5D=1000", nil, 200)["data"].([]any) {
		if strategy, _ := app.(object)["auth_strategy"].(object); strategy["id"] == a.ids["strategy"] {
			count++
		}
	}
	return count
}

var serial atomic.Int64

// fresh is the body with a name and an address of its own, lest it is refused
// for that.
func (op target) fresh() object {
	body := maps.Clone(op.body)
	names := []string{"name", "slug"}
	if _, plugin := body["instance_name"]; plugin { // its name says what it does
		names = []string{"instance_name"}
	}
	for _, name := range names {
		if _, there := body[name]; there && op.method == "POST" {
			body[name] = "n-" + strconv.FormatInt(serial.Add(1), 10)
		}
	}
	for _, name := range []string{"email", "username"} {
		if _, there := body[name]; there {
			body[name] = "n" + strconv.FormatInt(serial.Add(1), 10) + "@example.com"
		}
	}
	return body
}

// managementBodies are accepted bodies by operation.
func (a *attacked) managementBodies() map[string]object {
	labels, principals := object{"team": "air"}, object{"enabled": true}
	portal := object{
		"name": "p", "display_name": "P", "description": "d", "authentication_enabled": true, "rbac_enabled": false, "sipr_enabled": false,
		"default_api_visibility": "public", "default_page_visibility": "public", "default_application_auth_strategy_id": a.ids["strategy"],
		"auto_approve_developers": true, "auto_approve_applications": false, "notifications_developer_pii_visibility_enabled": true, "labels": labels,
	}
	api := object{"name": "a", "version": "1", "description": "d", "slug": nil, "labels": labels, "attributes": object{"domain": []any{"air"}}}
	version := object{"version": "9.0", "spec": object{"content": specification}}
	openID := object{"issuer": a.Issuer, "credential_claim": []any{"client_id"}, "scopes": []any{"openid"}, "auth_methods": []any{"bearer"}, "leeway": 1, "session_cookie_name": "s"}
	strategy := object{"name": "s", "display_name": "S", "strategy_type": "openid_connect", "configs": object{"openid-connect": openID}, "dcr_provider_id": nil, "principals": principals, "labels": labels}
	service := object{"name": "s", "protocol": "http", "host": "127.0.0.1", "port": 9, "path": "/x", "retries": 1, "connect_timeout": 10, "read_timeout": 10, "write_timeout": 10, "enabled": true, "tags": []any{"a"}}
	route := object{"name": "r", "protocols": []any{"http"}, "methods": []any{"GET"}, "hosts": []any{"a.test"}, "paths": []any{"/nowhere"}, "headers": object{"x-a": []any{"b"}},
		"regex_priority": 1, "strip_path": true, "preserve_host": false, "path_handling": "v0", "https_redirect_status_code": 426, "request_buffering": true, "response_buffering": true,
		"tags": []any{"a"}, "service": object{"id": a.ids["serviceId"]}}
	below := maps.Clone(route)
	delete(below, "service")
	bodies := map[string]object{
		"create-portal": portal, "update-portal": portal, "create-api": api, "update-api": api,
		"create-api-version": version, "update-api-version": version,
		"create-api-spec": {"content": specification, "type": "oas3"}, "update-api-spec": {"content": specification, "type": "oas3"},
		"validate-specification":    {"content": specification},
		"publish-api-to-portal":     {"auth_strategy_ids": []any{a.ids["strategy"]}, "auto_approve_registrations": true, "visibility": "public"},
		"create-api-implementation": {"service": object{"id": a.ids["serviceId"], "control_plane_id": a.ids["controlPlaneId"]}},
		"create-control-plane":      {"name": "plane", "description": "d", "labels": labels, "auth_type": "pinned_client_certs", "cluster_type": "CLUSTER_TYPE_CONTROL_PLANE", "cloud_gateway": false, "proxy_urls": []any{}},
		"update-control-plane":      {"name": "plane", "description": "d", "labels": labels, "auth_type": "pinned_client_certs"},
		"create-service":            service, "upsert-service": service, "PATCH /v2/control-planes/{controlPlaneId}/core-entities/services/{ServiceId}": service,
		"create-route": route, "upsert-route": route, "PATCH /v2/control-planes/{controlPlaneId}/core-entities/routes/{RouteId}": route,
		"create-route-with-service": below, "upsert-route-with-service": below, "PATCH /v2/control-planes/{controlPlaneId}/core-entities/services/{ServiceId}/routes/{RouteId}": below,
		"POST /v2/dcr-providers/{dcrProviderId}/set-up":    {"dry_run": true},
		"POST /v2/dcr-providers/{dcrProviderId}/reconcile": {"dry_run": false, "actions": []any{object{"finding_id": "x", "action": "ignore"}}},
		"create-dcr-provider":                              {"name": "d", "display_name": "D", "provider_type": "okta", "issuer": a.Issuer, "dcr_config": object{"dcr_token": a.OktaToken}, "labels": labels},
		"update-dcr-provider":                              {"name": "d", "display_name": "D", "issuer": a.Issuer, "dcr_config": object{"dcr_token": a.OktaToken}, "labels": labels},
		"create-app-auth-strategy":                         strategy, "replace-app-auth-strategy": strategy,
		"update-app-auth-strategy": with(with(strategy, []string{"strategy_type"}, absent{}), []string{"configs"}, object{"openid-connect": openID}),
		"create-developer":         {"email": "d@example.com", "full_name": "D", "status": "approved", "send_invitation_email": false}, "update-developer": {"status": "approved"},
		"create-application":              {"name": "a", "description": "d", "labels": labels, "owner": object{"type": "developer", "id": a.ids["owner"]}, "auth_strategy_id": a.ids["strategy"]},
		"update-application":              {"name": "a", "description": "d", "labels": labels},
		"create-application-registration": {"api_id": a.ids["apiId"], "status": "approved"}, "update-application-registration": {"status": "approved"},
		"create-personal-access-token": {"name": "tt", "ttl_seconds": 86400}, "update-personal-access-token-details": {"name": "tt"},
	}
	maps.Copy(bodies, a.accountBodies())
	maps.Copy(bodies, a.contentBodies())
	maps.Copy(bodies, a.adminBodies())
	return bodies
}

// contentBodies are those about what portals and APIs say, and how they look.
func (a *attacked) contentBodies() map[string]object {
	page := object{"slug": "p", "title": "P", "description": "d", "content": "# P", "visibility": "public", "status": "published", "parent_page_id": nil}
	snippet := object{"name": "s", "title": "S", "description": "d", "content": "# S", "visibility": "public", "status": "published"}
	document := object{"slug": "d", "title": "D", "content": "# D", "status": "published", "parent_document_id": nil}
	item := object{"path": "/apis", "title": "APIs", "visibility": "public", "external": false}
	design := object{
		"theme":  object{"name": "mine", "mode": "dark", "colors": object{"primary": "#0A7"}},
		"layout": "topnav", "css": ".a { color: red }", "robots": "User-agent: *", "spec_renderer": object{"try_it_ui": false},
		"menu": object{"main": []any{item}, "footer_bottom": []any{item}, "footer_sections": []any{object{"title": "Help", "items": []any{item}}}},
	}
	image, none := object{"data": picture}, object{"google_tag_manager": nil, "google_analytics_4": nil, "equal_web": nil}
	return map[string]object{
		"create-portal-page": page, "update-portal-page": page, "move-portal-pages": {"parent_page_id": nil, "index": 0},
		"create-portal-snippet": snippet, "update-portal-snippet": snippet,
		"create-api-document": document, "update-api-document": document, "move-api-document": {"parent_document_id": nil, "index": 0},
		"replace-portal-customization": design, "update-portal-customization": design,
		"upsert-portal-integrations": none, "update-portal-integrations": none,
		"replace-portal-asset-logo": image, "replace-portal-asset-favicon": image, "upsert-api-image": image,
		"create-portal-custom-domain": {"hostname": "victim.example.com", "enabled": true, "ssl": object{"domain_verification_method": "http"}},
		"update-portal-custom-domain": {"enabled": true},
	}
}

// accountBodies are those about developers' teams, sign-in and mails.
func (a *attacked) accountBodies() map[string]object {
	team := object{"name": "t", "description": "d", "can_own_applications": true}
	claims := object{"name": "name", "email": "email", "groups": "groups"}
	signOn := object{"issuer_url": "https://idp.example", "client_id": "c", "client_secret": "s", "scopes": []any{"openid"}, "claim_mappings": claims}
	content := object{"subject": "s", "title": "t", "body": "{{developer_fullname}}", "button_label": "b"}
	return map[string]object{
		"create-portal-team": team, "update-portal-team": team,
		"add-developer-to-portal-team":          {"id": a.ids["developerId"]},
		"assign-role-to-portal-teams":           {"role_name": "API Consumer", "entity_id": a.ids["apiId"], "entity_type_name": "Services", "entity_region": "eu"},
		"create-portal-identity-provider":       {"type": "oidc", "enabled": false, "config": signOn},
		"update-portal-identity-provider":       {"enabled": false, "config": signOn},
		"create-portal-idp-team-group-mapping":  {"team_id": a.ids["teamId"], "group": "h"},
		"update-portal-team-group-mappings":     {"data": []any{object{"team_id": a.ids["teamId"], "groups": []any{"g"}}}},
		"update-portal-authentication-settings": {"basic_auth_enabled": true, "oidc_issuer": "https://idp.example", "oidc_client_id": "c", "idp_mapping_enabled": false},
		"update-portal-custom-email-template":   {"enabled": false, "content": content},
		"post-portal-custom-email-test-send":    {"content": content},
	}
}

// portalBodies are accepted bodies by operation.
func (a *attacked) portalBodies() map[string]object {
	const token = "01a1fbf7-b2b4-7520-946b-b97c07ba3a73"
	return map[string]object{
		"register": {"email": "new@example.com", "full_name": "N"}, "verify-email": {"token": token}, "forgot-password": {"email": "new@example.com"},
		"reset-password": {"token": token, "password": "correct horse battery"}, "authenticate": {"username": "new@example.com", "password": "correct horse battery"},
		"create-application": {"name": "a", "description": "d", "auth_strategy_id": a.ids["strategy"], "redirect_uri": "https://example.com/cb"},
		"update-application": {"name": "a", "description": "d"},
		"create-credential":  {"display_name": "c"}, "update-credential": {"display_name": "c"},
		"create-application-registration": {"api_id": a.ids["apiId"]},
		"query-application-analytics": {
			"metrics": []any{"request_count"}, "dimensions": []any{"api", "time"}, "granularity": "hourly",
			"time_range": object{"type": "relative", "time_range": "24h", "tz": "UTC"},
			"filters":    []any{object{"field": "api", "operator": "in", "value": []any{a.ids["apiId"]}}},
		},
	}
}

// classicBodies are those of the classic portal API that differ.
func (a *attacked) classicBodies() map[string]object {
	bodies := a.portalBodies()
	delete(bodies, "query-application-analytics")
	bodies["create-application-registration"] = object{"product_version_id": a.ids["productVersionId"]}
	return bodies
}

const specification = `{"openapi":"3.0.3","info":{"title":"T","version":"1"},"paths":{"/a":{"get":{"responses":{"200":{"description":"ok"}}}}}}`

// schemasOf are the bodies of the public contracts by operation; none, when the
// contracts are not at hand.
func schemasOf(t *testing.T, contracts []string) map[string]*openapi3.Schema {
	dir := os.Getenv(spectest.Variable)
	if dir == "" && os.Getenv(bodiesVariable) != "" {
		t.Fatal(spectest.Variable + " is not set: random bodies were asked for, and their schemas are not known")
	}
	if dir == "" {
		t.Log(spectest.Variable + " is not set: no random bodies by the contracts' schemas")
		return nil
	}
	out := map[string]*openapi3.Schema{}
	for _, name := range contracts {
		spec, err := openapi3.NewLoader().LoadFromFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range spec.Paths.Map() {
			for _, op := range item.Operations() {
				if op.RequestBody == nil || op.RequestBody.Value.Content.Get("application/json") == nil {
					continue
				}
				out[op.OperationID] = op.RequestBody.Value.Content.Get("application/json").Schema.Value
			}
		}
	}
	return out
}

// members are what a contract lets a body have at its top.
func members(s *openapi3.Schema) []string {
	if s == nil {
		return nil
	}
	out := slices.Collect(maps.Keys(s.Properties))
	for _, part := range slices.Concat(s.AllOf, s.OneOf, s.AnyOf) {
		out = append(out, members(part.Value)...)
	}
	return out
}

// attackRandomly sends bodies made up from the contract's schema, most of them
// with a value gone wrong somewhere.
func (a *attacked) attackRandomly(t *testing.T, op target, schema *openapi3.Schema) {
	if schema == nil {
		return
	}
	g := generator{rand.New(rand.NewPCG(uint64(len(op.pattern)), 7)), slices.Sorted(maps.Values(a.ids))}
	for n := range randomBodies(t) {
		body, err := json.Marshal(g.value(schema, 0))
		if err != nil {
			t.Fatal(err)
		}
		status, made := a.send(t, op.method, a.path(op), "application/json", body)
		if status == http.StatusCreated && op.removable && n >= keptBodies {
			if made.ID == "" {
				t.Errorf("%s %s creates what has no id", op.method, op.pattern)
			}
			a.send(t, "DELETE", a.path(op)+"/"+made.ID, "", nil)
		}
	}
}

// keptBodies is after how many random bodies an operation's creations are deleted
// at once: thousands of each kind would only make all that follows slower.
const keptBodies = 200

// bodiesVariable names the environment variable that `make hostile` sets.
const bodiesVariable = "PORTICO_RANDOM_BODIES"

// randomBodies is how many each operation gets: a few hundred, or what
// the environment says.
func randomBodies(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv(bodiesVariable), "200"))
	if err != nil {
		t.Fatalf("%s: %v", bodiesVariable, err)
	}
	return n
}

type generator struct {
	*rand.Rand
	ids []string
}

func (g generator) value(s *openapi3.Schema, depth int) any {
	alternatives := append(append(openapi3.SchemaRefs{}, s.OneOf...), s.AnyOf...)
	switch {
	case depth > 8 || depth > 0 && g.IntN(25) == 0:
		return oddities[g.IntN(len(oddities))]
	case len(s.Enum) > 0:
		return s.Enum[g.IntN(len(s.Enum))]
	case len(alternatives) > 0 && len(s.Properties) == 0:
		return g.value(alternatives[g.IntN(len(alternatives))].Value, depth+1)
	case s.Type.Is("array"):
		list := make([]any, g.IntN(3))
		for i := range list {
			list[i] = g.value(s.Items.Value, depth+1)
		}
		return list
	case s.Type.Is("boolean"):
		return g.IntN(2) == 0
	case s.Type.Is("integer"), s.Type.Is("number"):
		return []any{0, 1, -1, 10, 86400, 65536, 1 << 40, 0.5}[g.IntN(8)]
	case s.Type.Is("string"):
		return g.text(s)
	}
	o := object{}
	for _, part := range append(append(openapi3.SchemaRefs{}, s.AllOf...), alternatives...) {
		if inner, ok := g.value(part.Value, depth).(object); ok {
			maps.Copy(o, inner)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if slices.Contains(s.Required, name) && g.IntN(30) > 0 || g.IntN(2) == 0 {
			o[name] = g.value(s.Properties[name].Value, depth+1)
		}
	}
	return o
}

func (g generator) text(s *openapi3.Schema) string {
	switch {
	case s.Format == "uuid":
		return g.ids[g.IntN(len(g.ids))]
	case s.Format == "email":
		return "r" + strconv.Itoa(g.IntN(1000)) + "@example.com"
	case s.Format == "uri", s.Format == "url":
		return []string{"https://127.0.0.1:9/", "http://localhost/x?y#z", "https://user:pw@host.test", "HTTPS://X"}[g.IntN(4)]
	case s.Format == "date-time":
		return []string{"2030-01-01T00:00:00Z", "2030-01-01", "0000-00-00T00:00:00Z"}[g.IntN(3)]
	}
	return strings.Repeat([]string{"a", "B-", "ü ", "'; ", "<b>", "%s", "🔑"}[g.IntN(7)], 1+g.IntN(40))
}
