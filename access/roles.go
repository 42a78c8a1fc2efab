package access

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// Role is a predefined role for one type of entity.
type Role struct {
	Name        string // as it is written on the wire
	Description string
	Actions     []Action
}

// Roles that are given with a system team, and for the whole organization.
const (
	organizationAdmin  = "Organization Admin"
	organizationReader = "Organization Admin (Read Only)"
)

// Grants of the organization's two system teams.
func OrganizationAdmin() Grant  { return Grant{organizationAdmin, Organization, Everything} }
func OrganizationReader() Grant { return Grant{organizationReader, Organization, Everything} }

// creatorsRole is what somebody becomes who creates an entity.
func creatorsRole(t Type) string {
	switch t {
	case Providers, Strategies:
		return "Maintainer"
	}
	return "Admin"
}

// Owner is the grant that somebody gets for what he has created.
func Owner(t Type, entity string) Grant { return Grant{creatorsRole(t), t, entity} }

// Roles lists the predefined roles of a type by their names.
func Roles(t Type) []Role {
	return slices.SortedFunc(maps.Values(roles()[t]), func(a, b Role) int { return strings.Compare(a.Name, b.Name) })
}

// RoleOf is a predefined role; ok is false if the type has none of that name.
func RoleOf(t Type, name string) (r Role, ok bool) {
	r, ok = roles()[t][name]
	return r, ok
}

// RolesFor are the names of a type's roles that have an action. There is always
// one: the organization's admins may do everything.
func RolesFor(t Type, a Action) []string {
	names := []string{}
	for _, r := range Roles(t) {
		if slices.Contains(r.Actions, a) {
			names = append(names, string(t)+" "+r.Name)
		}
	}
	return append(names, organizationAdmin)
}

func list(names []string) string { return strings.Join(names, ", ") }

// roles of all types by name (contract: identity v3, get-predefined-roles, and
// the documents on roles). What is not listed is not granted.
var roles = sync.OnceValue(func() map[Type]map[string]Role {
	everything := []Action{View, Edit, Delete}
	return map[Type]map[string]Role{
		Organization: named(
			Role{"Admin", "This role grants full write access to the Identity configuration.", append(slices.Clone(everything), Create)},
		),
		AuditLogs: named(
			Role{"Admin", "This role grants full write access to the Audit log configuration.", append(slices.Clone(everything), Create)},
		),
		Providers: named(
			Role{"Creator", "Creates DCR providers, views them all, and maintains those that they create.", []Action{Create, View}},
			Role{"Maintainer", "Views, edits and deletes DCR providers.", everything},
			Role{"Viewer", "Views DCR providers.", []Action{View}},
		),
		Strategies: named(
			Role{"Creator", "Creates application auth strategies, views them all, and maintains those that they create.", []Action{Create, View}},
			Role{"Maintainer", "Views, edits and deletes application auth strategies.", everything},
			Role{"Viewer", "Views application auth strategies.", []Action{View}},
		),
		Portals: named(
			Role{"Creator", "Creates portals, and administers those that they create.", []Action{Create}},
			Role{"Admin", "Does everything in a portal, its developers and teams included, and deletes it.", []Action{View, Edit, Delete, Appearance, Content, Accounts, Applications, Publish, Approve}},
			Role{"Maintainer", "Edits a portal, its looks, pages and applications, approves and publishes; does not delete the portal.", []Action{View, Edit, Appearance, Content, Applications, Publish, Approve}},
			Role{"Product Publisher", "Publishes APIs to a portal.", []Action{View, Publish}},
			Role{"Registration Approver", "Approves developers and registrations of a portal.", []Action{View, Approve}},
			Role{"Appearance Maintainer", "Edits how a portal looks.", []Action{View, Appearance}},
			Role{"Content Editor", "Edits a portal's pages, snippets and looks.", []Action{View, Content, Appearance}},
			Role{"Viewer", "Views a portal and what belongs to it.", []Action{View}},
		),
		APIs: named(
			Role{"Creator", "Creates APIs, and administers those that they create.", []Action{Create}},
			Role{"Admin", "Does everything with an API.", []Action{View, Edit, Delete, Publish, Approve}},
			Role{"Maintainer", "Edits and publishes an API and approves its registrations; does not delete it.", []Action{View, Edit, Publish, Approve}},
			Role{"Publisher", "Publishes an API to portals.", []Action{View, Publish}},
			Role{"Registration Approver", "Approves an API's registrations.", []Action{View, Approve}},
			Role{"Viewer", "Views an API and what belongs to it.", []Action{View}},
		),
		ControlPlanes: named(
			Role{"Creator", "Creates a new Control Plane in an organization. The creator becomes the owner of the Control Plane they create.", []Action{Create}},
			Role{"Admin", "This role grants full write access to all entities within a control plane.", []Action{View, Edit, Delete, Services, Routes, Plugins, Consumers}},
			Role{"Deployer", "This role grants full write access to administer services, routes and plugins necessary to deploy services in Service Hub.", []Action{View, Services, Routes, Plugins}},
			Role{"Gateway Service Admin", "This role grants full write access to administer gateway services.", []Action{View, Services}},
			Role{"Route Admin", "This role grants full write access to administer routes.", []Action{View, Routes}},
			Role{"Plugin Admin", "This role grants full write access to administer plugins.", []Action{View, Plugins}},
			Role{"Consumer Admin", "This role grants full write access to administer consumers.", []Action{View, Consumers}},
			Role{"Viewer", "This role grants read only access to all entities within a control plane.", []Action{View}},
		),
	}
})

func named(all ...Role) map[string]Role {
	out := make(map[string]Role, len(all))
	for _, r := range all {
		out[r.Name] = r
	}
	return out
}
