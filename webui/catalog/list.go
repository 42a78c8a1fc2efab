package catalog

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"portico"
	"portico/content"
	"portico/control"
	"portico/webui/page"
)

// pageSize is how many APIs a page of the catalogue shows.
const pageSize = 24

// listView is the catalogue.
type listView struct {
	APIs     []control.PublishedAPI
	InUse    map[portico.APIID]int // by how many of the visitor's applications
	Total    int                   // that match
	All      int                   // that the visitor sees
	Page     int
	Query    string
	Strategy string // chosen kind; empty: any
	Chosen   map[string][]string
	Facets   []content.Attribute
	Kinds    []string // that there are
	SignIn   string   // set when signing in may show more
}

// attributePrefix marks the parameters that choose values of attributes.
const attributePrefix = "a."

func (p pages) list(w http.ResponseWriter, v *page.Visit) error {
	found, err := p.Catalogue.APIs(v.Context(), v.Visitor, portico.Everything())
	if err != nil {
		return err
	}
	q := v.URL.Query()
	view := listView{Query: strings.TrimSpace(q.Get("q")), Strategy: q.Get("auth"), Chosen: map[string][]string{}, All: len(found.Items)}
	for name, values := range q {
		if key, is := strings.CutPrefix(name, attributePrefix); is && key != "" {
			view.Chosen[key] = values
		}
	}
	view.describe(found.Items)
	matching := slices.DeleteFunc(found.Items, func(a control.PublishedAPI) bool { return !view.matches(a) })
	view.Total = len(matching)
	number, _ := strconv.Atoi(q.Get("page")) // what is no number is page 1
	view.Page = max(1, min(number, view.pages()))
	view.APIs = matching[(view.Page-1)*pageSize : min(view.Page*pageSize, len(matching))]
	if v.Developer != nil {
		if view.InUse, err = p.inUse(v); err != nil {
			return err
		}
	} else if v.Portal.AuthenticationEnabled {
		view.SignIn = page.SignInPath("/apis")
	}
	return v.Render(w, http.StatusOK, v.T("catalog.title"), listPage(view))
}

// describe finds out what the catalogue can be narrowed down by.
func (l *listView) describe(all []control.PublishedAPI) {
	apis, kinds := make([]portico.API, len(all)), map[string]bool{}
	for i, a := range all {
		apis[i] = a.API
		kinds[kindOf(a)] = true
	}
	l.Facets = content.Attributes(apis, l.Chosen)
	l.Kinds = slices.Sorted(maps.Keys(kinds))
}

// kindOf is how callers of an API authenticate.
func kindOf(a control.PublishedAPI) string {
	switch {
	case a.Strategy == nil:
		return "none"
	case a.Strategy.Type == portico.StrategyKeyAuth:
		return "key_auth"
	}
	return "openid_connect"
}

func (l *listView) matches(a control.PublishedAPI) bool {
	text := strings.ToLower(a.Name + " " + a.Slug + " " + deref(a.Description) + " " + deref(a.Version))
	for _, word := range strings.Fields(strings.ToLower(l.Query)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	for key, values := range l.Chosen {
		if !slices.ContainsFunc(values, func(value string) bool { return slices.Contains(a.Attributes[key], value) }) {
			return false
		}
	}
	return l.Strategy == "" || l.Strategy == kindOf(a)
}

// narrowed says that something is searched for or chosen.
func (l listView) narrowed() bool { return l.Query != "" || l.Strategy != "" || len(l.Chosen) > 0 }

func (l listView) pages() int { return max(1, (l.Total+pageSize-1)/pageSize) }

// href is another page of the same choice.
func (l listView) href(number int) string {
	q := url.Values{}
	if l.Query != "" {
		q.Set("q", l.Query)
	}
	if l.Strategy != "" {
		q.Set("auth", l.Strategy)
	}
	for key, values := range l.Chosen {
		q[attributePrefix+key] = values
	}
	q.Set("page", strconv.Itoa(number))
	return "/apis?" + q.Encode()
}

// inUse counts, by API, the visitor's applications that are registered for it.
func (p pages) inUse(v *page.Visit) (map[portico.APIID]int, error) {
	apps, err := p.Applications.UsableBy(v.Context(), *v.Developer, portico.Everything())
	if err != nil {
		return nil, err
	}
	count := map[portico.APIID]int{}
	ids := []string{""} // no application's, so that there is one
	for _, app := range apps.Items {
		ids = append(ids, string(app.ID))
	}
	registrations, err := p.Registrations.List(v.Context(), portico.Everything(
		portico.Filter{Field: "application_id", Op: portico.OpAnyEqual, Values: ids}, portico.Where("status", portico.Approved)))
	for _, r := range registrations.Items {
		count[r.APIID]++
	}
	return count, err
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
