package design_test

import (
	"net/http/httptest"
	"testing"

	"portico/webtest"
	"portico/webui/i18n"
)

// Every component, in both languages and themes, at three widths and without scripts: no error of the console or of
// the policy, nothing wider than the screen, nothing that axe-core objects to.
func TestGalleryInBrowser(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(gallery(t))
	t.Cleanup(site.Close)
	webtest.Matrix(t, webtest.Start(t), webtest.Site{Base: site.URL, Langs: []string{"en", "ja"}, Cookie: i18n.Cookie}, []webtest.View{
		{Name: "page", Path: "/"}, {Name: "card", Path: "/bare"}, {Name: "brand", Path: "/search?brand"},
	})
}
