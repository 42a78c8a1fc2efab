package inventory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"portico"
	"portico/usecase"
)

// Wish is what somebody who has seen a finding wants done about it.
type Wish struct {
	FindingID string
	Action    portico.FindingAction
}

// Outcome is what became of a wish.
type Outcome struct {
	Wish
	Status Status
	Detail string // with Failed and Queued, for an admin
}

// Status of an outcome.
type Status string

// The states.
const (
	Done   Status = "done"
	Queued Status = "queued" // it will happen once the identity provider answers
	Failed Status = "failed" // and nothing was changed, or the finding is there still
)

// Act does what somebody wants done about findings. Before anything is done,
// each finding is looked for again: KindConflict if one of them is not as it was
// seen, or is in nobody's last inventory. KindInvalid: the action does not fit
// the finding, or two are wanted for one. What goes wrong after that is in the outcomes. KindNotFound (the
// provider), KindUnavailable.
func (i Inventories) Act(ctx context.Context, id portico.ProviderID, wishes []Wish) ([]Outcome, View, error) {
	last, err := i.Last(ctx, id)
	if err != nil {
		return nil, View{}, err
	}
	act, err := i.begin(ctx, last, wishes)
	if err != nil {
		return nil, View{}, err
	}
	for at, wish := range wishes {
		if wish.Action != portico.ActionIgnore && wish.Action != portico.ActionNotice {
			if err := act.confirm(ctx, act.findings[at]); err != nil {
				return nil, View{}, err
			}
		}
	}
	outcomes := make([]Outcome, len(wishes))
	for at, wish := range wishes {
		outcomes[at] = act.outcome(ctx, wish, act.findings[at])
	}
	last, err = i.Last(ctx, id)
	return outcomes, last, err
}

// acting is the work on one request.
type acting struct {
	looking
	ours     survey
	findings []portico.Finding // of the wishes, in their order
}

// begin finds what the wishes speak of.
func (i Inventories) begin(ctx context.Context, last View, wishes []Wish) (*acting, error) {
	act := &acting{findings: make([]portico.Finding, len(wishes))}
	wished := map[string]bool{}
	for at, wish := range wishes {
		if wished[wish.FindingID] {
			return nil, portico.Invalid(fmt.Sprintf("actions.%d.finding_id", at), "invalid", "Another action is for the same finding.")
		}
		wished[wish.FindingID] = true
		found := slices.IndexFunc(last.Findings, func(f portico.Finding) bool { return f.ID == wish.FindingID })
		if found < 0 {
			return nil, stale(wish.FindingID)
		}
		f := last.Findings[found]
		fits := append(f.Actions(), portico.ActionIgnore, portico.ActionNotice)
		if !slices.Contains(fits, wish.Action) {
			return nil, portico.Invalid(fmt.Sprintf("actions.%d.action", at), "enum", fmt.Sprintf("A finding of the kind %s can have %s.", f.Kind, joined(fits)))
		}
		act.findings[at] = f
	}
	var err error
	if act.ours, err = i.survey(ctx, last.ProviderID); err != nil {
		return nil, err
	}
	adapter, err := i.Adapter(act.ours.provider)
	if err != nil {
		return nil, unavailable(err)
	}
	act.looking = looking{Inventories: i, idp: adapter, can: adapter.Capabilities(), patience: impatient}
	return act, nil
}

func joined(actions []portico.FindingAction) string {
	texts := make([]string, len(actions))
	for i, a := range actions {
		texts[i] = string(a)
	}
	return strings.Join(texts, ", ")
}

func stale(id string) error {
	return portico.Errorf(portico.KindConflict, "The finding [%s] is not there any more, or has changed; nothing was done. Look at the clients again.", id).Named("finding_changed")
}

// confirm looks whether a finding still is as it was seen. It does nothing, so
// it ends when nobody waits for it any more.
func (a *acting) confirm(ctx context.Context, f portico.Finding) error {
	ctx, cancel := context.WithTimeout(ctx, a.IdPTimeout)
	defer cancel()
	now, there, err := a.again(ctx, f)
	if err != nil {
		return unavailable(err)
	}
	if !there || now.ID != f.ID {
		return stale(f.ID)
	}
	return nil
}

// again looks at the finding's client.
func (a *acting) again(ctx context.Context, f portico.Finding) (portico.Finding, bool, error) {
	if f.Kind == portico.FindingOrphaned {
		return a.lookAtOrphan(ctx, a.ours, f.Client)
	}
	app, there := a.ours.apps[f.ApplicationID]
	if !there || a.ours.busy[app.ID] || !slices.Contains(app.Clients(), f.Client) {
		return portico.Finding{}, false, nil
	}
	return a.look(ctx, a.ours, owned{f.Client, app})
}

