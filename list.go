package portico

// ListQuery asks for one page of a collection. Fields are named as on the
// wire; a store answers only the fields it lists for that collection.
type ListQuery struct {
	Size    int // items per page, at least 1
	Number  int // page, from 1
	Filters []Filter
	Sort    []Sort
	Brief   bool // leave long texts out: they come back empty
}

// Filter operators: the contract's string and id operators, and the date ones.
const (
	OpEqual       = "eq"
	OpNotEqual    = "neq"
	OpContains    = "contains"
	OpAnyEqual    = "oeq"       // any of Values
	OpAnyContains = "ocontains" // any of Values
	OpLess        = "lt"
	OpLessEqual   = "lte"
	OpGreater     = "gt"
	OpGreaterOrEq = "gte"
	OpExists      = "exists" // labels: the key is there
)

// Filter is one condition; several of them are and-ed. A label is addressed as
// "labels.KEY", an attribute as "attributes.KEY".
type Filter struct {
	Field  string
	Op     string
	Values []string // exactly one, but for OpAnyEqual and OpAnyContains
}

// Sort is one sort key.
type Sort struct {
	Field string
	Desc  bool
}

// Page is one page of a collection and the size of the whole.
type Page[T any] struct {
	Items []T
	Total int
}

// Everything asks for a whole collection in its default order; it is for
// internal use, where the collection is known to be small.
func Everything(filters ...Filter) ListQuery {
	return ListQuery{Size: 1 << 20, Number: 1, Filters: filters}
}

// Where is the filter field = value.
func Where[T ~string](field string, value T) Filter {
	return Filter{Field: field, Op: OpEqual, Values: []string{string(value)}}
}

// Opt is a field of a partial update: absent, null, or a value. Absent leaves
// what is there, null clears it.
type Opt[T any] struct {
	Set   bool // the field was present
	Null  bool // it was present and null
	Value T
}

// Some is a present value.
func Some[T any](v T) Opt[T] { return Opt[T]{Set: true, Value: v} }

// Apply writes the field to a target that cannot be null.
func (o Opt[T]) Apply(to *T) {
	if o.Set && !o.Null {
		*to = o.Value
	}
}

// ApplyPtr writes the field to a target that can be null.
func (o Opt[T]) ApplyPtr(to **T) {
	switch {
	case !o.Set:
	case o.Null:
		*to = nil
	default:
		*to = new(o.Value)
	}
}

// Ptr is the field as an entity keeps it: nil when it is absent or null.
func (o Opt[T]) Ptr() *T {
	var out *T
	o.ApplyPtr(&out)
	return out
}
