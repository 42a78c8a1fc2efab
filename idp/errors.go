package idp

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"portico"
)

// StatusError is the cause in an IdPError when the provider answered with an
// HTTP error; Code is the vendor's own error code, if any.
type StatusError struct {
	Status int
	Code   string
	Text   string // the vendor's explanation, without secrets
}

// Error implements error.
func (e *StatusError) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("HTTP %d", e.Status)
	}
	return fmt.Sprintf("HTTP %d %s", e.Status, e.Code)
}

// Status finds the provider's answer in err; nil when it was none.
func Status(err error) *StatusError {
	s, _ := errors.AsType[*StatusError](err)
	return s
}

// unanswered classifies a request that got no complete answer. It counts as
// not sent only when that is certain: no connection came about.
func (a *API) unanswered(call Call, err error, noConnection bool) *portico.IdPError {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // without the address, which says nothing new
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		noConnection = true
	}
	switch {
	case noConnection:
		return &portico.IdPError{Kind: portico.IdPUnavailable, Err: err,
			Detail: fmt.Sprintf("%s was not reached at %s; nothing was sent", a.Vendor, a.Base.Host)}
	case call.Creates:
		return &portico.IdPError{Kind: portico.IdPAmbiguous, Err: err,
			Detail: a.Vendor + " was asked but its answer was lost; whether it did it is not known"}
	}
	return &portico.IdPError{Kind: portico.IdPUnavailable, Err: err,
		Detail: fmt.Sprintf("%s at %s gave no complete answer", a.Vendor, a.Base.Host)}
}

// unreadable is a success that cannot be understood.
func (a *API) unreadable(call Call, what string) *portico.IdPError {
	kind := portico.IdPUnavailable
	if call.Creates {
		kind = portico.IdPAmbiguous
	}
	return &portico.IdPError{Kind: kind, Detail: fmt.Sprintf("%s at %s gave %s", a.Vendor, a.Base.Host, what)}
}

// refused classifies an answer outside 2xx.
func (a *API) refused(call Call, res *http.Response, pause time.Duration) (again bool, _ *portico.IdPError) {
	raw, _ := io.ReadAll(io.LimitReader(res.Body, maxErrBody)) // a broken explanation explains nothing; the status stands
	cause := &StatusError{Status: res.StatusCode}
	cause.Code, cause.Text = a.Explain(raw)
	cause.Code, cause.Text = a.printable(call, cause.Code), a.printable(call, cause.Text)

	e := &portico.IdPError{Kind: kind(res.StatusCode, call.Creates), Err: cause}
	switch said := suffix(cause.Text); e.Kind {
	case portico.IdPDenied:
		e.Detail = a.Vendor + " refused Portico's credential" + said
		if res.StatusCode == http.StatusForbidden {
			e.Detail = a.Vendor + " does not let Portico's credential do this" + said
		}
	case portico.IdPRejected:
		e.Detail = a.Vendor + " refused the request" + said
	case portico.IdPNotFound:
		e.Detail = a.Vendor + " knows no such object" + said
	case portico.IdPAmbiguous:
		e.Detail = a.Vendor + " failed while it was at it; whether it did it is not known" + said
	default:
		e.Detail = a.Vendor + " is not able to answer at the moment" + said
		e.RetryAfter = pause
	}
	if location, err := res.Location(); err == nil && res.StatusCode < 400 {
		e.Detail = fmt.Sprintf("%s at %s answered with a redirect to %s, which is not followed", a.Vendor, a.Base.Host, location.Host)
	}
	switch res.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true, e
	}
	return false, e
}

// kind of an HTTP status. A server error or redirect leaves open whether a
// creation took place; 408 and 429 say that it did not.
func kind(status int, creates bool) portico.IdPErrorKind {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return portico.IdPDenied
	case status == http.StatusNotFound, status == http.StatusGone:
		return portico.IdPNotFound
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout:
		return portico.IdPUnavailable
	case status >= 400 && status < 500:
		return portico.IdPRejected
	case creates:
		return portico.IdPAmbiguous
	}
	return portico.IdPUnavailable
}

func suffix(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

// printable makes foreign text fit for a log and a page: no secret of ours
// that the vendor echoes, no control characters, and not endless.
func (a *API) printable(call Call, text string) string {
	for _, s := range slices.Concat(call.Secrets, a.Secrets) {
		if !s.Empty() { // nor as a form has it
			text = strings.NewReplacer(s.Reveal(), s.String(), url.QueryEscape(s.Reveal()), s.String()).Replace(text)
		}
	}
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > 300 {
		text = string(runes[:300]) + "…"
	}
	return strings.TrimSpace(text)
}
