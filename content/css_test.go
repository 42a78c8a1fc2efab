package content

import (
	"strings"
	"testing"
)

func TestStyleSheets(t *testing.T) {
	t.Parallel()
	for _, css := range []string{
		"", ".hero { background: linear-gradient(90deg, red 0%, #fff) }", "@media (width < 40rem) { .a > b { color: red } }",
		`.q::before { content: "\201C}" }`, ".l { background: url(data:image/png;base64,AAAA) }", `.l { background: url("/assets/logo") no-repeat }`,
		".l { mask: url(#m) } /* } @import */", "@supports (display: grid) { .g[title='}'] { display: grid } }", "@layer a, b;", ".日本 { color: red }",
		"@container (min-width: 30em) { :has(> img) { --x: calc(1px * 2) } }",
	} {
		if err := checkCSS(css); err != nil {
			t.Errorf("%s: %v", css, err)
		}
	}
	for css, word := range map[string]string{
		"@import 'x.css';": "@import", "@IMPORT url(x)": "@import", "@charset 'utf-8';": "@charset",
		"a { background: url(https://evil.example/x) }": "url()", "a { background: URL( 'http://evil.example' ) }": "url()",
		"a { background: url(//evil.example) }": "url()", "a { background: url(data:text/html,x) }": "url()",
		`a { background: u\72l(https://evil.example) }`: "backslash", `a { background: url("https:\2f/evil") }`: "url()",
		`a { background: url("/\2f evil.example") }`:               "url()",
		"a { background: image-set('https://evil.example/x' 1x) }": "image-set", "a { background: -webkit-image-set('x' 1x) }": "image-set",
		"a { x: src('https://evil.example') }": "src()", "a { behavior: url(x.htc) }": "behavior", "a { -moz-binding: url(x) }": "-moz-binding",
		"a { width: expression(alert(1)) }": "expression",
		"a { color: red":                    "{ open", "} a { color: red }": "closes nothing", "a { color: red }) ": "closes nothing", "a[b { ] }": "closes nothing",
		"/* open": "comment", "a { content: 'open": "string", "a { content: 'a\nb' }": "string", "</style><script>": "HTML", "<!-- a": "HTML", "a { b: url(": "url(",
		"a { b: url('x'": "url(", "a { b: url(\"/x\" y) }": "url(",
	} {
		if err := checkCSS(css); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v, but that should speak of %s", css, err, word)
		}
	}
}

// FuzzStyleSheets holds that what is accepted cannot break out of the block it
// is put into, and names no address elsewhere.
func FuzzStyleSheets(f *testing.F) {
	for _, seed := range []string{"a{b:c}", "@import 'x';", "a{b:url(//x)}", "/*", "'\\'", "a{content:\"}\"}", "\\75rl(x)", "a{b:url(  \"data:image/png,\" )}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, css string) {
		if checkCSS(css) != nil {
			return
		}
		if checkCSS("@layer portal {"+css+"\n}") != nil || checkCSS(css+" a{}") != nil {
			t.Errorf("%q changes what stands around it", css)
		}
		bare := strings.ToLower(css)
		for _, comment := range []string{"/*", "'", `"`} {
			if strings.Contains(bare, comment) {
				return
			}
		}
		for _, word := range []string{"@import", "url(http", "url(//", "image-set(", "</"} {
			if strings.Contains(bare, word) {
				t.Errorf("%q is accepted with %s", css, word)
			}
		}
	})
}
