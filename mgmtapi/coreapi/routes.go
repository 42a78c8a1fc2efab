package coreapi

import (
	"slices"

	"portico/access"
	"portico/control"
	"portico/mgmtapi/route"
	"portico/routing"
)

// server is what the handlers of all resources share.
type server struct{ *control.Control }

// gateways are the use cases of most of what is here; none where the routes are
// only listed.
func (s server) gateways() routing.Gateways {
	if s.Control == nil {
		return routing.Gateways{}
	}
	return s.Gateways
}

// Routes lists this part of the API, resource by resource.
func Routes(c *control.Control) []route.Route {
	s := server{c}
	return slices.Concat(
		s.controlPlaneRoutes(),
		s.services().routes(s),
		s.gatewayRoutes().routes(s),
		s.consumers().routes(s),
		s.plugins().routes(s),
		s.schemaRoutes(),
		s.nodeRoutes(),
		s.emptyRoutes(),
	)
}

// inPlane is the need of an operation on the control plane in the path.
func inPlane(a access.Action) access.Need {
	return access.For(access.ControlPlanes, a, "controlPlaneId")
}
