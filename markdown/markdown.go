package markdown

import (
	"bytes"
	stdhtml "html"
	"regexp"
	"strconv"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// MaxSize is the length of the longest text that is rendered, in bytes; of a
// longer one the beginning is.
const MaxSize = 256 << 10

// maxNesting bounds how deep quotes and lists may nest, maxBrackets how many
// brackets one paragraph may open: the parser takes time by the product of
// either with the length.
const (
	maxNesting  = 40
	maxBrackets = 4000
)

// HTML renders GitHub Flavored Markdown for a place where level is the level of
// the first heading (2: the page has its own h1). Headings get an id, prefix
// and the words of the heading, so that they can be linked to; with no prefix
// they get none, for texts that stand beside others on a page.
func HTML(source string, level int, prefix string) string {
	source = clip(source)
	md := goldmark.New(
		goldmark.WithExtensions(extension.GFM),
		goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(&house{level: level, prefix: prefix}, 900))),
		goldmark.WithRendererOptions(
			html.WithUnsafe(), // the sanitizer decides what may stay
			renderer.WithNodeRenderers(util.Prioritized(fences{}, 100)),
		),
	)
	var out bytes.Buffer
	if err := md.Convert([]byte(source), &out); err != nil {
		return policy.Sanitize(escape(source))
	}
	safe := policy.Sanitize(out.String())
	return nameTables(safe)
}

// nameTables gives each table its column heads as a name, for who cannot see
// it, and a box to scroll in: a wide table scrolls by itself, and the keyboard
// must reach what scrolls.
func nameTables(safe string) string {
	parts := strings.Split(safe, "<table>")
	for i, part := range parts[1:] {
		head, _, _ := strings.Cut(part, "</thead>")
		heads := strings.Fields(stdhtml.UnescapeString(tags.ReplaceAllString(head, " ")))
		name := strings.Join(heads[:min(len(heads), 12)], " ")
		if name == "" {
			name = "…"
		}
		parts[i+1] = `<div class="table-scroll" tabindex="0"><table aria-label="` + escape(name) + `">` + strings.ReplaceAll(part, "</table>", "</table></div>")
	}
	return strings.Join(parts, "")
}

var tags = regexp.MustCompile(`<[^>]*>`)

// Summary is the beginning of a text without its markup, at most limit
// characters of it, for lists and search results.
func Summary(source string, limit int) string {
	source = clip(source)
	src := []byte(source)
	var b strings.Builder
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(src))
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // fn returns no error
		switch n := n.(type) {
		case *ast.Heading, *ast.FencedCodeBlock, *ast.CodeBlock, *ast.HTMLBlock:
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			if entering {
				b.Write(n.Value(src))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte(' ')
				}
			}
		case *ast.Paragraph, *ast.ListItem:
			b.WriteByte(' ')
		}
		if b.Len() > 8*limit {
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	words := []rune(strings.Join(strings.Fields(b.String()), " "))
	if len(words) > limit {
		return strings.TrimSpace(string(words[:limit])) + "…"
	}
	return string(words)
}

// clip brings a text to a shape that is rendered in bounded time.
func clip(source string) string {
	if len(source) > MaxSize {
		source = source[:MaxSize]
	}
	source = strings.ToValidUTF8(strings.ReplaceAll(source, "\r\n", "\n"), "�")
	lines, brackets := strings.Split(source, "\n"), 0
	for i, line := range lines {
		if nesting(line) > maxNesting {
			lines[i] = strings.TrimLeft(line, "> \t-+*0123456789.)")
		}
		if strings.TrimSpace(line) == "" {
			brackets = 0
		}
		if brackets += strings.Count(line, "["); brackets > maxBrackets {
			lines[i] = strings.ReplaceAll(lines[i], "[", "(")
		}
	}
	return strings.Join(lines, "\n")
}

// nesting is how many quotes and lists the beginning of a line opens at most.
func nesting(line string) int {
	n := 0
	for _, c := range line {
		switch {
		case strings.ContainsRune(">-+*.)", c):
			n++
		case !strings.ContainsRune(" \t0123456789", c):
			return n
		}
	}
	if !strings.Contains(line, ">") && !strings.Contains(line, " ") {
		return 0 // a rule
	}
	return n
}

