package portal

import (
	"net/http"
	"time"

	"portico"
	"portico/problem"
	"portico/webui/page"
)

// securityView is what the security part of the account shows.
type securityView struct {
	account
	form     *page.Form
	password bool // the portal lets developers have passwords
	sessions []portico.Session
	current  portico.SessionID
	now      time.Time
}

func (p pages) security(w http.ResponseWriter, v *page.Visit) error {
	return p.showSecurity(w, v, http.StatusOK, v.EmptyForm(nil))
}

func (p pages) showSecurity(w http.ResponseWriter, v *page.Visit, status int, f *page.Form) error {
	sessions, err := p.Sessions.List(v.Context(), v.Developer.ID)
	if err != nil {
		return err
	}
	view := securityView{account: accountOf(v, tabSecurity), form: f, password: v.Portal.BasicAuthEnabled, sessions: sessions, current: v.Session, now: p.Now()}
	return v.Render(w, status, v.T("account.tab_security"), securityPage(view), page.NotIndexed)
}

func (p pages) changePassword(w http.ResponseWriter, v *page.Visit) error {
	if err := needPasswords(v); err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	current, next := f.Secret("current_password"), f.Secret("new_password")
	if !f.OK() {
		return p.showSecurity(w, v, http.StatusUnprocessableEntity, f)
	}
	err = p.Throttles.Account(v.Portal.ID, v.Developer.Email)
	if err == nil {
		err = p.Developers.ChangePassword(v.Context(), v.Portal.ID, v.Developer.ID, current, next, v.Session)
	}
	if isWrongPassword(err) {
		f.Reject("current_password", "account.wrong_current")
		return p.showSecurity(w, v, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return p.refuseFields(w, v, f, err, map[string]string{"password": "new_password"}, p.showSecurity)
	}
	v.Flash("account.password_changed")
	return v.Redirect("/account/security")
}

// isWrongPassword says that the proof failed, not that the new password will not
// do.
func isWrongPassword(err error) bool {
	if err == nil {
		return false
	}
	e := problem.Translate(err)
	return len(e.Invalid) == 1 && e.Invalid[0].Field == "current_password"
}

// mailPasswordLink lets whoever came by single sign-on have a password, too.
func (p pages) mailPasswordLink(_ http.ResponseWriter, v *page.Visit) error {
	err := p.Throttles.Account(v.Portal.ID, v.Developer.Email)
	if err == nil {
		err = p.Developers.ForgotPassword(v.Context(), v.Portal.ID, v.Developer.Email)
	}
	if err != nil {
		return err
	}
	v.Flash("portal.sent_to", "Email", v.Developer.Email)
	return v.Redirect("/account/security")
}

func (p pages) endSession(_ http.ResponseWriter, v *page.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	err = p.Sessions.End(v.Context(), v.Developer.ID, portico.SessionID(f.Value("session")))
	if err != nil && portico.KindOf(err) != portico.KindNotFound { // it has ended already
		return err
	}
	v.Flash("account.session_ended")
	return v.Redirect("/account/security")
}

func (p pages) endOtherSessions(_ http.ResponseWriter, v *page.Visit) error {
	if err := p.Sessions.EndOthers(v.Context(), v.Developer.ID, v.Session); err != nil {
		return err
	}
	v.Flash("account.others_ended")
	return v.Redirect("/account/security")
}

// deletionView is what the page shows that deletes the account.
type deletionView struct {
	account
	form *page.Form
	apps []string // names of those that go with it
}

func (p pages) deletion(w http.ResponseWriter, v *page.Visit) error {
	return p.showDeletion(w, v, http.StatusOK, v.EmptyForm(nil))
}

func (p pages) showDeletion(w http.ResponseWriter, v *page.Visit, status int, f *page.Form) error {
	apps, err := p.ownApps(v)
	if err != nil {
		return err
	}
	return v.Render(w, status, v.T("account.delete_title"), deletionPage(deletionView{accountOf(v, tabDelete), f, apps}), page.NotIndexed)
}

// deleteAccount asks for the password, or where there is none, for a click in a
// mail.
func (p pages) deleteAccount(w http.ResponseWriter, v *page.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	if !f.Has("confirm", "on") {
		f.Reject("confirm", "account.delete_confirm_missing")
	}
	if v.Developer.PasswordHash == "" {
		if !f.OK() {
			return p.showDeletion(w, v, http.StatusUnprocessableEntity, f)
		}
		err := p.Throttles.Account(v.Portal.ID, v.Developer.Email)
		if err == nil {
			err = p.Developers.RequestDeletion(v.Context(), v.Portal.ID, v.Developer.ID)
		}
		if err != nil {
			return p.refuseForm(w, v, f, err, p.showDeletion)
		}
		v.Flash("account.delete_mailed")
		return v.Redirect("/account/delete")
	}
	pass := f.Secret("password")
	if !f.OK() {
		return p.showDeletion(w, v, http.StatusUnprocessableEntity, f)
	}
	err = p.Throttles.Account(v.Portal.ID, v.Developer.Email)
	if err == nil {
		err = p.Developers.DeleteOwn(v.Context(), v.Portal.ID, v.Developer.ID, pass)
	}
	if isWrongPassword(err) {
		f.Reject("password", "account.wrong_current")
		return p.showDeletion(w, v, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return p.refuseForm(w, v, f, err, p.showDeletion)
	}
	return p.deleted(v)
}

func (p pages) deleted(v *page.Visit) error {
	v.SignOut()
	v.Flash("account.deleted")
	return v.Redirect("/")
}

// deletionLink is where the mail about a deletion leads; opening it deletes
// nothing.
func (p pages) deletionLink(w http.ResponseWriter, v *page.Visit) error {
	token := v.URL.Query().Get("token")
	if err := p.Developers.CheckLink(v.Context(), v.Portal.ID, token, portico.PurposeDeleteAccount); err != nil {
		return err
	}
	v.NoStore()
	return v.RenderBare(w, http.StatusOK, v.T("account.delete_link_title"), deletionLinkPage(token), page.NotIndexed)
}

func (p pages) confirmDeletion(_ http.ResponseWriter, v *page.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	if err := p.Developers.ConfirmDeletion(v.Context(), v.Portal.ID, f.Value("token")); err != nil {
		return err
	}
	return p.deleted(v)
}

// ownApps are the names of the applications that go with the developer: a
// team's stay with the team.
func (p pages) ownApps(v *page.Visit) ([]string, error) {
	found, err := p.Applications.List(v.Context(), v.Portal.ID, portico.Everything(portico.Where("developer_id", v.Developer.ID)))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, app := range found.Items {
		if app.TeamID == nil {
			names = append(names, app.Name)
		}
	}
	return names, nil
}
