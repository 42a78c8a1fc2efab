package mgmtapi_test

import (
	"slices"
	"strings"
	"testing"

	"portico/access"
	"portico/mgmtapi"
)

// TestEveryRouteNeedsAPermission: and one that a predefined role can have, for
// an entity that the route's path names.
func TestEveryRouteNeedsAPermission(t *testing.T) {
	t.Parallel()
	for _, op := range mgmtapi.Operations() {
		name := op.Method + " " + op.Pattern
		if public := op.ID == "authenticate-sso"; op.Open != public {
			t.Errorf("%s: that anybody may do it without a token is %v", name, op.Open)
		}
		if len(op.Needs) == 0 && !op.Open {
			t.Errorf("%s is open to nobody: it says no need", name)
		}
		for _, need := range op.Needs {
			for n := &need; n != nil; n = n.Or {
				possible(t, name, op.Pattern, *n)
			}
		}
		reads := !slices.ContainsFunc(op.Needs, func(n access.Need) bool { return n.Action != access.View })
		if reads && len(op.Needs) > 0 && op.Method != "GET" && op.Method != "HEAD" {
			t.Errorf("%s changes something for whoever may view", name)
		}
	}
}

func possible(t *testing.T, name, pattern string, n access.Need) {
	t.Helper()
	if n.IsOwn() {
		return
	}
	if n.Param != "" && !strings.Contains(pattern, "{"+n.Param+"}") {
		t.Errorf("%s has no parameter {%s}", name, n.Param)
	}
	if len(access.RolesFor(n.Type, n.Action)) < 2 { // one is the organization's admins
		t.Errorf("%s needs %s of %s, which no role has", name, n.Action, n.Type)
	}
}
