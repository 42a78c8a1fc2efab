package usecase

import (
	"slices"
	"strings"
	"time"

	"portico"
)

// Matches applies the condition of a filter to a text, as a store would.
func Matches(f portico.Filter, value string) bool {
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

// MatchesTime applies the condition of a filter to a time, as a store would.
func MatchesTime(f portico.Filter, at time.Time) bool {
	than, err := time.Parse(time.RFC3339Nano, f.Values[0])
	if err != nil {
		return false
	}
	switch order := at.Compare(than); f.Op {
	case portico.OpEqual:
		return order == 0
	case portico.OpLess:
		return order < 0
	case portico.OpLessEqual:
		return order <= 0
	case portico.OpGreater:
		return order > 0
	case portico.OpGreaterOrEq:
		return order >= 0
	}
	return false
}

// AnyOf asks for the entities whose field is one of what the items have. There
// may be no items, and then it finds nothing.
func AnyOf[T any, V ~string](field string, items []T, of func(T) V) portico.Filter {
	values := []string{""} // no entity's, so that there is one
	for _, item := range items {
		values = append(values, string(of(item)))
	}
	slices.Sort(values)
	return portico.Filter{Field: field, Op: portico.OpAnyEqual, Values: slices.Compact(values)}
}

// Settled takes the conditions on a field out of a query that has the same value
// for every entity. If one of them does not hold, the query finds nothing.
func Settled(q portico.ListQuery, field, value string) portico.ListQuery {
	var rest []portico.Filter
	for _, f := range q.Filters {
		switch {
		case f.Field != field:
			rest = append(rest, f)
		case !Matches(f, value):
			rest = append(rest, portico.Filter{Field: "id", Op: portico.OpEqual, Values: []string{""}})
		}
	}
	q.Filters = rest
	return q
}

// Renamed asks for a field by another name.
func Renamed(q portico.ListQuery, from, to string) portico.ListQuery {
	q.Filters, q.Sort = slices.Clone(q.Filters), slices.Clone(q.Sort)
	for i := range q.Filters {
		if q.Filters[i].Field == from {
			q.Filters[i].Field = to
		}
	}
	for i := range q.Sort {
		if q.Sort[i].Field == from {
			q.Sort[i].Field = to
		}
	}
	return q
}

// By indexes entities.
func By[K comparable, T any](items []T, key func(T) K) map[K]T {
	m := make(map[K]T, len(items))
	for _, item := range items {
		m[key(item)] = item
	}
	return m
}

// One unwraps a list that holds exactly one.
func One[T any](items []T, err error) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	return items[0], nil
}

// Cut pages a collection that is at hand as a whole.
func Cut[T any](all []T, q portico.ListQuery) portico.Page[T] {
	from := min((q.Number-1)*q.Size, len(all))
	return portico.Page[T]{Items: all[from:min(from+q.Size, len(all))], Total: len(all)}
}

// Missing makes a fault of the input of an entity that was not found.
func Missing(err error, field, reason string) error {
	if portico.KindOf(err) == portico.KindNotFound {
		return portico.Invalid(field, "missing_reference", reason)
	}
	return err
}
