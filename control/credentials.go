package control

import (
	"context"
	"slices"
	"time"

	"portico"
	"portico/secret"
	"portico/usecase"
)

// Credentials are the secrets and keys of applications. Client secrets live in
// the identity provider alone and are listed from there; API keys live here, as
// digests.
type Credentials struct{ saga }

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
		keys, err := usecase.View(ctx, c.Store, func(tx portico.Tx) (portico.Page[portico.APIKey], error) { return tx.APIKeys().List(ctx, q) })
		out := portico.Page[Credential]{Total: keys.Total}
		for _, k := range keys.Items {
			out.Items = append(out.Items, c.ofKey(k))
		}
		return out, err
	case portico.CredentialDCR:
		ctx, cancel := c.conversation(ctx)
		defer cancel()
		_, secrets, err := c.manager(app)
		if err != nil {
			return portico.Page[Credential]{}, err
		}
		held, err := secrets.Secrets(ctx, app.ClientRef())
		if err != nil {
			return portico.Page[Credential]{}, refusal(err, "nothing was changed")
		}
		return usecase.Cut(c.ofSecrets(app, held), q), nil
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
	return portico.Errorf(portico.KindConflict, "This application's credentials are managed by the developer at the identity provider; nothing was changed here.").Named("credentials_elsewhere")
}

func (c Credentials) createKey(ctx context.Context, app ApplicationView, displayName string) (IssuedCredential, error) {
	now := c.Now()
	value := secret.Token(keyPrefix)
	key := portico.APIKey{ID: portico.APIKeyID(c.NewID()), ApplicationID: app.ID, DisplayName: displayName, Digest: value.Digest(), CreatedAt: now, UpdatedAt: now}
	if ttl := app.Strategy.KeyAuth.TTL; ttl != nil {
		key.ExpiresAt = new(ttl.ExpiresAt(now))
	}
	err := c.Commit(ctx, func(tx portico.Tx) error {
		held, err := tx.APIKeys().List(ctx, portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{portico.Where("application_id", app.ID)}})
		if err != nil {
			return err
		}
		if held.Total >= portico.MaxAPIKeysPerApplication {
			return portico.Errorf(portico.KindForbidden, "The application has %d API keys, the most that one may have; nothing was created. Delete one first.", held.Total).Named("api_key_limit")
		}
		return tx.APIKeys().Insert(ctx, key)
	})
	if err != nil {
		return IssuedCredential{}, err
	}
	return IssuedCredential{c.ofKey(key), value}, nil
}

// addSecret issues a second secret while the first goes on working.
func (c Credentials) addSecret(ctx context.Context, app ApplicationView) (IssuedCredential, error) {
	ctx, cancel := c.conversation(ctx)
	defer cancel()
	r, err := c.begin(ctx, app)
	if err != nil {
		return IssuedCredential{}, err
	}
	if most := r.idp.Capabilities().MaxSecrets; len(r.held) >= most {
		return IssuedCredential{}, r.drop(ctx, portico.Errorf(portico.KindForbidden, "The application has %d client secrets, the most that its identity provider allows; nothing was created. Revoke one first.", len(r.held)).Named("secret_limit"))
	}
	issued, err := r.issue(ctx)
	if err != nil {
		return IssuedCredential{}, err
	}
	if err := c.finish(ctx, r.task.ID); err != nil {
		return IssuedCredential{}, err // the reconciler removes the secret that nobody saw
	}
	c.name(ctx, app.Application, issued)
	return IssuedCredential{c.ofSecret(app, issued.SecretInfo), issued.Value}, nil
}

// rotation is one change of an application's secrets, from its intent on.
type rotation struct {
	Credentials
	app     ApplicationView
	idp     portico.IdP
	secrets portico.SecretManager
	held    []portico.SecretInfo // listed when no other change could be under way
	task    portico.Task
}

// begin commits an intent, so that no other change of the same application's
// secrets is under way, and then lists them. The intent names no secrets yet:
// until keep says which are to remain, an interruption removes none.
func (c Credentials) begin(ctx context.Context, app ApplicationView) (*rotation, error) {
	r := &rotation{Credentials: c, app: app}
	var err error
	if r.idp, r.secrets, err = c.manager(app); err != nil {
		return nil, err
	}
	r.task = c.task(portico.TaskRotate, *app.ProviderID, app.ID)
	r.task.Client = app.ClientRef()
	err = c.Store.Update(ctx, func(tx portico.Tx) error {
		open, err := tx.Tasks().List(ctx, portico.Everything(portico.Where("application_id", app.ID)))
		if err != nil {
			return err
		}
		if open.Total > 0 {
			return portico.Errorf(portico.KindConflict, "Another change of this application's credentials is under way; nothing was changed. Try again in a moment.").Named("change_under_way")
		}
		return tx.Tasks().Insert(ctx, r.task)
	})
	if err != nil {
		return nil, err
	}
	if r.held, err = r.secrets.Secrets(ctx, app.ClientRef()); err != nil {
		return nil, r.drop(ctx, refusal(err, unchangedCredentials))
	}
	return r, nil
}

// drop ends a change that has done nothing, and returns why.
func (r *rotation) drop(ctx context.Context, cause error) error {
	if err := r.finish(ctx, r.task.ID); err != nil {
		r.Logger.ErrorContext(ctx, "rotation not settled; the reconciler goes on", "task", r.task.ID, "err", err)
	}
	return cause
}

// keep records which secrets are to remain: whatever happens from now on, the
// others go.
func (r *rotation) keep(ctx context.Context, ids []string) error {
	return r.Store.Update(ctx, func(tx portico.Tx) error {
		task, err := tx.Tasks().Change(ctx, r.task.ID, func(t *portico.Task) error {
			t.SecretIDs = ids
			return nil
		})
		if err == nil {
			r.task = task
		}
		return err
	})
}

