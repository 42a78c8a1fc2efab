package app

import (
	"log/slog"
	"net/http"
	"time"

	"portico"
	"portico/idp"
	"portico/idp/auth0"
	"portico/idp/azuread"
	"portico/idp/bridge"
	"portico/idp/okta"
	"portico/secret"
)

// identityProviders makes the adapters for DCR providers. A type that is not
// listed can be kept, and used once there is an adapter.
func identityProviders(client *http.Client, now func() time.Time, logger *slog.Logger) portico.IdPs {
	return idp.NewAdapters(map[portico.ProviderType]idp.Constructor{
		portico.ProviderOkta: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
			return okta.New(okta.Config{Provider: p, Token: credential, HTTP: client, Now: now, Logger: logger})
		},
		portico.ProviderHTTP: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
			return bridge.New(bridge.Config{Provider: p, Key: credential, HTTP: client, Now: now, Logger: logger})
		},
		portico.ProviderAuth0: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
			return auth0.New(auth0.Config{Provider: p, Secret: credential, HTTP: client, Now: now, Logger: logger})
		},
		portico.ProviderAzureAD: func(p portico.Provider, credential secret.Text) (portico.IdP, error) {
			return azuread.New(azuread.Config{Provider: p, Secret: credential, HTTP: client, Now: now, Logger: logger})
		},
	})
}
