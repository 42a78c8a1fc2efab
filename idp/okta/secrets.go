package okta

import (
	"context"
	"net/http"

	"portico"
	"portico/idp"
	"portico/secret"
)

// oauthSecret is what we read of a secret: never its value.
type oauthSecret struct {
	ID      string `json:"id"`
	Status  string `json:"status"`
	Created string `json:"created"`
}

func (s oauthSecret) info() portico.SecretInfo {
	return portico.SecretInfo{ID: s.ID, Active: s.Status == "ACTIVE", CreatedAt: parseTime(s.Created)}
}

// AddSecret implements portico.SecretManager. A third secret is IdPRejected.
func (c *Client) AddSecret(ctx context.Context, ref portico.ClientRef) (portico.ClientSecret, error) {
	id, err := c.appID(ctx, ref)
	if err != nil {
		return portico.ClientSecret{}, err
	}
	value := newSecret()
	var made oauthSecret
	_, err = c.api.Do(ctx, idp.Call{
		Method: http.MethodPost, Path: appPath(id, "credentials", "secrets"), Class: classApp,
		Body: map[string]any{"client_secret": value.Reveal(), "status": "ACTIVE"}, Out: &made,
		Creates: true, Secrets: []secret.Text{value},
	})
	if err != nil {
		return portico.ClientSecret{}, err
	}
	if made.ID == "" {
		return portico.ClientSecret{}, &portico.IdPError{Kind: portico.IdPAmbiguous, Detail: "Okta answered the new secret without its id"}
	}
	return portico.ClientSecret{SecretInfo: made.info(), Value: value}, nil
}

// Secrets implements portico.SecretManager.
func (c *Client) Secrets(ctx context.Context, ref portico.ClientRef) ([]portico.SecretInfo, error) {
	id, err := c.appID(ctx, ref)
	if err != nil {
		return nil, err
	}
	var secrets []oauthSecret
	if _, err := c.api.Do(ctx, idp.Call{Method: http.MethodGet, Path: appPath(id, "credentials", "secrets"), Class: classApp, Out: &secrets}); err != nil {
		return nil, err
	}
	infos := make([]portico.SecretInfo, len(secrets))
	for i, s := range secrets {
		infos[i] = s.info()
	}
	return infos, nil
}

// RevokeSecret implements portico.SecretManager. Okta deletes only what is
// deactivated; either step may have been done by an earlier attempt. The last
// active secret is IdPRejected: a client without one can only be deleted.
func (c *Client) RevokeSecret(ctx context.Context, ref portico.ClientRef, secretID string) error {
	id, err := c.appID(ctx, ref)
	if err != nil {
		return err
	}
	infos, err := c.Secrets(ctx, portico.ClientRef{ClientID: ref.ClientID, ExternalID: id})
	if err != nil {
		return err
	}
	var found, active, others bool
	for _, info := range infos {
		if info.ID == secretID {
			found, active = true, info.Active
		} else if info.Active {
			others = true
		}
	}
	switch {
	case !found:
		return nil
	case active && !others:
		return &portico.IdPError{Kind: portico.IdPRejected, Detail: "the client's last active secret cannot be revoked; issue a new one first, or delete the client"}
	case active:
		_, err = c.api.Do(ctx, idp.Call{Method: http.MethodPost, Path: appPath(id, "credentials", "secrets", secretID, "lifecycle", "deactivate"), Class: classApp, Repeats: true})
	}
	if err == nil {
		_, err = c.api.Do(ctx, idp.Call{Method: http.MethodDelete, Path: appPath(id, "credentials", "secrets", secretID), Class: classApp})
	}
	if portico.IsIdP(err, portico.IdPNotFound) {
		return nil
	}
	return err
}
