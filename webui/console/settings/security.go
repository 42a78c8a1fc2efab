package settings

import (
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"
	"rsc.io/qr"

	"portico"
	"portico/admins"
	"portico/secret"
	"portico/webui/desk"
)

// maxCode is the most characters of a code or a recovery code.
const maxCode = 64

// securityView is what the security part of the account shows. Password and
// Code are its two forms.
type securityView struct {
	account
	Password, Code *desk.Form
	Passwords      bool // the organization lets users have passwords
	Sessions       []portico.AdminSession
	Current        portico.AdminSessionID
	Now            time.Time
}

func (p pages) security(w http.ResponseWriter, v *desk.Visit) error {
	return p.showSecurity(w, v, http.StatusOK, v.EmptyForm(nil), v.EmptyForm(nil))
}

func (p pages) showSecurity(w http.ResponseWriter, v *desk.Visit, status int, password, code *desk.Form) error {
	sessions, err := p.Admins.Sessions.List(v.Context(), v.Principal.User.ID)
	if err != nil {
		return err
	}
	organization, err := p.Accounts.Organization(v.Context())
	if err != nil {
		return err
	}
	view := securityView{
		account: accountOf(v, securityPath), Password: password, Code: code, Passwords: organization.PasswordSignIn,
		Sessions: sessions, Current: v.Principal.Session.ID, Now: p.Now(),
	}
	return v.Render(w, status, v.T("account.tab_security"), securityPage(view))
}

func (p pages) changePassword(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	present, next := f.Secret("current_password"), f.Secret("new_password")
	return v.Submit(desk.Task{
		Form: f, Fields: map[string]string{"password": "new_password"},
		Do: func() (desk.Answer, error) {
			return v.To(securityPath, "account.password_changed"), p.Admins.Passwords.Change(v.Context(), v.Principal.User.ID, v.Principal.Session.ID, present, next)
		},
		Show: func(status int, _ templ.Component) error { return p.showSecurity(w, v, status, f, v.EmptyForm(nil)) },
	})
}

// beginSecondFactor makes a key, and leads to the page that shows it.
func (p pages) beginSecondFactor(_ http.ResponseWriter, v *desk.Visit) error {
	if _, err := p.Admins.SecondFactors.Enrol(v.Context(), v.Principal.User.ID); err != nil {
		return err
	}
	return v.Redirect(secondFactorPath)
}

// secondFactorView is the key of a second factor that is being set up.
type secondFactorView struct {
	account
	Form *desk.Form
	admins.Enrolment
}

// Groups is the key in groups of four, which are easier to type.
func (s secondFactorView) Groups() string {
	var out strings.Builder
	for i, r := range s.Key.Reveal() {
		if i > 0 && i%4 == 0 {
			out.WriteByte(' ')
		}
		out.WriteRune(r)
	}
	return out.String()
}

func (p pages) secondFactor(w http.ResponseWriter, v *desk.Visit) error {
	return p.showSecondFactor(w, v, http.StatusOK, v.EmptyForm(nil))
}

func (p pages) showSecondFactor(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form) error {
	secretShown(w, v)
	pending, err := p.Admins.SecondFactors.Pending(v.Context(), v.Principal.User.ID)
	if portico.KindOf(err) == portico.KindNotFound && err != nil { // it is set up, or was never begun
		return v.Redirect(securityPath)
	}
	if err != nil {
		return err
	}
	code, err := qr.Encode(pending.URI.Reveal(), qr.M)
	if err != nil {
		return err
	}
	view := secondFactorView{account: accountOf(v, securityPath), Form: f, Enrolment: pending}
	return v.Render(w, status, v.T("settings.factor_set_up"), secondFactorPage(view, code))
}

func (p pages) confirmSecondFactor(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	code := f.Text("code", true, maxCode)
	return v.Submit(desk.Task{
		Form: f,
		Do: func() (desk.Answer, error) {
			codes, err := p.Admins.SecondFactors.Confirm(v.Context(), v.Principal.User.ID, code)
			if portico.KindOf(err) == portico.KindNotFound {
				return func() error { return v.Redirect(securityPath) }, nil
			}
			return func() error { return p.showRecoveryCodes(w, v, codes) }, err
		},
		Show: func(status int, _ templ.Component) error { return p.showSecondFactor(w, v, status, f) },
	})
}

// showRecoveryCodes shows new recovery codes, once.
func (p pages) showRecoveryCodes(w http.ResponseWriter, v *desk.Visit, codes []secret.Text) error {
	secretShown(w, v)
	lines := make([]string, len(codes))
	for i, c := range codes {
		lines[i] = c.Reveal()
	}
	return v.RenderBare(w, http.StatusOK, v.T("settings.recovery_title"), recoveryPage(strings.Join(lines, "\n")))
}

// Answers of the form that changes a second factor.
const (
	factorRenew = "renew"
	factorOff   = "off"
)

// changeSecondFactor renews the recovery codes or switches the second factor
// off, by a code.
func (p pages) changeSecondFactor(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	code, what := f.Text("code", true, maxCode), f.Choice("do", factorRenew, factorOff)
	f.Values.Del("code") // it counts once
	return v.Submit(desk.Task{
		Form: f,
		Do: func() (desk.Answer, error) {
			var codes []secret.Text
			if what == factorRenew {
				codes, err = p.Admins.SecondFactors.Renew(v.Context(), v.Principal.User.ID, code)
			} else {
				err = p.Admins.SecondFactors.Disable(v.Context(), v.Principal.User.ID, code)
			}
			switch {
			case portico.KindOf(err) == portico.KindNotFound: // it is off already
				return func() error { return v.Redirect(securityPath) }, nil
			case what == factorRenew:
				return func() error { return p.showRecoveryCodes(w, v, codes) }, err
			}
			return v.To(securityPath, "settings.factor_is_off"), err
		},
		Show: func(status int, _ templ.Component) error { return p.showSecurity(w, v, status, v.EmptyForm(nil), f) },
	})
}

func (p pages) endSession(_ http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	err = p.Admins.Sessions.End(v.Context(), v.Principal.User.ID, portico.AdminSessionID(f.Value("session")))
	if err != nil && portico.KindOf(err) != portico.KindNotFound { // it has ended already
		return err
	}
	v.Flash("account.session_ended")
	return v.Redirect(securityPath)
}

func (p pages) endOtherSessions(_ http.ResponseWriter, v *desk.Visit) error {
	if err := p.Admins.Sessions.EndOthers(v.Context(), v.Principal.User.ID, v.Principal.Session.ID); err != nil {
		return err
	}
	v.Flash("account.others_ended")
	return v.Redirect(securityPath)
}

// secretShown keeps a page that holds a secret out of every cache, and its
// address from other sites.
func secretShown(w http.ResponseWriter, v *desk.Visit) {
	v.NoStore()
	w.Header().Set("Referrer-Policy", "no-referrer")
}
