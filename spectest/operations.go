package spectest

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Operation is what a contract says of one operation.
type Operation struct {
	ID       string
	Method   string
	Path     string // with the document's prefix, such as /v3/portals/{portalId}
	Statuses []int
	Filters  map[string][]string // fields, and their operators; "" is the short form without one
	Sorts    []string
	Body     map[string]Property // of a JSON body, all its variants together; nil: there is none
}

// Property is a member of a request body.
type Property struct{ Nullable, ReadOnly bool }

// Described returns every operation of the contracts, by id.
func (o *Oracle) Described() map[string]Operation {
	out := map[string]Operation{}
	for _, doc := range o.docs {
		for path, item := range doc.spec.Paths.Map() {
			for method, op := range item.Operations() {
				described := Operation{ID: op.OperationID, Method: method, Path: strings.TrimSuffix(doc.spec.Servers[0].URL, "/") + path, Filters: map[string][]string{}}
				for status := range op.Responses.Map() {
					if n, err := strconv.Atoi(status); err == nil {
						described.Statuses = append(described.Statuses, n)
					}
				}
				slices.Sort(described.Statuses)
				for _, parameter := range slices.Concat(item.Parameters, op.Parameters) {
					described.ask(parameter.Value)
				}
				if op.RequestBody != nil {
					described.Body = body(op.RequestBody.Value)
				}
				out[op.OperationID] = described
			}
		}
	}
	return out
}

// Success is the status of an operation that did what it was asked for; 0 if
// there are several.
func (o Operation) Success() int {
	var found []int
	for _, status := range o.Statuses {
		if status < http.StatusBadRequest {
			found = append(found, status)
		}
	}
	if len(found) != 1 {
		return 0
	}
	return found[0]
}

var (
	listed = regexp.MustCompile("(?m)^\\s*[-*]\\s+`?([a-z_]+)")
	single = regexp.MustCompile(`^filter\[([^\]]+)\](?:\[([^\]]+)\])?$`)
)

// ask adds what a query parameter lets a client ask for.
func (o *Operation) ask(p *openapi3.Parameter) {
	parts := single.FindStringSubmatch(p.Name)
	switch {
	case p.In != openapi3.ParameterInQuery:
	case parts != nil:
		o.Filters[parts[1]] = append(o.Filters[parts[1]], parts[2])
	case p.Name == "sort":
		for _, found := range listed.FindAllStringSubmatch(p.Description, -1) {
			o.Sorts = append(o.Sorts, found[1])
		}
	case p.Name == "filter":
		for name, schema := range p.Schema.Value.Properties {
			o.Filters[name] = operators(schema.Value)
		}
	}
}

// operators of a field that can be filtered by; none for a map, whose keys are
// addressed.
func operators(s *openapi3.Schema) []string {
	var out []string
	for name := range s.Properties {
		out = append(out, name)
	}
	if s.Type != nil && !s.Type.Is(openapi3.TypeObject) {
		out = append(out, "")
	}
	for _, alternative := range slices.Concat(s.OneOf, s.AnyOf) {
		out = append(out, operators(alternative.Value)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func body(b *openapi3.RequestBody) map[string]Property {
	content := b.Content.Get("application/json")
	if content == nil {
		return nil
	}
	out := map[string]Property{}
	gather(content.Schema.Value, out)
	return out
}

// gather adds the members of a schema and of its variants.
func gather(s *openapi3.Schema, out map[string]Property) {
	for name, member := range s.Properties {
		out[name] = Property{Nullable: member.Value.Nullable, ReadOnly: member.Value.ReadOnly}
	}
	for _, variant := range slices.Concat(s.AllOf, s.OneOf, s.AnyOf) {
		gather(variant.Value, out)
	}
}
