package console

import (
	"net/http"
	"slices"

	"portico"
	"portico/access"
	"portico/webui/console/admins"
	"portico/webui/console/apis"
	"portico/webui/console/appauth"
	"portico/webui/console/gateways"
	"portico/webui/console/operate"
	"portico/webui/console/people"
	"portico/webui/console/portals"
	"portico/webui/console/settings"
	"portico/webui/console/signin"
	"portico/webui/desk"
	"portico/webui/visit"
)

// pages are those that belong to no other package.
type pages struct{ *desk.Site }

// New returns the console.
func New(s *desk.Site) http.Handler { return s.Handler(Routes(s)) }

// Routes lists all pages and actions, and gives the site its side bar.
func Routes(s *desk.Site) []desk.Route {
	p := pages{s}
	s.Nav, s.Refused = p.nav(), s.Audit.Log.Refused
	return slices.Concat(
		[]desk.Route{
			desk.On("GET /{$}", p.overview, access.Own()),
			desk.On("GET /search", p.search, access.Own()),
			desk.Door("POST /preferences/theme", p.chooseTheme).Unthrottled(),
		},
		signin.Routes(s),
		settings.Routes(s),
		admins.Routes(s),
		operate.Routes(s),
		apis.Routes(s),
		gateways.Routes(s),
		appauth.Routes(s),
		portals.Routes(s),
		people.Routes(s),
	)
}

func (p pages) nav() desk.Nav {
	return desk.Nav{
		{Items: []desk.NavItem{{Href: "/", Label: "console.nav_overview", Icon: "home", Need: access.Own()}}},
		{Title: "console.nav_publish", Items: []desk.NavItem{
			{Href: "/apis", Label: "console.nav_apis", Icon: "box", Need: access.For(access.APIs, access.View, "")},
			{Href: "/packages", Label: "console.nav_packages", Icon: "boxes", Need: access.For(access.APIs, access.View, "")},
			{Href: "/portals", Label: "console.nav_portals", Icon: "globe", Need: access.For(access.Portals, access.View, "")},
		}},
		{Title: "console.nav_auth", Items: []desk.NavItem{
			{Href: "/application-auth/strategies", Label: "console.nav_strategies", Icon: "shield", Need: access.For(access.Strategies, access.View, "")},
			{Href: "/application-auth/providers", Label: "console.nav_providers", Icon: "key", Need: access.For(access.Providers, access.View, "")},
		}},
		{Title: "console.nav_access", Items: []desk.NavItem{
			{Href: "/approvals", Label: "console.nav_approvals", Icon: "check", Need: access.For(access.Portals, access.Approve, "").OrElse(access.For(access.APIs, access.Approve, "")), Count: p.waiting},
			{Href: "/developers", Label: "console.nav_developers", Icon: "user", Need: access.For(access.Portals, access.View, "")},
			{Href: "/teams", Label: "console.nav_teams", Icon: "users", Need: access.For(access.Portals, access.View, "")},
			{Href: "/applications", Label: "console.nav_applications", Icon: "app", Need: access.For(access.Portals, access.View, "")},
		}},
		{Title: "console.nav_operate", Items: []desk.NavItem{
			{Href: "/gateways", Label: "console.nav_gateways", Icon: "layers", Need: access.For(access.ControlPlanes, access.View, "")},
			{Href: "/analytics", Label: "console.nav_analytics", Icon: "chart", Need: access.For(access.APIs, access.View, "")},
			{Href: "/audit-log", Label: "console.nav_audit", Icon: "file", Need: access.For(access.AuditLogs, access.View, "")},
			{Href: "/email", Label: "console.nav_email", Icon: "mail", Need: access.For(access.Organization, access.View, "")},
			{Href: desk.SettingsPath, Label: "console.nav_settings", Icon: "settings", Need: desk.SettingsNeed()},
		}},
	}
}

// chooseTheme remembers light, dark or system, signed in or not.
func (p pages) chooseTheme(_ http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	mode := visit.ThemeOf(f.Value("theme"))
	if mode == "" {
		return portico.Errorf(portico.KindInvalid, "A theme is light, dark or system; nothing was changed.")
	}
	v.ChooseTheme(mode)
	return v.Redirect(v.Return("/"))
}

// waiting is how much waits for a decision of the visitor's.
func (p pages) waiting(v *desk.Visit) (int, error) {
	w, err := p.Overview.Waiting(v.Context())
	return w.All(), err
}
