package admins

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/admins"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/i18n"
)

func (p pages) teamRoutes() []desk.Route {
	return []desk.Route{
		desk.On("GET "+teamsPath, p.teams, views()),
		desk.On("GET "+teamsPath+"/new", p.newTeam, creates()),
		desk.On("POST "+teamsPath+"/new", p.createTeam, creates()).As("create-team"),
		desk.On("GET "+teamsPath+"/{teamId}", p.team, views()),
		desk.On("POST "+teamsPath+"/{teamId}", p.saveTeam, edits()).As("update-team"),
		desk.On("GET "+teamsPath+"/{teamId}/delete", p.askToDeleteTeam, deletes()),
		desk.On("POST "+teamsPath+"/{teamId}/delete", p.deleteTeam, deletes()).As("delete-team"),
		desk.On("POST "+teamsPath+"/{teamId}/users", p.addUser, edits()).As("add-user-to-team"),
		desk.On("POST "+teamsPath+"/{teamId}/users/remove", p.removeMember, edits()).As("remove-user-from-team"),
		desk.On("POST "+teamsPath+"/{teamId}/system-accounts", p.addAccount, edits()).As("post-teams-teamId-system-accounts"),
		desk.On("POST "+teamsPath+"/{teamId}/system-accounts/remove", p.removeMember, edits()).As("delete-teams-teamId-system-accounts-accountId"),
	}
}

// maxText is the most characters of a name, a description and an id (contract: Team).
const maxText = 250

// teamsView is the list of teams.
type teamsView struct {
	desk.List
	Tabs    []design.Tab
	Items   []teamLine
	Total   int
	MayEdit bool
}

// teamLine is a team and how many users and system accounts are in it.
type teamLine struct {
	portico.AdminTeam
	Users, Accounts int
}

func teamPath(id portico.AdminTeamID) string { return teamsPath + "/" + string(id) }

func (p pages) teams(w http.ResponseWriter, v *desk.Visit) error {
	view := teamsView{List: v.List("name", "created_at"), Tabs: desk.SettingsTabs(v, teamsPath), MayEdit: mayEdit(v)}
	found, err := p.Admins.Teams.List(v.Context(), view.Query(view.Contains("q", "name")))
	if err != nil {
		return err
	}
	view.Total = found.Total
	count := portico.ListQuery{Size: 1, Number: 1}
	for _, t := range found.Items {
		users, err := p.Admins.Teams.Users(v.Context(), t.ID, count)
		if err != nil {
			return err
		}
		accounts, err := p.Admins.Teams.SystemAccounts(v.Context(), t.ID, count)
		if err != nil {
			return err
		}
		view.Items = append(view.Items, teamLine{t, users.Total, accounts.Total})
	}
	return v.Render(w, http.StatusOK, v.T("admins.teams"), teamsPage(view))
}

func (p pages) newTeam(w http.ResponseWriter, v *desk.Visit) error {
	return p.showNewTeam(w, v, http.StatusOK, v.EmptyForm(nil), nil)
}

func (p pages) showNewTeam(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form, call templ.Component) error {
	s := sheet{
		Title: v.T("admins.new_team"), Lead: v.T("admins.new_team_lead"), Crumb: crumbs(v, teamsPath, "admins.teams", design.Crumb{Label: v.T("admins.new_team")}),
		Form: f, Action: teamsPath + "/new", Cancel: teamsPath, Submit: v.T("admins.create"), Call: call,
	}
	return v.Render(w, status, s.Title, newTeamPage(s))
}

func (p pages) createTeam(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	in := admins.NewTeam{Name: f.Text("name", true, maxText), Description: f.Optional("description", maxText), Labels: desk.Labels(f, "labels")}
	call := body{"name": in.Name, "labels": in.Labels}
	if in.Description != nil {
		call["description"] = *in.Description
	}
	return submit(w, v, p.showNewTeam, desk.Task{
		Form:  f,
		Calls: []desk.Call{{Method: http.MethodPost, Path: "/v3/teams", Body: call}},
		Do: func() (desk.Answer, error) {
			made, err := p.Admins.Teams.Create(v.Context(), in)
			return v.To(teamPath(made.ID), "admins.team_created"), err
		},
	})
}

