package mgmtapi

import (
	"net/http"

	"portico"
	"portico/access"
	"portico/developers"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
)

// teamRoutes: the teams of a portal's developers, with their members and roles
// (contract: portal-management v3).
func (s *server) teamRoutes() []route.Route {
	const teams = "/v3/portals/{portalId}/teams"
	return []route.Route{
		route.On("POST", teams, "create-portal-team", s.createTeam, access.For(access.Portals, access.Accounts, "portalId")),
		route.On("GET", teams, "list-portal-teams", s.listTeams, access.For(access.Portals, access.View, "portalId")),
		route.On("GET", teams+"/{teamId}", "get-portal-team", s.team, access.For(access.Portals, access.View, "portalId")),
		route.On("PATCH", teams+"/{teamId}", "update-portal-team", s.updateTeam, access.For(access.Portals, access.Accounts, "portalId")),
		route.On("DELETE", teams+"/{teamId}", "delete-portal-team", s.deleteTeam, access.For(access.Portals, access.Accounts, "portalId")),
		route.On("GET", teams+"/{teamId}/developers", "list-portal-team-developers", s.listMembers, access.For(access.Portals, access.View, "portalId")),
		route.On("POST", teams+"/{teamId}/developers", "add-developer-to-portal-team", s.addMember, access.For(access.Portals, access.Accounts, "portalId")),
		route.On("DELETE", teams+"/{teamId}/developers/{developerId}", "remove-developer-from-portal-team", s.removeMember, access.For(access.Portals, access.Accounts, "portalId")),
		route.On("GET", teams+"/{teamId}/assigned-roles", "list-portal-team-roles", s.listRoles, access.For(access.Portals, access.View, "portalId")),
		route.On("POST", teams+"/{teamId}/assigned-roles", "assign-role-to-portal-teams", s.assignRole, access.For(access.Portals, access.Accounts, "portalId")),
		route.On("DELETE", teams+"/{teamId}/assigned-roles/{roleId}", "remove-role-from-portal-team", s.unassignRole, access.For(access.Portals, access.Accounts, "portalId")),
		route.On("GET", "/v3/portals/{portalId}/developers/{developerId}/teams", "list-portal-developer-teams", s.listTeamsOf, access.For(access.Portals, access.View, "portalId")),
		route.On("GET", "/v3/portal-roles", "list-portal-roles", s.roles, access.Own()),
	}
}

// teamView is the contract's PortalTeamResponse. A team without a description has
// an empty one, as Konnect's own clients compare it with what they want, and clear
// it by sending an empty one, although the contract wants a character.
type teamView struct {
	ID                 portico.TeamID    `json:"id"`
	Name               string            `json:"name"`
	Description        string            `json:"description"`
	CanOwnApplications bool              `json:"can_own_applications"`
	CreatedAt          httpkit.Timestamp `json:"created_at"`
	UpdatedAt          httpkit.Timestamp `json:"updated_at"`
}

func viewTeam(t portico.Team) teamView {
	out := teamView{ID: t.ID, Name: t.Name, CanOwnApplications: t.CanOwnApplications, CreatedAt: httpkit.Timestamp(t.CreatedAt), UpdatedAt: httpkit.Timestamp(t.UpdatedAt)}
	if t.Description != nil {
		out.Description = *t.Description
	}
	return out
}

// readTeam reads PortalCreateTeamRequest or, with an optional name,
// PortalUpdateTeamRequest.
func readTeam(r *http.Request, name httpkit.Rule) (developers.TeamFields, error) {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return developers.TeamFields{}, err
	}
	in := developers.TeamFields{
		Name:               o.OptString("name", name, httpkit.Length(1, 250)),
		Description:        o.OptString("description", httpkit.MaxLength(250)),
		CanOwnApplications: o.OptBool("can_own_applications"),
	}
	return in, o.Err()
}

func (s *server) createTeam(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	in, err := readTeam(r, httpkit.Required)
	if err != nil {
		return err
	}
	team, err := s.Teams.Create(r.Context(), portal, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewTeam(team))
}

func (s *server) listTeams(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, listing.Spec{Filters: map[string]listing.FieldKind{"name": listing.String(), "can_own_applications": listing.Bool()}})
	if err != nil {
		return err
	}
	page, err := s.Teams.List(r.Context(), portal, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewTeam))
}

func (s *server) listTeamsOf(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inPortal[portico.DeveloperID](r, "developerId")
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, listing.Spec{Filters: map[string]listing.FieldKind{"can_own_applications": listing.Bool()}})
	if err != nil {
		return err
	}
	page, err := s.Teams.Of(r.Context(), portal, id, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewTeam))
}

func (s *server) team(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inPortal[portico.TeamID](r, "teamId")
	if err != nil {
		return err
	}
	team, err := s.Teams.ByID(r.Context(), portal, id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewTeam(team))
}

