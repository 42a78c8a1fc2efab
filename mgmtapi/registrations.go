package mgmtapi

import (
	"net/http"

	"portico"
	"portico/access"
	"portico/control"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
)

// registrationRoutes: who may use which API (contracts: portal-management v3,
// api-builder v3).
func (s *server) registrationRoutes() []route.Route {
	const registrations = "/v3/portals/{portalId}/applications/{applicationId}/registrations"
	return []route.Route{
		route.On("POST", registrations, "create-application-registration", s.createRegistration, access.For(access.Portals, access.Applications, "portalId")),
		route.On("GET", registrations, "list-registrations-by-application", s.listRegistrations, access.For(access.Portals, access.View, "portalId")),
		route.On("GET", registrations+"/{registrationId}", "get-application-registration", s.registration, access.For(access.Portals, access.View, "portalId")),
		route.On("PATCH", registrations+"/{registrationId}", "update-application-registration", s.updateRegistration, access.For(access.Portals, access.Approve, "portalId").OrElse(access.For(access.APIs, access.Approve, ""))),
		route.On("DELETE", registrations+"/{registrationId}", "delete-application-registration", s.deleteRegistration, access.For(access.Portals, access.Approve, "portalId").OrElse(access.For(access.APIs, access.Approve, ""))),
		route.On("PUT", registrations+"/{registrationId}/consumer", "update-application-registration-consumer", s.mapConsumer, mapsConsumers()...),
		route.On("DELETE", registrations+"/{registrationId}/consumer", "delete-application-registration-consumer", s.unmapConsumer, mapsConsumers()...),
		route.On("GET", "/v3/portals/{portalId}/application-registrations", "list-registrations", s.listPortalRegistrations, access.For(access.Portals, access.View, "portalId")),
		route.On("GET", "/v3/apis/{apiId}/registrations", "list-api-registrations", s.listAPIRegistrations, access.For(access.APIs, access.View, "apiId")),
	}
}

// registrationView is the contract's ApplicationRegistration.
type registrationView struct {
	ID          portico.RegistrationID `json:"id"`
	Status      portico.Status         `json:"status"`
	API         registeredAPIView      `json:"api"`
	Application namedView              `json:"application"`
	Consumer    *callsAsView           `json:"consumer,omitempty"`
	CreatedAt   httpkit.Timestamp      `json:"created_at"`
	UpdatedAt   httpkit.Timestamp      `json:"updated_at"`
}

// callsAsView is the gateway consumer as whom an application calls.
type callsAsView struct {
	ID             portico.ConsumerID     `json:"id"`
	Username       *string                `json:"username,omitzero"`
	CustomID       *string                `json:"custom_id,omitzero"`
	ControlPlaneID portico.ControlPlaneID `json:"control_plane_id"`
}

type registeredAPIView struct {
	ID         portico.APIID `json:"id"`
	Name       string        `json:"name"`
	Version    *string       `json:"version"`
	EntityType string        `json:"entity_type"`
}

// namedView is a reference to an entity that has a name.
type namedView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func viewRegistration(v control.RegistrationView) registrationView {
	out := registrationView{
		ID: v.ID, Status: v.Status, CreatedAt: httpkit.Timestamp(v.CreatedAt), UpdatedAt: httpkit.Timestamp(v.UpdatedAt),
		API:         registeredAPIView{ID: v.API.ID, Name: v.API.Name, Version: v.API.Version, EntityType: v.API.EntityType()},
		Application: namedView{ID: string(v.Application.ID), Name: v.Application.Name},
	}
	if c := v.Consumer; c != nil {
		out.Consumer = &callsAsView{c.ID, c.Username, c.CustomID, c.ControlPlaneID}
	}
	return out
}

func (s *server) createRegistration(w http.ResponseWriter, r *http.Request) error {
	app, err := s.inPath(r)
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	api := portico.APIID(o.UUID("api_id", httpkit.Required))
	status := httpkit.As[portico.Status](o.OptEnum("status", httpkit.Optional, string(portico.Approved), string(portico.Pending)))
	if err := o.Err(); err != nil {
		return err
	}
	created, err := s.Registrations.Create(r.Context(), app.ID, api, status.Ptr())
	if portico.KindOf(err) == portico.KindNotFound {
		return portico.Invalid("api_id", "missing_reference", "The portal has no published API with this id.")
	}
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewRegistration(created))
}

// listBy answers with a page of the registrations that where holds for.
func (s *server) listBy(w http.ResponseWriter, r *http.Request, spec listing.Spec, where portico.Filter) error {
	q, err := listing.Parse(r, spec)
	if err != nil {
		return err
	}
	q.Filters = append(q.Filters, where)
	page, err := s.Registrations.List(r.Context(), ofOwner(q))
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewRegistration))
}

func statusKind() listing.FieldKind { return listing.Enum(texts(portico.Statuses())...) }

func (s *server) listRegistrations(w http.ResponseWriter, r *http.Request) error {
	app, err := s.inPath(r)
	if err != nil {
		return err
	}
	return s.listBy(w, r, listing.Spec{
		Filters: map[string]listing.FieldKind{"status": statusKind()},
		Sorts:   []string{"created_at", "updated_at", "status"},
	}, portico.Where("application_id", app.ID))
}

