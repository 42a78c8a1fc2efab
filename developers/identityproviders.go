package developers

import (
	"context"
	"slices"

	"portico"
	"portico/secret"
	"portico/usecase"
)

// IdentityProviders are who else signs the developers of a portal in, and what
// membership in their groups means here. How somebody signs in is in
// singlesignon.go.
type IdentityProviders struct{ usecase.Deps }

// IdentityProviderFields are the settings of an identity provider. For a new one
// an absent field means its default; in an update, that it stays as it is.
type IdentityProviderFields struct {
	Enabled   portico.Opt[bool]
	IssuerURL portico.Opt[string]
	ClientID  portico.Opt[string]
	Secret    portico.Opt[secret.Text] // kept sealed, shown to nobody
	Scopes    portico.Opt[[]string]
	Claims    ClaimFields
}

// ClaimFields say which claims to read; an absent one stays as it is.
type ClaimFields struct{ Name, Email, Groups portico.Opt[string] }

// Create adds an OpenID Connect provider. KindNotFound (portal), KindConflict
// (the portal has one, or has another one enabled).
func (i IdentityProviders) Create(ctx context.Context, portal portico.PortalID, in IdentityProviderFields) (portico.IdentityProvider, error) {
	provider := i.fresh(portal)
	err := i.Commit(ctx, func(tx portico.Tx) error {
		if _, err := tx.Portals().ByID(ctx, portal); err != nil {
			return err
		}
		there, err := providersOf(ctx, tx, portal)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(there, func(p portico.IdentityProvider) bool { return p.Type == portico.IdentityOIDC }) {
			return portico.Errorf(portico.KindConflict, "The portal has an OpenID Connect provider already; nothing was created. Change that one, or delete it first.")
		}
		if err := i.write(in, &provider); err != nil {
			return err
		}
		return tx.IdentityProviders().Insert(ctx, provider)
	})
	return provider, err
}

// fresh is a provider with what it has where nothing else is said.
func (i IdentityProviders) fresh(portal portico.PortalID) portico.IdentityProvider {
	now := i.Now()
	return portico.IdentityProvider{
		ID: portico.IdentityProviderID(i.NewID()), PortalID: portal, Type: portico.IdentityOIDC,
		Scopes: []string{"email", "openid", "profile"}, Claims: portico.ClaimMappings{Name: "name", Email: "email", Groups: "groups"},
		CreatedAt: now, UpdatedAt: now,
	}
}

func (i IdentityProviders) write(in IdentityProviderFields, to *portico.IdentityProvider) error {
	in.Enabled.Apply(&to.Enabled)
	in.IssuerURL.Apply(&to.IssuerURL)
	in.ClientID.Apply(&to.ClientID)
	in.Scopes.Apply(&to.Scopes)
	in.Claims.Name.Apply(&to.Claims.Name)
	in.Claims.Email.Apply(&to.Claims.Email)
	in.Claims.Groups.Apply(&to.Claims.Groups)
	if !in.Secret.Set {
		return nil
	}
	sealed, err := i.Sealer.Seal(in.Secret.Value, to.SecretPlace())
	to.SealedSecret = sealed
	return err
}

// List returns a portal's identity providers. KindNotFound (portal).
func (i IdentityProviders) List(ctx context.Context, portal portico.PortalID) ([]portico.IdentityProvider, error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) ([]portico.IdentityProvider, error) {
		if _, err := tx.Portals().ByID(ctx, portal); err != nil {
			return nil, err
		}
		return providersOf(ctx, tx, portal)
	})
}

func providersOf(ctx context.Context, tx portico.Tx, portal portico.PortalID) ([]portico.IdentityProvider, error) {
	found, err := tx.IdentityProviders().List(ctx, portico.Everything(portico.Where("portal_id", portal)))
	return found.Items, err
}

// ByID returns an identity provider of a portal. KindNotFound.
func (i IdentityProviders) ByID(ctx context.Context, portal portico.PortalID, id portico.IdentityProviderID) (portico.IdentityProvider, error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) (portico.IdentityProvider, error) { return providerIn(ctx, tx, portal, id) })
}

func providerIn(ctx context.Context, tx portico.Tx, portal portico.PortalID, id portico.IdentityProviderID) (portico.IdentityProvider, error) {
	provider, err := tx.IdentityProviders().ByID(ctx, id)
	if err == nil && provider.PortalID != portal {
		return portico.IdentityProvider{}, portico.NotFound("identity provider", id)
	}
	return provider, err
}

// Update changes an identity provider. Accounts are linked to an issuer: with
// another one, developers are found by their verified addresses. KindNotFound.
func (i IdentityProviders) Update(ctx context.Context, portal portico.PortalID, id portico.IdentityProviderID, in IdentityProviderFields) (portico.IdentityProvider, error) {
	var provider portico.IdentityProvider
	err := i.Commit(ctx, func(tx portico.Tx) error {
		if _, err := providerIn(ctx, tx, portal, id); err != nil {
			return err
		}
		var err error
		provider, err = tx.IdentityProviders().Change(ctx, id, func(to *portico.IdentityProvider) error { return i.write(in, to) })
		return err
	})
	return provider, err
}

