package portalapi

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"portico"
	"portico/control"
	"portico/httpkit"
	"portico/listing"
	"portico/openapi"
	"portico/usecase"
)

func (s *server) classicProductRoutes() []route {
	const (
		product = "/api/v2/products/{productId}"
		version = product + "/versions/{productVersionId}"
	)
	return []route{
		on(anyone, "GET", "/api/v2/products", "list-products", s.listProducts),
		on(anyone, "GET", product, "get-product", s.product),
		on(anyone, "GET", product+"/actions", "get-product-actions", s.productActions),
		on(anyone, "GET", product+"/versions", "list-product-versions", s.listProductVersions),
		on(anyone, "GET", version, "get-product-version", s.productVersion),
		on(developer, "GET", version+"/applications", "get-applications-by-product-version", s.listProductVersionApplications),
		on(anyone, "GET", version+"/spec", "get-product-version-spec", s.productSpec),
		on(anyone, "GET", version+"/spec/operations", "get-product-version-spec-operations", s.productSpecOperations),
		on(anyone, "GET", "/api/v2/search/{indices}", "search-portal-entities", s.searchProducts),
	}
}

// productView is the classic contract's Product.
type productView struct {
	ID           portico.APIID     `json:"id"`
	Name         string            `json:"name"`
	Description  *string           `json:"description"`
	VersionCount int               `json:"version_count"`
	Latest       *namedVersion     `json:"latest_version"`
	PublicLabels map[string]string `json:"public_labels"`
	CreatedAt    httpkit.Timestamp `json:"created_at"`
	UpdatedAt    httpkit.Timestamp `json:"updated_at"`
}

type namedVersion struct {
	Name string `json:"name"`
	ID   string `json:"id"`
}

// labelValue is what a public label may hold (classic contract: PublicLabels).
var labelValue = regexp.MustCompile(`^[a-z0-9A-Z]([a-z0-9A-Z-._]{0,61}[a-z0-9A-Z])?$`)

// viewProduct renders an API as a product. Its public labels are the first
// values of the API's attributes, as far as a label can hold them.
func viewProduct(a control.PublishedAPI) productView {
	versions := productVersions(a)
	out := productView{
		ID: a.ID, Name: a.Name, Description: a.Description, VersionCount: len(versions),
		PublicLabels: map[string]string{}, CreatedAt: httpkit.Timestamp(a.CreatedAt), UpdatedAt: httpkit.Timestamp(a.UpdatedAt),
	}
	for key, values := range a.Attributes {
		if len(values) > 0 && labelValue.MatchString(values[0]) {
			out.PublicLabels[key] = values[0]
		}
	}
	latest := versions[0]
	if a.Current != nil {
		latest = versionOf(*a.Current)
	}
	out.Latest = &namedVersion{latest.Version, latest.ID}
	return out
}

// productVersion is a version of a product: an API's version, or the API itself.
type productVersion struct {
	ID, Version          string
	CreatedAt, UpdatedAt httpkit.Timestamp
	document             portico.VersionID // empty: there is no specification
}

func versionOf(v portico.Version) productVersion {
	return productVersion{string(v.ID), v.Version, httpkit.Timestamp(v.CreatedAt), httpkit.Timestamp(v.UpdatedAt), v.ID}
}

// productVersions are an API's versions as a classic client sees them; there is
// always one.
func productVersions(a control.PublishedAPI) []productVersion {
	var out []productVersion
	for _, v := range a.Versions {
		out = append(out, versionOf(v))
	}
	if len(out) == 0 {
		name := "1"
		if a.Version != nil {
			name = cmp.Or(*a.Version, name)
		}
		out = append(out, productVersion{ID: string(a.ID), Version: name, CreatedAt: httpkit.Timestamp(a.CreatedAt), UpdatedAt: httpkit.Timestamp(a.UpdatedAt)})
	}
	return out
}

// productVersionView is the classic contract's ProductVersion.
type productVersionView struct {
	ID            string               `json:"id"`
	Name          string               `json:"name"`
	Deprecated    bool                 `json:"deprecated"`
	Registrations []registrationConfig `json:"registration_configs"`
	CreatedAt     httpkit.Timestamp    `json:"created_at"`
	UpdatedAt     httpkit.Timestamp    `json:"updated_at"`
}

