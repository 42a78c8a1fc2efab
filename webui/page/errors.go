package page

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"portico"
	"portico/problem"
	"portico/webui/i18n"
	"portico/webui/visit"
)

// errSignIn sends a visitor to sign in, and back afterwards.
var errSignIn = portico.Errorf(portico.KindUnauthenticated, "Sign in first.").Named("sign_in_first")

// SignInFirst sends the visitor to the sign-in page, and back afterwards.
func SignInFirst() error { return errSignIn }

// fail answers what went wrong: by the sign-in page if that would help, or by a
// page that says what happened, whether anything changed and what to do.
func (s *Site) fail(w http.ResponseWriter, v *Visit, err error) {
	if errors.Is(err, errSignIn) {
		back := "/"
		if v.Method == http.MethodGet {
			back = v.URL.RequestURI()
		}
		_ = v.Redirect("/login?return=" + url.QueryEscape(back)) // writes to the browser only
		return
	}
	if errors.Is(err, context.Canceled) && v.Context().Err() != nil {
		w.WriteHeader(problem.StatusClientGone)
		return
	}
	e := problem.Translate(err)
	status := problem.Status(e.Kind)
	if e.Err != nil {
		level := slog.LevelWarn // a conflict that the database found, and the like
		if e.Kind == portico.KindInternal {
			level = slog.LevelError
		}
		s.Logger.Log(v.Context(), level, "page failed", "request_id", problem.RequestID(v.Context()), "route", v.Pattern, "status", status, "err", e.Err)
	}
	visit.RetryAfter(w, e)
	w.Header().Set("Cache-Control", "no-store")
	shown := failure{
		title: i18n.T(v.Context(), "errors.title."+visit.KindKey(e.Kind)), text: visit.ErrorText(v.Context(), e),
		search: status == http.StatusNotFound && v.Portal.ID != "", home: v.Portal.ID != "",
	}
	if status >= http.StatusInternalServerError {
		shown.reference = problem.RequestID(v.Context())
	}
	err = v.Render(w, status, shown.title, errorPage(shown), NotIndexed)
	if err != nil { // the store does not answer: say so without the portal's looks
		s.Logger.ErrorContext(v.Context(), "error page failed", "err", err)
		v.Portal = portico.Portal{}
		err = v.Render(w, status, shown.title, errorPage(shown), NotIndexed)
	}
	if err != nil {
		http.Error(w, http.StatusText(status), status)
	}
}

// failure is what an error page says.
type failure struct {
	title, text  string
	reference    string // by which the log tells the cause; empty: there is no more to tell
	search, home bool   // offer to search, to start again
}