// teamView is a team with its members and roles.
type teamView struct {
	portico.AdminTeam
	desk.List     // of the users
	Crumb         []design.Crumb
	Form          *desk.Form
	Call          templ.Component
	Users         portico.Page[portico.User]
	Accounts      []portico.SystemAccount
	OtherAccounts []design.Option // that could be put into the team
	Roles         assignedRoles
	MayEdit       bool
}

// fixed says what a system team may do beside its roles; empty: nothing.
func (t teamView) fixed(ctx context.Context) string {
	switch t.ID {
	case portico.OrganizationAdmins:
		return i18n.T(ctx, "admins.may_everything")
	case portico.OrganizationReaders:
		return i18n.T(ctx, "admins.may_view_everything")
	}
	return ""
}

func (p pages) team(w http.ResponseWriter, v *desk.Visit) error {
	return p.showTeam(w, v, http.StatusOK, nil, nil)
}

// showTeam renders the page of the team in the path.
func (p pages) showTeam(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form, call templ.Component) error {
	team, err := p.Admins.Teams.ByID(v.Context(), portico.AdminTeamID(v.PathValue("teamId")))
	if err != nil {
		return err
	}
	view := teamView{
		AdminTeam: team, List: v.List("full_name"), Call: call, MayEdit: mayEdit(v), Crumb: crumbs(v, teamsPath, "admins.teams", design.Crumb{Label: team.Name}),
		Form: fill(v, f, url.Values{"name": {team.Name}, "description": {value(team.Description)}, "labels": desk.LabelWords(team.Labels)}),
	}
	view.List.Path = teamPath(team.ID)
	if view.Users, err = p.Admins.Teams.Users(v.Context(), team.ID, view.Query()); err != nil {
		return err
	}
	accounts, err := p.Admins.Teams.SystemAccounts(v.Context(), team.ID, portico.Everything())
	if err != nil {
		return err
	}
	view.Accounts = accounts.Items
	if view.OtherAccounts, err = p.otherAccounts(v, view); err != nil {
		return err
	}
	if view.Roles, err = p.assignedRoles(v, admins.OfTeam(team.ID)); err != nil {
		return err
	}
	view.Roles.May = view.Roles.May && !team.System
	return v.Render(w, status, team.Name, teamPage(view))
}

func (p pages) otherAccounts(v *desk.Visit, view teamView) ([]design.Option, error) {
	in := map[portico.SystemAccountID]bool{}
	for _, a := range view.Accounts {
		in[a.ID] = true
	}
	all, err := p.Admins.SystemAccounts.List(v.Context(), byName())
	var options []design.Option
	for _, a := range all.Items {
		if !in[a.ID] {
			options = append(options, design.Option{Value: string(a.ID), Label: a.Name, Selected: view.Form.Value("account") == string(a.ID)})
		}
	}
	return options, err
}

func (p pages) saveTeam(w http.ResponseWriter, v *desk.Visit) error {
	id := portico.AdminTeamID(v.PathValue("teamId"))
	team, err := p.Admins.Teams.ByID(v.Context(), id)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	name, description, labels := f.Text("name", true, maxText), f.Optional("description", maxText), desk.LabelChange(team.Labels, desk.Labels(f, "labels"))
	call := body{"name": name, "description": description}
	if labels.Set {
		call["labels"] = labels.Value
	}
	return submit(w, v, p.showTeam, desk.Task{
		Form:  f,
		Calls: []desk.Call{{Method: http.MethodPatch, Path: "/v3/teams/" + string(id), Body: call}},
		Do: func() (desk.Answer, error) {
			_, err := p.Admins.Teams.Change(v.Context(), id, admins.TeamChange{
				Name: portico.Some(name), Labels: labels,
				Description: portico.Opt[string]{Set: true, Null: description == nil, Value: value(description)},
			})
			return v.To(teamPath(id), "admins.saved"), err
		},
	})
}

