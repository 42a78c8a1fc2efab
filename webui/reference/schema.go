package reference

import (
	"slices"
	"strings"
)

// Schema is a schema as a page shows it.
type Schema struct {
	Name        string // of the referenced schema; empty: it stands where it is used
	Type        string // string, array of Flight, object…; any of several with "or"
	Format      string
	Description string // Markdown
	Nullable    bool
	ReadOnly    bool
	WriteOnly   bool
	Deprecated  bool
	Default     string
	Constraints []string // in the notation of JSON Schema: minLength 3
	Enum        []string
	Properties  []Property
	Items       *Schema // of an array; nil when there is nothing to say of them
	Additional  *Schema // of members that have no name
	Variants    []Schema
	Any         bool // any number of the variants may hold, not just one
	Link        string
	// Link names a schema that has more to say than is shown here, because it
	// contains itself or the page is full; empty: everything is here.
}

// Property is a member of an object.
type Property struct {
	Name     string
	Required bool
	Schema
}

// Leaf says that nothing is inside the schema.
func (s Schema) Leaf() bool {
	return len(s.Properties) == 0 && s.Items == nil && s.Additional == nil && len(s.Variants) == 0
}

const (
	maxLevels = 10  // of a tree of schemas
	maxEnum   = 60  // values that are listed
	maxTree   = 200 // schemas of a tree, unless the page has less room
	maxExtra  = 100 // members of an object that are shown although there is no more room
)

// growing is a schema whose inside is not worked out yet.
type growing struct {
	schema *Schema
	raw    map[string]any
	level  int
	within *trail
}

// trail is the references that lead to a schema.
type trail struct {
	ref    string
	parent *trail
}

func (t *trail) has(ref string) bool {
	for ; t != nil; t = t.parent {
		if t.ref == ref {
			return true
		}
	}
	return false
}

// tree works out a schema, level by level, until room schemas are shown. What
// has no room any more ends in a link.
func (s source) tree(v any, room int) *Schema {
	if object(v) == nil {
		return nil
	}
	g := &grower{source: s, room: room}
	top := new(Schema)
	g.plant(top, v, 0, nil)
	for len(g.queue) > 0 {
		next := g.queue[0]
		g.queue = g.queue[1:]
		g.grow(next)
	}
	return top
}

type grower struct {
	source
	room  int
	queue []growing
}

// plant fills in what is to be said of a schema itself, and notes its inside to
// be worked out later.
func (g *grower) plant(to *Schema, v any, level int, within *trail) {
	raw, ref := g.flatten(v)
	raw, nullable := g.withoutNull(raw)
	if variants := slices.Concat(array(raw["oneOf"]), array(raw["anyOf"])); len(variants) == 1 {
		inner, innerRef := g.flatten(variants[0])
		merged := map[string]any{}
		for name, value := range raw {
			if name != "oneOf" && name != "anyOf" {
				merged[name] = value
			}
		}
		unite(merged, inner)
		if raw = merged; ref == "" {
			ref = innerRef
		}
	}
	describe(to, raw)
	to.Nullable = to.Nullable || nullable
	to.Type = g.typeName(raw, 0)
	if strings.HasPrefix(ref, "#/components/schemas/") {
		to.Name = nameOf(ref)
	}
	g.room--
	if !g.hasInside(raw) {
		return
	}
	if ref != "" && within.has(ref) || level >= maxLevels || g.room <= 0 {
		if to.Link = to.Name; to.Link == "" && ref != "" {
			to.Link = nameOf(ref)
		}
		return
	}
	if ref != "" {
		within = &trail{ref, within}
	}
	g.queue = append(g.queue, growing{to, raw, level, within})
}

// withoutNull takes the ways out of a schema in which OpenAPI 3.1 says that a
// value may be null.
func (g *grower) withoutNull(raw map[string]any) (map[string]any, bool) {
	for _, member := range []string{"oneOf", "anyOf"} {
		variants := array(raw[member])
		rest := slices.DeleteFunc(slices.Clone(variants), func(v any) bool { return text(object(v)["type"]) == "null" })
		if len(rest) < len(variants) {
			clone := map[string]any{}
			for name, value := range raw {
				clone[name] = value
			}
			clone[member] = rest
			return clone, true
		}
	}
	return raw, false
}

// hasInside says that a schema consists of others that are worth showing.
func (g *grower) hasInside(raw map[string]any) bool {
	for range maxLevels { // a list of lists shows what is innermost
		for _, member := range []string{"properties", "additionalProperties"} {
			if len(object(raw[member])) > 0 {
				return true
			}
		}
		if len(array(raw["oneOf"])) > 0 || len(array(raw["anyOf"])) > 0 {
			return true
		}
		if raw, _ = g.flatten(raw["items"]); raw == nil || notable(raw) {
			return raw != nil
		}
	}
	return false
}

