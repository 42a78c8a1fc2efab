package settings

import (
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/secret"
	"portico/usecase"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/i18n"
)

const signOnPath = desk.SettingsPath + "/sign-on"

func (p pages) signOnRoutes() []desk.Route {
	return []desk.Route{
		desk.On("GET /settings/sign-on", p.signOn, desk.SettingsNeed()),
		desk.On("POST /settings/sign-on", p.saveWays, edits()).As("update-authentication-settings"),
		desk.On("POST /settings/sign-on/provider", p.saveProvider, edits()).As("update-identity-provider"),
		desk.On("GET /settings/sign-on/remove", p.askToRemoveProvider, edits()),
		desk.On("POST /settings/sign-on/remove", p.removeProvider, edits()).As("delete-identity-provider"),
		desk.On("POST /settings/sign-on/groups", p.addMapping, edits()).As("create-idp-team-group-mapping"),
		desk.On("POST /settings/sign-on/groups/remove", p.removeMapping, edits()).As("delete-idp-team-group-mapping"),
	}
}

// The most characters of an identity provider's settings (contract:
// OIDCIdentityProviderConfig).
const (
	maxLoginPath = 100
	maxURL       = 2048
	maxClaim     = 255
	maxSecret    = 1024
	maxScopes    = 50
	maxScope     = 128
)

// part is one of the forms of a page.
type part struct {
	Form *desk.Form
	Call templ.Component // nil: it was not asked for
}

// signOnView is how admins sign in.
type signOnView struct {
	Tabs      []design.Tab
	May       bool
	Provider  *portico.AdminIdentityProvider // nil: there is none
	Callback  string                         // what the provider has to be told
	LoginPage string                         // where single sign-on starts without the sign-in page
	Ways      part
	Settings  part
	Groups    part
	Mappings  []mapping
	Teams     []design.Option
}

// mapping says which team a group is put into.
type mapping struct {
	portico.AdminGroupMapping
	Team string
}

func (p pages) signOn(w http.ResponseWriter, v *desk.Visit) error {
	return p.showSignOn(w, v, http.StatusOK, nil)
}

// showSignOn renders the page as things are; sent puts a form into it that was
// sent, nil: none was.
func (p pages) showSignOn(w http.ResponseWriter, v *desk.Visit, status int, sent func(*signOnView)) error {
	now, err := p.Admins.IdentityProviders.Settings(v.Context())
	if err != nil {
		return err
	}
	view := signOnView{
		Tabs: desk.SettingsTabs(v, signOnPath), May: v.May(access.Organization, access.Edit, access.Everything), Provider: now.Provider, Callback: p.URL + admins.CallbackPath,
		Ways:     part{Form: v.EmptyForm(waysOf(now))},
		Settings: part{Form: v.EmptyForm(settingsOf(now.Provider))},
		Groups:   part{Form: v.EmptyForm(nil)},
	}
	if now.Provider != nil {
		view.LoginPage = p.URL + admins.LoginPath + now.Provider.LoginPath
		if view.Mappings, view.Teams, err = p.groups(v.Context(), now.Provider.ID); err != nil {
			return err
		}
	}
	if sent != nil {
		sent(&view)
	}
	for n := range view.Teams {
		view.Teams[n].Selected = view.Teams[n].Value == view.Groups.Form.Value("team")
	}
	return v.Render(w, status, v.T("console.settings_sign_on"), signOnPage(view))
}

func waysOf(now admins.AuthenticationSettings) url.Values {
	o := now.Organization
	return url.Values{"passwords": on(o.PasswordSignIn), "sso": on(now.SingleSignOn()), "by_groups": on(o.TeamsByGroups), "by_hand": on(o.TeamsByHand)}
}

// on is a check box that is filled in before the form is shown.
func on(yes bool) []string {
	if yes {
		return []string{"on"}
	}
	return nil
}

// settingsOf are the provider's, or what a new one begins with.
func settingsOf(i *portico.AdminIdentityProvider) url.Values {
	if i == nil {
		return url.Values{"scopes": {"openid", "email", "profile"}, "claim_name": {"name"}, "claim_email": {"email"}, "claim_groups": {"groups"}}
	}
	return url.Values{
		"issuer": {i.IssuerURL}, "client_id": {i.ClientID}, "login_path": {i.LoginPath}, "scopes": i.Scopes,
		"claim_name": {i.Claims.Name}, "claim_email": {i.Claims.Email}, "claim_groups": {i.Claims.Groups},
	}
}

