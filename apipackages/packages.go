package apipackages

import (
	"context"
	"fmt"
	"slices"

	"portico"
	"portico/usecase"
)

// MaxChanges is how many changes of a package's operations one request may ask
// for.
const MaxChanges = 100

// Verb is what a change does (RFC 6902).
type Verb string

// The verbs.
const (
	Add     Verb = "add"     // puts an operation in, or changes its limit if it is there
	Remove  Verb = "remove"  // takes one out that is there
	Replace Verb = "replace" // changes the limit of one that is there
)

// Change is one change of a package's operations. RateLimit is absent where the
// limit stays as it is; null takes it away.
type Change struct {
	Verb      Verb
	Operation portico.OperationID
	RateLimit portico.Opt[portico.RateLimit]
}

// HeldOperation is an operation as a package holds it.
type HeldOperation struct {
	Held      portico.PackageOperation
	Operation OperationView
	API       portico.API
}

// Held returns a page of a package's operations; KindNotFound.
func (p Packages) Held(ctx context.Context, id portico.APIID, q portico.ListQuery) (portico.Page[HeldOperation], error) {
	return usecase.View(ctx, p.Store, func(tx portico.Tx) (portico.Page[HeldOperation], error) {
		none := portico.Page[HeldOperation]{}
		if _, err := packageOf(ctx, tx, id); err != nil {
			return none, err
		}
		q.Filters = append(slices.Clone(q.Filters), portico.Where("package_id", id))
		page, err := tx.PackageOperations().List(ctx, q)
		if err != nil {
			return none, err
		}
		views, err := heldViews(ctx, tx, page.Items)
		return portico.Page[HeldOperation]{Items: views, Total: page.Total}, err
	})
}

// HeldOne returns one of a package's operations; KindNotFound.
func (p Packages) HeldOne(ctx context.Context, id portico.APIID, operation portico.OperationID) (HeldOperation, error) {
	return usecase.View(ctx, p.Store, func(tx portico.Tx) (HeldOperation, error) {
		one, err := held(ctx, tx, id, operation)
		if err != nil {
			return HeldOperation{}, err
		}
		return usecase.One(heldViews(ctx, tx, []portico.PackageOperation{one}))
	})
}

// held returns what puts an operation into a package; KindNotFound.
func held(ctx context.Context, tx portico.Tx, id portico.APIID, operation portico.OperationID) (portico.PackageOperation, error) {
	if _, err := packageOf(ctx, tx, id); err != nil {
		return portico.PackageOperation{}, err
	}
	found, err := tx.PackageOperations().List(ctx, portico.Everything(portico.Where("package_id", id), portico.Where("operation_id", operation)))
	if err == nil && len(found.Items) == 0 {
		err = portico.NotFound("operation", operation)
	}
	return usecase.One(found.Items, err)
}

func heldViews(ctx context.Context, tx portico.Tx, of []portico.PackageOperation) ([]HeldOperation, error) {
	operations, err := tx.Operations().List(ctx, portico.Everything(usecase.AnyOf("id", of, operationID)))
	if err != nil {
		return nil, err
	}
	views, err := operationViews(ctx, tx, operations.Items)
	if err != nil {
		return nil, err
	}
	apis, err := tx.APIs().List(ctx, portico.Everything(usecase.AnyOf("id", operations.Items, func(o portico.Operation) portico.APIID { return o.APIID })))
	if err != nil {
		return nil, err
	}
	viewBy := usecase.By(views, func(v OperationView) portico.OperationID { return v.ID })
	apiBy := usecase.By(apis.Items, func(a portico.API) portico.APIID { return a.ID })
	out := make([]HeldOperation, len(of))
	for i, o := range of {
		view := viewBy[o.OperationID]
		out[i] = HeldOperation{o, view, apiBy[view.APIID]}
	}
	return out, nil
}

// RemoveOperation takes an operation out of a package; KindNotFound.
func (p Packages) RemoveOperation(ctx context.Context, id portico.APIID, operation portico.OperationID) error {
	return p.Commit(ctx, func(tx portico.Tx) error {
		one, err := held(ctx, tx, id, operation)
		if err != nil {
			return err
		}
		if err := tx.PackageOperations().Delete(ctx, one.ID); err != nil {
			return err
		}
		return p.recompute(ctx, tx, []portico.APIID{id})
	})
}

