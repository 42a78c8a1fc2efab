package rfc7591

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"portico"
	"portico/idp"
	"portico/idp/dcr"
	"portico/oauth"
	"portico/secret"
)

// Config of a Client.
type Config struct {
	Provider portico.Provider
	Token    secret.Text  // the initial access token; empty: registering is open to everybody
	HTTP     *http.Client // nil: oauth.NewHTTPClient without access to private addresses
	Handles  portico.ClientHandles
	Now      func() time.Time
	Wait     func(context.Context, time.Duration) error // nil: a timer
	Logger   *slog.Logger
}

// Client implements portico.IdP.
type Client struct{ server *dcr.Server }

// New makes a Client. Only addresses that no authorization server can have are
// an error (IdPRejected); Verify judges the rest.
func New(cfg Config) (*Client, error) {
	if cfg.HTTP == nil {
		cfg.HTTP = oauth.NewHTTPClient(oauth.ClientPolicy{Timeout: idp.Timeout})
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	server, err := dcr.New(dcr.Config{
		Vendor: "The authorization server", Issuer: cfg.Provider.Issuer, Endpoint: cfg.Provider.Config.Endpoint(),
		Initial: func(context.Context) (secret.Text, error) { return cfg.Token, nil },
		Secrets: []secret.Text{cfg.Token}, Handles: cfg.Handles, HTTP: cfg.HTTP, Now: cfg.Now, Wait: cfg.Wait, Logger: cfg.Logger,
	})
	if err != nil {
		return nil, err
	}
	return &Client{server}, nil
}

// Capabilities implements portico.IdP.
func (c *Client) Capabilities() portico.Capabilities {
	return portico.Capabilities{MaxSecrets: 1, Unfindable: true, Unread: []string{"enabled"}}
}

// Create implements portico.IdP.
func (c *Client) Create(ctx context.Context, spec portico.ClientSpec, createKey string) (portico.Client, error) {
	return c.server.Register(ctx, spec, createKey)
}

// Find implements portico.IdP.
func (c *Client) Find(ctx context.Context, createKey string) (portico.ClientRef, error) {
	return c.server.Find(ctx, createKey)
}

// Read implements portico.IdP.
func (c *Client) Read(ctx context.Context, ref portico.ClientRef) (portico.ClientState, error) {
	return c.server.Read(ctx, ref)
}

// Update implements portico.IdP.
func (c *Client) Update(ctx context.Context, ref portico.ClientRef, spec portico.ClientSpec) error {
	return c.server.Update(ctx, ref, spec)
}

// Delete implements portico.IdP.
func (c *Client) Delete(ctx context.Context, ref portico.ClientRef) error {
	return c.server.Delete(ctx, ref)
}

// Verify implements portico.IdP.
func (c *Client) Verify(ctx context.Context) (portico.Verification, error) {
	return c.server.Verify(ctx)
}
