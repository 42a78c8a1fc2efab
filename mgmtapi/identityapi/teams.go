package identityapi

import (
	"net/http"

	"portico"
	"portico/admins"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
	"portico/mgmtapi/wire"
)

// teamRoutes: the organization's teams and who is in them.
func (s server) teamRoutes() []route.Route {
	const teams = "/v3/teams"
	return []route.Route{
		route.On("POST", teams, "create-team", s.createTeam, creates()),
		route.On("GET", teams, "list-teams", s.listTeams, views()),
		route.On("GET", teams+"/{teamId}", "get-team", s.team, views()),
		route.On("PATCH", teams+"/{teamId}", "update-team", s.updateTeam, edits()),
		route.On("DELETE", teams+"/{teamId}", "delete-team", s.deleteTeam, deletes()),
		route.On("GET", teams+"/{teamId}/users", "list-team-users", s.usersInTeam, views()),
		route.On("POST", teams+"/{teamId}/users", "add-user-to-team", s.addUser, edits()),
		route.On("DELETE", teams+"/{teamId}/users/{userId}", "remove-user-from-team", s.removeUser, edits()),
		route.On("GET", teams+"/{teamId}/system-accounts", "get-teams-teamId-system-accounts", s.machinesInTeam, views()),
		route.On("POST", teams+"/{teamId}/system-accounts", "post-teams-teamId-system-accounts", s.addMachine, edits()),
		route.On("DELETE", teams+"/{teamId}/system-accounts/{accountId}", "delete-teams-teamId-system-accounts-accountId", s.removeMachine, edits()),
	}
}

// teamView is the contract's TeamResponse.
type teamView struct {
	ID          portico.AdminTeamID `json:"id"`
	Name        string              `json:"name"`
	Description *string             `json:"description"`
	SystemTeam  bool                `json:"system_team"`
	Labels      map[string]string   `json:"labels"`
	CreatedAt   httpkit.Timestamp   `json:"created_at"`
	UpdatedAt   httpkit.Timestamp   `json:"updated_at"`
}

func viewTeam(t portico.AdminTeam) teamView {
	return teamView{t.ID, t.Name, t.Description, t.System, wire.NotNil(t.Labels), httpkit.Timestamp(t.CreatedAt), httpkit.Timestamp(t.UpdatedAt)}
}

func (s server) createTeam(w http.ResponseWriter, r *http.Request) error {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	in := admins.NewTeam{
		Name: o.String("name", httpkit.Required, httpkit.Length(1, 250)), Description: o.OptString("description", httpkit.Length(1, 250)).Ptr(), Labels: wire.NewLabels(o),
	}
	if err := o.Err(); err != nil {
		return err
	}
	return one(w, http.StatusCreated, viewTeam)(s.Teams.Create(r.Context(), in))
}

func (s server) listTeams(w http.ResponseWriter, r *http.Request) error {
	spec := listing.Spec{Filters: map[string]listing.FieldKind{"name": listing.String(), "labels": listing.Labels()}}
	return list(w, r, spec, func(q portico.ListQuery) (portico.Page[portico.AdminTeam], error) {
		return s.Teams.List(r.Context(), q)
	}, viewTeam)
}

// teamsOf answers the teams that somebody is in.
func (s server) teamsOf(w http.ResponseWriter, r *http.Request, member admins.Holder) error {
	spec := listing.Spec{Filters: map[string]listing.FieldKind{"name": listing.String()}}
	return list(w, r, spec, func(q portico.ListQuery) (portico.Page[portico.AdminTeam], error) {
		return s.Teams.Of(r.Context(), member, q)
	}, viewTeam)
}

func (s server) team(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.AdminTeamID](r, "teamId")
	if err != nil {
		return err
	}
	return one(w, http.StatusOK, viewTeam)(s.Teams.ByID(r.Context(), id))
}

func (s server) updateTeam(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.AdminTeamID](r, "teamId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	ch := admins.TeamChange{
		Name: o.OptString("name", httpkit.Length(1, 250)), Description: o.OptString("description", httpkit.Length(1, 250)), Labels: o.Labels("labels"),
	}
	if err := o.Err(); err != nil {
		return err
	}
	return one(w, http.StatusOK, viewTeam)(s.Teams.Change(r.Context(), id, ch))
}

func (s server) deleteTeam(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.AdminTeamID](r, "teamId")
	if err != nil {
		return err
	}
	return gone(w, s.Teams.Delete(r.Context(), id))
}

func (s server) usersInTeam(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.AdminTeamID](r, "teamId")
	if err != nil {
		return err
	}
	return list(w, r, userFilters(), func(q portico.ListQuery) (portico.Page[portico.User], error) {
		return s.Teams.Users(r.Context(), id, q)
	}, viewUser)
}

func (s server) machinesInTeam(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.AdminTeamID](r, "teamId")
	if err != nil {
		return err
	}
	spec := listing.Spec{Filters: map[string]listing.FieldKind{"name": listing.String()}}
	return list(w, r, spec, func(q portico.ListQuery) (portico.Page[portico.SystemAccount], error) {
		return s.Teams.SystemAccounts(r.Context(), id, q)
	}, viewSystemAccount)
}

func (s server) addUser(w http.ResponseWriter, r *http.Request) error {
	return s.add(w, r, func(id string) admins.Holder { return admins.OfUser(portico.UserID(id)) })
}

func (s server) addMachine(w http.ResponseWriter, r *http.Request) error {
	return s.add(w, r, func(id string) admins.Holder { return admins.OfSystemAccount(portico.SystemAccountID(id)) })
}

// add puts the one with the id in the body into the team in the path.
func (s server) add(w http.ResponseWriter, r *http.Request, member func(id string) admins.Holder) error {
	team, err := httpkit.PathID[portico.AdminTeamID](r, "teamId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	id := o.UUID("id", httpkit.Required)
	if err := o.Err(); err != nil {
		return err
	}
	if err := s.Teams.Add(r.Context(), team, member(id)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusCreated) // with no body, as the contract has it
	return nil
}

func (s server) removeUser(w http.ResponseWriter, r *http.Request) error {
	team, id, err := httpkit.PathIDs[portico.AdminTeamID, portico.UserID](r, "teamId", "userId")
	if err != nil {
		return err
	}
	return gone(w, s.Teams.Remove(r.Context(), team, admins.OfUser(id)))
}

func (s server) removeMachine(w http.ResponseWriter, r *http.Request) error {
	team, id, err := httpkit.PathIDs[portico.AdminTeamID, portico.SystemAccountID](r, "teamId", "accountId")
	if err != nil {
		return err
	}
	return gone(w, s.Teams.Remove(r.Context(), team, admins.OfSystemAccount(id)))
}