// ChangeOperations makes changes to what a package holds, all or none of them,
// in their order. KindNotFound (package), KindInvalid for an operation that is
// not there or whose access no gateway controls, KindConflict for a method and
// path that the package has of another API. Operations of APIs that whoever asks
// does not see are not there; nil sees all.
func (p Packages) ChangeOperations(ctx context.Context, id portico.APIID, changes []Change, sees func(portico.APIID) bool) error {
	return p.Commit(ctx, func(tx portico.Tx) error {
		if _, err := packageOf(ctx, tx, id); err != nil {
			return err
		}
		there, err := tx.PackageOperations().List(ctx, portico.Everything(portico.Where("package_id", id)))
		if err != nil {
			return err
		}
		m := membership{Packages: p, tx: tx, id: id, sees: sees, held: usecase.By(there.Items, operationID), keys: map[string]portico.Operation{}}
		operations, err := tx.Operations().List(ctx, portico.Everything(usecase.AnyOf("id", there.Items, operationID)))
		if err != nil {
			return err
		}
		for _, o := range operations.Items {
			m.keys[o.Key()] = o
		}
		for i, c := range changes {
			if err := m.apply(ctx, i, c); err != nil {
				return err
			}
		}
		return p.recompute(ctx, tx, []portico.APIID{id})
	})
}

// membership is what a package holds, while it changes.
type membership struct {
	Packages
	tx   portico.Tx
	id   portico.APIID
	sees func(portico.APIID) bool
	held map[portico.OperationID]portico.PackageOperation
	keys map[string]portico.Operation // of what is held, by method and path
}

// apply makes the change that stands at index i of the request, whose body is
// the list of changes.
func (m membership) apply(ctx context.Context, i int, c Change) error {
	one, is := m.held[c.Operation]
	if !is && c.Verb != Add {
		return portico.Invalid(fmt.Sprintf("body.%d.path", i), "missing_reference", "The package does not have this operation.")
	}
	switch {
	case c.Verb == Remove:
		delete(m.held, c.Operation)
		for key, o := range m.keys {
			if o.ID == c.Operation {
				delete(m.keys, key)
			}
		}
		return m.tx.PackageOperations().Delete(ctx, one.ID)
	case is:
		changed, err := m.tx.PackageOperations().Change(ctx, one.ID, func(to *portico.PackageOperation) error {
			c.RateLimit.ApplyPtr(&to.RateLimit)
			return nil
		})
		m.held[c.Operation] = changed
		return err
	}
	operation, err := m.addable(ctx, i, c.Operation)
	if err != nil {
		return err
	}
	now := m.Now()
	one = portico.PackageOperation{ID: portico.PackageOperationID(m.NewID()), PackageID: m.id, OperationID: c.Operation, RateLimit: c.RateLimit.Ptr(), CreatedAt: now, UpdatedAt: now}
	m.held[c.Operation], m.keys[operation.Key()] = one, operation
	return m.tx.PackageOperations().Insert(ctx, one)
}

// addable returns an operation that the package may get.
func (m membership) addable(ctx context.Context, i int, id portico.OperationID) (portico.Operation, error) {
	field := fmt.Sprintf("body.%d.path", i)
	operation, err := m.tx.Operations().ByID(ctx, id)
	if err == nil && m.sees != nil && !m.sees(operation.APIID) {
		err = portico.Errorf(portico.KindNotFound, "The API of the operation is hidden.")
	}
	if err != nil {
		return operation, usecase.Missing(err, field, "There is no operation with this id.")
	}
	enforced, err := Enforced(ctx, m.tx, operation.APIID)
	if err != nil {
		return operation, err
	}
	if !enforced {
		return operation, portico.Invalid(field, "invalid",
			"The operation's API is not linked to a control plane, so no gateway controls the access to its operations. Create that implementation first.")
	}
	if other, taken := m.keys[operation.Key()]; taken {
		api, err := m.tx.APIs().ByID(ctx, other.APIID)
		if err != nil {
			return operation, err
		}
		return operation, portico.Errorf(portico.KindConflict, "The package has [%s] of the API [%s] already, and its specification cannot tell the two apart; nothing was changed.",
			operation.Key(), api.Name)
	}
	return operation, nil
}
