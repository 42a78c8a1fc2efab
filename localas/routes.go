package localas

import (
	"crypto/rand"
	"net/http"

	"portico/localas/dialect"
	"portico/localas/ratelimit"
)

// handler answers a request, or returns why it does not.
type handler func(w http.ResponseWriter, r *http.Request) error

// oauthRoutes are open to everyone; their handlers authenticate clients.
func (s *Server) oauthRoutes() map[string]handler {
	return map[string]handler{
		"GET /.well-known/openid-configuration": s.getOrgMetadata,
		"GET /oauth2/v1/keys":                   s.orgKeys,
		"GET /oauth2/v1/authorize":              s.orgAuthorize,
		"POST /oauth2/v1/authorize":             s.orgAuthorize,
		"POST /oauth2/v1/token":                 s.postOrgToken,
		"POST /oauth2/v1/introspect":            s.postOrgIntrospect,
		"POST /oauth2/v1/revoke":                s.postOrgRevoke,

		"GET /oauth2/{as}/.well-known/oauth-authorization-server": s.getOAuthMetadata,
		"GET /oauth2/{as}/.well-known/openid-configuration":       s.getOpenIDMetadata,
		"GET /oauth2/{as}/v1/keys":                                s.serverKeys,
		"GET /oauth2/{as}/v1/authorize":                           s.authorize,
		"POST /oauth2/{as}/v1/authorize":                          s.authorize,
		"GET /oauth2/{as}/v1/userinfo":                            s.getUserInfo,
		"POST /oauth2/{as}/v1/userinfo":                           s.getUserInfo,
		"POST /oauth2/{as}/v1/token":                              s.postToken,
		"POST /oauth2/{as}/v1/introspect":                         s.postIntrospect,
		"POST /oauth2/{as}/v1/revoke":                             s.postRevoke,
	}
}

// managementRoute is an endpoint of the management API, counted against its class.
type managementRoute struct {
	pattern string
	class   ratelimit.Class
	scope   string
	handle  handler
}

func (s *Server) managementRoutes() []managementRoute {
	const (
		clients, app  = "/oauth2/v1/clients", "/api/v1/apps/{app}"
		servers, as   = "/api/v1/authorizationServers", "/api/v1/authorizationServers/{as}"
		onePolicy     = as + "/policies/{policy}"
		oneRule       = onePolicy + "/rules/{rule}"
		secrets       = app + "/credentials/secrets"
		clientsRead   = "okta.clients.read"
		clientsAdd    = "okta.clients.register"
		clientsManage = "okta.clients.manage"
		appsRead      = "okta.apps.read"
		appsManage    = "okta.apps.manage"
		asRead        = "okta.authorizationServers.read"
		asManage      = "okta.authorizationServers.manage"
	)
	scopes, claims, policies, rules := s.scopeResource(), s.claimResource(), s.policyResource(), s.ruleResource()
	all := []managementRoute{
		{"GET " + clients, ratelimit.Clients, clientsRead, s.listClients},
		{"POST " + clients, ratelimit.Clients, clientsAdd, s.postClient},
		{"GET " + clients + "/{client}", ratelimit.Clients, clientsRead, s.getClient},
		{"PUT " + clients + "/{client}", ratelimit.Clients, clientsManage, s.putClient},
		{"DELETE " + clients + "/{client}", ratelimit.Clients, clientsManage, s.deleteRegistration},
		{"POST " + clients + "/{client}/lifecycle/newSecret", ratelimit.Clients, clientsManage, s.newSecret},

		{"GET /api/v1/apps", ratelimit.Apps, appsRead, s.listApps},
		{"POST /api/v1/apps", ratelimit.Apps, appsManage, s.postApp},
		{"GET " + app, ratelimit.AppsByID, appsRead, s.getApp},
		{"PUT " + app, ratelimit.AppsByID, appsManage, s.putApp},
		{"DELETE " + app, ratelimit.AppsByID, appsManage, s.deleteApp},
		{"POST " + app + "/lifecycle/activate", ratelimit.AppsByID, appsManage, s.setAppStatus(active)},
		{"POST " + app + "/lifecycle/deactivate", ratelimit.AppsByID, appsManage, s.setAppStatus(inactive)},
		{"GET " + secrets, ratelimit.AppsByID, appsRead, s.listSecrets},
		{"POST " + secrets, ratelimit.AppsByID, appsManage, s.postSecret},
		{"GET " + secrets + "/{secret}", ratelimit.AppsByID, appsRead, s.getSecret},
		{"DELETE " + secrets + "/{secret}", ratelimit.AppsByID, appsManage, s.deleteSecret},
		{"POST " + secrets + "/{secret}/lifecycle/activate", ratelimit.AppsByID, appsManage, s.changeSecretStatus(active)},
		{"POST " + secrets + "/{secret}/lifecycle/deactivate", ratelimit.AppsByID, appsManage, s.changeSecretStatus(inactive)},
		{"GET " + app + "/grants", ratelimit.AppsByID, "okta.appGrants.read", s.listGrants},
		{"POST " + app + "/grants", ratelimit.AppsByID, "okta.appGrants.manage", s.postGrant},
		{"DELETE " + app + "/grants/{grant}", ratelimit.AppsByID, "okta.appGrants.manage", s.deleteGrant},

		{"GET " + servers, ratelimit.AuthServers, asRead, s.listServers},
		{"POST " + servers, ratelimit.AuthServers, asManage, s.postServer},
		{"GET " + as, ratelimit.AuthServers, asRead, s.getServer},
		{"PUT " + as, ratelimit.AuthServers, asManage, s.putServer},
		{"DELETE " + as, ratelimit.AuthServers, asManage, s.deleteServer},
		{"POST " + as + "/lifecycle/activate", ratelimit.AuthServers, asManage, s.setServerStatus(active)},
		{"POST " + as + "/lifecycle/deactivate", ratelimit.AuthServers, asManage, s.setServerStatus(inactive)},
		{"GET " + as + "/credentials/keys", ratelimit.AuthServers, asRead, s.listKeys},
		{"POST " + as + "/credentials/lifecycle/keyRotate", ratelimit.AuthServers, asManage, s.rotateKeys},
		{"GET " + as + "/scopes", ratelimit.AuthServers, asRead, scopes.getAll},
		{"POST " + as + "/scopes", ratelimit.AuthServers, asManage, scopes.post},
		{"GET " + as + "/scopes/{scope}", ratelimit.AuthServers, asRead, scopes.get},
		{"PUT " + as + "/scopes/{scope}", ratelimit.AuthServers, asManage, scopes.put},
		{"DELETE " + as + "/scopes/{scope}", ratelimit.AuthServers, asManage, scopes.delete},
		{"GET " + as + "/claims", ratelimit.AuthServers, asRead, claims.getAll},
		{"POST " + as + "/claims", ratelimit.AuthServers, asManage, claims.post},
		{"GET " + as + "/claims/{claim}", ratelimit.AuthServers, asRead, claims.get},
		{"PUT " + as + "/claims/{claim}", ratelimit.AuthServers, asManage, claims.put},
		{"DELETE " + as + "/claims/{claim}", ratelimit.AuthServers, asManage, claims.delete},
		{"GET " + as + "/policies", ratelimit.AuthServers, asRead, policies.getAll},
		{"POST " + as + "/policies", ratelimit.AuthServers, asManage, policies.post},
		{"GET " + onePolicy, ratelimit.AuthServers, asRead, policies.get},
		{"PUT " + onePolicy, ratelimit.AuthServers, asManage, policies.put},
		{"DELETE " + onePolicy, ratelimit.AuthServers, asManage, policies.delete},
		{"POST " + onePolicy + "/lifecycle/activate", ratelimit.AuthServers, asManage, policies.change(func(p *policy) { p.Status = active })},
		{"POST " + onePolicy + "/lifecycle/deactivate", ratelimit.AuthServers, asManage, policies.change(func(p *policy) { p.Status = inactive })},
		{"GET " + onePolicy + "/rules", ratelimit.AuthServers, asRead, rules.getAll},
		{"POST " + onePolicy + "/rules", ratelimit.AuthServers, asManage, rules.post},
		{"GET " + oneRule, ratelimit.AuthServers, asRead, rules.get},
		{"PUT " + oneRule, ratelimit.AuthServers, asManage, rules.put},
		{"DELETE " + oneRule, ratelimit.AuthServers, asManage, rules.delete},
		{"POST " + oneRule + "/lifecycle/activate", ratelimit.AuthServers, asManage, rules.change(func(rule *policyRule) { rule.Status = active })},
		{"POST " + oneRule + "/lifecycle/deactivate", ratelimit.AuthServers, asManage, rules.change(func(rule *policyRule) { rule.Status = inactive })},
	}
	for _, route := range s.tokens.Routes() {
		all = append(all, managementRoute{route.Pattern, ratelimit.APITokens, route.Scope, route.Handle})
	}
	for _, route := range s.people.Routes() {
		all = append(all, managementRoute{route.Pattern, ratelimit.People, route.Scope, route.Handle})
	}
	return all
}

