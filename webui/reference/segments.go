package reference

import (
	"context"

	"portico/webui/design"
	"portico/webui/i18n"
)

// sampleSegments are the languages of an operation's code.
func sampleSegments(id, name string, samples []Sample) []design.Segment {
	out := make([]design.Segment, len(samples))
	for i, s := range samples {
		out[i] = design.Segment{Label: s.Label, Content: design.Code(design.CodeProps{ID: id + "--" + s.Language, Label: s.Label + ": " + name, Code: s.Code})}
	}
	return out
}

// tagName is what a page calls a tag.
func tagName(ctx context.Context, t Tag) string {
	if t.Name == "" {
		return i18n.T(ctx, "reference.untagged")
	}
	return shorten(t.Name, 80)
}

func (d *Document) tagSize(slug string) int {
	for _, t := range d.Tags {
		if t.Slug == slug {
			return len(t.Operations)
		}
	}
	return 0
}