func (s *server) updateTeam(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inPortal[portico.TeamID](r, "teamId")
	if err != nil {
		return err
	}
	in, err := readTeam(r, httpkit.Optional)
	if err != nil {
		return err
	}
	team, err := s.Teams.Update(r.Context(), portal, id, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewTeam(team))
}

func (s *server) deleteTeam(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inPortal[portico.TeamID](r, "teamId")
	if err != nil {
		return err
	}
	if err := s.Teams.Delete(r.Context(), portal, id); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

// memberView is the contract's BasicDeveloper.
type memberView struct {
	ID        portico.DeveloperID `json:"id"`
	Email     string              `json:"email"`
	FullName  string              `json:"full_name"`
	Active    bool                `json:"active"`
	CreatedAt httpkit.Timestamp   `json:"created_at"`
	UpdatedAt httpkit.Timestamp   `json:"updated_at"`
}

func viewMember(d portico.Developer) memberView {
	return memberView{d.ID, d.Email, d.FullName, d.Status == portico.Approved, httpkit.Timestamp(d.CreatedAt), httpkit.Timestamp(d.UpdatedAt)}
}

func (s *server) listMembers(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inPortal[portico.TeamID](r, "teamId")
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, listing.Spec{Filters: map[string]listing.FieldKind{
		"email": listing.String(), "full_name": listing.String(), "active": listing.Bool(), "attributes": listing.String(),
	}})
	if err != nil {
		return err
	}
	page, err := s.Teams.Members(r.Context(), portal, id, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewMember))
}

func (s *server) addMember(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inPortal[portico.TeamID](r, "teamId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	developer := portico.DeveloperID(o.UUID("id", httpkit.Required))
	if err := o.Err(); err != nil {
		return err
	}
	if err := s.Teams.AddMember(r.Context(), portal, id, developer); err != nil {
		return err
	}
	w.WriteHeader(http.StatusCreated)
	return nil
}

func (s *server) removeMember(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inPortal[portico.TeamID](r, "teamId")
	if err != nil {
		return err
	}
	developer, err := httpkit.PathID[portico.DeveloperID](r, "developerId")
	if err != nil {
		return err
	}
	if err := s.Teams.RemoveMember(r.Context(), portal, id, developer); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

// assignedRoleView is the contract's PortalAssignedRoleResponse.
type assignedRoleView struct {
	ID         portico.TeamRoleID   `json:"id"`
	Name       portico.TeamRoleName `json:"role_name"`
	EntityID   portico.APIID        `json:"entity_id"`
	EntityType string               `json:"entity_type_name"`
	Region     string               `json:"entity_region"`
}

// entityType is what roles are for (contract: portal-roles).
const entityType = "Services"

func viewRole(r portico.TeamRole) assignedRoleView {
	return assignedRoleView{r.ID, r.Role, r.APIID, entityType, r.Region}
}

func (s *server) listRoles(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inPortal[portico.TeamID](r, "teamId")
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, listing.Spec{})
	if err != nil {
		return err
	}
	page, err := s.Teams.Roles(r.Context(), portal, id, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewRole))
}

func (s *server) assignRole(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inPortal[portico.TeamID](r, "teamId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	role := portico.TeamRole{
		TeamID: id,
		Role:   portico.TeamRoleName(o.Enum("role_name", httpkit.Required, string(portico.APIViewer), string(portico.APIConsumer))),
		APIID:  portico.APIID(o.UUID("entity_id", httpkit.Required)),
		Region: o.Enum("entity_region", httpkit.Required, "us", "eu", "au", "me", "in", "sg", "*"),
	}
	o.Enum("entity_type_name", httpkit.Required, entityType)
	if err := o.Err(); err != nil {
		return err
	}
	if role, err = s.Teams.Assign(r.Context(), portal, role); err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewRole(role))
}

func (s *server) unassignRole(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inPortal[portico.TeamID](r, "teamId")
	if err != nil {
		return err
	}
	role, err := httpkit.PathID[portico.TeamRoleID](r, "roleId")
	if err != nil {
		return err
	}
	if err := s.Teams.Unassign(r.Context(), portal, id, role); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

// rolesView is the contract's ListRolesResponse, with its own descriptions.
type rolesView struct {
	Services struct {
		Name  string `json:"name"`
		Roles struct {
			Viewer   roleView `json:"apiviewer"`
			Consumer roleView `json:"apiconsumer"`
		} `json:"roles"`
	} `json:"services"`
}

type roleView struct {
	Name        portico.TeamRoleName `json:"name"`
	Description string               `json:"description"`
}

func (s *server) roles(w http.ResponseWriter, _ *http.Request) error {
	var out rolesView
	out.Services.Name = entityType
	out.Services.Roles.Viewer = roleView{portico.APIViewer, "API Viewers have read-only access to the documentation of a service in a portal"}
	out.Services.Roles.Consumer = roleView{portico.APIConsumer, "API Consumers can make calls to the given service"}
	return httpkit.JSON(w, http.StatusOK, out)
}
