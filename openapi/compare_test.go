package openapi_test

import (
	"strings"
	"testing"

	"portico/openapi"
)

const before = `openapi: 3.1.0
info: {title: Orders, version: "1"}
paths:
  /orders:
    get: {summary: List, responses: {"200": {$ref: "#/components/responses/Orders"}}}
    post: {summary: Place}
  /orders/{id}:
    parameters: [{name: id, in: path}]
    get: {summary: One}
    delete: {summary: Cancel}
components:
  responses: {Orders: {content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}}
  schemas: {Order: {properties: {id: {type: string}, parent: {$ref: "#/components/schemas/Order"}}}}
`

func keys(operations []openapi.Operation) string {
	var out []string
	for _, o := range operations {
		out = append(out, o.Key())
	}
	return strings.Join(out, ", ")
}

func TestCompare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, old, new, added, removed, changed string }{
		{"nothing", "", "", "", "", ""},
		{"the order of members", `get: {summary: One}`, `get: {"summary": "One"}`, "", "", ""},
		{"a summary", `summary: Place`, `summary: Place one`, "", "", "POST /orders"},
		{"a schema that a response refers to", `type: string`, `type: integer`, "", "", "GET /orders"},
		{"parameters of the path", `in: path}]`, `in: path, required: true}]`, "", "", "GET /orders/{id}, DELETE /orders/{id}"},
		{"a method", `    delete: {summary: Cancel}`, `    put: {summary: Change}`, "PUT /orders/{id}", "DELETE /orders/{id}", ""},
		{"what no operation has", `title: Orders`, `title: Others`, "", "", ""},
	} {
		d := openapi.Compare([]byte(before), []byte(strings.Replace(before, c.old, c.new, 1)))
		if keys(d.Added) != c.added || keys(d.Removed) != c.removed || keys(d.Changed) != c.changed || d.Same() != (c.added+c.removed+c.changed == "") {
			t.Errorf("%s: %+v", c.name, d)
		}
	}
	if d := openapi.Compare(nil, []byte(before)); len(d.Added) != 4 {
		t.Errorf("of nothing: %+v", d)
	}
	if d := openapi.Compare([]byte(before), []byte("{")); len(d.Removed) != 4 {
		t.Errorf("to nothing: %+v", d)
	}
}

func FuzzCompare(f *testing.F) {
	f.Add([]byte(before), []byte("{}"))
	f.Add([]byte(`{"paths":{"/a":{"$ref":"#/paths/~1a","get":{"$ref":"#/"}}}}`), []byte(before))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if d := openapi.Compare(a, a); !d.Same() {
			t.Errorf("differs from itself: %+v", d)
		}
		there, back := openapi.Compare(a, b), openapi.Compare(b, a)
		if len(there.Added) != len(back.Removed) || len(there.Changed) != len(back.Changed) {
			t.Errorf("%+v, and back %+v", there, back)
		}
	})
}
