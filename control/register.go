package control

import (
	"context"
	"errors"
	"slices"
	"time"

	"portico"
	"portico/secret"
	"portico/usecase"
)

// The steps of the saga, as Checkpoint names them.
const (
	StepRegisterIntent   = "register.intent"   // the intent is committed, nobody was called
	StepRegisterCalled   = "register.called"   // the client exists, no application owns it
	StepRegisterBound    = "register.bound"    // the application is committed, nobody was answered
	StepDeregisterIntent = "deregister.intent" // the application is gone, its client is not
	StepDeregisterCalled = "deregister.called" // both are gone, the intent is not
	StepDeregisterDone   = "deregister.done"
	StepRotateIntent     = "rotate.intent"   // nothing has happened yet
	StepRotateAdded      = "rotate.added"    // there is a secret that nobody was shown
	StepRotateSwitched   = "rotate.switched" // the new secret counts, the old one still works
	StepRotateRevoked    = "rotate.revoked"  // the old secret is gone
	StepRotateDone       = "rotate.done"
)

// Steps lists every step, for tests that stop the program at each.
func Steps() []string {
	return []string{
		StepRegisterIntent, StepRegisterCalled, StepRegisterBound,
		StepDeregisterIntent, StepDeregisterCalled, StepDeregisterDone,
		StepRotateIntent, StepRotateAdded, StepRotateSwitched, StepRotateRevoked, StepRotateDone,
	}
}

// register runs the saga: an intent, the call, the application. Whatever
// happens in between, either the application exists and owns the client, or
// the intent is left and the reconciler removes the client.
func (a Applications) register(ctx context.Context, plan *creation) (secret.Text, error) {
	// Somebody who gives up waiting must not leave a half-done registration.
	ctx, cancel := a.Conversation(ctx)
	defer cancel()
	idp, err := a.Adapter(*plan.provider)
	if err != nil {
		return secret.Text{}, refusal(err, "no application was created")
	}
	task := a.Intent(portico.TaskRegister, plan.provider.ID, plan.app.ID)
	task.CreateKey = string(plan.app.ID)
	spec, err := a.ClientSpec(ctx, plan.app, plan.strategy)
	if err != nil {
		return secret.Text{}, err
	}
	if err := a.Store.Update(ctx, func(tx portico.Tx) error { return tx.Tasks().Insert(ctx, task) }); err != nil {
		return secret.Text{}, err
	}
	a.Checkpoint(StepRegisterIntent)

	client, err := idp.Create(ctx, spec, task.CreateKey)
	if portico.IsIdP(err, portico.IdPAmbiguous) {
		client, err = a.recoverClient(ctx, idp, spec, task.CreateKey, err)
	}
	if err != nil {
		return secret.Text{}, a.abandon(ctx, idp, task, err, "no application was created")
	}
	task.Client = client.Ref
	a.Checkpoint(StepRegisterCalled)
	client.Secret.ID = secretID(idp, client)

	plan.app.ClientID, plan.app.ExternalID = client.Ref.ClientID, client.Ref.ExternalID
	err = a.Commit(ctx, func(tx portico.Tx) error {
		if err := tx.Applications().Insert(ctx, plan.app); err != nil {
			return err
		}
		if err := a.remember(ctx, tx, plan.app.ID, plan.app.ClientID, client.Secret.SecretInfo); err != nil {
			return err
		}
		return tx.Tasks().Delete(ctx, task.ID)
	})
	if err != nil {
		// The portal, the developer or the name was taken away meanwhile.
		a.undo(ctx, idp, task)
		return secret.Text{}, err
	}
	a.Checkpoint(StepRegisterBound)
	a.name(ctx, plan.app.ID, plan.app.ClientID, client.Secret)
	return client.Secret.Value, nil
}

// secretID names a new client's secret: where a client holds a single one, by
// the client.
func secretID(idp portico.IdP, client portico.Client) string {
	if _, several := idp.(portico.SecretManager); several {
		return client.Secret.ID
	}
	return client.Ref.ClientID
}

// name lets the gateways' counts of a secret's uses be found by the secret's
// id. Statistics are not worth failing for.
func (d saga) name(ctx context.Context, app portico.ApplicationID, clientID string, issued portico.ClientSecret) {
	if d.Fingerprint == nil || issued.ID == "" {
		return
	}
	use := portico.CredentialUse{ApplicationID: app, CredentialID: d.Fingerprint(clientID, issued.Value), SecretID: issued.ID}
	err := d.Store.Update(ctx, func(tx portico.Tx) error { return tx.NameCredential(ctx, use) })
	if err != nil {
		d.Logger.WarnContext(ctx, "secret not named; its uses are shown by its fingerprint", "application", app, "err", err)
	}
}

