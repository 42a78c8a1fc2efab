package mgmtapi

import (
	"net/http"

	"portico"
	"portico/access"
	"portico/developers"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
	"portico/mgmtapi/wire"
	"portico/usecase"
)

// identityProviderRoutes: how developers sign in to a portal, and what groups
// mean there (contract: portal-management v3).
func (s *server) identityProviderRoutes() []route.Route {
	const portal = "/v3/portals/{portalId}"
	const providers = portal + "/identity-providers"
	const mappings = providers + "/{id}/team-group-mappings"
	return []route.Route{
		route.On("GET", portal+"/authentication-settings", "get-portal-authentication-settings", s.authenticationSettings, access.For(access.Portals, access.View, "portalId")),
		route.On("PATCH", portal+"/authentication-settings", "update-portal-authentication-settings", s.updateAuthenticationSettings, access.For(access.Portals, access.Edit, "portalId")),
		route.On("GET", providers, "get-portal-identity-providers", s.listIdentityProviders, access.For(access.Portals, access.View, "portalId")),
		route.On("POST", providers, "create-portal-identity-provider", s.createIdentityProvider, access.For(access.Portals, access.Edit, "portalId")),
		route.On("GET", providers+"/{id}", "get-portal-identity-provider", s.identityProvider, access.For(access.Portals, access.View, "portalId")),
		route.On("PATCH", providers+"/{id}", "update-portal-identity-provider", s.updateIdentityProvider, access.For(access.Portals, access.Edit, "portalId")),
		route.On("DELETE", providers+"/{id}", "delete-portal-identity-provider", s.deleteIdentityProvider, access.For(access.Portals, access.Edit, "portalId")),
		route.On("GET", mappings, "list-portal-idp-team-group-mappings", s.listGroupMappings, access.For(access.Portals, access.View, "portalId")),
		route.On("POST", mappings, "create-portal-idp-team-group-mapping", s.createGroupMapping, access.For(access.Portals, access.Edit, "portalId")),
		route.On("GET", mappings+"/{mappingId}", "get-portal-idp-team-group-mapping", s.groupMapping, access.For(access.Portals, access.View, "portalId")),
		route.On("DELETE", mappings+"/{mappingId}", "delete-portal-idp-team-group-mapping", s.deleteGroupMapping, access.For(access.Portals, access.Edit, "portalId")),
		route.On("GET", portal+"/identity-provider/team-group-mappings", "list-portal-team-group-mappings", s.listTeamGroups, access.For(access.Portals, access.View, "portalId")),
		route.On("PATCH", portal+"/identity-provider/team-group-mappings", "update-portal-team-group-mappings", s.updateTeamGroups, access.For(access.Portals, access.Edit, "portalId")),
	}
}

// identityProviderView is the contract's PortalIdentityProvider.
type identityProviderView struct {
	ID        portico.IdentityProviderID   `json:"id"`
	Type      portico.IdentityProviderType `json:"type"`
	Enabled   bool                         `json:"enabled"`
	Config    oidcConfigView               `json:"config"`
	CreatedAt httpkit.Timestamp            `json:"created_at"`
	UpdatedAt httpkit.Timestamp            `json:"updated_at"`
}

// oidcConfigView is the contract's OIDCIdentityProviderConfig without the
// secret, which is write-only.
type oidcConfigView struct {
	IssuerURL     string                `json:"issuer_url"`
	ClientID      string                `json:"client_id"`
	Scopes        []string              `json:"scopes"`
	ClaimMappings portico.ClaimMappings `json:"claim_mappings"`
}

func viewIdentityProvider(p portico.IdentityProvider) identityProviderView {
	return identityProviderView{
		ID: p.ID, Type: p.Type, Enabled: p.Enabled, Config: oidcConfigView{p.IssuerURL, p.ClientID, httpkit.NotNil(p.Scopes), p.Claims},
		CreatedAt: httpkit.Timestamp(p.CreatedAt), UpdatedAt: httpkit.Timestamp(p.UpdatedAt),
	}
}

// noSAML is why there is no SAML.
const noSAML = "must be oidc: signing in with SAML is not offered yet"

// readSignOn reads OIDCIdentityProviderConfig.
func readSignOn(o *httpkit.Object, in *developers.IdentityProviderFields) {
	if o.Has("idp_metadata_url") || o.Has("idp_metadata_xml") {
		o.Ignore("idp_metadata_url", "idp_metadata_xml", "sp_metadata_url", "sp_entity_id", "callback_url")
		o.Invalid("idp_metadata_url", "invalid", noSAML)
	}
	in.IssuerURL = o.OptURL("issuer_url", httpkit.Required, httpkit.MaxLength(2048))
	in.ClientID = o.OptString("client_id", httpkit.Required, httpkit.Length(1, 255))
	in.Secret = wire.Secret(o.OptString("client_secret", httpkit.Length(1, 1024)))
	in.Scopes = o.OptStrings("scopes", httpkit.MaxItems(50), httpkit.ItemLength(1, 128))
	in.Claims = readClaims(o, "claim_mappings")
}

