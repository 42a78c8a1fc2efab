package routing

import (
	"context"

	"portico"
	"portico/usecase"
)

// Implementations link APIs to the gateway services that serve them.
type Implementations struct{ usecase.Deps }

// The implementation modes of an API (contract: implementation_mode).
const (
	ModeService      = "gateway_entity_binding"
	ModeControlPlane = "access_control_enforcement"
)

// Mode is the implementation mode that an implementation gives its API.
func Mode(i portico.Implementation) string {
	if i.ServiceID == nil {
		return ModeControlPlane
	}
	return ModeService
}

// Create links an API to a service, or with no service to the whole control
// plane; the auth strategies of its publications are enforced there from then
// on. KindNotFound (API), KindInvalid (control plane, service), KindConflict
// when it is linked so already, or in the other way.
func (i Implementations) Create(ctx context.Context, apiID portico.APIID, controlPlaneID portico.ControlPlaneID, serviceID *portico.ServiceID) (portico.Implementation, error) {
	now := i.Now()
	made := portico.Implementation{
		ID: portico.ImplementationID(i.NewID()), APIID: apiID, ControlPlaneID: controlPlaneID, ServiceID: serviceID, CreatedAt: now, UpdatedAt: now,
	}
	err := i.Commit(ctx, func(tx portico.Tx) error { return insert(ctx, tx, made) })
	return made, err
}

func insert(ctx context.Context, tx portico.Tx, made portico.Implementation) error {
	if _, err := tx.APIs().ByID(ctx, made.APIID); err != nil {
		return err
	}
	if err := checkTarget(ctx, tx, made); err != nil {
		return err
	}
	if err := checkOperations(ctx, tx, made); err != nil {
		return err
	}
	there, err := tx.Implementations().List(ctx, portico.Everything(portico.Where("api_id", made.APIID)))
	if err != nil {
		return err
	}
	for _, other := range there.Items {
		if Mode(other) != Mode(made) {
			return portico.Errorf(portico.KindConflict, "An API is linked either to gateway services or to control planes, and this one has an implementation of the other kind; nothing was created. Delete that one first.")
		}
	}
	return tx.Implementations().Insert(ctx, made)
}

// Serve makes a service and a route to it, and links an API to the service: all
// or nothing. Errors as Gateways.CreateService, Gateways.CreateRoute and Create.
func (i Implementations) Serve(ctx context.Context, apiID portico.APIID, controlPlaneID portico.ControlPlaneID, service ServiceFields, route RouteFields) (portico.Implementation, error) {
	now := i.Now()
	made := portico.Implementation{ID: portico.ImplementationID(i.NewID()), APIID: apiID, ControlPlaneID: controlPlaneID, CreatedAt: now, UpdatedAt: now}
	err := i.Commit(ctx, func(tx portico.Tx) error {
		upstream, err := services().add(ctx, tx, i.Deps, controlPlaneID, service.ID, service.write)
		if err != nil {
			return err
		}
		route.Service = portico.Some(string(upstream.ID))
		if _, err := routes().add(ctx, tx, i.Deps, controlPlaneID, route.ID, route.write); err != nil {
			return err
		}
		made.ServiceID = &upstream.ID
		return insert(ctx, tx, made)
	})
	return made, err
}

// checkOperations refuses an API with more operations than access can be
// controlled for.
func checkOperations(ctx context.Context, tx portico.Tx, i portico.Implementation) error {
	if i.ServiceID != nil {
		return nil
	}
	operations, err := tx.Operations().List(ctx, portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{portico.Where("api_id", i.APIID)}})
	if err == nil && operations.Total > portico.MaxEnforcedOperations {
		err = portico.TooManyOperations(operations.Total)
	}
	return err
}

// checkTarget refuses a control plane or a service that is not there.
func checkTarget(ctx context.Context, tx portico.Tx, i portico.Implementation) error {
	field := "control_plane"
	if i.ServiceID != nil {
		field = "service"
	}
	if _, err := tx.ControlPlanes().ByID(ctx, i.ControlPlaneID); err != nil {
		return usecase.Missing(err, field+".control_plane_id", "There is no control plane with this id.")
	}
	if i.ServiceID == nil {
		return nil
	}
	_, err := services().byID(ctx, tx, i.ControlPlaneID, *i.ServiceID)
	return usecase.Missing(err, "service.id", "There is no service with this id in the control plane.")
}

// List returns a page of the implementations.
func (i Implementations) List(ctx context.Context, q portico.ListQuery) (portico.Page[portico.Implementation], error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) (portico.Page[portico.Implementation], error) {
		return tx.Implementations().List(ctx, q)
	})
}

// ByID returns an implementation of an API; KindNotFound.
func (i Implementations) ByID(ctx context.Context, apiID portico.APIID, id portico.ImplementationID) (portico.Implementation, error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) (portico.Implementation, error) { return implementationOf(ctx, tx, apiID, id) })
}

func implementationOf(ctx context.Context, tx portico.Tx, apiID portico.APIID, id portico.ImplementationID) (portico.Implementation, error) {
	found, err := tx.Implementations().ByID(ctx, id)
	if err == nil && found.APIID != apiID {
		return portico.Implementation{}, portico.NotFound("implementation", id)
	}
	return found, err
}

// Delete unlinks an API; the gateways no longer enforce its strategies there.
// KindNotFound.
func (i Implementations) Delete(ctx context.Context, apiID portico.APIID, id portico.ImplementationID) error {
	return i.Commit(ctx, func(tx portico.Tx) error {
		if _, err := implementationOf(ctx, tx, apiID, id); err != nil {
			return err
		}
		return tx.Implementations().Delete(ctx, id)
	})
}
