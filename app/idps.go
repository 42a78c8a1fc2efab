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
	store, logger := a.store, a.logger
	adapters := map[portico.ProviderType]idp.Constructor{
		portico.ProviderOkta: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
			return okta.New(okta.Config{Provider: p, Credential: credential, HTTP: monitor.Watch(p.ID, client), Now: now, Logger: logger})
		},
		portico.ProviderHTTP: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
			return bridge.New(bridge.Config{Provider: p, Key: credential, HTTP: monitor.Watch(p.ID, client), Now: now, Logger: logger})
		},
		portico.ProviderAuth0: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
			return auth0.New(auth0.Config{Provider: p, Secret: credential, HTTP: monitor.Watch(p.ID, client), Now: now, Logger: logger})
		},
		portico.ProviderAzureAD: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
			return azuread.New(azuread.Config{Provider: p, Secret: credential, HTTP: monitor.Watch(p.ID, client), Now: now, Logger: logger})
		},
		portico.ProviderRFC7591: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
			return rfc7591.New(rfc7591.Config{Provider: p, Token: credential, HTTP: monitor.Watch(p.ID, client), Handles: handles.Of(store, sealer, now, p.ID), Now: now, Logger: logger})
		},
		portico.ProviderCurity: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
			return curity.New(curity.Config{Provider: p, Secret: credential, HTTP: monitor.Watch(p.ID, client), Handles: handles.Of(store, sealer, now, p.ID), Now: now, Logger: logger})
		},
	}
	if a.authServer != nil {
		adapters[portico.ProviderKongIdentity] = a.builtIn(func(id portico.ProviderID) *http.Client { return monitor.Watch(id, client) }, now)
	}
	return idp.NewAdapters(adapters)
}
