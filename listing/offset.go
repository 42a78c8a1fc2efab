package listing

import (
	"encoding/base64"
	"fmt"
	"math"
	"net/http"
	"net/url"

	"portico"
)

// OffsetSize is the page size of the core entities' collections.
const OffsetSize = 100

// ParseOffset reads size (1 to 1000, default 100) and offset from the query of
// r, as the core entities have them, and filter[…] and sort as Parse does. An
// offset remembers the size of the pages it counts; size is ignored beside it.
func ParseOffset(r *http.Request, spec Spec) (portico.ListQuery, error) {
	p := parser{spec: spec}
	values := p.query(r)
	q := portico.ListQuery{Size: p.number(values, "size", OffsetSize, MaxSize), Number: 1}
	if offset := values.Get("offset"); offset != "" {
		size, number, ok := decodeOffset(offset)
		if ok {
			q.Size, q.Number = size, number
		} else {
			p.fault("offset", "invalid", "must be the offset of an earlier answer, unchanged")
		}
	}
	q.Filters = p.filters(values)
	q.Sort = p.sort(values)
	return q, p.err()
}

// OffsetList is a page of a core entities' collection on the wire. Offset and
// Next are absent from the last page.
type OffsetList[V any] struct {
	Data   []V    `json:"data"`
	Offset string `json:"offset,omitempty"`
	Next   string `json:"next,omitempty"`
}

// OffsetEnvelope renders a page that q, read from r, has asked for.
func OffsetEnvelope[T, V any](r *http.Request, page portico.Page[T], q portico.ListQuery, view func(T) V) OffsetList[V] {
	list := OffsetList[V]{Data: views(page.Items, view)}
	if q.Number*q.Size >= page.Total {
		return list
	}
	list.Offset = encodeOffset(q.Size, q.Number+1)
	values := r.URL.Query()
	values.Set("offset", list.Offset)
	list.Next = (&url.URL{Path: r.URL.Path, RawQuery: values.Encode()}).String()
	return list
}

func encodeOffset(size, number int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d", size, number))
}

func decodeOffset(s string) (size, number int, ok bool) {
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return 0, 0, false
	}
	if _, err := fmt.Sscanf(string(text), "%d.%d", &size, &number); err != nil {
		return 0, 0, false
	}
	ok = size >= 1 && size <= MaxSize && number >= 1 && number <= math.MaxInt32 && encodeOffset(size, number) == s
	return size, number, ok
}
