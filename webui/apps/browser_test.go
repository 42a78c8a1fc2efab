package apps_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"portico"
	"portico/webtest"
	"portico/webui/i18n"
)

func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.developer(t, "dana@dev.example")
	b := h.signedIn(t, "en", d.Email)
	app := b.app("Checkout service", h.dcr)
	for _, api := range []portico.APIID{h.orders.ID, h.loyalty.ID} {
		b.post(app.path+"/apis/add", url.Values{"api": {string(api)}})
	}
	h.use(t, idOf(app), h.orders.ID, "x", "ok", 40)
	h.use(t, idOf(app), h.orders.ID, "x", "not_registered", 10)
	keys := b.app("Nightly reports", h.keys)
	paths := []string{"/apps", "/apps/new", keys.path, keys.path + "/credentials", keys.path + "/analytics"}
	for _, below := range []string{"", "/apis", "/apis/add", "/credentials", "/credentials/new", "/credentials/regenerate", "/analytics", "/settings", "/test"} {
		paths = append(paths, app.path+below)
	}
	var views []webtest.View
	for i, path := range paths {
		views = append(views, webtest.View{Name: fmt.Sprint(i, strings.ReplaceAll(path, "/", "-")), Visitor: "dana", Path: path})
	}
	views = append(views, webtest.View{Name: "over", Visitor: "dana", Path: "/apps/new/" + string(idOf(app)) + "/credentials", Status: http.StatusGone})
	webtest.Matrix(t, webtest.Start(t), webtest.Site{Base: h.site.URL, Langs: []string{"en", "ja"}, Cookie: i18n.Cookie, Visitors: map[string]func(*webtest.Page){"dana": signIn}}, views)
}

func signIn(p *webtest.Page) {
	p.Open("/login")
	p.Fill("E-mail", "dana@dev.example")
	p.Fill("Password", password)
	p.Press(kb.Enter)
}

// TestTheWalkInABrowser makes an application as a developer does, with scripts
// and without.
func TestTheWalkInABrowser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.developer(t, "dana@dev.example")
	browser := webtest.Start(t)
	for _, scripts := range []bool{true, false} {
		p := browser.Page(t, h.site.URL)
		p.SetJavaScript(scripts)
		signIn(p)
		p.Open("/apps")
		p.Click("New App")
		p.Fill("Name", fmt.Sprint("Scripts ", scripts))
		p.Choose("Okta")
		p.Click("Create")
		p.See("Your credentials are ready")
		p.Reload()
		p.See("Your credentials are ready")
		p.Click("Keep for 10 more minutes")
		p.See("another 10 min")
		p.Choose("I have stored the client secret")
		p.Click("Proceed")
		p.See("Make your first call")
		p.NotSee("Your credentials are ready")
		if faults := p.Faults(); len(faults) > 0 {
			t.Errorf("scripts %v: %v", scripts, faults)
		}
	}
}
