package control

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"portico"
	"portico/hooks"
	"portico/usecase"
)

// Reconciler finishes or undoes what was interrupted: it works off the intents
// that are past their lease.
type Reconciler struct{ saga }

// maxBackoff bounds the wait between two attempts at one task.
const maxBackoff = 10 * time.Minute

// Run reconciles now and then at intervals until ctx ends.
func (r Reconciler) Run(ctx context.Context) {
	tick := time.NewTicker(r.Lease() / 2)
	defer tick.Stop()
	for {
		if _, err := r.Once(ctx); err != nil && ctx.Err() == nil {
			r.Logger.ErrorContext(ctx, "reconciling failed; trying again later", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Once works off every task that is due and returns how many it settled. A task
// that fails waits longer each time; it never stops the others.
func (r Reconciler) Once(ctx context.Context) (settled int, err error) {
	due, err := usecase.View(ctx, r.Store, func(tx portico.Tx) (portico.Page[portico.Task], error) {
		return tx.Tasks().List(ctx, portico.Everything(portico.Filter{Field: "due_at", Op: portico.OpLessEqual, Values: []string{r.Now().UTC().Format(time.RFC3339Nano)}}))
	})
	if err != nil {
		return 0, err
	}
	for _, task := range due.Items {
		claimed, err := r.claim(ctx, task)
		if err != nil {
			return settled, err
		}
		if !claimed {
			continue
		}
		if err := r.attempt(ctx, task); err != nil {
			r.Logger.WarnContext(ctx, "task not settled", "task", task.ID, "kind", task.Kind, "attempt", task.Attempts+1, "err", err)
			continue
		}
		r.Logger.InfoContext(ctx, "task settled", "task", task.ID, "kind", task.Kind, "application", task.ApplicationID)
		settled++
	}
	return settled, ctx.Err()
}

// claim takes the lease, unless another control plane was faster.
func (r Reconciler) claim(ctx context.Context, task portico.Task) (bool, error) {
	taken := errors.New("taken")
	err := r.Store.Update(ctx, func(tx portico.Tx) error {
		_, err := tx.Tasks().Change(ctx, task.ID, func(t *portico.Task) error {
			if !t.DueAt.Equal(task.DueAt) {
				return taken
			}
			t.DueAt = r.Now().Add(r.Lease())
			t.Attempts++
			return nil
		})
		return err
	})
	if errors.Is(err, taken) || portico.KindOf(err) == portico.KindNotFound {
		return false, nil
	}
	return err == nil, err
}

func (r Reconciler) attempt(ctx context.Context, task portico.Task) error {
	talk, cancel := r.Conversation(ctx)
	defer cancel()
	err := r.work(talk, task)
	if err == nil {
		return nil
	}
	backoff := min(r.Lease()<<min(task.Attempts, 10), maxBackoff)
	noted := r.Store.Update(ctx, func(tx portico.Tx) error {
		_, err2 := tx.Tasks().Change(ctx, task.ID, func(t *portico.Task) error {
			t.LastError, t.DueAt = cmp.Or(usecase.Told(err), "It failed; the log has the cause."), r.Now().Add(backoff)
			return nil
		})
		return err2
	})
	return errors.Join(err, noted)
}

// work does what a task asks for and removes it. Every step may be repeated.
func (d saga) work(ctx context.Context, task portico.Task) error {
	provider, err := usecase.View(ctx, d.Store, func(tx portico.Tx) (portico.Provider, error) {
		return tx.Providers().ByID(ctx, task.ProviderID)
	})
	if err != nil {
		return err
	}
	idp, err := d.Adapter(provider)
	if err != nil {
		return err
	}
	switch task.Kind {
	case portico.TaskRegister:
		err = d.RemoveClient(ctx, idp, task)
	case portico.TaskDeregister:
		err = idp.Delete(ctx, task.Client)
	case portico.TaskRotate:
		return d.settleSecrets(ctx, idp, task)
	case portico.TaskNotify:
		if err := (hooks.Hooks{Deps: d.Deps}).Tell(ctx, idp, task); err != nil {
			return err
		}
		return d.Finish(ctx, task.ID)
	}
	if err != nil {
		return err
	}
	d.Checkpoint(StepDeregisterCalled)
	return d.Finish(ctx, task.ID)
}

// settleSecrets removes every secret of a client but those that the task keeps,
// and makes the gateways forget what they learned with the removed ones.
func (d saga) settleSecrets(ctx context.Context, idp portico.IdP, task portico.Task) error {
	secrets, ok := idp.(portico.SecretManager)
	if !ok { // the one secret may have been replaced
		return d.Commit(ctx, func(tx portico.Tx) error { return d.switched(ctx, tx, task) })
	}
	if task.SecretIDs == nil {
		return d.Finish(ctx, task.ID) // interrupted before anything was decided
	}
	held, err := secrets.Secrets(ctx, task.Client)
	if portico.IsIdP(err, portico.IdPNotFound) {
		return d.Finish(ctx, task.ID) // the client is gone, and its secrets with it
	}
	if err != nil {
		return err
	}
	for _, s := range held {
		if slices.Contains(task.SecretIDs, s.ID) {
			continue
		}
		if err := secrets.RevokeSecret(ctx, task.Client, s.ID); err != nil {
			return err
		}
	}
	d.Checkpoint(StepRotateRevoked)
	return d.Commit(ctx, func(tx portico.Tx) error {
		err := d.forget(ctx, tx, task.ApplicationID, func(s portico.IssuedSecret) bool { return !slices.Contains(task.SecretIDs, s.SecretID) })
		if err != nil {
			return err
		}
		return d.switched(ctx, tx, task)
	})
}

// switched ends a rotation: the gateways forget what they learned with the
// secrets that were there before.
func (d saga) switched(ctx context.Context, tx portico.Tx, task portico.Task) error {
	_, err := tx.Applications().Change(ctx, task.ApplicationID, func(a *portico.Application) error {
		a.Generation++
		return nil
	})
	if err != nil && portico.KindOf(err) != portico.KindNotFound {
		return err
	}
	return tx.Tasks().Delete(ctx, task.ID)
}
