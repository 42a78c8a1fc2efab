package signin

import (
	"net/http"

	"portico"
	"portico/admins"
	"portico/problem"
	"portico/secret"
	"portico/webui/desk"
	"portico/webui/visit"
)

// mailRoutes are those that mails lead to.
func (p pages) mailRoutes() []desk.Route {
	return []desk.Route{
		desk.Door("GET /forgot-password", p.forgotForm),
		desk.Door("POST /forgot-password", p.forgot),
		desk.Door("GET "+admins.ResetPasswordPath, p.resetForm),
		desk.Door("POST "+admins.ResetPasswordPath, p.reset),
		desk.Door("GET "+admins.InvitationPath, p.invitation),
		desk.Door("POST "+admins.InvitationPath, p.accept),
	}
}

func (p pages) forgotForm(w http.ResponseWriter, v *desk.Visit) error {
	return p.showForgot(w, v, http.StatusOK, v.EmptyForm(nil))
}

func (p pages) showForgot(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form) error {
	return v.RenderBare(w, status, v.T("signin.forgot_title"), forgotPage(f))
}

func (p pages) forgot(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	email := f.Email("email")
	return submit(w, v, f, p.showForgot, func() (desk.Answer, error) {
		return func() error { return v.RenderBare(w, http.StatusOK, v.T("signin.sent_title"), sentPage(email)) }, p.Admins.Passwords.Forgot(v.Context(), email)
	})
}

// token is the one-time token of a mail's link, which the page's form sends on.
func token(v *desk.Visit) secret.Text { return secret.New(v.FormValue("token")) }

func (p pages) resetForm(w http.ResponseWriter, v *desk.Visit) error {
	return p.showReset(w, v, http.StatusOK, v.EmptyForm(nil))
}

func (p pages) showReset(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form) error {
	v.NoStore() // the form holds the token
	return v.RenderBare(w, status, v.T("signin.reset_title"), resetPage(f, token(v)))
}

func (p pages) reset(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	pass := f.Secret("password")
	return submit(w, v, f, p.showReset, func() (desk.Answer, error) {
		err := p.Admins.Passwords.Reset(v.Context(), token(v), pass)
		if deadLink(err) {
			return func() error { return p.deadLink(w, v, err) }, nil
		}
		return v.To("/login", "signin.password_set"), err
	})
}

func (p pages) invitation(w http.ResponseWriter, v *desk.Visit) error {
	return p.showInvitation(w, v, http.StatusOK, v.EmptyForm(nil))
}

func (p pages) showInvitation(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form) error {
	v.NoStore()
	invite, err := p.Admins.Invites.ByToken(v.Context(), token(v))
	if deadLink(err) {
		return p.deadLink(w, v, err)
	}
	if err != nil {
		return err
	}
	organization, err := p.Accounts.Organization(v.Context())
	if err != nil {
		return err
	}
	return v.RenderBare(w, status, v.T("signin.invitation_title"), invitationPage(f, token(v), invite.Email, organization))
}

func (p pages) accept(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	name, pass := f.Text("full_name", true, visit.MaxName), f.Secret("password")
	return submit(w, v, f, p.showInvitation, func() (desk.Answer, error) {
		user, err := p.Admins.Invites.Accept(v.Context(), token(v), name, pass)
		if deadLink(err) {
			return func() error { return p.deadLink(w, v, err) }, nil
		}
		return func() error {
			session, err := p.Admins.Sessions.SignIn(v.Context(), user.Email, pass, browser(v))
			if err != nil {
				return err
			}
			v.Flash("signin.welcome", "Name", user.FullName)
			return p.enter(v, session, "/")
		}, err
	})
}

// deadLink says that a mail's link opens nothing (any more).
func deadLink(err error) bool {
	return err != nil && (portico.KindOf(err) == portico.KindNotFound || portico.KindOf(err) == portico.KindGone)
}

func (p pages) deadLink(w http.ResponseWriter, v *desk.Visit, err error) error {
	return v.RenderBare(w, http.StatusGone, v.T("signin.dead_title"), deadPage(visit.ErrorText(v.Context(), problem.Translate(err))))
}
