package portalapi

import (
	"net/http"

	"portico"
	"portico/content"
	"portico/httpkit"
	"portico/listing"
)

// pageRoutes: the portal's Markdown pages and the snippets that they include.
func (s *server) pageRoutes() []route {
	return []route{
		on(anyone, "GET", "/api/v3/pages", "list-portal-pages", s.listPages),
		on(anyone, "GET", "/api/v3/pages/{pagePath}", "get-portal-page-by-name", s.page),
		on(anyone, "GET", "/api/v3/pages/{$}", "", s.page), // as /pages/%2F is understood: the front page
		on(anyone, "GET", "/api/v3/snippets", "list-portal-snippets", s.listSnippets),
		on(anyone, "GET", "/api/v3/snippets/{snippetName}", "get-portal-snippet-by-name", s.snippet),
	}
}

// reader is the caller as one who reads what the portal says.
func (c call) reader() content.Visitor {
	return content.Visitor{Portal: c.portal.ID, SignedIn: c.developer != nil}
}

// pageInfo is the contract's PortalPageInfo, without the children.
type pageInfo struct {
	ID          portico.PageID     `json:"id"`
	Slug        string             `json:"slug"`
	Title       string             `json:"title"`
	Visibility  portico.Visibility `json:"visibility"`
	Description *string            `json:"description,omitempty"`
	ParentID    *portico.PageID    `json:"parent_page_id"`
	CreatedAt   httpkit.Timestamp  `json:"created_at"`
	UpdatedAt   httpkit.Timestamp  `json:"updated_at"`
}

func viewPageInfo(p portico.PortalPage) pageInfo {
	return pageInfo{
		ID: p.ID, Slug: p.Slug, Title: p.Title, Visibility: p.Visibility, Description: p.Description, ParentID: p.ParentID,
		CreatedAt: httpkit.Timestamp(p.CreatedAt), UpdatedAt: httpkit.Timestamp(p.UpdatedAt),
	}
}

// pageView is the contract's PortalPage.
type pageView struct {
	pageInfo
	Content string `json:"content"`
}

// pageNode is the contract's PortalPageInfo.
type pageNode struct {
	pageInfo
	Children []pageNode `json:"children"`
}

func viewPages(nodes []content.Node[portico.PortalPage]) []pageNode {
	out := make([]pageNode, len(nodes))
	for i, n := range nodes {
		out[i] = pageNode{viewPageInfo(n.Item), viewPages(n.Children)}
	}
	return out
}

// treeView is a tree as the contract answers it: all of it, in no pages.
type treeView[V any] struct {
	Data []V `json:"data"`
}

func visibilityKind() listing.FieldKind {
	return listing.Enum(string(portico.Public), string(portico.Private))
}

func (s *server) listPages(w http.ResponseWriter, c call) error {
	q, err := listing.Parse(c.Request, listing.Spec{
		Filters: map[string]listing.FieldKind{"title": listing.String(), "slug": listing.String(), "visibility": visibilityKind()},
		Sorts:   []string{"created_at", "updated_at", "slug", "title", "visibility"},
	})
	if err != nil {
		return err
	}
	nodes, err := s.Content.Visitors.Pages(c.Context(), c.reader(), q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, treeView[pageNode]{viewPages(nodes)})
}

// page answers with a page by its path, whose slashes are percent-encoded. One
// that needs a sign-in is not there for who is not signed in, as the contract
// has it.
func (s *server) page(w http.ResponseWriter, c call) error {
	path := c.PathValue("pagePath")
	p, err := s.Content.Visitors.Page(c.Context(), c.reader(), path)
	if portico.KindOf(err) == portico.KindUnauthenticated {
		return portico.Errorf(portico.KindNotFound, "There is no page at [%s].", path)
	}
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, pageView{viewPageInfo(p.PortalPage), p.Content})
}

// snippetInfo is the contract's PortalSnippetInfo.
type snippetInfo struct {
	ID          portico.SnippetID  `json:"id"`
	Name        string             `json:"name"`
	Title       string             `json:"title"`
	Visibility  portico.Visibility `json:"visibility"`
	Description *string            `json:"description,omitempty"`
	CreatedAt   httpkit.Timestamp  `json:"created_at"`
	UpdatedAt   httpkit.Timestamp  `json:"updated_at"`
}

func viewSnippetInfo(s portico.Snippet) snippetInfo {
	return snippetInfo{
		ID: s.ID, Name: s.Name, Title: s.Title, Visibility: s.Visibility, Description: s.Description,
		CreatedAt: httpkit.Timestamp(s.CreatedAt), UpdatedAt: httpkit.Timestamp(s.UpdatedAt),
	}
}

// snippetView is the contract's PortalSnippet.
type snippetView struct {
	snippetInfo
	Content string `json:"content"`
}

func (s *server) listSnippets(w http.ResponseWriter, c call) error {
	q, err := listing.Parse(c.Request, listing.Spec{
		Filters: map[string]listing.FieldKind{"title": listing.String(), "name": listing.String(), "visibility": visibilityKind()},
		Sorts:   []string{"created_at", "updated_at", "name", "title", "visibility"},
	})
	if err != nil {
		return err
	}
	page, err := s.Content.Visitors.Snippets(c.Context(), c.reader(), q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewSnippetInfo))
}

func (s *server) snippet(w http.ResponseWriter, c call) error {
	snippet, err := s.Content.Visitors.Snippet(c.Context(), c.reader(), c.PathValue("snippetName"))
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, snippetView{viewSnippetInfo(snippet), snippet.Content})
}
