package content

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"portico"
	"portico/usecase"
)

// Visitors read what portals say: what is published, and public unless they are
// signed in. What hangs below something that a visitor does not see, he does
// not see either. What is not shown is not there: KindNotFound.
type Visitors struct{ usecase.Deps }

// Visitor is who looks, and at which portal.
type Visitor struct {
	Portal   portico.PortalID
	SignedIn bool
}

// CodePrivate names the refusal of a page that a visitor sees once he has
// signed in.
const CodePrivate = "private_page"

// PageView is a page as visitors read it: its content has no front matter.
type PageView struct {
	portico.PortalPage
	Path  string      // from the portal's root, beginning with a slash
	Body  string      // its content with snippets in their places
	Trail []PageCrumb // those above it, the topmost first
}

// PageCrumb is a page that another one hangs below.
type PageCrumb struct{ Title, Path string }

// sees reports whether the visitor sees what has that state.
func (v Visitor) sees(published bool, visibility portico.Visibility) bool {
	return published && (v.SignedIn || visibility == portico.Public)
}

func (v Visitor) filters() []portico.Filter {
	filters := []portico.Filter{isPublished()}
	if !v.SignedIn {
		filters = append(filters, portico.Where("visibility", portico.Public))
	}
	return filters
}

// Pages returns the pages that the visitor sees, without their texts. Of the
// query, filters and order count; with filters, a page that is found may have
// lost those above it.
func (s Visitors) Pages(ctx context.Context, v Visitor, q portico.ListQuery) ([]Node[portico.PortalPage], error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) ([]Node[portico.PortalPage], error) {
		shown, err := VisiblePages(ctx, tx, v)
		if err != nil {
			return nil, err
		}
		t := pageTree(tx, v.Portal)
		q.Filters = append(slices.Clone(q.Filters), v.filters()...)
		found, err := t.outline(ctx, q)
		return t.grow(slices.DeleteFunc(found, func(p portico.PortalPage) bool { return !slices.Contains(shown, p.ID) })), err
	})
}

// VisiblePages are the ids of the pages that the visitor sees.
func VisiblePages(ctx context.Context, tx portico.Tx, v Visitor) ([]portico.PageID, error) {
	t := pageTree(tx, v.Portal)
	items, err := t.outline(ctx, portico.ListQuery{Filters: v.filters()})
	var ids []portico.PageID
	walk(t.rooted(t.grow(items)), func(p portico.PortalPage) { ids = append(ids, p.ID) })
	return ids, err
}

// Page returns the page at a path, such as guides/start; the empty path is the
// front page. KindNotFound; KindUnauthenticated, named CodePrivate, for a page
// that a signed-in visitor would see.
func (s Visitors) Page(ctx context.Context, v Visitor, path string) (PageView, error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) (PageView, error) {
		view, err := pageAt(ctx, tx, v, path)
		if err != nil {
			return PageView{}, err
		}
		return view, view.complete(ctx, tx, v)
	})
}

// complete makes of a page's text what the visitor reads: without front matter,
// and with the snippets that it includes.
func (p *PageView) complete(ctx context.Context, tx portico.Tx, v Visitor) error {
	in := inclusion{find: func(ctx context.Context, name string) (portico.Snippet, bool, bool, error) {
		snippet, err := snippetBy(ctx, tx, v.Portal, name)
		if portico.KindOf(err) == portico.KindNotFound {
			return snippet, false, false, nil
		}
		return snippet, v.sees(snippet.Published, snippet.Visibility), true, err
	}}
	p.Content = Body(p.Content)
	var err error
	p.Body, err = in.expand(ctx, p.Content, nil)
	return err
}

// Preview is a text as the visitor would read it on a page; nothing is kept.
// KindNotFound (portal), KindInvalid (front matter).
func (s Visitors) Preview(ctx context.Context, v Visitor, title, text string) (PageView, error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) (PageView, error) {
		if _, err := tx.Portals().ByID(ctx, v.Portal); err != nil {
			return PageView{}, err
		}
		m, _, err := split(text)
		if err != nil {
			return PageView{}, err
		}
		view := PageView{PortalPage: portico.PortalPage{PortalID: v.Portal, Title: title, Content: text}}
		if m.Title != nil {
			view.Title = *m.Title
		}
		return view, view.complete(ctx, tx, v)
	})
}

// pageAt finds a page by its path, and those above it.
func pageAt(ctx context.Context, tx portico.Tx, v Visitor, path string) (PageView, error) {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	last := segments[len(segments)-1]
	slugs := spellings(last)
	if len(segments) == 1 && last == "" {
		slugs.Values = []string{FrontSlug, "home", "/home"}
	}
	if !isText(last) {
		return PageView{}, noPage(strings.ToValidUTF8(path, "�"))
	}
	found, err := tx.Pages().List(ctx, portico.Everything(portico.Where("portal_id", v.Portal), slugs))
	if err != nil {
		return PageView{}, err
	}
	// Of several candidates for the front page, the slash comes first.
	slices.SortStableFunc(found.Items, func(a, b portico.PortalPage) int { return strings.Compare(segment(a.Slug), segment(b.Slug)) })
	for _, page := range found.Items {
		view, err := climb(ctx, tx, v, page, segments)
		if !errors.Is(err, errElsewhere) {
			return view, err
		}
	}
	return PageView{}, noPage(path)
}

func noPage(path string) error {
	return portico.Errorf(portico.KindNotFound, "There is no page at [/%s].", strings.Trim(path, "/"))
}

