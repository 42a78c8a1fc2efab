package reference

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"

	"portico/markdown"
	"portico/openapi"
)

// PageSize is how many operations one page shows. A document with more is split
// into pages by tag.
const PageSize = 60

// maxOperations bounds the operations that are read of a document.
const maxOperations = 5000

// maxAddress is the length of the longest address of a server that is shown.
const maxAddress = 2000

// ErrNotOpenAPI says that a document is of another kind, such as AsyncAPI.
var ErrNotOpenAPI = errors.New("the document is not OpenAPI")

// Document is a specification with an index of its operations. What an
// operation consists of is worked out when a page needs it. It is read-only,
// and so safe for concurrent use.
type Document struct {
	Title       string
	Version     string
	Summary     string
	Description string   // Markdown
	Servers     []string // as written, relative ones included
	Tags        []Tag    // only tags with operations, in the document's order, then by name
	Total       int      // operations

	source
	byID map[string]*Head
}

// Tag is a group of operations.
type Tag struct {
	Name        string // empty: operations without a tag
	Slug        string // unique, for addresses
	Description string // Markdown
	Operations  []Head
}

// Head is what a list shows of an operation.
type Head struct {
	ID         string // unique in the document, for addresses: its operationId, or made of method and path
	Method     string // upper case
	Path       string // as written, with {placeholders}
	Summary    string // never empty
	Deprecated bool
	Tag        string // slug of its tag

	raw, item map[string]any // the operation, and the path item around it
}

// source is the tree of the document with its references.
type source struct {
	root   map[string]any
	merges *merges
}

// methods in the order that people expect.
var methods = []string{"get", "post", "put", "patch", "delete", "head", "options", "trace"}

// Read reads a specification. The error is ErrNotOpenAPI, an
// *openapi.ParseError, or says why OpenAPI 2 cannot be converted.
func Read(content []byte) (*Document, error) {
	root, err := openapi.Read(content)
	if err != nil {
		return nil, err
	}
	if _, old := root["swagger"]; old {
		if root, err = convert(root); err != nil {
			return nil, err
		}
	}
	if _, is := root["openapi"]; !is {
		return nil, ErrNotOpenAPI
	}
	info := object(root["info"])
	d := &Document{
		Title: text(info["title"]), Version: text(info["version"]), Summary: text(info["summary"]), Description: text(info["description"]),
		source: source{root, &merges{known: map[string]merged{}}}, byID: map[string]*Head{},
	}
	d.Servers = d.servers(root["servers"])
	d.index()
	return d, nil
}

