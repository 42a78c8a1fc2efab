package settings

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/i18n"
	"portico/webui/visit"
)

// The parts of the account.
const (
	accountPath      = "/account"
	securityPath     = "/account/security"
	secondFactorPath = "/account/second-factor"
	tokensPath       = "/account/tokens"
)

func (p pages) accountRoutes() []desk.Route {
	return []desk.Route{
		desk.On("GET /account", p.profile, access.Own()),
		desk.On("POST /account", p.saveProfile, access.Own()).As("update-user"),
		desk.On("POST /account/browser", p.saveBrowser, access.Own()),
		desk.On("GET /account/security", p.security, access.Own()),
		guess(desk.On("POST /account/password", p.changePassword, access.Own())),
		desk.On("POST /account/second-factor/begin", p.beginSecondFactor, access.Own()),
		desk.On("GET /account/second-factor", p.secondFactor, access.Own()),
		guess(desk.On("POST /account/second-factor", p.confirmSecondFactor, access.Own())),
		guess(desk.On("POST /account/second-factor/change", p.changeSecondFactor, access.Own())),
		desk.On("POST /account/sessions/end", p.endSession, access.Own()),
		desk.On("POST /account/sessions/end-others", p.endOtherSessions, access.Own()),
	}
}

// guess is a route where a secret might be guessed.
func guess(r desk.Route) desk.Route {
	r.Guess = true
	return r
}

// account is what all its parts show at the top.
type account struct {
	User portico.User
	Tabs []design.Tab
}

func accountOf(v *desk.Visit, current string) account {
	return account{v.Principal.User, tab(v, current,
		design.Tab{Href: accountPath, Label: "account.tab_profile"}, design.Tab{Href: securityPath, Label: "account.tab_security"},
		design.Tab{Href: tokensPath, Label: "settings.tab_tokens"},
	)}
}

// profileView is the account's first part.
type profileView struct {
	account
	Form    *desk.Form
	Browser *desk.Form // language and theme
	MayCall bool       // the management API lets the admin do the same
	Call    templ.Component
}

// asBrowser stands for no choice of a language.
const asBrowser = "browser"

func (p pages) profile(w http.ResponseWriter, v *desk.Visit) error {
	f := v.EmptyForm(url.Values{"full_name": {v.Principal.User.FullName}, "preferred_name": {v.Principal.User.PreferredName}})
	return p.showProfile(w, v, http.StatusOK, profileView{Form: f})
}

func (p pages) showProfile(w http.ResponseWriter, v *desk.Visit, status int, view profileView) error {
	view.account, view.MayCall = accountOf(v, accountPath), v.May(access.Organization, access.Edit, access.Everything)
	if view.Browser == nil {
		theme := v.Theme
		if theme == "" {
			theme = portico.ThemeSystem
		}
		view.Browser = v.EmptyForm(url.Values{"language": {i18n.Lang(v.Context())}, "theme": {string(theme)}})
	}
	return v.Render(w, status, v.T("settings.account_title"), profilePage(view))
}

func (p pages) saveProfile(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	name, preferred := f.Text("full_name", true, visit.MaxName), f.Text("preferred_name", false, visit.MaxName)
	return v.Submit(desk.Task{
		Form:  f,
		Calls: []desk.Call{{Method: http.MethodPatch, Path: "/v3/users/" + string(v.Principal.User.ID), Body: map[string]string{"full_name": name, "preferred_name": preferred}}},
		Do: func() (desk.Answer, error) {
			_, err := p.Admins.Users.Change(v.Context(), v.Principal.User.ID, admins.UserChange{FullName: portico.Some(name), PreferredName: portico.Some(preferred)})
			return v.To(accountPath, "account.saved"), err
		},
		Show: func(status int, call templ.Component) error {
			return p.showProfile(w, v, status, profileView{Form: f, Call: call})
		},
	})
}

// saveBrowser remembers language and theme in the browser.
func (p pages) saveBrowser(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	languages := []string{asBrowser}
	for _, l := range i18n.Languages() {
		languages = append(languages, l.Tag)
	}
	language := f.Choice("language", languages...)
	theme := f.Choice("theme", string(portico.ThemeLight), string(portico.ThemeDark), string(portico.ThemeSystem))
	if !f.OK() {
		profile := v.EmptyForm(url.Values{"full_name": {v.Principal.User.FullName}, "preferred_name": {v.Principal.User.PreferredName}})
		return p.showProfile(w, v, http.StatusUnprocessableEntity, profileView{Form: profile, Browser: f})
	}
	if language == asBrowser {
		language = ""
	}
	v.ChooseLanguage(language)
	v.ChooseTheme(portico.ThemeMode(theme))
	v.Flash("settings.browser_saved")
	return v.Redirect(accountPath)
}

func languageOptions(browser, chosen string) []design.Option {
	options := []design.Option{{Value: asBrowser, Label: browser, Selected: chosen == asBrowser}}
	for _, l := range i18n.Languages() {
		options = append(options, design.Option{Value: l.Tag, Label: l.Name, Selected: chosen == l.Tag})
	}
	return options
}
