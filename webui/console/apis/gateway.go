package apis

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/routing"
	"portico/usecase"
	"portico/webui/design"
	"portico/webui/desk"
)

// gatewayView is the tab with what serves the API.
type gatewayView struct {
	API      api
	Linked   []linked
	Services []design.Option // that it could be linked to
	Planes   []design.Option // that a service could be made in
	Link     *desk.Form
	Serve    *desk.Form
	URL      string // where callers reach the gateway
	Call     templ.Component
}

// linked is an implementation of the API.
type linked struct {
	portico.Implementation
	Plane   string
	Service *portico.Service // nil: the whole control plane
	Routes  []portico.Route
	MayEdit bool
}

// upstream is the address of a service.
func upstream(s portico.Service) string {
	u := url.URL{Scheme: s.Protocol, Host: s.Host}
	if s.Port != 0 {
		u.Host += ":" + strconv.Itoa(s.Port)
	}
	return u.String() + textOf(s.Path)
}

func (p pages) gateway(w http.ResponseWriter, v *desk.Visit, a api) error {
	return p.showGateway(w, v, http.StatusOK, gatewayView{API: a})
}

// showGateway renders the tab, with what the visitor may see of the gateways.
func (p pages) showGateway(w http.ResponseWriter, v *desk.Visit, status int, view gatewayView) error {
	if view.Link == nil {
		view.Link = v.EmptyForm(nil)
	}
	if view.Serve == nil {
		view.Serve = v.EmptyForm(url.Values{"name": {view.API.Slug}, "path": {"/" + view.API.Slug}})
	}
	view.URL = p.GatewayURL
	planes, err := p.Gateways.ControlPlanes(v.Context(), access.Visible(v.Context(), portico.Everything(), access.ControlPlanes, "id"))
	if err != nil {
		return err
	}
	implementations, err := p.Implementations.List(v.Context(), portico.Everything(portico.Where("api_id", view.API.ID)))
	if err != nil {
		return err
	}
	taken := map[portico.ServiceID]bool{}
	for _, i := range implementations.Items {
		if i.ServiceID != nil {
			taken[*i.ServiceID] = true
		}
		shown, err := p.linked(v, i, planes.Items)
		if err != nil {
			return err
		}
		view.Linked = append(view.Linked, shown)
	}
	for _, plane := range planes.Items {
		if !v.May(access.ControlPlanes, access.Services, string(plane.ID)) {
			continue
		}
		view.Planes = append(view.Planes, design.Option{Value: string(plane.ID), Label: plane.Name, Selected: view.Serve.Value("control_plane") == string(plane.ID)})
		services, err := p.Gateways.Services(v.Context(), plane.ID, portico.Everything())
		if err != nil {
			return err
		}
		if view.API.Mode == "" {
			value := string(plane.ID) + "/"
			view.Services = append(view.Services, design.Option{Value: value, Label: plane.Name + ": " + v.T("apis.whole_plane"), Selected: view.Link.Value("service") == value})
		}
		for _, s := range services.Items {
			if value := string(plane.ID) + "/" + string(s.ID); !taken[s.ID] {
				view.Services = append(view.Services, design.Option{Value: value, Label: plane.Name + ": " + serviceName(s), Selected: view.Link.Value("service") == value})
			}
		}
	}
	return v.Render(w, status, view.API.Name, gatewayPage(view))
}

func serviceName(s portico.Service) string {
	if s.Name != nil {
		return *s.Name
	}
	return upstream(s)
}

// linked is an implementation with what the visitor may see of its service.
func (p pages) linked(v *desk.Visit, i portico.Implementation, planes []portico.ControlPlane) (linked, error) {
	out := linked{Implementation: i, MayEdit: v.May(access.ControlPlanes, access.Services, string(i.ControlPlaneID))}
	plane, visible := usecase.By(planes, func(c portico.ControlPlane) portico.ControlPlaneID { return c.ID })[i.ControlPlaneID]
	if !visible {
		return out, nil
	}
	out.Plane = plane.Name
	if i.ServiceID == nil {
		return out, nil
	}
	service, err := p.Gateways.Service(v.Context(), i.ControlPlaneID, string(*i.ServiceID))
	if err != nil {
		return out, err
	}
	out.Service = &service
	routes, err := p.Gateways.Routes(v.Context(), i.ControlPlaneID, portico.Everything(portico.Where("service_id", service.ID)))
	out.Routes = routes.Items
	return out, err
}

