package desk

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"portico"
	"portico/webui/design"
)

// PerPage is how many rows a table shows at once.
const PerPage = 25

// List is which part of a table is shown and in what order, as the page's
// address says: page, sort (a field, with a hyphen before it for descending)
// and the fields of the filter form.
type List struct {
	Path   string
	Page   int
	values url.Values
	sort   portico.Sort
}

// List reads the address. sorts are the fields that the table may be ordered
// by; the first, which may have a hyphen before it, is the order where the
// address says nothing.
func (v *Visit) List(sorts ...string) List {
	first, desc := strings.CutPrefix(sorts[0], "-")
	sorts = append([]string{first}, sorts[1:]...)
	l := List{Path: v.URL.Path, values: v.URL.Query(), sort: portico.Sort{Field: first, Desc: desc}}
	l.Page, _ = strconv.Atoi(l.values.Get("page")) // what is no number is page 1
	l.Page = min(max(l.Page, 1), 100_000)
	if field, desc := strings.CutPrefix(l.values.Get("sort"), "-"); slices.Contains(sorts, field) {
		l.sort = portico.Sort{Field: field, Desc: desc}
	}
	return l
}

// Value is what a field of the filter form holds.
func (l List) Value(field string) string { return strings.TrimSpace(l.values.Get(field)) }

// Filtered says whether any of the filter form's fields holds something.
func (l List) Filtered(fields ...string) bool {
	return slices.ContainsFunc(fields, func(f string) bool { return l.Value(f) != "" })
}

// Equal is the condition that a field of the entities is what the form's field
// of that name holds; none where it holds nothing.
func (l List) Equal(field string) []portico.Filter { return l.filter(field, field, portico.OpEqual) }

// Contains is the condition that a field of the entities contains what the
// form's field holds; none where it holds nothing.
func (l List) Contains(formField, field string) []portico.Filter {
	return l.filter(formField, field, portico.OpContains)
}

func (l List) filter(formField, field, op string) []portico.Filter {
	value := l.Value(formField)
	if value == "" || strings.ContainsRune(value, 0) {
		return nil
	}
	return []portico.Filter{{Field: field, Op: op, Values: []string{value}}}
}

// Query asks for the part that is shown, under all the conditions.
func (l List) Query(conditions ...[]portico.Filter) portico.ListQuery {
	return portico.ListQuery{Size: PerPage, Number: l.Page, Filters: slices.Concat(conditions...), Sort: []portico.Sort{l.sort}}
}

// Column is a head that orders the table by a field, the other way round at the
// second time.
func (l List) Column(label, field string) design.Column {
	c := design.Column{Label: label}
	sort := field
	if l.sort.Field == field {
		c.Sorted = "ascending"
		if l.sort.Desc {
			c.Sorted = "descending"
		} else {
			sort = "-" + field
		}
	}
	c.SortHref = l.href("sort", sort)
	return c
}

// Pager leads to the other parts of a list of so many.
func (l List) Pager(total int) design.PagerProps {
	return design.PagerProps{Page: l.Page, Pages: (total + PerPage - 1) / PerPage, Total: total, Href: func(n int) string { return l.href("page", strconv.Itoa(n)) }}
}

// href is the page's address with one thing changed. Another order begins on
// the first page.
func (l List) href(name, value string) string {
	q := url.Values{}
	for key, values := range l.values {
		if len(values) > 0 && values[0] != "" && key != "page" && key != "lang" {
			q.Set(key, values[0])
		}
	}
	q.Set(name, value)
	return l.Path + "?" + q.Encode()
}
