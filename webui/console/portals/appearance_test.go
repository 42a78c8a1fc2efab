package portals_test

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"portico"
	"portico/content"
)

func (h house) looks(t *testing.T) portico.Design {
	t.Helper()
	looks, err := h.Content.Designs.Of(t.Context(), h.Portal.ID)
	must(t, err)
	return looks
}

func TestAppearance(t *testing.T) {
	t.Parallel()
	h := open(t)
	_, err := h.Content.Designs.Update(t.Context(), h.Portal.ID, content.DesignFields{Main: portico.Some([]portico.MenuItem{{Path: "/guide", Title: "Guide", Visibility: portico.Public}})})
	must(t, err)
	form := h.As(t, "en").Get(h.at("/appearance")).Is(200, h.at("/appearance")).Says("Brand colour", "contrast of at least 5:1")
	if policy := form.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-src 'self'") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("the policy is %s", policy)
	}
	form.Submit("/appearance", url.Values{"colour": {"red"}, "mode": {"x"}}).Is(422, h.at("/appearance")).Fault("mode")
	form.Submit("/appearance", url.Values{"colour": {"red"}, "css": {"@import url(x)"}}).Is(422, h.at("/appearance")).Fault("colour").Fault("css")

	values := url.Values{"mode": {"dark"}, "colour": {"#0a7"}, "css": {"h1 { color: red }"}, "robots": {"User-agent: *"}}
	h.call(t, 200, form, "/appearance", values)
	byCall := h.looks(t)
	form.Submit("/appearance", nil).Is(200, h.at("/appearance")).Says("Saved.")
	if now := h.looks(t); now.CSS != nil || now.Robots != nil || now.Theme.Mode != portico.ThemeSystem || len(now.Menu.Main) != 1 {
		t.Errorf("emptied, it is %+v", now)
	}
	form.Submit("/appearance", values).Is(200, h.at("/appearance"))
	if now := h.looks(t); !reflect.DeepEqual(now, byCall) || now.Theme.Colors.Primary != "#0a7" || *now.CSS != "h1 { color: red }" {
		t.Errorf("the call makes %+v, the form %+v", byCall, now)
	}
	h.viewer(t).Get(h.at("/appearance")).Is(200, h.at("/appearance")).Hides("Save</")
	h.viewer(t).Post(h.at("/appearance"), values).Is(403, h.at("/appearance"))
	h.viewer(t).Post(h.at("/appearance/preview"), values).Is(403, h.at("/appearance"))
}

func TestPreviewShowsWhatIsNotSaved(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	form := h.As(t, "en").Get(h.at("/appearance"))
	shown := form.Get(h.at("/appearance/preview")).Is(200, h.at("/appearance/preview")).Says("Flights")
	if policy := shown.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'self'") || strings.Contains(policy, "'none'; frame-ancestors 'none'") {
		t.Errorf("the policy is %s", policy)
	}
	if shown.Header.Get("X-Frame-Options") != "SAMEORIGIN" {
		t.Errorf("X-Frame-Options: %s", shown.Header.Get("X-Frame-Options"))
	}
	values := url.Values{"mode": {"dark"}, "colour": {"#0a7"}, "css": {"h1 { color: tomato }"}}
	dark := form.Post(h.at("/appearance/preview"), values).Is(200, h.at("/appearance/preview")).Says("Flights")
	if !strings.Contains(dark.Body, `data-theme="dark"`) {
		t.Error("the preview is not dark")
	}
	_, rest, _ := strings.Cut(dark.Body, `href="`+h.at("/appearance/preview.css"))
	query, _, _ := strings.Cut(rest, `"`)
	sheet := form.Get(h.at("/appearance/preview.css") + query)
	if !strings.Contains(sheet.Body, "tomato") || !strings.Contains(sheet.Body, "--brand-h") || sheet.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("the style sheet is %s", sheet.Body)
	}
	if h.looks(t).CSS != nil {
		t.Error("the preview was saved")
	}
	form.Post(h.at("/appearance/preview"), url.Values{"mode": {"dark"}, "css": {"@import 'x'"}}).Is(200, h.at("/appearance/preview")).Says("This cannot be shown", "@import")
	for _, bad := range []string{"", "%", "AAAA", "eJwDAAAAAAE"} {
		form.Get(h.at("/appearance/preview.css?look="+url.QueryEscape(bad))).Is(400, h.at("/appearance"))
	}
}

func TestImages(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin := h.As(t, "en")
	png := []byte("\x89PNG\r\n\x1a\n and so on")
	admin.Upload(h.at("/appearance/logo"), "logo", "image/png", png).Is(200, h.at("/appearance")).Says("The image is in use.")
	page := admin.Get(h.at("/appearance")).Is(200, h.at("/appearance")).Says("Remove")
	if got := admin.Get(h.at("/appearance/logo")).Is(200, h.at("/appearance/logo")); got.Body != string(png) || got.Header.Get("Content-Type") != "image/png" || !strings.Contains(got.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("the image is %q with %v", got.Body, got.Header)
	}
	if !strings.Contains(admin.Get(h.at("/appearance/preview")).Body, h.at("/appearance/logo?v=")) {
		t.Error("the preview has no logo")
	}
	admin.Upload(h.at("/appearance/logo"), "logo", "image/png", []byte("no image")).Is(422, h.at("/appearance/logo")).Fault("logo")
	admin.Upload(h.at("/appearance/favicon"), "favicon", "image/png", make([]byte, 1<<20+1)).Is(422, h.at("/appearance/favicon")).Fault("favicon").Says("too large")
	page.Submit("/appearance/favicon", nil).Is(422, h.at("/appearance/favicon")).Fault("favicon")
	h.call(t, 200, page, "/appearance/favicon", nil, "IMAGE=data:image/png;base64,iVBORw0KGgo=")
	admin.Get(h.at("/appearance/favicon")).Is(200, h.at("/appearance/favicon"))
	page.Post(h.at("/appearance/logo/remove"), url.Values{}).Is(200, h.at("/appearance")).Says("The image is removed.")
	admin.Get(h.at("/appearance/logo")).Is(404, h.at("/appearance/logo"))
	h.viewer(t).Post(h.at("/appearance/favicon/remove"), url.Values{}).Is(403, h.at("/appearance"))
}
