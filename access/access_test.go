package access_test

import (
	"testing"

	"portico"
	"portico/access"
)

func TestNothingIsGrantedByDefault(t *testing.T) {
	t.Parallel()
	var nobody access.Grants
	for _, of := range access.Types() {
		for _, a := range []access.Action{access.View, access.Create, access.Edit, access.Delete} {
			if nobody.May(of, a, "1") || nobody.Somewhere(of, a) {
				t.Errorf("nobody may %s %s", a, of)
			}
		}
	}
	if !nobody.Meet(access.Own(), nil) {
		t.Error("nobody may look at himself")
	}
}

func TestGrantsReachAsFarAsTheirRoleAndEntity(t *testing.T) {
	t.Parallel()
	g := access.Grants{{Role: "Viewer", Type: access.Portals, Entity: "p1"}, {Role: "Maintainer", Type: access.Portals, Entity: "p2"}, {Role: "Creator", Type: access.APIs, Entity: access.Everything}, {Role: "No Such", Type: access.ControlPlanes, Entity: access.Everything}}
	for _, test := range []struct {
		of     access.Type
		action access.Action
		entity string
		may    bool
	}{
		{access.Portals, access.View, "p1", true},
		{access.Portals, access.Edit, "p1", false},
		{access.Portals, access.Edit, "p2", true},
		{access.Portals, access.Delete, "p2", false},
		{access.Portals, access.View, "p3", false},
		{access.Portals, access.View, "", false},
		{access.Portals, access.View, access.Everything, false},
		{access.APIs, access.View, "p1", false},
		{access.APIs, access.Create, access.Everything, true},
		{access.ControlPlanes, access.View, "c", false},
		{access.Organization, access.View, "o", false},
	} {
		if got := g.May(test.of, test.action, test.entity); got != test.may {
			t.Errorf("%s %s %q: %v", test.action, test.of, test.entity, got)
		}
	}
	if ids, all := g.Entities(access.Portals, access.View); all || len(ids) != 2 {
		t.Errorf("may view %v, %v", ids, all)
	}
	q := access.Visible(access.With(t.Context(), g), portico.Everything(), access.Portals, "id")
	if len(q.Filters) != 1 || len(q.Filters[0].Values) != 3 {
		t.Errorf("the list is restricted by %+v", q.Filters)
	}
}

func TestOrganizationAdmins(t *testing.T) {
	t.Parallel()
	admin, reader := access.Grants{access.OrganizationAdmin()}, access.Grants{access.OrganizationReader()}
	for _, of := range access.Types() {
		if !admin.May(of, access.Delete, "1") || !reader.May(of, access.View, "1") || reader.May(of, access.Edit, "1") {
			t.Errorf("wrong for %s", of)
		}
	}
	// The names are those of the teams; as roles for an entity they mean nothing.
	fake := access.Grants{{Role: "Organization Admin", Type: access.Portals, Entity: access.Everything}}
	if fake.Somewhere(access.Portals, access.View) {
		t.Error("the organization's role counts for an entity")
	}
}

func TestNeedsWithAnAlternative(t *testing.T) {
	t.Parallel()
	need := access.For(access.Portals, access.Approve, "portalId").OrElse(access.For(access.APIs, access.Approve, ""))
	value := func(string) string { return "p1" }
	for _, g := range []access.Grants{
		{{Role: "Registration Approver", Type: access.APIs, Entity: "a1"}},
		{{Role: "Maintainer", Type: access.Portals, Entity: "p1"}},
	} {
		if !g.Meet(need, value) {
			t.Errorf("%v is not enough", g)
		}
	}
	if (access.Grants{{Role: "Maintainer", Type: access.Portals, Entity: "p2"}}).Meet(need, value) {
		t.Error("another portal's role is enough")
	}
}

// TestEveryRoleHasSomethingToDo: a role without actions would be a name alone.
func TestEveryRoleHasSomethingToDo(t *testing.T) {
	t.Parallel()
	for _, of := range access.Types() {
		for _, r := range access.Roles(of) {
			if len(r.Actions) == 0 || r.Description == "" {
				t.Errorf("%s %s is empty", of, r.Name)
			}
		}
		if _, ok := access.RoleOf(of, access.Owner(of, "1").Role); !ok {
			t.Errorf("who creates something of %s gets a role that does not exist", of)
		}
	}
}