// outcome does one thing, and says how it went.
func (a *acting) outcome(ctx context.Context, wish Wish, f portico.Finding) Outcome {
	talk, cancel := a.Conversation(ctx)
	defer cancel()
	status, err := a.do(talk, wish, f)
	if err == nil && status == Done && f.Kind == portico.FindingDrifted && (wish.Action == portico.ActionPushBack || wish.Action == portico.ActionAdopt) {
		err = a.settleDrift(talk, wish, f)
	}
	if err != nil {
		err = unavailable(err)
		a.Logger.WarnContext(ctx, "finding not settled", "finding", f.ID, "action", wish.Action, "client_id", f.Client.ClientID, "err", err)
		return Outcome{Wish: wish, Status: Failed, Detail: detail(err)}
	}
	if status == Queued {
		return Outcome{Wish: wish, Status: Queued, Detail: "The identity provider does not answer as it should; the client is removed as soon as it does."}
	}
	return Outcome{Wish: wish, Status: status}
}

// do does what is wanted. What it commits says what was done, for the audit log.
func (a *acting) do(ctx context.Context, wish Wish, f portico.Finding) (Status, error) {
	switch {
	case wish.Action == portico.ActionIgnore:
		return Done, a.ignore(ctx, f)
	case wish.Action == portico.ActionNotice:
		return Done, a.notice(ctx, f)
	case wish.Action == portico.ActionRemove:
		return a.remove(ctx, f)
	case f.Kind == portico.FindingMissing && wish.Action == portico.ActionPushBack:
		return a.closed(ctx, f, a.Clients.Restore(ctx, f.ApplicationID, f.Client))
	case f.Kind == portico.FindingMissing:
		return a.closed(ctx, f, a.Clients.Delete(ctx, f.ApplicationID, f.Client.ClientID))
	case wish.Action == portico.ActionAdopt:
		return Done, a.adopt(ctx, f)
	}
	return Done, a.pushBack(ctx, f)
}

// closed takes a finding that was settled out of the inventory.
func (a *acting) closed(ctx context.Context, f portico.Finding, err error) (Status, error) {
	if err != nil {
		return Failed, err
	}
	return Done, a.Store.Update(ctx, func(tx portico.Tx) error { return a.replace(ctx, tx, f, nil) })
}

// replace puts what is left of a finding in its place.
func (a *acting) replace(ctx context.Context, tx portico.Tx, f portico.Finding, left []portico.Finding) error {
	_, err := a.row(ctx, tx, a.ours.provider.ID, func(to *portico.Inventory) {
		if at := slices.IndexFunc(to.Findings, func(o portico.Finding) bool { return o.ID == f.ID }); at >= 0 {
			to.Findings = slices.Replace(to.Findings, at, at+1, left...)
		}
	})
	return err
}

func (a *acting) ignore(ctx context.Context, f portico.Finding) error {
	now := a.Now()
	return a.Store.Update(ctx, func(tx portico.Tx) error {
		known, err := view(ctx, tx, portico.Inventory{ProviderID: a.ours.provider.ID})
		if _, ignored := known.Ignored[f.ID]; err != nil || ignored {
			return err
		}
		return tx.IgnoredFindings().Insert(ctx, portico.IgnoredFinding{
			ID: portico.IgnoredFindingID(a.NewID()), ProviderID: a.ours.provider.ID, FindingID: f.ID, Name: fmt.Sprintf("%s: %s", f.Kind, f.Name),
			IgnoredBy: portico.EventFrom(ctx).Principal.Name, CreatedAt: now, UpdatedAt: now,
		})
	})
}

func (a *acting) notice(ctx context.Context, f portico.Finding) error {
	return a.Store.Update(ctx, func(tx portico.Tx) error {
		known, err := view(ctx, tx, portico.Inventory{ProviderID: a.ours.provider.ID})
		ignored, there := known.Ignored[f.ID]
		if err != nil || !there {
			return err
		}
		return tx.IgnoredFindings().Delete(ctx, ignored.ID)
	})
}

