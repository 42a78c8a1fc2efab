package catalog_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"portico"
	"portico/webtest"
	"portico/webui/i18n"
)

func signIn(p *webtest.Page) {
	p.Open("/login")
	p.Fill("E-mail", "dana@example.com")
	p.Fill("Password", password)
	p.Press(kb.Enter)
}

func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dana := h.developer("dana@example.com")
	h.application(dana, "Checkout", h.keys.ID)
	flights := "/apis/" + h.flights.Slug
	webtest.Matrix(t, webtest.Start(t), webtest.Site{Base: h.site.URL, Langs: []string{"en", "ja"}, Cookie: i18n.Cookie, Visitors: map[string]func(*webtest.Page){"dana": signIn}}, []webtest.View{
		{Name: "list", Path: "/apis"}, {Name: "no-match", Path: "/apis?q=nothing"}, {Name: "overview", Path: flights}, {Name: "reference", Path: flights + "/reference"},
		{Name: "raw", Path: "/apis/" + h.free.Slug + "/reference"}, {Name: "versions", Path: flights + "/versions"}, {Name: "try", Path: flights + "/try/getFlight"},
		{Name: "apps", Visitor: "dana", Path: flights + "/apps"}, {Name: "use", Visitor: "dana", Path: flights + "/use"},
		{Name: "gone", Path: "/apis/none", Status: http.StatusNotFound},
	})
}

// TestRealSpecificationsInABrowser looks at references of documents as they are
// in the world, where there are some.
func TestRealSpecificationsInABrowser(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("PORTICO_CONTRACTS")
	if dir == "" {
		t.Skip("PORTICO_CONTRACTS names no directory of OpenAPI documents")
	}
	h := newHouse(t)
	var views []webtest.View
	for _, name := range []string{"konnect-application-auth-strategies-v2", "okta-oauth", "konnect-control-planes-config-v2"} {
		content, err := os.ReadFile(filepath.Join(dir, name+".yaml"))
		must(t, err)
		api := h.publish(name, string(content), portico.Public, &h.keys.ID, nil)
		views = append(views, webtest.View{Name: name, Path: "/apis/" + api.Slug + "/reference"})
	}
	webtest.Matrix(t, webtest.Start(t), webtest.Site{Base: h.site.URL, Langs: []string{"en", "ja"}, Cookie: i18n.Cookie}, views)
}

func TestTryingOutInABrowser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	browser := webtest.Start(t)
	for _, scripts := range []bool{true, false} {
		p := browser.Page(t, h.site.URL)
		p.SetJavaScript(scripts)
		p.Open("/apis/" + h.flights.Slug + "/reference")
		p.Click("Try it: Get flight")
		p.Fill("id", "NH 1")
		p.Fill("Secret, token or key", "good-key")
		p.Click("Send request")
		p.See("200 OK")
		if r := <-h.asked; r.Header.Get("x-key") != "good-key" {
			t.Errorf("with scripts %v the gateway was asked %v", scripts, r.Header)
		}
	}
}
