package apis

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/content"
	"portico/webui/design"
	"portico/webui/desk"
)

// The limits of documents (contract: ApiDocument).
const (
	maxTitle    = 512
	maxDocSlug  = 512
	maxMarkdown = 1_000_000
)

// row is a document in the tree, as deep as it hangs.
type row struct {
	portico.Document
	Depth int
	Shown bool // it is published, and so is everything above it
}

// Path is the address of the document's page, or of one below.
func (a api) documentPath(id portico.DocumentID, below string) string {
	return a.Path("/documents/" + string(id) + below)
}

// rows are the documents from the top down.
func (p pages) rows(v *desk.Visit, a api) ([]row, error) {
	tree, err := p.Content.Documents.Tree(v.Context(), a.ID, portico.ListQuery{})
	var out []row
	var walk func(nodes []content.Node[portico.Document], depth int, shown bool)
	walk = func(nodes []content.Node[portico.Document], depth int, shown bool) {
		for _, n := range nodes {
			here := shown && n.Item.Published
			out = append(out, row{n.Item, depth, here})
			walk(n.Children, depth+1, here)
		}
	}
	walk(tree, 0, true)
	return out, err
}

func (p pages) documents(w http.ResponseWriter, v *desk.Visit, a api) error {
	rows, err := p.rows(v, a)
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, a.Name, documentsPage(a, rows))
}

// documentForm is the form of a new document, or of one that is there.
type documentForm struct {
	Form    *desk.Form
	Move    *desk.Form
	API     api
	Stored  *portico.Document // nil: a new one
	Parents []design.Option
	Call    templ.Component
}

func (c documentForm) path() string {
	if c.Stored == nil {
		return c.API.Path("/documents/new")
	}
	return c.API.documentPath(c.Stored.ID, "")
}

// parentsOf are the places that a document may hang below: not itself, and
// nothing below it.
func parentsOf(v *desk.Visit, rows []row, self portico.DocumentID, chosen string) []design.Option {
	out := []design.Option{{Label: v.T("apis.top_level")}}
	within := -1 // how deep self hangs, while passing what is below it
	for _, r := range rows {
		if within >= 0 && r.Depth > within {
			continue
		}
		within = -1
		if r.ID == self && self != "" {
			within = r.Depth
			continue
		}
		out = append(out, design.Option{Value: string(r.ID), Label: strings.Repeat("– ", r.Depth) + r.Title, Selected: chosen == string(r.ID)})
	}
	return out
}

// showDocument renders the form, with the places that the document may take.
func (p pages) showDocument(w http.ResponseWriter, v *desk.Visit, status int, view documentForm) error {
	rows, err := p.rows(v, view.API)
	if err != nil {
		return err
	}
	title, self, chosen := v.T("apis.new_document"), portico.DocumentID(""), view.Form.Value("parent")
	if view.Stored != nil {
		title, self = view.Stored.Title, view.Stored.ID
		if view.Move == nil {
			view.Move = v.EmptyForm(moveValues(rows, *view.Stored))
		}
		chosen = view.Move.Value("parent")
	}
	view.Parents = parentsOf(v, rows, self, chosen)
	return v.Render(w, status, title, documentPage(view))
}

// moveValues are where a document hangs: below what, and as the how-manieth.
func moveValues(rows []row, d portico.Document) url.Values {
	position, parent := 1, ""
	if d.ParentID != nil {
		parent = string(*d.ParentID)
	}
	for _, r := range rows {
		if r.ID == d.ID {
			break
		}
		if (r.ParentID == nil) == (d.ParentID == nil) && (d.ParentID == nil || *r.ParentID == *d.ParentID) {
			position++
		}
	}
	return url.Values{"parent": {parent}, "position": {strconv.Itoa(position)}}
}

func (p pages) newDocument(w http.ResponseWriter, v *desk.Visit, a api) error {
	return p.showDocument(w, v, http.StatusOK, documentForm{API: a, Form: v.EmptyForm(url.Values{"parent": {v.URL.Query().Get("parent")}, "published": {"on"}})})
}

// storedDocument gathers what the page of a stored document shows.
func (p pages) storedDocument(v *desk.Visit, a api) (documentForm, error) {
	d, err := p.Content.Documents.ByID(v.Context(), a.ID, portico.DocumentID(v.PathValue("documentId")))
	values := url.Values{"title": {d.Title}, "slug": {d.Slug}, "content": {d.Content}}
	if d.Published {
		values.Set("published", "on")
	}
	return documentForm{API: a, Stored: &d, Form: v.EmptyForm(values)}, err
}

func (p pages) document(w http.ResponseWriter, v *desk.Visit, a api) error {
	view, err := p.storedDocument(v, a)
	if err != nil {
		return err
	}
	return p.showDocument(w, v, http.StatusOK, view)
}

// readDocument reads the form; a slug that is left empty is made from the title.
func readDocument(f *desk.Form, stored *portico.Document) content.DocumentFields {
	in := content.DocumentFields{
		Title: portico.Some(f.Text("title", true, maxTitle)), Content: portico.Some(strings.ReplaceAll(f.Value("content"), "\r\n", "\n")),
		Published: portico.Some(f.Has("published", "on")),
	}
	if len([]rune(in.Content.Value)) > maxMarkdown {
		f.Reject("content", "errors.too_long", "Most", maxMarkdown)
	}
	if slug := f.Optional("slug", maxDocSlug); slug != nil {
		in.Slug = portico.Some(*slug)
	} else if stored != nil {
		f.Reject("slug", "errors.required")
	}
	if parent := f.Value("parent"); stored == nil && parent != "" {
		in.ParentID = portico.Some(portico.DocumentID(parent))
	}
	return in
}

