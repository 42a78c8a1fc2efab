package reference

import (
	"fmt"
	"strings"
)

// Text is the page in Markdown, to be copied into notes or prompts. It is in
// English, as the documents' own words and terms are.
func (p Page) Text() string {
	var b strings.Builder
	d := p.Document
	fmt.Fprintf(&b, "# %s\n\n", strings.TrimSpace(shorten(d.Title, 200)+" "+shorten(d.Version, 40)))
	if p.First() && d.Description != "" {
		b.WriteString(d.Description + "\n\n")
	}
	for _, g := range p.Groups {
		name := g.Name
		if name == "" {
			name = "General"
		}
		fmt.Fprintf(&b, "## %s\n\n", shorten(name, 80))
		paragraph(&b, g.Description)
		for _, op := range g.Operations {
			p.writeOperation(&b, op)
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func paragraph(b *strings.Builder, text string) {
	if text = strings.TrimSpace(text); text != "" {
		b.WriteString(text + "\n\n")
	}
}

func (p Page) writeOperation(b *strings.Builder, op Operation) {
	fmt.Fprintf(b, "### %s\n\n`%s %s`\n\n", op.Summary, op.Method, op.Path)
	if op.Deprecated {
		b.WriteString("Deprecated.\n\n")
	}
	paragraph(b, op.Description)
	if len(op.Parameters) > 0 {
		b.WriteString("Parameters:\n\n")
		for _, parameter := range op.Parameters {
			writeField(b, 0, fmt.Sprintf("`%s` (%s)", parameter.Name, parameter.In), parameter.Required, parameter.Schema, parameter.About)
		}
		b.WriteString("\n")
	}
	if op.Body != nil {
		b.WriteString("Request body:\n\n")
		paragraph(b, op.Body.Description)
		writeContent(b, op.Body.Content)
	}
	for _, r := range op.Responses {
		fmt.Fprintf(b, "Response %s: %s\n\n", r.Status, shorten(r.Description, 200))
		if strings.HasPrefix(r.Status, "2") {
			writeContent(b, r.Content)
		}
	}
	fence(b, "bash", p.Document.Request(op, p.Site.Caller).curl())
}

// writeContent writes a body's first format: its fields and an example.
func writeContent(b *strings.Builder, content []Media) {
	if len(content) == 0 {
		return
	}
	media := content[0]
	if media.Schema != nil {
		writeInside(b, 0, *media.Schema)
		b.WriteString("\n")
	}
	if len(media.Examples) > 0 {
		language := ""
		if isJSON(media.Type) {
			language = "json"
		}
		fence(b, language, media.Examples[0].Value)
	}
}

// fence writes a block of code between marks that are not in it.
func fence(b *strings.Builder, language, code string) {
	mark := "```"
	for strings.Contains(code, mark) {
		mark += "`"
	}
	fmt.Fprintf(b, "%s%s\n%s\n%s\n\n", mark, language, code, mark)
}

func writeField(b *strings.Builder, level int, name string, required bool, s *Schema, about string) {
	b.WriteString(strings.Repeat("  ", level) + "- " + name)
	if s != nil {
		b.WriteString(": " + s.typed())
		if len(s.Enum) > 0 {
			b.WriteString(", one of " + strings.Join(s.Enum, ", "))
		}
	}
	if required {
		b.WriteString(", required")
	}
	if about = shorten(about, 300); about != "" {
		b.WriteString(". " + about)
	}
	b.WriteString("\n")
}

func writeInside(b *strings.Builder, level int, s Schema) {
	for _, property := range s.Properties {
		writeField(b, level, "`"+property.Name+"`", property.Required, &property.Schema, property.Description)
		writeInside(b, level+1, property.Schema)
	}
	if s.Items != nil {
		writeInside(b, level, *s.Items)
	}
	for i, v := range s.Variants {
		writeField(b, level, v.label(i), false, nil, v.Description)
		writeInside(b, level+1, v)
	}
}
