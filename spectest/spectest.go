package spectest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// Variable names the environment variable with the contracts' directory.
const Variable = "PORTICO_CONTRACTS"

// The documents that the management API, the portal API and its classic form follow.
var (
	management = []string{
		"konnect-application-auth-strategies-v2.yaml", "konnect-portal-management-v3.yaml", "konnect-api-builder-v3.yaml",
		"konnect-identity-v3.yaml", "konnect-control-planes-v2.yaml", "konnect-control-planes-config-v2.yaml",
		"konnect-audit-logs-v3.yaml",
	}
	portal  = []string{"konnect-dev-portal-v3.yaml"}
	classic = []string{"konnect-dev-portal-v2-classic.yaml"}
	bridge  = []string{"dcr-http-bridge.yaml"}
)

// Management is the oracle of the management API; it is nil, and says so in the
// test's log, when the contracts are not at hand.
func Management(t testing.TB) *Oracle { return oracle(t, managementDocs) }

// Portal is the oracle of the portal API.
func Portal(t testing.TB) *Oracle { return oracle(t, portalDocs) }

// Classic is the oracle of the classic portal API, /api/v2.
func Classic(t testing.TB) *Oracle { return oracle(t, classicDocs) }

// Bridge is the oracle of the DCR HTTP integration: of what others serve and
// Portico calls.
func Bridge(t testing.TB) *Oracle {
	o := oracle(t, bridgeDocs)
	if o != nil {
		o.foreign = true
	}
	return o
}

var (
	managementDocs = sync.OnceValues(func() ([]document, error) { return load(management) })
	portalDocs     = sync.OnceValues(func() ([]document, error) { return load(portal) })
	classicDocs    = sync.OnceValues(func() ([]document, error) { return load(classic) })
	bridgeDocs     = sync.OnceValues(func() ([]document, error) { return load(bridge) })
)

// Oracle knows what the contracts allow.
type Oracle struct {
	docs    []document
	foreign bool // errors have the form of the document, not ours
}

type document struct {
	name   string
	spec   *openapi3.T
	router routers.Router
}

func oracle(t testing.TB, docs func() ([]document, error)) *Oracle {
	t.Helper()
	if os.Getenv(Variable) == "" {
		t.Logf("%s is not set: answers are not checked against the public contracts", Variable)
		return nil
	}
	loaded, err := docs()
	if err != nil {
		t.Fatalf("%s: %v", Variable, err)
	}
	return &Oracle{docs: loaded}
}

func load(names []string) ([]document, error) {
	openapi3filter.RegisterBodyDecoder("application/problem+json", openapi3filter.JSONBodyDecoder)
	var docs []document
	for _, name := range names {
		path := filepath.Join(os.Getenv(Variable), name)
		spec, err := openapi3.NewLoader().LoadFromFile(path)
		if err != nil {
			return nil, fmt.Errorf("loading %s: %w", path, err)
		}
		spec.OpenAPI = "3.0.3" // one says 3.1, but writes nullable, which only 3.0 has
		spec.Servers = openapi3.Servers{{URL: prefix(spec)}}
		for _, item := range spec.Paths.Map() {
			item.Servers = nil
			for _, op := range item.Operations() {
				op.Servers, op.Security = nil, nil
				for _, parameter := range op.Parameters {
					objects(parameter.Value.Schema)
				}
			}
		}
		spec.Security = nil
		for _, parameter := range spec.Components.Parameters {
			overlap(parameter.Value.Schema)
		}
		for name, schema := range spec.Components.Schemas {
			compose(schema)
			if slices.Contains(describable, name) {
				schema.Value.Properties["description"].Value.MinLength = 0
			}
		}
		router, err := gorillamux.NewRouter(spec)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		docs = append(docs, document{name, spec, router})
	}
	return docs, nil
}

// describable are what Konnect's own clients take the description of by sending
// an empty one, and expect an empty one of; the contract wants a character.
var describable = []string{"PortalCreateTeamRequest", "PortalUpdateTeamRequest", "PortalTeamResponse"}

// overlap lets the alternatives of a parameter overlap: the contracts say oneOf
// of an id and a slug, but an id looks like a slug.
func overlap(schema *openapi3.SchemaRef) {
	if schema == nil {
		return
	}
	v := schema.Value
	v.AnyOf, v.OneOf = append(v.AnyOf, v.OneOf...), nil
	for _, alternative := range v.AnyOf {
		overlap(alternative)
	}
	for _, member := range v.Properties {
		overlap(member)
	}
}

// objects says of every schema with members that it is one of objects, which
// some of the contracts leave out.
func objects(schema *openapi3.SchemaRef) {
	if schema == nil {
		return
	}
	v := schema.Value
	if v.Type == nil && len(v.Properties) > 0 {
		v.Type = &openapi3.Types{openapi3.TypeObject}
	}
	for _, member := range v.Properties {
		objects(member)
	}
}

// compose lets the parts of a schema stand beside each other: one of the
// documents closes each part of an allOf, so that nothing could be valid.
func compose(schema *openapi3.SchemaRef) {
	parts := schema.Value.AllOf
	for i := 0; i < len(parts); i++ {
		part := parts[i].Value
		parts = append(slices.Clip(parts), part.OneOf...)
		if closed := part.AdditionalProperties.Has; closed != nil && !*closed {
			part.AdditionalProperties.Has = nil
			schema.Value.AdditionalProperties.Has = nil
		}
	}
}

