package mgmtapi

import (
	"net/http"

	"portico"
	"portico/control"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/wire"
)

// specificationSummary is a specification as lists show it.
type specificationSummary struct {
	ID        portico.VersionID         `json:"id"`
	Type      portico.SpecificationType `json:"type"`
	CreatedAt httpkit.Timestamp         `json:"created_at"`
	UpdatedAt httpkit.Timestamp         `json:"updated_at"`
}

func summariseSpecification(v portico.Version) specificationSummary {
	return specificationSummary{v.ID, v.Type, httpkit.Timestamp(v.CreatedAt), httpkit.Timestamp(v.UpdatedAt)}
}

func (s *server) createSpecification(w http.ResponseWriter, r *http.Request) error {
	api, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	content, kind, err := wire.ReadSpecification(r, httpkit.Required)
	if err != nil {
		return err
	}
	v, err := s.APIs.CreateSpecification(r.Context(), api, control.NewVersion{Content: content.Value, Type: kind.Value}, "content")
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, wire.ViewSpecification(v))
}

func (s *server) listSpecifications(w http.ResponseWriter, r *http.Request) error {
	spec := listing.Spec{Filters: map[string]listing.FieldKind{"type": listing.String()}}
	return listOfVersions(s, w, r, spec, summariseSpecification)
}

func (s *server) specification(w http.ResponseWriter, r *http.Request) error {
	api, id, err := inAPI[portico.VersionID](r, "versionId")
	if err != nil {
		return err
	}
	v, err := s.APIs.Version(r.Context(), api, id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, wire.ViewSpecification(v))
}

func (s *server) updateSpecification(w http.ResponseWriter, r *http.Request) error {
	api, id, err := inAPI[portico.VersionID](r, "versionId")
	if err != nil {
		return err
	}
	content, kind, err := wire.ReadSpecification(r, httpkit.Optional)
	if err != nil {
		return err
	}
	v, err := s.APIs.UpdateVersion(r.Context(), api, id, control.VersionChange{Content: content, Type: kind}, "content", false)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, wire.ViewSpecification(v))
}
