package portal

import (
	"net/http"
	"strings"

	"portico"
	"portico/content"
	"portico/webui/design"
	"portico/webui/page"
)

func (p pages) brandRoutes() []page.Route {
	return []page.Route{
		page.On(page.Anyone, "GET /theme.css", p.styleSheet),
		page.On(page.Anyone, "GET /logo", p.image(portico.AssetLogo)),
		page.On(page.Anyone, "GET /favicon", p.image(portico.AssetFavicon)),
		page.On(page.Anyone, "GET /favicon.ico", p.image(portico.AssetFavicon)),
		page.On(page.Anyone, "GET /robots.txt", p.robots),
	}
}

// styleSheet is the portal's own one.
func (p pages) styleSheet(w http.ResponseWriter, v *page.Visit) error {
	looks, err := p.Content.Visitors.Design(v.Context(), v.Reader())
	if err != nil {
		return err
	}
	return answerFile(w, v, "text/css; charset=utf-8", page.StyleSheet(looks))
}

// image serves one of the portal's images. An SVG that is opened by itself can
// do nothing.
func (p pages) image(kind portico.AssetKind) page.Handler {
	return func(w http.ResponseWriter, v *page.Visit) error {
		asset, err := p.Content.Images.Get(v.Context(), content.OfPortal(v.Portal.ID), kind)
		if portico.KindOf(err) == portico.KindNotFound && err != nil && kind == portico.AssetFavicon {
			http.Redirect(w, v.Request, design.AssetURL("favicon.svg"), http.StatusFound)
			return nil
		}
		if err != nil {
			return err
		}
		w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
		return answerFile(w, v, asset.MediaType, asset.Data)
	}
}

// answerFile sends something that may be kept for ever if its address names its
// version.
func answerFile(w http.ResponseWriter, v *page.Visit, mediaType string, data []byte) error {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-cache")
	if v.URL.Query().Has("v") {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, _ = w.Write(data) // fails only when the visitor has left
	return nil
}

// robots tells search engines what to leave alone; the portal's team can say it
// in their own words.
func (p pages) robots(w http.ResponseWriter, v *page.Visit) error {
	looks, err := p.Content.Visitors.Design(v.Context(), v.Reader())
	if err != nil {
		return err
	}
	text := "User-agent: *\n"
	for _, path := range []string{"/account", "/apps", "/forgot-password", "/login", "/search", "/signup"} {
		text += "Disallow: " + path + "\n"
	}
	if looks.Robots != nil && strings.TrimSpace(*looks.Robots) != "" {
		text = *looks.Robots
	}
	return answerFile(w, v, "text/plain; charset=utf-8", []byte(text))
}
