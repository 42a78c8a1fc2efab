package portals

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/control"
	"portico/webui/design"
	"portico/webui/desk"
)

func (p pages) settingsRoutes() []desk.Route {
	return []desk.Route{
		p.on("GET", "/settings", p.settings, access.View),
		p.on("POST", "/settings", p.saveSettings, access.Edit).As("update-portal"),
		p.on("GET", "/settings/delete", p.deleteForm, access.Delete),
		p.on("POST", "/settings/delete", p.delete, access.Delete).As("delete-portal"),
	}
}

// settingsView is the tab Settings.
type settingsView struct {
	sheet
	Portal     portal
	Strategies []design.Option
}

func (p pages) settings(w http.ResponseWriter, v *desk.Visit, one portal) error {
	filled := url.Values{
		"name": {one.Name}, "display_name": {one.DisplayName}, "description": {value(one.Description)}, "labels": desk.LabelWords(one.Labels),
		"authentication_enabled": on(one.AuthenticationEnabled), "rbac_enabled": on(one.RBACEnabled),
		"auto_approve_developers": on(one.AutoApproveDevelopers), "auto_approve_applications": on(one.AutoApproveApplications),
		"notifications_pii":       on(one.NotificationsPIIVisible),
		"default_api_visibility":  {string(one.DefaultAPIVisibility)},
		"default_page_visibility": {string(one.DefaultPageVisibility)},
	}
	if one.DefaultStrategyID != nil {
		filled.Set("strategy", string(*one.DefaultStrategyID))
	}
	return p.showSettings(w, v, one, http.StatusOK, v.EmptyForm(filled), nil)
}

func (p pages) showSettings(w http.ResponseWriter, v *desk.Visit, one portal, status int, f *desk.Form, call templ.Component) error {
	view := settingsView{Portal: one, sheet: sheet{Form: f, Call: call, Action: one.Path(tabSettings), May: one.May(access.Edit), Submit: v.T("portals.save")}}
	var err error
	if view.Strategies, err = p.strategyOptions(v, f.Value("strategy"), v.T("portals.no_strategy")); err != nil {
		return err
	}
	return v.Render(w, status, v.T("portals.tab_settings"), settingsPage(view))
}

func (p pages) saveSettings(w http.ResponseWriter, v *desk.Visit, one portal) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	in, call := readSettings(f, one)
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodPatch, Path: one.API(""), Body: call}},
		Do: func() (desk.Answer, error) {
			_, err := p.Portals.Update(v.Context(), one.ID, in)
			return v.To(one.Path(tabSettings), "portals.saved"), err
		},
		Fields: map[string]string{"default_application_auth_strategy_id": "strategy"},
		Show:   func(status int, call templ.Component) error { return p.showSettings(w, v, one, status, f, call) },
	})
}

// readSettings reads the form, as a change and as the body that makes it.
func readSettings(f *desk.Form, one portal) (control.PortalFields, body) {
	name, display, description := f.Text("name", true, maxName), f.Text("display_name", false, maxName), f.Optional("description", maxDescription)
	if display == "" {
		display = name
	}
	strategy := optional(f.Optional("strategy", maxName))
	apis, pages := f.Choice("default_api_visibility", visibilities()...), f.Choice("default_page_visibility", visibilities()...)
	labels := desk.LabelChange(one.Labels, desk.Labels(f, "labels"))
	flag := func(field string) portico.Opt[bool] { return portico.Some(f.Has(field, "on")) }
	in := control.PortalFields{
		Name: portico.Some(name), DisplayName: portico.Some(display), Description: optional(description),
		AuthenticationEnabled: flag("authentication_enabled"), RBACEnabled: flag("rbac_enabled"),
		AutoApproveDevelopers: flag("auto_approve_developers"), AutoApproveApplications: flag("auto_approve_applications"),
		NotificationsPIIVisible: flag("notifications_pii"),
		DefaultAPIVisibility:    portico.Some(portico.Visibility(apis)), DefaultPageVisibility: portico.Some(portico.Visibility(pages)),
		DefaultStrategyID: portico.Opt[portico.StrategyID]{Set: true, Null: strategy.Null, Value: portico.StrategyID(strategy.Value)},
		Labels:            labels,
	}
	call := body{
		"name": name, "display_name": display, "description": orNull(description),
		"authentication_enabled": in.AuthenticationEnabled.Value, "rbac_enabled": in.RBACEnabled.Value,
		"auto_approve_developers": in.AutoApproveDevelopers.Value, "auto_approve_applications": in.AutoApproveApplications.Value,
		"notifications_developer_pii_visibility_enabled": in.NotificationsPIIVisible.Value,
		"default_api_visibility":                         apis, "default_page_visibility": pages,
		"default_application_auth_strategy_id": orNull(strategy.Ptr()),
	}
	if labels.Set {
		call["labels"] = labels.Value
	}
	return in, call
}

// deleteView asks before a portal is deleted.
type deleteView struct {
	sheet
	Portal     portal
	Published  int
	Developers int
	Apps       int
}

func (p pages) deleteForm(w http.ResponseWriter, v *desk.Visit, one portal) error {
	return p.showDelete(w, v, one, http.StatusOK, v.EmptyForm(nil), nil)
}

func (p pages) showDelete(w http.ResponseWriter, v *desk.Visit, one portal, status int, f *desk.Form, call templ.Component) error {
	view := deleteView{Portal: one, sheet: sheet{
		Form: f, Call: call, Action: one.Path("/settings/delete"), May: true, Cancel: one.Path(tabSettings), Submit: v.T("portals.delete"), Danger: true,
	}}
	published, err := p.Publications.ListIn(v.Context(), one.ID, few())
	if err != nil {
		return err
	}
	developers, err := p.Developers.List(v.Context(), one.ID, few())
	if err != nil {
		return err
	}
	apps, err := p.Applications.List(v.Context(), one.ID, few())
	if err != nil {
		return err
	}
	view.Published, view.Developers, view.Apps = published.Total, developers.Total, apps.Total
	return v.Render(w, status, v.T("portals.delete"), deletePage(view))
}

func (p pages) delete(w http.ResponseWriter, v *desk.Visit, one portal) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	if f.Text("confirm", true, maxName) != one.Name && f.OK() {
		f.Reject("confirm", "portals.type_name", "Name", one.Name)
	}
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodDelete, Path: one.API("?force=true")}},
		Do: func() (desk.Answer, error) {
			return v.To("/portals", "portals.deleted", "Portal", one.Title()), p.Portals.Delete(v.Context(), one.ID, true)
		},
		Show: func(status int, call templ.Component) error { return p.showDelete(w, v, one, status, f, call) },
	})
}
