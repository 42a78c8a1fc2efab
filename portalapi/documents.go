package portalapi

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"portico"
	"portico/content"
	"portico/httpkit"
	"portico/listing"
	"portico/usecase"
)

// documentRoutes: what APIs are described by, beside their specifications.
func (s *server) documentRoutes() []route {
	const documents = "/api/v3/apis/{apiIdOrSlug}/documents"
	return []route{
		on(anyone, "GET", documents, "list-api-documents", s.listDocuments),
		on(anyone, "GET", documents+"/{documentIdOrSlug}", "fetch-api-document", s.document),
		on(anyone, "GET", "/api/v3/api-attributes", "get-paginated-api-attributes", s.listAttributes),
	}
}

// documentView is the contract's ApiDocument.
type documentView struct {
	ID       portico.DocumentID  `json:"id"`
	ParentID *portico.DocumentID `json:"parent_document_id"`
	Slug     string              `json:"slug"`
	Title    string              `json:"title"`
	Content  string              `json:"content"`
}

// documentNode is the contract's ApiDocumentTree.
type documentNode struct {
	ID        portico.DocumentID  `json:"id"`
	ParentID  *portico.DocumentID `json:"parent_document_id"`
	Slug      string              `json:"slug"`
	Title     string              `json:"title"`
	Children  []documentNode      `json:"children"`
	CreatedAt httpkit.Timestamp   `json:"created_at"`
	UpdatedAt httpkit.Timestamp   `json:"updated_at"`
}

func viewDocuments(nodes []content.Node[portico.Document]) []documentNode {
	out := make([]documentNode, len(nodes))
	for i, n := range nodes {
		d := n.Item
		out[i] = documentNode{d.ID, d.ParentID, d.Slug, d.Title, viewDocuments(n.Children), httpkit.Timestamp(d.CreatedAt), httpkit.Timestamp(d.UpdatedAt)}
	}
	return out
}

func (s *server) listDocuments(w http.ResponseWriter, c call) error {
	api, err := s.apiInPath(c)
	if err != nil {
		return err
	}
	nodes, err := s.Content.Visitors.Documents(c.Context(), api.ID)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, treeView[documentNode]{viewDocuments(nodes)})
}

func (s *server) document(w http.ResponseWriter, c call) error {
	api, err := s.apiInPath(c)
	if err != nil {
		return err
	}
	d, err := s.Content.Visitors.Document(c.Context(), api.ID, c.PathValue("documentIdOrSlug"))
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, documentView{d.ID, d.ParentID, d.Slug, d.Title, d.Content})
}

// attributeView is the contract's ApiAttributeItem.
type attributeView struct {
	Key    string      `json:"key"`
	Values []valueView `json:"values"`
}

type valueView struct {
	Value    string `json:"value"`
	APIs     int    `json:"api_count"`
	Selected *int   `json:"selected_api_count,omitempty"`
}

// viewAttributes renders attributes, with the counts within a selection if
// there is one.
func viewAttributes(selection bool) func(content.Attribute) attributeView {
	return func(a content.Attribute) attributeView {
		out := attributeView{Key: a.Key, Values: []valueView{}}
		for _, v := range a.Values {
			value := valueView{Value: v.Value, APIs: v.APIs}
			if selection {
				value.Selected = &v.Selected
			}
			out.Values = append(out.Values, value)
		}
		return out
	}
}

func (s *server) listAttributes(w http.ResponseWriter, c call) error {
	q, err := listing.Parse(c.Request, listing.Spec{Filters: map[string]listing.FieldKind{"key": listing.String()}})
	if err != nil {
		return err
	}
	apis, err := s.Catalogue.APIs(c.Context(), c.visitor(), portico.Everything())
	if err != nil {
		return err
	}
	var seen []portico.API
	for _, a := range apis.Items {
		seen = append(seen, a.API)
	}
	chosen := selection(c.Request)
	found := slices.DeleteFunc(content.Attributes(seen, chosen), func(a content.Attribute) bool {
		return slices.ContainsFunc(q.Filters, func(f portico.Filter) bool { return !usecase.Matches(f, a.Key) })
	})
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(usecase.Cut(found, q), q, viewAttributes(len(chosen) > 0)))
}

var selected = regexp.MustCompile(`^selected\[([^\[\]]+)\]$`)

// selection reads selected[key]=value,value.
func selection(r *http.Request) map[string][]string {
	out := map[string][]string{}
	for name, given := range r.URL.Query() {
		if key := selected.FindStringSubmatch(name); key != nil {
			for _, list := range given {
				out[key[1]] = append(out[key[1]], strings.Split(list, ",")...)
			}
		}
	}
	return out
}
