package localas

import (
	"crypto/rand"
	"net/http"

	"portico/localas/dialect"
)

// handler answers a request, or returns why it does not.
type handler func(w http.ResponseWriter, r *http.Request) error

// oauthRoutes are open to everyone; their handlers authenticate clients.
func (s *Server) oauthRoutes() map[string]handler {
	return map[string]handler{
		"GET /.well-known/openid-configuration": s.getOrgMetadata,
		"GET /oauth2/v1/keys":                   s.orgKeys,
		"GET /oauth2/v1/authorize":              s.authorize,
		"POST /oauth2/v1/authorize":             s.authorize,
		"POST /oauth2/v1/token":                 s.postOrgToken,
		"POST /oauth2/v1/introspect":            s.postOrgIntrospect,
		"POST /oauth2/v1/revoke":                s.postOrgRevoke,

		"GET /oauth2/{as}/.well-known/oauth-authorization-server": s.getOAuthMetadata,
		"GET /oauth2/{as}/.well-known/openid-configuration":       s.getOpenIDMetadata,
		"GET /oauth2/{as}/v1/keys":                                s.serverKeys,
		"GET /oauth2/{as}/v1/authorize":                           s.authorize,
		"POST /oauth2/{as}/v1/authorize":                          s.authorize,
		"POST /oauth2/{as}/v1/token":                              s.postToken,
		"POST /oauth2/{as}/v1/introspect":                         s.postIntrospect,
		"POST /oauth2/{as}/v1/revoke":                             s.postRevoke,
	}
}