// notable says that there is something to say of an array's items besides
// their type.
func notable(items map[string]any) bool {
	for _, member := range []string{"description", "enum", "pattern", "format", "minLength", "maxLength", "minimum", "maximum"} {
		if _, there := items[member]; there {
			return true
		}
	}
	return false
}

// grow works out the inside of a schema.
func (g *grower) grow(n growing) {
	required := map[string]bool{}
	for _, name := range array(n.raw["required"]) {
		required[text(name)] = true
	}
	properties := object(n.raw["properties"])
	names := sorted(properties)
	slices.SortStableFunc(names, func(a, b string) int {
		switch {
		case required[a] == required[b]:
			return 0
		case required[a]:
			return -1
		}
		return 1
	})
	n.schema.Properties = make([]Property, len(names))
	for i, name := range names {
		if g.room <= -maxExtra {
			n.schema.Properties, n.schema.Link = n.schema.Properties[:i], n.schema.Name
			break
		}
		p := &n.schema.Properties[i]
		p.Name, p.Required = name, required[name]
		g.plant(&p.Schema, properties[name], n.level+1, n.within)
	}
	if items := object(n.raw["items"]); items != nil {
		n.schema.Items = new(Schema)
		g.plant(n.schema.Items, items, n.level+1, n.within)
	}
	if more := object(n.raw["additionalProperties"]); len(more) > 0 {
		n.schema.Additional = new(Schema)
		g.plant(n.schema.Additional, more, n.level+1, n.within)
	}
	one, anyOf := array(n.raw["oneOf"]), array(n.raw["anyOf"])
	n.schema.Any = len(one) == 0
	variants := slices.Concat(one, anyOf)
	n.schema.Variants = make([]Schema, len(variants))
	for i, v := range variants {
		if g.room <= -maxExtra {
			n.schema.Variants, n.schema.Link = n.schema.Variants[:i], n.schema.Name
			break
		}
		g.plant(&n.schema.Variants[i], v, n.level+1, n.within)
		if title := text(object(v)["title"]); n.schema.Variants[i].Name == "" && title != "" {
			n.schema.Variants[i].Name = shorten(title, 60)
		}
	}
}

// describe reads what a schema says of its values.
func describe(to *Schema, raw map[string]any) {
	to.Description, to.Format = text(raw["description"]), shorten(text(raw["format"]), 40)
	to.Nullable = truth(raw["nullable"]) || slices.Contains(array(raw["type"]), any("null"))
	to.ReadOnly, to.WriteOnly, to.Deprecated = truth(raw["readOnly"]), truth(raw["writeOnly"]), truth(raw["deprecated"])
	if v, there := raw["default"]; there {
		to.Default = shorten(literal(v), 200)
	}
	if v, there := raw["const"]; there {
		to.Enum = []string{shorten(literal(v), 200)}
	}
	for i, v := range array(raw["enum"]) {
		if i == maxEnum {
			to.Enum = append(to.Enum, "…")
			break
		}
		to.Enum = append(to.Enum, shorten(literal(v), 200))
	}
	for _, name := range []string{"minLength", "maxLength", "pattern", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"} {
		switch v := raw[name].(type) {
		case nil:
		case bool:
			if v {
				to.Constraints = append(to.Constraints, name)
			}
		default:
			to.Constraints = append(to.Constraints, name+" "+shorten(literal(v), 200))
		}
	}
}

// typeName says in words what a schema's values are.
func (s source) typeName(raw map[string]any, depth int) string {
	var names []string
	switch t := raw["type"].(type) {
	case string:
		names = append(names, t)
	case []any:
		for _, one := range t {
			if name := text(one); name != "" && name != "null" {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		names = append(names, implied(raw))
	}
	for i, name := range names {
		if name == "array" && depth < 4 {
			if items, ref := s.flatten(raw["items"]); items != nil {
				of := s.typeName(items, depth+1)
				if ref != "" {
					of = nameOf(ref)
				}
				names[i] = "array of " + of
			}
		}
	}
	return shorten(strings.Join(names, " or "), 120)
}

// implied is the type of a schema that names none.
func implied(raw map[string]any) string {
	switch {
	case len(array(raw["oneOf"])) > 0:
		return "one of"
	case len(array(raw["anyOf"])) > 0:
		return "any of"
	case raw["properties"] != nil || raw["additionalProperties"] != nil:
		return "object"
	case raw["items"] != nil:
		return "array"
	case len(array(raw["enum"])) > 0:
		if _, is := array(raw["enum"])[0].(string); is {
			return "string"
		}
	}
	return "any"
}

// Schema works out one of the document's named schemas, for a page of its own.
func (d *Document) Schema(name string) (Schema, bool) {
	raw := object(object(object(d.root["components"])["schemas"])[name])
	if raw == nil {
		return Schema{}, false
	}
	out := *d.tree(raw, 5*maxTree)
	out.Name = name
	return out, true
}
