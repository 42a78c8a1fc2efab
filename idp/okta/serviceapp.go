package okta

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"portico"
	"portico/idp"
	"portico/oauth"
	"portico/secret"
)

// A service app proves who it is with a key (private_key_jwt) and gets short
// tokens from the organisation's own authorization server, each with the scopes
// for one kind of call: Okta refuses a token with a scope that was not granted,
// and not every app is granted all.
const (
	scopesReader = "okta.authorizationServers.read"
	scopesKeeper = "okta.authorizationServers.manage"
)

// assertionLife is how long an assertion may be used; Okta takes up to an hour.
const assertionLife = 5 * time.Minute

// service says whether a service app registers clients.
func (o *organization) service() bool { return o.api.Tokens != nil }

// authorizeAsService makes the APIs of a service app, each with tokens of its
// own.
func (o *organization) authorizeAsService(base idp.Config, clientID string, key secret.Text) error {
	signer, err := oauth.NewClientSigner(key)
	if err != nil {
		return &portico.IdPError{Kind: portico.IdPRejected, Detail: "The private key of the service app cannot be used: " + err.Error() + ". Paste it as Okta shows it when it is generated."}
	}
	endpoint := idp.New(base)
	with := func(scopes string) *idp.API {
		cfg := base
		cfg.Tokens = idp.NewSignedTokenSource(endpoint, func() (idp.Call, error) {
			assertion, err := assert(signer, clientID, endpoint)
			return idp.Call{
				Method: http.MethodPost, Path: "/oauth2/v1/token", Class: classToken, Secrets: []secret.Text{assertion},
				Form: url.Values{
					"grant_type": {portico.MethodClientCredentials}, "scope": {scopes}, "client_assertion": {assertion.Reveal()},
					"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
				},
			}, err
		})
		return idp.New(cfg)
	}
	o.api, o.reader, o.keeper = with(o.scopes), with(scopesReader), with(scopesKeeper)
	return nil
}

// assert says, signed, who asks for a token. It is good for one use.
func assert(signer jose.Signer, clientID string, endpoint *idp.API) (secret.Text, error) {
	now := endpoint.Now()
	text, err := jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: clientID, Subject: clientID, Audience: jwt.Audience{endpoint.Base.String() + "/oauth2/v1/token"},
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(assertionLife)), ID: portico.NewRandomID(),
	}).Serialize()
	if err != nil {
		return secret.Text{}, errors.New("the private key does not sign")
	}
	return secret.New(text), nil
}

// serviceFault says why a service app may not register clients.
func (o *organization) serviceFault(err error) string {
	code := ""
	if status := idp.Status(err); status != nil {
		code = status.Code
	}
	switch code {
	case "invalid_client":
		return "Okta does not know the service app by this client id and key. Compare both with the app at Okta > Applications, tab General: Client authentication must be Public key / Private key, and the key active."
	case "invalid_scope":
		return fmt.Sprintf("The service app has not been granted the scopes %s. Grant them at Okta > Applications, tab Okta API Scopes.", o.scopes)
	case "invalid_dpop_proof":
		return "The service app asks for proof of possession (DPoP), which Portico does not do. Clear Require Demonstrating Proof of Possession at Okta > Applications, tab General."
	}
	return fmt.Sprintf("The service app may not register clients: %v. Give it an admin role that manages applications at Okta > Applications, tab Admin roles.", err)
}
