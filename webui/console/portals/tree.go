package portals

import (
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/content"
	"portico/webui/design"
	"portico/webui/desk"
)

func (p pages) pageRoutes() []desk.Route {
	return []desk.Route{
		p.on("GET", "/pages", p.tree, access.View),
		p.on("POST", "/pages/defaults", p.createDefaults, access.Content).As("create-default-content"),
		p.on("GET", "/pages/new", p.newPageForm, access.Content),
		p.on("POST", "/pages/new", p.createPage, access.Content).As("create-portal-page"),
		p.on("GET", "/pages/preview", p.previewText, access.View),
		p.on("POST", "/pages/preview", p.previewText, access.Content),
		p.on("GET", "/pages/{pageId}", p.pageForm, access.View),
		p.on("POST", "/pages/{pageId}", p.savePage, access.Content).As("update-portal-page"),
		p.on("GET", "/pages/{pageId}/move", p.moveForm, access.Content),
		p.on("POST", "/pages/{pageId}/move", p.move, access.Content).As("move-portal-pages"),
		p.on("POST", "/pages/{pageId}/step", p.step, access.Content).As("move-portal-pages"),
		p.on("GET", "/pages/{pageId}/delete", p.deletePageForm, access.Content),
		p.on("POST", "/pages/{pageId}/delete", p.deletePage, access.Content).As("delete-portal-page"),
	}
}

// leaf is a line of the page tree.
type leaf struct {
	portico.PortalPage
	Depth       int
	Path        string
	First, Last bool // among its siblings
}

// leaves are the portal's pages from top to bottom.
func (p pages) leaves(v *desk.Visit, one portal) ([]leaf, error) {
	nodes, err := p.Content.Pages.Tree(v.Context(), one.ID, portico.ListQuery{})
	return flatten(nodes, "", 0), err
}

func flatten(nodes []content.Node[portico.PortalPage], above string, depth int) []leaf {
	var out []leaf
	for i, n := range nodes {
		path := above + "/" + trimSlash(n.Item.Slug)
		out = append(out, leaf{PortalPage: n.Item, Depth: depth, Path: path, First: i == 0, Last: i == len(nodes)-1})
		out = append(out, flatten(n.Children, path, depth+1)...)
	}
	return out
}

// treeView is the tab Pages.
type treeView struct {
	Portal portal
	Pages  []leaf
	May    bool
}

func (p pages) tree(w http.ResponseWriter, v *desk.Visit, one portal) error {
	all, err := p.leaves(v, one)
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, v.T("portals.tab_pages"), treePage(treeView{one, all, one.May(access.Content)}))
}

func (p pages) createDefaults(w http.ResponseWriter, v *desk.Visit, one portal) error {
	if v.WantsCall() {
		return v.ShowCall(w, one.Path(tabPages), desk.Call{Method: http.MethodPost, Path: one.API("/default-content")})
	}
	made, err := p.Content.Defaults.Create(v.Context(), one.ID)
	if err != nil {
		return err
	}
	if len(made.Pages) == 0 {
		v.Flash("portals.defaults_there")
	} else {
		v.Flash("portals.defaults_done")
	}
	return v.Redirect(one.Path(tabPages))
}

// placed finds the page that a page of the console is about, in its tree.
func (p pages) placed(v *desk.Visit, one portal) (leaf, []leaf, error) {
	id := portico.PageID(v.PathValue("pageId"))
	all, err := p.leaves(v, one)
	if err != nil {
		return leaf{}, nil, err
	}
	i := slices.IndexFunc(all, func(l leaf) bool { return l.ID == id })
	if i < 0 {
		return leaf{}, nil, portico.NotFound("page", id)
	}
	return all[i], all, nil
}

// parents are the pages that another one can be below; without those that are
// below it itself.
func parents(v *desk.Visit, all []leaf, of portico.PageID, chosen string) []design.Option {
	out := []design.Option{{Value: "", Label: v.T("portals.top"), Selected: chosen == ""}}
	below := -1
	for _, l := range all {
		if below >= 0 && l.Depth > below {
			continue
		}
		below = -1
		if l.ID == of {
			below = l.Depth
			continue
		}
		if l.Slug == content.FrontSlug {
			continue // nothing is below the front page's address
		}
		out = append(out, design.Option{Value: string(l.ID), Label: indent(l.Depth) + l.Title, Selected: string(l.ID) == chosen})
	}
	return out
}

// moveView is the form for moving a page.
type moveView struct {
	sheet
	Portal  portal
	Title   string
	Parents []design.Option
}

