package listing

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"portico"
)

// Parse reads page[size], page[number], filter[…] and sort from the query of r.
// Whatever else the query holds belongs to the caller. Its error is KindInvalid
// and names every fault.
func Parse(r *http.Request, spec Spec) (portico.ListQuery, error) {
	p := parser{spec: spec}
	values := p.query(r)
	q := portico.ListQuery{
		Size:   p.number(values, "page[size]", cmp.Or(spec.DefaultSize, DefaultSize), cmp.Or(spec.MaxSize, MaxSize)),
		Number: p.number(values, "page[number]", 1, math.MaxInt32),
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if strings.HasPrefix(key, "page[") && key != "page[size]" && key != "page[number]" {
			p.fault(key, "unknown_property", "is not a known parameter; there are page[size] and page[number]")
		}
	}
	q.Filters = p.filters(values)
	q.Sort = p.sort(values)
	return q, p.err()
}

// parser collects the faults of one query.
type parser struct {
	spec   Spec
	faults []portico.InvalidParameter
}

func (p *parser) err() error {
	if len(p.faults) == 0 {
		return nil
	}
	return portico.InvalidAll(p.faults...)
}

func (p *parser) fault(field, rule, reason string) {
	p.report(portico.InvalidParameter{Field: field, Rule: rule, Reason: reason})
}

func (p *parser) report(fault portico.InvalidParameter) {
	fault.Source = "query"
	fault.Field = strings.ToValidUTF8(fault.Field, "\uFFFD")
	p.faults = append(p.faults, fault)
}

// query decodes the whole query string: a part that cannot be decoded is a
// fault, lest a filter be dropped in silence.
func (p *parser) query(r *http.Request) url.Values {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		p.fault("query", "invalid", "the query string is not well formed: percent signs and semicolons must be encoded")
	}
	return values
}

// number reads a number from 1 to most; def when it is absent or empty.
func (p *parser) number(values url.Values, name string, def, most int) int {
	given := values[name]
	if len(given) == 0 || given[0] == "" {
		return def
	}
	if len(given) > 1 {
		p.fault(name, "invalid", "is given more than once")
		return def
	}
	n, err := strconv.Atoi(given[0])
	switch {
	case err != nil:
		p.fault(name, "is_integer", "must be an integer")
	case n < 1:
		p.report(portico.InvalidParameter{Field: name, Rule: "min", Minimum: new(1), Reason: "must be at least 1"})
	case n > most:
		p.report(portico.InvalidParameter{Field: name, Rule: "max", Maximum: &most, Reason: fmt.Sprintf("must not be more than %d", most)})
	default:
		return n
	}
	return def
}

// filters reads the filters, in the order of their keys.
func (p *parser) filters(values url.Values) []portico.Filter {
	var filters []portico.Filter
	name := cmp.Or(p.spec.FilterName, "filter")
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if key != name && !strings.HasPrefix(key, name+"[") {
			continue
		}
		for _, value := range values[key] {
			if filter, ok := p.filter(key, strings.TrimPrefix(key, name), value); ok {
				filters = append(filters, filter)
			}
		}
	}
	return filters
}

// filter reads filter[field][op]=value, filter[field]=value, and the same with
// the field spelled [labels.key] or [labels][key]. what is the bracketed part of
// the key.
func (p *parser) filter(key, what, value string) (portico.Filter, bool) {
	none := portico.Filter{}
	segments, ok := brackets(what)
	if !ok || len(segments) > 3 {
		p.fault(key, "invalid", "must have the form filter[field]=value or filter[field][operator]=value")
		return none, false
	}
	name, rest := segments[0], segments[1:]
	name, label, dotted := strings.Cut(name, ".")
	kind, known := p.spec.Filters[name]
	if !known || dotted && !kind.dynamic {
		p.fault(key, "unknown_property", "is not a field to filter by; "+p.known())
		return none, false
	}
	field := name
	if kind.dynamic {
		if !dotted && len(rest) > 0 {
			label, rest = rest[0], rest[1:]
		}
		if label == "" || !isText(label) {
			p.fault(key, "invalid", fmt.Sprintf("must name a key, as in filter[%s.team]", name))
			return none, false
		}
		field = name + "." + label
	}
	if len(rest) > 1 {
		p.fault(key, "invalid", "must have the form filter[field]=value or filter[field][operator]=value")
		return none, false
	}
	op := portico.OpEqual
	switch {
	case len(rest) == 1:
		op = rest[0]
	case kind.dynamic && value == "":
		op, value = portico.OpExists, "true"
	}
	if !slices.Contains(kind.ops, op) {
		p.report(portico.InvalidParameter{Field: key, Rule: "enum", Choices: kind.ops,
			Reason: "has an operator that is not offered; there are " + strings.Join(kind.ops, ", ")})
		return none, false
	}
	normal, ok := p.values(key, kind, op, value)
	return portico.Filter{Field: field, Op: op, Values: normal}, ok
}

