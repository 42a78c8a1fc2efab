package design_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/a-h/templ"
	"github.com/chromedp/chromedp/kb"

	"portico/webtest"
	"portico/webui/design"
	"portico/webui/i18n"
)

// Every component, in both languages and themes, at three widths and without scripts: no error of the console or of
// the policy, nothing wider than the screen, nothing that axe-core objects to.
func TestGalleryInBrowser(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(gallery(t))
	t.Cleanup(site.Close)
	webtest.Matrix(t, webtest.Start(t), webtest.Site{Base: site.URL, Langs: []string{"en", "ja"}, Cookie: i18n.Cookie}, []webtest.View{
		{Name: "page", Path: "/"}, {Name: "card", Path: "/bare"}, {Name: "brand", Path: "/search?brand"}, {Name: "console", Path: "/console"},
	})
}

// behaviour are small pages for what the scripts do, by path.
func behaviour() map[string]templ.Component {
	head := design.Head(design.HeadProps{Title: "Behaviour"})
	scopes, name := field("scopes", "Scopes"), field("name", "Name")
	name.Required = true
	return map[string]templ.Component{
		"/tags": templ.Join(head, element(`<form action="/echo">`, design.TagInput(design.TagProps{Field: scopes, Values: []string{"a.read", "b.write"}}),
			design.Button(design.ButtonProps{Label: "Send"}))),
		"/validate": templ.Join(head, element(`<form action="/echo" data-validate>`,
			design.Input(design.InputProps{Field: name, Attrs: templ.Attributes{"data-message": "Enter a name."}}), design.Button(design.ButtonProps{Label: "Send"}))),
		"/filter": templ.Join(head, templ.Raw(`<label for="f">Filter</label><input id="f" data-filter="#l"><ul id="l"><li>List orders</li><li>Create order</li></ul>`)),
		"/refresh": templ.Join(head, templ.Raw(`<p id="time">old</p><a href="/part" data-refresh="#time">Again</a>
			<form method="post" action="/part" data-refresh="#time"><input type="hidden" name="q" value="posted"><button>Post</button></form>`)),
		"/poll":  templ.Join(head, templ.Raw(`<p id="time" data-poll="30" data-src="/part?poll">old</p>`)),
		"/once":  templ.Join(head, element(`<form method="post" action="/count">`, design.Button(design.ButtonProps{Label: "Create"}))),
		"/focus": templ.Join(head, design.ErrorSummary([]design.FieldError{{ID: "name", Message: "Enter a name."}}), design.Input(design.InputProps{Field: name})),
	}
}

