package admins

import (
	"cmp"
	"context"
	"slices"

	"portico"
	"portico/secret"
	"portico/usecase"
)

// IdentityProviders are who else signs the organization's users in, and what
// membership in their groups means here. How somebody signs in is in
// singlesignon.go.
type IdentityProviders struct{ usecase.Deps }

// IdentityProviderFields are the settings of an identity provider. For a new one
// an absent field means its default; in an update, that it stays as it is.
type IdentityProviderFields struct {
	Enabled   portico.Opt[bool]
	LoginPath portico.Opt[string]
	IssuerURL portico.Opt[string]
	ClientID  portico.Opt[string]
	Secret    portico.Opt[secret.Text] // kept sealed, shown to nobody
	Scopes    portico.Opt[[]string]
	Claims    ClaimFields
}

// ClaimFields say which claims to read; an absent one stays as it is.
type ClaimFields struct{ Name, Email, Groups portico.Opt[string] }

// Create adds an OpenID Connect provider. KindConflict: there is one.
func (i IdentityProviders) Create(ctx context.Context, in IdentityProviderFields) (portico.AdminIdentityProvider, error) {
	now := i.Now()
	provider := portico.AdminIdentityProvider{
		ID: portico.AdminIdentityProviderID(i.NewID()), Type: portico.IdentityOIDC,
		Scopes: []string{"email", "openid", "profile"}, Claims: portico.ClaimMappings{Name: "name", Email: "email", Groups: "groups"},
		CreatedAt: now, UpdatedAt: now,
	}
	return provider, i.Store.Update(ctx, func(tx portico.Tx) error {
		there, err := only(ctx, tx)
		if err != nil {
			return err
		}
		if there != nil {
			return portico.Errorf(portico.KindConflict, "The organization has an OpenID Connect provider already; nothing was created. Change that one, or delete it first.")
		}
		o, err := usecase.Organization(ctx, tx)
		if err != nil {
			return err
		}
		if err := i.write(in, &provider); err != nil {
			return err
		}
		provider.LoginPath = cmp.Or(provider.LoginPath, usecase.Slugify(o.Name), "login")
		return tx.AdminIdentityProviders().Insert(ctx, provider)
	})
}

func (i IdentityProviders) write(in IdentityProviderFields, to *portico.AdminIdentityProvider) error {
	in.Enabled.Apply(&to.Enabled)
	in.LoginPath.Apply(&to.LoginPath)
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

// only is the organization's identity provider; nil: there is none.
func only(ctx context.Context, tx portico.Tx) (*portico.AdminIdentityProvider, error) {
	found, err := tx.AdminIdentityProviders().List(ctx, portico.ListQuery{Size: 1, Number: 1})
	if err != nil || len(found.Items) == 0 {
		return nil, err
	}
	return &found.Items[0], nil
}

// List returns the identity providers: there is one at most.
func (i IdentityProviders) List(ctx context.Context) ([]portico.AdminIdentityProvider, error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) ([]portico.AdminIdentityProvider, error) {
		found, err := tx.AdminIdentityProviders().List(ctx, portico.Everything())
		return found.Items, err
	})
}

// ByID returns an identity provider. KindNotFound.
func (i IdentityProviders) ByID(ctx context.Context, id portico.AdminIdentityProviderID) (portico.AdminIdentityProvider, error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) (portico.AdminIdentityProvider, error) {
		return tx.AdminIdentityProviders().ByID(ctx, id)
	})
}

// Update changes an identity provider. Users are linked to an issuer: with
// another one, they are found by their verified addresses. KindNotFound,
// KindConflict (no organization admin could sign in any more).
func (i IdentityProviders) Update(ctx context.Context, id portico.AdminIdentityProviderID, in IdentityProviderFields) (portico.AdminIdentityProvider, error) {
	var provider portico.AdminIdentityProvider
	err := letsAdminsIn(ctx, i.Store, func(tx portico.Tx) (err error) {
		provider, err = tx.AdminIdentityProviders().Change(ctx, id, func(to *portico.AdminIdentityProvider) error { return i.write(in, to) })
		return err
	})
	return provider, err
}

// Delete removes an identity provider and what its groups mean. Users stay.
// KindNotFound, KindConflict (no organization admin could sign in any more).
func (i IdentityProviders) Delete(ctx context.Context, id portico.AdminIdentityProviderID) error {
	return letsAdminsIn(ctx, i.Store, func(tx portico.Tx) error { return tx.AdminIdentityProviders().Delete(ctx, id) })
}

// AuthenticationSettings are how users sign in and come into teams.
type AuthenticationSettings struct {
	Organization portico.Organization
	Provider     *portico.AdminIdentityProvider // nil: there is none
}