// registrationConfig is the classic contract's RegistrationConfiguration.
type registrationConfig struct {
	ID              portico.StrategyID     `json:"id"`
	Name            string                 `json:"name"`
	CredentialType  portico.CredentialType `json:"credential_type"`
	AuthMethods     []string               `json:"auth_methods,omitempty"`
	AvailableScopes []string               `json:"available_scopes,omitempty"`
	Enabled         bool                   `json:"registration_enabled"`
	AutoApprove     bool                   `json:"registration_auto_approve"`
}

func viewProductVersion(portal portico.Portal, a control.PublishedAPI, v productVersion) productVersionView {
	out := productVersionView{ID: v.ID, Name: v.Version, Registrations: []registrationConfig{}, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt}
	if a.Strategy == nil {
		return out
	}
	config := registrationConfig{
		ID: a.Strategy.ID, Name: a.Strategy.DisplayName, CredentialType: a.Strategy.CredentialType(), Enabled: true,
		AutoApprove: a.Publication.AutoApproves(portal),
	}
	if a.Strategy.KeyAuth == nil {
		client := clientStrategy(*a.Strategy)
		config.AuthMethods, config.AvailableScopes = client.AuthMethods, client.AvailableScopes
	}
	out.Registrations = append(out.Registrations, config)
	return out
}

func (s *server) listProducts(w http.ResponseWriter, c call) error {
	q, err := listing.Parse(c.Request, listing.Spec{Filters: map[string]listing.FieldKind{
		"id": listing.UUID(), "name": listing.String(), "description": listing.String(),
	}})
	if err != nil {
		return err
	}
	page, err := s.visibleAPIs(c, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewProduct))
}

// productInPath returns the API that the path's product is, if the caller sees it.
func (s *server) productInPath(c call) (control.PublishedAPI, error) {
	id, err := httpkit.PathUUID(c.Request, "productId")
	if err != nil {
		return control.PublishedAPI{}, err
	}
	return s.visibleAPI(c, id)
}

// productVersionInPath returns the product in the path and its version there.
func (s *server) productVersionInPath(c call) (control.PublishedAPI, productVersion, error) {
	api, err := s.productInPath(c)
	if err != nil {
		return api, productVersion{}, err
	}
	id, err := httpkit.PathUUID(c.Request, "productVersionId")
	if err != nil {
		return api, productVersion{}, err
	}
	for _, v := range productVersions(api) {
		if v.ID == id {
			return api, v, nil
		}
	}
	return api, productVersion{}, portico.NotFound("product version", id)
}

func (s *server) product(w http.ResponseWriter, c call) error {
	api, err := s.productInPath(c)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewProduct(api))
}

func (s *server) productActions(w http.ResponseWriter, c call) error {
	api, err := s.productInPath(c)
	if err != nil {
		return err
	}
	return s.answerActions(w, c, api)
}

func (s *server) listProductVersions(w http.ResponseWriter, c call) error {
	api, err := s.productInPath(c)
	if err != nil {
		return err
	}
	page, q, err := classicPage(c, map[string]listing.FieldKind{"name": listing.String()}, productVersions(api),
		func(v productVersion, _ string) string { return v.Version })
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, func(v productVersion) productVersionView { return viewProductVersion(c.portal, api, v) }))
}

func (s *server) productVersion(w http.ResponseWriter, c call) error {
	api, v, err := s.productVersionInPath(c)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewProductVersion(c.portal, api, v))
}

func (s *server) listProductVersionApplications(w http.ResponseWriter, c call) error {
	api, _, err := s.productVersionInPath(c)
	if err != nil {
		return err
	}
	unregistered, err := flag(c.Request, "unregistered")
	if err != nil {
		return err
	}
	all, err := s.Catalogue.Applications(c.Context(), *c.developer, api.ID, unregistered, portico.Everything())
	if err != nil {
		return err
	}
	page, q, err := classicPage(c, map[string]listing.FieldKind{"name": listing.String(), "status": statusKind(), "auth_strategy_id": listing.UUID()}, all.Items,
		func(a control.APIApplication, field string) string {
			switch {
			case field == "name":
				return a.Name
			case field == "auth_strategy_id":
				return string(a.StrategyID)
			case a.Registration != nil:
				return string(a.Registration.Status)
			}
			return ""
		})
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewAPIApplication))
}

// classicSpec is the classic contract's ProductVersionSpecDocument.
type classicSpec struct {
	Type    string `json:"api_type"`
	Content string `json:"content"`
}

