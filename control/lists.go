package control

import (
	"slices"
	"strings"

	"portico"
)

// matches applies the condition of a filter to a text, as a store would.
func matches(f portico.Filter, value string) bool {
	contains := func(part string) bool { return strings.Contains(strings.ToLower(value), strings.ToLower(part)) }
	switch f.Op {
	case portico.OpEqual:
		return value == f.Values[0]
	case portico.OpNotEqual:
		return value != f.Values[0]
	case portico.OpContains:
		return contains(f.Values[0])
	case portico.OpAnyEqual:
		return slices.Contains(f.Values, value)
	case portico.OpAnyContains:
		return slices.ContainsFunc(f.Values, contains)
	}
	return false
}

// anyOf asks for the entities whose field is one of what the items have. There
// may be no items, and then it finds nothing.
func anyOf[T any, V ~string](field string, items []T, of func(T) V) portico.Filter {
	values := []string{""} // no entity's, so that there is one
	for _, item := range items {
		values = append(values, string(of(item)))
	}
	slices.Sort(values)
	return portico.Filter{Field: field, Op: portico.OpAnyEqual, Values: slices.Compact(values)}
}

// settled takes the conditions on a field out of a query that has the same value
// for every entity. If one of them does not hold, the query finds nothing.
func settled(q portico.ListQuery, field, value string) portico.ListQuery {
	var rest []portico.Filter
	for _, f := range q.Filters {
		switch {
		case f.Field != field:
			rest = append(rest, f)
		case !matches(f, value):
			rest = append(rest, portico.Filter{Field: "id", Op: portico.OpEqual, Values: []string{""}})
		}
	}
	q.Filters = rest
	return q
}
