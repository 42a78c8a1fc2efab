package portalapi

import (
	"net/http"
	"regexp"

	"portico"
	"portico/control"
	"portico/httpkit"
	"portico/listing"
)

// catalogRoutes: the APIs that the portal shows. Anonymous visitors see the
// public ones.
func (s *server) catalogRoutes() []route {
	return []route{
		on(anyone, "GET", "/api/v3/apis", "list-apis", s.listAPIs),
		on(anyone, "GET", "/api/v3/apis/{apiIdOrSlug}", "fetch-api", s.api),
		on(anyone, "GET", "/api/v3/apis/{apiIdOrSlug}/actions", "get-api-actions", s.actions),
		on(developer, "GET", "/api/v3/apis/{apiIdOrSlug}/applications", "get-api-applications", s.listAPIApplications),
	}
}

// apiView is the contract's Api.
type apiView struct {
	ID             portico.APIID        `json:"id"`
	Name           string               `json:"name"`
	Version        *string              `json:"version"`
	Description    *string              `json:"description"`
	Visibility     portico.Visibility   `json:"visibility"`
	Slug           string               `json:"slug"`
	AuthStrategies []any                `json:"auth_strategies"`
	Specifications []specificationBrief `json:"specifications"`
	CurrentVersion *versionBrief        `json:"current_version_summary"`
	Attributes     map[string][]string  `json:"attributes"`
	CreatedAt      httpkit.Timestamp    `json:"created_at"`
	UpdatedAt      httpkit.Timestamp    `json:"updated_at"`
}

// specificationBrief and versionBrief are how an API mentions its documents.
type specificationBrief struct {
	ID   portico.VersionID         `json:"id"`
	Type portico.SpecificationType `json:"type"`
}

type versionBrief struct {
	ID   portico.VersionID `json:"id"`
	Spec specType          `json:"spec"`
}

type specType struct {
	Type portico.SpecificationType `json:"type"`
}

func viewAPI(a control.PublishedAPI) apiView {
	out := apiView{
		ID: a.ID, Name: a.Name, Version: a.Version, Description: a.Description, Visibility: a.Publication.Visibility, Slug: a.Slug,
		AuthStrategies: []any{}, Specifications: []specificationBrief{}, Attributes: a.Attributes,
		CreatedAt: httpkit.Timestamp(a.CreatedAt), UpdatedAt: httpkit.Timestamp(a.UpdatedAt),
	}
	if a.Strategy != nil {
		out.AuthStrategies = append(out.AuthStrategies, viewStrategy(*a.Strategy))
	}
	for _, v := range a.Versions {
		out.Specifications = append(out.Specifications, specificationBrief{v.ID, v.Type})
	}
	if a.Current != nil {
		out.CurrentVersion = &versionBrief{a.Current.ID, specType{a.Current.Type}}
	}
	if out.Attributes == nil {
		out.Attributes = map[string][]string{}
	}
	return out
}

func apiSpec() listing.Spec {
	return listing.Spec{
		Filters: map[string]listing.FieldKind{
			"id": listing.UUID(), "name": listing.String(), "version": listing.String(), "description": listing.String(),
			"attributes": listing.Labels(), "created_at": listing.Date(), "updated_at": listing.Date(),
		},
		Sorts: []string{"name", "version", "created_at", "updated_at"},
	}
}

func (s *server) listAPIs(w http.ResponseWriter, c call) error {
	q, err := listing.Parse(c.Request, apiSpec())
	if err != nil {
		return err
	}
	page, err := s.visibleAPIs(c, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewAPI))
}

// visibleAPIs is a page of the APIs that the caller sees.
func (s *server) visibleAPIs(c call, q portico.ListQuery) (portico.Page[control.PublishedAPI], error) {
	return s.Catalogue.APIs(c.Context(), c.visitor(), q)
}

// visibleAPI is one of them, by its id or slug.
func (s *server) visibleAPI(c call, idOrSlug string) (control.PublishedAPI, error) {
	return s.Catalogue.API(c.Context(), c.visitor(), idOrSlug)
}

// slug is what an id and a slug of an API look like (contract: ApiSlug).
var slug = regexp.MustCompile(`^[\w-]{1,255}$`)

// apiInPath returns the API in the path, if the caller sees it.
func (s *server) apiInPath(c call) (control.PublishedAPI, error) {
	idOrSlug := c.PathValue("apiIdOrSlug")
	if !slug.MatchString(idOrSlug) {
		return control.PublishedAPI{}, portico.Errorf(portico.KindNotFound, "The address holds neither the id nor the slug of an API.")
	}
	return s.visibleAPI(c, idOrSlug)
}

func (s *server) api(w http.ResponseWriter, c call) error {
	api, err := s.apiInPath(c)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewAPI(api))
}

// actionsView is the contract's ApiActionsResponse.
type actionsView struct {
	Actions apiActions `json:"actions"`
}

type apiActions struct {
	View              bool `json:"view"`
	Register          bool `json:"register"`
	ViewDocumentation bool `json:"view_documentation"`
}

// actions says what the caller may do with an API.
func (s *server) actions(w http.ResponseWriter, c call) error {
	api, err := s.apiInPath(c)
	if err != nil {
		return err
	}
	return s.answerActions(w, c, api)
}

func (s *server) answerActions(w http.ResponseWriter, c call, api control.PublishedAPI) error {
	return httpkit.JSON(w, http.StatusOK, actionsView{apiActions(api.Actions)})
}

// apiApplicationView is the contract's ApiApplication.
type apiApplicationView struct {
	ID                 portico.ApplicationID   `json:"id"`
	Name               string                  `json:"name"`
	RegistrationID     *portico.RegistrationID `json:"registration_id"`
	RegistrationStatus *portico.Status         `json:"registration_status"`
	AuthStrategy       any                     `json:"auth_strategy"`
	CreatedAt          httpkit.Timestamp       `json:"created_at"`
	UpdatedAt          httpkit.Timestamp       `json:"updated_at"`
}

func viewAPIApplication(a control.APIApplication) apiApplicationView {
	out := apiApplicationView{
		ID: a.ID, Name: a.Name, AuthStrategy: viewStrategy(strategyOf(a.ApplicationView)),
		CreatedAt: httpkit.Timestamp(a.CreatedAt), UpdatedAt: httpkit.Timestamp(a.UpdatedAt),
	}
	if a.Registration != nil {
		out.RegistrationID, out.RegistrationStatus = &a.Registration.ID, &a.Registration.Status
	}
	return out
}

func (s *server) listAPIApplications(w http.ResponseWriter, c call) error {
	api, err := s.apiInPath(c)
	if err != nil {
		return err
	}
	unregistered, err := flag(c.Request, "unregistered")
	if err != nil {
		return err
	}
	q, err := listing.Parse(c.Request, listing.Spec{FilterName: "applicationfilter", Filters: map[string]listing.FieldKind{"name": listing.String()}})
	if err != nil {
		return err
	}
	page, err := s.Catalogue.Applications(c.Context(), *c.developer, api.ID, unregistered, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewAPIApplication))
}

// flag reads a boolean of the query; it may be given without a value.
func flag(r *http.Request, name string) (bool, error) {
	values, there := r.URL.Query()[name]
	switch {
	case !there || len(values) == 1 && values[0] == "false":
		return false, nil
	case len(values) == 1 && (values[0] == "true" || values[0] == ""):
		return true, nil
	}
	return false, portico.InvalidAll(portico.InvalidParameter{Field: name, Rule: "is_boolean", Reason: "must be true or false", Source: "query"})
}
