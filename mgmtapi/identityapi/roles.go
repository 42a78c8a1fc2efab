package identityapi

import (
	"net/http"
	"strings"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
)

// roleRoutes: the roles that there are, and those of users, teams and system
// accounts.
func (s server) roleRoutes() []route.Route {
	all := []route.Route{route.On("GET", "/v3/roles", "get-predefined-roles", s.roles, access.Own())}
	for _, h := range []struct {
		of, param                 string
		list, assign, get, remove string // operationIds
		holder                    func(id string) admins.Holder
	}{
		{"users", "userId", "list-user-roles", "users-assign-role", "get-user-role", "users-remove-role",
			func(id string) admins.Holder { return admins.OfUser(portico.UserID(id)) }},
		{"teams", "teamId", "list-team-roles", "teams-assign-role", "get-team-role", "teams-remove-role",
			func(id string) admins.Holder { return admins.OfTeam(portico.AdminTeamID(id)) }},
		{"system-accounts", "accountId", "get-system-accounts-accountId-assigned-roles", "post-system-accounts-accountId-assigned-roles",
			"get-system-account-role", "delete-system-accounts-accountId-assigned-roles-roleId",
			func(id string) admins.Holder { return admins.OfSystemAccount(portico.SystemAccountID(id)) }},
	} {
		pattern := "/v3/" + h.of + "/{" + h.param + "}/assigned-roles"
		a := assigned{s.Roles, h.param, h.holder}
		all = append(all,
			route.On("GET", pattern, h.list, a.list, views()),
			route.On("POST", pattern, h.assign, a.assign, edits()),
			route.On("GET", pattern+"/{roleId}", h.get, a.get, views()),
			route.On("DELETE", pattern+"/{roleId}", h.remove, a.remove, edits()),
		)
	}
	return all
}

// predefinedView are the contract's Roles: the types of entities and their roles,
// each by its name in lower case.
type predefinedView map[string]typeView

type typeView struct {
	Name  access.Type         `json:"name"`
	Roles map[string]roleView `json:"roles"`
}

type roleView struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

func (s server) roles(w http.ResponseWriter, _ *http.Request) error {
	out := predefinedView{}
	for _, t := range admins.AssignableTypes() {
		of := typeView{t, map[string]roleView{}}
		for _, role := range access.Roles(t) {
			of.Roles[key(role.Name)] = roleView{role.Name, role.Description}
		}
		out[key(string(t))] = of
	}
	return httpkit.JSON(w, http.StatusOK, out)
}

// key is a name as the member of an object.
func key(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", "_") }

// assigned are the roles of the one whose id is in the path.
type assigned struct {
	admins.Roles
	param  string
	holder func(id string) admins.Holder
}

// assignedView is the contract's AssignedRole.
type assignedView struct {
	ID         portico.RoleAssignmentID `json:"id"`
	Role       string                   `json:"role_name"`
	EntityID   string                   `json:"entity_id"`
	EntityType string                   `json:"entity_type_name"`
	Region     string                   `json:"entity_region"`
}

func viewAssigned(r portico.RoleAssignment) assignedView {
	return assignedView{r.ID, r.Role, r.EntityID, r.EntityType, r.Region}
}

// of is the one whose id is in the path.
func (a assigned) of(r *http.Request) (admins.Holder, error) {
	id, err := httpkit.PathUUID(r, a.param)
	return a.holder(id), err
}

// one is the role whose id is in the path, and whose it is.
func (a assigned) one(r *http.Request) (admins.Holder, portico.RoleAssignmentID, error) {
	of, err := a.of(r)
	if err != nil {
		return of, "", err
	}
	id, err := httpkit.PathID[portico.RoleAssignmentID](r, "roleId")
	return of, id, err
}

// list answers all at once unless it is asked for pages: the contract has none.
func (a assigned) list(w http.ResponseWriter, r *http.Request) error {
	of, err := a.of(r)
	if err != nil {
		return err
	}
	spec := listing.Spec{DefaultSize: listing.MaxSize, Filters: map[string]listing.FieldKind{
		"role_name": listing.String(), "entity_type_name": listing.String(), "entity_id": listing.String(),
	}}
	return list(w, r, spec, func(q portico.ListQuery) (portico.Page[portico.RoleAssignment], error) {
		return a.List(r.Context(), of, q)
	}, viewAssigned)
}

func (a assigned) assign(w http.ResponseWriter, r *http.Request) error {
	to, err := a.of(r)
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	in := admins.NewRole{
		Role:       o.String("role_name", httpkit.Required, httpkit.Length(1, 250)),
		EntityType: access.Type(o.String("entity_type_name", httpkit.Required, httpkit.Length(1, 250))),
		EntityID:   strings.ToLower(o.String("entity_id", httpkit.Required)),
		Region:     o.Enum("entity_region", httpkit.Optional, "us", "eu", "au", "me", "in", "sg", "*"),
	}
	if in.EntityID != "" && in.EntityID != access.Everything && !portico.IsID(in.EntityID) {
		o.Invalid("entity_id", "is_uuid", "must be the id of an entity, or * for all of the type")
	}
	if in.Region == "" {
		in.Region = "*"
	}
	if err := o.Err(); err != nil {
		return err
	}
	return one(w, http.StatusCreated, viewAssigned)(a.Assign(r.Context(), to, in))
}

func (a assigned) get(w http.ResponseWriter, r *http.Request) error {
	of, id, err := a.one(r)
	if err != nil {
		return err
	}
	return one(w, http.StatusOK, viewAssigned)(a.ByID(r.Context(), of, id))
}

func (a assigned) remove(w http.ResponseWriter, r *http.Request) error {
	of, id, err := a.one(r)
	if err != nil {
		return err
	}
	return gone(w, a.Remove(r.Context(), of, id))
}
