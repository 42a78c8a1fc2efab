package markdown_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"portico/markdown"
)

func TestHTML(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ source, has, hasNot string }{
		"heading":             {"# Start", `<h2 id="doc-start">Start</h2>`, ""},
		"headings in order":   {"## A\n\n##### B\n\n# C", `<h3 id="doc-b">`, "<h4"},
		"same heading twice":  {"# A\n# A\n# A-2\n# A", `id="doc-a-3"`, ""},
		"Japanese heading":    {"# はじめに", `id="doc-はじめに"`, ""},
		"link within":         {"[x](#start)", `href="#doc-start"`, ""},
		"table":               {"|a|\n|-|\n|b|", `<div class="table-scroll" tabindex="0"><table aria-label="a">`, ""},
		"coloured code":       {"```json\n{\"a\": 1}\n```", `<pre class="chroma" tabindex="0"><code class="language-json"><span class=`, "style="},
		"unknown code":        {"```cobol\n<b>\n```", "&lt;b&gt;", "<b>"},
		"indented code":       {"    <b>x</b>", "&lt;b&gt;x", "<b>"},
		"details":             {"<details><summary>More</summary>\n\n*x*\n\n</details>", "<summary>More</summary>", ""},
		"script":              {"<script>alert(1)</script>", "", "alert"},
		"handler":             {"<p onclick=alert(1)>x</p>", "x", "onclick"},
		"style":               {`<p style="color:red">x</p>`, "x", "style"},
		"id of the author":    {`<h2 id="main">x</h2><p id="main">y</p>`, "y", `<p id`},
		"javascript link":     {"[x](javascript:alert(1))", "x", "javascript"},
		"data link":           {"[x](data:text/html,x)", "x", "data:"},
		"link elsewhere":      {"[x](https://example.com)", `rel="nofollow noreferrer"`, ""},
		"image elsewhere":     {"![A chart](https://example.com/a.png)", `<a href="https://example.com/a.png"`, "<img"},
		"image elsewhere raw": {`<img src="https://example.com/a.png" alt="x">`, "", "example.com"},
		"image of the portal": {"![A chart](/media/a.png)", `<img src="/media/a.png" alt="A chart"`, ""},
		"iframe":              {"<iframe src=https://example.com></iframe>", "", "iframe"},
		"form":                {"<form action=/x><input name=a></form>", "", "<input"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := markdown.HTML(test.source, 2, "doc-")
			if !strings.Contains(got, test.has) {
				t.Errorf("%q is not in %q", test.has, got)
			}
			if test.hasNot != "" && strings.Contains(got, test.hasNot) {
				t.Errorf("%q is in %q", test.hasNot, got)
			}
		})
	}
}

func TestHeadingsBesideOthersHaveNoID(t *testing.T) {
	t.Parallel()
	if got := markdown.HTML("# A", 4, ""); !strings.Contains(got, "<h4>A</h4>") {
		t.Error(got)
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"# Flights\n\nFinds *every* `flight`\nof [today](https://example.com).\n\nMore.": "Finds every flight of today. More.",
		"<b>x</b> y": "x y",
		"":           "",
		"十二文字までの要約を作ります": "十二文字までの要約を作り…",
	} {
		limit := 60
		if strings.HasPrefix(source, "十") {
			limit = 12
		}
		if got := markdown.Summary(source, limit); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestCode(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"bash", "json", "yaml", "http", "js", "python", "go", "GO", "none"} {
		got := markdown.Code(language, "x = \"<script>\" # 1\n")
		if strings.Contains(got, "<script") || strings.Contains(got, "style=") {
			t.Errorf("%s: %s", language, got)
		}
		if coloured := strings.Contains(got, "<span"); coloured != (language != "none") {
			t.Errorf("%s: coloured is %v", language, coloured)
		}
	}
}

func TestHostileTextsTakeBoundedTime(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"quotes": strings.Repeat(">", 200_000), "quotes of many lines": strings.Repeat(strings.Repeat("> ", 200)+"a\n", 500),
		"brackets": strings.Repeat("[", 200_000), "links": strings.Repeat("[a](", 60_000), "emphasis": strings.Repeat("*a _", 50_000),
		"ticks": strings.Repeat("`a``", 50_000), "lists": strings.Repeat("- ", 100_000) + "a", "long": strings.Repeat("a ", markdown.MaxSize),
		"autolinks": strings.Repeat("<a@", 80_000), "entities": strings.Repeat("&", 200_000), "tables": strings.Repeat("|", 100_000) + "\n" + strings.Repeat("|-", 100_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			markdown.HTML(source, 2, "doc-")
			markdown.Summary(source, 100)
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func FuzzHTML(f *testing.F) {
	for _, seed := range []string{"# A\n\n- b\n  - c\n\n|a|b|\n|-|-|\n|c|d|", "<a href='javascript:x'>", "![a](//x)", "```go\nfunc\n```", "<svg onload=x>", "[a]: b\n[a]", "<h1 id=\"x\"", "\xff"} {
		f.Add(seed)
	}
	allowed := map[string]bool{"id": true, "class": true, "tabindex": true, "href": true, "rel": true, "src": true, "alt": true, "title": true, "align": true, "start": true, "lang": true, "aria-label": true}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 10_000 {
			return
		}
		tokens := html.NewTokenizer(strings.NewReader(markdown.HTML(source, 2, "doc-")))
		ids := map[string]bool{}
		for tokens.Next() != html.ErrorToken {
			token := tokens.Token()
			switch token.Data {
			case "script", "style", "iframe", "form", "input", "svg", "object", "base", "meta", "link":
				if token.Type == html.StartTagToken {
					t.Fatalf("<%s> of %q", token.Data, source)
				}
			}
			for _, a := range token.Attr {
				switch value := strings.ToLower(strings.TrimSpace(a.Val)); {
				case !allowed[a.Key]:
					t.Fatalf("%s of %q", a.Key, source)
				case (a.Key == "href" || a.Key == "src") && (strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "data:")):
					t.Fatalf("%s of %q", value, source)
				case a.Key == "id" && ids[a.Val]:
					t.Fatalf("two elements with the id %s of %q", a.Val, source)
				case a.Key == "id":
					ids[a.Val] = true
				}
			}
		}
	})
}
