package problem_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/problem"
)

const requestID = "0123456789abcdef"

// answer lets problem.Write answer a request with err, and returns what it
// wrote and what it logged.
func answer(t *testing.T, err error) (*http.Response, map[string]any, string) {
	t.Helper()
	var log bytes.Buffer
	r := httptest.NewRequest(http.MethodPost, "/v2/dcr-providers", nil)
	r = r.WithContext(problem.WithRequestID(r.Context(), requestID))
	w := httptest.NewRecorder()
	problem.Write(w, r, err, slog.New(slog.NewTextHandler(&log, nil)))
	return w.Result(), decode(t, w.Body.Bytes()), log.String()
}

func decode(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatalf("not JSON: %q", body)
	}
	return doc
}

func TestEveryKindHasItsStatus(t *testing.T) {
	t.Parallel()
	for kind, status := range map[portico.Kind]int{
		portico.KindInternal: 500, portico.KindInvalid: 400, portico.KindUnauthenticated: 401, portico.KindForbidden: 403,
		portico.KindNotFound: 404, portico.KindMethodNotAllowed: 405, portico.KindConflict: 409, portico.KindGone: 410,
		portico.KindTooLarge: 413, portico.KindUnsupportedMedia: 415, portico.KindUnprocessable: 422,
		portico.KindTooMany: 429, portico.KindUnavailable: 503,
	} {
		res, doc, _ := answer(t, fmt.Errorf("create provider: %w", portico.Errorf(kind, "Because of [%s].", "x")))
		if res.StatusCode != status || doc["status"] != float64(status) {
			t.Errorf("kind %d: status %d, document %v; want %d", kind, res.StatusCode, doc["status"], status)
		}
		if got := res.Header.Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("kind %d: content type %q", kind, got)
		}
		if doc["title"] != http.StatusText(status) || doc["type"] != fmt.Sprintf("https://httpstatuses.com/%d", status) ||
			doc["instance"] != "kong:trace:"+requestID {
			t.Errorf("kind %d: %v", kind, doc)
		}
		if kind != portico.KindInternal && doc["detail"] != "Because of [x]." {
			t.Errorf("kind %d: detail %v", kind, doc["detail"])
		}
		if _, has := doc["invalid_parameters"]; has != (status == 400) {
			t.Errorf("kind %d: invalid_parameters there: %v", kind, has)
		}
	}
}

func TestInternalErrorsAreLoggedAndNotShown(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		errors.New("disk of db-3 is full"),
		&portico.Error{Detail: "disk of db-3", Err: errors.New("disk of db-3 is full")},
	} {
		res, doc, log := answer(t, err)
		if res.StatusCode != 500 || strings.Contains(fmt.Sprint(doc), "db-3") {
			t.Errorf("%d: %v", res.StatusCode, doc)
		}
		if !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "disk of db-3 is full") || !strings.Contains(log, requestID) {
			t.Errorf("log: %s", log)
		}
	}
}

func TestTheCauseOfAnOutageIsLoggedAndNotShown(t *testing.T) {
	t.Parallel()
	res, doc, log := answer(t, &portico.Error{
		Kind: portico.KindUnavailable, Detail: "Okta does not answer; nothing was changed.",
		RetryAfter: 1500 * time.Millisecond, Err: errors.New("dial tcp 10.0.0.7"),
	})
	if res.StatusCode != 503 || res.Header.Get("Retry-After") != "2" || strings.Contains(fmt.Sprint(doc), "10.0.0.7") {
		t.Errorf("%d, Retry-After %q: %v", res.StatusCode, res.Header.Get("Retry-After"), doc)
	}
	if !strings.Contains(log, "10.0.0.7") || !strings.Contains(log, "level=WARN") {
		t.Errorf("log: %s", log)
	}
}

func TestInvalidParametersAreClosedVariants(t *testing.T) {
	t.Parallel()
	everything := portico.InvalidParameter{
		Field: "name", Reason: "is wrong", Minimum: new(8), Maximum: new(9), Choices: []string{"a", "b", "a"}, Dependents: []string{"c"},
	}
	nothing := portico.InvalidParameter{Field: "name", Reason: "is wrong", Source: "query"}
	for _, tt := range []struct {
		fault portico.InvalidParameter
		rule  string
		want  map[string]any
	}{
		{everything, "required", map[string]any{"rule": "required", "source": "body"}},
		{everything, "min_length", map[string]any{"rule": "min_length", "minimum": 8.0, "source": "body"}},
		{everything, "min", map[string]any{"rule": "min", "minimum": 8.0, "source": "body"}},
		{everything, "max_items", map[string]any{"rule": "max_items", "maximum": 9.0, "source": "body"}},
		{everything, "enum", map[string]any{"rule": "enum", "choices": []any{"a", "b"}, "source": "body"}},
		{everything, "dependent_fields", map[string]any{"rule": "dependent_fields", "dependents": []any{"c"}, "source": "body"}},
		{everything, "of_our_own_making", map[string]any{"rule": "invalid", "source": "body"}},
		{nothing, "min_items", map[string]any{"rule": "invalid", "source": "query"}},
		{nothing, "max_length", map[string]any{"rule": "invalid", "source": "query"}},
		{nothing, "enum", map[string]any{"rule": "invalid", "source": "query"}},
		{nothing, "dependent_fields", map[string]any{"rule": "dependent_fields", "dependents": []any{}, "source": "query"}},
		{nothing, "is_uuid", map[string]any{"rule": "is_uuid", "source": "query"}},
	} {
		tt.fault.Rule = tt.rule
		tt.want["field"], tt.want["reason"] = "name", "is wrong"
		_, doc, _ := answer(t, portico.InvalidAll(tt.fault))
		if got := doc["invalid_parameters"]; !reflect.DeepEqual(got, []any{tt.want}) {
			t.Errorf("%s: %v, want %v", tt.rule, got, tt.want)
		}
	}
}

