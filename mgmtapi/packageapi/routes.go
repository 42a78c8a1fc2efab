package packageapi

import (
	"slices"

	"portico/access"
	"portico/control"
	"portico/mgmtapi/route"
)

// server is what the handlers of all resources share.
type server struct{ *control.Control }

// Routes lists this part of the API, resource by resource. A package is an API
// to those who grant roles, and so its id has an API's name in the patterns.
func Routes(c *control.Control) []route.Route {
	s := server{c}
	return slices.Concat(s.operationRoutes(), s.packageRoutes(), s.heldRoutes(), s.specificationRoutes())
}

// What the operations need.
func creates() access.Need { return access.For(access.APIs, access.Create, "") }
func lists() access.Need   { return access.For(access.APIs, access.View, "") }
func views() access.Need   { return access.For(access.APIs, access.View, "apiId") }
func edits() access.Need   { return access.For(access.APIs, access.Edit, "apiId") }
func deletes() access.Need { return access.For(access.APIs, access.Delete, "apiId") }
