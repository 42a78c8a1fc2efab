package mgmtapi

import (
	"net/http"

	"portico"
	"portico/access"
	"portico/control"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
	"portico/mgmtapi/wire"
)

// portalRoutes: developer portals (contract: portal-management v3).
func (s *server) portalRoutes() []route.Route {
	return []route.Route{
		route.On("POST", "/v3/portals", "create-portal", s.createPortal, access.For(access.Portals, access.Create, "")),
		route.On("GET", "/v3/portals", "list-portals", s.listPortals, access.For(access.Portals, access.View, "")),
		route.On("GET", "/v3/portals/{portalId}", "get-portal", s.portal, access.For(access.Portals, access.View, "portalId")),
		route.On("PATCH", "/v3/portals/{portalId}", "update-portal", s.updatePortal, access.For(access.Portals, access.Edit, "portalId")),
		route.On("DELETE", "/v3/portals/{portalId}", "delete-portal", s.deletePortal, access.For(access.Portals, access.Delete, "portalId")),
	}
}

// portalView is the contract's PortalResponse.
type portalView struct {
	ID                      portico.PortalID    `json:"id"`
	Name                    string              `json:"name"`
	DisplayName             string              `json:"display_name"`
	Description             *string             `json:"description"`
	AuthenticationEnabled   bool                `json:"authentication_enabled"`
	RBACEnabled             bool                `json:"rbac_enabled"`
	SIPREnabled             bool                `json:"sipr_enabled"`
	DefaultAPIVisibility    portico.Visibility  `json:"default_api_visibility"`
	DefaultPageVisibility   portico.Visibility  `json:"default_page_visibility"`
	DefaultStrategyID       *portico.StrategyID `json:"default_application_auth_strategy_id"`
	AutoApproveDevelopers   bool                `json:"auto_approve_developers"`
	AutoApproveApplications bool                `json:"auto_approve_applications"`
	NotificationsPIIVisible bool                `json:"notifications_developer_pii_visibility_enabled"`
	DefaultDomain           string              `json:"default_domain"`
	CanonicalDomain         string              `json:"canonical_domain"`
	Labels                  map[string]string   `json:"labels"`
	CreatedAt               httpkit.Timestamp   `json:"created_at"`
	UpdatedAt               httpkit.Timestamp   `json:"updated_at"`
}

func (s *server) viewPortal(p portico.Portal) portalView {
	return portalView{
		ID: p.ID, Name: p.Name, DisplayName: p.DisplayName, Description: p.Description,
		AuthenticationEnabled: p.AuthenticationEnabled, RBACEnabled: p.RBACEnabled, SIPREnabled: p.SIPREnabled,
		DefaultAPIVisibility: p.DefaultAPIVisibility, DefaultPageVisibility: p.DefaultPageVisibility, DefaultStrategyID: p.DefaultStrategyID,
		AutoApproveDevelopers: p.AutoApproveDevelopers, AutoApproveApplications: p.AutoApproveApplications,
		NotificationsPIIVisible: p.NotificationsPIIVisible, DefaultDomain: s.Portals.DefaultDomain(p), CanonicalDomain: s.Portals.Domain(p), Labels: wire.NotNil(p.Labels),
		CreatedAt: httpkit.Timestamp(p.CreatedAt), UpdatedAt: httpkit.Timestamp(p.UpdatedAt),
	}
}

func visibilities() []string { return texts([]portico.Visibility{portico.Public, portico.Private}) }

// readPortal reads CreatePortal or, with an optional name, UpdatePortal.
func readPortal(r *http.Request, name httpkit.Rule) (control.PortalFields, error) {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return control.PortalFields{}, err
	}
	o.Ignore("id", "created_at", "updated_at", "default_domain", "canonical_domain")
	in := control.PortalFields{
		Name:                    o.OptString("name", name, httpkit.Length(1, 255)),
		DisplayName:             o.OptString("display_name", httpkit.Length(1, 255)),
		Description:             o.OptString("description", httpkit.MaxLength(512), httpkit.Nullable),
		AuthenticationEnabled:   o.OptBool("authentication_enabled"),
		RBACEnabled:             o.OptBool("rbac_enabled"),
		SIPREnabled:             o.OptBool("sipr_enabled"),
		DefaultAPIVisibility:    httpkit.As[portico.Visibility](o.OptEnum("default_api_visibility", httpkit.Optional, visibilities()...)),
		DefaultPageVisibility:   httpkit.As[portico.Visibility](o.OptEnum("default_page_visibility", httpkit.Optional, visibilities()...)),
		DefaultStrategyID:       httpkit.As[portico.StrategyID](o.OptUUID("default_application_auth_strategy_id", httpkit.Nullable)),
		AutoApproveDevelopers:   o.OptBool("auto_approve_developers"),
		AutoApproveApplications: o.OptBool("auto_approve_applications"),
		NotificationsPIIVisible: o.OptBool("notifications_developer_pii_visibility_enabled"),
		Labels:                  o.Labels("labels"),
	}
	return in, o.Err()
}

func (s *server) createPortal(w http.ResponseWriter, r *http.Request) error {
	in, err := readPortal(r, httpkit.Required)
	if err != nil {
		return err
	}
	p, err := s.Portals.Create(r.Context(), in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, s.viewPortal(p))
}

// portalSpec is what the list of portals can be asked for.
func portalSpec() listing.Spec {
	return listing.Spec{
		Filters: map[string]listing.FieldKind{
			"id": listing.UUID(), "name": listing.String(), "display_name": listing.String(), "description": listing.String(),
			"authentication_enabled": listing.Bool(), "rbac_enabled": listing.Bool(), "sipr_enabled": listing.Bool(),
			"default_api_visibility": listing.Enum(visibilities()...), "default_page_visibility": listing.Enum(visibilities()...),
			"default_application_auth_strategy_id": listing.UUID(),
			"auto_approve_developers":              listing.Bool(), "auto_approve_applications": listing.Bool(),
			"notifications_developer_pii_visibility_enabled": listing.Bool(),
			"default_domain": listing.String(), "canonical_domain": listing.String(), "labels": listing.Labels(),
		},
		Sorts: []string{"name", "description", "authentication_enabled", "rbac_enabled", "auto_approve_applications",
			"auto_approve_developers", "default_domain", "canonical_domain", "created_at", "updated_at"},
	}
}

func (s *server) listPortals(w http.ResponseWriter, r *http.Request) error {
	q, err := listing.Parse(r, portalSpec())
	if err != nil {
		return err
	}
	page, err := s.Portals.List(r.Context(), access.Visible(r.Context(), q, access.Portals, "id"))
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, s.viewPortal))
}

func (s *server) portal(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	p, err := s.Portals.ByID(r.Context(), id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, s.viewPortal(p))
}

func (s *server) updatePortal(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	in, err := readPortal(r, httpkit.Optional)
	if err != nil {
		return err
	}
	p, err := s.Portals.Update(r.Context(), id, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, s.viewPortal(p))
}

func (s *server) deletePortal(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	force, err := forced(r)
	if err != nil {
		return err
	}
	if err := s.Portals.Delete(r.Context(), id, force); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

// forced reads the parameter force; without a value it means true.
func forced(r *http.Request) (bool, error) {
	values, there := r.URL.Query()["force"]
	switch {
	case !there || len(values) == 1 && values[0] == "false":
		return false, nil
	case len(values) == 1 && (values[0] == "true" || values[0] == ""):
		return true, nil
	}
	return false, portico.InvalidAll(portico.InvalidParameter{
		Field: "force", Rule: "enum", Choices: []string{"true", "false"}, Reason: "must be true or false", Source: "query",
	})
}
