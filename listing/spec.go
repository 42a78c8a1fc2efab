package listing

import "portico"

// The page sizes where a Spec does not say otherwise.
const (
	DefaultSize = 10
	MaxSize     = 1000
)

// Spec is what a collection can be asked for.
type Spec struct {
	Filters     map[string]FieldKind
	Sorts       []string
	DefaultSort []portico.Sort
	DefaultSize int    // 0: 10
	MaxSize     int    // 0: 1000
	FilterName  string // empty: filter
}

// FieldKind is the kind of a field that can be filtered by: it decides which
// operators and values make sense.
type FieldKind struct {
	ops     []string
	check   func(value string) (normal string, fault portico.InvalidParameter)
	dynamic bool // a map, of which one key is addressed: labels.KEY
}

// String is a text: eq, neq, contains, oeq, ocontains.
func String() FieldKind {
	return FieldKind{ops: stringOps(), check: anything}
}

// UUID is an id: eq, neq, oeq.
func UUID() FieldKind {
	return FieldKind{ops: []string{portico.OpEqual, portico.OpNotEqual, portico.OpAnyEqual}, check: isUUID}
}

// NullableUUID is an id that may be missing: beside those of UUID it has the
// value null, which leaves as it is.
func NullableUUID() FieldKind {
	kind := UUID()
	kind.check = func(s string) (string, portico.InvalidParameter) {
		if s == "null" {
			return s, portico.InvalidParameter{}
		}
		return isUUID(s)
	}
	return kind
}

// Enum is a text out of choices. As for any text, a part of it may be asked for
// too (contains, ocontains).
func Enum(choices ...string) FieldKind {
	return FieldKind{ops: stringOps(), check: isOneOf(choices)}
}

// Bool is true or false: eq.
func Bool() FieldKind {
	return FieldKind{ops: []string{portico.OpEqual}, check: isOneOf([]string{"true", "false"})}
}

// Date is a point in time: eq, lt, lte, gt, gte. Values leave as RFC 3339 in UTC.
func Date() FieldKind {
	return FieldKind{
		ops:   []string{portico.OpEqual, portico.OpLess, portico.OpLessEqual, portico.OpGreater, portico.OpGreaterOrEq},
		check: isDate,
	}
}

// Labels is a map of texts, such as labels or attributes: filter[labels.KEY] has
// the operators of a text, and without any value asks whether the key exists.
func Labels() FieldKind {
	return FieldKind{ops: append(stringOps(), portico.OpExists), check: anything, dynamic: true}
}

func stringOps() []string {
	return []string{portico.OpEqual, portico.OpNotEqual, portico.OpContains, portico.OpAnyEqual, portico.OpAnyContains}
}
