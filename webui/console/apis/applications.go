package apis

import (
	"net/http"

	"portico"
	"portico/access"
	"portico/control"
	"portico/webui/design"
	"portico/webui/desk"
)

// applicationsView is the tab with the registrations for the API.
type applicationsView struct {
	desk.List
	API      api
	Items    []control.APIRegistration
	Total    int
	Statuses []design.Option
	May      func(portal portico.PortalID) bool // look at the portal's applications
}

func (p pages) applications(w http.ResponseWriter, v *desk.Visit, a api) error {
	view := applicationsView{List: v.List("-created_at", "status"), API: a}
	view.May = func(portal portico.PortalID) bool { return v.May(access.Portals, access.View, string(portal)) }
	found, err := p.Registrations.ListByAPI(v.Context(), a.ID, view.Query(view.Equal("status")))
	if err != nil {
		return err
	}
	view.Items, view.Total = found.Items, found.Total
	view.Statuses = []design.Option{{Label: v.T("apis.any_status")}}
	for _, s := range []portico.Status{portico.Pending, portico.Approved, portico.Rejected, portico.Revoked} {
		view.Statuses = append(view.Statuses, design.Option{Value: string(s), Label: v.T("design.status." + string(s)), Selected: view.Value("status") == string(s)})
	}
	return v.Render(w, http.StatusOK, a.Name, applicationsPage(view))
}
