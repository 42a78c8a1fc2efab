package bridge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"portico"
	"portico/idp"
)

// Client implements portico.IdP and portico.EventReceiver.
type Client struct {
	api      *idp.API
	base     string // path of the address, without a slash at its end
	settings idp.Settings
}

// Replacer is a Client whose bridge exchanges secrets: it implements
// portico.SecretReplacer, too.
type Replacer struct{ *Client }

// New makes the adapter for a provider: a *Replacer, or a *Client where the
// provider's configuration says that secrets are not refreshed. The credential
// is the API key. Only an address that no bridge can have is an error here
// (IdPRejected).
func New(s idp.Settings) (portico.IdP, error) {
	base, err := idp.ParseBase(s.Provider.Config.BaseURL)
	if err != nil {
		return nil, idp.Unusable("bridge's address (dcr_base_url)", s.Provider.Config.BaseURL, err)
	}
	s = s.Complete()
	cfg := s.Config("The bridge", base, explain)
	cfg.Authorize = func(r *http.Request) { r.Header.Set("X-API-KEY", s.Credential.Reveal()) }
	c := &Client{api: idp.New(cfg), base: strings.TrimRight(base.EscapedPath(), "/"), settings: s}
	if s.Provider.Config.DisableRefreshSecret {
		return c, nil
	}
	return &Replacer{c}, nil
}

// Capabilities implements portico.IdP. The document has one secret per client
// and no way to ask for anything.
func (c *Client) Capabilities() portico.Capabilities {
	return portico.Capabilities{MaxSecrets: 1, Unfindable: true, Unread: []string{"name", "redirect_uris", "grant_types", "scopes", "enabled"}}
}

// class is one for all calls: the document tells of no limits.
const class = "bridge"

// path of a client, or of something below it.
func (c *Client) path(clientID string, below ...string) string {
	return c.base + "/" + url.PathEscape(clientID) + strings.Join(append([]string{""}, below...), "/")
}

// Create implements portico.IdP. The bridge is asked once, whatever becomes of
// the answer.
func (c *Client) Create(ctx context.Context, spec portico.ClientSpec, createKey string) (portico.Client, error) {
	var made idp.Object
	_, err := c.api.Do(ctx, idp.Call{
		Method: http.MethodPost, Path: c.base + "/", Class: class,
		// Not an Idempotency-Key, with which net/http repeats a request by itself.
		Header: http.Header{"X-Request-Id": {createKey}}, Body: c.application(spec), Out: &made, Creates: true,
	})
	if portico.IsIdP(err, portico.IdPNotFound) {
		return portico.Client{}, &portico.IdPError{Kind: portico.IdPDenied, Err: err,
			Detail: fmt.Sprintf("No bridge answers at %s: correct dcr_base_url", c.settings.Provider.Config.BaseURL)}
	}
	if err != nil {
		return portico.Client{}, err
	}
	id := made.Text("client_id")
	if !usable(id) || made.Secret("client_secret").Empty() {
		return portico.Client{}, &portico.IdPError{Kind: portico.IdPAmbiguous, Detail: "The bridge answered the registration without a client_id and client_secret that can be used"}
	}
	return portico.Client{Ref: portico.ClientRef{ClientID: id}, Secret: made.Issued()}, nil
}

// Find implements portico.IdP. Whether a client exists cannot be asked, so the
// answer is always IdPAmbiguous.
func (c *Client) Find(context.Context, string) (portico.ClientRef, error) {
	return portico.ClientRef{}, &portico.IdPError{Kind: portico.IdPAmbiguous, Detail: "A bridge cannot be asked which clients exist"}
}

// Read implements portico.IdP. A bridge tells nothing of its clients, so the
// answer is always IdPRejected.
func (c *Client) Read(context.Context, portico.ClientRef) (portico.ClientState, error) {
	return portico.ClientState{}, &portico.IdPError{Kind: portico.IdPRejected, Detail: "A bridge cannot be asked about a client, so one that exists already cannot be taken over from it"}
}

// Update implements portico.IdP. There is no call that changes a client: a
// bridge that wants to follow is told of the change as an event (Notify).
func (c *Client) Update(context.Context, portico.ClientRef, portico.ClientSpec) error { return nil }

// Delete implements portico.IdP.
func (c *Client) Delete(ctx context.Context, ref portico.ClientRef) error {
	if !usable(ref.ClientID) {
		return nil // no bridge has handed it out
	}
	_, err := c.api.Do(ctx, idp.Call{Method: http.MethodDelete, Path: c.path(ref.ClientID), Class: class})
	if portico.IsIdP(err, portico.IdPNotFound) {
		return nil
	}
	return err
}

// ReplaceSecret implements portico.SecretReplacer.
func (r *Replacer) ReplaceSecret(ctx context.Context, ref portico.ClientRef) (portico.ClientSecret, error) {
	if !usable(ref.ClientID) {
		return portico.ClientSecret{}, &portico.IdPError{Kind: portico.IdPNotFound, Detail: "No bridge has a client with this id"}
	}
	var made idp.Object
	_, err := r.api.Do(ctx, idp.Call{Method: http.MethodPost, Path: r.path(ref.ClientID, "new-secret"), Class: class, Out: &made, Creates: true})
	if err != nil {
		return portico.ClientSecret{}, err
	}
	if made.Text("client_id") != ref.ClientID || made.Secret("client_secret").Empty() {
		return portico.ClientSecret{}, &portico.IdPError{Kind: portico.IdPAmbiguous, Detail: "The bridge answered the new secret with something that is not this client's"}
	}
	return made.Issued(), nil
}

// Notify implements portico.EventReceiver; it does nothing where the provider's
// configuration switches event hooks off.
func (c *Client) Notify(ctx context.Context, e portico.ClientEvent) error {
	if c.settings.Provider.Config.DisableEventHooks || !usable(e.Ref.ClientID) {
		return nil
	}
	_, err := c.api.Do(ctx, idp.Call{Method: http.MethodPost, Path: c.path(e.Ref.ClientID, "event-hook"), Class: class, Body: c.event(e), Repeats: true})
	return err
}

// usable reports whether an id can be a part of a path.
func usable(clientID string) bool { return clientID != "" && clientID != "." && clientID != ".." }
