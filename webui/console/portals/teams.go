package portals

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/control"
	"portico/developers"
	"portico/usecase"
	"portico/webui/design"
	"portico/webui/desk"
)

func (p pages) teamRoutes() []desk.Route {
	return []desk.Route{
		p.on("GET", "/teams", p.teams, access.View),
		p.on("GET", "/teams/new", p.newTeamForm, access.Accounts),
		p.on("POST", "/teams/new", p.createTeam, access.Accounts).As("create-portal-team"),
		p.on("GET", "/teams/{teamId}", p.teamPage, access.View),
		p.on("POST", "/teams/{teamId}", p.saveTeam, access.Accounts).As("update-portal-team"),
		p.on("POST", "/teams/{teamId}/members", p.addMember, access.Accounts).As("add-developer-to-portal-team"),
		p.on("POST", "/teams/{teamId}/members/remove", p.removeMember, access.Accounts).As("remove-developer-from-portal-team"),
		p.on("POST", "/teams/{teamId}/roles", p.assignRole, access.Accounts).As("assign-role-to-portal-teams"),
		p.on("POST", "/teams/{teamId}/roles/remove", p.unassignRole, access.Accounts).As("remove-role-from-portal-team"),
		p.on("GET", "/teams/{teamId}/delete", p.deleteTeamForm, access.Accounts),
		p.on("POST", "/teams/{teamId}/delete", p.deleteTeam, access.Accounts).As("delete-portal-team"),
	}
}

// maxTeam is how many characters name and description of a team have (contract:
// PortalCreateTeamRequest).
const maxTeam = 250

// teamsView is the tab Teams.
type teamsView struct {
	desk.List
	Portal portal
	Teams  []portico.Team
	Total  int
}

func (p pages) teams(w http.ResponseWriter, v *desk.Visit, one portal) error {
	view := teamsView{List: v.List("name", "created_at"), Portal: one}
	found, err := p.Teams.List(v.Context(), one.ID, view.Query(view.Contains("q", "name")))
	if err != nil {
		return err
	}
	view.Teams, view.Total = found.Items, found.Total
	return v.Render(w, http.StatusOK, v.T("portals.tab_teams"), teamsPage(view))
}

// newTeamView is the form for a new team.
type newTeamView struct {
	sheet
	Portal portal
}

func (p pages) newTeamForm(w http.ResponseWriter, v *desk.Visit, one portal) error {
	return p.showNewTeam(w, v, one, http.StatusOK, v.EmptyForm(nil), nil)
}

func (p pages) showNewTeam(w http.ResponseWriter, v *desk.Visit, one portal, status int, f *desk.Form, call templ.Component) error {
	view := newTeamView{Portal: one, sheet: sheet{Form: f, Call: call, Action: one.Path("/teams/new"), May: true, Cancel: one.Path(tabTeams), Submit: v.T("portals.create_team")}}
	return v.Render(w, status, v.T("portals.new_team"), newTeamPage(view))
}

// readTeam reads the form, as a change and as the body that makes it.
func readTeam(f *desk.Form) (developers.TeamFields, body) {
	name, description, owns := f.Text("name", true, maxTeam), f.Text("description", false, maxTeam), f.Has("can_own_applications", "on")
	in := developers.TeamFields{Name: portico.Some(name), Description: portico.Some(description), CanOwnApplications: portico.Some(owns)}
	return in, body{"name": name, "description": description, "can_own_applications": owns}
}

func (p pages) createTeam(w http.ResponseWriter, v *desk.Visit, one portal) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	in, call := readTeam(f)
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodPost, Path: one.API("/teams"), Body: call}},
		Do: func() (desk.Answer, error) {
			made, err := p.Teams.Create(v.Context(), one.ID, in)
			return v.To(one.Path("/teams/"+string(made.ID)), "portals.team_created", "Team", in.Name.Value), err
		},
		Show: func(status int, call templ.Component) error { return p.showNewTeam(w, v, one, status, f, call) },
	})
}

// teamView is the page of a team. Each of its forms is one of its own.
type teamView struct {
	Portal              portal
	Team                portico.Team
	Edit, Member, Role  sheet
	Members             []portico.Developer
	Roles               []teamRole
	APIs                []design.Option
	MoreMembers, MayAct bool
}

// teamRole is a role of the team, with the name of its API.
type teamRole struct {
	portico.TeamRole
	API string
}

// Path is the address of the team in the console, or of something below it.
func (t teamView) Path(below string) string {
	return t.Portal.Path("/teams/" + string(t.Team.ID) + below)
}

// mostMembers is how many members a team's page shows.
const mostMembers = 200