// site is the gallery with answers for what the scripts send.
func site(t *testing.T) string {
	t.Helper()
	var posts, parts atomic.Int32
	mux := http.NewServeMux()
	mux.Handle("/", gallery(t))
	mux.HandleFunc("POST /preferences/theme", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "theme", Value: r.FormValue("theme"), Path: "/"})
		http.Redirect(w, r, r.FormValue("return"), http.StatusSeeOther)
	})
	mux.HandleFunc("GET /echo", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `<title>x</title><link rel="icon" href="data:,">sent %s`, templ.EscapeString(r.URL.Query().Encode()))
	})
	mux.HandleFunc("/part", func(w http.ResponseWriter, r *http.Request) {
		poll := ""
		if r.URL.Query().Has("poll") && parts.Add(1) < 3 {
			poll = ` data-poll="30" data-src="/part?poll"`
		}
		fmt.Fprintf(w, `<title>x</title><p id="time"%s>%s %d for %s</p>`, poll, r.Method+r.FormValue("q"), parts.Load(), r.Header.Get("X-Partial"))
	})
	mux.HandleFunc("GET /count", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `<title>x</title><link rel="icon" href="data:,">arrived %d times`, posts.Load())
	})
	mux.HandleFunc("POST /count", func(w http.ResponseWriter, r *http.Request) {
		posts.Add(1)
		w.WriteHeader(http.StatusNoContent) // the page stays
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// What the scripts add, and what goes without them.
func TestBehaviourInBrowser(t *testing.T) {
	t.Parallel()
	browser := webtest.Start(t)
	for name, test := range map[string]func(*testing.T, *webtest.Page){
		"segments show one alternative": segmentsShowOneAlternative,
		"secrets are copied and hidden": secretsAreCopiedAndHidden,
		"dialogs and menus open":        dialogsAndMenusOpen,
		"theme is chosen and kept":      themeIsChosenAndKept,
		"palette finds while one types": paletteFindsWhileOneTypes,
		"tags are sent as one line":     tagsAreSentAsOneLine,
		"forms say what is wrong":       formsSayWhatIsWrong,
		"lists are filtered":            listsAreFiltered,
		"parts refresh":                 partsRefresh,
		"forms are sent once":           formsAreSentOnce,
		"error summary takes the focus": errorSummaryTakesTheFocus,
	} {
		t.Run(name, func(t *testing.T) { test(t, browser.Page(t, site(t))) })
	}
}

func segmentsShowOneAlternative(t *testing.T, p *webtest.Page) {
	for _, scripts := range []bool{true, false} {
		p.SetJavaScript(scripts)
		p.Open("/")
		p.See(`-u "$CLIENT_ID:$CLIENT_SECRET"`)
		p.NotSee("$TOKEN")
		p.Choose("Bearer")
		p.See("$TOKEN")
		p.NotSee(`-u "$CLIENT_ID:$CLIENT_SECRET"`)
	}
}

func secretsAreCopiedAndHidden(t *testing.T, p *webtest.Page) {
	p.Open("/")
	p.Click("Copy Client secret")
	p.See("Copied")
	p.See("demo-Vq8_t3Hs0m")
	p.Click("Hide Client secret")
	p.NotSee("demo-Vq8_t3Hs0m")
	p.See("••••")
	p.Click("Hide Client secret")
	p.See("demo-Vq8_t3Hs0m")
}

func dialogsAndMenusOpen(t *testing.T, p *webtest.Page) {
	for _, scripts := range []bool{true, false} {
		p.SetJavaScript(scripts)
		p.Open("/")
		p.Click("Rotate secret")
		p.See("The old secret keeps working until you revoke it.")
		p.Within("Rotate the client secret").Click("Close")
		p.NotSee("The old secret keeps working until you revoke it.")
		p.Click("Actions for Orders")
		p.See("The portal team paused it already.")
		p.Press(kb.Escape)
		p.NotSee("The portal team paused it already.")
	}
}

func themeIsChosenAndKept(t *testing.T, p *webtest.Page) {
	for i, scripts := range []bool{true, false} {
		p.SetJavaScript(scripts)
		p.Open("/bare")
		p.Click("Theme")
		p.Click([]string{"Dark", "Light"}[i])
		p.Open("/search")
		if want := []string{`data-theme="dark"`, `data-theme="light"`}[i]; !strings.Contains(p.HTML(), want) {
			t.Errorf("scripts %v: the next page is not %s", scripts, want)
		}
	}
}

func paletteFindsWhileOneTypes(t *testing.T, p *webtest.Page) {
	p.Open("/once")
	p.Press("k", kb.ModifierCtrl)
	p.Fill("Search APIs, operations and pages", "ord")
	p.See("Take and follow orders")
	p.Press(kb.ArrowDown)
	p.Press(kb.ArrowDown)
	if html := p.HTML(); !strings.Contains(html, `aria-activedescendant="palette-1"`) {
		t.Error("the second result is not the active one")
	}
	p.Press(kb.Escape)
	p.NotSee("Take and follow orders")
}

func tagsAreSentAsOneLine(t *testing.T, p *webtest.Page) {
	p.Open("/tags")
	p.Click("Remove a.read")
	p.Fill("Scopes", "c.read,d.read")
	p.Click("Send")
	p.See("scopes=b.write%2C+c.read%2C+d.read")
	p.SetJavaScript(false)
	p.Open("/tags")
	p.Click("Send")
	p.See("scopes=a.read%2C+b.write")
}

func formsSayWhatIsWrong(t *testing.T, p *webtest.Page) {
	p.Open("/validate")
	p.NotSee("Enter a name.")
	p.Click("Send")
	p.See("Enter a name.")
	p.Fill("Name", "Checkout")
	p.NotSee("Enter a name.")
	p.Click("Send")
	p.See("sent name=Checkout")
}

func listsAreFiltered(t *testing.T, p *webtest.Page) {
	p.Open("/filter")
	p.Fill("Filter", "ORD cre")
	p.See("Create order")
	p.NotSee("List orders")
	p.Fill("Filter", "")
	p.See("List orders")
}

func partsRefresh(t *testing.T, p *webtest.Page) {
	p.Open("/refresh")
	p.Click("Again")
	p.See("GET 0 for time")
	p.Click("Post")
	p.See("POSTposted 0 for time")
	p.Open("/poll")
	p.See("GET 3 for time")
}

// A form that is sent twice by an impatient hand arrives once.
func formsAreSentOnce(t *testing.T, p *webtest.Page) {
	p.Open("/once")
	p.Click("Create")
	p.Click("Create")
	p.Click("Create")
	p.Open("/count")
	p.See("arrived 1 times")
}

func errorSummaryTakesTheFocus(t *testing.T, p *webtest.Page) {
	p.Open("/focus")
	p.Press(kb.Tab)
	p.Press(kb.Enter)
	if !strings.HasSuffix(p.URL(), "#name") {
		t.Errorf("from the summary, Tab and Enter lead to %s", p.URL())
	}
}
