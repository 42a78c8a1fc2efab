package webtest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"portico/webtest"
)

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'"

const style = `:root { color-scheme: light dark; background: light-dark(#fff, #111); color: light-dark(#111, #eee) }
body { background: light-dark(#fff, #111) } a { color: light-dark(#0b3d91, #9ec5ff) }
.wide { width: 700px } .faint { color: light-dark(#ddd, #222) } .hidden { position: absolute; opacity: 0; width: 0; height: 0 }
@media (scripting: none) { .js-only { display: none } }`

// document is a page that nothing is wrong with, around some content.
func document(lang, content string) string {
	return `<!doctype html><html lang="` + lang + `"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Shop</title><link rel="stylesheet" href="/style.css"><link rel="icon" href="data:,"></head><body><main><h1>Shop</h1>` + content + `</main></body></html>`
}

// shop serves pages by path, a form, and what the pages need.
func shop(t testing.TB, pages map[string]string) string {
	mux := http.NewServeMux()
	for path, content := range pages {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			lang := "en"
			if c, err := r.Cookie("lang"); err == nil {
				lang = c.Value
			}
			w.Header().Set("Content-Security-Policy", policy)
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if path == "/gone" {
				w.WriteHeader(http.StatusNotFound)
			}
			fmt.Fprint(w, document(lang, content))
		})
	}
	mux.HandleFunc("POST /order", func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		http.SetCookie(w, &http.Cookie{Name: "order", Value: r.Form.Get("what") + "/" + r.Form.Get("size") + "/" + r.Form.Get("paid") + "/" + r.Form.Get("note")})
		http.Redirect(w, r, "/ordered", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /ordered", func(w http.ResponseWriter, r *http.Request) {
		order := "nothing"
		if c, err := r.Cookie("order"); err == nil {
			order = c.Value
		}
		fmt.Fprint(w, document("en", `<p>You ordered <b id="order">`+order+`</b></p>`))
	})
	mux.HandleFunc("GET /file", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", "attachment; filename=a.env")
	})
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		fmt.Fprint(w, style)
	})
	mux.HandleFunc("GET /forced.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		fmt.Fprint(w, "body { background: white !important }")
	})
	mux.HandleFunc("GET /adds.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `document.querySelector("main").append(Object.assign(document.createElement("p"), {textContent: "written by a script"}))`)
	})
	mux.HandleFunc("GET /throws.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `console.error("a complaint"); throw new Error("a throw")`)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

const order = `<nav aria-label="Drinks"><p><a href="/tea">Tea</a></p></nav><nav aria-label="Spices"><p><a href="/salt">Tea</a></p></nav>
	<form method="post" action="/order">
	<p><label for="what">What</label> <input id="what" name="what" value="old"></p>
	<p><label>Size <select name="size"><option value="s">Small</option><option value="l">Large</option></select></label></p>
	<p><input class="hidden" type="checkbox" id="paid" name="paid" value="yes"><label for="paid">Paid</label></p>
	<p><label>Note <textarea name="note"></textarea></label></p>
	<button aria-label="Order now">Order</button></form>
	<ul><li>Tea <a href="/tea">Remove</a></li><li>Salt <a href="/salt">Remove</a></li></ul>
	<p><a href="/file">Download</a></p>`

func TestPage(t *testing.T) {
	t.Parallel()
	base := shop(t, map[string]string{"/": order, "/salt": "<p>No salt</p>", "/tea": "<p>No tea</p>"})
	b := webtest.Start(t)
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("scripts %v", scripts), func(t *testing.T) {
			t.Parallel()
			p := b.Page(t, base)
			p.SetJavaScript(scripts)
			p.Open("/")
			p.Click("Download")
			if got := p.URL(); got != base+"/" {
				t.Errorf("a download leads to %s", got)
			}
			p.Fill("What", "Green tea")
			p.Fill("Size", "Large")
			p.Choose("Paid")
			p.Fill("Note", "one")
			p.Fill("Note", "")
			p.Click("Order now")
			p.See("You ordered Green tea/l/yes/")
			if got := p.URL(); got != base+"/ordered" || p.Status() != 200 {
				t.Errorf("at %s, status %d", got, p.Status())
			}
			p.NotSee("old")
			if got := p.TextOf("order"); got != "Green tea/l/yes/" {
				t.Errorf("the order reads %q", got)
			}
			p.Open("/")
			p.Within("Salt").Click("Remove")
			p.See("No salt")
			p.Open("/")
			p.Within("Drinks").Click("Tea")
			p.See("No tea")

			p.Open("/")
			p.Submit(map[string]string{"what": "Oats", "size": "l"})
			p.See("You ordered Oats/l//")

			other := p.Tab()
			other.Open("/ordered")
			other.See("Oats")
			stranger := b.Page(t, base)
			stranger.Open("/ordered")
			stranger.See("You ordered nothing")
		})
	}
}

