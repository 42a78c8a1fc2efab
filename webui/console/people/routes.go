package people

import (
	"slices"

	"portico"
	"portico/access"
	"portico/webui/design"
	"portico/webui/desk"
)

type pages struct{ *desk.Site }

// Where the pages are.
const (
	approvalsPath    = "/approvals"
	developersPath   = "/developers"
	applicationsPath = "/applications"
)

// Routes are the pages about people. Most learn only from the developer or the
// application which portal they are about, so they need the permission for any
// portal, and look at which one themselves.
func Routes(s *desk.Site) []desk.Route {
	p := pages{s}
	approve := access.For(access.Portals, access.Approve, "")
	approveAny := approve.OrElse(access.For(access.APIs, access.Approve, ""))
	routes := []desk.Route{desk.On("GET "+approvalsPath, p.approvals, approveAny)}
	for _, q := range []queue{p.developerQueue(), p.registrationQueue()} {
		need := approve
		if q.byAPI {
			need = approveAny
		}
		routes = append(routes,
			desk.On("GET "+q.path, p.showQueue(q), need),
			desk.On("POST "+q.path, p.decideSelected(q), need).As(q.action),
			desk.On("POST "+q.path+"/undo", p.undo(q), need).As(q.action),
			desk.On("GET "+q.path+"/{id}", p.showWaiting(q), need),
			desk.On("POST "+q.path+"/{id}", p.decideOne(q), need).As(q.action),
		)
	}
	view, accounts, applications := access.For(access.Portals, access.View, ""), access.For(access.Portals, access.Accounts, ""), access.For(access.Portals, access.Applications, "")
	return append(routes,
		desk.On("GET "+developersPath, p.developers, view),
		desk.On("GET "+developersPath+"/new", p.inviteForm, accounts),
		desk.On("POST "+developersPath+"/new", p.invite, accounts).As("create-developer"),
		desk.On("GET "+developersPath+"/{developerId}", p.developer, view),
		desk.On("POST "+developersPath+"/{developerId}/sign-out", p.signOut, accounts).As("sign-out-developer"),
		desk.On("GET "+developersPath+"/{developerId}/delete", p.deleteDeveloperForm, accounts),
		desk.On("POST "+developersPath+"/{developerId}/delete", p.deleteDeveloper, accounts).As("delete-developer"),
		desk.On("GET /teams", p.teams, view),
		desk.On("GET "+applicationsPath, p.applications, view),
		desk.On("GET "+applicationsPath+"/import", p.importForm, applications),
		desk.On("POST "+applicationsPath+"/import", p.importClient, applications).As("create-application"),
		desk.On("GET "+applicationsPath+"/{applicationId}", p.application, view),
		desk.On("GET "+applicationsPath+"/{applicationId}/registrations", p.registrationsOf, view),
		desk.On("GET "+applicationsPath+"/{applicationId}/credentials", p.credentialsOf, view),
		desk.On("GET "+applicationsPath+"/{applicationId}/transfer", p.transferForm, applications),
		desk.On("POST "+applicationsPath+"/{applicationId}/transfer", p.transfer, applications).As("update-application"),
		desk.On("GET "+applicationsPath+"/{applicationId}/delete", p.deleteApplicationForm, applications),
		desk.On("POST "+applicationsPath+"/{applicationId}/delete", p.deleteApplication, applications).As("delete-application"),
	)
}

// portalNames are the names of the portals that the visitor may view.
func (p pages) portalNames(v *desk.Visit) (map[portico.PortalID]string, error) {
	options, err := p.portalOptions(v, "")
	names := map[portico.PortalID]string{}
	for _, o := range options {
		names[portico.PortalID(o.Value)] = o.Label
	}
	return names, err
}

// portalChoice are the portals in which an action is granted, for a form.
func (p pages) portalChoice(v *desk.Visit, action access.Action, chosen string) ([]design.Option, error) {
	options, err := p.portalOptions(v, chosen)
	return slices.DeleteFunc(options, func(o design.Option) bool {
		return o.Value == "" || !v.May(access.Portals, action, o.Value)
	}), err
}

func values(options []design.Option) []string {
	out := make([]string, len(options))
	for i, o := range options {
		out[i] = o.Value
	}
	return out
}

// in refuses what is in a portal where the visitor lacks an action: where he may
// not even view it, it is not there for him.
func in(v *desk.Visit, action access.Action, portal portico.PortalID, hidden error) error {
	if !v.May(access.Portals, access.View, string(portal)) {
		return hidden
	}
	return access.Require(v.Context(), access.Portals, action, string(portal))
}

// portalOptions are the portals that the visitor may view, for a filter.
func (p pages) portalOptions(v *desk.Visit, chosen string) ([]design.Option, error) {
	found, err := p.Portals.List(v.Context(), access.Visible(v.Context(), portico.ListQuery{Size: 1 << 10, Number: 1, Sort: []portico.Sort{{Field: "name"}}}, access.Portals, "id"))
	options := []design.Option{{Label: v.T("people.any_portal")}}
	for _, portal := range found.Items {
		options = append(options, design.Option{Value: string(portal.ID), Label: portal.Name, Selected: chosen == string(portal.ID)})
	}
	return options, err
}
