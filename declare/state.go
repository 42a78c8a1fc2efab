package declare

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// markLabel is the label that marks what a set of files manages.
const markLabel = "portico-apply"

// state is what exists in Portico, as far as it was read.
type state struct {
	client *Client
	kinds  schema
	all    []*entity          // in the order of kinds, then as Portico answers
	byRef  map[string]*entity // the first of those that cannot be told apart
	byID   map[string]*entity
	twins  map[string]int // how many have a ref, where there is more than one
}

// read reads the entities at the top, those that others refer to, and of the
// rest what wanted holds for. What is not wanted may also be forbidden.
func read(ctx context.Context, c *Client, kinds schema, wanted func(*kind, *entity) bool) (*state, error) {
	s := &state{client: c, kinds: kinds, byRef: map[string]*entity{}, byID: map[string]*entity{}, twins: map[string]int{}}
	for _, k := range kinds {
		parents := []*entity{nil}
		if k.in != "" {
			parents = s.of(k.in)
		}
		for _, parent := range parents {
			if k.in != "" && !kinds.isReferredTo(k) && !wanted(k, parent) {
				continue
			}
			err := s.collection(ctx, k, parent)
			if refused, is := errors.AsType[*Refusal](err); is && refused.Status == http.StatusForbidden && !wanted(k, parent) {
				continue // nothing of the kind is there for this token
			}
			if err != nil {
				return nil, fmt.Errorf("what there is in Portico cannot be read; nothing was changed: %w", err)
			}
		}
	}
	return s, nil
}

// of lists the entities of a kind that were read.
func (s *state) of(kind string) []*entity {
	var out []*entity
	for _, e := range s.all {
		if e.kind.full() == kind {
			out = append(out, e)
		}
	}
	return out
}

// isReferredTo reports whether fields name entities of a kind.
func (s schema) isReferredTo(k *kind) bool {
	return slices.ContainsFunc(s, func(other *kind) bool {
		return slices.ContainsFunc(other.fields, func(f field) bool { return f.to == k.full() })
	})
}

// collection is the address of an entity's kind within what it belongs to.
func (k *kind) collection(parent *entity) string {
	if parent == nil {
		return k.path
	}
	return parent.address() + "/" + k.path
}

// address is where the API has an entity.
func (e *entity) address() string {
	if e.kind.isOne() {
		return e.kind.collection(e.parent)
	}
	return e.kind.collection(e.parent) + "/" + url.PathEscape(e.id)
}

// collection reads the entities of one kind in what they belong to.
func (s *state) collection(ctx context.Context, k *kind, parent *entity) error {
	at := k.collection(parent)
	if k.answer == image {
		address, err := s.client.image(ctx, at+"/raw")
		if err == nil && address != nil {
			s.add(k, parent, nil, map[string]any{"data": address})
		}
		return err
	}
	if k.list != nil {
		at = k.list(parent)
	}
	found, err := s.client.items(ctx, k.answer, at)
	if err != nil {
		return err
	}
	return s.addAll(ctx, k, parent, nil, found)
}

func (s *state) addAll(ctx context.Context, k *kind, parent, above *entity, found []any) error {
	for _, item := range found {
		wire, _ := item.(map[string]any)
		if wire == nil {
			return fmt.Errorf("%s holds something that is no object", k.collection(parent))
		}
		if k.skip != nil && k.skip(wire) {
			continue
		}
		below, _ := wire["children"].([]any)
		if k.detail {
			id, _ := wire["id"].(string)
			whole, err := s.client.get(ctx, k.collection(parent)+"/"+url.PathEscape(id))
			if err != nil {
				return err
			}
			if wire, _ = whole.(map[string]any); wire == nil {
				continue // deleted since the list was read
			}
		}
		added := s.add(k, parent, above, wire)
		if err := s.addAll(ctx, k, parent, added, below); err != nil {
			return err
		}
	}
	return nil
}

