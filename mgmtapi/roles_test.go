package mgmtapi_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/access"
	"portico/mgmtapi"
	"portico/mgmtapi/route"
	"portico/secret"
)

// machine is the access token of a system account with one role.
func (s *testServer) machine(t testing.TB, g access.Grant) string {
	t.Helper()
	now, token := s.clock.Now(), secret.Token("spat_")
	account := portico.SystemAccount{ID: portico.SystemAccountID(portico.NewID(now)), Name: fmt.Sprint(g), CreatedAt: now, UpdatedAt: now}
	check(t, s.store.Update(t.Context(), func(tx portico.Tx) error {
		if err := tx.SystemAccounts().Insert(t.Context(), account); err != nil {
			return err
		}
		err := tx.RoleAssignments().Insert(t.Context(), portico.RoleAssignment{
			ID: portico.RoleAssignmentID(portico.NewID(now)), SystemAccountID: &account.ID, Role: g.Role, EntityType: string(g.Type), EntityID: g.Entity, Region: "*", CreatedAt: now,
		})
		if err != nil {
			return err
		}
		return tx.SystemAccountTokens().Insert(t.Context(), portico.SystemAccountToken{
			ID: portico.SystemAccountTokenID(portico.NewID(now)), SystemAccountID: account.ID, Name: "t", Digest: token.Digest(),
			ExpiresAt: now.Add(time.Hour), CreatedAt: now, UpdatedAt: now,
		})
	}))
	return token.Reveal()
}

// params of the entity types in paths.
var params = map[access.Type]string{
	access.Portals: "portalId", access.APIs: "apiId", access.Providers: "dcrProviderId", access.Strategies: "authStrategyId", access.ControlPlanes: "controlPlaneId",
}

const ours, theirs = "0196a000-0000-7000-8000-000000000001", "0196a000-0000-7000-8000-000000000002"

// TestEveryRoleReachesItsOperationsOnly tries every operation with every role:
// for the entity that the role is for, and for another one. Nothing exists, so
// what is allowed answers something, but never that a role is missing.
func TestEveryRoleReachesItsOperationsOnly(t *testing.T) {
	t.Parallel()
	for _, of := range access.Types() {
		for _, role := range access.Roles(of) {
			t.Run(string(of)+" "+role.Name, func(t *testing.T) {
				t.Parallel()
				s := newServer(t)
				grant := access.Grant{Role: role.Name, Type: of, Entity: ours}
				if slices.Contains(role.Actions, access.Create) || params[of] == "" {
					grant.Entity = access.Everything // there is no single entity to give it for
				}
				token := s.machine(t, grant)
				for _, op := range mgmtapi.Operations() {
					s.tryRole(t, token, grant, op, of, ours)
					if grant.Entity == ours && strings.Contains(op.Pattern, "{"+params[of]+"}") {
						s.tryRole(t, token, grant, op, of, theirs)
					}
				}
			})
		}
	}
}

// tryRole sends one operation. Other wildcards than the type's own are filled
// with ours, too, which are entities of other types.
func (s *testServer) tryRole(t *testing.T, token string, g access.Grant, op route.Route, of access.Type, entity string) {
	t.Helper()
	value := func(param string) string {
		if param == params[of] {
			return entity
		}
		return ours
	}
	path := op.Pattern
	for strings.Contains(path, "{") {
		before, rest, _ := strings.Cut(path, "{")
		name, after, _ := strings.Cut(rest, "}")
		path = before + value(strings.TrimSuffix(name, "...")) + after
	}
	var body any
	if op.Method != http.MethodGet && op.Method != http.MethodDelete {
		body = "{}"
	}
	a := s.request(t, op.Method, path, body, http.Header{"Authorization": {"Bearer " + token}})
	allowed := len(op.Needs) > 0 || op.Open
	for _, need := range op.Needs {
		allowed = allowed && (access.Grants{g}).Meet(need, value)
	}
	if missing := a.Status == http.StatusForbidden && strings.Contains(a.text("detail"), "roles do not allow"); missing == allowed {
		t.Errorf("%v: %s %s answers %d %s", g, op.Method, path, a.Status, a.text("detail"))
	}
}

