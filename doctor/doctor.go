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
	var provider portico.Provider
	var strategies portico.Page[portico.Strategy]
	err := d.Store.View(ctx, func(tx portico.Tx) (err error) {
		if provider, err = tx.Providers().ByID(ctx, id); err != nil {
			return err
		}
		strategies, err = tx.Strategies().List(ctx, portico.Everything(portico.Where("dcr_provider_id", id)))
		return err
	})
	if err != nil {
		return portico.Verification{}, err
	}
	idp, err := d.Adapter(provider)
	if err != nil {
		return d.found(ctx, err), nil
	}
	v := d.verify(ctx, idp, strategies.Items)
	if len(v.Errors) > 0 {
		v.Skip(portico.CheckClient, portico.CheckIssued, portico.CheckRemoved)
		return v, nil
	}
	d.live(ctx, provider, idp, strategies.Items, &v)
	return v, nil
}

// Draft is a provider as somebody has filled it in, before it is saved.
type Draft struct {
	ID     portico.ProviderID // of the stored one that is being changed; empty: a new one
	Type   portico.ProviderType
	Issuer string
	Config portico.ProviderConfig
	Secret secret.Text // empty: the stored one
}

// Try is Verify for what is not saved. The stored credential is sent to no other
// issuer than the stored one: whoever may edit a provider must not learn it.
// KindNotFound, KindInvalid (the credential is missing).
func (d Doctor) Try(ctx context.Context, draft Draft) (portico.Verification, error) {
	issuer := portico.TidyIssuer(draft.Issuer)
	if draft.Secret.Empty() && draft.ID != "" {
		stored, err := usecase.View(ctx, d.Store, func(tx portico.Tx) (portico.Provider, error) { return tx.Providers().ByID(ctx, draft.ID) })
		if err != nil {
			return portico.Verification{}, err
		}
		if stored.Issuer == issuer {
			return d.Verify(ctx, draft.ID)
		}
	}
	if draft.Secret.Empty() {
		return portico.Verification{}, portico.Invalid("dcr_config", "required", "The credential is needed to try this issuer; the stored one is sent to the stored issuer only.")
	}
	idp, err := d.IdPs.IdP(portico.Provider{Type: draft.Type, Issuer: issuer, Config: draft.Config}, draft.Secret)
	if err != nil {
		return d.found(ctx, err), nil
	}
	return d.verify(ctx, idp, nil), nil
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
