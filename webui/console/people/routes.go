package people

import (
	"net/http"

	"portico"
	"portico/access"
	"portico/problem"
	"portico/webui/design"
	"portico/webui/desk"
)

type pages struct{ *desk.Site }

// Where the pages are.
const (
	approvalsPath = "/approvals"
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
	return routes
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

// statusOfForm is the status of a form that is shown again: err is what a use
// case had against it; nil: it was not asked.
func statusOfForm(err error) int {
	if err == nil {
		return http.StatusUnprocessableEntity
	}
	return problem.Status(portico.KindOf(err))
}
