package content

import (
	"cmp"
	"context"
	"slices"

	"portico"
)

// Node is an entity with those that hang below it.
type Node[T any] struct {
	Item     T
	Children []Node[T]
}

// tree knows how the entities of one kind within a scope hang together.
// Siblings stand in the order of their positions.
type tree[ID ~string, T any] struct {
	all      portico.Collection[ID, T]
	scope    portico.Filter // the portal's, or the API's
	field    string         // names a parent in faults, and in filters
	noun     string
	id       func(*T) ID
	parent   func(*T) **ID
	position func(*T) *int
}

// outline returns what the query holds for, without the texts. In the query,
// only filters and order count; without an order siblings stand by position.
func (t tree[ID, T]) outline(ctx context.Context, q portico.ListQuery) ([]T, error) {
	all := portico.Everything(append(slices.Clone(q.Filters), t.scope)...)
	all.Sort, all.Brief = q.Sort, true
	found, err := t.all.List(ctx, all)
	if len(q.Sort) == 0 {
		slices.SortStableFunc(found.Items, func(a, b T) int { return cmp.Compare(*t.position(&a), *t.position(&b)) })
	}
	return found.Items, err
}

// grow makes trees of entities, in the order in which they are given. An entity
// whose parent is not among them is a root.
func (t tree[ID, T]) grow(items []T) []Node[T] {
	among := map[ID]bool{}
	for i := range items {
		among[t.id(&items[i])] = true
	}
	var roots []T
	below := map[ID][]T{}
	for i := range items {
		if p := *t.parent(&items[i]); p != nil && among[*p] {
			below[*p] = append(below[*p], items[i])
		} else {
			roots = append(roots, items[i])
		}
	}
	var nodes func([]T) []Node[T]
	nodes = func(level []T) []Node[T] {
		out := make([]Node[T], len(level))
		for i := range level {
			out[i] = Node[T]{level[i], nodes(below[t.id(&level[i])])}
		}
		return out
	}
	return nodes(roots)
}

// rooted are the trees that begin at the top: what hangs below something that
// is not there is not there either.
func (t tree[ID, T]) rooted(nodes []Node[T]) []Node[T] {
	return slices.DeleteFunc(nodes, func(n Node[T]) bool { return *t.parent(&n.Item) != nil })
}

// subtree are the ids of an entity and of all below it.
func (t tree[ID, T]) subtree(ctx context.Context, top ID) ([]ID, error) {
	items, err := t.outline(ctx, portico.ListQuery{})
	ids := []ID{top}
	for i := 0; i < len(ids); i++ {
		for j := range items {
			if p := *t.parent(&items[j]); p != nil && *p == ids[i] {
				ids = append(ids, t.id(&items[j]))
			}
		}
	}
	return ids, err
}

// place puts an entity, which need not be there yet, below parent at an index
// among its siblings; a negative index counts from the end, -1 being the last.
// It returns the position to take, having moved the siblings out of the way.
// KindInvalid for a parent that is not in the scope, KindConflict for one that
// is below the entity itself.
func (t tree[ID, T]) place(ctx context.Context, id ID, parent *ID, index int) (int, error) {
	items, err := t.outline(ctx, portico.ListQuery{})
	if err != nil {
		return 0, err
	}
	if err := t.checkParent(items, id, parent); err != nil {
		return 0, err
	}
	siblings := slices.DeleteFunc(items, func(item T) bool {
		p := *t.parent(&item)
		return t.id(&item) == id || (p == nil) != (parent == nil) || p != nil && *p != *parent
	})
	if index < 0 {
		index += len(siblings) + 1
	}
	index = max(0, min(index, len(siblings)))
	for i := range siblings {
		wanted := i
		if i >= index {
			wanted++
		}
		if *t.position(&siblings[i]) == wanted {
			continue
		}
		_, err := t.all.Change(ctx, t.id(&siblings[i]), func(item *T) error {
			*t.position(item) = wanted
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	return index, nil
}

// checkParent walks up from the parent, which must not lead to the entity.
func (t tree[ID, T]) checkParent(items []T, id ID, parent *ID) error {
	for at, first := parent, true; at != nil; first = false {
		if *at == id {
			return portico.Errorf(portico.KindConflict, "A %s cannot be moved below itself; nothing was changed.", t.noun)
		}
		i := slices.IndexFunc(items, func(item T) bool { return t.id(&item) == *at })
		if i < 0 && first {
			return portico.Invalid(t.field, "missing_reference", "There is no "+t.noun+" with this id here.")
		}
		if i < 0 {
			return nil
		}
		at = *t.parent(&items[i])
	}
	return nil
}
