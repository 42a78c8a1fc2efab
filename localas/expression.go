package localas

import (
	"fmt"
	"strings"
)

// expression is a parsed claim value: the small part of Okta's expression
// language that says something about a client credentials request.
//
//	expression = operand [ "?" expression ":" expression ]
//	operand    = "(" comparison ")" | comparison
//	comparison = atom [ ( "==" | "!=" ) atom ]
//	atom       = "app.clientId" | "app.id" | "appuser" | "appuser.userName" | "null" | string
//
// A string is quoted by " or ' with \ as the escape character.
type expression interface{ eval(app client) value }

// value is a text or a truth value; a nil text is null.
type value struct {
	text  *string
	truth bool
}

// maxExpression bounds the length, and with it the depth, of an expression.
const maxExpression = 1024

type literal struct{ text *string }

func (l literal) eval(client) value { return value{text: l.text} }

type attribute struct{ name string }

func (a attribute) eval(app client) value {
	switch a.name {
	case "app.clientId":
		return value{text: &app.ClientID}
	case "app.id":
		return value{text: &app.ID}
	}
	return value{} // appuser: nobody is signed in when a client asks for itself
}

type comparison struct {
	left, right expression
	equal       bool
}

func (c comparison) eval(app client) value {
	left, right := c.left.eval(app).text, c.right.eval(app).text
	same := left == nil && right == nil || left != nil && right != nil && *left == *right
	return value{truth: same == c.equal}
}

type conditional struct{ condition, then, otherwise expression }

func (c conditional) eval(app client) value {
	if c.condition.eval(app).truth {
		return c.then.eval(app)
	}
	return c.otherwise.eval(app)
}

// parseExpression accepts an expression whose value is a text.
func parseExpression(text string) (expression, error) {
	if len(text) > maxExpression {
		return nil, fmt.Errorf("the expression has more than %d characters", maxExpression)
	}
	p := &expressionParser{rest: text}
	parsed, err := p.expression()
	if err != nil {
		return nil, err
	}
	if p.skipSpace(); p.rest != "" {
		return nil, fmt.Errorf("unexpected %q", p.rest)
	}
	if _, isTruth := parsed.(comparison); isTruth {
		return nil, fmt.Errorf("the value of a claim must be a text")
	}
	return parsed, nil
}

type expressionParser struct{ rest string }

func (p *expressionParser) skipSpace() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

func (p *expressionParser) take(token string) bool {
	p.skipSpace()
	rest, found := strings.CutPrefix(p.rest, token)
	p.rest = rest
	return found
}

func (p *expressionParser) expression() (expression, error) {
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

func (p *expressionParser) textExpression() (expression, error) {
	parsed, err := p.expression()
	if _, isTruth := parsed.(comparison); err == nil && isTruth {
		return nil, fmt.Errorf("the value of a claim must be a text")
	}
	return parsed, err
}

func (p *expressionParser) operand() (expression, error) {
	if !p.take("(") {
		return p.comparison()
	}
	parsed, err := p.comparison()
	if err == nil && !p.take(")") {
		err = fmt.Errorf("a ) is missing")
	}
	return parsed, err
}

func (p *expressionParser) comparison() (expression, error) {
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

func (p *expressionParser) atom() (expression, error) {
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

func (p *expressionParser) quoted() (expression, error) {
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
