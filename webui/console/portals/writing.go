package portals

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/content"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/front"
)

// The most characters of what is written (contract: PageContent, PageTitle,
// PageSlug, Description).
const (
	maxMarkdown = 1_000_000
	maxTitle    = 512
	maxSlug     = 512
	maxSummary  = 160
)

// writingView is the editor of a page or a snippet.
type writingView struct {
	sheet
	Portal     portal
	Tab        string
	Head, Lead string
	Name       string // the field that names it: slug or name
	NameLabel  string
	NameHint   string
	TitleHint  string
	Parents    []design.Option // nil: it is in no tree, or stays where it is
	Preview    string          // what the frame shows at first
}

// writing is what the editor's form says.
type writing struct {
	name, title, text, summary string
	visibility                 portico.Visibility
	published                  bool
	call                       body
}

// readWriting reads the form. A title that is left out is made of the text.
func readWriting(f *desk.Form, name string, summary *string) writing {
	w := writing{
		name: f.Text(name, true, maxSlug), title: f.Text("title", false, maxTitle), summary: f.Text("description", false, maxSummary),
		visibility: portico.Visibility(f.Choice("visibility", visibilities()...)), published: f.Has("published", "on"),
	}
	w.text = strings.ReplaceAll(f.Value("content"), "\r\n", "\n")
	if len([]rune(w.text)) > maxMarkdown {
		f.Reject("content", "errors.too_long", "Most", maxMarkdown)
	}
	status := "unpublished"
	if w.published {
		status = "published"
	}
	w.call = body{name: w.name, "content": w.text, "visibility": w.visibility, "status": status}
	if w.title != "" {
		w.call["title"] = w.title
	}
	if w.summary != value(summary) {
		w.call["description"] = w.summary
	}
	return w
}

// changed is a field of a change that the call sets as well; it is absent there
// and here, or in neither.
func (w writing) changed(field, text string) portico.Opt[string] {
	_, set := w.call[field]
	return portico.Opt[string]{Set: set, Value: text}
}

func (w writing) page() content.PageFields {
	return content.PageFields{
		Slug: portico.Some(w.name), Content: portico.Some(w.text), Title: w.changed("title", w.title), Description: w.changed("description", w.summary),
		Visibility: portico.Some(w.visibility), Published: portico.Some(w.published),
	}
}

func (w writing) snippet() content.SnippetFields {
	return content.SnippetFields{
		Name: portico.Some(w.name), Content: portico.Some(w.text), Title: w.changed("title", w.title), Description: w.changed("description", w.summary),
		Visibility: portico.Some(w.visibility), Published: portico.Some(w.published),
	}
}

func (p pages) newPageForm(w http.ResponseWriter, v *desk.Visit, one portal) error {
	f := v.EmptyForm(url.Values{"parent": {v.FormValue("parent")}, "visibility": {string(one.DefaultPageVisibility)}, "published": on(true)})
	return p.showNewPage(w, v, one, http.StatusOK, f, nil)
}

func (p pages) showNewPage(w http.ResponseWriter, v *desk.Visit, one portal, status int, f *desk.Form, call templ.Component) error {
	all, err := p.leaves(v, one)
	if err != nil {
		return err
	}
	view := p.pageEditor(v, one, sheet{Form: f, Call: call, Action: one.Path("/pages/new"), May: true, Cancel: one.Path(tabPages), Submit: v.T("portals.create_page")})
	view.Head, view.Parents, view.TitleHint = v.T("portals.new_page"), parents(v, all, "", f.Value("parent")), v.T("portals.title_hint")
	return p.showEditor(w, v, status, view)
}

// pageEditor is the editor for a page.
func (p pages) pageEditor(v *desk.Visit, one portal, s sheet) writingView {
	return writingView{
		sheet: s, Portal: one, Tab: tabPages, Name: "slug", NameLabel: v.T("portals.slug"), NameHint: v.T("portals.slug_hint"), Preview: one.Path("/pages/preview"),
	}
}

func (p pages) showEditor(w http.ResponseWriter, v *desk.Visit, status int, view writingView) error {
	w.Header().Set("Content-Security-Policy", design.FramingPolicy)
	return v.Render(w, status, view.Head, writingPage(view), desk.Wide, desk.Module(design.AssetURL("js/preview.js")))
}

