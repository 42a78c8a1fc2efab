package portalapi

import (
	"net/http"
	"strings"

	"portico"
	"portico/content"
	"portico/httpkit"
	"portico/listing"
)

func (s *server) classicDocumentRoutes() []route {
	const documents = "/api/v2/products/{productId}/documents"
	return []route{
		on(anyone, "GET", documents, "list-product-documents", s.productDocuments),
		on(anyone, "GET", documents+"/{documentId}", "get-product-document", s.productDocument),
	}
}

// The media types in which the classic API gives documents, beside JSON.
const (
	documentTree = "application/vnd.konnect.document-tree+json"
	markdownType = "text/markdown"
)

// classicDocument is the classic contract's DocumentItem and, with children, its
// DocumentTree. Documents have no metadata here.
type classicDocument struct {
	ID        portico.DocumentID  `json:"id"`
	ParentID  *portico.DocumentID `json:"parent_document_id"`
	Slug      string              `json:"slug"`
	Title     string              `json:"title"`
	Metadata  struct{}            `json:"metadata"`
	Children  *[]classicDocument  `json:"children,omitempty"`
	CreatedAt httpkit.Timestamp   `json:"created_at"`
	UpdatedAt httpkit.Timestamp   `json:"updated_at"`
}

func viewClassicDocument(d portico.Document) classicDocument {
	return classicDocument{ID: d.ID, ParentID: d.ParentID, Slug: d.Slug, Title: d.Title, CreatedAt: httpkit.Timestamp(d.CreatedAt), UpdatedAt: httpkit.Timestamp(d.UpdatedAt)}
}

func viewDocumentTree(node content.Node[portico.Document]) classicDocument {
	out := viewClassicDocument(node.Item)
	children := []classicDocument{}
	for _, child := range node.Children {
		children = append(children, viewDocumentTree(child))
	}
	out.Children = &children
	return out
}

// flatDocuments are the documents of trees, parents before their children.
func flatDocuments(nodes []content.Node[portico.Document]) []portico.Document {
	var out []portico.Document
	for _, node := range nodes {
		out = append(append(out, node.Item), flatDocuments(node.Children)...)
	}
	return out
}

func accepts(r *http.Request, mediaType string) bool {
	return strings.Contains(strings.Join(r.Header.Values("Accept"), ","), mediaType)
}

// productDocuments lists a product's documents, or their trees if those are
// asked for.
func (s *server) productDocuments(w http.ResponseWriter, c call) error {
	api, err := s.productInPath(c)
	if err != nil {
		return err
	}
	trees, err := s.Content.Visitors.Documents(c.Context(), api.ID)
	if err != nil {
		return err
	}
	q, err := listing.Parse(c.Request, listing.Spec{})
	if err != nil {
		return err
	}
	if !accepts(c.Request, documentTree) {
		return httpkit.JSON(w, http.StatusOK, listing.Envelope(chosen(flatDocuments(trees), q, nil), q, viewClassicDocument))
	}
	w.Header().Set("Content-Type", documentTree)
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(chosen(trees, q, nil), q, viewDocumentTree))
}

// classicDocumentView is the classic contract's ProductDocumentRaw.
type classicDocumentView struct {
	ID       portico.DocumentID  `json:"id"`
	ParentID *portico.DocumentID `json:"parent_document_id"`
	Slug     string              `json:"slug"`
	Title    string              `json:"title"`
	Content  string              `json:"content"`
}

// productDocument answers with a document's Markdown, within JSON or as it is.
// The tree of nodes that the contract knows, too, is not made.
func (s *server) productDocument(w http.ResponseWriter, c call) error {
	api, err := s.productInPath(c)
	if err != nil {
		return err
	}
	id, err := httpkit.PathUUID(c.Request, "documentId")
	if err != nil {
		return err
	}
	d, err := s.Content.Visitors.Document(c.Context(), api.ID, id)
	if err != nil {
		return err
	}
	if accepts(c.Request, markdownType) {
		w.Header().Set("Content-Type", markdownType+"; charset=utf-8")
		_, err := w.Write([]byte(d.Content))
		return err
	}
	return httpkit.JSON(w, http.StatusOK, classicDocumentView{d.ID, d.ParentID, d.Slug, d.Title, d.Content})
}