// policy is what may stay of a text.
var policy = newPolicy()

func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "blockquote", "ul", "ol", "li", "dl", "dt", "dd", "strong", "b", "em", "i", "del", "s", "sub", "sup",
		"kbd", "code", "pre", "samp", "var", "abbr", "mark", "small", "details", "summary", "table", "thead", "tbody", "tr", "th", "td", "span",
		"h1", "h2", "h3", "h4", "h5", "h6")
	p.AllowAttrs("id").Matching(regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}\p{M}_.-]*$`)).OnElements("h1", "h2", "h3", "h4", "h5", "h6")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(chroma|language-[a-z0-9]{1,16}|[a-z][a-z0-9]{0,2})$`)).OnElements("pre", "code", "span")
	p.AllowAttrs("tabindex").Matching(regexp.MustCompile(`^0$`)).OnElements("pre")
	p.AllowAttrs("align").Matching(bluemonday.CellAlign).OnElements("th", "td")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("lang").Matching(regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)).OnElements("p", "span", "blockquote", "li")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("title").Matching(bluemonday.Paragraph).OnElements("a", "img", "abbr")
	p.AllowAttrs("alt").OnElements("img")
	// The content security policy loads images from the portal alone.
	p.AllowAttrs("src").Matching(regexp.MustCompile(`^(/[^/\\]|[A-Za-z0-9_-]+[./])[^:\\]*$`)).OnElements("img")
	p.AllowStandardURLs()
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(true)
	p.RequireNoFollowOnLinks(false)
	p.RequireNoFollowOnFullyQualifiedLinks(true)
	p.RequireNoReferrerOnFullyQualifiedLinks(true)
	return p
}

// house is the order that every text is brought into.
type house struct {
	level  int
	prefix string
}

// Transform implements parser.ASTTransformer.
func (h *house) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	src := reader.Source()
	ids := map[string]int{}
	var images []*ast.Image
	previous := h.level - 1
	shift, found := 0, false
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // fn returns no error
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			if !found {
				shift, found = h.level-n.Level, true
			}
			// No level is skipped, whatever the author wrote.
			n.Level = max(h.level, min(n.Level+shift, previous+1, 6))
			previous = n.Level
			n.RemoveAttributes()
			if h.prefix != "" {
				n.SetAttributeString("id", []byte(h.anchor(plain(n, src), ids)))
			}
		case *ast.Link:
			if fragment, is := bytes.CutPrefix(n.Destination, []byte("#")); is && h.prefix != "" {
				n.Destination = []byte("#" + h.prefix + string(fragment))
			}
		case *ast.Image:
			images = append(images, n)
		}
		return ast.WalkContinue, nil
	})
	for _, image := range images {
		if elsewhere(string(image.Destination)) {
			asLink(image)
		}
	}
}

// anchor is the id of a heading, unique within the text.
func (h *house) anchor(heading string, taken map[string]int) string {
	id := h.prefix + Slug(heading)
	for base := id; taken[id] > 0; {
		taken[base]++
		id = base + "-" + strconv.Itoa(taken[base])
	}
	taken[id]++
	return id
}

// elsewhere says whether an address leaves the portal.
func elsewhere(destination string) bool {
	scheme, _, there := strings.Cut(destination, ":")
	return strings.HasPrefix(destination, "//") || there && !strings.ContainsAny(scheme, "/?#")
}

// asLink makes a link of an image that the portal may not load.
func asLink(image *ast.Image) {
	link := ast.NewLink()
	link.Destination, link.Title = image.Destination, image.Title
	for c := image.FirstChild(); c != nil; {
		next := c.NextSibling()
		link.AppendChild(link, c)
		c = next
	}
	if link.FirstChild() == nil {
		link.AppendChild(link, ast.NewString(image.Destination))
	}
	image.Parent().ReplaceChild(image.Parent(), image, link)
}

// plain is the text within a node.
func plain(n ast.Node, src []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // fn returns no error
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(n.Value(src))
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}
