package app

import (
	"net/http"
	"time"

	"portico"
	"portico/handles"
	"portico/health"
	"portico/idp"
	"portico/idp/auth0"
	"portico/idp/azuread"
	"portico/idp/bridge"
	"portico/idp/curity"
	"portico/idp/okta"
	"portico/idp/rfc7591"
	"portico/secret"
)

// identityProviders makes the adapters for DCR providers. A type that is not
// listed can be kept, and used once there is an adapter.
func (a *App) identityProviders(client *http.Client, monitor *health.Monitor, sealer portico.Sealer, now func() time.Time) portico.IdPs {
	settings := func(p portico.Provider, credential secret.Text) idp.Settings {
		return idp.Settings{
			Provider: p, Credential: credential, Handles: handles.Of(a.store, sealer, now, p.ID),
			HTTP: monitor.Watch(p.ID, client), Now: now, Logger: a.logger,
		}
	}
	adapters := map[portico.ProviderType]idp.Constructor{
		portico.ProviderOkta: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
			return okta.New(settings(p, credential))
		},
		portico.ProviderHTTP: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
			return bridge.New(settings(p, credential))
		},
		portico.ProviderAuth0: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
			return auth0.New(settings(p, credential))
		},
		portico.ProviderAzureAD: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
			return azuread.New(azuread.Config{Settings: settings(p, credential)})
		},
		portico.ProviderRFC7591: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
			return rfc7591.New(settings(p, credential))
		},
		portico.ProviderCurity: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
			return curity.New(settings(p, credential))
		},
	}
	if a.authServer != nil {
		adapters[portico.ProviderKongIdentity] = a.builtIn(settings)
	}
	return idp.NewAdapters(adapters)
}