func TestPageByKeyboard(t *testing.T) {
	t.Parallel()
	p := webtest.Start(t).Page(t, shop(t, map[string]string{"/": order}))
	p.Open("/")
	p.Fill("What", "Rice")
	p.Press(kb.Enter)
	p.See("You ordered Rice/s/")
}

func TestPageReportsFaults(t *testing.T) {
	t.Parallel()
	base := shop(t, map[string]string{
		"/inline": `<p style="color: red">red</p><script>alert(1)</script>`,
		"/far":    `<img alt="" src="http://tracker.example/a.png">`,
		"/throws": `<script type="module" src="/throws.js"></script>`,
		"/broken": `<img alt="" src="/missing.png">`,
		"/gone":   `<p>Nothing here</p>`,
		"/good":   order,
	})
	b := webtest.Start(t)
	for path, want := range map[string][]string{
		"/inline": {"inline style", "inline script"},
		"/far":    {"http://tracker.example/a.png"},
		"/throws": {"console.error: a complaint", "a throw"},
		"/broken": {"404"},
		"/gone":   nil,
		"/good":   nil,
	} {
		p := b.Page(t, base)
		p.Open(path)
		got := strings.Join(p.Faults(), "\n")
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: %q is not reported, only:\n%s", path, w, got)
			}
		}
		if want == nil && got != "" {
			t.Errorf("%s: reported:\n%s", path, got)
		}
	}
}

func TestAxe(t *testing.T) {
	t.Parallel()
	base := shop(t, map[string]string{"/": order, "/faint": `<p class="faint">hard to read</p>`, "/unnamed": `<button></button>`})
	axe := webtest.LoadAxe(t)
	if axe == "" {
		t.Skip("no axe-core: run scripts/axe")
	}
	p := webtest.Start(t).Page(t, base)
	for path, want := range map[string]string{"/": "", "/faint": "color-contrast", "/unnamed": "button-name"} {
		p.Open(path)
		got := strings.Join(axe.Faults(p), "\n")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: want %q, got:\n%s", path, want, got)
		}
	}
	if got := p.Faults(); len(got) > 0 {
		t.Errorf("axe-core itself breaks the page's policy: %q", got)
	}
}

// site is a shop that has pages for members.
func site(t testing.TB) webtest.Site {
	return webtest.Site{
		Base:   shop(t, map[string]string{"/": order, "/gone": `<p>Nothing here</p>`, "/door": `<p>Come in</p>`}),
		Langs:  []string{"en", "ja"},
		Cookie: "lang",
		Visitors: map[string]func(*webtest.Page){"member": func(p *webtest.Page) {
			p.Open("/")
			p.Click("Order now")
			p.See("You ordered")
		}},
	}
}

func views() []webtest.View {
	return []webtest.View{
		{Name: "shop", Path: "/"},
		{Name: "gone", Path: "/gone", Status: 404},
		{Name: "door", Visitor: "member", Open: func(p *webtest.Page) { p.Open("/"); p.Open("/door") }},
	}
}

func TestMatrix(t *testing.T) {
	t.Parallel()
	webtest.Matrix(t, webtest.Start(t), site(t), views())
}

func TestScreenshots(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "pictures")
	webtest.Screenshots(t, webtest.Start(t), site(t), views(), dir)
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 3*(4+1) {
		t.Errorf("%d pictures of 3 views: %v", len(files), files)
	}
	data, err := os.ReadFile(filepath.Join(dir, "shop.ja.light.1360.png"))
	if err != nil || !strings.HasPrefix(string(data), "\x89PNG") {
		t.Errorf("no picture: %v", err)
	}
}

func TestMatrixFindsFaults(t *testing.T) {
	t.Parallel()
	base := shop(t, map[string]string{
		"/wide":     `<p class="wide">wide</p>`,
		"/scripted": `<script type="module" src="/adds.js"></script>`,
		"/unnamed":  `<p><input></p>`,
		"/forced":   `<link rel="stylesheet" href="/forced.css">`,
		"/gone":     `<p>Nothing here</p>`,
		"/far":      `<p><img alt="" src="http://tracker.example/a.png"></p>`,
	})
	b := webtest.Start(t)
	s := webtest.Site{Base: base, Langs: []string{"en", "ja"}, Cookie: "lang"}
	for path, want := range map[string]string{
		"/wide":     `ja, dark, 320 px: the document is`,
		"/scripted": `JavaScript alone shows "written by a script"`,
		"/unnamed":  `has no label`,
		"/forced":   `light and dark have one background`,
		"/gone":     `answers 404, want 200`,
		"/far":      `tracker.example`,
	} {
		got := strings.Join(s.Faults(b.Page(t, base), webtest.View{Path: path}, ""), "\n")
		if !strings.Contains(got, want) {
			t.Errorf("%s: want %q, got:\n%s", path, want, got)
		}
	}
	s.Cookie = "other"
	if got := strings.Join(s.Faults(b.Page(t, base), webtest.View{Path: "/wide"}, ""), "\n"); !strings.Contains(got, `the document is in "en", want "ja"`) {
		t.Errorf("a page that does not know Japanese passes:\n%s", got)
	}
}
