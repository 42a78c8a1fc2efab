package gateway

import (
	"cmp"
	"crypto/x509"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"portico/enforce"
	"portico/oauth"
	"portico/secret"
	"portico/snapshot"
)

// table is the compiled routing part of a configuration. It is immutable.
type table struct {
	router     *router
	transports map[timeouts]*http.Transport
}

// service is an upstream with everything a request to it needs.
type service struct {
	snapshot.Service
	label   string // in metrics
	host    string // Host header, without the scheme's own port
	address string // host:port
	guard   *guard // nil: open to everyone
	// operations are decided about one by one; nil: none are.
	operations *operations
	transport  http.RoundTripper
}

// guard says who may call a service. Strategies stand in the order of the
// service's access list.
type guard struct {
	access     []snapshot.Access
	oidc       []*strategy
	keys       []*strategy
	keyNames   []string // of all strategies
	sessions   bool     // one strategy has sessions
	challenges []string // WWW-Authenticate, Bearer last
	// hideHeaders are what upstreams see only as the gateway sets it: keys, the
	// token header, and Authorization if a strategy hides credentials.
	hideHeaders []string
}

// strategy is one way of authenticating.
type strategy struct {
	id       string
	digest   secret.Digest // of the configuration: cached results end with it
	keyNames []string

	oidc                   *snapshot.OIDC // nil for API keys; the rest is about OIDC
	provider               *oauth.Provider
	basic, bearer, session bool
	claim                  []string
	expect                 oauth.Expectation
}

// compile builds the table of a validated routing part. Transports of the
// previous table are taken over, so that connections survive a change.
func compile(r snapshot.Routing, providers *oauth.Providers, roots *x509.CertPool, previous *table) (*table, error) {
	t := &table{transports: map[timeouts]*http.Transport{}}
	strategies := map[string]*strategy{}
	for _, s := range r.Strategies {
		strategies[s.ID] = newStrategy(s, providers)
	}
	operations := newOperations(r.Operations, strategies)
	services := map[string]*service{}
	for _, s := range r.Services {
		services[s.ID] = newService(s, strategies, t.transport(timeoutsOf(s), roots, previous))
		if s.ByOperation {
			services[s.ID].operations = operations[s.ControlPlaneID]
		}
	}
	plugins, err := enforce.Compile(r.Plugins)
	if err != nil {
		return nil, err
	}
	t.router, err = newRouter(r.Routes, services, plugins)
	return t, err
}

func (t *table) transport(key timeouts, roots *x509.CertPool, previous *table) *http.Transport {
	if t.transports[key] == nil && previous != nil {
		t.transports[key] = previous.transports[key]
	}
	if t.transports[key] == nil {
		t.transports[key] = newTransport(key, roots)
	}
	return t.transports[key]
}

// retire closes the idle connections that the next table does not take over.
func (t *table) retire(next *table) {
	for key, transport := range t.transports {
		if next.transports[key] != transport {
			transport.CloseIdleConnections()
		}
	}
}

func newService(s snapshot.Service, strategies map[string]*strategy, transport *http.Transport) *service {
	name := strings.Trim(s.Host, "[]")
	out := &service{
		Service:   s,
		label:     cmp.Or(s.Name, s.ID),
		address:   net.JoinHostPort(name, strconv.Itoa(s.Port)),
		guard:     newGuard(s.Access, strategies),
		transport: retrying{transport, s.Retries},
	}
	out.host = out.address
	if s.Protocol == "http" && s.Port == 80 || s.Protocol == "https" && s.Port == 443 {
		out.host = strings.TrimSuffix(out.address, ":"+strconv.Itoa(s.Port))
	}
	return out
}