// isText reports whether a text from an address can be the name of anything.
func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// errElsewhere says that a page with the last segment of a path has another
// path.
var errElsewhere = errors.New("the page is elsewhere")

// climb compares the segments of a path with a page and those above it.
func climb(ctx context.Context, tx portico.Tx, v Visitor, page portico.PortalPage, segments []string) (PageView, error) {
	line := []portico.PortalPage{page}
	for at := page; at.ParentID != nil; line = append(line, at) {
		var err error
		if at, err = tx.Pages().ByID(ctx, *at.ParentID); err != nil {
			return PageView{}, err
		}
	}
	slices.Reverse(line)
	if len(line) != len(segments) {
		return PageView{}, errElsewhere
	}
	view := PageView{PortalPage: page, Path: "/"}
	published, private := true, false
	for i, p := range line {
		front := len(line) == 1 && segments[0] == ""
		if !front && segment(p.Slug) != segments[i] {
			return PageView{}, errElsewhere
		}
		if !front {
			view.Path = strings.TrimSuffix(view.Path, "/") + "/" + segments[i]
		}
		published, private = published && p.Published, private || p.Visibility != portico.Public
		if i < len(line)-1 {
			view.Trail = append(view.Trail, PageCrumb{p.Title, view.Path})
		}
	}
	switch {
	case !published:
		return PageView{}, noPage(strings.Join(segments, "/"))
	case private && !v.SignedIn:
		return PageView{}, portico.Errorf(portico.KindUnauthenticated, "This page is for developers who are signed in.").Named(CodePrivate)
	}
	return view, nil
}

func snippetBy(ctx context.Context, tx portico.Tx, portal portico.PortalID, name string) (portico.Snippet, error) {
	if !isText(name) {
		return portico.Snippet{}, noSnippet(strings.ToValidUTF8(name, "�"))
	}
	found, err := tx.Snippets().List(ctx, portico.Everything(portico.Where("portal_id", portal), portico.Where("name", name)))
	if err == nil && len(found.Items) == 0 {
		err = noSnippet(name)
	}
	return usecase.One(found.Items, err)
}

func noSnippet(name string) error {
	return portico.Errorf(portico.KindNotFound, "There is no snippet with the name [%s].", name)
}

// Snippets returns a page of the snippets that the visitor sees, without their
// texts.
func (s Visitors) Snippets(ctx context.Context, v Visitor, q portico.ListQuery) (portico.Page[portico.Snippet], error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) (portico.Page[portico.Snippet], error) {
		q.Filters = append(append(slices.Clone(q.Filters), portico.Where("portal_id", v.Portal)), v.filters()...)
		q.Brief = true
		return tx.Snippets().List(ctx, q)
	})
}

// Snippet returns a snippet by its name; its content has no front matter.
// KindNotFound.
func (s Visitors) Snippet(ctx context.Context, v Visitor, name string) (portico.Snippet, error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) (portico.Snippet, error) {
		snippet, err := snippetBy(ctx, tx, v.Portal, name)
		if err == nil && !v.sees(snippet.Published, snippet.Visibility) {
			err = noSnippet(name)
		}
		snippet.Content = Body(snippet.Content)
		return snippet, err
	})
}

// Design returns how a portal looks, with the menu items that the visitor sees.
func (s Visitors) Design(ctx context.Context, v Visitor) (portico.Design, error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) (portico.Design, error) {
		design, err := designOf(ctx, tx, v.Portal)
		if v.SignedIn || err != nil {
			return design, err
		}
		public := func(items []portico.MenuItem) []portico.MenuItem {
			return slices.DeleteFunc(items, func(item portico.MenuItem) bool { return item.Visibility != portico.Public })
		}
		design.Menu.Main, design.Menu.FooterBottom = public(design.Menu.Main), public(design.Menu.FooterBottom)
		for i := range design.Menu.FooterSections {
			design.Menu.FooterSections[i].Items = public(design.Menu.FooterSections[i].Items)
		}
		return design, nil
	})
}

// Documents returns the documents of an API that visitors see, without their
// texts. Whether the visitor sees the API is asked before.
func (s Visitors) Documents(ctx context.Context, api portico.APIID) ([]Node[portico.Document], error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) ([]Node[portico.Document], error) { return shownDocuments(ctx, tx, api) })
}

// Document returns a document of an API by its id or its slug; its content has
// no front matter. Whether the visitor sees the API is asked before.
// KindNotFound.
func (s Visitors) Document(ctx context.Context, api portico.APIID, idOrSlug string) (portico.Document, error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) (portico.Document, error) {
		none := portico.NotFound("document", idOrSlug)
		shown, err := shownDocuments(ctx, tx, api)
		if err != nil {
			return portico.Document{}, err
		}
		var id portico.DocumentID
		walk(shown, func(d portico.Document) {
			if string(d.ID) == strings.ToLower(idOrSlug) || d.Slug == idOrSlug && id == "" {
				id = d.ID
			}
		})
		if id == "" {
			return portico.Document{}, none
		}
		document, err := tx.Documents().ByID(ctx, id)
		document.Content = Body(document.Content)
		return document, err
	})
}

// PathOf is where a page is, from the portal's root, beginning with a slash.
func PathOf(ctx context.Context, tx portico.Tx, page portico.PortalPage) (string, error) {
	path := segment(page.Slug)
	for page.ParentID != nil {
		var err error
		if page, err = tx.Pages().ByID(ctx, *page.ParentID); err != nil {
			return "", err
		}
		path = segment(page.Slug) + "/" + path
	}
	return "/" + path, nil
}