// values splits and checks the values of one filter.
func (p *parser) values(key string, kind FieldKind, op, value string) ([]string, bool) {
	values := []string{value}
	check := kind.check
	switch op {
	case portico.OpAnyEqual, portico.OpAnyContains:
		values = strings.Split(value, ",")
	case portico.OpExists:
		check = isOneOf([]string{"true", "false"})
	}
	if op == portico.OpContains || op == portico.OpAnyContains {
		check = anything // a part of a value need not be one
	}
	for i := range values {
		normal, fault := check(values[i])
		if fault.Rule != "" {
			fault.Field = key
			p.report(fault)
			return nil, false
		}
		values[i] = normal
	}
	return values, true
}

// known lists the fields that can be filtered by.
func (p *parser) known() string {
	if len(p.spec.Filters) == 0 {
		return "this collection has none"
	}
	return "there are " + strings.Join(slices.Sorted(maps.Keys(p.spec.Filters)), ", ")
}

// sort reads sort=name desc,created_at.
func (p *parser) sort(values url.Values) []portico.Sort {
	terms := strings.Join(values["sort"], ",")
	if terms == "" {
		return p.spec.DefaultSort
	}
	var keys []portico.Sort
	for term := range strings.SplitSeq(terms, ",") {
		words := strings.Fields(term)
		if len(words) == 0 || len(words) > 2 || len(words) == 2 && !isDirection(words[1]) {
			p.fault("sort", "invalid", "must be a list of fields, each followed by asc, desc or nothing")
			return nil
		}
		key := portico.Sort{Field: words[0], Desc: len(words) == 2 && strings.EqualFold(words[1], "desc")}
		switch {
		case !slices.Contains(p.spec.Sorts, key.Field):
			p.report(portico.InvalidParameter{Field: "sort", Rule: "enum", Choices: p.spec.Sorts,
				Reason: "names a field that cannot be sorted by"})
			return nil
		case slices.ContainsFunc(keys, func(k portico.Sort) bool { return k.Field == key.Field }):
			p.fault("sort", "invalid", "names the field "+key.Field+" more than once")
			return nil
		}
		keys = append(keys, key)
	}
	return keys
}

func isDirection(s string) bool {
	return strings.EqualFold(s, "asc") || strings.EqualFold(s, "desc")
}

// brackets splits "[a][b]" into a and b.
func brackets(s string) ([]string, bool) {
	inner, ok := strings.CutPrefix(s, "[")
	if !ok {
		return nil, false
	}
	if inner, ok = strings.CutSuffix(inner, "]"); !ok {
		return nil, false
	}
	segments := strings.Split(inner, "][")
	return segments, !slices.ContainsFunc(segments, func(s string) bool { return strings.ContainsAny(s, "[]") })
}

// isText reports whether a store can hold s: no NUL, no broken UTF-8.
func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// anything accepts every text.
func anything(s string) (string, portico.InvalidParameter) {
	if !isText(s) {
		return "", portico.InvalidParameter{Rule: "is_string", Reason: "must be UTF-8 text without NUL characters"}
	}
	return s, portico.InvalidParameter{}
}

func isUUID(s string) (string, portico.InvalidParameter) {
	if s = strings.ToLower(s); !portico.IsID(s) {
		return "", portico.InvalidParameter{Rule: "is_uuid", Reason: "must be a UUID"}
	}
	return s, portico.InvalidParameter{}
}

func isDate(s string) (string, portico.InvalidParameter) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return "", portico.InvalidParameter{Rule: "is_date_time",
			Reason: "must be an RFC 3339 date and time, such as 2026-01-31T12:00:00Z (a plus sign is sent as %2B)"}
	}
	return t.UTC().Format(time.RFC3339Nano), portico.InvalidParameter{}
}

func isOneOf(choices []string) func(string) (string, portico.InvalidParameter) {
	return func(s string) (string, portico.InvalidParameter) {
		if !slices.Contains(choices, s) {
			return "", portico.InvalidParameter{Rule: "enum", Choices: choices, Reason: "must be one of " + strings.Join(choices, ", ")}
		}
		return s, portico.InvalidParameter{}
	}
}