// groups are the provider's mapped groups, and the teams that could be theirs.
func (p pages) groups(ctx context.Context, provider portico.AdminIdentityProviderID) (mapped []mapping, teams []design.Option, err error) {
	byName := portico.Everything()
	byName.Sort = []portico.Sort{{Field: "name"}}
	found, err := p.Admins.Teams.List(ctx, byName)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range found.Items {
		teams = append(teams, design.Option{Value: string(t.ID), Label: t.Name})
	}
	names := usecase.By(found.Items, func(t portico.AdminTeam) portico.AdminTeamID { return t.ID })
	all, err := p.Admins.IdentityProviders.Mappings(ctx, provider, portico.Everything())
	for _, m := range all.Items {
		mapped = append(mapped, mapping{m, names[m.TeamID].Name})
	}
	return mapped, teams, err
}

// saveWays changes by what admins come in and come into teams.
func (p pages) saveWays(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	now, err := p.Admins.IdentityProviders.Settings(v.Context())
	if err != nil {
		return err
	}
	passwords, groups, hand := f.Has("passwords", "on"), f.Has("by_groups", "on"), f.Has("by_hand", "on")
	ch := admins.SettingsChange{Passwords: portico.Some(passwords), TeamsByGroups: portico.Some(groups), TeamsByHand: portico.Some(hand)}
	body := map[string]any{"basic_auth_enabled": passwords, "idp_mapping_enabled": groups, "konnect_mapping_enabled": hand}
	if now.Provider != nil {
		ch.SingleSignOn = portico.Some(f.Has("sso", "on"))
		body["oidc_auth_enabled"] = ch.SingleSignOn.Value
	}
	return p.submit(w, v, func(view *signOnView) *part { return &view.Ways }, desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodPatch, Path: "/v3/authentication-settings", Body: body}},
		Fields: map[string]string{"basic_auth_enabled": "passwords", "oidc_auth_enabled": "sso", "konnect_mapping_enabled": "by_hand"},
		Do: func() (desk.Answer, error) {
			_, err := p.Admins.IdentityProviders.ChangeSettings(v.Context(), ch)
			return v.To(signOnPath, "settings.saved"), err
		},
	})
}

// submit does what one of the page's forms asks for.
func (p pages) submit(w http.ResponseWriter, v *desk.Visit, which func(*signOnView) *part, t desk.Task) error {
	t.Show = func(status int, call templ.Component) error {
		return p.showSignOn(w, v, status, func(view *signOnView) { *which(view) = part{t.Form, call} })
	}
	return v.Submit(t)
}

// readProvider reads the provider's settings; the secret is replaced only if one
// was typed.
func readProvider(f *desk.Form) (in admins.IdentityProviderFields, call map[string]any) {
	issuer, client, path := f.URL("issuer", true, maxURL), f.Text("client_id", true, maxClaim), f.Text("login_path", false, maxLoginPath)
	scopes, typed := f.List("scopes"), f.Value("client_secret")
	f.Values.Del("client_secret")
	name, email, group := f.Text("claim_name", true, maxClaim), f.Text("claim_email", true, maxClaim), f.Text("claim_groups", true, maxClaim)
	for _, s := range scopes {
		if len(scopes) > maxScopes || len(s) > maxScope {
			f.Reject("scopes", "settings.too_many_scopes", "Most", maxScopes, "Longest", maxScope)
			break
		}
	}
	in = admins.IdentityProviderFields{
		IssuerURL: portico.Some(issuer), ClientID: portico.Some(client), Scopes: portico.Some(scopes),
		Claims: admins.ClaimFields{Name: portico.Some(name), Email: portico.Some(email), Groups: portico.Some(group)},
	}
	config := map[string]any{"issuer_url": issuer, "client_id": client, "scopes": scopes, "claim_mappings": map[string]string{"name": name, "email": email, "groups": group}}
	call = map[string]any{"config": config}
	if path != "" {
		if !admins.LoginPathRule().MatchString(path) {
			f.Reject("login_path", "settings.bad_login_path")
		}
		in.LoginPath, call["login_path"] = portico.Some(path), path
	}
	if typed != "" {
		if len(typed) > maxSecret {
			f.Reject("client_secret", "errors.too_long", "Most", maxSecret)
		}
		in.Secret, config["client_secret"] = portico.Some(secret.New(typed)), desk.Variable("OIDC_CLIENT_SECRET")
	}
	return in, call
}

// saveProvider changes the identity provider, or sets the first one up. A new one
// signs nobody in before it is switched on.
func (p pages) saveProvider(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	now, err := p.Admins.IdentityProviders.Settings(v.Context())
	if err != nil {
		return err
	}
	in, body := readProvider(f)
	call := desk.Call{Method: http.MethodPost, Path: "/v3/identity-providers", Body: body}
	if now.Provider == nil {
		body["type"] = portico.IdentityOIDC
	} else {
		call = desk.Call{Method: http.MethodPatch, Path: "/v3/identity-providers/" + string(now.Provider.ID), Body: body}
	}
	return p.submit(w, v, func(view *signOnView) *part { return &view.Settings }, desk.Task{
		Form: f, Calls: []desk.Call{call}, Fields: map[string]string{"issuer_url": "issuer"},
		Do: func() (_ desk.Answer, err error) {
			if now.Provider == nil {
				_, err = p.Admins.IdentityProviders.Create(v.Context(), in)
			} else {
				_, err = p.Admins.IdentityProviders.Update(v.Context(), now.Provider.ID, in)
			}
			return v.To(signOnPath, "settings.provider_saved"), err
		},
	})
}

