package declare

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Format is what _format says in every file of declarations.
const Format = "portico/v1"

// Declaration is what files say there shall be.
type Declaration struct {
	Set   string // what the files are called together; entities are marked with it
	top   []*entity
	kinds schema
}

// setName is what a label can say (contract: Labels).
var setName = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?$`)

// maxFile is how many bytes of one file are read.
const maxFile = 10 << 20

// Load reads declarations. A source is a file, or a directory whose *.yaml and
// *.yml files are read. All faults come at once, as Faults.
func Load(sources ...string) (*Declaration, error) {
	l := &loader{decl: &Declaration{kinds: kinds()}, seen: map[string]*entity{}, used: map[string]bool{}}
	var others []string
	for _, source := range sources {
		info, err := os.Stat(source)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read; nothing was changed: %w", source, err)
		}
		if !info.IsDir() {
			if is, err := l.file(filepath.Dir(source), filepath.Base(source)); err != nil {
				return nil, err
			} else if !is {
				l.fault(&node{at: place{source, 1, 1}}, "", "does not begin with _format: "+Format)
			}
			continue
		}
		found, err := os.ReadDir(source)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read; nothing was changed: %w", source, err)
		}
		for _, entry := range found {
			if end := filepath.Ext(entry.Name()); entry.IsDir() || end != ".yaml" && end != ".yml" {
				continue
			}
			if is, err := l.file(source, entry.Name()); err != nil {
				return nil, err
			} else if !is {
				others = append(others, filepath.Join(source, entry.Name()))
			}
		}
	}
	for _, name := range others {
		if !l.used[name] {
			l.fault(&node{at: place{name, 1, 1}}, "", "neither begins with _format: "+Format+" nor is the file of a text")
		}
	}
	if l.decl.Set == "" && len(l.faults) == 0 {
		l.fault(&node{at: place{strings.Join(sources, " "), 1, 1}}, "_set", "is missing: it says what these files are called together")
	}
	if len(l.faults) > 0 {
		return nil, l.faults
	}
	return l.decl, nil
}

// loader makes entities of files.
type loader struct {
	decl   *Declaration
	seen   map[string]*entity // by ref
	used   map[string]bool    // files that fields name
	faults Faults
	dir    string // of the file that is being read
}

func (l *loader) fault(n *node, path, format string, args ...any) {
	l.faults = append(l.faults, Fault{n.at, path, fmt.Sprintf(format, args...)})
}

// file reads one file; is reports whether it holds declarations.
func (l *loader) file(dir, name string) (is bool, err error) {
	l.dir = dir
	text, err := readWithin(dir, name)
	if err != nil {
		return false, fmt.Errorf("%s cannot be read; nothing was changed: %w", filepath.Join(dir, name), err)
	}
	documents, faults := parse(filepath.Join(dir, name), text)
	declares := slices.ContainsFunc(documents, func(n *node) bool { return n.get("_format") != nil })
	if !declares && len(faults) == 0 {
		return false, nil
	}
	l.faults = append(l.faults, faults...)
	for _, doc := range documents {
		l.document(doc)
	}
	return true, nil
}

// readWithin reads a file of a directory, and follows no link out of it.
func readWithin(dir, name string) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("it has more than %d bytes", maxFile)
	}
	return text, err
}

func (l *loader) document(doc *node) {
	if !doc.isMap {
		l.fault(doc, "", "must be a map, but is %s", doc.shape())
		return
	}
	for _, m := range doc.members {
		content, _ := m.value.scalar.(string)
		switch k := l.decl.kinds.byName(m.name); {
		case m.name == "_format":
			if content != Format {
				l.fault(m.value, m.name, "must be %s; another version of portico writes other formats", Format)
			}
		case m.name == "_set":
			l.set(m.value, content)
		case k == nil || k.in != "":
			l.unknown(m, "", append([]string{"_format", "_set"}, names(l.decl.kinds.inside(nil))...))
		default:
			l.decl.top = append(l.decl.top, l.list(k, nil, nil, m.value, m.name)...)
		}
	}
	if doc.get("_format") == nil {
		l.fault(doc, "_format", "is missing: every document says _format: %s", Format)
	}
}

func (l *loader) set(n *node, name string) {
	switch {
	case !setName.MatchString(name):
		l.fault(n, "_set", "must be a name of at most 63 letters, digits, hyphens, underscores and dots")
	case l.decl.Set != "" && l.decl.Set != name:
		l.fault(n, "_set", "is %s here and %s elsewhere: apply one set at a time", name, l.decl.Set)
	default:
		l.decl.Set = name
	}
}

func (l *loader) unknown(m member, path string, known []string) {
	l.faults = append(l.faults, Fault{m.at, path + m.name, "is not known here; known are " + strings.Join(known, ", ")})
}

func names(kinds []*kind) []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = k.name
	}
	return out
}

// list reads the entities of one kind within what they belong to.
func (l *loader) list(k *kind, parent, above *entity, n *node, path string) []*entity {
	if !n.isList {
		l.fault(n, path, "must be a list, but is %s; [] says that there are none", n.shape())
		return nil
	}
	var out []*entity
	for i, item := range n.items {
		at := fmt.Sprintf("%s[%d]", path, i)
		if !item.isMap {
			l.fault(item, at, "must be a map, but is %s", item.shape())
			continue
		}
		out = append(out, l.entity(k, parent, above, item, at)...)
	}
	return out
}

// entity reads one entity; in a tree, with those below it.
func (l *loader) entity(k *kind, parent, above *entity, n *node, path string) []*entity {
	e := &entity{kind: k, parent: parent, above: above, at: n.at, path: path, values: map[string]any{}, nested: map[string][]*entity{}, written: map[string]bool{}}
	inner := l.decl.kinds.inside(k)
	own := l.members(k.fields, n, path+".", e.values)
	for _, key := range k.keys {
		if e.values[key] == "" {
			l.fault(n.get(key), path+"."+key, "must not be empty")
		}
	}
	written := slices.DeleteFunc(slices.Clone(k.oneOf), func(name string) bool { return n.get(name) == nil })
	if len(k.oneOf) > 0 && len(written) != 1 {
		l.fault(n, path, "must have exactly one of %s", strings.Join(k.oneOf, ", "))
	}
	e.key = k.keyOf(e.values)
	if above != nil && !k.unique {
		e.key = above.key + keySeparator + e.key
	}
	if twin := l.seen[e.ref()]; twin != nil {
		l.fault(n, path, "is declared twice: %s is at %s, too", e.name(), twin.at)
	}
	l.seen[e.ref()] = e
	out := []*entity{e}
	for _, m := range own {
		at := path + "." + m.name
		i := slices.IndexFunc(inner, func(k *kind) bool { return k.name == m.name })
		switch {
		case m.name == "children" && k.nests != "":
			out = append(out, l.list(k, parent, e, m.value, at)...)
		case i < 0:
			l.unknown(m, path+".", append(fieldNames(k.fields), names(inner)...))
		case inner[i].isOne():
			e.written[m.name] = true
			e.nested[m.name] = l.one(inner[i], e, m.value, at)
		default:
			e.written[m.name] = true
			e.nested[m.name] = l.list(inner[i], e, nil, m.value, at)
		}
	}
	return out
}

// one reads an entity of which there is at most one: a map, or for some kinds
// just the one thing that it consists of. null says that there is none.
func (l *loader) one(k *kind, parent *entity, n *node, path string) []*entity {
	null := !n.isMap && !n.isList && n.scalar == nil
	switch {
	case null && !k.lasting:
		return nil
	case k.scalar != "":
		e := &entity{kind: k, parent: parent, at: n.at, path: path, values: map[string]any{}}
		if value, ok := l.value(k.fields[0], n, path); ok {
			e.values[k.scalar] = value
		}
		return []*entity{e}
	case !n.isMap:
		l.fault(n, path, "must be a map, but is %s", n.shape())
		return nil
	}
	return l.entity(k, parent, nil, n, path)
}

func fieldNames(fields []field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.name
	}
	return out
}

// members reads the fields of a map and returns the members that are none.
func (l *loader) members(fields []field, n *node, path string, to map[string]any) []member {
	var others []member
	for _, m := range n.members {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == m.name })
		if i < 0 {
			others = append(others, m)
		} else if value, ok := l.value(fields[i], m.value, path+m.name); ok {
			to[m.name] = value
		}
	}
	for _, f := range fields {
		if f.required && n.get(f.name) == nil {
			l.fault(n, path+f.name, "is missing")
		}
		if f.with != "" && n.get(f.name) == nil && n.get(f.with) != nil {
			l.fault(n, path+f.name, "is missing: it always stands beside %s", f.with)
		}
	}
	return others
}

// value reads what a field holds; ok is false when it cannot be that.
func (l *loader) value(f field, n *node, path string) (value any, ok bool) {
	if !n.isMap && !n.isList && n.scalar == nil {
		if !f.nullable {
			l.fault(n, path, "must not be null; leave it out, and it stays as it is")
		}
		return nil, f.nullable
	}
	wrong := func(what string) (any, bool) {
		l.fault(n, path, "must be %s, but is %s", what, n.shape())
		return nil, false
	}
	switch f.shape {
	case flag:
		if _, is := n.scalar.(bool); !is {
			return wrong("true or false")
		}
		return n.scalar, true
	case integer:
		if v, is := n.scalar.(float64); !is || v != float64(int64(v)) {
			return wrong("a whole number")
		}
		return n.scalar, true
	case texts:
		return l.texts(n, path)
	case networks:
		return l.networks(n, path)
	case table, textLists:
		return l.table(f, n, path)
	case open:
		if !n.isMap {
			return wrong("a map")
		}
		return withoutNulls(n.plain()), true
	case settings:
		if !n.isMap {
			return wrong("a map")
		}
		return n.plain(), true
	case object:
		if !n.isMap {
			return wrong("a map")
		}
		out := map[string]any{}
		for _, m := range l.members(f.fields, n, path+".", out) {
			l.unknown(m, path+".", fieldNames(f.fields))
		}
		return out, true
	case objects:
		return l.objects(f, n, path)
	}
	if _, is := n.scalar.(string); !is {
		if n.isMap || n.isList {
			return wrong("a text")
		}
		return wrong("a text in quotes")
	}
	return l.text(f, n, path)
}

// text reads what is a text in the file, whatever it stands for.
func (l *loader) text(f field, n *node, path string) (any, bool) {
	content, _ := n.scalar.(string)
	switch {
	case f.shape == secretText:
		from, ok := parseSource(content)
		if !ok {
			l.fault(n, path, "must not be written here: files are copied and kept. Write ${env:NAME} or ${file:/path} to say where the secret is")
		}
		return from, ok
	case strings.HasPrefix(content, "${env:") || strings.HasPrefix(content, "${file:"):
		l.fault(n, path, "is no secret, so it must be written here itself")
		return nil, false
	case f.shape == textFile || f.shape == imageFile:
		return l.fileOf(f, n, path, content)
	case f.shape == domainName:
		return strings.ToLower(content), true
	case f.shape == serviceURL:
		parts := addressParts(content)
		if parts == nil {
			l.fault(n, path, "must be like https://host:port/path, without a user name, query or fragment")
			return nil, false
		}
		return addressOf(parts), true
	case content == "" && f.shape == reference:
		l.fault(n, path, "must not be empty")
		return nil, false
	case len(f.choices) > 0 && !slices.Contains(f.choices, content):
		l.fault(n, path, "must be one of %s", strings.Join(f.choices, ", "))
		return nil, false
	}
	return content, true
}

func (l *loader) texts(n *node, path string) (any, bool) {
	if !n.isList {
		l.fault(n, path, "must be a list of texts, but is %s", n.shape())
		return nil, false
	}
	out, ok := []any{}, true
	for i, item := range n.items {
		if _, is := item.scalar.(string); !is {
			l.fault(item, fmt.Sprintf("%s[%d]", path, i), "must be a text, but is %s; put it in quotes", item.shape())
			ok = false
		}
		out = append(out, item.scalar)
	}
	return out, ok
}

// networks reads addresses and networks, written as the API writes them.
func (l *loader) networks(n *node, path string) (any, bool) {
	list, ok := l.texts(n, path)
	out, _ := list.([]any)
	for i, item := range out {
		content, _ := item.(string)
		if network, err := netip.ParsePrefix(content); err == nil {
			out[i] = network.String()
		} else if address, err := netip.ParseAddr(content); err == nil {
			out[i] = address.String()
		} else {
			l.fault(n.items[i], fmt.Sprintf("%s[%d]", path, i), "must be an IP address or a network such as 192.0.2.0/24")
			ok = false
		}
	}
	return out, ok
}

func (l *loader) table(f field, n *node, path string) (any, bool) {
	if !n.isMap {
		l.fault(n, path, "must be a map, but is %s", n.shape())
		return nil, false
	}
	out, ok := map[string]any{}, true
	for _, m := range n.members {
		at := path + "." + m.name
		_, isText := m.value.scalar.(string)
		switch {
		case f.shape == textLists:
			list, valid := l.texts(m.value, at)
			out[m.name], ok = list, ok && valid
		case !isText:
			l.fault(m.value, at, "must be a text, but is %s; put it in quotes", m.value.shape())
			ok = false
		case m.name == markLabel:
			l.fault(m.value, at, "is the label that this program marks what it manages with; _set says what it is")
			ok = false
		default:
			out[m.name] = m.value.scalar
		}
	}
	return out, ok
}

func (l *loader) objects(f field, n *node, path string) (any, bool) {
	if !n.isList {
		l.fault(n, path, "must be a list, but is %s", n.shape())
		return nil, false
	}
	out := []any{}
	for i, item := range n.items {
		one, _ := l.value(field{name: f.name, shape: object, fields: f.fields}, item, fmt.Sprintf("%s[%d]", path, i))
		out = append(out, one)
	}
	return out, true
}

// fileOf reads the file that a field names, relative to the file it stands in.
func (l *loader) fileOf(f field, n *node, at, name string) (any, bool) {
	media, known := imageTypes()[strings.ToLower(path.Ext(name))]
	switch {
	case !isLocal(name):
		l.fault(n, at, "must name a file by its path from here, within this directory")
		return nil, false
	case f.shape == imageFile && !known:
		l.fault(n, at, "must name a .png, .jpg, .gif, .webp, .ico or .svg file")
		return nil, false
	}
	l.used[filepath.Join(l.dir, filepath.FromSlash(name))] = true
	bytes, err := readWithin(l.dir, name)
	if err != nil {
		if failed, is := errors.AsType[*fs.PathError](err); is {
			err = failed.Err
		}
		l.fault(n, at, "names the file %s, which cannot be read: %v", name, err)
		return nil, false
	}
	if f.shape == imageFile {
		return dataAddress(media, bytes), true
	}
	return string(bytes), true
}

// withoutNulls drops the members that say nothing.
func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			if member != nil {
				out[name] = withoutNulls(member)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = withoutNulls(v[i])
		}
		return out
	}
	return v
}

// reference to a secret.
var secretReference = regexp.MustCompile(`^\$\{(env|file):([^{}\x00]+)\}$`)

func parseSource(content string) (source, bool) {
	found := secretReference.FindStringSubmatch(content)
	if found == nil {
		return source{}, false
	}
	if found[1] == "env" {
		return source{env: found[2]}, true
	}
	return source{file: found[2]}, true
}
