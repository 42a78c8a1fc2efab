package routing

import (
	"context"
	"slices"

	"portico"
	"portico/usecase"
)

// Routes are the routes that lead to an API: those of the services that
// implement it, or of the whole control plane, oldest first. Routes of disabled
// services are left out.
func (i Implementations) Routes(ctx context.Context, apiID portico.APIID) ([]portico.Route, error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) ([]portico.Route, error) {
		linked, err := tx.Implementations().List(ctx, portico.Everything(portico.Where("api_id", apiID)))
		if err != nil {
			return nil, err
		}
		var out []portico.Route
		for _, implementation := range linked.Items {
			filters := []portico.Filter{portico.Where("control_plane_id", implementation.ControlPlaneID)}
			if implementation.ServiceID != nil {
				service, err := tx.Services().ByID(ctx, *implementation.ServiceID)
				if err != nil {
					return nil, err
				}
				if !service.Enabled {
					continue
				}
				filters = append(filters, portico.Where("service_id", *implementation.ServiceID))
			}
			found, err := tx.Routes().List(ctx, portico.Everything(filters...))
			if err != nil {
				return nil, err
			}
			out = append(out, slices.DeleteFunc(found.Items, func(r portico.Route) bool { return r.ServiceID == nil })...)
		}
		return out, nil
	})
}
