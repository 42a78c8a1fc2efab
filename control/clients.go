package control

import (
	"context"
	"errors"
	"slices"

	"portico"
	"portico/developers"
	"portico/hooks"
	"portico/usecase"
)

// maxClients is how many clients an application may have where each holds a
// single secret: a second one lets two secrets overlap.
const maxClients = 2

// ofClients lists an application's clients as its credentials, each by the one
// secret that it holds.
func (c Credentials) ofClients(ctx context.Context, app ApplicationView) ([]Credential, error) {
	issued, err := c.issuedSecrets(ctx, app.ID)
	if err != nil {
		return nil, err
	}
	var out []Credential
	for _, ref := range app.Clients() {
		known := portico.SecretInfo{ID: ref.ClientID, Active: true, CreatedAt: &app.CreatedAt}
		for _, s := range issued {
			if s.ClientID == ref.ClientID {
				known.CreatedAt, known.ExpiresAt = &s.CreatedAt, s.ExpiresAt
			}
		}
		out = append(out, c.ofSecret(ref.ClientID, known))
	}
	return out, nil
}

// succession is what becomes of an application's only client when there is
// another one.
type succession int

const (
	stays succession = iota // so that two secrets overlap
	goes                    // once the other one is there
	lost                    // it is gone already, and the application's owners have to hear of it
)

// addClient gives the application a further client, which becomes its current
// one.
func (c Credentials) addClient(ctx context.Context, app ApplicationView, idp portico.IdP, before succession) (IssuedCredential, error) {
	applications := Applications(c)
	spec, err := c.ClientSpec(ctx, app.Application, app.Strategy)
	if err != nil {
		return IssuedCredential{}, err
	}
	task := c.Intent(portico.TaskRegister, *app.ProviderID, app.ID)
	task.CreateKey = c.NewID()
	if err := c.intend(ctx, task, func(now portico.Application) error { return mayAdd(now, before != stays) }); err != nil {
		return IssuedCredential{}, err
	}
	c.Checkpoint(StepRegisterIntent)
	client, err := idp.Create(ctx, spec, task.CreateKey)
	if portico.IsIdP(err, portico.IdPAmbiguous) {
		client, err = applications.recoverClient(ctx, idp, spec, task.CreateKey, err)
	}
	if err != nil {
		return IssuedCredential{}, applications.abandon(ctx, idp, task, err, unchangedCredentials)
	}
	task.Client = client.Ref
	c.Checkpoint(StepRegisterCalled)
	client.Secret.ID = secretID(idp, client)

	var left []portico.Task
	err = c.CommitAndMailAll(ctx, func(tx portico.Tx) ([]*portico.Message, error) {
		left = nil
		_, err := tx.Applications().Change(ctx, app.ID, func(a *portico.Application) error {
			old := a.ClientRef()
			a.Succeed(client.Ref)
			if before == stays {
				return nil
			}
			task, err := c.retire(ctx, tx, a, old.ClientID)
			left = append(left, task)
			return err
		})
		if err != nil {
			return nil, err
		}
		if err := c.remember(ctx, tx, app.ID, client.Ref.ClientID, client.Secret.SecretInfo); err != nil {
			return nil, err
		}
		if err := tx.Tasks().Delete(ctx, task.ID); err != nil || before != lost {
			return nil, err
		}
		return c.announce(ctx, tx, developers.MailClientReplaced, app.ID, map[string]string{"client_id": client.Ref.ClientID, "lost_client_id": app.ClientID})
	})
	if err != nil {
		// The application was deleted meanwhile, or the database was lost.
		applications.undo(ctx, idp, task)
		return IssuedCredential{}, err
	}
	c.Checkpoint(StepRegisterBound)
	c.Settle(ctx, left)
	c.name(ctx, app.ID, client.Ref.ClientID, client.Secret)
	return IssuedCredential{c.ofSecret(client.Ref.ClientID, client.Secret.SecretInfo), client.Secret.Value}, nil
}

// Restore puts a new client in the place of the application's only one, which
// its identity provider has lost. Nobody is shown its secret: the developers
// hear of it by mail, and issue one. KindConflict: it is not the application's
// client any more.
func (c Credentials) Restore(ctx context.Context, id portico.ApplicationID, gone portico.ClientRef) error {
	ctx, cancel := c.Conversation(ctx)
	defer cancel()
	app, err := Applications(c).ByID(ctx, "", id)
	if err != nil {
		return err
	}
	if app.ProviderID == nil || app.ClientRef() != gone {
		return portico.Errorf(portico.KindConflict, "The application has another client by now; nothing was changed.")
	}
	idp, err := c.idpOf(app)
	if err != nil {
		return err
	}
	_, err = c.addClient(ctx, app, idp, lost)
	return err
}

// mayAdd refuses a client too many.
func mayAdd(app portico.Application, replace bool) error {
	held := len(app.Clients())
	if replace && held != 1 {
		return notOneSecret(held)
	}
	if !replace && held >= maxClients {
		return secretLimit(held)
	}
	return nil
}

// retireClient takes a client away from the application: the gateways refuse it
// when retireClient returns, and it leaves the identity provider now or as soon
// as that answers again.
func (c Credentials) retireClient(ctx context.Context, app ApplicationView, clientID string) error {
	var task portico.Task
	err := c.Commit(ctx, func(tx portico.Tx) error {
		if err := noneOpen(ctx, tx, app.ID); err != nil {
			return err
		}
		_, err := tx.Applications().Change(ctx, app.ID, func(a *portico.Application) (err error) {
			task, err = c.retire(ctx, tx, a, clientID)
			return err
		})
		return err
	})
	if err != nil {
		return err
	}
	c.Checkpoint(StepDeregisterIntent)
	c.Settle(ctx, []portico.Task{task})
	c.Checkpoint(StepDeregisterDone)
	return nil
}

