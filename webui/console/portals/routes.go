package portals

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"portico"
	"portico/access"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/i18n"
)

type pages struct{ *desk.Site }

// Routes are the pages of portals.
func Routes(s *desk.Site) []desk.Route {
	p := pages{s}
	return slices.Concat(
		[]desk.Route{
			desk.On("GET /portals", p.list, access.For(access.Portals, access.View, "")),
			desk.On("GET /portals/new", p.newForm, access.For(access.Portals, access.Create, "")),
			desk.On("POST /portals/new", p.create, access.For(access.Portals, access.Create, "")).As("create-portal"),
			p.on("GET", "", p.overview, access.View),
		},
		p.publicationRoutes(),
		p.appearanceRoutes(),
		p.pageRoutes(),
		p.snippetRoutes(),
		p.menuRoutes(),
		p.domainRoutes(),
		p.emailRoutes(),
		p.teamRoutes(),
		p.signInRoutes(),
		p.addressRoutes(),
		p.settingsRoutes(),
	)
}

// on makes the route of a page below a portal's address, for those who were
// granted the action on that portal.
func (p pages) on(method, below string, h func(http.ResponseWriter, *desk.Visit, portal) error, action access.Action) desk.Route {
	return desk.On(method+" /portals/{portalId}"+below, p.of(h), access.For(access.Portals, action, "portalId"))
}

// portal is the one that a page is about.
type portal struct {
	portico.Portal
	Host  string // the domain that it goes by
	URL   string // where developers open it
	visit *desk.Visit
}

func (p pages) portal(v *desk.Visit, found portico.Portal) portal {
	host := p.Portals.Domain(found)
	return portal{Portal: found, Host: host, URL: p.Portals.PortalURL(host), visit: v}
}

// of finds the portal that a page is about.
func (p pages) of(h func(http.ResponseWriter, *desk.Visit, portal) error) desk.Handler {
	return func(w http.ResponseWriter, v *desk.Visit) error {
		found, err := p.Portals.ByID(v.Context(), portico.PortalID(v.PathValue("portalId")))
		if err != nil {
			return err
		}
		return h(w, v, p.portal(v, found))
	}
}

// May says whether the visitor may do something with the portal.
func (p portal) May(action access.Action) bool {
	return p.visit.May(access.Portals, action, string(p.ID))
}

// Path is the address of the portal in the console, or of a page below it.
func (p portal) Path(below string) string { return "/portals/" + string(p.ID) + below }

// API is the portal's address in the management API, or of something below it.
func (p portal) API(below string) string { return "/v3/portals/" + string(p.ID) + below }

// Title is what the portal calls itself.
func (p portal) Title() string {
	return cmp.Or(p.DisplayName, p.Name)
}

// The tabs of a portal, by their addresses.
const (
	tabOverview   = ""
	tabPublished  = "/apis"
	tabAppearance = "/appearance"
	tabPages      = "/pages"
	tabMenu       = "/menu"
	tabTeams      = "/teams"
	tabDomains    = "/domains"
	tabEmails     = "/emails"
	tabSettings   = "/settings"
)

func (p portal) tabs(ctx context.Context, current string) []design.Tab {
	var out []design.Tab
	for _, t := range []struct{ below, label string }{
		{tabOverview, i18n.T(ctx, "portals.tab_overview")},
		{tabPublished, i18n.T(ctx, "portals.tab_published")},
		{tabAppearance, i18n.T(ctx, "portals.tab_appearance")},
		{tabPages, i18n.T(ctx, "portals.tab_pages")},
		{tabMenu, i18n.T(ctx, "portals.tab_menu")},
		{tabTeams, i18n.T(ctx, "portals.tab_teams")},
		{tabEmails, i18n.T(ctx, "portals.tab_emails")},
		{tabDomains, i18n.T(ctx, "portals.tab_domains")},
		{tabSettings, i18n.T(ctx, "portals.tab_settings")},
	} {
		out = append(out, design.Tab{Href: p.Path(t.below), Label: t.label, Current: t.below == current})
	}
	return out
}

// crumbs lead to a page about one thing of a portal; those that belong to no tab
// but the first come right after the portal.
func (p portal) crumbs(ctx context.Context, tab, title string) []design.Crumb {
	out := []design.Crumb{{Href: "/portals", Label: i18n.T(ctx, "portals.title")}, {Href: p.Path(""), Label: p.Title()}}
	for _, t := range p.tabs(ctx, "") {
		if tab != tabOverview && t.Href == p.Path(tab) {
			out = append(out, design.Crumb{Href: t.Href, Label: t.Label})
		}
	}
	return append(out, design.Crumb{Label: title})
}
