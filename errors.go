package portico

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what went wrong in terms that every face of Portico can translate.
// An error without a Kind is a defect of ours: it is logged, and the caller
// learns nothing but that it happened.
type Kind int

// The kinds, with the HTTP status that package problem gives them.
const (
	KindInternal         Kind = iota // 500
	KindInvalid                      // 400: the caller's input; see Error.Invalid
	KindUnauthenticated              // 401
	KindForbidden                    // 403
	KindNotFound                     // 404
	KindMethodNotAllowed             // 405
	KindConflict                     // 409
	KindGone                         // 410
	KindTooLarge                     // 413
	KindUnsupportedMedia             // 415
	KindUnprocessable                // 422
	KindTooMany                      // 429
	KindUnavailable                  // 503: an identity provider or a store; nothing was changed
)

// Error is the one error type that crosses layers. Detail is shown to the
// caller: it says what happened, whether anything changed, and what to do.
type Error struct {
	Kind       Kind
	Detail     string
	Code       string             // names the case, where pages word it in the visitor's language
	Invalid    []InvalidParameter // only with KindInvalid
	RetryAfter time.Duration      // only with KindTooMany and KindUnavailable
	Err        error              // the cause: logged, never shown
}

// Error implements error: on one line, the detail, every fault of the input,
// and the cause in parentheses.
func (e *Error) Error() string {
	text := e.Detail
	for _, fault := range e.Invalid {
		text += " [" + fault.Field + "] " + fault.Reason + "."
	}
	if e.Err != nil {
		text += " (" + strings.Join(strings.Fields(e.Err.Error()), " ") + ")"
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// InvalidParameter names one fault of the caller's input: a row of the
// contract's invalid_parameters.
type InvalidParameter struct {
	Field      string // dotted path, such as configs.openid-connect.issuer
	Rule       string // one of the contract's rules, such as required
	Reason     string // a sentence for a person
	Source     string // body, query, path or header; empty means body
	Minimum    *int   // with the min_… rules
	Maximum    *int   // with the max_… rules
	Choices    []string
	Dependents []string
}

// KindOf returns the kind of the first *Error in err's chain.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindInternal
}

// Errorf makes an Error of the given kind; a %w operand becomes its cause's text.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Detail: fmt.Sprintf(format, args...)}
}

// Named gives the error a code and returns it.
func (e *Error) Named(code string) *Error {
	e.Code = code
	return e
}

// NotFound is the error for an entity that is not there, or that the caller
// may not see: the two are told apart by nothing.
func NotFound(what string, id any) *Error {
	return Errorf(KindNotFound, "No %s with id [%v] exists.", what, id)
}

// Invalid is the error for one faulty input field.
func Invalid(field, rule, reason string) *Error {
	return InvalidAll(InvalidParameter{Field: field, Rule: rule, Reason: reason})
}

// InvalidAll is the error for all faults of one input, reported at once.
func InvalidAll(faults ...InvalidParameter) *Error {
	return &Error{Kind: KindInvalid, Detail: "The request has invalid parameters; nothing was changed.", Invalid: faults}
}
