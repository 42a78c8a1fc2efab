package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"portico"
	"portico/control"
	"portico/markdown"
	"portico/webui/design"
	"portico/webui/i18n"
	"portico/webui/page"
)

// How much a search shows.
const (
	perGroup = 5  // of each kind, where all kinds are shown
	perPage  = 20 // of one kind
	maxPage  = 1000
	maxQuery = 200
)

// searchApps is the kind of the visitor's own applications, which the index does
// not hold: they are few and change often.
const searchApps portico.SearchKind = "app"

// searchKinds are what is searched, in the order in which finds are shown.
func searchKinds(v *page.Visit) []portico.SearchKind {
	kinds := []portico.SearchKind{portico.SearchAPI, portico.SearchOperation, portico.SearchDocument, portico.SearchPage}
	if v.Developer != nil {
		kinds = append(kinds, searchApps)
	}
	return kinds
}

// kindName is what a kind of find is called on the page.
func kindName(v *page.Visit, kind portico.SearchKind) string {
	switch kind {
	case portico.SearchAPI:
		return v.T("portal.search_apis")
	case portico.SearchOperation:
		return v.T("portal.search_operations")
	case portico.SearchDocument:
		return v.T("portal.search_documents")
	case portico.SearchPage:
		return v.T("portal.search_pages")
	}
	return v.T("portal.search_apps")
}

// searchView is what the search page shows.
type searchView struct {
	text   string
	total  int // of all kinds
	tabs   []design.Tab
	groups []design.SearchGroup
	pager  design.PagerProps
}

// search shows what holds every word of a text; for the palette, without the
// page around it.
func (p pages) search(w http.ResponseWriter, v *page.Visit) error {
	q := v.URL.Query()
	view := searchView{text: strings.TrimSpace(strings.ToValidUTF8(q.Get("q"), ""))}
	if len(view.text) > maxQuery {
		view.text = strings.ToValidUTF8(view.text[:maxQuery], "")
	}
	if view.text != "" {
		chosen := portico.SearchKind(q.Get("kind"))
		number, _ := strconv.Atoi(q.Get("page")) // what is no number is page 1
		if err := p.find(v, &view, chosen, min(max(number, 1), maxPage)); err != nil {
			return err
		}
	}
	if q.Has("palette") {
		return v.Fragment(w, design.SearchResults(view.groups))
	}
	return v.Render(w, http.StatusOK, v.T("portal.search_title"), searchPage(view), page.NotIndexed)
}

// find fills the view: a little of every kind, or a page of the chosen one.
func (p pages) find(v *page.Visit, view *searchView, chosen portico.SearchKind, number int) error {
	kinds := searchKinds(v)
	one := slices.Contains(kinds, chosen)
	link := func(kind portico.SearchKind, number int) string {
		q := url.Values{"q": {view.text}}
		if kind != "" {
			q.Set("kind", string(kind))
		}
		if number > 1 {
			q.Set("page", strconv.Itoa(number))
		}
		return "/search?" + q.Encode()
	}
	view.tabs = []design.Tab{{Href: link("", 1), Label: v.T("portal.search_all"), Current: !one}}
	for _, kind := range kinds {
		size, at := perGroup, 1
		if kind == chosen {
			size, at = perPage, number
		}
		items, total, err := p.finds(v, kind, view.text, size, at)
		if err != nil {
			return err
		}
		view.total += total
		if total == 0 {
			continue
		}
		view.tabs = append(view.tabs, design.Tab{Href: link(kind, 1), Label: kindName(v, kind), Count: i18n.Number(v.Context(), total), Current: kind == chosen})
		if !one || kind == chosen {
			view.groups = append(view.groups, design.SearchGroup{Label: kindName(v, kind), Items: items})
		}
		if kind == chosen {
			view.pager = design.PagerProps{Page: number, Pages: (total + perPage - 1) / perPage, Total: total, Href: func(n int) string { return link(kind, n) }}
		}
	}
	return nil
}

// finds returns a page of one kind of find, and how many there are.
func (p pages) finds(v *page.Visit, kind portico.SearchKind, text string, size, number int) ([]design.SearchItem, int, error) {
	if kind == searchApps {
		return p.ownFinds(v, text, size, number)
	}
	found, err := p.Catalogue.Search(v.Context(), v.Visitor, portico.SearchQuery{Text: text, Kinds: []portico.SearchKind{kind}, Size: size, Offset: (number - 1) * size})
	if portico.KindOf(err) == portico.KindInvalid && err != nil {
		return nil, 0, nil // nothing that could be searched for, such as a lone accent
	}
	items := make([]design.SearchItem, len(found.Items))
	for i, f := range found.Items {
		items[i] = searchItem(f)
	}
	return items, found.Total, err
}

// searchItem is a find with the way there.
func searchItem(f control.Find) design.SearchItem {
	item := design.SearchItem{Title: f.Title, Detail: f.Match}
	if f.Match == f.Title {
		item.Detail = markdown.Summary(f.Description, maxQuery) // the title is there already
	}
	switch f.Kind {
	case portico.SearchAPI:
		item.Icon, item.Href = "layers", "/apis/"+url.PathEscape(f.API.Slug)
	case portico.SearchOperation:
		item.Icon, item.Detail = "code", f.Operation.Key()+" · "+f.API.Name
		item.Href = "/apis/" + url.PathEscape(f.API.Slug) + "/reference?" + url.Values{"operation": {f.Fragment}}.Encode()
	case portico.SearchDocument:
		item.Icon, item.Href = "file", "/apis/"+url.PathEscape(f.API.Slug)+"/documents/"+url.PathEscape(f.Path)
	case portico.SearchPage:
		item.Icon, item.Href = "book", (&url.URL{Path: f.Path}).EscapedPath()
	}
	return item
}

// ownFinds are the developer's applications whose names hold every word.
func (p pages) ownFinds(v *page.Visit, text string, size, number int) ([]design.SearchItem, int, error) {
	apps, err := p.Applications.UsableBy(v.Context(), *v.Developer, portico.Everything())
	if err != nil {
		return nil, 0, err
	}
	words := strings.Fields(strings.ToLower(text))
	var items []design.SearchItem
	for _, app := range apps.Items {
		name := strings.ToLower(app.Name)
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(name, word) }) {
			items = append(items, design.SearchItem{Icon: "app", Title: app.Name, Detail: value(app.Description), Href: "/apps/" + string(app.ID)})
		}
	}
	from := min((number-1)*size, len(items))
	return items[from:min(from+size, len(items))], len(items), nil
}
