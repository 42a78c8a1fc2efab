package control

import (
	"context"

	"portico"
	"portico/hooks"
)

// commitAndTell is Commit for a change that an identity provider is told of. It
// hears of it once it is committed, now if it answers and else from the
// reconciler.
func (d saga) commitAndTell(ctx context.Context, fn func(portico.Tx) ([]portico.Task, error)) error {
	var tasks []portico.Task
	err := d.Commit(ctx, func(tx portico.Tx) (err error) {
		tasks, err = fn(tx)
		return err
	})
	if err == nil && len(tasks) > 0 {
		d.Settle(ctx, tasks)
	}
	return err
}

// tell queues that the application's provider is to hear how the application
// stands, or with an API its registration for that.
func (d saga) tell(ctx context.Context, tx portico.Tx, app portico.ApplicationID, api portico.APIID) ([]portico.Task, error) {
	owner, err := tx.Applications().ByID(ctx, app)
	if err != nil {
		return nil, err
	}
	return hooks.Hooks{Deps: d.Deps}.Queue(ctx, tx, owner, api)
}

// tellOf is tell for a registration that was one thing and is another now; a
// provider cares only whether it is approved.
func (d saga) tellOf(ctx context.Context, tx portico.Tx, r portico.Registration, before, after portico.Status) ([]portico.Task, error) {
	if (before == portico.Approved) == (after == portico.Approved) {
		return nil, nil
	}
	return d.tell(ctx, tx, r.ApplicationID, r.APIID)
}
