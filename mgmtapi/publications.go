package mgmtapi

import (
	"net/http"
	"strings"

	"portico"
	"portico/access"
	"portico/control"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
	"portico/mgmtapi/wire"
)

// publicationRoutes: APIs and packages in portals (contract: api-builder v3).
func (s *server) publicationRoutes() []route.Route {
	const (
		publication   = "/v3/apis/{apiId}/publications/{portalId}"
		packPublished = "/v3/api-packages/{apiId}/publications/{portalId}"
	)
	return []route.Route{
		route.On("PUT", publication, "publish-api-to-portal", s.publish, access.For(access.APIs, access.Publish, "apiId"), access.For(access.Portals, access.Publish, "portalId")),
		route.On("GET", publication, "fetch-publication", s.publication, access.For(access.APIs, access.View, "apiId")),
		route.On("DELETE", publication, "delete-publication", s.unpublish, access.For(access.APIs, access.Publish, "apiId"), access.For(access.Portals, access.Publish, "portalId")),
		route.On("PUT", packPublished, "publish-api-package-to-portal", s.publish, access.For(access.APIs, access.Publish, "apiId"), access.For(access.Portals, access.Publish, "portalId")),
		route.On("GET", packPublished, "fetch-api-package-publication", s.publication, access.For(access.APIs, access.View, "apiId")),
		route.On("DELETE", packPublished, "delete-api-package-publication", s.unpublish, access.For(access.APIs, access.Publish, "apiId"), access.For(access.Portals, access.Publish, "portalId")),
		route.On("GET", "/v3/api-publications", "list-api-publications", s.listPublications, access.For(access.APIs, access.View, "")),
		route.On("GET", "/v3/portals/{portalId}/api-publications", "list-portal-api-publications", s.listPortalPublications, access.For(access.Portals, access.View, "portalId")),
	}
}

// publicationView is the contract's ApiPublicationResponse.
type publicationView struct {
	publicationSettings
	Warnings []string `json:"warnings"`
}

// publicationSettings is what all views of a publication share.
type publicationSettings struct {
	AutoApproveRegistrations bool                 `json:"auto_approve_registrations"`
	StrategyIDs              []portico.StrategyID `json:"auth_strategy_ids"` // null: no application auth
	Visibility               portico.Visibility   `json:"visibility"`
	CreatedAt                httpkit.Timestamp    `json:"created_at"`
	UpdatedAt                httpkit.Timestamp    `json:"updated_at"`
}

func viewPublicationSettings(p portico.Publication) publicationSettings {
	out := publicationSettings{Visibility: p.Visibility, CreatedAt: httpkit.Timestamp(p.CreatedAt), UpdatedAt: httpkit.Timestamp(p.UpdatedAt)}
	if p.StrategyID != nil {
		out.StrategyIDs = []portico.StrategyID{*p.StrategyID}
	}
	if p.AutoApproveRegistrations != nil {
		out.AutoApproveRegistrations = *p.AutoApproveRegistrations
	}
	return out
}

func viewPublication(p control.PublicationView) publicationView {
	return publicationView{viewPublicationSettings(p.Publication), httpkit.NotNil(p.Warnings)}
}

// publicationItem is the contract's ApiPublicationListItem.
type publicationItem struct {
	APIID      portico.APIID    `json:"api_id"`
	PortalID   portico.PortalID `json:"portal_id"`
	EntityType string           `json:"entity_type"`
	publicationSettings
}

func viewPublicationItem(p control.PublicationView) publicationItem {
	return publicationItem{p.APIID, p.PortalID, p.EntityType, viewPublicationSettings(p.Publication)}
}

// portalPublicationItem is the contract's PublicationListItem.
type portalPublicationItem struct {
	APIID      portico.APIID      `json:"api_id"`
	PortalIDs  []portico.PortalID `json:"portal_ids"`
	EntityType string             `json:"entity_type"`
	publicationSettings
}

func viewPortalPublicationItem(p control.PublicationView) portalPublicationItem {
	return portalPublicationItem{p.APIID, []portico.PortalID{p.PortalID}, p.EntityType, viewPublicationSettings(p.Publication)}
}

func (s *server) publish(w http.ResponseWriter, r *http.Request) error {
	api, portal, err := inAPI[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	o.Ignore("warnings", "created_at", "updated_at")
	in := control.PublicationFields{
		StrategyID:               readStrategyIDs(o),
		AutoApproveRegistrations: o.OptBool("auto_approve_registrations"),
		Visibility:               httpkit.As[portico.Visibility](o.OptEnum("visibility", httpkit.Optional, visibilities()...)),
	}
	if err := o.Err(); err != nil {
		return err
	}
	p, err := s.Publications.Put(r.Context(), api, portal, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewPublication(p))
}

// readStrategyIDs reads the contract's ApiPublicationAuthStrategyIds: null, or
// a list of exactly one id.
func readStrategyIDs(o *httpkit.Object) portico.Opt[portico.StrategyID] {
	const field = "auth_strategy_ids"
	ids := o.OptStrings(field, httpkit.Nullable, httpkit.MinItems(1), httpkit.MaxItems(1))
	out := portico.Opt[portico.StrategyID]{Set: ids.Set, Null: ids.Null}
	if len(ids.Value) == 1 {
		id := strings.ToLower(ids.Value[0])
		if !portico.IsID(id) {
			o.Invalid(wire.Item(field, 0), "is_uuid", "must be a UUID")
		}
		out.Value = portico.StrategyID(id)
	}
	return out
}

func (s *server) publication(w http.ResponseWriter, r *http.Request) error {
	api, portal, err := inAPI[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	p, err := s.Publications.One(r.Context(), api, portal)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewPublication(p))
}

func (s *server) unpublish(w http.ResponseWriter, r *http.Request) error {
	api, portal, err := inAPI[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	if err := s.Publications.Delete(r.Context(), api, portal); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

// publicationSpec is what the list of all publications can be asked for.
func publicationSpec() listing.Spec {
	spec := portalPublicationSpec()
	spec.Filters["portal_id"], spec.Filters["portal_name"] = listing.UUID(), listing.String()
	spec.Sorts = append(spec.Sorts, "portal_id", "portal_name")
	return spec
}

// portalPublicationSpec is what the list of a portal's publications can be
// asked for.
func portalPublicationSpec() listing.Spec {
	return listing.Spec{
		Filters: map[string]listing.FieldKind{
			"api_id": listing.UUID(), "api_name": listing.String(), "auth_strategy_id": listing.UUID(), "entity_type": listing.String(),
		},
		Sorts: []string{"api_id", "api_name", "created_at", "updated_at"},
	}
}

func (s *server) listPublications(w http.ResponseWriter, r *http.Request) error {
	q, err := listing.Parse(r, publicationSpec())
	if err != nil {
		return err
	}
	page, err := s.Publications.List(r.Context(), access.Visible(r.Context(), q, access.APIs, "api_id"))
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewPublicationItem))
}

func (s *server) listPortalPublications(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, portalPublicationSpec())
	if err != nil {
		return err
	}
	page, err := s.Publications.ListIn(r.Context(), portal, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewPortalPublicationItem))
}
