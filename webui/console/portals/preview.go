package portals

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"

	"github.com/a-h/templ"

	"portico"
	"portico/content"
	"portico/control"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/front"
	"portico/webui/i18n"
	"portico/webui/page"
)

// preview shows the portal's front page in the looks of the form that was sent,
// or as they are kept, to be shown in a frame. Nothing is changed.
func (p pages) preview(w http.ResponseWriter, v *desk.Visit, one portal) error {
	looks, err := p.Content.Designs.Of(v.Context(), one.ID)
	if err != nil {
		return err
	}
	framed(w)
	if v.Method == http.MethodPost {
		f, err := v.Form()
		if err != nil {
			return err
		}
		in, _ := readAppearance(f, looks)
		if f.OK() {
			looks, err = p.Content.Designs.Preview(v.Context(), one.ID, in)
			if err != nil {
				if err := f.Refused(err, nil); err != nil {
					return err
				}
			}
		}
		if !f.OK() {
			return p.noPreview(w, v, f)
		}
	}
	token, err := lookToken(looks)
	if err != nil {
		return err
	}
	if len(token) > maxToken {
		f := v.EmptyForm(nil)
		f.Reject("", "portals.preview_too_long")
		return p.noPreview(w, v, f)
	}
	shell, err := p.shell(v, one, page.Looks{Design: looks, ThemeURL: one.Path("/appearance/preview.css?look=" + token)})
	if err != nil {
		return err
	}
	somebody := portico.Developer{PortalID: one.ID, Status: portico.Approved}
	view, err := front.Read(v.Context(), p.Control, control.Visitor{Portal: one.Portal, Developer: &somebody}, v.T("portal.home_title"))
	if err != nil {
		return err
	}
	return v.Write(templ.WithChildren(v.Context(), front.Page(view)), w, http.StatusOK, design.Page(shell))
}

// shell is what surrounds the portal's pages, in looks of which the images are
// as they are kept.
func (p pages) shell(v *desk.Visit, one portal, looks page.Looks) (design.Shell, error) {
	var err error
	if looks.LogoURL, err = p.imageHref(v, one, portico.AssetLogo); err != nil {
		return design.Shell{}, err
	}
	return looks.Preview(v.Context(), one.Portal, v.T("portals.preview_developer")), nil
}

// savedLooks are the portal's looks as they are kept.
func (p pages) savedLooks(v *desk.Visit, one portal) (page.Looks, error) {
	looks, err := p.Content.Designs.Of(v.Context(), one.ID)
	if err != nil {
		return page.Looks{}, err
	}
	token, err := lookToken(looks)
	if len(token) > maxToken {
		looks.CSS = nil // the text is what this preview is about
		token, err = lookToken(looks)
	}
	return page.Looks{Design: looks, ThemeURL: one.Path("/appearance/preview.css?look=" + token)}, err
}

// framed lets the console's own pages show an answer in a frame.
func framed(w http.ResponseWriter) {
	w.Header().Set("Content-Security-Policy", design.FramedPolicy)
	w.Header().Set("X-Frame-Options", "SAMEORIGIN")
}

// noPreview says in the frame why nothing can be shown there.
func (p pages) noPreview(w http.ResponseWriter, v *desk.Visit, f *desk.Form) error {
	shell := design.Shell{Title: v.T("portals.preview"), Lang: i18n.Lang(v.Context()), Brand: design.Brand{Name: v.T("portals.preview")}, NoIndex: true}
	return v.Write(templ.WithChildren(v.Context(), noPreviewPage(f)), w, http.StatusOK, design.Page(shell))
}

// look is what a style sheet is made from.
type look struct {
	Colour string `json:"p,omitempty"`
	CSS    string `json:"c,omitempty"`
}

// maxToken is how long a look may be in an address. Proxies take 8 KB.
const maxToken = 6000

// lookToken is a look for the address of its style sheet: pages have no style
// sheet within, so the one of a preview has to be asked for like any other.
func lookToken(looks portico.Design) (string, error) {
	data, err := json.Marshal(look{Colour: looks.Theme.Colors.Primary, CSS: value(looks.CSS)})
	if err != nil {
		return "", err
	}
	var packed bytes.Buffer
	packer, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err = packer.Write(data); err == nil {
		err = packer.Close()
	}
	return base64.RawURLEncoding.EncodeToString(packed.Bytes()), err
}

// readToken undoes lookToken.
func readToken(token string) (look, error) {
	bad := portico.Errorf(portico.KindInvalid, "This is no address of a preview.")
	packed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return look{}, bad
	}
	const most = 2 * maxCSS // there are escapes in JSON
	data, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), most))
	var out look
	if err != nil || json.Unmarshal(data, &out) != nil {
		return look{}, bad
	}
	return out, nil
}

// previewSheet is the style sheet of a preview, held to the rules that one has
// to keep to be saved.
func (p pages) previewSheet(w http.ResponseWriter, v *desk.Visit, one portal) error {
	wanted, err := readToken(v.URL.Query().Get("look"))
	if err != nil {
		return err
	}
	looks, err := p.Content.Designs.Preview(v.Context(), one.ID, content.DesignFields{Primary: portico.Some(wanted.Colour), CSS: portico.Some(wanted.CSS)})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(page.StyleSheet(looks)) // fails only when the visitor has left
	return nil
}
