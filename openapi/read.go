package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	maxDepth   = 100       // nesting of objects and lists
	maxIndent  = 400       // columns of indentation; YAML nests by them
	maxMembers = 10_000    // members of a YAML block
	maxValues  = 1_000_000 // values of a document, aliases expanded
)

// Read parses JSON or YAML into the shapes of encoding/json, numbers as
// json.Number. The error is a *ParseError.
func Read(content []byte) (map[string]any, error) {
	switch {
	case len(content) > MaxSize:
		return nil, &ParseError{Reason: fmt.Sprintf("The document is larger than the allowed %d MiB.", MaxSize>>20)}
	case !utf8.Valid(content):
		return nil, &ParseError{Line: lineOfInvalidUTF8(content), Reason: "The document is not valid UTF-8."}
	case bytes.IndexByte(content, 0) >= 0:
		return nil, &ParseError{Line: lineAt(content, bytes.IndexByte(content, 0)), Reason: "The document holds a NUL character."}
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	text := bytes.TrimLeft(content, " \t\r\n")
	if len(text) == 0 {
		return nil, &ParseError{Reason: "The document is empty."}
	}
	var root any
	var err error
	if text[0] == '{' || text[0] == '[' {
		root, err = readJSON(content)
	} else {
		root, err = readYAML(content)
	}
	if err != nil {
		return nil, err
	}
	object, ok := root.(map[string]any)
	if !ok {
		return nil, &ParseError{Line: 1, Reason: "The document is not an object with named members."}
	}
	return object, nil
}

// readJSON parses JSON. encoding/json has a nesting limit of its own, far from
// what the stack bears; ours is the one that YAML has, too.
func readJSON(content []byte) (any, error) {
	if err := checkJSONDepth(content); err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	var root any
	if err := decoder.Decode(&root); err != nil {
		return nil, jsonError(content, err)
	}
	end := int(decoder.InputOffset())
	if rest := bytes.TrimSpace(content[end:]); len(rest) > 0 {
		return nil, &ParseError{Line: lineAt(content, len(content)-len(bytes.TrimLeft(content[end:], " \t\r\n"))), Reason: "There is more after the end of the document."}
	}
	return root, nil
}

func checkJSONDepth(content []byte) error {
	depth, inString, escaped := 0, false, false
	for i, c := range content {
		switch {
		case escaped:
			escaped = false
		case inString:
			escaped, inString = c == '\\', c != '"'
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return tooDeep(lineAt(content, i))
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

func jsonError(content []byte, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return &ParseError{Line: lineAt(content, len(content)), Reason: "The JSON ends too early: a closing brace, bracket or quote is missing."}
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return &ParseError{Line: lineAt(content, int(e.Offset)-1), Reason: "The JSON is malformed: " + e.Error() + "."}
	}
	return &ParseError{Reason: "The JSON is malformed: " + err.Error() + "."}
}

// readYAML parses the first document of a YAML stream.
func readYAML(content []byte) (root any, err error) {
	defer func() {
		if recover() != nil { // the parser trips over some malformed input
			root, err = nil, &ParseError{Reason: "The YAML is malformed."}
		}
	}()
	tokens := lexer.Tokenize(string(content))
	if err := checkNesting(tokens); err != nil {
		return nil, err
	}
	// The parser's own search for duplicate names takes quadratic time.
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, yamlError(err)
	}
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType || doc.Body.Type() == ast.DirectiveType {
			continue
		}
		return (&converter{anchors: map[string]anchored{}}).value(doc.Body, 0)
	}
	return nil, &ParseError{Reason: "The document is empty."}
}

// checkNesting bounds what costs the parser more than its length: the nesting,
// by which it recurses, and the members of one block, in whose number it takes
// quadratic time.
func checkNesting(tokens token.Tokens) error {
	flow, line, run := 0, 0, 0
	leading := true // only indicators since the line began
	var open blocks
	for _, t := range tokens {
		if t.Position.Line != line {
			line, run, leading = t.Position.Line, 0, true
			if flow == 0 && t.Type != token.CommentType {
				if t.Position.Column > maxIndent {
					return tooDeep(line)
				}
				if open.begin(t.Position.Column) > maxMembers && t.Type != token.SequenceEntryType {
					return &ParseError{Line: line, Reason: fmt.Sprintf("An object has more than %d members.", maxMembers)}
				}
			}
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType, token.AnchorType, token.TagType:
			if leading {
				run++
			}
		default:
			leading = false
		}
		if flow > maxDepth || run > maxDepth {
			return tooDeep(line)
		}
	}
	return nil
}

// blocks are the blocks that a line may continue, innermost last.
type blocks []struct{ column, lines int }

// begin notes a line that begins in a column and returns how many lines its
// block has so far.
func (b *blocks) begin(column int) int {
	for len(*b) > 0 && (*b)[len(*b)-1].column > column {
		*b = (*b)[:len(*b)-1]
	}
	if len(*b) == 0 || (*b)[len(*b)-1].column < column {
		*b = append(*b, struct{ column, lines int }{column: column})
	}
	top := &(*b)[len(*b)-1]
	top.lines++
	return top.lines
}

func tooDeep(line int) error {
	return &ParseError{Line: line, Reason: fmt.Sprintf("The document is nested more than %d levels deep.", maxDepth)}
}

func yamlError(err error) error {
	if e, ok := errors.AsType[yaml.Error](err); ok {
		line := 0
		if t := e.GetToken(); t != nil && t.Position != nil {
			line = t.Position.Line
		}
		return &ParseError{Line: line, Reason: "The YAML is malformed: " + shorten(e.GetMessage()) + "."}
	}
	return &ParseError{Reason: "The YAML is malformed: " + shorten(err.Error()) + "."}
}

// anchored is the value of a YAML anchor and how many values it holds; ready
// is false while the anchor is being read, that is, inside itself.
type anchored struct {
	value  any
	values int
	ready  bool
}

// converter turns a YAML tree into the shapes of encoding/json. An alias shares
// the value of its anchor but counts in full, so that a few lines cannot stand
// for more values than a document may have.
type converter struct {
	anchors map[string]anchored
	values  int
}

func (c *converter) value(n ast.Node, depth int) (any, error) {
	line := lineOf(n)
	if depth > maxDepth {
		return nil, tooDeep(line)
	}
	if err := c.count(1, line); err != nil {
		return nil, err
	}
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return nil, nil
	case *ast.MappingNode:
		return c.object(n.Values, depth)
	case *ast.MappingValueNode:
		return c.object([]*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		list := make([]any, 0, len(n.Values))
		for _, item := range n.Values {
			v, err := c.value(item, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case *ast.AnchorNode:
		return c.anchor(n, depth)
	case *ast.AliasNode:
		return c.alias(n)
	case *ast.TagNode:
		return c.tagged(n, depth)
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.BoolNode:
		return n.Value, nil
	case *ast.IntegerNode:
		return number(n.Token.Value, fmt.Sprint(n.Value)), nil
	case *ast.FloatNode:
		if math.IsInf(n.Value, 0) || math.IsNaN(n.Value) {
			return n.Token.Value, nil
		}
		asJSON, err := json.Marshal(n.Value)
		return number(n.Token.Value, string(asJSON)), err
	case *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, nil // JSON has no form for them
	}
	return nil, &ParseError{Line: line, Reason: "The YAML has a construct that JSON has no form for."}
}

func (c *converter) object(members []*ast.MappingValueNode, depth int) (any, error) {
	object, own := make(map[string]any, len(members)), make(map[string]bool, len(members))
	for _, m := range members {
		v, err := c.value(m.Value, depth+1)
		if err != nil {
			return nil, err
		}
		if m.Key.IsMergeKey() {
			merge(object, v)
			continue
		}
		key, err := c.key(m.Key)
		if err != nil {
			return nil, err
		}
		if own[key] {
			return nil, &ParseError{Line: lineOf(m.Key), Reason: fmt.Sprintf("The member [%s] is there twice.", shorten(key))}
		}
		object[key], own[key] = v, true
	}
	return object, nil
}

// key is the name of a member; OpenAPI's status codes are often bare numbers.
func (c *converter) key(n ast.MapKeyNode) (string, error) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		return n.GetToken().Value, nil
	case *ast.MappingKeyNode: // "? name"
		if name, ok := n.Value.(*ast.StringNode); ok {
			return name.Value, nil
		}
	}
	return "", &ParseError{Line: lineOf(n), Reason: "The name of a member must be plain text."}
}

// merge adds the members that "<<" brings in, which yield to the object's own.
func merge(object map[string]any, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if _, own := object[name]; !own {
				object[name] = value
			}
		}
	case []any:
		for _, one := range v {
			if m, ok := one.(map[string]any); ok {
				merge(object, m)
			}
		}
	}
}

