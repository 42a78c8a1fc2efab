package page

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"portico"
	"portico/control"
	"portico/httpkit"
	"portico/throttle"
	"portico/trial"
	"portico/webui/i18n"
	"portico/webui/visit"
)

// Site is what the pages of all portals share.
type Site struct {
	*control.Control
	Throttles *throttle.Throttles
	Texts     *i18n.Bundle
	Trials    *trial.Trials
	Logger    *slog.Logger
	Now       func() time.Time
	// GatewayURL is where callers reach the gateway, without a trailing slash.
	GatewayURL string
}

// Access says who may see a page.
type Access int

// Who may see a page.
const (
	Anyone    Access = iota
	Developer        // somebody signed in; everybody else signs in first and comes back
	Guessing         // anyone, but throttled: a secret might be guessed
)

// Handler answers a visit.
type Handler func(w http.ResponseWriter, v *Visit) error

// Route is a page or an action. Pattern is http.ServeMux's, with its method.
type Route struct {
	Pattern string
	Access  Access
	Handle  Handler
}

// On makes a route.
func On(access Access, pattern string, h Handler) Route { return Route{pattern, access, h} }

// Handler serves the routes and the design's assets. What no route serves gets
// the error page.
func (s *Site) Handler(routes []Route) http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.Handle(r.Pattern, s.handler(r))
	}
	rest := s.handler(Route{Handle: func(w http.ResponseWriter, v *Visit) error {
		if allow := visit.OtherMethods(mux, v.Request, Rest); allow != "" {
			w.Header().Set("Allow", allow)
			return portico.Errorf(portico.KindMethodNotAllowed, "This address takes %s only; nothing was done.", allow).Named("wrong_method")
		}
		return portico.Errorf(portico.KindNotFound, "There is no page at [%s].", v.URL.Path).Named("no_page")
	}})
	foreign := s.handler(Route{Handle: func(http.ResponseWriter, *Visit) error {
		return portico.Errorf(portico.KindForbidden, "The request comes from another site; nothing was changed.").Named("other_site")
	}})
	return visit.Serve(mux, rest, foreign, visit.DefaultForm)
}

// Rest is the pattern of what is no page of Portico's own: the portal's team
// may have written one for it.
const Rest = "GET /{path...}"

// handler finds out what the request means and turns errors into pages.
func (s *Site) handler(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := s.visit(w, r)
		defer func() {
			if p := recover(); p == http.ErrAbortHandler {
				panic(p)
			} else if p != nil {
				s.fail(w, v, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
			}
		}()
		if v.Secure() {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000") // a year, as is usual
		}
		if err == nil {
			err = s.admit(v, route)
		}
		if err == nil {
			v.tell(route)
			err = route.Handle(w, v)
		}
		if err != nil {
			s.fail(w, v, err)
		}
	})
}

// tell puts into the context who does what, for the audit log.
func (v *Visit) tell(route Route) {
	who := portico.Principal{Kind: portico.PrincipalAnonymous}
	if v.Developer != nil {
		who = portico.Principal{Kind: portico.PrincipalDeveloper, ID: string(v.Developer.ID), Name: v.Developer.Email}
	}
	event := httpkit.Event(v.Request, route.Pattern, who)
	event.PortalID = v.Portal.ID
	v.Request = v.WithContext(portico.WithEvent(v.Context(), event))
}

// admit lets a visit through to a route, or says why not.
func (s *Site) admit(v *Visit, route Route) error {
	switch route.Access {
	case Guessing:
		return s.Throttles.Source(httpkit.ClientAddr(v.Request))
	case Developer:
		if !v.Portal.AuthenticationEnabled {
			return portico.Errorf(portico.KindNotFound, "This portal has no developer accounts, and so no applications.").Named("no_accounts")
		}
		if v.Developer == nil {
			return errSignIn
		}
	}
	return nil
}

// https says whether the portal is reached by https, here or at the proxy
// before it.
func (s *Site) https(r *http.Request, p portico.Portal) bool {
	return r.TLS != nil || strings.HasPrefix(s.Portals.PortalURL(s.Portals.Domain(p)), "https://")
}
