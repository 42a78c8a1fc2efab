package portals

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/developers"
	"portico/secret"
	"portico/usecase"
	"portico/webui/design"
	"portico/webui/desk"
)

func (p pages) signInRoutes() []desk.Route {
	return []desk.Route{
		p.on("GET", partSignIn, p.signIn, access.View),
		p.on("POST", partSignIn, p.saveSignIn, access.Edit).As("update-portal-authentication-settings"),
		p.on("GET", partSignIn+"/remove", p.removeProviderForm, access.Edit),
		p.on("POST", partSignIn+"/remove", p.removeProvider, access.Edit).As("delete-portal-identity-provider"),
		p.on("POST", partSignIn+"/groups", p.addMapping, access.Edit).As("create-portal-idp-team-group-mapping"),
		p.on("POST", partSignIn+"/groups/remove", p.removeMapping, access.Edit).As("delete-portal-idp-team-group-mapping"),
	}
}

// The most characters of an identity provider's settings (contract:
// OIDCIdentityProviderConfig).
const (
	maxURL    = 2048
	maxSecret = 1024
	maxScopes = 50
	maxScope  = 128
)

// signInView is the part of the settings about how developers sign in.
type signInView struct {
	sheet
	Portal   portal
	Provider *portico.IdentityProvider // nil: none is set up
	Callback string                    // what the identity provider has to be told
	Groups   sheet
	Mappings []mapping
	Teams    []design.Option
}

// mapping says which team a group is put into.
type mapping struct {
	portico.GroupMapping
	Team string
}

func (p pages) signIn(w http.ResponseWriter, v *desk.Visit, one portal) error {
	view, err := p.signInView(v, one)
	if err != nil {
		return err
	}
	view.Form = view.asKept(v)
	return p.showSignIn(w, v, http.StatusOK, view)
}

// asKept is the form as things are.
func (s signInView) asKept(v *desk.Visit) *desk.Form {
	i := portico.IdentityProvider{Scopes: []string{"openid", "email", "profile"}, Claims: portico.ClaimMappings{Name: "name", Email: "email", Groups: "groups"}}
	if s.Provider != nil {
		i = *s.Provider
	}
	return v.EmptyForm(url.Values{
		"passwords": on(s.Portal.BasicAuthEnabled), "group_mapping": on(s.Portal.TeamMappingEnabled), "enabled": on(i.Enabled), "issuer": {i.IssuerURL}, "client_id": {i.ClientID},
		"scopes": i.Scopes, "claim_name": {i.Claims.Name}, "claim_email": {i.Claims.Email}, "claim_groups": {i.Claims.Groups},
	})
}

func (p pages) showSignIn(w http.ResponseWriter, v *desk.Visit, status int, view signInView) error {
	return v.Render(w, status, v.T("portals.part_sign_in"), signInPage(view))
}

// signInView finds out what the page shows beside its forms.
func (p pages) signInView(v *desk.Visit, one portal) (signInView, error) {
	settings, err := p.IdentityProviders.Settings(v.Context(), one.ID)
	if err != nil {
		return signInView{}, err
	}
	may := one.May(access.Edit)
	view := signInView{Portal: one, Provider: settings.Provider, Callback: one.URL + developers.CallbackPath,
		sheet:  sheet{Form: v.EmptyForm(nil), Action: one.Path(partSignIn), May: may, Submit: v.T("portals.save")},
		Groups: sheet{Form: v.EmptyForm(nil), Action: one.Path(partSignIn + "/groups"), May: may, Submit: v.T("portals.add_group")},
	}
	if view.Provider == nil {
		return view, nil
	}
	q := portico.Everything()
	q.Sort = []portico.Sort{{Field: "name"}}
	teams, err := p.Teams.List(v.Context(), one.ID, q)
	if err != nil {
		return view, err
	}
	for _, t := range teams.Items {
		view.Teams = append(view.Teams, design.Option{Value: string(t.ID), Label: t.Name})
	}
	names := usecase.By(teams.Items, func(t portico.Team) portico.TeamID { return t.ID })
	found, err := p.IdentityProviders.Mappings(v.Context(), one.ID, view.Provider.ID, portico.Everything())
	for _, m := range found.Items {
		view.Mappings = append(view.Mappings, mapping{m, names[m.TeamID].Name})
	}
	return view, err
}