// recoverClient looks for a client whose creation was not answered. The secret
// was in the lost answer, so a new one is issued in its place; where that cannot
// be done, the cause stands and the client goes again.
func (a Applications) recoverClient(ctx context.Context, idp portico.IdP, spec portico.ClientSpec, createKey string, cause error) (portico.Client, error) {
	manager, managed := idp.(portico.SecretManager)
	replacer, replaced := idp.(portico.SecretReplacer)
	if !managed && !replaced {
		return portico.Client{}, cause
	}
	ref, err := idp.Find(ctx, createKey)
	if err != nil {
		return portico.Client{}, cause
	}
	// Where a registration takes several steps, only the first may have been done.
	if err := idp.Update(ctx, ref, spec); err != nil {
		return portico.Client{}, cause
	}
	if !managed {
		issued, err := replacer.ReplaceSecret(ctx, ref)
		if err != nil {
			return portico.Client{}, cause
		}
		return portico.Client{Ref: ref, Secret: issued}, nil
	}
	lost, err := manager.Secrets(ctx, ref)
	if err != nil {
		return portico.Client{}, cause
	}
	issued, err := manager.AddSecret(ctx, ref)
	if err != nil {
		return portico.Client{}, cause
	}
	for _, s := range lost {
		if err := manager.RevokeSecret(ctx, ref, s.ID); err != nil {
			return portico.Client{}, cause
		}
	}
	a.Logger.InfoContext(ctx, "client found whose creation was not answered", "client_id", ref.ClientID)
	return portico.Client{Ref: ref, Secret: issued}, nil
}

// abandon ends a registration that the identity provider did not confirm. If
// the client may exist all the same, it is looked for and removed; what cannot
// be settled now is left to the reconciler.
func (a Applications) abandon(ctx context.Context, idp portico.IdP, task portico.Task, cause error, unchanged string) error {
	var settled error
	if portico.IsIdP(cause, portico.IdPAmbiguous) {
		// Not found yet may mean still under way: the intent stays, and the
		// reconciler looks again after every deadline has passed.
		settled = a.RemoveClient(ctx, idp, task)
	} else {
		settled = a.Finish(ctx, task.ID)
	}
	if settled != nil {
		a.Logger.ErrorContext(ctx, "registration not settled; the reconciler goes on", "task", task.ID, "err", settled)
	}
	return refusal(cause, unchanged)
}

// undo removes a client that no application will own. When the database was
// lost at the commit, the application may be there all the same: then the
// intent is gone, and the client stays.
func (a Applications) undo(ctx context.Context, idp portico.IdP, task portico.Task) {
	_, err := usecase.View(ctx, a.Store, func(tx portico.Tx) (portico.Task, error) { return tx.Tasks().ByID(ctx, task.ID) })
	if portico.KindOf(err) == portico.KindNotFound {
		return
	}
	if err == nil {
		err = a.Undo(ctx, idp, task)
	}
	if err != nil {
		a.Logger.ErrorContext(ctx, "client not removed; the reconciler goes on", "task", task.ID, "err", err)
	}
}

// adopt binds a client that exists already to a new application.
func (a Applications) adopt(ctx context.Context, plan creation) error {
	ctx, cancel := a.Conversation(ctx)
	defer cancel()
	idp, err := a.Adapter(*plan.provider)
	if err != nil {
		return refusal(err, "no application was created")
	}
	state, err := idp.Read(ctx, portico.ClientRef{ClientID: plan.app.ClientID})
	if portico.IsIdP(err, portico.IdPNotFound) {
		return portico.Invalid("dcr_client_id", "missing_reference", "The identity provider has no client with this id.")
	}
	if err != nil {
		return refusal(err, "no application was created")
	}
	plan.app.ClientID, plan.app.ExternalID = state.Ref.ClientID, state.Ref.ExternalID
	return a.Commit(ctx, func(tx portico.Tx) error {
		if err := checkStays(ctx, tx, plan.provider.ID, state); err != nil {
			return err
		}
		return tx.Applications().Insert(ctx, plan.app)
	})
}

// checkStays refuses a client that an open intent is going to remove.
func checkStays(ctx context.Context, tx portico.Tx, provider portico.ProviderID, client portico.ClientState) error {
	open, err := tx.Tasks().List(ctx, portico.Everything(portico.Where("dcr_provider_id", provider)))
	if err != nil {
		return err
	}
	for _, task := range open.Items {
		leaves := task.Kind == portico.TaskDeregister && task.Client.ClientID == client.Ref.ClientID
		unbound := task.Kind == portico.TaskRegister && task.ApplicationID == client.ApplicationID
		if leaves || unbound {
			return portico.Errorf(portico.KindConflict, "The client [%s] is about to be removed from the identity provider; nothing was created. Choose another client.", client.Ref.ClientID)
		}
	}
	return nil
}