func (p pages) link(w http.ResponseWriter, v *desk.Visit, a api) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	view := gatewayView{API: a, Link: f}
	plane, service, ok := strings.Cut(f.Value("service"), "/")
	if !ok {
		f.Reject("service", "apis.choose_service")
	}
	return v.Submit(desk.Task{
		Form: f, Fields: map[string]string{"service.id": "service", "service.control_plane_id": "service", "control_plane.control_plane_id": "service"},
		Calls: []desk.Call{linkCall(a, plane, service)},
		Do: func() (desk.Answer, error) {
			if err := access.Require(v.Context(), access.ControlPlanes, access.Services, plane); err != nil {
				return nil, err
			}
			_, err := p.Implementations.Create(v.Context(), a.ID, portico.ControlPlaneID(plane), serviceOf(service))
			return v.To(a.Path("/gateway"), "apis.linked"), err
		},
		Show: func(status int, call templ.Component) error {
			view.Call = call
			return p.showGateway(w, v, status, view)
		},
	})
}

// serviceOf is the service to link to; nil: the whole control plane.
func serviceOf(id string) *portico.ServiceID {
	if id == "" {
		return nil
	}
	return new(portico.ServiceID(id))
}

func linkCall(a api, plane, service string) desk.Call {
	if service == "" {
		return desk.Call{Method: http.MethodPost, Path: a.Wire("/implementations"), Body: map[string]any{"control_plane": map[string]string{"control_plane_id": plane}}}
	}
	return desk.Call{Method: http.MethodPost, Path: a.Wire("/implementations"), Body: map[string]any{"service": map[string]string{"control_plane_id": plane, "id": service}}}
}

// maxAddress is how long the address of an upstream and a path may be.
const maxAddress = 1024

// serve makes a service with a route and links the API to it, in one go.
func (p pages) serve(w http.ResponseWriter, v *desk.Visit, a api) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	view := gatewayView{API: a, Serve: f}
	plane, name, address, path := f.Text("control_plane", true, 36), f.Text("name", true, 128), f.URL("url", true, maxAddress), f.Text("path", true, maxAddress)
	service := routing.ServiceFields{ID: portico.Some(portico.ServiceID(portico.NewID(p.Now()))), Name: portico.Some(name), URL: portico.Some(address)}
	route := routing.RouteFields{Name: portico.Some(name), Paths: portico.Some([]string{path})}
	entities, id := "/v2/control-planes/"+plane+"/core-entities/", string(service.ID.Value)
	return v.Submit(desk.Task{
		Form: f, Fields: map[string]string{"paths.0": "path", "paths": "path", "host": "url"},
		Calls: []desk.Call{
			{Method: http.MethodPost, Path: entities + "services", Body: serviceBody(id, name, address)},
			{Method: http.MethodPost, Path: entities + "routes", Body: map[string]any{"name": name, "paths": []string{path}, "service": map[string]string{"id": id}}},
			linkCall(a, plane, id),
		},
		Do: func() (desk.Answer, error) {
			for _, action := range []access.Action{access.Services, access.Routes} {
				if err := access.Require(v.Context(), access.ControlPlanes, action, plane); err != nil {
					return nil, err
				}
			}
			_, err := p.Implementations.Serve(v.Context(), a.ID, portico.ControlPlaneID(plane), service, route)
			return v.To(a.Path("/gateway"), "apis.served", "Path", path), err
		},
		Show: func(status int, call templ.Component) error {
			view.Call = call
			return p.showGateway(w, v, status, view)
		},
	})
}

// serviceBody is a service as the contract has it, which knows no url.
func serviceBody(id, name, address string) map[string]any {
	body := map[string]any{"id": id, "name": name}
	u, err := url.Parse(address)
	if err != nil {
		return body
	}
	body["protocol"], body["host"], body["port"] = u.Scheme, u.Hostname(), 80
	if u.Scheme == "https" {
		body["port"] = 443
	}
	if port, err := strconv.Atoi(u.Port()); err == nil {
		body["port"] = port
	}
	if path := u.EscapedPath(); path != "" {
		body["path"] = path
	}
	return body
}

func (p pages) unlink(w http.ResponseWriter, v *desk.Visit, a api) error {
	id := portico.ImplementationID(v.PathValue("implementationId"))
	found, err := p.Implementations.ByID(v.Context(), a.ID, id)
	if err != nil {
		return err
	}
	return v.Submit(desk.Task{
		Calls: []desk.Call{{Method: http.MethodDelete, Path: a.Wire("/implementations/" + string(id))}},
		Do: func() (desk.Answer, error) {
			if err := access.Require(v.Context(), access.ControlPlanes, access.Services, string(found.ControlPlaneID)); err != nil {
				return nil, err
			}
			return v.To(a.Path("/gateway"), "apis.unlinked"), p.Implementations.Delete(v.Context(), a.ID, id)
		},
		Show: func(status int, call templ.Component) error {
			return p.showGateway(w, v, status, gatewayView{API: a, Call: call})
		},
	})
}