// readSignIn reads the form. Without an issuer and a client id there is nothing
// to set up; the secret is replaced only if one was typed.
func readSignIn(f *desk.Form, there bool) (developers.SettingsChange, body) {
	passwords, groups := f.Has("passwords", "on"), f.Has("group_mapping", "on")
	ch := developers.SettingsChange{Passwords: portico.Some(passwords), GroupMapping: portico.Some(groups)}
	call := body{"basic_auth_enabled": passwords, "idp_mapping_enabled": groups}
	enabled, typed := f.Has("enabled", "on"), f.Value("client_secret")
	f.Values.Del("client_secret")
	if !there && !enabled && f.Value("issuer") == "" && f.Value("client_id") == "" {
		return ch, call
	}
	issuer, client := f.URL("issuer", true, maxURL), f.Text("client_id", true, maxName)
	scopes := f.List("scopes")
	name, email, group := f.Text("claim_name", true, maxName), f.Text("claim_email", true, maxName), f.Text("claim_groups", true, maxName)
	for _, s := range scopes {
		if len(scopes) > maxScopes || len(s) > maxScope {
			f.Reject("scopes", "portals.too_many_scopes")
			break
		}
	}
	ch.Provider = developers.IdentityProviderFields{
		Enabled: portico.Some(enabled), IssuerURL: portico.Some(issuer), ClientID: portico.Some(client), Scopes: portico.Some(scopes),
		Claims: developers.ClaimFields{Name: portico.Some(name), Email: portico.Some(email), Groups: portico.Some(group)},
	}
	call["oidc_auth_enabled"], call["oidc_issuer"], call["oidc_client_id"], call["oidc_scopes"] = enabled, issuer, client, scopes
	call["oidc_claim_mappings"] = body{"name": name, "email": email, "groups": group}
	if typed != "" {
		if len(typed) > maxSecret {
			f.Reject("client_secret", "errors.too_long", "Most", maxSecret)
		}
		ch.Provider.Secret, call["oidc_client_secret"] = portico.Some(secret.New(typed)), desk.Variable("OIDC_CLIENT_SECRET")
	}
	return ch, call
}

func (p pages) saveSignIn(w http.ResponseWriter, v *desk.Visit, one portal) error {
	view, err := p.signInView(v, one)
	if err != nil {
		return err
	}
	if view.Form, err = v.Form(); err != nil {
		return err
	}
	ch, call := readSignIn(view.Form, view.Provider != nil)
	if ch.GroupMapping.Value && !ch.Provider.Enabled.Value && !one.TeamMappingEnabled {
		view.Form.Reject("group_mapping", "portals.group_mapping_alone")
	}
	return v.Submit(desk.Task{
		Form: view.Form, Calls: []desk.Call{{Method: http.MethodPatch, Path: one.API("/authentication-settings"), Body: call}},
		Do: func() (desk.Answer, error) {
			_, err := p.IdentityProviders.ChangeSettings(v.Context(), one.ID, ch)
			return v.To(one.Path(partSignIn), "portals.saved"), err
		},
		Fields: map[string]string{"oidc_issuer": "issuer", "oidc_client_id": "client_id", "issuer_url": "issuer", "idp_mapping_enabled": "group_mapping"},
		Show: func(status int, call templ.Component) error {
			view.Call = call
			return p.showSignIn(w, v, status, view)
		},
	})
}

