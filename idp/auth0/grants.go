package auth0

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"portico"
	"portico/idp"
	"portico/oauth"
)

const grantsPath = "/api/v2/client-grants"

// grant lets a client have tokens for an audience, with these scopes.
type grant struct {
	ID     string   `json:"id"`
	Scopes []string `json:"scope"`
}

// grantable are the scopes to grant for a spec. Where developers choose them,
// those that the audience's API does not define are refused by name, before
// anything is done.
func (c *Client) grantable(ctx context.Context, spec portico.ClientSpec) ([]string, error) {
	scopes := slices.DeleteFunc(append([]string{}, spec.Scopes...), oauth.Personal)
	if !c.managed || spec.Audience == "" || len(scopes) == 0 {
		return scopes, nil
	}
	defined, err := c.catalogue(ctx, spec.Audience)
	if portico.IsIdP(err, portico.IdPNotFound) {
		return nil, &portico.IdPError{Kind: portico.IdPRejected, Detail: fmt.Sprintf("Auth0 has no API with the identifier %s, which the auth strategy names as its audience", spec.Audience)}
	}
	if err != nil {
		return nil, err
	}
	unknown := slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return slices.Contains(defined, s) })
	if len(unknown) > 0 {
		return nil, &portico.IdPError{Kind: portico.IdPRejected, Detail: fmt.Sprintf("the API %s in Auth0 does not define the scopes %s", spec.Audience, strings.Join(unknown, ", "))}
	}
	return scopes, nil
}

// catalogue are the scopes that an API defines.
func (c *Client) catalogue(ctx context.Context, audience string) ([]string, error) {
	var server struct {
		Scopes []struct {
			Value string `json:"value"`
		} `json:"scopes"`
	}
	_, err := c.api.Do(ctx, idp.Call{Method: http.MethodGet, Path: "/api/v2/resource-servers/" + url.PathEscape(audience), Class: classManagement, Out: &server})
	names := make([]string, len(server.Scopes))
	for i, s := range server.Scopes {
		names[i] = s.Value
	}
	return names, err
}

// addGrant makes the grant of a client that has none for the audience. There
// can be only one, so the request may be repeated: a lost answer becomes a
// conflict, which says that it is there.
func (c *Client) addGrant(ctx context.Context, clientID, audience string, scopes []string) error {
	_, err := c.api.Do(ctx, idp.Call{
		Method: http.MethodPost, Path: grantsPath, Class: classManagement, Repeats: true,
		Body: map[string]any{"client_id": clientID, "audience": audience, "scope": scopes},
	})
	if s := idp.Status(err); s != nil && s.Status == http.StatusConflict {
		return nil
	}
	if portico.IsIdP(err, portico.IdPNotFound) {
		return &portico.IdPError{Kind: portico.IdPRejected, Err: err, Detail: fmt.Sprintf("Auth0 has no API with the identifier %s, which the auth strategy names as its audience", audience)}
	}
	return err
}

// setGrant makes the grant what it should be. Scopes that an admin granted
// beside the strategy's stay, unless developers choose scopes: then the grant is
// what was chosen, and nothing more.
func (c *Client) setGrant(ctx context.Context, clientID, audience string, scopes []string) error {
	var grants []grant
	query := url.Values{"client_id": {clientID}, "audience": {audience}}
	if _, err := c.api.Do(ctx, idp.Call{Method: http.MethodGet, Path: grantsPath + "?" + query.Encode(), Class: classManagement, Out: &grants}); err != nil {
		return err
	}
	if len(grants) == 0 {
		return c.addGrant(ctx, clientID, audience, scopes)
	}
	held := grants[0]
	if !c.managed {
		scopes = slices.Concat(held.Scopes, slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return slices.Contains(held.Scopes, s) }))
	}
	if slices.Equal(slices.Sorted(slices.Values(scopes)), slices.Sorted(slices.Values(held.Scopes))) {
		return nil
	}
	_, err := c.api.Do(ctx, idp.Call{
		Method: http.MethodPatch, Path: grantsPath + "/" + url.PathEscape(held.ID), Class: classManagement, Repeats: true,
		Body: map[string]any{"scope": scopes},
	})
	return err
}