// push makes the client in the identity provider equal to the application. Where
// a change would cost the client its secret, a name is not worth it.
func (a Applications) push(ctx context.Context, p portico.Provider, s portico.Strategy, before, app portico.Application) error {
	ctx, cancel := a.Conversation(ctx)
	defer cancel()
	idp, err := a.Adapter(p)
	if err != nil {
		return refusal(err, "the application was not changed")
	}
	spec, err := a.ClientSpec(ctx, app, s)
	if err != nil {
		return err
	}
	was := usecase.ClientOf(before, s)
	if idp.Capabilities().DestructiveRead && slices.Equal(was.RedirectURIs, spec.RedirectURIs) && slices.Equal(was.Scopes, spec.Scopes) {
		return nil
	}
	for _, ref := range app.Clients() {
		if err := idp.Update(ctx, ref, spec); err != nil {
			return refusal(err, "the application was not changed")
		}
	}
	return nil
}

// Delete removes an application at once: the gateways refuse its credentials
// when Delete returns. Its client is removed from the identity provider now if
// that answers, and else by the reconciler. KindNotFound.
func (a Applications) Delete(ctx context.Context, id portico.ApplicationID) error {
	var tasks []portico.Task
	err := a.Commit(ctx, func(tx portico.Tx) error {
		if _, err := tx.Applications().ByID(ctx, id); err != nil {
			return err
		}
		var err error
		if tasks, err = a.Release(ctx, tx, portico.Where("id", id)); err != nil {
			return err
		}
		return tx.Applications().Delete(ctx, id)
	})
	if err != nil {
		return err
	}
	a.Checkpoint(StepDeregisterIntent)
	a.Settle(ctx, tasks)
	a.Checkpoint(StepDeregisterDone)
	return nil
}

// Settle works off tasks that were just committed, as far as the identity
// provider lets it.
func (d saga) Settle(ctx context.Context, tasks []portico.Task) {
	ctx, cancel := d.Conversation(ctx)
	defer cancel()
	for _, task := range tasks {
		if err := d.work(ctx, task); err != nil {
			d.Logger.WarnContext(ctx, "the identity provider was not reached; the reconciler goes on", "task", task.ID, "kind", task.Kind, "err", err)
		}
	}
}

// releaseAll queues the removal of the clients of all applications that match,
// in the transaction that is about to delete those applications.
func (a Applications) releaseAll(ctx context.Context, tx portico.Tx, filter portico.Filter) error {
	_, err := a.Release(ctx, tx, filter)
	return err
}

func (a Applications) Release(ctx context.Context, tx portico.Tx, filter portico.Filter) ([]portico.Task, error) {
	apps, err := tx.Applications().List(ctx, portico.Everything(filter))
	if err != nil {
		return nil, err
	}
	var tasks []portico.Task
	for _, app := range apps.Items {
		if app.ProviderID == nil {
			continue
		}
		for _, ref := range app.Clients() {
			task := a.Intent(portico.TaskDeregister, *app.ProviderID, app.ID)
			task.Client = ref
			if err := tx.Tasks().Insert(ctx, task); err != nil {
				return nil, err
			}
			tasks = append(tasks, task)
		}
	}
	return tasks, nil
}

// refusal tells a person what the identity provider did. unchanged says what
// did not happen. What concerns only an admin is in the log, not in the answer.
func refusal(err error, unchanged string) error {
	idp, ok := errors.AsType[*portico.IdPError](err)
	if !ok {
		return err
	}
	switch idp.Kind {
	case portico.IdPRejected:
		return &portico.Error{Kind: portico.KindInvalid, Code: "idp_rejected", Err: err,
			Detail:  "The identity provider refused the client; " + unchanged + ".",
			Invalid: []portico.InvalidParameter{{Field: "auth_strategy_id", Rule: "invalid", Reason: idp.Detail}}}
	case portico.IdPNotFound:
		return &portico.Error{Kind: portico.KindConflict, Code: "idp_client_gone", Err: err,
			Detail: "The identity provider no longer has this application's client; " + unchanged + ". Delete the application and create it again."}
	case portico.IdPDenied:
		return &portico.Error{Kind: portico.KindUnavailable, Code: "idp_denied", Err: err, RetryAfter: 5 * time.Minute,
			Detail: "The identity provider refused the portal's own credential; " + unchanged + ". An administrator has to renew it."}
	}
	after := idp.RetryAfter
	if after == 0 {
		after = 10 * time.Second
	}
	return &portico.Error{Kind: portico.KindUnavailable, Code: "idp_unavailable", Err: err, RetryAfter: after,
		Detail: "The identity provider does not answer as it should; " + unchanged + ". Try again in a moment."}
}
