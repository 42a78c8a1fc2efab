package identityapi

import (
	"net/http"
	"slices"
	"strings"

	"portico"
	"portico/admins"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
	"portico/usecase"
)

// signOnRoutes: how users sign in, the older form of the identity provider's
// settings, and where a single sign-on starts.
func (s server) signOnRoutes() []route.Route {
	const provider = "/v3/identity-provider"
	return []route.Route{
		route.On("GET", "/v3/authentication-settings", "get-authentication-settings", s.settings, views()),
		route.On("PATCH", "/v3/authentication-settings", "update-authentication-settings", s.updateSettings, edits()),
		route.On("GET", provider, "get-idp-configuration", s.configuration, views()),
		route.On("PATCH", provider, "update-idp-configuration", s.updateConfiguration, edits()),
		route.On("GET", provider+"/team-mappings", "get-idp-team-mappings", s.teamMappings, views()),
		route.On("PUT", provider+"/team-mappings", "update-idp-team-mappings", s.putTeamMappings, edits()),
		route.On("GET", provider+"/team-group-mappings", "get-team-group-mappings", s.teamGroups, views()),
		route.On("PATCH", provider+"/team-group-mappings", "patch-team-group-mappings", s.patchTeamGroups, edits()),
		route.Public("GET", admins.LoginPath+"{organizationLoginPath}", "authenticate-sso", s.authenticate),
	}
}

// settingsView is the contract's AuthenticationSettings.
type settingsView struct {
	BasicAuth      bool `json:"basic_auth_enabled"`
	OIDCAuth       bool `json:"oidc_auth_enabled"`
	SAMLAuth       bool `json:"saml_auth_enabled"`
	IDPMapping     bool `json:"idp_mapping_enabled"`
	KonnectMapping bool `json:"konnect_mapping_enabled"`
}

func viewSettings(a admins.AuthenticationSettings) settingsView {
	o := a.Organization
	return settingsView{BasicAuth: o.PasswordSignIn, OIDCAuth: a.SingleSignOn(), IDPMapping: o.TeamsByGroups, KonnectMapping: o.TeamsByHand}
}

func (s server) settings(w http.ResponseWriter, r *http.Request) error {
	return one(w, http.StatusOK, viewSettings)(s.IdentityProviders.Settings(r.Context()))
}

func (s server) updateSettings(w http.ResponseWriter, r *http.Request) error {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	ch := admins.SettingsChange{
		Passwords: o.OptBool("basic_auth_enabled"), SingleSignOn: o.OptBool("oidc_auth_enabled"),
		TeamsByGroups: o.OptBool("idp_mapping_enabled"), TeamsByHand: o.OptBool("konnect_mapping_enabled"),
	}
	if o.Bool("saml_auth_enabled", false) {
		o.Invalid("saml_auth_enabled", "invalid", "must be false: signing in with SAML is not offered")
	}
	if err := o.Err(); err != nil {
		return err
	}
	return one(w, http.StatusOK, viewSettings)(s.IdentityProviders.ChangeSettings(r.Context(), ch))
}

// configurationView is the contract's IdP: the identity provider's settings in
// their older form.
type configurationView struct {
	Issuer        string                `json:"issuer"`
	LoginPath     string                `json:"login_path"`
	ClientID      string                `json:"client_id"`
	Scopes        []string              `json:"scopes"`
	ClaimMappings portico.ClaimMappings `json:"claim_mappings"`
}

func viewConfiguration(p portico.AdminIdentityProvider) configurationView {
	return configurationView{p.IssuerURL, p.LoginPath, p.ClientID, httpkit.NotNil(p.Scopes), p.Claims}
}

func (s server) configuration(w http.ResponseWriter, r *http.Request) error {
	settings, err := s.IdentityProviders.Settings(r.Context())
	if err == nil && settings.Provider == nil {
		err = portico.Errorf(portico.KindNotFound, "The organization has no identity provider.")
	}
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewConfiguration(*settings.Provider))
}

func readLoginPath(o *httpkit.Object) portico.Opt[string] {
	return o.OptString("login_path", httpkit.Length(1, 100), httpkit.Pattern(admins.LoginPathRule(), "made of letters, digits, dots, hyphens, underscores and tildes"))
}

// updateConfiguration changes the identity provider, or makes the first one.
func (s server) updateConfiguration(w http.ResponseWriter, r *http.Request) error {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	in := admins.IdentityProviderFields{
		LoginPath: readLoginPath(o), IssuerURL: o.OptURL("issuer", httpkit.MaxLength(2048)), ClientID: o.OptString("client_id", httpkit.Length(1, 255)),
	}
	readRest(o, &in)
	if err := o.Err(); err != nil {
		return err
	}
	settings, err := s.IdentityProviders.Settings(r.Context())
	switch {
	case err != nil:
		return err
	case settings.Provider != nil:
		return one(w, http.StatusOK, viewConfiguration)(s.IdentityProviders.Update(r.Context(), settings.Provider.ID, in))
	case !in.IssuerURL.Set || !in.ClientID.Set:
		return portico.Invalid("issuer", "required", "There is no identity provider yet: issuer and client_id are needed to set it up.")
	}
	return one(w, http.StatusOK, viewConfiguration)(s.IdentityProviders.Create(r.Context(), in))
}

