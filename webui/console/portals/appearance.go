package portals

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/content"
	"portico/webui/design"
	"portico/webui/desk"
)

// The most characters of a design's texts, and bytes of an image (contract:
// PortalCustomizationV3, and the limits of package content).
const (
	maxCSS    = 100_000
	maxRobots = 10_000
	maxColour = 7
	maxImage  = 1 << 20
)

func (p pages) appearanceRoutes() []desk.Route {
	return []desk.Route{
		p.on("GET", "/appearance", p.appearance, access.View),
		p.on("POST", "/appearance", p.saveAppearance, access.Appearance).As("update-portal-customization"),
		p.on("GET", "/appearance/preview", p.preview, access.View),
		p.on("POST", "/appearance/preview", p.preview, access.Appearance),
		p.on("GET", "/appearance/preview.css", p.previewSheet, access.View),
		p.image(portico.AssetLogo), p.putImage(portico.AssetLogo, "replace-portal-asset-logo"), p.removeImage(portico.AssetLogo),
		p.image(portico.AssetFavicon), p.putImage(portico.AssetFavicon, "replace-portal-asset-favicon"), p.removeImage(portico.AssetFavicon),
	}
}

// appearanceView is the tab Appearance.
type appearanceView struct {
	sheet
	Portal portal
	Images []imageView
}

// imageView is the form for one of the portal's images.
type imageView struct {
	sheet
	Kind        portico.AssetKind
	Href        string // where it is; empty: there is none
	Label, Hint string
	Remove      string // where it is taken away
}

func (p pages) appearance(w http.ResponseWriter, v *desk.Visit, one portal) error {
	looks, err := p.Content.Designs.Of(v.Context(), one.ID)
	if err != nil {
		return err
	}
	mode := looks.Theme.Mode
	if mode == "" {
		mode = portico.ThemeSystem
	}
	f := v.EmptyForm(url.Values{"mode": {string(mode)}, "colour": {looks.Theme.Colors.Primary}, "css": {value(looks.CSS)}, "robots": {value(looks.Robots)}})
	return p.showAppearance(w, v, one, http.StatusOK, f, nil, "", nil)
}

// showAppearance shows the tab; kind is that of the image whose form was sent,
// empty: it was the other form.
func (p pages) showAppearance(w http.ResponseWriter, v *desk.Visit, one portal, status int, f *desk.Form, call templ.Component, kind portico.AssetKind, sent *desk.Form) error {
	view := appearanceView{Portal: one, sheet: sheet{Form: f, Action: one.Path(tabAppearance), May: one.May(access.Appearance), Submit: v.T("portals.save")}}
	if kind == "" {
		view.Call = call
	}
	for _, of := range []portico.AssetKind{portico.AssetLogo, portico.AssetFavicon} {
		href, err := p.imageHref(v, one, of)
		if err != nil {
			return err
		}
		image := imageView{Kind: of, Href: href, Remove: one.Path("/appearance/" + string(of) + "/remove")}
		image.Label, image.Hint = v.T("portals.logo"), v.T("portals.logo_hint")
		if of == portico.AssetFavicon {
			image.Label, image.Hint = v.T("portals.favicon"), v.T("portals.favicon_hint")
		}
		image.sheet = sheet{Form: v.EmptyForm(nil), Action: one.Path("/appearance/" + string(of)), May: view.May, Submit: v.T("portals.upload"), Files: true}
		if of == kind {
			image.Form, image.Call = sent, call
		}
		view.Images = append(view.Images, image)
	}
	w.Header().Set("Content-Security-Policy", design.FramingPolicy)
	return v.Render(w, status, v.T("portals.tab_appearance"), appearancePage(view), desk.Wide, desk.Module(design.AssetURL("js/preview.js")))
}

// readAppearance reads the form, as a change and as the body that makes it.
func readAppearance(f *desk.Form, before portico.Design) (content.DesignFields, body) {
	mode := f.Choice("mode", string(portico.ThemeSystem), string(portico.ThemeLight), string(portico.ThemeDark))
	colour := f.Text("colour", false, maxColour)
	css, robots := f.Optional("css", maxCSS), f.Optional("robots", maxRobots)
	theme := body{"mode": mode}
	in := content.DesignFields{Mode: portico.Some(portico.ThemeMode(mode)), CSS: optional(css), Robots: optional(robots)}
	if colour != before.Theme.Colors.Primary {
		in.Primary, theme["colors"] = portico.Some(colour), body{"primary": colour}
	}
	return in, body{"theme": theme, "css": orNull(css), "robots": orNull(robots)}
}

