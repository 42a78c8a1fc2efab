package declare

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestTheDocumentationListsEveryField compares the tables of docs/declarative.md
// with what files may say.
func TestTheDocumentationListsEveryField(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/declarative.md")
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	for _, k := range kinds() {
		want += fmt.Sprintf("| `%s` | %s |\n", k.full(), strings.Join(documented(k.fields, k.keys), ", "))
	}
	if !strings.Contains(string(text), want) {
		t.Errorf("docs/declarative.md must hold the table\n%s", want)
	}
}

// documented are the names of fields: keys in bold, what is required with a
// star, what can be null with a question mark, parts in braces.
func documented(fields []field, keys []string) []string {
	var out []string
	for _, f := range fields {
		name := "`" + f.name + "`"
		for _, key := range keys {
			if key == f.name {
				name = "**" + name + "**"
			}
		}
		if f.required {
			name += "\\*"
		}
		if f.nullable {
			name += "?"
		}
		switch f.shape {
		case reference:
			name += " → `" + f.to + "`"
		case secretText:
			name += " (secret)"
		case textFile, imageFile:
			name += " (file)"
		case object, objects:
			name += " {" + strings.Join(documented(f.fields, nil), ", ") + "}"
		}
		out = append(out, name)
	}
	return out
}