// retire is retireClient within a transaction; the task removes the client.
// KindNotFound; KindConflict for the only client.
func (d saga) retire(ctx context.Context, tx portico.Tx, app *portico.Application, clientID string) (portico.Task, error) {
	refs := app.Clients()
	at := slices.IndexFunc(refs, func(ref portico.ClientRef) bool { return ref.ClientID == clientID })
	if at < 0 {
		return portico.Task{}, portico.NotFound("credential", clientID)
	}
	if !app.Retire(clientID) {
		return portico.Task{}, lastSecret()
	}
	app.Generation++
	task := d.Intent(portico.TaskDeregister, *app.ProviderID, app.ID)
	task.Client = refs[at]
	if err := tx.Tasks().Insert(ctx, task); err != nil {
		return portico.Task{}, err
	}
	return task, d.forget(ctx, tx, app.ID, func(s portico.IssuedSecret) bool { return s.ClientID == clientID })
}

// replaceSecret exchanges the only secret of the only client, where the
// identity provider can. Until the new one is known the intent stays, so that
// the gateways forget the old one whatever happens.
func (c Credentials) replaceSecret(ctx context.Context, app ApplicationView, replacer portico.SecretReplacer) (portico.ClientSecret, error) {
	task := c.Intent(portico.TaskRotate, *app.ProviderID, app.ID)
	task.Client = app.ClientRef()
	if err := c.intend(ctx, task, func(now portico.Application) error { return mayAdd(now, true) }); err != nil {
		return portico.ClientSecret{}, err
	}
	c.Checkpoint(StepRotateIntent)
	issued, err := replacer.ReplaceSecret(ctx, app.ClientRef())
	if portico.IsIdP(err, portico.IdPAmbiguous) {
		return portico.ClientSecret{}, &portico.Error{Kind: portico.KindUnavailable, Code: "secret_unknown", Err: err, RetryAfter: c.Lease(),
			Detail: "The identity provider's answer was lost: the secret may have been replaced by one that nobody knows. If the old one no longer works, regenerate it again."}
	}
	if err != nil {
		return portico.ClientSecret{}, errors.Join(refusal(err, unchangedCredentials), c.Finish(ctx, task.ID))
	}
	c.Checkpoint(StepRotateAdded)
	issued.ID = app.ClientID
	err = c.Commit(ctx, func(tx portico.Tx) error {
		if err := c.forget(ctx, tx, app.ID, func(portico.IssuedSecret) bool { return true }); err != nil {
			return err
		}
		if err := c.remember(ctx, tx, app.ID, app.ClientID, issued.SecretInfo); err != nil {
			return err
		}
		return c.switched(ctx, tx, task)
	})
	if err != nil {
		return portico.ClientSecret{}, err // the reconciler goes on; the secret is lost, and can be replaced again
	}
	c.Checkpoint(StepRotateDone)
	c.name(ctx, app.ID, app.ClientID, issued)
	return issued, nil
}

// intend commits an intent, unless another change of the application's
// credentials is under way or check refuses it.
func (d saga) intend(ctx context.Context, task portico.Task, check func(portico.Application) error) error {
	return d.Store.Update(ctx, func(tx portico.Tx) error {
		if err := noneOpen(ctx, tx, task.ApplicationID); err != nil {
			return err
		}
		app, err := tx.Applications().ByID(ctx, task.ApplicationID)
		if err == nil {
			err = check(app)
		}
		if err != nil {
			return err
		}
		return tx.Tasks().Insert(ctx, task)
	})
}

// noneOpen refuses while another change of the application's credentials is
// under way.
func noneOpen(ctx context.Context, tx portico.Tx, app portico.ApplicationID) error {
	open, err := tx.Tasks().List(ctx, portico.Everything(portico.Where("application_id", app), hooks.Others()))
	if err != nil {
		return err
	}
	if open.Total > 0 {
		return portico.Errorf(portico.KindConflict, "Another change of this application's credentials is under way; nothing was changed. Try again in a moment.").Named("change_under_way")
	}
	return nil
}

// remember keeps what is known of a secret that was just issued.
func (d saga) remember(ctx context.Context, tx portico.Tx, app portico.ApplicationID, clientID string, s portico.SecretInfo) error {
	now := d.Now()
	return tx.IssuedSecrets().Insert(ctx, portico.IssuedSecret{
		ID: portico.IssuedSecretID(d.NewID()), ApplicationID: app, ClientID: clientID, SecretID: s.ID, ExpiresAt: s.ExpiresAt, CreatedAt: now, UpdatedAt: now,
	})
}

// forget drops what is known of the application's secrets that are gone.
func (d saga) forget(ctx context.Context, tx portico.Tx, app portico.ApplicationID, gone func(portico.IssuedSecret) bool) error {
	issued, err := tx.IssuedSecrets().List(ctx, portico.Everything(portico.Where("application_id", app)))
	if err != nil {
		return err
	}
	for _, s := range issued.Items {
		if gone(s) {
			if err := tx.IssuedSecrets().Delete(ctx, s.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// issuedSecrets lists what is known of the application's secrets.
func (d saga) issuedSecrets(ctx context.Context, app portico.ApplicationID) ([]portico.IssuedSecret, error) {
	page, err := usecase.View(ctx, d.Store, func(tx portico.Tx) (portico.Page[portico.IssuedSecret], error) {
		return tx.IssuedSecrets().List(ctx, portico.Everything(portico.Where("application_id", app)))
	})
	return page.Items, err
}
