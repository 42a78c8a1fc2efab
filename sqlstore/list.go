package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico"
)

// field is what a list may be filtered or sorted by: an expression over the
// table's row, or the members of a JSON column.
type field struct {
	expr     string
	kind     kind
	nullable bool
	shape    shape
	key      string // the one member of a JSON object that the field is
}

// labels makes NAME.KEY a field for each key of a JSON object of texts.
func labels(column string) field { return field{expr: column, kind: textual, shape: textsByKey} }

// attributes makes NAME.KEY a field for each key of a JSON object of lists.
func attributes(column string) field { return field{expr: column, kind: textual, shape: listsByKey} }

// tags makes a list of texts a field: a condition holds if it does for one.
func tags(column string) field { return field{expr: column, kind: textual, shape: listed} }

// member makes one member of a JSON object of texts a field.
func member(column, key string) field {
	return field{expr: column, kind: textual, shape: textsByKey, key: key}
}

// related makes a text of another row a field.
func related(subselect string) field {
	return field{expr: "(" + subselect + ")", kind: textual, nullable: true}
}

// The limits of one list, below those of both engines.
const (
	maxConditions = 200   // filters, and values of ocontains
	maxChoices    = 10000 // values of oeq
)

// List implements portico.Collection. Values are bound, never written into the
// statement; fields come from the table's own list.
func (c collection[ID, T]) List(ctx context.Context, q portico.ListQuery) (portico.Page[T], error) {
	page := portico.Page[T]{}
	l := listing{engine: c.tx.store.engine, table: c.name, fields: c.more}
	where := l.where(q.Filters)
	order := l.order(q.Sort)
	if q.Size < 1 || q.Number < 1 {
		l.refuse("page", "min", "A page has a size and a number of at least 1.")
	}
	if l.faults != nil {
		return page, portico.InvalidAll(l.faults...)
	}
	filtered := len(l.args)
	offset := math.MaxInt64 / 2
	if q.Number-1 <= offset/q.Size {
		offset = (q.Number - 1) * q.Size
	}
	query := c.selectSQL
	if q.Brief {
		query = c.briefSQL
	}
	query += where + order + " LIMIT " + l.bind(q.Size) + " OFFSET " + l.bind(offset)
	var err error
	if page.Items, err = c.scan(ctx, query, l.args); err != nil {
		return page, err
	}
	if got := len(page.Items); got < q.Size && (got > 0 || offset == 0) {
		page.Total = offset + got // the last page says it all
		return page, nil
	}
	err = c.tx.query(ctx, "SELECT COUNT(*) FROM "+c.name+where, l.args[:filtered], func(rows *sql.Rows) error {
		return rows.Scan(&page.Total)
	})
	return page, err
}

// listing writes the clauses of one list and gathers what is wrong with it.
type listing struct {
	engine engine
	table  string
	fields map[string]field
	args   []any
	faults []portico.InvalidParameter
}

func (l *listing) bind(v any) string {
	l.args = append(l.args, v)
	return "$" + strconv.Itoa(len(l.args))
}

func (l *listing) refuse(field, rule, reason string) string {
	l.faults = append(l.faults, portico.InvalidParameter{Field: field, Rule: rule, Reason: reason, Source: "query"})
	return ""
}

