package mgmtapi

import (
	"net/http"
	"regexp"
	"strings"

	"portico"
	"portico/access"
	"portico/control"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
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
		SpecificationIDs: []portico.VersionID{}, Portals: []apiPortalView{}, Labels: labels(a.Labels), Attributes: a.Attributes,
		CreatedAt: httpkit.Timestamp(a.CreatedAt), UpdatedAt: httpkit.Timestamp(a.UpdatedAt),
	}
	if a.Current != nil {
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
	if out.Attributes == nil {
		out.Attributes = map[string][]string{}
	}
	return out
}

// The contract's patterns.
var (
	slugPattern  = regexp.MustCompile(`^[\w-]+$`)
	attributeKey = regexp.MustCompile(`^[a-z0-9-_]{0,128}$`)
)

// ignoreReadOnlyAPI tolerates what the contract lists in requests, too.
func ignoreReadOnlyAPI(o *httpkit.Object) {
	o.Ignore("id", "created_at", "updated_at", "current_version_summary", "api_spec_ids", "portals", "implementation_mode")
}

func readSlug(o *httpkit.Object) portico.Opt[string] {
	return o.OptString("slug", httpkit.Nullable, httpkit.MaxLength(255), httpkit.Pattern(slugPattern, "made of letters, digits, underscores and hyphens"))
}

// readAttributes reads the contract's ApiAttributes; a nil list stands for null.
func readAttributes(o *httpkit.Object) portico.Opt[map[string]*[]string] {
	attributes, set, null := o.OptObject("attributes")
	if null {
		o.Invalid("attributes", "is_object", "must be an object")
	}
	out := make(map[string]*[]string)
	for _, key := range attributes.Names() {
		values := attributes.OptStrings(key, httpkit.Nullable, httpkit.MinItems(1), httpkit.MaxItems(20), httpkit.ItemLength(1, 512))
		if !attributeKey.MatchString(key) {
			attributes.Invalid(key, "matches_regex", "must be named with at most 128 lower-case letters, digits, hyphens and underscores")
		}
		for i, v := range values.Value {
			if strings.ContainsAny(v, ",<>") {
				attributes.Invalid(item(key, i), "matches_regex", "must not hold a comma, < or >")
			}
		}
		out[key] = values.Ptr()
	}
	return portico.Opt[map[string]*[]string]{Set: set, Value: out}
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
		Slug:          readSlug(o).Ptr(),
		Labels:        newLabels(o),
		Attributes:    map[string][]string{},
		Specification: o.OptString("spec_content").Ptr(),
	}
	for key, values := range readAttributes(o).Value {
		if values != nil {
			in.Attributes[key] = *values
		}
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

// updateAPI knows force, which lets operations of an API package go: there are
// no packages, so nothing depends on it.
func (s *server) updateAPI(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	if _, err := forced(r); err != nil {
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
		Slug:        readSlug(o),
		Labels:      o.Labels("labels"),
		Attributes:  readAttributes(o),
	}
	if err := o.Err(); err != nil {
		return err
	}
	a, err := s.APIs.Update(r.Context(), id, ch)
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
