package webtest

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A Site is what Matrix and Screenshots look at.
type Site struct {
	Base  string
	Langs []string // the first is the one that pages are compared in
	// Cookie is the name of the cookie that chooses a language.
	Cookie string
	// Visitors tells, for each kind of visitor that a View names, how to
	// become one. Nobody need be told how to be nobody, which is "".
	Visitors map[string]func(*Page)
}

// A View is a page as one kind of visitor sees it.
type View struct {
	Name    string // unique; names a file
	Visitor string
	Path    string
	Open    func(*Page) // the way there, in place of Path
	Status  int         // 0 is 200
}

// open shows the view; its complaint is empty where the status is as wanted.
func (v View) open(p *Page) (complaint []string) {
	p.t.Helper()
	if v.Open != nil {
		v.Open(p)
	} else {
		p.Open(v.Path)
	}
	want := v.Status
	if want == 0 {
		want = http.StatusOK
	}
	if p.Status() != want {
		complaint = append(complaint, fmt.Sprintf("%s answers %d, want %d", p.URL(), p.Status(), want))
	}
	return complaint
}

var (
	themes = []string{"light", "dark"}
	widths = []int{320, 390, 1360}
)

const height = 900

// Matrix looks at every view in both themes, all languages and three widths.
// Each must be free of errors, of requests to other origins, of overflow and
// of violations that axe-core finds, and must hold the same without JavaScript.
func Matrix(t *testing.T, b *Browser, site Site, views []View) {
	axe := LoadAxe(t)
	each(t, b, site, views, func(p *Page, v View) {
		for _, fault := range site.Faults(p, v, axe) {
			p.t.Errorf("%s: %s", v.Name, fault)
		}
	})
}

// Faults lists what Matrix would complain of in one view.
func (s Site) Faults(p *Page, v View, axe Axe) []string {
	p.t.Helper()
	var faults, with []string
	for i, lang := range s.Langs {
		p.SetCookie(s.Cookie, lang)
		p.SetViewport(widths[0], height)
		faults = append(faults, v.open(p)...)
		if got := eval[string](p, `document.documentElement.lang`); got != lang {
			faults = append(faults, fmt.Sprintf("the document is in %q, want %q", got, lang))
		}
		if i == 0 {
			with = eval[[]string](p, mainContent)
		}
		faults = append(faults, looks(p, lang, i, axe)...)
	}
	p.SetCookie(s.Cookie, s.Langs[0])
	p.SetJavaScript(false)
	defer p.SetJavaScript(true)
	faults = append(faults, v.open(p)...)
	faults = append(faults, p.Faults()...)
	faults = append(faults, LintFaults(p.HTML())...)
	return append(faults, missing(with, eval[[]string](p, mainContent))...)
}

// looks judges the page shown in all themes and widths. With axe-core, for
// which there is no time everywhere, each theme and language has its width.
func looks(p *Page, lang string, turn int, axe Axe) []string {
	p.t.Helper()
	var faults, grounds []string
	for i, theme := range themes {
		p.EmulateTheme(theme)
		for j, width := range widths {
			p.SetViewport(width, height)
			found := eval[[]string](p, overflow)
			if j == 1+(i+turn)%2 {
				found = append(found, axe.Faults(p)...)
			}
			for _, f := range found {
				faults = append(faults, fmt.Sprintf("%s, %s, %d px: %s", lang, theme, width, f))
			}
		}
		grounds = append(grounds, eval[string](p, `getComputedStyle(document.body).backgroundColor`))
	}
	if len(slices.Compact(grounds)) < len(themes) {
		faults = append(faults, fmt.Sprintf("light and dark have one background: %s", grounds[0]))
	}
	return append(faults, p.Faults()...)
}

