package audit

import (
	"context"
	"fmt"
	"time"

	"portico"
	"portico/usecase"
)

// Webhooks tell others of new entries: one for the organization, whose webhook
// gets everything, and one for each portal, whose gets what concerns the portal.
type Webhooks struct{ usecase.Deps }

// Scope is whose webhook is meant: that of a portal, or, with nil, the
// organization's.
type Scope struct{ Portal *portico.PortalID }

// Organization is the scope of everything.
func Organization() Scope { return Scope{} }

// OfPortal is the scope of one portal.
func OfPortal(id portico.PortalID) Scope { return Scope{&id} }

// Status is a webhook, if there is one, and whether it works: Active is false
// when its last attempt failed. The sender goes on trying.
type Status struct {
	Webhook *portico.AuditWebhook
	Active  bool
}

// Get returns the webhook. KindNotFound: the portal, or there is none.
func (w Webhooks) Get(ctx context.Context, scope Scope) (portico.AuditWebhook, error) {
	return usecase.View(ctx, w.Store, func(tx portico.Tx) (portico.AuditWebhook, error) {
		id, err := scope.id(ctx, tx)
		if err != nil {
			return portico.AuditWebhook{}, err
		}
		return configured(ctx, tx, id)
	})
}

// Status says how the webhook does. KindNotFound (portal).
func (w Webhooks) Status(ctx context.Context, scope Scope) (Status, error) {
	return usecase.View(ctx, w.Store, func(tx portico.Tx) (Status, error) {
		id, err := scope.id(ctx, tx)
		if err != nil {
			return Status{}, err
		}
		found, err := tx.AuditWebhooks().ByID(ctx, id)
		if portico.KindOf(err) == portico.KindNotFound {
			return Status{}, nil
		}
		return Status{Webhook: &found, Active: found.Failures == 0}, err
	})
}

// Update makes the webhook or changes it. One that is switched on sends what is
// recorded from then on. KindInvalid: there is no such destination, or none was
// ever named; KindNotFound (portal).
func (w Webhooks) Update(ctx context.Context, scope Scope, destination portico.Opt[portico.AuditDestinationID], enabled portico.Opt[bool]) (portico.AuditWebhook, error) {
	var saved portico.AuditWebhook
	err := w.Store.Update(ctx, func(tx portico.Tx) error {
		id, err := scope.id(ctx, tx)
		if err != nil {
			return err
		}
		if destination.Set {
			if _, err := tx.AuditDestinations().ByID(ctx, destination.Value); err != nil {
				return usecase.Missing(err, "audit_log_destination_id", fmt.Sprintf("No audit log destination with id [%s] exists.", destination.Value))
			}
		}
		newest, err := newest(ctx, tx)
		if err != nil {
			return err
		}
		now := w.Now()
		_, err = tx.AuditWebhooks().ByID(ctx, id)
		switch {
		case portico.KindOf(err) == portico.KindNotFound && !destination.Set:
			return portico.Invalid("audit_log_destination_id", "required", "must be given: no destination was chosen for this webhook yet")
		case portico.KindOf(err) == portico.KindNotFound:
			saved = portico.AuditWebhook{ID: id, PortalID: scope.Portal, DestinationID: destination.Value, Enabled: enabled.Value,
				Position: newest, DueAt: now, CreatedAt: now, UpdatedAt: now}
			return tx.AuditWebhooks().Insert(ctx, saved)
		case err != nil:
			return err
		}
		saved, err = tx.AuditWebhooks().Change(ctx, id, func(stored *portico.AuditWebhook) error {
			if enabled.Value && !stored.Enabled {
				stored.Position = newest
			}
			destination.Apply(&stored.DestinationID)
			enabled.Apply(&stored.Enabled)
			stored.Failures, stored.DueAt = 0, now // whatever was wrong may be right now
			return nil
		})
		return err
	})
	return saved, err
}

// Delete removes the webhook and its replay job. KindNotFound.
func (w Webhooks) Delete(ctx context.Context, scope Scope) error {
	return w.Store.Update(ctx, func(tx portico.Tx) error {
		id, err := scope.id(ctx, tx)
		if err == nil {
			_, err = configured(ctx, tx, id)
		}
		if err != nil {
			return err
		}
		return tx.AuditWebhooks().Delete(ctx, id)
	})
}

