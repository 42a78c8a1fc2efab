package hooks

import (
	"context"

	"portico"
	"portico/usecase"
)

// Hooks queue and tell events.
type Hooks struct{ usecase.Deps }

// Queue adds, in the transaction of a change, a task that tells the
// application's provider; api names the registration it is about, and is empty
// where it is about the application itself. None is added where the provider
// does not want to hear.
func (h Hooks) Queue(ctx context.Context, tx portico.Tx, app portico.Application, api portico.APIID) ([]portico.Task, error) {
	if app.ProviderID == nil {
		return nil, nil
	}
	provider, err := tx.Providers().ByID(ctx, *app.ProviderID)
	if err != nil || !provider.WantsEvents() {
		return nil, err
	}
	task := h.Intent(portico.TaskNotify, provider.ID, app.ID)
	task.APIID = api
	return []portico.Task{task}, tx.Tasks().Insert(ctx, task)
}

// QueueAPI queues what there is to tell when an API goes with all its
// registrations.
func (h Hooks) QueueAPI(ctx context.Context, tx portico.Tx, api portico.APIID) ([]portico.Task, error) {
	ending, err := tx.Registrations().List(ctx, portico.Everything(portico.Where("api_id", api), portico.Where("status", portico.Approved)))
	if err != nil {
		return nil, err
	}
	var tasks []portico.Task
	for _, registration := range ending.Items {
		app, err := tx.Applications().ByID(ctx, registration.ApplicationID)
		if err != nil {
			return nil, err
		}
		more, err := h.Queue(ctx, tx, app, api)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, more...)
	}
	return tasks, nil
}

// Others are the tasks that are not this package's: those about clients and
// their secrets.
func Others() portico.Filter {
	return portico.Filter{Field: "kind", Op: portico.OpNotEqual, Values: []string{string(portico.TaskNotify)}}
}

// Tell works a task off with the adapter of its provider. Nil: it was told, or
// there is nothing to tell any more, or the provider will not hear of it.
func (h Hooks) Tell(ctx context.Context, idp portico.IdP, task portico.Task) error {
	receiver, ok := idp.(portico.EventReceiver)
	if !ok {
		return nil
	}
	var strategy portico.Strategy
	kind := portico.ApplicationUpdated
	app, err := usecase.View(ctx, h.Store, func(tx portico.Tx) (portico.Application, error) {
		app, err := tx.Applications().ByID(ctx, task.ApplicationID)
		if err != nil {
			return app, err
		}
		if strategy, err = tx.Strategies().ByID(ctx, app.StrategyID); err != nil || task.APIID == "" {
			return app, err
		}
		approved, err := tx.Registrations().List(ctx, portico.Everything(portico.Where("application_id", app.ID), portico.Where("api_id", task.APIID), portico.Where("status", portico.Approved)))
		kind = portico.RegistrationRemoved
		if approved.Total > 0 {
			kind = portico.RegistrationAdded
		}
		return app, err
	})
	if portico.KindOf(err) == portico.KindNotFound {
		return nil // its client goes, and the provider hears of that
	}
	if err != nil {
		return err
	}
	is, err := h.ClientSpec(ctx, app, strategy)
	if err != nil {
		return err
	}
	for _, ref := range app.Clients() {
		err = receiver.Notify(ctx, portico.ClientEvent{Kind: kind, Ref: ref, Spec: is, APIID: task.APIID})
		if portico.IsIdP(err, portico.IdPRejected) || portico.IsIdP(err, portico.IdPNotFound) {
			h.Logger.ErrorContext(ctx, "the identity provider will not hear of an event; it is not told again", "event", kind, "client_id", ref.ClientID, "provider", task.ProviderID, "err", err)
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}
