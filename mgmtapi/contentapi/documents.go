package contentapi

import (
	"net/http"
	"strconv"

	"portico"
	"portico/access"
	"portico/content"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
	"portico/usecase"
)

// documentRoutes: the Markdown documents of APIs and of packages (contract:
// api-builder v3).
func (s server) documentRoutes() []route.Route {
	const (
		documents     = "/v3/apis/{apiId}/documents"
		document      = documents + "/{documentId}"
		packDocuments = "/v3/api-packages/{apiId}/documents"
		packDocument  = packDocuments + "/{documentId}"
	)
	view, edit := access.For(access.APIs, access.View, "apiId"), access.For(access.APIs, access.Edit, "apiId")
	return []route.Route{
		route.On("GET", documents, "list-api-documents", s.listDocuments, view),
		route.On("POST", documents, "create-api-document", s.createDocument, edit).Sized(),
		route.On("GET", document, "fetch-api-document", s.document, view),
		route.On("PATCH", document, "update-api-document", s.updateDocument, edit).Sized(),
		route.On("DELETE", document, "delete-api-document", s.deleteDocument, edit),
		route.On("POST", document+"/move", "move-api-document", s.moveDocument, edit),

		route.On("GET", packDocuments, "list-api-package-documents", s.listDocuments, view),
		route.On("POST", packDocuments, "create-api-package-document", s.createDocument, edit).Sized(),
		route.On("GET", packDocument, "fetch-api-package-document", s.document, view),
		route.On("PATCH", packDocument, "update-api-package-document", s.updateDocument, edit).Sized(),
		route.On("DELETE", packDocument, "delete-api-package-document", s.deleteDocument, edit),
		route.On("POST", packDocument+"/move", "move-api-package-document", s.moveDocument, edit),
	}
}

// documentInfo is the contract's ApiDocumentSummary.
type documentInfo struct {
	ID        portico.DocumentID  `json:"id"`
	Title     string              `json:"title"`
	Slug      string              `json:"slug"`
	Status    string              `json:"status"`
	ParentID  *portico.DocumentID `json:"parent_document_id"`
	CreatedAt httpkit.Timestamp   `json:"created_at"`
	UpdatedAt httpkit.Timestamp   `json:"updated_at"`
}

func viewDocumentInfo(d portico.Document) documentInfo {
	return documentInfo{
		ID: d.ID, Title: d.Title, Slug: d.Slug, Status: status(d.Published), ParentID: d.ParentID,
		CreatedAt: httpkit.Timestamp(d.CreatedAt), UpdatedAt: httpkit.Timestamp(d.UpdatedAt),
	}
}

// documentView is the contract's ApiDocumentResponse.
type documentView struct {
	documentInfo
	Content string `json:"content"`
}

func viewDocument(d portico.Document) documentView {
	return documentView{viewDocumentInfo(d), d.Content}
}

// documentNode is the contract's ApiDocumentSummaryWithChildren.
type documentNode struct {
	documentInfo
	Children []documentNode `json:"children"`
}

func viewDocuments(nodes []content.Node[portico.Document]) []documentNode {
	out := make([]documentNode, len(nodes))
	for i, n := range nodes {
		out[i] = documentNode{viewDocumentInfo(n.Item), viewDocuments(n.Children)}
	}
	return out
}

// readDocument reads CreateApiDocumentRequest or, with an optional content,
// UpdateApiDocumentRequest.
func readDocument(r *http.Request, presence httpkit.Rule) (content.DocumentFields, error) {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return content.DocumentFields{}, err
	}
	o.Ignore("id", "created_at", "updated_at")
	in := content.DocumentFields{
		Slug:      o.OptString("slug", httpkit.Length(1, maxSlug)),
		Content:   o.OptString("content", presence, httpkit.MaxLength(maxMarkdown)),
		Title:     o.OptString("title", httpkit.Length(1, maxTitle)),
		Published: readStatus(o),
		ParentID:  httpkit.As[portico.DocumentID](o.OptUUID("parent_document_id", httpkit.Nullable)),
	}
	return in, o.Err()
}

func (s server) listDocuments(w http.ResponseWriter, r *http.Request) error {
	api, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, listing.Spec{Filters: map[string]listing.FieldKind{"status": listing.Enum(published, unpublished)}})
	if err != nil {
		return err
	}
	q.Filters = byStatus(q.Filters)
	nodes, err := s.Content.Documents.Tree(r.Context(), api, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, treeView[documentNode]{viewDocuments(nodes)})
}

// byStatus turns conditions on the status, which is a word on the wire, into
// ones on what is kept.
func byStatus(filters []portico.Filter) []portico.Filter {
	is, isNot := true, true
	for _, f := range filters {
		is, isNot = is && usecase.Matches(f, published), isNot && usecase.Matches(f, unpublished)
	}
	switch {
	case is && isNot:
		return nil
	case !is && !isNot:
		return []portico.Filter{portico.Where("id", "")}
	}
	return []portico.Filter{portico.Where("published", strconv.FormatBool(is))}
}

func (s server) createDocument(w http.ResponseWriter, r *http.Request) error {
	api, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	in, err := readDocument(r, httpkit.Required)
	if err != nil {
		return err
	}
	d, err := s.Content.Documents.Create(r.Context(), api, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewDocument(d))
}

func (s server) document(w http.ResponseWriter, r *http.Request) error {
	api, id, err := httpkit.PathIDs[portico.APIID, portico.DocumentID](r, "apiId", "documentId")
	if err != nil {
		return err
	}
	d, err := s.Content.Documents.ByID(r.Context(), api, id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewDocument(d))
}

func (s server) updateDocument(w http.ResponseWriter, r *http.Request) error {
	api, id, err := httpkit.PathIDs[portico.APIID, portico.DocumentID](r, "apiId", "documentId")
	if err != nil {
		return err
	}
	in, err := readDocument(r, httpkit.Optional)
	if err != nil {
		return err
	}
	d, err := s.Content.Documents.Update(r.Context(), api, id, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewDocument(d))
}

func (s server) deleteDocument(w http.ResponseWriter, r *http.Request) error {
	api, id, err := httpkit.PathIDs[portico.APIID, portico.DocumentID](r, "apiId", "documentId")
	if err != nil {
		return err
	}
	if err := s.Content.Documents.Delete(r.Context(), api, id); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

func (s server) moveDocument(w http.ResponseWriter, r *http.Request) error {
	api, id, err := httpkit.PathIDs[portico.APIID, portico.DocumentID](r, "apiId", "documentId")
	if err != nil {
		return err
	}
	parent, index, err := readMove[portico.DocumentID](r, "parent_document_id")
	if err != nil {
		return err
	}
	if err := s.Content.Documents.Move(r.Context(), api, id, parent, index); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
