package portalapi

import (
	"net/http"

	"portico"
	"portico/control"
	"portico/httpkit"
	"portico/listing"
)

func (s *server) searchRoutes() []route {
	return []route{on(anyone, "GET", "/api/v3/search", "search-portal", s.search)}
}

// The contract's names of what is found, in search results.
const (
	foundOperation = "api_specs_operation"
	foundDocument  = "api_document"
)

// resultView is the contract's SearchResultOperation or SearchResultDocument.
type resultView struct {
	ID          string `json:"id"`
	Type        string `json:"type"`
	Name        string `json:"name"`
	Match       string `json:"match"`
	Description string `json:"description"`
	Attributes  any    `json:"attributes"`
	Relations   any    `json:"relations"`
}

type foundAPI struct {
	Name        string `json:"api_name"`
	Slug        string `json:"api_slug"`
	Version     string `json:"api_version"`
	Description string `json:"api_description"`
}

type operationAttributes struct {
	CreatedAt   httpkit.Timestamp  `json:"created_at"`
	UpdatedAt   httpkit.Timestamp  `json:"updated_at"`
	OperationID string             `json:"operation_id"`
	Key         string             `json:"operation_key"`
	Path        string             `json:"path"`
	Method      string             `json:"method"`
	Scope       portico.Visibility `json:"scope"`
	Summary     string             `json:"summary"`
	foundAPI
}

type operationRelations struct {
	APIID    portico.APIID          `json:"api_id"`
	SpecID   string                 `json:"spec_id"`
	PortalID portico.PortalID       `json:"portal_id"`
	OrgID    portico.OrganizationID `json:"org_id"`
	foundAPI
}

type documentAttributes struct {
	CreatedAt httpkit.Timestamp  `json:"created_at"`
	UpdatedAt httpkit.Timestamp  `json:"updated_at"`
	Path      string             `json:"path"`
	Scope     portico.Visibility `json:"scope"`
	APISlug   string             `json:"api_slug"`
	ParentID  string             `json:"parent_document_id"`
	Slug      string             `json:"slug"`
}

type documentRelations struct {
	APIID       portico.APIID          `json:"api_id"`
	SpecID      string                 `json:"spec_id"`
	PortalID    portico.PortalID       `json:"portal_id"`
	OrgID       portico.OrganizationID `json:"org_id"`
	APISlug     string                 `json:"api_slug"`
	Version     string                 `json:"api_version"`
	Description string                 `json:"api_description"`
	ParentID    string                 `json:"parent_document_id"`
	Path        string                 `json:"path"`
	Slug        string                 `json:"slug"`
}

// search finds operations and documents: the contract knows nothing else.
func (s *server) search(w http.ResponseWriter, c call) error {
	q, err := listing.ParseCursor(c.Request, listing.Spec{})
	if err != nil {
		return err
	}
	page, err := s.Catalogue.Search(c.Context(), c.visitor(), portico.SearchQuery{
		Text: c.URL.Query().Get("q"), Kinds: []portico.SearchKind{portico.SearchOperation, portico.SearchDocument},
		Size: q.Size, Offset: (q.Number - 1) * q.Size,
	})
	if err != nil {
		return err
	}
	organization, err := s.Accounts.Organization(c.Context())
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.CursorEnvelope(c.Request, page, q, func(f control.Find) resultView {
		return viewFind(f, c.portal.ID, organization.ID)
	}))
}

// viewFind renders a find. A find's id is its document's, or its version's with
// the operation's key.
func viewFind(f control.Find, portal portico.PortalID, organization portico.OrganizationID) resultView {
	api := foundAPI{Name: f.API.Name, Slug: f.API.Slug}
	if f.API.Version != nil {
		api.Version = *f.API.Version
	}
	if f.API.Description != nil {
		api.Description = *f.API.Description
	}
	created, updated := httpkit.Timestamp(f.CreatedAt), httpkit.Timestamp(f.UpdatedAt)
	out := resultView{ID: f.EntityID, Type: foundDocument, Name: f.Title, Match: f.Match, Description: f.Description}
	if f.Kind == portico.SearchDocument {
		out.Attributes = documentAttributes{created, updated, "/" + f.Path, f.Scope, api.Slug, f.ParentID, f.Path}
		out.Relations = documentRelations{f.APIID, "", portal, organization, api.Slug, api.Version, api.Description, f.ParentID, "/" + f.Path, f.Path}
		return out
	}
	o := f.Operation
	out.ID, out.Type = f.EntityID+":"+o.Key(), foundOperation
	out.Attributes = operationAttributes{created, updated, o.ID, o.Key(), o.Path, o.Method, f.Scope, o.Summary, api}
	out.Relations = operationRelations{f.APIID, f.EntityID, portal, organization, api}
	return out
}
