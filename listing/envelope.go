package listing

import "portico"

// List is a page of a collection on the wire.
type List[V any] struct {
	Data []V  `json:"data"`
	Meta Meta `json:"meta"`
}

// Meta tells which page it is, and of how much.
type Meta struct {
	Page PageMeta `json:"page"`
}

// PageMeta has all of its members always: clients loop until they have total.
type PageMeta struct {
	Number int `json:"number"`
	Size   int `json:"size"`
	Total  int `json:"total"`
}

// Envelope renders a page that q has asked for, each item by view.
func Envelope[T, V any](page portico.Page[T], q portico.ListQuery, view func(T) V) List[V] {
	return List[V]{
		Data: views(page.Items, view),
		Meta: Meta{PageMeta{Number: q.Number, Size: q.Size, Total: page.Total}},
	}
}

// views is never nil: an empty page is [] on the wire.
func views[T, V any](items []T, view func(T) V) []V {
	out := make([]V, len(items))
	for i, item := range items {
		out[i] = view(item)
	}
	return out
}
