package contentapi

import (
	"context"
	"net/http"

	"portico"
	"portico/access"
	"portico/content"
	"portico/httpkit"
	"portico/mgmtapi/route"
)

// customizationRoutes: how a portal looks (contract: portal-management v3).
func (s server) customizationRoutes() []route.Route {
	const (
		customization = "/v3/portals/{portalId}/customization"
		integrations  = "/v3/portals/{portalId}/integrations"
	)
	return []route.Route{
		route.On("GET", customization, "get-portal-customization", s.customization, access.For(access.Portals, access.View, "portalId")),
		route.On("PUT", customization, "replace-portal-customization", s.saveCustomization(content.Designs.Replace), access.For(access.Portals, access.Appearance, "portalId")),
		route.On("PATCH", customization, "update-portal-customization", s.saveCustomization(content.Designs.Update), access.For(access.Portals, access.Appearance, "portalId")),
		route.On("GET", integrations, "get-portal-integrations", s.integrations, access.For(access.Portals, access.View, "portalId")),
		route.On("PUT", integrations, "upsert-portal-integrations", s.saveIntegrations, access.For(access.Portals, access.Appearance, "portalId")),
		route.On("PATCH", integrations, "update-portal-integrations", s.saveIntegrations, access.For(access.Portals, access.Appearance, "portalId")),
	}
}

func (s server) customization(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	design, err := s.Content.Designs.Of(r.Context(), portal)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, design)
}

// saveCustomization answers a request that sets a design, as a whole or in part.
func (s server) saveCustomization(save func(content.Designs, context.Context, portico.PortalID, content.DesignFields) (portico.Design, error)) httpkit.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
		if err != nil {
			return err
		}
		in, err := readDesign(r)
		if err != nil {
			return err
		}
		design, err := save(s.Content.Designs, r.Context(), portal, in)
		if err != nil {
			return err
		}
		return httpkit.JSON(w, http.StatusOK, design)
	}
}

// readDesign reads PortalCustomizationV3.
func readDesign(r *http.Request) (content.DesignFields, error) {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return content.DesignFields{}, err
	}
	theme := o.Object("theme")
	menu := o.Object("menu")
	in := content.DesignFields{
		Name: theme.OptString("name"),
		Mode: httpkit.As[portico.ThemeMode](theme.OptEnum("mode", httpkit.Optional,
			string(portico.ThemeLight), string(portico.ThemeDark), string(portico.ThemeSystem))),
		Primary: theme.Object("colors").OptString("primary"),
		Layout:  o.OptString("layout"),
		CSS:     o.OptString("css", httpkit.Nullable),
		Robots:  o.OptString("robots", httpkit.Nullable),
	}
	if menu.Has("main") {
		in.Main = portico.Some(readMenu(menu, "main"))
	}
	if menu.Has("footer_bottom") {
		in.FooterBottom = portico.Some(readMenu(menu, "footer_bottom"))
	}
	if menu.Has("footer_sections") {
		sections := []portico.MenuSection{}
		for _, section := range menu.Objects("footer_sections") {
			sections = append(sections, portico.MenuSection{Title: section.String("title", httpkit.Required), Items: readMenu(section, "items", httpkit.Required)})
		}
		in.FooterSections = portico.Some(sections)
	}
	if renderer := o.Object("spec_renderer"); o.Has("spec_renderer") {
		in.SpecRenderer = map[string]bool{}
		for name := range content.SpecRendererSettings() {
			if on := renderer.OptBool(name); on.Set {
				in.SpecRenderer[name] = on.Value
			}
		}
	}
	return in, o.Err()
}

// readMenu reads an array of PortalMenuItem.
func readMenu(o *httpkit.Object, name string, rules ...httpkit.Rule) []portico.MenuItem {
	items := []portico.MenuItem{}
	for _, item := range o.Objects(name, rules...) {
		external := item.OptBool("external", httpkit.Required)
		items = append(items, portico.MenuItem{
			Path:       item.String("path", httpkit.Required),
			Title:      item.String("title", httpkit.Required),
			Visibility: portico.Visibility(item.Enum("visibility", httpkit.Required, visibilities()...)),
			External:   external.Value,
		})
	}
	return items
}

// integrationsView is the contract's PortalIntegrations: there are none.
type integrationsView struct{}

func (s server) integrations(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	if _, err := s.Portals.ByID(r.Context(), portal); err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, integrationsView{})
}

// saveIntegrations takes nothing but the absence of integrations, so that a
// client which sets none gets along.
func (s server) saveIntegrations(w http.ResponseWriter, r *http.Request) error {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	for _, name := range []string{"google_tag_manager", "google_analytics_4", "equal_web"} {
		if raw, there := o.Raw(name); there && string(raw) != "null" {
			o.Invalid(name, "is_null", "must be null: portals load no programs from elsewhere, and their Content-Security-Policy would not let them run")
		}
	}
	if err := o.Err(); err != nil {
		return err
	}
	return s.integrations(w, r)
}
