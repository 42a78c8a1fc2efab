package declare

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"
)

// Selection is what to export: kinds at the top, as files call them, or
// KIND/NAME. An empty one is everything.
type Selection []string

func (s Selection) holds(e *entity) bool {
	kind, key := e.top().kind.name, shownKey(e.top().key)
	return len(s) == 0 || slices.Contains(s, kind) || slices.Contains(s, kind+"/"+key)
}

// wants reports whether any of a kind at the top is selected.
func (s Selection) wants(k *kind) bool {
	return len(s) == 0 || slices.ContainsFunc(s, func(selected string) bool {
		name, _, _ := strings.Cut(selected, "/")
		return name == k.name
	})
}

// Export is a running Portico in the format that Load reads.
type Export struct {
	Files    map[string][]byte // by path with slashes; portico.yaml refers to the others
	Secrets  []string          // the environment variables that applying needs
	Warnings []string          // what could not be written down
}

// mainFile is the file that holds the declarations.
const mainFile = "portico.yaml"

// NewExport reads what is there and writes it down, as the set of that name.
// Without a name it is the one set that manages everything, or else main.
func NewExport(ctx context.Context, c *Client, what Selection, set string) (*Export, error) {
	all := kinds()
	for _, selected := range what {
		name, _, _ := strings.Cut(selected, "/")
		if k := all.byName(name); k == nil || k.in != "" {
			return nil, fmt.Errorf("[%s] cannot be exported: it is one of %s, and may have /NAME after it", selected, strings.Join(names(all.inside(nil)), ", "))
		}
	}
	s, err := read(ctx, c, all, func(k *kind, parent *entity) bool {
		return parent == nil && what.wants(k) || parent != nil && what.holds(parent)
	})
	if err != nil {
		return nil, err
	}
	x := &exporter{state: s, what: what, out: &Export{Files: map[string][]byte{}}, taken: map[string]bool{}, variables: map[string]bool{}}
	owners := map[string]bool{}
	var sections yaml.MapSlice
	for _, k := range all.inside(nil) {
		entities, err := x.list(k, nil, nil)
		if err != nil {
			return nil, err
		}
		if len(entities) > 0 {
			sections = append(sections, yaml.MapItem{Key: k.name, Value: entities})
		}
		for _, e := range s.of(k.name) {
			if k.labelled && what.holds(e) {
				owners[e.owner] = true
			}
		}
	}
	if len(what) > 0 && len(sections) == 0 {
		return nil, fmt.Errorf("there is nothing of %s; nothing was written", strings.Join(what, ", "))
	}
	if set == "" && len(owners) == 1 {
		set = slices.Collect(maps.Keys(owners))[0]
	}
	if set == "" {
		set = "main"
	}
	if !setName.MatchString(set) {
		return nil, fmt.Errorf("[%s] cannot be the name of a set: it has at most 63 letters, digits, hyphens, underscores and dots", set)
	}
	return x.out, x.finish(append(yaml.MapSlice{{Key: "_format", Value: Format}, {Key: "_set", Value: set}}, sections...))
}

// exporter writes entities down.
type exporter struct {
	state     *state
	what      Selection
	out       *Export
	taken     map[string]bool // paths, in lower case
	variables map[string]bool
}

func (x *exporter) finish(doc yaml.MapSlice) error {
	text, err := yaml.MarshalWithOptions(doc, yaml.IndentSequence(true), yaml.UseLiteralStyleIfMultiline(true))
	if err != nil {
		return fmt.Errorf("writing %s: %w", mainFile, err)
	}
	head := "# What portico apply -f makes of a Portico.\n"
	if len(x.out.Secrets) > 0 {
		head += "# Secrets cannot be read back. To apply this, put them into the environment:\n"
		for _, name := range x.out.Secrets {
			head += "#   " + name + "\n"
		}
	}
	x.out.Files[mainFile] = []byte(head + string(text))
	return nil
}

// list writes the entities of one kind: those at the top and others that have
// no order of their own by their keys.
func (x *exporter) list(k *kind, parent, above *entity) ([]yaml.MapSlice, error) {
	var found []*entity
	for _, e := range x.state.all {
		if e.kind == k && e.parent == parent && e.above == above && x.what.holds(e) {
			found = append(found, e)
		}
	}
	if k.nests == "" && k.name != "versions" { // the newest version is the last one
		slices.SortStableFunc(found, func(a, b *entity) int { return strings.Compare(a.key, b.key) })
	}
	var out []yaml.MapSlice
	for _, e := range found {
		switch reason := x.unwritable(e); {
		case x.state.twins[e.ref()] > 0:
			return nil, fmt.Errorf("%d are called %s, which files could not tell apart; nothing was written. Rename them", x.state.twins[e.ref()], e.name())
		case reason != "":
			x.out.Warnings = append(x.out.Warnings, fmt.Sprintf("%s is left out: %s", e.name(), reason))
			continue
		}
		written, err := x.entity(e)
		if err != nil {
			return nil, err
		}
		out = append(out, written)
	}
	return out, nil
}