// TestRolesAsDocumentedByKonnect is a second opinion on the roles, by hand.
func TestRolesAsDocumentedByKonnect(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, test := range []struct {
		role   string
		of     access.Type
		method string
		path   string
		may    bool
	}{
		{"Creator", access.Providers, "POST", "/v2/dcr-providers", true},
		{"Creator", access.Providers, "DELETE", "/v2/dcr-providers/" + ours, false},
		{"Maintainer", access.Providers, "DELETE", "/v2/dcr-providers/" + ours, true},
		{"Maintainer", access.Providers, "POST", "/v2/dcr-providers", false},
		{"Viewer", access.Strategies, "PUT", "/v2/application-auth-strategies/" + ours, false},
		{"Viewer", access.Strategies, "GET", "/v2/application-auth-strategies", true},
		{"Maintainer", access.Portals, "DELETE", "/v3/portals/" + ours, false},
		{"Admin", access.Portals, "DELETE", "/v3/portals/" + ours, true},
		{"Maintainer", access.Portals, "POST", "/v3/portals/" + ours + "/developers", false},
		{"Admin", access.Portals, "POST", "/v3/portals/" + ours + "/developers", true},
		{"Appearance Maintainer", access.Portals, "PATCH", "/v3/portals/" + ours + "/customization", true},
		{"Appearance Maintainer", access.Portals, "POST", "/v3/portals/" + ours + "/pages", false},
		{"Content Editor", access.Portals, "POST", "/v3/portals/" + ours + "/pages", true},
		{"Registration Approver", access.Portals, "PATCH", "/v3/portals/" + ours + "/applications/" + ours + "/registrations/" + ours, true},
		{"Viewer", access.Portals, "PATCH", "/v3/portals/" + ours + "/applications/" + ours + "/registrations/" + ours, false},
		{"Maintainer", access.APIs, "DELETE", "/v3/apis/" + ours, false},
		{"Admin", access.APIs, "DELETE", "/v3/apis/" + ours, true},
		{"Publisher", access.APIs, "PUT", "/v3/apis/" + ours + "/publications/" + ours, false}, // the portal's own role is missing
		{"Viewer", access.ControlPlanes, "POST", "/v2/control-planes/" + ours + "/core-entities/services", false},
		{"Gateway Service Admin", access.ControlPlanes, "POST", "/v2/control-planes/" + ours + "/core-entities/services", true},
		{"Gateway Service Admin", access.ControlPlanes, "POST", "/v2/control-planes/" + ours + "/core-entities/routes", false},
		{"Route Admin", access.ControlPlanes, "POST", "/v2/control-planes/" + ours + "/core-entities/routes", true},
		{"Admin", access.Portals, "GET", "/v3/apis", false},
	} {
		token := s.machine(t, access.Grant{Role: test.role, Type: test.of, Entity: access.Everything})
		var body any
		if test.method != "GET" && test.method != "DELETE" {
			body = "{}"
		}
		a := s.request(t, test.method, test.path, body, http.Header{"Authorization": {"Bearer " + token}})
		if may := a.Status != http.StatusForbidden; may != test.may {
			t.Errorf("%s of %s: %s %s answers %d", test.role, test.of, test.method, test.path, a.Status)
		}
		check(t, s.forget(t.Context()))
	}
}

// forget removes the system accounts, whose names are unique.
func (s *testServer) forget(ctx context.Context) error {
	return s.store.Update(ctx, func(tx portico.Tx) error {
		all, err := tx.SystemAccounts().List(ctx, portico.Everything())
		for i := 0; err == nil && i < len(all.Items); i++ {
			err = tx.SystemAccounts().Delete(ctx, all.Items[i].ID)
		}
		return err
	})
}

