package httpkit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"unicode"

	"portico"
	"portico/problem"
)

// HandlerFunc is a handler that returns what went wrong instead of writing it.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// Handle adapts h to net/http: an error it returns becomes a problem document.
func Handle(log *slog.Logger, h HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		noteRoute(r)
		rec := record(w)
		if err := h(rec, r); err != nil {
			fail(rec, r, err, log)
		}
	})
}

// fail answers with err. When the answer has begun already, all that is left is
// to break the connection off, so that the client does not take half for whole.
func fail(rec *recorder, r *http.Request, err error, log *slog.Logger) {
	if rec.status == 0 {
		problem.Write(rec, r, err, log)
		return
	}
	level := slog.LevelError
	if r.Context().Err() != nil {
		level = slog.LevelInfo // the client has left, which is its right
	}
	log.Log(r.Context(), level, "answer broken off", "request_id", problem.RequestID(r.Context()),
		"method", r.Method, "route", r.Pattern, "cause", err)
	panic(http.ErrAbortHandler)
}

// JSON answers with v, as application/json unless the handler has named another
// media type of JSON. When v cannot be encoded nothing is written, and the
// error becomes a 500.
func JSON(w http.ResponseWriter, status int, v any) error {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	if _, err := w.Write(body.Bytes()); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}

// NoContent answers 204.
func NoContent(w http.ResponseWriter) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// PathUUID returns the UUID in the path wildcard called name, such as
// "portalId", in lower case. What is no UUID is the id of nothing: KindNotFound.
func PathUUID(r *http.Request, name string) (string, error) {
	value := strings.ToLower(r.PathValue(name))
	if !portico.IsID(value) {
		return "", portico.NotFound(entity(name), printable(r.PathValue(name)))
	}
	return value, nil
}

// entity says what a path wildcard is the id of: "portal" for "portalId".
func entity(wildcard string) string {
	var words strings.Builder
	for _, c := range strings.TrimSuffix(strings.TrimSuffix(wildcard, "Id"), "_id") {
		switch {
		case unicode.IsUpper(c):
			words.WriteByte(' ')
			words.WriteRune(unicode.ToLower(c))
		case c == '_':
			words.WriteByte(' ')
		default:
			words.WriteRune(c)
		}
	}
	return words.String()
}

// printable shortens a value of the caller's for use in a message, and drops
// what has no place in one.
func printable(s string) string {
	const most = 80
	out := make([]rune, 0, most)
	for _, c := range s {
		if len(out) == most {
			return string(out) + "…"
		}
		if !unicode.IsPrint(c) {
			c = unicode.ReplacementChar
		}
		out = append(out, c)
	}
	return string(out)
}

// aborted reports whether a panic is the one that net/http asks handlers for.
func aborted(recovered any) bool {
	err, ok := recovered.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}

// PathID is PathUUID with the type that the domain has for it.
func PathID[T ~string](r *http.Request, name string) (T, error) {
	id, err := PathUUID(r, name)
	return T(id), err
}

// PathIDs reads two ids in the path: of something, and of what is in it.
func PathIDs[A, B ~string](r *http.Request, outer, inner string) (A, B, error) {
	a, err := PathID[A](r, outer)
	if err != nil {
		return "", "", err
	}
	b, err := PathID[B](r, inner)
	return a, b, err
}

// NotNil makes an absent list an empty one, where the contract says array.
func NotNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
