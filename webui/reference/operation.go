package reference

import (
	"slices"
	"strings"
)

// Operation is all that a page shows of an operation.
type Operation struct {
	Head
	Description string // Markdown
	Parameters  []Parameter
	Body        *Body // nil: it takes none
	Responses   []Response
	Security    []Security // any one of these will do; empty: nothing is needed
	Server      string     // of this operation alone; empty: the document's
}

// Parameter is a parameter of a request, or a header of a response.
type Parameter struct {
	Name       string
	In         string // path, query, header or cookie
	Required   bool
	Deprecated bool
	About      string // Markdown
	Schema     *Schema
	Example    string // a value to send; never empty for what is required
}

// Body is what a request carries.
type Body struct {
	Required    bool
	Description string // Markdown
	Content     []Media
}

// Media is a body in one of its formats.
type Media struct {
	Type     string // media type
	Schema   *Schema
	Examples []Example
}

// Response is an answer.
type Response struct {
	Status      string // 200, 4XX or default
	Description string // Markdown
	Headers     []Parameter
	Content     []Media
}

// Security is a way to authenticate: all of the schemes together.
type Security []Scheme

// Scheme is a security scheme as an operation needs it.
type Scheme struct {
	Name   string // as the document calls it
	Kind   Auth   // what it comes to
	Where  string // with Key: header, query or cookie
	Key    string // with Key: the name of the header, parameter or cookie
	Scopes []string
}

// Auth is a way in which a request says who sends it.
type Auth string

// The ways. OtherAuth is any that has no place in a code sample.
const (
	NoAuth    Auth = ""
	Basic     Auth = "basic"
	Bearer    Auth = "bearer"
	Key       Auth = "key"
	OtherAuth Auth = "other"
)

const (
	maxParameters = 200
	maxMedia      = 6
	maxResponses  = 40
)

// Detail works out an operation. room is how many schemas each of its trees may
// show.
func (d *Document) Detail(head Head, room int) Operation {
	raw := head.raw
	op := Operation{Head: head, Description: text(raw["description"]), Security: d.security(raw)}
	if servers := d.servers(raw["servers"]); len(servers) > 0 {
		op.Server = servers[0]
	} else if servers := d.servers(head.item["servers"]); len(servers) > 0 {
		op.Server = servers[0]
	}
	if op.Description == "" {
		op.Description = text(head.item["description"])
	}
	op.Parameters = d.parameters(append(slices.Clone(array(head.item["parameters"])), array(raw["parameters"])...), head.Path)
	if body := d.resolve(raw["requestBody"]); body != nil {
		op.Body = &Body{Required: truth(body["required"]), Description: text(body["description"]), Content: d.content(body["content"], true, room)}
	}
	responses := object(raw["responses"])
	for _, status := range sorted(responses) {
		response := d.resolve(responses[status])
		if strings.HasPrefix(status, "x-") || len(op.Responses) == maxResponses {
			continue
		}
		share := room
		if !strings.HasPrefix(status, "2") {
			share = max(12, room/3) // errors look much alike
		}
		r := Response{Status: shorten(status, 10), Description: text(response["description"]), Content: d.content(response["content"], false, share)}
		headers := object(response["headers"])
		for _, name := range sorted(headers) {
			r.Headers = append(r.Headers, d.parameter(name, "header", d.resolve(headers[name])))
		}
		op.Responses = append(op.Responses, r)
	}
	return op
}

// parameters are those of an operation and its path: of two with the same name
// and place the operation's. What the path names and nobody describes is added.
func (d *Document) parameters(list []any, path string) []Parameter {
	var out []Parameter
	at := map[string]int{}
	for _, item := range list {
		raw := d.resolve(item)
		p := d.parameter(text(raw["name"]), text(raw["in"]), raw)
		i, there := at[p.In+" "+p.Name]
		switch {
		case p.Name == "" || !slices.Contains(places, p.In):
		case there:
			out[i] = p
		case len(out) < maxParameters:
			at[p.In+" "+p.Name] = len(out)
			out = append(out, p)
		}
	}
	for _, name := range placeholders(path) {
		if _, there := at["path "+name]; !there && len(out) < maxParameters {
			at["path "+name] = len(out)
			out = append(out, Parameter{Name: name, In: "path", Required: true, Example: name, Schema: &Schema{Type: "string"}})
		}
	}
	slices.SortStableFunc(out, func(a, b Parameter) int { return slices.Index(places, a.In) - slices.Index(places, b.In) })
	return out
}

