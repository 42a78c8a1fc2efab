package admins

import (
	"slices"

	"portico/access"
	"portico/webui/design"
	"portico/webui/desk"
)

type pages struct{ *desk.Site }

// Where the lists are.
const (
	usersPath    = desk.SettingsPath + "/admins"
	teamsPath    = desk.SettingsPath + "/teams"
	rolesPath    = desk.SettingsPath + "/roles"
	accountsPath = desk.SettingsPath + "/system-accounts"
)

// Routes lists the pages and actions of this package.
func Routes(s *desk.Site) []desk.Route {
	p := pages{s}
	return slices.Concat(p.userRoutes(), p.inviteRoutes(), p.teamRoutes(), p.accountRoutes(), p.tokenRoutes(), p.holderRoutes())
}

// What the pages need.
func views() access.Need   { return access.For(access.Organization, access.View, "") }
func creates() access.Need { return access.For(access.Organization, access.Create, "") }
func edits() access.Need   { return access.For(access.Organization, access.Edit, "") }
func deletes() access.Need { return access.For(access.Organization, access.Delete, "") }

// mayEdit says whether the visitor may change the organization; whoever may,
// may also create and delete what belongs to it.
func mayEdit(v *desk.Visit) bool { return v.May(access.Organization, access.Edit, access.Everything) }

// crumbs lead from one of the lists, whose name is the key of a text, to a page.
func crumbs(v *desk.Visit, list, name string, last ...design.Crumb) []design.Crumb {
	return append([]design.Crumb{{Href: list, Label: v.T(name)}}, last...)
}
