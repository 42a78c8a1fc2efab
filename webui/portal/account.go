package portal

import (
	"net/http"
	"strings"

	"portico"
	"portico/developers"
	"portico/webui/design"
	"portico/webui/i18n"
	"portico/webui/page"
	"portico/webui/visit"
)

func (p pages) accountRoutes() []page.Route {
	return []page.Route{
		page.On(page.Developer, "GET /account", p.profile),
		page.On(page.Developer, "POST /account", p.saveProfile),
		page.On(page.Developer, "GET /account/security", p.security),
		page.On(page.Developer, "POST /account/password", p.changePassword),
		page.On(page.Developer, "POST /account/password/link", p.mailPasswordLink),
		page.On(page.Developer, "POST /account/sessions/end", p.endSession),
		page.On(page.Developer, "POST /account/sessions/end-others", p.endOtherSessions),
		page.On(page.Developer, "GET /account/teams", p.teams),
		page.On(page.Developer, "GET /account/delete", p.deletion),
		page.On(page.Developer, "POST /account/delete", p.deleteAccount),
		page.On(page.Guessing, "GET /delete-account", p.deletionLink),
		page.On(page.Guessing, "POST /delete-account", p.confirmDeletion),
	}
}

// accountTab is a part of the account.
type accountTab int

const (
	tabProfile accountTab = iota
	tabSecurity
	tabTeams
	tabDelete
)

// accountTabs are the links to all parts.
func accountTabs(v *page.Visit, current accountTab) []design.Tab {
	tabs := []design.Tab{
		tabProfile:  {Href: "/account", Label: v.T("account.tab_profile")},
		tabSecurity: {Href: "/account/security", Label: v.T("account.tab_security")},
		tabTeams:    {Href: "/account/teams", Label: v.T("account.tab_teams")},
		tabDelete:   {Href: "/account/delete", Label: v.T("account.tab_delete")},
	}
	tabs[current].Current = true
	return tabs
}

// account is what all its parts show at the top.
type account struct {
	developer portico.Developer
	tabs      []design.Tab
}

func accountOf(v *page.Visit, tab accountTab) account {
	return account{developer: *v.Developer, tabs: accountTabs(v, tab)}
}

// asBrowser, asPortal stand for no choice in the selects for language and theme.
const asBrowser, asPortal = "browser", "portal"

func (p pages) profile(w http.ResponseWriter, v *page.Visit) error {
	f := v.EmptyForm(map[string][]string{
		"full_name": {v.Developer.FullName}, "language": {or(v.Developer.Language, asBrowser)}, "theme": {or(string(v.Developer.Theme), asPortal)},
	})
	return p.showProfile(w, v, http.StatusOK, f)
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func (p pages) showProfile(w http.ResponseWriter, v *page.Visit, status int, f *page.Form) error {
	return v.Render(w, status, v.T("account.title"), profilePage(accountOf(v, tabProfile), f), page.NotIndexed)
}

// saveProfile also forgets what the browser remembers: the account's choice
// would otherwise not count in it.
func (p pages) saveProfile(w http.ResponseWriter, v *page.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	name := f.Text("full_name", true, visit.MaxName)
	languages := []string{asBrowser}
	for _, l := range i18n.Languages() {
		languages = append(languages, l.Tag)
	}
	language := strings.TrimPrefix(f.Choice("language", languages...), asBrowser)
	theme := strings.TrimPrefix(f.Choice("theme", asPortal, string(portico.ThemeLight), string(portico.ThemeDark), string(portico.ThemeSystem)), asPortal)
	if !f.OK() {
		return p.showProfile(w, v, http.StatusUnprocessableEntity, f)
	}
	_, err = p.Developers.ChangeProfile(v.Context(), v.Portal.ID, v.Developer.ID, developers.ProfileChange{
		FullName: portico.Some(name), Language: portico.Some(language), Theme: portico.Some(portico.ThemeMode(theme)),
	})
	if err != nil {
		return p.refuseForm(w, v, f, err, p.showProfile)
	}
	v.ChooseLanguage(language)
	v.ChooseTheme(portico.ThemeMode(theme))
	v.Flash("account.saved")
	return v.Redirect("/account")
}

// teamView is one of the developer's teams.
type teamView struct {
	portico.Team
	members int
}

func (p pages) teams(w http.ResponseWriter, v *page.Visit) error {
	found, err := p.Teams.Of(v.Context(), v.Portal.ID, v.Developer.ID, portico.Everything())
	if err != nil {
		return err
	}
	views := make([]teamView, len(found.Items))
	for i, team := range found.Items {
		members, err := p.Teams.Members(v.Context(), v.Portal.ID, team.ID, portico.ListQuery{Size: 1, Number: 1})
		if err != nil {
			return err
		}
		views[i] = teamView{team, members.Total}
	}
	return v.Render(w, http.StatusOK, v.T("account.tab_teams"), teamsPage(accountOf(v, tabTeams), views), page.NotIndexed)
}

func languageOptions(browser, chosen string) []design.Option {
	options := []design.Option{{Value: asBrowser, Label: browser, Selected: chosen == asBrowser}}
	for _, l := range i18n.Languages() {
		options = append(options, design.Option{Value: l.Tag, Label: l.Name, Selected: chosen == l.Tag})
	}
	return options
}
