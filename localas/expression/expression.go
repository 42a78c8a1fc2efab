package expression

import (
	"fmt"
	"strings"
)

// Expression is a parsed claim value.
//
//	expression = operand [ "?" expression ":" expression ]
//	operand    = "(" comparison ")" | comparison
//	comparison = atom [ ( "==" | "!=" ) atom ]
//	atom       = "app.clientId" | "app.id" | "appuser" | "appuser.userName" | "null" | string
//
// A string is quoted by " or ' with \ as the escape character.
type Expression struct{ root node }

// App is the application that asks for a token, and the name of its user: nil
// when it asks for itself.
type App struct {
	ID, ClientID string
	UserName     *string
}

// Value evaluates the expression for an application; present is false when the
// value is null.
func (e Expression) Value(app App) (text string, present bool) {
	if result := e.root.eval(app).text; result != nil {
		return *result, true
	}
	return "", false
}

type node interface{ eval(app App) value }

// value is a text or a truth value; a nil text is null.
type value struct {
	text  *string
	truth bool
}

// maxLength bounds the length, and with it the depth, of an expression.
const maxLength = 1024

type literal struct{ text *string }

func (l literal) eval(App) value { return value{text: l.text} }

type attribute struct{ name string }

func (a attribute) eval(app App) value {
	switch a.name {
	case "app.clientId":
		return value{text: &app.ClientID}
	case "app.id":
		return value{text: &app.ID}
	}
	return value{text: app.UserName} // also of appuser, which is only ever compared with null
}

type comparison struct {
	left, right node
	equal       bool
}

func (c comparison) eval(app App) value {
	left, right := c.left.eval(app).text, c.right.eval(app).text
	same := left == nil && right == nil || left != nil && right != nil && *left == *right
	return value{truth: same == c.equal}
}

type conditional struct{ condition, then, otherwise node }

func (c conditional) eval(app App) value {
	if c.condition.eval(app).truth {
		return c.then.eval(app)
	}
	return c.otherwise.eval(app)
}

// Parse accepts an expression whose value is a text.
func Parse(text string) (Expression, error) {
	if len(text) > maxLength {
		return Expression{}, fmt.Errorf("the expression has more than %d characters", maxLength)
	}
	p := &parser{rest: text}
	parsed, err := p.expression()
	if err != nil {
		return Expression{}, err
	}
	if p.skipSpace(); p.rest != "" {
		return Expression{}, fmt.Errorf("unexpected %q", p.rest)
	}
	if _, isTruth := parsed.(comparison); isTruth {
		return Expression{}, fmt.Errorf("the value of a claim must be a text")
	}
	return Expression{parsed}, nil
}

type parser struct{ rest string }

func (p *parser) skipSpace() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

func (p *parser) take(token string) bool {
	p.skipSpace()
	rest, found := strings.CutPrefix(p.rest, token)
	p.rest = rest
	return found
}

func (p *parser) expression() (node, error) {
	condition, err := p.operand()
	if err != nil {
		return nil, err
	}
	_, isTruth := condition.(comparison)
	if !p.take("?") {
		return condition, nil
	}
	if !isTruth {
		return nil, fmt.Errorf("the part before ? must be a comparison")
	}
	then, err := p.textExpression()
	if err != nil {
		return nil, err
	}
	if !p.take(":") {
		return nil, fmt.Errorf("a : is missing after ?")
	}
	otherwise, err := p.textExpression()
	if err != nil {
		return nil, err
	}
	return conditional{condition, then, otherwise}, nil
}

func (p *parser) textExpression() (node, error) {
	parsed, err := p.expression()
	if _, isTruth := parsed.(comparison); err == nil && isTruth {
		return nil, fmt.Errorf("the value of a claim must be a text")
	}
	return parsed, err
}

func (p *parser) operand() (node, error) {
	if !p.take("(") {
		return p.comparison()
	}
	parsed, err := p.comparison()
	if err == nil && !p.take(")") {
		err = fmt.Errorf("a ) is missing")
	}
	return parsed, err
}

func (p *parser) comparison() (node, error) {
	left, err := p.atom()
	if err != nil {
		return nil, err
	}
	equal := p.take("==")
	if !equal && !p.take("!=") {
		return left, nil
	}
	right, err := p.atom()
	if err != nil {
		return nil, err
	}
	return comparison{left, right, equal}, nil
}

func (p *parser) atom() (node, error) {
	p.skipSpace()
	if p.rest != "" && (p.rest[0] == '"' || p.rest[0] == '\'') {
		return p.quoted()
	}
	end := strings.IndexFunc(p.rest, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '.'
	})
	if end < 0 {
		end = len(p.rest)
	}
	name := p.rest[:end]
	p.rest = p.rest[end:]
	switch name {
	case "app.clientId", "app.id", "appuser", "appuser.userName":
		return attribute{name}, nil
	case "null":
		return literal{}, nil
	case "":
		return nil, fmt.Errorf("a value is missing")
	}
	return nil, fmt.Errorf("%q is not supported", name)
}

func (p *parser) quoted() (node, error) {
	quote := p.rest[0]
	var text strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == quote:
			p.rest = p.rest[i+1:]
			return literal{new(text.String())}, nil
		case c == '\\' && i+1 < len(p.rest):
			i++
			text.WriteByte(p.rest[i])
		default:
			text.WriteByte(c)
		}
	}
	return nil, fmt.Errorf("a closing quote is missing")
}
