package control

import (
	"context"
	"fmt"

	"portico"
	"portico/access"
	"portico/secret"
	"portico/usecase"
)

// Providers are the DCR providers.
type Providers struct{ saga }

// ProviderView is a provider with what the API shows of it. Active says whether
// an active auth strategy uses it.
type ProviderView struct {
	portico.Provider
	Active bool
}

// NewProvider is the wish for a provider. Secret is the one secret of its type:
// dcr_token, initial_client_secret, api_key or initial_access_token; kongIdentity
// has none, and rfc7591 need not have one.
type NewProvider struct {
	Name        string
	DisplayName *string
	Type        portico.ProviderType
	Issuer      string
	Config      portico.ProviderConfig
	Secret      secret.Text
	Labels      map[string]string
}

// ProviderChange is a partial update; the type stays what it is.
type ProviderChange struct {
	Name        portico.Opt[string]
	DisplayName portico.Opt[string]
	Issuer      portico.Opt[string]
	Config      ProviderConfigChange
	Secret      portico.Opt[secret.Text]
	Labels      portico.Opt[map[string]*string]
}

// ProviderConfigChange is a partial update of the readable configuration.
type ProviderConfigChange struct {
	InitialClientID           portico.Opt[string]
	InitialClientAudience     portico.Opt[string]
	UseDeveloperManagedScopes portico.Opt[bool]
	BaseURL                   portico.Opt[string]
	RegistrationEndpoint      portico.Opt[string]
	DisableEventHooks         portico.Opt[bool]
	DisableRefreshSecret      portico.Opt[bool]
	AllowMultipleCredentials  portico.Opt[bool]
	ServiceClientID           portico.Opt[string] // with the secret that belongs to it
	RegistrationMode          portico.Opt[string]
}

// Create adds a provider. Its secret is sealed before it is stored, for this
// row alone. It does not call the identity provider; Verify does.
func (p Providers) Create(ctx context.Context, in NewProvider) (ProviderView, error) {
	now := p.Now()
	provider := portico.Provider{
		ID: portico.ProviderID(p.NewID()), Name: in.Name, DisplayName: in.DisplayName, Type: in.Type,
		Issuer: portico.TidyIssuer(in.Issuer), Config: in.Config, Labels: in.Labels, CreatedAt: now, UpdatedAt: now,
	}
	var err error
	if provider.SealedSecret, err = p.seal(provider, in.Secret); err != nil {
		return ProviderView{}, err
	}
	err = p.Commit(ctx, func(tx portico.Tx) error {
		if err := tx.Providers().Insert(ctx, provider); err != nil {
			return err
		}
		return p.Own(ctx, tx, access.Providers, string(provider.ID))
	})
	if err != nil {
		return ProviderView{}, err
	}
	return ProviderView{Provider: provider}, nil
}

// Offers says whether providers of a type can be used, not only stored.
func (p Providers) Offers(t portico.ProviderType) bool { return p.IdPs.Offers(t) }

// seal encrypts a provider's secret, if it has one.
func (p Providers) seal(provider portico.Provider, value secret.Text) ([]byte, error) {
	switch {
	case !provider.Type.TakesSecret(), value.Empty() && !provider.Type.NeedsSecret():
		return nil, nil
	case value.Empty():
		return nil, portico.Invalid("dcr_config", "required", "The credential of the identity provider is missing.")
	}
	return p.Sealer.Seal(value, provider.SecretPlace())
}

// List returns a page of the providers.
func (p Providers) List(ctx context.Context, q portico.ListQuery) (portico.Page[ProviderView], error) {
	return usecase.View(ctx, p.Store, func(tx portico.Tx) (portico.Page[ProviderView], error) {
		page, err := tx.Providers().List(ctx, q)
		if err != nil {
			return portico.Page[ProviderView]{}, err
		}
		views, err := providerViews(ctx, tx, page.Items)
		return portico.Page[ProviderView]{Items: views, Total: page.Total}, err
	})
}

// ByID returns a provider; KindNotFound.
func (p Providers) ByID(ctx context.Context, id portico.ProviderID) (ProviderView, error) {
	return usecase.View(ctx, p.Store, func(tx portico.Tx) (ProviderView, error) {
		provider, err := tx.Providers().ByID(ctx, id)
		if err != nil {
			return ProviderView{}, err
		}
		return usecase.One(providerViews(ctx, tx, []portico.Provider{provider}))
	})
}

