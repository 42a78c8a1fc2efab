package routing

import (
	"context"

	"portico"
	"portico/usecase"
)

// coreEntity is what services and routes have in common: each belongs to one
// control plane and is called by its id or its name.
type coreEntity[ID ~string, T any] struct {
	what       string
	collection func(portico.Tx) portico.Collection[ID, T]
	home       func(T) portico.ControlPlaneID
	id         func(T) ID
}

func services() coreEntity[portico.ServiceID, portico.Service] {
	return coreEntity[portico.ServiceID, portico.Service]{
		"service", portico.Tx.Services,
		func(s portico.Service) portico.ControlPlaneID { return s.ControlPlaneID },
		func(s portico.Service) portico.ServiceID { return s.ID },
	}
}

func routes() coreEntity[portico.RouteID, portico.Route] {
	return coreEntity[portico.RouteID, portico.Route]{
		"route", portico.Tx.Routes,
		func(r portico.Route) portico.ControlPlaneID { return r.ControlPlaneID },
		func(r portico.Route) portico.RouteID { return r.ID },
	}
}

// byID finds an entity of a control plane by its id; KindNotFound.
func (e coreEntity[ID, T]) byID(ctx context.Context, tx portico.Tx, controlPlane portico.ControlPlaneID, id ID) (T, error) {
	found, err := e.collection(tx).ByID(ctx, id)
	if err == nil && e.home(found) != controlPlane {
		var none T // another control plane's is not to be had, not even beside an error
		return none, portico.NotFound(e.what, id)
	}
	return found, err
}

// find finds an entity of a control plane by its id or name; KindNotFound.
func (e coreEntity[ID, T]) find(ctx context.Context, tx portico.Tx, controlPlane portico.ControlPlaneID, ref string) (T, error) {
	if portico.IsID(ref) {
		return e.byID(ctx, tx, controlPlane, ID(ref))
	}
	found, err := e.collection(tx).List(ctx, portico.Everything(portico.Where("control_plane_id", controlPlane), portico.Where("name", ref)))
	if err == nil && len(found.Items) == 0 {
		err = portico.Errorf(portico.KindNotFound, "No %s with the name [%s] exists.", e.what, ref)
	}
	return usecase.One(found.Items, err)
}

// list returns a page of a control plane's entities; KindNotFound.
func (e coreEntity[ID, T]) list(ctx context.Context, store portico.Store, controlPlane portico.ControlPlaneID, q portico.ListQuery) (portico.Page[T], error) {
	return usecase.View(ctx, store, func(tx portico.Tx) (portico.Page[T], error) {
		if _, err := tx.ControlPlanes().ByID(ctx, controlPlane); err != nil {
			return portico.Page[T]{}, err
		}
		q.Filters = append(q.Filters, portico.Where("control_plane_id", controlPlane))
		return e.collection(tx).List(ctx, q)
	})
}

// remove deletes an entity. That it is gone already is no error: clients of
// Kong's Admin API rely on it.
func (e coreEntity[ID, T]) remove(ctx context.Context, d usecase.Deps, controlPlane portico.ControlPlaneID, ref string) error {
	return d.Commit(ctx, func(tx portico.Tx) error {
		there, err := e.find(ctx, tx, controlPlane, ref)
		if portico.KindOf(err) == portico.KindNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		return e.collection(tx).Delete(ctx, e.id(there))
	})
}
