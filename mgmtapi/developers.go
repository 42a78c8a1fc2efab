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

// developerRoutes: the developers of a portal (contract: portal-management v3).
func (s *server) developerRoutes() []route.Route {
	const developers = "/v3/portals/{portalId}/developers"
	return []route.Route{
		route.On("POST", developers, "create-developer", s.createDeveloper, access.For(access.Portals, access.Accounts, "portalId")),
		route.On("GET", developers, "list-portal-developers", s.listDevelopers, access.For(access.Portals, access.View, "portalId")),
		route.On("GET", developers+"/{developerId}", "get-developer", s.developer, access.For(access.Portals, access.View, "portalId")),
		route.On("PATCH", developers+"/{developerId}", "update-developer", s.updateDeveloper, access.For(access.Portals, access.Approve, "portalId")),
		route.On("DELETE", developers+"/{developerId}", "delete-developer", s.deleteDeveloper, access.For(access.Portals, access.Accounts, "portalId")),
	}
}

// developerView is the contract's PortalDeveloper.
type developerView struct {
	ID        portico.DeveloperID `json:"id"`
	Email     string              `json:"email"`
	FullName  string              `json:"full_name"`
	Status    portico.Status      `json:"status"`
	CreatedAt httpkit.Timestamp   `json:"created_at"`
	UpdatedAt httpkit.Timestamp   `json:"updated_at"`
}

func viewDeveloper(d portico.Developer) developerView {
	return developerView{
		ID: d.ID, Email: d.Email, FullName: d.FullName, Status: d.Status,
		CreatedAt: httpkit.Timestamp(d.CreatedAt), UpdatedAt: httpkit.Timestamp(d.UpdatedAt),
	}
}

// inPortal reads the portal in the path, and the id of what is in it.
func inPortal[T ~string](r *http.Request, name string) (portico.PortalID, T, error) {
	return httpkit.PathIDs[portico.PortalID, T](r, "portalId", name)
}

func (s *server) createDeveloper(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	in := developers.NewAccount{
		Email:          o.Email("email", httpkit.Required, httpkit.MaxLength(255)),
		FullName:       o.String("full_name", httpkit.Required, httpkit.Length(1, 255)),
		Status:         httpkit.As[portico.Status](o.OptEnum("status", httpkit.Optional, texts(portico.Statuses())...)).Ptr(),
		SendInvitation: o.Bool("send_invitation_email", false),
	}
	if err := o.Err(); err != nil {
		return err
	}
	d, err := s.Developers.Create(r.Context(), portal, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewDeveloper(d))
}

// developerSpec is what the list of developers can be asked for.
func developerSpec() listing.Spec {
	return listing.Spec{
		Filters: map[string]listing.FieldKind{
			"name": listing.String(), "email": listing.String(), "status": listing.Enum(texts(portico.Statuses())...),
		},
		Sorts: []string{"created_at", "updated_at", "email", "name", "status"},
	}
}

func (s *server) listDevelopers(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, developerSpec())
	if err != nil {
		return err
	}
	page, err := s.Developers.List(r.Context(), portal, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewDeveloper))
}

func (s *server) developer(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inPortal[portico.DeveloperID](r, "developerId")
	if err != nil {
		return err
	}
	d, err := s.Developers.ByID(r.Context(), portal, id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewDeveloper(d))
}

func (s *server) updateDeveloper(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inPortal[portico.DeveloperID](r, "developerId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	status := o.OptEnum("status", httpkit.Optional, texts(portico.Statuses())...)
	if err := o.Err(); err != nil {
		return err
	}
	if !status.Set {
		return s.developer(w, r)
	}
	d, err := s.Developers.SetStatus(r.Context(), portal, id, portico.Status(status.Value), "")
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewDeveloper(d))
}

func (s *server) deleteDeveloper(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := inPortal[portico.DeveloperID](r, "developerId")
	if err != nil {
		return err
	}
	if err := s.Developers.Delete(r.Context(), portal, id); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
