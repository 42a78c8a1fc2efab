package okta

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"portico"
	"portico/idp"
	"portico/secret"
)

const pageSize = 200 // Okta's largest

func appPath(id string, more ...string) string {
	path := appsPath + "/" + url.PathEscape(id)
	for _, part := range more {
		path += "/" + url.PathEscape(part)
	}
	return path
}

// Create implements portico.IdP. A client that exists already under the create
// key is answered as IdPAmbiguous: Find gives it.
func (c *Client) Create(ctx context.Context, spec portico.ClientSpec, createKey string) (portico.Client, error) {
	id, err := clientID(createKey)
	if err != nil {
		return portico.Client{}, err
	}
	value := newSecret()
	var made struct {
		app
		Created string `json:"created"`
	}
	_, err = c.api.Do(ctx, idp.Call{
		Method: http.MethodPost, Path: appsPath + "?activate=true", Class: classApps,
		Body: newApp(spec, id, value), Out: &made, Creates: true, Secrets: []secret.Text{value},
	})
	if s := idp.Status(err); s != nil && s.Status == http.StatusBadRequest && strings.Contains(s.Text, "client_id") {
		return portico.Client{}, &portico.IdPError{Kind: portico.IdPAmbiguous, Err: s,
			Detail: "Okta did not accept the client id; most likely the client exists already: " + s.Text}
	}
	if err != nil {
		return portico.Client{}, err
	}
	if made.ID == "" || made.Credentials.OAuth.ClientID != id {
		return portico.Client{}, &portico.IdPError{Kind: portico.IdPAmbiguous,
			Detail: "Okta answered the registration with something that is not the client asked for"}
	}
	client := portico.Client{Ref: made.ref(), Secret: portico.ClientSecret{
		SecretInfo: portico.SecretInfo{Active: true, CreatedAt: parseTime(made.Created)}, Value: value,
	}}
	// Okta does not say the secret's own id here. Not to know it is no failure:
	// the client exists, and its secrets can be listed later.
	if infos, err := c.Secrets(ctx, client.Ref); err != nil {
		c.logger.WarnContext(ctx, "the id of a new client's secret is not known", "client_id", id, "error", err)
	} else if len(infos) == 1 {
		client.Secret.SecretInfo = infos[0]
	}
	return client, nil
}

// Find implements portico.IdP.
func (c *Client) Find(ctx context.Context, createKey string) (portico.ClientRef, error) {
	id, err := clientID(createKey)
	if err != nil {
		return portico.ClientRef{}, err
	}
	found, err := c.byClientID(ctx, id)
	if err != nil {
		return portico.ClientRef{}, err
	}
	return found.ref(), nil
}

// byClientID asks for the app under its client id, which is its own id unless
// Okta gave it another, and otherwise looks through all apps: Okta cannot
// search for a client id.
func (c *Client) byClientID(ctx context.Context, id string) (app, error) {
	a, err := c.app(ctx, id)
	switch {
	case err == nil && a.Credentials.OAuth.ClientID == id:
		return a, nil
	case err != nil && !portico.IsIdP(err, portico.IdPNotFound):
		return app{}, err
	}
	for cursor := ""; ; {
		var page []app
		next, err := c.page(ctx, cursor, &page)
		if err != nil {
			return app{}, err
		}
		for _, a := range page {
			if a.Credentials.OAuth.ClientID == id {
				return a, nil
			}
		}
		if next == "" {
			return app{}, &portico.IdPError{Kind: portico.IdPNotFound, Detail: fmt.Sprintf("Okta has no client %s", id)}
		}
		cursor = next
	}
}

// appID is Okta's id of the client's app.
func (c *Client) appID(ctx context.Context, ref portico.ClientRef) (string, error) {
	if ref.ExternalID != "" {
		return ref.ExternalID, nil
	}
	if ref.ClientID == "" {
		return "", &portico.IdPError{Kind: portico.IdPNotFound, Detail: "a client without an id is in no Okta organisation"}
	}
	a, err := c.byClientID(ctx, ref.ClientID)
	return a.ID, err
}

// Read implements portico.IdP.
func (c *Client) Read(ctx context.Context, ref portico.ClientRef) (portico.ClientState, error) {
	if ref.ExternalID == "" {
		a, err := c.byClientID(ctx, ref.ClientID)
		if err != nil {
			return portico.ClientState{}, err
		}
		return a.state(), nil
	}
	a, err := c.app(ctx, ref.ExternalID)
	if err != nil {
		return portico.ClientState{}, err
	}
	return a.state(), nil
}

// app reads an app by Okta's id of it.
func (c *Client) app(ctx context.Context, id string) (app, error) {
	var a app
	if _, err := c.api.Do(ctx, idp.Call{Method: http.MethodGet, Path: appPath(id), Class: classApp, Out: &a}); err != nil {
		return app{}, err
	}
	if a.ID == "" {
		return app{}, errNoApp()
	}
	return a, nil
}

func errNoApp() error {
	return &portico.IdPError{Kind: portico.IdPUnavailable, Detail: "Okta answered with something that is not an app"}
}

// Update implements portico.IdP. Okta replaces the whole object, so it is read
// first and everything that is not ours is written back as it was.
func (c *Client) Update(ctx context.Context, ref portico.ClientRef, spec portico.ClientSpec) error {
	id, err := c.appID(ctx, ref)
	if err != nil {
		return err
	}
	var object idp.Object
	if _, err := c.api.Do(ctx, idp.Call{Method: http.MethodGet, Path: appPath(id), Class: classApp, Out: &object}); err != nil {
		return err
	}
	if object.Text("id") == "" {
		return errNoApp()
	}
	revise(object, spec)
	_, err = c.api.Do(ctx, idp.Call{Method: http.MethodPut, Path: appPath(id), Class: classApp, Body: object})
	return err
}

// Delete implements portico.IdP. Okta deletes only what is deactivated; either
// step may have been done by an earlier attempt.
func (c *Client) Delete(ctx context.Context, ref portico.ClientRef) error {
	id, err := c.appID(ctx, ref)
	if err == nil {
		_, err = c.api.Do(ctx, idp.Call{Method: http.MethodPost, Path: appPath(id, "lifecycle", "deactivate"), Class: classApp, Repeats: true})
	}
	if err == nil || portico.IsIdP(err, portico.IdPRejected) { // rejected: it is inactive already, or the deletion says why
		_, err = c.api.Do(ctx, idp.Call{Method: http.MethodDelete, Path: appPath(id), Class: classApp})
	}
	if portico.IsIdP(err, portico.IdPNotFound) {
		return nil
	}
	return err
}

// EnableClient implements portico.ClientEnabler. Tokens from before the app was
// deactivated stay useless.
func (c *Client) EnableClient(ctx context.Context, ref portico.ClientRef) error {
	id, err := c.appID(ctx, ref)
	if err != nil {
		return err
	}
	_, err = c.api.Do(ctx, idp.Call{Method: http.MethodPost, Path: appPath(id, "lifecycle", "activate"), Class: classApp, Repeats: true})
	return err
}

// Clients implements portico.ClientLister. The batch holds every OAuth client
// of the organisation; ours have an ApplicationID.
func (c *Client) Clients(ctx context.Context, cursor string) (batch []portico.ClientState, next string, err error) {
	var page []app
	if next, err = c.page(ctx, cursor, &page); err != nil {
		return nil, "", err
	}
	for _, a := range page {
		if a.Credentials.OAuth.ClientID != "" {
			batch = append(batch, a.state())
		}
	}
	return batch, next, nil
}
