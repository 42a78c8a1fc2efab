package settings

import (
	"net/http"
	"net/url"

	"portico/access"
	"portico/webui/design"
	"portico/webui/desk"
)

// edits is what changing the organization needs.
func edits() access.Need { return access.For(access.Organization, access.Edit, "") }

func (p pages) organizationRoutes() []desk.Route {
	return []desk.Route{
		desk.On("GET /settings", p.organization, desk.SettingsNeed()),
		desk.On("POST /settings", p.rename, edits()).As("update-organization"),
	}
}

// maxOrganization is the most characters of the organization's name.
const maxOrganization = 120

// organizationView is the organization itself.
type organizationView struct {
	Tabs []design.Tab
	Form *desk.Form
	ID   string
	May  bool
}

func (p pages) organization(w http.ResponseWriter, v *desk.Visit) error {
	return p.showOrganization(w, v, http.StatusOK, nil)
}

// showOrganization renders the page; without a form, with what is stored.
func (p pages) showOrganization(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form) error {
	o, err := p.Accounts.Organization(v.Context())
	if err != nil {
		return err
	}
	if f == nil {
		f = v.EmptyForm(url.Values{"name": {o.Name}})
	}
	view := organizationView{Tabs: desk.SettingsTabs(v, desk.SettingsPath), Form: f, ID: string(o.ID), May: v.May(access.Organization, access.Edit, access.Everything)}
	return v.Render(w, status, v.T("console.settings"), organizationPage(view))
}

func (p pages) rename(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	name := f.Text("name", true, maxOrganization)
	if !f.OK() {
		return p.showOrganization(w, v, http.StatusUnprocessableEntity, f)
	}
	if err := p.Accounts.Rename(v.Context(), name); err != nil {
		return err
	}
	v.Flash("settings.saved")
	return v.Redirect(desk.SettingsPath)
}