// addUser puts the user with an address into a team.
func (p pages) addUser(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	team := portico.AdminTeamID(v.PathValue("teamId"))
	found, err := p.Admins.Users.List(v.Context(), portico.Everything(portico.Where("email", strings.ToLower(f.Email("email")))))
	if err != nil {
		return err
	}
	var user portico.User
	if found.Total > 0 {
		user = found.Items[0]
	} else if f.OK() {
		f.Reject("email", "admins.no_such_user")
	}
	return submit(w, v, p.showTeam, desk.Task{
		Form:  f,
		Calls: []desk.Call{{Method: http.MethodPost, Path: "/v3/teams/" + string(team) + "/users", Body: body{"id": user.ID}}},
		Do: func() (desk.Answer, error) {
			return v.To(teamPath(team), "admins.joined"), p.Admins.Teams.Add(v.Context(), team, admins.OfUser(user.ID))
		},
	})
}

// addAccount puts a system account into a team.
func (p pages) addAccount(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	team, account := portico.AdminTeamID(v.PathValue("teamId")), f.Text("account", true, maxText)
	return submit(w, v, p.showTeam, desk.Task{
		Form:  f,
		Calls: []desk.Call{{Method: http.MethodPost, Path: "/v3/teams/" + string(team) + "/system-accounts", Body: body{"id": account}}},
		Do: func() (desk.Answer, error) {
			return v.To(teamPath(team), "admins.joined"), p.Admins.Teams.Add(v.Context(), team, admins.OfSystemAccount(portico.SystemAccountID(account)))
		},
	})
}

// removeMember takes a user or a system account out of a team, whichever the
// form names.
func (p pages) removeMember(w http.ResponseWriter, v *desk.Visit) error {
	team := portico.AdminTeamID(v.PathValue("teamId"))
	if _, err := p.Admins.Teams.ByID(v.Context(), team); err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	user := f.Value("remove_user")
	member, call := admins.OfUser(portico.UserID(user)), "/users/"+user
	if account := f.Value("remove_account"); account != "" {
		member, call = admins.OfSystemAccount(portico.SystemAccountID(account)), "/system-accounts/"+account
	}
	return submit(w, v, p.showTeam, desk.Task{
		Form:  f,
		Calls: []desk.Call{{Method: http.MethodDelete, Path: "/v3/teams/" + string(team) + call}},
		Do: func() (desk.Answer, error) {
			return v.To(teamPath(team), "admins.left"), gone(p.Admins.Teams.Remove(v.Context(), team, member))
		},
	})
}

func (p pages) askToDeleteTeam(w http.ResponseWriter, v *desk.Visit) error {
	return p.showDeleteTeam(w, v, http.StatusOK, v.EmptyForm(nil), nil)
}

func (p pages) showDeleteTeam(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form, call templ.Component) error {
	team, err := p.Admins.Teams.ByID(v.Context(), portico.AdminTeamID(v.PathValue("teamId")))
	if err != nil {
		return err
	}
	s := sheet{
		Title: v.T("admins.delete_team", "Name", team.Name), Crumb: crumbs(v, teamsPath, "admins.teams", design.Crumb{Href: teamPath(team.ID), Label: team.Name}, design.Crumb{Label: v.T("admins.delete")}),
		Form: f, Action: teamPath(team.ID) + "/delete", Cancel: teamPath(team.ID), Submit: v.T("admins.delete"), Danger: true, Call: call,
	}
	return v.Render(w, status, s.Title, confirmPage(s, v.T("admins.delete_team_text")))
}

func (p pages) deleteTeam(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	id := portico.AdminTeamID(v.PathValue("teamId"))
	return submit(w, v, p.showDeleteTeam, desk.Task{
		Form:  f,
		Calls: []desk.Call{{Method: http.MethodDelete, Path: "/v3/teams/" + string(id)}},
		Do: func() (desk.Answer, error) {
			return v.To(teamsPath, "admins.deleted"), p.Admins.Teams.Delete(v.Context(), id)
		},
	})
}
