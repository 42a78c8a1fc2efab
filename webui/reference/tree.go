package reference

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// object, array, text and truth read a value of the document as what it should
// be, or as nothing.
func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func array(v any) []any {
	l, _ := v.([]any)
	return l
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

func truth(v any) bool {
	b, _ := v.(bool)
	return b
}

// literal is a value as JSON writes it, and a text as it is.
func literal(v any) string {
	if s, is := v.(string); is {
		return s
	}
	asJSON, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(asJSON)
}

func sorted(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// maxHops bounds a chain of references to references.
const maxHops = 16

// resolve follows the references of an object to what they stand for; nil if
// that is no object of the document.
func (s source) resolve(v any) map[string]any {
	o := object(v)
	for range maxHops {
		ref, is := o["$ref"].(string)
		if !is {
			return o
		}
		target := s.at(ref)
		if target == nil {
			return nil
		}
		if len(o) > 1 { // what stands beside a reference adds to it
			merged := maps.Clone(target)
			for name, value := range o {
				if name != "$ref" {
					merged[name] = value
				}
			}
			target = merged
		}
		o = target
	}
	return nil
}

// at is the object that a reference within the document points to.
func (s source) at(ref string) map[string]any {
	pointer, local := strings.CutPrefix(ref, "#/")
	if !local {
		return nil
	}
	var v any = s.root
	for token := range strings.SplitSeq(pointer, "/") {
		if plain, err := url.PathUnescape(token); err == nil {
			token = plain
		}
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		switch parent := v.(type) {
		case map[string]any:
			v = parent[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(parent) {
				return nil
			}
			v = parent[i]
		default:
			return nil
		}
	}
	return object(v)
}

// nameOf is the last part of a reference: what it calls its target.
func nameOf(ref string) string {
	name := ref[strings.LastIndexByte(ref, '/')+1:]
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
}

// maxParts bounds the schemas that allOf, however nested, merges into one, and
// their members.
const maxParts = 2000

// merges remembers what references stand for once every allOf is merged: pages
// come by the same ones again and again. Safe for concurrent use.
type merges struct {
	mu      sync.Mutex
	known   map[string]merged
	members int // of all that are known
}

// merged is a schema without references and allOf, and the last reference that
// was followed.
type merged struct {
	schema map[string]any
	ref    string
}

// maxRemembered bounds the members of schemas that a document remembers.
const maxRemembered = 100_000

// flatten follows a schema's references and merges its allOf, so that what is
// left has properties of its own. ref is the last reference that was followed.
// Nobody may change the schema.
func (s source) flatten(v any) (schema map[string]any, ref string) {
	o := object(v)
	name, is := o["$ref"].(string)
	if is = is && len(o) == 1; is {
		s.merges.mu.Lock()
		m, known := s.merges.known[name]
		s.merges.mu.Unlock()
		if known {
			return m.schema, m.ref
		}
	}
	parts := 0
	schema, ref = s.merge(v, nil, &parts)
	if is && parts > 0 { // else there is nothing that took time
		s.merges.mu.Lock()
		defer s.merges.mu.Unlock()
		if s.merges.members += len(object(schema["properties"])) + 1; s.merges.members <= maxRemembered {
			s.merges.known[name] = merged{schema, ref}
		}
	}
	return schema, ref
}

func (s source) merge(v any, within *trail, count *int) (map[string]any, string) {
	o := object(v)
	ref := ""
	for {
		r, is := o["$ref"].(string)
		if !is {
			break
		}
		target := s.at(r)
		if target == nil || within.has(r) {
			return map[string]any{"title": nameOf(r)}, r
		}
		within = &trail{r, within}
		beside := o
		o, ref = target, r
		if len(beside) > 1 { // what stands beside a reference adds to it
			o = maps.Clone(target)
			for name, value := range beside {
				if name != "$ref" {
					o[name] = value
				}
			}
		}
	}
	parts := array(o["allOf"])
	if len(parts) == 0 {
		return o, ref
	}
	merged := map[string]any{}
	for _, part := range parts {
		if *count++; *count > maxParts {
			break
		}
		p, _ := s.merge(part, within, count)
		if *count += len(object(p["properties"])) + len(array(p["required"])); *count > maxParts && len(merged) > 0 {
			break
		}
		unite(merged, p)
	}
	own := maps.Clone(o)
	delete(own, "allOf")
	for _, name := range []string{"title", "description", "example", "examples", "default"} { // its own word counts
		if _, says := own[name]; says {
			delete(merged, name)
		}
	}
	unite(merged, own)
	if ref == "" && len(parts) == 1 { // the usual way to say something about a reference
		if r, is := object(parts[0])["$ref"].(string); is {
			ref = r
		}
	}
	return merged, ref
}

// unite adds a schema to another: properties and required names of both, and
// of everything else what is there first.
func unite(to, from map[string]any) {
	for name, value := range from {
		switch name {
		case "properties":
			all := map[string]any{}
			maps.Copy(all, object(to[name]))
			maps.Copy(all, object(value))
			to[name] = all
		case "required":
			to[name] = slices.Concat(array(to[name]), array(value))
		default:
			if _, there := to[name]; !there {
				to[name] = value
			}
		}
	}
}
