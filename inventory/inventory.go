package inventory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"portico"
	"portico/usecase"
)

// Clients are the applications' clients; control wires its use cases in.
type Clients interface {
	// Restore puts a new client in the place of the application's only one.
	Restore(ctx context.Context, app portico.ApplicationID, lost portico.ClientRef) error
	// Delete takes one of several clients away from an application.
	Delete(ctx context.Context, app portico.ApplicationID, clientID string) error
	// Settle works off tasks that were just committed, as far as that goes now.
	Settle(ctx context.Context, tasks []portico.Task)
}

// Inventories is the use case.
type Inventories struct {
	usecase.Deps
	Clients Clients
}

// View is an inventory with what was decided about its findings.
type View struct {
	portico.Inventory
	Ignored map[string]portico.IgnoredFinding // by the finding's id
}

// Count says how many findings of a kind nobody has decided to live with.
func (v View) Count(kind portico.FindingKind) (n int) {
	for _, f := range v.Findings {
		if _, ignored := v.Ignored[f.ID]; f.Kind == kind && !ignored {
			n++
		}
	}
	return n
}

// Open says how many findings of any kind nobody has decided to live with.
func (v View) Open() (n int) {
	for _, kind := range portico.FindingKinds() {
		n += v.Count(kind)
	}
	return n
}

// Last is the provider's inventory as it was last made; CheckedAt is nil if
// there is none yet. KindNotFound.
func (i Inventories) Last(ctx context.Context, id portico.ProviderID) (View, error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) (View, error) {
		if _, err := tx.Providers().ByID(ctx, id); err != nil {
			return View{}, err
		}
		kept, err := tx.Inventories().ByID(ctx, id)
		if portico.KindOf(err) == portico.KindNotFound {
			kept, err = portico.Inventory{ProviderID: id}, nil
		}
		if err != nil {
			return View{}, err
		}
		return view(ctx, tx, kept)
	})
}

// All are the last inventories of all providers, empty where nobody has looked
// yet.
func (i Inventories) All(ctx context.Context) (map[portico.ProviderID]View, error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) (map[portico.ProviderID]View, error) {
		providers, err := tx.Providers().List(ctx, portico.Everything())
		if err != nil {
			return nil, err
		}
		kept, err := tx.Inventories().List(ctx, portico.Everything())
		if err != nil {
			return nil, err
		}
		out := map[portico.ProviderID]View{}
		for _, p := range providers.Items {
			out[p.ID] = View{}
		}
		for _, last := range kept.Items {
			if out[last.ProviderID], err = view(ctx, tx, last); err != nil {
				return nil, err
			}
		}
		return out, nil
	})
}

// view adds what was decided about the findings.
func view(ctx context.Context, tx portico.Tx, kept portico.Inventory) (View, error) {
	ignored, err := tx.IgnoredFindings().List(ctx, portico.Everything(portico.Where("dcr_provider_id", kept.ProviderID)))
	return View{kept, usecase.By(ignored.Items, func(f portico.IgnoredFinding) string { return f.FindingID })}, err
}

// Take makes the provider's inventory anew and keeps it. Findings of clients
// whose credentials are being changed at the time are left out. KindNotFound;
// KindUnavailable: the identity provider did not answer, and the last inventory
// stays.
func (i Inventories) Take(ctx context.Context, id portico.ProviderID) (View, error) {
	return i.take(ctx, id, impatient)
}

// take asks patience whether to wait when the identity provider wants a pause.
func (i Inventories) take(ctx context.Context, id portico.ProviderID, patience patience) (View, error) {
	before, err := i.survey(ctx, id)
	if err != nil {
		return View{}, err
	}
	adapter, err := i.Adapter(before.provider)
	if err != nil {
		return View{}, i.failed(ctx, id, err)
	}
	look := looking{Inventories: i, idp: adapter, can: adapter.Capabilities(), patience: patience}
	theirs, err := look.at(ctx, before)
	if err != nil {
		return View{}, i.failed(ctx, id, err)
	}
	after, err := i.survey(ctx, id)
	if err != nil {
		return View{}, err
	}
	taken := portico.Inventory{ProviderID: id, Foreign: theirs.foreign, Unreadable: theirs.unreadable, Unseen: look.unseen()}
	if taken.Findings, taken.Clients, err = look.compare(ctx, before, after, theirs); err != nil {
		return View{}, i.failed(ctx, id, err)
	}
	return i.keep(ctx, taken)
}

// keep stores a complete inventory in the place of the last one, and forgets
// decisions about findings that are gone.
func (i Inventories) keep(ctx context.Context, taken portico.Inventory) (v View, err error) {
	now := i.Now()
	err = i.Store.Update(ctx, func(tx portico.Tx) error {
		kept, err := i.row(ctx, tx, taken.ProviderID, func(to *portico.Inventory) {
			to.CheckedAt, to.LastError = &now, ""
			to.Clients, to.Foreign, to.Unreadable, to.Unseen, to.Findings = taken.Clients, taken.Foreign, taken.Unreadable, taken.Unseen, taken.Findings
		})
		if err != nil {
			return err
		}
		if v, err = view(ctx, tx, kept); err != nil {
			return err
		}
		for _, f := range kept.Findings {
			delete(v.Ignored, f.ID)
		}
		for _, gone := range v.Ignored {
			if err := tx.IgnoredFindings().Delete(ctx, gone.ID); err != nil {
				return err
			}
		}
		v, err = view(ctx, tx, kept)
		return err
	})
	return v, err
}

