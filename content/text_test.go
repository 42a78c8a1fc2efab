package content

import (
	"context"
	"strings"
	"testing"

	"portico"
	"portico/webui/i18n"
)

func TestFrontMatter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ title, body string }{
		"---\ntitle: A\nother: [1]\n---\nB": {"A", "B"},
		"\uFEFF---\r\ntitle: A\r\n---\r\nB": {"A", "B"},
		"---\ntitle: 2024\n---\n":           {"2024", ""},
		"---\ntitle: A\n---":                {"A", ""},
		"---\n---\nB":                       {"", "B"},
		"---\nprose\n---\nB":                {"", "---\nprose\n---\nB"},
		"---\nno end":                       {"", "---\nno end"},
		"---":                               {"", "---"},
		"# T\n---\ntitle: A\n---":           {"", "# T\n---\ntitle: A\n---"},
		"":                                  {"", ""},
		"---\ntitle: \"a: b\"\ndescription:\n---\nB\n": {"a: b", "B\n"},
	} {
		m, body, err := split(text)
		title := ""
		if m.Title != nil {
			title = *m.Title
		}
		if err != nil || title != want.title || body != want.body {
			t.Errorf("%q: title %q, body %q, %v", text, title, body, err)
		}
	}
	for _, text := range []string{"---\ntitle: [a]\n---\n", "---\na: 'b\n---\n", "---\ntitle: a\nx: " + strings.Repeat("x", maxMatter) + "\n---\n"} {
		if _, _, err := split(text); portico.KindOf(err) != portico.KindInvalid {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

func FuzzFrontMatter(f *testing.F) {
	for _, seed := range []string{"---\ntitle: A\n---\nB", "---\n&a [*a]\n---\n", "---\na: &a [x]\nb: [*a, *a]\n---\n", "---\n\t\n---", "---\r\n---\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, body, err := split(text)
		if err != nil && portico.KindOf(err) != portico.KindInvalid {
			t.Errorf("%q: %v", text, err)
		}
		if !strings.HasSuffix(text, body) {
			t.Errorf("%q: the body %q is not its end", text, body)
		}
	})
}

func TestPlainText(t *testing.T) {
	t.Parallel()
	got := plain("# A *b* `c`\n\nd [e](https://x.example) <b>f</b>\ng\n\n```go\nh()\n```\n| i | j |\n|---|---|\n| k | l |\n\n    m\n\n日本語 <https://y.example>\n\n::snippet{name=\"n\"}\n")
	for _, word := range []string{"A b c", "d e f g", "h()", "i", "l", "m", "日本語", "https://y.example"} {
		if !strings.Contains(got, word) {
			t.Errorf("%q lacks %q", got, word)
		}
	}
	for _, word := range []string{"x.example", "*", "`", "<b>", "---", "#", "snippet"} {
		if strings.Contains(got, word) {
			t.Errorf("%q has %q", got, word)
		}
	}
}

// library is a portal's snippets by name; hidden ones begin with an underscore.
type library map[string]string

func (l library) expand(t testing.TB, page string) (string, *inclusion) {
	t.Helper()
	texts, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	in := &inclusion{find: func(_ context.Context, name string) (portico.Snippet, bool, bool, error) {
		text, there := l[name]
		return portico.Snippet{Name: name, Content: text}, !strings.HasPrefix(name, "_"), there, nil
	}}
	got, err := in.expand(texts.With(t.Context(), "en"), page, nil)
	if err != nil {
		t.Fatal(err)
	}
	return got, in
}

func TestSnippetsAreIncluded(t *testing.T) {
	t.Parallel()
	l := library{
		"a": "---\ntitle: A\n---\nthe a\n", "nest": "before\n::snippet{name=\"a\"}\nafter", "loop": "::snippet{name=\"pool\"}", "pool": "::snippet{name=\"loop\"}",
		"_secret": "hidden words",
	}
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	for page, want := range map[string]string{
		"x\n::snippet{name=\"a\"}\ny":                      "x the a y",
		"x\n::snippet{name=\"a\"}\n::\ny":                  "x the a y",
		"::snippet{ name=\"nest\" }  ":                     "before the a after",
		"```\n::snippet{name=\"a\"}\n```\n":                "``` ::snippet{name=\"a\"} ```",
		"~~~~\n```\n::snippet{name=\"a\"}\n~~~~\n":         "~~~~ ``` ::snippet{name=\"a\"} ~~~~",
		"```\n```\n::snippet{name=\"a\"}":                  "``` ``` the a",
		"inline ::snippet{name=\"a\"} stays":               "inline ::snippet{name=\"a\"} stays",
		"::snippet{name=\"gone\"}":                         "> **There is no snippet named gone.**",
		"::snippet{name=\"a*<b>\"}":                        `> **There is no snippet named a\*&lt;b>.**`,
		"::snippet{name=\"loop\"}":                         "> **This snippet includes itself: loop → pool → loop.**",
		"x\n::snippet{name=\"_secret\"}\ny":                "x y",
		"::snippet{name=\"a\"}\n\n::snippet{name=\"a\"}\n": "the a the a",
	} {
		if got, _ := l.expand(t, page); squeeze(got) != want {
			t.Errorf("%q becomes %q, want %q", page, squeeze(got), want)
		}
	}
}

func TestInclusionEnds(t *testing.T) {
	t.Parallel()
	l := library{}
	for i := range 30 {
		next := "::snippet{name=\"" + strings.Repeat("n", i+2) + "\"}\n"
		l[strings.Repeat("n", i+1)] = strings.Repeat(next, 10)
	}
	got, in := l.expand(t, "::snippet{name=\"n\"}")
	if len(got) > 1<<20 || !strings.Contains(got, "includes too much") || in.used > 1<<12 {
		t.Errorf("%d bytes from %d inclusions", len(got), in.used)
	}
}

func FuzzInclusion(f *testing.F) {
	f.Add("::snippet{name=\"a\"}\n", "x\n::snippet{name=\"b\"}\n::\n", "::snippet{name=\"a\"}")
	f.Add("```\n::snippet{name=\"a\"}", "~~~", "````")
	f.Fuzz(func(t *testing.T, page, a, b string) {
		got, _ := library{"a": a, "b": b}.expand(t, page)
		if !strings.Contains(page, "::snippet") && got != page {
			t.Errorf("%q becomes %q", page, got)
		}
	})
}
