package signin

import (
	"net/http"
	"net/url"

	"portico"
	"portico/admins"
	"portico/httpkit"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/visit"
)

// codePath asks for the code of the second factor.
const codePath = "/login/code"

// view is what the sign-in page shows.
type view struct {
	form         *desk.Form
	back         string // where it leads afterwards
	organization string
	password     bool   // there are passwords
	signOn       string // where single sign-on starts; empty: there is none
}

func (p pages) form(w http.ResponseWriter, v *desk.Visit) error {
	if v.SignedIn() {
		return v.Redirect(v.Return("/"))
	}
	return p.show(w, v, http.StatusOK, v.EmptyForm(nil))
}

func (p pages) show(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form) error {
	organization, err := p.Accounts.Organization(v.Context())
	if portico.KindOf(err) == portico.KindNotFound && err != nil {
		return v.RenderBare(w, http.StatusOK, v.T("signin.unfounded_title"), unfounded())
	}
	if err != nil {
		return err
	}
	settings, err := p.Admins.IdentityProviders.Settings(v.Context())
	if err != nil {
		return err
	}
	s := view{form: f, back: v.Return("/"), organization: organization.Name, password: organization.PasswordSignIn}
	if settings.SingleSignOn() {
		s.signOn = "/login/sso?return=" + url.QueryEscape(s.back)
	}
	return v.RenderBare(w, status, v.T("signin.title"), signInPage(s))
}

func (p pages) signIn(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	email, pass := f.Email("email"), f.Secret("password")
	return submit(w, v, f, p.show, func() (desk.Answer, error) {
		session, err := p.Admins.Sessions.SignIn(v.Context(), email, pass, browser(v))
		return func() error { return p.enter(v, session, v.Return("/")) }, err
	})
}

// enter hands a session to the browser and goes on: to the second factor first
// if that is still missing.
func (p pages) enter(v *desk.Visit, session admins.IssuedSession, path string) error {
	v.SignIn(session.Token)
	if session.NeedsCode {
		return v.Redirect(codePath + "?return=" + url.QueryEscape(path))
	}
	return v.Redirect(visit.LocalPath(path, "/"))
}

func (p pages) codeForm(w http.ResponseWriter, v *desk.Visit) error {
	if v.SignedIn() {
		return v.Redirect(v.Return("/"))
	}
	if httpkit.Cookie(v.Request, desk.SessionCookie).Empty() {
		return v.Redirect("/login")
	}
	return p.showCode(w, v, http.StatusOK, v.EmptyForm(nil))
}

func (p pages) showCode(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form) error {
	return v.RenderBare(w, status, v.T("signin.code_title"), codePage(f, v.Return("/")))
}

func (p pages) verifyCode(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	code := f.Text("code", true, 64)
	return submit(w, v, f, p.showCode, func() (desk.Answer, error) {
		session, err := p.Admins.Sessions.VerifyCode(v.Context(), httpkit.Cookie(v.Request, desk.SessionCookie), code)
		if portico.KindOf(err) == portico.KindUnauthenticated { // it took too long: begin again
			return func() error {
				v.SignOut()
				v.FlashBad("signin.code_late")
				return v.Redirect("/login?return=" + url.QueryEscape(v.Return("/")))
			}, nil
		}
		return func() error { return p.enter(v, session, v.Return("/")) }, err
	})
}

func (p pages) signOut(_ http.ResponseWriter, v *desk.Visit) error {
	if err := p.Admins.Sessions.SignOut(v.Context(), httpkit.Cookie(v.Request, desk.SessionCookie)); err != nil {
		return err
	}
	v.SignOut()
	v.Flash("signin.signed_out")
	return v.Redirect("/login")
}

// signOnKind is the weight of the button for single sign-on: beside a password
// form it is the other way.
func signOnKind(password bool) design.Kind {
	if password {
		return design.Secondary
	}
	return design.Primary
}
