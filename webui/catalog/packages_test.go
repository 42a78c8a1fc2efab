package catalog_test

import (
	"net/http"
	"testing"

	"portico"
	"portico/apipackages"
	"portico/control"
	"portico/routing"
)

// packed publishes a package with one operation of an API that is guarded by
// operation.
func (h *house) packed() control.APIView {
	t, ctx := h.t, h.t.Context()
	plane, err := h.Gateways.CreateControlPlane(ctx, routing.ControlPlaneFields{Name: portico.Some("shop")})
	must(t, err)
	service, err := h.Gateways.CreateService(ctx, plane.ID, routing.ServiceFields{Name: portico.Some("shop"), URL: portico.Some("http://127.0.0.1:1")})
	must(t, err)
	_, err = h.Gateways.CreateRoute(ctx, plane.ID, routing.RouteFields{Name: portico.Some("shop"), Paths: portico.Some([]string{"/shop"}), Service: portico.Some(string(service.ID))})
	must(t, err)
	shop, err := h.APIs.Create(ctx, control.NewAPI{Name: "Shop", Specification: new(`{"openapi":"3.0.3","info":{"title":"Shop","version":"1"},"servers":[{"url":"https://shop.example/shop/v1"}],"paths":{
		"/orders":{"get":{"operationId":"listOrders","summary":"List the orders","responses":{"200":{"description":"ok"}}},"post":{"operationId":"addOrder","summary":"Add an order","responses":{"201":{"description":"ok"}}}}}}`)})
	must(t, err)
	_, err = h.Implementations.Create(ctx, shop.ID, plane.ID, nil)
	must(t, err)
	operations, err := h.Packages.Operations(ctx, shop.ID, portico.Everything())
	must(t, err)
	pack, err := h.APIs.Create(ctx, control.NewAPI{IsPackage: true, Name: "Starter", Version: new("1")})
	must(t, err)
	must(t, h.Packages.ChangeOperations(ctx, pack.ID, []apipackages.Change{{Verb: apipackages.Add, Operation: operations.Items[0].ID}}, nil))
	_, err = h.Publications.Put(ctx, pack.ID, h.portal.ID, control.PublicationFields{StrategyID: portico.Some(h.keys.ID), Visibility: portico.Some(portico.Public)})
	must(t, err)
	return pack
}

// TestAPackagesPages: a package stands among the APIs, with the reference of
// what it holds and the address that its operations are called at.
func TestAPackagesPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	pack := h.packed()
	b := h.browser("en")
	b.get("/apis").is(http.StatusOK).says("Starter", "API package", "3 APIs").saysNot(">Shop<")
	b.get("/apis/"+pack.Slug).is(http.StatusOK).says("API package", "/shop/v1")
	b.get("/apis/"+pack.Slug+"/reference").is(http.StatusOK).says("List the orders", "/shop/v1/orders").saysNot("Add an order")
	b.get("/search?q=orders").is(http.StatusOK).says("List the orders").saysNot("Add an order")
	h.browser("ja").get("/apis").is(http.StatusOK).says("API パッケージ")
}
