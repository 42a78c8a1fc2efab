package control

import (
	"context"
	"errors"
	"slices"
	"time"

	"portico"
	"portico/secret"
)

// Credentials are the secrets and keys of applications. Client secrets live in
// the identity provider alone and are listed from there; API keys live here, as
// digests.
type Credentials struct{ Deps }

// The types of a credential (contract: credential type).
const (
	ClientSecret = "client_secret"
	APIKey       = "api_key"
)

// Credential is what may be told about a secret or a key.
type Credential struct {
	ID          string
	Type        string // ClientSecret or APIKey
	DisplayName string
	ClientID    string // with ClientSecret
	Status      string // active, expired or revoked
	CreatedAt   *time.Time
	ExpiresAt   *time.Time
}

// IssuedCredential is a new credential with its value, shown once.
type IssuedCredential struct {
	Credential
	Value secret.Text
}

// keyPrefix makes an API key recognisable to people and to leak scanners.
const keyPrefix = "pak_"

// List returns the credentials of an application. KindNotFound; KindUnavailable
// when the identity provider does not answer; KindConflict when it no longer
// has the client.
func (c Credentials) List(ctx context.Context, id portico.ApplicationID, q portico.ListQuery) (portico.Page[Credential], error) {
	app, err := Applications(c).ByID(ctx, "", id)
	if err != nil {
		return portico.Page[Credential]{}, err
	}
	switch app.Strategy.CredentialType() {
	case portico.CredentialKeyAuth:
		q.Filters = append(slices.Clone(q.Filters), portico.Where("application_id", id))
		keys, err := view(ctx, c.Store, func(tx portico.Tx) (portico.Page[portico.APIKey], error) { return tx.APIKeys().List(ctx, q) })
		out := portico.Page[Credential]{Total: keys.Total}
		for _, k := range keys.Items {
			out.Items = append(out.Items, c.ofKey(k))
		}
		return out, err
	case portico.CredentialDCR:
		ctx, cancel := c.conversation(ctx)
		defer cancel()
		held, _, err := c.secretsOf(ctx, app)
		if err != nil {
			return portico.Page[Credential]{}, err
		}
		return cut(c.ofSecrets(app, held), q), nil
	}
	return portico.Page[Credential]{}, nil // self-managed: the developer keeps them elsewhere
}

// Create issues a further credential. KindNotFound; KindForbidden at the most
// that the application may hold; KindConflict while another change of its
// credentials is under way, or when they are managed elsewhere; KindUnavailable.
func (c Credentials) Create(ctx context.Context, id portico.ApplicationID, displayName string) (IssuedCredential, error) {
	app, err := Applications(c).ByID(ctx, "", id)
	if err != nil {
		return IssuedCredential{}, err
	}
	switch app.Strategy.CredentialType() {
	case portico.CredentialKeyAuth:
		return c.createKey(ctx, app, displayName)
	case portico.CredentialDCR:
		if displayName != "" {
			return IssuedCredential{}, portico.Invalid("display_name", "invalid", "The identity provider does not name client secrets; leave display_name out.")
		}
		return c.addSecret(ctx, app)
	}
	return IssuedCredential{}, elsewhere()
}

func elsewhere() error {
	return portico.Errorf(portico.KindConflict, "This application's credentials are managed by the developer at the identity provider; nothing was changed here.")
}

func (c Credentials) createKey(ctx context.Context, app ApplicationView, displayName string) (IssuedCredential, error) {
	now := c.Now()
	value := secret.Token(keyPrefix)
	key := portico.APIKey{ID: portico.APIKeyID(c.id()), ApplicationID: app.ID, DisplayName: displayName, Digest: value.Digest(), CreatedAt: now, UpdatedAt: now}
	if ttl := app.Strategy.KeyAuth.TTL; ttl != nil {
		key.ExpiresAt = new(ttl.ExpiresAt(now))
	}
	err := c.update(ctx, func(tx portico.Tx) error {
		held, err := tx.APIKeys().List(ctx, portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{portico.Where("application_id", app.ID)}})
		if err != nil {
			return err
		}
		if held.Total >= portico.MaxAPIKeysPerApplication {
			return portico.Errorf(portico.KindForbidden, "The application has %d API keys, the most that one may have; nothing was created. Delete one first.", held.Total)
		}
		return tx.APIKeys().Insert(ctx, key)
	})
	return IssuedCredential{c.ofKey(key), value}, err
}

// addSecret issues a second secret while the first goes on working.
func (c Credentials) addSecret(ctx context.Context, app ApplicationView) (IssuedCredential, error) {
	ctx, cancel := c.conversation(ctx)
	defer cancel()
	held, idp, err := c.secretsOf(ctx, app)
	if err != nil {
		return IssuedCredential{}, err
	}
	if most := idp.Capabilities().MaxSecrets; len(held) >= most {
		return IssuedCredential{}, portico.Errorf(portico.KindForbidden, "The application has %d client secrets, the most that its identity provider allows; nothing was created. Revoke one first.", len(held))
	}
	task, issued, err := c.issue(ctx, app, idp, held)
	if err != nil {
		return IssuedCredential{}, err
	}
	if err := c.finish(ctx, task.ID); err != nil {
		return IssuedCredential{}, err // the reconciler removes the secret that nobody saw
	}
	return IssuedCredential{c.ofSecret(app, issued.SecretInfo), issued.Value}, nil
}

