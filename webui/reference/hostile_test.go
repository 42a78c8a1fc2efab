package reference_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"portico/webui/reference"
)

type object = map[string]any

// hostile is a document with a response of a schema for every path.
func hostile(t *testing.T, paths int, schema any, schemas object) *reference.Document {
	t.Helper()
	answer := object{"get": object{"responses": object{"200": object{"description": "x", "content": object{"application/json": object{"schema": schema}}}}}}
	all := object{}
	for i := range paths {
		all[fmt.Sprintf("/p%d", i)] = answer
	}
	content, err := json.Marshal(object{"openapi": "3.0.3", "info": object{"title": "t", "version": "1"}, "paths": all, "components": object{"schemas": schemas}})
	if err != nil {
		t.Fatal(err)
	}
	return read(t, string(content))
}

func members(n int, value any) object {
	out := object{}
	for i := range n {
		out[fmt.Sprintf("member%d", i)] = value
	}
	return object{"type": "object", "properties": out}
}

// TestSchemasThatMultiply: a document of some kilobytes must not become hours of
// work or a page of gigabytes.
func TestSchemasThatMultiply(t *testing.T) {
	t.Parallel()
	parts := make([]any, 190)
	for i := range parts {
		parts[i] = object{"$ref": "#/components/schemas/Big"}
	}
	many := object{"allOf": parts}
	for name, d := range map[string]*reference.Document{
		"allOf": hostile(t, 1, members(300, object{"$ref": "#/components/schemas/Many"}), object{"Many": many, "Big": members(3000, object{"type": "string"})}),
		"wide":  hostile(t, 10, object{"$ref": "#/components/schemas/Wide"}, object{"Wide": members(20_000, object{"type": "string"})}),
		"oneOf": hostile(t, 10, object{"oneOf": parts}, object{"Big": members(300, object{"type": "string"})}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			p, _ := d.Page(reference.Site{Path: "/r"}, "", 1)
			page := render(t, p, "en")
			if took := time.Since(began); took > 20*time.Second || len(page) > 12<<20 {
				t.Errorf("the page took %v and has %d bytes", took, len(page))
			}
		})
	}
}

// TestWhatHasNoRoomIsLinked: a schema that is cut short leads to its own page.
func TestWhatHasNoRoomIsLinked(t *testing.T) {
	t.Parallel()
	d := hostile(t, 1, object{"$ref": "#/components/schemas/Wide"}, object{"Wide": members(1000, object{"type": "string"})})
	shown := operation(t, d, "get-p0").Responses[0].Content[0].Schema
	if n := len(shown.Properties); n < 100 || n > 300 || shown.Link != "Wide" {
		t.Errorf("%d members are shown, and a link to %q", n, shown.Link)
	}
	if whole, _ := d.Schema("Wide"); len(whole.Properties) != 1000 || whole.Link != "" {
		t.Errorf("the schema's own page has %d members", len(whole.Properties))
	}
}

// TestServersThatMultiply: the defaults of variables are no variables again.
func TestServersThatMultiply(t *testing.T) {
	t.Parallel()
	variables, servers := object{}, []any{}
	for c := 'a'; c < 'z'; c++ {
		variables[string(c)] = object{"default": strings.Repeat("{"+string(c+1)+"}", 100)}
	}
	for range 50 {
		servers = append(servers, object{"url": "https://{a}.example.com", "variables": variables})
	}
	content, err := json.Marshal(object{"openapi": "3.0.3", "info": object{"title": "t", "version": "1"}, "paths": object{}, "servers": servers})
	if err != nil {
		t.Fatal(err)
	}
	d := read(t, string(content))
	if want := "https://" + strings.Repeat("{b}", 100) + ".example.com"; len(d.Servers) != 20 || d.Servers[0] != want {
		t.Errorf("%d servers, the first %.200q", len(d.Servers), d.Servers[0])
	}
}
