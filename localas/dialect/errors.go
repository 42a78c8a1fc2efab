package dialect

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
)

// RequestIDHeader names every answer.
const RequestIDHeader = "X-Okta-Request-Id"

// APIError is an error of the management API, in Okta's shape.
type APIError struct {
	Status  int
	Code    string // E0000001 and the like
	Summary string
	Causes  []string
}

// Error names the code, the summary and every cause.
func (e *APIError) Error() string {
	return strings.Join(append([]string{e.Code + ": " + e.Summary}, e.Causes...), "; ")
}

// OAuthError is an error of an OAuth endpoint (RFC 6749 section 5.2, RFC 7591
// section 3.2.2).
type OAuthError struct {
	Status      int
	Code        string
	Description string
}

// Error names the code and its description.
func (e *OAuthError) Error() string { return e.Code + ": " + e.Description }

// Refusal is an error of the management API.
func Refusal(status int, code, summary string, causes ...string) error {
	return &APIError{status, code, summary, causes}
}

// Invalid is the refusal of a body: field is what was validated as a whole,
// each cause names a member and its rule.
func Invalid(field string, causes ...string) error {
	return &APIError{http.StatusBadRequest, "E0000001", "Api validation failed: " + field, causes}
}

// Malformed is the refusal of a body that cannot be read.
func Malformed(cause string) error {
	return &APIError{http.StatusBadRequest, "E0000003", "The request body was not well-formed.", []string{cause}}
}

// NotFound says that no object of the kind has the id.
func NotFound(kind, id string) error {
	return &APIError{http.StatusNotFound, "E0000007", "Not found: Resource not found: " + id + " (" + kind + ")", nil}
}

// Forbidden says that the caller lacks the right.
func Forbidden() error {
	return &APIError{http.StatusForbidden, "E0000006", "You do not have permission to perform the requested action", nil}
}

// InvalidToken refuses a management call without a valid token.
func InvalidToken() error {
	return &APIError{http.StatusUnauthorized, "E0000011", "Invalid token provided", nil}
}

// TooManyRequests refuses a call beyond the rate limit.
func TooManyRequests() error {
	return &APIError{http.StatusTooManyRequests, "E0000047", "API call exceeded rate limit due to too many requests.", nil}
}

// BadOAuth refuses an OAuth request with a code of its specification.
func BadOAuth(code, description string) error {
	return &OAuthError{http.StatusBadRequest, code, description}
}

// InvalidClient refuses a client that has not proved who it is.
func InvalidClient(description string) error {
	return &OAuthError{http.StatusUnauthorized, "invalid_client", description}
}

type errorCause struct {
	ErrorSummary string `json:"errorSummary"`
}

type errorBody struct {
	ErrorCode    string       `json:"errorCode"`
	ErrorSummary string       `json:"errorSummary"`
	ErrorLink    string       `json:"errorLink"`
	ErrorID      string       `json:"errorId"`
	ErrorCauses  []errorCause `json:"errorCauses"`
}

type oauthErrorBody struct {
	Error            string `json:"error"`
	ErrorDescription string `json:"error_description"`
}

// WriteError answers with the error's own shape; an unexpected error is logged
// and answered without detail.
func WriteError(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	if refusal, ok := errors.AsType[*OAuthError](err); ok {
		w.Header().Set("Cache-Control", "no-store")
		if refusal.Status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="localas"`)
		}
		WriteJSON(w, refusal.Status, oauthErrorBody{refusal.Code, refusal.Description})
		return
	}
	refusal, ok := errors.AsType[*APIError](err)
	if !ok {
		log.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path,
			"request_id", w.Header().Get(RequestIDHeader), "error", err)
		refusal = &APIError{http.StatusInternalServerError, "E0000009", "Internal Server Error", nil}
	}
	body := errorBody{refusal.Code, refusal.Summary, refusal.Code, "oae" + rand.Text()[:20], []errorCause{}}
	for _, cause := range refusal.Causes {
		body.ErrorCauses = append(body.ErrorCauses, errorCause{cause})
	}
	WriteJSON(w, refusal.Status, body)
}

// WriteJSON answers with a value as JSON.
func WriteJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // only types that marshal come here
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(text, '\n'))
}
