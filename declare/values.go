package declare

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"net"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

// source is where a secret comes from. It stands in an entity's values in place
// of the secret, which is read when a request needs it and then forgotten.
type source struct {
	env  string // the name of an environment variable
	file string // a path
}

func (s source) String() string {
	if s.env != "" {
		return "${env:" + s.env + "}"
	}
	return "${file:" + s.file + "}"
}

// kept stands in the values of what exists in place of a secret that it has. The
// API answers none, so the kind's decode says which there are.
type kept struct{}

// same reports whether what exists is as it is declared: what is not declared
// within an object does not count, and which secret it is does not.
func same(f field, declared, exists any) bool {
	switch f.shape {
	case secretText:
		return (declared == nil) == (exists == nil)
	case object:
		want, _ := declared.(map[string]any)
		have, _ := exists.(map[string]any)
		if declared == nil || exists == nil {
			return empty(declared) && empty(exists)
		}
		for _, member := range f.fields {
			if value, written := want[member.name]; written && !same(member, value, have[member.name]) {
				return false
			}
		}
		return true
	case settings:
		return within(declared, exists)
	case imageFile:
		return imageBytes(declared) == imageBytes(exists)
	}
	return equal(declared, exists)
}

// within reports whether everything that is declared is so.
func within(declared, exists any) bool {
	want, is := declared.(map[string]any)
	if !is {
		return equal(declared, exists)
	}
	have, _ := exists.(map[string]any)
	for name, value := range want {
		if !within(value, have[name]) {
			return false
		}
	}
	return true
}

// equal compares values as JSON has them, with nothing, null, the empty list and
// the empty map being the same: that is how the API answers what is not set.
func equal(a, b any) bool {
	if empty(a) || empty(b) {
		return empty(a) && empty(b)
	}
	switch a := a.(type) {
	case map[string]any:
		b, is := b.(map[string]any)
		if !is {
			return false
		}
		for name := range maps.Keys(a) {
			if !equal(a[name], b[name]) {
				return false
			}
		}
		for name := range b {
			if _, there := a[name]; !there && !empty(b[name]) {
				return false
			}
		}
		return true
	case []any:
		b, is := b.([]any)
		return is && slices.EqualFunc(a, b, equal)
	}
	return a == b
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case map[string]any:
		for _, member := range v {
			if !empty(member) {
				return false
			}
		}
		return true
	}
	return false
}

// imageBytes is what a data address holds.
func imageBytes(v any) string {
	address, _ := v.(string)
	_, bytes, _ := strings.Cut(address, ",")
	return bytes
}

// dataAddress is an image as the API takes it.
func dataAddress(media string, bytes []byte) string {
	return "data:" + media + ";base64," + base64.StdEncoding.EncodeToString(bytes)
}

// imageTypes are the formats of images by the ends of their files' names.
func imageTypes() map[string]string {
	return map[string]string{
		".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".ico": "image/x-icon", ".svg": "image/svg+xml",
	}
}

// imageEnd is how the file of an image is named.
func imageEnd(address string) string {
	media, _, _ := strings.Cut(strings.TrimPrefix(address, "data:"), ";")
	for _, end := range []string{".png", ".jpg", ".gif", ".webp", ".svg"} {
		if imageTypes()[end] == media {
			return end
		}
	}
	return ".ico"
}

// addressOf puts a service's address together. The port of the scheme is left
// out.
func addressOf(service map[string]any) string {
	scheme, _ := service["protocol"].(string)
	host, _ := service["host"].(string)
	path, _ := service["path"].(string)
	if port, is := service["port"].(float64); is && !(scheme == "http" && port == 80 || scheme == "https" && port == 443) {
		host = net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(int(port)))
	}
	return scheme + "://" + host + path
}

// addressParts takes a service's address apart, into the fields of the API; nil
// for what is none. Without a path, path is null.
func addressParts(address string) map[string]any {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil
	}
	host := u.Hostname()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	port := map[string]float64{"http": 80, "https": 443}[u.Scheme]
	if u.Port() != "" {
		if port, err = strconv.ParseFloat(u.Port(), 64); err != nil {
			return nil
		}
	}
	out := map[string]any{"protocol": u.Scheme, "host": host, "port": port, "path": nil}
	if path := u.EscapedPath(); path != "" {
		out["path"] = path
	}
	return out
}

// change is one field that differs.
type change struct {
	field    string // dotted
	old, new any
	shape    shape
}

// differences lists what of an entity is not as declared, field by field.
func differences(fields []field, declared, exists map[string]any, prefix string) []change {
	var out []change
	for _, f := range fields {
		want, written := declared[f.name]
		have := exists[f.name]
		if !written || same(f, want, have) {
			continue
		}
		wanted, isWanted := want.(map[string]any)
		had, _ := have.(map[string]any)
		switch {
		case f.shape == object && isWanted && have != nil:
			out = append(out, differences(f.fields, wanted, had, prefix+f.name+".")...)
		case f.shape == table || f.shape == textLists || f.shape == open:
			for _, name := range slices.Sorted(maps.Keys(union(wanted, had))) {
				if !equal(wanted[name], had[name]) {
					out = append(out, change{prefix + f.name + "." + name, had[name], wanted[name], f.shape})
				}
			}
		case f.shape == settings:
			for _, name := range slices.Sorted(maps.Keys(wanted)) {
				if !within(wanted[name], had[name]) {
					out = append(out, change{prefix + f.name + "." + name, had[name], wanted[name], f.shape})
				}
			}
		default:
			out = append(out, change{prefix + f.name, have, want, f.shape})
		}
	}
	return out
}

func union(a, b map[string]any) map[string]any {
	out := maps.Clone(a)
	if out == nil {
		out = map[string]any{}
	}
	for name := range b {
		if _, there := out[name]; !there {
			out[name] = b[name]
		}
	}
	return out
}

// shown is a value as a plan prints it: on one line, and not too long.
func shown(s shape, v any) string {
	content, isText := v.(string)
	switch {
	case s == secretText && v != nil:
		return "(secret)"
	case isText && s == imageFile:
		return fmt.Sprintf("(image of %d bytes)", base64.StdEncoding.DecodedLen(len(imageBytes(v))))
	case isText && s == textFile:
		return fmt.Sprintf("(text of %d bytes)", len(content))
	case isText:
		return strconv.Quote(shorten(content))
	case v == nil:
		return "nothing"
	}
	return shorten(compact(v))
}

func shorten(s string) string {
	const most = 80
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

// compact writes a value as flow YAML.
func compact(v any) string {
	switch v := v.(type) {
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, name+": "+compact(v[name]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = compact(v[i])
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return strconv.FormatInt(int64(v), 10)
		}
	}
	return fmt.Sprint(v)
}

// fileEnd is how the file of a text is named that is not Markdown or CSS: as
// what it seems to hold.
func fileEnd(content string) string {
	if strings.HasPrefix(strings.TrimSpace(content), "{") {
		return ".json"
	}
	return ".yaml"
}

// isLocal reports whether a path leads to somewhere below where it begins.
func isLocal(name string) bool {
	return name != "" && !path.IsAbs(name) && !strings.Contains(name, "\\") && path.Clean(name) != ".." && !strings.HasPrefix(path.Clean(name), "../")
}
