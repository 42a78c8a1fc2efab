package usecase

import (
	"context"
	"fmt"
	"time"

	"portico"
	"portico/secret"
)

// ClientSpec is what the application's client should be, and whose it is.
func (d Deps) ClientSpec(ctx context.Context, app portico.Application, s portico.Strategy) (portico.ClientSpec, error) {
	spec := ClientOf(app, s)
	organization, err := View(ctx, d.Store, func(tx portico.Tx) (portico.Organization, error) { return Organization(ctx, tx) })
	if portico.KindOf(err) == portico.KindNotFound {
		return spec, nil // nobody has founded one: there is nothing to tell apart
	}
	spec.Owner.OrganizationID = organization.ID
	return spec, err
}

// ClientOf is what the application alone says of its client.
func ClientOf(app portico.Application, s portico.Strategy) portico.ClientSpec {
	spec := portico.ClientSpec{
		ApplicationID: app.ID, Name: app.Name, GrantTypes: []string{"client_credentials"}, Scopes: app.Scopes, Audience: s.OIDC.TokenArgs()["audience"],
		Owner: portico.ClientOwner{PortalID: app.PortalID, DeveloperID: app.DeveloperID, StrategyID: s.ID, AuthMethods: s.OIDC.AuthMethods},
	}
	if len(spec.Scopes) == 0 {
		spec.Scopes = s.OIDC.Scopes
	}
	if app.Description != nil {
		spec.Description = *app.Description
	}
	if app.RedirectURI != nil {
		spec.RedirectURIs = []string{*app.RedirectURI}
	}
	return spec
}

// Adapter makes the adapter for a provider; the credential is opened for it
// alone. Errors are those of Credential.
func (d Deps) Adapter(p portico.Provider) (portico.IdP, error) {
	credential, err := d.Credential(p)
	if err != nil {
		return nil, err
	}
	return d.IdPs.IdP(p, credential)
}

// Credential opens the secret of a provider; empty: it has none.
// KindUnavailable: it does not open.
func (d Deps) Credential(p portico.Provider) (secret.Text, error) {
	if len(p.SealedSecret) == 0 {
		return secret.Text{}, nil
	}
	credential, err := d.Sealer.Open(p.SealedSecret, p.SecretPlace())
	if err != nil {
		return secret.Text{}, &portico.Error{Kind: portico.KindUnavailable, RetryAfter: 5 * time.Minute, Err: fmt.Errorf("opening the credential of DCR provider %s: %w", p.ID, err),
			Detail: "The portal's credential for the identity provider cannot be opened; nothing was changed. An administrator has to enter it again."}
	}
	return credential, nil
}