func (p pages) createDocument(w http.ResponseWriter, v *desk.Visit, a api) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	return p.saveDocument(w, v, documentForm{API: a, Form: f})
}

func (p pages) updateDocument(w http.ResponseWriter, v *desk.Visit, a api) error {
	view, err := p.storedDocument(v, a)
	if err != nil {
		return err
	}
	if view.Form, err = v.Form(); err != nil {
		return err
	}
	return p.saveDocument(w, v, view)
}

// saveDocument does what the form says, or shows it once more.
func (p pages) saveDocument(w http.ResponseWriter, v *desk.Visit, view documentForm) error {
	in := readDocument(view.Form, view.Stored)
	if v.FormValue("view") == viewPreview {
		view.Form.Faults = nil
		return p.showDocument(w, v, http.StatusOK, view)
	}
	return v.Submit(desk.Task{
		Form: view.Form, Fields: map[string]string{"parent_document_id": "parent"}, Calls: []desk.Call{documentCall(view, in)},
		Do: func() (_ desk.Answer, err error) {
			var saved portico.Document
			if view.Stored == nil {
				saved, err = p.Content.Documents.Create(v.Context(), view.API.ID, in)
			} else {
				saved, err = p.Content.Documents.Update(v.Context(), view.API.ID, view.Stored.ID, in)
			}
			return v.To(view.API.documentPath(saved.ID, ""), "apis.document_saved", "Title", saved.Title), err
		},
		Show: func(status int, call templ.Component) error {
			view.Call = call
			return p.showDocument(w, v, status, view)
		},
	})
}

// documentCall is the request that does what the form does.
func documentCall(view documentForm, in content.DocumentFields) desk.Call {
	status := "unpublished"
	if in.Published.Value {
		status = "published"
	}
	body := map[string]any{"title": in.Title.Value, "content": in.Content.Value, "status": status}
	if in.Slug.Set {
		body["slug"] = in.Slug.Value
	}
	if in.ParentID.Set {
		body["parent_document_id"] = in.ParentID.Value
	}
	if view.Stored == nil {
		return desk.Call{Method: http.MethodPost, Path: view.API.Wire("/documents"), Body: body}
	}
	return desk.Call{Method: http.MethodPatch, Path: view.API.Wire("/documents/" + string(view.Stored.ID)), Body: body}
}

func (p pages) moveDocument(w http.ResponseWriter, v *desk.Visit, a api) error {
	view, err := p.storedDocument(v, a)
	if err != nil {
		return err
	}
	if view.Move, err = v.Form(); err != nil {
		return err
	}
	position, wrong := strconv.Atoi(view.Move.Value("position"))
	if wrong != nil || position < 1 || position > 10_000 {
		view.Move.Reject("position", "apis.bad_position")
	}
	var parent *portico.DocumentID
	if id := view.Move.Value("parent"); id != "" {
		parent = new(portico.DocumentID(id))
	}
	body := map[string]any{"index": position - 1}
	if parent != nil {
		body["parent_document_id"] = *parent
	}
	return v.Submit(desk.Task{
		Form: view.Move, Fields: map[string]string{"parent_document_id": "parent"},
		Calls: []desk.Call{{Method: http.MethodPost, Path: a.Wire("/documents/" + string(view.Stored.ID) + "/move"), Body: body}},
		Do: func() (desk.Answer, error) {
			return v.To(a.Path("/documents"), "apis.document_moved", "Title", view.Stored.Title), p.Content.Documents.Move(v.Context(), a.ID, view.Stored.ID, parent, position-1)
		},
		Show: func(status int, call templ.Component) error {
			view.Call = call
			return p.showDocument(w, v, status, view)
		},
	})
}

func (p pages) deleteDocumentForm(w http.ResponseWriter, v *desk.Visit, a api) error {
	view, err := p.storedDocument(v, a)
	if err != nil {
		return err
	}
	return p.confirmDocument(w, v, view)
}

// confirmDocument asks once more before a document goes, with those below it.
func (p pages) confirmDocument(w http.ResponseWriter, v *desk.Visit, view documentForm) error {
	rows, err := p.rows(v, view.API)
	if err != nil {
		return err
	}
	below, at := 0, slices.IndexFunc(rows, func(r row) bool { return r.ID == view.Stored.ID })
	for i := at + 1; i < len(rows) && rows[i].Depth > rows[at].Depth; i++ {
		below++
	}
	return v.Render(w, http.StatusOK, view.Stored.Title, deleteDocumentPage(view, below))
}

func (p pages) deleteDocument(w http.ResponseWriter, v *desk.Visit, a api) error {
	view, err := p.storedDocument(v, a)
	if err != nil {
		return err
	}
	return v.Submit(desk.Task{
		Calls: []desk.Call{{Method: http.MethodDelete, Path: a.Wire("/documents/" + string(view.Stored.ID))}},
		Do: func() (desk.Answer, error) {
			return v.To(a.Path("/documents"), "apis.document_deleted", "Title", view.Stored.Title), p.Content.Documents.Delete(v.Context(), a.ID, view.Stored.ID)
		},
		Show: func(_ int, call templ.Component) error {
			view.Call = call
			return p.confirmDocument(w, v, view)
		},
	})
}
