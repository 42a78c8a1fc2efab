package portal

import (
	"net/http"
	"net/url"

	"portico"
	"portico/developers"
	"portico/problem"
	"portico/webui/i18n"
	"portico/webui/page"
	"portico/webui/visit"
)

func (p pages) signUpRoutes() []page.Route {
	return []page.Route{
		page.On(page.Anyone, "GET /signup", p.signUpForm),
		page.On(page.Guessing, "POST /signup", p.signUp),
		page.On(page.Anyone, "GET /signup/sent", p.signUpSent),
		page.On(page.Guessing, "GET /verify-email", p.verifyForm),
		page.On(page.Guessing, "POST /verify-email", p.verify),
		page.On(page.Anyone, "GET /forgot-password", p.forgotForm),
		page.On(page.Guessing, "POST /forgot-password", p.forgot),
		page.On(page.Anyone, "GET /forgot-password/sent", p.forgotSent),
		page.On(page.Guessing, "GET /reset-password", p.resetForm),
		page.On(page.Guessing, "POST /reset-password", p.reset),
	}
}

func (p pages) signUpForm(w http.ResponseWriter, v *page.Visit) error {
	if err := needPasswords(v); err != nil {
		return err
	}
	if v.Developer != nil {
		return v.Redirect("/")
	}
	return p.showSignUp(w, v, http.StatusOK, v.EmptyForm(nil))
}

// needPasswords refuses what a portal without passwords does not have.
func needPasswords(v *page.Visit) error {
	if err := needAccounts(v); err != nil {
		return err
	}
	if !v.Portal.BasicAuthEnabled {
		return portico.Errorf(portico.KindNotFound, "This portal has no passwords: developers sign in with single sign-on.").Named("no_passwords")
	}
	return nil
}

func (p pages) showSignUp(w http.ResponseWriter, v *page.Visit, status int, f *page.Form) error {
	return v.RenderBare(w, status, v.T("portal.signup_title"), signUpPage(f, !v.Portal.AutoApproveDevelopers), page.NotIndexed)
}

// signUp answers the same whether or not the address has an account.
func (p pages) signUp(w http.ResponseWriter, v *page.Visit) error {
	if err := needPasswords(v); err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	applicant := developers.Applicant{FullName: f.Text("full_name", true, visit.MaxName), Email: f.Email("email"), Language: i18n.Lang(v.Context())}
	if !f.OK() {
		return p.showSignUp(w, v, http.StatusUnprocessableEntity, f)
	}
	err = p.Throttles.Account(v.Portal.ID, applicant.Email)
	if err == nil {
		err = p.Developers.SignUp(v.Context(), v.Portal.ID, applicant)
	}
	if err != nil {
		return p.refuseForm(w, v, f, err, p.showSignUp)
	}
	v.Flash("portal.sent_to", "Email", applicant.Email)
	return v.Redirect("/signup/sent")
}

func (p pages) signUpSent(w http.ResponseWriter, v *page.Visit) error {
	if err := needPasswords(v); err != nil {
		return err
	}
	return v.RenderBare(w, http.StatusOK, v.T("portal.sent_title"), sentPage(v.T("portal.sent_signup"), "/signup"), page.NotIndexed)
}

// passwordView is what a page shows that sets a password with a mailed token.
type passwordView struct {
	form        *page.Form
	title, lead string
	action      string
}

// verifyForm leads to the first password. The link is not used up by opening
// it: mail programs open links, too.
func (p pages) verifyForm(w http.ResponseWriter, v *page.Visit) error {
	token := v.URL.Query().Get("token")
	if err := p.Developers.CheckLink(v.Context(), v.Portal.ID, token, portico.PurposeVerifyEmail); err != nil {
		return p.deadLink(w, v, err)
	}
	return p.showVerify(w, v, http.StatusOK, v.EmptyForm(url.Values{"token": {token}}))
}

func (p pages) showVerify(w http.ResponseWriter, v *page.Visit, status int, f *page.Form) error {
	return p.showPassword(w, v, status, passwordView{form: f, title: v.T("portal.verify_title"), lead: v.T("portal.verify_lead"), action: "/verify-email"})
}

func (p pages) showPassword(w http.ResponseWriter, v *page.Visit, status int, view passwordView) error {
	v.NoStore()
	return v.RenderBare(w, status, view.title, passwordPage(view), page.NotIndexed)
}

