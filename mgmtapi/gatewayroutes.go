package mgmtapi

import (
	"net/http"
	"slices"

	"portico"
	"portico/access"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
	"portico/routing"
)

// gatewayRouteRoutes: the routes of a control plane, and the same below their
// service. PATCH is Kong's Admin API's; the contract leaves it out.
func (s *server) gatewayRouteRoutes() []route.Route {
	const (
		routes = coreEntities + "/routes"
		one    = routes + "/{RouteId}"
		below  = coreEntities + "/services/{ServiceId}/routes"
	)
	return []route.Route{
		route.On("POST", routes, "create-route", s.createRoute, access.For(access.ControlPlanes, access.Routes, "controlPlaneId")),
		route.On("GET", routes, "list-route", s.listRoutes, access.For(access.ControlPlanes, access.View, "controlPlaneId")),
		route.On("GET", one, "get-route", s.gatewayRoute, access.For(access.ControlPlanes, access.View, "controlPlaneId")),
		route.On("PUT", one, "upsert-route", s.putRoute, access.For(access.ControlPlanes, access.Routes, "controlPlaneId")),
		route.On("PATCH", one, "", s.updateRoute, access.For(access.ControlPlanes, access.Routes, "controlPlaneId")),
		route.On("DELETE", one, "delete-route", s.deleteRoute, access.For(access.ControlPlanes, access.Routes, "controlPlaneId")),

		route.On("POST", below, "create-route-with-service", s.createRoute, access.For(access.ControlPlanes, access.Routes, "controlPlaneId")),
		route.On("GET", below, "list-route-with-service", s.listRoutes, access.For(access.ControlPlanes, access.View, "controlPlaneId")),
		route.On("GET", below+"/{RouteId}", "get-route-with-service", s.gatewayRoute, access.For(access.ControlPlanes, access.View, "controlPlaneId")),
		route.On("PUT", below+"/{RouteId}", "upsert-route-with-service", s.putRoute, access.For(access.ControlPlanes, access.Routes, "controlPlaneId")),
		route.On("PATCH", below+"/{RouteId}", "", s.updateRoute, access.For(access.ControlPlanes, access.Routes, "controlPlaneId")),
		route.On("DELETE", below+"/{RouteId}", "delete-route-with-service", s.deleteRoute, access.For(access.ControlPlanes, access.Routes, "controlPlaneId")),
	}
}

// gatewayRouteView is the contract's RouteJson. What is not set is left out, not
// null.
type gatewayRouteView struct {
	ID                      portico.RouteID     `json:"id"`
	Name                    *string             `json:"name,omitzero"`
	Service                 *serviceRef         `json:"service,omitzero"`
	Protocols               []string            `json:"protocols"`
	Methods                 []string            `json:"methods,omitzero"`
	Hosts                   []string            `json:"hosts,omitzero"`
	Paths                   []string            `json:"paths,omitzero"`
	Headers                 map[string][]string `json:"headers,omitzero"`
	RegexPriority           int                 `json:"regex_priority"`
	StripPath               bool                `json:"strip_path"`
	PreserveHost            bool                `json:"preserve_host"`
	PathHandling            string              `json:"path_handling"`
	HTTPSRedirectStatusCode int                 `json:"https_redirect_status_code"`
	RequestBuffering        bool                `json:"request_buffering"`
	ResponseBuffering       bool                `json:"response_buffering"`
	Tags                    []string            `json:"tags,omitzero"`
	CreatedAt               seconds             `json:"created_at"`
	UpdatedAt               seconds             `json:"updated_at"`
}

type serviceRef struct {
	ID portico.ServiceID `json:"id"`
}

func viewGatewayRoute(r portico.Route) gatewayRouteView {
	out := gatewayRouteView{
		ID: r.ID, Name: r.Name, Protocols: r.Protocols, Methods: r.Methods, Hosts: r.Hosts, Paths: r.Paths, Headers: r.Headers,
		RegexPriority: r.RegexPriority, StripPath: r.StripPath, PreserveHost: r.PreserveHost, PathHandling: r.PathHandling,
		HTTPSRedirectStatusCode: r.HTTPSRedirectStatusCode, RequestBuffering: r.RequestBuffering, ResponseBuffering: r.ResponseBuffering,
		Tags: r.Tags, CreatedAt: seconds(r.CreatedAt), UpdatedAt: seconds(r.UpdatedAt),
	}
	if r.ServiceID != nil {
		out.Service = &serviceRef{*r.ServiceID}
	}
	return out
}

