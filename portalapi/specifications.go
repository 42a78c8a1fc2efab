package portalapi

import (
	"net/http"

	"portico"
	"portico/httpkit"
	"portico/listing"
	"portico/openapi"
)

// specificationRoutes: the documents of an API, by version and, the same by an
// older name, by specification.
func (s *server) specificationRoutes() []route {
	const (
		versions       = "/api/v3/apis/{apiIdOrSlug}/versions"
		specifications = "/api/v3/apis/{apiIdOrSlug}/specifications"
	)
	return []route{
		on(anyone, "GET", versions, "list-api-version-specs", s.listVersions),
		on(anyone, "GET", versions+"/{versionId}", "fetch-api-version-spec", s.version),
		on(anyone, "GET", versions+"/{versionId}/raw", "fetch-api-version-spec-raw", s.rawVersion),
		on(anyone, "GET", specifications, "list-api-specs", s.listSpecifications),
		on(anyone, "GET", specifications+"/{specId}", "fetch-api-spec", s.specification),
		on(anyone, "GET", specifications+"/{specId}/raw", "fetch-api-spec-raw", s.rawSpecification),
	}
}

// versionSummary is the contract's ApiVersionSummary.
type versionSummary struct {
	ID      portico.VersionID `json:"id"`
	Version string            `json:"version"`
	Spec    specType          `json:"spec"`
}

func summariseVersion(v portico.Version) versionSummary {
	return versionSummary{v.ID, v.Version, specType{v.Type}}
}

// versionView is the contract's ApiVersion.
type versionView struct {
	ID      portico.VersionID `json:"id"`
	Version string            `json:"version"`
	Spec    specView          `json:"spec"`
}

type specView struct {
	Type    portico.SpecificationType `json:"type"`
	Content string                    `json:"content"`
}

// specificationSummary is the contract's ApiSpecDocumentSummary.
type specificationSummary struct {
	ID   portico.VersionID         `json:"id"`
	Type portico.SpecificationType `json:"api_type"`
}

func summariseSpecification(v portico.Version) specificationSummary {
	return specificationSummary{v.ID, v.Type}
}

// specificationView is the contract's ApiSpecDocument.
type specificationView struct {
	Type    portico.SpecificationType `json:"api_type"`
	Content string                    `json:"content"`
}

func (s *server) listVersions(w http.ResponseWriter, c call) error {
	return listOfVersions(s, w, c, summariseVersion)
}

func (s *server) listSpecifications(w http.ResponseWriter, c call) error {
	return listOfVersions(s, w, c, summariseSpecification)
}

// listOfVersions answers with an API's versions, under either of their names.
// The contract has no parameters to page with, so a page is large.
func listOfVersions[V any](s *server, w http.ResponseWriter, c call, view func(portico.Version) V) error {
	api, err := s.apiInPath(c)
	if err != nil {
		return err
	}
	q, err := listing.Parse(c.Request, listing.Spec{DefaultSize: listing.MaxSize})
	if err != nil {
		return err
	}
	page := portico.Page[portico.Version]{Total: len(api.Versions)}
	from := min((q.Number-1)*q.Size, page.Total)
	page.Items = api.Versions[from:min(from+q.Size, page.Total)]
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, view))
}

// versionInPath returns the version in the path with its document.
func (s *server) versionInPath(c call, name string) (portico.Version, error) {
	api, err := s.apiInPath(c)
	if err != nil {
		return portico.Version{}, err
	}
	id, err := httpkit.PathID[portico.VersionID](c.Request, name)
	if err != nil {
		return portico.Version{}, err
	}
	return s.APIs.Version(c.Context(), api.ID, id)
}

func (s *server) version(w http.ResponseWriter, c call) error {
	v, err := s.versionInPath(c, "versionId")
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, versionView{v.ID, v.Version, specView{v.Type, v.Content}})
}

// rawVersion answers with the document itself, as JSON in whatever way it was
// written.
func (s *server) rawVersion(w http.ResponseWriter, c call) error {
	v, err := s.versionInPath(c, "versionId")
	if err != nil {
		return err
	}
	document, err := openapi.Read([]byte(v.Content))
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, document)
}

func (s *server) specification(w http.ResponseWriter, c call) error {
	v, err := s.versionInPath(c, "specId")
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, specificationView{v.Type, v.Content})
}

// rawSpecification answers with the document as it was written. The contract
// makes it a JSON string.
func (s *server) rawSpecification(w http.ResponseWriter, c call) error {
	v, err := s.versionInPath(c, "specId")
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, v.Content)
}
