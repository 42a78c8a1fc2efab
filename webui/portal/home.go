package portal

import (
	"net/http"

	"portico/webui/front"
	"portico/webui/page"
)

// home is the portal's front page. Where everything is private, whoever is not
// signed in gets the sign-in form.
func (p pages) home(w http.ResponseWriter, v *page.Visit) error {
	view, err := front.Read(v.Context(), p.Control, v.Visitor, v.T("portal.home_title"))
	if err != nil {
		return err
	}
	if view.Total == 0 && !view.Written && v.Developer == nil && v.Portal.AuthenticationEnabled {
		view, err := p.signInView(v, v.EmptyForm(nil), "/")
		if err != nil {
			return err
		}
		return v.RenderBare(w, http.StatusOK, v.PortalName(), privatePage(view))
	}
	return v.Render(w, http.StatusOK, v.PortalName(), front.Page(view), page.Described(view.Text))
}