func newGuard(access []snapshot.Access, strategies map[string]*strategy) *guard {
	if len(access) == 0 {
		return nil
	}
	g := &guard{access: access}
	var basic, bearer bool
	for _, a := range access {
		s := strategies[a.StrategyID]
		if slices.Contains(g.oidc, s) || slices.Contains(g.keys, s) {
			continue
		}
		if s.oidc == nil {
			g.keys = append(g.keys, s)
			g.keyNames = append(g.keyNames, s.keyNames...)
			g.hideHeaders = append(g.hideHeaders, s.keyNames...)
			continue
		}
		g.oidc = append(g.oidc, s)
		g.sessions = g.sessions || s.session
		if s.oidc.HideCredentials {
			g.hideHeaders = append(g.hideHeaders, "Authorization")
		}
		if name, _ := tokenHeader(s.oidc.UpstreamTokenHeader); !strings.EqualFold(name, "Authorization") {
			g.hideHeaders = append(g.hideHeaders, name)
		}
		basic, bearer = basic || s.basic, bearer || s.bearer
	}
	if len(g.keys) > 0 {
		g.challenges = append(g.challenges, `Key realm="portico"`)
	}
	if basic {
		g.challenges = append(g.challenges, `Basic realm="portico"`)
	}
	if bearer || basic {
		g.challenges = append(g.challenges, `Bearer realm="portico"`)
	}
	return g
}

// forRequest is who may send a request to the service: for an operation that is
// decided about by itself, whoever may call that.
func (s *service) forRequest(method, path string) (by *guard, operationID string) {
	if s.operations != nil {
		if o := s.operations.find(method, path); o != nil {
			return o.guard, o.id
		}
	}
	return s.guard, ""
}

// registered reports whether the application may call, and by which access: it
// must belong to the portal and the strategy of a publication, and be registered
// for its API or package.
func (g *guard) registered(app *snapshot.Application) (by snapshot.Access, ok bool) {
	for _, a := range g.access {
		if a.PortalID == app.PortalID && a.StrategyID == app.StrategyID && slices.Contains(app.Registrations, a.APIID) {
			return a, true
		}
	}
	return snapshot.Access{}, false
}

// meant is the API that a refused application tried to call: one that it is
// registered for, or else the first that its portal publishes here.
func (g *guard) meant(app *snapshot.Application) string {
	if by, ok := g.registered(app); ok {
		return by.APIID
	}
	for _, a := range g.access {
		if a.PortalID == app.PortalID {
			return a.APIID
		}
	}
	return g.access[0].APIID
}

// noLeeway says that clocks must not differ; package oauth takes 0 for its default.
const noLeeway = -1

func newStrategy(s snapshot.Strategy, providers *oauth.Providers) *strategy {
	out := &strategy{id: s.ID, digest: s.Digest(), oidc: s.OIDC}
	if s.Kind == snapshot.KeyAuth {
		out.oidc = nil
		out.keyNames = s.KeyNames
		if len(out.keyNames) == 0 {
			out.keyNames = []string{"apikey"}
		}
		return out
	}
	issuer, err := oauth.NormalizeIssuer(s.OIDC.Issuer)
	if err != nil {
		issuer = s.OIDC.Issuer // discovery fails and says why
	}
	out.provider = providers.Provider(issuer)
	out.basic = slices.Contains(s.OIDC.AuthMethods, "client_credentials")
	out.bearer = slices.Contains(s.OIDC.AuthMethods, "bearer")
	out.session = slices.Contains(s.OIDC.AuthMethods, "session")
	out.claim = s.OIDC.CredentialClaim
	if len(out.claim) == 0 {
		out.claim = []string{"sub"}
	}
	out.expect = oauth.Expectation{Audiences: s.OIDC.Audiences, Leeway: cmp.Or(s.OIDC.Leeway, noLeeway), StrictType: s.OIDC.StrictType}
	return out
}

// grants reports whether the granted scopes satisfy what the strategy
// requires: all of one of its entries.
func (s *strategy) grants(granted []string) bool {
	return len(s.oidc.ScopesRequired) == 0 || slices.ContainsFunc(s.oidc.ScopesRequired, func(entry string) bool {
		return !slices.ContainsFunc(strings.Fields(entry), func(scope string) bool { return !slices.Contains(granted, scope) })
	})
}

// grant is the token request for a caller's own credentials. Providers refuse
// scopes that the application has not.
func (s *strategy) grant(app *snapshot.Application, c oauth.Credentials) oauth.Grant {
	scopes := s.oidc.Scopes
	if len(app.Scopes) > 0 {
		scopes = app.Scopes
	}
	return oauth.Grant{ClientID: c.ClientID, Secret: c.Secret, Scopes: oauth.RequestScopes(s.oidc.Dialect, scopes), Extra: maps.Clone(s.oidc.TokenArgs)}
}
