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

// pageRoutes: the Markdown pages of a portal (contract: portal-management v3).
func (s server) pageRoutes() []route.Route {
	const (
		pages = "/v3/portals/{portalId}/pages"
		page  = pages + "/{pageId}"
	)
	return []route.Route{
		route.On("GET", pages, "list-portal-pages", s.listPages, access.For(access.Portals, access.View, "portalId")),
		route.On("POST", pages, "create-portal-page", s.createPage, access.For(access.Portals, access.Content, "portalId")).Sized(),
		route.On("GET", page, "get-portal-page", s.page, access.For(access.Portals, access.View, "portalId")),
		route.On("PATCH", page, "update-portal-page", s.updatePage, access.For(access.Portals, access.Content, "portalId")).Sized(),
		route.On("DELETE", page, "delete-portal-page", s.deletePage, access.For(access.Portals, access.Content, "portalId")),
		route.On("POST", page+"/move", "move-portal-pages", s.movePage, access.For(access.Portals, access.Content, "portalId")),
		route.On("POST", "/v3/portals/{portalId}/default-content", "create-default-content", s.createDefaultContent, access.For(access.Portals, access.Content, "portalId")),
	}
}

// pageInfo is the contract's PortalPageInfo, without the children.
type pageInfo struct {
	ID          portico.PageID     `json:"id"`
	Slug        string             `json:"slug"`
	Title       string             `json:"title"`
	Visibility  portico.Visibility `json:"visibility"`
	Status      string             `json:"status"`
	Description *string            `json:"description,omitempty"`
	ParentID    *portico.PageID    `json:"parent_page_id"`
	CreatedAt   httpkit.Timestamp  `json:"created_at"`
	UpdatedAt   httpkit.Timestamp  `json:"updated_at"`
}

func viewPageInfo(p portico.PortalPage) pageInfo {
	return pageInfo{
		ID: p.ID, Slug: p.Slug, Title: p.Title, Visibility: p.Visibility, Status: status(p.Published), Description: p.Description, ParentID: p.ParentID,
		CreatedAt: httpkit.Timestamp(p.CreatedAt), UpdatedAt: httpkit.Timestamp(p.UpdatedAt),
	}
}

// pageView is the contract's PortalPageResponse.
type pageView struct {
	pageInfo
	Content string `json:"content"`
}

func viewPage(p portico.PortalPage) pageView { return pageView{viewPageInfo(p), p.Content} }

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

// The publishing states of the contract (PublishedStatus).
const (
	published   = "published"
	unpublished = "unpublished"
)

func status(isPublished bool) string {
	if isPublished {
		return published
	}
	return unpublished
}

// readStatus reads a publishing state.
func readStatus(o *httpkit.Object) portico.Opt[bool] {
	given := o.OptEnum("status", httpkit.Optional, published, unpublished)
	return portico.Opt[bool]{Set: given.Set, Value: given.Value == published}
}

// The lengths of texts, in characters (contract: PageContent, PageTitle, PageSlug, Description).
const (
	maxMarkdown    = 1_000_000
	maxTitle       = 512
	maxSlug        = 512
	maxDescription = 160
)

// readPage reads CreatePortalPageRequest or, with optional fields,
// UpdatePortalPageRequest.
func readPage(r *http.Request, presence httpkit.Rule) (content.PageFields, error) {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return content.PageFields{}, err
	}
	in := content.PageFields{
		Slug:        o.OptString("slug", presence, httpkit.Length(1, maxSlug)),
		Content:     o.OptString("content", presence, httpkit.MaxLength(maxMarkdown)),
		Title:       o.OptString("title", httpkit.Length(1, maxTitle)),
		Description: o.OptString("description", httpkit.MaxLength(maxDescription)),
		Visibility:  httpkit.As[portico.Visibility](o.OptEnum("visibility", httpkit.Optional, visibilities()...)),
		Published:   readStatus(o),
		ParentID:    httpkit.As[portico.PageID](o.OptUUID("parent_page_id", httpkit.Nullable)),
	}
	return in, o.Err()
}

// pageSpec is what the tree of pages can be asked for.
func pageSpec() listing.Spec {
	return listing.Spec{
		Filters: map[string]listing.FieldKind{
			"id": listing.UUID(), "slug": listing.String(), "title": listing.String(), "visibility": listing.Enum(visibilities()...),
			"created_at": listing.Date(), "updated_at": listing.Date(),
		},
		Sorts: []string{"created_at", "updated_at", "slug", "title", "visibility"},
	}
}

func (s server) listPages(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, pageSpec())
	if err != nil {
		return err
	}
	nodes, err := s.Content.Pages.Tree(r.Context(), portal, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, treeView[pageNode]{viewPages(nodes)})
}

func (s server) createPage(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	in, err := readPage(r, httpkit.Required)
	if err != nil {
		return err
	}
	p, err := s.Content.Pages.Create(r.Context(), portal, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewPage(p))
}

func (s server) page(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := httpkit.PathIDs[portico.PortalID, portico.PageID](r, "portalId", "pageId")
	if err != nil {
		return err
	}
	p, err := s.Content.Pages.ByID(r.Context(), portal, id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewPage(p))
}

func (s server) updatePage(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := httpkit.PathIDs[portico.PortalID, portico.PageID](r, "portalId", "pageId")
	if err != nil {
		return err
	}
	in, err := readPage(r, httpkit.Optional)
	if err != nil {
		return err
	}
	p, err := s.Content.Pages.Update(r.Context(), portal, id, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewPage(p))
}

func (s server) deletePage(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := httpkit.PathIDs[portico.PortalID, portico.PageID](r, "portalId", "pageId")
	if err != nil {
		return err
	}
	if err := s.Content.Pages.Delete(r.Context(), portal, id); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

func (s server) movePage(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := httpkit.PathIDs[portico.PortalID, portico.PageID](r, "portalId", "pageId")
	if err != nil {
		return err
	}
	parent, index, err := readMove[portico.PageID](r, "parent_page_id")
	if err != nil {
		return err
	}
	if err := s.Content.Pages.Move(r.Context(), portal, id, parent, index); err != nil {
		return err
	}
	w.WriteHeader(http.StatusCreated) // with no body, as the contract has it
	return nil
}

// readMove reads where something in a tree shall go. Without an index it
// becomes the last one there.
func readMove[ID ~string](r *http.Request, field string) (*ID, int, error) {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return nil, 0, err
	}
	const far = 1_000_000
	parent, index := httpkit.As[ID](o.OptUUID(field, httpkit.Nullable)), o.Int("index", -1, httpkit.Range(-far, far))
	return parent.Ptr(), index, o.Err()
}

// defaultContentView is the contract's DefaultContent.
type defaultContentView struct {
	Pages    []string `json:"pages"`
	Snippets []string `json:"snippets"`
}

func (s server) createDefaultContent(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	created, err := s.Content.Defaults.Create(r.Context(), portal)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, defaultContentView(created))
}
