package auth0

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"portico"
	"portico/idp"
	"portico/oauth"
	"portico/secret"
)

// Config of a Client.
type Config struct {
	Provider portico.Provider
	Secret   secret.Text  // of the application that Provider.Config.InitialClientID names
	HTTP     *http.Client // nil: oauth.NewHTTPClient without access to private addresses
	Now      func() time.Time
	Wait     func(context.Context, time.Duration) error // nil: a timer
	Logger   *slog.Logger
}

// Client implements portico.IdP, portico.SecretReplacer, portico.ClientLister
// and portico.ScopeChecker.
type Client struct {
	api      *idp.API
	tokens   *idp.TokenSource
	issuer   *url.URL // normalised: without the slash that tokens have at its end
	audience string   // of the Management API
	managed  bool     // developers choose scopes
	http     *http.Client
	logger   *slog.Logger
}

// New makes a Client for the tenant that the provider's issuer belongs to. Only
// an issuer that no authorization server can have is an error here
// (IdPRejected); Verify judges the rest.
func New(cfg Config) (*Client, error) {
	normal, err := oauth.NormalizeIssuer(cfg.Provider.Issuer)
	if err != nil {
		return nil, unusable(cfg.Provider.Issuer, err)
	}
	issuer, err := url.Parse(normal)
	if err != nil {
		return nil, unusable(cfg.Provider.Issuer, err)
	}
	if cfg.HTTP == nil {
		cfg.HTTP = oauth.NewHTTPClient(oauth.ClientPolicy{Timeout: idp.Timeout})
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Client{issuer: issuer, audience: normal + "/api/v2/", managed: cfg.Provider.Config.UseDeveloperManagedScopes, http: cfg.HTTP, logger: cfg.Logger}
	if own := cfg.Provider.Config.InitialClientAudience; own != nil && *own != "" {
		c.audience = *own // with a domain of one's own, the API's is still the tenant's
	}
	base := idp.Config{
		Vendor: "Auth0", Base: &url.URL{Scheme: issuer.Scheme, Host: issuer.Host}, HTTP: cfg.HTTP,
		Secrets: []secret.Text{cfg.Secret}, Explain: explain,
		Now: cfg.Now, Wait: cfg.Wait, Logger: cfg.Logger,
	}
	c.tokens = idp.NewTokenSource(idp.New(base), idp.Call{
		Method: http.MethodPost, Path: "/oauth/token", Class: "token", Secrets: []secret.Text{cfg.Secret},
		Body: map[string]string{
			"grant_type": "client_credentials", "client_id": cfg.Provider.Config.InitialClientID,
			"client_secret": cfg.Secret.Reveal(), "audience": c.audience,
		},
	})
	base.Tokens = c.tokens
	c.api = idp.New(base)
	return c, nil
}

// unusable is the error for an issuer that no authorization server can have.
func unusable(issuer string, why error) error {
	return &portico.IdPError{Kind: portico.IdPRejected, Detail: fmt.Sprintf("The issuer %s cannot be used: %v. Correct it.", issuer, why)}
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
