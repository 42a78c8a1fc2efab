package portal

import (
	"context"
	"net/http"
	"net/url"

	"portico"
	"portico/developers"
	"portico/httpkit"
	"portico/problem"
	"portico/webui/design"
	"portico/webui/i18n"
	"portico/webui/page"
	"portico/webui/visit"
)

func (p pages) signInRoutes() []page.Route {
	return []page.Route{
		page.On(page.Anyone, "GET /login", p.signInForm),
		page.On(page.Guessing, "POST /login", p.signIn),
		page.On(page.Guessing, "GET /login/sso", p.startSignOn),
		page.On(page.Guessing, "GET "+developers.CallbackPath, p.finishSignOn),
		page.On(page.Anyone, "POST /logout", p.signOut),
	}
}

// signInView is what the sign-in page shows.
type signInView struct {
	form     *page.Form
	back     string // where it leads afterwards
	portal   string
	password bool   // developers can have passwords
	signOn   string // where single sign-on starts; empty: there is none
}

func (p pages) signInForm(w http.ResponseWriter, v *page.Visit) error {
	if err := needAccounts(v); err != nil {
		return err
	}
	if v.Developer != nil {
		return v.Redirect(v.Return("/"))
	}
	return p.showSignIn(w, v, http.StatusOK, v.EmptyForm(nil))
}

func (p pages) showSignIn(w http.ResponseWriter, v *page.Visit, status int, f *page.Form) error {
	view, err := p.signInView(v, f, v.Return("/"))
	if err != nil {
		return err
	}
	return v.RenderBare(w, status, v.T("portal.login_title"), signInPage(view), page.NotIndexed)
}

func (p pages) signInView(v *page.Visit, f *page.Form, back string) (signInView, error) {
	view := signInView{form: f, back: back, portal: v.PortalName(), password: v.Portal.BasicAuthEnabled}
	settings, err := p.IdentityProviders.Settings(v.Context(), v.Portal.ID)
	if settings.SingleSignOn() {
		view.signOn = "/login/sso?return=" + url.QueryEscape(back)
	}
	return view, err
}

func (p pages) signIn(w http.ResponseWriter, v *page.Visit) error {
	if err := needAccounts(v); err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	email, pass := f.Email("email"), f.Secret("password")
	if !f.OK() {
		return p.showSignIn(w, v, http.StatusUnprocessableEntity, f)
	}
	if err := p.Throttles.Account(v.Portal.ID, email); err != nil {
		return p.refuseForm(w, v, f, err, p.showSignIn)
	}
	session, err := p.Sessions.SignIn(v.Context(), v.Portal.ID, email, pass, browser(v))
	if err != nil {
		return p.notSignedIn(w, v, f, email, err)
	}
	v.SignIn(session)
	return v.Redirect(v.Return("/"))
}

// notSignedIn says why a right password is of no use yet, or that it is wrong.
func (p pages) notSignedIn(w http.ResponseWriter, v *page.Visit, f *page.Form, email string, err error) error {
	switch problem.Translate(err).Code {
	case "account_pending":
		return v.RenderBare(w, http.StatusForbidden, v.T("portal.pending_title"), pendingPage(email), page.NotIndexed)
	case "account_refused":
		return v.RenderBare(w, http.StatusForbidden, v.T("portal.refused_title"), refusedPage(), page.NotIndexed)
	}
	return p.refuseForm(w, v, f, err, p.showSignIn)
}

// refuseForm shows a form again with what a use case had against it.
func (p pages) refuseForm(w http.ResponseWriter, v *page.Visit, f *page.Form, err error, show func(http.ResponseWriter, *page.Visit, int, *page.Form) error) error {
	return p.refuseFields(w, v, f, err, nil, show)
}

// refuseFields is refuseForm where the form calls fields otherwise than the use
// case does.
func (p pages) refuseFields(w http.ResponseWriter, v *page.Visit, f *page.Form, err error, fields map[string]string, show func(http.ResponseWriter, *page.Visit, int, *page.Form) error) error {
	if err := f.Refused(err, fields); err != nil {
		return err
	}
	status := http.StatusUnprocessableEntity
	if e := problem.Translate(err); e.Kind == portico.KindTooMany {
		status = http.StatusTooManyRequests
		visit.RetryAfter(w, e)
	}
	return show(w, v, status, f)
}

// browser is what the list of sessions tells of where somebody signs in from.
func browser(v *page.Visit) developers.Browser {
	return developers.Browser{UserAgent: v.UserAgent(), Address: httpkit.ClientAddr(v.Request).String()}
}

func (p pages) signOut(_ http.ResponseWriter, v *page.Visit) error {
	if err := p.Sessions.SignOut(v.Context(), v.Portal.ID, httpkit.Cookie(v.Request, httpkit.AccessCookie), httpkit.Cookie(v.Request, httpkit.RefreshCookie)); err != nil {
		return err
	}
	v.SignOut()
	v.Flash("portal.signed_out")
	return v.Redirect("/")
}

// pendingText says who gets to know about a decision; single sign-on does not
// tell the address.
func pendingText(ctx context.Context, email string) string {
	if email == "" {
		return i18n.T(ctx, "portal.pending_text_bare")
	}
	return i18n.T(ctx, "portal.pending_text", "Email", email)
}

// signOnKind is the weight of the button for single sign-on: beside a password
// form it is the other way.
func signOnKind(password bool) design.Kind {
	if password {
		return design.Secondary
	}
	return design.Primary
}
