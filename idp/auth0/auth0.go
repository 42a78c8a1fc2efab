package auth0

import (
	"encoding/json"
	"net/http"
	"net/url"

	"portico"
	"portico/idp"
)

// Client implements portico.IdP, portico.SecretReplacer, portico.ClientLister
// and portico.ScopeChecker.
type Client struct {
	api      *idp.API
	tokens   *idp.TokenSource
	issuer   *url.URL // normalised: without the slash that tokens have at its end
	audience string   // of the Management API
	managed  bool     // developers choose scopes
	http     *http.Client
}

// New makes a Client for the tenant that the provider's issuer belongs to. The
// credential is the secret of the application that Config.InitialClientID names.
// Only an issuer that no authorization server can have is an error here
// (IdPRejected); Verify judges the rest.
func New(s idp.Settings) (*Client, error) {
	issuer, err := s.Issuer()
	if err != nil {
		return nil, err
	}
	s = s.Complete()
	c := &Client{issuer: issuer, audience: issuer.String() + "/api/v2/", managed: s.Provider.Config.UseDeveloperManagedScopes, http: s.HTTP}
	if own := s.Provider.Config.InitialClientAudience; own != nil && *own != "" {
		c.audience = *own // with a domain of one's own, the API's is still the tenant's
	}
	cfg := s.Config("Auth0", issuer, explain)
	c.tokens = idp.NewTokenSource(idp.New(cfg), idp.Call{
		Method: http.MethodPost, Path: "/oauth/token", Class: "token",
		Body: map[string]string{
			"grant_type": portico.MethodClientCredentials, "client_id": s.Provider.Config.InitialClientID,
			"client_secret": s.Credential.Reveal(), "audience": c.audience,
		},
	})
	cfg.Tokens = c.tokens
	c.api = idp.New(cfg)
	return c, nil
}

// Capabilities implements portico.IdP.
func (c *Client) Capabilities() portico.Capabilities {
	return portico.Capabilities{MaxSecrets: 1, Unread: []string{"scopes", "enabled"}}
}

// classManagement: Auth0 counts all calls of the Management API together.
const classManagement = "management"

// explain reads the errors of the Management API and of the token endpoint.
func explain(body []byte) (code, text string) {
	var e struct {
		Code        string `json:"errorCode"`
		Error       string `json:"error"`
		Message     string `json:"message"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &e) != nil {
		return "", ""
	}
	code, text = e.Code, e.Message
	if code == "" {
		code = e.Error
	}
	if text == "" {
		text = e.Description
	}
	return code, text
}
