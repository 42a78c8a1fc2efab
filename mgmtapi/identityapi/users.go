package identityapi

import (
	"net/http"

	"portico"
	"portico/admins"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
)

// userRoutes: the organization's people, and inviting them.
func (s server) userRoutes() []route.Route {
	const users = "/v3/users"
	return []route.Route{
		route.On("GET", users, "list-users", s.listUsers, views()),
		route.On("GET", users+"/{userId}", "get-user", s.user, views()),
		route.On("PATCH", users+"/{userId}", "update-user", s.updateUser, edits()),
		route.On("DELETE", users+"/{userId}", "delete-user", s.deleteUser, deletes()),
		route.On("GET", users+"/{userId}/teams", "list-user-teams", s.teamsOfUser, views()),
		route.On("POST", "/v3/invites", "invite-user", s.invite, creates()),
	}
}

// userView is the contract's User.
type userView struct {
	ID            portico.UserID    `json:"id"`
	Email         string            `json:"email"`
	FullName      string            `json:"full_name"`
	PreferredName string            `json:"preferred_name"`
	Active        bool              `json:"active"`
	CreatedAt     httpkit.Timestamp `json:"created_at"`
	UpdatedAt     httpkit.Timestamp `json:"updated_at"`
}

func viewUser(u portico.User) userView {
	return userView{
		ID: u.ID, Email: u.Email, FullName: u.FullName, PreferredName: u.PreferredName, Active: u.Active,
		CreatedAt: httpkit.Timestamp(u.CreatedAt), UpdatedAt: httpkit.Timestamp(u.UpdatedAt),
	}
}

// userFilters are what lists of users can be filtered by.
func userFilters() listing.Spec {
	return listing.Spec{Filters: map[string]listing.FieldKind{
		"id": listing.UUID(), "email": listing.String(), "full_name": listing.String(), "active": listing.Bool(),
	}}
}

func (s server) listUsers(w http.ResponseWriter, r *http.Request) error {
	return list(w, r, userFilters(), func(q portico.ListQuery) (portico.Page[portico.User], error) { return s.Users.List(r.Context(), q) }, viewUser)
}

func (s server) user(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.UserID](r, "userId")
	if err != nil {
		return err
	}
	return one(w, http.StatusOK, viewUser)(s.Users.ByID(r.Context(), id))
}

func (s server) updateUser(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.UserID](r, "userId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	ch := admins.UserChange{FullName: o.OptString("full_name", httpkit.Length(1, 250)), PreferredName: o.OptString("preferred_name", httpkit.MaxLength(250))}
	if err := o.Err(); err != nil {
		return err
	}
	return one(w, http.StatusOK, viewUser)(s.Users.Change(r.Context(), id, ch))
}

func (s server) deleteUser(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.UserID](r, "userId")
	if err != nil {
		return err
	}
	return gone(w, s.Users.Delete(r.Context(), id))
}

func (s server) teamsOfUser(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.UserID](r, "userId")
	if err != nil {
		return err
	}
	return s.teamsOf(w, r, admins.OfUser(id))
}

func (s server) invite(w http.ResponseWriter, r *http.Request) error {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	email := o.Email("email", httpkit.Required)
	if err := o.Err(); err != nil {
		return err
	}
	if _, err := s.Invites.Create(r.Context(), admins.NewInvite{Email: email}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusCreated) // with no body, as the contract has it
	return nil
}