// unwritable says why files cannot have an entity.
func (x *exporter) unwritable(e *entity) string {
	if e.key == "" && !e.kind.isOne() {
		return "it has no name"
	}
	for _, f := range e.kind.fields {
		if name, is := e.values[f.name].(string); is && f.shape == reference && x.state.byRef[x.state.kinds.target(e, f, name)] == nil {
			return "its " + f.name + " has no name"
		}
	}
	return ""
}

// entity writes one entity with what belongs to it.
func (x *exporter) entity(e *entity) (yaml.MapSlice, error) {
	out := x.fields(e, e.kind.fields, e.values, "")
	for _, k := range x.state.kinds.inside(e.kind) {
		inner, err := x.list(k, e, nil)
		switch {
		case err != nil:
			return nil, err
		case len(inner) == 0:
		case k.scalar != "":
			out = append(out, yaml.MapItem{Key: k.name, Value: inner[0][0].Value})
		case k.isOne():
			out = append(out, yaml.MapItem{Key: k.name, Value: inner[0]})
		default:
			out = append(out, yaml.MapItem{Key: k.name, Value: inner})
		}
	}
	if e.kind.nests != "" {
		below, err := x.list(e.kind, e.parent, e)
		if err != nil {
			return nil, err
		}
		if len(below) > 0 {
			out = append(out, yaml.MapItem{Key: "children", Value: below})
		}
	}
	return out, nil
}

// fields writes what is set; a null where that is not the same as nothing.
func (x *exporter) fields(e *entity, fields []field, values map[string]any, prefix string) yaml.MapSlice {
	var out yaml.MapSlice
	for _, f := range fields {
		value := values[f.name]
		switch {
		case f.shape == secretText && value != nil:
			value = source{env: x.variable(e, f.name)}.String()
		case value == nil && !f.explicit, empty(value) && (f.shape == table || f.shape == textLists):
			continue
		case f.shape == object && value != nil:
			inner, _ := value.(map[string]any)
			written := x.fields(e, f.fields, inner, prefix+f.name+".")
			if len(written) == 0 && !f.required {
				continue
			}
			value = written
		case f.shape == textFile || f.shape == imageFile:
			value = x.file(e, f, value)
		default:
			if f.shape == settings {
				value = withoutNulls(value)
			}
			value = ordered(f.fields, value)
		}
		out = append(out, yaml.MapItem{Key: f.name, Value: value})
	}
	return out
}

// ordered is a value with its maps in order: fields first, other names by the
// alphabet.
func ordered(fields []field, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := yaml.MapSlice{}
		order := slices.Concat(fieldNames(fields), slices.Sorted(maps.Keys(v)))
		for i, name := range order {
			if member, there := v[name]; there && slices.Index(order, name) == i {
				var inner []field
				if i < len(fields) {
					inner = fields[i].fields
				}
				out = append(out, yaml.MapItem{Key: name, Value: ordered(inner, member)})
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = ordered(fields, v[i])
		}
		return out
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v)
		}
	}
	return v
}

// variable names the environment variable of a secret.
func (x *exporter) variable(e *entity, name string) string {
	for at := e; at != nil; at = at.parent {
		name = at.key + "_" + name
	}
	base := strings.Trim(strings.ToUpper(plainName(name, '_')), "_")
	if base == "" || unicode.IsDigit(rune(base[0])) {
		base = "SECRET_" + base
	}
	name = free(base, "_", "", x.variables)
	x.out.Secrets = append(x.out.Secrets, name)
	return name
}

// file puts a text or an image into a file of its own and returns its path.
func (x *exporter) file(e *entity, f field, value any) string {
	content, _ := value.(string)
	end, bytes := f.end, []byte(content)
	switch {
	case f.shape == imageFile:
		end = imageEnd(content)
		bytes, _ = base64.StdEncoding.DecodeString(imageBytes(content)) // we have encoded it
	case end == "":
		end = fileEnd(content)
	}
	at := e.kind.name
	if !e.kind.isOne() {
		at = path.Join(at, fileName(e.key))
	}
	for up := e.parent; up != nil; up = up.parent {
		at = path.Join(up.kind.name, fileName(up.key), at)
	}
	at = free(at, "-", end, x.taken)
	x.out.Files[at] = bytes
	return at
}

// fileName is a key as a path: the parts of one are directories.
func fileName(key string) string {
	parts := strings.Split(key, keySeparator)
	for i, part := range parts {
		if parts[i] = strings.Trim(plainName(part, '-'), "-."); parts[i] == "" {
			parts[i] = "index"
		}
	}
	return path.Join(parts...)
}

// plainName keeps ASCII letters, digits and, for files, dots and underscores.
func plainName(name string, instead rune) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '.' && instead == '-':
			return c
		}
		return instead
	}, name)
}

// free makes a name that is not taken yet, in whatever case, and takes it. The
// number that tells it apart stands before end.
func free(base, separator, end string, taken map[string]bool) string {
	name := base + end
	for n := 2; taken[strings.ToLower(name)]; n++ {
		name = base + separator + strconv.Itoa(n) + end
	}
	taken[strings.ToLower(name)] = true
	return name
}

// Write puts the files into a directory, which is made if it is not there.
// Files that are there are replaced; others stay.
func (x *Export) Write(dir string) error {
	for _, name := range slices.Sorted(maps.Keys(x.Files)) {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, x.Files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}
