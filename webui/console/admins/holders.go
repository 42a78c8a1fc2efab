package admins

import (
	"net/http"

	"portico"
	"portico/admins"
	"portico/webui/design"
	"portico/webui/desk"
)

// kind is one of the three kinds of those who have roles: users, teams and
// system accounts. The first and the last are in teams, too.
type kind struct {
	path, api    string // of the pages, and in the management API
	list         string // the key of the list's title
	param        string // of the path
	of           func(id string) admins.Holder
	name         func(v *desk.Visit, id string) (string, error)
	show         show   // its page
	members      string // in the management API, below a team; teams have none
	assign, take string // the operations that give and take a role
	join, leave  string // the operations that put it into a team and take it out
}

func (p pages) userKind() kind {
	return kind{
		path: usersPath, api: "/v3/users", list: "admins.title", param: "userId", show: p.showUser, members: "users",
		assign: "users-assign-role", take: "users-remove-role", join: "add-user-to-team", leave: "remove-user-from-team",
		of: func(id string) admins.Holder { return admins.OfUser(portico.UserID(id)) },
		name: func(v *desk.Visit, id string) (string, error) {
			u, err := p.Admins.Users.ByID(v.Context(), portico.UserID(id))
			return u.FullName, err
		},
	}
}

func (p pages) teamKind() kind {
	return kind{
		path: teamsPath, api: "/v3/teams", list: "admins.teams", param: "teamId", show: p.showTeam,
		assign: "teams-assign-role", take: "teams-remove-role",
		of: func(id string) admins.Holder { return admins.OfTeam(portico.AdminTeamID(id)) },
		name: func(v *desk.Visit, id string) (string, error) {
			t, err := p.Admins.Teams.ByID(v.Context(), portico.AdminTeamID(id))
			return t.Name, err
		},
	}
}

func (p pages) accountKind() kind {
	return kind{
		path: accountsPath, api: "/v3/system-accounts", list: "admins.accounts", param: "accountId", show: p.showAccount, members: "system-accounts",
		assign: "post-system-accounts-accountId-assigned-roles", take: "delete-system-accounts-accountId-assigned-roles-roleId",
		join: "post-teams-teamId-system-accounts", leave: "delete-teams-teamId-system-accounts-accountId",
		of: func(id string) admins.Holder { return admins.OfSystemAccount(portico.SystemAccountID(id)) },
		name: func(v *desk.Visit, id string) (string, error) {
			a, err := p.Admins.SystemAccounts.ByID(v.Context(), portico.SystemAccountID(id))
			return a.Name, err
		},
	}
}

// holderRoutes are the roles that there are, who has them, and who is in which team.
func (p pages) holderRoutes() []desk.Route {
	routes := []desk.Route{desk.On("GET "+rolesPath, p.roles, views())}
	for _, k := range []kind{p.userKind(), p.teamKind(), p.accountKind()} {
		one := k.path + "/{" + k.param + "}"
		routes = append(routes,
			desk.On("GET "+one+"/roles/new", p.newRole(k), edits()),
			desk.On("POST "+one+"/roles/new", p.assignRole(k), edits()).As(k.assign),
			desk.On("POST "+one+"/roles/remove", p.removeRole(k), edits()).As(k.take),
		)
		if k.members != "" {
			routes = append(routes,
				desk.On("POST "+one+"/teams", p.join(k), edits()).As(k.join),
				desk.On("POST "+one+"/teams/remove", p.leave(k), edits()).As(k.leave),
			)
		}
	}
	return routes
}

// holder is the user, team or system account in a path.
type holder struct {
	admins.Holder
	ID, Name  string
	Path, API string // its page, and its address in the management API
}

// in finds whoever the path names. KindNotFound.
func (k kind) in(v *desk.Visit) (holder, error) {
	id := v.PathValue(k.param)
	name, err := k.name(v, id)
	return holder{Holder: k.of(id), ID: id, Name: name, Path: k.path + "/" + id, API: k.api + "/" + id}, err
}

// memberships are the teams that somebody is in.
type memberships struct {
	Teams  []portico.AdminTeam
	Others []design.Option // that he could be put into
	Form   *desk.Form
	May    bool
}

func (p pages) memberships(v *desk.Visit, of admins.Holder, f *desk.Form) (memberships, error) {
	view := memberships{Form: f, May: mayEdit(v)}
	own, err := p.Admins.Teams.Of(v.Context(), of, byName())
	if err != nil {
		return view, err
	}
	view.Teams = own.Items
	all, err := p.Admins.Teams.List(v.Context(), byName())
	if err != nil {
		return view, err
	}
	in := map[portico.AdminTeamID]bool{}
	for _, t := range own.Items {
		in[t.ID] = true
	}
	for _, t := range all.Items {
		if !in[t.ID] {
			view.Others = append(view.Others, design.Option{Value: string(t.ID), Label: t.Name, Selected: f.Value("team") == string(t.ID)})
		}
	}
	return view, nil
}

// join puts somebody into a team.
func (p pages) join(k kind) desk.Handler {
	return func(w http.ResponseWriter, v *desk.Visit) error {
		h, err := k.in(v)
		if err != nil {
			return err
		}
		f, err := v.Form()
		if err != nil {
			return err
		}
		team := f.Text("team", true, maxText)
		return submit(w, v, k.show, desk.Task{
			Form:  f,
			Calls: []desk.Call{{Method: http.MethodPost, Path: "/v3/teams/" + team + "/" + k.members, Body: body{"id": h.ID}}},
			Do: func() (desk.Answer, error) {
				return v.To(h.Path, "admins.joined"), p.Admins.Teams.Add(v.Context(), portico.AdminTeamID(team), h.Holder)
			},
		})
	}
}

// leave takes somebody out of a team.
func (p pages) leave(k kind) desk.Handler {
	return func(w http.ResponseWriter, v *desk.Visit) error {
		h, err := k.in(v)
		if err != nil {
			return err
		}
		f, err := v.Form()
		if err != nil {
			return err
		}
		team := f.Value("leave")
		return submit(w, v, k.show, desk.Task{
			Form:  f,
			Calls: []desk.Call{{Method: http.MethodDelete, Path: "/v3/teams/" + team + "/" + k.members + "/" + h.ID}},
			Do: func() (desk.Answer, error) {
				return v.To(h.Path, "admins.left"), gone(p.Admins.Teams.Remove(v.Context(), portico.AdminTeamID(team), h.Holder))
			},
		})
	}
}