// issue records that only the secrets held now are to remain, and adds one
// more. Until that changes, or the intent goes, an interruption removes it.
func (r *rotation) issue(ctx context.Context) (portico.ClientSecret, error) {
	if err := r.keep(ctx, secretIDs(r.held)); err != nil {
		return portico.ClientSecret{}, r.drop(ctx, err)
	}
	r.Checkpoint(StepRotateIntent)
	issued, err := r.secrets.AddSecret(ctx, r.app.ClientRef())
	if portico.IsIdP(err, portico.IdPAmbiguous) {
		return portico.ClientSecret{}, refusal(err, unchangedCredentials) // the reconciler removes what may be there
	}
	if err != nil {
		return portico.ClientSecret{}, r.drop(ctx, refusal(err, unchangedCredentials))
	}
	r.Checkpoint(StepRotateAdded)
	return issued, nil
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
		return "", s, portico.Errorf(portico.KindConflict, "Only an application with a client secret can regenerate it; nothing was changed.").Named("no_secret")
	}
	ctx, cancel := c.conversation(ctx)
	defer cancel()
	r, err := c.begin(ctx, app)
	if err != nil {
		return "", s, err
	}
	if len(r.held) != 1 {
		return "", s, r.drop(ctx, portico.Errorf(portico.KindConflict, "The application has %d client secrets; regenerating needs exactly one. Add and revoke credentials one by one instead.", len(r.held)).Named("not_one_secret"))
	}
	issued, err := r.issue(ctx)
	if err != nil {
		return "", s, err
	}
	// From here on the new secret is the one to keep.
	if err := r.keep(ctx, []string{issued.ID}); err != nil {
		return "", s, err
	}
	c.Checkpoint(StepRotateSwitched)
	if err := c.settleSecrets(ctx, r.idp, r.task); err != nil {
		c.Logger.WarnContext(ctx, "old secret not revoked yet; the reconciler goes on", "task", r.task.ID, "err", err)
	}
	c.Checkpoint(StepRotateDone)
	c.name(ctx, app.Application, issued)
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
	err = c.Commit(ctx, func(tx portico.Tx) error {
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
	if err != nil {
		return Credential{}, err
	}
	return c.ofKey(key), nil
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
		return c.Commit(ctx, func(tx portico.Tx) error {
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
	r, err := c.begin(ctx, app)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(r.held, func(s portico.SecretInfo) bool { return s.ID == secretID })
	if at < 0 {
		return r.drop(ctx, portico.NotFound("credential", secretID))
	}
	others := slices.Delete(slices.Clone(r.held), at, at+1)
	if !slices.ContainsFunc(others, func(s portico.SecretInfo) bool { return s.Active }) {
		return r.drop(ctx, portico.Errorf(portico.KindConflict, "This is the application's only client secret that works; nothing was revoked. Regenerate it, add another one first, or delete the application.").Named("last_secret"))
	}
	if err := r.keep(ctx, secretIDs(others)); err != nil {
		return r.drop(ctx, err)
	}
	if err := c.settleSecrets(ctx, r.idp, r.task); err != nil {
		return refusal(err, "the credential will be revoked as soon as the identity provider answers again")
	}
	return nil
}

// GrantedScopes are the scopes that the application's client was registered
// with. KindNotFound, KindUnprocessable unless its auth strategy lets developers
// choose them.
func (c Credentials) GrantedScopes(ctx context.Context, id portico.ApplicationID) ([]string, error) {
	app, err := Applications(c).ByID(ctx, "", id)
	if err != nil {
		return nil, err
	}
	if !(StrategyView{Strategy: app.Strategy, Provider: app.Provider}).DeveloperManagedScopes() {
		return nil, portico.Errorf(portico.KindUnprocessable, "The auth strategy [%s] does not grant scopes per application.", app.Strategy.DisplayName).Named("no_granted_scopes")
	}
	return clientSpec(app.Application, app.Strategy).Scopes, nil
}

// Most is how many credentials an application may hold at once; 0 where they are
// managed elsewhere. With 1, the only one can be regenerated. KindUnavailable.
func (c Credentials) Most(app ApplicationView) (int, error) {
	switch app.Strategy.CredentialType() {
	case portico.CredentialKeyAuth:
		return portico.MaxAPIKeysPerApplication, nil
	case portico.CredentialDCR:
		idp, err := c.idp(*app.Provider)
		if err != nil {
			return 0, refusal(err, unchangedCredentials)
		}
		return idp.Capabilities().MaxSecrets, nil
	}
	return 0, nil
}

// manager makes the adapter that manages the secrets of an application's client.
func (c Credentials) manager(app ApplicationView) (portico.IdP, portico.SecretManager, error) {
	idp, err := c.idp(*app.Provider)
	if err != nil {
		return nil, nil, refusal(err, unchangedCredentials)
	}
	secrets, ok := idp.(portico.SecretManager)
	if !ok {
		return nil, nil, portico.Errorf(portico.KindConflict, "This identity provider does not let a client's secrets be managed; nothing was changed.").Named("secrets_not_managed")
	}
	return idp, secrets, nil
}

// unchangedCredentials is what a refusal tells of a change that did not happen.
const unchangedCredentials = "the credentials were not changed"

func keyOf(ctx context.Context, tx portico.Tx, app portico.ApplicationID, id string) (portico.APIKey, error) {
	key, err := tx.APIKeys().ByID(ctx, portico.APIKeyID(id))
	if portico.KindOf(err) == portico.KindNotFound || err == nil && key.ApplicationID != app {
		return portico.APIKey{}, portico.NotFound("credential", id)
	}
	return key, err
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
