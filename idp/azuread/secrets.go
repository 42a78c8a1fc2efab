package azuread

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"portico"
	"portico/idp"
	"portico/secret"
)

// password is Graph's passwordCredential. The text is there only in the answer
// that issues it.
type password struct {
	KeyID string      `json:"keyId"`
	Text  secret.Text `json:"secretText"`
	Start *time.Time  `json:"startDateTime"`
	End   *time.Time  `json:"endDateTime"`
}

func (p password) info(now time.Time) portico.SecretInfo {
	return portico.SecretInfo{ID: p.KeyID, Active: p.End == nil || now.Before(*p.End), CreatedAt: p.Start, ExpiresAt: p.End}
}

// AddSecret implements portico.SecretManager. How long a secret lives is Entra
// ID's to say: two years, unless the tenant's policy differs. The service
// principal is made if it is missing, since without it no secret gives a token.
func (c *Client) AddSecret(ctx context.Context, ref portico.ClientRef) (portico.ClientSecret, error) {
	if err := nameless(ref); err != nil {
		return portico.ClientSecret{}, err
	}
	if err := c.addPrincipal(ctx, ref); err != nil {
		return portico.ClientSecret{}, err
	}
	var made password
	err := c.do(ctx, cmp.Or(ref.ExternalID, ref.ClientID), idp.Call{
		Method: http.MethodPost, Path: applicationPath(ref) + "/addPassword", Class: classDirectory, Creates: true, Out: &made,
		Body: map[string]any{"passwordCredential": map[string]string{"displayName": "Portico"}},
	})
	if err != nil {
		return portico.ClientSecret{}, err
	}
	if made.KeyID == "" || made.Text.Empty() {
		return portico.ClientSecret{}, &portico.IdPError{Kind: portico.IdPAmbiguous, Detail: "Microsoft Entra ID answered the new secret without its value"}
	}
	return portico.ClientSecret{SecretInfo: made.info(c.api.Now()), Value: made.Text}, nil
}

// addPrincipal makes the application's service principal, which is what acts in
// the tenant. There can be only one, so the request may be repeated.
func (c *Client) addPrincipal(ctx context.Context, ref portico.ClientRef) error {
	err := c.do(ctx, ref.ClientID, idp.Call{
		Method: http.MethodPost, Path: principalsPath, Class: classDirectory, Repeats: true,
		Body: map[string]any{"appId": ref.ClientID, "tags": []string{tagOurs}},
	})
	if s := idp.Status(err); s != nil && s.Status == http.StatusConflict {
		return nil
	}
	return err
}

// Secrets implements portico.SecretManager. One that has expired is not active.
func (c *Client) Secrets(ctx context.Context, ref portico.ClientRef) ([]portico.SecretInfo, error) {
	if err := nameless(ref); err != nil {
		return nil, err
	}
	var a struct {
		Passwords []password `json:"passwordCredentials"`
	}
	err := c.do(ctx, cmp.Or(ref.ExternalID, ref.ClientID), idp.Call{Method: http.MethodGet, Path: applicationPath(ref) + "?$select=passwordCredentials", Class: classDirectory, Out: &a})
	if err != nil {
		return nil, err
	}
	infos := make([]portico.SecretInfo, len(a.Passwords))
	for i, p := range a.Passwords {
		infos[i] = p.info(c.api.Now())
	}
	return infos, nil
}

// RevokeSecret implements portico.SecretManager. The last active secret is
// IdPRejected: a client without one can only be deleted.
func (c *Client) RevokeSecret(ctx context.Context, ref portico.ClientRef, secretID string) error {
	infos, err := c.Secrets(ctx, ref)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(infos, func(s portico.SecretInfo) bool { return s.ID == secretID })
	if at < 0 {
		return nil
	}
	others := slices.ContainsFunc(infos, func(s portico.SecretInfo) bool { return s.Active && s.ID != secretID })
	if infos[at].Active && !others {
		return &portico.IdPError{Kind: portico.IdPRejected, Detail: "the client's last active secret cannot be revoked; issue a new one first, or delete the client"}
	}
	err = c.do(ctx, cmp.Or(ref.ExternalID, ref.ClientID), idp.Call{
		Method: http.MethodPost, Path: applicationPath(ref) + "/removePassword", Class: classDirectory, Repeats: true,
		Body: map[string]string{"keyId": secretID},
	})
	if s := idp.Status(err); s != nil && s.Status == http.StatusBadRequest && strings.Contains(s.Text, "No password credential") {
		return nil // an attempt whose answer was lost has done it
	}
	if portico.IsIdP(err, portico.IdPNotFound) {
		return nil
	}
	return err
}
