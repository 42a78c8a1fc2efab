package portalapi

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"portico"
	"portico/control"
	"portico/httpkit"
	"portico/problem"
	"portico/throttle"
)

// Options of the portal API.
type Options struct {
	Control *control.Control
	Logger  *slog.Logger
	// Throttles are shared with the portal's pages.
	Throttles *throttle.Throttles
}

// Operation is one operation of the API, for whoever compares it with the
// public contract.
type Operation struct {
	Method  string
	Pattern string // as http.ServeMux writes it
	ID      string // the contract's operationId
}

// call is a request with what has been found out about it.
type call struct {
	*http.Request
	portal    portico.Portal
	developer *portico.Developer // nil: nobody is signed in
}

// visitor is the caller as use cases want to know it.
func (c call) visitor() control.Visitor {
	return control.Visitor{Portal: c.portal, Developer: c.developer}
}

// handler answers a call.
type handler func(w http.ResponseWriter, c call) error

// access says who may call a route.
type access int

const (
	anyone    access = iota
	developer        // somebody who is signed in
	guessing         // anyone, but throttled: a secret might be guessed
)

// route is an operation and what serves it.
type route struct {
	Operation
	access access
	handle handler
}

// server is what the handlers of all resources share.
type server struct {
	*control.Control
	log       *slog.Logger
	throttles *throttle.Throttles
}

// requestTimeout bounds one request; registering a client may take a while.
const requestTimeout = time.Minute

// New returns the handler of every route.
func New(o Options) http.Handler {
	s := &server{Control: o.Control, log: o.Logger, throttles: o.Throttles}
	mux := http.NewServeMux()
	for _, r := range slices.Concat(s.routes(), s.classicRoutes()) {
		mux.Handle(r.Method+" "+r.Pattern, s.handler(r))
	}
	return httpkit.Chain(problem.Mux(mux, s.log), httpkit.SecurityHeaders, httpkit.BodyLimit(httpkit.DefaultBodyLimit), httpkit.Timeout(requestTimeout), s.sameOrigin)
}

// sameOrigin refuses what another site's page makes a browser send: cookies
// would go along with it.
func (s *server) sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(httpkit.Handle(s.log, func(http.ResponseWriter, *http.Request) error {
		return portico.Errorf(portico.KindForbidden, "The request comes from another site; nothing was changed.")
	}))
	return protection.Handler(next)
}

// handler finds out which portal is meant and who calls.
func (s *server) handler(r route) http.Handler {
	return httpkit.Handle(s.log, func(w http.ResponseWriter, req *http.Request) error {
		if r.access == guessing {
			if err := s.throttles.Source(httpkit.ClientAddr(req)); err != nil {
				return err
			}
		}
		portal, err := s.Portals.ByHost(req.Context(), hostOf(req))
		if err != nil {
			return err
		}
		if err := s.AllowLists.Admit(req.Context(), portal, httpkit.ClientAddr(req)); err != nil {
			return err
		}
		c := call{Request: req, portal: portal}
		if c.developer, err = s.signedIn(req.Context(), portal, req); err != nil {
			return err
		}
		if r.access == developer && !portal.AuthenticationEnabled {
			return portico.Errorf(portico.KindNotFound, "This portal has no developer accounts, and so no applications.")
		}
		if r.access == developer && c.developer == nil {
			return portico.Errorf(portico.KindUnauthenticated, "Sign in first: this needs the account of a developer.")
		}
		c.Request = c.WithContext(portico.WithEvent(req.Context(), event(req, r, c)))
		// What depends on a cookie, or shows a secret, is nobody else's to keep.
		w.Header().Set("Cache-Control", "no-store")
		return r.handle(w, c)
	})
}

// event is who does what, for the audit log.
func event(req *http.Request, r route, c call) portico.Event {
	who := portico.Principal{Kind: portico.PrincipalAnonymous}
	if c.developer != nil {
		who = portico.Principal{Kind: portico.PrincipalDeveloper, ID: string(c.developer.ID), Name: c.developer.Email}
	}
	e := httpkit.Event(req, cmp.Or(r.ID, r.Method+" "+r.Pattern), who)
	e.PortalID = c.portal.ID
	return e
}

// hostOf is the host that the caller has asked for, without a port.
func hostOf(r *http.Request) string {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// signedIn is the developer whose cookie came with the request, if any. A
// cookie that no longer counts is the same as none, and so is any cookie in a
// portal without accounts.
func (s *server) signedIn(ctx context.Context, portal portico.Portal, r *http.Request) (*portico.Developer, error) {
	token := httpkit.Cookie(r, httpkit.AccessCookie)
	if token.Empty() || !portal.AuthenticationEnabled {
		return nil, nil
	}
	developer, err := s.Sessions.Developer(ctx, portal.ID, token)
	if portico.KindOf(err) == portico.KindUnauthenticated {
		return nil, nil
	}
	return &developer, err
}

// routes lists the whole API, resource by resource.
func (s *server) routes() []route {
	return slices.Concat(
		s.developerRoutes(), s.catalogRoutes(), s.specificationRoutes(), s.strategyRoutes(),
		s.applicationRoutes(), s.credentialRoutes(), s.registrationRoutes(),
		s.teamRoutes(), s.singleSignOnRoutes(), s.pageRoutes(), s.designRoutes(), s.documentRoutes(),
		s.searchRoutes(), s.statsRoutes(),
	)
}

// Operations lists every operation of /api/v3 that New serves.
func Operations() []Operation { return operations(new(server).routes()) }

func operations(routes []route) []Operation {
	var out []Operation
	for _, r := range routes {
		out = append(out, r.Operation)
	}
	return out
}

func on(who access, method, pattern, id string, h handler) route {
	return route{Operation: Operation{Method: method, Pattern: pattern, ID: id}, access: who, handle: h}
}