func (p pages) createPage(w http.ResponseWriter, v *desk.Visit, one portal) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	written, parent := readWriting(f, "slug", nil), optional(f.Optional("parent", maxName))
	in := written.page()
	in.ParentID = portico.Opt[portico.PageID]{Set: true, Null: parent.Null, Value: portico.PageID(parent.Value)}
	written.call["parent_page_id"] = orNull(parent.Ptr())
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodPost, Path: one.API("/pages"), Body: written.call}},
		Do: func() (desk.Answer, error) {
			_, err := p.Content.Pages.Create(v.Context(), one.ID, in)
			return v.To(one.Path(tabPages), "portals.page_created"), err
		},
		Fields: map[string]string{"parent_page_id": "parent"},
		Show:   func(status int, call templ.Component) error { return p.showNewPage(w, v, one, status, f, call) },
	})
}

func (p pages) pageForm(w http.ResponseWriter, v *desk.Visit, one portal) error {
	page, err := p.Content.Pages.ByID(v.Context(), one.ID, portico.PageID(v.PathValue("pageId")))
	if err != nil {
		return err
	}
	f := v.EmptyForm(url.Values{
		"slug": {page.Slug}, "title": {page.Title}, "content": {page.Content}, "description": {value(page.Description)},
		"visibility": {string(page.Visibility)}, "published": on(page.Published),
	})
	return p.showPage(w, v, one, page, http.StatusOK, f, nil)
}

func (p pages) showPage(w http.ResponseWriter, v *desk.Visit, one portal, page portico.PortalPage, status int, f *desk.Form, call templ.Component) error {
	view := p.pageEditor(v, one, sheet{
		Form: f, Call: call, Action: one.Path("/pages/" + string(page.ID)), May: one.May(access.Content), Cancel: one.Path(tabPages), Submit: v.T("portals.save"),
	})
	view.Head, view.Preview = page.Title, one.Path("/pages/preview?page="+url.QueryEscape(string(page.ID)))
	return p.showEditor(w, v, status, view)
}

func (p pages) savePage(w http.ResponseWriter, v *desk.Visit, one portal) error {
	page, err := p.Content.Pages.ByID(v.Context(), one.ID, portico.PageID(v.PathValue("pageId")))
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	written := readWriting(f, "slug", page.Description)
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodPatch, Path: one.API("/pages/" + string(page.ID)), Body: written.call}},
		Do: func() (desk.Answer, error) {
			_, err := p.Content.Pages.Update(v.Context(), one.ID, page.ID, written.page())
			return v.To(one.Path("/pages/"+string(page.ID)), "portals.saved"), err
		},
		Show: func(status int, call templ.Component) error { return p.showPage(w, v, one, page, status, f, call) },
	})
}

// previewText shows a text as a page of the portal, in a frame: what the form
// says, or a page or snippet as it is kept.
func (p pages) previewText(w http.ResponseWriter, v *desk.Visit, one portal) error {
	title, text, err := p.written(v, one)
	if err != nil {
		return err
	}
	framed(w)
	read, err := p.Content.Visitors.Preview(v.Context(), content.Visitor{Portal: one.ID, SignedIn: true}, title, text)
	if err != nil {
		f := v.EmptyForm(nil)
		if err := f.Refused(err, nil); err != nil {
			return err
		}
		return p.noPreview(w, v, f)
	}
	looks, err := p.savedLooks(v, one)
	if err != nil {
		return err
	}
	shell, err := p.shell(v, one, looks)
	if err != nil {
		return err
	}
	heading, html := front.Article(read.Title, read.Body)
	return v.Write(templ.WithChildren(v.Context(), articlePage(one.Language, heading, html)), w, http.StatusOK, design.Page(shell))
}

// written is the text that a preview is asked for.
func (p pages) written(v *desk.Visit, one portal) (title, text string, err error) {
	if v.Method == http.MethodPost {
		f, err := v.Form()
		if err != nil {
			return "", "", err
		}
		title = f.Value("title")
		if title == "" {
			title = f.Value("slug") + f.Value("name")
		}
		return title, f.Value("content"), nil
	}
	if id := v.FormValue("page"); id != "" {
		page, err := p.Content.Pages.ByID(v.Context(), one.ID, portico.PageID(id))
		return page.Title, page.Content, err
	}
	if id := v.FormValue("snippet"); id != "" {
		snippet, err := p.Content.Snippets.ByID(v.Context(), one.ID, portico.SnippetID(id))
		return snippet.Title, snippet.Content, err
	}
	return v.T("portals.new_page"), "", nil
}
