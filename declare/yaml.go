package declare

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// place is where something was written.
type place struct {
	file         string
	line, column int
}

func (p place) String() string { return fmt.Sprintf("%s:%d:%d", p.file, p.line, p.column) }

// Fault is something wrong in a file.
type Fault struct {
	at     place
	path   string // such as apis[0].publications[1].portal; may be empty
	reason string
}

func (f Fault) String() string {
	if f.path == "" {
		return f.at.String() + ": " + f.reason
	}
	return f.at.String() + ": " + f.path + " " + f.reason
}

// Faults is the error of files that cannot be applied. Nothing was changed.
type Faults []Fault

func (f Faults) Error() string {
	sorted := slices.Clone([]Fault(f))
	slices.SortStableFunc(sorted, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.at.file, b.at.file), cmp.Compare(a.at.line, b.at.line), cmp.Compare(a.at.column, b.at.column))
	})
	lines := make([]string, 0, len(f)+1)
	for _, fault := range sorted {
		lines = append(lines, fault.String())
	}
	return strings.Join(append(lines, fmt.Sprintf("%d %s in the files; nothing was changed.", len(f), plural(len(f), "fault"))), "\n")
}

func plural(n int, noun string) string {
	switch {
	case n == 1:
		return noun
	case strings.HasSuffix(noun, "y") && !strings.HasSuffix(noun, "ey"):
		return strings.TrimSuffix(noun, "y") + "ies"
	}
	return noun + "s"
}

// node is a value of a file with its place. It is exactly one of a map, a list
// and a scalar.
type node struct {
	at      place
	isMap   bool
	members []member // of a map, in the order of the file
	isList  bool
	items   []*node
	scalar  any // nil, bool, float64 or string
}

type member struct {
	name  string
	at    place
	value *node
}

// get returns a member of a map, or nil.
func (n *node) get(name string) *node {
	for _, m := range n.members {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// shape says what a node is, for faults.
func (n *node) shape() string {
	switch n.scalar.(type) {
	case bool:
		return "true or false"
	case float64:
		return "a number"
	case string:
		return "a text"
	}
	switch {
	case n.isMap:
		return "a map"
	case n.isList:
		return "a list"
	}
	return "null"
}

// plain is the node's value as encoding/json decodes it into an any.
func (n *node) plain() any {
	switch {
	case n.isMap:
		out := make(map[string]any, len(n.members))
		for _, m := range n.members {
			out[m.name] = m.value.plain()
		}
		return out
	case n.isList:
		out := make([]any, len(n.items))
		for i, item := range n.items {
			out[i] = item.plain()
		}
		return out
	}
	return n.scalar
}

// maxDepth is how deep maps and lists may be nested.
const maxDepth = 100

// parse reads the documents of a YAML file; there is one node for each that is
// not empty.
func parse(file string, text []byte) ([]*node, Faults) {
	if depth(text) > maxDepth {
		return nil, Faults{{at: place{file, 1, 1}, reason: fmt.Sprintf("nests deeper than %d levels", maxDepth)}}
	}
	parsed, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, Faults{syntaxFault(file, err)}
	}
	b := builder{file: file}
	var out []*node
	for _, doc := range parsed.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType {
			continue
		}
		out = append(out, b.node(doc.Body))
	}
	return out, b.faults
}

// depth is an upper bound of how deep flow collections nest and of how far
// block collections are indented.
func depth(text []byte) int {
	deepest, flow := 0, 0
	for line := range strings.Lines(string(text)) {
		markers := 0
		for _, c := range line {
			if c == '-' || c == '?' {
				markers++
			} else if c != ' ' {
				break
			}
		}
		indent := len(line) - len(strings.TrimLeft(line, " "))
		for _, c := range line {
			switch c {
			case '[', '{':
				flow++
			case ']', '}':
				flow = max(0, flow-1)
			}
			deepest = max(deepest, flow)
		}
		deepest = max(deepest, markers, min(indent, 2*maxDepth)/2)
	}
	return deepest
}

func syntaxFault(file string, err error) Fault {
	at, reason := place{file, 1, 1}, "is not valid YAML"
	if syntax, ok := errors.AsType[*yaml.SyntaxError](err); ok {
		reason += ": " + syntax.Message
		if syntax.Token != nil && syntax.Token.Position != nil {
			at.line, at.column = syntax.Token.Position.Line, syntax.Token.Position.Column
		}
	}
	return Fault{at: at, reason: reason}
}

// builder makes nodes and collects what it cannot make one of.
type builder struct {
	file   string
	faults Faults
}

func (b *builder) place(n ast.Node) place {
	at := place{b.file, 1, 1}
	if token := n.GetToken(); token != nil && token.Position != nil {
		at.line, at.column = token.Position.Line, token.Position.Column
	}
	return at
}

func (b *builder) node(n ast.Node) *node {
	if n == nil {
		return &node{at: place{b.file, 1, 1}}
	}
	out := &node{at: b.place(n)}
	switch n := n.(type) {
	case *ast.NullNode:
	case *ast.BoolNode:
		out.scalar = n.Value
	case *ast.IntegerNode:
		out.scalar = number(n.Value)
	case *ast.FloatNode:
		out.scalar = n.Value
	case *ast.StringNode:
		out.scalar = n.Value
	case *ast.LiteralNode:
		out.scalar = n.Value.Value
	case *ast.MappingValueNode:
		b.fill(out, []*ast.MappingValueNode{n})
	case *ast.MappingNode:
		b.fill(out, n.Values)
	case *ast.SequenceNode:
		out.isList = true
		for _, item := range n.Values {
			out.items = append(out.items, b.node(item))
		}
	default:
		b.faults = append(b.faults, Fault{at: out.at, reason: "holds " + strings.ToLower(n.Type().String()) + ", which declarations do not have: write the value itself"})
	}
	return out
}

// fill makes out a map. Names have to be texts, and are there once.
func (b *builder) fill(out *node, values []*ast.MappingValueNode) {
	out.isMap = true
	if len(values) > 0 {
		out.at = b.place(values[0].Key)
	}
	for _, v := range values {
		at := b.place(v.Key)
		name := ""
		switch key := v.Key.(type) {
		case *ast.StringNode:
			name = key.Value
		case *ast.IntegerNode, *ast.BoolNode, *ast.FloatNode:
			name = key.GetToken().Value
		default:
			b.faults = append(b.faults, Fault{at: at, reason: "the name of a member has to be a text"})
			continue
		}
		if out.get(name) != nil {
			b.faults = append(b.faults, Fault{at: at, path: name, reason: "is there twice"})
			continue
		}
		out.members = append(out.members, member{name, at, b.node(v.Value)})
	}
}

// number is an integer as encoding/json has numbers.
func number(v any) any {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case uint64:
		return float64(v)
	}
	return v
}