// groupTeamsView is the contract's TeamMapping.
type groupTeamsView struct {
	Group   string                `json:"group"`
	TeamIDs []portico.AdminTeamID `json:"team_ids"`
}

// teamGroupsView is the contract's TeamGroupMapping.
type teamGroupsView struct {
	TeamID portico.AdminTeamID `json:"team_id"`
	Groups []string            `json:"groups"`
}

// gathered are the mappings by one of their sides, in the order in which they
// were made.
func gathered[K, V comparable](all []portico.AdminGroupMapping, key func(portico.AdminGroupMapping) (K, V)) (keys []K, of map[K][]V) {
	of = map[K][]V{}
	for _, m := range all {
		k, v := key(m)
		if _, there := of[k]; !there {
			keys = append(keys, k)
		}
		of[k] = append(of[k], v)
	}
	return keys, of
}

func (s server) teamMappings(w http.ResponseWriter, r *http.Request) error {
	return list(w, r, listing.Spec{}, func(q portico.ListQuery) (portico.Page[groupTeamsView], error) {
		all, err := s.groupTeams(r)
		return usecase.Cut(all, q), err
	}, func(v groupTeamsView) groupTeamsView { return v })
}

func (s server) groupTeams(r *http.Request) ([]groupTeamsView, error) {
	all, err := s.IdentityProviders.AllMappings(r.Context())
	groups, teams := gathered(all, func(m portico.AdminGroupMapping) (string, portico.AdminTeamID) { return m.Group, m.TeamID })
	out := []groupTeamsView{}
	for _, g := range groups {
		out = append(out, groupTeamsView{g, teams[g]})
	}
	return out, err
}

func (s server) putTeamMappings(w http.ResponseWriter, r *http.Request) error {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	var wanted []admins.GroupToTeam
	for _, item := range o.Objects("mappings", httpkit.Required, httpkit.MaxItems(500)) {
		group := item.String("group", httpkit.Required, httpkit.Length(1, 255))
		for _, team := range item.Strings("team_ids", httpkit.MaxItems(500), httpkit.ItemLength(1, 255)) {
			wanted = append(wanted, admins.GroupToTeam{Group: group, Team: portico.AdminTeamID(team)})
		}
	}
	if err := o.Err(); err != nil {
		return err
	}
	everything := func(portico.AdminGroupMapping) bool { return true }
	if err := s.IdentityProviders.PutMappings(r.Context(), wanted, everything); err != nil {
		return err
	}
	all, err := s.groupTeams(r)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, map[string]any{"data": all})
}

func (s server) teamGroups(w http.ResponseWriter, r *http.Request) error {
	return list(w, r, listing.Spec{}, func(q portico.ListQuery) (portico.Page[teamGroupsView], error) {
		all, err := s.IdentityProviders.AllMappings(r.Context())
		teams, groups := gathered(all, func(m portico.AdminGroupMapping) (portico.AdminTeamID, string) { return m.TeamID, m.Group })
		var out []teamGroupsView
		for _, t := range teams {
			out = append(out, teamGroupsView{t, groups[t]})
		}
		return usecase.Cut(out, q), err
	}, func(v teamGroupsView) teamGroupsView { return v })
}

func (s server) patchTeamGroups(w http.ResponseWriter, r *http.Request) error {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	var wanted []admins.GroupToTeam
	var teams []portico.AdminTeamID
	for _, item := range o.Objects("data", httpkit.MaxItems(500)) {
		team := portico.AdminTeamID(item.UUID("team_id", httpkit.Required))
		teams = append(teams, team)
		for _, group := range item.Strings("groups", httpkit.MaxItems(500), httpkit.ItemLength(1, 255)) {
			wanted = append(wanted, admins.GroupToTeam{Group: group, Team: team})
		}
	}
	if err := o.Err(); err != nil {
		return err
	}
	named := func(m portico.AdminGroupMapping) bool { return slices.Contains(teams, m.TeamID) }
	if err := s.IdentityProviders.PutMappings(r.Context(), wanted, named); err != nil {
		return err
	}
	return s.teamGroups(w, r)
}

// authenticate sends a browser to the identity provider. The console awaits it
// back.
func (s server) authenticate(w http.ResponseWriter, r *http.Request) error {
	address, attempt, err := s.SingleSignOn.Start(r.Context(), r.PathValue("organizationLoginPath"), r.URL.Query().Get("return_to"))
	if portico.KindOf(err) == portico.KindNotFound {
		err = portico.Invalid("organizationLoginPath", "invalid", "must be the login path of the organization's identity provider, which must be enabled")
	}
	if err != nil {
		return err
	}
	httpkit.SetSignOn(w, r.TLS != nil || strings.HasPrefix(s.SingleSignOn.ConsoleURL, "https://"), attempt)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, address, http.StatusFound)
	return nil
}
