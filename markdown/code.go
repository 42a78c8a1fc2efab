package markdown

import (
	stdhtml "html"
	"strings"

	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/formatters/html"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/alecthomas/chroma/v2/styles"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// maxColoured is the longest code that is coloured, in bytes: the lexers are
// made of regular expressions.
const maxColoured = 64 << 10

// languages are what code is coloured in, by what authors call them.
var languages = map[string]string{
	"bash": "bash", "sh": "bash", "shell": "bash", "curl": "bash", "console": "bash", "json": "json", "yaml": "yaml", "yml": "yaml",
	"http": "http", "js": "javascript", "javascript": "javascript", "python": "python", "py": "python", "go": "go", "golang": "go",
}

// Code colours a piece of code: its HTML, escaped, with the classes of chroma
// on spans, for the inside of <pre class="chroma"><code>. A language that is
// not known leaves it plain.
func Code(language, source string) string {
	name, known := languages[strings.ToLower(language)]
	if !known || len(source) > maxColoured {
		return escape(source)
	}
	tokens, err := chroma.Coalesce(lexers.Get(name)).Tokenise(nil, source)
	if err != nil {
		return escape(source)
	}
	var b strings.Builder
	if err := html.New(html.WithClasses(true), html.PreventSurroundingPre(true)).Format(&b, styles.Fallback, tokens); err != nil {
		return escape(source)
	}
	return b.String()
}

func escape(s string) string { return stdhtml.EscapeString(s) }

// fences renders blocks of code.
type fences struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (fences) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindFencedCodeBlock, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			block(w, strings.ToLower(string(n.(*ast.FencedCodeBlock).Language(source))), n, source)
		}
		return ast.WalkContinue, nil
	})
	r.Register(ast.KindCodeBlock, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			block(w, "", n, source)
		}
		return ast.WalkContinue, nil
	})
}

// block writes to a buffer, whose owner checks for errors.
func block(w util.BufWriter, language string, n ast.Node, source []byte) {
	var code strings.Builder
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		code.Write(line.Value(source))
	}
	_, _ = w.WriteString(`<pre class="chroma" tabindex="0"><code`)
	if name, known := languages[language]; known {
		_, _ = w.WriteString(` class="language-` + name + `"`)
	}
	_, _ = w.WriteString(">" + Code(language, code.String()) + "</code></pre>\n")
}