// provider is the portal's identity provider; KindNotFound.
func (p pages) provider(v *desk.Visit, one portal) (portico.IdentityProvider, error) {
	settings, err := p.IdentityProviders.Settings(v.Context(), one.ID)
	if err == nil && settings.Provider == nil {
		err = portico.Errorf(portico.KindNotFound, "The portal has no identity provider.")
	}
	if err != nil {
		return portico.IdentityProvider{}, err
	}
	return *settings.Provider, nil
}

func (p pages) removeProviderForm(w http.ResponseWriter, v *desk.Visit, one portal) error {
	return p.showRemoveProvider(w, v, one, http.StatusOK, v.EmptyForm(nil), nil)
}

func (p pages) showRemoveProvider(w http.ResponseWriter, v *desk.Visit, one portal, status int, f *desk.Form, call templ.Component) error {
	provider, err := p.provider(v, one)
	if err != nil {
		return err
	}
	view := confirmView{
		Portal: one, Tab: tabSettings, Title: v.T("portals.remove_provider"), Lead: provider.IssuerURL, Text: v.T("portals.remove_provider_text"),
		sheet: sheet{Form: f, Call: call, Action: one.Path(partSignIn + "/remove"), May: true, Cancel: one.Path(partSignIn), Submit: v.T("portals.remove"), Danger: true},
	}
	return v.Render(w, status, view.Title, confirmPage(view))
}

func (p pages) removeProvider(w http.ResponseWriter, v *desk.Visit, one portal) error {
	provider, err := p.provider(v, one)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodDelete, Path: one.API("/identity-providers/" + string(provider.ID))}},
		Do: func() (desk.Answer, error) {
			return v.To(one.Path(partSignIn), "portals.provider_removed"), p.IdentityProviders.Delete(v.Context(), one.ID, provider.ID)
		},
		Show: func(status int, call templ.Component) error { return p.showRemoveProvider(w, v, one, status, f, call) },
	})
}

func (p pages) addMapping(w http.ResponseWriter, v *desk.Visit, one portal) error {
	provider, err := p.provider(v, one)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	group, team := f.Text("group", true, maxName), f.Text("team", true, maxName)
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodPost, Path: one.API("/identity-providers/" + string(provider.ID) + "/team-group-mappings"), Body: body{"group": group, "team_id": team}}},
		Do: func() (desk.Answer, error) {
			_, err := p.IdentityProviders.AddMapping(v.Context(), one.ID, provider.ID, portico.TeamID(team), group)
			return v.To(one.Path(partSignIn), "portals.group_added", "Group", group), err
		},
		Fields: map[string]string{"team_id": "team"},
		Show: func(status int, call templ.Component) error {
			view, err := p.signInView(v, one)
			if err != nil {
				return err
			}
			return p.showGroups(w, v, status, view, f, call)
		},
	})
}

// showGroups shows the page with the form for groups as it was sent, and the
// other one as things are.
func (p pages) showGroups(w http.ResponseWriter, v *desk.Visit, status int, view signInView, sent *desk.Form, call templ.Component) error {
	view.Form = view.asKept(v)
	view.Groups.Form, view.Groups.Call = sent, call
	for n := range view.Teams {
		view.Teams[n].Selected = view.Teams[n].Value == sent.Value("team")
	}
	return p.showSignIn(w, v, status, view)
}

func (p pages) removeMapping(w http.ResponseWriter, v *desk.Visit, one portal) error {
	provider, err := p.provider(v, one)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	mapped := portico.GroupMappingID(f.Value("mapping"))
	if v.WantsCall() {
		return v.ShowCall(w, one.Path(partSignIn), desk.Call{Method: http.MethodDelete, Path: one.API("/identity-providers/" + string(provider.ID) + "/team-group-mappings/" + string(mapped))})
	}
	if err := p.IdentityProviders.DeleteMapping(v.Context(), one.ID, provider.ID, mapped); err != nil {
		return err
	}
	v.Flash("portals.group_removed")
	return v.Redirect(one.Path(partSignIn))
}
