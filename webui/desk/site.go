package desk

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/control"
	"portico/httpkit"
	"portico/secret"
	"portico/webui/i18n"
	"portico/webui/visit"
)

// Site is what the pages of the console share.
type Site struct {
	*control.Control
	Texts  *i18n.Bundle
	Logger *slog.Logger
	Now    func() time.Time
	// URL is where admins reach the console and the management API, without a
	// trailing slash.
	URL string
	// GatewayURL is where callers reach the gateway, without a trailing slash.
	GatewayURL string
	// Identify finds out whose session a cookie's token is; KindUnauthenticated.
	Identify func(ctx context.Context, token secret.Text) (admins.Principal, error)
	// Throttle slows down whoever might be guessing; KindTooMany.
	Throttle func(r *http.Request) error
	// Nav is the side bar.
	Nav Nav
	// Refused is told of every visit that was not granted; nil: nobody is.
	Refused func(ctx context.Context, need access.Need, entity string)
}

// Handler answers a visit.
type Handler func(w http.ResponseWriter, v *Visit) error

// Route is a page or an action. Pattern is http.ServeMux's, with its method.
type Route struct {
	Pattern string
	Handle  Handler
	Needs   []access.Need // of the signed-in admin; empty: see Open
	Open    bool          // there to sign in with: nobody needs to be signed in
	Guess   bool          // throttled: a secret might be guessed
	Action  string        // for the audit log, as the management API's operation is called; empty: the pattern
}

// On makes a route for admins who were granted all the needs.
func On(pattern string, h Handler, needs ...access.Need) Route {
	return Route{Pattern: pattern, Handle: h, Needs: needs}
}

// Door makes a route for whoever is not signed in yet.
func Door(pattern string, h Handler) Route {
	return Route{Pattern: pattern, Handle: h, Open: true, Guess: strings.HasPrefix(pattern, http.MethodPost)}
}

// Unthrottled is the door without its throttle, where nothing can be guessed.
func (r Route) Unthrottled() Route {
	r.Guess = false
	return r
}

// As names the route's action for the audit log by the operation of the
// management API that does the same.
func (r Route) As(action string) Route {
	r.Action = action
	return r
}

// maxForm is how many bytes a form may have: an API specification fits.
const maxForm = 12 << 20

// Handler serves the routes. What no route serves gets the error page.
func (s *Site) Handler(routes []Route) http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.Handle(r.Pattern, s.handler(r))
	}
	rest := s.handler(Route{Open: true, Handle: func(w http.ResponseWriter, v *Visit) error {
		if allow := visit.OtherMethods(mux, v.Request); allow != "" {
			w.Header().Set("Allow", allow)
			return portico.Errorf(portico.KindMethodNotAllowed, "This address takes %s only; nothing was done.", allow).Named("wrong_method")
		}
		return errNoPage(v)
	}})
	foreign := s.handler(Route{Open: true, Handle: func(http.ResponseWriter, *Visit) error {
		return portico.Errorf(portico.KindForbidden, "The request comes from another site; nothing was changed.").Named("other_site")
	}})
	return visit.Serve(mux, rest, foreign, maxForm)
}

// handler finds out who visits and turns errors into pages.
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

func errNoPage(v *Visit) error {
	return portico.Errorf(portico.KindNotFound, "There is no page at [%s].", v.URL.Path).Named("no_page")
}

// admit lets a visit through to a route, or says why not. A route that says
// neither what it needs nor that it is open is there for nobody.
func (s *Site) admit(v *Visit, route Route) error {
	if strings.ContainsRune(v.URL.Path, 0) || !utf8.ValidString(v.URL.Path) {
		return errNoPage(v)
	}
	if route.Guess {
		if err := s.Throttle(v.Request); err != nil {
			return err
		}
	}
	if route.Open {
		return nil
	}
	if !v.SignedIn() {
		return errSignIn
	}
	for _, need := range route.Needs {
		if v.Grants().Meet(need, v.PathValue) {
			continue
		}
		if s.Refused != nil {
			s.Refused(v.Context(), need, v.PathValue(need.Param))
		}
		return access.Refusal(need)
	}
	if len(route.Needs) == 0 {
		return portico.Errorf(portico.KindForbidden, "Nobody is allowed this page; nothing was done.")
	}
	return nil
}

// tell puts into the context who does what, for the audit log.
func (v *Visit) tell(route Route) {
	event := httpkit.Event(v.Request, cmp.Or(route.Action, route.Pattern), v.Principal.Actor())
	v.Request = v.WithContext(portico.WithEvent(v.Context(), event))
}
