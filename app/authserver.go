package app

import (
	"context"
	"fmt"
	"strings"

	"portico"
	"portico/idp"
	"portico/idp/okta"
	"portico/localas"
	"portico/secret"
)

// authServerToken is the name of the token by which Portico manages the built-in
// authorization server. Each start makes a new one, which is written nowhere.
const authServerToken = "portico, of its own accord"

// openAuthServer opens the built-in authorization server, if there is to be one.
func (a *App) openAuthServer(ctx context.Context, o Options) error {
	c := a.config
	if c.ListenAuthServer == "" {
		return nil
	}
	var err error
	a.authServer, err = localas.Open(ctx, localas.Config{
		Dir: c.DataDir, BaseURL: c.AuthServerURL, AdminEmail: c.AuthServerEmail, AdminPassword: c.AuthServerPassword, Logger: o.Logger, Now: o.Now, Faults: o.Faults,
	})
	if err != nil {
		return fmt.Errorf("opening the authorization server: %w", err)
	}
	a.authToken, err = a.authServer.ReplaceToken(ctx, authServerToken)
	return err
}

// AuthServer is the built-in authorization server; nil: there is none.
func (a *App) AuthServer() *localas.Server { return a.authServer }

// builtIn makes adapters for providers of the type kongIdentity: clients at the
// built-in authorization server, which needs no credential from an admin.
func (a *App) builtIn(settings func(portico.Provider, secret.Text) idp.Settings) idp.Constructor {
	return func(p portico.Provider, _ secret.Text) (portico.IdP, error) {
		if !strings.HasPrefix(p.Issuer, a.config.AuthServerURL+"/oauth2/") {
			return nil, &portico.IdPError{Kind: portico.IdPRejected, Detail: fmt.Sprintf(
				"The issuer %s is not of the built-in authorization server. Enter one of its own, such as %s/oauth2/default.", p.Issuer, a.config.AuthServerURL)}
		}
		return okta.New(settings(p, a.authToken))
	}
}
