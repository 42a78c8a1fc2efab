package localas

import (
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// apiError is an error of the management API, in Okta's shape.
type apiError struct {
	Status  int
	Code    string // E0000001 and the like
	Summary string
	Causes  []string
}

func (e *apiError) Error() string {
	return strings.Join(append([]string{e.Code + ": " + e.Summary}, e.Causes...), "; ")
}

// oauthError is an error of an OAuth endpoint (RFC 6749 section 5.2, RFC 7591
// section 3.2.2).
type oauthError struct {
	Status      int
	Code        string
	Description string
}

func (e *oauthError) Error() string { return e.Code + ": " + e.Description }

// invalid is the refusal of a body: field is what was validated as a whole,
// each cause names a member and its rule.
func invalid(field string, causes ...string) error {
	return &apiError{http.StatusBadRequest, "E0000001", "Api validation failed: " + field, causes}
}

func malformed(cause string) error {
	return &apiError{http.StatusBadRequest, "E0000003", "The request body was not well-formed.", []string{cause}}
}

func notFound(kind, id string) error {
	return &apiError{http.StatusNotFound, "E0000007", "Not found: Resource not found: " + id + " (" + kind + ")", nil}
}

func forbidden() error {
	return &apiError{http.StatusForbidden, "E0000006", "You do not have permission to perform the requested action", nil}
}

func invalidToken() error {
	return &apiError{http.StatusUnauthorized, "E0000011", "Invalid token provided", nil}
}

func badOAuth(code, description string) error {
	return &oauthError{http.StatusBadRequest, code, description}
}

func invalidClient(description string) error {
	return &oauthError{http.StatusUnauthorized, "invalid_client", description}
}

// orNotFound turns the absence of a row into a 404 about it.
func orNotFound(err error, kind, id string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return notFound(kind, id)
	}
	return err
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

// writeError answers with the error's own shape; an unexpected error is logged
// and answered without detail.
func (s *Server) writeError(w http.ResponseWriter, r *http.Request, err error) {
	if refusal, ok := errors.AsType[*oauthError](err); ok {
		w.Header().Set("Cache-Control", "no-store")
		if refusal.Status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="localas"`)
		}
		writeJSON(w, refusal.Status, oauthErrorBody{refusal.Code, refusal.Description})
		return
	}
	refusal, ok := errors.AsType[*apiError](err)
	if !ok {
		s.log.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path,
			"request_id", w.Header().Get(requestIDHeader), "error", err)
		refusal = &apiError{http.StatusInternalServerError, "E0000009", "Internal Server Error", nil}
	}
	body := errorBody{refusal.Code, refusal.Summary, refusal.Code, "oae" + rand.Text()[:20], []errorCause{}}
	for _, cause := range refusal.Causes {
		body.ErrorCauses = append(body.ErrorCauses, errorCause{cause})
	}
	writeJSON(w, refusal.Status, body)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // only types of this package come here
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(text, '\n'))
}
