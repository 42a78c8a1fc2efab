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

// versionRoutes: versions of APIs and, the same by an older name, their
// specifications (contract: api-builder v3).
func (s *server) versionRoutes() []route.Route {
	const (
		versions       = "/v3/apis/{apiId}/versions"
		specifications = "/v3/apis/{apiId}/specifications"
	)
	return []route.Route{
		route.On("POST", versions, "create-api-version", s.createVersion, access.For(access.APIs, access.Edit, "apiId")).Sized(),
		route.On("GET", versions, "list-api-versions", s.listVersions, access.For(access.APIs, access.View, "apiId")),
		route.On("GET", versions+"/{versionId}", "fetch-api-version", s.version, access.For(access.APIs, access.View, "apiId")),
		route.On("PATCH", versions+"/{versionId}", "update-api-version", s.updateVersion, access.For(access.APIs, access.Edit, "apiId")).Sized(),
		route.On("DELETE", versions+"/{versionId}", "delete-api-version", s.deleteVersion, access.For(access.APIs, access.Edit, "apiId")),

		route.On("POST", specifications, "create-api-spec", s.createSpecification, access.For(access.APIs, access.Edit, "apiId")).Sized(),
		route.On("GET", specifications, "list-api-specs", s.listSpecifications, access.For(access.APIs, access.View, "apiId")),
		route.On("GET", specifications+"/{versionId}", "fetch-api-spec", s.specification, access.For(access.APIs, access.View, "apiId")),
		route.On("PATCH", specifications+"/{versionId}", "update-api-spec", s.updateSpecification, access.For(access.APIs, access.Edit, "apiId")).Sized(),
		route.On("DELETE", specifications+"/{versionId}", "delete-api-spec", s.deleteVersion, access.For(access.APIs, access.Edit, "apiId")),

		route.On("POST", "/v3/apis/validate-specification", "validate-specification", s.validateSpecification, access.Own()).Sized(),
	}
}

// versionView is the contract's ApiVersionResponse.
type versionView struct {
	ID        portico.VersionID `json:"id"`
	Version   string            `json:"version"`
	Spec      specView          `json:"spec"`
	CreatedAt httpkit.Timestamp `json:"created_at"`
	UpdatedAt httpkit.Timestamp `json:"updated_at"`
}

type specView struct {
	Content  string                    `json:"content"`
	Type     portico.SpecificationType `json:"type"`
	Messages []wire.Message            `json:"validation_messages"`
}

func viewVersion(v portico.Version) versionView {
	return versionView{
		ID: v.ID, Version: v.Version, Spec: specView{v.Content, v.Type, wire.ViewMessages(v.Messages)},
		CreatedAt: httpkit.Timestamp(v.CreatedAt), UpdatedAt: httpkit.Timestamp(v.UpdatedAt),
	}
}

// versionSummary is a version without its document, as lists and APIs show it.
type versionSummary struct {
	ID        portico.VersionID `json:"id"`
	Version   string            `json:"version"`
	Spec      specSummary       `json:"spec"`
	CreatedAt httpkit.Timestamp `json:"created_at"`
	UpdatedAt httpkit.Timestamp `json:"updated_at"`
}

type specSummary struct {
	Type portico.SpecificationType `json:"type"`
}

func summariseVersion(v portico.Version) versionSummary {
	return versionSummary{
		ID: v.ID, Version: v.Version, Spec: specSummary{v.Type}, CreatedAt: httpkit.Timestamp(v.CreatedAt), UpdatedAt: httpkit.Timestamp(v.UpdatedAt),
	}
}

// inAPI reads the API in the path, and the id of what is in it.
func inAPI[T ~string](r *http.Request, name string) (portico.APIID, T, error) {
	return httpkit.PathIDs[portico.APIID, T](r, "apiId", name)
}

// specContent is where a version's request has its document.
const specContent = "spec.content"

func (s *server) createVersion(w http.ResponseWriter, r *http.Request) error {
	api, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	spec := o.Object("spec", httpkit.Required)
	spec.Ignore("type", "validation_messages")
	in := control.NewVersion{
		Version: o.String("version", httpkit.Length(1, 255)),
		Content: spec.String("content", httpkit.Required),
	}
	if err := o.Err(); err != nil {
		return err
	}
	v, err := s.APIs.CreateVersion(r.Context(), api, in, specContent)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewVersion(v))
}

// versionSpec is what the list of versions can be asked for.
func versionSpec() listing.Spec {
	return listing.Spec{
		Filters: map[string]listing.FieldKind{"type": listing.String(), "version": listing.String()},
		Sorts:   []string{"created_at"},
	}
}

func (s *server) listVersions(w http.ResponseWriter, r *http.Request) error {
	return listOfVersions(s, w, r, versionSpec(), summariseVersion)
}

// listOfVersions answers with a page of versions, under either of their names.
func listOfVersions[V any](s *server, w http.ResponseWriter, r *http.Request, spec listing.Spec, view func(portico.Version) V) error {
	api, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, spec)
	if err != nil {
		return err
	}
	page, err := s.APIs.Versions(r.Context(), api, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, view))
}

func (s *server) version(w http.ResponseWriter, r *http.Request) error {
	api, id, err := inAPI[portico.VersionID](r, "versionId")
	if err != nil {
		return err
	}
	v, err := s.APIs.Version(r.Context(), api, id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewVersion(v))
}

func (s *server) updateVersion(w http.ResponseWriter, r *http.Request) error {
	api, id, err := inAPI[portico.VersionID](r, "versionId")
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
	spec := o.Object("spec")
	spec.Ignore("type", "validation_messages")
	ch := control.VersionChange{
		Version: o.OptString("version", httpkit.Length(1, 255)),
		Content: spec.OptString("content"),
	}
	if err := o.Err(); err != nil {
		return err
	}
	v, err := s.APIs.UpdateVersion(r.Context(), api, id, ch, specContent, force)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewVersion(v))
}

func (s *server) deleteVersion(w http.ResponseWriter, r *http.Request) error {
	api, id, err := inAPI[portico.VersionID](r, "versionId")
	if err != nil {
		return err
	}
	if err := s.APIs.DeleteVersion(r.Context(), api, id); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

func (s *server) validateSpecification(w http.ResponseWriter, r *http.Request) error {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	content := o.String("content", httpkit.Required)
	if err := o.Err(); err != nil {
		return err
	}
	doc, err := s.APIs.Validate(content)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, validationView{wire.ViewMessages(doc.Messages)})
}

// validationView is the contract's ValidateApiSpecSuccessResponse.
type validationView struct {
	Messages []wire.Message `json:"validation_messages"`
}
