package identityapi

import (
	"net/http"

	"portico"
	"portico/admins"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
	"portico/mgmtapi/wire"
	"portico/usecase"
)

// identityProviderRoutes: who else signs users in, and what groups mean here.
func (s server) identityProviderRoutes() []route.Route {
	const providers = "/v3/identity-providers"
	const mappings = providers + "/{idpId}/team-group-mappings"
	return []route.Route{
		route.On("GET", providers, "get-identity-providers", s.listProviders, views()),
		route.On("POST", providers, "create-identity-provider", s.createProvider, creates()),
		route.On("GET", providers+"/{id}", "get-identity-provider", s.provider, views()),
		route.On("PATCH", providers+"/{id}", "update-identity-provider", s.updateProvider, edits()),
		route.On("DELETE", providers+"/{id}", "delete-identity-provider", s.deleteProvider, deletes()),
		route.On("GET", mappings, "list-idp-team-group-mappings", s.listMappings, views()),
		route.On("POST", mappings, "create-idp-team-group-mapping", s.createMapping, edits()),
		route.On("GET", mappings+"/{id}", "get-idp-team-group-mapping", s.mapping, views()),
		route.On("DELETE", mappings+"/{id}", "delete-idp-team-group-mapping", s.deleteMapping, edits()),
	}
}

// providerView is the contract's IdentityProvider.
type providerView struct {
	ID        portico.AdminIdentityProviderID `json:"id"`
	Type      portico.IdentityProviderType    `json:"type"`
	Enabled   bool                            `json:"enabled"`
	LoginPath string                          `json:"login_path"`
	Config    oidcView                        `json:"config"`
	CreatedAt httpkit.Timestamp               `json:"created_at"`
	UpdatedAt httpkit.Timestamp               `json:"updated_at"`
}

// oidcView is the contract's OIDCIdentityProviderConfig without the secret,
// which is write-only.
type oidcView struct {
	IssuerURL     string                `json:"issuer_url"`
	ClientID      string                `json:"client_id"`
	Scopes        []string              `json:"scopes"`
	ClaimMappings portico.ClaimMappings `json:"claim_mappings"`
}

func viewProvider(p portico.AdminIdentityProvider) providerView {
	return providerView{
		ID: p.ID, Type: p.Type, Enabled: p.Enabled, LoginPath: p.LoginPath, Config: oidcView{p.IssuerURL, p.ClientID, httpkit.NotNil(p.Scopes), p.Claims},
		CreatedAt: httpkit.Timestamp(p.CreatedAt), UpdatedAt: httpkit.Timestamp(p.UpdatedAt),
	}
}

// noSAML is why there is no SAML.
const noSAML = "must be oidc: signing in with SAML is not offered"

// readConfig reads OIDCIdentityProviderConfig.
func readConfig(o *httpkit.Object, in *admins.IdentityProviderFields) {
	if o.Has("idp_metadata_url") || o.Has("idp_metadata_xml") {
		o.Ignore("idp_metadata_url", "idp_metadata_xml", "sp_metadata_url", "sp_entity_id", "login_url", "callback_url")
		o.Invalid("idp_metadata_url", "invalid", noSAML)
	}
	in.IssuerURL = o.OptURL("issuer_url", httpkit.Required, httpkit.MaxLength(2048))
	in.ClientID = o.OptString("client_id", httpkit.Required, httpkit.Length(1, 255))
	readRest(o, in)
}

// readRest reads what the older form of the settings calls by the same names.
func readRest(o *httpkit.Object, in *admins.IdentityProviderFields) {
	in.Secret = wire.Secret(o.OptString("client_secret", httpkit.Length(1, 1024)))
	in.Scopes = o.OptStrings("scopes", httpkit.MaxItems(50), httpkit.ItemLength(1, 128))
	if claims, set, _ := o.OptObject("claim_mappings"); set {
		read := func(name string) portico.Opt[string] { return claims.OptString(name, httpkit.Length(1, 255)) }
		in.Claims = admins.ClaimFields{Name: read("name"), Email: read("email"), Groups: read("groups")}
	}
}

