package visit

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"portico"
	"portico/webui/i18n"
)

// RetryAfter tells clients how long to wait, where the error says so.
func RetryAfter(w http.ResponseWriter, e *portico.Error) {
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
}

// KindKey names the texts for a kind of error.
func KindKey(kind portico.Kind) string {
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
// are words for it, which may quote the detail; else by its kind, and in English
// by its own detail, which says more.
func ErrorText(ctx context.Context, e *portico.Error) string {
	if text, ok := i18n.Lookup(ctx, "errors."+e.Code, "Detail", e.Detail); ok {
		return text
	}
	if i18n.Lang(ctx) == "en" && e.Detail != "" && e.Kind != portico.KindInternal {
		return e.Detail
	}
	return i18n.T(ctx, "errors.text."+KindKey(e.Kind))
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
