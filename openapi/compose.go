package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
)

// Info is what a composed document says about itself.
type Info struct{ Title, Version, Description string }

// Part is a document, and those of its operations that go into a composed one.
type Part struct {
	Name       string // tells apart what several documents call by one name: ASCII letters, digits, - and _
	Content    []byte
	Operations []string // by Operation.Key
}

// Compose makes one OpenAPI 3 document, as JSON, of operations of several
// OpenAPI documents: their paths, and of the components only those that they
// use. A component or operationId whose name an earlier part has taken for
// something else gets the part's name behind its own. An operation whose method
// and path an earlier part has is left out. The error is a *ParseError.
func Compose(info Info, parts []Part) (content []byte, err error) {
	defer func() {
		if recover() != nil { // what the converter's authors did not foresee
			content, err = nil, &ParseError{Reason: "The specifications cannot be put together."}
		}
	}()
	c := &composition{
		paths: map[string]any{}, components: map[string]any{}, operationIDs: map[string]bool{}, tags: map[string]map[string]any{}, version: "3.0.3",
	}
	roots := make([]map[string]any, len(parts))
	for i, p := range parts {
		if roots[i], err = readOAS3(p.Content); err != nil {
			return nil, err
		}
		if is31(roots[i]) {
			c.version = "3.1.0"
		}
	}
	for i, p := range parts {
		c.add(p, roots[i])
	}
	return json.MarshalIndent(c.document(info), "", "  ")
}

func is31(root map[string]any) bool {
	version, _ := root["openapi"].(string)
	return strings.HasPrefix(version, "3.") && !strings.HasPrefix(version, "3.0")
}

// readOAS3 reads a document, converted if it is OpenAPI 2.
func readOAS3(content []byte) (map[string]any, error) {
	root, err := Read(content)
	if err != nil || root["swagger"] == nil {
		return root, err
	}
	asJSON, err := json.Marshal(root)
	if err != nil {
		return nil, &ParseError{Reason: "The document holds a value that JSON has no form for."}
	}
	var old openapi2.T
	if err := json.Unmarshal(asJSON, &old); err != nil {
		return nil, &ParseError{Reason: shorten(err.Error())}
	}
	converted, err := openapi2conv.ToV3(&old)
	if err != nil {
		return nil, &ParseError{Reason: shorten(err.Error())}
	}
	if asJSON, err = json.Marshal(converted); err != nil {
		return nil, &ParseError{Reason: shorten(err.Error())}
	}
	return Read(asJSON)
}

// composition is a document in the making.
type composition struct {
	version      string
	paths        map[string]any
	components   map[string]any // section → name → component
	operationIDs map[string]bool
	tagNames     []string // used, in order
	tags         map[string]map[string]any
	servers      []any // of each operation
}

func (c *composition) document(info Info) map[string]any {
	about := map[string]any{"title": info.Title, "version": info.Version}
	if info.Description != "" {
		about["description"] = info.Description
	}
	out := map[string]any{"openapi": c.version, "info": about, "paths": c.paths}
	if len(c.components) > 0 {
		out["components"] = c.components
	}
	var tags []any
	for _, name := range c.tagNames {
		if tag, described := c.tags[name]; described {
			tags = append(tags, tag)
		} else {
			tags = append(tags, map[string]any{"name": name})
		}
	}
	if tags != nil {
		out["tags"] = tags
	}
	if shared := c.sharedServers(); shared != nil {
		out["servers"] = shared
	}
	return out
}

// sharedServers takes the servers from the operations if they are the same for
// all of them.
func (c *composition) sharedServers() any {
	if len(c.servers) == 0 || slices.ContainsFunc(c.servers, func(s any) bool { return s == nil || !reflect.DeepEqual(s, c.servers[0]) }) {
		return nil
	}
	for _, item := range c.paths {
		for _, operation := range item.(map[string]any) {
			delete(operation.(map[string]any), "servers")
		}
	}
	return c.servers[0]
}

