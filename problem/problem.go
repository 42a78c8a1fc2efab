package problem

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"portico"
)

// StatusClientGone is logged for a request whose client left before the answer;
// nobody receives it.
const StatusClientGone = 499

// internalDetail is all that a caller learns about a defect of ours.
const internalDetail = "Something went wrong inside Portico. The log has the cause under the trace id in [instance]."

// document is the contract's BaseError; invalid_parameters is there with 400 only.
type document struct {
	Status   int         `json:"status"`
	Title    string      `json:"title"`
	Type     string      `json:"type"`
	Instance string      `json:"instance"`
	Detail   string      `json:"detail"`
	Invalid  []parameter `json:"invalid_parameters,omitempty"`
}

// Write answers the request with err: a *portico.Error as the problem document
// of its kind, anything else as 500 without its cause, which goes to log instead.
// A request whose client has left is answered by nothing.
func Write(w http.ResponseWriter, r *http.Request, err error, log *slog.Logger) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		w.WriteHeader(StatusClientGone)
		return
	}
	e := Translate(err)
	id := RequestID(r.Context())
	if id == "" {
		id = NewRequestID()
	}
	status := Status(e.Kind)
	record(r, log, id, status, e)

	h := w.Header()
	for _, name := range []string{"Content-Length", "Content-Encoding", "Etag", "Last-Modified"} {
		h.Del(name) // the handler may have set them for the answer it could not give
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if status == http.StatusUnauthorized && h.Get("WWW-Authenticate") == "" {
		h.Set("WWW-Authenticate", "Bearer") // RFC 9110 §15.5.2 asks for a challenge
	}
	if e.RetryAfter > 0 {
		h.Set("Retry-After", retryAfter(e.RetryAfter))
	}
	doc := document{
		Status:   status,
		Title:    http.StatusText(status),
		Type:     fmt.Sprintf("https://httpstatuses.com/%d", status),
		Instance: "kong:trace:" + id,
		Detail:   e.Detail,
	}
	if e.Kind == portico.KindInvalid {
		doc.Invalid = parameters(e)
	}
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	// A failing write means that the client has left; there is nobody to tell.
	_ = enc.Encode(doc)
}

// Translate finds the *portico.Error to show for err; anything unknown is of
// KindInternal and tells nothing.
func Translate(err error) *portico.Error {
	if e, ok := errors.AsType[*portico.Error](err); ok {
		if e.Kind == portico.KindInternal {
			return &portico.Error{Detail: internalDetail, Err: err}
		}
		return e
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return portico.Errorf(portico.KindTooLarge,
			"The request body is larger than the allowed [%d] bytes; nothing was changed.", tooLarge.Limit)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &portico.Error{
			Kind:       portico.KindUnavailable,
			Detail:     "The request was not finished within its time limit. Read the entity to see whether it was changed, then try again.",
			RetryAfter: time.Second,
			Err:        err,
		}
	}
	return &portico.Error{Detail: internalDetail, Err: err}
}

// record logs what the caller is not shown.
func record(r *http.Request, log *slog.Logger, id string, status int, e *portico.Error) {
	if e.Err == nil {
		return // the access log says it all
	}
	level := slog.LevelWarn
	if e.Kind == portico.KindInternal {
		level = slog.LevelError
	}
	log.LogAttrs(r.Context(), level, "request failed", slog.String("request_id", id), slog.String("method", r.Method),
		slog.String("route", r.Pattern), slog.Int("status", status), slog.String("cause", e.Err.Error()))
}

// retryAfter is a duration in whole seconds, rounded up.
func retryAfter(d time.Duration) string {
	return strconv.Itoa(int(math.Ceil(d.Seconds())))
}

// Status returns the HTTP status of a kind of error.
func Status(kind portico.Kind) int {
	switch kind {
	case portico.KindInvalid:
		return http.StatusBadRequest
	case portico.KindUnauthenticated:
		return http.StatusUnauthorized
	case portico.KindForbidden:
		return http.StatusForbidden
	case portico.KindNotFound:
		return http.StatusNotFound
	case portico.KindMethodNotAllowed:
		return http.StatusMethodNotAllowed
	case portico.KindConflict:
		return http.StatusConflict
	case portico.KindGone:
		return http.StatusGone
	case portico.KindTooLarge:
		return http.StatusRequestEntityTooLarge
	case portico.KindUnsupportedMedia:
		return http.StatusUnsupportedMediaType
	case portico.KindUnprocessable:
		return http.StatusUnprocessableEntity
	case portico.KindTooMany:
		return http.StatusTooManyRequests
	case portico.KindUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}