func TestInvalidParametersAreUniqueAndNeverEmpty(t *testing.T) {
	t.Parallel()
	fault := portico.InvalidParameter{Field: "name", Rule: "required", Reason: "is a required field"}
	_, doc, _ := answer(t, portico.InvalidAll(fault, fault))
	if got := doc["invalid_parameters"].([]any); len(got) != 1 {
		t.Errorf("twice the same: %v", got)
	}
	_, doc, _ = answer(t, portico.Errorf(portico.KindInvalid, "The file is no OpenAPI document."))
	if got := doc["invalid_parameters"].([]any); len(got) != 1 || got[0].(map[string]any)["reason"] != "The file is no OpenAPI document." {
		t.Errorf("none given: %v", got)
	}
}

func TestOversizedBodiesAndDeadlinesHaveTheirKind(t *testing.T) {
	t.Parallel()
	res, doc, _ := answer(t, fmt.Errorf("read: %w", &http.MaxBytesError{Limit: 4096}))
	if res.StatusCode != 413 || !strings.Contains(doc["detail"].(string), "[4096]") {
		t.Errorf("%d: %v", res.StatusCode, doc)
	}
	res, _, log := answer(t, fmt.Errorf("query: %w", context.DeadlineExceeded))
	if res.StatusCode != 503 || res.Header.Get("Retry-After") != "1" || !strings.Contains(log, "deadline") {
		t.Errorf("%d: %s", res.StatusCode, log)
	}
}

func TestAChallengeGoesWith401(t *testing.T) {
	t.Parallel()
	res, _, _ := answer(t, portico.Errorf(portico.KindUnauthenticated, "The token is unknown."))
	if got := res.Header.Get("WWW-Authenticate"); got != "Bearer" {
		t.Errorf("WWW-Authenticate: %q", got)
	}
}

func TestHeadersOfTheAnswerThatFailedAreDropped(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	w.Header().Set("Content-Length", "7")
	w.Header().Set("Etag", `"a"`)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	problem.Write(w, r, portico.NotFound("portal", "x"), slog.New(slog.DiscardHandler))
	if w.Header().Get("Content-Length") != "" || w.Header().Get("Etag") != "" {
		t.Errorf("header: %v", w.Header())
	}
	if instance := decode(t, w.Body.Bytes())["instance"].(string); len(instance) < len("kong:trace:")+20 {
		t.Errorf("without a request id the instance is %q", instance)
	}
}

func TestAClientThatHasLeftIsToldNothing(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx)
	problem.Write(w, r, fmt.Errorf("query: %w", ctx.Err()), slog.New(slog.NewTextHandler(&log, nil)))
	if w.Code != problem.StatusClientGone || w.Body.Len() != 0 || log.Len() != 0 {
		t.Errorf("%d %q, log %q", w.Code, w.Body, log.String())
	}
	// A cancellation of our own, while the client waits, is a defect.
	res, _, _ := answer(t, context.Canceled)
	if res.StatusCode != 500 {
		t.Errorf("our own cancellation: %d", res.StatusCode)
	}
}

func TestMux(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v3/portals/{id}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.PathValue("id")) })
	mux.HandleFunc("DELETE /v3/portals/{id}", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotFound) })
	mux.HandleFunc("GET /tree/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "tree") })
	h := problem.Mux(mux, slog.New(slog.DiscardHandler))
	serve := func(method, target string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, target, nil))
		return w
	}
	if w := serve("GET", "/v3/portals/p1"); w.Code != 200 || w.Body.String() != "p1" {
		t.Errorf("a route: %d %q", w.Code, w.Body)
	}
	if w := serve("DELETE", "/v3/portals/p1"); w.Code != 404 || w.Body.Len() != 0 {
		t.Errorf("a handler's own 404 is its own: %d %q", w.Code, w.Body)
	}
	if w := serve("GET", "/tree"); w.Code/100 != 3 || w.Header().Get("Location") != "/tree/" {
		t.Errorf("a redirect: %d %v", w.Code, w.Header())
	}
	w := serve("GET", "/v9/nothing")
	if doc := decode(t, w.Body.Bytes()); w.Code != 404 || doc["status"] != 404.0 || !strings.Contains(doc["detail"].(string), "[/v9/nothing]") {
		t.Errorf("unknown path: %d %v", w.Code, doc)
	}
	w = serve("POST", "/v3/portals/p1?token=hidden")
	if doc := decode(t, w.Body.Bytes()); w.Code != 405 || doc["status"] != 405.0 || strings.Contains(w.Body.String(), "hidden") {
		t.Errorf("unknown method: %d %v", w.Code, doc)
	}
	for _, method := range []string{"GET", "DELETE"} {
		if allow := w.Header().Get("Allow"); !strings.Contains(allow, method) {
			t.Errorf("Allow lacks %s: %q", method, allow)
		}
	}
}
