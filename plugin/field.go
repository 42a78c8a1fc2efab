package plugin

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"portico"
)

// Type is what a field holds, in the words of Kong's schemas.
type Type string

// The types. All lists are lists of texts.
const (
	Text    Type = "string"
	Integer Type = "integer"
	Boolean Type = "boolean"
	List    Type = "array"
	Record  Type = "record"
)

// Field is a field of a plugin's configuration.
type Field struct {
	Name    string
	Type    Type
	Default any                 // string, int, bool or []any; nil: null
	Choices []string            // of a text
	Min     *int                // of an integer
	Max     *int                // of an integer
	Check   func(string) string // what is wrong with a text or with an item; empty: nothing
	Fields  []Field             // of a record
	// Only says why nothing but the default is accepted. Such a record is
	// accepted as null, and never shown.
	Only string
}

// faults collects what is wrong with a configuration.
type faults []portico.InvalidParameter

func (f *faults) add(field, rule, reason string) {
	*f = append(*f, portico.InvalidParameter{Field: field, Rule: rule, Reason: reason})
}

// complete checks a record and fills in what it leaves out.
func complete(fields []Field, given map[string]any, at string, found *faults) map[string]any {
	out := make(map[string]any, len(fields))
	for _, f := range fields {
		if f.Type == Record && f.Only != "" {
			if given[f.Name] != nil {
				found.add(at+"."+f.Name, "invalid", f.Only)
			}
			continue
		}
		out[f.Name] = f.value(given[f.Name], at+"."+f.Name, found)
	}
	known := func(name string) bool {
		return slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name })
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !known(name) {
			found.add(at+"."+printable(name), "unknown_property", "is not a field of this plugin")
		}
	}
	return out
}

// printable keeps what a caller made up short and in one line.
func printable(name string) string {
	if name == "" {
		return `""`
	}
	const most = 64
	if len(name) > most {
		name = name[:most]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(name, "?"))
}

// value checks the value of a field; null is its default.
func (f Field) value(given any, at string, found *faults) any {
	if f.Type == Record {
		record, ok := given.(map[string]any)
		if given != nil && !ok {
			found.add(at, "is_object", "must be an object")
			return nil
		}
		return complete(f.Fields, record, at, found)
	}
	if given == nil {
		return f.Default
	}
	var out any
	switch f.Type {
	case Boolean:
		b, ok := given.(bool)
		if !ok {
			found.add(at, "is_boolean", "must be true or false")
			return nil
		}
		out = b
	case Integer:
		out = f.integer(given, at, found)
	case Text:
		out = f.text(given, at, found)
	case List:
		out = f.list(given, at, found)
	}
	if f.Only != "" && out != nil && !reflect.DeepEqual(out, f.Default) {
		found.add(at, "invalid", f.Only)
	}
	return out
}

func (f Field) integer(given any, at string, found *faults) any {
	n, ok := integer(given)
	switch {
	case !ok:
		found.add(at, "is_integer", "must be an integer")
	case f.Min != nil && n < *f.Min:
		*found = append(*found, portico.InvalidParameter{Field: at, Rule: "min", Minimum: f.Min, Reason: fmt.Sprintf("must be at least %d", *f.Min)})
	case f.Max != nil && n > *f.Max:
		*found = append(*found, portico.InvalidParameter{Field: at, Rule: "max", Maximum: f.Max, Reason: fmt.Sprintf("must not be more than %d", *f.Max)})
	default:
		return n
	}
	return nil
}

// integer reads a JSON number; 1.0 and 1e2 are integers, too.
func integer(given any) (int, bool) {
	number, ok := given.(json.Number)
	if !ok {
		return 0, false
	}
	if n, err := strconv.Atoi(number.String()); err == nil {
		return n, true
	}
	f, err := number.Float64()
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int(f), true
}

func (f Field) text(given any, at string, found *faults) any {
	s, ok := given.(string)
	if !ok {
		found.add(at, "is_string", "must be a string")
		return nil
	}
	if len(f.Choices) > 0 && !slices.Contains(f.Choices, s) {
		*found = append(*found, portico.InvalidParameter{Field: at, Rule: "enum", Choices: f.Choices, Reason: "must be one of " + strings.Join(f.Choices, ", ")})
		return nil
	}
	if f.Check != nil {
		if reason := f.Check(s); reason != "" {
			found.add(at, "invalid", reason)
		}
	}
	return s
}

// maxItems bounds what a request at the gateway may have to be compared with.
const maxItems = 1000

func (f Field) list(given any, at string, found *faults) any {
	items, ok := given.([]any)
	switch {
	case !ok:
		found.add(at, "is_array", "must be an array")
		return nil
	case len(items) > maxItems:
		*found = append(*found, portico.InvalidParameter{Field: at, Rule: "max_items", Maximum: new(maxItems), Reason: fmt.Sprintf("must not have more than %d items", maxItems)})
		return nil
	}
	for i, item := range items {
		f.text(item, at+"."+strconv.Itoa(i), found)
	}
	return items
}

// schema is the field as Kong's schemas write it.
func (f Field) schema() map[string]any {
	out := map[string]any{"type": f.Type}
	if f.Default != nil {
		out["default"] = f.Default
	}
	if f.Min != nil && f.Max != nil {
		out["between"] = []int{*f.Min, *f.Max}
	} else if f.Min != nil {
		out["gt"] = *f.Min - 1
	}
	switch f.Type {
	case Record:
		out["fields"], out["required"] = schemas(f.Fields), true
	case List:
		elements := map[string]any{"type": Text}
		if len(f.Choices) > 0 {
			elements["one_of"] = f.Choices
		}
		out["elements"] = elements
	case Text:
		if len(f.Choices) > 0 {
			out["one_of"] = f.Choices
		}
	}
	return map[string]any{f.Name: out}
}

func schemas(fields []Field) []map[string]any {
	out := []map[string]any{}
	for _, f := range fields {
		if f.Type != Record || f.Only == "" {
			out = append(out, f.schema())
		}
	}
	return out
}
