package portal

import (
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/content"
	"portico/problem"
	"portico/webui/design"
	"portico/webui/front"
	"portico/webui/page"
)

// guideView is what a Markdown page shows.
type guideView struct {
	title string
	html  string // safe: package markdown made it
	lang  string // of what the portal's team writes; empty: unknown
	trail []content.PageCrumb
	tree  []guideLink
}

// guideLink is a line of the page tree beside a page.
type guideLink struct {
	title, path string
	current     bool
	children    []guideLink
}

// guide shows the Markdown page at a path.
func (p pages) guide(w http.ResponseWriter, v *page.Visit) error {
	shown, err := p.Content.Visitors.Page(v.Context(), v.Reader(), v.PathValue("path"))
	if err != nil {
		return privatePages(v, err)
	}
	nodes, err := p.Content.Visitors.Pages(v.Context(), v.Reader(), portico.ListQuery{})
	if err != nil {
		return err
	}
	view := readable(shown)
	view.lang = v.Portal.Language
	view.tree = beside(nodes, shown.Path)
	options := []page.Option{page.Described(value(shown.Description))}
	if shown.Visibility == portico.Private {
		options = append(options, page.NotIndexed)
	}
	return v.Render(w, http.StatusOK, view.title, guidePage(view), options...)
}

// privatePages asks whoever would see a page to sign in; a portal without
// accounts has nobody who could.
func privatePages(v *page.Visit, err error) error {
	e := problem.Translate(err)
	if e.Code == content.CodePrivate && v.Portal.AuthenticationEnabled {
		return page.SignInFirst()
	}
	if e.Code == content.CodePrivate || e.Kind == portico.KindNotFound {
		return portico.Errorf(portico.KindNotFound, "There is no page at [%s].", v.URL.Path).Named("no_page")
	}
	return err
}

// readable makes HTML of a page.
func readable(shown content.PageView) guideView {
	title, html := front.Article(shown.Title, shown.Body)
	return guideView{title: title, html: html, trail: shown.Trail}
}

// beside is the tree of pages; the front page is where the logo leads. A page by
// itself needs no tree.
func beside(nodes []content.Node[portico.PortalPage], current string) []guideLink {
	links := treeLinks(nodes, "", current)
	links = slices.DeleteFunc(links, func(l guideLink) bool { return l.path == "/" || l.path == "/home" })
	if len(links) == 1 && len(links[0].children) == 0 {
		return nil
	}
	return links
}

func treeLinks(nodes []content.Node[portico.PortalPage], above, current string) []guideLink {
	var out []guideLink
	for _, n := range nodes {
		path := above + "/" + strings.TrimPrefix(n.Item.Slug, "/")
		out = append(out, guideLink{title: n.Item.Title, path: path, current: path == current, children: treeLinks(n.Children, path, current)})
	}
	return out
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// crumbs lead to the page from those above it.
func (g guideView) crumbs() []design.Crumb {
	out := make([]design.Crumb, 0, len(g.trail)+1)
	for _, c := range g.trail {
		out = append(out, design.Crumb{Href: c.Path, Label: c.Title})
	}
	return append(out, design.Crumb{Label: g.title})
}

// written marks a text of the portal's team by its language, which need not be
// the page's.
func written(lang string) templ.Attributes {
	if lang == "" {
		return nil
	}
	return templ.Attributes{"lang": lang}
}
