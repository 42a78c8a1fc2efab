package mgmtapi

import (
	"cmp"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/control"
	"portico/httpkit"
	"portico/mgmtapi/portaladminapi"
	"portico/mgmtapi/route"
	"portico/problem"
)

// Options of the management API.
type Options struct {
	Control *control.Control
	Logger  *slog.Logger
	Now     func() time.Time
	Limits  Limits
}

// Limits bound what one caller can use up; a zero field means its default.
type Limits struct {
	Body          int64         // bytes of a request body; 1 MiB
	Specification int64         // bytes of a body that carries an API specification; 10 MiB
	Request       time.Duration // time for one request; 60 s
	FailedSignIns int           // refused tokens that one address may send per minute; 30
}

// server is what the handlers of all resources share.
type server struct {
	*control.Control
	log    *slog.Logger
	now    func() time.Time
	limits Limits
	auth   *authenticator
}

// New returns the handler of every route in routes.go. Each asks for an access
// token; unknown paths and methods are answered with problem documents.
func New(o Options) http.Handler {
	s := &server{Control: o.Control, log: o.Logger, now: o.Now, limits: o.Limits.withDefaults()}
	s.auth = newAuthenticator(o.Control.Accounts, o.Control.Audit.Log, o.Logger, o.Now, s.limits.FailedSignIns)
	mux, beside := http.NewServeMux(), http.NewServeMux()
	for _, r := range s.routes() {
		to := mux
		if besidePortals(r.Pattern) {
			to = beside
		}
		to.Handle(r.Method+" "+r.Pattern, s.handler(r))
	}
	most, others := problem.Mux(mux, s.log), problem.Mux(beside, s.log)
	h := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if besidePortals(req.URL.Path) {
			others.ServeHTTP(w, req)
			return
		}
		most.ServeHTTP(w, req)
	})
	return httpkit.Chain(h, httpkit.SecurityHeaders, httpkit.Timeout(s.limits.Request))
}

// besidePortals says whether a path leads to what is named where portals have
// their ids: http.ServeMux would not know which of the two is meant.
func besidePortals(path string) bool {
	return under(path, defaultTemplates) || under(path, portaladminapi.EmailDomains)
}

// under says whether a path is another one or below it.
func under(path, top string) bool {
	rest, ok := strings.CutPrefix(path, top)
	return ok && (rest == "" || rest[0] == '/')
}

// handler puts the limits, the authentication and the permissions around a route's handler.
func (s *server) handler(r route.Route) http.Handler {
	limit := s.limits.Body
	if r.Large {
		limit = s.limits.Specification
	}
	h := httpkit.Handle(s.log, func(w http.ResponseWriter, req *http.Request) error {
		event := httpkit.Event(req, cmp.Or(r.ID, r.Method+" "+r.Pattern), portico.Principal{Kind: portico.PrincipalAnonymous})
		req = req.WithContext(portico.WithEvent(req.Context(), event))
		if r.Open {
			if !s.auth.mayTry(req) {
				return &portico.Error{Kind: portico.KindTooMany, RetryAfter: time.Minute, Detail: "Too many requests came from this address; nothing was done. Try again in a minute."}
			}
			return r.Handle(w, req)
		}
		req, err := s.auth.authenticate(req)
		if portico.KindOf(err) == portico.KindUnauthenticated {
			w.Header().Set("WWW-Authenticate", challenge(req))
		}
		if err != nil {
			return err
		}
		event.Principal = admins.From(req.Context()).Actor()
		req = req.WithContext(portico.WithEvent(req.Context(), event))
		if err = permit(req, r); err == nil {
			err = r.Handle(w, req)
		}
		if portico.KindOf(err) == portico.KindForbidden {
			s.refused(req, r)
		}
		return err
	})
	return httpkit.Chain(h, httpkit.BodyLimit(limit))
}

// refused tells the audit log that a caller was not allowed an operation.
func (s *server) refused(req *http.Request, r route.Route) {
	var need access.Need
	if len(r.Needs) > 0 {
		need = r.Needs[0]
	}
	s.Audit.Log.Refused(req.Context(), need, req.PathValue(need.Param))
}

// permit lets a request through whose caller was granted all that the route
// needs. It answers before anything is looked up, so that nobody learns what
// exists from being refused.
func permit(req *http.Request, r route.Route) error {
	granted := access.From(req.Context())
	for _, need := range r.Needs {
		if !granted.Meet(need, req.PathValue) {
			return access.Refusal(need)
		}
	}
	if len(r.Needs) == 0 {
		return portico.Errorf(portico.KindForbidden, "Nobody is allowed this operation; nothing was done.")
	}
	return nil
}

func (l Limits) withDefaults() Limits {
	if l.Body == 0 {
		l.Body = httpkit.DefaultBodyLimit
	}
	if l.Specification == 0 {
		l.Specification = 10 << 20
	}
	if l.Request == 0 {
		l.Request = time.Minute
	}
	if l.FailedSignIns == 0 {
		l.FailedSignIns = 30
	}
	return l
}
