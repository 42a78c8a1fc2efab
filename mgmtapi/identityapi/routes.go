package identityapi

import (
	"net/http"
	"slices"
	"time"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/control"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
)

// server is what the handlers of all resources share.
type server struct {
	accounts admins.Accounts
	admins.Admins
	now func() time.Time
}

// Routes lists this part of the API, resource by resource.
func Routes(c *control.Control, now func() time.Time) []route.Route {
	s := server{now: now}
	if c != nil { // whoever lists the operations has nothing to serve them with
		s.accounts, s.Admins = c.Accounts, c.Admins
	}
	return slices.Concat(
		s.meRoutes(), s.tokenRoutes(), s.userRoutes(), s.teamRoutes(), s.systemAccountRoutes(), s.machineTokenRoutes(),
		s.roleRoutes(), s.identityProviderRoutes(), s.signOnRoutes(),
	)
}

// What the operations need.
func views() access.Need   { return access.For(access.Organization, access.View, "") }
func creates() access.Need { return access.For(access.Organization, access.Create, "") }
func edits() access.Need   { return access.For(access.Organization, access.Edit, "") }
func deletes() access.Need { return access.For(access.Organization, access.Delete, "") }

// list answers a page of what ask finds.
func list[T, V any](w http.ResponseWriter, r *http.Request, spec listing.Spec, ask func(portico.ListQuery) (portico.Page[T], error), view func(T) V) error {
	q, err := listing.Parse(r, spec)
	if err != nil {
		return err
	}
	page, err := ask(q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, view))
}

// one answers an entity.
func one[T, V any](w http.ResponseWriter, status int, view func(T) V) func(T, error) error {
	return func(entity T, err error) error {
		if err != nil {
			return err
		}
		return httpkit.JSON(w, status, view(entity))
	}
}

// gone answers that something is there no longer.
func gone(w http.ResponseWriter, err error) error {
	if err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
