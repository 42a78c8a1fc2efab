package mgmtapi

import (
	"net/http"

	"portico"
	"portico/access"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
)

// implementationRoutes: what serves an API (contract: api-builder v3).
func (s *server) implementationRoutes() []route.Route {
	const implementations = "/v3/apis/{apiId}/implementations"
	return []route.Route{
		route.On("POST", implementations, "create-api-implementation", s.createImplementation, access.For(access.APIs, access.Edit, "apiId")),
		route.On("GET", implementations+"/{implementationId}", "fetch-api-implementation", s.implementation, access.For(access.APIs, access.View, "apiId")),
		route.On("DELETE", implementations+"/{implementationId}", "delete-api-implementation", s.deleteImplementation, access.For(access.APIs, access.Edit, "apiId")),
		route.On("GET", "/v3/api-implementations", "list-api-implementations", s.listImplementations, access.For(access.APIs, access.View, "")),
	}
}

// implementationView is the contract's ApiImplementation: either of Service and
// ControlPlane. APIID is there in lists only.
type implementationView struct {
	ID           portico.ImplementationID `json:"id"`
	APIID        portico.APIID            `json:"api_id,omitempty"`
	Service      *serviceTarget           `json:"service,omitempty"`
	ControlPlane *controlPlaneTarget      `json:"control_plane,omitempty"`
	CreatedAt    httpkit.Timestamp        `json:"created_at"`
	UpdatedAt    httpkit.Timestamp        `json:"updated_at"`
}

// serviceTarget is the contract's ApiImplementationService. There is nothing to
// synchronise, and so no error of it: the gateways read the link itself.
type serviceTarget struct {
	ControlPlaneID portico.ControlPlaneID `json:"control_plane_id"`
	ID             portico.ServiceID      `json:"id"`
	SyncError      *struct{}              `json:"auth_strategy_sync_error"`
}

// controlPlaneTarget is the contract's ApiImplementationControlPlane. The
// gateways guard every service of the control plane that no API claims.
type controlPlaneTarget struct {
	ControlPlaneID portico.ControlPlaneID `json:"control_plane_id"`
	Enforced       bool                   `json:"access_control_enforcement_enabled"`
}

func viewImplementation(i portico.Implementation) implementationView {
	out := implementationView{ID: i.ID, CreatedAt: httpkit.Timestamp(i.CreatedAt), UpdatedAt: httpkit.Timestamp(i.UpdatedAt)}
	if i.ServiceID != nil {
		out.Service = &serviceTarget{ControlPlaneID: i.ControlPlaneID, ID: *i.ServiceID}
	} else {
		out.ControlPlane = &controlPlaneTarget{ControlPlaneID: i.ControlPlaneID, Enforced: true}
	}
	return out
}

func viewImplementationItem(i portico.Implementation) implementationView {
	out := viewImplementation(i)
	out.APIID = i.APIID
	return out
}

// readImplementation reads the contract's ApiImplementation: a service, or a
// control plane and no service.
func readImplementation(r *http.Request) (controlPlane portico.ControlPlaneID, service *portico.ServiceID, err error) {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return "", nil, err
	}
	o.Ignore("id", "created_at", "updated_at")
	byService, byPlane := o.Object("service"), o.Object("control_plane")
	byService.Ignore("auth_strategy_sync_error")
	byPlane.Ignore("access_control_enforcement_enabled")
	switch hasService, hasPlane := o.Has("service"), o.Has("control_plane"); {
	case hasService && hasPlane:
		o.Invalid("control_plane", "invalid", "must not be given together with service")
	case hasService:
		controlPlane = portico.ControlPlaneID(byService.UUID("control_plane_id", httpkit.Required))
		service = new(portico.ServiceID(byService.UUID("id", httpkit.Required)))
	case hasPlane:
		controlPlane = portico.ControlPlaneID(byPlane.UUID("control_plane_id", httpkit.Required))
	default:
		o.Invalid("service", "required", "either service or control_plane is required")
	}
	return controlPlane, service, o.Err()
}

func (s *server) createImplementation(w http.ResponseWriter, r *http.Request) error {
	api, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	controlPlane, service, err := readImplementation(r)
	if err != nil {
		return err
	}
	if err := access.Require(r.Context(), access.ControlPlanes, access.Services, string(controlPlane)); err != nil {
		return err
	}
	i, err := s.Implementations.Create(r.Context(), api, controlPlane, service)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewImplementation(i))
}

func (s *server) implementation(w http.ResponseWriter, r *http.Request) error {
	api, id, err := inAPI[portico.ImplementationID](r, "implementationId")
	if err != nil {
		return err
	}
	i, err := s.Implementations.ByID(r.Context(), api, id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewImplementation(i))
}

func (s *server) deleteImplementation(w http.ResponseWriter, r *http.Request) error {
	api, id, err := inAPI[portico.ImplementationID](r, "implementationId")
	if err != nil {
		return err
	}
	if err := s.Implementations.Delete(r.Context(), api, id); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

// implementationSpec is what the list of implementations can be asked for.
func implementationSpec() listing.Spec {
	return listing.Spec{
		Filters: map[string]listing.FieldKind{
			"id": listing.UUID(), "api_id": listing.UUID(), "service_id": listing.UUID(), "control_plane_id": listing.UUID(),
			"created_at": listing.Date(), "updated_at": listing.Date(),
		},
		Sorts: []string{"id", "api_id", "control_plane_id", "service_id", "created_at", "updated_at"},
	}
}

func (s *server) listImplementations(w http.ResponseWriter, r *http.Request) error {
	q, err := listing.Parse(r, implementationSpec())
	if err != nil {
		return err
	}
	page, err := s.Implementations.List(r.Context(), access.Visible(r.Context(), q, access.APIs, "api_id"))
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewImplementationItem))
}
