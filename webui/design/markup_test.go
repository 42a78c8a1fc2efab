package design_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"portico/webui/design"
)

// pageOf fetches a page of the gallery.
func pageOf(t *testing.T, path string) (*html.Node, string) {
	t.Helper()
	w := httptest.NewRecorder()
	gallery(t).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	doc, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s: %d %v", path, w.Code, err)
	}
	return doc, w.Body.String()
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// Components run under the policy, and what they refer to exists.
func TestMarkup(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/", "/?lang=ja&theme=dark&brand", "/bare", "/bare?lang=ja"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			doc, source := pageOf(t, path)
			ids := map[string]int{}
			for n := range doc.Descendants() {
				if id := attr(n, "id"); id != "" {
					ids[id]++
				}
			}
			for id, times := range ids {
				if times > 1 {
					t.Errorf("id %q is there %d times", id, times)
				}
			}
			for n := range doc.Descendants() {
				if n.Type == html.ElementNode {
					checkElement(t, n, ids)
				}
			}
			if key := regexp.MustCompile(`>\s*design\.[a-z_.]+`).FindString(source); key != "" {
				t.Errorf("a text is missing: %s", key)
			}
		})
	}
}

func checkElement(t *testing.T, n *html.Node, ids map[string]int) {
	t.Helper()
	for _, a := range n.Attr {
		if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
			t.Errorf("<%s %s=%q> is refused by the content security policy", n.Data, a.Key, a.Val)
		}
		switch a.Key {
		case "for", "aria-labelledby", "aria-describedby", "aria-controls", "popovertarget", "commandfor", "data-dialog", "data-copy", "data-hide", "data-reveal", "list":
			for id := range strings.FieldsSeq(a.Val) {
				if ids[id] != 1 {
					t.Errorf("<%s %s=%q>: there is no such element", n.Data, a.Key, a.Val)
				}
			}
		}
	}
	switch n.Data {
	case "style":
		t.Error("a style element is refused by the content security policy")
	case "script":
		if attr(n, "src") == "" || attr(n, "type") != "module" {
			t.Errorf("script %q is not a module of its own", words(n))
		}
	case "a", "button", "summary":
		if words(n) == "" && attr(n, "aria-label") == "" {
			t.Errorf("<%s %v> has no name", n.Data, n.Attr)
		}
	case "nav", "dialog":
		if attr(n, "aria-label") == "" && attr(n, "aria-labelledby") == "" {
			t.Errorf("<%s %v> has no name", n.Data, n.Attr)
		}
	}
}

// Every component is in the gallery, so every test of the gallery is a test of it.
func TestGalleryShowsEveryComponent(t *testing.T) {
	t.Parallel()
	shown, err := os.ReadFile("gallery_test.go")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.templ")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^templ ([A-Z]\w*)\(`).FindAllStringSubmatch(string(source), -1) {
			if !regexp.MustCompile(`design\.`+m[1]+`\b`).Match(shown) && m[1] != "FlashMessage" && m[1] != "Breadcrumb" { // frames and Head show these
				t.Errorf("%s: %s is not in the gallery", name, m[1])
			}
		}
	}
}

var (
	symbol   = regexp.MustCompile(`<symbol id="([^"]+)"`)
	iconName = regexp.MustCompile(`\bIcon(?:After)?: *"([^"]+)"|\bIcon\("([^"]+)"\)|\bIconGlyph\("([^"]+)"|LinkButton\([^,\n]+, "([^"]+)"|icon\("([^"]+)"\)`)
)

// A name of an icon that does not exist would leave a hole in a page; the pages of all areas are looked through.
func TestEveryIconUsedIsDrawn(t *testing.T) {
	t.Parallel()
	sprite, err := os.ReadFile("assets/icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[string]bool{}
	for _, m := range symbol.FindAllStringSubmatch(string(sprite), -1) {
		if drawn[m[1]] {
			t.Errorf("%s is drawn twice", m[1])
		}
		drawn[m[1]] = true
	}
	if len(drawn) < 40 {
		t.Errorf("only %d icons", len(drawn))
	}
	used := 0
	err = filepath.WalkDir("..", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !slices.Contains([]string{".templ", ".go", ".js"}, filepath.Ext(name)) || strings.HasSuffix(name, "_templ.go") {
			return err
		}
		source, err := os.ReadFile(name)
		for _, m := range iconName.FindAllStringSubmatch(string(source), -1) {
			icon := strings.Join(m[1:6], "")
			if icon == "" {
				continue
			}
			used++
			if !drawn[icon] {
				t.Errorf("%s uses the icon %q, which icons.svg does not have", name, icon)
			}
		}
		return err
	})
	if err != nil || used < 40 {
		t.Errorf("%d uses found: %v", used, err)
	}
	for _, tone := range []design.Tone{design.Neutral, design.OK, design.Warn, design.Bad, design.Info} {
		doc := render(t, design.FlashMessage(&design.Flash{Tone: tone, Message: "x"}))
		if m := regexp.MustCompile(`icons\.svg#([a-z-]+)`).FindStringSubmatch(doc); m == nil || !drawn[m[1]] {
			t.Errorf("tone %q has no icon", tone)
		}
	}
}