// convert makes OpenAPI 3 of OpenAPI 2.
func convert(root map[string]any) (converted map[string]any, err error) {
	defer func() {
		if r := recover(); r != nil { // the converter trips over what its authors did not foresee
			err = fmt.Errorf("convert OpenAPI 2: %v", r)
		}
	}()
	asJSON, err := json.Marshal(root)
	if err != nil {
		return nil, fmt.Errorf("convert OpenAPI 2: %w", err)
	}
	var old openapi2.T
	if err := json.Unmarshal(asJSON, &old); err != nil {
		return nil, fmt.Errorf("convert OpenAPI 2: %w", err)
	}
	current, err := openapi2conv.ToV3(&old)
	if err != nil {
		return nil, fmt.Errorf("convert OpenAPI 2: %w", err)
	}
	if asJSON, err = json.Marshal(current); err != nil {
		return nil, fmt.Errorf("convert OpenAPI 2: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(asJSON))
	decoder.UseNumber()
	return converted, decoder.Decode(&converted)
}

// servers are the addresses of a list of servers, their variables filled in
// with the defaults.
func (s source) servers(list any) []string {
	var out []string
	for _, item := range array(list) {
		server := object(item)
		var defaults []string
		variables := object(server["variables"])
		for _, name := range sorted(variables) {
			defaults = append(defaults, "{"+name+"}", shorten(text(object(variables[name])["default"]), maxAddress))
		}
		// All at once: what a default holds in braces is no variable again.
		address := strings.NewReplacer(defaults...).Replace(shorten(text(server["url"]), maxAddress))
		if address != "" && len(address) <= maxAddress && len(out) < 20 {
			out = append(out, address)
		}
	}
	return out
}

// index finds the operations and groups them by their first tag.
func (d *Document) index() {
	tags, order := map[string]*Tag{}, []string{}
	tag := func(name string) *Tag {
		if tags[name] == nil {
			tags[name] = &Tag{Name: name}
			order = append(order, name)
		}
		return tags[name]
	}
	for _, item := range array(d.root["tags"]) {
		t := object(item)
		if name := text(t["name"]); name != "" {
			tag(name).Description = text(t["description"])
		}
	}
	declared := len(order)
	paths := object(d.root["paths"])
	for _, path := range sorted(paths) {
		item := d.resolve(paths[path])
		for _, method := range methods {
			raw := d.resolve(item[method])
			if raw == nil || d.Total == maxOperations || !strings.HasPrefix(path, "/") {
				continue
			}
			d.Total++
			name := ""
			if names := array(raw["tags"]); len(names) > 0 {
				name = text(names[0])
			}
			t := tag(name)
			t.Operations = append(t.Operations, Head{
				Method: strings.ToUpper(method), Path: path, Summary: summary(raw, method, path), Deprecated: truth(raw["deprecated"]), raw: raw, item: item,
			})
		}
	}
	slices.SortStableFunc(order[declared:], cmp.Compare)
	d.name(tags, order)
}

// name gives tags and operations what addresses call them by.
func (d *Document) name(tags map[string]*Tag, order []string) {
	slugs, ids := map[string]bool{}, map[string]bool{}
	for _, name := range order {
		if t := tags[name]; len(t.Operations) > 0 {
			t.Slug = free(markdown.Slug(name), slugs)
			d.Tags = append(d.Tags, *t)
		}
	}
	for i := range d.Tags {
		for j := range d.Tags[i].Operations {
			head := &d.Tags[i].Operations[j]
			head.Tag = d.Tags[i].Slug
			id := anchor(text(head.raw["operationId"]))
			if id == "" {
				id = anchor(strings.ToLower(head.Method) + head.Path)
			}
			head.ID = free(id, ids)
			d.byID[head.ID] = head
		}
	}
}

// Operation is what the list knows of an operation.
func (d *Document) Operation(id string) (Head, bool) {
	if head, known := d.byID[id]; known {
		return *head, true
	}
	return Head{}, false
}

// Find is the operation that has this id, operationId, or method and path with a
// space between.
func (d *Document) Find(name string) (Head, bool) {
	for _, t := range d.Tags {
		for _, head := range t.Operations {
			if head.ID == name || text(head.raw["operationId"]) == name || head.Method+" "+head.Path == name {
				return head, true
			}
		}
	}
	return Head{}, false
}

// Paged says that the document is too long for one page.
func (d *Document) Paged() bool { return d.Total > PageSize }

// summary is a line that names the operation.
func summary(raw map[string]any, method, path string) string {
	if s := strings.TrimSpace(text(raw["summary"])); s != "" {
		return shorten(s, 120)
	}
	if id := text(raw["operationId"]); id != "" {
		return shorten(words(id), 120)
	}
	return strings.ToUpper(method) + " " + shorten(path, 100)
}

// words spells out an identifier: listFlights is "List flights".
func words(identifier string) string {
	var b strings.Builder
	previous := ' '
	for i, c := range identifier {
		switch {
		case c == '_' || c == '-' || c == '.':
			c = ' '
			b.WriteRune(c)
		case i > 0 && unicode.IsUpper(c) && unicode.IsLower(previous):
			b.WriteString(" " + string(unicode.ToLower(c)))
		case i == 0:
			b.WriteRune(unicode.ToUpper(c))
		default:
			b.WriteRune(c)
		}
		previous = c
	}
	return strings.TrimSpace(b.String())
}

// anchor makes an identifier fit for the id of an element and for a path.
func anchor(identifier string) string {
	var b strings.Builder
	for _, c := range identifier {
		switch {
		case unicode.IsLetter(c), unicode.IsNumber(c), c == '_', c == '.':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() > 120 {
			break
		}
	}
	id := strings.Trim(b.String(), "-.")
	if id == "main" || id == "search" { // the page around the reference has these
		id += "-operation"
	}
	return id
}

// free returns base, or the first of base-2, base-3, … that is not taken, and
// takes it.
func free(base string, taken map[string]bool) string {
	if base == "" {
		base = "operation"
	}
	id := base
	for n := 2; taken[id]; n++ {
		id = base + "-" + strconv.Itoa(n)
	}
	taken[id] = true
	return id
}

func shorten(s string, limit int) string {
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > limit {
		return strings.TrimSpace(string(runes[:limit])) + "…"
	}
	return s
}