func (p pages) moveForm(w http.ResponseWriter, v *desk.Visit, one portal) error {
	l, all, err := p.placed(v, one)
	if err != nil {
		return err
	}
	f := v.EmptyForm(nil)
	if l.ParentID != nil {
		f.Values.Set("parent", string(*l.ParentID))
	}
	f.Values.Set("index", "-1")
	return p.showMove(w, v, one, l, all, http.StatusOK, f, nil)
}

func (p pages) showMove(w http.ResponseWriter, v *desk.Visit, one portal, l leaf, all []leaf, status int, f *desk.Form, call templ.Component) error {
	view := moveView{Portal: one, Title: l.Title, Parents: parents(v, all, l.ID, f.Value("parent")), sheet: sheet{
		Form: f, Call: call, Action: one.Path("/pages/" + string(l.ID) + "/move"), May: true, Cancel: one.Path(tabPages), Submit: v.T("portals.move"),
	}}
	return v.Render(w, status, v.T("portals.move"), movePage(view))
}

func (p pages) move(w http.ResponseWriter, v *desk.Visit, one portal) error {
	l, all, err := p.placed(v, one)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	parent := (*portico.PageID)(f.Optional("parent", maxName))
	index := -1
	if f.Choice("index", "0", "-1") == "0" {
		index = 0
	}
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{moveCall(one, l, parent, index)},
		Do: func() (desk.Answer, error) {
			return v.To(one.Path(tabPages), "portals.moved", "Page", l.Title), p.Content.Pages.Move(v.Context(), one.ID, l.ID, parent, index)
		},
		Fields: map[string]string{"parent_page_id": "parent"},
		Show:   func(status int, call templ.Component) error { return p.showMove(w, v, one, l, all, status, f, call) },
	})
}

// moveCall moves a page below another one, nil: below none; index is its place
// among those that are there.
func moveCall(one portal, l leaf, parent *portico.PageID, index int) desk.Call {
	return desk.Call{Method: http.MethodPost, Path: one.API("/pages/" + string(l.ID) + "/move"), Body: body{"parent_page_id": parent, "index": index}}
}

// step moves a page one place up or down among its siblings.
func (p pages) step(w http.ResponseWriter, v *desk.Visit, one portal) error {
	l, all, err := p.placed(v, one)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	index := 0
	for _, sibling := range all {
		if sibling.ID == l.ID {
			break
		}
		if sameParent(sibling.ParentID, l.ParentID) {
			index++
		}
	}
	switch f.Value("to") {
	case "up":
		index = max(index-1, 0)
	case "down":
		index++
	default:
		return portico.Errorf(portico.KindInvalid, "A page moves up or down; nothing was changed.")
	}
	if v.WantsCall() {
		return v.ShowCall(w, one.Path(tabPages), moveCall(one, l, l.ParentID, index))
	}
	if err := p.Content.Pages.Move(v.Context(), one.ID, l.ID, l.ParentID, index); err != nil {
		return err
	}
	v.Flash("portals.moved", "Page", l.Title)
	return v.Redirect(one.Path(tabPages))
}

func sameParent(a, b *portico.PageID) bool { return a == b || a != nil && b != nil && *a == *b }

func (p pages) deletePageForm(w http.ResponseWriter, v *desk.Visit, one portal) error {
	l, all, err := p.placed(v, one)
	if err != nil {
		return err
	}
	return p.showDeletePage(w, v, one, l, all, http.StatusOK, v.EmptyForm(nil), nil)
}

func (p pages) showDeletePage(w http.ResponseWriter, v *desk.Visit, one portal, l leaf, all []leaf, status int, f *desk.Form, call templ.Component) error {
	view := confirmView{
		Portal: one, Tab: tabPages, Title: v.T("portals.delete_page", "Page", l.Title), Lead: one.URL + l.Path, Text: v.T("portals.delete_page_text"),
		sheet: sheet{Form: f, Call: call, Action: one.Path("/pages/" + string(l.ID) + "/delete"), May: true, Cancel: one.Path(tabPages), Submit: v.T("portals.delete_page_button"), Danger: true},
	}
	if slices.ContainsFunc(all, func(other leaf) bool { return other.ParentID != nil && *other.ParentID == l.ID }) {
		view.Text = v.T("portals.delete_branch_text")
	}
	return v.Render(w, status, view.Title, confirmPage(view))
}

func (p pages) deletePage(w http.ResponseWriter, v *desk.Visit, one portal) error {
	l, all, err := p.placed(v, one)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodDelete, Path: one.API("/pages/" + string(l.ID))}},
		Do: func() (desk.Answer, error) {
			return v.To(one.Path(tabPages), "portals.page_deleted", "Page", l.Title), p.Content.Pages.Delete(v.Context(), one.ID, l.ID)
		},
		Show: func(status int, call templ.Component) error {
			return p.showDeletePage(w, v, one, l, all, status, f, call)
		},
	})
}
