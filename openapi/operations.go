package openapi

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Operation is what a document says about one of its operations, as far as
// somebody would search for it or a gateway could tell a request of it.
type Operation struct {
	ID          string // operationId; may be empty
	Method      string // upper case
	Path        string
	Summary     string
	Description string
	Tags        []string
	Templates   []string // Path below the path of every server: what callers use
}

// Key names the operation within its document, whether or not it has an id.
func (o Operation) Key() string { return o.Method + " " + o.Path }

// Name is what people call the operation.
func (o Operation) Name() string { return cmp.Or(o.Summary, o.ID, o.Key()) }

// maxOperations bounds how many operations of one document are told of.
const maxOperations = 5000

// methods are those that OpenAPI has, in the order in which they are shown.
func methods() []string {
	return []string{"get", "post", "put", "patch", "delete", "head", "options", "trace"}
}

// Operations lists the operations of an OpenAPI document, by path and method.
// A document that cannot be read, or that has no paths, has none; what is
// malformed within it is passed over.
func Operations(content []byte) []Operation {
	root, err := Read(content)
	if err != nil {
		return nil
	}
	paths, _ := root["paths"].(map[string]any)
	var out []Operation
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := resolve(root, paths[path])
		for _, method := range methods() {
			object, ok := item[method].(map[string]any)
			if !ok || !strings.HasPrefix(path, "/") {
				continue
			}
			if len(out) == maxOperations {
				return out
			}
			text := func(member string) string { s, _ := object[member].(string); return s }
			o := Operation{ID: text("operationId"), Method: strings.ToUpper(method), Path: path,
				Summary: strings.TrimSpace(text("summary")), Description: strings.TrimSpace(text("description"))}
			tags, _ := object["tags"].([]any)
			for _, tag := range tags {
				if s, ok := tag.(string); ok {
					o.Tags = append(o.Tags, s)
				}
			}
			o.Templates = templates(root, item, object, path)
			out = append(out, o)
		}
	}
	return out
}

// resolve is a path item, or the one within the document that it refers to.
func resolve(root map[string]any, item any) map[string]any {
	object, _ := item.(map[string]any)
	pointer, ok := object["$ref"].(string)
	if !ok || !strings.HasPrefix(pointer, "#/") {
		return object
	}
	object, _ = follow(root, pointer).(map[string]any)
	return object
}

// follow is what a pointer of the form #/a/b leads to within the document (RFC 6901).
func follow(root map[string]any, pointer string) any {
	var at any = root
	for _, token := range strings.Split(pointer[2:], "/") {
		parent, _ := at.(map[string]any)
		at = parent[strings.NewReplacer("~1", "/", "~0", "~").Replace(token)]
	}
	return at
}
