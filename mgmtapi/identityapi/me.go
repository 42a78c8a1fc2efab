package identityapi

import (
	"net/http"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/httpkit"
	"portico/mgmtapi/route"
)

// meRoutes: the organization, and who asks.
func (s server) meRoutes() []route.Route {
	const impersonation = "/v3/organizations/impersonation"
	return []route.Route{
		route.On("GET", "/v3/organizations/me", "get-organizations-me", s.organization, access.Own()),
		route.On("GET", "/v3/users/me", "get-users-me", s.me, access.Own()),
		route.On("GET", impersonation, "get-impersonation-settings", s.impersonation, views()),
		route.On("PATCH", impersonation, "update-impersonation-settings", s.updateImpersonation, edits()),
	}
}

// organizationView is the contract's MeOrganization.
type organizationView struct {
	ID        portico.OrganizationID `json:"id"`
	Name      string                 `json:"name"`
	OwnerID   portico.UserID         `json:"owner_id"`
	LoginPath string                 `json:"login_path"` // empty: there is no single sign-on
	State     string                 `json:"state"`
	CreatedAt httpkit.Timestamp      `json:"created_at"`
	UpdatedAt httpkit.Timestamp      `json:"updated_at"`
}

func (s server) organization(w http.ResponseWriter, r *http.Request) error {
	settings, err := s.IdentityProviders.Settings(r.Context())
	if err != nil {
		return err
	}
	o := settings.Organization
	out := organizationView{
		ID: o.ID, Name: o.Name, OwnerID: o.OwnerID, State: "active",
		CreatedAt: httpkit.Timestamp(o.CreatedAt), UpdatedAt: httpkit.Timestamp(o.UpdatedAt),
	}
	if settings.SingleSignOn() {
		out.LoginPath = settings.Provider.LoginPath
	}
	return httpkit.JSON(w, http.StatusOK, out)
}

func (s server) me(w http.ResponseWriter, r *http.Request) error {
	p := admins.From(r.Context())
	if !p.IsUser() {
		return portico.Errorf(portico.KindForbidden, "The access token is a system account's, and this is about users; nothing was done.")
	}
	return httpkit.JSON(w, http.StatusOK, viewUser(p.User))
}

// impersonationView: nobody acts in another's name here.
type impersonationView struct {
	Enabled bool `json:"enabled"`
}

func (s server) impersonation(w http.ResponseWriter, _ *http.Request) error {
	return httpkit.JSON(w, http.StatusOK, impersonationView{})
}

func (s server) updateImpersonation(w http.ResponseWriter, r *http.Request) error {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	if o.Bool("enabled", false) {
		o.Invalid("enabled", "invalid", "must be false: nobody can act in another's name here")
	}
	if err := o.Err(); err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, impersonationView{})
}
