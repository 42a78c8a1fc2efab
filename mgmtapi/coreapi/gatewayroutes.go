package coreapi

import (
	"context"
	"slices"

	"portico"
	"portico/access"
	"portico/httpkit"
	"portico/routing"
)

// gatewayRoutes of a control plane, and the same below their service.
func (s server) gatewayRoutes() resource[routing.RouteFields, portico.Route] {
	g := s.gateways()
	return resource[routing.RouteFields, portico.Route]{
		noun: "route", path: "routes", param: "RouteId", action: access.Routes, spec: byName(),
		read: readGatewayRoute, view: viewGatewayRoute, id: func(r portico.Route) string { return string(r.ID) },
		useCases: useCases[routing.RouteFields, portico.Route]{
			g.CreateRoute, g.PutRoute, g.UpdateRoute, g.ValidateRoute, g.Route, g.Routes, g.DeleteRoute,
		},
		parents: []parent[routing.RouteFields, portico.Route]{{
			noun: "service", path: "services", param: "ServiceId", field: "service_id",
			find:  s.serviceID,
			of:    func(r portico.Route) string { return idOf(r.ServiceID) },
			adopt: func(in *routing.RouteFields, id string) { in.Service = portico.Some(id) },
		}},
	}
}

// serviceID is the id of the service called ref; KindNotFound.
func (s server) serviceID(ctx context.Context, plane portico.ControlPlaneID, ref string) (string, error) {
	found, err := s.Gateways.Service(ctx, plane, ref)
	return string(found.ID), err
}

// gatewayRouteView is the contract's RouteJson. What is not set is left out, not
// null.
type gatewayRouteView struct {
	ID                      portico.RouteID     `json:"id"`
	Name                    *string             `json:"name,omitzero"`
	Service                 *refView            `json:"service,omitzero"`
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

func viewGatewayRoute(r portico.Route) any {
	return gatewayRouteView{
		ID: r.ID, Name: r.Name, Service: viewRef(r.ServiceID), Protocols: r.Protocols, Methods: r.Methods, Hosts: r.Hosts, Paths: r.Paths, Headers: r.Headers,
		RegexPriority: r.RegexPriority, StripPath: r.StripPath, PreserveHost: r.PreserveHost, PathHandling: r.PathHandling,
		HTTPSRedirectStatusCode: r.HTTPSRedirectStatusCode, RequestBuffering: r.RequestBuffering, ResponseBuffering: r.ResponseBuffering,
		Tags: r.Tags, CreatedAt: seconds(r.CreatedAt), UpdatedAt: seconds(r.UpdatedAt),
	}
}

// readGatewayRoute reads the contract's Route in its RouteJson form. What it may
// match by is control's to say.
func readGatewayRoute(o *httpkit.Object) routing.RouteFields {
	o.Ignore("created_at", "updated_at")
	unsupported(o, "destinations", "sources", "snis", "expression", "priority")
	in := routing.RouteFields{
		ID:                      given(httpkit.As[portico.RouteID](o.OptUUID("id", httpkit.Nullable))),
		Name:                    o.OptString("name", httpkit.Nullable),
		Service:                 readRef(o, "service", "name"),
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
	return in
}

func readHeaders(o *httpkit.Object) portico.Opt[map[string][]string] {
	headers, set, null := o.OptObject("headers")
	out := make(map[string][]string)
	for _, name := range headers.Names() {
		out[name] = headers.Strings(name, httpkit.MinItems(1))
	}
	return portico.Opt[map[string][]string]{Set: set, Null: null, Value: out}
}
