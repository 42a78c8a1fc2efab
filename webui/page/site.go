package page

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"portico"
	"portico/control"
	"portico/developers"
	"portico/httpkit"
	"portico/trial"
	"portico/webui/design"
	"portico/webui/i18n"
)

// Site is what the pages of all portals share.
type Site struct {
	*control.Control
	Throttles *developers.Throttles
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

// requestTimeout bounds one request; registering a client may take a while.
const requestTimeout = time.Minute

// maxForm is how many bytes a form may have.
const maxForm = 1 << 20

// Handler serves the routes and the design's assets. What no route serves gets
// the error page.
func (s *Site) Handler(routes []Route) http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.Handle(r.Pattern, s.handler(r))
	}
	mux.Handle("GET "+design.AssetPrefix, design.Assets())
	mux.Handle("/", s.handler(Route{Handle: func(w http.ResponseWriter, v *Visit) error {
		if allow := otherMethods(mux, v.Request); allow != "" {
			w.Header().Set("Allow", allow)
			return portico.Errorf(portico.KindMethodNotAllowed, "This address takes %s only; nothing was done.", allow).Named("wrong_method")
		}
		return portico.Errorf(portico.KindNotFound, "There is no page at [%s].", v.URL.Path).Named("no_page")
	}}))
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(s.handler(Route{Handle: func(http.ResponseWriter, *Visit) error {
		return portico.Errorf(portico.KindForbidden, "The request comes from another site; nothing was changed.").Named("other_site")
	}}))
	return httpkit.Chain(mux, httpkit.SecurityHeaders, headers, compress, httpkit.BodyLimit(maxForm), httpkit.Timeout(requestTimeout), protection.Handler)
}

// Rest is the pattern of what is no page of Portico's own: the portal's team
// may have written one for it.
const Rest = "GET /{path...}"

// otherMethods are the methods that a path is served for, if there are any.
func otherMethods(mux *http.ServeMux, r *http.Request) string {
	var allow []string
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := mux.Handler(other); pattern != "/" && pattern != Rest {
			allow = append(allow, method)
		}
	}
	return strings.Join(allow, ", ")
}

// headers are the pages' own, in place of an API's. Without a Referer, browsers
// send no Origin with a form either, and over plain HTTP that is all by which a
// form of the portal is told from one of another site; so our own pages get it.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", design.ContentSecurityPolicy)
		h.Set("Cache-Control", "private, no-cache")
		h.Set("Referrer-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// compress packs answers, except those that must not be kept: they may hold a
// secret, which compression together with what a visitor typed would betray.
func compress(next http.Handler) http.Handler {
	packed := gzhttp.GzipHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&plainSecrets{ResponseWriter: w}, r)
	}))
	return http.HandlerFunc(packed.ServeHTTP)
}

// plainSecrets tells gzhttp, once the header is complete, to leave an answer alone.
type plainSecrets struct {
	http.ResponseWriter
	begun bool
}

// Unwrap is for http.ResponseController.
func (w *plainSecrets) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w *plainSecrets) WriteHeader(status int) {
	w.begun = true
	if strings.Contains(w.Header().Get("Cache-Control"), "no-store") {
		w.Header().Set(gzhttp.HeaderNoCompression, "1")
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter: as there, the status is 200 unless
// WriteHeader has said otherwise.
func (w *plainSecrets) Write(p []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

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
			err = route.Handle(w, v)
		}
		if err != nil {
			s.fail(w, v, err)
		}
	})
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

// secure says whether the portal is reached by https, here or at the proxy
// before it.
func (s *Site) secure(v *Visit) bool {
	return v.TLS != nil || strings.HasPrefix(s.Portals.PortalURL(s.Portals.Domain(v.Portal)), "https://")
}
