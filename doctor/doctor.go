package doctor

import (
	"context"
	"errors"
	"fmt"

	"portico"
	"portico/secret"
	"portico/usecase"
)

// Doctor examines DCR providers.
type Doctor struct{ usecase.Deps }

// Verify asks the identity provider whether the issuer and the credential are
// good, and then tries both with a client that it registers and removes. What is
// wrong is in the result; KindNotFound.
func (d Doctor) Verify(ctx context.Context, id portico.ProviderID) (portico.Verification, error) {
	provider, strategies, err := d.stored(ctx, id)
	if err != nil {
		return portico.Verification{}, err
	}
	return d.examine(ctx, provider, strategies), nil
}

// stored is a provider with the auth strategies that use it.
func (d Doctor) stored(ctx context.Context, id portico.ProviderID) (provider portico.Provider, strategies []portico.Strategy, err error) {
	err = d.Store.View(ctx, func(tx portico.Tx) error {
		if provider, err = tx.Providers().ByID(ctx, id); err != nil {
			return err
		}
		found, err := tx.Strategies().List(ctx, portico.Everything(portico.Where("dcr_provider_id", id)))
		strategies = found.Items
		return err
	})
	return provider, strategies, err
}

// examine is Verify for a stored provider.
func (d Doctor) examine(ctx context.Context, provider portico.Provider, strategies []portico.Strategy) portico.Verification {
	idp, err := d.Adapter(provider)
	if err != nil {
		return d.found(ctx, err)
	}
	v := d.verify(ctx, idp, strategies)
	if len(v.Errors) > 0 {
		v.Skip(portico.CheckClient, portico.CheckIssued, portico.CheckRemoved)
		return v
	}
	d.live(ctx, provider, idp, strategies, &v)
	return v
}

// Draft is a provider as somebody has filled it in, before it is saved.
type Draft struct {
	ID     portico.ProviderID // of the stored one that is being changed; empty: a new one
	Type   portico.ProviderType
	Issuer string
	Config portico.ProviderConfig
	Secret secret.Text // empty: the stored one
}

// Try is Verify for what is not saved. Where it differs from what is stored, no
// client is registered: the reconciler could not remove it. The stored
// credential is used as Provider.KeepsSecret says. KindNotFound, KindInvalid (the
// credential is missing).
func (d Doctor) Try(ctx context.Context, draft Draft) (portico.Verification, error) {
	provider := portico.Provider{Type: draft.Type, Issuer: portico.TidyIssuer(draft.Issuer), Config: draft.Config}
	credential := draft.Secret
	var strategies []portico.Strategy
	if draft.ID != "" {
		stored, using, err := d.stored(ctx, draft.ID)
		if err != nil {
			return portico.Verification{}, err
		}
		strategies = using
		if credential.Empty() && stored.Issuer == provider.Issuer && stored.Config.Same(provider.Config) {
			return d.examine(ctx, stored, strategies), nil
		}
		if credential.Empty() && stored.KeepsSecret(provider) {
			if credential, err = d.Credential(stored); err != nil {
				return d.found(ctx, err), nil
			}
		} else if credential.Empty() && len(stored.SealedSecret) > 0 {
			return portico.Verification{}, portico.Invalid("dcr_config", "required", "The stored credential is for the stored hosts and client only. Enter a credential to try this one.")
		}
	}
	if credential.Empty() && draft.Type.NeedsSecret() {
		return portico.Verification{}, portico.Invalid("dcr_config", "required", "The credential is needed to try this issuer.")
	}
	idp, err := d.IdPs.IdP(provider, credential)
	if err != nil {
		return d.found(ctx, err), nil
	}
	return d.verify(ctx, idp, strategies), nil
}

// verify asks an identity provider, and what the strategies would run into.
func (d Doctor) verify(ctx context.Context, idp portico.IdP, strategies []portico.Strategy) portico.Verification {
	ctx, cancel := context.WithTimeout(ctx, d.IdPTimeout)
	defer cancel()
	result, err := idp.Verify(ctx)
	if err != nil {
		return d.found(ctx, err)
	}
	if checker, ok := idp.(portico.ScopeChecker); ok && len(result.Errors) == 0 {
		for _, s := range strategies {
			for _, warning := range checker.CheckScopes(ctx, *s.OIDC) {
				result.Warnings = append(result.Warnings, fmt.Sprintf("Auth strategy [%s]: %s", s.Name, warning))
			}
		}
	}
	return result
}

// found makes a finding of why the identity provider could not be asked. What
// it did itself is for the admin; the rest, such as a credential that does not
// open with our key, is for the log.
func (d Doctor) found(ctx context.Context, err error) portico.Verification {
	if idp, ok := errors.AsType[*portico.IdPError](err); ok {
		return portico.Verification{Errors: []string{idp.Detail}}
	}
	d.Logger.ErrorContext(ctx, "DCR provider not verified", "err", err)
	return portico.Verification{Errors: []string{"The provider could not be verified; the log has the cause. If its credential no longer opens, enter it again."}}
}
