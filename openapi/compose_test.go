package openapi_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"

	"portico/openapi"
)

const orders = `
openapi: 3.0.3
info: {title: Orders, version: "1"}
servers: [{url: 'https://api.example.com/shop'}]
security: [{token: [read]}]
tags: [{name: orders, description: What was ordered}, {name: unused}]
paths:
  /orders/{id}:
    parameters: [{$ref: '#/components/parameters/id'}]
    get:
      operationId: get
      tags: [orders]
      responses:
        "200": {description: OK, content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}
        default: {$ref: '#/components/responses/Problem'}
    delete:
      operationId: remove
      security: []
      responses: {"204": {description: gone}}
components:
  parameters:
    id: {name: id, in: path, required: true, schema: {type: string, nullable: true}}
    unused: {name: unused, in: query, schema: {type: string}}
  responses:
    Problem: {description: no, content: {application/problem+json: {schema: {$ref: '#/components/schemas/Error'}}}}
  schemas:
    Order:
      type: object
      properties:
        parent: {$ref: '#/components/schemas/Order'}
        kind: {$ref: '#/components/schemas/Kind'}
    Kind:
      oneOf: [{$ref: '#/components/schemas/Big'}, {$ref: '#/components/schemas/Small'}]
      discriminator: {propertyName: size, mapping: {big: '#/components/schemas/Big', small: Small}}
    Big: {type: object, properties: {size: {type: string}}}
    Small: {type: object, properties: {size: {type: string}}}
    Error: {type: object, properties: {title: {type: string}}}
    Unused: {type: string}
  securitySchemes:
    token: {type: http, scheme: bearer}
`

const flights = `
swagger: "2.0"
info: {title: Flights, version: "2"}
host: other.example.com
basePath: /air
schemes: [https]
paths:
  /flights:
    get:
      operationId: get
      responses:
        200: {description: OK, schema: {$ref: '#/definitions/Order'}}
        400: {description: no, schema: {$ref: '#/definitions/Error'}}
  /orders/{id}:
    get:
      operationId: collides
      parameters: [{name: id, in: path, required: true, type: string}]
      responses: {200: {description: OK}}
definitions:
  Order: {type: object, properties: {flight: {type: string}}}
  Error: {type: object, properties: {title: {type: string}}}
`

// compose gives the document as a validator and as a program sees it.
func compose(t *testing.T, parts ...openapi.Part) (*openapi3.T, map[string]any) {
	t.Helper()
	content, err := openapi.Compose(openapi.Info{Title: "Package", Version: "3", Description: "Both"}, parts)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(content)
	if err != nil {
		t.Fatalf("%v in\n%s", err, content)
	}
	if err := doc.Validate(t.Context(), openapi3.DisableExamplesValidation()); err != nil {
		t.Fatalf("%v in\n%s", err, content)
	}
	var plain map[string]any
	if err := json.Unmarshal(content, &plain); err != nil {
		t.Fatal(err)
	}
	return doc, plain
}

