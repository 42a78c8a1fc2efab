package listing

import (
	"net/http"
	"net/url"

	"portico"
)

// ParseCursor reads page[size], page[after] and page[before] from the query of
// r, as collections with cursors have them, and filter[…] and sort as Parse
// does. A cursor remembers the size of the pages it counts; page[size] is
// ignored beside it.
func ParseCursor(r *http.Request, spec Spec) (portico.ListQuery, error) {
	p := parser{spec: spec}
	values := p.query(r)
	q := portico.ListQuery{Size: p.number(values, "page[size]", DefaultSize, MaxSize), Number: 1}
	for _, name := range []string{"page[after]", "page[before]"} {
		cursor := values.Get(name)
		if cursor == "" {
			continue
		}
		size, number, ok := decodeOffset(cursor)
		if !ok {
			p.fault(name, "invalid", "must be a cursor of an earlier answer, unchanged")
			continue
		}
		q.Size, q.Number = size, number
	}
	q.Filters = p.filters(values)
	q.Sort = p.sort(values)
	return q, p.err()
}

// CursorList is a page of a collection with cursors on the wire.
type CursorList[V any] struct {
	Data []V        `json:"data"`
	Meta CursorMeta `json:"meta"`
}

// CursorMeta tells the way to the other pages.
type CursorMeta struct {
	Page CursorPage `json:"page"`
}

// CursorPage holds addresses relative to the server; null where there is no page.
type CursorPage struct {
	Next     *string `json:"next"`
	Previous *string `json:"previous"`
	Size     int     `json:"size"`
}

// CursorEnvelope renders a page that q, read from r, has asked for.
func CursorEnvelope[T, V any](r *http.Request, page portico.Page[T], q portico.ListQuery, view func(T) V) CursorList[V] {
	return CursorList[V]{Data: views(page.Items, view), Meta: CursorMeta{cursorPage(r, page.Total, q)}}
}

// FlatCursorList is a CursorList whose meta is the page itself, as one
// collection of the contract has it: portals' IP allow lists.
type FlatCursorList[V any] struct {
	Data []V        `json:"data"`
	Meta CursorPage `json:"meta"`
}

// FlatCursorEnvelope is CursorEnvelope for a FlatCursorList.
func FlatCursorEnvelope[T, V any](r *http.Request, page portico.Page[T], q portico.ListQuery, view func(T) V) FlatCursorList[V] {
	return FlatCursorList[V]{Data: views(page.Items, view), Meta: cursorPage(r, page.Total, q)}
}

// cursorPage tells the way from a page that q, read from r, has asked for.
func cursorPage(r *http.Request, total int, q portico.ListQuery) CursorPage {
	page := CursorPage{Size: q.Size}
	link := func(name string, number int) *string {
		values := r.URL.Query()
		values.Del("page[after]")
		values.Del("page[before]")
		values.Set(name, encodeOffset(q.Size, number))
		return new((&url.URL{Path: r.URL.Path, RawQuery: values.Encode()}).String())
	}
	if q.Number*q.Size < total {
		page.Next = link("page[after]", q.Number+1)
	}
	if q.Number > 1 {
		page.Previous = link("page[before]", q.Number-1)
	}
	return page
}