func readClaims(o *httpkit.Object, name string) developers.ClaimFields {
	claims, set, _ := o.OptObject(name)
	if !set {
		return developers.ClaimFields{}
	}
	read := func(name string) portico.Opt[string] { return claims.OptString(name, httpkit.Length(1, 255)) }
	return developers.ClaimFields{Name: read("name"), Email: read("email"), Groups: read("groups")}
}

// inProvider reads portal and identity provider in the path.
func inProvider(r *http.Request) (portico.PortalID, portico.IdentityProviderID, error) {
	return inPortal[portico.IdentityProviderID](r, "id")
}

func (s *server) createIdentityProvider(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	in := developers.IdentityProviderFields{Enabled: o.OptBool("enabled")}
	if o.Enum("type", httpkit.Required, string(portico.IdentityOIDC), string(portico.IdentitySAML)) == string(portico.IdentitySAML) {
		return portico.Invalid("type", "invalid", noSAML)
	}
	readSignOn(o.Object("config", httpkit.Required), &in)
	if err := o.Err(); err != nil {
		return err
	}
	p, err := s.IdentityProviders.Create(r.Context(), portal, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewIdentityProvider(p))
}

func (s *server) listIdentityProviders(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, listing.Spec{Filters: map[string]listing.FieldKind{"type": listing.Enum(string(portico.IdentityOIDC), string(portico.IdentitySAML))}})
	if err != nil {
		return err
	}
	all, err := s.IdentityProviders.List(r.Context(), portal)
	if err != nil {
		return err
	}
	out := []identityProviderView{}
	for _, p := range all {
		holds := true
		for _, f := range q.Filters {
			holds = holds && usecase.Matches(f, string(p.Type))
		}
		if holds {
			out = append(out, viewIdentityProvider(p))
		}
	}
	return httpkit.JSON(w, http.StatusOK, out)
}

func (s *server) identityProvider(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inProvider(r)
	if err != nil {
		return err
	}
	p, err := s.IdentityProviders.ByID(r.Context(), portal, id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewIdentityProvider(p))
}

func (s *server) updateIdentityProvider(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inProvider(r)
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	in := developers.IdentityProviderFields{Enabled: o.OptBool("enabled")}
	if config, set, _ := o.OptObject("config"); set {
		readSignOn(config, &in)
	}
	if err := o.Err(); err != nil {
		return err
	}
	p, err := s.IdentityProviders.Update(r.Context(), portal, id, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewIdentityProvider(p))
}

func (s *server) deleteIdentityProvider(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inProvider(r)
	if err != nil {
		return err
	}
	if err := s.IdentityProviders.Delete(r.Context(), portal, id); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

// settingsView is the contract's PortalAuthenticationSettingsResponse. Teams are
// given by groups or by admins, so the two mappings are each other's opposite.
type settingsView struct {
	BasicAuth       bool             `json:"basic_auth_enabled"`
	OIDCAuth        bool             `json:"oidc_auth_enabled"`
	SAMLAuth        bool             `json:"saml_auth_enabled"`
	OIDCTeamMapping bool             `json:"oidc_team_mapping_enabled"`
	IDPMapping      bool             `json:"idp_mapping_enabled"`
	KonnectMapping  bool             `json:"konnect_mapping_enabled"`
	OIDCConfig      *oldOIDCConfView `json:"oidc_config,omitempty"`
}

// oldOIDCConfView is the deprecated view of the OpenID Connect provider.
type oldOIDCConfView struct {
	Issuer        string                `json:"issuer"`
	ClientID      string                `json:"client_id"`
	Scopes        []string              `json:"scopes"`
	ClaimMappings portico.ClaimMappings `json:"claim_mappings"`
}

func viewSettings(a developers.AuthenticationSettings) settingsView {
	out := settingsView{
		BasicAuth: a.Portal.BasicAuthEnabled, OIDCTeamMapping: a.Portal.TeamMappingEnabled,
		IDPMapping: a.Portal.TeamMappingEnabled, KonnectMapping: !a.Portal.TeamMappingEnabled,
	}
	if p := a.Provider; p != nil {
		out.OIDCAuth = p.Enabled
		out.OIDCConfig = &oldOIDCConfView{p.IssuerURL, p.ClientID, httpkit.NotNil(p.Scopes), p.Claims}
	}
	return out
}

func (s *server) authenticationSettings(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	settings, err := s.IdentityProviders.Settings(r.Context(), portal)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewSettings(settings))
}