func names(section any) []string {
	m, _ := section.(map[string]any)
	var out []string
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func TestComposeTakesOnlyWhatIsChosenAndUsed(t *testing.T) {
	t.Parallel()
	doc, plain := compose(t, openapi.Part{Name: "orders", Content: []byte(orders), Operations: []string{"GET /orders/{id}", "POST /nowhere"}})
	if doc.Info.Title != "Package" || doc.Info.Version != "3" || doc.Info.Description != "Both" {
		t.Errorf("about: %+v", doc.Info)
	}
	components := plain["components"].(map[string]any)
	for section, want := range map[string]string{
		"schemas": "Big Error Kind Order Small", "parameters": "id", "responses": "Problem", "securitySchemes": "token",
	} {
		if got := strings.Join(names(components[section]), " "); got != want {
			t.Errorf("%s: %s, want %s", section, got, want)
		}
	}
	item := doc.Paths.Find("/orders/{id}")
	if item.Delete != nil || item.Get == nil || len(item.Get.Parameters) != 1 || item.Get.Security == nil || len(*item.Get.Security) != 1 {
		t.Errorf("the path: %+v", item)
	}
	if len(doc.Servers) != 1 || doc.Servers[0].URL != "https://api.example.com/shop" || item.Get.Servers != nil {
		t.Errorf("servers: %+v", doc.Servers)
	}
	if len(doc.Tags) != 1 || doc.Tags[0].Description != "What was ordered" {
		t.Errorf("tags: %+v", doc.Tags)
	}
	if got := doc.Components.Schemas["Kind"].Value.Discriminator.Mapping["small"]; fmt.Sprint(got) == "Small" {
		t.Errorf("the mapping names %v", got)
	}
}

func TestComposeKeepsPartsApart(t *testing.T) {
	t.Parallel()
	doc, plain := compose(t,
		openapi.Part{Name: "orders", Content: []byte(orders), Operations: []string{"DELETE /orders/{id}", "GET /orders/{id}"}},
		openapi.Part{Name: "flights-v2", Content: []byte(flights), Operations: []string{"GET /flights", "GET /orders/{id}"}})
	schemas := plain["components"].(map[string]any)["schemas"]
	if got := strings.Join(names(schemas), " "); got != "Big Error Kind Order Order_flights-v2 Small" {
		t.Errorf("schemas: %s", got)
	}
	get := doc.Paths.Find("/flights").Get
	if get.OperationID != "get_flights-v2" || doc.Paths.Find("/orders/{id}").Get.OperationID != "get" {
		t.Errorf("operation ids: %s, %s", get.OperationID, doc.Paths.Find("/orders/{id}").Get.OperationID)
	}
	if ref := get.Responses.Value("200").Value.Content.Get("application/json").Schema.Ref; ref != "#/components/schemas/Order_flights-v2" {
		t.Errorf("the flight is a %s", ref)
	}
	if doc.Servers != nil || get.Servers == nil || (*get.Servers)[0].URL != "https://other.example.com/air" {
		t.Errorf("servers: %+v, %+v", doc.Servers, get.Servers)
	}
	if security := doc.Paths.Find("/orders/{id}").Delete.Security; security == nil || len(*security) != 0 {
		t.Errorf("what asks for nothing asks for %+v", security)
	}
}

func TestComposeSpeaksTheNewestDialect(t *testing.T) {
	t.Parallel()
	_, plain := compose(t,
		openapi.Part{Name: "new", Content: []byte(`{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{"/new":{"get":{"responses":{"200":{"description":"OK"}}}}}}`), Operations: []string{"GET /new"}},
		openapi.Part{Name: "orders", Content: []byte(orders), Operations: []string{"GET /orders/{id}"}})
	id := plain["components"].(map[string]any)["parameters"].(map[string]any)["id"].(map[string]any)["schema"].(map[string]any)
	if plain["openapi"] != "3.1.0" || fmt.Sprint(id["type"]) != "[string null]" || id["nullable"] != nil {
		t.Errorf("OpenAPI %v, schema %v", plain["openapi"], id)
	}
}

// TestComposeResolves: whatever refers to whatever, no reference of a composed
// document leads nowhere, and nothing is there that nobody refers to.
func TestComposeResolves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var parts []openapi.Part
		for i := range rapid.IntRange(1, 3).Draw(r, "parts") {
			parts = append(parts, drawPart(r, fmt.Sprintf("p%d", i)))
		}
		content, err := openapi.Compose(openapi.Info{Title: "t", Version: "1"}, parts)
		if err != nil {
			r.Fatal(err)
		}
		doc, err := openapi3.NewLoader().LoadFromData(content)
		if err != nil {
			r.Fatalf("%v in\n%s", err, content)
		}
		var schemas openapi3.Schemas
		if doc.Components != nil {
			schemas = doc.Components.Schemas
		}
		for name := range schemas {
			if !strings.Contains(string(content), `"#/components/schemas/`+name+`"`) {
				r.Errorf("nobody refers to %s in\n%s", name, content)
			}
		}
		want := map[string]bool{}
		for _, p := range parts {
			for _, o := range p.Operations {
				want[o] = true
			}
		}
		if got := openapi.Operations(content); len(got) != len(want) {
			r.Errorf("%d operations, want %v", len(got), want)
		}
	})
}

