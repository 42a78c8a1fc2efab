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
// services are left out.
func (i Implementations) Routes(ctx context.Context, apiID portico.APIID) ([]portico.Route, error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) ([]portico.Route, error) {
		linked, err := tx.Implementations().List(ctx, portico.Everything(portico.Where("api_id", apiID)))
		if err != nil {
			return nil, err
		}
		var out []portico.Route
		for _, implementation := range linked.Items {
			filters := []portico.Filter{portico.Where("control_plane_id", implementation.ControlPlaneID)}
			if implementation.ServiceID != nil {
				service, err := tx.Services().ByID(ctx, *implementation.ServiceID)
				if err != nil {
					return nil, err
				}
				if !service.Enabled {
					continue
				}
				filters = append(filters, portico.Where("service_id", *implementation.ServiceID))
			}
			found, err := tx.Routes().List(ctx, portico.Everything(filters...))
			if err != nil {
				return nil, err
			}
			out = append(out, slices.DeleteFunc(found.Items, func(r portico.Route) bool { return r.ServiceID == nil })...)
		}
		return out, nil
	})
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
