package page

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"portico"
	"portico/problem"
	"portico/webui/i18n"
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
	RetryAfter(w, e)
	w.Header().Set("Cache-Control", "no-store")
	shown := failure{
		title: i18n.T(v.Context(), "errors.title."+kindKey(e.Kind)), text: ErrorText(v.Context(), e),
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

// RetryAfter tells clients how long to wait, where the error says so.
func RetryAfter(w http.ResponseWriter, e *portico.Error) {
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
}

// failure is what an error page says.
type failure struct {
	title, text  string
	reference    string // by which the log tells the cause; empty: there is no more to tell
	search, home bool   // offer to search, to start again
}

// kindKey names the texts for a kind of error.
func kindKey(kind portico.Kind) string {
	switch kind {
	case portico.KindInvalid, portico.KindUnprocessable, portico.KindUnsupportedMedia:
		return "invalid"
	case portico.KindUnauthenticated:
		return "unauthenticated"
	case portico.KindForbidden:
		return "forbidden"
	case portico.KindNotFound:
		return "not_found"
	case portico.KindMethodNotAllowed:
		return "method"
	case portico.KindConflict:
		return "conflict"
	case portico.KindGone:
		return "gone"
	case portico.KindTooLarge:
		return "too_large"
	case portico.KindTooMany:
		return "too_many"
	case portico.KindUnavailable:
		return "unavailable"
	}
	return "internal"
}

// ErrorText words an error in the visitor's language: by its code where there
// are words for it; else by its kind, and in English by its own detail, which
// says more.
func ErrorText(ctx context.Context, e *portico.Error) string {
	if text, ok := i18n.Lookup(ctx, "errors."+e.Code); ok {
		return text
	}
	if i18n.Lang(ctx) == "en" && e.Detail != "" && e.Kind != portico.KindInternal {
		return e.Detail
	}
	return i18n.T(ctx, "errors.text."+kindKey(e.Kind))
}

// faultText words a fault of a field: by its rule where there are words for it;
// else in English by its own reason.
func faultText(ctx context.Context, fault portico.InvalidParameter) string {
	args := []any{"Least", number(fault.Minimum), "Most", number(fault.Maximum)}
	if text, ok := i18n.Lookup(ctx, "errors.rule."+fault.Rule, args...); ok {
		return text
	}
	if i18n.Lang(ctx) == "en" && fault.Reason != "" {
		return sentence(fault.Reason)
	}
	return i18n.T(ctx, "errors.text.field")
}

func number(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// sentence makes one of a reason such as "must not be empty".
func sentence(reason string) string {
	first, size := utf8.DecodeRuneInString(reason)
	return strings.TrimSuffix(string(unicode.ToUpper(first))+reason[size:], ".") + "."
}
