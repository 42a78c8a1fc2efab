package content

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"

	"portico"
)

// matter is the front matter of a Markdown text: settings in YAML, between two
// lines of three hyphens at its very beginning. What is not mentioned is nil.
type matter struct {
	Title       *string
	Description *string
	Slug        *string
	Status      *string
	ParentID    *string
}

// maxMatter is how many bytes of front matter are read.
const maxMatter = 8 << 10

// split takes the front matter off a text. A text that begins with a thematic
// break has none. KindInvalid, at the field content, for YAML that cannot be read.
func split(content string) (matter, string, error) {
	raw, body, ok := cutMatter(content)
	if !ok {
		return matter{}, content, nil
	}
	if len(raw) > maxMatter {
		return matter{}, body, portico.Invalid("content", "invalid", fmt.Sprintf("The front matter has more than %d bytes.", maxMatter))
	}
	var settings any
	if err := yaml.Unmarshal([]byte(raw), &settings); err != nil {
		return matter{}, body, portico.Invalid("content", "invalid", "The front matter, between the lines ---, is not valid YAML.")
	}
	if settings == nil {
		return matter{}, body, nil
	}
	named, isMap := settings.(map[string]any)
	if !isMap {
		return matter{}, content, nil // prose between two thematic breaks
	}
	var m matter
	for name, to := range map[string]**string{
		"title": &m.Title, "description": &m.Description, "slug": &m.Slug, "status": &m.Status, "parent_document_id": &m.ParentID,
	} {
		switch value := named[name].(type) {
		case nil:
		case string:
			*to = &value
		case uint64, int64, float64, bool:
			*to = new(fmt.Sprint(value))
		default:
			return matter{}, body, portico.Invalid("content", "invalid", "The front matter's "+name+" must be a text.")
		}
	}
	return m, body, nil
}

// Body is a text without its front matter.
func Body(content string) string {
	_, body, _ := split(content)
	return body
}

// cutMatter finds the two lines of hyphens.
func cutMatter(content string) (raw, body string, ok bool) {
	text := strings.TrimPrefix(content, "\uFEFF")
	first, rest, ok := strings.Cut(text, "\n")
	if !ok || strings.TrimRight(first, " \t\r") != "---" {
		return "", content, false
	}
	for at := 0; at < len(rest); {
		line, _, _ := strings.Cut(rest[at:], "\n")
		end := min(at+len(line)+1, len(rest))
		if strings.TrimRight(line, " \t\r") == "---" {
			return rest[:at], rest[end:], true
		}
		at = end
	}
	return "", content, false
}
