package routing

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"portico"
	"portico/usecase"
)

// Routes are the routes that lead to an API: those of the services that
// implement it, or of the whole control plane, oldest first. Routes of disabled
// services are left out. Where access is controlled by operation, and for a
// package of operations, a route is told with the one path that operations are
// called below, which it takes off: the path of the specification's server.
func (i Implementations) Routes(ctx context.Context, apiID portico.APIID) ([]portico.Route, error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) ([]portico.Route, error) {
		sample, err := anOperation(ctx, tx, apiID)
		if err != nil {
			return nil, err
		}
		if sample != nil {
			apiID = sample.APIID
		}
		linked, err := tx.Implementations().List(ctx, portico.Everything(portico.Where("api_id", apiID)))
		if err != nil {
			return nil, err
		}
		var out []portico.Route
		for _, implementation := range linked.Items {
			found, err := routesOf(ctx, tx, implementation)
			if err != nil {
				return nil, err
			}
			if implementation.ServiceID == nil && sample != nil {
				found = below(found, *sample)
			}
			out = append(out, found...)
		}
		return out, nil
	})
}

// routesOf are the routes of what implements an API.
func routesOf(ctx context.Context, tx portico.Tx, by portico.Implementation) ([]portico.Route, error) {
	filters := []portico.Filter{portico.Where("control_plane_id", by.ControlPlaneID)}
	if by.ServiceID != nil {
		service, err := tx.Services().ByID(ctx, *by.ServiceID)
		if err != nil || !service.Enabled {
			return nil, err
		}
		filters = append(filters, portico.Where("service_id", *by.ServiceID))
	}
	found, err := tx.Routes().List(ctx, portico.Everything(filters...))
	return slices.DeleteFunc(found.Items, func(r portico.Route) bool { return r.ServiceID == nil }), err
}

// anOperation is one of an API's operations, or of those that a package holds;
// nil: there are none.
func anOperation(ctx context.Context, tx portico.Tx, id portico.APIID) (*portico.Operation, error) {
	first := func(field string) portico.ListQuery {
		return portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{portico.Where(field, id)}}
	}
	held, err := tx.PackageOperations().List(ctx, first("package_id"))
	if err != nil {
		return nil, err
	}
	if len(held.Items) > 0 {
		operation, err := tx.Operations().ByID(ctx, held.Items[0].OperationID)
		return &operation, err
	}
	own, err := tx.Operations().List(ctx, first("api_id"))
	if err != nil || len(own.Items) == 0 {
		return nil, err
	}
	return &own.Items[0], nil
}

// below keeps the routes that an operation's server may be reached by, and tells
// them with the server's path.
func below(routes []portico.Route, sample portico.Operation) []portico.Route {
	var out []portico.Route
	for _, template := range sample.Templates {
		base := strings.TrimSuffix(template, sample.Path)
		for _, r := range routes {
			leads := slices.ContainsFunc(r.Paths, func(path string) bool {
				path = strings.TrimSuffix(path, "/") + "/"
				return strings.HasPrefix(base+"/", path) || strings.HasPrefix(path, base+"/")
			})
			if leads {
				r.Paths, r.StripPath = []string{base + "/"}, true
				out = append(out, r)
			}
		}
	}
	return out
}

// Reach says how a plain request with a method reaches a route: by a path that
// begins with the prefix, at the host if one is named. ok is false for a route
// that asks for more: by a pattern, a wildcard, another method, or a header.
func Reach(r portico.Route, method string) (prefix, host string, ok bool) {
	if len(r.Paths) == 0 || strings.HasPrefix(r.Paths[0], "~") || len(r.Headers) > 0 || len(r.Methods) > 0 && !slices.Contains(r.Methods, method) {
		return "", "", false
	}
	if len(r.Hosts) > 0 {
		if host = r.Hosts[0]; strings.Contains(host, "*") {
			return "", "", false
		}
	}
	return strings.TrimSuffix(r.Paths[0], "/"), host, true
}

// At is an address of the gateway as callers write it: with the host that the
// route wants, if any, at the gateway's own port.
func At(address, host string) string {
	u, err := url.Parse(address)
	if err != nil || host == "" {
		return address
	}
	if port := u.Port(); port != "" && !strings.Contains(host, ":") {
		host += ":" + port
	}
	u.Host = host
	return u.String()
}
