package httpkit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep objects and arrays may be nested.
const maxDepth = 64

// kind is the kind of a JSON value.
type kind int

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindString
	kindArray
	kindObject
)

// String names the kind, with its article.
func (k kind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "an array", "an object"}[k]
}

// node is one value of a JSON text.
type node struct {
	kind    kind
	raw     []byte  // the value as it was written
	text    string  // kindString: decoded
	items   []*node // kindArray
	names   []string
	members map[string]*node // kindObject; names has their order
}

// syntaxError is a fault of the text; its message already names the place.
type syntaxError string

func (e syntaxError) Error() string { return string(e) }

// parser reads one JSON text (RFC 8259) and is stricter than encoding/json
// where leniency would lose data: duplicate members, invalid UTF-8, lone
// surrogates and NUL are faults. It knows what is open, to say what is missing.
type parser struct {
	src   []byte
	pos   int
	depth int
}

// parseJSON reads src, which holds one value and nothing else.
func parseJSON(src []byte) (*node, error) {
	p := &parser{src: src}
	p.space()
	root, err := p.value("a value")
	if err != nil {
		return nil, err
	}
	p.space()
	if p.pos < len(p.src) {
		return nil, p.unexpected("the end of the body")
	}
	return root, nil
}

// at says where an offset is, as an editor would.
func (p *parser) at(offset int) string {
	before := p.src[:offset]
	line := 1 + bytes.Count(before, []byte{'\n'})
	column := 1 + utf8.RuneCount(before[1+bytes.LastIndexByte(before, '\n'):])
	return fmt.Sprintf("line %d, column %d", line, column)
}

// fault is a fault at offset.
func (p *parser) fault(offset int, format string, args ...any) error {
	return syntaxError("at " + p.at(offset) + " " + fmt.Sprintf(format, args...))
}

// unclosed is the fault of a body that ends inside the thing that starts at offset.
func (p *parser) unclosed(offset int, thing, missing string) error {
	return syntaxError(fmt.Sprintf("the body ends inside the %s that starts at %s: %s is missing", thing, p.at(offset), missing))
}

// unexpected is the fault of something else standing where want should be.
func (p *parser) unexpected(want string) error {
	if p.pos == len(p.src) {
		return syntaxError("the body ends where " + want + " is expected")
	}
	r, size := utf8.DecodeRune(p.src[p.pos:])
	if r == utf8.RuneError && size == 1 {
		return p.fault(p.pos, "there is a byte that is not UTF-8")
	}
	if !unicode.IsPrint(r) {
		return p.fault(p.pos, "%s is expected, not the character %U", want, r)
	}
	return p.fault(p.pos, "%s is expected, not [%c]", want, r)
}

// space skips white space.
func (p *parser) space() {
	for p.pos < len(p.src) && strings.IndexByte(" \t\r\n", p.src[p.pos]) >= 0 {
		p.pos++
	}
}

// peek returns the next byte that is not white space; 0 at the end.
func (p *parser) peek() byte {
	p.space()
	if p.pos == len(p.src) {
		return 0
	}
	return p.src[p.pos]
}

// value reads one value; want names it in a fault.
func (p *parser) value(want string) (*node, error) {
	start := p.pos
	var n *node
	var err error
	switch c := p.peek(); {
	case c == '{':
		n, err = p.nested((*parser).object)
	case c == '[':
		n, err = p.nested((*parser).array)
	case c == '"':
		n = &node{kind: kindString}
		n.text, err = p.string()
	case c == '-' || c >= '0' && c <= '9':
		n, err = p.number()
	case c == 't':
		n, err = p.literal("true", kindBool)
	case c == 'f':
		n, err = p.literal("false", kindBool)
	case c == 'n':
		n, err = p.literal("null", kindNull)
	default:
		return nil, p.unexpected(want)
	}
	if err != nil {
		return nil, err
	}
	n.raw = p.src[start:p.pos]
	return n, nil
}

// nested reads an object or array one level down.
func (p *parser) nested(read func(*parser) (*node, error)) (*node, error) {
	if p.depth == maxDepth {
		return nil, p.fault(p.pos, "objects and arrays are nested more than %d levels deep", maxDepth)
	}
	p.depth++
	defer func() { p.depth-- }()
	return read(p)
}

