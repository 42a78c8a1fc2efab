package content

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"portico"
	"portico/webui/i18n"
)

// directive is the line by which a page includes a snippet. The line :: may
// follow, as components of MDC end.
var directive = regexp.MustCompile(`^ {0,3}::snippet\{\s*name="([^"]*)"\s*\}\s*$`)

// directives are those lines in a whole text.
var directives = regexp.MustCompile(`(?m)^ {0,3}::snippet\{[^}\n]*\}[ \t]*\r?$`)

// The limits of one page: snippets may include snippets, and so on.
const (
	maxInclusions = 200
	maxExpanded   = 4 << 20 // bytes
)

// inclusion puts snippets into one page.
type inclusion struct {
	// find returns a snippet by its name; shown is false for one that the
	// visitor does not get to see, exists for one that is not there.
	find func(ctx context.Context, name string) (s portico.Snippet, shown, exists bool, err error)
	used int
	size int
}

// expand writes snippets where a Markdown text includes them. What cannot be
// included leaves a note in its place; what the visitor may not see, nothing.
func (in *inclusion) expand(ctx context.Context, markdown string, chain []string) (string, error) {
	if !strings.Contains(markdown, "::snippet") {
		in.size += len(markdown)
		return markdown, nil
	}
	var out strings.Builder
	fence, closing := "", false
	for line := range strings.Lines(markdown) {
		bare := strings.TrimSpace(line)
		if ended := closing && bare == "::"; ended {
			closing = false
			continue
		}
		closing = false
		if mark := fenceOf(bare); fence == "" && mark != "" {
			fence = mark
		} else if fence != "" && strings.HasPrefix(mark, fence) && mark == bare {
			fence = ""
		}
		found := directive.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if fence != "" || found == nil {
			out.WriteString(line)
			in.size += len(line)
			continue
		}
		text, err := in.include(ctx, found[1], chain)
		if err != nil {
			return "", err
		}
		out.WriteString("\n" + text + "\n\n")
		closing = true
	}
	return out.String(), nil
}

// fenceOf is the mark that a line of a fenced code block begins with.
func fenceOf(line string) string {
	for _, mark := range []string{"`", "~"} {
		if rest := strings.TrimLeft(line, mark); len(line)-len(rest) >= 3 {
			return line[:len(line)-len(rest)]
		}
	}
	return ""
}

// include is the text of one snippet, or the note that stands in its place.
func (in *inclusion) include(ctx context.Context, name string, chain []string) (string, error) {
	if slices.Contains(chain, name) {
		return note(i18n.T(ctx, "content.snippet_cycle", "Chain", strings.Join(append(slices.Clone(chain), name), " → "))), nil
	}
	if in.used++; in.used > maxInclusions || in.size > maxExpanded {
		return note(i18n.T(ctx, "content.snippet_limit", "Name", name)), nil
	}
	snippet, shown, exists, err := in.find(ctx, name)
	switch {
	case err != nil:
		return "", err
	case !exists:
		return note(i18n.T(ctx, "content.snippet_missing", "Name", name)), nil
	case !shown:
		return "", nil
	}
	return in.expand(ctx, Body(snippet.Content), append(slices.Clone(chain), name))
}

// note is a text for whoever writes the page, set off in a quotation.
func note(text string) string {
	return "> **" + strings.NewReplacer("*", `\*`, "`", "\\`", "<", "&lt;", "\n", " ").Replace(text) + "**"
}
