package mgmtapi

import (
	"net/http"
	"slices"
	"strings"

	"portico"
	"portico/httpkit"
	"portico/mgmtapi/auditapi"
	"portico/mgmtapi/contentapi"
	"portico/mgmtapi/coreapi"
	"portico/mgmtapi/identityapi"
	"portico/mgmtapi/packageapi"
	"portico/mgmtapi/portaladminapi"
	"portico/mgmtapi/route"
)

// routes lists the whole API, resource by resource.
func (s *server) routes() []route.Route {
	all := slices.Concat(
		identityapi.Routes(s.Control, s.now),
		s.portalRoutes(),
		s.apiRoutes(),
		s.versionRoutes(),
		s.publicationRoutes(),
		s.implementationRoutes(),
		coreapi.Routes(s.Control),
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
		auditapi.Routes(s.Control),
		portaladminapi.Routes(s.Control),
		packageapi.Routes(s.Control),
	)
	for i, r := range all {
		all[i].Handle = s.ofEntityType(r)
	}
	return all
}

// ofEntityType keeps APIs and packages apart, which are two resources on the
// wire: what is asked of the one is not there for the other.
func (s *server) ofEntityType(r route.Route) httpkit.HandlerFunc {
	want := ""
	switch {
	case strings.HasPrefix(r.Pattern, "/v3/apis/{apiId}"):
		want = portico.EntityAPI
	case strings.HasPrefix(r.Pattern, "/v3/api-packages/{apiId}"):
		want = portico.EntityPackage
	default:
		return r.Handle
	}
	return func(w http.ResponseWriter, req *http.Request) error {
		// What is neither is left to the handler, which looks at the request first.
		if id, err := httpkit.PathID[portico.APIID](req, "apiId"); err == nil {
			is, err := s.APIs.EntityType(req.Context(), id)
			switch {
			case err == nil && is != want:
				return portico.NotFound(strings.ReplaceAll(want, "api_", "API "), id)
			case err != nil && portico.KindOf(err) != portico.KindNotFound:
				return err
			}
		}
		return r.Handle(w, req)
	}
}

// Operations lists every operation that New serves, for whoever compares it
// with the public contract.
func Operations() []route.Route { return new(server).routes() }