func (s *server) updateAuthenticationSettings(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	ch := developers.SettingsChange{
		Passwords: o.OptBool("basic_auth_enabled"), GroupMapping: readGroupMapping(o),
		Provider: developers.IdentityProviderFields{
			Enabled:   o.OptBool("oidc_auth_enabled"),
			IssuerURL: o.OptURL("oidc_issuer", httpkit.MaxLength(2048)),
			ClientID:  o.OptString("oidc_client_id", httpkit.Length(1, 255)),
			Secret:    wire.Secret(o.OptString("oidc_client_secret", httpkit.Length(1, 1024))),
			Scopes:    o.OptStrings("oidc_scopes", httpkit.MaxItems(50), httpkit.ItemLength(1, 128)),
			Claims:    readClaims(o, "oidc_claim_mappings"),
		},
	}
	if o.Bool("saml_auth_enabled", false) {
		o.Invalid("saml_auth_enabled", "invalid", "must be false: signing in with SAML is not offered yet")
	}
	if err := o.Err(); err != nil {
		return err
	}
	settings, err := s.IdentityProviders.ChangeSettings(r.Context(), portal, ch)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewSettings(settings))
}

// readGroupMapping reads the three names of one setting, which must agree.
func readGroupMapping(o *httpkit.Object) portico.Opt[bool] {
	out := o.OptBool("oidc_team_mapping_enabled")
	agree := func(name string, value portico.Opt[bool]) {
		if out.Set && value.Set && out.Value != value.Value {
			o.Invalid(name, "invalid", "contradicts the other settings: teams are given either by groups of the identity provider or by administrators")
		}
		if value.Set {
			out = value
		}
	}
	agree("idp_mapping_enabled", o.OptBool("idp_mapping_enabled"))
	admins := o.OptBool("konnect_mapping_enabled")
	admins.Value = !admins.Value
	agree("konnect_mapping_enabled", admins)
	return out
}

// groupMappingView is the contract's PortalIdpTeamGroupMapping.
type groupMappingView struct {
	ID        portico.GroupMappingID `json:"id"`
	TeamID    portico.TeamID         `json:"team_id"`
	Group     string                 `json:"group"`
	CreatedAt httpkit.Timestamp      `json:"created_at"`
	UpdatedAt httpkit.Timestamp      `json:"updated_at"`
}

func viewGroupMapping(m portico.GroupMapping) groupMappingView {
	return groupMappingView{m.ID, m.TeamID, m.Group, httpkit.Timestamp(m.CreatedAt), httpkit.Timestamp(m.UpdatedAt)}
}

func (s *server) listGroupMappings(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inProvider(r)
	if err != nil {
		return err
	}
	q, err := listing.ParseCursor(r, listing.Spec{Filters: map[string]listing.FieldKind{"team_id": listing.UUID(), "group": listing.String()}})
	if err != nil {
		return err
	}
	page, err := s.IdentityProviders.Mappings(r.Context(), portal, id, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.CursorEnvelope(r, page, q, viewGroupMapping))
}

func (s *server) createGroupMapping(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inProvider(r)
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	team, group := portico.TeamID(o.UUID("team_id", httpkit.Required)), o.String("group", httpkit.Required, httpkit.Length(1, 255))
	if err := o.Err(); err != nil {
		return err
	}
	m, err := s.IdentityProviders.AddMapping(r.Context(), portal, id, team, group)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewGroupMapping(m))
}

func (s *server) groupMapping(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inProvider(r)
	if err != nil {
		return err
	}
	mapping, err := httpkit.PathID[portico.GroupMappingID](r, "mappingId")
	if err != nil {
		return err
	}
	m, err := s.IdentityProviders.Mapping(r.Context(), portal, id, mapping)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewGroupMapping(m))
}

func (s *server) deleteGroupMapping(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inProvider(r)
	if err != nil {
		return err
	}
	mapping, err := httpkit.PathID[portico.GroupMappingID](r, "mappingId")
	if err != nil {
		return err
	}
	if err := s.IdentityProviders.DeleteMapping(r.Context(), portal, id, mapping); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

// teamGroupsView is the contract's PortalTeamGroupMapping.
type teamGroupsView struct {
	TeamID portico.TeamID `json:"team_id"`
	Groups []string       `json:"groups"`
}

func (s *server) listTeamGroups(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, listing.Spec{})
	if err != nil {
		return err
	}
	return s.answerTeamGroups(w, r, portal, q)
}

func (s *server) answerTeamGroups(w http.ResponseWriter, r *http.Request, portal portico.PortalID, q portico.ListQuery) error {
	page, err := s.IdentityProviders.TeamGroups(r.Context(), portal, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, func(t developers.TeamGroups) teamGroupsView { return teamGroupsView{t.Team, t.Groups} }))
}

func (s *server) updateTeamGroups(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	var wanted []developers.TeamGroups
	for _, item := range o.Objects("data", httpkit.MaxItems(500)) {
		wanted = append(wanted, developers.TeamGroups{
			Team:   portico.TeamID(item.UUID("team_id", httpkit.Required)),
			Groups: item.Strings("groups", httpkit.MaxItems(500), httpkit.ItemLength(1, 255)),
		})
	}
	if err := o.Err(); err != nil {
		return err
	}
	if err := s.IdentityProviders.PutTeamGroups(r.Context(), portal, wanted); err != nil {
		return err
	}
	return s.answerTeamGroups(w, r, portal, portico.ListQuery{Size: listing.DefaultSize, Number: 1})
}