// add puts a part's operations into the document.
func (c *composition) add(p Part, root map[string]any) {
	s := &source{composition: c, name: p.Name, root: root, renamed: map[string]string{}, upgrade: c.version != "3.0.3" && !is31(root)}
	described, _ := root["tags"].([]any)
	for _, t := range described {
		if tag, ok := t.(map[string]any); ok {
			if name, _ := tag["name"].(string); c.tags[name] == nil {
				c.tags[name] = s.object(tag)
			}
		}
	}
	paths, _ := root["paths"].(map[string]any)
	for _, key := range p.Operations {
		method, path, _ := strings.Cut(key, " ")
		item := resolve(root, paths[path])
		operation, ok := item[strings.ToLower(method)].(map[string]any)
		there, _ := c.paths[path].(map[string]any)
		if !ok || there[strings.ToLower(method)] != nil {
			continue
		}
		if there == nil {
			there = map[string]any{}
			c.paths[path] = there
		}
		there[strings.ToLower(method)] = s.operation(item, operation)
	}
}

// source is one part on its way into the document.
type source struct {
	*composition
	name    string
	root    map[string]any
	renamed map[string]string // section/name → what it is called in the document
	upgrade bool              // from OpenAPI 3.0 to 3.1
	depth   int               // of references that are written out
	written int               // values that they led to
}

// operation copies an operation together with what its path and its document
// say for it.
func (s *source) operation(item, operation map[string]any) map[string]any {
	out := s.object(operation)
	if parameters := inherited(item["parameters"], operation["parameters"]); len(parameters) > 0 {
		out["parameters"] = s.rewrite(parameters, "")
	}
	list := servers(s.root, item, operation)
	if list != nil {
		out["servers"] = s.rewrite(list, "")
	}
	s.servers = append(s.servers, out["servers"])
	if security, ok := operation["security"]; ok {
		out["security"] = s.security(security)
	} else if security, ok := s.root["security"]; ok {
		out["security"] = s.security(security)
	}
	if id, ok := out["operationId"].(string); ok {
		out["operationId"] = s.free(id, func(candidate string) bool { return s.operationIDs[candidate] })
		s.operationIDs[out["operationId"].(string)] = true
	}
	tags, _ := out["tags"].([]any)
	for _, t := range tags {
		if name, ok := t.(string); ok && !slices.Contains(s.tagNames, name) {
			s.tagNames = append(s.tagNames, name)
		}
	}
	return out
}

// inherited are an operation's parameters and those of its path that it does
// not have itself.
func inherited(ofPath, own any) []any {
	out, _ := own.([]any)
	out = slices.Clone(out)
	above, _ := ofPath.([]any)
	for _, p := range above {
		parameter, _ := p.(map[string]any)
		same := func(other any) bool {
			o, _ := other.(map[string]any)
			return reflect.DeepEqual(p, other) || o["name"] != nil && o["name"] == parameter["name"] && o["in"] == parameter["in"]
		}
		if !slices.ContainsFunc(out, same) {
			out = append(out, p)
		}
	}
	return out
}

// security copies requirements, and brings the schemes along that they name.
func (s *source) security(requirements any) any {
	list, ok := requirements.([]any)
	if !ok {
		return []any{}
	}
	out := make([]any, len(list))
	for i, r := range list {
		requirement := map[string]any{}
		named, _ := r.(map[string]any)
		for name, scopes := range named {
			requirement[s.bring("securitySchemes", name)] = scopes
		}
		out[i] = requirement
	}
	return out
}

// free is a name, or the first with the part's name and a number behind it that
// is not taken.
func (s *source) free(name string, taken func(string) bool) string {
	candidate := name
	for n := 1; taken(candidate); n++ {
		candidate = name + "_" + s.name
		if n > 1 {
			candidate = fmt.Sprintf("%s_%d", candidate, n)
		}
	}
	return candidate
}

