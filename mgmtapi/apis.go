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

// apiRoutes: the catalogue's APIs (contract: api-builder v3).
func (s *server) apiRoutes() []route.Route {
	return []route.Route{
		route.On("POST", "/v3/apis", "create-api", s.createAPI, access.For(access.APIs, access.Create, "")).Sized(),
		route.On("GET", "/v3/apis", "list-apis", s.listAPIs, access.For(access.APIs, access.View, "")),
		route.On("GET", "/v3/apis/{apiId}", "fetch-api", s.api, access.For(access.APIs, access.View, "apiId")),
		route.On("PATCH", "/v3/apis/{apiId}", "update-api", s.updateAPI, access.For(access.APIs, access.Edit, "apiId")),
		route.On("DELETE", "/v3/apis/{apiId}", "delete-api", s.deleteAPI, access.For(access.APIs, access.Delete, "apiId")),
	}
}

// apiView is the contract's ApiResponseSchema.
type apiView struct {
	ID                 portico.APIID       `json:"id"`
	Name               string              `json:"name"`
	Description        *string             `json:"description"`
	Version            *string             `json:"version"`
	CurrentVersion     *versionSummary     `json:"current_version_summary"`
	Slug               string              `json:"slug"`
	SpecificationIDs   []portico.VersionID `json:"api_spec_ids"`
	Portals            []apiPortalView     `json:"portals"`
	Labels             map[string]string   `json:"labels"`
	ImplementationMode *string             `json:"implementation_mode"`
	Attributes         map[string][]string `json:"attributes"`
	CreatedAt          httpkit.Timestamp   `json:"created_at"`
	UpdatedAt          httpkit.Timestamp   `json:"updated_at"`
}

// apiPortalView is a portal that an API is published to.
type apiPortalView struct {
	ID          portico.PortalID `json:"id"`
	Name        string           `json:"name"`
	DisplayName string           `json:"display_name"`
}

func viewAPI(a control.APIView) apiView {
	out := apiView{
		ID: a.ID, Name: a.Name, Description: a.Description, Version: a.Version, Slug: a.Slug,
		SpecificationIDs: []portico.VersionID{}, Portals: []apiPortalView{}, Labels: wire.NotNil(a.Labels), Attributes: wire.NotNil(a.Attributes),
		CreatedAt: httpkit.Timestamp(a.CreatedAt), UpdatedAt: httpkit.Timestamp(a.UpdatedAt),
	}
	if a.Current != nil && (a.Version == nil || *a.Version == a.Current.Version) {
		out.CurrentVersion = new(summariseVersion(*a.Current))
	}
	for _, v := range a.Versions {
		out.SpecificationIDs = append(out.SpecificationIDs, v.ID)
	}
	for _, p := range a.Portals {
		out.Portals = append(out.Portals, apiPortalView{p.ID, p.Name, p.DisplayName})
	}
	if a.Mode != "" {
		out.ImplementationMode = &a.Mode
	}
	return out
}

// ignoreReadOnlyAPI tolerates what the contract lists in requests, too.
func ignoreReadOnlyAPI(o *httpkit.Object) {
	o.Ignore("id", "created_at", "updated_at", "current_version_summary", "api_spec_ids", "portals", "implementation_mode")
}

func (s *server) createAPI(w http.ResponseWriter, r *http.Request) error {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	ignoreReadOnlyAPI(o)
	in := control.NewAPI{
		Name:          o.String("name", httpkit.Required, httpkit.Length(1, 255)),
		Version:       o.OptString("version", httpkit.Nullable, httpkit.Length(1, 255)).Ptr(),
		Description:   o.OptString("description", httpkit.Nullable).Ptr(),
		Slug:          wire.Slug(o).Ptr(),
		Labels:        wire.NewLabels(o),
		Attributes:    wire.NewAttributes(o),
		Specification: o.OptString("spec_content").Ptr(),
	}
	if err := o.Err(); err != nil {
		return err
	}
	a, err := s.APIs.Create(r.Context(), in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewAPI(a))
}

// apiSpec is what the list of APIs can be asked for.
func apiSpec() listing.Spec {
	return listing.Spec{
		Filters: map[string]listing.FieldKind{
			"id": listing.UUID(), "name": listing.String(), "version": listing.String(), "slug": listing.String(),
			"labels": listing.Labels(), "attributes": listing.Labels(), "implementation_mode": listing.String(),
			"created_at": listing.Date(), "updated_at": listing.Date(),
		},
		Sorts: []string{"name", "version", "created_at", "updated_at"},
	}
}

func (s *server) listAPIs(w http.ResponseWriter, r *http.Request) error {
	q, err := listing.Parse(r, apiSpec())
	if err != nil {
		return err
	}
	q.Filters = append(q.Filters, portico.Where("is_package", "false"))
	page, err := s.APIs.List(r.Context(), access.Visible(r.Context(), q, access.APIs, "id"))
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewAPI))
}

func (s *server) api(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	a, err := s.APIs.ByID(r.Context(), id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewAPI(a))
}

// updateAPI knows force, which lets operations go although access to them is
// controlled.
func (s *server) updateAPI(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	force, err := forced(r)
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	ignoreReadOnlyAPI(o)
	ch := control.APIChange{
		Name:        o.OptString("name", httpkit.Length(1, 255)),
		Version:     o.OptString("version", httpkit.Nullable, httpkit.Length(1, 255)),
		Description: o.OptString("description", httpkit.Nullable),
		Slug:        wire.Slug(o),
		Labels:      o.Labels("labels"),
		Attributes:  wire.Attributes(o),
	}
	if err := o.Err(); err != nil {
		return err
	}
	a, err := s.APIs.Update(r.Context(), id, ch, force)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewAPI(a))
}

func (s *server) deleteAPI(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	if err := s.APIs.Delete(r.Context(), id); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