func (p pages) saveAppearance(w http.ResponseWriter, v *desk.Visit, one portal) error {
	before, err := p.Content.Designs.Of(v.Context(), one.ID)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	in, call := readAppearance(f, before)
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodPatch, Path: one.API("/customization"), Body: call}},
		Do: func() (desk.Answer, error) {
			_, err := p.Content.Designs.Update(v.Context(), one.ID, in)
			return v.To(one.Path(tabAppearance), "portals.saved"), err
		},
		Fields: map[string]string{"theme.colors.primary": "colour", "theme.mode": "mode"},
		Show: func(status int, call templ.Component) error {
			return p.showAppearance(w, v, one, status, f, call, "", nil)
		},
	})
}

// imageHref is where the console shows one of the portal's images, an address
// that changes with it; empty if there is none.
func (p pages) imageHref(v *desk.Visit, one portal, kind portico.AssetKind) (string, error) {
	asset, err := p.Content.Images.Get(v.Context(), content.OfPortal(one.ID), kind)
	if err != nil && portico.KindOf(err) == portico.KindNotFound {
		return "", nil
	}
	return one.Path("/appearance/"+string(kind)) + "?v=" + strconv.FormatInt(asset.UpdatedAt.UnixMilli(), 36), err
}

// image serves one of the portal's images. An SVG that is opened by itself can
// do nothing.
func (p pages) image(kind portico.AssetKind) desk.Route {
	return p.on("GET", "/appearance/"+string(kind), func(w http.ResponseWriter, v *desk.Visit, one portal) error {
		asset, err := p.Content.Images.Get(v.Context(), content.OfPortal(one.ID), kind)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
		w.Header().Set("Content-Type", asset.MediaType)
		_, _ = w.Write(asset.Data) // fails only when the visitor has left
		return nil
	}, access.View)
}

func (p pages) putImage(kind portico.AssetKind, action string) desk.Route {
	return p.on("POST", "/appearance/"+string(kind), func(w http.ResponseWriter, v *desk.Visit, one portal) error {
		f, err := v.Form()
		if err != nil {
			return err
		}
		field := string(kind)
		mediaType, data := f.File(field, maxImage)
		if data == nil && f.OK() {
			f.Reject(field, "portals.choose_file")
		}
		return v.Submit(desk.Task{
			Form: f, Calls: []desk.Call{{Method: http.MethodPut, Path: one.API("/assets/" + field), Body: body{"data": desk.Variable("IMAGE")}}},
			Do: func() (desk.Answer, error) {
				_, _, err := p.Content.Images.Put(v.Context(), content.OfPortal(one.ID), kind, "data:"+mediaType+";base64,"+base64.StdEncoding.EncodeToString(data))
				return v.To(one.Path(tabAppearance), "portals.image_done"), err
			},
			Fields: map[string]string{"data": field},
			Show: func(status int, call templ.Component) error {
				return p.showSaved(w, v, one, status, kind, f, call)
			},
		})
	}, access.Appearance).As(action)
}

// showSaved shows the tab with the looks as they are kept, beside the form of an
// image as it was sent.
func (p pages) showSaved(w http.ResponseWriter, v *desk.Visit, one portal, status int, kind portico.AssetKind, sent *desk.Form, call templ.Component) error {
	looks, err := p.Content.Designs.Of(v.Context(), one.ID)
	if err != nil {
		return err
	}
	f := v.EmptyForm(url.Values{"mode": {string(looks.Theme.Mode)}, "colour": {looks.Theme.Colors.Primary}, "css": {value(looks.CSS)}, "robots": {value(looks.Robots)}})
	return p.showAppearance(w, v, one, status, f, call, kind, sent)
}

// removeImage has no like in the management API: there, an image is replaced.
func (p pages) removeImage(kind portico.AssetKind) desk.Route {
	return p.on("POST", "/appearance/"+string(kind)+"/remove", func(_ http.ResponseWriter, v *desk.Visit, one portal) error {
		if err := p.Content.Images.Delete(v.Context(), content.OfPortal(one.ID), kind); err != nil && portico.KindOf(err) != portico.KindNotFound {
			return err
		}
		v.Flash("portals.image_removed")
		return v.Redirect(one.Path(tabAppearance))
	}, access.Appearance).As("replace-portal-asset-" + string(kind))
}