// bring copies a component into the document, once, and returns what it is
// called there.
func (s *source) bring(section, name string) string {
	key := section + "/" + name
	if renamed, done := s.renamed[key]; done {
		return renamed
	}
	all, _ := s.root["components"].(map[string]any)
	mine, _ := all[section].(map[string]any)
	component, ok := mine[name]
	if !ok {
		return name // it leads nowhere here as it did there
	}
	there, _ := s.components[section].(map[string]any)
	if there == nil {
		there = map[string]any{}
		s.components[section] = there
	}
	if other, taken := there[name]; taken && !refers(component) && reflect.DeepEqual(other, s.rewrite(component, "")) {
		s.renamed[key] = name // several APIs have it, word for word
		return name
	}
	renamed := s.free(name, func(candidate string) bool { return there[candidate] != nil })
	s.renamed[key] = renamed
	there[renamed] = map[string]any{} // taken, while it is copied: it may refer to itself
	there[renamed] = s.rewrite(component, "")
	return renamed
}

// refers says whether a value holds a reference.
func refers(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		_, is := v["$ref"].(string)
		return is || slices.ContainsFunc(slices.Collect(maps.Values(v)), refers)
	case []any:
		return slices.ContainsFunc(v, refers)
	}
	return false
}

func (s *source) object(object map[string]any) map[string]any {
	out, _ := s.rewrite(object, "").(map[string]any)
	return out
}

// These bound how deep references are written out that lead to something else
// than a component, and how many values come of it: a small document could ask
// for a huge one.
const (
	maxWrittenDepth = 8
	maxWritten      = 100_000
)

// rewrite copies a value that stands under a member's name; references lead to
// the components of the document.
func (s *source) rewrite(value any, under string) any {
	if s.depth > 0 {
		s.written++
	}
	switch v := value.(type) {
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = s.rewrite(item, "")
		}
		return out
	case map[string]any:
		if pointer, ok := v["$ref"].(string); ok && strings.HasPrefix(pointer, "#/") {
			return s.reference(v, pointer)
		}
		out := make(map[string]any, len(v))
		for name, member := range v {
			out[name] = s.rewrite(member, name)
		}
		if under == "discriminator" {
			s.mapping(out)
		}
		if s.upgrade {
			upgradeSchema(out)
		}
		return out
	}
	return value
}

// reference leads to a component of the document; whatever else it led to is
// written out in its place.
func (s *source) reference(object map[string]any, pointer string) any {
	out := maps.Clone(object)
	tokens := strings.Split(pointer, "/")
	if len(tokens) >= 4 && tokens[1] == "components" {
		tokens[3] = s.bring(tokens[2], strings.NewReplacer("~1", "/", "~0", "~").Replace(tokens[3]))
		out["$ref"] = strings.Join(tokens, "/")
		return out
	}
	target := resolve(s.root, object)
	if s.depth++; target == nil || s.depth > maxWrittenDepth || s.written > maxWritten {
		target = map[string]any{}
	}
	defer func() { s.depth-- }()
	return s.rewrite(target, "")
}

// mapping leads a discriminator's values to the schemas of the document; they
// may be named by their bare names.
func (s *source) mapping(discriminator map[string]any) {
	values, _ := discriminator["mapping"].(map[string]any)
	for value, v := range values {
		name, _ := v.(string)
		if bare, ok := strings.CutPrefix(name, "#/components/schemas/"); ok {
			name = bare
		}
		all, _ := s.root["components"].(map[string]any)
		schemas, _ := all["schemas"].(map[string]any)
		if _, ok := schemas[name]; ok {
			values[value] = "#/components/schemas/" + s.bring("schemas", name)
		}
	}
}

// upgradeSchema writes what OpenAPI 3.0 has of its own as JSON Schema does.
func upgradeSchema(schema map[string]any) {
	if kind, ok := schema["type"].(string); ok && schema["nullable"] == true {
		schema["type"] = []any{kind, "null"}
		delete(schema, "nullable")
	}
	for exclusive, limit := range map[string]string{"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"} {
		is, ok := schema[exclusive].(bool)
		if !ok {
			continue
		}
		delete(schema, exclusive)
		if at, there := schema[limit]; is && there {
			schema[exclusive] = at
			delete(schema, limit)
		}
	}
}
