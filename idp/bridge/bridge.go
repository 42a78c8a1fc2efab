package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"portico"
	"portico/idp"
	"portico/oauth"
	"portico/secret"
)

// Config of a Client.
type Config struct {
	Provider portico.Provider // with Config.BaseURL
	Key      secret.Text      // sent as X-API-KEY
	HTTP     *http.Client     // nil: oauth.NewHTTPClient without access to private addresses
	Now      func() time.Time
	Wait     func(context.Context, time.Duration) error // nil: a timer
	Logger   *slog.Logger
}

// Client implements portico.IdP and portico.EventReceiver.
type Client struct {
	api      *idp.API
	base     string // path of the address, without a slash at its end
	provider portico.Provider
	http     *http.Client
}

// Replacer is a Client whose bridge exchanges secrets: it implements
// portico.SecretReplacer, too.
type Replacer struct{ *Client }

// New makes the adapter for a provider: a *Replacer, or a *Client where the
// provider's configuration says that secrets are not refreshed. Only an address
// that no bridge can have is an error here (IdPRejected).
func New(cfg Config) (portico.IdP, error) {
	base, err := idp.ParseBase(cfg.Provider.Config.BaseURL)
	if err != nil {
		return nil, &portico.IdPError{Kind: portico.IdPRejected, Detail: fmt.Sprintf("The bridge's address (dcr_base_url) %s cannot be used: %v. Correct it.", cfg.Provider.Config.BaseURL, err)}
	}
	if cfg.HTTP == nil {
		cfg.HTTP = oauth.NewHTTPClient(oauth.ClientPolicy{Timeout: idp.Timeout})
	}
	c := &Client{base: strings.TrimRight(base.EscapedPath(), "/"), provider: cfg.Provider, http: cfg.HTTP}
	c.api = idp.New(idp.Config{
		Vendor:    "The bridge",
		Base:      base,
		HTTP:      cfg.HTTP,
		Authorize: func(r *http.Request) { r.Header.Set("X-API-KEY", cfg.Key.Reveal()) },
		Secrets:   []secret.Text{cfg.Key},
		Explain:   explain,
		Now:       cfg.Now, Wait: cfg.Wait, Logger: cfg.Logger,
	})
	if cfg.Provider.Config.DisableRefreshSecret {
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
	var made answer
	_, err := c.api.Do(ctx, idp.Call{
		Method: http.MethodPost, Path: c.base + "/", Class: class,
		// Not an Idempotency-Key, with which net/http repeats a request by itself.
		Header: http.Header{"X-Request-Id": {createKey}}, Body: c.application(spec), Out: &made, Creates: true,
	})
	if portico.IsIdP(err, portico.IdPNotFound) {
		return portico.Client{}, &portico.IdPError{Kind: portico.IdPDenied, Err: err,
			Detail: fmt.Sprintf("No bridge answers at %s: correct dcr_base_url", c.provider.Config.BaseURL)}
	}
	if err != nil {
		return portico.Client{}, err
	}
	if !usable(made.ClientID) || made.Secret.Empty() {
		return portico.Client{}, &portico.IdPError{Kind: portico.IdPAmbiguous, Detail: "The bridge answered the registration without a client_id and client_secret that can be used"}
	}
	return portico.Client{Ref: portico.ClientRef{ClientID: made.ClientID}, Secret: made.issued()}, nil
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
	var made answer
	_, err := r.api.Do(ctx, idp.Call{Method: http.MethodPost, Path: r.path(ref.ClientID, "new-secret"), Class: class, Out: &made, Creates: true})
	if err != nil {
		return portico.ClientSecret{}, err
	}
	if made.ClientID != ref.ClientID || made.Secret.Empty() {
		return portico.ClientSecret{}, &portico.IdPError{Kind: portico.IdPAmbiguous, Detail: "The bridge answered the new secret with something that is not this client's"}
	}
	return made.issued(), nil
}

// Notify implements portico.EventReceiver; it does nothing where the provider's
// configuration switches event hooks off.
func (c *Client) Notify(ctx context.Context, e portico.ClientEvent) error {
	if c.provider.Config.DisableEventHooks || !usable(e.Ref.ClientID) {
		return nil
	}
	_, err := c.api.Do(ctx, idp.Call{Method: http.MethodPost, Path: c.path(e.Ref.ClientID, "event-hook"), Class: class, Body: c.event(e), Repeats: true})
	return err
}

// usable reports whether an id can be a part of a path.
func usable(clientID string) bool { return clientID != "" && clientID != "." && clientID != ".." }