// add takes an answer for an entity.
func (s *state) add(k *kind, parent, above *entity, wire map[string]any) *entity {
	e := &entity{kind: k, parent: parent, above: above, values: s.decode(k, wire)}
	e.id, _ = wire["id"].(string)
	if marks, is := wire["labels"].(map[string]any); is {
		e.owner, _ = marks[markLabel].(string)
	}
	e.key = k.keyOf(e.values)
	if above != nil && !k.unique {
		e.key = above.key + keySeparator + e.key
	}
	s.all = append(s.all, e)
	if e.id != "" {
		s.byID[e.id] = e
	}
	if first := s.byRef[e.ref()]; first != nil {
		s.twins[e.ref()] = max(2, s.twins[e.ref()]+1)
	} else {
		s.byRef[e.ref()] = e
	}
	return e
}

// decode makes an entity's values of an answer. Fields that are not answered,
// such as secrets, are not there.
func (s *state) decode(k *kind, wire map[string]any) map[string]any {
	if k.decode != nil {
		k.decode(wire)
	}
	return s.values(k.fields, wire)
}

func (s *state) values(fields []field, wire map[string]any) map[string]any {
	out := map[string]any{}
	for _, f := range fields {
		value, there := wire[f.onWire()]
		if !there {
			continue
		}
		switch content := value.(type) {
		case string:
			if target := s.byID[content]; f.shape == reference && target != nil {
				value = target.key
			}
		case map[string]any:
			switch f.shape {
			case object:
				value = s.values(f.fields, content)
			case table:
				rest := map[string]any{}
				for name, v := range content {
					if name != markLabel {
						rest[name] = v
					}
				}
				value = rest
			case open:
				value = withoutNulls(content)
			}
		}
		out[f.name] = value
	}
	return out
}

// pageSize is how many entities are asked for at a time.
const pageSize = 100

// items reads a collection to its end; what is not there has no items.
func (c *Client) items(ctx context.Context, how answer, at string) ([]any, error) {
	switch how {
	case pages:
		return c.numbered(ctx, at)
	case entries:
		return c.linked(ctx, at+separator(at)+"size=1000", func(body map[string]any) any { return body["next"] })
	case cursor:
		return c.linked(ctx, at+separator(at)+fmt.Sprintf("page%%5Bsize%%5D=%d", pageSize), func(body map[string]any) any {
			meta, _ := body["meta"].(map[string]any)
			if page, is := meta["page"].(map[string]any); is {
				return page["next"]
			}
			return meta["next"] // where meta is the page itself
		})
	}
	body, err := c.get(ctx, at)
	if err != nil || body == nil {
		return nil, err
	}
	switch content := body.(type) {
	case []any:
		return content, nil
	case map[string]any:
		if how == single {
			return []any{content}, nil
		}
		items, _ := content["data"].([]any)
		return items, nil
	}
	return nil, fmt.Errorf("GET %s answers something else than a collection", at)
}

func separator(at string) string {
	if strings.Contains(at, "?") {
		return "&"
	}
	return "?"
}

// numbered reads pages by their numbers until all are there.
func (c *Client) numbered(ctx context.Context, at string) ([]any, error) {
	var out []any
	for number := 1; ; number++ {
		found, err := c.get(ctx, fmt.Sprintf("%s%spage%%5Bsize%%5D=%d&page%%5Bnumber%%5D=%d", at, separator(at), pageSize, number))
		if err != nil {
			return nil, err
		}
		body, _ := found.(map[string]any)
		items, _ := body["data"].([]any)
		meta, _ := body["meta"].(map[string]any)
		page, _ := meta["page"].(map[string]any)
		total, _ := page["total"].(float64)
		out = append(out, items...)
		if len(items) == 0 || len(out) >= int(total) {
			return out, nil
		}
	}
}

// linked reads pages by the links from one to the next.
func (c *Client) linked(ctx context.Context, at string, next func(map[string]any) any) ([]any, error) {
	var out []any
	for at != "" {
		found, err := c.get(ctx, at)
		if err != nil {
			return nil, err
		}
		body, _ := found.(map[string]any)
		items, _ := body["data"].([]any)
		out = append(out, items...)
		link, _ := next(body).(string)
		target, err := url.Parse(link)
		if err != nil {
			return nil, fmt.Errorf("GET %s links to a page that has no address", at)
		}
		if at = target.RequestURI(); link == "" {
			at = ""
		}
	}
	return out, nil
}
