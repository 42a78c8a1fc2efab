package desk

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

var errSignIn = portico.Errorf(portico.KindUnauthenticated, "Sign in first.").Named("sign_in_first")

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
	title, reference := i18n.T(v.Context(), "errors.title."+visit.KindKey(e.Kind)), ""
	if status >= http.StatusInternalServerError {
		reference = problem.RequestID(v.Context())
	}
	page := errorPage(title, visit.ErrorText(v.Context(), e), reference)
	if v.SignedIn() {
		err = v.Render(w, status, title, page)
	}
	if !v.SignedIn() || err != nil { // nobody is signed in, or the store does not answer
		err = v.RenderBare(w, status, title, page)
	}
	if err != nil {
		s.Logger.ErrorContext(v.Context(), "error page failed", "err", err)
		http.Error(w, http.StatusText(status), status)
	}
}