// object reads an object; the opening brace is next.
func (p *parser) object() (*node, error) {
	start := p.pos
	unclosed := func() error { return p.unclosed(start, "object", "a closing brace }") }
	n := &node{kind: kindObject, members: make(map[string]*node)}
	p.pos++
	if p.peek() == '}' {
		p.pos++
		return n, nil
	}
	for {
		if p.peek() == 0 && p.pos == len(p.src) {
			return nil, unclosed()
		}
		nameAt := p.pos
		if p.src[p.pos] != '"' {
			return nil, p.unexpected("a member name in double quotes")
		}
		name, err := p.string()
		if err != nil {
			return nil, err
		}
		if _, twice := n.members[name]; twice {
			return nil, p.fault(nameAt, "the member [%s] occurs a second time in the same object", printable(name))
		}
		if c := p.peek(); p.pos == len(p.src) {
			return nil, unclosed()
		} else if c != ':' {
			return nil, p.unexpected("a colon after the member name [" + printable(name) + "]")
		}
		p.pos++
		if p.peek(); p.pos == len(p.src) {
			return nil, unclosed()
		}
		if n.members[name], err = p.value("the value of the member [" + printable(name) + "]"); err != nil {
			return nil, err
		}
		n.names = append(n.names, name)
		switch c := p.peek(); {
		case p.pos == len(p.src):
			return nil, unclosed()
		case c == '}':
			p.pos++
			return n, nil
		case c != ',':
			return nil, p.unexpected("a comma or a closing brace }")
		}
		p.pos++
	}
}

// array reads an array; the opening bracket is next.
func (p *parser) array() (*node, error) {
	start := p.pos
	n := &node{kind: kindArray}
	p.pos++
	if p.peek() == ']' {
		p.pos++
		return n, nil
	}
	for {
		if p.peek(); p.pos == len(p.src) {
			return nil, p.unclosed(start, "array", "a closing bracket ]")
		}
		item, err := p.value("an array item")
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, item)
		switch c := p.peek(); {
		case p.pos == len(p.src):
			return nil, p.unclosed(start, "array", "a closing bracket ]")
		case c == ']':
			p.pos++
			return n, nil
		case c != ',':
			return nil, p.unexpected("a comma or a closing bracket ]")
		}
		p.pos++
	}
}

// literal reads true, false or null, of which the first letter is next.
func (p *parser) literal(word string, k kind) (*node, error) {
	if !bytes.HasPrefix(p.src[p.pos:], []byte(word)) {
		return nil, p.fault(p.pos, "%s is expected", word)
	}
	p.pos += len(word)
	return &node{kind: k}, nil
}

// number reads a number, leaving it as it was written.
func (p *parser) number() (*node, error) {
	start := p.pos
	for p.pos < len(p.src) && strings.IndexByte("+-.0123456789eE", p.src[p.pos]) >= 0 {
		p.pos++
	}
	if !json.Valid(p.src[start:p.pos]) {
		return nil, p.fault(start, "there is no valid number: [%s]", printable(string(p.src[start:p.pos])))
	}
	return &node{kind: kindNumber}, nil
}

// string reads a string; the opening quote is next.
func (p *parser) string() (string, error) {
	start := p.pos
	p.pos++
	var out []byte
	for p.pos < len(p.src) {
		switch c := p.src[p.pos]; {
		case c == '"':
			p.pos++
			return string(out), nil
		case c == '\\':
			r, err := p.escape(start)
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, r)
		case c < 0x20:
			return "", p.fault(p.pos, "there is the control character %U inside a string; it must be escaped", rune(c))
		default:
			r, size := utf8.DecodeRune(p.src[p.pos:])
			if r == utf8.RuneError && size == 1 {
				return "", p.fault(p.pos, "there is a byte that is not UTF-8")
			}
			out = append(out, p.src[p.pos:p.pos+size]...)
			p.pos += size
		}
	}
	return "", p.unclosed(start, "string", `a closing quote "`)
}

// escape reads an escape sequence of the string that starts at start; the
// backslash is next.
func (p *parser) escape(start int) (rune, error) {
	at := p.pos
	if p.pos+1 >= len(p.src) {
		return 0, p.unclosed(start, "string", `a closing quote "`)
	}
	c := p.src[p.pos+1]
	p.pos += 2
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), nil
	}
	if c != 'u' {
		return 0, p.fault(at, "there is an escape that JSON does not have")
	}
	r, ok := p.hex4()
	if !ok {
		return 0, p.fault(at, `\u is expected to be followed by four hexadecimal digits`)
	}
	if r == 0 {
		return 0, p.fault(at, "there is a NUL character, which no text may hold")
	}
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	if bytes.HasPrefix(p.src[p.pos:], []byte(`\u`)) {
		p.pos += 2
		if low, ok := p.hex4(); ok {
			if r = utf16.DecodeRune(r, low); r != unicode.ReplacementChar {
				return r, nil
			}
		}
	}
	return 0, p.fault(at, "there is half of a surrogate pair")
}

// hex4 reads four hexadecimal digits.
func (p *parser) hex4() (rune, bool) {
	if p.pos+4 > len(p.src) {
		return 0, false
	}
	var r rune
	for _, c := range p.src[p.pos : p.pos+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	p.pos += 4
	return r, true
}