func (s *server) listPortalRegistrations(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	if _, err := s.Portals.ByID(r.Context(), portal); err != nil {
		return err
	}
	return s.listBy(w, r, listing.Spec{
		Filters: map[string]listing.FieldKind{
			"developer_id": listing.UUID(), "application_name": listing.String(), "status": statusKind(),
		},
		Sorts: []string{"created_at", "updated_at", "developer_id", "status"},
	}, portico.Where("portal_id", portal))
}

// registered returns the registration in the path, whose application must be
// in the portal there.
func (s *server) registered(r *http.Request) (control.RegistrationView, error) {
	app, err := s.inPath(r)
	if err != nil {
		return control.RegistrationView{}, err
	}
	id, err := httpkit.PathID[portico.RegistrationID](r, "registrationId")
	if err != nil {
		return control.RegistrationView{}, err
	}
	return s.Registrations.ByID(r.Context(), app.ID, id)
}

func (s *server) registration(w http.ResponseWriter, r *http.Request) error {
	v, err := s.registered(r)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewRegistration(v))
}

// decidable is the registration in the path, for a caller who may decide about
// it: by his role in the portal, or by his role for its API.
func (s *server) decidable(r *http.Request) (control.RegistrationView, error) {
	v, err := s.registered(r)
	if err == nil && !access.From(r.Context()).May(access.Portals, access.Approve, string(v.PortalID)) {
		err = access.Require(r.Context(), access.APIs, access.Approve, string(v.APIID))
	}
	return v, err
}

func (s *server) updateRegistration(w http.ResponseWriter, r *http.Request) error {
	v, err := s.decidable(r)
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
	if status.Set {
		if v, err = s.Registrations.SetStatus(r.Context(), v.ApplicationID, v.ID, portico.Status(status.Value), ""); err != nil {
			return err
		}
	}
	return httpkit.JSON(w, http.StatusOK, viewRegistration(v))
}

func (s *server) deleteRegistration(w http.ResponseWriter, r *http.Request) error {
	v, err := s.decidable(r)
	if err != nil {
		return err
	}
	if err := s.Registrations.Delete(r.Context(), v.ApplicationID, v.ID); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

// mapsConsumers are the needs of whoever says as which consumer an application
// calls: to see the application, and to administer the consumers of a control
// plane; of which, only the operation itself can tell.
func mapsConsumers() []access.Need {
	return []access.Need{access.For(access.Portals, access.View, "portalId"), access.For(access.ControlPlanes, access.Consumers, "")}
}

// mapConsumer makes the registration's application call as a consumer. That
// counts for all its registrations in the consumer's control plane.
func (s *server) mapConsumer(w http.ResponseWriter, r *http.Request) error {
	v, err := s.registered(r)
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	id := portico.ConsumerID(o.UUID("id", httpkit.Required))
	if err := o.Err(); err != nil {
		return err
	}
	consumer, err := s.Gateways.ConsumerFor(r.Context(), v.APIID, id)
	if err != nil {
		return err
	}
	if err := access.Require(r.Context(), access.ControlPlanes, access.Consumers, string(consumer.ControlPlaneID)); err != nil {
		return err
	}
	if err := s.Gateways.MapConsumer(r.Context(), v.ApplicationID, v.APIID, id); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

// unmapConsumer makes the registration's application call as itself.
func (s *server) unmapConsumer(w http.ResponseWriter, r *http.Request) error {
	v, err := s.registered(r)
	if err != nil {
		return err
	}
	if v.Consumer == nil {
		return portico.Errorf(portico.KindNotFound, "The application [%s] calls as itself; there is no consumer to remove.", v.Application.Name)
	}
	if err := access.Require(r.Context(), access.ControlPlanes, access.Consumers, string(v.Consumer.ControlPlaneID)); err != nil {
		return err
	}
	if err := s.Gateways.UnmapConsumer(r.Context(), v.ApplicationID, v.Consumer.ControlPlaneID); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

// apiRegistrationView is the contract's ApiRegistration.
type apiRegistrationView struct {
	ID          portico.RegistrationID `json:"id"`
	Status      portico.Status         `json:"status"`
	Portal      namedView              `json:"portal"`
	Application ownedView              `json:"application"`
}

// ownedView is an application with its owner.
type ownedView struct {
	ID          portico.ApplicationID `json:"id"`
	Name        string                `json:"name"`
	Description *string               `json:"description,omitempty"`
	Owner       ownerView             `json:"owner"`
}

func viewAPIRegistration(v control.APIRegistration) apiRegistrationView {
	return apiRegistrationView{
		ID: v.ID, Status: v.Status, Portal: namedView{ID: string(v.Portal.ID), Name: v.Portal.Name},
		Application: ownedView{
			ID: v.Application.ID, Name: v.Application.Name, Description: v.Application.Description,
			Owner: viewOwner(v.Application),
		},
	}
}

func (s *server) listAPIRegistrations(w http.ResponseWriter, r *http.Request) error {
	api, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, listing.Spec{
		Filters: map[string]listing.FieldKind{
			"status": statusKind(), "portal_id": listing.UUID(), "portal_name": listing.String(),
			"application_id": listing.UUID(), "application_name": listing.String(),
			"application_owner_type": listing.Enum(ownerDeveloper, ownerTeam), "application_owner_id": listing.UUID(),
		},
	})
	if err != nil {
		return err
	}
	page, err := s.Registrations.ListByAPI(r.Context(), api, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewAPIRegistration))
}