// SingleSignOn says whether users can sign in with the provider.
func (a AuthenticationSettings) SingleSignOn() bool { return a.Provider != nil && a.Provider.Enabled }

// Settings returns how users sign in.
func (i IdentityProviders) Settings(ctx context.Context) (AuthenticationSettings, error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) (AuthenticationSettings, error) { return settings(ctx, tx) })
}

func settings(ctx context.Context, tx portico.Tx) (AuthenticationSettings, error) {
	o, err := usecase.Organization(ctx, tx)
	if err != nil {
		return AuthenticationSettings{}, err
	}
	provider, err := only(ctx, tx)
	return AuthenticationSettings{Organization: o, Provider: provider}, err
}

// SettingsChange is a partial update of how users sign in and come into teams.
type SettingsChange struct {
	Passwords     portico.Opt[bool] // basic_auth_enabled
	SingleSignOn  portico.Opt[bool] // oidc_auth_enabled: whether the provider is enabled
	TeamsByGroups portico.Opt[bool] // idp_mapping_enabled
	TeamsByHand   portico.Opt[bool] // konnect_mapping_enabled
}

// ChangeSettings changes how users sign in. KindInvalid (single sign-on without a
// provider; teams given in no way), KindConflict (no organization admin could
// sign in any more).
func (i IdentityProviders) ChangeSettings(ctx context.Context, ch SettingsChange) (AuthenticationSettings, error) {
	var after AuthenticationSettings
	err := letsAdminsIn(ctx, i.Store, func(tx portico.Tx) error {
		before, err := settings(ctx, tx)
		if err != nil {
			return err
		}
		if before.Provider == nil && ch.SingleSignOn.Value {
			return portico.Invalid("oidc_auth_enabled", "missing_reference", "There is no OpenID Connect provider that could sign users in. Create one first.")
		}
		_, err = tx.Organizations().Change(ctx, before.Organization.ID, func(to *portico.Organization) error {
			ch.Passwords.Apply(&to.PasswordSignIn)
			ch.TeamsByGroups.Apply(&to.TeamsByGroups)
			ch.TeamsByHand.Apply(&to.TeamsByHand)
			if !to.TeamsByGroups && !to.TeamsByHand {
				return portico.Invalid("konnect_mapping_enabled", "invalid", "must be true unless idp_mapping_enabled is: users would come into teams in no way")
			}
			return nil
		})
		if err == nil && ch.SingleSignOn.Set && before.Provider != nil {
			_, err = tx.AdminIdentityProviders().Change(ctx, before.Provider.ID, func(to *portico.AdminIdentityProvider) error {
				ch.SingleSignOn.Apply(&to.Enabled)
				return nil
			})
		}
		if err != nil {
			return err
		}
		after, err = settings(ctx, tx)
		return err
	})
	return after, err
}

// letsAdminsIn makes a change to how users sign in. It refuses one that locks
// everybody out who could undo it: KindConflict.
func letsAdminsIn(ctx context.Context, store portico.Store, change func(portico.Tx) error) error {
	return store.Update(ctx, func(tx portico.Tx) error {
		before, err := someAdminComesIn(ctx, tx)
		if err != nil {
			return err
		}
		if err := change(tx); err != nil {
			return err
		}
		after, err := someAdminComesIn(ctx, tx)
		if err == nil && before && !after {
			err = portico.Errorf(portico.KindConflict, "After this no organization admin could sign in; nothing was changed. Let an organization admin sign in the other way first.").Named("locked_out")
		}
		return err
	})
}

// someAdminComesIn says whether an active organization admin has a way to sign
// in: a password, or an account or a team of organization admins at the provider.
func someAdminComesIn(ctx context.Context, tx portico.Tx) (bool, error) {
	now, err := settings(ctx, tx)
	if err != nil {
		return false, err
	}
	admins, err := activeAdmins(ctx, tx)
	if err != nil {
		return false, err
	}
	for _, m := range admins {
		user, err := tx.Users().ByID(ctx, *m.UserID)
		if err != nil {
			return false, err
		}
		if now.Organization.PasswordSignIn && user.PasswordHash != "" || now.SingleSignOn() && user.ExternalID != "" {
			return true, nil
		}
	}
	if !now.SingleSignOn() || !now.Organization.TeamsByGroups {
		return false, nil
	}
	mapped, err := tx.AdminGroupMappings().List(ctx, portico.Everything(portico.Where("provider_id", now.Provider.ID)))
	return slices.ContainsFunc(mapped.Items, func(m portico.AdminGroupMapping) bool { return m.TeamID == portico.OrganizationAdmins }), err
}
