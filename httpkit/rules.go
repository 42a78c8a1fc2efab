package httpkit

import (
	"regexp"

	"portico"
)

// Rule narrows what a member may be.
type Rule func(*constraint)

// constraint is what the rules of one member add up to; nil is no bound.
type constraint struct {
	required, nullable           bool
	minLength, maxLength         *int // characters
	pattern                      *regexp.Regexp
	hint                         string
	low, high                    *int
	minItems, maxItems           *int
	minItemLength, maxItemLength *int
}

// Required makes the absence of the member a fault.
func Required(c *constraint) { c.required = true }

// Optional says that the member may be absent; it is what holds without a rule.
func Optional(*constraint) {}

// Nullable lets the member be null.
func Nullable(c *constraint) { c.nullable = true }

// MinLength is the least number of characters of a string.
func MinLength(n int) Rule { return func(c *constraint) { c.minLength = &n } }

// MaxLength is the greatest number of characters of a string.
func MaxLength(n int) Rule { return func(c *constraint) { c.maxLength = &n } }

// Length is MinLength and MaxLength.
func Length(least, most int) Rule {
	return func(c *constraint) { c.minLength, c.maxLength = &least, &most }
}

// Pattern is what a string must match; hint completes "must be".
func Pattern(re *regexp.Regexp, hint string) Rule {
	return func(c *constraint) { c.pattern, c.hint = re, hint }
}

// Range is the least and the greatest value of a number.
func Range(low, high int) Rule { return func(c *constraint) { c.low, c.high = &low, &high } }

// MinItems is the least number of items of an array.
func MinItems(n int) Rule { return func(c *constraint) { c.minItems = &n } }

// MaxItems is the greatest number of items of an array.
func MaxItems(n int) Rule { return func(c *constraint) { c.maxItems = &n } }

// ItemLength is the least and the greatest number of characters of every string
// in an array.
func ItemLength(least, most int) Rule {
	return func(c *constraint) { c.minItemLength, c.maxItemLength = &least, &most }
}

// field reads one member by its rules. An absent or null member gives no value,
// and nor does a faulty one, which parse has reported.
func field[T any](o *Object, name string, rules []Rule, parse func(n *node, c constraint, at string) (T, bool)) portico.Opt[T] {
	if o.node == nil {
		return portico.Opt[T]{}
	}
	var c constraint
	for _, rule := range rules {
		rule(&c)
	}
	n := o.take(name)
	switch {
	case n == nil && c.required:
		o.Invalid(name, "required", "is a required field")
		return portico.Opt[T]{}
	case n == nil:
		return portico.Opt[T]{}
	case n.kind == kindNull && c.nullable:
		return portico.Opt[T]{Set: true, Null: true}
	}
	if v, ok := parse(n, c, name); ok {
		return portico.Some(v)
	}
	return portico.Opt[T]{}
}