func (p pages) team(v *desk.Visit, one portal) (teamView, error) {
	team, err := p.Teams.ByID(v.Context(), one.ID, portico.TeamID(v.PathValue("teamId")))
	view := teamView{Portal: one, Team: team, MayAct: one.May(access.Accounts)}
	if err != nil {
		return view, err
	}
	empty := sheet{Form: v.EmptyForm(nil), May: view.MayAct}
	view.Edit, view.Member, view.Role = empty, empty, empty
	filled := url.Values{"name": {team.Name}, "description": {value(team.Description)}, "can_own_applications": on(team.CanOwnApplications)}
	view.Edit.Form, view.Edit.Action, view.Edit.Submit = v.EmptyForm(filled), view.Path(""), v.T("portals.save")
	view.Member.Action, view.Member.Submit = view.Path("/members"), v.T("portals.add_member")
	view.Role.Action, view.Role.Submit = view.Path("/roles"), v.T("portals.add_role")
	members, err := p.Teams.Members(v.Context(), one.ID, team.ID, portico.ListQuery{Size: mostMembers, Number: 1})
	if err != nil {
		return view, err
	}
	view.Members, view.MoreMembers = members.Items, members.Total > mostMembers
	roles, err := p.Teams.Roles(v.Context(), one.ID, team.ID, portico.Everything())
	if err != nil {
		return view, err
	}
	q := portico.Everything()
	q.Sort = []portico.Sort{{Field: "name"}}
	apis, err := p.APIs.List(v.Context(), q)
	if err != nil {
		return view, err
	}
	byID := usecase.By(apis.Items, func(a control.APIView) portico.APIID { return a.ID })
	for _, r := range roles.Items {
		view.Roles = append(view.Roles, teamRole{r, publishedRow{API: byID[r.APIID]}.name()})
	}
	for _, a := range apis.Items {
		if v.May(access.APIs, access.View, string(a.ID)) {
			view.APIs = append(view.APIs, design.Option{Value: string(a.ID), Label: publishedRow{API: a}.name()})
		}
	}
	return view, nil
}

func (p pages) teamPage(w http.ResponseWriter, v *desk.Visit, one portal) error {
	view, err := p.team(v, one)
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, view.Team.Name, teamPage(view))
}

// act does what one of a team's forms asks for.
func (p pages) act(w http.ResponseWriter, v *desk.Visit, view *teamView, form *sheet, t desk.Task) error {
	t.Form = form.Form
	t.Show = func(status int, call templ.Component) error {
		form.Call = call
		return v.Render(w, status, view.Team.Name, teamPage(*view))
	}
	return v.Submit(t)
}

func (p pages) saveTeam(w http.ResponseWriter, v *desk.Visit, one portal) error {
	view, err := p.team(v, one)
	if err != nil {
		return err
	}
	if view.Edit.Form, err = v.Form(); err != nil {
		return err
	}
	in, call := readTeam(view.Edit.Form)
	return p.act(w, v, &view, &view.Edit, desk.Task{
		Calls: []desk.Call{{Method: http.MethodPatch, Path: one.API("/teams/" + string(view.Team.ID)), Body: call}},
		Do: func() (desk.Answer, error) {
			_, err := p.Teams.Update(v.Context(), one.ID, view.Team.ID, in)
			return v.To(view.Path(""), "portals.saved"), err
		},
	})
}

func (p pages) addMember(w http.ResponseWriter, v *desk.Visit, one portal) error {
	view, err := p.team(v, one)
	if err != nil {
		return err
	}
	if view.Member.Form, err = v.Form(); err != nil {
		return err
	}
	f := view.Member.Form
	var found portico.Page[portico.Developer]
	if email := f.Email("email"); f.OK() {
		if found, err = p.Developers.List(v.Context(), one.ID, portico.Everything(portico.Where("email", email))); err != nil {
			return err
		}
		if found.Total == 0 {
			f.Reject("email", "portals.no_developer")
			found.Items = []portico.Developer{{}}
		}
	} else {
		found.Items = []portico.Developer{{}}
	}
	developer := found.Items[0]
	return p.act(w, v, &view, &view.Member, desk.Task{
		Calls: []desk.Call{{Method: http.MethodPost, Path: one.API("/teams/" + string(view.Team.ID) + "/developers"), Body: body{"id": developer.ID}}},
		Do: func() (desk.Answer, error) {
			return v.To(view.Path(""), "portals.member_added", "Name", developer.FullName), p.Teams.AddMember(v.Context(), one.ID, view.Team.ID, developer.ID)
		},
		Fields: map[string]string{"id": "email"},
	})
}