// newHandler puts the routes together.
func (s *Server) newHandler() http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range s.oauthRoutes() {
		mux.Handle(pattern, s.endpoint(ratelimit.OAuth, handle))
	}
	for _, route := range s.managementRoutes() {
		mux.Handle(route.pattern, s.endpoint(route.class, func(w http.ResponseWriter, r *http.Request) error {
			if err := s.authenticateManagement(r, route.scope); err != nil {
				return err
			}
			return route.handle(w, r)
		}))
	}
	if s.faults != nil {
		mux.Handle("POST /_faults", s.endpoint(ratelimit.APITokens, s.faults.Post))
	}
	s.mountPages(mux)
	answers := s.withNotFound(mux)
	if s.faults != nil {
		answers = s.faults.Wrap(answers)
	}
	return s.withHeaders(answers)
}

// endpoint counts a call against its class and writes the handler's error.
func (s *Server) endpoint(c ratelimit.Class, handle handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := dialect.TooManyRequests()
		if s.limits.Take(w, c, s.clock()) {
			err = handle(w, r)
		}
		if err != nil {
			dialect.WriteError(w, r, s.log, err)
		}
	})
}

// withHeaders adds what every answer carries.
func (s *Server) withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(dialect.RequestIDHeader, "req"+rand.Text())
		w.Header().Set("Date", s.clock().UTC().Format(http.TimeFormat))
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// withNotFound gives the mux's own refusals Okta's shape.
func (s *Server) withNotFound(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refusal, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		probe := &statusProbe{header: http.Header{}}
		refusal.ServeHTTP(probe, r)
		if allow := probe.header.Get("Allow"); probe.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", allow)
			dialect.WriteError(w, r, s.log, dialect.Refusal(probe.status, "E0000022", "The endpoint does not support the provided HTTP method"))
			return
		}
		dialect.WriteError(w, r, s.log, dialect.NotFound("endpoint", r.URL.Path))
	})
}

// statusProbe is a response that is only asked for its status and headers.
type statusProbe struct {
	header http.Header
	status int
}

func (p *statusProbe) Header() http.Header         { return p.header }
func (p *statusProbe) WriteHeader(status int)      { p.status = status }
func (p *statusProbe) Write(b []byte) (int, error) { return len(b), nil }
