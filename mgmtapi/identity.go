package mgmtapi

import (
	"net/http"

	"portico"
	"portico/httpkit"
)

// identityRoutes: who am I.
func (s *server) identityRoutes() []route {
	return []route{
		on("GET", "/v3/organizations/me", "get-organizations-me", s.organization),
		on("GET", "/v3/users/me", "get-users-me", s.user),
	}
}

// organizationView is the contract's MeOrganization.
type organizationView struct {
	ID        portico.OrganizationID `json:"id"`
	Name      string                 `json:"name"`
	OwnerID   portico.UserID         `json:"owner_id"`
	LoginPath string                 `json:"login_path"`
	State     string                 `json:"state"`
	CreatedAt timestamp              `json:"created_at"`
	UpdatedAt timestamp              `json:"updated_at"`
}

func (s *server) organization(w http.ResponseWriter, r *http.Request) error {
	o, err := s.Accounts.Organization(r.Context())
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, organizationView{
		ID: o.ID, Name: o.Name, OwnerID: o.OwnerID, LoginPath: "login", State: "active",
		CreatedAt: timestamp(o.CreatedAt), UpdatedAt: timestamp(o.UpdatedAt),
	})
}

// userView is the contract's User.
type userView struct {
	ID            portico.UserID `json:"id"`
	Email         string         `json:"email"`
	FullName      string         `json:"full_name"`
	PreferredName string         `json:"preferred_name"`
	Active        bool           `json:"active"`
	CreatedAt     timestamp      `json:"created_at"`
	UpdatedAt     timestamp      `json:"updated_at"`
}

func (s *server) user(w http.ResponseWriter, r *http.Request) error {
	u := principal(r.Context()).User
	return httpkit.JSON(w, http.StatusOK, userView{
		ID: u.ID, Email: u.Email, FullName: u.FullName, PreferredName: u.PreferredName, Active: u.Active,
		CreatedAt: timestamp(u.CreatedAt), UpdatedAt: timestamp(u.UpdatedAt),
	})
}
