package portaladminapi

import (
	"slices"

	"portico/access"
	"portico/control"
	"portico/mgmtapi/route"
)

// server is what the handlers of all resources share.
type server struct{ *control.Control }

// Routes lists this part of the API, resource by resource.
func Routes(c *control.Control) []route.Route {
	s := server{c}
	return slices.Concat(s.allowListRoutes(), s.emailRoutes(), s.domainRoutes())
}

// What the operations need: all of them are about a portal.
func viewsPortal() access.Need { return access.For(access.Portals, access.View, "portalId") }
func editsPortal() access.Need { return access.For(access.Portals, access.Edit, "portalId") }
