package gateways_test

import (
	"testing"

	"portico"
	"portico/routing"
	"portico/webtest"
)

func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	h, plane := newHouse(t)
	service, err := h.Gateways.CreateService(t.Context(), plane.ID, routing.ServiceFields{Name: portico.Some("orders"), URL: portico.Some("http://orders.internal:8080/v2")})
	must(t, err)
	route, err := h.Gateways.CreateRoute(t.Context(), plane.ID, routing.RouteFields{Name: portico.Some("orders"), Paths: portico.Some([]string{"/orders", "~/v[0-9]+/orders$"}), Service: portico.Some("orders")})
	must(t, err)
	at := "/gateways/" + string(plane.ID)
	h.Matrix(t, []webtest.View{
		{Name: "gateways", Path: "/gateways"}, {Name: "gateway-new", Path: "/gateways/new"}, {Name: "gateway", Path: at},
		{Name: "gateway-services", Path: at + "/services"}, {Name: "gateway-service", Path: at + "/services/" + string(service.ID)},
		{Name: "gateway-route", Path: at + "/routes/" + string(route.ID)}, {Name: "gateway-plugins", Path: at + "/plugins"},
		{Name: "gateway-plugin-new", Path: at + "/plugins/new"}, {Name: "gateway-plugin", Path: at + "/plugins/new?name=rate-limiting"},
		{Name: "gateway-test", Path: at + "/test"}, {Name: "gateway-test-answer", Path: at + "/test", Open: func(p *webtest.Page) {
			p.Open(at + "/test")
			p.Submit(map[string]string{"path": "/order/7"})
		}},
		{Name: "gateway-service-delete", Path: at + "/services/" + string(service.ID) + "/delete"},
	})
}
