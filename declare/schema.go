package declare

import (
	"context"
	"slices"
	"strings"
)

// shape is what a field holds.
type shape int

const (
	text       shape = iota
	flag             // true or false
	integer          //
	texts            // a list of texts
	networks         // a list of IP addresses and networks
	table            // texts by name; a name that is not written is removed
	textLists        // lists of texts by name; likewise
	open             // a map that is anybody's; likewise
	settings         // a map that is anybody\'s; a name that is not written stays as it is
	object           // the members in fields; one that is not written stays as it is
	objects          // a list of maps with the members in fields, compared as a whole
	secretText       // ${env:NAME} or ${file:PATH}: never answered, never written down. Of what exists it is known whether it has one (kept)
	textFile         // the path of a file; what it holds is the value
	imageFile        // the path of an image; its data address is the value
	serviceURL       // the address of an upstream service, without the port of its scheme
	domainName       // of a host: upper and lower case are the same
	reference        // the name of an entity
)

// field is a member of an entity, or of a part of one.
type field struct {
	name     string // in files and, unless wire says otherwise, on the wire
	wire     string
	shape    shape
	required bool
	nullable bool
	choices  []string
	fields   []field // of object and objects
	to       string  // of a reference: the kind
	within   string  // of a reference: what the entity is in. A field beside this one, or a kind that this entity is in
	explicit bool    // on creation null is not the same as absent
	fixed    bool    // cannot change once the entity is there
	replaced bool    // of a table or textLists: a change on the wire replaces it as a whole; otherwise null removes a name
	end      string  // of a textFile: how export names files; empty for as the content looks
	with     string  // a field beside this one: neither is written without the other
}

func (f field) onWire() string {
	if f.wire != "" {
		return f.wire
	}
	return f.name
}

// answer is how a collection is answered.
type answer int

const (
	pages   answer = iota // data and meta.page, by number (wire contract: offset pagination)
	entries               // data and next (core entities)
	cursor                // data and meta.page.next
	data                  // data, all of it
	array                 // a bare array
	tree                  // data with children
	single                // there is one, and it is answered itself; 404 if there is none
	image                 // there is one, and it is answered as raw bytes
)

// kind is a sort of entity: how files write it and how the API serves it.
type kind struct {
	name   string // in files; a member of what it is in
	noun   string
	in     string   // the kind that it belongs to; empty at the top
	keys   []string // fields that tell entities apart within what they are in
	oneOf  []string // fields of which exactly one is written
	fields []field

	path   string // of the collection, or of the one there is; below that of what it is in
	answer answer
	list   func(parent *entity) string // where the collection is read, if not at path
	detail bool                        // the collection leaves fields out: each is read at its own address

	// put is the method that creates and changes at the entity's own address;
	// empty where POST creates and PATCH changes. itemID then is the last part
	// of that address, from the body.
	put     string
	itemID  func(body map[string]any) string
	whole   bool // put resets what is left out, so everything is sent
	frozen  bool // cannot be changed; another one takes its place
	lasting bool // cannot be deleted

	labelled  bool   // has labels, and so can be marked; what belongs to one that has none is managed wherever that is declared
	nests     string // the field on the wire that holds the parent's id, where entities hang below each other
	unique    bool   // of those: keys tell them apart wherever they hang
	scalar    string // of a single one: the field that files write in place of a map
	freesRoom bool   // deleted before others of the kind are created

	write  func(ctx context.Context, c *Client, e *entity, body map[string]any) error // creates and changes, where neither POST and PATCH nor put do
	skip   func(found map[string]any) bool                                            // what files cannot have, and so leave alone
	encode func(body map[string]any)                                                  // from fields to the request
	decode func(found map[string]any)                                                 // from the answer to fields
}

// member finds a field.
func (k *kind) member(name string) (field, bool) {
	i := slices.IndexFunc(k.fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return k.fields[i], true
}

// isOne reports whether there is at most one in what it belongs to.
func (k *kind) isOne() bool { return k.answer == single || k.answer == image }

// schema is the table of kinds in the order in which entities are created: what
// is referred to comes before what refers to it.
type schema []*kind

func (s schema) byName(name string) *kind {
	i := slices.IndexFunc(s, func(k *kind) bool { return k.in == "" && k.name == name || k.in != "" && k.in+"."+k.name == name })
	if i < 0 {
		return nil
	}
	return s[i]
}

// inside are the kinds of what belongs to entities of a kind, or of those at the
// top.
func (s schema) inside(k *kind) []*kind {
	in := ""
	if k != nil {
		in = k.full()
	}
	var out []*kind
	for _, other := range s {
		if other.in == in {
			out = append(out, other)
		}
	}
	return out
}

// full is the kind's name with those of what it is in, such as portals.teams.
func (k *kind) full() string {
	if k.in == "" {
		return k.name
	}
	return k.in + "." + k.name
}

func (s schema) rank(k *kind) int { return slices.Index(s, k) }

// entity is a thing that is declared, or that exists.
type entity struct {
	kind    *kind
	parent  *entity // what it belongs to; nil at the top
	above   *entity // what it hangs below, in a tree
	key     string  // tells it apart within its parent
	at      place
	path    string         // in its file, for faults
	values  map[string]any // by field; of a declared one those that are written
	nested  map[string][]*entity
	written map[string]bool // declared: the lists of nested entities that are written

	id    string // of an existing one
	owner string // the set that it is marked with
}

// name is what people call the entity.
func (e *entity) name() string {
	own := e.kind.noun
	if !e.kind.isOne() {
		own += " " + shownKey(e.key)
	}
	if e.parent == nil {
		return own
	}
	return own + " of " + e.parent.name()
}

// keySeparator stands between the parts of a key.
const keySeparator = "\x1f"

// refSeparator stands between the parts of a ref.
const refSeparator = "\x1e"

// shownKey leaves out the parts that are empty.
func shownKey(key string) string {
	parts := slices.DeleteFunc(strings.Split(key, keySeparator), func(part string) bool { return part == "" })
	return strings.Join(parts, " / ")
}

// ref names an entity within all others: its kind and the keys on the way to it.
func (e *entity) ref() string { return refOf(e.kind.full(), e.parent, e.key) }

func refOf(kind string, parent *entity, key string) string {
	if parent == nil {
		return kind + refSeparator + key
	}
	return parent.ref() + refSeparator + kind + refSeparator + key
}

// top is the entity at the top that this one belongs to.
func (e *entity) top() *entity {
	for e.parent != nil {
		e = e.parent
	}
	return e
}

// keyOf makes an entity's key of its values.
func (k *kind) keyOf(values map[string]any) string {
	parts := make([]string, len(k.keys))
	for i, name := range k.keys {
		switch value := values[name].(type) {
		case string:
			parts[i] = value
		case []any:
			parts[i] = strings.Trim(compact(value), "[]")
		}
	}
	for len(parts) > 1 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(parts, keySeparator)
}