// overflow lists what makes the document wider than the window.
const overflow = `(() => {
	const wide = document.documentElement.scrollWidth
	if (wide <= innerWidth) return []
	const scrolls = e => { for (e = e.parentElement; e && e !== document.body; e = e.parentElement) if (getComputedStyle(e).overflowX !== "visible") return true; return false }
	const out = [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > innerWidth + 0.5 && !scrolls(e))
	const inner = out.filter(e => !out.some(o => o !== e && e.contains(o))).slice(0, 4)
	return ["the document is " + wide + " px wide, because of " + inner.map(e => "<" + e.tagName.toLowerCase() + " class=\"" + e.className + "\"> " + (e.textContent || "").trim().slice(0, 40)).join("; ")]
})()`

// mainContent lists the texts of the main landmark, and its links and fields,
// without what serves only scripts (.js-only) or speaks of the moment. Numbers
// may differ: times and counts go on.
const mainContent = `(() => {
	const out = new Set(), main = document.querySelector("main")
	if (!main) return []
	const skip = ".js-only, [role=status], [hidden], script, time, template"
	for (const e of main.querySelectorAll("h1, h2, h3, h4, p, li, dt, dd, th, td, label, legend, summary, a[href], button, input:not([type=hidden]), select, textarea")) {
		if (e.closest(skip) || e.querySelector(skip)) continue
		const text = e.textContent.replace(/\s+/g, " ").replace(/\d+/g, "0").trim()
		const what = e.matches("a") ? "link " + text : e.matches("input, select, textarea") ? "field " + (e.name || e.id) : text
		if (what && e.checkVisibility()) out.add(what)
	}
	return [...out]
})()`

// missing compares what a page shows with and without JavaScript.
func missing(with, without []string) []string {
	var out []string
	for _, s := range with {
		if !slices.Contains(without, s) {
			out = append(out, fmt.Sprintf("JavaScript alone shows %.100q", s))
		}
	}
	return out
}

// Screenshots writes pictures of the views into a directory, each at two widths
// in both themes, and wide in the other languages.
func Screenshots(t *testing.T, b *Browser, site Site, views []View, dir string) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	each(t, b, site, views, func(p *Page, v View) {
		p.t.Helper()
		for i, lang := range site.Langs {
			p.SetCookie(site.Cookie, lang)
			p.SetViewport(widths[2], height)
			if complaint := v.open(p); len(complaint) > 0 {
				p.t.Fatal(complaint)
			}
			for _, theme := range themes {
				p.EmulateTheme(theme)
				for _, width := range widths[1:] {
					if i > 0 && (width != widths[2] || theme != themes[0]) {
						continue
					}
					p.SetViewport(width, height)
					name := strings.Join([]string{v.Name, lang, theme, strconv.Itoa(width), "png"}, ".")
					if err := os.WriteFile(filepath.Join(dir, name), p.Screenshot(), 0o644); err != nil {
						p.t.Fatal(err)
					}
				}
			}
		}
		p.Faults()
	})
}

// tabsAtOnce is how many tabs look at views of one kind of visitor.
const tabsAtOnce = 2

// each runs one subtest for each view, in a few tabs that are used again.
func each(t *testing.T, b *Browser, site Site, views []View, look func(*Page, View)) {
	pools := map[string]chan *Page{}
	for _, v := range views {
		if pools[v.Visitor] == nil {
			pools[v.Visitor] = tabs(t, b, site, v.Visitor)
		}
	}
	// The group ends, and with it the use of the tabs, before the tabs are closed.
	t.Run("views", func(t *testing.T) {
		for _, v := range views {
			t.Run(v.Name, func(t *testing.T) {
				t.Parallel()
				p := <-pools[v.Visitor]
				defer func() { pools[v.Visitor] <- p }()
				look(p.For(t), v)
			})
		}
	})
}

func tabs(t *testing.T, b *Browser, site Site, visitor string) chan *Page {
	t.Helper()
	become, known := site.Visitors[visitor]
	if visitor != "" && !known {
		t.Fatalf("nobody says how to become %q", visitor)
	}
	pool := make(chan *Page, tabsAtOnce)
	for range tabsAtOnce {
		p := b.Page(t, site.Base) // with cookies of its own, among them the language's
		if known {
			become(p)
		}
		pool <- p
	}
	return pool
}