func (c *converter) anchor(n *ast.AnchorNode, depth int) (any, error) {
	name := n.Name.GetToken().Value
	c.anchors[name] = anchored{}
	before := c.values
	v, err := c.value(n.Value, depth+1)
	if err != nil {
		return nil, err
	}
	c.anchors[name] = anchored{value: v, values: c.values - before, ready: true}
	return v, nil
}

func (c *converter) alias(n *ast.AliasNode) (any, error) {
	name := n.Value.GetToken().Value
	a, known := c.anchors[name]
	switch {
	case !known:
		return nil, &ParseError{Line: lineOf(n), Reason: fmt.Sprintf("The alias [*%s] refers to no anchor before it.", shorten(name))}
	case !a.ready:
		return nil, &ParseError{Line: lineOf(n), Reason: fmt.Sprintf("The alias [*%s] refers to what it is part of.", shorten(name))}
	}
	return a.value, c.count(a.values, lineOf(n))
}

// tagged honours !!str, which makes text of a number; other tags add nothing.
func (c *converter) tagged(n *ast.TagNode, depth int) (any, error) {
	if n.Start.Value == string(token.StringTag) && n.Value != nil {
		if scalar, ok := n.Value.(ast.ScalarNode); ok {
			return scalar.GetToken().Value, nil
		}
	}
	return c.value(n.Value, depth+1)
}

func (c *converter) count(values, line int) error {
	if c.values += values; c.values > maxValues {
		return &ParseError{Line: line, Reason: fmt.Sprintf("The document holds more than %d values, counted with its aliases expanded.", maxValues)}
	}
	return nil
}

// number keeps a number as it was written where JSON can write it so, too.
func number(written, otherwise string) any {
	if json.Valid([]byte(written)) {
		return json.Number(written)
	}
	return json.Number(otherwise)
}

func lineOf(n ast.Node) int {
	if n == nil {
		return 0
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

func lineAt(content []byte, offset int) int {
	return 1 + bytes.Count(content[:max(0, min(offset, len(content)))], []byte("\n"))
}

func lineOfInvalidUTF8(content []byte) int {
	valid := strings.ToValidUTF8(string(content), "\x00")
	return lineAt([]byte(valid), strings.IndexByte(valid, 0))
}