// specInPath returns the OpenAPI document of the version in the path; there is
// none for an API without one, and none for an asynchronous API, which the
// classic contract does not know.
func (s *server) specInPath(c call) (spec portico.Version, there bool, err error) {
	api, v, err := s.productVersionInPath(c)
	if err != nil || v.document == "" {
		return portico.Version{}, false, err
	}
	spec, err = s.APIs.Version(c.Context(), api.ID, v.document)
	return spec, err == nil && spec.Type != portico.SpecificationAsyncAPI, err
}

func (s *server) productSpec(w http.ResponseWriter, c call) error {
	spec, there, err := s.specInPath(c)
	if err != nil {
		return err
	}
	if !there {
		return httpkit.NoContent(w)
	}
	return httpkit.JSON(w, http.StatusOK, classicSpec{"openapi", spec.Content})
}

// classicOperations is the classic contract's ProductVersionSpecOperations.
type classicOperations struct {
	Type       string             `json:"api_type"`
	Operations []classicOperation `json:"operations"`
}

type classicOperation struct {
	Path        string   `json:"path"`
	Method      string   `json:"method"`
	OperationID *string  `json:"operation_id"`
	Tags        []string `json:"tags"`
	Summary     *string  `json:"summary"`
	Deprecated  bool     `json:"deprecated"`
}

func (s *server) productSpecOperations(w http.ResponseWriter, c call) error {
	spec, there, err := s.specInPath(c)
	if err != nil {
		return err
	}
	if !there {
		return httpkit.NoContent(w)
	}
	document, err := openapi.Read([]byte(spec.Content))
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, classicOperations{"openapi", operationsIn(document)})
}

// operationsIn lists the operations of an OpenAPI document by path and method.
// What the document has in other shapes than OpenAPI's is left out.
func operationsIn(document map[string]any) []classicOperation {
	out := []classicOperation{}
	paths, _ := document["paths"].(map[string]any)
	for path, item := range paths {
		members, _ := item.(map[string]any)
		for _, method := range []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"} {
			operation, is := members[method].(map[string]any)
			if !is {
				continue
			}
			made := classicOperation{Path: path, Method: method, Tags: []string{}}
			if id, is := operation["operationId"].(string); is {
				made.OperationID = &id
			}
			if summary, is := operation["summary"].(string); is {
				made.Summary = &summary
			}
			made.Deprecated, _ = operation["deprecated"].(bool)
			tags, _ := operation["tags"].([]any)
			for _, tag := range tags {
				if name, is := tag.(string); is {
					made.Tags = append(made.Tags, name)
				}
			}
			out = append(out, made)
		}
	}
	slices.SortFunc(out, func(a, b classicOperation) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
	})
	return out
}

// foundProduct is an entry of the classic contract's SearchResults.
type foundProduct struct {
	Index  string        `json:"index"`
	Source productSource `json:"source"`
}

// productSource is the classic contract's ProductCatalogIndexSource.
type productSource struct {
	productView
	DocumentCount int `json:"document_count"`
}

// searchProducts finds products by their name.
func (s *server) searchProducts(w http.ResponseWriter, c call) error {
	const index = "product-catalog"
	if c.PathValue("indices") != index {
		return portico.InvalidAll(portico.InvalidParameter{Field: "indices", Rule: "enum", Reason: "must be " + index, Choices: []string{index}, Source: "path"})
	}
	q, err := listing.Parse(c.Request, listing.Spec{})
	if err != nil {
		return err
	}
	if text := c.URL.Query().Get("q"); text != "" {
		q.Filters = append(q.Filters, portico.Filter{Field: "name", Op: portico.OpContains, Values: []string{text}})
	}
	page, err := s.visibleAPIs(c, q)
	if err != nil {
		return err
	}
	counts := map[portico.APIID]int{}
	for _, api := range page.Items {
		trees, err := s.Content.Visitors.Documents(c.Context(), api.ID)
		if err != nil {
			return err
		}
		counts[api.ID] = len(flatDocuments(trees))
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, func(a control.PublishedAPI) foundProduct {
		return foundProduct{index, productSource{viewProduct(a), counts[a.ID]}}
	}))
}

// chosen is the part of a list that a query's conditions hold for, cut to its page.
func chosen[T any](items []T, q portico.ListQuery, value func(T, string) string) portico.Page[T] {
	kept := slices.DeleteFunc(slices.Clone(items), func(item T) bool {
		return slices.ContainsFunc(q.Filters, func(f portico.Filter) bool { return !usecase.Matches(f, value(item, f.Field)) })
	})
	return usecase.Cut(kept, q)
}
