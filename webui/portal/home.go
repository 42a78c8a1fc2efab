package portal

import (
	"net/http"

	"portico"
	"portico/control"
	"portico/webui/page"
)

// featured is how many APIs the front page shows.
const featured = 6

// homeView is what the front page shows.
type homeView struct {
	title, text string
	lang        string // of title and text; empty: the page's
	html        string // of the page that the portal's team has written; empty: there is none
	apis        []control.PublishedAPI
	total       int
	signUp      bool
	apps        bool // the portal has developer accounts
}

// home is the portal's front page: the page that its team has written, or what
// Portico has to say. Where everything is private, whoever is not signed in gets
// the sign-in form.
func (p pages) home(w http.ResponseWriter, v *page.Visit) error {
	found, err := p.Catalogue.APIs(v.Context(), v.Visitor, portico.ListQuery{Size: featured, Number: 1})
	if err != nil {
		return err
	}
	written, err := p.Content.Visitors.Page(v.Context(), v.Reader(), "")
	if err != nil && portico.KindOf(err) != portico.KindNotFound && portico.KindOf(err) != portico.KindUnauthenticated {
		return err
	}
	shown := err == nil
	if found.Total == 0 && !shown && v.Developer == nil && v.Portal.AuthenticationEnabled {
		view, err := p.signInView(v, v.EmptyForm(nil), "/")
		if err != nil {
			return err
		}
		return v.RenderBare(w, http.StatusOK, v.PortalName(), privatePage(view))
	}
	view := homeView{
		title: v.T("portal.home_title"), apis: found.Items, total: found.Total,
		signUp: v.Developer == nil && v.Portal.AuthenticationEnabled && v.Portal.BasicAuthEnabled, apps: v.Portal.AuthenticationEnabled,
	}
	if shown {
		front := readable(written)
		view.lang = v.Portal.Language
		view.title, view.text, view.html = front.title, value(written.Description), front.html
	} else {
		view.text = value(v.Portal.Description)
	}
	return v.Render(w, http.StatusOK, v.PortalName(), homePage(view), page.Described(view.text))
}
