package httpkit

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"portico"
)

// String reads a text; "" when it is absent.
func (o *Object) String(name string, rules ...Rule) string {
	return o.OptString(name, rules...).Value
}

// OptString reads a text.
func (o *Object) OptString(name string, rules ...Rule) portico.Opt[string] {
	return field(o, name, rules, o.text)
}

// text checks a string against the rules for its length and form.
func (o *Object) text(n *node, c constraint, at string) (string, bool) {
	if n.kind != kindString {
		o.Invalid(at, "is_string", "must be a string")
		return "", false
	}
	ok := o.checkLength(n.text, at, c.minLength, c.maxLength)
	if ok && c.pattern != nil && !c.pattern.MatchString(n.text) {
		o.Invalid(at, "matches_regex", "must be "+c.hint)
		ok = false
	}
	return n.text, ok
}

// checkLength reports a text with too few or too many characters.
func (o *Object) checkLength(s, at string, least, most *int) bool {
	length := utf8.RuneCountInString(s)
	switch {
	case least != nil && length < *least:
		o.Report(portico.InvalidParameter{Field: at, Rule: "min_length", Minimum: least,
			Reason: fmt.Sprintf("must have at least %d %s", *least, plural("character", *least))})
		return false
	case most != nil && length > *most:
		o.Report(portico.InvalidParameter{Field: at, Rule: "max_length", Maximum: most,
			Reason: fmt.Sprintf("must not have more than %d %s", *most, plural("character", *most))})
		return false
	}
	return true
}

func plural(noun string, n int) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// As gives an optional text the type that the domain has for it.
func As[T ~string](o portico.Opt[string]) portico.Opt[T] {
	return portico.Opt[T]{Set: o.Set, Null: o.Null, Value: T(o.Value)}
}

// Bool reads a boolean; def when it is absent or null.
func (o *Object) Bool(name string, def bool, rules ...Rule) bool {
	return or(o.OptBool(name, rules...), def)
}

// OptBool reads a boolean.
func (o *Object) OptBool(name string, rules ...Rule) portico.Opt[bool] {
	return field(o, name, rules, func(n *node, _ constraint, at string) (bool, bool) {
		if n.kind != kindBool {
			o.Invalid(at, "is_boolean", "must be true or false")
			return false, false
		}
		return n.raw[0] == 't', true
	})
}

func or[T any](v portico.Opt[T], def T) T {
	v.Apply(&def)
	return def
}

// Int reads an integer; def when it is absent or null.
func (o *Object) Int(name string, def int, rules ...Rule) int {
	return or(o.OptInt(name, rules...), def)
}

// OptInt reads an integer. 1.0 and 1e2 are integers too, as in JSON Schema.
func (o *Object) OptInt(name string, rules ...Rule) portico.Opt[int] {
	return field(o, name, rules, func(n *node, c constraint, at string) (int, bool) {
		v, ok := integer(n)
		switch {
		case !ok:
			o.Invalid(at, "is_integer", "must be an integer")
			return 0, false
		case c.low != nil && v < *c.low:
			o.Report(portico.InvalidParameter{Field: at, Rule: "min", Minimum: c.low, Reason: fmt.Sprintf("must be at least %d", *c.low)})
			return 0, false
		case c.high != nil && v > *c.high:
			o.Report(portico.InvalidParameter{Field: at, Rule: "max", Maximum: c.high, Reason: fmt.Sprintf("must not be more than %d", *c.high)})
			return 0, false
		}
		return v, true
	})
}

func integer(n *node) (int, bool) {
	if n.kind != kindNumber {
		return 0, false
	}
	if v, err := strconv.Atoi(string(n.raw)); err == nil {
		return v, true
	}
	// Up to 2^53 a float64 tells every integer from its neighbours.
	f, err := strconv.ParseFloat(string(n.raw), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int(f), true
}

// Strings reads an array of texts; nil when it is absent.
func (o *Object) Strings(name string, rules ...Rule) []string {
	return o.OptStrings(name, rules...).Value
}

// OptStrings reads an array of texts.
func (o *Object) OptStrings(name string, rules ...Rule) portico.Opt[[]string] {
	return field(o, name, rules, func(n *node, c constraint, at string) ([]string, bool) {
		items, ok := o.items(n, c, at)
		texts := make([]string, 0, len(items))
		for i, item := range items {
			text, valid := o.text(item, constraint{
				minLength: c.minItemLength, maxLength: c.maxItemLength, pattern: c.pattern, hint: c.hint,
			}, at+"."+strconv.Itoa(i))
			texts, ok = append(texts, text), ok && valid
		}
		return texts, ok
	})
}

// items checks that n is an array of an allowed size. It returns no items of an
// array that is too long: their faults would bury that one.
func (o *Object) items(n *node, c constraint, at string) ([]*node, bool) {
	switch {
	case n.kind != kindArray:
		o.Invalid(at, "is_array", "must be an array")
		return nil, false
	case c.minItems != nil && len(n.items) < *c.minItems:
		o.Report(portico.InvalidParameter{Field: at, Rule: "min_items", Minimum: c.minItems,
			Reason: fmt.Sprintf("must have at least %d %s", *c.minItems, plural("item", *c.minItems))})
		return nil, false
	case c.maxItems != nil && len(n.items) > *c.maxItems:
		o.Report(portico.InvalidParameter{Field: at, Rule: "max_items", Maximum: c.maxItems,
			Reason: fmt.Sprintf("must not have more than %d %s", *c.maxItems, plural("item", *c.maxItems))})
		return nil, false
	}
	return n.items, true
}

// Enum reads a text that is one of choices; rule is Required, Optional or Nullable.
func (o *Object) Enum(name string, rule Rule, choices ...string) string {
	return o.OptEnum(name, rule, choices...).Value
}

// OptEnum reads a text that is one of choices; rule is Required, Optional or Nullable.
func (o *Object) OptEnum(name string, rule Rule, choices ...string) portico.Opt[string] {
	return field(o, name, []Rule{rule}, func(n *node, c constraint, at string) (string, bool) {
		s, ok := o.text(n, c, at)
		if !ok {
			return "", false
		}
		for _, choice := range choices {
			if s == choice {
				return s, true
			}
		}
		o.Report(portico.InvalidParameter{Field: at, Rule: "enum", Choices: choices,
			Reason: "must be one of " + strings.Join(choices, ", ")})
		return "", false
	})
}
