package rfc7591

import (
	"context"

	"portico"
	"portico/idp"
	"portico/idp/dcr"
	"portico/secret"
)

// Client implements portico.IdP.
type Client struct{ *dcr.Server }

// New makes a Client. The credential is the initial access token; without one
// registering is open to everybody. Only addresses that no authorization server
// can have are an error (IdPRejected); Verify judges the rest.
func New(s idp.Settings) (*Client, error) {
	server, err := dcr.New(dcr.Config{Settings: s, Vendor: "The authorization server",
		Initial: func(context.Context) (secret.Text, error) { return s.Credential, nil }})
	if err != nil {
		return nil, err
	}
	return &Client{server}, nil
}

// Capabilities implements portico.IdP.
func (c *Client) Capabilities() portico.Capabilities {
	return portico.Capabilities{MaxSecrets: 1, Unfindable: true, Unread: []string{"enabled"}}
}
