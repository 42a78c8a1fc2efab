package console_test

import (
	"slices"
	"strings"
	"testing"

	"portico/access"
	"portico/webui/console"
	"portico/webui/consoletest"
	"portico/webui/desk"
)

// looks are the forms that change nothing.
var looks = []string{"POST /audit-log/verify", "POST /portals/{portalId}/appearance/preview", "POST /portals/{portalId}/pages/preview",
	"POST /portals/{portalId}/emails/{name}/preview", "POST /gateways/{controlPlaneId}/test"}

// TestEveryPageNeedsAPermission: one that a role can have, for an entity that
// the page's address names; and what changes something is named for the audit
// log by the management API's operation.
func TestEveryPageNeedsAPermission(t *testing.T) {
	t.Parallel()
	var routes []desk.Route
	consoletest.New(t, func(s *desk.Site) []desk.Route {
		routes = console.Routes(s)
		return routes
	})
	if len(routes) < 60 {
		t.Errorf("only %d routes", len(routes))
	}
	for _, r := range routes {
		if len(r.Needs) == 0 && !r.Open {
			t.Errorf("%s is open to nobody: it says no need", r.Pattern)
		}
		if r.Open && len(r.Needs) > 0 {
			t.Errorf("%s is open to everybody, and says needs", r.Pattern)
		}
		own := true
		for _, need := range r.Needs {
			for n := &need; n != nil; n = n.Or {
				if n.IsOwn() {
					continue
				}
				own = false
				if n.Param != "" && !strings.Contains(r.Pattern, "{"+n.Param+"}") {
					t.Errorf("%s has no parameter {%s}", r.Pattern, n.Param)
				}
				if len(access.RolesFor(n.Type, n.Action)) < 2 { // one is the organization's admins
					t.Errorf("%s needs %s of %s, which no role has", r.Pattern, n.Action, n.Type)
				}
			}
		}
		writes := strings.HasPrefix(r.Pattern, "POST ") && !r.Open && !own
		if writes && !changes(r) {
			t.Errorf("%s changes something for whoever may view", r.Pattern)
		}
		if writes && r.Action == "" && !slices.Contains(looks, r.Pattern) {
			t.Errorf("%s has no name for the audit log", r.Pattern)
		}
	}
}

// changes says that a route needs more than to view, or changes nothing.
func changes(r desk.Route) bool {
	for _, need := range r.Needs {
		if need.Action != access.View {
			return true
		}
	}
	return slices.Contains(looks, r.Pattern)
}