// issue writes the intent to keep only the secrets held now, and adds one more.
// Until the intent changes or goes, an interruption removes the new secret.
func (c Credentials) issue(ctx context.Context, app ApplicationView, idp portico.IdP, held []portico.SecretInfo) (portico.Task, portico.ClientSecret, error) {
	task, err := c.intend(ctx, app, secretIDs(held))
	if err != nil {
		return task, portico.ClientSecret{}, err
	}
	c.Checkpoint(StepRotateIntent)
	issued, err := idp.(portico.SecretManager).AddSecret(ctx, app.ClientRef())
	if err != nil {
		if !portico.IsIdP(err, portico.IdPAmbiguous) {
			if done := c.finish(ctx, task.ID); done != nil {
				c.Logger.ErrorContext(ctx, "rotation not settled; the reconciler goes on", "task", task.ID, "err", done)
			}
		}
		return task, issued, refusal(err, "the credentials were not changed")
	}
	c.Checkpoint(StepRotateAdded)
	return task, issued, nil
}

// intend records which secrets are to remain, unless another change of the same
// application's secrets is under way.
func (c Credentials) intend(ctx context.Context, app ApplicationView, keep []string) (portico.Task, error) {
	task := c.task(portico.TaskRotate, *app.ProviderID, app.ID)
	task.Client, task.SecretIDs = app.ClientRef(), keep
	err := c.Store.Update(ctx, func(tx portico.Tx) error {
		open, err := tx.Tasks().List(ctx, portico.Everything(portico.Where("application_id", app.ID)))
		if err != nil {
			return err
		}
		if open.Total > 0 {
			return &portico.Error{Kind: portico.KindConflict, Detail: "Another change of this application's credentials is under way; nothing was changed. Try again in a moment."}
		}
		return tx.Tasks().Insert(ctx, task)
	})
	return task, err
}

// Regenerate replaces the only credential of an application: the new one works
// and the old one does not when it returns. KindNotFound; KindConflict unless
// there is exactly one credential; KindUnavailable.
func (c Credentials) Regenerate(ctx context.Context, id portico.ApplicationID) (clientID string, s secret.Text, err error) {
	app, err := Applications(c).ByID(ctx, "", id)
	if err != nil {
		return "", s, err
	}
	if app.Strategy.CredentialType() != portico.CredentialDCR {
		return "", s, portico.Errorf(portico.KindConflict, "Only an application with a client secret can regenerate it; nothing was changed.")
	}
	ctx, cancel := c.conversation(ctx)
	defer cancel()
	held, idp, err := c.secretsOf(ctx, app)
	if err != nil {
		return "", s, err
	}
	if len(held) != 1 {
		return "", s, portico.Errorf(portico.KindConflict, "The application has %d client secrets; regenerating needs exactly one. Add and revoke credentials one by one instead.", len(held))
	}
	task, issued, err := c.issue(ctx, app, idp, held)
	if err != nil {
		return "", s, err
	}
	// From here on the new secret is the one to keep.
	err = c.Store.Update(ctx, func(tx portico.Tx) error {
		task, err = tx.Tasks().Change(ctx, task.ID, func(t *portico.Task) error {
			t.SecretIDs = []string{issued.ID}
			return nil
		})
		return err
	})
	if err != nil {
		return "", s, err
	}
	c.Checkpoint(StepRotateSwitched)
	if err := c.settleSecrets(ctx, idp, task); err != nil {
		c.Logger.WarnContext(ctx, "old secret not revoked yet; the reconciler goes on", "task", task.ID, "err", err)
	}
	c.Checkpoint(StepRotateDone)
	return app.ClientID, issued.Value, nil
}

// Rename gives an API key another name. KindNotFound; KindInvalid for client
// secrets, which identity providers do not name.
func (c Credentials) Rename(ctx context.Context, id portico.ApplicationID, credentialID, displayName string) (Credential, error) {
	app, err := Applications(c).ByID(ctx, "", id)
	if err != nil {
		return Credential{}, err
	}
	if app.Strategy.CredentialType() != portico.CredentialKeyAuth {
		return Credential{}, portico.Invalid("display_name", "invalid", "The identity provider does not name client secrets; nothing was changed.")
	}
	var key portico.APIKey
	err = c.update(ctx, func(tx portico.Tx) error {
		if _, err := keyOf(ctx, tx, id, credentialID); err != nil {
			return err
		}
		var err error
		key, err = tx.APIKeys().Change(ctx, portico.APIKeyID(credentialID), func(k *portico.APIKey) error {
			k.DisplayName = displayName
			return nil
		})
		return err
	})
	return c.ofKey(key), err
}

