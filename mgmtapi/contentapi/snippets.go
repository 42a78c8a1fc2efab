package contentapi

import (
	"net/http"

	"portico"
	"portico/access"
	"portico/content"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
)

// snippetRoutes: the pieces of Markdown that pages include (contract:
// portal-management v3).
func (s server) snippetRoutes() []route.Route {
	const (
		snippets = "/v3/portals/{portalId}/snippets"
		snippet  = snippets + "/{snippetId}"
	)
	return []route.Route{
		route.On("GET", snippets, "list-portal-snippets", s.listSnippets, access.For(access.Portals, access.View, "portalId")),
		route.On("POST", snippets, "create-portal-snippet", s.createSnippet, access.For(access.Portals, access.Content, "portalId")).Sized(),
		route.On("GET", snippet, "get-portal-snippet", s.snippet, access.For(access.Portals, access.View, "portalId")),
		route.On("PATCH", snippet, "update-portal-snippet", s.updateSnippet, access.For(access.Portals, access.Content, "portalId")).Sized(),
		route.On("DELETE", snippet, "delete-portal-snippet", s.deleteSnippet, access.For(access.Portals, access.Content, "portalId")),
	}
}

// snippetInfo is the contract's PortalSnippetInfo.
type snippetInfo struct {
	ID          portico.SnippetID  `json:"id"`
	Name        string             `json:"name"`
	Title       string             `json:"title"`
	Visibility  portico.Visibility `json:"visibility"`
	Status      string             `json:"status"`
	Description *string            `json:"description,omitempty"`
	CreatedAt   httpkit.Timestamp  `json:"created_at"`
	UpdatedAt   httpkit.Timestamp  `json:"updated_at"`
}

func viewSnippetInfo(s portico.Snippet) snippetInfo {
	return snippetInfo{
		ID: s.ID, Name: s.Name, Title: s.Title, Visibility: s.Visibility, Status: status(s.Published), Description: s.Description,
		CreatedAt: httpkit.Timestamp(s.CreatedAt), UpdatedAt: httpkit.Timestamp(s.UpdatedAt),
	}
}

// snippetView is the contract's PortalSnippetResponse.
type snippetView struct {
	snippetInfo
	Content string `json:"content"`
}

func viewSnippet(s portico.Snippet) snippetView { return snippetView{viewSnippetInfo(s), s.Content} }

// readSnippet reads CreatePortalSnippetRequest or, with optional fields,
// UpdatePortalSnippetRequest.
func readSnippet(r *http.Request, presence httpkit.Rule) (content.SnippetFields, error) {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return content.SnippetFields{}, err
	}
	in := content.SnippetFields{
		Name:        o.OptString("name", presence, httpkit.Length(1, maxSlug)),
		Content:     o.OptString("content", presence, httpkit.MaxLength(maxMarkdown)),
		Title:       o.OptString("title", httpkit.Length(1, maxTitle)),
		Description: o.OptString("description", httpkit.MaxLength(maxDescription)),
		Visibility:  httpkit.As[portico.Visibility](o.OptEnum("visibility", httpkit.Optional, visibilities()...)),
		Published:   readStatus(o),
	}
	return in, o.Err()
}

// snippetSpec is what the list of snippets can be asked for.
func snippetSpec() listing.Spec {
	return listing.Spec{
		Filters: map[string]listing.FieldKind{
			"id": listing.UUID(), "name": listing.String(), "title": listing.String(), "visibility": listing.Enum(visibilities()...),
			"created_at": listing.Date(), "updated_at": listing.Date(),
		},
		Sorts: []string{"created_at", "updated_at", "name", "title", "visibility"},
	}
}

func (s server) listSnippets(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, snippetSpec())
	if err != nil {
		return err
	}
	page, err := s.Content.Snippets.List(r.Context(), portal, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewSnippetInfo))
}

func (s server) createSnippet(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	in, err := readSnippet(r, httpkit.Required)
	if err != nil {
		return err
	}
	snippet, err := s.Content.Snippets.Create(r.Context(), portal, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewSnippet(snippet))
}

func (s server) snippet(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := httpkit.PathIDs[portico.PortalID, portico.SnippetID](r, "portalId", "snippetId")
	if err != nil {
		return err
	}
	snippet, err := s.Content.Snippets.ByID(r.Context(), portal, id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewSnippet(snippet))
}

func (s server) updateSnippet(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := httpkit.PathIDs[portico.PortalID, portico.SnippetID](r, "portalId", "snippetId")
	if err != nil {
		return err
	}
	in, err := readSnippet(r, httpkit.Optional)
	if err != nil {
		return err
	}
	snippet, err := s.Content.Snippets.Update(r.Context(), portal, id, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewSnippet(snippet))
}

func (s server) deleteSnippet(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := httpkit.PathIDs[portico.PortalID, portico.SnippetID](r, "portalId", "snippetId")
	if err != nil {
		return err
	}
	if err := s.Content.Snippets.Delete(r.Context(), portal, id); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