// Update changes a provider; KindNotFound, or KindInvalid, among others where
// the stored credential would be sent to another host, or where clients that
// were registered in one way would be managed in another.
func (p Providers) Update(ctx context.Context, id portico.ProviderID, ch ProviderChange) (ProviderView, error) {
	err := p.Commit(ctx, func(tx portico.Tx) error {
		_, err := tx.Providers().Change(ctx, id, func(provider *portico.Provider) error {
			before := *provider
			ch.Name.Apply(&provider.Name)
			ch.DisplayName.ApplyPtr(&provider.DisplayName)
			ch.Config.Apply(&provider.Config)
			if before.Config.Registration() != provider.Config.Registration() {
				if err := noClients(ctx, tx, id); err != nil {
					return err
				}
			}
			if ch.Issuer.Set {
				provider.Issuer = portico.TidyIssuer(ch.Issuer.Value)
			}
			if ch.Secret.Set {
				sealed, err := p.seal(*provider, ch.Secret.Value)
				if err != nil {
					return err
				}
				provider.SealedSecret = sealed
			} else if len(provider.SealedSecret) > 0 && !before.KeepsSecret(*provider) {
				return portico.Invalid("dcr_config", "required", "The stored credential is for the stored hosts and client only. Enter a credential for the new one along with it; nothing was changed.")
			}
			return portico.MergeLabels(&provider.Labels, ch.Labels)
		})
		return err
	})
	if err != nil {
		return ProviderView{}, err
	}
	return p.ByID(ctx, id)
}

// noClients refuses another way to register clients while there are any, or may
// be: what finds, marks and lists those of one way does not know the other's.
func noClients(ctx context.Context, tx portico.Tx, id portico.ProviderID) error {
	one := portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{portico.Where("dcr_provider_id", id)}}
	apps, err := tx.Applications().List(ctx, one)
	if err != nil {
		return err
	}
	tasks, err := tx.Tasks().List(ctx, one)
	if err != nil || apps.Total+tasks.Total == 0 {
		return err
	}
	return portico.Invalid("dcr_config.registration_mode", "invalid",
		fmt.Sprintf("cannot change while there are clients of the provider (applications: %d, tasks about clients: %d); nothing was changed. Make another provider for new applications", apps.Total, tasks.Total))
}

// Apply writes the change to a configuration.
func (ch ProviderConfigChange) Apply(to *portico.ProviderConfig) {
	ch.InitialClientID.Apply(&to.InitialClientID)
	ch.InitialClientAudience.ApplyPtr(&to.InitialClientAudience)
	ch.UseDeveloperManagedScopes.Apply(&to.UseDeveloperManagedScopes)
	ch.BaseURL.Apply(&to.BaseURL)
	ch.RegistrationEndpoint.ApplyPtr(&to.RegistrationEndpoint)
	ch.DisableEventHooks.Apply(&to.DisableEventHooks)
	ch.DisableRefreshSecret.Apply(&to.DisableRefreshSecret)
	ch.AllowMultipleCredentials.Apply(&to.AllowMultipleCredentials)
	ch.ServiceClientID.Apply(&to.ServiceClientID)
	ch.RegistrationMode.Apply((*string)(&to.RegistrationMode))
}

// Delete removes a provider; KindNotFound, or KindConflict while an auth
// strategy uses it or a client of it still has to be removed.
func (p Providers) Delete(ctx context.Context, id portico.ProviderID) error {
	return p.Commit(ctx, func(tx portico.Tx) error {
		strategies, err := tx.Strategies().List(ctx, portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{portico.Where("dcr_provider_id", id)}})
		if err != nil {
			return err
		}
		if strategies.Total > 0 {
			return portico.Errorf(portico.KindConflict, "The DCR provider is used by %d auth strategies, among them [%s]; nothing was deleted. Detach it from them or delete them first.",
				strategies.Total, strategies.Items[0].Name)
		}
		if err := usecase.Disown(ctx, tx, access.Providers, string(id)); err != nil {
			return err
		}
		return tx.Providers().Delete(ctx, id)
	})
}

// providerViews adds what the API shows, with one query per kind of entity.
func providerViews(ctx context.Context, tx portico.Tx, providers []portico.Provider) ([]ProviderView, error) {
	out := make([]ProviderView, len(providers))
	for i, p := range providers {
		out[i].Provider = p
	}
	strategies, err := tx.Strategies().List(ctx, portico.Everything(usecase.AnyOf("dcr_provider_id", providers, func(p portico.Provider) portico.ProviderID { return p.ID })))
	if err != nil {
		return nil, err
	}
	active, err := activeStrategies(ctx, tx, strategies.Items)
	if err != nil {
		return nil, err
	}
	for _, s := range strategies.Items {
		for i := range out {
			if active[s.ID] && *s.ProviderID == out[i].ID {
				out[i].Active = true
			}
		}
	}
	return out, nil
}