// managementRoute is an endpoint for an API token, or for an access token with
// the scope; without a scope, for an API token only.
type managementRoute struct {
	pattern string
	class   class
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
		tokens        = "/api/v1/api-tokens"
		clientsRead   = "okta.clients.read"
		clientsAdd    = "okta.clients.register"
		clientsManage = "okta.clients.manage"
		appsRead      = "okta.apps.read"
		appsManage    = "okta.apps.manage"
		asRead        = "okta.authorizationServers.read"
		asManage      = "okta.authorizationServers.manage"
	)
	scopes, claims, policies, rules := s.scopeResource(), s.claimResource(), s.policyResource(), s.ruleResource()
	return []managementRoute{
		{"GET " + clients, classClients, clientsRead, s.listClients},
		{"POST " + clients, classClients, clientsAdd, s.postClient},
		{"GET " + clients + "/{client}", classClients, clientsRead, s.getClient},
		{"PUT " + clients + "/{client}", classClients, clientsManage, s.putClient},
		{"DELETE " + clients + "/{client}", classClients, clientsManage, s.deleteRegistration},
		{"POST " + clients + "/{client}/lifecycle/newSecret", classClients, clientsManage, s.newSecret},

		{"GET /api/v1/apps", classApps, appsRead, s.listApps},
		{"POST /api/v1/apps", classApps, appsManage, s.postApp},
		{"GET " + app, classAppsByID, appsRead, s.getApp},
		{"PUT " + app, classAppsByID, appsManage, s.putApp},
		{"DELETE " + app, classAppsByID, appsManage, s.deleteApp},
		{"POST " + app + "/lifecycle/activate", classAppsByID, appsManage, s.setAppStatus(active)},
		{"POST " + app + "/lifecycle/deactivate", classAppsByID, appsManage, s.setAppStatus(inactive)},
		{"GET " + secrets, classAppsByID, appsRead, s.listSecrets},
		{"POST " + secrets, classAppsByID, appsManage, s.postSecret},
		{"GET " + secrets + "/{secret}", classAppsByID, appsRead, s.getSecret},
		{"DELETE " + secrets + "/{secret}", classAppsByID, appsManage, s.deleteSecret},
		{"POST " + secrets + "/{secret}/lifecycle/activate", classAppsByID, appsManage, s.changeSecretStatus(active)},
		{"POST " + secrets + "/{secret}/lifecycle/deactivate", classAppsByID, appsManage, s.changeSecretStatus(inactive)},
		{"GET " + app + "/grants", classAppsByID, "okta.appGrants.read", s.listGrants},
		{"POST " + app + "/grants", classAppsByID, "okta.appGrants.manage", s.postGrant},
		{"DELETE " + app + "/grants/{grant}", classAppsByID, "okta.appGrants.manage", s.deleteGrant},

		{"GET " + servers, classAuthServers, asRead, s.listServers},
		{"POST " + servers, classAuthServers, asManage, s.postServer},
		{"GET " + as, classAuthServers, asRead, s.getServer},
		{"PUT " + as, classAuthServers, asManage, s.putServer},
		{"DELETE " + as, classAuthServers, asManage, s.deleteServer},
		{"POST " + as + "/lifecycle/activate", classAuthServers, asManage, s.setServerStatus(active)},
		{"POST " + as + "/lifecycle/deactivate", classAuthServers, asManage, s.setServerStatus(inactive)},
		{"GET " + as + "/credentials/keys", classAuthServers, asRead, s.listKeys},
		{"POST " + as + "/credentials/lifecycle/keyRotate", classAuthServers, asManage, s.rotateKeys},
		{"GET " + as + "/scopes", classAuthServers, asRead, scopes.getAll},
		{"POST " + as + "/scopes", classAuthServers, asManage, scopes.post},
		{"GET " + as + "/scopes/{scope}", classAuthServers, asRead, scopes.get},
		{"PUT " + as + "/scopes/{scope}", classAuthServers, asManage, scopes.put},
		{"DELETE " + as + "/scopes/{scope}", classAuthServers, asManage, scopes.delete},
		{"GET " + as + "/claims", classAuthServers, asRead, claims.getAll},
		{"POST " + as + "/claims", classAuthServers, asManage, claims.post},
		{"GET " + as + "/claims/{claim}", classAuthServers, asRead, claims.get},
		{"PUT " + as + "/claims/{claim}", classAuthServers, asManage, claims.put},
		{"DELETE " + as + "/claims/{claim}", classAuthServers, asManage, claims.delete},
		{"GET " + as + "/policies", classAuthServers, asRead, policies.getAll},
		{"POST " + as + "/policies", classAuthServers, asManage, policies.post},
		{"GET " + onePolicy, classAuthServers, asRead, policies.get},
		{"PUT " + onePolicy, classAuthServers, asManage, policies.put},
		{"DELETE " + onePolicy, classAuthServers, asManage, policies.delete},
		{"POST " + onePolicy + "/lifecycle/activate", classAuthServers, asManage, policies.change(func(p *policy) { p.Status = active })},
		{"POST " + onePolicy + "/lifecycle/deactivate", classAuthServers, asManage, policies.change(func(p *policy) { p.Status = inactive })},
		{"GET " + onePolicy + "/rules", classAuthServers, asRead, rules.getAll},
		{"POST " + onePolicy + "/rules", classAuthServers, asManage, rules.post},
		{"GET " + oneRule, classAuthServers, asRead, rules.get},
		{"PUT " + oneRule, classAuthServers, asManage, rules.put},
		{"DELETE " + oneRule, classAuthServers, asManage, rules.delete},
		{"POST " + oneRule + "/lifecycle/activate", classAuthServers, asManage, rules.change(func(rule *policyRule) { rule.Status = active })},
		{"POST " + oneRule + "/lifecycle/deactivate", classAuthServers, asManage, rules.change(func(rule *policyRule) { rule.Status = inactive })},

		{"GET " + tokens, classAPITokens, "okta.apiTokens.read", s.listAPITokens},
		{"GET " + tokens + "/{token}", classAPITokens, "okta.apiTokens.read", s.getAPIToken},
		{"DELETE " + tokens + "/current", classAPITokens, "", s.deleteCurrentAPIToken},
		{"DELETE " + tokens + "/{token}", classAPITokens, "okta.apiTokens.manage", s.deleteAPIToken},
	}
}

// newHandler puts the routes together.
func (s *Server) newHandler() http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range s.oauthRoutes() {
		mux.Handle(pattern, s.endpoint(classOAuth, handle))
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
		mux.Handle("POST /_faults", s.endpoint(classAPITokens, s.postFaults))
	}
	s.mountPages(mux)
	return s.withHeaders(s.withFaults(s.withNotFound(mux)))
}

// endpoint counts a call against its class and writes the handler's error.
func (s *Server) endpoint(c class, handle handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := dialect.TooManyRequests()
		if s.limits.take(w, c, s.clock()) {
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
