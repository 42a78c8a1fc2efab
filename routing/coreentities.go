package routing

import (
	"context"
	"time"

	"portico"
	"portico/usecase"
)

// coreEntity is what services, routes, plugins and consumers have in common:
// each belongs to one control plane and is called by its id or its name.
type coreEntity[ID ~string, T any] struct {
	what       string // for messages
	name       string // the column of what it is called by in place of its id
	collection func(portico.Tx) portico.Collection[ID, T]
	// head is where an entity keeps what all have.
	head func(*T) head[ID]
	// fresh is one of which nothing is said.
	fresh func() T
}

// head points into an entity.
type head[ID ~string] struct {
	id      *ID
	plane   *portico.ControlPlaneID
	created *time.Time
	updated *time.Time
}

// fields writes what a client says of an entity into it, and checks the outcome.
type fields[T any] func(ctx context.Context, tx portico.Tx, to *T) error

// byID finds an entity of a control plane by its id; KindNotFound.
func (e coreEntity[ID, T]) byID(ctx context.Context, tx portico.Tx, plane portico.ControlPlaneID, id ID) (T, error) {
	found, err := e.collection(tx).ByID(ctx, id)
	if err == nil && *e.head(&found).plane != plane {
		var none T // another control plane's is not to be had, not even beside an error
		return none, portico.NotFound(e.what, id)
	}
	return found, err
}

// find finds an entity of a control plane by its id or name; KindNotFound.
func (e coreEntity[ID, T]) find(ctx context.Context, tx portico.Tx, plane portico.ControlPlaneID, ref string) (T, error) {
	if portico.IsID(ref) {
		return e.byID(ctx, tx, plane, ID(ref))
	}
	found, err := e.collection(tx).List(ctx, portico.Everything(portico.Where("control_plane_id", plane), portico.Where(e.name, ref)))
	if err == nil && len(found.Items) == 0 {
		err = portico.Errorf(portico.KindNotFound, "No %s with the name [%s] exists.", e.what, ref)
	}
	return usecase.One(found.Items, err)
}

// get is find in a transaction of its own.
func (e coreEntity[ID, T]) get(ctx context.Context, d usecase.Deps, plane portico.ControlPlaneID, ref string) (T, error) {
	return usecase.View(ctx, d.Store, func(tx portico.Tx) (T, error) { return e.find(ctx, tx, plane, ref) })
}

// list returns a page of a control plane's entities; KindNotFound.
func (e coreEntity[ID, T]) list(ctx context.Context, d usecase.Deps, plane portico.ControlPlaneID, q portico.ListQuery) (portico.Page[T], error) {
	return usecase.View(ctx, d.Store, func(tx portico.Tx) (portico.Page[T], error) {
		if _, err := tx.ControlPlanes().ByID(ctx, plane); err != nil {
			return portico.Page[T]{}, err
		}
		q.Filters = append(q.Filters, portico.Where("control_plane_id", plane))
		return e.collection(tx).List(ctx, q)
	})
}

// made is a new entity of a control plane, which must be there; KindNotFound.
func (e coreEntity[ID, T]) made(ctx context.Context, tx portico.Tx, d usecase.Deps, plane portico.ControlPlaneID) (T, error) {
	made := e.fresh()
	at, now := e.head(&made), d.Now()
	*at.id, *at.plane, *at.created, *at.updated = ID(d.NewID()), plane, now, now
	_, err := tx.ControlPlanes().ByID(ctx, plane)
	return made, err
}

// create adds an entity, with an id of the client's choice if there is one.
// KindNotFound (control plane), KindInvalid, KindConflict (name, id).
func (e coreEntity[ID, T]) create(ctx context.Context, d usecase.Deps, plane portico.ControlPlaneID, id portico.Opt[ID], write fields[T]) (T, error) {
	var made T
	err := d.Commit(ctx, func(tx portico.Tx) (err error) {
		made, err = e.add(ctx, tx, d, plane, id, write)
		return err
	})
	return made, err
}

// add is create within a transaction.
func (e coreEntity[ID, T]) add(ctx context.Context, tx portico.Tx, d usecase.Deps, plane portico.ControlPlaneID, id portico.Opt[ID], write fields[T]) (T, error) {
	made, err := e.made(ctx, tx, d, plane)
	if err != nil {
		return made, err
	}
	id.Apply(e.head(&made).id)
	if err := write(ctx, tx, &made); err != nil {
		return made, err
	}
	return made, e.collection(tx).Insert(ctx, made)
}

// put makes the entity called ref equal to what write says, and creates it if
// it is not there. Errors as create.
func (e coreEntity[ID, T]) put(ctx context.Context, d usecase.Deps, plane portico.ControlPlaneID, ref string, id portico.Opt[ID], write fields[T]) (T, error) {
	var made T
	err := d.Commit(ctx, func(tx portico.Tx) error {
		there, err := e.find(ctx, tx, plane, ref)
		isNew := portico.KindOf(err) == portico.KindNotFound
		if err != nil && !isNew {
			return err
		}
		if made, err = e.made(ctx, tx, d, plane); err != nil {
			return err
		}
		at := e.head(&made)
		switch {
		case !isNew:
			*at.id, *at.created = *e.head(&there).id, *e.head(&there).created
		case portico.IsID(ref):
			*at.id = ID(ref)
		default:
			id.Apply(at.id)
		}
		if id.Set && id.Value != *at.id {
			return portico.Invalid("id", "invalid", "is not the id of the "+e.what+" that the path names")
		}
		if err := write(ctx, tx, &made); err != nil {
			return err
		}
		if isNew {
			return e.collection(tx).Insert(ctx, made)
		}
		made, err = e.collection(tx).Change(ctx, *at.id, func(to *T) error { *to = made; return nil })
		return err
	})
	return made, err
}

// change changes the entity called ref; KindNotFound, KindInvalid, KindConflict.
func (e coreEntity[ID, T]) change(ctx context.Context, d usecase.Deps, plane portico.ControlPlaneID, ref string, id portico.Opt[ID], write fields[T]) (T, error) {
	var changed T
	err := d.Commit(ctx, func(tx portico.Tx) error {
		there, err := e.find(ctx, tx, plane, ref)
		if err != nil {
			return err
		}
		own := *e.head(&there).id
		if id.Set && id.Value != own {
			return portico.Invalid("id", "invalid", "cannot be changed")
		}
		changed, err = e.collection(tx).Change(ctx, own, func(to *T) error { return write(ctx, tx, to) })
		return err
	})
	return changed, err
}

// validate says whether create would accept an entity, and changes nothing.
func (e coreEntity[ID, T]) validate(ctx context.Context, d usecase.Deps, plane portico.ControlPlaneID, write fields[T]) error {
	return d.Store.View(ctx, func(tx portico.Tx) error {
		made, err := e.made(ctx, tx, d, plane)
		if err != nil {
			return err
		}
		return write(ctx, tx, &made)
	})
}

// remove deletes an entity. That it is gone already is no error: clients of
// Kong's Admin API rely on it.
func (e coreEntity[ID, T]) remove(ctx context.Context, d usecase.Deps, plane portico.ControlPlaneID, ref string) error {
	return d.Commit(ctx, func(tx portico.Tx) error {
		there, err := e.find(ctx, tx, plane, ref)
		if portico.KindOf(err) == portico.KindNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		return e.collection(tx).Delete(ctx, *e.head(&there).id)
	})
}
