package compile

import (
	"context"

	"portico"
	"portico/snapshot"
)

func compileAccess(ctx context.Context, tx portico.Tx) (accessTable, error) {
	t := accessTable{
		service: map[portico.ServiceID][]snapshot.Access{}, controlPlane: map[portico.ControlPlaneID][]snapshot.Access{},
		enforced: map[portico.ControlPlaneID]bool{},
	}
	implementations, err := tx.Implementations().List(ctx, portico.Everything())
	if err != nil {
		return t, err
	}
	publications, err := tx.Publications().List(ctx, portico.Everything())
	if err != nil {
		return t, err
	}
	published := map[portico.APIID][]snapshot.Access{}
	for _, p := range publications.Items {
		if p.StrategyID != nil {
			published[p.APIID] = append(published[p.APIID], snapshot.Access{APIID: string(p.APIID), PortalID: string(p.PortalID), StrategyID: string(*p.StrategyID)})
		}
	}
	var planes []portico.Implementation
	for _, i := range implementations.Items {
		if i.ServiceID != nil {
			t.service[*i.ServiceID] = append(t.service[*i.ServiceID], published[i.APIID]...)
		} else {
			planes = append(planes, i)
		}
	}
	if len(planes) == 0 {
		return t, nil
	}
	byAPI, err := compileOperations(ctx, tx, planes, published)
	if err != nil {
		return t, err
	}
	for _, i := range planes {
		operations, named := byAPI[i.APIID]
		if !named {
			t.controlPlane[i.ControlPlaneID] = append(t.controlPlane[i.ControlPlaneID], published[i.APIID]...)
		}
		for _, o := range operations {
			o.ControlPlaneID = string(i.ControlPlaneID)
			t.operations = append(t.operations, o)
			t.enforced[i.ControlPlaneID] = true
		}
	}
	return t, nil
}

// compileOperations compiles the operations of the APIs that are implemented by
// control planes, each once for every path that callers use. Who is registered for its API may call an operation, and who
// is registered for a package that holds it. An operation that nobody can
// register for is left out; an API that has none at all has no entry.
func compileOperations(ctx context.Context, tx portico.Tx, by []portico.Implementation, published map[portico.APIID][]snapshot.Access) (map[portico.APIID][]snapshot.Operation, error) {
	these := portico.Filter{Field: "api_id", Op: portico.OpAnyEqual}
	for _, i := range by {
		these.Values = append(these.Values, string(i.APIID))
	}
	operations, err := tx.Operations().List(ctx, portico.Everything(these))
	if err != nil {
		return nil, err
	}
	byPackage, err := packageAccess(ctx, tx, published)
	if err != nil {
		return nil, err
	}
	out := map[portico.APIID][]snapshot.Operation{}
	for _, o := range operations.Items {
		access := append(published[o.APIID][:len(published[o.APIID]):len(published[o.APIID])], byPackage[o.ID]...)
		if out[o.APIID] == nil {
			out[o.APIID] = []snapshot.Operation{}
		}
		if len(access) == 0 {
			continue
		}
		for _, template := range o.Templates {
			out[o.APIID] = append(out[o.APIID], snapshot.Operation{ID: string(o.ID), Method: o.Method, Template: template, Access: access})
		}
	}
	return out, nil
}

// packageAccess says who may call an operation because of a package.
func packageAccess(ctx context.Context, tx portico.Tx, published map[portico.APIID][]snapshot.Access) (map[portico.OperationID][]snapshot.Access, error) {
	held, err := tx.PackageOperations().List(ctx, portico.Everything())
	if err != nil || len(held.Items) == 0 {
		return nil, err
	}
	packages, err := tx.APIs().List(ctx, portico.Everything(portico.Where("is_package", "true")))
	if err != nil {
		return nil, err
	}
	limits := map[portico.APIID]*portico.RateLimit{}
	for _, p := range packages.Items {
		limits[p.ID] = p.RateLimit
	}
	out := map[portico.OperationID][]snapshot.Access{}
	for _, h := range held.Items {
		limit := h.RateLimit
		if limit == nil {
			limit = limits[h.PackageID]
		}
		for _, access := range published[h.PackageID] {
			if limit != nil {
				access.Limit, access.Window = limit.Limit, limit.Window()
			}
			out[h.OperationID] = append(out[h.OperationID], access)
		}
	}
	return out, nil
}
