package desk

import (
	"strings"

	"portico/access"
	"portico/webui/design"
)

// Nav is the console's side bar, group by group.
type Nav []NavGroup

// NavGroup is a part of the side bar; Title is the key of its text.
type NavGroup struct {
	Title string
	Items []NavItem
}

// NavItem leads to a page; whoever lacks what it needs does not see it. Label is
// the key of its text. Count tells how much waits there; nil: nothing ever does.
type NavItem struct {
	Href, Label, Icon string
	Need              access.Need
	Count             func(v *Visit) (int, error)
}

// side is the side bar as the visitor may see it.
func (v *Visit) side() ([]design.NavGroup, error) {
	var out []design.NavGroup
	for _, g := range v.site.Nav {
		shown := design.NavGroup{}
		if g.Title != "" {
			shown.Title = v.T(g.Title)
		}
		for _, it := range g.Items {
			if !v.Grants().Meet(it.Need, v.PathValue) {
				continue
			}
			item := design.SideItem{NavItem: design.NavItem{Href: it.Href, Label: v.T(it.Label), Icon: it.Icon, Current: v.under(it.Href)}}
			if it.Count != nil {
				var err error
				if item.Count, err = it.Count(v); err != nil {
					return nil, err
				}
			}
			shown.Items = append(shown.Items, item)
		}
		if len(shown.Items) > 0 {
			out = append(out, shown)
		}
	}
	return out, nil
}

// under says whether the page is one or below one.
func (v *Visit) under(href string) bool {
	rest, ok := strings.CutPrefix(v.URL.Path, href)
	return ok && (rest == "" || href != "/" && rest[0] == '/')
}