// drawPart is a document whose schemas refer to each other at random.
func drawPart(r *rapid.T, name string) openapi.Part {
	schema := func() map[string]any {
		if rapid.Bool().Draw(r, "refers") {
			return map[string]any{"$ref": "#/components/schemas/" + rapid.SampledFrom([]string{"A", "B", "C"}).Draw(r, "to")}
		}
		return map[string]any{"type": rapid.SampledFrom([]string{"string", "integer"}).Draw(r, "type")}
	}
	schemas := map[string]any{}
	for _, n := range []string{"A", "B", "C"} {
		schemas[n] = map[string]any{"type": "object", "properties": map[string]any{"x": schema(), "y": schema()}}
	}
	paths := map[string]any{}
	var keys []string
	for _, path := range []string{"/a", "/b/{id}"} {
		item := map[string]any{}
		for _, method := range []string{"get", "post"} {
			item[method] = map[string]any{"operationId": method, "responses": map[string]any{"200": map[string]any{
				"description": "OK", "content": map[string]any{"application/json": map[string]any{"schema": schema()}}}}}
			if rapid.Bool().Draw(r, "chosen") {
				keys = append(keys, strings.ToUpper(method)+" "+path)
			}
		}
		paths[path] = item
	}
	content, err := json.Marshal(map[string]any{"openapi": "3.0.3", "info": map[string]any{"title": name, "version": "1"}, "paths": paths,
		"components": map[string]any{"schemas": schemas}})
	if err != nil {
		r.Fatal(err)
	}
	return openapi.Part{Name: name, Content: content, Operations: keys}
}

func FuzzCompose(f *testing.F) {
	f.Add([]byte(orders), []byte(flights))
	f.Add([]byte(`{"openapi":"3.0.0","paths":{"/a":{"$ref":"#/paths/~1a"}}}`), []byte(`{"swagger":"2.0","paths":{"/a":{"get":1}}}`))
	f.Add([]byte(`{"openapi":"3.0.0","paths":{"/a":{"get":{"x":{"$ref":"#/paths/~1a/get"}}}}}`), []byte(`openapi: 3.1.0`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var parts []openapi.Part
		for i, content := range [][]byte{a, b} {
			p := openapi.Part{Name: fmt.Sprint(i), Content: content}
			for _, o := range openapi.Operations(content) {
				p.Operations = append(p.Operations, o.Key())
			}
			parts = append(parts, p)
		}
		content, err := openapi.Compose(openapi.Info{Title: "t", Version: "1"}, parts)
		if err != nil {
			return
		}
		if _, err := openapi.Read(content); err != nil && len(content) < openapi.MaxSize {
			t.Fatalf("%v in\n%s", err, content)
		}
	})
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	const paths = `,"paths":{"/orders/{id}":{"get":{}}}`
	for document, want := range map[string]string{
		`{"openapi":"3.0.0"` + paths + `}`: "/orders/{id}",
		`{"openapi":"3.0.0","servers":[{"url":"https://a.example/v1/"},{"url":"/v2"},{"url":"https://b.example/v1"}]` + paths + `}`:                 "/v1/orders/{id} /v2/orders/{id}",
		`{"openapi":"3.0.0","servers":[{"url":"https://{host}/{base}","variables":{"host":{"default":"a"},"base":{"default":"v3"}}}]` + paths + `}`: "/v3/orders/{id}",
		`{"openapi":"3.0.0","servers":[{"url":"/v1"}],"paths":{"/orders/{id}":{"servers":[{"url":"/v4"}],"get":{}}}}`:                               "/v4/orders/{id}",
		`{"openapi":"3.0.0","paths":{"/orders/{id}":{"servers":[{"url":"/v4"}],"get":{"servers":[{"url":"v5"}]}}}}`:                                 "/v5/orders/{id}",
		`{"swagger":"2.0","basePath":"/api/"` + paths + `}`:                                                                                         "/api/orders/{id}",
		`{"openapi":"3.0.0","servers":"none"` + paths + `}`:                                                                                         "/orders/{id}",
	} {
		operations := openapi.Operations([]byte(document))
		if len(operations) != 1 || strings.Join(operations[0].Templates, " ") != want {
			t.Errorf("%s: %+v, want %s", document, operations, want)
		}
	}
}