// remove has an orphaned client removed, now or later. Nobody can bind it to an
// application from the moment that the removal is committed.
func (a *acting) remove(ctx context.Context, f portico.Finding) (Status, error) {
	task := a.Intent(portico.TaskDeregister, a.ours.provider.ID, f.ApplicationID)
	task.Client = f.Client
	err := a.Store.Update(ctx, func(tx portico.Tx) error {
		ours, err := surveyed(ctx, tx, a.ours.provider.ID)
		if err != nil {
			return err
		}
		if _, bound := ours.owners[f.Client.ClientID]; bound || ours.leaving[f.Client.ClientID] {
			return stale(f.ID)
		}
		if err := tx.Tasks().Insert(ctx, task); err != nil {
			return err
		}
		if err := a.record(ctx, tx, f, portico.AuditDeleted, nil); err != nil {
			return err
		}
		return a.replace(ctx, tx, f, nil)
	})
	if err != nil {
		return Failed, err
	}
	a.Clients.Settle(ctx, []portico.Task{task})
	_, err = usecase.View(ctx, a.Store, func(tx portico.Tx) (portico.Task, error) { return tx.Tasks().ByID(ctx, task.ID) })
	switch {
	case portico.KindOf(err) == portico.KindNotFound:
		return Done, nil
	case err != nil:
		return Failed, err
	}
	return Queued, nil
}

// adopt makes the application what the provider says, as far as it can be.
func (a *acting) adopt(ctx context.Context, f portico.Finding) error {
	seen := a.ours.apps[f.ApplicationID]
	return a.Commit(ctx, func(tx portico.Tx) error {
		_, err := tx.Applications().Change(ctx, f.ApplicationID, func(app *portico.Application) error {
			if !app.UpdatedAt.Equal(seen.UpdatedAt) {
				return stale(f.ID)
			}
			for _, field := range f.Fields {
				switch {
				case !field.Adoptable:
				case field.Name == fieldName:
					app.Name = field.Theirs[0]
				case field.Name == fieldScopes:
					app.Scopes = field.Theirs
					app.Generation++ // tokens that were got before are not what would be got now
				case len(field.Theirs) == 0:
					app.RedirectURI = nil
				default:
					app.RedirectURI = &field.Theirs[0]
				}
			}
			return nil
		})
		return err
	})
}

// pushBack makes the client what its application says.
func (a *acting) pushBack(ctx context.Context, f portico.Finding) error {
	app := a.ours.apps[f.ApplicationID]
	spec, err := a.ClientSpec(ctx, app, a.ours.strategies[app.StrategyID])
	if err != nil {
		return err
	}
	if err := a.idp.Update(ctx, f.Client, spec); err != nil {
		return err
	}
	enabler, can := a.idp.(portico.ClientEnabler)
	if can && slices.ContainsFunc(f.Fields, func(d portico.FieldDrift) bool { return d.Name == fieldEnabled }) {
		if err := enabler.EnableClient(ctx, f.Client); err != nil {
			return err
		}
	}
	return a.Store.Update(ctx, func(tx portico.Tx) error {
		var fields []portico.AuditField
		for _, field := range f.Fields {
			fields = append(fields, portico.AuditField{Name: field.Name, Old: jsonOf(field.Theirs), New: jsonOf(field.Ours)})
		}
		return a.record(ctx, tx, f, portico.AuditChanged, fields)
	})
}

// record tells the audit log what is done to a client of the provider.
func (a *acting) record(ctx context.Context, tx portico.Tx, f portico.Finding, action portico.AuditAction, fields []portico.AuditField) error {
	return tx.RecordAudit(ctx, portico.AuditEntry{
		Type: portico.AuditAuthorization, Event: portico.EventFrom(ctx), Granted: true,
		Resource: "krn:portico:dcr-provider/" + string(a.ours.provider.ID), ResourceName: a.ours.provider.Name,
		Changes: []portico.AuditChange{{Entity: "client", ID: f.Client.ClientID, Name: f.Name, Action: action, Fields: fields}},
	})
}

// settleDrift looks at a client after it, or its application, was changed. What
// still differs takes the finding's place.
func (a *acting) settleDrift(ctx context.Context, wish Wish, f portico.Finding) error {
	ours, err := a.survey(ctx, a.ours.provider.ID)
	if err != nil {
		return err
	}
	a.ours = ours
	left, differs, err := a.again(ctx, f)
	if err != nil {
		return err
	}
	var rest []portico.Finding
	if differs {
		rest = append(rest, left)
	}
	if err := a.Store.Update(ctx, func(tx portico.Tx) error { return a.replace(ctx, tx, f, rest) }); err != nil {
		return err
	}
	if differs && wish.Action == portico.ActionPushBack {
		var names []string
		for _, field := range left.Fields {
			names = append(names, field.Name)
		}
		return portico.Errorf(portico.KindConflict, "The identity provider was told, and still says otherwise of: %s. Change it there.", strings.Join(names, ", "))
	}
	return nil
}

// jsonOf is a field's value as the audit log keeps it.
func jsonOf(values []string) json.RawMessage {
	text, err := json.Marshal(values)
	if err != nil {
		panic(err) // strings can be written
	}
	return text
}
