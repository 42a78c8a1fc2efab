package apipackages

import (
	"context"
	"slices"
	"strings"

	"portico"
	"portico/snapshot"
	"portico/usecase"
)

// OperationView is an operation with what faces show of it.
type OperationView struct {
	portico.Operation
	Match *Match // nil: no route leads to it
}

// Match is the route that takes requests for an operation, and its service.
type Match struct {
	Route   portico.Route
	Service portico.Service
}

// enforcedAPI returns an API whose access is controlled by operation;
// KindNotFound for any other, as the contract has it.
func enforcedAPI(ctx context.Context, tx portico.Tx, id portico.APIID) (portico.API, error) {
	api, err := tx.APIs().ByID(ctx, id)
	if err != nil {
		return api, err
	}
	enforced, err := Enforced(ctx, tx, id)
	if err == nil && (!enforced || api.IsPackage) {
		err = portico.Errorf(portico.KindNotFound, "The API [%s] is not linked to a control plane, so access to it is not controlled by operation.", id)
	}
	return api, err
}

// Operations returns a page of an API's operations, by path unless the query
// says otherwise. KindNotFound, too, for an API that is not linked to a control
// plane.
func (p Packages) Operations(ctx context.Context, api portico.APIID, q portico.ListQuery) (portico.Page[OperationView], error) {
	return usecase.View(ctx, p.Store, func(tx portico.Tx) (portico.Page[OperationView], error) {
		none := portico.Page[OperationView]{}
		if _, err := enforcedAPI(ctx, tx, api); err != nil {
			return none, err
		}
		q.Filters = append(slices.Clone(q.Filters), portico.Where("api_id", api))
		if len(q.Sort) == 0 {
			q.Sort = []portico.Sort{{Field: "path"}, {Field: "method"}}
		}
		page, err := tx.Operations().List(ctx, q)
		if err != nil {
			return none, err
		}
		views, err := operationViews(ctx, tx, page.Items)
		return portico.Page[OperationView]{Items: views, Total: page.Total}, err
	})
}

// Operation returns an operation of an API; KindNotFound as with Operations.
func (p Packages) Operation(ctx context.Context, api portico.APIID, id portico.OperationID) (OperationView, error) {
	return usecase.View(ctx, p.Store, func(tx portico.Tx) (OperationView, error) {
		if _, err := enforcedAPI(ctx, tx, api); err != nil {
			return OperationView{}, err
		}
		operation, err := tx.Operations().ByID(ctx, id)
		if err == nil && operation.APIID != api {
			err = portico.NotFound("operation", id)
		}
		if err != nil {
			return OperationView{}, err
		}
		return usecase.One(operationViews(ctx, tx, []portico.Operation{operation}))
	})
}

// Unmatched counts the operations of an API of a control plane that no route
// leads to: nothing guards what callers reach in their place.
func Unmatched(ctx context.Context, tx portico.Tx, api portico.APIID) (int, error) {
	enforced, err := Enforced(ctx, tx, api)
	if err != nil || !enforced {
		return 0, err
	}
	all, err := tx.Operations().List(ctx, portico.Everything(portico.Where("api_id", api)))
	if err != nil {
		return 0, err
	}
	views, err := operationViews(ctx, tx, all.Items)
	n := 0
	for _, v := range views {
		if v.Match == nil {
			n++
		}
	}
	return n, err
}

// operationViews finds the routes of operations.
func operationViews(ctx context.Context, tx portico.Tx, operations []portico.Operation) ([]OperationView, error) {
	implementations, err := tx.Implementations().List(ctx, portico.Everything(usecase.AnyOf("api_id", operations, func(o portico.Operation) portico.APIID { return o.APIID })))
	if err != nil {
		return nil, err
	}
	planes := usecase.AnyOf("control_plane_id", implementations.Items, func(i portico.Implementation) portico.ControlPlaneID { return i.ControlPlaneID })
	services, err := tx.Services().List(ctx, portico.Everything(planes, portico.Where("enabled", "true")))
	if err != nil {
		return nil, err
	}
	routes, err := tx.Routes().List(ctx, portico.Everything(planes))
	if err != nil {
		return nil, err
	}
	serviceBy := usecase.By(services.Items, func(s portico.Service) portico.ServiceID { return s.ID })
	out := make([]OperationView, len(operations))
	for i, o := range operations {
		out[i].Operation = o
		best := 0
		for _, r := range routes.Items {
			if r.ServiceID == nil || !implemented(o, r, implementations.Items) {
				continue
			}
			service, enabled := serviceBy[*r.ServiceID]
			if length := leads(r, o); enabled && length > best {
				best, out[i].Match = length, &Match{r, service}
			}
		}
	}
	return out, nil
}

// implemented says whether an operation's API is implemented where a route is.
func implemented(o portico.Operation, r portico.Route, by []portico.Implementation) bool {
	return slices.ContainsFunc(by, func(i portico.Implementation) bool {
		return i.APIID == o.APIID && i.ControlPlaneID == r.ControlPlaneID && i.ServiceID == nil
	})
}

// leads says how well a route fits requests for an operation, by the length of
// the path that they share; 0: not at all. Parameters are tried with values of
// the usual kinds.
func leads(r portico.Route, o portico.Operation) int {
	if len(r.Methods) > 0 && !slices.Contains(r.Methods, o.Method) {
		return 0
	}
	if len(r.Paths) == 0 {
		return 1
	}
	best := 0
	for _, template := range o.Templates {
		for _, value := range []string{"1", "a", "00000000-0000-4000-8000-000000000000"} {
			sample := filled(template, value)
			for _, path := range r.Paths {
				pattern, err := snapshot.CompilePath(path)
				switch {
				case err != nil:
				case pattern != nil && pattern.MatchString(sample), pattern == nil && strings.HasPrefix(sample, path):
					best = max(best, len(path)+1)
				}
			}
		}
	}
	return best
}

// filled is a template with a value for each of its parameters.
func filled(template, value string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, after, closed := strings.Cut(rest, "}")
		if !closed {
			return b.String() + "{" + rest
		}
		b.WriteString(value)
		template = after
	}
}