func (p pages) removeMember(w http.ResponseWriter, v *desk.Visit, one portal) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	team, developer := portico.TeamID(v.PathValue("teamId")), portico.DeveloperID(f.Value("developer"))
	if v.WantsCall() {
		return v.ShowCall(w, one.Path("/teams/"+string(team)), desk.Call{Method: http.MethodDelete, Path: one.API("/teams/" + string(team) + "/developers/" + string(developer))})
	}
	if err := p.Teams.RemoveMember(v.Context(), one.ID, team, developer); err != nil {
		return err
	}
	v.Flash("portals.member_removed")
	return v.Redirect(one.Path("/teams/" + string(team)))
}

func (p pages) assignRole(w http.ResponseWriter, v *desk.Visit, one portal) error {
	view, err := p.team(v, one)
	if err != nil {
		return err
	}
	if view.Role.Form, err = v.Form(); err != nil {
		return err
	}
	f := view.Role.Form
	api, role := f.Text("api", true, maxName), f.Choice("role", string(portico.APIViewer), string(portico.APIConsumer))
	for i := range view.APIs {
		view.APIs[i].Selected = view.APIs[i].Value == api
	}
	return p.act(w, v, &view, &view.Role, desk.Task{
		Calls: []desk.Call{{Method: http.MethodPost, Path: one.API("/teams/" + string(view.Team.ID) + "/assigned-roles"), Body: body{
			"role_name": role, "entity_id": api, "entity_type_name": "Services", "entity_region": everywhere,
		}}},
		Do: func() (desk.Answer, error) {
			_, err := p.Teams.Assign(v.Context(), one.ID, portico.TeamRole{TeamID: view.Team.ID, Role: portico.TeamRoleName(role), APIID: portico.APIID(api), Region: everywhere})
			return v.To(view.Path(""), "portals.role_added"), err
		},
		Fields: map[string]string{"entity_id": "api", "role_name": "role"},
	})
}

// everywhere is the region of roles, which means nothing here.
const everywhere = "*"

func (p pages) unassignRole(w http.ResponseWriter, v *desk.Visit, one portal) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	team, role := portico.TeamID(v.PathValue("teamId")), portico.TeamRoleID(f.Value("role"))
	if v.WantsCall() {
		return v.ShowCall(w, one.Path("/teams/"+string(team)), desk.Call{Method: http.MethodDelete, Path: one.API("/teams/" + string(team) + "/assigned-roles/" + string(role))})
	}
	if err := p.Teams.Unassign(v.Context(), one.ID, team, role); err != nil {
		return err
	}
	v.Flash("portals.role_removed")
	return v.Redirect(one.Path("/teams/" + string(team)))
}

func (p pages) deleteTeamForm(w http.ResponseWriter, v *desk.Visit, one portal) error {
	team, err := p.Teams.ByID(v.Context(), one.ID, portico.TeamID(v.PathValue("teamId")))
	if err != nil {
		return err
	}
	return p.showDeleteTeam(w, v, one, team, http.StatusOK, v.EmptyForm(nil), nil)
}

// showDeleteTeam asks before a team is deleted, or says what it still owns.
func (p pages) showDeleteTeam(w http.ResponseWriter, v *desk.Visit, one portal, team portico.Team, status int, f *desk.Form, call templ.Component) error {
	owned, err := p.Applications.List(v.Context(), one.ID, portico.Everything(portico.Where("team_id", team.ID)))
	if err != nil {
		return err
	}
	view := confirmView{
		Portal: one, Tab: tabTeams, Title: v.T("portals.delete_team", "Team", team.Name), Text: v.T("portals.delete_team_text"),
		sheet: sheet{Form: f, Call: call, Action: one.Path("/teams/" + string(team.ID) + "/delete"), May: true, Cancel: one.Path("/teams/" + string(team.ID)), Submit: v.T("portals.delete_team_button"), Danger: true},
	}
	if len(owned.Items) > 0 {
		var names []string
		for _, app := range owned.Items {
			names = append(names, app.Name)
		}
		view.Text = v.T("portals.team_owns", "Apps", strings.Join(names, ", "))
	}
	return v.Render(w, status, view.Title, confirmPage(view))
}

func (p pages) deleteTeam(w http.ResponseWriter, v *desk.Visit, one portal) error {
	team, err := p.Teams.ByID(v.Context(), one.ID, portico.TeamID(v.PathValue("teamId")))
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodDelete, Path: one.API("/teams/" + string(team.ID))}},
		Do: func() (desk.Answer, error) {
			return v.To(one.Path(tabTeams), "portals.team_deleted", "Team", team.Name), p.Teams.Delete(v.Context(), one.ID, team.ID)
		},
		Show: func(status int, call templ.Component) error {
			return p.showDeleteTeam(w, v, one, team, status, f, call)
		},
	})
}
