package apps

import (
	"net/http"
	"net/url"

	"portico"
	"portico/control"
	"portico/problem"
	"portico/webui/page"
)

// settingsView is the Settings tab. Each of its forms has faults of its own.
type settingsView struct {
	App                    app
	Edit, Transfer, Delete *page.Form
	Teams                  []portico.Team
}

func (s settingsView) managedScopes() bool {
	return control.StrategyView{Strategy: s.App.Strategy, Provider: s.App.Provider}.DeveloperManagedScopes()
}

func (p pages) settings(w http.ResponseWriter, v *page.Visit, a app) error {
	view, err := p.settingsView(v, a)
	if err != nil {
		return err
	}
	return p.showSettings(w, v, http.StatusOK, view)
}

func (p pages) showSettings(w http.ResponseWriter, v *page.Visit, status int, view settingsView) error {
	return v.Render(w, status, view.App.Name, settingsTab(view))
}

func (p pages) settingsView(v *page.Visit, a app) (settingsView, error) {
	owner := ownerMe
	if a.TeamID != nil {
		owner = string(*a.TeamID)
	}
	view := settingsView{App: a, Delete: v.EmptyForm(nil), Transfer: v.EmptyForm(url.Values{"owner": {owner}}), Edit: v.EmptyForm(url.Values{
		"name": {a.Name}, "description": {textOf(a.Description)}, "redirect_uri": {textOf(a.RedirectURI)}, "client_id": {a.ClientID}, "scopes": a.Scopes,
	})}
	teams, err := p.Teams.Of(v.Context(), v.Portal.ID, v.Developer.ID, portico.Everything(portico.Where("can_own_applications", "true")))
	view.Teams = teams.Items
	return view, err
}

// change is a text that is sent only when it differs from what is there, so
// that nothing else is told to the identity provider.
func change(before *string, after string) portico.Opt[string] {
	switch {
	case after == textOf(before):
		return portico.Opt[string]{}
	case after == "":
		return portico.Opt[string]{Set: true, Null: true}
	}
	return portico.Some(after)
}

func (p pages) edit(w http.ResponseWriter, v *page.Visit, a app) error {
	view, err := p.settingsView(v, a)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	view.Edit = f
	ch := control.ApplicationChange{Name: change(&a.Name, f.Text("name", true, most)), Description: change(a.Description, f.Text("description", false, most))}
	switch a.Type() {
	case portico.CredentialDCR:
		uri := f.Text("redirect_uri", false, maxURI)
		if uri != "" && !isRedirectURI(uri) {
			f.Reject("redirect_uri", "apps.bad_redirect_uri")
		}
		ch.RedirectURI = change(a.RedirectURI, uri)
		if view.managedScopes() {
			ch.Scopes = portico.Some(f.List("scopes"))
		}
	case portico.CredentialSelfManaged:
		ch.ClientID = change(&a.ClientID, f.Text("client_id", true, most))
	}
	if f.OK() {
		if _, err = p.Applications.Update(v.Context(), a.ID, ch); err == nil {
			v.Flash("apps.saved")
			return v.Redirect(a.Path("/settings"))
		}
	}
	return p.refusedSetting(w, v, view, f, err)
}

// refusedSetting shows the tab again, with the faults of one of its forms.
func (p pages) refusedSetting(w http.ResponseWriter, v *page.Visit, view settingsView, f *page.Form, err error) error {
	status := statusOfForm(err)
	if err != nil {
		if portico.KindOf(err) == portico.KindUnavailable {
			f.Reject("", "apps.not_changed_down", "Strategy", view.App.Strategy.DisplayName, "Reference", problem.RequestID(v.Context()))
		} else if err := f.Refused(err, map[string]string{"owner.id": "owner", "team_id": "owner", "auth_strategy_id": ""}); err != nil {
			return err
		}
	}
	return p.showSettings(w, v, status, view)
}

func (p pages) transfer(w http.ResponseWriter, v *page.Visit, a app) error {
	view, err := p.settingsView(v, a)
	if err != nil {
		return err
	}
	if view.Transfer, err = v.Form(); err != nil {
		return err
	}
	owners := []string{ownerMe}
	for _, t := range view.Teams {
		owners = append(owners, string(t.ID))
	}
	to := control.Owner{Developer: v.Developer.ID}
	if owner := view.Transfer.Choice("owner", owners...); owner != ownerMe {
		to.Team = new(portico.TeamID(owner))
	}
	if view.Transfer.OK() {
		if _, err = p.Applications.Update(v.Context(), a.ID, control.ApplicationChange{Owner: portico.Some(to)}); err == nil {
			v.Flash("apps.transferred")
			return v.Redirect(a.Path("/settings"))
		}
	}
	return p.refusedSetting(w, v, view, view.Transfer, err)
}

func (p pages) remove(w http.ResponseWriter, v *page.Visit, a app) error {
	view, err := p.settingsView(v, a)
	if err != nil {
		return err
	}
	if view.Delete, err = v.Form(); err != nil {
		return err
	}
	if view.Delete.Text("confirm", true, most) != a.Name && view.Delete.OK() {
		view.Delete.Reject("confirm", "apps.type_name", "App", a.Name)
	}
	if view.Delete.OK() {
		if err = p.Applications.Delete(v.Context(), a.ID); err == nil {
			v.Flash("apps.deleted", "App", a.Name)
			return v.Redirect("/apps")
		}
	}
	return p.refusedSetting(w, v, view, view.Delete, err)
}