func (l *listing) where(filters []portico.Filter) string {
	if len(filters) > maxConditions {
		return l.refuse("filter", "invalid", fmt.Sprintf("A list takes at most %d filters.", maxConditions))
	}
	conditions := make([]string, len(filters))
	for i, f := range filters {
		conditions[i] = l.condition(f)
	}
	if len(conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}

func (l *listing) order(sorts []portico.Sort) string {
	keys := make([]string, 0, len(sorts)+1)
	for _, s := range sorts {
		f, ok := l.fields[s.Field]
		if !ok || f.shape != scalar {
			return l.refuse("sort", "invalid", fmt.Sprintf("A list cannot be sorted by [%s].", s.Field))
		}
		key := f.expr
		if s.Desc {
			key += " DESC"
		}
		if f.nullable && s.Desc {
			key += " NULLS LAST" // nothing is less than anything
		} else if f.nullable {
			key += " NULLS FIRST"
		}
		keys = append(keys, key)
	}
	if len(sorts) == 0 {
		keys = append(keys, l.table+".created_at")
	}
	return " ORDER BY " + strings.Join(append(keys, l.table+".id"), ", ")
}

// condition is one filter as SQL. Where there is nothing to compare, neq holds
// and everything else does not.
func (l *listing) condition(f portico.Filter) string {
	name, key, keyed := strings.Cut(f.Field, ".")
	on, ok := l.fields[name]
	switch {
	case !ok, keyed != (on.shape == textsByKey && on.key == "" || on.shape == listsByKey):
		return l.refuse(f.Field, "invalid", fmt.Sprintf("A list cannot be filtered by [%s].", f.Field))
	case keyed && !storable(key):
		return l.refuse(name, "invalid", "The key holds a NUL character or is not UTF-8.")
	case on.shape == scalar:
		return l.compare(on.expr, on.kind, f)
	}
	return l.among(on, key, f)
}

// among is a filter's condition on the members of a JSON column: it holds if
// it does for one of them, or, negated, for none.
func (l *listing) among(on field, key string, f portico.Filter) string {
	if _, ordered := ordering(f.Op); ordered {
		return l.refuse(f.Field, "invalid", fmt.Sprintf("The operator [%s] does not apply to this field.", f.Op))
	}
	not := ""
	switch {
	case f.Op == portico.OpNotEqual:
		not, f.Op = "NOT ", portico.OpEqual
	case f.Op == portico.OpExists && slices.Equal(f.Values, []string{"false"}):
		not, f.Values = "NOT ", nil
	}
	if on.key != "" {
		key = on.key
	}
	exists := not + "EXISTS (SELECT 1 FROM " + l.engine.members(on.shape, on.expr) + " WHERE "
	switch on.shape {
	case textsByKey:
		exists += "member.key = " + l.bind(key) + " AND "
	case listsByKey:
		exists += "entry.key = " + l.bind(key) + " AND "
	}
	return exists + l.compare("member.value", on.kind, f) + ")"
}

// compare is a filter's condition on one value.
func (l *listing) compare(expr string, kind kind, f portico.Filter) string {
	several := f.Op == portico.OpAnyEqual || f.Op == portico.OpAnyContains
	switch {
	case f.Op == portico.OpExists:
		return l.exists(expr, f)
	case len(f.Values) == 0 || len(f.Values) > 1 && !several:
		return l.refuse(f.Field, "invalid", fmt.Sprintf("The operator [%s] needs one value.", f.Op))
	case len(f.Values) > maxChoices || len(f.Values) > maxConditions && f.Op == portico.OpAnyContains:
		return l.refuse(f.Field, "max_items", fmt.Sprintf("The operator [%s] was given too many values.", f.Op))
	}
	values := make([]string, len(f.Values))
	for i, word := range f.Values {
		v, rule, reason := read(kind, word)
		if rule != "" {
			return l.refuse(f.Field, rule, reason)
		}
		values[i] = l.bind(v)
	}
	switch f.Op {
	case portico.OpEqual:
		return expr + " = " + values[0]
	case portico.OpNotEqual:
		return "(" + expr + " = " + values[0] + ") IS NOT TRUE"
	case portico.OpAnyEqual:
		return expr + " IN (" + strings.Join(values, ", ") + ")"
	case portico.OpContains, portico.OpAnyContains:
		if kind != textual {
			break
		}
		for i := range values {
			values[i] = l.engine.contains(expr, values[i])
		}
		return "(" + strings.Join(values, " OR ") + ")"
	}
	if sign, ordered := ordering(f.Op); ordered && kind != truth {
		return expr + sign + values[0]
	}
	return l.refuse(f.Field, "invalid", fmt.Sprintf("The operator [%s] does not apply to this field.", f.Op))
}

func ordering(op string) (sign string, ok bool) {
	switch op {
	case portico.OpLess:
		return " < ", true
	case portico.OpLessEqual:
		return " <= ", true
	case portico.OpGreater:
		return " > ", true
	case portico.OpGreaterOrEq:
		return " >= ", true
	}
	return "", false
}

// exists takes no value or "true" for there, "false" for not there.
func (l *listing) exists(expr string, f portico.Filter) string {
	switch {
	case len(f.Values) == 0, len(f.Values) == 1 && (f.Values[0] == "true" || f.Values[0] == ""):
		return expr + " IS NOT NULL"
	case len(f.Values) == 1 && f.Values[0] == "false":
		return expr + " IS NULL"
	}
	return l.refuse(f.Field, "is_boolean", "Whether something exists is asked with true or false.")
}

// read turns the word of a filter into the value that the column holds.
func read(kind kind, word string) (v any, rule, reason string) {
	switch kind {
	case numeric:
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return nil, "is_integer", "The value is not a whole number."
		}
		return n, "", ""
	case truth:
		if word != "true" && word != "false" {
			return nil, "is_boolean", "The value is neither true nor false."
		}
		return word == "true", "", ""
	case moment:
		t, err := time.Parse(time.RFC3339, word)
		if err != nil {
			return nil, "is_date_time", "The value is not a time such as 2026-01-31T09:00:00Z."
		}
		return t.UnixMicro(), "", ""
	}
	if !storable(word) {
		return nil, "is_string", "The value holds a NUL character or is not UTF-8."
	}
	return word, "", ""
}
