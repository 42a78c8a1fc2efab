package openapi

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Difference is how one document's operations differ from another's.
type Difference struct {
	Added, Removed, Changed []Operation
}

// Same says that no operation differs.
func (d Difference) Same() bool { return len(d.Added)+len(d.Removed)+len(d.Changed) == 0 }

// Compare finds the operations of an OpenAPI document that an earlier one has
// not, has otherwise, or has alone. An operation has changed when anything that
// belongs to it has: its own text, its path's, or what either refers to within
// the document. A document that cannot be read has no operations.
func Compare(before, after []byte) Difference {
	old, now := digests(before), digests(after)
	var d Difference
	for _, o := range Operations(after) {
		switch earlier, there := old[o.Key()]; {
		case !there:
			d.Added = append(d.Added, o)
		case earlier != now[o.Key()]:
			d.Changed = append(d.Changed, o)
		}
	}
	for _, o := range Operations(before) {
		if _, stays := now[o.Key()]; !stays {
			d.Removed = append(d.Removed, o)
		}
	}
	return d
}

// maxFollowed bounds how many references of a document are followed in all, for
// each operation anew. Beyond it a change far away may go unnoticed.
const maxFollowed = 200_000

// digests are the operations of a document by their keys, each as one text that
// is the same for the same operation however it is written.
func digests(content []byte) map[string]string {
	out := map[string]string{}
	root, err := Read(content)
	if err != nil {
		return out
	}
	d := digester{root: root, parts: map[string]part{}, left: maxFollowed}
	paths, _ := root["paths"].(map[string]any)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := resolve(root, paths[path])
		for _, method := range methods() {
			if object, ok := item[method].(map[string]any); ok {
				out[strings.ToUpper(method)+" "+path] = d.digest([]any{object, item["parameters"]})
			}
		}
	}
	return out
}

// digester makes digests of what a document holds.
type digester struct {
	root  map[string]any
	parts map[string]part // by pointer
	left  int             // how many more references may be followed
}

// part is what a pointer leads to: a digest of its own text, and where it refers to.
type part struct {
	digest string
	refers []string
}

func newPart(value any) part {
	text, err := json.Marshal(value)
	if err != nil {
		return part{} // what Read makes always fits
	}
	sum := sha256.Sum256(text)
	return part{string(sum[:]), pointers(value)}
}

// digest is of a value and of everything that it refers to within the document,
// whichever way it leads there.
func (d *digester) digest(value any) string {
	whole := newPart(value)
	seen := map[string]bool{}
	for open := whole.refers; len(open) > 0 && d.left > 0; d.left-- {
		pointer := open[len(open)-1]
		open = open[:len(open)-1]
		if seen[pointer] {
			continue
		}
		seen[pointer] = true
		if _, known := d.parts[pointer]; !known {
			d.parts[pointer] = newPart(follow(d.root, pointer))
		}
		open = append(slices.Clip(open), d.parts[pointer].refers...)
	}
	var out strings.Builder
	out.WriteString(whole.digest)
	for _, pointer := range slices.Sorted(maps.Keys(seen)) {
		out.WriteString(pointer + d.parts[pointer].digest)
	}
	sum := sha256.Sum256([]byte(out.String()))
	return string(sum[:])
}

// pointers are the references to places of the same document that a value holds.
func pointers(value any) []string {
	found := map[string]bool{}
	var look func(any)
	look = func(value any) {
		switch v := value.(type) {
		case map[string]any:
			if pointer, ok := v["$ref"].(string); ok && strings.HasPrefix(pointer, "#/") {
				found[pointer] = true
			}
			for _, member := range v {
				look(member)
			}
		case []any:
			for _, item := range v {
				look(item)
			}
		}
	}
	look(value)
	return slices.Sorted(maps.Keys(found))
}