// Delete removes an identity provider with its group mappings; accounts stay.
// KindNotFound.
func (i IdentityProviders) Delete(ctx context.Context, portal portico.PortalID, id portico.IdentityProviderID) error {
	return i.Commit(ctx, func(tx portico.Tx) error {
		if _, err := providerIn(ctx, tx, portal, id); err != nil {
			return err
		}
		return tx.IdentityProviders().Delete(ctx, id)
	})
}

// AuthenticationSettings are how developers can sign in to a portal.
type AuthenticationSettings struct {
	Portal   portico.Portal
	Provider *portico.IdentityProvider // of OpenID Connect; nil: none is set up
}

// SingleSignOn says whether developers can sign in with the provider.
func (a AuthenticationSettings) SingleSignOn() bool {
	return a.Portal.AuthenticationEnabled && a.Provider != nil && a.Provider.Enabled
}

// Passwords says whether developers can sign in with a password.
func (a AuthenticationSettings) Passwords() bool {
	return a.Portal.AuthenticationEnabled && a.Portal.BasicAuthEnabled
}

// Settings returns how developers can sign in to a portal. KindNotFound.
func (i IdentityProviders) Settings(ctx context.Context, portal portico.PortalID) (AuthenticationSettings, error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) (AuthenticationSettings, error) { return settingsOf(ctx, tx, portal) })
}

func settingsOf(ctx context.Context, tx portico.Tx, portal portico.PortalID) (AuthenticationSettings, error) {
	p, err := tx.Portals().ByID(ctx, portal)
	if err != nil {
		return AuthenticationSettings{}, err
	}
	there, err := providersOf(ctx, tx, portal)
	out := AuthenticationSettings{Portal: p}
	if len(there) > 0 {
		out.Provider = &there[0]
	}
	return out, err
}

// SettingsChange is a partial update. Provider makes the OpenID Connect provider
// or changes it, if any of its fields is there.
type SettingsChange struct {
	Passwords    portico.Opt[bool]
	GroupMapping portico.Opt[bool]
	Provider     IdentityProviderFields
}

// ChangeSettings changes how developers can sign in. KindNotFound (portal),
// KindInvalid (an OpenID Connect provider without issuer or client id; teams by
// the groups of a provider that is not there or not enabled).
func (i IdentityProviders) ChangeSettings(ctx context.Context, portal portico.PortalID, ch SettingsChange) (AuthenticationSettings, error) {
	var after AuthenticationSettings
	err := i.Commit(ctx, func(tx portico.Tx) error {
		before, err := settingsOf(ctx, tx, portal)
		if err == nil {
			err = i.changeProvider(ctx, tx, before, ch.Provider)
		}
		if err != nil {
			return err
		}
		if _, err := tx.Portals().Change(ctx, portal, func(to *portico.Portal) error {
			ch.Passwords.Apply(&to.BasicAuthEnabled)
			ch.GroupMapping.Apply(&to.TeamMappingEnabled)
			return nil
		}); err != nil {
			return err
		}
		after, err = settingsOf(ctx, tx, portal)
		if switchedOn := !before.Portal.TeamMappingEnabled && after.Portal.TeamMappingEnabled; err == nil && switchedOn && (after.Provider == nil || !after.Provider.Enabled) {
			return portico.Invalid("idp_mapping_enabled", "dependent_fields", "cannot be enabled when no IdP is enabled: set one up, or enable it")
		}
		return err
	})
	return after, err
}

// changeProvider makes the portal's OpenID Connect provider or changes it, if
// there is anything to do.
func (i IdentityProviders) changeProvider(ctx context.Context, tx portico.Tx, before AuthenticationSettings, in IdentityProviderFields) error {
	wanted := in.Enabled.Value || in.IssuerURL.Set || in.ClientID.Set || in.Secret.Set
	switch {
	case before.Provider != nil:
		_, err := tx.IdentityProviders().Change(ctx, before.Provider.ID, func(to *portico.IdentityProvider) error { return i.write(in, to) })
		return err
	case !wanted:
		return nil
	case !in.IssuerURL.Set || !in.ClientID.Set:
		return portico.Invalid("oidc_issuer", "dependent_fields", "There is no OpenID Connect provider yet: oidc_issuer and oidc_client_id are needed to set it up.")
	}
	provider := i.fresh(before.Portal.ID)
	if err := i.write(in, &provider); err != nil {
		return err
	}
	return tx.IdentityProviders().Insert(ctx, provider)
}

// Mappings returns a page of an identity provider's group mappings. They can be
// filtered by team_id and group. KindNotFound.
func (i IdentityProviders) Mappings(ctx context.Context, portal portico.PortalID, id portico.IdentityProviderID, q portico.ListQuery) (portico.Page[portico.GroupMapping], error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) (portico.Page[portico.GroupMapping], error) {
		if _, err := providerIn(ctx, tx, portal, id); err != nil {
			return portico.Page[portico.GroupMapping]{}, err
		}
		q.Filters = append(slices.Clone(q.Filters), portico.Where("provider_id", id))
		return tx.GroupMappings().List(ctx, q)
	})
}