func (s server) listProviders(w http.ResponseWriter, r *http.Request) error {
	q, err := listing.Parse(r, listing.Spec{Filters: map[string]listing.FieldKind{"type": listing.Enum(string(portico.IdentityOIDC), string(portico.IdentitySAML))}})
	if err != nil {
		return err
	}
	all, err := s.IdentityProviders.List(r.Context())
	if err != nil {
		return err
	}
	out := []providerView{} // bare, as the contract has it
	for _, p := range all {
		holds := true
		for _, f := range q.Filters {
			holds = holds && usecase.Matches(f, string(p.Type))
		}
		if holds {
			out = append(out, viewProvider(p))
		}
	}
	return httpkit.JSON(w, http.StatusOK, out)
}

func (s server) createProvider(w http.ResponseWriter, r *http.Request) error {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	in := admins.IdentityProviderFields{Enabled: o.OptBool("enabled"), LoginPath: readLoginPath(o)}
	if o.Enum("type", httpkit.Optional, string(portico.IdentityOIDC), string(portico.IdentitySAML)) == string(portico.IdentitySAML) {
		return portico.Invalid("type", "invalid", noSAML)
	}
	readConfig(o.Object("config", httpkit.Required), &in)
	if err := o.Err(); err != nil {
		return err
	}
	return one(w, http.StatusCreated, viewProvider)(s.IdentityProviders.Create(r.Context(), in))
}

func (s server) provider(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.AdminIdentityProviderID](r, "id")
	if err != nil {
		return err
	}
	return one(w, http.StatusOK, viewProvider)(s.IdentityProviders.ByID(r.Context(), id))
}

func (s server) updateProvider(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.AdminIdentityProviderID](r, "id")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	in := admins.IdentityProviderFields{Enabled: o.OptBool("enabled"), LoginPath: readLoginPath(o)}
	if config, set, _ := o.OptObject("config"); set {
		readConfig(config, &in)
	}
	if err := o.Err(); err != nil {
		return err
	}
	return one(w, http.StatusOK, viewProvider)(s.IdentityProviders.Update(r.Context(), id, in))
}

func (s server) deleteProvider(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.AdminIdentityProviderID](r, "id")
	if err != nil {
		return err
	}
	return gone(w, s.IdentityProviders.Delete(r.Context(), id))
}

// mappingView is the contract's IdpTeamGroupMapping.
type mappingView struct {
	ID        portico.AdminGroupMappingID `json:"id"`
	TeamID    portico.AdminTeamID         `json:"team_id"`
	Group     string                      `json:"group"`
	CreatedAt httpkit.Timestamp           `json:"created_at"`
	UpdatedAt httpkit.Timestamp           `json:"updated_at"`
}

func viewMapping(m portico.AdminGroupMapping) mappingView {
	return mappingView{m.ID, m.TeamID, m.Group, httpkit.Timestamp(m.CreatedAt), httpkit.Timestamp(m.UpdatedAt)}
}

func (s server) listMappings(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.AdminIdentityProviderID](r, "idpId")
	if err != nil {
		return err
	}
	q, err := listing.ParseCursor(r, listing.Spec{Filters: map[string]listing.FieldKind{"team_id": listing.UUID(), "group": listing.String()}})
	if err != nil {
		return err
	}
	page, err := s.IdentityProviders.Mappings(r.Context(), id, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.CursorEnvelope(r, page, q, viewMapping))
}

func (s server) createMapping(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.AdminIdentityProviderID](r, "idpId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	team, group := portico.AdminTeamID(o.UUID("team_id", httpkit.Required)), o.String("group", httpkit.Required, httpkit.Length(1, 255))
	if err := o.Err(); err != nil {
		return err
	}
	return one(w, http.StatusCreated, viewMapping)(s.IdentityProviders.AddMapping(r.Context(), id, team, group))
}

// inProvider reads the identity provider and the mapping in the path.
func inProvider(r *http.Request) (portico.AdminIdentityProviderID, portico.AdminGroupMappingID, error) {
	return httpkit.PathIDs[portico.AdminIdentityProviderID, portico.AdminGroupMappingID](r, "idpId", "id")
}

func (s server) mapping(w http.ResponseWriter, r *http.Request) error {
	provider, id, err := inProvider(r)
	if err != nil {
		return err
	}
	return one(w, http.StatusOK, viewMapping)(s.IdentityProviders.Mapping(r.Context(), provider, id))
}

func (s server) deleteMapping(w http.ResponseWriter, r *http.Request) error {
	provider, id, err := inProvider(r)
	if err != nil {
		return err
	}
	return gone(w, s.IdentityProviders.DeleteMapping(r.Context(), provider, id))
}
