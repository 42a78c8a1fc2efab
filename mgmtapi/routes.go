package mgmtapi

import (
	"slices"

	"portico/httpkit"
	"portico/mgmtapi/contentapi"
)

// Operation is one operation of the API, for whoever compares it with the
// public contract.
type Operation struct {
	Method  string
	Pattern string // as http.ServeMux writes it, such as /v3/portals/{portalId}
	ID      string // the contract's operationId; empty for what it has not; empty for what Kong's Admin API has beyond it
}

// route is an operation and what serves it.
type route struct {
	Operation
	handle        httpkit.HandlerFunc
	specification bool // the body may be as large as an API specification, a long text or an image
}

// on makes a route.
func on(method, pattern, id string, h httpkit.HandlerFunc) route {
	return route{Operation: Operation{Method: method, Pattern: pattern, ID: id}, handle: h}
}

// large is the route with the limit of bodies that carry an API specification,
// a text or an image.
func (r route) large() route {
	r.specification = true
	return r
}

// routes lists the whole API, resource by resource.
func (s *server) routes() []route {
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
		s.contentRoutes(),
	)
}

// contentRoutes: what portals say and look like.
func (s *server) contentRoutes() []route {
	var out []route
	for _, r := range contentapi.Routes(s.Control) {
		made := on(r.Method, r.Pattern, r.ID, r.Handle)
		made.specification = r.Large
		out = append(out, made)
	}
	return out
}

// Operations lists every operation that New serves.
func Operations() []Operation {
	var out []Operation
	for _, r := range new(server).routes() {
		out = append(out, r.Operation)
	}
	return out
}
