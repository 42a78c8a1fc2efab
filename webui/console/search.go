package console

import (
	"net/http"
	"strings"

	"portico/overview"
	"portico/webui/design"
	"portico/webui/desk"
)

// maxQuery is how much of a text is searched for, in bytes.
const maxQuery = 200

// search finds things by name; for the palette, without the page around it.
func (p pages) search(w http.ResponseWriter, v *desk.Visit) error {
	q := v.URL.Query()
	text := strings.ToValidUTF8(strings.TrimSpace(q.Get("q")), "")
	if len(text) > maxQuery {
		text = strings.ToValidUTF8(text[:maxQuery], "")
	}
	var finds []overview.Find
	if text != "" && !strings.ContainsRune(text, 0) {
		var err error
		if finds, err = p.Overview.Search(v.Context(), text); err != nil {
			return err
		}
	}
	groups := groupsOf(v, finds)
	if q.Has("palette") {
		return v.Fragment(w, design.SearchResults(groups))
	}
	return v.Render(w, http.StatusOK, v.T("console.search_title"), searchPage(text, groups))
}

// place is where a kind of find leads.
type place struct{ kind, label, icon, path string }

// places are the kinds of finds, in the order in which they are shown.
func places() []place {
	return []place{
		{"api", "console.nav_apis", "box", "/apis/"},
		{"portal", "console.nav_portals", "globe", "/portals/"},
		{"strategy", "console.nav_strategies", "shield", "/application-auth/strategies/"},
		{"provider", "console.nav_providers", "key", "/application-auth/providers/"},
		{"plane", "console.nav_gateways", "layers", "/gateways/"},
		{"application", "console.nav_applications", "app", "/applications/"},
		{"developer", "console.nav_developers", "user", "/developers/"},
	}
}

func groupsOf(v *desk.Visit, finds []overview.Find) []design.SearchGroup {
	var out []design.SearchGroup
	for _, place := range places() {
		group := design.SearchGroup{Label: v.T(place.label)}
		for _, f := range finds {
			if f.Kind == place.kind {
				group.Items = append(group.Items, design.SearchItem{Href: place.path + f.ID, Title: f.Name, Detail: f.More, Icon: place.icon})
			}
		}
		if len(group.Items) > 0 {
			out = append(out, group)
		}
	}
	return out
}
