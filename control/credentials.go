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
		held, err := c.held(ctx, app)
		return usecase.Cut(held, q), err
	}
	return portico.Page[Credential]{}, nil // self-managed: the developer keeps them elsewhere
}

// held lists the client secrets of an application.
func (c Credentials) held(ctx context.Context, app ApplicationView) ([]Credential, error) {
	ctx, cancel := c.Conversation(ctx)
	defer cancel()
	idp, err := c.idpOf(app)
	if err != nil {
		return nil, err
	}
	secrets, ok := idp.(portico.SecretManager)
	if !ok {
		return c.ofClients(ctx, app)
	}
	held, err := secrets.Secrets(ctx, app.ClientRef())
	if err != nil {
		return nil, refusal(err, "nothing was changed")
	}
	out := make([]Credential, len(held))
	for i, s := range held {
		out[i] = c.ofSecret(app.ClientID, s)
	}
	return out, nil
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

// addSecret issues a second secret while the first goes on working. Where a
// client holds a single one, a second client does.
func (c Credentials) addSecret(ctx context.Context, app ApplicationView) (IssuedCredential, error) {
	ctx, cancel := c.Conversation(ctx)
	defer cancel()
	idp, err := c.idpOf(app)
	if err != nil {
		return IssuedCredential{}, err
	}
	if _, ok := idp.(portico.SecretManager); !ok {
		return c.addClient(ctx, app, idp, stays)
	}
	r, err := c.begin(ctx, app, idp)
	if err != nil {
		return IssuedCredential{}, err
	}
	if most := r.idp.Capabilities().MaxSecrets; len(r.held) >= most {
		return IssuedCredential{}, r.drop(ctx, secretLimit(len(r.held)))
	}
	issued, err := r.issue(ctx)
	if err != nil {
		return IssuedCredential{}, err
	}
	err = c.Store.Update(ctx, func(tx portico.Tx) error {
		if err := c.remember(ctx, tx, app.ID, app.ClientID, issued.SecretInfo); err != nil {
			return err
		}
		return tx.Tasks().Delete(ctx, r.task.ID)
	})
	if err != nil {
		return IssuedCredential{}, err // the reconciler removes the secret that nobody saw
	}
	c.name(ctx, app.ID, app.ClientID, issued)
	return IssuedCredential{c.ofSecret(app.ClientID, issued.SecretInfo), issued.Value}, nil
}

// secretLimit refuses a client secret too many.
func secretLimit(held int) error {
	return portico.Errorf(portico.KindForbidden, "The application has %d client secrets, the most that its identity provider allows; nothing was created. Revoke one first.", held).Named("secret_limit")
}

// notOneSecret refuses to replace the only secret where there are more.
func notOneSecret(held int) error {
	return portico.Errorf(portico.KindConflict, "The application has %d client secrets; regenerating needs exactly one. Add and revoke credentials one by one instead.", held).Named("not_one_secret")
}

// lastSecret refuses to revoke the only secret that works.
func lastSecret() error {
	return portico.Errorf(portico.KindConflict, "This is the application's only client secret that works; nothing was revoked. Regenerate it, add another one first, or delete the application.").Named("last_secret")
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
func (c Credentials) begin(ctx context.Context, app ApplicationView, idp portico.IdP) (*rotation, error) {
	r := &rotation{Credentials: c, app: app, idp: idp, secrets: idp.(portico.SecretManager)}
	r.task = c.Intent(portico.TaskRotate, *app.ProviderID, app.ID)
	r.task.Client = app.ClientRef()
	err := c.intend(ctx, r.task, func(portico.Application) error { return nil })
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
	if err := r.Finish(ctx, r.task.ID); err != nil {
		r.Logger.ErrorContext(ctx, "rotation not settled; the reconciler goes on", "task", r.task.ID, "err", err)
	}
	return cause
}

// keep records which secrets are to remain: whatever happens from now on, the
// others go. Those just issued are remembered with it.
func (r *rotation) keep(ctx context.Context, ids []string, issued ...portico.ClientSecret) error {
	return r.Store.Update(ctx, func(tx portico.Tx) error {
		for _, s := range issued {
			if err := r.remember(ctx, tx, r.app.ID, r.app.ClientID, s.SecretInfo); err != nil {
				return err
			}
		}
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
	ctx, cancel := c.Conversation(ctx)
	defer cancel()
	idp, err := c.idpOf(app)
	if err != nil {
		return "", s, err
	}
	switch adapter := idp.(type) {
	case portico.SecretManager:
		issued, err := c.rotate(ctx, app, idp)
		return app.ClientID, issued.Value, err
	case portico.SecretReplacer:
		issued, err := c.replaceSecret(ctx, app, adapter)
		return app.ClientID, issued.Value, err
	}
	issued, err := c.addClient(ctx, app, idp, goes)
	return issued.ClientID, issued.Value, err
}

// rotate adds a secret, and then revokes the one that was there.
func (c Credentials) rotate(ctx context.Context, app ApplicationView, idp portico.IdP) (portico.ClientSecret, error) {
	r, err := c.begin(ctx, app, idp)
	if err != nil {
		return portico.ClientSecret{}, err
	}
	if len(r.held) != 1 {
		return portico.ClientSecret{}, r.drop(ctx, notOneSecret(len(r.held)))
	}
	issued, err := r.issue(ctx)
	if err != nil {
		return portico.ClientSecret{}, err
	}
	// From here on the new secret is the one to keep.
	if err := r.keep(ctx, []string{issued.ID}, issued); err != nil {
		return portico.ClientSecret{}, err
	}
	c.Checkpoint(StepRotateSwitched)
	if err := c.settleSecrets(ctx, r.idp, r.task); err != nil {
		c.Logger.WarnContext(ctx, "old secret not revoked yet; the reconciler goes on", "task", r.task.ID, "err", err)
	}
	c.Checkpoint(StepRotateDone)
	c.name(ctx, app.ID, app.ClientID, issued)
	return issued, nil
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
	ctx, cancel := c.Conversation(ctx)
	defer cancel()
	idp, err := c.idpOf(app)
	if err != nil {
		return err
	}
	if _, ok := idp.(portico.SecretManager); !ok {
		return c.retireClient(ctx, app, secretID)
	}
	r, err := c.begin(ctx, app, idp)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(r.held, func(s portico.SecretInfo) bool { return s.ID == secretID })
	if at < 0 {
		return r.drop(ctx, portico.NotFound("credential", secretID))
	}
	others := slices.Delete(slices.Clone(r.held), at, at+1)
	if !slices.ContainsFunc(others, func(s portico.SecretInfo) bool { return s.Active }) {
		return r.drop(ctx, lastSecret())
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
	return usecase.ClientOf(app.Application, app.Strategy).Scopes, nil
}

// Most is how many credentials an application may hold at once; 0 where they are
// managed elsewhere. KindUnavailable.
func (c Credentials) Most(app ApplicationView) (int, error) {
	switch app.Strategy.CredentialType() {
	case portico.CredentialKeyAuth:
		return portico.MaxAPIKeysPerApplication, nil
	case portico.CredentialDCR:
		idp, err := c.idpOf(app)
		if err != nil {
			return 0, err
		}
		if _, ok := idp.(portico.SecretManager); ok {
			return idp.Capabilities().MaxSecrets, nil
		}
		return maxClients, nil
	}
	return 0, nil
}

// idpOf makes the adapter that holds an application's clients.
func (c Credentials) idpOf(app ApplicationView) (portico.IdP, error) {
	idp, err := c.Adapter(*app.Provider)
	if err != nil {
		return nil, refusal(err, unchangedCredentials)
	}
	return idp, nil
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

func (c Credentials) ofSecret(clientID string, s portico.SecretInfo) Credential {
	status := "active"
	switch {
	case !s.Active:
		status = "revoked"
	case s.ExpiresAt != nil && !c.Now().Before(*s.ExpiresAt):
		status = "expired"
	}
	return Credential{ID: s.ID, Type: ClientSecret, ClientID: clientID, Status: status, CreatedAt: s.CreatedAt, ExpiresAt: s.ExpiresAt}
}

func secretIDs(held []portico.SecretInfo) []string {
	ids := make([]string, len(held))
	for i, s := range held {
		ids[i] = s.ID
	}
	return ids
}