// readGatewayRoute reads the contract's Route in its RouteJson form. What it may
// match by is control's to say. Below a service, that is the route's service.
func readGatewayRoute(r *http.Request) (routing.RouteFields, error) {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return routing.RouteFields{}, err
	}
	o.Ignore("created_at", "updated_at")
	unsupported(o, "destinations", "sources", "snis", "expression", "priority")
	in := routing.RouteFields{
		ID:                      given(httpkit.As[portico.RouteID](o.OptUUID("id", httpkit.Nullable))),
		Name:                    o.OptString("name", httpkit.Nullable),
		Service:                 readServiceRef(o),
		Protocols:               o.OptStrings("protocols", httpkit.Nullable, httpkit.MinItems(1)),
		Methods:                 o.OptStrings("methods", httpkit.Nullable),
		Hosts:                   o.OptStrings("hosts", httpkit.Nullable),
		Paths:                   o.OptStrings("paths", httpkit.Nullable),
		Headers:                 readHeaders(o),
		RegexPriority:           o.OptInt("regex_priority", httpkit.Nullable),
		StripPath:               o.OptBool("strip_path", httpkit.Nullable),
		PreserveHost:            o.OptBool("preserve_host", httpkit.Nullable),
		PathHandling:            o.OptEnum("path_handling", httpkit.Nullable, "v0"), // v1 is not what the gateways do
		HTTPSRedirectStatusCode: o.OptInt("https_redirect_status_code", httpkit.Nullable),
		RequestBuffering:        o.OptBool("request_buffering", httpkit.Nullable),
		ResponseBuffering:       o.OptBool("response_buffering", httpkit.Nullable),
		Tags:                    o.OptStrings("tags", httpkit.Nullable),
	}
	checkChoices(o, "protocols", in.Protocols.Value, proxyProtocols())
	if code := in.HTTPSRedirectStatusCode; code.Set && !code.Null && !slices.Contains([]int{301, 302, 307, 308, 426}, code.Value) {
		o.Report(portico.InvalidParameter{Field: "https_redirect_status_code", Rule: "enum",
			Choices: []string{"301", "302", "307", "308", "426"}, Reason: "must be one of 301, 302, 307, 308, 426"})
	}
	if service := r.PathValue("ServiceId"); service != "" {
		in.Service = portico.Some(service)
	}
	return in, o.Err()
}

// readServiceRef reads {"id": …} or {"name": …}.
func readServiceRef(o *httpkit.Object) portico.Opt[string] {
	service, set, null := o.OptObject("service")
	id, name := service.OptUUID("id"), service.OptString("name", httpkit.MinLength(1))
	if !set || null {
		return portico.Opt[string]{Set: set, Null: null}
	}
	switch {
	case id.Set:
		return id
	case !name.Set && !service.Has("id"):
		service.Invalid("id", "required", "is a required field, unless name is given")
	}
	return name
}

func readHeaders(o *httpkit.Object) portico.Opt[map[string][]string] {
	headers, set, null := o.OptObject("headers")
	out := make(map[string][]string)
	for _, name := range headers.Names() {
		out[name] = headers.Strings(name, httpkit.MinItems(1))
	}
	return portico.Opt[map[string][]string]{Set: set, Null: null, Value: out}
}

func (s *server) createRoute(w http.ResponseWriter, r *http.Request) error {
	plane, _, err := inControlPlane(r, "")
	if err != nil {
		return err
	}
	if _, err := s.parentService(r, plane); err != nil {
		return err
	}
	in, err := readGatewayRoute(r)
	if err != nil {
		return err
	}
	made, err := s.Gateways.CreateRoute(r.Context(), plane, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewGatewayRoute(made))
}

// parentService is the service whose routes the path is about; nil when it is
// about those of the control plane. KindNotFound.
func (s *server) parentService(r *http.Request, plane portico.ControlPlaneID) (*portico.ServiceID, error) {
	_, ref, err := inControlPlane(r, "ServiceId")
	if err != nil || ref == "" {
		return nil, err
	}
	found, err := s.Gateways.Service(r.Context(), plane, ref)
	if err != nil {
		return nil, err
	}
	return &found.ID, nil
}

func (s *server) listRoutes(w http.ResponseWriter, r *http.Request) error {
	plane, _, err := inControlPlane(r, "")
	if err != nil {
		return err
	}
	q, err := parseCoreList(r)
	if err != nil {
		return err
	}
	service, err := s.parentService(r, plane)
	if err != nil {
		return err
	}
	if service != nil {
		q.Filters = append(q.Filters, portico.Where("service_id", *service))
	}
	page, err := s.Gateways.Routes(r.Context(), plane, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.OffsetEnvelope(r, page, q, viewGatewayRoute))
}

// routeInPath is the route that the path names. Below a service it must be one
// of that service's routes.
func (s *server) routeInPath(r *http.Request) (portico.Route, error) {
	plane, ref, err := inControlPlane(r, "RouteId")
	if err != nil {
		return portico.Route{}, err
	}
	service, err := s.parentService(r, plane)
	if err != nil {
		return portico.Route{}, err
	}
	found, err := s.Gateways.Route(r.Context(), plane, ref)
	if err == nil && service != nil && (found.ServiceID == nil || *found.ServiceID != *service) {
		return portico.Route{}, portico.NotFound("route", ref)
	}
	return found, err
}

func (s *server) gatewayRoute(w http.ResponseWriter, r *http.Request) error {
	found, err := s.routeInPath(r)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewGatewayRoute(found))
}

func (s *server) putRoute(w http.ResponseWriter, r *http.Request) error {
	plane, ref, err := inControlPlane(r, "RouteId")
	if err != nil {
		return err
	}
	if _, err := s.parentService(r, plane); err != nil {
		return err
	}
	in, err := readGatewayRoute(r)
	if err != nil {
		return err
	}
	made, err := s.Gateways.PutRoute(r.Context(), plane, ref, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewGatewayRoute(made))
}

func (s *server) updateRoute(w http.ResponseWriter, r *http.Request) error {
	found, err := s.routeInPath(r)
	if err != nil {
		return err
	}
	in, err := readGatewayRoute(r)
	if err != nil {
		return err
	}
	changed, err := s.Gateways.UpdateRoute(r.Context(), found.ControlPlaneID, string(found.ID), in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewGatewayRoute(changed))
}

// deleteRoute is content when there is no such route: so is Kong's Admin API.
func (s *server) deleteRoute(w http.ResponseWriter, r *http.Request) error {
	found, err := s.routeInPath(r)
	if portico.KindOf(err) == portico.KindNotFound {
		return httpkit.NoContent(w)
	}
	if err != nil {
		return err
	}
	if err := s.Gateways.DeleteRoute(r.Context(), found.ControlPlaneID, string(found.ID)); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