// provider is the organization's identity provider; KindNotFound.
func (p pages) provider(ctx context.Context) (portico.AdminIdentityProvider, error) {
	now, err := p.Admins.IdentityProviders.Settings(ctx)
	if err == nil && now.Provider == nil {
		err = portico.Errorf(portico.KindNotFound, "The organization has no identity provider.")
	}
	if err != nil {
		return portico.AdminIdentityProvider{}, err
	}
	return *now.Provider, nil
}

func (p pages) providerRemoval(v *desk.Visit) (question, portico.AdminIdentityProvider, error) {
	provider, err := p.provider(v.Context())
	return question{
		Title: v.T("settings.remove_provider"), Text: v.T("settings.remove_provider_text", "Issuer", provider.IssuerURL), Button: v.T("settings.remove"),
		Path: v.URL.Path, Back: signOnPath,
		Crumb: []design.Crumb{{Href: desk.SettingsPath, Label: v.T("console.settings")}, {Href: signOnPath, Label: v.T("console.settings_sign_on")}, {Label: v.T("settings.remove_provider")}},
	}, provider, err
}

func (p pages) askToRemoveProvider(w http.ResponseWriter, v *desk.Visit) error {
	q, _, err := p.providerRemoval(v)
	if err != nil {
		return err
	}
	return p.ask(w, v, http.StatusOK, q)
}

func (p pages) removeProvider(w http.ResponseWriter, v *desk.Visit) error {
	q, provider, err := p.providerRemoval(v)
	if err != nil {
		return err
	}
	call := desk.Call{Method: http.MethodDelete, Path: "/v3/identity-providers/" + string(provider.ID)}
	return p.answer(w, v, q, call, func() (desk.Answer, error) {
		return v.To(signOnPath, "settings.provider_removed"), p.Admins.IdentityProviders.Delete(v.Context(), provider.ID)
	})
}

func (p pages) addMapping(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	provider, err := p.provider(v.Context())
	if err != nil {
		return err
	}
	group, team := f.Text("group", true, maxClaim), f.Text("team", true, maxClaim)
	return p.submit(w, v, groupsPart, desk.Task{
		Form: f, Fields: map[string]string{"team_id": "team"},
		Calls: []desk.Call{{Method: http.MethodPost, Path: "/v3/identity-providers/" + string(provider.ID) + "/team-group-mappings", Body: map[string]string{"group": group, "team_id": team}}},
		Do: func() (desk.Answer, error) {
			_, err := p.Admins.IdentityProviders.AddMapping(v.Context(), provider.ID, portico.AdminTeamID(team), group)
			return v.To(signOnPath, "settings.group_added", "Group", group), err
		},
	})
}

func groupsPart(view *signOnView) *part { return &view.Groups }

// removeMapping ends what a group means. Somebody may have been faster.
func (p pages) removeMapping(w http.ResponseWriter, v *desk.Visit) error {
	provider, err := p.provider(v.Context())
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	mapping := portico.AdminGroupMappingID(f.Value("mapping"))
	if v.WantsCall() {
		return v.ShowCall(w, signOnPath, desk.Call{Method: http.MethodDelete, Path: "/v3/identity-providers/" + string(provider.ID) + "/team-group-mappings/" + string(mapping)})
	}
	return p.submit(w, v, groupsPart, desk.Task{
		Form: v.EmptyForm(nil),
		Do: func() (desk.Answer, error) {
			err := p.Admins.IdentityProviders.DeleteMapping(v.Context(), provider.ID, mapping)
			if portico.KindOf(err) == portico.KindNotFound {
				err = nil
			}
			return v.To(signOnPath, "settings.group_removed"), err
		},
	})
}

// secretHint says whether there is a client secret, and since when.
func secretHint(ctx context.Context, i *portico.AdminIdentityProvider) string {
	if i == nil || len(i.SealedSecret) == 0 {
		return i18n.T(ctx, "settings.secret_hint")
	}
	return i18n.T(ctx, "settings.secret_kept")
}

// loginPathHint says where single sign-on starts by itself; page is empty before
// there is a provider.
func loginPathHint(ctx context.Context, page string) string {
	if page == "" {
		return i18n.T(ctx, "settings.login_path_hint")
	}
	return i18n.T(ctx, "settings.login_path_leads", "Page", page)
}