// row changes the provider's inventory, which may not be there yet.
func (i Inventories) row(ctx context.Context, tx portico.Tx, id portico.ProviderID, change func(*portico.Inventory)) (portico.Inventory, error) {
	kept, err := tx.Inventories().Change(ctx, id, func(to *portico.Inventory) error { change(to); return nil })
	if portico.KindOf(err) != portico.KindNotFound {
		return kept, err
	}
	now := i.Now()
	kept = portico.Inventory{ProviderID: id, DueAt: now, CreatedAt: now, UpdatedAt: now}
	change(&kept)
	return kept, tx.Inventories().Insert(ctx, kept)
}

// failed keeps why an inventory came to no end, and tells it as an error.
func (i Inventories) failed(ctx context.Context, id portico.ProviderID, cause error) error {
	cause = unavailable(cause)
	noted := i.Store.Update(context.WithoutCancel(ctx), func(tx portico.Tx) error {
		_, err := i.row(ctx, tx, id, func(to *portico.Inventory) { to.LastError = detail(cause) })
		return err
	})
	return errors.Join(cause, noted)
}

// detail is what an admin is told of an error.
func detail(err error) string {
	return cmp.Or(usecase.Told(err), "The comparison failed; the log has the cause.")
}

// unavailable tells an admin what the identity provider did.
func unavailable(err error) error {
	idp, ok := errors.AsType[*portico.IdPError](err)
	if !ok {
		return err
	}
	after := idp.RetryAfter
	if after == 0 {
		after = 10 * time.Second
	}
	e := &portico.Error{Kind: portico.KindUnavailable, Code: "idp_unavailable", Err: err, RetryAfter: after,
		Detail: fmt.Sprintf("The identity provider did not do what was asked: %s.", idp.Detail)}
	if idp.Kind == portico.IdPDenied {
		e.Code = "idp_denied"
		e.Detail = fmt.Sprintf("The identity provider refused the credential of the DCR provider, or it lacks a right: %s.", idp.Detail)
	}
	return e
}

// survey is our side at one moment.
type survey struct {
	provider     portico.Provider
	organization portico.OrganizationID
	apps         map[portico.ApplicationID]portico.Application // those with a client, of all providers
	owners       map[string]portico.ApplicationID              // by client id, former clients included
	strategies   map[portico.StrategyID]portico.Strategy
	busy         map[portico.ApplicationID]bool // an intent is open
	leaving      map[string]bool                // clients that an intent is about
}

func (i Inventories) survey(ctx context.Context, id portico.ProviderID) (survey, error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) (survey, error) { return surveyed(ctx, tx, id) })
}

func surveyed(ctx context.Context, tx portico.Tx, id portico.ProviderID) (s survey, err error) {
	if s.provider, err = tx.Providers().ByID(ctx, id); err != nil {
		return s, err
	}
	organization, err := usecase.Organization(ctx, tx)
	if err != nil && portico.KindOf(err) != portico.KindNotFound {
		return s, err
	}
	s.organization = organization.ID
	apps, err := tx.Applications().List(ctx, portico.Everything())
	if err != nil {
		return s, err
	}
	// Two providers may lead to the same clients, so applications of all of them
	// are owners.
	s.apps, s.owners = map[portico.ApplicationID]portico.Application{}, map[string]portico.ApplicationID{}
	for _, app := range apps.Items {
		if app.ProviderID == nil {
			continue
		}
		s.apps[app.ID] = app
		for _, ref := range app.Clients() {
			s.owners[ref.ClientID] = app.ID
		}
	}
	strategies, err := tx.Strategies().List(ctx, portico.Everything())
	if err != nil {
		return s, err
	}
	s.strategies = usecase.By(strategies.Items, func(s portico.Strategy) portico.StrategyID { return s.ID })
	open, err := tx.Tasks().List(ctx, portico.Everything(portico.Filter{Field: "kind", Op: portico.OpNotEqual, Values: []string{string(portico.TaskNotify)}}))
	s.busy, s.leaving = map[portico.ApplicationID]bool{}, map[string]bool{}
	for _, task := range open.Items {
		s.busy[task.ApplicationID] = true
		if task.Client.ClientID != "" {
			s.leaving[task.Client.ClientID] = true
		}
	}
	return s, err
}

// clients are the clients at the provider that applications have, in a stable
// order.
func (s survey) clients() (out []owned) {
	for _, app := range s.apps {
		if *app.ProviderID != s.provider.ID {
			continue
		}
		for _, ref := range app.Clients() {
			out = append(out, owned{ref, app})
		}
	}
	slices.SortFunc(out, func(a, b owned) int {
		return compareStrings(string(a.app.ID), string(b.app.ID), a.ref.ClientID, b.ref.ClientID)
	})
	return out
}

// owned is a client that an application has.
type owned struct {
	ref portico.ClientRef
	app portico.Application
}

// unchanged says whether an application is the same in another survey.
func (s survey) unchanged(app portico.Application) bool {
	now, there := s.apps[app.ID]
	return there && now.UpdatedAt.Equal(app.UpdatedAt) && now.Generation == app.Generation && slices.Equal(now.Clients(), app.Clients())
}
