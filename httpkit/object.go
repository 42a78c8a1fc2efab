package httpkit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"portico"
)

// Object is a JSON object of a request body, or a part of one. Its reading
// methods return what they find and collect what is wrong; Err tells it all at
// once, including the members that nobody has asked for.
//
// An absent object is an Object too: reading it finds nothing and reports nothing.
type Object struct {
	node     *node  // nil: absent
	path     string // dotted; empty for the body itself
	report   *report
	read     map[string]bool
	children map[string]*Object // by path below this one
	open     bool
}

// report is what a whole tree of objects has collected.
type report struct {
	faults  []portico.InvalidParameter
	objects []*Object
}

// maxFaults is how many faults one answer names.
const maxFaults = 100

// ReadObject reads the body of r, which must be a JSON object. A missing
// Content-Type is taken for JSON. Errors: KindUnsupportedMedia, KindTooLarge,
// and KindInvalid for what is no JSON, saying where and what was expected.
func ReadObject(r *http.Request) (*Object, error) {
	return readObject(r, false)
}

// ReadOptionalObject is ReadObject for requests whose body may be left out,
// which means the empty object.
func ReadOptionalObject(r *http.Request) (*Object, error) {
	return readObject(r, true)
}

func readObject(r *http.Request, optional bool) (*Object, error) {
	if optional {
		text, err := readBody(r)
		if err != nil {
			return nil, err
		}
		if len(bytes.Trim(text, " \t\r\n")) == 0 {
			return newObject(&node{kind: kindObject}, "", &report{}), nil
		}
		r.Body = io.NopCloser(bytes.NewReader(text))
	}
	root, err := readJSON(r, kindObject)
	if err != nil {
		return nil, err
	}
	return newObject(root, "", &report{}), nil
}

// ReadArray reads the body of r, which must be a JSON array, as an object that
// has it as its member body. Errors as with ReadObject.
func ReadArray(r *http.Request) (*Object, error) {
	root, err := readJSON(r, kindArray)
	if err != nil {
		return nil, err
	}
	const name = "body"
	return newObject(&node{kind: kindObject, names: []string{name}, members: map[string]*node{name: root}}, "", &report{}), nil
}

// readJSON parses the body of r, which must be of a kind.
func readJSON(r *http.Request, want kind) (*node, error) {
	text, err := readBody(r)
	if err != nil {
		return nil, err
	}
	if len(bytes.Trim(text, " \t\r\n")) == 0 {
		return nil, badBody("required", "the request has no body, but "+want.json()+" is expected")
	}
	if err := checkMediaType(r.Header.Get("Content-Type")); err != nil {
		return nil, err
	}
	root, err := parseJSON(text)
	if err != nil {
		return nil, badBody("invalid", "the request body is not valid JSON: "+err.Error())
	}
	if root.kind != want {
		return nil, badBody(want.rule(), "the request body must be "+want.json()+", not "+root.kind.String())
	}
	return root, nil
}

// json names the kind as what a whole body is.
func (k kind) json() string {
	if k == kindArray {
		return "a JSON array"
	}
	return "a JSON object"
}

// rule is the one that a body of another kind breaks.
func (k kind) rule() string {
	if k == kindArray {
		return "is_array"
	}
	return "is_object"
}

// readBody reads the whole body, within its limit.
func readBody(r *http.Request) ([]byte, error) {
	body := r.Body
	if body == nil {
		return nil, nil
	}
	if _, limited := body.(limitedBody); !limited {
		body = http.MaxBytesReader(nil, body, DefaultBodyLimit)
	}
	text, err := io.ReadAll(body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, err // package problem has the words for it
	}
	if err != nil {
		e := badBody("invalid", "the request body could not be read to its end")
		e.Err = err
		return nil, e
	}
	return text, nil
}

// checkMediaType refuses what says that it is not JSON.
func checkMediaType(header string) error {
	if header == "" {
		return nil
	}
	media, _, err := mime.ParseMediaType(header)
	if err == nil && (media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")) {
		return nil
	}
	return portico.Errorf(portico.KindUnsupportedMedia,
		"The request body has the content type [%s], but only [application/json] is read here; nothing was changed.", printable(header))
}

// badBody is the error of a body that cannot be read as an object at all.
func badBody(rule, reason string) *portico.Error {
	e := portico.InvalidAll(portico.InvalidParameter{Field: "body", Rule: rule, Reason: reason, Source: "body"})
	e.Detail = strings.ToUpper(reason[:1]) + reason[1:] + ". Nothing was changed."
	return e
}

// newObject returns the object of n, which is nil when it is absent.
func newObject(n *node, path string, rep *report) *Object {
	o := &Object{node: n, path: path, report: rep, read: make(map[string]bool), children: make(map[string]*Object)}
	if n != nil {
		rep.objects = append(rep.objects, o)
	}
	return o
}

