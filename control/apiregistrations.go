package control

import (
	"context"
	"slices"

	"portico"
	"portico/usecase"
)

// APIRegistration is a registration as an API sees it: who, in which portal.
type APIRegistration struct {
	RegistrationView
	Portal portico.Portal
}

// ListByAPI returns a page of an API's registrations. Beyond the fields of the
// registrations themselves they can be filtered by portal_name,
// application_owner_id and application_owner_type. KindNotFound (API).
func (r Registrations) ListByAPI(ctx context.Context, api portico.APIID, q portico.ListQuery) (portico.Page[APIRegistration], error) {
	return usecase.View(ctx, r.Store, func(tx portico.Tx) (portico.Page[APIRegistration], error) {
		var none portico.Page[APIRegistration]
		if _, err := tx.APIs().ByID(ctx, api); err != nil {
			return none, err
		}
		portals, err := tx.Portals().List(ctx, portico.Everything())
		if err != nil {
			return none, err
		}
		q.Filters = append(slices.Clone(q.Filters), portico.Where("api_id", api))
		for i, f := range q.Filters {
			q.Filters[i] = registrationFilter(f, portals.Items)
		}
		page, err := tx.Registrations().List(ctx, q)
		if err != nil {
			return none, err
		}
		views, err := r.views(ctx, tx, page.Items)
		if err != nil {
			return none, err
		}
		portalBy := usecase.By(portals.Items, func(p portico.Portal) portico.PortalID { return p.ID })
		out := portico.Page[APIRegistration]{Total: page.Total}
		for _, v := range views {
			out.Items = append(out.Items, APIRegistration{RegistrationView: v, Portal: portalBy[v.PortalID]})
		}
		return out, nil
	})
}

// registrationFilter turns a condition on what is no column of a registration
// into one on what is.
func registrationFilter(f portico.Filter, portals []portico.Portal) portico.Filter {
	switch f.Field {
	case "application_owner_id":
		f.Field = "owner_id"
	case "application_owner_type":
		f.Field = "owner_type"
	case "portal_name":
		matching := slices.DeleteFunc(slices.Clone(portals), func(p portico.Portal) bool { return !usecase.Matches(f, p.Name) })
		f = usecase.AnyOf("portal_id", matching, portalID)
	}
	return f
}