// TestListsShowWhatMayBeViewed: of two entities the one that the role is for.
func TestListsShowWhatMayBeViewed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, test := range []struct {
		of   access.Type
		path string
		body func(name string) map[string]any
	}{
		{access.Portals, "/v3/portals", func(name string) map[string]any { return map[string]any{"name": name} }},
		{access.APIs, "/v3/apis", func(name string) map[string]any { return map[string]any{"name": name} }},
		{access.Providers, "/v2/dcr-providers", func(name string) map[string]any {
			return map[string]any{"name": name, "provider_type": "okta", "issuer": "https://a.okta.com/oauth2/default", "dcr_config": map[string]any{"dcr_token": "0123456789"}}
		}},
		{access.Strategies, "/v2/application-auth-strategies", func(name string) map[string]any {
			return map[string]any{"name": name, "display_name": name, "strategy_type": "key_auth", "configs": map[string]any{"key-auth": map[string]any{}}}
		}},
		{access.ControlPlanes, "/v2/control-planes", func(name string) map[string]any { return map[string]any{"name": name} }},
	} {
		id := s.call(t, 201, "POST", test.path, test.body("ours")).text("id")
		s.call(t, 201, "POST", test.path, test.body("theirs"))
		as := http.Header{"Authorization": {"Bearer " + s.machine(t, access.Grant{Role: "Viewer", Type: test.of, Entity: id})}}
		list := s.send(t, 200, "GET", test.path, nil, as)
		if list.text("data.0.id") != id || list.at("data.1") != nil || list.at("meta.page.total") != 1.0 {
			t.Errorf("%s shows %s", test.path, list.Text)
		}
		s.send(t, 200, "GET", test.path+"/"+id, nil, as)
		s.send(t, 403, "GET", test.path+"/"+ours, nil, as)
	}
}

// TestRolesAreDocumented keeps docs/roles.md equal to the code. With
// UPDATE_DOCS=1 it writes the tables anew.
func TestRolesAreDocumented(t *testing.T) {
	t.Parallel()
	const file = "../docs/roles.md"
	doc, err := os.ReadFile(file)
	check(t, err)
	var roles, operations strings.Builder
	roles.WriteString("| for | role | what it is for | actions |\n|---|---|---|---|\n")
	for _, of := range access.Types() {
		for _, r := range access.Roles(of) {
			fmt.Fprintf(&roles, "| %s | %s | %s | %s |\n", of, r.Name, r.Description, actions(r))
		}
	}
	operations.WriteString("| operation | needs |\n|---|---|\n")
	for _, op := range mgmtapi.Operations() {
		fmt.Fprintf(&operations, "| `%s %s` | %s |\n", op.Method, op.Pattern, needs(op))
	}
	want := between(t, between(t, string(doc), "roles", roles.String()), "operations", operations.String())
	if want == string(doc) {
		return
	}
	if os.Getenv("UPDATE_DOCS") == "" {
		t.Fatal("docs/roles.md is not what the code says; run: UPDATE_DOCS=1 go test ./mgmtapi -run TestRolesAreDocumented")
	}
	check(t, os.WriteFile(file, []byte(want), 0o644))
}

// between replaces what stands between a table's two marks.
func between(t *testing.T, doc, name, table string) string {
	t.Helper()
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	head, rest, ok := strings.Cut(doc, begin)
	_, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("docs/roles.md lacks the marks of the table of %s", name)
	}
	return head + begin + table + end + tail
}

func actions(r access.Role) string {
	var out []string
	for _, a := range r.Actions {
		out = append(out, string(a))
	}
	return strings.Join(out, ", ")
}

// needs in words: "edit of Portals and publish of APIs".
func needs(op route.Route) string {
	var out []string
	for _, n := range op.Needs {
		words := []string{}
		for at := &n; at != nil; at = at.Or {
			if at.IsOwn() {
				words = append(words, "to be signed in")
			} else {
				words = append(words, string(at.Action)+" of "+string(at.Type))
			}
		}
		out = append(out, strings.Join(words, " or "))
	}
	return strings.Join(out, " and ")
}