// Delete revokes a credential: the gateways refuse it when Delete returns.
// KindNotFound; KindConflict for the last client secret; KindUnavailable.
func (c Credentials) Delete(ctx context.Context, id portico.ApplicationID, credentialID string) error {
	app, err := Applications(c).ByID(ctx, "", id)
	if err != nil {
		return err
	}
	switch app.Strategy.CredentialType() {
	case portico.CredentialKeyAuth:
		return c.update(ctx, func(tx portico.Tx) error {
			if _, err := keyOf(ctx, tx, id, credentialID); err != nil {
				return err
			}
			return tx.APIKeys().Delete(ctx, portico.APIKeyID(credentialID))
		})
	case portico.CredentialDCR:
		return c.revokeSecret(ctx, app, credentialID)
	}
	return elsewhere()
}

func (c Credentials) revokeSecret(ctx context.Context, app ApplicationView, secretID string) error {
	ctx, cancel := c.conversation(ctx)
	defer cancel()
	held, idp, err := c.secretsOf(ctx, app)
	if err != nil {
		return err
	}
	ids := secretIDs(held)
	at := slices.Index(ids, secretID)
	if at < 0 {
		return portico.NotFound("credential", secretID)
	}
	if len(ids) == 1 {
		return portico.Errorf(portico.KindConflict, "This is the application's only client secret; nothing was revoked. Regenerate it, add another one first, or delete the application.")
	}
	task, err := c.intend(ctx, app, slices.Delete(ids, at, at+1))
	if err != nil {
		return err
	}
	if err := c.settleSecrets(ctx, idp, task); err != nil {
		return refusal(err, "the credential will be revoked as soon as the identity provider answers again")
	}
	return nil
}

// GrantedScopes are the scopes that the application may ask for. KindNotFound,
// KindUnprocessable when its auth strategy knows no scopes.
func (c Credentials) GrantedScopes(ctx context.Context, id portico.ApplicationID) ([]string, error) {
	app, err := Applications(c).ByID(ctx, "", id)
	if err != nil {
		return nil, err
	}
	return nil, portico.Errorf(portico.KindUnprocessable, "The auth strategy [%s] does not grant scopes per application.", app.Strategy.DisplayName)
}

// secretsOf lists the secrets of an application's client, live.
func (c Credentials) secretsOf(ctx context.Context, app ApplicationView) ([]portico.SecretInfo, portico.IdP, error) {
	idp, err := c.idp(*app.Provider)
	if err != nil {
		return nil, nil, refusal(err, "the credentials were not changed")
	}
	manager, ok := idp.(portico.SecretManager)
	if !ok {
		return nil, nil, portico.Errorf(portico.KindConflict, "This identity provider does not let a client's secrets be managed; nothing was changed.")
	}
	held, err := manager.Secrets(ctx, app.ClientRef())
	if err != nil {
		return nil, nil, refusal(err, "the credentials were not changed")
	}
	return held, idp, nil
}

func keyOf(ctx context.Context, tx portico.Tx, app portico.ApplicationID, id string) (portico.APIKey, error) {
	key, err := tx.APIKeys().ByID(ctx, portico.APIKeyID(id))
	if err != nil || key.ApplicationID != app {
		return portico.APIKey{}, errors.Join(portico.NotFound("credential", id), unlessNotFound(err))
	}
	return key, nil
}

func unlessNotFound(err error) error {
	if portico.KindOf(err) == portico.KindNotFound {
		return nil
	}
	return err
}

func (c Credentials) ofKey(k portico.APIKey) Credential {
	status := "active"
	if k.ExpiresAt != nil && !c.Now().Before(*k.ExpiresAt) {
		status = "expired"
	}
	return Credential{ID: string(k.ID), Type: APIKey, DisplayName: k.DisplayName, Status: status, CreatedAt: &k.CreatedAt, ExpiresAt: k.ExpiresAt}
}

func (c Credentials) ofSecrets(app ApplicationView, held []portico.SecretInfo) []Credential {
	out := make([]Credential, len(held))
	for i, s := range held {
		out[i] = c.ofSecret(app, s)
	}
	return out
}

func (c Credentials) ofSecret(app ApplicationView, s portico.SecretInfo) Credential {
	status := "active"
	switch {
	case !s.Active:
		status = "revoked"
	case s.ExpiresAt != nil && !c.Now().Before(*s.ExpiresAt):
		status = "expired"
	}
	return Credential{ID: s.ID, Type: ClientSecret, ClientID: app.ClientID, Status: status, CreatedAt: s.CreatedAt, ExpiresAt: s.ExpiresAt}
}

func secretIDs(held []portico.SecretInfo) []string {
	ids := make([]string, len(held))
	for i, s := range held {
		ids[i] = s.ID
	}
	return ids
}

// cut pages a collection that is at hand as a whole.
func cut[T any](all []T, q portico.ListQuery) portico.Page[T] {
	from := min((q.Number-1)*q.Size, len(all))
	return portico.Page[T]{Items: all[from:min(from+q.Size, len(all))], Total: len(all)}
}
