package mgmtapi

import (
	"slices"

	"portico/mgmtapi/contentapi"
	"portico/mgmtapi/portaladminapi"
	"portico/mgmtapi/route"
)

// routes lists the whole API, resource by resource.
func (s *server) routes() []route.Route {
	return slices.Concat(
		s.identityRoutes(),
		s.portalRoutes(),
		s.apiRoutes(),
		s.versionRoutes(),
		s.publicationRoutes(),
		s.implementationRoutes(),
		s.controlPlaneRoutes(),
		s.serviceRoutes(),
		s.gatewayRouteRoutes(),
		s.providerRoutes(),
		s.strategyRoutes(),
		s.developerRoutes(),
		s.teamRoutes(),
		s.identityProviderRoutes(),
		s.emailTemplateRoutes(),
		s.applicationRoutes(),
		s.registrationRoutes(),
		s.domainRoutes(),
		contentapi.Routes(s.Control),
		portaladminapi.Routes(s.Control),
	)
}

// Operations lists every operation that New serves, for whoever compares it
// with the public contract.
func Operations() []route.Route { return new(server).routes() }
