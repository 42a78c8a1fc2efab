package portals

import (
	"net/http"

	"portico"
	"portico/access"
	"portico/usecase"
	"portico/webui/desk"
)

// listView is the list of portals.
type listView struct {
	desk.List
	Portals   []portal
	Total     int
	Published map[portico.PortalID]int // APIs that are published there
	MayCreate bool
}

func (p pages) list(w http.ResponseWriter, v *desk.Visit) error {
	view := listView{List: v.List("name", "default_domain", "created_at"), Published: map[portico.PortalID]int{}, MayCreate: v.MayCreate(access.Portals)}
	found, err := p.Portals.List(v.Context(), access.Visible(v.Context(), view.Query(view.Contains("q", "name")), access.Portals, "id"))
	if err != nil {
		return err
	}
	view.Total = found.Total
	for _, one := range found.Items {
		view.Portals = append(view.Portals, p.portal(v, one))
	}
	published, err := p.Publications.List(v.Context(), portico.Everything(usecase.AnyOf("portal_id", found.Items, func(one portico.Portal) portico.PortalID { return one.ID })))
	if err != nil {
		return err
	}
	for _, one := range published.Items {
		view.Published[one.PortalID]++
	}
	return v.Render(w, http.StatusOK, v.T("portals.title"), listPage(view))
}