// verify confirms the address, sets the first password and signs in, in that
// order. If the password will not do, the token for setting it goes on.
func (p pages) verify(w http.ResponseWriter, v *page.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	pass := f.Secret("password")
	if !f.OK() {
		return p.showVerify(w, v, http.StatusUnprocessableEntity, f)
	}
	email, next, err := p.Developers.VerifyEmail(v.Context(), v.Portal.ID, f.Value("token"))
	if err != nil {
		return p.deadLink(w, v, err)
	}
	if err := p.Developers.ResetPassword(v.Context(), v.Portal.ID, next, pass); err != nil {
		f.Values.Set("token", next)
		return p.refuseForm(w, v, f, err, p.showReset)
	}
	session, err := p.Sessions.SignIn(v.Context(), v.Portal.ID, email, pass, browser(v))
	if err != nil {
		return p.notSignedIn(w, v, f, email, err)
	}
	v.SignIn(session)
	v.Flash("portal.welcome")
	return v.Redirect("/")
}

func (p pages) forgotForm(w http.ResponseWriter, v *page.Visit) error {
	if err := needPasswords(v); err != nil {
		return err
	}
	return p.showForgot(w, v, http.StatusOK, v.EmptyForm(nil))
}

func (p pages) showForgot(w http.ResponseWriter, v *page.Visit, status int, f *page.Form) error {
	return v.RenderBare(w, status, v.T("portal.forgot_title"), forgotPage(f), page.NotIndexed)
}

// forgot answers the same whether or not the address has an account.
func (p pages) forgot(w http.ResponseWriter, v *page.Visit) error {
	if err := needPasswords(v); err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	email := f.Email("email")
	if !f.OK() {
		return p.showForgot(w, v, http.StatusUnprocessableEntity, f)
	}
	err = p.Throttles.Account(v.Portal.ID, email)
	if err == nil {
		err = p.Developers.ForgotPassword(v.Context(), v.Portal.ID, email)
	}
	if err != nil {
		return p.refuseForm(w, v, f, err, p.showForgot)
	}
	v.Flash("portal.sent_to", "Email", email)
	return v.Redirect("/forgot-password/sent")
}

func (p pages) forgotSent(w http.ResponseWriter, v *page.Visit) error {
	if err := needPasswords(v); err != nil {
		return err
	}
	return v.RenderBare(w, http.StatusOK, v.T("portal.sent_title"), sentPage(v.T("portal.sent_reset"), "/forgot-password"), page.NotIndexed)
}

// resetForm is where mails about a forgotten password and invitations lead.
func (p pages) resetForm(w http.ResponseWriter, v *page.Visit) error {
	token := v.URL.Query().Get("token")
	if err := p.Developers.CheckLink(v.Context(), v.Portal.ID, token, portico.PurposeResetPassword); err != nil {
		return p.deadLink(w, v, err)
	}
	return p.showReset(w, v, http.StatusOK, v.EmptyForm(url.Values{"token": {token}}))
}

func (p pages) showReset(w http.ResponseWriter, v *page.Visit, status int, f *page.Form) error {
	return p.showPassword(w, v, status, passwordView{form: f, title: v.T("portal.reset_title"), lead: v.T("portal.reset_lead"), action: "/reset-password"})
}

func (p pages) reset(w http.ResponseWriter, v *page.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	pass := f.Secret("password")
	if !f.OK() {
		return p.showReset(w, v, http.StatusUnprocessableEntity, f)
	}
	err = p.Developers.ResetPassword(v.Context(), v.Portal.ID, f.Value("token"), pass)
	switch portico.KindOf(err) {
	case portico.KindNotFound, portico.KindGone:
		return p.deadLink(w, v, err)
	}
	if err != nil {
		return p.refuseForm(w, v, f, err, p.showReset)
	}
	v.SignOut() // every session has ended, this one too
	v.Flash("portal.password_set")
	return v.Redirect("/login")
}

// deadLink says that a mailed link does not work, and offers a new one.
func (p pages) deadLink(w http.ResponseWriter, v *page.Visit, err error) error {
	e := problem.Translate(err)
	title, text := "portal.link_used_title", "portal.link_used_text"
	switch e.Kind {
	case portico.KindNotFound:
	case portico.KindGone:
		title, text = "portal.link_expired_title", "portal.link_expired_text"
	default:
		return err
	}
	v.NoStore()
	return v.RenderBare(w, problem.Status(e.Kind), v.T(title), deadLinkPage(v.EmptyForm(nil), v.T(title), v.T(text)), page.NotIndexed)
}