// Has reports whether there is a member of that name, null or not. It does not
// count as reading it.
func (o *Object) Has(name string) bool {
	return o.node != nil && o.node.members[name] != nil
}

// Names lists the members in the order they were written, for objects whose
// members the contract does not name. It does not count as reading them.
func (o *Object) Names() []string {
	if o.node == nil {
		return nil
	}
	return slices.Clone(o.node.names)
}

// Ignore tolerates members that callers may send back but cannot set.
func (o *Object) Ignore(names ...string) {
	for _, name := range names {
		o.read[name] = true
	}
}

// Allow makes the object open: members that nobody reads are no fault.
func (o *Object) Allow() { o.open = true }

// Invalid reports a fault of the member field, found by the caller.
func (o *Object) Invalid(field, rule, reason string) {
	o.Report(portico.InvalidParameter{Field: field, Rule: rule, Reason: reason})
}

// Report is Invalid for the rules that have more to say, such as enum or
// dependent_fields. The fault's field is below this object.
func (o *Object) Report(fault portico.InvalidParameter) {
	fault.Field = o.at(fault.Field)
	fault.Source = "body"
	o.report.faults = append(o.report.faults, fault)
}

// Err returns all faults of the whole body, or nil: those found by reading, in
// that order, then the members nobody has read of every object that was.
func (o *Object) Err() error {
	faults := slices.Clone(o.report.faults)
	for _, object := range o.report.objects {
		if object.open {
			continue
		}
		for _, name := range object.node.names {
			if !object.read[name] {
				faults = append(faults, portico.InvalidParameter{Field: object.at(cmp.Or(printable(name), `""`)), Rule: "unknown_property",
					Reason: "is not a known property", Source: "body"})
			}
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return portico.InvalidAll(faults[:min(len(faults), maxFaults)]...)
}

// at is the dotted path of a member.
func (o *Object) at(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

// take finds a member and counts it as read; nil when it is absent.
func (o *Object) take(name string) *node {
	if o.node == nil {
		return nil
	}
	o.read[name] = true
	return o.node.members[name]
}

// Object reads a member that is an object.
func (o *Object) Object(name string, rules ...Rule) *Object {
	child, _, _ := o.object(name, rules)
	return child
}

// OptObject reads a member that is an object, or null, which is told apart from
// its absence.
func (o *Object) OptObject(name string) (child *Object, set, null bool) {
	return o.object(name, []Rule{Nullable})
}

func (o *Object) object(name string, rules []Rule) (child *Object, set, null bool) {
	found := field(o, name, rules, func(n *node, _ constraint, at string) (*Object, bool) {
		if n.kind != kindObject {
			o.Invalid(at, "is_object", "must be an object")
			return nil, false
		}
		if o.children[at] == nil {
			o.children[at] = newObject(n, o.at(at), o.report)
		}
		return o.children[at], true
	})
	if found.Value == nil {
		return newObject(nil, o.at(name), o.report), found.Set, found.Null
	}
	return found.Value, true, false
}

// Objects reads a member that is an array of objects.
func (o *Object) Objects(name string, rules ...Rule) []*Object {
	return field(o, name, rules, func(n *node, c constraint, at string) ([]*Object, bool) {
		items, ok := o.items(n, c, at)
		objects := make([]*Object, 0, len(items))
		for i, item := range items {
			path := at + "." + strconv.Itoa(i)
			if item.kind != kindObject {
				o.Invalid(path, "is_object", "must be an object")
				continue
			}
			if o.children[path] == nil {
				o.children[path] = newObject(item, o.at(path), o.report)
			}
			objects = append(objects, o.children[path])
		}
		return objects, ok
	}).Value
}

// Raw returns a member as it was written; ok is false when it is absent.
func (o *Object) Raw(name string) (raw json.RawMessage, ok bool) {
	n := o.take(name)
	if n == nil {
		return nil, false
	}
	return json.RawMessage(bytes.Clone(n.raw)), true
}

// Value returns a member as encoding/json decodes it into an any, with numbers
// as json.Number; nil when it is absent or null.
func (o *Object) Value(name string) any {
	n := o.take(name)
	if n == nil {
		return nil
	}
	return n.value()
}

func (n *node) value() any {
	switch n.kind {
	case kindBool:
		return n.raw[0] == 't'
	case kindNumber:
		return json.Number(n.raw)
	case kindString:
		return n.text
	case kindArray:
		items := make([]any, len(n.items))
		for i, item := range n.items {
			items[i] = item.value()
		}
		return items
	case kindObject:
		members := make(map[string]any, len(n.names))
		for name, member := range n.members {
			members[name] = member.value()
		}
		return members
	default:
		return nil
	}
}
