package curity

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"portico"
	"portico/idp"
	"portico/idp/dcr"
	"portico/oauth"
	"portico/secret"
)

// The scopes of the tokens for registering a client, and for managing any.
const (
	scopeRegister = "dcr"
	scopeManage   = "dcrm"
)

// Client implements portico.IdP and portico.SecretReplacer.
type Client struct {
	*dcr.Server

	mu      sync.Mutex
	sources map[string]*idp.TokenSource // by scope, once the token endpoint is known
}

// New makes a Client. The credential is the secret of the client that
// Config.InitialClientID names, which obtains tokens. Only an issuer that no
// authorization server can have is an error (IdPRejected); Verify judges the
// rest. The discovery document's address does in place of the issuer's.
func New(s idp.Settings) (*Client, error) {
	c := &Client{sources: map[string]*idp.TokenSource{}}
	server, err := dcr.New(dcr.Config{Settings: s, Vendor: "Curity", Initial: c.initial, Any: c.any})
	c.Server = server
	return c, err
}

// initial obtains an initial access token, a new one each time.
func (c *Client) initial(ctx context.Context) (secret.Text, error) {
	source, err := c.source(ctx, scopeRegister)
	if err != nil {
		return secret.Text{}, err
	}
	token, err := source.Fetch(ctx)
	return token.Value, err
}

// any obtains a token that manages any client.
func (c *Client) any(ctx context.Context) (secret.Text, error) {
	source, err := c.source(ctx, scopeManage)
	if err != nil {
		return secret.Text{}, err
	}
	token, err := source.Token(ctx)
	return token.Value, err
}

// source of tokens of a scope. The secret goes to the issuer's host only.
func (c *Client) source(ctx context.Context, scope string) (*idp.TokenSource, error) {
	found, err := c.Metadata(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if source := c.sources[scope]; source != nil {
		return source, nil
	}
	issuer, err := url.Parse(found.Issuer)
	if err != nil {
		return nil, &portico.IdPError{Kind: portico.IdPRejected, Detail: "Curity says that its issuer is something that is no address", Err: err}
	}
	endpoint, err := url.Parse(found.TokenEndpoint)
	if err != nil || endpoint.Scheme != issuer.Scheme || !strings.EqualFold(endpoint.Host, issuer.Host) {
		return nil, &portico.IdPError{Kind: portico.IdPRejected, Err: err,
			Detail: fmt.Sprintf("Curity's token endpoint %s is not on the issuer's host %s, where the client secret goes", found.TokenEndpoint, issuer.Host)}
	}
	basic := oauth.EncodeBasic(c.Provider.Config.InitialClientID, c.Credential)
	c.sources[scope] = idp.NewTokenSource(idp.New(c.Settings.Config("Curity", endpoint, idp.ExplainOAuth)), idp.Call{
		Method: http.MethodPost, Path: endpoint.RequestURI(), Class: "token", Header: http.Header{"Authorization": {basic}},
		Secrets: []secret.Text{secret.New(strings.TrimPrefix(basic, "Basic "))},
		Form:    url.Values{"grant_type": {portico.MethodClientCredentials}, "scope": {scope}},
	})
	return c.sources[scope], nil
}

// Capabilities implements portico.IdP.
func (c *Client) Capabilities() portico.Capabilities {
	return portico.Capabilities{MaxSecrets: 1, Unfindable: true, DestructiveRead: true,
		Unread: []string{"name", "redirect_uris", "grant_types", "scopes", "enabled"}}
}

// Read implements portico.IdP by refusing to.
func (c *Client) Read(context.Context, portico.ClientRef) (portico.ClientState, error) {
	return portico.ClientState{}, &portico.IdPError{Kind: portico.IdPRejected,
		Detail: "Curity gives a client a new secret whenever it is read, so it is not; nothing was sent"}
}

// Update implements portico.IdP by refusing to.
func (c *Client) Update(context.Context, portico.ClientRef, portico.ClientSpec) error {
	return &portico.IdPError{Kind: portico.IdPRejected,
		Detail: "Curity gives a client a new secret with every change, and the old one ends at once; create a new application in its place"}
}

// ReplaceSecret implements portico.SecretReplacer.
func (c *Client) ReplaceSecret(ctx context.Context, ref portico.ClientRef) (portico.ClientSecret, error) {
	return c.Rotate(ctx, ref)
}

// Verify implements portico.IdP.
func (c *Client) Verify(ctx context.Context) (portico.Verification, error) {
	v, err := c.Server.Verify(ctx)
	if err != nil || len(v.Errors) > 0 {
		return v, err
	}
	if _, err := c.any(ctx); portico.IsIdP(err, portico.IdPDenied) {
		v.Warnings = append(v.Warnings, "The client "+c.Provider.Config.InitialClientID+" may not obtain the scope dcrm: clients whose own token was lost, or expired after a year, can only be removed in Curity. Add the client to the management clients of Dynamic Client Registration.")
	}
	return v, ctx.Err()
}
