package design_test

import (
	"strings"
	"testing"

	"github.com/a-h/templ"

	"portico/webui/design"
	"portico/webui/i18n"
)

// render is a component in English.
func render(t *testing.T, c templ.Component) string {
	t.Helper()
	texts, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := c.Render(texts.With(t.Context(), "en"), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// has checks that markup contains each of the wanted pieces, and none that begin with "!".
func has(t *testing.T, markup string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if missing, unwanted := strings.CutPrefix(want, "!"); unwanted {
			if strings.Contains(markup, missing) {
				t.Errorf("%s\nhas %s", markup, missing)
			}
		} else if !strings.Contains(markup, want) {
			t.Errorf("%s\nlacks %s", markup, want)
		}
	}
}

// Code is shown letter by letter as it is: what is copied must run.
func TestCodeKeepsEveryLetter(t *testing.T) {
	t.Parallel()
	source := "curl \"https://gw.example/a?b=1&c=<2>\" \\\n  -u \"$CLIENT_ID:${SECRET}\"\n\tend  "
	doc := render(t, design.Code(design.CodeProps{ID: "c", Label: "curl", Code: source}))
	start, end := strings.Index(doc, "<pre"), strings.Index(doc, "</pre>")
	inner := doc[start:end]
	inner = inner[strings.Index(inner, ">")+1:]
	var plain strings.Builder
	for inner != "" {
		before, rest, _ := strings.Cut(inner, "<")
		plain.WriteString(before)
		_, inner, _ = strings.Cut(rest, ">")
	}
	got := strings.NewReplacer("&#34;", `"`, "&lt;", "<", "&gt;", ">", "&amp;", "&", "&#39;", "'").Replace(plain.String())
	if got != source {
		t.Errorf("got  %q\nwant %q", got, source)
	}
}

func TestCodeColoursWhatMatters(t *testing.T) {
	t.Parallel()
	has(t, render(t, design.Code(design.CodeProps{ID: "c", Label: "curl", Code: `curl https://gw.example/x -H "A: b" $TOKEN 'it'`})),
		`<span class="c-url">https://gw.example/x</span>`, `<span class="c-str">&#34;A: b&#34;</span>`, `<span class="c-var">$TOKEN</span>`, `<span class="c-str">&#39;it&#39;</span>`)
	has(t, render(t, design.Code(design.CodeProps{ID: "c", Label: "JSON", Code: `{"id": "x"}`})),
		`<span class="c-var">&#34;id&#34;</span>`, `<span class="c-str">&#34;x&#34;</span>`)
}

func TestFieldIsTiedToItsHelp(t *testing.T) {
	t.Parallel()
	f := design.Field{Name: "name", Label: "Name", Hint: "Up to 255 characters.", Error: "Enter a name.", Required: true}
	has(t, render(t, design.Input(design.InputProps{Field: f, Value: `"><script>`})),
		`for="name"`, `id="name"`, `aria-describedby="name-hint name-error"`, `aria-invalid="true"`, " required", `id="name-error"`, "Enter a name.", "!<script>", "!disabled")
	f.Error, f.ID, f.Required = "", "other", false
	has(t, render(t, design.Input(design.InputProps{Field: f})),
		`id="other"`, `name="name"`, `aria-describedby="other-hint"`, `id="other-error" hidden`, "!aria-invalid", "! required")
}

// A password that was typed is never sent back.
func TestPasswordIsNotRendered(t *testing.T) {
	t.Parallel()
	has(t, render(t, design.Password(design.InputProps{Field: design.Field{Name: "password", Label: "Password"}, Value: "correct horse"})), `type="password"`, "!correct horse", "!value=")
}

func TestErrorSummaryLeadsToTheFields(t *testing.T) {
	t.Parallel()
	if doc := render(t, design.ErrorSummary(nil)); doc != "" {
		t.Errorf("nothing is wrong, and it says %s", doc)
	}
	has(t, render(t, design.ErrorSummary([]design.FieldError{{ID: "name", Message: "Enter a name."}, {Message: "Okta did not answer."}})),
		`role="alert"`, `tabindex="-1"`, "2 things need your attention", `<a href="#name">Enter a name.</a>`, "Okta did not answer.")
	has(t, render(t, design.ErrorSummary([]design.FieldError{{Message: "x"}})), "One thing needs your attention")
}

func TestAddressesThatRunScriptsAreDropped(t *testing.T) {
	t.Parallel()
	evil := "javascript:alert(1)"
	for _, c := range []templ.Component{
		design.LinkButton(evil, "", "x"), design.Tabs("x", []design.Tab{{Href: evil, Label: "x"}}),
		design.Breadcrumb([]design.Crumb{{Href: evil, Label: "x"}}), design.Page(design.Shell{Nav: []design.NavItem{{Href: evil}}, Footer: []design.Link{{Href: evil, Label: "x"}}}),
		design.Menu(design.MenuProps{ID: "m", Label: "x", Items: []design.MenuItem{{Label: "x", Post: evil}, {Label: "y", Href: evil}}}),
	} {
		has(t, render(t, c), "!javascript:")
	}
}

func TestTitle(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]design.Shell{
		"<title>My Apps · Acme</title>": {Title: "My Apps", Brand: design.Brand{Name: "Acme"}},
		"<title>Acme</title>":           {Title: "Acme", Brand: design.Brand{Name: "Acme"}},
		"<title>My Apps</title>":        {Title: "My Apps"},
	} {
		has(t, render(t, design.Page(s)), want)
	}
	has(t, render(t, design.Page(design.Shell{Brand: design.Brand{Name: "Acme", HomeHref: "/home", LogoURL: "/logo.png", FaviconURL: "/fav.png"}, NoIndex: true})),
		"<title>Acme</title>", `href="/home"`, `src="/logo.png"`, `<link rel="icon" href="/fav.png">`, "noindex", `data-theme="system"`)
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Hana Sato": "HS", "hana": "H", "": "?", "  ": "?", "佐藤 花": "佐花", "Ada M. Lovelace": "AL"} {
		if got := design.Initials(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestPagerLeadsToNeighboursAndEnds(t *testing.T) {
	t.Parallel()
	href := func(n int) string { return "?page=" + strings.Repeat("i", n) }
	if doc := render(t, design.Pager(design.PagerProps{Page: 1, Pages: 1, Href: href})); doc != "" {
		t.Errorf("one page needs no pager: %s", doc)
	}
	has(t, render(t, design.Pager(design.PagerProps{Page: 1, Pages: 3, Total: 41, Href: href})), "41 entries", `rel="next"`, `!rel="prev"`, "!…")
	has(t, render(t, design.Pager(design.PagerProps{Page: 5, Pages: 9, Href: href})), `rel="prev" href="?page=iiii"`, `>1<`, `>4<`, `>6<`, `>9<`, "!>3<", "!>8<", "…")
}

func TestChartsBearAnyFigures(t *testing.T) {
	t.Parallel()
	points := []string{"a", "b", "c"}
	for _, values := range [][]float64{nil, {0, 0, 0}, {1}, {-4, 2, 7}, {1e12, 3, 0.001}, {5, 5, 5, 5}} {
		p := design.ChartProps{Label: "x", Points: points, Series: []design.Series{{Name: "s", Values: values}}}
		for _, c := range []templ.Component{design.LineChart(p), design.BarChart(p), design.Sparkline("x", values)} {
			has(t, render(t, c), "!NaN", "!Inf", `role="img"`)
		}
	}
	has(t, render(t, design.BarChart(design.ChartProps{Label: "x", Points: points, Series: []design.Series{
		{Name: "2xx", Tone: design.OK, Values: []float64{40, 0, 90}}, {Name: "5xx", Tone: design.Bad, Values: []float64{0, 0, 30}},
	}})), "<span>200</span>", "<span>100</span>", "<title>c: 2xx 90, 5xx 30</title>", `height="90.0"`, `height="30.0"`)
}

func TestProgressIsSaidInWords(t *testing.T) {
	t.Parallel()
	has(t, render(t, design.Checklist([]design.Step{{Label: "a", Done: true}, {Label: "b", Current: true}, {Label: "c"}})), `max="3" value="1"`, "1 of 3 done", "Done:")
	has(t, render(t, design.Trace([]design.TraceStep{{State: "ok", Label: "a"}, {State: "failed", Label: "b"}})), "Passed:", "Failed:")
}