// Replay returns the replay job; there is always one, if only unconfigured.
// KindNotFound (portal).
func (w Webhooks) Replay(ctx context.Context, scope Scope) (portico.AuditReplay, error) {
	return usecase.View(ctx, w.Store, func(tx portico.Tx) (portico.AuditReplay, error) {
		id, err := scope.id(ctx, tx)
		if err != nil {
			return portico.AuditReplay{}, err
		}
		job, err := tx.AuditReplays().ByID(ctx, id)
		if portico.KindOf(err) == portico.KindNotFound {
			return portico.AuditReplay{ID: id, Status: portico.ReplayUnconfigured}, nil
		}
		return job, err
	})
}

// StartReplay makes a job that sends the entries of a time once more, both ends
// included, in place of the one before. KindInvalid: the times; KindConflict:
// one is under way, or there is no webhook to send to; KindNotFound (portal).
func (w Webhooks) StartReplay(ctx context.Context, scope Scope, from, to time.Time) (portico.AuditReplay, error) {
	now := w.Now()
	if err := checkTimes(from, to, now); err != nil {
		return portico.AuditReplay{}, err
	}
	var job portico.AuditReplay
	err := w.Store.Update(ctx, func(tx portico.Tx) error {
		id, err := scope.id(ctx, tx)
		if err != nil {
			return err
		}
		hook, err := tx.AuditWebhooks().ByID(ctx, id)
		if portico.KindOf(err) == portico.KindNotFound || err == nil && !hook.Enabled {
			return portico.Errorf(portico.KindConflict, "There is no webhook that is switched on, so nowhere to send to; nothing was started. Set the webhook up first.")
		}
		if err != nil {
			return err
		}
		job = portico.AuditReplay{ID: id, From: from, To: to, Status: portico.ReplayAccepted, DueAt: now, CreatedAt: now, UpdatedAt: now}
		before, err := tx.AuditReplays().ByID(ctx, id)
		switch {
		case err == nil && before.UnderWay():
			return portico.Errorf(portico.KindConflict, "A replay job is currently running; nothing was changed. Wait until it has completed.")
		case err == nil:
			if err := tx.AuditReplays().Delete(ctx, id); err != nil {
				return err
			}
		case portico.KindOf(err) != portico.KindNotFound:
			return err
		}
		return tx.AuditReplays().Insert(ctx, job)
	})
	return job, err
}

// checkTimes holds the ends of a replay to their order and to the past. A time
// that the log no longer reaches back to is no fault: what there is is sent.
func checkTimes(from, to, now time.Time) error {
	var faults []portico.InvalidParameter
	fault := func(field, reason string) {
		faults = append(faults, portico.InvalidParameter{Field: field, Rule: "invalid", Reason: reason})
	}
	latest := now.Add(time.Minute) // clocks differ
	if from.After(latest) {
		fault("start_at", "must not be in the future")
	}
	switch {
	case to.Before(from):
		fault("end_at", "must not be before start_at")
	case to.After(latest):
		fault("end_at", "must not be in the future")
	}
	if faults == nil {
		return nil
	}
	return portico.InvalidAll(faults...)
}

// id is the id of the scope's webhook. KindNotFound: the portal.
func (s Scope) id(ctx context.Context, tx portico.Tx) (portico.AuditWebhookID, error) {
	if s.Portal != nil {
		portal, err := tx.Portals().ByID(ctx, *s.Portal)
		return portico.AuditWebhookID(portal.ID), err
	}
	found, err := tx.Organizations().List(ctx, portico.ListQuery{Size: 1, Number: 1})
	if err != nil || len(found.Items) == 0 {
		return "", err
	}
	return portico.AuditWebhookID(found.Items[0].ID), nil
}

func configured(ctx context.Context, tx portico.Tx, id portico.AuditWebhookID) (portico.AuditWebhook, error) {
	found, err := tx.AuditWebhooks().ByID(ctx, id)
	if portico.KindOf(err) == portico.KindNotFound {
		err = portico.Errorf(portico.KindNotFound, "No audit log webhook has been set up here.")
	}
	return found, err
}

// newest is the position of the newest entry; 0: there is none.
func newest(ctx context.Context, tx portico.Tx) (int64, error) {
	found, err := tx.AuditEntries(ctx, portico.AuditQuery{Size: 1})
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return found[0].Position, nil
}

// retry lets the webhooks of a destination try at once: what they failed at has
// changed.
func retry(ctx context.Context, tx portico.Tx, d usecase.Deps, id portico.AuditDestinationID) error {
	hooks, err := tx.AuditWebhooks().List(ctx, portico.Everything(portico.Where("destination_id", id)))
	for i := 0; err == nil && i < len(hooks.Items); i++ {
		_, err = tx.AuditWebhooks().Change(ctx, hooks.Items[i].ID, func(hook *portico.AuditWebhook) error {
			hook.DueAt = d.Now()
			return nil
		})
	}
	return err
}