// places of parameters, in the order that a page shows them.
var places = []string{"path", "query", "header", "cookie"}

// placeholders are the names in braces of a path.
func placeholders(path string) []string {
	var names []string
	for rest := path; ; {
		_, after, found := strings.Cut(rest, "{")
		name, tail, closed := strings.Cut(after, "}")
		if !found || !closed {
			return names
		}
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
		rest = tail
	}
}

func (d *Document) parameter(name, in string, raw map[string]any) Parameter {
	p := Parameter{
		Name: shorten(name, 120), In: in, Required: truth(raw["required"]) || in == "path", Deprecated: truth(raw["deprecated"]), About: text(raw["description"]),
	}
	schema := raw["schema"]
	for _, mediaType := range sorted(object(raw["content"])) {
		schema = object(object(raw["content"])[mediaType])["schema"]
		break
	}
	p.Schema = d.tree(schema, 1) // its type: what is inside, no page shows
	if p.Schema != nil && p.About == "" {
		p.About, p.Schema.Description = p.Schema.Description, ""
	}
	p.Example = d.parameterExample(raw, schema, p)
	return p
}

// parameterExample is a value to send; of what need not be sent only one that
// the document gives.
func (d *Document) parameterExample(raw map[string]any, schema any, p Parameter) string {
	if v, there := raw["example"]; there {
		return shorten(plainList(v), 200)
	}
	for _, name := range sorted(object(raw["examples"])) {
		return shorten(plainList(d.resolve(object(raw["examples"])[name])["value"]), 200)
	}
	flat, _ := d.flatten(schema)
	if v, there := flat["example"]; there {
		return shorten(plainList(v), 200)
	}
	if !p.Required {
		return ""
	}
	maker := &exampleMaker{source: d.source, request: true}
	if v := plainList(maker.value(schema, 0, nil)); v != "" && v != "string" && v != "null" {
		return shorten(v, 200)
	}
	return p.Name
}

// plainList is a value as a parameter writes it, a list with commas.
func plainList(v any) string {
	list, is := v.([]any)
	if !is {
		return literal(v)
	}
	words := make([]string, len(list))
	for i, item := range list {
		words[i] = literal(item)
	}
	return strings.Join(words, ",")
}

// content is a body in its formats, JSON first.
func (d *Document) content(v any, request bool, room int) []Media {
	formats := object(v)
	types := sorted(formats)
	slices.SortStableFunc(types, func(a, b string) int {
		switch {
		case isJSON(a) == isJSON(b):
			return 0
		case isJSON(a):
			return -1
		}
		return 1
	})
	var out []Media
	for _, mediaType := range types {
		if len(out) == maxMedia {
			break
		}
		media := d.resolve(formats[mediaType])
		out = append(out, Media{Type: shorten(mediaType, 100), Schema: d.tree(media["schema"], room), Examples: d.examples(mediaType, media, request)})
	}
	return out
}

// security is what an operation asks for, or else the document.
func (d *Document) security(raw map[string]any) []Security {
	wanted, own := raw["security"]
	if !own {
		wanted = d.root["security"]
	}
	schemes := object(object(d.root["components"])["securitySchemes"])
	var out []Security
	for _, item := range array(wanted) {
		var all Security
		for _, name := range sorted(object(item)) {
			scheme := readScheme(name, d.resolve(schemes[name]))
			for _, scope := range array(object(item)[name]) {
				scheme.Scopes = append(scheme.Scopes, shorten(text(scope), 100))
			}
			all = append(all, scheme)
		}
		if len(out) < 10 {
			out = append(out, all)
		}
	}
	return out
}

func readScheme(name string, raw map[string]any) Scheme {
	s := Scheme{Name: shorten(name, 60), Kind: OtherAuth}
	switch text(raw["type"]) {
	case "http":
		switch strings.ToLower(text(raw["scheme"])) {
		case "basic":
			s.Kind = Basic
		case "bearer":
			s.Kind = Bearer
		}
	case "oauth2", "openIdConnect":
		s.Kind = Bearer
	case "apiKey":
		s.Kind, s.Where, s.Key = Key, text(raw["in"]), shorten(text(raw["name"]), 100)
	}
	return s
}
