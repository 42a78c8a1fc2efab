package content

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// checkCSS holds a portal's own style sheet to what can do no more than change
// how its pages look. It is served as a file of its own, within a cascade
// layer; so it must close what it opens, and it must load nothing from
// elsewhere: a style sheet that fetches tells somebody who reads what.
//
// Refused are: strings, comments and brackets that are left open or closed too
// often; at-rules that load or must stand first; functions that load; url() of
// anything but an image in the address itself, a fragment, or a path of the
// portal's own; escapes outside strings, by which all that could be hidden.
func checkCSS(css string) error {
	c := cssCheck{rest: css}
	for c.rest != "" {
		if err := c.next(); err != nil {
			return err
		}
	}
	if len(c.open) > 0 {
		return fmt.Errorf("leaves a %c open", c.open[len(c.open)-1])
	}
	return nil
}

type cssCheck struct {
	rest string
	open []byte // brackets
}

func (c *cssCheck) next() error {
	switch first := c.rest[0]; {
	case strings.HasPrefix(c.rest, "/*"):
		_, after, closed := strings.Cut(c.rest[2:], "*/")
		if !closed {
			return errors.New("leaves a comment open")
		}
		c.rest = after
	case first == '"' || first == '\'':
		_, err := c.text()
		return err
	case first == '\\':
		return errors.New("has a backslash outside a string: write the character itself")
	case strings.HasPrefix(c.rest, "<!--"), strings.HasPrefix(c.rest, "-->"), strings.HasPrefix(c.rest, "</"):
		return errors.New("has markup of HTML in it")
	case first == '{' || first == '(' || first == '[':
		c.open = append(c.open, first)
		c.rest = c.rest[1:]
	case first == '}' || first == ')' || first == ']':
		if len(c.open) == 0 || c.open[len(c.open)-1] != opening(first) {
			return fmt.Errorf("has a %c that closes nothing", first)
		}
		c.open = c.open[:len(c.open)-1]
		c.rest = c.rest[1:]
	case first == '@':
		return c.atRule()
	case isName(first):
		return c.word()
	default:
		c.rest = c.rest[1:]
	}
	return nil
}

func opening(closing byte) byte { return map[byte]byte{'}': '{', ')': '(', ']': '['}[closing] }

func isName(b byte) bool {
	return b == '-' || b == '_' || b >= 0x80 || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// name takes a name off the text.
func (c *cssCheck) name() string {
	n := 0
	for n < len(c.rest) && isName(c.rest[n]) {
		n++
	}
	name := c.rest[:n]
	c.rest = c.rest[n:]
	return strings.ToLower(name)
}

func (c *cssCheck) atRule() error {
	c.rest = c.rest[1:]
	name := c.name()
	if slices.Contains([]string{"import", "charset", "namespace", "document", "-moz-document"}, name) {
		return fmt.Errorf("has the rule @%s, which is not offered: it loads from elsewhere, or would have to stand first", name)
	}
	return nil
}

// word passes a name, and looks at the functions that load.
func (c *cssCheck) word() error {
	name := c.name()
	if name == "behavior" || name == "-moz-binding" || name == "expression" {
		return fmt.Errorf("has %s, which runs programs in some browsers", name)
	}
	if !strings.HasPrefix(c.rest, "(") {
		return nil
	}
	switch {
	case strings.HasSuffix(name, "url"):
		c.rest = c.rest[1:]
		return c.address()
	case name == "src" || name == "image" || name == "attr" || strings.HasSuffix(name, "image-set"):
		return fmt.Errorf("has the function %s(), which is not offered: use url() for an image", name)
	}
	return nil
}

// address passes what stands within url().
func (c *cssCheck) address() error {
	c.rest = strings.TrimLeft(c.rest, " \t\r\n\f")
	var address string
	if c.rest != "" && (c.rest[0] == '"' || c.rest[0] == '\'') {
		var err error
		if address, err = c.text(); err != nil {
			return err
		}
		c.rest = strings.TrimLeft(c.rest, " \t\r\n\f")
		if !strings.HasPrefix(c.rest, ")") {
			return errors.New("leaves a url( open")
		}
		c.rest = c.rest[1:]
	} else {
		before, after, closed := strings.Cut(c.rest, ")")
		if !closed || strings.ContainsAny(before, "\"'(") {
			return errors.New("leaves a url( open")
		}
		address, c.rest = strings.Trim(before, " \t\r\n\f"), after
	}
	lower := strings.ToLower(address)
	own := strings.HasPrefix(lower, "/") && !strings.HasPrefix(lower, "//")
	// Browsers drop tabs from an address, and take a backslash for a slash.
	if strings.ContainsAny(address, "\\\t\x00") || !own && !strings.HasPrefix(lower, "data:image/") && !strings.HasPrefix(lower, "#") {
		return errors.New("has a url() that leads elsewhere: only images within the address (data:image/…) and paths that begin with a slash are loaded")
	}
	return nil
}

// text passes a string and returns what is in it.
func (c *cssCheck) text() (string, error) {
	quote := c.rest[0]
	for i := 1; i < len(c.rest); i++ {
		switch c.rest[i] {
		case '\\':
			i++
		case '\n', '\f', '\r':
			return "", errors.New("leaves a string open")
		case quote:
			inner := c.rest[1:i]
			c.rest = c.rest[i+1:]
			return inner, nil
		}
	}
	return "", errors.New("leaves a string open")
}
