package reference

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strings"
)

// Example is a value that shows what a body looks like.
type Example struct {
	Name  string // empty: the only one
	Value string // as it is sent: JSON is indented
}

const (
	maxExample       = 20_000 // bytes of an example
	maxExamples      = 8      // of one body
	maxExampleLevels = 8
	maxExampleValues = 400
)

// examples are those that a media type gives, or else one that is made of its
// schema. request says which way the body goes: what is read-only is not sent,
// what is write-only is not answered.
func (s source) examples(mediaType string, media map[string]any, request bool) []Example {
	if v, there := media["example"]; there {
		return []Example{{Value: written(mediaType, v)}}
	}
	var out []Example
	given := object(media["examples"])
	for _, name := range sorted(given) {
		example := s.resolve(given[name])
		v, there := example["value"]
		if !there || len(out) == maxExamples {
			continue
		}
		label := text(example["summary"])
		if label == "" {
			label = name
		}
		out = append(out, Example{Name: shorten(label, 40), Value: written(mediaType, v)})
	}
	if len(out) > 0 || object(media["schema"]) == nil {
		return out
	}
	maker := &exampleMaker{source: s, request: request}
	return []Example{{Value: written(mediaType, maker.value(media["schema"], 0, nil))}}
}

// written is a value in the format of a media type; formats that have no
// obvious notation are written as JSON.
func written(mediaType string, v any) string {
	if s, is := v.(string); is && !isJSON(mediaType) {
		return bounded(s)
	}
	if mediaType == "application/x-www-form-urlencoded" {
		form := url.Values{}
		for name, member := range object(v) {
			form.Set(name, literal(member))
		}
		return bounded(form.Encode())
	}
	if s, is := v.(string); is && json.Valid([]byte(s)) && strings.ContainsAny(s[:1], "{[") {
		return bounded(s) // JSON that was put down as text
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return bounded(fmt.Sprint(v))
	}
	return bounded(strings.TrimSuffix(b.String(), "\n"))
}

func bounded(s string) string {
	if len(s) > maxExample {
		return strings.ToValidUTF8(s[:maxExample], "") + "…"
	}
	return s
}

func isJSON(mediaType string) bool {
	base, _, _ := strings.Cut(mediaType, ";")
	base = strings.TrimSpace(base)
	return base == "application/json" || strings.HasSuffix(base, "+json") || base == "*/*"
}

// exampleMaker makes a value that a schema allows.
type exampleMaker struct {
	source
	request bool
	values  int
}

func (m *exampleMaker) value(v any, level int, within *trail) any {
	raw, ref := m.flatten(v)
	if m.values++; raw == nil || m.values > maxExampleValues || level > maxExampleLevels || ref != "" && within.has(ref) {
		return nil
	}
	if ref != "" {
		within = &trail{ref, within}
	}
	if v, there := given(raw); there {
		return v
	}
	for _, member := range []string{"oneOf", "anyOf"} {
		for _, variant := range array(raw[member]) {
			if text(object(variant)["type"]) == "null" {
				continue
			}
			made := m.value(variant, level+1, within)
			own, isObject := made.(map[string]any)
			if !isObject || raw["properties"] == nil {
				return made
			}
			whole := m.members(raw, level, within)
			maps.Copy(whole, own)
			return whole
		}
	}
	switch name, _, _ := strings.Cut(m.typeName(raw, 4), " "); name {
	case "object":
		return m.members(raw, level, within)
	case "array":
		if item := m.value(raw["items"], level+1, within); item != nil {
			return []any{item}
		}
		return []any{}
	case "integer", "number":
		for _, bound := range []string{"minimum", "maximum"} {
			if n, is := raw[bound].(json.Number); is {
				return n
			}
		}
		return json.Number("1")
	case "boolean":
		return true
	case "string":
		return sample(text(raw["format"]))
	}
	return nil
}

// given is a value that the schema itself names.
func given(raw map[string]any) (any, bool) {
	for _, member := range []string{"example", "const", "default"} {
		if v, there := raw[member]; there && v != nil {
			return v, true
		}
	}
	for _, member := range []string{"examples", "enum"} {
		if list := array(raw[member]); len(list) > 0 {
			return list[0], true
		}
	}
	return nil, false
}

func (m *exampleMaker) members(raw map[string]any, level int, within *trail) map[string]any {
	out := map[string]any{}
	properties := object(raw["properties"])
	for _, name := range sorted(properties) {
		if m.values > maxExampleValues {
			break
		}
		p, _ := m.flatten(properties[name])
		if m.request && truth(p["readOnly"]) || !m.request && truth(p["writeOnly"]) || truth(p["deprecated"]) {
			continue
		}
		if v := m.value(properties[name], level+1, within); v != nil {
			out[name] = v
		}
	}
	if len(properties) == 0 {
		if v := m.value(raw["additionalProperties"], level+1, within); v != nil {
			out["name"] = v
		}
	}
	return out
}

// sample is a text of a format.
func sample(format string) string {
	switch format {
	case "date-time":
		return "2026-01-31T09:30:00Z"
	case "date":
		return "2026-01-31"
	case "time":
		return "09:30:00Z"
	case "uuid":
		return "5f9fd312-a987-4628-b4c5-bb4f4fddd5f7"
	case "email":
		return "name@example.com"
	case "uri", "url":
		return "https://example.com"
	case "hostname":
		return "example.com"
	case "ipv4":
		return "192.0.2.1"
	case "ipv6":
		return "2001:db8::1"
	}
	return "string"
}
