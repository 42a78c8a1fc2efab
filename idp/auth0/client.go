package auth0

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"portico"
	"portico/idp"
	"portico/secret"
)

const (
	clientsPath = "/api/v2/clients"
	pageSize    = 100 // Auth0's largest
)

func clientPath(id string) string { return clientsPath + "/" + url.PathEscape(id) }

func errNameless() error {
	return &portico.IdPError{Kind: portico.IdPNotFound, Detail: "a client without an id is in no Auth0 tenant"}
}

func issuedSecret(value secret.Text) portico.ClientSecret {
	return portico.ClientSecret{SecretInfo: portico.SecretInfo{Active: true}, Value: value}
}

// Create implements portico.IdP: the client, then the grant. If the grant is
// refused, the client goes again.
func (c *Client) Create(ctx context.Context, spec portico.ClientSpec, createKey string) (portico.Client, error) {
	scopes, err := c.grantable(ctx, spec)
	if err != nil {
		return portico.Client{}, err
	}
	var made object
	_, err = c.api.Do(ctx, idp.Call{
		Method: http.MethodPost, Path: clientsPath, Class: classManagement,
		Body: newObject(spec, createKey), Out: &made, Creates: true,
	})
	if err != nil {
		return portico.Client{}, err
	}
	if made.ClientID == "" {
		return portico.Client{}, &portico.IdPError{Kind: portico.IdPAmbiguous, Detail: "Auth0 answered the registration without a client id"}
	}
	client := portico.Client{Ref: portico.ClientRef{ClientID: made.ClientID}, Secret: issuedSecret(made.Secret)}
	if made.Secret.Empty() {
		return portico.Client{}, c.undo(ctx, client.Ref, &portico.IdPError{Kind: portico.IdPDenied,
			Detail: "Auth0 answered the registration without a secret; Portico's application may need the permission read:client_keys"})
	}
	if spec.Audience != "" {
		if err := c.addGrant(ctx, made.ClientID, spec.Audience, scopes); err != nil {
			return portico.Client{}, c.undo(ctx, client.Ref, err)
		}
	}
	return client, nil
}

// undo removes a client that was only half made. What stays behind is found
// under its create key, so the error says that something may.
func (c *Client) undo(ctx context.Context, ref portico.ClientRef, cause error) error {
	if err := c.Delete(context.WithoutCancel(ctx), ref); err != nil {
		return &portico.IdPError{Kind: portico.IdPAmbiguous, Err: cause, Detail: "Auth0 has a client that was only half registered, and it could not be removed"}
	}
	return cause
}

// Find implements portico.IdP. Auth0 does not search metadata, so every client
// is looked at; twice before there is none, because a client moves to a page that
// was read already when another is removed meanwhile.
func (c *Client) Find(ctx context.Context, createKey string) (portico.ClientRef, error) {
	for range 2 {
		pages, more := 0, true
		for ; more; pages++ {
			var objects []object
			var err error
			if objects, more, err = c.page(ctx, pages); err != nil {
				return portico.ClientRef{}, err
			}
			for _, o := range objects {
				if createKey != "" && o.meta(metaCreateKey) == createKey {
					return o.state().Ref, nil
				}
			}
		}
		if pages == 1 {
			break
		}
	}
	return portico.ClientRef{}, &portico.IdPError{Kind: portico.IdPNotFound, Detail: "Auth0 has no client of this create key"}
}

// Read implements portico.IdP.
func (c *Client) Read(ctx context.Context, ref portico.ClientRef) (portico.ClientState, error) {
	if ref.ClientID == "" {
		return portico.ClientState{}, errNameless()
	}
	var o object
	if _, err := c.api.Do(ctx, idp.Call{Method: http.MethodGet, Path: clientPath(ref.ClientID) + "?" + readable, Class: classManagement, Out: &o}); err != nil {
		return portico.ClientState{}, err
	}
	if o.ClientID != ref.ClientID {
		return portico.ClientState{}, &portico.IdPError{Kind: portico.IdPUnavailable, Detail: "Auth0 answered with something that is not the client asked for"}
	}
	return o.state(), nil
}

// Update implements portico.IdP. Auth0 changes only the members named, so that
// settings which an admin made stay.
func (c *Client) Update(ctx context.Context, ref portico.ClientRef, spec portico.ClientSpec) error {
	if ref.ClientID == "" {
		return errNameless()
	}
	scopes, err := c.grantable(ctx, spec)
	if err != nil {
		return err
	}
	if _, err := c.api.Do(ctx, idp.Call{Method: http.MethodPatch, Path: clientPath(ref.ClientID), Class: classManagement, Body: settings(spec), Repeats: true}); err != nil {
		return err
	}
	if spec.Audience == "" {
		return nil
	}
	return c.setGrant(ctx, ref.ClientID, spec.Audience, scopes)
}

// Delete implements portico.IdP; the client's grants go with it.
func (c *Client) Delete(ctx context.Context, ref portico.ClientRef) error {
	if ref.ClientID == "" {
		return nil
	}
	_, err := c.api.Do(ctx, idp.Call{Method: http.MethodDelete, Path: clientPath(ref.ClientID), Class: classManagement})
	if portico.IsIdP(err, portico.IdPNotFound) {
		return nil
	}
	return err
}

// ReplaceSecret implements portico.SecretReplacer. Auth0 may take half a minute
// until the new secret works everywhere.
func (c *Client) ReplaceSecret(ctx context.Context, ref portico.ClientRef) (portico.ClientSecret, error) {
	if ref.ClientID == "" {
		return portico.ClientSecret{}, errNameless()
	}
	var o object
	_, err := c.api.Do(ctx, idp.Call{Method: http.MethodPost, Path: clientPath(ref.ClientID) + "/rotate-secret", Class: classManagement, Out: &o, Creates: true})
	if err != nil {
		return portico.ClientSecret{}, err
	}
	if o.Secret.Empty() {
		return portico.ClientSecret{}, &portico.IdPError{Kind: portico.IdPAmbiguous,
			Detail: "Auth0 exchanged the secret and did not show the new one; Portico's application may need the permission read:client_keys"}
	}
	return issuedSecret(o.Secret), nil
}

// Clients implements portico.ClientLister. The batch holds every client of the
// tenant; ours have an ApplicationID.
func (c *Client) Clients(ctx context.Context, cursor string) (batch []portico.ClientState, next string, err error) {
	page := 0
	if cursor != "" {
		if page, err = strconv.Atoi(cursor); err != nil || page < 1 {
			return nil, "", &portico.IdPError{Kind: portico.IdPRejected, Detail: "the cursor is not one of an Auth0 list; nothing was sent"}
		}
	}
	objects, more, err := c.page(ctx, page)
	if err != nil {
		return nil, "", err
	}
	for _, o := range objects {
		if !o.Global {
			batch = append(batch, o.state())
		}
	}
	if more {
		next = strconv.Itoa(page + 1)
	}
	return batch, next, nil
}

// page reads one page of all clients, counted from 0.
func (c *Client) page(ctx context.Context, number int) (objects []object, more bool, err error) {
	var page struct {
		Start   int      `json:"start"`
		Total   int      `json:"total"`
		Clients []object `json:"clients"`
	}
	_, err = c.api.Do(ctx, idp.Call{
		Method: http.MethodGet, Class: classManagement, Out: &page,
		Path: fmt.Sprintf("%s?%s&per_page=%d&page=%d&include_totals=true", clientsPath, readable, pageSize, number),
	})
	return page.Clients, len(page.Clients) > 0 && page.Start+len(page.Clients) < page.Total, err
}
