package mgmtapi

import (
	"net/http"

	"portico"
	"portico/control"
	"portico/httpkit"
	"portico/listing"
)

// specificationView is the contract's ApiSpecResponse: a version by its older
// name, which has no name of its own.
type specificationView struct {
	ID        portico.VersionID         `json:"id"`
	Content   string                    `json:"content"`
	Type      portico.SpecificationType `json:"type"`
	Messages  []messageView             `json:"validation_messages"`
	CreatedAt httpkit.Timestamp         `json:"created_at"`
	UpdatedAt httpkit.Timestamp         `json:"updated_at"`
}

func viewSpecification(v portico.Version) specificationView {
	return specificationView{v.ID, v.Content, v.Type, viewMessages(v.Messages), httpkit.Timestamp(v.CreatedAt), httpkit.Timestamp(v.UpdatedAt)}
}

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

func specificationTypes() []string {
	return texts([]portico.SpecificationType{portico.SpecificationOAS2, portico.SpecificationOAS3, portico.SpecificationAsyncAPI})
}

// readSpecification reads CreateApiSpecRequest or, with an optional content,
// UpdateApiSpecRequest.
func readSpecification(r *http.Request, content httpkit.Rule) (control.VersionChange, error) {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return control.VersionChange{}, err
	}
	o.Ignore("id", "validation_messages", "created_at", "updated_at")
	ch := control.VersionChange{
		Content: o.OptString("content", content),
		Type:    httpkit.As[portico.SpecificationType](o.OptEnum("type", httpkit.Optional, specificationTypes()...)),
	}
	return ch, o.Err()
}

func (s *server) createSpecification(w http.ResponseWriter, r *http.Request) error {
	api, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	in, err := readSpecification(r, httpkit.Required)
	if err != nil {
		return err
	}
	v, err := s.APIs.CreateSpecification(r.Context(), api, control.NewVersion{Content: in.Content.Value, Type: in.Type.Value}, "content")
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewSpecification(v))
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
	return httpkit.JSON(w, http.StatusOK, viewSpecification(v))
}

func (s *server) updateSpecification(w http.ResponseWriter, r *http.Request) error {
	api, id, err := inAPI[portico.VersionID](r, "versionId")
	if err != nil {
		return err
	}
	ch, err := readSpecification(r, httpkit.Optional)
	if err != nil {
		return err
	}
	v, err := s.APIs.UpdateVersion(r.Context(), api, id, ch, "content")
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewSpecification(v))
}