// prefix is the path that the document's servers share, such as /v3: we serve
// every document on one origin.
func prefix(spec *openapi3.T) string {
	if len(spec.Servers) == 0 {
		return "/"
	}
	u, err := url.Parse(spec.Servers[0].URL)
	if err != nil || u.Path == "" {
		return "/"
	}
	return u.Path
}

// Operations maps every operationId to its method and path.
func (o *Oracle) Operations() map[string]string {
	out := map[string]string{}
	for _, doc := range o.docs {
		for path, item := range doc.spec.Paths.Map() {
			for method, op := range item.Operations() {
				out[op.OperationID] = method + " " + strings.TrimSuffix(doc.spec.Servers[0].URL, "/") + path
			}
		}
	}
	return out
}

// Wrap returns a handler that fails the test when an answer is not what the
// contract promises, or when a request is accepted that the contract forbids.
// It works on a nil oracle, where it checks nothing.
func (o *Oracle) Wrap(t testing.TB, h http.Handler) http.Handler {
	if o == nil {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if err != nil {
			h.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		for _, fault := range o.check(r, body, answer) {
			t.Errorf("%s %s answered %d against the contract: %s\nrequest: %s\nanswer: %s",
				r.Method, r.URL, answer.Code, fault, clip(body), clip(answer.Body.Bytes()))
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		w.Write(answer.Body.Bytes())
	})
}

// Lenient marks a request whose deviation from the contract is accepted on
// purpose: the founding documents print such requests.
const Lenient = "X-Spectest-Lenient"

// Beyond names members that we have beyond the contract in an operation that the
// contract has, such as "dcr_config.client_id", with spaces between them. The
// answer is held to the contract without them; so is the request, except for the
// body of one that has any.
const Beyond = "X-Spectest-Beyond"

func (o *Oracle) check(r *http.Request, body []byte, answer *httptest.ResponseRecorder) (faults []string) {
	route, params, doc := o.find(r)
	if route == nil {
		return nil // unknown paths answer 404 by our own rules
	}
	beyond := strings.Fields(r.Header.Get(Beyond))
	_, asked := without(body, beyond)
	said, told := without(answer.Body.Bytes(), beyond)
	if len(beyond) > 0 && !asked && !told {
		faults = append(faults, fmt.Sprintf("neither the request nor the answer has any of %s beyond the contract", beyond))
	}
	again := r.Clone(context.Background())
	again.Body = io.NopCloser(bytes.NewReader(body))
	again.Header.Del("Authorization")
	in := &openapi3filter.RequestValidationInput{Request: again, PathParams: params, Route: route, Options: &openapi3filter.Options{
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true, IncludeResponseStatus: true,
		ExcludeReadOnlyValidations: true, ExcludeWriteOnlyValidations: true, ExcludeRequestBody: asked,
	}}
	if answer.Code < 300 && r.Header.Get(Lenient) == "" {
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			faults = append(faults, fmt.Sprintf("%s: %s: the request should have been refused: %v", doc, route.Operation.OperationID, err))
		}
	}
	if answer.Code >= 400 {
		if kind := answer.Header().Get("Content-Type"); !o.foreign && kind != "application/problem+json" {
			faults = append(faults, fmt.Sprintf("%s: an error is %q, not a problem document", route.Operation.OperationID, kind))
		}
		declared := route.Operation.Responses.Status(answer.Code)
		if slices.Contains(undeclared, answer.Code) && declared == nil || !o.foreign && declared != nil && isLegacy(declared.Value) {
			return faults
		}
	}
	if answer.Code >= 500 {
		return faults // the contracts do not speak of our failures
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: answer.Code, Header: answer.Header(), Options: in.Options}
	out.SetBodyBytes(said)
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		faults = append(faults, fmt.Sprintf("%s: %s: %v", doc, route.Operation.OperationID, err))
	}
	return faults
}

// without is a JSON object without the members, each named by the way to it, and
// whether it had any of them. What is no object is left as it is.
func without(body []byte, members []string) (rest []byte, had bool) {
	var object map[string]any
	if len(members) == 0 || json.Unmarshal(body, &object) != nil {
		return body, false
	}
	for _, member := range members {
		way := strings.Split(member, ".")
		at := object
		for _, name := range way[:len(way)-1] {
			at, _ = at[name].(map[string]any)
		}
		if _, there := at[way[len(way)-1]]; there {
			delete(at, way[len(way)-1])
			had = true
		}
	}
	if rest, err := json.Marshal(object); err == nil && had {
		return rest, true
	}
	return body, false
}

// undeclared are statuses that any HTTP server may answer where an operation does
// not declare them. 400 and 404 are among them because some operations, all of
// the core entities' for instance, declare little but success; 403 because who
// lacks a team's role is told so; 409 because several deletes have to refuse.
var undeclared = []int{
	http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusConflict, http.StatusRequestEntityTooLarge,
	http.StatusUnsupportedMediaType, http.StatusTooManyRequests,
}

// isLegacy says whether an error is declared in the form that some operations
// of control planes have kept from Kong's Admin API: {"message": …}. We answer
// every error with a problem document, as the contracts' own text asks for.
func isLegacy(declared *openapi3.Response) bool {
	return declared.Content["application/problem+json"] == nil && declared.Content["application/json"] != nil
}

func (o *Oracle) find(r *http.Request) (*routers.Route, map[string]string, string) {
	for _, doc := range o.docs {
		if route, params, err := doc.router.FindRoute(r); err == nil {
			return route, params, doc.name
		}
	}
	return nil, nil, ""
}

func clip(b []byte) string {
	const most = 2000
	if len(b) > most {
		return string(b[:most]) + "…"
	}
	return string(b)
}
