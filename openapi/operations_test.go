package openapi_test

import (
	"fmt"
	"reflect"
	"testing"

	"portico/openapi"
)

func TestOperationsAreListed(t *testing.T) {
	t.Parallel()
	got := openapi.Operations([]byte(`
openapi: 3.1.0
info: {title: T, version: v1}
paths:
  /orders:
    post: {operationId: createOrder, summary: " Create an order ", description: Adds one., tags: [orders, 7, sales]}
    get: {}
    parameters: []
    put: nonsense
  x-internal: {get: {}}
  /kept~elsewhere:
    $ref: '#/components/pathItems/~1kept~0elsewhere'
  /lost: {$ref: '#/components/nowhere/at/all'}
  /loop: {$ref: '#/paths/~1loop'}
components:
  pathItems:
    /kept~elsewhere: {delete: {operationId: remove}}
`))
	want := []openapi.Operation{
		{ID: "remove", Method: "DELETE", Path: "/kept~elsewhere", Templates: []string{"/kept~elsewhere"}},
		{Method: "GET", Path: "/orders", Templates: []string{"/orders"}},
		{ID: "createOrder", Method: "POST", Path: "/orders", Summary: "Create an order", Description: "Adds one.", Tags: []string{"orders", "sales"}, Templates: []string{"/orders"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	for i, name := range []string{"remove", "GET /orders", "Create an order"} {
		if got[i].Name() != name {
			t.Errorf("operation %d is called %q, want %q", i, got[i].Name(), name)
		}
	}
	for _, content := range []string{"", "{", "[]", "openapi: 3.0.0", `{"paths": []}`, `{"paths": {"/a": null, "/b": {"get": []}}}`} {
		if got := openapi.Operations([]byte(content)); len(got) != 0 {
			t.Errorf("%q has the operations %+v", content, got)
		}
	}
}

func FuzzOperations(f *testing.F) {
	f.Add([]byte(`{"paths": {"/a": {"$ref": "#/paths/~1b"}, "/b": {"get": {"tags": ["x"]}}}}`))
	f.Add([]byte("paths:\n  /a:\n    get: {operationId: a}\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		seen := map[string]bool{}
		for _, o := range openapi.Operations(content) {
			if o.Method == "" || o.Path == "" || o.Name() == "" || seen[o.Key()] {
				t.Errorf("operation %s", fmt.Sprintf("%+v", o))
			}
			seen[o.Key()] = true
		}
	})
}
