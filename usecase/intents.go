package usecase

import (
	"context"
	"errors"
	"time"

	"portico"
)

// Conversation bounds a conversation with an identity provider. It does not end
// with the caller's patience, only with its own deadline.
func (d Deps) Conversation(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), d.IdPTimeout)
}

// Pause waits, as long as ctx lasts; false: it ended before.
func Pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// Lease is how long an intent belongs to whoever wrote it: longer than any
// conversation lasts, so that what is due later was interrupted.
func (d Deps) Lease() time.Duration { return 2 * d.IdPTimeout }

// Intent is what is to be written down before an identity provider is called,
// so that whatever happens then, the reconciler finishes or undoes it.
func (d Deps) Intent(kind portico.TaskKind, provider portico.ProviderID, app portico.ApplicationID) portico.Task {
	now := d.Now()
	return portico.Task{ID: portico.TaskID(d.NewID()), Kind: kind, ProviderID: provider, ApplicationID: app, DueAt: now.Add(d.Lease()), CreatedAt: now, UpdatedAt: now}
}

// Told is what an admin is told of an error: what an identity provider did, or
// what Portico says of it itself. Empty: its cause is for the log alone, for it
// may hold addresses.
func Told(err error) string {
	for ; err != nil; err = errors.Unwrap(err) {
		switch e := err.(type) {
		case *portico.Error:
			return e.Detail
		case *portico.IdPError:
			return e.Detail
		}
	}
	return ""
}

// Finish removes an intent that is settled.
func (d Deps) Finish(ctx context.Context, id portico.TaskID) error {
	return d.Store.Update(ctx, func(tx portico.Tx) error { return tx.Tasks().Delete(ctx, id) })
}

// Undo removes the client of an intent from the identity provider, and then the
// intent. Otherwise the intent stays and knows the client from now on: not
// every provider can find it by its create key.
func (d Deps) Undo(ctx context.Context, idp portico.IdP, task portico.Task) error {
	cause := d.RemoveClient(ctx, idp, task)
	if cause == nil {
		return d.Finish(ctx, task.ID)
	}
	ctx = context.WithoutCancel(ctx) // the conversation may have taken all its time
	return errors.Join(cause, d.Store.Update(ctx, func(tx portico.Tx) error {
		_, err := tx.Tasks().Change(ctx, task.ID, func(t *portico.Task) error {
			t.Client = task.Client
			return nil
		})
		return err
	}))
}

// RemoveClient deletes the client that an intent is about: the one that it
// names, or else the one that its create key made, if there is one. Where nobody
// can tell, it is reported: looking again would tell no more.
func (d Deps) RemoveClient(ctx context.Context, idp portico.IdP, task portico.Task) error {
	if task.Client.ClientID != "" {
		return idp.Delete(ctx, task.Client)
	}
	ref, err := idp.Find(ctx, task.CreateKey)
	switch {
	case portico.IsIdP(err, portico.IdPNotFound):
		return nil
	case portico.IsIdP(err, portico.IdPAmbiguous) && idp.Capabilities().Unfindable:
		d.Logger.ErrorContext(ctx, "the identity provider may hold a client that belongs to no application, and cannot be asked; look for it there and delete it",
			"provider", task.ProviderID, "request_id", task.CreateKey, "asked_at", task.CreatedAt)
		return nil
	case err != nil:
		return err
	}
	return idp.Delete(ctx, ref)
}
