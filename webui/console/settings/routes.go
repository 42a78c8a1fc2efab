package settings

import (
	"slices"

	"portico/webui/design"
	"portico/webui/desk"
)

type pages struct{ *desk.Site }

// Routes lists the pages and actions of this package.
func Routes(s *desk.Site) []desk.Route {
	p := pages{s}
	return slices.Concat(p.organizationRoutes(), p.signOnRoutes(), p.keyRoutes(), p.accountRoutes(), p.tokenRoutes())
}

// tab makes the tabs of an area of pages.
func tab(v *desk.Visit, current string, tabs ...design.Tab) []design.Tab {
	for i := range tabs {
		tabs[i].Label, tabs[i].Current = v.T(tabs[i].Label), tabs[i].Href == current
	}
	return tabs
}
