package portalapi

import (
	"net/http"

	"portico"
	"portico/control"
	"portico/httpkit"
	"portico/listing"
)

// registrationRoutes: what a developer's own applications may use.
func (s *server) registrationRoutes() []route {
	const registrations = "/api/v3/applications/{applicationId}/registrations"
	return []route{
		on(developer, "GET", registrations, "list-application-registrations", s.listRegistrations),
		on(developer, "POST", registrations, "create-application-registration", s.createRegistration),
		on(developer, "GET", registrations+"/{registrationId}", "get-application-registration", s.registration),
		on(developer, "DELETE", registrations+"/{registrationId}", "delete-application-registration", s.deleteRegistration),
	}
}

// registrationView is the contract's GetApiRegistrationResponse.
type registrationView struct {
	ID            portico.RegistrationID `json:"id"`
	Status        portico.Status         `json:"status"`
	APIName       string                 `json:"api_name"`
	APIID         portico.APIID          `json:"api_id"`
	APISlug       string                 `json:"api_slug"`
	ApplicationID portico.ApplicationID  `json:"application_id"`
	CreatedAt     httpkit.Timestamp      `json:"created_at"`
	UpdatedAt     httpkit.Timestamp      `json:"updated_at"`
}

func viewRegistration(v control.RegistrationView) registrationView {
	return registrationView{
		ID: v.ID, Status: v.Status, APIName: v.API.Name, APIID: v.APIID, APISlug: v.API.Slug, ApplicationID: v.ApplicationID,
		CreatedAt: httpkit.Timestamp(v.CreatedAt), UpdatedAt: httpkit.Timestamp(v.UpdatedAt),
	}
}

func (s *server) createRegistration(w http.ResponseWriter, c call) error {
	app, err := s.own(c)
	if err != nil {
		return err
	}
	in, err := httpkit.ReadObject(c.Request)
	if err != nil {
		return err
	}
	api := portico.APIID(in.UUID("api_id", httpkit.Required))
	if err := in.Err(); err != nil {
		return err
	}
	created, err := s.register(c, app, api)
	if portico.KindOf(err) == portico.KindNotFound {
		return portico.Invalid("api_id", "missing_reference", "The portal has no API with this id.")
	}
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewRegistration(created))
}

// register registers an application of the caller's for an API.
func (s *server) register(c call, app control.ApplicationView, api portico.APIID) (control.RegistrationView, error) {
	return s.Registrations.Request(c.Context(), c.visitor(), app.ID, api, "")
}

// statusKind is how a list is filtered by status.
func statusKind() listing.FieldKind {
	statuses := make([]string, 0, len(portico.Statuses()))
	for _, s := range portico.Statuses() {
		statuses = append(statuses, string(s))
	}
	return listing.Enum(statuses...)
}

func registrationSpec() listing.Spec {
	return listing.Spec{Filters: map[string]listing.FieldKind{
		"id": listing.UUID(), "status": statusKind(), "api_name": listing.String(),
	}}
}

func (s *server) listRegistrations(w http.ResponseWriter, c call) error {
	app, err := s.own(c)
	if err != nil {
		return err
	}
	q, err := listing.Parse(c.Request, registrationSpec())
	if err != nil {
		return err
	}
	q.Filters = append(q.Filters, portico.Where("application_id", app.ID))
	page, err := s.Registrations.List(c.Context(), q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewRegistration))
}

// registered returns the registration in the path, of the caller's application
// there.
func (s *server) registered(c call) (control.RegistrationView, error) {
	app, err := s.own(c)
	if err != nil {
		return control.RegistrationView{}, err
	}
	id, err := httpkit.PathID[portico.RegistrationID](c.Request, "registrationId")
	if err != nil {
		return control.RegistrationView{}, err
	}
	return s.Registrations.ByID(c.Context(), app.ID, id)
}

func (s *server) registration(w http.ResponseWriter, c call) error {
	v, err := s.registered(c)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewRegistration(v))
}

func (s *server) deleteRegistration(w http.ResponseWriter, c call) error {
	v, err := s.registered(c)
	if err != nil {
		return err
	}
	if err := s.Registrations.Withdraw(c.Context(), v.ApplicationID, v.ID); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