// Mapping returns one of them. KindNotFound.
func (i IdentityProviders) Mapping(ctx context.Context, portal portico.PortalID, id portico.IdentityProviderID, mapping portico.GroupMappingID) (portico.GroupMapping, error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) (portico.GroupMapping, error) { return mappingIn(ctx, tx, portal, id, mapping) })
}

func mappingIn(ctx context.Context, tx portico.Tx, portal portico.PortalID, id portico.IdentityProviderID, mapping portico.GroupMappingID) (portico.GroupMapping, error) {
	if _, err := providerIn(ctx, tx, portal, id); err != nil {
		return portico.GroupMapping{}, err
	}
	m, err := tx.GroupMappings().ByID(ctx, mapping)
	if err == nil && m.ProviderID != id {
		return portico.GroupMapping{}, portico.NotFound("group mapping", mapping)
	}
	return m, err
}

// AddMapping maps a group to a team. KindNotFound (provider), KindInvalid
// (team), KindConflict (is mapped).
func (i IdentityProviders) AddMapping(ctx context.Context, portal portico.PortalID, id portico.IdentityProviderID, team portico.TeamID, group string) (portico.GroupMapping, error) {
	mapping := i.mapping(id, team, group)
	return mapping, i.Commit(ctx, func(tx portico.Tx) error {
		if _, err := providerIn(ctx, tx, portal, id); err != nil {
			return err
		}
		if _, err := TeamIn(ctx, tx, portal, team); err != nil {
			return usecase.Missing(err, "team_id", "The portal has no team with this id.")
		}
		return tx.GroupMappings().Insert(ctx, mapping)
	})
}

func (i IdentityProviders) mapping(id portico.IdentityProviderID, team portico.TeamID, group string) portico.GroupMapping {
	now := i.Now()
	return portico.GroupMapping{ID: portico.GroupMappingID(i.NewID()), ProviderID: id, TeamID: team, Group: group, CreatedAt: now, UpdatedAt: now}
}

// DeleteMapping ends a mapping: at their next sign-in, developers are put into
// teams without it. KindNotFound.
func (i IdentityProviders) DeleteMapping(ctx context.Context, portal portico.PortalID, id portico.IdentityProviderID, mapping portico.GroupMappingID) error {
	return i.Commit(ctx, func(tx portico.Tx) error {
		if _, err := mappingIn(ctx, tx, portal, id, mapping); err != nil {
			return err
		}
		return tx.GroupMappings().Delete(ctx, mapping)
	})
}

// TeamGroups are the groups that are mapped to a team.
type TeamGroups struct {
	Team   portico.TeamID
	Groups []string
}

// TeamGroups returns a page of the teams that groups are mapped to, by the
// portal's OpenID Connect provider. KindNotFound (portal).
func (i IdentityProviders) TeamGroups(ctx context.Context, portal portico.PortalID, q portico.ListQuery) (portico.Page[TeamGroups], error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) (portico.Page[TeamGroups], error) {
		settings, err := settingsOf(ctx, tx, portal)
		if err != nil || settings.Provider == nil {
			return portico.Page[TeamGroups]{}, err
		}
		found, err := tx.GroupMappings().List(ctx, portico.Everything(portico.Where("provider_id", settings.Provider.ID)))
		if err != nil {
			return portico.Page[TeamGroups]{}, err
		}
		var all []TeamGroups
		for _, m := range found.Items {
			at := slices.IndexFunc(all, func(t TeamGroups) bool { return t.Team == m.TeamID })
			if at < 0 {
				at = len(all)
				all = append(all, TeamGroups{Team: m.TeamID})
			}
			all[at].Groups = append(all[at].Groups, m.Group)
		}
		return usecase.Cut(all, q), nil
	})
}

// PutTeamGroups makes the groups of the given teams what is given; other teams
// keep theirs. KindNotFound (portal), KindInvalid (no provider, or a team that
// is not there).
func (i IdentityProviders) PutTeamGroups(ctx context.Context, portal portico.PortalID, wanted []TeamGroups) error {
	return i.Commit(ctx, func(tx portico.Tx) error {
		settings, err := settingsOf(ctx, tx, portal)
		if err != nil {
			return err
		}
		if settings.Provider == nil {
			return portico.Invalid("data", "missing_reference", "The portal has no identity provider whose groups could be mapped.")
		}
		provider := settings.Provider.ID
		for _, w := range wanted {
			if _, err := TeamIn(ctx, tx, portal, w.Team); err != nil {
				return usecase.Missing(err, "data.team_id", "The portal has no team with the id ["+string(w.Team)+"].")
			}
			err := usecase.DeleteAll(ctx, tx.GroupMappings(), func(m portico.GroupMapping) portico.GroupMappingID { return m.ID },
				portico.Where("provider_id", provider), portico.Where("team_id", w.Team))
			if err != nil {
				return err
			}
			groups := slices.Clone(w.Groups)
			slices.Sort(groups)
			for _, group := range slices.Compact(groups) {
				if err := tx.GroupMappings().Insert(ctx, i.mapping(provider, w.Team, group)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
