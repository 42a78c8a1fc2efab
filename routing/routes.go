package routing

import (
	"context"
	"strings"

	"portico"
	"portico/compile"
	"portico/usecase"
)

// RouteFields are the fields of a route as a client writes them; null puts a
// default back. Service names the service by its id or name.
type RouteFields struct {
	ID                      portico.Opt[portico.RouteID] // of a new route only
	Name                    portico.Opt[string]
	Service                 portico.Opt[string]
	Protocols               portico.Opt[[]string]
	Methods                 portico.Opt[[]string]
	Hosts                   portico.Opt[[]string]
	Paths                   portico.Opt[[]string]
	Headers                 portico.Opt[map[string][]string]
	RegexPriority           portico.Opt[int]
	StripPath               portico.Opt[bool]
	PreserveHost            portico.Opt[bool]
	PathHandling            portico.Opt[string]
	HTTPSRedirectStatusCode portico.Opt[int]
	RequestBuffering        portico.Opt[bool]
	ResponseBuffering       portico.Opt[bool]
	Tags                    portico.Opt[[]string]
}

// The defaults of Kong's Admin API.
const (
	defaultPathHandling  = "v0"
	defaultRedirectState = 426
)

func defaultProtocols() []string { return []string{"http", "https"} }

func routes() coreEntity[portico.RouteID, portico.Route] {
	return coreEntity[portico.RouteID, portico.Route]{
		what: "route", name: "name", collection: portico.Tx.Routes,
		head: func(r *portico.Route) head[portico.RouteID] {
			return head[portico.RouteID]{&r.ID, &r.ControlPlaneID, &r.CreatedAt, &r.UpdatedAt}
		},
		fresh: func() portico.Route {
			return portico.Route{Protocols: defaultProtocols(), StripPath: true, PathHandling: defaultPathHandling,
				HTTPSRedirectStatusCode: defaultRedirectState, RequestBuffering: true, ResponseBuffering: true}
		},
	}
}

// write applies the fields and checks the outcome as the gateways will.
func (in RouteFields) write(ctx context.Context, tx portico.Tx, to *portico.Route) error {
	in.Name.ApplyPtr(&to.Name)
	orDefault(&to.Protocols, in.Protocols, defaultProtocols())
	orDefault(&to.Methods, in.Methods, nil)
	orDefault(&to.Hosts, in.Hosts, nil)
	orDefault(&to.Paths, in.Paths, nil)
	orDefault(&to.Headers, in.Headers, nil)
	orDefault(&to.RegexPriority, in.RegexPriority, 0)
	orDefault(&to.StripPath, in.StripPath, true)
	orDefault(&to.PreserveHost, in.PreserveHost, false)
	orDefault(&to.PathHandling, in.PathHandling, defaultPathHandling)
	orDefault(&to.HTTPSRedirectStatusCode, in.HTTPSRedirectStatusCode, defaultRedirectState)
	orDefault(&to.RequestBuffering, in.RequestBuffering, true)
	orDefault(&to.ResponseBuffering, in.ResponseBuffering, true)
	orDefault(&to.Tags, in.Tags, nil)
	switch {
	case in.Service.Null:
		to.ServiceID = nil
	case in.Service.Set:
		service, err := services().find(ctx, tx, to.ControlPlaneID, in.Service.Value)
		if err != nil {
			return usecase.Missing(err, "service", "There is no such service in the control plane.")
		}
		to.ServiceID = &service.ID
	}
	if err := checkName(to.Name); err != nil {
		return err
	}
	if err := checkTags(to.Tags); err != nil {
		return err
	}
	return checkMatching(*to)
}

// checkMatching refuses a route that the gateways could not match requests by.
func checkMatching(r portico.Route) error {
	if len(r.Methods)+len(r.Hosts)+len(r.Paths)+len(r.Headers) == 0 {
		return portico.Invalid("paths", "required", "at least one of methods, hosts, paths and headers must say which requests the route takes")
	}
	if len(r.Protocols) == 0 {
		return portico.InvalidAll(portico.InvalidParameter{Field: "protocols", Rule: "min_items", Minimum: new(1), Reason: "must have at least one item"})
	}
	for name := range r.Headers {
		if strings.EqualFold(name, "host") {
			return portico.Invalid("headers."+name, "invalid", "hosts, not headers, say which hosts a route takes")
		}
	}
	return faults(compile.Route(r).Validate())
}

// CreateRoute adds a route. KindNotFound (control plane), KindInvalid,
// KindConflict (name, id).
func (g Gateways) CreateRoute(ctx context.Context, controlPlane portico.ControlPlaneID, in RouteFields) (portico.Route, error) {
	return routes().create(ctx, g.Deps, controlPlane, in.ID, in.write)
}

// PutRoute makes the route called ref, an id or a name, equal to in, and creates
// it if it is not there. Errors as CreateRoute.
func (g Gateways) PutRoute(ctx context.Context, controlPlane portico.ControlPlaneID, ref string, in RouteFields) (portico.Route, error) {
	if !portico.IsID(ref) {
		in.Name = portico.Some(ref)
	}
	return routes().put(ctx, g.Deps, controlPlane, ref, in.ID, in.write)
}

// UpdateRoute changes a route; KindNotFound, KindInvalid, KindConflict.
func (g Gateways) UpdateRoute(ctx context.Context, controlPlane portico.ControlPlaneID, ref string, in RouteFields) (portico.Route, error) {
	return routes().change(ctx, g.Deps, controlPlane, ref, in.ID, in.write)
}

// ValidateRoute says whether CreateRoute would accept a route.
func (g Gateways) ValidateRoute(ctx context.Context, controlPlane portico.ControlPlaneID, in RouteFields) error {
	return routes().validate(ctx, g.Deps, controlPlane, in.write)
}

// Routes returns a page of a control plane's routes; KindNotFound.
func (g Gateways) Routes(ctx context.Context, controlPlane portico.ControlPlaneID, q portico.ListQuery) (portico.Page[portico.Route], error) {
	return routes().list(ctx, g.Deps, controlPlane, q)
}

// Route returns the route called ref, an id or a name; KindNotFound.
func (g Gateways) Route(ctx context.Context, controlPlane portico.ControlPlaneID, ref string) (portico.Route, error) {
	return routes().get(ctx, g.Deps, controlPlane, ref)
}

// DeleteRoute removes a route with its plugins; no error when it is gone
// already.
func (g Gateways) DeleteRoute(ctx context.Context, controlPlane portico.ControlPlaneID, ref string) error {
	return routes().remove(ctx, g.Deps, controlPlane, ref)
}
